//! The annual plan of a team: lines by month, progress from what really happened, an activity from a line;
//! the overview of all plans one looks after.

use askama::Template;
use axum::extract::{Path, Query, State};
use db::{ReadTx, WriteTx};
use kernel::error::{Collect, common};
use kernel::{Action, Actor, Date, Error, Lang, Minutes, OrgId, Place, Refusal, catalogue};
use serde::Deserialize;
use ui::answer::{Answer, Done};
use ui::form::Label;
use ui::list::{Desk, List};
use ui::sheet::Cell;
use ui::{App, Fields, Form, Req, Shell};

use super::annual_store::{self as store, Line, Linked, Plan, Progress};
use super::{PlanOutcome, approval, refusals};
use crate::activity::commands::managed;
use crate::activity::pages::{category_name, category_options, export_note, parse};
use crate::activity::store::{org_choices, org_find};
use crate::{ActivityId, PlanId, PlanLineId};

/// How many lines a plan has at most.
const LINES: usize = 200;
/// How many plans an overview shows.
const PLANS: i64 = 2000;

/// A plan the actor looks after.
pub(super) fn managed_plan(tx: &mut ReadTx<'_>, actor: &Actor, id: PlanId) -> Result<Plan, Error> {
    actor.account()?;
    store::find(tx, id)?
        .filter(|plan| {
            let at = Place { area_path: &plan.area_path, sponsor_path: &plan.sponsor_path };
            kernel::can(actor, Action::ActivityManage, at)
        })
        .ok_or_else(|| (&common::NOT_FOUND).into())
}

