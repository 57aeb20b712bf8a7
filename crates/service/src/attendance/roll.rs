//! The roll as the leader holds it in the hand.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use db::ReadTx;
use kernel::error::Collect;
use kernel::page::{Page, cursor_text};
use kernel::{Action, Actor, Error, Lang, Refusal, can};
use serde::Deserialize;
use ui::form::Label;
use ui::sheet::Cell;
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::commands::{self, RollAct, Times, Whom};
use super::pages::span;
use super::store::{self, RollFilter, RollLine};
use super::{Held, Way, refusals, rules};
use crate::activity::{Participant, SessionState};
use crate::sign_up::{SignUpState, Source};
use crate::{SessionGroupId, SessionId, SignUpId, group};

/// Lines of the roll on one page: most sessions fit whole.
const LINES: usize = 100;

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct RollQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    group: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    format: String,
}

/// Which group is asked for: its id, or `none` for those who are in none.
pub(super) fn asked(group: &str) -> Option<Option<SessionGroupId>> {
    if group == "none" { Some(None) } else { group.parse().ok().map(Some) }
}

struct Line {
    id: String,
    name: String,
    volunteer_no: String,
    group: String,
    state: &'static str,
    state_colour: &'static str,
    times: String,
    notes: String,
    inside: bool,
    touched: bool,
}

#[derive(Template)]
#[template(path = "attendance/roll.html")]
struct RollPage {
    shell: Shell,
    form: Form,
    id: String,
    title: String,
    when: String,
    /// The activity that bears a hazard, and whether nothing covers the session.
    hazard: Option<(crate::ActivityId, bool)>,
    counts: String,
    lines: Vec<Line>,
    next: Option<String>,
    q: String,
    states: Vec<(String, String, bool)>,
    /// The groups to choose from; none where nobody was divided.
    groups: Vec<(String, String, bool)>,
    /// Whom the buttons for several concern: `all`, or `g` and the group.
    whom: String,
    group: String,
    editable: bool,
    cancelled: bool,
    live: bool,
    before: bool,
    submitted: bool,
    export: Option<String>,
    planned: String,
    heads: String,
    open: Vec<super::offline::Open>,
}

fn words_of(line: &RollLine, lang: Lang) -> (&'static str, &'static str) {
    match line.state {
        SignUpState::Attended if line.inside() => (lang.t("在场", "Here"), "green"),
        SignUpState::Attended if line.pairs > 0 => (lang.t("已签退", "Left"), "blue"),
        SignUpState::Absent => (lang.t("缺席", "Absent"), "red"),
        _ => (lang.t("未到", "Not here yet"), "secondary"),
    }
}

/// What the group of a line is called.
fn group_of(line: &RollLine, lang: Lang) -> String {
    match (line.group_no, &line.group_name) {
        (Some(no), Some(name)) => group::shown(no, name, lang),
        _ => String::new(),
    }
}

fn line(line: &RollLine, lang: Lang) -> Line {
    let (state, state_colour) = words_of(line, lang);
    let times = match (line.first_in, line.last_out) {
        (Some(from), Some(to)) if !line.inside() => format!("{}–{}", from.clock_text(), to.clock_text()),
        (Some(from), _) => format!("{}–", from.clock_text()),
        _ => String::new(),
    };
    let mut notes = Vec::new();
    if line.source == Source::WalkIn {
        notes.push(lang.t("现场加入", "Walk-in").to_owned());
    }
    if line.participant != Participant::Volunteer {
        notes.push(line.participant.name(lang).to_owned());
    }
    if line.late > 0 {
        notes.push(lang.t("事后补录", "Entered afterwards").to_owned());
    }
    if let Some(by) = &line.by_group {
        notes.push(lang.f("组长{}点名", "called by group leader {}", &[by]));
    }
    if line.far > 0 {
        notes.push(super::near::Verdict::Far.name(lang).to_owned());
    } else if line.near > 0 {
        notes.push(super::near::Verdict::Near.name(lang).to_owned());
    }
    if line.pairs > 1 {
        notes.push(lang.f("{} 次进出", "{} stays", &[&line.pairs]));
    }
    Line {
        id: line.id.to_string(),
        name: line.name.clone(),
        volunteer_no: line.volunteer_no.clone(),
        group: group_of(line, lang),
        state,
        state_colour,
        times,
        notes: notes.join(lang.t("、", ", ")),
        inside: line.inside(),
        touched: line.pairs > 0 || line.state == SignUpState::Absent,
    }
}

