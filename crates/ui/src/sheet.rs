//! Lists as spreadsheets: every list exports exactly what it shows.

use kernel::Error;
use rust_xlsxwriter::{Format, Workbook};

use crate::answer::{Answer, file};

/// The content type of .xlsx.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A cell.
#[derive(Debug, Clone)]
pub enum Cell {
    /// Text; long digits stay text, so that nothing turns into 1.1E+17.
    Text(String),
    /// A number one can sum.
    Number(f64),
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Cell {
    #[expect(clippy::cast_precision_loss, reason = "spreadsheets hold numbers as doubles")]
    fn from(number: i64) -> Self {
        Self::Number(number as f64)
    }
}

/// Builds an .xlsx of one sheet: a title row, who exported it and when, the heads, the rows.
///
/// # Errors
/// When the library refuses (more than 1,048,576 rows).
pub fn xlsx(title: &str, note: &str, heads: &[&str], rows: &[Vec<Cell>]) -> Result<Vec<u8>, Error> {
    let build = || -> Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
        let mut book = Workbook::new();
        let bold = Format::new().set_bold();
        let sheet = book.add_worksheet();
        sheet.set_name(title.chars().filter(|c| !"[]:*?/\\".contains(*c)).take(31).collect::<String>())?;
        sheet.write_string_with_format(0, 0, title, &bold)?;
        sheet.write_string(1, 0, note)?;
        for (column, head) in (0_u16..).zip(heads) {
            sheet.write_string_with_format(2, column, *head, &bold)?;
            sheet.set_column_width(column, 16)?;
        }
        for (line, row) in (3_u32..).zip(rows) {
            for (column, cell) in (0_u16..).zip(row) {
                match cell {
                    Cell::Text(text) => sheet.write_string(line, column, text.as_str())?,
                    Cell::Number(number) => sheet.write_number(line, column, *number)?,
                };
            }
        }
        sheet.set_freeze_panes(3, 0)?;
        book.save_to_buffer()
    };
    build().map_err(|e| Error::bug(format!("spreadsheet: {e}")))
}

/// [`xlsx`] as a file to save.
///
/// # Errors
/// As [`xlsx`].
pub fn answer(title: &str, note: &str, heads: &[&str], rows: &[Vec<Cell>]) -> Result<Answer, Error> {
    Ok(file(&format!("{title}.xlsx"), XLSX, xlsx(title, note, heads, rows)?))
}
