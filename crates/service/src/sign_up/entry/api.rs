//! Applications for programs, by the same commands.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Actor, Error, OrgId, PersonId, RefusalText, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::api::{Api, At, Call, doc};
use ui::form::Label;
use ui::{App, Fields};

use super::{ApplicationState, commands, store};
use crate::sign_up::pages::wish_of;
use crate::{ApplicationId, PostId, SessionId};

const REFUSALS: &[&[&RefusalText]] = &[crate::sign_up::refusals::ALL];

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .post(
            "/api/v1/sessions/{id}/application",
            doc("applyForSession", "Applies for a session that is by approval.", "申请参加需要审核的场次。")
                .makes()
                .refuses(REFUSALS),
            apply,
        )
        .delete(
            "/api/v1/applications/{id}",
            doc(
                "withdrawApplication",
                "Takes an application back; doing it twice changes nothing.",
                "撤回申请；重复操作不产生变化。",
            )
            .refuses(REFUSALS),
            withdraw,
        )
        .get(
            "/api/v1/sessions/{id}/applications",
            doc("listApplications", "Who waits for the leader's decision.", "等待负责人审核的申请。"),
            list,
        )
        .post(
            "/api/v1/sessions/{id}/applications",
            doc("decideApplications", "Accepts or refuses applications.", "通过或不通过申请。")
                .refuses(REFUSALS),
            decide,
        )
}

/// An application as it stands.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApplicationMade")]
struct Made {
    id: ApplicationId,
    session: SessionId,
    state: ApplicationState,
}

/// What is applied for.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct NewApplication {
    post: Option<PostId>,
    team: Option<OrgId>,
    /// For the leader.
    #[schemars(length(max = 200))]
    message: String,
}

fn apply(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), NewApplication>,
) -> Result<Made, Error> {
    let (session, body) = (call.path.id, &call.body);
    let wish = wish_of(actor, session, body.post, body.team)?;
    let fields = Fields::of([("message", body.message.as_str())]);
    let message = fields.optional("message", Label("想对队长说的话", "Message"), 200)?;
    let id = commands::apply(tx, actor, session, wish.post, wish.team, &message)?;
    Ok(Made { id, session, state: ApplicationState::Waiting })
}

fn withdraw(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ApplicationId>>,
) -> Result<Made, Error> {
    let id = call.path.id;
    let session = commands::withdraw(tx, actor, id)?;
    Ok(Made { id, session, state: ApplicationState::Withdrawn })
}

/// Somebody who waits for a decision.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApplicationLine")]
struct Item {
    id: ApplicationId,
    name: String,
    volunteer_no: String,
    message: String,
    created_at: Timestamp,
    /// Sessions served with the team.
    served: i64,
    /// Sessions missed.
    absent: i64,
}

fn list(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, call: &Call<At<SessionId>>) -> Result<Vec<Item>, Error> {
    actor.account()?;
    let session = call.path.id;
    crate::activity::session_find(tx, session)?
        .filter(|s| crate::sign_up::manages(actor, s.place()))
        .ok_or(&common::NOT_FOUND)?;
    let lines = store::of_session(tx, session)?.into_iter().map(|one| Item {
        id: one.id,
        name: one.name,
        volunteer_no: one.volunteer_no,
        message: one.message,
        created_at: one.created_at,
        served: one.served,
        absent: one.absent,
    });
    Ok(lines.collect())
}

/// What the leader decides.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "ApplicationAct")]
enum Decision {
    Accept,
    Refuse,
}

/// A decision about several applications.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DecideApplications {
    #[schemars(length(min = 1, max = 200))]
    application: Vec<ApplicationId>,
    act: Decision,
    #[serde(default)]
    #[schemars(length(max = 200))]
    reason: String,
}

/// Somebody who could not be accepted.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApplicationFailed")]
struct Failed {
    person: PersonId,
    /// Code of the refusal.
    code: &'static str,
}

/// What became of the decision.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApplicationsDecided")]
struct Done {
    done: usize,
    failed: Vec<Failed>,
}

fn decide(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), DecideApplications>,
) -> Result<Done, Error> {
    let body = &call.body;
    let fields = Fields::of([("reason", body.reason.as_str())]);
    let reason = fields.optional("reason", Label("原因", "Reason"), 200)?;
    let accept = matches!(body.act, Decision::Accept);
    let done = commands::decide(tx, actor, call.path.id, &body.application, accept, &reason)?;
    let failed = done.failed.into_iter().map(|(person, why)| Failed { person, code: why.code() }).collect();
    Ok(Done { done: done.done, failed })
}
