//! Who does what: the unit lists, the person says whether and as what, the community confirms.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Action, Actor, Error, Id as _, OrgId, PersonId, Refusal, can};
use vault::Vault;

use super::rules::{self, Entry, Key};
use super::store::{self, NewReport, Report};
use super::{
    Identity, PlaceKind, PlaceState, ReportId, ReportMoved, ReportPlaceId, ReportStage, ReportState, refusals,
};
use crate::audit;
use crate::org::{self, Org, OrgKind, OrgState};
use crate::person::{self, Purpose};

fn not_found() -> Error {
    (&common::NOT_FOUND).into()
}

/// A unit as somebody sees it: with the names of its list only who belongs to it.
#[derive(Debug)]
pub(super) struct Unit {
    pub org: Org,
    pub names: bool,
}

/// A unit that the actor may look at: whoever manages it, or stands above it.
pub(super) fn unit(tx: &mut ReadTx<'_>, actor: &Actor, id: OrgId) -> Result<Unit, Error> {
    actor.account()?;
    let org = org::find(tx, id)?
        .filter(|org| matches!(org.kind, OrgKind::Unit | OrgKind::Department))
        .filter(|org| can(actor, Action::TeamManage, org.place()))
        .ok_or_else(not_found)?;
    let above = org::rules::ids(&org.area_path);
    let mut names = false;
    for grant in actor.scopes(Action::TeamManage) {
        // A unit that stands under a unit is looked after by it.
        names |= grant.org == id
            || (above.contains(&grant.org)
                && org::find(tx, grant.org)?.is_some_and(|parent| parent.kind == OrgKind::Unit));
    }
    Ok(Unit { org, names })
}

/// A unit whose list the actor keeps.
fn own_unit(tx: &mut ReadTx<'_>, actor: &Actor, id: OrgId) -> Result<Org, Error> {
    let found = unit(tx, actor, id)?;
    if found.names { Ok(found.org) } else { Err((&refusals::UNIT_ONLY).into()) }
}

/// A community whose register the actor keeps.
pub(super) fn community(tx: &mut ReadTx<'_>, actor: &Actor, id: OrgId) -> Result<Org, Error> {
    actor.account()?;
    org::find(tx, id)?
        .filter(|org| org.kind == OrgKind::Community && can(actor, Action::PersonRegister, org.place()))
        .ok_or_else(not_found)
}

/// What a line of a list comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A registration fits; the person is asked.
    Asked,
    /// No registration fits yet.
    Unregistered,
    /// On the list already.
    Already,
    /// The line cannot be read, or its number is of somebody else.
    Wrong(&'static str, &'static str),
}

/// What came of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Added {
    /// Asked to confirm.
    pub asked: i64,
    /// Listed without a registration.
    pub unregistered: i64,
    /// On the list before.
    pub already: i64,
    /// Left out.
    pub wrong: i64,
}

