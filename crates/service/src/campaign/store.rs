//! Questions about campaigns, their phases, areas and lines.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Action, Actor, Date, OrgId, Timestamp};

use super::rules::Facts;
use super::{CampaignState, Measure};
use crate::activity::store::scoped;
use crate::{CampaignId, CampaignLineId, CampaignPhaseId, DeliverableId};

row! {
    /// A campaign with its organiser.
    pub struct Campaign {
        id: CampaignId, org_id: OrgId, title: String, title_en: String, basis: String, summary: String, from_on: Date,
        to_on: Date, declare_until: Date, state: CampaignState, report: String, closed_at: Option<Timestamp>,
        before_id: Option<CampaignId>, version: i64, org_name: String, area_path: String, sponsor_path: String,
        activities: i64,
    }

    /// A part of a campaign's time.
    pub struct Phase {
        id: CampaignPhaseId, campaign_id: CampaignId, name: String, from_on: Date, to_on: Date, version: i64,
    }

    /// What is to be there at the end of a phase.
    pub struct Deliverable {
        id: DeliverableId, campaign_id: CampaignId, phase_id: CampaignPhaseId, what: String,
        done_at: Option<Timestamp>,
    }

    /// A line of work with its target.
    pub struct Line {
        id: CampaignLineId, campaign_id: CampaignId, name: String, measure: Measure, target: i64, version: i64,
    }

    /// A street or community that a campaign covers.
    pub struct Area { org_id: OrgId, name: String, area_path: String }

    /// A phase whose deliverables are due.
    pub struct PhaseDue { campaign: CampaignId, title: String, phase: String, to_on: Date, count: i64 }
}

const CAMPAIGN: &str =
    "SELECT c.id, c.org_id, c.title, c.title_en, c.basis, c.summary, c.from_on, c.to_on, c.declare_until,
    c.state, c.report, c.closed_at, c.before_id, c.version, o.name, o.area_path, o.sponsor_path,
    (SELECT count(*) FROM campaign_activity x WHERE x.campaign_id = c.id)
 FROM campaign c JOIN org o ON o.id = c.org_id WHERE";

/// A campaign by its id, whatever its state.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: CampaignId) -> Result<Option<Campaign>, DbError> {
    let mut one = Query::new(CAMPAIGN);
    one.with("c.id = {}", &[&id]);
    Ok(tx.list(&one)?.into_iter().next())
}

/// Which campaigns a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// Announced, not closed.
    Now,
    /// Closed.
    Closed,
    /// Drafts of organisers that the actor plans for.
    Draft,
}

