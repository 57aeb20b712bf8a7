//! Annual plans for programs, by the same commands as the pages: expected against real, lines, what counts for them.

use axum::http::Method;
use db::{ReadTx, WriteTx};
use kernel::page::{PAGE_ROWS, Page};
use kernel::{Action, Actor, Error, OrgId, RefusalText, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, Api, At, Call, Paged, doc};
use ui::form::Label;

use super::annual_store::{self as store, Line, Progress};
use super::approval::{self, Act, Became};
use super::{PlanOutcome, PlanState, annual, refusals};
use crate::activity::ActivityState;
use crate::activity::store::org_find;
use crate::{ActivityId, PlanId, PlanLineId};

const REFUSALS: &[&[&RefusalText]] = &[refusals::ALL, crate::activity::refusals::ALL];

/// Operations of this subject.
#[must_use]
pub(super) fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/plans",
            doc(
                "listPlans",
                "Annual plans of the caller's part of the city with their progress, by name of the team.",
                "管理范围内的年度计划及进度，按队伍名称排序。",
            ),
            list,
        )
        .post(
            "/api/v1/plans",
            doc(
                "beginPlan",
                "Begins the plan of a team for a year, empty or with the lines of the year before; one that is there is \
                 answered.",
                "为队伍建立某年的计划，可带上一年的事项；已有计划时返回该计划。",
            )
            .makes()
            .refuses(REFUSALS),
            begin,
        )
        .get(
            "/api/v1/plans/{id}",
            doc("showPlan", "A plan with its lines: expected against real.", "一份计划及其事项：计划与实际。"),
            show,
        )
        .post(
            "/api/v1/plans/{id}/lines",
            doc("addPlanLine", "Adds a line to a plan.", "为计划增加一项。").makes().refuses(REFUSALS),
            add,
        )
        .get(
            "/api/v1/plan-lines/{id}",
            doc(
                "showPlanLine",
                "A line with what has come of it and the activities that count for it.",
                "计划的一项及其进度和归入的活动。",
            ),
            one,
        )
        .command(
            Method::PUT,
            "/api/v1/plan-lines/{id}",
            doc("changePlanLine", "Replaces a line of a plan.", "修改计划的一项。").refuses(REFUSALS),
            change,
        )
        .delete(
            "/api/v1/plan-lines/{id}",
            doc("deletePlanLine", "Takes a line out of its plan; its activities stay.", "从计划里删去一项，活动仍在。"),
            remove,
        )
        .post(
            "/api/v1/plan-lines/{id}/activities",
            doc(
                "linkActivity",
                "Counts an activity of the plan's team for a line, and for no other.",
                "把本队的活动归入这一项，不再归入其他项。",
            )
            .refuses(REFUSALS),
            link,
        )
        .delete(
            "/api/v1/plan-lines/{id}/activities/{activity}",
            doc(
                "unlinkActivity",
                "Counts an activity for a line no longer; doing it twice changes nothing.",
                "把活动移出这一项；重复操作不产生变化。",
            )
            .refuses(REFUSALS),
            unlink,
        )
        .post(
            "/api/v1/plans/{id}/state",
            doc(
                "movePlan",
                "Hands a plan in or takes it back, approves it or returns it with a note.",
                "提交或撤回计划；审批通过或退回并写明意见。",
            )
            .refuses(REFUSALS),
            step,
        )
        .post(
            "/api/v1/plan-lines/{id}/outcome",
            doc(
                "setPlanLineOutcome",
                "Says what became of a line: done, moved to a later month, dropped, or open again.",
                "说明一项的结果：完成、推迟到后面的月份、取消，或恢复。",
            )
            .refuses(REFUSALS),
            outcome,
        )
}

