//! Recording, correcting and withdrawing policies, choosing them for activities, closing the list of the insured.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Action, Actor, Date, Error, OrgId, Refusal, can};
use people::audit;
use people::org::{self, OrgState};

use super::rules::{self, Term};
use super::store::{self, Policy};
use super::{Covers, Insured, PolicyId, PolicyKind, refusals};
use crate::activity::Activity;
use crate::activity::commands::managed;
use crate::attendance::commands::find_to_lead;
use crate::{ActivityId, SessionId};

/// A policy to be recorded, or as it is to be.
#[derive(Debug, Clone)]
pub struct New {
    /// Whose it is.
    pub org: OrgId,
    /// Against what.
    pub kind: PolicyKind,
    /// Who insures.
    pub insurer: String,
    /// Its number.
    pub number: String,
    /// Up to which hazard.
    pub covers: Covers,
    /// How the insured are determined.
    pub insured: Insured,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// Anything else.
    pub note: String,
}

/// A policy the actor may look at: of what they plan for, and of those above.
///
/// # Errors
/// `common.sign_in`, `common.not_found`.
pub fn seen(tx: &mut ReadTx<'_>, actor: &Actor, id: PolicyId) -> Result<Policy, Error> {
    actor.account()?;
    store::find(tx, id)?
        .filter(|policy| store::seen(actor, policy))
        .ok_or_else(|| (&common::NOT_FOUND).into())
}

/// A policy the actor may change.
fn own(tx: &mut ReadTx<'_>, actor: &Actor, id: PolicyId) -> Result<Policy, Error> {
    let policy = seen(tx, actor, id)?;
    actor.demand(Action::ActivityManage, policy.place())?;
    Ok(policy)
}

fn period(new: &New) -> Result<(), Error> {
    if rules::period(new.from, new.until) {
        return Ok(());
    }
    Err(Refusal::new(&refusals::PERIOD).with("from", new.from).with("until", new.until).on("until").into())
}

/// Records a policy of an organisation.
///
/// # Errors
/// `common.sign_in`, `common.forbidden`; `insurance.host`, `insurance.period`.
pub fn record(tx: &mut WriteTx<'_>, actor: &Actor, new: &New) -> Result<PolicyId, Error> {
    actor.demand_any(Action::ActivityManage)?;
    org::find(tx, new.org)?
        .filter(|org| org.state == OrgState::Open && can(actor, Action::ActivityManage, org.place()))
        .ok_or_else(|| Error::from(Refusal::new(&refusals::HOST).on("org")))?;
    period(new)?;
    let id = store::insert(tx, new, actor.account)?;
    audit::note(tx, actor, "insurance.record", "policy", id.0, &format!("{} {}", new.insurer, new.number))?;
    Ok(id)
}

/// Corrects a policy. What has begun under it stays covered.
///
/// # Errors
/// `common.not_found`, `common.forbidden`; `insurance.withdrawn`, `insurance.period`, `insurance.under_way`.
pub fn save(tx: &mut WriteTx<'_>, actor: &Actor, id: PolicyId, new: &New) -> Result<(), Error> {
    let policy = own(tx, actor, id)?;
    if policy.withdrawn_at.is_some() {
        return Err((&refusals::WITHDRAWN).into());
    }
    period(new)?;
    let (starts_at, ends_at) = rules::moments(new.from, new.until);
    let then = Term { starts_at, ends_at, withdrawn_at: None, covers: new.covers };
    let lost = store::begun(tx, &policy, None)?.into_iter().find(|one| {
        let session = (one.starts_at, one.ends_at);
        rules::covers(policy.term(), one.hazard, session) && !rules::covers(then, one.hazard, session)
    });
    if let Some(one) = lost {
        return Err(Refusal::new(&refusals::UNDER_WAY)
            .with("title", one.title)
            .with("when", one.starts_at.text())
            .on("until")
            .into());
    }
    if !store::update(tx, id, new)? {
        return Err((&refusals::WITHDRAWN).into());
    }
    audit::note(tx, actor, "insurance.correct", "policy", id.0, &format!("{} {}", new.insurer, new.number))?;
    Ok(())
}

