//! The register of member cards on both databases: who prints and hands out, whose code is dead when, what stays.

use std::sync::Arc;

use db::testing::Bench;
use db::{Bus, WriteTx, args, sql};
use kernel::{AccountId, Actor, Clock, Date, Error, Grant, ManualClock, OrgId, PersonId, Role, Timestamp};
use people::member_card::store::{self, Card, Filter, Wanted};
use people::member_card::{self as cards, CardId, CardMoved, CardState};
use people::org::{self, NewOrg, OrgKind};

#[derive(Clone, Copy)]
struct City {
    home: OrgId,
    other: OrgId,
    team: OrgId,
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
        bus.subscribe(|tx: &mut WriteTx<'_>, event: &CardMoved| {
            let id: AccountId = tx.new_id();
            let (name, value) = (format!("told {id}"), format!("{} {}", event.person, event.state.code()));
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
    Ok(City { home, other, team })
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

fn of(bench: &Bench, n: i64) -> Vec<Card> {
    bench.db.read_blocking(move |tx| store::of_person(tx, PersonId(n))).unwrap()
}

fn states(bench: &Bench, n: i64) -> Vec<(i64, CardState)> {
    of(bench, n).into_iter().map(|one| (one.card_no, one.state)).collect()
}

fn number(bench: &Bench, n: i64) -> i64 {
    let row: (i64,) = bench
        .db
        .read_blocking(move |tx| {
            tx.first(sql!("SELECT card_no FROM person WHERE id = $1"), args![n]).map(Option::unwrap)
        })
        .unwrap();
    row.0
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

fn print(bench: &Bench, actor: &Actor, people: &[i64], replace: bool) -> Result<usize, String> {
    let (actor, people) = (actor.clone(), people.iter().map(|n| PersonId(*n)).collect::<Vec<_>>());
    run(bench, move |tx| cards::print(tx, &actor, &people, replace).map(|done| done.len()))
}

fn issue(bench: &Bench, actor: &Actor, ids: &[CardId]) -> Result<usize, String> {
    let (actor, ids) = (actor.clone(), ids.to_vec());
    run(bench, move |tx| cards::issue(tx, &actor, &ids))
}

#[test]
fn cards_are_printed_and_handed_out() {
    each(|bench, city| {
        let station = staff(bench, Role::Station, city.home);
        let other = staff(bench, Role::Station, city.other);
        assert_eq!(print(bench, &person(1), &[1], false).unwrap_err(), "common.forbidden");
        assert_eq!(print(bench, &station, &[], false).unwrap_err(), "card.nobody");
        let many: Vec<i64> = (1..=201).collect();
        assert_eq!(print(bench, &station, &many, false).unwrap_err(), "card.too_many");
        assert_eq!(print(bench, &other, &[1], false).unwrap_err(), "card.outside");
        assert_eq!(print(bench, &station, &[2, 1, 2], false).unwrap(), 2);
        assert_eq!(
            states(bench, 1),
            [(1, CardState::Printed)],
            "the code that phone and paper carry already"
        );
        assert_eq!(print(bench, &station, &[1], false).unwrap(), 1, "the paper got stuck");
        assert_eq!(states(bench, 1).len(), 1);
        let (one, two) = (of(bench, 1)[0].id, of(bench, 2)[0].id);
        assert_eq!(issue(bench, &other, &[one]).unwrap_err(), "card.outside");
        assert_eq!(issue(bench, &station, &[one, two]).unwrap(), 2);
        assert_eq!(issue(bench, &station, &[one]).unwrap_err(), "card.moved");
        let card = of(bench, 1).remove(0);
        assert_eq!(
            (card.state, card.issued_by.as_deref()),
            (CardState::Issued, Some("z")),
            "who did, and when"
        );
        assert!(card.issued_at.is_some());
        assert_eq!(told(bench), ["1 issued", "2 issued"]);
        bench
            .db
            .write_blocking(|tx| {
                tx.exec(sql!("UPDATE person SET state = 'suspended' WHERE id = 3"), &[])?;
                Ok::<_, Error>(())
            })
            .unwrap();
        assert_eq!(print(bench, &station, &[3, 4], false).unwrap_err(), "card.not_active");
        assert!(of(bench, 4).is_empty(), "all of them or nobody");
    });
}

#[test]
fn the_old_code_is_dead_at_once() {
    each(|bench, city| {
        let station = staff(bench, Role::Station, city.home);
        // Somebody whose card no row tells of, from an import or printed long ago: the number stands as it is.
        assert_eq!(number(bench, 5), 1);
        run(bench, |tx| cards::lose_own(tx, &person(5), "公交车上")).unwrap();
        assert_eq!((number(bench, 5), states(bench, 5)), (2, vec![(1, CardState::Lost)]));
        assert!(told(bench).is_empty(), "by oneself");
        assert_eq!(print(bench, &station, &[5], false).unwrap(), 1);
        assert_eq!(states(bench, 5)[0], (2, CardState::Printed));
        let card = of(bench, 5)[0].id;
        issue(bench, &station, &[card]).unwrap();
        assert_eq!(print(bench, &station, &[5], false).unwrap_err(), "card.held");
        assert_eq!(print(bench, &station, &[5], true).unwrap(), 1);
        assert_eq!(number(bench, 5), 3);
        assert_eq!(states(bench, 5)[..2], [(3, CardState::Printed), (2, CardState::Replaced)]);
        assert_eq!(told(bench), ["5 issued", "5 replaced"]);
        let by = station.clone();
        let said = run(bench, move |tx| cards::lose(tx, &by, card, ""));
        assert_eq!(said.unwrap_err(), "card.moved", "what has ended stays so");
        let (by, card) = (station.clone(), of(bench, 5)[0].id);
        run(bench, move |tx| cards::void(tx, &by, card, "裁坏了")).unwrap();
        assert_eq!((number(bench, 5), states(bench, 5)[0]), (4, (3, CardState::Void)));
        let by = station.clone();
        run(bench, move |tx| cards::lose_of(tx, &by, PersonId(5), "")).unwrap();
        assert_eq!((number(bench, 5), states(bench, 5)[0]), (5, (4, CardState::Lost)));
        let elsewhere = staff(bench, Role::Station, city.other);
        let said = run(bench, move |tx| cards::lose_of(tx, &elsewhere, PersonId(5), ""));
        assert_eq!(said.unwrap_err(), "common.not_found");
        print(bench, &station, &[5], false).unwrap();
        let (by, card) = (station, of(bench, 5)[0].id);
        run(bench, move |tx| cards::replace(tx, &by, card, "")).unwrap();
        assert_eq!(states(bench, 5)[..2], [(6, CardState::Printed), (5, CardState::Replaced)]);
        assert_eq!(number(bench, 1), 1, "nobody else's");
    });
}

#[test]
fn teams_and_units_look_after_their_own() {
    each(|bench, city| {
        let unit = bench
            .db
            .write_blocking(move |tx| {
                let unit = org::create(tx, &NewOrg::new(OrgKind::Unit, "市图书馆", Some(city.other)))?;
                let now = tx.now();
                tx.exec_one(
                    sql!(
                        "INSERT INTO report_in (id, unit_id, name, person_id, state, listed_at)
                         VALUES (1, $1, '张5', 5, 'confirmed', $2)"
                    ),
                    args![unit, now],
                )?;
                Ok::<_, Error>(unit)
            })
            .unwrap();
        let leader = staff(bench, Role::Leader, city.team);
        let liaison = staff(bench, Role::Leader, unit);
        let seen = |actor: &Actor, org: Option<OrgId>| {
            let actor = actor.clone();
            let page = bench
                .db
                .read_blocking(move |tx| {
                    let org = match org {
                        Some(id) => org::find(tx, id)?,
                        None => None,
                    };
                    store::people(tx, &actor, &Wanted { org, without: true, ..Wanted::default() }, 50)
                })
                .unwrap();
            page.rows.iter().map(|one| one.id.0).collect::<Vec<_>>()
        };
        assert_eq!(seen(&leader, None), [1, 2, 3]);
        assert_eq!(seen(&liaison, None), [5]);
        assert_eq!(print(bench, &leader, &[5], false).unwrap_err(), "card.outside");
        assert_eq!(print(bench, &leader, &[1, 2], false).unwrap(), 2);
        assert_eq!(print(bench, &liaison, &[5], false).unwrap(), 1);
        assert_eq!(seen(&leader, None), [3], "who have none");
        let station = staff(bench, Role::Station, city.home);
        assert_eq!(seen(&station, Some(city.team)), [3]);
        let list = |actor: &Actor, filter: Filter, rows: i64| {
            let actor = actor.clone();
            bench.db.read_blocking(move |tx| store::list(tx, &actor, &filter, rows)).unwrap()
        };
        let people =
            |page: &kernel::page::Page<Card>| page.rows.iter().map(|one| one.person.0).collect::<Vec<_>>();
        assert_eq!(people(&list(&leader, Filter::default(), 50)), [2, 1]);
        assert_eq!(people(&list(&liaison, Filter::default(), 50)), [5]);
        let first = list(&station, Filter::default(), 2);
        assert_eq!(people(&first), [5, 2]);
        let next = Filter { after: first.next.unwrap(), ..Filter::default() };
        assert_eq!(people(&list(&station, next, 2)), [1]);
        let named = Filter { q: "张2".to_owned(), state: Some(CardState::Printed), ..Filter::default() };
        assert_eq!(people(&list(&station, named, 50)), [2]);
        let (count, who) = bench.db.read_blocking(move |tx| store::waiting(tx, &leader)).unwrap();
        assert_eq!((count, who.as_deref()), (2, Some("张1")));
    });
}
