//! Organisations and teams as JSON, over the same queries as the pages.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Action, Actor, Date, Error, Lang, OrgId, PersonId, can};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::api::{ACCEPTED, Accepted, Api, At, Call, Paged, doc};
use ui::form::Label;
use ui::{App, Fields};

use super::store::{self, TeamFilter};
use super::{MemberId, MemberState, Org, OrgKind, OrgState, commands, refusals};

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
