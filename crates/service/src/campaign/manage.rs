//! The organiser's pages: facts, areas; announcing, closing, running it again.

use askama::Template;
use axum::extract::{Path, Query, State};
use db::{ReadTx, WriteTx};
use kernel::{Action, Actor, Error, OrgId};
use serde::Deserialize;
use ui::form::Label;
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::commands::{self, managed};
use super::item_store::{self, Attached};
use super::pages::{Parts, next_words, parts, title};
use super::store::{self, Campaign};
use super::{CampaignStage, ItemState, read, rules};
use crate::CampaignId;
use crate::activity::pages::parse;
use crate::activity::store::{areas as all_areas, org_choices};

/// Pairs of a form's fields.
type Pairs = Vec<(String, String)>;

// ---- facts ----

#[derive(Template)]
#[template(path = "campaign/edit.html")]
struct EditPage {
    shell: Shell,
    form: Form,
    id: Option<CampaignId>,
    orgs: Pairs,
    org_name: String,
}

fn render_new(app: &App, tx: &mut ReadTx<'_>, req: &Req, actor: &Actor, form: Form) -> Result<Answer, Error> {
    actor.demand_any(Action::ActivityManage)?;
    let orgs = org_choices(tx, actor)?.into_iter().map(|org| (org.id.to_string(), org.name)).collect();
    ui::answer::html(
        app,
        req,
        &EditPage {
            shell: app.shell(req, actor, req.lang.t("发起专项行动", "Begin a campaign")),
            form,
            id: None,
            orgs,
            org_name: String::new(),
        },
    )
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct For {
    org: String,
}

/// `GET /campaigns/new`
pub(super) async fn new(State(app): State<App>, req: Req, Query(asked): Query<For>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.demand_any(Action::ActivityManage)?;
        // Where the actor's own part of the city begins.
        let top = actor.scopes(Action::ActivityManage).first().map(|grant| grant.org.to_string());
        let org = if asked.org.is_empty() { top.unwrap_or_default() } else { asked.org.clone() };
        render_new(&a, tx, req, actor, Form::filled([("org", org)]))
    })
    .await
}

/// `POST /campaigns/new`
pub(super) async fn create(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            actor.demand_any(Action::ActivityManage)?;
            let org: OrgId = fields.id("org", Label("主办方", "Organiser"))?;
            let id = commands::create(tx, actor, org, &read::facts(fields)?)?;
            let say = req.lang.t(
                "已存为草稿。接着写阶段和工作线，然后公布。",
                "Saved as a draft. Add phases and lines, then announce it.",
            );
            Ok(Done::to(format!("/campaigns/{id}/manage"), say))
        },
        move |tx, req, actor, form| render_new(&a, tx, req, actor, form.clone()),
    )
    .await
}

fn fact_fields(c: &Campaign) -> Pairs {
    let own = |name: &str, value: String| (name.to_owned(), value);
    vec![
        own("version", c.version.to_string()),
        own("title", c.title.clone()),
        own("title_en", c.title_en.clone()),
        own("basis", c.basis.clone()),
        own("summary", c.summary.clone()),
        own("from", c.from_on.to_string()),
        own("to", c.to_on.to_string()),
        own("declare_until", c.declare_until.to_string()),
    ]
}

fn render_edit(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    form: Option<Form>,
) -> Result<Answer, Error> {
    let c = managed(tx, actor, parse(id)?)?;
    rules::changeable(&c)?;
    ui::answer::html(
        app,
        req,
        &EditPage {
            shell: app.shell(req, actor, req.lang.t("修改专项行动", "Change the campaign")),
            form: form.unwrap_or_else(|| Form::filled(fact_fields(&c))),
            id: Some(c.id),
            orgs: Vec::new(),
            org_name: c.org_name,
        },
    )
}

/// `GET /campaigns/{id}/edit`
pub(super) async fn edit(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_edit(&a, tx, req, actor, &id, None)).await
}

/// `POST /campaigns/{id}/edit`
pub(super) async fn save(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let c = managed(tx, actor, parse(&id)?)?;
            let version = fields.text("version").parse().unwrap_or(0);
            commands::save(tx, actor, c.id, version, &read::facts(fields)?)?;
            Ok(Done::to(format!("/campaigns/{}/manage", c.id), req.lang.t("已保存。", "Saved.")))
        },
        move |tx, req, actor, form| render_edit(&a, tx, req, actor, &again, Some(form.clone())),
    )
    .await
}

// ---- the managing page ----

#[derive(Template)]
#[template(path = "campaign/manage.html")]
struct ManagePage {
    shell: Shell,
    form: Form,
    c: Campaign,
    stage: CampaignStage,
    next: String,
    parts: Parts,
    areas: Pairs,
    counts: Vec<(ItemState, i64)>,
    waiting: i64,
    attached: Vec<Attached>,
    follow: Option<CampaignId>,
    /// Whether it may still be changed.
    open: bool,
}

/// Streets and communities to choose from: those under the organiser, or, where it has none, all.
fn area_options(tx: &mut ReadTx<'_>, c: &Campaign) -> Result<Pairs, Error> {
    let mut all = all_areas(tx)?;
    if all.iter().any(|area| area.area_path.starts_with(&c.area_path)) {
        all.retain(|area| area.area_path.starts_with(&c.area_path));
    }
    Ok(all
        .into_iter()
        .map(|area| {
            let indent = if area.kind == "community" { "　" } else { "" };
            (area.id.to_string(), format!("{indent}{}", area.name))
        })
        .collect())
}

