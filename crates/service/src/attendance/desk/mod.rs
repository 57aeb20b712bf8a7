//! The desk at the place (Fix-22): a tablet or a big screen, started by a signed-in leader and signed out by
//! that. It is bound to one session, ends an hour after it, and can only show the code, take check-ins and show
//! the wall.

pub mod commands;
mod pages;
pub mod refusals;
pub mod store;
mod wall;

use axum::routing::{get, post};
use kernel::ids;

ids! {
    /// A desk.
    DeskId;
}

/// Pages of this subject.
pub(super) fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/sessions/{id}/desks", get(pages::list).post(pages::start))
        .route("/desk", get(pages::show))
        .route("/desk/code", get(pages::code_part))
        .route("/desk/card", post(pages::card))
        .route("/desk/check", post(pages::check))
        .route("/desk/end", post(pages::end))
        .route("/desk/wall", get(wall::show))
        .route("/desk/wall/events", get(wall::events))
}
