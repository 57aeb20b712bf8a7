//! Insurance for programs, over the same commands as the pages.

use axum::http::Method;
use db::{ReadTx, WriteTx};
use kernel::page::Page;
use kernel::{Action, Actor, Date, Error, OrgId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, Api, At, Call, Paged, doc};
use ui::form::Label;

use super::store::{self, Policy};
use super::{Covers, Insured, PolicyId, PolicyKind, PolicyState, commands, pages, refusals, rules};
use crate::activity::Hazard;
use crate::activity::commands::managed;
use crate::{ActivityId, SessionId};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/policies",
            doc(
                "listPolicies",
                "Insurance policies of what the caller plans for and of those above, newest first.",
                "本人管理的组织及其上级的保单，新的在前。",
            ),
            list,
        )
        .post(
            "/api/v1/policies",
            doc("recordPolicy", "Records a policy of an organisation.", "登记一份保单。")
                .makes()
                .refuses(&[refusals::ALL]),
            record,
        )
        .get("/api/v1/policies/{id}", doc("showPolicy", "One policy.", "一份保单。"), one)
        .command(
            Method::PUT,
            "/api/v1/policies/{id}",
            doc("correctPolicy", "Corrects a policy.", "更正保单。").refuses(&[refusals::ALL]),
            save,
        )
        .post(
            "/api/v1/policies/{id}/withdraw",
            doc(
                "withdrawPolicy",
                "Takes a policy back: it covers no session that begins from now on.",
                "撤回保单，不再用于以后开始的场次。",
            )
            .refuses(&[refusals::ALL]),
            withdraw,
        )
        .get(
            "/api/v1/activities/{id}/insurance",
            doc(
                "showInsurance",
                "What covers an activity, and the next session that nothing covers.",
                "活动选用的保单，以及最近一场没有保险的场次。",
            ),
            of_activity,
        )
        .post(
            "/api/v1/activities/{id}/insurance",
            doc("chooseInsurance", "Chooses a policy for an activity.", "为活动选用保单。")
                .refuses(&[refusals::ALL]),
            choose,
        )
        .post(
            "/api/v1/activities/{id}/insurance/drop",
            doc("dropInsurance", "Takes the choice of a policy back.", "取消选用保单。")
                .refuses(&[refusals::ALL]),
            drop_choice,
        )
        .post(
            "/api/v1/sessions/{id}/insured",
            doc(
                "closeInsuredList",
                "Closes the list of the insured of a session, or adds whoever took a place since.",
                "封存场次的投保名单，或补入后来报名的人。",
            )
            .refuses(&[refusals::ALL]),
            close,
        )
}

/// An insurance policy.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Policy")]
struct PolicyOut {
    id: PolicyId,
    org: OrgId,
    org_name: String,
    kind: PolicyKind,
    insurer: String,
    number: String,
    covers: Covers,
    insured: Insured,
    from: Date,
    /// The last day.
    until: Date,
    note: String,
    state: PolicyState,
    /// Why it was withdrawn.
    reason: String,
}

fn out(policy: Policy, now: Timestamp) -> PolicyOut {
    let (from, until) = rules::days(policy.starts_at, policy.ends_at);
    PolicyOut {
        state: rules::state(policy.term(), now),
        id: policy.id,
        org: policy.org_id,
        org_name: policy.org_name,
        kind: policy.kind,
        insurer: policy.insurer,
        number: policy.number,
        covers: policy.covers,
        insured: policy.insured,
        from,
        until,
        note: policy.note,
        reason: policy.reason,
    }
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(default)]
struct PolicyFilter {
    /// Only those that stand so.
    state: Option<PolicyState>,
    /// `next` of the page before.
    #[schemars(length(max = 200))]
    after: String,
}

fn list(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), PolicyFilter>,
) -> Result<Paged<PolicyOut>, Error> {
    actor.demand_any(Action::ActivityManage)?;
    let now = tx.now();
    let after = call.query.after.parse().ok().map(PolicyId);
    let rows = store::list(tx, actor, call.query.state, after, 101)?;
    Ok(Paged::of(Page::cut(rows, 100, |one| one.id.to_string()), |one| out(one, now)))
}

