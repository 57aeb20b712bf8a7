//! Organisations on both databases: the tree stays whole whatever is done to it, members are counted
//! exactly, leaders do not leave work behind, and the pages as a browser sees them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use db::testing::Bench;
use db::{Bus, Migration, WriteTx, args, sql};
use kernel::{Actor, Clock, Date, Error, Grant, Lang, ManualClock, OrgId, PersonId, Role, Timestamp};
use people::org::{self, How, Line, MemberState, NewOrg, OrgKind, OrgState, PostKind};
use proptest::prelude::{ProptestConfig, any, prop};
use tower::ServiceExt as _;
use vault::{Cost, KeyRing, SeededRandom, Vault};

fn migrations() -> Vec<Migration> {
    [db::migrate::MIGRATIONS, people::MIGRATIONS].concat()
}

fn benches() -> Vec<Bench> {
    let clock: Arc<dyn Clock> =
        Arc::new(ManualClock::new(Timestamp::at(Date::parse("2026-11-21").unwrap(), 600)));
    Bench::all(&migrations(), &clock, Bus::default).unwrap()
}

/// What the tests work on.
#[derive(Clone, Copy)]
struct City {
    top: OrgId,
    streets: [OrgId; 2],
    communities: [OrgId; 4],
    department: OrgId,
    team: OrgId,
    other_team: OrgId,
}

const PEOPLE: i64 = 12;
const OFFICE: i64 = 900;

fn build(tx: &mut WriteTx<'_>) -> Result<City, Error> {
    let top = org::ensure_root(tx, "测试市", "Test City")?;
    let node = |tx: &mut WriteTx<'_>, kind, name: &str, parent| {
        org::create(tx, &NewOrg::new(kind, name, Some(parent)))
    };
    let streets = [node(tx, OrgKind::Street, "东街道", top)?, node(tx, OrgKind::Street, "西街道", top)?];
    let communities = [
        node(tx, OrgKind::Community, "湖心社区", streets[0])?,
        node(tx, OrgKind::Community, "望湖社区", streets[0])?,
        node(tx, OrgKind::Community, "钟楼社区", streets[1])?,
        node(tx, OrgKind::Community, "书院社区", streets[1])?,
    ];
    let department = node(tx, OrgKind::Department, "团市委", top)?;
    node(tx, OrgKind::Station, "湖心站", communities[0])?;
    org::create(
        tx,
        &NewOrg {
            state: OrgState::Planned,
            due_on: Date::parse("2026-12-01"),
            ..NewOrg::new(OrgKind::Station, "钟楼站", Some(communities[2]))
        },
    )?;
    let team = org::create(
        tx,
        &NewOrg {
            type_code: "youth".to_owned(),
            sponsor_parent: Some(department),
            slogan: "哪里需要，就在哪里集合".to_owned(),
            ..NewOrg::new(OrgKind::Team, "青澄志愿服务队", Some(communities[0]))
        },
    )?;
    let other_team = node(tx, OrgKind::Team, "红帆志愿服务队", communities[1])?;
    let now = tx.now();
    for n in 1..=PEOPLE {
        tx.exec_one(
            sql!(
                "INSERT INTO person (id, volunteer_no, name, name_key, initials, home_org, state, source, created_at)
                 VALUES ($1, $2, $3, 'z', 'z', $4, 'active', 'self', $5)"
            ),
            args![n, format!("V{n:03}"), format!("张{n}"), communities[usize::try_from(n % 4).unwrap()], now],
        )?;
    }
    people::person::keys::write_all(tx)?;
    tx.exec_one(
        sql!("INSERT INTO account (id, login, name, state, created_at) VALUES ($1, 'office', '办公室', 'active', $2)"),
        args![OFFICE, now],
    )?;
    Ok(City { top, streets, communities, department, team, other_team })
}

fn grant(role: Role, org: OrgId, area: &str, sponsor: &str) -> Grant {
    Grant { role, org, area_path: area.to_owned(), sponsor_path: sponsor.to_owned(), org_name: String::new() }
}

fn office(city: &City) -> Actor {
    Actor {
        account: Some(kernel::AccountId(OFFICE)),
        name: "办公室".to_owned(),
        grants: vec![grant(Role::Office, city.top, &format!("/{}/", city.top), &format!("/{}/", city.top))],
        ..Actor::default()
    }
}

