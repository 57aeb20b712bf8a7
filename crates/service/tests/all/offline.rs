//! Commands that phones captured without a network, on both databases: exactly once, in any order, from several
//! phones; disagreements wait for a person.

use crate::city::{City, TEAM, actor, at, cities, leader};
use db::{args, sql};
use kernel::{Actor, Error, PersonId, Role};
use service::attendance::commands::{RollAct, Times, Whom, roll};
use service::attendance::offline::commands::{Answered, Batch, Choice, Scan, Sent, decide, take, take_scan};
use service::attendance::offline::{Act, Outcome};
use service::attendance::{CheckIn, check_in};
use service::{SessionId, SignUpId};

/// A second leader of the team.
fn second() -> Actor {
    actor(2, Some((Role::Leader, TEAM)))
}

fn place(city: &City, session: SessionId, person: i64) -> SignUpId {
    city.write(move |tx| {
        let row: (SignUpId,) = tx.one(
            sql!("SELECT id FROM sign_up WHERE session_id = $1 AND person_id = $2 ORDER BY id DESC LIMIT 1"),
            args![session, PersonId(person)],
        )?;
        Ok(row.0)
    })
    .unwrap()
}

fn sent(id: &str, act: Act, line: SignUpId, minute: i64) -> Sent {
    Sent {
        id: format!("command-{id}"),
        act: act.code().to_owned(),
        sign_up: line,
        at: at(minute).0,
        offset: 0,
        undoes: String::new(),
    }
}

fn undo(id: &str, of: &str, line: SignUpId, minute: i64) -> Sent {
    Sent { undoes: format!("command-{of}"), ..sent(id, Act::Undo, line, minute) }
}

fn send(
    city: &City,
    who: &Actor,
    session: SessionId,
    device: &str,
    commands: &[Sent],
) -> Result<Vec<Answered>, Error> {
    let (who, batch) = (
        who.clone(),
        Batch { device: format!("device-{device}"), sent_at: None, commands: commands.to_vec() },
    );
    city.write(move |tx| take(tx, &who, session, &batch))
}

fn outcomes(answers: &[Answered]) -> Vec<(Outcome, &str)> {
    answers.iter().map(|one| (one.outcome, one.reason.as_str())).collect()
}

type Standing = (i64, String, Option<i64>, Option<i64>);

/// Who stands how: person, state, in and out as minutes of the day.
fn standing(city: &City, session: SessionId) -> (Vec<Standing>, Vec<(i64, String, String)>) {
    city.write(move |tx| {
        let minute = |at: i64| (at - crate::city::at(0).0) / 60_000;
        let people: Vec<(i64, String, Option<i64>, Option<i64>)> = tx.all(
            sql!(
                "SELECT s.person_id, s.state, c.in_at, c.out_at FROM sign_up s LEFT JOIN check_in c
                    ON c.session_id = s.session_id AND c.person_id = s.person_id AND c.undone_at IS NULL
                 WHERE s.session_id = $1 ORDER BY s.person_id, c.in_at, s.id"
            ),
            args![session],
        )?;
        let lines: Vec<(i64, String, String)> = tx.all(
            sql!(
                "SELECT s.person_id, l.state, l.why FROM roll_line l JOIN sign_up s ON s.id = l.sign_up_id
                 WHERE l.session_id = $1 AND l.state <> 'clear' ORDER BY s.person_id, s.id"
            ),
            args![session],
        )?;
        let people =
            people.into_iter().map(|(who, state, from, to)| (who, state, from.map(minute), to.map(minute)));
        Ok((people.collect(), lines))
    })
    .unwrap()
}

