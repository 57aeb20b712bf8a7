//! The rights desk on both databases: who asks, who answers, by when, and what is told.

use std::sync::Arc;

use db::testing::Bench;
use db::{Bus, WriteTx, args, sql};
use kernel::{AccountId, Actor, Clock, Date, Error, Grant, ManualClock, OrgId, PersonId, Role, Timestamp};
use people::org::{self, NewOrg, OrgKind};
use people::rights::{self, RightsAnswered, RightsId, RightsKind, RightsState, store};

#[derive(Clone, Copy)]
struct City {
    top: OrgId,
    home: OrgId,
    other: OrgId,
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn each(test: impl Fn(&Bench, City)) {
    let clock = Arc::new(ManualClock::new(Timestamp::at(day("2026-11-21"), 600)));
    let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    let migrations = [db::migrate::MIGRATIONS, people::MIGRATIONS].concat();
    let bus = || {
        let mut bus = Bus::default();
        bus.subscribe(|tx: &mut WriteTx<'_>, event: &RightsAnswered| {
            let id: AccountId = tx.new_id();
            let name = format!("told {id}");
            let value = format!("{} {} {} {}", event.asker, event.ward, event.state.code(), event.answer);
            tx.exec(sql!("INSERT INTO setting (name, value) VALUES ($1, $2)"), args![name, value])?;
            Ok(())
        });
        bus
    };
    for bench in Bench::all(&migrations, &shared, bus).unwrap() {
        let city = bench.db.write_blocking(build).unwrap();
        test(&bench, city);
    }
}

fn build(tx: &mut WriteTx<'_>) -> Result<City, Error> {
    let top = org::ensure_root(tx, "测试市", "Test City")?;
    let node = |tx: &mut WriteTx<'_>, kind, name: &str, parent| {
        org::create(tx, &NewOrg::new(kind, name, Some(parent)))
    };
    let street = node(tx, OrgKind::Street, "东街道", top)?;
    let home = node(tx, OrgKind::Community, "湖心社区", street)?;
    let other = node(tx, OrgKind::Community, "望湖社区", street)?;
    let now = tx.now();
    for n in 1..=5 {
        let (no, name) = (people::person::volunteer_no(n), format!("张{n}"));
        tx.exec_one(
            sql!(
                "INSERT INTO person (id, volunteer_no, name, name_key, initials, home_org, state, source, created_at)
                 VALUES ($1, $2, $3, 'z', 'z', $4, 'active', 'self', $5)"
            ),
            args![n, no, name, home, now],
        )?;
        tx.exec_one(
            sql!("INSERT INTO account (id, person_id, name, state, created_at) VALUES ($1, $1, 'z', 'active', $2)"),
            args![n, now],
        )?;
    }
    people::person::keys::write_all(tx)?;
    Ok(City { top, home, other })
}

fn staff(bench: &Bench, role: Role, org: OrgId) -> Actor {
    let (area_path, sponsor_path) = bench.db.read_blocking(move |tx| org::paths(tx, org)).unwrap();
    Actor {
        account: Some(AccountId(4)),
        grants: vec![Grant { role, org, area_path, sponsor_path, org_name: String::new() }],
        ..Actor::default()
    }
}

fn person(n: i64) -> Actor {
    Actor { account: Some(AccountId(n)), person: Some(PersonId(n)), ..Actor::default() }
}

