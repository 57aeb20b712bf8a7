//! Qualifications and trainings (A5): what a person may show so that they may do what needs it (Regulation, articles 15
//! and 16). The office keeps the list of kinds. People hand a certificate in on their phone; staff confirm it on sight
//! of the document, or enter it at the desk. It counts on the days between its first and its last; nobody has to do
//! anything for it to end. Trainings are entered by teams for several members at once (Order 67, article 8), and may
//! count as a kind for so many months.

mod api;
mod commands;
pub(crate) mod demo;
mod kind_pages;
mod pages;
mod person_pages;
pub mod refusals;
pub mod rules;
pub mod store;
mod training_pages;

use db::{Event, ReadTx};
use kernel::{Action, Actor, Date, Error, Lang, PersonId, ids};
use ui::TaskItem;

pub use api::api;
pub use commands::{
    Given, NewKind, NewTraining, add_training, confirm, enter, hand_in, put_kind, refuse, revoke,
    usual_kinds, void_training, withdraw,
};

ids! {
    /// Something a person may show.
    QualificationId;
    /// A training.
    TrainingId;
}

kernel::codes! {
    /// How a kind comes to somebody.
    pub enum KindForm {
        /// A document that the person has.
        Certificate = "certificate", "证书", "Certificate";
        /// A training that was entered here.
        Training = "training", "培训", "Training";
    }
}

kernel::codes! {
    /// What was said about a qualification.
    pub enum QualificationState {
        /// The person handed it in.
        HandedIn = "handed_in", "待核对", "To be checked";
        /// Staff saw the document, or the training was held.
        Confirmed = "confirmed", "已核对", "Confirmed";
        /// Staff said no.
        Refused = "refused", "未通过", "Not confirmed";
        /// The person took it back.
        Withdrawn = "withdrawn", "已撤回", "Taken back";
        /// Staff said that it counts no more.
        Revoked = "revoked", "已撤销", "Revoked";
    }
}

kernel::codes! {
    /// Where a qualification stands on a day, from its state and its days.
    pub enum QualificationStage {
        /// Staff have to look at it.
        HandedIn = "handed_in", "待核对", "To be checked";
        /// It will count from a later day on.
        Later = "later", "尚未生效", "Not valid yet";
        /// It counts.
        Valid = "valid", "有效", "Valid";
        /// It counts, and ends soon.
        Soon = "soon", "即将到期", "Ends soon";
        /// It has ended.
        Expired = "expired", "已过期", "Expired";
        /// Staff said no.
        Refused = "refused", "未通过", "Not confirmed";
        /// The person took it back.
        Withdrawn = "withdrawn", "已撤回", "Taken back";
        /// Staff said that it counts no more.
        Revoked = "revoked", "已撤销", "Revoked";
    }
}

impl QualificationStage {
    /// Who does what next (Chk-01).
    #[must_use]
    pub fn next(self, lang: impl Into<Lang>) -> &'static str {
        let lang: Lang = lang.into();
        match self {
            Self::HandedIn => lang.t(
                "等社区或办公室核对：请本人带原件到社区站点，工作人员当面核对。",
                "Staff check it: the person brings the document to the community, where it is looked at.",
            ),
            Self::Later => lang.t(
                "到生效日自动有效，不用再办理。",
                "It counts from its first day on; nothing is left to do.",
            ),
            Self::Valid => lang.t(
                "有效期内可以报名需要它的活动，不用再办理。",
                "It counts for sign-ups; nothing is left to do.",
            ),
            Self::Soon => lang.t(
                "快到期了：本人换证或复训后请提交新的，旧的到期自动失效。",
                "It ends soon: the person hands in the next one; this one ends by itself.",
            ),
            Self::Expired => lang.t(
                "已过期，自动失效；本人换证后请提交新的。",
                "It ended by itself; the person hands in the next one.",
            ),
            Self::Refused => lang.t(
                "没有通过；本人可以按理由补齐后重新提交。",
                "It was not confirmed; the person may hand it in again as the reason says.",
            ),
            Self::Withdrawn => {
                lang.t("本人已撤回，不需要再处理。", "The person took it back; nothing is left to do.")
            }
            Self::Revoked => lang.t(
                "工作人员已撤销，不再有效；本人有异议请联系社区。",
                "Staff revoked it; if that is wrong, the person asks the community.",
            ),
        }
    }

    /// Colour of the badge.
    #[must_use]
    pub const fn colour(self) -> &'static str {
        match self {
            Self::Valid => "green",
            Self::HandedIn | Self::Soon => "orange",
            Self::Expired | Self::Refused | Self::Revoked => "red",
            Self::Later | Self::Withdrawn => "secondary",
        }
    }
}

/// Staff answered, or revoked: told to the person.
#[derive(Debug, Clone)]
pub struct QualificationMoved {
    /// Who.
    pub person: PersonId,
    /// Name of the kind, in both languages.
    pub kind: (String, String),
    /// What was said.
    pub state: QualificationState,
    /// The last day, if it ends.
    pub until: Option<Date>,
    /// Why, where staff said no.
    pub reason: String,
}

impl Event for QualificationMoved {}

/// The condition under which a row `h` of `qualification` counts for a whole session `s`, as
/// [`rules::counts`] says it; for statements of the rooms above.
#[macro_export]
macro_rules! qualified {
    () => {
        "h.state = 'confirmed' AND h.from_on <= (s.starts_at + 28800000) / 86400000
            AND (h.until_on IS NULL OR h.until_on >= (s.ends_at + 28799999) / 86400000)"
    };
}

/// What is kept of a person's qualifications, for the file of their own data.
///
/// # Errors
/// Of the database, or when a number cannot be decrypted.
pub(crate) fn own_data(
    tx: &mut ReadTx<'_>,
    vault: &vault::Vault,
    person: PersonId,
) -> Result<Vec<serde_json::Value>, Error> {
    store::of_person(tx, person)?
        .into_iter()
        .map(|one| {
            Ok(serde_json::json!({
                "kind": one.name, "number": one.number(vault)?, "issuer": one.issuer,
                "from_on": one.from_on.to_string(), "until_on": one.until_on.map(|day| day.to_string()),
                "state": one.state.code(), "reason": one.reason, "handed_in_at": one.handed_in_at.text(),
                "decided_at": one.decided_at.map(kernel::Timestamp::text),
            }))
        })
        .collect()
}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .merge(pages::routes())
        .merge(person_pages::routes())
        .merge(kind_pages::routes())
        .merge(training_pages::routes())
}

/// What waits for staff to be looked at.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    let scopes = actor.scopes(Action::PersonRegister);
    if scopes.is_empty() {
        return Ok(Vec::new());
    }
    let (count, first) = store::waiting(tx, &scopes)?;
    Ok(first
        .map(|name| TaskItem {
            title: lang.t("资格证书待核对", "Certificates to be checked").to_owned(),
            detail: lang.f("{} 份，{}等", "{}, of {} and others", &[&count, &name]),
            href: "/qualifications?state=handed_in".to_owned(),
            action: lang.t("去核对", "Check").to_owned(),
            due: None,
            count,
        })
        .into_iter()
        .collect())
}
