//! Saved views and chosen columns, and what is done to several lines of a list at once, on both databases.

use std::sync::Arc;

use db::testing::Bench;
use db::{Bus, WriteTx, args, sql};
use kernel::{AccountId, Actor, Clock, Date, Error, Grant, ManualClock, OrgId, PersonId, Role, Timestamp};
use people::chosen::{self, Written};
use people::org::{self, MemberState, OrgState};
use people::person::LIST;
use people::view::{self, Opened, ViewId};
use ui::Req;

const TEAM: OrgId = OrgId(4);
const PEOPLE: [PersonId; 3] = [PersonId(101), PersonId(102), PersonId(103)];
const ELSEWHERE: PersonId = PersonId(109);

fn each(test: impl Fn(&Bench)) {
    let clock = Arc::new(ManualClock::new(Timestamp::at(Date::parse("2026-11-22").unwrap(), 600)));
    let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    let migrations = [db::migrate::MIGRATIONS, people::MIGRATIONS].concat();
    let bus = || {
        let mut bus = Bus::default();
        bus.subscribe(|tx: &mut WriteTx<'_>, event: &Written| {
            let name = format!("written {}", event.person);
            let text = event.text.clone();
            tx.exec(sql!("INSERT INTO setting (name, value) VALUES ($1, $2)"), args![name, text])?;
            Ok(())
        });
        bus
    };
    for bench in Bench::all(&migrations, &shared, bus).unwrap() {
        bench.db.write_blocking(city).unwrap();
        test(&bench);
    }
}

fn city(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    let now = tx.now();
    for (id, kind, path) in [
        (1, "city", "/1/"),
        (3, "community", "/1/3/"),
        (4, "team", "/1/3/4/"),
        (5, "team", "/1/3/5/"),
        (6, "community", "/1/6/"),
    ] {
        let name = format!("{kind}{id}");
        tx.exec_one(
            sql!(
                "INSERT INTO org (id, kind, name, name_key, area_path, state, created_at)
                 VALUES ($1, $2, $3, $3, $4, 'open', $5)"
            ),
            args![id, kind, name, path, now],
        )?;
    }
    for (id, home) in [(101, 3), (102, 3), (103, 3), (109, 6)] {
        let (no, name) = (format!("V{id:010}"), format!("人{id}"));
        tx.exec_one(
            sql!(
                "INSERT INTO person (id, volunteer_no, name, name_key, initials, home_org, state, source, created_at)
                 VALUES ($1, $2, $3, $3, $3, $4, 'active', 'self', $5)"
            ),
            args![id, no, name, home, now],
        )?;
    }
    for id in [201, 202] {
        let name = format!("账号{id}");
        tx.exec_one(
            sql!("INSERT INTO account (id, name, state, created_at) VALUES ($1, $2, 'active', $3)"),
            args![id, name, now],
        )?;
    }
    Ok(())
}

fn staff(account: i64) -> Actor {
    let grant = Grant {
        role: Role::Station,
        org: OrgId(3),
        area_path: "/1/3/".to_owned(),
        sponsor_path: String::new(),
        org_name: String::new(),
    };
    Actor {
        account: Some(AccountId(account)),
        name: format!("账号{account}"),
        grants: vec![grant],
        ..Actor::default()
    }
}

fn code<T>(result: Result<T, Error>) -> String {
    result.err().map(|error| error.code().to_owned()).unwrap_or_default()
}

fn save(
    bench: &Bench,
    who: i64,
    name: &'static str,
    query: &'static str,
    first: bool,
) -> Result<ViewId, Error> {
    bench
        .db
        .write_blocking(move |tx| view::save(tx, &staff(who), &LIST, name, query, first).map(|made| made.0))
}

/// What stands above the list of people, or where the address leads.
fn open(bench: &Bench, who: i64, target: &str) -> Result<Box<ui::list::Desk>, String> {
    let req = Req {
        method: "GET".to_owned(),
        path: "/people".to_owned(),
        target: target.to_owned(),
        ..Req::default()
    };
    match bench.db.read_blocking(move |tx| view::open(tx, &req, &staff(who), &LIST)).unwrap() {
        Opened::Here(desk) => Ok(desk),
        Opened::Elsewhere(to) => Err(to),
    }
}

