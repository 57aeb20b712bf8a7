//! What teams declare for a campaign, what the organiser says to it, and which activities count for it.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Action, Actor, Error, OrgId, Place, Refusal, Timestamp, can};

use super::commands::{managed, seen};
use super::item_store::{self as store, Entry, Item};
use super::store::{Campaign, areas, hold, line};
use super::{ITEMS, ItemState, refusals, rules};
use crate::activity::commands as activities;
use crate::activity::store::org_find;
use crate::activity::{ActivityState, NewActivity, NewSession};
use crate::{ActivityId, CampaignId, CampaignItemId, CampaignLineId};

fn note(tx: &mut WriteTx<'_>, actor: &Actor, act: &'static str, id: i64, detail: &str) -> Result<(), Error> {
    people::audit::note(tx, actor, act, "campaign", id, detail)?;
    Ok(())
}

/// An item of a team the actor plans for, or of a campaign the actor organises, with its campaign; whether the actor is
/// the team's, and whether the organiser's.
///
/// # Errors
/// `common.sign_in`, `common.not_found`.
pub fn item_seen(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    id: CampaignItemId,
) -> Result<(Item, Campaign, bool, bool), Error> {
    actor.account()?;
    let gone = || Error::from(&common::NOT_FOUND);
    let item = store::find(tx, id)?.ok_or_else(gone)?;
    let c = seen(tx, actor, item.campaign_id)?;
    let own = can(actor, Action::ActivityManage, item.place());
    let organises = can(actor, Action::ActivityManage, c.place());
    if own || organises { Ok((item, c, own, organises)) } else { Err(gone()) }
}

fn own_item(tx: &mut ReadTx<'_>, actor: &Actor, id: CampaignItemId) -> Result<(Item, Campaign), Error> {
    let (item, c, own, _) = item_seen(tx, actor, id)?;
    if own { Ok((item, c)) } else { Err((&common::NOT_FOUND).into()) }
}

/// Whether a campaign covers a team.
fn covered(tx: &mut ReadTx<'_>, c: &Campaign, name: &str, team: Place<'_>) -> Result<(), Error> {
    let areas: Vec<String> = areas(tx, c.id)?.into_iter().map(|area| area.area_path).collect();
    if rules::covers(&areas, c.place(), team) {
        return Ok(());
    }
    Err(Refusal::new(&refusals::NOT_COVERED).with("name", name).into())
}

/// Whether a line belongs to a campaign.
fn fits(tx: &mut ReadTx<'_>, campaign: CampaignId, wanted: Option<CampaignLineId>) -> Result<(), Error> {
    let Some(id) = wanted else { return Ok(()) };
    if line(tx, id)?.is_some_and(|line| line.campaign_id == campaign) {
        return Ok(());
    }
    Err(Refusal::new(&refusals::LINE).on("line").into())
}

fn day_within(c: &Campaign, e: &Entry) -> Result<(), Error> {
    if c.from_on <= e.day_on && e.day_on <= c.to_on {
        return Ok(());
    }
    let refusal = Refusal::new(&refusals::DAY_OUTSIDE).with("day", e.day_on);
    Err(refusal.with("from", c.from_on).with("to", c.to_on).on("day").into())
}

/// Declares an item for a team the actor plans for, before the campaign starts.
///
/// # Errors
/// `common.not_found`, `common.forbidden`; `campaign.not_announced`, `campaign.closed`, `campaign.declare_over`,
/// `campaign.not_covered`, `campaign.day_outside`, `campaign.line`, `campaign.too_many`.
pub fn declare(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    campaign: CampaignId,
    team: OrgId,
    e: &Entry,
) -> Result<CampaignItemId, Error> {
    actor.demand_any(Action::ActivityManage)?;
    let c = seen(tx, actor, campaign)?;
    let org = org_find(tx, team)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let at = Place { area_path: &org.area_path, sponsor_path: &org.sponsor_path };
    actor.demand(Action::ActivityManage, at)?;
    rules::open(&c)?;
    if !rules::declaring(&c, tx.now().date()) {
        return Err(Refusal::new(&refusals::DECLARE_OVER).with("until", c.declare_until).into());
    }
    covered(tx, &c, &org.name, at)?;
    day_within(&c, e)?;
    fits(tx, c.id, e.line)?;
    hold(tx, c.id)?;
    if store::count_of_team(tx, c.id, team)? >= ITEMS {
        return Err(Refusal::new(&refusals::TOO_MANY).with("max", ITEMS).into());
    }
    let id = store::insert(tx, c.id, team, e, actor.account)?;
    note(tx, actor, "campaign.declare", c.id.0, &format!("item={id}"))?;
    Ok(id)
}