/// Campaigns, the latest start first; `after`: days of the start and id of the last one seen.
///
/// # Errors
/// Of the database.
pub fn list(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    tab: Tab,
    after: Option<(i64, i64)>,
    limit: i64,
) -> Result<Vec<Campaign>, DbError> {
    let mut list = Query::new(CAMPAIGN);
    match tab {
        Tab::Now => list.push("c.state = 'announced'"),
        Tab::Closed => list.push("c.state = 'closed'"),
        Tab::Draft => list.push("c.state = 'draft'"),
    };
    if tab == Tab::Draft {
        scoped(&mut list, actor, Action::ActivityManage);
    }
    if let Some((day, id)) = after {
        list.with("AND (c.from_on, c.id) < ({}, {})", &[&day, &id]);
    }
    list.with("ORDER BY c.from_on DESC, c.id DESC LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// Title and organiser of campaigns that everybody sees, among these ids.
///
/// # Errors
/// Of the database.
pub fn public_by_ids(tx: &mut ReadTx<'_>, ids: &[i64]) -> Result<Vec<(CampaignId, String, String)>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut list = Query::new(
        "SELECT c.id, c.title, o.name FROM campaign c JOIN org o ON o.id = c.org_id WHERE c.state <> 'draft' AND c.id IN (",
    );
    for (at, id) in ids.iter().enumerate() {
        list.with(if at == 0 { "{}" } else { ", {}" }, &[id]);
    }
    list.push(")");
    tx.list(&list)
}

/// Campaigns in scope whose period is over and whose report is due: id, title, last day.
///
/// # Errors
/// Of the database.
pub fn to_close(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    limit: i64,
) -> Result<Vec<(CampaignId, String, Date)>, DbError> {
    let today = tx.now().date();
    let mut list = Query::new(
        "SELECT c.id, c.title, c.to_on FROM campaign c JOIN org o ON o.id = c.org_id WHERE c.state = 'announced'",
    );
    list.with("AND c.to_on < {}", &[&today]);
    scoped(&mut list, actor, Action::ActivityManage);
    list.with("ORDER BY c.to_on, c.id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// Phases in scope that end by a day with deliverables that are not done, the earliest first.
///
/// # Errors
/// Of the database.
pub fn phases_due(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    by: Date,
    limit: i64,
) -> Result<Vec<PhaseDue>, DbError> {
    let mut list = Query::new(
        "SELECT c.id, c.title, p.name, p.to_on, count(*) FROM campaign c JOIN org o ON o.id = c.org_id
            JOIN campaign_phase p ON p.campaign_id = c.id JOIN campaign_deliverable d ON d.phase_id = p.id
         WHERE c.state = 'announced' AND d.done_at IS NULL",
    );
    list.with("AND p.to_on <= {}", &[&by]);
    scoped(&mut list, actor, Action::ActivityManage);
    list.push("GROUP BY c.id, c.title, p.id, p.name, p.to_on");
    list.with("ORDER BY p.to_on, p.id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// The campaign that repeats another one.
///
/// # Errors
/// Of the database.
pub fn next_of(tx: &mut ReadTx<'_>, id: CampaignId) -> Result<Option<CampaignId>, DbError> {
    let row: Option<(CampaignId,)> =
        tx.first(sql!("SELECT id FROM campaign WHERE before_id = $1"), args![id])?;
    Ok(row.map(|row| row.0))
}

/// The campaign an activity counts for, if everybody may know: id and title.
///
/// # Errors
/// Of the database.
pub fn of_activity(
    tx: &mut ReadTx<'_>,
    id: crate::ActivityId,
) -> Result<Option<(CampaignId, String)>, DbError> {
    tx.first(
        sql!(
            "SELECT c.id, c.title FROM campaign_activity x JOIN campaign c ON c.id = x.campaign_id
             WHERE x.activity_id = $1 AND c.state <> 'draft'"
        ),
        args![id],
    )
}

/// The phases of a campaign, the earliest first.
///
/// # Errors
/// Of the database.
pub fn phases(tx: &mut ReadTx<'_>, id: CampaignId) -> Result<Vec<Phase>, DbError> {
    tx.all(
        sql!(
            "SELECT id, campaign_id, name, from_on, to_on, version FROM campaign_phase
             WHERE campaign_id = $1 ORDER BY from_on, id LIMIT 100"
        ),
        args![id],
    )
}

/// A phase.
///
/// # Errors
/// Of the database.
pub fn phase(tx: &mut ReadTx<'_>, id: CampaignPhaseId) -> Result<Option<Phase>, DbError> {
    tx.first(
        sql!("SELECT id, campaign_id, name, from_on, to_on, version FROM campaign_phase WHERE id = $1"),
        args![id],
    )
}

/// What all phases of a campaign are to bring.
///
/// # Errors
/// Of the database.
pub fn deliverables(tx: &mut ReadTx<'_>, id: CampaignId) -> Result<Vec<Deliverable>, DbError> {
    tx.all(
        sql!(
            "SELECT id, campaign_id, phase_id, what, done_at FROM campaign_deliverable
             WHERE campaign_id = $1 ORDER BY id LIMIT 500"
        ),
        args![id],
    )
}

/// A deliverable.
///
/// # Errors
/// Of the database.
pub fn deliverable(tx: &mut ReadTx<'_>, id: DeliverableId) -> Result<Option<Deliverable>, DbError> {
    tx.first(
        sql!("SELECT id, campaign_id, phase_id, what, done_at FROM campaign_deliverable WHERE id = $1"),
        args![id],
    )
}

/// The lines of a campaign, in the order in which they were written.
///
/// # Errors
/// Of the database.
pub fn lines(tx: &mut ReadTx<'_>, id: CampaignId) -> Result<Vec<Line>, DbError> {
    tx.all(
        sql!(
            "SELECT id, campaign_id, name, measure, target, version FROM campaign_line
             WHERE campaign_id = $1 ORDER BY id LIMIT 100"
        ),
        args![id],
    )
}

/// A line.
///
/// # Errors
/// Of the database.
pub fn line(tx: &mut ReadTx<'_>, id: CampaignLineId) -> Result<Option<Line>, DbError> {
    tx.first(
        sql!("SELECT id, campaign_id, name, measure, target, version FROM campaign_line WHERE id = $1"),
        args![id],
    )
}

/// The areas that a campaign names.
///
/// # Errors
/// Of the database.
pub fn areas(tx: &mut ReadTx<'_>, id: CampaignId) -> Result<Vec<Area>, DbError> {
    tx.all(
        sql!(
            "SELECT x.org_id, o.name, o.area_path FROM campaign_area x JOIN org o ON o.id = x.org_id
             WHERE x.campaign_id = $1 ORDER BY o.area_path, x.org_id LIMIT 500"
        ),
        args![id],
    )
}

/// Whether an organisation is an open street or community.
///
/// # Errors
/// Of the database.
pub fn is_area(tx: &mut ReadTx<'_>, id: OrgId) -> Result<bool, DbError> {
    let (n,): (i64,) = tx.one(
        sql!("SELECT count(*) FROM org WHERE id = $1 AND kind IN ('street', 'community') AND state = 'open'"),
        args![id],
    )?;
    Ok(n == 1)
}

/// Holds a campaign against others who decide about it.
///
/// # Errors
/// Of the database.
pub fn hold(tx: &mut WriteTx<'_>, id: CampaignId) -> Result<(), DbError> {
    tx.hold(sql!("SELECT id FROM campaign WHERE id = $1"), args![id])
}

/// Writes a new draft.
///
/// # Errors
/// Of the database.
pub fn insert(
    tx: &mut WriteTx<'_>,
    org: OrgId,
    facts: &Facts,
    before: Option<CampaignId>,
    by: Option<AccountId>,
) -> Result<CampaignId, DbError> {
    let (id, now): (CampaignId, _) = (tx.new_id(), tx.now());
    tx.exec_one(
        sql!(
            "INSERT INTO campaign (id, org_id, title, title_en, basis, summary, from_on, to_on, declare_until, state,
                before_id, created_by, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'draft', $10, $11, $12)"
        ),
        args![
            id,
            org,
            facts.title,
            facts.title_en,
            facts.basis,
            facts.summary,
            facts.from_on,
            facts.to_on,
            facts.declare_until,
            before,
            by,
            now
        ],
    )?;
    Ok(id)
}

/// Changes what is written; `false` when somebody else did first.
///
/// # Errors
/// Of the database.
pub fn update(tx: &mut WriteTx<'_>, id: CampaignId, version: i64, facts: &Facts) -> Result<bool, DbError> {
    let touched = tx.exec(
        sql!(
            "UPDATE campaign SET title = $3, title_en = $4, basis = $5, summary = $6, from_on = $7, to_on = $8,
                declare_until = $9, version = version + 1
             WHERE id = $1 AND version = $2 AND state <> 'closed'"
        ),
        args![
            id,
            version,
            facts.title,
            facts.title_en,
            facts.basis,
            facts.summary,
            facts.from_on,
            facts.to_on,
            facts.declare_until
        ],
    )?;
    Ok(touched == 1)
}

/// Makes a draft public; `false` when it was none.
///
/// # Errors
/// Of the database.
pub fn announce(tx: &mut WriteTx<'_>, id: CampaignId) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE campaign SET state = 'announced', announced_at = $2, version = version + 1
             WHERE id = $1 AND state = 'draft'"
        ),
        args![id, now],
    )?;
    Ok(touched == 1)
}

/// Closes it with the organiser's words; `false` when it was not open.
///
/// # Errors
/// Of the database.
pub fn close(
    tx: &mut WriteTx<'_>,
    id: CampaignId,
    report: &str,
    by: Option<AccountId>,
) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE campaign SET state = 'closed', report = $2, closed_at = $3, closed_by = $4, version = version + 1
             WHERE id = $1 AND state = 'announced'"
        ),
        args![id, report, now, by],
    )?;
    Ok(touched == 1)
}

