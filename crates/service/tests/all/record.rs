//! The whole path from the booking to the counted minutes, on both databases.

use crate::city::{City, actor, at, cities, clerk, leader, office};
use db::sql;
use kernel::{Clock as _, Date, Period, PersonId, Role};
use service::attendance::commands::{RollAct, Times, Whom, roll};
use service::attendance::{CheckIn, check_in};
use service::record::store::{self, Which};
use service::record::{Closing, RecordState, close, confirm, return_records, submit, void};
use service::{RecordId, SessionId};

fn scan(city: &City, session: SessionId, person: i64, minute: i64) {
    city.clock.set(at(minute));
    city.write(move |tx| {
        let ask = CheckIn { session, at: tx.now(), want: None, device: None, team: None };
        check_in(tx, &actor(person, None), &ask)
    })
    .unwrap();
}

fn closing(heads: i64) -> Closing {
    Closing { heads, summary: "河岸干净了".into(), quality: 5, breaks: 0, extension: 0 }
}

fn close_and_submit(city: &City, session: SessionId, heads: i64) -> i64 {
    city.write(move |tx| {
        close(tx, &leader(), session, &closing(heads))?;
        submit(tx, &leader(), session)
    })
    .unwrap()
}

fn standing(city: &City, session: SessionId) -> Vec<(PersonId, RecordId, RecordState)> {
    city.write(move |tx| Ok(store::standing(tx, session)?)).unwrap()
}

fn minutes_of(city: &City, person: i64) -> i64 {
    city.write(move |tx| {
        let sums = store::sums(tx, PersonId(person))?;
        Ok(sums.iter().find(|sum| sum.0 == Period::All.key()).map_or(0, |sum| sum.1))
    })
    .unwrap()
}

fn differences(city: &City) -> Vec<String> {
    city.write(|tx| {
        let mut out = service::record::check(tx)?;
        out.extend(service::total::check(tx)?);
        Ok(out)
    })
    .unwrap()
}

#[test]
fn from_booking_to_counted_minutes() {
    for city in cities(12) {
        let session = city.session(100, "service", 540, 660);
        for person in 1..=10 {
            city.book(session, person);
        }
        for person in 1..=8 {
            scan(&city, session, person, 530 + person);
        }
        for person in 3..=8 {
            scan(&city, session, person, 655);
        }
        city.clock.set(at(670));
        assert_eq!(close_and_submit(&city, session, 8), 8);
        let records = standing(&city, session);
        assert!(records.iter().all(|record| record.2 == RecordState::Submitted));
        assert_eq!(minutes_of(&city, 4), 0, "nothing counts before it is confirmed");
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM sign_up WHERE state = 'absent'")), 2);

        // The clerk took part as well: own record is left for somebody else.
        let done = city.write(move |tx| confirm(tx, &clerk(), &Which::WaitingOf(session))).unwrap();
        assert_eq!((done.confirmed, done.left), (7, 1));
        let own = records.iter().find(|record| record.0 == PersonId(2)).unwrap().1;
        let refused = city.write(move |tx| confirm(tx, &clerk(), &Which::These(vec![own]))).unwrap_err();
        assert_eq!(refused.code(), "record.own");
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM session WHERE state = 'submitted'")), 1);
        city.write(move |tx| confirm(tx, &office(), &Which::These(vec![own]))).unwrap();
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM session WHERE state = 'recorded'")), 1);

        // 09:00 to 10:55; early check-in does not earn; no check-out counts to the planned end.
        assert_eq!(minutes_of(&city, 4), 115);
        assert_eq!(minutes_of(&city, 1), 120);
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM record WHERE flags = 'auto_out'")), 1);
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM record WHERE flags = 'auto_out own_record'")), 1);
        assert_eq!(
            city.count(sql!(
                "SELECT COUNT(*) FROM record WHERE class = 'verified' AND community_id = 3 AND street_id = 2"
            )),
            8
        );
        assert_eq!(differences(&city), Vec::<String>::new());

        // Voiding takes the minutes out at once and lets a new record follow.
        let one = records.iter().find(|record| record.0 == PersonId(4)).unwrap().1;
        city.write(move |tx| void(tx, &clerk(), one, "签错人", true)).unwrap();
        assert_eq!(minutes_of(&city, 4), 0);
        assert_eq!(differences(&city), Vec::<String>::new());
        let again = city.write(move |tx| void(tx, &clerk(), one, "again", true)).unwrap_err();
        assert_eq!(again.code(), "record.not_confirmed");
        assert_eq!(city.write(move |tx| submit(tx, &leader(), session)).unwrap(), 1);
        city.write(move |tx| confirm(tx, &clerk(), &Which::WaitingOf(session))).unwrap();
        assert_eq!(minutes_of(&city, 4), 115);
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM record WHERE state = 'void'")), 1);
        assert_eq!(differences(&city), Vec::<String>::new());

        // Voided for good: the stays are taken back and a new submission makes no record.
        let one = standing(&city, session).iter().find(|record| record.0 == PersonId(4)).unwrap().1;
        city.write(move |tx| void(tx, &clerk(), one, "不是本人", false)).unwrap();
        assert_eq!(minutes_of(&city, 4), 0);
        assert_eq!(differences(&city), Vec::<String>::new());
    }
}

