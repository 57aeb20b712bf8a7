//! Dividing, moving, naming leaders, writing to a group; and the roll of a group by its leader.

use std::collections::BTreeMap;

use db::{ReadTx, WriteTx};
use kernel::{AccountId, Actor, Error, Lang, PersonId, Refusal, Timestamp};
use people::chosen::Written;

use super::rules::{self, Layout, MOST};
use super::store::{self, Group, Own, Somebody, there};
use super::{refusals, shown};
use crate::activity::SessionState;
use crate::attendance::commands::{self as door, PartAct, find_to_lead};
use crate::attendance::{Held, store as attendance};
use crate::event::{GroupLeaderGone, GroupLeaderNamed};
use crate::sign_up::SignUpState;
use crate::{SessionGroupId, SessionId, SignUpId};

/// Authorises a change and holds the session, so that two changes do not cross.
fn hold(tx: &mut WriteTx<'_>, actor: &Actor, session: SessionId) -> Result<Held, Error> {
    let held = find_to_lead(tx, actor, session)?;
    if !attendance::session_touch(tx, held.id)? {
        return Err((&refusals::SHUT).into());
    }
    Ok(held)
}

/// A group of a session the actor leads.
///
/// # Errors
/// `group.gone`, also for whoever may not know of it; `common.sign_in`.
pub fn find(tx: &mut ReadTx<'_>, actor: &Actor, id: SessionGroupId) -> Result<(Held, Group), Error> {
    actor.account()?;
    let group = store::find(tx, id)?.ok_or_else(|| Error::from(&refusals::GONE))?;
    let held = find_to_lead(tx, actor, group.session).map_err(|_| Error::from(&refusals::GONE))?;
    Ok((held, group))
}

/// Whether its groups may still be changed.
#[must_use]
pub const fn open(held: &Held) -> bool {
    matches!(held.state, SessionState::Open | SessionState::Closed)
}

/// Writes a change, keeps how it was before, tells who leads now and who does no more.
fn change(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    held: &Held,
    act: &'static str,
    alter: impl FnOnce(&mut Layout) -> Result<(), Error>,
) -> Result<(), Error> {
    let before = store::layout(tx, held.id)?;
    let mut after = before.clone();
    alter(&mut after)?;
    after.tidy();
    if after == before {
        return Ok(());
    }
    let text = serde_json::to_string(&before).map_err(|fault| Error::bug(fault.to_string()))?;
    store::keep(tx, held.id, &text)?;
    store::replace(tx, held.id, &after)?;
    tell(tx, held, &before, &after)?;
    let detail = format!("groups={} people={}", after.groups.len(), after.seats.len());
    Ok(people::audit::note(tx, actor, act, "session", held.id.0, &detail)?)
}

fn tell(tx: &mut WriteTx<'_>, held: &Held, before: &Layout, after: &Layout) -> Result<(), Error> {
    if tx.now() >= held.last_end() {
        return Ok(());
    }
    let was: Vec<_> = before.leaders().collect();
    let is: Vec<_> = after.leaders().collect();
    let mut news: Vec<(SessionGroupId, SignUpId, bool)> = Vec::new();
    news.extend(is.iter().filter(|one| !was.contains(one)).map(|(group, place)| (*group, *place, true)));
    news.extend(was.iter().filter(|one| !is.contains(one)).map(|(group, place)| (*group, *place, false)));
    if news.is_empty() {
        return Ok(());
    }
    let places: Vec<SignUpId> = news.iter().map(|one| one.1).collect();
    let people = store::behind(tx, &places)?;
    for (group, place, given) in news {
        let Some((_, person, state)) = people.iter().find(|one| one.0 == place) else { continue };
        // Whoever gave the place back knows.
        if !there(*state) {
            continue;
        }
        let of = if given { after } else { before };
        let Some(spot) = of.find(group) else { continue };
        tx.publish(&GroupLeaderNamed {
            person: *person,
            session: held.id,
            title: held.title.clone(),
            starts_at: held.starts_at,
            group: (shown(spot.no, &spot.name, Lang::Zh), shown(spot.no, &spot.name, Lang::En)),
            place: spot.place.clone(),
            given,
        })?;
    }
    Ok(())
}

