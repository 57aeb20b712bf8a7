//! Paper where there is no phone (Add-42): numbered lists of a session, printed with the names in a fixed order and
//! empty lines for people who come along, and the screen on which a sheet is entered line by line, once. What is
//! entered goes the way of the roll while that is the leader's, and becomes requests for a back-fill after it was
//! handed in (A9, Fix-18).

mod api;
pub mod commands;
mod pages;
pub mod refusals;
pub mod rules;
pub mod store;

use axum::routing::{get, post};
use kernel::{Actor, Error, Lang, codes, ids};
use ui::TaskItem;

pub(super) use api::api;

ids! {
    /// A sheet of paper.
    SheetId;
}

codes! {
    /// State of a sheet.
    pub enum SheetState {
        /// May be entered, once.
        Printed = "printed", "待录入", "To be entered";
        /// Was entered.
        Entered = "entered", "已录入", "Entered";
        /// Lost or spoilt.
        Void = "void", "已作废", "Void";
    }
}

codes! {
    /// What entering a line came to.
    pub enum LineOutcome {
        /// Nothing stood on it.
        Blank = "blank", "空行", "Empty";
        /// The person is on the roll with these times.
        Entered = "entered", "已登记到场", "Entered";
        /// The person was there already; the time of leaving was added.
        Ended = "ended", "已补签退", "Check-out added";
        /// The roll, or a record, said so before; that stands.
        Kept = "kept", "点名中已有，未改动", "On the roll already, left as it is";
        /// A back-fill was asked for.
        Asked = "asked", "已提交补录", "Back-fill asked for";
    }
}

/// Pages of this subject.
pub(super) fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/sessions/{id}/sheets", get(pages::of_session).post(pages::print))
        .route("/sheets", get(pages::list))
        .route("/sheets/{id}", get(pages::entry).post(pages::enter))
        .route("/sheets/{id}/print", get(pages::paper))
        .route("/sheets/{id}/void", post(pages::void))
}

/// Sheets of sessions that are over and were not entered.
///
/// # Errors
/// Of the database.
pub(super) fn tasks(tx: &mut db::ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    let now = tx.now();
    let mut waiting = store::waiting(tx, actor, None, None, 50)?;
    waiting.retain(|sheet| sheet.ends_at <= now);
    let Some(first) = waiting.first() else { return Ok(Vec::new()) };
    Ok(vec![TaskItem {
        title: lang.f("录入 {} 张纸质签到表", "Enter {} paper sheets", &[&waiting.len()]),
        detail: format!("{} {}", first.number(), first.title),
        href: if waiting.len() == 1 { format!("/sheets/{}", first.id) } else { "/sheets".to_owned() },
        action: lang.t("去录入", "Enter").to_owned(),
        due: None,
        count: i64::try_from(waiting.len()).unwrap_or(i64::MAX),
    }])
}
