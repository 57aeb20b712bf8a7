//! Setting up and changing bodies and their seats: staff of the organisation that keeps the office, and those above.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Action, Actor, Date, Error, Id as _, OrgId, Refusal, can};

use super::store::{self, Body};
use super::{BodyId, BodyKind, SeatId, refusals};
use crate::org::{self, OrgState};
use crate::{audit, person};

/// What people say about a body.
#[derive(Debug, Clone)]
pub struct Edit {
    /// What it is for.
    pub kind: BodyKind,
    /// Name.
    pub name: String,
    /// The document it rests on.
    pub basis: String,
    /// Who keeps its office.
    pub host: OrgId,
    /// First day.
    pub from_on: Date,
    /// Last day, if there is one.
    pub last_day: Option<Date>,
    /// Anything else.
    pub note: String,
}

/// Somebody on a seat.
#[derive(Debug, Clone)]
pub struct NewSeat {
    /// Title: 组长, 副组长, 成员 …
    pub title: String,
    /// Place in the order; `None`: after all others.
    pub place: Option<i64>,
    /// Number of a volunteer.
    pub volunteer_no: String,
    /// Name of somebody who is not registered.
    pub name: String,
    /// An organisation and the title of a post in it: whoever holds that post.
    pub post: Option<(OrgId, String)>,
    /// First day.
    pub from_on: Date,
}

fn not_found() -> Error {
    (&common::NOT_FOUND).into()
}

/// A body the actor may look at: of the own organisations, or of one above them.
pub(super) fn seen(tx: &mut ReadTx<'_>, actor: &Actor, id: BodyId) -> Result<Body, Error> {
    actor.account()?;
    store::find(tx, id)?
        .filter(|body| can(actor, Action::OrgRead, body.place()) || store::above(actor).contains(&body.host))
        .ok_or_else(not_found)
}

/// Whether the actor looks after a body.
pub(super) fn may_change(actor: &Actor, body: &Body) -> bool {
    can(actor, Action::PersonEdit, body.place())
}

/// A body the actor looks after.
pub(super) fn kept(tx: &mut ReadTx<'_>, actor: &Actor, id: BodyId) -> Result<Body, Error> {
    let body = seen(tx, actor, id)?;
    if may_change(actor, &body) { Ok(body) } else { Err((&common::FORBIDDEN).into()) }
}

fn check(tx: &mut ReadTx<'_>, actor: &Actor, edit: &Edit) -> Result<String, Error> {
    let mut all = kernel::error::Collect::default();
    let host = org::find(tx, edit.host)?
        .filter(|host| host.state != OrgState::Closed && can(actor, Action::PersonEdit, host.place()));
    all.check(host.is_none(), || Refusal::new(&refusals::HOST).on("host"));
    all.check(edit.last_day.is_some_and(|last| last < edit.from_on), || {
        Refusal::new(&refusals::DATES).on("until")
    });
    all.done()?;
    Ok(roster::pinyin::key(&edit.name).full)
}

/// Sets up a body.
///
/// # Errors
/// `common.sign_in`, `common.forbidden`, `body.host`, `body.dates`; of the database.
pub fn create(tx: &mut WriteTx<'_>, actor: &Actor, edit: &Edit) -> Result<BodyId, Error> {
    actor.demand_any(Action::PersonEdit)?;
    let key = check(tx, actor, edit)?;
    let id: BodyId = tx.new_id();
    store::insert(tx, id, edit, &key)?;
    audit::note(tx, actor, "body.create", "body", id.as_i64(), &edit.name)?;
    Ok(id)
}

/// Changes a body.
///
/// # Errors
/// `common.not_found`, `common.forbidden`, `common.stale`, `body.host`, `body.dates`; of the database.
pub fn change(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: BodyId,
    version: i64,
    edit: &Edit,
) -> Result<(), Error> {
    kept(tx, actor, id)?;
    let key = check(tx, actor, edit)?;
    if !store::update(tx, id, version, edit, &key)? {
        return Err((&common::STALE).into());
    }
    Ok(audit::note(tx, actor, "body.change", "body", id.as_i64(), &edit.name)?)
}

fn inside(body: &Body, on: Date, field: &'static str) -> Result<(), Error> {
    if super::rules::holds(body.from_on, body.until_on, on) {
        return Ok(());
    }
    let until = body.last_day().map_or_else(|| "…".to_owned(), |day| day.to_string());
    Err(Refusal::new(&refusals::OUTSIDE).on(field).with("from", body.from_on).with("until", until).into())
}

/// Gives a seat to a person, to somebody named, or to a post.
///
/// # Errors
/// `common.not_found`, `common.forbidden`, `body.holder`, `body.one_holder`, `body.outside`, `org.no_volunteer`; of the
/// database.
pub fn seat(tx: &mut WriteTx<'_>, actor: &Actor, id: BodyId, new: &NewSeat) -> Result<SeatId, Error> {
    let body = kept(tx, actor, id)?;
    let ways = [!new.volunteer_no.is_empty(), !new.name.is_empty(), new.post.is_some()];
    match ways.iter().filter(|way| **way).count() {
        0 => return Err(Refusal::new(&refusals::HOLDER).on("name").into()),
        1 => {}
        _ => return Err(Refusal::new(&refusals::ONE_HOLDER).on("name").into()),
    }
    inside(&body, new.from_on, "from")?;
    let holder = match new.volunteer_no.as_str() {
        "" => None,
        text => {
            let wrong = || {
                Error::from(Refusal::new(&org::refusals::NO_VOLUNTEER).with("value", text).on("volunteer_no"))
            };
            let no = person::parse_volunteer_no(text).ok_or_else(wrong)?;
            Some(store::person_of(tx, &no)?.ok_or_else(wrong)?)
        }
    };
    if let Some((org, _)) = &new.post {
        org::find(tx, *org)?.ok_or_else(|| Error::from(Refusal::new(&refusals::HOLDER).on("post_org")))?;
    }
    let seats = store::seats(tx, id)?;
    let place = new.place.unwrap_or_else(|| {
        // Beside those of the same title, else after all.
        let same = seats.iter().filter(|seat| seat.title == new.title).map(|seat| seat.place).max();
        same.unwrap_or_else(|| seats.iter().map(|seat| seat.place).max().unwrap_or(0) + 10)
    });
    let seat: SeatId = tx.new_id();
    store::insert_seat(tx, seat, id, new, holder, place)?;
    audit::note(tx, actor, "body.seat", "body", id.as_i64(), &new.title)?;
    Ok(seat)
}

/// Ends a seat with its last day; one whose last day lies before its first was never held and goes.
///
/// # Errors
/// `common.not_found`, `common.forbidden`, `body.seat_ended`; of the database.
pub fn end_seat(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: BodyId,
    seat: SeatId,
    last_day: Date,
) -> Result<(), Error> {
    kept(tx, actor, id)?;
    let one = store::seats(tx, id)?.into_iter().find(|one| one.id == seat).ok_or_else(not_found)?;
    if one.until_on.is_some() {
        return Err((&refusals::SEAT_ENDED).into());
    }
    if last_day < one.from_on {
        store::remove_seat(tx, seat)?;
    } else if !store::end_seat(tx, seat, last_day.plus(1))? {
        return Err((&refusals::SEAT_ENDED).into());
    }
    Ok(audit::note(tx, actor, "body.seat_end", "body", id.as_i64(), &one.title)?)
}
