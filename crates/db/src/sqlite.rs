//! SQLite: one writer thread that commits queued closures together, reader threads beside it.
//!
//! WAL with `synchronous=FULL`: an acknowledged write survives a power cut. The fsync of a commit is
//! the cost; under load 50–100 closures share one, which is what makes a single file fast. Each
//! closure gets a savepoint just before its first writing statement, so that a refusal (which mostly
//! happens before any write) costs nothing and undoes nobody else. When a deferred foreign key refuses
//! the common commit, the closures are run again one by one, so that only the guilty one fails.
//!
//! Reads that wait at the same time share a snapshot; a read never joins a snapshot older than itself.
//!
//! Checkpoints run in a thread of their own, `PASSIVE`, so that no commit waits for them but the short one that
//! lets a long log start again. At the end the
//! writer closes last, which folds the log into the file.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use kernel::value::{ToValue as _, Value};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};

use crate::DbError;
use crate::engine::{Ctx, Job, Ran};
use crate::row::{Row, RowInner};
use crate::sql::Owned;
use crate::tx::Conn;

/// How long a connection waits for the locks of other programs.
const BUSY: Duration = Duration::from_secs(10);
/// Closures that may wait before new ones are turned away.
const QUEUE: usize = 65_536;
/// Closures in one commit at the most: bounds how long the first of them waits.
const BATCH: usize = 256;
/// Reads that share a snapshot at the most.
const SHARED: usize = 16;
/// Pages of the log from which it is folded into the file and starts again (128 MiB). A page that was written many
/// times meanwhile is folded once: the longer the log, the less goes to the disk.
const LONG: u64 = 32_768;
/// The same when nothing was written since the last look (4 MiB).
const LONG_AT_REST: u64 = 1_024;
/// What the writer may be asked to fold then, in pages, about.
const REST: u64 = 256;
/// How often the checkpoint thread runs after the writer in one go.
const CATCH_UP: usize = 16;
/// How far the checkpoint thread stands back behind the others (`nice`, which on Linux is a thread's own).
#[cfg(target_os = "linux")]
const BEHIND: i32 = 10;
/// After how long without a question a connection gives the memory of its cache back.
const AT_REST_AFTER: Duration = Duration::from_secs(1);
/// How often the log is looked at.
const CHECKPOINT_EVERY: Duration = Duration::from_millis(100);

pub(crate) struct Engine {
    /// Gone when the engine closes.
    open: Option<Doors>,
    threads: Vec<JoinHandle<()>>,
}

struct Doors {
    writes: Sender<Box<dyn Job>>,
    reads: Sender<Box<dyn Job>>,
    _checkpoint: Sender<()>,
}

/// A connection, and whether a savepoint waits to be opened.
pub(crate) struct LiteConn {
    conn: Connection,
    savepoint: Savepoint,
}

#[derive(PartialEq, Clone, Copy)]
enum Savepoint {
    /// A reader: nothing may be written.
    Never,
    /// Outside a closure.
    Off,
    /// To be opened before the first writing statement.
    Due,
    /// Open.
    Open,
}

struct LiteValue<'a>(Value<'a>);

impl rusqlite::ToSql for LiteValue<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Int(n) => ValueRef::Integer(n),
            Value::Real(x) => ValueRef::Real(x),
            Value::Bool(b) => ValueRef::Integer(i64::from(b)),
            Value::Text(t) => ValueRef::Text(t.as_bytes()),
            Value::Bytes(b) => ValueRef::Blob(b),
        }))
    }
}

impl LiteConn {
    pub(crate) fn run(
        &mut self,
        text: &str,
        args: &[Value<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), DbError>,
    ) -> Result<u64, DbError> {
        let mut statement = self.conn.prepare_cached(text).map_err(|e| self.error(&e, text))?;
        let reads_only = statement.readonly();
        if !reads_only {
            match self.savepoint {
                Savepoint::Due => {
                    self.command("SAVEPOINT unit")?;
                    self.savepoint = Savepoint::Open;
                }
                Savepoint::Never => return Err(DbError::Bug(format!("a read tried to write: {text}"))),
                Savepoint::Off | Savepoint::Open => {}
            }
        }
        bind(&mut statement, args).map_err(|e| e.or(|e| self.error(&e, text)))?;
        let mut rows = statement.raw_query();
        loop {
            match rows.next() {
                Ok(Some(row)) => each(&Row { inner: RowInner::Sqlite(row) })?,
                Ok(None) => break,
                Err(e) => return Err(self.error(&e, text)),
            }
        }
        drop(rows);
        Ok(if reads_only { 0 } else { self.conn.changes() })
    }

