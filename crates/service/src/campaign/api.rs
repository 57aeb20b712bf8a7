//! Campaigns for programs, over the same queries and commands as the pages.

use axum::http::Method;
use db::{ReadTx, WriteTx};
use kernel::page::{PAGE_ROWS, Page, cursor_pair};
use kernel::{Actor, Date, Error, OrgId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, After, Api, At, Call, Paged, doc};
use ui::form::Label;

use super::commands::{self, Mark, managed, seen};
use super::item_store::{self, Item};
use super::store::{self, Campaign, Tab};
use super::{CampaignStage, CampaignState, ItemState, Measure, figures, item_commands, read, refusals};
use crate::total::figures::Shown;
use crate::{ActivityId, CampaignId, CampaignItemId, CampaignLineId, CampaignPhaseId, DeliverableId};

const REFUSALS: &[&[&kernel::RefusalText]] = &[refusals::ALL];

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/campaigns",
            doc(
                "listCampaigns",
                "Announced campaigns that are not closed, the latest start first.",
                "已公布、未结束的专项行动，开始晚的在前。",
            )
            .open(),
            list,
        )
        .get(
            "/api/v1/campaigns/{id}",
            doc(
                "showCampaign",
                "One campaign with its phases, lines and figures; drafts only for their organiser.",
                "一个专项行动及其阶段、工作线和数字；草稿仅主办方可见。",
            )
            .open(),
            show,
        )
        .post(
            "/api/v1/campaigns",
            doc("createCampaign", "Writes the draft of a campaign.", "新建专项行动草稿。")
                .makes()
                .refuses(REFUSALS),
            create,
        )
        .command(
            Method::PUT,
            "/api/v1/campaigns/{id}",
            doc("changeCampaign", "Replaces what is written of a campaign.", "修改专项行动。")
                .refuses(REFUSALS),
            save,
        )
        .and(organise())
        .and(take_part())
}

fn organise() -> Api {
    Api::new()
        .post(
            "/api/v1/campaigns/{id}/phases",
            doc("addCampaignPhase", "Adds a phase with its deliverables.", "增加阶段及其成果。")
                .makes()
                .refuses(REFUSALS),
            add_phase,
        )
        .post(
            "/api/v1/campaigns/{id}/lines",
            doc("addCampaignLine", "Adds a line of work with its target.", "增加工作线及其目标。")
                .makes()
                .refuses(REFUSALS),
            add_line,
        )
        .post(
            "/api/v1/campaigns/{id}/areas",
            doc("addCampaignArea", "Adds a street or community.", "增加街道或社区。").refuses(REFUSALS),
            add_area,
        )
        .post(
            "/api/v1/campaign-deliverables/{id}",
            doc("markDeliverable", "Marks a deliverable as done or open.", "标记成果完成或未完成。")
                .refuses(REFUSALS),
            mark,
        )
        .post(
            "/api/v1/campaigns/{id}/announce",
            doc("announceCampaign", "Makes a campaign public.", "公布专项行动。").refuses(REFUSALS),
            announce,
        )
        .post(
            "/api/v1/campaigns/{id}/close",
            doc("closeCampaign", "Closes a campaign with its report.", "写总结并结束专项行动。")
                .refuses(REFUSALS),
            close,
        )
        .post(
            "/api/v1/campaigns/{id}/again",
            doc(
                "repeatCampaign",
                "Copies a campaign as a draft with dates a year later.",
                "来年再办：按原内容建草稿，日期顺延。",
            )
            .makes()
            .refuses(REFUSALS),
            again,
        )
}

fn take_part() -> Api {
    Api::new()
        .get(
            "/api/v1/campaigns/{id}/items",
            doc(
                "listCampaignItems",
                "What teams declared for a campaign, by day; for its organiser.",
                "各队申报的项目，按日期；供主办方查看。",
            ),
            items,
        )
        .post(
            "/api/v1/campaigns/{id}/items",
            doc("declareCampaignItem", "Declares an item for a team.", "为队伍申报项目。")
                .makes()
                .refuses(REFUSALS),
            declare,
        )
        .post(
            "/api/v1/campaign-items/{id}/decide",
            doc("decideCampaignItem", "Accepts an item or gives it back.", "列入或退回申报的项目。")
                .refuses(REFUSALS),
            decide,
        )
        .post(
            "/api/v1/campaign-items/{id}/withdraw",
            doc("withdrawCampaignItem", "Takes an item back.", "撤回申报的项目。").refuses(REFUSALS),
            withdraw,
        )
        .post(
            "/api/v1/campaign-items/{id}/activity",
            doc(
                "planCampaignItem",
                "Makes the draft of an activity of an accepted item.",
                "把列入的项目建成活动草稿。",
            )
            .makes()
            .refuses(REFUSALS),
            plan,
        )
        .post(
            "/api/v1/campaigns/{id}/activities",
            doc(
                "attachToCampaign",
                "Counts an activity for a campaign, and perhaps for a line of it.",
                "把活动归入专项行动和工作线。",
            )
            .refuses(REFUSALS),
            attach,
        )
        .post(
            "/api/v1/campaigns/{id}/activities/remove",
            doc("detachFromCampaign", "Counts an activity no longer.", "把活动移出专项行动。")
                .refuses(REFUSALS),
            detach,
        )
}

