//! Unit members for programs, over the same commands as the pages.

use db::{ReadTx, WriteTx};
use kernel::{Action, Actor, Date, Error, Lang, OrgId, Timestamp, can};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, After, Api, At, Call, Paged, doc};
use ui::form::Label;

use super::store::{self, HostFilter, Membership, PeopleFilter, Serving};
use super::{
    ServeState, UnitMemberId, UnitServiceId, UnitState, commands, host_pages, pages, person_pages, refusals,
};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/units",
            doc("listUnitMembers", "Unit members of the city and their hours.", "全市单位会员及时长。")
                .open(),
            list,
        )
        .get(
            "/api/v1/units/{id}",
            doc("showUnitMember", "A unit, what it joined and what it did.", "一个单位的会籍和时长。").open(),
            show,
        )
        .get(
            "/api/v1/units/{id}/people",
            doc(
                "listUnitPeople",
                "Who serves in a unit's name, for whoever looks after it.",
                "以单位名义服务的人，限本单位和上级。",
            ),
            people,
        )
        .post(
            "/api/v1/units/{id}/people/{line}/confirm",
            doc("confirmUnitPerson", "The unit confirms somebody.", "单位确认以其名义服务的人。")
                .refuses(&[refusals::ALL]),
            confirm,
        )
        .post(
            "/api/v1/units/{id}/people/{line}/refuse",
            doc("refuseUnitPerson", "The unit does not confirm somebody, and why.", "单位不确认并说明理由。")
                .refuses(&[refusals::ALL]),
            refuse,
        )
        .post(
            "/api/v1/units/{id}/people/{line}/end",
            doc("endUnitPerson", "Somebody left the unit, and why.", "结束以单位名义服务并说明理由。")
                .refuses(&[refusals::ALL]),
            end,
        )
        .post(
            "/api/v1/units/{id}/serve",
            doc("serveForUnit", "Says that one serves in a unit's name.", "提出以单位名义服务，由单位确认。")
                .makes()
                .refuses(&[refusals::ALL]),
            serve,
        )
        .get(
            "/api/v1/unit-service",
            doc("listOwnUnitService", "In whose name one served.", "我以哪些单位的名义服务。"),
            mine,
        )
        .post(
            "/api/v1/unit-service/{id}/stop",
            doc(
                "stopUnitService",
                "Takes back what one asked, or stops serving in a unit's name.",
                "撤回申请，或不再以单位名义服务。",
            )
            .refuses(&[refusals::ALL]),
            stop,
        )
        .get(
            "/api/v1/orgs/{id}/unit-members",
            doc("listHostUnits", "The unit members of an organisation.", "一个组织的单位会员。"),
            host,
        )
        .post(
            "/api/v1/orgs/{id}/unit-members",
            doc(
                "applyAsUnit",
                "A unit's contact asks to join: a unit of the tree, or the facts of a new one.",
                "单位联系人申请入会：已登记的单位，或新单位的资料。",
            )
            .makes()
            .refuses(&[refusals::ALL, people::org::refusals::ALL]),
            apply,
        )
        .post(
            "/api/v1/orgs/{id}/unit-members/enter",
            doc("enterUnitMember", "Staff enter a unit that joined on paper.", "站点录入已入会的单位。")
                .makes()
                .refuses(&[refusals::ALL, people::org::refusals::ALL, people::account::refusals::ALL]),
            enter,
        )
        .post(
            "/api/v1/orgs/{id}/unit-members/{line}/accept",
            doc("acceptUnitMember", "Takes a unit in.", "通过单位入会申请。").refuses(&[
                refusals::ALL,
                people::org::refusals::ALL,
                people::account::refusals::ALL,
            ]),
            accept,
        )
        .post(
            "/api/v1/orgs/{id}/unit-members/{line}/reject",
            doc("rejectUnitMember", "Does not take a unit in, and why.", "不通过入会申请并说明理由。")
                .refuses(&[refusals::ALL]),
            reject,
        )
        .post(
            "/api/v1/orgs/{id}/unit-members/{line}/end",
            doc("endUnitMember", "Ends the membership of a unit, and why.", "结束单位会籍并说明理由。")
                .refuses(&[refusals::ALL]),
            end_member,
        )
        .post(
            "/api/v1/unit-memberships/{id}/leave",
            doc(
                "leaveAsUnit",
                "The unit leaves, or takes its application back.",
                "单位退出，或撤回入会申请。",
            )
            .refuses(&[refusals::ALL]),
            leave,
        )
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(default)]
struct UnitQuery {
    /// Part of the name.
    #[schemars(length(max = 40))]
    q: String,
    /// Year of the figures; this one when left out.
    year: Option<i16>,
    /// `next` of the page before.
    #[schemars(length(max = 200))]
    after: String,
}

