//! Questions about waiting lists.

use db::{DbError, ReadTx, WriteTx, args, row, sql};
use kernel::{OrgId, PersonId, Timestamp};

use super::{WaitState, rules};
use crate::{ActivityId, PostId, SessionId, SignUpId, WaitingId};

/// How many who wait are looked at for one place.
const LOOK: i64 = 20;

row! {
    /// Whether the session still stands, whether somebody waits for it, whether the place leads a group of it, and whether
    /// agreements were made for its activity.
    pub struct Stands { stands: bool, waits: bool, leads: bool, signed: bool }

    /// An entry.
    pub struct Entry {
        id: WaitingId, session: SessionId, post: Option<PostId>, person: PersonId, team: OrgId, state: WaitState,
        respond_by: Option<Timestamp>, starts_at: Timestamp, title: String,
    }

    /// An entry as an activity's page needs it.
    pub struct OnPage {
        id: WaitingId, session: SessionId, post: Option<PostId>, own: bool, state: WaitState,
        respond_by: Option<Timestamp>,
    }

    /// Own entry, for the schedule.
    pub struct Mine {
        id: WaitingId, session: SessionId, activity_id: ActivityId, title: String, org_name: String,
        place_public: String, post_name: Option<String>, starts_at: Timestamp, ends_at: Timestamp,
        state: WaitState, respond_by: Option<Timestamp>, ahead: i64,
    }

    /// A line of the leader's list.
    pub struct Line {
        id: WaitingId, name: String, volunteer_no: String, post_name: Option<String>, state: WaitState,
        created_at: Timestamp, respond_by: Option<Timestamp>,
    }
}

/// Holds a session until the end of the transaction, so that whatever concerns its places and its waiting list
/// happens one after the other.
///
/// # Errors
/// Of the database.
pub fn hold_session(tx: &mut WriteTx<'_>, session: SessionId) -> Result<(), DbError> {
    tx.hold(sql!("SELECT id FROM session WHERE id = $1"), args![session])
}

/// What giving a place of a session back has to see to.
///
/// # Errors
/// Of the database.
pub fn stands(tx: &mut ReadTx<'_>, session: SessionId, place: Option<SignUpId>) -> Result<Stands, DbError> {
    tx.one(
        sql!(
            "SELECT s.state <> 'cancelled',
                EXISTS (SELECT 1 FROM waiting w WHERE w.session_id = s.id AND w.state = 'waiting'),
                EXISTS (SELECT 1 FROM session_group g WHERE g.leader_id = $2),
                EXISTS (SELECT 1 FROM agreement d WHERE d.activity_id = s.activity_id AND d.state <> 'ended')
             FROM session s WHERE s.id = $1"
        ),
        args![session, place],
    )
}

/// An entry.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: WaitingId) -> Result<Option<Entry>, DbError> {
    tx.first(
        sql!(
            "SELECT w.id, w.session_id, w.post_id, w.person_id, w.team_id, w.state, w.respond_by, s.starts_at, a.title
             FROM waiting w JOIN session s ON s.id = w.session_id JOIN activity a ON a.id = s.activity_id
             WHERE w.id = $1"
        ),
        args![id],
    )
}

/// The person's live entry for a session.
///
/// # Errors
/// Of the database.
pub fn own(tx: &mut ReadTx<'_>, session: SessionId, person: PersonId) -> Result<Option<WaitingId>, DbError> {
    let row: Option<(WaitingId,)> = tx.first(
        sql!(
            "SELECT id FROM waiting WHERE session_id = $1 AND person_id = $2 AND state IN ('waiting', 'offered')"
        ),
        args![session, person],
    )?;
    Ok(row.map(|row| row.0))
}

/// Puts somebody on the list.
///
/// # Errors
/// Of the database.
pub fn insert(
    tx: &mut WriteTx<'_>,
    id: WaitingId,
    session: SessionId,
    post: Option<PostId>,
    person: PersonId,
    team: OrgId,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO waiting (id, session_id, post_id, person_id, team_id, state, created_at)
             VALUES ($1, $2, $3, $4, $5, 'waiting', $6)"
        ),
        args![id, session, post, person, team, now],
    )
}

/// How many wait before an entry.
///
/// # Errors
/// Of the database.
pub fn ahead(tx: &mut ReadTx<'_>, session: SessionId, id: WaitingId) -> Result<i64, DbError> {
    let row: (i64,) = tx.one(
        sql!("SELECT count(*) FROM waiting WHERE session_id = $1 AND state = 'waiting' AND id < $2"),
        args![session, id],
    )?;
    Ok(row.0)
}

/// Who waits for a session and holds no place in it, in order.
///
/// # Errors
/// Of the database.
pub fn candidates(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<Entry>, DbError> {
    tx.all(
        sql!(
            "SELECT w.id, w.session_id, w.post_id, w.person_id, w.team_id, w.state, w.respond_by, s.starts_at, a.title
             FROM waiting w JOIN session s ON s.id = w.session_id JOIN activity a ON a.id = s.activity_id
             WHERE w.session_id = $1 AND w.state = 'waiting' AND NOT EXISTS (SELECT 1 FROM sign_up u
                WHERE u.session_id = w.session_id AND u.person_id = w.person_id AND u.state <> 'cancelled')
             ORDER BY w.id LIMIT $2"
        ),
        args![session, LOOK],
    )
}

/// Notes that a place is held for somebody.
///
/// # Errors
/// Of the database; `Inconsistent` when they do not wait any more.
pub fn offer(tx: &mut WriteTx<'_>, id: WaitingId, until: Timestamp) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "UPDATE waiting SET state = 'offered', offered_at = $2, respond_by = $3 WHERE id = $1 AND state = 'waiting'"
        ),
        args![id, now, until],
    )
}