/// A campaign of the list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Campaign")]
struct Brief {
    id: CampaignId,
    title: String,
    organiser: OrgId,
    organiser_name: String,
    from: Date,
    to: Date,
    /// Last day on which teams declare items.
    declare_until: Date,
    stage: CampaignStage,
    activities: i64,
}

fn brief(c: Campaign, today: Date) -> Brief {
    Brief {
        stage: c.stage(today),
        id: c.id,
        title: c.title,
        organiser: c.org_id,
        organiser_name: c.org_name,
        from: c.from_on,
        to: c.to_on,
        declare_until: c.declare_until,
        activities: c.activities,
    }
}

fn list(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, call: &Call<(), After>) -> Result<Paged<Brief>, Error> {
    let today = tx.now().date();
    let rows = store::list(tx, actor, Tab::Now, cursor_pair(&call.query.after), PAGE_ROWS + 1)?;
    let page = Page::cut(rows, 20, |c| format!("{}~{}", c.from_on.days(), c.id));
    Ok(Paged::of(page, |c| brief(c, today)))
}

/// What a phase is to bring.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CampaignDeliverable")]
struct DeliverableOut {
    id: DeliverableId,
    what: String,
    done: bool,
}

/// A phase.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CampaignPhase")]
struct PhaseOut {
    id: CampaignPhaseId,
    name: String,
    from: Date,
    to: Date,
    deliverables: Vec<DeliverableOut>,
}

/// A line with what came of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CampaignLine")]
struct LineOut {
    id: CampaignLineId,
    name: String,
    measure: Measure,
    /// Target; hours in minutes.
    target: i64,
    /// What came of it so far; hours in minutes.
    reached: i64,
}

/// A campaign as it stands.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CampaignWhole")]
struct Whole {
    #[serde(flatten)]
    brief: Brief,
    version: i64,
    title_en: String,
    basis: String,
    summary: String,
    /// The organiser's report; empty until it is closed.
    report: String,
    phases: Vec<PhaseOut>,
    lines: Vec<LineOut>,
    /// Streets and communities it covers; none: all under the organiser.
    areas: Vec<OrgId>,
    /// Cumulative figures, by the dictionary.
    figures: Vec<Shown>,
}

fn show(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, call: &Call<At<CampaignId>>) -> Result<Whole, Error> {
    let c = seen(tx, actor, call.path.id)?;
    let parts = super::pages::parts(tx, call.req.lang, &c)?;
    let reached = figures::reached(tx, &c)?;
    Ok(Whole {
        version: c.version,
        title_en: c.title_en.clone(),
        basis: c.basis.clone(),
        summary: c.summary.clone(),
        report: if c.state == CampaignState::Closed { c.report.clone() } else { String::new() },
        phases: parts
            .phases
            .into_iter()
            .map(|one| PhaseOut {
                id: one.p.id,
                name: one.p.name,
                from: one.p.from_on,
                to: one.p.to_on,
                deliverables: one
                    .all
                    .into_iter()
                    .map(|d| DeliverableOut { id: d.id, what: d.what, done: d.done_at.is_some() })
                    .collect(),
            })
            .collect(),
        lines: parts
            .lines
            .into_iter()
            .map(|one| LineOut {
                reached: reached.of(one.l.id).of(one.l.measure),
                id: one.l.id,
                name: one.l.name,
                measure: one.l.measure,
                target: one.l.target,
            })
            .collect(),
        areas: parts.areas.into_iter().map(|area| area.org_id).collect(),
        figures: parts.figures,
        brief: brief(c, tx.now().date()),
    })
}

