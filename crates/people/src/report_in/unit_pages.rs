//! Units: figures of all of them for those above, and the list of one, with names only for the unit itself.

use std::collections::HashMap;

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Multipart, Path, Query, State};
use axum::routing::{get, post};
use db::ReadTx;
use kernel::{Action, Actor, Error, Lang, OrgId, PersonId, can};
use roster::read::{Book, Row};
use serde::Deserialize;
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form, Label};
use ui::sheet::{self, Cell};
use ui::shell::Shell;
use ui::upload::{self, Rules};
use ui::{App, Req};

use super::commands::{self, Verdict};
use super::rules::{self, Rates};
use super::store::{self, Report, UnitRow};
use super::{PlaceState, ReportId, ReportStage, refusals};
use crate::org::{self, Org};

/// Largest list that is taken as a file, in bytes.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Pages of this part.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/report-in", get(overview))
        .route("/report-in/services", post(services).get(to_overview))
        .route("/units/{id}/report-in", get(list))
        .route("/units/{id}/report-in/add", get(add).post(add_post))
        .route("/units/{id}/report-in/file", post(file).layer(DefaultBodyLimit::max(MAX_BYTES)))
        .route("/units/{id}/report-in/{report}/remove", post(remove))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct OverviewFilter {
    after: String,
    format: String,
}

/// A unit with its figures.
struct UnitLine {
    unit: UnitRow,
    rates: Rates,
}

#[derive(Template)]
#[template(path = "report_in/overview.html")]
struct OverviewPage {
    shell: Shell,
    form: Form,
    lines: Vec<UnitLine>,
    more: Option<String>,
    export: Option<String>,
    year: i16,
    least: i64,
    may_set: bool,
}

/// Figures of units, with the services of this year.
pub(super) fn figures(tx: &mut ReadTx<'_>, units: &[OrgId]) -> Result<HashMap<OrgId, Rates>, Error> {
    let mut out = store::counts(tx, units)?;
    let year = tx.now().date().0.year();
    for (unit, people) in super::taking_part(tx, units, year)? {
        out.entry(unit).or_default().taking_part = people;
    }
    Ok(out)
}

fn overview_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    filter: &OverviewFilter,
    form: Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::FiguresRead)?;
    let (lang, sheet) = (req.lang, filter.format == "xlsx");
    let scopes = actor.scopes(Action::FiguresRead);
    let rows = if sheet { store::ALL_ROWS } else { store::ROWS };
    let page = store::units(tx, &scopes, &filter.after, rows)?;
    let ids: Vec<OrgId> = page.rows.iter().map(|unit| unit.id).collect();
    let all = figures(tx, &ids)?;
    let lines: Vec<UnitLine> = page
        .rows
        .into_iter()
        .map(|unit| UnitLine { rates: all.get(&unit.id).copied().unwrap_or_default(), unit })
        .collect();
    if sheet {
        actor.demand_any(Action::Export)?;
        return overview_sheet(lang, &org::export_note(lang, actor, tx), &lines);
    }
    let least = store::services(tx)?;
    let root = org::root(tx)?.map(|root| org::find(tx, root)).transpose()?.flatten();
    let page = OverviewPage {
        shell: app.shell(req, actor, lang.t("单位报到", "Reporting in, by unit")),
        form: if form.fields.0.is_empty() { Form::filled([("services", least.to_string())]) } else { form },
        lines,
        more: page.next.as_deref().map(|next| req.with_query("after", next)),
        export: actor.may(Action::Export).then(|| req.with_query("format", "xlsx")),
        year: tx.now().date().0.year(),
        least,
        may_set: root.is_some_and(|root| can(actor, Action::OrgManage, root.place())),
    };
    ui::answer::html(app, req, &page)
}

