//! Planning ahead: sessions by rule (weekly, monthly, themed days, festivals of the lunar calendar) and the
//! annual plan of a team with its progress, which the body above approves and each month accounts for (Add-28).

pub(crate) mod annual;
mod annual_api;
pub mod annual_store;
pub mod approval;
pub mod recurrence;
pub mod refusals;
mod series;
mod series_api;
pub mod series_store;

use axum::routing::{get, post};

use kernel::codes;

pub use approval::tasks;

codes! {
    /// Where an annual plan stands.
    #[derive(Default)]
    pub enum PlanState {
        /// The team writes it.
        #[default]
        Draft = "draft", "编制中", "Being written";
        /// It waits to be approved.
        Submitted = "submitted", "待审批", "To be approved";
        /// It holds.
        Approved = "approved", "已通过", "Approved";
        /// The team changes it.
        Returned = "returned", "已退回", "Returned";
    }
}

codes! {
    /// What the team says became of a line; moving it changes its month.
    pub enum PlanOutcome {
        /// Done, though less is on record.
        Done = "done", "已完成", "Done";
        /// It will not be.
        Dropped = "dropped", "已取消", "Dropped";
    }
}

pub use annual::{LIST, begin, link, put_line, remove_line, unlink};
pub use series::{NewSeries, cancel_from, create, extend};

/// Operations of this subject.
#[must_use]
pub fn api() -> ui::api::Api {
    series_api::api().and(annual_api::api())
}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/activities/{id}/recurrence", get(series::form).post(series::submit))
        .route("/series/{id}", get(series::show))
        .route("/series/{id}/extend", post(series::extend_submit))
        .route("/series/{id}/cancel", post(series::cancel_submit))
        .route("/plans", get(annual::overview).post(annual::begin_submit))
        .route("/plans/{id}", get(annual::show).post(annual::add_line))
        .route("/plan-lines/{id}", get(annual::line).post(annual::save_line))
        .route("/plans/{id}/state", post(approval::submit))
        .route("/plans/{id}/print", get(approval::print))
        .route("/plan-lines/{id}/outcome", post(approval::outcome_submit))
        .route("/plan-lines/{id}/delete", post(annual::delete_line))
        .route("/plan-lines/{id}/link", post(annual::link_submit))
        .route("/plan-lines/{id}/unlink", post(annual::unlink_submit))
}

/// The series of an activity: id and the rule in words.
///
/// # Errors
/// Of the database.
pub(crate) fn series_words(
    tx: &mut db::ReadTx<'_>,
    lang: kernel::Lang,
    activity: crate::ActivityId,
) -> Result<Vec<(crate::SeriesId, String)>, kernel::Error> {
    let words = |rule: &str| {
        recurrence::Rules::parse(rule).map_or_else(|_| rule.to_owned(), |rules| rules.words(lang))
    };
    Ok(series_store::of_activity(tx, activity)?.into_iter().map(|one| (one.id, words(&one.rule))).collect())
}
