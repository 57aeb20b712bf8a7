//! PostgreSQL: a few threads, each with one connection and a runtime of its own, so that a closure
//! runs synchronously and a statement costs one round trip without a thread hop.
//!
//! Round trips are the cost here: `BEGIN` and writes nobody waits for travel with the next statement,
//! the last of them with `COMMIT`, and the end of a read travels with the unit that follows it. What
//! travels together is written in order in one go, and the first error among it is the one reported;
//! values are encoded before anything is sent, so that no `COMMIT` can pass a write that was not sent.
//!
//! A connection found dead is replaced and the closure run again, as long as its `COMMIT` was not on
//! the way. Isolation is READ COMMITTED for writes (rules are enforced in the
//! statements themselves, and a row is locked before what depends on it is read) and REPEATABLE READ
//! for reads, so that a page shows one moment.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};
use futures_util::{SinkExt as _, TryStreamExt as _, future, pin_mut};
use kernel::value::Value;
use tokio::runtime::Runtime;
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use tokio_postgres::{Client, NoTls, Statement};

use crate::DbError;
use crate::engine::{Ctx, Job, Ran};
use crate::error::{column_in, constraint_in};
use crate::row::{Row, RowInner};
use crate::sql::Owned;
use crate::sqlite::{join_all, spawn};
use crate::tx::Conn;

const QUEUE: usize = 65_536;
/// How often a transaction is run again on serialization failure or deadlock.
const ATTEMPTS: u32 = 12;
/// Prepared statements of a connection; beyond that all are forgotten.
const STATEMENTS: usize = 1_000;
/// After this idle time a connection is looked at before it is used.
const IDLE: Duration = Duration::from_millis(20);
/// How long callers are turned away at once after the server could not be reached.
const DOWN: Duration = Duration::from_millis(100);

const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

pub(crate) struct Engine {
    jobs: Option<Sender<(Box<dyn Job>, bool)>>,
    threads: Vec<JoinHandle<()>>,
}

pub(crate) struct PgConn {
    runtime: Runtime,
    client: Client,
    connection: tokio::task::JoinHandle<()>,
    statements: HashMap<String, Statement>,
    /// What travels with the next statement.
    pending: Vec<Pending>,
    /// A transaction is open on the server.
    open: bool,
    /// The transaction of the present unit is open on the server.
    begun: bool,
    /// The present unit may only read.
    reading: bool,
    /// The connection is gone.
    lost: bool,
    /// How many rows the last counted write touched.
    counted: u64,
}

enum Pending {
    Command(&'static str),
    Write(Statement, Vec<Encoded>),
    /// A write whose number of rows is asked for afterwards.
    Counted(Statement, Vec<Encoded>),
}

#[derive(Debug)]
struct PgParam<'a>(Value<'a>);

impl ToSql for PgParam<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        let no = |what: &str| -> Box<dyn std::error::Error + Sync + Send> {
            format!("a {what} does not fit a parameter of type {ty}").into()
        };
        match (self.0, ty) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Int(n), &Type::INT8) => n.to_sql(ty, out),
            (Value::Int(n), &Type::INT4) => i32::try_from(n)?.to_sql(ty, out),
            (Value::Int(n), &Type::BOOL) if n == 0 || n == 1 => (n == 1).to_sql(ty, out),
            (Value::Int(_), _) => Err(no("number")),
            // SQLite would keep it as NULL.
            (Value::Real(x), _) if x.is_nan() => Err("a real is not a number".into()),
            (Value::Real(x), &Type::FLOAT8) => x.to_sql(ty, out),
            (Value::Real(_), _) => Err(no("real")),
            (Value::Bool(b), &Type::BOOL) => b.to_sql(ty, out),
            (Value::Bool(_), _) => Err(no("boolean")),
            (Value::Text(t), &(Type::TEXT | Type::VARCHAR | Type::NAME)) => {
                if t.contains('\0') {
                    return Err("a text holds a NUL character".into());
                }
                t.to_sql(ty, out)
            }
            (Value::Text(_), _) => Err(no("text")),
            (Value::Bytes(b), &Type::BYTEA) => b.to_sql(ty, out),
            (Value::Bytes(_), _) => Err(no("byte string")),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A value in the server's format, ready to be sent.
