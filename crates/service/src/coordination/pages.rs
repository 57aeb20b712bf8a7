//! The office's page of coordinated categories, the team's page of an activity, and what a body is asked.

use askama::Template;
use axum::extract::{Path, Query, State};
use db::ReadTx;
use kernel::page::{PAGE_ROWS, Page};
use kernel::{Action, Actor, Error, Lang, catalogue};
use serde::Deserialize;
use ui::form::Label;
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::store::{self, Waiting};
use super::{Word, commands, refusals};
use crate::ActivityId;
use crate::activity::commands::managed;
use crate::activity::pages::{category_name, category_options, parse};
use crate::activity::{Activity, ActivityState};

type Pairs = Vec<(String, String)>;

// ---- the office ----

#[derive(Template)]
#[template(path = "coordination/rules.html")]
struct RulesPage {
    shell: Shell,
    form: Form,
    rows: Vec<(String, String, String)>,
    categories: Pairs,
    orgs: Pairs,
}

fn render_rules(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    form: Form,
) -> Result<Answer, Error> {
    crate::sign_up::limits::demand(tx, actor)?;
    let lang = req.lang;
    let rows = store::bodies(tx)?
        .into_iter()
        .map(|one| (category_name(&one.category, lang).to_owned(), one.name, one.category))
        .collect();
    let orgs = store::candidates(tx)?.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
    ui::answer::html(
        app,
        req,
        &RulesPage {
            shell: app.shell(req, actor, lang.t("统筹的活动类别", "Coordinated categories")),
            form,
            rows,
            categories: category_options(lang, true),
            orgs,
        },
    )
}

/// `GET /rules/coordination`
pub(super) async fn rules(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_rules(&a, tx, req, actor, Form::default())).await
}

/// `POST /rules/coordination`: an empty body takes it away.
pub(super) async fn set(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            crate::sign_up::limits::demand(tx, actor)?;
            let category = fields.required("category", Label("类别", "Category"), 40)?;
            let body = match fields.text("org") {
                "" if fields.ticked("clear") => None,
                _ => Some(fields.id("org", Label("统筹部门", "Body"))?),
            };
            commands::set(tx, actor, &category, body)?;
            Ok(Done::to("/rules/coordination", req.lang.t("已保存。", "Saved.")))
        },
        move |tx, req, actor, form| render_rules(&a, tx, req, actor, form.clone()),
    )
    .await
}

// ---- the team ----

/// Where an activity stands with the body that coordinates its category.
#[derive(Debug)]
pub struct Standing {
    /// Name of the body.
    pub body: String,
    /// Who acts next (Chk-01).
    pub next: String,
    /// Whether it can be asked now.
    pub ask: bool,
    /// Whether it agreed.
    pub agreed: bool,
}

/// Where an activity stands; nothing for a category of the team's own.
///
/// # Errors
/// Of the database.
pub(crate) fn standing(tx: &mut ReadTx<'_>, lang: Lang, a: &Activity) -> Result<Option<Standing>, Error> {
    let Some(body) = commands::needed(tx, a)? else { return Ok(None) };
    let said = store::find(tx, a.id)?.filter(|said| said.org_id == body.org_id);
    let state = said.as_ref().map(|said| said.state);
    let next = match (&said, state) {
        (Some(said), Some(Word::Asked)) => lang.f(
            "已于 {} 请求{}同意，等对方答复；同意后由{}发布。",
            "Asked on {}: {} answers; then {} publishes.",
            &[&said.asked_at.date(), &body.name, &a.org_name],
        ),
        (Some(_), Some(Word::Agreed)) => {
            lang.f("{}已同意，由{}发布。", "{} agreed; {} publishes.", &[&body.name, &a.org_name])
        }
        (Some(said), Some(Word::Declined)) => lang.f(
            "{}没有同意：{} 由{}修改后再次请求。",
            "{} did not agree: {} {} changes it and asks again.",
            &[&body.name, &said.note, &a.org_name],
        ),
        _ => lang.f(
            "这类活动由{}统一协调：由{}请求同意，同意之后才能发布。",
            "{} coordinates this category: {} asks, and publishes once it has agreed.",
            &[&body.name, &a.org_name],
        ),
    };
    Ok(Some(Standing {
        ask: a.state == ActivityState::Draft && !matches!(state, Some(Word::Asked | Word::Agreed)),
        agreed: state == Some(Word::Agreed),
        body: body.name,
        next,
    }))
}