    /// Puts rows into a table; called by `copy` only.
    pub(crate) fn copy_in(
        &mut self,
        table: &str,
        columns: &str,
        width: usize,
        rows: &[Vec<Owned>],
    ) -> Result<(), DbError> {
        // Until the commit, the order of rows must not matter.
        self.command("PRAGMA defer_foreign_keys = ON")?;
        if self.savepoint == Savepoint::Due {
            self.command("SAVEPOINT unit")?;
            self.savepoint = Savepoint::Open;
        }
        let marks: Vec<String> = (1..=width).map(|n| format!("?{n}")).collect();
        let text = format!("INSERT INTO {table} ({columns}) VALUES ({})", marks.join(", "));
        let mut statement = self.conn.prepare_cached(&text).map_err(|e| self.error(&e, &text))?;
        let mut values = Vec::with_capacity(width);
        for row in rows {
            values.clear();
            values.extend(row.iter().map(Owned::to_value));
            bind(&mut statement, &values).map_err(|e| e.or(|e| self.error(&e, &text)))?;
            statement.raw_execute().map_err(|e| self.error(&e, &text))?;
        }
        Ok(())
    }

    fn command(&self, text: &str) -> Result<(), DbError> {
        self.conn
            .prepare_cached(text)
            .and_then(|mut statement| statement.raw_execute())
            .map(|_| ())
            .map_err(|e| self.error(&e, text))
    }

