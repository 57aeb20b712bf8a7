//! What each account wishes: which kinds of messages leave the inbox on which way, quiet hours, the daily digest;
//! its confirmed e-mail address; the link to its own calendar.

mod api;
pub mod commands;
pub mod pages;
pub mod refusals;
pub mod rules;
pub mod store;

use axum::routing::{get, post};
use ui::App;

pub use api::api;
pub use rules::{Category, Channel, Quiet, Wish};

/// Pages of this subject.
pub fn routes() -> axum::Router<App> {
    axum::Router::new()
        .route("/settings/messages", get(pages::show).post(pages::save))
        .route("/settings/messages/mail", post(pages::mail))
        .route("/settings/messages/mail/again", post(pages::mail_again))
        .route("/settings/messages/mail/remove", post(pages::mail_remove))
        .route("/mail/{token}", get(pages::confirm_show).post(pages::confirm))
}
