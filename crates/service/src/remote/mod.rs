//! Service without a place (Add-57): online, or at the volunteer's own home. There is no code at a door and nothing to
//! locate. Minutes come from start and stop, or from delivered pieces at so many minutes each, at most two hours a day;
//! they are honour hours until a second person has looked at what was done.

mod api;
pub mod commands;
mod pages;
pub mod refusals;
pub mod rules;
pub mod store;

use axum::routing::{get, post};
use kernel::codes;

pub use api::api;
pub use pages::words;

codes! {
    /// Where it is done.
    pub enum Site {
        /// On the net.
        Online = "online", "线上", "Online";
        /// Where the volunteer lives.
        Home = "home", "居家", "At home";
    }
}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/activities/{id}/remote", get(pages::edit).post(pages::save))
        .route("/sessions/{id}/remote", get(pages::work).post(pages::act))
        .route("/sessions/{id}/deliveries", get(pages::deliveries))
        .route("/records/{id}/review", post(pages::review))
}