/// A line of a plan the actor looks after.
pub(super) fn managed_line(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    id: PlanLineId,
) -> Result<(Line, Plan), Error> {
    actor.account()?;
    let line = store::line(tx, id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let plan = managed_plan(tx, actor, line.plan_id)?;
    Ok((line, plan))
}

fn note(tx: &mut WriteTx<'_>, actor: &Actor, plan: PlanId, detail: &str) -> Result<(), Error> {
    people::audit::note(tx, actor, "plan.change", "plan", plan.0, detail)?;
    Ok(())
}

/// Begins the plan of a team for a year, empty or with the lines of the year before. Doing it twice leads to
/// the same plan.
///
/// # Errors
/// `common.forbidden`, `common.not_found`.
pub fn begin(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    team: OrgId,
    year: i64,
    as_before: bool,
) -> Result<PlanId, Error> {
    let org = org_find(tx, team)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let at = Place { area_path: &org.area_path, sponsor_path: &org.sponsor_path };
    actor.demand(Action::ActivityManage, at)?;
    if let Some(there) = store::of_team(tx, team, year)? {
        return Ok(there);
    }
    let id: PlanId = tx.new_id();
    store::insert(tx, id, team, year, actor.account)?;
    let mut count = 0;
    if as_before && let Some(before) = store::of_team(tx, team, year - 1)? {
        for line in store::lines(tx, before)? {
            count += 1;
            let month = line.moved_from.unwrap_or(line.month);
            let line = Line { id: tx.new_id(), plan_id: id, version: 1, month, ..line };
            store::insert_line(tx, &line)?;
        }
    }
    note(tx, actor, id, &format!("begin year={year} lines={count}"))?;
    Ok(id)
}

/// Writes a line, new (`id` 0) or changed; returns its id.
///
/// # Errors
/// `plan.too_many_lines`, `common.stale`, `common.not_found`.
pub fn put_line(tx: &mut WriteTx<'_>, actor: &Actor, mut line: Line) -> Result<PlanLineId, Error> {
    let plan = managed_plan(tx, actor, line.plan_id)?;
    approval::touched(tx, actor, &plan)?;
    if line.id == PlanLineId(0) {
        if store::lines(tx, plan.id)?.len() >= LINES {
            return Err((&refusals::TOO_MANY_LINES).into());
        }
        line.id = tx.new_id();
        store::insert_line(tx, &line)?;
        note(tx, actor, plan.id, &format!("add month={} category={}", line.month, line.category))?;
    } else {
        if !store::update_line(tx, &line)? {
            return Err((&common::STALE).into());
        }
        note(tx, actor, plan.id, &format!("edit line={} month={}", line.id, line.month))?;
    }
    Ok(line.id)
}

/// Takes a line out of its plan; its activities stay.
///
/// # Errors
/// `common.not_found`.
pub fn remove_line(tx: &mut WriteTx<'_>, actor: &Actor, line: PlanLineId) -> Result<PlanId, Error> {
    let (line, plan) = managed_line(tx, actor, line)?;
    approval::touched(tx, actor, &plan)?;
    store::delete_line(tx, line.id)?;
    note(tx, actor, plan.id, &format!("remove line={} month={}", line.id, line.month))?;
    Ok(plan.id)
}

/// Counts an activity for a line no longer. Doing it twice changes nothing.
///
/// # Errors
/// `common.not_found`.
pub fn unlink(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    line: PlanLineId,
    activity: ActivityId,
) -> Result<PlanId, Error> {
    let (line, plan) = managed_line(tx, actor, line)?;
    store::unlink(tx, line.id, activity)?;
    Ok(plan.id)
}

/// Counts an activity of the plan's team for a line.
///
/// # Errors
/// `common.not_found`, `plan.other_team`.
pub fn link(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    line: PlanLineId,
    activity: ActivityId,
) -> Result<PlanId, Error> {
    let (line, plan) = managed_line(tx, actor, line)?;
    let a = managed(tx, actor, activity)?;
    if a.org_id != plan.org_id {
        return Err((&refusals::OTHER_TEAM).into());
    }
    store::link(tx, line.id, activity)?;
    Ok(plan.id)
}

/// What the activity form starts from when it is opened from a line: its title and category, the places that
/// are left to reach what is expected, and the line itself.
///
/// # Errors
/// `common.not_found`.
pub(crate) fn prefill(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    line: PlanLineId,
) -> Result<(OrgId, Vec<(String, String)>), Error> {
    let (line, plan) = managed_line(tx, actor, line)?;
    let own = |name: &str, value: String| (name.to_owned(), value);
    let mut out =
        vec![own("line", line.id.to_string()), own("title", line.title), own("category", line.category)];
    if line.sessions > 0 && line.attendances > 0 {
        // Whole people a session, rounded up.
        out.push(own("quota", ((line.attendances + line.sessions - 1) / line.sessions).to_string()));
    }
    if let Some(day) = first_saturday(plan.year, line.month).filter(|day| *day > tx.now().date()) {
        out.push(own("dates", day.to_string()));
    }
    Ok((plan.org_id, out))
}

/// The first Saturday of a month.
fn first_saturday(year: i64, month: i64) -> Option<Date> {
    let first = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, 1)?;
    Some(first.plus((6 - first.weekday()).rem_euclid(7)))
}

// ---- pages ------------------------------------------------------------------------------------

/// Expected against real, ready to show.
#[derive(Debug)]
pub struct Numbers {
    pub sessions: String,
    pub attendances: String,
    pub hours: String,
    /// In words: done, under way, not begun, late.
    pub state: &'static str,
}

/// A line ready to show.
#[derive(Debug)]
pub struct LineView {
    pub line: Line,
    pub month: String,
    pub category: String,
    pub n: Numbers,
    /// That it was moved or dropped, and why.
    pub said: String,
}

#[derive(Template)]
#[template(path = "plan/plan.html")]
struct PlanPage {
    shell: Shell,
    form: Form,
    plan: Plan,
    /// Where it stands, and what can be done.
    approval: approval::Standing,
    lines: Vec<LineView>,
    total: Numbers,
    outside: Numbers,
    years: Vec<(PlanId, i64)>,
    months: Vec<(String, String)>,
    categories: Vec<(String, String)>,
    next_year: Option<i64>,
    export: String,
}

