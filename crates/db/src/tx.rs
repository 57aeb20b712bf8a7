//! Transactions as closures see them.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use kernel::value::Value;
use kernel::{Error, Id, Timestamp};

use crate::engine::Ctx;
use crate::pg::PgConn;
use crate::row::{FromRow, Row};
use crate::sql::{Owned, Query, Sql};
use crate::sqlite::LiteConn;
use crate::{DbError, Event};

/// Either connection.
pub(crate) enum Conn<'c> {
    Lite(&'c mut LiteConn),
    Pg(&'c mut PgConn),
}

/// A read-only transaction on a consistent snapshot.
pub struct ReadTx<'c> {
    pub(crate) conn: Conn<'c>,
    pub(crate) ctx: Arc<Ctx>,
    /// The error that spoiled this transaction, if one did.
    pub(crate) failed: Option<DbError>,
    pub(crate) now: Timestamp,
    /// Statements sent, to hold pages to their budget of queries.
    pub(crate) statements: u32,
}

/// A transaction that may write.
pub struct WriteTx<'c>(pub(crate) ReadTx<'c>);

impl<'c> Deref for WriteTx<'c> {
    type Target = ReadTx<'c>;
    fn deref(&self) -> &ReadTx<'c> {
        &self.0
    }
}

impl<'c> DerefMut for WriteTx<'c> {
    fn deref_mut(&mut self) -> &mut ReadTx<'c> {
        &mut self.0
    }
}

