//! A look at activities before they are public (A4, A8): what hints at something that is not volunteer service, or
//! everything, as the city says, waits until the station or the office above the team has read it. They approve, which
//! publishes it, or return it with a reason out of the rule; the team may take it back. Whoever may review publishes
//! what is theirs at once.

mod api;
pub mod commands;
mod config;
pub mod demo;
pub(crate) mod pages;
pub mod refusals;
pub mod rules;
pub mod store;

use axum::routing::{get, post};
use kernel::{Action, Actor, Error, Lang, Timestamp, codes, ids};
use ui::TaskItem;

pub use api::api;
pub use config::{change, settings};

ids! {
    /// Something handed in.
    ReviewId;
}

codes! {
    /// Where something handed in stands.
    pub enum ReviewState {
        /// Nobody has answered.
        Waiting = "waiting", "待审核", "To be reviewed";
        /// It is public.
        Approved = "approved", "已通过", "Approved";
        /// The team changes it.
        Returned = "returned", "已退回", "Returned";
        /// The team took it back.
        Withdrawn = "withdrawn", "已撤回", "Taken back";
    }
}

codes! {
    /// Why something is returned: the seven exclusions (Order 67, Art. 19) in their order, then what else is wrong.
    pub enum ReviewReason {
        /// Part of somebody's job.
        Job = "job", "属于上班时间内的本职工作", "It is part of a job, in working time";
        /// Paid.
        Paid = "paid", "属于有偿劳动", "It is paid work";
        /// Of little use to the public.
        Weak = "weak", "公益性很弱", "Its public benefit is weak";
        /// For a few.
        Own = "own", "为自己或少数人的利益", "It serves one's own interest, or that of a few";
        /// Social practice.
        Practice = "practice", "属于实习、会议、参观等社会实践", "It is an internship, a meeting, a visit or the like";
        /// Internal to a unit.
        Internal = "internal", "属于单位内部管理", "It is internal management of a unit";
        /// Asked by a school.
        School = "school", "属于学校规定必须做的事", "School rules require it";
        /// The notice.
        Facts = "facts", "招募信息不完整或不准确", "The notice is incomplete or not accurate";
        /// Safety.
        Safety = "safety", "安全措施或保障不足", "Safety or guarantees fall short";
        /// Twice.
        Twice = "twice", "与已有活动重复", "It repeats another activity";
        /// Something else, said in the note.
        Other = "other", "其他（请在说明里写明）", "Something else (say it in the note)";
    }
}

codes! {
    /// Which activities are looked at first.
    #[derive(Default)]
    pub enum ReviewMode {
        /// None.
        Never = "never", "都不审核，队伍直接发布", "None: teams publish by themselves";
        /// Those whose words hint at something that is not service.
        #[default]
        Hinted = "hinted", "只审核含提示词（会议、参观、值班……）的活动", "Those with words such as meeting, visit or duty";
        /// All.
        Always = "always", "全部审核", "All";
    }
}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/reviews", get(pages::list))
        .route("/reviews/{id}", get(pages::one))
        .route("/reviews/{id}/approve", post(pages::approve))
        .route("/reviews/{id}/return", post(pages::give_back))
        .route("/activities/{id}/review/withdraw", post(pages::withdraw))
        .route("/rules/review", get(config::show).post(config::save))
}

/// What waits for whoever reviews, and what came back to whoever plans.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut db::ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    if !actor.may(Action::RecordConfirm) {
        return Ok(Vec::new());
    }
    let waiting = store::waiting(tx, actor, None, 20)?;
    let Some(first) = waiting.first() else { return Ok(Vec::new()) };
    Ok(vec![TaskItem {
        title: lang.f("{} 个活动等待审核", "{} activities to review", &[&waiting.len()]),
        detail: format!("{} · {}", first.title, first.team),
        href: "/reviews".to_owned(),
        action: lang.t("去审核", "Review").to_owned(),
        due: waiting.iter().map(|one| Timestamp::at(one.due_on.plus(1), 0)).min(),
        count: i64::try_from(waiting.len()).unwrap_or(i64::MAX),
    }])
}