/// What is written of a campaign.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WriteCampaign {
    /// Id of the organiser.
    org: OrgId,
    #[schemars(length(min = 1, max = 60))]
    title: String,
    #[serde(default)]
    #[schemars(length(max = 120))]
    title_en: String,
    /// The document or decision it rests on.
    #[serde(default)]
    #[schemars(length(max = 300))]
    basis: String,
    #[serde(default)]
    #[schemars(length(max = 3000))]
    summary: String,
    from: Date,
    to: Date,
    /// Last day on which teams declare items; without it the day before the start.
    #[serde(default)]
    declare_until: Option<Date>,
}

/// Something was made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CampaignMade")]
struct Made {
    id: CampaignId,
}

fn create(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), WriteCampaign>,
) -> Result<Made, Error> {
    actor.demand_any(kernel::Action::ActivityManage)?;
    let id = commands::create(tx, actor, call.body.org, &read::facts(&call.fields())?)?;
    Ok(Made { id })
}

/// What is changed of a campaign; all of it is replaced.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangeCampaign {
    /// The version that was read.
    version: i64,
    #[schemars(length(min = 1, max = 60))]
    title: String,
    #[serde(default)]
    #[schemars(length(max = 120))]
    title_en: String,
    #[serde(default)]
    #[schemars(length(max = 300))]
    basis: String,
    #[serde(default)]
    #[schemars(length(max = 3000))]
    summary: String,
    from: Date,
    to: Date,
    #[serde(default)]
    declare_until: Option<Date>,
}

fn save(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<CampaignId>, (), ChangeCampaign>,
) -> Result<Accepted, Error> {
    managed(tx, actor, call.path.id)?;
    commands::save(tx, actor, call.path.id, call.body.version, &read::facts(&call.fields())?)?;
    Ok(ACCEPTED)
}

/// A phase to be added.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AddPhase {
    #[schemars(length(min = 1, max = 40))]
    name: String,
    from: Date,
    to: Date,
    /// What it is to bring, one a line.
    #[serde(default)]
    #[schemars(length(max = 4000))]
    deliverables: String,
}

/// A phase was added.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CampaignPhaseMade")]
struct PhaseMade {
    id: CampaignPhaseId,
}

fn add_phase(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<CampaignId>, (), AddPhase>,
) -> Result<PhaseMade, Error> {
    managed(tx, actor, call.path.id)?;
    let id = commands::add_phase(tx, actor, call.path.id, &read::phase(&call.fields())?)?;
    Ok(PhaseMade { id })
}

/// A line to be added.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AddLine {
    #[schemars(length(min = 1, max = 40))]
    name: String,
    measure: Measure,
    /// What it should come to; hours as hours.
    #[schemars(range(min = 1, max = 100_000_000))]
    target: i64,
}

/// A line was added.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CampaignLineMade")]
struct LineMade {
    id: CampaignLineId,
}

fn add_line(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<CampaignId>, (), AddLine>,
) -> Result<LineMade, Error> {
    managed(tx, actor, call.path.id)?;
    let (name, measure, target) = read::line(&call.fields())?;
    let id = commands::add_line(tx, actor, call.path.id, &name, measure, target)?;
    Ok(LineMade { id })
}

/// An area to be added.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AddArea {
    /// Id of a street or community.
    area: OrgId,
}

fn add_area(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<CampaignId>, (), AddArea>,
) -> Result<Accepted, Error> {
    commands::add_area(tx, actor, call.path.id, call.body.area)?;
    Ok(ACCEPTED)
}

/// Whether something is there.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MarkDeliverable {
    done: bool,
}

fn mark(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<DeliverableId>, (), MarkDeliverable>,
) -> Result<Accepted, Error> {
    let what = if call.body.done { Mark::Done } else { Mark::Open };
    commands::mark(tx, actor, call.path.id, what)?;
    Ok(ACCEPTED)
}

fn announce(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<CampaignId>>,
) -> Result<Accepted, Error> {
    commands::announce(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}

/// The organiser's words.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CloseCampaign {
    #[schemars(length(min = 1, max = 5000))]
    report: String,
}

fn close(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<CampaignId>, (), CloseCampaign>,
) -> Result<Accepted, Error> {
    managed(tx, actor, call.path.id)?;
    let report = call.fields().required("report", Label("总结", "Report"), 5000)?;
    commands::close(tx, actor, call.path.id, &report)?;
    Ok(ACCEPTED)
}

fn again(_: &App, tx: &mut WriteTx<'_>, actor: &Actor, call: &Call<At<CampaignId>>) -> Result<Made, Error> {
    let id = commands::again(tx, actor, call.path.id)?;
    Ok(Made { id })
}

