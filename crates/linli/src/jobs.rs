//! The workers beside the server: long jobs, regular work, the outbox. Each holds nothing that another
//! process would miss; several processes share one queue through leases.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use db::jobs::{self, Job, JobState, LEASE_MS};
use db::{DbError, ReadTx, WriteTx, args, sql};
use kernel::{Error, Fault, Timestamp};
use messages::Outbound;
use ui::room::JobRun;
use ui::{App, JobKind};

use crate::metrics::Metrics;

/// How often an idle worker looks for a job.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often regular work runs.
const TICK_EVERY: Duration = Duration::from_secs(60);
/// How often a job that failed for want of storage is tried.
const TRIES: i64 = 3;

/// Tells all workers to end.
#[derive(Debug, Default)]
pub struct Stop {
    told: Mutex<bool>,
    wake: Condvar,
}

impl Stop {
    /// Tells them.
    pub fn tell(&self) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.wake.notify_all();
    }

    /// Waits for a time; returns whether it is time to end, at once when it is.
    pub fn rest(&self, pause: Duration) -> bool {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let (told, _) =
            self.wake.wait_timeout_while(told, pause, |told| !*told).unwrap_or_else(PoisonError::into_inner);
        *told
    }
}

/// Starts all workers; they end when `stop` is told.
pub fn start(
    app: &App,
    metrics: &Arc<Metrics>,
    stop: &Arc<Stop>,
    count: usize,
    outbound: Outbound,
) -> Vec<JoinHandle<()>> {
    let mut threads = Vec::new();
    let mut spawn = |name: String, work: Box<dyn FnOnce() + Send>| match std::thread::Builder::new()
        .name(name)
        .spawn(work)
    {
        Ok(thread) => threads.push(thread),
        Err(error) => tracing::error!(%error, "a worker could not be started"),
    };
    for n in 0..count {
        let (app, metrics, stop) = (app.clone(), Arc::clone(metrics), Arc::clone(stop));
        let tag = app.vault.random(|random| random.next_u64());
        spawn(format!("job-{n}"), Box::new(move || work(&app, &format!("{tag:016x}"), &metrics, &stop)));
    }
    {
        let (app, stop) = (app.clone(), Arc::clone(stop));
        spawn("tick".to_owned(), Box::new(move || tick_loop(&app, &stop)));
    }
    {
        let (db, stop, outbound) = (app.db.clone(), Arc::clone(stop), outbound.clone());
        spawn(
            "push".to_owned(),
            Box::new(move || messages::push_worker(&db, &outbound, &|pause| stop.rest(pause))),
        );
    }
    {
        let (db, stop) = (app.db.clone(), Arc::clone(stop));
        spawn(
            "outbox".to_owned(),
            Box::new(move || messages::worker(&db, &outbound, &|pause| stop.rest(pause))),
        );
    }
    threads
}

fn work(app: &App, worker: &str, metrics: &Metrics, stop: &Stop) {
    loop {
        let pause = match once(app, worker, metrics) {
            Ok(true) => Duration::ZERO,
            Ok(false) => LOOK_EVERY,
            Err(error) => {
                tracing::error!(%error, "the job queue could not be read");
                LOOK_EVERY * 10
            }
        };
        if stop.rest(pause) {
            return;
        }
    }
}

/// Does one job if one is due; returns whether there was one.
///
/// # Errors
/// Of the database.
pub fn once(app: &App, worker: &str, metrics: &Metrics) -> Result<bool, Error> {
    // A cheap question first: taking is a write, and writes queue.
    if !app.db.read_blocking(due)? {
        return Ok(false);
    }
    let name = worker.to_owned();
    let Some(job) = app.db.write_blocking(move |tx| jobs::take(tx, &name))? else { return Ok(false) };
    let kind = app.rooms.iter().flat_map(|room| room.jobs).find(|kind| kind.kind == job.kind);
    let started = Instant::now();
    tracing::info!(job = job.id.0, kind = job.kind, attempt = job.attempts, "a job begins");
    let outcome = match kind {
        Some(kind) => run(app, *kind, &job, worker),
        None => Err(Error::bug(format!("no room knows the job kind {}", job.kind))),
    };
    let well = outcome.is_ok();
    let took = started.elapsed();
    let ended = end(app, worker, &job, outcome)?;
    match ended {
        Some(state) => {
            (if well { &metrics.jobs_done } else { &metrics.jobs_failed }).fetch_add(1, Ordering::Relaxed);
            tracing::info!(job = job.id.0, kind = job.kind, state = state.code(), ?took, "a job ended");
        }
        None => {
            tracing::warn!(job = job.id.0, kind = job.kind, ?took, "a job was taken over by another worker");
        }
    }
    Ok(true)
}

fn due(tx: &mut ReadTx<'_>) -> Result<bool, Error> {
    let now = tx.now();
    let (ready,): (i64,) = tx.one(
        sql!(
            "SELECT (SELECT count(*) FROM job WHERE state = 'ready' AND run_at <= $1)
                  + (SELECT count(*) FROM job WHERE state = 'running' AND lease_until < $1)"
        ),
        args![now],
    )?;
    Ok(ready > 0)
}