fn person_actor(n: i64) -> Actor {
    Actor {
        account: Some(kernel::AccountId(OFFICE)),
        person: Some(PersonId(n)),
        name: format!("张{n}"),
        ..Actor::default()
    }
}

fn sound(bench: &Bench) {
    let differences = bench.db.read_blocking(org::check).unwrap();
    assert!(differences.is_empty(), "{}: {differences:#?}", bench.db.kind());
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    result.unwrap_err().code().to_owned()
}

#[test]
fn every_statement_is_understood_by_both_databases() {
    for bench in benches() {
        assert!(db::testing::prepare_all(&bench.config).unwrap() > 20);
    }
}

#[test]
fn paths_names_and_coverage() {
    for bench in benches() {
        let city = bench.db.write_blocking(build).unwrap();
        sound(&bench);
        let (area, sponsor) = bench.db.read_blocking(move |tx| org::paths(tx, city.team)).unwrap();
        assert_eq!(area, format!("/{}/{}/{}/{}/", city.top, city.streets[0], city.communities[0], city.team));
        assert_eq!(sponsor, format!("/{}/{}/", city.department, city.team));
        assert_eq!(code(bench.db.read_blocking(|tx| org::paths(tx, OrgId(5)))), "common.not_found");
        let names = bench.db.read_blocking(org::communities).unwrap();
        assert_eq!(names[0].1, "东街道 · 湖心社区");
        assert_eq!(names.len(), 4);
        let street = bench.db.read_blocking(move |tx| org::street_of(tx, city.communities[3])).unwrap();
        assert_eq!(street, Some(city.streets[1]));
        assert_eq!(bench.db.read_blocking(org::root).unwrap(), Some(city.top));
        let coverage = bench.db.read_blocking(|tx| org::coverage(tx, "/")).unwrap();
        assert_eq!((coverage.all, coverage.open, coverage.planned), (4, 1, 2));
        let found =
            bench.db.read_blocking(|tx| org::search(tx, &Actor::default(), Lang::Zh, "青澄")).unwrap();
        assert_eq!(found[0].href, format!("/teams/{}", city.team));
        let tasks = bench.db.read_blocking(move |tx| org::tasks(tx, &office(&city), Lang::En)).unwrap();
        assert_eq!(tasks.len(), 1, "one station is due within 30 days: {tasks:?}");
    }
}

#[test]
fn who_may_do_what() {
    for bench in benches() {
        let city = bench.db.write_blocking(build).unwrap();
        let new = NewOrg::new(OrgKind::Team, "新队", Some(city.communities[0]));
        let street = Actor {
            grants: vec![grant(
                Role::Station,
                city.streets[1],
                &format!("/{}/{}/", city.top, city.streets[1]),
                "",
            )],
            ..office(&city)
        };
        let add = |actor: Actor, new: NewOrg| bench.db.write_blocking(move |tx| org::add(tx, &actor, &new));
        assert_eq!(code(add(Actor::default(), new.clone())), "common.sign_in");
        assert_eq!(code(add(street.clone(), new.clone())), "common.forbidden");
        let here = NewOrg::new(OrgKind::Team, "钟楼队", Some(city.communities[2]));
        let team = add(street.clone(), here).unwrap();
        let station = NewOrg::new(OrgKind::Station, "书院站", Some(city.communities[3]));
        assert_eq!(code(add(street.clone(), station.clone())), "common.forbidden");
        add(office(&city), station).unwrap();
        let under_team = NewOrg::new(OrgKind::Community, "不行", Some(team));
        assert_eq!(code(add(office(&city), under_team)), "org.wrong_parent");
        let uscc = NewOrg { uscc: Some("123".to_owned()), ..new.clone() };
        assert_eq!(code(add(office(&city), uscc)), "org.uscc_wrong");
        let uscc = NewOrg { uscc: Some("91350100M000100Y43".to_owned()), ..new };
        add(office(&city), uscc.clone()).unwrap();
        assert_eq!(code(add(office(&city), uscc)), "org.uscc_taken");
        // A leader changes the slogan, not the name, and cannot dissolve the team.
        let leader = Actor {
            grants: vec![grant(
                Role::Leader,
                team,
                &format!("/{}/{}/{}/{team}/", city.top, city.streets[1], city.communities[2]),
                "",
            )],
            ..office(&city)
        };
        let by = leader.clone();
        let before = bench.db.read_blocking(move |tx| org::find(tx, team)).unwrap().unwrap();
        let edit =
            org::Edit { name: "改名".to_owned(), slogan: "新口号".to_owned(), ..org::Edit::of(&before) };
        bench.db.write_blocking(move |tx| org::edit(tx, &by, team, &edit)).unwrap();
        let after = bench.db.read_blocking(move |tx| org::find(tx, team)).unwrap().unwrap();
        assert_eq!((after.name.as_str(), after.slogan.as_str()), ("钟楼队", "新口号"));
        let (by, stale) = (leader.clone(), org::Edit::of(&before));
        assert_eq!(code(bench.db.write_blocking(move |tx| org::edit(tx, &by, team, &stale))), "common.stale");
        assert_eq!(
            code(bench.db.write_blocking(move |tx| org::close(tx, &leader, team))),
            "common.forbidden"
        );
        bench.db.write_blocking(move |tx| org::close(tx, &street, team)).unwrap();
        sound(&bench);
    }
}

