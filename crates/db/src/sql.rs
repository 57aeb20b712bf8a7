//! Statements: one portable text, checked at compile time, registered so that a test can prepare
//! every one of them on both databases.

use kernel::value::{ToValue, Value};

/// A statement written with [`sql!`](crate::sql).
#[derive(Debug)]
pub struct Sql {
    /// With `$1` placeholders, as PostgreSQL reads it.
    pub pg: &'static str,
    /// With `?1` placeholders: in SQLite `$1` would be a *named* parameter.
    pub lite: &'static str,
    /// Where it stands in the source.
    pub at: &'static str,
}

/// An entry of the registry of all statements.
#[derive(Debug)]
pub struct Registered(pub &'static Sql);

inventory::collect!(Registered);

/// Every statement of every linked crate.
pub fn all_statements() -> impl Iterator<Item = &'static Sql> {
    inventory::iter::<Registered>.into_iter().map(|entry| entry.0)
}

/// A portable statement: `sql!("SELECT name FROM org WHERE id = $1")`.
///
/// Refused at compile time: what only one database understands, and what Citus breaks silently.
#[macro_export]
macro_rules! sql {
    ($text:expr) => {{
        const PG: &str = $text;
        const BYTES: [u8; PG.len()] = $crate::to_numbered::<{ PG.len() }>(PG);
        const LITE: &str = match ::core::str::from_utf8(&BYTES) {
            Ok(text) => text,
            Err(_) => "",
        };
        const _: () = $crate::lint(PG);
        static SQL: $crate::Sql = $crate::Sql { pg: PG, lite: LITE, at: concat!(file!(), ":", line!()) };
        $crate::inventory::submit! { $crate::Registered(&SQL) }
        &SQL
    }};
}

/// Turns `$1` into `?1`.
#[must_use]
#[expect(clippy::indexing_slicing, reason = "runs at compile time; an error is a build error")]
pub const fn to_numbered<const N: usize>(text: &str) -> [u8; N] {
    let bytes = text.as_bytes();
    let mut out = [0_u8; N];
    let mut at = 0;
    while at < N {
        out[at] = if bytes[at] == b'$' { b'?' } else { bytes[at] };
        at += 1;
    }
    out
}

/// Refuses, at compile time, what is not portable.
pub const fn lint(text: &str) {
    const BANNED: &[&str] = &[
        "\"",
        "ILIKE",
        "INSERT OR",
        "now()",
        "random()",
        "group_concat",
        "string_agg",
        "= 1 AND TRUE",
        "AUTOINCREMENT",
        "SERIAL",
        "::",
        "pg_advisory",
        "CURRENT_TIMESTAMP",
        "?1",
        "ROWID",
    ];
    let mut at = 0;
    while at < BANNED.len() {
        #[expect(clippy::indexing_slicing, reason = "runs at compile time; an error is a build error")]
        let banned = BANNED[at];
        assert!(!contains(text, banned), "statement is not portable: see db::lint");
        at += 1;
    }
}

#[expect(clippy::indexing_slicing, reason = "runs at compile time; an error is a build error")]
const fn contains(text: &str, part: &str) -> bool {
    let (text, part) = (text.as_bytes(), part.as_bytes());
    let mut start = 0;
    while start + part.len() <= text.len() {
        let mut at = 0;
        while at < part.len() && text[start + at].eq_ignore_ascii_case(&part[at]) {
            at += 1;
        }
        if at == part.len() {
            return true;
        }
        start += 1;
    }
    false
}

/// A value that owns its text, for statements built at run time and for deferred writes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Owned {
    Null,
    Int(i64),
    Real(f64),
    Bool(bool),
    Text(String),
    Bytes(Vec<u8>),
}

impl From<Value<'_>> for Owned {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Int(n) => Self::Int(n),
            Value::Real(x) => Self::Real(x),
            Value::Bool(b) => Self::Bool(b),
            Value::Text(t) => Self::Text(t.to_owned()),
            Value::Bytes(b) => Self::Bytes(b.to_vec()),
        }
    }
}

impl ToValue for Owned {
    fn to_value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Int(n) => Value::Int(*n),
            Self::Real(x) => Value::Real(*x),
            Self::Bool(b) => Value::Bool(*b),
            Self::Text(t) => Value::Text(t),
            Self::Bytes(b) => Value::Bytes(b),
        }
    }
}

/// A statement built at run time, for lists whose filters come and go: a chosen text and its values
/// always travel together, and only literal text written by us becomes SQL.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub(crate) text: String,
    pub(crate) values: Vec<Owned>,
    /// There were more or fewer values than marks; running it is an error.
    pub(crate) broken: bool,
}

impl Query {
    /// Starts with a fixed text without placeholders.
    #[must_use]
    pub fn new(text: &'static str) -> Self {
        Self { text: text.to_owned(), values: Vec::new(), broken: false }
    }

    /// A text made of names that the database itself has given.
    pub(crate) fn of_names(text: String) -> Self {
        Self { text, values: Vec::new(), broken: false }
    }

    /// Adds fixed text.
    pub fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.push(' ');
        self.text.push_str(text);
        self
    }

    /// Adds text in which each `{}` stands for one of the values, in order.
    pub fn with(&mut self, text: &'static str, values: &[&dyn ToValue]) -> &mut Self {
        use std::fmt::Write as _;
        self.text.push(' ');
        let mut values = values.iter();
        let mut parts = text.split("{}");
        self.text.push_str(parts.next().unwrap_or_default());
        for part in parts {
            if let Some(value) = values.next() {
                self.values.push(value.to_value().into());
                let _ = write!(self.text, "${}", self.values.len());
            } else {
                self.broken = true;
            }
            self.text.push_str(part);
        }
        self.broken |= values.next().is_some();
        self
    }

    /// Adds the text only when there is a value.
    pub fn with_some<T: ToValue>(&mut self, text: &'static str, value: Option<&T>) -> &mut Self {
        if let Some(value) = value {
            self.with(text, &[value]);
        }
        self
    }
}
