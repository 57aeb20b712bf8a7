//! `linli export city` and `linli import city`: a whole city as documented files, to leave with, to read with other
//! programs, and to come back with.

use std::io;
use std::path::Path;

use blobs::Source;
use db::Db;
use db::files::DESCRIPTION;
use kernel::{Actor, Error};
use vault::KeyRing;

use super::{Common, check_city, say};
use crate::config::Config;
use crate::{Failure, open, rooms};

/// Folder of the kept files beside the tables.
const FILES: &str = "files";
/// Names read in one question.
const PAGE: i64 = 1_000;

fn at<'p, E: std::fmt::Display>(path: &'p Path) -> impl Fn(E) -> Failure + 'p {
    move |error| format!("{}: {error}", path.display()).into()
}

/// Writes the tables, then the files that they name.
pub(super) fn export(common: &Common, folder: &Path) -> Result<(), Failure> {
    let config = common.load()?;
    let rooms = rooms::all();
    let db = open::storage(&config, &rooms)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let copied = runtime.block_on(db::files::write(&db, &rooms::migrations(&rooms), folder))?;
    let (files, missing) = copy_out(&config, &db, folder)?;
    let place = folder.display().to_string();
    db.write_blocking(move |tx| {
        people::audit::note(tx, &Actor::system("linli export"), "city.export", "city", 0, &place)
    })?;
    let rows: u64 = copied.values().sum();
    say(format_args!(
        "{rows} rows in {} tables and {files} files → {}: begin with {DESCRIPTION}",
        copied.len(),
        folder.display()
    ));
    if missing > 0 {
        say(format_args!(
            "{missing} files that the database names could not be read and are NOT there: run linli doctor"
        ));
    }
    say(format_args!(
        "ID numbers and phones in it can be read only with the key file {}, which is NOT there; names and hours can be \
         read by anybody who has the folder",
        config.key_file.display()
    ));
    if missing > 0 {
        return Err(format!("{missing} files are missing").into());
    }
    Ok(())
}

/// Returns how many files were written and how many could not be read.
fn copy_out(config: &Config, db: &Db, folder: &Path) -> Result<(usize, usize), Failure> {
    let store = open::blobs(config)?;
    let (mut written, mut missing, mut after) = (0, 0, String::new());
    loop {
        let from = after.clone();
        let page = db.read_blocking(move |tx| Ok::<_, Error>(people::blob::all(tx, &from, PAGE)?))?;
        let Some(last) = page.last() else { return Ok((written, missing)) };
        after.clone_from(&last.name);
        for file in &page {
            let path = folder.join(FILES).join(&file.name);
            let Ok(mut reader) = store.get(&file.name) else {
                missing += 1;
                continue;
            };
            if let Some(parent) = path.parent() {
                db::files::private_folder(parent)?;
            }
            let mut out = db::files::private(&path)?;
            io::copy(&mut reader, &mut out).map_err(at(&path))?;
            written += 1;
        }
    }
}

/// Reads a folder of [`export`] into an empty database: the files, then the tables whole or not at all, then every
/// self-check.
pub(super) fn import(common: &Common, folder: &Path) -> Result<(), Failure> {
    let config = common.load()?;
    let rooms = rooms::all();
    if !config.key_file.exists() {
        return Err(format!(
            "{} does not exist: put the key file of the city there first; without it ID numbers and phones cannot be read",
            config.key_file.display()
        )
        .into());
    }
    let ring = KeyRing::load(&config.key_file)?;
    open::fits(&fingerprint(folder)?, &ring, &config.key_file)?;
    let db = open::storage(&config, &rooms)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    // The files first: what was put and is not named yet is put again, or tidied away; what is named must be there.
    let (files, missing) = copy_in(&config, folder)?;
    let copied = runtime.block_on(db::files::read(folder, &rooms::migrations(&rooms), &db))?;
    let rows: u64 = copied.values().sum();
    let place = folder.display().to_string();
    db.write_blocking(move |tx| {
        people::audit::note(tx, &Actor::system("linli import"), "city.import", "city", 0, &place)
    })?;
    say(format_args!("{rows} rows in {} tables and {files} files", copied.len()));
    if missing > 0 {
        say(format_args!(
            "{missing} files that the database names are not in {}",
            folder.join(FILES).display()
        ));
    }
    let wrong = check_city(&db, &rooms, &ring)?;
    for line in &wrong {
        say(line);
    }
    if !wrong.is_empty() {
        return Err(format!("{} differences", wrong.len()).into());
    }
    say("everything agrees");
    if missing > 0 {
        return Err(format!("{missing} files are missing").into());
    }
    Ok(())
}

/// Under which key the city was written.
fn fingerprint(folder: &Path) -> Result<String, Failure> {
    let path = db::files::table(folder, "setting");
    let mut csv = csv::Reader::from_path(&path).map_err(at(&path))?;
    for line in csv.records() {
        let line = line.map_err(at(&path))?;
        if line.get(0) == Some(open::FINGERPRINT) {
            return Ok(line.get(1).unwrap_or_default().to_owned());
        }
    }
    Err(format!("{}: does not say under which key the city was written", path.display()).into())
}

/// Returns how many files were kept and how many that the tables name were not in the folder.
fn copy_in(config: &Config, folder: &Path) -> Result<(usize, usize), Failure> {
    let store = open::blobs(config)?;
    let (mut kept, mut missing) = (0, 0);
    let table = db::files::table(folder, "stored_file");
    let mut csv = csv::Reader::from_path(&table).map_err(at(&table))?;
    let names = csv.headers().map_err(at(&table))?.iter().position(|column| column == "name");
    for line in csv.records() {
        let line = line.map_err(at(&table))?;
        let name = names.and_then(|column| line.get(column)).unwrap_or_default();
        let path = folder.join(FILES).join(name);
        if !path.is_file() {
            missing += 1;
            continue;
        }
        store.put(name, Source::File(&path)).map_err(at(&path))?;
        kept += 1;
    }
    Ok((kept, missing))
}
