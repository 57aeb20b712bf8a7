//! Asking a guardian, the answer, and what follows. The minor's row is held first.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Actor, Error, PersonId, Refusal, Timestamp};
use vault::Vault;

use super::store::{self, Guardianship};
use super::{
    AccessEnds, Guard, GuardChanged, GuardState, GuardianAsked, GuardianId, Relation, refusals, rules,
};
use crate::audit;
use crate::person::{self, CONSENT_VERSION, PersonState, Purpose};

/// Whom a minor names, checked and clean.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The guardian's name.
    pub name: String,
    /// What they are to the minor.
    pub relation: Relation,
    /// The guardian's phone, as [`roster::clean::phone`] gives it.
    pub phone: String,
}

/// Asks a guardian: by the own account when one of that name and phone is registered, and by a message to the phone,
/// which the caller sends. An earlier request ends. Returns the guardianship.
///
/// # Errors
/// `guardian.of_age`, `guardian.not_adult`, `common.not_found`; of the database.
pub fn ask(tx: &mut WriteTx<'_>, vault: &Vault, minor: PersonId, who: &Asked) -> Result<GuardianId, Error> {
    let locked = person::lock(tx, minor)?;
    let now = tx.now();
    let Some(birth) = locked.birth_on.filter(|birth| birth.age(now.date()) < rules::ADULT) else {
        return Err((&refusals::OF_AGE).into());
    };
    if who.name == locked.name {
        return Err(Refusal::new(&refusals::NOT_ADULT).on("guardian_name").into());
    }
    let index = person::phone_index(vault, &who.phone);
    let guardian = store::guardian_like(tx, &who.name, index.as_bytes(), minor)?;
    store::end_live(tx, minor)?;
    let id: GuardianId = tx.new_id();
    let respond_by = Timestamp(now.0 + rules::ANSWER_DAYS * kernel::time::DAY_MS);
    let sealed = store::seal_phone(vault, &who.phone);
    let until = rules::birthday(birth, rules::ADULT);
    store::insert(
        tx,
        id,
        minor,
        guardian,
        &who.name,
        who.relation,
        (&sealed, index.as_bytes()),
        respond_by,
        until,
    )?;
    store::set_guard(tx, minor, Guard::Asked)?;
    if let Some(guardian) = guardian {
        tx.publish(&GuardianAsked { guardian, minor: locked.name, respond_by })?;
    }
    Ok(id)
}

