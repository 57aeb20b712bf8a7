//! The register of public places with the rate by type, and its forms.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use db::ReadTx;
use kernel::error::Collect;
use kernel::{Action, Actor, Error, Lang, OrgId};
use serde::Deserialize;
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form, Label};
use ui::sheet::{self, Cell};
use ui::shell::Shell;
use ui::{App, Req};

use super::commands::{self, Edit};
use super::store::{self, Covered, Site};
use super::{SiteId, SiteKind};
use crate::org::{self, Coverage, OrgState};

/// Pages of this subject.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/sites", get(list))
        .route("/sites/new", get(new).post(new_post))
        .route("/sites/{id}/edit", get(edit).post(edit_post))
        .route("/sites/{id}/close", post(close))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    kind: String,
    street: String,
    station: String,
    cover: String,
    q: String,
    after: String,
    format: String,
}

impl Asked {
    fn any(&self) -> bool {
        ![&self.kind, &self.street, &self.station, &self.cover, &self.q].iter().all(|text| text.is_empty())
    }
}

/// A place as a line of the list.
struct Line {
    site: Site,
    may_change: bool,
}

impl Line {
    /// Who looks after it, or who has to see to that.
    fn station(&self, lang: &Lang) -> String {
        let site = &self.site;
        match (&site.station_name, site.station_state) {
            (Some(name), Some(OrgState::Open)) => name.clone(),
            (Some(name), Some(state)) => lang.f("{}（{}）", "{} ({})", &[name, &state.name(*lang)]),
            _ => lang.f("还没有，由{}安排", "None yet; {} arranges it", &[&site.area_name]),
        }
    }
}

/// The rate of a type of places.
struct Rate {
    kind: SiteKind,
    coverage: Coverage,
}

#[derive(Template)]
#[template(path = "site/list.html")]
struct ListPage {
    shell: Shell,
    form: Form,
    asked: Asked,
    narrowed: bool,
    rates: Vec<Rate>,
    whole: Coverage,
    streets: Vec<(OrgId, String, String)>,
    lines: Vec<Line>,
    more: Option<String>,
    export: Option<String>,
    may_add: bool,
}

fn list_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    asked: &Asked,
    form: Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::OrgRead)?;
    let lang = req.lang;
    let streets = store::streets(tx)?;
    let under =
        asked.street.parse().ok().and_then(|id: OrgId| {
            streets.iter().find(|street| street.0 == id).map(|street| street.2.clone())
        });
    let filter = store::Filter {
        kind: SiteKind::from_code(&asked.kind),
        under: under.clone(),
        covered: match asked.cover.as_str() {
            "yes" => Some(Covered::Yes),
            "no" => Some(Covered::No),
            _ => None,
        },
        station: asked.station.parse().ok(),
        words: asked.q.trim().chars().filter(|c| !c.is_control()).take(60).collect(),
        after: asked.after.clone(),
    };
    let sheet = asked.format == "xlsx";
    let page = store::list(tx, &filter, if sheet { 10_000 } else { store::ROWS })?;
    if sheet {
        actor.demand_any(Action::Export)?;
        return list_sheet(lang, &org::export_note(lang, actor, tx), page.rows);
    }
    let rates: Vec<Rate> = store::coverage(tx, under.as_deref().unwrap_or("/"))?
        .into_iter()
        .map(|(kind, coverage)| Rate { kind, coverage })
        .collect();
    let whole = rates.iter().fold(Coverage::default(), |sum, one| Coverage {
        all: sum.all + one.coverage.all,
        open: sum.open + one.coverage.open,
        planned: sum.planned + one.coverage.planned,
    });
    let page = ListPage {
        shell: app.shell(req, actor, lang.t("公共场所", "Public places")),
        form,
        narrowed: asked.any(),
        asked: asked.clone(),
        rates,
        whole,
        streets,
        lines: page
            .rows
            .into_iter()
            .map(|site| Line { may_change: commands::may_change(actor, &site), site })
            .collect(),
        more: page.next.as_deref().map(|next| req.with_query("after", next)),
        export: actor.may(Action::Export).then(|| req.with_query("format", "xlsx")),
        may_add: actor.may(Action::PersonEdit),
    };
    ui::answer::html(app, req, &page)
}

async fn list(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| list_page(&a, tx, req, actor, &asked, Form::default())).await
}

fn list_sheet(lang: Lang, note: &str, sites: Vec<Site>) -> Result<Answer, Error> {
    let heads = [
        lang.t("名称", "Name"),
        lang.t("类型", "Type"),
        lang.t("所在", "Area"),
        lang.t("地址", "Address"),
        lang.t("负责站点", "Station"),
        lang.t("站点状态", "State of the station"),
        lang.t("管理单位", "Run by"),
        lang.t("经度", "Longitude"),
        lang.t("纬度", "Latitude"),
    ];
    let degrees = |value: Option<f64>| value.map(|value| format!("{value:.6}")).unwrap_or_default();
    let rows: Vec<Vec<Cell>> = sites
        .into_iter()
        .map(|site| {
            vec![
                site.name.into(),
                site.kind.name(lang).into(),
                site.area_name.into(),
                site.address.into(),
                site.station_name.unwrap_or_default().into(),
                site.station_state.map_or("", |state| state.name(lang)).into(),
                site.keeper.into(),
                degrees(site.lon).into(),
                degrees(site.lat).into(),
            ]
        })
        .collect();
    sheet::answer(lang.t("公共场所", "Public places"), note, &heads, &rows)
}