/// What each line of a list would come to.
pub(super) fn judge(
    tx: &mut ReadTx<'_>,
    vault: &Vault,
    unit: OrgId,
    entries: &[Entry],
) -> Result<Vec<(NewReport, Verdict)>, Error> {
    let index = |phone: &str| person::phone_index(vault, phone).as_bytes().to_vec();
    let (mut phones, mut numbers) = (Vec::new(), Vec::new());
    for one in entries {
        match &one.key {
            Some(Key::Phone(phone)) => phones.push(index(phone)),
            Some(Key::Number(no)) => numbers.push(no.clone()),
            None => {}
        }
    }
    let known = store::known(tx, &phones, &numbers)?;
    let there = store::on_list(tx, unit)?;
    let mut out: Vec<(NewReport, Verdict)> = Vec::new();
    for one in entries {
        let mut new = NewReport {
            name: one.name.clone(),
            person: None,
            phone_index: None,
            identities: one.identities.clone(),
        };
        let mut verdict = match (one.wrong, &one.key) {
            (Some(rules::Wrong::Name), _) => Verdict::Wrong("缺姓名", "no name"),
            (Some(rules::Wrong::Key), _) | (None, None) => {
                Verdict::Wrong("缺手机号或志愿者编号", "neither phone nor volunteer number")
            }
            (None, Some(Key::Phone(phone))) => {
                let index = index(phone);
                new.person = known.phones.get(&(index.clone(), one.name.clone())).copied();
                new.phone_index = Some(index);
                if new.person.is_some() { Verdict::Asked } else { Verdict::Unregistered }
            }
            (None, Some(Key::Number(no))) => match known.numbers.get(no) {
                Some((person, name)) if *name == one.name => {
                    new.person = Some(*person);
                    Verdict::Asked
                }
                _ => Verdict::Wrong("编号与姓名不符", "number and name do not belong together"),
            },
        };
        let listed = there.iter().any(|line| {
            (line.person.is_some() && line.person == new.person)
                || (line.phone_index.is_some()
                    && line.phone_index == new.phone_index
                    && line.name == new.name)
        });
        let twice = new.person.is_some() && out.iter().any(|(other, _)| other.person == new.person);
        if (listed || twice) && !matches!(verdict, Verdict::Wrong(..)) {
            verdict = Verdict::Already;
        }
        out.push((new, verdict));
    }
    Ok(out)
}

/// Puts people on the list of a unit and asks those who are registered.
///
/// # Errors
/// `common.not_found`, `report_in.unit_only`, `report_in.too_many`, `report_in.nothing`, `org.closed`; of the database.
pub fn add(
    tx: &mut WriteTx<'_>,
    vault: &Vault,
    actor: &Actor,
    unit: OrgId,
    entries: &[Entry],
) -> Result<Added, Error> {
    let org = own_unit(tx, actor, unit)?;
    if org.state == OrgState::Closed {
        return Err(Refusal::new(&org::refusals::CLOSED).with("name", &org.name).into());
    }
    if entries.len() > rules::MOST {
        return Err(Refusal::new(&refusals::TOO_MANY).on("list").with("max", rules::MOST).into());
    }
    let mut added = Added::default();
    for (new, verdict) in judge(tx, vault, unit, entries)? {
        match verdict {
            Verdict::Already => added.already += 1,
            Verdict::Wrong(..) => added.wrong += 1,
            Verdict::Asked | Verdict::Unregistered => match store::insert(tx, unit, actor.account, &new)? {
                None => added.already += 1,
                Some(_) => match new.person {
                    None => added.unregistered += 1,
                    Some(person) => {
                        added.asked += 1;
                        tell(tx, person, &org.name, "", ReportStage::Waiting, "")?;
                    }
                },
            },
        }
    }
    if added.asked + added.unregistered + added.already == 0 {
        return Err(Refusal::new(&refusals::NOTHING).on("list").into());
    }
    let detail = format!("{} + {}", added.asked, added.unregistered);
    audit::note(tx, actor, "report_in.add", "org", unit.as_i64(), &detail)?;
    Ok(added)
}

fn tell(
    tx: &mut WriteTx<'_>,
    person: PersonId,
    unit: &str,
    community: &str,
    stage: ReportStage,
    note: &str,
) -> Result<(), Error> {
    tx.publish(&ReportMoved {
        person,
        unit: unit.to_owned(),
        community: community.to_owned(),
        stage,
        note: note.to_owned(),
    })
}

/// Takes somebody off the list.
///
/// # Errors
/// `common.not_found`, `report_in.unit_only`, `report_in.answered`; of the database.
pub fn remove(tx: &mut WriteTx<'_>, actor: &Actor, unit: OrgId, id: ReportId) -> Result<(), Error> {
    own_unit(tx, actor, unit)?;
    let one = store::find(tx, id)?.filter(|one| one.unit == unit).ok_or_else(not_found)?;
    if let Some(person) = one.person {
        person::hold(tx, person)?;
    }
    if !store::set_state(tx, id, ReportState::Ended)? {
        return Err((&refusals::ANSWERED).into());
    }
    store::end_places(tx, id, None, "单位移出名单")?;
    store::set_identities(tx, id, &[])?;
    if let Some(person) = one.person {
        forget_consent(tx, person)?;
    }
    Ok(audit::note(tx, actor, "report_in.remove", "org", unit.as_i64(), "")?)
}