/// Takes a policy back: it covers no session that begins from now on.
///
/// # Errors
/// `common.not_found`, `common.forbidden`; `insurance.withdrawn`.
pub fn withdraw(tx: &mut WriteTx<'_>, actor: &Actor, id: PolicyId, reason: &str) -> Result<(), Error> {
    own(tx, actor, id)?;
    if !store::withdraw(tx, id, reason, actor.account)? {
        return Err((&refusals::WITHDRAWN).into());
    }
    store::tell_again(tx, id)?;
    audit::note(tx, actor, "insurance.withdraw", "policy", id.0, reason)?;
    Ok(())
}

/// Chooses a policy for an activity: the organiser's own, or one of those above it. Doing it twice changes nothing.
///
/// # Errors
/// `common.not_found`; `insurance.not_for_it`, `insurance.withdrawn`.
pub fn choose(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    activity: ActivityId,
    policy: PolicyId,
) -> Result<Activity, Error> {
    let a = managed(tx, actor, activity)?;
    let policy = store::find(tx, policy)?
        .filter(|one| {
            [&a.area_path, &a.sponsor_path].iter().any(|path| org::rules::ids(path).contains(&one.org_id))
        })
        .ok_or_else(|| Error::from(Refusal::new(&refusals::NOT_FOR_IT).on("policy")))?;
    if policy.withdrawn_at.is_some() {
        return Err(Refusal::new(&refusals::WITHDRAWN).on("policy").into());
    }
    store::choose(tx, activity, policy.id, actor.account)?;
    audit::note(tx, actor, "insurance.choose", "activity", activity.0, &policy.number)?;
    Ok(a)
}

/// Takes a choice back, as long as nothing that has begun rests on it.
///
/// # Errors
/// `common.not_found`; `insurance.used`.
pub fn drop_choice(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    activity: ActivityId,
    policy: PolicyId,
) -> Result<(), Error> {
    managed(tx, actor, activity)?;
    let policy = store::find(tx, policy)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let used = store::begun(tx, &policy, Some(activity))?
        .iter()
        .any(|one| rules::covers(policy.term(), one.hazard, (one.starts_at, one.ends_at)));
    if used {
        return Err((&refusals::USED).into());
    }
    if !store::drop_choice(tx, activity, policy.id)? {
        return Err((&common::NOT_FOUND).into());
    }
    audit::note(tx, actor, "insurance.drop", "activity", activity.0, &policy.number)?;
    Ok(())
}

/// Closes the list of those who are insured for a session, or adds whoever took a place since. Returns how many came
/// onto it; `None` when the session is not open.
pub(super) fn close_list(tx: &mut WriteTx<'_>, session: SessionId) -> Result<Option<usize>, Error> {
    let Some(again) = store::close(tx, session)? else { return Ok(None) };
    let people = store::not_listed(tx, session)?;
    store::put(tx, session, &people, again)?;
    Ok(Some(people.len()))
}

/// The leader closes the list, or adds whoever took a place since, to send it to the insurer.
///
/// # Errors
/// `common.not_found`, `common.forbidden`; `insurance.no_hazard`, `insurance.closed`.
pub fn close(tx: &mut WriteTx<'_>, actor: &Actor, session: SessionId) -> Result<usize, Error> {
    let held = find_to_lead(tx, actor, session)?;
    let hazard = store::listed(tx, held.id)?.is_some_and(|one| one.hazard.any());
    if !hazard {
        return Err((&refusals::NO_HAZARD).into());
    }
    let done = close_list(tx, held.id)?.ok_or_else(|| Error::from(&refusals::CLOSED))?;
    audit::note(tx, actor, "insurance.close", "session", held.id.0, &done.to_string())?;
    Ok(done)
}