fn overview_sheet(lang: Lang, note: &str, lines: &[UnitLine]) -> Result<Answer, Error> {
    let heads = [
        lang.t("单位", "Unit"),
        lang.t("应报到", "Listed"),
        lang.t("本人确认", "Confirmed by themselves"),
        lang.t("已报到", "Reported in"),
        lang.t("报到率", "Reporting rate"),
        lang.t("达到服务次数", "Took part"),
        lang.t("参与率", "Participation rate"),
    ];
    let rows: Vec<Vec<Cell>> = lines
        .iter()
        .map(|line| {
            let rates = &line.rates;
            vec![
                line.unit.name.as_str().into(),
                rates.listed.into(),
                rates.confirmed.into(),
                rates.reported.into(),
                rates.reporting().into(),
                rates.taking_part.into(),
                rates.participation().into(),
            ]
        })
        .collect();
    sheet::answer(lang.t("单位报到", "Reporting in by unit"), note, &heads, &rows)
}

async fn overview(State(app): State<App>, req: Req, Query(filter): Query<OverviewFilter>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| overview_page(&a, tx, req, actor, &filter, Form::default())).await
}

async fn to_overview(State(app): State<App>, req: Req) -> Answer {
    Done::to("/report-in", "").answer(&app, &req)
}

async fn services(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        |tx, req, actor, fields| {
            actor.demand_any(Action::OrgManage)?;
            let n = fields.number(
                "services",
                Label("每年服务次数", "Services a year"),
                1,
                rules::SERVICES_MAX,
            )?;
            commands::set_services(tx, actor, n)?;
            Ok(Done::to("/report-in", req.lang.t("已保存", "Saved")))
        },
        move |tx, req, actor, form| {
            overview_page(&a, tx, req, actor, &OverviewFilter::default(), form.clone())
        },
    )
    .await
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct ListFilter {
    stage: String,
    after: String,
    format: String,
}

/// Somebody on the list.
pub(super) struct Line {
    pub one: Report,
    pub stage: ReportStage,
    pub identities: String,
    pub places: String,
    pub services: i64,
    pub hours: String,
}

#[derive(Template)]
#[template(path = "report_in/unit.html")]
struct ListPage {
    shell: Shell,
    org: Org,
    names: bool,
    rates: Rates,
    year: i16,
    least: i64,
    stage: Option<ReportStage>,
    lines: Vec<Line>,
    more: Option<String>,
    export: Option<String>,
    communities: Vec<(OrgId, String, i64)>,
    above: bool,
}

impl ListPage {
    fn chosen(&self, stage: &ReportStage) -> bool {
        self.stage == Some(*stage)
    }
}

/// Stages a list can be narrowed to.
const STAGES: [ReportStage; 6] = [
    ReportStage::Unregistered,
    ReportStage::Waiting,
    ReportStage::Choose,
    ReportStage::Asked,
    ReportStage::Reported,
    ReportStage::Declined,
];

/// A page of a list with what belongs to each line, in a fixed number of questions.
pub(super) fn lines(
    tx: &mut ReadTx<'_>,
    lang: Lang,
    reports: Vec<Report>,
    year: i16,
) -> Result<Vec<Line>, Error> {
    let ids: Vec<ReportId> = reports.iter().map(|one| one.id).collect();
    let people: Vec<PersonId> = reports.iter().filter_map(|one| one.person).collect();
    let places = store::places(tx, &ids)?;
    let identities = store::identities(tx, &ids)?;
    let served: HashMap<PersonId, (i64, i64)> = super::served(tx, &people, None, year)?
        .into_iter()
        .map(|(person, services, minutes)| (person, (services, minutes)))
        .collect();
    Ok(reports
        .into_iter()
        .map(|one| {
            let own: Vec<_> = places.iter().filter(|place| place.report == one.id).collect();
            let states: Vec<PlaceState> = own.iter().map(|place| place.state).collect();
            let stage = rules::stage(one.person.is_some(), one.state, &states);
            // What somebody serves is the unit's business once they reported in, and not before.
            let known = one.person.filter(|_| stage == ReportStage::Reported);
            let (services, minutes) =
                known.and_then(|person| served.get(&person).copied()).unwrap_or_default();
            Line {
                stage,
                identities: names_of(identities.get(&one.id).map_or(&[][..], Vec::as_slice), lang),
                places: own
                    .iter()
                    .map(|place| format!("{}（{}）", place.community_name, place.state.name(lang)))
                    .collect::<Vec<_>>()
                    .join("、"),
                services,
                hours: kernel::Minutes(minutes).hours(),
                one,
            }
        })
        .collect())
}

