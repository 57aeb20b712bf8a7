//! Co-organisers on both databases.
use crate::city::{CITY, OTHER, TEAM, actor, at, cities, leader};
use db::sql;
use kernel::{OrgId, Role};
use service::ActivityId;
use service::activity::upcoming_of_team;
use service::co_organiser::commands::{Answer, answer, ask, remove};
use service::co_organiser::{CoState, store};

fn code<T>(result: Result<T, kernel::Error>) -> String {
    result.err().map_or_else(|| "ok".to_owned(), |error| error.code().to_owned())
}

#[test]
fn shown_under_each_and_counted_once() {
    for city in cities(10) {
        city.clock.set(at(300));
        let session = city.session(100, "service", 540, 660);
        city.write(|tx| Ok(tx.exec(sql!("UPDATE activity SET published_at = 1"), &[])?)).unwrap();
        let activity = ActivityId(100);
        let theirs = actor(6, Some((Role::Leader, OTHER)));
        assert_eq!(code(city.write(move |tx| ask(tx, &leader(), activity, TEAM))), "co.same");
        assert_eq!(code(city.write(move |tx| ask(tx, &leader(), activity, OrgId(77)))), "co.unknown");
        assert_eq!(
            code(city.write({
                let theirs = theirs.clone();
                move |tx| ask(tx, &theirs, activity, OTHER)
            })),
            "common.not_found",
            "the organiser asks"
        );
        city.write(move |tx| ask(tx, &leader(), activity, OTHER)).unwrap();
        city.write(move |tx| ask(tx, &leader(), activity, OTHER)).unwrap();
        let shown = |org: OrgId| city.write(move |tx| Ok(upcoming_of_team(tx, org, 10)?)).unwrap().len();
        assert_eq!((shown(TEAM), shown(OTHER)), (1, 0), "nobody is made to organise anything");
        assert_eq!(
            code(city.write(move |tx| answer(tx, &leader(), activity, OTHER, Answer::Agree))),
            "common.not_found",
            "nobody agrees for others"
        );
        city.write({
            let theirs = theirs.clone();
            move |tx| answer(tx, &theirs, activity, OTHER, Answer::Agree)
        })
        .unwrap();
        assert_eq!((shown(TEAM), shown(OTHER)), (1, 1));
        let feed = |org: i64| {
            city.write(move |tx| {
                let org = service::calendar::store::org(tx, OrgId(org))?.unwrap();
                let org = service::calendar::store::Org { kind: "team".to_owned(), ..org };
                Ok(service::calendar::store::of_org(tx, &org)?)
            })
            .unwrap()
            .len()
        };
        assert_eq!((feed(4), feed(5)), (1, 1));
        assert_eq!(city.count(sql!("SELECT count(*) FROM session")), 1, "one session in the city");
        let again = city.write({
            let theirs = theirs.clone();
            move |tx| answer(tx, &theirs, activity, OTHER, Answer::Decline)
        });
        assert_eq!(code(again), "co.gone");
        // The organiser alone leads and records.
        let roll = city
            .write(move |tx| service::attendance::commands::find_to_lead(tx, &theirs, session).map(|_| ()));
        assert_eq!(code(roll), "common.forbidden");
        city.write(move |tx| remove(tx, &leader(), activity, OTHER)).unwrap();
        city.write(move |tx| remove(tx, &leader(), activity, OTHER)).unwrap();
        assert_eq!((shown(TEAM), shown(OTHER)), (1, 0));
        let all = city.write(move |tx| Ok(store::of_activity(tx, activity)?)).unwrap();
        assert_eq!(all.iter().map(|one| one.state).collect::<Vec<_>>(), [CoState::Ended]);
        assert_eq!(code(city.write(move |tx| ask(tx, &leader(), activity, CITY))), "ok");
    }
}
