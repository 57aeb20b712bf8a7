//! Setting how it counts, beginning and ending, delivering, and looking at what was done.

use db::WriteTx;
use kernel::error::common;
use kernel::{Action, Actor, Error, PersonId, Place, Refusal, can};

use super::store::{self, Remote};
use super::{Site, refusals, rules};
use crate::activity::SessionState;
use crate::activity::commands::managed;
use crate::attendance::{Held, Method, commands as door, rules as window, store as attendance};
use crate::record::{Class, Flag, RecordState, store as records};
use crate::{ActivityId, RecordId, SessionId};

/// Sets how an activity without a place counts, or gives it a place again.
///
/// # Errors
/// `common.not_found`; `remote.begun`.
pub fn set(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    activity: ActivityId,
    how: Option<(Site, Option<i64>)>,
) -> Result<(), Error> {
    managed(tx, actor, activity)?;
    let words = how.map_or("", |(site, _)| site.name(kernel::Lang::Zh));
    store::name_place(tx, activity, words)?;
    if store::begun(tx, activity)? {
        return Err((&refusals::BEGUN).into());
    }
    store::put(tx, activity, how)?;
    people::audit::note(tx, actor, "remote.set", "activity", activity.0, words)?;
    Ok(())
}

/// A session without a place in which the actor has one, now.
fn mine(tx: &mut WriteTx<'_>, actor: &Actor, id: SessionId) -> Result<(Held, Remote, PersonId), Error> {
    let person = actor.person()?;
    let held = door::find(tx, id)?;
    let remote = store::find(tx, held.activity_id)?.ok_or_else(|| Error::from(&refusals::PLACE))?;
    let (now, until) = (tx.now(), held.last_end().plus_minutes(window::CLOSES_AFTER));
    if held.state != SessionState::Open || now < held.starts_at || now >= until {
        return Err(Refusal::new(&refusals::NOT_NOW)
            .with("from", held.starts_at.text())
            .with("to", until.text())
            .into());
    }
    people::person::hold(tx, person)?;
    if attendance::sign_up_attend(tx, id, person)?.is_none() {
        return Err((&refusals::NO_PLACE).into());
    }
    Ok((held, remote, person))
}

/// Begins. Doing it twice changes nothing.
///
/// # Errors
/// `common.not_found`; `remote.*`; `attendance.pairs`.
pub fn start(tx: &mut WriteTx<'_>, actor: &Actor, id: SessionId) -> Result<(), Error> {
    let account = actor.account()?;
    let (held, remote, person) = mine(tx, actor, id)?;
    by_time(&remote)?;
    let pairs = attendance::pairs_of(tx, id, person)?;
    if pairs.iter().any(|pair| pair.out_at.is_none()) {
        return Ok(());
    }
    door::insured(&held, tx.now())?;
    door::signed(tx, &held, person)?;
    if tx.now() >= held.last_end() {
        return Err((&refusals::BY_TIME).into());
    }
    if pairs.len() >= window::MAX_PAIRS {
        return Err((&crate::attendance::refusals::PAIRS).into());
    }
    let now = tx.now();
    Ok(store::stay(tx, id, person, (now, None), account)?)
}

/// Ends. Doing it twice changes nothing.
///
/// # Errors
/// `common.not_found`; `remote.*`.
pub fn stop(tx: &mut WriteTx<'_>, actor: &Actor, id: SessionId) -> Result<(), Error> {
    let (_, remote, person) = mine(tx, actor, id)?;
    by_time(&remote)?;
    let pairs = attendance::pairs_of(tx, id, person)?;
    if let Some(open) = pairs.iter().find(|pair| pair.out_at.is_none()) {
        let now = tx.now();
        attendance::pair_end(tx, open.id, now.max(open.in_at), Method::Roll)?;
    }
    Ok(())
}

fn by_time(remote: &Remote) -> Result<(), Error> {
    match remote.piece_minutes {
        None => Ok(()),
        Some(minutes) => Err(Refusal::new(&refusals::BY_PIECES).with("minutes", minutes).into()),
    }
}

/// Says how many pieces were delivered, all in all; saying it again replaces it. Returns the minutes they come to.
///
/// # Errors
/// `common.not_found`; `remote.*`.
pub fn deliver(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: SessionId,
    pieces: i64,
    note: &str,
) -> Result<i64, Error> {
    let account = actor.account()?;
    let (held, remote, person) = mine(tx, actor, id)?;
    let Some(each) = remote.piece_minutes else { return Err((&refusals::BY_TIME).into()) };
    let minutes = rules::pieces(pieces, each);
    store::stays_undo(tx, id, person)?;
    if minutes > 0 {
        let out = held.starts_at.plus_minutes(minutes).min(held.last_end());
        store::stay(tx, id, person, (held.starts_at, Some(out)), account)?;
    }
    store::delivery_put(tx, id, person, pieces, note)?;
    Ok(minutes)
}

/// A second person looked at what was done: the hours are verified from now on.
///
/// # Errors
/// `common.not_found`; `remote.no_review`.
pub fn review(tx: &mut WriteTx<'_>, actor: &Actor, id: RecordId) -> Result<(), Error> {
    actor.account()?;
    let not_found = || Error::from(&common::NOT_FOUND);
    let one = records::find(tx, id)?.ok_or_else(not_found)?;
    let place = Place { area_path: &one.area_path, sponsor_path: &one.sponsor_path };
    if !can(actor, Action::RecordConfirm, place) {
        return Err(not_found());
    }
    if !reviewable(actor, one.person_id, one.state, one.class, &one.flags) {
        return Err((&refusals::NO_REVIEW).into());
    }
    let flags = one.flags.replace(Flag::Remote.code(), Flag::RemoteSeen.code());
    if !store::reviewed(tx, id, &flags)? {
        return Err((&refusals::NO_REVIEW).into());
    }
    people::audit::note(tx, actor, "remote.review", "record", id.0, "")?;
    Ok(())
}

/// Whether somebody may look at the work behind a record.
#[must_use]
pub fn reviewable(actor: &Actor, of: PersonId, state: RecordState, class: Class, flags: &str) -> bool {
    state == RecordState::Confirmed
        && class == Class::Honor
        && actor.person != Some(of)
        && flags.split(' ').any(|code| code == Flag::Remote.code())
}
