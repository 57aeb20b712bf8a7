//! The register of member cards (Add-24): printed on sheets of ten, handed out against a signature, lost, replaced. The
//! code on a card carries the number that stands with the person (`person.card_no`); as soon as a card is reported lost
//! or replaced the number goes up by one, and whatever carries the old one is refused. The card on the phone shows the
//! present number and works on without anybody doing anything (ADR 0033).

mod api;
mod commands;
pub(crate) mod demo;
mod pages;
mod person_pages;
pub mod refusals;
pub mod rules;
pub mod store;

use db::{Event, ReadTx};
use kernel::{Action, Actor, Error, Lang, PersonId, ids};
use ui::TaskItem;

pub use api::api;
pub use commands::{issue, lose, lose_of, lose_own, print, replace, void};

ids! {
    /// A printed member card.
    CardId;
}

kernel::codes! {
    /// Where a printed card is.
    pub enum CardState {
        /// Printed, and with whoever hands it out.
        Printed = "printed", "待发放", "To be handed out";
        /// With its owner.
        Issued = "issued", "已发放", "Handed out";
        /// Reported lost: its code is dead.
        Lost = "lost", "已挂失", "Lost";
        /// Another one took its place: its code is dead.
        Replaced = "replaced", "已换卡", "Replaced";
        /// Spoiled or wrong before it was handed out: its code is dead.
        Void = "void", "已作废", "Void";
    }
}

impl CardState {
    /// Who does what next (Chk-01).
    #[must_use]
    pub fn next(self, lang: impl Into<Lang>) -> &'static str {
        let lang: Lang = lang.into();
        match self {
            Self::Printed => lang.t(
                "由社区站点、队长或单位联络员发给本人，签收后登记“已发放”。",
                "The station, the leader or the unit’s liaison hands it out against a signature and notes it.",
            ),
            Self::Issued => {
                lang.t("本人持卡签到，不用再办理；丢了随时挂失。", "In use. If it is lost, report it at any time.")
            }
            Self::Lost => lang.t(
                "旧码已失效，找回也不能再用；本人可用手机上的卡，或到社区站点、所在队伍补卡。",
                "Its code is dead, also when it is found. The card on the phone works; the station or the team prints another.",
            ),
            Self::Replaced => {
                lang.t("旧码已失效，请用新卡；不用再办理。", "Its code is dead; the new card counts. Nothing is left to do.")
            }
            Self::Void => lang.t(
                "旧码已失效；需要卡时由社区站点、队长或单位联络员重新打印。",
                "Its code is dead; the station, the leader or the liaison prints another where one is wanted.",
            ),
        }
    }

    /// Colour of the badge.
    #[must_use]
    pub const fn colour(self) -> &'static str {
        match self {
            Self::Issued => "green",
            Self::Printed => "orange",
            Self::Lost => "red",
            Self::Replaced | Self::Void => "secondary",
        }
    }

    /// Whether its code is dead.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Lost | Self::Replaced | Self::Void)
    }
}

/// Staff handed a card out or ended one: told to its owner.
#[derive(Debug, Clone)]
pub struct CardMoved {
    /// Who.
    pub person: PersonId,
    /// What became of it.
    pub state: CardState,
}

impl Event for CardMoved {}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new().merge(pages::routes()).merge(person_pages::routes())
}

/// Cards that wait to be handed out.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    if !actor.may(Action::TeamManage) {
        return Ok(Vec::new());
    }
    let (count, first) = store::waiting(tx, actor)?;
    Ok(first
        .map(|name| TaskItem {
            title: lang.t("会员卡待发放", "Member cards to hand out").to_owned(),
            detail: lang.f("{} 张，{}等", "{}, of {} and others", &[&count, &name]),
            href: "/cards?state=printed".to_owned(),
            action: lang.t("去发放", "Hand out").to_owned(),
            due: None,
            count,
        })
        .into_iter()
        .collect())
}
