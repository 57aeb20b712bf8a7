//! Warnings that may be confirmed, and reasons for cancelling late.

use std::sync::Arc;

use db::{Bus, args, sql};
use kernel::{Error, ManualClock};
use service::activity::NewSession;
use service::sign_up::limits::{self, Limits};
use service::sign_up::{self, Book, Care, LateReason, Source, commands};

use super::city::{
    TEAM, benches, book_own, cancel_own, city, hours, leader, noon, office, own, plan, planned, run,
    volunteer,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_much_on_a_day_is_warned_of_and_can_be_overridden() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, Bus::default) {
        let db = &bench.db;
        city(db, 3).await;
        // 09:00 to 13:00, 13:10 to 14:00, 15:00 to 19:00 of one day.
        let (_, s) = plan(
            db,
            planned(
                TEAM,
                vec![
                    NewSession::new(hours(69), hours(73), 9),
                    NewSession::new(hours(73).plus_minutes(10), hours(74), 9),
                    NewSession::new(hours(75), hours(79), 9),
                ],
            ),
        )
        .await;
        // What the person's own form would say, without taking anything.
        let mind = |session| {
            run(db, move |tx| {
                sign_up::book_minding(tx, &volunteer(100), &own(session, 100), Care::Warn)?;
                Err::<(), Error>((&kernel::error::common::STALE).into())
            })
        };
        assert_eq!(mind(s[0]).await, "common.stale");
        assert_eq!(book_own(db, s[0], 100).await, "ok");
        assert_eq!(mind(s[0]).await, "sign_up.duplicate", "hard rules come first");
        assert_eq!(mind(s[1]).await, "sign_up.little_rest");
        assert_eq!(mind(s[2]).await, "common.stale", "eight hours exactly");
        let set = |limits: Limits| run(db, move |tx| limits::change(tx, &office(), &limits));
        assert_eq!(run(db, |tx| limits::change(tx, &leader(), &Limits::default())).await, "common.forbidden");
        assert_eq!(set(Limits { rest_minutes: 5, ..Limits::default() }).await, "ok");
        assert_eq!(mind(s[1]).await, "common.stale", "the city asks for less rest");
        assert_eq!(book_own(db, s[2], 100).await, "ok");
        assert_eq!(mind(s[1]).await, "sign_up.much");
        assert_eq!(set(Limits { day_minutes: 1440, day_sessions: 2, ..Limits::default() }).await, "ok");
        assert_eq!(mind(s[1]).await, "sign_up.many");
        // Where the city refuses, the person cannot go on, whichever way the form was sent; the leader can.
        assert_eq!(set(Limits { rest_minutes: 5, refuse: true, ..Limits::default() }).await, "ok");
        assert_eq!(book_own(db, s[1], 100).await, "sign_up.too_much");

        // The leader goes on with a reason, which is noted and logged.
        let cmd = Book { source: Source::Leader, ..own(s[1], 100) };
        assert_eq!(run(db, move |tx| commands::book_over(tx, &leader(), &cmd, "缺人")).await, "ok");
        let (notes, log): (i64, i64) = db
            .read(|tx| {
                tx.one(
                    sql!(
                        "SELECT (SELECT count(*) FROM sign_up_note WHERE kind = 'override' AND reason = '缺人'),
                            (SELECT count(*) FROM audit WHERE act = 'sign_up.override')"
                    ),
                    args![],
                )
            })
            .await
            .unwrap();
        assert_eq!((notes, log), (1, 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelling_late_asks_why() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, Bus::default) {
        clock.set(noon());
        let db = &bench.db;
        city(db, 4).await;
        let (_, s) = plan(db, planned(TEAM, vec![NewSession::new(hours(30), hours(32), 9)])).await;
        let s = s[0];
        for person in [100, 101] {
            assert_eq!(book_own(db, s, person).await, "ok");
        }
        assert_eq!(cancel_own(db, s, 101).await, "ok", "a day and more before nobody asks");
        clock.set(hours(20));
        assert_eq!(cancel_own(db, s, 100).await, "sign_up.late_reason");
        for _ in 0..2 {
            let done =
                run(db, move |tx| sign_up::cancel_for(tx, &volunteer(100), s, Some(LateReason::Ill))).await;
            assert_eq!(done, "ok", "and twice changes nothing");
        }
        let lines = db.read(move |tx| sign_up::store::of_session(tx, s, 0, 10)).await.unwrap();
        let late: Vec<_> = lines.iter().map(|line| (line.person.0, line.late)).collect();
        assert_eq!(late, [(100, Some(LateReason::Ill)), (101, None)]);
        // Signing up by mistake is undone without a reason.
        assert_eq!(book_own(db, s, 102).await, "ok");
        clock.set(hours(20).plus_minutes(10));
        assert_eq!(cancel_own(db, s, 102).await, "ok");
        clock.set(noon());
    }
}
