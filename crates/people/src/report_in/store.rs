//! Questions about who reports in.

use std::collections::HashMap;

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::page::Page;
use kernel::{AccountId, Error, Grant, OrgId, PersonId, Timestamp};

use super::rules::{self, Rates};
use super::{Identity, PlaceKind, PlaceState, ReportId, ReportPlaceId, ReportStage, ReportState};
use crate::org::scope::{OrgAs, within};

/// Rows of a page.
pub const ROWS: i64 = 50;
/// Rows of an export.
pub const ALL_ROWS: i64 = 5_000;

row! {
    /// Somebody on a list.
    pub struct Report {
        id: ReportId, unit: OrgId, unit_name: String, name: String, person: Option<PersonId>, state: ReportState,
        listed_at: Timestamp, answered_at: Option<Timestamp>,
    }
    /// A community somebody reports in to.
    pub struct Placed {
        id: ReportPlaceId, report: ReportId, kind: PlaceKind, community: OrgId, community_name: String,
        state: PlaceState, asked_at: Timestamp, decided_at: Option<Timestamp>, note: String,
    }
    /// Somebody who reports in to a community, as the community sees them.
    pub struct Comer {
        id: ReportPlaceId, report: ReportId, person: PersonId, name: String, volunteer_no: String, unit: OrgId,
        unit_name: String, kind: PlaceKind, state: PlaceState, asked_at: Timestamp, decided_at: Option<Timestamp>,
        note: String,
    }
    /// A unit of the overview.
    pub struct UnitRow { id: OrgId, name: String, name_en: String, name_key: String }
}

/// People who count: a list forgets those whose registration ended.
macro_rules! counted {
    () => {
        "r.state <> 'ended' AND (r.person_id IS NULL OR EXISTS (SELECT 1 FROM person c WHERE c.id = r.person_id
            AND c.state NOT IN ('closed', 'deceased')))"
    };
}

macro_rules! report_columns {
    () => {
        "SELECT r.id, r.unit_id, o.name, r.name, r.person_id, r.state, r.listed_at, r.answered_at
         FROM report_in r JOIN org o ON o.id = r.unit_id WHERE "
    };
}

/// Somebody on a list.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: ReportId) -> Result<Option<Report>, DbError> {
    tx.first(sql!(concat!(report_columns!(), "r.id = $1")), args![id])
}

/// Where a person is listed, newest first.
///
/// # Errors
/// Of the database.
pub fn of_person(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<Report>, DbError> {
    tx.all(
        sql!(concat!(
            report_columns!(),
            "r.person_id = $1 AND r.state <> 'ended' ORDER BY r.id DESC LIMIT 50"
        )),
        args![person],
    )
}

/// Where a person has to say something: named and silent, or without a community.
///
/// # Errors
/// Of the database.
pub fn own_turn(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<Report>, DbError> {
    tx.all(
        sql!(concat!(
            report_columns!(),
            "r.person_id = $1 AND (r.state = 'listed' OR (r.state = 'confirmed' AND NOT EXISTS (
                SELECT 1 FROM report_place a WHERE a.report_id = r.id AND a.state IN ('asked', 'confirmed'))))
             ORDER BY r.id LIMIT 20"
        )),
        args![person],
    )
}

/// How many wait for each community within these scopes: (community, name, people).
///
/// # Errors
/// Of the database.
pub fn waiting_at(tx: &mut ReadTx<'_>, scopes: &[&Grant]) -> Result<Vec<(OrgId, String, i64)>, DbError> {
    let mut query = Query::new(
        "SELECT o.id, o.name, count(*) FROM report_place a JOIN org o ON o.id = a.community_id
         WHERE a.state = 'asked' AND",
    );
    within(&mut query, scopes, OrgAs::O);
    query.push("GROUP BY o.id, o.name ORDER BY o.id LIMIT 10");
    tx.list(&query)
}

