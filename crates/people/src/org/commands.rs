//! What people do to organisations: each command authorises, loads, decides, stores, publishes.

use db::{ReadTx, WriteTx, args, sql};
use kernel::error::common;
use kernel::{Action, Actor, Date, Error, Id as _, OrgId, PersonId, Place, Refusal, Role, can};

use super::rules;
use super::store::{self, must_find};
use super::{
    How, Line, MemberId, MemberState, MembershipAnswered, NewOrg, Org, OrgClosed, OrgKind, OrgMerged,
    OrgState, PostId, PostKind, refusals,
};
use crate::{account, audit, site};

/// Most nodes a split may make.
pub(super) const SPLIT_MAX: usize = 12;

fn demand(yes: bool, actor: &Actor) -> Result<(), Error> {
    actor.account()?;
    if yes { Ok(()) } else { Err((&common::FORBIDDEN).into()) }
}

/// Whether the actor may change where a node stands and whether it exists. The office may do it to any
/// node; staff above a team may do it to the team. A leader may not dissolve what he leads.
pub(super) fn may_shape(actor: &Actor, kind: OrgKind, at: Place<'_>) -> bool {
    if can(actor, Action::OrgManage, at) {
        return true;
    }
    let staff = Actor {
        grants: actor.grants.iter().filter(|grant| grant.role != Role::Leader).cloned().collect(),
        ..actor.clone()
    };
    matches!(kind, OrgKind::Team | OrgKind::Group) && can(&staff, Action::TeamManage, at)
}

/// Whether the actor may change the texts of a node, its members and its posts.
pub(super) fn may_keep(actor: &Actor, org: &Org) -> bool {
    may_shape(actor, org.kind, org.place()) || (org.is_team() && can(actor, Action::TeamManage, org.place()))
}

/// Demands [`may_shape`] for a kind of node at another one, before anything is read of what is wanted.
///
/// # Errors
/// `common.sign_in`, `common.forbidden`.
pub(super) fn demand_shape(actor: &Actor, kind: OrgKind, at: &Org) -> Result<(), Error> {
    demand(may_shape(actor, kind, at.place()), actor)
}

/// Demands [`may_keep`], before anything is read of what is wanted.
///
/// # Errors
/// `common.sign_in`, `common.forbidden`.
pub(super) fn demand_keep(actor: &Actor, org: &Org) -> Result<(), Error> {
    demand(may_keep(actor, org), actor)
}

fn alive(org: &Org) -> Result<(), Error> {
    if org.state == OrgState::Closed {
        return Err(Refusal::new(&refusals::CLOSED).with("name", &org.name).into());
    }
    Ok(())
}

fn fits(kind: OrgKind, parent: &Org, line: Line) -> Result<(), Error> {
    let fits = match line {
        Line::Area => rules::may_stand_under(kind, parent.kind),
        Line::Sponsor => rules::may_sponsor(parent.kind),
    };
    if fits {
        return Ok(());
    }
    let (zh, en) = (kernel::Lang::Zh, kernel::Lang::En);
    Err(Refusal::new(&refusals::WRONG_PARENT)
        .with_both("kind", kind.name(zh), kind.name(en))
        .with_both("parent", parent.kind.name(zh), parent.kind.name(en))
        .on("parent")
        .into())
}

/// Makes a node under another one.
///
/// # Errors
/// `common.forbidden`, `org.wrong_parent`, `org.closed`, `org.uscc_taken`, `org.uscc_wrong`.
pub fn add(tx: &mut WriteTx<'_>, actor: &Actor, new: &NewOrg) -> Result<OrgId, Error> {
    store::lock_tree(tx)?;
    let Some(parent) = new.area_parent else { return Err((&common::FORBIDDEN).into()) };
    let parent = must_find(tx, parent)?;
    demand(may_shape(actor, new.kind, parent.place()), actor)?;
    alive(&parent)?;
    fits(new.kind, &parent, Line::Area)?;
    if let Some(sponsor) = new.sponsor_parent {
        let sponsor = must_find(tx, sponsor)?;
        alive(&sponsor)?;
        fits(new.kind, &sponsor, Line::Sponsor)?;
    }
    credit_code(new.uscc.as_deref())?;
    let mut new = new.clone();
    let today = tx.now().date();
    match new.state {
        OrgState::Planned => new.opened_on = None,
        _ => {
            new.due_on = None;
            new.opened_on = new.opened_on.or(Some(today));
        }
    }
    let id = store::create_by(tx, actor.account, &new)?;
    audit::note(tx, actor, "org.create", "org", id.as_i64(), &new.name)?;
    Ok(id)
}

