//! Reminders on both databases: to whom, when, and once, whatever runs again or at the same time.

use std::sync::Arc;

use crate::city::{self, benches, city, inbox, noon, plan, role};
use db::{args, sql};
use kernel::{AccountId, Error, ManualClock, OrgId, PersonId};
use messages::inbox::store::To;
use messages::remind;
use people::org::{MemberState, MembershipAnswered};
use people::person::PhoneChanged;
use service::SessionId;
use service::event::PlaceOffered;

const HOUR: i64 = 60;

fn kinds(db: &db::Db, to: To) -> Vec<String> {
    inbox(db, to).into_iter().map(|one| one.kind).collect()
}

fn set(db: &db::Db, session: SessionId, state: &'static str) {
    db.write_blocking(move |tx| {
        let now = tx.now();
        tx.exec_one(
            sql!("UPDATE session SET state = $1, submitted_at = $2 WHERE id = $3"),
            args![state, now, session],
        )
    })
    .unwrap();
}

#[test]
fn people_are_reminded_the_day_before_and_two_hours_before() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock) {
        clock.set(noon());
        city(&bench.db);
        // Starts in 26 hours: nothing yet.
        let session = plan(&bench.db, noon().plus_minutes(26 * HOUR), &[100, 101]);
        bench.db.write_blocking(remind::tick).unwrap();
        assert!(kinds(&bench.db, To::Person(PersonId(100))).is_empty());
        clock.advance(3 * HOUR * 60_000);
        for _ in 0..3 {
            bench.db.write_blocking(remind::tick).unwrap();
        }
        for id in [100, 101] {
            assert_eq!(kinds(&bench.db, To::Person(PersonId(id))), ["remind_day"]);
        }
        let text = inbox(&bench.db, To::Person(PersonId(100))).remove(0);
        assert!(text.text_zh.contains("望江社区") && !text.text_zh.contains("3 号楼"), "{}", text.text_zh);
        // Who signs up now is reminded two hours before, like everybody; who gave the place back is not.
        city::book(&bench.db, session, 102);
        city::unbook(&bench.db, session, 101);
        bench.db.write_blocking(remind::tick).unwrap();
        assert!(kinds(&bench.db, To::Person(PersonId(102))).is_empty());
        clock.advance(21 * HOUR * 60_000 + 60_000);
        for _ in 0..3 {
            bench.db.write_blocking(remind::tick).unwrap();
        }
        assert_eq!(kinds(&bench.db, To::Person(PersonId(100))), ["remind_hours", "remind_day"]);
        assert_eq!(kinds(&bench.db, To::Person(PersonId(101))), ["remind_day"]);
        assert_eq!(kinds(&bench.db, To::Person(PersonId(102))), ["remind_hours"]);
    }
}

#[test]
fn a_reminder_that_died_in_the_middle_is_said_again_and_once() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock) {
        clock.set(noon());
        city(&bench.db);
        plan(&bench.db, noon().plus_minutes(20 * HOUR), &[100, 101, 102]);
        // The work is done and then lost, as when the program is killed before the commit.
        let died = bench.db.write_blocking(|tx| {
            remind::tick(tx)?;
            Err::<(), Error>(Error::bug("killed"))
        });
        assert!(died.is_err());
        assert!(kinds(&bench.db, To::Person(PersonId(100))).is_empty());
        // Several programs at once.
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..3 {
                        bench.db.write_blocking(remind::tick).unwrap();
                    }
                });
            }
        });
        for id in [100, 101, 102] {
            assert_eq!(kinds(&bench.db, To::Person(PersonId(id))), ["remind_day"], "person {id}");
        }
    }
}

