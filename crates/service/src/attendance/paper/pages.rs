//! The sheets of a session, the paper, and the screen on which it is entered.

use askama::Template;
use axum::extract::{Path, Query, State};
use db::ReadTx;
use kernel::page::{PAGE_ROWS, Page};
use kernel::{Action, Actor, Error, Lang};
use serde::Deserialize;
use ui::form::Label;
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::commands;
use super::rules::{FIELDS, LINES, MOST_BLANKS, Typed};
use super::store::{self, Sheet, SheetLine};
use super::{LineOutcome, SheetId, SheetState};
use crate::SessionId;
use crate::activity::SessionState;
use crate::activity::pages::parse;
use crate::attendance::rules::OPENS_BEFORE;
use crate::attendance::{commands as door, span};

/// Empty lines after the names, unless one asks for more.
const BLANKS: usize = 5;

/// A sheet in a list.
struct SheetView {
    id: SheetId,
    number: String,
    title: String,
    when: String,
    state: &'static str,
    waits: bool,
    names: i64,
    about: String,
}

fn view(one: Sheet, lang: Lang) -> SheetView {
    let about = match (one.ended_at, &one.ender) {
        (Some(at), Some(who)) => format!("{} {}", who, at.text()),
        _ => lang.f("{} 打印于 {}", "printed by {} {}", &[&one.printer, &one.printed_at.text()]),
    };
    SheetView {
        id: one.id,
        number: one.number(),
        when: span(one.starts_at, one.ends_at),
        state: one.state.name(lang),
        waits: one.state == SheetState::Printed,
        names: one.names,
        about,
        title: one.title,
    }
}

// ---- the sheets of a session ----

#[derive(Template)]
#[template(path = "paper/session.html")]
struct SessionPage {
    shell: Shell,
    form: Form,
    id: String,
    title: String,
    when: String,
    /// Sheets can still be printed.
    open: bool,
    sheets: Vec<SheetView>,
}

fn session_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: SessionId,
    form: Option<Form>,
) -> Result<Answer, Error> {
    let held = door::find_to_lead(tx, actor, id)?;
    let sheets = store::of_session(tx, id)?;
    ui::answer::html(
        app,
        req,
        &SessionPage {
            shell: app.shell(req, actor, req.lang.t("纸质签到表", "Paper sheets")),
            form: form.unwrap_or_else(|| Form::filled([("blanks", BLANKS.to_string())])),
            id: held.id.to_string(),
            title: held.title_in(&req.lang).to_owned(),
            when: span(held.starts_at, held.ends_at),
            open: matches!(held.state, SessionState::Open | SessionState::Closed),
            sheets: sheets.into_iter().map(|one| view(one, req.lang)).collect(),
        },
    )
}

/// `GET /sessions/{id}/sheets`
pub(super) async fn of_session(State(app): State<App>, req: Req, Path(id): Path<i64>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| session_page(&a, tx, req, actor, SessionId(id), None)).await
}

/// `POST /sessions/{id}/sheets`: numbers new sheets, and shows them ready to print.
pub(super) async fn print(State(app): State<App>, req: Req, Path(id): Path<i64>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let most = i64::try_from(MOST_BLANKS).unwrap_or(0);
            let blanks = fields.number("blanks", Label("空行", "Empty lines"), 0, most)?;
            let blanks = usize::try_from(blanks).unwrap_or_default();
            let first = commands::print(tx, actor, SessionId(id), blanks)?;
            let say = req.lang.t("签到表已编号，请打印。", "The sheets have their numbers; print them now.");
            Ok(Done::to(format!("/sheets/{first}/print"), say))
        },
        move |tx, req, actor, form| session_page(&a, tx, req, actor, SessionId(id), Some(form.clone())),
    )
    .await
}

// ---- what waits to be entered ----

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    number: String,
    after: String,
}

#[derive(Template)]
#[template(path = "paper/list.html")]
struct ListPage {
    shell: Shell,
    number: String,
    sheets: Vec<SheetView>,
    next: Option<String>,
}

/// The number on a sheet, `062314-3`; the part after the hyphen may be missing.
fn number(text: &str) -> Option<(i64, Option<i64>)> {
    let plain: String = text.trim().replace(['－', '—', '–'], "-");
    let (short, no) = match plain.split_once('-') {
        Some((short, no)) => (short, Some(no.trim().parse::<i64>().ok()?)),
        None => (plain.as_str(), None),
    };
    let short = short.trim().parse::<i64>().ok().filter(|short| (0..1_000_000).contains(short))?;
    Some((short, no))
}

/// `GET /sheets`
pub(super) async fn list(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.demand_any(Action::Attendance)?;
        let typed: String = asked.number.trim().chars().take(20).collect();
        // What is no number is the number of no sheet.
        let wanted = if typed.is_empty() { None } else { Some(number(&typed).unwrap_or((-1, None))) };
        let rows = store::waiting(tx, actor, wanted, asked.after.parse().ok(), PAGE_ROWS + 1)?;
        let page = Page::cut(rows, usize::try_from(PAGE_ROWS).unwrap_or(20), |one| one.id.to_string());
        ui::answer::html(
            &a,
            req,
            &ListPage {
                shell: a.shell(req, actor, req.lang.t("待录入的签到表", "Paper sheets to enter")),
                number: typed,
                next: page.next.map(|cursor| req.with_query("after", &cursor)),
                sheets: page.rows.into_iter().map(|one| view(one, req.lang)).collect(),
            },
        )
    })
    .await
}

