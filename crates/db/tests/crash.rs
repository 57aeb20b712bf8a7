//! Killed in the middle of a storm of writes: what was acknowledged is there, and nothing by halves.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests may panic; clippy.toml excuses the test functions only"
)]

#[cfg(test)]
mod common;

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use db::{Bus, Config, Ctx, Db, DbError, args, sql};
use kernel::IdGen;

const FOLDER: &str = "LINLI_TEST_CRASH_FOLDER";
const FIRST: &str = "LINLI_TEST_CRASH_FIRST";

fn open(path: &Path) -> Db {
    let config = Config::Sqlite { path: path.to_owned(), readers: 1 };
    let ctx = Ctx { clock: common::clock().1, ids: IdGen::new(1), bus: Bus::default() };
    Db::open(&config, ctx, &common::migrations()).unwrap()
}

/// Not a test of its own: the process that is killed.
#[test]
fn storm() {
    use std::io::Write as _;
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let first: i64 = std::env::var(FIRST).unwrap().parse().unwrap();
    let db = open(&PathBuf::from(folder).join("linli.db"));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let mut tasks = Vec::new();
        for task in 0..32_i64 {
            let db = db.clone();
            tasks.push(tokio::spawn(async move {
                for n in 0.. {
                    let id = first + (n * 32 + task) * 2;
                    let end = db
                        .write(move |tx| {
                            let insert = sql!("INSERT INTO log (id, twin, text) VALUES ($1, $2, $3)");
                            let text = "x".repeat(usize::try_from(id % 700).unwrap());
                            tx.exec_one(insert, args![id, id + 1, text])?;
                            if id % 11 == 0 {
                                return Err(DbError::Inconsistent("a refusal".to_owned()));
                            }
                            tx.exec_one(insert, args![id + 1, id, text])
                        })
                        .await;
                    if end.is_ok() {
                        // One call: a line is there as a whole or not at all.
                        let _ = std::io::stdout().write_all(format!("\nok {id}\n").as_bytes());
                    }
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[test]
fn twenty_kills_lose_nothing_that_was_confirmed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("linli.db");
    drop(open(&path));
    let mut confirmed = BTreeSet::new();
    let mut first = 2_i64;
    let mut random = 88_172_645_463_325_252_u64 ^ u64::from(std::process::id());
    let mut productive = 0;
    for round in 0..20 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["storm", "--exact", "--nocapture"])
            .env(FOLDER, folder.path())
            .env(FIRST, first.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut out = child.stdout.take().unwrap();
        let reading = std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = out.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        std::thread::sleep(Duration::from_millis(20 + random % 101));
        child.kill().unwrap();
        child.wait().unwrap();
        let before = confirmed.len();
        for line in reading.join().unwrap().lines() {
            if let Some(id) = line.strip_prefix("ok ").and_then(|id| id.parse::<i64>().ok()) {
                confirmed.insert(id);
            }
        }
        productive += u32::from(confirmed.len() > before);
        // Opened as after any crash.
        let db = open(&path);
        let halves: Vec<(i64,)> = db
            .read_blocking(|tx| {
                tx.all(
                    sql!(
                        "SELECT l.id FROM log l LEFT JOIN log t ON t.id = l.twin
                         WHERE t.id IS NULL OR t.twin <> l.id OR t.text <> l.text"
                    ),
                    &[],
                )
            })
            .unwrap();
        assert!(halves.is_empty(), "half-written: {halves:?}");
        let there: Vec<(i64,)> =
            db.read_blocking(|tx| tx.all(sql!("SELECT id FROM log WHERE id < twin"), &[])).unwrap();
        let there: BTreeSet<i64> = there.into_iter().map(|(id,)| id).collect();
        let lost: Vec<_> = confirmed.difference(&there).collect();
        assert!(lost.is_empty(), "confirmed and lost in round {round}: {lost:?}");
        assert!(there.iter().all(|id| id % 11 != 0), "a refused write is there");
        let check: Vec<(String,)> =
            db.read_blocking(|tx| tx.list(&db::Query::new("PRAGMA integrity_check"))).unwrap();
        assert_eq!(check[0].0, "ok");
        first = there.last().copied().unwrap_or(0) / 2 * 2 + 1_000;
    }
    println!("{} writes were confirmed in {productive} of 20 lives", confirmed.len());
    assert!(productive >= 10, "too few processes came to write: nothing was tested");
}
