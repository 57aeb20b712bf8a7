//! Units of work: values, errors, poison, groups, quotas, deadlocks; the same on both databases.

#[cfg(test)]
mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use common::{add_person, add_slot, benches, count, take_place};
use db::testing::Bench;
use db::{Bus, Config, DbError, Query, args, row, sql};
use proptest::prelude::*;

row! {
    #[derive(PartialEq)]
    struct Kinds { n: Option<i64>, x: Option<f64>, b: Option<bool>, t: Option<String>, y: Option<Vec<u8>> }
}

#[derive(Debug)]
enum No {
    Refused,
    Db(DbError),
}

impl From<DbError> for No {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

fn real() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>().prop_filter("not a number is refused", |x| !x.is_nan()),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(0.0),
        Just(f64::MIN_POSITIVE),
        (-1000_i32..1000).prop_map(f64::from),
    ]
}

#[test]
fn every_kind_of_value_comes_back_as_it_went() {
    let benches = benches();
    let next = AtomicU32::new(1);
    let value = (
        proptest::option::of(any::<i64>()),
        proptest::option::of(real()),
        proptest::option::of(any::<bool>()),
        proptest::option::of("[^\0]{0,40}"),
        proptest::option::of(proptest::collection::vec(any::<u8>(), 0..60)),
    );
    proptest!(ProptestConfig::with_cases(150), |((n, x, b, t, y) in value)| {
        for bench in &benches {
            let id = i64::from(next.fetch_add(1, Ordering::SeqCst));
            let sent = Kinds { n, x, b, t: t.clone(), y: y.clone() };
            let kept = sent.clone();
            let back: Kinds = bench.db.write_blocking(move |tx| {
                // Both ways of writing must agree.
                let all = args![id, kept.n, kept.x, kept.b, kept.t, kept.y];
                let insert = sql!("INSERT INTO kinds (id, n, x, b, t, y) VALUES ($1, $2, $3, $4, $5, $6)");
                if id % 2 == 0 { tx.exec_later(insert, all)? } else { tx.exec_one(insert, all)? }
                tx.one(sql!("SELECT n, x, b, t, y FROM kinds WHERE id = $1"), args![id])
            }).unwrap();
            prop_assert_eq!(&back, &sent);
            let found: i64 = bench.db.read_blocking(move |tx| Ok::<_, DbError>(tx.one::<(i64,)>(
                sql!("SELECT id FROM kinds WHERE n IS NOT DISTINCT FROM $1 AND x IS NOT DISTINCT FROM $2
                    AND b IS NOT DISTINCT FROM $3 AND t IS NOT DISTINCT FROM $4 AND y IS NOT DISTINCT FROM $5
                    AND id = $6"),
                args![sent.n, sent.x, sent.b, sent.t, sent.y, id])?.0)).unwrap();
            prop_assert_eq!(found, id);
        }
    });
}

#[tokio::test]
async fn what_only_one_database_would_keep_is_refused() {
    for bench in benches() {
        let db = &bench.db;
        for text in [true, false] {
            for later in [true, false] {
                let end = db
                    .write(move |tx| {
                        tx.exec(sql!("INSERT INTO slot (id, quota) VALUES (77, 1)"), args![])?;
                        let (t, x) = (text.then_some("a\0b"), (!text).then_some(f64::NAN));
                        let insert = sql!("INSERT INTO kinds (id, t, x) VALUES ($1, $2, $3)");
                        if later {
                            tx.exec_later(insert, args![1_i64, t, x])
                        } else {
                            tx.exec(insert, args![1_i64, t, x]).map(|_| ())
                        }
                    })
                    .await;
                assert!(matches!(end, Err(DbError::Bug(_))), "{end:?} on {db:?}");
            }
        }
        // The number of values; the kind of a value.
        for later in [true, false] {
            let end = db
                .write(move |tx| {
                    tx.exec(sql!("INSERT INTO slot (id, quota) VALUES (78, 1)"), args![])?;
                    let insert = sql!("INSERT INTO slot (id, quota) VALUES ($1, $2)");
                    if later {
                        tx.exec_later(insert, args![1_i64])
                    } else {
                        tx.exec_one(insert, args![1_i64])
                    }
                })
                .await;
            assert!(matches!(end, Err(DbError::Bug(_))), "{end:?} on {db:?}");
            let end = db
                .write(move |tx| {
                    tx.exec(sql!("INSERT INTO slot (id, quota) VALUES (79, 1)"), args![])?;
                    let insert = sql!("INSERT INTO slot (id, quota) VALUES ($1, $2)");
                    if later {
                        tx.exec_later(insert, args![1_i64, "many"])
                    } else {
                        tx.exec_one(insert, args![1_i64, "many"])
                    }
                })
                .await;
            assert!(matches!(end, Err(DbError::Bug(_))), "{end:?} on {db:?}");
        }
        let end = db.read(|tx| tx.list::<(i64,)>(Query::new("SELECT 1").with("{} {}", &[&1_i64]))).await;
        assert!(matches!(end, Err(DbError::Bug(_))), "{end:?} on {db:?}");
        assert_eq!(count(db, "slot").await, 0, "nothing is left of a unit that failed, on {db:?}");
        let end: Result<Option<(i64,)>, DbError> = db
            .read(|tx| tx.first(sql!("INSERT INTO slot (id, quota) VALUES (5, 5) RETURNING id"), &[]))
            .await;
        assert!(matches!(end, Err(DbError::Bug(_))), "a read wrote: {end:?} on {db:?}");
        assert_eq!(count(db, "slot").await, 0);
    }
}

#[tokio::test]
async fn rows_are_counted() {
    for bench in benches() {
        let db = &bench.db;
        for id in 1..=3 {
            add_slot(db, id, 5).await;
        }
        let all = sql!("SELECT id, quota FROM slot ORDER BY id");
        let rows: Vec<(i64, i64)> = db.read(move |tx| tx.all(all, &[])).await.unwrap();
        assert_eq!(rows, [(1, 5), (2, 5), (3, 5)]);
        let two: Result<Option<(i64, i64)>, DbError> = db.read(move |tx| tx.first(all, &[])).await;
        assert!(matches!(&two, Err(DbError::Inconsistent(text)) if text.contains("3 rows")), "{two:?}");
        let none = sql!("SELECT id FROM slot WHERE id = 9");
        assert!(db.read(move |tx| tx.first::<(i64,)>(none, &[])).await.unwrap().is_none());
        let none = db.read(move |tx| tx.one::<(i64,)>(none, &[])).await;
        assert!(matches!(none, Err(DbError::Inconsistent(_))));
        for (id, touched) in [(0_i64, 0_u64), (2, 1), (3, 2)] {
            let update = sql!("UPDATE slot SET taken = taken + 1 WHERE id <= $1 AND id > 1");
            let n = db.write(move |tx| tx.exec(update, args![id])).await.unwrap();
            assert_eq!(n, touched, "{db:?}");
            let end = db.write(move |tx| tx.exec_one(update, args![id])).await;
            assert_eq!(end.is_ok(), touched == 1, "{end:?} on {db:?}");
        }
        // What `exec_one` refused was rolled back: 2 + 1 and 1.
        let taken = sql!("SELECT id, taken FROM slot ORDER BY id");
        let rows: Vec<(i64, i64)> = db.read(move |tx| tx.all(taken, &[])).await.unwrap();
        assert_eq!(rows, [(1, 0), (2, 3), (3, 1)], "{db:?}");
        let n =
            db.write(|tx| tx.exec(sql!("DELETE FROM slot WHERE id > 1 RETURNING id"), &[])).await.unwrap();
        assert_eq!(n, 2);
    }
}

#[tokio::test]
async fn an_error_poisons_the_unit() {
    for bench in benches() {
        let db = &bench.db;
        add_slot(db, 1, 1).await;
        let end: Result<(), DbError> = db
            .write(|tx| {
                tx.exec(sql!("INSERT INTO slot (id, quota) VALUES (2, 1)"), &[])?;
                let _ = tx.exec(sql!("INSERT INTO slot (id, quota) VALUES (1, 1)"), &[]);
                let next = tx.exec(sql!("INSERT INTO slot (id, quota) VALUES (3, 1)"), &[]);
                assert!(matches!(next, Err(DbError::Poisoned)));
                let next = tx.exec_later(sql!("INSERT INTO slot (id, quota) VALUES (3, 1)"), &[]);
                assert!(matches!(next, Err(DbError::Poisoned)));
                let next = tx.list::<(i64,)>(&Query::new("SELECT 1"));
                assert!(matches!(next, Err(DbError::Poisoned)));
                Ok(())
            })
            .await;
        assert!(matches!(end, Err(DbError::Poisoned)), "{end:?} on {db:?}");
        assert_eq!(count(db, "slot").await, 1);
        // A panic is contained, and the threads live on.
        for place in 0..3 {
            let end: Result<(), DbError> = db
                .write(move |tx| {
                    tx.exec(sql!("INSERT INTO slot (id, quota) VALUES (2, 1)"), &[])?;
                    assert!(place != 0, "at once");
                    tx.each(sql!("SELECT id FROM slot"), &[], |_| {
                        assert!(place != 1, "in the middle of the rows");
                        Ok(())
                    })?;
                    tx.exec_later(sql!("INSERT INTO slot (id, quota) VALUES (3, 1)"), &[])?;
                    panic!("at the end");
                })
                .await;
            assert!(matches!(end, Err(DbError::Bug(_))), "{end:?} on {db:?}");
            let end: Result<(), DbError> = db
                .read(|tx| {
                    tx.each(sql!("SELECT id FROM slot"), &[], |_| panic!("while reading"))?;
                    Ok(())
                })
                .await;
            assert!(matches!(end, Err(DbError::Bug(_))), "{end:?} on {db:?}");
            assert_eq!(count(db, "slot").await, 1);
        }
        for _ in 0..20 {
            assert_eq!(count(db, "slot").await, 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_undoes_only_itself() {
    for bench in benches() {
        let db = &bench.db;
        let mut tasks = Vec::new();
        for id in 1..=400_i64 {
            let db = db.clone();
            tasks.push(tokio::spawn(async move {
                let end = db
                    .write(move |tx| {
                        tx.exec(sql!("INSERT INTO slot (id, quota) VALUES ($1, 0)"), args![id])?;
                        match id % 5 {
                            0 => return Err(No::Refused),
                            1 => tx.exec_later(
                                // A deferred foreign key: refused by the commit, not by the statement.
                                sql!("INSERT INTO node (id, parent_id, code) VALUES ($1, -1, $2)"),
                                args![id, format!("c{id}")],
                            )?,
                            2 => {
                                tx.exec(sql!("INSERT INTO slot (id, quota) VALUES ($1, 0)"), args![id])?;
                            }
                            3 => panic!("a defect"),
                            _ => {}
                        }
                        Ok(())
                    })
                    .await;
                match (id % 5, &end) {
                    (0, Err(No::Refused)) | (4, Ok(())) => {}
                    (1, Err(No::Db(DbError::ForeignKey(_)))) => {}
                    (2, Err(No::Db(DbError::Unique(name)))) if name == "slot_pkey" => {}
                    (3, Err(No::Db(DbError::Bug(_)))) => {}
                    _ => panic!("{id}: {end:?} on {db:?}"),
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(count(db, "slot").await, 80, "{db:?}");
        let others: Vec<(i64,)> =
            db.read(|tx| tx.all(sql!("SELECT id FROM slot WHERE id % 5 <> 4"), &[])).await.unwrap();
        assert!(others.is_empty());
        assert_eq!(count(db, "node").await, 0);
    }
}

#[tokio::test]
async fn constraints_have_the_same_names() {
    for bench in benches() {
        let db = &bench.db;
        add_slot(db, 1, 1).await;
        add_person(db, 1, "Zhang", Some("138")).await.unwrap();
        // Whose phone it is matters only among the active.
        db.write(|tx| {
            tx.exec_one(
                sql!(
                    "INSERT INTO person (id, city_no, name, phone, active) VALUES (2, 'b', 'b', '138', FALSE)"
                ),
                &[],
            )
        })
        .await
        .unwrap();
        db.write(|tx| {
            tx.exec_one(sql!("INSERT INTO node (id, code) VALUES (1, 'a')"), &[])?;
            tx.exec_one(sql!("INSERT INTO sign_up (slot_id, person_id) VALUES (1, 1)"), &[])
        })
        .await
        .unwrap();
        let person = "INSERT INTO person (id, city_no, name, phone, age) VALUES";
        for (text, values, wanted) in [
            (person, "(1, 'x', 'x', 'x', 20)", "Unique(\"person_pkey\")"),
            (person, "(3, 'b', 'x', 'x', 20)", "Unique(\"person_no_key\")"),
            (person, "(3, 'x', 'x', '138', 20)", "Unique(\"person_phone_key\")"),
            (person, "(3, 'x', 'zHANG', 'x', 20)", "Unique(\"person_name_key\")"),
            (person, "(3, 'x', 'x', 'x', 17)", "Check(\"person_of_age\")"),
            (person, "(3, 'x', NULL, 'x', 20)", "NotNull(\"person.name\")"),
            ("UPDATE slot SET", "taken = -1", "Check(\"slot_taken_check\")"),
            ("UPDATE slot SET", "quota = NULL", "NotNull(\"slot.quota\")"),
            (
                "INSERT INTO job",
                "(id, kind, payload, state, run_at, created_at) VALUES (1, '', '', 'odd', 0, 0)",
                "Check(\"job_state_check\")",
            ),
            ("INSERT INTO sign_up (slot_id, person_id)", "VALUES (1, 1)", "Unique(\"sign_up_pkey\")"),
            (
                "INSERT INTO sign_up (slot_id, person_id)",
                "VALUES (2, 1)",
                "ForeignKey(\"sign_up_slot_id_fkey\")",
            ),
            ("DELETE FROM slot", "WHERE id = 1", "ForeignKey(\"sign_up_slot_id_fkey\")"),
            ("INSERT INTO node (id, code)", "VALUES (2, 'a')", "Unique(\"node_code_key\")"),
        ] {
            let mut query = Query::new(text);
            query.push(values);
            let end = db.write(move |tx| tx.exec_query(&query)).await;
            assert_eq!(format!("{:?}", end.unwrap_err()), wanted, "{text} {values} on {db:?}");
        }
        // The same through deferred writes, at the commit.
        let end = db
            .write(|tx| {
                tx.exec_later(sql!("INSERT INTO slot (id, quota) VALUES (5, 5)"), &[])?;
                tx.exec_later(
                    sql!("INSERT INTO person (id, city_no, name, age) VALUES (9, 'q', 'q', 3)"),
                    &[],
                )?;
                tx.exec_later(sql!("INSERT INTO slot (id, quota) VALUES (6, 5)"), &[])
            })
            .await;
        assert!(matches!(&end, Err(DbError::Check(name)) if name == "person_of_age"), "{end:?} on {db:?}");
        // … and before a query: the first error is the one that is told.
        let end = db
            .write(|tx| {
                tx.exec_later(sql!("INSERT INTO slot (id, quota) VALUES (5, 5)"), &[])?;
                tx.exec_later(
                    sql!("INSERT INTO person (id, city_no, name, age) VALUES (9, 'q', 'q', 3)"),
                    &[],
                )?;
                tx.exec_later(sql!("INSERT INTO slot (id, quota) VALUES (5, 5)"), &[])?;
                tx.all::<(i64,)>(sql!("SELECT id FROM slot"), &[])
            })
            .await;
        assert!(matches!(&end, Err(DbError::Check(name)) if name == "person_of_age"), "{end:?} on {db:?}");
        assert_eq!(count(db, "slot").await, 1);
    }
}

#[tokio::test]
async fn deferred_writes_keep_their_order() {
    for bench in benches() {
        let db = &bench.db;
        add_slot(db, 1, 0).await;
        db.write(|tx| {
            let set = sql!("UPDATE slot SET quota = $1, taken = taken + 1 WHERE quota = $2");
            for n in 0..2_000_i64 {
                // Each touches a row only when the one before it was done.
                tx.exec_later(set, args![n + 1, n])?;
                if n == 1_200 {
                    let seen: (i64,) = tx.one(sql!("SELECT quota FROM slot WHERE id = 1"), &[])?;
                    assert_eq!(seen.0, 1_201);
                }
            }
            Ok::<_, DbError>(())
        })
        .await
        .unwrap();
        let end: (i64, i64) = db.read(|tx| tx.one(sql!("SELECT quota, taken FROM slot"), &[])).await.unwrap();
        assert_eq!(end, (2_000, 2_000), "{db:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quota_is_never_exceeded() {
    for bench in benches() {
        let db = &bench.db;
        add_slot(db, 1, 300).await;
        let won = Arc::new(AtomicU32::new(0));
        let mut tasks = Vec::new();
        for writer in 0..64_i64 {
            let (db, won) = (db.clone(), Arc::clone(&won));
            tasks.push(tokio::spawn(async move {
                for n in 0..10 {
                    let person = writer * 100 + n;
                    let end = db
                        .write(move |tx| {
                            if !take_place(tx, 1)? {
                                return Err(No::Refused);
                            }
                            tx.exec_one(
                                sql!("INSERT INTO sign_up (slot_id, person_id) VALUES (1, $1)"),
                                args![person],
                            )?;
                            // Some think better of it after they took the place.
                            if person % 7 == 3 { Err(No::Refused) } else { Ok(()) }
                        })
                        .await;
                    match end {
                        Ok(()) => {
                            won.fetch_add(1, Ordering::SeqCst);
                        }
                        Err(No::Refused) => {}
                        Err(No::Db(error)) => panic!("{error} on {db:?}"),
                    }
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        let taken: (i64,) = db.read(|tx| tx.one(sql!("SELECT taken FROM slot"), &[])).await.unwrap();
        assert_eq!(won.load(Ordering::SeqCst), 300, "{db:?}");
        assert_eq!((taken.0, count(db, "sign_up").await), (300, 300), "{db:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deadlocks_are_retried() {
    for mut config in Bench::configs() {
        if let Config::Postgres { url, .. } = &mut config
            && !url.contains("://")
        {
            // Else the server looks for deadlocks only once a second.
            url.push_str(" options='-c deadlock_timeout=30ms'");
        }
        let bench = Bench::open(config, &common::migrations(), &common::clock().1, Bus::default()).unwrap();
        let db = &bench.db;
        for id in 1..=3 {
            add_slot(db, id, 1_000).await;
        }
        let runs = Arc::new(AtomicU32::new(0));
        let mut tasks = Vec::new();
        for n in 0..24_i64 {
            let (db, runs) = (db.clone(), Arc::clone(&runs));
            tasks.push(tokio::spawn(async move {
                let (from, to) = (1 + n % 3, 1 + (n + 1 + n / 3 % 2) % 3);
                db.write(move |tx| {
                    runs.fetch_add(1, Ordering::SeqCst);
                    tx.exec_one(sql!("UPDATE slot SET quota = quota - 1 WHERE id = $1"), args![from])?;
                    std::thread::sleep(std::time::Duration::from_millis(5));
                    tx.exec_one(sql!("UPDATE slot SET quota = quota + 1 WHERE id = $1"), args![to])
                })
                .await
                .unwrap();
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        println!("{db:?}: 24 transfers in {} runs", runs.load(Ordering::SeqCst));
        let sum: (i64,) =
            db.read(|tx| tx.one(sql!("SELECT CAST(sum(quota) AS BIGINT) FROM slot"), &[])).await.unwrap();
        assert_eq!(sum.0, 3_000);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_see_one_moment_and_their_own_writes() {
    for bench in benches() {
        let db = &bench.db;
        add_slot(db, 1, 0).await;
        add_slot(db, 2, 0).await;
        let mut tasks = Vec::new();
        for n in 1..=200_i64 {
            let db = db.clone();
            tasks.push(tokio::spawn(async move {
                let wrote: (i64,) = db
                    .write(move |tx| {
                        tx.exec_one(sql!("UPDATE slot SET taken = taken + 1 WHERE id = 1"), &[])?;
                        tx.one(sql!("UPDATE slot SET taken = taken + 1 WHERE id = 2 RETURNING taken"), &[])
                    })
                    .await
                    .unwrap();
                let (one, two) = db
                    .read(|tx| {
                        let one: (i64,) = tx.one(sql!("SELECT taken FROM slot WHERE id = 1"), &[])?;
                        std::thread::yield_now();
                        let two: (i64,) = tx.one(sql!("SELECT taken FROM slot WHERE id = 2"), &[])?;
                        Ok::<_, DbError>((one.0, two.0))
                    })
                    .await
                    .unwrap();
                assert_eq!(one, two, "two moments in one read, task {n}, {db:?}");
                assert!(one >= wrote.0, "a read missed a write that was confirmed, {db:?}");
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    }
}
