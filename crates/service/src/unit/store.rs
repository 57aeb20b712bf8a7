//! Questions about unit members and those who serve in their name.

use std::collections::HashMap;

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::page::{Page, cursor_text};
use kernel::{AccountId, Action, Actor, Date, Grant, OrgId, PersonId, Place, Timestamp};
use people::org::OrgKind;
use people::org::scope::{OrgAs, within};

use super::{ServeState, UnitMemberId, UnitServiceId, UnitState};

/// Rows of a page.
pub const ROWS: i64 = 50;
/// Rows of an export, and units that a ranking compares.
pub const ALL_ROWS: i64 = 5_000;

row! {
    /// A unit of the list.
    pub struct UnitRow {
        id: OrgId, name: String, name_en: String, name_key: String, type_code: String, area_path: String,
        sponsor_path: String,
    }
    /// The membership of a unit.
    pub struct Membership {
        id: UnitMemberId, host: OrgId, host_name: String, unit: Option<OrgId>, name: String, type_code: String,
        uscc: Option<String>, address: String, phone: String, contact: Option<PersonId>, contact_name: Option<String>,
        words: String, state: UnitState, applied_at: Timestamp, decided_at: Option<Timestamp>, from_on: Option<Date>,
        to_on: Option<Date>, note: String, area_path: Option<String>, sponsor_path: Option<String>,
    }
    /// Somebody who serves in a unit's name.
    pub struct Serving {
        id: UnitServiceId, unit: OrgId, unit_name: String, person: PersonId, name: String, volunteer_no: String,
        state: ServeState, from_on: Date, to_on: Option<Date>, asked_at: Timestamp, decided_at: Option<Timestamp>,
        note: String,
    }
    /// What a unit did.
    pub struct Sum { unit: OrgId, people: i64, services: i64, minutes: i64 }
}

impl Membership {
    /// Whether the unit is not in the tree yet.
    #[must_use]
    pub const fn fresh(&self) -> bool {
        self.unit.is_none()
    }

    /// The name of its type.
    #[must_use]
    pub fn type_name(&self, lang: &kernel::Lang) -> &'static str {
        people::org::type_name(&self.type_code, *lang)
    }

    /// Where the unit stands; nowhere while it is not in the tree.
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place {
            area_path: self.area_path.as_deref().unwrap_or_default(),
            sponsor_path: self.sponsor_path.as_deref().unwrap_or_default(),
        }
    }
}

impl UnitRow {
    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }

    /// Its name in a language.
    #[must_use]
    pub fn title(&self, lang: &kernel::Lang) -> &str {
        if *lang == kernel::Lang::En && !self.name_en.is_empty() { &self.name_en } else { &self.name }
    }

    /// The name of its type.
    #[must_use]
    pub fn type_name(&self, lang: &kernel::Lang) -> &'static str {
        people::org::type_name(&self.type_code, *lang)
    }
}

macro_rules! membership_columns {
    () => {
        "SELECT m.id, m.host_id, h.name, m.unit_id, COALESCE(u.name, m.name), COALESCE(u.type_code, m.type_code),
            COALESCE(u.uscc, m.uscc), m.address, COALESCE(NULLIF(u.phone, ''), m.phone), m.contact_id,
            COALESCE((SELECT w.name FROM org_post q JOIN person w ON w.id = q.person_id WHERE q.org_id = u.id
                AND q.to_on IS NULL AND q.kind <> 'other' ORDER BY q.id DESC LIMIT 1), c.name),
            m.words, m.state, m.applied_at, m.decided_at, m.from_on, m.to_on, m.note,
            u.area_path, u.sponsor_path
         FROM unit_member m JOIN org h ON h.id = m.host_id LEFT JOIN org u ON u.id = m.unit_id
         LEFT JOIN person c ON c.id = m.contact_id WHERE "
    };
}

macro_rules! unit_columns {
    () => {
        "SELECT o.id, o.name, o.name_en, o.name_key, o.type_code, o.area_path, o.sponsor_path FROM org o WHERE "
    };
}

macro_rules! serving_columns {
    () => {
        "SELECT s.id, s.unit_id, o.name, p.id, p.name, p.volunteer_no, s.state, s.from_on, s.to_on, s.asked_at,
            s.decided_at, s.note
         FROM unit_service s JOIN org o ON o.id = s.unit_id JOIN person p ON p.id = s.person_id WHERE "
    };
}

