//! Starting and ending a desk, and what people do there: authorise, load, decide, store.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::time::DAY_MS;
use kernel::{Actor, Error, Refusal, Timestamp};

use super::store;
use super::{DeskId, refusals};
use crate::attendance::rules::CLOSES_AFTER;
use crate::attendance::{CheckedIn, Held, Way, commands as roll, store as base};
use crate::record::Flag;
use crate::sign_up::SignUpState;
use crate::{SessionId, SignUpId};

/// Desks of one session at once.
pub const MOST: usize = 10;

/// Starts a desk for a session: from a day before its start, until an hour after its end. Returns until when.
///
/// # Errors
/// `common.forbidden`, `desk.over`, `desk.many`.
pub fn start(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    session: SessionId,
    token_hash: &[u8],
) -> Result<Timestamp, Error> {
    let held = roll::find_to_lead(tx, actor, session)?;
    let until = held.last_end().plus_minutes(CLOSES_AFTER);
    let now = tx.now();
    if now >= until || now.0 < held.starts_at.0 - DAY_MS {
        return Err((&refusals::OVER).into());
    }
    let count = store::of_session(tx, session)?.len();
    if count >= MOST {
        return Err(Refusal::new(&refusals::MANY).with("count", count).with("max", MOST).into());
    }
    let id = store::insert(tx, token_hash, session, actor.account()?, until)?;
    people::audit::note(tx, actor, "desk.start", "session", session.0, &id.to_string())?;
    Ok(until)
}

/// Ends a desk of a session.
///
/// # Errors
/// `common.forbidden`, `common.not_found`.
pub fn end(tx: &mut WriteTx<'_>, actor: &Actor, session: SessionId, id: DeskId) -> Result<(), Error> {
    roll::find_to_lead(tx, actor, session)?;
    if !store::end(tx, session, id)? {
        return Err((&common::NOT_FOUND).into());
    }
    people::audit::note(tx, actor, "desk.end", "session", session.0, &id.to_string())?;
    Ok(())
}

/// The desk behind a token: its session, until when it runs, and whom it acts for. That person must still be allowed to
/// take the roll.
///
/// # Errors
/// `desk.ended`.
pub fn open(tx: &mut ReadTx<'_>, token_hash: Option<&[u8]>) -> Result<(Held, Timestamp, Actor), Error> {
    let found = match token_hash {
        Some(hash) => store::find(tx, hash)?,
        None => None,
    };
    let (session, until, actor) = found.ok_or_else(|| Error::from(&refusals::ENDED))?;
    let held = roll::find_to_lead(tx, &actor, session).map_err(|error| match error {
        Error::Refused(_) => (&refusals::ENDED).into(),
        fault @ Error::Fault(_) => fault,
    })?;
    Ok((held, until, actor))
}

/// Somebody finds their name on the desk's list and checks in, or out. Weaker than a card or the code: flagged for the
/// checker.
///
/// # Errors
/// `attendance.*`.
pub fn by_name(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    held: &Held,
    line: SignUpId,
) -> Result<(CheckedIn, String), Error> {
    let found = base::sign_up_find(tx, held.id, line)?;
    let (person, _, name) = found
        .filter(|(_, state, _)| *state != SignUpState::Cancelled)
        .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let done = roll::check_in_by_roll(tx, actor, held, person)?;
    if done.way == Way::In && !done.repeated {
        store::by_name(tx, held.id, person, Flag::DeskName.code())?;
    }
    Ok((done, name))
}
