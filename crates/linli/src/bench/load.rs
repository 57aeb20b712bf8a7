//! What is sent, and the bare handlers that ours are held against.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use db::{Db, args, sql};
use kernel::{Error, PersonId};
use loadgen::{Answer, Source};

use super::city::City;

/// One person's sign-ups lie three days apart, as a person's do: sessions follow each other every two hours. Without a
/// common factor with their number, so that every pair is met.
const STRIDE: usize = 37;
/// Where the bare handler's sign-ups begin. With this offset `STRIDE · rounds` meets the same session only after 500 of
/// 1,000 rounds.
const OTHER: usize = 500;

/// Sign-ups of everybody for everything, each once, in an order that spreads people and sessions.
pub struct SignUps {
    requests: Vec<(String, String)>,
    sessions: Vec<i64>,
    host: String,
    sent: usize,
    acknowledged: u64,
}

impl SignUps {
    /// Of a city.
    #[must_use]
    pub fn new(city: &City, host: &str) -> Self {
        Self {
            requests: city.people.iter().map(|p| (p.cookie.clone(), p.csrf.clone())).collect(),
            sessions: city.sessions.clone(),
            host: host.to_owned(),
            sent: 0,
            acknowledged: 0,
        }
    }

    /// How many were answered with success.
    #[must_use]
    pub const fn acknowledged(&self) -> u64 {
        self.acknowledged
    }
}

impl Source for SignUps {
    fn next(&mut self, _: usize, out: &mut Vec<u8>) -> bool {
        let people = self.requests.len();
        let Some((cookie, csrf)) = self.requests.get(self.sent % people) else { return false };
        let round = self.sent / people;
        // People one after the other start at different sessions, so that no session is everybody's.
        let Some(session) = self.sessions.get((STRIDE * round + self.sent % people) % self.sessions.len())
        else {
            return false;
        };
        if round >= self.sessions.len() {
            return false;
        }
        self.sent += 1;
        loadgen::write_post_form(
            out,
            &format!("/sessions/{session}/sign-up"),
            &self.host,
            Some(cookie),
            &[("_csrf", csrf)],
        );
        true
    }

    fn done(&mut self, _: usize, answer: &Answer<'_>) {
        if answer.status == 303 {
            self.acknowledged += 1;
        }
    }

    fn wants_body(&self, _: usize) -> bool {
        false
    }
}

/// The same rows through the bare handler.
pub struct BareSignUps {
    host: String,
    people: Vec<i64>,
    sessions: Vec<i64>,
    sent: usize,
}

impl BareSignUps {
    /// Of a city.
    #[must_use]
    pub fn new(city: &City, host: &str) -> Self {
        Self {
            host: host.to_owned(),
            people: city.people.iter().map(|person| person.id.0).collect(),
            sessions: city.sessions.clone(),
            sent: 0,
        }
    }
}

impl Source for BareSignUps {
    fn next(&mut self, _: usize, out: &mut Vec<u8>) -> bool {
        // As [`SignUps`], but half the sessions further on, so that no pair is met twice.
        let people = self.people.len();
        let (round, nth) = (self.sent / people, self.sent % people);
        let session = (OTHER + STRIDE * round + nth) % self.sessions.len();
        let (Some(person), Some(session)) = (self.people.get(nth), self.sessions.get(session)) else {
            return false;
        };
        self.sent += 1;
        let path = format!("/bare?n={}&p={person}&s={session}", self.sent);
        loadgen::write_post_form(out, &path, &self.host, None, &[]);
        true
    }

    fn wants_body(&self, _: usize) -> bool {
        false
    }
}

/// The bare handlers: rows without rules, bytes without templates.
pub struct Bare {
    /// Where they listen.
    pub addr: SocketAddr,
    page: Arc<Mutex<Bytes>>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Clone)]
struct Store {
    db: Db,
    page: Arc<Mutex<Bytes>>,
}

/// What the bare handlers are asked: a number of their own, a person, a session.
#[derive(serde::Deserialize)]
pub(super) struct Row {
    pub(super) n: i64,
    pub(super) p: i64,
    pub(super) s: i64,
}

impl Bare {
    /// Starts them beside the real server, on the same database.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(db: Db) -> Result<Self, std::io::Error> {
        let page = Arc::new(Mutex::new(Bytes::new()));
        let store = Store { db: db.clone(), page: Arc::clone(&page) };
        let routes = Router::new()
            .route("/bare", post(bare))
            .route("/page", get(same_bytes))
            .with_state(store)
            .merge(Router::new().route("/bare-in", post(super::doors::bare)).with_state(db));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self { addr, page, task })
    }

    /// What `/page` answers.
    pub fn page(&self, body: Vec<u8>) {
        *self.page.lock().unwrap_or_else(PoisonError::into_inner) = Bytes::from(body);
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn same_bytes(State(store): State<Store>) -> Bytes {
    store.page.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Writes what a sign-up writes, into the same tables and indexes: the person's row held (on PostgreSQL), the place
/// taken, the sign-up.
async fn bare(State(store): State<Store>, Query(row): Query<Row>) -> StatusCode {
    let written = store
        .db
        .write(move |tx| {
            let now = tx.now();
            let id = 9_000_000_000_000_000 + row.n;
            people::person::hold(tx, PersonId(row.p))?;
            tx.exec_later(sql!("UPDATE session SET taken = taken + 1 WHERE id = $1"), args![row.s])?;
            tx.exec_later(
                sql!(
                    "INSERT INTO sign_up (id, session_id, person_id, team_id, state, starts_at, ends_at, source, created_at)
                     VALUES ($1, $2, $3, 4, 'booked', $4, $5, 'demo', $6)"
                ),
                args![id, row.s, row.p, now, now, now],
            )?;
            Ok::<_, Error>(())
        })
        .await;
    if written.is_ok() { StatusCode::NO_CONTENT } else { StatusCode::INTERNAL_SERVER_ERROR }
}
