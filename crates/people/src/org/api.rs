//! Organisations and teams as JSON, over the same queries as the pages.

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::get;
use kernel::{Date, Lang, OrgId};
use serde::{Deserialize, Serialize};
use ui::{Answer, App, Req};

use super::pages::under;
use super::store::{self, TeamFilter};
use super::{Org, OrgKind, OrgState};

/// Rows of one answer.
const ROWS: i64 = 100;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/orgs", get(list))
        .route("/api/v1/orgs/{id}", get(one))
        .route("/api/v1/teams", get(teams))
}

#[derive(Serialize)]
struct OrgJson {
    id: OrgId,
    kind: OrgKind,
    type_code: String,
    name: String,
    name_en: String,
    code: String,
    uscc: Option<String>,
    area_parent: Option<OrgId>,
    sponsor_parent: Option<OrgId>,
    area_path: String,
    sponsor_path: String,
    state: OrgState,
    address: String,
    phone: String,
    lon: Option<f64>,
    lat: Option<f64>,
    opened_on: Option<Date>,
    due_on: Option<Date>,
    closed_on: Option<Date>,
    flag_no: String,
    slogan: String,
    about: String,
    members: i64,
    version: i64,
}

impl From<Org> for OrgJson {
    fn from(org: Org) -> Self {
        Self {
            id: org.id,
            kind: org.kind,
            type_code: org.type_code,
            name: org.name,
            name_en: org.name_en,
            code: org.code,
            uscc: org.uscc,
            area_parent: org.area_parent,
            sponsor_parent: org.sponsor_parent,
            area_path: org.area_path,
            sponsor_path: org.sponsor_path,
            state: org.state,
            address: org.address,
            phone: org.phone,
            lon: org.lon,
            lat: org.lat,
            opened_on: org.opened_on,
            due_on: org.due_on,
            closed_on: org.closed_on,
            flag_no: org.flag_no,
            slogan: org.slogan,
            about: org.about,
            members: org.members,
            version: org.version,
        }
    }
}

#[derive(Serialize)]
struct ListJson<T> {
    items: Vec<T>,
    next: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Filter {
    kind: String,
    under: String,
    q: String,
    sponsor: String,
    after: String,
}

async fn list(State(app): State<App>, req: Req, Query(filter): Query<Filter>) -> Answer {
    app.api_read(req, move |tx, _, _| {
        let under = under(tx, [&filter.under, "", ""])?;
        let page = store::list(tx, OrgKind::from_code(&filter.kind), under.as_deref(), &filter.after, ROWS)?;
        Ok(ListJson { next: page.next, items: page.rows.into_iter().map(OrgJson::from).collect::<Vec<_>>() })
    })
    .await
}

#[derive(Serialize)]
struct WholeJson {
    #[serde(flatten)]
    org: OrgJson,
    coverage: Option<CoverageJson>,
    successors: Vec<OrgId>,
    predecessors: Vec<OrgId>,
}

#[derive(Serialize)]
struct CoverageJson {
    communities: i64,
    open: i64,
    planned: i64,
}

async fn one(State(app): State<App>, req: Req, Path(id): Path<OrgId>) -> Answer {
    app.api_read(req, move |tx, _, _| {
        let org = store::must_find(tx, id)?;
        let links = store::successors(tx, id)?;
        let coverage = match org.kind {
            OrgKind::City | OrgKind::Street => Some(store::coverage(tx, &org.area_path)?),
            _ => None,
        };
        let side = |after: bool| links.iter().filter(|link| link.3 == after).map(|link| link.0).collect();
        Ok(WholeJson {
            successors: side(true),
            predecessors: side(false),
            coverage: coverage.map(|c| CoverageJson {
                communities: c.communities,
                open: c.open,
                planned: c.planned,
            }),
            org: org.into(),
        })
    })
    .await
}

#[derive(Serialize)]
struct TeamJson {
    id: OrgId,
    name: String,
    name_en: String,
    kind: String,
    kind_name: &'static str,
    state: OrgState,
    flag_no: String,
    members: i64,
    under: Option<String>,
    sponsor: Option<String>,
    slogan: String,
}

async fn teams(State(app): State<App>, req: Req, Query(filter): Query<Filter>) -> Answer {
    app.api_read(req, move |tx, req, _| {
        let lang: Lang = req.lang;
        let asked = TeamFilter {
            q: filter.q.clone(),
            kind: filter.kind.clone(),
            under: under(tx, [&filter.under, "", ""])?,
            sponsor: filter.sponsor.parse().ok(),
            after: filter.after.clone(),
        };
        let page = store::teams(tx, &asked, ROWS)?;
        let items: Vec<TeamJson> = page
            .rows
            .into_iter()
            .map(|row| TeamJson {
                id: row.id,
                kind_name: super::type_name(&row.type_code, lang),
                name: row.name,
                name_en: row.name_en,
                kind: row.type_code,
                state: row.state,
                flag_no: row.flag_no,
                members: row.members,
                under: row.parent,
                sponsor: row.sponsor,
                slogan: row.slogan,
            })
            .collect();
        Ok(ListJson { items, next: page.next })
    })
    .await
}
