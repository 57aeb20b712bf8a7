//! Who does what: the desk of a station, team or unit prints, hands out and ends cards; the owner reports a loss.
//! Whatever ends a card makes its code dead in the same transaction.

use db::WriteTx;
use kernel::error::common;
use kernel::{Action, Actor, Error, Id, Lang, PersonId, Refusal};

use super::rules::{self, Step};
use super::store::{self, Card};
use super::{CardId, CardMoved, CardState, refusals};
use crate::audit;
use crate::person::{self, PersonState};

fn not_found() -> Error {
    (&common::NOT_FOUND).into()
}

/// Ids as they were ticked, each once.
///
/// # Errors
/// `card.nobody`, `card.too_many`.
pub(super) fn ticked<I: Id>(mut ids: Vec<I>) -> Result<Vec<I>, Error> {
    ids.sort_unstable();
    ids.dedup();
    match ids.len() {
        0 => Err((&refusals::NOBODY).into()),
        count if count > rules::MOST => {
            Err(Refusal::new(&refusals::TOO_MANY).with("max", rules::MOST).with("count", count).into())
        }
        _ => Ok(ids),
    }
}

fn all_there(ticked: usize, found: usize) -> Result<(), Error> {
    if found < ticked {
        return Err(Refusal::new(&refusals::OUTSIDE).with("count", ticked - found).into());
    }
    Ok(())
}

/// Several names in a sentence, the first ten.
fn names<'a>(of: impl Iterator<Item = &'a str>) -> String {
    of.take(10).collect::<Vec<_>>().join("、")
}

/// Refuses with the names of those whom it concerns, if there are any.
fn none<'a>(why: &'static kernel::RefusalText, of: impl Iterator<Item = &'a str>) -> Result<(), Error> {
    let names = names(of);
    if names.is_empty() { Ok(()) } else { Err(Refusal::new(why).with("names", names).into()) }
}

fn moved(card: &Card) -> Error {
    let state = card.state;
    Refusal::new(&refusals::MOVED)
        .with_both("state", state.name(Lang::Zh), state.name(Lang::En))
        .with("names", &card.name)
        .into()
}

/// Ends a card whose person is held: its number counts no more.
fn end(tx: &mut WriteTx<'_>, actor: &Actor, card: &Card, step: Step, note: &str) -> Result<CardState, Error> {
    let to = rules::next(card.state, step).ok_or_else(|| moved(card))?;
    store::set_ended(tx, card.id, to, actor.account, note)?;
    renew(tx, card.person, card.current_no, card.card_no)?;
    let act = match to {
        CardState::Replaced => "card.replace",
        CardState::Void => "card.void",
        _ => "card.lost",
    };
    audit::note(tx, actor, act, "person", card.person.as_i64(), &card.card_no.to_string())?;
    Ok(to)
}

fn renew(tx: &mut WriteTx<'_>, person: PersonId, current: i64, ended: i64) -> Result<(), Error> {
    let now = rules::number_after(current, ended);
    if now != current {
        store::set_number(tx, person, now)?;
    }
    Ok(())
}

fn tell(tx: &mut WriteTx<'_>, actor: &Actor, person: PersonId, state: CardState) -> Result<(), Error> {
    if actor.person == Some(person) { Ok(()) } else { tx.publish(&CardMoved { person, state }) }
}

/// Prints cards for people: all of them or nobody. Whoever has one that waits gets the same again; whoever has one in
/// use is refused, or, with `replace`, gets another number and the old card is dead at once. Returns the people, in the
/// order in which they were registered.
///
/// # Errors
/// `common.sign_in`, `common.forbidden`, `card.nobody`, `card.too_many`, `card.outside`, `card.not_active`,
/// `card.held`; of the database.
pub fn print(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    people: &[PersonId],
    replace: bool,
) -> Result<Vec<PersonId>, Error> {
    actor.demand_any(Action::TeamManage)?;
    let ids = ticked(people.to_vec())?;
    for id in &ids {
        person::hold(tx, *id)?;
    }
    let found = store::holders(tx, actor, &ids)?;
    all_there(ids.len(), found.len())?;
    none(
        &refusals::NOT_ACTIVE,
        found.iter().filter(|one| one.state != PersonState::Active).map(|one| one.name.as_str()),
    )?;
    let held = |state: Option<CardState>| state == Some(CardState::Issued);
    none(
        &refusals::HELD,
        found.iter().filter(|one| held(one.card_state) && !replace).map(|one| one.name.as_str()),
    )?;
    for one in &found {
        let number = match one.card {
            Some(card) if one.card_state == Some(CardState::Printed) => {
                store::printed_again(tx, card, actor.account)?;
                one.card_no
            }
            Some(card) => {
                let card = store::find(tx, card)?.ok_or_else(not_found)?;
                another(tx, actor, &card, "")?
            }
            None => {
                store::insert(tx, one.id, one.card_no, actor.account)?;
                one.card_no
            }
        };
        audit::note(tx, actor, "card.print", "person", one.id.as_i64(), &number.to_string())?;
    }
    Ok(found.into_iter().map(|one| one.id).collect())
}

