//! A few people of the demo city who are there twice: on an old roster, and by their own registration.

use std::sync::Arc;

use db::Db;
use demo_city::{ClaimState, DemoCity};
use kernel::Error;
use vault::Vault;

use crate::demo::{Cast, Filled, day};
use crate::person::{self, Assurance, Gender, NewPerson, PersonState, Source};

/// Adds the doubles, and notes the pairs. The first has the phone, the second the birth date, the third a slip of the
/// pen in the name.
///
/// # Errors
/// Of the database.
pub(crate) fn fill(
    db: &Db,
    vault: &Arc<Vault>,
    city: &DemoCity,
    cast: Cast,
    filled: &Filled,
) -> Result<(), Error> {
    let some: Vec<_> = city
        .volunteers()
        .filter(|one| one.community == cast.community && one.claim == ClaimState::Active)
        .filter(|one| one.name.chars().count() > 2)
        .skip(3)
        .take(3)
        .collect();
    let Some(home) = filled.communities.get(cast.community).copied() else { return Ok(()) };
    let shared = Arc::clone(vault);
    db.write_blocking(move |tx| {
        for (at, one) in some.iter().enumerate() {
            let mut name = one.name.clone();
            if at == 2 {
                name.pop();
            }
            let new = NewPerson {
                name,
                gender: Gender::Unknown,
                birth_on: (at == 1).then(|| day(one.birth)),
                document: None,
                phone: (at != 1).then(|| one.phone.clone()),
                home_org: home,
                address: String::new(),
                employer: String::new(),
                note: "旧名册".to_owned(),
                skills: Vec::new(),
                categories: Vec::new(),
                source: Source::Import,
                state: PersonState::Incomplete,
                assurance: Assurance::Declared,
                joined_on: None,
                batch: 0,
                rank_public: false,
            };
            let id = person::create(tx, &shared, &new)?;
            let found = super::find::of(tx, id)?;
            super::find::keep(tx, &found)?;
        }
        Ok(())
    })
}
