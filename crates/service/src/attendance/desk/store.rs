//! Questions to the database about desks and what they show.

use db::{DbError, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Actor, Grant, OrgId, PersonId, Role, Timestamp};

use super::DeskId;
use crate::{SessionId, SignUpId};

row! {
    /// A desk as its leader sees it.
    pub struct Desk { id: DeskId, who: String, started_at: Timestamp, expires_at: Timestamp }

    struct Found {
        session: SessionId,
        expires_at: Timestamp,
        account: AccountId,
        name: String,
        role: Option<String>,
        org: Option<OrgId>,
        area_path: Option<String>,
        sponsor_path: Option<String>,
        org_name: Option<String>,
    }

    /// Somebody on the list of a desk.
    pub struct Listed { id: SignUpId, person_id: PersonId, name: String, volunteer_no: String, inside: i64 }

    /// A newcomer on the wall.
    pub struct Came { name: String, at: Timestamp }
}

/// Whose desk a token belongs to, while it runs: the session, until when, and who started it with the roles they
/// hold now, so that a right taken away a moment ago is gone here too.
///
/// # Errors
/// Of the database.
pub fn find(
    tx: &mut ReadTx<'_>,
    token_hash: &[u8],
) -> Result<Option<(SessionId, Timestamp, Actor)>, DbError> {
    let now = tx.now();
    let rows: Vec<Found> = tx.all(
        sql!(
            "SELECT d.session_id, d.expires_at, a.id, a.name, g.role, g.org_id, o.area_path, o.sponsor_path, o.name
             FROM desk d JOIN account a ON a.id = d.started_by AND a.state = 'active'
             LEFT JOIN role_grant g ON g.account_id = a.id AND g.ended_at IS NULL
             LEFT JOIN org o ON o.id = g.org_id
             WHERE d.token_hash = $1 AND d.ended_at IS NULL AND d.expires_at > $2"
        ),
        args![token_hash, now],
    )?;
    let Some(first) = rows.first() else { return Ok(None) };
    let (session, expires_at) = (first.session, first.expires_at);
    let mut actor = Actor {
        account: Some(first.account),
        name: first.name.clone(),
        from: "desk".to_owned(),
        ..Actor::default()
    };
    actor.grants = rows
        .into_iter()
        .filter_map(|row| {
            Some(Grant {
                role: Role::from_code(row.role.as_deref()?)?,
                org: row.org?,
                area_path: row.area_path?,
                sponsor_path: row.sponsor_path?,
                org_name: row.org_name?,
            })
        })
        .collect();
    Ok(Some((session, expires_at, actor)))
}

/// The desks of a session that run.
///
/// # Errors
/// Of the database.
pub fn of_session(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<Desk>, DbError> {
    let now = tx.now();
    tx.all(
        sql!(
            "SELECT d.id, a.name, d.started_at, d.expires_at FROM desk d JOIN account a ON a.id = d.started_by
             WHERE d.session_id = $1 AND d.ended_at IS NULL AND d.expires_at > $2 ORDER BY d.id LIMIT 50"
        ),
        args![session, now],
    )
}

/// Starts a desk; old ones of the city go as new ones come.
///
/// # Errors
/// Of the database.
pub fn insert(
    tx: &mut WriteTx<'_>,
    token_hash: &[u8],
    session: SessionId,
    by: AccountId,
    expires_at: Timestamp,
) -> Result<DeskId, DbError> {
    let now = tx.now();
    let id: DeskId = tx.new_id();
    tx.exec(
        sql!(
            "DELETE FROM desk WHERE token_hash IN (
                SELECT token_hash FROM desk WHERE expires_at < $1 ORDER BY expires_at, token_hash LIMIT 20)"
        ),
        args![now.plus_minutes(-30 * 24 * 60)],
    )?;
    tx.exec(
        sql!(
            "INSERT INTO desk (token_hash, id, session_id, started_by, started_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)"
        ),
        args![token_hash, id, session, by, now, expires_at],
    )?;
    Ok(id)
}

/// Ends a desk of a session; whether it ran.
///
/// # Errors
/// Of the database.
pub fn end(tx: &mut WriteTx<'_>, session: SessionId, id: DeskId) -> Result<bool, DbError> {
    let now = tx.now();
    Ok(tx.exec(
        sql!("UPDATE desk SET ended_at = $3 WHERE session_id = $1 AND id = $2 AND ended_at IS NULL"),
        args![session, id, now],
    )? > 0)
}

/// Ends the desk with this token.
///
/// # Errors
/// Of the database.
pub fn end_own(tx: &mut WriteTx<'_>, token_hash: &[u8]) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!("UPDATE desk SET ended_at = $2 WHERE token_hash = $1 AND ended_at IS NULL"),
        args![token_hash, now],
    )?;
    Ok(())
}

/// People of a session whose name, number or initials begin so.
///
/// # Errors
/// Of the database.
pub fn listed(tx: &mut ReadTx<'_>, session: SessionId, words: &str) -> Result<Vec<Listed>, DbError> {
    let start = format!("{}%", words.replace(['%', '_', '\\'], ""));
    tx.all(
        sql!(
            "SELECT s.id, s.person_id, p.name, p.volunteer_no,
                    (SELECT COUNT(*) FROM check_in c WHERE c.session_id = s.session_id AND c.person_id = s.person_id
                        AND c.undone_at IS NULL AND c.out_at IS NULL)
             FROM sign_up s JOIN person p ON p.id = s.person_id
             WHERE s.session_id = $1 AND s.state <> 'cancelled'
               AND (p.name LIKE $2 OR p.volunteer_no LIKE $2 OR p.initials LIKE $3)
             ORDER BY p.name_key, s.id LIMIT 12"
        ),
        args![session, start, start.to_lowercase()],
    )
}

/// Notes on an open stay that it was begun at a desk, by name.
///
/// # Errors
/// Of the database.
pub fn by_name(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    person: PersonId,
    flag: &str,
) -> Result<(), DbError> {
    tx.exec(
        sql!(
            "UPDATE check_in SET flags = $3
             WHERE session_id = $1 AND person_id = $2 AND out_at IS NULL AND undone_at IS NULL AND flags = ''"
        ),
        args![session, person, flag],
    )?;
    Ok(())
}

/// The latest to come, newest first.
///
/// # Errors
/// Of the database.
pub fn came(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<Came>, DbError> {
    tx.all(
        sql!(
            "SELECT p.name, c.in_at FROM check_in c JOIN person p ON p.id = c.person_id
             WHERE c.session_id = $1 AND c.undone_at IS NULL ORDER BY c.in_at DESC, c.id DESC LIMIT 12"
        ),
        args![session],
    )
}