/// Removes a draft, which nobody can have taken part in.
///
/// # Errors
/// Of the database.
pub fn delete(tx: &mut WriteTx<'_>, id: CampaignId) -> Result<(), DbError> {
    tx.exec(sql!("DELETE FROM campaign_deliverable WHERE campaign_id = $1"), args![id])?;
    tx.exec(sql!("DELETE FROM campaign_phase WHERE campaign_id = $1"), args![id])?;
    tx.exec(sql!("DELETE FROM campaign_line WHERE campaign_id = $1"), args![id])?;
    tx.exec(sql!("DELETE FROM campaign_area WHERE campaign_id = $1"), args![id])?;
    tx.exec_one(sql!("DELETE FROM campaign WHERE id = $1 AND state = 'draft'"), args![id])
}

/// Writes a new phase.
///
/// # Errors
/// Of the database.
pub fn insert_phase(
    tx: &mut WriteTx<'_>,
    campaign: CampaignId,
    name: &str,
    (from_on, to_on): (Date, Date),
) -> Result<CampaignPhaseId, DbError> {
    let id: CampaignPhaseId = tx.new_id();
    tx.exec_one(
        sql!(
            "INSERT INTO campaign_phase (id, campaign_id, name, from_on, to_on) VALUES ($1, $2, $3, $4, $5)"
        ),
        args![id, campaign, name, from_on, to_on],
    )?;
    Ok(id)
}

