//! Signing up and off for programs, by the same commands.

use axum::extract::{Path, State};
use serde::Serialize;
use ui::answer::Answer;
use ui::{App, Fields, Req};

use super::{SignUpState, commands, pages};
use crate::activity::pages::parse;
use crate::{SessionId, SignUpId};

#[derive(Serialize)]
struct Booked {
    id: Option<SignUpId>,
    session: SessionId,
    state: SignUpState,
}

/// `POST /api/v1/sessions/{id}/sign-up` with optional `post` and `team`.
pub(super) async fn sign_up(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.api_write(req, fields, 201, move |tx, _, actor, fields| {
        let session = parse(&id)?;
        let made = commands::book(tx, actor, &pages::wish(actor, session, fields)?)?;
        Ok(Booked { id: Some(made), session, state: SignUpState::Booked })
    })
    .await
}

/// `DELETE /api/v1/sessions/{id}/sign-up`; doing it twice changes nothing.
pub(super) async fn sign_off(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.api_write(req, fields, 200, move |tx, _, actor, _| {
        let session = parse(&id)?;
        commands::cancel(tx, actor, session)?;
        Ok(Booked { id: None, session, state: SignUpState::Cancelled })
    })
    .await
}