/// The guardian consents (again, after withdrawing). Somebody who waited for it is registered with it.
///
/// `channel`: `account`, `phone`, `desk`.
///
/// # Errors
/// `guardian.answered`, `guardian.of_age`; those of claiming a registration; of the database.
pub fn give(tx: &mut WriteTx<'_>, actor: &Actor, id: GuardianId, channel: &str) -> Result<PersonId, Error> {
    let one = store::find(tx, id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let locked = person::lock(tx, one.minor)?;
    let now = tx.now();
    if one.until_on <= now.date() {
        return Err((&refusals::OF_AGE).into());
    }
    let from = match one.state {
        GuardState::Asked if now < one.respond_by => GuardState::Asked,
        GuardState::Withdrawn => GuardState::Withdrawn,
        GuardState::Given => return Ok(one.minor),
        _ => return Err((&refusals::ANSWERED).into()),
    };
    if !store::answer(tx, id, from, GuardState::Given, channel, CONSENT_VERSION)? {
        return Err((&refusals::ANSWERED).into());
    }
    if one.guardian.is_none()
        && let Some(guardian) = actor.person.filter(|person| *person != one.minor)
    {
        store::link(tx, id, guardian)?;
    }
    store::set_guard(tx, one.minor, Guard::Given)?;
    person::give_by(tx, actor, one.minor, Purpose::Guardian, channel, Some((id, None)))?;
    let young = locked.birth_on.filter(|birth| birth.age(now.date()) < rules::OWN_CONSENT);
    if let Some(birth) = young {
        // Under fourteen the guardian's consent is the consent to the processing itself (PIPL, Art. 31).
        let renew = rules::birthday(birth, rules::OWN_CONSENT);
        person::give_by(tx, actor, one.minor, Purpose::Register, channel, Some((id, Some(renew))))?;
    }
    audit::note(tx, actor, "guardian.give", "person", one.minor.0, channel)?;
    let waits = locked.state == PersonState::Unclaimed
        || (locked.state == PersonState::Incomplete && locked.documented);
    if waits {
        person::claim(tx, actor, one.minor, channel)?;
    }
    tx.publish(&GuardChanged { minor: one.minor, guardian: one.name, now: Guard::Given })?;
    Ok(one.minor)
}

/// The guardian says no to a request.
///
/// # Errors
/// `guardian.answered`; of the database.
pub fn refuse(tx: &mut WriteTx<'_>, actor: &Actor, id: GuardianId, channel: &str) -> Result<(), Error> {
    let one = store::find(tx, id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    person::lock(tx, one.minor)?;
    if !store::answer(tx, id, GuardState::Asked, GuardState::Refused, channel, "")? {
        return Err((&refusals::ANSWERED).into());
    }
    store::set_guard(tx, one.minor, Guard::Refused)?;
    audit::note(tx, actor, "guardian.refuse", "person", one.minor.0, channel)?;
    tx.publish(&GuardChanged { minor: one.minor, guardian: one.name, now: Guard::Refused })?;
    Ok(())
}

/// The guardian takes the consent back, with one tap. Places ahead are given back by who listens; hours stay. Under
/// fourteen the consents the guardian gave end with it.
///
/// # Errors
/// `guardian.answered`; of the database.
pub fn withdraw(tx: &mut WriteTx<'_>, actor: &Actor, id: GuardianId) -> Result<(), Error> {
    let one = store::find(tx, id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let locked = person::lock(tx, one.minor)?;
    if one.state == GuardState::Withdrawn {
        return Ok(());
    }
    if !store::answer(tx, id, GuardState::Given, GuardState::Withdrawn, &one.channel, &one.version)? {
        return Err((&refusals::ANSWERED).into());
    }
    store::set_guard(tx, one.minor, Guard::Withdrawn)?;
    person::withdraw(tx, one.minor, Purpose::Guardian)?;
    if locked.birth_on.is_some_and(|birth| birth.age(tx.now().date()) < rules::OWN_CONSENT) {
        person::withdraw(tx, one.minor, Purpose::Register)?;
        person::withdraw(tx, one.minor, Purpose::Rank)?;
    }
    audit::note(tx, actor, "guardian.withdraw", "person", one.minor.0, "")?;
    tx.publish(&GuardChanged { minor: one.minor, guardian: one.name, now: Guard::Withdrawn })?;
    Ok(())
}

/// Consent given before staff who hold the documents (at the desk): asked and answered in one.
///
/// # Errors
/// As [`ask`] and [`give`].
pub(crate) fn at_desk(
    tx: &mut WriteTx<'_>,
    vault: &Vault,
    actor: &Actor,
    minor: PersonId,
    who: &Asked,
) -> Result<(), Error> {
    let id = ask(tx, vault, minor, who)?;
    // Staff act here, not the guardian: their own registration must not become the guardian's.
    let staff = Actor { person: None, ..actor.clone() };
    give(tx, &staff, id, "desk").map(|_| ())
}

/// A minor of sixteen or more declares to live from own work (Fix-07): no guardian is asked.
///
/// # Errors
/// `guardian.own_work`; those of claiming; of the database.
pub fn declare_own_work(tx: &mut WriteTx<'_>, actor: &Actor, minor: PersonId) -> Result<(), Error> {
    let locked = person::lock(tx, minor)?;
    if locked.birth_on.is_none_or(|birth| birth.age(tx.now().date()) < rules::OWN_WORK) {
        return Err(Refusal::new(&refusals::OWN_WORK).on("own_work").into());
    }
    store::end_live(tx, minor)?;
    store::set_guard(tx, minor, Guard::OwnWork)?;
    audit::note(tx, actor, "guardian.own_work", "person", minor.0, "")?;
    if locked.state == PersonState::Unclaimed {
        person::claim(tx, actor, minor, "self")?;
    }
    Ok(())
}

/// The guardianship by which the actor, or whoever proved the guardian's phone in this browser, looks after a minor;
/// anybody else is told nothing. It ends as the eighteenth birthday begins.
///
/// # Errors
/// `common.not_found`; of the database.
pub fn ward(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    proof: Option<GuardianId>,
    minor: PersonId,
) -> Result<Guardianship, Error> {
    let today = tx.now().date();
    store::live(tx, minor)?
        .filter(|one| one.until_on > today)
        .filter(|one| proof == Some(one.id) || (one.guardian.is_some() && one.guardian == actor.person))
        .ok_or_else(|| (&common::NOT_FOUND).into())
}

/// Ends requests nobody answered.
pub(super) fn lapse(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    for due in store::overdue(tx)? {
        person::hold(tx, due.minor)?;
        if store::answer(tx, due.id, GuardState::Asked, GuardState::Lapsed, "", "")? {
            store::set_guard(tx, due.minor, Guard::None)?;
            tx.publish(&GuardChanged { minor: due.minor, guardian: due.name, now: Guard::None })?;
        }
    }
    Ok(())
}

/// Erases what minors typed who registered alone and whose guardian never answered.
pub(super) fn erase_unanswered(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    for (minor, name) in store::unanswered(tx)? {
        person::lock(tx, minor)?;
        person::set_state(tx, minor, PersonState::Closed)?;
        person::erase(tx, minor, &name)?;
        audit::note(tx, &Actor::system("guardian"), "guardian.erase", "person", minor.0, "")?;
    }
    Ok(())
}

/// Ends guardianships on the eighteenth birthday. Access has ended before this runs: it is asked by the date.
pub(super) fn come_of_age(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    for due in store::grown_up(tx)? {
        person::hold(tx, due.minor)?;
        store::end_live(tx, due.minor)?;
        store::set_guard(tx, due.minor, Guard::None)?;
        person::withdraw(tx, due.minor, Purpose::Guardian)?;
    }
    Ok(())
}

/// Tells people that their guardian's access will end.
pub(super) fn announce(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    for due in store::ending(tx)? {
        store::told(tx, due.id)?;
        tx.publish(&AccessEnds { minor: due.minor, on: due.until_on })?;
    }
    Ok(())
}

/// Ends publications a guardian agreed to that were not agreed to anew.
pub(super) fn lapse_publication(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    for (person,) in store::publications_due(tx)? {
        person::hold(tx, person)?;
        person::withdraw(tx, person, Purpose::Rank)?;
    }
    Ok(())
}

/// The guardian decides whether the name of a child under fourteen may appear in rankings.
///
/// # Errors
/// `common.forbidden` from fourteen on, when the own word counts; of the database.
pub(super) fn publish_name(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    one: &Guardianship,
    yes: bool,
    channel: &str,
) -> Result<(), Error> {
    let locked = person::lock(tx, one.minor)?;
    let birth = locked.birth_on.filter(|birth| birth.age(tx.now().date()) < rules::OWN_CONSENT);
    let Some(birth) = birth.filter(|_| one.state == GuardState::Given) else {
        return Err((&common::FORBIDDEN).into());
    };
    if yes {
        let renew = rules::birthday(birth, rules::OWN_CONSENT);
        person::give_by(tx, actor, one.minor, Purpose::Rank, channel, Some((one.id, Some(renew))))
    } else {
        person::withdraw(tx, one.minor, Purpose::Rank)
    }
}
