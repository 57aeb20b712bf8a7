//! “I am here”, on both databases: what is compared, what is kept, and that nobody needs it.

use crate::city::{City, actor, at, cities, leader};
use db::{args, sql};
use kernel::{AccountId, Date, PersonId};
use people::person::{self, Purpose};
use service::SessionId;
use service::attendance::near::rules::Point;
use service::attendance::near::{RADIUS, Told, Verdict, tell};
use service::attendance::{CheckIn, check_in};
use service::record::{Closing, close, submit};

const PLACE: Point = Point { lon: 113.5, lat: 30.0 };
const AWAY: Point = Point { lon: 113.6, lat: 30.0 };

fn begin(city: &City, radius: &'static str) -> SessionId {
    let session = city.session(100, "service", 540, 660);
    city.write(move |tx| {
        tx.exec(sql!("INSERT INTO setting (name, value) VALUES ($1, $2)"), args![RADIUS, radius])?;
        tx.exec(sql!("UPDATE activity SET lon = $1, lat = $2"), args![PLACE.lon, PLACE.lat])?;
        Ok(())
    })
    .unwrap();
    session
}

fn enter(city: &City, session: SessionId, person: i64) {
    city.clock.set(at(545));
    city.write(move |tx| {
        let ask = CheckIn { session, at: tx.now(), want: None, device: None, team: None };
        check_in(tx, &actor(person, None), &ask)
    })
    .unwrap();
}

fn say(
    city: &City,
    session: SessionId,
    person: i64,
    at: Point,
    agrees: bool,
) -> Result<Option<Verdict>, String> {
    let told = Told { at, accuracy: 20.0 };
    city.write(move |tx| tell(tx, &actor(person, None), session, told, agrees))
        .map_err(|error| error.code().to_owned())
}

#[test]
fn one_word_is_kept_and_only_by_consent() {
    for city in cities(6) {
        let session = begin(&city, "300");
        assert_eq!(say(&city, session, 5, PLACE, true), Err("attendance.near_not_in".into()));
        for person in [4, 5, 6] {
            enter(&city, session, person);
        }
        assert_eq!(say(&city, session, 5, PLACE, false), Err("attendance.near_no_consent".into()));
        assert_eq!(say(&city, session, 5, AWAY, true), Ok(Some(Verdict::Far)));
        // Arrived meanwhile; and going home later changes nothing.
        assert_eq!(say(&city, session, 5, PLACE, false), Ok(Some(Verdict::Near)));
        assert_eq!(say(&city, session, 5, AWAY, false), Ok(Some(Verdict::Far)));
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM check_in WHERE flags = 'near'")), 1);
        assert_eq!(say(&city, session, 6, AWAY, true), Ok(Some(Verdict::Far)));
        // Taken back, it is asked for again.
        city.write(|tx| person::withdraw(tx, PersonId(6), Purpose::Location)).unwrap();
        assert_eq!(say(&city, session, 6, PLACE, false), Err("attendance.near_no_consent".into()));

        // All three count; the station sees who was elsewhere.
        city.clock.set(at(670));
        city.write(move |tx| {
            let closing =
                Closing { heads: 3, summary: "河岸干净了".into(), quality: 5, breaks: 0, extension: 0 };
            close(tx, &leader(), session, &closing)?;
            submit(tx, &leader(), session)
        })
        .unwrap();
        assert_eq!(
            city.count(sql!("SELECT COUNT(*) FROM record WHERE class = 'verified' AND minutes > 0")),
            3
        );
        assert_eq!(
            city.count(sql!("SELECT COUNT(*) FROM record WHERE flags LIKE '%far%' AND person_id = 6")),
            1
        );
        assert_eq!(
            city.count(sql!("SELECT COUNT(*) FROM record WHERE flags LIKE '%far%' OR flags LIKE '%near%'")),
            1
        );
    }
}

#[test]
fn nothing_is_asked_without_a_place_a_radius_or_the_age() {
    for city in cities(6) {
        let session = begin(&city, "0");
        enter(&city, session, 5);
        assert_eq!(say(&city, session, 5, PLACE, true), Err("attendance.near_no_place".into()));
        city.write(|tx| {
            tx.exec(sql!("UPDATE setting SET value = '300' WHERE name = $1"), args![RADIUS])?;
            tx.exec(sql!("UPDATE activity SET lon = NULL"), &[])?;
            Ok(())
        })
        .unwrap();
        assert_eq!(say(&city, session, 5, PLACE, true), Err("attendance.near_no_place".into()));
        city.write(|tx| {
            tx.exec(sql!("UPDATE activity SET lon = $1"), args![PLACE.lon])?;
            tx.exec(
                sql!("UPDATE person SET birth_on = $1 WHERE id = 5"),
                args![Date::new(2015, 1, 1).unwrap()],
            )?;
            Ok(())
        })
        .unwrap();
        assert_eq!(say(&city, session, 5, PLACE, true), Err("common.forbidden".into()));
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM consent WHERE purpose = 'location'")), 0);
        // A stranger's account has no stay there.
        let other =
            kernel::Actor { account: Some(AccountId(6)), person: Some(PersonId(6)), ..Default::default() };
        let told = Told { at: PLACE, accuracy: 20.0 };
        let refused = city.write(move |tx| tell(tx, &other, session, told, true)).unwrap_err();
        assert_eq!(refused.code(), "attendance.near_not_in");
    }
}
