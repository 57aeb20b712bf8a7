//! Two programs on one PostgreSQL behind a small balancer, one of them killed while people sign up.
//!
//! The balancer is of this benchmark alone. It does what a city's own would be set up to do: a request that a program
//! did not answer goes to the other one, if repeating it is harmless — a question, or a command with an
//! `Idempotency-Key`.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use db::{ReadTx, sql};
use kernel::Error;
use loadgen::{Answer, Figure, Plan, Source, Table};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::Asked;
use super::city::{self, City};
use super::scale::Served;
use crate::config::{Config, Layer};
use crate::{Failure, open, rooms};

/// Sign-ups per second while one program is killed: half of what one program alone answers here.
const RATE: f64 = 600.0;
/// Connections of the load.
const CONNECTIONS: usize = 64;
/// How long a program that did not answer is left alone.
const PAUSE_MS: i64 = 500;
/// How often one request is tried.
const TRIES: usize = 6;

/// Measures; the balancer and the load run on this process, the programs as their own.
///
/// # Errors
/// When a program cannot be started.
pub fn measure(table: &mut Table, folder: &Path, url: &str, asked: &Asked) -> Result<(), Failure> {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder)?;
    let data = folder.display().to_string();
    let schema = format!("linli_nodes_{}", std::process::id());
    let mut flags = Layer::new();
    for (name, value) in [("data", data.as_str()), ("db", url), ("db_schema", schema.as_str())] {
        flags.insert(name.to_owned(), value.to_owned());
    }
    let config = Config::merge(Layer::new(), Layer::new(), flags)?;
    let db = open::storage(&config, &rooms::all())?;
    let vault = open::vault(&open::keys(&db, &config)?)?;
    let city = city::build(&db, &vault, city::PEOPLE, city::SESSIONS)?;

    let settings = [
        ("LINLI_DATA", data.as_str()),
        ("LINLI_DB", url),
        ("LINLI_DB_SCHEMA", &schema),
        ("LINLI_DB_CONNECTIONS", "12"),
    ];
    let mut first = Served::start(&settings)?;
    let second = Served::start(&settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let balancer = Arc::new(Balancer {
        nodes: [first.addr, second.addr],
        down_until: [AtomicI64::new(0), AtomicI64::new(0)],
        begun: Instant::now(),
        turn: AtomicUsize::new(0),
        again: AtomicU64::new(0),
    });
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let addr = listener.local_addr()?;
    runtime.spawn(accept(listener, Arc::clone(&balancer)));

    let seconds = Duration::from_secs(asked.seconds.max(6));
    let killer = std::thread::spawn(move || {
        std::thread::sleep(seconds / 2);
        first.kill();
    });
    let mut source = Keyed::new(&city, CONNECTIONS);
    let plan = Plan::open(addr, CONNECTIONS, seconds, RATE).warm_up(Duration::from_secs(1));
    let outcome = loadgen::run(&plan, &mut source)?;
    let _ = killer.join();
    drop(second);
    runtime.shutdown_timeout(Duration::from_secs(1));

    let (rows, taken, keys) = db.read_blocking(|tx: &mut ReadTx<'_>| {
        let (rows,): (i64,) = tx.one(sql!("SELECT count(*) FROM sign_up WHERE state = 'booked'"), &[])?;
        let (taken,): (i64,) =
            tx.one(sql!("SELECT CAST(COALESCE(sum(taken), 0) AS BIGINT) FROM session"), &[])?;
        let (keys,): (i64,) = tx.one(sql!("SELECT count(*) FROM idempotency"), &[])?;
        Ok::<_, Error>((rows, taken, keys))
    })?;
    let good = i64::try_from(source.good).unwrap_or(i64::MAX);
    let sent = i64::try_from(source.sent).unwrap_or(i64::MAX);
    let failed = sent - good;
    let (lost, doubled) = ((good - rows).max(0), (rows - good).max(0) + (taken - rows).abs());
    #[expect(clippy::cast_precision_loss, reason = "a small count for people")]
    let bad = (failed + lost + doubled) as f64;
    table.push(Figure::new("two_nodes", bad, "requests").at_most(0.0).note(format!(
        "failed after retry {failed}, lost {lost}, doubled {doubled} of {sent} sign-ups at {RATE:.0}/s, one of two \
         programs killed in the middle; {} sent again, {keys} keys kept, p99 {:.0} ms, slowest {:.0} ms",
        balancer.again.load(Ordering::Relaxed),
        super::ms(outcome.latency.p99()),
        super::ms(outcome.latency.max()),
    )));
    drop(db);
    let _ = std::fs::remove_dir_all(folder);
    Ok(())
}

