//! Transfers for programs, by the same commands as the pages.

use db::{ReadTx, WriteTx};
use kernel::page::{PAGE_ROWS, Page};
use kernel::{Actor, Date, Error, OrgId, PersonId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, After, Api, At, Call, Paged, doc};
use ui::form::Label;

use super::store::{self, Transfer};
use super::{TransferId, TransferState, commands, refusals};
use crate::org;

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/me/transfers",
            doc(
                "listMyTransfers",
                "Transfers the caller asked for, the latest first.",
                "本人的转队申请，最近的在前。",
            ),
            mine,
        )
        .post(
            "/api/v1/teams/{id}/transfer",
            doc(
                "askTransfer",
                "Asks to go from one of the caller's teams to this one; first the old team answers, then the new one.",
                "申请从本人所在的队伍转到这支队伍，先由原队伍答复，再由新队伍答复。",
            )
            .makes()
            .refuses(&[refusals::ALL, org::refusals::ALL]),
            request,
        )
        .get(
            "/api/v1/teams/{id}/transfers",
            doc(
                "listTeamTransfers",
                "Transfers out of and into a team, the latest first, for whoever manages it.",
                "队伍的转出和转入申请，最近的在前，仅管理者可见。",
            ),
            of_team,
        )
        .post(
            "/api/v1/teams/{id}/transfers/{transfer}/answer",
            doc(
                "answerTransfer",
                "The team whose turn it is agrees, or says why not; with the second agreement the person has moved.",
                "轮到的队伍同意，或说明理由不同意；两队都同意后转队完成。",
            )
            .refuses(&[refusals::ALL, org::refusals::ALL]),
            answer,
        )
        .post(
            "/api/v1/transfers/{id}/cancel",
            doc("cancelTransfer", "Takes the caller's own request back.", "本人撤回转队申请。")
                .refuses(&[refusals::ALL]),
            cancel,
        )
}

/// A transfer from one team to another.
#[derive(Serialize, JsonSchema)]
struct TeamTransfer {
    id: TransferId,
    person: PersonId,
    name: String,
    volunteer_no: String,
    from: OrgId,
    from_name: String,
    to: OrgId,
    to_name: String,
    reason: String,
    state: TransferState,
    requested_at: Timestamp,
    /// The team that answers next, while it is open.
    answers: Option<OrgId>,
    /// Until when it answers.
    due_on: Date,
    /// What the old team said.
    from_opinion: String,
    from_answered_at: Option<Timestamp>,
    /// What the new team said.
    to_opinion: String,
    to_answered_at: Option<Timestamp>,
}

impl From<Transfer> for TeamTransfer {
    fn from(one: Transfer) -> Self {
        let open = matches!(one.state, TransferState::Requested | TransferState::SourceAgreed);
        Self {
            id: one.id,
            answers: open.then(|| one.answers()),
            person: one.person,
            name: one.name,
            volunteer_no: one.volunteer_no,
            from: one.from_org,
            from_name: one.from_name,
            to: one.to_org,
            to_name: one.to_name,
            reason: one.reason,
            state: one.state,
            requested_at: one.requested_at,
            due_on: one.due_on,
            from_opinion: one.source_opinion,
            from_answered_at: one.source_at,
            to_opinion: one.target_opinion,
            to_answered_at: one.target_at,
        }
    }
}

fn paged(rows: Vec<Transfer>) -> Paged<TeamTransfer> {
    Paged::of(Page::cut(rows, 20, |row| row.id.to_string()), TeamTransfer::from)
}

fn mine(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), After>,
) -> Result<Paged<TeamTransfer>, Error> {
    let before = call.query.after.parse().unwrap_or(store::NEWEST);
    Ok(paged(store::of_person(tx, actor.person()?, before, PAGE_ROWS + 1)?))
}

fn of_team(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>, After>,
) -> Result<Paged<TeamTransfer>, Error> {
    org::demand_kept(tx, actor, call.path.id)?;
    let before = call.query.after.parse().unwrap_or(store::NEWEST);
    Ok(paged(store::of_team(tx, call.path.id, before, PAGE_ROWS + 1)?))
}

/// A wish to change teams.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewTransfer {
    /// The team that is left.
    from: OrgId,
    #[serde(default)]
    #[schemars(length(max = 200))]
    reason: String,
}

/// A transfer that was asked for.
#[derive(Serialize, JsonSchema)]
struct TransferAsked {
    id: TransferId,
}

fn request(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>, (), NewTransfer>,
) -> Result<TransferAsked, Error> {
    actor.person()?;
    let reason = call.fields().optional("reason", Label("理由", "Reason"), 200)?;
    Ok(TransferAsked { id: commands::request(tx, actor, call.body.from, call.path.id, &reason)? })
}

/// A transfer at one of its teams.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[schemars(inline)]
struct AtTransfer {
    /// Id of the team that answers.
    id: OrgId,
    /// Id of the transfer.
    transfer: TransferId,
}

/// What a team says to a transfer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TransferAnswer {
    agree: bool,
    /// Needed for no; the person reads it.
    #[serde(default)]
    #[schemars(length(max = 200))]
    opinion: String,
}

/// Where a transfer stands now.
#[derive(Serialize, JsonSchema)]
struct TransferNow {
    state: TransferState,
}

fn answer(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<AtTransfer, (), TransferAnswer>,
) -> Result<TransferNow, Error> {
    org::demand_kept(tx, actor, call.path.id)?;
    let opinion = call.fields().optional("opinion", Label("意见", "Opinion"), 200)?;
    let AtTransfer { id, transfer } = call.path;
    Ok(TransferNow { state: commands::answer(tx, actor, transfer, id, call.body.agree, &opinion)? })
}

fn cancel(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<TransferId>>,
) -> Result<Accepted, Error> {
    commands::cancel(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}
