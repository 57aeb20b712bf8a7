//! Public places with their stations, and demonstration bases, on both databases: rates by type, who may change what,
//! and what follows when an organisation merges or closes.

use std::sync::Arc;

use db::testing::Bench;
use db::{Bus, WriteTx, args, sql};
use kernel::{AccountId, Actor, Clock, Date, Error, Grant, ManualClock, OrgId, Role, Timestamp};
use people::base::{self, BaseId, BaseLevel, BaseState};
use people::org::{self, NewOrg, OrgKind, OrgState};
use people::site::{self, SiteId, SiteKind, store};

#[derive(Clone, Copy)]
struct City {
    top: OrgId,
    street: OrgId,
    east: OrgId,
    west: OrgId,
    open: OrgId,
    planned: OrgId,
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn each(test: impl Fn(&Bench, City)) {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(Timestamp::at(day("2026-11-21"), 600)));
    let migrations = [db::migrate::MIGRATIONS, people::MIGRATIONS].concat();
    for bench in Bench::all(&migrations, &clock, Bus::default).unwrap() {
        let city = bench.db.write_blocking(build).unwrap();
        test(&bench, city);
    }
}

fn build(tx: &mut WriteTx<'_>) -> Result<City, Error> {
    let top = org::ensure_root(tx, "测试市", "Test City")?;
    let node = |tx: &mut WriteTx<'_>, kind, name: &str, above| {
        org::create(tx, &NewOrg::new(kind, name, Some(above)))
    };
    let street = node(tx, OrgKind::Street, "东街道", top)?;
    let east = node(tx, OrgKind::Community, "东社区", street)?;
    let west = node(tx, OrgKind::Community, "西社区", street)?;
    let open = node(tx, OrgKind::Station, "东站", east)?;
    let planned = org::create(
        tx,
        &NewOrg { state: OrgState::Planned, ..NewOrg::new(OrgKind::Station, "西站", Some(west)) },
    )?;
    let now = tx.now();
    tx.exec_one(
        sql!("INSERT INTO account (id, login, name, state, created_at) VALUES (4, 'o', 'o', 'active', $1)"),
        args![now],
    )?;
    Ok(City { top, street, east, west, open, planned })
}

fn staff(bench: &Bench, role: Role, org: OrgId) -> Actor {
    let (area_path, sponsor_path) = bench.db.read_blocking(move |tx| org::paths(tx, org)).unwrap();
    Actor {
        account: Some(AccountId(4)),
        grants: vec![Grant { role, org, area_path, sponsor_path, org_name: String::new() }],
        ..Actor::default()
    }
}

fn place(kind: SiteKind, name: &str, area: OrgId, station: Option<OrgId>) -> site::Edit {
    site::Edit {
        kind,
        name: name.to_owned(),
        area,
        address: String::new(),
        point: Some((113.5, 30.2)),
        station,
        keeper: String::new(),
    }
}

fn code<T>(result: Result<T, Error>) -> Result<T, String> {
    result.map_err(|error| error.code().to_owned())
}

fn add(bench: &Bench, by: &Actor, edit: site::Edit) -> Result<SiteId, String> {
    let by = by.clone();
    code(bench.db.write_blocking(move |tx| site::add(tx, &by, &edit)))
}

fn rates(bench: &Bench, under: &'static str) -> Vec<(SiteKind, i64, i64, i64)> {
    let found = bench.db.read_blocking(move |tx| store::coverage(tx, under)).unwrap();
    found.into_iter().map(|(kind, one)| (kind, one.all, one.open, one.planned)).collect()
}

#[test]
fn the_rate_of_a_type_counts_places_with_an_open_station() {
    each(|bench, city| {
        let office = staff(bench, Role::Office, city.top);
        add(bench, &office, place(SiteKind::Square, "东广场", city.east, Some(city.open))).unwrap();
        add(bench, &office, place(SiteKind::Square, "西广场", city.west, Some(city.planned))).unwrap();
        add(bench, &office, place(SiteKind::Square, "南广场", city.street, None)).unwrap();
        let market =
            add(bench, &office, place(SiteKind::Market, "东市场", city.east, Some(city.open))).unwrap();
        assert_eq!(rates(bench, "/"), [(SiteKind::Square, 3, 1, 2), (SiteKind::Market, 1, 1, 1)]);
        let by = office.clone();
        bench.db.write_blocking(move |tx| site::close(tx, &by, market)).unwrap();
        assert_eq!(rates(bench, "/"), [(SiteKind::Square, 3, 1, 2)]);
        let by = office.clone();
        assert_eq!(
            code(bench.db.write_blocking(move |tx| site::close(tx, &by, market))),
            Err("site.closed".into())
        );
        // What was taken off may be registered again.
        add(bench, &office, place(SiteKind::Market, "东市场", city.east, None)).unwrap();
        let without = store::Filter { covered: Some(store::Covered::No), ..store::Filter::default() };
        let page = bench.db.read_blocking(move |tx| store::list(tx, &without, 2)).unwrap();
        assert_eq!(page.rows.len(), 2);
        let next = store::Filter {
            covered: Some(store::Covered::No),
            after: page.next.unwrap(),
            ..store::Filter::default()
        };
        let rest = bench.db.read_blocking(move |tx| store::list(tx, &next, 2)).unwrap();
        assert_eq!((rest.rows.len(), rest.next), (1, None));
        let by_pinyin = store::Filter { words: "dongguang".to_owned(), ..store::Filter::default() };
        let found = bench.db.read_blocking(move |tx| store::list(tx, &by_pinyin, 9)).unwrap();
        assert_eq!(found.rows.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["东广场"]);
    });
}