/// What is expected, and what has come of it.
#[derive(Serialize, JsonSchema)]
struct PlanNumbers {
    /// Sessions expected.
    sessions: i64,
    attendances: i64,
    minutes: i64,
    /// Sessions that are published and not cancelled.
    scheduled: i64,
    /// Sessions somebody attended.
    held: i64,
    /// Sign-ups that attended.
    attended: i64,
    /// Confirmed minutes.
    confirmed_minutes: i64,
}

const fn numbers(expected: (i64, i64, i64), come: Progress) -> PlanNumbers {
    PlanNumbers {
        sessions: expected.0,
        attendances: expected.1,
        minutes: expected.2,
        scheduled: come.scheduled,
        held: come.held,
        attended: come.attendances,
        confirmed_minutes: come.minutes,
    }
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
struct PlanQuery {
    /// This year when left out.
    #[schemars(range(min = 2000, max = 2100))]
    year: Option<i64>,
    /// Only within this organisation.
    org: Option<OrgId>,
    /// `next` of the page before.
    after: String,
}

/// A plan in a list.
#[derive(Serialize, JsonSchema)]
struct PlanLineOfTeam {
    id: PlanId,
    team: OrgId,
    team_name: String,
    /// How many lines it has.
    lines: i64,
    state: PlanState,
    progress: PlanNumbers,
}

fn come(all: &[(PlanId, Progress)], id: PlanId) -> Progress {
    all.iter().find(|one| one.0 == id).map_or(Progress::default(), |one| one.1)
}

fn list(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), PlanQuery>,
) -> Result<Paged<PlanLineOfTeam>, Error> {
    actor.demand_any(Action::ActivityManage)?;
    let query = &call.query;
    let this_year = i64::from(tx.now().date().0.year());
    let year = query.year.filter(|year| (2000..=2100).contains(year)).unwrap_or(this_year);
    let within = match query.org {
        Some(org) => org_find(tx, org)?.map(|org| org.area_path),
        None => None,
    };
    let after = query.after.parse().unwrap_or(PlanId(0));
    let rows = store::expected(tx, actor, year, within.as_deref(), after, PAGE_ROWS + 1)?;
    let real = store::progress_of_plans(tx, actor, year, within.as_deref())?;
    let page = Page::cut(rows, 20, |row| row.id.to_string());
    Ok(Paged::of(page, |row| PlanLineOfTeam {
        progress: numbers((row.sessions, row.attendances, row.minutes), come(&real, row.id)),
        id: row.id,
        team: row.org_id,
        team_name: row.org_name,
        lines: row.lines,
        state: row.state,
    }))
}

/// A plan to begin.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewPlan {
    team: OrgId,
    #[schemars(range(min = 2000, max = 2100))]
    year: i64,
    /// With the lines of the year before.
    #[serde(default)]
    as_before: bool,
}

/// A plan that is there.
#[derive(Serialize, JsonSchema)]
struct PlanBegun {
    id: PlanId,
}

fn begin(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), NewPlan>,
) -> Result<PlanBegun, Error> {
    actor.demand_any(Action::ActivityManage)?;
    let NewPlan { team, as_before, .. } = call.body;
    let year = call.fields().number("year", Label("年份", "Year"), 2000, 2100)?;
    Ok(PlanBegun { id: annual::begin(tx, actor, team, year, as_before)? })
}

/// A line of a plan.
#[derive(Serialize, JsonSchema)]
struct PlanEntry {
    id: PlanLineId,
    /// To be named by a change.
    version: i64,
    /// 1 to 12.
    month: i64,
    title: String,
    /// Code of the service category.
    category: String,
    /// Who sees to it.
    responsible: String,
    squad: String,
    /// How it is done.
    measure: String,
    /// What the team said became of it; null: nothing, or it follows from the progress.
    outcome: Option<PlanOutcome>,
    /// Why it was moved or dropped.
    reason: String,
    /// The month it was first planned for, when it was moved.
    moved_from: Option<i64>,
    progress: PlanNumbers,
}

