//! Taking a place and giving it back. Locks are taken in one order everywhere: person → session →
//! post → waiting → sign-up, so that two commands never wait for each other in a circle.

use db::WriteTx;
use kernel::error::common;
use kernel::{Action, Actor, Error, Lang, OrgId, PersonId, Place, Refusal, Timestamp};

use people::qualification::rules::Lack;

use super::limits::LONGEST_REST;
use super::rules::Care;
use super::store::{self, Asker, Gate, Other, PostGate, SignUp};
use super::{LateReason, SignUpState, Source, hand_over, refusals, rules, waiting};
use crate::activity::Participant;
use crate::event::{CancelledLate, SignedUp};
use crate::family::company;
use crate::reserve;
use crate::{PostId, ReserveId, SessionId, SignUpId};

/// A wish for a place.
#[derive(Debug, Clone)]
pub struct Book {
    /// Which session.
    pub session: SessionId,
    /// At which post, if it matters.
    pub post: Option<PostId>,
    /// For whom.
    pub person: PersonId,
    /// For which team (Edge-28); `None`: the organising one.
    pub team: Option<OrgId>,
    /// Who enters it.
    pub source: Source,
}

/// Who may enter it: the person, the leader of the session, or the demo city.
fn authorise(actor: &Actor, cmd: &Book, gate: &Gate) -> Result<(), Error> {
    let own = || -> Result<(), Error> {
        actor.account()?;
        match actor.person {
            None => Err((&refusals::NO_PERSON).into()),
            Some(person) if person == cmd.person => Ok(()),
            Some(_) => Err((&common::FORBIDDEN).into()),
        }
    };
    let at = Place { area_path: &gate.area_path, sponsor_path: &gate.sponsor_path };
    match cmd.source {
        Source::Own => own(),
        Source::Leader => actor.demand(Action::Attendance, at),
        Source::WalkIn if kernel::can(actor, Action::Attendance, at) => Ok(()),
        Source::WalkIn => own(),
        Source::Demo if actor.account.is_none() && actor.from == "system" => Ok(()),
        Source::Demo => Err((&common::FORBIDDEN).into()),
    }
}

/// Takes a place: for oneself, by the leader, or for a walk-in. Four statements for most, all rules on.
/// The person is held first, so that two requests for one person run one after the other; the number of places is
/// enforced by the statement that takes one.
///
/// Nobody is warned: whoever takes a place for oneself has been, or needs not be. What the city refuses is refused.
///
/// # Errors
/// The refusals of [`rules::decide`]; `common.not_found`, `common.forbidden`, `sign_up.no_person`,
/// `sign_up.not_your_team`; of [`book_minding`] where the city refuses.
pub fn book(tx: &mut WriteTx<'_>, actor: &Actor, cmd: &Book) -> Result<SignUpId, Error> {
    let care = if cmd.source == Source::Own { Care::Aware } else { Care::None };
    book_minding(tx, actor, cmd, care)
}

/// As [`book`], with the city's rules about rest and daily load looked at as said: what they ask is known from the
/// one question about session and person, and only who serves elsewhere around that day is asked about further.
///
/// # Errors
/// Those of [`book`]; `sign_up.much`, `sign_up.many`, `sign_up.little_rest` when one is to be warned;
/// `sign_up.too_much`, `sign_up.too_many`, `sign_up.no_rest` where the city refuses.
pub fn book_minding(tx: &mut WriteTx<'_>, actor: &Actor, cmd: &Book, care: Care) -> Result<SignUpId, Error> {
    if cmd.source == Source::Own {
        actor.account()?;
        if actor.person.is_none() {
            return Err((&refusals::NO_PERSON).into());
        }
    }
    place(tx, cmd, care, |gate| authorise(actor, cmd, gate))
}

/// As [`book_minding`], for a child: the caller has made sure that a guardian asks.
///
/// # Errors
/// Those of [`book_minding`].
pub(crate) fn book_for_ward(tx: &mut WriteTx<'_>, cmd: &Book, care: Care) -> Result<SignUpId, Error> {
    place(tx, cmd, care, |_| Ok(()))
}

