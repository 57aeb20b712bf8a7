//! Buttons of the waiting list.

use axum::extract::{Path, State};
use ui::answer::{Answer, Done};
use ui::form::Label;
use ui::{App, Fields, Req};

use super::commands;
use crate::activity::pages::parse;
use crate::sign_up::pages::{back, render_back};
use crate::{PostId, take};

/// How many wait before somebody, in words.
#[must_use]
pub(crate) fn ahead_words(lang: kernel::Lang, ahead: i64) -> String {
    if ahead == 0 {
        lang.t("您排在第一位。", "You are first in line.").to_owned()
    } else {
        lang.f("前面还有 {} 人。", "{} before you.", &[&ahead])
    }
}

/// `POST /sessions/{id}/waiting`
pub(super) async fn join(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let session = parse(&id)?;
            let post = match fields.text("post") {
                "" => None,
                _ => Some(fields.id::<PostId>("post", Label("岗位", "Post"))?),
            };
            let (_, ahead) = commands::join(tx, actor, session, post, None)?;
            let lang = req.lang;
            let say = lang.f(
                "已加入候补，{}有名额时会发消息给您，请按时确认。",
                "You are on the waiting list. {} You get a message when a place is free; confirm it in time.",
                &[&ahead_words(lang, ahead)],
            );
            let to = take::pages::came_from(fields.text("next"))
                .map_or_else(|| back(fields, session), str::to_owned);
            Ok(Done::to(to, say))
        },
        move |tx, req, actor, form| render_back(&a, tx, req, actor, &again, form),
    )
    .await
}

/// `POST /waiting/{id}/confirm`
pub(super) async fn confirm(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::confirm(tx, actor, parse(&id)?)?;
        Ok(Done::to(
            "/schedule",
            req.lang.t("名额已确认，记得按时到。", "The place is yours. See you there."),
        ))
    })
    .await
}

/// `POST /waiting/{id}/leave`
pub(super) async fn leave(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::leave(tx, actor, parse(&id)?)?;
        let say =
            req.lang.t("已退出候补，名额会让给下一位。", "You left the waiting list; the next one moves up.");
        Ok(Done::to("/schedule", say))
    })
    .await
}

/// Whoever comes back to a button's address from signing in finds the button in the schedule.
pub(super) async fn to_schedule(State(app): State<App>, req: Req) -> Answer {
    let say = req.flash.clone().unwrap_or_default();
    Done::to("/schedule", say).answer(&app, &req)
}