#[test]
fn a_place_is_registered_once_by_whoever_looks_after_its_area() {
    each(|bench, city| {
        let (office, east) = (staff(bench, Role::Office, city.top), staff(bench, Role::Station, city.east));
        let leader = staff(bench, Role::Leader, city.east);
        add(bench, &east, place(SiteKind::Park, "河滨公园", city.east, None)).unwrap();
        assert_eq!(
            add(bench, &office, place(SiteKind::Park, "河滨公园", city.east, None)),
            Err("site.taken".into())
        );
        assert_eq!(
            add(bench, &east, place(SiteKind::Park, "西园", city.west, None)),
            Err("site.area".into())
        );
        assert_eq!(
            add(bench, &office, place(SiteKind::Park, "市园", city.top, None)),
            Err("site.area".into())
        );
        assert_eq!(
            add(bench, &office, place(SiteKind::Park, "西园", city.west, Some(city.east))),
            Err("site.station".into())
        );
        assert_eq!(
            add(bench, &leader, place(SiteKind::Park, "东园", city.east, None)),
            Err("common.forbidden".into())
        );
        let west = add(bench, &office, place(SiteKind::Park, "西园", city.west, None)).unwrap();
        let edit = place(SiteKind::Park, "西园", city.west, Some(city.open));
        let change = |by: &Actor, version| {
            let (by, edit) = (by.clone(), edit.clone());
            code(bench.db.write_blocking(move |tx| site::change(tx, &by, west, version, &edit)))
        };
        assert_eq!(change(&east, 1), Err("common.forbidden".into()));
        assert_eq!(change(&office, 1), Ok(()));
        assert_eq!(change(&office, 1), Err("common.stale".into()));
    });
}

#[test]
fn places_follow_a_merge_and_a_closed_station_leaves_a_gap() {
    each(|bench, city| {
        let office = staff(bench, Role::Office, city.top);
        let site = add(bench, &office, place(SiteKind::Hall, "西厅", city.west, Some(city.open))).unwrap();
        let find = || bench.db.read_blocking(move |tx| store::find(tx, site)).unwrap().unwrap();
        let by = office.clone();
        bench.db.write_blocking(move |tx| org::merge(tx, &by, city.west, city.east)).unwrap();
        assert_eq!((find().area, find().station), (city.east, Some(city.open)));
        let by = office;
        bench.db.write_blocking(move |tx| org::close(tx, &by, city.open)).unwrap();
        assert_eq!((find().area, find().station), (city.east, None));
        assert_eq!(rates(bench, "/"), [(SiteKind::Hall, 1, 0, 0)]);
    });
}

fn title(org: OrgId) -> base::Edit {
    base::Edit {
        org,
        title: "示范基地".to_owned(),
        level: BaseLevel::City,
        granted_by: "市文明办".to_owned(),
        granted_on: day("2025-12-05"),
        plaque_no: "7".to_owned(),
        valid_until: Some(day("2026-12-04")),
        recheck_on: None,
    }
}

fn grant(bench: &Bench, by: &Actor, edit: base::Edit) -> Result<BaseId, String> {
    let by = by.clone();
    code(bench.db.write_blocking(move |tx| base::grant(tx, &by, &edit)))
}

#[test]
fn a_title_is_borne_until_it_ends_or_is_withdrawn() {
    each(|bench, city| {
        let (office, east) = (staff(bench, Role::Office, city.top), staff(bench, Role::Station, city.east));
        let first = grant(bench, &office, title(city.east)).unwrap();
        let second =
            grant(bench, &office, base::Edit { recheck_on: Some(day("2026-12-01")), ..title(city.east) })
                .unwrap();
        let over =
            grant(bench, &office, base::Edit { valid_until: Some(day("2026-11-20")), ..title(city.east) })
                .unwrap();
        assert_eq!(grant(bench, &east, title(city.east)), Err("common.forbidden".into()));
        assert_eq!(
            grant(bench, &office, base::Edit { valid_until: Some(day("2025-12-04")), ..title(city.east) }),
            Err("base.dates".into())
        );
        let borne = || -> Vec<BaseId> {
            let found = bench.db.read_blocking(move |tx| base::store::borne_by(tx, city.east)).unwrap();
            found.iter().map(|one| one.id).collect()
        };
        assert_eq!(borne(), [second, first]);
        let in_state = |state| -> Vec<BaseId> {
            let filter = base::store::Filter { state: Some(state), ..base::store::Filter::default() };
            let page = bench.db.read_blocking(move |tx| base::store::list(tx, &filter, 9)).unwrap();
            assert!(page.rows.iter().all(|one| one.state(day("2026-11-21")) == state));
            page.rows.iter().map(|one| one.id).collect()
        };
        assert_eq!(in_state(BaseState::Borne), [first]);
        assert_eq!(in_state(BaseState::Recheck), [second]);
        assert_eq!(in_state(BaseState::Expired), [over]);
        let by = office.clone();
        let tasks = bench.db.read_blocking(move |tx| base::tasks(tx, &by, kernel::Lang::Zh)).unwrap();
        assert_eq!(tasks.iter().map(|one| one.count).collect::<Vec<_>>(), [1]);
        let withdraw = |by: &Actor| {
            let by = by.clone();
            code(bench.db.write_blocking(move |tx| base::withdraw(tx, &by, first, "停办")))
        };
        assert_eq!(withdraw(&east), Err("common.forbidden".into()));
        assert_eq!(withdraw(&office), Ok(()));
        assert_eq!(withdraw(&office), Err("base.withdrawn".into()));
        assert_eq!((borne(), in_state(BaseState::Withdrawn)), (vec![second], vec![first]));
    });
}