fn credit_code(code: Option<&str>) -> Result<(), Error> {
    match code {
        Some(code) if !rules::uscc_ok(code) => {
            Err(Refusal::new(&refusals::USCC_WRONG).with("value", code).on("uscc").into())
        }
        _ => Ok(()),
    }
}

/// New texts and facts of a node.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The version that was looked at.
    pub version: i64,
    /// Name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// Code of a team kind or type of organisation.
    pub type_code: String,
    /// Area code or own code.
    pub code: String,
    /// Unified social credit code.
    pub uscc: Option<String>,
    /// Address.
    pub address: String,
    /// Telephone of the office.
    pub phone: String,
    /// Longitude, degrees.
    pub lon: Option<f64>,
    /// Latitude, degrees.
    pub lat: Option<f64>,
    /// Number of the flag.
    pub flag_no: String,
    /// Slogan.
    pub slogan: String,
    /// What it is and does.
    pub about: String,
}

impl Edit {
    /// What stands there now.
    #[must_use]
    pub fn of(org: &Org) -> Self {
        Self {
            version: org.version,
            name: org.name.clone(),
            name_en: org.name_en.clone(),
            type_code: org.type_code.clone(),
            code: org.code.clone(),
            uscc: org.uscc.clone(),
            address: org.address.clone(),
            phone: org.phone.clone(),
            lon: org.lon,
            lat: org.lat,
            flag_no: org.flag_no.clone(),
            slogan: org.slogan.clone(),
            about: org.about.clone(),
        }
    }
}

/// Changes the texts of a node. A leader changes address, phone, slogan and description; name, kind,
/// codes and flag stay with those who register teams.
///
/// # Errors
/// `common.forbidden`, `common.stale`, `org.closed`, `org.uscc_taken`, `org.uscc_wrong`.
pub fn edit(tx: &mut WriteTx<'_>, actor: &Actor, id: OrgId, new: &Edit) -> Result<(), Error> {
    let org = must_find(tx, id)?;
    demand(may_keep(actor, &org), actor)?;
    alive(&org)?;
    let old = Edit::of(&org);
    let new = if may_shape(actor, org.kind, org.place()) {
        new.clone()
    } else {
        Edit {
            version: new.version,
            address: new.address.clone(),
            phone: new.phone.clone(),
            slogan: new.slogan.clone(),
            about: new.about.clone(),
            ..old.clone()
        }
    };
    if new.uscc != old.uscc {
        credit_code(new.uscc.as_deref())?;
    }
    let key = roster::pinyin::key(&new.name).full;
    let changed = store::taken(tx.exec(
        sql!(
            "UPDATE org SET name = $3, name_en = $4, name_key = $5, type_code = $6, code = $7, uscc = $8,
                 address = $9, phone = $10, lon = $11, lat = $12, flag_no = $13, slogan = $14, about = $15,
                 version = version + 1
             WHERE id = $1 AND version = $2"
        ),
        args![
            id,
            new.version,
            new.name,
            new.name_en,
            key,
            new.type_code,
            new.code,
            new.uscc,
            new.address,
            new.phone,
            new.lon,
            new.lat,
            new.flag_no,
            new.slogan,
            new.about
        ],
    ))?;
    if changed == 0 {
        return Err((&common::STALE).into());
    }
    if new.name == old.name {
        store::note(tx, actor.account, id, "edited", "", "")?;
    } else {
        store::note(tx, actor.account, id, "renamed", &old.name, &new.name)?;
    }
    store::search_put(tx, id, &new.name, &new.name_en, &new.code)?;
    audit::note(tx, actor, "org.edit", "org", id.as_i64(), &new.name)?;
    Ok(())
}

