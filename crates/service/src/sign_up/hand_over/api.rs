//! Stand-ins and swaps for programs, by the same commands.

use db::{ReadTx, WriteTx};
use kernel::{Actor, Error, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::api::{Api, At, Call, doc};
use ui::form::Label;
use ui::{App, Fields};

use super::OfferState;
use super::commands::{self, Taken, To};
use super::rules::Act;
use super::store::{self, Offer};
use crate::sign_up::{Care, refusals};
use crate::{ActivityId, HandOverId, SessionId, SignUpId};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/me/hand-overs",
            doc(
                "listMyHandOvers",
                "Places the caller offers, is offered by name or is about to take.",
                "本人让出、被点名接替或正在接替的名额。",
            ),
            mine,
        )
        .get(
            "/api/v1/hand-overs/{id}",
            doc(
                "showHandOver",
                "An offered place, and what the caller can do.",
                "一个让出的名额及本人可做的操作。",
            ),
            show,
        )
        .post(
            "/api/v1/sign-ups/{id}/hand-over",
            doc(
                "offerPlace",
                "Offers the caller's place to a stand-in; offering twice changes nothing.",
                "为本人的名额找人替班；重复操作不产生变化。",
            )
            .makes()
            .refuses(&[refusals::ALL]),
            offer,
        )
        .post(
            "/api/v1/hand-overs/{id}/take",
            doc(
                "takeOver",
                "Takes an offered place over, or offers a place of one's own in exchange.",
                "接替让出的名额，或用自己的名额交换。",
            )
            .refuses(&[refusals::ALL]),
            take,
        )
        .post(
            "/api/v1/hand-overs/{id}/decline",
            doc("declineHandOver", "Says no to a place offered by name.", "谢绝点名的替班。")
                .refuses(&[refusals::ALL]),
            decline,
        )
        .post(
            "/api/v1/hand-overs/{id}/swap",
            doc("answerSwap", "Accepts or refuses a swap, as the giver.", "让出人同意或不同意换班。")
                .refuses(&[refusals::ALL]),
            swap,
        )
        .post(
            "/api/v1/hand-overs/{id}/decision",
            doc("decideHandOver", "Agrees or not, as the leader.", "负责人同意或不同意替班。")
                .refuses(&[refusals::ALL]),
            decide,
        )
        .delete(
            "/api/v1/hand-overs/{id}",
            doc("withdrawHandOver", "Takes an offer back; the place stays.", "收回替班，名额仍是本人的。")
                .refuses(&[refusals::ALL]),
            withdraw,
        )
}

/// An offered place.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "HandOver")]
struct Item {
    id: HandOverId,
    session: SessionId,
    activity: ActivityId,
    title: String,
    starts_at: Timestamp,
    ends_at: Timestamp,
    team: String,
    from: String,
    /// Who is asked; null: whoever could take it.
    to: Option<String>,
    taker: Option<String>,
    note: String,
    state: OfferState,
    /// Of whoever decided.
    reason: String,
    /// What the caller can do now.
    can: Vec<Act>,
}

fn item(actor: &Actor, now: Timestamp, one: Offer) -> Item {
    Item {
        can: commands::acts(actor, &one, now),
        id: one.id,
        session: one.session,
        activity: one.activity_id,
        title: one.title,
        starts_at: one.starts_at,
        ends_at: one.ends_at,
        team: one.org_name,
        from: one.from_name,
        to: one.to_name,
        taker: one.taker_name,
        note: one.note,
        state: one.state,
        reason: one.reason,
    }
}

fn mine(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, _: &Call) -> Result<Vec<Item>, Error> {
    let now = tx.now();
    Ok(store::of_person(tx, actor.person()?)?.into_iter().map(|one| item(actor, now, one)).collect())
}

fn show(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, call: &Call<At<HandOverId>>) -> Result<Item, Error> {
    let one = commands::seen(tx, actor, call.path.id)?;
    Ok(item(actor, tx.now(), one))
}

/// The offer as it stands after a command.
fn after(tx: &mut WriteTx<'_>, actor: &Actor, id: HandOverId) -> Result<Item, Error> {
    let one = commands::seen(tx, actor, id)?;
    Ok(item(actor, tx.now(), one))
}

/// To whom a place is offered.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct OfferPlace {
    /// Name or volunteer number of somebody of the team; empty: whoever could take it.
    #[schemars(length(max = 60))]
    to: String,
    #[schemars(length(max = 200))]
    note: String,
}

fn offer(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SignUpId>, (), OfferPlace>,
) -> Result<Item, Error> {
    let fields = Fields::of([("to", call.body.to.as_str()), ("note", call.body.note.as_str())]);
    let to = fields.optional("to", Label("姓名或编号", "Name or number"), 60)?;
    let note = fields.optional("note", Label("留言", "Note"), 200)?;
    let to = if to.is_empty() { To::Anybody } else { To::Named(to) };
    let id = commands::offer(tx, actor, call.path.id, &to, &note)?;
    after(tx, actor, id)
}

/// How a place is taken over.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct TakeOver {
    /// A place of the caller's own that is given in exchange.
    swap: Option<SignUpId>,
    /// Goes on after a warning.
    aware: bool,
}

/// What became of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TakenOver")]
struct TakenOver {
    id: HandOverId,
    result: Taken,
}

fn take(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<HandOverId>, (), TakeOver>,
) -> Result<TakenOver, Error> {
    let care = if call.body.aware { Care::Aware } else { Care::Warn };
    let result = commands::take(tx, actor, call.path.id, call.body.swap, care)?;
    Ok(TakenOver { id: call.path.id, result })
}

fn decline(_: &App, tx: &mut WriteTx<'_>, actor: &Actor, call: &Call<At<HandOverId>>) -> Result<Item, Error> {
    commands::decline(tx, actor, call.path.id)?;
    after(tx, actor, call.path.id)
}

fn withdraw(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<HandOverId>>,
) -> Result<Item, Error> {
    commands::withdraw(tx, actor, call.path.id)?;
    after(tx, actor, call.path.id)
}

/// An answer to a swap.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AnswerSwap {
    accept: bool,
}

fn swap(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<HandOverId>, (), AnswerSwap>,
) -> Result<TakenOver, Error> {
    let result = commands::swap(tx, actor, call.path.id, call.body.accept)?;
    Ok(TakenOver { id: call.path.id, result })
}

/// A leader's decision.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DecideHandOver {
    accept: bool,
    /// Needed when it is refused.
    #[serde(default)]
    #[schemars(length(max = 200))]
    reason: String,
}

fn decide(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<HandOverId>, (), DecideHandOver>,
) -> Result<Item, Error> {
    let fields = Fields::of([("reason", call.body.reason.as_str())]);
    let reason = fields.optional("reason", Label("原因", "Reason"), 200)?;
    commands::decide(tx, actor, call.path.id, call.body.accept, &reason)?;
    after(tx, actor, call.path.id)
}
