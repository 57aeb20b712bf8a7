//! The command line.

mod backup;
mod city;
mod db_tools;
mod doctor;
mod export;
mod import;
mod user;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use demo_city::Size;
use kernel::{Clock as _, Date, SystemClock};

pub(crate) use db_tools::check_city;

use crate::config::{Config, Layer};
use crate::{Failure, demo, logs, open, serve};

/// Linli 邻里: the volunteer service of a city.
#[derive(Debug, Parser)]
#[command(name = "linli", version, about, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Where the data is; understood by every command.
#[derive(Debug, Args, Clone, Default)]
pub(crate) struct Common {
    /// Configuration file (default: linli.toml in this folder, if there is one)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the database, the key file and uploads (default: ./data)
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// PostgreSQL instead of SQLite: postgres://… or host=…
    #[arg(long, value_name = "URL")]
    db: Option<String>,
    /// PostgreSQL schema of this city
    #[arg(long, value_name = "NAME")]
    schema: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the city
    Serve {
        #[command(flatten)]
        common: Common,
        /// Address to serve on
        #[arg(long, value_name = "ADDR")]
        listen: Option<String>,
        /// Make the demo city first when the database is empty
        #[arg(long)]
        demo: bool,
        /// Demo cities only: show the city as of so many minutes from now
        #[arg(long, value_name = "MINUTES", default_value_t = 0)]
        ahead: u32,
    },
    /// Make the demo city in an empty database
    Demo {
        #[command(flatten)]
        common: Common,
        /// How much of it: full or small
        #[arg(long, default_value = "full", value_parser = size)]
        size: Size,
        /// The same seed gives the same city
        #[arg(long, default_value_t = 7)]
        seed: u64,
        /// As of this day, as 2026-03-05
        #[arg(long, value_name = "DATE", value_parser = date)]
        today: Option<Date>,
    },
    /// Import a file, or a whole city
    #[command(subcommand)]
    Import(import::Import),
    /// Write a list to a file (.xlsx or .csv), or the whole city to a folder
    Export(export::Export),
    /// Tables: bring up to date, copy, check
    #[command(subcommand)]
    Db(db_tools::Tool),
    /// Write an encrypted backup of the whole city, while it is served
    Backup(backup::Backup),
    /// Restore a backup into an empty place
    Restore(backup::Restore),
    /// Accounts of staff
    #[command(subcommand)]
    User(user::Tool),
    /// Exchange the key for notifications on devices: each must be switched on again
    PushKey {
        #[command(flatten)]
        common: Common,
    },
    /// Look for what is wrong with this installation
    Doctor {
        #[command(flatten)]
        common: Common,
    },
    /// Measure this machine
    Bench {
        /// Passed on to the measurements
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
}

fn size(text: &str) -> Result<Size, String> {
    match text {
        "full" => Ok(Size::Full),
        "small" => Ok(Size::Small),
        _ => Err("full or small".to_owned()),
    }
}

fn date(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "a date like 2026-03-05".to_owned())
}

impl Common {
    /// The flags as the topmost layer of the configuration.
    fn layer(&self) -> Layer {
        let mut layer = Layer::new();
        if let Some(data) = &self.data {
            layer.insert("data".to_owned(), data.display().to_string());
        }
        if let Some(db) = &self.db {
            layer.insert("db".to_owned(), db.clone());
        }
        if let Some(schema) = &self.schema {
            layer.insert("db_schema".to_owned(), schema.clone());
        }
        layer
    }

    /// The configuration in force; starts logging.
    fn load(&self) -> Result<Config, Failure> {
        self.load_with(self.layer())
    }

    fn load_with(&self, layer: Layer) -> Result<Config, Failure> {
        let config = Config::load(self.config.as_deref(), layer)?;
        logs::start(config.log_json, &config.log_level);
        Ok(config)
    }
}