/// Opens, suspends or plans a node (Add-17). `due`: the day a planned one shall open.
///
/// # Errors
/// `common.forbidden`, `org.wrong_state`.
pub fn set_state(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: OrgId,
    to: OrgState,
    due: Option<Date>,
) -> Result<(), Error> {
    let org = must_find(tx, id)?;
    demand(may_shape(actor, org.kind, org.place()), actor)?;
    let (zh, en) = (kernel::Lang::Zh, kernel::Lang::En);
    let wrong = || {
        Refusal::new(&refusals::WRONG_STATE)
            .with("name", &org.name)
            .with_both("state", org.state.name(zh), org.state.name(en))
            .with_both("to", to.name(zh), to.name(en))
    };
    if !rules::may_become(org.state, to) {
        return Err(wrong().into());
    }
    let today = tx.now().date();
    let opened = if to == OrgState::Open { org.opened_on.or(Some(today)) } else { org.opened_on };
    let due = if to == OrgState::Planned { due } else { None };
    let changed = tx.exec(
        sql!(
            "UPDATE org SET state = $2, opened_on = $3, due_on = $4, version = version + 1
             WHERE id = $1 AND state = $5"
        ),
        args![id, to, opened, due, org.state],
    )?;
    if changed == 0 {
        return Err(wrong().into());
    }
    let change = match to {
        OrgState::Open => "opened",
        OrgState::Suspended => "suspended",
        _ => "planned",
    };
    store::note(tx, actor.account, id, change, org.state.code(), to.code())?;
    audit::note(tx, actor, "org.edit", "org", id.as_i64(), to.code())?;
    Ok(())
}

/// What a change of the tree would touch, for the page that asks first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plan {
    /// Open nodes directly under it, on either line.
    pub children: i64,
    /// Nodes anywhere under it on the area line.
    pub subtree: i64,
    /// People at home in it.
    pub people: i64,
    /// Members of the team.
    pub members: i64,
    /// Roles held at it.
    pub grants: i64,
    /// Running posts.
    pub posts: i64,
    /// Sessions that are not recorded yet.
    pub open_work: i64,
}

/// Counts what a change of the node would touch.
///
/// # Errors
/// Of the database.
pub fn plan_of(tx: &mut ReadTx<'_>, org: &Org) -> Result<Plan, Error> {
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    Ok(Plan {
        children: store::child_count(tx, org.id)?,
        subtree: store::subtree_count(tx, &org.area_path, Line::Area)?,
        people: store::people_count(tx, org.id)?,
        members: org.members,
        grants: count(store::grants(tx, org.id)?.len()),
        posts: count(store::posts(tx, org.id, false)?.len()),
        open_work: super::open_work(tx, org.id)?,
    })
}

/// Moves a node with everything under it to another parent on one line; on the sponsor line `None`
/// takes the sponsor away (Add-66). All paths under it are rewritten in one statement.
///
/// # Errors
/// `common.forbidden` (the node and the new parent must both be one's own on the area line),
/// `org.wrong_parent`, `org.cycle`, `org.closed`.
pub fn relocate(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: OrgId,
    line: Line,
    parent: Option<OrgId>,
) -> Result<(), Error> {
    store::lock_tree(tx)?;
    let org = must_find(tx, id)?;
    demand(may_shape(actor, org.kind, org.place()), actor)?;
    alive(&org)?;
    let new = match parent {
        Some(parent) => Some(must_find(tx, parent)?),
        None => None,
    };
    let (old, current) = match line {
        Line::Area => (&org.area_path, org.area_parent),
        Line::Sponsor => (&org.sponsor_path, org.sponsor_parent),
    };
    if line == Line::Area {
        // Only the city itself stands under nothing.
        let Some(new) = &new else { return Err((&common::FORBIDDEN).into()) };
        demand(may_shape(actor, org.kind, new.place()), actor)?;
    }
    if let Some(new) = &new {
        alive(new)?;
        let path = if line == Line::Area { &new.area_path } else { &new.sponsor_path };
        if rules::would_ring(old, path) {
            return Err(Refusal::new(&refusals::CYCLE).with("name", &org.name).on("parent").into());
        }
        fits(org.kind, new, line)?;
    }
    if current == parent {
        return Ok(());
    }
    let above =
        new.as_ref().map(|new| if line == Line::Area { &new.area_path } else { &new.sponsor_path }.as_str());
    let path = rules::path(above, id);
    store::set_parent(tx, line, id, parent)?;
    store::rewrite(tx, line, old, &path, true)?;
    let before = match current {
        Some(current) => store::find(tx, current)?.map(|org| org.name).unwrap_or_default(),
        None => String::new(),
    };
    let after = new.map(|org| org.name).unwrap_or_default();
    store::note(tx, actor.account, id, "moved", &before, &after)?;
    audit::note(tx, actor, "org.move", "org", id.as_i64(), &format!("{} · {after}", line.code()))?;
    Ok(())
}

