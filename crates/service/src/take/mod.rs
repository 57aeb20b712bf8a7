//! Sessions one can take: what is open for sign-up, not full, does not clash with one's own plans and whose
//! conditions one meets; soonest first, within a day nearest first, each with one button that takes the place.
//! Above it a few that fit best, with the reason. For visitors the same list without personal conditions.

mod api;
pub(crate) mod pages;
pub mod rules;
pub mod store;

use axum::routing::get;

pub use api::api;

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new().route("/sessions", get(pages::list))
}