#[derive(Template)]
#[template(path = "site/form.html")]
struct FormPage {
    shell: Shell,
    form: Form,
    site: Option<SiteId>,
    action: String,
    kinds: Vec<(String, String)>,
    areas: Vec<(String, String)>,
    stations: Vec<(String, String)>,
}

fn form_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    site: Option<SiteId>,
    form: Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::PersonEdit)?;
    let lang = req.lang;
    let (action, title) = match site {
        None => ("/sites/new".to_owned(), lang.t("登记公共场所", "Register a place")),
        Some(id) => (format!("/sites/{id}/edit"), lang.t("修改公共场所", "Change the place")),
    };
    let areas = store::areas(tx, &actor.scopes(Action::PersonEdit))?;
    let page = FormPage {
        shell: app.shell(req, actor, title),
        form,
        site,
        action,
        kinds: SiteKind::ALL
            .iter()
            .map(|kind| (kind.code().to_owned(), kind.name(lang).to_owned()))
            .collect(),
        areas: areas
            .into_iter()
            .map(|(id, kind, name)| (id.to_string(), format!("{name}（{}）", kind.name(lang))))
            .collect(),
        stations: store::stations(tx)?
            .into_iter()
            .map(|(id, state, name)| match state {
                OrgState::Open => (id.to_string(), name),
                _ => (id.to_string(), format!("{name}（{}）", state.name(lang))),
            })
            .collect(),
    };
    ui::answer::html(app, req, &page)
}

async fn new(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| form_page(&a, tx, req, actor, None, Form::default())).await
}

/// Reads what people say about a place.
pub(super) fn read(fields: &Fields) -> Result<Edit, Error> {
    let mut all = Collect::default();
    let kind_label = Label("类型", "Type");
    let kind = all.take(
        SiteKind::from_code(fields.text("kind"))
            .ok_or_else(|| kind_label.wrong("kind", fields.text("kind"), "请选择。", "Choose one.")),
    );
    let name = all.take(fields.required("name", Label("名称", "Name"), 60));
    let area = all.take(fields.id::<OrgId>("area", Label("所在社区或街道", "Community or street")));
    let address = all.take(fields.optional("address", Label("地址", "Address"), 120));
    let point = all.take(fields.point());
    let station = match fields.text("station") {
        "" => Some(None),
        _ => all.take(fields.id::<OrgId>("station", Label("负责站点", "Station"))).map(Some),
    };
    let keeper = all.take(fields.optional("keeper", Label("管理单位", "Run by"), 60));
    all.done()?;
    match (kind, name, area, address, point, station, keeper) {
        (Some(kind), Some(name), Some(area), Some(address), Some(point), Some(station), Some(keeper)) => {
            Ok(Edit { kind, name, area, address, point, station, keeper })
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
            commands::add(tx, actor, &read(fields)?)?;
            Ok(Done::to("/sites", req.lang.t("已登记。", "Registered.")))
        },
        move |tx, req, actor, form| form_page(&a, tx, req, actor, None, form.clone()),
    )
    .await
}

async fn edit(State(app): State<App>, req: Req, Path(id): Path<SiteId>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let site = commands::kept(tx, actor, id)?;
        let degrees = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        let form = Form::filled([
            ("version", site.version.to_string()),
            ("kind", site.kind.code().to_owned()),
            ("name", site.name.clone()),
            ("area", site.area.to_string()),
            ("address", site.address.clone()),
            ("lon", degrees(site.lon)),
            ("lat", degrees(site.lat)),
            ("station", site.station.map(|id| id.to_string()).unwrap_or_default()),
            ("keeper", site.keeper),
        ]);
        form_page(&a, tx, req, actor, Some(id), form)
    })
    .await
}

async fn edit_post(State(app): State<App>, req: Req, Path(id): Path<SiteId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            commands::kept(tx, actor, id)?;
            let version = fields.text("version").parse().unwrap_or(0);
            commands::change(tx, actor, id, version, &read(fields)?)?;
            Ok(Done::to("/sites", req.lang.t("已保存。", "Saved.")))
        },
        move |tx, req, actor, form| form_page(&a, tx, req, actor, Some(id), form.clone()),
    )
    .await
}

async fn close(State(app): State<App>, req: Req, Path(id): Path<SiteId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, _| {
            commands::close(tx, actor, id)?;
            Ok(Done::to("/sites", req.lang.t("已注销，不再计入覆盖率。", "Taken off; it counts no more.")))
        },
        move |tx, req, actor, form| list_page(&a, tx, req, actor, &Asked::default(), form.clone()),
    )
    .await
}
