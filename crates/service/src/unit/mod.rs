//! Unit members (V9): an enterprise, school or agency joins a team, a station, a community or the city as a whole;
//! people serve in its name, one unit at a time; the unit has its own total of hours, a figure of the dictionary that is
//! computed and kept nowhere (ADR 0025).

mod api;
pub mod commands;
pub mod demo;
mod host_pages;
mod pages;
mod person_pages;
pub mod refusals;
pub mod rules;
pub mod store;

use kernel::{Action, Actor, Error, Lang, PersonId, codes, ids};
use ui::TaskItem;

pub use api::api;

ids! {
    /// The membership of a unit, from the application to its end.
    UnitMemberId;
    /// Somebody serves in the name of a unit.
    UnitServiceId;
}

codes! {
    /// State of a unit's membership.
    pub enum UnitState {
        /// Asked to join.
        Applied = "applied", "待审核", "Applied";
        /// A member.
        Member = "member", "单位会员", "Member";
        /// Not taken.
        Rejected = "rejected", "未通过", "Not taken";
        /// Left, or taken back.
        Left = "left", "已退出", "Left";
    }
}

impl UnitState {
    /// Who does what next (Chk-01); `fresh`: the unit is not in the tree yet.
    #[must_use]
    pub fn next(self, fresh: bool, lang: impl Into<Lang>) -> &'static str {
        let lang: Lang = lang.into();
        match (self, fresh) {
            (Self::Applied, true) => lang.t(
                "新单位由社区站点或办公室核对代码后审核。",
                "The station or the office checks the code of a new unit and answers.",
            ),
            (Self::Applied, false) => {
                lang.t("由所加入组织的负责人审核。", "Whoever leads what it joins answers.")
            }
            (Self::Member, _) => lang.t(
                "职工以单位名义服务，由单位联系人确认。",
                "Its people serve in its name; its contact confirms them.",
            ),
            (Self::Rejected, _) => lang.t("单位可按意见修改后重新申请。", "The unit may apply again."),
            (Self::Left, _) => {
                lang.t("时长保留；单位想回来可重新申请。", "Its hours stay; the unit may apply again.")
            }
        }
    }
}

codes! {
    /// State of serving in a unit's name.
    pub enum ServeState {
        /// The person said so; the unit answers.
        Asked = "asked", "待单位确认", "Waits for the unit";
        /// Serves in its name.
        Active = "active", "以单位名义服务", "Serves in its name";
        /// The unit said no.
        Refused = "refused", "单位未确认", "Turned down";
        /// Taken back before the unit answered.
        Withdrawn = "withdrawn", "已撤回", "Taken back";
        /// Over; its hours stay with the unit.
        Ended = "ended", "已结束", "Over";
    }
}

impl ServeState {
    /// Who does what next (Chk-01).
    #[must_use]
    pub fn next(self, lang: impl Into<Lang>) -> &'static str {
        let lang: Lang = lang.into();
        match self {
            Self::Asked => lang.t("等单位联系人确认。", "The unit's contact confirms."),
            Self::Active => lang.t(
                "起止日期内确认的时长计入单位，也照常计入本人。",
                "Hours confirmed from that day on count for the unit, and for the person as ever.",
            ),
            Self::Refused => {
                lang.t("本人可另选单位或重新提出。", "The person may choose another unit, or ask again.")
            }
            Self::Withdrawn => lang.t("本人已撤回，不用再处理。", "Taken back; nothing is left to do."),
            Self::Ended => lang.t(
                "不用再处理；已计入单位的时长不变。",
                "Nothing is left to do; what was counted for the unit stays.",
            ),
        }
    }
}

/// The application of a unit was answered, or its membership ended; told to its contact.
#[derive(Debug, Clone)]
pub struct UnitAnswered {
    /// The contact.
    pub person: PersonId,
    /// The unit.
    pub unit: String,
    /// What it asked to join.
    pub host: String,
    /// How it stands.
    pub state: UnitState,
    /// Why; may be empty.
    pub note: String,
}

impl db::Event for UnitAnswered {}

/// A unit answered somebody who serves in its name, or ended it.
#[derive(Debug, Clone)]
pub struct ServeAnswered {
    /// Who.
    pub person: PersonId,
    /// The unit.
    pub unit: String,
    /// How it stands.
    pub state: ServeState,
    /// Why; may be empty.
    pub note: String,
}

impl db::Event for ServeAnswered {}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    pages::routes().merge(person_pages::routes()).merge(host_pages::routes())
}

/// What waits for the actor: units that ask to join, people who say that they serve in the name of a unit.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut db::ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    if !actor.may(Action::TeamManage) {
        return Ok(Vec::new());
    }
    let mut out = Vec::new();
    for (host, name, count) in store::applications(tx, actor)? {
        out.push(TaskItem {
            title: lang.f("{} 个单位申请入会", "{} units ask to join", &[&count]),
            detail: name,
            href: format!("/orgs/{host}/units?state=applied"),
            action: lang.t("去审核", "Review").to_owned(),
            due: None,
            count,
        });
    }
    for (unit, name, count) in store::asked(tx, actor)? {
        out.push(TaskItem {
            title: lang.f("{} 人申请以单位名义服务", "{} people want to serve in the unit's name", &[&count]),
            detail: name,
            href: format!("/units/{unit}?state=asked#people"),
            action: lang.t("去确认", "Confirm").to_owned(),
            due: None,
            count,
        });
    }
    Ok(out)
}
