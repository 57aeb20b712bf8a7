//! Service without a place, on both databases.
use crate::city::{City, actor, at, cities, clerk, leader};
use db::sql;
use service::record::commands::{Closing, LateNote, close, submit_explained};
use service::record::{RecordState, confirm, store as records};
use service::remote::Site;
use service::remote::commands::{deliver, review, set, start, stop};
use service::{ActivityId, RecordId, SessionId};

fn code<T>(result: Result<T, kernel::Error>) -> String {
    result.err().map_or_else(|| "ok".to_owned(), |error| error.code().to_owned())
}

fn submitted(city: &City, session: SessionId) -> Vec<RecordId> {
    city.write(move |tx| {
        let closing = Closing { heads: 1, summary: String::new(), quality: 5, breaks: 0, extension: 0 };
        close(tx, &leader(), session, &closing)?;
        let note = LateNote { reason: String::new(), evidence: String::new() };
        submit_explained(tx, &leader(), session, &note)?;
        Ok(records::standing(tx, session)?.into_iter().map(|one| one.1).collect())
    })
    .unwrap()
}

#[test]
fn by_the_clock_with_a_limit_and_a_review() {
    for city in cities(10) {
        let session = city.session(100, "service", 540, 1140);
        city.book(session, 5);
        let person = || actor(5, None);
        city.clock.set(at(545));
        assert_eq!(code(city.write(move |tx| start(tx, &person(), session))), "remote.place");
        let how = Some((Site::Online, None));
        assert_eq!(
            code(city.write(move |tx| set(tx, &actor(9, None), ActivityId(100), how))),
            "common.not_found"
        );
        city.write(move |tx| set(tx, &leader(), ActivityId(100), how)).unwrap();
        assert_eq!(code(city.write(move |tx| start(tx, &actor(6, None), session))), "remote.no_place");
        assert_eq!(code(city.write(move |tx| deliver(tx, &person(), session, 3, ""))), "remote.by_time");
        city.write(move |tx| start(tx, &person(), session)).unwrap();
        city.write(move |tx| start(tx, &person(), session)).unwrap();
        let begun = city.write(move |tx| set(tx, &leader(), ActivityId(100), None));
        assert_eq!(code(begun), "remote.begun");
        city.clock.set(at(845));
        city.write(move |tx| stop(tx, &person(), session)).unwrap();
        city.write(move |tx| stop(tx, &person(), session)).unwrap();
        assert_eq!(city.count(sql!("SELECT count(*) FROM check_in")), 1);
        city.clock.set(at(1150));
        let records_of = submitted(&city, session);
        assert_eq!(city.count(sql!("SELECT minutes FROM record")), 120, "five hours, two of which count");
        assert_eq!(
            city.count(sql!("SELECT count(*) FROM record WHERE class = 'honor' AND method = 'remote'")),
            1
        );
        let id = records_of[0];
        assert_eq!(
            code(city.write(move |tx| review(tx, &clerk(), id))),
            "remote.no_review",
            "first it counts"
        );
        city.write(move |tx| {
            confirm(tx, &clerk(), &records::Which::These(vec![id]))?;
            assert_eq!(records::find(tx, id)?.unwrap().state, RecordState::Confirmed);
            Ok(())
        })
        .unwrap();
        assert_eq!(code(city.write(move |tx| review(tx, &actor(8, None), id))), "common.not_found");
        city.write(move |tx| review(tx, &clerk(), id)).unwrap();
        assert_eq!(code(city.write(move |tx| review(tx, &clerk(), id))), "remote.no_review");
        assert_eq!(
            city.count(sql!(
                "SELECT count(*) FROM record WHERE class = 'verified' AND flags LIKE '%remote_seen%'"
            )),
            1
        );
        assert!(city.write(|tx| service::record::check(tx)).unwrap().is_empty());
        assert!(city.write(|tx| service::total::check(tx)).unwrap().is_empty());
    }
}

#[test]
fn by_pieces_and_two_hours_a_day_in_all() {
    for city in cities(10) {
        let how = Some((Site::Home, Some(20)));
        let (one, two) = (city.session(100, "service", 540, 720), city.session(101, "service", 780, 960));
        for (session, activity) in [(one, ActivityId(100)), (two, ActivityId(101))] {
            city.book(session, 5);
            city.write(move |tx| set(tx, &leader(), activity, how)).unwrap();
        }
        let person = || actor(5, None);
        city.clock.set(at(600));
        assert_eq!(code(city.write(move |tx| start(tx, &person(), one))), "remote.by_pieces");
        assert_eq!(code(city.write(move |tx| deliver(tx, &person(), two, 1, ""))), "remote.not_now");
        assert_eq!(city.write(move |tx| deliver(tx, &person(), one, 9, "海报")).unwrap(), 120);
        assert_eq!(city.write(move |tx| deliver(tx, &person(), one, 4, "海报四张")).unwrap(), 80);
        city.clock.set(at(800));
        assert_eq!(city.write(move |tx| deliver(tx, &person(), two, 5, "")).unwrap(), 100);
        city.clock.set(at(1000));
        submitted(&city, one);
        submitted(&city, two);
        assert_eq!(city.count(sql!("SELECT minutes FROM record WHERE session_id = 100")), 80);
        assert_eq!(
            city.count(sql!("SELECT minutes FROM record WHERE session_id = 101")),
            40,
            "two hours in all"
        );
        let done = city.write(move |tx| Ok(service::remote::store::done(tx, one, None)?)).unwrap();
        assert_eq!(done[0].pieces, Some(4));
        assert_eq!(done[0].note.as_deref(), Some("海报四张"));
    }
}
