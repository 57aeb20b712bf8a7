//! Alliances: the list, one with its members, writing one, joining and leaving.

use askama::Template;
use axum::extract::{Path, Query, State};
use db::ReadTx;
use kernel::error::Collect;
use kernel::page::{PAGE_ROWS, Page};
use kernel::{Action, Actor, Date, Error, Lang, Minutes, OrgId, Refusal, can};
use serde::Deserialize;
use ui::form::Label;
use ui::sheet::{self, Cell};
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::commands::{self, Who};
use super::store::{self, Alliance, Member, NewAlliance};
use super::{AllianceId, AllianceMemberId, PartnerId, refusals};
use crate::activity::pages::{export_note, parse};

type Pairs = Vec<(String, String)>;

/// The organisations in whose name the actor keeps partners and alliances.
pub(super) fn hosts(actor: &Actor) -> Pairs {
    let scopes = actor.scopes(Action::OrgManage);
    scopes.iter().map(|grant| (grant.org.to_string(), grant.org_name.clone())).collect()
}

/// First and last day, from a form.
pub(super) fn days(all: &mut Collect, fields: &Fields) -> (Option<Date>, Option<Date>) {
    let from = all.take(fields.date("from_on", Label("开始日期", "First day")));
    let until = match fields.text("until_on") {
        "" => None,
        _ => all.take(fields.date("until_on", Label("截止日期", "Last day"))),
    };
    (from, until)
}

// ---- the list ----

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    after: String,
}

#[derive(Template)]
#[template(path = "alliance/list.html")]
struct ListPage {
    shell: Shell,
    rows: Vec<Alliance>,
    today: Date,
    next: Option<String>,
    may_add: bool,
}

/// `GET /alliances`
pub(super) async fn list(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let page = Page::cut(store::alliances(tx, &asked.after, PAGE_ROWS + 1)?, 20, |one| one.name.clone());
        ui::answer::html(
            &a,
            req,
            &ListPage {
                shell: a.shell(req, actor, req.lang.t("公益联盟", "Alliances")),
                rows: page.rows,
                today: tx.now().date(),
                next: page.next.map(|cursor| req.with_query("after", &cursor)),
                may_add: actor.may(Action::OrgManage),
            },
        )
    })
    .await
}

// ---- one ----

/// A member with what the reader may do.
struct Line {
    one: Member,
    hours: String,
    may_end: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    q: String,
    format: String,
}

#[derive(Template)]
#[template(path = "alliance/one.html")]
struct OnePage {
    shell: Shell,
    form: Form,
    a: Alliance,
    over: bool,
    members: Vec<Line>,
    former: Vec<Member>,
    /// Minutes of the teams this year, in words.
    hours: String,
    manages: bool,
    /// What was looked for to take in, and what was found: (value, name).
    q: String,
    found: Pairs,
    export: String,
}

fn sheet_of(lang: Lang, note: &str, alliance: &Alliance, members: &[Member]) -> Result<Answer, Error> {
    let heads = [
        lang.t("成员", "Member"),
        lang.t("类型", "Kind"),
        lang.t("职务", "Duty"),
        lang.t("加入", "Since"),
        lang.t("退出", "Until"),
        lang.t("今年服务小时", "Hours this year"),
    ];
    let cells: Vec<Vec<Cell>> = members
        .iter()
        .map(|one| {
            vec![
                one.name.as_str().into(),
                one.kind.map_or_else(|| lang.t("本市组织", "Of this city"), |kind| kind.name(lang)).into(),
                one.duty.as_str().into(),
                one.joined_on.to_string().into(),
                one.left_on.map(|on| on.to_string()).unwrap_or_default().into(),
                one.minutes.map(|minutes| Minutes(minutes).hours()).unwrap_or_default().into(),
            ]
        })
        .collect();
    sheet::answer(&alliance.name, note, &heads, &cells)
}

fn render_one(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: AllianceId,
    wanted: &Wanted,
    form: Form,
) -> Result<Answer, Error> {
    let (lang, today) = (req.lang, tx.now().date());
    let a = store::alliance(tx, id)?.ok_or_else(|| Error::from(&kernel::error::common::NOT_FOUND))?;
    let members = store::members(tx, id, today)?;
    if wanted.format == "xlsx" {
        let note = export_note(lang, actor, tx.now());
        return sheet_of(lang, &note, &a, &members);
    }
    let manages = can(actor, Action::OrgManage, a.place());
    let found = if manages && !wanted.q.trim().is_empty() {
        store::candidates(tx, wanted.q.trim(), today)?
            .into_iter()
            .map(|(who, name)| match who {
                Who::Org(id) => (format!("org:{id}"), name),
                Who::Partner(id) => (format!("partner:{id}"), name),
            })
            .collect()
    } else {
        Vec::new()
    };
    let (current, former): (Vec<Member>, Vec<Member>) =
        members.into_iter().partition(|one| one.left_on.is_none());
    let minutes: i64 = current.iter().filter_map(|one| one.minutes).sum();
    ui::answer::html(
        app,
        req,
        &OnePage {
            shell: app.shell(req, actor, &a.name),
            form,
            over: a.over(today),
            members: current
                .into_iter()
                .map(|one| Line {
                    hours: one.minutes.map(|minutes| Minutes(minutes).words(lang)).unwrap_or_default(),
                    may_end: commands::may_end(actor, &a, &one),
                    one,
                })
                .collect(),
            former,
            hours: Minutes(minutes).words(lang),
            manages,
            q: wanted.q.clone(),
            found,
            export: req.with_query("format", "xlsx"),
            a,
        },
    )
}

