//! Partners: the list, one with what it takes part in, writing one, and the partners of an activity.

use askama::Template;
use axum::extract::{Path, Query, State};
use db::ReadTx;
use kernel::error::{Collect, common};
use kernel::page::{PAGE_ROWS, Page};
use kernel::{Action, Actor, Date, Error, Lang, OrgId, Refusal, can};
use serde::Deserialize;
use ui::form::Label;
use ui::sheet::{self, Cell};
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::pages::{days, hosts};
use super::store::{self, NewPartner, PartIn, Partner, Together};
use super::{AllianceId, PartnerId, PartnerKind, PartnerPart, commands, refusals};
use crate::ActivityId;
use crate::activity::commands::managed;
use crate::activity::pages::{export_note, parse};

/// How many rows an export holds, and a choice offers, at most.
const MOST_ROWS: i64 = 5_000;

type Pairs = Vec<(String, String)>;

fn pairs(all: impl Iterator<Item = (&'static str, &'static str)>) -> Pairs {
    all.map(|(code, name)| (code.to_owned(), name.to_owned())).collect()
}

fn kinds(lang: Lang) -> Pairs {
    pairs(PartnerKind::ALL.iter().map(|kind| (kind.code(), kind.name(lang))))
}

// ---- the list ----

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    kind: String,
    after: String,
    format: String,
}

#[derive(Template)]
#[template(path = "alliance/partners.html")]
struct ListPage {
    shell: Shell,
    rows: Vec<Partner>,
    kinds: Pairs,
    kind: String,
    today: Date,
    next: Option<String>,
    export: Option<String>,
    may_add: bool,
}

fn list_sheet(lang: Lang, note: &str, rows: &[Partner]) -> Result<Answer, Error> {
    let heads = [
        lang.t("名称", "Name"),
        lang.t("类型", "Kind"),
        lang.t("所在", "Where"),
        lang.t("联系人", "Contact"),
        lang.t("电话", "Phone"),
        lang.t("开始", "Since"),
        lang.t("截止", "Until"),
        lang.t("由谁联系", "Kept by"),
    ];
    let cells: Vec<Vec<Cell>> = rows
        .iter()
        .map(|one| {
            vec![
                one.name.as_str().into(),
                one.kind.name(lang).into(),
                if one.outside { lang.t("市外", "Elsewhere") } else { lang.t("本市", "This city") }.into(),
                one.contact.as_str().into(),
                one.phone.as_str().into(),
                one.from_on.to_string().into(),
                one.until_on.map(|on| on.to_string()).unwrap_or_default().into(),
                one.host.as_str().into(),
            ]
        })
        .collect();
    sheet::answer(lang.t("合作单位", "Partners"), note, &heads, &cells)
}

/// `GET /partners`
pub(super) async fn list(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let lang = req.lang;
        let kind = PartnerKind::from_code(&asked.kind);
        let export = asked.format == "xlsx";
        if export {
            // The file names whom to call.
            actor.demand_any(Action::OrgManage)?;
        }
        let rows = store::partners(tx, kind, &asked.after, if export { MOST_ROWS } else { PAGE_ROWS + 1 })?;
        if export {
            return list_sheet(lang, &export_note(lang, actor, tx.now()), &rows);
        }
        let page = Page::cut(rows, 20, |one| one.name.clone());
        let may_add = actor.may(Action::OrgManage);
        ui::answer::html(
            &a,
            req,
            &ListPage {
                shell: a.shell(req, actor, lang.t("合作单位", "Partners")),
                rows: page.rows,
                kinds: kinds(lang),
                kind: kind.map(PartnerKind::code).unwrap_or_default().to_owned(),
                today: tx.now().date(),
                next: page.next.map(|cursor| req.with_query("after", &cursor)),
                export: may_add.then(|| req.with_query("format", "xlsx")),
                may_add,
            },
        )
    })
    .await
}

// ---- one ----

