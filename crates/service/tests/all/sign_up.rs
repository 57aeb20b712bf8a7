//! Taking places and giving them back, on every database: each refusal, races for the last place, and
//! the number of statements.

use std::sync::Arc;

use db::testing::Bench;
use db::{Bus, Db, WriteTx, args, sql};
use kernel::{AccountId, Actor, Clock, Date, Error, Grant, ManualClock, OrgId, PersonId, Role, Timestamp};
use service::activity::{self, ActivityState, NewActivity, NewPost, NewSession};
use service::event::{SessionCancelled, SignedUp};
use service::sign_up::{self, Book, Source};
use service::{ActivityId, PostId, SessionId};

const CITY: OrgId = OrgId(1);
const TEAM: OrgId = OrgId(4);
const OTHER_TEAM: OrgId = OrgId(6);

fn noon() -> Timestamp {
    Timestamp::at(Date::parse("2026-11-20").unwrap(), 12 * 60)
}

fn hours(n: i64) -> Timestamp {
    noon().plus_minutes(n * 60)
}

fn benches(clock: &Arc<ManualClock>) -> Vec<Bench> {
    let migrations: Vec<db::Migration> =
        [db::migrate::MIGRATIONS, people::MIGRATIONS, service::MIGRATIONS].concat();
    let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
    Bench::all(&migrations, &shared, || {
        let mut bus = Bus::default();
        // What upper rooms do: something in the same transaction.
        bus.subscribe(|tx, event: &SignedUp| note(tx, "told", event.person));
        bus.subscribe(|tx, event: &SessionCancelled| note(tx, "cancelled", event.person));
        bus
    })
    .unwrap()
}

fn note(tx: &mut WriteTx<'_>, what: &str, person: PersonId) -> Result<(), Error> {
    let id: kernel::AccountId = tx.new_id();
    let name = format!("{what} {person} {id}");
    tx.exec(sql!("INSERT INTO setting (name, value) VALUES ($1, $2)"), args![name, what])?;
    Ok(())
}

fn org(tx: &mut WriteTx<'_>, id: i64, kind: &str, path: &str) -> Result<(), Error> {
    let (name, now) = (format!("{kind}{id}"), noon());
    tx.exec_one(
        sql!(
            "INSERT INTO org (id, kind, name, name_key, area_path, state, created_at)
             VALUES ($1, $2, $3, $4, $5, 'open', $6)"
        ),
        args![id, kind, name, name, path, now],
    )?;
    Ok(())
}

fn person(tx: &mut WriteTx<'_>, id: i64, state: &str) -> Result<(), Error> {
    let (no, name, now) = (format!("V{id:010}"), format!("人{id}"), noon());
    let birth = Date::parse("2000-06-01");
    tx.exec_one(
        sql!(
            "INSERT INTO person (id, volunteer_no, name, name_key, initials, birth_on, home_org, state, source, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, 3, $7, 'self', $8)"
        ),
        args![id, no, name, name, name, birth, state, now],
    )?;
    Ok(())
}

async fn city(db: &Db, people: i64) {
    db.write(move |tx| {
        org(tx, 1, "city", "/1/")?;
        org(tx, 2, "street", "/1/2/")?;
        org(tx, 3, "community", "/1/2/3/")?;
        org(tx, 4, "team", "/1/2/3/4/")?;
        org(tx, 5, "community", "/1/2/5/")?;
        org(tx, 6, "team", "/1/2/5/6/")?;
        for id in 0..people {
            person(tx, 100 + id, "active")?;
        }
        Ok::<(), Error>(())
    })
    .await
    .unwrap();
}

fn volunteer(id: i64) -> Actor {
    Actor { account: Some(AccountId(id)), person: Some(PersonId(id)), ..Actor::default() }
}

fn leader(org: OrgId, path: &str) -> Actor {
    let grant = Grant {
        role: Role::Leader,
        org,
        area_path: path.to_owned(),
        sponsor_path: String::new(),
        org_name: String::new(),
    };
    Actor { account: Some(AccountId(9)), grants: vec![grant], ..Actor::default() }
}

fn planned(sessions: Vec<NewSession>) -> NewActivity {
    NewActivity {
        state: ActivityState::Published,
        place_public: "望江社区".into(),
        place_exact: "3 号楼".into(),
        sessions,
        ..NewActivity::draft(TEAM, "清洁家园", "clean")
    }
}

