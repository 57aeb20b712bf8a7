//! Runs against small servers of the test's own making.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::{
    Answer, Cycle, Mode, Plan, Source, ask, build_get, build_post_form, build_request, find_max_rate, run,
};

const HELLO: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

struct Request {
    line: String,
    body: Vec<u8>,
    /// Counted over all connections, from 0.
    number: usize,
}

/// Reads one request; none once the client has closed.
fn read_request(reader: &mut BufReader<TcpStream>, numbers: &AtomicUsize) -> Option<Request> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        if header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("Content-Length: ") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { line: line.trim().to_owned(), body, number: numbers.fetch_add(1, Ordering::SeqCst) })
}

/// Serves each connection on a thread; `answer` returns whether to keep the connection.
fn serve_on(
    listener: TcpListener,
    answer: impl Fn(&Request, &mut TcpStream) -> bool + Send + Sync + 'static,
) -> SocketAddr {
    let addr = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    let numbers = Arc::new(AtomicUsize::new(0));
    thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            socket.set_nodelay(true).unwrap();
            let (answer, numbers) = (Arc::clone(&answer), Arc::clone(&numbers));
            thread::spawn(move || {
                let mut reader = BufReader::new(socket.try_clone().unwrap());
                while let Some(request) = read_request(&mut reader, &numbers) {
                    if !answer(&request, &mut socket) {
                        break;
                    }
                }
            });
        }
    });
    addr
}

fn serve(answer: impl Fn(&Request, &mut TcpStream) -> bool + Send + Sync + 'static) -> SocketAddr {
    serve_on(TcpListener::bind("127.0.0.1:0").unwrap(), answer)
}

fn get() -> Vec<u8> {
    build_get("/", "localhost", None)
}

/// A plan that measures from the first request on.
fn at_once(addr: SocketAddr, connections: usize, duration: Duration) -> Plan {
    Plan::closed(addr, connections, duration).warm_up(Duration::ZERO)
}

/// Numbered requests, each to be answered once; broken ones are sent again.
#[derive(Default)]
struct Numbered {
    waiting: VecDeque<usize>,
    under_way: Vec<Option<usize>>,
    answered: Vec<(usize, String)>,
    broken: usize,
}

impl Numbered {
    fn new(requests: usize, connections: usize) -> Self {
        Self { waiting: (0..requests).collect(), under_way: vec![None; connections], ..Self::default() }
    }
}

impl Source for Numbered {
    fn next(&mut self, conn: usize, out: &mut Vec<u8>) -> bool {
        let Some(number) = self.waiting.pop_front() else { return false };
        self.under_way[conn] = Some(number);
        crate::write_get(out, &format!("/{number}"), "localhost", None);
        true
    }

    fn done(&mut self, conn: usize, answer: &Answer<'_>) {
        let number = self.under_way[conn].take().unwrap();
        self.answered.push((number, answer.text().into_owned()));
    }

    fn broken(&mut self, conn: usize) {
        self.broken += 1;
        self.waiting.push_back(self.under_way[conn].take().unwrap());
    }
}

#[test]
fn keep_alive_and_a_limit() {
    let addr = serve(|_, socket| socket.write_all(HELLO).is_ok());
    let outcome = run(&at_once(addr, 4, ms(10_000)).limit(500), &mut Cycle::one(get())).unwrap();
    assert_eq!((outcome.requests, outcome.status(200), outcome.errors.total()), (500, 500, 0));
    assert_eq!(outcome.bytes, 500 * HELLO.len() as u64);
    assert_eq!(outcome.latency.count(), 500);
    assert!(outcome.elapsed < ms(9_000) && outcome.per_second > 50.0, "{outcome}");
}

#[test]
fn the_warm_up_is_left_out() {
    let addr = serve(|request, socket| {
        // Slow to begin with.
        thread::sleep(ms(if request.number == 0 { 600 } else { 1 }));
        socket.write_all(HELLO).is_ok()
    });
    let plan = Plan::closed(addr, 1, ms(300)).warm_up(ms(900));
    let outcome = run(&plan, &mut Cycle::one(get())).unwrap();
    assert!(outcome.latency.max() < ms(600), "{outcome}");
    assert!(outcome.answers > outcome.requests && outcome.elapsed == ms(300));
    assert!((outcome.per_second - outcome.requests as f64 / 0.3).abs() < 20.0, "{outcome}");
}

#[test]
fn chunks_arriving_in_pieces() {
    let addr = serve(|_, socket| {
        for piece in [
            "HTTP/1.1 200 OK\r\nTransfer-",
            "Encoding: chunked\r\n\r\n6\r",
            "\nhello \r\n5\r\nwo",
            "rld\r\n0\r\n\r\n",
        ] {
            socket.write_all(piece.as_bytes()).unwrap();
            thread::sleep(ms(2));
        }
        true
    });
    let mut source = Numbered::new(20, 2);
    let outcome = run(&at_once(addr, 2, ms(10_000)), &mut source).unwrap();
    assert_eq!((outcome.requests, outcome.errors.total()), (20, 0));
    assert!(source.answered.iter().all(|(_, body)| body == "hello world"));
}

