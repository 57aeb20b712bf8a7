//! Answering what was drawn, and looking at teams that stand out.

use db::{ReadTx, WriteTx};
use kernel::error::{Collect, common};
use kernel::{Action, Actor, Error, Place, Refusal, can};

use super::store::{self, Check};
use super::{CheckState, How, LateShareId, SpotCheckId, refusals};
use crate::record::store::Whole;
use crate::record::{self, RecordState};

/// What somebody found out.
#[derive(Debug, Clone)]
pub struct Found {
    /// What it is; never [`CheckState::Waiting`].
    pub state: CheckState,
    /// How they know.
    pub how: How,
    /// What differs; needed where something does.
    pub note: String,
    /// Takes the record back at once: it goes to the leader for another time, and is gone for somebody absent.
    pub void: bool,
}

/// A record that was drawn and that the actor checks for, with the record.
///
/// # Errors
/// `common.sign_in`, `common.not_found`.
pub fn find(tx: &mut ReadTx<'_>, actor: &Actor, id: SpotCheckId) -> Result<(Check, Whole), Error> {
    actor.account()?;
    let one = store::find(tx, id)?
        .filter(|one| can(actor, Action::RecordConfirm, one.place()))
        .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let record = record::store::find(tx, one.record_id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    Ok((one, record))
}

/// Whether the actor had a part in the record: submitted it, confirmed it, or it is theirs.
#[must_use]
pub fn had_a_part(actor: &Actor, one: &Check, record: &Whole) -> bool {
    let by = |who: Option<kernel::AccountId>| who.is_some() && who == actor.account;
    by(one.recorder_id) || by(one.decided_by) || actor.person == Some(record.person_id)
}

/// Notes what was found; saying it again corrects it, as long as the record counts.
///
/// # Errors
/// `common.not_found`, `spot_check.gone`, `spot_check.hand`, `spot_check.found`, `spot_check.note`; with `void` those
/// of [`record::void`].
pub fn answer(tx: &mut WriteTx<'_>, actor: &Actor, id: SpotCheckId, found: &Found) -> Result<(), Error> {
    let (one, whole) = find(tx, actor, id)?;
    // Under the lock of its session, as everything that changes a record.
    record::store::session_lock(tx, whole.session_id)?;
    let state = record::store::find(tx, one.record_id)?.map(|record| record.state);
    if state != Some(RecordState::Confirmed) {
        return Err((&refusals::GONE).into());
    }
    if had_a_part(actor, &one, &whole) {
        return Err((&refusals::HAND).into());
    }
    let wrong = matches!(found.state, CheckState::Minutes | CheckState::Absent);
    let mut all = Collect::default();
    all.check(found.state == CheckState::Waiting, || Refusal::new(&refusals::FOUND).on("state"));
    all.check(wrong && found.note.trim().is_empty(), || Refusal::new(&refusals::NOTE).on("note"));
    all.done()?;
    store::answer(tx, id, found.state, found.how, found.note.trim(), actor.account)?;
    let detail = format!("{} {} {}", found.state.code(), found.how.code(), one.record_id);
    people::audit::note(tx, actor, "spot_check.answer", "record", one.record_id.0, &detail)?;
    if wrong && found.void {
        let reason = format!("抽查：{}。{}", found.state.name(kernel::Lang::Zh), found.note.trim());
        record::void(tx, actor, one.record_id, &reason, found.state == CheckState::Minutes)?;
    }
    Ok(())
}

/// Notes that somebody looked at a team that stands out, and what they saw.
///
/// # Errors
/// `common.sign_in`, `common.not_found`, `common.required`, `spot_check.seen`.
pub fn look(tx: &mut WriteTx<'_>, actor: &Actor, id: LateShareId, note: &str) -> Result<(), Error> {
    actor.account()?;
    store::share_place(tx, id)?
        .filter(|(area_path, sponsor_path)| {
            can(actor, Action::RecordConfirm, Place { area_path, sponsor_path })
        })
        .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    if note.trim().is_empty() {
        return Err(Refusal::new(&common::REQUIRED)
            .with_both("label", "复核情况", "What was seen")
            .on("note")
            .into());
    }
    if !store::share_seen(tx, id, note.trim(), actor.account)? {
        return Err((&refusals::SEEN).into());
    }
    people::audit::note(tx, actor, "spot_check.team", "late_share", id.0, note.trim())?;
    Ok(())
}
