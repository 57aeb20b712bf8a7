//! Who stays and who slips away, on both databases: of communities by the sums of months, of teams by their records;
//! kept and counted now agree; a word goes to those chosen, once.

use crate::city::{self, City, actor, at, cities, clerk, leader};
use db::{args, sql};
use kernel::{Date, OrgId, PersonId, Role};
use service::RecordId;
use service::record::{Class, RecordState};
use service::retention::commands::{call_back, demand};
use service::retention::{kept, rules, store};
use service::total::Counted;

/// A confirmed record of an hour on a day.
fn served(city: &City, person: i64, team: i64, day: &str) {
    let on = Date::parse(day).unwrap();
    city.write(move |tx| {
        let id: RecordId = tx.new_id();
        tx.exec_one(
            sql!(
                "INSERT INTO record (id, session_id, activity_id, person_id, team_id, community_id, street_id, home_org,
                    category, title, place, served_group, service_on, start_at, end_at, minutes, method, class, state,
                    created_at, line)
                 VALUES ($1, 100, 100, $2, $3, 3, 2, 3, 'env', '清扫河岸', '', '', $4, $5, $6, 60, 'code', $7, $8, 0, $1)"
            ),
            args![
                id,
                PersonId(person),
                OrgId(team),
                on,
                kernel::Timestamp::at(on, 540),
                kernel::Timestamp::at(on, 600),
                Class::Verified,
                RecordState::Confirmed
            ],
        )?;
        let counted = Counted {
            person: PersonId(person),
            team: OrgId(team),
            community: OrgId(3),
            street: OrgId(2),
            category: "env".into(),
            service_on: on,
            minutes: 60,
            past: false,
        };
        Ok(service::total::add(tx, &[counted], 1)?)
    })
    .unwrap();
}

/// Five stays, six left after a month, seven fell silent eight weeks ago, eight began last month.
fn fill(city: &City) {
    city.write(|tx| Ok(people::person::keys::write_all(tx)?)).unwrap();
    city.session(100, "service", 540, 600);
    for day in ["2025-03-10", "2025-04-02", "2025-06-20", "2025-12-01", "2026-02-20"] {
        served(city, 5, 4, day);
    }
    for day in ["2025-03-12", "2025-03-20", "2025-04-08"] {
        served(city, 6, 4, day);
    }
    for day in ["2025-09-05", "2025-10-05", "2025-12-20"] {
        served(city, 7, 4, day);
    }
    served(city, 8, 4, "2026-02-01");
}

#[test]
fn cohorts_and_those_who_fell_silent() {
    for city in cities(10) {
        fill(&city);
        for unit in [3, 4] {
            let (cohorts, silent) = city
                .write(move |tx| {
                    let unit = demand(tx, &clerk(), OrgId(unit))?;
                    let all = store::served(tx, &unit)?;
                    let today = tx.now().date();
                    let silent: Vec<PersonId> =
                        store::slipping(&all, today).into_iter().map(|one| one.person).collect();
                    Ok((store::cohorts(&all), silent))
                })
                .unwrap();
            let of = |text: &str| cohorts[&rules::month(Date::parse(text).unwrap())];
            assert_eq!((of("2025-03-01").began, of("2025-03-01").after), (2, [2, 1, 1, 0]));
            assert_eq!((of("2025-09-01").began, of("2025-09-01").after), (1, [1, 1, 0, 0]));
            assert_eq!((of("2026-02-01").began, cohorts.len()), (1, 3));
            assert_eq!(silent, [PersonId(7)], "unit {unit}");
        }
        // What is kept is what is counted now, and the area's sum is its communities'.
        kept::refresh_all(&city.bench.db).unwrap();
        let (extent, months, lines) = city
            .write(|tx| {
                let clerk = clerk();
                let scopes = clerk.scopes(kernel::Action::PersonRead);
                let since = Date::new(2024, 3, 1).unwrap();
                Ok((
                    store::extent(tx, &scopes)?,
                    store::months(tx, &scopes, since)?,
                    store::lines(tx, &scopes, "team", None, 20)?,
                ))
            })
            .unwrap();
        assert_eq!((extent.units, extent.counted, extent.slipping), (1, 1, 1));
        assert_eq!(months.iter().map(|one| one.began).collect::<Vec<_>>(), [1, 1, 2]);
        assert_eq!((lines.len(), lines[0].slipping, lines[0].began), (1, 1, 4));
        // Eight served in February: in the area of the other community there is nothing.
        let other =
            city.write(|tx| demand(tx, &actor(4, Some((Role::Station, city::OTHER))), OrgId(3)).map(|_| ()));
        assert_eq!(other.unwrap_err().code(), "common.not_found");
        let led = city.write(|tx| demand(tx, &leader(), OrgId(3)).map(|_| ()));
        assert_eq!(led.unwrap_err().code(), "common.not_found", "a leader sees the own team alone");
        city.write(|tx| demand(tx, &leader(), OrgId(4)).map(|_| ())).unwrap();
    }
}

#[test]
fn who_fell_silent_is_written_to_once() {
    for city in cities(10) {
        fill(&city);
        let write = |who: &'static [i64]| {
            let ids: Vec<PersonId> = who.iter().map(|id| PersonId(*id)).collect();
            city.write(move |tx| call_back(tx, &leader(), OrgId(4), &ids, "好久不见"))
                .map(|done| (done.told, done.left))
                .map_err(|error| error.code().to_owned())
        };
        assert_eq!(write(&[]), Err("retention.nobody".to_owned()));
        assert_eq!(write(&[7, 7, 5, 999]), Ok((1, 2)), "nobody who is not on the list");
        assert_eq!(write(&[7]), Err("retention.all_told".to_owned()));
        assert_eq!(city.count(sql!("SELECT count(*) FROM call_back")), 1);
        city.clock.set(at(15 * 24 * 60));
        assert_eq!(write(&[7]), Ok((1, 0)), "again after two weeks");
        city.clock.set(at(480));
    }
}
