//! Refused rows back to the person as a table: the columns as they were, and why. The file opens in a
//! spreadsheet, so cells that it would run as formulas or round as figures are marked as text.

use std::borrow::Cow;
use std::io::Write;

use kernel::{Error, Fault, Lang};

/// Writes refused rows as CSV in UTF-8 with its mark.
#[derive(Debug)]
pub struct RefusedWriter<W: Write> {
    csv: csv::Writer<W>,
    columns: usize,
}

/// Marks a cell as text when a spreadsheet would run it as a formula or cut it as a figure. Reading takes
/// the mark off again.
#[must_use]
pub fn guard(text: &str) -> Cow<'_, str> {
    let start = text.trim_start_matches([' ', '\u{3000}', '\u{A0}']);
    let formula = text.starts_with(['\t', '\r', '\n'])
        || start.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    let figure = start.len() >= 12 && start.trim_end().bytes().all(|b| b.is_ascii_digit());
    if formula || figure { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

fn fault(error: &csv::Error) -> Error {
    Fault::Unavailable(format!("the file of refused rows cannot be written: {error}")).into()
}

impl<W: Write> RefusedWriter<W> {
    /// Starts the file with the row of column names.
    ///
    /// # Errors
    /// A fault when it cannot be written.
    pub fn new(mut out: W, columns: &[String], lang: Lang) -> Result<Self, Error> {
        out.write_all("\u{FEFF}".as_bytes()).map_err(|e| fault(&e.into()))?;
        let mut csv =
            csv::WriterBuilder::new().flexible(true).terminator(csv::Terminator::CRLF).from_writer(out);
        for column in columns {
            csv.write_field(guard(column).as_bytes()).map_err(|e| fault(&e))?;
        }
        csv.write_field(lang.t("原行号", "Row")).map_err(|e| fault(&e))?;
        csv.write_field(lang.t("未导入原因", "Reason")).map_err(|e| fault(&e))?;
        csv.write_record(None::<&[u8]>).map_err(|e| fault(&e))?;
        Ok(Self { csv, columns: columns.len() })
    }

    /// Writes one row as it stood, with its number in the file and why it was refused. Cells that a workbook left
    /// out at the end of the row are filled up, so that number and reason stand in their columns.
    ///
    /// # Errors
    /// A fault when it cannot be written.
    pub fn write(&mut self, cells: &[impl AsRef<str>], row_no: i64, reason: &str) -> Result<(), Error> {
        for column in 0..self.columns {
            let cell = cells.get(column).map_or("", AsRef::as_ref);
            self.csv.write_field(guard(cell).as_bytes()).map_err(|e| fault(&e))?;
        }
        self.csv.write_field(row_no.to_string()).map_err(|e| fault(&e))?;
        self.csv.write_field(guard(reason).as_bytes()).map_err(|e| fault(&e))?;
        self.csv.write_record(None::<&[u8]>).map_err(|e| fault(&e))
    }

    /// Ends the file.
    ///
    /// # Errors
    /// A fault when it cannot be written.
    pub fn finish(self) -> Result<W, Error> {
        self.csv.into_inner().map_err(|e| {
            Fault::Unavailable(format!("the file of refused rows cannot be written: {}", e.error())).into()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guards() {
        for text in ["=1+1", "+1", "-1", "@x", "\t=1", "  =1", "110105194912310021", "＝1"] {
            assert_eq!(guard(text), format!("'{text}"));
        }
        for text in ["张三", "13800138000", "", "a=b"] {
            assert_eq!(guard(text), text);
        }
    }
}
