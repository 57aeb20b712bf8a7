//! The rows of files that are kept beside the database ([`blobs`], ADR 0020), and the regular job that removes what no
//! row names any more.

use axum::http::HeaderValue;
use blobs::{BlobError, Blobs, Hash, Kept, Source};
use db::{Db, DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{Error, Fault, Timestamp};
use ui::room::JobRun;
use ui::{Answer, App, JobKind};

/// What nobody refers to is kept for so long: units of work that are still under way, backups that are just being
/// made, and a change of mind.
pub const GRACE_MS: i64 = 86_400_000;
/// How often the store is gone through.
const EVERY_MS: i64 = 86_400_000;
/// Files looked at in one question.
const CHUNK: usize = 500;
/// Setting that says when the store was last gone through.
const SWEPT: &str = "files_swept";

row! {
    /// A file that counts.
    pub struct StoredFile { name: String, kind: String, bytes: i64, hash: Vec<u8> }
}

impl StoredFile {
    /// Its hash, as the store wants it.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.hash.as_slice().try_into().unwrap_or_default()
    }
}

/// A failure of the store, as units of work and handlers know failures.
#[must_use]
pub fn fault(error: &BlobError) -> Error {
    match error {
        BlobError::Key(_) => Error::bug(error.to_string()),
        _ => Error::Fault(Fault::Unavailable(error.to_string())),
    }
}

/// Puts bytes into the store; they count once [`keep`] was called in a unit of work. Blocks.
///
/// # Errors
/// Of the store.
pub fn put(store: &Blobs, name: &str, bytes: &[u8]) -> Result<Kept, Error> {
    store.put(name, Source::Bytes(bytes)).map_err(|error| fault(&error))
}

/// Largest picture that is shown, in bytes.
const SHOWN_MAX: u64 = 8 << 20;

/// A kept picture as an answer. `known`: the tag of the one that the browser has.
///
/// # Errors
/// Of the store.
pub async fn answer(app: &App, file: StoredFile, known: Option<HeaderValue>) -> Result<Answer, Error> {
    let tag: String = file.hash.iter().take(16).map(|b| format!("{b:02x}")).collect();
    let kind = if file.kind == "image/png" { "image/png" } else { "image/jpeg" };
    let store = app.blobs.clone();
    let read = move || store.read(&file.name, &file.hash(), SHOWN_MAX);
    let bytes = tokio::task::spawn_blocking(read).await.map_err(|error| Error::bug(error.to_string()))?;
    let bytes = bytes.map_err(|error| fault(&error))?;
    Ok(ui::answer::picture(kind, &tag, known.as_ref(), bytes))
}

/// Makes a file count that was put before. `kind`: its media type.
///
/// # Errors
/// Of the database.
pub fn keep(tx: &mut WriteTx<'_>, name: &str, kind: &str, kept: &Kept) -> Result<(), DbError> {
    let (now, bytes) = (tx.now(), i64::try_from(kept.bytes).unwrap_or(i64::MAX));
    tx.exec_one(
        sql!("INSERT INTO stored_file (name, kind, bytes, hash, created_at) VALUES ($1, $2, $3, $4, $5)"),
        args![name, kind, bytes, kept.hash, now],
    )
}

/// Nobody refers to a file any more: it goes after a day.
///
/// # Errors
/// Of the database.
pub fn forget(tx: &mut WriteTx<'_>, name: &str) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!("UPDATE stored_file SET gone_at = $2 WHERE name = $1 AND gone_at IS NULL"),
        args![name, now],
    )?;
    Ok(())
}

/// A file that counts.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, name: &str) -> Result<Option<StoredFile>, DbError> {
    tx.first(
        sql!("SELECT name, kind, bytes, hash FROM stored_file WHERE name = $1 AND gone_at IS NULL"),
        args![name],
    )
}

/// Files that count, in the order of their names after `after`.
///
/// # Errors
/// Of the database.
pub fn all(tx: &mut ReadTx<'_>, after: &str, limit: i64) -> Result<Vec<StoredFile>, DbError> {
    tx.all(
        sql!(
            "SELECT name, kind, bytes, hash FROM stored_file WHERE name > $1 AND gone_at IS NULL
             ORDER BY name LIMIT $2"
        ),
        args![after, limit],
    )
}

/// How many files count, and their bytes.
///
/// # Errors
/// Of the database.
pub fn count(tx: &mut ReadTx<'_>) -> Result<(i64, i64), DbError> {
    tx.one(
        sql!(
            "SELECT count(*), CAST(COALESCE(sum(bytes), 0) AS BIGINT) FROM stored_file WHERE gone_at IS NULL"
        ),
        args![],
    )
}