/// Merges a node into another of its kind (Edge-15): children, people, members and roles go to the
/// successor, the old node is closed and keeps its past. Returns how many people got a new home.
///
/// # Errors
/// `common.forbidden`, `org.closed`, `org.unlike`, `org.cycle`.
pub fn merge(tx: &mut WriteTx<'_>, actor: &Actor, id: OrgId, into: OrgId) -> Result<u64, Error> {
    store::lock_tree(tx)?;
    let (from, into) = (must_find(tx, id)?, must_find(tx, into)?);
    demand(may_shape(actor, from.kind, from.place()) && may_shape(actor, into.kind, into.place()), actor)?;
    alive(&from)?;
    if from.kind != into.kind || into.state != OrgState::Open {
        return Err(Refusal::new(&refusals::UNLIKE)
            .with("name", &from.name)
            .with("into", &into.name)
            .on("into")
            .into());
    }
    if rules::would_ring(&from.area_path, &into.area_path)
        || rules::would_ring(&from.sponsor_path, &into.sponsor_path)
    {
        return Err(Refusal::new(&refusals::CYCLE).with("name", &from.name).on("into").into());
    }
    let today = tx.now().date();
    store::shut(tx, from.id, today)?;
    store::follow(tx, from.id, into.id, today)?;
    // A merged node stays where it was; only what stood under it goes over.
    for child in store::children(tx, from.id)? {
        store::note(tx, actor.account, child.id, "moved", &from.name, &into.name)?;
    }
    for (line, old, new) in [
        (Line::Area, &from.area_path, &into.area_path),
        (Line::Sponsor, &from.sponsor_path, &into.sponsor_path),
    ] {
        store::adopt(tx, line, from.id, into.id)?;
        store::rewrite(tx, line, old, new, false)?;
    }
    let people = store::rehome(tx, from.id, into.id)?;
    if from.is_team() {
        let members = store::disband(tx, from.id, "")?;
        store::take_over(tx, into.id, &members)?;
    }
    let held = store::posts(tx, into.id, false)?;
    for post in store::end_posts(tx, from.id)? {
        let has = held.iter().any(|one| one.person == post.person && one.kind != PostKind::Other);
        if from.is_team() && !has && post.kind != PostKind::Other {
            // The successor has its leader; who led the other team stands in.
            let kind = if post.kind == PostKind::Leader { PostKind::Deputy } else { post.kind };
            store::keep_post(tx, into.id, &post, kind)?;
        }
    }
    site::store::rehome(tx, from.id, into.id, Some(into.id))?;
    move_grants(tx, actor, from.id, &[into.id])?;
    store::note(tx, actor.account, from.id, "merged", &from.name, &into.name)?;
    store::note(tx, actor.account, into.id, "merged", &from.name, &into.name)?;
    audit::note(tx, actor, "org.merge", "org", from.id.as_i64(), &into.id.to_string())?;
    tx.publish(&OrgMerged { from: from.id, into: into.id })?;
    Ok(people)
}

/// Ends all roles at a node; each is given again at every one of the `heirs`.
fn move_grants(tx: &mut WriteTx<'_>, actor: &Actor, from: OrgId, heirs: &[OrgId]) -> Result<(), Error> {
    let grants = store::grants(tx, from)?;
    let (now, by) = (tx.now(), actor.account);
    if heirs.is_empty() {
        // Whoever closes a node need not be the security administrator; the last holder of an
        // administrator role stays all the same (Fix-19).
        let unsigned = Actor { account: None, ..actor.clone() };
        for (account, role) in grants.iter().filter(|(_, role)| role.is_admin()) {
            account::end_role(tx, &unsigned, *account, *role, from)?;
        }
    }
    tx.exec(
        sql!("UPDATE role_grant SET ended_at = $2 WHERE org_id = $1 AND ended_at IS NULL"),
        args![from, now],
    )?;
    for heir in heirs {
        for (account, role) in &grants {
            let id: PostId = tx.new_id();
            // Nobody gains a right here: the same role over what the old node became.
            tx.exec(
                sql!(
                    "INSERT INTO role_grant (id, account_id, role, org_id, given_by, given_at)
                     VALUES ($1, $2, $3, $4, $5, $6)
                     ON CONFLICT (account_id, role, org_id) WHERE ended_at IS NULL DO NOTHING"
                ),
                args![id, account, role.code(), heir, by, now],
            )?;
        }
    }
    Ok(())
}

