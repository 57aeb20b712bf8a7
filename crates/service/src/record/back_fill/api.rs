//! Requests to fill hours in, for programs, by the same commands.

use db::{ReadTx, WriteTx};
use kernel::page::{PAGE_ROWS, Page};
use kernel::{Action, Actor, Error, Refusal, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::api::{After, Api, At, Call, Paged, doc};
use ui::form::Label;
use ui::{App, Fields};

use super::FillState;
use super::commands::{self, Ask};
use super::store::{self, Fill};
use crate::record::refusals;
use crate::sign_up::refusals::NO_SUCH_PERSON;
use crate::sign_up::store::person_by_number;
use crate::{BackFillId, SessionId};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/back-fills",
            doc("listBackFills", "Requests that wait for the caller's decision, oldest first.", "待本人审批的补录，先提交的在前。"),
            waiting,
        )
        .get(
            "/api/v1/sessions/{id}/back-fills",
            doc("listBackFillsOfSession", "The requests of a session, latest first.", "一个场次的补录申请，最近的在前。"),
            of_session,
        )
        .post(
            "/api/v1/sessions/{id}/back-fills",
            doc(
                "askBackFill",
                "Asks that somebody's hours be filled in; while a request waits, asking again changes nothing.",
                "申请补录某人的时长；已有待审批的申请时，重复操作不产生变化。",
            )
            .makes()
            .refuses(&[refusals::ALL, crate::sign_up::refusals::ALL]),
            ask,
        )
        .post(
            "/api/v1/back-fills/{id}/decision",
            doc("decideBackFill", "Approves or refuses, as a second person.", "第二人批准或不批准补录。")
                .refuses(&[refusals::ALL]),
            decide,
        )
        .delete(
            "/api/v1/back-fills/{id}",
            doc("withdrawBackFill", "Takes a request back.", "撤回补录申请。").refuses(&[refusals::ALL]),
            withdraw,
        )
}

/// A request to fill hours in.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BackFill")]
struct Item {
    id: BackFillId,
    session: SessionId,
    title: String,
    name: String,
    volunteer_no: String,
    start_at: Timestamp,
    end_at: Timestamp,
    reason: String,
    evidence: String,
    state: FillState,
    asked_by: String,
    asked_at: Timestamp,
    /// Of whoever decided.
    note: String,
}

impl From<Fill> for Item {
    fn from(one: Fill) -> Self {
        Self {
            id: one.id,
            session: one.session,
            title: one.title,
            name: one.name,
            volunteer_no: one.volunteer_no,
            start_at: one.start_at,
            end_at: one.end_at,
            reason: one.reason,
            evidence: one.evidence,
            state: one.state,
            asked_by: one.asker,
            asked_at: one.asked_at,
            note: one.note,
        }
    }
}

fn waiting(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), After>,
) -> Result<Paged<Item>, Error> {
    actor.demand_any(Action::RecordConfirm)?;
    let rows = store::waiting(tx, actor, call.query.after.parse().ok(), PAGE_ROWS + 1)?;
    Ok(Paged::of(Page::cut(rows, 20, |one| one.id.to_string()), Item::from))
}

fn of_session(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>>,
) -> Result<Vec<Item>, Error> {
    let held = commands::led(tx, actor, call.path.id)?;
    Ok(store::of_session(tx, held.id)?.into_iter().map(Item::from).collect())
}

/// Whose hours, and why.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AskBackFill {
    #[schemars(length(min = 1, max = 40))]
    volunteer_no: String,
    start_at: Timestamp,
    end_at: Timestamp,
    #[schemars(length(min = 1, max = 300))]
    reason: String,
    /// What shows that the person was there.
    #[schemars(length(min = 1, max = 500))]
    evidence: String,
}

/// A request made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BackFillAsked")]
struct Made {
    id: BackFillId,
}

fn ask(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), AskBackFill>,
) -> Result<Made, Error> {
    let body = &call.body;
    let fields = Fields::of([("reason", body.reason.as_str()), ("evidence", body.evidence.as_str())]);
    let reason = fields.required("reason", Label("补录原因", "Reason"), 300)?;
    let evidence = fields.required("evidence", Label("依据", "Evidence"), 500)?;
    let held = commands::led(tx, actor, call.path.id)?;
    let found = match people::person::parse_volunteer_no(&body.volunteer_no) {
        Some(plain) => person_by_number(tx, &plain)?,
        None => None,
    };
    let (person, ..) = found.ok_or_else(|| {
        Error::from(Refusal::new(&NO_SUCH_PERSON).with("number", &body.volunteer_no).on("volunteer_no"))
    })?;
    let times = (body.start_at, body.end_at);
    let id = commands::ask(tx, actor, &Ask { session: held.id, person, times, reason, evidence })?;
    Ok(Made { id })
}

/// The decision of a second person.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DecideBackFill {
    approve: bool,
    /// Needed when it is refused.
    #[serde(default)]
    #[schemars(length(max = 300))]
    note: String,
}

/// A request that was dealt with.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BackFillDone")]
struct Done {
    id: BackFillId,
    session: SessionId,
    state: FillState,
}

fn decide(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<BackFillId>, (), DecideBackFill>,
) -> Result<Done, Error> {
    let fields = Fields::of([("note", call.body.note.as_str())]);
    let note = fields.optional("note", Label("理由", "Reason"), 300)?;
    let session = commands::decide(tx, actor, call.path.id, call.body.approve, &note)?;
    let state = if call.body.approve { FillState::Approved } else { FillState::Refused };
    Ok(Done { id: call.path.id, session, state })
}

fn withdraw(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<BackFillId>>,
) -> Result<Done, Error> {
    let session = commands::withdraw(tx, actor, call.path.id)?;
    Ok(Done { id: call.path.id, session, state: FillState::Withdrawn })
}
