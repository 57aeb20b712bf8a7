//! Long work: enqueued through the transaction that asks for it, taken by a worker under a short
//! lease (never a transaction held during the work), with progress, cancelling and a result.

use kernel::{AccountId, Timestamp, codes, ids};

use crate::{DbError, ReadTx, WriteTx, args, row, sql};

ids! {
    /// A job.
    JobId;
}

codes! {
    /// Where a job stands.
    pub enum JobState {
        /// Waits for a worker.
        Ready = "ready", "等待中", "Waiting";
        /// A worker has it.
        Running = "running", "进行中", "Running";
        /// Ended well.
        Done = "done", "已完成", "Done";
        /// Ended badly.
        Failed = "failed", "失败", "Failed";
        /// Somebody stopped it.
        Cancelled = "cancelled", "已取消", "Cancelled";
    }
}

row! {
    /// A job as people see it.
    pub struct Job {
        id: JobId, kind: String, payload: String, state: JobState, attempts: i64, done_units: i64,
        all_units: i64, message: String, result: String, cancel: bool, owner: AccountId,
        created_at: Timestamp, ended_at: Timestamp,
    }
}

/// How long a worker holds a job without a sign of life, in milliseconds.
pub const LEASE_MS: i64 = 60_000;

/// Puts a job into this transaction.
///
/// # Errors
/// Of the database.
pub fn enqueue(
    tx: &mut WriteTx<'_>,
    kind: &str,
    payload: &str,
    owner: Option<AccountId>,
    run_at: Timestamp,
) -> Result<JobId, DbError> {
    let id: JobId = tx.new_id();
    let now = tx.now();
    let owner = owner.unwrap_or(AccountId(0));
    tx.exec(
        sql!(
            "INSERT INTO job (id, kind, payload, state, run_at, owner, created_at)
             VALUES ($1, $2, $3, 'ready', $4, $5, $6)"
        ),
        args![id, kind, payload, run_at, owner, now],
    )?;
    Ok(id)
}

/// Takes the next due job, or one whose worker fell silent. A job with `cancel` set was asked to stop
/// while its worker fell silent: end it as [`JobState::Cancelled`].
///
/// # Errors
/// Of the database.
pub fn take(tx: &mut WriteTx<'_>, worker: &str) -> Result<Option<Job>, DbError> {
    let now = tx.now();
    let until = Timestamp(now.0 + LEASE_MS);
    tx.first(
        sql!(
            "UPDATE job SET state = 'running', lease_until = $1, lease_by = $2, attempts = attempts + 1
             WHERE id = (SELECT id FROM job
                WHERE (state = 'ready' AND run_at <= $3) OR (state = 'running' AND lease_until < $3)
                ORDER BY run_at, id LIMIT 1)
             AND ((state = 'ready' AND run_at <= $3) OR (state = 'running' AND lease_until < $3))
             RETURNING id, kind, payload, state, attempts, done_units, all_units, message, result, cancel,
                owner, created_at, ended_at"
        ),
        args![until, worker, now],
    )
}

/// Notes progress and renews the lease. Returns whether the work should go on (`false`: cancelled, or
/// another worker has it).
///
/// # Errors
/// Of the database.
pub fn progress(
    tx: &mut WriteTx<'_>,
    id: JobId,
    worker: &str,
    done: i64,
    all: i64,
    message: &str,
) -> Result<bool, DbError> {
    let until = Timestamp(tx.now().0 + LEASE_MS);
    let going: Option<(bool,)> = tx.first(
        sql!(
            "UPDATE job SET done_units = $1, all_units = $2, message = $3, lease_until = $4
             WHERE id = $5 AND state = 'running' AND lease_by = $6 RETURNING cancel"
        ),
        args![done, all, message, until, id, worker],
    )?;
    Ok(going.is_some_and(|(cancel,)| !cancel))
}

/// Ends a job if this worker still holds it. Returns whether it did: `false` means that the lease ran
/// out and another worker has taken it, whose outcome will count.
///
/// # Errors
/// Of the database.
pub fn finish_held(
    tx: &mut WriteTx<'_>,
    id: JobId,
    worker: &str,
    state: JobState,
    message: &str,
    result: &str,
) -> Result<bool, DbError> {
    let now = tx.now();
    let ended = tx.exec(
        sql!(
            "UPDATE job SET state = $1, message = $2, result = $3, ended_at = $4
             WHERE id = $5 AND state = 'running' AND lease_by = $6"
        ),
        args![state, message, result, now, id, worker],
    )?;
    Ok(ended == 1)
}

/// Ends a job, whoever holds it.
///
/// # Errors
/// Of the database.
pub fn finish(
    tx: &mut WriteTx<'_>,
    id: JobId,
    state: JobState,
    message: &str,
    result: &str,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!("UPDATE job SET state = $1, message = $2, result = $3, ended_at = $4 WHERE id = $5"),
        args![state, message, result, now, id],
    )
}

/// Puts a job that failed back, to be tried again later; one that was asked to stop meanwhile stops.
///
/// # Errors
/// Of the database.
pub fn retry(tx: &mut WriteTx<'_>, id: JobId, run_at: Timestamp, message: &str) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "UPDATE job SET state = CASE WHEN cancel THEN 'cancelled' ELSE 'ready' END,
                ended_at = CASE WHEN cancel THEN $1 ELSE ended_at END, run_at = $2, message = $3,
                lease_until = 0, lease_by = '' WHERE id = $4"
        ),
        args![now, run_at, message, id],
    )
}

/// Asks a job to stop; a waiting one stops at once.
///
/// # Errors
/// Of the database.
pub fn cancel(tx: &mut WriteTx<'_>, id: JobId) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!(
            "UPDATE job SET cancel = TRUE, ended_at = CASE WHEN state = 'ready' THEN $1 ELSE ended_at END,
                state = CASE WHEN state = 'ready' THEN 'cancelled' ELSE state END
             WHERE id = $2 AND state IN ('ready', 'running')"
        ),
        args![now, id],
    )?;
    Ok(())
}

/// One job.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: JobId) -> Result<Option<Job>, DbError> {
    tx.first(
        sql!(
            "SELECT id, kind, payload, state, attempts, done_units, all_units, message, result, cancel, owner,
                created_at, ended_at FROM job WHERE id = $1"
        ),
        args![id],
    )
}

/// The newest jobs of an account.
///
/// # Errors
/// Of the database.
pub fn of_owner(tx: &mut ReadTx<'_>, owner: AccountId, limit: i64) -> Result<Vec<Job>, DbError> {
    tx.all(
        sql!(
            "SELECT id, kind, payload, state, attempts, done_units, all_units, message, result, cancel, owner,
                created_at, ended_at FROM job WHERE owner = $1 ORDER BY id DESC LIMIT $2"
        ),
        args![owner, limit],
    )
}
