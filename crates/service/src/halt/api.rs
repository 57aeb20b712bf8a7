//! Stopping an area, for programs: a weather service, say.

use db::{ReadTx, WriteTx};
use kernel::{Action, Actor, Error, OrgId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{Api, Call, Paged, doc};

use super::commands::{self, Stop};
use super::{Cause, refusals, store};
use crate::activity::refusals as activity;
use crate::{HaltId, SessionId};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/halts",
            doc(
                "listHalts",
                "Areas that were stopped lately, at most 50.",
                "最近统一取消或顺延的区域，最多 50 条。",
            ),
            list,
        )
        .get(
            "/api/v1/halts/look",
            doc(
                "lookAtHalt",
                "The sessions of an area that fall into some hours and could be stopped, at most 201.",
                "某区域某时段内可以统一处理的场次，最多 201 场。",
            )
            .refuses(&[refusals::ALL]),
            look,
        )
        .post(
            "/api/v1/halts",
            doc(
                "stopArea",
                "Cancels or puts off the given sessions of an area, all or none.",
                "统一取消或顺延区域内的场次，全部成功才生效。",
            )
            .refuses(&[refusals::ALL, activity::ALL]),
            stop,
        )
}

/// An area that was stopped.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Halt")]
struct HaltJson {
    id: HaltId,
    area: OrgId,
    area_name: String,
    cause: Cause,
    from_at: Timestamp,
    to_at: Timestamp,
    /// 0: cancelled; else put off by so many days.
    days: i64,
    words: String,
    sessions: i64,
    told: i64,
    at: Timestamp,
}

fn list(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, _: &Call) -> Result<Paged<HaltJson>, Error> {
    actor.demand_any(Action::RecordConfirm)?;
    let json = |one: store::Halt| HaltJson {
        id: one.id,
        area: one.area,
        area_name: one.area_name,
        cause: one.cause,
        from_at: one.from_at,
        to_at: one.to_at,
        days: one.days,
        words: one.words,
        sessions: one.sessions,
        told: one.told,
        at: one.at,
    };
    Ok(Paged { items: store::latest(tx, actor, 50)?.into_iter().map(json).collect(), next: None })
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(inline)]
struct HaltHours {
    /// City, street or community.
    area: OrgId,
    from: Timestamp,
    to: Timestamp,
}

/// A session that could be stopped.
#[derive(Serialize, JsonSchema)]
struct StoppableSession {
    id: SessionId,
    title: String,
    org_name: String,
    starts_at: Timestamp,
    ends_at: Timestamp,
    place_public: String,
    taken: i64,
}

fn look(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), HaltHours>,
) -> Result<Paged<StoppableSession>, Error> {
    let asked = &call.query;
    let found = commands::look(tx, actor, asked.area, (asked.from, asked.to))?;
    let items = found.into_iter().map(|one| StoppableSession {
        id: one.id,
        title: one.title,
        org_name: one.org_name,
        starts_at: one.starts_at,
        ends_at: one.ends_at,
        place_public: one.place_public,
        taken: one.taken,
    });
    Ok(Paged { items: items.collect(), next: None })
}

/// What is to be stopped.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StopArea {
    area: OrgId,
    cause: Cause,
    from: Timestamp,
    to: Timestamp,
    /// 0: cancel; else put off by so many days.
    #[serde(default)]
    #[schemars(range(min = 0, max = 60))]
    days: i64,
    #[serde(default)]
    #[schemars(length(max = 200))]
    words: String,
    /// Which of the sessions that were looked at.
    #[schemars(length(min = 1, max = 200))]
    sessions: Vec<SessionId>,
}

/// How many people were told.
#[derive(Serialize, JsonSchema)]
struct StopTold {
    told: i64,
}

fn stop(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), StopArea>,
) -> Result<StopTold, Error> {
    let body = &call.body;
    let stop = Stop {
        area: body.area,
        cause: body.cause,
        hours: (body.from, body.to),
        days: body.days,
        words: body.words.chars().filter(|c| !c.is_control()).take(200).collect(),
        sessions: body.sessions.clone(),
    };
    Ok(StopTold { told: commands::stop(tx, actor, &stop)? })
}
