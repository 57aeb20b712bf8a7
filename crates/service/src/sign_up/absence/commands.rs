//! Noting who stayed away, explaining, answering.

use db::WriteTx;
use kernel::error::common;
use kernel::{Actor, Error, PersonId, Place, Refusal, Timestamp};

use super::store::{self, Absence};
use super::{ANSWER_DAYS, AbsenceState};
use crate::event::{AbsenceAnswered, Missed};
use crate::sign_up::{limits, manages, refusals};
use crate::{SessionId, SignUpId};

/// Notes those absent from a session whose roll is submitted, and asks each kindly what happened.
///
/// # Errors
/// Of the database.
pub fn note(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    title: &str,
    starts_at: Timestamp,
) -> Result<(), Error> {
    let noted = store::note_all(tx, session)?;
    if noted.iter().all(|one| one.2 != AbsenceState::Open) {
        return Ok(());
    }
    let limits = limits::limits(tx)?;
    let counts = store::counts_of(tx, session)?;
    let now = tx.now();
    for (sign_up, person, state) in noted {
        if state != AbsenceState::Open {
            continue;
        }
        let count =
            counts.iter().find(|one| one.0 == person).map_or((1, Some(starts_at)), |one| (one.1, one.2));
        tx.publish(&Missed {
            person,
            sign_up,
            title: title.to_owned(),
            starts_at,
            count: count.0,
            asks_until: limits.asks_until(now, count),
        })?;
    }
    Ok(())
}

/// An absence the actor may see: their own, or in a session they lead.
///
/// # Errors
/// `common.not_found`.
pub fn seen(tx: &mut db::ReadTx<'_>, actor: &Actor, id: SignUpId) -> Result<Absence, Error> {
    actor.account()?;
    store::find(tx, id)?
        .filter(|one| one.absent && (actor.person == Some(one.person) || leads(actor, one)))
        .ok_or_else(|| (&common::NOT_FOUND).into())
}

/// Whether the actor answers it: nobody their own.
#[must_use]
pub fn leads(actor: &Actor, one: &Absence) -> bool {
    actor.person != Some(one.person)
        && manages(actor, Place { area_path: &one.area_path, sponsor_path: &one.sponsor_path })
}

fn own(tx: &mut WriteTx<'_>, actor: &Actor, id: SignUpId) -> Result<(PersonId, Absence), Error> {
    let person = actor.person()?;
    let one = seen(tx, actor, id)?;
    if one.person == person { Ok((person, one)) } else { Err((&common::NOT_FOUND).into()) }
}

/// Says what happened; may be changed until the leader answers.
///
/// # Errors
/// `common.not_found`, `sign_up.absence_decided`.
pub fn explain(tx: &mut WriteTx<'_>, actor: &Actor, id: SignUpId, text: &str) -> Result<(), Error> {
    own(tx, actor, id)?;
    if !store::explain(tx, id, text)? {
        return Err((&refusals::ABSENCE_DECIDED).into());
    }
    Ok(())
}

/// Excuses an absence, so that it does not count, or says why it does; the person is told, and it is logged. What was
/// held to count can be excused later by whoever leads, up to the office.
///
/// # Errors
/// `common.not_found`, `common.required` without words when it counts, `sign_up.absence_decided`.
pub fn decide(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: SignUpId,
    excuse: bool,
    reply: &str,
) -> Result<SessionId, Error> {
    let one = seen(tx, actor, id)?;
    if !leads(actor, &one) {
        return Err((&common::NOT_FOUND).into());
    }
    if !excuse && reply.is_empty() {
        return Err(Refusal::new(&common::REQUIRED).with_both("label", "答复", "Answer").on("reply").into());
    }
    let to = if excuse { AbsenceState::Excused } else { AbsenceState::Upheld };
    if !store::decide(tx, id, to, reply, actor.account)? {
        return Err((&refusals::ABSENCE_DECIDED).into());
    }
    let act = if excuse { "absence.excuse" } else { "absence.uphold" };
    people::audit::note(tx, actor, act, "sign_up", id.0, "")?;
    tx.publish(&AbsenceAnswered {
        person: one.person,
        sign_up: id,
        title: one.title,
        starts_at: one.at,
        excused: excuse,
        reply: reply.to_owned(),
    })?;
    Ok(one.session)
}

/// Takes explanations nobody answered within the time as accepted; people are told.
///
/// # Errors
/// Of the database.
pub fn accept_due(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    let before = tx.now().plus_minutes(-ANSWER_DAYS * 24 * 60);
    for id in store::accept_before(tx, before)? {
        if let Some(one) = store::find(tx, id)? {
            tx.publish(&AbsenceAnswered {
                person: one.person,
                sign_up: id,
                title: one.title,
                starts_at: one.at,
                excused: true,
                reply: String::new(),
            })?;
        }
    }
    Ok(())
}
