//! The waiting list of a full session or post. A place that comes free is offered to the first who waits and still
//! meets the rules; it is held for them until they confirm, decline, or let the time pass, and then goes to the next.
//! Booking pays nothing for it: a held place counts as taken.

mod api;
pub mod commands;
mod pages;
pub mod rules;
pub mod store;

pub(crate) use pages::ahead_words;

use axum::routing::get;
use db::WriteTx;
use kernel::{Actor, Error, Lang, codes};
use ui::TaskItem;

codes! {
    /// State of an entry of the waiting list.
    pub enum WaitState {
        /// Waits.
        Waiting = "waiting", "候补中", "Waiting";
        /// A place is held for the person.
        Offered = "offered", "名额待确认", "A place is held";
        /// Took the place.
        Confirmed = "confirmed", "已确认", "Confirmed";
        /// Did not want it.
        Declined = "declined", "已放弃", "Declined";
        /// Let the time pass.
        Lapsed = "lapsed", "超时未确认", "Not confirmed in time";
        /// Left the list.
        Left = "left", "已退出候补", "Left the list";
        /// The list was closed.
        Over = "over", "候补已结束", "The list is closed";
    }
}

pub(super) use api::api;

/// Pages of this subject.
pub(super) fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/sessions/{id}/waiting", get(super::pages::to_activity).post(pages::join))
        .route("/waiting/{id}/confirm", get(pages::to_schedule).post(pages::confirm))
        .route("/waiting/{id}/leave", get(pages::to_schedule).post(pages::leave))
}

/// Places that are held for the person and must be confirmed in time.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut db::ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    let Some(person) = actor.person else { return Ok(Vec::new()) };
    let mine = store::mine(tx, person)?;
    Ok(mine
        .into_iter()
        .filter(|one| one.state == WaitState::Offered)
        .map(|one| TaskItem {
            title: lang.f("确认候补到的名额：{}", "Confirm your place: {}", &[&one.title]),
            detail: one.starts_at.text(),
            href: "/schedule".to_owned(),
            action: lang.t("去确认", "Confirm").to_owned(),
            due: one.respond_by,
            count: 1,
        })
        .collect())
}

/// Regular work: offers whose time has passed go to the next, lists close two hours before the start, and places that
/// are free while somebody waits are offered.
///
/// # Errors
/// Of the database.
pub fn tick(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    commands::lapse_due(tx)?;
    store::close_lists(tx)?;
    commands::fill_all(tx)
}
