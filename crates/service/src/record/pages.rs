//! Records to confirm, one record with its history, and a volunteer's own hours.

use std::sync::OnceLock;

use askama::Template;
use axum::extract::{Path, Query, State};
use db::ReadTx;
use kernel::error::common;
use kernel::page::{PAGE_ROWS, Page, cursor_pair};
use kernel::{Action, Actor, Calendar, Date, Error, Lang, Minutes, Place, can};
use people::view;
use serde::Deserialize;
use ui::form::Label;
use ui::list::{Column, Columns, Desk, List, Shown};
use ui::sheet::Cell;
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::store::{self, Line, ListFilter, Own, ToConfirm, Which, Whole};
use super::{Class, Flag, RecordState, api, commands, flag_words, rules};
use crate::attendance::{self, span};
use crate::spot_check::{self, store::Standing};
use crate::{RecordId, SessionId, past, remote, total};

/// Records of a session on one page.
const TABLE_ROWS: usize = 200;
/// Rows of an export.
const EXPORT_ROWS: i64 = 100_000;

fn calendar() -> &'static Calendar {
    static CALENDAR: OnceLock<Calendar> = OnceLock::new();
    CALENDAR.get_or_init(Calendar::shipped)
}

/// The due day with the working days left, in words, and whether it is past.
fn due_words(today: Date, due: Date, lang: Lang) -> (String, bool) {
    let left = rules::working_days_left(calendar(), today, due);
    let words = if due < today {
        lang.f("已逾期 {} 个工作日（{}）", "{} working days overdue ({})", &[&left.abs(), &due])
    } else if due == today {
        lang.f("今天到期（{}）", "due today ({})", &[&due])
    } else {
        lang.f("还有 {} 个工作日（{}）", "{} working days left ({})", &[&left, &due])
    };
    (words, due < today)
}

// ---- the list of the confirmer ----

/// The list of sessions whose records wait.
pub static LIST: List = List {
    path: "/records",
    name: ("记录确认", "Confirm records"),
    filters: &["q", "late", "flagged"],
    columns: &[
        Column::text("activity", "活动", "Activity", Shown::Always),
        Column::text("organiser", "主办", "Organiser", Shown::Usual),
        Column::text("time", "时间", "Time", Shown::Usual),
        Column::number("waiting", "待确认", "Waiting", Shown::Usual),
        Column::number("hours", "小时", "Hours", Shown::Usual),
        Column::number("minutes", "分钟", "Minutes", Shown::Asked),
        Column::number("flagged", "需留意", "To look at", Shown::Usual),
        Column::text("due", "期限", "Due", Shown::Usual),
    ],
};

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct ListQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    late: String,
    #[serde(default)]
    flagged: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    format: String,
}

struct SessionRow {
    id: String,
    title: String,
    org: String,
    when: String,
    waiting: i64,
    hours: String,
    minutes: i64,
    flagged: i64,
    due: String,
    overdue: bool,
}

#[derive(Template)]
#[template(path = "record/list.html")]
struct ListPage {
    shell: Shell,
    desk: Box<Desk>,
    rows: Vec<SessionRow>,
    next: Option<String>,
    q: String,
    late: bool,
    flagged: bool,
    filtered: bool,
    export: Option<String>,
}

fn session_row(one: &ToConfirm, today: Date, lang: Lang) -> SessionRow {
    let (due, overdue) = due_words(today, one.due_on, lang);
    SessionRow {
        id: one.id.to_string(),
        title: one.title.clone(),
        org: one.org_name.clone(),
        when: span(one.starts_at, one.ends_at),
        waiting: one.waiting,
        hours: Minutes(one.minutes).hours(),
        minutes: one.minutes,
        flagged: one.flagged,
        due,
        overdue,
    }
}

