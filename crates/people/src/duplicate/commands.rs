//! Merging, undoing, keeping apart.

use db::{WriteTx, args, sql};
use kernel::error::common;
use kernel::{Action, Actor, Error, PersonId, Place, Refusal, Timestamp, can};

use super::rules::{self, Whole};
use super::store::{self, AccountOf};
use super::{MergeId, MergeState, PairState, PeopleMerged, PeopleParted, carry, refusals};
use crate::audit;
use crate::guardian::{self, Guard};
use crate::person::{self, Person, PersonState, keys};

/// Two people whom the actor may both change; anybody else is not to be known.
///
/// # Errors
/// `common.not_found`, `duplicate.own`; of the database.
pub(super) fn demand(
    tx: &mut db::ReadTx<'_>,
    actor: &Actor,
    a: PersonId,
    b: PersonId,
) -> Result<(Person, Person), Error> {
    let one = person::demand_person(tx, actor, Action::PersonEdit, a)?;
    let other = person::demand_person(tx, actor, Action::PersonEdit, b)?;
    Ok((one, other))
}

fn not_own(actor: &Actor, people: [PersonId; 2]) -> Result<(), Error> {
    if actor.person.is_some_and(|me| people.contains(&me)) {
        return Err((&refusals::OWN).into());
    }
    Ok(())
}

/// Holds two people, always in the same order.
fn hold(tx: &mut WriteTx<'_>, a: PersonId, b: PersonId) -> Result<(), Error> {
    person::hold(tx, a.min(b))?;
    person::hold(tx, a.max(b))?;
    Ok(())
}

/// Whether the accounts of two people hold roles.
pub(super) fn roles(both: &[AccountOf], kept: PersonId, gone: PersonId) -> (bool, bool) {
    let any = |person| carry::account_of(both, person).is_some_and(|one| one.roles > 0);
    (any(kept), any(gone))
}

/// Where the consent of a guardian stands for both together.
fn guard(tx: &mut db::ReadTx<'_>, kept: &Whole, gone: &Whole) -> Result<Guard, Error> {
    let known = kept.guard != Guard::None || guardian::store::live(tx, kept.id)?.is_some();
    Ok(if known { kept.guard } else { gone.guard })
}

/// Makes two registrations one: `kept` stays and gets what `gone` had. Everything happens in this transaction, also
/// what the rooms above do, and can be undone for thirty days.
///
/// `note`: how it was found that they are one person, for the audit log.
///
/// # Errors
/// `common.not_found`, `duplicate.own`, and those of [`rules::mergeable`]; of the database.
pub fn merge(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    kept: PersonId,
    gone: PersonId,
    note: &str,
) -> Result<MergeId, Error> {
    let (stays, goes) = demand(tx, actor, kept, gone)?;
    not_own(actor, [kept, gone])?;
    hold(tx, kept, gone)?;
    let (mine, theirs) = (store::whole(tx, kept)?, store::whole(tx, gone)?);
    let both = store::accounts(tx, kept, gone)?;
    let held = roles(&both, kept, gone);
    rules::mergeable(&mine, &theirs, held)?;
    let id: MergeId = tx.new_id();
    let now = tx.now();
    let until = Timestamp(now.0 + rules::UNDO_DAYS * kernel::time::DAY_MS);
    tx.exec_one(
        sql!(
            "INSERT INTO person_merge (id, kept_id, gone_id, state, note, by_account, at, undo_until)
             VALUES ($1, $2, $3, 'done', $4, $5, $6, $7)"
        ),
        args![id, kept, gone, note, actor.account, now, until],
    )?;
    store::keep(tx, id, kept)?;
    store::keep(tx, id, gone)?;
    let guard = guard(tx, &mine, &theirs)?;
    carry::documents(tx, id, &mine, &theirs)?;
    let public = carry::go(tx, id, &mine, &theirs, &both)?;
    let merged = rules::combine(&mine, &theirs, held.0, public, guard);
    let left = format!("{}|{}|{}", i64::from(public), i64::from(held.0), guard.code());
    super::journal::note(tx, id, "merged", (0, 0), &left)?;
    keys::remove(tx, gone)?;
    keys::remove(tx, kept)?;
    store::put(tx, &emptied(&theirs), Some(kept))?;
    store::put(tx, &merged, None)?;
    keys::write(tx, kept)?;
    store::decide(tx, &stays, &goes, PairState::Merged, actor.account)?;
    audit::note(tx, actor, "person.merge", "person", kept.0, &format!("{} {note}", goes.volunteer_no))?;
    audit::note(tx, actor, "person.merge", "person", gone.0, &format!("→ {} {note}", stays.volunteer_no))?;
    tx.publish(&PeopleMerged { merge: id, kept, gone })?;
    Ok(id)
}

