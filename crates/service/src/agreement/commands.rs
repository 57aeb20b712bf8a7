//! Signing, countersigning, asking; and who is stopped at the door.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Action, Actor, Error, PersonId, Refusal, Timestamp, can};
use people::audit;

use super::rules;
use super::store::{self, Agreement, Line, Need, Signature, Terms};
use super::text::{self, For};
use super::{AgreementId, AgreementState, refusals};
use crate::activity::commands::managed;
use crate::activity::{self, Activity, ActivityState};
use crate::attendance::{Held, commands::find_to_lead, refusals as door};
use crate::{ActivityId, SessionId};

/// What somebody is to sign, or has signed.
#[derive(Debug)]
pub struct Paper {
    /// Version of the text it was made from.
    pub version: i64,
    /// The whole text.
    pub text: String,
    /// Its hash.
    pub hash: String,
}

/// An activity in which somebody holds a place, what they need, and the agreement there is.
#[derive(Debug)]
pub struct Standing {
    /// The activity.
    pub a: Activity,
    /// What they need.
    pub need: Need,
    /// The agreement there is.
    pub agreement: Option<Agreement>,
    /// What is to be signed, or was.
    pub paper: Paper,
}

/// How somebody stands with an activity. The caller has authorised.
///
/// # Errors
/// `common.not_found`; `agreement.no_place`.
pub fn standing(tx: &mut ReadTx<'_>, activity: ActivityId, person: PersonId) -> Result<Standing, Error> {
    let a = activity::find(tx, activity)?
        .filter(|a| a.state != ActivityState::Draft)
        .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let need = store::need(tx, activity, person)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    // Whoever comes to the door without a place signs before they take one.
    if need.first.is_none() && need.id.is_none() && need.reasons().is_empty() {
        return Err((&refusals::NO_PLACE).into());
    }
    let agreement = store::live(tx, activity, person)?;
    let signed = agreement.as_ref().filter(|one| one.state != AgreementState::Asked);
    let paper = match signed {
        Some(one) => Paper { version: one.version, text: one.text.clone(), hash: one.hash.clone() },
        None => paper(tx, &a, person)?,
    };
    Ok(Standing { a, need, agreement, paper })
}

fn paper(tx: &mut ReadTx<'_>, a: &Activity, person: PersonId) -> Result<Paper, Error> {
    let (name, volunteer_no) = store::who(tx, person)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let times = store::times(tx, a.id, person)?;
    let of = For { a, name: &name, volunteer_no: &volunteer_no, times: &times };
    let (version, text) = match store::text(tx)? {
        Some(own) => (own.version, text::whole(&own.zh, &own.en, &of)),
        None => (0, text::whole(text::ZH, text::EN, &of)),
    };
    Ok(Paper { version, hash: rules::hash(&text), text })
}

/// Who signs for whoever serves.
#[derive(Debug, Clone, Copy)]
pub enum Signer<'a> {
    /// They themselves.
    Own,
    /// The guardian, by name.
    Guardian(&'a str),
}

/// Whoever serves, or the guardian, signs the text with this hash. Where the body has signed in advance, both have then;
/// but nobody signs for both sides.
///
/// # Errors
/// `common.not_found`; `agreement.no_place`, `agreement.not_needed`, `agreement.signed`, `agreement.changed`,
/// `agreement.minor`, `agreement.adult`.
pub fn sign(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    activity: ActivityId,
    person: PersonId,
    hash: &str,
    signer: Signer<'_>,
) -> Result<AgreementState, Error> {
    people::person::hold(tx, person)?;
    let minor = store::minor(tx, person)?;
    match signer {
        Signer::Own if minor => return Err((&refusals::MINOR).into()),
        Signer::Guardian(_) if !minor => return Err((&refusals::ADULT).into()),
        _ => {}
    }
    let now = standing(tx, activity, person)?;
    if now.agreement.as_ref().is_some_and(|one| one.state != AgreementState::Asked) {
        return Err((&refusals::SIGNED).into());
    }
    if now.need.reasons().is_empty() {
        return Err((&refusals::NOT_NEEDED).into());
    }
    if now.paper.hash != hash {
        return Err((&refusals::CHANGED).into());
    }
    let own = store::who(tx, person)?.map(|one| one.0).unwrap_or_default();
    let terms = store::terms(tx, activity)?;
    let counter = terms.as_ref().filter(|one| {
        one.offered_at.is_some() && (one.offered_by.is_none() || one.offered_by != actor.account)
    });
    let one = Signature {
        version: now.paper.version,
        text: &now.paper.text,
        hash,
        by: actor.account,
        name: if let Signer::Guardian(name) = signer { name } else { &own },
        for_minor: minor,
        counter: counter.map(|one| (one.offered_by, one.offered_name.as_deref().unwrap_or_default())),
    };
    if !store::sign(tx, activity, person, &one)? {
        return Err((&refusals::SIGNED).into());
    }
    audit::note(tx, actor, "agreement.sign", "activity", activity.0, hash)?;
    Ok(if counter.is_some() { AgreementState::Bound } else { AgreementState::Signed })
}

