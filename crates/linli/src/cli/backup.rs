//! `linli backup` and `linli restore`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use kernel::{Actor, IdGen, SystemClock};

use super::{Common, say};
use crate::config::{self, Config, Layer};
use crate::{Failure, backup, open, rooms};

/// Write an encrypted backup.
#[derive(Debug, Args)]
pub(super) struct Backup {
    #[command(flatten)]
    common: Common,
    /// The new file, or a folder that gets a file named after the moment
    to: PathBuf,
}

impl Backup {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let config = self.common.load()?;
        if let db::Config::Sqlite { path, .. } = &config.db
            && !path.exists()
        {
            return Err(format!("{} does not exist", path.display()).into());
        }
        // As it is: a backup changes nothing, least of all the tables.
        let db =
            open::database(&config.db, &rooms::all(), Arc::new(SystemClock), IdGen::from_system()?, false)?;
        let made = backup::write(&config, &db, &self.to)?;
        let file = made.path.display().to_string();
        db.write_blocking(move |tx| {
            people::audit::note(tx, &Actor::system("linli backup"), "backup.write", "city", 0, &file)
        })?;
        say(format_args!(
            "{}  {:.1} MB with {} files, as of {}",
            made.path.display(),
            megabytes(made.bytes),
            made.files,
            made.at.text()
        ));
        if made.missing > 0 {
            say(format_args!(
                "{} files that the database names could not be read and are NOT inside: run linli doctor",
                made.missing
            ));
        }
        if config.s3.is_some() {
            say("files in the bucket are NOT inside: keep versions of the bucket itself");
        }
        say(format_args!(
            "encrypted; it can be read only with the key file {}, which is NOT inside: keep a copy elsewhere",
            config.key_file.display()
        ));
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown to one digit")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// Restore a backup.
#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The backup
    from: PathBuf,
    /// An empty data folder, or postgres://…
    #[arg(long, value_name = "DIR|URL")]
    into: String,
    /// PostgreSQL schema to restore into
    #[arg(long, value_name = "NAME")]
    into_schema: Option<String>,
    /// The key file (default: linli.key in the folder, else the one of the configuration)
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Configuration file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Restore {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        let usual = Config::load(self.config.as_deref(), Layer::new())?;
        crate::logs::start(usual.log_json, &usual.log_level);
        let into = match config::database(&self.into, self.into_schema.clone(), 2) {
            Some(database) => backup::Into::Database(database, usual.data.clone()),
            None => backup::Into::Folder(PathBuf::from(&self.into)),
        };
        let beside = match &into {
            backup::Into::Folder(folder) => Some(folder.join("linli.key")).filter(|path| path.exists()),
            backup::Into::Database(..) => None,
        };
        let keys = self.key_file.clone().or(beside).unwrap_or(usual.key_file);
        let done = backup::restore(&self.from, &into, &keys)?;
        say(format_args!(
            "restored as of {} into {}, with {} files",
            done.at.text(),
            name(&into),
            done.files
        ));
        if let backup::Into::Folder(folder) = &into
            && !folder.join("linli.key").exists()
        {
            say(format_args!(
                "put a copy of the key file {} into {} before you serve it",
                keys.display(),
                folder.display()
            ));
        }
        for line in &done.differences {
            say(line);
        }
        if done.differences.is_empty() {
            say("everything agrees");
            return Ok(ExitCode::SUCCESS);
        }
        say(format_args!("{} differences", done.differences.len()));
        Ok(ExitCode::FAILURE)
    }
}

/// The place for people, without a password.
fn name(into: &backup::Into) -> String {
    match into {
        backup::Into::Folder(folder) => folder.display().to_string(),
        backup::Into::Database(db::Config::Postgres { schema: Some(schema), .. }, _) => {
            format!("PostgreSQL schema {schema}")
        }
        backup::Into::Database(..) => "PostgreSQL".to_owned(),
    }
}
