//! What is to be checked and was, one of it, teams that stand out, and the results anybody may read.

use askama::Template;
use axum::extract::{Path, Query, State};
use db::ReadTx;
use kernel::page::{PAGE_ROWS, Page};
use kernel::{Action, Actor, Date, Error, Lang, Minutes, Place, Refusal, can};
use serde::Deserialize;
use ui::form::Label;
use ui::sheet::{self, Cell};
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::commands::{self, Found};
use super::store::{self, Check, Line, Month, Share, Street, Tab};
use super::{CheckState, How, LateShareId, SpotCheckId, refusals, rules};
use crate::activity::pages::{export_note, parse};
use crate::record::RecordState;
use crate::record::flag_words;
use crate::record::store::Whole;

/// How many rows an export holds at most.
const EXPORT_ROWS: i64 = 10_000;
/// How many teams that stand out are listed.
const SHARES: i64 = 200;

type Pairs = Vec<(String, String)>;

fn month_text(month: Date) -> String {
    month.to_string().get(..7).unwrap_or_default().to_owned()
}

// ---- the list ----

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    tab: String,
    before: String,
    format: String,
}

#[derive(Template)]
#[template(path = "spot_check/list.html")]
struct ListPage {
    shell: Shell,
    form: Form,
    tab: String,
    rows: Vec<Line>,
    shares: Vec<Share>,
    counts: (i64, i64, i64),
    today: Date,
    next: Option<String>,
    export: Option<String>,
    office: bool,
}

fn list_sheet(lang: Lang, note: &str, rows: &[Line]) -> Result<Answer, Error> {
    let heads = [
        lang.t("抽查月份", "Month"),
        lang.t("社区", "Community"),
        lang.t("队伍", "Team"),
        lang.t("志愿者", "Volunteer"),
        lang.t("活动", "Activity"),
        lang.t("服务日期", "Day"),
        lang.t("分钟", "Minutes"),
        lang.t("结果", "Found"),
        lang.t("说明", "Note"),
        lang.t("核查人", "Checked by"),
        lang.t("核查时间", "Checked at"),
        lang.t("记录状态", "Record"),
    ];
    let cells: Vec<Vec<Cell>> = rows
        .iter()
        .map(|one| {
            vec![
                month_text(one.month_on).into(),
                one.area.as_str().into(),
                one.team.as_str().into(),
                one.person.as_str().into(),
                one.title.as_str().into(),
                one.service_on.to_string().into(),
                one.minutes.into(),
                one.state.name(lang).into(),
                one.note.as_str().into(),
                one.checker.as_deref().unwrap_or_default().into(),
                one.checked_at.map(kernel::Timestamp::text).unwrap_or_default().into(),
                one.record_state.name(lang).into(),
            ]
        })
        .collect();
    sheet::answer(lang.t("时长抽查", "Spot checks"), note, &heads, &cells)
}

fn render_list(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    asked: &Asked,
    form: Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::RecordConfirm)?;
    let (lang, now) = (req.lang, tx.now());
    let tab = match asked.tab.as_str() {
        "open" => Some(Tab::Open),
        "done" => Some(Tab::Done),
        "teams" => None,
        _ => Some(Tab::Waiting),
    };
    let export = asked.format == "xlsx";
    if export {
        actor.demand_any(Action::Export)?;
    }
    let limit = if export { EXPORT_ROWS } else { PAGE_ROWS + 1 };
    let before = asked.before.parse().ok().map(SpotCheckId);
    let rows = match tab {
        Some(tab) => store::list(tx, actor, tab, before, limit)?,
        None => Vec::new(),
    };
    if export {
        return list_sheet(lang, &export_note(lang, actor, now), &rows);
    }
    let page = Page::cut(rows, 20, |one| one.id.to_string());
    let (waiting, _, open, shares) = store::waiting(tx, actor)?;
    ui::answer::html(
        app,
        req,
        &ListPage {
            shell: app.shell(req, actor, lang.t("时长抽查", "Spot checks")),
            form,
            tab: match tab {
                Some(Tab::Waiting) => "waiting",
                Some(Tab::Open) => "open",
                Some(Tab::Done) => "done",
                None => "teams",
            }
            .to_owned(),
            rows: page.rows,
            shares: if tab.is_none() { store::shares(tx, actor, SHARES)? } else { Vec::new() },
            counts: (waiting, open, shares),
            today: now.date(),
            next: page.next.map(|cursor| req.with_query("before", &cursor)),
            export: (tab.is_some() && actor.may(Action::Export)).then(|| req.with_query("format", "xlsx")),
            office: actor.is(kernel::Role::Office),
        },
    )
}

/// `GET /spot-checks`
pub(super) async fn list(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_list(&a, tx, req, actor, &asked, Form::default())).await
}