/// A page of a unit's list, newest first; `stage`: only these.
///
/// # Errors
/// Of the database.
pub fn of_unit(
    tx: &mut ReadTx<'_>,
    unit: OrgId,
    stage: Option<ReportStage>,
    after: &str,
    rows: i64,
) -> Result<Page<Report>, DbError> {
    let mut query = Query::new(concat!(report_columns!(), counted!()));
    query.with("AND r.unit_id = {}", &[&unit]);
    query.push(match stage {
        None | Some(ReportStage::Ended) => "",
        Some(ReportStage::Unregistered) => "AND r.state = 'listed' AND r.person_id IS NULL",
        Some(ReportStage::Waiting) => "AND r.state = 'listed' AND r.person_id IS NOT NULL",
        Some(ReportStage::Declined) => "AND r.state = 'declined'",
        Some(ReportStage::Reported) => {
            "AND r.state = 'confirmed' AND EXISTS (SELECT 1 FROM report_place a WHERE a.report_id = r.id
                AND a.state = 'confirmed')"
        }
        Some(ReportStage::Asked) => {
            "AND r.state = 'confirmed' AND EXISTS (SELECT 1 FROM report_place a WHERE a.report_id = r.id
                AND a.state = 'asked') AND NOT EXISTS (SELECT 1 FROM report_place b WHERE b.report_id = r.id
                AND b.state = 'confirmed')"
        }
        Some(ReportStage::Choose) => {
            "AND r.state = 'confirmed' AND NOT EXISTS (SELECT 1 FROM report_place a WHERE a.report_id = r.id
                AND a.state IN ('asked', 'confirmed'))"
        }
    });
    if let Ok(last) = after.parse::<i64>() {
        query.with("AND r.id < {}", &[&last]);
    }
    query.with("ORDER BY r.id DESC LIMIT {}", &[&(rows + 1)]);
    let found = tx.list(&query)?;
    Ok(Page::cut(found, usize::try_from(rows).unwrap_or(50), |one: &Report| one.id.to_string()))
}

/// The communities of several, live ones and refusals, in order.
///
/// # Errors
/// Of the database.
pub fn places(tx: &mut ReadTx<'_>, reports: &[ReportId]) -> Result<Vec<Placed>, DbError> {
    if reports.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query::new(
        "SELECT a.id, a.report_id, a.kind, a.community_id, o.name, a.state, a.asked_at, a.decided_at, a.note
         FROM report_place a JOIN org o ON o.id = a.community_id WHERE a.state <> 'ended' AND a.report_id IN (0",
    );
    for one in reports {
        query.with(", {}", &[one]);
    }
    query.push(") ORDER BY a.report_id, a.kind, a.id");
    tx.list(&query)
}

/// As what several report in.
///
/// # Errors
/// Of the database.
pub fn identities(
    tx: &mut ReadTx<'_>,
    reports: &[ReportId],
) -> Result<HashMap<ReportId, Vec<Identity>>, DbError> {
    let mut out: HashMap<ReportId, Vec<Identity>> = HashMap::new();
    if reports.is_empty() {
        return Ok(out);
    }
    let mut query =
        Query::new("SELECT i.report_id, i.identity FROM report_identity i WHERE i.report_id IN (0");
    for one in reports {
        query.with(", {}", &[one]);
    }
    query.push(") ORDER BY i.report_id, i.identity");
    for (report, identity) in tx.list::<(ReportId, Identity)>(&query)? {
        out.entry(report).or_default().push(identity);
    }
    Ok(out)
}

/// One community of one person.
///
/// # Errors
/// Of the database.
pub fn place(tx: &mut ReadTx<'_>, id: ReportPlaceId) -> Result<Option<Placed>, DbError> {
    tx.first(
        sql!(
            "SELECT a.id, a.report_id, a.kind, a.community_id, o.name, a.state, a.asked_at, a.decided_at, a.note
             FROM report_place a JOIN org o ON o.id = a.community_id WHERE a.id = $1"
        ),
        args![id],
    )
}

/// What the register of a community is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct ComerFilter {
    /// Only these; all but ended ones when left out.
    pub state: Option<PlaceState>,
    /// Only those of this unit.
    pub unit: Option<OrgId>,
    /// Cursor.
    pub after: String,
}

