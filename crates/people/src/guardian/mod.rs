//! Guardians of minors (V4 as corrected by Fix-07): who is asked, who consented, withdrew, and until when. What a
//! minor may do at all is decided in [`rules`]; the birthdays of Edge-10 are looked after by [`tick`].
//!
//! A guardian answers by the own account, by a code sent to the phone that was named, or before staff. The consent
//! ledger (`consent`) has a row for each with the version of the text and the moment.

pub mod commands;
mod pages;
pub mod refusals;
pub mod rules;
pub mod store;

use db::{Event, WriteTx};
use kernel::{Actor, Date, Error, Lang, PersonId, Timestamp, ids};
use ui::TaskItem;

pub use commands::{Asked, ask, give, refuse, ward, withdraw};
pub use pages::proof_of;
pub use rules::Band;
pub use store::Guardianship;

ids! {
    /// A guardian asked or answering for a minor.
    GuardianId;
}

kernel::codes! {
    /// Where the guardian's consent stands, as it is kept beside a person.
    pub enum Guard {
        /// Nobody was asked; for adults nobody need be.
        None = "", "未征求", "Not asked";
        /// The guardian was asked.
        Asked = "asked", "等待监护人答复", "The guardian was asked";
        /// The guardian consents.
        Given = "given", "监护人已同意", "The guardian consents";
        /// The guardian said no.
        Refused = "refused", "监护人不同意", "The guardian said no";
        /// The guardian took the consent back.
        Withdrawn = "withdrawn", "监护人已撤回同意", "The guardian withdrew";
        /// Sixteen or older and living from own work, as declared (Fix-07).
        OwnWork = "own_work", "以自己的劳动收入为主要生活来源", "Lives from own work";
    }
}

kernel::codes! {
    /// State of a guardianship.
    pub enum GuardState {
        /// Waits for an answer.
        Asked = "asked", "等待答复", "Waiting";
        /// Consents.
        Given = "given", "已同意", "Consents";
        /// Said no.
        Refused = "refused", "不同意", "Said no";
        /// Took it back.
        Withdrawn = "withdrawn", "已撤回", "Withdrawn";
        /// Did not answer in time.
        Lapsed = "lapsed", "逾期未答复", "No answer in time";
        /// Over: grown up, or another guardian.
        Ended = "ended", "已结束", "Ended";
    }
}

kernel::codes! {
    /// What a guardian is to the child.
    pub enum Relation {
        /// Father.
        Father = "father", "父亲", "Father";
        /// Mother.
        Mother = "mother", "母亲", "Mother";
        /// Grandfather or grandmother.
        Grandparent = "grandparent", "（外）祖父母", "Grandparent";
        /// Another guardian.
        Other = "other", "其他监护人", "Another guardian";
    }
}

/// A guardian with an own account was asked; told to them.
#[derive(Debug, Clone)]
pub struct GuardianAsked {
    /// The guardian.
    pub guardian: PersonId,
    /// Name of the minor.
    pub minor: String,
    /// Until when an answer is awaited.
    pub respond_by: Timestamp,
}

/// A guardian answered, withdrew, or did not answer in time; told to the minor, and what follows is done by who listens.
#[derive(Debug, Clone)]
pub struct GuardChanged {
    /// The minor.
    pub minor: PersonId,
    /// Name of the guardian.
    pub guardian: String,
    /// As it stands now.
    pub now: Guard,
}

/// The guardian's access ends on the eighteenth birthday; told thirty days before.
#[derive(Debug, Clone)]
pub struct AccessEnds {
    /// Who comes of age.
    pub minor: PersonId,
    /// The day.
    pub on: Date,
}

impl Event for GuardianAsked {}
impl Event for GuardChanged {}
impl Event for AccessEnds {}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    pages::routes()
}

/// What waits for a guardian, for a minor, and for somebody who turned fourteen.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut db::ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    let Some(person) = actor.person else { return Ok(Vec::new()) };
    let mut out = Vec::new();
    let today = tx.now().date();
    for one in store::waiting_for(tx, person)? {
        out.push(TaskItem {
            title: lang.f(
                "{} 请您作为监护人答复",
                "{} asks for your consent as guardian",
                &[&one.minor_name],
            ),
            detail: lang
                .t("看告知后选择同意或不同意。", "Read the notice, then agree or decline.")
                .to_owned(),
            href: "/family".to_owned(),
            action: lang.t("去答复", "Answer").to_owned(),
            due: Some(one.respond_by),
            count: 1,
        });
    }
    let Some(me) = store::standing(tx, person)? else { return Ok(out) };
    let minor = me.birth_on.is_some_and(|birth| birth.age(today) < rules::ADULT);
    if minor && !matches!(me.guard, Guard::Given | Guard::OwnWork) {
        out.push(TaskItem {
            title: me.guard.name(lang).to_owned(),
            detail: lang.t("监护人同意后才能报名。", "Signing up needs the guardian's consent.").to_owned(),
            href: "/me/guardian".to_owned(),
            action: lang.t("查看", "Open").to_owned(),
            due: None,
            count: 1,
        });
    }
    if let Some(due) = me.renew_on.filter(|on| *on <= today) {
        out.push(TaskItem {
            title: lang.t("请由您本人重新确认同意", "Confirm your consents yourself").to_owned(),
            detail: lang
                .t(
                    "满 14 周岁，监护人代作的同意改由本人确认。",
                    "From fourteen on your own consent takes the place of your guardian's.",
                )
                .to_owned(),
            href: "/me/consents".to_owned(),
            action: lang.t("去确认", "Confirm").to_owned(),
            due: Some(Timestamp::at(due.plus(rules::RENEW_DAYS), 0)),
            count: 1,
        });
    }
    Ok(out)
}

/// Regular work: requests nobody answered end, registrations that waited for them are erased, access ends at eighteen
/// and is announced thirty days before, publications a guardian agreed to lapse 90 days after the fourteenth birthday.
///
/// # Errors
/// Of the database.
pub fn tick(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    commands::lapse(tx)?;
    commands::erase_unanswered(tx)?;
    commands::come_of_age(tx)?;
    commands::announce(tx)?;
    commands::lapse_publication(tx)
}
