//! Who stays: people by the month of their first service and how many still serve 1, 3, 6 and 12 months later, for
//! communities and teams; who served regularly and fell silent; and a word to them.

mod api;
pub mod commands;
pub mod kept;
mod pages;
pub mod refusals;
pub mod rules;
pub mod store;

use kernel::ids;

pub use api::api;

ids! {
    /// A message to somebody who fell silent.
    CallBackId;
}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    pages::routes()
}