/// Names of identities in a row.
pub(super) fn names_of(all: &[super::Identity], lang: Lang) -> String {
    all.iter().map(|one| one.name(lang)).collect::<Vec<_>>().join("、")
}

fn list_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: OrgId,
    filter: &ListFilter,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let unit = commands::unit(tx, actor, id)?;
    let stage = ReportStage::from_code(&filter.stage);
    let year = tx.now().date().0.year();
    let sheet = filter.format == "xlsx";
    let rows = if sheet { store::ALL_ROWS } else { store::ROWS };
    let page = match unit.names {
        true => store::of_unit(tx, id, stage, &filter.after, rows)?,
        false => kernel::page::Page { rows: Vec::new(), next: None },
    };
    let lines = lines(tx, lang, page.rows, year)?;
    if sheet {
        if !unit.names {
            return Err((&refusals::UNIT_ONLY).into());
        }
        actor.demand(Action::Export, unit.org.place())?;
        return list_sheet(lang, &org::export_note(lang, actor, tx), &unit.org, &lines);
    }
    let page = ListPage {
        shell: app.shell(req, actor, &lang.f("报到：{}", "Reporting in: {}", &[&unit.org.title(&lang)])),
        rates: figures(tx, &[id])?.get(&id).copied().unwrap_or_default(),
        year,
        least: store::services(tx)?,
        stage,
        lines,
        more: page.next.as_deref().map(|next| req.with_query("after", next)),
        export: (unit.names && can(actor, Action::Export, unit.org.place()))
            .then(|| req.with_query("format", "xlsx")),
        communities: store::communities_of(tx, id)?,
        above: actor.may(Action::FiguresRead),
        names: unit.names,
        org: unit.org,
    };
    ui::answer::html(app, req, &page)
}

fn list_sheet(lang: Lang, note: &str, org: &Org, lines: &[Line]) -> Result<Answer, Error> {
    let heads = [
        lang.t("姓名", "Name"),
        lang.t("身份", "As"),
        lang.t("状态", "State"),
        lang.t("社区", "Communities"),
        lang.t("今年服务次数", "Services this year"),
        lang.t("今年时长", "Hours this year"),
        lang.t("下一步", "Next"),
    ];
    let rows: Vec<Vec<Cell>> = lines
        .iter()
        .map(|line| {
            vec![
                line.one.name.as_str().into(),
                line.identities.as_str().into(),
                line.stage.name(lang).into(),
                line.places.as_str().into(),
                line.services.into(),
                line.hours.as_str().into(),
                line.stage.next(lang).into(),
            ]
        })
        .collect();
    sheet::answer(&lang.f("报到名单 {}", "Reporting in {}", &[&org.title(&lang)]), note, &heads, &rows)
}

async fn list(
    State(app): State<App>,
    req: Req,
    Path(id): Path<OrgId>,
    Query(filter): Query<ListFilter>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| list_page(&a, tx, req, actor, id, &filter)).await
}

/// A line of a preview.
struct Seen {
    name: String,
    identities: String,
    fine: bool,
    text: String,
}

#[derive(Template)]
#[template(path = "report_in/add.html")]
struct AddPage {
    shell: Shell,
    form: Form,
    org: Org,
    seen: Vec<Seen>,
    most: usize,
}

