//! The list of bodies, one of them as of a day, its adjustment notice, and setting one up.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::get;
use db::ReadTx;
use kernel::error::Collect;
use kernel::{Action, Actor, Date, Error, Lang, OrgId};
use serde::Deserialize;
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form, Label};
use ui::sheet::{self, Cell};
use ui::shell::Shell;
use ui::{App, Req};

use super::commands::{self, Edit};
use super::rules::{self, Change, Holder};
use super::store::{self, Body, Held, Seat};
use super::{BodyId, BodyKind};
use crate::org;

/// Pages of this part.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/bodies", get(list))
        .route("/bodies/new", get(new).post(new_post))
        .route("/bodies/{id}", get(show))
        .route("/bodies/{id}/edit", get(edit).post(edit_post))
        .route("/bodies/{id}/notice", get(notice))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Filter {
    kind: String,
    host: String,
    on: String,
    all: String,
    after: String,
    format: String,
}

#[derive(Template)]
#[template(path = "body/list.html")]
struct ListPage {
    shell: Shell,
    kind: Option<BodyKind>,
    host: String,
    all: bool,
    on: String,
    bodies: Vec<Body>,
    more: Option<String>,
    export: Option<String>,
    may_add: bool,
}

impl ListPage {
    fn chosen(&self, kind: &BodyKind) -> bool {
        self.kind == Some(*kind)
    }
}

async fn list(State(app): State<App>, req: Req, Query(filter): Query<Filter>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.demand_any(Action::OrgRead)?;
        let (lang, sheet) = (req.lang, filter.format == "xlsx");
        let on = ui::form::date(&filter.on).unwrap_or_else(|| tx.now().date());
        let all = !filter.all.is_empty();
        let asked = store::Filter {
            kind: BodyKind::from_code(&filter.kind),
            host: filter.host.parse().ok(),
            on: (!all).then_some(on),
            after: filter.after.clone(),
        };
        let page = store::list(tx, actor, &asked, if sheet { 5_000 } else { store::ROWS })?;
        if sheet {
            actor.demand_any(Action::Export)?;
            return list_sheet(lang, &org::export_note(lang, actor, tx), &page.rows);
        }
        let page = ListPage {
            shell: a.shell(req, actor, lang.t("工作机构", "Working bodies")),
            kind: asked.kind,
            host: asked.host.map(|host| host.to_string()).unwrap_or_default(),
            all,
            on: on.to_string(),
            bodies: page.rows,
            more: page.next.as_deref().map(|next| req.with_query("after", next)),
            export: actor.may(Action::Export).then(|| req.with_query("format", "xlsx")),
            may_add: actor.may(Action::PersonEdit),
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}

fn list_sheet(lang: Lang, note: &str, bodies: &[Body]) -> Result<Answer, Error> {
    let heads = [
        lang.t("名称", "Name"),
        lang.t("类型", "Kind"),
        lang.t("依据", "Basis"),
        lang.t("办公室设在", "Office at"),
        lang.t("设立", "From"),
        lang.t("截止", "Until"),
    ];
    let rows: Vec<Vec<Cell>> = bodies
        .iter()
        .map(|body| {
            vec![
                body.name.as_str().into(),
                body.kind.name(lang).into(),
                body.basis.as_str().into(),
                body.host_name.as_str().into(),
                body.from_on.to_string().into(),
                body.last_day().map(|day| day.to_string()).unwrap_or_default().into(),
            ]
        })
        .collect();
    sheet::answer(lang.t("工作机构", "Working bodies"), note, &heads, &rows)
}

/// A seat as of the day of the page.
pub(super) struct Line {
    pub seat: Seat,
    pub who: String,
    /// A post that nobody holds on that day.
    pub vacant: bool,
    pub since: String,
}

/// The seats of one day.
pub(super) fn lines(held: Vec<Held>) -> Vec<Line> {
    held.into_iter()
        .map(|(seat, holder)| Line {
            vacant: seat.post_org.is_some()
                && holder.who == format!("{}{}", seat.post_org_name, seat.post_title),
            since: seat.from_on.to_string(),
            who: holder.who,
            seat,
        })
        .collect()
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct OnDay {
    on: String,
    format: String,
}

#[derive(Template)]
#[template(path = "body/show.html")]
struct ShowPage {
    shell: Shell,
    form: Form,
    body: Body,
    on: String,
    today: String,
    is_today: bool,
    exists: bool,
    lines: Vec<Line>,
    /// Days on which something changed, newest first.
    days: Vec<String>,
    may_change: bool,
    may_export: bool,
}

/// Days on which a seat began or ended, newest first.
fn days(seats: &[Seat], today: Date) -> Vec<Date> {
    let mut out: Vec<Date> = seats
        .iter()
        .flat_map(|seat| [Some(seat.from_on), seat.until_on])
        .flatten()
        .filter(|day| *day <= today)
        .collect();
    out.sort_unstable_by(|a, b| b.cmp(a));
    out.dedup();
    out
}

/// The page of a body; `form`: what was typed about a seat.
pub(super) fn show_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: BodyId,
    on: Option<Date>,
    form: Form,
) -> Result<Answer, Error> {
    let body = commands::seen(tx, actor, id)?;
    let today = tx.now().date();
    let on = on.unwrap_or(today);
    let held = store::holders(tx, id, &[on])?.into_iter().next().unwrap_or_default();
    let seats = store::seats(tx, id)?;
    let page = ShowPage {
        shell: app.shell(req, actor, &body.name),
        form,
        exists: rules::holds(body.from_on, body.until_on, on),
        on: on.to_string(),
        today: today.to_string(),
        is_today: on == today,
        lines: lines(held),
        days: days(&seats, today).into_iter().take(12).map(|day| day.to_string()).collect(),
        may_change: commands::may_change(actor, &body),
        may_export: actor.may(Action::Export),
        body,
    };
    ui::answer::html(app, req, &page)
}

async fn show(
    State(app): State<App>,
    req: Req,
    Path(id): Path<BodyId>,
    Query(asked): Query<OnDay>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let on = ui::form::date(&asked.on);
        if asked.format != "xlsx" {
            return show_page(&a, tx, req, actor, id, on, Form::default());
        }
        let lang = req.lang;
        let body = commands::seen(tx, actor, id)?;
        actor.demand_any(Action::Export)?;
        let on = on.unwrap_or_else(|| tx.now().date());
        let held = store::holders(tx, id, &[on])?.into_iter().next().unwrap_or_default();
        let heads = [lang.t("职务", "Title"), lang.t("担任人", "Held by"), lang.t("自", "Since")];
        let rows: Vec<Vec<Cell>> = lines(held)
            .into_iter()
            .map(|line| vec![line.seat.title.as_str().into(), line.who.into(), line.since.into()])
            .collect();
        let title = format!("{} {on}", body.name);
        sheet::answer(&title, &org::export_note(lang, actor, tx), &heads, &rows)
    })
    .await
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Between {
    from: String,
    to: String,
}

