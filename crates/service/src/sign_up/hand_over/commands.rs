//! Offering a place, taking it over, swapping. Locks: people in the order of their ids → sessions in the order of
//! theirs → offer → sign-ups. The place never goes through the counter: it changes hands, so nobody else can take it
//! in between, and nothing has to be given back when the taker may not have it.

use db::WriteTx;
use kernel::error::common;
use kernel::{Actor, Error, OrgId, PersonId, Place, Refusal};

use super::OfferState;
use super::rules::{self, Act, Viewer};
use super::store::{self, Offer};
use crate::event::{HandedOver, SignedUp, StandInAnswered, StandInWanted};
use crate::family::company;
use crate::sign_up::commands::{Book, look};
use crate::sign_up::entry::commands::asks_leader;
use crate::sign_up::store::{self as places, SignUp};
use crate::sign_up::waiting::store::hold_session;
use crate::sign_up::{Care, SignUpState, Source, manages, refusals, rules as place_rules};
use crate::{HandOverId, SessionId, SignUpId};

/// How many of the team are told of a place that is offered to all.
const TOLD: i64 = 100;

fn who(actor: &Actor) -> Result<PersonId, Error> {
    actor.account()?;
    actor.person.ok_or_else(|| (&refusals::NO_PERSON).into())
}

/// To whom a place is offered.
#[derive(Debug, Clone)]
pub enum To {
    /// Whoever could take it.
    Anybody,
    /// Somebody of the team, by name or volunteer number.
    Named(String),
}

/// One's own place that can be offered.
///
/// # Errors
/// `common.not_found`; `sign_up.too_late` once the session has begun.
pub fn own_place(
    tx: &mut db::ReadTx<'_>,
    actor: &Actor,
    id: SignUpId,
) -> Result<(SignUp, places::Gate), Error> {
    let person = who(actor)?;
    let not_found = || Error::from(&common::NOT_FOUND);
    let one = places::find(tx, id)?
        .filter(|one| one.person == person && one.state == SignUpState::Booked)
        .ok_or_else(not_found)?;
    let gate = places::gate(tx, one.session)?.ok_or_else(not_found)?;
    if tx.now() >= gate.starts_at {
        return Err(Refusal::new(&refusals::TOO_LATE).with("start", gate.starts_at.text()).into());
    }
    Ok((one, gate))
}

/// Offers one's place. While an offer of it lives, offering again changes nothing.
///
/// # Errors
/// Those of [`own_place`]; `sign_up.no_teammate`, `sign_up.which_teammate` when the name is nobody's or several
/// people's.
pub fn offer(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: SignUpId,
    to: &To,
    note: &str,
) -> Result<HandOverId, Error> {
    let person = who(actor)?;
    people::person::hold(tx, person)?;
    let (one, gate) = own_place(tx, actor, id)?;
    if let Some(live) = store::live_of(tx, id)? {
        return Ok(live);
    }
    let to = match to {
        To::Anybody => None,
        To::Named(text) => Some(teammate(tx, gate.team, person, text)?),
    };
    let offer: HandOverId = tx.new_id();
    store::insert(tx, offer, (id, one.session), person, to, note)?;
    let told = match to {
        Some(to) => vec![to],
        None => store::free_teammates(tx, gate.team, person, (gate.starts_at, gate.ends_at), TOLD)?,
    };
    tx.publish(&StandInWanted {
        people: told,
        named: to.is_some(),
        offer,
        from: actor.name.clone(),
        note: note.to_owned(),
        title: gate.title,
        starts_at: gate.starts_at,
    })?;
    Ok(offer)
}

fn teammate(tx: &mut WriteTx<'_>, team: OrgId, but: PersonId, text: &str) -> Result<PersonId, Error> {
    let number = people::person::parse_volunteer_no(text).unwrap_or_default();
    let mut found = store::teammates(tx, team, text.trim(), &number)?;
    found.retain(|one| one.0 != but);
    match found.as_slice() {
        [(id, ..)] => Ok(*id),
        [] => Err(Refusal::new(&refusals::NO_TEAMMATE).with("name", text).on("who").into()),
        _ => Err(Refusal::new(&refusals::WHICH_TEAMMATE).with("name", text).on("who").into()),
    }
}

/// What taking came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "TakeOverResult")]
pub enum Taken {
    /// The place has changed hands.
    Done,
    /// The leader decides.
    Asked,
    /// The giver decides about the swap.
    Proposed,
}