/// A unit member with what it did in a year; figures of fewer than three people are null for outsiders.
#[derive(Serialize, JsonSchema)]
struct UnitMemberOut {
    id: OrgId,
    name: String,
    type_code: String,
    /// Who serves in its name now.
    serving: i64,
    people: Option<i64>,
    services: Option<i64>,
    minutes: Option<i64>,
}

fn year(asked: Option<i16>, today: Date) -> i16 {
    pages::year_of(&asked.map(|year| year.to_string()).unwrap_or_default(), today)
}

fn list(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), UnitQuery>,
) -> Result<Paged<UnitMemberOut>, Error> {
    let query = &call.query;
    let page = store::units(tx, query.q.trim(), &query.after, store::ROWS)?;
    let days = pages::days(year(query.year, tx.now().date()));
    let lines = pages::lines(tx, page.rows, days, actor)?;
    let items = lines
        .into_iter()
        .map(|line| UnitMemberOut {
            serving: line.heads,
            people: line.open.then_some(line.people),
            services: line.open.then_some(line.services),
            minutes: line.open.then_some(line.minutes),
            id: line.unit.id,
            name: line.unit.name,
            type_code: line.unit.type_code,
        })
        .collect();
    Ok(Paged { items, next: page.next })
}

/// The membership of a unit.
#[derive(Serialize, JsonSchema)]
struct UnitMembershipOut {
    id: UnitMemberId,
    host: OrgId,
    host_name: String,
    unit: Option<OrgId>,
    unit_name: String,
    type_code: String,
    uscc: Option<String>,
    state: UnitState,
    /// Who does what next.
    next: &'static str,
    applied_at: Timestamp,
    from_on: Option<Date>,
    to_on: Option<Date>,
    note: String,
}

fn membership(one: Membership, lang: Lang) -> UnitMembershipOut {
    UnitMembershipOut {
        next: one.state.next(one.fresh(), lang),
        id: one.id,
        host: one.host,
        host_name: one.host_name,
        unit: one.unit,
        unit_name: one.name,
        type_code: one.type_code,
        uscc: one.uscc,
        state: one.state,
        applied_at: one.applied_at,
        from_on: one.from_on,
        to_on: one.to_on,
        note: one.note,
    }
}

/// A unit with its memberships.
#[derive(Serialize, JsonSchema)]
struct UnitMemberWhole {
    #[serde(flatten)]
    unit: UnitMemberOut,
    memberships: Vec<UnitMembershipOut>,
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(default)]
struct UnitYear {
    /// Year of the figures; this one when left out.
    year: Option<i16>,
}

fn show(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>, UnitYear>,
) -> Result<UnitMemberWhole, Error> {
    let org = commands::unit(tx, call.path.id)?;
    let inside = can(actor, Action::TeamManage, org.place());
    let did = pages::did(tx, org.id, year(call.query.year, tx.now().date()), inside)?;
    let memberships = store::of_unit(tx, org.id)?
        .into_iter()
        .filter(|one| inside || one.state == UnitState::Member)
        .map(|one| {
            // As on the page: where it joined is public, its code and what was said about it are not.
            let one = if inside { one } else { Membership { uscc: None, note: String::new(), ..one } };
            membership(one, call.req.lang)
        })
        .collect();
    Ok(UnitMemberWhole {
        unit: UnitMemberOut {
            id: org.id,
            name: org.name,
            type_code: org.type_code,
            serving: did.heads,
            people: did.open.then_some(did.people),
            services: did.open.then_some(did.services),
            minutes: did.open.then_some(did.year_minutes),
        },
        memberships,
    })
}

