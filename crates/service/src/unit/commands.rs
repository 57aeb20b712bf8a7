//! Joining as a unit, taking units in, serving in a unit's name.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Action, Actor, Error, Id as _, OrgId, PersonId, Refusal, can};
use people::audit;
use people::org::{self, How, NewOrg, Org, OrgKind, OrgState, PostKind};
use people::person::{self, PersonState};

use super::store::{self, Membership, NewMembership, Serving};
use super::{
    ServeAnswered, ServeState, UnitAnswered, UnitMemberId, UnitServiceId, UnitState, refusals, rules,
};

fn not_found() -> Error {
    (&common::NOT_FOUND).into()
}

/// What the contact of a unit is called among its posts.
const CONTACT: &str = "联系人";

/// A unit that can be a member, whatever its state.
pub(super) fn unit(tx: &mut ReadTx<'_>, id: OrgId) -> Result<Org, Error> {
    org::find(tx, id)?.filter(|org| rules::may_be_member(org.kind)).ok_or_else(not_found)
}

/// A unit whose affairs the actor looks after: its contact, or whoever stands above it.
pub(super) fn kept(tx: &mut ReadTx<'_>, actor: &Actor, id: OrgId) -> Result<Org, Error> {
    actor.account()?;
    let org = unit(tx, id)?;
    if can(actor, Action::TeamManage, org.place()) { Ok(org) } else { Err(not_found()) }
}

/// An organisation whose unit members the actor looks after.
pub(super) fn host(tx: &mut ReadTx<'_>, actor: &Actor, id: OrgId) -> Result<Org, Error> {
    actor.account()?;
    org::find(tx, id)?
        .filter(|org| rules::may_host(org.kind) && can(actor, Action::TeamManage, org.place()))
        .ok_or_else(not_found)
}

/// What units may join now.
pub(super) fn open_host(tx: &mut ReadTx<'_>, id: OrgId) -> Result<Org, Error> {
    org::find(tx, id)?
        .filter(|org| rules::may_host(org.kind) && org.state == OrgState::Open)
        .ok_or_else(|| Refusal::new(&refusals::NO_HOST).on("host").into())
}

fn open_unit(tx: &mut ReadTx<'_>, id: OrgId) -> Result<Org, Error> {
    org::find(tx, id)?
        .filter(|org| rules::may_be_member(org.kind) && org.state == OrgState::Open)
        .ok_or_else(|| Refusal::new(&refusals::NO_UNIT).on("unit").into())
}

/// Nothing joins itself: a department can be both.
fn not_itself(unit: OrgId, host: OrgId) -> Result<(), Error> {
    if unit == host { Err(Refusal::new(&refusals::NO_HOST).on("host").into()) } else { Ok(()) }
}

/// A membership is about to end: whoever confirms people of the unit meanwhile comes before or after.
fn hold(tx: &mut WriteTx<'_>, unit: Option<OrgId>) -> Result<(), Error> {
    match unit {
        Some(unit) => Ok(store::hold(tx, unit)?),
        None => Ok(()),
    }
}

/// A membership ended: with the last one nobody serves in the unit's name any more.
fn ended(tx: &mut WriteTx<'_>, one: &Membership) -> Result<(), Error> {
    match one.unit {
        Some(unit) => Ok(store::left(tx, &[unit])?),
        None => Ok(()),
    }
}

fn active(tx: &mut ReadTx<'_>, person: PersonId) -> Result<(), Error> {
    match person::brief(tx, person)? {
        Some(brief) if brief.state == PersonState::Active => Ok(()),
        _ => Err((&refusals::NOT_ACTIVE).into()),
    }
}

/// Which unit joins.
#[derive(Debug, Clone)]
pub enum Joining {
    /// One of the tree.
    Known(OrgId),
    /// One that is not in the tree yet.
    New(NewMembership),
}