impl SessionRow {
    /// What stands in a column.
    fn cell(&self, key: &str) -> Cell {
        match key {
            "activity" => self.title.as_str().into(),
            "organiser" => self.org.as_str().into(),
            "time" => self.when.as_str().into(),
            "waiting" => self.waiting.into(),
            "hours" => self.hours.as_str().into(),
            "minutes" => self.minutes.into(),
            "flagged" => self.flagged.into(),
            "due" => self.due.as_str().into(),
            _ => "".into(),
        }
    }
}

/// The year that a period key of a year names; `None` for other periods.
pub(super) fn year_of(period: i64) -> Option<i64> {
    (period % 10 == 3).then(|| i64::from(Date::from_days(period / 10).0.year()))
}

/// `GET /records`
pub(super) async fn list(State(app): State<App>, req: Req, Query(query): Query<ListQuery>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.demand_any(Action::RecordConfirm)?;
        let desk = match view::desk(&a, tx, req, actor, &LIST)? {
            Ok(desk) => desk,
            Err(elsewhere) => return Ok(elsewhere),
        };
        let lang = req.lang;
        let today = tx.now().date();
        let export = query.format == "xlsx";
        if export {
            actor.demand_any(Action::Export)?;
        }
        let filter = ListFilter {
            words: query.q.trim().chars().take(40).collect(),
            due_before: (query.late == "1").then_some(today),
            flagged: query.flagged == "1",
            after: if export { None } else { cursor_pair(&query.after) },
            limit: if export { EXPORT_ROWS } else { PAGE_ROWS + 1 },
        };
        let rows = store::sessions_to_confirm(tx, actor, &filter)?;
        if export {
            return list_sheet(&rows, &desk.columns, actor, &tx.now().text(), today, lang);
        }
        let size = usize::try_from(PAGE_ROWS).unwrap_or(20);
        let rows = Page::cut(rows, size, |row| format!("{}~{}", row.due_on.days(), row.id));
        ui::answer::html(
            &a,
            req,
            &ListPage {
                shell: a.shell(req, actor, lang.t("记录确认", "Confirm records")),
                desk,
                rows: rows.rows.iter().map(|one| session_row(one, today, lang)).collect(),
                next: rows.next.map(|next| req.with_query("after", &next)),
                filtered: !filter.words.is_empty() || filter.due_before.is_some() || filter.flagged,
                q: filter.words,
                late: filter.due_before.is_some(),
                flagged: filter.flagged,
                export: actor.may(Action::Export).then(|| req.with_query("format", "xlsx")),
            },
        )
    })
    .await
}

fn list_sheet(
    rows: &[ToConfirm],
    columns: &Columns,
    actor: &Actor,
    at: &str,
    today: Date,
    lang: Lang,
) -> Result<Answer, Error> {
    let rows: Vec<Vec<Cell>> = rows
        .iter()
        .map(|one| {
            let shown = session_row(one, today, lang);
            columns.cells(|key| shown.cell(key))
        })
        .collect();
    ui::sheet::answer(
        lang.t("待确认记录", "Records to confirm"),
        &format!("{} · {at}", actor.name),
        &columns.heads(lang),
        &rows,
    )
}

// ---- the records of one session ----

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct TableQuery {
    #[serde(default)]
    after: String,
    #[serde(default)]
    format: String,
}

struct RecordRow {
    id: String,
    name: String,
    volunteer_no: String,
    team: String,
    times: String,
    minutes: i64,
    method: &'static str,
    class: &'static str,
    state: &'static str,
    state_colour: &'static str,
    flags: Vec<&'static str>,
    decided: String,
    waiting: bool,
    own: bool,
}

#[derive(Template)]
#[template(path = "record/table.html")]
struct TablePage {
    shell: Shell,
    form: Form,
    id: String,
    title: String,
    org: String,
    when: String,
    due: String,
    overdue: bool,
    facts: Vec<(String, String)>,
    rows: Vec<RecordRow>,
    next: Option<String>,
    may_confirm: bool,
    may_submit: bool,
    waiting: bool,
    export: Option<String>,
}

