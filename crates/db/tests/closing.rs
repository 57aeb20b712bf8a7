//! The end of a database, and a server that comes and goes. One test a database, because threads are
//! counted.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests may panic; clippy.toml excuses the test functions only"
)]

#[cfg(test)]
mod common;

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::{add_slot, count};
use db::testing::Bench;
use db::{Bus, Config, Db, DbError, args, sql};

static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn threads() -> Vec<String> {
    std::fs::read_dir("/proc/self/task")
        .unwrap()
        .filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok())
        .filter(|name| name.starts_with("db-"))
        .collect()
}

/// A thread gets its name, and leaves the list, a moment after it started or ended.
async fn wait_for_threads(wanted: usize) {
    let since = Instant::now();
    while threads().len() != wanted {
        assert!(since.elapsed() < Duration::from_secs(5), "{wanted} wanted: {:?}", threads());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

fn context() -> db::Ctx {
    db::Ctx { clock: common::clock().1, ids: kernel::IdGen::new(1), bus: Bus::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_clone_closes_everything() {
    let _alone = ALONE.lock().await;
    for config in Bench::configs() {
        let owner =
            Bench::open(config.clone(), &common::migrations(), &common::clock().1, Bus::default()).unwrap();
        let before = threads_of(&owner);
        wait_for_threads(before).await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.db");
        let config = match config {
            Config::Sqlite { readers, .. } => Config::Sqlite { path: path.clone(), readers },
            other @ Config::Postgres { .. } => other,
        };
        let first = Db::open(&config, context(), &common::migrations()).unwrap();
        wait_for_threads(2 * before).await;
        let db = first.clone();
        let work = move |id: i64| {
            let db = db.clone();
            async move {
                db.write(move |tx| {
                    let insert = sql!("INSERT INTO log (id, twin, text) VALUES ($1, $1, $2)");
                    tx.exec_one(insert, args![id, "x".repeat(20_000)])
                })
                .await
            }
        };
        let tasks: Vec<_> = (1..=300).map(|id| tokio::spawn(work(id))).collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        drop(first);
        wait_for_threads(2 * before).await;
        let wal = PathBuf::from(format!("{}-wal", path.display()));
        if owner.db.kind() == "sqlite" {
            assert!(wal.metadata().unwrap().len() > 1_000_000);
        }
        // Work that waits when the last clone goes is done before the end.
        let mut ends = Vec::new();
        let mut waiting = Vec::new();
        for id in 301..=400 {
            let mut one = Box::pin(work(id));
            // A quick thread may have done it by now; the others wait.
            match std::future::poll_fn(|cx| std::task::Poll::Ready(one.as_mut().poll(cx))).await {
                std::task::Poll::Ready(end) => ends.push(end),
                std::task::Poll::Pending => waiting.push(one),
            }
        }
        drop(work);
        ends.extend(futures_util::future::join_all(waiting).await);
        assert!(ends.iter().all(Result::is_ok), "{ends:?}");
        wait_for_threads(before).await;
        assert!(!wal.exists());
        let again = Db::open(&config, context(), &common::migrations()).unwrap();
        assert_eq!(count(&again, "log").await, 400);
        drop(again);
        drop(owner);
        wait_for_threads(0).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_of_work_may_hold_the_last_clone() {
    let _alone = ALONE.lock().await;
    for config in Bench::configs() {
        let bench =
            Bench::open(config.clone(), &common::migrations(), &common::clock().1, Bus::default()).unwrap();
        for write in [true, false] {
            let db = Db::open_as_is(&config, context()).unwrap();
            let own = db.clone();
            let last = async move {
                if write {
                    own.clone().write(move |tx| hold(&own, tx)).await
                } else {
                    own.clone().read(move |tx| hold(&own, tx)).await
                }
            };
            let running = tokio::spawn(last);
            tokio::time::sleep(Duration::from_millis(50)).await;
            drop(db);
            running.abort();
            let _ = running.await;
            wait_for_threads(threads_of(&bench)).await;
        }
        drop(bench);
    }
}

fn threads_of(bench: &Bench) -> usize {
    match &bench.config {
        Config::Sqlite { readers, .. } => readers + 2,
        Config::Postgres { connections, .. } => *connections,
    }
}

fn hold(own: &Db, tx: &mut db::ReadTx<'_>) -> Result<(), DbError> {
    std::thread::sleep(Duration::from_millis(150));
    let _ = own.kind();
    tx.one::<(i64,)>(sql!("SELECT count(*) FROM slot"), &[]).map(|_| ())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_the_server_ends_is_replaced() {
    let _alone = ALONE.lock().await;
    for mut config in Bench::configs() {
        let Config::Postgres { url, schema, .. } = &mut config else { continue };
        if url.contains("://") {
            println!("skipped: LINLI_TEST_PG is a URL");
            return;
        }
        let name = schema.clone().unwrap_or_default();
        url.push_str(&format!(" application_name={name}"));
        let bench = Bench::open(config, &common::migrations(), &common::clock().1, Bus::default()).unwrap();
        let db = &bench.db;
        for round in 0..5_i64 {
            // All but the connection that asks.
            let others = db::sql!(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                 WHERE application_name = $1 AND pid <> pg_backend_pid()"
            );
            let name = name.clone();
            let ended: (i64,) = db.read(move |tx| tx.one(others, args![name])).await.unwrap();
            // In later rounds, those that were not needed since are still to be replaced, and on a busy machine one
            // that was ended before may still be listed.
            assert!(ended.0 >= 1 && (round > 0 || ended.0 == 3), "{ended:?}");
            tokio::time::sleep(Duration::from_millis(40)).await;
            let all: Vec<_> = (0..8).map(|n| add_slot(db, round * 100 + n, 1)).collect();
            futures_util::future::join_all(all).await;
            // In the middle of a unit: it runs again, on another connection.
            let runs = Arc::new(std::sync::atomic::AtomicU32::new(0));
            let counted = Arc::clone(&runs);
            db.write(move |tx| {
                tx.exec_one(sql!("INSERT INTO slot (id, quota) VALUES ($1, 1)"), args![round * 100 + 50])?;
                if counted.fetch_add(1, Ordering::SeqCst) == 0 {
                    tx.one::<(bool,)>(sql!("SELECT pg_terminate_backend(pg_backend_pid())"), &[])?;
                }
                tx.exec_one(sql!("UPDATE slot SET taken = 1 WHERE id = $1"), args![round * 100 + 50])
            })
            .await
            .unwrap();
            assert_eq!(runs.load(Ordering::SeqCst), 2);
            assert_eq!(count(db, "slot").await, (round + 1) * 9);
        }
    }
}

/// Stands between the program and the server, and can be cut.
struct Line {
    folder: tempfile::TempDir,
    server: PathBuf,
    up: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<UnixStream>>>,
}

impl Line {
    fn new(server: PathBuf) -> Self {
        let line =
            Self { folder: tempfile::tempdir().unwrap(), server, up: Arc::default(), open: Arc::default() };
        line.connect();
        line
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join(".s.PGSQL.5432")
    }

    fn connect(&self) {
        let listener = UnixListener::bind(self.socket()).unwrap();
        listener.set_nonblocking(true).unwrap();
        self.up.store(true, Ordering::SeqCst);
        let (server, up, open) = (self.server.clone(), Arc::clone(&self.up), Arc::clone(&self.open));
        std::thread::spawn(move || {
            while up.load(Ordering::SeqCst) {
                let Ok((near, _)) = listener.accept() else {
                    std::thread::sleep(Duration::from_millis(2));
                    continue;
                };
                near.set_nonblocking(false).unwrap();
                let far = UnixStream::connect(&server).unwrap();
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    std::thread::spawn(move || pass(from, to));
                }
                open.lock().unwrap().extend([near, far]);
            }
        });
    }

    fn cut(&self) {
        self.up.store(false, Ordering::SeqCst);
        std::fs::remove_file(self.socket()).unwrap();
        std::thread::sleep(Duration::from_millis(10));
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn pass(mut from: UnixStream, mut to: UnixStream) {
    let mut buffer = [0; 8192];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_goes_and_comes_back() {
    let _alone = ALONE.lock().await;
    let Some(Config::Postgres { url, schema, .. }) = Bench::configs().into_iter().nth(1) else { return };
    let parsed: tokio_postgres::Config = url.parse().unwrap();
    let [tokio_postgres::config::Host::Unix(folder)] = parsed.get_hosts() else {
        println!("skipped: LINLI_TEST_PG is not a Unix socket");
        return;
    };
    let port = parsed.get_ports().first().copied().unwrap_or(5432);
    let line = Line::new(Path::new(folder).join(format!(".s.PGSQL.{port}")));
    let through = url.replace(&folder.display().to_string(), &line.folder.path().display().to_string());
    let through = through.replace(&format!("port={port}"), "");
    let _owner = Bench::open(
        Config::Postgres { url, schema: schema.clone(), connections: 1 },
        &common::migrations(),
        &common::clock().1,
        Bus::default(),
    )
    .unwrap();
    let db = Db::open_as_is(&Config::Postgres { url: through, schema, connections: 4 }, context()).unwrap();
    for round in 0..3_i64 {
        // Several at once, so that every connection is in use.
        let first = round * 100;
        let all: Vec<_> = (1..=20).map(|n| add_slot(&db, first + n, 1)).collect();
        futures_util::future::join_all(all).await;
        line.cut();
        if round == 0 {
            // Nobody noticed: the dead connections are found dead and replaced, and no caller learns of it.
            line.connect();
            tokio::time::sleep(Duration::from_millis(50)).await;
            for n in 21..=40 {
                add_slot(&db, n, 1).await;
                assert!(count(&db, "slot").await >= n);
            }
            continue;
        }
        for n in 41..=50 {
            let id = first + n;
            let end = db
                .write(move |tx| tx.exec_one(sql!("INSERT INTO slot (id, quota) VALUES ($1, 1)"), args![id]))
                .await;
            assert!(matches!(end, Err(DbError::Unavailable(_))), "{end:?}");
            let end = db.read(|tx| tx.one::<(i64,)>(sql!("SELECT count(*) FROM slot"), &[])).await;
            assert!(matches!(end, Err(DbError::Unavailable(_))), "{end:?}");
        }
        line.connect();
        tokio::time::sleep(Duration::from_millis(120)).await;
        for n in 51..=60 {
            add_slot(&db, first + n, 1).await;
        }
    }
    assert_eq!(count(&db, "slot").await, 40 + 2 * 30);

    // Cut under load: each write either is there, or its caller was told that it may not be.
    let done = Arc::new(AtomicBool::new(false));
    let mut tasks = Vec::new();
    for task in 0..8_i64 {
        let (db, done) = (db.clone(), Arc::clone(&done));
        tasks.push(tokio::spawn(async move {
            let (mut kept, mut unsure) = (Vec::new(), Vec::new());
            for n in 0.. {
                if done.load(Ordering::SeqCst) {
                    break;
                }
                let id = 10_000 + n * 8 + task;
                let end = db
                    .write(move |tx| {
                        let insert = sql!("INSERT INTO log (id, twin, text) VALUES ($1, $2, '')");
                        tx.exec_one(insert, args![id * 2, id * 2 + 1])?;
                        tx.exec_one(insert, args![id * 2 + 1, id * 2])
                    })
                    .await;
                match end {
                    Ok(()) => kept.push(id * 2),
                    Err(DbError::Unavailable(_)) => unsure.push(id * 2),
                    Err(other) => panic!("{other}"),
                }
                if n % 50 == 0 {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
            (kept, unsure)
        }));
    }
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(80)).await;
        line.cut();
        tokio::time::sleep(Duration::from_millis(20)).await;
        line.connect();
    }
    tokio::time::sleep(Duration::from_millis(150)).await;
    done.store(true, Ordering::SeqCst);
    let (mut kept, mut unsure) = (Vec::new(), Vec::new());
    for task in tasks {
        let (k, u) = task.await.unwrap();
        kept.extend(k);
        unsure.extend(u);
    }
    println!("{} confirmed, {} not", kept.len(), unsure.len());
    let there: Vec<(i64,)> =
        db.read(|tx| tx.all(sql!("SELECT id FROM log WHERE id < twin"), &[])).await.unwrap();
    let there: std::collections::BTreeSet<i64> = there.into_iter().map(|(id,)| id).collect();
    assert!(kept.iter().all(|id| there.contains(id)));
    assert!(there.iter().all(|id| kept.contains(id) || unsure.contains(id)));
    assert_eq!(count(&db, "log").await, 2 * i64::try_from(there.len()).unwrap());
    drop(db);
    line.cut();
}