/// `POST /spot-checks/shares/{id}`
pub(super) async fn share_seen(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let id: LateShareId = parse(&id)?;
            let note = fields.optional("note", Label("复核情况", "What was seen"), 300)?;
            commands::look(tx, actor, id, &note)?;
            Ok(Done::to("/spot-checks?tab=teams", req.lang.t("已记下复核情况。", "Noted.")))
        },
        move |tx, req, actor, form| {
            let asked = Asked { tab: "teams".to_owned(), ..Asked::default() };
            render_list(&a, tx, req, actor, &asked, form.clone())
        },
    )
    .await
}

// ---- one of them ----

#[derive(Template)]
#[template(path = "spot_check/one.html")]
struct OnePage {
    shell: Shell,
    form: Form,
    one: Check,
    record: Whole,
    facts: Pairs,
    flags: Vec<&'static str>,
    /// Who acts next (Chk-01).
    next: String,
    may_answer: bool,
    answered: bool,
    found: Pairs,
    how: Pairs,
    /// The record's page, for whoever may open it.
    to_record: bool,
}

/// Who acts next.
fn next(lang: Lang, one: &Check, record: &Whole, part: bool) -> String {
    if record.state != RecordState::Confirmed {
        return lang
            .t(
                "这条时长已不再计入，这里不用再做什么。",
                "The record counts no more; nothing is left to do here.",
            )
            .to_owned();
    }
    match one.state {
        CheckState::Waiting if part => lang.f(
            "您经手过这条时长，请{}没有经手的工作人员在 {} 前核查。",
            "You had a part in this record: somebody else of {} checks it by {}.",
            &[&one.above, &one.due_on],
        ),
        CheckState::Waiting => lang.f(
            "请在 {} 前核实，把结果填在下面。",
            "Please find out by {} and fill in below what you found.",
            &[&one.due_on],
        ),
        CheckState::Minutes | CheckState::Absent => lang.f(
            "核查不符，但这条时长还在计入：请{}的工作人员作废，或改正核查结果。",
            "Found wrong, and it still counts: staff of {} void it, or correct what was found.",
            &[&one.above],
        ),
        CheckState::Right | CheckState::Unreachable => {
            lang.t("核查已完成，这里不用再做什么。", "Checked; nothing is left to do here.").to_owned()
        }
    }
}

fn render_one(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    form: Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let (one, record) = commands::find(tx, actor, parse(id)?)?;
    let part = commands::had_a_part(actor, &one, &record);
    let place = Place { area_path: &record.area_path, sponsor_path: &record.sponsor_path };
    let times =
        format!("{} {}–{}", record.service_on, record.start_at.clock_text(), record.end_at.clock_text());
    let facts = [
        (lang.t("志愿者", "Volunteer"), record.name.clone()),
        (lang.t("队伍", "Team"), record.team.clone()),
        (lang.t("时间", "Time"), times),
        (lang.t("时长", "Hours"), Minutes(record.minutes).words(lang)),
        (lang.t("地点", "Place"), record.place.clone()),
        (lang.t("服务对象", "Whom it served"), record.served_group.clone()),
        (lang.t("签到方式", "How"), record.method.name(lang).to_owned()),
        (lang.t("类别", "Class"), record.class.name(lang).to_owned()),
        (lang.t("负责人", "Leader"), record.leader.clone()),
        (lang.t("提交人", "Submitted by"), record.recorder.clone()),
        (lang.t("确认人", "Confirmed by"), record.decider.clone().unwrap_or_default()),
        (lang.t("记录状态", "Record"), record.state.name(lang).to_owned()),
    ];
    let pairs = |all: &mut dyn Iterator<Item = (&'static str, &'static str)>| -> Pairs {
        all.map(|(code, name)| (code.to_owned(), name.to_owned())).collect()
    };
    let states = CheckState::ALL.iter().filter(|state| **state != CheckState::Waiting);
    ui::answer::html(
        app,
        req,
        &OnePage {
            shell: app.shell(req, actor, lang.t("核查一条时长", "Check a record")),
            form,
            facts: facts
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            flags: flag_words(&record.flags, lang),
            next: next(lang, &one, &record, part),
            may_answer: !part && record.state == RecordState::Confirmed,
            answered: one.state != CheckState::Waiting,
            found: pairs(&mut states.map(|state| (state.code(), state.name(lang)))),
            how: pairs(&mut How::ALL.iter().map(|how| (how.code(), how.name(lang)))),
            to_record: can(actor, Action::RecordConfirm, place),
            one,
            record,
        },
    )
}

/// `GET /spot-checks/{id}`
pub(super) async fn one(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let form = Form::filled([("void", "1")]);
        render_one(&a, tx, req, actor, &id, form)
    })
    .await
}

