//! The unit members of an organisation, for whoever looks after it.

use std::collections::HashMap;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use db::ReadTx;
use kernel::{Action, Actor, Error, Lang, Minutes, OrgId, Refusal, can};
use people::org::Org;
use serde::Deserialize;
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form, Label};
use ui::sheet::{self, Cell};
use ui::shell::Shell;
use ui::{App, Req};

use super::store::{self, HostFilter, Membership, UnitRow};
use super::{UnitMemberId, UnitState, commands, pages, person_pages, refusals, rules};
use crate::activity::pages::export_note;
use crate::total::figures;

/// Pages of this part.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/orgs/{id}/units", get(list))
        .route("/orgs/{id}/units/new", get(new).post(new_post))
        .route("/orgs/{id}/units/{line}", post(answer))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Filter {
    state: String,
    q: String,
    year: String,
    after: String,
    format: String,
}

/// A membership with what the unit did.
struct Line {
    one: Membership,
    people: i64,
    minutes: i64,
    /// Whether its hours are for whoever looks: it is a member, and they look after it or enough people served.
    open: bool,
}

impl Line {
    fn hours(&self) -> String {
        Minutes(self.minutes).hours()
    }
}

#[derive(Template)]
#[template(path = "unit/host.html")]
struct ListPage {
    shell: Shell,
    form: Form,
    org: Org,
    state: Option<UnitState>,
    q: String,
    year: i16,
    lines: Vec<Line>,
    next: Option<String>,
    export: Option<String>,
    /// Whether the actor sets up new units.
    staff: bool,
}

impl ListPage {
    /// The reason that was written for a line before it was refused.
    fn written(&self, line: &UnitMemberId) -> &str {
        if self.form.is("line", &line.to_string()) { self.form.v("note") } else { "" }
    }

    fn chosen(&self, state: &UnitState) -> bool {
        self.state == Some(*state)
    }
}

fn list_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: OrgId,
    filter: &Filter,
    form: Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let org = commands::host(tx, actor, id)?;
    let year = pages::year_of(&filter.year, tx.now().date());
    let asked = HostFilter {
        state: UnitState::from_code(&filter.state),
        words: filter.q.trim().chars().take(40).collect(),
        after: filter.after.clone(),
    };
    let sheet = filter.format == "xlsx";
    let page = store::of_host(tx, id, &asked, if sheet { store::ALL_ROWS } else { store::ROWS })?;
    let member = |one: &Membership| one.unit.filter(|_| one.state == UnitState::Member);
    let units: Vec<OrgId> = page.rows.iter().filter_map(member).collect();
    let (first, last) = pages::days(year);
    let sums: HashMap<OrgId, store::Sum> =
        figures::unit_sums(tx, Some(&units), first, last)?.into_iter().map(|one| (one.unit, one)).collect();
    let lines: Vec<Line> = page
        .rows
        .into_iter()
        .map(|one| {
            let unit = member(&one);
            let sum = unit.and_then(|unit| sums.get(&unit));
            let people = sum.map_or(0, |sum| sum.people);
            let inside = can(actor, Action::TeamManage, one.place());
            Line {
                people,
                minutes: sum.map_or(0, |sum| sum.minutes),
                open: unit.is_some() && rules::shown(people, inside),
                one,
            }
        })
        .collect();
    if sheet {
        actor.demand(Action::Export, org.place())?;
        return list_sheet(lang, &export_note(lang, actor, tx.now()), &org, year, &lines);
    }
    let page = ListPage {
        shell: app.shell(req, actor, &lang.f("单位会员：{}", "Unit members of {}", &[&org.title(&lang)])),
        form,
        state: asked.state,
        q: asked.words,
        year,
        lines,
        next: page.next.map(|next| req.with_query("after", &next)),
        export: can(actor, Action::Export, org.place()).then(|| req.with_query("format", "xlsx")),
        staff: can(actor, Action::PersonRegister, org.place()),
        org,
    };
    ui::answer::html(app, req, &page)
}