// ---- the paper ----

/// A line on paper: its number, a name with its group and a volunteer number, or neither.
struct PaperLine {
    no: usize,
    name: String,
    group: String,
    volunteer_no: String,
}

struct PaperSheet {
    number: String,
    qr: String,
    lines: Vec<PaperLine>,
    last: bool,
}

#[derive(Template)]
#[template(path = "paper/paper.html")]
struct PaperPage {
    shell: Shell,
    session: SessionId,
    title: String,
    team: String,
    when: String,
    place: String,
    sheets: Vec<PaperSheet>,
}

/// `GET /sheets/{id}/print`: the sheet and those printed with it that are not used up.
pub(super) async fn paper(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let one = commands::find(tx, actor, parse(&id)?)?;
        let held = door::find_to_lead(tx, actor, one.session)?;
        let names = store::lines(tx, one.batch, None)?;
        let sheets: Vec<Sheet> = store::of_session(tx, one.session)?
            .into_iter()
            .filter(|sheet| {
                sheet.batch == one.batch && (sheet.state == SheetState::Printed || sheet.id == one.id)
            })
            .collect();
        let count = sheets.len();
        let sheets = sheets
            .into_iter()
            .enumerate()
            .map(|(at, sheet)| PaperSheet {
                qr: ui::qr::svg(&format!("{}/sheets/{}", a.settings.base_url, sheet.id)),
                number: sheet.number(),
                last: at + 1 == count,
                lines: (1..=LINES)
                    .map(|no| {
                        let on = names.iter().find(|line| line.sheet == sheet.id && is(line, no));
                        PaperLine {
                            no,
                            name: on.map(|line| line.name.clone()).unwrap_or_default(),
                            group: on.map(|line| group_of(line, req.lang)).unwrap_or_default(),
                            volunteer_no: on.map(|line| line.volunteer_no.clone()).unwrap_or_default(),
                        }
                    })
                    .collect(),
            })
            .collect();
        ui::answer::html(
            &a,
            req,
            &PaperPage {
                shell: a.shell(req, actor, req.lang.t("签到表", "Attendance sheet")),
                session: held.id,
                title: held.title_in(&req.lang).to_owned(),
                team: held.org_name.clone(),
                when: span(held.starts_at, held.ends_at),
                place: held.place_public.clone(),
                sheets,
            },
        )
    })
    .await
}

fn group_of(line: &SheetLine, lang: Lang) -> String {
    match (line.group_no, &line.group_name) {
        (Some(no), Some(name)) => crate::group::shown(no, name, lang),
        _ => String::new(),
    }
}

fn is(line: &SheetLine, no: usize) -> bool {
    usize::try_from(line.line) == Ok(no)
}

// ---- entering ----

/// A line of the screen.
struct EntryLine {
    no: usize,
    /// A name on the paper; empty lines take one.
    name: Option<String>,
    volunteer_no: String,
    from: &'static str,
    to: &'static str,
    who: &'static str,
    /// What came of it, once entered: times and words.
    came: String,
}

#[derive(Template)]
#[template(path = "paper/entry.html")]
struct EntryPage {
    shell: Shell,
    form: Form,
    id: SheetId,
    session: SessionId,
    title: String,
    when: String,
    state: &'static str,
    /// It can be entered.
    open: bool,
    /// The roll is the leader's no more: what is entered is asked for.
    fill: bool,
    /// It is over: what is entered now makes honour hours.
    late: bool,
    /// It has not begun.
    before: bool,
    about: String,
    lines: Vec<EntryLine>,
}

fn came(line: &SheetLine, lang: Lang) -> String {
    let Some(outcome) = LineOutcome::from_code(&line.outcome) else { return String::new() };
    let times = match (line.in_at, line.out_at) {
        (Some(from), Some(to)) => format!("{}–{} · ", from.clock_text(), to.clock_text()),
        (Some(from), None) => format!("{}– · ", from.clock_text()),
        _ => String::new(),
    };
    format!("{times}{}", outcome.name(lang))
}

