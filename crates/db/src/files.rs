//! A whole city as documented files: a folder with one CSV file per table and `datapackage.json`, which says of every
//! file and column what it is (a Tabular Data Package of the Data Package standard), so that a city can leave, be read
//! by other programs, and come back.
//!
//! What the columns mean is taken from the comments of the migrations, so that it cannot be forgotten here. Everything
//! is written from one snapshot and read in one transaction; the description is written last and holds the size and
//! SHA-256 of each file, so that a folder that is not whole, or was altered, is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::copy::{CHUNK_BYTES, CHUNK_ROWS, Copied, Once, OwnedRead, empty, parents_first};
use crate::sql::Owned;
use crate::{Db, DbError, Migration, Query, ReadTx, WriteTx, row};

/// The description's name.
pub const DESCRIPTION: &str = "datapackage.json";
/// What stands for NULL; a text that begins with a backslash gets one more.
const NULL: &str = "\\N";
/// Folder of the tables.
const TABLES: &str = "tables";
/// Version of this layout.
const VERSION: u64 = 1;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Integer,
    Number,
    Boolean,
    String,
    /// Bytes as Base64. The standard calls it a string with this format.
    Binary,
}

impl Kind {
    fn of(declared: &str) -> Result<Self, DbError> {
        match declared.to_ascii_lowercase().as_str() {
            "bigint" | "integer" => Ok(Self::Integer),
            "double precision" | "real" => Ok(Self::Number),
            "boolean" => Ok(Self::Boolean),
            "text" => Ok(Self::String),
            "bytea" | "blob" => Ok(Self::Binary),
            other => Err(DbError::Bug(format!("no form for columns of type {other}"))),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Field {
    name: String,
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    description: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Schema {
    fields: Vec<Field>,
    missing_values: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Resource {
    name: String,
    path: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    description: String,
    profile: String,
    encoding: String,
    /// `sha256:` and the hexadecimal digits.
    hash: String,
    bytes: u64,
    rows: u64,
    schema: Schema,
}

#[derive(Debug, Serialize, Deserialize)]
struct Package {
    name: String,
    title: String,
    description: String,
    version: u64,
    /// Moment of the snapshot, RFC 3339.
    created: String,
    profile: String,
    resources: Vec<Resource>,
}

row! {
    struct Column { table_name: String, name: String, declared: String }
}

/// What the migrations say of a table beyond what the database knows.
#[derive(Debug, Default, PartialEq)]
struct Told {
    about: String,
    /// What comments say of its columns.
    columns: BTreeMap<String, String>,
    /// Columns that SQLite keeps as integers.
    booleans: BTreeSet<String>,
}

fn told(migrations: &[Migration]) -> BTreeMap<String, Told> {
    let mut out: BTreeMap<String, Told> = BTreeMap::new();
    for migration in migrations {
        let (mut said, mut open) = (String::new(), None::<String>);
        for line in migration.sql.lines() {
            let line = line.trim();
            if let Some(comment) = line.strip_prefix("--") {
                if !said.is_empty() {
                    said.push(' ');
                }
                said.push_str(comment.trim());
                continue;
            }
            let said = std::mem::take(&mut said);
            let word = |n: usize| line.split_whitespace().nth(n).unwrap_or_default();
            let (table, column, kind) = if line.starts_with("CREATE TABLE") {
                out.entry(word(2).to_owned()).or_default().about = said;
                open = Some(word(2).to_owned());
                continue;
            } else if line.starts_with("ALTER TABLE") && line.contains(" ADD COLUMN ") {
                (word(2), word(5), word(6))
            } else if let (Some(table), false) = (&open, line.starts_with(')')) {
                (table.as_str(), word(0), word(1))
            } else {
                open = None;
                continue;
            };
            let told = out.entry(table.to_owned()).or_default();
            if kind.trim_end_matches([',', ';']) == "BOOLEAN" {
                told.booleans.insert(column.to_owned());
            }
            if !said.is_empty() {
                told.columns.insert(column.to_owned(), said);
            }
        }
    }
    out
}

/// What a name says by itself: the conventions of all tables.
fn by_name(name: &str) -> &'static str {
    if name.ends_with("_at") {
        "milliseconds since 1970-01-01 00:00 UTC"
    } else if name.ends_with("_on") {
        "days since 1970-01-01, a day of the city's calendar"
    } else if name.ends_with("_enc") {
        "encrypted with the key file"
    } else if name.ends_with("_hash") || name.ends_with("_index") {
        "a keyed digest: the value cannot be read from it"
    } else if name == "minutes" || name.ends_with("_minutes") {
        "minutes"
    } else {
        ""
    }
}

/// Writes all rows of the city into `folder`, which must be empty or not exist. Files are readable by their owner alone.
/// Returns the number of rows by table.
///
/// # Errors
/// When the folder is not empty or cannot be written, or of the database.
pub async fn write(db: &Db, migrations: &[Migration], folder: &Path) -> Result<Copied, DbError> {
    if fs::read_dir(folder).is_ok_and(|mut there| there.next().is_some()) {
        return Err(DbError::Inconsistent(format!("{} is not empty", folder.display())));
    }
    private_folder(&folder.join(TABLES))?;
    let kind = db.kind();
    let tables = tables(db, &told(migrations)).await?;
    let (target, once) = (folder.to_owned(), Once::default());
    let resources = db
        .read(move |tx| {
            once.check()?;
            let at = tx.now();
            let all = tables
                .iter()
                .map(|one| write_table(tx, &target, one, kind))
                .collect::<Result<Vec<_>, _>>()?;
            Ok::<_, DbError>((at, all))
        })
        .await?;
    let (at, resources) = resources;
    let copied = resources.iter().map(|one| (one.name.clone(), one.rows)).collect();
    let package = Package {
        name: "linli-city".to_owned(),
        title: "A city of Linli 邻里".to_owned(),
        description: format!(
            "Every table of one city, as of one moment. One CSV file (RFC 4180, UTF-8) per table. {NULL} stands for no \
             value; a text that begins with a backslash has one more in front; bytes are Base64. Numbers named id or \
             …_id point at rows of the table so named (org, person, activity, session, …). `linli import city` reads \
             this folder into an empty database; what is encrypted needs the key file, which is not here."
        ),
        version: VERSION,
        created: format!("{}+08:00", at.local()),
        profile: "tabular-data-package".to_owned(),
        resources,
    };
    let text = serde_json::to_vec_pretty(&package).map_err(|e| DbError::Bug(e.to_string()))?;
    let path = folder.join(DESCRIPTION);
    let mut file = private(&path)?;
    file.write_all(&text).and_then(|()| file.sync_all()).map_err(|e| on(&path, &e))?;
    Ok(copied)
}

/// The tables with their columns, parents first, without those that belong to the program and not to the city.
async fn tables(
    db: &Db,
    told: &BTreeMap<String, Told>,
) -> Result<Vec<(String, String, Vec<Field>)>, DbError> {
    let sqlite = db.kind() == "sqlite";
    let columns: Vec<Column> = db
        .read(move |tx| {
            tx.list(&Query::new(if sqlite {
                "SELECT m.name, c.name, c.type FROM sqlite_master m JOIN pragma_table_info(m.name) c
                 WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid"
            } else {
                "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT)
                 FROM information_schema.columns WHERE table_schema = current_schema()
                 ORDER BY table_name, ordinal_position"
            }))
        })
        .await?;
    let mut found: BTreeMap<String, Vec<Field>> = BTreeMap::new();
    for column in columns {
        let of = told.get(&column.table_name);
        let said = of.and_then(|of| of.columns.get(&column.name)).map_or("", String::as_str);
        let boolean = of.is_some_and(|of| of.booleans.contains(&column.name));
        let usual = by_name(&column.name);
        let between = if said.is_empty() || usual.is_empty() { "" } else { "; " };
        found.entry(column.table_name).or_default().push(Field {
            description: format!("{said}{between}{usual}"),
            name: column.name,
            kind: if boolean { Kind::Boolean } else { Kind::of(&column.declared)? },
        });
    }
    let shape =
        found.iter().map(|(name, fields)| (name.clone(), fields.iter().map(|f| f.name.clone()).collect()));
    let order = parents_first(db, &shape.collect()).await?;
    let own = |name: &String| name != "schema_migration";
    Ok(order
        .into_iter()
        .filter(own)
        .filter_map(|name| {
            let said = told.get(&name).map(|of| of.about.clone()).unwrap_or_default();
            found.remove(&name).map(|fields| (name, said, fields))
        })
        .collect())
}

fn write_table(
    tx: &mut ReadTx<'_>,
    folder: &Path,
    (name, said, fields): &(String, String, Vec<Field>),
    kind: &'static str,
) -> Result<Resource, DbError> {
    let path = table(folder, name);
    let mut out = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Hashing::new(BufWriter::new(private(&path)?)));
    let bad = |error: csv::Error| DbError::Unavailable(format!("{}: {error}", path.display()));
    out.write_record(fields.iter().map(|field| field.name.as_str())).map_err(bad)?;
    let columns: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    let select = Query::of_names(format!("SELECT {} FROM {name} ORDER BY 1", columns.join(", ")));
    let (mut rows, mut line) = (0_u64, csv::StringRecord::new());
    tx.each_of(&select, |row| {
        line.clear();
        for (at, field) in fields.iter().enumerate() {
            let OwnedRead(value) = row.get(at)?;
            line.push_field(&text_of(value, field.kind));
        }
        rows += 1;
        out.write_record(&line).map_err(bad)
    })?;
    let hashing = out.into_inner().map_err(|e| DbError::Unavailable(format!("{}: {e}", path.display())))?;
    let (bytes, hash) = hashing.done().map_err(|e| on(&path, &e))?;
    tracing::debug!(table = name, rows, kind, "a table was written");
    Ok(Resource {
        name: name.clone(),
        path: format!("{TABLES}/{name}.csv"),
        description: said.clone(),
        profile: "tabular-data-resource".to_owned(),
        encoding: "utf-8".to_owned(),
        hash: format!("sha256:{hash}"),
        bytes,
        rows,
        schema: Schema { fields: fields.clone(), missing_values: vec![NULL.to_owned()] },
    })
}

fn text_of(value: Owned, kind: Kind) -> String {
    match value {
        Owned::Null => NULL.to_owned(),
        Owned::Int(number) if kind == Kind::Boolean => (number != 0).to_string(),
        Owned::Int(number) => number.to_string(),
        Owned::Real(number) => number.to_string(),
        Owned::Bool(yes) => yes.to_string(),
        Owned::Text(text) if text.starts_with('\\') => format!("\\{text}"),
        Owned::Text(text) => text,
        Owned::Bytes(bytes) => BASE64.encode(bytes),
    }
}

fn value_of(text: &str, kind: Kind) -> Option<Owned> {
    if text == NULL {
        return Some(Owned::Null);
    }
    Some(match kind {
        Kind::Integer => Owned::Int(text.parse().ok()?),
        Kind::Number => Owned::Real(text.parse().ok()?),
        Kind::Boolean => Owned::Bool(text.parse().ok()?),
        Kind::String => Owned::Text(text.strip_prefix('\\').unwrap_or(text).to_owned()),
        Kind::Binary => Owned::Bytes(BASE64.decode(text).ok()?),
    })
}

/// The file of a table.
#[must_use]
pub fn table(folder: &Path, name: &str) -> PathBuf {
    folder.join(TABLES).join(format!("{name}.csv"))
}

/// Reads a folder that [`write`] made into a database that holds the same tables, freshly migrated and empty: all of it
/// or nothing. Returns the number of rows by table.
///
/// # Errors
/// When a file is missing, altered or unreadable (which, and in which line), the tables differ, the database is not
/// empty, or of the database.
pub async fn read(folder: &Path, migrations: &[Migration], db: &Db) -> Result<Copied, DbError> {
    let path = folder.join(DESCRIPTION);
    let text = fs::read(&path).map_err(|e| on(&path, &e))?;
    let package: Package = serde_json::from_slice(&text)
        .map_err(|e| DbError::Inconsistent(format!("{}: {e}", path.display())))?;
    if package.name != "linli-city" || package.version != VERSION {
        return Err(DbError::Inconsistent(format!(
            "{}: not a city as this program writes it (version {VERSION})",
            path.display()
        )));
    }
    let here = tables(db, &told(migrations)).await?;
    let there: BTreeMap<&str, &Resource> =
        package.resources.iter().map(|one| (one.name.as_str(), one)).collect();
    let names = |fields: &[Field]| fields.iter().map(|f| (f.name.clone(), f.kind)).collect::<Vec<_>>();
    let mut differ: Vec<&str> = here
        .iter()
        .filter(|(name, _, fields)| {
            there.get(name.as_str()).is_none_or(|one| names(&one.schema.fields) != names(fields))
        })
        .map(|(name, ..)| name.as_str())
        .collect();
    differ.extend(there.keys().filter(|name| !here.iter().any(|(one, ..)| one == *name)));
    if !differ.is_empty() {
        return Err(DbError::Inconsistent(format!(
            "the tables differ in {differ:?}: the folder was written by another version of the program"
        )));
    }
    let resources: Vec<Resource> =
        here.iter().filter_map(|(name, ..)| there.get(name.as_str()).map(|one| (*one).clone())).collect();
    let (folder, once) = (folder.to_owned(), Once::default());
    db.write(move |tx| {
        once.check()?;
        for one in &resources {
            empty(tx, &one.name)?;
        }
        tx.defer_constraints()?;
        let mut copied = Copied::new();
        for one in &resources {
            copied.insert(one.name.clone(), read_table(tx, &folder, one)?);
        }
        Ok::<_, DbError>(copied)
    })
    .await
}

fn read_table(tx: &mut WriteTx<'_>, folder: &Path, one: &Resource) -> Result<u64, DbError> {
    // Not as the description says: a path must not lead out of the folder.
    let path = table(folder, &one.name);
    let altered = |what: &str| DbError::Inconsistent(format!("{}: {what}", path.display()));
    let file = File::open(&path).map_err(|e| on(&path, &e))?;
    let fields = &one.schema.fields;
    let columns = fields.iter().map(|f| f.name.as_str()).collect::<Vec<_>>().join(", ");
    let mut hashing = Hashing::new(BufReader::new(file));
    let mut rows = 0_u64;
    {
        let mut csv = csv::ReaderBuilder::new().from_reader(&mut hashing);
        let heads = csv.headers().map_err(|e| altered(&e.to_string()))?;
        if !heads.iter().eq(fields.iter().map(|f| f.name.as_str())) {
            return Err(altered("other columns than described"));
        }
        let (mut chunk, mut bytes) = (Vec::new(), 0);
        let mut line = csv::StringRecord::new();
        while csv.read_record(&mut line).map_err(|e| altered(&e.to_string()))? {
            let mut values = Vec::with_capacity(fields.len());
            for (text, field) in line.iter().zip(fields) {
                bytes += text.len() + 8;
                values.push(value_of(text, field.kind).ok_or_else(|| {
                    let at = line.position().map_or(0, csv::Position::line);
                    altered(&format!("line {at}: {} is no {:?}: {text:?}", field.name, field.kind))
                })?);
            }
            chunk.push(values);
            rows += 1;
            if chunk.len() >= CHUNK_ROWS || bytes >= CHUNK_BYTES {
                bytes = 0;
                tx.copy_in(&one.name, &columns, fields.len(), &std::mem::take(&mut chunk))?;
            }
        }
        if !chunk.is_empty() {
            tx.copy_in(&one.name, &columns, fields.len(), &chunk)?;
        }
    }
    let (_, hash) = hashing.done().map_err(|e| on(&path, &e))?;
    if rows != one.rows || one.hash != format!("sha256:{hash}") {
        return Err(altered("altered since it was written"));
    }
    Ok(rows)
}

fn on(path: &Path, error: &io::Error) -> DbError {
    DbError::Unavailable(format!("{}: {error}", path.display()))
}

/// Makes a folder that nobody but its owner can read, and those above it.
///
/// # Errors
/// When it cannot be made.
pub fn private_folder(path: &Path) -> Result<(), DbError> {
    #[cfg(unix)]
    use std::os::unix::fs::DirBuilderExt as _;
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    builder.create(path).map_err(|e| on(path, &e))
}

/// Begins a file that nobody but its owner can read.
///
/// # Errors
/// When it is there already or cannot be made.
pub fn private(path: &Path) -> Result<File, DbError> {
    #[cfg(unix)]
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    options.open(path).map_err(|e| on(path, &e))
}

/// Counts and hashes what passes through.
struct Hashing<T> {
    inner: T,
    bytes: u64,
    hash: Sha256,
}

impl<T> Hashing<T> {
    fn new(inner: T) -> Self {
        Self { inner, bytes: 0, hash: Sha256::new() }
    }

    fn saw(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.hash.update(bytes);
    }

    fn end(self) -> (u64, String) {
        let digits = self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        (self.bytes, digits)
    }
}

impl Hashing<BufWriter<File>> {
    fn done(self) -> io::Result<(u64, String)> {
        let Self { inner, bytes, hash } = self;
        inner.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        Ok(Hashing { inner: (), bytes, hash }.end())
    }
}

impl Hashing<BufReader<File>> {
    /// Reads what is left, too.
    fn done(mut self) -> io::Result<(u64, String)> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(self.end())
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(buffer)?;
        self.saw(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.saw(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn comments_of_migrations_describe_tables_and_columns() {
        let sql = "-- A person.\n-- Kept for years.\nCREATE TABLE person (\n    id BIGINT PRIMARY KEY,\n    -- as said\n    \
                   name TEXT NOT NULL,\n    PRIMARY KEY (id)\n);\n-- later\nALTER TABLE person ADD COLUMN guard BOOLEAN;\n\
                   -- no column\nCREATE INDEX person_idx ON person (name);\n";
        let found = told(&[Migration { room: "test", number: 1, sql }]);
        let person = &found["person"];
        assert_eq!(person.about, "A person. Kept for years.");
        assert_eq!(person.columns["name"], "as said");
        assert_eq!(person.columns["guard"], "later");
        assert_eq!(person.columns.len(), 2);
        assert!(person.booleans.contains("guard") && person.booleans.len() == 1);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(text in ".*", number: i64, real in -1e300..1e300_f64, yes: bool, bytes: Vec<u8>) {
            for (value, kind) in [
                (Owned::Text(text), Kind::String),
                (Owned::Int(number), Kind::Integer),
                (Owned::Real(real), Kind::Number),
                (Owned::Bool(yes), Kind::Boolean),
                (Owned::Bytes(bytes), Kind::Binary),
                (Owned::Null, Kind::String),
                (Owned::Text("\\N".to_owned()), Kind::String),
            ] {
                let shown = format!("{value:?}");
                let back = value_of(&text_of(value, kind), kind).unwrap();
                prop_assert_eq!(shown, format!("{:?}", back));
            }
        }
    }
}
