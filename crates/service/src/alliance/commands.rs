//! Keeping partners and alliances, joining and leaving, and what partners do in activities.

use db::{DbError, ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Action, Actor, Date, Error, OrgId, Place, Refusal, can};
use people::org::{self, OrgKind, OrgState};

use super::store::{self, Alliance, Member, NewAlliance, NewPartner, Partner};
use super::{AllianceId, AllianceMemberId, PartnerId, PartnerPart, refusals};
use crate::ActivityId;
use crate::activity::commands::managed;

/// Most partners of an activity.
pub const MOST: usize = 12;

fn not_found() -> Error {
    (&common::NOT_FOUND).into()
}

/// A partner or alliance is kept by somebody the actor acts for.
fn host(tx: &mut ReadTx<'_>, actor: &Actor, id: OrgId) -> Result<(), Error> {
    actor.account()?;
    let found = org::find(tx, id)?.filter(|org| can(actor, Action::OrgManage, org.place()));
    if found.is_some() { Ok(()) } else { Err((&common::FORBIDDEN).into()) }
}

fn days(from: Date, until: Option<Date>) -> Result<(), Refusal> {
    if until.is_some_and(|until| until < from) {
        Err(Refusal::new(&refusals::DAYS).on("until_on"))
    } else {
        Ok(())
    }
}

/// A name that is there already, as a refusal.
fn once(written: Result<(), DbError>, name: &str) -> Result<(), Error> {
    match written {
        Err(DbError::Unique(key)) if matches!(key.as_str(), "partner_name_key" | "alliance_name_key") => {
            Err(Refusal::new(&refusals::TWICE).with("name", name).on("name").into())
        }
        other => Ok(other?),
    }
}

/// A partner that the actor keeps.
///
/// # Errors
/// `common.sign_in`, `common.not_found`.
pub fn kept_partner(tx: &mut ReadTx<'_>, actor: &Actor, id: PartnerId) -> Result<Partner, Error> {
    actor.account()?;
    store::partner(tx, id)?.filter(|one| can(actor, Action::OrgManage, one.place())).ok_or_else(not_found)
}

/// An alliance that the actor keeps.
///
/// # Errors
/// `common.sign_in`, `common.not_found`.
pub fn kept_alliance(tx: &mut ReadTx<'_>, actor: &Actor, id: AllianceId) -> Result<Alliance, Error> {
    actor.account()?;
    store::alliance(tx, id)?.filter(|one| can(actor, Action::OrgManage, one.place())).ok_or_else(not_found)
}

/// Records a partner, or changes one.
///
/// # Errors
/// `common.forbidden`, `common.not_found`, `alliance.twice`, `alliance.days`.
pub fn put_partner(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: Option<PartnerId>,
    new: &NewPartner,
) -> Result<PartnerId, Error> {
    if let Some(id) = id {
        kept_partner(tx, actor, id)?;
    }
    host(tx, actor, new.host)?;
    days(new.from_on, new.until_on)?;
    let act = if id.is_some() { "partner.change" } else { "partner.add" };
    let id = id.unwrap_or_else(|| tx.new_id());
    once(store::partner_put(tx, id, new, actor.account), &new.name)?;
    people::audit::note(tx, actor, act, "partner", id.0, &new.name)?;
    Ok(id)
}

/// Records an alliance, or changes one.
///
/// # Errors
/// `common.forbidden`, `common.not_found`, `alliance.twice`, `alliance.days`.
pub fn put_alliance(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: Option<AllianceId>,
    new: &NewAlliance,
) -> Result<AllianceId, Error> {
    if let Some(id) = id {
        kept_alliance(tx, actor, id)?;
    }
    host(tx, actor, new.host)?;
    days(new.from_on, new.until_on)?;
    let act = if id.is_some() { "alliance.change" } else { "alliance.add" };
    let id = id.unwrap_or_else(|| tx.new_id());
    once(store::alliance_put(tx, id, new, actor.account), &new.name)?;
    people::audit::note(tx, actor, act, "alliance", id.0, &new.name)?;
    Ok(id)
}

/// Who joins an alliance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A team or unit of the city.
    Org(OrgId),
    /// A partner.
    Partner(PartnerId),
}