fn run<T, F>(bench: &Bench, command: F) -> Result<T, String>
where
    T: Send + 'static,
    F: Fn(&mut WriteTx<'_>) -> Result<T, Error> + Send + 'static,
{
    bench.db.write_blocking(command).map_err(|error: Error| error.code().to_owned())
}

fn ask(bench: &Bench, by: &Actor, about: i64, kind: RightsKind) -> Result<RightsId, String> {
    let by = by.clone();
    run(bench, move |tx| rights::ask(tx, &by, PersonId(about), kind, "姓名错一字"))
}

fn decide(bench: &Bench, by: &Actor, id: RightsId, done: bool, answer: &'static str) -> Result<(), String> {
    let by = by.clone();
    run(bench, move |tx| rights::decide(tx, &by, id, done, answer))
}

fn told(bench: &Bench) -> Vec<String> {
    let rows: Vec<(String,)> = bench
        .db
        .read_blocking(|tx| {
            tx.all(sql!("SELECT value FROM setting WHERE name LIKE 'told %' ORDER BY name"), &[])
        })
        .unwrap();
    rows.into_iter().map(|(value,)| value).collect()
}

#[test]
fn a_request_is_answered_once_with_a_reason() {
    each(|bench, city| {
        let station = staff(bench, Role::Station, city.home);
        let id = ask(bench, &person(1), 1, RightsKind::Correct).unwrap();
        assert_eq!(ask(bench, &person(1), 1, RightsKind::Correct).unwrap_err(), "rights.waiting");
        assert_eq!(ask(bench, &person(1), 2, RightsKind::Copy).unwrap_err(), "common.not_found");
        assert_eq!(ask(bench, &station, 1, RightsKind::Copy).unwrap_err(), "common.forbidden");
        let one = bench.db.read_blocking(move |tx| store::find(tx, id)).unwrap().unwrap();
        // Saturday the twenty-first; fifteen working days on.
        assert_eq!((one.state, one.due_on), (RightsState::Open, day("2026-12-11")));
        let elsewhere = staff(bench, Role::Station, city.other);
        assert_eq!(decide(bench, &elsewhere, id, true, "好").unwrap_err(), "common.not_found");
        assert_eq!(decide(bench, &person(2), id, true, "好").unwrap_err(), "common.not_found");
        let own = Actor { person: Some(PersonId(1)), ..station.clone() };
        assert_eq!(decide(bench, &own, id, true, "好").unwrap_err(), "rights.own");
        assert_eq!(decide(bench, &station, id, false, "").unwrap_err(), "rights.answer");
        decide(bench, &station, id, false, "与证件一致").unwrap();
        assert_eq!(decide(bench, &station, id, true, "已改").unwrap_err(), "rights.answered");
        let said = run(bench, move |tx| rights::withdraw(tx, &person(1), id).map(|_| ()));
        assert_eq!(said.unwrap_err(), "rights.answered");
        assert_eq!(told(bench), ["1  refused 与证件一致"]);
        let again = ask(bench, &person(1), 1, RightsKind::Correct).unwrap();
        let said = run(bench, move |tx| rights::withdraw(tx, &person(2), again).map(|_| ()));
        assert_eq!(said.unwrap_err(), "common.not_found");
        run(bench, move |tx| rights::withdraw(tx, &person(1), again).map(|_| ())).unwrap();
        let listed = |state| {
            let by = station.clone();
            bench
                .db
                .read_blocking(move |tx| {
                    store::list(tx, &by.scopes(kernel::Action::PersonEdit), state, "", 50)
                })
                .unwrap()
                .rows
                .len()
        };
        let counts = [RightsState::Open, RightsState::Refused, RightsState::Withdrawn].map(listed);
        assert_eq!(counts, [0, 1, 1]);
    });
}

#[test]
fn the_office_sets_the_clock() {
    each(|bench, city| {
        let (station, office) =
            (staff(bench, Role::Station, city.home), staff(bench, Role::Office, city.top));
        let before = ask(bench, &person(1), 1, RightsKind::Copy).unwrap();
        assert_eq!(run(bench, move |tx| rights::set_days(tx, &station, 5)).unwrap_err(), "common.forbidden");
        run(bench, move |tx| rights::set_days(tx, &office, 5)).unwrap();
        let after = ask(bench, &person(2), 2, RightsKind::Copy).unwrap();
        let due = |id| bench.db.read_blocking(move |tx| store::find(tx, id)).unwrap().unwrap().due_on;
        assert_eq!((due(before), due(after)), (day("2026-12-11"), day("2026-11-27")));
        let by = staff(bench, Role::Station, city.home);
        let waiting = bench
            .db
            .read_blocking(move |tx| store::waiting(tx, &by.scopes(kernel::Action::PersonEdit)))
            .unwrap();
        assert_eq!(waiting, (2, Some(day("2026-11-27"))));
    });
}

#[test]
fn a_guardian_asks_for_a_minor() {
    each(|bench, city| {
        bench
            .db
            .write_blocking(|tx| {
                let (now, until) = (tx.now(), tx.now().date().plus(900));
                tx.exec_one(
                    sql!(
                        "INSERT INTO guardian (id, minor_id, guardian_id, name, relation, phone_enc, phone_index, state, version,
                            channel, asked_at, respond_by, answered_at, until_on)
                         VALUES (1, 3, 2, '张2', 'mother', $3, $3, 'given', 'v', 'phone', $1, $1, $1, $2)"
                    ),
                    args![now, until, [1_u8].as_slice()],
                )?;
                Ok::<_, Error>(())
            })
            .unwrap();
        assert_eq!(ask(bench, &person(1), 3, RightsKind::Copy).unwrap_err(), "common.not_found");
        let id = ask(bench, &person(2), 3, RightsKind::Copy).unwrap();
        let station = staff(bench, Role::Station, city.home);
        let guardian = Actor { person: Some(PersonId(2)), ..station.clone() };
        assert_eq!(decide(bench, &guardian, id, true, "好").unwrap_err(), "rights.own");
        decide(bench, &station, id, true, "已交监护人").unwrap();
        assert_eq!(told(bench), ["2 张3 done 已交监护人"]);
    });
}