/// How people are to be divided.
#[derive(Debug, Clone, Default)]
pub struct Divide {
    /// Into how many groups; as many as there are when only the rest is put in.
    pub groups: usize,
    /// Only who is in no group yet.
    pub rest: bool,
    /// Each group should have somebody who can do this; may be empty.
    pub skill: String,
}

/// Families by the registration of the guardian.
fn families(tx: &mut ReadTx<'_>, session: SessionId) -> Result<BTreeMap<PersonId, i64>, Error> {
    let mut out = BTreeMap::new();
    for (child, guardian) in store::children(tx, session)? {
        // Whose second guardian comes too: the family of the first.
        let family = out.get(&child).or_else(|| out.get(&guardian)).copied().unwrap_or(guardian.0);
        out.entry(child).or_insert(family);
        out.entry(guardian).or_insert(family);
    }
    Ok(out)
}

/// Divides everybody who holds a place evenly, or puts those who are in no group yet into the smallest; families stay
/// together, leaders with their groups. Returns how many people were divided.
///
/// # Errors
/// `common.not_found`, `common.forbidden`; `group.shut`, `group.too_many`, `group.no_groups`.
pub fn divide(tx: &mut WriteTx<'_>, actor: &Actor, session: SessionId, ask: &Divide) -> Result<usize, Error> {
    let held = hold(tx, actor, session)?;
    let all: Vec<Somebody> =
        store::people(tx, session, None)?.into_iter().filter(|one| there(one.state)).collect();
    let families = families(tx, session)?;
    let able: Vec<PersonId> = if ask.skill.is_empty() {
        Vec::new()
    } else {
        store::skills(tx, session)?.into_iter().filter(|one| one.0 == ask.skill).map(|one| one.1).collect()
    };
    let mut fresh: Vec<SessionGroupId> = Vec::new();
    if !ask.rest {
        if ask.groups == 0 || ask.groups > MOST || ask.groups > all.len() {
            return Err(Refusal::new(&refusals::TOO_MANY)
                .with("people", all.len())
                .with("groups", ask.groups)
                .with("max", MOST)
                .on("groups")
                .into());
        }
        fresh.extend((0..ask.groups).map(|_| tx.new_id::<SessionGroupId>()));
    }
    change(tx, actor, &held, "group.divide", |layout| {
        if ask.rest {
            if layout.groups.is_empty() {
                return Err((&refusals::NO_GROUPS).into());
            }
        } else {
            let gone: Vec<SessionGroupId> = layout.groups.iter().skip(ask.groups).map(|one| one.id).collect();
            for id in gone {
                layout.remove(id);
            }
            for id in fresh.iter().skip(layout.groups.len()) {
                layout.add(*id);
            }
        }
        let leaders: Vec<SignUpId> = layout.leaders().map(|one| one.1).collect();
        let people: Vec<rules::Somebody> = all
            .iter()
            .map(|one| rules::Somebody {
                family: families.get(&one.person).copied(),
                skilled: able.contains(&one.person),
                fixed: layout
                    .group_of(one.sign_up)
                    .filter(|_| ask.rest || leaders.contains(&one.sign_up))
                    .and_then(|id| layout.groups.iter().position(|spot| spot.id == id)),
            })
            .collect();
        let groups: Vec<SessionGroupId> = layout.groups.iter().map(|one| one.id).collect();
        for (one, at) in all.iter().zip(rules::divide(&people, groups.len())) {
            // Whom somebody put elsewhere by hand stays there, whatever the family.
            if !(ask.rest && one.group.is_some()) {
                layout.put(one.sign_up, groups.get(at).copied());
            }
        }
        Ok(())
    })?;
    let done = if ask.rest { all.iter().filter(|one| one.group.is_none()).count() } else { all.len() };
    Ok(done)
}

/// Adds an empty group.
///
/// # Errors
/// `common.not_found`, `common.forbidden`; `group.shut`, `group.too_many`.
pub fn add(tx: &mut WriteTx<'_>, actor: &Actor, session: SessionId) -> Result<SessionGroupId, Error> {
    let held = hold(tx, actor, session)?;
    let id: SessionGroupId = tx.new_id();
    change(tx, actor, &held, "group.change", |layout| {
        let count = layout.groups.len();
        if count >= MOST {
            return Err(Refusal::new(&refusals::TOO_MANY)
                .with("people", layout.seats.len())
                .with("groups", count + 1)
                .with("max", MOST)
                .into());
        }
        layout.add(id);
        Ok(())
    })?;
    Ok(id)
}