/// Says something on standard output.
pub(crate) fn say(text: impl std::fmt::Display) {
    // A closed pipe (`linli … | head`) is no reason to fail.
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Runs the program; what the process ends with.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    match run(cli.command) {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr().lock(), "linli: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Serve { common, listen, demo, ahead } => run_server(&common, listen, demo, ahead)?,
        Command::Demo { common, size, seed, today } => {
            let config = common.load()?;
            make_demo(&config, demo::Wish { size, seed, today: today.unwrap_or_else(today_here) })?;
        }
        Command::Import(import) => import::run(import)?,
        Command::Export(export) => export::run(&export)?,
        Command::Db(tool) => return db_tools::run(tool),
        Command::Backup(backup) => backup.run()?,
        Command::Restore(restore) => return restore.run(),
        Command::User(tool) => user::run(tool)?,
        Command::PushKey { common } => push_key(&common.load()?)?,
        Command::Doctor { common } => return doctor::run(&common.load()?),
        Command::Bench { rest } => {
            logs::start(false, "warn");
            crate::bench::run(&rest)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn push_key(config: &Config) -> Result<(), Failure> {
    let db = open::storage(config, &crate::rooms::all())?;
    let vault = open::vault(&open::keys(&db, config)?)?;
    let by = kernel::Actor::system("linli push-key");
    let ended = db.write_blocking(move |tx| messages::push::commands::key_exchange(tx, &vault, &by))?;
    say(format_args!("a new key is in use; {ended} devices must be switched on again by their owners"));
    Ok(())
}

fn today_here() -> Date {
    SystemClock.now().date()
}

fn make_demo(config: &Config, wish: demo::Wish) -> Result<(), Failure> {
    let made = demo::make(config, wish)?;
    say(format_args!(
        "demo city in {}: {} people, {} activities, {} sessions, {} records, {:.1} s",
        config.database_name(),
        made.people,
        made.counts.activities,
        made.counts.sessions,
        made.counts.records,
        made.took.as_secs_f64()
    ));
    say(demo::accounts_text(&made.logins));
    Ok(())
}

fn run_server(common: &Common, listen: Option<String>, with_demo: bool, ahead: u32) -> Result<(), Failure> {
    let mut layer = common.layer();
    if let Some(listen) = listen {
        layer.insert("listen".to_owned(), listen);
    }
    let config = common.load_with(layer)?;
    if with_demo {
        ensure_demo(&config)?;
    }
    let opened = if ahead == 0 { open::open(&config)? } else { open::open_ahead(&config, ahead)? };
    if let Some(first) = &opened.first {
        say(first.text());
    }
    let app = opened.app;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("serve").build()?;
    runtime.block_on(async {
        let running = serve::start(app.clone(), &config).await?;
        tracing::info!(
            address = %running.addr, database = config.database_name(), demo = app.settings.demo, "serving"
        );
        serve::asked_to_end().await?;
        tracing::info!("ending: no new connections, open requests have ten seconds");
        running.stop().await;
        tracing::info!("ended");
        Ok::<_, Failure>(())
    })?;
    // The database closes last, when nobody can ask it any more.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    drop(app);
    Ok(())
}

/// Makes the demo city when the database is empty; refuses to mark real data as a demo.
fn ensure_demo(config: &Config) -> Result<(), Failure> {
    let rooms = crate::rooms::all();
    let db = open::storage(config, &rooms)?;
    let (orgs, demo) = db.read_blocking(|tx| {
        let (orgs,): (i64,) = tx.one(db::sql!("SELECT count(*) FROM org"), db::args![])?;
        Ok::<_, kernel::Error>((orgs, open::setting(tx, open::DEMO)?.is_some()))
    })?;
    drop(db);
    match (orgs, demo) {
        (0, _) => make_demo(config, demo::Wish { size: Size::Full, seed: 7, today: today_here() }),
        (_, true) => Ok(()),
        (_, false) => {
            Err(format!("{} holds a real city; --demo would open it to everybody", config.database_name())
                .into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
        let cli = Cli::try_parse_from(["linli", "serve", "--data", "/x", "--listen", "0.0.0.0:80"]).unwrap();
        assert!(matches!(cli.command, Command::Serve { demo: false, .. }));
        assert!(Cli::try_parse_from(["linli", "demo", "--today", "yesterday"]).is_err());
        assert!(Cli::try_parse_from(["linli", "demo", "--size", "small", "--today", "2026-03-05"]).is_ok());
    }
}