const fn colour(state: RecordState) -> &'static str {
    match state {
        RecordState::Submitted => "yellow",
        RecordState::Confirmed => "green",
        RecordState::Returned => "orange",
        RecordState::Void => "secondary",
    }
}

fn record_row(line: &Line, actor: &Actor, lang: Lang) -> RecordRow {
    let decided = match (&line.decider, line.decided_at) {
        (who, Some(at)) if line.state != RecordState::Submitted => lang.f(
            "已由 {} 于 {} {}{}",
            "{} on {}: {}{}",
            &[
                &who.as_deref().unwrap_or("—"),
                &at.text(),
                &match line.state {
                    RecordState::Confirmed => lang.t("确认", "confirmed"),
                    RecordState::Returned => lang.t("退回", "returned"),
                    _ => lang.t("作废", "voided"),
                },
                &if line.note.is_empty() { String::new() } else { format!("：{}", line.note) },
            ],
        ),
        _ => String::new(),
    };
    RecordRow {
        id: line.id.to_string(),
        name: line.name.clone(),
        volunteer_no: line.volunteer_no.clone(),
        team: line.team.clone(),
        times: format!("{}–{}", line.start_at.clock_text(), line.end_at.clock_text()),
        minutes: line.minutes,
        method: line.method.name(lang),
        class: line.class.name(lang),
        state: line.state.name(lang),
        state_colour: colour(line.state),
        flags: flag_words(&line.flags, lang),
        decided,
        waiting: line.state == RecordState::Submitted,
        own: actor.person == Some(line.person_id),
    }
}

fn table_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    session: SessionId,
    query: &TableQuery,
    form: Form,
) -> Result<Answer, Error> {
    actor.account()?;
    let held = attendance::commands::find(tx, session)?;
    let may_confirm = can(actor, Action::RecordConfirm, held.place());
    if !may_confirm && !can(actor, Action::RecordSubmit, held.place()) {
        return Err((&common::NOT_FOUND).into());
    }
    let lang = req.lang;
    let export = query.format == "xlsx";
    if export {
        actor.demand(Action::Export, held.place())?;
    }
    let limit = if export { EXPORT_ROWS } else { i64::try_from(TABLE_ROWS + 1).unwrap_or(201) };
    let rows = store::of_session(tx, session, query.after.parse().ok(), limit)?;
    if export {
        return table_sheet(&held.title, &rows, actor, &tx.now().text(), lang);
    }
    let rows = Page::cut(rows, TABLE_ROWS, |row| row.id.to_string());
    let counts = attendance::store::counts(tx, session)?;
    let (due, overdue) = due_words(tx.now().date(), held.due_on, lang);
    let number = |value: Option<i64>| value.map_or_else(|| "—".to_owned(), |n| n.to_string());
    let late = store::late_entry(tx, session)?.unwrap_or_default();
    let facts = [
        (lang.t("签到人数", "Checked in"), counts.attended.to_string()),
        (lang.t("清点人数", "Head-count"), number(held.heads)),
        (lang.t("缺席", "Absent"), counts.absent.to_string()),
        (lang.t("服务评价（1–5）", "Evaluation (1–5)"), number(held.quality)),
        (lang.t("休息分钟", "Break minutes"), held.break_minutes.to_string()),
        (lang.t("延长分钟", "Extension"), held.extension_minutes.to_string()),
        (lang.t("活动小结", "Summary"), held.summary.clone()),
        (lang.t("补录原因", "Why entered late"), late.0),
        (lang.t("补录依据", "Evidence"), late.1),
    ];
    ui::answer::html(
        app,
        req,
        &TablePage {
            shell: app.shell(req, actor, lang.t("本场记录", "Records of the session")),
            form,
            id: held.id.to_string(),
            title: held.title_in(&lang).to_owned(),
            org: held.org_name.clone(),
            when: span(held.starts_at, held.ends_at),
            due,
            overdue,
            facts: facts
                .into_iter()
                .filter(|fact| !fact.1.is_empty())
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            waiting: rows.rows.iter().any(|row| row.state == RecordState::Submitted),
            rows: rows.rows.iter().map(|line| record_row(line, actor, lang)).collect(),
            next: rows.next.map(|next| req.with_query("after", &next)),
            may_confirm,
            may_submit: can(actor, Action::RecordSubmit, held.place()),
            export: can(actor, Action::Export, held.place()).then(|| req.with_query("format", "xlsx")),
        },
    )
}

