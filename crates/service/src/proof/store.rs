//! Questions about proofs.

use db::{DbError, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Timestamp};

use super::rules;
use crate::photo::taking::Taken;
use crate::{ProofId, SessionId};

row! {
    /// A proof.
    pub struct Proof {
        id: ProofId, session: SessionId, display: String, thumb: String, width: i64, height: i64, note: String,
        account: AccountId, giver: String, at: Timestamp,
    }
}

macro_rules! columns {
    () => {
        "SELECT p.id, p.session_id, p.display, p.thumb, p.width, p.height, p.note, p.account_id, c.name, p.at
         FROM proof p JOIN account c ON c.id = p.account_id WHERE "
    };
}

/// A proof.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: ProofId) -> Result<Option<Proof>, DbError> {
    tx.first(sql!(concat!(columns!(), "p.id = $1")), args![id])
}

/// The proofs of a session, in the order in which they came.
///
/// # Errors
/// Of the database.
pub fn of_session(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<Proof>, DbError> {
    tx.all(
        sql!(concat!(columns!(), "p.session_id = $1 ORDER BY p.id LIMIT $2")),
        args![session, rules::MAX_PER_SESSION],
    )
}

/// Holds a session against others who give proofs.
///
/// # Errors
/// Of the database.
pub fn hold(tx: &mut WriteTx<'_>, session: SessionId) -> Result<(), DbError> {
    tx.hold(sql!("SELECT id FROM session WHERE id = $1"), args![session])
}

/// How many proofs a session has.
///
/// # Errors
/// Of the database.
pub fn count(tx: &mut ReadTx<'_>, session: SessionId) -> Result<i64, DbError> {
    let row: (i64,) = tx.one(sql!("SELECT count(*) FROM proof WHERE session_id = $1"), args![session])?;
    Ok(row.0)
}

/// Writes a proof; `false` when the session has this picture already.
///
/// # Errors
/// Of the database.
pub fn insert(
    tx: &mut WriteTx<'_>,
    id: ProofId,
    session: SessionId,
    taken: &Taken,
    note: &str,
    by: AccountId,
) -> Result<bool, DbError> {
    let now = tx.now();
    let (width, height) = (i64::from(taken.size.0), i64::from(taken.size.1));
    let made = tx.exec(
        sql!(
            "INSERT INTO proof (id, session_id, display, thumb, hash, width, height, note, account_id, at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (session_id, hash) DO NOTHING"
        ),
        args![id, session, taken.display.0, taken.thumb.0, taken.hash, width, height, note, by, now],
    )?;
    Ok(made == 1)
}

/// Removes a proof.
///
/// # Errors
/// Of the database.
pub fn remove(tx: &mut WriteTx<'_>, id: ProofId) -> Result<(), DbError> {
    tx.exec_one(sql!("DELETE FROM proof WHERE id = $1"), args![id])
}
