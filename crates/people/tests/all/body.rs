//! Working bodies on both databases: as of any day, by person or by post, and the notice of what changed.

use std::sync::Arc;

use db::testing::Bench;
use db::{Bus, WriteTx, args, sql};
use kernel::{AccountId, Actor, Clock, Date, Error, Grant, ManualClock, OrgId, Role, Timestamp};
use people::body::{self, BodyId, BodyKind, Edit, NewSeat, SeatId, rules, store};
use people::org::{self, NewOrg, OrgKind};

#[derive(Clone, Copy)]
struct City {
    top: OrgId,
    street: OrgId,
    other: OrgId,
    department: OrgId,
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
    let node = |tx: &mut WriteTx<'_>, kind, name: &str| org::create(tx, &NewOrg::new(kind, name, Some(top)));
    let city = City {
        top,
        street: node(tx, OrgKind::Street, "东街道")?,
        other: node(tx, OrgKind::Street, "西街道")?,
        department: node(tx, OrgKind::Department, "团市委")?,
    };
    let now = tx.now();
    for (id, name) in [(1, "张三"), (2, "李四")] {
        tx.exec_one(
            sql!(
                "INSERT INTO person (id, volunteer_no, name, name_key, initials, home_org, state, source, created_at)
                 VALUES ($1, $2, $3, 'z', 'z', $4, 'active', 'self', $5)"
            ),
            args![id, people::person::volunteer_no(id), name, city.street, now],
        )?;
        // Who holds the post of the department: one until June, the other from July on.
        let (from, to) =
            if id == 1 { (day("2025-01-01"), Some(day("2026-07-01"))) } else { (day("2026-07-01"), None) };
        tx.exec_one(
            sql!(
                "INSERT INTO org_post (id, org_id, person_id, title, kind, how, from_on, to_on)
                 VALUES ($1, $2, $1, '书记', 'leader', 'appointed', $3, $4)"
            ),
            args![id, city.department, from, to],
        )?;
    }
    tx.exec_one(
        sql!("INSERT INTO account (id, login, name, state, created_at) VALUES (4, 'o', 'o', 'active', $1)"),
        args![now],
    )?;
    Ok(city)
}

fn staff(bench: &Bench, role: Role, org: OrgId) -> Actor {
    let (area_path, sponsor_path) = bench.db.read_blocking(move |tx| org::paths(tx, org)).unwrap();
    Actor {
        account: Some(AccountId(4)),
        grants: vec![Grant { role, org, area_path, sponsor_path, org_name: String::new() }],
        ..Actor::default()
    }
}

fn edit(host: OrgId) -> Edit {
    Edit {
        kind: BodyKind::Leading,
        name: "创建领导小组".to_owned(),
        basis: "〔2026〕1 号".to_owned(),
        host,
        from_on: day("2026-01-10"),
        last_day: None,
        note: String::new(),
    }
}

fn named(title: &str, name: &str, from: &str) -> NewSeat {
    NewSeat {
        title: title.to_owned(),
        place: None,
        volunteer_no: String::new(),
        name: name.to_owned(),
        post: None,
        from_on: day(from),
    }
}

fn create(bench: &Bench, by: &Actor, edit: Edit) -> Result<BodyId, String> {
    let by = by.clone();
    bench.db.write_blocking(move |tx| body::create(tx, &by, &edit)).map_err(|e: Error| e.code().to_owned())
}

fn seat(bench: &Bench, by: &Actor, id: BodyId, new: NewSeat) -> Result<SeatId, String> {
    let by = by.clone();
    bench.db.write_blocking(move |tx| body::seat(tx, &by, id, &new)).map_err(|e: Error| e.code().to_owned())
}

fn end(bench: &Bench, by: &Actor, id: BodyId, seat: SeatId, last: &str) -> Result<(), String> {
    let (by, last) = (by.clone(), day(last));
    bench
        .db
        .write_blocking(move |tx| body::end_seat(tx, &by, id, seat, last))
        .map_err(|e: Error| e.code().to_owned())
}

fn on(bench: &Bench, id: BodyId, days: &[&str]) -> Vec<Vec<body::Holder>> {
    let days: Vec<Date> = days.iter().map(|text| day(text)).collect();
    let all = bench.db.read_blocking(move |tx| store::holders(tx, id, &days)).unwrap();
    all.into_iter().map(|one| one.into_iter().map(|(_, holder)| holder).collect()).collect()
}

fn words(all: &[body::Holder]) -> Vec<String> {
    all.iter().map(|one| format!("{}:{}", one.title, one.who)).collect()
}

