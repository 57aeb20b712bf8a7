//! [`Db`]: the door to either database, and the units of work that pass through it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use kernel::{Clock, IdGen};
use tokio::sync::oneshot;

use crate::migrate::{self, Migration};
use crate::tx::{Conn, ReadTx, WriteTx};
use crate::{Bus, DbError, pg, sqlite};

/// Where the data is kept.
#[derive(Debug, Clone)]
pub enum Config {
    /// A SQLite file; `readers` threads answer reads beside the one writer.
    Sqlite {
        /// The file; created when missing.
        path: PathBuf,
        /// Reader threads (4 is a good number).
        readers: usize,
    },
    /// A PostgreSQL server.
    Postgres {
        /// libpq-style or URL connection string.
        url: String,
        /// Schema of this city; created when missing. `None`: the connection's search path decides.
        schema: Option<String>,
        /// Connections, each with a thread.
        connections: usize,
    },
}

/// What every unit of work is given: time, ids, listeners.
#[derive(Debug)]
pub struct Ctx {
    /// The injected clock.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub ids: IdGen,
    /// Listeners.
    pub bus: Bus,
}

/// A database. Cloning shares it; dropping the last clone lets the queued work end, then closes all
/// connections and ends all threads (SQLite's log is folded into its file).
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    backend: Backend,
    ctx: Arc<Ctx>,
}

enum Backend {
    Lite(sqlite::Engine),
    Pg(pg::Engine),
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind())
    }
}

/// A queued unit of work.
pub(crate) trait Job: Send {
    /// Runs the closure; may be called again as long as nothing of it was committed.
    fn run(&mut self, conn: Conn<'_>, ctx: &Arc<Ctx>) -> Ran;
    /// Answers the caller: with the closure's result, or with `Err` when the commit failed.
    fn finish(self: Box<Self>, end: Result<(), DbError>);
    /// Whether nobody waits for the answer any more.
    fn abandoned(&self) -> bool;
}

/// How a closure ended.
pub(crate) enum Ran {
    /// Commit it.
    Done,
    /// It said no, or failed: roll it back. The database error, if that was the reason.
    Failed(Option<DbError>),
}

struct Unit<F, T, E> {
    closure: F,
    result: Option<Result<T, E>>,
    reply: Option<oneshot::Sender<Result<T, E>>>,
}

impl<F, T, E> Unit<F, T, E>
where
    F: Fn(&mut WriteTx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<DbError> + Send,
{
    fn ended(&mut self, result: std::thread::Result<Result<T, E>>, failed: Option<DbError>) -> Ran {
        let result = match (result, failed.clone()) {
            (Ok(Ok(_)), Some(_)) => Err(DbError::Poisoned.into()),
            (Ok(result), _) => result,
            (Err(panic), _) => {
                let text = panic
                    .downcast_ref::<&str>()
                    .map(|s| (*s).to_owned())
                    .or_else(|| panic.downcast_ref::<String>().cloned())
                    .unwrap_or_default();
                tracing::error!(panic = text, "a unit of work panicked; it was rolled back");
                Err(DbError::Bug(format!("panic: {text}")).into())
            }
        };
        let ran = if result.is_ok() { Ran::Done } else { Ran::Failed(failed) };
        self.result = Some(result);
        ran
    }
}

impl<F, T, E> Job for Unit<F, T, E>
where
    F: Fn(&mut WriteTx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<DbError> + Send,
{
    fn run(&mut self, conn: Conn<'_>, ctx: &Arc<Ctx>) -> Ran {
        let mut tx =
            WriteTx(ReadTx { conn, ctx: Arc::clone(ctx), failed: None, now: ctx.clock.now(), statements: 0 });
        let closure = &self.closure;
        let result = catch_unwind(AssertUnwindSafe(|| closure(&mut tx)));
        let failed = tx.0.failed.take();
        self.ended(result, failed)
    }

    fn finish(mut self: Box<Self>, end: Result<(), DbError>) {
        let result = match (end, self.result.take()) {
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(DbError::Bug("unit of work never ran".to_owned()).into()),
            // Even a refusal does not stand: it may rest on what a neighbour in the same group had
            // written, and that is gone.
            (Err(error), _) => Err(error.into()),
        };
        if let Some(reply) = self.reply.take() {
            // The caller may have gone (connection closed); what was committed stays committed.
            let _ = catch_unwind(AssertUnwindSafe(|| reply.send(result)));
        }
    }

    fn abandoned(&self) -> bool {
        self.reply.as_ref().is_none_or(oneshot::Sender::is_closed)
    }
}

impl Db {
    /// Opens the database and brings its tables up to date.
    ///
    /// # Errors
    /// When it cannot be reached, is newer than this program, or a migration fails.
    pub fn open(config: &Config, ctx: Ctx, migrations: &[Migration]) -> Result<Self, DbError> {
        migrate::run(config, migrations, ctx.clock.now())?;
        Self::open_as_is(config, ctx)
    }

    /// Opens the database without touching its tables.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn open_as_is(config: &Config, ctx: Ctx) -> Result<Self, DbError> {
        let ctx = Arc::new(ctx);
        let backend = match config {
            Config::Sqlite { path, readers } => Backend::Lite(sqlite::Engine::start(path, *readers, &ctx)?),
            Config::Postgres { url, schema, connections } => {
                Backend::Pg(pg::Engine::start(url, schema.as_deref(), *connections, &ctx)?)
            }
        };
        Ok(Self { inner: Arc::new(Inner { backend, ctx }) })
    }

    /// `sqlite` or `postgres`, for logs and the status page.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.inner.backend {
            Backend::Lite(_) => "sqlite",
            Backend::Pg(_) => "postgres",
        }
    }