async fn plan(db: &Db, new: NewActivity) -> (ActivityId, Vec<SessionId>) {
    db.write(move |tx| {
        let id = activity::create(tx, &new)?;
        let sessions = activity::store::sessions_of(tx, id)?;
        Ok::<_, Error>((id, sessions.iter().map(|s| s.id).collect()))
    })
    .await
    .unwrap()
}

fn own(session: SessionId, person: i64) -> Book {
    Book { session, post: None, person: PersonId(person), team: None, source: Source::Own }
}

async fn book(db: &Db, actor: Actor, cmd: Book) -> Result<(), String> {
    db.write(move |tx| sign_up::book(tx, &actor, &cmd).map(|_| ()))
        .await
        .map_err(|e: Error| e.code().to_owned())
}

async fn book_own(db: &Db, session: SessionId, person: i64) -> Result<(), String> {
    book(db, volunteer(person), own(session, person)).await
}

/// Places taken by the counter, and by counting.
async fn taken(db: &Db, session: SessionId) -> (i64, i64) {
    db.read(move |tx| {
        let counter: (i64,) = tx.one(sql!("SELECT taken FROM session WHERE id = $1"), args![session])?;
        let rows: (i64,) = tx.one(
            sql!("SELECT count(*) FROM sign_up WHERE session_id = $1 AND state <> 'cancelled'"),
            args![session],
        )?;
        Ok::<_, Error>((counter.0, rows.0))
    })
    .await
    .unwrap()
}