/// An offer with everybody and everything it concerns held, in one order everywhere.
fn held(
    tx: &mut WriteTx<'_>,
    id: HandOverId,
    also: Option<PersonId>,
    swap: Option<SignUpId>,
) -> Result<Offer, Error> {
    let not_found = || Error::from(&common::NOT_FOUND);
    let first = store::find(tx, id)?.ok_or_else(not_found)?;
    let mut people: Vec<PersonId> =
        [Some(first.from_person), first.taker, also].into_iter().flatten().collect();
    people.sort_unstable();
    people.dedup();
    for person in people {
        people::person::hold(tx, person)?;
    }
    let mut sessions = vec![first.session];
    if let Some(swap) = swap.or(first.swap)
        && let Some(other) = places::find(tx, swap)?
    {
        sessions.push(other.session);
    }
    sessions.sort_unstable();
    sessions.dedup();
    for session in sessions {
        hold_session(tx, session)?;
    }
    // Read again behind the locks.
    let now = store::find(tx, id)?.ok_or_else(not_found)?;
    // Somebody else came between: their people are not held, so nothing is done for them here. What is over can be
    // told to anybody.
    if rules::live(now.state) && (now.taker != first.taker || now.swap != first.swap) {
        return Err((&common::STALE).into());
    }
    Ok(now)
}

/// An offer the actor may see: their own, one made to them or to anybody, or one in a session they lead.
///
/// # Errors
/// `common.not_found`.
pub fn seen(tx: &mut db::ReadTx<'_>, actor: &Actor, id: HandOverId) -> Result<Offer, Error> {
    actor.account()?;
    store::find(tx, id)?
        .filter(|one| {
            let person = actor.person;
            manages(actor, one.place())
                || (person.is_some()
                    && (one.to_person.is_none()
                        || [Some(one.from_person), one.to_person, one.taker].contains(&person)))
        })
        .ok_or_else(|| (&common::NOT_FOUND).into())
}

impl Offer {
    /// For [`rules::acts`].
    #[must_use]
    pub fn stands(&self, now: kernel::Timestamp) -> rules::Offer {
        rules::Offer {
            state: self.state,
            from: self.from_person,
            to: self.to_person,
            taker: self.taker,
            ahead: now < self.starts_at,
        }
    }

    /// Where it sits, for [`kernel::can`].
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }
}

/// What the actor can do with an offer.
#[must_use]
pub fn acts(actor: &Actor, one: &Offer, now: kernel::Timestamp) -> Vec<Act> {
    rules::acts(&one.stands(now), Viewer { person: actor.person, leads: manages(actor, one.place()) })
}

fn demand(tx: &WriteTx<'_>, actor: &Actor, one: &Offer, act: Act) -> Result<(), Error> {
    let now = tx.now();
    if acts(actor, one, now).contains(&act) {
        return Ok(());
    }
    // Whoever never had to do with it is told nothing of it.
    let person = actor.person;
    let concerned = person.is_some()
        && (person == Some(one.from_person)
            || person == one.taker
            || one.to_person.is_none()
            || person == one.to_person);
    let known = concerned || manages(actor, one.place());
    Err(if known { (&refusals::HAND_OVER_GONE).into() } else { (&common::NOT_FOUND).into() })
}

/// Takes an offered place over, or offers one's own place `swap` in exchange. All rules of signing up are asked for
/// the taker, but for the number of places and who else agrees: a place is there, and an offer by its holder stands.
///
/// # Errors
/// `sign_up.hand_over_gone` when somebody else was first or it was taken back; those of signing up; `common.not_found`
/// for what was offered to somebody else.
pub fn take(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: HandOverId,
    swap: Option<SignUpId>,
    care: Care,
) -> Result<Taken, Error> {
    let person = who(actor)?;
    let one = held(tx, id, Some(person), swap)?;
    if one.state == OfferState::Done && one.taker == Some(person) {
        return Ok(Taken::Done);
    }
    demand(tx, actor, &one, Act::Take)?;
    let gone = || Error::from(&refusals::HAND_OVER_GONE);
    if let Some(swap) = swap {
        let (mine, _) = own_place(tx, actor, swap)?;
        if mine.session == one.session {
            return Err((&refusals::DUPLICATE).into());
        }
        // Both ways now, so that nobody agrees to what cannot be.
        fits(tx, &one, person, Some(mine.session), care)?;
        fits_at(tx, &mine, one.from_person, Some(one.session), Care::None)?;
        if !store::advance(tx, id, OfferState::Offered, OfferState::Proposed, Some(person), Some(swap))? {
            return Err(gone());
        }
        answered(tx, actor, &one, one.from_person, crate::event::StandInAnswer::Swap)?;
        return Ok(Taken::Proposed);
    }
    fits(tx, &one, person, None, care)?;
    if asks_leader(one.entry, one.stand_in_asked) {
        if !store::advance(tx, id, OfferState::Offered, OfferState::Asked, Some(person), None)? {
            return Err(gone());
        }
        return Ok(Taken::Asked);
    }
    execute(tx, actor, &one, OfferState::Offered, person, None)?;
    Ok(Taken::Done)
}

