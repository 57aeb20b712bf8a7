//! Trips (Add-60): people meet somewhere else and earlier, go together, and come back together. Meeting point and time,
//! what to wear and bring, who looks after what, heads counted at assembly, arrival and return, and “all back safely”.
//! None of it makes minutes: service begins and ends at the place (R2).

mod api;
pub mod commands;
mod pages;
pub mod refusals;
pub mod rules;
pub mod store;

use axum::routing::{get, post};
use kernel::{Action, Actor, Error, Lang, codes};
use ui::TaskItem;

pub use api::api;
pub use pages::MeetView;

codes! {
    /// What somebody looks after on a trip.
    pub enum TripRole {
        /// Takes pictures.
        Photo = "photo", "拍照", "Photos";
        /// Minds the traffic and the people.
        Safety = "safety", "安全员", "Safety";
        /// Has the first-aid box.
        FirstAid = "first_aid", "急救员", "First aid";
        /// Knows the way.
        Guide = "guide", "带队", "Guide";
        /// Takes the roll at the place.
        CheckIn = "check_in", "签到", "Check-in";
    }
}

codes! {
    /// Where heads are counted.
    pub enum Stage {
        /// At the meeting point.
        Assembly = "assembly", "集合", "Assembly";
        /// At the place.
        Arrival = "arrival", "到达", "Arrival";
        /// Back again.
        Return = "return", "返回", "Return";
    }
}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/sessions/{id}/trip", get(pages::show).post(pages::save))
        .route("/sessions/{id}/trip/roles", post(pages::roles))
        .route("/sessions/{id}/trip/count", get(pages::counting).post(pages::count))
        .route("/sessions/{id}/trip/back", post(pages::back))
}

/// Trips from which not everybody is known to be back.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut db::ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    if !actor.may(Action::Attendance) {
        return Ok(Vec::new());
    }
    Ok(store::out(tx, actor, 5)?
        .into_iter()
        .map(|one| TaskItem {
            title: lang.f("确认全部安全返回：{}", "Is everybody back? {}", &[&one.title]),
            detail: one.ends_at.text(),
            href: format!("/sessions/{}/trip", one.session),
            action: lang.t("去确认", "Confirm").to_owned(),
            due: Some(one.return_at.unwrap_or(one.ends_at)),
            count: 1,
        })
        .collect())
}
