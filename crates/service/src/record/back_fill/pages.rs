//! The leader's page of a session, and the list of whoever approves.

use askama::Template;
use axum::extract::{Path, Query, State};
use db::ReadTx;
use kernel::error::Collect;
use kernel::page::{PAGE_ROWS, Page};
use kernel::{Action, Actor, Error, Lang, Refusal, Timestamp};
use serde::Deserialize;
use ui::answer::{Answer, Done};
use ui::form::Label;
use ui::{App, Fields, Form, Req, Shell};

use super::commands::{self, Ask};
use super::store::{self, Fill};
use super::{DECIDE_DAYS, FillState};
use crate::SessionId;
use crate::activity::SessionState;
use crate::activity::pages::parse;
use crate::attendance::{Held, span};
use crate::sign_up::refusals::NO_SUCH_PERSON;
use crate::sign_up::store::person_by_number;

/// A request ready to show.
#[derive(Debug)]
pub struct FillView {
    pub one: Fill,
    pub times: String,
    pub session: String,
    /// By when a second person means to decide.
    pub by: String,
    pub mine: bool,
    pub decides: bool,
    pub waiting: bool,
}

fn view(actor: &Actor, one: Fill) -> FillView {
    FillView {
        times: span(one.start_at, one.end_at),
        session: span(one.starts_at, one.ends_at),
        by: one.asked_at.plus_minutes(DECIDE_DAYS * 24 * 60).date().to_string(),
        mine: actor.account == Some(one.asked_by),
        decides: commands::may_decide(actor, &one),
        waiting: one.state == FillState::Waiting,
        one,
    }
}

#[derive(Template)]
#[template(path = "record/back_fill.html")]
struct ShowPage {
    shell: Shell,
    form: Form,
    id: SessionId,
    title: String,
    when: String,
    /// The roll is fixed: what is missing can be asked for here.
    open: bool,
    lines: Vec<FillView>,
}

fn render(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    form: Form,
) -> Result<Answer, Error> {
    let held = commands::led(tx, actor, parse(id)?)?;
    let lines = store::of_session(tx, held.id)?.into_iter().map(|one| view(actor, one)).collect();
    ui::answer::html(
        app,
        req,
        &ShowPage {
            shell: app.shell(req, actor, req.lang.t("补录时长", "Fill hours in")),
            form,
            id: held.id,
            title: held.title_in(&req.lang).to_owned(),
            when: span(held.starts_at, held.ends_at),
            open: matches!(held.state, SessionState::Submitted | SessionState::Recorded),
            lines,
        },
    )
}

/// `GET /sessions/{id}/back-fill`
pub(super) async fn show(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let held = commands::led(tx, actor, parse(&id)?)?;
        let form = Form::filled([("from", held.starts_at.clock_text()), ("to", held.ends_at.clock_text())]);
        render(&a, tx, req, actor, &id, form)
    })
    .await
}

/// Times of the day as moments of the session; an end before the start is on the next day.
fn moments(held: &Held, from: i64, to: i64) -> (Timestamp, Timestamp) {
    let day = held.starts_at.date();
    let start = Timestamp::at(day, from);
    let start = if start < held.starts_at && from < to && held.ends_at.date() > day {
        Timestamp::at(day.plus(1), from)
    } else {
        start
    };
    let end = Timestamp::at(start.date(), to);
    (start, if end <= start { Timestamp::at(start.date().plus(1), to) } else { end })
}

/// `POST /sessions/{id}/back-fill`
pub(super) async fn ask(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let held = commands::led(tx, actor, parse(&id)?)?;
            let mut all = Collect::default();
            let number = all.take(fields.required("number", Label("志愿者编号", "Volunteer number"), 40));
            let from = all.take(fields.time("from", Label("到场时间", "From")));
            let to = all.take(fields.time("to", Label("离开时间", "To")));
            let reason = all.take(fields.required("reason", Label("补录原因", "Reason"), 300));
            let evidence = all.take(fields.required("evidence", Label("依据", "Evidence"), 500));
            all.done()?;
            let (Some(number), Some(from), Some(to), Some(reason), Some(evidence)) =
                (number, from, to, reason, evidence)
            else {
                return Err(Error::bug("a field was neither read nor refused"));
            };
            let found = match people::person::parse_volunteer_no(&number) {
                Some(plain) => person_by_number(tx, &plain)?,
                None => None,
            };
            let (person, name, _) = found.ok_or_else(|| {
                Error::from(Refusal::new(&NO_SUCH_PERSON).with("number", &number).on("number"))
            })?;
            let times = moments(&held, from, to);
            commands::ask(tx, actor, &Ask { session: held.id, person, times, reason, evidence })?;
            let say = req.lang.f(
                "已提交 {} 的补录，等站点的第二人批准，{} 天内答复。",
                "Asked for {}: a second person at the station decides within {} days.",
                &[&name, &DECIDE_DAYS],
            );
            Ok(Done::to(format!("/sessions/{}/back-fill", held.id), say))
        },
        move |tx, req, actor, form| render(&a, tx, req, actor, &again, form.clone()),
    )
    .await
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    after: String,
}

#[derive(Template)]
#[template(path = "record/back_fills.html")]
struct ListPage {
    shell: Shell,
    form: Form,
    lines: Vec<FillView>,
    next: Option<String>,
}

fn render_list(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    asked: &Asked,
    form: &Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::RecordConfirm)?;
    let rows = store::waiting(tx, actor, asked.after.parse().ok(), PAGE_ROWS + 1)?;
    let page = Page::cut(rows, usize::try_from(PAGE_ROWS).unwrap_or(20), |one| one.id.to_string());
    ui::answer::html(
        app,
        req,
        &ListPage {
            shell: app.shell(req, actor, req.lang.t("补录审批", "Back-fills to decide")),
            form: form.clone(),
            next: page.next.map(|cursor| req.with_query("after", &cursor)),
            lines: page.rows.into_iter().map(|one| view(actor, one)).collect(),
        },
    )
}

/// `GET /back-fills`
pub(super) async fn list(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_list(&a, tx, req, actor, &asked, &Form::default())).await
}

fn done_words(lang: Lang, approved: bool) -> &'static str {
    if approved {
        lang.t(
            "已批准，时长已计入，并长期标记为补录。",
            "Approved: the hours count, marked as filled in for ever.",
        )
    } else {
        lang.t("未批准，已通知提交人。", "Refused; whoever asked is told.")
    }
}

/// `POST /back-fills/{id}/decide`
pub(super) async fn decide(
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
            let note = fields.optional("note", Label("理由", "Reason"), 300)?;
            let approve = fields.text("act") == "approve";
            commands::decide(tx, actor, parse(&id)?, approve, &note)?;
            Ok(Done::to("/back-fills", done_words(req.lang, approve)))
        },
        move |tx, req, actor, form| render_list(&a, tx, req, actor, &Asked::default(), form),
    )
    .await
}

/// `POST /back-fills/{id}/withdraw`
pub(super) async fn withdraw(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        let session = commands::withdraw(tx, actor, parse(&id)?)?;
        Ok(Done::to(format!("/sessions/{session}/back-fill"), req.lang.t("已撤回。", "Taken back.")))
    })
    .await
}
