//! The waiting list: who is offered what, until when, and that nothing is ever given away twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use db::{Bus, Db, WriteTx, args, sql};
use kernel::{Actor, Error, ManualClock, PersonId, Timestamp};
use service::activity::{self, NewPost, NewSession};
use service::event::{OfferLapsed, PlaceOffered, WaitOver};
use service::sign_up::waiting::{self, WaitState, commands, store};
use service::sign_up::{self, Book, Source};
use service::{PostId, SessionId, WaitingId};

use super::city::{
    TEAM, benches, book_own, cancel_own, city, hours, leader, noon, own, plan, planned, run, volunteer,
};

fn bus() -> Bus {
    let mut bus = Bus::default();
    bus.subscribe(|tx, event: &PlaceOffered| told(tx, "offered", event.person));
    bus.subscribe(|tx, event: &OfferLapsed| told(tx, "lapsed", event.person));
    bus.subscribe(|tx, event: &WaitOver| told(tx, "over", event.person));
    bus
}

fn told(tx: &mut WriteTx<'_>, what: &str, person: PersonId) -> Result<(), Error> {
    let id: kernel::AccountId = tx.new_id();
    let name = format!("{what} {person} {id}");
    tx.exec(sql!("INSERT INTO setting (name, value) VALUES ($1, $2)"), args![name, what])?;
    Ok(())
}

async fn count_told(db: &Db, what: &'static str) -> i64 {
    db.read(move |tx| {
        Ok::<_, Error>(
            tx.one::<(i64,)>(sql!("SELECT count(*) FROM setting WHERE value = $1"), args![what])?.0,
        )
    })
    .await
    .unwrap()
}

async fn join(db: &Db, session: SessionId, person: i64, post: Option<PostId>) -> String {
    run(db, move |tx| commands::join(tx, &volunteer(person), session, post, None)).await
}

async fn entry(
    db: &Db,
    session: SessionId,
    person: i64,
) -> Option<(WaitingId, WaitState, Option<Timestamp>)> {
    db.read(move |tx| {
        let mine = store::mine(tx, PersonId(person))?;
        Ok::<_, Error>(
            mine.into_iter()
                .find(|one| one.session == session)
                .map(|one| (one.id, one.state, one.respond_by)),
        )
    })
    .await
    .unwrap()
}

async fn state(db: &Db, session: SessionId, person: i64) -> &'static str {
    entry(db, session, person).await.map_or("none", |one| one.1.code())
}

async fn confirm(db: &Db, session: SessionId, person: i64) -> String {
    let Some((id, ..)) = entry(db, session, person).await else { return "none".to_owned() };
    run(db, move |tx| commands::confirm(tx, &volunteer(person), id)).await
}

async fn leave(db: &Db, session: SessionId, person: i64) -> String {
    let Some((id, ..)) = entry(db, session, person).await else { return "none".to_owned() };
    run(db, move |tx| commands::leave(tx, &volunteer(person), id)).await
}

/// Quota, places by the counter, places by counting (booked and held), of a session and of its posts.
fn counted(tx: &mut db::ReadTx<'_>, session: SessionId) -> Result<(i64, i64, i64, i64), Error> {
    let (quota, taken, booked, held): (i64, i64, i64, i64) = tx.one(
        sql!(
            "SELECT s.quota, s.taken,
                (SELECT count(*) FROM sign_up u WHERE u.session_id = s.id AND u.state <> 'cancelled'),
                (SELECT count(*) FROM waiting w WHERE w.session_id = s.id AND w.state = 'offered')
             FROM session s WHERE s.id = $1"
        ),
        args![session],
    )?;
    let (posts,): (i64,) = tx.one(
        sql!(
            "SELECT count(*) FROM post p WHERE p.session_id = $1 AND (p.taken > p.quota OR p.taken <>
                (SELECT count(*) FROM sign_up u WHERE u.post_id = p.id AND u.state <> 'cancelled')
              + (SELECT count(*) FROM waiting w WHERE w.post_id = p.id AND w.state = 'offered'))"
        ),
        args![session],
    )?;
    assert_eq!(posts, 0, "a post's counter is wrong");
    Ok((quota, taken, booked, held))
}

