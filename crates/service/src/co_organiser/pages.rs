//! The organiser's page of an activity, and what the other side is asked.

use askama::Template;
use axum::extract::{Path, Query, State};
use db::ReadTx;
use kernel::page::{PAGE_ROWS, Page, cursor_pair};
use kernel::{Action, Actor, Error, OrgId};
use serde::Deserialize;
use ui::form::Label;
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::commands::{self, Answer as Say};
use super::store::{self, Asked, Co, Org};
use super::{CoState, refusals};
use crate::ActivityId;
use crate::activity::pages::parse;

#[derive(Template)]
#[template(path = "co_organiser/show.html")]
struct ShowPage {
    shell: Shell,
    form: Form,
    id: ActivityId,
    title: String,
    planner: String,
    all: Vec<Co>,
    q: String,
    found: Vec<Org>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    q: String,
}

fn page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: ActivityId,
    q: &str,
    form: &Form,
) -> Result<Answer, Error> {
    let a = crate::activity::commands::managed(tx, actor, id)?;
    let q: String = q.trim().chars().take(40).collect();
    let all = store::of_activity(tx, id)?;
    let mut found = if q.is_empty() { Vec::new() } else { store::orgs(tx, &q)? };
    found.retain(|org| {
        org.id != a.org_id
            && !all
                .iter()
                .any(|one| one.org == org.id && matches!(one.state, CoState::Asked | CoState::Agreed))
    });
    ui::answer::html(
        app,
        req,
        &ShowPage {
            shell: app.shell(req, actor, req.lang.t("联合主办", "Organised together")),
            form: form.clone(),
            id,
            title: a.title,
            planner: a.org_name,
            all,
            q,
            found,
        },
    )
}

/// `GET /activities/{id}/co-organisers`
pub(super) async fn show(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| page(&a, tx, req, actor, parse(&id)?, &wanted.q, &Form::default()))
        .await
}

fn org(fields: &Fields) -> Result<OrgId, Error> {
    Ok(fields.id("org", Label("组织", "Organisation"))?)
}

/// `POST /activities/{id}/co-organisers`: asks one.
pub(super) async fn ask(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let id: ActivityId = parse(&id)?;
            crate::activity::commands::managed(tx, actor, id)?;
            let asked = commands::ask(tx, actor, id, org(fields)?)?;
            let say = req.lang.f("已邀请 {}，等对方同意。", "{} is asked, and answers.", &[&asked.name]);
            Ok(Done::to(format!("/activities/{id}/co-organisers"), say))
        },
        move |tx, req, actor, form| page(&a, tx, req, actor, parse(&again)?, "", form),
    )
    .await
}

/// `POST /activities/{id}/co-organisers/remove`
pub(super) async fn remove(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, fields| {
        let id: ActivityId = parse(&id)?;
        crate::activity::commands::managed(tx, actor, id)?;
        commands::remove(tx, actor, id, org(fields)?)?;
        let say = req.lang.t("已移除。", "Taken away.");
        Ok(Done::to(format!("/activities/{id}/co-organisers"), say))
    })
    .await
}

/// `POST /activities/{id}/co-organisers/answer`: the other side's word.
pub(super) async fn answer(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, fields| {
        let id: ActivityId = parse(&id)?;
        actor.demand_any(Action::ActivityManage)?;
        let (answer, text) = match fields.text("act") {
            "agree" => (
                Say::Agree,
                req.lang.t("已同意，活动会列在你们名下。", "Agreed: it stands under your name too."),
            ),
            "decline" => (Say::Decline, req.lang.t("已谢绝。", "Declined.")),
            "leave" => (Say::Leave, req.lang.t("已退出联合主办。", "You left.")),
            _ => return Err((&refusals::GONE).into()),
        };
        commands::answer(tx, actor, id, org(fields)?, answer)?;
        Ok(Done::to("/co-organisers", text))
    })
    .await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cursor {
    after: String,
}

#[derive(Template)]
#[template(path = "co_organiser/list.html")]
struct ListPage {
    shell: Shell,
    lines: Vec<Asked>,
    next: Option<String>,
}

/// `GET /co-organisers`
pub(super) async fn list(State(app): State<App>, req: Req, Query(at): Query<Cursor>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.demand_any(Action::ActivityManage)?;
        let rows = store::asked_of(tx, actor, None, cursor_pair(&at.after), PAGE_ROWS + 1)?;
        let page = Page::cut(rows, usize::try_from(PAGE_ROWS).unwrap_or(20), |one| {
            format!("{}~{}", one.activity, one.org)
        });
        ui::answer::html(
            &a,
            req,
            &ListPage {
                shell: a.shell(req, actor, req.lang.t("联合主办的活动", "Organised together")),
                next: page.next.map(|cursor| req.with_query("after", &cursor)),
                lines: page.rows,
            },
        )
    })
    .await
}