#[test]
fn of_two_confirmers_the_first_wins() {
    for city in cities(40) {
        let session = city.session(100, "service", 540, 660);
        for person in 5..=40 {
            city.book(session, person);
        }
        city.clock.set(at(600));
        city.write(move |tx| roll(tx, &leader(), session, RollAct::Present(Whom::All), Times::default()))
            .unwrap();
        city.clock.set(at(670));
        assert_eq!(close_and_submit(&city, session, 36), 36);
        let ids: Vec<RecordId> = standing(&city, session).iter().map(|record| record.1).collect();
        let codes: Vec<Result<i64, String>> = std::thread::scope(|scope| {
            let hands: Vec<_> = (0..6)
                .map(|n| {
                    let (city, ids) = (&city, ids.clone());
                    scope.spawn(move || {
                        let who = if n % 2 == 0 { clerk() } else { office() };
                        city.write(move |tx| confirm(tx, &who, &Which::These(ids.clone())))
                            .map(|done| done.confirmed)
                            .map_err(|error| error.code().to_owned())
                    })
                })
                .collect();
            hands.into_iter().map(|hand| hand.join().unwrap()).collect()
        });
        assert_eq!(codes.iter().filter(|code| **code == Ok(36)).count(), 1, "{codes:?}");
        assert_eq!(
            codes.iter().filter(|code| **code == Err("record.decided".into())).count(),
            5,
            "{codes:?}"
        );
        assert_eq!(minutes_of(&city, 7), 60);
        assert_eq!(differences(&city), Vec::<String>::new());
        let outside = actor(4, Some((Role::Station, crate::city::OTHER)));
        let refused = city.write(move |tx| confirm(tx, &outside, &Which::These(ids.clone()))).unwrap_err();
        assert_eq!(refused.code(), "common.not_found");
    }
}

#[test]
fn returned_records_are_corrected_and_submitted_again() {
    for city in cities(12) {
        let session = city.session(100, "service", 540, 660);
        for person in 5..=8 {
            city.book(session, person);
            scan(&city, session, person, 540);
        }
        city.clock.set(at(670));
        assert_eq!(close_and_submit(&city, session, 4), 4);
        let late = city.write(move |tx| {
            roll(tx, &leader(), session, RollAct::Out(Whom::All), Times { from: None, to: Some(630) })
        });
        assert_eq!(late.unwrap_err().code(), "attendance.roll_closed");
        let ids: Vec<RecordId> = standing(&city, session).iter().take(2).map(|record| record.1).collect();
        city.write(move |tx| return_records(tx, &clerk(), &ids, "时间不对")).unwrap();
        city.write(move |tx| {
            roll(tx, &leader(), session, RollAct::Out(Whom::All), Times { from: None, to: Some(630) })
        })
        .unwrap();
        assert_eq!(close_and_submit(&city, session, 4), 2);
        let done = city.write(move |tx| confirm(tx, &clerk(), &Which::WaitingOf(session))).unwrap();
        assert_eq!(done.confirmed, 4);
        let mut minutes: Vec<i64> = (5..=8).map(|person| minutes_of(&city, person)).collect();
        minutes.sort_unstable();
        assert_eq!(minutes, [90, 90, 120, 120]);
        assert_eq!(differences(&city), Vec::<String>::new());
    }
}

#[test]
fn long_days_need_a_higher_hand() {
    for city in cities(8) {
        // 07:00–16:00, and 16:00–21:00 the same day.
        let (long, more) = (city.session(100, "service", 420, 960), city.session(200, "service", 960, 1260));
        for session in [long, more] {
            city.book(session, 6);
            city.clock.set(at(if session == long { 430 } else { 970 }));
            city.write(move |tx| {
                roll(
                    tx,
                    &leader(),
                    session,
                    RollAct::Present(Whom::All),
                    Times { from: Some(if session.0 == 100 { 420 } else { 960 }), to: None },
                )
            })
            .unwrap();
        }
        city.clock.set(at(1300));
        close_and_submit(&city, long, 1);
        let ids: Vec<RecordId> = standing(&city, long).iter().map(|record| record.1).collect();
        let mine = ids.clone();
        let at_team = actor(4, Some((Role::Station, crate::city::TEAM)));
        let refused = city.write(move |tx| confirm(tx, &at_team, &Which::These(mine.clone()))).unwrap_err();
        assert_eq!(refused.code(), "record.over_8h");
        city.write(move |tx| confirm(tx, &clerk(), &Which::These(ids.clone()))).unwrap();
        close_and_submit(&city, more, 1);
        let ids: Vec<RecordId> = standing(&city, more).iter().map(|record| record.1).collect();
        let mine = ids.clone();
        let refused = city.write(move |tx| confirm(tx, &clerk(), &Which::These(mine.clone()))).unwrap_err();
        assert_eq!(refused.code(), "record.over_12h");
        city.write(move |tx| confirm(tx, &office(), &Which::These(ids.clone()))).unwrap();
        assert_eq!(minutes_of(&city, 6), 540 + 300);
    }
}

