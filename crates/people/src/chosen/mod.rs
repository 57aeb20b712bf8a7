//! What is done to several lines of a list at once: people are written to or taken into a team, teams are opened or
//! suspended. A page says first what will happen to whom and who is refused and why; then it happens to all that were
//! shown as fit, or to none. Each step is the command that one line alone has.

mod api;
mod commands;
mod pages;
pub mod refusals;
mod rules;
mod store;

use db::Event;
use kernel::PersonId;

pub use api::api;
pub use commands::{MOST, join_team, set_teams, write};

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    pages::routes()
}

/// Staff write to somebody.
#[derive(Debug, Clone)]
pub struct Written {
    /// To whom.
    pub person: PersonId,
    /// Who writes.
    pub by: String,
    /// What they write.
    pub text: String,
}

impl Event for Written {}