#[test]
fn leaders_and_stations_hear_of_what_waits_for_them() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock) {
        clock.set(noon());
        city(&bench.db);
        role(&bench.db, 900, None, "leader", 4);
        role(&bench.db, 901, None, "station", 3);
        role(&bench.db, 902, None, "station", 2);
        let (leader, near, far) =
            (To::Account(AccountId(900)), To::Account(AccountId(901)), To::Account(AccountId(902)));
        let session = plan(&bench.db, noon().plus_minutes(HOUR), &[100]);
        clock.advance(2 * HOUR * 60_000);
        bench.db.write_blocking(remind::tick).unwrap();
        assert!(kinds(&bench.db, leader).is_empty());
        clock.advance(2 * HOUR * 60_000);
        for _ in 0..2 {
            bench.db.write_blocking(remind::tick).unwrap();
        }
        assert_eq!(kinds(&bench.db, leader), ["task_roll"]);
        // Nine working days later nothing was submitted.
        clock.advance(11 * 24 * HOUR * 60_000);
        for _ in 0..2 {
            bench.db.write_blocking(remind::tick).unwrap();
        }
        assert_eq!(kinds(&bench.db, leader), ["task_submit_due", "task_roll"]);
        assert!(kinds(&bench.db, near).is_empty());
        set(&bench.db, session, "submitted");
        for _ in 0..2 {
            bench.db.write_blocking(remind::tick).unwrap();
        }
        assert_eq!(kinds(&bench.db, near), ["task_records_due", "task_records"]);
        clock.advance(7 * 24 * HOUR * 60_000);
        for _ in 0..2 {
            bench.db.write_blocking(remind::tick).unwrap();
        }
        assert_eq!(kinds(&bench.db, near), ["task_records_late", "task_records_due", "task_records"]);
        assert!(kinds(&bench.db, far).is_empty(), "only the nearest station is told");
        // Given back and submitted again: that is news.
        set(&bench.db, session, "closed");
        clock.advance(60_000);
        set(&bench.db, session, "submitted");
        bench.db.write_blocking(remind::tick).unwrap();
        assert_eq!(kinds(&bench.db, near).first().map(String::as_str), Some("task_records"));
    }
}

#[test]
fn what_concerns_a_session_soon_rings_at_night_and_answers_of_teams_arrive() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock) {
        clock.set(noon());
        city(&bench.db);
        let offer = |hours: i64| PlaceOffered {
            person: PersonId(100),
            session: SessionId(1),
            title: "送餐".to_owned(),
            starts_at: noon().plus_minutes(60 * hours),
            respond_by: noon().plus_minutes(60 * hours - 120),
        };
        let (soon, later) = (offer(9), offer(40));
        bench
            .db
            .write_blocking(move |tx| {
                tx.publish(&soon)?;
                tx.publish(&later)?;
                for (state, reason) in
                    [(MemberState::Member, ""), (MemberState::Rejected, "名额已满"), (MemberState::Left, "")]
                {
                    tx.publish(&MembershipAnswered {
                        person: PersonId(101),
                        team: OrgId(4),
                        name: "邻里队".to_owned(),
                        state,
                        reason: reason.to_owned(),
                    })?;
                }
                tx.publish(&PhoneChanged { person: PersonId(102) })
            })
            .unwrap();
        let rows: Vec<(i64, String, bool, i64)> = bench
            .db
            .read_blocking(|tx| {
                tx.all(sql!("SELECT person_id, kind, urgent, useful_until FROM message ORDER BY id"), &[])
            })
            .unwrap();
        let offered = |at: usize| (rows[at].1.as_str(), rows[at].2, rows[at].3);
        assert_eq!(offered(0), ("place_offered", true, noon().plus_minutes(60 * 7).0));
        assert_eq!(offered(1), ("place_offered", false, noon().plus_minutes(60 * 38).0));
        assert!(rows[2..5].iter().all(|row| row.0 == 101 && row.1 == "team_answered" && !row.2), "{rows:?}");
        assert!(
            inbox(&bench.db, To::Person(PersonId(101))).iter().any(|one| one.text_zh.contains("名额已满"))
        );
        assert_eq!((rows[5].0, rows[5].1.as_str(), rows[5].2), (102, "phone_changed", true));
    }
}