/// Checks the facts of a unit that is not in the tree.
fn fresh(tx: &mut ReadTx<'_>, new: &NewMembership, code_needed: bool) -> Result<(), Error> {
    match &new.uscc {
        None if code_needed => Err(Refusal::new(&refusals::CODE).on("uscc").into()),
        None => Ok(()),
        Some(code) if !org::rules::uscc_ok(code) => {
            Err(Refusal::new(&org::refusals::USCC_WRONG).with("value", code).on("uscc").into())
        }
        Some(code) => match store::by_code(tx, code)? {
            Some((_, name)) => Err(Refusal::new(&refusals::KNOWN).with("name", name).on("uscc").into()),
            None => Ok(()),
        },
    }
}

/// What is kept of a membership of a unit of the tree.
fn facts(org: &Org, words: &str) -> NewMembership {
    NewMembership {
        name: org.name.clone(),
        type_code: org.type_code.clone(),
        uscc: org.uscc.clone(),
        address: org.address.clone(),
        phone: org.phone.clone(),
        words: words.to_owned(),
    }
}

/// The contact of a unit asks to join: that of one in the tree, or a volunteer for one that is not.
///
/// # Errors
/// `common.sign_in`, `common.not_found`, `unit.*`, `org.uscc_wrong`; of the database.
pub fn apply(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    host: OrgId,
    joining: &Joining,
    words: &str,
) -> Result<UnitMemberId, Error> {
    let me = actor.person()?;
    person::hold(tx, me)?;
    active(tx, me)?;
    let host = open_host(tx, host)?;
    let (unit, new) = match joining {
        Joining::Known(id) => {
            not_itself(*id, host.id)?;
            let org = open_unit(tx, *id)?;
            kept(tx, actor, *id)?;
            (Some(*id), facts(&org, words))
        }
        Joining::New(new) => {
            fresh(tx, new, true)?;
            (None, NewMembership { words: words.to_owned(), ..new.clone() })
        }
    };
    let id = store::insert(tx, (host.id, unit), Some(me), actor.account, &new, false)?
        .ok_or_else(|| Error::from(&refusals::ALREADY))?;
    audit::note(tx, actor, "unit.apply", "org", host.id.as_i64(), &new.name)?;
    Ok(id)
}

/// Staff enter a unit that joined on paper, as a member at once; with its contact, if one is known.
///
/// # Errors
/// `common.not_found`, `unit.*`, what making an organisation and filling a post refuse; of the database.
pub fn enter(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    at: OrgId,
    joining: &Joining,
    contact: Option<PersonId>,
) -> Result<UnitMemberId, Error> {
    let host = host(tx, actor, at)?;
    if !can(actor, Action::PersonRegister, host.place()) {
        return Err((&refusals::STAFF).into());
    }
    open_host(tx, at)?;
    let (unit, new) = match joining {
        Joining::Known(id) => {
            not_itself(*id, host.id)?;
            let org = open_unit(tx, *id)?;
            // Who speaks for a unit is said by those above it, not by whoever takes it in.
            if contact.is_some() && !can(actor, Action::PersonRegister, org.place()) {
                return Err((&refusals::STAFF).into());
            }
            (*id, facts(&org, ""))
        }
        Joining::New(new) => {
            fresh(tx, new, false)?;
            (plant(tx, actor, &host, new)?, new.clone())
        }
    };
    let id = store::insert(tx, (host.id, Some(unit)), contact, actor.account, &new, true)?
        .ok_or_else(|| Error::from(&refusals::ALREADY))?;
    if let Some(contact) = contact {
        appoint(tx, actor, unit, contact)?;
    }
    audit::note(tx, actor, "unit.enter", "org", unit.as_i64(), &new.name)?;
    Ok(id)
}

