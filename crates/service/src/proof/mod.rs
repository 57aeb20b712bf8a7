//! Pictures that prove what was entered after the fact (A9, Add-42): the paper sheet, the group at the place. They belong
//! to a session, are seen by those who hand in or confirm its hours, and never become public.

mod api;
pub mod commands;
mod pages;
pub mod refusals;
pub mod rules;
pub mod store;

use axum::routing::{get, post};

pub use api::api;

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        // How large a form may be is the server's limit for uploads ([`ui::upload::takes_files`]).
        .route("/sessions/{id}/proofs", get(pages::list).post(pages::upload))
        .route("/proofs/{id}/picture", get(pages::picture))
        .route("/proofs/{id}/thumb", get(pages::thumb))
        .route("/proofs/{id}/remove", post(pages::remove))
}