#[derive(Template)]
#[template(path = "coordination/show.html")]
struct ShowPage {
    shell: Shell,
    form: Form,
    a: Activity,
    standing: Option<Standing>,
}

fn render_show(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    form: Form,
) -> Result<Answer, Error> {
    let a = managed(tx, actor, parse(id)?)?;
    let standing = standing(tx, req.lang, &a)?;
    ui::answer::html(
        app,
        req,
        &ShowPage {
            shell: app.shell(req, actor, req.lang.t("统筹部门的意见", "The coordinating body")),
            form,
            standing,
            a,
        },
    )
}

/// `GET /activities/{id}/coordination`
pub(super) async fn show(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_show(&a, tx, req, actor, &id, Form::default())).await
}

/// `POST /activities/{id}/coordination`: asks.
pub(super) async fn ask(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, _| {
            let id: ActivityId = parse(&id)?;
            let body = commands::ask(tx, actor, id)?;
            let say = req.lang.f("已请求{}同意。", "{} is asked.", &[&body.name]);
            Ok(Done::to(format!("/activities/{id}/coordination"), say))
        },
        move |tx, req, actor, form| render_show(&a, tx, req, actor, &again, form.clone()),
    )
    .await
}

// ---- the body ----

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cursor {
    after: String,
}

/// An activity that waits, ready to show.
#[derive(Debug)]
pub struct WaitingView {
    pub w: Waiting,
    pub category: String,
    pub when: String,
}

#[derive(Template)]
#[template(path = "coordination/list.html")]
struct ListPage {
    shell: Shell,
    form: Form,
    rows: Vec<WaitingView>,
    next: Option<String>,
}

fn waiting_view(lang: Lang, w: Waiting) -> WaitingView {
    let day = |at: Option<kernel::Timestamp>| at.map_or_else(|| "—".to_owned(), kernel::Timestamp::text);
    let when = if w.sessions > 1 {
        lang.f("{} 场，{} 至 {}", "{} sessions, {} to {}", &[&w.sessions, &day(w.first_at), &day(w.last_at)])
    } else {
        day(w.first_at)
    };
    WaitingView {
        category: catalogue::category(&w.category)
            .map_or_else(String::new, |one| lang.t(one.zh, one.en).to_owned()),
        when,
        w,
    }
}

fn render_list(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    after: &str,
    form: Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::ActivityManage)?;
    let rows = store::waiting(tx, actor, after.parse().ok(), PAGE_ROWS + 1)?;
    let page = Page::cut(rows, 20, |one| one.activity_id.to_string());
    ui::answer::html(
        app,
        req,
        &ListPage {
            shell: app.shell(req, actor, req.lang.t("等待同意的活动", "Activities to agree to")),
            form,
            rows: page.rows.into_iter().map(|one| waiting_view(req.lang, one)).collect(),
            next: page.next.map(|cursor| req.with_query("after", &cursor)),
        },
    )
}

/// `GET /coordination`
pub(super) async fn list(State(app): State<App>, req: Req, Query(at): Query<Cursor>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_list(&a, tx, req, actor, &at.after, Form::default())).await
}

/// `POST /activities/{id}/coordination/answer`
pub(super) async fn answer(
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
            let id: ActivityId = parse(&id)?;
            commands::asked(tx, actor, id)?;
            let note = fields.optional("note", Label("意见", "Note"), 300)?;
            let agree = match fields.text("act") {
                "agree" => true,
                "decline" => false,
                _ => return Err((&refusals::GONE).into()),
            };
            commands::answer(tx, actor, id, agree, &note)?;
            let say = if agree {
                req.lang.t("已同意，队伍可以发布了。", "Agreed; the team can publish.")
            } else {
                req.lang.t("已答复，队伍会看到意见。", "Answered; the team sees your note.")
            };
            Ok(Done::to("/coordination", say))
        },
        move |tx, req, actor, form| render_list(&a, tx, req, actor, "", form.clone()),
    )
    .await
}
