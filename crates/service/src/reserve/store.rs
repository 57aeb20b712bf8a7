//! Questions about kept places.

use db::{DbError, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, OrgId, PersonId, Timestamp};

use super::rules::Kept;
use crate::{ActivityId, ReserveId, SessionId, SignUpId};

row! {
    /// Kept places, for the page.
    pub struct Reserve {
        id: ReserveId, session: SessionId, org: Option<OrgId>, org_name: Option<String>, places: i64,
        until_at: Timestamp, used: i64,
    }

    /// Kept places of a session and whether they are kept for somebody.
    struct Asked { session: SessionId, id: ReserveId, places: i64, used: i64, mine: bool }
}

macro_rules! used {
    () => {
        "(SELECT count(*) FROM reserve_use x JOIN sign_up u ON u.id = x.sign_up_id
            WHERE x.reserve_id = r.id AND u.state <> 'cancelled')"
    };
}

/// Whether kept places `r` are kept for the person `$2`, whom the leader enters if `$3`.
macro_rules! mine {
    () => {
        "CASE WHEN r.org_id IS NULL THEN $3
              ELSE EXISTS (SELECT 1 FROM member m WHERE m.org_id = r.org_id AND m.person_id = $2 AND m.state = 'member')
                OR EXISTS (SELECT 1 FROM person p WHERE p.id = $2 AND p.home_org = r.org_id) END"
    };
}

/// How many places of the session `s` are kept for others than the person: a part of a statement with a place for the
/// moment, twice, and the person, twice. It costs nothing where no place is kept.
pub const HELD: &str = concat!(
    "CASE WHEN s.reserved_until <= {} THEN CAST(0 AS BIGINT) ELSE (SELECT CAST(COALESCE(sum(CASE WHEN h.places > h.used
        THEN h.places - h.used ELSE 0 END), 0) AS BIGINT) FROM (SELECT r.places, ",
    used!(),
    " AS used FROM reserve r WHERE r.session_id = s.id AND r.until_at > {} AND (r.org_id IS NULL OR NOT (EXISTS
        (SELECT 1 FROM member m WHERE m.org_id = r.org_id AND m.person_id = {} AND m.state = 'member')
        OR EXISTS (SELECT 1 FROM person p WHERE p.id = {} AND p.home_org = r.org_id)))) AS h) END"
);

/// What is kept in a session now, and whether it is kept for this person.
///
/// # Errors
/// Of the database.
pub fn kept(
    tx: &mut ReadTx<'_>,
    session: SessionId,
    person: PersonId,
    by_leader: bool,
) -> Result<Vec<Kept>, DbError> {
    let now = tx.now();
    let all: Vec<Asked> = tx.all(
        sql!(concat!(
            "SELECT r.session_id, r.id, r.places, ",
            used!(),
            ", ",
            mine!(),
            " FROM reserve r WHERE r.session_id = $1 AND r.until_at > $4 ORDER BY r.id"
        )),
        args![session, person, by_leader, now],
    )?;
    Ok(all.iter().map(|one| split(one).1).collect())
}

/// The same for all sessions of an activity.
///
/// # Errors
/// Of the database.
pub fn kept_in(
    tx: &mut ReadTx<'_>,
    activity: ActivityId,
    person: Option<PersonId>,
) -> Result<Vec<(SessionId, Kept)>, DbError> {
    let (now, person) = (tx.now(), person.unwrap_or(PersonId(0)));
    let all: Vec<Asked> = tx.all(
        sql!(concat!(
            "SELECT r.session_id, r.id, r.places, ",
            used!(),
            ", ",
            mine!(),
            " FROM session s JOIN reserve r ON r.session_id = s.id WHERE s.activity_id = $1 AND s.reserved_until > $4
                AND r.until_at > $4 ORDER BY r.id"
        )),
        args![activity, person, false, now],
    )?;
    Ok(all.iter().map(split).collect())
}

fn split(one: &Asked) -> (SessionId, Kept) {
    (one.session, Kept { id: one.id, places: one.places, used: one.used, mine: one.mine })
}

macro_rules! columns {
    () => {
        concat!(
            "SELECT r.id, r.session_id, r.org_id, o.name, r.places, r.until_at, ",
            used!(),
            " FROM reserve r LEFT JOIN org o ON o.id = r.org_id WHERE "
        )
    };
}

/// Kept places.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: ReserveId) -> Result<Option<Reserve>, DbError> {
    tx.first(sql!(concat!(columns!(), "r.id = $1")), args![id])
}

/// All that were kept in a session, also those whose time has passed.
///
/// # Errors
/// Of the database.
pub fn of_session(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<Reserve>, DbError> {
    tx.all(
        sql!(concat!(columns!(), "r.session_id = $1 ORDER BY r.id LIMIT $2")),
        args![session, super::commands::MOST],
    )
}

/// Writes kept places.
///
/// # Errors
/// Of the database.
pub fn insert(
    tx: &mut WriteTx<'_>,
    id: ReserveId,
    session: SessionId,
    org: Option<OrgId>,
    what: (i64, Timestamp),
    by: AccountId,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO reserve (id, session_id, org_id, places, until_at, account_id, at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)"
        ),
        args![id, session, org, what.0, what.1, by, now],
    )
}

/// Changes how many are kept, and until when.
///
/// # Errors
/// Of the database.
pub fn update(tx: &mut WriteTx<'_>, id: ReserveId, what: (i64, Timestamp)) -> Result<(), DbError> {
    tx.exec_one(
        sql!("UPDATE reserve SET places = $2, until_at = $3 WHERE id = $1"),
        args![id, what.0, what.1],
    )
}

/// Keeps them no longer; who stands on one keeps the place.
///
/// # Errors
/// Of the database.
pub fn remove(tx: &mut WriteTx<'_>, id: ReserveId) -> Result<(), DbError> {
    tx.exec(sql!("DELETE FROM reserve_use WHERE reserve_id = $1"), args![id])?;
    tx.exec_one(sql!("DELETE FROM reserve WHERE id = $1"), args![id])
}

/// Notes with the session until when any place of it is kept.
///
/// # Errors
/// Of the database.
pub fn note(tx: &mut WriteTx<'_>, session: SessionId) -> Result<(), DbError> {
    tx.exec_one(
        sql!(
            "UPDATE session SET reserved_until =
                (SELECT COALESCE(max(r.until_at), 0) FROM reserve r WHERE r.session_id = session.id) WHERE id = $1"
        ),
        args![session],
    )
}

/// Notes on which kept place a sign-up stands.
///
/// # Errors
/// Of the database.
pub fn take(tx: &mut WriteTx<'_>, id: ReserveId, sign_up: SignUpId) -> Result<(), DbError> {
    tx.exec_one(sql!("INSERT INTO reserve_use (sign_up_id, reserve_id) VALUES ($1, $2)"), args![sign_up, id])
}

/// Whoever takes over a place stands where the other stood.
///
/// # Errors
/// Of the database.
pub fn hand_over(tx: &mut WriteTx<'_>, from: SignUpId, to: SignUpId) -> Result<(), DbError> {
    tx.exec(sql!("UPDATE reserve_use SET sign_up_id = $2 WHERE sign_up_id = $1"), args![from, to])?;
    Ok(())
}
