//! A word to people who fell silent.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Action, Actor, Error, OrgId, PersonId, Place, Refusal, can};

use super::store::{self, Unit};
use super::{refusals, rules};
use crate::event::CalledBack;

/// A community or team whose people the actor may see; anything else is not to be known. Staff see communities, leaders
/// their teams.
///
/// # Errors
/// `common.sign_in`, `common.not_found`; of the database.
pub fn demand(tx: &mut ReadTx<'_>, actor: &Actor, id: OrgId) -> Result<Unit, Error> {
    actor.account()?;
    let unit = store::unit(tx, id)?.ok_or(&common::NOT_FOUND)?;
    let action = if unit.kind == "community" { Action::PersonRead } else { Action::MemberRead };
    let at = Place { area_path: &unit.area_path, sponsor_path: &unit.sponsor_path };
    if can(actor, action, at) { Ok(unit) } else { Err((&common::NOT_FOUND).into()) }
}

/// What writing to people came to.
#[derive(Debug, Clone, Copy, serde::Serialize, schemars::JsonSchema)]
pub struct Written {
    /// People who are told.
    pub told: i64,
    /// People who were written to a short time ago, or cannot be.
    pub left: i64,
}

/// Writes to those chosen of the people who are slipping away from a community or team: each finds it in the inbox, and
/// gets it otherwise as they wish. Whoever was written to within [`rules::WRITE_DAYS`] days is left in peace; anybody
/// who is not on the list is none of it.
///
/// # Errors
/// `common.not_found`, `retention.nobody`, `retention.too_many`, `retention.all_told`; of the database.
pub fn call_back(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: OrgId,
    chosen: &[PersonId],
    text: &str,
) -> Result<Written, Error> {
    let unit = demand(tx, actor, id)?;
    if chosen.is_empty() {
        return Err(Refusal::new(&refusals::NOBODY).on("ids").into());
    }
    if chosen.len() > rules::MOST {
        return Err(Refusal::new(&refusals::TOO_MANY).with("max", rules::MOST).on("ids").into());
    }
    let today = tx.now().date();
    let served = store::served(tx, &unit)?;
    let listed: Vec<PersonId> = store::slipping(&served, today).into_iter().map(|one| one.person).collect();
    let mut done = Written { told: 0, left: 0 };
    let mut chosen = chosen.to_vec();
    chosen.sort_unstable();
    chosen.dedup();
    for person in chosen {
        if !listed.contains(&person) || !store::write_to(tx, person, id, text, actor.account)? {
            done.left += 1;
            continue;
        }
        tx.publish(&CalledBack {
            person,
            unit: unit.name.clone(),
            by: actor.name.clone(),
            text: text.to_owned(),
        })?;
        done.told += 1;
    }
    if done.told == 0 {
        return Err((&refusals::ALL_TOLD).into());
    }
    people::audit::note(tx, actor, "retention.write", "org", id.0, &format!("{} people", done.told))?;
    Ok(done)
}