#[test]
fn members_come_and_go() {
    for bench in benches() {
        let city = bench.db.write_blocking(build).unwrap();
        let team = city.team;
        let members =
            |bench: &Bench| bench.db.read_blocking(move |tx| org::find(tx, team)).unwrap().unwrap().members;
        let apply = |n| bench.db.write_blocking(move |tx| org::apply(tx, &person_actor(n), team));
        let one = apply(1).unwrap();
        assert_eq!(code(apply(1)), "org.already_member");
        let two = apply(2).unwrap();
        assert_eq!(members(&bench), 0);
        let by = office(&city);
        bench.db.write_blocking(move |tx| org::accept(tx, &by, team, one)).unwrap();
        let by = office(&city);
        assert_eq!(
            code(bench.db.write_blocking(move |tx| org::accept(tx, &by, team, one))),
            "org.not_member"
        );
        let by = office(&city);
        bench.db.write_blocking(move |tx| org::reject(tx, &by, team, two, "名额已满")).unwrap();
        apply(2).unwrap();
        bench.db.write_blocking(move |tx| org::leave_team(tx, &person_actor(2), team)).unwrap();
        assert_eq!(
            code(bench.db.write_blocking(move |tx| org::leave_team(tx, &person_actor(2), team))),
            "org.not_member"
        );
        let by = office(&city);
        bench.db.write_blocking(move |tx| org::add_member(tx, &by, team, " v003 ")).unwrap();
        let by = office(&city);
        assert_eq!(
            code(bench.db.write_blocking(move |tx| org::add_member(tx, &by, team, "V999"))),
            "org.no_volunteer"
        );
        assert_eq!(members(&bench), 2);
        // A stranger does not learn that there is a list.
        let stranger = person_actor(4);
        assert_eq!(
            code(bench.db.write_blocking(move |tx| org::add_member(tx, &stranger, team, "V004"))),
            "common.not_found"
        );
        let mine = bench.db.read_blocking(|tx| org::teams_of(tx, PersonId(1))).unwrap();
        assert_eq!(mine, [(team, "青澄志愿服务队".to_owned())]);
        let by = office(&city);
        bench.db.write_blocking(move |tx| org::set_state(tx, &by, team, OrgState::Suspended, None)).unwrap();
        assert_eq!(code(apply(5)), "org.not_joinable");
        sound(&bench);
    }
}

#[test]
fn of_32_who_are_taken_at_once_each_counts_once() {
    for bench in benches() {
        let city = bench.db.write_blocking(build).unwrap();
        std::thread::scope(|scope| {
            for n in 0..32 {
                let bench = &bench;
                scope.spawn(move || {
                    let person = PersonId(n % PEOPLE + 1);
                    let _ = bench
                        .db
                        .write_blocking(move |tx| org::join(tx, person, city.team, MemberState::Member));
                });
            }
        });
        let team = bench.db.read_blocking(move |tx| org::find(tx, city.team)).unwrap().unwrap();
        assert_eq!(team.members, PEOPLE);
        sound(&bench);
    }
}

static OPEN: AtomicI64 = AtomicI64::new(0);

