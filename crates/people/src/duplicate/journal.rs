//! What a merge did, row by row, so that it can be undone: written and read by every room that took part.

use db::{DbError, ReadTx, Sql, WriteTx, args, row, sql};
use kernel::PersonId;

use super::MergeId;

row! {
    /// Something a merge did.
    pub struct Step { row_id: i64, sub: i64, key_bytes: Option<Vec<u8>>, before: String }
}

/// Notes that a merge changed a row: `what` names the table and the kind of change, `before` how it was, in a form
/// that only the noting room reads. No data of persons.
///
/// # Errors
/// Of the database.
pub fn note(
    tx: &mut WriteTx<'_>,
    merge: MergeId,
    what: &str,
    row: (i64, i64),
    before: &str,
) -> Result<(), DbError> {
    tx.exec_later(
        sql!("INSERT INTO merge_step (merge_id, what, row_id, sub, before) VALUES ($1, $2, $3, $4, $5)"),
        args![merge, what, row.0, row.1, before],
    )
}

/// [`note`] for a row whose key is bytes.
///
/// # Errors
/// Of the database.
pub(super) fn note_bytes(
    tx: &mut WriteTx<'_>,
    merge: MergeId,
    what: &str,
    key: &[u8],
    before: &str,
) -> Result<(), DbError> {
    tx.exec_later(
        sql!("INSERT INTO merge_step (merge_id, what, row_id, key_bytes, before) VALUES ($1, $2, 0, $3, $4)"),
        args![merge, what, key, before],
    )
}

/// What a merge noted under a name, in the order of the rows.
///
/// # Errors
/// Of the database.
pub fn steps(tx: &mut ReadTx<'_>, merge: MergeId, what: &str) -> Result<Vec<Step>, DbError> {
    tx.all(
        sql!(
            "SELECT row_id, sub, key_bytes, before FROM merge_step WHERE merge_id = $1 AND what = $2
             ORDER BY row_id, sub"
        ),
        args![merge, what],
    )
}

/// A column that names a person and goes over as it is: the statements that note, move and move back. Made by
/// [`carried!`](crate::carried).
#[derive(Debug, Clone, Copy)]
pub struct Carried {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// Merge, person who goes.
    pub note: &'static Sql,
    /// Person who goes, person who stays, merge.
    pub go: &'static Sql,
    /// The same, back.
    pub back: &'static Sql,
}

/// Declares a [`Carried`]: table, column, key (a BIGINT, `id` if left out), and a condition on the rows.
#[macro_export]
macro_rules! carried {
    ($table:literal, $column:literal) => {
        $crate::carried!($table, $column, "id", "")
    };
    ($table:literal, $column:literal, $key:literal, $only:literal) => {
        $crate::duplicate::journal::Carried {
            table: $table,
            column: $column,
            note: db::sql!(concat!(
                "INSERT INTO merge_step (merge_id, what, row_id) SELECT DISTINCT CAST($1 AS BIGINT), '",
                $table,
                ".",
                $column,
                "', ",
                $key,
                " FROM ",
                $table,
                " WHERE ",
                $column,
                " = $2",
                $only
            )),
            go: db::sql!(concat!(
                "UPDATE ",
                $table,
                " SET ",
                $column,
                " = $2 WHERE ",
                $column,
                " = $1 AND ",
                $key,
                " IN (SELECT m.row_id FROM merge_step m WHERE m.merge_id = $3 AND m.what = '",
                $table,
                ".",
                $column,
                "')"
            )),
            back: db::sql!(concat!(
                "UPDATE ",
                $table,
                " SET ",
                $column,
                " = $1 WHERE ",
                $column,
                " = $2 AND ",
                $key,
                " IN (SELECT m.row_id FROM merge_step m WHERE m.merge_id = $3 AND m.what = '",
                $table,
                ".",
                $column,
                "')"
            )),
        }
    };
}

impl Carried {
    /// Moves the rows of who goes to who stays.
    ///
    /// # Errors
    /// Of the database.
    pub fn go(
        &self,
        tx: &mut WriteTx<'_>,
        merge: MergeId,
        kept: PersonId,
        gone: PersonId,
    ) -> Result<(), DbError> {
        tx.exec(self.note, args![merge, gone])?;
        tx.exec(self.go, args![gone, kept, merge])?;
        Ok(())
    }

    /// Moves back those that are still where the merge put them.
    ///
    /// # Errors
    /// Of the database.
    pub fn back(
        &self,
        tx: &mut WriteTx<'_>,
        merge: MergeId,
        kept: PersonId,
        gone: PersonId,
    ) -> Result<(), DbError> {
        tx.exec(self.back, args![gone, kept, merge])?;
        Ok(())
    }
}