/// The consent ends with the last list it was given for.
fn forget_consent(tx: &mut WriteTx<'_>, person: PersonId) -> Result<(), Error> {
    let others = store::of_person(tx, person)?;
    if others.iter().all(|one| one.state != ReportState::Confirmed) {
        person::withdraw(tx, person, Purpose::ReportIn)?;
    }
    Ok(())
}

/// What a person says about a list they are on.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// As what; at least one.
    pub identities: Vec<Identity>,
    /// Whether to the community they live in.
    pub home: bool,
    /// The community of the unit, if to that as well.
    pub unit: Option<OrgId>,
    /// Whether they agreed to the notice.
    pub consent: bool,
}

/// One's own place on a list, behind the lock of the person.
fn own(tx: &mut WriteTx<'_>, actor: &Actor, id: ReportId) -> Result<(PersonId, Report), Error> {
    let me = actor.person()?;
    person::hold(tx, me)?;
    let one = store::find(tx, id)?
        .filter(|one| one.person == Some(me) && one.state != ReportState::Ended)
        .ok_or_else(not_found)?;
    Ok((me, one))
}

/// The person reports in, or changes how: the communities that are new are asked, those that fell away end. Those that
/// confirmed before stay confirmed.
///
/// # Errors
/// `common.sign_in`, `common.not_found`, `report_in.identity`, `report_in.community`, `report_in.consent`,
/// `report_in.no_community`; of the database.
pub fn answer(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: ReportId,
    wanted: &Wanted,
) -> Result<ReportStage, Error> {
    let (me, one) = own(tx, actor, id)?;
    let mut all = kernel::error::Collect::default();
    all.check(wanted.identities.is_empty(), || Refusal::new(&refusals::IDENTITY).on("identity"));
    all.check(!wanted.home && wanted.unit.is_none(), || Refusal::new(&refusals::COMMUNITY).on("home"));
    all.check(!wanted.consent, || Refusal::new(&refusals::CONSENT).on("consent"));
    all.done()?;
    let home = match wanted.home {
        true => Some(person::brief(tx, me)?.ok_or_else(not_found)?.home_org),
        false => None,
    };
    let live = store::places(tx, &[id])?;
    for (kind, community) in [(PlaceKind::Home, home), (PlaceKind::Unit, wanted.unit)] {
        let here = live
            .iter()
            .find(|place| place.kind == kind && place.state != PlaceState::Refused)
            .map(|place| place.community);
        if here == community && here.is_some() {
            continue;
        }
        store::end_places(tx, id, Some(kind), "")?;
        if let Some(community) = community {
            let field = if kind == PlaceKind::Home { "home" } else { "unit" };
            open_community(tx, community, field)?;
            store::ask(tx, id, kind, community)?;
        }
    }
    store::set_identities(tx, id, &wanted.identities)?;
    store::set_state(tx, id, ReportState::Confirmed)?;
    person::give(tx, actor, me, Purpose::ReportIn, "me")?;
    audit::note(tx, actor, "report_in.answer", "org", one.unit.as_i64(), "confirmed")?;
    let states: Vec<PlaceState> = store::places(tx, &[id])?.iter().map(|place| place.state).collect();
    Ok(rules::stage(true, ReportState::Confirmed, &states))
}

fn open_community(tx: &mut ReadTx<'_>, id: OrgId, field: &'static str) -> Result<(), Error> {
    org::find(tx, id)?
        .filter(|org| org.kind == OrgKind::Community && org.state == OrgState::Open)
        .map(|_| ())
        .ok_or_else(|| Refusal::new(&refusals::NO_COMMUNITY).on(field).into())
}