#[test]
fn a_command_counts_once() {
    for city in cities(6) {
        let session = city.session(100, "service", 540, 660);
        city.book(session, 5);
        let line = place(&city, session, 5);
        city.clock.set(at(670));
        let all = [sent("a", Act::Late, line, 550), sent("b", Act::Out, line, 655)];
        let first = send(&city, &leader(), session, "A", &all).unwrap();
        assert_eq!(outcomes(&first), [(Outcome::Done, ""), (Outcome::Done, "")]);
        // The answer was lost on the way: the phone sends again, later, in another order, and half of it twice.
        city.clock.set(at(690));
        let again = [all[1].clone(), all[0].clone(), all[1].clone()];
        let second_answer = send(&city, &leader(), session, "A", &again).unwrap();
        assert!(second_answer.iter().all(|one| first.contains(one)));
        assert_eq!(standing(&city, session).0, [(5, "attended".into(), Some(550), Some(655))]);
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM check_in")), 1);
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM attendance_command")), 2);
        // The same id with other words, or in another's name, is refused and changes nothing.
        let other = send(&city, &leader(), session, "A", &[sent("a", Act::Absent, line, 550)]).unwrap();
        assert_eq!(outcomes(&other), [(Outcome::Refused, "attendance.command_reused")]);
        let foreign = send(&city, &second(), session, "B", &all[..1]).unwrap();
        assert_eq!(outcomes(&foreign), [(Outcome::Refused, "attendance.command_reused")]);
        // What cannot be read or lies outside is refused by itself and does not spoil the rest.
        let odd = [
            sent("e", Act::Present, line, 400),
            sent("f", Act::Present, line, 661),
            sent("g", Act::Present, SignUpId(9), 550),
            Sent { act: "dance".into(), ..sent("h", Act::Out, line, 656) },
            Sent { id: "x".into(), ..sent("i", Act::Out, line, 656) },
            sent("j", Act::Out, line, 656),
        ];
        let mut answers = send(&city, &leader(), session, "A", &odd).unwrap();
        answers.sort_by(|a, b| a.id.cmp(&b.id));
        let reasons: Vec<&str> = answers.iter().map(|one| one.reason.as_str()).collect();
        assert_eq!(
            reasons,
            [
                "attendance.early",
                "attendance.ended",
                "common.not_found",
                "common.invalid",
                "",
                "common.invalid"
            ]
        );
        assert_eq!(standing(&city, session).0, [(5, "attended".into(), Some(550), Some(656))]);
    }
}

fn orders(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let mut out = Vec::new();
    for order in orders(n - 1) {
        for at in 0..=order.len() {
            let mut next = order.clone();
            next.insert(at, n - 1);
            out.push(next);
        }
    }
    out
}