#[test]
fn a_view_is_saved_opened_renamed_and_deleted() {
    each(|bench| {
        let view = save(bench, 201, "待认领", "state=unclaimed&q=&after=9", false);
        assert_eq!(code(view), "view.query", "what is no filter is refused, not passed over");
        let view = save(bench, 201, "待认领", "state=unclaimed&q=", false).unwrap();
        let desk = open(bench, 201, "/people?state=unclaimed").unwrap();
        assert_eq!(desk.views.len(), 1);
        assert!(desk.views[0].here && desk.views[0].href == "/people?state=unclaimed");
        assert!(open(bench, 202, "/people").unwrap().views.is_empty(), "nobody else sees it");

        // Under the same name other filters take its place.
        assert_eq!(save(bench, 201, "待认领", "state=incomplete", false).unwrap(), view);
        assert!(!open(bench, 201, "/people?state=unclaimed").unwrap().views[0].here);

        let other = save(bench, 201, "暂停的", "state=suspended", true).unwrap();
        assert_eq!(open(bench, 201, "/people").unwrap_err(), "/people?state=suspended");
        assert!(open(bench, 201, "/people?all=1").is_ok(), "the whole list stays within reach");
        assert_eq!(
            code(bench.db.write_blocking(move |tx| view::rename(tx, &staff(201), other, "待认领"))),
            "view.name_taken"
        );
        bench.db.write_blocking(move |tx| view::rename(tx, &staff(201), other, "停")).unwrap();
        bench.db.write_blocking(move |tx| view::open_first(tx, &staff(201), view, true)).unwrap();
        assert_eq!(open(bench, 201, "/people").unwrap_err(), "/people?state=incomplete", "one opens first");
        bench.db.write_blocking(move |tx| view::open_first(tx, &staff(201), view, false)).unwrap();
        let names: Vec<String> =
            open(bench, 201, "/people").unwrap().views.into_iter().map(|one| one.name).collect();
        assert_eq!(names.len(), 2);
        assert!(names.contains(&"停".to_owned()));

        for attempt in [
            code(bench.db.write_blocking(move |tx| view::remove(tx, &staff(202), view))),
            code(bench.db.write_blocking(move |tx| view::rename(tx, &staff(202), view, "x"))),
            code(bench.db.write_blocking(move |tx| view::open_first(tx, &staff(202), view, true))),
        ] {
            assert_eq!(attempt, "common.not_found", "another's view is not to be known");
        }
        bench.db.write_blocking(move |tx| view::remove(tx, &staff(201), view)).unwrap();
        assert_eq!(open(bench, 201, "/people").unwrap().views.len(), 1);
    });
}

#[test]
fn only_filters_of_that_very_list_are_kept() {
    each(|bench| {
        for (query, refusal) in [
            ("https://elsewhere.example/?q=1", "view.query"),
            ("//elsewhere.example/people?q=1", "view.query"),
            ("q=1&next=/accounts", "view.query"),
            ("/accounts?q=1", "view.query"),
            ("", "view.nothing"),
            ("q=", "view.nothing"),
            ("q=13800001234", "view.personal"),
            ("q=1380 000 1234", "view.personal"),
        ] {
            assert_eq!(code(save(bench, 201, "x", query, false)), refusal, "{query}");
        }
        let visitor = bench.db.write_blocking(|tx| {
            view::save(tx, &Actor::default(), &LIST, "x", "q=a", false).map(|made| made.0)
        });
        assert_eq!(code(visitor), "common.sign_in");
        for number in 0..30 {
            bench
                .db
                .write_blocking(move |tx| {
                    view::save(tx, &staff(201), &LIST, &format!("v{number}"), "q=a", false).map(|_| ())
                })
                .unwrap();
        }
        assert_eq!(code(save(bench, 201, "one more", "q=a", false)), "view.most");
        save(bench, 201, "v7", "q=b", false).unwrap();
    });
}

#[test]
fn chosen_columns_stand_in_the_address() {
    each(|bench| {
        let usual = open(bench, 201, "/people").unwrap();
        assert!(usual.columns.has("phone") && !usual.columns.has("employer") && usual.kept().is_none());
        let chosen = bench
            .db
            .write_blocking(|tx| view::choose_columns(tx, &staff(201), &LIST, &["employer", "nonsense"]))
            .unwrap();
        assert_eq!(chosen.param(), "name,employer", "what is always there stays");
        assert_eq!(open(bench, 201, "/people?q=a").unwrap_err(), "/people?q=a&cols=name,employer");
        assert!(open(bench, 202, "/people").is_ok(), "another account has its own");
        // A link somebody passes on shows the same to everybody, whatever they chose.
        let theirs = open(bench, 201, "/people?cols=name,state").unwrap();
        assert!(theirs.columns.has("state") && !theirs.columns.has("employer"));
        assert_eq!(theirs.kept().as_deref(), Some("name,state"));
        bench.db.write_blocking(|tx| view::usual_columns(tx, &staff(201), &LIST)).unwrap();
        assert!(open(bench, 201, "/people").is_ok());
    });
}