#[derive(Debug)]
struct Encoded(bool, BytesMut);

impl ToSql for Encoded {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        out.extend_from_slice(&self.1);
        Ok(if self.0 { IsNull::Yes } else { IsNull::No })
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// What stopped a statement.
enum Stop {
    Db(DbError),
    Server(tokio_postgres::Error),
}

impl From<tokio_postgres::Error> for Stop {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Server(error)
    }
}

/// Whether the connection is gone with this error.
fn lost(error: &tokio_postgres::Error) -> bool {
    match error.as_db_error() {
        Some(db) => matches!(db.parsed_severity(), Some(Severity::Fatal | Severity::Panic)),
        None => {
            error.is_closed() || std::error::Error::source(error).is_some_and(|s| s.is::<std::io::Error>())
        }
    }
}

fn error(error: &tokio_postgres::Error) -> DbError {
    let Some(db) = error.as_db_error() else {
        let text =
            std::error::Error::source(error).map_or_else(|| error.to_string(), |s| format!("{error}: {s}"));
        return if lost(error) { DbError::Unavailable(text) } else { DbError::Bug(text) };
    };
    let name = || constraint_in(db.message());
    match *db.code() {
        SqlState::UNIQUE_VIOLATION => DbError::Unique(name()),
        SqlState::CHECK_VIOLATION => DbError::Check(name()),
        SqlState::FOREIGN_KEY_VIOLATION => DbError::ForeignKey(name()),
        SqlState::NOT_NULL_VIOLATION => DbError::NotNull(column_in(db.message())),
        SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => {
            DbError::Retry(db.message().to_owned())
        }
        SqlState::INTERNAL_ERROR if db.message().contains("could not commit transaction") => {
            DbError::Retry(db.message().to_owned())
        }
        ref code if matches!(code.code().get(..2), Some("08" | "53" | "57" | "58")) => {
            DbError::Unavailable(db.message().to_owned())
        }
        // Another program changed a table under a prepared statement; preparing it afresh helps.
        SqlState::FEATURE_NOT_SUPPORTED if db.message().contains("cached plan") => {
            DbError::Retry(db.message().to_owned())
        }
        SqlState::READ_ONLY_SQL_TRANSACTION => DbError::Unavailable(db.message().to_owned()),
        ref code => DbError::Bug(format!("{} ({})", db.message(), code.code())),
    }
}

/// Runs blocking work of this module on a thread of its own: a runtime can neither be started nor ended
/// inside another, and callers may be inside one.
pub(crate) fn aside<T: Send>(body: impl FnOnce() -> Result<T, DbError> + Send) -> Result<T, DbError> {
    std::thread::scope(|scope| scope.spawn(body).join())
        .unwrap_or_else(|_| Err(DbError::Bug("a database thread panicked".to_owned())))
}

