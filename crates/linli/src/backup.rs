//! Backups (X16): one encrypted file that holds the whole database as of one moment, made while the city is
//! served, read back before it counts; made by hand (`linli backup`) or on a schedule; and the way back
//! (`linli restore`).
//!
//! Inside is always a SQLite database, compressed, whatever the city runs on, so that a backup restores into
//! either kind; behind it the files of the data folder ([`crate::enclosed`]). It is encrypted under a key derived from the master key. **The key file is not inside**: a
//! stolen backup tells nothing, and a backup without the key file, which is kept elsewhere, is lost.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use db::{Db, ReadTx, WriteTx, args, sql};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use kernel::{Actor, Error, IdGen, SystemClock, Timestamp};
use ui::App;
use vault::{KeyRing, OpenReader, SealWriter, SystemRandom};

use crate::config::Config;
use crate::jobs::Stop;
use crate::{Failure, enclosed, open, rooms};

/// Ending of the files.
const ENDING: &str = "backup";
/// Bytes moved at once.
const PIECE: usize = 1 << 18;
static SERIAL: AtomicU32 = AtomicU32::new(0);

/// A backup that was written and read back.
#[derive(Debug, Clone)]
pub struct Written {
    /// Where it is.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// The moment it holds.
    pub at: Timestamp,
    /// Files inside, beside the database.
    pub files: usize,
    /// Files that the database names and that could not be read; `linli doctor` looks into it.
    pub missing: usize,
}

/// A file (with SQLite's companions) that is removed unless it was kept.
struct Passing(PathBuf);

impl Passing {
    /// A new, empty file that only its owner can read, with a name no other process uses.
    fn new(folder: &Path, name: &str) -> io::Result<Self> {
        let n = SERIAL.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!(".{name}.{}-{n}.part", std::process::id()));
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(Self(path))
    }

    fn write(&self) -> io::Result<File> {
        fs::OpenOptions::new().write(true).truncate(true).open(&self.0)
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
        for tail in ["-wal", "-shm", "-journal"] {
            let mut name = self.0.clone().into_os_string();
            name.push(tail);
            let _ = fs::remove_file(PathBuf::from(name));
        }
    }
}

/// Says which path an error is about.
fn at<'p, E: std::fmt::Display>(path: &'p Path) -> impl Fn(E) -> Failure + 'p {
    move |error| format!("{}: {error}", path.display()).into()
}

/// The folder a file lies in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a rename durable.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// `linli-20260305-093000.backup`, in local time.
#[must_use]
pub fn file_name(at: Timestamp) -> String {
    let t = at.local();
    let day = format!("{:04}{:02}{:02}", t.year(), t.month(), t.day());
    format!("linli-{day}-{:02}{:02}{:02}.{ENDING}", t.hour(), t.minute(), t.second())
}

/// Writes a backup of an open database. `to` is the new file, or a folder that gets a file named after the
/// moment. Nothing is left when it fails, and nothing is ever written over.
///
/// # Errors
/// When the key file cannot be read, `to` exists, a disk is full, or what was written does not read back.
pub fn write(config: &Config, db: &Db, to: &Path) -> Result<Written, Failure> {
    let ring = KeyRing::load(&config.key_file)?;
    let now = db.ctx().clock.now();
    let path = if to.is_dir() { to.join(file_name(now)) } else { to.to_owned() };
    if path.exists() {
        return Err(
            format!("{} exists already; a backup is never written over another", path.display()).into()
        );
    }
    let folder = folder_of(&path);
    fs::create_dir_all(&config.data).map_err(at(&config.data))?;
    // Beside the data, not beside the backup: it is not encrypted.
    let plain = Passing::new(&config.data, "backup").map_err(at(&config.data))?;
    match &config.db {
        db::Config::Sqlite { path, .. } => db::snapshot(path, &plain.0)?,
        db::Config::Postgres { .. } => copy_out(db, &plain.0)?,
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let part = Passing::new(folder, &name).map_err(at(folder))?;
    // After the database: what it names is there, and stays for a day after nobody names it any more.
    let there = enclosed::gather(config, db)?;
    let counted = seal(&plain.0, &part, &ring, now, &there).map_err(at(&path))?;
    same(&plain.0, &part.0, &ring, counted.written).map_err(at(&path))?;
    fs::rename(&part.0, &path).map_err(at(&path))?;
    sync_folder(folder).map_err(at(folder))?;
    let bytes = path.metadata().map_err(at(&path))?.len();
    Ok(Written { path, bytes, at: now, files: counted.written, missing: counted.missing })
}

/// A city on PostgreSQL, read in one snapshot, as a SQLite file.
fn copy_out(from: &Db, to: &Path) -> Result<(), Failure> {
    let rooms = rooms::all();
    let target = db::Config::Sqlite { path: to.to_owned(), readers: 1 };
    let into = open::database(&target, &rooms, Arc::new(SystemClock), IdGen::from_system()?, true)?;
    copy(from, &into)
}

fn copy(from: &Db, into: &Db) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(db::copy::copy(from, into))?;
    Ok(())
}

