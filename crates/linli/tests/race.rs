//! Five thousand people for five hundred places, over HTTP from 256 connections, while the server is killed
//! and started again three times: exactly five hundred are booked, no acknowledged booking is lost, and
//! nobody gets another answer than success or the proper refusal.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_possible_wrap,
    reason = "tests"
)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use db::{args, sql};
use linli::bench::city::{self, Person};
use linli::config::{Config, Layer};
use linli::{open, rooms};
use loadgen::{Answer, Plan, Source};

const PEOPLE: usize = 5_000;
const PLACES: i64 = 500;

struct Race {
    people: Vec<Person>,
    session: i64,
    waiting: VecDeque<usize>,
    asking: BTreeMap<usize, usize>,
    acknowledged: BTreeSet<usize>,
    answers: BTreeMap<String, u64>,
}

impl Source for Race {
    fn next(&mut self, conn: usize, out: &mut Vec<u8>) -> bool {
        let Some(at) = self.waiting.pop_front() else { return false };
        self.asking.insert(conn, at);
        let person = &self.people[at];
        let path = format!("/sessions/{}/sign-up", self.session);
        loadgen::write_post_form(out, &path, "127.0.0.1", Some(&person.cookie), &[("_csrf", &person.csrf)]);
        true
    }

    fn done(&mut self, conn: usize, answer: &Answer<'_>) {
        let Some(at) = self.asking.remove(&conn) else { return };
        let body = String::from_utf8_lossy(answer.body);
        let what = match answer.status {
            303 => "booked",
            409 if body.contains("sign_up.full") => "full",
            // The booking was written, but the answer was lost with the server: asked again, it is there.
            409 if body.contains("sign_up.duplicate") => "there already",
            503 => {
                // Says itself that nothing was half-done and that it may be tried again.
                self.waiting.push_back(at);
                "unavailable"
            }
            _ => {
                println!("unexpected answer {}: {body}", answer.status);
                "unexpected"
            }
        };
        if what == "booked" {
            self.acknowledged.insert(at);
        }
        *self.answers.entry(what.to_owned()).or_default() += 1;
    }

    fn broken(&mut self, conn: usize) {
        if let Some(at) = self.asking.remove(&conn) {
            self.waiting.push_back(at);
        }
    }
}

#[expect(clippy::zombie_processes, reason = "whoever asked for it waits for it")]
fn start(folder: &Path, addr: SocketAddr, database: &[String]) -> Child {
    let child = Command::new(env!("CARGO_BIN_EXE_linli"))
        .arg("serve")
        .args(["--data", &folder.display().to_string(), "--listen", &addr.to_string()])
        .args(database)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    for _ in 0..600 {
        let ready = loadgen::build_get("/readyz", "127.0.0.1", None);
        if loadgen::ask(addr, &ready, Duration::from_secs(2)).is_ok_and(|reply| reply.status == 200) {
            return child;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the server did not become ready");
}

fn race(name: &str, url: Option<&str>) {
    let folder: PathBuf = std::env::temp_dir().join(format!("linli-race-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let mut flags = Layer::new();
    flags.insert("data".to_owned(), folder.display().to_string());
    let mut database = Vec::new();
    if let Some(url) = url {
        let schema = format!("linli_race_{}", std::process::id());
        flags.insert("db".to_owned(), url.to_owned());
        flags.insert("db_schema".to_owned(), schema.clone());
        database = vec!["--db".to_owned(), url.to_owned(), "--schema".to_owned(), schema];
    }
    let config = Config::merge(Layer::new(), Layer::new(), flags).unwrap();
    let all = rooms::all();
    let store = open::storage(&config, &all).unwrap();
    let vault = open::vault(&open::keys(&store, &config).unwrap()).unwrap();
    let city = city::build(&store, &vault, city::PEOPLE, city::SESSIONS).unwrap();
    let session = city.sessions[0];
    store
        .write_blocking(move |tx| {
            tx.exec_one(sql!("UPDATE session SET quota = $1 WHERE id = $2"), args![PLACES, session])
        })
        .unwrap();
    drop(store);

    let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut server = start(&folder, addr, &database);
    let killer = {
        let folder = folder.clone();
        std::thread::spawn(move || {
            for pause in [120_u64, 200, 160] {
                std::thread::sleep(Duration::from_millis(pause));
                server.kill().unwrap();
                server.wait().unwrap();
                server = start(&folder, addr, &database);
            }
            server
        })
    };
    let mut source = Race {
        people: city.people.into_iter().take(PEOPLE).collect(),
        session,
        waiting: (0..PEOPLE).collect(),
        asking: BTreeMap::new(),
        acknowledged: BTreeSet::new(),
        answers: BTreeMap::new(),
    };
    let plan = Plan::closed(addr, 256, Duration::from_secs(60)).warm_up(Duration::ZERO);
    let outcome = loadgen::run(&plan, &mut source).unwrap();
    let mut server = killer.join().unwrap();
    // Whoever was still waiting when the last server came up asks now.
    let rest = Plan::closed(addr, 64, Duration::from_secs(20)).warm_up(Duration::ZERO);
    loadgen::run(&rest, &mut source).unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    println!("{name}: {:?}; broken connections {}", source.answers, outcome.errors.total());

    let store = open::storage(&config, &all).unwrap();
    let booked: Vec<(i64,)> = store
        .read_blocking(move |tx| {
            tx.all(
                sql!("SELECT person_id FROM sign_up WHERE session_id = $1 AND state = 'booked'"),
                args![session],
            )
        })
        .map_err(|e: db::DbError| e)
        .unwrap();
    let (taken,): (i64,) = store
        .read_blocking(move |tx| tx.one(sql!("SELECT taken FROM session WHERE id = $1"), args![session]))
        .map_err(|e: db::DbError| e)
        .unwrap();
    let booked: BTreeSet<i64> = booked.into_iter().map(|(id,)| id).collect();
    assert_eq!(booked.len() as i64, PLACES);
    assert_eq!(taken, PLACES);
    for at in &source.acknowledged {
        assert!(booked.contains(&source.people[*at].id.0), "an acknowledged booking is lost");
    }
    assert_eq!(source.answers.get("unexpected"), None);
    assert!(source.waiting.is_empty() && source.asking.is_empty(), "everybody got an answer");
    drop(store);
    let _ = std::fs::remove_dir_all(&folder);
}

#[test]
fn five_thousand_for_five_hundred_on_sqlite() {
    race("sqlite", None);
}

#[test]
fn five_thousand_for_five_hundred_on_postgres() {
    match std::env::var("LINLI_TEST_PG") {
        Ok(url) => race("postgres", Some(&url)),
        Err(_) => println!("LINLI_TEST_PG is not set: not run"),
    }
}
