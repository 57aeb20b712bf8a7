//! Attendance without a network: what leaders' phones captured is sent later, exactly once, in any order and from
//! several phones. Where phones disagree, nothing is guessed: the roll shows who said what, and a person decides.

mod api;
pub mod commands;
mod pages;
pub mod refusals;
pub mod rules;
pub mod store;

use axum::routing::{get, post};
use kernel::codes;

pub(in crate::attendance) use pages::{Open, open_lines};

codes! {
    /// What a phone noted about somebody.
    pub enum Act {
        /// Was there at the planned start.
        Present = "present", "到场", "Present";
        /// Came at that moment.
        Late = "late", "迟到", "Late";
        /// Did not come.
        Absent = "absent", "缺席", "Absent";
        /// Left.
        Out = "out", "签退", "Left";
        /// Takes an earlier command of this phone back.
        Undo = "undo", "撤销", "Undo";
        /// The person's own scan of the rotating code.
        Scan = "scan", "本人扫码", "Own scan";
    }
}

codes! {
    /// What became of a command.
    pub enum Outcome {
        /// It counts.
        Done = "done", "已送达", "Sent";
        /// It was so already.
        Same = "same", "已送达（无变化）", "Sent; it was so already";
        /// It counts as soon as the arrival is known.
        Waiting = "waiting", "已送达，等待到场记录", "Sent; the arrival is not known yet";
        /// A person must decide.
        Conflict = "conflict", "已送达，需要人工决定", "Sent; somebody must decide";
        /// It counts for nothing.
        Refused = "refused", "未采纳", "Not accepted";
    }
}

codes! {
    /// Why a person must decide.
    pub enum Why {
        /// One says there, another says absent.
        PresentAbsent = "present_absent", "一处记到场，另一处记缺席", "One says present, another absent";
        /// The times lie more than ten minutes apart.
        Times = "times", "到场或离开的时间不一致", "The times of coming or leaving differ";
        /// More than one stay.
        Again = "again", "多次进出", "Came and went more than once";
        /// The person had given the place back.
        Cancelled = "cancelled", "本人已取消报名", "The person had given the place back";
        /// The roll was fixed before this arrived.
        Closed = "closed", "名单已提交后才收到", "It came after the roll was submitted";
    }
}

codes! {
    /// How a line of the roll stands with the phones.
    pub enum LineState {
        /// Settled.
        Clear = "clear", "一致", "Agreed";
        /// The arrival is not known yet.
        Waiting = "waiting", "只有签退，没有到场", "Left, arrival not known";
        /// A person must decide.
        Conflict = "conflict", "需要决定", "To decide";
    }
}

pub(super) use api::api;

/// Pages of this subject.
pub(super) fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/offline", get(pages::fallback))
        .route("/sessions/{id}/offline", get(pages::show))
        .route("/sessions/{id}/decide", post(pages::decide))
}