/// The registration that is part of another now: nobody is found by it.
fn emptied(gone: &Whole) -> Whole {
    Whole {
        id_kind: String::new(),
        id_enc: None,
        id_index: None,
        phone_enc: None,
        phone_index: None,
        state: PersonState::Closed,
        rank_public: false,
        ..gone.clone()
    }
}

/// Undoes a merge: both registrations are as they were, and what was done since stays with who stayed.
///
/// # Errors
/// `common.not_found`, `duplicate.own`, `duplicate.undone`, `duplicate.too_late`, `duplicate.not_last`,
/// `duplicate.ended`; of the database.
pub fn undo(tx: &mut WriteTx<'_>, actor: &Actor, id: MergeId, note: &str) -> Result<(), Error> {
    actor.account()?;
    let not_found = || Error::from(&common::NOT_FOUND);
    let one = store::merge(tx, id)?.ok_or_else(not_found)?;
    let at = Place { area_path: &one.area_path, sponsor_path: &one.sponsor_path };
    if !can(actor, Action::PersonEdit, at) {
        return Err(not_found());
    }
    not_own(actor, [one.kept, one.gone])?;
    hold(tx, one.kept, one.gone)?;
    let one = store::merge(tx, id)?.ok_or_else(not_found)?;
    undoable(&one, tx.now())?;
    if store::later(tx, id, one.kept, one.gone)? {
        return Err((&refusals::NOT_LAST).into());
    }
    let now = store::whole(tx, one.kept)?;
    if matches!(now.state, PersonState::Closed | PersonState::Deceased) {
        return Err((&refusals::ENDED).into());
    }
    tx.publish(&PeopleParted { merge: id, kept: one.kept, gone: one.gone })?;
    carry::back(tx, id, one.kept, one.gone)?;
    let (mine, theirs) = (store::before(tx, id, one.kept)?, store::before(tx, id, one.gone)?);
    let merged = as_merged(tx, id, &mine, &theirs)?;
    keys::remove(tx, one.kept)?;
    carry::documents_back(tx, id, &theirs)?;
    store::put(tx, &rules::apart(&now, &merged, &mine), None)?;
    store::put(tx, &theirs, None)?;
    keys::write(tx, one.kept)?;
    keys::write(tx, one.gone)?;
    let at = tx.now();
    tx.exec_one(
        sql!(
            "UPDATE person_merge SET state = 'undone', undone_by = $2, undone_at = $3, undo_note = $4
             WHERE id = $1 AND state = 'done'"
        ),
        args![id, actor.account, at, note],
    )?;
    tx.exec(
        sql!(
            "UPDATE duplicate_pair SET state = 'open', decided_by = NULL, decided_at = NULL
             WHERE low_id = $1 AND high_id = $2 AND state = 'merged'"
        ),
        args![one.kept.min(one.gone), one.kept.max(one.gone)],
    )?;
    clear(tx, id)?;
    audit::note(tx, actor, "person.unmerge", "person", one.kept.0, note)?;
    audit::note(tx, actor, "person.unmerge", "person", one.gone.0, note)?;
    Ok(())
}

/// The file as the merge left it, from what it was made of: both files before, and what the consents came to.
fn as_merged(tx: &mut db::ReadTx<'_>, id: MergeId, mine: &Whole, theirs: &Whole) -> Result<Whole, Error> {
    let left = super::journal::steps(tx, id, "merged")?;
    let (public, roles, guard) = left
        .first()
        .and_then(|step| {
            let mut parts = step.before.split('|');
            Some((parts.next()? == "1", parts.next()? == "1", Guard::from_code(parts.next()?)?))
        })
        .unwrap_or((mine.rank_public, false, mine.guard));
    Ok(rules::combine(mine, theirs, roles, public, guard))
}

