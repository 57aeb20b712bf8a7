//! The decisions about a file of past hours: authorise, load, decide, store.

use std::io::Read as _;
use std::path::Path;

use db::{Db, ReadTx, WriteTx, args, sql};
use kernel::error::common;
use kernel::{AccountId, Action, Actor, Date, Error, Lang, Minutes, OrgId, Place, Refusal, can};
use roster::past::{self, Mapping};
use roster::read::Book;
use sha2::{Digest as _, Sha256};

use super::rules::UNDO_DAYS;
use super::store::{self, Batch};
use super::{BatchState, PastBatchId, Verdict, refusals};
use crate::event::RecordWithdrawn;
use crate::record::{self, Class, RecordState};
use crate::total::{self, Counted};
use crate::{ActivityId, RecordId, SessionId};

/// A batch the actor may see: one of their area.
///
/// # Errors
/// `common.forbidden`, `common.not_found`.
pub fn load(tx: &mut ReadTx<'_>, actor: &Actor, id: PastBatchId) -> Result<Batch, Error> {
    actor.demand_any(Action::RosterImport)?;
    let batch = store::find(tx, id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let place = Place { area_path: &batch.area_path, sponsor_path: &batch.sponsor_path };
    if can(actor, Action::RosterImport, place) { Ok(batch) } else { Err((&common::NOT_FOUND).into()) }
}

fn wrong_state(batch: Option<&Batch>) -> Error {
    let state = batch.map_or(BatchState::Cancelled, |batch| batch.state);
    Refusal::new(&refusals::WRONG_STATE).with_both("state", state.name(Lang::Zh), state.name(Lang::En)).into()
}

/// The SHA-256 of a file.
fn hash_of(path: &Path) -> Result<Vec<u8>, Error> {
    let broken =
        |e: std::io::Error| Error::Fault(kernel::Fault::Unavailable(format!("{}: {e}", path.display())));
    let mut file = std::fs::File::open(path).map_err(broken)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0_u8; 1 << 16];
    loop {
        let n = file.read(&mut buffer).map_err(broken)?;
        if n == 0 {
            return Ok(hash.finalize().to_vec());
        }
        hash.update(buffer.get(..n).unwrap_or_default());
    }
}

/// Books a new file; its columns are guessed.
///
/// # Errors
/// When the file is no table that can be read; of the database.
pub fn open(
    db: &Db,
    account: Option<AccountId>,
    org: OrgId,
    path: &Path,
    name: &str,
) -> Result<PastBatchId, Error> {
    let book = Book::open(path)?;
    let table = past::table(&book, None)?;
    let mapping = past::guess(&table.header().columns, table.sample()).to_string();
    let sheet = table.sheet().to_string();
    let hash = hash_of(path)?;
    let (path, name) = (path.to_string_lossy().into_owned(), name.chars().take(120).collect::<String>());
    db.write_blocking(move |tx| {
        let id: PastBatchId = tx.new_id();
        let now = tx.now();
        tx.exec(
            sql!(
                "INSERT INTO past_batch (id, account_id, org_id, file_name, file_hash, file_path, sheet, mapping, state,
                    created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'mapping', $9)"
            ),
            args![id, account, org, name, hash, path, sheet, mapping, now],
        )?;
        Ok::<_, Error>(id)
    })
}

/// What is said about a file before it is checked.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Which column holds what.
    pub mapping: Mapping,
    /// The sheet.
    pub sheet: String,
    /// The earlier system, in words the people will see.
    pub source: String,
    /// Whether it is an official system's export.
    pub official: bool,
}

/// Whether the columns of a batch may still be chosen.
///
/// # Errors
/// `past.wrong_state`.
pub fn demand_open(batch: &Batch) -> Result<(), Error> {
    if matches!(batch.state, BatchState::Mapping | BatchState::Preview | BatchState::Failed) {
        Ok(())
    } else {
        Err(wrong_state(Some(batch)))
    }
}

/// Sets columns and source; the check may begin.
///
/// # Errors
/// `past.wrong_state`.
pub fn begin(tx: &mut WriteTx<'_>, id: PastBatchId, wish: &Wish) -> Result<(), Error> {
    let changed = tx.exec(
        sql!(
            "UPDATE past_batch SET mapping = $1, sheet = $2, source = $3, official = $4, state = 'checking', message = ''
             WHERE id = $5 AND state IN ('mapping', 'preview', 'failed')"
        ),
        args![wish.mapping.to_string(), wish.sheet, wish.source, wish.official, id],
    )?;
    if changed == 0 {
        return Err(wrong_state(store::find(tx, id)?.as_ref()));
    }
    Ok(())
}

/// Lets the accepted lines count: from here on the batch is being published.
///
/// # Errors
/// `past.wrong_state`, `past.nothing`, `past.own` (nobody counts hours of their own, Edge-12).
pub fn publish(tx: &mut WriteTx<'_>, actor: &Actor, id: PastBatchId) -> Result<Batch, Error> {
    let Some(batch) = store::find(tx, id)?.filter(|batch| batch.state == BatchState::Preview) else {
        return Err(wrong_state(store::find(tx, id)?.as_ref()));
    };
    if batch.rows_new == 0 {
        return Err((&refusals::NOTHING).into());
    }
    if let Some(person) = actor.person
        && store::has_person(tx, id, person)?
    {
        return Err((&refusals::OWN).into());
    }
    let (activity, session) = carrier(tx, actor, &batch)?;
    let by = actor.account;
    let changed = tx.exec(
        sql!(
            "UPDATE past_batch SET state = 'publishing', activity_id = $1, session_id = $2, published_by = $3
             WHERE id = $4 AND state = 'preview'"
        ),
        args![activity, session, by, id],
    )?;
    if changed == 0 {
        return Err((&common::STALE).into());
    }
    let detail = format!("{} +{} ({})", batch.file_name, batch.rows_new, Minutes(batch.minutes).hours());
    people::audit::note(tx, actor, "past.publish", "past_batch", id.0, &detail)?;
    Ok(batch)
}