/// Moves people into a group, or out of all. Returns how many.
///
/// # Errors
/// `common.not_found`, `common.forbidden`; `group.shut`, `group.nobody`, `group.not_there`, `group.gone`.
pub fn put(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    session: SessionId,
    whom: &[SignUpId],
    to: Option<SessionGroupId>,
) -> Result<usize, Error> {
    let held = hold(tx, actor, session)?;
    let mut whom = whom.to_vec();
    whom.sort_unstable();
    whom.dedup();
    if whom.is_empty() {
        return Err(Refusal::new(&refusals::NOBODY).on("sign_up").into());
    }
    let all = store::people(tx, session, None)?;
    if whom.iter().any(|id| all.iter().all(|one| one.sign_up != *id)) {
        return Err(Refusal::new(&refusals::NOT_THERE).on("sign_up").into());
    }
    change(tx, actor, &held, "group.change", |layout| {
        if to.is_some_and(|id| layout.find(id).is_none()) {
            return Err((&refusals::GONE).into());
        }
        for id in &whom {
            layout.put(*id, to);
        }
        Ok(())
    })?;
    Ok(whom.len())
}

/// What a group is called, where it meets, what it does, who leads it.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Its name; may be empty.
    pub name: String,
    /// Where it meets; may be empty.
    pub place: String,
    /// What it does; may be empty.
    pub task: String,
    /// Whose place leads it.
    pub leader: Option<SignUpId>,
}

/// Changes a group. A new leader is told, and so is one who leads no more.
///
/// # Errors
/// `group.gone`, `group.shut`, `group.not_member`, `group.minor`.
pub fn set(tx: &mut WriteTx<'_>, actor: &Actor, id: SessionGroupId, wish: &Wish) -> Result<SessionId, Error> {
    let (held, group) = find(tx, actor, id)?;
    hold(tx, actor, held.id)?;
    // One who led it and gave the place back may stay written there; anybody else is asked about.
    if let Some(leader) = wish.leader.filter(|leader| Some(*leader) != group.leader) {
        let all = store::people(tx, held.id, Some(id))?;
        let one = all
            .iter()
            .find(|one| one.sign_up == leader && there(one.state))
            .ok_or_else(|| Error::from(Refusal::new(&refusals::NOT_MEMBER).on("leader")))?;
        let minor = one
            .birth_on
            .is_some_and(|birth| birth.age(held.starts_at.date()) < people::guardian::rules::ADULT);
        if minor {
            return Err(Refusal::new(&refusals::MINOR).with("name", &one.name).on("leader").into());
        }
    }
    change(tx, actor, &held, "group.change", |layout| {
        let spot = layout.groups.iter_mut().find(|one| one.id == id).ok_or(&refusals::GONE)?;
        spot.name.clone_from(&wish.name);
        spot.place.clone_from(&wish.place);
        spot.task.clone_from(&wish.task);
        spot.leader = wish.leader;
        Ok(())
    })?;
    Ok(held.id)
}

/// Takes a group away; its people are in none.
///
/// # Errors
/// `group.gone`, `group.shut`.
pub fn remove(tx: &mut WriteTx<'_>, actor: &Actor, id: SessionGroupId) -> Result<SessionId, Error> {
    let (held, _) = find(tx, actor, id)?;
    hold(tx, actor, held.id)?;
    change(tx, actor, &held, "group.change", |layout| {
        layout.remove(id);
        Ok(())
    })?;
    Ok(held.id)
}

/// Brings the groups back to how they were before the last change; doing it again takes that back.
///
/// # Errors
/// `common.not_found`, `common.forbidden`; `group.shut`, `group.nothing_to_undo`.
pub fn undo(tx: &mut WriteTx<'_>, actor: &Actor, session: SessionId) -> Result<(), Error> {
    let held = hold(tx, actor, session)?;
    let (text, _) = store::kept(tx, session)?.ok_or_else(|| Error::from(&refusals::NOTHING))?;
    let then: Layout = serde_json::from_str(&text).map_err(|fault| Error::bug(fault.to_string()))?;
    change(tx, actor, &held, "group.undo", |layout| {
        let now = std::mem::replace(layout, then);
        // Who marked whom as absent belongs to the roll, which nobody undoes here.
        for seat in &mut layout.seats {
            seat.absent_by =
                now.seats.iter().find(|one| one.sign_up == seat.sign_up).and_then(|one| one.absent_by);
        }
        Ok(())
    })
}

