//! What this crate offers every room: jobs, outbox, idempotency keys, search.

#[cfg(test)]
mod common;

use common::{START, benches, benches_at, clock};
use db::jobs::{self, JobId, JobState};
use db::{DbError, idempotency, outbox, search};
use kernel::{AccountId, Timestamp};

/// Kind, id, texts with whether they are names.
type Thing = (&'static str, i64, &'static [(&'static str, bool)]);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_has_one_worker() {
    for bench in benches() {
        let db = &bench.db;
        for n in 0..40 {
            db.write(move |tx| jobs::enqueue(tx, "export", &n.to_string(), None, START)).await.unwrap();
        }
        let mut workers = Vec::new();
        for worker in 0..4 {
            let db = db.clone();
            workers.push(tokio::spawn(async move {
                let (mut taken, mut nothing) = (Vec::new(), 0);
                // "Nothing" may also mean that another worker was faster by a hair.
                while nothing < 50 {
                    match db.write(move |tx| jobs::take(tx, &format!("w{worker}"))).await.unwrap() {
                        Some(job) => taken.push(job.id),
                        None => nothing += 1,
                    }
                }
                taken
            }));
        }
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.await.unwrap());
        }
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!((all.len(), different.len()), (40, 40), "{db:?}");
    }
}

#[tokio::test]
async fn the_life_of_a_job() {
    let (time, clock) = clock();
    for bench in benches_at(&clock) {
        time.set(START);
        let db = &bench.db;
        let owner = AccountId(7);
        let take = |worker: &'static str| db.write(move |tx| jobs::take(tx, worker));
        let find = |id: JobId| async move { db.read(move |tx| jobs::find(tx, id)).await.unwrap().unwrap() };
        let progress = |id: JobId, worker: &'static str| {
            db.write(move |tx| jobs::progress(tx, id, worker, 3, 9, "reading"))
        };
        let end = |id: JobId, worker: &'static str, result: &'static str| {
            db.write(move |tx| jobs::finish_held(tx, id, worker, JobState::Done, "", result))
        };
        let later = db
            .write(move |tx| jobs::enqueue(tx, "later", "", Some(owner), START.plus_minutes(10)))
            .await
            .unwrap();
        let id = db.write(move |tx| jobs::enqueue(tx, "import", "{}", Some(owner), START)).await.unwrap();
        let job = take("a").await.unwrap().unwrap();
        assert_eq!((job.id, job.state, job.attempts, job.cancel), (id, JobState::Running, 1, false));
        assert!(take("b").await.unwrap().is_none(), "one is held, the other not due");
        // Signs of life keep it.
        for _ in 0..5 {
            time.advance(jobs::LEASE_MS - 1);
            assert!(progress(id, "a").await.unwrap());
            assert!(take("b").await.unwrap().is_none());
        }
        assert_eq!((find(id).await.done_units, find(id).await.all_units), (3, 9));
        // Silence loses it; the first worker learns so and cannot end it any more.
        time.advance(jobs::LEASE_MS + 1);
        let job = take("b").await.unwrap().unwrap();
        assert_eq!((job.id, job.attempts), (id, 2));
        assert!(!progress(id, "a").await.unwrap());
        assert!(!end(id, "a", "stale").await.unwrap());
        // Cancelling a running job asks its worker.
        db.write(move |tx| jobs::cancel(tx, id)).await.unwrap();
        assert!(!progress(id, "b").await.unwrap());
        assert_eq!(find(id).await.state, JobState::Running);
        // … and one that would be tried again stops.
        db.write(move |tx| jobs::retry(tx, id, START, "later")).await.unwrap();
        let job = find(id).await;
        assert_eq!(job.state, JobState::Cancelled);
        assert!(job.ended_at > START);
        // A waiting job stops at once; a failed one comes back at its time.
        db.write(move |tx| jobs::retry(tx, later, START.plus_minutes(60), "no answer")).await.unwrap();
        assert!(take("a").await.unwrap().is_none());
        time.set(START.plus_minutes(60));
        assert_eq!(take("a").await.unwrap().unwrap().id, later);
        assert!(end(later, "a", "file 1").await.unwrap());
        let job = find(later).await;
        assert_eq!(
            (job.state, job.result.as_str(), job.ended_at),
            (JobState::Done, "file 1", START.plus_minutes(60))
        );
        let third = db.write(move |tx| jobs::enqueue(tx, "x", "", Some(owner), Timestamp(0))).await.unwrap();
        db.write(move |tx| jobs::cancel(tx, third)).await.unwrap();
        assert_eq!(find(third).await.state, JobState::Cancelled);
        db.write(move |tx| jobs::cancel(tx, later)).await.unwrap();
        assert_eq!(find(later).await.state, JobState::Done, "what is done stays done");
        let mine = db.read(move |tx| jobs::of_owner(tx, owner, 2)).await.unwrap();
        assert_eq!(mine.iter().map(|job| job.id).collect::<Vec<_>>(), [third, id]);
    }
}