fn seal(
    plain: &Path,
    part: &Passing,
    ring: &KeyRing,
    now: Timestamp,
    there: &enclosed::There,
) -> io::Result<enclosed::Counted> {
    let mut random = SystemRandom::open().map_err(io::Error::other)?;
    let sealed = SealWriter::new(BufWriter::new(part.write()?), ring, &mut random, now.0)?;
    let mut zipped = GzEncoder::new(sealed, Compression::fast());
    io::copy(&mut BufReader::with_capacity(PIECE, File::open(plain)?), &mut zipped)?;
    let mut sealed = zipped.finish()?;
    let counted = enclosed::write(&mut sealed, there)?;
    let file = sealed.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok(counted)
}

/// What is inside: the compressed database, and behind its end the files.
type Opened = BufReader<OpenReader<BufReader<File>>>;

/// Opens a backup; with the moment it holds, UTC milliseconds.
fn opened(path: &Path, ring: &KeyRing) -> io::Result<(GzDecoder<Opened>, i64)> {
    let reader = OpenReader::new(BufReader::with_capacity(PIECE, File::open(path)?), ring)?;
    let made_at = reader.made_at();
    Ok((GzDecoder::new(BufReader::with_capacity(PIECE, reader)), made_at))
}

/// Fills as much of the buffer as there is.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut have = 0;
    while let Some(rest) = buffer.get_mut(have..).filter(|rest| !rest.is_empty()) {
        match from.read(rest)? {
            0 => break,
            n => have += n,
        }
    }
    Ok(have)
}

/// Reads a written backup from its disk and holds it against what it was made from; the files against the hashes
/// that were computed while they were read.
fn same(plain: &Path, sealed: &Path, ring: &KeyRing, files: usize) -> io::Result<()> {
    let mut want = File::open(plain)?;
    let (mut have, _) = opened(sealed, ring)?;
    let (mut one, mut two) = (vec![0; PIECE], vec![0; PIECE]);
    loop {
        let (a, b) = (fill(&mut want, &mut one)?, fill(&mut have, &mut two)?);
        if one.get(..a) != two.get(..b) {
            return Err(io::Error::other("what was written does not read back as it was"));
        }
        if a == 0 {
            // The decompressor stops at its own end; what follows are the files.
            return match enclosed::read(have.into_inner(), &mut |_, _| Ok(()))? {
                n if n == files => Ok(()),
                n => Err(io::Error::other(format!("{n} files read back of {files}"))),
            };
        }
    }
}

/// Where a backup is restored to.
#[derive(Debug, Clone)]
pub enum Into {
    /// A data folder without a database.
    Folder(PathBuf),
    /// A PostgreSQL database or schema without a city, and the data folder for its files.
    Database(db::Config, PathBuf),
}

impl Into {
    /// The data folder.
    fn data(&self) -> &Path {
        match self {
            Self::Folder(folder) | Self::Database(_, folder) => folder,
        }
    }
}

/// What was restored.
#[derive(Debug, Clone)]
pub struct Restored {
    /// The moment the city was restored as of.
    pub at: Timestamp,
    /// What the self-checks found; empty when all is well.
    pub differences: Vec<String>,
    /// Files that came back beside the database.
    pub files: usize,
}