#[test]
fn the_last_leader_stays_while_work_is_open() {
    // Only teams named so have open work, because the hook is one for the whole process.
    org::on_open_work(|tx, org| {
        let found = org::find(tx, org)?;
        Ok(if found.is_some_and(|org| org.slogan == "open work") { OPEN.load(Ordering::SeqCst) } else { 0 })
    });
    for bench in benches() {
        let city = bench.db.write_blocking(build).unwrap();
        let new = NewOrg {
            slogan: "open work".to_owned(),
            ..NewOrg::new(OrgKind::Team, "忙碌队", Some(city.communities[0]))
        };
        let team = bench.db.write_blocking(move |tx| org::create(tx, &new)).unwrap();
        OPEN.store(3, Ordering::SeqCst);
        let lead = |n: i64, kind: PostKind| {
            let by = office(&city);
            bench.db.write_blocking(move |tx| {
                org::set_post(tx, &by, team, PersonId(n), kind, kind.code(), How::Elected)
            })
        };
        lead(1, PostKind::Leader).unwrap();
        assert_eq!(code(lead(1, PostKind::Leader)), "org.post_held");
        let role = |n: i64| {
            let (count,): (i64,) = bench
                .db
                .read_blocking(move |tx| {
                    tx.one(
                        sql!(
                            "SELECT count(*) FROM role_grant g JOIN account a ON a.id = g.account_id
                             WHERE a.person_id = $1 AND g.role = 'leader' AND g.ended_at IS NULL"
                        ),
                        args![n],
                    )
                })
                .unwrap();
            count
        };
        assert_eq!(role(1), 1);
        let end = |n: i64, over: bool| {
            let by = office(&city);
            bench.db.write_blocking(move |tx| org::end_leader(tx, &by, team, PersonId(n), over))
        };
        let left = bench.db.write_blocking(move |tx| org::leave_team(tx, &person_actor(1), team));
        assert_eq!(code(left), "org.leader_stays");
        assert_eq!(code(end(1, false)), "org.last_leader");
        let by = office(&city);
        assert_eq!(code(bench.db.write_blocking(move |tx| org::close(tx, &by, team))), "org.open_work");
        // A liaison is no deputy.
        lead(2, PostKind::Liaison).unwrap();
        assert_eq!(code(end(1, false)), "org.last_leader");
        lead(3, PostKind::Deputy).unwrap();
        end(1, false).unwrap();
        assert_eq!((role(1), role(2), role(3)), (0, 1, 1));
        assert!(!bench.db.read_blocking(move |tx| org::leads(tx, PersonId(1), team)).unwrap());
        lead(1, PostKind::Leader).unwrap();
        assert_eq!(role(1), 1);
        end(1, true).unwrap();
        OPEN.store(0, Ordering::SeqCst);
        bench.db.write_blocking(move |tx| org::leave_team(tx, &person_actor(1), team)).unwrap();
        sound(&bench);
    }
}

#[test]
fn a_merge_hands_everything_over_and_keeps_the_past() {
    for bench in benches() {
        let city = bench.db.write_blocking(build).unwrap();
        let (from, into) = (city.communities[0], city.communities[2]);
        let by = office(&city);
        bench
            .db
            .write_blocking(move |tx| {
                org::set_leader(tx, &by, city.team, PersonId(1), "队长", How::Elected)?;
                tx.exec_one(
                    sql!("INSERT INTO role_grant (id, account_id, role, org_id, given_at) VALUES (7, $1, 'station', $2, 0)"),
                    args![OFFICE, from],
                )?;
                Ok::<_, Error>(())
            })
            .unwrap();
        let by = office(&city);
        assert_eq!(
            code(bench.db.write_blocking(move |tx| org::merge(tx, &by, from, city.streets[1]))),
            "org.unlike"
        );
        let by = office(&city);
        let people = bench.db.write_blocking(move |tx| org::merge(tx, &by, from, into)).unwrap();
        assert_eq!(people, 3);
        sound(&bench);
        let old = bench.db.read_blocking(move |tx| org::find(tx, from)).unwrap().unwrap();
        assert_eq!(old.state, OrgState::Closed);
        assert!(old.area_path.contains(&city.streets[0].to_string()), "the old node stays where it was");
        let team = bench.db.read_blocking(move |tx| org::find(tx, city.team)).unwrap().unwrap();
        assert_eq!(team.area_parent, Some(into));
        let links = bench.db.read_blocking(move |tx| org::successors(tx, from)).unwrap();
        assert_eq!((links[0].0, links[0].3), (into, true));
        let (held,): (i64,) = bench
            .db
            .read_blocking(move |tx| {
                tx.one(
                    sql!("SELECT count(*) FROM role_grant WHERE org_id = $1 AND role = 'station' AND ended_at IS NULL"),
                    args![into],
                )
            })
            .unwrap();
        assert_eq!(held, 1);
        // Teams: members and leaders go over, nobody is counted twice.
        bench
            .db
            .write_blocking(move |tx| {
                for n in 2..6 {
                    org::join(tx, PersonId(n), city.team, MemberState::Member)?;
                }
                org::join(tx, PersonId(2), city.other_team, MemberState::Member)?;
                org::join(tx, PersonId(3), city.other_team, MemberState::Applied)?;
                org::join(tx, PersonId(9), city.other_team, MemberState::Member)?;
                Ok::<_, Error>(())
            })
            .unwrap();
        let by = office(&city);
        bench.db.write_blocking(move |tx| org::merge(tx, &by, city.team, city.other_team)).unwrap();
        sound(&bench);
        let team = bench.db.read_blocking(move |tx| org::find(tx, city.other_team)).unwrap().unwrap();
        assert_eq!(team.members, 6);
        assert!(bench.db.read_blocking(move |tx| org::leads(tx, PersonId(1), city.other_team)).unwrap());
        let by = office(&city);
        assert_eq!(
            code(bench.db.write_blocking(move |tx| org::merge(tx, &by, city.team, city.other_team))),
            "org.closed"
        );
    }
}

