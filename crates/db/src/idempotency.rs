//! A phone may resend: the key, the effect and the stored answer commit together, so that the second
//! sending gets the first one's answer and does nothing.

use crate::{DbError, ReadTx, WriteTx, args, row, sql};

row! {
    /// An answer given before.
    pub struct Answer { status: i64, answer: String }
}

/// The answer given to this key before, if any. `key_hash` is a hash of account, route and key.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, key_hash: &[u8]) -> Result<Option<Answer>, DbError> {
    tx.first(sql!("SELECT status, answer FROM idempotency WHERE key_hash = $1"), args![key_hash])
}

/// Keeps the answer with the effect. A second transaction with the same key, running at the same
/// time, fails on the primary key and is answered by [`find`] when it is sent again.
///
/// # Errors
/// `Unique("idempotency_pkey")` when the key was used meanwhile.
pub fn keep(tx: &mut WriteTx<'_>, key_hash: &[u8], status: i64, answer: &str) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!("INSERT INTO idempotency (key_hash, status, answer, created_at) VALUES ($1, $2, $3, $4)"),
        args![key_hash, status, answer, now],
    )?;
    Ok(())
}

/// Forgets keys older than three days, a few thousand at a time. Returns how many.
///
/// # Errors
/// Of the database.
pub fn purge(tx: &mut WriteTx<'_>) -> Result<u64, DbError> {
    let before = tx.now().0 - 3 * 86_400_000;
    tx.exec(
        sql!(
            "DELETE FROM idempotency WHERE key_hash IN (
                SELECT key_hash FROM idempotency WHERE created_at < $1 ORDER BY created_at LIMIT 5000)"
        ),
        args![before],
    )
}