    fn error(&self, error: &rusqlite::Error, text: &str) -> DbError {
        use rusqlite::ffi;
        let rusqlite::Error::SqliteFailure(code, message) = error else {
            return DbError::Bug(error.to_string());
        };
        let message = message.clone().unwrap_or_else(|| error.to_string());
        let tail = || message.rsplit_once("failed: ").map_or("", |(_, tail)| tail).to_owned();
        match code.extended_code {
            ffi::SQLITE_CONSTRAINT_UNIQUE => DbError::Unique(self.index_of(&tail())),
            ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
                let columns = tail();
                let table = columns.split('.').next().unwrap_or_default();
                DbError::Unique(format!("{table}_pkey"))
            }
            ffi::SQLITE_CONSTRAINT_CHECK => DbError::Check(tail()),
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY => DbError::ForeignKey(self.foreign_key_of(text)),
            ffi::SQLITE_CONSTRAINT_NOTNULL => DbError::NotNull(tail()),
            _ => match code.code {
                ffi::ErrorCode::DiskFull
                | ffi::ErrorCode::ReadOnly
                | ffi::ErrorCode::SystemIoFailure
                | ffi::ErrorCode::CannotOpen
                | ffi::ErrorCode::DatabaseBusy
                | ffi::ErrorCode::DatabaseLocked
                | ffi::ErrorCode::DatabaseCorrupt
                | ffi::ErrorCode::NotADatabase
                | ffi::ErrorCode::PermissionDenied => DbError::Unavailable(message),
                _ => DbError::Bug(message),
            },
        }
    }

    /// The name of the unique index over the columns that SQLite reports as `t.a, t.b`.
    fn index_of(&self, columns: &str) -> String {
        if let Some(name) = columns.strip_prefix("index '") {
            return name.trim_end_matches('\'').to_owned();
        }
        let table = columns.split('.').next().unwrap_or_default();
        let wanted: Vec<&str> =
            columns.split(", ").map(|column| column.rsplit('.').next().unwrap_or_default()).collect();
        let find = || -> rusqlite::Result<Option<String>> {
            let mut indexes = self
                .conn
                .prepare_cached("SELECT name FROM pragma_index_list(?1) WHERE \"unique\" = 1 ORDER BY seq")?;
            let names: Vec<String> =
                indexes.query_map([table], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            for name in names {
                let mut info =
                    self.conn.prepare_cached("SELECT name FROM pragma_index_info(?1) ORDER BY seqno")?;
                let have: Vec<Option<String>> =
                    info.query_map([&name], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
                if have.iter().map(|c| c.as_deref().unwrap_or_default()).eq(wanted.iter().copied()) {
                    // A constraint without a name of its own is named as PostgreSQL names it.
                    let unnamed = name.starts_with("sqlite_autoindex_");
                    return Ok(Some(if unnamed {
                        format!("{table}_{}_key", wanted.join("_"))
                    } else {
                        name
                    }));
                }
            }
            Ok(None)
        };
        find().ok().flatten().unwrap_or_else(|| columns.to_owned())
    }

    /// SQLite does not say which foreign key was violated. When the statement can have violated only
    /// one, that one is named; else the table it wrote to.
    fn foreign_key_of(&self, text: &str) -> String {
        let mut words = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty());
        let is = |word: Option<&str>, what: &str| word.is_some_and(|w| w.eq_ignore_ascii_case(what));
        let first = words.next();
        let deletes = is(first, "DELETE");
        if deletes || is(first, "INSERT") {
            words.next();
        } else if !is(first, "UPDATE") {
            return String::new();
        }
        let Some(table) = words.next() else { return String::new() };
        let find = || -> rusqlite::Result<Vec<String>> {
            let mut keys = self.conn.prepare_cached(
                "SELECT m.name, f.id, group_concat(f.\"from\", '_' ORDER BY f.seq)
                 FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f
                 WHERE m.type = 'table' AND (CASE WHEN ?2 THEN f.\"table\" ELSE m.name END) = ?1 COLLATE NOCASE
                 GROUP BY m.name, f.id",
            )?;
            keys.query_map(rusqlite::params![table, deletes], |row| {
                Ok(format!("{}_{}_fkey", row.get::<_, String>(0)?, row.get::<_, String>(2)?))
            })?
            .collect()
        };
        match find().as_deref() {
            Ok([only]) => only.clone(),
            _ => table.to_owned(),
        }
    }
}

/// A value that cannot be bound, or what SQLite says about it.
enum NotBound {
    Bug(String),
    Lite(rusqlite::Error),
}

impl NotBound {
    fn or(self, error: impl FnOnce(rusqlite::Error) -> DbError) -> DbError {
        match self {
            Self::Bug(text) => DbError::Bug(text),
            Self::Lite(e) => error(e),
        }
    }
}

fn bind(statement: &mut rusqlite::Statement<'_>, args: &[Value<'_>]) -> Result<(), NotBound> {
    let wanted = statement.parameter_count();
    if wanted != args.len() {
        // SQLite would take NULL for what is missing.
        return Err(NotBound::Bug(format!("{} values for {wanted} placeholders", args.len())));
    }
    for (at, value) in args.iter().enumerate() {
        match value {
            // What PostgreSQL refuses is refused here, too; SQLite would keep NaN as NULL.
            Value::Text(text) if text.contains('\0') => {
                return Err(NotBound::Bug("a text holds a NUL character".to_owned()));
            }
            Value::Real(x) if x.is_nan() => {
                return Err(NotBound::Bug("a real is not a number".to_owned()));
            }
            _ => statement.raw_bind_parameter(at + 1, LiteValue(*value)).map_err(NotBound::Lite)?,
        }
    }
    Ok(())
}