#[derive(Template)]
#[template(path = "plan/line.html")]
struct LinePage {
    shell: Shell,
    form: Form,
    line: Line,
    plan: Plan,
    n: Numbers,
    /// That it was moved or dropped, and why.
    said: String,
    /// Later months of the year.
    later: Vec<(String, String)>,
    linked: Vec<Linked>,
    linkable: Vec<(String, String)>,
    months: Vec<(String, String)>,
    categories: Vec<(String, String)>,
}

/// A plan in the overview.
#[derive(Debug)]
pub struct PlanRow {
    pub id: PlanId,
    pub name: String,
    pub lines: i64,
    pub n: Numbers,
    pub stands: &'static str,
}

#[derive(Template)]
#[template(path = "plan/overview.html")]
struct OverviewPage {
    shell: Shell,
    desk: Box<Desk>,
    form: Form,
    year: i64,
    within: Option<String>,
    rows: Vec<PlanRow>,
    total: Numbers,
    teams: Vec<(String, String)>,
    missing: Vec<(OrgId, String)>,
    more_missing: bool,
    export: String,
    before: String,
    after: String,
}

fn hours(minutes: i64) -> String {
    Minutes(minutes).hours()
}

/// `month` 0: of a whole year. `now` is year and month.
fn numbers(lang: Lang, e: (i64, i64, i64), p: Progress, due: (i64, i64), now: (i64, i64)) -> Numbers {
    let reached = p.held >= e.0 && p.attendances >= e.1 && p.minutes >= e.2;
    let state = if (e.0, e.1, e.2) == (0, 0, 0) && p.held == 0 {
        ""
    } else if reached {
        lang.t("已完成", "Done")
    } else if due < now {
        lang.t("到期未完成", "Past due")
    } else if p.held > 0 || p.scheduled > 0 {
        lang.t("进行中", "Under way")
    } else {
        lang.t("未开始", "Not begun")
    };
    Numbers {
        sessions: format!("{}/{}", p.held, e.0),
        attendances: format!("{}/{}", p.attendances, e.1),
        hours: format!("{}/{}", hours(p.minutes), hours(e.2)),
        state,
    }
}

pub(super) fn this_month(tx: &ReadTx<'_>) -> (i64, i64) {
    let today = tx.now().date();
    (i64::from(today.0.year()), i64::from(today.0.month()))
}

fn sum(all: impl Iterator<Item = Progress>) -> Progress {
    all.fold(Progress::default(), |a, b| Progress {
        scheduled: a.scheduled + b.scheduled,
        held: a.held + b.held,
        attendances: a.attendances + b.attendances,
        minutes: a.minutes + b.minutes,
    })
}

/// The state of a line: what the team said of it, else what follows from the numbers.
fn state_of(lang: Lang, line: &Line, n: Numbers) -> Numbers {
    match line.outcome {
        Some(outcome) => Numbers { state: outcome.name(lang), ..n },
        None => n,
    }
}

/// That a line was moved or dropped, and why.
pub(super) fn said(lang: Lang, line: &Line) -> String {
    let why = |text: String| match line.reason.as_str() {
        "" => text,
        reason => format!("{text}{}{reason}", lang.t("：", ": ")),
    };
    match (line.outcome, line.moved_from) {
        (Some(PlanOutcome::Dropped), _) => why(lang.t("取消", "Dropped").to_owned()),
        (Some(PlanOutcome::Done), _) if !line.reason.is_empty() => line.reason.clone(),
        (None, Some(from)) => why(lang.f(
            "从 {}推迟到 {}",
            "Moved from {} to {}",
            &[&month_name(lang, from), &month_name(lang, line.month)],
        )),
        _ => String::new(),
    }
}

pub(super) fn months(lang: Lang) -> Vec<(String, String)> {
    (1..=12).map(|month| (month.to_string(), month_name(lang, month))).collect()
}

pub(super) fn month_name(lang: Lang, month: i64) -> String {
    const EN: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    match lang {
        Lang::Zh => format!("{month} 月"),
        Lang::En => {
            let at = usize::try_from(month - 1).unwrap_or(0);
            EN.get(at).copied().unwrap_or_default().to_owned()
        }
    }
}