/// Makes the node of a unit, under the community, street or city of what it joins.
fn plant(tx: &mut WriteTx<'_>, actor: &Actor, host: &Org, new: &NewMembership) -> Result<OrgId, Error> {
    let parent = store::stands_under(tx, &org::rules::ids(&host.area_path))?.ok_or_else(not_found)?;
    let today = tx.now().date();
    let unit = org::create(
        tx,
        &NewOrg {
            type_code: new.type_code.clone(),
            uscc: new.uscc.clone(),
            address: new.address.clone(),
            phone: new.phone.clone(),
            sponsor_parent: (host.kind == OrgKind::Department).then_some(host.id),
            opened_on: Some(today),
            ..NewOrg::new(OrgKind::Unit, &new.name, Some(parent))
        },
    )?;
    audit::note(tx, actor, "org.create", "org", unit.as_i64(), &new.name)?;
    Ok(unit)
}

/// Makes somebody the contact of a unit, who looks after its affairs, unless they do already.
fn appoint(tx: &mut WriteTx<'_>, actor: &Actor, unit: OrgId, person: PersonId) -> Result<(), Error> {
    if org::posts(tx, unit, false)?.iter().any(|post| post.person == person && post.kind != PostKind::Other) {
        return Ok(());
    }
    org::set_post(tx, actor, unit, person, PostKind::Liaison, CONTACT, How::Appointed)?;
    Ok(())
}

fn tell(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    one: &Membership,
    state: UnitState,
    note: &str,
) -> Result<(), Error> {
    match one.contact.filter(|contact| actor.person != Some(*contact)) {
        Some(person) => tx.publish(&UnitAnswered {
            person,
            unit: one.name.clone(),
            host: one.host_name.clone(),
            state,
            note: note.to_owned(),
        }),
        None => Ok(()),
    }
}

/// One membership in the organisation that it belongs to.
fn at_host(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    at: OrgId,
    id: UnitMemberId,
) -> Result<(Org, Membership), Error> {
    let host = host(tx, actor, at)?;
    let one = store::find(tx, id)?.filter(|one| one.host == at).ok_or_else(not_found)?;
    Ok((host, one))
}

/// Takes a unit in. One that is not in the tree gets its node and its contact, which is for staff.
///
/// # Errors
/// `common.not_found`, `unit.gone`, `unit.staff`, `unit.known`, `unit.no_unit`, what filling a post refuses; of the
/// database.
pub fn accept(tx: &mut WriteTx<'_>, actor: &Actor, at: OrgId, id: UnitMemberId) -> Result<(), Error> {
    let (host, one) = at_host(tx, actor, at, id)?;
    if one.fresh() && !can(actor, Action::PersonRegister, host.place()) {
        return Err((&refusals::STAFF).into());
    }
    // The row is the lock: of two who answer one is first.
    if !store::advance(tx, id, (UnitState::Applied, UnitState::Member), actor.account, "")? {
        return Err((&refusals::GONE).into());
    }
    match one.unit {
        Some(unit) => {
            open_unit(tx, unit)?;
        }
        None => {
            let new = NewMembership {
                name: one.name.clone(),
                type_code: one.type_code.clone(),
                uscc: one.uscc.clone(),
                address: one.address.clone(),
                phone: one.phone.clone(),
                words: String::new(),
            };
            fresh(tx, &new, false)?;
            let unit = plant(tx, actor, &host, &new)?;
            store::set_unit(tx, id, unit)?;
            if let Some(contact) = one.contact {
                active(tx, contact)?;
                appoint(tx, actor, unit, contact)?;
            }
        }
    }
    audit::note(tx, actor, "unit.accept", "org", at.as_i64(), &one.name)?;
    tell(tx, actor, &one, UnitState::Member, "")
}

/// Does not take a unit in, and says why.
///
/// # Errors
/// `common.not_found`, `unit.gone`, `unit.reason`; of the database.
pub fn reject(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    at: OrgId,
    id: UnitMemberId,
    note: &str,
) -> Result<(), Error> {
    let (_, one) = at_host(tx, actor, at, id)?;
    answer_no(tx, actor, &one, (UnitState::Applied, UnitState::Rejected), note)
}