/// Opens a connection with the settings every connection has.
pub(crate) fn connect(path: &Path, read_only: bool) -> Result<Connection, DbError> {
    let open = || -> rusqlite::Result<Connection> {
        let flags = if read_only {
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX
        } else {
            OpenFlags::SQLITE_OPEN_READ_WRITE
                | OpenFlags::SQLITE_OPEN_CREATE
                | OpenFlags::SQLITE_OPEN_NO_MUTEX
        };
        let conn = Connection::open_with_flags(path, flags)?;
        conn.busy_timeout(BUSY)?;
        conn.set_prepared_statement_cache_capacity(512);
        if !read_only {
            let mode: String = conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
            if mode != "wal" {
                // A network folder, for instance.
                return Err(rusqlite::Error::InvalidParameterName(format!(
                    "this folder does not allow a write-ahead log (journal mode {mode})"
                )));
            }
            conn.pragma_update(None, "synchronous", "FULL")?;
            // The checkpoint thread works far below this; it is the net under it.
            conn.pragma_update(None, "wal_autocheckpoint", 262_144)?;
            conn.pragma_update(None, "journal_size_limit", 268_435_456)?;
        }
        conn.pragma_update(None, "foreign_keys", true)?;
        conn.pragma_update(None, "cache_size", if read_only { -8_192 } else { -65_536 })?;
        // Without this, statements with a range (`starts_at > ?`) are planned anew for each value bound.
        conn.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        // Mapped pages would count as memory of the process without being faster than its own cache.
        conn.pragma_update(None, "mmap_size", 0)?;
        // What a reader sorts or counts apart may be larger than its cache: then it goes to a file without a name in the
        // folder for temporary files, and not into the memory of the process.
        conn.pragma_update(None, "temp_store", if read_only { "FILE" } else { "MEMORY" })?;
        Ok(conn)
    };
    // Turning a new file to write-ahead logging does not wait for others who do the same: SQLite answers
    // "locked" at once there, whatever the timeout.
    let deadline = Instant::now() + BUSY;
    loop {
        match open() {
            Err(e)
                if matches!(
                    e.sqlite_error_code(),
                    Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
                ) && Instant::now() < deadline =>
            {
                std::thread::sleep(Duration::from_millis(10));
            }
            done => return done.map_err(|e| DbError::Unavailable(format!("{}: {e}", path.display()))),
        }
    }
}

impl Engine {
    pub(crate) fn start(path: &Path, readers: usize, ctx: &Arc<Ctx>) -> Result<Self, DbError> {
        let readers = readers.max(1);
        let (writes, write_queue) = bounded::<Box<dyn Job>>(QUEUE);
        let (reads, read_queue) = bounded::<Box<dyn Job>>(QUEUE);
        let (stop, stopped) = bounded::<()>(0);
        // Held by all threads but the writer, which closes after them.
        let (held, gone) = bounded::<()>(0);
        let mut engine = Self { open: Some(Doors { writes, reads, _checkpoint: stop }), threads: Vec::new() };
        let mut writer = LiteConn { conn: connect(path, false)?, savepoint: Savepoint::Off };
        let wrap = Arc::new(AtomicBool::new(false));
        engine.threads.push(spawn("db-writer", {
            let (ctx, wrap) = (Arc::clone(ctx), Arc::clone(&wrap));
            move || {
                write_loop(&mut writer, &write_queue, &ctx, &wrap);
                let _ = gone.recv();
                drop(writer);
            }
        })?);
        for n in 0..readers {
            let reader = LiteConn { conn: connect(path, true)?, savepoint: Savepoint::Never };
            let (queue, ctx, held) = (read_queue.clone(), Arc::clone(ctx), held.clone());
            engine.threads.push(spawn(&format!("db-reader-{n}"), move || {
                read_loop(reader, readers, &queue, &ctx);
                drop(held);
            })?);
        }
        let checkpointer = connect(path, false)?;
        engine.threads.push(spawn("db-checkpoint", move || {
            checkpoint_loop(&checkpointer, &stopped, &wrap);
            drop(checkpointer);
            drop(held);
        })?);
        Ok(engine)
    }

    pub(crate) fn send(&self, job: Box<dyn Job>, write: bool) -> Result<(), Box<dyn Job>> {
        let Some(doors) = &self.open else { return Err(job) };
        let queue = if write { &doors.writes } else { &doors.reads };
        queue.try_send(job).map_err(crossbeam_channel::TrySendError::into_inner)
    }

    /// How many reads and writes wait.
    pub(crate) fn queued(&self) -> (usize, usize) {
        self.open.as_ref().map_or((0, 0), |doors| (doors.reads.len(), doors.writes.len()))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.open = None;
        join_all(&mut self.threads);
    }
}

