//! Writing, announcing, closing and repeating campaigns.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Action, Actor, Date, Error, OrgId, Place, Refusal, can};

use super::item_store;
use super::rules::{self, Facts};
use super::store::{self, Campaign, Deliverable, Line, Phase};
use super::{CampaignState, DELIVERABLES, ItemState, LINES, Measure, PHASES, refusals};
use crate::activity::store::org_find;
use crate::{CampaignId, CampaignLineId, CampaignPhaseId, DeliverableId};

/// A campaign the actor organises; what one may not organise is not found.
///
/// # Errors
/// `common.sign_in`, `common.not_found`.
pub fn managed(tx: &mut ReadTx<'_>, actor: &Actor, id: CampaignId) -> Result<Campaign, Error> {
    actor.account()?;
    store::find(tx, id)?
        .filter(|c| can(actor, Action::ActivityManage, c.place()))
        .ok_or_else(|| (&common::NOT_FOUND).into())
}

/// A campaign the actor may see: drafts are their organiser's.
///
/// # Errors
/// `common.not_found`.
pub fn seen(tx: &mut ReadTx<'_>, actor: &Actor, id: CampaignId) -> Result<Campaign, Error> {
    store::find(tx, id)?
        .filter(|c| c.state != CampaignState::Draft || can(actor, Action::ActivityManage, c.place()))
        .ok_or_else(|| (&common::NOT_FOUND).into())
}

fn note(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    act: &'static str,
    id: CampaignId,
    detail: &str,
) -> Result<(), Error> {
    people::audit::note(tx, actor, act, "campaign", id.0, detail)?;
    Ok(())
}

/// A campaign the actor organises and may still change, held against others who decide about it.
fn held(tx: &mut WriteTx<'_>, actor: &Actor, id: CampaignId) -> Result<Campaign, Error> {
    managed(tx, actor, id)?;
    store::hold(tx, id)?;
    // Read again: what was waited for may have closed it.
    let c = managed(tx, actor, id)?;
    rules::changeable(&c)?;
    Ok(c)
}

/// Makes a campaign findable.
fn index(tx: &mut WriteTx<'_>, id: CampaignId, facts: (&str, &str, &str)) -> Result<(), Error> {
    let (title, title_en, org) = facts;
    db::search::put(tx, "campaign", id.0, &[(title, false), (title_en, false), (org, true)])?;
    Ok(())
}

/// Writes a draft.
///
/// # Errors
/// `common.not_found`, `common.forbidden`, `campaign.period`, `campaign.declare_date`.
pub fn create(tx: &mut WriteTx<'_>, actor: &Actor, org: OrgId, facts: &Facts) -> Result<CampaignId, Error> {
    let at = org_find(tx, org)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    actor
        .demand(Action::ActivityManage, Place { area_path: &at.area_path, sponsor_path: &at.sponsor_path })?;
    rules::dates(facts)?;
    let id = store::insert(tx, org, facts, None, actor.account)?;
    note(tx, actor, "campaign.create", id, "")?;
    Ok(id)
}

/// Changes what is written; phases and what teams declared stay within the period.
///
/// # Errors
/// `common.not_found`, `common.stale`, `campaign.closed`, and as [`rules::dates`]; `campaign.phase_outside`,
/// `campaign.items_outside`; what is public keeps its basis and content (`common.required`).
pub fn save(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: CampaignId,
    version: i64,
    facts: &Facts,
) -> Result<(), Error> {
    let c = held(tx, actor, id)?;
    if c.version != version {
        return Err((&common::STALE).into());
    }
    rules::dates(facts)?;
    for phase in store::phases(tx, id)? {
        rules::phase_within(&phase.name, (phase.from_on, phase.to_on), (facts.from_on, facts.to_on))?;
    }
    let outside = item_store::outside(tx, id, facts.from_on, facts.to_on)?;
    if outside > 0 {
        return Err(Refusal::new(&refusals::ITEMS_OUTSIDE).with("count", outside).on("to").into());
    }
    if c.state == CampaignState::Announced {
        rules::words(&facts.basis, "basis", ("依据", "Basis"))?;
        rules::words(&facts.summary, "summary", ("内容", "Content"))?;
    }
    if !store::update(tx, id, version, facts)? {
        return Err((&common::STALE).into());
    }
    if c.state == CampaignState::Announced {
        index(tx, id, (&facts.title, &facts.title_en, &c.org_name))?;
    }
    note(tx, actor, "campaign.change", id, &format!("{} to {}", facts.from_on, facts.to_on))
}

