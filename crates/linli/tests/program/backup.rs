//! Backups of both kinds of database: under load, back again, and every way in which they are refused.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use db::{Db, Query, args, sql};
use kernel::{Clock as _, Error, SystemClock};
use linli::backup::{self, Into};
use linli::config::Config;
use linli::{open, rooms};
use vault::{KeyRing, SeededRandom};

use crate::common::{benches, config as config_of, fill, vault};
use crate::demo::{contents, open_db};

fn keys(config: &Config) {
    std::fs::create_dir_all(config.key_file.parent().unwrap()).unwrap();
    if !config.key_file.exists() {
        KeyRing::create(&config.key_file, &mut SeededRandom::new([4; 32])).unwrap();
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn lite(folder: &Path) -> Db {
    open_db(&db::Config::Sqlite { path: folder.join("linli.db"), readers: 1 })
}

/// What a restore changes by itself.
fn plain(
    mut all: std::collections::BTreeMap<String, (usize, String)>,
) -> std::collections::BTreeMap<String, (usize, String)> {
    for table in ["setting", "audit", "audit_link", "audit_head"] {
        all.remove(table);
    }
    all
}

#[test]
fn a_backup_under_load_is_one_moment_and_a_quiet_one_is_the_city() {
    let all = benches();
    for bench in &all {
        let config = config_of(bench, &[]);
        keys(&config);
        fill(bench, SystemClock.now().date(), 7);
        let db = open_db(&bench.config);
        let folder = tempfile::tempdir().unwrap();
        let (stop, pairs) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicI64::new(0)));
        let writers: Vec<_> = (0..2)
            .map(|thread| {
                let (db, stop, pairs) = (db.clone(), Arc::clone(&stop), Arc::clone(&pairs));
                std::thread::spawn(move || {
                    let mut n = 0_i64;
                    while !stop.load(Ordering::SeqCst) {
                        db.write_blocking(move |tx| {
                            for half in ["a", "b"] {
                                open::put_setting(tx, &format!("pair-{thread}-{n}-{half}"), "x")?;
                            }
                            Ok::<_, Error>(())
                        })
                        .unwrap();
                        pairs.fetch_add(1, Ordering::SeqCst);
                        n += 1;
                    }
                })
            })
            .collect();
        while pairs.load(Ordering::SeqCst) < 50 {
            std::thread::yield_now();
        }
        let made = backup::write(&config, &db, &folder.path().join("loaded.backup")).unwrap();
        stop.store(true, Ordering::SeqCst);
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!(files(folder.path()), std::slice::from_ref(&made.path), "no half file beside it");
        let bytes = std::fs::read(&made.path).unwrap();
        assert!(!bytes.windows(6).any(|part| part == b"SQLite"), "nothing readable inside");
        let into = folder.path().join("back");
        let back = backup::restore(&made.path, &Into::Folder(into.clone()), &config.key_file).unwrap();
        assert_eq!(back.differences, Vec::<String>::new());
        let (halves, there): (i64, i64) = lite(&into)
            .read_blocking(|tx| {
                Ok::<_, Error>(
                    tx.list(&Query::new(
                        "SELECT (SELECT count(*) FROM setting a WHERE a.name LIKE 'pair-%-a' AND NOT EXISTS
                            (SELECT 1 FROM setting b WHERE b.name = substr(a.name, 1, length(a.name) - 1) || 'b')),
                            (SELECT count(*) FROM setting WHERE name LIKE 'pair-%-b')",
                    ))?[0],
                )
            })
            .unwrap();
        assert_eq!(halves, 0, "one moment");
        assert!(there >= 50);
        // With nobody writing, what comes back is the city.
        let made = backup::write(&config, &db, folder.path()).unwrap();
        assert!(made.path.file_name().unwrap().to_str().unwrap().starts_with("linli-"));
        let quiet = folder.path().join("quiet");
        backup::restore(&made.path, &Into::Folder(quiet.clone()), &config.key_file).unwrap();
        let want = plain(contents(&db));
        assert_eq!(plain(contents(&lite(&quiet))), want);
        // And into the other kind of database.
        if let Ok(url) = std::env::var("LINLI_TEST_PG") {
            let schema = format!("linli_restore_{}", std::process::id());
            let target = db::Config::Postgres { url, schema: Some(schema), connections: 2 };
            backup::restore(
                &made.path,
                &Into::Database(target.clone(), folder.path().join("pg-data")),
                &config.key_file,
            )
            .unwrap();
            let there = open_db(&target);
            assert_eq!(plain(contents(&there)), want);
            let again = backup::restore(
                &made.path,
                &Into::Database(target, folder.path().join("pg-data")),
                &config.key_file,
            )
            .unwrap_err();
            assert!(again.to_string().contains("not empty"), "{again}");
            there
                .write_blocking(|tx| tx.exec_query(&Query::new("DROP SCHEMA IF EXISTS doomed CASCADE")))
                .unwrap();
            let name = Box::leak(
                format!("DROP SCHEMA linli_restore_{} CASCADE", std::process::id()).into_boxed_str(),
            );
            there.write_blocking(|tx| tx.exec_query(&Query::new(name))).unwrap();
        }
    }
}

