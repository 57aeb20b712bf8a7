//! Measures small durable writes and point reads: `cargo run --release -p db --example throughput`.
//!
//! SQLite in a temporary folder; PostgreSQL when `LINLI_TEST_PG` names one (started without `--fast`).
//! The first argument is the number of seconds for each figure.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a tool for developers")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use db::testing::Bench;
use db::{Bus, Config, Db, DbError, Migration, args, copy, sql};
use kernel::{Clock, SystemClock};

const TABLES: Migration = Migration {
    room: "throughput",
    number: 1,
    sql: "CREATE TABLE item (id BIGINT PRIMARY KEY, owner BIGINT NOT NULL, note TEXT NOT NULL);
          CREATE INDEX item_owner_idx ON item (owner, id);",
};

#[derive(Clone, Copy)]
enum Work {
    Write,
    WriteLater,
    Read,
    Mixed,
}

async fn measure(db: &Db, name: &str, work: Work, tasks: i64, seconds: Duration, next: &Arc<AtomicI64>) {
    let stop = Arc::new(AtomicBool::new(false));
    let done = Arc::new(AtomicU64::new(0));
    let rows = next.load(Ordering::SeqCst).max(1);
    let all: Vec<_> = (0..tasks)
        .map(|task| {
            let (db, stop, done, next) = (db.clone(), Arc::clone(&stop), Arc::clone(&done), Arc::clone(next));
            tokio::spawn(async move {
                let mut n = task;
                while !stop.load(Ordering::Relaxed) {
                    n += 1;
                    let end: Result<(), DbError> = match work {
                        Work::Read => read(&db, (n * 7919) % rows).await,
                        Work::Mixed if n % 10 != 0 => read(&db, (n * 7919) % rows).await,
                        Work::Write | Work::WriteLater | Work::Mixed => {
                            let id = next.fetch_add(1, Ordering::Relaxed);
                            db.write(move |tx| {
                                let insert = sql!("INSERT INTO item (id, owner, note) VALUES ($1, $2, $3)");
                                let owner = id % 1000;
                                let values = args![id, owner, "a small note"];
                                match work {
                                    Work::WriteLater => tx.exec_later(insert, values),
                                    Work::Write | Work::Read | Work::Mixed => tx.exec_one(insert, values),
                                }
                            })
                            .await
                        }
                    };
                    end.expect("the database answers");
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let since = Instant::now();
    tokio::time::sleep(seconds).await;
    stop.store(true, Ordering::Relaxed);
    let count = done.load(Ordering::Relaxed);
    let took = since.elapsed();
    for task in all {
        task.await.expect("a task ends");
    }
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let rate = count as f64 / took.as_secs_f64();
    println!("{:<9} {name:<34} {tasks:>4} tasks {rate:>10.0}/s", db.kind());
}

async fn read(db: &Db, id: i64) -> Result<(), DbError> {
    let _: Option<(i64, String)> =
        db.read(move |tx| tx.first(sql!("SELECT owner, note FROM item WHERE id = $1"), args![id])).await?;
    Ok(())
}

#[tokio::main]
async fn main() {
    let seconds = std::env::args().nth(1).and_then(|s| s.parse().ok()).unwrap_or(3.0);
    let seconds = Duration::from_secs_f64(seconds);
    let only = std::env::args().nth(2);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut list = db::migrate::MIGRATIONS.to_vec();
    list.push(TABLES);
    let connections = std::env::var("CONNECTIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(8);
    let readers = std::env::var("READERS").ok().and_then(|n| n.parse().ok()).unwrap_or(4);
    let open = |mut config: Config| {
        match &mut config {
            Config::Sqlite { readers: r, .. } => *r = readers,
            Config::Postgres { connections: c, .. } => *c = connections,
        }
        Bench::open(config, &list, &clock, Bus::default()).expect("the database opens")
    };
    let mut benches: Vec<Bench> = Bench::configs().into_iter().map(open).collect();
    for bench in &benches {
        if only.as_deref().is_some_and(|only| only != bench.db.kind()) {
            continue;
        }
        let next = Arc::new(AtomicI64::new(0));
        for (name, work, tasks) in [
            ("write, one insert", Work::Write, 256),
            ("write, one insert", Work::Write, 16),
            ("write, one insert", Work::Write, 1),
            ("write, one insert, exec_later", Work::WriteLater, 256),
            ("read, one point select", Work::Read, 256),
            ("read, one point select", Work::Read, 16),
            ("read, one point select", Work::Read, 1),
            ("9 reads to 1 write", Work::Mixed, 256),
        ] {
            measure(&bench.db, name, work, tasks, seconds, &next).await;
        }
    }
    if only.is_none() && benches.len() == 2 {
        // Moving a city: a million rows there and back.
        let mut from = open(Bench::configs().remove(0));
        for chunk in 0..200_i64 {
            from.db
                .write(move |tx| {
                    for id in chunk * 5_000..(chunk + 1) * 5_000 {
                        tx.exec_later(
                            sql!("INSERT INTO item (id, owner, note) VALUES ($1, $2, $3)"),
                            args![id, id % 1000, "a small note"],
                        )?;
                    }
                    Ok::<_, DbError>(())
                })
                .await
                .expect("rows are written");
        }
        for kind in [1, 0] {
            let to = open(Bench::configs().remove(kind));
            let since = Instant::now();
            let copied = copy::copy(&from.db, &to.db).await.expect("the city moves");
            let rows: u64 = copied.values().sum();
            println!(
                "copy {:?} → {:?}: {rows} rows in {:.1} s",
                from.db,
                to.db,
                since.elapsed().as_secs_f64()
            );
            from = to;
        }
    }
    benches.clear();
}
