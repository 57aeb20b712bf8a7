//! The person's own page: on whose lists they are, whether they report in, as what, and where.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use db::ReadTx;
use kernel::error::common;
use kernel::{Actor, Error, Lang, OrgId};
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form, Label};
use ui::shell::Shell;
use ui::{App, Req};

use super::commands::{self, Wanted};
use super::store::{self, Placed, Report};
use super::{Identity, PlaceKind, PlaceState, ReportId, ReportStage, ReportState, rules};
use crate::{org, person};

/// Pages of this part.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/me/report-in", get(show)).route("/me/report-in/{id}", post(save).get(to_list))
}

/// One list the person is on.
struct Line {
    one: Report,
    stage: ReportStage,
    listed: String,
    places: Vec<Placed>,
    identities: Vec<Identity>,
    /// The community proposed for the unit.
    unit_community: String,
    home: bool,
    services: i64,
    hours: String,
}

impl Line {
    fn is(&self, identity: &Identity) -> bool {
        self.identities.contains(identity)
    }
}

#[derive(Template)]
#[template(path = "report_in/me.html")]
struct MePage {
    shell: Shell,
    form: Form,
    lines: Vec<Line>,
    home: String,
    communities: Vec<(OrgId, String)>,
    least: i64,
}

fn page(app: &App, tx: &mut ReadTx<'_>, req: &Req, actor: &Actor, form: Form) -> Result<Answer, Error> {
    let me = actor.person()?;
    let brief = person::brief(tx, me)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let reports = store::of_person(tx, me)?;
    let ids: Vec<ReportId> = reports.iter().map(|one| one.id).collect();
    let places = store::places(tx, &ids)?;
    let mut identities = store::identities(tx, &ids)?;
    let year = tx.now().date().0.year();
    let (services, minutes) =
        super::served(tx, &[me], None, year)?.first().map_or((0, 0), |row| (row.1, row.2));
    let units: Vec<OrgId> = reports.iter().map(|one| one.unit).collect();
    let near = store::communities_near(tx, &units)?;
    let lines = reports
        .into_iter()
        .map(|one| {
            let places: Vec<Placed> = places.iter().filter(|place| place.report == one.id).cloned().collect();
            let states: Vec<PlaceState> = places.iter().map(|place| place.state).collect();
            let here = |kind| places.iter().rev().find(|place| place.kind == kind);
            let fresh = matches!(one.state, ReportState::Listed | ReportState::Declined);
            Line {
                stage: rules::stage(true, one.state, &states),
                listed: one.listed_at.date().to_string(),
                unit_community: here(PlaceKind::Unit)
                    .map(|place| place.community)
                    .or_else(|| near.get(&one.unit).copied().filter(|_| fresh))
                    .map(|id| id.to_string())
                    .unwrap_or_default(),
                home: fresh || here(PlaceKind::Home).is_some(),
                identities: identities.remove(&one.id).unwrap_or_default(),
                services,
                hours: kernel::Minutes(minutes).hours(),
                places,
                one,
            }
        })
        .collect();
    let page = MePage {
        shell: app.shell(req, actor, req.lang.t("我的报到", "My reporting-in")),
        form,
        lines,
        home: brief.home_name,
        communities: org::communities(tx)?,
        least: store::services(tx)?,
    };
    ui::answer::html(app, req, &page)
}

async fn show(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| page(&a, tx, req, actor, Form::default())).await
}

async fn to_list(State(app): State<App>, req: Req) -> Answer {
    Done::to("/me/report-in", "").answer(&app, &req)
}

/// What a form says; for pages and programs.
pub(super) fn wanted(fields: &Fields) -> Result<Wanted, Error> {
    let identities = fields.all("identity").into_iter().filter_map(Identity::from_code).collect();
    let unit = match fields.text("unit") {
        "" => None,
        _ => Some(fields.id("unit", Label("单位所属社区", "Community of the unit"))?),
    };
    Ok(Wanted { identities, home: fields.ticked("home"), unit, consent: fields.ticked("consent") })
}

fn said(stage: ReportStage, lang: Lang) -> String {
    lang.f("{}。{}", "{}. {}", &[&stage.name(lang), &stage.next(lang)])
}

async fn save(State(app): State<App>, req: Req, Path(id): Path<ReportId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            actor.person()?;
            let stage = if fields.text("act") == "decline" {
                commands::decline(tx, actor, id)?;
                ReportStage::Declined
            } else {
                commands::answer(tx, actor, id, &wanted(fields)?)?
            };
            Ok(Done::to("/me/report-in", said(stage, req.lang)))
        },
        move |tx, req, actor, form| page(&a, tx, req, actor, form.clone()),
    )
    .await
}
