//! Absences for programs, by the same commands.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Actor, Error, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::api::{Api, At, Call, doc};
use ui::form::Label;
use ui::{App, Fields};

use super::{AbsenceState, commands, store};
use crate::sign_up::refusals;
use crate::{SessionId, SignUpId};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/sessions/{id}/absences",
            doc(
                "listAbsences",
                "Who held a place, did not come and had not said so; for whoever leads.",
                "报了名没有到场也没有说明的人，仅负责人可见。",
            ),
            list,
        )
        .get(
            "/api/v1/absences/{id}",
            doc(
                "showAbsence",
                "An absence: one's own, or in a session one leads.",
                "一次未到场：本人的或所负责场次的。",
            ),
            show,
        )
        .post(
            "/api/v1/absences/{id}/explanation",
            doc(
                "explainAbsence",
                "Says what happened, until the leader has answered.",
                "说明原因，负责人答复前可以修改。",
            )
            .refuses(&[refusals::ALL]),
            explain,
        )
        .post(
            "/api/v1/absences/{id}/decision",
            doc("decideAbsence", "Excuses an absence or says why it counts.", "谅解，或说明为什么计入。")
                .refuses(&[refusals::ALL]),
            decide,
        )
}

/// Somebody who was absent.
#[derive(Serialize, JsonSchema)]
struct AbsenceLine {
    /// Its id, that of the sign-up.
    id: SignUpId,
    name: String,
    volunteer_no: String,
    state: AbsenceState,
    explanation: String,
    reply: String,
    /// Absences that count in the last twelve months.
    count: i64,
}

fn list(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>>,
) -> Result<Vec<AbsenceLine>, Error> {
    actor.account()?;
    let session = crate::activity::session_find(tx, call.path.id)?
        .filter(|s| crate::sign_up::manages(actor, s.place()))
        .ok_or(&common::NOT_FOUND)?;
    let lines = store::of_session(tx, session.id)?.into_iter().map(|one| AbsenceLine {
        id: one.id,
        name: one.name,
        volunteer_no: one.volunteer_no,
        state: one.state,
        explanation: one.explanation,
        reply: one.reply,
        count: one.count,
    });
    Ok(lines.collect())
}

/// An absence.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Absence")]
struct Item {
    /// Its id, that of the sign-up.
    id: SignUpId,
    session: SessionId,
    title: String,
    name: String,
    /// Start of the session.
    at: Timestamp,
    state: AbsenceState,
    explanation: String,
    reply: String,
}

fn seen(tx: &mut ReadTx<'_>, actor: &Actor, id: SignUpId) -> Result<Item, Error> {
    let one = commands::seen(tx, actor, id)?;
    Ok(Item {
        id: one.id,
        session: one.session,
        title: one.title,
        name: one.name,
        at: one.at,
        state: one.state,
        explanation: one.explanation,
        reply: one.reply,
    })
}

fn show(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, call: &Call<At<SignUpId>>) -> Result<Item, Error> {
    seen(tx, actor, call.path.id)
}

/// What happened.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExplainAbsence {
    #[schemars(length(min = 1, max = 300))]
    text: String,
}

fn explain(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SignUpId>, (), ExplainAbsence>,
) -> Result<Item, Error> {
    let fields = Fields::of([("text", call.body.text.as_str())]);
    let text = fields.required("text", Label("发生了什么", "What happened"), 300)?;
    commands::explain(tx, actor, call.path.id, &text)?;
    seen(tx, actor, call.path.id)
}

/// A leader's answer.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DecideAbsence {
    /// Whether it does not count.
    excuse: bool,
    /// Needed when it counts.
    #[serde(default)]
    #[schemars(length(max = 300))]
    reply: String,
}

fn decide(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SignUpId>, (), DecideAbsence>,
) -> Result<Item, Error> {
    let fields = Fields::of([("reply", call.body.reply.as_str())]);
    let reply = fields.optional("reply", Label("答复", "Answer"), 300)?;
    commands::decide(tx, actor, call.path.id, call.body.excuse, &reply)?;
    seen(tx, actor, call.path.id)
}
