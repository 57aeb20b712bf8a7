//! Signing up and off for programs, by the same commands.

use axum::extract::{Path, State};
use serde::Serialize;
use ui::answer::Answer;
use ui::{App, Fields, Req};

use super::{Care, LateReason, SignUpState, commands, pages};
use crate::activity::pages::parse;
use crate::{SessionId, SignUpId};

#[derive(Serialize)]
struct Booked {
    id: Option<SignUpId>,
    session: SessionId,
    state: SignUpState,
}

/// `POST /api/v1/sessions/{id}/sign-up` with optional `post` and `team`; after a warning again with `aware`.
pub(super) async fn sign_up(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.api_write(req, fields, 201, move |tx, _, actor, fields| {
        let session = parse(&id)?;
        let care = if fields.ticked("aware") { Care::Aware } else { Care::Warn };
        let made = commands::book_minding(tx, actor, &pages::wish(actor, session, fields)?, care)?;
        Ok(Booked { id: Some(made), session, state: SignUpState::Booked })
    })
    .await
}

/// `DELETE /api/v1/sessions/{id}/sign-up`, less than a day before the start with `reason`; doing it twice changes nothing.
pub(super) async fn sign_off(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.api_write(req, fields, 200, move |tx, _, actor, fields| {
        let session = parse(&id)?;
        commands::cancel_for(tx, actor, session, LateReason::from_code(fields.text("reason")))?;
        Ok(Booked { id: None, session, state: SignUpState::Cancelled })
    })
    .await
}
