//! Service without a place for programs, over the same commands.

use axum::http::Method;
use db::WriteTx;
use kernel::{Actor, Error};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, Api, At, Call, doc};

use super::{Site, commands, refusals};
use crate::{ActivityId, RecordId, SessionId};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .command(
            Method::PUT,
            "/api/v1/activities/{id}/remote",
            doc(
                "setRemote",
                "Sets how an activity online or at home counts, or gives it a place again.",
                "设置线上或居家服务的计时方式，或改回现场服务。",
            )
            .refuses(&[refusals::ALL]),
            set,
        )
        .post(
            "/api/v1/sessions/{id}/remote",
            doc(
                "workRemotely",
                "Starts, stops, or delivers pieces in a session online or at home, for the caller.",
                "本人开始、结束线上或居家服务，或填写交付件数。",
            )
            .refuses(&[refusals::ALL, crate::attendance::refusals::ALL]),
            work,
        )
        .post(
            "/api/v1/records/{id}/review",
            doc(
                "reviewRecord",
                "A second person looked at the work behind a record: its hours are verified.",
                "另一个人核对了成果，记录转为信用时长。",
            )
            .refuses(&[refusals::ALL]),
            review,
        )
}

/// How an activity counts.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SetRemote")]
struct RemoteIn {
    /// Null: it has a place.
    site: Option<Site>,
    /// Minutes a delivered piece counts; by start and stop when left out.
    #[serde(default)]
    #[schemars(range(min = 1, max = 120))]
    piece_minutes: Option<i64>,
}

fn set(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>, (), RemoteIn>,
) -> Result<Accepted, Error> {
    let minutes = call.body.piece_minutes.map(|n| n.clamp(1, super::rules::DAY_MINUTES));
    commands::set(tx, actor, call.path.id, call.body.site.map(|site| (site, minutes)))?;
    Ok(ACCEPTED)
}

/// What the caller does.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "RemoteAct")]
enum Act {
    Start,
    Stop,
    Deliver,
}

/// What is done in a session.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WorkRemotely")]
struct WorkIn {
    act: Act,
    /// Pieces delivered, all in all; for `deliver`.
    #[serde(default)]
    #[schemars(range(min = 0, max = 10_000))]
    pieces: i64,
    /// What they are.
    #[serde(default)]
    #[schemars(length(max = 500))]
    note: String,
}

fn work(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), WorkIn>,
) -> Result<Accepted, Error> {
    let (id, body) = (call.path.id, &call.body);
    match body.act {
        Act::Start => commands::start(tx, actor, id)?,
        Act::Stop => commands::stop(tx, actor, id)?,
        Act::Deliver => {
            let note: String = body.note.chars().filter(|c| !c.is_control()).take(500).collect();
            commands::deliver(tx, actor, id, body.pieces.clamp(0, 10_000), &note)?;
        }
    }
    Ok(ACCEPTED)
}

fn review(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<RecordId>>,
) -> Result<Accepted, Error> {
    commands::review(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}
