//! The driver: one thread, one poll, N keep-alive connections.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::fmt;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::histogram::Histogram;
use crate::os::{Timer, thread_cpu};
use crate::reader::{Answer, Reader};

/// The share of the closed-loop throughput at which [`find_max_rate`] measures latency.
pub const LATENCY_SHARE: f64 = 0.7;

/// How often overdue requests are looked for.
const HOUSEKEEPING: Duration = Duration::from_millis(50);
/// The longest pause between two attempts to connect.
const MAX_BACK_OFF: Duration = Duration::from_millis(200);
/// One read takes at most this much; shared by all connections so that it stays in the cache.
const READ_SIZE: usize = 64 * 1024;
const TIMER: Token = Token(usize::MAX);

/// How requests are paced.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    /// As fast as possible: each connection sends its next request when it has its answer. Finds the
    /// throughput. Its latency is service latency (from the real send time) under saturation: it grows with
    /// the number of connections and says little about what people would see.
    Closed,
    /// Requests arrive evenly at a fixed rate, whatever the server does. Latency counts from the moment a
    /// request was *meant* to leave, so waiting is not hidden.
    Open {
        /// Requests per second.
        rate: f64,
    },
}

/// What a run does.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The server.
    pub addr: SocketAddr,
    /// Keep-alive connections; each has at most one request in flight.
    pub connections: usize,
    /// How long to measure, after the warm-up.
    pub duration: Duration,
    /// How long to run before measuring; connecting is part of it.
    pub warm_up: Duration,
    /// How requests are paced.
    pub mode: Mode,
    /// Send at most this many requests (not counting the warm-up's).
    pub limit: Option<u64>,
    /// A request without an answer after this time counts as timed out and its connection is replaced.
    pub timeout: Duration,
    /// After the measured time, how long to wait for answers still under way.
    pub grace: Duration,
}

impl Plan {
    /// A closed-loop run with a second of warm-up.
    #[must_use]
    pub fn closed(addr: SocketAddr, connections: usize, duration: Duration) -> Self {
        Self {
            addr,
            connections,
            duration,
            warm_up: Duration::from_secs(1),
            mode: Mode::Closed,
            limit: None,
            timeout: Duration::from_secs(10),
            grace: Duration::from_secs(5),
        }
    }

    /// An open-loop run with a second of warm-up.
    #[must_use]
    pub fn open(addr: SocketAddr, connections: usize, duration: Duration, rate: f64) -> Self {
        Self { mode: Mode::Open { rate }, ..Self::closed(addr, connections, duration) }
    }

    /// The same plan with another warm-up.
    #[must_use]
    pub fn warm_up(self, warm_up: Duration) -> Self {
        Self { warm_up, ..self }
    }

    /// The same plan with a limit on the number of requests.
    #[must_use]
    pub fn limit(self, requests: u64) -> Self {
        Self { limit: Some(requests), ..self }
    }
}

/// Where requests come from and where answers go.
pub trait Source: Send {
    /// Writes the next request for a connection into `out`, which is empty. Returns false when there is
    /// nothing to send: the connection is asked again after any answer or break, and the run ends once
    /// nothing is under way and no connection has anything to send.
    fn next(&mut self, conn: usize, out: &mut Vec<u8>) -> bool;

    /// Sees every answer, the warm-up's too.
    fn done(&mut self, conn: usize, answer: &Answer<'_>) {
        let _ = (conn, answer);
    }

    /// The connection broke, or the wait was given up, before the answer was complete. Whether the server
    /// has acted on the request is not known; the source may send it again.
    fn broken(&mut self, conn: usize) {
        let _ = conn;
    }

    /// Whether [`Source::done`] wants to see the body of the answer to the request just written. Large
    /// bodies nobody looks at need not be copied.
    fn wants_body(&self, conn: usize) -> bool {
        let _ = conn;
        true
    }
}

/// The same requests over and over, in turn, whatever the answers.
#[derive(Clone, Debug)]
pub struct Cycle {
    requests: Vec<Vec<u8>>,
    at: usize,
}

