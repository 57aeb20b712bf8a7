//! Transfers from one team to another (V6): asked by the person, agreed to by the team they leave, then by the team
//! they go to, each with an opinion and a time. Until both have agreed the person stays where they are; hours stay with
//! the team they were served for (Add-03).

mod api;
pub mod commands;
mod pages;
pub mod refusals;
pub mod rules;
pub mod store;

use db::Event;
use kernel::{Actor, Error, Lang, OrgId, PersonId, Timestamp, ids};
use ui::TaskItem;

pub use api::api;
pub use commands::{answer, cancel, request};

ids! {
    /// A transfer.
    TransferId;
}

kernel::codes! {
    /// Where a transfer stands.
    pub enum TransferState {
        /// The team that is left has to answer.
        Requested = "requested", "等待原队伍答复", "The old team answers";
        /// The team that takes over has to answer.
        SourceAgreed = "source_agreed", "等待新队伍答复", "The new team answers";
        /// Both agreed.
        Done = "done", "已转队", "Done";
        /// One of them said no.
        Refused = "refused", "未同意", "Refused";
        /// The person took it back.
        Cancelled = "cancelled", "已撤回", "Taken back";
    }
}

/// A transfer moved on; told to the person.
#[derive(Debug, Clone)]
pub struct TransferMoved {
    /// Who.
    pub person: PersonId,
    /// Name of the team they leave.
    pub from: String,
    /// The team they go to.
    pub to: OrgId,
    /// Its name.
    pub to_name: String,
    /// Where it stands.
    pub state: TransferState,
    /// What whoever answered said.
    pub opinion: String,
}

impl Event for TransferMoved {}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    pages::routes()
}

/// Transfers that wait for an answer of a team the actor leads, or that has no leader in the actor's community.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut db::ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    let mut led: Vec<OrgId> = actor
        .grants
        .iter()
        .filter(|grant| grant.role == kernel::Role::Leader)
        .map(|grant| grant.org)
        .collect();
    led.extend(crate::org::unled(tx, actor)?);
    if led.is_empty() {
        return Ok(Vec::new());
    }
    Ok(store::waiting_at(tx, &led)?
        .into_iter()
        .map(|one| TaskItem {
            title: lang.f("{} 的转队申请待答复", "The transfer of {} waits for you", &[&one.name]),
            detail: lang.f("{} → {}", "{} → {}", &[&one.from_name, &one.to_name]),
            href: format!("/teams/{}/transfers", one.answers()),
            action: lang.t("去答复", "Answer").to_owned(),
            due: Some(Timestamp::at(one.due_on, 0)),
            count: 1,
        })
        .collect())
}
