//! Check-in for programs, over the same command.

use axum::extract::{Path, State};
use kernel::Error;
use ui::{Answer, App, Fields, Req};

use super::{CheckIn, commands, pages};
use crate::SessionId;

/// `POST /api/v1/sessions/{id}/check-in` with `{"code": "123456"}`: the number on the screen or the tag of
/// the link.
pub(super) async fn check_in(
    State(app): State<App>,
    req: Req,
    Path(id): Path<i64>,
    fields: Fields,
) -> Answer {
    let id = SessionId(id);
    let proof = pages::prove(&app, &req, id, fields.text("code"), &fields).await;
    let device = pages::device(&app, &req);
    app.api_write(req, fields, 200, move |tx, _, actor, _| {
        let at = proof.clone().map_err(Error::Refused)?;
        let ask = CheckIn { session: id, at, want: None, device: device.clone(), team: None };
        commands::check_in(tx, actor, &ask)
    })
    .await
}
