//! Public places for programs, over the same commands as the pages.

use axum::http::Method;
use db::{ReadTx, WriteTx};
use kernel::{Action, Actor, Date, Error, OrgId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, Api, At, Call, Paged, doc};

use super::store::{self, Covered, Site};
use super::{SiteId, SiteKind, commands, pages, refusals};
use crate::org;

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get("/api/v1/sites", doc("listSites", "Registered public places by name.", "公共场所列表。"), list)
        .get(
            "/api/v1/sites/coverage",
            doc("listSiteCoverage", "Coverage of stations over types of places.", "各类场所的站点覆盖率。"),
            coverage,
        )
        .post(
            "/api/v1/sites",
            doc("addSite", "Registers a public place.", "登记公共场所。").makes().refuses(&[refusals::ALL]),
            add,
        )
        .command(
            Method::PUT,
            "/api/v1/sites/{id}",
            doc("changeSite", "Changes what is registered about a place.", "修改公共场所。")
                .refuses(&[refusals::ALL]),
            change,
        )
        .post(
            "/api/v1/sites/{id}/close",
            doc("closeSite", "Takes a place off the register.", "注销公共场所。").refuses(&[refusals::ALL]),
            close,
        )
}

/// A public place.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PublicPlace")]
struct SiteJson {
    id: SiteId,
    kind: SiteKind,
    name: String,
    area: OrgId,
    area_name: String,
    address: String,
    /// WGS-84, degrees.
    lon: Option<f64>,
    /// WGS-84, degrees.
    lat: Option<f64>,
    station: Option<OrgId>,
    station_name: Option<String>,
    /// Whether an open station looks after it.
    covered: bool,
    keeper: String,
    closed_on: Option<Date>,
    version: i64,
}

impl From<Site> for SiteJson {
    fn from(site: Site) -> Self {
        Self {
            covered: site.covered(),
            id: site.id,
            kind: site.kind,
            name: site.name,
            area: site.area,
            area_name: site.area_name,
            address: site.address,
            lon: site.lon,
            lat: site.lat,
            station: site.station,
            station_name: site.station_name,
            keeper: site.keeper,
            closed_on: site.closed_on,
            version: site.version,
        }
    }
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(default)]
struct SitesQuery {
    kind: Option<SiteKind>,
    /// Only those in this street or community.
    under: Option<OrgId>,
    /// Only those with (or without) an open station.
    covered: Option<bool>,
    /// Only those that this station looks after.
    station: Option<OrgId>,
    /// `next` of the page before.
    after: String,
}

/// The area path of an organisation; of none: no path at all.
fn path(tx: &mut ReadTx<'_>, id: OrgId) -> Result<String, Error> {
    Ok(org::find(tx, id)?.map_or_else(|| "-".to_owned(), |org| org.area_path))
}

fn list(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), SitesQuery>,
) -> Result<Paged<SiteJson>, Error> {
    actor.demand_any(Action::OrgRead)?;
    let under = call.query.under.map(|id| path(tx, id)).transpose()?;
    let filter = store::Filter {
        kind: call.query.kind,
        under,
        covered: call.query.covered.map(|yes| if yes { Covered::Yes } else { Covered::No }),
        station: call.query.station,
        words: String::new(),
        after: call.query.after.clone(),
    };
    Ok(Paged::of(store::list(tx, &filter, store::ROWS)?, SiteJson::from))
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(default)]
struct SiteCoverageQuery {
    /// Only places in this street or community.
    under: Option<OrgId>,
}

/// How many places of a type have a station.
#[derive(Serialize, JsonSchema)]
struct SiteCoverage {
    kind: SiteKind,
    /// Places of this type.
    sites: i64,
    /// Of these, with an open station.
    open: i64,
    /// Of these, with a station that is open or planned.
    planned: i64,
}

fn coverage(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), SiteCoverageQuery>,
) -> Result<Paged<SiteCoverage>, Error> {
    actor.demand_any(Action::OrgRead)?;
    let under = match call.query.under {
        Some(id) => path(tx, id)?,
        None => "/".to_owned(),
    };
    let items = store::coverage(tx, &under)?
        .into_iter()
        .map(|(kind, one)| SiteCoverage { kind, sites: one.all, open: one.open, planned: one.planned })
        .collect();
    Ok(Paged { items, next: None })
}

/// What is registered about a place.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewSite {
    kind: SiteKind,
    #[schemars(length(min = 1, max = 60))]
    name: String,
    /// The community it lies in, or the street when it lies in none.
    area: OrgId,
    #[serde(default)]
    #[schemars(length(max = 120))]
    address: String,
    /// WGS-84, degrees; together with `lat`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lon: Option<f64>,
    /// WGS-84, degrees; together with `lon`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lat: Option<f64>,
    /// The station that looks after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    station: Option<OrgId>,
    /// The unit that runs it.
    #[serde(default)]
    #[schemars(length(max = 60))]
    keeper: String,
    /// The version that was read, to change a place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
}

/// What was registered.
#[derive(Serialize, JsonSchema)]
struct SiteMade {
    id: SiteId,
}

fn add(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), NewSite>,
) -> Result<SiteMade, Error> {
    actor.demand_any(Action::PersonEdit)?;
    Ok(SiteMade { id: commands::add(tx, actor, &pages::read(&call.fields())?)? })
}

fn change(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SiteId>, (), NewSite>,
) -> Result<Accepted, Error> {
    commands::kept(tx, actor, call.path.id)?;
    let edit = pages::read(&call.fields())?;
    commands::change(tx, actor, call.path.id, call.body.version.unwrap_or(0), &edit)?;
    Ok(ACCEPTED)
}

fn close(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SiteId>, ()>,
) -> Result<Accepted, Error> {
    commands::close(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}
