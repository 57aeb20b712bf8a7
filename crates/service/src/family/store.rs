//! Questions about the minors of a session.

use db::{DbError, ReadTx, args, row, sql};
use kernel::{Date, PersonId, Timestamp};
use people::guardian::Guard;

use crate::SessionId;
use crate::sign_up::SignUpState;

row! {
    /// A minor of a session.
    pub struct Minor {
        person: PersonId, name: String, volunteer_no: String, birth_on: Date, guard: Guard, state: SignUpState,
        accompanied: bool, contact: bool,
    }
}

/// The last birth date of people who are of age on the day of a session.
fn grown(starts_at: Timestamp) -> Date {
    people::guardian::rules::birthday(starts_at.date(), -people::guardian::rules::ADULT)
}

/// The minors of a session, by name.
///
/// # Errors
/// Of the database.
pub(super) fn minors(
    tx: &mut ReadTx<'_>,
    session: SessionId,
    starts_at: Timestamp,
) -> Result<Vec<Minor>, DbError> {
    tx.all(
        sql!(concat!(
            "SELECT p.id, p.name, p.volunteer_no, p.birth_on, p.guard, u.state,
                EXISTS (SELECT 1 FROM guardian g JOIN sign_up w ON w.person_id = g.guardian_id
                    WHERE g.minor_id = p.id AND g.state IN ('asked', 'given', 'withdrawn') AND w.session_id = u.session_id
                        AND w.state IN ('booked', 'attended')),
                EXISTS (SELECT 1 FROM guardian g WHERE g.minor_id = p.id AND g.state IN ('asked', 'given', 'withdrawn'))
             FROM sign_up u JOIN person p ON p.id = u.person_id
             WHERE u.session_id = $1 AND u.state <> 'cancelled' AND p.birth_on > $2 AND ",
            people::person_shown!(),
            " ORDER BY p.name_key, p.id LIMIT 1000"
        )),
        args![session, grown(starts_at)],
    )
}

/// How many minors a session has.
///
/// # Errors
/// Of the database.
pub(crate) fn count(tx: &mut ReadTx<'_>, session: SessionId, starts_at: Timestamp) -> Result<i64, DbError> {
    let (n,): (i64,) = tx.one(
        sql!(
            "SELECT count(*) FROM sign_up u JOIN person p ON p.id = u.person_id
             WHERE u.session_id = $1 AND u.state <> 'cancelled' AND p.birth_on > $2"
        ),
        args![session, grown(starts_at)],
    )?;
    Ok(n)
}