#[test]
fn any_order_from_two_phones_comes_to_the_same() {
    for city in cities(12) {
        let mut seen = Vec::new();
        for (turn, order) in orders(5).into_iter().enumerate() {
            let turn = i64::try_from(turn).unwrap();
            city.clock.set(at(0));
            // The same people in a session of its own, an hour that nobody else has: only the day differs.
            let session = city.session(1000 + turn, "service", 540, 660);
            city.write(move |tx| {
                for person in 3..=8 {
                    tx.exec(
                        sql!(
                            "INSERT INTO sign_up (id, session_id, person_id, team_id, state, starts_at, ends_at, source,
                                created_at) VALUES ($1, $2, $3, 4, 'booked', $4, $5, 'self', 0)"
                        ),
                        args![SignUpId(session.0 * 100 + person), session, PersonId(person), at(540), at(660)],
                    )?;
                }
                Ok(())
            })
            .unwrap();
            city.clock.set(at(650));
            let line = |person: i64| SignUpId(session.0 * 100 + person);
            let name = |text: &str| format!("{turn}-{text}");
            let (a, b) = (leader(), second());
            let batches = [
                (
                    &a,
                    "A",
                    vec![
                        sent(&name("a1"), Act::Present, line(3), 541),
                        sent(&name("a2"), Act::Present, line(4), 542),
                        sent(&name("a3"), Act::Late, line(5), 550),
                        sent(&name("a4"), Act::Absent, line(7), 560),
                    ],
                ),
                (
                    &b,
                    "B",
                    vec![
                        sent(&name("b1"), Act::Present, line(3), 545),
                        sent(&name("b2"), Act::Absent, line(4), 546),
                        sent(&name("b3"), Act::Late, line(5), 590),
                        sent(&name("b4"), Act::Out, line(6), 640),
                    ],
                ),
                (
                    &a,
                    "A",
                    vec![
                        sent(&name("a5"), Act::Out, line(3), 640),
                        undo(&name("a6"), &name("a4"), line(7), 561),
                        sent(&name("a7"), Act::Out, line(8), 641),
                    ],
                ),
                (
                    &b,
                    "B",
                    vec![
                        sent(&name("b5"), Act::Absent, line(7), 570),
                        sent(&name("b6"), Act::Late, line(8), 575),
                    ],
                ),
                // One phone sends what it had sent before.
                (
                    &a,
                    "A",
                    vec![
                        sent(&name("a1"), Act::Present, line(3), 541),
                        sent(&name("a5"), Act::Out, line(3), 640),
                    ],
                ),
            ];
            for n in order {
                let (who, device, commands) = &batches[n];
                send(&city, who, session, device, commands).unwrap();
            }
            let (mut people, lines) = standing(&city, session);
            people.iter_mut().for_each(|one| one.0 %= 100);
            seen.push((people, lines));
        }
        let here = |who: i64, from, to| (who, "attended".to_owned(), Some(from), to);
        let booked = |who: i64| (who, "booked".to_owned(), None, None);
        let expected = (
            vec![
                here(3, 540, Some(640)),
                booked(4),
                booked(5),
                booked(6),
                (7, "absent".to_owned(), None, None),
                here(8, 575, Some(641)),
            ],
            vec![
                (4, "conflict".to_owned(), "present_absent".to_owned()),
                (5, "conflict".to_owned(), "times".to_owned()),
                (6, "waiting".to_owned(), String::new()),
            ],
        );
        for (turn, one) in seen.iter().enumerate() {
            assert_eq!(*one, expected, "order {turn}");
        }
    }
}

#[test]
fn a_person_decides() {
    for city in cities(8) {
        let session = city.session(100, "service", 540, 660);
        for person in [4, 5, 6, 7] {
            city.book(session, person);
        }
        city.clock.set(at(650));
        let line = |person| place(&city, session, person);
        for person in [4, 5, 6] {
            let mine = sent(&format!("a{person}"), Act::Present, line(person), 541);
            let theirs = sent(&format!("b{person}"), Act::Absent, line(person), 550);
            send(&city, &leader(), session, "A", &[mine]).unwrap();
            let answer = send(&city, &second(), session, "B", &[theirs]).unwrap();
            assert_eq!(outcomes(&answer), [(Outcome::Conflict, "present_absent")]);
        }
        // “Everybody was here” decides nothing about them.
        city.write(move |tx| roll(tx, &leader(), session, RollAct::Present(Whom::All), Times::default()))
            .unwrap();
        assert_eq!(standing(&city, session).0.iter().filter(|one| one.1 == "attended").count(), 1);
        let choose = |person: i64, choice: Choice| {
            let line = line(person);
            city.write(move |tx| decide(tx, &leader(), session, line, &choice))
        };
        choose(4, Choice::Device("device-A".into())).unwrap();
        choose(5, Choice::Absent).unwrap();
        assert_eq!(choose(5, Choice::Keep).unwrap_err().code(), "attendance.decided");
        // The third is marked by hand on the roll, which decides it as well.
        let third = line(6);
        city.write(move |tx| roll(tx, &leader(), session, RollAct::Absent(third), Times::default())).unwrap();
        let (people, open) = standing(&city, session);
        assert_eq!(open, []);
        assert_eq!(people[0], (4, "attended".into(), Some(540), None));
        assert_eq!((people[1].1.as_str(), people[2].1.as_str()), ("absent", "absent"));
        // What the other phone repeats changes nothing any more.
        send(&city, &second(), session, "B", &[sent("b4", Act::Absent, line(4), 550)]).unwrap();
        assert_eq!(standing(&city, session).0[0].1, "attended");
    }
}