/// A page of those who report in to a community, newest first.
///
/// # Errors
/// Of the database.
pub fn comers(
    tx: &mut ReadTx<'_>,
    community: OrgId,
    filter: &ComerFilter,
    rows: i64,
) -> Result<Page<Comer>, DbError> {
    let mut query = Query::new(
        "SELECT a.id, r.id, p.id, p.name, p.volunteer_no, o.id, o.name, a.kind, a.state, a.asked_at, a.decided_at,
            a.note
         FROM report_place a JOIN report_in r ON r.id = a.report_id JOIN person p ON p.id = r.person_id
         JOIN org o ON o.id = r.unit_id WHERE p.state NOT IN ('closed', 'deceased')",
    );
    query.with("AND a.community_id = {}", &[&community]);
    match &filter.state {
        Some(state) => query.with("AND a.state = {}", &[state]),
        None => query.push("AND a.state <> 'ended'"),
    };
    query.with_some("AND r.unit_id = {}", filter.unit.as_ref());
    if let Ok(last) = filter.after.parse::<i64>() {
        query.with("AND a.id < {}", &[&last]);
    }
    query.with("ORDER BY a.id DESC LIMIT {}", &[&(rows + 1)]);
    let found = tx.list(&query)?;
    Ok(Page::cut(found, usize::try_from(rows).unwrap_or(50), |one: &Comer| one.id.to_string()))
}

/// Units whose people report in to a community: (unit, name, confirmed people).
///
/// # Errors
/// Of the database.
pub fn units_at(tx: &mut ReadTx<'_>, community: OrgId) -> Result<Vec<(OrgId, String, i64)>, DbError> {
    tx.all(
        sql!(
            "SELECT o.id, o.name, count(*) FILTER (WHERE a.state = 'confirmed') FROM report_place a
             JOIN report_in r ON r.id = a.report_id JOIN org o ON o.id = r.unit_id
             WHERE a.community_id = $1 AND a.state IN ('asked', 'confirmed') GROUP BY o.id, o.name ORDER BY o.name, o.id
             LIMIT 200"
        ),
        args![community],
    )
}

/// Communities where people of a unit are confirmed: (community, name, people).
///
/// # Errors
/// Of the database.
pub fn communities_of(tx: &mut ReadTx<'_>, unit: OrgId) -> Result<Vec<(OrgId, String, i64)>, DbError> {
    tx.all(
        sql!(
            "SELECT o.id, o.name, count(*) FROM report_place a JOIN report_in r ON r.id = a.report_id
             JOIN org o ON o.id = a.community_id WHERE r.unit_id = $1 AND a.state = 'confirmed'
             GROUP BY o.id, o.name ORDER BY o.name, o.id LIMIT 200"
        ),
        args![unit],
    )
}

/// Figures of units, without the services.
///
/// # Errors
/// Of the database.
pub fn counts(tx: &mut ReadTx<'_>, units: &[OrgId]) -> Result<HashMap<OrgId, Rates>, DbError> {
    if units.is_empty() {
        return Ok(HashMap::new());
    }
    let mut query = Query::new(concat!(
        "SELECT r.unit_id, count(*), count(*) FILTER (WHERE r.state = 'confirmed'),
            count(*) FILTER (WHERE r.state = 'confirmed' AND EXISTS (SELECT 1 FROM report_place a
                WHERE a.report_id = r.id AND a.state = 'confirmed'))
         FROM report_in r WHERE ",
        counted!(),
        " AND r.unit_id IN (0"
    ));
    for unit in units {
        query.with(", {}", &[unit]);
    }
    query.push(") GROUP BY r.unit_id");
    let rows: Vec<(OrgId, i64, i64, i64)> = tx.list(&query)?;
    Ok(rows
        .into_iter()
        .map(|(unit, listed, confirmed, reported)| {
            (unit, Rates { listed, confirmed, reported, taking_part: 0 })
        })
        .collect())
}

/// Units within scopes, by name: all of kind unit, and whatever else keeps a list.
///
/// # Errors
/// Of the database.
pub fn units(
    tx: &mut ReadTx<'_>,
    scopes: &[&Grant],
    after: &str,
    rows: i64,
) -> Result<Page<UnitRow>, DbError> {
    let mut query = Query::new(
        "SELECT o.id, o.name, o.name_en, o.name_key FROM org o WHERE o.state <> 'closed' AND (o.kind = 'unit'
            OR EXISTS (SELECT 1 FROM report_in r WHERE r.unit_id = o.id AND r.state <> 'ended')) AND",
    );
    within(&mut query, scopes, OrgAs::O);
    if let Some((key, id)) = kernel::page::cursor_text(after) {
        query.with("AND (o.name_key, o.id) > ({}, {})", &[&key, &id]);
    }
    query.with("ORDER BY o.name_key, o.id LIMIT {}", &[&(rows + 1)]);
    let found = tx.list(&query)?;
    Ok(Page::cut(found, usize::try_from(rows).unwrap_or(50), |one: &UnitRow| {
        format!("{}~{}", one.id, one.name_key)
    }))
}