#[test]
fn a_split_leaves_people_to_be_given_a_home() {
    for bench in benches() {
        let city = bench.db.write_blocking(build).unwrap();
        let from = city.communities[0];
        let by = office(&city);
        let names = vec!["湖心一社区".to_owned()];
        assert_eq!(
            code(bench.db.write_blocking(move |tx| org::split(tx, &by, from, &names, &[]))),
            "org.split_names"
        );
        let by = office(&city);
        let names = vec!["湖心一社区".to_owned(), "湖心二社区".to_owned()];
        let made =
            bench.db.write_blocking(move |tx| org::split(tx, &by, from, &names, &[(city.team, 1)])).unwrap();
        sound(&bench);
        let team = bench.db.read_blocking(move |tx| org::find(tx, city.team)).unwrap().unwrap();
        assert_eq!(team.area_parent, Some(made[1]));
        let tasks = bench.db.read_blocking(move |tx| org::tasks(tx, &office(&city), Lang::Zh)).unwrap();
        assert!(
            tasks.iter().any(|task| task.href == format!("/orgs/{from}") && task.count == 3),
            "{tasks:?}"
        );
        let by = office(&city);
        assert_eq!(code(bench.db.write_blocking(move |tx| org::close(tx, &by, made[1]))), "org.has_children");
        let by = office(&city);
        assert_eq!(
            code(bench.db.write_blocking(move |tx| org::close(tx, &by, city.communities[3]))),
            "org.has_people"
        );
    }
}

/// One random step: which, on which node, towards which node.
type Step = (u8, usize, usize);

fn step(bench: &Bench, city: &City, nodes: &mut Vec<OrgId>, (what, a, b): Step) {
    let by = office(city);
    let (a, b) = (nodes[a % nodes.len()], nodes[b % nodes.len()]);
    let person = PersonId((a.0 ^ b.0).rem_euclid(PEOPLE) + 1);
    // A refusal is a proper answer here; a fault is not.
    let result: Result<Vec<OrgId>, Error> = bench.db.write_blocking(move |tx| {
        let none = Vec::new;
        match what % 10 {
            0 | 1 => org::relocate(tx, &by, a, Line::Area, Some(b)).map(|()| none()),
            2 => org::relocate(tx, &by, a, Line::Sponsor, Some(b)).map(|()| none()),
            3 => org::relocate(tx, &by, a, Line::Sponsor, None).map(|()| none()),
            4 => org::merge(tx, &by, a, b).map(|_| none()),
            5 => {
                let names = vec![format!("甲{}", a.0 % 97), format!("乙{}", b.0 % 97)];
                org::split(tx, &by, a, &names, &[(b, 1)])
            }
            6 => org::join(tx, person, a, MemberState::Member).map(|_| none()),
            7 => org::join(tx, person, a, MemberState::Applied).map(|_| none()),
            8 => org::leave(tx, person, a, "").map(|()| none()),
            _ => {
                let kind = OrgKind::ALL[usize::try_from(b.0.rem_euclid(8)).unwrap()];
                org::add(tx, &by, &NewOrg::new(kind, "新", Some(a))).map(|id| vec![id])
            }
        }
    });
    match result {
        Ok(made) => nodes.extend(made),
        Err(Error::Refused(_)) => {}
        Err(fault) => unreachable!("{fault}"),
    }
}

