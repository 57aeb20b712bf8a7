//! Asking and deciding. Locks: person → session → request.

use db::WriteTx;
use kernel::error::common;
use kernel::{Action, Actor, Error, PersonId, Place, Refusal, Role, Timestamp, can};

use super::FillState;
use super::rules;
use super::store::{self, Fill};
use crate::activity::Participant;
use crate::attendance::{self, Held, Method};
use crate::event::BackFillRefused;
use crate::record::commands::{confirm, shared};
use crate::record::rules::{LEAST_MINUTES, Plan, Worked, minutes};
use crate::record::store::{self as records, New, Which};
use crate::record::{Class, Flag, RecordState, refusals};
use crate::remote;
use crate::sign_up::store::{SignUp, active, insert as place};
use crate::sign_up::{SignUpState, Source};
use crate::{BackFillId, SessionId, SignUpId};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Ask {
    /// In which session.
    pub session: SessionId,
    /// For whom.
    pub person: PersonId,
    /// From and to.
    pub times: (Timestamp, Timestamp),
    /// Why it was not on the roll.
    pub reason: String,
    /// What shows that the person was there: number of the paper sheet, photos, witnesses.
    pub evidence: String,
}

fn office(actor: &Actor) -> bool {
    actor.grants.iter().any(|grant| grant.role == Role::Office)
}

/// A session whose hours the actor hands in.
///
/// # Errors
/// `common.not_found`.
pub fn led(tx: &mut db::ReadTx<'_>, actor: &Actor, id: SessionId) -> Result<Held, Error> {
    actor.account()?;
    let held = attendance::commands::find(tx, id)?;
    if can(actor, Action::RecordSubmit, held.place()) { Ok(held) } else { Err((&common::NOT_FOUND).into()) }
}

fn check(
    tx: &mut WriteTx<'_>,
    held: &Held,
    person: PersonId,
    asked: (Timestamp, Timestamp),
    office: bool,
) -> Result<(), Error> {
    let recorded = records::standing(tx, held.id)?
        .iter()
        .any(|(whose, _, state)| *whose == person && *state != RecordState::Void);
    let facts = rules::Facts {
        today: tx.now().date(),
        state: held.state,
        kind: held.kind,
        session: (held.starts_at, held.ends_at.plus_minutes(held.extension_minutes)),
        breaks: held.break_minutes,
        asked,
        office,
        recorded,
        elsewhere: store::elsewhere(tx, held.id, person, asked)?,
    };
    Ok(rules::decide(&facts)?)
}

/// Asks that somebody's hours be filled in. While a request of the person waits, asking again changes nothing.
///
/// # Errors
/// Those of [`rules::decide`]; `common.not_found`.
pub fn ask(tx: &mut WriteTx<'_>, actor: &Actor, ask: &Ask) -> Result<BackFillId, Error> {
    let account = actor.account()?;
    let held = led(tx, actor, ask.session)?;
    people::person::hold(tx, ask.person)?;
    if let Some(id) = store::asked(tx, ask.session, ask.person)? {
        return Ok(id);
    }
    check(tx, &held, ask.person, ask.times, office(actor))?;
    let id: BackFillId = tx.new_id();
    store::insert(tx, id, ask.session, ask.person, ask.times, (&ask.reason, &ask.evidence), account)?;
    people::audit::note(tx, actor, "record.fill_ask", "session", ask.session.0, "")?;
    Ok(id)
}

impl Fill {
    /// Where it sits, for [`kernel::can`].
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }
}

/// Whether the actor is a second person who may decide: not whoever asked, nor whom it is about.
#[must_use]
pub fn may_decide(actor: &Actor, one: &Fill) -> bool {
    can(actor, Action::RecordConfirm, one.place())
        && actor.account != Some(one.asked_by)
        && actor.person.is_none_or(|person| person != one.person && Some(person) != one.asker_person)
}

/// Approves a request: the person stands on the roll, and the hours count from this transaction on; or refuses it with
/// words. A second person decides, and what needs somebody higher up (R4) needs them here too.
///
/// # Errors
/// `common.not_found`; `record.fill_second` for whoever asked or whom it is about; `record.fill_decided`;
/// `common.required`; those of [`rules::decide`] and of confirming.
pub fn decide(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: BackFillId,
    approve: bool,
    note: &str,
) -> Result<SessionId, Error> {
    actor.account()?;
    let not_found = || Error::from(&common::NOT_FOUND);
    let one = store::find(tx, id)?
        .filter(|one| can(actor, Action::RecordConfirm, one.place()))
        .ok_or_else(not_found)?;
    if !may_decide(actor, &one) {
        return Err((&refusals::FILL_SECOND).into());
    }
    if !approve && note.is_empty() {
        return Err(Refusal::new(&common::REQUIRED).with_both("label", "理由", "Reason").on("note").into());
    }
    people::person::hold(tx, one.person)?;
    records::session_lock(tx, one.session)?;
    let to = if approve { FillState::Approved } else { FillState::Refused };
    if !store::end(tx, id, to, note, actor.account)? {
        return Err((&refusals::FILL_DECIDED).into());
    }
    let act = if approve { "record.fill_approve" } else { "record.fill_refuse" };
    people::audit::note(tx, actor, act, "session", one.session.0, "")?;
    if approve {
        fill(tx, actor, &one)?;
    } else if let Some(person) = one.asker_person {
        tx.publish(&BackFillRefused {
            person,
            session: one.session,
            name: one.name,
            title: one.title,
            reason: note.to_owned(),
        })?;
    }
    Ok(one.session)
}