pub(super) fn line_views(
    tx: &mut ReadTx<'_>,
    lang: Lang,
    plan: &Plan,
) -> Result<(Vec<LineView>, Numbers), Error> {
    let lines = store::lines(tx, plan.id)?;
    let progress = store::progress_of_lines(tx, plan)?;
    let now = this_month(tx);
    let of =
        |id: PlanLineId| progress.iter().find(|one| one.0 == id).map_or(Progress::default(), |one| one.1);
    let expected =
        lines.iter().fold((0, 0, 0), |a, l| (a.0 + l.sessions, a.1 + l.attendances, a.2 + l.minutes));
    let total = numbers(lang, expected, sum(progress.iter().map(|one| one.1)), (plan.year, 12), now);
    let views = lines
        .into_iter()
        .map(|line| LineView {
            month: month_name(lang, line.month),
            category: category_name(&line.category, lang).to_owned(),
            n: state_of(
                lang,
                &line,
                numbers(
                    lang,
                    (line.sessions, line.attendances, line.minutes),
                    of(line.id),
                    (plan.year, line.month),
                    now,
                ),
            ),
            said: said(lang, &line),
            line,
        })
        .collect();
    Ok((views, total))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    year: String,
    org: String,
    format: String,
}

pub(super) fn render_plan(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    form: Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let plan = managed_plan(tx, actor, parse(id)?)?;
    let (lines, total) = line_views(tx, lang, &plan)?;
    let title = lang.f("{} {} 年计划", "{}: plan of {}", &[&plan.org_name, &plan.year]);
    if req.target.contains("format=xlsx") {
        return sheet(lang, actor, tx.now(), &title, &lines, &total);
    }
    let outside = store::progress_outside(tx, &plan)?;
    let years = store::years_of_team(tx, plan.org_id)?;
    let page = PlanPage {
        shell: app.shell(req, actor, &title),
        form,
        approval: approval::standing(lang, actor, &plan, lines.is_empty()),
        lines,
        total,
        outside: Numbers {
            sessions: outside.held.to_string(),
            attendances: outside.attendances.to_string(),
            hours: hours(outside.minutes),
            state: "",
        },
        next_year: (!years.iter().any(|one| one.1 == plan.year + 1)).then_some(plan.year + 1),
        years,
        months: months(lang),
        categories: category_options(lang, true),
        export: req.with_query("format", "xlsx"),
        plan,
    };
    ui::answer::html(app, req, &page)
}

fn sheet(
    lang: Lang,
    actor: &Actor,
    now: kernel::Timestamp,
    title: &str,
    lines: &[LineView],
    total: &Numbers,
) -> Result<Answer, Error> {
    let heads = [
        lang.t("月份", "Month"),
        lang.t("事项", "What"),
        lang.t("类别", "Category"),
        lang.t("分队", "Squad"),
        lang.t("负责", "Who sees to it"),
        lang.t("措施", "How"),
        lang.t("场次（实际/计划）", "Sessions (held/planned)"),
        lang.t("人次（实际/计划）", "Attendances (real/planned)"),
        lang.t("小时（实际/计划）", "Hours (real/planned)"),
        lang.t("进度", "Progress"),
        lang.t("说明", "Note"),
    ];
    let tail = |n: &Numbers| -> Vec<Cell> {
        vec![n.sessions.clone().into(), n.attendances.clone().into(), n.hours.clone().into(), n.state.into()]
    };
    let mut cells: Vec<Vec<Cell>> = lines
        .iter()
        .map(|v| {
            let mut row: Vec<Cell> = vec![
                v.month.clone().into(),
                v.line.title.clone().into(),
                v.category.clone().into(),
                v.line.squad.clone().into(),
                v.line.responsible.clone().into(),
                v.line.measure.clone().into(),
            ];
            row.extend(tail(&v.n));
            row.push(v.said.clone().into());
            row
        })
        .collect();
    let mut last: Vec<Cell> = vec![lang.t("合计", "Total").into()];
    last.extend((0..5).map(|_| Cell::from("")));
    last.extend(tail(total));
    last.push("".into());
    cells.push(last);
    ui::sheet::answer(title, &export_note(lang, actor, now), &heads, &cells)
}

