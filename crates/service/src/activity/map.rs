//! The list on a map: markers of coming activities by their public place, the same list beside it, the same
//! filters. Without JavaScript the list stands alone.
//!
//! Fix-08: an activity at a private home is shown at the middle of its community, never where it is.

use askama::Template;
use axum::extract::{Query as Asking, State};
use db::{DbError, Query, ReadTx, args, row, sql};
use kernel::page::Page;
use kernel::{OrgId, Timestamp};
use ui::answer::Answer;
use ui::app::MapBase;
use ui::{App, Req, Shell};

use super::pages::{Asked, category_name, category_options, places, when};
use super::store::{self, ListFilter};
use crate::{ActivityId, SessionId};

/// How many sessions a map shows at once.
const SHOWN: usize = 100;

row! {
    /// A session with the point where it may be shown.
    pub struct Mapped {
        session_id: SessionId, activity_id: ActivityId, starts_at: Timestamp, ends_at: Timestamp,
        sign_up_until: Timestamp, quota: i64, taken: i64, title: String, category: String,
        place_public: String, org_id: OrgId, org_name: String, exact: bool, lon: Option<f64>, lat: Option<f64>,
    }

    /// A name written on the plain base, for orientation.
    pub struct Landmark { name: String, lon: f64, lat: f64 }
}

/// Degrees a point can have; (0, 0) stands for "not known".
#[must_use]
pub fn point(lon: Option<f64>, lat: Option<f64>) -> Option<(f64, f64)> {
    let (lon, lat) = (lon?, lat?);
    let known = lon.abs() <= 180.0 && lat.abs() <= 85.0 && (lon.abs() > 0.01 || lat.abs() > 0.01);
    known.then_some((lon, lat))
}

/// Open sessions ahead with their public points, soonest first.
///
/// # Errors
/// Of the database.
pub fn upcoming(tx: &mut ReadTx<'_>, filter: &ListFilter, limit: i64) -> Result<Vec<Mapped>, DbError> {
    let mut list = Query::new(
        "SELECT s.id, a.id, s.starts_at, s.ends_at, s.sign_up_until, s.quota, s.taken, a.title, a.category,
            a.place_public, a.org_id, o.name, NOT a.place_private AND a.lon IS NOT NULL AND a.lat IS NOT NULL,
            CASE WHEN a.place_private OR a.lon IS NULL OR a.lat IS NULL THEN c.lon ELSE a.lon END,
            CASE WHEN a.place_private OR a.lon IS NULL OR a.lat IS NULL THEN c.lat ELSE a.lat END
         FROM session s JOIN activity a ON a.id = s.activity_id JOIN org o ON o.id = a.org_id
            LEFT JOIN org c ON c.id = a.community_id
         WHERE s.state = 'open'",
    );
    store::narrow(&mut list, filter, tx.now());
    list.with("ORDER BY s.starts_at, s.id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// The middle of the nearest community, street or city with a known point: where a map opens.
///
/// # Errors
/// Of the database.
pub fn middle(tx: &mut ReadTx<'_>, area_path: &str) -> Result<Option<(f64, f64)>, DbError> {
    let ids: Vec<i64> = area_path.split('/').filter_map(|part| part.parse().ok()).collect();
    if ids.is_empty() {
        return Ok(None);
    }
    let mut list =
        Query::new("SELECT lon, lat FROM org WHERE lon IS NOT NULL AND lat IS NOT NULL AND id IN (");
    for (at, id) in ids.iter().enumerate() {
        list.with(if at == 0 { "{}" } else { ", {}" }, &[id]);
    }
    list.push(") ORDER BY area_path DESC, id LIMIT 1");
    let rows: Vec<(f64, f64)> = tx.list(&list)?;
    Ok(rows.first().and_then(|(lon, lat)| point(Some(*lon), Some(*lat))))
}

/// Streets by their middle.
fn landmarks(tx: &mut ReadTx<'_>) -> Result<Vec<Landmark>, DbError> {
    tx.all(
        sql!(
            "SELECT name, lon, lat FROM org WHERE kind = 'street' AND state = 'open' AND lon IS NOT NULL
                AND lat IS NOT NULL ORDER BY area_path, id LIMIT 60"
        ),
        args![],
    )
}

/// A row of the list, with what its marker needs.
#[derive(Debug)]
pub struct SpotView {
    pub row: Mapped,
    pub when: String,
    pub places: String,
    pub open: bool,
    pub category: String,
    pub point: Option<(f64, f64)>,
}

#[derive(Template)]
#[template(path = "activity/map.html")]
struct MapPage {
    shell: Shell,
    rows: Vec<SpotView>,
    landmarks: Vec<Landmark>,
    base: MapBase,
    next: Option<String>,
    asked: Asked,
    kept: Vec<(&'static str, String)>,
    categories: Vec<(String, String)>,
    area: Option<String>,
    has_person: bool,
    narrowed: bool,
    as_list: String,
    nowhere: usize,
}

/// The map and its list.
pub(super) async fn map(State(app): State<App>, req: Req, Asking(asked): Asking<Asked>) -> Answer {
    let a = app.clone();
    let mut answer = app
        .page(req, move |tx, req, actor| {
            let (lang, now) = (req.lang, tx.now());
            let (filter, area) = asked.filter(tx, actor)?;
            let limit = i64::try_from(SHOWN).unwrap_or(100) + 1;
            let page = Page::cut(upcoming(tx, &filter, limit)?, SHOWN, |row| {
                format!("{}~{}", row.starts_at.0, row.session_id)
            });
            let rows: Vec<SpotView> = page
                .rows
                .into_iter()
                .map(|row| {
                    let (places, open) = places(lang, row.quota, row.taken, row.sign_up_until <= now);
                    SpotView {
                        when: when(lang, row.starts_at, row.ends_at, now),
                        places,
                        open,
                        category: category_name(&row.category, lang).to_owned(),
                        point: point(row.lon, row.lat),
                        row,
                    }
                })
                .collect();
            let query = if req.query().is_empty() { String::new() } else { format!("?{}", req.query()) };
            let page = MapPage {
                shell: a.shell(req, actor, lang.t("活动地图", "Map of activities")),
                landmarks: landmarks(tx)?,
                base: a.settings.map.clone(),
                next: page.next.map(|cursor| req.with_query("after", &cursor)),
                kept: asked.kept(),
                categories: category_options(lang, false),
                area: area.map(|area| area.name),
                has_person: actor.person.is_some(),
                narrowed: asked.any(),
                as_list: format!("/activities{query}"),
                nowhere: rows.iter().filter(|row| row.point.is_none()).count(),
                asked: asked.clone(),
                rows,
            };
            ui::answer::html(&a, req, &page)
        })
        .await;
    ui::answer::allow_images(&mut answer, app.settings.map.origin());
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points() {
        assert_eq!(point(Some(120.9), Some(30.6)), Some((120.9, 30.6)));
        for (lon, lat) in [
            (None, Some(30.6)),
            (Some(0.0), Some(0.0)),
            (Some(500.0), Some(3.0)),
            (Some(12.0), Some(f64::NAN)),
        ] {
            assert_eq!(point(lon, lat), None);
        }
    }
}
