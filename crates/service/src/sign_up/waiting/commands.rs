//! Joining, leaving, confirming, and handing a freed place to the next. Locks in the order of [`super::super`]:
//! person → session → post → waiting → sign-up. Whatever touches a list holds its session first; rules for the one
//! who is offered a place are read without their lock and asked again, behind it, when they confirm.

use db::WriteTx;
use kernel::error::common;
use kernel::{Actor, Error, OrgId, PersonId, Timestamp};

use super::store::{self, Entry};
use super::{WaitState, rules};
use crate::event::{OfferLapsed, PlaceOffered, SignedUp, WaitOver};
use crate::sign_up::commands::{Book, look};
use crate::sign_up::{Care, Source, refusals, rules as places_rules, store as places};
use crate::{PostId, SessionId, SignUpId, WaitingId};

fn wish(session: SessionId, post: Option<PostId>, person: PersonId, team: Option<OrgId>) -> Book {
    Book { session, post, person, team, source: Source::Own }
}

fn who(actor: &Actor) -> Result<PersonId, Error> {
    actor.account()?;
    actor.person.ok_or_else(|| (&refusals::NO_PERSON).into())
}

/// Puts the actor on the waiting list of a full session or post. Doing it twice changes nothing. Returns the entry
/// and how many wait before it.
///
/// # Errors
/// Those of signing up but for a full session or post, or places kept for others; `sign_up.has_places` when there is one to take,
/// `sign_up.wait_late` shortly before the start.
pub fn join(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    session: SessionId,
    post: Option<PostId>,
    team: Option<OrgId>,
) -> Result<(WaitingId, i64), Error> {
    let person = who(actor)?;
    people::person::hold(tx, person)?;
    store::hold_session(tx, session)?;
    if let Some(id) = store::own(tx, session, person)? {
        return Ok((id, store::ahead(tx, session, id)?));
    }
    let looked = look(tx, &wish(session, post, person, team), Care::None, |_| Ok(()))?;
    let now = tx.now();
    match places_rules::decide(&looked.facts(now, Source::Own)) {
        Ok(()) => return Err((&refusals::HAS_PLACES).into()),
        Err(refusal) if [&refusals::FULL, &refusals::POST_FULL, &refusals::HELD].contains(&refusal.text) => {}
        Err(refusal) => return Err(refusal.into()),
    }
    if rules::respond_by(now, looked.gate.starts_at).is_none() {
        return Err((&refusals::WAIT_LATE).into());
    }
    let id: WaitingId = tx.new_id();
    store::insert(tx, id, session, post, person, looked.team)?;
    Ok((id, store::ahead(tx, session, id)?))
}

/// An own entry, with its session held; another's is not found.
fn held(tx: &mut WriteTx<'_>, actor: &Actor, id: WaitingId) -> Result<Entry, Error> {
    let person = who(actor)?;
    people::person::hold(tx, person)?;
    let not_found = || Error::from(&common::NOT_FOUND);
    let entry = store::find(tx, id)?.filter(|one| one.person == person).ok_or_else(not_found)?;
    store::hold_session(tx, entry.session)?;
    // Read again behind the lock.
    store::find(tx, id)?.ok_or_else(not_found)
}

/// Takes the place that is held for the actor. Doing it twice changes nothing.
///
/// # Errors
/// `sign_up.offer_gone` when the time has passed or nothing is held; those of signing up when the rules are not met
/// any more; `common.not_found`.
pub fn confirm(tx: &mut WriteTx<'_>, actor: &Actor, id: WaitingId) -> Result<SessionId, Error> {
    let entry = held(tx, actor, id)?;
    let now = tx.now();
    match entry.state {
        WaitState::Confirmed => return Ok(entry.session),
        WaitState::Offered if entry.respond_by.is_some_and(|until| now < until) => {}
        _ => return Err((&refusals::OFFER_GONE).into()),
    }
    let wish = wish(entry.session, entry.post, entry.person, Some(entry.team));
    let looked = look(tx, &wish, Care::Aware, |_| Ok(()))?.with_place();
    places_rules::decide(&looked.facts(now, Source::Own))?;
    looked.mind(Care::Aware)?;
    if !store::end(tx, id, WaitState::Offered, WaitState::Confirmed)? {
        return Err((&refusals::OFFER_GONE).into());
    }
    let sign_up: SignUpId = tx.new_id();
    looked.write(tx, &looked.sign_up(sign_up, &wish))?;
    tx.publish(&SignedUp {
        person: entry.person,
        session: entry.session,
        title: looked.gate.title,
        starts_at: looked.gate.starts_at,
        place: looked.gate.place_public,
    })?;
    Ok(entry.session)
}