fn add_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: OrgId,
    form: &Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let unit = commands::unit(tx, actor, id)?;
    if !unit.names {
        return Err((&refusals::UNIT_ONLY).into());
    }
    let entries = rules::entries(form.v("list"));
    let seen = commands::judge(tx, &app.vault, id, entries.get(..rules::MOST).unwrap_or(&entries))?
        .into_iter()
        .map(|(new, verdict)| Seen {
            identities: names_of(&new.identities, lang),
            name: new.name,
            fine: matches!(verdict, Verdict::Asked | Verdict::Unregistered),
            text: match verdict {
                Verdict::Asked => lang.t("将请本人确认", "will be asked").to_owned(),
                Verdict::Unregistered => {
                    lang.t("尚未注册；注册后自动对上", "not registered; found once they are").to_owned()
                }
                Verdict::Already => lang.t("已在名单上", "on the list already").to_owned(),
                Verdict::Wrong(zh, en) => lang.f("不列入：{}", "left out: {}", &[&lang.t(zh, en)]),
            },
        })
        .collect();
    let page = AddPage {
        shell: app.shell(
            req,
            actor,
            &lang.f("列入名单：{}", "Add to the list: {}", &[&unit.org.title(&lang)]),
        ),
        form: form.clone(),
        org: unit.org,
        seen,
        most: rules::MOST,
    };
    ui::answer::html(app, req, &page)
}

async fn add(State(app): State<App>, req: Req, Path(id): Path<OrgId>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| add_page(&a, tx, req, actor, id, &Form::default())).await
}

async fn add_post(State(app): State<App>, req: Req, Path(id): Path<OrgId>, fields: Fields) -> Answer {
    let (a, b) = (app.clone(), app.clone());
    if fields.text("act") != "save" && req.csrf_ok(&app.vault, &fields) {
        let form = Form { fields, refusals: Vec::new() };
        return app.page(req, move |tx, req, actor| add_page(&a, tx, req, actor, id, &form)).await;
    }
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            actor.account()?;
            let added = commands::add(tx, &b.vault, actor, id, &rules::entries(fields.text("list")))?;
            let say = req.lang.f(
                "已列入：{} 人待本人确认，{} 人待注册；{} 人原已在名单上，{} 行没有列入。",
                "Listed: {} are asked, {} are not registered yet; {} were on the list, {} lines were left out.",
                &[&added.asked, &added.unregistered, &added.already, &added.wrong],
            );
            Ok(Done::to(format!("/units/{id}/report-in"), say))
        },
        move |tx, req, actor, form| add_page(&a, tx, req, actor, id, form),
    )
    .await
}

/// The cells of a spreadsheet as a list that can be looked at before it is taken.
fn text_of(path: &std::path::Path) -> Result<String, Error> {
    let mut rows = Book::open(path)?.rows(0)?;
    let (mut row, mut out) = (Row::default(), Vec::new());
    while out.len() <= rules::MOST && rows.next(&mut row)? {
        let cells: Vec<String> = row.cells().map(|cell| cell.text.trim().to_owned()).collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            out.push(cells.join("\t"));
        }
    }
    Ok(out.join("\n"))
}

async fn file(State(app): State<App>, req: Req, Path(id): Path<OrgId>, mut body: Multipart) -> Answer {
    let folder = app.settings.files.join("report-in");
    let rules = Rules {
        max: MAX_BYTES,
        no_file: &crate::import::refusals::NO_FILE,
        may: |actor| actor.demand_any(Action::TeamManage),
    };
    let read = match upload::receive(&app, &req, &mut body, &folder, rules).await {
        Err(error) => Err(error),
        Ok((_, file)) => {
            let path = file.path.clone();
            let text = tokio::task::spawn_blocking(move || text_of(&path)).await;
            let _ = tokio::fs::remove_file(&file.path).await;
            text.map_err(|error| Error::bug(error.to_string())).and_then(std::convert::identity)
        }
    };
    let form = match read {
        Ok(text) => Form::filled([("list", text)]),
        Err(Error::Refused(refusals)) if refusals.iter().all(|one| !matches!(one.text.status, 401 | 403)) => {
            Form { fields: Fields::default(), refusals }
        }
        Err(error) => return ui::answer::error_page(&app, &req, &Actor::default(), &error),
    };
    let a = app.clone();
    app.page(req, move |tx, req, actor| add_page(&a, tx, req, actor, id, &form)).await
}

async fn remove(
    State(app): State<App>,
    req: Req,
    Path((id, report)): Path<(OrgId, ReportId)>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::remove(tx, actor, id, report)?;
        let say = req.lang.t("已移出名单。", "Off the list.");
        Ok(Done::to(format!("/units/{id}/report-in"), say))
    })
    .await
}
