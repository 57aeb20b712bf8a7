//! Kept places for programs, over the same commands.

use db::{ReadTx, WriteTx};
use kernel::{Actor, Error, OrgId, Refusal, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, Api, At, Call, Paged, doc};
use ui::form::Label;

use super::commands::{self, Keep, MOST_PLACES};
use super::{refusals, store};
use crate::attendance::commands::find_to_lead;
use crate::{ReserveId, SessionId};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/sessions/{id}/reserves",
            doc(
                "listKeptPlaces",
                "Places of a session that are kept, for whoever leads it; those whose time has passed too.",
                "场次的预留名额（含已放开的），仅负责人可见。",
            ),
            list,
        )
        .post(
            "/api/v1/sessions/{id}/reserves",
            doc(
                "keepPlaces",
                "Keeps places for a team's or community's own people, or for whom the leader enters; asked again for the same, it changes how many and until when.",
                "为队伍或社区自己的人、或由队长代报的人预留名额；对同一对象再次提交即为修改。",
            )
            .makes()
            .refuses(&[refusals::ALL]),
            keep,
        )
        .post(
            "/api/v1/reserves/{id}/remove",
            doc("openKeptPlaces", "Opens kept places to all before their time.", "提前放开预留名额。")
                .refuses(&[refusals::ALL]),
            remove,
        )
}

/// Kept places.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "KeptPlaces")]
struct ReserveOut {
    id: ReserveId,
    /// For whose people; none: for whom the leader enters.
    org: Option<OrgId>,
    org_name: Option<String>,
    /// How many places.
    places: i64,
    /// How many of them are taken.
    used: i64,
    /// From then on they are open to all.
    until: Timestamp,
}

fn list(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>>,
) -> Result<Paged<ReserveOut>, Error> {
    actor.account()?;
    find_to_lead(tx, actor, call.path.id)?;
    let items = store::of_session(tx, call.path.id)?.into_iter().map(|one| ReserveOut {
        id: one.id,
        org: one.org,
        org_name: one.org_name,
        places: one.places,
        used: one.used,
        until: one.until_at,
    });
    Ok(Paged { items: items.collect(), next: None })
}

/// What is to be kept.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[schemars(rename = "NewKeptPlaces")]
#[serde(deny_unknown_fields)]
struct ReserveIn {
    /// For whose people; none: for whom the leader enters.
    org: Option<OrgId>,
    /// How many places, those taken already among them.
    #[schemars(range(min = 1, max = 9999))]
    places: i64,
    /// From then on they are open to all; at the latest the start.
    until: Timestamp,
}

fn wrong_places(places: i64) -> Refusal {
    Label("名额", "Places").wrong(
        "places",
        &places.to_string(),
        &format!("请填 1 到 {MOST_PLACES} 的整数。"),
        &format!("A whole number from 1 to {MOST_PLACES}."),
    )
}

/// The kept places.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "KeptPlacesMade")]
struct ReserveMade {
    id: ReserveId,
}

fn keep(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), ReserveIn>,
) -> Result<ReserveMade, Error> {
    let (wish, session) = (&call.body, call.path.id);
    find_to_lead(tx, actor, session)?;
    if !(1..=MOST_PLACES).contains(&wish.places) {
        return Err(wrong_places(wish.places).into());
    }
    let what = Keep { org: wish.org, places: wish.places, until: wish.until };
    Ok(ReserveMade { id: commands::keep(tx, actor, session, &what)? })
}

fn remove(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ReserveId>>,
) -> Result<Accepted, Error> {
    commands::remove(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}
