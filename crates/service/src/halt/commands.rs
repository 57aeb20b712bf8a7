//! Stopping an area.

use db::{ReadTx, WriteTx};
use kernel::error::Collect;
use kernel::{Action, Actor, Error, OrgId, Refusal, Timestamp, can};
use people::org::{self, OrgKind, OrgState};

use super::store::{self, Stoppable};
use super::{Cause, FAR_DAYS, MOST, SPAN_DAYS, refusals};
use crate::activity::change::postpone;
use crate::activity::commands::cancel_session;
use crate::{HaltId, SessionId};

/// What is to be stopped.
#[derive(Debug, Clone)]
pub struct Stop {
    /// City, street or community.
    pub area: OrgId,
    /// Why.
    pub cause: Cause,
    /// From and to.
    pub hours: (Timestamp, Timestamp),
    /// 0: cancelled; else put off by so many days.
    pub days: i64,
    /// More about it; may be empty.
    pub words: String,
    /// Which sessions, as they were looked at.
    pub sessions: Vec<SessionId>,
}

impl Stop {
    /// What people read as the reason.
    #[must_use]
    pub fn reason(&self) -> String {
        let cause = self.cause.name(kernel::Lang::Zh);
        if self.words.is_empty() { cause.to_owned() } else { format!("{cause}：{}", self.words) }
    }
}

/// The sessions that would be stopped. Leaders do that session by session; this is for those above them.
///
/// # Errors
/// `common.sign_in`, `common.forbidden`, `halt.area`, `halt.span`; of the database.
pub fn look(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    area: OrgId,
    hours: (Timestamp, Timestamp),
) -> Result<Vec<Stoppable>, Error> {
    actor.demand_any(Action::RecordConfirm)?;
    let area = org::find(tx, area)?.filter(|area| {
        matches!(area.kind, OrgKind::City | OrgKind::Street | OrgKind::Community)
            && area.state != OrgState::Closed
            && can(actor, Action::RecordConfirm, area.place())
    });
    let mut all = Collect::default();
    all.check(area.is_none(), || Refusal::new(&refusals::AREA).on("area"));
    let long = hours.1.0 - hours.0.0 > SPAN_DAYS * kernel::time::DAY_MS;
    all.check(hours.1 <= hours.0 || hours.1 <= tx.now() || long, || {
        Refusal::new(&refusals::SPAN).with("days", SPAN_DAYS).on("to_time")
    });
    all.done()?;
    let path = area.map(|area| area.area_path).unwrap_or_default();
    Ok(store::stoppable(tx, actor, &path, hours)?)
}

/// Stops the chosen sessions: all of them or none. Returns how many people were told.
///
/// # Errors
/// As [`look`]; `halt.none`, `halt.changed`, `common.invalid`; what cancelling or changing a session refuses.
pub fn stop(tx: &mut WriteTx<'_>, actor: &Actor, stop: &Stop) -> Result<i64, Error> {
    let found = look(tx, actor, stop.area, stop.hours)?;
    let mut sessions = stop.sessions.clone();
    sessions.sort_unstable();
    sessions.dedup();
    if sessions.is_empty() || i64::try_from(sessions.len()).unwrap_or(i64::MAX) > MOST {
        return Err(Refusal::new(&refusals::NONE).on("sessions").into());
    }
    if !(0..=FAR_DAYS).contains(&stop.days) {
        return Err(ui::form::Label("顺延天数", "Days")
            .wrong("days", &stop.days.to_string(), "0 到 60 天。", "0 to 60 days.")
            .into());
    }
    let stop = Stop { sessions, ..stop.clone() };
    let reason = stop.reason();
    let mut told = 0;
    for session in &stop.sessions {
        let one = found
            .iter()
            .find(|one| one.id == *session)
            .ok_or_else(|| Error::from(Refusal::new(&refusals::CHANGED).on("sessions")))?;
        if stop.days == 0 {
            cancel_session(tx, actor, *session, &reason)?;
            told += one.taken;
        } else {
            told += postpone(tx, actor, *session, stop.days, &reason)?.told;
        }
    }
    let id: HaltId = tx.new_id();
    store::insert(tx, id, actor, &stop, told)?;
    let detail = format!("{} sessions={} days={}", stop.cause.code(), stop.sessions.len(), stop.days);
    people::audit::note(tx, actor, "area.halt", "org", stop.area.0, &detail)?;
    Ok(told)
}