    /// The clock, ids and listeners of this database.
    #[must_use]
    pub fn ctx(&self) -> &Arc<Ctx> {
        &self.inner.ctx
    }

    /// How many units of work wait for a thread: reads, then writes. On PostgreSQL both wait in one queue, which is
    /// told as writes.
    #[must_use]
    pub fn queued(&self) -> (usize, usize) {
        match &self.inner.backend {
            Backend::Lite(engine) => engine.queued(),
            Backend::Pg(engine) => (0, engine.queued()),
        }
    }

    /// Runs a read-only unit of work on a consistent snapshot.
    ///
    /// # Errors
    /// Those of the closure, and of the database.
    pub async fn read<T, E, F>(&self, closure: F) -> Result<T, E>
    where
        F: Fn(&mut ReadTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let waiting = self.send(move |tx: &mut WriteTx<'_>| closure(&mut tx.0), false);
        answer(waiting.await)
    }

    /// Runs a unit of work that may write. When it returns `Ok`, the result is durable; when the
    /// closure returns `Err`, nothing of it is left.
    ///
    /// # Errors
    /// Those of the closure, and of the database.
    pub async fn write<T, E, F>(&self, closure: F) -> Result<T, E>
    where
        F: Fn(&mut WriteTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        answer(self.send(closure, true).await)
    }

    /// [`Db::write`] for threads outside the async runtime (imports, the command line).
    ///
    /// # Errors
    /// As [`Db::write`].
    pub fn write_blocking<T, E, F>(&self, closure: F) -> Result<T, E>
    where
        F: Fn(&mut WriteTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        answer(self.send(closure, true).blocking_recv())
    }

    /// [`Db::read`] for threads outside the async runtime.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub fn read_blocking<T, E, F>(&self, closure: F) -> Result<T, E>
    where
        F: Fn(&mut ReadTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        answer(self.send(move |tx: &mut WriteTx<'_>| closure(&mut tx.0), false).blocking_recv())
    }

    fn send<T, E, F>(&self, closure: F, write: bool) -> oneshot::Receiver<Result<T, E>>
    where
        F: Fn(&mut WriteTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (reply, waiting) = oneshot::channel();
        let unit = Box::new(Unit { closure, result: None, reply: Some(reply) });
        let refused = match &self.inner.backend {
            Backend::Lite(engine) => engine.send(unit, write),
            Backend::Pg(engine) => engine.send(unit, write),
        };
        if let Err(unit) = refused {
            unit.finish(Err(DbError::Unavailable("too much work is waiting".to_owned())));
        }
        waiting
    }
}

fn answer<T, E: From<DbError>>(got: Result<Result<T, E>, oneshot::error::RecvError>) -> Result<T, E> {
    match got {
        Ok(result) => result,
        Err(_) => Err(DbError::Unavailable("the database has been closed".to_owned()).into()),
    }
}
