//! Communities: who reports in, confirming them, and the year-end sheet for a unit.

use std::collections::HashMap;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use db::ReadTx;
use kernel::error::common;
use kernel::{Action, Actor, Error, Lang, OrgId, PersonId, can};
use serde::Deserialize;
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form, Label};
use ui::sheet::{self, Cell};
use ui::shell::Shell;
use ui::{App, Req};

use super::store::{self, Comer, ComerFilter};
use super::unit_pages::names_of;
use super::{PlaceState, ReportId, ReportPlaceId, commands, refusals};
use crate::org::{self, Org};

/// Pages of this part.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/communities/{id}/report-in", get(list))
        .route("/communities/{id}/report-in/confirm", post(confirm).get(to_list))
        .route("/communities/{id}/report-in/{place}", post(answer))
        .route("/communities/{id}/report-in/feedback", get(feedback))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Filter {
    state: String,
    unit: String,
    after: String,
    format: String,
}

/// Somebody who reports in.
struct Line {
    one: Comer,
    identities: String,
    since: String,
    services: i64,
    hours: String,
}

fn lines(
    tx: &mut ReadTx<'_>,
    lang: Lang,
    community: OrgId,
    comers: Vec<Comer>,
    year: i16,
) -> Result<Vec<Line>, Error> {
    let reports: Vec<ReportId> = comers.iter().map(|one| one.report).collect();
    // What somebody serves is shown once they are confirmed.
    let people: Vec<PersonId> =
        comers.iter().filter(|one| one.state == PlaceState::Confirmed).map(|one| one.person).collect();
    let identities = store::identities(tx, &reports)?;
    let served: HashMap<PersonId, (i64, i64)> = super::served(tx, &people, Some(community), year)?
        .into_iter()
        .map(|(person, services, minutes)| (person, (services, minutes)))
        .collect();
    Ok(comers
        .into_iter()
        .map(|one| {
            let (services, minutes) = served
                .get(&one.person)
                .copied()
                .filter(|_| one.state == PlaceState::Confirmed)
                .unwrap_or_default();
            Line {
                identities: names_of(identities.get(&one.report).map_or(&[][..], Vec::as_slice), lang),
                since: one.decided_at.unwrap_or(one.asked_at).date().to_string(),
                services,
                hours: kernel::Minutes(minutes).hours(),
                one,
            }
        })
        .collect())
}

#[derive(Template)]
#[template(path = "report_in/community.html")]
struct ListPage {
    shell: Shell,
    form: Form,
    org: Org,
    state: Option<PlaceState>,
    unit: Option<OrgId>,
    units: Vec<(OrgId, String, i64)>,
    lines: Vec<Line>,
    waiting: bool,
    more: Option<String>,
    export: Option<String>,
    year: i16,
}

impl ListPage {
    fn chosen(&self, state: &PlaceState) -> bool {
        self.state == Some(*state)
    }

    fn of(&self, unit: &OrgId) -> bool {
        self.unit == Some(*unit)
    }
}

fn list_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: OrgId,
    filter: &Filter,
    form: &Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let org = commands::community(tx, actor, id)?;
    let year = tx.now().date().0.year();
    let asked = ComerFilter {
        state: PlaceState::from_code(&filter.state),
        unit: filter.unit.parse().ok(),
        after: filter.after.clone(),
    };
    let sheet = filter.format == "xlsx";
    let page = store::comers(tx, id, &asked, if sheet { store::ALL_ROWS } else { store::ROWS })?;
    let lines = lines(tx, lang, id, page.rows, year)?;
    if sheet {
        actor.demand(Action::Export, org.place())?;
        return list_sheet(lang, &org::export_note(lang, actor, tx), &org, &lines);
    }
    let page = ListPage {
        shell: app.shell(req, actor, &lang.f("社区报到：{}", "Who reports in: {}", &[&org.title(&lang)])),
        form: form.clone(),
        state: asked.state,
        unit: asked.unit,
        units: store::units_at(tx, id)?,
        waiting: lines.iter().any(|line| line.one.state == PlaceState::Asked),
        lines,
        more: page.next.as_deref().map(|next| req.with_query("after", next)),
        export: can(actor, Action::Export, org.place()).then(|| req.with_query("format", "xlsx")),
        year,
        org,
    };
    ui::answer::html(app, req, &page)
}

fn list_sheet(lang: Lang, note: &str, org: &Org, lines: &[Line]) -> Result<Answer, Error> {
    let heads = [
        lang.t("姓名", "Name"),
        lang.t("志愿者编号", "Volunteer no."),
        lang.t("单位", "Unit"),
        lang.t("身份", "As"),
        lang.t("社区类别", "Which community"),
        lang.t("状态", "State"),
        lang.t("日期", "Date"),
        lang.t("今年在本社区服务次数", "Services here this year"),
        lang.t("今年在本社区时长", "Hours here this year"),
    ];
    let rows: Vec<Vec<Cell>> = lines
        .iter()
        .map(|line| {
            let one = &line.one;
            vec![
                one.name.as_str().into(),
                one.volunteer_no.as_str().into(),
                one.unit_name.as_str().into(),
                line.identities.as_str().into(),
                one.kind.name(lang).into(),
                one.state.name(lang).into(),
                line.since.as_str().into(),
                line.services.into(),
                line.hours.as_str().into(),
            ]
        })
        .collect();
    sheet::answer(&lang.f("社区报到 {}", "Reporting in at {}", &[&org.title(&lang)]), note, &heads, &rows)
}

