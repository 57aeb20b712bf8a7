//! Qualifications and trainings on both databases: who hands in, who confirms, when it counts, what a training brings.

use std::sync::Arc;

use db::testing::Bench;
use db::{Bus, WriteTx, args, sql};
use kernel::{AccountId, Actor, Clock, Date, Error, Grant, ManualClock, OrgId, PersonId, Role, Timestamp};
use people::org::{self, NewOrg, OrgKind};
use people::qualification::rules::{self, Proof};
use people::qualification::store::{self, Filter};
use people::qualification::{
    self, Given, KindForm, NewKind, NewTraining, QualificationId, QualificationMoved, QualificationStage,
    QualificationState,
};
use vault::{Cost, KeyRing, SeededRandom, Vault};

#[derive(Clone, Copy)]
struct City {
    top: OrgId,
    home: OrgId,
    other: OrgId,
    team: OrgId,
}

fn vault() -> Vault {
    let random = Box::new(SeededRandom::new([8; 32]));
    Vault::new(&KeyRing::ephemeral([7; 32]), Cost::cheap_for_tests(), random).unwrap()
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
        bus.subscribe(|tx: &mut WriteTx<'_>, event: &QualificationMoved| {
            let id: AccountId = tx.new_id();
            let (name, value) = (
                format!("told {id}"),
                format!("{} {} {} {}", event.person, event.kind.0, event.state.code(), event.reason),
            );
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
    let team = node(tx, OrgKind::Team, "救护队", home)?;
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
        if n <= 3 {
            tx.exec_one(
                sql!("INSERT INTO member (id, org_id, person_id, state) VALUES ($1, $2, $1, 'member')"),
                args![n, team],
            )?;
        }
    }
    people::person::keys::write_all(tx)?;
    Ok(City { top, home, other, team })
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

fn paper(kind: &str, from: &str, until: Option<&str>) -> Given {
    Given {
        kind: kind.to_owned(),
        number: "RC-2026-000123".to_owned(),
        issuer: "市红十字会".to_owned(),
        from_on: day(from),
        until_on: until.map(day),
    }
}

fn run<T, F>(bench: &Bench, command: F) -> Result<T, String>
where
    T: Send + 'static,
    F: Fn(&mut WriteTx<'_>) -> Result<T, Error> + Send + 'static,
{
    bench.db.write_blocking(command).map_err(|error: Error| error.code().to_owned())
}

fn kinds(bench: &Bench, city: City) {
    let office = staff(bench, Role::Office, city.top);
    run(bench, move |tx| qualification::usual_kinds(tx, &office)).unwrap();
}

fn hand_in(bench: &Bench, n: i64, given: Given) -> Result<QualificationId, String> {
    run(bench, move |tx| qualification::hand_in(tx, &vault(), &person(n), &given))
}

fn of(bench: &Bench, n: i64) -> Vec<(String, QualificationState)> {
    let rows = bench.db.read_blocking(move |tx| store::of_person(tx, PersonId(n))).unwrap();
    rows.into_iter().map(|one| (one.kind, one.state)).collect()
}

fn told(bench: &Bench) -> Vec<String> {
    let rows: Vec<(String,)> = bench
        .db
        .read_blocking(|tx| {
            tx.all(sql!("SELECT value FROM setting WHERE name LIKE 'told%' ORDER BY name"), &[])
        })
        .unwrap();
    rows.into_iter().map(|row| row.0).collect()
}

#[test]
fn the_office_keeps_the_list_of_kinds() {
    each(|bench, city| {
        let station = staff(bench, Role::Station, city.home);
        let said = run(bench, move |tx| qualification::usual_kinds(tx, &station));
        assert_eq!(said.unwrap_err(), "common.forbidden");
        let office = staff(bench, Role::Office, city.top);
        let by = office.clone();
        assert_eq!(run(bench, move |tx| qualification::usual_kinds(tx, &by)).unwrap(), rules::USUAL.len());
        let by = office.clone();
        assert_eq!(run(bench, move |tx| qualification::usual_kinds(tx, &by)).unwrap(), 0, "once");
        let new = |code: Option<&str>, name: &str, in_use| NewKind {
            code: code.map(str::to_owned),
            name: name.to_owned(),
            name_en: "Lifeguard".to_owned(),
            form: KindForm::Certificate,
            expires: true,
            months: Some(12),
            in_use,
        };
        let (by, kind) = (office.clone(), new(None, "救生员证", true));
        let code = run(bench, move |tx| qualification::put_kind(tx, &by, &kind)).unwrap();
        let (by, kind) = (office.clone(), new(None, "救生员证", true));
        let said = run(bench, move |tx| qualification::put_kind(tx, &by, &kind));
        assert_eq!(said.unwrap_err(), "qualification.same_name");
        let found = code.clone();
        let row = bench.db.read_blocking(move |tx| store::kind(tx, &found)).unwrap().unwrap();
        assert_eq!((row.expires, row.months), (true, None), "certificates have no months");
        hand_in(bench, 1, paper(&code, "2026-01-01", Some("2027-01-01"))).unwrap();
        let (by, kind) = (office, new(Some(&code), "救生员证书", false));
        run(bench, move |tx| qualification::put_kind(tx, &by, &kind)).unwrap();
        let said = hand_in(bench, 2, paper(&code, "2026-01-01", Some("2027-01-01")));
        assert_eq!(said.unwrap_err(), "qualification.kind", "used no more");
        assert_eq!(of(bench, 1).len(), 1, "what was handed in stays");
    });
}

#[test]
fn handed_in_looked_at_and_ended() {
    each(|bench, city| {
        kinds(bench, city);
        let card = |from: &str, until: Option<&str>| paper("first_aid_card", from, until);
        assert_eq!(
            hand_in(bench, 1, paper("basic_training", "2026-01-01", None)).unwrap_err(),
            "qualification.kind"
        );
        assert_eq!(hand_in(bench, 1, card("2026-01-01", None)).unwrap_err(), "qualification.until");
        assert_eq!(
            hand_in(bench, 1, card("2026-12-01", Some("2026-11-30"))).unwrap_err(),
            "qualification.backwards"
        );
        assert_eq!(
            hand_in(bench, 1, card("2023-01-01", Some("2026-11-20"))).unwrap_err(),
            "qualification.over"
        );
        let id = hand_in(bench, 1, card("2024-11-21", Some("2026-11-21"))).unwrap();
        assert_eq!(
            hand_in(bench, 1, card("2026-01-01", Some("2029-01-01"))).unwrap_err(),
            "qualification.waiting"
        );
        // The number is sealed; staff of another place know nothing of it.
        let (sealed,): (Vec<u8>,) = bench
            .db
            .read_blocking(move |tx| {
                tx.one(sql!("SELECT number_enc FROM qualification WHERE id = $1"), args![id])
            })
            .unwrap();
        assert!(!String::from_utf8_lossy(&sealed).contains("000123"));
        let one = bench.db.read_blocking(move |tx| store::find(tx, id)).unwrap().unwrap();
        assert_eq!(one.number(&vault()).unwrap().as_deref(), Some("RC-2026-000123"));
        let elsewhere = staff(bench, Role::Station, city.other);
        let said = run(bench, move |tx| qualification::confirm(tx, &elsewhere, id));
        assert_eq!(said.unwrap_err(), "common.not_found");
        let station = staff(bench, Role::Station, city.home);
        let own = Actor { person: Some(PersonId(1)), ..station.clone() };
        assert_eq!(
            run(bench, move |tx| qualification::confirm(tx, &own, id)).unwrap_err(),
            "qualification.own"
        );
        let by = station.clone();
        let said = run(bench, move |tx| qualification::refuse(tx, &by, id, ""));
        assert_eq!(said.unwrap_err(), "qualification.reason");
        let by = station.clone();
        run(bench, move |tx| qualification::confirm(tx, &by, id)).unwrap();
        let by = station.clone();
        let said = run(bench, move |tx| qualification::confirm(tx, &by, id));
        assert_eq!(said.unwrap_err(), "qualification.answered");
        // Its last day is today: it counts, and tomorrow nobody has to do anything for it to have ended.
        let one = bench.db.read_blocking(move |tx| store::find(tx, id)).unwrap().unwrap();
        assert_eq!(rules::stage(&one.proof(), day("2026-11-21")), QualificationStage::Soon);
        assert_eq!(rules::stage(&one.proof(), day("2026-11-22")), QualificationStage::Expired);
        // The next one; the person takes it back, another is entered at the desk and revoked.
        let next = hand_in(bench, 1, card("2026-11-21", Some("2029-11-20"))).unwrap();
        let said = run(bench, move |tx| qualification::withdraw(tx, &person(2), next));
        assert_eq!(said.unwrap_err(), "common.not_found", "not theirs");
        run(bench, move |tx| qualification::withdraw(tx, &person(1), next)).unwrap();
        let (by, given) = (station.clone(), card("2026-11-01", Some("2029-10-31")));
        let entered =
            run(bench, move |tx| qualification::enter(tx, &vault(), &by, PersonId(1), &given)).unwrap();
        let by = station.clone();
        run(bench, move |tx| qualification::revoke(tx, &by, entered, "发证单位撤证")).unwrap();
        let refused = hand_in(bench, 2, card("2026-11-01", Some("2029-10-31"))).unwrap();
        let by = station.clone();
        run(bench, move |tx| qualification::refuse(tx, &by, refused, "照片页缺失")).unwrap();
        assert_eq!(
            of(bench, 1).into_iter().map(|row| row.1).collect::<Vec<_>>(),
            [QualificationState::Revoked, QualificationState::Withdrawn, QualificationState::Confirmed]
        );
        assert_eq!(
            told(bench),
            [
                "1 红十字救护员证 confirmed ",
                "1 红十字救护员证 confirmed ",
                "1 红十字救护员证 revoked 发证单位撤证",
                "2 红十字救护员证 refused 照片页缺失",
            ]
        );
        // Lists: by state, by what ends, page by page, and only one's own area.
        let listed = |by: &Actor, filter: Filter, rows: i64| {
            let by = by.clone();
            bench
                .db
                .read_blocking(move |tx| {
                    store::list(tx, &by.scopes(kernel::Action::PersonRegister), &filter, rows)
                })
                .unwrap()
        };
        assert_eq!(listed(&station, Filter::default(), 50).rows.len(), 4);
        let ending = Filter { ending: true, ..Filter::default() };
        assert_eq!(listed(&station, ending, 50).rows[0].id, id);
        let first = listed(&station, Filter::default(), 3);
        let rest = Filter { after: first.next.unwrap(), ..Filter::default() };
        assert_eq!(listed(&station, rest, 3).rows.len(), 1);
        assert!(listed(&staff(bench, Role::Station, city.other), Filter::default(), 50).rows.is_empty());
    });
}

#[test]
fn a_training_counts_for_all_who_took_part_until_it_is_voided() {
    each(|bench, city| {
        kinds(bench, city);
        let leader = staff(bench, Role::Leader, city.team);
        let training = |people: &[i64], on: &str, kind: Option<&str>| NewTraining {
            name: "消防安全培训".to_owned(),
            content: "灭火器使用".to_owned(),
            minutes: 90,
            holder: "消防救援站".to_owned(),
            held_on: day(on),
            kind: kind.map(str::to_owned),
            people: people.iter().copied().map(PersonId).collect(),
        };
        let add = |by: &Actor, new: NewTraining| {
            let (by, team) = (by.clone(), city.team);
            run(bench, move |tx| qualification::add_training(tx, &by, team, &new))
        };
        assert_eq!(add(&leader, training(&[], "2026-11-01", None)).unwrap_err(), "training.nobody");
        assert_eq!(add(&leader, training(&[1, 5], "2026-11-01", None)).unwrap_err(), "training.not_members");
        assert_eq!(add(&leader, training(&[1], "2026-11-22", None)).unwrap_err(), "training.ahead");
        let card = Some("first_aid_card");
        assert_eq!(add(&leader, training(&[1], "2026-11-01", card)).unwrap_err(), "qualification.kind");
        let elsewhere = staff(bench, Role::Station, city.other);
        assert_eq!(add(&elsewhere, training(&[1], "2026-11-01", None)).unwrap_err(), "common.not_found");
        let id = add(&leader, training(&[1, 2, 2], "2026-11-01", Some("fire_training"))).unwrap();
        add(&leader, training(&[3], "2026-11-02", None)).unwrap();
        let proofs = |n: i64| -> Vec<Proof> {
            let rows = bench.db.read_blocking(move |tx| store::of_person(tx, PersonId(n))).unwrap();
            rows.iter().map(store::Qualification::proof).collect()
        };
        assert_eq!(proofs(1)[0].until_on, Some(day("2027-10-31")), "twelve months");
        assert!(proofs(3).is_empty(), "a record only");
        let team = city.team;
        let page = bench.db.read_blocking(move |tx| store::trainings(tx, team, "", 1)).unwrap();
        assert_eq!((page.rows[0].people, page.rows[0].held_on), (1, day("2026-11-02")));
        let after = page.next.unwrap();
        let page = bench.db.read_blocking(move |tx| store::trainings(tx, team, &after, 1)).unwrap();
        assert_eq!((page.rows[0].id, page.rows[0].people, page.next), (id, 2, None));
        let mine = bench.db.read_blocking(|tx| store::of_person(tx, PersonId(1))).unwrap()[0].id;
        let said = run(bench, move |tx| qualification::withdraw(tx, &person(1), mine));
        assert_eq!(said.unwrap_err(), "qualification.trained");
        let by = leader.clone();
        let said = run(bench, move |tx| qualification::void_training(tx, &by, id, "").map(|_| ()));
        assert_eq!(said.unwrap_err(), "qualification.reason");
        let by = leader.clone();
        run(bench, move |tx| qualification::void_training(tx, &by, id, "录错日期").map(|_| ())).unwrap();
        let by = leader;
        let said = run(bench, move |tx| qualification::void_training(tx, &by, id, "录错日期").map(|_| ()));
        assert_eq!(said.unwrap_err(), "training.voided");
        assert_eq!(of(bench, 2), [("fire_training".to_owned(), QualificationState::Revoked)]);
        assert_eq!(told(bench).len(), 2);
        let left = bench.db.read_blocking(|tx| store::trainings_of(tx, PersonId(1))).unwrap();
        assert!(left.is_empty(), "what was voided is on nobody's record");
    });
}

#[test]
fn what_two_registrations_show_becomes_one_and_parts_again() {
    each(|bench, city| {
        kinds(bench, city);
        let card = |from: &str| paper("first_aid_card", from, Some("2029-01-01"));
        hand_in(bench, 1, card("2026-01-01")).unwrap();
        hand_in(bench, 2, card("2026-02-01")).unwrap();
        hand_in(bench, 2, paper("driver", "2026-02-01", Some("2029-01-01"))).unwrap();
        let leader = staff(bench, Role::Leader, city.team);
        let new = NewTraining {
            name: "基础培训".to_owned(),
            content: "须知".to_owned(),
            minutes: 60,
            holder: "指导中心".to_owned(),
            held_on: day("2026-11-01"),
            kind: None,
            people: vec![PersonId(1), PersonId(2)],
        };
        let team = city.team;
        run(bench, move |tx| qualification::add_training(tx, &leader, team, &new)).unwrap();
        let office = staff(bench, Role::Office, city.top);
        let by = office.clone();
        let merge =
            run(bench, move |tx| people::duplicate::merge(tx, &by, PersonId(1), PersonId(2), "同一人"))
                .unwrap();
        let codes = |n| of(bench, n).into_iter().map(|row| row.0).collect::<Vec<_>>();
        assert_eq!(codes(1), ["driver", "first_aid_card"]);
        assert_eq!(codes(2), ["first_aid_card"], "one of a kind waits");
        let trained =
            |n: i64| bench.db.read_blocking(move |tx| store::trainings_of(tx, PersonId(n))).unwrap().len();
        assert_eq!((trained(1), trained(2)), (1, 1));
        run(bench, move |tx| people::duplicate::undo(tx, &office, merge, "看错了")).unwrap();
        assert_eq!((codes(1).len(), codes(2).len()), (1, 2));
    });
}
