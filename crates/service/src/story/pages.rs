//! The leader's summary, one's own words, and what waits for approval.

use askama::Template;
use axum::extract::{Path, Query, State};
use db::ReadTx;
use kernel::page::Page;
use kernel::{Action, Actor, Error, Lang};
use serde::Deserialize;
use ui::answer::{Answer, Done};
use ui::form::Label;
use ui::{App, Fields, Form, Req, Shell};

use super::store::{self, Heard, Reflection, Told};
use super::{ReflectionState, SUMMARY, WORDS, commands};
use crate::ActivityId;
use crate::SessionId;
use crate::activity::SessionFull;
use crate::activity::pages::{parse, when};

// ---- the summary ----

#[derive(Template)]
#[template(path = "story/edit.html")]
struct EditPage {
    shell: Shell,
    form: Form,
    s: SessionFull,
    when: String,
    over: bool,
    published: bool,
}

fn render(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: SessionId,
    form: &Form,
) -> Result<Answer, Error> {
    let s = commands::told_by(tx, actor, id)?;
    let story = store::story(tx, id)?;
    let published = story.as_ref().is_some_and(|story| story.published_at.is_some());
    let mut form = form.clone();
    if form.refusals.is_empty() {
        // What was noted when the roll was closed is where one starts.
        let text = story.map(|story| story.text).filter(|text| !text.is_empty() || published);
        let mark = if published { "1" } else { "" };
        form =
            Form::filled([("text", text.unwrap_or_else(|| s.summary.clone())), ("publish", mark.to_owned())]);
    }
    let now = tx.now();
    ui::answer::html(
        app,
        req,
        &EditPage {
            shell: app.shell(req, actor, &req.lang.f("小结：{}", "Summary: {}", &[&s.title])),
            form,
            when: when(req.lang, s.starts_at, s.ends_at, now),
            over: now >= s.ends_at,
            published,
            s,
        },
    )
}

/// `GET /sessions/{id}/story`
pub(super) async fn form(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render(&a, tx, req, actor, parse(&id)?, &Form::default())).await
}

/// `POST /sessions/{id}/story`
pub(super) async fn save(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let text = fields.optional("text", Label("小结", "Summary"), SUMMARY)?;
            let publish = fields.ticked("publish");
            let s = commands::tell(tx, actor, parse(&id)?, &text, publish)?;
            let say = if publish {
                req.lang.t("小结已公开在活动页。", "The summary stands on the activity's page now.")
            } else {
                req.lang.t("小结已保存，还没有公开。", "Saved; not shown yet.")
            };
            Ok(Done::to(format!("/activities/{}#photos", s.activity_id), say))
        },
        move |tx, req, actor, form| render(&a, tx, req, actor, parse(&again)?, form),
    )
    .await
}

// ---- one's own words ----

#[derive(Template)]
#[template(path = "story/own.html")]
struct OwnPage {
    shell: Shell,
    form: Form,
    s: SessionFull,
    when: String,
    own: Option<Reflection>,
}

fn render_own(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: SessionId,
    form: &Form,
) -> Result<Answer, Error> {
    let (person, s) = commands::writes(tx, actor, id)?;
    let own = store::own(tx, id, person)?;
    let mut form = form.clone();
    if form.refusals.is_empty()
        && let Some(own) = &own
    {
        let named = if own.named { "1" } else { "" };
        form = Form::filled([("text", own.text.clone()), ("named", named.to_owned())]);
    }
    ui::answer::html(
        app,
        req,
        &OwnPage {
            shell: app.shell(req, actor, &req.lang.f("我的感想：{}", "My words: {}", &[&s.title])),
            form,
            when: when(req.lang, s.starts_at, s.ends_at, tx.now()),
            own,
            s,
        },
    )
}

/// `GET /sessions/{id}/reflection`
pub(super) async fn own(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_own(&a, tx, req, actor, parse(&id)?, &Form::default())).await
}

