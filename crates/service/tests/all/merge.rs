//! Two registrations of one person become one, and two again, on both databases: nothing is counted twice, nothing is
//! lost, and an undo gives exactly what was.

use crate::city::{self, City, actor, at, cities_with, clerk, office};
use db::{Bus, Sql, WriteTx, args, sql};
use kernel::value::{FromValue, Value, ValueError};
use kernel::{Date, Error, OrgId, Period, PersonId, Role};
use people::duplicate::{self, MergeId};
use service::record::store::Which;
use service::record::{Class, RecordState, confirm};
use service::total::Counted;
use service::{RecordId, SessionId, SignUpId};

fn cities(people: i64) -> Vec<City> {
    cities_with(people, || {
        let mut bus = Bus::default();
        (service::room().subscribe.unwrap())(&mut bus);
        bus
    })
}

/// Any value as text.
struct Any(String);

impl FromValue for Any {
    fn from_value(value: Value<'_>) -> Result<Self, ValueError> {
        Ok(Self(match value {
            // Booleans are numbers in one of the databases.
            Value::Bool(b) => i64::from(b).to_string(),
            other => format!("{other:?}"),
        }))
    }
}

/// Everything that a merge may touch, row by row.
fn everything(city: &City) -> Vec<String> {
    let tables: Vec<(&'static Sql, usize)> = vec![
        (
            sql!(
                "SELECT id, national_no, gender, birth_on, id_kind, id_index, phone_index, address, note, state,
                    assurance, rank_public, guard, joined_on, claimed_at, merged_into FROM person ORDER BY id"
            ),
            16,
        ),
        (sql!("SELECT name_key, person_id FROM person_order ORDER BY person_id, name_key"), 2),
        (sql!("SELECT home_org, name_key, person_id FROM person_home ORDER BY person_id, home_org"), 3),
        (sql!("SELECT id, members FROM org ORDER BY id"), 2),
        (sql!("SELECT id, person_id, state, joined_on, left_on, reason FROM member ORDER BY id"), 6),
        (sql!("SELECT id, person_id, purpose, withdrawn_at FROM consent ORDER BY id"), 4),
        (sql!("SELECT id, person_id, state FROM account ORDER BY id"), 3),
        (sql!("SELECT person_id, skill FROM person_skill ORDER BY person_id, skill"), 2),
        (sql!("SELECT id, taken, state, decided_at FROM session ORDER BY id"), 4),
        (sql!("SELECT id, person_id, state, cancelled_at, cancel_reason FROM sign_up ORDER BY id"), 5),
        (sql!("SELECT id, person_id, undone_at FROM check_in ORDER BY id"), 3),
        (
            sql!(
                "SELECT id, person_id, state, decided_at, decided_by, decision_note, minutes FROM record ORDER BY id"
            ),
            7,
        ),
        (sql!("SELECT id, person_id, state, ended_at FROM waiting ORDER BY id"), 4),
        (
            sql!(
                "SELECT subject_kind, subject_id, period, minutes, records FROM total
                 WHERE minutes <> 0 OR records <> 0 ORDER BY subject_kind, subject_id, period"
            ),
            5,
        ),
        (
            sql!(
                "SELECT period, level, bucket, people FROM rank_count WHERE people <> 0
                 ORDER BY period, level, bucket"
            ),
            4,
        ),
        (sql!("SELECT count(*) FROM merge_step"), 1),
        (sql!("SELECT count(*) FROM merge_before"), 1),
    ];
    city.write(move |tx| {
        let mut out = Vec::new();
        for (sql, width) in &tables {
            tx.each(sql, &[], |row| {
                let cells: Result<Vec<Any>, _> = (0..*width).map(|at| row.get(at)).collect();
                let cells: Vec<String> = cells?.into_iter().map(|cell| cell.0).collect();
                out.push(format!("{}: {}", sql.at, cells.join(" ")));
                Ok(())
            })?;
        }
        Ok(out)
    })
    .unwrap()
}

fn same(city: &City, before: &[String], what: &str) {
    let now = everything(city);
    let differ: Vec<(&String, &String)> = before.iter().zip(&now).filter(|(a, b)| a != b).take(8).collect();
    assert!(
        differ.is_empty() && before.len() == now.len(),
        "{what}: {differ:#?}, {} and {}",
        before.len(),
        now.len()
    );
}

