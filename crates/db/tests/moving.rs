//! Migrations, equal tables on both databases, moving a city, and preparing every statement.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests may panic; clippy.toml excuses the test functions only"
)]

#[cfg(test)]
mod common;

use std::collections::BTreeMap;

use common::{START, TABLES, benches, clock, migrations};
use db::testing::{Bench, prepare_all};
use db::{Bus, Db, DbError, Migration, args, copy, migrate, row, sql};

#[tokio::test]
async fn every_statement_can_be_prepared() {
    for bench in benches() {
        let n = prepare_all(&bench.config).unwrap();
        assert!(n > 20, "{n} statements on {:?}", bench.db);
    }
}

#[test]
fn indexes_that_sqlite_cannot_tell_apart_are_found() {
    let mut list = migrations();
    list.push(Migration {
        room: "test",
        number: 2,
        sql: "CREATE UNIQUE INDEX kinds_a_key ON kinds (n, b) WHERE id > 1;
              CREATE UNIQUE INDEX kinds_b_key ON kinds (n, b) WHERE id < 1;",
    });
    let bench = Bench::open(Bench::configs().remove(0), &list, &clock().1, Bus::default()).unwrap();
    let end = prepare_all(&bench.config);
    assert!(
        matches!(&end, Err(DbError::Bug(text)) if text.contains("kinds") && text.contains("n, b")),
        "{end:?}"
    );
}

#[tokio::test]
async fn tables_are_the_same() {
    let mut shapes = Vec::new();
    for bench in benches() {
        let kind = bench.db.kind();
        let shape = bench.db.read(move |tx| copy::shape(tx, kind)).await.unwrap();
        assert!(shape["job"].contains(&"lease_until".to_owned()));
        shapes.push(shape);
        if kind == "sqlite" {
            let loose = db::Query::new(
                "SELECT name FROM pragma_table_list WHERE strict = 0 AND schema = 'main' AND name NOT LIKE 'sqlite_%'",
            );
            let loose: Vec<(String,)> = bench.db.read(move |tx| tx.list(&loose)).await.unwrap();
            assert!(loose.is_empty(), "not STRICT: {loose:?}");
        }
    }
    assert!(shapes.windows(2).all(|two| two[0] == two[1]), "{shapes:#?}");
}

#[tokio::test]
async fn migrations_run_once() {
    for bench in benches() {
        common::add_slot(&bench.db, 1, 1).await;
        let run = |list: &[Migration]| migrate::run(&bench.config, list, START);
        run(&migrations()).unwrap();
        assert_eq!(common::count(&bench.db, "slot").await, 1);
        // Something new, twice.
        let mut more = migrations();
        more.push(Migration {
            room: "test",
            number: 2,
            sql: "CREATE TABLE extra (id BIGINT PRIMARY KEY);\nINSERT INTO extra VALUES (1);\n",
        });
        run(&more).unwrap();
        run(&more).unwrap();
        assert_eq!(common::count(&bench.db, "extra").await, 1);
        // White space at line ends is no change; anything else is.
        more[2].sql = "CREATE TABLE extra (id BIGINT PRIMARY KEY);  \nINSERT INTO extra VALUES (1);\n";
        run(&more).unwrap();
        more[2].sql = "CREATE TABLE extra (id BIGINT PRIMARY KEY);\nINSERT INTO extra VALUES (2);\n";
        let end = run(&more);
        assert!(matches!(&end, Err(DbError::Inconsistent(text)) if text.contains("test/2")), "{end:?}");
        // An older program.
        let end = run(&migrations());
        assert!(matches!(&end, Err(DbError::Unavailable(text)) if text.contains("newer")), "{end:?}");
        // A step that fails leaves nothing, not even the steps before it.
        more[2].sql = "CREATE TABLE extra (id BIGINT PRIMARY KEY);\nINSERT INTO extra VALUES (1);\n";
        more.push(Migration { room: "test", number: 3, sql: "CREATE TABLE third (id BIGINT PRIMARY KEY);" });
        more.push(Migration {
            room: "test",
            number: 4,
            sql: "CREATE TABLE half (id BIGINT); SELECT nonsense;",
        });
        let end = run(&more);
        assert!(matches!(&end, Err(DbError::Unavailable(text)) if text.contains("test/4")), "{end:?}");
        let kind = bench.db.kind();
        let shape = bench.db.read(move |tx| copy::shape(tx, kind)).await.unwrap();
        assert!(!shape.contains_key("half") && !shape.contains_key("third"));
    }
}

#[test]
fn many_programs_start_at_once() {
    for config in Bench::configs() {
        std::thread::scope(|scope| {
            let all: Vec<_> =
                (0..6).map(|_| scope.spawn(|| migrate::run(&config, &migrations(), START))).collect();
            for one in all {
                one.join().unwrap().unwrap();
            }
        });
        drop(Bench::open(config, &migrations(), &clock().1, Bus::default()).unwrap());
    }
}

row! {
    #[derive(PartialEq)]
    struct Kinds { id: i64, n: Option<i64>, x: Option<f64>, b: Option<bool>, t: Option<String>, y: Option<Vec<u8>> }
}