proptest::proptest! {
    #![proptest_config(ProptestConfig { cases: 10, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_is_done_paths_and_counters_agree(
        steps in prop::collection::vec((any::<u8>(), any::<usize>(), any::<usize>()), 1..60)
    ) {
        for bench in benches() {
            let city = bench.db.write_blocking(build).unwrap();
            let mut nodes = vec![city.top, city.department, city.team, city.other_team];
            nodes.extend(city.streets);
            nodes.extend(city.communities);
            for one in &steps {
                step(&bench, &city, &mut nodes, *one);
            }
            sound(&bench);
        }
    }
}

// The pages, as a browser without scripts sees them.

struct Browser {
    router: axum::Router,
    session: String,
    visitor: String,
    csrf: String,
    page: String,
}

fn as_office(tx: &mut db::ReadTx<'_>, _: &[u8], _: &str) -> Result<Actor, Error> {
    let top = org::root(tx)?.unwrap();
    let path = format!("/{top}/");
    Ok(Actor {
        account: Some(kernel::AccountId(OFFICE)),
        person: Some(PersonId(7)),
        name: "办公室".to_owned(),
        grants: vec![grant(Role::Office, top, &path, &path)],
        ..Actor::default()
    })
}

impl Browser {
    fn new(bench: &Bench, signed_in: bool) -> Self {
        let cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };
        let random = Box::new(SeededRandom::new([3; 32]));
        let vault = Arc::new(Vault::new(&KeyRing::ephemeral([7; 32]), cost, random).unwrap());
        let session = if signed_in { vault.session_token().text() } else { String::new() };
        let app = ui::App {
            db: bench.db.clone(),
            blobs: blobs::Blobs::folder(std::env::temp_dir().join("linli-test-blobs")),
            vault,
            settings: Arc::new(ui::app::Settings {
                city: ("测试市".to_owned(), "Test City".to_owned()),
                base_url: "https://city.example".to_owned(),
                secure_cookies: false,
                demo: true,
                help_phone: String::new(),
                files: std::env::temp_dir(),
                map: ui::app::MapBase::default(),
            }),
            rooms: Arc::from([people::room()]),
            authenticate: as_office,
        };
        Self {
            router: people::room().router().with_state(app),
            session,
            visitor: "0123456789abcdef".to_owned(),
            csrf: String::new(),
            page: String::new(),
        }
    }

    fn send(&mut self, method: &str, path: &str, body: String) -> (StatusCode, String) {
        let mut cookies = format!("linli_visitor={}", self.visitor);
        if !self.session.is_empty() {
            cookies = format!("{cookies}; linli_session={}", self.session);
        }
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("cookie", cookies)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept-language", "zh-CN")
            .body(Body::from(body))
            .unwrap();
        let router = self.router.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (parts, bytes) = runtime.block_on(async move {
            let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
            (parts, to_bytes(body, 10_000_000).await.unwrap())
        });
        self.page = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((_, rest)) = self.page.split_once("name=\"csrf\" content=\"") {
            self.csrf = rest.split('"').next().unwrap().to_owned();
        }
        let to = parts.headers.get("location").map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        (parts.status, to)
    }

    fn get(&mut self, path: &str) -> u16 {
        self.send("GET", path, String::new()).0.as_u16()
    }

    fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let enc = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
        let csrf = self.csrf.clone();
        let body: Vec<String> = fields
            .iter()
            .chain([&("_csrf", csrf.as_str())])
            .map(|(k, v)| format!("{k}={}", enc(v)))
            .collect();
        let (status, to) = self.send("POST", path, body.join("&"));
        (status.as_u16(), to)
    }
}