/// Runs a job with a heart that beats beside it, so that long steps do not lose the lease.
fn run(app: &App, kind: JobKind, job: &Job, worker: &str) -> Result<String, Error> {
    let beat = Arc::new(Stop::default());
    let silent = Arc::new(AtomicBool::new(false));
    let heart = {
        let (db, id, worker) = (app.db.clone(), job.id, worker.to_owned());
        let (beat, silent) = (Arc::clone(&beat), Arc::clone(&silent));
        std::thread::spawn(move || {
            let every = Duration::from_millis(u64::try_from(LEASE_MS).unwrap_or(60_000) / 3);
            while !beat.rest(every) {
                let worker = worker.clone();
                let held = db.write_blocking(move |tx: &mut WriteTx<'_>| {
                    let until = Timestamp(tx.now().0 + LEASE_MS);
                    tx.exec(
                        sql!(
                            "UPDATE job SET lease_until = $1 WHERE id = $2 AND state = 'running' AND lease_by = $3"
                        ),
                        args![until, id, worker],
                    )
                });
                if held.is_ok_and(|rows| rows == 0) {
                    silent.store(true, Ordering::SeqCst);
                }
            }
        })
    };
    let run = JobRun { app: app.clone(), job: job.clone(), worker: worker.to_owned() };
    let outcome = catch_unwind(AssertUnwindSafe(|| (kind.run)(&run)));
    beat.tell();
    let _ = heart.join();
    match outcome {
        Ok(result) => result,
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            Err(Error::bug(format!("the job {} panicked: {text}", job.kind)))
        }
    }
}

/// Writes how a job ended; `None` when it is no longer ours.
fn end(
    app: &App,
    worker: &str,
    job: &Job,
    outcome: Result<String, Error>,
) -> Result<Option<JobState>, Error> {
    let (id, worker, attempts) = (job.id, worker.to_owned(), job.attempts);
    if let Err(error) = &outcome {
        tracing::error!(job = id.0, kind = job.kind, %error, "a job failed");
    }
    app.db.write_blocking(move |tx| {
        let ours: Option<(bool,)> = tx.first(
            sql!("SELECT cancel FROM job WHERE id = $1 AND state = 'running' AND lease_by = $2"),
            args![id, worker],
        )?;
        let Some((cancelled,)) = ours else { return Ok::<_, Error>(None) };
        let state = match &outcome {
            _ if cancelled => {
                jobs::finish(tx, id, JobState::Cancelled, "", outcome.as_deref().unwrap_or_default())?;
                JobState::Cancelled
            }
            Ok(result) => {
                jobs::finish(tx, id, JobState::Done, "", result)?;
                JobState::Done
            }
            Err(Error::Fault(Fault::Unavailable(_))) if attempts < TRIES => {
                let later = tx.now().plus_minutes(attempts);
                jobs::retry(tx, id, later, "storage was not available; tried again soon")?;
                JobState::Ready
            }
            Err(error) => {
                // Defects are in the log; the person reads that it failed, not why the program broke.
                let message = match error {
                    Error::Refused(_) => error.to_string(),
                    Error::Fault(_) => "defect".to_owned(),
                };
                jobs::finish(tx, id, JobState::Failed, &message, "")?;
                JobState::Failed
            }
        };
        Ok(Some(state))
    })
}

fn tick_loop(app: &App, stop: &Stop) {
    loop {
        tick(app);
        if stop.rest(TICK_EVERY) {
            return;
        }
    }
}

/// Runs the regular work of all rooms once, each in a transaction of its own.
pub fn tick(app: &App) {
    for room in app.rooms.iter() {
        for one in room.ticks {
            let one = *one;
            if let Err(error) = app.db.write_blocking(one) {
                tracing::error!(room = room.name, %error, "regular work failed");
            }
        }
    }
    if let Err(error) = people::audit::seal(&app.db, &app.vault.audit) {
        tracing::error!(%error, "the audit log could not be sealed");
    }
    if let Err(error) = people::duplicate::find::search(&app.db) {
        tracing::error!(%error, "double registrations could not be looked for");
    }
    if let Err(error) = crate::home::refresh_figures(&app.db) {
        tracing::error!(%error, "the figures of the first page could not be counted");
    }
    let seed = || app.vault.random(|random| random.next_u64());
    if let Err(error) = service::spot_check::draw::refresh(&app.db, seed) {
        tracing::error!(%error, "no hours could be drawn for the checks of the month");
    }
    if let Err(error) = service::retention::kept::refresh(&app.db) {
        tracing::error!(%error, "who stays could not be counted");
    }
    if let Err(error) = service::total::kept::refresh(&app.db) {
        tracing::error!(%error, "the figures of the dashboards could not be counted");
    }
}

/// Figures of queue and outbox, for `/metrics`.
///
/// # Errors
/// Of the database.
pub fn waiting(tx: &mut ReadTx<'_>) -> Result<(i64, i64, i64, i64), DbError> {
    let now = tx.now();
    tx.one(
        sql!(
            "SELECT (SELECT count(*) FROM job WHERE state = 'ready'), (SELECT count(*) FROM job WHERE state = 'running'),
                (SELECT count(*) FROM outbox WHERE sent_at = 0)
                    + (SELECT count(*) FROM delivery WHERE state IN ('queued', 'failed') AND due_at <= $1),
                (SELECT COALESCE(max(CAST($1 AS BIGINT) - created_at), 0) FROM outbox WHERE sent_at = 0)"
        ),
        args![now],
    )
}
