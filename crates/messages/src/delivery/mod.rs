//! What leaves the city: messages by mail and text as people wish, facts to webhooks. A worker first decides where
//! something goes (rows of `delivery`, one for each way, under a key that makes them unique), then sends what is due,
//! again with growing pauses when it fails, and gives up in the end. The record shows what became of each, never a
//! text, an address or a number in full.

mod api;
pub mod http;
pub mod mail;
pub mod pages;
pub mod refusals;
pub mod route;
pub mod rules;
pub mod send;
pub mod store;

pub use api::api;
pub use pages::LIST;

use axum::routing::{get, post};
use db::WriteTx;
use kernel::{Action, Actor, Error, codes, ids};
use ui::App;

ids! {
    /// Something on its way.
    DeliveryId;
}

codes! {
    /// What became of it.
    pub enum DeliveryState {
        /// Waits for its time.
        Queued = "queued", "排队中", "Queued";
        /// Failed; is tried again.
        Failed = "failed", "失败，会重试", "Failed, tried again";
        /// The other side took it.
        Sent = "sent", "已发出", "Sent";
        /// Failed for good.
        GivenUp = "given_up", "已放弃", "Given up";
        /// Came too late to be of use.
        Lapsed = "lapsed", "过时未发", "Too late";
    }
}

/// Topic of the outbox for links that confirm an address.
pub const MAIL_CONFIRM: &str = "mail_confirm";

/// Queues something again that was given up, lapsed or failed.
///
/// # Errors
/// `common.forbidden`, `delivery.nothing_to_resend`.
pub fn resend(tx: &mut WriteTx<'_>, actor: &Actor, id: DeliveryId) -> Result<(), Error> {
    actor.demand_any(Action::HookManage)?;
    if !store::again(tx, id)? {
        return Err((&refusals::NOTHING_TO_RESEND).into());
    }
    people::audit::note(tx, actor, "delivery.resend", "delivery", id.0, "")?;
    Ok(())
}

/// Pages of this subject.
pub fn routes() -> axum::Router<App> {
    axum::Router::new()
        .route("/messages/delivery", get(pages::list))
        .route("/messages/delivery/{id}/resend", post(pages::resend))
}