async fn kinds(db: &Db) -> BTreeMap<i64, Kinds> {
    let all: Vec<Kinds> =
        db.read(|tx| tx.all(sql!("SELECT id, n, x, b, t, y FROM kinds"), &[])).await.unwrap();
    all.into_iter().map(|one| (one.id, one)).collect()
}

async fn furnish(db: &Db, rows: i64) {
    for chunk in 0..rows.div_euclid(1_000) {
        db.write(move |tx| {
            for id in chunk * 1_000..(chunk + 1) * 1_000 {
                let some = |n: i64| id % 7 != n;
                let n = some(0).then_some(if id % 13 == 0 { i64::MIN + id } else { id * 3 });
                let text = some(3)
                    .then(|| format!("第{id}行\t\\ \n{}", "é".repeat(usize::try_from(id % 50).unwrap())));
                let bytes: Option<Vec<u8>> =
                    some(4).then(|| (0..id % 300).map(|b| u8::try_from(b % 256).unwrap()).collect());
                #[expect(clippy::cast_precision_loss, reason = "small")]
                let real = some(1).then_some(id as f64 / 7.0);
                tx.exec_later(
                    sql!("INSERT INTO kinds (id, n, x, b, t, y) VALUES ($1, $2, $3, $4, $5, $6)"),
                    args![id, n, real, some(2).then_some(id % 2 == 0), text, bytes],
                )?;
            }
            Ok::<_, DbError>(())
        })
        .await
        .unwrap();
    }
    db.write(|tx| {
        // Parents come after their children, by more than a chunk.
        for id in 1..=6_000_i64 {
            let parent = if id == 6_000 { None } else { Some((id + 5_000).min(6_000)) };
            tx.exec_later(
                sql!("INSERT INTO node (id, parent_id, code) VALUES ($1, $2, $3)"),
                args![id, parent, format!("n{id}")],
            )?;
        }
        tx.exec(sql!("INSERT INTO slot (id, quota) VALUES (1, 1)"), &[])?;
        tx.exec(sql!("INSERT INTO person (id, city_no, name, active) VALUES (1, 'a', 'b', FALSE)"), &[])?;
        tx.exec(sql!("INSERT INTO sign_up (slot_id, person_id) VALUES (1, 1)"), &[])
    })
    .await
    .unwrap();
}

fn fresh(kind: usize) -> Option<Bench> {
    let config = Bench::configs().into_iter().nth(kind)?;
    Some(Bench::open(config, &migrations(), &clock().1, Bus::default()).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_city_moves_there_and_back() {
    let rows = 9_000;
    let first = fresh(0).unwrap();
    furnish(&first.db, rows).await;
    let wanted = kinds(&first.db).await;
    assert_eq!(wanted.len(), 9_000);
    let mut from = first;
    // SQLite → SQLite when there is no PostgreSQL here.
    for kind in [1, 1, 0, 0] {
        let Some(to) = fresh(kind) else { continue };
        let copied = copy::copy(&from.db, &to.db).await.unwrap();
        assert_eq!((copied["kinds"], copied["node"], copied["sign_up"], copied["job"]), (9_000, 6_000, 1, 0));
        assert!(kinds(&to.db).await == wanted, "{:?} → {:?}", from.db, to.db);
        let orphans = sql!(
            "SELECT n.id FROM node n LEFT JOIN node p ON p.id = n.parent_id
             WHERE p.id IS NULL AND n.parent_id IS NOT NULL"
        );
        assert!(to.db.read(move |tx| tx.all::<(i64,)>(orphans, &[])).await.unwrap().is_empty());
        let active: (bool,) =
            to.db.read(|tx| tx.one(sql!("SELECT active FROM person WHERE NOT active"), &[])).await.unwrap();
        assert!(!active.0);
        // Not twice.
        let end = copy::copy(&from.db, &to.db).await;
        assert!(matches!(&end, Err(DbError::Inconsistent(text)) if text.contains("not empty")), "{end:?}");
        assert!(kinds(&to.db).await.len() == wanted.len());
        from = to;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_city_that_does_not_fit_arrives_not_at_all() {
    for from in benches() {
        furnish(&from.db, 5_000).await;
        for config in Bench::configs() {
            // One constraint more than in the source.
            let mut list = migrations();
            list.push(Migration {
                room: "test",
                number: 2,
                sql: "CREATE UNIQUE INDEX kinds_b_key ON kinds (b) WHERE id > 4000;",
            });
            let to = Bench::open(config, &list, &clock().1, Bus::default()).unwrap();
            let end = copy::copy(&from.db, &to.db).await;
            assert!(matches!(&end, Err(DbError::Unique(name)) if name == "kinds_b_key"), "{end:?}");
            for table in ["kinds", "node", "slot"] {
                assert_eq!(common::count(&to.db, table).await, 0, "{:?} → {:?}", from.db, to.db);
            }
        }
        for config in Bench::configs() {
            let mut list = db::migrate::MIGRATIONS.to_vec();
            let sql: &'static str = Box::leak(TABLES.sql.replace("quota", "places").into_boxed_str());
            list.push(Migration { sql, ..TABLES });
            let to = Bench::open(config, &list, &clock().1, Bus::default()).unwrap();
            let end = copy::copy(&from.db, &to.db).await;
            assert!(matches!(&end, Err(DbError::Inconsistent(text)) if text.contains("slot")), "{end:?}");
        }
    }
}