/// Whether a merge can be undone now.
///
/// # Errors
/// `duplicate.undone`, `duplicate.too_late`.
pub(super) fn undoable(one: &store::Merge, now: Timestamp) -> Result<(), Refusal> {
    match one.state {
        MergeState::Undone => Err(Refusal::new(&refusals::UNDONE)),
        MergeState::Final => Err(Refusal::new(&refusals::TOO_LATE)),
        MergeState::Done if now > one.undo_until => Err(Refusal::new(&refusals::TOO_LATE)),
        MergeState::Done => Ok(()),
    }
}

/// Remembers that two registrations are two people: nobody is asked about them again.
///
/// # Errors
/// `common.not_found`, `duplicate.same`; of the database.
pub fn not_same(tx: &mut WriteTx<'_>, actor: &Actor, a: PersonId, b: PersonId) -> Result<(), Error> {
    let (one, other) = demand(tx, actor, a, b)?;
    if a == b {
        return Err((&refusals::SAME).into());
    }
    store::decide(tx, &one, &other, PairState::NotSame, actor.account)?;
    audit::note(tx, actor, "person.not_same", "person", a.0, &other.volunteer_no)?;
    Ok(())
}

fn clear(tx: &mut WriteTx<'_>, id: MergeId) -> Result<(), Error> {
    tx.exec(sql!("DELETE FROM merge_step WHERE merge_id = $1"), args![id])?;
    tx.exec(sql!("DELETE FROM merge_before WHERE merge_id = $1"), args![id])?;
    Ok(())
}

/// Ends the time to undo: what that took is removed, and of the registration that is part of another nothing remains
/// but its numbers and a masked name.
fn finish(tx: &mut WriteTx<'_>, id: MergeId, gone: PersonId, name: &str) -> Result<(), Error> {
    clear(tx, id)?;
    tx.exec(
        sql!(
            "UPDATE person SET name = $2, name_key = '', initials = '', gender = '', birth_on = NULL, address = '',
                employer = '', note = '', national_no = NULL WHERE id = $1 AND merged_into IS NOT NULL"
        ),
        args![gone, vault::mask_name(name)],
    )?;
    tx.exec(sql!("DELETE FROM person_skill WHERE person_id = $1"), args![gone])?;
    tx.exec(sql!("DELETE FROM person_category WHERE person_id = $1"), args![gone])?;
    tx.exec_one(sql!("UPDATE person_merge SET state = 'final' WHERE id = $1"), args![id])?;
    Ok(())
}

/// Erases what was merged into somebody whose own data is erased.
///
/// # Errors
/// Of the database.
pub(crate) fn forget(tx: &mut WriteTx<'_>, person: PersonId) -> Result<(), Error> {
    let mut into = vec![person];
    while let Some(person) = into.pop() {
        let parts: Vec<(MergeId, PersonId, String)> = tx.all(
            sql!(
                "SELECT m.id, m.gone_id, p.name FROM person_merge m JOIN person p ON p.id = m.gone_id
                 WHERE m.kept_id = $1 AND m.state = 'done' ORDER BY m.id"
            ),
            args![person],
        )?;
        for (id, gone, name) in parts {
            finish(tx, id, gone, &name)?;
            into.push(gone);
        }
    }
    Ok(())
}

/// Regular work: ends the time to undo where it is over.
///
/// # Errors
/// Of the database.
pub fn tick(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    let now = tx.now();
    let due: Vec<(MergeId, PersonId, String)> = tx.all(
        sql!(
            "SELECT m.id, m.gone_id, p.name FROM person_merge m JOIN person p ON p.id = m.gone_id
             WHERE m.state = 'done' AND m.undo_until < $1 ORDER BY m.undo_until, m.id LIMIT 50"
        ),
        args![now],
    )?;
    for (id, gone, name) in due {
        finish(tx, id, gone, &name)?;
    }
    Ok(())
}
