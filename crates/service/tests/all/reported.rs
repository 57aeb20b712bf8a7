//! What those who report in serve, on both databases: confirmed service of the year, and nothing else.

use db::{WriteTx, args, sql};
use kernel::{Date, Error, OrgId, PersonId};
use service::reported;

use crate::city::{COMMUNITY, OTHER, TEAM, at, cities};

const UNIT: OrgId = OrgId(60);

fn build(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    tx.exec_one(
        sql!(
            "INSERT INTO org (id, kind, name, area_parent, area_path, state, created_at)
             VALUES ($1, 'unit', '水务公司', 3, '/1/2/3/60/', 'open', 0)"
        ),
        args![UNIT],
    )?;
    // 1 and 2 are confirmed by the community, 3 is not.
    for (person, place) in [(1, "confirmed"), (2, "confirmed"), (3, "asked")] {
        tx.exec_one(
            sql!(
                "INSERT INTO report_in (id, unit_id, name, person_id, state, listed_at)
                 VALUES ($1, $2, '甲', $1, 'confirmed', 0)"
            ),
            args![PersonId(person), UNIT],
        )?;
        tx.exec_one(
            sql!(
                "INSERT INTO report_place (id, report_id, kind, community_id, state, asked_at)
                 VALUES ($1, $1, 'home', 3, $2, 0)"
            ),
            args![PersonId(person), place],
        )?;
    }
    tx.exec_one(
        sql!(
            "INSERT INTO activity (id, org_id, community_id, title, category, kind, state, created_at)
             VALUES (900, $1, $2, '清洁', 'env', 'service', 'published', 0)"
        ),
        args![TEAM, COMMUNITY],
    )?;
    let day = at(0).date();
    let last_year = day.plus(-100);
    let rows = [
        (1, day, "confirmed", "verified", COMMUNITY),
        (1, day, "confirmed", "honor", OTHER),
        (1, day, "submitted", "verified", COMMUNITY),
        (1, last_year, "confirmed", "verified", COMMUNITY),
        (1, day, "confirmed", "legacy", COMMUNITY),
        (2, day, "confirmed", "verified", COMMUNITY),
        (3, day, "confirmed", "verified", COMMUNITY),
        (3, day, "confirmed", "verified", COMMUNITY),
    ];
    for (at_row, (person, on, state, class, community)) in (1_i64..).zip(rows) {
        let id = 1_000 + at_row;
        tx.exec_one(
            sql!(
                "INSERT INTO session (id, activity_id, starts_at, ends_at, sign_up_until, quota, state, due_on)
                 VALUES ($1, 900, 0, 1, 0, 5, 'recorded', $2)"
            ),
            args![id, day],
        )?;
        tx.exec_one(
            sql!(
                "INSERT INTO record (id, session_id, activity_id, person_id, team_id, community_id, street_id, home_org,
                    category, title, place, served_group, service_on, start_at, end_at, minutes, method, class, state,
                    created_at)
                 VALUES ($1, $1, 900, $2, $3, $4, 2, 3, 'env', '清洁', '', '', $5, 0, 1, 90, 'roll', $6, $7, 0)"
            ),
            args![id, PersonId(person), TEAM, community, on, class, state],
        )?;
    }
    Ok(())
}

#[test]
fn services_of_the_year() {
    let (first, last) = (Date::new(2026, 1, 1).unwrap(), Date::new(2026, 12, 31).unwrap());
    for city in &cities(3) {
        city.write(build).unwrap();
        let people = [PersonId(1), PersonId(2)];
        let served = |community| {
            city.bench
                .db
                .read_blocking(move |tx| reported::of_people(tx, &people, community, first, last))
                .unwrap()
        };
        assert_eq!(served(None), [(PersonId(1), 2, 180), (PersonId(2), 1, 90)]);
        assert_eq!(served(Some(COMMUNITY)), [(PersonId(1), 1, 90), (PersonId(2), 1, 90)]);
        let taking_part = |least| {
            city.bench
                .db
                .read_blocking(move |tx| reported::taking_part(tx, &[UNIT], least, first, last))
                .unwrap()
        };
        assert_eq!(taking_part(1), [(UNIT, 2)], "who is not confirmed does not count");
        assert_eq!(taking_part(2), [(UNIT, 1)]);
        assert_eq!(taking_part(3), []);
    }
}
