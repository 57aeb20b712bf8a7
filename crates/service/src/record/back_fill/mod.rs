//! Back-fill (A9, Fix-18): hours of somebody who was there but stands on no roll, entered after the roll was handed
//! in: with a reason, with evidence, and approved by a second person. They are honour hours and flagged for ever.

mod api;
pub mod commands;
mod pages;
pub mod rules;
pub mod store;

pub use api::api;

use axum::routing::{get, post};
use kernel::{Action, Actor, Error, Lang, codes};
use ui::TaskItem;

/// A second person decides within so many days; it is a promise that is shown, and nothing lapses.
pub const DECIDE_DAYS: i64 = 7;

codes! {
    /// State of a request.
    pub enum FillState {
        /// A second person decides.
        Waiting = "waiting", "等第二人批准", "A second person decides";
        /// Became a record.
        Approved = "approved", "已批准", "Approved";
        /// Did not.
        Refused = "refused", "未批准", "Refused";
        /// Taken back.
        Withdrawn = "withdrawn", "已撤回", "Taken back";
    }
}

/// Pages of this subject.
pub(super) fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/sessions/{id}/back-fill", get(pages::show).post(pages::ask))
        .route("/back-fills", get(pages::list))
        .route("/back-fills/{id}/decide", post(pages::decide))
        .route("/back-fills/{id}/withdraw", post(pages::withdraw))
}

/// What waits for a second person.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut db::ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    if !actor.may(Action::RecordConfirm) {
        return Ok(Vec::new());
    }
    let waiting = store::waiting(tx, actor, None, 50)?;
    let mine: Vec<_> = waiting.iter().filter(|one| commands::may_decide(actor, one)).collect();
    let Some(first) = mine.first() else { return Ok(Vec::new()) };
    Ok(vec![TaskItem {
        title: lang.f("审批 {} 条补录", "Decide {} back-fills", &[&mine.len()]),
        detail: first.title.clone(),
        href: "/back-fills".to_owned(),
        action: lang.t("去审批", "Decide").to_owned(),
        due: Some(first.asked_at.plus_minutes(DECIDE_DAYS * 24 * 60)),
        count: i64::try_from(mine.len()).unwrap_or(i64::MAX),
    }])
}