#[tokio::test]
async fn the_outbox_pauses_after_failures() {
    let (time, clock) = clock();
    for bench in benches_at(&clock) {
        time.set(START);
        let db = &bench.db;
        db.write(|tx| {
            for n in 0..5 {
                outbox::put(tx, "sms", &n.to_string())?;
            }
            Ok::<_, DbError>(())
        })
        .await
        .unwrap();
        // What is refused is not sent.
        let end: Result<(), DbError> = db
            .write(|tx| {
                outbox::put(tx, "sms", "never")?;
                Err(DbError::Inconsistent("no".to_owned()))
            })
            .await;
        assert!(end.is_err());
        let take = |n: i64| db.write(move |tx| outbox::take(tx, n));
        let first = take(3).await.unwrap();
        assert_eq!(first.iter().map(|w| w.payload.as_str()).collect::<Vec<_>>(), ["0", "1", "2"], "{db:?}");
        assert_eq!(take(9).await.unwrap().len(), 2);
        assert!(take(9).await.unwrap().is_empty());
        assert_eq!(db.read(outbox::waiting).await.unwrap(), 5);
        for one in &first[1..] {
            let id = one.id;
            db.write(move |tx| outbox::sent(tx, id)).await.unwrap();
        }
        let bad = first[0].id;
        let mut pause = 2;
        let mut attempts = first[0].attempts;
        for round in 0..12 {
            db.write(move |tx| outbox::failed(tx, bad, attempts, "no answer")).await.unwrap();
            time.advance(pause * 60_000 - 1);
            let ids: Vec<_> = take(9).await.unwrap().into_iter().map(|w| w.id).collect();
            assert!(!ids.contains(&bad), "too early in round {round}");
            time.advance(1);
            let again = take(9).await.unwrap();
            let again = again.iter().find(|w| w.id == bad).unwrap();
            attempts = again.attempts;
            assert_eq!(attempts, round + 2);
            pause = (pause * 2).min(360);
        }
        assert_eq!(db.read(outbox::waiting).await.unwrap(), 3);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_counts_once() {
    let (time, clock) = clock();
    for bench in benches_at(&clock) {
        time.set(START);
        let db = &bench.db;
        common::add_slot(db, 1, 100).await;
        let send = |key: u8| {
            let db = db.clone();
            tokio::spawn(async move {
                for _ in 0..3 {
                    let end = db
                        .write(move |tx| {
                            if let Some(before) = idempotency::find(tx, &[key])? {
                                return Ok((false, before.answer));
                            }
                            common::take_place(tx, 1)?;
                            idempotency::keep(tx, &[key], 200, "yours")?;
                            Ok((true, "yours".to_owned()))
                        })
                        .await;
                    match end {
                        Err(DbError::Unique(name)) => assert_eq!(name, "idempotency_pkey"),
                        other => return other.unwrap(),
                    }
                }
                panic!("never answered");
            })
        };
        let tries: Vec<_> = (0..32).map(|n| send(n % 4)).collect();
        let mut effects = 0;
        for one in tries {
            let (effect, answer) = one.await.unwrap();
            assert_eq!(answer, "yours");
            effects += i64::from(effect);
        }
        let taken: (i64,) = db.read(|tx| tx.one(db::sql!("SELECT taken FROM slot"), &[])).await.unwrap();
        assert_eq!((effects, taken.0), (4, 4), "{db:?}");
        time.advance(2 * 86_400_000);
        assert_eq!(db.write(idempotency::purge).await.unwrap(), 0);
        time.advance(86_400_001);
        assert_eq!(db.write(idempotency::purge).await.unwrap(), 4);
    }
}

#[tokio::test]
async fn people_and_things_are_found() {
    for bench in benches() {
        let db = &bench.db;
        let things: &[Thing] = &[
            ("person", 1, &[("张三", true), ("13800138000", true)]),
            ("person", 2, &[("张三丰", true), ("13900139000", true)]),
            ("person", 3, &[("李四", true), ("Zoe Smith", true)]),
            ("person", 4, &[("欧阳娜娜", true)]),
            ("activity", 5, &[("周末清洁家园志愿服务", false), ("东山街道", true)]),
            ("activity", 6, &[("社区图书馆整理图书", false), ("东山街道", true)]),
            ("activity", 7, &[("长者健康讲座 2026", false), ("西湖街道", true)]),
        ];
        db.write(move |tx| {
            for (kind, id, texts) in things {
                search::put(tx, kind, *id, texts)?;
            }
            Ok::<_, DbError>(())
        })
        .await
        .unwrap();
        let all: &[&'static str] = &["person", "activity"];
        for (query, kinds, wanted) in [
            ("张三", all, &[2, 1][..]),
            ("zs", all, &[2, 1]),
            ("zhangsan", all, &[2, 1]),
            ("ZhangSan", all, &[2, 1]),
            ("zhang san", all, &[2, 1]),
            ("张三丰", all, &[2]),
            ("“张三丰”，", all, &[2]),
            ("欧阳", all, &[4]),
            ("oynn", all, &[4]),
            ("138", all, &[1]),
            ("13800138000", all, &[1]),
            ("13", all, &[2, 1]),
            ("38001", all, &[]),
            ("张三 139", all, &[2]),
            ("zoe", all, &[3]),
            ("清洁", all, &[5]),
            ("qingjie", all, &[5]),
            ("清洁家园", all, &[5]),
            ("图书馆整理", all, &[6]),
            ("东山街道", all, &[6, 5]),
            ("东山 清洁", all, &[5]),
            ("清洁 东山街道", all, &[5]),
            ("讲座 2026", all, &[7]),
            ("东山街道", &["person"], &[]),
            ("", all, &[]),
            ("  ，。 ", all, &[]),
            ("%", all, &[]),
            ("'", all, &[]),
        ] {
            let hits = db.read(move |tx| search::find(tx, query, kinds, 10)).await.unwrap();
            let ids: Vec<i64> = hits.iter().map(|hit| hit.object_id).collect();
            let (mut got, mut want) = (ids.clone(), wanted.to_vec());
            got.sort_unstable();
            want.sort_unstable();
            assert_eq!(got, want, "{query:?} on {db:?}: {hits:?}");
        }
        let one = db.read(|tx| search::find(tx, "东山", &["activity"], 1)).await.unwrap();
        assert_eq!(one.len(), 1);
        // The very name before names that begin with it.
        let best = db.read(|tx| search::find(tx, "张三", &["person"], 10)).await.unwrap();
        println!("{best:?}");
        // What changes its name is found by the new one only.
        db.write(|tx| search::put(tx, "person", 1, &[("王五", true)])).await.unwrap();
        let hits = db.read(|tx| search::find(tx, "13800138000", &["person"], 10)).await.unwrap();
        assert!(hits.is_empty());
        assert_eq!(db.read(|tx| search::find(tx, "ww", &["person"], 10)).await.unwrap().len(), 1);
    }
}