#[derive(Template)]
#[template(path = "body/notice.html")]
struct NoticePage {
    shell: Shell,
    body: Body,
    from: String,
    to: String,
    /// What changed, a sentence each.
    changes: Vec<String>,
    lines: Vec<Line>,
}

fn sentence(change: &Change, lang: Lang) -> String {
    let title = &change.title;
    match (&change.before, &change.after) {
        (Some(old), Some(new)) => {
            lang.f("{} 任{}，{} 不再担任；", "{} becomes {} in place of {};", &[new, title, old])
        }
        (None, Some(new)) => lang.f("{} 任{}；", "{} becomes {};", &[new, title]),
        (Some(old), None) => lang.f("{} 不再担任{}；", "{} is no longer {};", &[old, title]),
        (None, None) => String::new(),
    }
}

/// What changed between two days, as a notice that can be printed. Without days: since the last change.
async fn notice(
    State(app): State<App>,
    req: Req,
    Path(id): Path<BodyId>,
    Query(asked): Query<Between>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let body = commands::seen(tx, actor, id)?;
        let today = tx.now().date();
        let to = ui::form::date(&asked.to).unwrap_or(today);
        let from = match ui::form::date(&asked.from) {
            Some(day) => day,
            None => {
                let last = days(&store::seats(tx, id)?, to).first().copied();
                last.map_or(body.from_on, |day| day.plus(-1))
            }
        };
        let (found, held) = difference(tx, id, from, to)?;
        let page = NoticePage {
            shell: a.shell(
                req,
                actor,
                &req.lang.f("关于调整{}组成人员的通知", "Notice: members of {} changed", &[&body.name]),
            ),
            body,
            from: from.to_string(),
            to: to.to_string(),
            changes: found.iter().map(|change| sentence(change, req.lang)).collect(),
            lines: lines(held),
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}

/// What changed between two days, and who sits where on the second.
pub(super) fn difference(
    tx: &mut ReadTx<'_>,
    id: BodyId,
    from: Date,
    to: Date,
) -> Result<(Vec<Change>, Vec<Held>), Error> {
    let mut both = store::holders(tx, id, &[from, to])?.into_iter();
    let (before, after) = (both.next().unwrap_or_default(), both.next().unwrap_or_default());
    let plain = |all: &[(Seat, Holder)]| -> Vec<Holder> { all.iter().map(|one| one.1.clone()).collect() };
    Ok((rules::changes(&plain(&before), &plain(&after)), after))
}

#[derive(Template)]
#[template(path = "body/form.html")]
struct FormPage {
    shell: Shell,
    form: Form,
    action: String,
    back: String,
    kinds: Vec<(String, String)>,
    hosts: Vec<(String, String)>,
}

/// Organisations as choices.
pub(super) fn office_choices(
    tx: &mut ReadTx<'_>,
    lang: Lang,
    scopes: Option<&[&kernel::Grant]>,
) -> Result<Vec<(String, String)>, Error> {
    Ok(store::offices(tx, scopes)?
        .into_iter()
        .map(|(id, kind, name)| (id.to_string(), format!("{name}（{}）", kind.name(lang))))
        .collect())
}

fn form_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    body: Option<&Body>,
    form: Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::PersonEdit)?;
    let lang = req.lang;
    let (action, back, title) = match body {
        None => ("/bodies/new".to_owned(), "/bodies".to_owned(), lang.t("设立工作机构", "Set up a body")),
        Some(body) => (
            format!("/bodies/{}/edit", body.id),
            format!("/bodies/{}", body.id),
            lang.t("修改工作机构", "Change the body"),
        ),
    };
    let page = FormPage {
        shell: app.shell(req, actor, title),
        form,
        action,
        back,
        kinds: BodyKind::ALL
            .iter()
            .map(|kind| (kind.code().to_owned(), kind.name(lang).to_owned()))
            .collect(),
        hosts: office_choices(tx, lang, Some(&actor.scopes(Action::PersonEdit)))?,
    };
    ui::answer::html(app, req, &page)
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct NewFilter {
    host: String,
}