/// Changes an item that waits or was given back; it waits for the organiser (again). What was declared in time may be
/// mended until the campaign is closed.
///
/// # Errors
/// `common.not_found`, `campaign.closed`, `campaign.decided`, `campaign.day_outside`, `campaign.line`.
pub fn save_item(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: CampaignItemId,
    version: i64,
    e: &Entry,
) -> Result<CampaignId, Error> {
    let (item, c) = own_item(tx, actor, id)?;
    rules::open(&c)?;
    day_within(&c, e)?;
    fits(tx, c.id, e.line)?;
    if !store::update(tx, item.id, version, e, actor.account)? {
        return Err((&refusals::DECIDED).into());
    }
    note(tx, actor, "campaign.declare", c.id.0, &format!("item={id} again"))?;
    Ok(c.id)
}

/// Takes an item back. Doing it twice changes nothing.
///
/// # Errors
/// `common.not_found`, `campaign.closed`, `campaign.bound`, `campaign.decided`.
pub fn withdraw(tx: &mut WriteTx<'_>, actor: &Actor, id: CampaignItemId) -> Result<CampaignId, Error> {
    let (item, c) = own_item(tx, actor, id)?;
    if item.state == ItemState::Withdrawn {
        return Ok(c.id);
    }
    rules::open(&c)?;
    if item.planned() {
        return Err((&refusals::BOUND).into());
    }
    if !store::decide(tx, &item, ItemState::Withdrawn, &item.reply, actor.account)? {
        return Err((&refusals::DECIDED).into());
    }
    note(tx, actor, "campaign.withdraw", c.id.0, &format!("item={id}"))?;
    Ok(c.id)
}

/// Accepts an item, or gives it back with a note. What was accepted can be given back until an activity was made of it.
///
/// # Errors
/// `common.not_found`, `campaign.closed`, `common.required`, `campaign.bound`, `campaign.decided`.
pub fn decide(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: CampaignItemId,
    accept: bool,
    reply: &str,
) -> Result<CampaignId, Error> {
    let (item, c, _, organises) = item_seen(tx, actor, id)?;
    if !organises {
        return Err((&common::NOT_FOUND).into());
    }
    managed(tx, actor, c.id)?;
    rules::open(&c)?;
    let to = if accept { ItemState::Accepted } else { ItemState::Returned };
    if !accept {
        rules::words(reply, "reply", ("意见", "Note"))?;
        if item.planned() {
            return Err((&refusals::BOUND).into());
        }
    }
    let may = match to {
        ItemState::Accepted => item.state == ItemState::Declared,
        _ => matches!(item.state, ItemState::Declared | ItemState::Accepted),
    };
    if !may || !store::decide(tx, &item, to, reply, actor.account)? {
        return Err((&refusals::DECIDED).into());
    }
    let act = if accept { "campaign.accept" } else { "campaign.return" };
    note(tx, actor, act, c.id.0, &format!("item={id}"))?;
    Ok(c.id)
}

/// What the activity form starts from when it is opened from an accepted item: the team, and the fields that follow.
///
/// # Errors
/// `common.not_found`, `campaign.not_accepted`, `campaign.bound`.
pub(crate) fn prefill(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    id: CampaignItemId,
) -> Result<(OrgId, Vec<(String, String)>), Error> {
    let (item, c) = own_item(tx, actor, id)?;
    ready(&item, &c)?;
    let own = |name: &str, value: String| (name.to_owned(), value);
    Ok((
        item.org_id,
        vec![
            own("item", item.id.to_string()),
            own("title", item.title.chars().take(60).collect()),
            own("dates", item.day_on.to_string()),
            own("place_public", item.place),
            own("quota", item.people.to_string()),
        ],
    ))
}

