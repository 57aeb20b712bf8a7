//! Registering, changing and withdrawing titles: the office, for organisations in its reach.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Action, Actor, Date, Error, Id as _, Lang, OrgId, Refusal, Timestamp, can};
use ui::TaskItem;

use super::rules::{self, Days};
use super::store::{self, Base};
use super::{BaseId, BaseLevel, refusals};
use crate::audit;
use crate::org::{self, OrgState};

/// What people say about a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Who bears it.
    pub org: OrgId,
    /// What it is called.
    pub title: String,
    /// At which level it was granted.
    pub level: BaseLevel,
    /// Who granted it.
    pub granted_by: String,
    /// When.
    pub granted_on: Date,
    /// Number on the plaque.
    pub plaque_no: String,
    /// Last day on which it is borne.
    pub valid_until: Option<Date>,
    /// Day by which it is looked at again.
    pub recheck_on: Option<Date>,
}

/// Whether the actor may change a title.
pub(super) fn may_change(actor: &Actor, base: &Base) -> bool {
    can(actor, Action::OrgManage, base.place())
}

/// A title the actor looks after.
///
/// # Errors
/// `common.not_found`, `common.forbidden`; of the database.
pub(super) fn kept(tx: &mut ReadTx<'_>, actor: &Actor, id: BaseId) -> Result<Base, Error> {
    actor.demand_any(Action::OrgRead)?;
    let base = store::find(tx, id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    if may_change(actor, &base) { Ok(base) } else { Err((&common::FORBIDDEN).into()) }
}

fn check(tx: &mut ReadTx<'_>, actor: &Actor, edit: &Edit) -> Result<(), Error> {
    let mut all = kernel::error::Collect::default();
    let org = org::find(tx, edit.org)?
        .filter(|org| org.state != OrgState::Closed && can(actor, Action::OrgManage, org.place()));
    all.check(org.is_none(), || Refusal::new(&refusals::ORG).on("org"));
    let days = Days {
        granted_on: edit.granted_on,
        valid_until: edit.valid_until,
        recheck_on: edit.recheck_on,
        withdrawn_on: None,
    };
    all.check(!rules::in_order(&days), || Refusal::new(&refusals::DATES).on("valid_until"));
    all.done()
}

/// Registers a title.
///
/// # Errors
/// `common.sign_in`, `common.forbidden`, `base.org`, `base.dates`; of the database.
pub fn grant(tx: &mut WriteTx<'_>, actor: &Actor, edit: &Edit) -> Result<BaseId, Error> {
    actor.demand_any(Action::OrgManage)?;
    check(tx, actor, edit)?;
    let id: BaseId = tx.new_id();
    store::insert(tx, id, edit)?;
    audit::note(tx, actor, "base.grant", "base", id.as_i64(), &edit.title)?;
    Ok(id)
}

fn borne(base: &Base) -> Result<(), Error> {
    if base.withdrawn_on.is_some() {
        return Err(Refusal::new(&refusals::WITHDRAWN).with("title", &base.title).into());
    }
    Ok(())
}

/// Changes a title: also how a check is noted, by its next day.
///
/// # Errors
/// `common.not_found`, `common.forbidden`, `common.stale`, `base.withdrawn`, `base.org`, `base.dates`; of the database.
pub fn change(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: BaseId,
    version: i64,
    edit: &Edit,
) -> Result<(), Error> {
    borne(&kept(tx, actor, id)?)?;
    check(tx, actor, edit)?;
    if !store::update(tx, id, version, edit)? {
        return Err((&common::STALE).into());
    }
    Ok(audit::note(tx, actor, "base.change", "base", id.as_i64(), &edit.title)?)
}

/// Takes a title away, with the reason.
///
/// # Errors
/// `common.not_found`, `common.forbidden`, `base.withdrawn`; of the database.
pub fn withdraw(tx: &mut WriteTx<'_>, actor: &Actor, id: BaseId, why: &str) -> Result<(), Error> {
    let base = kept(tx, actor, id)?;
    borne(&base)?;
    if !store::withdraw(tx, id, why)? {
        return Err(Refusal::new(&refusals::WITHDRAWN).with("title", &base.title).into());
    }
    Ok(audit::note(tx, actor, "base.withdraw", "base", id.as_i64(), &base.title)?)
}

/// Titles to be checked again soon, for those who look after them.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    if !actor.may(Action::OrgManage) {
        return Ok(Vec::new());
    }
    let (count, first) = store::due(tx, actor)?;
    let Some(first) = first else { return Ok(Vec::new()) };
    Ok(vec![TaskItem {
        title: lang.f("{} 个示范基地待复查", "{} demonstration bases to be checked again", &[&count]),
        detail: lang.f("最早的在 {} 前", "the first by {}", &[&first]),
        href: "/bases?state=recheck".to_owned(),
        action: lang.t("去复查", "Check").to_owned(),
        due: Some(Timestamp::at(first.plus(1), 0)),
        count,
    }])
}
