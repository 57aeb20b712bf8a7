//! Moving a whole city between databases. The list of tables comes from the database itself and must
//! equal on both sides, so that no table can be forgotten.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crossbeam_channel::{Receiver, Sender};
use futures_util::future;
use kernel::value::Value;

use crate::sql::Owned;
use crate::{Db, DbError, Query, ReadTx, WriteTx, row, sql};

/// A table with its columns, in order.
pub type Shape = BTreeMap<String, Vec<String>>;

row! {
    struct Column { table_name: String, name: String }
}

/// The tables and columns of an open database.
///
/// # Errors
/// Of the database.
pub fn shape(tx: &mut ReadTx<'_>, kind: &str) -> Result<Shape, DbError> {
    // The catalogues differ by nature; this is the one place that asks them.
    let text = if kind == "sqlite" {
        "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid"
    } else {
        "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns
         WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position"
    };
    let mut out = Shape::new();
    for column in tx.list::<Column>(&Query::new(text))? {
        out.entry(column.table_name).or_default().push(column.name);
    }
    Ok(out)
}

/// How many rows a copy moved, by table.
pub type Copied = BTreeMap<String, u64>;

/// Rows that travel together, at the most.
pub(crate) const CHUNK_ROWS: usize = 4_096;
/// Bytes after which a chunk travels even with fewer rows.
pub(crate) const CHUNK_BYTES: usize = 1 << 20;
/// Chunks on the way: with the above, a copy holds a few MiB whatever the size of the city.
const ON_THE_WAY: usize = 4;

/// A table on its way.
#[derive(Debug, Clone)]
struct Table {
    name: String,
    columns: String,
    width: usize,
}

enum Parcel {
    Rows(usize, Vec<Vec<Owned>>),
    /// All rows were read; without it the reading side broke off.
    End,
}

/// Copies all rows of `from` into `to`, which must hold the same tables, freshly migrated and empty.
///
/// The source is read in one snapshot and the target written in one transaction, so that what arrives
/// is one moment of the city, and nothing arrives when the copy fails.
///
/// # Errors
/// When the tables differ, the target is not empty, or either database fails.
pub async fn copy(from: &Db, to: &Db) -> Result<Copied, DbError> {
    let (from_kind, to_kind) = (from.kind(), to.kind());
    let source = from.read(move |tx| shape(tx, from_kind)).await?;
    let target = to.read(move |tx| shape(tx, to_kind)).await?;
    if source != target {
        let differ: Vec<&String> = source
            .iter()
            .filter(|(table, columns)| target.get(*table) != Some(columns))
            .map(|(table, _)| table)
            .chain(target.keys().filter(|table| !source.contains_key(*table)))
            .collect();
        return Err(DbError::Inconsistent(format!(
            "the databases differ in {differ:?}; run `linli db migrate` on both"
        )));
    }
    let tables: Arc<Vec<Table>> = Arc::new(
        parents_first(from, &source)
            .await?
            .into_iter()
            .filter(|name| name != "schema_migration")
            .map(|name| {
                let columns = source.get(&name).cloned().unwrap_or_default();
                Table { width: columns.len(), columns: columns.join(", "), name }
            })
            .collect(),
    );
    let (send, receive) = crossbeam_channel::bounded::<Parcel>(ON_THE_WAY);
    let reading = from.read({
        let (tables, once) = (Arc::clone(&tables), Once::default());
        // Held in an option: the end of the reading must end the writing, too.
        let send = Mutex::new(Some(send));
        move |tx| {
            once.check()?;
            let send = send.lock().ok().and_then(|mut slot| slot.take());
            read_tables(tx, &tables, &send.ok_or_else(broken_off)?)
        }
    });
    let writing = to.write({
        let (tables, once) = (Arc::clone(&tables), Once::default());
        let receive = Mutex::new(Some(receive));
        move |tx| {
            once.check()?;
            let receive = receive.lock().ok().and_then(|mut slot| slot.take());
            write_tables(tx, &tables, &receive.ok_or_else(broken_off)?)
        }
    });
    match future::join(reading, writing).await {
        (Ok(()), written) => written,
        // Both sides end when one does; the one that did not merely lose the other tells why.
        (Err(read), Err(written)) if is_broken_off(&read) => Err(written),
        (Err(read), _) => Err(read),
    }
}

pub(crate) fn broken_off() -> DbError {
    DbError::Inconsistent("the copy was broken off".to_owned())
}

fn is_broken_off(error: &DbError) -> bool {
    matches!(error, DbError::Inconsistent(text) if text == "the copy was broken off")
}

/// A closure that can run only once, because it empties or fills a channel.
#[derive(Default)]
pub(crate) struct Once(AtomicBool);

impl Once {
    pub(crate) fn check(&self) -> Result<(), DbError> {
        if self.0.swap(true, Ordering::SeqCst) {
            return Err(DbError::Unavailable("the connection broke during the copy".to_owned()));
        }
        Ok(())
    }
}

