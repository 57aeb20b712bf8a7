//! “I am here”: after checking in, a volunteer may let the phone say once where it is. The place is compared with that
//! of the activity and forgotten; what stays beside the check-in is one word, for the leader and the station to look
//! at. It needs a consent of its own, counts against nobody who does not give it, and refuses nothing (R4, Edge-03).

mod commands;
mod pages;
pub mod refusals;
pub mod rules;
mod store;

use axum::routing::get;
use kernel::codes;

pub use commands::{Told, tell};

codes! {
    /// What the comparison came to, as it stands among the flags of a check-in.
    pub enum Verdict {
        /// At the place.
        Near = "near", "定位在活动地点附近", "Located at the place";
        /// Somewhere else.
        Far = "far", "定位不在活动地点附近", "Located away from the place";
    }
}

/// Name of the setting with the radius in metres; `0`: nothing is asked.
pub const RADIUS: &str = "near_radius_m";

pub(super) fn routes() -> axum::Router<ui::App> {
    axum::Router::new().route("/sessions/{id}/near", get(pages::to_check_in).post(pages::tell))
}

pub(super) use store::asks;
