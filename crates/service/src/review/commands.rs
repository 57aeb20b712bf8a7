//! Handing in, taking back and answering.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Action, Actor, Error, Refusal, can};

use super::store::{self, Review};
use super::{ReviewId, ReviewReason, ReviewState, refusals, rules};
use crate::ActivityId;
use crate::activity::commands::{managed, publish_now};
use crate::activity::rules::{Declaration, hints, publishable};
use crate::activity::{Activity, ActivityState, Kind};
use crate::event::ReviewAnswered;

/// The words of an activity that hint at something else than service (A4); an activity without minutes has none.
#[must_use]
pub fn words_of(a: &Activity) -> Vec<&'static str> {
    match a.kind {
        Kind::Service => hints(&format!("{} {}", a.title, a.content)),
        _ => Vec::new(),
    }
}

/// Whether somebody else looks at an activity before it is public: as the city says, and unless the actor may review it.
///
/// # Errors
/// Of the database.
pub fn needed(tx: &mut ReadTx<'_>, actor: &Actor, a: &Activity) -> Result<bool, Error> {
    Ok(!can(actor, Action::RecordConfirm, a.place()) && super::settings(tx)?.asks(words_of(a).len()))
}

/// What is public is not changed into what would have been read first: words that hint at something else than service
/// and were not there come in by whoever may review.
///
/// # Errors
/// `review.words`; of the database.
pub(crate) fn unhinted(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    before: &[&'static str],
    now: &Activity,
) -> Result<(), Error> {
    let new: Vec<&str> = words_of(now).into_iter().filter(|word| !before.contains(word)).collect();
    if !new.is_empty() && needed(tx, actor, now)? {
        return Err(Refusal::new(&refusals::WORDS).with("words", new.join("、")).on("content").into());
    }
    Ok(())
}

/// Hands an activity in that nothing stands against. Doing it twice changes nothing.
///
/// # Errors
/// Of the database.
pub(crate) fn hand_in(tx: &mut WriteTx<'_>, actor: &Actor, a: &Activity) -> Result<(), Error> {
    let words = words_of(a).join("、");
    let due = super::settings(tx)?.due(tx.now().date());
    let id: ReviewId = tx.new_id();
    if store::insert(tx, id, a.id, &words, actor.account, due)? {
        let detail = format!("none_applies=true words={words}");
        people::audit::note(tx, actor, "review.hand_in", "activity", a.id.0, &detail)?;
    }
    Ok(())
}

/// What waits for an answer of an activity; whoever publishes it needs none any more.
///
/// # Errors
/// Of the database.
pub(crate) fn settle(tx: &mut WriteTx<'_>, actor: &Actor, activity: ActivityId) -> Result<(), Error> {
    store::decide(tx, activity, ReviewState::Approved, None, actor.account)?;
    Ok(())
}

/// Something handed in by a team that the actor reviews for.
///
/// # Errors
/// `common.sign_in`, `common.not_found`.
pub fn find(tx: &mut ReadTx<'_>, actor: &Actor, id: ReviewId) -> Result<Review, Error> {
    actor.account()?;
    store::find(tx, id)?
        .filter(|one| can(actor, Action::RecordConfirm, one.place()))
        .ok_or_else(|| (&common::NOT_FOUND).into())
}

/// The same while it waits, with its activity.
fn waiting(tx: &mut WriteTx<'_>, actor: &Actor, id: ReviewId) -> Result<(Review, Activity), Error> {
    let one = find(tx, actor, id)?;
    let a = managed(tx, actor, one.activity_id)?;
    if one.state != ReviewState::Waiting || a.state != ActivityState::Draft {
        return Err((&refusals::GONE).into());
    }
    Ok((one, a))
}

fn tell(tx: &mut WriteTx<'_>, a: &Activity, why: Option<(ReviewReason, &str)>) -> Result<(), Error> {
    if let Some(person) = a.leader_id {
        tx.publish(&ReviewAnswered {
            person,
            activity: a.id,
            title: a.title.clone(),
            returned: why.map(|(reason, note)| (reason, note.to_owned())),
        })?;
    }
    Ok(())
}

/// Approves what was seen, which publishes it. What stands against publishing now (a date that has passed, the agreement
/// of another body) still does.
///
/// # Errors
/// `common.not_found`, `review.gone`, `review.changed`, and those of publishing.
pub fn approve(tx: &mut WriteTx<'_>, actor: &Actor, id: ReviewId, seen: &str) -> Result<ActivityId, Error> {
    let (_, a) = waiting(tx, actor, id)?;
    let sessions = crate::activity::store::sessions_of(tx, a.id)?;
    if rules::seen(&a, &sessions) != seen {
        return Err((&refusals::CHANGED).into());
    }
    // Whoever handed it in declared this, and confirmed the words.
    let declared = Declaration { none_applies: true, words_confirmed: true };
    publishable(&a, &sessions, declared, tx.now())?;
    if !store::decide(tx, a.id, ReviewState::Approved, None, actor.account)? {
        return Err((&refusals::GONE).into());
    }
    publish_now(tx, actor, &a, declared)?;
    tell(tx, &a, None)?;
    Ok(a.id)
}

/// Returns it to the team with a reason; something else than the list has is said in the note.
///
/// # Errors
/// `common.not_found`, `common.required`, `review.gone`.
pub fn give_back(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: ReviewId,
    reason: ReviewReason,
    note: &str,
) -> Result<(), Error> {
    let (_, a) = waiting(tx, actor, id)?;
    if reason == ReviewReason::Other && note.trim().is_empty() {
        return Err(Refusal::new(&common::REQUIRED).with_both("label", "说明", "Note").on("note").into());
    }
    if !store::decide(tx, a.id, ReviewState::Returned, Some((reason, note)), actor.account)? {
        return Err((&refusals::GONE).into());
    }
    people::audit::note(tx, actor, "review.return", "activity", a.id.0, reason.code())?;
    tell(tx, &a, Some((reason, note)))
}

/// Takes back what waits; the draft is as it was.
///
/// # Errors
/// `common.not_found`, `review.gone`.
pub fn withdraw(tx: &mut WriteTx<'_>, actor: &Actor, activity: ActivityId) -> Result<(), Error> {
    let a = managed(tx, actor, activity)?;
    if !store::decide(tx, a.id, ReviewState::Withdrawn, None, actor.account)? {
        return Err((&refusals::GONE).into());
    }
    people::audit::note(tx, actor, "review.withdraw", "activity", a.id.0, "")?;
    Ok(())
}
