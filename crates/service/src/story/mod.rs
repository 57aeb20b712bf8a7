//! What is told of a session when it is over: the leader's summary, and the volunteers' own words, which are shown once
//! the leader approved them.

mod api;
pub mod commands;
pub(crate) mod pages;
pub mod refusals;
pub mod store;

use axum::routing::{get, post};
use kernel::{Action, Actor, Error, Lang, codes};
use ui::TaskItem;

pub use api::api;

/// Longest summary, in characters.
pub const SUMMARY: usize = 3_000;
/// Longest words of a volunteer, in characters.
pub const WORDS: usize = 1_000;

codes! {
    /// State of a volunteer's words.
    pub enum ReflectionState {
        /// The leader decides.
        Waiting = "waiting", "待审核", "Waits for the leader";
        /// Everybody sees them.
        Approved = "approved", "已公开", "Shown to everybody";
        /// To be changed.
        Returned = "returned", "请修改", "Given back";
        /// Taken back by the writer.
        Withdrawn = "withdrawn", "已撤回", "Taken back";
    }
}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/sessions/{id}/story", get(pages::form).post(pages::save))
        .route("/sessions/{id}/reflection", get(pages::own).post(pages::write))
        .route("/reflections", get(pages::list))
        .route("/reflections/{id}/approve", post(pages::approve))
        .route("/reflections/{id}/return", post(pages::give_back))
        .route("/reflections/{id}/withdraw", post(pages::withdraw))
}

/// What waits for whoever leads.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut db::ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    if !actor.may(Action::ActivityManage) {
        return Ok(Vec::new());
    }
    let count = store::waiting(tx, actor)?;
    if count == 0 {
        return Ok(Vec::new());
    }
    Ok(vec![TaskItem {
        title: lang.f("{} 篇感想待审核", "{} reflections to read", &[&count]),
        detail: lang.t("志愿者写的，通过后公开", "By volunteers; shown once approved").to_owned(),
        href: "/reflections".to_owned(),
        action: lang.t("去看", "Read").to_owned(),
        due: None,
        count,
    }])
}
