//! A copy of a SQLite database as of one moment, taken while others read and write.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::{DbError, sqlite};

/// Pages copied in one step (16 MiB).
const STEP: std::ffi::c_int = 4_096;

/// Copies the database file `from` into the new file `to` by SQLite's backup interface. An open read
/// transaction holds the moment, so that writers beside it neither wait nor make the copy start again.
///
/// # Errors
/// When either file cannot be opened, read or written, or `to` has content.
pub fn snapshot(from: &Path, to: &Path) -> Result<(), DbError> {
    let source = sqlite::connect(from, true)?;
    let fail = |error: rusqlite::Error| DbError::Unavailable(format!("{}: {error}", to.display()));
    if to.metadata().is_ok_and(|found| found.len() > 0) {
        return Err(DbError::Inconsistent(format!("{} exists already", to.display())));
    }
    let mut target = Connection::open(to).map_err(fail)?;
    // The copy is read back before it counts; it need not survive a power cut by itself.
    target.pragma_update(None, "synchronous", "OFF").map_err(fail)?;
    source.execute_batch("BEGIN").map_err(fail)?;
    source.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(())).map_err(fail)?;
    {
        let backup = Backup::new(&source, &mut target).map_err(fail)?;
        loop {
            match backup.step(STEP).map_err(fail)? {
                StepResult::Done => break,
                StepResult::More => {}
                _ => std::thread::sleep(std::time::Duration::from_millis(10)),
            }
        }
    }
    source.execute_batch("COMMIT").map_err(fail)?;
    target.close().map_err(|(_, error)| fail(error))
}
