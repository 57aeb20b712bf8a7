//! Devices for programs: apps of one's own that can subscribe at a push service.

use db::{ReadTx, WriteTx};
use kernel::{Actor, Error, Timestamp};
use ui::App;
use ui::api::{ACCEPTED, Accepted, Api, At, Call, doc};

use super::{PushDeviceId, PushState, commands, refusals, services, store};

/// A device that the caller is notified on.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct PushDevice {
    id: PushDeviceId,
    /// What the owner calls it by.
    label: String,
    /// Host of its push service.
    service: String,
    state: PushState,
    created_at: Timestamp,
    /// When something reached it last; 0: never.
    sent_at: Timestamp,
    /// Since when it is out of reach; 0: it is not.
    ended_at: Timestamp,
}

/// The caller's devices.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct PushDevices {
    /// The key to subscribe under (`applicationServerKey`, base64url); absent when notifications are not offered.
    key: Option<String>,
    items: Vec<PushDevice>,
}

/// What a push service and a browser gave.
#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewPushDevice {
    /// Address at the push service.
    endpoint: String,
    /// Public key of the device, base64url.
    p256dh: String,
    /// Its authentication secret, base64url.
    auth: String,
    /// The key it subscribed under.
    key: String,
    /// What the owner calls it by.
    label: String,
}

/// A device that was added.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct PushDeviceAdded {
    id: PushDeviceId,
}

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/push-devices",
            doc(
                "listPushDevices",
                "The devices on which the caller is notified, and the key to subscribe under.",
                "本人接收通知的设备，以及订阅所用的密钥。",
            ),
            list,
        )
        .post(
            "/api/v1/push-devices",
            doc(
                "addPushDevice",
                "Notifies the caller on a device that subscribed at a push service. What a token added ends when it is \
                 removed and when all sessions are ended.",
                "在已向推送服务订阅的设备上通知本人；经令牌添加的，在移除或结束全部登录时终止。",
            )
            .makes()
            .refuses(&[refusals::ALL]),
            add,
        )
        .post(
            "/api/v1/push-devices/{id}/remove",
            doc("removePushDevice", "Ends notifications on a device.", "停止在该设备上通知。"),
            remove,
        )
        .post(
            "/api/v1/push-devices/{id}/test",
            doc("testPushDevice", "Sends a notification that shows that it works.", "发送一条测试通知。")
            .refuses(&[refusals::ALL]),
            test,
        )
}

fn list(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, _: &Call) -> Result<PushDevices, Error> {
    let account = actor.account()?;
    let items = store::devices(tx, account)?
        .into_iter()
        .map(|one| PushDevice {
            id: one.id,
            label: one.label,
            service: one.host,
            state: one.state,
            created_at: one.created_at,
            sent_at: one.sent_at,
            ended_at: one.ended_at,
        })
        .collect();
    Ok(PushDevices { key: commands::public_key(tx, &services())?, items })
}

fn add(
    app: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), NewPushDevice>,
) -> Result<PushDeviceAdded, Error> {
    let body = &call.body;
    let with = commands::Subscribe {
        endpoint: &body.endpoint,
        p256dh: &body.p256dh,
        auth: &body.auth,
        key: &body.key,
        label: &body.label,
    };
    let session = call.req.session.as_deref();
    Ok(PushDeviceAdded { id: commands::subscribe(tx, &app.vault, &services(), actor, session, &with)? })
}

fn remove(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<PushDeviceId>>,
) -> Result<Accepted, Error> {
    commands::remove(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}

fn test(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<PushDeviceId>>,
) -> Result<Accepted, Error> {
    commands::test(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}
