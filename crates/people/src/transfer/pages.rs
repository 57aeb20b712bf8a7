//! Asking for a transfer from the page of the team one wants to go to, and the answers of both teams.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use db::ReadTx;
use kernel::error::common;
use kernel::{Action, Actor, Error, OrgId, can};
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form, Label};
use ui::shell::Shell;
use ui::{App, Req};

use super::store::{self, Transfer};
use super::{TransferId, TransferState, commands};
use crate::org::{self, Org};

/// Pages of this subject.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/teams/{id}/transfer", get(ask).post(ask_post))
        .route("/teams/{id}/transfers", get(list))
        .route("/teams/{id}/transfers/{transfer}", post(answer))
        .route("/transfers/{id}/cancel", post(cancel))
}

fn team(tx: &mut ReadTx<'_>, id: OrgId) -> Result<Org, Error> {
    org::find(tx, id)?.filter(Org::is_team).ok_or_else(|| (&common::NOT_FOUND).into())
}

/// A transfer, ready to show.
struct Line {
    one: Transfer,
    asked: String,
    due: String,
    source: String,
    target: String,
    /// Whether the team whose page it is answers now.
    turn: bool,
    open: bool,
}

fn line(one: Transfer, at: Option<OrgId>) -> Line {
    let said = |when: Option<kernel::Timestamp>, opinion: &str| match when {
        Some(when) if opinion.is_empty() => when.text(),
        Some(when) => format!("{}：{opinion}", when.text()),
        None => String::new(),
    };
    let open = matches!(one.state, TransferState::Requested | TransferState::SourceAgreed);
    Line {
        asked: one.requested_at.text(),
        due: one.due_on.to_string(),
        source: said(one.source_at, &one.source_opinion),
        target: said(one.target_at, &one.target_opinion),
        turn: open && at == Some(one.answers()),
        open,
        one,
    }
}

#[derive(Template)]
#[template(path = "transfer/ask.html")]
struct AskPage {
    shell: Shell,
    form: Form,
    org: Org,
    teams: Vec<(String, String)>,
    lines: Vec<Line>,
}

fn ask_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: OrgId,
    form: Form,
) -> Result<Answer, Error> {
    let me = actor.person()?;
    let org = team(tx, id)?;
    let teams = org::teams_of(tx, me)?
        .into_iter()
        .filter(|(team, _)| *team != id)
        .map(|(team, name)| (team.to_string(), name))
        .collect();
    let lines = store::of_person(tx, me, store::NEWEST, 20)?.into_iter().map(|one| line(one, None)).collect();
    let shell = app.shell(req, actor, req.lang.t("转到这支队伍", "Move to this team"));
    ui::answer::html(app, req, &AskPage { shell, form, org, teams, lines })
}

async fn ask(State(app): State<App>, req: Req, Path(id): Path<OrgId>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| ask_page(&a, tx, req, actor, id, Form::default())).await
}

async fn ask_post(State(app): State<App>, req: Req, Path(id): Path<OrgId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            actor.person()?;
            let from: OrgId = fields.id("from", Label("现在的队伍", "The team you leave"))?;
            let reason = fields.optional("reason", Label("理由", "Reason"), 200)?;
            commands::request(tx, actor, from, id, &reason)?;
            let say = req.lang.t(
                "已提交，先由原队伍答复，再由新队伍答复。",
                "Sent: first your old team answers, then the new one.",
            );
            Ok(Done::to(format!("/teams/{id}/transfer"), say))
        },
        move |tx, req, actor, form| ask_page(&a, tx, req, actor, id, form.clone()),
    )
    .await
}

async fn cancel(State(app): State<App>, req: Req, Path(id): Path<TransferId>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        let to = commands::cancel(tx, actor, id)?;
        Ok(Done::to(
            format!("/teams/{to}/transfer"),
            req.lang.t("已撤回，您仍在原队伍。", "Taken back; you stay in your team."),
        ))
    })
    .await
}

#[derive(Template)]
#[template(path = "transfer/list.html")]
struct ListPage {
    shell: Shell,
    form: Form,
    org: Org,
    lines: Vec<Line>,
}

fn list_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: OrgId,
    form: Form,
) -> Result<Answer, Error> {
    actor.account()?;
    let org = team(tx, id)?;
    if !can(actor, Action::TeamManage, org.place()) {
        return Err((&common::NOT_FOUND).into());
    }
    let lines =
        store::of_team(tx, id, store::NEWEST, 200)?.into_iter().map(|one| line(one, Some(id))).collect();
    let shell = app.shell(req, actor, &req.lang.f("转队：{}", "Transfers: {}", &[&org.name]));
    ui::answer::html(app, req, &ListPage { shell, form, org, lines })
}

async fn list(State(app): State<App>, req: Req, Path(id): Path<OrgId>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| list_page(&a, tx, req, actor, id, Form::default())).await
}

async fn answer(
    State(app): State<App>,
    req: Req,
    Path((id, transfer)): Path<(OrgId, String)>,
    fields: Fields,
) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            actor.account()?;
            let transfer: TransferId = transfer.parse().map_err(|_| Error::from(&common::NOT_FOUND))?;
            let opinion = fields.optional("opinion", Label("意见", "Opinion"), 200)?;
            let state = commands::answer(tx, actor, transfer, id, fields.text("act") == "agree", &opinion)?;
            Ok(Done::to(format!("/teams/{id}/transfers"), state.name(req.lang)))
        },
        move |tx, req, actor, form| list_page(&a, tx, req, actor, id, form.clone()),
    )
    .await
}
