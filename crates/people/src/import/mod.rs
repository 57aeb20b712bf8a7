//! The roster import: a real file becomes people, with a preview, reasons for every refused row, and all
//! accepted rows or nothing — in the browser and as `linli import volunteers`.

mod api;
pub mod engine;
mod pages;
pub mod refusals;

use db::{ReadTx, args, sql};
use kernel::{Action, Actor, Error, Id as _, Lang};
use ui::{JobKind, JobRun, TaskItem};

pub use api::api;
pub use engine::{Counts, Import, ImportId, ImportState};
pub use pages::refused_csv;

/// Long work of this subject.
pub const JOBS: &[JobKind] =
    &[JobKind { kind: "roster.stage", run: run_stage }, JobKind { kind: "roster.apply", run: run_apply }];

fn import_of(run: &JobRun) -> Result<Import, Error> {
    let id = ImportId::from_i64(run.job.payload.parse().unwrap_or(0));
    run.db()
        .read_blocking(move |tx| Ok::<_, Error>(engine::find(tx, id)?))?
        .ok_or_else(|| Error::bug(format!("job {} names no import", run.job.id)))
}

fn run_stage(run: &JobRun) -> Result<String, Error> {
    let import = import_of(run)?;
    if import.state != ImportState::Staging {
        return Ok(String::new());
    }
    let staged = engine::stage(run.db(), &run.app.vault, &import, &|done, all| run.progress(done, all, ""));
    let id = import.id;
    match staged {
        Ok(Some(counts)) => Ok(format!("{counts:?}")),
        Ok(None) => {
            engine::cancel(run.db(), id)?;
            Ok("cancelled".to_owned())
        }
        Err(error) => {
            let message = match &error {
                Error::Refused(all) => {
                    all.iter().map(|r| format!("{}{}", r.sentence(Lang::Zh), r.way_out(Lang::Zh))).collect()
                }
                Error::Fault(_) => String::new(),
            };
            run.db().write_blocking(move |tx| {
                tx.exec(
                    sql!("UPDATE roster_import SET state = 'failed', message = $1 WHERE id = $2 AND state = 'staging'"),
                    args![message, id],
                )?;
                Ok::<_, Error>(())
            })?;
            Err(error)
        }
    }
}

fn run_apply(run: &JobRun) -> Result<String, Error> {
    let import = import_of(run)?;
    if import.state == ImportState::Applying {
        engine::apply(run.db(), &run.app.vault, import.id)?;
        // The file holds ID numbers: it goes as soon as nobody needs it.
        ui::upload::discard(&run.app, &import.file_path);
    }
    Ok(String::new())
}

/// Imports that wait for their owner.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    let (Some(account), true) = (actor.account, actor.may(Action::RosterImport)) else {
        return Ok(Vec::new());
    };
    let open: Vec<(ImportId, String, ImportState)> = tx.all(
        sql!(
            "SELECT id, file_name, state FROM roster_import WHERE account_id = $1 AND state IN ('mapping', 'preview')
             ORDER BY id DESC LIMIT 5"
        ),
        args![account],
    )?;
    Ok(open
        .into_iter()
        .map(|(id, name, state)| TaskItem {
            title: lang.t("名册导入等您确认", "A roster import waits for you").to_owned(),
            detail: format!("{name} · {}", state.name(lang)),
            href: format!("/import/{id}"),
            action: lang.t("去确认", "Look").to_owned(),
            due: None,
            count: 1,
        })
        .collect())
}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    pages::routes()
}
