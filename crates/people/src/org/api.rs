//! Organisations and teams as JSON, over the same queries as the pages.

use axum::http::Method;
use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Action, Actor, Date, Error, Lang, OrgId, PersonId, can};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::api::{ACCEPTED, Accepted, Api, At, Call, Paged, doc};
use ui::form::Label;
use ui::{App, Fields};

use super::store::{self, TeamFilter};
use super::{Line, MemberId, MemberState, Org, OrgKind, OrgState, commands, pages, refusals};

/// Rows of one answer.
const ROWS: i64 = 100;

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/orgs",
            doc(
                "listOrgs",
                "Organisations of the city by kind and part of the tree.",
                "按类型和上级列出组织。",
            )
            .open(),
            list,
        )
        .get(
            "/api/v1/orgs/{id}",
            doc(
                "showOrg",
                "One organisation with its coverage and its links over time.",
                "一个组织及其覆盖情况和沿革。",
            )
            .open(),
            one,
        )
        .get("/api/v1/teams", doc("listTeams", "Teams of volunteers.", "志愿服务队列表。").open(), teams)
        .get(
            "/api/v1/teams/{id}/members",
            doc("listTeamMembers", "Members of a team and those who asked to join.", "队员和申请人名单。"),
            members,
        )
        .post(
            "/api/v1/teams/{id}/members",
            doc(
                "addTeamMember",
                "Takes somebody into the team by volunteer number.",
                "按志愿者编号加入队伍。",
            )
            .makes()
            .refuses(&[refusals::ALL]),
            add_member,
        )
        .post(
            "/api/v1/teams/{id}/members/{member}/accept",
            doc("acceptTeamMember", "Accepts somebody who asked to join.", "通过入队申请。")
                .refuses(&[refusals::ALL]),
            accept,
        )
        .post(
            "/api/v1/teams/{id}/members/{member}/reject",
            doc(
                "rejectTeamMember",
                "Answers somebody who asked to join with no, and why.",
                "不通过入队申请并说明理由。",
            )
            .refuses(&[refusals::ALL]),
            reject,
        )
        .post(
            "/api/v1/teams/{id}/members/{member}/remove",
            doc("removeTeamMember", "Ends a membership, and why.", "移出队伍并说明理由。")
                .refuses(&[refusals::ALL]),
            remove,
        )
        .post(
            "/api/v1/teams/{id}/apply",
            doc("joinTeam", "Asks to join a team; its leader answers.", "申请加入队伍，由队长答复。")
                .makes()
                .refuses(&[refusals::ALL]),
            apply,
        )
        .post(
            "/api/v1/teams/{id}/leave",
            doc("leaveTeam", "Leaves a team.", "退出队伍。").refuses(&[refusals::ALL]),
            leave,
        )
        .and(shape())
}

/// What changes the tree.
fn shape() -> Api {
    Api::new()
        .post(
            "/api/v1/orgs/{id}/children",
            doc(
                "foundOrg",
                "Founds an organisation or a team under another one.",
                "在一个组织下设立新的组织或队伍。",
            )
            .makes()
            .refuses(&[refusals::ALL]),
            found,
        )
        .command(
            Method::PATCH,
            "/api/v1/orgs/{id}",
            doc(
                "changeOrg",
                "Changes what is written of an organisation; what is left out stays. Leaders change address, phone, \
                 slogan and description of their team only.",
                "修改组织资料，未写的项不变；队长只能改本队的地址、电话、口号和简介。",
            )
            .refuses(&[refusals::ALL]),
            change,
        )
        .post(
            "/api/v1/orgs/{id}/state",
            doc("changeOrgState", "Opens, suspends or plans an organisation.", "开放、暂停或计划一个组织。")
                .refuses(&[refusals::ALL]),
            change_state,
        )
        .post(
            "/api/v1/orgs/{id}/move",
            doc(
                "moveOrg",
                "Moves an organisation with everything under it to another parent.",
                "将组织连同下级一起移到另一上级。",
            )
            .refuses(&[refusals::ALL]),
            relocate,
        )
        .post(
            "/api/v1/orgs/{id}/sponsor",
            doc("changeSponsor", "Gives an organisation another sponsor, or none.", "更换或取消主管单位。")
                .refuses(&[refusals::ALL]),
            sponsor,
        )
        .post(
            "/api/v1/orgs/{id}/merge",
            doc(
                "mergeOrg",
                "Merges an organisation into another of its kind, which takes over what belongs to it.",
                "将组织并入同类组织，由其承接下级、人员和角色。",
            )
            .refuses(&[refusals::ALL]),
            merge,
        )
        .post(
            "/api/v1/orgs/{id}/split",
            doc(
                "splitOrg",
                "Splits an organisation into new ones under the same parent.",
                "将组织拆分为同一上级下的几个新组织。",
            )
            .refuses(&[refusals::ALL]),
            split,
        )
        .post(
            "/api/v1/orgs/{id}/close",
            doc(
                "closeOrg",
                "Closes an organisation for good, once nothing and nobody belongs to it.",
                "撤销组织，不能恢复；须已没有下级、志愿者和未登记的活动。",
            )
            .refuses(&[refusals::ALL, crate::account::refusals::ALL]),
            close,
        )
}