/// Writes to everybody in a group. Returns how many.
///
/// # Errors
/// `group.gone`, `group.shut`, `group.empty`.
pub fn write(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: SessionGroupId,
    text: &str,
    lang: Lang,
) -> Result<usize, Error> {
    let (held, group) = find(tx, actor, id)?;
    if !open(&held) {
        return Err((&refusals::SHUT).into());
    }
    let all = store::people(tx, held.id, Some(id))?;
    let people: Vec<PersonId> = all.iter().filter(|one| there(one.state)).map(|one| one.person).collect();
    if people.is_empty() {
        return Err((&refusals::WRITTEN).into());
    }
    let text = format!("{} · {}：{text}", held.title_in(&lang), shown(group.no, &group.name, lang));
    for person in &people {
        tx.publish(&Written { person: *person, by: actor.name.clone(), text: text.clone() })?;
    }
    let detail = format!("people={}", people.len());
    people::audit::note(tx, actor, "group.write", "session", held.id.0, &detail)?;
    Ok(people.len())
}

// ---- the group leader ----

/// The group of whoever asks.
///
/// # Errors
/// `common.sign_in`, `common.not_found`, `group.none`.
pub fn own(tx: &mut ReadTx<'_>, actor: &Actor, session: SessionId) -> Result<(Held, Own), Error> {
    actor.account()?;
    let none = || Error::from(&refusals::NONE);
    let person = actor.person.ok_or_else(none)?;
    let held = door::find(tx, session)?;
    let own = store::own(tx, session, person)?.ok_or_else(none)?;
    Ok((held, own))
}

/// Whether the one who asks leads the group now, and sees it as its leader: that ends with the session.
#[must_use]
pub fn leads(held: &Held, own: &Own, now: Timestamp) -> bool {
    let over = held.state == SessionState::Cancelled
        || now >= held.last_end().plus_minutes(crate::attendance::rules::CLOSES_AFTER);
    own.leads() && !over
}

fn led(tx: &mut ReadTx<'_>, actor: &Actor, session: SessionId) -> Result<(Held, Own), Error> {
    let (held, own) = self::own(tx, actor, session)?;
    // Whether it is over is asked by the door, which says since when.
    if own.leads() { Ok((held, own)) } else { Err((&refusals::NOT_LEADER).into()) }
}

/// Whether somebody's line is the group leader's to mark: not their own, and nobody else decided about it.
fn theirs(account: AccountId, own: &Own, one: &Somebody) -> Result<(), Refusal> {
    if one.sign_up == own.sign_up {
        return Err(Refusal::new(&refusals::OWN));
    }
    let said = one.state == SignUpState::Absent && one.absent_by != Some(account);
    if one.conflict || said {
        return Err(Refusal::new(&refusals::DECIDED).with("name", &one.name));
    }
    Ok(())
}