/// What a team declared.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CampaignItem")]
struct ItemOut {
    id: CampaignItemId,
    team: OrgId,
    team_name: String,
    line: Option<CampaignLineId>,
    title: String,
    day: Date,
    place: String,
    people: i64,
    note: String,
    state: ItemState,
    /// The organiser's note.
    reply: String,
    /// The activity made of it.
    activity: Option<ActivityId>,
    /// How many other items there are on that day.
    same_day: i64,
}

fn item_out(one: Item) -> ItemOut {
    ItemOut {
        id: one.id,
        team: one.org_id,
        team_name: one.org_name,
        line: one.line_id,
        title: one.title,
        day: one.day_on,
        place: one.place,
        people: one.people,
        note: one.note,
        state: one.state,
        reply: one.reply,
        activity: one.activity_id,
        same_day: one.same_day,
    }
}

/// Which items.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
struct ItemsAsked {
    /// State; without it those that wait.
    #[schemars(length(max = 20))]
    state: String,
    /// `next` of the page before.
    #[schemars(length(max = 200))]
    after: String,
}

fn items(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<CampaignId>, ItemsAsked>,
) -> Result<Paged<ItemOut>, Error> {
    let c = managed(tx, actor, call.path.id)?;
    let state = ItemState::from_code(&call.query.state).unwrap_or(ItemState::Declared);
    let rows = item_store::list(tx, c.id, state, cursor_pair(&call.query.after), 101)?;
    let page = Page::cut(rows, 100, |one| format!("{}~{}", one.day_on.days(), one.id));
    Ok(Paged::of(page, item_out))
}

/// An item to be declared.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DeclareItem {
    /// Id of the team.
    team: OrgId,
    #[serde(default)]
    line: Option<CampaignLineId>,
    #[schemars(length(min = 1, max = 60))]
    title: String,
    day: Date,
    #[schemars(length(min = 1, max = 100))]
    place: String,
    #[schemars(range(min = 1, max = 100_000))]
    people: i64,
    #[serde(default)]
    #[schemars(length(max = 300))]
    note: String,
}

/// An item was declared.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CampaignItemMade")]
struct ItemMade {
    id: CampaignItemId,
}

fn declare(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<CampaignId>, (), DeclareItem>,
) -> Result<ItemMade, Error> {
    actor.demand_any(kernel::Action::ActivityManage)?;
    seen(tx, actor, call.path.id)?;
    let entry = read::entry(&call.fields())?;
    let id = item_commands::declare(tx, actor, call.path.id, call.body.team, &entry)?;
    Ok(ItemMade { id })
}

/// What the organiser says.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DecideItem {
    accept: bool,
    /// What should be changed.
    #[serde(default)]
    #[schemars(length(max = 300))]
    reply: String,
}

fn decide(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<CampaignItemId>, (), DecideItem>,
) -> Result<Accepted, Error> {
    let reply = call.fields().optional("reply", Label("意见", "Note"), 300)?;
    item_commands::decide(tx, actor, call.path.id, call.body.accept, &reply)?;
    Ok(ACCEPTED)
}

fn withdraw(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<CampaignItemId>>,
) -> Result<Accepted, Error> {
    item_commands::withdraw(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}

/// What the activity is besides the item.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PlanItem {
    /// Code of the service category.
    #[schemars(length(min = 1, max = 40))]
    category: String,
}

/// A draft was made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CampaignActivityMade")]
struct ActivityMade {
    activity: ActivityId,
}

fn plan(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<CampaignItemId>, (), PlanItem>,
) -> Result<ActivityMade, Error> {
    item_commands::item_seen(tx, actor, call.path.id)?;
    if kernel::catalogue::category(&call.body.category).is_none() {
        return Err(Label("类别", "Category")
            .wrong("category", &call.body.category, "请从列表中选择。", "Choose one from the list.")
            .into());
    }
    let activity = item_commands::plan(tx, actor, call.path.id, &call.body.category)?;
    Ok(ActivityMade { activity })
}

/// An activity to be counted.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AttachActivity {
    activity: ActivityId,
    #[serde(default)]
    line: Option<CampaignLineId>,
}

fn attach(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<CampaignId>, (), AttachActivity>,
) -> Result<Accepted, Error> {
    item_commands::attach(tx, actor, call.path.id, call.body.activity, call.body.line)?;
    Ok(ACCEPTED)
}

/// An activity to be counted no longer.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DetachActivity {
    activity: ActivityId,
}

fn detach(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<CampaignId>, (), DetachActivity>,
) -> Result<Accepted, Error> {
    item_commands::detach(tx, actor, call.path.id, call.body.activity)?;
    Ok(ACCEPTED)
}
