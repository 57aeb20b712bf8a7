//! The waiting list for programs, by the same commands.

use axum::extract::{Path, State};
use kernel::Timestamp;
use serde::Serialize;
use ui::answer::Answer;
use ui::form::Label;
use ui::{App, Fields, Req};

use super::{WaitState, commands, store};
use crate::activity::pages::parse;
use crate::{ActivityId, PostId, SessionId, WaitingId};

#[derive(Serialize)]
struct Item {
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

/// `GET /api/v1/waiting`: where the caller waits, and what is held.
pub(super) async fn mine(State(app): State<App>, req: Req) -> Answer {
    app.api_read(req, move |tx, _, actor| {
        let rows = store::mine(tx, actor.person()?)?;
        let items = rows.into_iter().map(|one| Item {
            id: one.id,
            session: one.session,
            activity: one.activity_id,
            title: one.title,
            starts_at: one.starts_at,
            ends_at: one.ends_at,
            state: one.state,
            respond_by: one.respond_by,
            ahead: one.ahead,
        });
        Ok(items.collect::<Vec<_>>())
    })
    .await
}

#[derive(Serialize)]
struct Joined {
    id: WaitingId,
    session: SessionId,
    ahead: i64,
}

/// `POST /api/v1/sessions/{id}/waiting` with optional `post` and `team`.
pub(super) async fn join(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    app.api_write(req, fields, 201, move |tx, _, actor, fields| {
        let session = parse(&id)?;
        let post = match fields.text("post") {
            "" => None,
            _ => Some(fields.id::<PostId>("post", Label("岗位", "Post"))?),
        };
        let team = match fields.text("team") {
            "" => None,
            _ => Some(fields.id("team", Label("队伍", "Team"))?),
        };
        let (id, ahead) = commands::join(tx, actor, session, post, team)?;
        Ok(Joined { id, session, ahead })
    })
    .await
}

#[derive(Serialize)]
struct Ended {
    id: WaitingId,
    session: SessionId,
}

/// `DELETE /api/v1/waiting/{id}`: leaves the list, or gives up what is held.
pub(super) async fn leave(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.api_write(req, fields, 200, move |tx, _, actor, _| {
        let id = parse(&id)?;
        Ok(Ended { id, session: commands::leave(tx, actor, id)? })
    })
    .await
}

/// `POST /api/v1/waiting/{id}/confirm`
pub(super) async fn confirm(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.api_write(req, fields, 200, move |tx, _, actor, _| {
        let id = parse(&id)?;
        Ok(Ended { id, session: commands::confirm(tx, actor, id)? })
    })
    .await
}