/// The person says no, or takes back what they said: as what they reported in is erased.
///
/// # Errors
/// `common.sign_in`, `common.not_found`; of the database.
pub fn decline(tx: &mut WriteTx<'_>, actor: &Actor, id: ReportId) -> Result<(), Error> {
    let (me, one) = own(tx, actor, id)?;
    store::set_state(tx, id, ReportState::Declined)?;
    store::end_places(tx, id, None, "本人撤回")?;
    store::set_identities(tx, id, &[])?;
    forget_consent(tx, me)?;
    Ok(audit::note(tx, actor, "report_in.answer", "org", one.unit.as_i64(), "declined")?)
}

/// The consent was withdrawn: all lists are declined.
///
/// # Errors
/// Of the database.
pub(crate) fn decline_all(tx: &mut WriteTx<'_>, actor: &Actor) -> Result<(), Error> {
    for one in store::of_person(tx, actor.person()?)? {
        if one.state == ReportState::Confirmed {
            decline(tx, actor, one.id)?;
        }
    }
    Ok(())
}

/// A community confirms somebody, or says that it does not know them.
///
/// # Errors
/// `common.not_found`, `report_in.answered`, `report_in.reason`; of the database.
pub fn decide(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    at: OrgId,
    id: ReportPlaceId,
    knows: bool,
    note: &str,
) -> Result<(), Error> {
    community(tx, actor, at)?;
    let place = store::place(tx, id)?.filter(|place| place.community == at).ok_or_else(not_found)?;
    let one = store::find(tx, place.report)?.ok_or_else(not_found)?;
    let person = one.person.ok_or_else(not_found)?;
    person::hold(tx, person)?;
    if !knows && note.is_empty() {
        return Err(Refusal::new(&refusals::REASON).on("note").into());
    }
    let to = if knows { PlaceState::Confirmed } else { PlaceState::Refused };
    if !store::decide(tx, id, to, actor.account, note)? {
        return Err((&refusals::ANSWERED).into());
    }
    audit::note(tx, actor, "report_in.decide", "person", person.as_i64(), to.code())?;
    let stage = if knows { ReportStage::Reported } else { ReportStage::Choose };
    tell(tx, person, &one.unit_name, &place.community_name, stage, note)
}

/// The person lives elsewhere now: the old community ends, the new one is asked; hours stay (Add-06).
///
/// # Errors
/// Of the database.
pub fn moved(tx: &mut WriteTx<'_>, person: PersonId, home: OrgId) -> Result<(), Error> {
    let there = store::homes_elsewhere(tx, person, home)?;
    if there.is_empty() {
        return Ok(());
    }
    let open = org::find(tx, home)?
        .filter(|org| org.kind == OrgKind::Community && org.state == OrgState::Open)
        .map(|org| org.name);
    for (report, unit) in there {
        store::end_places(tx, report, Some(PlaceKind::Home), "迁居")?;
        let stage = match &open {
            Some(_) => {
                store::ask(tx, report, PlaceKind::Home, home)?;
                ReportStage::Asked
            }
            None => ReportStage::Choose,
        };
        tell(tx, person, &unit, open.as_deref().unwrap_or_default(), stage, "迁居")?;
    }
    Ok(())
}

/// Sets from how many services a year somebody takes part.
///
/// # Errors
/// `common.sign_in`, `common.forbidden`; of the database.
pub fn set_services(tx: &mut WriteTx<'_>, actor: &Actor, n: i64) -> Result<(), Error> {
    let root = org::root(tx)?.ok_or_else(not_found)?;
    let org = org::find(tx, root)?.ok_or_else(not_found)?;
    actor.demand(Action::OrgManage, org.place())?;
    store::set_services(tx, n)?;
    Ok(audit::note(tx, actor, "report_in.services", "org", root.as_i64(), &n.to_string())?)
}