fn place(
    tx: &mut WriteTx<'_>,
    cmd: &Book,
    care: Care,
    authorise: impl Fn(&Gate) -> Result<(), Error>,
) -> Result<SignUpId, Error> {
    people::person::hold(tx, cmd.person)?;
    // The place is taken before the rules are asked, in one trip with the question; a refusal gives it back, as it
    // undoes everything.
    let (taken, mut looked) = store::take_place(tx, cmd.session, |tx| look(tx, cmd, care, authorise))?;
    looked.gate.taken -= i64::from(taken);
    rules::decide(&looked.facts(tx.now(), cmd.source))?;
    looked.mind(care)?;
    // There was none, though the facts, read a moment later, allow it: somebody gave one back in between.
    if !taken && !store::take_held(tx, cmd.session)? {
        return Err(rules::full(&looked.gate).into());
    }
    if let (Some(id), Some(post)) = (cmd.post, &looked.post)
        && !store::take_post(tx, id)?
    {
        return Err(rules::post_full(post).with("taken", post.quota).into());
    }
    let one = looked.sign_up(tx.new_id(), cmd);
    looked.write(tx, &one)?;
    tx.publish(&SignedUp {
        person: cmd.person,
        session: cmd.session,
        title: looked.gate.title,
        starts_at: looked.gate.starts_at,
        place: looked.gate.place_public,
    })?;
    Ok(one.id)
}

/// Takes a place for whom a leader answers, for commands that go on with the next after a refusal: a refusal leaves
/// nothing behind. People and session are held by the caller. `noted` is who is said to have entered it.
///
/// # Errors
/// Of the database; a refusal comes inside.
pub(super) fn try_place(
    tx: &mut WriteTx<'_>,
    cmd: &Book,
    noted: Source,
) -> Result<Result<SignUpId, Refusal>, Error> {
    let looked = match look(tx, cmd, Care::None, |_| Ok(())) {
        Ok(looked) => looked,
        Err(Error::Refused(mut all)) if !all.is_empty() => return Ok(Err(all.swap_remove(0))),
        Err(fault) => return Err(fault),
    };
    if let Err(refusal) = rules::decide(&looked.facts(tx.now(), cmd.source)) {
        return Ok(Err(refusal));
    }
    if !store::take_held(tx, cmd.session)? {
        return Ok(Err(rules::full(&looked.gate)));
    }
    if let Some(post) = cmd.post
        && !store::take_post(tx, post)?
    {
        store::free_place(tx, cmd.session, None)?;
        return Ok(Err(rules::full(&looked.gate)));
    }
    let one = looked.sign_up(tx.new_id(), &Book { source: noted, ..cmd.clone() });
    looked.write(tx, &one)?;
    tx.publish(&SignedUp {
        person: cmd.person,
        session: cmd.session,
        title: looked.gate.title,
        starts_at: looked.gate.starts_at,
        place: looked.gate.place_public,
    })?;
    Ok(Ok(one.id))
}

/// Everything the rules ask about a wish, read.
#[derive(Debug)]
pub(super) struct Looked {
    pub(super) gate: Gate,
    asker: Asker,
    others: Vec<Other>,
    pub(super) team: OrgId,
    member: bool,
    missing: Vec<String>,
    lacking: Vec<Lack>,
    post: Option<PostGate>,
    /// Places kept for others.
    held: i64,
    /// The kept place the person would stand on.
    reserve: Option<ReserveId>,
}

impl Looked {
    /// For deciding.
    pub(super) fn facts(&self, now: Timestamp, source: Source) -> rules::Facts<'_> {
        rules::Facts {
            now,
            source,
            gate: &self.gate,
            person: self.asker.state,
            age: self.asker.birth_on.map(|birth| birth.age(self.gate.starts_at.date())),
            guard: self.asker.guard,
            accompanied: self.asker.accompanied,
            member: self.member,
            missing: &self.missing,
            lacking: &self.lacking,
            post: self.post.as_ref(),
            others: &self.others,
            admitted: self.asker.invited,
            held: self.held,
            asks_until: self.asker.limits.asks_until(now, self.asker.absent),
        }
    }

    /// Whether rest and daily load allow it.
    pub(super) fn mind(&self, care: Care) -> Result<(), Refusal> {
        rules::mind(&self.gate, &self.others, &self.asker.limits, care)
    }

    /// As seen by somebody for whom a place is held already: the number of places and the end of sign-up, which is
    /// for planning ahead, are no question any more; all other rules are.
    pub(super) fn with_place(mut self) -> Self {
        self.held = 0;
        self.with_freed()
    }

    /// As seen by somebody who may get a place that somebody gave back and that still counts as taken: what is kept for
    /// others stays theirs.
    pub(super) fn with_freed(mut self) -> Self {
        self.gate.taken = (self.gate.taken - 1).clamp(0, self.gate.quota - 1);
        self.gate.sign_up_until = self.gate.starts_at;
        if let Some(post) = &mut self.post {
            post.taken = post.taken.min(post.quota - 1);
        }
        self
    }

    /// As if one place in another session were given back already.
    pub(super) fn without(mut self, session: Option<SessionId>) -> Self {
        self.others.retain(|other| Some(other.session) != session);
        self
    }

    /// Writes the sign-up, on a kept place where one is kept for the person.
    ///
    /// # Errors
    /// Of the database.
    pub(super) fn write(&self, tx: &mut WriteTx<'_>, one: &SignUp) -> Result<(), Error> {
        store::insert(tx, one)?;
        if let Some(reserve) = self.reserve {
            reserve::store::take(tx, reserve, one.id)?;
        }
        Ok(())
    }

    /// The sign-up that comes of it.
    pub(super) fn sign_up(&self, id: SignUpId, cmd: &Book) -> SignUp {
        SignUp {
            id,
            session: cmd.session,
            post: cmd.post,
            person: cmd.person,
            team: self.team,
            participant: Participant::Volunteer,
            state: SignUpState::Booked,
            starts_at: self.gate.starts_at,
            ends_at: self.gate.ends_at,
            source: cmd.source,
        }
    }
}