/// Splits a node into new ones under the same parent (Edge-15). `children`: which of the new nodes (by
/// position) each open child goes to; those not named go to the first. People stay on the old node until
/// they are given a new home from a list. Returns the new nodes.
///
/// # Errors
/// `common.forbidden`, `org.closed`, `org.split_names`.
pub fn split(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: OrgId,
    names: &[String],
    children: &[(OrgId, usize)],
) -> Result<Vec<OrgId>, Error> {
    store::lock_tree(tx)?;
    let org = must_find(tx, id)?;
    demand(may_shape(actor, org.kind, org.place()), actor)?;
    alive(&org)?;
    let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
    if distinct.len() < 2
        || distinct.len() != names.len()
        || names.len() > SPLIT_MAX
        || org.area_parent.is_none()
    {
        return Err(Refusal::new(&refusals::SPLIT_NAMES).with("max", SPLIT_MAX).on("names").into());
    }
    let today = tx.now().date();
    let mut made = Vec::with_capacity(names.len());
    for name in names {
        let new = NewOrg {
            type_code: org.type_code.clone(),
            sponsor_parent: org.sponsor_parent,
            opened_on: Some(today),
            ..NewOrg::new(org.kind, name.clone(), org.area_parent)
        };
        let heir = store::create_by(tx, actor.account, &new)?;
        store::follow(tx, org.id, heir, today)?;
        made.push(must_find(tx, heir)?);
    }
    for child in store::children(tx, org.id)? {
        let at = children.iter().find(|(one, _)| *one == child.id).map_or(0, |(_, at)| *at);
        let Some(heir) = made.get(at).or_else(|| made.first()) else { continue };
        for (line, parent, old, new) in [
            (Line::Area, child.area_parent, &org.area_path, &heir.area_path),
            (Line::Sponsor, child.sponsor_parent, &org.sponsor_path, &heir.sponsor_path),
        ] {
            if parent == Some(org.id) {
                store::set_parent(tx, line, child.id, Some(heir.id))?;
                let (old, new) = (rules::path(Some(old), child.id), rules::path(Some(new), child.id));
                store::rewrite(tx, line, &old, &new, true)?;
            }
        }
        store::note(tx, actor.account, child.id, "moved", &org.name, &heir.name)?;
    }
    store::shut(tx, org.id, today)?;
    let heirs: Vec<OrgId> = made.iter().map(|heir| heir.id).collect();
    if org.is_team() {
        // Members of a team go to its first part; its leaders move the others from there.
        let members = store::disband(tx, org.id, "")?;
        if let Some(first) = heirs.first() {
            store::take_over(tx, *first, &members)?;
        }
    }
    for post in store::end_posts(tx, org.id)? {
        if org.is_team()
            && let Some(first) = heirs.first()
        {
            store::keep_post(tx, *first, &post, post.kind)?;
        }
    }
    if let Some(first) = heirs.first() {
        site::store::rehome(tx, org.id, *first, Some(*first))?;
    }
    let grant_heirs = if org.is_team() { heirs.get(..1).unwrap_or_default() } else { heirs.as_slice() };
    move_grants(tx, actor, org.id, grant_heirs)?;
    store::note(tx, actor.account, org.id, "split", &org.name, &names.join("、"))?;
    audit::note(tx, actor, "org.split", "org", org.id.as_i64(), &names.join("、"))?;
    tx.publish(&OrgClosed { org: org.id, successors: heirs.clone() })?;
    Ok(heirs)
}

