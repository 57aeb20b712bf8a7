//! Reporting in for programs, over the same commands as the pages.

use db::{ReadTx, WriteTx};
use kernel::{Action, Actor, Error, Lang, OrgId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, After, Api, At, Call, Paged, doc};
use ui::form::Label;

use super::store::{self, Comer, ComerFilter, Report};
use super::{
    Identity, PlaceKind, PlaceState, ReportId, ReportPlaceId, ReportStage, ReportState, commands,
    person_pages, refusals, rules, unit_pages,
};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get("/api/v1/report-ins", doc("listOwnReportIns", "Lists of units one is on.", "我的报到。"), mine)
        .post(
            "/api/v1/report-ins/{id}/answer",
            doc(
                "answerReportIn",
                "Reports in to one's communities, or changes how.",
                "本人确认报到，选择身份和社区。",
            )
            .refuses(&[refusals::ALL]),
            answer,
        )
        .post(
            "/api/v1/report-ins/{id}/decline",
            doc("declineReportIn", "Does not report in, or takes it back.", "本人不报到或撤回报到。")
                .refuses(&[refusals::ALL]),
            decline,
        )
        .get(
            "/api/v1/units/{id}/report-ins",
            doc(
                "listUnitReportIns",
                "The list of a unit, for the unit itself.",
                "单位报到名单，仅限本单位。",
            )
            .refuses(&[refusals::ALL]),
            unit,
        )
        .post(
            "/api/v1/units/{id}/report-ins",
            doc(
                "addUnitReportIns",
                "Puts people on the list of a unit; each is asked to confirm.",
                "列入单位报到名单，由本人确认。",
            )
            .refuses(&[refusals::ALL, crate::org::refusals::ALL]),
            add,
        )
        .get(
            "/api/v1/communities/{id}/report-ins",
            doc("listCommunityReportIns", "Who reports in to a community.", "社区的报到人员。"),
            community,
        )
        .post(
            "/api/v1/communities/{id}/report-ins/{place}/confirm",
            doc("confirmReportIn", "The community confirms somebody.", "社区确认报到。")
                .refuses(&[refusals::ALL]),
            confirm,
        )
        .post(
            "/api/v1/communities/{id}/report-ins/{place}/refuse",
            doc(
                "refuseReportIn",
                "The community cannot confirm somebody, and says why.",
                "社区不确认并说明理由。",
            )
            .refuses(&[refusals::ALL]),
            refuse,
        )
        .get(
            "/api/v1/report-ins/rates",
            doc("listReportInRates", "Rates of units, without names.", "各单位报到率和参与率，不含姓名。"),
            rates,
        )
}

/// Somebody on a list.
#[derive(Serialize, JsonSchema)]
struct ReportIn {
    id: ReportId,
    unit: OrgId,
    unit_name: String,
    name: String,
    state: ReportState,
    stage: ReportStage,
    /// Who does what next.
    next: &'static str,
    identities: Vec<Identity>,
    places: Vec<ReportInPlace>,
    listed_at: Timestamp,
    answered_at: Option<Timestamp>,
}

/// A community somebody reports in to.
#[derive(Serialize, JsonSchema)]
struct ReportInPlace {
    id: ReportPlaceId,
    kind: PlaceKind,
    community: OrgId,
    community_name: String,
    state: PlaceState,
    note: String,
}

fn whole(tx: &mut ReadTx<'_>, lang: Lang, reports: Vec<Report>) -> Result<Vec<ReportIn>, Error> {
    let ids: Vec<ReportId> = reports.iter().map(|one| one.id).collect();
    let places = store::places(tx, &ids)?;
    let mut identities = store::identities(tx, &ids)?;
    Ok(reports
        .into_iter()
        .map(|one| {
            let own: Vec<_> = places.iter().filter(|place| place.report == one.id).cloned().collect();
            let states: Vec<PlaceState> = own.iter().map(|place| place.state).collect();
            let stage = rules::stage(one.person.is_some(), one.state, &states);
            ReportIn {
                stage,
                next: stage.next(lang),
                identities: identities.remove(&one.id).unwrap_or_default(),
                places: own
                    .into_iter()
                    .map(|place| ReportInPlace {
                        id: place.id,
                        kind: place.kind,
                        community: place.community,
                        community_name: place.community_name,
                        state: place.state,
                        note: place.note,
                    })
                    .collect(),
                id: one.id,
                unit: one.unit,
                unit_name: one.unit_name,
                name: one.name,
                state: one.state,
                listed_at: one.listed_at,
                answered_at: one.answered_at,
            }
        })
        .collect())
}

fn mine(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, call: &Call) -> Result<Paged<ReportIn>, Error> {
    let reports = store::of_person(tx, actor.person()?)?;
    Ok(Paged { items: whole(tx, call.req.lang, reports)?, next: None })
}

/// What one says about a list.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReportInAnswer {
    #[schemars(length(min = 1, max = 7))]
    identity: Vec<Identity>,
    /// To the community of one's home.
    #[serde(default)]
    home: bool,
    /// To this community, of the unit, as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<OrgId>,
    /// Agreement to the notice.
    consent: bool,
}