/// Restores a backup into an empty place, brings its tables up to date, and runs all self-checks.
///
/// # Errors
/// When the place is not empty, the file is altered or cut short, the keys are others, or a disk is full;
/// then nothing is left at the place.
pub fn restore(from: &Path, into: &Into, key_file: &Path) -> Result<Restored, Failure> {
    let ring = KeyRing::load(key_file)?;
    let folder = match into {
        Into::Folder(folder) => {
            for name in ["linli.db", "linli.db-wal"] {
                if folder.join(name).exists() {
                    return Err(format!(
                        "{} holds a database already; restore into an empty folder",
                        folder.display()
                    )
                    .into());
                }
            }
            fs::create_dir_all(folder).map_err(at(folder))?;
            folder.clone()
        }
        Into::Database(..) => std::env::temp_dir(),
    };
    let mut back = enclosed::Restoring::to(into.data());
    let plain = Passing::new(&folder, "restore").map_err(at(&folder))?;
    let made_at = unseal(from, &plain, &ring, &mut back).map_err(at(from))?;
    let rooms = rooms::all();
    let config = db::Config::Sqlite { path: plain.0.clone(), readers: 1 };
    let clock = Arc::new(SystemClock);
    // A backup of an older program is brought up to date here; one of a newer program is refused.
    let mut held = open::database(&config, &rooms, Arc::clone(&clock) as _, IdGen::from_system()?, true)?;
    open::keys_fit(&held, &ring, key_file)?;
    let uploads = back.uploads();
    held.write_blocking(move |tx| enclosed::point_at(tx, &uploads))?;
    if let Into::Database(target, _) = into {
        let to = open::database(target, &rooms, clock, IdGen::from_system()?, true)?;
        copy(&held, &to)?;
        held = to;
    }
    let name = from.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    held.write_blocking(move |tx| {
        people::audit::note(tx, &Actor::system("linli restore"), "backup.restore", "city", 0, &name)?;
        // What was asked for or planned there is not asked for here.
        put_state(tx, &State::default())
    })?;
    let differences = crate::cli::check_city(&held, &rooms, &ring)?;
    drop(held);
    let files = back.done()?;
    if let Into::Folder(folder) = into {
        let path = folder.join("linli.db");
        fs::rename(&plain.0, &path).map_err(at(&path))?;
        sync_folder(folder).map_err(at(folder))?;
    }
    Ok(Restored { at: Timestamp(made_at), differences, files })
}

fn unseal(from: &Path, plain: &Passing, ring: &KeyRing, files: &mut enclosed::Restoring) -> io::Result<i64> {
    let (mut reader, made_at) = opened(from, ring)?;
    let mut file = BufWriter::with_capacity(PIECE, plain.write()?);
    io::copy(&mut reader, &mut file)?;
    enclosed::read(reader.into_inner(), &mut |name, bytes| files.take(name, bytes))?;
    file.flush()?;
    file.get_ref().sync_all()?;
    Ok(made_at)
}

/// Regular backups.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Plan {
    /// Folder.
    pub to: PathBuf,
    /// Hours between them.
    pub every_h: usize,
    /// How many are kept.
    pub keep: usize,
}

/// One backup that was tried.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Run {
    /// When it began, UTC milliseconds.
    pub at: i64,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
    /// The file.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// Why it failed; empty when it is good.
    pub error: String,
}

/// What is known of backups, kept in the database for all processes.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct State {
    /// The schedule of the process that started last.
    pub plan: Option<Plan>,
    /// When somebody asked for one, UTC milliseconds.
    pub asked_at: i64,
    /// Until when some process is at it.
    pub busy_until: i64,
    /// The newest tries, newest first.
    pub recent: Vec<Run>,
}

/// Tries that are remembered.
const RECENT: usize = 30;
/// A try that has not ended after this long is given up by the others, in milliseconds.
const BUSY_MS: i64 = 3_600_000;
/// After a failure it is tried again after this long, in milliseconds.
const AGAIN_MS: i64 = 900_000;
/// How often the worker looks.
const LOOK_EVERY: Duration = Duration::from_secs(10);
const NAME: &str = "backup";

impl State {
    /// The newest good one.
    #[must_use]
    pub fn last_good(&self) -> Option<&Run> {
        self.recent.iter().find(|run| run.error.is_empty())
    }