/// Ends an entry; `false` when it was not in that state any more.
///
/// # Errors
/// Of the database.
pub fn end(tx: &mut WriteTx<'_>, id: WaitingId, from: WaitState, to: WaitState) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!("UPDATE waiting SET state = $3, ended_at = $4 WHERE id = $1 AND state = $2"),
        args![id, from, to, now],
    )?;
    Ok(touched == 1)
}

/// Offers whose time has passed; in the order of their sessions, so that two processes lock in one order.
///
/// # Errors
/// Of the database.
pub fn due(tx: &mut ReadTx<'_>) -> Result<Vec<Entry>, DbError> {
    let now = tx.now();
    let mut due: Vec<Entry> = tx.all(
        sql!(
            "SELECT w.id, w.session_id, w.post_id, w.person_id, w.team_id, w.state, w.respond_by, s.starts_at, a.title
             FROM waiting w JOIN session s ON s.id = w.session_id JOIN activity a ON a.id = s.activity_id
             WHERE w.state = 'offered' AND w.respond_by <= $1 ORDER BY w.respond_by, w.id LIMIT 200"
        ),
        args![now],
    )?;
    due.sort_by_key(|one| (one.session, one.id));
    Ok(due)
}

/// Closes the lists of sessions that start within two hours: what is free then is open to all (Fix-28).
///
/// # Errors
/// Of the database.
pub fn close_lists(tx: &mut WriteTx<'_>) -> Result<u64, DbError> {
    let now = tx.now();
    let until = now.plus_minutes(rules::LAST_CALL_MINUTES);
    tx.exec(
        sql!(
            "UPDATE waiting SET state = 'over', ended_at = $1 WHERE state = 'waiting'
                AND session_id IN (SELECT s.id FROM session s WHERE s.id = waiting.session_id AND s.starts_at <= $2)"
        ),
        args![now, until],
    )
}

/// Ends the list of a session that will not take place; who was on it.
///
/// # Errors
/// Of the database.
pub fn end_all(tx: &mut WriteTx<'_>, session: SessionId) -> Result<Vec<PersonId>, DbError> {
    let now = tx.now();
    let rows: Vec<(PersonId,)> = tx.all(
        sql!(
            "UPDATE waiting SET state = 'over', ended_at = $2
             WHERE session_id = $1 AND state IN ('waiting', 'offered') RETURNING person_id"
        ),
        args![session, now],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Sessions with free places for which somebody waits.
///
/// # Errors
/// Of the database.
pub fn unfilled(tx: &mut ReadTx<'_>) -> Result<Vec<(SessionId, Timestamp)>, DbError> {
    let soon = tx.now().plus_minutes(rules::LAST_CALL_MINUTES + rules::SHORTEST_MINUTES);
    tx.all(
        sql!(
            "SELECT s.id, s.starts_at FROM session s WHERE s.state = 'open' AND s.taken < s.quota AND s.starts_at >= $1
                AND s.id IN (SELECT w.session_id FROM waiting w WHERE w.state = 'waiting')
             ORDER BY s.id LIMIT 100"
        ),
        args![soon],
    )
}

/// The lists of an activity's sessions.
///
/// # Errors
/// Of the database.
pub fn of_activity(
    tx: &mut ReadTx<'_>,
    activity: ActivityId,
    person: Option<PersonId>,
) -> Result<Vec<OnPage>, DbError> {
    let person = person.unwrap_or(PersonId(0));
    tx.all(
        sql!(
            "SELECT w.id, w.session_id, w.post_id, w.person_id = $2, w.state, w.respond_by
             FROM session s JOIN waiting w ON w.session_id = s.id
             WHERE s.activity_id = $1 AND w.state IN ('waiting', 'offered') ORDER BY w.id LIMIT 5000"
        ),
        args![activity, person],
    )
}

/// Where the person waits, and what is held for them; soonest first.
///
/// # Errors
/// Of the database.
pub fn mine(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<Mine>, DbError> {
    let now = tx.now();
    tx.all(
        sql!(
            "SELECT w.id, s.id, a.id, a.title, o.name, a.place_public, p.name, s.starts_at, s.ends_at, w.state,
                w.respond_by, (SELECT count(*) FROM waiting b WHERE b.session_id = s.id AND b.state = 'waiting'
                    AND b.id < w.id)
             FROM waiting w JOIN session s ON s.id = w.session_id JOIN activity a ON a.id = s.activity_id
                JOIN org o ON o.id = a.org_id LEFT JOIN post p ON p.id = w.post_id
             WHERE w.person_id = $1 AND w.state IN ('waiting', 'offered') AND s.starts_at > $2
             ORDER BY s.starts_at, w.id LIMIT 100"
        ),
        args![person, now],
    )
}

/// Who waits for a session, in order, for whoever leads it.
///
/// # Errors
/// Of the database.
pub fn of_session(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<Line>, DbError> {
    tx.all(
        sql!(concat!(
            "SELECT w.id, p.name, p.volunteer_no, t.name, w.state, w.created_at, w.respond_by
             FROM waiting w JOIN person p ON p.id = w.person_id LEFT JOIN post t ON t.id = w.post_id
             WHERE w.session_id = $1 AND w.state IN ('waiting', 'offered') AND ",
            people::person_shown!(),
            " ORDER BY w.id LIMIT 500"
        )),
        args![session],
    )
}
