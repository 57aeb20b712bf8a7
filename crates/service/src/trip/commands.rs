//! Setting a trip, giving duties, counting heads, and the word that all are back.

use db::WriteTx;
use kernel::error::Collect;
use kernel::{Actor, Error, Refusal, Timestamp};

use super::store::{self, Trip, Walker};
use super::{Stage, TripRole, refusals, rules};
use crate::activity::commands::managed_session;
use crate::activity::{ActivityState, SessionFull, SessionState};
use crate::attendance::commands::find_to_lead;
use crate::event::{MeetingChanged, TripRoleGiven};
use crate::{SessionId, SignUpId};

/// What is wished.
#[derive(Debug, Clone)]
pub struct Wish {
    /// When people meet, minutes of the day.
    pub meet: i64,
    /// Where.
    pub place: String,
    /// When they mean to be back, minutes of the day.
    pub back: Option<i64>,
    /// What to wear; may be empty.
    pub wear: String,
    /// What to bring; may be empty.
    pub bring: String,
    /// For the other sessions ahead of this activity too.
    pub all: bool,
}

fn trip_of(session: SessionId, times: (Timestamp, Timestamp), wish: &Wish) -> Trip {
    Trip {
        session,
        meet_at: rules::meeting(times.0, wish.meet),
        meet_place: wish.place.clone(),
        return_at: wish.back.map(|minute| rules::returning(times.1, minute)),
        wear: wish.wear.clone(),
        bring: wish.bring.clone(),
        all_back_at: None,
    }
}

fn open(s: &SessionFull) -> Result<(), Error> {
    if matches!(s.state, SessionState::Draft | SessionState::Open | SessionState::Closed) {
        return Ok(());
    }
    Err((&refusals::SHUT).into())
}

/// Sets where and when people meet; whoever holds a place is told when that changes. Returns for how many sessions.
///
/// # Errors
/// `common.not_found`; `trip.shut`, `trip.meet_wrong`.
pub fn set(tx: &mut WriteTx<'_>, actor: &Actor, id: SessionId, wish: &Wish) -> Result<usize, Error> {
    let s = managed_session(tx, actor, id)?;
    open(&s)?;
    let mut all = vec![(id, s.starts_at, s.ends_at)];
    if wish.all {
        all.extend(store::others_ahead(tx, s.activity_id, id)?);
    }
    let mut wrong = Collect::default();
    for (session, starts_at, ends_at) in &all {
        let trip = trip_of(*session, (*starts_at, *ends_at), wish);
        wrong.check(!rules::fits(trip.meet_at, *starts_at), || {
            Refusal::new(&refusals::MEET_WRONG).with("meet", trip.meet_at.text()).on("meet")
        });
    }
    wrong.done()?;
    // In the order of ids, as sessions are locked everywhere.
    all.sort_unstable();
    for (session, starts_at, ends_at) in &all {
        let trip = trip_of(*session, (*starts_at, *ends_at), wish);
        store::touch(tx, *session)?;
        let before = store::find(tx, *session)?;
        store::put(tx, &trip)?;
        let changed = before.as_ref().is_none_or(|one| {
            (one.meet_at, &one.meet_place) != (trip.meet_at, &trip.meet_place)
                || (&one.wear, &one.bring) != (&trip.wear, &trip.bring)
        });
        if changed && s.activity_state == ActivityState::Published && tx.now() < *starts_at {
            tell(tx, &s, &trip, *starts_at)?;
        }
    }
    people::audit::note(tx, actor, "trip.set", "session", id.0, &format!("sessions={}", all.len()))?;
    Ok(all.len())
}

fn tell(tx: &mut WriteTx<'_>, s: &SessionFull, trip: &Trip, starts_at: Timestamp) -> Result<(), Error> {
    for person in store::booked(tx, trip.session)? {
        tx.publish(&MeetingChanged {
            person,
            session: trip.session,
            activity: s.activity_id,
            title: s.title.clone(),
            starts_at,
            meet_at: trip.meet_at,
            meet_place: trip.meet_place.clone(),
            wear: trip.wear.clone(),
            bring: trip.bring.clone(),
        })?;
    }
    Ok(())
}

/// People go to the place by themselves: the trip, its duties and counts are taken away.
///
/// # Errors
/// `common.not_found`; `trip.shut`; `trip.back` once all are known to be back.
pub fn clear(tx: &mut WriteTx<'_>, actor: &Actor, id: SessionId) -> Result<(), Error> {
    let s = managed_session(tx, actor, id)?;
    open(&s)?;
    store::touch(tx, id)?;
    if store::find(tx, id)?.is_some_and(|trip| trip.all_back_at.is_some()) {
        return Err((&refusals::BACK).into());
    }
    store::remove(tx, id)?;
    people::audit::note(tx, actor, "trip.clear", "session", id.0, "")?;
    Ok(())
}