fn render_manage(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    form: Form,
) -> Result<Answer, Error> {
    let (lang, today) = (req.lang, tx.now().date());
    let c = managed(tx, actor, parse(id)?)?;
    let counts = item_store::counts(tx, c.id)?;
    let stage = c.stage(today);
    let areas = if stage == CampaignStage::Closed { Vec::new() } else { area_options(tx, &c)? };
    ui::answer::html(
        app,
        req,
        &ManagePage {
            shell: app.shell(req, actor, &lang.f("管理：{}", "Manage: {}", &[&title(lang, &c)])),
            form,
            next: next_words(lang, &c, today),
            parts: parts(tx, lang, &c)?,
            areas,
            waiting: counts.iter().find(|one| one.0 == ItemState::Declared).map_or(0, |one| one.1),
            counts,
            attached: item_store::attached(tx, c.id, None, 200)?,
            follow: store::next_of(tx, c.id)?,
            open: stage != CampaignStage::Closed,
            stage,
            c,
        },
    )
}

/// `GET /campaigns/{id}/manage`
pub(super) async fn show(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_manage(&a, tx, req, actor, &id, Form::default())).await
}

/// A form of the managing page: done, it leads back there; refused, the page shows it.
async fn on_page<F>(app: App, req: Req, id: String, fields: Fields, act: F) -> Answer
where
    F: Fn(&mut WriteTx<'_>, &Actor, &Fields, &Campaign) -> Result<(&'static str, &'static str), Error>
        + Send
        + Sync
        + 'static,
{
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let c = managed(tx, actor, parse(&id)?)?;
            let (zh, en) = act(tx, actor, fields, &c)?;
            Ok(Done::to(format!("/campaigns/{}/manage", c.id), req.lang.t(zh, en)))
        },
        move |tx, req, actor, form| render_manage(&a, tx, req, actor, &again, form.clone()),
    )
    .await
}

/// `POST /campaigns/{id}/announce`
pub(super) async fn announce(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    on_page(app, req, id, fields, |tx, actor, _, c| {
        commands::announce(tx, actor, c.id)?;
        Ok(("已公布，各队可以申报了。", "Announced; teams can declare items."))
    })
    .await
}

fn area(fields: &Fields) -> Result<OrgId, Error> {
    Ok(fields.id("area", Label("范围", "Area"))?)
}

/// `POST /campaigns/{id}/areas`
pub(super) async fn add_area(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    on_page(app, req, id, fields, |tx, actor, fields, c| {
        commands::add_area(tx, actor, c.id, area(fields)?)?;
        Ok(("已加入范围。", "The area is added."))
    })
    .await
}

/// `POST /campaigns/{id}/areas/remove`
pub(super) async fn remove_area(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    on_page(app, req, id, fields, |tx, actor, fields, c| {
        commands::remove_area(tx, actor, c.id, area(fields)?)?;
        Ok(("已移出范围。", "The area is taken out."))
    })
    .await
}

/// `POST /campaigns/{id}/again`
pub(super) async fn again(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        let next = commands::again(tx, actor, parse(&id)?)?;
        let say = req.lang.t(
            "已按上次的内容建好草稿，日期顺延；核对后公布。",
            "A draft with the same content and later dates; check it, then announce.",
        );
        Ok(Done::to(format!("/campaigns/{next}/manage"), say))
    })
    .await
}

/// `POST /campaigns/{id}/delete`
pub(super) async fn delete(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::delete(tx, actor, parse(&id)?)?;
        Ok(Done::to("/campaigns?tab=draft", req.lang.t("草稿已删除。", "The draft is removed.")))
    })
    .await
}

// ---- closing ----

#[derive(Template)]
#[template(path = "campaign/close.html")]
struct ClosePage {
    shell: Shell,
    form: Form,
    c: Campaign,
    stage: CampaignStage,
    waiting: i64,
    open_deliverables: usize,
}

fn render_close(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    form: Form,
) -> Result<Answer, Error> {
    let c = managed(tx, actor, parse(id)?)?;
    rules::open(&c)?;
    let open = store::deliverables(tx, c.id)?.iter().filter(|one| one.done_at.is_none()).count();
    ui::answer::html(
        app,
        req,
        &ClosePage {
            shell: app.shell(req, actor, req.lang.t("写总结并结束", "Report and close")),
            form,
            stage: c.stage(tx.now().date()),
            waiting: commands::waiting(tx, c.id)?,
            open_deliverables: open,
            c,
        },
    )
}

/// `GET /campaigns/{id}/close`
pub(super) async fn close_form(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_close(&a, tx, req, actor, &id, Form::default())).await
}

/// `POST /campaigns/{id}/close`
pub(super) async fn close(
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
            let c = managed(tx, actor, parse(&id)?)?;
            let report = fields.required("report", Label("总结", "Report"), 5000)?;
            commands::close(tx, actor, c.id, &report)?;
            let say = req.lang.t("已结束，总结已公开。", "Closed; the report is public.");
            Ok(Done::to(format!("/campaigns/{}/report", c.id), say))
        },
        move |tx, req, actor, form| render_close(&a, tx, req, actor, &again, form.clone()),
    )
    .await
}
