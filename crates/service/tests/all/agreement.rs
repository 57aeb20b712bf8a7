//! Agreements on both databases: who needs one, who signs, who is stopped at the door, and how they end.

use db::{args, sql};
use kernel::{Clock, Error, PersonId, Role};
use service::activity::Hazard;
use service::agreement::commands::{Signer, counter, seen, set_terms, sign, standing, want};
use service::agreement::{AgreementId, AgreementReason, AgreementState, rules, store};
use service::attendance::commands::{CheckIn, RollAct, Times, Whom, check_in, roll, walk_in};
use service::insurance::commands::{New, choose, record};
use service::insurance::{Covers, Insured, PolicyKind};
use service::record::{Closing, close, submit};
use service::sign_up::{LateReason, cancel_for};
use service::{ActivityId, SessionId};

use crate::city::{City, OTHER, TEAM, actor, at, cities, leader, office};

const A: ActivityId = ActivityId(100);

fn code<T>(result: Result<T, Error>) -> String {
    result.err().map_or_else(|| "ok".to_owned(), |error| error.code().to_owned())
}

fn terms(city: &City, said: (bool, bool, bool)) {
    city.write(move |tx| set_terms(tx, &leader(), A, said)).unwrap();
}

fn reasons(city: &City, person: i64) -> Vec<AgreementReason> {
    city.write(move |tx| Ok(store::need(tx, A, PersonId(person))?.unwrap().reasons())).unwrap()
}

fn hash(city: &City, person: i64) -> String {
    city.write(move |tx| standing(tx, A, PersonId(person))).unwrap().paper.hash
}

fn signs(city: &City, person: i64) -> Result<AgreementState, Error> {
    let hash = hash(city, person);
    city.write(move |tx| sign(tx, &actor(person, None), A, PersonId(person), &hash, Signer::Own))
}

fn scan(city: &City, session: SessionId, person: i64) -> String {
    let now = city.clock.now();
    code(city.write(move |tx| {
        let ask = CheckIn { session, at: now, want: None, device: None, team: None };
        check_in(tx, &actor(person, None), &ask)
    }))
}

fn state(city: &City, person: i64) -> Option<AgreementState> {
    city.write(move |tx| Ok(store::need(tx, A, PersonId(person))?.unwrap().state)).unwrap()
}

/// A session from nine to eleven with two people in it.
fn ready(city: &City) -> SessionId {
    city.clock.set(at(300));
    let session = city.session(100, "service", 540, 660);
    city.book(session, 5);
    city.book(session, 6);
    session
}

#[test]
fn both_sign_before_anybody_checks_in() {
    for city in cities(20) {
        let session = ready(&city);
        assert!(reasons(&city, 5).is_empty());
        assert_eq!(code(signs(&city, 5)), "agreement.not_needed");
        assert_eq!(code(city.write(move |tx| standing(tx, A, PersonId(9)))), "agreement.no_place");
        terms(&city, (false, true, false));
        assert_eq!(reasons(&city, 5), [AgreementReason::Organiser]);
        city.clock.set(at(545));
        assert_eq!(scan(&city, session, 5), "attendance.agreement");
        // Of many at once those who have not signed are left out.
        let all = || {
            city.write(move |tx| roll(tx, &leader(), session, RollAct::Present(Whom::All), Times::default()))
        };
        assert_eq!(all().unwrap(), 0);
        let along = city.write(move |tx| walk_in(tx, &leader(), session, PersonId(9)));
        assert_eq!(code(along), "attendance.agreement");
        assert_eq!(code(city.write(move |tx| counter(tx, &leader(), session, None))), "agreement.nothing");
        // Another text than the one that is there is not signed.
        let other = city.write(move |tx| sign(tx, &actor(5, None), A, PersonId(5), "00", Signer::Own));
        assert_eq!(code(other), "agreement.changed");
        assert_eq!(signs(&city, 5).unwrap(), AgreementState::Signed);
        assert_eq!(code(signs(&city, 5)), "agreement.signed");
        assert_eq!(scan(&city, session, 5), "attendance.agreement_waits");
        let wrong = city.write(move |tx| counter(tx, &actor(9, Some((Role::Leader, OTHER))), session, None));
        assert_eq!(code(wrong), "common.forbidden");
        assert_eq!(city.write(move |tx| counter(tx, &leader(), session, None)).unwrap(), 1);
        assert_eq!(state(&city, 5), Some(AgreementState::Bound));
        city.book(session, 7);
        assert_eq!(all().unwrap(), 1, "of three");
        // Kept as it was signed, whatever is written of the activity later.
        let kept = city.write(move |tx| Ok(store::live(tx, A, PersonId(5))?.unwrap())).unwrap();
        assert_eq!(rules::hash(&kept.text), kept.hash);
        assert!(kept.text.contains("甲5") && kept.text.contains("清扫河岸"));
        assert_eq!((kept.signed_name.as_str(), kept.counter_name.as_str()), ("甲5", "甲1"));
        city.write(|tx| {
            tx.exec(sql!("UPDATE activity SET content = '别的' WHERE id = 100"), &[])?;
            Ok(())
        })
        .unwrap();
        assert_eq!(hash(&city, 5), kept.hash);
        // One's own, and the body's; nobody else's.
        let id = kept.id;
        assert!(city.write(move |tx| seen(tx, &actor(5, None), id)).is_ok());
        assert!(city.write(move |tx| seen(tx, &leader(), id)).is_ok());
        assert_eq!(code(city.write(move |tx| seen(tx, &actor(6, None), id))), "common.not_found");
        let peer = actor(9, Some((Role::Leader, OTHER)));
        assert_eq!(code(city.write(move |tx| seen(tx, &peer, id))), "common.not_found");
        // At the door without a place: signed, signed for the body, and in.
        assert_eq!(scan(&city, session, 9), "attendance.agreement");
        assert_eq!(signs(&city, 9).unwrap(), AgreementState::Signed);
        assert_eq!(scan(&city, session, 9), "attendance.agreement_waits");
        let lines = city.write(move |tx| Ok(store::of_session(tx, session, None, 50)?)).unwrap();
        assert!(lines.iter().any(|line| line.person == PersonId(9)));
        assert_eq!(city.write(move |tx| counter(tx, &leader(), session, None)).unwrap(), 1);
        let along = city.write(move |tx| walk_in(tx, &leader(), session, PersonId(9)));
        assert_eq!(code(along), "ok");
    }
}