#[derive(Template)]
#[template(path = "alliance/partner.html")]
struct OnePage {
    shell: Shell,
    p: Partner,
    over: bool,
    manages: bool,
    alliances: Vec<(AllianceId, String)>,
    together: Vec<Together>,
}

/// `GET /partners/{id}`
pub(super) async fn one(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let id: PartnerId = parse(&id)?;
        let p = store::partner(tx, id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
        ui::answer::html(
            &a,
            req,
            &OnePage {
                shell: a.shell(req, actor, &p.name),
                over: p.over(tx.now().date()),
                manages: can(actor, Action::OrgManage, p.place()),
                alliances: store::alliances_of(tx, id)?,
                together: store::together(tx, id)?,
                p,
            },
        )
    })
    .await
}

// ---- writing one ----

#[derive(Template)]
#[template(path = "alliance/partner_edit.html")]
struct EditPage {
    shell: Shell,
    form: Form,
    action: String,
    back: String,
    hosts: Pairs,
    kinds: Pairs,
}

/// Reads a partner from a form.
///
/// # Errors
/// What is missing or wrong in it.
pub(super) fn read(fields: &Fields) -> Result<NewPartner, Error> {
    let label = Label("类型", "Kind");
    let mut all = Collect::default();
    let name = all.take(fields.required("name", Label("名称", "Name"), 60));
    let kind = all.take(fields.required("kind", label, 20).and_then(|code| {
        PartnerKind::from_code(&code)
            .ok_or_else(|| label.wrong("kind", &code, "请从列表中选择。", "Choose one of the list."))
    }));
    let host = all.take(fields.id::<OrgId>("host", Label("由谁联系", "Kept by")));
    let about = all.take(fields.optional("about", Label("简介", "About it"), 1000));
    let contact = all.take(fields.optional("contact", Label("联系人", "Contact"), 30));
    let phone = all.take(fields.optional("phone", Label("电话", "Phone"), 30));
    let (from_on, until_on) = days(&mut all, fields);
    all.done()?;
    match (name, kind, host, about, contact, phone, from_on) {
        (Some(name), Some(kind), Some(host), Some(about), Some(contact), Some(phone), Some(from_on)) => {
            let outside = fields.ticked("outside");
            Ok(NewPartner { host, name, kind, outside, about, contact, phone, from_on, until_on })
        }
        _ => Err(Error::bug("a form without refusals lacks a field")),
    }
}

fn render_edit(
    app: &App,
    req: &Req,
    actor: &Actor,
    id: Option<PartnerId>,
    form: Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::OrgManage)?;
    let title = match id {
        Some(_) => req.lang.t("修改合作单位", "Change the partner"),
        None => req.lang.t("登记合作单位", "Record a partner"),
    };
    ui::answer::html(
        app,
        req,
        &EditPage {
            shell: app.shell(req, actor, title),
            form,
            action: id.map_or_else(|| "/partners/new".to_owned(), |id| format!("/partners/{id}/edit")),
            back: id.map_or_else(|| "/partners".to_owned(), |id| format!("/partners/{id}")),
            hosts: hosts(actor),
            kinds: kinds(req.lang),
        },
    )
}

/// `GET /partners/new`
pub(super) async fn new(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let host = hosts(actor).into_iter().next().map(|host| host.0).unwrap_or_default();
        let form = Form::filled([("host", host), ("from_on", tx.now().date().to_string())]);
        render_edit(&a, req, actor, None, form)
    })
    .await
}

/// `POST /partners/new`
pub(super) async fn create(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            actor.demand_any(Action::OrgManage)?;
            let id = commands::put_partner(tx, actor, None, &read(fields)?)?;
            let say = req
                .lang
                .t("已登记，队伍可以在活动里选它。", "Recorded; teams may name it in their activities.");
            Ok(Done::to(format!("/partners/{id}"), say))
        },
        move |_, req, actor, form| render_edit(&a, req, actor, None, form.clone()),
    )
    .await
}