/// Makes a draft public. Doing it twice changes nothing.
///
/// # Errors
/// `common.not_found`, `campaign.closed`, `campaign.not_ready`, `campaign.over`.
pub fn announce(tx: &mut WriteTx<'_>, actor: &Actor, id: CampaignId) -> Result<(), Error> {
    let c = held(tx, actor, id)?;
    if c.state == CampaignState::Announced {
        return Ok(());
    }
    let (phases, lines) = (store::phases(tx, id)?, store::lines(tx, id)?);
    rules::announceable(&c, &phases, lines.len(), tx.now().date())?;
    if store::announce(tx, id)? {
        index(tx, id, (&c.title, &c.title_en, &c.org_name))?;
        note(tx, actor, "campaign.announce", id, "")?;
    }
    Ok(())
}

/// Closes a campaign with the organiser's words; nothing of it changes from then on. Before its last day it may be
/// closed too, with the words saying why.
///
/// # Errors
/// `common.not_found`, `campaign.closed`, `campaign.not_announced`, `campaign.undecided`, `common.required`.
pub fn close(tx: &mut WriteTx<'_>, actor: &Actor, id: CampaignId, report: &str) -> Result<(), Error> {
    let c = held(tx, actor, id)?;
    rules::open(&c)?;
    rules::words(report, "report", ("总结", "Report"))?;
    let waits = waiting(tx, id)?;
    if waits > 0 {
        return Err(Refusal::new(&refusals::UNDECIDED).with("count", waits).into());
    }
    if !store::close(tx, id, report, actor.account)? {
        return Err((&refusals::CLOSED).into());
    }
    note(tx, actor, "campaign.close", id, "")
}

/// How many items wait for the organiser.
///
/// # Errors
/// Of the database.
pub fn waiting(tx: &mut ReadTx<'_>, id: CampaignId) -> Result<i64, Error> {
    let counts = item_store::counts(tx, id)?;
    Ok(counts.iter().find(|one| one.0 == ItemState::Declared).map_or(0, |one| one.1))
}

/// Removes a draft.
///
/// # Errors
/// `common.not_found`, `campaign.closed`, `campaign.announced`.
pub fn delete(tx: &mut WriteTx<'_>, actor: &Actor, id: CampaignId) -> Result<(), Error> {
    let c = held(tx, actor, id)?;
    if c.state != CampaignState::Draft {
        return Err((&refusals::ANNOUNCED).into());
    }
    store::delete(tx, id)?;
    note(tx, actor, "campaign.delete", id, &c.title)
}

/// Runs a campaign again: a draft with its texts, phases, areas, lines and targets, and all dates some years later
/// (one, or as many as it takes to lie ahead). What was done, declared and counted stays behind. Doing it twice leads to
/// the same draft.
///
/// # Errors
/// `common.not_found`, `campaign.not_announced`, `campaign.period` when it would lie too far ahead.
pub fn again(tx: &mut WriteTx<'_>, actor: &Actor, id: CampaignId) -> Result<CampaignId, Error> {
    let c = managed(tx, actor, id)?;
    if c.state == CampaignState::Draft {
        return Err((&refusals::NOT_ANNOUNCED).into());
    }
    store::hold(tx, id)?;
    if let Some(there) = store::next_of(tx, id)? {
        return Ok(there);
    }
    let years = rules::years_on(c.to_on, tx.now().date());
    let facts = rules::repeated(&facts_of(&c), years);
    rules::dates(&facts)?;
    let next = store::insert(tx, c.org_id, &facts, Some(id), actor.account)?;
    let deliverables = store::deliverables(tx, id)?;
    for phase in store::phases(tx, id)? {
        let dates = (rules::later(phase.from_on, years), rules::later(phase.to_on, years));
        let made = store::insert_phase(tx, next, &phase.name, dates)?;
        for one in deliverables.iter().filter(|one| one.phase_id == phase.id) {
            store::insert_deliverable(tx, next, made, &one.what)?;
        }
    }
    for line in store::lines(tx, id)? {
        store::insert_line(tx, next, &line.name, line.measure, line.target)?;
    }
    for area in store::areas(tx, id)? {
        store::add_area(tx, next, area.org_id)?;
    }
    note(tx, actor, "campaign.create", next, &format!("again {id}"))?;
    Ok(next)
}

