//! Member cards of the demo city: the volunteer's, and neighbours' in every state.

use db::{Db, WriteTx};
use demo_city::{ClaimState, DemoCity};
use kernel::{Error, PersonId};

use super::rules::{self, Step};
use super::{CardState, store};
use crate::demo::{Cast, Filled};

/// How cards of neighbours ended, or wait.
const OTHERS: [CardState; 14] = [
    CardState::Issued,
    CardState::Printed,
    CardState::Printed,
    CardState::Issued,
    CardState::Lost,
    CardState::Issued,
    CardState::Printed,
    CardState::Replaced,
    CardState::Issued,
    CardState::Void,
    CardState::Issued,
    CardState::Printed,
    CardState::Issued,
    CardState::Issued,
];

/// Adds cards of people in the demo station's community.
///
/// # Errors
/// Of the database.
pub(crate) fn fill(db: &Db, city: &DemoCity, cast: Cast, filled: &Filled) -> Result<(), Error> {
    let Some(own) = filled.persons.get(cast.volunteer).copied() else { return Ok(()) };
    let neighbours: Vec<PersonId> = city
        .volunteers()
        .enumerate()
        .filter(|(index, one)| {
            one.community == cast.community && one.claim == ClaimState::Active && *index != cast.volunteer
        })
        .filter_map(|(index, _)| filled.persons.get(index).copied())
        .take(OTHERS.len())
        .collect();
    db.write_blocking(move |tx| {
        put(tx, own, CardState::Issued)?;
        for (person, state) in neighbours.iter().zip(OTHERS) {
            put(tx, *person, state)?;
        }
        Ok(())
    })
}

/// Writes a card as it comes to be in a state.
fn put(tx: &mut WriteTx<'_>, person: PersonId, state: CardState) -> Result<(), Error> {
    let Some((number, None)) = store::present(tx, person)? else { return Ok(()) };
    let id = store::insert(tx, person, number, None)?;
    if matches!(state, CardState::Issued | CardState::Lost | CardState::Replaced) {
        store::set_issued(tx, id, None)?;
    }
    if state.is_over() {
        let note = if state == CardState::Lost { "雨天活动后丢失" } else { "" };
        store::set_ended(tx, id, state, None, note)?;
        let now = rules::number_after(number, number);
        store::set_number(tx, person, now)?;
        if rules::next(CardState::Issued, Step::Replace) == Some(state) {
            let new = store::insert(tx, person, now, None)?;
            store::set_issued(tx, new, None)?;
        }
    }
    Ok(())
}
