//! The demo city: the same for the same seed, whole, and at home in either database.

use std::collections::BTreeMap;

use db::{Db, Query, ReadTx, WriteTx};
use kernel::{Clock as _, Date, Error, IdGen, ManualClock, SystemClock, Timestamp};
use linli::{open, rooms};
use sha2::{Digest as _, Sha256};

use crate::common::{benches, config as config_of, fill, vault};

fn today() -> Date {
    Date::new(2026, 5, 20).unwrap()
}

pub fn open_db(config: &db::Config) -> Db {
    let clock = std::sync::Arc::new(SystemClock);
    open::database(config, &rooms::all(), clock, IdGen::new(1), false).unwrap()
}

/// Rows of every table, and a hash over their content that both databases give alike.
pub fn contents(db: &Db) -> BTreeMap<String, (usize, String)> {
    let kind = db.kind();
    db.read_blocking(move |tx: &mut ReadTx<'_>| {
        let mut out = BTreeMap::new();
        for (table, columns) in db::copy::shape(tx, kind)? {
            if table == "schema_migration" {
                continue;
            }
            let text: &'static str = Box::leak(
                format!("SELECT {} FROM {table} ORDER BY 1, 2", columns.join(", ")).into_boxed_str(),
            );
            // Each row by itself, sorted: keys of more than two columns leave the order open.
            let mut rows: Vec<Vec<u8>> = Vec::new();
            tx.each_of(&Query::new(text), |row| {
                let mut hash = Sha256::new();
                for column in 0..row.width() {
                    let value: Plain = row.get(column)?;
                    hash.update(value.0.as_bytes());
                    hash.update([0]);
                }
                rows.push(hash.finalize().to_vec());
                Ok(())
            })?;
            rows.sort();
            let whole = rows.iter().fold(Sha256::new(), |hash, row| hash.chain_update(row)).finalize();
            out.insert(table, (rows.len(), whole.iter().map(|b| format!("{b:02x}")).collect()));
        }
        Ok::<_, Error>(out)
    })
    .unwrap()
}

/// Any value as a text that is the same from either database.
struct Plain(String);

impl db::FromValue for Plain {
    fn from_value(value: db::Value<'_>) -> Result<Self, kernel::value::ValueError> {
        Ok(Self(match value {
            // SQLite keeps truth as a number.
            db::Value::Bool(flag) => format!("i{}", i64::from(flag)),
            db::Value::Int(n) => format!("i{n}"),
            other => format!("{other:?}"),
        }))
    }
}

#[test]
fn the_same_seed_and_day_give_the_same_city() {
    let mut seen = Vec::new();
    for _ in 0..2 {
        for bench in benches() {
            fill(&bench, today(), 11);
            let mut contents = contents(&open_db(&bench.config));
            // What the program notes about itself carries the time of counting.
            contents.remove("setting");
            seen.push(contents);
        }
    }
    let first = seen.first().unwrap().clone();
    for other in &seen {
        // The test's vault draws from a seed as well, so that even ciphertexts repeat.
        for (table, content) in &first {
            assert_eq!(other.get(table), Some(content), "{table}");
        }
    }
    let bench = benches().into_iter().next().unwrap();
    fill(&bench, today(), 12);
    let another = contents(&open_db(&bench.config));
    assert_ne!(first.get("record"), another.get("record"), "another seed is another city");
}

