//! A full or read-only disk: said clearly, nothing by halves, and all is well when there is room again.

#![expect(
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "helpers of tests may panic; clippy.toml excuses the test functions only"
)]

#[cfg(test)]
mod common;

use std::path::Path;
use std::process::Command;

use common::{add_slot, count};
use db::{Bus, Config, Ctx, Db, DbError, Query, args, sql};
use kernel::IdGen;

fn open(path: &Path) -> Result<Db, DbError> {
    let config = Config::Sqlite { path: path.to_owned(), readers: 2 };
    let ctx = Ctx { clock: common::clock().1, ids: IdGen::new(1), bus: Bus::default() };
    Db::open(&config, ctx, &common::migrations())
}

async fn integrity(db: &Db) {
    let check: Vec<(String,)> = db.read(|tx| tx.list(&Query::new("PRAGMA integrity_check"))).await.unwrap();
    assert_eq!(check[0].0, "ok");
    let halves: Vec<(i64,)> = db
        .read(|tx| {
            tx.all(sql!("SELECT l.id FROM log l LEFT JOIN log t ON t.id = l.twin WHERE t.id IS NULL"), &[])
        })
        .await
        .unwrap();
    assert!(halves.is_empty());
}

/// Writes pairs from many tasks until some cannot be kept. Returns the confirmed ones.
async fn fill(db: &Db, first: i64, tasks: i64, each: i64) -> (Vec<i64>, Vec<DbError>) {
    let mut all = Vec::new();
    for task in 0..tasks {
        let db = db.clone();
        all.push(tokio::spawn(async move {
            let (mut kept, mut errors) = (Vec::new(), Vec::new());
            for n in 0..each {
                let id = first + (n * tasks + task) * 2;
                let end = db
                    .write(move |tx| {
                        let insert = sql!("INSERT INTO log (id, twin, text) VALUES ($1, $2, $3)");
                        tx.exec_one(insert, args![id, id + 1, "x".repeat(900)])?;
                        tx.exec_one(insert, args![id + 1, id, "x".repeat(900)])
                    })
                    .await;
                match end {
                    Ok(()) => kept.push(id),
                    Err(error) => errors.push(error),
                }
            }
            (kept, errors)
        }));
    }
    let (mut kept, mut errors) = (Vec::new(), Vec::new());
    for task in all {
        let (k, e) = task.await.unwrap();
        kept.extend(k);
        errors.extend(e);
    }
    (kept, errors)
}

async fn exactly(db: &Db, kept: &[i64]) {
    let there: Vec<(i64,)> =
        db.read(|tx| tx.all(sql!("SELECT id FROM log WHERE id < twin ORDER BY id"), &[])).await.unwrap();
    let mut kept = kept.to_vec();
    kept.sort_unstable();
    assert_eq!(there.iter().map(|(id,)| *id).collect::<Vec<_>>(), kept);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder.path().join("linli.db")).unwrap();
    // The limit holds for the connection, which is the writer's.
    let limit = |text: &'static str| {
        let db = db.clone();
        async move { db.write(move |tx| tx.list::<(i64,)>(&Query::new(text))).await.unwrap() }
    };
    limit("PRAGMA max_page_count = 200").await;
    let (mut kept, errors) = fill(&db, 2, 16, 40).await;
    assert!(!kept.is_empty() && !errors.is_empty());
    for error in &errors {
        assert!(matches!(error, DbError::Unavailable(text) if text.contains("full")), "{error:?}");
    }
    exactly(&db, &kept).await;
    integrity(&db).await;
    limit("PRAGMA max_page_count = 100000").await;
    let (more, errors) = fill(&db, 1_000_000, 16, 10).await;
    assert!(errors.is_empty(), "{errors:?}");
    kept.extend(more);
    exactly(&db, &kept).await;
    integrity(&db).await;
}

/// A small file system of its own; `None` where this user may not mount one.
struct Tmpfs(tempfile::TempDir);

impl Tmpfs {
    fn new(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "linli-test"])
            .arg(folder.path())
            .output();
        if done.is_ok_and(|done| done.status.success()) {
            Some(Self(folder))
        } else {
            println!("skipped: this user may not mount a file system");
            None
        }
    }

    fn remount(&self, how: &str) {
        let done = Command::new("mount")
            .args(["-o", &format!("remount,{how}")])
            .arg(self.0.path())
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).output();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_disk_is_full() {
    let Some(disk) = Tmpfs::new("3m") else { return };
    let db = open(&disk.0.path().join("linli.db")).unwrap();
    let ballast = disk.0.path().join("ballast");
    std::fs::write(&ballast, vec![0_u8; 600_000]).unwrap();
    let (mut kept, errors) = fill(&db, 2, 16, 60).await;
    println!("{} kept, {} refused", kept.len(), errors.len());
    assert!(!kept.is_empty() && !errors.is_empty());
    for error in &errors {
        assert!(matches!(error, DbError::Unavailable(_)), "{error:?}");
    }
    exactly(&db, &kept).await;
    integrity(&db).await;
    std::fs::remove_file(&ballast).unwrap();
    disk.remount("size=40m");
    let (more, errors) = fill(&db, 1_000_000, 16, 10).await;
    assert!(errors.is_empty(), "{errors:?}");
    kept.extend(more);
    exactly(&db, &kept).await;
    integrity(&db).await;
    drop(db);
    let db = open(&disk.0.path().join("linli.db")).unwrap();
    exactly(&db, &kept).await;
    drop(db);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_disk_may_only_be_read() {
    let Some(disk) = Tmpfs::new("8m") else { return };
    let path = disk.0.path().join("linli.db");
    {
        let db = open(&path).unwrap();
        add_slot(&db, 1, 1).await;
    }
    disk.remount("ro");
    let end = open(&path);
    assert!(
        matches!(&end, Err(DbError::Unavailable(text)) if text.contains("linli.db")),
        "{end:?} is not clear"
    );
    disk.remount("rw");
    let db = open(&path).unwrap();
    assert_eq!(count(&db, "slot").await, 1);
    add_slot(&db, 2, 1).await;
}

#[test]
fn no_folder_or_no_database() {
    let end = open(Path::new("/proc/linli/linli.db"));
    assert!(matches!(&end, Err(DbError::Unavailable(text)) if text.contains("/proc/linli")), "{end:?}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("linli.db");
    std::fs::write(&path, "a letter, not a database, and long enough to be looked at".repeat(50)).unwrap();
    let end = open(&path);
    assert!(matches!(&end, Err(DbError::Unavailable(text)) if text.contains("not a database")), "{end:?}");
}