fn ready(item: &Item, c: &Campaign) -> Result<(), Error> {
    rules::open(c)?;
    if item.state != ItemState::Accepted {
        return Err((&refusals::NOT_ACCEPTED).into());
    }
    if item.planned() {
        return Err((&refusals::BOUND).into());
    }
    Ok(())
}

/// Notes that the team made an activity of its accepted item; the activity counts for the campaign and the item's line.
///
/// # Errors
/// `common.not_found`, `campaign.not_accepted`, `campaign.bound`, `campaign.elsewhere`.
pub(crate) fn begun(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: CampaignItemId,
    activity: ActivityId,
) -> Result<(), Error> {
    let (item, c) = own_item(tx, actor, id)?;
    ready(&item, &c)?;
    let a = activities::managed(tx, actor, activity)?;
    if a.org_id != item.org_id {
        return Err((&common::NOT_FOUND).into());
    }
    if !store::bind(tx, id, activity)? {
        return Err((&refusals::BOUND).into());
    }
    count(tx, actor, &c, activity, item.line_id)
}

/// Makes the draft of an activity of an accepted item, in one step: on its day from nine to eleven, which the team
/// changes as it likes.
///
/// # Errors
/// As [`begun`]; `common.forbidden`.
pub fn plan(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: CampaignItemId,
    category: &str,
) -> Result<ActivityId, Error> {
    let (item, c) = own_item(tx, actor, id)?;
    ready(&item, &c)?;
    let session =
        NewSession::new(Timestamp::at(item.day_on, 540), Timestamp::at(item.day_on, 660), item.people);
    let title: String = item.title.chars().take(60).collect();
    let new = NewActivity {
        place_public: item.place.clone(),
        sessions: vec![session],
        ..NewActivity::draft(item.org_id, title, category)
    };
    let made = activities::create_by(tx, actor, &new)?;
    begun(tx, actor, id, made)?;
    Ok(made)
}

fn count(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    c: &Campaign,
    activity: ActivityId,
    line: Option<CampaignLineId>,
) -> Result<(), Error> {
    if !store::attach(tx, c.id, activity, line, actor.account)? {
        let other = store::campaign_of(tx, activity)?.map(|one| one.1).unwrap_or_default();
        return Err(Refusal::new(&refusals::ELSEWHERE).with("title", other).on("activity").into());
    }
    note(tx, actor, "campaign.attach", c.id.0, &format!("activity={activity}"))
}

/// Counts an activity of a team the actor plans for, for a campaign that covers the team, and perhaps for a line of it.
/// Doing it again changes the line.
///
/// # Errors
/// `common.not_found`, `campaign.not_announced`, `campaign.closed`, `campaign.cancelled`, `campaign.not_covered`,
/// `campaign.line`, `campaign.elsewhere`.
pub fn attach(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    campaign: CampaignId,
    activity: ActivityId,
    line: Option<CampaignLineId>,
) -> Result<(), Error> {
    actor.demand_any(Action::ActivityManage)?;
    let c = seen(tx, actor, campaign)?;
    rules::open(&c)?;
    let a = activities::managed(tx, actor, activity)?;
    if a.state == ActivityState::Cancelled {
        return Err(Refusal::new(&refusals::CANCELLED).on("activity").into());
    }
    covered(tx, &c, &a.org_name, a.place())?;
    fits(tx, c.id, line)?;
    count(tx, actor, &c, activity, line)
}

/// Counts an activity no longer: its team or the organiser. Doing it twice changes nothing.
///
/// # Errors
/// `common.not_found`, `campaign.not_announced`, `campaign.closed`.
pub fn detach(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    campaign: CampaignId,
    activity: ActivityId,
) -> Result<(), Error> {
    actor.demand_any(Action::ActivityManage)?;
    let c = seen(tx, actor, campaign)?;
    if !can(actor, Action::ActivityManage, c.place()) {
        activities::managed(tx, actor, activity)?;
    }
    rules::open(&c)?;
    if store::detach(tx, c.id, activity)? {
        note(tx, actor, "campaign.detach", c.id.0, &format!("activity={activity}"))?;
    }
    Ok(())
}
