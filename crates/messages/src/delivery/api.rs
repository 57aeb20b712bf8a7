//! The record of deliveries for programs: as on the page, without texts, names or full numbers (X5).

use db::{ReadTx, WriteTx};
use kernel::page::{PAGE_ROWS, Page};
use kernel::{Action, Actor, Error, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, Api, At, Call, Paged, doc};

use super::pages::topic_name;
use super::{DeliveryId, DeliveryState, refusals, store};
use crate::setting::Channel;

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/deliveries",
            doc(
                "listDeliveries",
                "What became of each mail, text, notification and webhook of 90 days, the latest first.",
                "近 90 天邮件、短信、通知和对接的投递记录，最近的在前。",
            ),
            list,
        )
        .post(
            "/api/v1/deliveries/{id}/resend",
            doc(
                "resendDelivery",
                "Queues something again that was given up, came too late or failed.",
                "将已放弃、过时或失败的投递重新排队。",
            )
            .refuses(&[refusals::ALL]),
            again,
        )
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
struct DeliveryQuery {
    state: Option<DeliveryState>,
    channel: Option<Channel>,
    /// `next` of the page before.
    after: String,
}

/// Something on its way, or what became of it.
#[derive(Serialize, JsonSchema)]
struct DeliveryLine {
    id: DeliveryId,
    channel: Channel,
    /// What it is about, in words.
    about: String,
    /// Where to, masked; empty for targets.
    to: String,
    /// Name of the target, if it is still there.
    target: Option<String>,
    state: DeliveryState,
    attempts: i64,
    /// When it is sent next.
    due_at: Timestamp,
    created_at: Timestamp,
    /// When it ended; 0: it has not.
    ended_at: Timestamp,
    /// What the other side said last.
    error: String,
}

fn list(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), DeliveryQuery>,
) -> Result<Paged<DeliveryLine>, Error> {
    actor.demand_any(Action::HookManage)?;
    let filter = store::Filter {
        state: call.query.state,
        channel: call.query.channel,
        before: call.query.after.parse().ok(),
    };
    let page = Page::cut(store::list(tx, &filter, PAGE_ROWS + 1)?, 20, |row| row.id.to_string());
    let lang = call.req.lang;
    Ok(Paged::of(page, |row| DeliveryLine {
        id: row.id,
        about: topic_name(&row.topic, lang),
        channel: row.channel,
        to: row.masked,
        target: row.target_name,
        state: row.state,
        attempts: row.attempts,
        due_at: row.due_at,
        created_at: row.created_at,
        ended_at: row.ended_at,
        error: row.last_error,
    }))
}

fn again(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<DeliveryId>>,
) -> Result<Accepted, Error> {
    super::resend(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}
