//! Tests of every room run on both databases through [`Bench::all`]: SQLite in a temporary folder, and
//! PostgreSQL in a schema of its own when `LINLI_TEST_PG` holds a connection string (as `make test`
//! provides).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kernel::{Clock, IdGen};

use crate::engine::{Config, Ctx, Db};
use crate::pg::{PgConn, aside};
use crate::{Bus, DbError, Migration};

static SERIAL: AtomicU64 = AtomicU64::new(0);

/// A database for one test, removed at the end.
#[derive(Debug)]
pub struct Bench {
    /// The open database.
    pub db: Db,
    /// How to open it again.
    pub config: Config,
    _traces: Traces,
}

/// What is removed when the database (the field before it) has been closed.
#[derive(Debug)]
struct Traces(Config);

impl Bench {
    /// One of each kind of database that is available here.
    ///
    /// # Errors
    /// When one cannot be opened.
    pub fn all(
        migrations: &[Migration],
        clock: &Arc<dyn Clock>,
        bus: impl Fn() -> Bus,
    ) -> Result<Vec<Self>, DbError> {
        let mut out = Vec::new();
        for config in Self::configs() {
            out.push(Self::open(config, migrations, clock, bus())?);
        }
        Ok(out)
    }

    /// Fresh configurations, one of each available kind.
    #[must_use]
    pub fn configs() -> Vec<Config> {
        let n = SERIAL.fetch_add(1, Ordering::SeqCst);
        let name = format!("linli_t{}_{n}", std::process::id());
        let path = std::env::temp_dir().join(&name).join("linli.db");
        let mut out = vec![Config::Sqlite { path, readers: 2 }];
        if let Ok(url) = std::env::var("LINLI_TEST_PG") {
            out.push(Config::Postgres { url, schema: Some(name), connections: 4 });
        }
        out
    }

    /// Opens one.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(
        config: Config,
        migrations: &[Migration],
        clock: &Arc<dyn Clock>,
        bus: Bus,
    ) -> Result<Self, DbError> {
        let ctx = Ctx { clock: Arc::clone(clock), ids: IdGen::new(SERIAL.load(Ordering::SeqCst)), bus };
        let db = Db::open(&config, ctx, migrations)?;
        let traces = Traces(config.clone());
        Ok(Self { db, config, _traces: traces })
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        match &self.0 {
            Config::Sqlite { path, .. } => {
                if let Some(folder) = path.parent() {
                    let _ = std::fs::remove_dir_all(folder);
                }
            }
            Config::Postgres { url, schema: Some(schema), .. } => {
                let _ = aside(|| {
                    let mut conn = PgConn::connect(url, None)?;
                    let dropped = conn.batch(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE"));
                    conn.close();
                    dropped
                });
            }
            Config::Postgres { .. } => {}
        }
    }
}

/// Prepares every registered statement. Returns the number.
///
/// On SQLite it also looks for two unique indexes over the same columns of a table: SQLite tells the
/// columns of a violated index, not its name, and could not tell the two apart. An index over an
/// expression (`coalesce(slot_id, 0)`) is told by its name.
///
/// # Errors
/// Names the first statement that cannot be prepared, or such a table.
pub fn prepare_all(config: &Config) -> Result<usize, DbError> {
    let mut count = 0;
    match config {
        Config::Sqlite { path, .. } => {
            let conn = crate::sqlite::connect(path, false)?;
            for sql in crate::all_statements() {
                conn.prepare(sql.lite).map_err(|e| DbError::Bug(format!("{}: {e}", sql.at)))?;
                count += 1;
            }
            let twins = conn.query_row(
                "SELECT name, columns FROM (
                    SELECT m.name, (SELECT group_concat(coalesce(c.name, '?'), ', ')
                        FROM pragma_index_info(i.name) c) AS columns
                    FROM sqlite_master m JOIN pragma_index_list(m.name) i
                    WHERE m.type = 'table' AND i.\"unique\" = 1 AND i.origin <> 'pk')
                 WHERE columns NOT LIKE '%?%' GROUP BY name, columns HAVING count(*) > 1",
                [],
                |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
            );
            match twins {
                Ok((table, columns)) => {
                    return Err(DbError::Bug(format!("{table} has two unique indexes over ({columns})")));
                }
                Err(rusqlite::Error::QueryReturnedNoRows) => {}
                Err(e) => return Err(DbError::Bug(e.to_string())),
            }
        }
        Config::Postgres { url, schema, .. } => {
            count = aside(|| {
                let mut conn = PgConn::connect(url, schema.as_deref())?;
                let mut count = 0;
                for sql in crate::all_statements() {
                    conn.statement(sql.pg).map_err(|e| DbError::Bug(format!("{}: {e}", sql.at)))?;
                    count += 1;
                }
                conn.close();
                Ok(count)
            })?;
        }
    }
    Ok(count)
}