/// Changes a phase; `false` when somebody else did first.
///
/// # Errors
/// Of the database.
pub fn update_phase(tx: &mut WriteTx<'_>, p: &Phase) -> Result<bool, DbError> {
    let touched = tx.exec(
        sql!(
            "UPDATE campaign_phase SET name = $3, from_on = $4, to_on = $5, version = version + 1
             WHERE id = $1 AND version = $2"
        ),
        args![p.id, p.version, p.name, p.from_on, p.to_on],
    )?;
    Ok(touched == 1)
}

/// Removes a phase with what it was to bring.
///
/// # Errors
/// Of the database.
pub fn delete_phase(tx: &mut WriteTx<'_>, id: CampaignPhaseId) -> Result<(), DbError> {
    tx.exec(sql!("DELETE FROM campaign_deliverable WHERE phase_id = $1"), args![id])?;
    tx.exec(sql!("DELETE FROM campaign_phase WHERE id = $1"), args![id])?;
    Ok(())
}

/// Writes what a phase is to bring.
///
/// # Errors
/// Of the database.
pub fn insert_deliverable(
    tx: &mut WriteTx<'_>,
    campaign: CampaignId,
    phase: CampaignPhaseId,
    what: &str,
) -> Result<DeliverableId, DbError> {
    let id: DeliverableId = tx.new_id();
    tx.exec_one(
        sql!("INSERT INTO campaign_deliverable (id, campaign_id, phase_id, what) VALUES ($1, $2, $3, $4)"),
        args![id, campaign, phase, what],
    )?;
    Ok(id)
}

/// Marks it as done, or not done again.
///
/// # Errors
/// Of the database.
pub fn mark(
    tx: &mut WriteTx<'_>,
    id: DeliverableId,
    done_at: Option<Timestamp>,
    by: Option<AccountId>,
) -> Result<(), DbError> {
    tx.exec_one(
        sql!("UPDATE campaign_deliverable SET done_at = $2, done_by = $3 WHERE id = $1"),
        args![id, done_at, by],
    )
}

/// Removes it.
///
/// # Errors
/// Of the database.
pub fn delete_deliverable(tx: &mut WriteTx<'_>, id: DeliverableId) -> Result<(), DbError> {
    tx.exec_one(sql!("DELETE FROM campaign_deliverable WHERE id = $1"), args![id])
}

/// Writes a new line.
///
/// # Errors
/// Of the database.
pub fn insert_line(
    tx: &mut WriteTx<'_>,
    campaign: CampaignId,
    name: &str,
    measure: Measure,
    target: i64,
) -> Result<CampaignLineId, DbError> {
    let id: CampaignLineId = tx.new_id();
    tx.exec_one(
        sql!(
            "INSERT INTO campaign_line (id, campaign_id, name, measure, target) VALUES ($1, $2, $3, $4, $5)"
        ),
        args![id, campaign, name, measure, target],
    )?;
    Ok(id)
}

/// Changes a line; `false` when somebody else did first.
///
/// # Errors
/// Of the database.
pub fn update_line(tx: &mut WriteTx<'_>, l: &Line) -> Result<bool, DbError> {
    let touched = tx.exec(
        sql!(
            "UPDATE campaign_line SET name = $3, measure = $4, target = $5, version = version + 1
             WHERE id = $1 AND version = $2"
        ),
        args![l.id, l.version, l.name, l.measure, l.target],
    )?;
    Ok(touched == 1)
}

/// Removes a line; its items and activities stay in the campaign, without a line.
///
/// # Errors
/// Of the database.
pub fn delete_line(tx: &mut WriteTx<'_>, id: CampaignLineId) -> Result<(), DbError> {
    tx.exec(sql!("UPDATE campaign_activity SET line_id = NULL WHERE line_id = $1"), args![id])?;
    tx.exec(sql!("UPDATE campaign_item SET line_id = NULL WHERE line_id = $1"), args![id])?;
    tx.exec(sql!("DELETE FROM campaign_line WHERE id = $1"), args![id])?;
    Ok(())
}

/// Adds an area; adding it twice changes nothing.
///
/// # Errors
/// Of the database.
pub fn add_area(tx: &mut WriteTx<'_>, campaign: CampaignId, org: OrgId) -> Result<(), DbError> {
    tx.exec(
        sql!(
            "INSERT INTO campaign_area (campaign_id, org_id) VALUES ($1, $2) ON CONFLICT (campaign_id, org_id) DO NOTHING"
        ),
        args![campaign, org],
    )?;
    Ok(())
}

/// Takes an area out.
///
/// # Errors
/// Of the database.
pub fn remove_area(tx: &mut WriteTx<'_>, campaign: CampaignId, org: OrgId) -> Result<(), DbError> {
    tx.exec(sql!("DELETE FROM campaign_area WHERE campaign_id = $1 AND org_id = $2"), args![campaign, org])?;
    Ok(())
}