impl Cycle {
    /// Sends these requests in turn.
    #[must_use]
    pub fn new(requests: Vec<Vec<u8>>) -> Self {
        Self { requests, at: 0 }
    }

    /// Sends this one request.
    #[must_use]
    pub fn one(request: Vec<u8>) -> Self {
        Self::new(vec![request])
    }
}

impl Source for Cycle {
    fn next(&mut self, _conn: usize, out: &mut Vec<u8>) -> bool {
        let Some(request) = self.requests.get(self.at) else { return false };
        out.extend_from_slice(request);
        self.at = (self.at + 1) % self.requests.len();
        true
    }

    fn wants_body(&self, _conn: usize) -> bool {
        false
    }
}

/// What went wrong during a run, warm-up included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Errors {
    /// Failed attempts to connect.
    pub connect: u64,
    /// Requests whose connection broke before the answer was complete.
    pub broken: u64,
    /// Requests without an answer within [`Plan::timeout`].
    pub timed_out: u64,
    /// Answers that were not HTTP/1.1, or bytes nobody had asked for.
    pub malformed: u64,
    /// Requests still without an answer when the run was given up, [`Plan::grace`] after its end.
    pub unfinished: u64,
}

impl Errors {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.connect + self.broken + self.timed_out + self.malformed + self.unfinished
    }
}

/// What a run measured. Unless said otherwise, the warm-up is left out.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Requests that were answered, whenever the answer came.
    pub requests: u64,
    /// Answers per second, counting those that came within the measured time.
    pub per_second: f64,
    /// The measured time: the plan's duration, or less when the source or the limit ended the run.
    pub elapsed: Duration,
    /// Answers by status code.
    pub statuses: BTreeMap<u16, u64>,
    /// What went wrong, warm-up included.
    pub errors: Errors,
    /// Bytes of those answers, heads included.
    pub bytes: u64,
    /// Latency: from the real send time in a closed loop, from the intended one in an open loop. Requests
    /// that timed out or never finished are in here with the time they had waited.
    pub latency: Histogram,
    /// Open loop: how far behind its schedule each request left. The same wait is part of the latency.
    pub behind: Histogram,
    /// Open loop: requests that were due but had not left even at the end of the grace.
    pub unsent: u64,
    /// Open loop: the server kept up with the rate.
    pub sustained: bool,
    /// Processor time the instrument used in all, warm-up included; none where it cannot be told.
    pub own_cpu: Option<Duration>,
    /// Answers in all, warm-up included: the base for [`Outcome::own_cpu_per_request`].
    pub answers: u64,
}

impl Outcome {
    /// Processor time the instrument itself spent per request.
    #[must_use]
    pub fn own_cpu_per_request(&self) -> Option<Duration> {
        let nanos = self.own_cpu?.as_nanos().checked_div(u128::from(self.answers))?;
        u64::try_from(nanos).ok().map(Duration::from_nanos)
    }

    /// How many answers had this status.
    #[must_use]
    pub fn status(&self, status: u16) -> u64 {
        self.statuses.get(&status).copied().unwrap_or(0)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        write!(
            f,
            "{} requests in {:.1} s = {:.0}/s; ms p50 {:.2} p90 {:.2} p99 {:.2} p99.9 {:.2} max {:.2}; status",
            self.requests,
            self.elapsed.as_secs_f64(),
            self.per_second,
            ms(self.latency.p50()),
            ms(self.latency.p90()),
            ms(self.latency.p99()),
            ms(self.latency.p999()),
            ms(self.latency.max()),
        )?;
        for (status, count) in &self.statuses {
            write!(f, " {status}×{count}")?;
        }
        if self.errors.total() > 0 {
            write!(f, "; {:?}", self.errors)?;
        }
        if self.behind.count() > 0 {
            write!(f, "; behind p99 {:.2} max {:.2}", ms(self.behind.p99()), ms(self.behind.max()))?;
            if !self.sustained {
                write!(f, "; RATE NOT SUSTAINED, {} unsent", self.unsent)?;
            }
        }
        if let Some(cost) = self.own_cpu_per_request() {
            write!(f, "; own cost {:.1} µs/request", cost.as_secs_f64() * 1e6)?;
        }
        Ok(())
    }
}

