//! Past hours (Add-04): service given before the city ran on this system comes in from files of earlier ones, with a
//! preview, reasons for every refused row, and one undo of the whole file. What comes in is of class `legacy`: it
//! counts in the one total of a person and is shown apart everywhere.

pub mod commands;
pub mod engine;
mod pages;
pub mod refusals;
pub mod rules;
pub mod store;

use db::{ReadTx, WriteTx, args, sql};
use kernel::{Action, Actor, Error, Id as _, Lang, codes, ids};
use ui::{JobKind, JobRun, TaskItem};

pub use engine::{Counts, Progress};
pub use pages::refused_xlsx;
pub use store::Batch;

ids! {
    /// A file of past hours.
    PastBatchId;
}

codes! {
    /// Where a file of past hours stands.
    pub enum BatchState {
        /// The columns wait to be confirmed.
        Mapping = "mapping", "核对列", "Columns";
        /// Rows are being read and checked.
        Checking = "checking", "检查中", "Checking";
        /// The counts wait for a decision.
        Preview = "preview", "待确认", "To confirm";
        /// Lines become records.
        Publishing = "publishing", "计入中", "Being counted";
        /// All of them count.
        Published = "published", "已计入", "Counted";
        /// The minutes are being taken back.
        Undoing = "undoing", "撤销中", "Being undone";
        /// Every minute was taken back.
        Undone = "undone", "已撤销", "Undone";
        /// Thrown away before anything counted.
        Cancelled = "cancelled", "已取消", "Cancelled";
        /// Stopped by an error.
        Failed = "failed", "失败", "Failed";
    }
}

codes! {
    /// What became of a line.
    pub enum Verdict {
        /// To be counted.
        New = "new", "将计入", "To be counted";
        /// There already: from an earlier file.
        Known = "known", "以前已导入", "There already";
        /// Something is wrong with it.
        Refused = "refused", "有问题", "Refused";
        /// Counts.
        Published = "published", "已计入", "Counted";
        /// Taken back with its batch.
        Undone = "undone", "已撤销", "Undone";
        /// Voided by a confirmer.
        Void = "void", "已作废", "Void";
        /// The person said that it is not theirs.
        Disowned = "disowned", "本人否认", "“Not mine”";
    }
}

/// Long work of this subject.
pub const JOBS: &[JobKind] = &[
    JobKind { kind: "past.check", run: run_check },
    JobKind { kind: "past.publish", run: run_publish },
    JobKind { kind: "past.undo", run: run_undo },
];

fn batch_of(run: &JobRun) -> Result<Batch, Error> {
    let id = PastBatchId::from_i64(run.job.payload.parse().unwrap_or(0));
    run.db()
        .read_blocking(move |tx| Ok::<_, Error>(store::find(tx, id)?))?
        .ok_or_else(|| Error::bug(format!("job {} names no batch of past hours", run.job.id)))
}

fn run_check(run: &JobRun) -> Result<String, Error> {
    let batch = batch_of(run)?;
    if batch.state != BatchState::Checking {
        return Ok(String::new());
    }
    let id = batch.id;
    match engine::check(run.db(), &run.app.vault, &batch, &|done, all| run.progress(done, all, "")) {
        Ok(Some(counts)) => Ok(format!("{counts:?}")),
        Ok(None) => {
            run.db().write_blocking(move |tx| commands::cancel(tx, &Actor::system("past"), id))?;
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
                    sql!("UPDATE past_batch SET state = 'failed', message = $1 WHERE id = $2 AND state = 'checking'"),
                    args![message, id],
                )?;
                Ok::<_, Error>(())
            })?;
            Err(error)
        }
    }
}

fn run_publish(run: &JobRun) -> Result<String, Error> {
    let batch = batch_of(run)?;
    engine::publish(run.db(), batch.id, &|done, all| run.progress(done, all, ""))?;
    ui::upload::discard(&run.app, &batch.file_path);
    Ok(String::new())
}

fn run_undo(run: &JobRun) -> Result<String, Error> {
    let batch = batch_of(run)?;
    engine::undo(run.db(), batch.id, &|done, all| run.progress(done, all, ""))?;
    Ok(String::new())
}

/// Goes on with what a stopped process left in the middle.
///
/// # Errors
/// Of the database.
pub fn tick(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    let left: Vec<(PastBatchId, BatchState)> = tx.all(
        sql!(
            "SELECT b.id, b.state FROM past_batch b WHERE b.state IN ('publishing', 'undoing')
             AND NOT EXISTS (SELECT 1 FROM job j WHERE j.id = b.job_id AND j.state IN ('ready', 'running'))
             ORDER BY b.id LIMIT 20"
        ),
        &[],
    )?;
    let now = tx.now();
    for (id, state) in left {
        let kind = if state == BatchState::Undoing { "past.undo" } else { "past.publish" };
        let job = db::jobs::enqueue(tx, kind, &id.to_string(), None, now)?;
        tx.exec_one(sql!("UPDATE past_batch SET job_id = $1 WHERE id = $2"), args![job.as_i64(), id])?;
    }
    Ok(())
}

/// Files that wait for their owner.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    let (Some(account), true) = (actor.account, actor.may(Action::RosterImport)) else {
        return Ok(Vec::new());
    };
    let open: Vec<(PastBatchId, String, BatchState)> = tx.all(
        sql!(
            "SELECT id, file_name, state FROM past_batch WHERE account_id = $1 AND state IN ('mapping', 'preview')
             ORDER BY id DESC LIMIT 5"
        ),
        args![account],
    )?;
    Ok(open
        .into_iter()
        .map(|(id, name, state)| TaskItem {
            title: lang.t("历史时长等您确认", "Past hours wait for you").to_owned(),
            detail: format!("{name} · {}", state.name(lang)),
            href: format!("/past-hours/{id}"),
            action: lang.t("去确认", "Look").to_owned(),
            due: None,
            count: 1,
        })
        .collect())
}

/// Holds what batches say against the records they made (`linli db check`).
///
/// # Errors
/// Of the database.
pub fn check(tx: &mut ReadTx<'_>) -> Result<Vec<String>, Error> {
    Ok(store::differences(tx)?)
}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    pages::routes()
}