fn fill(tx: &mut WriteTx<'_>, actor: &Actor, one: &Fill) -> Result<(), Error> {
    let held = attendance::commands::find(tx, one.session)?;
    let times = (one.start_at, one.end_at);
    // The office may have asked beyond the thirty days; that was looked at then.
    check(tx, &held, one.person, times, true)?;
    let team = match active(tx, one.session, one.person)? {
        Some(placed) => {
            attendance::store::sign_up_attend(tx, one.session, one.person)?;
            placed.team
        }
        None => {
            let sign_up: SignUpId = tx.new_id();
            place(
                tx,
                &SignUp {
                    id: sign_up,
                    session: one.session,
                    post: None,
                    person: one.person,
                    team: held.org_id,
                    participant: Participant::Volunteer,
                    state: SignUpState::Attended,
                    starts_at: held.starts_at,
                    ends_at: held.ends_at,
                    source: Source::Leader,
                },
            )?;
            store::count_in(tx, one.session)?;
            held.org_id
        }
    };
    let stay = attendance::store::NewPair {
        person: one.person,
        in_at: one.start_at,
        out_at: Some(one.end_at),
        method: Method::LateRoll,
        flags: "",
    };
    attendance::store::pairs_insert(tx, one.session, &[stay], Some(one.asked_by), None)?;
    let home = people::person::find(tx, one.person)?.map_or(held.org_id, |person| person.home_org);
    let mut of = shared(tx, actor, &held)?;
    of.recorder.clone_from(&one.asker);
    of.recorder_id = Some(one.asked_by);
    let worked = counted(tx, &held, one)?;
    let new = New {
        person: one.person,
        team,
        home,
        start: worked.start,
        end: worked.end,
        minutes: worked.minutes,
        method: Method::LateRoll,
        class: Class::Honor,
        flags: Flag::Backfill.code().to_owned(),
    };
    records::insert(tx, &of, &[new])?;
    let record = records::standing(tx, one.session)?
        .into_iter()
        .find(|(person, _, state)| *person == one.person && *state == RecordState::Submitted)
        .ok_or_else(|| Error::bug("a record that was written is not there"))?
        .1;
    confirm(tx, actor, &Which::These(vec![record]))?;
    Ok(())
}

/// What counts of the times asked for, by the same arithmetic as on the roll: within the session, without its breaks,
/// and without a place no more than a day allows (R2, Add-57).
fn counted(tx: &mut WriteTx<'_>, held: &Held, one: &Fill) -> Result<Worked, Error> {
    let plan = Plan {
        starts_at: held.starts_at,
        ends_at: held.ends_at,
        extension: held.extension_minutes,
        breaks: held.break_minutes,
        closed_at: one.end_at,
    };
    let mut worked = minutes(&plan, &[(one.start_at, Some(one.end_at))]);
    if remote::store::find(tx, held.activity_id)?.is_some() {
        let that_day = remote::store::that_day(tx, held.id, held.starts_at.date())?;
        let before = that_day.iter().find(|other| other.0 == one.person).map_or(0, |other| other.1);
        worked = worked.and_then(|worked| remote::rules::capped(worked, before));
    }
    worked.ok_or_else(|| {
        Refusal::new(&refusals::FILL_TIMES)
            .with("from", held.starts_at.text())
            .with("to", held.ends_at.plus_minutes(held.extension_minutes).text())
            .with("least", LEAST_MINUTES)
            .on("from")
            .into()
    })
}

/// Takes one's request back. Doing it twice changes nothing.
///
/// # Errors
/// `common.not_found`, `record.fill_decided`.
pub fn withdraw(tx: &mut WriteTx<'_>, actor: &Actor, id: BackFillId) -> Result<SessionId, Error> {
    let account = actor.account()?;
    let one = store::find(tx, id)?
        .filter(|one| one.asked_by == account)
        .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    if !store::end(tx, id, FillState::Withdrawn, "", Some(account))? && one.state != FillState::Withdrawn {
        return Err((&refusals::FILL_DECIDED).into());
    }
    Ok(one.session)
}