/// What a server can do, from [`find_max_rate`].
#[derive(Clone, Debug)]
pub struct Capacity {
    /// The closed-loop run: [`Outcome::per_second`] is the throughput.
    pub closed: Outcome,
    /// The rate of the open-loop run: [`LATENCY_SHARE`] of that throughput.
    pub rate: f64,
    /// The open-loop run: [`Outcome::latency`] is the latency to quote.
    pub open: Outcome,
}

/// Measures throughput in a closed loop, then latency in an open loop at [`LATENCY_SHARE`] of it. The plan's
/// own mode is ignored.
///
/// Why two runs: at saturation, latency is only connections ÷ throughput — a property of the test, not of
/// the server. And a closed loop slows down with the server, so that the requests which would have met a
/// stall are never sent. Why 70 %: with arrivals as even as ours, queues stay short up to there and grow
/// steeply beyond; it leaves room for the instrument, which shares the processor, and for the noise of
/// the first figure; and it is as full as a server that people wait for should be run.
///
/// With a promised rate, latency is taken at that rate when it is below the share: it is what was promised
/// together with the latency, whatever more the machine can do.
///
/// The source is used for both runs and must not run dry in the first.
pub fn find_max_rate<S: Source + ?Sized>(
    plan: &Plan,
    source: &mut S,
    promised: Option<f64>,
) -> io::Result<Capacity> {
    let closed = run(&Plan { mode: Mode::Closed, ..plan.clone() }, source)?;
    let rate = (closed.per_second * LATENCY_SHARE).min(promised.unwrap_or(f64::INFINITY));
    if rate <= 0.0 {
        return Err(io::Error::other(format!("no request was answered: {closed}")));
    }
    let open = run(&Plan { mode: Mode::Open { rate }, ..plan.clone() }, source)?;
    Ok(Capacity { closed, rate, open })
}

/// Runs the plan on this thread and returns when it is over.
pub fn run<S: Source + ?Sized>(plan: &Plan, source: &mut S) -> io::Result<Outcome> {
    let cpu_before = thread_cpu();
    let mut source = source;
    let mut driver = Driver::new(plan, &mut source)?;
    driver.drive()?;
    let mut outcome = driver.finish();
    outcome.own_cpu = thread_cpu().zip(cpu_before).map(|(after, before)| after.saturating_sub(before));
    Ok(outcome)
}

/// Lets [`run`] take unsized sources while the driver is compiled only once.
impl<S: Source + ?Sized> Source for &mut S {
    fn next(&mut self, conn: usize, out: &mut Vec<u8>) -> bool {
        (**self).next(conn, out)
    }

    fn done(&mut self, conn: usize, answer: &Answer<'_>) {
        (**self).done(conn, answer);
    }

    fn broken(&mut self, conn: usize) {
        (**self).broken(conn);
    }

    fn wants_body(&self, conn: usize) -> bool {
        (**self).wants_body(conn)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No socket; waiting in `Driver::retries`, or given up at the end of the run.
    Down,
    Connecting,
    /// Connected, nothing in flight; queued in `Driver::free` in an open loop.
    Free,
    /// Connected, and the source had nothing to send; listed in `Driver::idle`.
    Idle,
    /// A request is in flight.
    Busy,
}

/// Why a connection is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loss {
    /// The server announced it: no failure.
    Announced,
    Broken,
    TimedOut,
    Malformed,
}

struct Conn {
    state: State,
    socket: Option<TcpStream>,
    /// The request, and how much of it has been written.
    out: Vec<u8>,
    written: usize,
    reader: Reader,
    /// What latency is counted from.
    from: Instant,
    /// What the time-out is counted from: the real send time, or when connecting began.
    since: Instant,
    /// The request belongs to the measured time.
    counted: bool,
    /// Failures in a row.
    failures: u32,
}

