//! The part of one's message settings about devices.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use db::ReadTx;
use kernel::error::common;
use kernel::{AccountId, Error};
use ui::{Answer, App, Done, Fields, Req};

use super::{PushDeviceId, PushState, commands, services, store};

const HERE: &str = "/settings/messages";

/// A device in the list.
pub struct Line {
    /// Which.
    pub id: PushDeviceId,
    /// What the owner calls it by.
    pub label: String,
    /// Host of its push service.
    pub host: String,
    /// State in words.
    pub state: &'static str,
    /// Whether it is notified.
    pub on: bool,
    /// Whether this page is looked at on it.
    pub here: bool,
    /// Since when.
    pub since: String,
    /// When something reached it last, or empty.
    pub sent: String,
    /// Since when it is out of reach, or empty.
    pub ended: String,
}

/// What the page of settings shows of devices.
pub struct Part {
    /// The city's key; `None`: not offered.
    pub key: Option<String>,
    /// The devices.
    pub lines: Vec<Line>,
    /// Whether this page is looked at on one of them that is notified.
    pub here: bool,
}

/// Reads what the page shows.
///
/// # Errors
/// Of the database.
pub fn part(tx: &mut ReadTx<'_>, req: &Req, account: AccountId) -> Result<Part, Error> {
    let lines: Vec<Line> = store::devices(tx, account)?
        .into_iter()
        .map(|one| Line {
            id: one.id,
            on: one.state == PushState::On,
            here: req.session.as_ref().is_some_and(|session| *session == one.session_hash),
            state: one.state.name(req.lang),
            since: one.created_at.text(),
            sent: if one.sent_at.0 > 0 { one.sent_at.text() } else { String::new() },
            ended: if one.ended_at.0 > 0 { one.ended_at.text() } else { String::new() },
            label: one.label,
            host: one.host,
        })
        .collect();
    let here = lines.iter().any(|one| one.here && one.on);
    Ok(Part { key: commands::public_key(tx, &services())?, lines, here })
}

/// `POST /settings/messages/devices`: what the browser gave when it subscribed.
pub async fn add(State(app): State<App>, req: Req, headers: HeaderMap, fields: Fields) -> Answer {
    let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (a, label) = (app.clone(), people::account::rules::device(agent));
    app.command(req, fields, move |tx, req, actor, fields| {
        let with = commands::Subscribe {
            endpoint: fields.text("endpoint"),
            p256dh: fields.text("p256dh"),
            auth: fields.text("auth"),
            key: fields.text("key"),
            label: &label,
        };
        commands::subscribe(tx, &a.vault, &services(), actor, req.session.as_deref(), &with)?;
        Ok(Done::to(HERE, req.lang.t("会在这台设备上通知您", "You will be notified on this device")))
    })
    .await
}

fn device(id: &str) -> Result<PushDeviceId, Error> {
    id.parse().map_err(|_| Error::from(&common::NOT_FOUND))
}

/// `POST /settings/messages/devices/{id}/remove`.
pub async fn remove(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::remove(tx, actor, device(&id)?)?;
        Ok(Done::to(HERE, req.lang.t("不再在该设备上通知您", "That device is not notified any more")))
    })
    .await
}

/// `POST /settings/messages/devices/{id}/test`.
pub async fn test(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let demo = app.settings.demo;
    app.command(req, fields, move |tx, req, actor, _| {
        commands::test(tx, actor, device(&id)?)?;
        let say = if demo {
            req.lang.t("演示城市只记一笔，不真的发送", "The demo city notes it down and sends nothing")
        } else {
            req.lang.t("已发出，几秒后会出现在那台设备上", "Sent; it appears on that device in a few seconds")
        };
        Ok(Done::to(HERE, say))
    })
    .await
}
