//! Coordinated categories for programs, over the same commands as the pages.

use axum::http::Method;
use db::{ReadTx, WriteTx};
use kernel::page::Page;
use kernel::{Action, Actor, Error, OrgId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, After, Api, At, Call, Paged, doc};
use ui::form::Label;

use super::{commands, refusals, store};
use crate::ActivityId;

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/coordination/bodies",
            doc(
                "listCoordinatingBodies",
                "Categories whose activities another body agrees to.",
                "由其他部门统筹的活动类别。",
            )
            .open(),
            bodies,
        )
        .command(
            Method::PUT,
            "/api/v1/coordination/bodies",
            doc("setCoordinatingBody", "Says which body coordinates a category.", "设置类别的统筹部门。")
                .refuses(&[refusals::ALL]),
            set,
        )
        .get(
            "/api/v1/coordination",
            doc(
                "listCoordination",
                "Activities that wait for the caller's agreement, the first asked first.",
                "等待同意的活动，先请求的在前。",
            ),
            waiting,
        )
        .post(
            "/api/v1/activities/{id}/coordination",
            doc("askCoordination", "Asks the body that coordinates the category.", "请求统筹部门同意。")
                .refuses(&[refusals::ALL]),
            ask,
        )
        .post(
            "/api/v1/activities/{id}/coordination/answer",
            doc("answerCoordination", "Answers for the body.", "代表统筹部门答复。")
                .refuses(&[refusals::ALL]),
            answer,
        )
}

/// A coordinated category.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CoordinatingBody")]
struct BodyOut {
    category: String,
    org: OrgId,
    name: String,
}

/// All of them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CoordinatingBodies")]
struct BodiesOut {
    items: Vec<BodyOut>,
}

fn bodies(_: &App, tx: &mut ReadTx<'_>, _: &Actor, _: &Call) -> Result<BodiesOut, Error> {
    let items = store::bodies(tx)?
        .into_iter()
        .map(|one| BodyOut { category: one.category, org: one.org_id, name: one.name })
        .collect();
    Ok(BodiesOut { items })
}

/// Who coordinates what.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SetBody {
    #[schemars(length(min = 1, max = 40))]
    category: String,
    /// Id of the body; null: nobody does any more.
    org: Option<OrgId>,
}

fn set(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), SetBody>,
) -> Result<Accepted, Error> {
    commands::set(tx, actor, &call.body.category, call.body.org)?;
    Ok(ACCEPTED)
}

/// An activity that waits.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CoordinationAsked")]
struct WaitingOut {
    activity: ActivityId,
    title: String,
    category: String,
    team_name: String,
    /// Name of the body that is asked.
    body: String,
    place: String,
    asked_at: Timestamp,
    first_at: Option<Timestamp>,
    last_at: Option<Timestamp>,
    sessions: i64,
    /// Places of all sessions.
    places: i64,
}

fn waiting(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), After>,
) -> Result<Paged<WaitingOut>, Error> {
    actor.demand_any(Action::ActivityManage)?;
    let rows = store::waiting(tx, actor, call.query.after.parse().ok(), 101)?;
    let page = Page::cut(rows, 100, |one| one.activity_id.to_string());
    Ok(Paged::of(page, |one| WaitingOut {
        activity: one.activity_id,
        title: one.title,
        category: one.category,
        team_name: one.team,
        body: one.body,
        place: one.place,
        asked_at: one.asked_at,
        first_at: one.first_at,
        last_at: one.last_at,
        sessions: one.sessions,
        places: one.places,
    }))
}

fn ask(_: &App, tx: &mut WriteTx<'_>, actor: &Actor, call: &Call<At<ActivityId>>) -> Result<Accepted, Error> {
    commands::ask(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}

/// What the body says.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AnswerCoordination {
    agree: bool,
    /// Why not.
    #[serde(default)]
    #[schemars(length(max = 300))]
    note: String,
}

fn answer(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>, (), AnswerCoordination>,
) -> Result<Accepted, Error> {
    let note = call.fields().optional("note", Label("意见", "Note"), 300)?;
    commands::answer(tx, actor, call.path.id, call.body.agree, &note)?;
    Ok(ACCEPTED)
}