/// An organisation.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Org")]
struct OrgJson {
    id: OrgId,
    kind: OrgKind,
    type_code: String,
    name: String,
    name_en: String,
    code: String,
    uscc: Option<String>,
    area_parent: Option<OrgId>,
    sponsor_parent: Option<OrgId>,
    area_path: String,
    sponsor_path: String,
    state: OrgState,
    address: String,
    phone: String,
    lon: Option<f64>,
    lat: Option<f64>,
    opened_on: Option<Date>,
    due_on: Option<Date>,
    closed_on: Option<Date>,
    flag_no: String,
    slogan: String,
    about: String,
    members: i64,
    version: i64,
}

impl From<Org> for OrgJson {
    fn from(org: Org) -> Self {
        Self {
            id: org.id,
            kind: org.kind,
            type_code: org.type_code,
            name: org.name,
            name_en: org.name_en,
            code: org.code,
            uscc: org.uscc,
            area_parent: org.area_parent,
            sponsor_parent: org.sponsor_parent,
            area_path: org.area_path,
            sponsor_path: org.sponsor_path,
            state: org.state,
            address: org.address,
            phone: org.phone,
            lon: org.lon,
            lat: org.lat,
            opened_on: org.opened_on,
            due_on: org.due_on,
            closed_on: org.closed_on,
            flag_no: org.flag_no,
            slogan: org.slogan,
            about: org.about,
            members: org.members,
            version: org.version,
        }
    }
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(default)]
struct Filter {
    kind: Option<OrgKind>,
    /// Only what lies under this organisation on the area line.
    under: Option<OrgId>,
    /// `next` of the page before.
    after: String,
}

fn list(_: &App, tx: &mut ReadTx<'_>, _: &Actor, call: &Call<(), Filter>) -> Result<Paged<OrgJson>, Error> {
    let filter = &call.query;
    let under = under_of(tx, filter.under)?;
    let page = store::list(tx, filter.kind, under.as_deref(), &filter.after, ROWS)?;
    Ok(Paged::of(page, OrgJson::from))
}

fn under_of(tx: &mut ReadTx<'_>, id: Option<OrgId>) -> Result<Option<String>, Error> {
    id.map(|id| Ok(store::paths(tx, id)?.0)).transpose()
}

/// An organisation with what belongs to it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OrgWhole")]
struct WholeJson {
    #[serde(flatten)]
    org: OrgJson,
    coverage: Option<CoverageJson>,
    successors: Vec<OrgId>,
    predecessors: Vec<OrgId>,
}

/// Communities with a station, open or planned.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Coverage")]
struct CoverageJson {
    communities: i64,
    open: i64,
    planned: i64,
}

fn one(_: &App, tx: &mut ReadTx<'_>, _: &Actor, call: &Call<At<OrgId>>) -> Result<WholeJson, Error> {
    let id = call.path.id;
    let org = store::must_find(tx, id)?;
    let links = store::successors(tx, id)?;
    let coverage = match org.kind {
        OrgKind::City | OrgKind::Street => Some(store::coverage(tx, &org.area_path)?),
        _ => None,
    };
    let side = |after: bool| links.iter().filter(|link| link.3 == after).map(|link| link.0).collect();
    Ok(WholeJson {
        successors: side(true),
        predecessors: side(false),
        coverage: coverage.map(|c| CoverageJson { communities: c.all, open: c.open, planned: c.planned }),
        org: org.into(),
    })
}