#[test]
fn late_arrivals_of_commands_are_shown_and_never_guessed() {
    for city in cities(8) {
        let session = city.session(100, "service", 540, 660);
        for person in [4, 5, 6] {
            city.book(session, person);
        }
        let line = |person| place(&city, session, person);
        // Somebody gives the place back while the phone is offline.
        city.clock.set(at(500));
        let gone = line(6);
        let why = Some(service::sign_up::LateReason::Ill);
        city.write(move |tx| service::sign_up::cancel_for(tx, &actor(6, None), session, why)).unwrap();
        city.clock.set(at(600));
        let answer = send(&city, &leader(), session, "A", &[sent("a6", Act::Present, gone, 545)]).unwrap();
        assert_eq!(outcomes(&answer), [(Outcome::Conflict, "cancelled")]);
        let absent = send(&city, &leader(), session, "A", &[sent("x6", Act::Absent, gone, 546)]).unwrap();
        assert_eq!(outcomes(&absent), [(Outcome::Same, "")], "the same hand corrects itself");
        send(&city, &leader(), session, "A", &[undo("y6", "x6", gone, 547)]).unwrap();
        // A submission waits for the decision.
        let submit = |city: &City| {
            city.write(move |tx| {
                let closing = service::record::Closing {
                    heads: 2,
                    summary: String::new(),
                    quality: 5,
                    breaks: 0,
                    extension: 0,
                };
                service::record::close(tx, &leader(), session, &closing)?;
                service::record::submit(tx, &leader(), session)
            })
        };
        city.clock.set(at(700));
        assert_eq!(submit(&city).unwrap_err().code(), "attendance.undecided");
        city.write(move |tx| decide(tx, &leader(), session, gone, &Choice::Device("device-A".into())))
            .unwrap();
        let (people, open) = standing(&city, session);
        assert_eq!(open, []);
        let six: Vec<_> = people.iter().filter(|one| one.0 == 6 && one.1 == "attended").collect();
        assert_eq!(six, [&(6, "attended".to_owned(), Some(540), None)]);
        send(&city, &leader(), session, "A", &[sent("a5", Act::Present, line(5), 545)]).unwrap();
        submit(&city).unwrap();
        // Another phone comes back after everything was submitted.
        let late = [sent("b4", Act::Present, line(4), 541), sent("b5", Act::Present, line(5), 544)];
        let mut answers = send(&city, &second(), session, "B", &late).unwrap();
        answers.sort_by(|a, b| a.id.cmp(&b.id));
        assert_eq!(outcomes(&answers), [(Outcome::Conflict, "closed"), (Outcome::Same, "")]);
        assert_eq!(standing(&city, session).0.iter().filter(|one| one.1 == "attended").count(), 2);
        let four = line(4);
        let no =
            city.write(move |tx| decide(tx, &leader(), session, four, &Choice::Device("device-B".into())));
        assert_eq!(no.unwrap_err().code(), "attendance.roll_closed");
        city.write(move |tx| decide(tx, &leader(), session, four, &Choice::Keep)).unwrap();
        assert_eq!(standing(&city, session).1, []);
    }
}

