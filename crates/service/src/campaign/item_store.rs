//! Questions about what teams declare for a campaign, and which activities belong to it.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Action, Actor, Date, OrgId, Place, Timestamp};
use people::org::scope::{OrgAs, within};

use super::ItemState;
use super::store::Campaign;
use crate::activity::ActivityState;
use crate::activity::store::scoped;
use crate::{ActivityId, CampaignId, CampaignItemId, CampaignLineId};

row! {
    /// What a team declared.
    pub struct Item {
        id: CampaignItemId, campaign_id: CampaignId, org_id: OrgId, org_name: String, area_path: String,
        sponsor_path: String, line_id: Option<CampaignLineId>, line: Option<String>, title: String, day_on: Date,
        place: String, people: i64, note: String, state: ItemState, reply: String, declared_at: Timestamp,
        activity_id: Option<ActivityId>, activity_state: Option<ActivityState>, version: i64, same_day: i64,
    }

    /// An activity of a campaign.
    pub struct Attached {
        id: ActivityId, title: String, state: ActivityState, org_id: OrgId, org_name: String,
        line_id: Option<CampaignLineId>, first_at: Option<Timestamp>,
    }

    /// Items of a campaign that wait for its organiser.
    pub struct Undecided { campaign: CampaignId, title: String, from_on: Date, count: i64 }

    /// An item that waits for its team.
    pub struct ForTeam {
        id: CampaignItemId, title: String, day_on: Date, state: ItemState, campaign_title: String,
    }
}

impl Item {
    /// Where its team sits, for [`kernel::can`].
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }

    /// Whether an activity was made of it that was not cancelled.
    #[must_use]
    pub fn planned(&self) -> bool {
        self.activity_id.is_some() && self.activity_state != Some(ActivityState::Cancelled)
    }
}

/// What a team writes of an item.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Line of work, if one.
    pub line: Option<CampaignLineId>,
    /// Title.
    pub title: String,
    /// Day.
    pub day_on: Date,
    /// Place, as everybody may know it.
    pub place: String,
    /// Expected people.
    pub people: i64,
    /// A word to the organiser.
    pub note: String,
}

const ITEM: &str =
    "SELECT i.id, i.campaign_id, i.org_id, o.name, o.area_path, o.sponsor_path, i.line_id, l.name, i.title,
    i.day_on, i.place, i.people, i.note, i.state, i.reply, i.declared_at, i.activity_id, a.state, i.version,
    (SELECT count(*) FROM campaign_item d WHERE d.campaign_id = i.campaign_id AND d.day_on = i.day_on
        AND d.state IN ('declared', 'accepted') AND d.id <> i.id)
 FROM campaign_item i JOIN org o ON o.id = i.org_id LEFT JOIN campaign_line l ON l.id = i.line_id
    LEFT JOIN activity a ON a.id = i.activity_id WHERE";

/// An item by its id.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: CampaignItemId) -> Result<Option<Item>, DbError> {
    let mut one = Query::new(ITEM);
    one.with("i.id = {}", &[&id]);
    Ok(tx.list(&one)?.into_iter().next())
}

