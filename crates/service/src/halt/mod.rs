//! Bad weather and the like (Edge-23): whoever looks after an area cancels or puts off, in one step, the sessions of it
//! that fall into some hours. Everybody concerned is told as for a single session, and nobody's absence is counted.

mod api;
pub mod commands;
mod pages;
pub mod refusals;
pub mod store;

use axum::routing::get;

pub use api::api;

kernel::codes! {
    /// Why an area stops.
    pub enum Cause {
        /// Rain, storm, heat, snow.
        Weather = "weather", "恶劣天气", "Bad weather";
        /// An infectious disease.
        Health = "health", "疫情防控", "Public health";
        /// An accident, a disaster, its warning.
        Emergency = "emergency", "突发事件", "Emergency";
        /// The place cannot be used.
        Place = "place", "场地不可用", "The place cannot be used";
    }
}

/// Most sessions that are stopped in one step.
pub const MOST: i64 = 200;
/// Longest span that is looked at, in days.
pub const SPAN_DAYS: i64 = 14;
/// Farthest that sessions are put off, in days.
pub const FAR_DAYS: i64 = 60;

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new().route("/halts", get(pages::show).post(pages::stop))
}