/// `GET /partners/{id}/edit`
pub(super) async fn edit(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let one = commands::kept_partner(tx, actor, parse(&id)?)?;
        let form = Form::filled([
            ("name", one.name),
            ("kind", one.kind.code().to_owned()),
            ("outside", if one.outside { "1" } else { "" }.to_owned()),
            ("host", one.host_id.to_string()),
            ("about", one.about),
            ("contact", one.contact),
            ("phone", one.phone),
            ("from_on", one.from_on.to_string()),
            ("until_on", one.until_on.map(|on| on.to_string()).unwrap_or_default()),
        ]);
        render_edit(&a, req, actor, Some(one.id), form)
    })
    .await
}

/// `POST /partners/{id}/edit`
pub(super) async fn save(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let id: PartnerId = parse(&id)?;
            commands::kept_partner(tx, actor, id)?;
            commands::put_partner(tx, actor, Some(id), &read(fields)?)?;
            Ok(Done::to(format!("/partners/{id}"), req.lang.t("已保存。", "Saved.")))
        },
        move |_, req, actor, form| render_edit(&a, req, actor, Some(parse(&again)?), form.clone()),
    )
    .await
}

// ---- of an activity ----

#[derive(Template)]
#[template(path = "alliance/activity.html")]
struct ActivityPage {
    shell: Shell,
    form: Form,
    id: ActivityId,
    title: String,
    all: Vec<PartIn>,
    partners: Pairs,
    parts: Pairs,
}

fn render_activity(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: ActivityId,
    form: Form,
) -> Result<Answer, Error> {
    let (lang, today) = (req.lang, tx.now().date());
    let a = managed(tx, actor, id)?;
    let all = store::parts(tx, id)?;
    let partners = store::partners(tx, None, "", MOST_ROWS)?
        .into_iter()
        .filter(|one| !one.over(today))
        .map(|one| (one.id.to_string(), one.name))
        .collect();
    ui::answer::html(
        app,
        req,
        &ActivityPage {
            shell: app.shell(req, actor, lang.t("合作单位", "Partners")),
            form,
            id,
            title: a.title,
            all,
            partners,
            parts: pairs(PartnerPart::ALL.iter().map(|part| (part.code(), part.name(lang)))),
        },
    )
}

/// `GET /activities/{id}/partners`
pub(super) async fn of_activity(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_activity(&a, tx, req, actor, parse(&id)?, Form::default()))
        .await
}

/// `POST /activities/{id}/partners`
pub(super) async fn take_in(
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
            let id: ActivityId = parse(&id)?;
            managed(tx, actor, id)?;
            let label = Label("做什么", "Part");
            let mut all = Collect::default();
            let partner = all.take(
                fields
                    .text("partner")
                    .parse()
                    .map(PartnerId)
                    .map_err(|_| Refusal::new(&refusals::WHICH).on("partner")),
            );
            let part = all.take(fields.required("part", label, 20).and_then(|code| {
                PartnerPart::from_code(&code)
                    .ok_or_else(|| label.wrong("part", &code, "请从列表中选择。", "Choose one of the list."))
            }));
            all.done()?;
            let (Some(partner), Some(part)) = (partner, part) else {
                return Err(Error::bug("a form without refusals lacks a field"));
            };
            commands::take_in(tx, actor, id, partner, part)?;
            Ok(Done::to(
                format!("/activities/{id}/partners"),
                req.lang.t("已加上，活动页会列出。", "Added; the activity's page names it."),
            ))
        },
        move |tx, req, actor, form| render_activity(&a, tx, req, actor, parse(&again)?, form.clone()),
    )
    .await
}

/// `POST /activities/{id}/partners/remove`
pub(super) async fn take_out(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, fields| {
        let id: ActivityId = parse(&id)?;
        commands::take_out(tx, actor, id, fields.id("partner", Label("合作单位", "Partner"))?)?;
        Ok(Done::to(format!("/activities/{id}/partners"), req.lang.t("已移除。", "Taken away.")))
    })
    .await
}
