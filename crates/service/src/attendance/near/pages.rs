//! The form below one's own session on the check-in page.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use kernel::{Error, Refusal};
use ui::{Answer, App, Done, Fields, Req};

use super::commands::{self, Told};
use super::rules::Point;
use super::{Verdict, refusals};
use crate::SessionId;

/// `GET /sessions/{id}/near`: after signing in somebody comes back to the page with the form.
pub(super) async fn to_check_in() -> Answer {
    Redirect::to("/check-in").into_response()
}

fn told(fields: &Fields) -> Result<Told, Error> {
    let number = |name: &str| fields.text(name).parse::<f64>().ok();
    let point = number("lon").zip(number("lat")).and_then(|(lon, lat)| Point::new(lon, lat));
    let found = point.zip(number("accuracy")).map(|(at, accuracy)| Told { at, accuracy });
    found.ok_or_else(|| Refusal::new(&refusals::NEAR_NO_FIX).into())
}

/// `POST /sessions/{id}/near`
pub(super) async fn tell(
    State(app): State<App>,
    req: Req,
    Path(id): Path<SessionId>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, fields| {
        let told = told(fields)?;
        let lang = req.lang;
        let say = match commands::tell(tx, actor, id, told, fields.ticked("agree"))? {
            Some(Verdict::Near) => lang.t("已核对：您在活动地点附近。位置没有保存。", "Compared: you are at the place. Where you are was not kept."),
            Some(Verdict::Far) => lang.t(
                "手机的位置不在活动地点附近，签到仍然有效，由队长核实。到场后可以再核对一次。",
                "Your phone is not at the place. Your check-in counts, and the leader will look. You may compare again when you are there.",
            ),
            None => lang.t(
                "手机定位不够准，没有记录。签到有效，可以到室外再试。",
                "Your phone does not know well enough where it is; nothing was noted. Your check-in counts; try again outside.",
            ),
        };
        Ok(Done::to("/check-in", say))
    })
    .await
}
