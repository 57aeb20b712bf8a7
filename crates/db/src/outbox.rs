//! What must reach the outside world once a transaction is true: written in the transaction, sent
//! afterwards by a worker, tried again with growing pauses.

use kernel::Timestamp;
use kernel::ids;

use crate::{DbError, ReadTx, WriteTx, args, row, sql};

ids! {
    /// A waiting message.
    OutboxId;
}

row! {
    /// Something to send.
    pub struct Waiting { id: OutboxId, topic: String, payload: String, attempts: i64 }
}

/// Puts something to send into this transaction.
///
/// # Errors
/// Of the database.
pub fn put(tx: &mut WriteTx<'_>, topic: &str, payload: &str) -> Result<OutboxId, DbError> {
    let id: OutboxId = tx.new_id();
    let now = tx.now();
    tx.exec_later(
        sql!("INSERT INTO outbox (id, topic, payload, next_at, created_at) VALUES ($1, $2, $3, $4, $5)"),
        args![id, topic, payload, now, now],
    )?;
    Ok(id)
}

/// Takes up to `limit` due messages and holds them for a minute, so that no other worker sends them.
///
/// # Errors
/// Of the database.
pub fn take(tx: &mut WriteTx<'_>, limit: i64) -> Result<Vec<Waiting>, DbError> {
    let now = tx.now();
    let held = Timestamp(now.0 + 60_000);
    let mut taken: Vec<Waiting> = tx.all(
        sql!(
            "UPDATE outbox SET next_at = $1, attempts = attempts + 1 WHERE id IN (
                SELECT id FROM outbox WHERE sent_at = 0 AND next_at <= $2 ORDER BY next_at, id LIMIT $3)
             AND sent_at = 0 AND next_at <= $2 RETURNING id, topic, payload, attempts"
        ),
        args![held, now, limit],
    )?;
    // RETURNING promises no order; what was put first is sent first.
    taken.sort_by_key(|waiting| waiting.id);
    Ok(taken)
}

/// Notes that it was sent.
///
/// # Errors
/// Of the database.
pub fn sent(tx: &mut WriteTx<'_>, id: OutboxId) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(sql!("UPDATE outbox SET sent_at = $1, last_error = '' WHERE id = $2"), args![now, id])
}

/// Notes that it could not be sent: again after 2, 4, 8 … minutes, at most 6 hours.
///
/// # Errors
/// Of the database.
pub fn failed(tx: &mut WriteTx<'_>, id: OutboxId, attempts: i64, why: &str) -> Result<(), DbError> {
    let pause = (60_000_i64 << attempts.clamp(1, 9)).min(6 * 3_600_000);
    let next = Timestamp(tx.now().0 + pause);
    tx.exec_one(sql!("UPDATE outbox SET next_at = $1, last_error = $2 WHERE id = $3"), args![next, why, id])
}

/// How many wait.
///
/// # Errors
/// Of the database.
pub fn waiting(tx: &mut ReadTx<'_>) -> Result<i64, DbError> {
    Ok(tx.one::<(i64,)>(sql!("SELECT count(*) FROM outbox WHERE sent_at = 0"), args![])?.0)
}