/// Ends the membership of a unit, and says why. With the last one nobody serves in its name any more.
///
/// # Errors
/// As [`reject`].
pub fn end_member(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    at: OrgId,
    id: UnitMemberId,
    note: &str,
) -> Result<(), Error> {
    let (_, one) = at_host(tx, actor, at, id)?;
    answer_no(tx, actor, &one, (UnitState::Member, UnitState::Left), note)
}

fn answer_no(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    one: &Membership,
    (from, to): (UnitState, UnitState),
    note: &str,
) -> Result<(), Error> {
    if note.is_empty() {
        return Err(Refusal::new(&refusals::REASON).on("note").into());
    }
    hold(tx, one.unit)?;
    if !store::advance(tx, one.id, (from, to), actor.account, note)? {
        return Err((&refusals::GONE).into());
    }
    if from == UnitState::Member {
        ended(tx, one)?;
    }
    let act = if to == UnitState::Left { "unit.end" } else { "unit.reject" };
    audit::note(tx, actor, act, "org", one.host.as_i64(), &one.name)?;
    tell(tx, actor, one, to, note)
}

/// The unit leaves what it joined, or takes its application back: by whoever looks after it, or by who applied. With the
/// last membership nobody serves in its name any more.
///
/// # Errors
/// `common.not_found`, `unit.gone`; of the database.
pub fn leave(tx: &mut WriteTx<'_>, actor: &Actor, id: UnitMemberId) -> Result<(), Error> {
    actor.account()?;
    let one = store::find(tx, id)?.ok_or_else(not_found)?;
    let own = one.fresh() && one.contact.is_some() && one.contact == actor.person;
    if !own {
        kept(tx, actor, one.unit.ok_or_else(not_found)?)?;
    }
    let from = if one.state == UnitState::Applied { UnitState::Applied } else { UnitState::Member };
    hold(tx, one.unit)?;
    if !store::advance(tx, id, (from, UnitState::Left), actor.account, "")? {
        return Err((&refusals::GONE).into());
    }
    if from == UnitState::Member {
        ended(tx, &one)?;
    }
    Ok(audit::note(tx, actor, "unit.leave", "org", one.host.as_i64(), &one.name)?)
}

/// Somebody says that they serve in the name of a unit. Whoever serves for another one goes on doing so until the unit
/// answers.
///
/// # Errors
/// `common.sign_in`, `unit.not_active`, `unit.no_unit`, `unit.not_member`, `unit.waits`, `unit.serves`; of the database.
pub fn ask(tx: &mut WriteTx<'_>, actor: &Actor, unit: OrgId) -> Result<UnitServiceId, Error> {
    let me = actor.person()?;
    person::hold(tx, me)?;
    active(tx, me)?;
    let org = open_unit(tx, unit)?;
    if !store::is_member(tx, unit)? {
        return Err(Refusal::new(&refusals::NOT_MEMBER).with("name", &org.name).on("unit").into());
    }
    for one in store::of_person(tx, me)? {
        match one.state {
            ServeState::Asked => return Err((&refusals::WAITS).into()),
            ServeState::Active if one.unit == unit => {
                return Err(Refusal::new(&refusals::SERVES).with("name", &org.name).on("unit").into());
            }
            _ => {}
        }
    }
    let id = store::ask(tx, unit, me)?;
    audit::note(tx, actor, "unit.serve", "org", unit.as_i64(), "")?;
    Ok(id)
}

/// One who serves in the name of a unit that the actor looks after, behind the lock of the person.
fn line(tx: &mut WriteTx<'_>, actor: &Actor, at: OrgId, id: UnitServiceId) -> Result<Serving, Error> {
    kept(tx, actor, at)?;
    let one = store::serving(tx, id)?.filter(|one| one.unit == at).ok_or_else(not_found)?;
    person::hold(tx, one.person)?;
    store::serving(tx, id)?.filter(|one| one.unit == at).ok_or_else(not_found)
}

fn tell_person(tx: &mut WriteTx<'_>, one: &Serving, state: ServeState, note: &str) -> Result<(), Error> {
    tx.publish(&ServeAnswered {
        person: one.person,
        unit: one.unit_name.clone(),
        state,
        note: note.to_owned(),
    })
}