fn page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    session: SessionId,
    query: &RollQuery,
    form: Form,
) -> Result<Answer, Error> {
    let held = commands::find_to_lead(tx, actor, session)?;
    let lang = req.lang;
    let export = query.format == "xlsx";
    if export {
        actor.demand(Action::Export, held.place())?;
    }
    let filter = RollFilter {
        words: query.q.trim().chars().take(40).collect(),
        state: SignUpState::from_code(&query.state).filter(|state| *state != SignUpState::Cancelled),
        group: asked(&query.group),
        after: if export { None } else { cursor_text(&query.after) },
        limit: if export { 50_000 } else { i64::try_from(LINES + 1).unwrap_or(101) },
    };
    let mut rows = store::roll(tx, session, &filter)?;
    if export {
        // On the sheet groups stand together, each by name.
        rows.sort_by_key(|row| (row.group_no.is_none(), row.group_no));
        return sheet(&held, &rows, actor, &tx.now().text(), lang);
    }
    let counts = store::counts(tx, session)?;
    let short = match held.asks_qualification {
        true => crate::qualified::store::unready(tx, session)?,
        false => BTreeMap::new(),
    };
    let open = super::offline::open_lines(tx, session, lang)?;
    let rows = Page::cut(rows, LINES, |row| format!("{}~{}", row.id, row.name_key));
    let now = tx.now();
    let planned = span(held.starts_at, held.ends_at);
    let groups = group_options(group::store::of_session(tx, session)?, &query.group, lang);
    let state_options = [SignUpState::Booked, SignUpState::Attended, SignUpState::Absent];
    ui::answer::html(
        app,
        req,
        &RollPage {
            shell: app.shell(req, actor, lang.t("点名", "Roll-call")),
            form,
            id: held.id.to_string(),
            title: held.title_in(&lang).to_owned(),
            when: planned.clone(),
            hazard: held.hazard.any().then_some((held.activity_id, commands::insured(&held, now).is_err())),
            counts: lang.f(
                "名单 {} 人，已到 {}，缺席 {}",
                "{} on the list, {} came, {} absent",
                &[&counts.all, &counts.attended, &counts.absent],
            ),
            lines: rows
                .rows
                .iter()
                .map(|row| {
                    let mut shown = line(row, lang);
                    if let Some(short) = short.get(&row.id) {
                        let lack = lang.f("缺：{}", "missing: {}", &[&lang.t(&short.zh, &short.en)]);
                        let parts = [shown.notes, lack];
                        let parts: Vec<&str> =
                            parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
                        shown.notes = parts.join(lang.t("、", ", "));
                    }
                    shown
                })
                .collect(),
            next: rows.next.map(|next| req.with_query("after", &next)),
            q: filter.words,
            states: state_options
                .iter()
                .map(|state| {
                    (state.code().to_owned(), state.name(lang).to_owned(), filter.state == Some(*state))
                })
                .collect(),
            whom: match filter.group {
                Some(Some(id)) => format!("g{id}"),
                _ => "all".to_owned(),
            },
            group: query.group.chars().take(20).collect(),
            groups,
            cancelled: held.state == SessionState::Cancelled,
            editable: matches!(held.state, SessionState::Open | SessionState::Closed),
            live: now < held.last_end(),
            before: now < held.starts_at.plus_minutes(-rules::OPENS_BEFORE),
            submitted: matches!(held.state, SessionState::Submitted | SessionState::Recorded),
            export: can(actor, Action::Export, held.place()).then(|| req.with_query("format", "xlsx")),
            planned,
            heads: held.heads.map_or_else(String::new, |heads| heads.to_string()),
            open,
        },
    )
}

