//! Stand-ins: whoever cannot come offers the place to somebody of the team, or to all who could take it. Until
//! somebody takes over, the place stays with its holder, who comes unless somebody else does. The taker may offer a
//! place of their own in exchange, and where the activity says so the leader agrees first.

mod api;
pub mod commands;
mod pages;
pub mod rules;
pub mod store;

pub use api::api;
pub(crate) use pages::{OfferView, open};
pub(in crate::sign_up) use pages::{of_session, own};

use axum::routing::{get, post};
use db::WriteTx;
use kernel::{Action, Actor, Error, Lang, codes};
use ui::TaskItem;

codes! {
    /// State of an offered place.
    pub enum OfferState {
        /// Somebody may take it.
        Offered = "offered", "等人接替", "Waiting for a stand-in";
        /// The taker offers a place in exchange.
        Proposed = "proposed", "等让出人同意换班", "The giver decides about the swap";
        /// The leader decides.
        Asked = "asked", "等队长同意", "The leader decides";
        /// Somebody else has the place.
        Done = "done", "已接替", "Handed over";
        /// Taken back.
        Withdrawn = "withdrawn", "已收回", "Taken back";
        /// The one who was asked cannot.
        Declined = "declined", "对方来不了", "Declined";
        /// The leader did not agree.
        Refused = "refused", "队长未同意", "The leader did not agree";
        /// The session began, was cancelled, or the place was given back.
        Over = "over", "已结束", "Over";
    }
}

/// Pages of this subject.
pub(super) fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/sign-ups/{id}/hand-over", get(pages::form).post(pages::offer))
        .route("/hand-overs/{id}", get(pages::show))
        .route("/hand-overs/{id}/take", post(pages::take))
        .route("/hand-overs/{id}/decline", post(pages::decline))
        .route("/hand-overs/{id}/withdraw", post(pages::withdraw))
        .route("/hand-overs/{id}/swap", post(pages::swap))
        .route("/hand-overs/{id}/decide", post(pages::decide))
}

/// What waits for somebody: places offered to them, swaps to answer, and for leaders what they are asked.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut db::ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    let mut out = Vec::new();
    if let Some(person) = actor.person {
        for one in store::of_person(tx, person)? {
            let title = match (one.state, one.from_person == person) {
                (OfferState::Offered, false) if one.to_person == Some(person) => {
                    lang.f("{} 请您替班：{}", "{} asks you to stand in: {}", &[&one.from_name, &one.title])
                }
                (OfferState::Proposed, true) => {
                    let taker = one.taker_name.as_deref().unwrap_or_default();
                    lang.f("{} 想和您换班：{}", "{} offers a swap: {}", &[&taker, &one.title])
                }
                _ => continue,
            };
            out.push(TaskItem {
                title,
                detail: one.starts_at.text(),
                href: format!("/hand-overs/{}", one.id),
                action: lang.t("去回复", "Answer").to_owned(),
                due: Some(one.starts_at),
                count: 1,
            });
        }
    }
    if actor.may(Action::Attendance) {
        out.extend(store::asked_of(tx, actor, 10)?.into_iter().map(|one| TaskItem {
            title: lang.f("决定替班：{}", "Decide a stand-in: {}", &[&one.title]),
            detail: lang.f(
                "{} → {}",
                "{} → {}",
                &[&one.from_name, &one.taker_name.as_deref().unwrap_or_default()],
            ),
            href: format!("/hand-overs/{}", one.id),
            action: lang.t("去决定", "Decide").to_owned(),
            due: Some(one.starts_at),
            count: 1,
        }));
    }
    Ok(out)
}

/// Regular work: offers nobody took before the start are over; the holder is told to come.
///
/// # Errors
/// Of the database.
pub fn tick(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    commands::end_due(tx)
}
