//! Those who were chosen, within the scope of whoever chose them.

use db::{DbError, Query, ReadTx, row};
use kernel::{Grant, OrgId, PersonId};

use crate::org::scope::{OrgAs, within};
use crate::org::{MemberState, OrgState, PostKind};
use crate::person::{PersonState, SHOWN};

row! {
    /// Somebody who was chosen.
    pub(super) struct Person {
        id: PersonId, volunteer_no: String, name: String, state: PersonState, home_name: String,
        member: Option<MemberState>,
    }
    /// A team that was chosen.
    pub(super) struct Team { id: OrgId, name: String, state: OrgState, members: i64, parent: Option<String> }
}

/// People of these ids within the scopes, by name, each with the membership in `team`, if one.
pub(super) fn people(
    tx: &mut ReadTx<'_>,
    scopes: &[&Grant],
    ids: &[PersonId],
    team: OrgId,
) -> Result<Vec<Person>, DbError> {
    let mut query = Query::new(
        "SELECT p.id, p.volunteer_no, p.name, p.state, o.name, m.state
         FROM person p JOIN org o ON o.id = p.home_org",
    );
    query.with(
        "LEFT JOIN member m ON m.person_id = p.id AND m.org_id = {} AND m.state IN ('applied', 'member') WHERE",
        &[&team],
    );
    query.push(SHOWN).push("AND");
    within(&mut query, scopes, OrgAs::O);
    query.push("AND p.id IN (0");
    for id in ids {
        query.with(", {}", &[id]);
    }
    query.push(") ORDER BY p.name_key, p.id");
    tx.list(&query)
}

/// Teams of these ids within the scopes, by name.
pub(super) fn teams(tx: &mut ReadTx<'_>, scopes: &[&Grant], ids: &[OrgId]) -> Result<Vec<Team>, DbError> {
    let mut query = Query::new(
        "SELECT t.id, t.name, t.state, t.members, u.name FROM org t LEFT JOIN org u ON u.id = t.area_parent
         WHERE t.kind IN ('team', 'group') AND t.state <> 'closed' AND",
    );
    within(&mut query, scopes, OrgAs::T);
    query.push("AND t.id IN (0");
    for id in ids {
        query.with(", {}", &[id]);
    }
    query.push(") ORDER BY t.name_key, t.id");
    tx.list(&query)
}

/// Open teams within the scopes, by name, to choose from.
pub(super) fn open_teams(tx: &mut ReadTx<'_>, scopes: &[&Grant]) -> Result<Vec<(String, String)>, DbError> {
    let mut query = Query::new(
        "SELECT t.id, t.name FROM org t WHERE t.kind IN ('team', 'group') AND t.state = 'open' AND",
    );
    within(&mut query, scopes, OrgAs::T);
    query.push("ORDER BY t.name_key, t.id LIMIT 2000");
    let rows: Vec<(OrgId, String)> = tx.list(&query)?;
    Ok(rows.into_iter().map(|(id, name)| (id.to_string(), name)).collect())
}

/// Who leads these teams now.
pub(super) fn leaders(tx: &mut ReadTx<'_>, teams: &[OrgId]) -> Result<Vec<(OrgId, PersonId)>, DbError> {
    let mut query = Query::new("SELECT s.org_id, s.person_id FROM org_post s WHERE s.to_on IS NULL");
    query.with("AND s.kind = {} AND s.org_id IN (0", &[&PostKind::Leader]);
    for id in teams {
        query.with(", {}", &[id]);
    }
    query.push(") ORDER BY s.org_id, s.id");
    tx.list(&query)
}
