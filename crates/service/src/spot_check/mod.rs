//! Hours looked at once more (R4; Order 67, Art. 21). Each month some of the records confirmed in it are drawn by lot;
//! somebody above those who confirmed them asks whether they are true, and what came of it is published without names.
//! Teams much of whose hours were entered after the end, without a check-in, are looked at besides (ADR 0035).

mod api;
pub mod commands;
mod config;
pub mod demo;
pub mod draw;
mod pages;
pub mod refusals;
pub mod rules;
pub mod store;

use axum::routing::{get, post};
use kernel::{Action, Actor, Error, Lang, Timestamp, codes, ids};
use ui::TaskItem;

pub use api::api;
pub use config::{change, settings};

ids! {
    /// A record that was drawn.
    SpotCheckId;
    /// A team's month with many hours entered afterwards.
    LateShareId;
}

codes! {
    /// What asking came to.
    pub enum CheckState {
        /// Nobody has asked.
        Waiting = "waiting", "待核查", "To be checked";
        /// It is as recorded.
        Right = "right", "属实", "True";
        /// They were there, for another time.
        Minutes = "minutes", "到场，时长不符", "There, for another time";
        /// They were not there.
        Absent = "absent", "没有到场", "Not there";
        /// Nobody could say.
        Unreachable = "unreachable", "无法核实", "Could not be found out";
    }
}

codes! {
    /// How somebody found out.
    pub enum How {
        /// By phone.
        Phone = "phone", "电话回访", "By phone";
        /// At the place.
        Site = "site", "现场走访", "At the place";
        /// In what there is.
        Papers = "papers", "查签到表、照片", "In sheets and photos";
    }
}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/spot-checks", get(pages::list))
        .route("/spot-checks/results", get(pages::results))
        .route("/spot-checks/shares/{id}", post(pages::share_seen))
        .route("/spot-checks/{id}", get(pages::one).post(pages::answer))
        .route("/rules/spot-checks", get(config::show).post(config::save))
}

/// What waits for those who look again.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut db::ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    if !actor.may(Action::RecordConfirm) {
        return Ok(Vec::new());
    }
    let mut out = Vec::new();
    let (waiting, due_on, open, shares) = store::waiting(tx, actor)?;
    let mut task = |count: i64, title: String, detail: &str, href: &str, action: &str, due| {
        if count > 0 {
            let (detail, href, action) = (detail.to_owned(), href.to_owned(), action.to_owned());
            out.push(TaskItem { title, detail, href, action, due, count });
        }
    };
    task(
        waiting,
        lang.f("抽查 {} 条已确认的时长", "Check {} confirmed records", &[&waiting]),
        lang.t("每月随机抽取，核实是否属实", "Drawn by lot each month: are they true?"),
        "/spot-checks",
        lang.t("去核查", "Check"),
        due_on.map(|on| Timestamp::at(on.plus(1), 0)),
    );
    task(
        open,
        lang.f("{} 条抽查不符的时长还在计入", "{} records found wrong still count", &[&open]),
        lang.t("请作废，或改正核查结果", "Void them, or correct what was found"),
        "/spot-checks?tab=open",
        lang.t("去处理", "See to it"),
        None,
    );
    task(
        shares,
        lang.f("{} 支队伍补录偏多，请复核", "{} teams entered many hours afterwards", &[&shares]),
        lang.t("没有现场签到的时长占比过高", "Too large a share has no check-in"),
        "/spot-checks?tab=teams",
        lang.t("去复核", "Look at it"),
        None,
    );
    Ok(out)
}