/// What a sweep removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Files that were given up.
    pub gone: usize,
    /// Files that never counted: their unit of work failed, or the process ended in between.
    pub orphans: usize,
}

/// Goes through the store: removes what was given up or never counted, more than a day ago. Blocks.
///
/// # Errors
/// Of the store or the database; what was removed by then stays removed, and the rest is found again.
pub fn sweep(db: &Db, store: &Blobs) -> Result<Swept, Error> {
    let before = Timestamp(db.ctx().clock.now().0 - GRACE_MS);
    let mut swept = Swept::default();
    loop {
        let names: Vec<(String,)> = db.read_blocking(move |tx| {
            tx.all(
                sql!(
                    "SELECT name FROM stored_file WHERE gone_at IS NOT NULL AND gone_at < $1 ORDER BY gone_at, name
                     LIMIT 500"
                ),
                args![before],
            )
        })?;
        if names.is_empty() {
            break;
        }
        swept.gone += names.len();
        for (name,) in &names {
            // The file first: a row without it would be found again, a file without a row is an orphan.
            store.delete(name).map_err(|error| fault(&error))?;
        }
        db.write_blocking(move |tx| {
            for (name,) in &names {
                tx.exec(
                    sql!("DELETE FROM stored_file WHERE name = $1 AND gone_at < $2"),
                    args![name, before],
                )?;
            }
            Ok::<_, Error>(())
        })?;
    }
    let mut old: Vec<String> = Vec::new();
    let mut failed = None;
    let mut flush = |old: &mut Vec<String>| match orphans(db, store, std::mem::take(old)) {
        Ok(n) => swept.orphans += n,
        Err(error) => failed = Some(error),
    };
    store
        .list("", &mut |entry| {
            if entry.modified_ms < before.0 {
                old.push(entry.key);
                if old.len() >= CHUNK {
                    flush(&mut old);
                }
            }
        })
        .map_err(|error| fault(&error))?;
    flush(&mut old);
    store.tidy(before.0).map_err(|error| fault(&error))?;
    match failed {
        Some(error) => Err(error),
        None => Ok(swept),
    }
}

/// Removes those of these files that no row names.
fn orphans(db: &Db, store: &Blobs, names: Vec<String>) -> Result<usize, Error> {
    let Some((first, rest)) = names.split_first() else { return Ok(0) };
    let mut asked = Query::new("SELECT name FROM stored_file WHERE name IN (");
    asked.with("{}", &[first]);
    for name in rest {
        asked.with(", {}", &[name]);
    }
    asked.push(")");
    let known: Vec<(String,)> = db.read_blocking(move |tx| tx.list(&asked))?;
    let mut removed = 0;
    for name in names {
        if !known.iter().any(|(one,)| *one == name) {
            store.delete(&name).map_err(|error| fault(&error))?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// Long work of this subject.
pub const JOBS: &[JobKind] = &[JobKind { kind: "files.sweep", run }];

fn run(job: &JobRun) -> Result<String, Error> {
    tidy(&job.app);
    let swept = sweep(job.db(), &job.app.blobs)?;
    if swept != Swept::default() {
        tracing::info!(gone = swept.gone, orphans = swept.orphans, "files were removed");
    }
    Ok(format!("{} {}", swept.gone, swept.orphans))
}

/// Removes uploads that a process left behind when it ended in the middle of a request.
fn tidy(app: &App) {
    for folder in ["photo", "emblem"] {
        let entries = std::fs::read_dir(app.settings.files.join(folder)).into_iter().flatten().flatten();
        for entry in entries {
            let age = entry.metadata().and_then(|meta| meta.modified()).map(|at| at.elapsed());
            if age.is_ok_and(|age| age.is_ok_and(|age| age.as_secs() > 86_400)) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

/// Regular work: once a day the store is gone through.
///
/// # Errors
/// Of the database.
pub fn tick(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    let now = tx.now();
    let last: Option<(String,)> =
        tx.first(sql!("SELECT value FROM setting WHERE name = $1"), args![SWEPT])?;
    let last = last.and_then(|(value,)| value.parse::<i64>().ok());
    if last.is_some_and(|last| now.0 - last < EVERY_MS) {
        return Ok(());
    }
    let (old, new) = (last.map_or_else(String::new, |last| last.to_string()), now.0.to_string());
    tx.exec(
        sql!("INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING"),
        args![SWEPT, old],
    )?;
    // One of several processes.
    let mine = tx
        .exec(sql!("UPDATE setting SET value = $2 WHERE name = $1 AND value = $3"), args![SWEPT, new, old])?;
    if mine == 1 {
        db::jobs::enqueue(tx, "files.sweep", "", None, now)?;
    }
    Ok(())
}