/// A team of volunteers.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Team")]
struct TeamJson {
    id: OrgId,
    name: String,
    name_en: String,
    kind: String,
    kind_name: &'static str,
    state: OrgState,
    flag_no: String,
    members: i64,
    under: Option<String>,
    sponsor: Option<String>,
    slogan: String,
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(default)]
struct TeamQuery {
    /// Words of the name.
    #[schemars(length(max = 60))]
    q: String,
    /// Code of a type of team.
    kind: String,
    /// Only what lies under this organisation on the area line.
    under: Option<OrgId>,
    /// Only teams of this sponsor.
    sponsor: Option<OrgId>,
    /// `next` of the page before.
    after: String,
}

fn teams(
    _: &App,
    tx: &mut ReadTx<'_>,
    _: &Actor,
    call: &Call<(), TeamQuery>,
) -> Result<Paged<TeamJson>, Error> {
    let (filter, lang): (_, Lang) = (&call.query, call.req.lang);
    let asked = TeamFilter {
        q: filter.q.clone(),
        kind: filter.kind.clone(),
        under: under_of(tx, filter.under)?,
        sponsor: filter.sponsor,
        after: filter.after.clone(),
    };
    let page = store::teams(tx, &asked, ROWS)?;
    Ok(Paged::of(page, |row| TeamJson {
        id: row.id,
        kind_name: super::type_name(&row.type_code, lang),
        name: row.name,
        name_en: row.name_en,
        kind: row.type_code,
        state: row.state,
        flag_no: row.flag_no,
        members: row.members,
        under: row.parent,
        sponsor: row.sponsor,
        slogan: row.slogan,
    }))
}

/// Which members.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(default)]
struct MembersQuery {
    /// Members when left out.
    state: Option<MemberState>,
    /// `next` of the page before.
    after: String,
}

/// A member of a team.
#[derive(Serialize, JsonSchema)]
struct TeamMember {
    id: MemberId,
    person: PersonId,
    name: String,
    volunteer_no: String,
    state: MemberState,
    joined_on: Option<Date>,
    left_on: Option<Date>,
    reason: String,
    /// Title of a post held in the team.
    post: Option<String>,
}

fn members(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>, MembersQuery>,
) -> Result<Paged<TeamMember>, Error> {
    actor.account()?;
    let org = store::must_find(tx, call.path.id)?;
    if !org.is_team() || !can(actor, Action::MemberRead, org.place()) {
        return Err((&common::NOT_FOUND).into());
    }
    let state = call.query.state.unwrap_or(MemberState::Member);
    let page = store::members(tx, org.id, state, &call.query.after, ROWS)?;
    Ok(Paged::of(page, |row| TeamMember {
        id: row.id,
        person: row.person,
        name: row.name,
        volunteer_no: row.volunteer_no,
        state: row.state,
        joined_on: row.joined_on,
        left_on: row.left_on,
        reason: row.reason,
        post: row.post,
    }))
}

/// Somebody to take into a team.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewTeamMember {
    #[schemars(length(min = 1, max = 30))]
    volunteer_no: String,
}

/// A membership.
#[derive(Serialize, JsonSchema)]
struct TeamMembership {
    member: MemberId,
}

fn add_member(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>, (), NewTeamMember>,
) -> Result<TeamMembership, Error> {
    actor.account()?;
    let fields = Fields::of([("volunteer_no", call.body.volunteer_no.as_str())]);
    let no = fields.required("volunteer_no", Label("志愿者编号", "Volunteer number"), 30)?;
    Ok(TeamMembership { member: commands::add_member(tx, actor, call.path.id, &no)? })
}

/// A membership of a team.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[schemars(inline)]
struct AtMember {
    /// Id of the team.
    id: OrgId,
    /// Id of the membership.
    member: MemberId,
}

