//! One step for several: all of it or none.

use db::WriteTx;
use kernel::error::common;
use kernel::{Action, Actor, Error, Id, OrgId, PersonId, Refusal};

use super::store::{self, Person};
use super::{Written, refusals, rules};
use crate::audit;
use crate::org::{self, OrgState};

/// Most lines at a time.
pub const MOST: usize = 200;

/// Ids as they were ticked, each once.
///
/// # Errors
/// `chosen.nobody`, `chosen.too_many`.
pub(super) fn chosen<I: Id>(mut ids: Vec<I>) -> Result<Vec<I>, Error> {
    ids.sort_unstable();
    ids.dedup();
    match ids.len() {
        0 => Err((&refusals::NOBODY).into()),
        count if count > MOST => {
            Err(Refusal::new(&refusals::TOO_MANY).with("max", MOST).with("count", count).into())
        }
        _ => Ok(ids),
    }
}

/// Nobody of those chosen may be missing from what was found.
fn all_found(chosen: usize, found: usize) -> Result<(), Error> {
    if found < chosen {
        return Err(Refusal::new(&refusals::OUTSIDE).with("count", chosen - found).into());
    }
    Ok(())
}

fn none_refused(refused: Vec<Refusal>) -> Result<(), Error> {
    if refused.is_empty() { Ok(()) } else { Err(Error::Refused(refused)) }
}

/// Those chosen, each of whom the actor may do that to.
fn people(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    action: Action,
    ids: &[PersonId],
    team: OrgId,
) -> Result<Vec<Person>, Error> {
    let ids = chosen(ids.to_vec())?;
    let found = store::people(tx, &actor.scopes(action), &ids, team)?;
    all_found(ids.len(), found.len())?;
    Ok(found)
}

/// Writes to people of the actor's part of the city: each finds it in the inbox, and gets it otherwise as they wish.
/// All of them or nobody. Returns how many.
///
/// # Errors
/// `common.sign_in`, `common.forbidden`, `chosen.nobody`, `chosen.too_many`, `chosen.outside`, `chosen.unreachable`;
/// of the database.
pub fn write(tx: &mut WriteTx<'_>, actor: &Actor, ids: &[PersonId], text: &str) -> Result<usize, Error> {
    actor.demand_any(Action::PersonEdit)?;
    let people = people(tx, actor, Action::PersonEdit, ids, OrgId(0))?;
    none_refused(people.iter().filter_map(|one| rules::reachable(&one.name, one.state)).collect())?;
    for one in &people {
        tx.publish(&Written { person: one.id, by: actor.name.clone(), text: text.to_owned() })?;
        audit::note(tx, actor, "person.write", "person", one.id.0, "")?;
    }
    Ok(people.len())
}

/// Takes people of the actor's part of the city into a team, as [`org::add_member`] does with one. All of them or nobody.
/// Returns how many.
///
/// # Errors
/// `common.sign_in`, `common.forbidden`, `common.not_found` for a team that is not the actor's, `chosen.nobody`,
/// `chosen.too_many`, `chosen.outside`, `chosen.one` for each that the command refuses; of the database.
pub fn join_team(tx: &mut WriteTx<'_>, actor: &Actor, ids: &[PersonId], team: OrgId) -> Result<usize, Error> {
    actor.demand_any(Action::PersonRead)?;
    let people = people(tx, actor, Action::PersonRead, ids, team)?;
    // Whatever is asked of the team itself is asked once, before those who would join it.
    org::demand_kept(tx, actor, team)?;
    none_refused(
        people
            .iter()
            .filter_map(|one| {
                rules::joins(&one.name, one.state, one.member == Some(org::MemberState::Member))
            })
            .collect(),
    )?;
    let mut refused = Vec::new();
    for one in &people {
        match org::add_member(tx, actor, team, &one.volunteer_no) {
            Ok(_) => {}
            Err(Error::Refused(all)) => {
                refused.extend(all.iter().map(|refusal| rules::one(&one.name, refusal)));
            }
            Err(fault) => return Err(fault),
        }
    }
    none_refused(refused)?;
    audit::note(tx, actor, "team.join_many", "org", team.0, &format!("{} people", people.len()))?;
    Ok(people.len())
}

/// Opens or suspends teams, as [`org::set_state`] does with one. All of them or none. Returns how many.
///
/// # Errors
/// `common.sign_in`, `common.forbidden`, `chosen.nobody`, `chosen.too_many`, `chosen.outside`, `chosen.one` for each
/// that the command refuses; `common.not_found` for any other state; of the database.
pub fn set_teams(tx: &mut WriteTx<'_>, actor: &Actor, ids: &[OrgId], to: OrgState) -> Result<usize, Error> {
    actor.demand_any(Action::TeamManage)?;
    if !matches!(to, OrgState::Open | OrgState::Suspended) {
        return Err((&common::NOT_FOUND).into());
    }
    let ids = chosen(ids.to_vec())?;
    let teams = store::teams(tx, &actor.scopes(Action::TeamManage), &ids)?;
    all_found(ids.len(), teams.len())?;
    let mut refused = Vec::new();
    for one in &teams {
        match org::set_state(tx, actor, one.id, to, None) {
            Ok(()) => {}
            Err(Error::Refused(all)) => {
                refused.extend(all.iter().map(|refusal| rules::one(&one.name, refusal)));
            }
            Err(fault) => return Err(fault),
        }
    }
    none_refused(refused)?;
    Ok(teams.len())
}