/// The unit confirms somebody: from the day they asked on, and after what counts for another unit, which ends the day
/// before.
///
/// # Errors
/// `common.not_found`, `unit.gone`, `unit.not_active`, `unit.not_member`; of the database.
pub fn confirm(tx: &mut WriteTx<'_>, actor: &Actor, at: OrgId, id: UnitServiceId) -> Result<(), Error> {
    let one = line(tx, actor, at, id)?;
    active(tx, one.person)?;
    if one.state != ServeState::Asked {
        return Err((&refusals::GONE).into());
    }
    store::hold(tx, at)?;
    if !store::is_member(tx, at)? {
        return Err(Refusal::new(&refusals::NOT_MEMBER).with("name", &one.unit_name).into());
    }
    let mut begins = rules::begins(one.from_on, store::last_day(tx, one.person)?);
    let before =
        store::of_person(tx, one.person)?.into_iter().find(|other| other.state == ServeState::Active);
    if let Some(before) = before {
        // Asked by another registration that is the same person now, before this went on: nothing that counted is taken
        // away.
        if before.from_on > begins {
            begins = before.from_on.max(tx.now().date());
        }
        store::end(tx, before.id, begins.plus(-1), "换单位")?;
    }
    if !store::settle(tx, id, ServeState::Active, Some(begins), actor.account, "")? {
        return Err((&refusals::GONE).into());
    }
    audit::note(tx, actor, "unit.confirm", "person", one.person.as_i64(), &one.unit_name)?;
    tell_person(tx, &one, ServeState::Active, "")
}

/// The unit does not confirm somebody, and says why.
///
/// # Errors
/// `common.not_found`, `unit.gone`, `unit.reason`; of the database.
pub fn refuse(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    at: OrgId,
    id: UnitServiceId,
    note: &str,
) -> Result<(), Error> {
    let one = line(tx, actor, at, id)?;
    if note.is_empty() {
        return Err(Refusal::new(&refusals::REASON).on("note").into());
    }
    if !store::settle(tx, id, ServeState::Refused, None, actor.account, note)? {
        return Err((&refusals::GONE).into());
    }
    audit::note(tx, actor, "unit.refuse", "person", one.person.as_i64(), &one.unit_name)?;
    tell_person(tx, &one, ServeState::Refused, note)
}

/// Somebody left the unit: today is the last day that counts for it.
///
/// # Errors
/// `common.not_found`, `unit.gone`, `unit.reason`; of the database.
pub fn end(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    at: OrgId,
    id: UnitServiceId,
    note: &str,
) -> Result<(), Error> {
    let one = line(tx, actor, at, id)?;
    if note.is_empty() {
        return Err(Refusal::new(&refusals::REASON).on("note").into());
    }
    let today = tx.now().date();
    if !store::end(tx, id, today, note)? {
        return Err((&refusals::GONE).into());
    }
    audit::note(tx, actor, "unit.dismiss", "person", one.person.as_i64(), &one.unit_name)?;
    tell_person(tx, &one, ServeState::Ended, note)
}

/// One takes back what one asked, or stops serving in a unit's name; today still counts for it.
///
/// # Errors
/// `common.sign_in`, `common.not_found`, `unit.gone`; of the database.
pub fn stop(tx: &mut WriteTx<'_>, actor: &Actor, id: UnitServiceId) -> Result<(), Error> {
    let me = actor.person()?;
    person::hold(tx, me)?;
    let one = store::serving(tx, id)?.filter(|one| one.person == me).ok_or_else(not_found)?;
    let today = tx.now().date();
    let done = match one.state {
        ServeState::Asked => store::settle(tx, id, ServeState::Withdrawn, None, actor.account, "")?,
        ServeState::Active => store::end(tx, id, today, "")?,
        _ => false,
    };
    if !done {
        return Err((&refusals::GONE).into());
    }
    Ok(audit::note(tx, actor, "unit.stop", "org", one.unit.as_i64(), "")?)
}