/// What the codes of an answer say.
///
/// # Errors
/// `spot_check.found`, `spot_check.how`.
pub(super) fn found_of(state: &str, how: &str) -> Result<(CheckState, How), Error> {
    let mut all = kernel::error::Collect::default();
    let state = all.take(
        CheckState::from_code(state)
            .filter(|state| *state != CheckState::Waiting)
            .ok_or_else(|| Refusal::new(&refusals::FOUND).on("state")),
    );
    let how = all.take(How::from_code(how).ok_or_else(|| Refusal::new(&refusals::HOW).on("how")));
    all.done()?;
    match (state, how) {
        (Some(state), Some(how)) => Ok((state, how)),
        _ => Err(Error::bug("a form without refusals lacks a field")),
    }
}

/// `POST /spot-checks/{id}`
pub(super) async fn answer(
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
            let id: SpotCheckId = parse(&id)?;
            commands::find(tx, actor, id)?;
            let (state, how) = found_of(fields.text("state"), fields.text("how"))?;
            let note = fields.optional("note", Label("说明", "Note"), 300)?;
            let found = Found { state, how, note, void: fields.ticked("void") };
            commands::answer(tx, actor, id, &found)?;
            Ok(Done::to("/spot-checks", req.lang.t("已记下核查结果。", "What you found is noted.")))
        },
        move |tx, req, actor, form| render_one(&a, tx, req, actor, &again, form.clone()),
    )
    .await
}

// ---- the results ----

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    month: String,
    format: String,
}

/// What came of a draw, ready to show.
struct ResultRow {
    name: String,
    /// Drawn, true, other time, absent, not found out, taken back before, still open.
    counts: [i64; 7],
    rate: String,
}

fn result_row(name: String, drawn: i64, found: [i64; 5]) -> ResultRow {
    let [right, minutes, absent, unreachable, gone] = found;
    let open = drawn - found.iter().sum::<i64>();
    ResultRow {
        name,
        counts: [drawn, right, minutes, absent, unreachable, gone, open],
        rate: rules::rate(right, minutes + absent).map_or_else(|| "—".to_owned(), |rate| format!("{rate}%")),
    }
}

fn of_month(one: &Month) -> ResultRow {
    let found = [one.right, one.minutes, one.absent, one.unreachable, one.gone];
    result_row(month_text(one.month_on), one.drawn, found)
}

fn of_street(lang: Lang, one: &Street) -> ResultRow {
    let name =
        if one.name.is_empty() { lang.t("市直", "The city itself").to_owned() } else { one.name.clone() };
    result_row(name, one.drawn, [one.right, one.minutes, one.absent, one.unreachable, one.gone])
}

fn heads(lang: Lang, first: &'static str) -> [&'static str; 9] {
    [
        first,
        lang.t("抽中", "Drawn"),
        lang.t("属实", "True"),
        lang.t("时长不符", "Other time"),
        lang.t("没有到场", "Not there"),
        lang.t("无法核实", "Not found out"),
        lang.t("核查前已作废", "Voided before"),
        lang.t("还在核查", "Still open"),
        lang.t("属实率", "Share true"),
    ]
}

#[derive(Template)]
#[template(path = "spot_check/results.html")]
struct ResultsPage {
    shell: Shell,
    months: Vec<ResultRow>,
    /// The month shown by street, with its number and the rule it was drawn by.
    chosen: Option<Month>,
    chosen_name: String,
    streets: Vec<ResultRow>,
    month_heads: [&'static str; 9],
    street_heads: [&'static str; 9],
    export: String,
}

/// `GET /spot-checks/results`
pub(super) async fn results(State(app): State<App>, req: Req, Query(which): Query<Which>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let lang = req.lang;
        let months = store::months(tx)?;
        let chosen = months
            .iter()
            .find(|one| month_text(one.month_on) == which.month)
            .or_else(|| months.first().filter(|_| which.month.is_empty()))
            .cloned();
        let streets: Vec<ResultRow> = match &chosen {
            Some(one) => store::streets(tx, one.month_on)?.iter().map(|one| of_street(lang, one)).collect(),
            None => Vec::new(),
        };
        let street_heads = heads(lang, lang.t("街道", "Street"));
        if which.format == "xlsx" {
            let cells: Vec<Vec<Cell>> = streets
                .into_iter()
                .map(|row| {
                    let mut cells: Vec<Cell> = vec![row.name.into()];
                    cells.extend(row.counts.map(Cell::from));
                    cells.push(row.rate.into());
                    cells
                })
                .collect();
            let title = format!("{} {}", lang.t("时长抽查结果", "Results of spot checks"), which.month);
            return sheet::answer(title.trim(), &export_note(lang, actor, tx.now()), &street_heads, &cells);
        }
        ui::answer::html(
            &a,
            req,
            &ResultsPage {
                shell: a.shell(req, actor, lang.t("时长抽查结果", "Results of spot checks")),
                months: months.iter().map(of_month).collect(),
                chosen_name: chosen.as_ref().map(|one| month_text(one.month_on)).unwrap_or_default(),
                chosen,
                streets,
                month_heads: heads(lang, lang.t("月份", "Month")),
                street_heads,
                export: req.with_query("format", "xlsx"),
            },
        )
    })
    .await
}