struct Driver<'a> {
    plan: &'a Plan,
    source: &'a mut dyn Source,
    poll: Poll,
    conns: Vec<Conn>,
    scratch: Vec<u8>,
    timer: Option<Timer>,
    /// Connections to be used by the next arrivals, longest free first. May hold outdated entries.
    free: VecDeque<usize>,
    idle: Vec<usize>,
    retries: BinaryHeap<Reverse<(Instant, usize)>>,
    in_flight: usize,
    /// An answer or a break may have given the source something to send.
    ask_idle: bool,

    start: Instant,
    measured_from: Instant,
    end: Instant,
    give_up: Instant,
    /// When the run was over before its time.
    last_answer: Instant,

    /// The open loop's schedule: request number `arrivals` is due at `due`.
    rate: Option<f64>,
    arrivals: u64,
    due: Instant,
    armed: Option<Instant>,

    /// Requests sent in the measured time, and answers that came in it.
    sent: u64,
    in_time: u64,
    stopped_early: bool,
    outcome: Outcome,
}

impl<'a> Driver<'a> {
    fn new(plan: &'a Plan, source: &'a mut dyn Source) -> io::Result<Self> {
        let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidInput, what.to_owned());
        if plan.connections == 0 {
            return Err(invalid("a plan needs at least one connection"));
        }
        let rate = match plan.mode {
            Mode::Closed => None,
            Mode::Open { rate } if rate.is_finite() && rate > 0.0 => Some(rate),
            Mode::Open { .. } => return Err(invalid("the rate must be above zero")),
        };
        let poll = Poll::new()?;
        let timer = match rate {
            Some(_) => Some(Timer::new(poll.registry(), TIMER)?),
            None => None,
        };
        let start = Instant::now();
        let after =
            |from: Instant, time| from.checked_add(time).ok_or_else(|| invalid("the plan is too long"));
        let measured_from = after(start, plan.warm_up)?;
        let end = after(measured_from, plan.duration)?;
        let conn = |_| Conn {
            state: State::Down,
            socket: None,
            out: Vec::new(),
            written: 0,
            reader: Reader::new(),
            from: start,
            since: start,
            counted: false,
            failures: 0,
        };
        Ok(Self {
            plan,
            source,
            poll,
            conns: (0..plan.connections).map(conn).collect(),
            scratch: vec![0; READ_SIZE],
            timer,
            free: VecDeque::new(),
            idle: Vec::new(),
            retries: BinaryHeap::new(),
            in_flight: 0,
            ask_idle: false,
            start,
            measured_from,
            end,
            give_up: after(end, plan.grace)?,
            last_answer: start,
            rate,
            arrivals: 0,
            due: start,
            armed: None,
            sent: 0,
            in_time: 0,
            stopped_early: false,
            outcome: Outcome::default(),
        })
    }

    fn drive(&mut self) -> io::Result<()> {
        for conn in 0..self.conns.len() {
            self.connect(conn);
        }
        let mut events = Events::with_capacity(256);
        let mut housekeeping = self.start + HOUSEKEEPING;
        loop {
            let now = Instant::now();
            while let Some(Reverse((when, conn))) = self.retries.peek().copied()
                && when <= now
            {
                self.retries.pop();
                self.connect(conn);
            }
            if now >= housekeeping {
                self.give_up_overdue(now);
                housekeeping = now + HOUSEKEEPING;
            }
            if std::mem::take(&mut self.ask_idle) {
                for conn in std::mem::take(&mut self.idle) {
                    self.ready(conn);
                }
            }
            if self.rate.is_some() {
                self.dispatch();
            }
            if self.is_over(now) {
                return Ok(());
            }

            let mut wake = housekeeping.min(self.give_up);
            if let Some(Reverse((when, _))) = self.retries.peek() {
                wake = wake.min(*when);
            }
            if now < self.end {
                wake = wake.min(self.end);
            }
            if self.wants_timer() && !self.arm_timer(now) {
                wake = wake.min(self.due);
            }
            match self.poll.poll(&mut events, Some(wake.saturating_duration_since(Instant::now()))) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                polled => polled?,
            }
            for event in &events {
                if event.token() == TIMER {
                    self.armed = None;
                    continue;
                }
                let conn = event.token().0;
                let closed = event.is_read_closed() || event.is_error();
                match self.conns.get(conn).map(|c| c.state) {
                    None | Some(State::Down) => continue,
                    Some(State::Connecting) => self.finish_connecting(conn),
                    Some(State::Busy) if event.is_writable() => self.flush(conn),
                    Some(_) => {}
                }
                if event.is_readable() || closed {
                    self.read(conn, closed);
                }
            }
        }
    }

    /// Whether nothing more is to be sent or waited for.
    fn is_over(&mut self, now: Instant) -> bool {
        if now >= self.give_up {
            return true;
        }
        if self.in_flight > 0 {
            return false;
        }
        if now < self.end {
            self.stopped_early = self.limit_reached() || self.idle.len() == self.conns.len();
            return self.stopped_early;
        }
        // After the end, an open loop still sends what was due before it.
        self.rate.is_none()
            || self.due >= self.end
            || self.limit_reached()
            || self.idle.len() == self.conns.len()
    }

    fn limit_reached(&self) -> bool {
        self.plan.limit.is_some_and(|limit| self.sent >= limit)
    }

    /// The timer matters only while a connection could take the next arrival.
    fn wants_timer(&self) -> bool {
        self.rate.is_some() && self.due < self.end && !self.free.is_empty()
    }

    fn arm_timer(&mut self, now: Instant) -> bool {
        if self.armed == Some(self.due) {
            return true;
        }
        let armed = self.timer.as_ref().is_some_and(|timer| {
            // The clock is read again: what happened since the last look must not delay the timer.
            timer.arm(self.due.saturating_duration_since(now.max(Instant::now())))
        });
        self.armed = armed.then_some(self.due);
        armed
    }

    /// Open loop: gives every arrival that is due to a free connection.
    fn dispatch(&mut self) {
        while self.due < self.end && !self.free.is_empty() && self.due <= Instant::now() {
            let Some(conn) = self.free.pop_front() else { return };
            if self.conns.get(conn).is_some_and(|c| c.state == State::Free)
                && self.begin(conn, Some(self.due))
            {
                self.next_arrival();
            }
        }
    }

    fn next_arrival(&mut self) {
        let Some(rate) = self.rate else { return };
        self.arrivals += 1;
        // From the start each time, so that rounding does not add up.
        let due = Duration::try_from_secs_f64(self.arrivals as f64 / rate).ok();
        self.due = due.and_then(|due| self.start.checked_add(due)).unwrap_or(self.give_up);
    }

    /// A connection can send: at once in a closed loop, at its turn in an open one.
    fn ready(&mut self, conn: usize) {
        if let Some(c) = self.conns.get_mut(conn) {
            c.state = State::Free;
        }
        if self.rate.is_some() {
            self.free.push_back(conn);
        } else {
            self.begin(conn, None);
        }
    }

    /// Sends the connection's next request; false if there is none.
    fn begin(&mut self, conn: usize, due: Option<Instant>) -> bool {
        let over = self.limit_reached() || (due.is_none() && Instant::now() >= self.end);
        let Some(c) = self.conns.get_mut(conn) else { return false };
        c.out.clear();
        c.written = 0;
        if over || !self.source.next(conn, &mut c.out) {
            c.state = State::Idle;
            self.idle.push(conn);
            return false;
        }
        c.reader.reset(c.out.starts_with(b"HEAD "), self.source.wants_body(conn));
        // Read only now: making the request is the instrument's time, not the server's.
        let now = Instant::now();
        c.since = now;
        c.from = due.unwrap_or(now);
        c.counted = c.from >= self.measured_from;
        c.state = State::Busy;
        self.in_flight += 1;
        if c.counted {
            self.sent += 1;
            if due.is_some() {
                self.outcome.behind.record(now.saturating_duration_since(c.from));
            }
        }
        self.flush(conn);
        true
    }

    fn flush(&mut self, conn: usize) {
        let Some(c) = self.conns.get_mut(conn) else { return };
        let Some(socket) = &mut c.socket else { return };
        while let Some(rest) = c.out.get(c.written..).filter(|rest| !rest.is_empty()) {
            match socket.write(rest) {
                Ok(written) if written > 0 => c.written += written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // The server may have answered before it closed (a body too large, say): reading tells.
                Ok(_) | Err(_) => return self.read(conn, true),
            }
        }
    }

    fn read(&mut self, conn: usize, closed: bool) {
        loop {
            let Some(c) = self.conns.get_mut(conn) else { return };
            let Some(socket) = &mut c.socket else { return };
            if c.state == State::Connecting {
                return;
            }
            let size = match socket.read(&mut self.scratch) {
                Ok(size) => size,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    // A write that failed for good leaves nothing to wait for.
                    let stuck = closed && c.state == State::Busy && c.written < c.out.len();
                    if stuck {
                        self.lose(conn, Loss::Broken);
                    }
                    return;
                }
                Err(_) => return self.lose(conn, Loss::Broken),
            };
            if size == 0 {
                let complete = c.state == State::Busy && c.reader.ends_at_close();
                if complete {
                    self.complete(conn);
                }
                return self.lose(conn, if complete { Loss::Announced } else { Loss::Broken });
            }
            let filled = size == self.scratch.len();
            let data = self.scratch.get(..size).unwrap_or_default();
            let fed =
                if c.state == State::Busy { c.reader.feed(data) } else { Err(crate::reader::Malformed) };
            match fed {
                Ok(None) => {}
                Ok(Some(used)) => {
                    let reusable = c.reader.keep_alive && c.written == c.out.len();
                    self.complete(conn);
                    if used < size {
                        return self.lose(conn, Loss::Malformed);
                    }
                    if !reusable || closed {
                        return self.lose(conn, Loss::Announced);
                    }
                    self.ready(conn);
                }
                Err(crate::reader::Malformed) => return self.lose(conn, Loss::Malformed),
            }
            // Less than asked for means nothing is left, and anything new is a new event.
            if !filled && !closed {
                return;
            }
        }
    }

    /// The answer is there: counts it and shows it to the source.
    fn complete(&mut self, conn: usize) {
        let now = Instant::now();
        let Some(c) = self.conns.get_mut(conn) else { return };
        c.state = State::Free;
        c.failures = 0;
        self.in_flight -= 1;
        self.ask_idle = true;
        self.last_answer = now;
        let latency = now.saturating_duration_since(c.from);
        let outcome = &mut self.outcome;
        outcome.answers += 1;
        if now >= self.measured_from && now <= self.end {
            self.in_time += 1;
        }
        if c.counted {
            outcome.requests += 1;
            outcome.bytes += c.reader.taken;
            outcome.latency.record(latency);
            *outcome.statuses.entry(c.reader.status).or_default() += 1;
        }
        let answer = Answer { status: c.reader.status, head: &c.reader.head, body: &c.reader.body, latency };
        self.source.done(conn, &answer);
    }

    /// A request will not be answered any more.
    fn abandon(&mut self, conn: usize) {
        self.in_flight -= 1;
        self.ask_idle = true;
        self.source.broken(conn);
    }

    fn lose(&mut self, conn: usize, loss: Loss) {
        let Some(c) = self.conns.get_mut(conn) else { return };
        c.socket = None;
        let state = std::mem::replace(&mut c.state, State::Down);
        let errors = &mut self.outcome.errors;
        match loss {
            // A server may close a connection nobody is using.
            Loss::Broken if state != State::Busy => {}
            Loss::Broken => errors.broken += 1,
            Loss::TimedOut => errors.timed_out += 1,
            Loss::Malformed => errors.malformed += 1,
            Loss::Announced => {}
        }
        if loss != Loss::Announced {
            c.failures += 1;
        }
        if loss == Loss::TimedOut && c.counted {
            self.outcome.latency.record(c.from.elapsed());
        }
        match state {
            State::Busy => self.abandon(conn),
            State::Idle => self.idle.retain(|other| *other != conn),
            State::Down | State::Connecting | State::Free => {}
        }
        self.connect_later(conn);
    }

    fn connect_later(&mut self, conn: usize) {
        let Some(c) = self.conns.get(conn) else { return };
        // The first failure may be bad luck: 0, 2, 4, 8 … 200 ms.
        let wait = match c.failures {
            0 | 1 => Duration::ZERO,
            failures => Duration::from_millis(1 << (failures - 1).min(10)).min(MAX_BACK_OFF),
        };
        self.retries.push(Reverse((Instant::now() + wait, conn)));
    }

    fn connect(&mut self, conn: usize) {
        let now = Instant::now();
        if self.rate.is_none() && now >= self.end {
            return;
        }
        let Some(c) = self.conns.get_mut(conn) else { return };
        let socket = TcpStream::connect(self.plan.addr).and_then(|mut socket| {
            let both = Interest::READABLE | Interest::WRITABLE;
            self.poll.registry().register(&mut socket, Token(conn), both)?;
            Ok(socket)
        });
        match socket {
            Ok(socket) => {
                c.socket = Some(socket);
                c.since = now;
                c.state = State::Connecting;
            }
            Err(_) => self.connect_failed(conn),
        }
    }

    fn connect_failed(&mut self, conn: usize) {
        self.outcome.errors.connect += 1;
        if let Some(c) = self.conns.get_mut(conn) {
            c.socket = None;
            c.state = State::Down;
            c.failures = c.failures.saturating_add(1);
        }
        self.connect_later(conn);
    }

    fn finish_connecting(&mut self, conn: usize) {
        let Some(socket) = self.conns.get(conn).and_then(|c| c.socket.as_ref()) else { return };
        let failed = !matches!(socket.take_error(), Ok(None));
        let connected = !failed
            && match socket.peer_addr() {
                Ok(_) => true,
                Err(error) if error.kind() == io::ErrorKind::NotConnected => return,
                Err(_) => false,
            };
        // Requests leave in one write each; without this the tail of a large one would wait for an ACK.
        if connected && socket.set_nodelay(true).is_ok() {
            self.ready(conn);
        } else {
            self.connect_failed(conn);
        }
    }

    fn give_up_overdue(&mut self, now: Instant) {
        for conn in 0..self.conns.len() {
            let Some(c) = self.conns.get(conn) else { return };
            if now.saturating_duration_since(c.since) < self.plan.timeout {
                continue;
            }
            match c.state {
                State::Busy => self.lose(conn, Loss::TimedOut),
                State::Connecting => self.connect_failed(conn),
                State::Down | State::Free | State::Idle => {}
            }
        }
    }

    fn finish(mut self) -> Outcome {
        for conn in 0..self.conns.len() {
            let Some(c) = self.conns.get(conn) else { break };
            if c.state == State::Busy {
                self.outcome.errors.unfinished += 1;
                if c.counted {
                    self.outcome.latency.record(c.from.elapsed());
                }
                self.abandon(conn);
            }
        }
        let until = if self.stopped_early { self.last_answer.min(self.end) } else { self.end };
        let elapsed = until.saturating_duration_since(self.measured_from);
        let mut outcome = self.outcome;
        outcome.elapsed = elapsed;
        if !elapsed.is_zero() {
            outcome.per_second = self.in_time as f64 / elapsed.as_secs_f64();
        }
        if let Some(rate) = self.rate {
            if !self.stopped_early && self.due < self.end {
                let missing = self.end.saturating_duration_since(self.due).as_secs_f64() * rate;
                outcome.unsent = missing.ceil() as u64;
                if let Some(limit) = self.plan.limit {
                    outcome.unsent = outcome.unsent.min(limit.saturating_sub(self.sent));
                }
            }
            // What was under way at the end is no sign of falling behind.
            let answered = self.in_time as f64 + self.plan.connections as f64;
            outcome.sustained = outcome.unsent == 0
                && outcome.errors.unfinished == 0
                && answered >= 0.98 * rate * elapsed.as_secs_f64();
        }
        outcome
    }
}
