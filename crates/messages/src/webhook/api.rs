//! Targets for programs: seen, added, switched, tested and removed. What is there is changed by somebody who is signed in,
//! and texts to phones are never sent where a token says (ADR 0031).

use db::{ReadTx, WriteTx};
use kernel::{Action, Actor, Error, RefusalText, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, Api, At, Call, Paged, doc};

use super::{Event, Shape, WebhookId, commands, refusals, store};

const REFUSALS: &[&[&RefusalText]] = &[refusals::ALL];

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/webhooks",
            doc(
                "listWebhooks",
                "Targets of webhooks with what became of the last month's deliveries; at most 200.",
                "对接目标及近一个月的投递结果；最多 200 个。",
            ),
            list,
        )
        .post(
            "/api/v1/webhooks",
            doc(
                "addWebhook",
                "Adds a target; address and secret are sealed and never shown again. Not for texts to phones.",
                "添加对接目标；地址和密钥加密保存，不再显示。不能用于手机短信。",
            )
            .makes()
            .refuses(REFUSALS),
            add,
        )
        .post(
            "/api/v1/webhooks/{id}/switch",
            doc("switchWebhook", "Switches a target on or off.", "启用或停用对接目标。").refuses(REFUSALS),
            switch,
        )
        .post(
            "/api/v1/webhooks/{id}/test",
            doc(
                "testWebhook",
                "Queues a test; its outcome shows in the deliveries within seconds.",
                "发送一条测试，几秒后可在投递记录中查看结果。",
            )
            .refuses(REFUSALS),
            test,
        )
        .delete(
            "/api/v1/webhooks/{id}",
            doc(
                "removeWebhook",
                "Removes a target; what waits for it is given up, what was sent stays in the record.",
                "删除对接目标；排队的不再发送，已发送的保留记录。",
            )
            .refuses(REFUSALS),
            remove,
        )
}

/// A target.
#[derive(Serialize, JsonSchema)]
struct WebhookLine {
    id: WebhookId,
    name: String,
    shape: Shape,
    /// Host of its address; the rest is never shown.
    host: String,
    events: Vec<Event>,
    active: bool,
    /// It has a secret.
    signed: bool,
    created_at: Timestamp,
    /// Deliveries of the last month that went out.
    sent: i64,
    /// And that were given up.
    given_up: i64,
}

fn list(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, _: &Call) -> Result<Paged<WebhookLine>, Error> {
    actor.demand_any(Action::HookManage)?;
    let items = store::webhook_list(tx)?.into_iter().map(|one| WebhookLine {
        id: one.id,
        events: one.events.split(' ').filter_map(Event::from_code).collect(),
        name: one.name,
        shape: one.shape,
        host: one.host,
        active: one.active,
        signed: one.signed,
        created_at: one.created_at,
        sent: one.sent,
        given_up: one.given_up,
    });
    Ok(Paged { items: items.collect(), next: None })
}

/// A target to add.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewWebhook {
    #[schemars(length(min = 1, max = 60))]
    name: String,
    shape: Shape,
    /// Its https address.
    #[schemars(length(min = 1, max = 2000))]
    url: String,
    /// What signatures are made with.
    #[serde(default)]
    #[schemars(length(max = 200))]
    secret: String,
    /// Template of an SMS gateway.
    #[serde(default)]
    #[schemars(length(max = 2000))]
    body: String,
    /// What it is told; `test` cannot be chosen.
    #[schemars(length(min = 1, max = 10))]
    events: Vec<Event>,
}

/// A target that was added.
#[derive(Serialize, JsonSchema)]
struct WebhookAdded {
    id: WebhookId,
}

fn add(
    app: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), NewWebhook>,
) -> Result<WebhookAdded, Error> {
    actor.demand_any(Action::HookManage)?;
    let new = commands::read(&app.vault, crate::allowed_hosts(), &call.fields(), false)?;
    Ok(WebhookAdded { id: commands::add(tx, actor, &new)? })
}

/// Whether a target gets anything.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SwitchWebhook {
    active: bool,
}

fn switch(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<WebhookId>, (), SwitchWebhook>,
) -> Result<Accepted, Error> {
    commands::switch(tx, actor, call.path.id, call.body.active)?;
    Ok(ACCEPTED)
}

fn test(_: &App, tx: &mut WriteTx<'_>, actor: &Actor, call: &Call<At<WebhookId>>) -> Result<Accepted, Error> {
    commands::test(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}

fn remove(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<WebhookId>>,
) -> Result<Accepted, Error> {
    commands::remove(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}