/// Why somebody is not taken or does not stay.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MemberReason {
    #[schemars(length(min = 1, max = 200))]
    reason: String,
}

impl MemberReason {
    fn text(&self) -> Result<String, Error> {
        let fields = Fields::of([("reason", self.reason.as_str())]);
        Ok(fields.required("reason", Label("理由", "Reason"), 200)?)
    }
}

fn accept(_: &App, tx: &mut WriteTx<'_>, actor: &Actor, call: &Call<AtMember>) -> Result<Accepted, Error> {
    commands::accept(tx, actor, call.path.id, call.path.member)?;
    Ok(ACCEPTED)
}

fn reject(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<AtMember, (), MemberReason>,
) -> Result<Accepted, Error> {
    commands::reject(tx, actor, call.path.id, call.path.member, &call.body.text()?)?;
    Ok(ACCEPTED)
}

fn remove(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<AtMember, (), MemberReason>,
) -> Result<Accepted, Error> {
    commands::remove_member(tx, actor, call.path.id, call.path.member, &call.body.text()?)?;
    Ok(ACCEPTED)
}

fn apply(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>>,
) -> Result<TeamMembership, Error> {
    Ok(TeamMembership { member: commands::apply(tx, actor, call.path.id)? })
}

fn leave(_: &App, tx: &mut WriteTx<'_>, actor: &Actor, call: &Call<At<OrgId>>) -> Result<Accepted, Error> {
    commands::leave_team(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}

/// An organisation to found. What its kind does not have is left out.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewOrgText {
    kind: OrgKind,
    #[schemars(length(min = 1, max = 60))]
    name: String,
    #[serde(default)]
    #[schemars(length(max = 120))]
    name_en: String,
    /// Code of a kind of team or type of organisation.
    #[serde(default)]
    #[schemars(length(max = 30))]
    type_code: String,
    /// Area code or own code.
    #[serde(default)]
    #[schemars(length(max = 30))]
    code: String,
    /// Unified social credit code.
    #[serde(default)]
    #[schemars(length(max = 30))]
    uscc: String,
    /// Who sponsors it.
    #[serde(default)]
    sponsor: Option<OrgId>,
    /// `open`, or `planned` with `due_on`.
    #[serde(default)]
    #[schemars(length(max = 20))]
    state: String,
    /// Until when a planned one shall open.
    #[serde(default)]
    due_on: Option<Date>,
    /// Since when an open one is there; today when left out.
    #[serde(default)]
    opened_on: Option<Date>,
    #[serde(default)]
    #[schemars(length(max = 120))]
    address: String,
    /// Telephone of the office.
    #[serde(default)]
    #[schemars(length(max = 40))]
    phone: String,
    #[serde(default)]
    #[schemars(range(min = -180, max = 180))]
    lon: Option<f64>,
    #[serde(default)]
    #[schemars(range(min = -90, max = 90))]
    lat: Option<f64>,
    #[serde(default)]
    #[schemars(length(max = 30))]
    flag_no: String,
    #[serde(default)]
    #[schemars(length(max = 60))]
    slogan: String,
    #[serde(default)]
    #[schemars(length(max = 2000))]
    about: String,
}

/// An organisation that was founded.
#[derive(Serialize, JsonSchema)]
struct OrgFounded {
    id: OrgId,
}

fn found(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>, (), NewOrgText>,
) -> Result<OrgFounded, Error> {
    let parent = store::must_find(tx, call.path.id)?;
    commands::demand_shape(actor, call.body.kind, &parent)?;
    let new = pages::read_new(&call.fields(), call.path.id)?;
    Ok(OrgFounded { id: commands::add(tx, actor, &new)? })
}