/// `POST /sessions/{id}/reflection`
pub(super) async fn write(
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
            let text = fields.required("text", Label("感想", "Your words"), WORDS)?;
            let s = commands::reflect(tx, actor, parse(&id)?, &text, fields.ticked("named"))?;
            let say =
                req.lang.t("已交给队长，通过后公开在活动页。", "Sent to the leader; shown once approved.");
            Ok(Done::to(format!("/activities/{}", s.activity_id), say))
        },
        move |tx, req, actor, form| render_own(&a, tx, req, actor, parse(&again)?, form),
    )
    .await
}

/// `POST /reflections/{id}/withdraw`
pub(super) async fn withdraw(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        let one = commands::withdraw(tx, actor, parse(&id)?)?;
        Ok(Done::to(format!("/activities/{}", one.activity_id), req.lang.t("感想已撤回", "Taken back")))
    })
    .await
}

// ---- what waits ----

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filter {
    state: String,
    after: String,
}

#[derive(Template)]
#[template(path = "story/list.html")]
struct ListPage {
    shell: Shell,
    form: Form,
    state: ReflectionState,
    rows: Vec<Reflection>,
    next: Option<String>,
    me: Option<kernel::PersonId>,
}

fn render_list(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    filter: &Filter,
    form: &Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::ActivityManage)?;
    let state = ReflectionState::from_code(&filter.state)
        .filter(|state| !matches!(state, ReflectionState::Withdrawn))
        .unwrap_or(ReflectionState::Waiting);
    let rows = store::list(tx, actor, state, filter.after.parse().ok(), 21)?;
    let page = Page::cut(rows, 20, |row| row.id.to_string());
    ui::answer::html(
        app,
        req,
        &ListPage {
            shell: app.shell(req, actor, req.lang.t("志愿者感想", "Volunteers' words")),
            form: form.clone(),
            state,
            rows: page.rows,
            next: page.next.map(|cursor| req.with_query("after", &cursor)),
            me: actor.person,
        },
    )
}

/// `GET /reflections`
pub(super) async fn list(State(app): State<App>, req: Req, Query(filter): Query<Filter>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_list(&a, tx, req, actor, &filter, &Form::default())).await
}

async fn decide(app: App, req: Req, id: String, fields: Fields, approve: bool) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let reply = fields.optional("reply", Label("意见", "Word"), 300)?;
            commands::decide(tx, actor, parse(&id)?, approve, &reply)?;
            let say = if approve {
                req.lang.t("已公开，已通知本人。", "Shown from now on; the writer is told.")
            } else {
                req.lang.t("已退回，已通知本人。", "Given back; the writer is told.")
            };
            Ok(Done::to("/reflections", say))
        },
        move |tx, req, actor, form| render_list(&a, tx, req, actor, &Filter::default(), form),
    )
    .await
}

/// `POST /reflections/{id}/approve`
pub(super) async fn approve(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    decide(app, req, id, fields, true).await
}

/// `POST /reflections/{id}/return`
pub(super) async fn give_back(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    decide(app, req, id, fields, false).await
}

// ---- on the page of the activity ----

/// What an activity left, as everybody sees it.
#[derive(Debug, Default)]
pub(crate) struct Left {
    pub tiles: Vec<crate::photo::pages::Tile>,
    pub told: Vec<(String, Told)>,
    pub heard: Vec<(String, Heard)>,
}

impl Left {
    /// Whether there is anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.tiles.is_empty() && self.told.is_empty() && self.heard.is_empty()
    }
}

/// Reads it.
pub(crate) fn left(tx: &mut ReadTx<'_>, lang: Lang, id: ActivityId) -> Result<Left, Error> {
    let now = tx.now();
    let told = store::told_of_activity(tx, id, 10)?;
    let heard = store::heard_of_activity(tx, id, 20)?;
    let anonymous = lang.t("一位志愿者", "A volunteer");
    Ok(Left {
        tiles: crate::photo::pages::tiles(lang, crate::photo::store::shown_of_activity(tx, id, 60)?),
        told: told.into_iter().map(|one| (when(lang, one.starts_at, one.ends_at, now), one)).collect(),
        heard: heard
            .into_iter()
            .map(|one| (if one.named { one.name.clone() } else { anonymous.to_owned() }, one))
            .collect(),
    })
}