fn table_sheet(title: &str, rows: &[Line], actor: &Actor, at: &str, lang: Lang) -> Result<Answer, Error> {
    let heads = [
        lang.t("志愿者编号", "Volunteer no."),
        lang.t("姓名", "Name"),
        lang.t("队伍", "Team"),
        lang.t("时间", "Time"),
        lang.t("分钟", "Minutes"),
        lang.t("方式", "How"),
        lang.t("类别", "Class"),
        lang.t("状态", "State"),
        lang.t("需留意", "To look at"),
        lang.t("办理", "Decided"),
    ];
    let rows: Vec<Vec<Cell>> = rows
        .iter()
        .map(|line| {
            let shown = record_row(line, actor, lang);
            vec![
                shown.volunteer_no.into(),
                shown.name.into(),
                shown.team.into(),
                shown.times.into(),
                shown.minutes.into(),
                shown.method.into(),
                shown.class.into(),
                shown.state.into(),
                shown.flags.join(lang.t("；", "; ")).into(),
                shown.decided.into(),
            ]
        })
        .collect();
    let title = format!("{} {title}", lang.t("记录", "Records"));
    ui::sheet::answer(&title, &format!("{} · {at}", actor.name), &heads, &rows)
}

/// `GET /records/sessions/{id}`
pub(super) async fn table(
    State(app): State<App>,
    req: Req,
    Path(id): Path<i64>,
    Query(query): Query<TableQuery>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        table_page(&a, tx, req, actor, SessionId(id), &query, Form::default())
    })
    .await
}

const REASON: Label = Label("理由", "Reason");

/// `POST /records/sessions/{id}`: confirm all, confirm the ticked ones, return the ticked ones.
pub(super) async fn decide(State(app): State<App>, req: Req, Path(id): Path<i64>, fields: Fields) -> Answer {
    let session = SessionId(id);
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let lang = req.lang;
            let back = format!("/records/sessions/{id}");
            let ids = api::ids(fields, "record")?;
            match fields.text("act") {
                "return" => {
                    let reason = fields.required("reason", REASON, 500)?;
                    let count = commands::return_records(tx, actor, &ids, &reason)?;
                    Ok(Done::to(back, lang.f("已退回 {} 条", "{} returned", &[&count])))
                }
                act => {
                    let all = act == "confirm_all";
                    let which = if all { Which::WaitingOf(session) } else { Which::These(ids) };
                    let done = commands::confirm(tx, actor, &which)?;
                    if done.left > 0 {
                        let say = lang.f(
                            "已确认 {} 条；{} 条须由他人或上级确认",
                            "{} confirmed; {} need another person or the unit above",
                            &[&done.confirmed, &done.left],
                        );
                        return Ok(Done::to(back, say));
                    }
                    let say = lang.f("已确认 {} 条", "{} confirmed", &[&done.confirmed]);
                    Ok(Done::to(if all { "/records".to_owned() } else { back }, say))
                }
            }
        },
        move |tx, req, actor, form| {
            table_page(&a, tx, req, actor, session, &TableQuery::default(), form.clone())
        },
    )
    .await
}

// ---- one record ----

