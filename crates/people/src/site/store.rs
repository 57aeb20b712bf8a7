//! Questions about places and the stations that look after them.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::page::Page;
use kernel::{Date, OrgId};

use super::{Edit, SiteId, SiteKind};
use crate::org::{self, Coverage, OrgKind, OrgState, rules};

/// Rows of a page.
pub const ROWS: i64 = 50;

row! {
    /// A place with its area and its station.
    pub struct Site {
        id: SiteId, kind: SiteKind, name: String, name_key: String, area: OrgId, area_name: String,
        area_path: String, sponsor_path: String, address: String, lon: Option<f64>, lat: Option<f64>,
        station: Option<OrgId>, station_name: Option<String>, station_state: Option<OrgState>, keeper: String,
        closed_on: Option<Date>, version: i64,
    }
}

impl Site {
    /// Where it lies, for [`kernel::can`].
    #[must_use]
    pub fn place(&self) -> kernel::Place<'_> {
        kernel::Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }

    /// Whether an open station looks after it.
    #[must_use]
    pub fn covered(&self) -> bool {
        self.station_state == Some(OrgState::Open)
    }
}

macro_rules! site_columns {
    () => {
        "SELECT s.id, s.kind, s.name, s.name_key, s.area_id, o.name, o.area_path, o.sponsor_path, s.address, s.lon,
            s.lat, s.station_id, t.name, t.state, s.keeper, s.closed_on, s.version
         FROM site s JOIN org o ON o.id = s.area_id LEFT JOIN org t ON t.id = s.station_id WHERE "
    };
}

/// A place.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: SiteId) -> Result<Option<Site>, DbError> {
    tx.first(sql!(concat!(site_columns!(), "s.id = $1")), args![id])
}

/// Whether a list holds the places with an open station, or those without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Covered {
    /// An open station looks after it.
    Yes,
    /// None does.
    No,
}

/// What a list is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only these.
    pub kind: Option<SiteKind>,
    /// Area path of a street or community.
    pub under: Option<String>,
    /// With or without an open station.
    pub covered: Option<Covered>,
    /// Only those of this station.
    pub station: Option<OrgId>,
    /// A part of the name, or of its pinyin.
    pub words: String,
    /// Cursor.
    pub after: String,
}

/// A page of places by name.
///
/// # Errors
/// Of the database.
pub fn list(tx: &mut ReadTx<'_>, filter: &Filter, rows: i64) -> Result<Page<Site>, DbError> {
    let mut query = Query::new(concat!(site_columns!(), "s.closed_on IS NULL"));
    query.with_some("AND s.kind = {}", filter.kind.as_ref());
    query.with_some("AND s.station_id = {}", filter.station.as_ref());
    if let Some(under) = &filter.under {
        query.with("AND o.area_path >= {} AND o.area_path < {}", &[under, &rules::end(under)]);
    }
    match filter.covered {
        Some(Covered::Yes) => {
            query.push("AND t.state = 'open'");
        }
        Some(Covered::No) => {
            query.push("AND (t.state IS NULL OR t.state <> 'open')");
        }
        None => {}
    }
    let words = org::plain(&filter.words);
    if !words.is_empty() {
        let (anywhere, key) = (format!("%{words}%"), format!("%{}%", words.replace(' ', "")));
        query.with("AND (s.name LIKE {} OR replace(s.name_key, ' ', '') LIKE {})", &[&anywhere, &key]);
    }
    if let Some((key, id)) = kernel::page::cursor_text(&filter.after) {
        query.with("AND (s.name_key, s.id) > ({}, {})", &[&key, &id]);
    }
    query.with("ORDER BY s.name_key, s.id LIMIT {}", &[&(rows + 1)]);
    let found = tx.list(&query)?;
    Ok(Page::cut(found, usize::try_from(rows).unwrap_or(50), |one: &Site| {
        format!("{}~{}", one.id, one.name_key)
    }))
}

row! {
    struct Counted { kind: SiteKind, all: i64, open: i64, planned: i64 }
}

/// How many places of each type there are under a path, and how many have a station: types with places only, in the
/// order of the types.
///
/// # Errors
/// Of the database.
pub fn coverage(tx: &mut ReadTx<'_>, under: &str) -> Result<Vec<(SiteKind, Coverage)>, DbError> {
    let found: Vec<Counted> = tx.all(
        sql!(
            "SELECT s.kind, count(*), count(*) FILTER (WHERE t.state = 'open'),
                    count(*) FILTER (WHERE t.state IN ('open', 'planned'))
             FROM site s JOIN org o ON o.id = s.area_id LEFT JOIN org t ON t.id = s.station_id
             WHERE s.closed_on IS NULL AND o.area_path >= $1 AND o.area_path < $2 GROUP BY s.kind"
        ),
        args![under, rules::end(under)],
    )?;
    Ok(SiteKind::ALL
        .iter()
        .filter_map(|kind| found.iter().find(|one| one.kind == *kind))
        .map(|one| (one.kind, Coverage { all: one.all, open: one.open, planned: one.planned }))
        .collect())
}

