//! The waiting list for programs, by the same commands.

use db::{ReadTx, WriteTx};
use kernel::{Actor, Error, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use ui::App;
use ui::api::{Api, At, Call, doc};

use super::super::api::SignUpWish;
use super::{WaitState, commands, store};
use crate::sign_up::refusals;
use crate::{ActivityId, SessionId, WaitingId};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/waiting",
            doc(
                "listMyWaiting",
                "Where the caller waits for a place, and what is held for them.",
                "本人的候补，以及为本人保留的名额。",
            ),
            mine,
        )
        .post(
            "/api/v1/sessions/{id}/waiting",
            doc(
                "joinWaitingList",
                "Joins the waiting list of a full session or post.",
                "加入已满场次或岗位的候补名单。",
            )
            .makes()
            .refuses(&[refusals::ALL]),
            join,
        )
        .delete(
            "/api/v1/waiting/{id}",
            doc(
                "leaveWaitingList",
                "Leaves the list, or gives up the place that is held.",
                "退出候补，或放弃保留的名额。",
            )
            .refuses(&[refusals::ALL]),
            leave,
        )
        .post(
            "/api/v1/waiting/{id}/confirm",
            doc("confirmHeldPlace", "Takes the place that is held.", "确认保留的名额。")
                .refuses(&[refusals::ALL]),
            confirm,
        )
}

/// An entry of a waiting list.
#[derive(Serialize, JsonSchema)]
struct WaitingEntry {
    id: WaitingId,
    session: SessionId,
    activity: ActivityId,
    title: String,
    starts_at: Timestamp,
    ends_at: Timestamp,
    state: WaitState,
    /// Until when a held place must be confirmed.
    respond_by: Option<Timestamp>,
    /// How many wait before.
    ahead: i64,
}

fn mine(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, _: &Call) -> Result<Vec<WaitingEntry>, Error> {
    let rows = store::mine(tx, actor.person()?)?;
    Ok(rows
        .into_iter()
        .map(|one| WaitingEntry {
            id: one.id,
            session: one.session,
            activity: one.activity_id,
            title: one.title,
            starts_at: one.starts_at,
            ends_at: one.ends_at,
            state: one.state,
            respond_by: one.respond_by,
            ahead: one.ahead,
        })
        .collect())
}

/// A place on the list.
#[derive(Serialize, JsonSchema)]
struct WaitingJoined {
    id: WaitingId,
    session: SessionId,
    /// How many wait before.
    ahead: i64,
}

fn join(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), SignUpWish>,
) -> Result<WaitingJoined, Error> {
    let session = call.path.id;
    let (id, ahead) = commands::join(tx, actor, session, call.body.post, call.body.team)?;
    Ok(WaitingJoined { id, session, ahead })
}

/// An entry that is over.
#[derive(Serialize, JsonSchema)]
struct WaitingEnded {
    id: WaitingId,
    session: SessionId,
}

fn leave(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<WaitingId>>,
) -> Result<WaitingEnded, Error> {
    let id = call.path.id;
    Ok(WaitingEnded { id, session: commands::leave(tx, actor, id)? })
}

fn confirm(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<WaitingId>>,
) -> Result<WaitingEnded, Error> {
    let id = call.path.id;
    Ok(WaitingEnded { id, session: commands::confirm(tx, actor, id)? })
}
