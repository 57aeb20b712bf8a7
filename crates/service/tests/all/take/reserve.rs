//! Kept places: nobody else takes them before their time, nobody is kept from what is theirs, and counts stay true.

use std::sync::Arc;

use db::{Bus, Db, WriteTx, args, sql};
use kernel::{Actor, Error, ManualClock, OrgId, PersonId, Role, Timestamp};
use service::activity::{self, NewSession};
use service::reserve::commands::{self, Keep};
use service::reserve::store;
use service::sign_up::hand_over::commands::{self as hand_over, To};
use service::sign_up::waiting::{self, commands as wait};
use service::sign_up::{self, Book, Care, Source};
use service::take;
use service::{ReserveId, SessionId};

use super::city::{
    NEAR_TEAM, TEAM, benches, book_own, cancel_own, city, granted, hours, leader, noon, own, plan, planned,
    run, volunteer,
};

/// A city whose people from `of` on belong to [`NEAR_TEAM`], with one session of so many places.
async fn set_up(db: &Db, people: i64, of: i64, quota: i64) -> SessionId {
    city(db, people).await;
    db.write(move |tx| {
        tx.exec_one(
            sql!("INSERT INTO account (id, name, state, created_at) VALUES (9, '队长', 'active', 0)"),
            args![],
        )?;
        for id in of..100 + people {
            tx.exec_one(
                sql!("INSERT INTO member (id, org_id, person_id, state) VALUES ($1, 6, $1, 'member')"),
                args![id],
            )?;
        }
        Ok::<(), Error>(())
    })
    .await
    .unwrap();
    let (_, sessions) = plan(db, planned(TEAM, vec![NewSession::new(hours(48), hours(50), quota)])).await;
    sessions[0]
}

async fn keep(db: &Db, session: SessionId, org: Option<OrgId>, places: i64, until: Timestamp) -> String {
    run(db, move |tx| commands::keep(tx, &leader(), session, &Keep { org, places, until })).await
}

async fn only(db: &Db, session: SessionId) -> (ReserveId, i64, i64) {
    let all = db.read(move |tx| store::of_session(tx, session)).await.unwrap();
    assert_eq!(all.len(), 1);
    (all[0].id, all[0].places, all[0].used)
}

/// Whether the session stands on somebody's list of what they can take.
async fn listed(db: &Db, session: SessionId, person: i64) -> bool {
    db.read(move |tx| {
        let taker = take::store::taker(tx, PersonId(person))?;
        let rows = take::store::free(tx, taker.as_ref(), &take::store::Narrow::default(), 20)?;
        Ok::<_, Error>(rows.iter().any(|row| row.session_id == session))
    })
    .await
    .unwrap()
}

async fn waits(db: &Db, session: SessionId, person: i64) -> &'static str {
    let mine = db.read(move |tx| waiting::store::mine(tx, PersonId(person))).await.unwrap();
    mine.iter().find(|one| one.session == session).map_or("none", |one| one.state.code())
}