/// The communities that units stand in.
///
/// # Errors
/// Of the database.
pub fn communities_near(tx: &mut ReadTx<'_>, units: &[OrgId]) -> Result<HashMap<OrgId, OrgId>, DbError> {
    if units.is_empty() {
        return Ok(HashMap::new());
    }
    let mut query = Query::new(
        "SELECT u.id, o.id FROM org u JOIN org o ON o.kind = 'community' AND u.area_path LIKE o.area_path || '%'
         WHERE u.id IN (0",
    );
    for unit in units {
        query.with(", {}", &[unit]);
    }
    query.push(") ORDER BY u.id, o.id");
    Ok(tx.list::<(OrgId, OrgId)>(&query)?.into_iter().collect())
}

/// Services a year from which somebody takes part.
///
/// # Errors
/// Of the database.
pub fn services(tx: &mut ReadTx<'_>) -> Result<i64, DbError> {
    let found: Option<(String,)> =
        tx.first(sql!("SELECT value FROM setting WHERE name = 'report_in.services'"), &[])?;
    Ok(found.and_then(|(text,)| text.parse().ok()).unwrap_or(rules::SERVICES))
}

/// Sets that number.
///
/// # Errors
/// Of the database.
pub(super) fn set_services(tx: &mut WriteTx<'_>, n: i64) -> Result<(), DbError> {
    let value = n.to_string();
    tx.exec_one(
        sql!(
            "INSERT INTO setting (name, value) VALUES ('report_in.services', $1)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        ),
        args![value],
    )
}

/// Registrations by phones and volunteer numbers.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// By blind index and name.
    pub phones: HashMap<(Vec<u8>, String), PersonId>,
    /// By number.
    pub numbers: HashMap<String, (PersonId, String)>,
}

/// Looks registrations up, in two questions.
pub(super) fn known(tx: &mut ReadTx<'_>, phones: &[Vec<u8>], numbers: &[String]) -> Result<Known, DbError> {
    let mut out = Known::default();
    if !phones.is_empty() {
        let mut query = Query::new(
            "SELECT f.phone_index, p.name, p.id FROM person_phone f JOIN person p ON p.id = f.person_id
             WHERE p.state NOT IN ('closed', 'deceased') AND",
        );
        query.push(crate::person::SHOWN).push("AND f.phone_index IN (");
        for (at, phone) in phones.iter().enumerate() {
            query.with(if at == 0 { "{}" } else { ", {}" }, &[&phone.as_slice()]);
        }
        query.push(") ORDER BY p.id");
        for (phone, name, id) in tx.list::<(Vec<u8>, String, PersonId)>(&query)? {
            out.phones.entry((phone, name)).or_insert(id);
        }
    }
    if !numbers.is_empty() {
        let mut query = Query::new(
            "SELECT p.volunteer_no, p.name, p.id FROM person p WHERE p.state NOT IN ('closed', 'deceased') AND",
        );
        query.push(crate::person::SHOWN).push("AND p.volunteer_no IN (");
        for (at, no) in numbers.iter().enumerate() {
            query.with(if at == 0 { "{}" } else { ", {}" }, &[no]);
        }
        query.push(")");
        for (no, name, id) in tx.list::<(String, String, PersonId)>(&query)? {
            out.numbers.insert(no, (id, name));
        }
    }
    Ok(out)
}

row! {
    /// Who is on a list, and the phone of those without a registration.
    pub(super) struct OnList { person: Option<PersonId>, phone_index: Option<Vec<u8>>, name: String }
}

/// Who is on a list.
pub(super) fn on_list(tx: &mut ReadTx<'_>, unit: OrgId) -> Result<Vec<OnList>, DbError> {
    tx.all(
        sql!(
            "SELECT person_id, phone_index, name FROM report_in WHERE unit_id = $1 AND state <> 'ended'
             ORDER BY id LIMIT 20000"
        ),
        args![unit],
    )
}

/// Somebody new on a list.
#[derive(Debug, Clone)]
pub(super) struct NewReport {
    pub name: String,
    pub person: Option<PersonId>,
    pub phone_index: Option<Vec<u8>>,
    pub identities: Vec<Identity>,
}

/// Writes somebody on a list; `None` when they are on it.
pub(super) fn insert(
    tx: &mut WriteTx<'_>,
    unit: OrgId,
    by: Option<AccountId>,
    new: &NewReport,
) -> Result<Option<ReportId>, DbError> {
    let (id, now): (ReportId, _) = (tx.new_id(), tx.now());
    let written = tx.exec(
        sql!(
            "INSERT INTO report_in (id, unit_id, name, person_id, phone_index, state, listed_at, listed_by)
             VALUES ($1, $2, $3, $4, $5, 'listed', $6, $7)
             ON CONFLICT (unit_id, person_id) WHERE state <> 'ended' DO NOTHING"
        ),
        args![id, unit, new.name, new.person, new.phone_index, now, by],
    )?;
    if written == 0 {
        return Ok(None);
    }
    add_identities(tx, id, &new.identities)?;
    Ok(Some(id))
}

fn add_identities(tx: &mut WriteTx<'_>, id: ReportId, all: &[Identity]) -> Result<(), DbError> {
    for one in all {
        tx.exec_later(
            sql!(
                "INSERT INTO report_identity (report_id, identity) VALUES ($1, $2)
                 ON CONFLICT (report_id, identity) DO NOTHING"
            ),
            args![id, *one],
        )?;
    }
    Ok(())
}

/// Exchanges as what somebody reports in.
pub(super) fn set_identities(tx: &mut WriteTx<'_>, id: ReportId, all: &[Identity]) -> Result<(), DbError> {
    tx.exec(sql!("DELETE FROM report_identity WHERE report_id = $1"), args![id])?;
    add_identities(tx, id, all)
}

/// Notes what the person said, if the list still has them; whether it did.
pub(super) fn set_state(tx: &mut WriteTx<'_>, id: ReportId, to: ReportState) -> Result<bool, DbError> {
    let now = tx.now();
    let ended = (to == ReportState::Ended).then_some(now);
    let touched = tx.exec(
        sql!(
            "UPDATE report_in SET state = $2, answered_at = CASE WHEN $2 = 'ended' THEN answered_at ELSE $3 END,
                ended_at = $4 WHERE id = $1 AND state <> 'ended'"
        ),
        args![id, to, now, ended],
    )?;
    Ok(touched == 1)
}

/// Ends what is live; `kind`: only this one.
pub(super) fn end_places(
    tx: &mut WriteTx<'_>,
    id: ReportId,
    kind: Option<PlaceKind>,
    note: &str,
) -> Result<(), DbError> {
    let now = tx.now();
    let mut query = Query::new("UPDATE report_place SET state = 'ended',");
    query.with("decided_at = {}, note = {} WHERE report_id = {} AND state <> 'ended'", &[&now, &note, &id]);
    query.with_some("AND kind = {}", kind.as_ref());
    tx.exec_query(&query)?;
    Ok(())
}

/// Asks a community.
pub(super) fn ask(
    tx: &mut WriteTx<'_>,
    id: ReportId,
    kind: PlaceKind,
    community: OrgId,
) -> Result<ReportPlaceId, DbError> {
    let (place, now): (ReportPlaceId, _) = (tx.new_id(), tx.now());
    tx.exec_one(
        sql!(
            "INSERT INTO report_place (id, report_id, kind, community_id, state, asked_at)
             VALUES ($1, $2, $3, $4, 'asked', $5)"
        ),
        args![place, id, kind, community, now],
    )?;
    Ok(place)
}

/// Notes the community's answer, if it is still awaited; whether it was.
pub(super) fn decide(
    tx: &mut WriteTx<'_>,
    id: ReportPlaceId,
    to: PlaceState,
    by: Option<AccountId>,
    note: &str,
) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE report_place SET state = $2, decided_at = $3, decided_by = $4, note = $5
             WHERE id = $1 AND state = 'asked'"
        ),
        args![id, to, now, by, note],
    )?;
    Ok(touched == 1)
}

