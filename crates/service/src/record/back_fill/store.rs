//! Questions about requests to fill hours in.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Action, Actor, PersonId, Timestamp};

use super::FillState;
use crate::activity::store::scoped;
use crate::{BackFillId, SessionId};

row! {
    /// A request with what is shown of it.
    pub struct Fill {
        id: BackFillId, session: SessionId, person: PersonId, name: String, volunteer_no: String,
        start_at: Timestamp, end_at: Timestamp, reason: String, evidence: String, state: FillState,
        asked_by: AccountId, asker: String, asked_at: Timestamp, note: String, title: String,
        starts_at: Timestamp, ends_at: Timestamp, area_path: String, sponsor_path: String,
        asker_person: Option<PersonId>,
    }
}

macro_rules! columns {
    () => {
        "SELECT f.id, f.session_id, f.person_id, p.name, p.volunteer_no, f.start_at, f.end_at, f.reason, f.evidence,
            f.state, f.asked_by, c.name, f.asked_at, f.decision_note, a.title, s.starts_at, s.ends_at, o.area_path,
            o.sponsor_path, c.person_id
         FROM back_fill f JOIN session s ON s.id = f.session_id JOIN activity a ON a.id = s.activity_id
            JOIN org o ON o.id = a.org_id JOIN person p ON p.id = f.person_id JOIN account c ON c.id = f.asked_by"
    };
}

/// A request.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: BackFillId) -> Result<Option<Fill>, DbError> {
    tx.first(sql!(concat!(columns!(), " WHERE f.id = $1")), args![id])
}

/// The requests of a session, latest first.
///
/// # Errors
/// Of the database.
pub fn of_session(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<Fill>, DbError> {
    tx.all(sql!(concat!(columns!(), " WHERE f.session_id = $1 ORDER BY f.id DESC LIMIT 200")), args![session])
}

/// What waits where the actor confirms records, oldest first, after an id.
///
/// # Errors
/// Of the database.
pub fn waiting(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<Fill>, DbError> {
    let mut list = Query::new(columns!());
    list.push("WHERE f.state = 'waiting'");
    list.with_some("AND f.id > {}", after.as_ref());
    scoped(&mut list, actor, Action::RecordConfirm);
    list.with("ORDER BY f.id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// Whether a request of this person waits in the session.
///
/// # Errors
/// Of the database.
pub fn asked(
    tx: &mut ReadTx<'_>,
    session: SessionId,
    person: PersonId,
) -> Result<Option<BackFillId>, DbError> {
    let row: Option<(BackFillId,)> = tx.first(
        sql!("SELECT id FROM back_fill WHERE session_id = $1 AND person_id = $2 AND state = 'waiting'"),
        args![session, person],
    )?;
    Ok(row.map(|row| row.0))
}

/// Whether the person was, or is, somewhere else at that time.
///
/// # Errors
/// Of the database.
pub fn elsewhere(
    tx: &mut ReadTx<'_>,
    session: SessionId,
    person: PersonId,
    (from, to): (Timestamp, Timestamp),
) -> Result<bool, DbError> {
    let row: (i64,) = tx.one(
        sql!(
            "SELECT count(*) FROM record r WHERE r.person_id = $2 AND r.session_id <> $1 AND r.start_at < $4
                AND r.end_at > $3 AND r.state IN ('submitted', 'confirmed')"
        ),
        args![session, person, from, to],
    )?;
    Ok(row.0 > 0)
}

/// Writes a request.
///
/// # Errors
/// Of the database.
pub fn insert(
    tx: &mut WriteTx<'_>,
    id: BackFillId,
    session: SessionId,
    person: PersonId,
    (from, to): (Timestamp, Timestamp),
    (reason, evidence): (&str, &str),
    by: AccountId,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO back_fill (id, session_id, person_id, start_at, end_at, reason, evidence, state, asked_by,
                asked_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, $9)"
        ),
        args![id, session, person, from, to, reason, evidence, by, now],
    )
}

/// Ends a request that waits; `false` when it does not any more.
///
/// # Errors
/// Of the database.
pub fn end(
    tx: &mut WriteTx<'_>,
    id: BackFillId,
    to: FillState,
    note: &str,
    by: Option<AccountId>,
) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE back_fill SET state = $2, decision_note = $3, decided_by = $4, decided_at = $5
             WHERE id = $1 AND state = 'waiting'"
        ),
        args![id, to, note, by, now],
    )?;
    Ok(touched == 1)
}

/// A place for somebody who had none: the counter goes with the rows, beyond the number of places if it must, for
/// the person was there.
///
/// # Errors
/// Of the database.
pub fn count_in(tx: &mut WriteTx<'_>, session: SessionId) -> Result<(), DbError> {
    tx.exec_one(sql!("UPDATE session SET taken = taken + 1 WHERE id = $1"), args![session])
}