fn fits(
    tx: &mut WriteTx<'_>,
    one: &Offer,
    person: PersonId,
    but: Option<SessionId>,
    care: Care,
) -> Result<(), Error> {
    let place = given(tx, one)?;
    fits_at(tx, &place, person, but, care)
}

/// The place that is offered, while its holder holds it.
fn given(tx: &mut WriteTx<'_>, one: &Offer) -> Result<SignUp, Error> {
    places::find(tx, one.sign_up)?
        .filter(|place| place.state == SignUpState::Booked && place.person == one.from_person)
        .ok_or_else(|| (&refusals::HAND_OVER_GONE).into())
}

/// Whether somebody may have a place, apart from what they give for it.
fn fits_at(
    tx: &mut WriteTx<'_>,
    place: &SignUp,
    person: PersonId,
    but: Option<SessionId>,
    care: Care,
) -> Result<(), Error> {
    let wish = wish(place, person);
    let looked = look(tx, &wish, care, |_| Ok(()))?.with_place().without(but);
    let facts = looked.facts(tx.now(), Source::Own);
    place_rules::decide(&place_rules::Facts { admitted: true, ..facts })?;
    looked.mind(care)?;
    Ok(())
}

const fn wish(place: &SignUp, person: PersonId) -> Book {
    Book { session: place.session, post: place.post, person, team: None, source: Source::Own }
}

/// Puts somebody in another's place.
fn put(
    tx: &mut WriteTx<'_>,
    place: &SignUp,
    person: PersonId,
    name: &str,
    but: Option<SessionId>,
) -> Result<(), Error> {
    let wish = wish(place, person);
    let looked = look(tx, &wish, Care::None, |_| Ok(()))?.with_place().without(but);
    let facts = looked.facts(tx.now(), Source::Own);
    place_rules::decide(&place_rules::Facts { admitted: true, ..facts })?;
    places::mark_cancelled(tx, place.id, &format!("替班：{name}"))?;
    crate::agreement::store::end_gone(tx, place.session, place.person)?;
    crate::group::commands::gave_back(tx, place.id)?;
    let id: SignUpId = tx.new_id();
    places::insert(tx, &looked.sign_up(id, &wish))?;
    if looked.gate.reserved_until > tx.now() {
        crate::reserve::store::hand_over(tx, place.id, id)?;
    }
    tx.publish(&SignedUp {
        person,
        session: place.session,
        title: looked.gate.title.clone(),
        starts_at: looked.gate.starts_at,
        place: looked.gate.place_public.clone(),
    })
}

/// Hands the place over, and the one in exchange; both and the leader are told.
fn execute(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    one: &Offer,
    from: OfferState,
    taker: PersonId,
    swap: Option<SignUpId>,
) -> Result<(), Error> {
    let place = given(tx, one)?;
    let wards = company::minded(tx, place.person, place.session)?;
    let back = match swap {
        Some(id) => Some(
            places::find(tx, id)?
                .filter(|back| {
                    back.person == taker && back.state == SignUpState::Booked && tx.now() < back.starts_at
                })
                .ok_or_else(|| Error::from(&refusals::HAND_OVER_GONE))?,
        ),
        None => None,
    };
    if !store::advance(tx, one.id, from, OfferState::Done, Some(taker), swap)? {
        return Err((&refusals::HAND_OVER_GONE).into());
    }
    let (_, taker_name) = places::leader_and_name(tx, one.session, taker)?;
    put(tx, &place, taker, &taker_name, back.as_ref().map(|back| back.session))?;
    company::gave_back(tx, &place, &wards)?;
    let mut returned = None;
    if let Some(back) = &back {
        // What else was offered of that place is over: it has another holder now.
        store::end_of(tx, back.id)?;
        put(tx, back, one.from_person, &one.from_name, Some(one.session))?;
        let gate = places::gate(tx, back.session)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
        returned = Some((gate.title, gate.starts_at));
    }
    tx.publish(&HandedOver {
        giver: one.from_person,
        giver_name: one.from_name.clone(),
        taker,
        taker_name,
        leader: one.leader.filter(|leader| actor.person != Some(*leader)),
        session: one.session,
        title: one.title.clone(),
        starts_at: one.starts_at,
        returned,
    })
}

fn answered(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    one: &Offer,
    to: PersonId,
    answer: crate::event::StandInAnswer,
) -> Result<(), Error> {
    tx.publish(&StandInAnswered {
        person: to,
        offer: one.id,
        by: actor.name.clone(),
        title: one.title.clone(),
        starts_at: one.starts_at,
        answer,
        reason: String::new(),
    })
}

