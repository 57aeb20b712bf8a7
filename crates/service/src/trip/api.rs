//! Trips for programs, over the same commands.

use axum::http::Method;
use db::{ReadTx, WriteTx};
use kernel::{Actor, Error, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, Api, At, Call, doc};

use super::store::{self, Walker};
use super::{Stage, TripRole, commands, pages, refusals};
use crate::activity::commands::managed_session;
use crate::attendance::commands::find_to_lead;
use crate::{SessionId, SignUpId};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/sessions/{id}/trip",
            doc(
                "showTrip",
                "Where and when people of a session meet, who looks after what, and who was counted.",
                "场次的集合时间地点、分工和清点情况，仅负责人可见。",
            )
            .refuses(&[refusals::ALL]),
            show,
        )
        .command(
            Method::PUT,
            "/api/v1/sessions/{id}/trip",
            doc(
                "setTrip",
                "Sets where and when people meet; whoever holds a place is told.",
                "设置集合时间和地点，报名的人会收到消息。",
            )
            .refuses(&[refusals::ALL]),
            set,
        )
        .post(
            "/api/v1/sessions/{id}/trip/roles",
            doc("giveTripRole", "Gives somebody something to look after.", "给报名的人分工。")
                .refuses(&[refusals::ALL]),
            give,
        )
        .post(
            "/api/v1/sessions/{id}/trip/counts",
            doc(
                "countTrip",
                "Notes a count of heads and who was seen; it makes no minutes.",
                "记下清点人数和点到的人，不计时长。",
            )
            .refuses(&[refusals::ALL]),
            count,
        )
        .post(
            "/api/v1/sessions/{id}/trip/back",
            doc("endTrip", "Everybody is back safely.", "确认全部安全返回。").refuses(&[refusals::ALL]),
            back,
        )
}

/// Somebody on the way.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TripPerson")]
struct PersonOut {
    sign_up: SignUpId,
    name: String,
    /// Counted at the meeting point.
    assembly: bool,
    /// Counted at the place.
    arrival: bool,
    /// Counted back.
    back: bool,
    roles: Vec<TripRole>,
}

/// A trip.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Trip")]
struct TripOut {
    meet_at: Timestamp,
    meet_place: String,
    return_at: Option<Timestamp>,
    wear: String,
    bring: String,
    /// When somebody said that all are back.
    all_back_at: Option<Timestamp>,
    people: Vec<PersonOut>,
    /// Who set out and is not known to be back.
    missing: Vec<SignUpId>,
}

fn show(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, call: &Call<At<SessionId>>) -> Result<TripOut, Error> {
    find_to_lead(tx, actor, call.path.id)?;
    let trip = store::find(tx, call.path.id)?.ok_or_else(|| Error::from(&refusals::NONE))?;
    let all = store::walkers(tx, call.path.id)?;
    let duties = store::duties(tx, call.path.id)?;
    let missing =
        commands::missing(&all, Stage::Return, |one| one.back).iter().map(|one| one.sign_up).collect();
    let person = |one: Walker| PersonOut {
        sign_up: one.sign_up,
        assembly: one.assembly,
        arrival: one.arrival,
        back: one.back,
        roles: duties.iter().filter(|duty| duty.sign_up == one.sign_up).map(|duty| duty.role).collect(),
        name: one.name,
    };
    Ok(TripOut {
        meet_at: trip.meet_at,
        meet_place: trip.meet_place,
        return_at: trip.return_at,
        wear: trip.wear,
        bring: trip.bring,
        all_back_at: trip.all_back_at,
        missing,
        people: all.into_iter().map(person).collect(),
    })
}

/// Where and when people meet.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SetTrip")]
struct TripIn {
    /// When people meet, `07:30`.
    #[schemars(length(max = 10))]
    meet: String,
    /// Where; everybody sees it.
    #[schemars(length(max = 100))]
    place: String,
    /// When they mean to be back, `12:00`.
    #[serde(default)]
    #[schemars(length(max = 10))]
    back: String,
    #[serde(default)]
    #[schemars(length(max = 200))]
    wear: String,
    #[serde(default)]
    #[schemars(length(max = 200))]
    bring: String,
    /// For the other sessions ahead of the activity too.
    #[serde(default)]
    all: bool,
}

fn set(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), TripIn>,
) -> Result<Accepted, Error> {
    managed_session(tx, actor, call.path.id)?;
    commands::set(tx, actor, call.path.id, &pages::wish(&call.fields())?)?;
    Ok(ACCEPTED)
}

/// A duty.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "GiveTripRole")]
struct RoleIn {
    role: TripRole,
    sign_up: SignUpId,
    /// Takes it away instead.
    #[serde(default)]
    take: bool,
}

fn give(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), RoleIn>,
) -> Result<Accepted, Error> {
    let body = call.body;
    commands::duty(tx, actor, call.path.id, body.role, body.sign_up, !body.take)?;
    Ok(ACCEPTED)
}

/// A count.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CountTrip")]
struct CountIn {
    stage: Stage,
    /// Heads; as many as were seen when left out.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100_000))]
    heads: Option<i64>,
    /// Who was seen.
    #[schemars(length(max = 2000))]
    seen: Vec<SignUpId>,
}

/// What a count came to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TripCounted")]
struct CountOut {
    heads: i64,
    seen: usize,
    /// Names of who was expected and not seen.
    missing: Vec<String>,
}

fn count(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), CountIn>,
) -> Result<CountOut, Error> {
    let body = &call.body;
    let heads = body.heads.map(|heads| heads.clamp(0, 100_000));
    let done = commands::count(tx, actor, call.path.id, body.stage, heads, &body.seen)?;
    Ok(CountOut { heads: done.heads, seen: done.seen, missing: done.missing })
}

fn back(_: &App, tx: &mut WriteTx<'_>, actor: &Actor, call: &Call<At<SessionId>>) -> Result<Accepted, Error> {
    commands::all_back(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}
