//! Trips on both databases: the meeting, duties, head-counts, and “all back safely”.
use crate::city::{self, City, actor, at, cities, leader};
use db::sql;
use kernel::{Lang, PersonId, Role};
use service::attendance::commands::{RollAct, Times, Whom, roll};
use service::trip::commands::{Wish, all_back, clear, count, duty, not_back, set};
use service::trip::{Stage, TripRole, store};
use service::{SessionId, SignUpId};

fn wish(meet: i64) -> Wish {
    Wish {
        meet,
        place: "市图书馆正门".to_owned(),
        back: Some(12 * 60),
        wear: "运动鞋".to_owned(),
        bring: "水杯".to_owned(),
        all: false,
    }
}

fn place_of(city: &City, person: i64) -> SignUpId {
    city.write(move |tx| {
        let row: (SignUpId,) =
            tx.one(sql!("SELECT id FROM sign_up WHERE person_id = $1"), db::args![PersonId(person)])?;
        Ok(row.0)
    })
    .unwrap()
}

fn code<T>(result: Result<T, kernel::Error>) -> String {
    result.err().map_or_else(|| "ok".to_owned(), |error| error.code().to_owned())
}

fn ready(city: &City, meet: i64) -> SessionId {
    let session = city.session(100, "service", 540, 660);
    for person in 5..=8 {
        city.book(session, person);
    }
    // Whoever plans is the leader of the team, who may do both.
    city.write(move |tx| set(tx, &leader(), session, &wish(meet))).unwrap();
    session
}

#[test]
fn whoever_signed_up_sees_where_to_meet() {
    for city in cities(10) {
        city.clock.set(at(300));
        let session = ready(&city, 450);
        let mine = city.write(move |tx| Ok(service::sign_up::store::ahead(tx, PersonId(5))?)).unwrap();
        let meet = mine.first().unwrap().meet(Lang::Zh).unwrap();
        assert_eq!(meet.when_where, "07:30 市图书馆正门");
        assert_eq!(meet.things, "穿着：运动鞋；携带：水杯");
        let events = city.write(move |tx| Ok(service::calendar::of_person(tx, PersonId(5))?)).unwrap();
        let (when, place, _) = events.first().unwrap().meet.clone().unwrap();
        assert_eq!((when, place.as_str()), (at(450), "市图书馆正门"));
        // Others of the activity may follow; a meeting long before or after the start is refused.
        assert_eq!(code(city.write(move |tx| set(tx, &leader(), session, &wish(541)))), "trip.meet_wrong");
        let stranger = actor(9, None);
        assert_eq!(code(city.write(move |tx| set(tx, &stranger, session, &wish(450)))), "common.not_found");
        let elsewhere = actor(9, Some((Role::Leader, city::OTHER)));
        assert_eq!(code(city.write(move |tx| set(tx, &elsewhere, session, &wish(450)))), "common.not_found");
        // Only who has a place has duties.
        let five = place_of(&city, 5);
        city.write(move |tx| duty(tx, &leader(), session, TripRole::Safety, five, true)).unwrap();
        city.write(move |tx| duty(tx, &leader(), session, TripRole::Safety, five, true)).unwrap();
        let none = city.write(move |tx| duty(tx, &leader(), session, TripRole::Photo, SignUpId(1), true));
        assert_eq!(code(none), "trip.not_there");
        let duties = city.write(move |tx| Ok(store::own_duties(tx, PersonId(5))?)).unwrap();
        assert_eq!(duties.iter().map(|one| one.role).collect::<Vec<_>>(), [TripRole::Safety]);
        city.write(move |tx| clear(tx, &leader(), session)).unwrap();
        assert!(city.write(move |tx| Ok(store::find(tx, session)?)).unwrap().is_none());
        assert_eq!(city.count(sql!("SELECT count(*) FROM trip_role")), 0);
    }
}

#[test]
fn heads_are_counted_and_nobody_is_forgotten() {
    for city in cities(10) {
        city.clock.set(at(300));
        let session = ready(&city, 450);
        let (five, six, seven, eight) =
            (place_of(&city, 5), place_of(&city, 6), place_of(&city, 7), place_of(&city, 8));
        let counted = |stage: Stage, heads: Option<i64>, seen: Vec<SignUpId>| {
            city.write(move |tx| count(tx, &leader(), session, stage, heads, &seen))
        };
        assert_eq!(code(counted(Stage::Assembly, None, vec![])), "trip.early");
        assert_eq!(code(city.write(move |tx| all_back(tx, &leader(), session))), "trip.early");
        city.clock.set(at(445));
        let done = counted(Stage::Assembly, Some(4), vec![five, six, seven, SignUpId(1)]).unwrap();
        assert_eq!((done.heads, done.seen, done.missing), (4, 3, vec!["甲8".to_owned()]));
        // Number eight goes straight to the place; six turns back on the way.
        city.clock.set(at(545));
        let missing = counted(Stage::Arrival, None, vec![five, seven]).unwrap().missing;
        assert_eq!(missing, ["甲6"]);
        city.write(move |tx| {
            roll(tx, &leader(), session, RollAct::Present(Whom::One(eight)), Times::default())
        })
        .unwrap();
        city.clock.set(at(720));
        let missing = counted(Stage::Return, None, vec![five]).unwrap().missing;
        assert_eq!(missing, ["甲6", "甲7", "甲8"], "whoever set out or was there is expected back");
        let out = city.write(move |tx| Ok(store::out(tx, &leader(), 5)?)).unwrap();
        assert_eq!(out.len(), 1, "the leader is asked");
        assert_eq!(city.write(move |tx| all_back(tx, &leader(), session)).unwrap(), 4);
        assert_eq!(city.write(move |tx| all_back(tx, &leader(), session)).unwrap(), 4, "twice is once");
        assert_eq!(code(counted(Stage::Return, None, vec![five])), "trip.back");
        assert!(city.write(move |tx| Ok(store::out(tx, &leader(), 5)?)).unwrap().is_empty());
        city.write(move |tx| not_back(tx, &leader(), session)).unwrap();
        assert!(counted(Stage::Return, None, vec![five, six, seven, eight]).unwrap().missing.is_empty());
        // Counting makes no minutes (R2).
        assert_eq!(city.count(sql!("SELECT count(*) FROM check_in")), 1);
        let stranger = actor(9, None);
        assert_eq!(code(city.write(move |tx| all_back(tx, &stranger, session))), "common.forbidden");
    }
}

#[test]
fn a_moved_session_moves_its_meeting() {
    use service::activity::{Change, change_session};
    for city in cities(10) {
        city.clock.set(at(300));
        let session = ready(&city, 450);
        city.write(move |tx| {
            let s = service::activity::session_find(tx, session)?.unwrap();
            let wish = Change {
                version: s.version,
                starts_at: at(600),
                ends_at: at(780),
                sign_up_until: at(600),
                quota: s.quota,
                break_minutes: 0,
                place_public: "河边".to_owned(),
                place_exact: "桥下".to_owned(),
                posts: Vec::new(),
                new_posts: Vec::new(),
                reason: String::new(),
            };
            change_session(tx, &leader(), session, &wish).map(|_| ())
        })
        .unwrap();
        let trip = city.write(move |tx| Ok(store::find(tx, session)?)).unwrap().unwrap();
        assert_eq!((trip.meet_at, trip.return_at), (at(510), Some(at(840))));
    }
}
