//! Who coordinates what, asking and answering.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Action, Actor, Error, OrgId, Refusal, can, catalogue};

use super::store::{self, Body, Said};
use super::{Word, refusals};
use crate::ActivityId;
use crate::activity::commands::managed;
use crate::activity::{Activity, ActivityState};

/// Says which body coordinates a category (and those below it), or that none does.
///
/// # Errors
/// `common.forbidden` for all but the city's office; `coordination.category`, `coordination.body`.
pub fn set(tx: &mut WriteTx<'_>, actor: &Actor, category: &str, body: Option<OrgId>) -> Result<(), Error> {
    crate::sign_up::limits::demand(tx, actor)?;
    if catalogue::category(category).is_none() {
        return Err(Refusal::new(&refusals::CATEGORY).on("category").into());
    }
    if let Some(org) = body
        && !store::is_open(tx, org)?
    {
        return Err(Refusal::new(&refusals::BODY).on("org").into());
    }
    store::set(tx, category, body, actor.account)?;
    let detail = format!("{category} {}", body.map_or_else(|| "—".to_owned(), |org| org.to_string()));
    people::audit::note(tx, actor, "coordination.set", "org", body.map_or(0, |org| org.0), &detail)?;
    Ok(())
}

/// The body whose agreement an activity needs: none for a category of the team's own, or when the body is the
/// organiser itself.
///
/// # Errors
/// Of the database.
pub fn needed(tx: &mut ReadTx<'_>, a: &Activity) -> Result<Option<Body>, Error> {
    Ok(store::body_of(tx, &a.category)?.filter(|body| body.org_id != a.org_id))
}

/// Demands that whoever must agree to an activity has.
///
/// # Errors
/// `coordination.needed`, `coordination.waits`, `coordination.declined`, each naming who must agree.
pub fn demand(tx: &mut ReadTx<'_>, a: &Activity) -> Result<(), Error> {
    let Some(body) = needed(tx, a)? else { return Ok(()) };
    // What another body said, before the category's was changed, says nothing.
    let said = store::find(tx, a.id)?.filter(|said| said.org_id == body.org_id);
    let text = match said.as_ref().map(|said| said.state) {
        Some(Word::Agreed) => return Ok(()),
        Some(Word::Asked) => &refusals::WAITS,
        Some(Word::Declined) => &refusals::DECLINED,
        None => &refusals::NEEDED,
    };
    let (zh, en) = catalogue::category(&a.category).map_or(("", ""), |one| (one.zh, one.en));
    Err(Refusal::new(text)
        .with("body", body.name)
        .with_both("category", zh, en)
        .with("note", said.map(|said| said.note).unwrap_or_default())
        .into())
}

/// Asks the body that coordinates a draft's category. Asking twice changes nothing.
///
/// # Errors
/// `common.not_found`, `coordination.not_needed`.
pub fn ask(tx: &mut WriteTx<'_>, actor: &Actor, id: ActivityId) -> Result<Body, Error> {
    let a = managed(tx, actor, id)?;
    let body = needed(tx, &a)?
        .filter(|_| a.state == ActivityState::Draft)
        .ok_or_else(|| Error::from(&refusals::NOT_NEEDED))?;
    let stands = store::find(tx, id)?
        .is_some_and(|said| said.org_id == body.org_id && matches!(said.state, Word::Asked | Word::Agreed));
    if !stands {
        store::ask(tx, id, body.org_id, actor.account)?;
        people::audit::note(
            tx,
            actor,
            "coordination.ask",
            "activity",
            id.0,
            &format!("org={}", body.org_id),
        )?;
    }
    Ok(body)
}

/// What was asked of a body that the actor acts for.
///
/// # Errors
/// `common.sign_in`, `common.not_found`.
pub fn asked(tx: &mut ReadTx<'_>, actor: &Actor, id: ActivityId) -> Result<Said, Error> {
    actor.account()?;
    store::find(tx, id)?
        .filter(|said| can(actor, Action::ActivityManage, said.place()))
        .ok_or_else(|| (&common::NOT_FOUND).into())
}

/// Answers for the body: agrees, or says why not.
///
/// # Errors
/// `common.not_found`, `common.required`, `coordination.gone`.
pub fn answer(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: ActivityId,
    agree: bool,
    note: &str,
) -> Result<(), Error> {
    let said = asked(tx, actor, id)?;
    if !agree && note.trim().is_empty() {
        return Err(Refusal::new(&common::REQUIRED).with_both("label", "意见", "Note").on("note").into());
    }
    let word = if agree { Word::Agreed } else { Word::Declined };
    if !store::answer(tx, &said, word, note, actor.account)? {
        return Err((&refusals::GONE).into());
    }
    let act = if agree { "coordination.agree" } else { "coordination.decline" };
    people::audit::note(tx, actor, act, "activity", id.0, &format!("org={}", said.org_id))?;
    Ok(())
}