/// Items of a campaign in a state, by day; `after`: day and id of the last one seen.
///
/// # Errors
/// Of the database.
pub fn list(
    tx: &mut ReadTx<'_>,
    campaign: CampaignId,
    state: ItemState,
    after: Option<(i64, i64)>,
    limit: i64,
) -> Result<Vec<Item>, DbError> {
    let mut list = Query::new(ITEM);
    list.with("i.campaign_id = {} AND i.state = {}", &[&campaign, &state]);
    if let Some((day, id)) = after {
        list.with("AND (i.day_on, i.id) > ({}, {})", &[&day, &id]);
    }
    list.with("ORDER BY i.day_on, i.id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// What teams in the actor's scope declared for a campaign, by day.
///
/// # Errors
/// Of the database.
pub fn of_teams(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    campaign: CampaignId,
    limit: i64,
) -> Result<Vec<Item>, DbError> {
    let mut list = Query::new(ITEM);
    list.with("i.campaign_id = {}", &[&campaign]);
    scoped(&mut list, actor, Action::ActivityManage);
    list.with("ORDER BY i.day_on, i.id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// Accepted items of days in a span without an activity of their own, by day.
///
/// # Errors
/// Of the database.
pub fn accepted_between(
    tx: &mut ReadTx<'_>,
    campaign: CampaignId,
    (from, to): (Date, Date),
    limit: i64,
) -> Result<Vec<Item>, DbError> {
    let mut list = Query::new(ITEM);
    list.with("i.campaign_id = {} AND i.state = 'accepted'", &[&campaign]);
    list.with("AND i.day_on >= {} AND i.day_on <= {}", &[&from, &to]);
    // A draft is seen by its team only: until it is published the item stands for it.
    list.push("AND (a.state IS NULL OR a.state <> 'published')");
    list.with("ORDER BY i.day_on, i.id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// How many items of a campaign are in each state.
///
/// # Errors
/// Of the database.
pub fn counts(tx: &mut ReadTx<'_>, campaign: CampaignId) -> Result<Vec<(ItemState, i64)>, DbError> {
    tx.all(
        sql!(
            "SELECT state, count(*) FROM campaign_item WHERE campaign_id = $1 GROUP BY state ORDER BY state"
        ),
        args![campaign],
    )
}

/// How many items a team has in a campaign that it did not take back.
///
/// # Errors
/// Of the database.
pub fn count_of_team(tx: &mut ReadTx<'_>, campaign: CampaignId, team: OrgId) -> Result<i64, DbError> {
    let (n,): (i64,) = tx.one(
        sql!(
            "SELECT count(*) FROM campaign_item WHERE org_id = $1 AND campaign_id = $2 AND state <> 'withdrawn'"
        ),
        args![team, campaign],
    )?;
    Ok(n)
}

/// How many declared or accepted items lie outside a period.
///
/// # Errors
/// Of the database.
pub fn outside(tx: &mut ReadTx<'_>, campaign: CampaignId, from: Date, to: Date) -> Result<i64, DbError> {
    let (n,): (i64,) = tx.one(
        sql!(
            "SELECT count(*) FROM campaign_item WHERE campaign_id = $1 AND state IN ('declared', 'accepted')
                AND (day_on < $2 OR day_on > $3)"
        ),
        args![campaign, from, to],
    )?;
    Ok(n)
}

/// Campaigns in scope with items that wait, the earliest start first.
///
/// # Errors
/// Of the database.
pub fn undecided(tx: &mut ReadTx<'_>, actor: &Actor, limit: i64) -> Result<Vec<Undecided>, DbError> {
    let mut list = Query::new(
        "SELECT c.id, c.title, c.from_on, count(*) FROM campaign c JOIN org o ON o.id = c.org_id
            JOIN campaign_item i ON i.campaign_id = c.id
         WHERE c.state = 'announced' AND i.state = 'declared'",
    );
    scoped(&mut list, actor, Action::ActivityManage);
    list.push("GROUP BY c.id, c.title, c.from_on");
    list.with("ORDER BY c.from_on, c.id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// Items of teams in scope that wait for their team: given back, or accepted for the coming month and not planned.
/// Those of campaigns that the actor organises wait for others.
///
/// # Errors
/// Of the database.
pub fn for_teams(tx: &mut ReadTx<'_>, actor: &Actor, limit: i64) -> Result<Vec<ForTeam>, DbError> {
    let today = tx.now().date();
    let mut list = Query::new(
        "SELECT i.id, i.title, i.day_on, i.state, c.title FROM campaign c JOIN org t ON t.id = c.org_id
            JOIN campaign_item i ON i.campaign_id = c.id JOIN org o ON o.id = i.org_id
            LEFT JOIN activity a ON a.id = i.activity_id
         WHERE c.state = 'announced' AND (i.state = 'returned' OR (i.state = 'accepted'",
    );
    list.with(
        "AND i.day_on >= {} AND i.day_on <= {} AND (a.state IS NULL OR a.state = 'cancelled')))",
        &[&today, &today.plus(30)],
    );
    scoped(&mut list, actor, Action::ActivityManage);
    list.push("AND NOT");
    within(&mut list, &actor.scopes(Action::ActivityManage), OrgAs::T);
    list.with("ORDER BY i.day_on, i.id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// Writes a new item.
///
/// # Errors
/// Of the database.
pub fn insert(
    tx: &mut WriteTx<'_>,
    campaign: CampaignId,
    team: OrgId,
    e: &Entry,
    by: Option<AccountId>,
) -> Result<CampaignItemId, DbError> {
    let (id, now): (CampaignItemId, _) = (tx.new_id(), tx.now());
    tx.exec_one(
        sql!(
            "INSERT INTO campaign_item (id, campaign_id, org_id, line_id, title, day_on, place, people, note, state,
                declared_at, declared_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'declared', $10, $11)"
        ),
        args![id, campaign, team, e.line, e.title, e.day_on, e.place, e.people, e.note, now, by],
    )?;
    Ok(id)
}

/// Changes an item that is not accepted and lets it wait again; `false` when it is another by now.
///
/// # Errors
/// Of the database.
pub fn update(
    tx: &mut WriteTx<'_>,
    id: CampaignItemId,
    version: i64,
    e: &Entry,
    by: Option<AccountId>,
) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE campaign_item SET line_id = $3, title = $4, day_on = $5, place = $6, people = $7, note = $8,
                state = 'declared', reply = '', declared_at = $9, declared_by = $10, version = version + 1
             WHERE id = $1 AND version = $2 AND state IN ('declared', 'returned')"
        ),
        args![id, version, e.line, e.title, e.day_on, e.place, e.people, e.note, now, by],
    )?;
    Ok(touched == 1)
}

/// Moves an item that was read to another state; `false` when it is another by now.
///
/// # Errors
/// Of the database.
pub fn decide(
    tx: &mut WriteTx<'_>,
    one: &Item,
    to: ItemState,
    reply: &str,
    by: Option<AccountId>,
) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE campaign_item SET state = $4, reply = $5, decided_at = $6, decided_by = $7, version = version + 1
             WHERE id = $1 AND version = $2 AND state = $3"
        ),
        args![one.id, one.version, one.state, to, reply, now, by],
    )?;
    Ok(touched == 1)
}

/// Notes the activity made of an accepted item; `false` when there is one already.
///
/// # Errors
/// Of the database.
pub fn bind(tx: &mut WriteTx<'_>, id: CampaignItemId, activity: ActivityId) -> Result<bool, DbError> {
    let touched = tx.exec(
        sql!(
            "UPDATE campaign_item SET activity_id = $2, version = version + 1
             WHERE id = $1 AND state = 'accepted' AND (activity_id IS NULL OR EXISTS (SELECT 1 FROM activity a
                WHERE a.id = campaign_item.activity_id AND a.state = 'cancelled'))"
        ),
        args![id, activity],
    )?;
    Ok(touched == 1)
}

/// The activities of a campaign, of teams in scope only if an actor is named; soonest first.
///
/// # Errors
/// Of the database.
pub fn attached(
    tx: &mut ReadTx<'_>,
    campaign: CampaignId,
    actor: Option<&Actor>,
    limit: i64,
) -> Result<Vec<Attached>, DbError> {
    let mut list = Query::new(
        "SELECT a.id, a.title, a.state, a.org_id, o.name, x.line_id,
            (SELECT min(s.starts_at) FROM session s WHERE s.activity_id = a.id)
         FROM campaign_activity x JOIN activity a ON a.id = x.activity_id JOIN org o ON o.id = a.org_id WHERE",
    );
    list.with("x.campaign_id = {}", &[&campaign]);
    if let Some(actor) = actor {
        scoped(&mut list, actor, Action::ActivityManage);
    }
    list.with("ORDER BY a.id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// Activities of teams in scope with sessions within the campaign that belong to none, latest first.
///
/// # Errors
/// Of the database.
pub fn attachable(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    c: &Campaign,
    limit: i64,
) -> Result<Vec<Attached>, DbError> {
    let (from, to) = (Timestamp::at(c.from_on, 0), Timestamp::at(c.to_on.plus(1), 0));
    let mut list = Query::new(
        "SELECT a.id, a.title, a.state, a.org_id, o.name, NULL,
            (SELECT min(s.starts_at) FROM session s WHERE s.activity_id = a.id)
         FROM activity a JOIN org o ON o.id = a.org_id WHERE a.state = 'published' AND NOT a.carrier",
    );
    list.with(
        "AND EXISTS (SELECT 1 FROM session t WHERE t.activity_id = a.id AND t.starts_at >= {} AND t.starts_at < {})
         AND NOT EXISTS (SELECT 1 FROM campaign_activity x WHERE x.activity_id = a.id)",
        &[&from, &to],
    );
    scoped(&mut list, actor, Action::ActivityManage);
    list.with("ORDER BY a.id DESC LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// The campaign that an activity counts for: id and title.
///
/// # Errors
/// Of the database.
pub fn campaign_of(
    tx: &mut ReadTx<'_>,
    activity: ActivityId,
) -> Result<Option<(CampaignId, String)>, DbError> {
    tx.first(
        sql!(
            "SELECT c.id, c.title FROM campaign_activity x JOIN campaign c ON c.id = x.campaign_id
             WHERE x.activity_id = $1"
        ),
        args![activity],
    )
}

/// Counts an activity for a campaign and perhaps a line of it; `false` when it counts for another campaign.
///
/// # Errors
/// Of the database.
pub fn attach(
    tx: &mut WriteTx<'_>,
    campaign: CampaignId,
    activity: ActivityId,
    line: Option<CampaignLineId>,
    by: Option<AccountId>,
) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "INSERT INTO campaign_activity (activity_id, campaign_id, line_id, at, by_account) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (activity_id) DO UPDATE SET line_id = excluded.line_id
             WHERE campaign_activity.campaign_id = excluded.campaign_id"
        ),
        args![activity, campaign, line, now, by],
    )?;
    Ok(touched == 1)
}

/// Counts an activity no longer.
///
/// # Errors
/// Of the database.
pub fn detach(tx: &mut WriteTx<'_>, campaign: CampaignId, activity: ActivityId) -> Result<bool, DbError> {
    let touched = tx.exec(
        sql!("DELETE FROM campaign_activity WHERE activity_id = $1 AND campaign_id = $2"),
        args![activity, campaign],
    )?;
    Ok(touched == 1)
}
