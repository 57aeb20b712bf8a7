//! Partners and alliances for programs, over the same commands as the pages.

use axum::http::Method;
use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::page::Page;
use kernel::{Actor, Date, Error, OrgId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, After, Api, At, Call, Paged, doc};
use ui::form::Label;

use super::commands::{self, Who};
use super::store;
use super::{
    AllianceId, AllianceMemberId, PartnerId, PartnerKind, PartnerPart, pages, partner_pages, refusals,
};
use crate::ActivityId;
use crate::activity::commands::managed;

const REFUSALS: &[&[&kernel::RefusalText]] = &[refusals::ALL];

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/alliances",
            doc("listAlliances", "Alliances by name.", "公益联盟，按名称排列。").open(),
            list,
        )
        .get(
            "/api/v1/alliances/{id}",
            doc(
                "showAlliance",
                "An alliance with its members, at most 500.",
                "一个联盟及其成员，最多 500 个。",
            )
            .open(),
            show,
        )
        .post(
            "/api/v1/alliances",
            doc("createAlliance", "Records an alliance.", "新建联盟。").makes().refuses(REFUSALS),
            create,
        )
        .command(
            Method::PUT,
            "/api/v1/alliances/{id}",
            doc("changeAlliance", "Replaces what is written of an alliance.", "修改联盟。").refuses(REFUSALS),
            save,
        )
        .post(
            "/api/v1/alliances/{id}/members",
            doc("joinAlliance", "Takes a team, a unit or a partner in.", "加入成员。")
                .makes()
                .refuses(REFUSALS),
            join,
        )
        .post(
            "/api/v1/alliance-members/{id}/end",
            doc("leaveAlliance", "Ends a membership today.", "退出联盟。").refuses(REFUSALS),
            leave,
        )
        .get(
            "/api/v1/partners",
            doc(
                "listPartners",
                "Partners by name; without contacts.",
                "合作单位，按名称排列，不含联系方式。",
            )
            .open(),
            partners,
        )
        .post(
            "/api/v1/partners",
            doc("createPartner", "Records a partner.", "登记合作单位。").makes().refuses(REFUSALS),
            create_partner,
        )
        .command(
            Method::PUT,
            "/api/v1/partners/{id}",
            doc("changePartner", "Replaces what is written of a partner.", "修改合作单位。")
                .refuses(REFUSALS),
            save_partner,
        )
        .get(
            "/api/v1/activities/{id}/partners",
            doc("listActivityPartners", "What partners do in an activity.", "活动的合作单位。"),
            parts,
        )
        .post(
            "/api/v1/activities/{id}/partners",
            doc(
                "putActivityPartner",
                "Says what a partner does in an activity.",
                "写明合作单位在活动里做什么。",
            )
            .refuses(REFUSALS),
            take_in,
        )
        .post(
            "/api/v1/activities/{id}/partners/remove",
            doc("removeActivityPartner", "Takes a partner out of an activity.", "从活动里移除合作单位。"),
            take_out,
        )
}

/// An alliance.
#[derive(Serialize, JsonSchema)]
struct AllianceLine {
    id: AllianceId,
    name: String,
    about: String,
    host: OrgId,
    host_name: String,
    from_on: Date,
    until_on: Option<Date>,
    /// How many belong to it.
    member_count: i64,
}

fn line(one: store::Alliance) -> AllianceLine {
    AllianceLine {
        id: one.id,
        name: one.name,
        about: one.about,
        host: one.host_id,
        host_name: one.host,
        from_on: one.from_on,
        until_on: one.until_on,
        member_count: one.members,
    }
}

fn list(
    _: &App,
    tx: &mut ReadTx<'_>,
    _: &Actor,
    call: &Call<(), After>,
) -> Result<Paged<AllianceLine>, Error> {
    let rows = store::alliances(tx, &call.query.after, 101)?;
    Ok(Paged::of(Page::cut(rows, 100, |one| one.name.clone()), line))
}

/// Somebody who belongs or belonged to an alliance.
#[derive(Serialize, JsonSchema)]
struct AllianceMemberLine {
    id: AllianceMemberId,
    org: Option<OrgId>,
    partner: Option<PartnerId>,
    name: String,
    duty: String,
    joined_on: Date,
    left_on: Option<Date>,
    /// Of a team: its minutes this year.
    minutes: Option<i64>,
}

/// An alliance with its members.
#[derive(Serialize, JsonSchema)]
struct AllianceShown {
    alliance: AllianceLine,
    members: Vec<AllianceMemberLine>,
}

fn show(
    _: &App,
    tx: &mut ReadTx<'_>,
    _: &Actor,
    call: &Call<At<AllianceId>>,
) -> Result<AllianceShown, Error> {
    let today = tx.now().date();
    let one = store::alliance(tx, call.path.id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let members = store::members(tx, call.path.id, today)?
        .into_iter()
        .map(|one| AllianceMemberLine {
            id: one.id,
            org: one.org_id,
            partner: one.partner_id,
            name: one.name,
            duty: one.duty,
            joined_on: one.joined_on,
            left_on: one.left_on,
            minutes: one.minutes,
        })
        .collect();
    Ok(AllianceShown { alliance: line(one), members })
}

/// An alliance as somebody writes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WriteAlliance {
    #[schemars(length(min = 1, max = 60))]
    name: String,
    /// Where its office is: an organisation the caller looks after.
    host: OrgId,
    #[serde(default)]
    #[schemars(length(max = 1000))]
    about: String,
    from_on: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until_on: Option<Date>,
}