/// Waits for the threads to end, unless it is one of them that asks.
pub(crate) fn join_all(threads: &mut Vec<JoinHandle<()>>) {
    let own = std::thread::current().id();
    if threads.iter().any(|thread| thread.thread().id() == own) {
        return;
    }
    for thread in threads.drain(..) {
        if thread.join().is_err() {
            tracing::error!("a database thread panicked");
        }
    }
}

pub(crate) fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, DbError> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .map_err(|e| DbError::Unavailable(format!("no thread {name}: {e}")))
}

/// The next to do; nothing when the engine closes. A connection at rest holds no pages: a city sleeps most of the
/// day, and the first to wake it reads them again from the system's cache.
fn next(conn: &LiteConn, queue: &Receiver<Box<dyn Job>>) -> Option<Box<dyn Job>> {
    match queue.recv_timeout(AT_REST_AFTER) {
        Ok(job) => Some(job),
        Err(RecvTimeoutError::Disconnected) => None,
        Err(RecvTimeoutError::Timeout) => {
            if let Err(error) = conn.command("PRAGMA shrink_memory") {
                tracing::debug!(%error, "a connection at rest keeps its pages");
            }
            queue.recv().ok()
        }
    }
}

fn write_loop(conn: &mut LiteConn, queue: &Receiver<Box<dyn Job>>, ctx: &Arc<Ctx>, wrap: &AtomicBool) {
    let mut done: Vec<Box<dyn Job>> = Vec::with_capacity(BATCH);
    while let Some(first) = next(conn, queue) {
        if wrap.swap(false, Ordering::Relaxed)
            && let Err(error) = checkpoint(&conn.conn)
        {
            tracing::warn!(%error, "the log could not be folded into the file; it will be tried again");
        }
        let end = write_group(conn, first, &mut || queue.try_recv().ok(), ctx, &mut done);
        if let (Err(DbError::ForeignKey(_)), true) = (&end, done.len() > 1) {
            // One of them broke a deferred foreign key, but which? Each for itself.
            let mut alone = Vec::with_capacity(1);
            for job in std::mem::take(&mut done) {
                let end = write_group(conn, job, &mut || None, ctx, &mut alone);
                finish_all(&mut alone, &end);
            }
            continue;
        }
        finish_all(&mut done, &end);
    }
}

fn finish_all(done: &mut Vec<Box<dyn Job>>, end: &Result<(), DbError>) {
    if let Err(error) = end {
        tracing::error!(%error, closures = done.len(), "a group of writes could not be committed");
    }
    for job in done.drain(..) {
        job.finish(end.clone());
    }
}

/// Runs closures in one transaction and commits it. All that ran stand in `done` afterwards.
fn write_group(
    conn: &mut LiteConn,
    first: Box<dyn Job>,
    next: &mut dyn FnMut() -> Option<Box<dyn Job>>,
    ctx: &Arc<Ctx>,
    done: &mut Vec<Box<dyn Job>>,
) -> Result<(), DbError> {
    if let Err(error) = conn.command("BEGIN IMMEDIATE") {
        done.push(first);
        return Err(error);
    }
    let mut broken = run_one(conn, first, ctx, done);
    while broken.is_none() && done.len() < BATCH {
        let Some(job) = next() else { break };
        broken = run_one(conn, job, ctx, done);
    }
    let end = match broken {
        Some(error) => Err(error),
        None => conn.command("COMMIT"),
    };
    if end.is_err() && !conn.conn.is_autocommit() {
        // Nothing of the group was written; each caller is told so.
        let _ = conn.command("ROLLBACK");
    }
    end
}

