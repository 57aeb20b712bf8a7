//! Hours filled in after the roll was handed in: who may ask, who may approve, and that they count once.

use crate::city::{City, actor, at, cities, clerk, leader, office};
use db::sql;
use kernel::{Actor, OrgId, Period, PersonId, Role};
use service::attendance::commands::{RollAct, Times, Whom, roll};
use service::record::back_fill::commands::{Ask, ask, decide, withdraw};
use service::record::commands::{LateNote, submit_explained};
use service::record::store::{self, Which};
use service::record::{Closing, close, confirm, submit};
use service::{BackFillId, SessionId};

/// A session that was handed in with one of three people there.
fn handed_in(city: &City) -> SessionId {
    city.clock.set(at(8 * 60));
    let session = city.session(100, "service", 540, 660);
    city.book(session, 4);
    city.clock.set(at(670));
    city.write(move |tx| {
        close(
            tx,
            &leader(),
            session,
            &Closing { heads: 1, summary: String::new(), quality: 4, breaks: 0, extension: 0 },
        )?;
        submit(tx, &leader(), session)
    })
    .unwrap();
    session
}

fn wish(session: SessionId, person: i64, from: i64, to: i64) -> Ask {
    Ask {
        session,
        person: PersonId(person),
        times: (at(from), at(to)),
        reason: "手机没电".into(),
        evidence: "签到表 3 号第 12 行".into(),
    }
}

fn asked(city: &City, who: Actor, ask_for: Ask) -> Result<BackFillId, String> {
    city.write(move |tx| ask(tx, &who, &ask_for)).map_err(|e| e.code().to_owned())
}

fn decided(city: &City, who: Actor, id: BackFillId, yes: bool, note: &'static str) -> String {
    city.write(move |tx| decide(tx, &who, id, yes, note))
        .map_or_else(|e| e.code().to_owned(), |_| "ok".into())
}

fn minutes_of(city: &City, person: i64) -> i64 {
    city.write(move |tx| {
        let sums = store::sums(tx, PersonId(person))?;
        Ok(sums.iter().find(|sum| sum.0 == Period::All.key()).map_or(0, |sum| sum.1))
    })
    .unwrap()
}

#[test]
fn a_second_person_approves_and_it_counts_once() {
    for city in cities(9) {
        let session = handed_in(&city);
        // Only who hands in its hours asks; within the session, with a record of nobody's yet.
        assert_eq!(asked(&city, actor(5, None), wish(session, 5, 540, 660)), Err("common.not_found".into()));
        let stranger = actor(6, Some((Role::Station, OrgId(5))));
        assert_eq!(
            asked(&city, stranger.clone(), wish(session, 5, 540, 660)),
            Err("common.not_found".into())
        );
        assert_eq!(asked(&city, leader(), wish(session, 5, 500, 660)), Err("record.fill_times".into()));
        let id = asked(&city, leader(), wish(session, 5, 545, 655)).unwrap();
        assert_eq!(asked(&city, leader(), wish(session, 5, 540, 660)), Ok(id), "one waits at a time");
        assert_eq!(minutes_of(&city, 5), 0);

        // Neither the asker (whatever else they are), nor whom it is about, nor who confirms elsewhere.
        let both = Actor { account: leader().account, ..clerk() };
        assert_eq!(decided(&city, both, id, true, ""), "record.fill_second");
        let about = Actor { person: Some(PersonId(5)), ..clerk() };
        assert_eq!(decided(&city, about, id, true, ""), "record.fill_second");
        assert_eq!(decided(&city, stranger, id, true, ""), "common.not_found");
        assert_eq!(decided(&city, leader(), id, true, ""), "common.not_found");
        assert_eq!(decided(&city, clerk(), id, false, ""), "common.required");
        assert_eq!(decided(&city, clerk(), id, true, ""), "ok");
        assert_eq!(decided(&city, clerk(), id, true, ""), "record.fill_decided");
        assert_eq!(minutes_of(&city, 5), 110);
        assert_eq!(
            city.count(sql!(
                "SELECT count(*) FROM record WHERE person_id = 5 AND class = 'honor' AND flags = 'backfill'
                    AND state = 'confirmed' AND recorder_id = 1 AND decided_by = 2"
            )),
            1
        );
        assert_eq!(asked(&city, leader(), wish(session, 5, 540, 660)), Err("record.fill_there".into()));
        let wrong = city
            .write(|tx| {
                let mut out = service::record::check(tx)?;
                out.extend(service::total::check(tx)?);
                Ok(out)
            })
            .unwrap();
        assert_eq!(wrong, Vec::<String>::new());

        // Whoever held a place and was marked absent was there after all.
        let absent = asked(&city, leader(), wish(session, 4, 540, 600)).unwrap();
        assert_eq!(decided(&city, clerk(), absent, true, ""), "ok");
        assert_eq!(minutes_of(&city, 4), 60);
        assert_eq!(
            city.count(sql!("SELECT count(*) FROM sign_up WHERE person_id = 4 AND state = 'attended'")),
            1
        );

        // Refused and taken back: nothing counts, and it can be asked anew.
        let no = asked(&city, leader(), wish(session, 7, 540, 660)).unwrap();
        assert_eq!(decided(&city, clerk(), no, false, "签到表上没有"), "ok");
        let again = asked(&city, leader(), wish(session, 7, 540, 660)).unwrap();
        assert!(city.write(move |tx| withdraw(tx, &clerk(), again)).is_err());
        for _ in 0..2 {
            city.write(move |tx| withdraw(tx, &leader(), again)).unwrap();
        }
        assert_eq!(decided(&city, clerk(), again, true, ""), "record.fill_decided");
        assert_eq!(minutes_of(&city, 7), 0);

        // Beyond thirty days the city's office alone; and somebody else at the office approves.
        city.clock.set(at(670 + 31 * 24 * 60));
        assert_eq!(asked(&city, leader(), wish(session, 8, 540, 660)), Err("record.too_late".into()));
        let late = asked(&city, office(), wish(session, 8, 540, 660)).unwrap();
        assert_eq!(decided(&city, office(), late, true, ""), "record.fill_second");
        assert_eq!(decided(&city, clerk(), late, true, ""), "ok");
        assert_eq!(minutes_of(&city, 8), 120);
    }
}