/// A team's plan with its progress.
pub(super) async fn show(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let form = Form::filled([("month", this_month(tx).1.to_string())]);
        render_plan(&a, tx, req, actor, &id, form)
    })
    .await
}

/// Reads a line; the same for page and API.
pub(super) fn read_line(fields: &Fields, id: PlanLineId, plan: PlanId) -> Result<Line, Error> {
    let mut all = Collect::default();
    let zero = |name: &'static str, label: Label, max: i64, all: &mut Collect| match fields.text(name) {
        "" => 0,
        _ => all.take(fields.number(name, label, 0, max)).unwrap_or(0),
    };
    let category = fields.text("category").to_owned();
    if catalogue::category(&category).is_none() {
        all.push(Refusal::new(&common::REQUIRED).with_both("label", "类别", "Category").on("category"));
    }
    let line = Line {
        id,
        plan_id: plan,
        month: all.take(fields.number("month", Label("月份", "Month"), 1, 12)).unwrap_or(1),
        title: all.take(fields.required("title", Label("事项", "What"), 60)).unwrap_or_default(),
        category,
        sessions: zero("sessions", Label("计划场次", "Sessions"), 10_000, &mut all),
        attendances: zero("attendances", Label("计划人次", "Attendances"), 1_000_000, &mut all),
        minutes: 60 * zero("hours", Label("计划小时", "Hours"), 1_000_000, &mut all),
        responsible: all
            .take(fields.optional("responsible", Label("负责", "Who sees to it"), 40))
            .unwrap_or_default(),
        squad: all.take(fields.optional("squad", Label("分队", "Squad"), 40)).unwrap_or_default(),
        measure: all.take(fields.optional("measure", Label("措施", "How"), 300)).unwrap_or_default(),
        version: fields.text("version").parse().unwrap_or(0),
        outcome: None,
        reason: String::new(),
        moved_from: None,
    };
    all.done()?;
    Ok(line)
}

/// Adds a line.
pub(super) async fn add_line(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let plan = managed_plan(tx, actor, parse(&id)?)?;
            let line = read_line(fields, PlanLineId(0), plan.id)?;
            put_line(tx, actor, line)?;
            Ok(Done::to(format!("/plans/{}", plan.id), req.lang.t("已加入计划。", "Added to the plan.")))
        },
        move |tx, req, actor, form| render_plan(&a, tx, req, actor, &again, form.clone()),
    )
    .await
}

/// The fields of a line's form.
fn fields_of(line: &Line) -> [(&'static str, String); 10] {
    [
        ("version", line.version.to_string()),
        ("month", line.month.to_string()),
        ("title", line.title.clone()),
        ("category", line.category.clone()),
        ("sessions", line.sessions.to_string()),
        ("attendances", line.attendances.to_string()),
        ("hours", (line.minutes / 60).to_string()),
        ("squad", line.squad.clone()),
        ("responsible", line.responsible.clone()),
        ("measure", line.measure.clone()),
    ]
}

fn render_line(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    form: Option<Form>,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let (line, plan) = managed_line(tx, actor, parse(id)?)?;
    let form = form.unwrap_or_else(|| Form::filled(fields_of(&line)));
    let progress = store::progress_of_lines(tx, &plan)?;
    let mine = progress.iter().find(|one| one.0 == line.id).map_or(Progress::default(), |one| one.1);
    let expected = (line.sessions, line.attendances, line.minutes);
    let n = state_of(lang, &line, numbers(lang, expected, mine, (plan.year, line.month), this_month(tx)));
    let linkable = store::linkable(tx, plan.org_id, plan.year)?
        .into_iter()
        .map(|one| {
            let day = one.first_at.map_or_else(String::new, |at| format!(" · {}", at.date()));
            (one.id.to_string(), format!("{}{day}", one.title))
        })
        .collect();
    let page = LinePage {
        shell: app.shell(req, actor, &line.title),
        form,
        n,
        said: said(lang, &line),
        later: (line.month + 1..=12).map(|month| (month.to_string(), month_name(lang, month))).collect(),
        linked: store::linked(tx, line.id)?,
        linkable,
        months: months(lang),
        categories: category_options(lang, true),
        line,
        plan,
    };
    ui::answer::html(app, req, &page)
}

/// The page of a line after something else than its own form was refused.
pub(super) fn render_line_again(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    form: &Form,
) -> Result<Answer, Error> {
    let mut shown = form.clone();
    let (line, _) = managed_line(tx, actor, parse(id)?)?;
    for (name, value) in fields_of(&line) {
        shown.fields.0.push((name.to_owned(), value));
    }
    render_line(app, tx, req, actor, id, Some(shown))
}

/// A line with its activities.
pub(super) async fn line(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_line(&a, tx, req, actor, &id, None)).await
}