/// Streets and communities in which places may lie, within scopes, streets first.
pub(super) fn areas(
    tx: &mut ReadTx<'_>,
    scopes: &[&kernel::Grant],
) -> Result<Vec<(OrgId, OrgKind, String)>, DbError> {
    let mut query = Query::new(
        "SELECT o.id, o.kind, o.name FROM org o WHERE o.state <> 'closed' AND o.kind IN ('street', 'community') AND",
    );
    org::scope::within(&mut query, scopes, org::scope::OrgAs::O);
    query.push("ORDER BY o.area_path, o.id LIMIT 2000");
    tx.list(&query)
}

/// Stations that may look after a place, by name.
pub(super) fn stations(tx: &mut ReadTx<'_>) -> Result<Vec<(OrgId, OrgState, String)>, DbError> {
    tx.all(
        sql!(
            "SELECT id, state, name FROM org WHERE kind = 'station' AND state <> 'closed'
             ORDER BY name_key, id LIMIT 2000"
        ),
        args![],
    )
}

/// Streets to filter by, with their paths.
pub(super) fn streets(tx: &mut ReadTx<'_>) -> Result<Vec<(OrgId, String, String)>, DbError> {
    tx.all(
        sql!(
            "SELECT id, name, area_path FROM org WHERE kind = 'street' AND state <> 'closed'
             ORDER BY area_path, id LIMIT 300"
        ),
        args![],
    )
}

/// Holds an area against other units.
pub(super) fn hold_area(tx: &mut WriteTx<'_>, area: OrgId) -> Result<(), DbError> {
    tx.hold(sql!("SELECT id FROM org WHERE id = $1"), args![area])
}

/// The registered place of a name in an area.
pub(super) fn named(tx: &mut ReadTx<'_>, area: OrgId, name: &str) -> Result<Option<SiteId>, DbError> {
    let found: Option<(SiteId,)> = tx.first(
        sql!(
            "SELECT id FROM site WHERE area_id = $1 AND name = $2 AND closed_on IS NULL ORDER BY id LIMIT 1"
        ),
        args![area, name],
    )?;
    Ok(found.map(|row| row.0))
}

/// Writes a new place.
pub(super) fn insert(tx: &mut WriteTx<'_>, id: SiteId, edit: &Edit, key: &str) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO site (id, kind, name, name_key, area_id, address, lon, lat, station_id, keeper, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        ),
        args![
            id,
            edit.kind,
            edit.name,
            key,
            edit.area,
            edit.address,
            edit.point.map(|point| point.0),
            edit.point.map(|point| point.1),
            edit.station,
            edit.keeper,
            now
        ],
    )
}

/// Changes a place of a version; whether it still had that version.
pub(super) fn update(
    tx: &mut WriteTx<'_>,
    id: SiteId,
    version: i64,
    edit: &Edit,
    key: &str,
) -> Result<bool, DbError> {
    let touched = tx.exec(
        sql!(
            "UPDATE site SET kind = $3, name = $4, name_key = $5, area_id = $6, address = $7, lon = $8, lat = $9,
                station_id = $10, keeper = $11, version = version + 1
             WHERE id = $1 AND version = $2 AND closed_on IS NULL"
        ),
        args![
            id,
            version,
            edit.kind,
            edit.name,
            key,
            edit.area,
            edit.address,
            edit.point.map(|point| point.0),
            edit.point.map(|point| point.1),
            edit.station,
            edit.keeper
        ],
    )?;
    Ok(touched == 1)
}

/// Takes a place off; whether it was still there.
pub(super) fn close(tx: &mut WriteTx<'_>, id: SiteId) -> Result<bool, DbError> {
    let today = tx.now().date();
    let touched = tx.exec(
        sql!("UPDATE site SET closed_on = $2, version = version + 1 WHERE id = $1 AND closed_on IS NULL"),
        args![id, today],
    )?;
    Ok(touched == 1)
}

/// What an organisation had goes to another one, when it merges, is split or closes (Edge-15): places that lay in it,
/// and those its station looked after; without an heir nobody looks after the latter.
///
/// # Errors
/// Of the database.
pub(crate) fn rehome(
    tx: &mut WriteTx<'_>,
    from: OrgId,
    area: OrgId,
    station: Option<OrgId>,
) -> Result<(), DbError> {
    tx.exec(
        sql!("UPDATE site SET area_id = $2, version = version + 1 WHERE area_id = $1"),
        args![from, area],
    )?;
    tx.exec(
        sql!("UPDATE site SET station_id = $2, version = version + 1 WHERE station_id = $1"),
        args![from, station],
    )?;
    Ok(())
}
