//! Writing summaries and reflections, and deciding about them.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Action, Actor, Error, PersonId, Refusal, can};

use super::store::{self, Reflection};
use super::{ReflectionState, refusals};
use crate::activity::{self, ActivityState, SessionFull, SessionState};
use crate::event::ReflectionDecided;
use crate::{ReflectionId, SessionId};

fn manages(actor: &Actor, at: kernel::Place<'_>) -> bool {
    can(actor, Action::ActivityManage, at)
}

/// A session that took place and is over.
fn over(tx: &mut ReadTx<'_>, s: &SessionFull) -> Result<(), Error> {
    let took_place = !matches!(s.state, SessionState::Draft | SessionState::Cancelled);
    if !took_place || s.activity_state != ActivityState::Published || tx.now() < s.ends_at {
        return Err((&refusals::NOT_OVER).into());
    }
    Ok(())
}

/// A session whose summary the actor writes.
///
/// # Errors
/// `common.sign_in`, `common.not_found`.
pub fn told_by(tx: &mut ReadTx<'_>, actor: &Actor, id: SessionId) -> Result<SessionFull, Error> {
    actor.account()?;
    activity::session_find(tx, id)?
        .filter(|s| manages(actor, s.place()))
        .ok_or_else(|| (&common::NOT_FOUND).into())
}

/// Writes the summary of a session; `publish`: everybody sees it from now on.
///
/// # Errors
/// `common.not_found`, `story.not_over` when it is to be published before the end, `common.required` without words.
pub fn tell(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: SessionId,
    text: &str,
    publish: bool,
) -> Result<SessionFull, Error> {
    let s = told_by(tx, actor, id)?;
    if publish {
        over(tx, &s)?;
        if text.is_empty() {
            return Err(Refusal::new(&common::REQUIRED)
                .with_both("label", "小结", "Summary")
                .on("text")
                .into());
        }
    }
    store::put_story(tx, id, s.activity_id, text, publish, actor.account)?;
    if publish {
        people::audit::note(tx, actor, "story.publish", "session", id.0, "")?;
    }
    Ok(s)
}

/// A session about which the actor may write: they were there, and it is over.
///
/// # Errors
/// `common.sign_in`, `common.not_found`, `story.not_there`, `story.not_over`.
pub fn writes(tx: &mut ReadTx<'_>, actor: &Actor, id: SessionId) -> Result<(PersonId, SessionFull), Error> {
    let person = actor.person()?;
    let s = activity::session_find(tx, id)?
        .filter(|s| s.activity_state != ActivityState::Draft)
        .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    if !store::was_there(tx, id, person)? {
        return Err((&refusals::NOT_THERE).into());
    }
    over(tx, &s)?;
    Ok((person, s))
}

/// Writes one's own words about a session; they wait for the leader, also when they are changed later.
///
/// # Errors
/// As [`writes`].
pub fn reflect(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: SessionId,
    text: &str,
    named: bool,
) -> Result<SessionFull, Error> {
    let (person, s) = writes(tx, actor, id)?;
    store::put(tx, id, s.activity_id, person, text, named)?;
    Ok(s)
}

/// Takes one's words back, at any time.
///
/// # Errors
/// `common.not_found`.
pub fn withdraw(tx: &mut WriteTx<'_>, actor: &Actor, id: ReflectionId) -> Result<Reflection, Error> {
    let person = actor.person()?;
    let one = store::find(tx, id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    if !store::withdraw(tx, id, person)? {
        return Err((&common::NOT_FOUND).into());
    }
    Ok(one)
}

/// Approves words, so that everybody sees them, or gives them back with what should be changed. What was approved can
/// be given back later. The writer is told.
///
/// # Errors
/// `common.not_found`, `story.own`, `common.required`, `story.decided`.
pub fn decide(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: ReflectionId,
    approve: bool,
    reply: &str,
) -> Result<(), Error> {
    actor.account()?;
    let one = store::find(tx, id)?
        .filter(|one| manages(actor, one.place()) && one.state != ReflectionState::Withdrawn)
        .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    if actor.person == Some(one.person) {
        return Err((&refusals::OWN).into());
    }
    if !approve && reply.is_empty() {
        return Err(Refusal::new(&common::REQUIRED).with_both("label", "意见", "Word").on("reply").into());
    }
    let to = if approve { ReflectionState::Approved } else { ReflectionState::Returned };
    if one.state == to || !store::decide(tx, &one, to, reply, actor.account)? {
        return Err((&refusals::DECIDED).into());
    }
    let act = if approve { "reflection.approve" } else { "reflection.return" };
    people::audit::note(tx, actor, act, "reflection", id.0, "")?;
    tx.publish(&ReflectionDecided {
        person: one.person,
        session: one.session_id,
        activity: one.activity_id,
        title: one.title,
        approved: approve,
        reply: reply.to_owned(),
    })
}
