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

/// What an answer with a spreadsheet carries besides it, for the guard of exports.
#[derive(Debug, Clone)]
pub struct Exported {
    /// Title of the list.
    pub title: String,
    /// Rows without heads.
    pub rows: usize,
}

/// Whether a spreadsheet could take a text for a formula when it is typed in or comes from a .csv (X12).
#[must_use]
pub fn risky(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// A text for a .csv that no spreadsheet takes for a formula.
#[must_use]
pub fn harmless(text: &str) -> std::borrow::Cow<'_, str> {
    if risky(text) { format!("'{text}").into() } else { text.into() }
}

/// Builds an .xlsx of one sheet: a title row, who exported it and when, the heads, the rows. Who and
/// when stand on every printed page as well. Texts stay texts: one that looks like a formula is marked so that
/// it stays one when somebody edits the cell.
///
/// # Errors
/// When the library refuses (more than 1,048,576 rows).
pub fn xlsx(title: &str, note: &str, heads: &[&str], rows: &[Vec<Cell>]) -> Result<Vec<u8>, Error> {
    let build = || -> Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
        let mut book = Workbook::new();
        let bold = Format::new().set_bold();
        let quoted = Format::new().set_quote_prefix();
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
                    Cell::Text(text) if risky(text) => {
                        sheet.write_string_with_format(line, column, text.as_str(), &quoted)?
                    }
                    Cell::Text(text) => sheet.write_string(line, column, text.as_str())?,
                    Cell::Number(number) => sheet.write_number(line, column, *number)?,
                };
            }
        }
        sheet.set_freeze_panes(3, 0)?;
        // 255 characters are all a page's head may hold; & begins a command there.
        let mark: String = note.replace('&', "&&").chars().take(200).collect();
        sheet.set_header(format!("&L{mark}"));
        sheet.set_footer("&C&P / &N");
        book.save_to_buffer()
    };
    build().map_err(|e| Error::bug(format!("spreadsheet: {e}")))
}

/// [`xlsx`] as a file to save.
///
/// # Errors
/// As [`xlsx`].
pub fn answer(title: &str, note: &str, heads: &[&str], rows: &[Vec<Cell>]) -> Result<Answer, Error> {
    let mut made = file(&format!("{title}.xlsx"), XLSX, xlsx(title, note, heads, rows)?);
    made.extensions_mut().insert(Exported { title: title.to_owned(), rows: rows.len() });
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text() {
        for bad in ["=1+1", "+86 138", "-2", "@x", "\t=1", "\r=1"] {
            assert!(risky(bad), "{bad:?}");
            assert_eq!(harmless(bad), format!("'{bad}"));
        }
        assert_eq!(harmless("张三"), "张三");
    }

    #[test]
    fn an_answer_tells_its_rows() {
        let rows = vec![
            vec![Cell::from("=HYPERLINK(1)"), Cell::from(3_i64)],
            vec![Cell::from("a & b"), Cell::from(4_i64)],
        ];
        let made = answer("名单", "王敏 & 2026-03-05 09:30", &["a", "b"], &rows).unwrap();
        let about = made.extensions().get::<Exported>().unwrap();
        assert_eq!((about.title.as_str(), about.rows), ("名单", 2));
    }
}