/// What is written of a campaign.
#[must_use]
pub fn facts_of(c: &Campaign) -> Facts {
    Facts {
        title: c.title.clone(),
        title_en: c.title_en.clone(),
        basis: c.basis.clone(),
        summary: c.summary.clone(),
        from_on: c.from_on,
        to_on: c.to_on,
        declare_until: c.declare_until,
    }
}

/// A phase as it is written.
#[derive(Debug, Clone)]
pub struct NewPhase {
    /// Name.
    pub name: String,
    /// First day.
    pub from_on: Date,
    /// Last day.
    pub to_on: Date,
    /// What it is to bring, besides what there is.
    pub deliverables: Vec<String>,
}

fn too_many(max: usize, field: &'static str) -> Error {
    Refusal::new(&refusals::TOO_MANY).with("max", max).on(field).into()
}

fn add_deliverables(
    tx: &mut WriteTx<'_>,
    campaign: CampaignId,
    phase: CampaignPhaseId,
    new: &[String],
) -> Result<(), Error> {
    if !new.is_empty() && store::deliverables(tx, campaign)?.len() + new.len() > DELIVERABLES {
        return Err(too_many(DELIVERABLES, "deliverables"));
    }
    for what in new {
        store::insert_deliverable(tx, campaign, phase, what)?;
    }
    Ok(())
}

/// Adds a phase.
///
/// # Errors
/// `common.not_found`, `campaign.closed`, `campaign.phase_outside`, `campaign.too_many`.
pub fn add_phase(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: CampaignId,
    new: &NewPhase,
) -> Result<CampaignPhaseId, Error> {
    let c = held(tx, actor, id)?;
    rules::phase_within(&new.name, (new.from_on, new.to_on), (c.from_on, c.to_on))?;
    if store::phases(tx, id)?.len() >= PHASES {
        return Err(too_many(PHASES, "name"));
    }
    let phase = store::insert_phase(tx, id, &new.name, (new.from_on, new.to_on))?;
    add_deliverables(tx, id, phase, &new.deliverables)?;
    note(tx, actor, "campaign.change", id, &format!("phase={phase}"))?;
    Ok(phase)
}

/// A phase of a campaign the actor organises.
///
/// # Errors
/// `common.sign_in`, `common.not_found`.
pub fn managed_phase(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    id: CampaignPhaseId,
) -> Result<(Phase, Campaign), Error> {
    actor.account()?;
    let phase = store::phase(tx, id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let c = managed(tx, actor, phase.campaign_id)?;
    Ok((phase, c))
}

/// Changes a phase, and adds what it is to bring.
///
/// # Errors
/// `common.not_found`, `common.stale`, and as [`add_phase`].
pub fn save_phase(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: CampaignPhaseId,
    version: i64,
    new: &NewPhase,
) -> Result<CampaignId, Error> {
    let (phase, c) = managed_phase(tx, actor, id)?;
    let c = held(tx, actor, c.id)?;
    rules::phase_within(&new.name, (new.from_on, new.to_on), (c.from_on, c.to_on))?;
    let changed = Phase { name: new.name.clone(), from_on: new.from_on, to_on: new.to_on, version, ..phase };
    if !store::update_phase(tx, &changed)? {
        return Err((&common::STALE).into());
    }
    add_deliverables(tx, c.id, id, &new.deliverables)?;
    note(tx, actor, "campaign.change", c.id, &format!("phase={id}"))?;
    Ok(c.id)
}

/// Removes a phase; what is announced keeps one.
///
/// # Errors
/// `common.not_found`, `campaign.closed`, `campaign.not_ready`.
pub fn delete_phase(tx: &mut WriteTx<'_>, actor: &Actor, id: CampaignPhaseId) -> Result<CampaignId, Error> {
    let (_, c) = managed_phase(tx, actor, id)?;
    let c = held(tx, actor, c.id)?;
    if c.state == CampaignState::Announced && store::phases(tx, c.id)?.len() <= 1 {
        return Err(Refusal::new(&refusals::NOT_READY).with_both("what", "阶段", "a phase").into());
    }
    store::delete_phase(tx, id)?;
    note(tx, actor, "campaign.change", c.id, &format!("phase={id} removed"))?;
    Ok(c.id)
}

/// What becomes of a deliverable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It is there.
    Done,
    /// It is not, after all.
    Open,
    /// It is wanted no more.
    Removed,
}

