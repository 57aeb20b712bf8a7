//! The unit members of the demo city: two of the tree that joined, one that asks, and who serves in their names.

use db::{Db, WriteTx, args, sql};
use kernel::{Date, Error, OrgId, PersonId, Timestamp};
use people::demo::{Cast, Filled};

use super::store::{self, NewMembership};
use super::{ServeState, UnitServiceId};

/// Days since those who serve first did.
const DAYS: i64 = 300;

/// Fills them, after the units themselves.
///
/// # Errors
/// Of the database.
pub fn fill(db: &Db, filled: &Filled, cast: Cast) -> Result<(), Error> {
    let (Some(community), Some(team), Some(volunteer)) = (
        filled.communities.get(cast.community).copied(),
        filled.teams.get(cast.team).copied(),
        filled.persons.get(cast.volunteer).copied(),
    ) else {
        return Ok(());
    };
    let city = filled.city;
    db.write_blocking(move |tx| {
        let units: Vec<(OrgId, String, String)> = tx.all(
            sql!("SELECT id, name, type_code FROM org WHERE kind = 'unit' ORDER BY id LIMIT 2"),
            &[],
        )?;
        let [first, second] = units.as_slice() else { return Ok(()) };
        joined(tx, city, first, true)?;
        joined(tx, team, first, true)?;
        joined(tx, community, second, true)?;
        joined(tx, team, second, false)?;
        let people: Vec<(PersonId,)> = tx.all(
            sql!(
                "SELECT p.id FROM person_home h JOIN person p ON p.id = h.person_id
                 WHERE h.home_org = $1 AND p.state = 'active' AND p.id <> $2 AND EXISTS (SELECT 1 FROM record r
                    WHERE r.person_id = p.id AND r.state NOT IN ('submitted', 'returned', 'void'))
                 ORDER BY p.id LIMIT 22"
            ),
            args![community, volunteer],
        )?;
        if let Some((contact,)) = people.last() {
            asks(tx, community, *contact)?;
        }
        let today = tx.now().date();
        let others = people.len().saturating_sub(1);
        for (at, (person,)) in people.iter().enumerate().take(others) {
            let unit = if at % 3 == 2 { second.0 } else { first.0 };
            let since = today.plus(-DAYS + i64::try_from(at).unwrap_or(0) * 7);
            // The last ones ask, are turned down, or have left.
            let (unit, state, from, to) = match others - at {
                1 | 2 => (first.0, ServeState::Asked, today.plus(-2), None),
                3 => (unit, ServeState::Refused, today.plus(-30), None),
                4 => (unit, ServeState::Ended, since, Some(today.plus(-40))),
                _ => (unit, ServeState::Active, since, None),
            };
            serves(tx, unit, *person, state, (from, to))?;
        }
        Ok(())
    })
}

fn joined(
    tx: &mut WriteTx<'_>,
    host: OrgId,
    (unit, name, kind): &(OrgId, String, String),
    member: bool,
) -> Result<(), Error> {
    let new = NewMembership { name: name.clone(), type_code: kind.clone(), ..NewMembership::default() };
    store::insert(tx, (host, Some(*unit)), None, None, &new, member)?;
    if member {
        let since = tx.now().date().plus(-DAYS);
        tx.exec(
            sql!(
                "UPDATE unit_member SET from_on = $3 WHERE host_id = $1 AND unit_id = $2 AND state = 'member'"
            ),
            args![host, *unit, since],
        )?;
    }
    Ok(())
}

/// A school that is not in the tree asks to join the community.
fn asks(tx: &mut WriteTx<'_>, community: OrgId, contact: PersonId) -> Result<(), Error> {
    let new = NewMembership {
        name: "湖畔实验学校".to_owned(),
        type_code: "school".to_owned(),
        uscc: Some("12990000MB0000001J".to_owned()),
        address: "湖畔路 8 号".to_owned(),
        phone: "0000-8888 0108".to_owned(),
        words: "教师志愿服务队三十余人，愿意参加社区周末活动。".to_owned(),
    };
    store::insert(tx, (community, None), Some(contact), None, &new, false)?;
    Ok(())
}

fn serves(
    tx: &mut WriteTx<'_>,
    unit: OrgId,
    person: PersonId,
    state: ServeState,
    (from, to): (Date, Option<Date>),
) -> Result<(), Error> {
    let id: UnitServiceId = tx.new_id();
    let asked = Timestamp::at(from, 9 * 60);
    tx.exec_one(
        sql!(
            "INSERT INTO unit_service (id, unit_id, person_id, state, from_on, to_on, asked_at, note)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        ),
        args![
            id,
            unit,
            person,
            state,
            from,
            to,
            asked,
            if state == ServeState::Refused { "不在职工名册上" } else { "" }
        ],
    )?;
    Ok(())
}