/// Changes a line.
pub(super) async fn save_line(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let (line, plan) = managed_line(tx, actor, parse(&id)?)?;
            put_line(tx, actor, read_line(fields, line.id, plan.id)?)?;
            Ok(Done::to(format!("/plans/{}", plan.id), req.lang.t("已保存。", "Saved.")))
        },
        move |tx, req, actor, form| render_line(&a, tx, req, actor, &again, Some(form.clone())),
    )
    .await
}

/// Takes a line out of the plan.
pub(super) async fn delete_line(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        let plan = remove_line(tx, actor, parse(&id)?)?;
        let say = req.lang.t("已从计划里删去，活动仍在。", "Taken out; its activities stay.");
        Ok(Done::to(format!("/plans/{plan}"), say))
    })
    .await
}

/// Counts an activity for a line.
pub(super) async fn link_submit(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let line: PlanLineId = parse(&id)?;
            managed_line(tx, actor, line)?;
            let activity = fields.id("activity", Label("活动", "Activity"))?;
            link(tx, actor, line, activity)?;
            Ok(Done::to(
                format!("/plan-lines/{line}"),
                req.lang.t("已归入这一项。", "Counted for this line."),
            ))
        },
        move |tx, req, actor, form| render_line_again(&a, tx, req, actor, &again, form),
    )
    .await
}

/// Counts it no longer.
pub(super) async fn unlink_submit(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, fields| {
        let line: PlanLineId = parse(&id)?;
        managed_line(tx, actor, line)?;
        unlink(tx, actor, line, fields.id("activity", Label("活动", "Activity"))?)?;
        Ok(Done::to(format!("/plan-lines/{line}"), req.lang.t("已移出。", "Taken out.")))
    })
    .await
}

/// The list of plans.
pub static LIST: List =
    List { path: "/plans", name: ("年度计划", "Annual plans"), filters: &["year", "org"], columns: &[] };

