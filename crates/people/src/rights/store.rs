//! Questions about requests.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::page::Page;
use kernel::{AccountId, Date, Grant, PersonId, Timestamp};

use super::{RightsId, RightsKind, RightsState, rules};
use crate::org::scope::{OrgAs, within};

/// Rows of a page.
pub const ROWS: i64 = 50;
/// Rows of an export.
pub const ALL_ROWS: i64 = 5_000;

row! {
    /// A request.
    pub struct Request {
        id: RightsId, person: PersonId, name: String, volunteer_no: String, home_name: String,
        asker: Option<PersonId>, asker_name: Option<String>, kind: RightsKind, text: String, state: RightsState,
        asked_at: Timestamp, due_on: Date, decided_at: Option<Timestamp>, decided_by: Option<String>,
        answer: String,
    }
}

macro_rules! request_columns {
    () => {
        "SELECT r.id, r.person_id, p.name, p.volunteer_no, o.name, r.asker_id, k.name, r.kind, r.text, r.state,
            r.asked_at, r.due_on, r.decided_at, a.name, r.answer
         FROM rights_request r JOIN person p ON p.id = r.person_id JOIN org o ON o.id = p.home_org
         LEFT JOIN person k ON k.id = r.asker_id LEFT JOIN account a ON a.id = r.decided_by WHERE "
    };
}

/// A request.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: RightsId) -> Result<Option<Request>, DbError> {
    tx.first(sql!(concat!(request_columns!(), "r.id = $1")), args![id])
}

/// Requests about a person, latest first.
///
/// # Errors
/// Of the database.
pub fn of_person(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<Request>, DbError> {
    tx.all(sql!(concat!(request_columns!(), "r.person_id = $1 ORDER BY r.id DESC LIMIT 100")), args![person])
}

/// Requests in a scope: open ones as they came, which is as they fall due; others latest first.
///
/// # Errors
/// Of the database.
pub fn list(
    tx: &mut ReadTx<'_>,
    scopes: &[&Grant],
    state: RightsState,
    after: &str,
    rows: i64,
) -> Result<Page<Request>, DbError> {
    let mut query = Query::new(request_columns!());
    query.with("r.state = {} AND", &[&state]);
    within(&mut query, scopes, OrgAs::O);
    let open = state == RightsState::Open;
    if let Ok(last) = after.parse::<i64>() {
        query.with(if open { "AND r.id > {}" } else { "AND r.id < {}" }, &[&last]);
    }
    query.push(if open { "ORDER BY r.id" } else { "ORDER BY r.id DESC" });
    query.with("LIMIT {}", &[&(rows + 1)]);
    let found = tx.list(&query)?;
    Ok(Page::cut(found, usize::try_from(rows).unwrap_or(50), |one: &Request| one.id.to_string()))
}

/// How many are open in a scope, and when the first is due.
///
/// # Errors
/// Of the database.
pub fn waiting(tx: &mut ReadTx<'_>, scopes: &[&Grant]) -> Result<(i64, Option<Date>), DbError> {
    let mut query = Query::new(
        "SELECT count(*), min(r.due_on) FROM rights_request r JOIN person p ON p.id = r.person_id
         JOIN org o ON o.id = p.home_org WHERE r.state = 'open' AND",
    );
    within(&mut query, scopes, OrgAs::O);
    let rows: Vec<(i64, Option<Date>)> = tx.list(&query)?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

/// Working days until an answer is due.
///
/// # Errors
/// Of the database.
pub fn days(tx: &mut ReadTx<'_>) -> Result<i64, DbError> {
    let found: Option<(String,)> =
        tx.first(sql!("SELECT value FROM setting WHERE name = 'rights.days'"), &[])?;
    Ok(found.and_then(|(text,)| text.parse().ok()).unwrap_or(rules::DAYS))
}

/// Sets them.
///
/// # Errors
/// Of the database.
pub(super) fn set_days(tx: &mut WriteTx<'_>, n: i64) -> Result<(), DbError> {
    let value = n.to_string();
    tx.exec_one(
        sql!(
            "INSERT INTO setting (name, value) VALUES ('rights.days', $1)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        ),
        args![value],
    )
}

/// Writes a request.
///
/// # Errors
/// `Unique("rights_request_open_key")` when one of the kind is open; of the database.
pub(super) fn insert(
    tx: &mut WriteTx<'_>,
    person: PersonId,
    asker: Option<PersonId>,
    kind: RightsKind,
    text: &str,
    at: Timestamp,
    due: Date,
) -> Result<RightsId, DbError> {
    let id: RightsId = tx.new_id();
    tx.exec_one(
        sql!(
            "INSERT INTO rights_request (id, person_id, asker_id, kind, text, state, asked_at, due_on)
             VALUES ($1, $2, $3, $4, $5, 'open', $6, $7)"
        ),
        args![id, person, asker, kind, text, at, due],
    )?;
    Ok(id)
}

/// Notes what became of it; `false` when it is not open any more.
///
/// # Errors
/// Of the database.
pub(super) fn decide(
    tx: &mut WriteTx<'_>,
    id: RightsId,
    to: RightsState,
    by: Option<AccountId>,
    answer: &str,
) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE rights_request SET state = $2, decided_at = $3, decided_by = $4, answer = $5
             WHERE id = $1 AND state = 'open'"
        ),
        args![id, to, now, by, answer],
    )?;
    Ok(touched == 1)
}

/// What an erased person wrote and was answered goes; that something was asked, and when it was answered, stays as the
/// proof that it was.
///
/// # Errors
/// Of the database.
pub(crate) fn forget(tx: &mut WriteTx<'_>, person: PersonId) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!(
            "UPDATE rights_request SET state = 'withdrawn', decided_at = $2 WHERE person_id = $1 AND state = 'open'"
        ),
        args![person, now],
    )?;
    tx.exec(
        sql!("UPDATE rights_request SET text = '', answer = '', asker_id = NULL WHERE person_id = $1"),
        args![person],
    )?;
    tx.exec(sql!("UPDATE rights_request SET asker_id = NULL WHERE asker_id = $1"), args![person])?;
    Ok(())
}