/// Closes a node for good (Edge-15); members of a team leave it, roles and posts end.
///
/// # Errors
/// `common.forbidden`, `org.closed`, `org.has_children`, `org.has_people`, `org.open_work`.
pub fn close(tx: &mut WriteTx<'_>, actor: &Actor, id: OrgId) -> Result<(), Error> {
    store::lock_tree(tx)?;
    let org = must_find(tx, id)?;
    demand(may_shape(actor, org.kind, org.place()) && org.area_parent.is_some(), actor)?;
    alive(&org)?;
    let today = tx.now().date();
    // Closing first locks the row, so that nobody joins or signs up between the counts and the end.
    store::shut(tx, id, today)?;
    let plan = plan_of(tx, &org)?;
    for (count, text) in [
        (plan.children, &refusals::HAS_CHILDREN),
        (plan.people, &refusals::HAS_PEOPLE),
        (plan.open_work, &refusals::OPEN_WORK),
    ] {
        if count > 0 {
            return Err(Refusal::new(text).with("name", &org.name).with("count", count).into());
        }
    }
    if org.is_team() {
        store::disband(tx, id, "closed")?;
    }
    store::end_posts(tx, id)?;
    if let Some(above) = org.area_parent {
        site::store::rehome(tx, id, above, None)?;
    }
    move_grants(tx, actor, id, &[])?;
    store::note(tx, actor.account, id, "closed", org.state.code(), OrgState::Closed.code())?;
    audit::note(tx, actor, "org.close", "org", id.as_i64(), &org.name)?;
    tx.publish(&OrgClosed { org: id, successors: Vec::new() })?;
    Ok(())
}

// ---------------------------------------------------------------------------------------------
// Members and posts

fn team(tx: &mut ReadTx<'_>, id: OrgId) -> Result<Org, Error> {
    must_find(tx, id).and_then(|org| if org.is_team() { Ok(org) } else { Err((&common::NOT_FOUND).into()) })
}

/// The team, for somebody who may change its members; for others it has no list of members.
pub(super) fn kept_team(tx: &mut ReadTx<'_>, actor: &Actor, id: OrgId) -> Result<Org, Error> {
    let org = team(tx, id)?;
    actor.account()?;
    if can(actor, Action::TeamManage, org.place()) { Ok(org) } else { Err((&common::NOT_FOUND).into()) }
}

fn demand_joinable(state: &str) -> Result<(), Error> {
    if rules::may_join(state) { Ok(()) } else { Err((&refusals::NOT_ACTIVE).into()) }
}

/// Demands that a person may join teams: who is suspended, disputed or gone may not.
///
/// # Errors
/// `common.not_found`, `org.not_active`; of the database.
pub(crate) fn demand_person_joinable(tx: &mut ReadTx<'_>, person: PersonId) -> Result<(), Error> {
    let someone = store::person(tx, person)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    demand_joinable(&someone.state)
}

/// Demands that the actor may change the members of a team.
///
/// # Errors
/// `common.sign_in`, `common.not_found`; of the database.
pub(crate) fn demand_kept(tx: &mut ReadTx<'_>, actor: &Actor, id: OrgId) -> Result<(), Error> {
    kept_team(tx, actor, id).map(|_| ())
}

/// Asks to join a team (V6).
///
/// # Errors
/// `common.sign_in`, `org.not_joinable`, `org.already_member`, `org.not_active`.
pub fn apply(tx: &mut WriteTx<'_>, actor: &Actor, id: OrgId) -> Result<MemberId, Error> {
    let person = actor.person()?;
    team(tx, id)?;
    let someone = store::person(tx, person)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    demand_joinable(&someone.state)?;
    store::join(tx, person, id, MemberState::Applied)
}

/// Takes an applicant.
///
/// # Errors
/// `common.not_found`, `org.not_member` when the application was answered or taken back.
pub fn accept(tx: &mut WriteTx<'_>, actor: &Actor, id: OrgId, member: MemberId) -> Result<(), Error> {
    let team = kept_team(tx, actor, id)?;
    let person = waiting(tx, id, member)?;
    let someone = store::person(tx, person)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    demand_joinable(&someone.state)?;
    store::join(tx, person, id, MemberState::Member)?;
    tell(tx, team, person, MemberState::Member, "")
}

/// Turns an applicant down, with a reason the person reads.
///
/// # Errors
/// As [`accept`].
pub fn reject(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: OrgId,
    member: MemberId,
    reason: &str,
) -> Result<(), Error> {
    let team = kept_team(tx, actor, id)?;
    let person = waiting(tx, id, member)?;
    store::end_membership(tx, person, id, MemberState::Rejected, reason)?;
    tell(tx, team, person, MemberState::Rejected, reason)
}

fn tell(
    tx: &mut WriteTx<'_>,
    team: Org,
    person: PersonId,
    state: MemberState,
    reason: &str,
) -> Result<(), Error> {
    tx.publish(&MembershipAnswered {
        person,
        team: team.id,
        name: team.name,
        state,
        reason: reason.to_owned(),
    })
}

