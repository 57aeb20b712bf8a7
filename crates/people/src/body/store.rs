//! Questions about working bodies.

use std::collections::HashMap;

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::page::Page;
use kernel::{Action, Actor, Date, OrgId, PersonId};

use super::rules::{self, Holder};
use super::{BodyId, BodyKind, SeatId};
use crate::org::OrgKind;
use crate::org::scope::{OrgAs, within};

/// Rows of a page.
pub const ROWS: i64 = 50;

row! {
    /// A body with the organisation that keeps its office.
    pub struct Body {
        id: BodyId, kind: BodyKind, name: String, name_key: String, basis: String, host: OrgId, host_name: String,
        area_path: String, sponsor_path: String, from_on: Date, until_on: Option<Date>, note: String, version: i64,
    }
    /// A seat as it is kept.
    pub struct Seat {
        id: SeatId, body: BodyId, title: String, place: i64, person: Option<PersonId>, name: String,
        post_org: Option<OrgId>, post_org_name: String, post_title: String, from_on: Date, until_on: Option<Date>,
    }
}

impl Body {
    /// Where its office stands, for [`kernel::can`].
    #[must_use]
    pub fn place(&self) -> kernel::Place<'_> {
        kernel::Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }

    /// Its last day, if it has one.
    #[must_use]
    pub fn last_day(&self) -> Option<Date> {
        self.until_on.map(|until| until.plus(-1))
    }
}

macro_rules! body_columns {
    () => {
        "SELECT b.id, b.kind, b.name, b.name_key, b.basis, b.host_id, o.name, o.area_path, o.sponsor_path, b.from_on,
            b.until_on, b.note, b.version
         FROM body b JOIN org o ON o.id = b.host_id WHERE "
    };
}

/// A body.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: BodyId) -> Result<Option<Body>, DbError> {
    tx.first(sql!(concat!(body_columns!(), "b.id = $1")), args![id])
}

/// What a list is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only these.
    pub kind: Option<BodyKind>,
    /// Only those with their office here.
    pub host: Option<OrgId>,
    /// Only those that existed on this day.
    pub on: Option<Date>,
    /// Cursor.
    pub after: String,
}

/// The organisations above those the actor works in: their bodies concern them.
pub(super) fn above(actor: &Actor) -> Vec<OrgId> {
    let mut out: Vec<OrgId> = actor
        .scopes(Action::OrgRead)
        .iter()
        .flat_map(|grant| [&grant.area_path, &grant.sponsor_path])
        .flat_map(|path| crate::org::rules::ids(path))
        .collect();
    out.sort_unstable();
    out.dedup();
    out
}

/// A page of bodies by name: of the actor's own organisations, and of those above them.
///
/// # Errors
/// Of the database.
pub fn list(tx: &mut ReadTx<'_>, actor: &Actor, filter: &Filter, rows: i64) -> Result<Page<Body>, DbError> {
    let mut query = Query::new(concat!(body_columns!(), "(o.id IN (0"));
    for org in above(actor) {
        query.with(", {}", &[&org]);
    }
    query.push(") OR");
    within(&mut query, &actor.scopes(Action::OrgRead), OrgAs::O);
    query.push(")");
    query.with_some("AND b.kind = {}", filter.kind.as_ref());
    query.with_some("AND b.host_id = {}", filter.host.as_ref());
    if let Some(on) = &filter.on {
        query.with("AND b.from_on <= {} AND (b.until_on IS NULL OR b.until_on > {})", &[on, on]);
    }
    if let Some((key, id)) = kernel::page::cursor_text(&filter.after) {
        query.with("AND (b.name_key, b.id) > ({}, {})", &[&key, &id]);
    }
    query.with("ORDER BY b.name_key, b.id LIMIT {}", &[&(rows + 1)]);
    let found = tx.list(&query)?;
    Ok(Page::cut(found, usize::try_from(rows).unwrap_or(50), |one: &Body| {
        format!("{}~{}", one.id, one.name_key)
    }))
}

/// All seats of a body, past ones too, in their order.
///
/// # Errors
/// Of the database.
pub fn seats(tx: &mut ReadTx<'_>, body: BodyId) -> Result<Vec<Seat>, DbError> {
    tx.all(
        sql!(
            "SELECT s.id, s.body_id, s.title, s.place, s.person_id, COALESCE(p.name, s.name), s.post_org,
                COALESCE(o.name, ''), s.post_title, s.from_on, s.until_on
             FROM body_seat s LEFT JOIN person p ON p.id = s.person_id LEFT JOIN org o ON o.id = s.post_org
             WHERE s.body_id = $1 ORDER BY s.place, s.id LIMIT 2000"
        ),
        args![body],
    )
}

row! {
    struct Term { seat: SeatId, name: String, from_on: Date, to_on: Option<Date> }
}

/// A seat and who sat on it.
pub type Held = (Seat, Holder);

