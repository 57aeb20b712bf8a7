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
#[template(path = "webhook/form.html")]
struct FormPage {
    shell: Shell,
    form: Form,
    /// The target that is changed; `None`: a new one.
    known: Option<store::Shown>,
    action: String,
    shapes: Vec<(String, &'static str)>,
    events: Vec<(String, &'static str)>,
    form_body: &'static str,
    json_body: &'static str,
}

/// `GET /settings/webhooks`.
pub async fn list(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.demand_any(Action::HookManage)?;
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

fn form_page(
    app: &App,
    req: &Req,
    actor: &Actor,
    mut form: Form,
    known: Option<store::Shown>,
) -> Result<Answer, Error> {
    actor.demand_any(Action::HookManage)?;
    let lang = req.lang;
    // The secret is typed anew: it never travels back to a page.
    form.fields.0.retain(|(name, _)| name != "secret");
    let title = if known.is_some() {
        lang.t("修改对接目标", "Change a target")
    } else {
        lang.t("添加对接目标", "Add a target")
    };
    let page = FormPage {
        shell: app.shell(req, actor, title),
        form,
        action: known.as_ref().map_or_else(|| HERE.to_owned(), |one| format!("{HERE}/{}", one.id)),
        known,
        shapes: Shape::ALL.iter().map(|one| (one.code().to_owned(), one.name(lang))).collect(),
        events: Event::CHOICES.iter().map(|one| (one.code().to_owned(), one.name(lang))).collect(),
        form_body: usual_body(Shape::SmsForm),
        json_body: usual_body(Shape::SmsJson),
    };
    answer::html(app, req, &page)
}

fn edit_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    target: &str,
    form: Option<Form>,
) -> Result<Answer, Error> {
    actor.demand_any(Action::HookManage)?;
    let one = store::webhook_shown(tx, id(target)?)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let form = form.unwrap_or_else(|| {
        let mut pairs = vec![
            ("name", one.name.clone()),
            ("shape", one.shape.code().to_owned()),
            ("body", one.body.clone()),
            ("version", one.version.to_string()),
        ];
        pairs.extend(one.events.split_whitespace().map(|event| ("events", event.to_owned())));
        Form::filled(pairs)
    });
    form_page(app, req, actor, form, Some(one))
}

/// `GET /settings/webhooks/new`.
pub async fn new(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |_, req, actor| form_page(&a, req, actor, Form::default(), None)).await
}

/// `POST /settings/webhooks`.
pub async fn add(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let (a, vault) = (app.clone(), app.vault.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            actor.demand_any(Action::HookManage)?;
            let new = commands::read(&vault, crate::allowed_hosts(), fields, false)?;
            commands::add(tx, actor, &new)?;
            Ok(Done::to(HERE, req.lang.t("已添加，可以点“测试”试一试", "Added; try it with “Test”")))
        },
        move |_, req, actor, form| form_page(&a, req, actor, form.clone(), None),
    )
    .await
}

/// `GET /settings/webhooks/{id}`.
pub async fn edit(State(app): State<App>, req: Req, Path(target): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| edit_page(&a, tx, req, actor, &target, None)).await
}

/// `POST /settings/webhooks/{id}`.
pub async fn save(State(app): State<App>, req: Req, Path(target): Path<String>, fields: Fields) -> Answer {
    let (a, vault, again) = (app.clone(), app.vault.clone(), target.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            actor.demand_any(Action::HookManage)?;
            let version = fields.text("version").parse().map_err(|_| Error::from(&common::STALE))?;
            let wish = commands::read(&vault, crate::allowed_hosts(), fields, true)?;
            commands::change(tx, actor, id(&target)?, version, &wish)?;
            Ok(Done::to(HERE, req.lang.t("已保存", "Saved")))
        },
        move |tx, req, actor, form| edit_page(&a, tx, req, actor, &again, Some(form.clone())),
    )
    .await
}

/// `POST /settings/webhooks/{id}/remove`.
pub async fn remove(State(app): State<App>, req: Req, Path(target): Path<String>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::remove(tx, actor, id(&target)?)?;
        Ok(Done::to(HERE, req.lang.t("已删除", "Removed")))
    })
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
