//! Insurance on both databases: what covers a session, who is stopped at the door, and the list of the insured.

use std::sync::{Arc, Mutex};

use db::{Bus, args, sql};
use kernel::{AccountId, Actor, Clock, Error, Role, Timestamp};
use service::activity::Hazard;
use service::attendance::commands::{CheckIn, RollAct, Times, Whom, check_in, find, roll, walk_in};
use service::event::InsuranceMissing;
use service::insurance::commands::{New, choose, close, drop_choice, record, save, withdraw};
use service::insurance::rules::{self, Term};
use service::insurance::{Covers, Insured, PolicyId, PolicyKind, store, tick};
use service::record::{Closing, close as close_roll, submit};
use service::{ActivityId, SessionId};

use crate::city::{CITY, COMMUNITY, City, OTHER, TEAM, actor, at, cities, cities_with, leader, office};

fn code<T>(result: Result<T, Error>) -> String {
    result.err().map_or_else(|| "ok".to_owned(), |error| error.code().to_owned())
}

fn policy(org: kernel::OrgId, from: i64, until: i64, covers: Covers) -> New {
    New {
        org,
        kind: PolicyKind::Accident,
        insurer: "保险公司".to_owned(),
        number: format!("{org}-{from}-{until}"),
        covers,
        insured: Insured::Places,
        from: at(0).date().plus(from),
        until: at(0).date().plus(until),
        note: String::new(),
    }
}

fn recorded(city: &City, by: Actor, new: New) -> Result<PolicyId, Error> {
    city.write(move |tx| record(tx, &by, &new))
}

fn hazard(city: &City, activity: i64, hazard: Hazard) {
    city.write(move |tx| {
        tx.exec_one(
            sql!("UPDATE activity SET hazard_level = $2 WHERE id = $1"),
            args![ActivityId(activity), hazard],
        )?;
        // Agreements have tests of their own.
        tx.exec(
            sql!("INSERT INTO setting (name, value) VALUES ('service.agreement', $1) ON CONFLICT (name) DO NOTHING"),
            args!["{\"hazard\": false}"],
        )?;
        Ok(())
    })
    .unwrap();
}

fn scan(city: &City, session: SessionId, person: i64) -> String {
    let now = city.clock.now();
    code(city.write(move |tx| {
        let ask = CheckIn { session, at: now, want: None, device: None, team: None };
        check_in(tx, &actor(person, None), &ask)
    }))
}

fn mark(city: &City, session: SessionId) -> Result<u64, Error> {
    city.write(move |tx| roll(tx, &leader(), session, RollAct::Present(Whom::All), Times::default()))
}

fn uninsured(city: &City, session: SessionId) -> bool {
    city.write(move |tx| find(tx, session)).unwrap().uninsured
}

#[test]
fn nobody_begins_before_something_covers_the_session() {
    for city in cities(20) {
        city.clock.set(at(300));
        let session = city.session(100, "service", 540, 660);
        city.book(session, 5);
        city.book(session, 6);
        hazard(&city, 100, Hazard::Slight);
        city.clock.set(at(545));
        // By the code, by the roll, at the door.
        assert_eq!(scan(&city, session, 5), "attendance.uninsured");
        assert_eq!(code(mark(&city, session)), "attendance.uninsured");
        let came = city.write(move |tx| walk_in(tx, &leader(), session, kernel::PersonId(9)));
        assert_eq!(code(came), "attendance.uninsured");
        assert_eq!(city.count(sql!("SELECT count(*) FROM sign_up WHERE state = 'attended'")), 0);
        // Recorded is not chosen; chosen opens the door at once.
        let id = recorded(&city, leader(), policy(TEAM, 0, 0, Covers::Slight)).unwrap();
        assert_eq!(scan(&city, session, 5), "attendance.uninsured");
        city.write(move |tx| choose(tx, &leader(), ActivityId(100), id)).unwrap();
        city.write(move |tx| choose(tx, &leader(), ActivityId(100), id)).unwrap();
        assert_eq!(scan(&city, session, 5), "ok");
        assert_eq!(mark(&city, session).unwrap(), 1);
        // What has begun rests on it.
        let dropped = city.write(move |tx| drop_choice(tx, &leader(), ActivityId(100), id));
        assert_eq!(code(dropped), "insurance.used");
        let shorter = policy(TEAM, 1, 2, Covers::Slight);
        assert_eq!(code(city.write(move |tx| save(tx, &leader(), id, &shorter))), "insurance.under_way");
        city.write(move |tx| withdraw(tx, &leader(), id, "登记错了")).unwrap();
        assert_eq!(scan(&city, session, 6), "ok", "leaving, and what had begun stays covered");
        assert_eq!(code(city.write(move |tx| withdraw(tx, &leader(), id, "再"))), "insurance.withdrawn");
        let changed = policy(TEAM, 0, 1, Covers::Slight);
        assert_eq!(code(city.write(move |tx| save(tx, &leader(), id, &changed))), "insurance.withdrawn");
    }
}