/// Gives somebody who signed up something to look after, or takes it away. They are told.
///
/// # Errors
/// `common.not_found`, `common.forbidden`; `trip.none`, `trip.not_there`.
pub fn duty(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: SessionId,
    role: TripRole,
    sign_up: SignUpId,
    give: bool,
) -> Result<(), Error> {
    let held = find_to_lead(tx, actor, id)?;
    let trip = found(tx, id)?;
    if !give {
        return Ok(store::duty_take(tx, id, role, sign_up)?);
    }
    let walker = store::walkers(tx, id)?
        .into_iter()
        .find(|one| one.sign_up == sign_up)
        .ok_or_else(|| Error::from(Refusal::new(&refusals::NOT_THERE).on("sign_up")))?;
    if store::duty_put(tx, id, role, sign_up)? && tx.now() < held.starts_at {
        tx.publish(&TripRoleGiven {
            person: walker.person,
            role: (role.name(kernel::Lang::Zh), role.name(kernel::Lang::En)),
            title: held.title,
            meet_at: trip.meet_at,
        })?;
    }
    Ok(())
}

fn found(tx: &mut WriteTx<'_>, id: SessionId) -> Result<Trip, Error> {
    store::find(tx, id)?.ok_or_else(|| (&refusals::NONE).into())
}

/// What a count came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Heads, as counted.
    pub heads: i64,
    /// Names that were seen.
    pub seen: usize,
    /// Who was expected and not seen, by name.
    pub missing: Vec<String>,
}

/// Notes a count: how many heads, and who was seen. Counting again replaces it.
///
/// # Errors
/// `common.not_found`, `common.forbidden`; `trip.none`, `trip.early`, `trip.back`.
pub fn count(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: SessionId,
    stage: Stage,
    heads: Option<i64>,
    seen: &[SignUpId],
) -> Result<Counted, Error> {
    let account = actor.account()?;
    find_to_lead(tx, actor, id)?;
    let trip = counted(tx, id)?;
    let all = store::walkers(tx, id)?;
    let here: Vec<SignUpId> = all.iter().map(|one| one.sign_up).filter(|one| seen.contains(one)).collect();
    let heads = heads.unwrap_or_else(|| i64::try_from(here.len()).unwrap_or(i64::MAX));
    store::count_put(tx, trip.session, stage, heads, &here, account)?;
    let missing = missing(&all, stage, |one| here.contains(&one.sign_up));
    Ok(Counted {
        heads,
        seen: here.len(),
        missing: missing.into_iter().map(|one| one.name.clone()).collect(),
    })
}

/// A trip whose heads may be counted now.
fn counted(tx: &mut WriteTx<'_>, id: SessionId) -> Result<Trip, Error> {
    let trip = found(tx, id)?;
    let from = trip.meet_at.plus_minutes(-rules::COUNT_BEFORE);
    if tx.now() < from {
        return Err(Refusal::new(&refusals::EARLY).with("from", from.text()).into());
    }
    if trip.all_back_at.is_some() {
        return Err((&refusals::BACK).into());
    }
    Ok(trip)
}

/// Who is expected at a stage and was not seen.
#[must_use]
pub fn missing(all: &[Walker], stage: Stage, seen: impl Fn(&Walker) -> bool) -> Vec<&Walker> {
    let facts: Vec<rules::Seen> = all.iter().map(Walker::seen).collect();
    let known = rules::known(&facts);
    all.iter()
        .zip(&facts)
        .filter(|(one, fact)| rules::expected(stage, fact, known) && !seen(one))
        .map(|one| one.0)
        .collect()
}

/// “All back safely”: everybody who set out is noted as back. It is the word of whoever says it, and their name stays
/// with it. Saying it twice changes nothing. Returns how many that are.
///
/// # Errors
/// `common.not_found`, `common.forbidden`; `trip.none`, `trip.early`.
pub fn all_back(tx: &mut WriteTx<'_>, actor: &Actor, id: SessionId) -> Result<usize, Error> {
    let account = actor.account()?;
    find_to_lead(tx, actor, id)?;
    let trip = found(tx, id)?;
    let all = store::walkers(tx, id)?;
    if trip.all_back_at.is_some() {
        return Ok(all.iter().filter(|one| one.back).count());
    }
    counted(tx, id)?;
    let facts: Vec<rules::Seen> = all.iter().map(Walker::seen).collect();
    let known = rules::known(&facts);
    let back: Vec<SignUpId> = all
        .iter()
        .zip(&facts)
        .filter(|(_, fact)| fact.back || rules::expected(Stage::Return, fact, known))
        .map(|(one, _)| one.sign_up)
        .collect();
    let heads = i64::try_from(back.len()).unwrap_or(i64::MAX);
    store::count_put(tx, id, Stage::Return, heads, &back, account)?;
    store::back_put(tx, id, Some(account))?;
    people::audit::note(tx, actor, "trip.back", "session", id.0, &format!("people={heads}"))?;
    Ok(back.len())
}

/// Takes “all back safely” back: it was pressed too early.
///
/// # Errors
/// `common.not_found`, `common.forbidden`; `trip.none`.
pub fn not_back(tx: &mut WriteTx<'_>, actor: &Actor, id: SessionId) -> Result<(), Error> {
    find_to_lead(tx, actor, id)?;
    found(tx, id)?;
    if store::back_put(tx, id, None)? {
        people::audit::note(tx, actor, "trip.not_back", "session", id.0, "")?;
    }
    Ok(())
}