#[derive(Template)]
#[template(path = "record/one.html")]
struct OnePage {
    shell: Shell,
    form: Form,
    id: String,
    title: String,
    activity: String,
    state: &'static str,
    state_colour: &'static str,
    facts: Vec<(String, String)>,
    flags: Vec<&'static str>,
    history: Vec<(String, String)>,
    may_void: bool,
    may_disown: bool,
    /// Whether it is the reader's own from a session of today's system: then others correct it.
    may_ask: bool,
    /// Somebody may look at the work of a session without a place, and say so.
    may_review: bool,
    session: SessionId,
    past: bool,
}

/// What happened to a record: submitted, decided, and drawn for a check (R4).
fn history(one: &Whole, check: Option<&Standing>, lang: Lang) -> Vec<(String, String)> {
    let who = if one.recorder.is_empty() { "—" } else { one.recorder.as_str() };
    let mut out = vec![(one.created_at.text(), lang.f("由 {} 提交", "submitted by {}", &[&who]))];
    let decider = one.decider.as_deref().unwrap_or("—");
    let note = if one.note.is_empty() { String::new() } else { format!("：{}", one.note) };
    if let Some(at) = one.decided_at {
        let what = match one.state {
            RecordState::Confirmed => {
                lang.f("由 {} 确认，计入时长", "confirmed by {}: it counts", &[&decider])
            }
            RecordState::Returned => lang.f("由 {} 退回{}", "returned by {}{}", &[&decider, &note]),
            RecordState::Void => lang.f("由 {} 作废{}", "voided by {}{}", &[&decider, &note]),
            RecordState::Submitted => return out,
        };
        out.push((at.text(), what));
        if let Some(check) = check {
            match (check.how, check.checked_at) {
                (Some(how), Some(at)) => out.push((
                    at.text(),
                    lang.f(
                        "抽查核实（{}）：{}",
                        "checked ({}): {}",
                        &[&how.name(lang), &check.state.name(lang)],
                    ),
                )),
                _ if one.state == RecordState::Confirmed => out.push((
                    String::new(),
                    lang.f(
                        "被随机抽中核查，上级工作人员在 {} 前可能会打电话询问",
                        "drawn by lot for a check: staff above may call and ask until {}",
                        &[&check.due_on],
                    ),
                )),
                _ => {}
            }
        }
    } else {
        let next = lang.f("等待 {} 在 {} 前确认", "waits at {} until {}", &[&one.waits_at, &one.due_on]);
        out.push((String::new(), next));
    }
    out
}