#[test]
fn nobody_signs_for_both_sides() {
    for city in cities(20) {
        let session = ready(&city);
        city.book(session, 1);
        // The leader, person 1, signs in advance for the body: others are bound at once, their own waits for another.
        terms(&city, (false, true, true));
        assert_eq!(signs(&city, 5).unwrap(), AgreementState::Bound);
        assert_eq!(signs(&city, 1).unwrap(), AgreementState::Signed);
        assert_eq!(code(city.write(move |tx| counter(tx, &leader(), session, None))), "agreement.nothing");
        let deputy = actor(2, Some((Role::Leader, TEAM)));
        assert_eq!(city.write(move |tx| counter(tx, &deputy, session, None)).unwrap(), 1);
        assert_eq!(state(&city, 1), Some(AgreementState::Bound));
    }
}

#[test]
fn where_the_body_has_signed_in_advance_one_signature_does() {
    for city in cities(20) {
        let session = ready(&city);
        terms(&city, (true, false, true));
        terms(&city, (true, false, true));
        assert_eq!(reasons(&city, 6), [AgreementReason::Outside]);
        city.clock.set(at(545));
        assert_eq!(signs(&city, 6).unwrap(), AgreementState::Bound);
        assert_eq!(scan(&city, session, 6), "ok");
        let tasks =
            city.write(|tx| service::agreement::tasks(tx, &actor(5, None), kernel::Lang::Zh)).unwrap();
        assert_eq!(tasks.len(), 1);
    }
}

#[test]
fn rules_of_the_city_and_wishes_ask_for_it() {
    for city in cities(20) {
        let session = ready(&city);
        // Whoever serves asks.
        city.write(move |tx| want(tx, A, PersonId(5))).unwrap();
        city.write(move |tx| want(tx, A, PersonId(5))).unwrap();
        assert_eq!(reasons(&city, 5), [AgreementReason::Volunteer]);
        assert!(reasons(&city, 6).is_empty());
        assert_eq!(code(city.write(move |tx| want(tx, A, PersonId(9)))), "agreement.no_place");
        assert_eq!(signs(&city, 5).unwrap(), AgreementState::Signed);
        assert_eq!(reasons(&city, 5), [AgreementReason::Volunteer], "who asked has asked");
        // More than a month between one's own first and last session; large; hazardous.
        city.write(|tx| {
            tx.exec_one(
                sql!(
                    "INSERT INTO session (id, activity_id, starts_at, ends_at, sign_up_until, quota, state, due_on)
                     VALUES (101, 100, $1, $2, $1, 9, 'open', $3)"
                ),
                args![at(31 * 1440 + 540), at(31 * 1440 + 600), at(60 * 1440).date()],
            )?;
            Ok(())
        })
        .unwrap();
        assert!(reasons(&city, 6).is_empty());
        city.book(SessionId(101), 6);
        assert_eq!(reasons(&city, 6), [AgreementReason::Long]);
        city.write(|tx| {
            tx.exec(sql!("UPDATE session SET quota = 1000 WHERE id = 101"), &[])?;
            tx.exec(sql!("UPDATE activity SET hazard_level = $1 WHERE id = 100"), args![Hazard::Slight])?;
            Ok(())
        })
        .unwrap();
        assert_eq!(
            reasons(&city, 6),
            [AgreementReason::Hazard, AgreementReason::Long, AgreementReason::Large]
        );
        // The list of the leader says the same of everybody.
        let (lines, whole) = city
            .write(move |tx| Ok((store::of_session(tx, session, None, 100)?, store::terms(tx, A)?.unwrap())))
            .unwrap();
        assert_eq!(lines.len(), 2);
        for line in &lines {
            assert_eq!(whole.reasons(line), reasons(&city, line.person.0));
        }
        assert!(whole.may_bind());
    }
}