#[test]
fn own_scans_and_phones_complete_each_other() {
    for city in cities(8) {
        let session = city.session(100, "service", 540, 660);
        city.book(session, 5);
        let line = place(&city, session, 5);
        city.clock.set(at(542));
        city.write(move |tx| {
            let ask = CheckIn { session, at: tx.now(), want: None, device: None, team: None };
            check_in(tx, &actor(5, None), &ask)
        })
        .unwrap();
        city.clock.set(at(650));
        let same = send(&city, &leader(), session, "A", &[sent("a1", Act::Late, line, 545)]).unwrap();
        assert_eq!(outcomes(&same), [(Outcome::Same, "")]);
        let out = send(&city, &leader(), session, "A", &[sent("a2", Act::Out, line, 640)]).unwrap();
        assert_eq!(outcomes(&out), [(Outcome::Done, "")]);
        assert_eq!(standing(&city, session).0, [(5, "attended".into(), Some(542), Some(640))]);
        // Two phones see the leaving differently: the scan stays, the leaving is open again.
        let other = send(&city, &second(), session, "B", &[sent("b1", Act::Out, line, 600)]).unwrap();
        assert_eq!(outcomes(&other), [(Outcome::Conflict, "times")]);
        assert_eq!(standing(&city, session).0, [(5, "attended".into(), Some(542), None)]);
        send(&city, &second(), session, "B", &[undo("b2", "b1", line, 601)]).unwrap();
        assert_eq!(standing(&city, session).0, [(5, "attended".into(), Some(542), Some(640))]);
        // Absent against an own scan is for a person to decide; the scan stays.
        let absent = send(&city, &second(), session, "B", &[sent("b3", Act::Absent, line, 602)]).unwrap();
        assert_eq!(outcomes(&absent), [(Outcome::Conflict, "present_absent")]);
        assert_eq!(standing(&city, session).0, [(5, "attended".into(), Some(542), None)]);
    }
}

#[test]
fn a_wrong_clock_and_an_ended_role_are_flagged() {
    for city in cities(8) {
        let session = city.session(100, "service", 540, 660);
        for person in [4, 5] {
            city.book(session, person);
        }
        city.clock.set(at(650));
        // Three hours slow, and known to be.
        let line = place(&city, session, 4);
        let slow = Sent { offset: 180 * 60_000, ..sent("a1", Act::Late, line, 570 - 180) };
        let batch = Batch { device: "device-A".into(), sent_at: Some(at(650 - 180).0), commands: vec![slow] };
        city.write(move |tx| take(tx, &leader(), session, &batch)).unwrap();
        // The second leader's role ends; what was captured before is taken for seven days.
        city.write(|tx| {
            tx.exec(
                sql!(
                    "INSERT INTO role_grant (id, account_id, role, org_id, given_at, ended_at)
                     VALUES (1, 2, 'leader', 4, 0, $1)"
                ),
                args![at(600)],
            )?;
            Ok(())
        })
        .unwrap();
        let former = actor(2, None);
        let line = place(&city, session, 5);
        let both = [sent("b1", Act::Late, line, 545), sent("b2", Act::Out, line, 610)];
        let mut answers = send(&city, &former, session, "B", &both).unwrap();
        answers.sort_by(|a, b| a.id.cmp(&b.id));
        assert_eq!(outcomes(&answers), [(Outcome::Done, ""), (Outcome::Refused, "attendance.role_ended")]);
        let flags = city
            .write(move |tx| {
                let held = service::attendance::commands::find(tx, session)?;
                let all = service::record::commands::compute(tx, &leader(), &held)?;
                Ok(all
                    .iter()
                    .map(|one| {
                        (one.person.0, one.flags.iter().map(|flag| flag.code()).collect::<Vec<_>>().join(" "))
                    })
                    .collect::<Vec<_>>())
            })
            .unwrap();
        assert!(flags.iter().any(|(who, flags)| *who == 4 && flags.contains("clock")), "{flags:?}");
        assert!(flags.iter().any(|(who, flags)| *who == 5 && flags.contains("after_role")), "{flags:?}");
        assert_eq!(
            standing(&city, session).0[0].2,
            Some(570),
            "within the session the corrected time counts"
        );
        city.clock.set(at(600 + 7 * 24 * 60 + 1));
        let over = send(&city, &former, session, "B", &[sent("b3", Act::Out, line, 590)]);
        assert_eq!(over.unwrap_err().code(), "common.forbidden");
        let stranger = send(&city, &actor(7, None), session, "C", &[]);
        assert_eq!(stranger.unwrap_err().code(), "common.forbidden");
    }
}