fn item(line: Line, come: Progress) -> PlanEntry {
    PlanEntry {
        progress: numbers((line.sessions, line.attendances, line.minutes), come),
        id: line.id,
        version: line.version,
        month: line.month,
        title: line.title,
        category: line.category,
        responsible: line.responsible,
        squad: line.squad,
        measure: line.measure,
        outcome: line.outcome,
        reason: line.reason,
        moved_from: line.moved_from,
    }
}

/// A plan.
#[derive(Serialize, JsonSchema)]
struct PlanWhole {
    id: PlanId,
    team: OrgId,
    team_name: String,
    year: i64,
    state: PlanState,
    /// What whoever answered said.
    note: String,
    submitted_at: Option<Timestamp>,
    decided_at: Option<Timestamp>,
    /// By month.
    lines: Vec<PlanEntry>,
    /// What the team did that no line names: nothing is expected of it.
    outside: PlanNumbers,
}

fn of_line(all: &[(PlanLineId, Progress)], id: PlanLineId) -> Progress {
    all.iter().find(|one| one.0 == id).map_or(Progress::default(), |one| one.1)
}

fn show(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, call: &Call<At<PlanId>>) -> Result<PlanWhole, Error> {
    let plan = annual::managed_plan(tx, actor, call.path.id)?;
    let real = store::progress_of_lines(tx, &plan)?;
    let lines = store::lines(tx, plan.id)?;
    let outside = store::progress_outside(tx, &plan)?;
    Ok(PlanWhole {
        lines: lines
            .into_iter()
            .map(|line| {
                let come = of_line(&real, line.id);
                item(line, come)
            })
            .collect(),
        outside: numbers((0, 0, 0), outside),
        id: plan.id,
        team: plan.org_id,
        team_name: plan.org_name,
        year: plan.year,
        state: plan.state,
        note: plan.note,
        submitted_at: plan.submitted_at,
        decided_at: plan.decided_at,
    })
}

/// What is planned.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PlanLineText {
    #[schemars(range(min = 1, max = 12))]
    month: i64,
    #[schemars(length(min = 1, max = 60))]
    title: String,
    /// Code of a service category.
    #[schemars(length(max = 60))]
    category: String,
    #[serde(default)]
    #[schemars(range(min = 0, max = 10_000))]
    sessions: i64,
    #[serde(default)]
    #[schemars(range(min = 0, max = 1_000_000))]
    attendances: i64,
    #[serde(default)]
    #[schemars(range(min = 0, max = 1_000_000))]
    hours: i64,
    /// Who sees to it.
    #[serde(default)]
    #[schemars(length(max = 40))]
    responsible: String,
    #[serde(default)]
    #[schemars(length(max = 40))]
    squad: String,
    /// How it is done.
    #[serde(default)]
    #[schemars(length(max = 300))]
    measure: String,
    /// The version that was changed; not for a new line.
    #[serde(default)]
    version: i64,
}

/// A line that was added.
#[derive(Serialize, JsonSchema)]
struct PlanLineAdded {
    id: PlanLineId,
}

fn add(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<PlanId>, (), PlanLineText>,
) -> Result<PlanLineAdded, Error> {
    let plan = annual::managed_plan(tx, actor, call.path.id)?;
    let line = annual::read_line(&call.fields(), PlanLineId(0), plan.id)?;
    Ok(PlanLineAdded { id: annual::put_line(tx, actor, line)? })
}

/// An activity that counts for a line.
#[derive(Serialize, JsonSchema)]
struct PlanActivity {
    id: ActivityId,
    title: String,
    state: ActivityState,
    first_at: Option<Timestamp>,
}

/// A line with what counts for it.
#[derive(Serialize, JsonSchema)]
struct PlanEntryWhole {
    plan: PlanId,
    #[serde(flatten)]
    line: PlanEntry,
    activities: Vec<PlanActivity>,
}