fn one(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, call: &Call<At<PolicyId>>) -> Result<PolicyOut, Error> {
    let now = tx.now();
    Ok(out(commands::seen(tx, actor, call.path.id)?, now))
}

/// A policy as it is written.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PolicyText {
    kind: PolicyKind,
    #[schemars(length(min = 1, max = 60))]
    insurer: String,
    #[schemars(length(min = 1, max = 60))]
    number: String,
    covers: Covers,
    insured: Insured,
    /// The first day.
    from: Date,
    /// The last day.
    until: Date,
    #[serde(default)]
    #[schemars(length(max = 300))]
    note: String,
}

/// A policy of an organisation.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewPolicy {
    /// Whose it is.
    org: OrgId,
    policy: PolicyText,
}

/// A policy that was recorded.
#[derive(Serialize, JsonSchema)]
struct PolicyMade {
    id: PolicyId,
}

fn fields(text: &PolicyText) -> ui::Fields {
    ui::Fields::from_json(&serde_json::to_value(text).unwrap_or_default())
}

fn record(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), NewPolicy>,
) -> Result<PolicyMade, Error> {
    actor.demand_any(Action::ActivityManage)?;
    let new = pages::read(&fields(&call.body.policy), call.body.org)?;
    Ok(PolicyMade { id: commands::record(tx, actor, &new)? })
}

fn save(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<PolicyId>, (), PolicyText>,
) -> Result<Accepted, Error> {
    let org = commands::seen(tx, actor, call.path.id)?.org_id;
    commands::save(tx, actor, call.path.id, &pages::read(&fields(&call.body), org)?)?;
    Ok(ACCEPTED)
}

/// Why a policy is taken back.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WithdrawPolicy {
    #[schemars(length(min = 1, max = 200))]
    reason: String,
}

fn withdraw(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<PolicyId>, (), WithdrawPolicy>,
) -> Result<Accepted, Error> {
    commands::seen(tx, actor, call.path.id)?;
    let reason = call.fields().required("reason", Label("原因", "Reason"), 200)?;
    commands::withdraw(tx, actor, call.path.id, &reason)?;
    Ok(ACCEPTED)
}

/// What covers an activity.
#[derive(Serialize, JsonSchema)]
struct ActivityInsurance {
    hazard: Hazard,
    policies: Vec<PolicyOut>,
    /// The start of the next session that nothing covers; nobody can check in to it.
    missing_from: Option<Timestamp>,
}

fn of_activity(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>>,
) -> Result<ActivityInsurance, Error> {
    let a = managed(tx, actor, call.path.id)?;
    let now = tx.now();
    let policies = store::of_activity(tx, a.id)?;
    let terms: Vec<rules::Term> = policies.iter().map(Policy::term).collect();
    let sessions = crate::activity::store::sessions_of(tx, a.id)?;
    let missing_from = pages::ahead(&sessions, now)
        .find(|one| rules::missing(&terms, a.hazard, (one.starts_at, one.ends_at)))
        .map(|one| one.starts_at);
    Ok(ActivityInsurance {
        hazard: a.hazard,
        policies: policies.into_iter().map(|one| out(one, now)).collect(),
        missing_from,
    })
}

/// Which policy.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WhichPolicy {
    policy: PolicyId,
}

fn choose(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>, (), WhichPolicy>,
) -> Result<Accepted, Error> {
    commands::choose(tx, actor, call.path.id, call.body.policy)?;
    Ok(ACCEPTED)
}

fn drop_choice(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>, (), WhichPolicy>,
) -> Result<Accepted, Error> {
    commands::drop_choice(tx, actor, call.path.id, call.body.policy)?;
    Ok(ACCEPTED)
}

/// How many people came onto the list.
#[derive(Serialize, JsonSchema)]
struct InsuredAdded {
    added: usize,
}

fn close(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>>,
) -> Result<InsuredAdded, Error> {
    Ok(InsuredAdded { added: commands::close(tx, actor, call.path.id)? })
}