fn agrees(city: &City, what: &str) {
    let differ = city
        .write(|tx| {
            let mut out = service::total::check(tx)?;
            out.extend(service::record::check(tx)?);
            out.extend(service::past::check(tx)?);
            Ok(out)
        })
        .unwrap();
    assert!(differ.is_empty(), "{what}: {differ:#?}");
}

/// Nobody has two things that count at one time across what was merged.
fn nothing_twice(city: &City) {
    assert_eq!(
        city.count(sql!(
            "SELECT count(*) FROM record a JOIN record b ON b.person_id = a.person_id AND b.id > a.id
             AND b.session_id = a.session_id AND b.line = a.line WHERE a.state <> 'void' AND b.state <> 'void'"
        )),
        0
    );
    assert_eq!(
        city.count(sql!(
            "SELECT count(*) FROM sign_up a JOIN sign_up b ON b.person_id = a.person_id AND b.id > a.id
             AND b.session_id = a.session_id WHERE a.state <> 'cancelled' AND b.state <> 'cancelled'"
        )),
        0
    );
}

/// A small deterministic source of choices.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % u64::try_from(n).unwrap()).unwrap()
    }
}

struct Given {
    session: i64,
    person: i64,
    state: &'static str,
    record: Option<RecordState>,
    from: i64,
    to: i64,
}

fn put(tx: &mut WriteTx<'_>, one: &Given) -> Result<(), Error> {
    let (sign_up, record): (SignUpId, RecordId) = (tx.new_id(), tx.new_id());
    tx.exec_one(
        sql!(
            "INSERT INTO sign_up (id, session_id, person_id, team_id, state, starts_at, ends_at, source, created_at)
             VALUES ($1, $2, $3, 4, $4, $5, $6, 'self', 0)"
        ),
        args![sign_up, one.session, PersonId(one.person), one.state, at(one.from), at(one.to)],
    )?;
    tx.exec_one(sql!("UPDATE session SET taken = taken + 1 WHERE id = $1"), args![one.session])?;
    if one.state == "attended" {
        let stay: service::CheckInId = tx.new_id();
        tx.exec_one(
            sql!(
                "INSERT INTO check_in (id, session_id, person_id, in_at, in_method, created_at)
                 VALUES ($1, $2, $3, $4, 'code', 0)"
            ),
            args![stay, one.session, PersonId(one.person), at(one.from)],
        )?;
    }
    let Some(state) = one.record else { return Ok(()) };
    let (day, minutes) = (Date::new(2026, 3, 5).unwrap(), one.to - one.from);
    tx.exec_one(
        sql!(
            "INSERT INTO record (id, session_id, activity_id, person_id, team_id, community_id, street_id, home_org,
                category, title, place, served_group, service_on, start_at, end_at, minutes, method, class, state,
                created_at)
             VALUES ($1, $2, $2, $3, 4, 3, 2, 3, 'env', '清扫河岸', '', '', $4, $5, $6, $7, 'code', $8, $9, 0)"
        ),
        args![
            record,
            one.session,
            PersonId(one.person),
            day,
            at(one.from),
            at(one.to),
            minutes,
            Class::Verified,
            state
        ],
    )?;
    if state == RecordState::Confirmed {
        let counted = Counted {
            person: PersonId(one.person),
            team: OrgId(4),
            community: OrgId(3),
            street: OrgId(2),
            category: "env".into(),
            service_on: day,
            minutes,
            past: false,
        };
        service::total::add(tx, &[counted], 1)?;
    }
    Ok(())
}