async fn list(
    State(app): State<App>,
    req: Req,
    Path(id): Path<OrgId>,
    Query(filter): Query<Filter>,
) -> Answer {
    let a = app.clone();
    let form = Form::default();
    app.page(req, move |tx, req, actor| list_page(&a, tx, req, actor, id, &filter, &form)).await
}

async fn to_list(State(app): State<App>, req: Req, Path(id): Path<OrgId>) -> Answer {
    Done::to(format!("/communities/{id}/report-in"), "").answer(&app, &req)
}

fn waiting() -> Filter {
    Filter { state: PlaceState::Asked.code().to_owned(), ..Filter::default() }
}

/// Confirms everybody who was ticked; those answered meanwhile stay as they are.
async fn confirm(State(app): State<App>, req: Req, Path(id): Path<OrgId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            commands::community(tx, actor, id)?;
            let mut chosen: Vec<ReportPlaceId> =
                fields.all("place").into_iter().filter_map(|text| text.parse().ok()).collect();
            chosen.sort_unstable();
            chosen.dedup();
            if chosen.is_empty() {
                return Err((&crate::person::refusals::NOTHING_CHOSEN).into());
            }
            let mut confirmed = 0;
            for place in chosen {
                match commands::decide(tx, actor, id, place, true, "") {
                    Ok(()) => confirmed += 1,
                    Err(error) if error.code() == refusals::ANSWERED.code => {}
                    Err(error) => return Err(error),
                }
            }
            let say = req.lang.f("已确认 {} 人。", "{} confirmed.", &[&confirmed]);
            Ok(Done::to(format!("/communities/{id}/report-in"), say))
        },
        move |tx, req, actor, form| list_page(&a, tx, req, actor, id, &waiting(), form),
    )
    .await
}

async fn answer(
    State(app): State<App>,
    req: Req,
    Path((id, place)): Path<(OrgId, ReportPlaceId)>,
    fields: Fields,
) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            commands::community(tx, actor, id)?;
            let note = fields.optional("note", Label("理由", "Reason"), 200)?;
            commands::decide(tx, actor, id, place, fields.text("act") == "confirm", &note)?;
            Ok(Done::to(format!("/communities/{id}/report-in"), req.lang.t("已答复本人。", "Answered.")))
        },
        move |tx, req, actor, form| list_page(&a, tx, req, actor, id, &waiting(), form),
    )
    .await
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct FeedbackFilter {
    unit: String,
    year: String,
}

#[derive(Template)]
#[template(path = "report_in/feedback.html")]
struct FeedbackPage {
    shell: Shell,
    org: Org,
    unit: Org,
    year: i16,
    /// The years one can choose.
    years: Vec<i16>,
    lines: Vec<Line>,
    services: i64,
    printed: String,
    back: String,
}

/// The year-end sheet of a community for a unit: for the community's staff, and for the unit itself.
async fn feedback(
    State(app): State<App>,
    req: Req,
    Path(id): Path<OrgId>,
    Query(filter): Query<FeedbackFilter>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.account()?;
        let lang = req.lang;
        let not_found = || Error::from(&common::NOT_FOUND);
        let unit_id: OrgId = filter.unit.parse().map_err(|_| not_found())?;
        let (org, unit, back) = match commands::community(tx, actor, id) {
            Ok(org) => {
                let unit = org::find(tx, unit_id)?.ok_or_else(not_found)?;
                (org, unit, format!("/communities/{id}/report-in"))
            }
            Err(_) => {
                let unit = commands::unit(tx, actor, unit_id)?;
                if !unit.names {
                    return Err(not_found());
                }
                let org = org::find(tx, id)?.ok_or_else(not_found)?;
                (org, unit.org, format!("/units/{unit_id}/report-in"))
            }
        };
        let today = tx.now().date().0.year();
        let year = filter.year.parse().ok().filter(|year| (2000..=today).contains(year)).unwrap_or(today);
        let asked =
            ComerFilter { state: Some(PlaceState::Confirmed), unit: Some(unit_id), after: String::new() };
        let comers = store::comers(tx, id, &asked, 500)?.rows;
        if comers.is_empty() && !store::units_at(tx, id)?.iter().any(|row| row.0 == unit_id) {
            return Err(not_found());
        }
        let lines = lines(tx, lang, id, comers, year)?;
        let title = lang.f("报到服务反馈表 {}", "Feedback on service {}", &[&year]);
        let page = FeedbackPage {
            shell: a.shell(req, actor, &title),
            services: lines.iter().map(|line| line.services).sum(),
            lines,
            year,
            years: (0..3).map(|back| today - back).collect(),
            printed: tx.now().date().to_string(),
            org,
            unit,
            back,
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}