/// Sign-ups by the interface for programs, each with a key of its own.
struct Keyed {
    people: Vec<(String, String)>,
    sessions: Vec<i64>,
    sent: u64,
    good: u64,
    bodies: Vec<u16>,
}

impl Keyed {
    fn new(city: &City, connections: usize) -> Self {
        Self {
            people: city.people.iter().map(|p| (p.cookie.clone(), p.csrf.clone())).collect(),
            sessions: city.sessions.clone(),
            sent: 0,
            good: 0,
            bodies: vec![0; connections],
        }
    }
}

impl Source for Keyed {
    fn next(&mut self, _: usize, out: &mut Vec<u8>) -> bool {
        let nth = usize::try_from(self.sent).unwrap_or(usize::MAX);
        let Some((cookie, csrf)) = self.people.get(nth % self.people.len()) else { return false };
        let round = nth / self.people.len();
        let Some(session) = self.sessions.get((round + nth) % self.sessions.len()) else { return false };
        self.sent += 1;
        let key = format!("sign-up-{}", self.sent);
        let headers = [
            ("Content-Type", "application/json"),
            ("X-CSRF-Token", csrf.as_str()),
            ("Idempotency-Key", &key),
        ];
        let path = format!("/api/v1/sessions/{session}/sign-up");
        loadgen::write_request(out, "POST", &path, "127.0.0.1", Some(cookie), &headers, b"{}");
        true
    }

    fn done(&mut self, conn: usize, answer: &Answer<'_>) {
        if answer.status == 201 {
            self.good += 1;
        } else if let Some(last) = self.bodies.get_mut(conn) {
            if *last == 0 {
                tracing::warn!(status = answer.status, text = %answer.text(), "a sign-up failed");
            }
            *last = answer.status;
        }
    }
}

struct Balancer {
    nodes: [SocketAddr; 2],
    /// Milliseconds since `begun` until which a program is left alone.
    down_until: [AtomicI64; 2],
    begun: Instant,
    turn: AtomicUsize,
    /// Requests that were sent again.
    again: AtomicU64,
}