/// Leaves the list, or gives up the place that is held: it goes to the next. Doing it twice changes nothing.
///
/// # Errors
/// `common.not_found`.
pub fn leave(tx: &mut WriteTx<'_>, actor: &Actor, id: WaitingId) -> Result<SessionId, Error> {
    let entry = held(tx, actor, id)?;
    match entry.state {
        WaitState::Waiting => {
            store::end(tx, id, WaitState::Waiting, WaitState::Left)?;
        }
        WaitState::Offered if store::end(tx, id, WaitState::Offered, WaitState::Declined)? => {
            release(tx, entry.session, entry.starts_at, entry.post)?;
        }
        _ => {}
    }
    Ok(entry.session)
}

/// Hands on a place that still counts as taken: to the first who waits and meets the rules, or back to all. The
/// session is held by the caller. Returns whether it was offered.
///
/// # Errors
/// Of the database.
pub fn release(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    starts_at: Timestamp,
    post: Option<PostId>,
) -> Result<bool, Error> {
    let now = tx.now();
    if let Some(until) = rules::respond_by(now, starts_at) {
        for one in store::candidates(tx, session)? {
            if !fits(tx, &one, now)? {
                continue;
            }
            match (one.post, post) {
                (Some(want), Some(freed)) if want == freed => {}
                (Some(want), freed) => {
                    if !places::take_post(tx, want)? {
                        continue;
                    }
                    if let Some(freed) = freed {
                        places::free_post(tx, freed)?;
                    }
                }
                (None, Some(freed)) => places::free_post(tx, freed)?,
                (None, None) => {}
            }
            store::offer(tx, one.id, until)?;
            tx.publish(&PlaceOffered {
                person: one.person,
                session,
                title: one.title,
                starts_at,
                respond_by: until,
            })?;
            return Ok(true);
        }
    }
    places::free_place(tx, session, post)?;
    Ok(false)
}

/// Whether somebody who waits could take a place now.
fn fits(tx: &mut WriteTx<'_>, one: &Entry, now: Timestamp) -> Result<bool, Error> {
    let wish = wish(one.session, one.post, one.person, Some(one.team));
    let looked = match look(tx, &wish, Care::Aware, |_| Ok(())) {
        Ok(looked) => looked.with_freed(),
        Err(Error::Refused(_)) => return Ok(false),
        Err(fault) => return Err(fault),
    };
    let facts = looked.facts(now, Source::Own);
    Ok(places_rules::decide(&facts).is_ok() && looked.mind(Care::Aware).is_ok())
}

/// Offers free places to those who wait, as many as there are.
///
/// # Errors
/// Of the database.
pub fn fill(tx: &mut WriteTx<'_>, session: SessionId, starts_at: Timestamp) -> Result<(), Error> {
    store::hold_session(tx, session)?;
    let found = store::stands(tx, session, None)?;
    if !found.stands || !found.waits {
        return Ok(());
    }
    // More than a screen of people at once is filled by the next turn of the regular work.
    for _ in 0..100 {
        if !places::take_held(tx, session)? || !release(tx, session, starts_at, None)? {
            break;
        }
    }
    Ok(())
}

/// The same for all sessions in which a place is free while somebody waits: conditions of those who wait may have
/// changed.
///
/// # Errors
/// Of the database.
pub fn fill_all(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    for (session, starts_at) in store::unfilled(tx)? {
        fill(tx, session, starts_at)?;
    }
    Ok(())
}

/// Ends the offers whose time has passed; each place goes to the next.
///
/// # Errors
/// Of the database.
pub fn lapse_due(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    for one in store::due(tx)? {
        store::hold_session(tx, one.session)?;
        if store::end(tx, one.id, WaitState::Offered, WaitState::Lapsed)? {
            tx.publish(&OfferLapsed { person: one.person, title: one.title, starts_at: one.starts_at })?;
            release(tx, one.session, one.starts_at, one.post)?;
        }
    }
    Ok(())
}

/// Ends the list of a session that was cancelled; everybody on it is told.
///
/// # Errors
/// Of the database.
pub fn session_cancelled(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    title: &str,
    starts_at: Timestamp,
    reason: &str,
) -> Result<(), Error> {
    for person in store::end_all(tx, session)? {
        tx.publish(&WaitOver { person, title: title.to_owned(), starts_at, reason: reason.to_owned() })?;
    }
    Ok(())
}

/// A place given back by its holder or taken away by the leader: to the next who waits, or free.
///
/// # Errors
/// Of the database.
pub fn freed(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    starts_at: Timestamp,
    post: Option<PostId>,
    waits: bool,
) -> Result<(), Error> {
    if waits {
        release(tx, session, starts_at, post)?;
    } else {
        places::free_place(tx, session, post)?;
    }
    Ok(())
}