fn told(bench: &Bench) -> i64 {
    let (n,): (i64,) = bench
        .db
        .read_blocking(|tx| tx.one(sql!("SELECT count(*) FROM setting WHERE name LIKE 'written %'"), args![]))
        .unwrap();
    n
}

#[test]
fn a_message_goes_to_all_or_to_nobody() {
    each(|bench| {
        let write = |ids: Vec<PersonId>| {
            bench.db.write_blocking(move |tx| chosen::write(tx, &staff(201), &ids, "周六见"))
        };
        assert_eq!(code(write(vec![])), "chosen.nobody");
        assert_eq!(code(write(vec![PEOPLE[0], ELSEWHERE])), "chosen.outside");
        bench
            .db
            .write_blocking(|tx| {
                tx.exec_one(sql!("UPDATE person SET state = 'disputed' WHERE id = $1"), args![PEOPLE[2]])
            })
            .unwrap();
        let refused = write(PEOPLE.to_vec()).unwrap_err();
        assert_eq!(refused.code(), "chosen.unreachable");
        assert!(refused.to_string().contains("人103"), "who is refused is named: {refused}");
        assert_eq!(told(bench), 0);
        assert_eq!(write(vec![PEOPLE[0], PEOPLE[1], PEOPLE[0]]).unwrap(), 2);
        assert_eq!(told(bench), 2);
        let (noted,): (i64,) = bench
            .db
            .read_blocking(|tx| {
                tx.one(sql!("SELECT count(*) FROM audit WHERE act = 'person.write'"), args![])
            })
            .unwrap();
        assert_eq!(noted, 2, "each finds it in who looked at them");
        let many: Vec<PersonId> = (1..=201).map(PersonId).collect();
        assert_eq!(code(write(many)), "chosen.too_many");
    });
}

#[test]
fn several_join_a_team_or_none() {
    each(|bench| {
        let join = |ids: Vec<PersonId>, team: OrgId| {
            bench.db.write_blocking(move |tx| chosen::join_team(tx, &staff(201), &ids, team))
        };
        bench.db.write_blocking(|tx| org::join(tx, PEOPLE[1], TEAM, MemberState::Member)).unwrap();
        let refused = join(PEOPLE.to_vec(), TEAM).unwrap_err();
        assert_eq!(refused.code(), "chosen.one");
        assert!(refused.to_string().contains("人102"), "{refused}");
        let members = || {
            let team = bench.db.read_blocking(|tx| org::find(tx, TEAM)).unwrap().unwrap();
            team.members
        };
        assert_eq!(members(), 1, "nobody joined half-way");
        assert_eq!(code(join(vec![PEOPLE[0]], OrgId(6))), "common.not_found");
        assert_eq!(join(vec![PEOPLE[0], PEOPLE[2]], TEAM).unwrap(), 2);
        assert_eq!(members(), 3);
    });
}

#[test]
fn teams_are_suspended_and_opened_again_together() {
    each(|bench| {
        let teams = [OrgId(4), OrgId(5)];
        let set = |ids: Vec<OrgId>, to: OrgState| {
            bench.db.write_blocking(move |tx| chosen::set_teams(tx, &staff(201), &ids, to))
        };
        assert_eq!(set(teams.to_vec(), OrgState::Suspended).unwrap(), 2);
        assert_eq!(set(vec![teams[0]], OrgState::Open).unwrap(), 1);
        // One of them is open already: none changes.
        let refused = set(teams.to_vec(), OrgState::Open).unwrap_err();
        assert_eq!(refused.code(), "chosen.one");
        let state = |id: OrgId| bench.db.read_blocking(move |tx| org::find(tx, id)).unwrap().unwrap().state;
        assert_eq!((state(teams[0]), state(teams[1])), (OrgState::Open, OrgState::Suspended));
        assert_eq!(code(set(vec![OrgId(3)], OrgState::Suspended)), "chosen.outside", "teams only");
        assert_eq!(code(set(teams.to_vec(), OrgState::Closed)), "common.not_found");
    });
}