    /// Whether a backup is to be made now (UTC milliseconds).
    #[must_use]
    pub fn due(&self, now: i64) -> bool {
        let Some(plan) = &self.plan else { return false };
        if self.busy_until > now {
            return false;
        }
        let tried = self.recent.first().map_or(0, |run| run.at);
        if self.asked_at > tried {
            return true;
        }
        let every = i64::try_from(plan.every_h).unwrap_or(24) * 3_600_000;
        let failed = self.recent.first().is_some_and(|run| !run.error.is_empty());
        let good = self.last_good().map_or(0, |run| run.at);
        now - good >= every && (!failed || now - tried >= AGAIN_MS.min(every))
    }

    /// Whether the last good one is older than two intervals (UTC milliseconds), or there is none.
    #[must_use]
    pub fn late(&self, now: i64) -> bool {
        self.plan.as_ref().is_some_and(|plan| {
            let every = i64::try_from(plan.every_h).unwrap_or(24) * 3_600_000;
            self.last_good().is_none_or(|run| now - run.at > 2 * every)
        })
    }
}

/// What is known of backups.
///
/// # Errors
/// Of the database.
pub fn state(tx: &mut ReadTx<'_>) -> Result<State, Error> {
    let text = open::setting(tx, NAME)?.unwrap_or_default();
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

fn put_state(tx: &mut WriteTx<'_>, state: &State) -> Result<(), Error> {
    let text = serde_json::to_string(state).map_err(|e| Error::bug(e.to_string()))?;
    Ok(open::put_setting(tx, NAME, &text)?)
}

/// Changes what is known, if nobody else did meanwhile; several processes share one row.
fn change(db: &Db, edit: impl Fn(&mut State) -> bool + Send + Sync + 'static) -> Result<bool, Error> {
    db.write_blocking(move |tx| {
        // The row is there and held before it is read.
        tx.exec(
            sql!("INSERT INTO setting (name, value) VALUES ($1, '{}') ON CONFLICT (name) DO NOTHING"),
            args![NAME],
        )?;
        tx.exec(sql!("UPDATE setting SET value = value WHERE name = $1"), args![NAME])?;
        let mut state = state(tx)?;
        let changed = edit(&mut state);
        if changed {
            put_state(tx, &state)?;
        }
        Ok(changed)
    })
}

/// Asks for a backup at once; whoever serves the city makes it within seconds.
///
/// # Errors
/// Of the database.
pub fn ask(tx: &mut WriteTx<'_>, actor: &Actor) -> Result<(), Error> {
    let mut known = state(tx)?;
    known.asked_at = tx.now().0;
    put_state(tx, &known)?;
    people::audit::note(tx, actor, "backup.ask", "city", 0, "")?;
    Ok(())
}

/// Starts the worker for scheduled backups; it ends when `stop` is told.
pub fn start(app: &App, config: &Config, stop: &Arc<Stop>) -> Option<JoinHandle<()>> {
    let (app, config, stop) = (app.clone(), config.clone(), Arc::clone(stop));
    let plan = config.backup.clone();
    let work = move || {
        let noted = change(&app.db, move |state| {
            let differs = state.plan != plan;
            state.plan.clone_from(&plan);
            differs
        });
        if let Err(error) = noted {
            tracing::error!(%error, "the plan of backups could not be noted");
        }
        if config.backup.is_none() {
            return;
        }
        loop {
            if let Err(error) = turn(&app, &config) {
                tracing::error!(%error, "the backups could not be looked after");
            }
            if stop.rest(LOOK_EVERY) {
                return;
            }
        }
    };
    match std::thread::Builder::new().name("backup".to_owned()).spawn(work) {
        Ok(thread) => Some(thread),
        Err(error) => {
            tracing::error!(%error, "the worker for backups could not be started");
            None
        }
    }
}

/// Makes a backup if one is due and nobody else is at it; returns whether it did.
///
/// # Errors
/// Of the database. A backup that failed is remembered, not returned.
pub fn turn(app: &App, config: &Config) -> Result<bool, Error> {
    let Some(plan) = &config.backup else { return Ok(false) };
    let now = app.db.ctx().clock.now().0;
    if !app.db.read_blocking(state)?.due(now) {
        return Ok(false);
    }
    let mine = change(&app.db, move |state| {
        let due = state.due(now);
        if due {
            state.busy_until = now + BUSY_MS;
        }
        due
    })?;
    if !mine {
        return Ok(false);
    }
    let started = Instant::now();
    let made =
        fs::create_dir_all(&plan.to).map_err(at(&plan.to)).and_then(|()| write(config, &app.db, &plan.to));
    let took_ms = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
    let run = match &made {
        Ok(made) => {
            let (files, missing) = (made.files, made.missing);
            tracing::info!(file = %made.path.display(), bytes = made.bytes, files, took_ms, "a backup was made");
            if missing > 0 {
                tracing::error!(missing, "files that the database names are not in the backup");
            }
            Run {
                at: now,
                took_ms,
                file: made.path.display().to_string(),
                bytes: made.bytes,
                error: String::new(),
            }
        }
        Err(error) => {
            tracing::error!(%error, "a backup failed");
            Run { at: now, took_ms, file: plan.to.display().to_string(), bytes: 0, error: error.to_string() }
        }
    };
    let good = made.is_ok();
    let noted = run.file.clone();
    app.db.write_blocking(move |tx| {
        let by = Actor::system("linli backup");
        if good {
            people::audit::note(tx, &by, "backup.write", "city", 0, &noted)
        } else {
            people::audit::note_failed(tx, &by, "backup.write", "city", 0, &noted)
        }
    })?;
    change(&app.db, move |state| {
        state.busy_until = 0;
        state.recent.insert(0, run.clone());
        state.recent.truncate(RECENT);
        true
    })?;
    if good {
        prune(&plan.to, plan.keep);
    }
    Ok(true)
}

/// Removes the oldest of our files beyond `keep`; never a file with another name.
fn prune(folder: &Path, keep: usize) {
    let ours = |name: &str| {
        name.strip_prefix("linli-").and_then(|rest| rest.strip_suffix(".backup")).is_some_and(|stamp| {
            stamp.len() == 15
                && stamp.bytes().enumerate().all(|(n, b)| if n == 8 { b == b'-' } else { b.is_ascii_digit() })
        })
    };
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| ours(name))
        .collect();
    names.sort_unstable();
    let old = names.len().saturating_sub(keep);
    for name in names.iter().take(old) {
        if let Err(error) = fs::remove_file(folder.join(name)) {
            tracing::warn!(%error, name, "an old backup could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(at: i64, error: &str) -> Run {
        Run { at, took_ms: 1, file: "x".to_owned(), bytes: 1, error: error.to_owned() }
    }

    #[test]
    fn due_by_the_clock_on_request_and_again_after_a_failure() {
        let hour = 3_600_000;
        let plan = Some(Plan { to: "/b".into(), every_h: 24, keep: 2 });
        let mut state = State { plan, ..State::default() };
        let now = 1_790_000_000_000;
        assert!(state.due(now) && state.late(now), "never made");
        state.recent = vec![run(now - 23 * hour, "")];
        assert!(!state.due(now) && !state.late(now));
        state.asked_at = now - hour;
        assert!(state.due(now), "asked for");
        state.busy_until = now + 1;
        assert!(!state.due(now), "somebody is at it");
        state = State {
            recent: vec![run(now - 60_000, "full"), run(now - 25 * hour, "")],
            busy_until: 0,
            asked_at: 0,
            ..state
        };
        assert!(!state.due(now) && !state.late(now));
        assert!(state.due(now + AGAIN_MS));
        assert!(state.late(now + 24 * hour));
        assert!(!State::default().due(now) && !State::default().late(now));
    }

    #[test]
    fn old_files_go_and_strange_ones_stay() {
        let folder = tempfile::tempdir().unwrap();
        let first = Timestamp(1_790_000_000_000);
        for n in 0..5 {
            fs::write(folder.path().join(file_name(Timestamp(first.0 + n * 86_400_000))), "x").unwrap();
        }
        for name in ["linli-notes.backup", "other.txt", "linli-20260305-0930001.backup"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        prune(folder.path(), 2);
        let mut left: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left.len(), 5, "{left:?}");
        assert!(left.contains(&file_name(Timestamp(first.0 + 4 * 86_400_000))));
    }
}
