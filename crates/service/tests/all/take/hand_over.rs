//! Places that change hands: who may take one, that two never do, and swaps.

use std::sync::Arc;

use db::{Bus, Db, args, sql};
use kernel::{Actor, Error, ManualClock, PersonId};
use service::activity::{NewActivity, NewPost, NewSession};
use service::sign_up::hand_over::commands::{self, Taken, To};
use service::sign_up::hand_over::{OfferState, store, tick};
use service::sign_up::{self, Book, Care};
use service::{HandOverId, SessionId, SignUpId};

use super::city::{
    TEAM, benches, book_own, cancel_own, city, hours, leader, noon, own, person, plan, planned, run,
    volunteer,
};

async fn place(db: &Db, session: SessionId, person: i64) -> Option<SignUpId> {
    db.read(move |tx| sign_up::store::active(tx, session, PersonId(person))).await.unwrap().map(|one| one.id)
}

async fn offer(db: &Db, session: SessionId, person: i64, to: To) -> Result<HandOverId, String> {
    let id = place(db, session, person).await.unwrap();
    db.write(move |tx| commands::offer(tx, &volunteer(person), id, &to, "家里有事"))
        .await
        .map_err(|e: Error| e.code().to_owned())
}

async fn take(db: &Db, id: HandOverId, person: i64, swap: Option<SignUpId>) -> String {
    let done = db.write(move |tx| commands::take(tx, &volunteer(person), id, swap, Care::Aware)).await;
    match done {
        Ok(Taken::Done) => "done".to_owned(),
        Ok(Taken::Asked) => "asked".to_owned(),
        Ok(Taken::Proposed) => "proposed".to_owned(),
        Err(e) => {
            let e: Error = e;
            e.code().to_owned()
        }
    }
}

async fn state(db: &Db, id: HandOverId) -> OfferState {
    db.read(move |tx| store::find(tx, id)).await.unwrap().unwrap().state
}

/// Places by the counter and by counting, of a session and of its posts.
async fn taken(db: &Db, session: SessionId) -> (i64, i64, i64, i64) {
    db.read(move |tx| {
        tx.one(
            sql!(
                "SELECT s.taken, (SELECT count(*) FROM sign_up u WHERE u.session_id = s.id AND u.state <> 'cancelled'),
                    COALESCE((SELECT CAST(sum(p.taken) AS BIGINT) FROM post p WHERE p.session_id = s.id), CAST(0 AS BIGINT)),
                    (SELECT count(*) FROM sign_up u WHERE u.session_id = s.id AND u.state <> 'cancelled' AND u.post_id IS NOT NULL)
                 FROM session s WHERE s.id = $1"
            ),
            args![session],
        )
    })
    .await
    .unwrap()
}

