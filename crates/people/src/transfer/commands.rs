//! Asking for a transfer, the answers of both teams, taking it back. The person is held first.

use db::{DbError, WriteTx};
use kernel::error::common;
use kernel::{Action, Actor, Error, Id as _, OrgId, PersonId, Refusal, can};

use super::rules::{self, Step};
use super::store::{self, Transfer};
use super::{TransferId, TransferMoved, TransferState, refusals};
use crate::org::{self, MemberState, OrgState};
use crate::{audit, person};

/// The actor asks to go from one of the own teams to another.
///
/// # Errors
/// `common.sign_in`, `transfer.same_team`, `transfer.under_way`, `org.not_member`, `org.already_member`,
/// `org.not_joinable`, `org.not_active`; of the database.
pub fn request(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    from: OrgId,
    to: OrgId,
    reason: &str,
) -> Result<TransferId, Error> {
    let me = actor.person()?;
    person::hold(tx, me)?;
    org::demand_person_joinable(tx, me)?;
    let target =
        org::find(tx, to)?.filter(org::Org::is_team).ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    if target.state != OrgState::Open {
        return Err(Refusal::new(&org::refusals::NOT_JOINABLE).with("name", &target.name).into());
    }
    let mine = org::teams_of(tx, me)?;
    if from == to || !mine.iter().any(|(team, _)| *team == from) {
        return Err(Refusal::new(&refusals::SAME_TEAM).on("from").into());
    }
    if mine.iter().any(|(team, _)| *team == to) {
        return Err((&org::refusals::ALREADY_MEMBER).into());
    }
    let id: TransferId = tx.new_id();
    let due = tx.now().date().plus(rules::ANSWER_DAYS);
    match store::insert(tx, id, me, from, to, reason, due) {
        Err(DbError::Unique(name)) if name == "team_transfer_live_key" => {
            Err(Refusal::new(&refusals::UNDER_WAY).on("from").into())
        }
        done => done.map(|()| id).map_err(Error::from),
    }
}

/// The team whose turn it is agrees or not, by whoever manages it or stands above it. With the second agreement the
/// person leaves the one team and joins the other, in one.
///
/// # Errors
/// `common.not_found`, `transfer.answered`, `transfer.opinion`, `org.not_active`, `org.leader_stays`, `org.not_joinable`; of the database.
pub fn answer(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: TransferId,
    team: OrgId,
    agrees: bool,
    opinion: &str,
) -> Result<TransferState, Error> {
    actor.account()?;
    let not_found = || Error::from(&common::NOT_FOUND);
    let managed = org::find(tx, team)?.ok_or_else(not_found)?;
    if !can(actor, Action::TeamManage, managed.place()) {
        return Err(not_found());
    }
    let one = store::find(tx, id)?
        .filter(|one| one.from_org == team || one.to_org == team)
        .ok_or_else(not_found)?;
    person::hold(tx, one.person)?;
    // Read again behind the lock.
    let one = store::find(tx, id)?.ok_or_else(not_found)?;
    let step = if agrees { Step::Agree } else { Step::Refuse };
    let to = rules::next(one.state, step).filter(|_| one.answers() == team);
    let Some(to) = to else { return Err((&refusals::ANSWERED).into()) };
    if !agrees && opinion.is_empty() {
        return Err(Refusal::new(&refusals::OPINION).on("opinion").into());
    }
    if agrees {
        org::demand_person_joinable(tx, one.person)?;
    }
    let due = tx.now().date().plus(rules::ANSWER_DAYS);
    let noted = match one.state {
        TransferState::Requested => store::source(tx, id, to, actor.account, opinion, due)?,
        _ => store::target(tx, id, to, actor.account, opinion)?,
    };
    if !noted {
        return Err((&refusals::ANSWERED).into());
    }
    if to == TransferState::Done {
        org::leave(tx, one.person, one.from_org, &format!("转入 {}", one.to_name))?;
        org::join(tx, one.person, one.to_org, MemberState::Member)?;
    }
    audit::note(tx, actor, "transfer.answer", "person", one.person.as_i64(), to.code())?;
    told(tx, one, to, opinion)?;
    Ok(to)
}

fn told(tx: &mut WriteTx<'_>, one: Transfer, state: TransferState, opinion: &str) -> Result<(), Error> {
    tx.publish(&TransferMoved {
        person: one.person,
        from: one.from_name,
        to: one.to_org,
        to_name: one.to_name,
        state,
        opinion: opinion.to_owned(),
    })
}

/// The person takes the request back.
///
/// # Errors
/// `common.not_found`, `transfer.answered`; of the database.
pub fn cancel(tx: &mut WriteTx<'_>, actor: &Actor, id: TransferId) -> Result<OrgId, Error> {
    let me: PersonId = actor.person()?;
    person::hold(tx, me)?;
    let one =
        store::find(tx, id)?.filter(|one| one.person == me).ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    if !store::cancel(tx, id)? {
        return Err((&refusals::ANSWERED).into());
    }
    Ok(one.to_org)
}