#[test]
fn phones_that_send_at_once_do_not_double() {
    for city in cities(8) {
        let session = city.session(100, "service", 540, 660);
        for person in [3, 4, 5, 6] {
            city.book(session, person);
        }
        city.clock.set(at(600));
        let lines: Vec<SignUpId> = [3, 4, 5, 6].map(|person| place(&city, session, person)).to_vec();
        std::thread::scope(|scope| {
            for phone in 0..4 {
                let (city, lines) = (&city, &lines);
                scope.spawn(move || {
                    // Two phones, each of which sends the same from the page and from behind it.
                    let device = if phone % 2 == 0 { "A" } else { "B" };
                    let who = if phone % 2 == 0 { leader() } else { second() };
                    let all: Vec<Sent> = lines
                        .iter()
                        .enumerate()
                        .map(|(n, line)| sent(&format!("{device}{n}"), Act::Present, *line, 541))
                        .collect();
                    for one in all.chunks(2) {
                        send(city, &who, session, device, one).unwrap();
                    }
                });
            }
        });
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM check_in")), 4);
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM attendance_command")), 8);
        assert_eq!(standing(&city, session).1, []);
    }
}

fn late_scan(
    city: &City,
    session: SessionId,
    person: i64,
    id: &str,
    minute: i64,
) -> Result<Answered, String> {
    let scan = Scan {
        id: format!("late-scan-{id}"),
        session,
        device: "device-P".into(),
        device_at: at(minute),
        offset_ms: 0,
        shown_at: at(minute),
    };
    city.write(move |tx| take_scan(tx, &actor(person, None), &scan)).map_err(|error| error.code().to_owned())
}

#[test]
fn scans_sent_later_count_at_the_time_their_code_proves() {
    for city in cities(8) {
        let session = city.session(100, "service", 540, 660);
        for person in [4, 5, 6] {
            city.book(session, person);
        }
        // Two days later, the leaving before the coming, one of them twice.
        city.clock.set(at(2 * 24 * 60 + 500));
        let waiting = late_scan(&city, session, 4, "b4", 650).unwrap();
        assert_eq!(waiting.outcome, Outcome::Done);
        late_scan(&city, session, 4, "a4", 539).unwrap();
        late_scan(&city, session, 4, "a4", 539).unwrap();
        late_scan(&city, session, 4, "c4", 539).unwrap();
        assert_eq!(standing(&city, session).0[0], (4, "attended".into(), Some(539), Some(650)));
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM check_in WHERE undone_at IS NULL")), 1);
        // The leader's phone and the volunteer's agree, or somebody decides.
        late_scan(&city, session, 5, "a5", 545).unwrap();
        let line = place(&city, session, 5);
        let absent = send(&city, &leader(), session, "A", &[sent("a5", Act::Absent, line, 550)]).unwrap();
        assert_eq!(outcomes(&absent), [(Outcome::Conflict, "present_absent")]);
        // Bounds: not before check-in opens, not after three days.
        assert_eq!(late_scan(&city, session, 6, "a6", 500).unwrap_err(), "attendance.scan_wrong");
        city.clock.set(at(3 * 24 * 60 + 601));
        assert_eq!(late_scan(&city, session, 6, "b6", 600).unwrap_err(), "attendance.scan_late");
        late_scan(&city, session, 6, "c6", 602).unwrap();
        let flags = city
            .write(move |tx| {
                let row: (String,) = tx
                    .one(sql!("SELECT flags FROM check_in WHERE person_id = 6 AND undone_at IS NULL"), &[])?;
                Ok(row.0)
            })
            .unwrap();
        assert_eq!(flags, "late_sent");
    }
}

#[test]
fn somebody_without_a_place_joins_with_a_late_scan() {
    for city in cities(8) {
        let session = city.session(100, "service", 540, 660);
        city.clock.set(at(600));
        assert_eq!(late_scan(&city, session, 7, "a7", 550).unwrap().outcome, Outcome::Done);
        assert_eq!(standing(&city, session).0, [(7, "attended".into(), Some(550), None)]);
        city.write(|tx| {
            tx.exec(sql!("UPDATE activity SET walk_in = FALSE"), &[])?;
            Ok(())
        })
        .unwrap();
        assert_eq!(late_scan(&city, session, 6, "a6", 550).unwrap_err(), "attendance.no_walk_in");
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM sign_up")), 1);
    }
}