/// The activity and session that carry the records of a batch; no page and no list shows them.
fn carrier(tx: &mut WriteTx<'_>, actor: &Actor, batch: &Batch) -> Result<(ActivityId, SessionId), Error> {
    let (activity, session): (ActivityId, SessionId) = (tx.new_id(), tx.new_id());
    let now = tx.now();
    let (first, last): (Date, Date) = tx.one(
        sql!(
            "SELECT min(service_on), max(service_on) FROM past_line WHERE batch_id = $1 AND verdict = 'new'"
        ),
        args![batch.id],
    )?;
    let title = format!("历史时长：{}", batch.source);
    let title_en = format!("Past hours: {}", batch.source);
    tx.exec(
        sql!(
            "INSERT INTO activity (id, org_id, title, title_en, category, kind, state, carrier, created_by, created_at)
             VALUES ($1, $2, $3, $4, 'other', 'service', 'draft', TRUE, $5, $6)"
        ),
        args![activity, batch.org_id, title, title_en, actor.account, now],
    )?;
    let (from, to) = (kernel::Timestamp::at(first, 0), kernel::Timestamp::at(last.plus(1), 0));
    tx.exec(
        sql!(
            "INSERT INTO session (id, activity_id, starts_at, ends_at, sign_up_until, quota, state, due_on, decided_at)
             VALUES ($1, $2, $3, $4, $3, 1, 'recorded', $5, $6)"
        ),
        args![session, activity, from, to, now.date(), now],
    )?;
    Ok((activity, session))
}

/// Throws a file away that does not count yet. Its lines go with the next cleaning of the folder of imports.
///
/// # Errors
/// `past.wrong_state`.
pub fn cancel(tx: &mut WriteTx<'_>, actor: &Actor, id: PastBatchId) -> Result<(), Error> {
    let stopped = tx.exec(
        sql!(
            "UPDATE past_batch SET state = 'cancelled' WHERE id = $1
             AND state IN ('mapping', 'checking', 'preview', 'failed', 'cancelled')"
        ),
        args![id],
    )?;
    if stopped == 0 {
        return Err(wrong_state(store::find(tx, id)?.as_ref()));
    }
    tx.exec(sql!("DELETE FROM past_line WHERE batch_id = $1 AND record_id IS NULL"), args![id])?;
    people::audit::note(tx, actor, "past.cancel", "past_batch", id.0, "")?;
    Ok(())
}

/// Begins to take a whole batch back: every minute of it, with the reason kept.
///
/// # Errors
/// `past.wrong_state`, `past.undo_late`.
pub fn undo(tx: &mut WriteTx<'_>, actor: &Actor, id: PastBatchId, reason: &str) -> Result<Batch, Error> {
    let Some(batch) = store::find(tx, id)?.filter(|batch| batch.state == BatchState::Published) else {
        return Err(wrong_state(store::find(tx, id)?.as_ref()));
    };
    let now = tx.now();
    let since = batch.published_at.unwrap_or(now).date();
    if now.date().days() - since.days() > UNDO_DAYS {
        return Err(Refusal::new(&refusals::UNDO_LATE).with("days", UNDO_DAYS).into());
    }
    let by = actor.account;
    let changed = tx.exec(
        sql!(
            "UPDATE past_batch SET state = 'undoing', undo_reason = $1, undone_by = $2 WHERE id = $3
             AND state = 'published'"
        ),
        args![reason, by, id],
    )?;
    if changed == 0 {
        return Err((&common::STALE).into());
    }
    people::audit::note(tx, actor, "past.undo", "past_batch", id.0, reason)?;
    Ok(batch)
}

/// “Not mine”: a person takes a past service off their own record. It stops counting in this transaction, stays
/// readable, and does not come back with the same file.
///
/// # Errors
/// `past.not_past`, `common.not_found`.
pub fn disown(tx: &mut WriteTx<'_>, actor: &Actor, id: RecordId, text: &str) -> Result<(), Error> {
    let person = actor.person()?;
    let one = record::store::find(tx, id)?
        .filter(|one| one.person_id == person)
        .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    if one.class != Class::Legacy || one.state != RecordState::Confirmed {
        return Err((&refusals::NOT_PAST).into());
    }
    let note = if text.is_empty() {
        "本人声明：不是我的".to_owned()
    } else {
        format!("本人声明：不是我的。{text}")
    };
    let voided =
        record::store::decide(tx, &[id], RecordState::Confirmed, RecordState::Void, actor.account, &note)?;
    if voided != 1 {
        return Err((&common::STALE).into());
    }
    store::line_mark(tx, one.session_id, one.line, Verdict::Disowned)?;
    total::add(
        tx,
        &[Counted {
            person,
            team: total::team_counted(one.team_id, &one.flags),
            community: one.community_id,
            street: one.street_id,
            category: one.category.clone(),
            service_on: one.service_on,
            minutes: one.minutes,
            past: true,
        }],
        -1,
    )?;
    tx.publish(&RecordWithdrawn {
        record: id,
        person,
        title: one.title,
        minutes: Minutes(one.minutes),
        reason: note,
    })?;
    people::audit::note(tx, actor, "past.disown", "record", id.0, "")?;
    Ok(())
}