/// Whoever serves asks for an agreement. Asking twice changes nothing.
///
/// # Errors
/// `common.not_found`; `agreement.no_place`.
pub fn want(tx: &mut WriteTx<'_>, activity: ActivityId, person: PersonId) -> Result<(), Error> {
    people::person::hold(tx, person)?;
    let now = standing(tx, activity, person)?;
    if now.need.first.is_none() {
        return Err((&refusals::NO_PLACE).into());
    }
    Ok(store::want(tx, activity, person)?)
}

/// What the organiser says of an activity, and whether the body signs in advance for everybody who signs.
///
/// # Errors
/// `common.not_found`.
pub fn set_terms(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    activity: ActivityId,
    (outside, asked, offered): (bool, bool, bool),
) -> Result<(), Error> {
    managed(tx, actor, activity)?;
    let before = store::terms(tx, activity)?;
    let stands = before.as_ref().and_then(|one| one.offered_at.map(|at| (at, one.offered_by)));
    let now = tx.now();
    let kept = before.as_ref().and_then(|one| one.offered_name.clone()).unwrap_or_default();
    let offer: Option<(Timestamp, Option<kernel::AccountId>, &str)> = match (offered, stands) {
        (false, _) => None,
        (true, Some((at, by))) => Some((at, by, &kept)),
        (true, None) => Some((now, actor.account, &actor.name)),
    };
    store::put_terms(tx, activity, (outside, asked), offer)?;
    let detail = format!("outside={outside} asked={asked} offered={offered}");
    audit::note(tx, actor, "agreement.terms", "activity", activity.0, &detail)?;
    Ok(())
}

/// The body signs what the volunteers of a session have signed: one, or all of them but the actor's own, which another
/// signs. Returns how many.
///
/// # Errors
/// `common.not_found`, `common.forbidden`; `agreement.nothing`.
pub fn counter(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    session: SessionId,
    only: Option<AgreementId>,
) -> Result<u64, Error> {
    let held = find_to_lead(tx, actor, session)?;
    let done = store::counter(tx, held.id, only, (actor.account, actor.person, &actor.name))?;
    if done == 0 {
        return Err((&refusals::NOTHING).into());
    }
    audit::note(tx, actor, "agreement.counter", "session", session.0, &done.to_string())?;
    Ok(done)
}

/// An agreement that the actor may read: their own, or one of a body whose rolls they take.
///
/// # Errors
/// `common.sign_in`, `common.not_found`.
pub fn seen(tx: &mut ReadTx<'_>, actor: &Actor, id: AgreementId) -> Result<Agreement, Error> {
    actor.account()?;
    store::find(tx, id)?
        .filter(|one| actor.person == Some(one.person) || can(actor, Action::Attendance, one.place()))
        .ok_or_else(|| (&common::NOT_FOUND).into())
}

/// Nobody begins without the agreement that a rule asks for. What is entered when the session is over tells what was.
///
/// # Errors
/// `attendance.agreement`, `attendance.agreement_waits`.
pub(crate) fn demand(
    tx: &mut ReadTx<'_>,
    held: &Held,
    person: PersonId,
    now: Timestamp,
) -> Result<(), Error> {
    if !held.may_bind || now >= held.last_end() {
        return Ok(());
    }
    match store::need(tx, held.activity_id, person)? {
        Some(need) if need.missing() => Err(refuse(held, need.state, "")),
        _ => Ok(()),
    }
}

fn refuse(held: &Held, state: Option<AgreementState>, name: &str) -> Error {
    let text = if state == Some(AgreementState::Signed) { &door::AGREEMENT_WAITS } else { &door::AGREEMENT };
    Refusal::new(text).with("title", &held.title).with("name", name).into()
}

/// Those of a session who need an agreement that is not signed by both: two questions when anybody may, else one.
///
/// # Errors
/// Of the database.
pub(crate) fn unbound(tx: &mut ReadTx<'_>, held: &Held) -> Result<Vec<Line>, Error> {
    let Some(terms) = store::terms(tx, held.activity_id)?.filter(Terms::may_bind) else {
        return Ok(Vec::new());
    };
    let mut lines = store::of_session(tx, held.id, None, 10_000)?;
    lines.retain(|line| line.state != Some(AgreementState::Bound) && !terms.reasons(line).is_empty());
    Ok(lines)
}

/// As [`demand`], of many people at once; the first who lacks one is named.
///
/// # Errors
/// As [`demand`].
pub(crate) fn demand_all(
    tx: &mut ReadTx<'_>,
    held: &Held,
    people: &[PersonId],
    now: Timestamp,
) -> Result<(), Error> {
    if !held.may_bind || now >= held.last_end() {
        return Ok(());
    }
    match unbound(tx, held)?.into_iter().find(|line| people.contains(&line.person)) {
        Some(line) => Err(refuse(held, line.state, &line.name)),
        None => Ok(()),
    }
}