fn list_sheet(lang: Lang, note: &str, org: &Org, year: i16, lines: &[Line]) -> Result<Answer, Error> {
    let heads = [
        lang.t("单位", "Unit"),
        lang.t("类型", "Type"),
        lang.t("统一社会信用代码", "Credit code"),
        lang.t("联系人", "Contact"),
        lang.t("联系电话", "Phone"),
        lang.t("状态", "State"),
        lang.t("入会", "Joined"),
        lang.t("退出", "Left"),
        lang.t("当年服务人数", "People this year"),
        lang.t("当年时长（小时）", "Hours this year"),
    ];
    let rows: Vec<Vec<Cell>> = lines
        .iter()
        .map(|line| {
            let one = &line.one;
            vec![
                one.name.as_str().into(),
                one.type_name(&lang).into(),
                one.uscc.as_deref().unwrap_or_default().into(),
                one.contact_name.as_deref().unwrap_or_default().into(),
                one.phone.as_str().into(),
                one.state.name(lang).into(),
                one.from_on.map(|day| day.to_string()).unwrap_or_default().into(),
                one.to_on.map(|day| day.to_string()).unwrap_or_default().into(),
                if line.open { line.people.into() } else { "–".into() },
                if line.open { line.hours().into() } else { "–".into() },
            ]
        })
        .collect();
    let title = lang.f("{} 单位会员 {}", "Unit members of {}, {}", &[&org.title(&lang), &year]);
    sheet::answer(&title, note, &heads, &rows)
}

async fn list(
    State(app): State<App>,
    req: Req,
    Path(id): Path<OrgId>,
    Query(filter): Query<Filter>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| list_page(&a, tx, req, actor, id, &filter, Form::default())).await
}

async fn answer(
    State(app): State<App>,
    req: Req,
    Path((id, line)): Path<(OrgId, UnitMemberId)>,
    fields: Fields,
) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            commands::host(tx, actor, id)?;
            let note = fields.optional("note", Label("理由", "Reason"), 200)?;
            let say = match fields.text("act") {
                "accept" => {
                    commands::accept(tx, actor, id, line)?;
                    req.lang.t("已入会，已告知联系人。", "It is a member; its contact is told.")
                }
                "end" => {
                    commands::end_member(tx, actor, id, line, &note)?;
                    req.lang.t("会籍已结束，时长保留。", "Ended; its hours stay.")
                }
                _ => {
                    commands::reject(tx, actor, id, line, &note)?;
                    req.lang.t("已答复联系人。", "Its contact is told.")
                }
            };
            Ok(Done::to(format!("/orgs/{id}/units"), say))
        },
        move |tx, req, actor, form| list_page(&a, tx, req, actor, id, &Filter::default(), form.clone()),
    )
    .await
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct NewFilter {
    q: String,
}

#[derive(Template)]
#[template(path = "unit/enter.html")]
struct NewPage {
    shell: Shell,
    form: Form,
    org: Org,
    q: String,
    found: Vec<UnitRow>,
    types: Vec<(String, String)>,
}

fn new_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: OrgId,
    q: &str,
    form: Form,
) -> Result<Answer, Error> {
    let org = commands::host(tx, actor, id)?;
    if !can(actor, Action::PersonRegister, org.place()) {
        return Err((&refusals::STAFF).into());
    }
    let q: String = q.trim().chars().take(40).collect();
    let page = NewPage {
        shell: app.shell(req, actor, req.lang.t("录入单位会员", "Enter a unit member")),
        form,
        found: if q.is_empty() { Vec::new() } else { store::look_for(tx, &q, false)? },
        q,
        types: person_pages::types(req.lang),
        org,
    };
    ui::answer::html(app, req, &page)
}

async fn new(
    State(app): State<App>,
    req: Req,
    Path(id): Path<OrgId>,
    Query(filter): Query<NewFilter>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| new_page(&a, tx, req, actor, id, &filter.q, Form::default())).await
}

/// The contact that a form names by volunteer number, if it does.
pub(super) fn contact(tx: &mut ReadTx<'_>, number: &str) -> Result<Option<kernel::PersonId>, Error> {
    if number.is_empty() {
        return Ok(None);
    }
    match store::by_number(tx, number)? {
        Some(person) => Ok(Some(person)),
        None => Err(Refusal::new(&refusals::NO_CONTACT).with("value", number).on("contact").into()),
    }
}

async fn new_post(State(app): State<App>, req: Req, Path(id): Path<OrgId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            commands::host(tx, actor, id)?;
            let joining = person_pages::joining(fields, false)?;
            let number = fields.optional("contact", Label("联系人编号", "Contact's number"), 30)?;
            let contact = contact(tx, &number)?;
            commands::enter(tx, actor, id, &joining, contact)?;
            Ok(Done::to(format!("/orgs/{id}/units"), req.lang.t("已入会。", "It is a member.")))
        },
        move |tx, req, actor, form| new_page(&a, tx, req, actor, id, "", form.clone()),
    )
    .await
}