/// What is changed of an organisation. What is left out stays.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangedOrg {
    /// The version that was changed.
    version: i64,
    #[serde(default)]
    #[schemars(length(max = 60))]
    name: Option<String>,
    #[serde(default)]
    #[schemars(length(max = 120))]
    name_en: Option<String>,
    /// Code of a kind of team or type of organisation.
    #[serde(default)]
    #[schemars(length(max = 30))]
    type_code: Option<String>,
    /// Area code or own code.
    #[serde(default)]
    #[schemars(length(max = 30))]
    code: Option<String>,
    /// Unified social credit code.
    #[serde(default)]
    #[schemars(length(max = 30))]
    uscc: Option<String>,
    #[serde(default)]
    #[schemars(length(max = 120))]
    address: Option<String>,
    /// Telephone of the office.
    #[serde(default)]
    #[schemars(length(max = 40))]
    phone: Option<String>,
    #[serde(default)]
    #[schemars(range(min = -180, max = 180))]
    lon: Option<f64>,
    #[serde(default)]
    #[schemars(range(min = -90, max = 90))]
    lat: Option<f64>,
    #[serde(default)]
    #[schemars(length(max = 30))]
    flag_no: Option<String>,
    #[serde(default)]
    #[schemars(length(max = 60))]
    slogan: Option<String>,
    #[serde(default)]
    #[schemars(length(max = 2000))]
    about: Option<String>,
}

fn change(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>, (), ChangedOrg>,
) -> Result<Accepted, Error> {
    let org = store::must_find(tx, call.path.id)?;
    commands::demand_keep(actor, &org)?;
    let mut fields = call.fields_over(pages::filled(&org));
    if call.body.type_code.is_none() {
        // What stands there may be a code that no list offers; unnamed it stays.
        fields.0.retain(|(name, _)| name != "type_code");
    }
    let edit = pages::read_edit(actor, &org, &fields)?;
    commands::edit(tx, actor, org.id, &edit)?;
    Ok(ACCEPTED)
}

/// A state to be in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewOrgState {
    to: OrgState,
    /// Until when a planned one shall open.
    #[serde(default)]
    due_on: Option<Date>,
}

fn change_state(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>, (), NewOrgState>,
) -> Result<Accepted, Error> {
    let org = store::must_find(tx, call.path.id)?;
    commands::demand_shape(actor, org.kind, &org)?;
    let to = call.body.to;
    commands::set_state(tx, actor, org.id, to, pages::read_due(to, &call.fields())?)?;
    Ok(ACCEPTED)
}

/// A new parent.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewParent {
    to: OrgId,
}

fn relocate(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>, (), NewParent>,
) -> Result<Accepted, Error> {
    commands::relocate(tx, actor, call.path.id, Line::Area, Some(call.body.to))?;
    Ok(ACCEPTED)
}

/// A sponsor, or none.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewSponsor {
    /// Null: nobody sponsors it any more.
    #[serde(default)]
    sponsor: Option<OrgId>,
}

fn sponsor(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>, (), NewSponsor>,
) -> Result<Accepted, Error> {
    commands::relocate(tx, actor, call.path.id, Line::Sponsor, call.body.sponsor)?;
    Ok(ACCEPTED)
}

/// Who succeeds.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Successor {
    into: OrgId,
}

/// What a merge came to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OrgsMerged")]
struct Merged {
    /// Volunteers who got a new home.
    people: u64,
}

fn merge(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>, (), Successor>,
) -> Result<Merged, Error> {
    Ok(Merged { people: commands::merge(tx, actor, call.path.id, call.body.into)? })
}

/// Where a child goes.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChildPart {
    /// An open child of the organisation.
    child: OrgId,
    /// Which of the new ones, counted from 0.
    part: usize,
}

/// Into what an organisation is split.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OrgSplit {
    /// Names of the new ones.
    #[schemars(length(min = 2, max = 12))]
    names: Vec<String>,
    /// Children that do not go to the first.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    children: Vec<ChildPart>,
}

/// What it was split into.
#[derive(Serialize, JsonSchema)]
struct OrgParts {
    parts: Vec<OrgId>,
}

fn split(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>, (), OrgSplit>,
) -> Result<OrgParts, Error> {
    let names = pages::split_names(&call.body.names.join("\n"));
    let children: Vec<(OrgId, usize)> = call.body.children.iter().map(|one| (one.child, one.part)).collect();
    Ok(OrgParts { parts: commands::split(tx, actor, call.path.id, &names, &children)? })
}

fn close(_: &App, tx: &mut WriteTx<'_>, actor: &Actor, call: &Call<At<OrgId>>) -> Result<Accepted, Error> {
    commands::close(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}
