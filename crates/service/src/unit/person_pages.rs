//! One's own side: in whose name one serves, and applying as the contact of a unit.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use db::ReadTx;
use kernel::error::Collect;
use kernel::{Action, Actor, Error, Lang, OrgId};
use people::org::{OrgKind, OrgType};
use serde::Deserialize;
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form, Label};
use ui::shell::Shell;
use ui::{App, Req};

use super::commands::{self, Joining};
use super::store::{self, Membership, NewMembership, Serving, UnitRow};
use super::{ServeState, UnitMemberId, UnitServiceId};

/// Pages of this part.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/me/unit", get(me).post(ask))
        .route("/me/unit/{line}/stop", post(stop))
        .route("/me/unit/applications/{line}/withdraw", post(withdraw))
        .route("/units/join", get(join).post(join_post))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct MeFilter {
    q: String,
}

#[derive(Template)]
#[template(path = "unit/me.html")]
struct MePage {
    shell: Shell,
    form: Form,
    now: Vec<Serving>,
    past: Vec<Serving>,
    waits: bool,
    q: String,
    found: Vec<UnitRow>,
    applications: Vec<Membership>,
}

fn me_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    q: &str,
    form: Form,
) -> Result<Answer, Error> {
    let me = actor.person()?;
    let q: String = q.trim().chars().take(40).collect();
    let (now, past): (Vec<Serving>, Vec<Serving>) = store::of_person(tx, me)?
        .into_iter()
        .partition(|one| matches!(one.state, ServeState::Asked | ServeState::Active));
    let serves: Vec<OrgId> = now.iter().map(|one| one.unit).collect();
    let mut found = if q.is_empty() { Vec::new() } else { store::look_for(tx, &q, true)? };
    found.retain(|unit| !serves.contains(&unit.id));
    let page = MePage {
        shell: app.shell(req, actor, req.lang.t("以单位名义服务", "Serving in a unit's name")),
        form,
        waits: now.iter().any(|one| one.state == ServeState::Asked),
        now,
        past,
        q,
        found,
        applications: store::of_contact(tx, me)?,
    };
    ui::answer::html(app, req, &page)
}

async fn me(State(app): State<App>, req: Req, Query(filter): Query<MeFilter>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| me_page(&a, tx, req, actor, &filter.q, Form::default())).await
}

async fn ask(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            actor.person()?;
            let unit = fields.id("unit", Label("单位", "Unit"))?;
            commands::ask(tx, actor, unit)?;
            Ok(Done::to("/me/unit", req.lang.t("已提出，等单位确认。", "Asked; the unit answers.")))
        },
        move |tx, req, actor, form| me_page(&a, tx, req, actor, "", form.clone()),
    )
    .await
}

async fn stop(State(app): State<App>, req: Req, Path(line): Path<UnitServiceId>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::stop(tx, actor, line)?;
        Ok(Done::to("/me/unit", req.lang.t("已办理。已计入单位的时长不变。", "Done. What counted stays.")))
    })
    .await
}

async fn withdraw(
    State(app): State<App>,
    req: Req,
    Path(line): Path<UnitMemberId>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::leave(tx, actor, line)?;
        Ok(Done::to("/me/unit", req.lang.t("申请已撤回。", "Taken back.")))
    })
    .await
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct JoinFilter {
    host: String,
    q: String,
}

#[derive(Template)]
#[template(path = "unit/join.html")]
struct JoinPage {
    shell: Shell,
    form: Form,
    /// What it joins, once it is chosen.
    host: Option<(String, String)>,
    q: String,
    hosts: Vec<(OrgId, OrgKind, String)>,
    own: Vec<(String, String)>,
    types: Vec<(String, String)>,
}

/// Types of units, as choices.
pub(super) fn types(lang: Lang) -> Vec<(String, String)> {
    OrgType::ALL.iter().map(|one| (one.code().to_owned(), one.name(lang).to_owned())).collect()
}

fn join_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    filter: &JoinFilter,
    form: Form,
) -> Result<Answer, Error> {
    actor.person()?;
    let lang = req.lang;
    let chosen: Option<OrgId> = filter.host.parse().ok();
    let host = match chosen {
        Some(id) => {
            let host = commands::open_host(tx, id)?;
            Some((host.id.to_string(), host.title(&lang).to_owned()))
        }
        None => None,
    };
    let q: String = filter.q.trim().chars().take(40).collect();
    let own = store::own_units(tx, &actor.scopes(Action::TeamManage))?
        .into_iter()
        .map(|unit| (unit.id.to_string(), unit.title(&lang).to_owned()))
        .collect();
    let page = JoinPage {
        shell: app.shell(req, actor, lang.t("单位申请入会", "A unit joins")),
        form,
        hosts: if q.is_empty() { Vec::new() } else { store::hosts(tx, &q)? },
        host,
        q,
        own,
        types: types(lang),
    };
    ui::answer::html(app, req, &page)
}

async fn join(State(app): State<App>, req: Req, Query(filter): Query<JoinFilter>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| join_page(&a, tx, req, actor, &filter, Form::default())).await
}

/// Which unit a form is about: one of the tree, or the facts of a new one. `strict`: as its contact fills it in.
pub(super) fn joining(fields: &Fields, strict: bool) -> Result<Joining, Error> {
    if !fields.text("unit").is_empty() {
        return Ok(Joining::Known(fields.id("unit", Label("单位", "Unit"))?));
    }
    let mut all = Collect::default();
    let name = all.take(fields.required("name", Label("单位名称", "Name of the unit"), 60));
    let kind = OrgType::from_code(fields.text("type")).ok_or_else(|| {
        Label("单位类型", "Type").wrong("type", fields.text("type"), "请选择一项。", "Choose one.")
    });
    let kind = all.take(kind);
    let uscc = all.take(fields.optional("uscc", Label("统一社会信用代码", "Credit code"), 30));
    let address = all.take(fields.optional("address", Label("地址", "Address"), 120));
    let label = Label("联系电话", "Phone");
    let phone = all.take(if strict {
        fields.required("phone", label, 30)
    } else {
        fields.optional("phone", label, 30)
    });
    all.done()?;
    match (name, kind, uscc, address, phone) {
        (Some(name), Some(kind), Some(uscc), Some(address), Some(phone)) => {
            let code: String = uscc.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase();
            Ok(Joining::New(NewMembership {
                name,
                type_code: kind.code().to_owned(),
                uscc: (!code.is_empty()).then_some(code),
                address,
                phone,
                words: String::new(),
            }))
        }
        _ => Err(Error::bug("a form without refusals lacks a field")),
    }
}

async fn join_post(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            actor.person()?;
            let host = fields.id("host", Label("加入的组织", "What it joins"))?;
            let words = fields.optional("words", Label("说明", "Words"), 300)?;
            commands::apply(tx, actor, host, &joining(fields, true)?, &words)?;
            let say = req.lang.t("申请已提交，结果会通知您。", "Sent; you will be told the answer.");
            Ok(Done::to("/me/unit", say))
        },
        move |tx, req, actor, form| {
            // What the form was about is shown again, unless it cannot be joined.
            let host = match form.v("host").parse().ok() {
                Some(id) if commands::open_host(tx, id).is_ok() => form.v("host").to_owned(),
                _ => String::new(),
            };
            join_page(&a, tx, req, actor, &JoinFilter { host, q: String::new() }, form.clone())
        },
    )
    .await
}
