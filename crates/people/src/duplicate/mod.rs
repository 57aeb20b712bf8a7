//! Registrations that are one person: found, compared, kept apart or merged, and a merge taken back (ADR 0018).
//!
//! A merge happens in one transaction. This room moves what is its own; rooms above hear of it through
//! [`PeopleMerged`] and [`PeopleParted`], move what is theirs, and write what they did into the same journal
//! ([`journal`]), so that undoing restores exactly what was.

mod api;
mod carry;
pub mod commands;
pub(crate) mod demo;
pub mod find;
pub mod journal;
mod pages;
pub mod refusals;
pub mod rules;
pub mod store;

use std::sync::OnceLock;

use db::{Event, ReadTx};
use kernel::{Action, Actor, Error, Lang, PersonId, ids};
use ui::TaskItem;

pub use api::api;
pub use commands::{merge, not_same, tick, undo};

ids! {
    /// A merge of two registrations.
    MergeId;
}

kernel::codes! {
    /// Why two registrations may be one person, the strongest first.
    pub enum Reason {
        /// Name and birth date agree.
        SameBirth = "same_birth", "姓名和出生日期相同", "Same name and birth date";
        /// Phone and name agree.
        SamePhone = "same_phone", "姓名和手机号相同", "Same name and phone";
        /// The phone agrees, the names are alike.
        AlikePhone = "alike_phone", "手机号相同，姓名相近", "Same phone, similar name";
        /// Name and home agree, and one of them has no document.
        NoDocument = "no_document", "同社区同名，一方没有证件", "Same name and community, one without a document";
        /// One came with a roster and nobody claimed it, the other registered.
        Unclaimed = "unclaimed", "一方是名册导入、尚未认领", "One comes from a roster and nobody claimed it";
    }
}

kernel::codes! {
    /// Where a pair stands.
    pub enum PairState {
        /// Somebody should look.
        Open = "open", "待核对", "To look at";
        /// Two people, as somebody found.
        NotSame = "not_same", "不是同一人", "Not the same";
        /// Merged.
        Merged = "merged", "已合并", "Merged";
    }
}

kernel::codes! {
    /// Where a merge stands.
    pub enum MergeState {
        /// Can be undone.
        Done = "done", "已合并", "Merged";
        /// Was undone.
        Undone = "undone", "已撤销", "Undone";
        /// The time to undo it is over.
        Final = "final", "已定案", "Final";
    }
}

/// Two registrations became one: what belonged to `gone` belongs to `kept` from now on.
#[derive(Debug, Clone, Copy)]
pub struct PeopleMerged {
    /// The merge, for the journal.
    pub merge: MergeId,
    /// Who stays.
    pub kept: PersonId,
    /// Whose registration became part of it.
    pub gone: PersonId,
}

/// A merge is undone: what the journal names goes back.
#[derive(Debug, Clone, Copy)]
pub struct PeopleParted {
    /// The merge, for the journal.
    pub merge: MergeId,
    /// Who had stayed.
    pub kept: PersonId,
    /// Who comes back.
    pub gone: PersonId,
}

impl Event for PeopleMerged {}
impl Event for PeopleParted {}

kernel::codes! {
    /// What a merge means for something, before it is done.
    pub enum EffectKind {
        /// Goes over to who stays.
        Follows = "follows", "并入", "Goes over";
        /// There twice: one of them stops counting.
        Voided = "voided", "重复，作废一个", "There twice: one is voided";
        /// What a person should know.
        Note = "note", "注意", "Note";
    }
}

/// One consequence of a merge, in the reader's language.
#[derive(Debug, Clone)]
pub struct Effect {
    /// What happens.
    pub kind: EffectKind,
    /// To what.
    pub text: String,
}

/// What a room above knows about two people, for comparing them.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// Lines of the comparison: label, the one who would stay, the other.
    pub facts: Vec<(String, String, String)>,
    /// What a merge would mean.
    pub effects: Vec<Effect>,
}

/// Asks what a merge of `kept` and `gone` would mean.
pub type Preview = fn(&mut ReadTx<'_>, PersonId, PersonId, Lang) -> Result<Beside, Error>;

static PREVIEW: OnceLock<Preview> = OnceLock::new();

/// Tells this subject how to ask the room above (`service`, once at the start).
pub fn on_preview(ask: Preview) {
    let _ = PREVIEW.set(ask);
}

fn beside(tx: &mut ReadTx<'_>, kept: PersonId, gone: PersonId, lang: Lang) -> Result<Beside, Error> {
    PREVIEW.get().map_or_else(|| Ok(Beside::default()), |ask| ask(tx, kept, gone, lang))
}

/// Columns of this room that a merge sees to, `table.column`.
#[must_use]
pub fn columns() -> Vec<String> {
    let plain = carry::plain().map(|one| format!("{}.{}", one.table, one.column));
    plain.into_iter().chain(carry::SEEN_TO.iter().map(|one| (*one).to_owned())).collect()
}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    pages::routes()
}

/// Pairs that wait for somebody to look, in the own area.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    let scopes = actor.scopes(Action::PersonEdit);
    if scopes.is_empty() {
        return Ok(Vec::new());
    }
    let open = store::open_count(tx, &scopes)?;
    if open == 0 {
        return Ok(Vec::new());
    }
    let many = if open > store::COUNTED { format!("{}+", store::COUNTED) } else { open.to_string() };
    Ok(vec![TaskItem {
        title: lang.t("可能重复的登记", "Registrations that may be double").to_owned(),
        detail: lang.f("{} 对等待核对", "{} pairs to look at", &[&many]),
        href: "/people/duplicates".to_owned(),
        action: lang.t("核对", "Look at them").to_owned(),
        due: None,
        count: open,
    }])
}
