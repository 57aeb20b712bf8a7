//! Applications for programs, by the same commands.

use axum::extract::{Path, State};
use kernel::Timestamp;
use kernel::error::common;
use serde::Serialize;
use ui::answer::Answer;
use ui::form::Label;
use ui::{App, Fields, Req};

use super::{ApplicationState, commands, store};
use crate::activity::pages::parse;
use crate::sign_up::pages::wish;
use crate::{ApplicationId, SessionId};

#[derive(Serialize)]
struct Made {
    id: ApplicationId,
    session: SessionId,
    state: ApplicationState,
}

/// `POST /api/v1/sessions/{id}/application` with optional `post`, `team`, `message`.
pub(super) async fn apply(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.api_write(req, fields, 201, move |tx, _, actor, fields| {
        let session = parse(&id)?;
        let wish = wish(actor, session, fields)?;
        let message = fields.optional("message", Label("想对队长说的话", "Message"), 200)?;
        let id = commands::apply(tx, actor, session, wish.post, wish.team, &message)?;
        Ok(Made { id, session, state: ApplicationState::Waiting })
    })
    .await
}

/// `DELETE /api/v1/applications/{id}`; doing it twice changes nothing.
pub(super) async fn withdraw(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.api_write(req, fields, 200, move |tx, _, actor, _| {
        let id = parse(&id)?;
        let session = commands::withdraw(tx, actor, id)?;
        Ok(Made { id, session, state: ApplicationState::Withdrawn })
    })
    .await
}

#[derive(Serialize)]
struct Item {
    id: ApplicationId,
    name: String,
    volunteer_no: String,
    message: String,
    created_at: Timestamp,
    served: i64,
    absent: i64,
}

/// `GET /api/v1/sessions/{id}/applications`: who waits for the leader's decision.
pub(super) async fn list(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    app.api_read(req, move |tx, _, actor| {
        actor.account()?;
        let session: SessionId = parse(&id)?;
        crate::activity::session_find(tx, session)?
            .filter(|s| crate::sign_up::manages(actor, s.place()))
            .ok_or(&common::NOT_FOUND)?;
        let lines = store::of_session(tx, session)?.into_iter().map(|one| Item {
            id: one.id,
            name: one.name,
            volunteer_no: one.volunteer_no,
            message: one.message,
            created_at: one.created_at,
            served: one.served,
            absent: one.absent,
        });
        Ok(lines.collect::<Vec<_>>())
    })
    .await
}

#[derive(Serialize)]
struct Failed {
    person: kernel::PersonId,
    code: &'static str,
}

#[derive(Serialize)]
struct Done {
    done: usize,
    failed: Vec<Failed>,
}

/// `POST /api/v1/sessions/{id}/applications` with `application` (several), `act` (`accept` or `refuse`), `reason`.
pub(super) async fn decide(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.api_write(req, fields, 200, move |tx, _, actor, fields| {
        let ids: Vec<ApplicationId> =
            fields.all("application").into_iter().map(parse).collect::<Result<_, _>>()?;
        let reason = fields.optional("reason", Label("原因", "Reason"), 200)?;
        let accept = fields.text("act") == "accept";
        let done = commands::decide(tx, actor, parse(&id)?, &ids, accept, &reason)?;
        let failed =
            done.failed.into_iter().map(|(person, why)| Failed { person, code: why.code() }).collect();
        Ok(Done { done: done.done, failed })
    })
    .await
}
