//! `linli import`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use db::{ReadTx, args, sql};
use kernel::{Actor, Lang, OrgId};
use people::import::{Import as Roster, ImportId, engine};
use service::past::{self, PastBatchId, commands};
use ui::App;

use super::Common;
use crate::Failure;

#[derive(Debug, Subcommand)]
pub(super) enum Import {
    /// Volunteers from a roster (.xlsx, .xls, .csv)
    Volunteers(Volunteers),
    /// Hours given before this system, from an earlier one or a table (.xlsx, .xls, .csv)
    Records(Records),
    /// A whole city, from the folder that `linli export city` wrote, into an empty database
    City {
        #[command(flatten)]
        common: Common,
        /// The folder
        folder: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(super) struct Records {
    #[command(flatten)]
    common: Common,
    /// The file
    file: PathBuf,
    /// The earlier system, in words that the volunteers will see in their records
    #[arg(long, value_name = "TEXT")]
    source: String,
    /// It is an export of an official system: its hours count for stars
    #[arg(long)]
    official: bool,
    /// Which column holds what, as “id_number=1,title=3,on=4,hours=5” (columns from 0), where the guess is wrong
    #[arg(long, value_name = "FIELD=COLUMN,…")]
    columns: Option<String>,
    /// Only say what would happen
    #[arg(long)]
    dry_run: bool,
    /// Do not ask before writing
    #[arg(long)]
    yes: bool,
    /// Where refused rows go, with their reasons
    #[arg(long, value_name = "FILE.xlsx")]
    refused: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Volunteers {
    #[command(flatten)]
    common: Common,
    /// The roster
    file: PathBuf,
    /// Organisation the people belong to where the roster does not say: its number or its name
    #[arg(long, value_name = "ID|NAME")]
    org: Option<String>,
    /// Only say what would happen
    #[arg(long)]
    dry_run: bool,
    /// Do not ask before writing
    #[arg(long)]
    yes: bool,
    /// Where refused rows go, with their reasons
    #[arg(long, value_name = "FILE.csv")]
    refused: Option<PathBuf>,
}

pub(super) fn run(import: Import) -> Result<(), Failure> {
    match import {
        Import::Volunteers(wish) => volunteers(&wish),
        Import::Records(wish) => records(&wish),
        Import::City { common, folder } => super::city::import(&common, &folder),
    }
}

/// Checks the file, shows what each column was taken for and the counts, writes refused rows, asks, counts. A file that
/// was stopped in the middle goes on where it was.
fn records(wish: &Records) -> Result<(), Failure> {
    let config = wish.common.load()?;
    let path = std::fs::canonicalize(&wish.file).map_err(|e| format!("{}: {e}", wish.file.display()))?;
    let app = crate::open::open(&config)?.app;
    let (root, _) = places(&app, None)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let id = commands::open(&app.db, None, root, &path, &name)?;
    let batch = past_batch(&app, id)?;
    let begun = same_file(&app, &batch)?;
    if let Some(begun) = begun.filter(|_| !wish.dry_run) {
        forget(&app, id)?;
        say("this file was stopped in the middle; going on");
        past::engine::publish(&app.db, begun, &told())?;
        return done(&app, begun);
    }
    let mapping = match &wish.columns {
        Some(text) => roster::past::Mapping::parse(text).map_err(kernel::Error::from)?,
        None => roster::past::Mapping::parse(&batch.mapping).map_err(kernel::Error::from)?,
    };
    let book = roster::read::Book::open(&path)?;
    let table = roster::past::table(&book, batch.sheet.parse().ok())?;
    for (field, column) in mapping.iter() {
        let title = table.header().columns.get(column).map_or("", String::as_str);
        say(&format!("  {title} → {}", field.label(Lang::Zh)));
    }
    if let Err(error) = roster::past::check(&mapping, table.sample()) {
        forget(&app, id)?;
        return Err(error.into());
    }
    drop(table);
    let begin = commands::Wish {
        mapping,
        sheet: batch.sheet,
        source: wish.source.trim().to_owned(),
        official: wish.official,
    };
    app.db.write_blocking(move |tx| commands::begin(tx, id, &begin))?;
    let Some(counts) = past::engine::check(&app.db, &app.vault, &past_batch(&app, id)?, &told())? else {
        return Err("the import was cancelled".into());
    };
    say(&format!(
        "{} rows: {} new ({} hours), {} there already, {} refused, {} on days of more than 12 hours",
        counts.all,
        counts.new,
        kernel::Minutes(counts.minutes).hours(),
        counts.known,
        counts.refused,
        counts.flagged
    ));
    if let Some(out) = &wish.refused {
        let (vault, batch) = (Arc::clone(&app.vault), past_batch(&app, id)?);
        let bytes = app.db.read_blocking(move |tx| past::refused_xlsx(tx, &vault, &batch, Lang::Zh))?;
        std::fs::write(out, bytes).map_err(|e| format!("{}: {e}", out.display()))?;
        say(&format!("refused rows with their reasons: {}", out.display()));
    }
    if wish.dry_run || counts.new == 0 || !(wish.yes || agreed()?) {
        forget(&app, id)?;
        say("nothing was counted");
        return Ok(());
    }
    app.db.write_blocking(move |tx| commands::publish(tx, &Actor::system("linli import records"), id))?;
    past::engine::publish(&app.db, id, &told())?;
    done(&app, id)
}

/// Throws a batch away that does not count.
fn forget(app: &App, id: PastBatchId) -> Result<(), Failure> {
    app.db
        .write_blocking(move |tx| commands::cancel(tx, &Actor::system("linli import records"), id))
        .map_err(Into::into)
}

/// The batch of the same file that was stopped while it was being counted.
fn same_file(app: &App, batch: &past::Batch) -> Result<Option<PastBatchId>, Failure> {
    let batch = batch.clone();
    let found = app.db.read_blocking(move |tx: &mut ReadTx<'_>| {
        Ok::<_, kernel::Error>(past::store::same_file(tx, &batch)?)
    })?;
    Ok(found.into_iter().find(|(_, state, _)| *state == past::BatchState::Publishing).map(|(id, ..)| id))
}

fn past_batch(app: &App, id: PastBatchId) -> Result<past::Batch, Failure> {
    let found = app
        .db
        .read_blocking(move |tx: &mut ReadTx<'_>| Ok::<_, kernel::Error>(past::store::find(tx, id)?))?;
    found.ok_or_else(|| "the file of past hours is gone".into())
}

fn done(app: &App, id: PastBatchId) -> Result<(), Failure> {
    let batch = past_batch(app, id)?;
    say(&format!(
        "counted: {} services, {} hours; the whole file can be undone for 30 days on /past-hours/{id}",
        batch.rows_new,
        kernel::Minutes(batch.minutes).hours()
    ));
    Ok(())
}

/// Says every ten thousand rows how far it is.
fn told() -> impl Fn(i64, i64) -> Result<bool, kernel::Error> {
    let told = std::cell::Cell::new(0_i64);
    move |done, _| {
        if done - told.get() >= 10_000 {
            told.set(done);
            say(&format!("  {done}"));
        }
        Ok(true)
    }
}

/// Stages the file, shows the counts, writes refused rows, asks, publishes.
fn volunteers(wish: &Volunteers) -> Result<(), Failure> {
    let config = wish.common.load()?;
    let path = std::fs::canonicalize(&wish.file).map_err(|e| format!("{}: {e}", wish.file.display()))?;
    let opened = crate::open::open(&config)?;
    let app = opened.app;
    let (root, default) = places(&app, wish.org.as_deref())?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let id = engine::open(&app.db, None, root, default, &path, &name)?;
    let mapping = load(&app, id)?.mapping;
    let import = load(&app, id)?;
    let book = roster::read::Book::open(&path)?;
    let table = book.table(import.sheet.parse().ok())?;
    for (field, column) in roster::map::Mapping::parse(&mapping).map_err(kernel::Error::from)?.iter() {
        let title = table.header().columns.get(column).map_or("", String::as_str);
        say(&format!("  {title} → {}", field.label(Lang::Zh)));
    }
    roster::map::check(&roster::map::Mapping::parse(&mapping).map_err(kernel::Error::from)?, table.sample())?;
    drop(table);
    let sheet = import.sheet;
    app.db.write_blocking(move |tx| engine::confirm_mapping(tx, id, &mapping, &sheet, default))?;
    let import = load(&app, id)?;
    let told = std::cell::Cell::new(0_i64);
    let staged = engine::stage(&app.db, &app.vault, &import, &|done, all| {
        if done - told.get() >= 100_000 {
            told.set(done);
            say(&format!("  {done} / {all}"));
        }
        Ok(true)
    })?;
    let Some(counts) = staged else { return Err("the import was cancelled".into()) };
    say(&format!(
        "{} rows: {} new, {} changed, {} same, {} refused",
        counts.all, counts.new, counts.changed, counts.same, counts.refused
    ));
    if let Some(out) = &wish.refused {
        let (vault, import) = (Arc::clone(&app.vault), load(&app, id)?);
        let bytes =
            app.db.read_blocking(move |tx| people::import::refused_csv(tx, &vault, &import, Lang::Zh))?;
        std::fs::write(out, bytes).map_err(|e| format!("{}: {e}", out.display()))?;
        say(&format!("refused rows with their reasons: {}", out.display()));
    }
    let go = !wish.dry_run && counts.new + counts.changed > 0 && (wish.yes || agreed()?);
    if !go {
        engine::cancel(&app.db, id)?;
        say("nothing was imported");
        return Ok(());
    }
    app.db.write_blocking(move |tx| engine::publish(tx, id))?;
    engine::apply(&app.db, &app.vault, id)?;
    say("imported; the new people are unclaimed until they confirm themselves");
    Ok(())
}

fn load(app: &App, id: ImportId) -> Result<Roster, Failure> {
    let found =
        app.db.read_blocking(move |tx: &mut ReadTx<'_>| Ok::<_, kernel::Error>(engine::find(tx, id)?))?;
    found.ok_or_else(|| "the import is gone".into())
}

/// The top of the tree, and the community that people without one belong to.
fn places(app: &App, wanted: Option<&str>) -> Result<(OrgId, Option<OrgId>), Failure> {
    let wanted = wanted.map(str::to_owned);
    let named = wanted.is_some();
    let (root, found) = app.db.read_blocking(move |tx: &mut ReadTx<'_>| {
        let root: Option<(OrgId,)> =
            tx.first(sql!("SELECT id FROM org WHERE kind = 'city' AND area_parent IS NULL ORDER BY id LIMIT 1"), &[])?;
        let found: Vec<(OrgId,)> = match &wanted {
            Some(name) => tx.all(
                sql!("SELECT id FROM org WHERE kind = 'community' AND (name = $1 OR id = $2) ORDER BY id LIMIT 2"),
                args![name, name.parse::<i64>().unwrap_or(0)],
            )?,
            None => Vec::new(),
        };
        Ok::<_, kernel::Error>((root, found))
    })?;
    let Some((root,)) = root else {
        return Err("the city has no organisations yet; start it once with `linli serve`".into());
    };
    match (named, found.as_slice()) {
        (false, _) => Ok((root, None)),
        (true, [(one,)]) => Ok((root, Some(*one))),
        (true, []) => Err("--org names no community; give its number or its exact name".into()),
        (true, _) => Err("--org names more than one community; give its number".into()),
    }
}

fn agreed() -> Result<bool, Failure> {
    say("Import? [y/N]");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes" | "是"))
}

#[expect(clippy::print_stdout, reason = "a command that reports to whoever runs it")]
fn say(text: &str) {
    println!("{text}");
}