/// Who sat where on each of these days, in the order of the seats: two questions, however many days.
///
/// # Errors
/// Of the database.
pub fn holders(tx: &mut ReadTx<'_>, body: BodyId, days: &[Date]) -> Result<Vec<Vec<Held>>, DbError> {
    let seats = seats(tx, body)?;
    let terms: Vec<Term> = tx.all(
        sql!(
            "SELECT s.id, p.name, t.from_on, t.to_on FROM body_seat s
             JOIN org_post t ON t.org_id = s.post_org AND t.title = s.post_title JOIN person p ON p.id = t.person_id
             WHERE s.body_id = $1 ORDER BY s.id, t.id"
        ),
        args![body],
    )?;
    let mut of_posts: HashMap<SeatId, Vec<&Term>> = HashMap::new();
    for term in &terms {
        of_posts.entry(term.seat).or_default().push(term);
    }
    Ok(days
        .iter()
        .map(|on| {
            seats
                .iter()
                .filter(|seat| rules::holds(seat.from_on, seat.until_on, *on))
                .map(|seat| {
                    let names: Vec<&str> = of_posts
                        .get(&seat.id)
                        .into_iter()
                        .flatten()
                        .filter(|term| rules::holds(term.from_on, term.to_on, *on))
                        .map(|term| term.name.as_str())
                        .collect();
                    (seat.clone(), Holder { title: seat.title.clone(), who: who(seat, &names) })
                })
                .collect()
        })
        .collect())
}

/// A holder in words: a name, or the post with the name of whoever holds it.
fn who(seat: &Seat, names: &[&str]) -> String {
    if seat.post_org.is_none() {
        return seat.name.clone();
    }
    let post = format!("{}{}", seat.post_org_name, seat.post_title);
    if names.is_empty() { post } else { format!("{post} {}", names.join("、")) }
}

/// Organisations that may keep the office of a body, or whose posts may hold a seat, within scopes.
pub(super) fn offices(
    tx: &mut ReadTx<'_>,
    scopes: Option<&[&kernel::Grant]>,
) -> Result<Vec<(OrgId, OrgKind, String)>, DbError> {
    let mut query = Query::new(
        "SELECT o.id, o.kind, o.name FROM org o
         WHERE o.state <> 'closed' AND o.kind IN ('city', 'street', 'department', 'community', 'unit')",
    );
    if let Some(scopes) = scopes {
        query.push("AND");
        within(&mut query, scopes, OrgAs::O);
    }
    query.push(
        "ORDER BY CASE o.kind WHEN 'city' THEN 0 WHEN 'department' THEN 1 WHEN 'street' THEN 2 ELSE 3 END,",
    );
    query.push("o.name_key, o.id LIMIT 600");
    tx.list(&query)
}

/// Writes a new body.
pub(super) fn insert(tx: &mut WriteTx<'_>, id: BodyId, edit: &super::Edit, key: &str) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO body (id, kind, name, name_key, basis, host_id, from_on, until_on, note, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ),
        args![
            id,
            edit.kind,
            edit.name,
            key,
            edit.basis,
            edit.host,
            edit.from_on,
            edit.last_day.map(|last| last.plus(1)),
            edit.note,
            now
        ],
    )
}

/// Changes a body of a version; whether it still had that version.
pub(super) fn update(
    tx: &mut WriteTx<'_>,
    id: BodyId,
    version: i64,
    edit: &super::Edit,
    key: &str,
) -> Result<bool, DbError> {
    let touched = tx.exec(
        sql!(
            "UPDATE body SET kind = $3, name = $4, name_key = $5, basis = $6, host_id = $7, from_on = $8,
                until_on = $9, note = $10, version = version + 1 WHERE id = $1 AND version = $2"
        ),
        args![
            id,
            version,
            edit.kind,
            edit.name,
            key,
            edit.basis,
            edit.host,
            edit.from_on,
            edit.last_day.map(|last| last.plus(1)),
            edit.note
        ],
    )?;
    Ok(touched == 1)
}

/// Writes a seat at the end of those with its title, or at a place.
pub(super) fn insert_seat(
    tx: &mut WriteTx<'_>,
    id: SeatId,
    body: BodyId,
    new: &super::NewSeat,
    person: Option<PersonId>,
    place: i64,
) -> Result<(), DbError> {
    let post = new.post.as_ref();
    tx.exec_one(
        sql!(
            "INSERT INTO body_seat (id, body_id, title, place, person_id, name, post_org, post_title, from_on)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        ),
        args![
            id,
            body,
            new.title,
            place,
            person,
            new.name,
            post.map(|post| post.0),
            post.map_or("", |post| post.1.as_str()),
            new.from_on
        ],
    )
}

/// Ends a seat that has no end; whether it had none.
pub(super) fn end_seat(tx: &mut WriteTx<'_>, id: SeatId, until: Date) -> Result<bool, DbError> {
    let touched = tx.exec(
        sql!("UPDATE body_seat SET until_on = $2 WHERE id = $1 AND until_on IS NULL"),
        args![id, until],
    )?;
    Ok(touched == 1)
}

/// Removes a seat that was never held.
pub(super) fn remove_seat(tx: &mut WriteTx<'_>, id: SeatId) -> Result<(), DbError> {
    tx.exec_one(sql!("DELETE FROM body_seat WHERE id = $1"), args![id])
}

/// The person of a volunteer number.
pub(super) fn person_of(tx: &mut ReadTx<'_>, no: &str) -> Result<Option<PersonId>, DbError> {
    let found: Option<(PersonId,)> = tx.first(
        sql!(concat!(
            "SELECT p.id FROM person p WHERE p.volunteer_no = $1 AND p.state NOT IN ('closed', 'deceased') AND ",
            crate::person_shown!()
        )),
        args![no],
    )?;
    Ok(found.map(|row| row.0))
}