#[test]
fn late_entries_make_honour_hours_and_other_kinds_make_none() {
    for city in cities(8) {
        let session = city.session(100, "service", 540, 660);
        city.book(session, 5);
        city.book(session, 6);
        scan(&city, session, 5, 540);
        city.clock.set(at(700));
        city.write(move |tx| roll(tx, &leader(), session, RollAct::Present(Whom::All), Times::default()))
            .unwrap();
        assert_eq!(close_and_submit(&city, session, 20), 2);
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM record WHERE class = 'honor' AND flags = 'backfill heads' AND minutes = 120")), 1);
        assert_eq!(
            city.count(sql!(
                "SELECT COUNT(*) FROM record WHERE class = 'verified' AND flags = 'auto_out heads'"
            )),
            1
        );

        let training = city.session(300, "training", 540, 660);
        city.clock.set(at(600));
        scan(&city, training, 7, 600);
        city.clock.set(at(670));
        assert_eq!(close_and_submit(&city, training, 1), 0);
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM session WHERE state = 'recorded'")), 1);

        // A month later, without check-ins: only the city office.
        let old = city.session(400, "service", 540, 660);
        city.book(old, 8);
        let day = Date::new(2026, 4, 20).unwrap();
        city.clock.set(kernel::Timestamp::at(day, 600));
        city.write(move |tx| roll(tx, &leader(), old, RollAct::Present(Whom::All), Times::default()))
            .unwrap();
        city.write(move |tx| close(tx, &leader(), old, &closing(1))).unwrap();
        let refused = city.write(move |tx| submit(tx, &leader(), old)).unwrap_err();
        assert_eq!(refused.code(), "record.too_late");
        city.write(move |tx| submit(tx, &office(), old)).unwrap();
    }
}

#[test]
fn one_phone_for_many_is_a_matter_for_the_checker() {
    for city in cities(20) {
        assert!(db::testing::prepare_all(&city.bench.config).unwrap() > 50);
        let session = city.session(100, "service", 540, 660);
        for person in 5..=12_i64 {
            city.book(session, person);
            city.clock.set(at(540));
            let device = vec![if person <= 10 { 1_u8 } else { 2 }; 16];
            let statements = city
                .write(move |tx| {
                    let device = Some(device.clone());
                    let ask = CheckIn { session, at: tx.now(), want: None, device, team: None };
                    check_in(tx, &actor(person, None), &ask)?;
                    Ok(tx.statements())
                })
                .unwrap();
            assert!(statements <= 4, "{statements} statements for one check-in");
        }
        city.clock.set(at(670));
        assert_eq!(close_and_submit(&city, session, 8), 8);
        let flagged = sql!("SELECT COUNT(*) FROM record WHERE flags = 'auto_out same_device'");
        assert_eq!(city.count(flagged), 6, "six people on one device, two on another");
    }
}

