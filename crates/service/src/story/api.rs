//! Summaries and reflections for programs, over the same queries and commands as the pages.

use axum::http::Method;
use db::{ReadTx, WriteTx};
use kernel::page::Page;
use kernel::{Action, Actor, Error, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::api::{ACCEPTED, Accepted, After, Api, At, Call, Paged, doc};
use ui::form::Label;
use ui::{App, Fields};

use super::{ReflectionState, SUMMARY, WORDS, commands, refusals, store};
use crate::{ReflectionId, SessionId};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .command(
            Method::PUT,
            "/api/v1/sessions/{id}/story",
            doc("writeSummary", "Writes the summary of a session.", "填写场次小结。")
                .refuses(&[refusals::ALL]),
            tell,
        )
        .command(
            Method::PUT,
            "/api/v1/sessions/{id}/reflection",
            doc(
                "writeReflection",
                "Writes the caller's own words about a session; they wait for the leader.",
                "填写本人的活动感想，待队长审核。",
            )
            .refuses(&[refusals::ALL]),
            reflect,
        )
        .get(
            "/api/v1/reflections",
            doc(
                "listReflections",
                "Words that wait for the caller, oldest first.",
                "待审核的感想，早的在前。",
            ),
            waiting,
        )
        .post(
            "/api/v1/reflections/{id}/decide",
            doc("decideReflection", "Approves words or gives them back.", "通过或退回感想。")
                .refuses(&[refusals::ALL]),
            decide,
        )
        .post(
            "/api/v1/reflections/{id}/withdraw",
            doc("withdrawReflection", "Takes the caller's own words back.", "撤回本人的感想。"),
            withdraw,
        )
}

/// A summary.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WriteSummary {
    #[schemars(length(max = 3000))]
    text: String,
    /// Whether everybody sees it.
    #[serde(default)]
    publish: bool,
}

fn tell(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), WriteSummary>,
) -> Result<Accepted, Error> {
    let fields: Fields = call.fields();
    let text = fields.optional("text", Label("小结", "Summary"), SUMMARY)?;
    commands::tell(tx, actor, call.path.id, &text, call.body.publish)?;
    Ok(ACCEPTED)
}

/// A volunteer's words.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WriteReflection {
    #[schemars(length(min = 1, max = 1000))]
    text: String,
    /// Whether the name stands under it.
    #[serde(default)]
    named: bool,
}

fn reflect(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), WriteReflection>,
) -> Result<Accepted, Error> {
    let text = call.fields().required("text", Label("感想", "Your words"), WORDS)?;
    commands::reflect(tx, actor, call.path.id, &text, call.body.named)?;
    Ok(ACCEPTED)
}

/// Words that wait.
#[derive(Serialize, JsonSchema)]
struct WaitingReflection {
    id: ReflectionId,
    session: SessionId,
    title: String,
    name: String,
    named: bool,
    text: String,
    changed_at: Timestamp,
}

fn waiting(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), After>,
) -> Result<Paged<WaitingReflection>, Error> {
    actor.demand_any(Action::ActivityManage)?;
    let rows = store::list(tx, actor, ReflectionState::Waiting, call.query.after.parse().ok(), 101)?;
    let page = Page::cut(rows, 100, |row| row.id.to_string());
    Ok(Paged::of(page, |row| WaitingReflection {
        id: row.id,
        session: row.session_id,
        title: row.title,
        name: row.name,
        named: row.named,
        text: row.text,
        changed_at: row.changed_at,
    }))
}

/// What the leader says.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DecideReflection {
    approve: bool,
    /// What should be changed.
    #[serde(default)]
    #[schemars(length(max = 300))]
    reply: String,
}

fn decide(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ReflectionId>, (), DecideReflection>,
) -> Result<Accepted, Error> {
    let reply = call.fields().optional("reply", Label("意见", "Word"), 300)?;
    commands::decide(tx, actor, call.path.id, call.body.approve, &reply)?;
    Ok(ACCEPTED)
}

fn withdraw(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ReflectionId>>,
) -> Result<Accepted, Error> {
    commands::withdraw(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}
