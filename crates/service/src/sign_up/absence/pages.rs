//! One's own absence with what to say, and the leader's list of a session.

use askama::Template;
use axum::extract::{Path, State};
use db::ReadTx;
use kernel::error::common;
use kernel::{Actor, Error, PersonId, Timestamp};
use ui::answer::{Answer, Done};
use ui::form::Label;
use ui::{App, Fields, Form, Req, Shell};

use super::store::{self, Absence, Line, Mine};
use super::{ANSWER_DAYS, AbsenceState, commands};
use crate::activity::pages::parse;
use crate::sign_up::store::YEAR_MS;
use crate::sign_up::{limits, manages};

/// One's own absences, for the schedule.
#[derive(Debug, Default)]
pub struct MineView {
    pub list: Vec<Mine>,
    /// How many count.
    pub count: usize,
    /// Until when the leader is asked for every place.
    pub asks_until: Option<Timestamp>,
}

/// Reads them.
pub(in crate::sign_up) fn mine(
    tx: &mut ReadTx<'_>,
    person: PersonId,
    limits: &limits::Limits,
) -> Result<MineView, Error> {
    let now = tx.now();
    let list = store::of_person(tx, person, Timestamp(now.0 - YEAR_MS))?;
    let counted: Vec<&Mine> = list.iter().filter(|one| one.state != AbsenceState::Excused).collect();
    let last = counted.iter().map(|one| one.at).max();
    let many = i64::try_from(counted.len()).unwrap_or(i64::MAX);
    Ok(MineView { count: counted.len(), asks_until: limits.asks_until(now, (many, last)), list })
}

#[derive(Template)]
#[template(path = "sign_up/absence.html")]
struct ShowPage {
    shell: Shell,
    form: Form,
    one: Absence,
    mine: bool,
    can_explain: bool,
    can_decide: bool,
    /// By when the leader answers.
    by: Option<Timestamp>,
}

fn render(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    form: &Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let one = commands::seen(tx, actor, parse(id)?)?;
    let mine = actor.person == Some(one.person);
    let leads = commands::leads(actor, &one);
    let mut form = form.clone();
    if form.refusals.is_empty() {
        form = Form::filled([("text", one.explanation.clone())]);
    }
    ui::answer::html(
        app,
        req,
        &ShowPage {
            shell: app.shell(req, actor, lang.t("没有到场", "Not there")),
            form,
            mine,
            can_explain: mine && matches!(one.state, AbsenceState::Open | AbsenceState::Explained),
            can_decide: leads && one.state != AbsenceState::Excused,
            by: one
                .explained_at
                .filter(|_| one.state == AbsenceState::Explained)
                .map(|at| at.plus_minutes(ANSWER_DAYS * 24 * 60)),
            one,
        },
    )
}

/// `GET /absences/{id}`
pub(super) async fn show(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render(&a, tx, req, actor, &id, &Form::default())).await
}

/// `POST /absences/{id}/explain`
pub(super) async fn explain(
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
            let text = fields.required("text", Label("发生了什么", "What happened"), 300)?;
            commands::explain(tx, actor, parse(&id)?, &text)?;
            let say = req.lang.f(
                "已发给队长。{} 天内会答复您，没有答复就按接受处理。",
                "Sent to the leader, who answers within {} days; otherwise it is taken as accepted.",
                &[&ANSWER_DAYS],
            );
            Ok(Done::to(format!("/absences/{id}"), say))
        },
        move |tx, req, actor, form| render(&a, tx, req, actor, &again, form),
    )
    .await
}

/// `POST /absences/{id}/decide`
pub(super) async fn decide(
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
            let reply = fields.optional("reply", Label("答复", "Answer"), 300)?;
            let excuse = fields.text("act") == "excuse";
            let session = commands::decide(tx, actor, parse(&id)?, excuse, &reply)?;
            let say = if excuse {
                req.lang.t("已谅解，不计入，已通知本人。", "Excused; the person is told.")
            } else {
                req.lang.t("计入，已通知本人。", "It counts; the person is told.")
            };
            Ok(Done::to(format!("/sessions/{session}/absences"), say))
        },
        move |tx, req, actor, form| render(&a, tx, req, actor, &again, form),
    )
    .await
}

#[derive(Template)]
#[template(path = "sign_up/absences.html")]
struct ListPage {
    shell: Shell,
    session: String,
    when: String,
    lines: Vec<Line>,
}

/// `GET /sessions/{id}/absences`: who did not come and had not said so; for whoever leads.
pub(super) async fn list(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.account()?;
        let s = crate::activity::session_find(tx, parse(&id)?)?
            .filter(|s| manages(actor, s.place()))
            .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
        let lines = store::of_session(tx, s.id)?;
        ui::answer::html(
            &a,
            req,
            &ListPage {
                shell: a.shell(req, actor, &req.lang.f("没有到场：{}", "Not there: {}", &[&s.title])),
                session: s.id.to_string(),
                when: crate::activity::pages::when(req.lang, s.starts_at, s.ends_at, tx.now()),
                lines,
            },
        )
    })
    .await
}
