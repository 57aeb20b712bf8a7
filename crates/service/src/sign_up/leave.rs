//! Giving back everything somebody holds ahead: they stopped, died, or the guardian took the consent back (Edge-11,
//! Edge-21, Fix-07). Places go to the first who waits; what was served stays. The caller holds the person.

use db::{DbError, ReadTx, WriteTx, args, sql};
use kernel::error::common;
use kernel::{Error, PersonId, Refusal, Timestamp};

use super::commands::free;
use super::store::{self, SignUp};
use super::waiting::{self, WaitState};
use super::{SignUpState, refusals};
use crate::{PostId, SessionId, WaitingId};

/// Most places one person can hold ahead; more are given back by the next call.
const MOST: i64 = 500;

/// Booked places in sessions that have not begun, in the order of sessions, which is the order of locks.
fn booked(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<SignUp>, DbError> {
    let now = tx.now();
    tx.all(
        sql!(
            "SELECT id, session_id, post_id, person_id, team_id, participant, state, starts_at, ends_at, source
             FROM sign_up WHERE person_id = $1 AND state = 'booked' AND starts_at > $2 ORDER BY session_id, id LIMIT $3"
        ),
        args![person, now, MOST],
    )
}

type Entry = (WaitingId, SessionId, Option<PostId>, WaitState, Timestamp);

fn waits(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<Entry>, DbError> {
    tx.all(
        sql!(
            "SELECT w.id, w.session_id, w.post_id, w.state, s.starts_at FROM waiting w JOIN session s ON s.id = w.session_id
             WHERE w.person_id = $1 AND w.state IN ('waiting', 'offered') ORDER BY w.session_id, w.id LIMIT $2"
        ),
        args![person, MOST],
    )
}

/// Gives back all places ahead and leaves all waiting lists. Returns how many places were given back.
///
/// # Errors
/// Of the database.
pub fn give_back(tx: &mut WriteTx<'_>, person: PersonId, reason: &str) -> Result<usize, Error> {
    let held = booked(tx, person)?;
    for one in &held {
        free(tx, one, reason)?;
    }
    for (id, session, post, state, starts_at) in waits(tx, person)? {
        waiting::store::hold_session(tx, session)?;
        if waiting::store::end(tx, id, state, WaitState::Left)? && state == WaitState::Offered {
            waiting::commands::release(tx, session, starts_at, post)?;
        }
    }
    Ok(held.len())
}

/// Gives one place back for somebody, by who answers for them.
///
/// # Errors
/// `common.not_found`, `sign_up.too_late`, `sign_up.attended`; of the database.
pub fn give_back_one(
    tx: &mut WriteTx<'_>,
    person: PersonId,
    session: SessionId,
    reason: &str,
) -> Result<(), Error> {
    people::person::hold(tx, person)?;
    let one = store::active(tx, session, person)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    if one.state != SignUpState::Booked {
        return Err((&refusals::ATTENDED).into());
    }
    if tx.now() >= one.starts_at {
        return Err(Refusal::new(&refusals::TOO_LATE).with("start", one.starts_at.text()).into());
    }
    free(tx, &one, reason)
}