#[test]
fn large_bodies_both_ways() {
    let addr = serve(|request, socket| {
        let size = request.body.len();
        assert!(request.body.iter().all(|byte| *byte == b'x'));
        socket.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n").as_bytes()).unwrap();
        socket.write_all(&request.body).is_ok()
    });
    let big = build_request("POST", "/", "h", None, &[], &vec![b'x'; 5_000_000]);
    struct Big(Vec<u8>, usize);
    impl Source for Big {
        fn next(&mut self, _: usize, out: &mut Vec<u8>) -> bool {
            out.extend_from_slice(&self.0);
            true
        }
        fn done(&mut self, _: usize, answer: &Answer<'_>) {
            assert_eq!(answer.body.len(), 5_000_000);
            self.1 += 1;
        }
    }
    let mut source = Big(big, 0);
    let outcome = run(&at_once(addr, 2, ms(20_000)).limit(6), &mut source).unwrap();
    assert_eq!((source.1, outcome.errors.total()), (6, 0), "{outcome}");
}

#[test]
fn announced_closing_is_no_error() {
    let addr = serve(|request, socket| {
        let answer: &[u8] = if request.number.is_multiple_of(2) {
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
        } else {
            b"HTTP/1.0 200 OK\r\n\r\nuntil the end"
        };
        socket.write_all(answer).unwrap();
        false
    });
    let mut source = Numbered::new(40, 3);
    let outcome = run(&at_once(addr, 3, ms(10_000)), &mut source).unwrap();
    assert_eq!((outcome.requests, outcome.errors.total(), source.broken), (40, 0, 0), "{outcome}");
}

#[test]
fn broken_requests_are_handed_back_and_sent_again() {
    let addr = serve(|request, socket| {
        match request.number % 7 {
            3 => return false,
            5 => {
                socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nonly the beg").unwrap();
                return false;
            }
            _ => {}
        }
        let path = request.line.split(' ').nth(1).unwrap();
        let length = path.len();
        socket
            .write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{path}").as_bytes())
            .is_ok()
    });
    let mut source = Numbered::new(200, 5);
    let outcome = run(&at_once(addr, 5, ms(20_000)), &mut source).unwrap();
    assert!(source.broken >= 50 && outcome.errors.broken == source.broken as u64, "{outcome}");
    source.answered.sort_unstable();
    let expected: Vec<_> = (0..200).map(|number| (number, format!("/{number}"))).collect();
    assert_eq!(source.answered, expected);
}

#[test]
fn a_server_that_starts_late_is_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    thread::spawn(move || {
        thread::sleep(ms(150));
        serve_on(TcpListener::bind(addr).unwrap(), |_, socket| socket.write_all(HELLO).is_ok());
    });
    let outcome = run(&at_once(addr, 2, ms(10_000)).limit(10), &mut Cycle::one(get())).unwrap();
    assert_eq!(outcome.requests, 10);
    assert!(outcome.errors.connect > 0 && outcome.errors.connect < 100, "{outcome}");
}

#[test]
fn no_server_at_all_ends_with_the_plan() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    let start = Instant::now();
    let outcome = run(&at_once(addr, 2, ms(200)), &mut Cycle::one(get())).unwrap();
    assert!(outcome.requests == 0 && outcome.errors.connect > 0);
    let plan = Plan { grace: ms(100), ..Plan::open(addr, 2, ms(200), 100.0).warm_up(Duration::ZERO) };
    let outcome = run(&plan, &mut Cycle::one(get())).unwrap();
    assert!(outcome.unsent == 20 && !outcome.sustained, "{outcome}");
    assert!(start.elapsed() < ms(3_000));
}

#[test]
fn rubbish_and_silence() {
    let addr = serve(|_, socket| socket.write_all(b"220 mail ready\r\n\r\n").is_ok());
    let outcome = run(&at_once(addr, 1, ms(100)), &mut Cycle::one(get())).unwrap();
    assert!(outcome.requests == 0 && outcome.errors.malformed > 0, "{outcome}");

    let addr = serve(|_, _| true);
    let plan = Plan { timeout: ms(100), grace: ms(60), ..at_once(addr, 2, ms(250)) };
    let mut source = Numbered::new(1000, 2);
    let outcome = run(&plan, &mut source).unwrap();
    assert!(outcome.errors.timed_out >= 2, "{outcome}");
    assert_eq!(outcome.errors.timed_out + outcome.errors.unfinished, source.broken as u64);
    assert!(outcome.latency.count() == source.broken as u64 && outcome.latency.max() >= ms(100));
}

