//! `linli doctor`: looks at everything an installation stands on, and says for each what to do.

use std::path::Path;
use std::process::ExitCode;

use db::{Db, Query, ReadTx, args, sql};
use kernel::{Clock as _, Error, Lang, SystemClock};
use vault::KeyRing;

use super::say;
use crate::config::Config;
use crate::{Failure, open, rooms};

/// Free space under which a warning is given, in KiB (1 GiB), and an error (100 MiB).
const LITTLE_KIB: u64 = 1 << 20;
const TOO_LITTLE_KIB: u64 = 100 << 10;
/// Clocks may differ by this much, in milliseconds.
const CLOCK_MS: i64 = 5_000;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Verdict {
    Ok,
    Warn,
    Error,
}

#[derive(Default)]
struct Findings(Vec<Verdict>);

impl Findings {
    fn note(&mut self, verdict: Verdict, what: &str, text: &str, way_out: &str) {
        let word = match verdict {
            Verdict::Ok => "ok   ",
            Verdict::Warn => "warn ",
            Verdict::Error => "error",
        };
        say(format_args!("{word}  {what}: {text}"));
        if !way_out.is_empty() {
            say(format_args!("         → {way_out}"));
        }
        self.0.push(verdict);
    }

    fn ok(&mut self, what: &str, text: &str) {
        self.note(Verdict::Ok, what, text, "");
    }

    fn warn(&mut self, what: &str, text: &str, way_out: &str) {
        self.note(Verdict::Warn, what, text, way_out);
    }

    fn error(&mut self, what: &str, text: &str, way_out: &str) {
        self.note(Verdict::Error, what, text, way_out);
    }
}

