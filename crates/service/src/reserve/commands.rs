//! Keeping places and opening them again.

use db::WriteTx;
use kernel::error::common;
use kernel::{Actor, Error, OrgId, Refusal, Timestamp};

use super::{refusals, rules, store};
use crate::activity::SessionState;
use crate::attendance::Held;
use crate::attendance::commands::find_to_lead;
use crate::co_organiser;
use crate::sign_up::waiting;
use crate::{ReserveId, SessionId};

/// For so many places are kept in a session at a time; more stay on its page after their time.
pub const MOST: i64 = 12;
/// Most places kept for one.
pub const MOST_PLACES: i64 = 9_999;

/// What is to be kept.
#[derive(Debug, Clone, Copy)]
pub struct Keep {
    /// For whose people; `None`: for whom the leader enters.
    pub org: Option<OrgId>,
    /// How many places, those taken already among them.
    pub places: i64,
    /// Until when; at the latest to the start.
    pub until: Timestamp,
}

/// Holds a session that the actor leads and whose places can still be kept.
fn hold(tx: &mut WriteTx<'_>, actor: &Actor, id: SessionId) -> Result<Held, Error> {
    find_to_lead(tx, actor, id)?;
    waiting::store::hold_session(tx, id)?;
    // Read again behind the lock.
    let held = find_to_lead(tx, actor, id)?;
    if held.state != SessionState::Open || held.starts_at <= tx.now() {
        return Err((&refusals::OVER).into());
    }
    Ok(held)
}

/// How many places nobody has taken and nobody is kept, apart from one who is being decided about.
///
/// # Errors
/// Of the database.
pub fn free(tx: &mut db::ReadTx<'_>, held: &Held, but: Option<ReserveId>) -> Result<i64, Error> {
    let now = tx.now();
    let kept: i64 = store::of_session(tx, held.id)?
        .iter()
        .filter(|one| one.until_at > now && Some(one.id) != but)
        .map(|one| (one.places - one.used).max(0))
        .sum();
    Ok((held.quota - held.taken - kept).max(0))
}

/// Keeps places, or changes how many are kept for somebody and until when. Whoever waits is offered what became free.
///
/// # Errors
/// `common.sign_in`, `common.not_found`, `common.forbidden`; `reserve.over`, `reserve.when`, `reserve.unknown`,
/// `reserve.full`, `reserve.too_many`.
pub fn keep(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    session: SessionId,
    what: &Keep,
) -> Result<ReserveId, Error> {
    let account = actor.account()?;
    let held = hold(tx, actor, session)?;
    let now = tx.now();
    if what.until <= now || rules::until(what.until, held.starts_at) != what.until {
        return Err(Refusal::new(&refusals::WHEN).with("start", held.starts_at.text()).on("until").into());
    }
    if let Some(org) = what.org
        && co_organiser::store::org(tx, org)?.is_none()
    {
        return Err(Refusal::new(&refusals::UNKNOWN).on("org").into());
    }
    let all = store::of_session(tx, session)?;
    let known = all.iter().find(|one| one.org == what.org);
    let live = all.iter().filter(|one| one.until_at > now && one.org != what.org).count();
    if i64::try_from(live).unwrap_or(i64::MAX) >= MOST {
        return Err(Refusal::new(&refusals::FULL).with("max", MOST).into());
    }
    let used = known.map_or(0, |one| one.used);
    let free = free(tx, &held, known.map(|one| one.id))?;
    if what.places - used > free {
        return Err(Refusal::new(&refusals::TOO_MANY).with("free", free + used).on("places").into());
    }
    let id = match known {
        Some(one) => {
            store::update(tx, one.id, (what.places, what.until))?;
            one.id
        }
        None => {
            let id: ReserveId = tx.new_id();
            store::insert(tx, id, session, what.org, (what.places, what.until), account)?;
            id
        }
    };
    store::note(tx, session)?;
    let detail = match what.org {
        Some(org) => format!("org={org} places={} until={}", what.places, what.until.text()),
        None => format!("leader places={} until={}", what.places, what.until.text()),
    };
    people::audit::note(tx, actor, "reserve.keep", "session", session.0, &detail)?;
    waiting::commands::fill(tx, session, held.starts_at)?;
    Ok(id)
}

/// Keeps places no longer; who stands on one keeps it, the others go to whoever waits or to all.
///
/// # Errors
/// `common.sign_in`, `common.not_found`, `common.forbidden`; `reserve.over`.
pub fn remove(tx: &mut WriteTx<'_>, actor: &Actor, id: ReserveId) -> Result<SessionId, Error> {
    actor.account()?;
    let one = store::find(tx, id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    find_to_lead(tx, actor, one.session).map_err(|_| Error::from(&common::NOT_FOUND))?;
    let held = hold(tx, actor, one.session)?;
    store::remove(tx, id)?;
    store::note(tx, one.session)?;
    people::audit::note(tx, actor, "reserve.remove", "session", one.session.0, "")?;
    waiting::commands::fill(tx, one.session, held.starts_at)?;
    Ok(one.session)
}