#[test]
fn what_was_held_without_insurance_can_be_entered_and_is_seen() {
    for city in cities(20) {
        city.clock.set(at(300));
        let session = city.session(100, "service", 540, 660);
        city.book(session, 5);
        hazard(&city, 100, Hazard::Slight);
        city.clock.set(at(700));
        assert_eq!(mark(&city, session).unwrap(), 1, "it is over: what was, is told");
        assert!(uninsured(&city, session));
        city.write(move |tx| {
            let closing =
                Closing { heads: 1, summary: "河岸干净了".into(), quality: 5, breaks: 0, extension: 0 };
            close_roll(tx, &leader(), session, &closing)?;
            submit(tx, &leader(), session)
        })
        .unwrap();
        let flagged = city.count(sql!("SELECT count(*) FROM record WHERE flags LIKE '%uninsured%'"));
        assert_eq!(flagged, 1, "whoever confirms sees it");
    }
}

#[test]
fn a_policy_covers_its_own_and_what_is_below() {
    for city in cities(20) {
        city.clock.set(at(300));
        let session = city.session(100, "service", 540, 660);
        hazard(&city, 100, Hazard::Marked);
        assert!(uninsured(&city, session));
        // A leader records nothing for others, and chooses nothing of others.
        assert_eq!(code(recorded(&city, leader(), policy(CITY, 0, 9, Covers::Marked))), "insurance.host");
        assert_eq!(code(recorded(&city, leader(), policy(TEAM, 3, 2, Covers::Marked))), "insurance.period");
        assert_eq!(
            code(recorded(&city, actor(9, None), policy(TEAM, 0, 9, Covers::Marked))),
            "common.forbidden"
        );
        let of_other = recorded(&city, office(), policy(OTHER, 0, 9, Covers::Marked)).unwrap();
        let pick = |id: PolicyId| city.write(move |tx| choose(tx, &leader(), ActivityId(100), id));
        assert_eq!(code(pick(of_other)), "insurance.not_for_it");
        // One that does not reach so far, one that ends too soon, one that does.
        let slight = recorded(&city, office(), policy(CITY, -9, 9, Covers::Slight)).unwrap();
        let over = recorded(&city, office(), policy(CITY, -9, -1, Covers::Marked)).unwrap();
        for id in [slight, over] {
            pick(id).unwrap();
            assert!(uninsured(&city, session));
        }
        let right = recorded(&city, office(), policy(COMMUNITY, 0, 9, Covers::Marked)).unwrap();
        pick(right).unwrap();
        assert!(!uninsured(&city, session));
        // The leader sees those above and may not change them.
        let seen = city.write(|tx| Ok(store::list(tx, &leader(), None, None, 50)?.len())).unwrap();
        assert_eq!(seen, 3);
        assert_eq!(
            city.write(|tx| Ok(
                store::list(tx, &actor(9, Some((Role::Station, OTHER))), None, None, 50)?.len()
            ))
            .unwrap(),
            3,
            "the city's two and its own"
        );
        let more = policy(COMMUNITY, 0, 30, Covers::Marked);
        assert_eq!(code(city.write(move |tx| save(tx, &leader(), right, &more))), "common.forbidden");
        assert_eq!(code(city.write(move |tx| withdraw(tx, &leader(), of_other, "x"))), "common.not_found");
        // Nothing has begun: the choice can be taken back.
        city.write(move |tx| drop_choice(tx, &leader(), ActivityId(100), right)).unwrap();
        assert!(uninsured(&city, session));
    }
}

