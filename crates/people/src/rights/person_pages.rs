//! The person's own page, and the guardian's for a minor: asking, taking back, and where each request stands.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use db::ReadTx;
use kernel::error::{Collect, common};
use kernel::{Actor, Error, PersonId};
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form, Label};
use ui::shell::Shell;
use ui::{App, Req};

use super::pages::{self, Line};
use super::{RightsId, RightsKind, RightsState, commands, rules, store};
use crate::person;

/// Pages of this part.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/me/rights", get(mine).post(ask_own))
        .route("/me/rights/{id}/withdraw", get(to_mine).post(withdraw))
        .route("/family/{id}/rights", get(of_ward).post(ask_for_ward))
}

/// What a form asks; for pages and programs.
pub(super) fn wanted(fields: &Fields) -> Result<(RightsKind, String), Error> {
    let mut all = Collect::default();
    let label = Label("请求", "Request");
    let kind = RightsKind::from_code(fields.text("kind"));
    all.check(kind.is_none(), || {
        label.wrong("kind", fields.text("kind"), "更正、删除或副本", "correct, delete or copy")
    });
    let text = all.take(fields.required("text", Label("说明", "What it is about"), rules::TEXT));
    all.done()?;
    Ok((kind.unwrap_or(RightsKind::Correct), text.unwrap_or_default()))
}

#[derive(Template)]
#[template(path = "rights/me.html")]
struct MePage {
    shell: Shell,
    form: Form,
    /// Of whom, where it is a minor.
    ward: Option<(PersonId, String)>,
    action: String,
    days: i64,
    kinds: Vec<(String, String)>,
    lines: Vec<Line>,
}

fn page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    about: PersonId,
    form: &Form,
) -> Result<Answer, Error> {
    let (lang, today) = (req.lang, tx.now().date());
    let ward = match commands::subject(tx, actor, about)? {
        None => None,
        Some(_) => Some((about, person::find(tx, about)?.ok_or(&common::NOT_FOUND)?.name)),
    };
    let title = match &ward {
        None => lang.t("更正、删除和副本", "Correct, delete, copy").to_owned(),
        Some((_, name)) => lang.f("{}的资料：更正、删除和副本", "Data of {}: correct, delete, copy", &[name]),
    };
    let page = MePage {
        shell: app.shell(req, actor, &title),
        form: form.clone(),
        action: match &ward {
            None => "/me/rights".to_owned(),
            Some((id, _)) => format!("/family/{id}/rights"),
        },
        ward,
        days: store::days(tx)?,
        kinds: RightsKind::ALL
            .iter()
            .map(|kind| (kind.code().to_owned(), kind.name(lang).to_owned()))
            .collect(),
        lines: store::of_person(tx, about)?.into_iter().map(|one| pages::line(one, today)).collect(),
    };
    ui::answer::html(app, req, &page)
}

async fn mine(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let me = actor.person()?;
        page(&a, tx, req, actor, me, &Form::default())
    })
    .await
}

async fn to_mine(State(app): State<App>, req: Req, Path(_): Path<RightsId>) -> Answer {
    Done::to("/me/rights", "").answer(&app, &req)
}

async fn of_ward(State(app): State<App>, req: Req, Path(id): Path<PersonId>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| page(&a, tx, req, actor, id, &Form::default())).await
}

async fn ask_own(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        |tx, req, actor, fields| {
            let me = actor.person()?;
            let (kind, text) = wanted(fields)?;
            commands::ask(tx, actor, me, kind, &text)?;
            let say = req.lang.t("已提出，期限见下。", "Asked; the day it is due stands below.");
            Ok(Done::to("/me/rights", say))
        },
        move |tx, req, actor, form| {
            let me = actor.person()?;
            page(&a, tx, req, actor, me, form)
        },
    )
    .await
}

async fn ask_for_ward(State(app): State<App>, req: Req, Path(id): Path<PersonId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            commands::subject(tx, actor, id)?;
            let (kind, text) = wanted(fields)?;
            commands::ask(tx, actor, id, kind, &text)?;
            let say = req.lang.t("已提出，期限见下。", "Asked; the day it is due stands below.");
            Ok(Done::to(format!("/family/{id}/rights"), say))
        },
        move |tx, req, actor, form| page(&a, tx, req, actor, id, form),
    )
    .await
}

async fn withdraw(State(app): State<App>, req: Req, Path(id): Path<RightsId>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        let person = commands::withdraw(tx, actor, id)?;
        let to = match actor.person == Some(person) {
            true => "/me/rights".to_owned(),
            false => format!("/family/{person}/rights"),
        };
        Ok(Done::to(to, req.lang.t("已撤回。", "Taken back.")))
    })
    .await
}