#[test]
fn open_loop_latency_includes_the_wait() {
    // One connection, 20 ms per answer, 100 requests per second asked for: half of what is due piles up.
    let addr = serve(|_, socket| {
        thread::sleep(ms(20));
        socket.write_all(HELLO).is_ok()
    });
    let closed = run(&at_once(addr, 1, ms(600)), &mut Cycle::one(get())).unwrap();
    assert!(closed.latency.p50() >= ms(20) && closed.latency.p50() < ms(100), "{closed}");

    let plan = Plan { grace: ms(20), ..Plan::open(addr, 1, ms(600), 100.0).warm_up(Duration::ZERO) };
    let open = run(&plan, &mut Cycle::one(get())).unwrap();
    assert!(open.latency.max() >= ms(250), "the wait is hidden: {open}");
    assert!(open.behind.max() >= ms(230), "{open}");
    assert!(!open.sustained && open.unsent > 10, "{open}");
}

#[test]
fn a_stall_is_seen_by_all_who_would_have_met_it() {
    let addr = serve(|request, socket| {
        if request.number == 50 {
            thread::sleep(ms(300));
        }
        socket.write_all(HELLO).is_ok()
    });
    let plan = Plan::open(addr, 1, ms(1_000), 200.0).warm_up(Duration::ZERO);
    let outcome = run(&plan, &mut Cycle::one(get())).unwrap();
    assert_eq!(outcome.requests, 200);
    // A closed loop would have shown one slow request; here some 60 arrivals waited.
    assert!(outcome.latency.quantile(0.85) > ms(50), "{outcome}");
    assert!(outcome.latency.p50() < ms(100), "{outcome}");
    assert!(outcome.unsent == 0, "{outcome}");
}

#[test]
fn an_open_loop_keeps_its_rate() {
    let addr = serve(|_, socket| socket.write_all(HELLO).is_ok());
    let plan = Plan::open(addr, 4, ms(1_000), 400.0).warm_up(ms(100));
    let outcome = run(&plan, &mut Cycle::one(get())).unwrap();
    assert!((399..=401).contains(&outcome.requests), "{outcome}");
    assert!(outcome.unsent == 0 && outcome.per_second > 200.0 && outcome.per_second < 450.0, "{outcome}");
    // Unless this machine is too busy to tell.
    assert!(outcome.sustained || outcome.behind.max() > ms(20), "{outcome}");
}

#[test]
fn capacity_is_two_runs() {
    let addr = serve(|_, socket| {
        thread::sleep(ms(4));
        socket.write_all(HELLO).is_ok()
    });
    let plan = at_once(addr, 4, ms(500));
    let capacity = find_max_rate(&plan, &mut Cycle::one(get()), None).unwrap();
    assert!(capacity.closed.per_second > 200.0 && capacity.closed.per_second <= 1_010.0, "{capacity:?}");
    assert!((capacity.rate - capacity.closed.per_second * 0.7).abs() < 1e-6);
    assert!(capacity.open.requests > 50);
}

#[test]
fn a_source_may_be_a_trait_object_and_run_dry_in_an_open_loop() {
    let addr = serve(|_, socket| socket.write_all(HELLO).is_ok());
    let mut source: Box<dyn Source> = Box::new(Numbered::new(15, 2));
    let plan = Plan { mode: Mode::Open { rate: 500.0 }, ..at_once(addr, 2, ms(10_000)) };
    let outcome = run(&plan, source.as_mut()).unwrap();
    assert_eq!(outcome.requests, 15);
    assert!(outcome.elapsed < ms(5_000));
}

#[test]
fn senseless_plans_are_refused() {
    let addr = "127.0.0.1:1".parse().unwrap();
    for plan in [
        Plan::closed(addr, 0, ms(1)),
        Plan::open(addr, 1, ms(1), 0.0),
        Plan::open(addr, 1, ms(1), f64::NAN),
        Plan::closed(addr, 1, Duration::MAX),
    ] {
        assert_eq!(run(&plan, &mut Cycle::one(get())).unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
    }
}

#[test]
fn a_single_question() {
    let addr = serve(|request, socket| {
        assert_eq!(request.body, b"name=%E7%8E%8B");
        socket
            .write_all(b"HTTP/1.1 303 See Other\r\nLocation: /home\r\nSet-Cookie: s=1; Path=/\r\n")
            .unwrap();
        socket.write_all(b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n").is_ok()
    });
    let reply = ask(addr, &build_post_form("/in", "h", None, &[("name", "王")]), ms(5_000)).unwrap();
    assert_eq!((reply.status, reply.header("location"), reply.text().as_ref()), (303, Some("/home"), "ok"));
    assert_eq!(reply.cookies().as_deref(), Some("s=1"));
    let silent = serve(|_, _| true);
    assert!(ask(silent, &get(), ms(50)).is_err());
    let closing = serve(|_, _| false);
    assert!(ask(closing, &get(), ms(5_000)).is_err());
}
