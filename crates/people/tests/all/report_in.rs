//! Reporting in on both databases: nobody is enrolled by others, names stay with the unit, moving asks anew.

use std::sync::Arc;

use db::testing::Bench;
use db::{Bus, ReadTx, WriteTx, args, sql};
use kernel::{AccountId, Actor, Clock, Date, Error, Grant, ManualClock, OrgId, PersonId, Role, Timestamp};
use people::org::{self, NewOrg, OrgKind};
use people::report_in::{
    self, Added, Identity, PlaceState, ReportId, ReportMoved, ReportStage, ReportState, Wanted, rules, store,
};
use vault::{Cost, KeyRing, SeededRandom, Vault};

#[derive(Clone, Copy)]
struct City {
    top: OrgId,
    home: OrgId,
    other: OrgId,
    unit: OrgId,
}

fn vault() -> Vault {
    let random = Box::new(SeededRandom::new([8; 32]));
    Vault::new(&KeyRing::ephemeral([7; 32]), Cost::cheap_for_tests(), random).unwrap()
}

fn each(test: impl Fn(&Bench, City)) {
    let clock = Arc::new(ManualClock::new(Timestamp::at(Date::parse("2026-11-21").unwrap(), 600)));
    let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    let migrations = [db::migrate::MIGRATIONS, people::MIGRATIONS].concat();
    let bus = || {
        let mut bus = Bus::default();
        report_in::subscribe(&mut bus);
        bus.subscribe(|tx: &mut WriteTx<'_>, event: &ReportMoved| {
            let id: AccountId = tx.new_id();
            let (name, value) = (format!("told {id}"), format!("{} {}", event.person, event.stage.code()));
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

fn no(id: i64) -> String {
    people::person::volunteer_no(id)
}

fn build(tx: &mut WriteTx<'_>) -> Result<City, Error> {
    let top = org::ensure_root(tx, "测试市", "Test City")?;
    let node = |tx: &mut WriteTx<'_>, kind, name: &str, parent| {
        org::create(tx, &NewOrg::new(kind, name, Some(parent)))
    };
    let street = node(tx, OrgKind::Street, "东街道", top)?;
    let home = node(tx, OrgKind::Community, "湖心社区", street)?;
    let other = node(tx, OrgKind::Community, "望湖社区", street)?;
    let unit = node(tx, OrgKind::Unit, "水务公司", home)?;
    let (now, vault) = (tx.now(), vault());
    for n in 1..=4 {
        let phone = format!("1380013800{n}");
        let index = people::person::phone_index(&vault, &phone).as_bytes().to_vec();
        tx.exec_one(
            sql!(
                "INSERT INTO person (id, volunteer_no, name, name_key, initials, home_org, phone_index, state, source, created_at)
                 VALUES ($1, $2, $3, 'z', 'z', $4, $5, 'active', 'self', $6)"
            ),
            args![n, no(n), format!("张{n}"), home, index, now],
        )?;
        tx.exec_one(
            sql!("INSERT INTO account (id, person_id, name, state, created_at) VALUES ($1, $1, 'z', 'active', $2)"),
            args![n, now],
        )?;
    }
    people::person::keys::write_all(tx)?;
    Ok(City { top, home, other, unit })
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

fn add(bench: &Bench, by: &Actor, unit: OrgId, text: &str) -> Result<Added, String> {
    let (by, entries) = (by.clone(), rules::entries(text));
    bench
        .db
        .write_blocking(move |tx| report_in::add(tx, &vault(), &by, unit, &entries))
        .map_err(|error: Error| error.code().to_owned())
}

fn answer(bench: &Bench, n: i64, id: ReportId, wanted: Wanted) -> Result<ReportStage, String> {
    bench
        .db
        .write_blocking(move |tx| report_in::answer(tx, &person(n), id, &wanted))
        .map_err(|error: Error| error.code().to_owned())
}

fn wanted(home: bool, unit: Option<OrgId>) -> Wanted {
    Wanted { identities: vec![Identity::PartyMember, Identity::PartyMember], home, unit, consent: true }
}

fn decide(bench: &Bench, by: &Actor, at: OrgId, id: ReportId, knows: bool, note: &str) -> Result<(), String> {
    let (by, note) = (by.clone(), note.to_owned());
    bench
        .db
        .write_blocking(move |tx| {
            let places = store::places(tx, &[id])?;
            let asked = places.iter().find(|place| place.state == PlaceState::Asked || !knows);
            let place = asked.or(places.first()).unwrap().id;
            report_in::decide(tx, &by, at, place, knows, &note)
        })
        .map_err(|error: Error| error.code().to_owned())
}

fn of(bench: &Bench, n: i64) -> Vec<(ReportId, ReportStage)> {
    bench
        .db
        .read_blocking(move |tx| {
            let mut out = Vec::new();
            for one in store::of_person(tx, PersonId(n))? {
                let states: Vec<PlaceState> =
                    store::places(tx, &[one.id])?.iter().map(|place| place.state).collect();
                out.push((one.id, rules::stage(true, one.state, &states)));
            }
            Ok::<_, Error>(out)
        })
        .unwrap()
}

fn rates(bench: &Bench, unit: OrgId) -> (i64, i64, i64) {
    let all = bench.db.read_blocking(move |tx: &mut ReadTx<'_>| store::counts(tx, &[unit])).unwrap();
    all.get(&unit).map_or((0, 0, 0), |one| (one.listed, one.confirmed, one.reported))
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
fn a_list_asks_and_enrols_nobody() {
    each(|bench, city| {
        let leader = staff(bench, Role::Leader, city.unit);
        let text = format!(
            "张1 13800138001 党员\n张2 {}\n李外 13912345678\n张3 13800138004\n张4 {}\n没号码",
            no(2),
            no(3)
        );
        let added = add(bench, &leader, city.unit, &text).unwrap();
        assert_eq!(
            added,
            Added { asked: 2, unregistered: 2, already: 0, wrong: 2 },
            "phone and number need the name"
        );
        assert_eq!(rates(bench, city.unit), (4, 0, 0));
        assert_eq!(of(bench, 1)[0].1, ReportStage::Waiting);
        assert_eq!(told(bench), ["1 waiting", "2 waiting"]);
        let again = add(bench, &leader, city.unit, &text).unwrap();
        assert_eq!((again.asked, again.unregistered, again.already), (0, 0, 4));
        assert_eq!(add(bench, &leader, city.unit, "没号码").unwrap_err(), "report_in.nothing");
        // Names are for the unit: those above may not even list.
        let office = staff(bench, Role::Office, city.top);
        assert_eq!(add(bench, &office, city.unit, &text).unwrap_err(), "report_in.unit_only");
        let elsewhere = staff(bench, Role::Station, city.other);
        assert_eq!(add(bench, &elsewhere, city.unit, &text).unwrap_err(), "common.not_found");
    });
}

#[test]
fn the_person_then_the_community() {
    each(|bench, city| {
        let leader = staff(bench, Role::Leader, city.unit);
        add(bench, &leader, city.unit, "张1 13800138001 团员").unwrap();
        let id = of(bench, 1)[0].0;
        assert_eq!(answer(bench, 2, id, wanted(true, None)).unwrap_err(), "common.not_found", "not theirs");
        assert_eq!(answer(bench, 1, id, Wanted::default()).unwrap_err(), "report_in.identity");
        let silent = Wanted { consent: false, ..wanted(true, None) };
        assert_eq!(answer(bench, 1, id, silent).unwrap_err(), "report_in.consent");
        assert_eq!(answer(bench, 1, id, wanted(false, None)).unwrap_err(), "report_in.community");
        assert_eq!(answer(bench, 1, id, wanted(true, Some(city.top))).unwrap_err(), "report_in.no_community");
        assert_eq!(answer(bench, 1, id, wanted(true, Some(city.other))).unwrap(), ReportStage::Asked);
        let station = staff(bench, Role::Station, city.home);
        assert_eq!(decide(bench, &station, city.other, id, true, "").unwrap_err(), "common.not_found");
        assert_eq!(decide(bench, &leader, city.home, id, true, "").unwrap_err(), "common.not_found");
        assert_eq!(decide(bench, &station, city.home, id, false, "").unwrap_err(), "report_in.reason");
        decide(bench, &station, city.home, id, true, "").unwrap();
        assert_eq!(of(bench, 1)[0].1, ReportStage::Reported);
        assert_eq!(rates(bench, city.unit), (1, 1, 1));
        // Changing the other community leaves the confirmed one alone.
        assert_eq!(answer(bench, 1, id, wanted(true, None)).unwrap(), ReportStage::Reported);
        bench.db.write_blocking(move |tx| report_in::decline(tx, &person(1), id)).unwrap();
        assert_eq!((of(bench, 1)[0].1, rates(bench, city.unit)), (ReportStage::Declined, (1, 0, 0)));
        let left: (i64, i64) = bench
            .db
            .read_blocking(|tx| {
                tx.one(
                    sql!(
                        "SELECT (SELECT count(*) FROM report_identity), (SELECT count(*) FROM consent
                            WHERE purpose = 'report_in' AND withdrawn_at IS NULL)"
                    ),
                    &[],
                )
            })
            .unwrap();
        assert_eq!(left, (0, 0), "identity and consent end with the no");
    });
}

#[test]
fn moving_home_ends_one_community_and_asks_the_other() {
    each(|bench, city| {
        let leader = staff(bench, Role::Leader, city.unit);
        add(bench, &leader, city.unit, "张1 13800138001").unwrap();
        let id = of(bench, 1)[0].0;
        answer(bench, 1, id, wanted(true, None)).unwrap();
        decide(bench, &staff(bench, Role::Station, city.home), city.home, id, true, "").unwrap();
        bench.db.write_blocking(move |tx| report_in::moved(tx, PersonId(1), city.home)).unwrap();
        assert_eq!(of(bench, 1)[0].1, ReportStage::Reported, "not moved at all");
        bench.db.write_blocking(move |tx| report_in::moved(tx, PersonId(1), city.other)).unwrap();
        assert_eq!(of(bench, 1)[0].1, ReportStage::Asked);
        let there = staff(bench, Role::Station, city.other);
        decide(bench, &there, city.other, id, false, "查无此人").unwrap();
        assert_eq!(of(bench, 1)[0].1, ReportStage::Choose);
        let turn = bench.db.read_blocking(|tx| store::own_turn(tx, PersonId(1))).unwrap();
        assert_eq!(turn.len(), 1, "the person acts next");
        // Somebody who moves to no community chooses anew; the merge of communities carries the live ones.
        answer(bench, 1, id, wanted(false, Some(city.other))).unwrap();
        bench
            .db
            .write_blocking(move |tx| tx.publish(&org::OrgMerged { from: city.other, into: city.home }))
            .unwrap();
        let station = staff(bench, Role::Station, city.home);
        decide(bench, &station, city.home, id, true, "").unwrap();
        assert_eq!(of(bench, 1)[0].1, ReportStage::Reported);
        assert_eq!(told(bench).last().unwrap(), "1 reported");
    });
}

#[test]
fn who_registers_later_is_found() {
    each(|bench, city| {
        let leader = staff(bench, Role::Leader, city.unit);
        add(bench, &leader, city.unit, "王新 13600000001").unwrap();
        assert_eq!(rates(bench, city.unit), (1, 0, 0));
        bench
            .db
            .write_blocking(move |tx| {
                let index = people::person::phone_index(&vault(), "13600000001").as_bytes().to_vec();
                let now = tx.now();
                tx.exec_one(
                    sql!(
                        "INSERT INTO person (id, volunteer_no, name, name_key, initials, home_org, phone_index, state, source, created_at)
                         VALUES (9, 'V9', '王新', 'z', 'z', $1, $2, 'active', 'self', $3)"
                    ),
                    args![city.home, index, now],
                )?;
                tx.publish(&people::person::Claimed {
                    person: PersonId(9),
                    name: "王新".to_owned(),
                    channel: "self".to_owned(),
                })
            })
            .unwrap();
        let id = of(bench, 9)[0].0;
        assert_eq!(of(bench, 9)[0].1, ReportStage::Waiting);
        bench.db.write_blocking(move |tx| report_in::remove(tx, &leader, city.unit, id)).unwrap();
        assert!(of(bench, 9).is_empty());
        assert_eq!(rates(bench, city.unit), (0, 0, 0));
        let state: (ReportState,) = bench
            .db
            .read_blocking(move |tx| tx.one(sql!("SELECT state FROM report_in WHERE id = $1"), args![id]))
            .unwrap();
        assert_eq!(state.0, ReportState::Ended);
    });
}