fn one(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<PlanLineId>>,
) -> Result<PlanEntryWhole, Error> {
    let (line, plan) = annual::managed_line(tx, actor, call.path.id)?;
    let come = of_line(&store::progress_of_lines(tx, &plan)?, line.id);
    let activities = store::linked(tx, line.id)?.into_iter().map(|one| PlanActivity {
        id: one.id,
        title: one.title,
        state: one.state,
        first_at: one.first_at,
    });
    Ok(PlanEntryWhole { plan: plan.id, activities: activities.collect(), line: item(line, come) })
}

fn change(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<PlanLineId>, (), PlanLineText>,
) -> Result<Accepted, Error> {
    let (line, plan) = annual::managed_line(tx, actor, call.path.id)?;
    annual::put_line(tx, actor, annual::read_line(&call.fields(), line.id, plan.id)?)?;
    Ok(ACCEPTED)
}

fn remove(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<PlanLineId>>,
) -> Result<Accepted, Error> {
    annual::remove_line(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}

/// An activity to count.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CountActivity {
    activity: ActivityId,
}

fn link(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<PlanLineId>, (), CountActivity>,
) -> Result<Accepted, Error> {
    annual::link(tx, actor, call.path.id, call.body.activity)?;
    Ok(ACCEPTED)
}

/// An activity at a line.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[schemars(inline)]
struct AtActivity {
    /// Id of the line.
    id: PlanLineId,
    /// Id of the activity.
    activity: ActivityId,
}

fn unlink(_: &App, tx: &mut WriteTx<'_>, actor: &Actor, call: &Call<AtActivity>) -> Result<Accepted, Error> {
    annual::unlink(tx, actor, call.path.id, call.path.activity)?;
    Ok(ACCEPTED)
}

/// What is done with a plan.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum PlanAct {
    HandIn,
    Withdraw,
    Approve,
    Return,
}

/// What is done with a plan, and a note.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MovePlan {
    act: PlanAct,
    /// Needed to return it.
    #[serde(default)]
    #[schemars(length(max = 300))]
    note: String,
    /// When it was handed in, as whoever answers has seen it; left out: whatever stands there now.
    #[serde(default)]
    seen: Option<Timestamp>,
}

fn step(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<PlanId>, (), MovePlan>,
) -> Result<Accepted, Error> {
    let note = call.fields().optional("note", Label("意见", "Note"), 300)?;
    let act = match call.body.act {
        PlanAct::HandIn => Act::HandIn,
        PlanAct::Withdraw => Act::Withdraw,
        PlanAct::Approve => Act::Approve,
        PlanAct::Return => Act::Return,
    };
    approval::act(tx, actor, call.path.id, act, (call.body.seen, &note))?;
    Ok(ACCEPTED)
}

/// What became of a line, in one word.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum PlanLineWord {
    Done,
    Moved,
    Dropped,
    Open,
}

/// What became of a line.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PlanLineOutcome {
    outcome: PlanLineWord,
    /// The later month it is moved to.
    #[serde(default)]
    #[schemars(range(min = 1, max = 12))]
    to: Option<i64>,
    /// Needed to move or drop it.
    #[serde(default)]
    #[schemars(length(max = 200))]
    reason: String,
    /// The version that was seen.
    version: i64,
}

fn outcome(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<PlanLineId>, (), PlanLineOutcome>,
) -> Result<Accepted, Error> {
    annual::managed_line(tx, actor, call.path.id)?;
    let fields = call.fields();
    let reason = fields.optional("reason", Label("原因", "Why"), 200)?;
    let became = match call.body.outcome {
        PlanLineWord::Done => Became::Done,
        PlanLineWord::Dropped => Became::Dropped,
        PlanLineWord::Open => Became::Open,
        PlanLineWord::Moved => Became::Moved(fields.number("to", Label("推迟到", "Move to"), 1, 12)?),
    };
    approval::became(tx, actor, call.path.id, call.body.version, (&became, &reason))?;
    Ok(ACCEPTED)
}