/// Fills sessions with whoever the dice say.
fn fill(city: &City, dice: &mut Dice, people: i64) {
    city.write(|tx| Ok(people::person::keys::write_all(tx)?)).unwrap();
    let hours = [(540, 600), (570, 660), (600, 720), (700, 780), (760, 800), (900, 960)];
    for (n, (from, to)) in (100_i64..).zip(hours) {
        city.session(n, "service", from, to);
        for person in 5..=people {
            let (state, record) = match dice.below(6) {
                0 => ("booked", None),
                1 => ("attended", Some(RecordState::Confirmed)),
                2 => ("attended", Some(RecordState::Submitted)),
                3 => ("absent", None),
                _ => continue,
            };
            city.write(move |tx| put(tx, &Given { session: n, person, state, record, from, to })).unwrap();
        }
    }
    city.write(|tx| {
        Ok(tx.exec(
            sql!(
                "UPDATE session SET state = 'submitted' WHERE EXISTS (SELECT 1 FROM record r
                    WHERE r.session_id = session.id AND r.state = 'submitted')"
            ),
            &[],
        )?)
    })
    .unwrap();
    for person in 5..=people {
        if dice.below(2) == 0 {
            city.write(move |tx| {
                let id: people::org::MemberId = tx.new_id();
                tx.exec_one(
                    sql!(
                        "INSERT INTO member (id, org_id, person_id, state, joined_on) VALUES ($1, 4, $2, 'member', $3)"
                    ),
                    args![id, PersonId(person), 20_000 + person],
                )?;
                tx.exec_one(sql!("UPDATE org SET members = members + 1 WHERE id = 4"), &[])?;
                tx.exec_one(
                    sql!("INSERT INTO person_skill (person_id, skill) VALUES ($1, 'first_aid')"),
                    args![PersonId(person)],
                )?;
                people::person::give(tx, &actor(person, None), PersonId(person), people::person::Purpose::Rank, "me")
            })
            .unwrap();
        }
        if dice.below(3) == 0 {
            city.write(move |tx| {
                let id: service::WaitingId = tx.new_id();
                tx.exec_one(
                    sql!(
                        "INSERT INTO waiting (id, session_id, person_id, team_id, state, created_at)
                         VALUES ($1, 105, $2, 4, 'waiting', 0)"
                    ),
                    args![id, PersonId(person)],
                )?;
                Ok(())
            })
            .unwrap();
        }
    }
}

fn merge(city: &City, kept: i64, gone: i64) -> Result<MergeId, Error> {
    city.write(move |tx| duplicate::merge(tx, &office(), PersonId(kept), PersonId(gone), "看过证件"))
}

fn undo(city: &City, id: MergeId) -> Result<(), Error> {
    city.write(move |tx| duplicate::undo(tx, &office(), id, "认错人"))
}

#[test]
fn random_merges_and_undos_leave_the_totals_right() {
    for seed in 1..=5 {
        for city in cities(12) {
            let mut dice = Dice(seed);
            fill(&city, &mut dice, 12);
            agrees(&city, "before");
            let first = everything(&city);
            let mut done: Vec<(MergeId, Vec<String>)> = Vec::new();
            for turn in 0..14 {
                let (a, b) = (5 + dice.below(8), 5 + dice.below(8));
                if dice.below(3) == 0 {
                    if let Some((id, before)) = done.pop() {
                        undo(&city, id).unwrap();
                        same(&city, &before, &format!("seed {seed}, turn {turn}"));
                    }
                } else if a != b {
                    let before = everything(&city);
                    match merge(&city, a, b) {
                        Ok(id) => done.push((id, before)),
                        Err(error) => {
                            assert_eq!(error.code(), "duplicate.state", "one of them is part of another");
                            same(&city, &before, "refused");
                        }
                    }
                }
                agrees(&city, &format!("seed {seed}, turn {turn}"));
                nothing_twice(&city);
            }
            while let Some((id, before)) = done.pop() {
                undo(&city, id).unwrap();
                same(&city, &before, &format!("seed {seed}, undoing all"));
                agrees(&city, "undone");
            }
            same(&city, &first, "everything undone");
        }
    }
}

fn minutes_of(city: &City, person: i64) -> i64 {
    city.write(move |tx| {
        let sums = service::record::store::sums(tx, PersonId(person))?;
        Ok(sums.iter().find(|sum| sum.0 == Period::All.key()).map_or(0, |sum| sum.1))
    })
    .unwrap()
}