/// Takes a team, a unit or a partner into an alliance.
///
/// # Errors
/// `common.not_found`, `alliance.over`, `alliance.which`, `alliance.member`.
pub fn join(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: AllianceId,
    who: Who,
    duty: &str,
) -> Result<AllianceMemberId, Error> {
    let alliance = kept_alliance(tx, actor, id)?;
    let today = tx.now().date();
    if alliance.over(today) {
        return Err(Refusal::new(&refusals::OVER).with("name", alliance.name).into());
    }
    let which = || Refusal::new(&refusals::WHICH).on("member");
    let (org, partner, name) = match who {
        Who::Org(id) => {
            let found = org::find(tx, id)?
                .filter(|org| {
                    matches!(org.kind, OrgKind::Team | OrgKind::Unit) && org.state != OrgState::Closed
                })
                .ok_or_else(which)?;
            (Some(id), None, found.name)
        }
        Who::Partner(id) => {
            let found = store::partner(tx, id)?.filter(|one| !one.over(today)).ok_or_else(which)?;
            (None, Some(id), found.name)
        }
    };
    let member: AllianceMemberId = tx.new_id();
    if !store::member_put(tx, member, id, org, partner, duty, today)? {
        return Err(Refusal::new(&refusals::MEMBER).with("name", name).on("member").into());
    }
    people::audit::note(tx, actor, "alliance.join", "alliance", id.0, &name)?;
    Ok(member)
}

/// Whether the actor may end a membership: whoever keeps the alliance, and whoever leads the member.
#[must_use]
pub fn may_end(actor: &Actor, alliance: &Alliance, member: &Member) -> bool {
    can(actor, Action::OrgManage, alliance.place())
        || member.area_path.as_deref().is_some_and(|area_path| {
            let sponsor_path = member.sponsor_path.as_deref().unwrap_or_default();
            can(actor, Action::TeamManage, Place { area_path, sponsor_path })
        })
}

/// Ends a membership today.
///
/// # Errors
/// `common.sign_in`, `common.not_found`, `alliance.gone`.
pub fn leave(tx: &mut WriteTx<'_>, actor: &Actor, id: AllianceMemberId) -> Result<AllianceId, Error> {
    actor.account()?;
    let today = tx.now().date();
    let member = store::member(tx, id, today)?.ok_or_else(not_found)?;
    let alliance = store::alliance(tx, member.alliance_id)?.ok_or_else(not_found)?;
    if !may_end(actor, &alliance, &member) {
        return Err(not_found());
    }
    if !store::member_end(tx, id, today)? {
        return Err((&refusals::GONE).into());
    }
    people::audit::note(tx, actor, "alliance.leave", "alliance", alliance.id.0, &member.name)?;
    Ok(alliance.id)
}

/// Says what a partner does in an activity; saying it again changes it.
///
/// # Errors
/// `common.not_found`, `alliance.over`, `alliance.many`.
pub fn take_in(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    activity: ActivityId,
    partner: PartnerId,
    part: PartnerPart,
) -> Result<(), Error> {
    managed(tx, actor, activity)?;
    let found = store::partner(tx, partner)?.ok_or_else(|| Refusal::new(&refusals::WHICH).on("partner"))?;
    if found.over(tx.now().date()) {
        return Err(Refusal::new(&refusals::OVER).with("name", found.name).on("partner").into());
    }
    let there = store::parts(tx, activity)?;
    if there.len() >= MOST && !there.iter().any(|one| one.partner_id == partner) {
        return Err(Refusal::new(&refusals::MANY).with("max", MOST).into());
    }
    store::part_put(tx, activity, partner, part)?;
    people::audit::note(
        tx,
        actor,
        "partner.part",
        "activity",
        activity.0,
        &format!("{} {}", found.name, part.code()),
    )?;
    Ok(())
}

/// Takes a partner out of an activity. Doing it twice changes nothing.
///
/// # Errors
/// `common.not_found`.
pub fn take_out(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    activity: ActivityId,
    partner: PartnerId,
) -> Result<(), Error> {
    managed(tx, actor, activity)?;
    if store::part_drop(tx, activity, partner)? {
        people::audit::note(tx, actor, "partner.out", "activity", activity.0, &partner.to_string())?;
    }
    Ok(())
}