fn read_tables(tx: &mut ReadTx<'_>, tables: &[Table], send: &Sender<Parcel>) -> Result<(), DbError> {
    for (at, table) in tables.iter().enumerate() {
        let mut chunk: Vec<Vec<Owned>> = Vec::new();
        let mut bytes = 0;
        // Times grow with the keys: in that order, the target's indexes fill from left to right.
        let select = Query::of_names(format!("SELECT {} FROM {} ORDER BY 1", table.columns, table.name));
        tx.each_of(&select, |row| {
            let mut values = Vec::with_capacity(table.width);
            for column in 0..table.width {
                let OwnedRead(value) = row.get(column)?;
                bytes += match &value {
                    Owned::Text(text) => text.len(),
                    Owned::Bytes(all) => all.len(),
                    Owned::Null | Owned::Int(_) | Owned::Real(_) | Owned::Bool(_) => 8,
                };
                values.push(value);
            }
            chunk.push(values);
            if chunk.len() >= CHUNK_ROWS || bytes >= CHUNK_BYTES {
                bytes = 0;
                let full = std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK_ROWS));
                send.send(Parcel::Rows(at, full)).map_err(|_| broken_off())?;
            }
            Ok(())
        })?;
        send.send(Parcel::Rows(at, chunk)).map_err(|_| broken_off())?;
    }
    send.send(Parcel::End).map_err(|_| broken_off())
}

fn write_tables(
    tx: &mut WriteTx<'_>,
    tables: &[Table],
    receive: &Receiver<Parcel>,
) -> Result<Copied, DbError> {
    for Table { name, .. } in tables {
        empty(tx, name)?;
    }
    tx.defer_constraints()?;
    let mut copied = Copied::new();
    loop {
        match receive.recv() {
            Ok(Parcel::Rows(at, rows)) => {
                let Some(table) = tables.get(at) else { return Err(broken_off()) };
                *copied.entry(table.name.clone()).or_default() += rows.len() as u64;
                if !rows.is_empty() {
                    tx.copy_in(&table.name, &table.columns, table.width, &rows)?;
                }
            }
            Ok(Parcel::End) => return Ok(copied),
            Err(_) => return Err(broken_off()),
        }
    }
}

/// Refuses a table that holds something.
pub(crate) fn empty(tx: &mut WriteTx<'_>, table: &str) -> Result<(), DbError> {
    let mut occupied = false;
    tx.each_of(&Query::of_names(format!("SELECT 1 FROM {table} LIMIT 1")), |_| {
        occupied = true;
        Ok(())
    })?;
    if occupied {
        return Err(DbError::Inconsistent(format!("table {table} of the target is not empty")));
    }
    Ok(())
}

/// Tables ordered so that what a foreign key points at comes first. References of a table to itself are
/// deferrable by convention and need no order.
pub(crate) async fn parents_first(db: &Db, shape: &Shape) -> Result<Vec<String>, DbError> {
    let kind = db.kind();
    let edges: Vec<(String, String)> = db
        .read(move |tx| {
            tx.list::<(String, String)>(&Query::new(if kind == "sqlite" {
                "SELECT m.name, f.\"table\" FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'"
            } else {
                "SELECT CAST(t.relname AS TEXT), CAST(p.relname AS TEXT) FROM pg_constraint c
                 JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class p ON p.oid = c.confrelid
                 JOIN pg_namespace n ON n.oid = t.relnamespace
                 WHERE c.contype = 'f' AND n.nspname = current_schema()"
            }))
        })
        .await?;
    let mut left: Vec<String> = shape.keys().cloned().collect();
    let mut out: Vec<String> = Vec::new();
    while !left.is_empty() {
        let ready: Vec<String> = left
            .iter()
            .filter(|table| {
                edges
                    .iter()
                    .all(|(child, parent)| child != *table || parent == *table || out.contains(parent))
            })
            .cloned()
            .collect();
        if ready.is_empty() {
            return Err(DbError::Bug(format!("foreign keys run in a circle among {left:?}")));
        }
        left.retain(|table| !ready.contains(table));
        out.extend(ready);
    }
    Ok(out)
}

/// Any value, as it is. SQLite's booleans arrive as integers; the parameter of the target knows better.
pub(crate) struct OwnedRead(pub(crate) Owned);

impl kernel::FromValue for OwnedRead {
    fn from_value(value: Value<'_>) -> Result<Self, kernel::value::ValueError> {
        Ok(Self(value.into()))
    }
}

/// Whether the database answers, for `/readyz`.
///
/// # Errors
/// Of the database.
pub fn ping(tx: &mut ReadTx<'_>) -> Result<(), DbError> {
    tx.one::<(i64,)>(sql!("SELECT CAST(1 AS BIGINT)"), &[]).map(|_| ())
}