impl Balancer {
    fn now(&self) -> i64 {
        i64::try_from(self.begun.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    /// Whose turn it is; a program that did not answer a moment ago is passed over.
    fn pick(&self) -> usize {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % 2;
        let up = |node: usize| {
            self.down_until.get(node).is_some_and(|until| until.load(Ordering::Relaxed) <= self.now())
        };
        if up(turn) || !up(1 - turn) { turn } else { 1 - turn }
    }

    fn failed(&self, node: usize) {
        if let Some(until) = self.down_until.get(node) {
            until.store(self.now() + PAUSE_MS, Ordering::Relaxed);
        }
    }
}

async fn accept(listener: TcpListener, balancer: Arc<Balancer>) {
    while let Ok((client, _)) = listener.accept().await {
        let balancer = Arc::clone(&balancer);
        tokio::spawn(async move {
            let _ = client.set_nodelay(true);
            // A client that goes away ends its connection; nobody is left to tell.
            let _ = serve(client, &balancer).await;
        });
    }
}

async fn serve(mut client: TcpStream, balancer: &Balancer) -> io::Result<()> {
    let mut kept: [Option<TcpStream>; 2] = [None, None];
    let mut rest = Vec::new();
    loop {
        let Some(request) = message(&mut client, &mut rest).await? else { return Ok(()) };
        let answer = forward(balancer, &mut kept, &request).await;
        client.write_all(&answer).await?;
    }
}

async fn forward(balancer: &Balancer, kept: &mut [Option<TcpStream>; 2], request: &[u8]) -> Vec<u8> {
    let harmless = request.starts_with(b"GET ") || head_value(request, "idempotency-key").is_some();
    for attempt in 0..TRIES {
        if attempt > 0 {
            balancer.again.fetch_add(1, Ordering::Relaxed);
        }
        let node = balancer.pick();
        let (Some(slot), Some(addr)) = (kept.get_mut(node), balancer.nodes.get(node)) else { break };
        let mut sent = false;
        match ask(slot, *addr, request, &mut sent).await {
            Ok(answer) => return answer,
            Err(_) => {
                *slot = None;
                balancer.failed(node);
                if sent && !harmless {
                    break;
                }
            }
        }
    }
    b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n".to_vec()
}

async fn ask(
    slot: &mut Option<TcpStream>,
    addr: SocketAddr,
    request: &[u8],
    sent: &mut bool,
) -> io::Result<Vec<u8>> {
    if slot.is_none() {
        let made = TcpStream::connect(addr).await?;
        made.set_nodelay(true)?;
        *slot = Some(made);
    }
    let Some(stream) = slot else { return Err(io::ErrorKind::NotConnected.into()) };
    *sent = true;
    stream.write_all(request).await?;
    let mut rest = Vec::new();
    let answer = tokio::time::timeout(Duration::from_secs(10), message(stream, &mut rest)).await;
    answer.map_err(|_| io::ErrorKind::TimedOut)??.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

/// Reads one whole request or answer with a `Content-Length`; none when the other side has ended between two.
async fn message(stream: &mut TcpStream, rest: &mut Vec<u8>) -> io::Result<Option<Vec<u8>>> {
    let mut have = std::mem::take(rest);
    loop {
        if let Some(head) = have.windows(4).position(|four| four == b"\r\n\r\n") {
            let length: usize = head_value(&have, "content-length").and_then(|v| v.parse().ok()).unwrap_or(0);
            let whole = head + 4 + length;
            if have.len() >= whole {
                *rest = have.split_off(whole);
                return Ok(Some(have));
            }
        }
        if stream.read_buf(&mut have).await? == 0 {
            return if have.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
    }
}

/// The value of a header.
fn head_value<'m>(message: &'m [u8], name: &str) -> Option<&'m str> {
    let end = message.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(message.len());
    let head = std::str::from_utf8(message.get(..end)?).ok()?;
    head.split("\r\n").skip(1).find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    }

    /// A program that answers everything with its name, or hangs up without an answer.
    async fn program(name: &'static str, answers: bool) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut rest = Vec::new();
                    while let Ok(Some(_)) = message(&mut stream, &mut rest).await {
                        if !answers {
                            return;
                        }
                        let text = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{name}", name.len());
                        stream.write_all(text.as_bytes()).await.unwrap();
                    }
                });
            }
        });
        addr
    }

    fn balancer(nodes: [SocketAddr; 2]) -> Balancer {
        Balancer {
            nodes,
            down_until: [AtomicI64::new(0), AtomicI64::new(0)],
            begun: Instant::now(),
            turn: AtomicUsize::new(0),
            again: AtomicU64::new(0),
        }
    }

    #[test]
    fn what_may_be_repeated_goes_to_the_other_program_and_nothing_else_does() {
        runtime().block_on(async {
            let balancer = balancer([program("dead", false).await, program("alive", true).await]);
            let mut kept = [None, None];
            let bare = loadgen::build_request("POST", "/x", "h", None, &[], b"a");
            assert!(forward(&balancer, &mut kept, &bare).await.starts_with(b"HTTP/1.1 502"));
            balancer.down_until[0].store(0, Ordering::Relaxed);
            balancer.turn.store(0, Ordering::Relaxed);
            let keyed = loadgen::build_request("POST", "/x", "h", None, &[("Idempotency-Key", "1")], b"a");
            assert!(forward(&balancer, &mut kept, &keyed).await.ends_with(b"alive"));
            assert_eq!(balancer.again.load(Ordering::Relaxed), 1);
            // The dead one is left alone for a while.
            assert!(forward(&balancer, &mut kept, &keyed).await.ends_with(b"alive"));
            assert_eq!(balancer.again.load(Ordering::Relaxed), 1);
        });
    }
}