#[test]
fn the_pages_show_and_change_the_tree() {
    for bench in benches() {
        let city = bench.db.write_blocking(build).unwrap();
        let mut b = Browser::new(&bench, true);
        assert_eq!(b.get("/orgs"), 200);
        assert!(
            b.page.contains("湖心社区") && b.page.contains("25.0%") && b.page.contains("50.0%"),
            "{}",
            b.page
        );
        assert_eq!(b.get("/orgs?cover=none"), 200);
        assert!(b.page.contains("书院社区") && !b.page.contains("湖心社区"));
        assert_eq!(b.get("/orgs?q=zhonglou"), 200);
        assert!(b.page.contains("钟楼社区") && !b.page.contains("书院社区"));
        assert_eq!(b.get("/orgs?line=sponsor"), 200);
        assert!(b.page.contains("团市委") && b.page.contains("青澄志愿服务队"));
        for path in ["/orgs?format=xlsx", "/orgs?line=sponsor&format=xlsx", "/teams?format=xlsx"] {
            assert_eq!(b.get(path), 200, "{path}");
            assert!(b.page.starts_with("PK"), "{path}");
        }
        assert_eq!(b.get(&format!("/teams?under={}&kind=youth&q=qingcheng", city.streets[0])), 200);
        assert!(b.page.contains("青澄志愿服务队") && !b.page.contains("红帆志愿服务队"));
        for (path, word) in
            [("move", "新的上级"), ("sponsor", "主管单位"), ("merge", "由谁承接"), ("split", "每行一个")]
        {
            assert_eq!(b.get(&format!("/orgs/{}/{path}", city.communities[0])), 200, "{path}");
            assert!(b.page.contains(word), "{path}");
        }
        // Make a team, look at it, edit it.
        assert_eq!(b.get(&format!("/orgs/{}/new", city.communities[0])), 200);
        assert_eq!(b.get(&format!("/orgs/{}/new?kind=team", city.communities[0])), 200);
        let new = format!("/orgs/{}/new", city.communities[0]);
        let (status, _) = b.post(&new, &[("kind", "team"), ("state", "open"), ("lon", "999")]);
        assert_eq!(status, 422);
        assert!(b.page.contains("e-name") && b.page.contains("e-lon"), "both wrong fields are marked");
        let fields = [
            ("kind", "team"),
            ("state", "open"),
            ("name", "新<b>队"),
            ("type_code", "women"),
            ("lon", "120.5"),
            ("lat", "30.1"),
        ];
        let (status, team) = b.post(&new, &fields);
        assert_eq!(status, 303);
        assert_eq!(b.get(&team), 200);
        assert!(b.page.contains("巾帼") && b.page.contains("30.100000° N, 120.500000° E"));
        assert!(!b.page.contains("新<b>队"), "names are escaped");
        let id = team.rsplit('/').next().unwrap().to_owned();
        assert_eq!(b.get(&format!("/orgs/{id}/edit")), 200);
        let (status, _) = b.post(
            &format!("/orgs/{id}/edit"),
            &[("version", "1"), ("name", "新队"), ("type_code", "women"), ("slogan", "暖心")],
        );
        assert_eq!(status, 303);
        // Join, be listed, lead, be refused, end.
        assert_eq!(b.get(&team), 200);
        assert_eq!(b.post(&format!("{team}/apply"), &[]).0, 303);
        assert_eq!(b.get(&format!("{team}/members?state=applied")), 200);
        assert!(b.page.contains("V007"));
        let member = b.page.split("/accept").next().unwrap().rsplit('/').next().unwrap().to_owned();
        assert_eq!(b.post(&format!("{team}/members/{member}/accept"), &[]).0, 303);
        assert_eq!(b.post(&format!("{team}/members"), &[("volunteer_no", "V999")]).0, 422);
        assert!(b.page.contains("没有找到编号为") && b.page.contains("张7"), "the list stays on the page");
        assert_eq!(b.post(&format!("{team}/members"), &[("volunteer_no", "V008")]).0, 303);
        assert_eq!(b.get(&format!("{team}/members?format=xlsx")), 200);
        assert!(b.page.starts_with("PK"));
        assert_eq!(b.get(&format!("/orgs/{id}/posts/new")), 200);
        let appoint = [("volunteer_no", "V008"), ("title", "队长"), ("kind", "leader"), ("how", "elected")];
        assert_eq!(b.post(&format!("/orgs/{id}/posts/new"), &appoint).0, 303);
        assert_eq!(b.get(&team), 200);
        assert!(b.page.contains("张8") && b.page.contains("队长"));
        let post = b.page.split("/end\"").next().unwrap().rsplit('/').next().unwrap().to_owned();
        assert_eq!(b.get(&format!("/orgs/{id}/posts/{post}/end")), 200);
        assert_eq!(b.post(&format!("/orgs/{id}/posts/{post}/end"), &[]).0, 303);
        // Move, suspend, merge, close.
        let to = city.communities[2].to_string();
        assert_eq!(b.get(&format!("/orgs/{id}/move?to={to}")), 200);
        assert!(b.page.contains("将会发生"));
        assert_eq!(b.post(&format!("/orgs/{id}/move"), &[("to", &to)]).0, 303);
        assert_eq!(b.get(&format!("/orgs/{id}/sponsor?to={}", city.department)), 200);
        assert_eq!(b.post(&format!("/orgs/{id}/sponsor"), &[("to", &city.department.to_string())]).0, 303);
        assert_eq!(b.post(&format!("/orgs/{id}/sponsor"), &[("to", "none")]).0, 303);
        assert_eq!(b.get(&format!("/orgs/{id}/state?to=suspended")), 200);
        assert_eq!(b.post(&format!("/orgs/{id}/state"), &[("to", "suspended")]).0, 303);
        assert_eq!(b.post(&format!("/orgs/{id}/state"), &[("to", "suspended")]).0, 409);
        assert_eq!(b.post(&format!("/orgs/{id}/state"), &[("to", "planned")]).0, 422, "a day is asked for");
        assert_eq!(b.get(&format!("/orgs/{id}")), 200);
        assert!(b.page.contains("调整隶属：湖心社区 → 钟楼社区"), "{}", b.page);
        assert_eq!(b.get(&format!("/orgs/{id}/close")), 200);
        assert_eq!(b.post(&format!("/orgs/{id}/close"), &[]).0, 303);
        assert_eq!(b.post(&format!("/orgs/{id}/close"), &[]).0, 409);
        let split = format!("/orgs/{}/split", city.communities[0]);
        assert_eq!(b.get(&format!("{split}?names=%E7%94%B2%0A%E4%B9%99")), 200);
        assert!(b.page.contains(&format!("child_{}", city.team)));
        let child = format!("child_{}", city.team);
        assert_eq!(b.post(&split, &[("names", "甲\r\n乙"), (&child, "1")]).0, 303);
        let merge = format!("/orgs/{}/merge", city.communities[1]);
        assert_eq!(b.get(&format!("{merge}?to={}", city.communities[3])), 200);
        assert_eq!(b.post(&merge, &[("to", &city.communities[3].to_string())]).0, 303);
        sound(&bench);
        // For programs.
        assert_eq!(b.get("/api/v1/orgs?kind=street"), 200);
        assert!(b.page.contains("东街道"));
        assert_eq!(b.get(&format!("/api/v1/orgs/{}", city.communities[1])), 200);
        let json: serde_json::Value = serde_json::from_str(&b.page).unwrap();
        assert_eq!(json["successors"][0], city.communities[3].to_string());
        assert_eq!(b.get("/api/v1/teams"), 200);
        assert_eq!(b.get("/api/v1/orgs/5"), 404);
    }
}

#[test]
fn a_visitor_sees_masked_names_and_no_lists() {
    for bench in benches() {
        let city = bench.db.write_blocking(build).unwrap();
        let by = office(&city);
        bench
            .db
            .write_blocking(move |tx| org::set_leader(tx, &by, city.team, PersonId(10), "队长", How::Elected))
            .unwrap();
        let mut b = Browser::new(&bench, false);
        assert_eq!(b.get(&format!("/teams/{}", city.team)), 200);
        assert!(b.page.contains("登录后申请加入") && !b.page.contains("张10"));
        let back = format!("/sign-in?next=%2Fteams%2F{}", city.team);
        assert!(b.page.contains(&back));
        assert_eq!(b.get(&format!("/orgs/{}", city.top)), 200);
        for path in ["members", "apply"] {
            assert_eq!(b.get(&format!("/teams/{}/{path}", city.team)), 303, "{path}");
        }
        for path in ["new", "edit", "move", "merge", "close", "posts/new"] {
            assert_eq!(b.get(&format!("/orgs/{}/{path}", city.communities[0])), 303, "{path}: sign in first");
        }
        assert_eq!(b.get("/teams/5"), 404);
        assert_eq!(b.get("/orgs/5"), 404);
    }
}
