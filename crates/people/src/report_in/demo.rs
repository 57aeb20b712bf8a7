//! Two units of the demo city and those they listed, in every stage.

use db::{Db, WriteTx};
use demo_city::{ClaimState, DemoCity};
use kernel::{Actor, Error, OrgId, PersonId};

use super::store::{self, NewReport};
use super::{Identity, PlaceKind, PlaceState, ReportState};
use crate::demo::{Cast, Filled};
use crate::org::{self, How, NewOrg, OrgKind, PostKind};
use crate::person::{self, Purpose};

/// What became of somebody on a list.
#[derive(Debug, Clone, Copy)]
enum Said {
    Nothing,
    No,
    Asked,
    Confirmed,
}

const SAID: [Said; 9] = [
    Said::Confirmed,
    Said::Asked,
    Said::Confirmed,
    Said::Nothing,
    Said::Confirmed,
    Said::Confirmed,
    Said::No,
    Said::Asked,
    Said::Confirmed,
];

/// Adds the units with their leaders and lists.
///
/// # Errors
/// Of the database.
pub(crate) fn fill(db: &Db, city: &DemoCity, cast: Cast, filled: &Filled) -> Result<(), Error> {
    let Some(home) = filled.communities.get(cast.community).copied() else { return Ok(()) };
    let people: Vec<(PersonId, String)> = city
        .volunteers()
        .enumerate()
        .filter(|(index, one)| {
            one.community == cast.community
                && one.claim == ClaimState::Active
                && *index != cast.volunteer
                && *index >= city.teams.len()
        })
        .take(SAID.len() * 2)
        .filter_map(|(index, one)| Some((filled.persons.get(index).copied()?, one.name)))
        .collect();
    let asked = city
        .volunteer(cast.volunteer)
        .and_then(|one| Some((filled.persons.get(cast.volunteer).copied()?, one.name)));
    // The volunteers 0, 1, 2 … lead the teams of these numbers.
    let leaders: Vec<PersonId> = (0..city.teams.len())
        .filter(|team| *team != cast.team)
        .filter_map(|team| filled.persons.get(team).copied())
        .take(2)
        .collect();
    db.write_blocking(move |tx| {
        let units = [
            ("澄湖水务有限公司", "Chenghu Water Company", "enterprise"),
            ("税务分局", "Tax Office", "agency"),
        ];
        for (at, (name, name_en, kind)) in units.into_iter().enumerate() {
            let unit = org::create(
                tx,
                &NewOrg {
                    name_en: name_en.to_owned(),
                    type_code: kind.to_owned(),
                    ..NewOrg::new(OrgKind::Unit, name, Some(home))
                },
            )?;
            if let Some(leader) = leaders.get(at) {
                let by = Actor::system("demo");
                org::set_post(tx, &by, unit, *leader, PostKind::Leader, "联系人", How::Appointed)?;
            }
            for ((person, name), said) in people.iter().skip(at * SAID.len()).zip(SAID) {
                list(tx, unit, home, Some(*person), name, said)?;
            }
            if at == 0 {
                list(tx, unit, home, None, "沈望舒", Said::Nothing)?;
                if let Some((person, name)) = &asked {
                    list(tx, unit, home, Some(*person), name, Said::Nothing)?;
                }
            }
        }
        Ok(())
    })
}

fn list(
    tx: &mut WriteTx<'_>,
    unit: OrgId,
    home: OrgId,
    person: Option<PersonId>,
    name: &str,
    said: Said,
) -> Result<(), Error> {
    let identities =
        vec![if name.len().is_multiple_of(2) { Identity::LeagueMember } else { Identity::PartyMember }];
    let new = NewReport { name: name.to_owned(), person, phone_index: None, identities };
    let Some(id) = store::insert(tx, unit, None, &new)? else { return Ok(()) };
    match said {
        Said::Nothing => {}
        Said::No => {
            store::set_state(tx, id, ReportState::Declined)?;
            store::set_identities(tx, id, &[])?;
        }
        Said::Asked | Said::Confirmed => {
            store::set_state(tx, id, ReportState::Confirmed)?;
            let place = store::ask(tx, id, PlaceKind::Home, home)?;
            if let Some(person) = person {
                person::give(tx, &Actor::system("demo"), person, Purpose::ReportIn, "me")?;
            }
            if matches!(said, Said::Confirmed) {
                store::decide(tx, place, PlaceState::Confirmed, None, "")?;
            }
        }
    }
    Ok(())
}