#[test]
fn figures_of_a_part_and_kept_figures_agree_with_the_city() {
    use service::total::figures::{Asked, compute};
    use service::total::kept;
    for city in cities(12) {
        city.write(|tx| {
            tx.exec(
                sql!("INSERT INTO person_home (home_org, name_key, person_id) SELECT home_org, name_key, id FROM person"),
                &[],
            )?;
            // Staff of the street were here today.
            tx.exec(
                sql!(
                    "INSERT INTO role_grant (id, account_id, role, org_id, given_at) VALUES (1, 3, 'station', 2, 0)"
                ),
                &[],
            )?;
            let now = tx.now();
            tx.exec(
                sql!(
                    "INSERT INTO login_session (token_hash, account_id, created_at, seen_at, idle_ms, expires_at)
                     VALUES ($1, 3, $2, $2, 1000, $3)"
                ),
                db::args![vec![1_u8; 32], now, now.plus_minutes(60 * 24 * 30)],
            )?;
            Ok(())
        })
        .unwrap();
        let session = city.session(100, "service", 540, 660);
        for person in 4..=9 {
            city.book(session, person);
            scan(&city, session, person, 540);
        }
        city.clock.set(at(670));
        close_and_submit(&city, session, 6);
        city.write(move |tx| confirm(tx, &office(), &Which::WaitingOf(session))).unwrap();
        // One of them served for a team that belongs to no community.
        city.write(|tx| {
            tx.exec(sql!("UPDATE record SET community_id = 0 WHERE person_id = 9"), &[])?;
            Ok(())
        })
        .unwrap();
        let day = at(0).date();
        let ask = |path: &str, code: &'static str| {
            let asked = Asked { area_path: path.to_owned(), from: day.plus(-3), to: day.plus(3) };
            city.write(move |tx| Ok(compute(tx, code, &asked)?)).unwrap()
        };
        for path in ["/1/", "/1/2/", "/1/2/3/"] {
            for (code, n) in [
                ("persons", 6),
                ("minutes", 6 * 120),
                ("active", 6),
                ("sessions", 1),
                ("attendances", 6),
                ("core", 0),
            ] {
                assert_eq!(ask(path, code).n, n, "{code} of {path}");
            }
        }
        assert_eq!((ask("/1/2/5/", "persons").n, ask("/1/2/5/", "active").n), (0, 0));
        assert_eq!(ask("/1/", "professional"), ask("/1/2/", "professional"));

        // A week later: counting is quick here, so nothing is kept but that it is.
        city.clock.set(kernel::Timestamp::at(day.plus(7), 600));
        // Areas are counted for whoever reads their figures and was here lately.
        city.write(|tx| {
            let now = tx.now();
            tx.exec(
                sql!("INSERT INTO role_grant (id, account_id, role, org_id, given_at) VALUES (900001, 4, 'office', 2, $1)"),
                db::args![now],
            )?;
            tx.exec(
                sql!(
                    "INSERT INTO login_session (token_hash, account_id, created_at, seen_at, idle_ms, expires_at)
                     VALUES ($1, 4, $2, $2, 600000, $3)"
                ),
                db::args![[7_u8; 32].as_slice(), now, now.plus_minutes(600)],
            )?;
            Ok(())
        })
        .unwrap();
        kept::refresh(&city.bench.db).unwrap();
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM figure_kept WHERE area_path = '/1/2/'")), 1);
        let kept_rows = sql!("SELECT COUNT(*) FROM figure_kept WHERE code <> ''");
        assert_eq!(city.count(kept_rows), 0);
        let shown = |codes: &'static [&'static str]| {
            let last = Period::Week(day);
            let asked = Asked { area_path: "/1/2/".to_owned(), from: last.first(), to: last.last() };
            city.write(move |tx| Ok(kept::show(tx, kernel::Lang::Zh, codes, &asked)?)).unwrap()
        };
        let (live, of) = shown(&["persons", "minutes"]);
        assert_eq!((live[0].n, live[1].n, of), (6, 720, None));
        // Where it takes long the figures are of the moment they were counted at, until they are too old.
        kept::count_as(&city.bench.db, "/1/2/", 5_000).unwrap();
        let counted = city.clock.now();
        city.write(|tx| {
            tx.exec(sql!("UPDATE record SET state = 'void' WHERE person_id = 9"), &[])?;
            Ok(())
        })
        .unwrap();
        city.clock.set(counted.plus_minutes(5));
        kept::refresh(&city.bench.db).unwrap();
        let (then, of) = shown(&["persons", "minutes"]);
        assert_eq!((then[0].n, of), (6, Some(counted)));
        city.clock.set(counted.plus_minutes(11));
        kept::refresh(&city.bench.db).unwrap();
        let (now, of) = shown(&["persons", "minutes"]);
        assert_eq!((now[0].n, of), (5, None), "it was quick this time");

        // Another day, week or year begins, and what it asks for is there already.
        for eve in [Period::Week(day).last(), Period::Year(day).last(), day] {
            let late = kernel::Timestamp::at(eve, 23 * 60 + 55);
            city.clock.set(late);
            kept::count_as(&city.bench.db, "/1/2/", 5_000).unwrap();
            city.clock.set(late.plus_minutes(6));
            let today = eve.plus(1);
            let week = Period::Week(today.plus(-7));
            for (from, to, codes) in [
                (week.first(), week.last(), &["sessions", "attendances", "persons", "minutes"][..]),
                (week.first().plus(-7), week.first().plus(-1), &["persons", "minutes"][..]),
                (
                    Period::Year(today).first(),
                    today,
                    &["registered", "active", "minutes", "professional"][..],
                ),
            ] {
                let asked = Asked { area_path: "/1/2/".to_owned(), from, to };
                let (_, of) =
                    city.write(move |tx| Ok(kept::show(tx, kernel::Lang::Zh, codes, &asked)?)).unwrap();
                assert_eq!(of, Some(late), "{from} to {to} on {today}");
            }
        }
    }
}