/// What the leader of a group does to one line of it, or, for coming and leaving, to all that are still to be marked.
/// Returns how many lines changed.
///
/// It is the roll as the activity's leader calls it, with its window, its locks and its limits, cut down: only while
/// the session runs, only now, only the group, never oneself, and nothing that somebody else marked. Repeating it
/// changes nothing.
///
/// # Errors
/// `group.none`, `group.not_leader`, `group.own`, `group.decided`, `group.left`, `group.not_inside`, `group.not_there`;
/// `attendance.not_open`, `attendance.early`, `attendance.ended`, `attendance.over`, `attendance.roll_closed`,
/// `attendance.was_here`, `attendance.pairs`, `attendance.nothing_to_undo`.
pub fn roll(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    session: SessionId,
    act: PartAct,
    whom: Option<SignUpId>,
) -> Result<u64, Error> {
    let account = actor.account()?;
    let (held, _) = led(tx, actor, session)?;
    door::part_open(tx, &held, act)?;
    // Behind the lock: the leader of the activity may have changed the groups or closed the roll meanwhile.
    let (held, own) = led(tx, actor, session)?;
    if held.state != SessionState::Open {
        return Err((&crate::attendance::refusals::ROLL_CLOSED).into());
    }
    let all = store::people(tx, session, Some(own.group))?;
    let lines: Vec<&Somebody> = match whom {
        Some(id) => {
            let one = all
                .iter()
                .find(|one| one.sign_up == id)
                .ok_or_else(|| Error::from(Refusal::new(&refusals::NOT_THERE).on("sign_up")))?;
            theirs(account, &own, one)?;
            vec![one]
        }
        None => all
            .iter()
            .filter(|one| theirs(account, &own, one).is_ok())
            .filter(|one| match act {
                PartAct::Present => one.state == SignUpState::Booked && one.pairs == 0,
                PartAct::Out => one.inside(),
                PartAct::Absent | PartAct::Undo => false,
            })
            .collect(),
    };
    if whom.is_none() && matches!(act, PartAct::Absent | PartAct::Undo) {
        return Err(Refusal::new(&refusals::NOBODY).on("sign_up").into());
    }
    if lines.is_empty() {
        return Ok(0);
    }
    match (act, lines.as_slice()) {
        (PartAct::Undo, [one]) => undo_line(tx, &held, account, one)?,
        (PartAct::Out, [one]) if whom.is_some() && !one.inside() => {
            return Err(Refusal::new(&refusals::NOT_INSIDE).with("name", &one.name).into());
        }
        _ => {}
    }
    let places: Vec<(SignUpId, PersonId, &str)> =
        lines.iter().map(|one| (one.sign_up, one.person, one.name.as_str())).collect();
    let done = door::part(tx, &held, account, act, &places)?;
    if let (PartAct::Absent, Some(id)) = (act, whom) {
        store::absent_by(tx, id, Some(account))?;
    }
    let (PartAct::Undo, Some(id)) = (act, whom) else {
        return noted(tx, actor, &held, act, whom, done);
    };
    store::absent_by(tx, id, None)?;
    noted(tx, actor, &held, act, whom, done.max(1))
}

fn noted(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    held: &Held,
    act: PartAct,
    whom: Option<SignUpId>,
    done: u64,
) -> Result<u64, Error> {
    if done > 0 {
        let detail = match whom {
            Some(id) => format!("{} sign_up={id}", act.code()),
            None => format!("{} {done}", act.code()),
        };
        people::audit::note(tx, actor, "group.roll", "session", held.id.0, &detail)?;
    }
    Ok(done)
}

/// Whether the last thing noted about somebody is this group leader's own.
fn undo_line(tx: &mut WriteTx<'_>, held: &Held, account: AccountId, one: &Somebody) -> Result<(), Error> {
    let decided = || Error::from(Refusal::new(&refusals::DECIDED).with("name", &one.name));
    match store::last_stay(tx, held.id, one.person)? {
        None if one.state == SignUpState::Absent => Ok(()),
        None => Err((&crate::attendance::refusals::NOTHING_TO_UNDO).into()),
        Some(stay) if !stay.made_by(account) => Err(decided()),
        // Who noted the leaving is not kept: it may have been the activity's leader.
        Some(stay) if stay.out_at.is_some() => {
            Err(Refusal::new(&refusals::LEFT).with("name", &one.name).into())
        }
        Some(_) => Ok(()),
    }
}

/// A place that led a group was given back: whoever leads the activity is told, and that the roll of the group is
/// theirs until somebody else leads it.
///
/// # Errors
/// Of the database.
pub(crate) fn gave_back(tx: &mut WriteTx<'_>, place: SignUpId) -> Result<(), Error> {
    let Some(led) = store::led_by(tx, place)? else { return Ok(()) };
    let Some(told) = led.told.filter(|told| *told != led.leader) else { return Ok(()) };
    tx.publish(&GroupLeaderGone {
        told,
        name: led.leader_name,
        group: led.group,
        called: (shown(led.no, &led.name, Lang::Zh), shown(led.no, &led.name, Lang::En)),
        session: led.session,
        title: led.title,
        starts_at: led.starts_at,
    })
}