/// Somebody who serves in a unit's name.
#[derive(Serialize, JsonSchema)]
struct UnitPersonOut {
    id: UnitServiceId,
    unit: OrgId,
    unit_name: String,
    name: String,
    volunteer_no: String,
    state: ServeState,
    /// Who does what next.
    next: &'static str,
    from_on: Date,
    to_on: Option<Date>,
    note: String,
}

fn person(one: Serving, lang: Lang) -> UnitPersonOut {
    UnitPersonOut {
        next: one.state.next(lang),
        id: one.id,
        unit: one.unit,
        unit_name: one.unit_name,
        name: one.name,
        volunteer_no: one.volunteer_no,
        state: one.state,
        from_on: one.from_on,
        to_on: one.to_on,
        note: one.note,
    }
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(default)]
struct UnitPeopleQuery {
    state: Option<ServeState>,
    /// `next` of the page before.
    #[schemars(length(max = 200))]
    after: String,
}

fn people(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>, UnitPeopleQuery>,
) -> Result<Paged<UnitPersonOut>, Error> {
    let org = commands::kept(tx, actor, call.path.id)?;
    let filter =
        PeopleFilter { state: call.query.state, words: String::new(), after: call.query.after.clone() };
    let page = store::people(tx, org.id, &filter, store::ROWS)?;
    Ok(Paged::of(page, |one| person(one, call.req.lang)))
}

/// Somebody of a unit.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[schemars(inline)]
struct AtPerson {
    /// Id of the unit.
    id: OrgId,
    /// Id of the entry.
    line: UnitServiceId,
}

/// Why.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UnitReason {
    #[schemars(length(min = 1, max = 200))]
    note: String,
}

fn confirm(_: &App, tx: &mut WriteTx<'_>, actor: &Actor, call: &Call<AtPerson>) -> Result<Accepted, Error> {
    commands::confirm(tx, actor, call.path.id, call.path.line)?;
    Ok(ACCEPTED)
}

fn refuse(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<AtPerson, (), UnitReason>,
) -> Result<Accepted, Error> {
    commands::kept(tx, actor, call.path.id)?;
    let note = call.fields().required("note", Label("理由", "Reason"), 200)?;
    commands::refuse(tx, actor, call.path.id, call.path.line, &note)?;
    Ok(ACCEPTED)
}

fn end(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<AtPerson, (), UnitReason>,
) -> Result<Accepted, Error> {
    commands::kept(tx, actor, call.path.id)?;
    let note = call.fields().required("note", Label("理由", "Reason"), 200)?;
    commands::end(tx, actor, call.path.id, call.path.line, &note)?;
    Ok(ACCEPTED)
}

/// What was made.
#[derive(Serialize, JsonSchema)]
struct UnitServiceMade {
    id: UnitServiceId,
}

fn serve(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>>,
) -> Result<UnitServiceMade, Error> {
    Ok(UnitServiceMade { id: commands::ask(tx, actor, call.path.id)? })
}

fn mine(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, call: &Call) -> Result<Paged<UnitPersonOut>, Error> {
    let all = store::of_person(tx, actor.person()?)?;
    Ok(Paged { items: all.into_iter().map(|one| person(one, call.req.lang)).collect(), next: None })
}