/// Lists that named somebody before they registered now know them.
pub(super) fn found(tx: &mut WriteTx<'_>, person: PersonId) -> Result<Vec<(ReportId, String)>, DbError> {
    let waiting: Vec<(ReportId, String)> = tx.all(
        sql!(
            "SELECT r.id, o.name FROM person p JOIN report_in r ON r.phone_index = p.phone_index AND r.name = p.name
             JOIN org o ON o.id = r.unit_id
             WHERE p.id = $1 AND r.person_id IS NULL AND r.state = 'listed' AND NOT EXISTS (SELECT 1 FROM report_in k
                WHERE k.unit_id = r.unit_id AND k.person_id = p.id AND k.state <> 'ended') ORDER BY r.id"
        ),
        args![person],
    )?;
    for (id, _) in &waiting {
        // Two lines of one list may name the same person: the first one is theirs.
        tx.exec(
            sql!(
                "UPDATE report_in SET person_id = $2 WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM report_in k
                    WHERE k.unit_id = report_in.unit_id AND k.person_id = $3 AND k.state <> 'ended')"
            ),
            args![*id, person, person],
        )?;
    }
    Ok(waiting)
}

/// Live communities of the home that are not this one: (report, unit).
pub(super) fn homes_elsewhere(
    tx: &mut ReadTx<'_>,
    person: PersonId,
    home: OrgId,
) -> Result<Vec<(ReportId, String)>, DbError> {
    tx.all(
        sql!(
            "SELECT r.id, o.name FROM report_in r JOIN report_place a ON a.report_id = r.id JOIN org o ON o.id = r.unit_id
             WHERE r.person_id = $1 AND r.state = 'confirmed' AND a.kind = 'home' AND a.state IN ('asked', 'confirmed')
             AND a.community_id <> $2 ORDER BY r.id"
        ),
        args![person, home],
    )
}

