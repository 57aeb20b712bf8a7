//! The desk itself, and where a leader starts and ends desks.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use kernel::{Error, Lang, Timestamp};
use serde::Deserialize;
use ui::form::Label;
use ui::{Answer, App, Done, Fields, Form, Req, Shell};
use vault::SessionToken;

use super::DeskId;
use super::{commands, store};
use crate::attendance::pages::{self as door, CodePart};
use crate::attendance::{Way, commands as roll, span};
use crate::{SessionId, SignUpId};

/// Name of the cookie of a desk.
const DESK: &str = "linli_desk";

/// The hash of the desk's token, from the request's cookies.
pub(super) fn token(headers: &HeaderMap) -> Option<Vec<u8>> {
    let text = door::cookie(headers, DESK)?;
    SessionToken::parse(&text).map(|token| token.hash().as_bytes().to_vec())
}

// ---- for the leader ----

struct Line {
    id: String,
    who: String,
    when: String,
}

#[derive(Template)]
#[template(path = "attendance/desks.html")]
struct ListPage {
    shell: Shell,
    id: String,
    title: String,
    when: String,
    lines: Vec<Line>,
}

/// `GET /sessions/{id}/desks`
pub(super) async fn list(State(app): State<App>, req: Req, Path(id): Path<i64>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let held = roll::find_to_lead(tx, actor, SessionId(id))?;
        let desks = store::of_session(tx, held.id)?;
        ui::answer::html(
            &a,
            req,
            &ListPage {
                shell: a.shell(req, actor, req.lang.t("签到台", "Check-in desk")),
                id: held.id.to_string(),
                title: held.title_in(&req.lang).to_owned(),
                when: span(held.starts_at, held.ends_at),
                lines: desks
                    .into_iter()
                    .map(|one| Line {
                        id: one.id.to_string(),
                        who: one.who,
                        when: span(one.started_at, one.expires_at),
                    })
                    .collect(),
            },
        )
    })
    .await
}

/// `POST /sessions/{id}/desks`: makes this device a desk, which signs the leader out on it; or ends one.
pub(super) async fn start(State(app): State<App>, req: Req, Path(id): Path<i64>, fields: Fields) -> Answer {
    let token = app.vault.session_token();
    let a = app.clone();
    app.command(req, fields, move |tx, req, actor, fields| {
        let session = SessionId(id);
        if !fields.text("end").is_empty() {
            let desk: DeskId = fields.id("end", Label("签到台", "Desk"))?;
            commands::end(tx, actor, session, desk)?;
            let say = req.lang.t("签到台已停用", "The desk has ended");
            return Ok(Done::to(format!("/sessions/{id}/desks"), say));
        }
        let until = commands::start(tx, actor, session, token.hash().as_bytes())?;
        // Whoever stands at the desk must not be able to leave it as the leader.
        if let Some(hash) = &req.session {
            people::account::store::session_forget(tx, hash)?;
        }
        let seconds = (until.0 - tx.now().0) / 1000;
        let say = req
            .lang
            .t("签到台已启动，您已在这台设备上退出登录", "The desk runs; you are signed out on this device");
        Ok(Done::to("/desk", say)
            .cookie(ui::answer::cookie(&a, DESK, &token.text(), seconds))
            .cookie(ui::answer::cookie(&a, ui::request::SESSION, "", 0)))
    })
    .await
}

// ---- the desk ----

struct Person {
    id: String,
    name: String,
    volunteer_no: String,
    inside: bool,
}