fn entry_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: SheetId,
    form: Option<&Form>,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let sheet = commands::find(tx, actor, id)?;
    let held = door::find_to_lead(tx, actor, sheet.session)?;
    let names = store::lines(tx, sheet.batch, Some(id))?;
    let kept =
        || serde_json::from_str(&sheet.draft).map(|value| Fields::from_json(&value)).unwrap_or_default();
    let form = form.cloned().unwrap_or_else(|| Form { fields: kept(), refusals: Vec::new() });
    let open = sheet.state == SheetState::Printed;
    let now = tx.now();
    let lines = FIELDS
        .iter()
        .enumerate()
        .map(|(at, fields)| {
            let on = names.iter().find(|line| is(line, at + 1));
            EntryLine {
                no: at + 1,
                name: on.map(|line| line.name.clone()),
                volunteer_no: on.map(|line| line.volunteer_no.clone()).unwrap_or_default(),
                from: fields.from,
                to: fields.to,
                who: fields.who,
                came: on.map(|line| came(line, lang)).unwrap_or_default(),
            }
        })
        .filter(|line| open || line.name.is_some())
        .collect();
    let shown = view(sheet, lang);
    ui::answer::html(
        app,
        req,
        &EntryPage {
            shell: app.shell(req, actor, &lang.f("签到表 {}", "Sheet {}", &[&shown.number])),
            form,
            id,
            session: held.id,
            title: held.title_in(&lang).to_owned(),
            when: shown.when,
            state: shown.state,
            open,
            fill: matches!(held.state, SessionState::Submitted | SessionState::Recorded),
            late: now >= held.last_end(),
            before: now < held.starts_at.plus_minutes(-OPENS_BEFORE),
            about: shown.about,
            lines,
        },
    )
}

/// `GET /sheets/{id}`: where the picture on the paper leads.
pub(super) async fn entry(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| entry_page(&a, tx, req, actor, parse(&id)?, None)).await
}

/// What was typed on the lines.
pub(super) fn typed(fields: &Fields) -> Vec<Typed> {
    FIELDS
        .iter()
        .enumerate()
        .map(|(at, names)| {
            let text = |name: &str| fields.text(name).chars().take(60).collect::<String>();
            Typed { line: at + 1, from: text(names.from), to: text(names.to), who: text(names.who) }
        })
        .collect()
}

/// What is kept of a half-typed sheet.
fn kept(fields: &Fields) -> String {
    let mut out = serde_json::Map::new();
    let names = FIELDS.iter().flat_map(|names| [names.from, names.to, names.who]).chain(["reason"]);
    for name in names {
        let text: String = fields.text(name).chars().filter(|c| !c.is_control()).take(300).collect();
        if !text.is_empty() {
            out.insert(name.to_owned(), text.into());
        }
    }
    serde_json::Value::Object(out).to_string()
}

/// What was done, in words.
fn said(done: commands::Done, lang: Lang) -> String {
    let mut parts = Vec::new();
    let mut part = |n: usize, zh: &str, en: &str| {
        if n > 0 {
            parts.push(lang.f(zh, en, &[&n]));
        }
    };
    part(done.entered, "登记到场 {} 人", "{} marked as present");
    part(done.ended, "补签退 {} 人", "{} checked out");
    part(done.asked, "提交补录 {} 人，等站点的第二人批准", "{} asked for, a second person decides");
    part(done.kept, "{} 人此前已有，未改动", "{} were known before and stay as they are");
    let end = lang.t("。", ".");
    format!("{}{}{end}", lang.t("签到表已录入：", "Entered: "), parts.join(lang.t("，", ", ")))
}

/// `POST /sheets/{id}`: keeps what was typed, or enters it.
pub(super) async fn enter(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let (a, again, back) = (app.clone(), app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let sheet: SheetId = parse(&id)?;
            // The first button of the form is the harmless one: without scripts the Enter key presses it.
            if fields.text("act") != "enter" {
                commands::draft(tx, actor, sheet, &kept(fields))?;
                let say = req.lang.t("已暂存，可以接着填。", "Kept; go on whenever you like.");
                return Ok(Done::to(format!("/sheets/{sheet}"), say));
            }
            let reason = fields.optional("reason", Label("补录原因", "Reason"), 300)?;
            let done = commands::enter(tx, actor, &a.vault, sheet, &typed(fields), &reason)?;
            Ok(Done::to(format!("/sheets/{sheet}"), said(done, req.lang)))
        },
        move |tx, req, actor, form| entry_page(&again, tx, req, actor, parse(&back)?, Some(form)),
    )
    .await
}

/// `POST /sheets/{id}/void`
pub(super) async fn void(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, fields| {
        let why = fields.optional("why", Label("原因", "Reason"), 200)?;
        let session = commands::void(tx, actor, parse(&id)?, &why)?;
        let say = req.lang.t("签到表已作废。", "The sheet is void.");
        Ok(Done::to(format!("/sessions/{session}/sheets"), say))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_sheets() {
        assert_eq!(number("062314-3"), Some((62_314, Some(3))));
        assert_eq!(number(" 062314 － 3 "), Some((62_314, Some(3))));
        assert_eq!(number("062314"), Some((62_314, None)));
        for text in ["", "x", "1234567-1", "-1", "062314-x"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn every_line_has_fields() {
        assert_eq!(FIELDS.len(), LINES);
        let fields = Fields::of([("in_20", "830"), ("who_20", "王 1234"), ("other", "x")]);
        let lines = typed(&fields);
        assert_eq!(lines.last().map(|line| (line.line, line.from.as_str())), Some((20, "830")));
        assert_eq!(kept(&fields), r#"{"in_20":"830","who_20":"王 1234"}"#);
    }
}