/// Reads what the rules ask about a wish: one statement for most. The caller holds the person.
///
/// # Errors
/// `common.not_found`, `sign_up.not_your_team`, and what `authorise` says.
pub(super) fn look(
    tx: &mut WriteTx<'_>,
    cmd: &Book,
    care: Care,
    authorise: impl Fn(&Gate) -> Result<(), Error>,
) -> Result<Looked, Error> {
    let (gate, person) =
        store::gate_for(tx, cmd.session, cmd.person)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    authorise(&gate)?;
    let minds = care == Care::Warn || (care == Care::Aware && person.limits.refuse);
    let others = if minds && person.near > 0 {
        // The local days it touches, and the longest rest beyond.
        let from = Timestamp::at(gate.starts_at.date(), 0).plus_minutes(-LONGEST_REST);
        let to = Timestamp::at(Timestamp(gate.ends_at.0 - 1).date().plus(1), 0).plus_minutes(LONGEST_REST);
        store::others(tx, cmd.person, from, to)?
    } else if person.near > 0 {
        store::others(tx, cmd.person, gate.starts_at, gate.ends_at)?
    } else {
        Vec::new()
    };
    let team = cmd.team.unwrap_or(gate.team);
    let mut member = false;
    if gate.members_only || team != gate.team {
        let of = store::member_of(tx, cmd.person, gate.team, team)?;
        if team != gate.team && !of.contains(&team) {
            return Err((&refusals::NOT_YOUR_TEAM).into());
        }
        // A station's or community's own people are those who live there.
        member = of.contains(&gate.team) || person.home_org == gate.team;
    }
    let missing =
        if gate.asks_ability { store::missing_skills(tx, gate.activity, cmd.person)? } else { Vec::new() };
    let post = match cmd.post {
        Some(post) => Some(
            store::post_gate(tx, cmd.session, post, cmd.person)?
                .ok_or_else(|| Error::from(&common::NOT_FOUND))?,
        ),
        None => None,
    };
    let asked = gate.asks_ability || post.as_ref().is_some_and(|post| post.asks_qualification);
    let lacking = match asked {
        true => crate::qualified::store::lacks(
            tx,
            gate.activity,
            cmd.post,
            cmd.person,
            (gate.starts_at, gate.ends_at),
        )?,
        false => Vec::new(),
    };
    let kept = match gate.reserved_until > tx.now() {
        true => reserve::store::kept(tx, cmd.session, cmd.person, cmd.source == Source::Leader)?,
        false => Vec::new(),
    };
    let (held, reserve) = (reserve::rules::held(&kept), reserve::rules::stands_on(&kept));
    Ok(Looked { gate, asker: person, others, team, member, missing, lacking, post, held, reserve })
}

/// Books for somebody although [`book_minding`] warns or refuses; why is noted and goes into the audit log. For the
/// leader.
///
/// # Errors
/// Those of [`book`].
pub fn book_over(tx: &mut WriteTx<'_>, actor: &Actor, cmd: &Book, reason: &str) -> Result<SignUpId, Error> {
    if cmd.source != Source::Leader {
        return Err((&common::FORBIDDEN).into());
    }
    let id = book_minding(tx, actor, cmd, Care::None)?;
    store::note(tx, id, "override", reason, cmd.person, actor.account)?;
    people::audit::note(tx, actor, "sign_up.override", "sign_up", id.0, reason)?;
    Ok(id)
}

/// Gives the place back before the start. Doing it twice changes nothing.
///
/// # Errors
/// As [`cancel_for`] without a reason.
pub fn cancel(tx: &mut WriteTx<'_>, actor: &Actor, session: SessionId) -> Result<(), Error> {
    cancel_for(tx, actor, session, None)
}