async fn members(db: &Db, people: std::ops::Range<i64>) {
    db.write(move |tx| {
        for id in people.clone() {
            tx.exec(
                sql!("INSERT INTO member (id, org_id, person_id, state) VALUES ($1, 4, $1, 'member')"),
                args![PersonId(id)],
            )?;
        }
        Ok::<(), Error>(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_name_and_to_anybody() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, Bus::default) {
        clock.set(noon());
        let db = &bench.db;
        city(db, 8).await;
        members(db, 100..106).await;
        let posts = vec![NewPost { name: "门口".into(), quota: 1, skill: None, qualification: None }];
        let first = NewSession { posts, ..NewSession::new(hours(48), hours(50), 2) };
        let new = NewActivity {
            min_age: 18,
            ..planned(TEAM, vec![first, NewSession::new(hours(49), hours(51), 5)])
        };
        let (id, s) = plan(db, new).await;
        let post = db.read(move |tx| service::activity::store::posts_of(tx, id)).await.unwrap()[0].id;
        let (full, beside) = (s[0], s[1]);
        let at_post = Book { post: Some(post), ..own(full, 100) };
        assert_eq!(run(db, move |tx| sign_up::book(tx, &volunteer(100), &at_post)).await, "ok");
        assert_eq!(book_own(db, full, 101).await, "ok");
        assert_eq!(book_own(db, full, 107).await, "sign_up.full");

        // By name: of the team, one person, not oneself.
        assert_eq!(offer(db, full, 100, To::Named("没有".into())).await, Err("sign_up.no_teammate".into()));
        assert_eq!(offer(db, full, 100, To::Named("人107".into())).await, Err("sign_up.no_teammate".into()));
        assert_eq!(offer(db, full, 100, To::Named("人100".into())).await, Err("sign_up.no_teammate".into()));
        let named = offer(db, full, 100, To::Named("人102".into())).await.unwrap();
        assert_eq!(offer(db, full, 100, To::Anybody).await, Ok(named), "while it lives there is one");
        assert_eq!(take(db, named, 103, None).await, "common.not_found", "it was not offered to them");
        assert_eq!(take(db, named, 100, None).await, "sign_up.hand_over_gone", "one's own");
        let declined = || run(db, move |tx| commands::decline(tx, &volunteer(102), named));
        assert_eq!(declined().await, "ok");
        assert_eq!(declined().await, "ok");
        assert_eq!(take(db, named, 102, None).await, "sign_up.hand_over_gone");
        assert_eq!(state(db, named).await, OfferState::Declined);

        // To anybody: all rules but the number of places are asked of the taker.
        let open = offer(db, full, 100, To::Anybody).await.unwrap();
        assert_eq!(take(db, open, 101, None).await, "sign_up.duplicate");
        assert_eq!(book_own(db, beside, 104).await, "ok");
        assert_eq!(take(db, open, 104, None).await, "sign_up.overlap");
        db.write(|tx| person(tx, 50, "2015-01-01")).await.unwrap();
        assert_eq!(take(db, open, 50, None).await, "sign_up.under_age");
        assert_eq!(take(db, open, 105, None).await, "done");
        assert_eq!(take(db, open, 105, None).await, "done", "twice changes nothing");
        assert_eq!(take(db, open, 103, None).await, "sign_up.hand_over_gone");
        assert!(place(db, full, 100).await.is_none() && place(db, full, 105).await.is_some());
        assert_eq!(taken(db, full).await, (2, 2, 1, 1), "the place and its post changed hands, nothing else");

        // Taken back, or the place given back: the offer is over.
        let again = offer(db, full, 105, To::Anybody).await.unwrap();
        assert_eq!(
            run(db, move |tx| commands::withdraw(tx, &volunteer(103), again)).await,
            "sign_up.hand_over_gone"
        );
        assert_eq!(run(db, move |tx| commands::withdraw(tx, &volunteer(105), again)).await, "ok");
        let again = offer(db, full, 105, To::Anybody).await.unwrap();
        assert_eq!(cancel_own(db, full, 105).await, "ok");
        assert_eq!(take(db, again, 103, None).await, "sign_up.hand_over_gone");
        assert_eq!(taken(db, full).await, (1, 1, 0, 0));
        // Nobody took it before the start.
        let late = offer(db, full, 101, To::Anybody).await.unwrap();
        clock.set(hours(48));
        assert_eq!(take(db, late, 103, None).await, "sign_up.hand_over_gone");
        assert_eq!(run(db, tick).await, "ok");
        assert_eq!(state(db, late).await, OfferState::Over);
        assert!(place(db, full, 101).await.is_some(), "the place stays with its holder");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn swaps_and_the_leaders_word() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, Bus::default) {
        let db = &bench.db;
        city(db, 6).await;
        members(db, 100..104).await;
        // The two overlap: a swap is possible, holding both is not.
        let one = planned(
            TEAM,
            vec![NewSession::new(hours(48), hours(50), 1), NewSession::new(hours(49), hours(51), 1)],
        );
        let (_, s) = plan(db, NewActivity { stand_in_asked: true, ..one }).await;
        let (x, y) = (s[0], s[1]);
        assert_eq!(book_own(db, x, 100).await, "ok");
        assert_eq!(book_own(db, y, 101).await, "ok");
        let theirs = place(db, y, 101).await;
        let h = offer(db, x, 100, To::Named("人101".into())).await.unwrap();
        assert_eq!(
            take(db, h, 101, None).await,
            "sign_up.overlap",
            "without giving theirs they hold two at once"
        );
        assert_eq!(
            take(db, h, 101, place(db, x, 100).await).await,
            "common.not_found",
            "only one's own place"
        );
        assert_eq!(take(db, h, 101, theirs).await, "proposed");
        let answer = |who: i64, yes| run(db, move |tx| commands::swap(tx, &volunteer(who), h, yes));
        assert_eq!(
            answer(101, true).await,
            "sign_up.hand_over_gone",
            "the taker does not agree for the giver"
        );
        assert_eq!(answer(100, false).await, "ok");
        assert_eq!(state(db, h).await, OfferState::Offered);
        assert_eq!(take(db, h, 101, theirs).await, "proposed");
        assert_eq!(answer(100, true).await, "ok");
        assert_eq!(state(db, h).await, OfferState::Asked);
        let decide =
            |who: Actor, yes, why: &'static str| run(db, move |tx| commands::decide(tx, &who, h, yes, why));
        assert_eq!(decide(volunteer(103), true, "").await, "common.not_found");
        let taker_leads = Actor { person: Some(PersonId(101)), ..leader() };
        assert_eq!(
            decide(taker_leads, true, "").await,
            "sign_up.hand_over_gone",
            "nobody decides about their own"
        );
        assert_eq!(decide(leader(), false, "").await, "common.required");
        assert_eq!(decide(leader(), true, "").await, "ok");
        assert!(place(db, x, 101).await.is_some() && place(db, y, 100).await.is_some());
        assert!(place(db, x, 100).await.is_none() && place(db, y, 101).await.is_none());
        assert_eq!((taken(db, x).await, taken(db, y).await), ((1, 1, 0, 0), (1, 1, 0, 0)));

        // Refused: everything stays, and both can try anew.
        let h = offer(db, x, 101, To::Anybody).await.unwrap();
        assert_eq!(take(db, h, 102, None).await, "asked");
        let refuse = run(db, move |tx| commands::decide(tx, &leader(), h, false, "要有经验的")).await;
        assert_eq!(refuse, "ok");
        assert_eq!(state(db, h).await, OfferState::Refused);
        assert!(place(db, x, 101).await.is_some());
        // What was promised in exchange is gone: the swap cannot be carried out, and nothing is half done.
        let h = offer(db, x, 101, To::Anybody).await.unwrap();
        let theirs = place(db, y, 100).await;
        assert_eq!(take(db, h, 100, theirs).await, "proposed");
        assert_eq!(cancel_own(db, y, 100).await, "ok");
        let yes = run(db, move |tx| commands::swap(tx, &volunteer(101), h, true)).await;
        assert_eq!(yes, "ok", "the leader is asked");
        assert_eq!(
            run(db, move |tx| commands::decide(tx, &leader(), h, true, "")).await,
            "sign_up.hand_over_gone"
        );
        assert!(place(db, x, 101).await.is_some());
        assert_eq!(taken(db, x).await, (1, 1, 0, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_take_one_place_one_has_it() {
    const PEOPLE: i64 = 12;
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, Bus::default) {
        let db = &bench.db;
        city(db, PEOPLE).await;
        let (_, s) = plan(db, planned(TEAM, vec![NewSession::new(hours(48), hours(50), 1)])).await;
        let s = s[0];
        assert_eq!(book_own(db, s, 100).await, "ok");
        let mut holder = 100;
        for round in 0..4 {
            let h = offer(db, s, holder, To::Anybody).await.unwrap();
            let tasks: Vec<_> = (100..100 + PEOPLE)
                .filter(|person| *person != holder)
                .map(|person| {
                    let db = db.clone();
                    tokio::spawn(async move { (person, take(&db, h, person, None).await) })
                })
                .collect();
            // In one round the giver steps back or cancels at the same moment.
            let giver = holder;
            let other = match round {
                1 => run(db, move |tx| commands::withdraw(tx, &volunteer(giver), h)).await,
                2 => cancel_own(db, s, giver).await,
                _ => "ok".to_owned(),
            };
            assert!(["ok", "sign_up.hand_over_gone"].contains(&other.as_str()), "{other}");
            let mut winners = Vec::new();
            for task in tasks {
                let (person, code) = task.await.unwrap();
                match code.as_str() {
                    "done" => winners.push(person),
                    "sign_up.hand_over_gone" | "common.stale" => {}
                    other => panic!("{other}"),
                }
            }
            assert!(winners.len() <= 1, "{winners:?}");
            let (counter, rows, ..) = taken(db, s).await;
            assert_eq!(counter, rows);
            assert!(counter <= 1);
            if round == 0 || round == 3 {
                assert_eq!(winners.len(), 1);
            }
            holder = match (winners.first(), rows) {
                (Some(winner), _) => *winner,
                (None, 1) => giver,
                _ => {
                    assert_eq!(book_own(db, s, 100).await, "ok");
                    100
                }
            };
            assert!(place(db, s, holder).await.is_some());
        }
    }
}