pub(super) fn run(config: &Config) -> Result<ExitCode, Failure> {
    say("configuration (flags > environment > file > defaults):");
    for (key, value, source) in config.shown() {
        say(format_args!("         {:<18} {value:<36} {}", key.name, source.name()));
    }
    let mut found = Findings::default();
    look_at_config(config, &mut found);
    look_at_disk(config, &mut found);
    match connect(config) {
        Ok(db) => look_at_database(&db, config, &mut found)?,
        Err(error) => found.error(
            "database",
            &error.to_string(),
            "start the server once (linli serve), or correct db / data",
        ),
    }
    let worst = found.0.iter().max().copied().unwrap_or(Verdict::Ok);
    Ok(if worst == Verdict::Error { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn connect(config: &Config) -> Result<Db, Failure> {
    if let db::Config::Sqlite { path, .. } = &config.db
        && !path.exists()
    {
        return Err(format!("{} does not exist", path.display()).into());
    }
    // As it is: looking must not change anything.
    open::database(
        &config.db,
        &rooms::all(),
        std::sync::Arc::new(SystemClock),
        kernel::IdGen::from_system()?,
        false,
    )
}

fn look_at_config(config: &Config, found: &mut Findings) {
    if config.base_url.starts_with("https://") {
        found.ok("address", &config.base_url);
    } else if config.listen.ip().is_loopback() {
        found.warn(
            "address",
            &format!("{} is for this machine only", config.base_url),
            "set base_url to the https address that people use",
        );
    } else {
        found.error(
            "address",
            &format!("{} sends passwords unencrypted", config.base_url),
            "put a proxy with HTTPS in front and set base_url",
        );
    }
    match (&config.webhook_url, config.webhook_secret.is_empty()) {
        (None, _) => {
            found.warn(
                "webhook",
                "none: phone codes cannot be delivered",
                "set webhook_url and webhook_secret",
            );
        }
        (Some(_), true) => {
            found.warn("webhook", "unsigned", "set webhook_secret and let the receiver check it");
        }
        (Some(url), false) if url.starts_with("http://") => {
            found.warn("webhook", "not encrypted", "use an https address");
        }
        (Some(_), false) => found.ok("webhook", "set and signed"),
    }
    match &config.mail {
        None => found.warn("mail", "none: messages stay in the program", "set mail_host and mail_from"),
        Some(_) => found.ok("mail", "a server is set"),
    }
    if config.help_phone.is_empty() {
        found.warn("help", "no phone number of a real person", "set help_phone");
    } else {
        found.ok("help", &config.help_phone);
    }
}

/// Free KiB where a path lies; there is no portable question for it without unsafe code, but `df`.
fn free_kib(path: &Path) -> Option<u64> {
    let out = std::process::Command::new("df").arg("-Pk").arg(path).output().ok()?;
    let text = String::from_utf8(out.stdout).ok()?;
    text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

fn look_at_disk(config: &Config, found: &mut Findings) {
    let data = &config.data;
    if !data.is_dir() {
        found.warn("disk", &format!("{} does not exist", data.display()), "it is made at the first start");
        return;
    }
    match free_kib(data) {
        Some(free) if free < TOO_LITTLE_KIB => {
            found.error(
                "disk",
                &format!("{} MiB free", free >> 10),
                "free some space: nothing can be saved soon",
            );
        }
        Some(free) if free < LITTLE_KIB => {
            found.warn("disk", &format!("{} MiB free", free >> 10), "free some space");
        }
        Some(free) => found.ok("disk", &format!("{} GiB free", free >> 20)),
        None => found.warn("disk", "the free space is not known", "look with df"),
    }
}

fn look_at_database(db: &Db, config: &Config, found: &mut Findings) -> Result<(), Failure> {
    found.ok("database", &config.database_name());
    let booked: Vec<(String, i64)> = match db.read_blocking(|tx| {
        Ok::<_, Error>(
            tx.list(&Query::new("SELECT room, number FROM schema_migration ORDER BY room, number"))?,
        )
    }) {
        Ok(booked) => booked,
        Err(_) => {
            found.error("migrations", "there are no tables", "run linli db migrate");
            return Ok(());
        }
    };
    let known = rooms::migrations(&rooms::all());
    let missing = known.iter().filter(|one| !booked.contains(&(one.room.to_owned(), one.number))).count();
    let newer = booked
        .iter()
        .filter(|(room, number)| !known.iter().any(|one| one.room == room && one.number == *number));
    match (missing, newer.count()) {
        (0, 0) => found.ok("migrations", &format!("{} applied", booked.len())),
        (n, 0) => {
            found.error("migrations", &format!("{n} missing"), "run linli db migrate");
            return Ok(());
        }
        (_, n) => {
            found.error(
                "migrations",
                &format!("{n} are newer than this program"),
                "install the newer program again",
            );
            return Ok(());
        }
    }
    look_at_kind(db, found)?;
    look_at_keys(db, config, found)?;
    let (gap, demo, latest, waiting, age) = db.read_blocking(|tx| {
        let gap = people::account::commands::admin_gap(tx)?;
        let demo = open::setting(tx, open::DEMO)?.is_some();
        let (_, _, waiting, age) = crate::jobs::waiting(tx)?;
        Ok::<_, Error>((gap, demo, latest_act(tx)?, waiting, age))
    })?;
    match gap {
        Some(gap) => found.warn(
            "administrators",
            &gap.text(Lang::En),
            "run linli user set-up-links, or linli user roles",
        ),
        None => found.ok("administrators", "the three roles are held"),
    }
    if demo && config.base_url.starts_with("https://") {
        found.error(
            "demo",
            "this is the demo city: everybody can sign in",
            "use another data folder for a real city",
        );
    }
    look_at_backups(db, config, found)?;
    look_at_files(db, config, found)?;
    let now = SystemClock.now().0;
    if latest > now + CLOCK_MS {
        found.error(
            "clock",
            "this machine's clock is behind what is in the audit log",
            "set the clock (NTP)",
        );
    } else {
        found.ok("clock", &kernel::Timestamp(now).text());
    }
    if age > 3_600_000 {
        found.warn(
            "outbox",
            &format!("{waiting} messages wait, the oldest for {} h", age / 3_600_000),
            "check the webhook",
        );
    } else {
        found.ok("outbox", &format!("{waiting} messages wait"));
    }
    Ok(())
}

fn look_at_backups(db: &Db, config: &Config, found: &mut Findings) -> Result<(), Failure> {
    let known = db.read_blocking(crate::backup::state)?;
    let last = known.last_good().map(|run| kernel::Timestamp(run.at).text());
    let Some(plan) = &config.backup else {
        found.warn("backups", "none are scheduled", "set backup_to to a folder on another disk");
        return Ok(());
    };
    if !plan.to.is_dir() {
        found.error(
            "backups",
            &format!("{} is no folder", plan.to.display()),
            "make it, or correct backup_to",
        );
    }
    let failed = known.recent.first().map(|run| run.error.clone()).filter(|error| !error.is_empty());
    match (last, known.late(SystemClock.now().0), failed) {
        (_, _, Some(error)) => found.error(
            "backups",
            &format!("the last one failed: {error}"),
            "correct this; it is tried again by itself",
        ),
        (None, ..) => {
            found.warn("backups", "none was made yet", "the server makes the first one soon after its start");
        }
        (Some(at), true, _) => found.error(
            "backups",
            &format!("the last good one is of {at}"),
            "see why in the log of the server",
        ),
        (Some(at), false, None) => found.ok("backups", &format!("the last good one is of {at}")),
    }
    Ok(())
}

/// Whether the file store takes, gives and removes a file, and has what the database names.
fn look_at_files(db: &Db, config: &Config, found: &mut Findings) -> Result<(), Failure> {
    let store = match open::blobs(config) {
        Ok(store) => store,
        Err(error) => {
            found.error("files", &error.to_string(), "correct s3_endpoint");
            return Ok(());
        }
    };
    let name = store.name();
    let probe = format!("probe/{}", std::process::id());
    let tried = store
        .put(&probe, blobs::Source::Bytes(b"linli"))
        .and_then(|kept| store.read(&probe, &kept.hash, 16))
        .and_then(|_| store.delete(&probe));
    if let Err(error) = tried {
        let way_out =
            if store.remote() { "check the s3_ settings and the bucket" } else { "make it writable" };
        found.error("files", &format!("{name}: {error}"), way_out);
        return Ok(());
    }
    let mut there = std::collections::HashMap::new();
    store.list("", &mut |entry| {
        there.insert(entry.key, entry.bytes);
    })?;
    let (mut named, mut missing, mut after) = (0_usize, Vec::new(), String::new());
    loop {
        let from = after.clone();
        let page = db.read_blocking(move |tx| people::blob::all(tx, &from, 1_000))?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.name);
        named += page.len();
        for file in &page {
            if there.get(&file.name).is_none_or(|bytes| i64::try_from(*bytes) != Ok(file.bytes)) {
                missing.push(file.name.clone());
            }
        }
    }
    if missing.is_empty() {
        found.ok("files", &format!("{name}: {named} files"));
    } else {
        let example = missing.first().map_or("", String::as_str);
        found.error(
            "files",
            &format!(
                "{name}: {} of {named} files are missing or cut short, such as {example}",
                missing.len()
            ),
            if store.remote() {
                "restore them from the bucket's versions"
            } else {
                "restore them from a backup"
            },
        );
    }
    Ok(())
}

fn latest_act(tx: &mut ReadTx<'_>) -> Result<i64, Error> {
    let latest: Vec<(i64,)> = tx.all(sql!("SELECT at FROM audit ORDER BY id DESC LIMIT 1"), args![])?;
    Ok(latest.first().map_or(0, |(at,)| *at))
}

/// What only one of the databases has; the answers are compared here and nowhere else.
fn look_at_kind(db: &Db, found: &mut Findings) -> Result<(), Failure> {
    if db.kind() == "sqlite" {
        let mode: Vec<(String,)> = db.read_blocking(|tx| {
            Ok::<_, Error>(tx.list(&Query::new("SELECT journal_mode FROM pragma_journal_mode"))?)
        })?;
        match mode.first() {
            Some((mode,)) if mode == "wal" => found.ok("journal", "write-ahead log"),
            _ => found.warn(
                "journal",
                "not a write-ahead log",
                "start the server once; the folder must be writable",
            ),
        }
        return Ok(());
    }
    let facts: Vec<(String, String, i64)> = db.read_blocking(|tx| {
        Ok::<_, Error>(tx.list(&Query::new(
            "SELECT CAST(datcollate AS TEXT), CAST(current_setting('server_version_num') AS TEXT),
                 CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)
             FROM pg_database WHERE datname = current_database()",
        ))?)
    })?;
    let Some((collation, version, at)) = facts.first() else { return Ok(()) };
    if matches!(collation.as_str(), "C" | "POSIX" | "C.UTF-8" | "C.utf8") {
        found.ok("collation", collation);
    } else {
        found.error(
            "collation",
            &format!("{collation}: lists would be cut wrongly"),
            "CREATE DATABASE … TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C', then linli db copy",
        );
    }
    let major = version.parse::<u32>().unwrap_or(0) / 10_000;
    if major < 15 {
        found.error("server", &format!("PostgreSQL {major}"), "use PostgreSQL 15 or newer");
    } else {
        found.ok("server", &format!("PostgreSQL {major}"));
    }
    let apart = (SystemClock.now().0 - at).abs();
    if apart > CLOCK_MS {
        found.warn(
            "clocks",
            &format!("{} s apart from the database's", apart / 1000),
            "set both clocks (NTP)",
        );
    }
    Ok(())
}

fn look_at_keys(db: &Db, config: &Config, found: &mut Findings) -> Result<(), Failure> {
    let known = db.read_blocking(|tx| open::setting(tx, open::FINGERPRINT))?;
    match KeyRing::load(&config.key_file) {
        Ok(ring) => {
            let fits = ring
                .versions()
                .filter_map(|v| ring.fingerprint(v))
                .any(|print| Some(&print) == known.as_ref());
            if fits || known.is_none() {
                found.ok("key file", &config.key_file.display().to_string());
            } else {
                found.error("key file", "belongs to another database", "restore the right one");
            }
        }
        Err(error) => found.error("key file", &error.to_string(), "restore it from where it is kept"),
    }
    Ok(())
}