fn waiting(tx: &mut ReadTx<'_>, team: OrgId, member: MemberId) -> Result<PersonId, Error> {
    match store::member(tx, team, member)? {
        Some((person, MemberState::Applied)) => Ok(person),
        Some(_) => Err((&refusals::NOT_MEMBER).into()),
        None => Err((&common::NOT_FOUND).into()),
    }
}

/// Leaves a team, or takes the own application back.
///
/// # Errors
/// `common.sign_in`, `org.not_member`, `org.leader_stays`.
pub fn leave_team(tx: &mut WriteTx<'_>, actor: &Actor, id: OrgId) -> Result<(), Error> {
    let person = actor.person()?;
    team(tx, id)?;
    store::leave(tx, person, id, "")
}

/// Takes somebody into the team by volunteer number.
///
/// # Errors
/// `common.not_found`, `org.no_volunteer`, `org.not_active`, `org.not_joinable`, `org.already_member`.
pub fn add_member(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: OrgId,
    volunteer_no: &str,
) -> Result<MemberId, Error> {
    let team = kept_team(tx, actor, id)?;
    let someone = by_number(tx, volunteer_no)?;
    demand_joinable(&someone.state)?;
    let member = store::join(tx, someone.id, id, MemberState::Member).map_err(|error| match error {
        Error::Refused(all) => Error::Refused(all.into_iter().map(|one| one.on("volunteer_no")).collect()),
        fault @ Error::Fault(_) => fault,
    })?;
    tell(tx, team, someone.id, MemberState::Member, "")?;
    Ok(member)
}

fn by_number(tx: &mut ReadTx<'_>, volunteer_no: &str) -> Result<store::Someone, Error> {
    let no: String =
        volunteer_no.chars().filter(|c| !c.is_whitespace() && *c != '-').collect::<String>().to_uppercase();
    store::person_by_no(tx, &no)?
        .ok_or_else(|| Refusal::new(&refusals::NO_VOLUNTEER).with("value", no).on("volunteer_no").into())
}

/// Ends a membership on behalf of the team, with a reason.
///
/// # Errors
/// `common.not_found`, `org.not_member`, `org.leader_stays`.
pub fn remove_member(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: OrgId,
    member: MemberId,
    reason: &str,
) -> Result<(), Error> {
    let team = kept_team(tx, actor, id)?;
    match store::member(tx, id, member)? {
        Some((person, MemberState::Member)) => {
            store::leave(tx, person, id, reason)?;
            tell(tx, team, person, MemberState::Left, reason)
        }
        Some(_) => Err((&refusals::NOT_MEMBER).into()),
        None => Err((&common::NOT_FOUND).into()),
    }
}

/// Whether the actor may fill a post. A leader appoints the liaison and other posts of the own team
/// (Add-32); leaders and deputies are installed from above.
pub(super) fn may_post(actor: &Actor, org: &Org, kind: PostKind) -> bool {
    may_shape(actor, org.kind, org.place())
        || (matches!(kind, PostKind::Liaison | PostKind::Other) && may_keep(actor, org))
}

/// Fills a post with the volunteer of this number.
///
/// # Errors
/// `common.forbidden`, `org.no_volunteer`, `org.not_active`, and what [`super::set_post`] refuses.
pub fn appoint(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: OrgId,
    volunteer_no: &str,
    kind: PostKind,
    title: &str,
    how: How,
) -> Result<PostId, Error> {
    let org = must_find(tx, id)?;
    demand(may_post(actor, &org, kind), actor)?;
    let someone = by_number(tx, volunteer_no)?;
    demand_joinable(&someone.state)?;
    store::set_post(tx, actor, id, someone.id, kind, title, how)
}

/// Ends a post; `take_over`: the parent answers for the team until somebody else leads it (Edge-12).
///
/// # Errors
/// `common.forbidden`, `common.not_found`, `org.last_leader`.
pub(super) fn dismiss(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: OrgId,
    post: PostId,
    take_over: bool,
) -> Result<(), Error> {
    let org = must_find(tx, id)?;
    let kind = store::posts(tx, id, false)?
        .into_iter()
        .find(|one| one.id == post)
        .map(|one| one.kind)
        .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    demand(may_post(actor, &org, kind), actor)?;
    // Only who stands above the team can promise that the parent takes over.
    let take_over = take_over && may_shape(actor, org.kind, org.place());
    store::end_post(tx, actor, id, post, take_over)
}
