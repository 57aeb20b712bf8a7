//! Migrations: numbered SQL, one text for both databases.
//!
//! The text is written in PostgreSQL's type names; for SQLite the handful of types is exchanged and
//! tables become `STRICT`, so that a wrong type is refused there as well, and checks without a name get
//! the one PostgreSQL gives them. What has been applied is kept with a checksum: a migration that was
//! changed after it ran is an error, not a surprise. All that is missing is applied in one transaction,
//! one program at a time.

use kernel::Timestamp;

use crate::engine::Config;
use crate::pg::{PgConn, aside};
use crate::{DbError, sqlite};

/// One step of a room's tables.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// The room.
    pub room: &'static str,
    /// 1, 2, 3 … within the room.
    pub number: i64,
    /// SQL in the portable subset, statements ended by `;`.
    pub sql: &'static str,
}

/// The tables of this crate.
pub const MIGRATIONS: &[Migration] =
    &[Migration { room: "db", number: 1, sql: include_str!("../migrations/0001_base.sql") }];

const BOOK: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
    room TEXT NOT NULL, number BIGINT NOT NULL, checksum BIGINT NOT NULL, applied_at BIGINT NOT NULL,
    PRIMARY KEY (room, number))";

/// SQLite's form of a migration.
#[must_use]
pub fn for_sqlite(sql: &str) -> String {
    let tokens = tokens(sql);
    let mut out = String::with_capacity(sql.len() + 256);
    let mut at = 0;
    while at < tokens.len() {
        let end = tokens.iter().skip(at).position(|t| *t == ";").map_or(tokens.len(), |n| at + n + 1);
        statement_for_sqlite(tokens.get(at..end).unwrap_or_default(), &mut out);
        at = end;
    }
    out
}

/// Words, quoted texts, single other characters and runs of white space; comments are left out.
fn tokens(sql: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.find('\n').and_then(|end| comment.get(end..)).unwrap_or_default();
            continue;
        } else if first == '\'' {
            rest.get(1..).and_then(|text| text.find('\'')).map_or(rest.len(), |end| end + 2)
        } else if is_word(first) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else if first.is_whitespace() {
            rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        out.push(token);
        rest = after;
    }
    out
}

fn is(token: &str, word: &str) -> bool {
    token.eq_ignore_ascii_case(word)
}

/// What a statement defines: `CREATE TABLE name (` or `ALTER TABLE name ADD COLUMN`.
fn table_of<'s>(tokens: &[&'s str]) -> Option<(&'s str, bool)> {
    let mut words = tokens.iter().copied().filter(|t| !t.trim().is_empty());
    let creates = is(words.next()?, "CREATE");
    if !is(words.next()?, "TABLE") {
        return None;
    }
    let mut name = words.next()?;
    while ["IF", "NOT", "EXISTS"].iter().any(|word| is(name, word)) {
        name = words.next()?;
    }
    (creates || is(words.next()?, "ADD")).then_some((name, creates))
}

fn statement_for_sqlite(tokens: &[&str], out: &mut String) {
    let table = table_of(tokens);
    let columns = columns_of(tokens);
    let mut names = std::collections::BTreeSet::new();
    let words: Vec<&str> = tokens.iter().copied().filter(|t| !t.trim().is_empty()).collect();
    let mut word = 0_usize;
    let mut skip = 0_usize;
    for (at, token) in tokens.iter().copied().enumerate() {
        if skip > 0 {
            skip -= 1;
            word += usize::from(!token.trim().is_empty());
            continue;
        }
        if token.trim().is_empty() {
            out.push_str(token);
            continue;
        }
        let before = |n: usize| word.checked_sub(n).and_then(|w| words.get(w)).copied().unwrap_or_default();
        if is(token, "CHECK")
            && let Some((table, _)) = table
            && !is(before(2), "CONSTRAINT")
        {
            // PostgreSQL's rule: the column is named when the check looks at only one.
            let rest = tokens.get(at..).unwrap_or_default();
            let seen: std::collections::BTreeSet<&str> = within_parentheses(rest)
                .iter()
                .copied()
                .filter(|t| columns.iter().any(|column| is(column, t)))
                .collect();
            let base = match seen.iter().collect::<Vec<_>>().as_slice() {
                [only] => format!("{table}_{only}_check"),
                _ => format!("{table}_check"),
            };
            let mut name = base.clone();
            let mut n = 0;
            while !names.insert(name.clone()) {
                n += 1;
                name = format!("{base}{n}");
            }
            out.push_str("CONSTRAINT ");
            out.push_str(&name);
            out.push(' ');
        }
        if is(token, "IN") && table.is_some() && is(before(3), "CHECK") {
            // SQLite fills a temporary table with the list for each row it checks; comparisons cost nothing.
            let rest = tokens.get(at..).unwrap_or_default();
            let list = within_parentheses(rest);
            let values = list.iter().filter(|t| !t.trim().is_empty() && **t != ",");
            let same: Vec<String> = values.map(|value| format!("= {value}")).collect();
            out.push_str(&same.join(&format!(" OR {} ", before(1))));
            skip = rest.iter().position(|t| *t == "(").map_or(0, |open| open + list.len() + 1);
            word += 1;
            continue;
        }
        if token == ";" && table.is_some_and(|(_, creates)| creates) {
            out.push_str(" STRICT");
        }
        let next = words.get(word + 1).copied().unwrap_or_default();
        out.push_str(match token.to_ascii_uppercase().as_str() {
            "BIGINT" | "BOOLEAN" => "INTEGER",
            "BYTEA" => "BLOB",
            "DOUBLE" if is(next, "PRECISION") => "REAL",
            "PRECISION" if is(before(1), "DOUBLE") => "",
            _ => token,
        });
        word += 1;
    }
}