/// What was open at a closed organisation is at its successor; what is past stays where it was (Edge-15).
pub(super) fn merged(tx: &mut WriteTx<'_>, from: OrgId, into: OrgId) -> Result<(), Error> {
    tx.exec(
        sql!(
            "UPDATE report_place SET community_id = $2 WHERE community_id = $1 AND state IN ('asked', 'confirmed')"
        ),
        args![from, into],
    )?;
    tx.exec(
        sql!(
            "UPDATE report_in SET unit_id = $2 WHERE unit_id = $1 AND state <> 'ended' AND NOT EXISTS (
                SELECT 1 FROM report_in k WHERE k.unit_id = $3 AND k.person_id = report_in.person_id
                AND k.state <> 'ended')"
        ),
        args![from, into, into],
    )?;
    closed(tx, from)
}

/// Nobody reports in to what is closed, and it keeps no list.
pub(super) fn closed(tx: &mut WriteTx<'_>, org: OrgId) -> Result<(), Error> {
    let now = tx.now();
    tx.exec(
        sql!(
            "UPDATE report_place SET state = 'ended', decided_at = $2, note = '社区已撤销'
             WHERE community_id = $1 AND state IN ('asked', 'confirmed')"
        ),
        args![org, now],
    )?;
    tx.exec(
        sql!("UPDATE report_in SET state = 'ended', ended_at = $2 WHERE unit_id = $1 AND state <> 'ended'"),
        args![org, now],
    )?;
    Ok(())
}

/// Erases what lists know of a person.
pub(crate) fn forget(tx: &mut WriteTx<'_>, person: PersonId, masked: &str) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!(
            "DELETE FROM report_identity WHERE report_id IN (SELECT r.id FROM report_in r WHERE r.person_id = $1)"
        ),
        args![person],
    )?;
    tx.exec(
        sql!(
            "UPDATE report_place SET state = 'ended', decided_at = $2 WHERE state IN ('asked', 'confirmed')
             AND report_id IN (SELECT r.id FROM report_in r WHERE r.person_id = $1)"
        ),
        args![person, now],
    )?;
    tx.exec(
        sql!(
            "UPDATE report_in SET state = 'ended', ended_at = COALESCE(ended_at, $2), name = $3, phone_index = NULL
             WHERE person_id = $1"
        ),
        args![person, now, masked],
    )?;
    Ok(())
}
