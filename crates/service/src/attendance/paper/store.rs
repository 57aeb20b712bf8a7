//! Questions about sheets.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Action, Actor, PersonId, Place, Timestamp};

use super::{LineOutcome, SheetId, SheetState};
use crate::SessionId;
use crate::activity::store::scoped;

row! {
    /// A sheet with what is shown of its session.
    pub struct Sheet {
        id: SheetId, session: SessionId, batch: SheetId, no: i64, state: SheetState, printed_at: Timestamp,
        printer: String, draft: String, ended_at: Option<Timestamp>, ender: Option<String>, note: String,
        title: String, starts_at: Timestamp, ends_at: Timestamp, names: i64, area_path: String,
        sponsor_path: String,
    }

    /// A line with a name on it.
    pub struct SheetLine {
        sheet: SheetId, line: i64, person: PersonId, name: String, volunteer_no: String,
        in_at: Option<Timestamp>, out_at: Option<Timestamp>, outcome: String, group_no: Option<i64>,
        group_name: Option<String>,
    }
}

impl Sheet {
    /// What stands on the paper: the session's short number, and the sheet's.
    #[must_use]
    pub fn number(&self) -> String {
        format!("{:06}-{}", self.session.0.rem_euclid(1_000_000), self.no)
    }

    /// Where it sits, for [`kernel::can`].
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }
}

macro_rules! columns {
    () => {
        "SELECT h.id, h.session_id, h.batch, h.no, h.state, h.printed_at, c.name, h.draft, h.ended_at, e.name, h.note,
            a.title, s.starts_at, s.ends_at,
            (SELECT count(*) FROM sheet_line l WHERE l.sheet_id = h.id), o.area_path, o.sponsor_path
         FROM sheet h JOIN session s ON s.id = h.session_id JOIN activity a ON a.id = s.activity_id
            JOIN org o ON o.id = a.org_id JOIN account c ON c.id = h.printed_by LEFT JOIN account e ON e.id = h.ended_by"
    };
}

/// A sheet.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: SheetId) -> Result<Option<Sheet>, DbError> {
    tx.first(sql!(concat!(columns!(), " WHERE h.id = $1")), args![id])
}