#[test]
fn the_statement_says_what_the_rule_says() {
    for city in cities(5) {
        city.clock.set(at(0));
        let mut n = 0;
        for level in Hazard::ALL {
            for (from, to) in [(540, 660), (-60, 60), (1380, 1500), (2000, 2100)] {
                n += 1;
                let id = 100 + n;
                let session = city.session(id, "service", from, to);
                hazard(&city, id, *level);
                let mut terms: Vec<Term> = Vec::new();
                assert_eq!(uninsured(&city, session), level.any());
                for (first, last, covers, taken) in [
                    (-3, -1, Covers::Marked, None),
                    (0, 0, Covers::Slight, None),
                    (-1, 0, Covers::Marked, Some(at(550))),
                    (1, 5, Covers::Marked, None),
                    (0, 1, Covers::Marked, None),
                ] {
                    let policy = recorded(&city, office(), policy(CITY, first, last, covers)).unwrap();
                    city.write(move |tx| {
                        store::choose(tx, ActivityId(id), policy, None)?;
                        if let Some(at) = taken {
                            tx.exec_one(
                                sql!("UPDATE policy SET withdrawn_at = $2 WHERE id = $1"),
                                args![policy, at],
                            )?;
                        }
                        Ok(())
                    })
                    .unwrap();
                    let (starts_at, ends_at) =
                        rules::moments(at(0).date().plus(first), at(0).date().plus(last));
                    terms.push(Term { starts_at, ends_at, withdrawn_at: taken, covers });
                    let want = rules::missing(&terms, *level, (at(from), at(to)));
                    assert_eq!(uninsured(&city, session), want, "{level:?} {from} {first}..{last}");
                }
            }
        }
    }
}

#[test]
fn the_list_closes_at_the_start_and_says_who_came_later() {
    for city in cities(20) {
        city.clock.set(at(300));
        let session = city.session(100, "service", 540, 660);
        city.book(session, 5);
        city.book(session, 6);
        assert_eq!(code(city.write(move |tx| close(tx, &leader(), session))), "insurance.no_hazard");
        hazard(&city, 100, Hazard::Slight);
        let id = recorded(&city, leader(), policy(TEAM, 0, 0, Covers::Slight)).unwrap();
        city.write(move |tx| choose(tx, &leader(), ActivityId(100), id)).unwrap();
        city.write(tick).unwrap();
        assert_eq!(city.count(sql!("SELECT count(*) FROM insured")), 0, "it has not begun");
        city.clock.set(at(541));
        city.write(tick).unwrap();
        city.write(tick).unwrap();
        assert_eq!(city.count(sql!("SELECT count(*) FROM insured WHERE NOT late")), 2);
        // Somebody comes along; somebody else goes, and stays on the list.
        city.write(move |tx| walk_in(tx, &leader(), session, kernel::PersonId(9))).unwrap();
        let lines = city.write(move |tx| Ok(store::people(tx, session, None, 100)?)).unwrap();
        assert_eq!(lines.iter().filter(|one| one.at.is_none()).count(), 1);
        city.clock.set(at(550));
        assert_eq!(city.write(move |tx| close(tx, &leader(), session)).unwrap(), 1);
        assert_eq!(city.write(move |tx| close(tx, &leader(), session)).unwrap(), 0);
        assert_eq!(city.count(sql!("SELECT count(*) FROM insured WHERE late")), 1);
        city.write(move |tx| {
            tx.exec(sql!("UPDATE sign_up SET state = 'cancelled' WHERE person_id = 6"), &[])?;
            Ok(())
        })
        .unwrap();
        let lines = city.write(move |tx| Ok(store::people(tx, session, None, 100)?)).unwrap();
        assert_eq!((lines.len(), lines.iter().filter(|one| !one.holds).count()), (3, 1));
        assert_eq!(
            code(city.write(move |tx| close(tx, &actor(9, Some((Role::Leader, OTHER))), session))),
            "common.forbidden"
        );
        city.write(|tx| {
            tx.exec(sql!("UPDATE session SET state = 'recorded'"), &[])?;
            Ok(())
        })
        .unwrap();
        assert_eq!(code(city.write(move |tx| close(tx, &leader(), session))), "insurance.closed");
    }
}