/// The tokens of the first pair of parentheses.
fn within_parentheses<'t, 's>(tokens: &'t [&'s str]) -> &'t [&'s str] {
    let Some(start) = tokens.iter().position(|t| *t == "(") else { return &[] };
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match *token {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return tokens.get(start + 1..at).unwrap_or_default();
        }
    }
    &[]
}

/// The columns a statement defines: the first word of each part of `CREATE TABLE`, or the added one.
fn columns_of<'s>(tokens: &[&'s str]) -> Vec<&'s str> {
    let mut out = Vec::new();
    match table_of(tokens) {
        Some((_, true)) => {
            let (mut depth, mut first) = (0, true);
            for token in within_parentheses(tokens).iter().copied().filter(|t| !t.trim().is_empty()) {
                match token {
                    "(" => depth += 1,
                    ")" => depth -= 1,
                    "," if depth == 0 => {
                        first = true;
                        continue;
                    }
                    _ => {}
                }
                if std::mem::take(&mut first)
                    && !["CONSTRAINT", "CHECK", "PRIMARY", "UNIQUE", "FOREIGN"].iter().any(|w| is(token, w))
                {
                    out.push(token);
                }
            }
        }
        Some((_, false)) => {
            let mut words =
                tokens.iter().copied().filter(|t| !t.trim().is_empty()).skip_while(|t| !is(t, "ADD")).skip(1);
            out.extend(words.find(|t| !is(t, "COLUMN")));
        }
        None => {}
    }
    out
}

/// FNV-1a of the text without white space at line ends.
fn checksum(sql: &str) -> i64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for line in sql.lines() {
        for byte in line.trim_end().bytes().chain([b'\n']) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    i64::from_ne_bytes(hash.to_ne_bytes())
}

/// What is to be done about one migration, given what the book says.
fn decide(one: &Migration, booked: Option<i64>) -> Result<bool, DbError> {
    match booked {
        None => Ok(true),
        Some(sum) if sum == checksum(one.sql) => Ok(false),
        Some(_) => Err(DbError::Inconsistent(format!(
            "migration {}/{} was changed after it had been applied to this database",
            one.room, one.number
        ))),
    }
}

fn newer(known: &[Migration], room: &str, number: i64) -> Result<(), DbError> {
    if known.iter().any(|one| one.room == room && one.number == number) {
        return Ok(());
    }
    Err(DbError::Unavailable(format!(
        "the database holds migration {room}/{number}, which this program does not know: it is newer than the program"
    )))
}

/// Applies what is missing, in one transaction.
///
/// # Errors
/// When the database cannot be reached, is newer than this program, or a step fails.
pub fn run(config: &Config, migrations: &[Migration], now: Timestamp) -> Result<(), DbError> {
    match config {
        Config::Sqlite { path, .. } => run_sqlite(path, migrations, now),
        Config::Postgres { url, schema, .. } => aside(|| {
            let mut conn = PgConn::connect(url, schema.as_deref())?;
            let result = run_pg(&mut conn, schema.as_deref(), migrations, now);
            conn.close();
            result
        }),
    }
}

/// The migration and its entry in the book.
fn script(one: &Migration, sql: &str, now: Timestamp) -> String {
    let sum = checksum(one.sql);
    format!(
        "{sql}\nINSERT INTO schema_migration (room, number, checksum, applied_at) VALUES ('{}', {}, {sum}, {});",
        one.room, one.number, now.0
    )
}

