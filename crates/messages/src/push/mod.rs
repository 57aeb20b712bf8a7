//! Notifications on devices (Web Push, ADR 0027): somebody presses a button on a device, the browser subscribes at its push
//! service, and what the settings name reaches that device through the same worker as mail and webhooks. What a lock
//! screen shows is the kind of a message and nothing else: no name, no title, no place.

pub mod api;
pub mod commands;
mod listen;
pub mod pages;
pub mod refusals;
pub mod rules;
pub mod store;

use axum::routing::post;
use kernel::{codes, ids};
use ui::App;

pub use api::api;
pub use listen::subscribe;

ids! {
    /// A device that somebody is notified on.
    PushDeviceId;
}

codes! {
    /// Where a device stands.
    pub enum PushState {
        /// Is notified.
        On = "on", "会通知", "Notified";
        /// The push service knows it no more: uninstalled, reset, permission taken back.
        Gone = "gone", "已失效", "Out of reach";
        /// The city exchanged its key: the browser must subscribe anew.
        Rekeyed = "rekeyed", "需重新开启", "To be switched on again";
    }
}

/// Topic of a notification that only shows that it works.
pub const TEST: &str = "push_test";

/// Pages of this subject.
pub fn routes() -> axum::Router<App> {
    axum::Router::new()
        .route("/settings/messages/devices", post(pages::add))
        .route("/settings/messages/devices/{id}/remove", post(pages::remove))
        .route("/settings/messages/devices/{id}/test", post(pages::test))
}

/// Push services that may be used, set once at the start from the configuration.
static HOSTS: std::sync::OnceLock<Vec<String>> = std::sync::OnceLock::new();

/// Tells the pages which push services devices may be subscribed at; empty: none, so that nothing is offered.
pub fn allow_services(hosts: Vec<String>) {
    let _ = HOSTS.set(hosts);
}

/// Push services that may be used; those of the usual browsers when nothing was told.
pub(crate) fn services() -> Vec<String> {
    HOSTS.get().cloned().unwrap_or_else(rules::usual_services)
}
