//! The questions of “I am here”.

use db::{DbError, ReadTx, WriteTx, args, row, sql};
use kernel::{Date, PersonId};

use super::RADIUS;
use crate::{CheckInId, SessionId};

row! {
    /// A stay that has begun and not ended, and where the activity is.
    pub struct Stay { id: CheckInId, flags: String, lon: Option<f64>, lat: Option<f64>, birth_on: Option<Date> }
}

/// The radius in metres; 0: nothing is asked.
pub fn radius(tx: &mut ReadTx<'_>) -> Result<f64, DbError> {
    let kept: Option<(String,)> =
        tx.first(sql!("SELECT value FROM setting WHERE name = $1"), args![RADIUS])?;
    Ok(kept.and_then(|(text,)| text.parse().ok()).unwrap_or(0.0))
}

/// Sessions in which the person is now, whose place is known and has not been compared yet; none where nothing is asked.
///
/// # Errors
/// Of the database.
pub fn asks(
    tx: &mut ReadTx<'_>,
    person: PersonId,
    sessions: &[SessionId],
) -> Result<Vec<SessionId>, DbError> {
    if sessions.is_empty() || radius(tx)? <= 0.0 {
        return Ok(Vec::new());
    }
    let mut list = db::Query::new(
        "SELECT c.session_id FROM check_in c JOIN session s ON s.id = c.session_id
         JOIN activity a ON a.id = s.activity_id",
    );
    list.with("WHERE c.person_id = {} AND c.out_at IS NULL AND c.undone_at IS NULL", &[&person]);
    list.push(
        "AND a.lon IS NOT NULL AND a.lat IS NOT NULL AND c.flags NOT LIKE '%near%' AND c.session_id IN (",
    );
    for (at, id) in sessions.iter().enumerate() {
        list.with(if at == 0 { "{}" } else { ", {}" }, &[id]);
    }
    list.push(") ORDER BY c.session_id LIMIT 20");
    Ok(tx.list::<(SessionId,)>(&list)?.into_iter().map(|row| row.0).collect())
}

/// The person's open stay in a session.
///
/// # Errors
/// Of the database.
pub fn stay(tx: &mut ReadTx<'_>, session: SessionId, person: PersonId) -> Result<Option<Stay>, DbError> {
    tx.first(
        sql!(
            "SELECT c.id, c.flags, a.lon, a.lat, p.birth_on FROM check_in c
             JOIN session s ON s.id = c.session_id JOIN activity a ON a.id = s.activity_id
             JOIN person p ON p.id = c.person_id
             WHERE c.session_id = $1 AND c.person_id = $2 AND c.out_at IS NULL AND c.undone_at IS NULL"
        ),
        args![session, person],
    )
}

/// Writes the flags of a stay.
///
/// # Errors
/// Of the database.
pub fn flags_set(tx: &mut WriteTx<'_>, id: CheckInId, flags: &str) -> Result<(), DbError> {
    tx.exec_one(sql!("UPDATE check_in SET flags = $1 WHERE id = $2"), args![flags, id])
}
