//! Pages of webhooks, for the system administrator.

use askama::Template;
use axum::extract::{Path, State};
use db::ReadTx;
use kernel::error::common;
use kernel::{Action, Actor, Error};
use ui::{Answer, App, Done, Fields, Form, Req, Shell, answer};

use super::rules::usual_body;
use super::{Event, Shape, WebhookId, commands, store};

const HERE: &str = "/settings/webhooks";

struct View {
    id: WebhookId,
    name: String,
    shape: &'static str,
    host: String,
    events: String,
    active: bool,
    signed: bool,
    sent: i64,
    given_up: i64,
}

#[derive(Template)]
#[template(path = "webhook/list.html")]
struct ListPage {
    shell: Shell,
    targets: Vec<View>,
}

#[derive(Template)]
#[template(path = "webhook/new.html")]
struct NewPage {
    shell: Shell,
    form: Form,
    shapes: Vec<(String, &'static str)>,
    events: Vec<(String, &'static str)>,
    form_body: &'static str,
    json_body: &'static str,
}

/// `GET /settings/webhooks`.
pub async fn list(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.demand_any(Action::SystemManage)?;
        let lang = req.lang;
        let targets = store::webhook_list(tx)?
            .into_iter()
            .map(|one| View {
                id: one.id,
                name: one.name,
                shape: one.shape.name(lang),
                host: one.host,
                events: one
                    .events
                    .split(' ')
                    .filter_map(Event::from_code)
                    .map(|event| event.name(lang))
                    .collect::<Vec<_>>()
                    .join(lang.t("、", ", ")),
                active: one.active,
                signed: one.signed,
                sent: one.sent,
                given_up: one.given_up,
            })
            .collect();
        let shell = a.shell(req, actor, lang.t("对接", "Webhooks"));
        answer::html(&a, req, &ListPage { shell, targets })
    })
    .await
}

fn new_page(app: &App, _: &mut ReadTx<'_>, req: &Req, actor: &Actor, form: &Form) -> Result<Answer, Error> {
    actor.demand_any(Action::SystemManage)?;
    let lang = req.lang;
    let mut form = form.clone();
    // The secret is typed anew: it never travels back to a page.
    form.fields.0.retain(|(name, _)| name != "secret");
    answer::html(
        app,
        req,
        &NewPage {
            shell: app.shell(req, actor, lang.t("添加对接目标", "Add a target")),
            form,
            shapes: Shape::ALL.iter().map(|one| (one.code().to_owned(), one.name(lang))).collect(),
            events: Event::CHOICES.iter().map(|one| (one.code().to_owned(), one.name(lang))).collect(),
            form_body: usual_body(Shape::SmsForm),
            json_body: usual_body(Shape::SmsJson),
        },
    )
}

/// `GET /settings/webhooks/new`.
pub async fn new(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| new_page(&a, tx, req, actor, &Form::default())).await
}

/// `POST /settings/webhooks`.
pub async fn add(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let (a, vault) = (app.clone(), app.vault.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            actor.demand_any(Action::SystemManage)?;
            let new = commands::read(&vault, crate::allowed_hosts(), fields)?;
            commands::add(tx, actor, &new)?;
            Ok(Done::to(HERE, req.lang.t("已添加，可以点“测试”试一试", "Added; try it with “Test”")))
        },
        move |tx, req, actor, form| new_page(&a, tx, req, actor, form),
    )
    .await
}

fn id(text: &str) -> Result<WebhookId, Error> {
    text.parse().map_err(|_| Error::from(&common::NOT_FOUND))
}

/// `POST /settings/webhooks/{id}/test`.
pub async fn test(State(app): State<App>, req: Req, Path(target): Path<String>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::test(tx, actor, id(&target)?)?;
        let say = req.lang.t(
            "测试已排队，结果见投递记录（约几秒后）",
            "The test is queued; its outcome shows in the deliveries within seconds",
        );
        Ok(Done::to("/messages/delivery", say))
    })
    .await
}

/// `POST /settings/webhooks/{id}/on`.
pub async fn on(State(app): State<App>, req: Req, Path(target): Path<String>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::switch(tx, actor, id(&target)?, true)?;
        Ok(Done::to(HERE, req.lang.t("已启用", "Switched on")))
    })
    .await
}

/// `POST /settings/webhooks/{id}/off`.
pub async fn off(State(app): State<App>, req: Req, Path(target): Path<String>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::switch(tx, actor, id(&target)?, false)?;
        Ok(Done::to(HERE, req.lang.t("已停用", "Switched off")))
    })
    .await
}
