//! Reviews for programs, over the same commands as the pages.

use db::{ReadTx, WriteTx};
use kernel::page::Page;
use kernel::{Action, Actor, Date, Error, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, After, Api, At, Call, Paged, doc};
use ui::form::Label;

use super::{ReviewId, ReviewReason, ReviewState, commands, refusals, rules, store};
use crate::ActivityId;
use crate::activity::commands::managed;

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/reviews",
            doc(
                "listReviews",
                "Activities that wait for the caller's review, the first handed in first.",
                "等待审核的活动，先提交的在前。",
            ),
            waiting,
        )
        .get(
            "/api/v1/reviews/{id}",
            doc("showReview", "Something handed in, and what was said of it.", "一次提交和审核结果。"),
            show,
        )
        .post(
            "/api/v1/reviews/{id}/approve",
            doc(
                "approveReview",
                "Approves what was seen, which publishes the activity.",
                "通过审核，活动随即发布。",
            )
            .refuses(&[
                refusals::ALL,
                crate::activity::refusals::ALL,
                crate::coordination::refusals::ALL,
            ]),
            approve,
        )
        .post(
            "/api/v1/reviews/{id}/return",
            doc("returnReview", "Returns the activity to its team with a reason.", "退回并说明原因。")
                .refuses(&[refusals::ALL]),
            give_back,
        )
        .post(
            "/api/v1/activities/{id}/review/withdraw",
            doc("withdrawReview", "Takes back what was handed in.", "撤回提交。").refuses(&[refusals::ALL]),
            withdraw,
        )
}

/// An activity that waits.
#[derive(Serialize, JsonSchema)]
struct WaitingReview {
    id: ReviewId,
    activity: ActivityId,
    title: String,
    team_name: String,
    /// Words that hint at something else than service.
    words: String,
    submitted_at: Timestamp,
    /// The day by which somebody answers.
    due_on: Date,
    first_at: Option<Timestamp>,
}

fn waiting(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), After>,
) -> Result<Paged<WaitingReview>, Error> {
    actor.demand_any(Action::RecordConfirm)?;
    let rows = store::waiting(tx, actor, call.query.after.parse().ok().map(ReviewId), 101)?;
    Ok(Paged::of(Page::cut(rows, 100, |one| one.id.to_string()), |one| WaitingReview {
        id: one.id,
        activity: one.activity_id,
        title: one.title,
        team_name: one.team,
        words: one.words,
        submitted_at: one.submitted_at,
        due_on: one.due_on,
        first_at: one.first_at,
    }))
}

/// Something handed in.
#[derive(Serialize, JsonSchema)]
struct ReviewShown {
    id: ReviewId,
    activity: ActivityId,
    state: ReviewState,
    words: String,
    submitted_at: Timestamp,
    due_on: Date,
    /// Stands for the activity as it is now; to be sent back when it is approved.
    seen: String,
    reason: Option<ReviewReason>,
    note: String,
    decided_at: Option<Timestamp>,
}

fn show(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<ReviewId>>,
) -> Result<ReviewShown, Error> {
    let one = commands::find(tx, actor, call.path.id)?;
    let a = managed(tx, actor, one.activity_id)?;
    let sessions = crate::activity::store::sessions_of(tx, a.id)?;
    Ok(ReviewShown {
        id: one.id,
        activity: one.activity_id,
        state: one.state,
        words: one.words,
        submitted_at: one.submitted_at,
        due_on: one.due_on,
        seen: rules::seen(&a, &sessions),
        reason: one.reason,
        note: one.note,
        decided_at: one.decided_at,
    })
}

/// What was read.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ApprovedReview {
    /// What the review said stands for the activity.
    #[schemars(length(min = 1, max = 64))]
    seen: String,
}

fn approve(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ReviewId>, (), ApprovedReview>,
) -> Result<Accepted, Error> {
    commands::approve(tx, actor, call.path.id, &call.body.seen)?;
    Ok(ACCEPTED)
}

/// Why it is returned.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReturnedReview {
    reason: ReviewReason,
    /// What is to be changed; needed for reason "other".
    #[serde(default)]
    #[schemars(length(max = 300))]
    note: String,
}

fn give_back(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ReviewId>, (), ReturnedReview>,
) -> Result<Accepted, Error> {
    let note = call.fields().optional("note", Label("说明", "Note"), 300)?;
    commands::give_back(tx, actor, call.path.id, call.body.reason, &note)?;
    Ok(ACCEPTED)
}

fn withdraw(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>>,
) -> Result<Accepted, Error> {
    commands::withdraw(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}
