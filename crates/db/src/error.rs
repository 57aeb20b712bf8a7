//! What the database can answer besides rows, the same for both databases.

use kernel::{Error, Fault};

/// A database error. Constraint violations carry the name of the constraint, so that commands can
/// turn them into refusals; everything else is a fault.
#[derive(Debug, Clone)]
pub enum DbError {
    /// A unique index was violated; its name (`table_what_key`), or `table_pkey`.
    Unique(String),
    /// A CHECK constraint was violated; its name (`table_column_check` unless it was given one).
    Check(String),
    /// A foreign key was violated. Its name (`table_column_fkey`) where the database knows it; SQLite
    /// only knows it when the statement could violate no other, and names the table else. For logs: no
    /// rule should rest on it.
    ForeignKey(String),
    /// A NOT NULL column got NULL: `table.column`.
    NotNull(String),
    /// The transaction must be run again (serialization failure, deadlock).
    Retry(String),
    /// Storage cannot be reached, is full or read-only.
    Unavailable(String),
    /// A targeted statement hit another number of rows than it must, or a row is inconsistent.
    Inconsistent(String),
    /// An earlier error spoiled this transaction; nothing more can be done in it.
    Poisoned,
    /// A defect: bad SQL, wrong type, panic in a closure.
    Bug(String),
}

impl std::fmt::Display for DbError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unique(name) => write!(f, "unique index {name} violated"),
            Self::Check(name) => write!(f, "check {name} violated"),
            Self::ForeignKey(name) => write!(f, "foreign key {name} violated"),
            Self::NotNull(name) => write!(f, "column {name} must not be null"),
            Self::Retry(text) => write!(f, "transaction must be retried: {text}"),
            Self::Unavailable(text) => write!(f, "storage unavailable: {text}"),
            Self::Inconsistent(text) => write!(f, "inconsistent: {text}"),
            Self::Poisoned => write!(f, "transaction already failed"),
            Self::Bug(text) => write!(f, "defect: {text}"),
        }
    }
}

impl std::error::Error for DbError {}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Unavailable(text) | DbError::Retry(text) => Self::Fault(Fault::Unavailable(text)),
            other => Self::Fault(Fault::Bug(other.to_string())),
        }
    }
}

/// The constraint named in a message: the last quoted name after `constraint`. Citus appends a shard
/// number (`_102024`), which is cut.
pub(crate) fn constraint_in(message: &str) -> String {
    let name = message
        .rsplit_once("constraint \"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map_or(message, |(name, _)| name);
    without_shard(name).to_owned()
}

fn without_shard(name: &str) -> &str {
    match name.rsplit_once('_') {
        Some((head, tail)) if tail.len() >= 6 && tail.bytes().all(|b| b.is_ascii_digit()) => head,
        _ => name,
    }
}

/// `table.column` of PostgreSQL's message about a NOT NULL column, as SQLite words it.
pub(crate) fn column_in(message: &str) -> String {
    let mut quoted = message.split('"').skip(1).step_by(2);
    match (quoted.next(), quoted.next()) {
        (Some(column), Some(table)) => format!("{}.{column}", without_shard(table)),
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraint_names() {
        let plain = "duplicate key value violates unique constraint \"person_no_key\"";
        let shard = "duplicate key value violates unique constraint \"person_no_key_102024\"";
        assert_eq!(constraint_in(plain), "person_no_key");
        assert_eq!(constraint_in(shard), "person_no_key");
        let null = "null value in column \"name\" of relation \"person_102024\" violates not-null constraint";
        assert_eq!(column_in(null), "person.name");
    }
}