impl ReadTx<'_> {
    /// The moment this unit of work began, by the injected clock.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// How many statements this transaction has sent so far.
    #[must_use]
    pub const fn statements(&self) -> u32 {
        self.statements
    }

    fn spoil(&mut self, what: String) -> DbError {
        let error = DbError::Inconsistent(what);
        self.failed = Some(error.clone());
        error
    }

    fn run(
        &mut self,
        pg: &str,
        lite: &str,
        args: &[Value<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), DbError>,
    ) -> Result<u64, DbError> {
        if self.failed.is_some() {
            return Err(DbError::Poisoned);
        }
        self.statements += 1;
        let result = match &mut self.conn {
            Conn::Lite(conn) => conn.run(lite, args, each),
            Conn::Pg(conn) => conn.run(pg, args, each),
        };
        if let Err(error) = &result {
            // PostgreSQL would refuse everything from here on; SQLite must not differ.
            self.failed = Some(error.clone());
        }
        result
    }

    fn run_query(
        &mut self,
        query: &Query,
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), DbError>,
    ) -> Result<u64, DbError> {
        use kernel::value::ToValue as _;
        if query.broken {
            let error = DbError::Bug(format!("values and placeholders differ in {}", query.text));
            self.failed = Some(error.clone());
            return Err(error);
        }
        let values: Vec<Value<'_>> = query.values.iter().map(Owned::to_value).collect();
        match &self.conn {
            Conn::Lite(_) => {
                let lite = query.text.replace('$', "?");
                self.run(&query.text, &lite, &values, each)
            }
            Conn::Pg(_) => self.run(&query.text, "", &values, each),
        }
    }

    /// Calls `each` for every row, without keeping them.
    ///
    /// # Errors
    /// Of the database, or of `each`.
    pub fn each(
        &mut self,
        sql: &Sql,
        args: &[Value<'_>],
        mut each: impl FnMut(&Row<'_>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        self.run(sql.pg, sql.lite, args, &mut each).map(|_| ())
    }

    /// All rows.
    ///
    /// # Errors
    /// Of the database.
    pub fn all<R: FromRow>(&mut self, sql: &Sql, args: &[Value<'_>]) -> Result<Vec<R>, DbError> {
        let mut rows = Vec::new();
        self.each(sql, args, |row| {
            rows.push(R::from_row(row)?);
            Ok(())
        })?;
        Ok(rows)
    }

    /// The only row, or none.
    ///
    /// # Errors
    /// Of the database; `Inconsistent` when there is more than one row.
    pub fn first<R: FromRow>(&mut self, sql: &Sql, args: &[Value<'_>]) -> Result<Option<R>, DbError> {
        let mut found = None;
        let mut count = 0_u32;
        self.each(sql, args, |row| {
            count += 1;
            if found.is_none() {
                found = Some(R::from_row(row)?);
            }
            Ok(())
        })?;
        if count > 1 {
            return Err(self.spoil(format!("{count} rows where one was expected, {}", sql.at)));
        }
        Ok(found)
    }

    /// The only row.
    ///
    /// # Errors
    /// Of the database; `Inconsistent` when there is not exactly one row.
    pub fn one<R: FromRow>(&mut self, sql: &Sql, args: &[Value<'_>]) -> Result<R, DbError> {
        match self.first(sql, args)? {
            Some(row) => Ok(row),
            None => Err(self.spoil(format!("no row where one was expected, {}", sql.at))),
        }
    }

    /// All rows of a statement built at run time.
    ///
    /// # Errors
    /// Of the database.
    pub fn list<R: FromRow>(&mut self, query: &Query) -> Result<Vec<R>, DbError> {
        let mut rows = Vec::new();
        self.each_of(query, |row| {
            rows.push(R::from_row(row)?);
            Ok(())
        })?;
        Ok(rows)
    }

    /// Calls `each` for every row of a statement built at run time.
    ///
    /// # Errors
    /// Of the database, or of `each`.
    pub fn each_of(
        &mut self,
        query: &Query,
        mut each: impl FnMut(&Row<'_>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        self.run_query(query, &mut each).map(|_| ())
    }
}

impl WriteTx<'_> {
    /// Lets foreign keys be checked at the commit (those that are deferrable).
    pub(crate) fn defer_constraints(&mut self) -> Result<(), DbError> {
        match &mut self.0.conn {
            Conn::Lite(_) => Ok(()),
            Conn::Pg(conn) => {
                let result = conn.run("SET CONSTRAINTS ALL DEFERRED", &[], &mut |_| Ok(())).map(|_| ());
                self.0.failed = result.clone().err();
                result
            }
        }
    }

    /// Puts many rows into a table.
    pub(crate) fn copy_in(
        &mut self,
        table: &str,
        columns: &str,
        width: usize,
        rows: &[Vec<Owned>],
    ) -> Result<(), DbError> {
        if self.0.failed.is_some() {
            return Err(DbError::Poisoned);
        }
        let result = match &mut self.0.conn {
            Conn::Lite(conn) => conn.copy_in(table, columns, width, rows),
            Conn::Pg(conn) => conn.copy_in(table, columns, rows),
        };
        self.0.failed = result.clone().err();
        result
    }

    /// A new id, ordered by time.
    #[must_use]
    pub fn new_id<I: Id>(&self) -> I {
        self.ctx.ids.next(self.now)
    }

    /// Runs a statement; returns the number of rows it touched.
    ///
    /// # Errors
    /// Of the database.
    pub fn exec(&mut self, sql: &Sql, args: &[Value<'_>]) -> Result<u64, DbError> {
        self.0.run(sql.pg, sql.lite, args, &mut |_| Ok(()))
    }

    /// Runs a statement that must touch exactly one row.
    ///
    /// # Errors
    /// Of the database; `Inconsistent` when it touched none or several.
    pub fn exec_one(&mut self, sql: &Sql, args: &[Value<'_>]) -> Result<(), DbError> {
        match self.exec(sql, args)? {
            1 => Ok(()),
            n => Err(self.0.spoil(format!("{n} rows touched where one was expected, {}", sql.at))),
        }
    }

    /// Runs a statement whose outcome nobody waits for: on PostgreSQL it travels with the next
    /// statement or the commit. Only for writes that no rule can refuse; an error fails the whole
    /// transaction later.
    ///
    /// # Errors
    /// Of the database.
    pub fn exec_later(&mut self, sql: &Sql, args: &[Value<'_>]) -> Result<(), DbError> {
        if self.0.failed.is_some() {
            return Err(DbError::Poisoned);
        }
        if let Conn::Pg(conn) = &mut self.0.conn {
            self.0.statements += 1;
            let result = conn.later(sql.pg, args);
            self.0.failed = result.clone().err();
            return result;
        }
        self.exec(sql, args).map(|_| ())
    }

    /// Runs a statement and, in the same breath, what `ask` asks: on PostgreSQL the statement travels with the first
    /// question, which saves a round trip, and the question sees what the statement wrote. Returns how many rows it
    /// touched beside the answer.
    ///
    /// # Errors
    /// Of the database, or of `ask`.
    pub fn exec_and<R, E: From<DbError>>(
        &mut self,
        sql: &Sql,
        args: &[Value<'_>],
        ask: impl FnOnce(&mut Self) -> Result<R, E>,
    ) -> Result<(u64, R), E> {
        if self.0.failed.is_some() {
            return Err(DbError::Poisoned.into());
        }
        let Conn::Pg(conn) = &mut self.0.conn else {
            let touched = self.exec(sql, args)?;
            return Ok((touched, ask(self)?));
        };
        self.0.statements += 1;
        let later = conn.later_counted(sql.pg, args);
        self.0.failed = later.clone().err();
        later?;
        let answer = ask(self)?;
        let Conn::Pg(conn) = &mut self.0.conn else { return Err(DbError::Poisoned.into()) };
        let touched = conn.counted();
        self.0.failed = touched.clone().err();
        Ok((touched?, answer))
    }

    /// Holds the rows that a `SELECT` finds until the end of the transaction, so that units which decide about the
    /// same thing run one after the other. SQLite's units always do: there nothing is run. On PostgreSQL the rows
    /// are locked without being written: a new version of a wide row would cost more than the unit's own work.
    ///
    /// # Errors
    /// Of the database.
    pub fn hold(&mut self, sql: &Sql, args: &[Value<'_>]) -> Result<(), DbError> {
        match &mut self.0.conn {
            _ if self.0.failed.is_some() => self.exec_later(sql, args),
            Conn::Lite(_) => Ok(()),
            Conn::Pg(conn) => {
                let result = conn.later(&format!("{} FOR NO KEY UPDATE", sql.pg), args);
                self.0.failed = result.clone().err();
                result
            }
        }
    }

    /// Runs a statement built at run time.
    ///
    /// # Errors
    /// Of the database.
    pub fn exec_query(&mut self, query: &Query) -> Result<u64, DbError> {
        self.0.run_query(query, &mut |_| Ok(()))
    }

    /// Tells all listeners, inside this transaction.
    ///
    /// # Errors
    /// Of a listener: then the whole transaction must fail.
    pub fn publish<E: Event>(&mut self, event: &E) -> Result<(), Error> {
        let ctx = Arc::clone(&self.0.ctx);
        ctx.bus.deliver(self, event)
    }
}

/// The values of a statement, borrowed: `args![id, name]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::ToValue::to_value(&$value)),*] };
}