#[test]
fn the_city_is_whole_and_its_figures_agree() {
    for bench in benches() {
        let logins = fill(&bench, today(), 7);
        assert_eq!(logins.len(), 7);
        let db = open_db(&bench.config);
        let count = |text: &'static str| {
            db.read_blocking(move |tx| Ok::<_, Error>(tx.list::<(i64,)>(&Query::new(text))?[0].0)).unwrap()
        };
        assert_eq!(count("SELECT count(*) FROM org WHERE kind = 'street'"), 12);
        assert_eq!(count("SELECT count(*) FROM org WHERE kind = 'community'"), 72);
        assert_eq!(count("SELECT count(*) FROM org WHERE kind = 'station' AND state = 'open'"), 58);
        assert_eq!(count("SELECT count(*) FROM org WHERE kind = 'station' AND state = 'planned'"), 6);
        assert_eq!(count("SELECT count(*) FROM org WHERE kind = 'department' AND name <> ''"), 21);
        assert_eq!(count("SELECT count(*) FROM org WHERE kind = 'team'"), 60);
        assert_eq!(count("SELECT count(*) FROM person"), 802, "800 and two children");
        assert_eq!(count("SELECT count(*) FROM guardian WHERE state = 'given'"), 2);
        assert_eq!(count("SELECT count(*) FROM activity"), 168);
        assert!(count("SELECT count(*) FROM record") > 3_500);
        assert!(count("SELECT count(*) FROM record WHERE state = 'submitted'") > 10);
        assert_eq!(
            count("SELECT count(*) FROM role_grant WHERE role = 'leader'"),
            62,
            "of teams and of two units"
        );
        // Counters in the rows tell what the rows themselves tell.
        assert_eq!(
            count(
                "SELECT count(*) FROM session s WHERE s.taken <> (SELECT count(*) FROM sign_up u
                 WHERE u.session_id = s.id AND u.state <> 'cancelled')"
            ),
            0
        );
        assert_eq!(
            count(
                "SELECT count(*) FROM post p WHERE p.taken > p.quota OR p.taken <> (SELECT count(*) FROM sign_up u
                 WHERE u.post_id = p.id AND u.state <> 'cancelled')"
            ),
            0
        );
        assert_eq!(count("SELECT count(*) FROM session WHERE taken > quota"), 0);
        assert_eq!(
            count(
                "SELECT count(*) FROM sign_up a JOIN sign_up b ON a.person_id = b.person_id AND a.id < b.id
                 AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at
                 WHERE a.state <> 'cancelled' AND b.state <> 'cancelled'"
            ),
            0,
            "nobody is in two places at once"
        );
        for room in rooms::all().iter() {
            for check in room.checks {
                let check = *check;
                let wrong = db.read_blocking(check).unwrap();
                assert!(wrong.is_empty(), "{}: {}", room.name, wrong.join("\n"));
            }
        }
        // The room that owns people can read what was written for it.
        let vault = vault();
        let people: Vec<(kernel::PersonId,)> = db
            .read_blocking(|tx| {
                Ok::<_, Error>(
                    tx.list(&Query::new(
                        "SELECT id FROM person WHERE state = 'active' ORDER BY id LIMIT 20",
                    ))?,
                )
            })
            .unwrap();
        for (id,) in people {
            let sealed = db.read_blocking(move |tx| people::person::sealed(tx, id)).unwrap().unwrap();
            assert_eq!(sealed.id_number(&vault).unwrap().unwrap().len(), 18);
            let phone = sealed.phone(&vault).unwrap().unwrap();
            let index = people::person::phone_index(&vault, &phone).as_bytes().to_vec();
            let found = db
                .read_blocking(move |tx| {
                    let mut query = Query::new("SELECT id FROM person WHERE");
                    query.with("phone_index = {} ORDER BY id", &[&index]);
                    Ok::<_, Error>(tx.list::<(kernel::PersonId,)>(&query)?)
                })
                .unwrap();
            assert!(found.contains(&(id,)), "the phone finds the person");
        }
    }
}

#[test]
fn a_city_moves_to_the_other_database_and_back() {
    let all = benches();
    let [lite, pg] = all.as_slice() else { return };
    fill(lite, today(), 7);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let back = benches().into_iter().next().unwrap();
    let (from, over, home) = (open_db(&lite.config), open_db(&pg.config), open_db(&back.config));
    let want = contents(&from);
    runtime.block_on(db::copy::copy(&from, &over)).unwrap();
    assert_eq!(contents(&over), want, "SQLite → PostgreSQL");
    runtime.block_on(db::copy::copy(&over, &home)).unwrap();
    assert_eq!(contents(&home), want, "PostgreSQL → SQLite");
    assert!(want.values().map(|(rows, _)| rows).sum::<usize>() > 15_000);
}