fn group_options(groups: Vec<group::store::Group>, chosen: &str, lang: Lang) -> Vec<(String, String, bool)> {
    if groups.is_empty() {
        return Vec::new();
    }
    let mut out: Vec<(String, String, bool)> = groups
        .into_iter()
        .map(|one| {
            let id = one.id.to_string();
            let is = id == chosen;
            (id, group::shown(one.no, &one.name, lang), is)
        })
        .collect();
    out.push(("none".to_owned(), lang.t("没有分组的", "In no group").to_owned(), chosen == "none"));
    out
}

fn sheet(held: &Held, rows: &[RollLine], actor: &Actor, at: &str, lang: Lang) -> Result<Answer, Error> {
    let heads = [
        lang.t("志愿者编号", "Volunteer no."),
        lang.t("姓名", "Name"),
        lang.t("小组", "Group"),
        lang.t("状态", "State"),
        lang.t("进出时间", "In and out"),
        lang.t("备注", "Notes"),
    ];
    let rows: Vec<Vec<Cell>> = rows
        .iter()
        .map(|row| {
            let shown = line(row, lang);
            vec![
                shown.volunteer_no.into(),
                shown.name.into(),
                shown.group.into(),
                shown.state.into(),
                shown.times.into(),
                shown.notes.into(),
            ]
        })
        .collect();
    let title = format!("{} {}", lang.t("点名册", "Roll"), held.title);
    ui::sheet::answer(&title, &format!("{} · {at}", actor.name), &heads, &rows)
}

/// `GET /sessions/{id}/roll`
pub(super) async fn show(
    State(app): State<App>,
    req: Req,
    Path(id): Path<i64>,
    Query(query): Query<RollQuery>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| page(&a, tx, req, actor, SessionId(id), &query, Form::default()))
        .await
}

fn group_in(text: &str) -> Option<Whom> {
    text.strip_prefix('g')?.parse().ok().map(Whom::Group)
}

/// The button pressed: `present:17`, `out:all`, `out:g5` …
fn pressed(text: &str) -> Option<RollAct> {
    let (act, whom) = text.split_once(':')?;
    let one = whom.parse::<i64>().ok().map(SignUpId);
    match (act, one, whom) {
        ("present", Some(id), _) => Some(RollAct::Present(Whom::One(id))),
        ("present", None, of) if of.starts_with('g') => group_in(of).map(RollAct::Present),
        ("out", None, of) if of.starts_with('g') => group_in(of).map(RollAct::Out),
        ("present", None, "all") => Some(RollAct::Present(Whom::All)),
        ("out", Some(id), _) => Some(RollAct::Out(Whom::One(id))),
        ("out", None, "all") => Some(RollAct::Out(Whom::All)),
        ("absent", Some(id), _) => Some(RollAct::Absent(id)),
        ("undo", Some(id), _) => Some(RollAct::Undo(id)),
        _ => None,
    }
}

/// The refusal of a mark that goes for one line and names none.
pub(super) fn one_line() -> Refusal {
    Refusal::new(&kernel::error::common::REQUIRED).with_both("label", "报名", "Sign-up").on("sign_up")
}

/// Reads the times of a mark.
pub(super) fn times(fields: &Fields) -> Result<Times, Error> {
    let mut wrong = Collect::default();
    let mut time = |name: &'static str, label: Label| {
        (!fields.text(name).is_empty()).then(|| wrong.take(fields.time(name, label))).flatten()
    };
    let times = Times {
        from: time("from", Label("到场时间", "Arrived")),
        to: time("to", Label("离开时间", "Left")),
    };
    wrong.done()?;
    Ok(times)
}