#[derive(Template)]
#[template(path = "attendance/desk.html")]
struct DeskPage {
    shell: Shell,
    form: Form,
    lang: Lang,
    title: String,
    when: String,
    until: String,
    svg: String,
    number: String,
    short_no: String,
    left: i64,
    come: String,
    q: String,
    asked: bool,
    people: Vec<Person>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct DeskQuery {
    #[serde(default)]
    q: String,
}

fn page(
    app: &App,
    tx: &mut db::ReadTx<'_>,
    req: &Req,
    token: Option<&[u8]>,
    query: &DeskQuery,
    form: Form,
) -> Result<Answer, Error> {
    let (held, until, _) = commands::open(tx, token)?;
    let shown = door::shown(app, tx, &held, req.lang)?;
    let q: String = query.q.trim().chars().take(20).collect();
    let people = if q.is_empty() { Vec::new() } else { store::listed(tx, held.id, &q)? };
    ui::answer::html(
        app,
        req,
        &DeskPage {
            shell: app.shell(req, &kernel::Actor::default(), req.lang.t("签到台", "Check-in desk")),
            form,
            lang: req.lang,
            title: held.title_in(&req.lang).to_owned(),
            when: span(held.starts_at, held.ends_at),
            until: until.clock_text(),
            short_no: held.short_no(),
            svg: shown.svg,
            number: shown.number,
            left: shown.left,
            come: shown.come,
            asked: !q.is_empty(),
            q,
            people: people
                .into_iter()
                .map(|one| Person {
                    id: one.id.to_string(),
                    name: one.name,
                    volunteer_no: one.volunteer_no,
                    inside: one.inside > 0,
                })
                .collect(),
        },
    )
}

/// `GET /desk`
pub(super) async fn show(
    State(app): State<App>,
    req: Req,
    headers: HeaderMap,
    Query(query): Query<DeskQuery>,
) -> Answer {
    let (a, token) = (app.clone(), token(&headers));
    app.page(req, move |tx, req, _| page(&a, tx, req, token.as_deref(), &query, Form::default())).await
}

/// `GET /desk/code`: the next code.
pub(super) async fn code_part(State(app): State<App>, req: Req, headers: HeaderMap) -> Answer {
    let (a, token) = (app.clone(), token(&headers));
    app.page(req, move |tx, req, _| {
        let (held, ..) = commands::open(tx, token.as_deref())?;
        let shown = door::shown(&a, tx, &held, req.lang)?;
        ui::answer::html(&a, req, &CodePart::of(shown, &held, req.lang))
    })
    .await
}

fn said(name: &str, way: Way, repeated: bool, at: Timestamp, lang: Lang) -> String {
    let word = match (way, repeated) {
        (Way::In, false) => lang.t("已签到", "checked in"),
        (Way::In, true) => lang.t("此前已签到", "was checked in already"),
        (Way::Out, _) => lang.t("已签退", "checked out"),
    };
    format!("{name} {word} {}", at.clock_text())
}

/// `POST /desk/card`: a member card held to the camera.
pub(super) async fn card(State(app): State<App>, req: Req, headers: HeaderMap, fields: Fields) -> Answer {
    let (a, token) = (app.clone(), token(&headers));
    let again = token.clone();
    let owner = people::person::read_card(&app.vault, fields.text("card"));
    app.submit(
        req,
        fields,
        move |tx, req, _, _| {
            let (held, _, actor) = commands::open(tx, token.as_deref())?;
            let (done, name) = roll::card(tx, &actor, held.id, owner)?;
            Ok(Done::to("/desk", said(&name, done.way, done.repeated, done.at, req.lang)))
        },
        move |tx, req, _, form| page(&a, tx, req, again.as_deref(), &DeskQuery::default(), form.clone()),
    )
    .await
}

/// `POST /desk/check`: somebody's own line of the list.
pub(super) async fn check(State(app): State<App>, req: Req, headers: HeaderMap, fields: Fields) -> Answer {
    let (a, token) = (app.clone(), token(&headers));
    let again = token.clone();
    app.submit(
        req,
        fields,
        move |tx, req, _, fields| {
            let (held, _, actor) = commands::open(tx, token.as_deref())?;
            let line: SignUpId = fields.id("line", Label("姓名", "Name"))?;
            let (done, name) = commands::by_name(tx, &actor, &held, line)?;
            Ok(Done::to("/desk", said(&name, done.way, done.repeated, done.at, req.lang)))
        },
        move |tx, req, _, form| page(&a, tx, req, again.as_deref(), &DeskQuery::default(), form.clone()),
    )
    .await
}

/// `POST /desk/end`: from the desk itself.
pub(super) async fn end(State(app): State<App>, req: Req, headers: HeaderMap, fields: Fields) -> Answer {
    let (a, token) = (app.clone(), token(&headers));
    app.command(req, fields, move |tx, req, _, _| {
        if let Some(hash) = &token {
            store::end_own(tx, hash)?;
        }
        let gone = ui::answer::cookie(&a, DESK, "", 0);
        Ok(Done::to("/", req.lang.t("签到台已停用", "The desk has ended")).cookie(gone))
    })
    .await
}
