//! `linli db`: bring tables up to date, move a city, check it.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Subcommand;
use db::{Db, Query};
use kernel::{Error, IdGen, Lang, SystemClock};
use ui::room::Rooms;
use vault::{AuditChain, KeyRing};

use super::{Common, say};
use crate::{Failure, config, open, rooms};

#[derive(Debug, Subcommand)]
pub(super) enum Tool {
    /// Bring the tables up to date
    Migrate {
        #[command(flatten)]
        common: Common,
    },
    /// Copy the whole city into an empty database
    Copy {
        #[command(flatten)]
        common: Common,
        /// The other database: postgres://…, host=… or the path of a SQLite file
        #[arg(long, value_name = "URL|FILE")]
        to: String,
        /// PostgreSQL schema in the other database
        #[arg(long, value_name = "NAME")]
        to_schema: Option<String>,
    },
    /// Recompute every kept figure and report what differs
    Check {
        #[command(flatten)]
        common: Common,
    },
}

pub(super) fn run(tool: Tool) -> Result<ExitCode, Failure> {
    match tool {
        Tool::Migrate { common } => {
            let config = common.load()?;
            let rooms = rooms::all();
            open::storage(&config, &rooms)?;
            say(format_args!(
                "{}: {} migrations, up to date",
                config.database_name(),
                rooms::migrations(&rooms).len()
            ));
            Ok(ExitCode::SUCCESS)
        }
        Tool::Copy { common, to, to_schema } => {
            copy(&common, &to, to_schema)?;
            Ok(ExitCode::SUCCESS)
        }
        Tool::Check { common } => check(&common),
    }
}

fn copy(common: &Common, to: &str, schema: Option<String>) -> Result<(), Failure> {
    let config = common.load()?;
    let rooms = rooms::all();
    let target =
        config::database(to, schema, 2).unwrap_or_else(|| db::Config::Sqlite { path: to.into(), readers: 1 });
    let from = open::storage(&config, &rooms)?;
    let into = open::database(&target, &rooms, Arc::new(SystemClock), IdGen::from_system()?, true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let copied = runtime.block_on(db::copy::copy(&from, &into))?;
    for (table, rows) in &copied {
        say(format_args!("{rows:>12}  {table}"));
    }
    let rows: u64 = copied.values().sum();
    say(format_args!(
        "{rows:>12}  rows in {} tables; the key file {} belongs to both",
        copied.len(),
        config.key_file.display()
    ));
    Ok(())
}

fn check(common: &Common) -> Result<ExitCode, Failure> {
    let config = common.load()?;
    let rooms = rooms::all();
    let db = open::storage(&config, &rooms)?;
    let ring = open::keys(&db, &config)?;
    let wrong = check_city(&db, &rooms, &ring)?;
    for line in &wrong {
        say(line);
    }
    if wrong.is_empty() {
        say("everything agrees");
        return Ok(ExitCode::SUCCESS);
    }
    say(format_args!("{} differences", wrong.len()));
    Ok(ExitCode::FAILURE)
}

/// Runs all self-checks: the file itself, then what stands in it. Returns what differs.
///
/// # Errors
/// Of the database.
pub(crate) fn check_city(db: &Db, rooms: &Rooms, ring: &KeyRing) -> Result<Vec<String>, Failure> {
    let mut wrong = Vec::new();
    if db.kind() == "sqlite" {
        let lines: Vec<(String,)> = db.read_blocking(|tx| {
            Ok::<_, Error>(tx.list(&Query::new("SELECT quick_check FROM pragma_quick_check"))?)
        })?;
        wrong.extend(lines.iter().filter(|(line,)| line != "ok").map(|(line,)| format!("file: {line}")));
    }
    for room in rooms.iter() {
        for find in room.checks {
            wrong.extend(db.read_blocking(*find)?.into_iter().map(|line| format!("{}: {line}", room.name)));
        }
    }
    let verdict = people::audit::verify(db, &AuditChain::new(ring))?;
    wrong.extend(verdict.broken.map(|broken| format!("audit: {}", broken.text(Lang::En))));
    Ok(wrong)
}