#[test]
fn giving_back_the_last_place_ends_it() {
    for city in cities(20) {
        let session = ready(&city);
        terms(&city, (false, true, true));
        signs(&city, 5).unwrap();
        signs(&city, 6).unwrap();
        city.write(move |tx| cancel_for(tx, &actor(5, None), session, Some(LateReason::Ill))).unwrap();
        assert_eq!(state(&city, 5), None);
        assert_eq!(city.count(sql!("SELECT count(*) FROM agreement WHERE state = 'ended'")), 1);
        // Who comes again signs again.
        city.book(session, 5);
        assert_eq!(signs(&city, 5).unwrap(), AgreementState::Bound);
        // The whole session is cancelled.
        city.write(move |tx| service::activity::commands::cancel_session(tx, &office(), session, "下雨"))
            .unwrap();
        assert_eq!(city.count(sql!("SELECT count(*) FROM agreement WHERE state <> 'ended'")), 0);
    }
}

#[test]
fn a_guardian_signs_for_a_minor() {
    for city in cities(20) {
        let session = ready(&city);
        terms(&city, (false, true, true));
        city.write(|tx| {
            tx.exec(
                sql!("UPDATE person SET birth_on = $1, guard = 'given' WHERE id = 5"),
                args![kernel::Date::new(2012, 1, 1).unwrap()],
            )?;
            Ok(())
        })
        .unwrap();
        assert_eq!(code(signs(&city, 5)), "agreement.minor");
        let hash = hash(&city, 5);
        city.write(move |tx| sign(tx, &actor(7, None), A, PersonId(5), &hash, Signer::Guardian("甲母")))
            .unwrap();
        let kept = city.write(move |tx| Ok(store::live(tx, A, PersonId(5))?.unwrap())).unwrap();
        assert!(kept.for_minor);
        assert_eq!(kept.signed_name, "甲母");
        let adult = hash_of(&city, 6);
        let wrong =
            city.write(move |tx| sign(tx, &actor(7, None), A, PersonId(6), &adult, Signer::Guardian("乙")));
        assert_eq!(code(wrong), "agreement.adult");
        city.clock.set(at(545));
        assert_eq!(scan(&city, session, 5), "ok");
    }
}

fn hash_of(city: &City, person: i64) -> String {
    hash(city, person)
}

#[test]
fn what_was_held_unsigned_can_be_entered_and_is_seen() {
    for city in cities(20) {
        let session = ready(&city);
        terms(&city, (false, true, false));
        city.clock.set(at(700));
        let done = city.write(move |tx| {
            roll(tx, &leader(), session, RollAct::Present(Whom::All), Times::default())?;
            let closing =
                Closing { heads: 2, summary: "河岸干净了".into(), quality: 5, breaks: 0, extension: 0 };
            close(tx, &leader(), session, &closing)?;
            submit(tx, &leader(), session)
        });
        assert_eq!(done.unwrap(), 2);
        assert_eq!(city.count(sql!("SELECT count(*) FROM record WHERE flags LIKE '%unsigned%'")), 2);
    }
}

#[test]
fn a_covered_hazard_still_needs_the_agreement() {
    for city in cities(20) {
        let session = ready(&city);
        city.write(|tx| {
            tx.exec(sql!("UPDATE activity SET hazard_level = 'some' WHERE id = 100"), &[])?;
            let new = New {
                org: TEAM,
                kind: PolicyKind::Accident,
                insurer: "保险公司".to_owned(),
                number: "1".to_owned(),
                covers: Covers::Slight,
                insured: Insured::Places,
                from: at(0).date(),
                until: at(0).date(),
                note: String::new(),
            };
            let id = record(tx, &leader(), &new)?;
            choose(tx, &leader(), A, id)
        })
        .unwrap();
        city.clock.set(at(545));
        assert_eq!(scan(&city, session, 5), "attendance.agreement");
        terms(&city, (false, false, true));
        signs(&city, 5).unwrap();
        assert_eq!(scan(&city, session, 5), "ok");
    }
}

#[test]
fn two_signatures_at_once_make_one_agreement() {
    for city in cities(20) {
        ready(&city);
        terms(&city, (false, true, false));
        let hash = hash(&city, 5);
        let done: Vec<bool> = std::thread::scope(|scope| {
            let run = |_| {
                let (hash, db) = (hash.clone(), city.bench.db.clone());
                scope.spawn(move || {
                    db.write_blocking(move |tx| sign(tx, &actor(5, None), A, PersonId(5), &hash, Signer::Own))
                        .is_ok()
                })
            };
            let all: Vec<_> = (0..4).map(run).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(done.iter().filter(|one| **one).count(), 1);
        let ids: Vec<(AgreementId,)> =
            city.write(|tx| Ok(tx.all(sql!("SELECT id FROM agreement"), &[])?)).unwrap();
        assert_eq!(ids.len(), 1);
    }
}
