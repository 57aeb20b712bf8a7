//! Kept places: a leader keeps some places of a session for a team's or a community's own people, or for those whom
//! the leader enters (who call, who have no phone), until a time. Until then nobody else takes them; after it they are
//! everybody's. A kept place is a number and no name: who takes it is a sign-up like any other.

mod api;
pub mod commands;
pub mod demo;
mod pages;
pub mod refusals;
pub mod rules;
pub mod store;

use axum::routing::{get, post};

pub use api::api;

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/sessions/{id}/reserves", get(pages::list).post(pages::keep))
        .route("/reserves/{id}/remove", post(pages::remove))
}
