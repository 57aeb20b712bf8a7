//! Places that somebody else gives: by the leader's approval, or by invitation. An application takes no place until
//! it is accepted, so that the number of places stays what booking enforces.

mod api;
pub mod commands;
mod pages;
pub mod store;

pub(crate) use pages::{Invited, Standing, invited, standing};

use axum::routing::{get, post};
use db::WriteTx;
use kernel::{Action, Actor, Error, Lang, codes};
use ui::TaskItem;

codes! {
    /// State of an application.
    pub enum ApplicationState {
        /// The leader has not decided.
        Waiting = "waiting", "等队长决定", "The leader decides";
        /// Got a place.
        Accepted = "accepted", "已接受", "Accepted";
        /// Got none.
        Refused = "refused", "未接受", "Not accepted";
        /// Taken back.
        Withdrawn = "withdrawn", "已撤回", "Taken back";
        /// Nobody decided in time, or the session was cancelled.
        Over = "over", "已结束", "Over";
    }
}

codes! {
    /// State of an invitation.
    pub enum InviteState {
        /// Can be used until it expires.
        Open = "open", "有效", "Open";
        /// The person does not want to come.
        Declined = "declined", "已谢绝", "Declined";
        /// Taken back.
        Revoked = "revoked", "已收回", "Taken back";
    }
}

pub(super) use api::api;

/// Pages of this subject.
pub(super) fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/sessions/{id}/apply", get(super::pages::to_activity).post(pages::apply))
        .route("/sessions/{id}/applications", post(pages::decide))
        .route("/applications/{id}/withdraw", post(pages::withdraw))
        .route("/activities/{id}/invitations", get(pages::list).post(pages::invite))
        .route("/activities/{id}/invitations/link", post(pages::link))
        .route("/invitations/{id}/revoke", post(pages::revoke))
        .route("/invitations/{id}/decline", post(pages::decline))
        .route("/invitation-links/{id}/end", post(pages::end_link))
        .route("/invited/{token}", get(pages::open).post(pages::accept))
}

/// Applications that wait for whoever leads; invitations that wait for the person.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut db::ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    let mut out = Vec::new();
    if let Some(person) = actor.person {
        out.extend(store::invitations_of(tx, person)?.into_iter().filter(|one| !one.placed).map(|one| {
            TaskItem {
                title: lang.f("邀请您参加：{}", "You are invited: {}", &[&one.title]),
                detail: one.org_name,
                href: format!("/activities/{}#sessions", one.activity_id),
                action: lang.t("去看看", "Open").to_owned(),
                due: Some(one.expires_at),
                count: 1,
            }
        }));
    }
    if actor.may(Action::Attendance) {
        out.extend(store::waiting_for(tx, actor, 10)?.into_iter().map(|one| TaskItem {
            title: lang.f("决定报名申请：{}", "Decide applications: {}", &[&one.title]),
            detail: lang.f(
                "{} 人申请，{} 开始",
                "{} apply; it starts {}",
                &[&one.count, &one.starts_at.text()],
            ),
            href: format!("/sessions/{}/sign-ups#applications", one.session),
            action: lang.t("去决定", "Decide").to_owned(),
            due: Some(one.starts_at),
            count: one.count,
        }));
    }
    Ok(out)
}

/// Regular work: applications nobody decided before the start are over, and people are told.
///
/// # Errors
/// Of the database.
pub fn tick(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    commands::end_due(tx)
}
