//! Asking, answering, parting.

use db::WriteTx;
use kernel::error::common;
use kernel::{Action, Actor, Error, OrgId, Refusal, can};

use super::store::{self, Org};
use super::{CoState, refusals};
use crate::ActivityId;
use crate::activity::commands::managed;

/// Most co-organisers of an activity.
pub const MOST: usize = 12;

/// Asks an organisation to organise an activity together. Asking twice changes nothing.
///
/// # Errors
/// `common.not_found`; `co.unknown`, `co.same`, `co.many`.
pub fn ask(tx: &mut WriteTx<'_>, actor: &Actor, activity: ActivityId, org: OrgId) -> Result<Org, Error> {
    let account = actor.account()?;
    let a = managed(tx, actor, activity)?;
    let found = store::org(tx, org)?.ok_or_else(|| Error::from(&refusals::UNKNOWN))?;
    if org == a.org_id {
        return Err(Refusal::new(&refusals::SAME).with("name", found.name).into());
    }
    // Holds the activity: two requests do not both find the last room.
    store::touch(tx, activity)?;
    let all = store::of_activity(tx, activity)?;
    let standing = all.iter().filter(|one| matches!(one.state, CoState::Asked | CoState::Agreed)).count();
    if standing >= MOST {
        return Err(Refusal::new(&refusals::MANY).with("max", MOST).into());
    }
    store::ask(tx, activity, org, account)?;
    people::audit::note(tx, actor, "co.ask", "activity", activity.0, &format!("org={org}"))?;
    Ok(found)
}

/// The organiser takes an invitation back, or parts with a co-organiser. Doing it twice changes nothing.
///
/// # Errors
/// `common.not_found`.
pub fn remove(tx: &mut WriteTx<'_>, actor: &Actor, activity: ActivityId, org: OrgId) -> Result<(), Error> {
    let account = actor.account()?;
    managed(tx, actor, activity)?;
    store::touch(tx, activity)?;
    for from in [CoState::Asked, CoState::Agreed] {
        if store::advance(tx, (activity, org), from, CoState::Ended, account)? {
            people::audit::note(tx, actor, "co.end", "activity", activity.0, &format!("org={org}"))?;
        }
    }
    Ok(())
}

/// What the other side says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Organises together.
    Agree,
    /// Does not.
    Decline,
    /// Did, and leaves.
    Leave,
}

/// Answers for an organisation that the actor plans for.
///
/// # Errors
/// `common.not_found` for others; `co.gone`.
pub fn answer(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    activity: ActivityId,
    org: OrgId,
    say: Answer,
) -> Result<(), Error> {
    let account = actor.account()?;
    store::org(tx, org)?
        .filter(|org| can(actor, Action::ActivityManage, org.place()))
        .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let (from, to, act) = match say {
        Answer::Agree => (CoState::Asked, CoState::Agreed, "co.agree"),
        Answer::Decline => (CoState::Asked, CoState::Declined, "co.decline"),
        Answer::Leave => (CoState::Agreed, CoState::Ended, "co.end"),
    };
    if !store::advance(tx, (activity, org), from, to, account)? {
        return Err((&refusals::GONE).into());
    }
    store::touch(tx, activity)?;
    people::audit::note(tx, actor, act, "activity", activity.0, &format!("org={org}"))?;
    Ok(())
}
