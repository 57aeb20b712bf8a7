//! Public places of the demo city: its venues and, in every street, a school, a market and a bus stop; about three in four
//! are looked after by the station of their community.

use db::{Db, ReadTx, args, sql};
use demo_city::DemoCity;
use kernel::{Error, OrgId};

use super::{Edit, SiteId, SiteKind, store};
use crate::demo::Filled;

/// A place to be made: index of its community, type, name, address, longitude and latitude.
type Wanted = (usize, SiteKind, String, String, (f64, f64));

/// What a venue is, by its name.
fn kind_of(name: &str) -> SiteKind {
    const WORDS: [(&str, SiteKind); 12] = [
        ("火车站", SiteKind::Terminal),
        ("客运站", SiteKind::Terminal),
        ("医院", SiteKind::Hospital),
        ("政务", SiteKind::Hall),
        ("公园", SiteKind::Park),
        ("绿道", SiteKind::Park),
        ("图书馆", SiteKind::Culture),
        ("博物馆", SiteKind::Culture),
        ("体育", SiteKind::Sports),
        ("步行街", SiteKind::Shopping),
        ("市场", SiteKind::Market),
        ("青少年", SiteKind::Youth),
    ];
    let found = WORDS.iter().find(|(word, _)| name.contains(word)).map(|(_, kind)| *kind);
    found.unwrap_or(if name.contains("广场") { SiteKind::Square } else { SiteKind::Other })
}

fn station(tx: &mut ReadTx<'_>, community: OrgId) -> Result<Option<OrgId>, Error> {
    let found: Option<(OrgId,)> = tx.first(
        sql!("SELECT id FROM org WHERE area_parent = $1 AND kind = 'station' ORDER BY id LIMIT 1"),
        args![community],
    )?;
    Ok(found.map(|row| row.0))
}

/// Adds the places.
///
/// # Errors
/// Of the database.
pub(crate) fn fill(db: &Db, city: &DemoCity, filled: &Filled) -> Result<(), Error> {
    let mut wanted: Vec<Wanted> = city
        .place
        .venues
        .iter()
        .map(|venue| {
            let point = (venue.lon, venue.lat);
            (venue.community, kind_of(venue.name), venue.name.to_owned(), venue.address.clone(), point)
        })
        .collect();
    for (at, community) in city.place.communities.iter().enumerate() {
        let (kind, what) = match at % 3 {
            0 => (SiteKind::School, "小学"),
            1 => (SiteKind::Market, "便民菜市"),
            _ => (SiteKind::BusStop, "公交站"),
        };
        let name = format!("{}{what}", community.name.trim_end_matches("社区"));
        wanted.push((at, kind, name, String::new(), (community.lon, community.lat)));
    }
    let communities = filled.communities.clone();
    db.write_blocking(move |tx| {
        for (number, (at, kind, name, address, point)) in wanted.iter().enumerate() {
            let Some(area) = communities.get(*at).copied() else { continue };
            let edit = Edit {
                kind: *kind,
                name: name.clone(),
                area,
                address: address.clone(),
                point: Some(*point),
                station: if number % 4 == 2 { None } else { station(tx, area)? },
                keeper: String::new(),
            };
            let id: SiteId = tx.new_id();
            store::insert(tx, id, &edit, &roster::pinyin::key(name).full)?;
        }
        Ok(())
    })
}