#[test]
fn breaks_are_no_service_for_whoever_is_filled_in_either() {
    for city in cities(9) {
        let session = handed_in(&city);
        city.write(move |tx| {
            tx.exec(sql!("UPDATE session SET break_minutes = 30 WHERE id = $1"), db::args![session])?;
            Ok(())
        })
        .unwrap();
        assert_eq!(asked(&city, leader(), wish(session, 5, 540, 580)), Err("record.fill_times".into()));
        let id = asked(&city, leader(), wish(session, 5, 540, 660)).unwrap();
        assert_eq!(decided(&city, clerk(), id, true, ""), "ok");
        assert_eq!(minutes_of(&city, 5), 90);
    }
}

#[test]
fn who_came_along_counts_once_registered() {
    for city in cities(9) {
        let session = city.session(100, "service", 540, 660);
        for person in [4, 5] {
            city.book(session, person);
        }
        city.clock.set(at(600));
        city.write(move |tx| roll(tx, &leader(), session, RollAct::Present(Whom::All), Times::default()))
            .unwrap();
        city.clock.set(at(670));
        let state = |state: &'static str| {
            city.write(move |tx| {
                tx.exec(sql!("UPDATE person SET state = $1 WHERE id = 5"), db::args![state])?;
                Ok(())
            })
            .unwrap();
        };
        state("incomplete");
        city.write(move |tx| {
            let closing = Closing { heads: 2, summary: String::new(), quality: 4, breaks: 0, extension: 0 };
            close(tx, &leader(), session, &closing)?;
            submit(tx, &leader(), session)
        })
        .unwrap();
        // The rest of the session is confirmed, this one is left.
        let done = city.write(move |tx| confirm(tx, &clerk(), &Which::WaitingOf(session))).unwrap();
        assert_eq!((done.confirmed, done.left), (1, 1));
        let refused = city.write(move |tx| confirm(tx, &clerk(), &Which::WaitingOf(session))).unwrap_err();
        assert_eq!(refused.code(), "record.unregistered");
        assert_eq!(minutes_of(&city, 5), 0);
        state("active");
        city.write(move |tx| confirm(tx, &clerk(), &Which::WaitingOf(session))).unwrap();
        assert!(minutes_of(&city, 5) > 0);
    }
}

#[test]
fn who_was_entered_after_the_end_stands_there_with_a_reason() {
    for city in cities(6) {
        city.clock.set(at(8 * 60));
        let session = city.session(100, "service", 540, 660);
        city.book(session, 4);
        city.clock.set(at(900));
        city.write(move |tx| {
            roll(tx, &leader(), session, RollAct::Present(Whom::All), Times::default())?;
            close(
                tx,
                &leader(),
                session,
                &Closing { heads: 1, summary: String::new(), quality: 4, breaks: 0, extension: 0 },
            )
        })
        .unwrap();
        let note =
            |reason: &str, evidence: &str| LateNote { reason: reason.into(), evidence: evidence.into() };
        for wrong in [note("", ""), note("忘带手机", "")] {
            let refused = city.write(move |tx| submit_explained(tx, &leader(), session, &wrong)).unwrap_err();
            assert_eq!(refused.code(), "record.fill_why");
        }
        let good = note("忘带手机", "照片三张");
        assert_eq!(city.write(move |tx| submit_explained(tx, &leader(), session, &good)).unwrap(), 1);
        let said = city.write(move |tx| Ok(store::late_entry(tx, session)?)).unwrap();
        assert_eq!(said, Some(("忘带手机".into(), "照片三张".into())));
        // Whoever handed it in is not the second person, even where they confirm.
        let both = Actor { account: leader().account, person: None, ..clerk() };
        let refused = city.write(move |tx| confirm(tx, &both, &Which::WaitingOf(session))).unwrap_err();
        assert_eq!(refused.code(), "record.fill_second");
        city.write(move |tx| confirm(tx, &clerk(), &Which::WaitingOf(session))).unwrap();
        assert_eq!(minutes_of(&city, 4), 120);
    }
}