fn stop(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<UnitServiceId>>,
) -> Result<Accepted, Error> {
    commands::stop(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}

fn host(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>, After>,
) -> Result<Paged<UnitMembershipOut>, Error> {
    let org = commands::host(tx, actor, call.path.id)?;
    let filter = HostFilter { after: call.query.after.clone(), ..HostFilter::default() };
    let page = store::of_host(tx, org.id, &filter, store::ROWS)?;
    Ok(Paged::of(page, |one| membership(one, call.req.lang)))
}

/// A unit that joins: one of the tree by `unit`, or the facts of a new one.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UnitJoining {
    /// A unit of the tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<OrgId>,
    #[serde(default)]
    #[schemars(length(max = 60))]
    name: String,
    /// Type of organisation.
    #[serde(default, rename = "type")]
    #[schemars(length(max = 30))]
    kind: String,
    /// Unified social credit code.
    #[serde(default)]
    #[schemars(length(max = 30))]
    uscc: String,
    #[serde(default)]
    #[schemars(length(max = 120))]
    address: String,
    #[serde(default)]
    #[schemars(length(max = 30))]
    phone: String,
    /// What its contact says.
    #[serde(default)]
    #[schemars(length(max = 300))]
    words: String,
}

/// What was made.
#[derive(Serialize, JsonSchema)]
struct UnitMembershipMade {
    id: UnitMemberId,
}

fn apply(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>, (), UnitJoining>,
) -> Result<UnitMembershipMade, Error> {
    actor.person()?;
    let fields = call.fields();
    let words = fields.optional("words", Label("说明", "Words"), 300)?;
    let joining = person_pages::joining(&fields, true)?;
    Ok(UnitMembershipMade { id: commands::apply(tx, actor, call.path.id, &joining, &words)? })
}

/// A unit that staff enter.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UnitEntering {
    /// A unit of the tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<OrgId>,
    #[serde(default)]
    #[schemars(length(max = 60))]
    name: String,
    /// Type of organisation.
    #[serde(default, rename = "type")]
    #[schemars(length(max = 30))]
    kind: String,
    /// Unified social credit code.
    #[serde(default)]
    #[schemars(length(max = 30))]
    uscc: String,
    #[serde(default)]
    #[schemars(length(max = 120))]
    address: String,
    #[serde(default)]
    #[schemars(length(max = 30))]
    phone: String,
    /// Volunteer number of its contact.
    #[serde(default)]
    #[schemars(length(max = 30))]
    contact: String,
}

fn enter(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>, (), UnitEntering>,
) -> Result<UnitMembershipMade, Error> {
    commands::host(tx, actor, call.path.id)?;
    let fields = call.fields();
    let joining = person_pages::joining(&fields, false)?;
    let contact = host_pages::contact(tx, fields.text("contact"))?;
    Ok(UnitMembershipMade { id: commands::enter(tx, actor, call.path.id, &joining, contact)? })
}

/// A unit at an organisation.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[schemars(inline)]
struct AtMember {
    /// Id of the organisation.
    id: OrgId,
    /// Id of the membership.
    line: UnitMemberId,
}

fn accept(_: &App, tx: &mut WriteTx<'_>, actor: &Actor, call: &Call<AtMember>) -> Result<Accepted, Error> {
    commands::accept(tx, actor, call.path.id, call.path.line)?;
    Ok(ACCEPTED)
}

fn reject(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<AtMember, (), UnitReason>,
) -> Result<Accepted, Error> {
    commands::host(tx, actor, call.path.id)?;
    let note = call.fields().required("note", Label("理由", "Reason"), 200)?;
    commands::reject(tx, actor, call.path.id, call.path.line, &note)?;
    Ok(ACCEPTED)
}

fn end_member(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<AtMember, (), UnitReason>,
) -> Result<Accepted, Error> {
    commands::host(tx, actor, call.path.id)?;
    let note = call.fields().required("note", Label("理由", "Reason"), 200)?;
    commands::end_member(tx, actor, call.path.id, call.path.line, &note)?;
    Ok(ACCEPTED)
}

fn leave(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<UnitMemberId>>,
) -> Result<Accepted, Error> {
    commands::leave(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}