#[test]
fn what_is_not_whole_or_not_ours_is_refused_and_leaves_nothing() {
    let bench = benches().into_iter().next().unwrap();
    let config = config_of(&bench, &[]);
    keys(&config);
    fill(&bench, SystemClock.now().date(), 7);
    let db = open_db(&bench.config);
    let folder = tempfile::tempdir().unwrap();
    let good = backup::write(&config, &db, &folder.path().join("good.backup")).unwrap().path;
    let error = backup::write(&config, &db, &good).unwrap_err().to_string();
    assert!(error.contains("exists already"), "{error}");
    let bytes = std::fs::read(&good).unwrap();
    let refused = |name: &str, bytes: &[u8], key_file: &Path| {
        let (bad, into) = (folder.path().join(name), folder.path().join(format!("{name}-into")));
        std::fs::write(&bad, bytes).unwrap();
        let error = backup::restore(&bad, &Into::Folder(into.clone()), key_file).unwrap_err().to_string();
        assert!(files(&into).is_empty(), "{name} left something");
        error
    };
    assert!(refused("cut", &bytes[..bytes.len() / 2], &config.key_file).contains("cut short"));
    assert!(refused("cut-by-one", &bytes[..bytes.len() - 1], &config.key_file).contains("cut short"));
    let mut altered = bytes.clone();
    let middle = altered.len() / 2;
    altered[middle] ^= 4;
    assert!(refused("altered", &altered, &config.key_file).contains("altered"));
    assert!(
        refused("strange", b"PK something else entirely, long enough to hold a head", &config.key_file)
            .contains("no backup")
    );
    let other = folder.path().join("other.key");
    KeyRing::create(&other, &mut SeededRandom::new([8; 32])).unwrap();
    assert!(refused("wrong-key", &bytes, &other).contains("master key"));
    // A place that holds a city is left alone.
    let home = folder.path().join("home");
    backup::restore(&good, &Into::Folder(home.clone()), &config.key_file).unwrap();
    let error = backup::restore(&good, &Into::Folder(home), &config.key_file).unwrap_err().to_string();
    assert!(error.contains("holds a database already"), "{error}");
}

#[test]
fn a_full_disk_leaves_no_half_file() {
    let bench = benches().into_iter().next().unwrap();
    let config = config_of(&bench, &[]);
    keys(&config);
    fill(&bench, SystemClock.now().date(), 7);
    let db = open_db(&bench.config);
    let folder = tempfile::tempdir().unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=64k", "linli-test"])
        .arg(folder.path())
        .output();
    if !mounted.is_ok_and(|done| done.status.success()) {
        println!("skipped: this user may not mount a file system");
        return;
    }
    let error = backup::write(&config, &db, folder.path());
    let left = files(folder.path());
    std::process::Command::new("umount").arg(folder.path()).status().unwrap();
    assert!(error.unwrap_err().to_string().contains("space"), "a full disk is named");
    assert_eq!(left, Vec::<PathBuf>::new());
    let beside =
        files(&config.data).into_iter().filter(|path| path.extension().is_some_and(|e| e == "part")).count();
    assert_eq!(beside, 0, "nothing unencrypted stays");
}

#[test]
fn the_schedule_makes_one_keeps_some_and_says_what_failed() {
    for bench in benches() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("backups");
        let config = config_of(
            &bench,
            &[("backup_to", to.to_str().unwrap()), ("backup_keep", "1"), ("backup_every_h", "24")],
        );
        keys(&config);
        fill(&bench, SystemClock.now().date(), 7);
        let rooms = rooms::all();
        let app = open::app(open::storage(&config, &rooms).unwrap(), vault(), rooms, &config).unwrap();
        let state = || app.db.read_blocking(backup::state).unwrap();
        // The worker notes the plan when it starts.
        let stop = Arc::new(linli::jobs::Stop::default());
        let worker = backup::start(&app, &config, &stop).unwrap();
        while state().last_good().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        stop.tell();
        worker.join().unwrap();
        assert_eq!(files(&to).len(), 1);
        assert!(!backup::turn(&app, &config).unwrap(), "not due again");
        // Asked for, by two processes at once: one makes it.
        std::thread::sleep(std::time::Duration::from_millis(1100));
        app.db.write_blocking(|tx| backup::ask(tx, &kernel::Actor::system("t"))).unwrap();
        let made: Vec<bool> = std::thread::scope(|scope| {
            let both: Vec<_> = (0..2).map(|_| scope.spawn(|| backup::turn(&app, &config).unwrap())).collect();
            both.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(made.iter().filter(|made| **made).count(), 1, "{made:?}");
        assert_eq!(files(&to).len(), 1, "the older one was removed");
        assert_eq!(state().recent.len(), 2);
        // A folder that cannot be written is said and tried again later.
        std::fs::remove_dir_all(&to).unwrap();
        std::fs::write(&to, "a file").unwrap();
        app.db.write_blocking(|tx| backup::ask(tx, &kernel::Actor::system("t"))).unwrap();
        assert!(backup::turn(&app, &config).unwrap());
        let now = state();
        assert!(!now.recent[0].error.is_empty() && now.busy_until == 0);
        assert!(!now.due(SystemClock.now().0));
        let noted: i64 = app
            .db
            .read_blocking(|tx| {
                Ok::<_, Error>(
                    tx.one::<(i64,)>(sql!("SELECT count(*) FROM audit WHERE act = 'backup.write'"), args![])?
                        .0,
                )
            })
            .unwrap();
        assert_eq!(noted, 3);
    }
}