#[test]
fn the_leader_is_told_once_so_many_days_before() {
    let heard: Arc<Mutex<Vec<Timestamp>>> = Arc::default();
    let all = Arc::clone(&heard);
    let bus = move || {
        let mut bus = Bus::default();
        let all = Arc::clone(&all);
        bus.subscribe(move |_: &mut db::WriteTx<'_>, event: &InsuranceMissing| {
            all.lock().unwrap().push(event.starts_at);
            Ok(())
        });
        bus
    };
    for city in cities_with(5, bus) {
        heard.lock().unwrap().clear();
        city.clock.set(at(0));
        // In two days and in ten.
        for (id, day) in [(100, 2), (101, 10)] {
            city.session(id, "service", day * 1440 + 540, day * 1440 + 600);
            hazard(&city, id, Hazard::Slight);
        }
        city.write(tick).unwrap();
        city.write(tick).unwrap();
        assert_eq!(*heard.lock().unwrap(), [at(2 * 1440 + 540)]);
        // Covered, and then not any more: told again.
        let id = recorded(&city, leader(), policy(TEAM, 0, 30, Covers::Slight)).unwrap();
        city.write(move |tx| choose(tx, &leader(), ActivityId(100), id)).unwrap();
        city.write(tick).unwrap();
        assert_eq!(heard.lock().unwrap().len(), 1);
        city.write(move |tx| withdraw(tx, &leader(), id, "退保")).unwrap();
        city.write(tick).unwrap();
        assert_eq!(heard.lock().unwrap().len(), 2);
        let tasks = city.write(|tx| service::insurance::tasks(tx, &leader(), kernel::Lang::Zh)).unwrap();
        assert_eq!(tasks.len(), 2);
        assert!(tasks[0].href.ends_with("/activities/100/insurance"));
        // The office says that nobody is told.
        let never = service::insurance::Settings { warn_days: 0 };
        assert_eq!(
            code(city.write(move |tx| service::insurance::change(tx, &leader(), never))),
            "common.forbidden"
        );
        city.write(move |tx| service::insurance::change(tx, &office(), never)).unwrap();
        city.clock.set(at(8 * 1440));
        city.write(tick).unwrap();
        assert_eq!(heard.lock().unwrap().len(), 2);
    }
}

#[test]
fn whoever_records_is_noted() {
    for city in cities(5) {
        let id = recorded(&city, leader(), policy(TEAM, 0, 30, Covers::Slight)).unwrap();
        let by: Option<AccountId> = city
            .write(move |tx| {
                let row: (Option<AccountId>,) =
                    tx.one(sql!("SELECT created_by FROM policy WHERE id = $1"), args![id])?;
                Ok(row.0)
            })
            .unwrap();
        assert_eq!(by, Some(AccountId(1)));
        assert_eq!(city.count(sql!("SELECT count(*) FROM audit WHERE act = 'insurance.record'")), 1);
    }
}