async fn enter(db: &Db, session: SessionId, person: i64) -> String {
    run(db, move |tx| sign_up::book(tx, &leader(), &Book { source: Source::Leader, ..own(session, person) }))
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kept_for_a_team_until_its_time() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, Bus::default) {
        clock.set(noon());
        let db = &bench.db;
        let s = set_up(db, 6, 104, 3).await;
        assert_eq!(keep(db, s, Some(NEAR_TEAM), 2, hours(24)).await, "ok");
        assert!(listed(db, s, 100).await, "one is everybody's");
        assert_eq!(book_own(db, s, 100).await, "ok");

        // Two are left, both kept: strangers wait, members sign up.
        assert_eq!((listed(db, s, 101).await, listed(db, s, 104).await), (false, true));
        assert_eq!(book_own(db, s, 101).await, "sign_up.held");
        assert_eq!(enter(db, s, 101).await, "sign_up.held", "the leader keeps the promise too");
        assert_eq!(run(db, move |tx| wait::join(tx, &volunteer(101), s, None, None)).await, "ok");
        assert_eq!(book_own(db, s, 104).await, "ok");
        assert_eq!(only(db, s).await.2, 1);

        // A kept place that is given back stays kept; one of everybody's goes to who waits.
        assert_eq!(cancel_own(db, s, 104).await, "ok");
        assert_eq!((only(db, s).await.2, waits(db, s, 101).await), (0, "waiting"));
        assert_eq!(book_own(db, s, 105).await, "ok");
        assert_eq!(run(db, move |tx| wait::join(tx, &volunteer(102), s, None, None)).await, "ok");
        assert_eq!(cancel_own(db, s, 100).await, "ok");
        assert_eq!((waits(db, s, 101).await, waits(db, s, 102).await), ("offered", "waiting"));

        // After its time what is left is everybody's.
        clock.set(hours(24));
        assert_eq!(run(db, wait::fill_all).await, "ok");
        assert_eq!(waits(db, s, 102).await, "offered");
        let counted: (i64, i64) = db
            .read(move |tx| {
                tx.one(
                    sql!(
                        "SELECT s.taken, (SELECT count(*) FROM sign_up u WHERE u.session_id = s.id AND u.state <> 'cancelled')
                            + (SELECT count(*) FROM waiting w WHERE w.session_id = s.id AND w.state = 'offered')
                         FROM session s WHERE s.id = $1"
                    ),
                    args![s],
                )
            })
            .await
            .unwrap();
        assert_eq!(counted, (3, 3));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kept_for_whom_the_leader_enters() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, Bus::default) {
        let db = &bench.db;
        let s = set_up(db, 6, 106, 2).await;
        assert_eq!(keep(db, s, None, 1, hours(48)).await, "ok");
        assert_eq!(
            (book_own(db, s, 100).await, book_own(db, s, 101).await),
            ("ok".into(), "sign_up.held".into())
        );
        assert_eq!(enter(db, s, 102).await, "ok");
        assert_eq!(only(db, s).await.2, 1);
        assert_eq!(enter(db, s, 103).await, "sign_up.full");

        // Whoever stands in stands on the same place.
        let place =
            db.read(move |tx| sign_up::store::active(tx, s, PersonId(102))).await.unwrap().unwrap().id;
        let offer = db
            .write(move |tx| hand_over::offer(tx, &volunteer(102), place, &To::Anybody, "家里有事"))
            .await
            .unwrap();
        assert_eq!(
            run(db, move |tx| hand_over::take(tx, &volunteer(104), offer, None, Care::Aware)).await,
            "ok"
        );
        assert_eq!(only(db, s).await.2, 1);

        // Opened early, it is everybody's; whoever stands on it stays.
        assert_eq!(run(db, move |tx| sign_up::cancel(tx, &volunteer(104), s)).await, "ok");
        assert_eq!(book_own(db, s, 101).await, "sign_up.held");
        let id = only(db, s).await.0;
        assert_eq!(run(db, move |tx| commands::remove(tx, &leader(), id)).await, "ok");
        assert_eq!(book_own(db, s, 101).await, "ok");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, Bus::default) {
        clock.set(noon());
        let db = &bench.db;
        let s = set_up(db, 4, 104, 4).await;
        let team = Some(NEAR_TEAM);
        assert_eq!(keep(db, s, team, 5, hours(24)).await, "reserve.too_many");
        assert_eq!(keep(db, s, team, 2, hours(49)).await, "reserve.when");
        assert_eq!(keep(db, s, team, 2, noon()).await, "reserve.when");
        assert_eq!(keep(db, s, Some(OrgId(77)), 2, hours(24)).await, "reserve.unknown");
        assert_eq!(keep(db, s, team, 3, hours(48)).await, "ok");
        assert_eq!(keep(db, s, None, 2, hours(24)).await, "reserve.too_many");
        // Said again for the same it is changed, not added.
        assert_eq!(keep(db, s, team, 4, hours(24)).await, "ok");
        assert_eq!(only(db, s).await.1, 4);
        let stranger = |role, path: &'static str| granted(role, NEAR_TEAM, path);
        let what = Keep { org: None, places: 1, until: hours(24) };
        for (by, code) in [
            (stranger(Role::Leader, "/1/2/5/6/"), "common.forbidden"),
            (volunteer(100), "common.forbidden"),
            (Actor::default(), "common.sign_in"),
        ] {
            assert_eq!(run(db, move |tx: &mut WriteTx<'_>| commands::keep(tx, &by, s, &what)).await, code);
        }
        let id = only(db, s).await.0;
        let by = stranger(Role::Leader, "/1/2/5/6/");
        assert_eq!(run(db, move |tx| commands::remove(tx, &by, id)).await, "common.not_found");
        clock.set(hours(48));
        assert_eq!(keep(db, s, team, 1, hours(49)).await, "reserve.over");
        assert_eq!(run(db, move |tx| commands::remove(tx, &leader(), id)).await, "reserve.over");
        clock.set(noon());
        let (_, drafts) = plan(
            db,
            activity::NewActivity {
                state: activity::ActivityState::Draft,
                ..planned(TEAM, vec![NewSession::new(hours(60), hours(61), 5)])
            },
        )
        .await;
        assert_eq!(keep(db, drafts[0], team, 1, hours(24)).await, "common.not_found");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_at_once_find_what_is_theirs() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, Bus::default) {
        let db = &bench.db;
        // Persons 100 to 119 are strangers, 120 to 129 members; ten places, four of them kept.
        let s = set_up(db, 30, 120, 10).await;
        assert_eq!(keep(db, s, Some(NEAR_TEAM), 4, hours(24)).await, "ok");
        let mut all = tokio::task::JoinSet::new();
        for person in 100..130 {
            let db = db.clone();
            all.spawn(async move { (person, book_own(&db, s, person).await) });
        }
        let (mut strangers, mut members) = (0, 0);
        while let Some(done) = all.join_next().await {
            let (person, said) = done.unwrap();
            match said.as_str() {
                "ok" if person < 120 => strangers += 1,
                "ok" => members += 1,
                "sign_up.held" | "sign_up.full" => {}
                other => panic!("{person}: {other}"),
            }
        }
        assert_eq!(strangers + members, 10);
        assert!(members >= 4, "{members} members got a place");
        assert_eq!(only(db, s).await.2, 4);
    }
}