/// Booked and held; the counter must say the same, and never more than the quota.
async fn places(db: &Db, session: SessionId) -> (i64, i64) {
    let (quota, taken, booked, held) = db.read(move |tx| counted(tx, session)).await.unwrap();
    assert_eq!(taken, booked + held);
    assert!(taken <= quota, "{taken} of {quota}");
    (booked, held)
}

async fn tick(db: &Db) {
    db.write(waiting::tick).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_freed_place_goes_down_the_line() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, bus) {
        clock.set(noon());
        let db = &bench.db;
        city(db, 10).await;
        let (_, s) = plan(db, planned(TEAM, vec![NewSession::new(hours(72), hours(74), 1)])).await;
        let s = s[0];
        assert_eq!(join(db, s, 101, None).await, "sign_up.has_places");
        assert_eq!(book_own(db, s, 100).await, "ok");
        assert_eq!(join(db, s, 100, None).await, "sign_up.duplicate");
        for person in 101..=104 {
            assert_eq!(join(db, s, person, None).await, "ok");
            assert_eq!(join(db, s, person, None).await, "ok", "twice changes nothing");
        }
        let ahead = db.read(|tx| store::mine(tx, PersonId(103))).await.unwrap()[0].ahead;
        assert_eq!(ahead, 2);
        assert_eq!(confirm(db, s, 101).await, "sign_up.offer_gone", "nothing is held yet");

        assert_eq!(cancel_own(db, s, 100).await, "ok");
        assert_eq!(state(db, s, 101).await, "offered");
        assert_eq!(places(db, s).await, (0, 1));
        assert_eq!(book_own(db, s, 105).await, "sign_up.full", "the held place is nobody else's");
        let mine = entry(db, s, 101).await.unwrap().0;
        assert_eq!(run(db, move |tx| commands::confirm(tx, &volunteer(102), mine)).await, "common.not_found");
        assert_eq!(run(db, move |tx| commands::leave(tx, &volunteer(102), mine)).await, "common.not_found");
        assert_eq!(run(db, move |tx| commands::confirm(tx, &Actor::default(), mine)).await, "common.sign_in");
        assert_eq!(confirm(db, s, 101).await, "ok");
        assert_eq!(
            run(db, move |tx| commands::confirm(tx, &volunteer(101), mine)).await,
            "ok",
            "twice is once"
        );
        assert_eq!(places(db, s).await, (1, 0));

        // Lapse: to the next, and the one who slept is told.
        assert_eq!(cancel_own(db, s, 101).await, "ok");
        let until = entry(db, s, 102).await.unwrap().2.unwrap();
        clock.set(Timestamp(until.0 - 1));
        tick(db).await;
        assert_eq!(state(db, s, 102).await, "offered");
        clock.set(until);
        assert_eq!(
            confirm(db, s, 102).await,
            "sign_up.offer_gone",
            "late by the clock, whether or not it ticked"
        );
        tick(db).await;
        tick(db).await;
        assert_eq!((state(db, s, 102).await, state(db, s, 103).await), ("none", "offered"));
        assert_eq!(count_told(db, "lapsed").await, 1);
        // Declined: to the next; the last one leaves: free for all.
        assert_eq!(leave(db, s, 103).await, "ok");
        assert_eq!(state(db, s, 104).await, "offered");
        assert_eq!(leave(db, s, 104).await, "ok");
        assert_eq!(places(db, s).await, (0, 0));
        assert_eq!(count_told(db, "offered").await, 4);
        assert_eq!(book_own(db, s, 105).await, "ok");
        clock.set(noon());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_cannot_come_is_passed_over() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, bus) {
        clock.set(noon());
        let db = &bench.db;
        city(db, 10).await;
        let (_, s) = plan(
            db,
            planned(
                TEAM,
                vec![NewSession::new(hours(72), hours(74), 1), NewSession::new(hours(73), hours(75), 5)],
            ),
        )
        .await;
        assert_eq!(book_own(db, s[0], 100).await, "ok");
        for person in [101, 102] {
            assert_eq!(join(db, s[0], person, None).await, "ok");
        }
        // The first signs up for something at the same time, the place goes to the second.
        assert_eq!(book_own(db, s[1], 101).await, "ok");
        assert_eq!(cancel_own(db, s[0], 100).await, "ok");
        assert_eq!((state(db, s[0], 101).await, state(db, s[0], 102).await), ("waiting", "offered"));
        // A clash that came after the offer is found when confirming.
        assert_eq!(book_own(db, s[1], 102).await, "ok");
        assert_eq!(confirm(db, s[0], 102).await, "sign_up.overlap");
        assert_eq!(leave(db, s[0], 102).await, "ok");
        assert_eq!(places(db, s[0]).await, (0, 0), "nobody fits: free for all");
        // The first is free again: the regular work finds the free place for them.
        assert_eq!(cancel_own(db, s[1], 101).await, "ok");
        tick(db).await;
        assert_eq!(state(db, s[0], 101).await, "offered");
        // Two hours before the start the rest of the list is closed, and the place is open to all (Fix-28).
        clock.set(hours(70));
        tick(db).await;
        assert_eq!(state(db, s[0], 101).await, "none");
        assert_eq!(places(db, s[0]).await, (0, 0));
        assert_eq!(book_own(db, s[0], 104).await, "ok");
        assert_eq!(join(db, s[0], 105, None).await, "sign_up.wait_late");
        clock.set(noon());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn posts_more_places_and_the_end() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, bus) {
        let db = &bench.db;
        city(db, 20).await;
        let posts = ["门口", "厨房"].map(|name| NewPost {
            name: name.into(),
            quota: 1,
            skill: None,
            qualification: None,
        });
        let session = NewSession { posts: posts.into(), ..NewSession::new(hours(72), hours(74), 3) };
        let (id, s) = plan(db, planned(TEAM, vec![session])).await;
        let s = s[0];
        let posts = db.read(move |tx| activity::store::posts_of(tx, id)).await.unwrap();
        let (door, kitchen) = (posts[0].id, posts[1].id);
        for (person, post) in [(100, door), (101, kitchen)] {
            let cmd = Book { post: Some(post), ..own(s, person) };
            assert_eq!(run(db, move |tx| sign_up::book(tx, &volunteer(person), &cmd)).await, "ok");
        }
        // The session has a place left, the kitchen has none.
        assert_eq!(join(db, s, 102, None).await, "sign_up.has_places");
        assert_eq!(join(db, s, 102, Some(kitchen)).await, "ok");
        assert_eq!(book_own(db, s, 103).await, "ok");
        assert_eq!(join(db, s, 104, None).await, "ok");
        assert_eq!(join(db, s, 105, Some(door)).await, "ok");
        assert_eq!(join(db, s, 106, Some(PostId(1))).await, "common.not_found");
        // The door comes free: it is not what 102 waits for, 104 takes any place, and the door itself is then empty.
        assert_eq!(cancel_own(db, s, 100).await, "ok");
        assert_eq!(
            (state(db, s, 102).await, state(db, s, 104).await, state(db, s, 105).await),
            ("waiting", "offered", "waiting")
        );
        places(db, s).await;
        // Any place comes free: 102 waits for the kitchen, which is full; 105 gets the door.
        assert_eq!(cancel_own(db, s, 103).await, "ok");
        assert_eq!((state(db, s, 102).await, state(db, s, 105).await), ("waiting", "offered"));
        assert_eq!(confirm(db, s, 104).await, "ok");
        assert_eq!(confirm(db, s, 105).await, "ok");
        assert_eq!(places(db, s).await, (3, 0));
        // Taken away by the leader: the kitchen goes to 102.
        let lines = db.read(move |tx| sign_up::store::of_session(tx, s, 0, 50)).await.unwrap();
        let kitchen_sign_up = lines.iter().find(|line| line.person == PersonId(101)).unwrap().id;
        assert_eq!(
            run(db, move |tx| sign_up::cancel_by_leader(tx, &leader(), kitchen_sign_up, "换人")).await,
            "ok"
        );
        assert_eq!(state(db, s, 102).await, "offered");
        assert_eq!(places(db, s).await, (2, 1));

        // Two more places: two of three who wait are offered one at once.
        for person in [107, 108, 109] {
            assert_eq!(join(db, s, person, None).await, "ok");
        }
        assert_eq!(run(db, move |tx| activity::commands::set_quota(tx, &leader(), s, 5)).await, "ok");
        assert_eq!(
            (state(db, s, 107).await, state(db, s, 108).await, state(db, s, 109).await),
            ("offered", "offered", "waiting")
        );
        assert_eq!(places(db, s).await, (2, 3));
        let shown = db.read(move |tx| store::of_session(tx, s)).await.unwrap();
        assert_eq!(shown.len(), 4);

        // Cancelled: everybody who waited is told, nothing is held any more.
        assert_eq!(
            run(db, move |tx| activity::commands::cancel_session(tx, &leader(), s, "暴雨")).await,
            "ok"
        );
        assert_eq!(count_told(db, "over").await, 4);
        assert_eq!(state(db, s, 109).await, "none");
        assert_eq!(places(db, s).await, (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_pays_for_an_empty_list() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, Bus::default) {
        let db = &bench.db;
        city(db, 2).await;
        let (_, s) = plan(db, planned(TEAM, vec![NewSession::new(hours(72), hours(74), 5)])).await;
        let s = s[0];
        let used = db
            .write(move |tx| {
                sign_up::book(tx, &volunteer(100), &own(s, 100))?;
                let booked = tx.statements();
                sign_up::cancel(tx, &volunteer(100), s)?;
                Ok::<_, Error>((booked, tx.statements() - booked))
            })
            .await
            .unwrap();
        assert!(used.0 <= 4, "{} statements to book", used.0);
        assert!(used.1 <= 7, "{} statements to cancel", used.1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn never_more_than_the_quota_whatever_happens_at_once() {
    const PEOPLE: i64 = 60;
    for_each_bench(|db| async move {
        city(&db, PEOPLE).await;
        let posts = vec![NewPost { name: "门口".into(), quota: 3, skill: None, qualification: None }];
        let session = NewSession { posts, ..NewSession::new(hours(72), hours(74), 8) };
        let other = NewSession::new(hours(73), hours(75), 8);
        let (id, s) = plan(&db, planned(TEAM, vec![session, other])).await;
        let post = db.read(move |tx| activity::store::posts_of(tx, id)).await.unwrap()[0].id;
        let done = Arc::new(AtomicBool::new(false));
        // Somebody who looks all the time, and the regular work.
        let watch = {
            let (db, s, done) = (db.clone(), s.clone(), Arc::clone(&done));
            tokio::spawn(async move {
                let mut looks = 0;
                while !done.load(Ordering::SeqCst) {
                    for session in &s {
                        places(&db, *session).await;
                    }
                    tick(&db).await;
                    looks += 1;
                }
                looks
            })
        };
        let tasks: Vec<_> = (0..PEOPLE)
            .map(|n| {
                let (db, s) = (db.clone(), s.clone());
                tokio::spawn(async move {
                    let person = 100 + n;
                    for round in 0..6_i64 {
                        let session = s[usize::try_from((n + round) % 2).unwrap()];
                        let at = (session == s[0] && (n + round) % 3 == 0).then_some(post);
                        let cmd = Book { post: at, source: Source::Own, ..own(session, person) };
                        let booked = run(&db, move |tx| sign_up::book(tx, &volunteer(person), &cmd)).await;
                        fine(&booked);
                        if booked != "ok" {
                            let (a, b) =
                                tokio::join!(join(&db, session, person, at), join(&db, session, person, at));
                            fine(&a);
                            fine(&b);
                        }
                        if (n + round) % 5 != 0 {
                            let (a, b) =
                                tokio::join!(confirm(&db, session, person), confirm(&db, session, person));
                            fine(&a);
                            fine(&b);
                        }
                        match (n + round) % 4 {
                            0 => fine(&leave(&db, session, person).await),
                            3 => {}
                            _ => fine(&cancel_own(&db, session, person).await),
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        done.store(true, Ordering::SeqCst);
        assert!(watch.await.unwrap() > 0);
        // Whatever is left: whoever holds or waits goes, and nothing stays taken.
        for session in &s {
            places(&db, *session).await;
            for person in 100..100 + PEOPLE {
                leave(&db, *session, person).await;
            }
            for person in 100..100 + PEOPLE {
                cancel_own(&db, *session, person).await;
            }
            assert_eq!(places(&db, *session).await, (0, 0));
        }
    })
    .await;
}

fn fine(code: &str) {
    let known = [
        "ok",
        "none",
        "sign_up.full",
        "sign_up.post_full",
        "sign_up.duplicate",
        "sign_up.overlap",
        "sign_up.has_places",
        "sign_up.offer_gone",
    ];
    assert!(known.contains(&code), "{code}");
}

async fn for_each_bench<F: Future<Output = ()>>(test: impl Fn(Db) -> F) {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, bus) {
        test(bench.db.clone()).await;
    }
}
