//! Categories that another body coordinates (Add-64): activities of such a category are published once that body has
//! agreed; all others are the team's own. The city's office says which body coordinates what.

mod api;
pub mod commands;
pub(crate) mod pages;
pub mod refusals;
pub mod store;

use axum::routing::{get, post};
use kernel::{Action, Actor, Error, Lang, codes};
use ui::TaskItem;

pub use api::api;

codes! {
    /// What the body said of an activity.
    pub enum Word {
        /// Has not answered.
        Asked = "asked", "等待同意", "Asked";
        /// It may be published.
        Agreed = "agreed", "已同意", "Agreed";
        /// Not like this.
        Declined = "declined", "未同意", "Declined";
    }
}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/rules/coordination", get(pages::rules).post(pages::set))
        .route("/coordination", get(pages::list))
        .route("/activities/{id}/coordination", get(pages::show).post(pages::ask))
        .route("/activities/{id}/coordination/answer", post(pages::answer))
}

/// What waits for the answer of a coordinating body.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut db::ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    if !actor.may(Action::ActivityManage) {
        return Ok(Vec::new());
    }
    let waiting = store::waiting(tx, actor, None, 20)?;
    let Some(first) = waiting.first() else { return Ok(Vec::new()) };
    Ok(vec![TaskItem {
        title: lang.f(
            "{} 个活动等待统筹部门同意",
            "{} activities wait for your agreement",
            &[&waiting.len()],
        ),
        detail: format!("{} · {}", first.title, first.team),
        href: "/coordination".to_owned(),
        action: lang.t("去答复", "Answer").to_owned(),
        due: first.first_at,
        count: i64::try_from(waiting.len()).unwrap_or(i64::MAX),
    }])
}