/// Gives the place back before the start; less than a day before it with a reason, which the leader sees. Doing it
/// twice changes nothing.
///
/// # Errors
/// `sign_up.too_late`, `sign_up.attended`, `sign_up.late_reason`, `common.not_found`.
pub fn cancel_for(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    session: SessionId,
    reason: Option<LateReason>,
) -> Result<(), Error> {
    let person = actor.person()?;
    people::person::hold(tx, person)?;
    let gate = store::gate(tx, session)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let Some((one, signed_at, limits)) = store::active_to_cancel(tx, session, person)? else { return Ok(()) };
    if one.state != SignUpState::Booked {
        return Err((&refusals::ATTENDED).into());
    }
    if tx.now() >= gate.starts_at {
        return Err(Refusal::new(&refusals::TOO_LATE).with("start", gate.starts_at.text()).into());
    }
    let hours = limits.late_hours;
    if rules::late(tx.now(), signed_at, gate.starts_at, hours) {
        let Some(reason) = reason else {
            return Err(Refusal::new(&refusals::LATE_REASON).with("hours", hours).on("reason").into());
        };
        store::note(tx, one.id, "late_cancel", reason.code(), person, actor.account)?;
        let (leader, name) = store::leader_and_name(tx, session, person)?;
        if let Some(leader) = leader.filter(|leader| *leader != person) {
            tx.publish(&CancelledLate {
                leader,
                name,
                session,
                title: gate.title,
                starts_at: gate.starts_at,
                reason: (reason.name(Lang::Zh), reason.name(Lang::En)),
            })?;
        }
    }
    free(tx, &one, "")
}

/// Takes a place away, with a reason the person is shown. Doing it twice changes nothing.
///
/// # Errors
/// `common.forbidden`, `common.not_found`, `common.required`, `sign_up.attended`.
pub fn cancel_by_leader(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: SignUpId,
    reason: &str,
) -> Result<SessionId, Error> {
    let (one, _) = managed(tx, actor, id)?;
    if reason.trim().is_empty() {
        return Err(Refusal::new(&common::REQUIRED).with_both("label", "原因", "Reason").on("reason").into());
    }
    people::person::hold(tx, one.person)?;
    // Read again behind the lock.
    let Some(one) = store::find(tx, id)? else { return Err((&common::NOT_FOUND).into()) };
    match one.state {
        SignUpState::Cancelled => Ok(one.session),
        SignUpState::Booked => free(tx, &one, reason.trim()).map(|()| one.session),
        SignUpState::Attended | SignUpState::Absent => Err((&refusals::ATTENDED).into()),
    }
}

/// Changes as what somebody takes part (Add-25): only volunteers get minutes.
///
/// # Errors
/// `common.forbidden`, `common.not_found`.
pub fn set_participant(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: SignUpId,
    as_what: Participant,
) -> Result<SessionId, Error> {
    let (one, _) = managed(tx, actor, id)?;
    store::set_participant(tx, id, as_what)?;
    Ok(one.session)
}

/// A sign-up of a session the actor leads; what one may not see is not found.
fn managed(tx: &mut WriteTx<'_>, actor: &Actor, id: SignUpId) -> Result<(SignUp, Gate), Error> {
    actor.account()?;
    let one = store::find(tx, id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let gate = store::gate(tx, one.session)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    if !super::manages(actor, Place { area_path: &gate.area_path, sponsor_path: &gate.sponsor_path }) {
        return Err((&common::NOT_FOUND).into());
    }
    Ok((one, gate))
}

/// Ends a sign-up; its place goes to the first who waits, or back to all.
pub(crate) fn free(tx: &mut WriteTx<'_>, one: &SignUp, reason: &str) -> Result<(), Error> {
    let wards = company::hold(tx, one)?;
    waiting::store::hold_session(tx, one.session)?;
    let found = waiting::store::stands(tx, one.session, Some(one.id))?;
    // A session that was cancelled meanwhile has emptied itself.
    if found.stands {
        store::mark_cancelled(tx, one.id, reason)?;
        hand_over::store::end_of(tx, one.id)?;
        if found.signed {
            crate::agreement::store::end_gone(tx, one.session, one.person)?;
        }
        if found.leads {
            crate::group::commands::gave_back(tx, one.id)?;
        }
        waiting::commands::freed(tx, one.session, one.starts_at, one.post, found.waits)?;
        company::gave_back(tx, one, &wards)?;
    }
    Ok(())
}