fn one_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: RecordId,
    form: Form,
) -> Result<Answer, Error> {
    actor.account()?;
    let lang = req.lang;
    let one = store::find(tx, id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let place = Place { area_path: &one.area_path, sponsor_path: &one.sponsor_path };
    let own = actor.person == Some(one.person_id);
    let may_confirm = can(actor, Action::RecordConfirm, place);
    if !own && !may_confirm && !can(actor, Action::RecordSubmit, place) {
        return Err((&common::NOT_FOUND).into());
    }
    let past = one.class == Class::Legacy;
    // What the earlier system called team and role, and its number.
    let words = match past::store::find_carried(tx, one.session_id)? {
        Some(batch) if past => past::store::words(tx, batch.id, one.line)?.unwrap_or_default(),
        _ => Default::default(),
    };
    let nowhere = past && total::team_counted(one.team_id, &one.flags).0 == 0;
    let facts = [
        (lang.t("志愿者", "Volunteer"), one.name.clone()),
        (lang.t("队伍", "Team"), if nowhere { words.0.clone() } else { one.team.clone() }),
        (lang.t("时间", "Time"), time_words(&one.flags, one.service_on, one.start_at, one.end_at)),
        (lang.t("时长", "Hours"), Minutes(one.minutes).words(lang)),
        (lang.t("地点", "Place"), one.place.clone()),
        (lang.t("服务对象", "Whom it served"), one.served_group.clone()),
        (lang.t("签到方式", "How"), one.method.name(lang).to_owned()),
        (lang.t("类别", "Class"), one.class.name(lang).to_owned()),
        (lang.t("岗位", "Role"), words.1),
        (lang.t("原系统记录编号", "Number in the earlier system"), words.2),
        (lang.t("负责人", "Leader"), one.leader.clone()),
        (
            if past { lang.t("来源", "Source") } else { lang.t("记录人", "Recorder") },
            if past {
                lang.f("{}（文件第 {} 行）", "{} (row {} of the file)", &[&one.recorder, &one.line])
            } else {
                one.recorder.clone()
            },
        ),
        (lang.t("服务评价", "Evaluation"), one.quality.map(|n| format!("{n} / 5")).unwrap_or_default()),
    ];
    ui::answer::html(
        app,
        req,
        &OnePage {
            shell: app.shell(req, actor, lang.t("服务记录", "Service record")),
            form,
            id: one.id.to_string(),
            title: one.title.clone(),
            activity: if past { String::new() } else { one.activity_id.to_string() },
            state: one.state.name(lang),
            state_colour: colour(one.state),
            facts: facts
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            flags: flag_words(&one.flags, lang),
            history: history(&one, spot_check::store::of_record(tx, id)?.as_ref(), lang),
            may_void: may_confirm && !own && one.state == RecordState::Confirmed,
            may_disown: own && past && one.state == RecordState::Confirmed,
            may_ask: own && !past,
            may_review: may_confirm
                && remote::commands::reviewable(actor, one.person_id, one.state, one.class, &one.flags),
            session: one.session_id,
            past,
        },
    )
}

/// `GET /records/{id}`
pub(super) async fn one(State(app): State<App>, req: Req, Path(id): Path<i64>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| one_page(&a, tx, req, actor, RecordId(id), Form::default())).await
}

/// `POST /records/{id}/void`
pub(super) async fn void(State(app): State<App>, req: Req, Path(id): Path<i64>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let reason = fields.required("reason", REASON, 500)?;
            commands::void(tx, actor, RecordId(id), &reason, fields.ticked("again"))?;
            Ok(Done::to(
                format!("/records/{id}"),
                req.lang.t("记录已作废，时长已扣除", "Voided; its minutes no longer count"),
            ))
        },
        move |tx, req, actor, form| one_page(&a, tx, req, actor, RecordId(id), form.clone()),
    )
    .await
}

/// `POST /records/{id}/not-mine`
pub(super) async fn not_mine(
    State(app): State<App>,
    req: Req,
    Path(id): Path<i64>,
    fields: Fields,
) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let text = fields.optional("text", Label("说明", "Text"), 300)?;
            past::commands::disown(tx, actor, RecordId(id), &text)?;
            Ok(Done::to(
                "/me/hours",
                req.lang.t("已按您的声明扣除，谢谢核对", "Taken off as you said; thank you for checking"),
            ))
        },
        move |tx, req, actor, form| one_page(&a, tx, req, actor, RecordId(id), form.clone()),
    )
    .await
}

// ---- a volunteer's own hours ----

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct MineQuery {
    #[serde(default)]
    after: String,
    #[serde(default)]
    format: String,
}

struct OwnRow {
    id: String,
    title: String,
    team: String,
    when: String,
    minutes: i64,
    class: &'static str,
    state: &'static str,
    state_colour: &'static str,
    next: String,
}

#[derive(Template)]
#[template(path = "record/mine.html")]
struct MinePage {
    shell: Shell,
    hours: String,
    records: i64,
    years: Vec<(String, String, i64, String)>,
    past: Option<String>,
    rows: Vec<OwnRow>,
    next: Option<String>,
    export: String,
}