fn refused(result: Result<(), String>) -> String {
    result.err().unwrap_or_else(|| "ok".to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_refusal_and_the_way_back() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock) {
        clock.set(noon());
        let db = &bench.db;
        city(db, 20).await;
        let (_, s) = plan(
            db,
            planned(vec![
                NewSession::new(hours(48), hours(50), 2),
                NewSession::new(hours(49), hours(51), 2),
                NewSession::new(hours(50), hours(52), 2),
            ]),
        )
        .await;
        assert_eq!(book_own(db, s[0], 100).await, Ok(()));
        assert_eq!(refused(book_own(db, s[0], 100).await), "sign_up.duplicate");
        assert_eq!(refused(book_own(db, s[1], 100).await), "sign_up.overlap");
        assert_eq!(book_own(db, s[2], 100).await, Ok(()), "touching sessions are allowed");
        assert_eq!(book_own(db, s[0], 101).await, Ok(()));
        assert_eq!(refused(book_own(db, s[0], 102).await), "sign_up.full");
        assert_eq!(taken(db, s[0]).await, (2, 2));

        // Giving the place back frees it; twice changes nothing.
        for _ in 0..2 {
            let session = s[0];
            db.write(move |tx| sign_up::cancel(tx, &volunteer(101), session)).await.unwrap();
            assert_eq!(taken(db, session).await, (1, 1));
        }
        assert_eq!(book_own(db, s[0], 101).await, Ok(()), "signing up anew after cancelling");

        // Who may do it for whom.
        assert_eq!(refused(book(db, volunteer(103), own(s[1], 104)).await), "common.forbidden");
        assert_eq!(refused(book(db, Actor::default(), own(s[1], 104)).await), "common.sign_in");
        let staff = Actor { account: Some(AccountId(1)), ..Actor::default() };
        assert_eq!(refused(book(db, staff, own(s[1], 104)).await), "sign_up.no_person");
        let by_leader = Book { source: Source::Leader, ..own(s[1], 104) };
        assert_eq!(
            refused(book(db, leader(OTHER_TEAM, "/1/2/5/6/"), by_leader.clone()).await),
            "common.forbidden"
        );
        assert_eq!(book(db, leader(TEAM, "/1/2/3/4/"), by_leader).await, Ok(()));
        let demo = Book { source: Source::Demo, ..own(s[1], 105) };
        assert_eq!(refused(book(db, volunteer(105), demo.clone()).await), "common.forbidden");
        assert_eq!(book(db, Actor::system("demo"), demo).await, Ok(()));

        // Time.
        let walk_in = Book { source: Source::WalkIn, ..own(s[2], 106) };
        assert_eq!(refused(book(db, volunteer(106), walk_in.clone()).await), "sign_up.no_walk_in");
        clock.set(hours(50));
        assert_eq!(refused(book_own(db, s[2], 106).await), "sign_up.started");
        let session = s[2];
        let late = db.write(move |tx| sign_up::cancel(tx, &volunteer(100), session)).await;
        assert_eq!(late.err().map(|e: Error| e.code().to_owned()).as_deref(), Some("sign_up.too_late"));
        assert_eq!(book(db, volunteer(106), walk_in).await, Ok(()));
        clock.set(noon());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conditions() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock) {
        let db = &bench.db;
        city(db, 10).await;
        db.write(|tx| {
            person(tx, 50, "unclaimed")?;
            person(tx, 51, "suspended")?;
            tx.exec(
                sql!("INSERT INTO member (id, org_id, person_id, state) VALUES (1, 4, 100, 'member'), (2, 6, 101, 'member')"),
                args![],
            )?;
            tx.exec(sql!("INSERT INTO person_skill (person_id, skill) VALUES (101, 'first_aid')"), args![])?;
            Ok::<(), Error>(())
        })
        .await
        .unwrap();
        let session = || vec![NewSession::new(hours(48), hours(50), 9)];
        let (_, s) = plan(db, planned(session())).await;
        assert_eq!(refused(book_own(db, s[0], 50).await), "sign_up.not_claimed");
        assert_eq!(refused(book_own(db, s[0], 51).await), "sign_up.suspended");
        let on_roll = Book { source: Source::Leader, ..own(s[0], 50) };
        assert_eq!(book(db, leader(TEAM, "/1/2/3/4/"), on_roll).await, Ok(()));

        // Edge-28: one team, one's own or the organiser's.
        let for_team = |person: i64, team| Book { team: Some(team), ..own(s[0], person) };
        assert_eq!(
            refused(book(db, volunteer(102), for_team(102, OTHER_TEAM)).await),
            "sign_up.not_your_team"
        );
        assert_eq!(book(db, volunteer(101), for_team(101, OTHER_TEAM)).await, Ok(()));
        assert_eq!(book(db, volunteer(102), for_team(102, TEAM)).await, Ok(()));

        let later = || vec![NewSession::new(hours(60), hours(62), 9)];
        let (_, s) = plan(db, NewActivity { members_only: true, ..planned(later()) }).await;
        assert_eq!(refused(book_own(db, s[0], 102).await), "sign_up.not_member");
        assert_eq!(book_own(db, s[0], 100).await, Ok(()));

        let (_, s) = plan(db, NewActivity { skills: vec!["first_aid".into()], ..planned(later()) }).await;
        assert_eq!(refused(book_own(db, s[0], 102).await), "sign_up.unqualified");
        assert_eq!(book_own(db, s[0], 101).await, Ok(()));

        let (_, s) = plan(db, NewActivity { min_age: 30, ..planned(later()) }).await;
        assert_eq!(refused(book_own(db, s[0], 102).await), "sign_up.under_age");

        // Posts with their own places.
        let posts = vec![NewPost { name: "门口".into(), quota: 1, skill: None, qualification: None }];
        let with_post = NewSession { posts, ..NewSession::new(hours(70), hours(72), 5) };
        let (id, s) = plan(db, planned(vec![with_post])).await;
        let post = db.read(move |tx| activity::store::posts_of(tx, id)).await.unwrap()[0].id;
        let at_post = |person, post| Book { post: Some(post), ..own(s[0], person) };
        assert_eq!(book(db, volunteer(103), at_post(103, post)).await, Ok(()));
        assert_eq!(refused(book(db, volunteer(104), at_post(104, post)).await), "sign_up.post_full");
        assert_eq!(refused(book(db, volunteer(104), at_post(104, PostId(1))).await), "common.not_found");
        let session = s[0];
        db.write(move |tx| sign_up::cancel(tx, &volunteer(103), session)).await.unwrap();
        assert_eq!(book(db, volunteer(104), at_post(104, post)).await, Ok(()));
        assert_eq!(taken(db, session).await, (1, 1));

        // The leader takes a place away, with a reason.
        let all = db.read(move |tx| sign_up::store::of_session(tx, session, 0, 10)).await.unwrap();
        let id = all.iter().find(|line| line.person == PersonId(104)).unwrap().id;
        for (who, want) in [
            (leader(OTHER_TEAM, "/1/2/5/6/"), "common.not_found"),
            (leader(TEAM, "/1/2/3/4/"), "ok"),
            (leader(TEAM, "/1/2/3/4/"), "ok"),
        ] {
            let done =
                db.write(move |tx| sign_up::cancel_by_leader(tx, &who, id, "人手够了").map(|_| ())).await;
            assert_eq!(refused(done.map_err(|e: Error| e.code().to_owned())), want);
        }
        assert_eq!(taken(db, session).await, (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn few_statements() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock) {
        let db = &bench.db;
        city(db, 2).await;
        let (_, s) = plan(db, planned(vec![NewSession::new(hours(48), hours(50), 9)])).await;
        let session = s[0];
        let used = db
            .write(move |tx| {
                sign_up::book(tx, &volunteer(100), &own(session, 100))?;
                Ok::<_, Error>(tx.statements())
            })
            .await
            .unwrap();
        // One of them is the listener's.
        assert!(used <= 6, "{used} statements");
        let used = db
            .read(|tx| {
                let rows = activity::store::upcoming(tx, &activity::store::ListFilter::default(), 21)?;
                assert_eq!(rows.len(), 1);
                sign_up::store::marks(tx, PersonId(100), rows[0].starts_at, rows[0].starts_at)?;
                Ok::<_, Error>(tx.statements())
            })
            .await
            .unwrap();
        assert_eq!(used, 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_people_for_five_hundred_places() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock) {
        city(&bench.db, 5000).await;
        let (_, s) = plan(&bench.db, planned(vec![NewSession::new(hours(48), hours(50), 500)])).await;
        let session = s[0];
        let tasks: Vec<_> = (0..64_i64)
            .map(|task| {
                let db = bench.db.clone();
                tokio::spawn(async move {
                    let mut booked = 0;
                    for person in (100 + task..5100).step_by(64) {
                        match book_own(&db, session, person).await {
                            Ok(()) => booked += 1,
                            Err(code) => assert_eq!(code, "sign_up.full"),
                        }
                    }
                    booked
                })
            })
            .collect();
        let mut booked = 0;
        for task in tasks {
            booked += task.await.unwrap();
        }
        assert_eq!(booked, 500, "{}", bench.db.kind());
        assert_eq!(taken(&bench.db, session).await, (500, 500));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_up_and_off_while_it_is_cancelled() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock) {
        city(&bench.db, 40).await;
        let (id, s) = plan(
            &bench.db,
            planned(vec![
                NewSession::new(hours(48), hours(50), 10),
                NewSession::new(hours(49), hours(51), 10),
            ]),
        )
        .await;
        let tasks: Vec<_> = (0..40_i64)
            .map(|n| {
                let (db, s) = (bench.db.clone(), s.clone());
                tokio::spawn(async move {
                    for round in 0..10 {
                        let session = s[(n as usize + round) % 2];
                        // The same person from two phones at once: one place at most.
                        let (a, b) =
                            tokio::join!(book_own(&db, session, 100 + n), book_own(&db, session, 100 + n));
                        assert!(!(a.is_ok() && b.is_ok()));
                        for code in [a, b].into_iter().filter_map(Result::err) {
                            let fine = ["full", "duplicate", "overlap", "cancelled"];
                            assert!(fine.iter().any(|end| code.ends_with(end)), "{code}");
                        }
                        let who = volunteer(100 + n);
                        db.write(move |tx| sign_up::cancel(tx, &who, session)).await.unwrap();
                    }
                })
            })
            .collect();
        let city_office = Actor {
            grants: vec![Grant {
                role: Role::Office,
                org: CITY,
                area_path: "/1/".into(),
                sponsor_path: String::new(),
                org_name: String::new(),
            }],
            ..volunteer(1)
        };
        let first = s[0];
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        bench
            .db
            .write(move |tx| activity::commands::cancel_session(tx, &city_office, first, "雷雨"))
            .await
            .unwrap();
        for task in tasks {
            task.await.unwrap();
        }
        for session in &s {
            assert_eq!(taken(&bench.db, *session).await, (0, 0));
        }
        let sessions = bench.db.read(move |tx| activity::store::sessions_of(tx, id)).await.unwrap();
        assert_eq!(sessions[0].cancel_reason, "雷雨");
    }
}