impl PgConn {
    /// Connects. Not to be called inside an async runtime: see [`aside`].
    pub(crate) fn connect(url: &str, schema: Option<&str>) -> Result<Self, DbError> {
        let fail = |e: &dyn std::fmt::Display| DbError::Unavailable(format!("PostgreSQL: {e}"));
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| fail(&e))?;
        let mut config: tokio_postgres::Config = url.parse().map_err(|e: tokio_postgres::Error| fail(&e))?;
        // Statements are planned once: planning anew for the values of each call costs more than a sign-up's work.
        // What the URL says itself comes later and wins.
        let mut options = "-c plan_cache_mode=force_generic_plan".to_owned();
        if let Some(others) = config.get_options() {
            options = format!("{options} {others}");
        }
        if let Some(schema) = schema {
            if schema.is_empty()
                || !schema.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            {
                return Err(DbError::Unavailable(format!("schema name {schema:?}: a-z, 0-9 and _ only")));
            }
            // The connection names the schema, no statement does.
            options = format!("{options} -c search_path={schema}");
        }
        config.options(options);
        if config.get_application_name().is_none() {
            config.application_name("linli");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(10));
        }
        let (client, connection) = runtime.block_on(async {
            let (client, connection) = config.connect(NoTls).await.map_err(|e| match error(&e) {
                DbError::Bug(text) | DbError::Unavailable(text) => fail(&text),
                other => other,
            })?;
            let connection = tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::warn!(%error, "a PostgreSQL connection ended");
                }
            });
            Ok::<_, DbError>((client, connection))
        })?;
        Ok(Self {
            runtime,
            client,
            connection,
            statements: HashMap::new(),
            pending: Vec::new(),
            open: false,
            begun: false,
            reading: false,
            lost: false,
            counted: 0,
        })
    }

    /// Takes leave of the server, which otherwise notes a broken connection.
    pub(crate) fn close(self) {
        let Self { runtime, client, connection, .. } = self;
        drop(client);
        let _ = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(1), connection).await });
    }

    fn failed(&mut self, stop: Stop) -> DbError {
        let e = match stop {
            Stop::Db(error) => return error,
            Stop::Server(e) => e,
        };
        self.lost |= lost(&e);
        match error(&e) {
            DbError::Unavailable(text)
                if self.reading && e.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION) =>
            {
                DbError::Bug(format!("a read tried to write: {text}"))
            }
            DbError::Retry(text) => {
                if text.contains("cached plan") {
                    self.statements.clear();
                }
                DbError::Retry(text)
            }
            other => other,
        }
    }

    /// Lets the connection's task notice what arrived while nobody waited for an answer.
    fn look(&mut self) {
        self.runtime.block_on(async {
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
        });
    }

    fn is_dead(&self) -> bool {
        self.lost || self.client.is_closed()
    }

    pub(crate) fn batch(&mut self, text: &str) -> Result<(), DbError> {
        self.runtime.block_on(self.client.batch_execute(text)).map_err(|e| self.failed(e.into()))
    }

    pub(crate) fn statement(&mut self, text: &str) -> Result<Statement, DbError> {
        if let Some(found) = self.statements.get(text) {
            return Ok(found.clone());
        }
        // Preparing is a round trip: what waits goes first.
        self.flush()?;
        let made =
            self.runtime.block_on(self.client.prepare(text)).map_err(|e| match self.failed(e.into()) {
                DbError::Bug(what) => DbError::Bug(format!("{what} in {text}")),
                other => other,
            })?;
        if self.statements.len() >= STATEMENTS {
            self.statements.clear();
        }
        self.statements.insert(text.to_owned(), made.clone());
        Ok(made)
    }

    pub(crate) fn later(&mut self, text: &str, args: &[Value<'_>]) -> Result<(), DbError> {
        let (statement, values) = self.encoded(text, args)?;
        self.pending.push(Pending::Write(statement, values));
        Ok(())
    }

    /// Like [`later`](Self::later); [`counted`](Self::counted) tells how many rows it touched.
    pub(crate) fn later_counted(&mut self, text: &str, args: &[Value<'_>]) -> Result<(), DbError> {
        let (statement, values) = self.encoded(text, args)?;
        self.pending.push(Pending::Counted(statement, values));
        Ok(())
    }

    /// How many rows the last counted write touched; sends it if it still waits.
    pub(crate) fn counted(&mut self) -> Result<u64, DbError> {
        self.flush()?;
        Ok(self.counted)
    }

    fn encoded(&mut self, text: &str, args: &[Value<'_>]) -> Result<(Statement, Vec<Encoded>), DbError> {
        let statement = self.statement(text)?;
        let types = statement.params();
        if types.len() != args.len() {
            return Err(wrong_count(args.len(), types.len()));
        }
        let mut buffer = BytesMut::new();
        let mut values = Vec::with_capacity(args.len());
        for (value, ty) in args.iter().zip(types) {
            let null = PgParam(*value).to_sql(ty, &mut buffer).map_err(|e| DbError::Bug(e.to_string()))?;
            values.push(Encoded(matches!(null, IsNull::Yes), buffer.split()));
        }
        Ok((statement, values))
    }

    /// What is to be sent now; notes that the unit has begun on the server.
    fn take_pending(&mut self) -> Vec<Pending> {
        if !self.pending.is_empty() {
            (self.open, self.begun) = (true, true);
        }
        std::mem::take(&mut self.pending)
    }

    pub(crate) fn flush(&mut self) -> Result<(), DbError> {
        let pending = self.take_pending();
        if pending.is_empty() {
            return Ok(());
        }
        let Self { runtime, client, counted, .. } = self;
        let sent =
            runtime.block_on(send_all(client, pending, counted, None::<future::Ready<Result<(), Stop>>>));
        sent.map(|_| ()).map_err(|stop| self.failed(stop))
    }

    pub(crate) fn run(
        &mut self,
        text: &str,
        args: &[Value<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), DbError>,
    ) -> Result<u64, DbError> {
        let statement = self.statement(text)?;
        if statement.params().len() != args.len() {
            return Err(wrong_count(args.len(), statement.params().len()));
        }
        let pending = self.take_pending();
        let Self { runtime, client, counted, .. } = self;
        let query = async {
            let rows = client.query_raw(&statement, args.iter().map(|v| PgParam(*v))).await?;
            pin_mut!(rows);
            while let Some(row) = rows.try_next().await? {
                each(&Row { inner: RowInner::Pg(&row) }).map_err(Stop::Db)?;
            }
            Ok(rows.rows_affected().unwrap_or(0))
        };
        let answer = runtime.block_on(async {
            if pending.is_empty() {
                return query.await;
            }
            Ok(send_all(client, pending, counted, Some(query)).await?.unwrap_or(0))
        });
        answer.map_err(|stop| self.failed(stop))
    }

    /// Puts rows into a table by `COPY`, many times faster than statements.
    pub(crate) fn copy_in(&mut self, table: &str, columns: &str, rows: &[Vec<Owned>]) -> Result<(), DbError> {
        let types: Vec<Type> = self
            .statement(&format!("SELECT {columns} FROM {table}"))?
            .columns()
            .iter()
            .map(|c| c.type_().clone())
            .collect();
        let copy = self.statement(&format!("COPY {table} ({columns}) FROM STDIN (FORMAT binary)"))?;
        self.flush()?;
        let data = copy_data(&types, rows).map_err(|e| DbError::Bug(format!("table {table}: {e}")))?;
        let Self { runtime, client, .. } = self;
        let sent = runtime.block_on(async {
            let sink = client.copy_in::<_, std::io::Cursor<Vec<u8>>>(&copy).await?;
            pin_mut!(sink);
            sink.send(std::io::Cursor::new(data)).await?;
            sink.finish().await?;
            Ok(())
        });
        sent.map_err(|stop| self.failed(stop))
    }

    /// The next unit starts: with its first statement, not now.
    fn begin(&mut self, text: &'static str) {
        self.pending.clear();
        if self.open {
            self.pending.push(Pending::Command("COMMIT"));
        }
        self.pending.push(Pending::Command(text));
        self.begun = false;
        self.reading = text == BEGIN_READ;
    }

    /// Ends a read that was left open for the next unit to end.
    fn settle(&mut self) {
        if self.open {
            self.open = false;
            let _ = self.batch("COMMIT");
        }
    }

    fn roll_back(&mut self) {
        self.pending.clear();
        if self.begun {
            self.open = false;
            let _ = self.batch("ROLLBACK");
        }
    }
}

fn wrong_count(got: usize, wanted: usize) -> DbError {
    DbError::Bug(format!("{got} values for {wanted} placeholders"))
}

/// The binary format of `COPY`.
fn copy_data(
    types: &[Type],
    rows: &[Vec<Owned>],
) -> Result<Vec<u8>, Box<dyn std::error::Error + Sync + Send>> {
    use kernel::value::ToValue as _;
    let mut out = Vec::with_capacity(rows.len() * types.len() * 16 + 32);
    out.extend_from_slice(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0");
    let mut value = BytesMut::new();
    for row in rows {
        out.extend_from_slice(&i16::try_from(types.len())?.to_be_bytes());
        for (one, ty) in row.iter().zip(types) {
            value.clear();
            match PgParam(one.to_value()).to_sql(ty, &mut value)? {
                IsNull::Yes => out.extend_from_slice(&(-1_i32).to_be_bytes()),
                IsNull::No => {
                    out.extend_from_slice(&i32::try_from(value.len())?.to_be_bytes());
                    out.extend_from_slice(&value);
                }
            }
        }
    }
    out.extend_from_slice(&(-1_i16).to_be_bytes());
    Ok(out)
}

/// Sends what waits and then, in the same breath, the query. Polling a request for the first time hands
/// it to the connection, so polling all of them once, in order, puts them onto the wire in order; the
/// answers are then awaited one after the other, and the first error is the one that counts.
async fn send_all<T>(
    client: &Client,
    pending: Vec<Pending>,
    counted: &mut u64,
    query: Option<impl Future<Output = Result<T, Stop>>>,
) -> Result<Option<T>, Stop> {
    let mut sent: Vec<_> = pending
        .into_iter()
        .map(|one| {
            future::maybe_done(Box::pin(async move {
                match one {
                    Pending::Command(text) => client.batch_execute(text).await.map(|()| None),
                    Pending::Write(statement, values) => {
                        client.execute_raw(&statement, values.iter()).await.map(|_| None)
                    }
                    Pending::Counted(statement, values) => {
                        client.execute_raw(&statement, values.iter()).await.map(Some)
                    }
                }
            }))
        })
        .collect();
    let query = async {
        match query {
            Some(query) => query.await.map(Some),
            None => Ok(None),
        }
    };
    let query = future::maybe_done(query);
    pin_mut!(query);
    future::poll_fn(|cx| {
        for one in &mut sent {
            let _ = std::pin::Pin::new(one).poll(cx);
        }
        let _ = query.as_mut().poll(cx);
        std::task::Poll::Ready(())
    })
    .await;
    let mut first = Ok(());
    for one in &mut sent {
        let mut one = std::pin::Pin::new(one);
        one.as_mut().await;
        match one.take_output() {
            Some(Err(e)) if first.is_ok() => first = Err(e),
            Some(Ok(Some(rows))) => *counted = rows,
            _ => {}
        }
    }
    // After an error the server refuses the query; its answer is read, so that the next one is not taken
    // for it, and forgotten.
    query.as_mut().await;
    first?;
    query.take_output().unwrap_or(Ok(None))
}

impl Engine {
    pub(crate) fn start(
        url: &str,
        schema: Option<&str>,
        connections: usize,
        ctx: &Arc<Ctx>,
    ) -> Result<Self, DbError> {
        let (jobs, queue) = bounded::<(Box<dyn Job>, bool)>(QUEUE);
        let (connected, answers) = bounded::<Result<(), DbError>>(connections.max(1));
        let mut threads = Vec::new();
        for n in 0..connections.max(1) {
            let (queue, ctx, connected) = (queue.clone(), Arc::clone(ctx), connected.clone());
            let (url, schema) = (url.to_owned(), schema.map(str::to_owned));
            threads.push(spawn(&format!("db-pg-{n}"), move || {
                // Each thread connects for itself: the caller may be inside a runtime.
                match PgConn::connect(&url, schema.as_deref()) {
                    Ok(conn) => {
                        let _ = connected.send(Ok(()));
                        drop(connected);
                        work(conn, &url, schema.as_deref(), &queue, &ctx);
                    }
                    Err(error) => {
                        let _ = connected.send(Err(error));
                    }
                }
            })?);
        }
        drop(connected);
        let engine = Self { jobs: Some(jobs), threads };
        for answer in answers {
            answer?;
        }
        Ok(engine)
    }

    pub(crate) fn send(&self, job: Box<dyn Job>, write: bool) -> Result<(), Box<dyn Job>> {
        match &self.jobs {
            Some(jobs) => jobs.try_send((job, write)).map_err(|e| e.into_inner().0),
            None => Err(job),
        }
    }

    /// How many units wait.
    pub(crate) fn queued(&self) -> usize {
        self.jobs.as_ref().map_or(0, Sender::len)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.jobs = None;
        join_all(&mut self.threads);
    }
}

/// A worker's way to the server: its connection, or since when there is none.
struct Line<'u> {
    conn: PgConn,
    url: &'u str,
    schema: Option<&'u str>,
    down: Option<(Instant, DbError)>,
}

impl Line<'_> {
    /// A connection that is alive as far as one can see.
    fn alive(&mut self) -> Result<&mut PgConn, DbError> {
        if self.conn.is_dead() {
            if let Some((since, error)) = &self.down
                && since.elapsed() < DOWN
            {
                return Err(error.clone());
            }
            match PgConn::connect(self.url, self.schema) {
                Ok(fresh) => {
                    tracing::info!("connected to PostgreSQL again");
                    self.conn = fresh;
                    self.down = None;
                }
                Err(error) => {
                    tracing::error!(%error, "PostgreSQL cannot be reached");
                    self.down = Some((Instant::now(), error.clone()));
                    return Err(error);
                }
            }
        }
        Ok(&mut self.conn)
    }
}

fn work(
    conn: PgConn,
    url: &str,
    schema: Option<&str>,
    queue: &Receiver<(Box<dyn Job>, bool)>,
    ctx: &Arc<Ctx>,
) {
    let mut line = Line { conn, url, schema, down: None };
    loop {
        let next = match queue.try_recv() {
            Ok(next) => next,
            Err(TryRecvError::Disconnected) => break,
            Err(TryRecvError::Empty) => {
                line.conn.settle();
                let since = Instant::now();
                let Ok(next) = queue.recv() else { break };
                if since.elapsed() > IDLE {
                    line.conn.look();
                }
                next
            }
        };
        match next {
            (job, false) if job.abandoned() => {}
            (job, write) => one(&mut line, job, write, ctx),
        }
    }
    line.conn.settle();
    line.conn.close();
}

/// What to do with a unit that ran.
enum After {
    /// Answer it.
    End(Result<(), DbError>),
    /// Run it again.
    Again(DbError),
    /// The connection broke before anything could have been committed: run it again on another.
    Lost(DbError),
}

fn one(line: &mut Line<'_>, mut job: Box<dyn Job>, write: bool, ctx: &Arc<Ctx>) {
    let (mut attempt, mut losses) = (0, 0);
    loop {
        attempt += 1;
        let conn = match line.alive() {
            Ok(conn) => conn,
            Err(error) => return job.finish(Err(error)),
        };
        let after =
            if write { write_one(conn, job.as_mut(), ctx) } else { read_one(conn, job.as_mut(), ctx) };
        match after {
            After::Again(_) if attempt < ATTEMPTS => {
                std::thread::sleep(Duration::from_millis(u64::from(attempt) * 3));
            }
            After::Lost(_) if losses < 2 => losses += 1,
            After::Again(error) | After::Lost(error) => return job.finish(Err(error)),
            After::End(end) => return job.finish(end),
        }
    }
}

fn read_one(conn: &mut PgConn, job: &mut dyn Job, ctx: &Arc<Ctx>) -> After {
    conn.begin(BEGIN_READ);
    let ran = job.run(Conn::Pg(conn), ctx);
    conn.pending.clear();
    // The transaction is ended together with the beginning of the next, or when nothing is to do.
    match ran {
        Ran::Failed(Some(error)) if conn.is_dead() => After::Lost(error),
        Ran::Failed(Some(again @ DbError::Retry(_))) => {
            conn.roll_back();
            After::Again(again)
        }
        Ran::Failed(_) | Ran::Done => After::End(Ok(())),
    }
}

fn write_one(conn: &mut PgConn, job: &mut dyn Job, ctx: &Arc<Ctx>) -> After {
    conn.begin("BEGIN");
    match job.run(Conn::Pg(conn), ctx) {
        Ran::Done => {
            if !conn.begun && conn.pending.iter().all(|one| matches!(one, Pending::Command(_))) {
                // It did nothing.
                conn.pending.clear();
                return After::End(Ok(()));
            }
            conn.pending.push(Pending::Command("COMMIT"));
            let end = conn.flush();
            // Whatever failed, COMMIT ended the transaction, or the connection is gone.
            conn.open = false;
            match end {
                Err(again @ DbError::Retry(_)) => After::Again(again),
                Err(DbError::Unavailable(text)) if conn.is_dead() => After::End(Err(DbError::Unavailable(
                    format!("the connection broke while saving, so look before you repeat it ({text})"),
                ))),
                end => After::End(end),
            }
        }
        Ran::Failed(why) => {
            conn.roll_back();
            match why {
                Some(again @ DbError::Retry(_)) => After::Again(again),
                Some(error) if conn.is_dead() => After::Lost(error),
                _ => After::End(Ok(())),
            }
        }
    }
}