#[test]
fn as_of_any_day() {
    each(|bench, city| {
        let office = staff(bench, Role::Office, city.top);
        let id = create(bench, &office, edit(city.top)).unwrap();
        let head = seat(bench, &office, id, named("组长", "王五", "2026-01-10")).unwrap();
        let post = NewSeat {
            post: Some((city.department, "书记".to_owned())),
            ..named("成员", "", "2026-01-10")
        };
        seat(bench, &office, id, post).unwrap();
        let by_number =
            NewSeat { volunteer_no: people::person::volunteer_no(1), ..named("成员", "", "2026-03-01") };
        seat(bench, &office, id, by_number).unwrap();
        end(bench, &office, id, head, "2026-08-31").unwrap();
        assert_eq!(end(bench, &office, id, head, "2026-08-31").unwrap_err(), "body.seat_ended");
        seat(bench, &office, id, named("组长", "赵六", "2026-09-01")).unwrap();
        let days = on(bench, id, &["2026-01-09", "2026-02-01", "2026-06-30", "2026-08-31", "2026-09-01"]);
        assert!(days[0].is_empty());
        assert_eq!(words(&days[1]), ["组长:王五", "成员:团市委书记 张三"]);
        assert_eq!(words(&days[2]), ["组长:王五", "成员:团市委书记 张三", "成员:张三"]);
        assert_eq!(words(&days[3]), ["组长:王五", "成员:团市委书记 李四", "成员:张三"], "ex officio");
        assert_eq!(words(&days[4])[0], "组长:赵六");
        let changes = rules::changes(&days[2], &days[4]);
        let said: Vec<(Option<&str>, Option<&str>)> =
            changes.iter().map(|one| (one.before.as_deref(), one.after.as_deref())).collect();
        assert_eq!(said, [(Some("王五"), Some("赵六")), (Some("团市委书记 张三"), Some("团市委书记 李四"))]);
        // A slip of the hand: ended before it began, it was never there.
        let slip = seat(bench, &office, id, named("秘书", "钱七", "2026-09-01")).unwrap();
        end(bench, &office, id, slip, "2026-08-31").unwrap();
        assert_eq!(on(bench, id, &["2026-09-01"])[0].len(), 3);
    });
}

#[test]
fn who_may_and_what_is_refused() {
    each(|bench, city| {
        let office = staff(bench, Role::Office, city.top);
        let street = staff(bench, Role::Station, city.street);
        let other = staff(bench, Role::Station, city.other);
        let leader = staff(bench, Role::Leader, city.street);
        assert_eq!(create(bench, &street, edit(city.top)).unwrap_err(), "body.host");
        assert_eq!(create(bench, &leader, edit(city.street)).unwrap_err(), "common.forbidden");
        let wrong = Edit { last_day: Some(day("2026-01-09")), ..edit(city.street) };
        assert_eq!(create(bench, &street, wrong).unwrap_err(), "body.dates");
        let until = Edit { last_day: Some(day("2026-12-31")), ..edit(city.street) };
        let own = create(bench, &street, until).unwrap();
        let whole = create(bench, &office, edit(city.top)).unwrap();
        let new = || named("组长", "王五", "2026-02-01");
        assert_eq!(seat(bench, &other, own, new()).unwrap_err(), "common.not_found");
        assert_eq!(seat(bench, &other, whole, new()).unwrap_err(), "common.forbidden", "seen, not changed");
        assert_eq!(seat(bench, &leader, own, new()).unwrap_err(), "common.forbidden");
        assert_eq!(seat(bench, &street, own, named("组长", "", "2026-02-01")).unwrap_err(), "body.holder");
        let both = NewSeat { volunteer_no: "V1".to_owned(), ..new() };
        assert_eq!(seat(bench, &street, own, both).unwrap_err(), "body.one_holder");
        let nobody = NewSeat { volunteer_no: "V1".to_owned(), name: String::new(), ..new() };
        assert_eq!(seat(bench, &street, own, nobody).unwrap_err(), "org.no_volunteer");
        assert_eq!(
            seat(bench, &street, own, named("组长", "王五", "2027-01-01")).unwrap_err(),
            "body.outside"
        );
        assert_eq!(
            seat(bench, &street, own, named("组长", "王五", "2026-01-09")).unwrap_err(),
            "body.outside"
        );
        seat(bench, &street, own, named("组长", "王五", "2026-12-31")).unwrap();
        let list = |by: Actor| {
            let filter = store::Filter { on: Some(day("2026-11-21")), ..store::Filter::default() };
            let page = bench.db.read_blocking(move |tx| store::list(tx, &by, &filter, 50)).unwrap();
            page.rows.into_iter().map(|body| body.id).collect::<Vec<_>>()
        };
        assert_eq!(list(other), [whole], "those above concern everybody below");
        assert_eq!(list(street.clone()).len(), 2);
        assert_eq!(list(office).len(), 2);
        let changed = Edit { name: "改名".to_owned(), ..edit(city.street) };
        let (first, by) = (changed.clone(), street.clone());
        bench.db.write_blocking(move |tx| body::change(tx, &by, own, 1, &first)).unwrap();
        let stale = bench.db.write_blocking(move |tx| body::change(tx, &street, own, 1, &changed));
        assert_eq!(stale.map_err(|e: Error| e.code().to_owned()).unwrap_err(), "common.stale");
    });
}