/// Where somebody stands now.
#[derive(Serialize, JsonSchema)]
struct ReportInStage {
    stage: ReportStage,
}

fn answer(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ReportId>, (), ReportInAnswer>,
) -> Result<ReportInStage, Error> {
    actor.person()?;
    let wanted = person_pages::wanted(&call.fields())?;
    Ok(ReportInStage { stage: commands::answer(tx, actor, call.path.id, &wanted)? })
}

fn decline(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ReportId>>,
) -> Result<Accepted, Error> {
    commands::decline(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}

fn unit(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>, After>,
) -> Result<Paged<ReportIn>, Error> {
    let found = commands::unit(tx, actor, call.path.id)?;
    if !found.names {
        return Err((&refusals::UNIT_ONLY).into());
    }
    let page = store::of_unit(tx, found.org.id, None, &call.query.after, store::ROWS)?;
    Ok(Paged { items: whole(tx, call.req.lang, page.rows)?, next: page.next })
}

/// People for a list, as they are pasted.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReportInList {
    /// One person a line: name, phone or volunteer number, identities.
    #[schemars(length(min = 1, max = 60000))]
    list: String,
}

/// What came of a list.
#[derive(Serialize, JsonSchema)]
struct ReportInAdded {
    /// Asked to confirm.
    asked: i64,
    /// Listed, not registered yet.
    unregistered: i64,
    /// On the list before.
    already: i64,
    /// Left out.
    wrong: i64,
}

fn add(
    app: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>, (), ReportInList>,
) -> Result<ReportInAdded, Error> {
    actor.account()?;
    let added = commands::add(tx, &app.vault, actor, call.path.id, &rules::entries(&call.body.list))?;
    Ok(ReportInAdded {
        asked: added.asked,
        unregistered: added.unregistered,
        already: added.already,
        wrong: added.wrong,
    })
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(default)]
struct ComerQuery {
    state: Option<PlaceState>,
    /// Only those of this unit.
    unit: Option<OrgId>,
    /// `next` of the page before.
    after: String,
}

/// Somebody who reports in to a community.
#[derive(Serialize, JsonSchema)]
struct ReportInComer {
    id: ReportPlaceId,
    name: String,
    volunteer_no: String,
    unit: OrgId,
    unit_name: String,
    kind: PlaceKind,
    state: PlaceState,
    asked_at: Timestamp,
    decided_at: Option<Timestamp>,
    note: String,
}

fn community(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>, ComerQuery>,
) -> Result<Paged<ReportInComer>, Error> {
    let org = commands::community(tx, actor, call.path.id)?;
    let filter =
        ComerFilter { state: call.query.state, unit: call.query.unit, after: call.query.after.clone() };
    let page = store::comers(tx, org.id, &filter, store::ROWS)?;
    Ok(Paged::of(page, |one: Comer| ReportInComer {
        id: one.id,
        name: one.name,
        volunteer_no: one.volunteer_no,
        unit: one.unit,
        unit_name: one.unit_name,
        kind: one.kind,
        state: one.state,
        asked_at: one.asked_at,
        decided_at: one.decided_at,
        note: one.note,
    }))
}

/// Somebody at a community.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[schemars(inline)]
struct AtPlace {
    /// Id of the community.
    id: OrgId,
    /// Id of the entry.
    place: ReportPlaceId,
}

fn confirm(_: &App, tx: &mut WriteTx<'_>, actor: &Actor, call: &Call<AtPlace>) -> Result<Accepted, Error> {
    commands::decide(tx, actor, call.path.id, call.path.place, true, "")?;
    Ok(ACCEPTED)
}

/// Why somebody is not confirmed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReportInReason {
    #[schemars(length(min = 1, max = 200))]
    note: String,
}

fn refuse(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<AtPlace, (), ReportInReason>,
) -> Result<Accepted, Error> {
    actor.account()?;
    let note = call.fields().required("note", Label("理由", "Reason"), 200)?;
    commands::decide(tx, actor, call.path.id, call.path.place, false, &note)?;
    Ok(ACCEPTED)
}

/// Rates of a unit.
#[derive(Serialize, JsonSchema)]
struct ReportInRates {
    unit: OrgId,
    unit_name: String,
    listed: i64,
    confirmed: i64,
    reported: i64,
    taking_part: i64,
}

fn rates(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), After>,
) -> Result<Paged<ReportInRates>, Error> {
    actor.demand_any(Action::FiguresRead)?;
    let page = store::units(tx, &actor.scopes(Action::FiguresRead), &call.query.after, store::ROWS)?;
    let ids: Vec<OrgId> = page.rows.iter().map(|unit| unit.id).collect();
    let all = unit_pages::figures(tx, &ids)?;
    Ok(Paged::of(page, |unit| {
        let rates = all.get(&unit.id).copied().unwrap_or_default();
        ReportInRates {
            unit: unit.id,
            unit_name: unit.name,
            listed: rates.listed,
            confirmed: rates.confirmed,
            reported: rates.reported,
            taking_part: rates.taking_part,
        }
    }))
}