#[test]
fn a_filled_city_refuses_a_second_one_and_foreign_keys_files() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().display().to_string();
    let flags =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let config = linli::config::Config::merge(
        linli::config::Layer::new(),
        linli::config::Layer::new(),
        flags(&[("data", &data)]),
    )
    .unwrap();
    let wish = linli::demo::Wish { size: demo_city::Size::Small, seed: 3, today: SystemClock.now().date() };
    let made = linli::demo::make(&config, wish).unwrap();
    assert_eq!(made.logins.len(), 7);
    let accounts = std::fs::read_to_string(folder.path().join(linli::demo::ACCOUNTS_FILE)).unwrap();
    assert!(made.logins.iter().all(|one| accounts.contains(one.login) && accounts.contains(&one.password)));
    assert!(linli::demo::make(&config, wish).unwrap_err().to_string().contains("already holds"));
    let opened = open::open(&config).unwrap();
    assert!(opened.first.is_none() && opened.app.settings.demo);
    assert_eq!(opened.app.settings.city.0, "澄湖市");
    drop(opened);
    let later = open::open_ahead(&config, 120).unwrap();
    let ahead = later.app.db.ctx().clock.now().0 - SystemClock.now().0;
    assert!((ahead - 7_200_000).abs() < 60_000, "{ahead}");
    drop(later);
    // Another key file, or none, must not be taken up silently.
    std::fs::remove_file(&config.key_file).unwrap();
    assert!(open::open(&config).unwrap_err().to_string().contains("key file"));
    let mut random = vault::SeededRandom::new([1; 32]);
    vault::KeyRing::create(&config.key_file, &mut random).unwrap();
    assert!(open::open(&config).unwrap_err().to_string().contains("does not belong"));
}

#[test]
fn the_first_start_of_an_empty_city_gives_three_links_once() {
    let folder = tempfile::tempdir().unwrap();
    let layer =
        [("data".to_owned(), folder.path().display().to_string()), ("city".to_owned(), "甲市".to_owned())];
    let none = linli::config::Layer::new;
    let config = linli::config::Config::merge(none(), none(), layer.into()).unwrap();
    assert!(open::open_ahead(&config, 5).unwrap_err().to_string().contains("no demo city"));
    let opened = open::open(&config).unwrap();
    let first = opened.first.unwrap();
    assert_eq!(first.links.len(), 3);
    assert!(first.text().contains("/set-up/") && !opened.app.settings.demo);
    assert_eq!(opened.app.settings.city.0, "甲市");
    drop(opened.app);
    assert!(open::open(&config).unwrap().first.is_none());
}

#[test]
fn jobs_run_are_tried_again_and_end() {
    let metrics = linli::metrics::Metrics::default();
    for bench in benches() {
        let config = config_of(&bench, &[]);
        let rooms = rooms::all();
        let clock = std::sync::Arc::new(ManualClock::new(Timestamp::at(today(), 0)));
        let db =
            open::database(&bench.config, &rooms, std::sync::Arc::clone(&clock) as _, IdGen::new(1), false)
                .unwrap();
        let app = open::app(db.clone(), vault(), rooms, &config).unwrap();
        assert!(!linli::jobs::once(&app, "w", &metrics).unwrap(), "nothing is due");
        let id = db
            .write_blocking(|tx: &mut WriteTx<'_>| {
                let now = tx.now();
                db::jobs::enqueue(tx, "no.such.kind", "", None, now)
            })
            .unwrap();
        assert!(linli::jobs::once(&app, "w", &metrics).unwrap());
        let job = db.read_blocking(move |tx| db::jobs::find(tx, id)).unwrap().unwrap();
        assert_eq!(job.state, db::jobs::JobState::Failed);
        assert!(!linli::jobs::once(&app, "w", &metrics).unwrap());
        linli::jobs::tick(&app);
    }
}