/// Ends a card and writes the one that takes its place; the new number. The person is held and told.
fn another(tx: &mut WriteTx<'_>, actor: &Actor, card: &Card, note: &str) -> Result<i64, Error> {
    let state = end(tx, actor, card, Step::Replace, note)?;
    let number = rules::number_after(card.current_no, card.card_no);
    store::insert(tx, card.person, number, actor.account)?;
    tell(tx, actor, card.person, state)?;
    Ok(number)
}

/// Notes that cards were handed out: all of them or none. Returns how many.
///
/// # Errors
/// `common.sign_in`, `common.forbidden`, `card.nobody`, `card.too_many`, `card.outside`, `card.moved`; of the database.
pub fn issue(tx: &mut WriteTx<'_>, actor: &Actor, cards: &[CardId]) -> Result<usize, Error> {
    actor.demand_any(Action::TeamManage)?;
    let ids = ticked(cards.to_vec())?;
    let found = store::these(tx, actor, &ids)?;
    all_there(ids.len(), found.len())?;
    for one in &found {
        person::hold(tx, one.person)?;
    }
    // Read again behind the locks.
    let found = store::these(tx, actor, &ids)?;
    all_there(ids.len(), found.len())?;
    if let Some(other) = found.iter().find(|one| rules::next(one.state, Step::Issue).is_none()) {
        return Err(moved(other));
    }
    for one in &found {
        store::set_issued(tx, one.id, actor.account)?;
        audit::note(tx, actor, "card.issue", "person", one.person.as_i64(), &one.card_no.to_string())?;
        tell(tx, actor, one.person, CardState::Issued)?;
    }
    Ok(found.len())
}

/// A card that the actor looks after, read behind the lock of its person.
fn managed(tx: &mut WriteTx<'_>, actor: &Actor, id: CardId) -> Result<Card, Error> {
    actor.account()?;
    let first = store::these(tx, actor, &[id])?.pop().ok_or_else(not_found)?;
    person::hold(tx, first.person)?;
    store::find(tx, id)?.ok_or_else(not_found)
}

fn end_one(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: CardId,
    step: Step,
    note: &str,
) -> Result<PersonId, Error> {
    let card = managed(tx, actor, id)?;
    let state = end(tx, actor, &card, step, note)?;
    tell(tx, actor, card.person, state)?;
    Ok(card.person)
}

/// Notes at the desk that a card is lost; its code is dead at once.
///
/// # Errors
/// `common.sign_in`, `common.not_found`, `card.moved`; of the database.
pub fn lose(tx: &mut WriteTx<'_>, actor: &Actor, id: CardId, note: &str) -> Result<PersonId, Error> {
    end_one(tx, actor, id, Step::Lose, note)
}

/// Makes a card void that was spoiled or is wrong and was not handed out; its code is dead at once.
///
/// # Errors
/// As [`lose`].
pub fn void(tx: &mut WriteTx<'_>, actor: &Actor, id: CardId, note: &str) -> Result<PersonId, Error> {
    end_one(tx, actor, id, Step::Void, note)
}

/// Prints another card in the place of one; the old code is dead at once.
///
/// # Errors
/// As [`lose`].
pub fn replace(tx: &mut WriteTx<'_>, actor: &Actor, id: CardId, note: &str) -> Result<PersonId, Error> {
    let card = managed(tx, actor, id)?;
    let number = another(tx, actor, &card, note)?;
    audit::note(tx, actor, "card.print", "person", card.person.as_i64(), &number.to_string())?;
    Ok(card.person)
}

fn lost(tx: &mut WriteTx<'_>, actor: &Actor, person: PersonId, note: &str) -> Result<(), Error> {
    person::hold(tx, person)?;
    let (current, live) = store::present(tx, person)?.ok_or_else(not_found)?;
    match live {
        Some(id) => {
            let card = store::find(tx, id)?.ok_or_else(not_found)?;
            end(tx, actor, &card, Step::Lose, note)?;
        }
        None => {
            // Printed before there was a register, or a picture of the phone's card in wrong hands.
            store::insert_lost(tx, person, current, actor.account, note)?;
            renew(tx, person, current, current)?;
            audit::note(tx, actor, "card.lost", "person", person.as_i64(), &current.to_string())?;
        }
    }
    Ok(())
}

/// The owner reports the card lost; whatever carries the present code is dead at once, and the phone's card shows the
/// new one.
///
/// # Errors
/// `common.sign_in`, `common.forbidden` for an account without a person; of the database.
pub fn lose_own(tx: &mut WriteTx<'_>, actor: &Actor, note: &str) -> Result<(), Error> {
    let me = actor.person()?;
    lost(tx, actor, me, note)
}

/// The desk notes a loss for somebody, whether or not the register knows of a card.
///
/// # Errors
/// `common.sign_in`, `common.not_found`; of the database.
pub fn lose_of(tx: &mut WriteTx<'_>, actor: &Actor, person: PersonId, note: &str) -> Result<(), Error> {
    actor.account()?;
    store::holders(tx, actor, &[person])?.pop().ok_or_else(not_found)?;
    lost(tx, actor, person, note)?;
    tell(tx, actor, person, CardState::Lost)
}
