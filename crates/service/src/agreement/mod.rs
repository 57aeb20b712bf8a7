//! Written agreements between whoever serves and the body (A7): where a rule says so — a hazard, more than a month, a
//! large event, outside the region — or where one of them asks, nobody checks in before both have signed. Content,
//! manner, time, place, conditions and safety stand in it (Regulation on volunteer service, Art. 14); the text is kept
//! as it was signed, with its hash. For a minor the guardian signs.

mod api;
pub mod commands;
mod config;
pub mod demo;
mod pages;
pub mod refusals;
pub mod rules;
pub mod store;
mod text;

use axum::routing::get;
use kernel::{Action, Actor, Error, Lang, codes, ids};
use ui::TaskItem;

pub use api::api;
pub use config::settings;
pub(crate) use pages::{OnActivity, on_activity};

ids! {
    /// An agreement.
    AgreementId;
}

codes! {
    /// Why an agreement is needed.
    pub enum AgreementReason {
        /// Who serves may come to harm.
        Hazard = "hazard", "活动有危险", "The activity bears a hazard";
        /// Somebody serves for longer than a month.
        Long = "long", "服务期限超过一个月", "Service for more than a month";
        /// So many people.
        Large = "large", "大型活动", "A large event";
        /// Not in the region.
        Outside = "outside", "在本地区以外", "Outside the region";
        /// The organiser asks.
        Organiser = "organiser", "组织方要求签订", "The organiser asks for it";
        /// Whoever serves asks.
        Volunteer = "volunteer", "志愿者要求签订", "The volunteer asks for it";
    }
}

codes! {
    /// Where an agreement stands.
    pub enum AgreementState {
        /// The volunteer asked for one; nobody has signed.
        Asked = "asked", "等待签署", "To be signed";
        /// The volunteer has signed.
        Signed = "signed", "等待组织方签署", "Waits for the body";
        /// Both have.
        Bound = "bound", "双方已签", "Signed by both";
        /// The volunteer holds no place any more.
        Ended = "ended", "已终止", "Ended";
    }
}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/activities/{id}/agreement", get(pages::own).post(pages::sign))
        .route("/activities/{id}/agreement-terms", get(pages::terms).post(pages::set))
        .route("/sessions/{id}/agreements", get(pages::list).post(pages::counter))
        .route("/agreements/{id}", get(pages::one))
        .route("/me/agreements", get(pages::mine))
        .route("/family/{id}/agreements/{activity}", get(pages::of_ward).post(pages::sign_for_ward))
        .route("/rules/agreement", get(config::show).post(config::save))
}

/// What waits for a signature: one's own, and those of the bodies one signs for.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut db::ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    let mut out = Vec::new();
    if let Some(person) = actor.person {
        let minor = store::minor(tx, person)?;
        for one in store::ahead(tx, person)? {
            if minor || !one.need.missing() || one.need.state == Some(AgreementState::Signed) {
                continue;
            }
            out.push(TaskItem {
                title: lang.f("签订服务协议：{}", "Sign the agreement: {}", &[&one.title]),
                detail: lang.t("签好才能签到", "Needed before you can check in").to_owned(),
                href: format!("/activities/{}/agreement", one.activity),
                action: lang.t("去签", "Sign").to_owned(),
                due: Some(one.starts_at),
                count: 1,
            });
        }
    }
    if actor.may(Action::Attendance) {
        out.extend(store::waiting(tx, actor, 5)?.into_iter().map(|one| {
            TaskItem {
                title: lang.f(
                    "{} 份协议等您签署：{}",
                    "{} agreements wait for you: {}",
                    &[&one.count, &one.title],
                ),
                detail: lang
                    .t(
                        "志愿者已签，组织方签后才能签到",
                        "Signed by the volunteers; nobody checks in before the body has",
                    )
                    .to_owned(),
                href: format!("/sessions/{}/agreements", one.session),
                action: lang.t("去签署", "Sign").to_owned(),
                due: Some(one.starts_at),
                count: one.count,
            }
        }));
    }
    Ok(out)
}