/// What was recorded.
#[derive(Serialize, JsonSchema)]
struct AllianceMade {
    id: AllianceId,
}

fn create(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), WriteAlliance>,
) -> Result<AllianceMade, Error> {
    actor.demand_any(kernel::Action::OrgManage)?;
    Ok(AllianceMade { id: commands::put_alliance(tx, actor, None, &pages::read(&call.fields())?)? })
}

fn save(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<AllianceId>, (), WriteAlliance>,
) -> Result<Accepted, Error> {
    commands::kept_alliance(tx, actor, call.path.id)?;
    commands::put_alliance(tx, actor, Some(call.path.id), &pages::read(&call.fields())?)?;
    Ok(ACCEPTED)
}

/// Who joins: an organisation of the city or a partner.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct JoinAlliance {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    org: Option<OrgId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    partner: Option<PartnerId>,
    #[serde(default)]
    #[schemars(length(max = 40))]
    duty: String,
}

/// A membership that began.
#[derive(Serialize, JsonSchema)]
struct AllianceJoined {
    id: AllianceMemberId,
}

fn join(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<AllianceId>, (), JoinAlliance>,
) -> Result<AllianceJoined, Error> {
    commands::kept_alliance(tx, actor, call.path.id)?;
    let who = match (call.body.org, call.body.partner) {
        (Some(org), None) => Who::Org(org),
        (None, Some(partner)) => Who::Partner(partner),
        _ => return Err(kernel::Refusal::new(&refusals::WHICH).on("org").into()),
    };
    let duty = call.fields().optional("duty", Label("职务", "Duty"), 40)?;
    Ok(AllianceJoined { id: commands::join(tx, actor, call.path.id, who, &duty)? })
}

fn leave(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<AllianceMemberId>>,
) -> Result<Accepted, Error> {
    commands::leave(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}

/// A partner.
#[derive(Serialize, JsonSchema)]
struct PartnerLine {
    id: PartnerId,
    name: String,
    kind: PartnerKind,
    /// It sits outside the city.
    outside: bool,
    about: String,
    host: OrgId,
    host_name: String,
    from_on: Date,
    until_on: Option<Date>,
}

fn partners(
    _: &App,
    tx: &mut ReadTx<'_>,
    _: &Actor,
    call: &Call<(), After>,
) -> Result<Paged<PartnerLine>, Error> {
    let rows = store::partners(tx, None, &call.query.after, 101)?;
    Ok(Paged::of(Page::cut(rows, 100, |one| one.name.clone()), |one| PartnerLine {
        id: one.id,
        name: one.name,
        kind: one.kind,
        outside: one.outside,
        about: one.about,
        host: one.host_id,
        host_name: one.host,
        from_on: one.from_on,
        until_on: one.until_on,
    }))
}

/// A partner as somebody writes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WritePartner {
    #[schemars(length(min = 1, max = 60))]
    name: String,
    kind: PartnerKind,
    #[serde(default)]
    outside: bool,
    /// Who keeps the relation: an organisation the caller looks after.
    host: OrgId,
    #[serde(default)]
    #[schemars(length(max = 1000))]
    about: String,
    /// For staff only.
    #[serde(default)]
    #[schemars(length(max = 30))]
    contact: String,
    /// For staff only.
    #[serde(default)]
    #[schemars(length(max = 30))]
    phone: String,
    from_on: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until_on: Option<Date>,
}

/// What was recorded.
#[derive(Serialize, JsonSchema)]
struct PartnerMade {
    id: PartnerId,
}

fn create_partner(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), WritePartner>,
) -> Result<PartnerMade, Error> {
    actor.demand_any(kernel::Action::OrgManage)?;
    Ok(PartnerMade { id: commands::put_partner(tx, actor, None, &partner_pages::read(&call.fields())?)? })
}

fn save_partner(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<PartnerId>, (), WritePartner>,
) -> Result<Accepted, Error> {
    commands::kept_partner(tx, actor, call.path.id)?;
    commands::put_partner(tx, actor, Some(call.path.id), &partner_pages::read(&call.fields())?)?;
    Ok(ACCEPTED)
}

/// What a partner does in an activity.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ActivityPartner {
    partner: PartnerId,
    part: PartnerPart,
}

fn parts(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>>,
) -> Result<Paged<ActivityPartner>, Error> {
    managed(tx, actor, call.path.id)?;
    let items = store::parts(tx, call.path.id)?
        .into_iter()
        .map(|one| ActivityPartner { partner: one.partner_id, part: one.part });
    Ok(Paged { items: items.collect(), next: None })
}

fn take_in(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>, (), ActivityPartner>,
) -> Result<Accepted, Error> {
    commands::take_in(tx, actor, call.path.id, call.body.partner, call.body.part)?;
    Ok(ACCEPTED)
}

/// Which partner.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WhichPartner {
    partner: PartnerId,
}

fn take_out(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>, (), WhichPartner>,
) -> Result<Accepted, Error> {
    commands::take_out(tx, actor, call.path.id, call.body.partner)?;
    Ok(ACCEPTED)
}
