//! Structural targets on both databases: what is counted, of whom, and who may ask.

use db::{WriteTx, args, sql};
use kernel::{Actor, Error, OrgId, Role};
use people::org::OrgKind;
use service::target::{self, Counted, Demand, New, Span, TargetId, rules, store};

use crate::city::{CITY, COMMUNITY, City, OTHER, TEAM, actor, at, cities, office};

fn new(measure: Counted, kind: OrgKind, period: Span, n: i64) -> New {
    New { org: CITY, name: "指标".to_owned(), unit_kind: kind, measure, demand: Demand::AtLeast, n, period }
}

fn create(city: &City, by: &Actor, new: New) -> Result<TargetId, String> {
    let by = by.clone();
    city.bench
        .db
        .write_blocking(move |tx| target::create(tx, &by, &new))
        .map_err(|e: Error| e.code().to_owned())
}

/// What is counted of each organisation that is asked.
fn counted(city: &City, by: &Actor, id: TargetId) -> Vec<(OrgId, i64)> {
    let by = by.clone();
    city.bench
        .db
        .read_blocking(move |tx| {
            let one = store::find(tx, id)?.unwrap();
            let (first, last) = rules::days(one.period, at(0).date());
            let have = store::counts(tx, &by, &one, first, last)?;
            let asked = store::asked(tx, &by, &one)?;
            let mut out: Vec<(OrgId, i64)> =
                asked.into_iter().map(|one| (one.id, have.get(&one.id).copied().unwrap_or(0))).collect();
            out.sort_unstable();
            Ok::<_, Error>(out)
        })
        .unwrap()
}

fn of(all: &[(OrgId, i64)], org: OrgId) -> Option<i64> {
    all.iter().find(|one| one.0 == org).map(|one| one.1)
}

fn records(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    let day = at(0).date();
    tx.exec_one(
        sql!(
            "INSERT INTO activity (id, org_id, community_id, title, category, kind, state, created_at)
             VALUES (900, $1, $2, '清洁', 'community', 'service', 'published', 0)"
        ),
        args![TEAM, COMMUNITY],
    )?;
    for (id, starts, state) in [
        (901, at(540), "recorded"),
        (902, at(600), "open"),
        (903, at(540).plus_minutes(-60 * 24 * 80), "recorded"),
    ] {
        tx.exec_one(
            sql!(
                "INSERT INTO session (id, activity_id, starts_at, ends_at, sign_up_until, quota, state, due_on)
                 VALUES ($1, 900, $2, $3, $2, 5, $4, $5)"
            ),
            args![id, starts, starts.plus_minutes(60), state, day],
        )?;
    }
    for (id, session, state) in [(911, 901, "confirmed"), (912, 903, "submitted")] {
        tx.exec_one(
            sql!(
                "INSERT INTO record (id, session_id, activity_id, person_id, team_id, community_id, street_id, home_org,
                    category, title, place, served_group, service_on, start_at, end_at, minutes, method, class, state,
                    created_at)
                 VALUES ($1, $2, 900, 1, $3, $4, 2, $4, 'community', '清洁', '', '', $5, 0, 1, 60, 'roll', 'verified', $6, 0)"
            ),
            args![id, session, TEAM, COMMUNITY, day, state],
        )?;
    }
    Ok(())
}

#[test]
fn what_is_counted() {
    for city in &cities(3) {
        city.write(records).unwrap();
        let by = office();
        let count = |measure, kind, period| {
            let id = create(city, &by, new(measure, kind, period, 1)).unwrap();
            counted(city, &by, id)
        };
        let sessions = count(Counted::Sessions, OrgKind::Community, Span::Month);
        assert_eq!(of(&sessions, COMMUNITY), Some(1), "open ones and those of other months do not count");
        assert_eq!(
            of(&count(Counted::Sessions, OrgKind::Team, Span::Year), TEAM),
            Some(1),
            "last year's neither"
        );
        assert_eq!(of(&count(Counted::Records, OrgKind::Team, Span::Quarter), TEAM), Some(1));
        assert!(of(&count(Counted::Teams, OrgKind::Community, Span::Now), COMMUNITY).is_some_and(|n| n >= 1));
        for kind in rules::KINDS {
            for measure in Counted::ALL {
                for period in Span::ALL {
                    let made = create(city, &by, new(*measure, kind, *period, 1));
                    let fits = rules::counted(kind, *measure) && rules::over(*measure, *period);
                    assert_eq!(made.is_ok(), fits, "{kind:?} {measure:?} {period:?}");
                    if let Ok(id) = made {
                        counted(city, &by, id);
                    }
                }
            }
        }
    }
}

#[test]
fn who_may_ask_whom() {
    for city in &cities(3) {
        let station = actor(2, Some((Role::Station, COMMUNITY)));
        let leader = actor(1, Some((Role::Leader, TEAM)));
        let ask = || new(Counted::Leaders, OrgKind::Team, Span::Now, 1);
        assert_eq!(create(city, &leader, ask()).unwrap_err(), "common.forbidden");
        assert_eq!(create(city, &station, ask()).unwrap_err(), "target.host", "not for the whole city");
        let whole = create(city, &office(), ask()).unwrap();
        let elsewhere = actor(2, Some((Role::Station, OTHER)));
        assert!(of(&counted(city, &station, whole), TEAM).is_some());
        assert_eq!(counted(city, &elsewhere, whole), [], "of the own part of the city only");
        let end = |by: Actor, id| {
            city.bench
                .db
                .write_blocking(move |tx| target::end(tx, &by, id))
                .map_err(|e: Error| e.code().to_owned())
        };
        assert_eq!(end(station.clone(), whole).unwrap_err(), "common.forbidden");
        end(office(), whole).unwrap();
        assert_eq!(end(office(), whole).unwrap_err(), "target.ended");
        let install = || {
            let by = office();
            city.bench
                .db
                .write_blocking(move |tx| target::install(tx, &by, CITY))
                .map_err(|e: Error| e.code().to_owned())
        };
        assert_eq!(install().unwrap(), 4);
        assert_eq!(install().unwrap_err(), "target.set_there");
        let list = city.bench.db.read_blocking(move |tx| {
            let first = store::list(tx, &station, None, 3)?;
            let rest = store::list(tx, &station, first.last().map(|one| one.id), 3)?;
            Ok::<_, Error>((first, rest))
        });
        let (first, rest) = list.unwrap();
        assert_eq!((first.len(), rest.len()), (3, 1), "what is asked from above is seen below, page by page");
    }
}