fn render_overview(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    asked: &Asked,
    form: Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::ActivityManage)?;
    let desk = match people::view::desk(app, tx, req, actor, &LIST)? {
        Ok(desk) => desk,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let (lang, now) = (req.lang, this_month(tx));
    let year = asked.year.parse().ok().filter(|year| (2000..=2100).contains(year)).unwrap_or(now.0);
    let within = match asked.org.parse::<OrgId>() {
        Ok(id) => org_find(tx, id)?,
        Err(_) => None,
    };
    let path = within.as_ref().map(|org| org.area_path.as_str());
    let plans = store::expected(tx, actor, year, path, PlanId(0), PLANS)?;
    let progress = store::progress_of_plans(tx, actor, year, path)?;
    let of = |id: PlanId| progress.iter().find(|one| one.0 == id).map_or(Progress::default(), |one| one.1);
    let expected =
        plans.iter().fold((0, 0, 0), |a, p| (a.0 + p.sessions, a.1 + p.attendances, a.2 + p.minutes));
    let total = numbers(lang, expected, sum(progress.iter().map(|one| one.1)), (year, 12), now);
    let rows: Vec<PlanRow> = plans
        .into_iter()
        .map(|plan| PlanRow {
            n: numbers(lang, (plan.sessions, plan.attendances, plan.minutes), of(plan.id), (year, 12), now),
            id: plan.id,
            name: plan.org_name,
            lines: plan.lines,
            stands: plan.state.name(lang),
        })
        .collect();
    let title = lang.f("{} 年计划", "Plans of {}", &[&year]);
    if asked.format == "xlsx" {
        let heads = [
            lang.t("队伍", "Team"),
            lang.t("事项", "Lines"),
            lang.t("场次（实际/计划）", "Sessions (held/planned)"),
            lang.t("人次（实际/计划）", "Attendances (real/planned)"),
            lang.t("小时（实际/计划）", "Hours (real/planned)"),
            lang.t("进度", "Progress"),
            lang.t("审批", "Approval"),
        ];
        let row = |name: &str, lines: i64, n: &Numbers, stands: &str| -> Vec<Cell> {
            vec![
                name.into(),
                lines.into(),
                n.sessions.clone().into(),
                n.attendances.clone().into(),
                n.hours.clone().into(),
                n.state.into(),
                stands.into(),
            ]
        };
        let mut cells: Vec<Vec<Cell>> =
            rows.iter().map(|one| row(&one.name, one.lines, &one.n, one.stands)).collect();
        let lines = rows.iter().map(|one| one.lines).sum();
        cells.push(row(lang.t("合计", "Total"), lines, &total, ""));
        return ui::sheet::answer(&title, &export_note(lang, actor, tx.now()), &heads, &cells);
    }
    let mut missing = store::without(tx, actor, year, path)?;
    let more_missing = missing.len() > 100;
    missing.truncate(100);
    let teams = org_choices(tx, actor)?.into_iter().map(|org| (org.id.to_string(), org.name)).collect();
    let page = OverviewPage {
        shell: app.shell(req, actor, &title),
        desk,
        form,
        year,
        within: within.map(|org| org.name),
        rows,
        total,
        teams,
        missing,
        more_missing,
        export: req.with_query("format", "xlsx"),
        before: req.with_query("year", &(year - 1).to_string()),
        after: req.with_query("year", &(year + 1).to_string()),
    };
    ui::answer::html(app, req, &page)
}

/// All plans one looks after, with sums.
pub(super) async fn overview(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let form = Form::filled([("org", asked.org.as_str())]);
        render_overview(&a, tx, req, actor, &asked, form)
    })
    .await
}

/// Begins a plan.
pub(super) async fn begin_submit(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, _, actor, fields| {
            actor.demand_any(Action::ActivityManage)?;
            let mut all = Collect::default();
            let team = all.take(fields.id::<OrgId>("team", Label("队伍", "Team")));
            let year = all.take(fields.number("year", Label("年份", "Year"), 2000, 2100));
            all.done()?;
            let (Some(team), Some(year)) = (team, year) else { return Err((&common::NOT_FOUND).into()) };
            let id = begin(tx, actor, team, year, fields.ticked("as_before"))?;
            Ok(Done::to(format!("/plans/{id}"), ""))
        },
        move |tx, req, actor, form| {
            let asked = Asked { year: form.v("year").to_owned(), ..Asked::default() };
            render_overview(&a, tx, req, actor, &asked, form.clone())
        },
    )
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_line_has_come_to() {
        let n = |held, due| {
            let progress = Progress { scheduled: held, held, attendances: 10 * held, minutes: 600 * held };
            numbers(Lang::En, (2, 20, 1200), progress, due, (2026, 11)).state
        };
        assert_eq!(n(0, (2026, 12)), "Not begun");
        assert_eq!(n(1, (2026, 11)), "Under way");
        assert_eq!(n(1, (2026, 10)), "Past due");
        assert_eq!(n(2, (2026, 1)), "Done");
        assert_eq!(first_saturday(2026, 8), Date::parse("2026-08-01"));
        assert_eq!(first_saturday(2026, 3), Date::parse("2026-03-07"));
    }
}
