//! The rights desk (X8; PIPL, articles 44 to 50): what a person asks about their own data that they cannot do alone, or
//! a guardian for a minor (V4). Each request has a day on which it is due, so many working days after it was made;
//! staff answer it with what was done or why not, and the answer is told.

mod api;
mod commands;
pub(crate) mod demo;
mod pages;
mod person_pages;
pub mod refusals;
pub mod rules;
pub mod store;

use db::{Event, ReadTx};
use kernel::{Action, Actor, Error, Lang, PersonId, Timestamp, ids};
use ui::TaskItem;

pub use api::api;
pub use commands::{ask, decide, set_days, withdraw};

ids! {
    /// A request.
    RightsId;
}

kernel::codes! {
    /// What is asked.
    pub enum RightsKind {
        /// Something is wrong that the person cannot change.
        Correct = "correct", "更正资料", "Correct something";
        /// Something is to go that the person cannot remove.
        Delete = "delete", "删除资料", "Delete something";
        /// A copy, on paper or of what the file does not hold.
        Copy = "copy", "要一份资料副本", "A copy of the data";
    }
}

kernel::codes! {
    /// What became of a request.
    pub enum RightsState {
        /// Staff have to answer.
        Open = "open", "办理中", "Open";
        /// Done as asked.
        Done = "done", "已办结", "Done";
        /// Refused, with the reason.
        Refused = "refused", "未同意", "Refused";
        /// Taken back.
        Withdrawn = "withdrawn", "已撤回", "Taken back";
    }
}

impl RightsState {
    /// Who does what next (Chk-01).
    #[must_use]
    pub fn next(self, lang: impl Into<Lang>) -> &'static str {
        let lang: Lang = lang.into();
        match self {
            Self::Open => lang.t(
                "由社区站点或市级办公室在期限前答复，结果会发消息告知。",
                "The station or the city office answers by that day; you are told.",
            ),
            Self::Done => lang.t("已办结，不用再处理。", "Done; nothing is left to do."),
            Self::Refused => lang.t(
                "理由见答复；本人不同意的，可以补充说明后重新提出，也可以向市级办公室反映。",
                "The answer says why. You may ask again and say more, or turn to the city office.",
            ),
            Self::Withdrawn => lang.t("本人已撤回，不用再处理。", "Taken back; nothing is left to do."),
        }
    }

    /// Colour of the badge.
    #[must_use]
    pub const fn colour(self) -> &'static str {
        match self {
            Self::Open => "orange",
            Self::Done => "green",
            Self::Refused => "red",
            Self::Withdrawn => "secondary",
        }
    }
}

/// A request was answered: told to whoever asked.
#[derive(Debug, Clone)]
pub struct RightsAnswered {
    /// Who asked.
    pub asker: PersonId,
    /// Name of whose data it is about, where a guardian asked.
    pub ward: String,
    /// What was asked.
    pub kind: RightsKind,
    /// What became of it.
    pub state: RightsState,
    /// What staff say.
    pub answer: String,
}

impl Event for RightsAnswered {}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new().merge(pages::routes()).merge(person_pages::routes())
}

/// Requests that wait for an answer.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    let scopes = actor.scopes(Action::PersonEdit);
    if scopes.is_empty() {
        return Ok(Vec::new());
    }
    let (count, due) = store::waiting(tx, &scopes)?;
    Ok(due
        .map(|due| TaskItem {
            title: lang.t("个人信息请求待答复", "Requests about personal data").to_owned(),
            detail: lang.f("{} 件，最早 {} 到期", "{} open, the first due on {}", &[&count, &due]),
            href: "/rights".to_owned(),
            action: lang.t("去答复", "Answer").to_owned(),
            due: Some(Timestamp::at(due.plus(1), 0)),
            count,
        })
        .into_iter()
        .collect())
}