/// `POST /sessions/{id}/roll`
pub(super) async fn act(State(app): State<App>, req: Req, Path(id): Path<i64>, fields: Fields) -> Answer {
    let session = SessionId(id);
    let back = format!("/sessions/{id}/roll");
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let lang = req.lang;
            let button = fields.text("act");
            if button == "heads" {
                let heads = fields.number("heads", Label("清点人数", "Head-count"), 0, 100_000)?;
                commands::heads(tx, actor, session, heads)?;
                return Ok(Done::to(back.clone(), lang.t("人数已记下", "Head-count noted")));
            }
            let Some(act) = pressed(button) else {
                return Err((&kernel::error::common::NOT_FOUND).into());
            };
            let over = fields.optional("over", Label("原因", "Reason"), 200)?;
            let done = commands::roll_over(tx, actor, session, act, times(fields)?, &over)?;
            let say = match act {
                RollAct::Present(whom) => {
                    let say = lang.f("已标记到场 {} 人", "{} marked as present", &[&done]);
                    match whom {
                        Whom::One(_) => say,
                        Whom::All | Whom::Group(_) => match commands::unsigned(tx, actor, session)? {
                            0 => say,
                            left => lang.f(
                                "{}；{} 人还没签服务协议，没有标记",
                                "{}; {} have no signed agreement and were left out",
                                &[&say, &left],
                            ),
                        },
                    }
                }
                RollAct::Out(_) => lang.f("已签退 {} 人", "{} checked out", &[&done]),
                RollAct::Absent(_) => lang.t("已标记缺席", "Marked as absent").to_owned(),
                RollAct::Undo(_) => lang.t("已撤销", "Undone").to_owned(),
            };
            // Whoever calls one group goes on with it.
            let back = match asked(fields.text("group")) {
                Some(Some(group)) => format!("{back}?group={group}"),
                Some(None) => format!("{back}?group=none"),
                None => back.clone(),
            };
            Ok(Done::to(back, say))
        },
        move |tx, req, actor, form| {
            let query = RollQuery { group: form.v("group").to_owned(), ..RollQuery::default() };
            page(&a, tx, req, actor, session, &query, form.clone())
        },
    )
    .await
}

/// `POST /sessions/{id}/card`
pub(super) async fn card(State(app): State<App>, req: Req, Path(id): Path<i64>, fields: Fields) -> Answer {
    let session = SessionId(id);
    let owner = people::person::read_card(&app.vault, fields.text("card"));
    let back = format!("/sessions/{id}/roll");
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, _| {
            let (done, name) = commands::card(tx, actor, session, owner)?;
            let word = match (done.way, done.repeated) {
                (Way::In, false) => req.lang.t("已签到", "checked in"),
                (Way::In, true) => req.lang.t("此前已签到", "was checked in already"),
                (Way::Out, _) => req.lang.t("已签退", "checked out"),
            };
            Ok(Done::to(back.clone(), format!("{name} {word} {}", done.at.clock_text())))
        },
        move |tx, req, actor, form| page(&a, tx, req, actor, session, &RollQuery::default(), form.clone()),
    )
    .await
}

/// `POST /sessions/{id}/walk-in`: by volunteer number, or by name and phone of somebody who registers later
/// (Edge-01).
pub(super) async fn walk_in(State(app): State<App>, req: Req, Path(id): Path<i64>, fields: Fields) -> Answer {
    let session = SessionId(id);
    let back = format!("/sessions/{id}/roll");
    let (a, again) = (app.clone(), app.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let held = commands::find_to_lead(tx, actor, session)?;
            let no = fields.text("no");
            let person = if no.is_empty() {
                super::commands::somebody_new(tx, actor, &a.vault, &held, fields)?
            } else {
                store::person_by_no(tx, &people::person::parse_volunteer_no(no).unwrap_or_default())?
                    .ok_or_else(|| Error::from(Refusal::new(&refusals::PERSON_UNKNOWN).on("no")))?
                    .id
            };
            commands::walk_in(tx, actor, session, person)?;
            Ok(Done::to(back.clone(), req.lang.t("已加入名单并标记到场", "Added and marked as present")))
        },
        move |tx, req, actor, form| {
            page(&again, tx, req, actor, session, &RollQuery::default(), form.clone())
        },
    )
    .await
}