fn run_sqlite(path: &std::path::Path, migrations: &[Migration], now: Timestamp) -> Result<(), DbError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|e| DbError::Unavailable(format!("{}: {e}", folder.display())))?;
    }
    let mut conn = sqlite::connect(path, false)?;
    let fail = |e: rusqlite::Error| DbError::Unavailable(format!("{}: {e}", path.display()));
    // The lock makes a second program wait until the first has finished.
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(fail)?;
    tx.execute_batch(&for_sqlite(&format!("{BOOK};"))).map_err(fail)?;
    let mut booked = std::collections::BTreeMap::new();
    {
        let mut all = tx.prepare("SELECT room, number, checksum FROM schema_migration").map_err(fail)?;
        let mut rows = all.query([]).map_err(fail)?;
        while let Some(row) = rows.next().map_err(fail)? {
            let room: String = row.get(0).map_err(fail)?;
            let number: i64 = row.get(1).map_err(fail)?;
            newer(migrations, &room, number)?;
            booked.insert((room, number), row.get::<_, i64>(2).map_err(fail)?);
        }
    }
    for one in migrations {
        if decide(one, booked.get(&(one.room.to_owned(), one.number)).copied())? {
            tx.execute_batch(&script(one, &for_sqlite(one.sql), now))
                .map_err(|e| DbError::Unavailable(format!("migration {}/{}: {e}", one.room, one.number)))?;
        }
    }
    tx.commit().map_err(fail)
}

fn run_pg(
    conn: &mut PgConn,
    schema: Option<&str>,
    migrations: &[Migration],
    now: Timestamp,
) -> Result<(), DbError> {
    let mut collation = String::new();
    conn.run(
        "SELECT CAST(datcollate AS TEXT) FROM pg_database WHERE datname = current_database()",
        &[],
        &mut |row| {
            collation = row.get(0)?;
            Ok(())
        },
    )?;
    if !matches!(collation.as_str(), "C" | "POSIX" | "C.UTF-8" | "C.utf8") {
        return Err(DbError::Unavailable(format!(
            "the PostgreSQL database sorts by {collation:?}; create it with LC_COLLATE 'C' (TEMPLATE template0)"
        )));
    }
    // Asked for first, because a node may lack the right to create what exists already. What is created
    // is tried again, because another node may create it at the same moment.
    let mut home = false;
    conn.run("SELECT current_schema() IS NOT NULL", &[], &mut |row| {
        home = row.get(0)?;
        Ok(())
    })?;
    let mut again = |text: &str| conn.batch(text).or_else(|_| conn.batch(text));
    match schema {
        Some(schema) if !home => again(&format!("CREATE SCHEMA IF NOT EXISTS {schema}"))?,
        _ => {}
    }
    again(BOOK)?;
    let mut booked = std::collections::BTreeMap::new();
    // The lock makes a second node wait until the first has finished.
    conn.batch("BEGIN; LOCK TABLE schema_migration IN EXCLUSIVE MODE")?;
    let mut strange = Ok(());
    conn.run("SELECT room, number, checksum FROM schema_migration", &[], &mut |row| {
        let (room, number): (String, i64) = (row.get(0)?, row.get(1)?);
        if strange.is_ok() {
            strange = newer(migrations, &room, number);
        }
        booked.insert((room, number), row.get::<i64>(2)?);
        Ok(())
    })?;
    strange?;
    for one in migrations {
        if decide(one, booked.get(&(one.room.to_owned(), one.number)).copied())? {
            conn.batch(&script(one, one.sql, now))
                .map_err(|e| DbError::Unavailable(format!("migration {}/{}: {e}", one.room, one.number)))?;
        }
    }
    conn.batch("COMMIT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_gets_its_types_strict_tables_and_postgres_names() {
        let got = for_sqlite(
            "CREATE TABLE t ( -- a comment; with BIGINT
                id BIGINT PRIMARY KEY, a TEXT NOT NULL DEFAULT 'BIGINT -- no' CHECK (a <> ''),
                b BOOLEAN CHECK (length(a) > 1), c DOUBLE PRECISION CONSTRAINT mine CHECK (c > 0),
                CHECK (a <> 'x' OR c > 1), CHECK (id > 0), d BYTEA, CHECK (length(a) > 2),
                s TEXT NOT NULL CHECK (s IN ('a', 'b, c',
                    'd')), f BIGINT);
            CREATE INDEX t_idx ON t (a);
            ALTER TABLE t ADD COLUMN e BIGINT NOT NULL DEFAULT 0 CHECK (e >= 0);",
        );
        for part in [
            "id INTEGER PRIMARY KEY",
            "DEFAULT 'BIGINT -- no' CONSTRAINT t_a_check CHECK (a <> '')",
            "b INTEGER CONSTRAINT t_a_check1 CHECK (length(a) > 1)",
            "c REAL  CONSTRAINT mine CHECK",
            "CONSTRAINT t_check CHECK (a <> 'x' OR c > 1)",
            "CONSTRAINT t_id_check CHECK (id > 0)",
            "d BLOB, CONSTRAINT t_a_check2 CHECK (length(a) > 2),",
            "s TEXT NOT NULL CONSTRAINT t_s_check CHECK (s = 'a' OR s = 'b, c' OR s = 'd'), f INTEGER) STRICT;",
            "ON t (a);",
            "DEFAULT 0 CONSTRAINT t_e_check CHECK (e >= 0);",
        ] {
            assert!(got.contains(part), "{part} is missing in {got}");
        }
    }
}