#[test]
fn one_session_counts_once_and_what_came_since_stays() {
    for city in cities(12) {
        city.session(100, "service", 540, 660);
        city.session(101, "service", 700, 760);
        let given = |session, person, record| Given {
            session,
            person,
            state: "attended",
            record: Some(record),
            from: if session == 100 { 540 } else { 700 },
            to: if session == 100 { 660 } else { 760 },
        };
        for one in [
            given(100, 5, RecordState::Confirmed),
            given(100, 6, RecordState::Confirmed),
            given(101, 6, RecordState::Submitted),
        ] {
            city.write(move |tx| put(tx, &Given { ..one })).unwrap();
        }
        city.write(|tx| Ok(tx.exec(sql!("UPDATE session SET state = 'submitted' WHERE id = 101"), &[])?))
            .unwrap();
        let shown = city
            .write(|tx| service::merge::preview(tx, PersonId(5), PersonId(6), kernel::Lang::Zh))
            .unwrap()
            .effects;
        let voided: Vec<&str> = shown
            .iter()
            .filter(|one| one.kind == duplicate::EffectKind::Voided)
            .map(|one| one.text.as_str())
            .collect();
        assert_eq!(voided.len(), 1, "shown before: the one session they both were in: {voided:?}");
        let id = merge(&city, 5, 6).unwrap();
        assert_eq!((minutes_of(&city, 5), minutes_of(&city, 6)), (120, 0));
        assert_eq!(city.count(sql!("SELECT taken FROM session WHERE id = 100")), 1);
        assert_eq!(
            city.count(sql!(
                "SELECT minutes FROM total WHERE subject_kind = 'team' AND subject_id = 4 AND period = 4"
            )),
            120
        );
        agrees(&city, "merged");
        // The station confirms what went over; then somebody finds that it was a mistake.
        city.write(|tx| confirm(tx, &clerk(), &Which::WaitingOf(SessionId(101)))).unwrap();
        assert_eq!(minutes_of(&city, 5), 180);
        agrees(&city, "confirmed meanwhile");
        undo(&city, id).unwrap();
        assert_eq!((minutes_of(&city, 5), minutes_of(&city, 6)), (120, 180));
        assert_eq!(city.count(sql!("SELECT taken FROM session WHERE id = 100")), 2);
        agrees(&city, "undone");
        let again = undo(&city, id).unwrap_err();
        assert_eq!(again.code(), "duplicate.undone");
    }
}

#[test]
fn who_may_and_who_may_not() {
    for city in cities(12) {
        let by = |actor: kernel::Actor, kept: i64, gone: i64| {
            city.write(move |tx| duplicate::merge(tx, &actor, PersonId(kept), PersonId(gone), "x"))
                .map_or_else(|error| error.code().to_owned(), |_| String::new())
        };
        assert_eq!(by(actor(4, Some((Role::Station, city::OTHER))), 5, 6), "common.not_found");
        assert_eq!(by(actor(4, Some((Role::Leader, city::TEAM))), 5, 6), "common.not_found");
        assert_eq!(by(actor(4, Some((Role::System, city::CITY))), 5, 6), "common.not_found");
        assert_eq!(by(actor(5, None), 5, 6), "common.not_found");
        assert_eq!(by(clerk(), 2, 6), "duplicate.own");
        assert_eq!(by(clerk(), 6, 6), "duplicate.same");
        city.write(|tx| {
            tx.exec_one(
                sql!(
                    "INSERT INTO role_grant (id, account_id, role, org_id, given_at) VALUES (77, 7, 'leader', 4, 0)"
                ),
                &[],
            )?;
            Ok(())
        })
        .unwrap();
        assert_eq!(by(clerk(), 6, 7), "duplicate.roles", "roles never move");
        assert_eq!(by(clerk(), 7, 6), "", "who holds them stays");
        assert_eq!(by(clerk(), 8, 6), "duplicate.state", "6 is part of 7");
        assert_eq!(city.count(sql!("SELECT count(*) FROM account WHERE id = 6 AND state = 'disabled'")), 1);
        assert_eq!(city.count(sql!("SELECT count(*) FROM audit WHERE act = 'person.merge'")), 2);
    }
}

#[test]
fn later_merges_are_undone_first_and_after_thirty_days_none() {
    for city in cities(12) {
        let (first, second) = (merge(&city, 5, 6).unwrap(), merge(&city, 7, 5).unwrap());
        assert_eq!(undo(&city, first).unwrap_err().code(), "duplicate.not_last");
        undo(&city, second).unwrap();
        let day = 24 * 60;
        city.clock.set(at(30 * day + 9 * 60));
        assert_eq!(undo(&city, first).unwrap_err().code(), "duplicate.too_late");
        city.write(duplicate::tick).unwrap();
        assert_eq!(city.count(sql!("SELECT count(*) FROM merge_step")), 0);
        assert_eq!(city.count(sql!("SELECT count(*) FROM merge_before")), 0);
        assert_eq!(
            city.count(sql!(
                "SELECT count(*) FROM person WHERE id = 6 AND name_key = '' AND birth_on IS NULL"
            )),
            1
        );
        assert_eq!(undo(&city, first).unwrap_err().code(), "duplicate.too_late");
        agrees(&city, "final");
        city.clock.set(at(480));
    }
}