/// The sheets of a session, in the order of their numbers.
///
/// # Errors
/// Of the database.
pub fn of_session(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<Sheet>, DbError> {
    tx.all(sql!(concat!(columns!(), " WHERE h.session_id = $1 ORDER BY h.no LIMIT 200")), args![session])
}

/// Sheets that wait to be entered where the actor takes rolls and whose session has begun, oldest first, after an id;
/// with a number, only those that bear it.
///
/// # Errors
/// Of the database.
pub fn waiting(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    number: Option<(i64, Option<i64>)>,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<Sheet>, DbError> {
    let now = tx.now();
    let mut list = Query::new(columns!());
    list.push("WHERE h.state = 'printed'");
    match number {
        Some((short, no)) => {
            list.with("AND h.session_id % 1000000 = {}", &[&short]);
            list.with_some("AND h.no = {}", no.as_ref());
        }
        None => {
            list.with("AND s.starts_at <= {}", &[&now]);
        }
    }
    list.with_some("AND h.id > {}", after.as_ref());
    scoped(&mut list, actor, Action::Attendance);
    list.with("ORDER BY h.id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// The names on sheets, in their order.
///
/// # Errors
/// Of the database.
pub fn lines(tx: &mut ReadTx<'_>, batch: SheetId, only: Option<SheetId>) -> Result<Vec<SheetLine>, DbError> {
    let mut list = Query::new(
        "SELECT l.sheet_id, l.line, l.person_id, p.name, p.volunteer_no, l.in_at, l.out_at, l.outcome, g.no,
            g.name
         FROM sheet h JOIN sheet_line l ON l.sheet_id = h.id JOIN person p ON p.id = l.person_id
            LEFT JOIN sign_up u ON u.session_id = h.session_id AND u.person_id = l.person_id AND u.state <> 'cancelled'
            LEFT JOIN session_group_member m ON m.sign_up_id = u.id LEFT JOIN session_group g ON g.id = m.group_id",
    );
    list.with("WHERE h.batch = {}", &[&batch]);
    list.with_some("AND h.id = {}", only.as_ref());
    list.push("ORDER BY l.sheet_id, l.line LIMIT 5000");
    tx.list(&list)
}

/// Everybody who holds a place, in the order of the roll; one group after the other where people are divided.
///
/// # Errors
/// Of the database.
pub fn placed(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<PersonId>, DbError> {
    let rows: Vec<(PersonId,)> = tx.all(
        sql!(
            "SELECT p.id FROM sign_up u JOIN person p ON p.id = u.person_id
                LEFT JOIN session_group_member m ON m.sign_up_id = u.id LEFT JOIN session_group g ON g.id = m.group_id
             WHERE u.session_id = $1 AND u.state <> 'cancelled'
             ORDER BY CASE WHEN g.no IS NULL THEN 1 ELSE 0 END, g.no, p.name_key, u.id LIMIT 4000"
        ),
        args![session],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The highest number of a sheet of the session, and how many there are.
///
/// # Errors
/// Of the database.
pub fn highest(tx: &mut ReadTx<'_>, session: SessionId) -> Result<i64, DbError> {
    let (no,): (i64,) = tx.one(
        sql!("SELECT CAST(COALESCE(max(no), 0) AS BIGINT) FROM sheet WHERE session_id = $1"),
        args![session],
    )?;
    Ok(no)
}

/// Writes a sheet with its names.
///
/// # Errors
/// Of the database.
pub fn insert(
    tx: &mut WriteTx<'_>,
    (id, batch): (SheetId, SheetId),
    session: SessionId,
    no: i64,
    names: &[PersonId],
    by: AccountId,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO sheet (id, session_id, batch, no, state, printed_at, printed_by)
             VALUES ($1, $2, $3, $4, 'printed', $5, $6)"
        ),
        args![id, session, batch, no, now, by],
    )?;
    if names.is_empty() {
        return Ok(());
    }
    let mut query = Query::new("INSERT INTO sheet_line (sheet_id, line, person_id) VALUES");
    for (at, person) in names.iter().enumerate() {
        if at > 0 {
            query.push(",");
        }
        let line = i64::try_from(at + 1).unwrap_or(i64::MAX);
        query.with("({}, {}, {})", &[&id, &line, person]);
    }
    tx.exec_query(&query)?;
    Ok(())
}

/// Keeps what was typed so far; `false` when the sheet is entered or void.
///
/// # Errors
/// Of the database.
pub fn draft(tx: &mut WriteTx<'_>, id: SheetId, typed: &str) -> Result<bool, DbError> {
    let done =
        tx.exec(sql!("UPDATE sheet SET draft = $2 WHERE id = $1 AND state = 'printed'"), args![id, typed])?;
    Ok(done == 1)
}

/// Uses a sheet up; `false` when it was before. The rule that it is used once stands in this statement.
///
/// # Errors
/// Of the database.
pub fn end(
    tx: &mut WriteTx<'_>,
    id: SheetId,
    to: SheetState,
    note: &str,
    by: AccountId,
) -> Result<bool, DbError> {
    let now = tx.now();
    let done = tx.exec(
        sql!(
            "UPDATE sheet SET state = $2, note = $3, ended_at = $4, ended_by = $5, draft = ''
             WHERE id = $1 AND state = 'printed'"
        ),
        args![id, to, note, now, by],
    )?;
    Ok(done == 1)
}

/// Keeps what a line said and what came of it.
///
/// # Errors
/// Of the database.
pub fn line_put(
    tx: &mut WriteTx<'_>,
    sheet: SheetId,
    line: i64,
    person: PersonId,
    (in_at, out_at): (Option<Timestamp>, Option<Timestamp>),
    outcome: LineOutcome,
) -> Result<(), DbError> {
    tx.exec_one(
        sql!(
            "INSERT INTO sheet_line (sheet_id, line, person_id, in_at, out_at, outcome) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (sheet_id, line) DO UPDATE SET in_at = $4, out_at = $5, outcome = $6"
        ),
        args![sheet, line, person, in_at, out_at, outcome],
    )
}
