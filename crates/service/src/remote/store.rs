//! Questions about service without a place.

use db::{DbError, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Date, PersonId, Timestamp};

use super::Site;
use crate::{ActivityId, CheckInId, RecordId, SessionId};

row! {
    /// How an activity without a place counts.
    pub struct Remote { activity: ActivityId, site: Site, piece_minutes: Option<i64> }

    /// What somebody did in a session.
    pub struct Done {
        person: PersonId, name: String, volunteer_no: String, first_in: Option<Timestamp>,
        last_out: Option<Timestamp>, inside: i64, pieces: Option<i64>, note: Option<String>,
    }
}

/// How an activity counts; `None`: it has a place.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, activity: ActivityId) -> Result<Option<Remote>, DbError> {
    tx.first(
        sql!("SELECT activity_id, site, piece_minutes FROM remote WHERE activity_id = $1"),
        args![activity],
    )
}

/// Sets how it counts; `None` gives it a place again.
///
/// # Errors
/// Of the database.
pub fn put(
    tx: &mut WriteTx<'_>,
    activity: ActivityId,
    how: Option<(Site, Option<i64>)>,
) -> Result<(), DbError> {
    let Some((site, piece_minutes)) = how else {
        tx.exec(sql!("DELETE FROM remote WHERE activity_id = $1"), args![activity])?;
        return Ok(());
    };
    tx.exec_one(
        sql!(
            "INSERT INTO remote (activity_id, site, piece_minutes) VALUES ($1, $2, $3)
             ON CONFLICT (activity_id) DO UPDATE SET site = $2, piece_minutes = $3"
        ),
        args![activity, site, piece_minutes],
    )
}

/// An activity without a place names what stands for one where nothing was written.
///
/// # Errors
/// Of the database.
pub fn name_place(tx: &mut WriteTx<'_>, activity: ActivityId, words: &str) -> Result<(), DbError> {
    tx.exec_one(
        sql!(
            "UPDATE activity SET version = version + 1,
                place_public = CASE WHEN place_public = '' THEN $2 ELSE place_public END,
                place_exact = CASE WHEN place_exact = '' THEN $2 ELSE place_exact END
             WHERE id = $1"
        ),
        args![activity, words],
    )
}

/// Whether anybody has begun in a session of the activity.
///
/// # Errors
/// Of the database.
pub fn begun(tx: &mut ReadTx<'_>, activity: ActivityId) -> Result<bool, DbError> {
    let (n,): (i64,) = tx.one(
        sql!(
            "SELECT count(*) FROM session s JOIN check_in c ON c.session_id = s.id
             WHERE s.activity_id = $1 AND c.undone_at IS NULL"
        ),
        args![activity],
    )?;
    Ok(n > 0)
}

/// Writes a stay without a place.
///
/// # Errors
/// Of the database.
pub fn stay(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    person: PersonId,
    (in_at, out_at): (Timestamp, Option<Timestamp>),
    by: AccountId,
) -> Result<(), DbError> {
    let (id, now): (CheckInId, _) = (tx.new_id(), tx.now());
    let out_method = out_at.map(|_| "roll");
    tx.exec_one(
        sql!(
            "INSERT INTO check_in (id, session_id, person_id, in_at, out_at, in_method, out_method, by_account,
                created_at, flags)
             VALUES ($1, $2, $3, $4, $5, 'roll', $6, $7, $8, 'remote')"
        ),
        args![id, session, person, in_at, out_at, out_method, by, now],
    )
}

/// Takes earlier stays without a place of a person back: a delivery replaces the one before.
///
/// # Errors
/// Of the database.
pub fn stays_undo(tx: &mut WriteTx<'_>, session: SessionId, person: PersonId) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!(
            "UPDATE check_in SET undone_at = $3
             WHERE session_id = $1 AND person_id = $2 AND undone_at IS NULL AND flags = 'remote'"
        ),
        args![session, person, now],
    )?;
    Ok(())
}

/// Notes what was delivered.
///
/// # Errors
/// Of the database.
pub fn delivery_put(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    person: PersonId,
    pieces: i64,
    note: &str,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO remote_delivery (session_id, person_id, pieces, note, at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (session_id, person_id) DO UPDATE SET pieces = $3, note = $4, at = $5"
        ),
        args![session, person, pieces, note, now],
    )
}

/// What people of a session did, by name; only one of them if asked.
///
/// # Errors
/// Of the database.
pub fn done(tx: &mut ReadTx<'_>, session: SessionId, only: Option<PersonId>) -> Result<Vec<Done>, DbError> {
    let mut list = db::Query::new(
        "SELECT p.id, p.name, p.volunteer_no, MIN(c.in_at), MAX(c.out_at), COUNT(c.id) - COUNT(c.out_at), d.pieces, d.note
         FROM sign_up u JOIN person p ON p.id = u.person_id
         LEFT JOIN check_in c ON c.session_id = u.session_id AND c.person_id = u.person_id AND c.undone_at IS NULL
         LEFT JOIN remote_delivery d ON d.session_id = u.session_id AND d.person_id = u.person_id",
    );
    list.with("WHERE u.session_id = {} AND u.state <> 'cancelled'", &[&session]);
    list.with_some("AND u.person_id = {}", only.as_ref());
    list.push("GROUP BY p.id, p.name, p.volunteer_no, p.name_key, d.pieces, d.note ORDER BY p.name_key, p.id LIMIT 2000");
    tx.list(&list)
}

/// Minutes without a place that people of a session have on its day elsewhere.
///
/// # Errors
/// Of the database.
pub fn that_day(tx: &mut ReadTx<'_>, session: SessionId, day: Date) -> Result<Vec<(PersonId, i64)>, DbError> {
    tx.all(
        sql!(
            "SELECT r.person_id, CAST(sum(r.minutes) AS BIGINT) FROM record r
             WHERE r.service_on = $2 AND r.session_id <> $1 AND r.state IN ('submitted', 'confirmed')
                AND r.flags LIKE '%remote%'
                AND r.person_id IN (SELECT u.person_id FROM sign_up u WHERE u.session_id = $1)
             GROUP BY r.person_id ORDER BY r.person_id"
        ),
        args![session, day],
    )
}

/// A record whose work was looked at counts as proved; `false` when there was nothing to look at.
///
/// # Errors
/// Of the database.
pub fn reviewed(tx: &mut WriteTx<'_>, id: RecordId, flags: &str) -> Result<bool, DbError> {
    let done = tx.exec(
        sql!(
            "UPDATE record SET class = 'verified', flags = $2
             WHERE id = $1 AND class = 'honor' AND state = 'confirmed'"
        ),
        args![id, flags],
    )?;
    Ok(done == 1)
}