fn own_row(one: &Own, lang: Lang) -> OwnRow {
    let next = match one.state {
        RecordState::Submitted => {
            lang.f("等待 {} 在 {} 前确认", "waits at {} until {}", &[&one.waits_at, &one.due_on])
        }
        RecordState::Returned => lang.f("队长更正后重新提交：{}", "the leader corrects it: {}", &[&one.note]),
        RecordState::Void => one.note.clone(),
        RecordState::Confirmed if one.class == Class::Legacy => {
            lang.f("来源：{}", "from: {}", &[&one.recorder])
        }
        RecordState::Confirmed => lang.t("已计入", "counts").to_owned(),
    };
    OwnRow {
        id: one.id.to_string(),
        title: one.title.clone(),
        // Where the earlier system's team is none of the city's, the importing office did not lead it.
        team: if flag_words(&one.flags, lang).contains(&Flag::NoTeam.name(lang)) {
            String::new()
        } else {
            one.team.clone()
        },
        when: time_words(&one.flags, one.service_on, one.start_at, one.end_at),
        minutes: one.minutes,
        class: one.class.name(lang),
        state: one.state.name(lang),
        state_colour: colour(one.state),
        next,
    }
}

/// When a service was, as far as it is known: from a file often the day alone.
fn time_words(flags: &str, on: Date, start: kernel::Timestamp, end: kernel::Timestamp) -> String {
    if !flags.split(' ').any(|flag| flag == Flag::DateOnly.code()) {
        return span(start, end);
    }
    let last = kernel::Timestamp(end.0.max(start.0 + 1) - 1).date();
    if last == on { on.to_string() } else { format!("{on} – {last}") }
}

/// `GET /me/hours`
pub(super) async fn mine(State(app): State<App>, req: Req, Query(query): Query<MineQuery>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let person = actor.person()?;
        let lang = req.lang;
        let export = query.format == "xlsx";
        let after = if export { None } else { cursor_pair(&query.after) };
        let rows = store::of_person(tx, person, after, if export { EXPORT_ROWS } else { PAGE_ROWS + 1 })?;
        if export {
            return mine_sheet(&rows, actor, &tx.now().text(), lang);
        }
        let sums = store::sums(tx, person)?;
        let all = sums.iter().find(|sum| sum.0 % 10 == 4);
        let size = usize::try_from(PAGE_ROWS).unwrap_or(20);
        let rows = Page::cut(rows, size, |row| format!("{}~{}", row.service_on.days(), row.id));
        ui::answer::html(
            &a,
            req,
            &MinePage {
                shell: a.shell(req, actor, lang.t("我的时长", "My hours")),
                hours: Minutes(all.map_or(0, |sum| sum.1)).hours(),
                records: all.map_or(0, |sum| sum.2),
                years: sums
                    .iter()
                    .filter_map(|sum| {
                        let year = year_of(sum.0)?.to_string();
                        Some((year, Minutes(sum.1).hours(), sum.2, Minutes(sum.3).hours()))
                    })
                    .collect(),
                past: all.filter(|sum| sum.3 > 0).map(|sum| Minutes(sum.3).hours()),
                rows: rows.rows.iter().map(|one| own_row(one, lang)).collect(),
                next: rows.next.map(|next| req.with_query("after", &next)),
                export: req.with_query("format", "xlsx"),
            },
        )
    })
    .await
}

fn mine_sheet(rows: &[Own], actor: &Actor, at: &str, lang: Lang) -> Result<Answer, Error> {
    let heads = [
        lang.t("活动", "Activity"),
        lang.t("队伍", "Team"),
        lang.t("时间", "Time"),
        lang.t("分钟", "Minutes"),
        lang.t("类别", "Class"),
        lang.t("状态", "State"),
        lang.t("进展", "Next"),
    ];
    let rows: Vec<Vec<Cell>> = rows
        .iter()
        .map(|one| {
            let shown = own_row(one, lang);
            vec![
                shown.title.into(),
                shown.team.into(),
                shown.when.into(),
                shown.minutes.into(),
                shown.class.into(),
                shown.state.into(),
                shown.next.into(),
            ]
        })
        .collect();
    ui::sheet::answer(lang.t("我的时长", "My hours"), &format!("{} · {at}", actor.name), &heads, &rows)
}
