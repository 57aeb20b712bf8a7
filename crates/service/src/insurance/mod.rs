//! Insurance of those who serve (A6; Regulation on volunteer service, Art. 17): an activity that may endanger them is
//! published, but nobody checks in before a policy is recorded that covers the session. A policy belongs to an
//! organisation and covers, by choice, activities of this organisation and of those below it: the city's covers every
//! team. At the start the list of those who hold a place is closed; it is who was insured.

mod api;
pub mod commands;
mod config;
pub mod demo;
mod pages;
pub mod refusals;
pub mod rules;
pub mod store;

use axum::routing::{get, post};
use kernel::{Action, Actor, Error, Lang, codes, ids};
use ui::TaskItem;

pub use api::api;
pub use config::{Settings, change, settings};
pub use pages::OnActivity;
pub(crate) use pages::on_activity;

ids! {
    /// A policy.
    PolicyId;
    /// A line of a list of the insured.
    InsuredId;
}

codes! {
    /// Against what.
    pub enum PolicyKind {
        /// Accidents of those who serve.
        Accident = "accident", "人身意外险", "Personal accident";
        /// What the organiser is liable for.
        Liability = "liability", "公众责任险", "Liability";
        /// Both in one.
        Both = "both", "意外和责任", "Accident and liability";
    }
}

codes! {
    /// Up to which hazard a policy covers.
    pub enum Covers {
        /// Some.
        Slight = "some", "只保一定危险的活动", "Some hazard only";
        /// Marked as well.
        Marked = "marked", "危险较大的活动也保", "A marked hazard as well";
    }
}

codes! {
    /// How it is determined who is insured.
    pub enum Insured {
        /// Whoever holds a place in a session.
        Places = "places", "报上名的人都保", "All who hold a place";
        /// All who are registered in the city.
        Registered = "registered", "全市注册志愿者都保", "All registered volunteers of the city";
        /// Those on the list that the insurer was sent.
        List = "list", "按交给保险公司的名单", "Those on the list sent to the insurer";
    }
}

codes! {
    /// Where a policy stands; it follows from the clock and the withdrawal.
    pub enum PolicyState {
        /// Begins later.
        Planned = "planned", "未生效", "Planned";
        /// Covers.
        InForce = "in_force", "生效中", "In force";
        /// Is over.
        Ended = "ended", "已到期", "Ended";
        /// Was taken back.
        Withdrawn = "withdrawn", "已撤回", "Withdrawn";
    }
}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/policies", get(pages::list))
        .route("/policies/new", get(pages::new).post(pages::create))
        .route("/policies/{id}", get(pages::show).post(pages::save))
        .route("/policies/{id}/withdraw", post(pages::withdraw))
        .route("/activities/{id}/insurance", get(pages::activity).post(pages::choose))
        .route("/sessions/{id}/insured", get(pages::insured).post(pages::close))
        .route("/rules/insurance", get(config::show).post(config::save))
}

/// Hazardous activities with sessions ahead that nothing covers yet, by the first of them.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut db::ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    if !actor.may(Action::ActivityManage) {
        return Ok(Vec::new());
    }
    Ok(store::uncovered(tx, actor, 5)?
        .into_iter()
        .map(|one| TaskItem {
            title: lang.f("登记保险：{}", "Record insurance: {}", &[&one.title]),
            detail: lang.f(
                "{} 开始前要登记，否则不能签到（{} 场）",
                "Before {}, or nobody can check in ({} sessions)",
                &[&one.first_at.text(), &one.sessions],
            ),
            href: format!("/activities/{}/insurance", one.activity),
            action: lang.t("去登记", "Record it").to_owned(),
            due: Some(one.first_at),
            count: one.sessions,
        })
        .collect())
}

/// Regular work: closes the lists of sessions that have begun, and tells leaders of what is missing.
///
/// # Errors
/// Of the database.
pub fn tick(tx: &mut db::WriteTx<'_>) -> Result<(), Error> {
    for session in store::to_close(tx, 20)? {
        commands::close_list(tx, session)?;
    }
    let days = settings(tx)?.warn_days;
    if days == 0 {
        return Ok(());
    }
    for one in store::to_tell(tx, days, 50)? {
        if store::told(tx, one.session)? {
            tx.publish(&crate::event::InsuranceMissing {
                told: one.leader,
                activity: one.activity,
                title: one.title,
                starts_at: one.starts_at,
            })?;
        }
    }
    Ok(())
}