/// A membership.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: UnitMemberId) -> Result<Option<Membership>, DbError> {
    tx.first(sql!(concat!(membership_columns!(), "m.id = $1")), args![id])
}

/// What the list of an organisation is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct HostFilter {
    /// Only these.
    pub state: Option<UnitState>,
    /// Only names with this in them.
    pub words: String,
    /// Cursor.
    pub after: String,
}

/// The unit members of an organisation, newest first.
///
/// # Errors
/// Of the database.
pub fn of_host(
    tx: &mut ReadTx<'_>,
    host: OrgId,
    filter: &HostFilter,
    rows: i64,
) -> Result<Page<Membership>, DbError> {
    let mut query = Query::new(membership_columns!());
    query.with("m.host_id = {}", &[&host]);
    query.with_some("AND m.state = {}", filter.state.as_ref());
    if !filter.words.is_empty() {
        let like = like(&filter.words);
        query.with("AND COALESCE(u.name, m.name) LIKE {} ESCAPE '\\'", &[&like]);
    }
    if let Ok(last) = filter.after.parse::<i64>() {
        query.with("AND m.id < {}", &[&last]);
    }
    query.with("ORDER BY m.id DESC LIMIT {}", &[&(rows + 1)]);
    let found = tx.list(&query)?;
    Ok(Page::cut(found, usize::try_from(rows).unwrap_or(50), |one: &Membership| one.id.to_string()))
}

