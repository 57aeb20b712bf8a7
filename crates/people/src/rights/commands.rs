//! Who does what: the person asks, or the guardian for a minor; staff answer; the office sets the clock.

use db::{DbError, ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Action, Actor, Error, Id as _, Lang, PersonId, Refusal};

use super::rules::{self, Step};
use super::store::{self, Request};
use super::{RightsAnswered, RightsId, RightsKind, RightsState, refusals};
use crate::guardian::{self, GuardState};
use crate::{audit, org, person};

fn not_found() -> Error {
    (&common::NOT_FOUND).into()
}

/// Whose data the actor may ask about: their own, or that of a minor they answer for; the guardian, where it is one.
///
/// # Errors
/// `common.sign_in`, `common.forbidden` for an account without a person, `common.not_found`; of the database.
pub(super) fn subject(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    person: PersonId,
) -> Result<Option<PersonId>, Error> {
    let me = actor.person()?;
    if me == person {
        return Ok(None);
    }
    // Whoever was named and has not answered yet is no guardian here.
    if guardian::ward(tx, actor, None, person)?.state == GuardState::Asked {
        return Err(not_found());
    }
    Ok(Some(me))
}

/// Asks. The day on which the answer is due is fixed now.
///
/// # Errors
/// As `subject`; `rights.waiting`; of the database.
pub fn ask(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    person: PersonId,
    kind: RightsKind,
    text: &str,
) -> Result<RightsId, Error> {
    let asker = subject(tx, actor, person)?;
    person::hold(tx, person)?;
    let now = tx.now();
    let due = rules::due_on(now.date(), store::days(tx)?);
    match store::insert(tx, person, asker, kind, text, now, due) {
        Err(DbError::Unique(name)) if name == "rights_request_open_key" => {
            Err(Refusal::new(&refusals::WAITING)
                .with_both("kind", kind.name(Lang::Zh), kind.name(Lang::En))
                .into())
        }
        done => Ok(done?),
    }
}

fn answered(state: RightsState) -> Error {
    Refusal::new(&refusals::ANSWERED).with_both("state", state.name(Lang::Zh), state.name(Lang::En)).into()
}

fn step(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    one: &Request,
    step: Step,
    answer: &str,
) -> Result<RightsState, Error> {
    let to = rules::next(one.state, step).ok_or_else(|| answered(one.state))?;
    if store::decide(tx, one.id, to, actor.account, answer)? {
        return Ok(to);
    }
    let now = store::find(tx, one.id)?.map_or(one.state, |one| one.state);
    Err(answered(now))
}

/// Whoever asked, or may ask for the person, takes it back; the person.
///
/// # Errors
/// `common.sign_in`, `common.not_found`, `rights.answered`; of the database.
pub fn withdraw(tx: &mut WriteTx<'_>, actor: &Actor, id: RightsId) -> Result<PersonId, Error> {
    actor.person()?;
    let one = store::find(tx, id)?.ok_or_else(not_found)?;
    subject(tx, actor, one.person)?;
    step(tx, actor, &one, Step::Withdraw, "")?;
    Ok(one.person)
}

/// Staff answer: `done`, what was done; else why not. Whoever asked is told.
///
/// # Errors
/// `common.sign_in`, `common.not_found`, `rights.own`, `rights.answer`, `rights.answered`; of the database.
pub fn decide(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: RightsId,
    done: bool,
    answer: &str,
) -> Result<(), Error> {
    actor.account()?;
    let one = store::find(tx, id)?.ok_or_else(not_found)?;
    person::demand_person(tx, actor, Action::PersonEdit, one.person)?;
    if actor.person.is_some() && [Some(one.person), one.asker].contains(&actor.person) {
        return Err((&refusals::OWN).into());
    }
    if answer.is_empty() {
        return Err(Refusal::new(&refusals::ANSWER).on("answer").into());
    }
    let state = step(tx, actor, &one, if done { Step::Do } else { Step::Refuse }, answer)?;
    let act = if done { "rights.done" } else { "rights.refuse" };
    audit::note(tx, actor, act, "person", one.person.as_i64(), one.kind.code())?;
    tx.publish(&RightsAnswered {
        asker: one.asker.unwrap_or(one.person),
        ward: if one.asker.is_some() { one.name } else { String::new() },
        kind: one.kind,
        state,
        answer: answer.to_owned(),
    })
}

/// Whether the actor sets the clock.
///
/// # Errors
/// Of the database.
pub(super) fn may_set(tx: &mut ReadTx<'_>, actor: &Actor) -> Result<bool, Error> {
    let Some(root) = org::root(tx)? else { return Ok(false) };
    Ok(org::find(tx, root)?.is_some_and(|org| kernel::can(actor, Action::OrgManage, org.place())))
}

/// The office sets how many working days an answer may take; requests that are open keep their day.
///
/// # Errors
/// `common.sign_in`, `common.forbidden`, `common.not_found`; of the database.
pub fn set_days(tx: &mut WriteTx<'_>, actor: &Actor, days: i64) -> Result<(), Error> {
    let root = org::root(tx)?.ok_or_else(not_found)?;
    let org = org::find(tx, root)?.ok_or_else(not_found)?;
    actor.demand(Action::OrgManage, org.place())?;
    store::set_days(tx, days)?;
    Ok(audit::note(tx, actor, "rights.days", "org", root.as_i64(), &days.to_string())?)
}
