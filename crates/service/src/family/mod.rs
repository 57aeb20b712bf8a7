//! A guardian's view of a child — places ahead, hours, consent — and what a leader needs to know of the minors of a
//! session: whether the guardian consents, and whom to call while they need it (V4, Fix-07); families that sign up
//! together (Add-26).

mod api;
pub mod company;
mod pages;
pub mod refusals;
mod store;

use axum::routing::{get, post};

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/family/{id}", get(pages::child))
        .route("/family/{id}/give-back", post(pages::give_back))
        .route("/sessions/{id}/family", get(pages::to_activity).post(pages::book))
        .route("/sessions/{id}/minors", get(pages::minors))
        .route("/sessions/{id}/minors/{person}/contact", post(pages::contact))
}

pub use api::api;
pub use company::{Family, book};
pub(crate) use store::count;
