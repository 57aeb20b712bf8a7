//! Co-organisers for programs, over the same commands.

use db::{ReadTx, WriteTx};
use kernel::{Actor, Error, OrgId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, Api, At, Call, doc};

use super::commands::Answer;
use super::{CoState, commands, refusals, store};
use crate::ActivityId;
use crate::activity::commands::managed;

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/activities/{id}/co-organisers",
            doc("listCoOrganisers", "Who organises an activity together.", "活动的联合主办方。"),
            list,
        )
        .post(
            "/api/v1/activities/{id}/co-organisers",
            doc(
                "askCoOrganiser",
                "Asks an organisation to organise an activity together.",
                "邀请一个组织联合主办。",
            )
            .refuses(&[refusals::ALL]),
            ask,
        )
        .post(
            "/api/v1/activities/{id}/co-organisers/answer",
            doc(
                "answerCoOrganiser",
                "Answers for an organisation that was asked, or leaves.",
                "代表被邀请的组织答复，或退出。",
            )
            .refuses(&[refusals::ALL]),
            answer,
        )
}

/// A co-organiser.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CoOrganiser")]
struct CoOut {
    org: OrgId,
    name: String,
    state: CoState,
}

/// The co-organisers of an activity.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CoOrganisers")]
struct CosOut {
    items: Vec<CoOut>,
}

fn list(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, call: &Call<At<ActivityId>>) -> Result<CosOut, Error> {
    managed(tx, actor, call.path.id)?;
    let items = store::of_activity(tx, call.path.id)?
        .into_iter()
        .map(|one| CoOut { org: one.org, name: one.name, state: one.state })
        .collect();
    Ok(CosOut { items })
}

/// Whom to ask.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AskCoOrganiser")]
struct AskIn {
    org: OrgId,
}

fn ask(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>, (), AskIn>,
) -> Result<Accepted, Error> {
    commands::ask(tx, actor, call.path.id, call.body.org)?;
    Ok(ACCEPTED)
}

/// What is said.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "CoOrganiserWord")]
enum Word {
    Agree,
    Decline,
    Leave,
}

/// An answer for an organisation.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AnswerCoOrganiser")]
struct AnswerIn {
    org: OrgId,
    act: Word,
}

fn answer(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>, (), AnswerIn>,
) -> Result<Accepted, Error> {
    let say = match call.body.act {
        Word::Agree => Answer::Agree,
        Word::Decline => Answer::Decline,
        Word::Leave => Answer::Leave,
    };
    commands::answer(tx, actor, call.path.id, call.body.org, say)?;
    Ok(ACCEPTED)
}
