//! Registering places, saying which station looks after them, and taking them off: staff of the place's area.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Action, Actor, Error, Id as _, OrgId, Refusal, can};

use super::store::{self, Site};
use super::{SiteId, SiteKind, refusals};
use crate::audit;
use crate::org::{self, OrgKind, OrgState};

/// What people say about a place.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// What kind of place it is.
    pub kind: SiteKind,
    /// Name.
    pub name: String,
    /// The community or street it lies in.
    pub area: OrgId,
    /// Address.
    pub address: String,
    /// Longitude and latitude, WGS-84 degrees.
    pub point: Option<(f64, f64)>,
    /// The station that looks after it.
    pub station: Option<OrgId>,
    /// The unit that runs it, as it is called.
    pub keeper: String,
}

/// Whether the actor may change what is registered about a place.
pub(super) fn may_change(actor: &Actor, site: &Site) -> bool {
    can(actor, Action::PersonEdit, site.place())
}

/// A place the actor looks after.
///
/// # Errors
/// `common.not_found`, `common.forbidden`; of the database.
pub(super) fn kept(tx: &mut ReadTx<'_>, actor: &Actor, id: SiteId) -> Result<Site, Error> {
    actor.demand_any(Action::OrgRead)?;
    let site = store::find(tx, id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    if may_change(actor, &site) { Ok(site) } else { Err((&common::FORBIDDEN).into()) }
}

fn check(tx: &mut WriteTx<'_>, actor: &Actor, edit: &Edit, own: Option<SiteId>) -> Result<String, Error> {
    let mut all = kernel::error::Collect::default();
    let area = org::find(tx, edit.area)?.filter(|area| {
        matches!(area.kind, OrgKind::Community | OrgKind::Street)
            && area.state != OrgState::Closed
            && can(actor, Action::PersonEdit, area.place())
    });
    all.check(area.is_none(), || Refusal::new(&refusals::AREA).on("area"));
    if let Some(station) = edit.station {
        let found = org::find(tx, station)?
            .filter(|station| station.kind == OrgKind::Station && station.state != OrgState::Closed);
        all.check(found.is_none(), || Refusal::new(&refusals::STATION).on("station"));
    }
    all.done()?;
    // Held, so that two who register one place at once do not both find it missing.
    store::hold_area(tx, edit.area)?;
    if store::named(tx, edit.area, &edit.name)?.is_some_and(|other| Some(other) != own) {
        return Err(Refusal::new(&refusals::TAKEN).with("name", &edit.name).on("name").into());
    }
    Ok(roster::pinyin::key(&edit.name).full)
}

/// Registers a place.
///
/// # Errors
/// `common.sign_in`, `common.forbidden`, `site.area`, `site.station`, `site.taken`; of the database.
pub fn add(tx: &mut WriteTx<'_>, actor: &Actor, edit: &Edit) -> Result<SiteId, Error> {
    actor.demand_any(Action::PersonEdit)?;
    let key = check(tx, actor, edit, None)?;
    let id: SiteId = tx.new_id();
    store::insert(tx, id, edit, &key)?;
    audit::note(tx, actor, "site.add", "site", id.as_i64(), &edit.name)?;
    Ok(id)
}

/// Changes what is registered about a place.
///
/// # Errors
/// `common.not_found`, `common.forbidden`, `common.stale`, `site.closed`, `site.area`, `site.station`, `site.taken`; of
/// the database.
pub fn change(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: SiteId,
    version: i64,
    edit: &Edit,
) -> Result<(), Error> {
    alive(&kept(tx, actor, id)?)?;
    let key = check(tx, actor, edit, Some(id))?;
    if !store::update(tx, id, version, edit, &key)? {
        return Err((&common::STALE).into());
    }
    Ok(audit::note(tx, actor, "site.change", "site", id.as_i64(), &edit.name)?)
}

fn alive(site: &Site) -> Result<(), Error> {
    if site.closed_on.is_some() {
        return Err(Refusal::new(&refusals::CLOSED).with("name", &site.name).into());
    }
    Ok(())
}

/// Takes a place off the register: from today on it counts no more.
///
/// # Errors
/// `common.not_found`, `common.forbidden`, `site.closed`; of the database.
pub fn close(tx: &mut WriteTx<'_>, actor: &Actor, id: SiteId) -> Result<(), Error> {
    let site = kept(tx, actor, id)?;
    alive(&site)?;
    if !store::close(tx, id)? {
        return Err(Refusal::new(&refusals::CLOSED).with("name", &site.name).into());
    }
    Ok(audit::note(tx, actor, "site.close", "site", id.as_i64(), &site.name)?)
}