/// Says that one cannot take a place that was offered by name. Doing it twice changes nothing.
///
/// # Errors
/// `common.not_found`, `sign_up.hand_over_gone`.
pub fn decline(tx: &mut WriteTx<'_>, actor: &Actor, id: HandOverId) -> Result<(), Error> {
    who(actor)?;
    let one = held(tx, id, None, None)?;
    if one.state == OfferState::Declined && one.to_person == actor.person {
        return Ok(());
    }
    demand(tx, actor, &one, Act::Decline)?;
    if store::end(tx, id, OfferState::Offered, OfferState::Declined, "", actor.account)? {
        answered(tx, actor, &one, one.from_person, crate::event::StandInAnswer::Declined)?;
    }
    Ok(())
}

/// Takes an offer back; the place stays one's own. Doing it twice changes nothing.
///
/// # Errors
/// `common.not_found`, `sign_up.hand_over_gone` when it was taken over.
pub fn withdraw(tx: &mut WriteTx<'_>, actor: &Actor, id: HandOverId) -> Result<(), Error> {
    who(actor)?;
    let one = held(tx, id, None, None)?;
    if one.state == OfferState::Withdrawn && Some(one.from_person) == actor.person {
        return Ok(());
    }
    demand(tx, actor, &one, Act::Withdraw)?;
    if store::end(tx, id, one.state, OfferState::Withdrawn, "", actor.account)? {
        for told in [one.taker, one.to_person].into_iter().flatten().take(1) {
            answered(tx, actor, &one, told, crate::event::StandInAnswer::Withdrawn)?;
        }
    }
    Ok(())
}

/// Answers a swap that the taker offered: with yes both places change hands (or the leader is asked), with no the
/// place is offered again.
///
/// # Errors
/// `common.not_found`, `sign_up.hand_over_gone`, those of signing up.
pub fn swap(tx: &mut WriteTx<'_>, actor: &Actor, id: HandOverId, yes: bool) -> Result<Taken, Error> {
    who(actor)?;
    let one = held(tx, id, None, None)?;
    demand(tx, actor, &one, Act::Answer)?;
    let taker = one.taker.ok_or_else(|| Error::from(&refusals::HAND_OVER_GONE))?;
    if !yes {
        store::advance(tx, id, OfferState::Proposed, OfferState::Offered, None, None)?;
        answered(tx, actor, &one, taker, crate::event::StandInAnswer::NoSwap)?;
        return Ok(Taken::Proposed);
    }
    if asks_leader(one.entry, one.stand_in_asked) {
        if !store::advance(tx, id, OfferState::Proposed, OfferState::Asked, Some(taker), one.swap)? {
            return Err((&refusals::HAND_OVER_GONE).into());
        }
        return Ok(Taken::Asked);
    }
    execute(tx, actor, &one, OfferState::Proposed, taker, one.swap)?;
    Ok(Taken::Done)
}

/// The leader agrees, or does not and says why; both are told. Nobody decides about their own.
///
/// # Errors
/// `common.not_found`, `sign_up.hand_over_gone`, `common.required`, those of signing up when the taker may not any
/// more.
pub fn decide(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: HandOverId,
    yes: bool,
    reason: &str,
) -> Result<SessionId, Error> {
    actor.account()?;
    let one = held(tx, id, None, None)?;
    demand(tx, actor, &one, Act::Decide)?;
    let taker = one.taker.ok_or_else(|| Error::from(&refusals::HAND_OVER_GONE))?;
    if yes {
        execute(tx, actor, &one, OfferState::Asked, taker, one.swap)?;
        return Ok(one.session);
    }
    if reason.is_empty() {
        return Err(Refusal::new(&common::REQUIRED).with_both("label", "原因", "Reason").on("reason").into());
    }
    if store::end(tx, id, OfferState::Asked, OfferState::Refused, reason, actor.account)? {
        for person in [one.from_person, taker] {
            tx.publish(&StandInAnswered {
                person,
                offer: id,
                by: actor.name.clone(),
                title: one.title.clone(),
                starts_at: one.starts_at,
                answer: crate::event::StandInAnswer::Refused,
                reason: reason.to_owned(),
            })?;
        }
    }
    Ok(one.session)
}

/// Ends offers whose session has begun; the holder is told that the place is still theirs.
///
/// # Errors
/// Of the database.
pub fn end_due(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    for one in store::due(tx)? {
        if store::end(tx, one.id, one.state, OfferState::Over, "", None)? {
            tx.publish(&StandInAnswered {
                person: one.from_person,
                offer: one.id,
                by: String::new(),
                title: one.title,
                starts_at: one.starts_at,
                answer: crate::event::StandInAnswer::Nobody,
                reason: String::new(),
            })?;
        }
    }
    Ok(())
}