/// Words as a part of a text that is looked for.
pub(crate) fn like(words: &str) -> String {
    let mut out = String::from("%");
    for c in words.trim().chars().take(40) {
        if matches!(c, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('%');
    out
}

/// What a unit joined or asked to join, newest first.
///
/// # Errors
/// Of the database.
pub fn of_unit(tx: &mut ReadTx<'_>, unit: OrgId) -> Result<Vec<Membership>, DbError> {
    tx.all(
        sql!(concat!(
            membership_columns!(),
            "m.unit_id = $1 ORDER BY CASE m.state WHEN 'applied' THEN 0 WHEN 'member' THEN 1 ELSE 2 END, m.id DESC LIMIT 50"
        )),
        args![unit],
    )
}

/// What somebody applied for as the contact of a unit, newest first.
///
/// # Errors
/// Of the database.
pub fn of_contact(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<Membership>, DbError> {
    tx.all(
        sql!(concat!(membership_columns!(), "m.contact_id = $1 ORDER BY m.id DESC LIMIT 20")),
        args![person],
    )
}

/// Whether a unit is a member of anything.
///
/// # Errors
/// Of the database.
pub fn is_member(tx: &mut ReadTx<'_>, unit: OrgId) -> Result<bool, DbError> {
    let found: Option<(i64,)> = tx.first(
        sql!(
            "SELECT m.id FROM unit_member m WHERE m.unit_id = $1 AND m.state = 'member' ORDER BY m.id LIMIT 1"
        ),
        args![unit],
    )?;
    Ok(found.is_some())
}

/// What is kept of a new membership.
#[derive(Debug, Clone, Default)]
pub struct NewMembership {
    /// Name of the unit.
    pub name: String,
    /// Code of its type.
    pub type_code: String,
    /// Unified social credit code.
    pub uscc: Option<String>,
    /// Where it is.
    pub address: String,
    /// Where its contact can be reached.
    pub phone: String,
    /// What it says.
    pub words: String,
}

/// Writes an application, or a membership when `member`. `None`: there is one already.
///
/// # Errors
/// Of the database.
pub fn insert(
    tx: &mut WriteTx<'_>,
    (host, unit): (OrgId, Option<OrgId>),
    contact: Option<PersonId>,
    by: Option<AccountId>,
    new: &NewMembership,
    member: bool,
) -> Result<Option<UnitMemberId>, DbError> {
    let (id, now): (UnitMemberId, _) = (tx.new_id(), tx.now());
    let (state, decided) = if member { (UnitState::Member, Some(now)) } else { (UnitState::Applied, None) };
    let from = member.then(|| now.date());
    let done = tx.exec(
        sql!(
            "INSERT INTO unit_member (id, host_id, unit_id, name, type_code, uscc, address, phone, contact_id, words,
                state, applied_at, applied_by, decided_at, decided_by, from_on)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT DO NOTHING"
        ),
        args![
            id,
            host,
            unit,
            new.name,
            new.type_code,
            new.uscc,
            new.address,
            new.phone,
            contact,
            new.words,
            state,
            now,
            by,
            decided,
            decided.and(by),
            from
        ],
    )?;
    Ok((done == 1).then_some(id))
}

/// Moves a membership from one state to another; whether it was in it.
///
/// # Errors
/// Of the database.
pub fn advance(
    tx: &mut WriteTx<'_>,
    id: UnitMemberId,
    (from, to): (UnitState, UnitState),
    by: Option<AccountId>,
    note: &str,
) -> Result<bool, DbError> {
    let now = tx.now();
    let today = now.date();
    let (begins, ends) = match (from, to) {
        (_, UnitState::Member) => (Some(today), None),
        (UnitState::Member, _) => (None, Some(today)),
        _ => (None, None),
    };
    let done = tx.exec(
        sql!(
            "UPDATE unit_member SET state = $3, decided_at = $4, decided_by = $5, note = $6,
                from_on = COALESCE($7, from_on), to_on = $8 WHERE id = $1 AND state = $2"
        ),
        args![id, from, to, now, by, note, begins, ends],
    )?;
    Ok(done == 1)
}

/// Says which node of the tree an accepted unit became.
///
/// # Errors
/// Of the database.
pub fn set_unit(tx: &mut WriteTx<'_>, id: UnitMemberId, unit: OrgId) -> Result<(), DbError> {
    tx.exec_one(sql!("UPDATE unit_member SET unit_id = $2 WHERE id = $1"), args![id, unit])
}

/// The organisation with a credit code.
///
/// # Errors
/// Of the database.
pub fn by_code(tx: &mut ReadTx<'_>, uscc: &str) -> Result<Option<(OrgId, String)>, DbError> {
    tx.first(sql!("SELECT id, name FROM org WHERE uscc = $1"), args![uscc])
}

/// The lowest of these nodes under which a unit may stand.
///
/// # Errors
/// Of the database.
pub fn stands_under(tx: &mut ReadTx<'_>, above: &[OrgId]) -> Result<Option<OrgId>, DbError> {
    let mut query = Query::new(
        "SELECT o.id, o.area_path FROM org o WHERE o.kind IN ('city', 'street', 'community') AND o.state = 'open' AND o.id IN (0",
    );
    for one in above {
        query.with(", {}", &[one]);
    }
    query.push(") ORDER BY o.id");
    let found: Vec<(OrgId, String)> = tx.list(&query)?;
    Ok(found.into_iter().max_by_key(|(_, path)| path.len()).map(|(id, _)| id))
}

/// Narrows to organisations whose name holds these words, or whose reading begins with them.
fn named(query: &mut Query, words: &str) {
    let (like, key) = (like(words), like(&words.to_lowercase()));
    // From its beginning: the pattern without the first wildcard.
    let key = key.trim_start_matches('%').to_owned();
    query.with("AND (o.name LIKE {} ESCAPE '\\' OR o.name_key LIKE {} ESCAPE '\\')", &[&like, &key]);
}

/// Units that can be members, found by words; `members`: only those that are.
///
/// # Errors
/// Of the database.
pub fn look_for(tx: &mut ReadTx<'_>, words: &str, members: bool) -> Result<Vec<UnitRow>, DbError> {
    let mut query =
        Query::new(concat!(unit_columns!(), "o.kind IN ('unit', 'department') AND o.state = 'open'"));
    if members {
        query.push("AND EXISTS (SELECT 1 FROM unit_member m WHERE m.unit_id = o.id AND m.state = 'member')");
    }
    named(&mut query, words);
    query.push("ORDER BY o.name_key, o.id LIMIT 12");
    tx.list(&query)
}

/// Open units whose affairs the actor looks after.
///
/// # Errors
/// Of the database.
pub fn own_units(tx: &mut ReadTx<'_>, grants: &[&Grant]) -> Result<Vec<UnitRow>, DbError> {
    let mut query = Query::new(concat!(
        unit_columns!(),
        "o.kind IN ('unit', 'department') AND o.state = 'open' AND o.id IN (0"
    ));
    for grant in grants {
        query.with(", {}", &[&grant.org]);
    }
    query.push(") ORDER BY o.name_key, o.id LIMIT 50");
    tx.list(&query)
}

/// Open organisations that units join, found by words.
///
/// # Errors
/// Of the database.
pub fn hosts(tx: &mut ReadTx<'_>, words: &str) -> Result<Vec<(OrgId, OrgKind, String)>, DbError> {
    let mut query = Query::new(
        "SELECT o.id, o.kind, o.name FROM org o WHERE o.kind NOT IN ('unit', 'group') AND o.state = 'open'",
    );
    named(&mut query, words);
    query.push("ORDER BY o.name_key, o.id LIMIT 12");
    tx.list(&query)
}

/// The unit members of the city by name.
///
/// # Errors
/// Of the database.
pub fn units(tx: &mut ReadTx<'_>, words: &str, after: &str, rows: i64) -> Result<Page<UnitRow>, DbError> {
    let mut query = Query::new(concat!(
        unit_columns!(),
        "o.state <> 'closed' AND o.kind IN ('unit', 'department')
         AND EXISTS (SELECT 1 FROM unit_member m WHERE m.unit_id = o.id AND m.state = 'member')"
    ));
    if !words.is_empty() {
        named(&mut query, words);
    }
    if let Some((key, id)) = cursor_text(after) {
        query.with("AND (o.name_key, o.id) > ({}, {})", &[&key, &id]);
    }
    query.with("ORDER BY o.name_key, o.id LIMIT {}", &[&(rows + 1)]);
    let found = tx.list(&query)?;
    Ok(Page::cut(found, usize::try_from(rows).unwrap_or(50), |one: &UnitRow| {
        format!("{}~{}", one.id, one.name_key)
    }))
}

/// Every unit member, for a ranking.
///
/// # Errors
/// Of the database.
pub fn all_units(tx: &mut ReadTx<'_>) -> Result<Vec<UnitRow>, DbError> {
    tx.all(
        sql!(concat!(
            unit_columns!(),
            "o.state <> 'closed'
             AND EXISTS (SELECT 1 FROM unit_member m WHERE m.unit_id = o.id AND m.state = 'member')
             ORDER BY o.name_key, o.id LIMIT $1"
        )),
        args![ALL_ROWS],
    )
}

/// How many serve in the name of each. Registrations that ended do not count.
///
/// # Errors
/// Of the database.
pub fn heads(tx: &mut ReadTx<'_>, units: &[OrgId]) -> Result<HashMap<OrgId, i64>, DbError> {
    if units.is_empty() {
        return Ok(HashMap::new());
    }
    let mut query = Query::new(
        "SELECT s.unit_id, count(*) FROM unit_service s JOIN person p ON p.id = s.person_id
         WHERE s.state = 'active' AND p.state NOT IN ('closed', 'deceased') AND s.unit_id IN (0",
    );
    for unit in units {
        query.with(", {}", &[unit]);
    }
    query.push(") GROUP BY s.unit_id ORDER BY s.unit_id");
    Ok(tx.list::<(OrgId, i64)>(&query)?.into_iter().collect())
}

/// What a unit's list of people is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct PeopleFilter {
    /// Only these; those who asked or serve when left out.
    pub state: Option<ServeState>,
    /// Only names with this in them.
    pub words: String,
    /// Cursor.
    pub after: String,
}

/// Who serves in a unit's name, newest first. Registrations that ended are not named.
///
/// # Errors
/// Of the database.
pub fn people(
    tx: &mut ReadTx<'_>,
    unit: OrgId,
    filter: &PeopleFilter,
    rows: i64,
) -> Result<Page<Serving>, DbError> {
    let mut query = Query::new(concat!(serving_columns!(), "p.state NOT IN ('closed', 'deceased') AND"));
    query.with("s.unit_id = {}", &[&unit]);
    match &filter.state {
        Some(state) => query.with("AND s.state = {}", &[state]),
        None => query.push("AND s.state IN ('asked', 'active')"),
    };
    if !filter.words.is_empty() {
        let like = like(&filter.words);
        query.with("AND p.name LIKE {} ESCAPE '\\'", &[&like]);
    }
    if let Ok(last) = filter.after.parse::<i64>() {
        query.with("AND s.id < {}", &[&last]);
    }
    query.with("ORDER BY s.id DESC LIMIT {}", &[&(rows + 1)]);
    let found = tx.list(&query)?;
    Ok(Page::cut(found, usize::try_from(rows).unwrap_or(50), |one: &Serving| one.id.to_string()))
}

/// Minutes and services of these people that count for their unit between two days.
///
/// # Errors
/// Of the database.
pub fn served(
    tx: &mut ReadTx<'_>,
    lines: &[UnitServiceId],
    first: Date,
    last: Date,
) -> Result<HashMap<UnitServiceId, (i64, i64)>, DbError> {
    if lines.is_empty() {
        return Ok(HashMap::new());
    }
    let mut query = Query::new(concat!(
        "SELECT s.id, count(*), CAST(sum(r.minutes) AS BIGINT)",
        crate::total::figures::unit_records!()
    ));
    query.with("AND r.service_on >= {} AND r.service_on <= {} AND s.id IN (0", &[&first, &last]);
    for line in lines {
        query.with(", {}", &[line]);
    }
    query.push(") GROUP BY s.id ORDER BY s.id");
    let rows: Vec<(UnitServiceId, i64, i64)> = tx.list(&query)?;
    Ok(rows.into_iter().map(|(id, services, minutes)| (id, (services, minutes))).collect())
}

/// One line.
///
/// # Errors
/// Of the database.
pub fn serving(tx: &mut ReadTx<'_>, id: UnitServiceId) -> Result<Option<Serving>, DbError> {
    tx.first(sql!(concat!(serving_columns!(), "s.id = $1")), args![id])
}

/// In whose name somebody served: what goes on first, then what waits, then the newest.
///
/// # Errors
/// Of the database.
pub fn of_person(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<Serving>, DbError> {
    tx.all(
        sql!(concat!(
            serving_columns!(),
            "s.person_id = $1 ORDER BY CASE s.state WHEN 'active' THEN 0 WHEN 'asked' THEN 1 ELSE 2 END, s.id DESC
             LIMIT 50"
        )),
        args![person],
    )
}

/// The last day that counts for a unit already.
///
/// # Errors
/// Of the database.
pub fn last_day(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Option<Date>, DbError> {
    let (last,): (Option<Date>,) = tx.one(
        sql!("SELECT max(to_on) FROM unit_service WHERE person_id = $1 AND state = 'ended'"),
        args![person],
    )?;
    Ok(last)
}

/// Asks a unit.
///
/// # Errors
/// Of the database.
pub fn ask(tx: &mut WriteTx<'_>, unit: OrgId, person: PersonId) -> Result<UnitServiceId, DbError> {
    let (id, now): (UnitServiceId, _) = (tx.new_id(), tx.now());
    let today = now.date();
    tx.exec_one(
        sql!(
            "INSERT INTO unit_service (id, unit_id, person_id, state, from_on, asked_at)
             VALUES ($1, $2, $3, 'asked', $4, $5)"
        ),
        args![id, unit, person, today, now],
    )?;
    Ok(id)
}

/// Settles what was asked; `begins`: the first day when it is confirmed. Whether it still waited.
///
/// # Errors
/// Of the database.
pub fn settle(
    tx: &mut WriteTx<'_>,
    id: UnitServiceId,
    to: ServeState,
    begins: Option<Date>,
    by: Option<AccountId>,
    note: &str,
) -> Result<bool, DbError> {
    let now = tx.now();
    let done = tx.exec(
        sql!(
            "UPDATE unit_service SET state = $2, from_on = COALESCE($3, from_on), decided_at = $4, decided_by = $5,
                note = $6 WHERE id = $1 AND state = 'asked'"
        ),
        args![id, to, begins, now, by, note],
    )?;
    Ok(done == 1)
}

/// Ends serving in a unit's name with a last day; whether it was going on.
///
/// # Errors
/// Of the database.
pub fn end(tx: &mut WriteTx<'_>, id: UnitServiceId, last: Date, note: &str) -> Result<bool, DbError> {
    let done = tx.exec(
        sql!("UPDATE unit_service SET state = 'ended', to_on = $2, note = $3 WHERE id = $1 AND state = 'active'"),
        args![id, last, note],
    )?;
    Ok(done == 1)
}

/// Somebody's registration ended: so does this.
///
/// # Errors
/// Of the database.
pub fn end_of_person(tx: &mut WriteTx<'_>, person: PersonId) -> Result<(), DbError> {
    let now = tx.now();
    let today = now.date();
    tx.exec(
        sql!(
            "UPDATE unit_service SET state = 'ended', to_on = $2, note = '' WHERE person_id = $1 AND state = 'active'"
        ),
        args![person, today],
    )?;
    tx.exec(
        sql!(
            "UPDATE unit_service SET state = 'withdrawn', decided_at = $2, note = '' WHERE person_id = $1
             AND state = 'asked'"
        ),
        args![person, now],
    )?;
    tx.exec(
        sql!(
            "UPDATE unit_member SET state = 'left', decided_at = $2 WHERE contact_id = $1 AND state = 'applied'
             AND unit_id IS NULL"
        ),
        args![person, now],
    )?;
    Ok(())
}

/// What was open at an organisation that was merged goes on at its successor; what is past stays where it was
/// (Edge-15). People serve in the successor's name from the next day on, if it is a unit member then. Nothing becomes a
/// member of itself.
///
/// # Errors
/// Of the database.
pub fn merged(tx: &mut WriteTx<'_>, from: OrgId, into: OrgId) -> Result<(), DbError> {
    tx.exec(
        sql!(
            "UPDATE unit_member SET unit_id = $2 WHERE unit_id = $1 AND state IN ('applied', 'member')
             AND host_id <> $3 AND NOT EXISTS (SELECT 1 FROM unit_member k WHERE k.unit_id = $3
                AND k.host_id = unit_member.host_id AND k.state IN ('applied', 'member'))"
        ),
        args![from, into, into],
    )?;
    tx.exec(
        sql!(
            "UPDATE unit_member SET host_id = $2 WHERE host_id = $1 AND state IN ('applied', 'member')
             AND (unit_id IS NULL OR (unit_id <> $3 AND NOT EXISTS (SELECT 1 FROM unit_member k
                WHERE k.host_id = $3 AND k.unit_id = unit_member.unit_id AND k.state IN ('applied', 'member'))))"
        ),
        args![from, into, into],
    )?;
    if is_member(tx, into)? {
        hand_over(tx, from, into)?;
    }
    closed(tx, from)
}

/// Lets the people of one unit go on at another.
fn hand_over(tx: &mut WriteTx<'_>, from: OrgId, into: OrgId) -> Result<(), DbError> {
    let now = tx.now();
    let (today, begins) = (now.date(), now.date().plus(1));
    tx.exec(
        sql!("UPDATE unit_service SET unit_id = $2 WHERE unit_id = $1 AND state = 'asked'"),
        args![from, into],
    )?;
    // Taken and locked in one statement: nobody ends one of them in between.
    let going: Vec<(PersonId, Timestamp)> = tx.all(
        sql!(
            "UPDATE unit_service SET state = 'ended', to_on = $2, note = '单位合并' WHERE unit_id = $1
             AND state = 'active' RETURNING person_id, asked_at"
        ),
        args![from, today],
    )?;
    for chunk in going.chunks(300) {
        let mut query = Query::new(
            "INSERT INTO unit_service (id, unit_id, person_id, state, from_on, asked_at, decided_at, note) VALUES",
        );
        for (at, (person, asked_at)) in chunk.iter().enumerate() {
            if at > 0 {
                query.push(",");
            }
            let id: UnitServiceId = tx.new_id();
            query.with(
                "({}, {}, {}, 'active', {}, {}, {}, '单位合并')",
                &[&id, &into, person, &begins, asked_at, &now],
            );
        }
        tx.exec_query(&query)?;
    }
    Ok(())
}

/// Units that are members of nothing any more: nobody serves in their names, and nobody waits for their word.
///
/// # Errors
/// Of the database.
pub fn left(tx: &mut WriteTx<'_>, units: &[OrgId]) -> Result<(), DbError> {
    let now = tx.now();
    let today = now.date();
    for chunk in units.chunks(300) {
        let mut active = Query::new("UPDATE unit_service SET state = 'ended', note = '单位已退出',");
        active.with("to_on = {} WHERE state = 'active' AND unit_id IN (0", &[&today]);
        let mut asked = Query::new("UPDATE unit_service SET state = 'refused', note = '单位已退出',");
        asked.with("decided_at = {} WHERE state = 'asked' AND unit_id IN (0", &[&now]);
        for mut query in [active, asked] {
            for unit in chunk {
                query.with(", {}", &[unit]);
            }
            query.push(
                ") AND NOT EXISTS (SELECT 1 FROM unit_member m WHERE m.unit_id = unit_service.unit_id
                    AND m.state = 'member')",
            );
            tx.exec_query(&query)?;
        }
    }
    Ok(())
}

/// Holds a unit, so that whoever confirms its people and whoever ends its memberships run one after the other.
///
/// # Errors
/// Of the database.
pub fn hold(tx: &mut WriteTx<'_>, unit: OrgId) -> Result<(), DbError> {
    tx.hold(sql!("SELECT id FROM org WHERE id = $1"), args![unit])
}

/// Nobody joins what is closed, and nobody serves in its name any more, nor in that of a unit which was a member of
/// nothing else.
///
/// # Errors
/// Of the database.
pub fn closed(tx: &mut WriteTx<'_>, org: OrgId) -> Result<(), DbError> {
    let now = tx.now();
    let today = now.date();
    let gone: Vec<(Option<OrgId>,)> = tx.all(
        sql!(
            "UPDATE unit_member SET state = 'left', decided_at = $2, to_on = $3, note = '组织已撤销'
             WHERE (host_id = $1 OR unit_id = $1) AND state IN ('applied', 'member') RETURNING unit_id"
        ),
        args![org, now, today],
    )?;
    tx.exec(
        sql!(
            "UPDATE unit_service SET state = 'ended', to_on = $2, note = '单位已撤销' WHERE unit_id = $1
             AND state = 'active'"
        ),
        args![org, today],
    )?;
    tx.exec(
        sql!(
            "UPDATE unit_service SET state = 'refused', decided_at = $2, note = '单位已撤销' WHERE unit_id = $1
             AND state = 'asked'"
        ),
        args![org, now],
    )?;
    let units: Vec<OrgId> = gone.into_iter().filter_map(|(unit,)| unit).collect();
    left(tx, &units)
}

/// How many units ask to join each organisation that the actor may answer for.
///
/// # Errors
/// Of the database.
pub fn applications(tx: &mut ReadTx<'_>, actor: &Actor) -> Result<Vec<(OrgId, String, i64)>, DbError> {
    let mut query = Query::new(
        "SELECT o.id, o.name, count(*) FROM unit_member m JOIN org o ON o.id = m.host_id WHERE m.state = 'applied' AND (",
    );
    query.push("(m.unit_id IS NOT NULL AND");
    within(&mut query, &actor.scopes(Action::TeamManage), OrgAs::O);
    query.push(") OR (m.unit_id IS NULL AND");
    within(&mut query, &actor.scopes(Action::PersonRegister), OrgAs::O);
    query.push(")) GROUP BY o.id, o.name ORDER BY o.id LIMIT 5");
    tx.list(&query)
}

/// How many wait for the word of each unit within the actor's reach.
///
/// # Errors
/// Of the database.
pub fn asked(tx: &mut ReadTx<'_>, actor: &Actor) -> Result<Vec<(OrgId, String, i64)>, DbError> {
    let mut query = Query::new(
        "SELECT o.id, o.name, count(*) FROM unit_service s JOIN org o ON o.id = s.unit_id
         JOIN person p ON p.id = s.person_id WHERE s.state = 'asked' AND p.state NOT IN ('closed', 'deceased') AND",
    );
    within(&mut query, &actor.scopes(Action::TeamManage), OrgAs::O);
    query.push("GROUP BY o.id, o.name ORDER BY o.id LIMIT 5");
    tx.list(&query)
}

/// A volunteer's number as people type it.
fn plain_no(no: &str) -> String {
    no.chars().filter(|c| !c.is_whitespace() && *c != '-').collect::<String>().to_uppercase()
}

/// The active volunteer of a number.
///
/// # Errors
/// Of the database.
pub fn by_number(tx: &mut ReadTx<'_>, no: &str) -> Result<Option<PersonId>, DbError> {
    let no = plain_no(no);
    let found: Option<(PersonId,)> = tx.first(
        sql!(
            "SELECT p.id FROM person p WHERE p.volunteer_no = $1 AND p.state = 'active'
             AND p.batch NOT IN (SELECT id FROM roster_import WHERE hidden)"
        ),
        args![no],
    )?;
    Ok(found.map(|(id,)| id))
}
