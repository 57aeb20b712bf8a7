//! One database interface over SQLite (the embedded default) and PostgreSQL (≥ 15).
//!
//! Work is a **closure per unit**: [`Db::read`] hands a read-only transaction on a consistent
//! snapshot, [`Db::write`] a transaction that is durable when the call returns. On SQLite one writer
//! thread commits queued closures together (group commit), each rolled back alone when it is refused;
//! on PostgreSQL each closure is its own transaction, retried on serialization failure and deadlock.
//! Closures are `Fn`: they may run more than once, so they own what they need and touch nothing else.
//!
//! SQL is written once, in the portable subset, through [`sql!`]; a test prepares every statement of
//! every crate on both databases.

pub mod copy;
mod engine;
mod error;
pub mod event;
pub mod files;
pub mod idempotency;
pub mod jobs;
pub mod migrate;
pub mod outbox;
mod pg;
mod row;
pub mod search;
mod snapshot;
mod sql;
mod sqlite;
pub mod testing;
mod tx;

pub use engine::{Config, Ctx, Db};
pub use error::DbError;
pub use event::{Bus, Event};
pub use migrate::Migration;
pub use row::{FromRow, Row};
pub use snapshot::snapshot;
pub use sql::{Query, Registered, Sql, all_statements, lint, to_numbered};
pub use tx::{ReadTx, WriteTx};

#[doc(hidden)]
pub use inventory;
pub use kernel::value::{FromValue, ToValue, Value};