/// `GET /alliances/{id}`
pub(super) async fn one(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_one(&a, tx, req, actor, parse(&id)?, &wanted, Form::default()))
        .await
}

/// Whom a value of the form names: `org:5` or `partner:7`.
fn who(value: &str) -> Result<Who, Refusal> {
    let read = |kind: &str| value.strip_prefix(kind).and_then(|id| id.parse::<i64>().ok());
    match (read("org:"), read("partner:")) {
        (Some(id), _) => Ok(Who::Org(OrgId(id))),
        (None, Some(id)) => Ok(Who::Partner(PartnerId(id))),
        (None, None) => Err(Refusal::new(&refusals::WHICH).on("member")),
    }
}

/// `POST /alliances/{id}/members`
pub(super) async fn join(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let id: AllianceId = parse(&id)?;
            commands::kept_alliance(tx, actor, id)?;
            let duty = fields.optional("duty", Label("职务", "Duty"), 40)?;
            commands::join(tx, actor, id, who(fields.text("member"))?, &duty)?;
            Ok(Done::to(format!("/alliances/{id}"), req.lang.t("已加入。", "It belongs now.")))
        },
        move |tx, req, actor, form| {
            render_one(&a, tx, req, actor, parse(&again)?, &Wanted::default(), form.clone())
        },
    )
    .await
}

/// `POST /alliance-members/{id}/end`
pub(super) async fn leave(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        let id: AllianceMemberId = parse(&id)?;
        let alliance = commands::leave(tx, actor, id)?;
        let say = req.lang.t("已退出，仍列在“曾经的成员”里。", "Ended; it stays among former members.");
        Ok(Done::to(format!("/alliances/{alliance}"), say))
    })
    .await
}

// ---- writing one ----

#[derive(Template)]
#[template(path = "alliance/edit.html")]
struct EditPage {
    shell: Shell,
    form: Form,
    action: String,
    back: String,
    hosts: Pairs,
}

/// Reads an alliance from a form.
///
/// # Errors
/// What is missing or wrong in it.
pub(super) fn read(fields: &Fields) -> Result<NewAlliance, Error> {
    let mut all = Collect::default();
    let name = all.take(fields.required("name", Label("名称", "Name"), 60));
    let host = all.take(fields.id::<OrgId>("host", Label("秘书处设在", "Office at")));
    let about = all.take(fields.optional("about", Label("宗旨", "What it is for"), 1000));
    let (from_on, until_on) = days(&mut all, fields);
    all.done()?;
    match (name, host, about, from_on) {
        (Some(name), Some(host), Some(about), Some(from_on)) => {
            Ok(NewAlliance { host, name, about, from_on, until_on })
        }
        _ => Err(Error::bug("a form without refusals lacks a field")),
    }
}

fn render_edit(
    app: &App,
    req: &Req,
    actor: &Actor,
    id: Option<AllianceId>,
    form: Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::OrgManage)?;
    let title = match id {
        Some(_) => req.lang.t("修改联盟", "Change the alliance"),
        None => req.lang.t("新建联盟", "New alliance"),
    };
    ui::answer::html(
        app,
        req,
        &EditPage {
            shell: app.shell(req, actor, title),
            form,
            action: id.map_or_else(|| "/alliances/new".to_owned(), |id| format!("/alliances/{id}/edit")),
            back: id.map_or_else(|| "/alliances".to_owned(), |id| format!("/alliances/{id}")),
            hosts: hosts(actor),
        },
    )
}

/// `GET /alliances/new`
pub(super) async fn new(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let host = hosts(actor).into_iter().next().map(|host| host.0).unwrap_or_default();
        let form = Form::filled([("host", host), ("from_on", tx.now().date().to_string())]);
        render_edit(&a, req, actor, None, form)
    })
    .await
}

/// `POST /alliances/new`
pub(super) async fn create(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            actor.demand_any(Action::OrgManage)?;
            let id = commands::put_alliance(tx, actor, None, &read(fields)?)?;
            let say = req.lang.t("已新建，现在加入成员。", "It is there; now take members in.");
            Ok(Done::to(format!("/alliances/{id}"), say))
        },
        move |_, req, actor, form| render_edit(&a, req, actor, None, form.clone()),
    )
    .await
}

/// `GET /alliances/{id}/edit`
pub(super) async fn edit(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let one = commands::kept_alliance(tx, actor, parse(&id)?)?;
        let form = Form::filled([
            ("name", one.name),
            ("host", one.host_id.to_string()),
            ("about", one.about),
            ("from_on", one.from_on.to_string()),
            ("until_on", one.until_on.map(|on| on.to_string()).unwrap_or_default()),
        ]);
        render_edit(&a, req, actor, Some(one.id), form)
    })
    .await
}

/// `POST /alliances/{id}/edit`
pub(super) async fn save(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let id: AllianceId = parse(&id)?;
            commands::kept_alliance(tx, actor, id)?;
            commands::put_alliance(tx, actor, Some(id), &read(fields)?)?;
            Ok(Done::to(format!("/alliances/{id}"), req.lang.t("已保存。", "Saved.")))
        },
        move |_, req, actor, form| render_edit(&a, req, actor, Some(parse(&again)?), form.clone()),
    )
    .await
}