/// Runs one closure inside the open group. Returns an error when the whole group is lost (SQLite rolled
/// the transaction back by itself, as it does when the disk is full).
fn run_one(
    conn: &mut LiteConn,
    mut job: Box<dyn Job>,
    ctx: &Arc<Ctx>,
    done: &mut Vec<Box<dyn Job>>,
) -> Option<DbError> {
    conn.savepoint = Savepoint::Due;
    let ran = job.run(Conn::Lite(conn), ctx);
    let opened = std::mem::replace(&mut conn.savepoint, Savepoint::Off) == Savepoint::Open;
    done.push(job);
    if conn.conn.is_autocommit() {
        return Some(match ran {
            Ran::Failed(Some(error)) => error,
            _ => DbError::Unavailable("the transaction was rolled back".to_owned()),
        });
    }
    if !opened {
        return None;
    }
    let ended = match ran {
        Ran::Done => conn.command("RELEASE unit"),
        Ran::Failed(_) => conn.command("ROLLBACK TO unit").and_then(|()| conn.command("RELEASE unit")),
    };
    ended.err()
}

fn read_loop(mut conn: LiteConn, readers: usize, queue: &Receiver<Box<dyn Job>>, ctx: &Arc<Ctx>) {
    let mut jobs: Vec<Box<dyn Job>> = Vec::with_capacity(SHARED);
    while let Some(first) = next(&conn, queue) {
        jobs.push(first);
        // What waits already may share a snapshot taken now; what comes later may not: its caller may
        // have written in between. The other readers are left their part.
        for _ in 0..(queue.len() / readers).min(SHARED - 1) {
            match queue.try_recv() {
                Ok(job) => jobs.push(job),
                Err(_) => break,
            }
        }
        jobs.retain(|job| !job.abandoned());
        if jobs.is_empty() {
            continue;
        }
        let begun = conn.command("BEGIN");
        for mut job in jobs.drain(..) {
            if begun.is_ok() {
                let _ = job.run(Conn::Lite(&mut conn), ctx);
            }
            job.finish(begun.clone());
        }
        // Ending a read transaction cannot lose anything.
        if !conn.conn.is_autocommit() && conn.command("COMMIT").is_err() {
            let _ = conn.command("ROLLBACK");
        }
    }
}

/// Folds what it can of the log into the file: (pages in the log, pages folded).
fn checkpoint(conn: &Connection) -> rusqlite::Result<(u64, u64)> {
    log_pages(conn, "PRAGMA wal_checkpoint(PASSIVE)")
}

/// (Pages in the log, pages folded), after what the pragma does.
fn log_pages(conn: &Connection, pragma: &str) -> rusqlite::Result<(u64, u64)> {
    conn.query_row(pragma, [], |row| {
        let pages = |n: i64| u64::try_from(n).unwrap_or(0);
        Ok((pages(row.get(1)?), pages(row.get(2)?)))
    })
}

/// Folds a long log into the file beside the writer. Under steady writes it never quite catches up, and the log
/// would grow until the writer must fold hundreds of megabytes at once. So it is folded again and again, each time
/// the little that came meanwhile; when that is next to nothing, the writer is asked to fold the rest between two
/// groups, after which the log starts again at its beginning.
fn checkpoint_loop(conn: &Connection, stopped: &Receiver<()>, wrap: &AtomicBool) {
    // Whoever waits for an answer comes first.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(BEHIND) {
        tracing::debug!(%error, "the checkpoint thread keeps its priority");
    }
    let mut last = 0;
    while stopped.recv_timeout(CHECKPOINT_EVERY) == Err(RecvTimeoutError::Timeout) {
        if wrap.load(Ordering::Relaxed) {
            continue;
        }
        let folded = log_pages(conn, "PRAGMA wal_checkpoint(NOOP)").and_then(|(pages, folded)| {
            let rests = std::mem::replace(&mut last, pages) == pages;
            if pages < if rests { LONG_AT_REST } else { LONG } || pages == folded {
                return Ok(false);
            }
            catch_up(conn, folded)
        });
        match folded {
            Ok(true) => wrap.store(true, Ordering::Relaxed),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "checkpoint failed; it will be tried again"),
        }
    }
}

/// Folds until next to nothing of the log is left; `false` when the writer is faster, or a reader keeps the log.
fn catch_up(conn: &Connection, mut before: u64) -> rusqlite::Result<bool> {
    for _ in 0..CATCH_UP {
        let (_, folded) = checkpoint(conn)?;
        if folded.saturating_sub(before) < REST {
            return Ok(true);
        }
        before = folded;
    }
    Ok(false)
}