fn paper(db: &db::Db, id: i64, person: i64, from: i64, until: Option<i64>) {
    db.write_blocking(move |tx| {
        let (today, now) = (noon().date(), tx.now());
        let (from, until) = (today.plus(from), until.map(|days| today.plus(days)));
        tx.exec_one(
            sql!(
                "INSERT INTO qualification (id, person_id, kind, issuer, from_on, until_on, state, handed_in_at)
                 VALUES ($1, $2, 'card', '红十字会', $3, $4, 'confirmed', $5)"
            ),
            args![id, person, from, until, now],
        )
    })
    .unwrap();
}

fn card(db: &db::Db) {
    db.write_blocking(|tx| {
        tx.exec_one(
            sql!(
                "INSERT INTO qualification_kind (code, name, name_en, form, expires, in_use)
                 VALUES ('card', '救护员证', 'First-aider', 'certificate', TRUE, TRUE)"
            ),
            args![],
        )
    })
    .unwrap();
}

#[test]
fn what_ends_is_said_thirty_days_before_and_once() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock) {
        clock.set(noon());
        let db = &bench.db;
        city(db);
        card(db);
        paper(db, 1, 100, -700, Some(31));
        paper(db, 2, 101, -700, Some(20));
        paper(db, 3, 101, -10, Some(900));
        paper(db, 4, 102, -700, None);
        paper(db, 5, 103, -700, Some(-1));
        db.write_blocking(remind::tick).unwrap();
        for id in 100..104 {
            assert!(kinds(db, To::Person(PersonId(id))).is_empty(), "{id}");
        }
        clock.advance(24 * HOUR * 60_000);
        for _ in 0..3 {
            db.write_blocking(remind::tick).unwrap();
        }
        assert_eq!(kinds(db, To::Person(PersonId(100))), ["remind_qualification"]);
        let text = inbox(db, To::Person(PersonId(100))).remove(0);
        assert!(text.text_zh.contains("救护员证") && text.text_zh.contains("2026-12-21"), "{}", text.text_zh);
        assert!(kinds(db, To::Person(PersonId(101))).is_empty(), "the next one is there");
    }
}

#[test]
fn who_lacks_what_a_session_asks_for_is_told_and_so_is_who_leads() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock) {
        clock.set(noon());
        let db = &bench.db;
        city(db);
        card(db);
        role(db, 900, None, "leader", 4);
        paper(db, 1, 100, -700, None);
        paper(db, 2, 101, -700, Some(100));
        // In nine days; the condition was added after people had signed up.
        let session = plan(db, noon().plus_minutes(9 * 24 * HOUR), &[100, 101, 102]);
        db.write_blocking(move |tx| {
            tx.exec_one(
                sql!(
                    "INSERT INTO activity_qualification (activity_id, kind)
                     SELECT s.activity_id, 'card' FROM session s WHERE s.id = $1"
                ),
                args![session],
            )
        })
        .unwrap();
        db.write_blocking(remind::tick).unwrap();
        assert!(kinds(db, To::Person(PersonId(102))).is_empty(), "a week before is early enough");
        clock.advance(3 * 24 * HOUR * 60_000);
        db.write_blocking(|tx| {
            tx.exec(sql!("UPDATE qualification SET state = 'revoked' WHERE id = 1"), args![])
        })
        .unwrap();
        for _ in 0..3 {
            db.write_blocking(remind::tick).unwrap();
        }
        for id in [100, 102] {
            assert_eq!(kinds(db, To::Person(PersonId(id))), ["remind_unqualified"], "{id}");
        }
        assert!(kinds(db, To::Person(PersonId(101))).is_empty());
        assert_eq!(
            kinds(db, To::Account(AccountId(900))),
            ["remind_unqualified_lead", "remind_unqualified_lead"],
            "of each once"
        );
    }
}