/// Marks a deliverable. Doing it twice changes nothing.
///
/// # Errors
/// `common.not_found`, `campaign.closed`, `campaign.not_announced` for what is done before the campaign is public.
pub fn mark(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: DeliverableId,
    what: Mark,
) -> Result<Deliverable, Error> {
    actor.account()?;
    let one = store::deliverable(tx, id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let c = held(tx, actor, one.campaign_id)?;
    let now = tx.now();
    match what {
        Mark::Done => {
            rules::open(&c)?;
            if one.done_at.is_none() {
                store::mark(tx, id, Some(now), actor.account)?;
            }
        }
        Mark::Open => store::mark(tx, id, None, None)?,
        Mark::Removed => store::delete_deliverable(tx, id)?,
    }
    note(tx, actor, "campaign.change", c.id, &format!("deliverable={id} {what:?}"))?;
    Ok(one)
}

/// Adds a line of work; a target of hours is kept in minutes.
///
/// # Errors
/// `common.not_found`, `campaign.closed`, `campaign.too_many`.
pub fn add_line(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: CampaignId,
    name: &str,
    measure: Measure,
    target: i64,
) -> Result<CampaignLineId, Error> {
    let c = held(tx, actor, id)?;
    if store::lines(tx, id)?.len() >= LINES {
        return Err(too_many(LINES, "name"));
    }
    let line = store::insert_line(tx, c.id, name, measure, rules::target_kept(measure, target))?;
    note(tx, actor, "campaign.change", id, &format!("line={line}"))?;
    Ok(line)
}

/// A line of a campaign the actor organises.
///
/// # Errors
/// `common.sign_in`, `common.not_found`.
pub fn managed_line(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    id: CampaignLineId,
) -> Result<(Line, Campaign), Error> {
    actor.account()?;
    let line = store::line(tx, id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let c = managed(tx, actor, line.campaign_id)?;
    Ok((line, c))
}

/// Changes a line.
///
/// # Errors
/// `common.not_found`, `common.stale`, `campaign.closed`.
pub fn save_line(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: CampaignLineId,
    version: i64,
    name: &str,
    measure: Measure,
    target: i64,
) -> Result<CampaignId, Error> {
    let (line, c) = managed_line(tx, actor, id)?;
    held(tx, actor, c.id)?;
    let target = rules::target_kept(measure, target);
    if !store::update_line(tx, &Line { name: name.to_owned(), measure, target, version, ..line })? {
        return Err((&common::STALE).into());
    }
    note(tx, actor, "campaign.change", c.id, &format!("line={id}"))?;
    Ok(c.id)
}

/// Removes a line; its items and activities stay in the campaign. What is announced keeps one.
///
/// # Errors
/// `common.not_found`, `campaign.closed`, `campaign.not_ready`.
pub fn delete_line(tx: &mut WriteTx<'_>, actor: &Actor, id: CampaignLineId) -> Result<CampaignId, Error> {
    let (_, c) = managed_line(tx, actor, id)?;
    let c = held(tx, actor, c.id)?;
    if c.state == CampaignState::Announced && store::lines(tx, c.id)?.len() <= 1 {
        return Err(Refusal::new(&refusals::NOT_READY).with_both("what", "工作线", "a line").into());
    }
    store::delete_line(tx, id)?;
    note(tx, actor, "campaign.change", c.id, &format!("line={id} removed"))?;
    Ok(c.id)
}

/// Adds a street or community to what it covers. Adding it twice changes nothing.
///
/// # Errors
/// `common.not_found`, `campaign.closed`, `campaign.area`, `campaign.too_many`.
pub fn add_area(tx: &mut WriteTx<'_>, actor: &Actor, id: CampaignId, org: OrgId) -> Result<(), Error> {
    held(tx, actor, id)?;
    if !store::is_area(tx, org)? {
        return Err(Refusal::new(&refusals::AREA).on("area").into());
    }
    if store::areas(tx, id)?.len() >= 200 {
        return Err(too_many(200, "area"));
    }
    store::add_area(tx, id, org)?;
    note(tx, actor, "campaign.change", id, &format!("area={org}"))
}

/// Takes an area out; what teams there declared stays. Doing it twice changes nothing.
///
/// # Errors
/// `common.not_found`, `campaign.closed`.
pub fn remove_area(tx: &mut WriteTx<'_>, actor: &Actor, id: CampaignId, org: OrgId) -> Result<(), Error> {
    held(tx, actor, id)?;
    store::remove_area(tx, id, org)?;
    note(tx, actor, "campaign.change", id, &format!("area={org} removed"))
}
