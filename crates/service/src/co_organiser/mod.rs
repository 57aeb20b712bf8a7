//! Co-organisers (Add-52): other organisations that run an activity together with the one that plans it. Each agrees
//! first; then the activity stands under each of them. It is one activity with one set of sessions, so that the city
//! counts it once, and the organising body alone records and confirms (C3).

mod api;
pub mod commands;
mod pages;
pub mod refusals;
pub mod store;

use axum::routing::{get, post};
use kernel::{Action, Actor, Error, Lang, codes};
use ui::TaskItem;

pub use api::api;

codes! {
    /// Where it stands with a co-organiser.
    pub enum CoState {
        /// Has not answered.
        Asked = "asked", "等待对方同意", "Asked";
        /// Agreed.
        Agreed = "agreed", "已同意", "Agreed";
        /// Said no.
        Declined = "declined", "未同意", "Declined";
        /// Taken back by one side.
        Ended = "ended", "已退出", "Ended";
    }
}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/activities/{id}/co-organisers", get(pages::show).post(pages::ask))
        .route("/activities/{id}/co-organisers/remove", post(pages::remove))
        .route("/activities/{id}/co-organisers/answer", post(pages::answer))
        .route("/co-organisers", get(pages::list))
}

/// What waits for the answer of those who plan for another organisation.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut db::ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    if !actor.may(Action::ActivityManage) {
        return Ok(Vec::new());
    }
    let waiting = store::asked_of(tx, actor, Some(CoState::Asked), None, 20)?;
    let Some(first) = waiting.first() else { return Ok(Vec::new()) };
    Ok(vec![TaskItem {
        title: lang.f(
            "答复 {} 个联合主办邀请",
            "Answer {} invitations to organise together",
            &[&waiting.len()],
        ),
        detail: format!("{} · {}", first.title, first.planner),
        href: "/co-organisers".to_owned(),
        action: lang.t("去答复", "Answer").to_owned(),
        due: None,
        count: i64::try_from(waiting.len()).unwrap_or(i64::MAX),
    }])
}