async fn new(State(app): State<App>, req: Req, Query(asked): Query<NewFilter>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let today = tx.now().date().to_string();
        let form = Form::filled([("host", asked.host.clone()), ("from", today)]);
        form_page(&a, tx, req, actor, None, form)
    })
    .await
}

/// Reads what people say about a body.
pub(super) fn read(fields: &Fields) -> Result<Edit, Error> {
    let mut all = Collect::default();
    let kind =
        all.take(BodyKind::from_code(fields.text("kind")).ok_or_else(|| {
            Label("类型", "Kind").wrong("kind", fields.text("kind"), "请选择。", "Choose one.")
        }));
    let name = all.take(fields.required("name", Label("名称", "Name"), 100));
    let basis = all.take(fields.required("basis", Label("依据文件", "Basis"), 200));
    let host = all.take(fields.id::<OrgId>("host", Label("办公室设在", "Office at")));
    let from = all.take(fields.date("from", Label("设立日期", "First day")));
    let until = match fields.text("until") {
        "" => Some(None),
        _ => all.take(fields.date("until", Label("截止日期", "Last day"))).map(Some),
    };
    let note = all.take(fields.optional("note", Label("说明", "Note"), 1000));
    all.done()?;
    match (kind, name, basis, host, from, until, note) {
        (Some(kind), Some(name), Some(basis), Some(host), Some(from_on), Some(last_day), Some(note)) => {
            Ok(Edit { kind, name, basis, host, from_on, last_day, note })
        }
        _ => Err(Error::bug("a form without refusals lacks a field")),
    }
}

async fn new_post(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        |tx, req, actor, fields| {
            actor.demand_any(Action::PersonEdit)?;
            let id = commands::create(tx, actor, &read(fields)?)?;
            let say = req.lang.t("已设立，请继续登记组成人员。", "Set up; now say who sits in it.");
            Ok(Done::to(format!("/bodies/{id}"), say))
        },
        move |tx, req, actor, form| form_page(&a, tx, req, actor, None, form.clone()),
    )
    .await
}

async fn edit(State(app): State<App>, req: Req, Path(id): Path<BodyId>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let body = commands::kept(tx, actor, id)?;
        let form = Form::filled([
            ("version", body.version.to_string()),
            ("kind", body.kind.code().to_owned()),
            ("name", body.name.clone()),
            ("basis", body.basis.clone()),
            ("host", body.host.to_string()),
            ("from", body.from_on.to_string()),
            ("until", body.last_day().map(|day| day.to_string()).unwrap_or_default()),
            ("note", body.note.clone()),
        ]);
        form_page(&a, tx, req, actor, Some(&body), form)
    })
    .await
}

async fn edit_post(State(app): State<App>, req: Req, Path(id): Path<BodyId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            commands::kept(tx, actor, id)?;
            let version = fields.text("version").parse().unwrap_or(0);
            commands::change(tx, actor, id, version, &read(fields)?)?;
            Ok(Done::to(format!("/bodies/{id}"), req.lang.t("已保存。", "Saved.")))
        },
        move |tx, req, actor, form| {
            let body = commands::kept(tx, actor, id)?;
            form_page(&a, tx, req, actor, Some(&body), form.clone())
        },
    )
    .await
}
