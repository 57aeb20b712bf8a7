//! Questions to the database about commands that phones captured and the lines they speak about.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, PersonId, Timestamp};

use super::rules::Claim;
use super::{Act, LineState, Outcome};
use crate::attendance::Method;
use crate::sign_up::SignUpState;
use crate::{CheckInId, SessionId, SignUpId};

row! {
    /// A command that came before.
    pub struct Earlier {
        id: String,
        session_id: SessionId,
        sign_up_id: SignUpId,
        account_id: AccountId,
        act: Act,
        outcome: Outcome,
        reason: String,
    }

    /// A command with its words, as it is stored.
    pub struct Stored {
        id: String,
        sign_up_id: SignUpId,
        device: String,
        act: Act,
        undoes: String,
        pressed_at: Timestamp,
        at: Timestamp,
        flags: String,
    }

    /// Somebody's place in a session.
    pub struct Spot { id: SignUpId, person_id: PersonId, state: SignUpState }

    /// A stay behind a place.
    pub struct Row {
        person_id: PersonId,
        id: CheckInId,
        in_at: Timestamp,
        out_at: Option<Timestamp>,
    }

    /// What was written because of phones' commands.
    pub struct Line {
        sign_up_id: SignUpId,
        state: LineState,
        why: String,
        check_in_id: Option<CheckInId>,
        in_applied: bool,
        out_applied: bool,
        absent_applied: bool,
    }

    /// A line that waits for a decision, with one of its commands.
    pub struct Said {
        sign_up_id: SignUpId,
        state: LineState,
        why: String,
        name: String,
        place_state: SignUpState,
        id: String,
        device: String,
        act: Act,
        undoes: String,
        pressed_at: Timestamp,
        at: Timestamp,
        flags: String,
        account: String,
    }
}

impl Stored {
    /// As the merging sees it.
    #[must_use]
    pub fn claim(&self) -> Claim {
        Claim {
            id: self.id.clone(),
            device: self.device.clone(),
            act: self.act,
            pressed: self.pressed_at,
            at: self.at,
            undoes: self.undoes.clone(),
        }
    }
}

impl Said {
    /// As the merging sees it.
    #[must_use]
    pub fn claim(&self) -> Claim {
        Claim {
            id: self.id.clone(),
            device: self.device.clone(),
            act: self.act,
            pressed: self.pressed_at,
            at: self.at,
            undoes: self.undoes.clone(),
        }
    }
}

/// Adds `(…, …)` with the values.
fn listed<T: db::ToValue>(query: &mut Query, values: &[T]) {
    query.push("(");
    for (at, value) in values.iter().enumerate() {
        query.with(if at == 0 { "{}" } else { ", {}" }, &[value]);
    }
    query.push(")");
}

/// Holds a session and all its places until the end of the unit: phones, scans and closing wait for each other.
///
/// # Errors
/// Of the database.
pub fn session_hold(tx: &mut WriteTx<'_>, id: SessionId) -> Result<(), DbError> {
    tx.hold(sql!("SELECT id FROM session WHERE id = $1"), args![id])?;
    tx.hold(sql!("SELECT id FROM sign_up WHERE session_id = $1 ORDER BY id"), args![id])
}

/// Commands that came before, of these ids.
///
/// # Errors
/// Of the database.
pub fn earlier(tx: &mut ReadTx<'_>, ids: &[&str]) -> Result<Vec<Earlier>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query::new(
        "SELECT command_id, session_id, sign_up_id, account_id, act, outcome, reason
         FROM attendance_command WHERE command_id IN",
    );
    listed(&mut query, ids);
    query.push("ORDER BY command_id");
    tx.list(&query)
}

/// The places of these ids in a session.
///
/// # Errors
/// Of the database.
pub fn spots(tx: &mut ReadTx<'_>, session: SessionId, ids: &[SignUpId]) -> Result<Vec<Spot>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query::new("SELECT id, person_id, state FROM sign_up");
    query.with("WHERE session_id = {} AND id IN", &[&session]);
    listed(&mut query, ids);
    query.push("ORDER BY id");
    tx.list(&query)
}

/// When sessions begin and end (with extension), of these ids.
///
/// # Errors
/// Of the database.
pub fn windows(
    tx: &mut ReadTx<'_>,
    ids: &[SessionId],
) -> Result<Vec<(SessionId, Timestamp, Timestamp, i64)>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query::new(
        "SELECT id, starts_at, ends_at, extension_minutes FROM session WHERE state <> 'draft' AND id IN",
    );
    listed(&mut query, ids);
    query.push("ORDER BY id");
    tx.list(&query)
}

/// A person's place in a session: the one they hold, else the one they gave back last.
///
/// # Errors
/// Of the database.
pub fn spot_of(tx: &mut ReadTx<'_>, session: SessionId, person: PersonId) -> Result<Option<Spot>, DbError> {
    tx.first(
        sql!(
            "SELECT id, person_id, state FROM sign_up WHERE session_id = $1 AND person_id = $2
             ORDER BY CASE WHEN state = 'cancelled' THEN 1 ELSE 0 END, id DESC LIMIT 1"
        ),
        args![session, person],
    )
}

/// Commands about these places that still have a say.
///
/// # Errors
/// Of the database.
pub fn standing(tx: &mut ReadTx<'_>, session: SessionId, ids: &[SignUpId]) -> Result<Vec<Stored>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query::new(
        "SELECT command_id, sign_up_id, device, act, undoes, pressed_at, at, flags FROM attendance_command",
    );
    query.with("WHERE session_id = {} AND settled = FALSE AND sign_up_id IN", &[&session]);
    listed(&mut query, ids);
    query.push("ORDER BY command_id");
    tx.list(&query)
}

/// The stays of these people in a session, in order of time.
///
/// # Errors
/// Of the database.
pub fn rows(tx: &mut ReadTx<'_>, session: SessionId, people: &[PersonId]) -> Result<Vec<Row>, DbError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query::new("SELECT person_id, id, in_at, out_at FROM check_in");
    query.with("WHERE session_id = {} AND undone_at IS NULL AND person_id IN", &[&session]);
    listed(&mut query, people);
    query.push("ORDER BY person_id, in_at, id");
    tx.list(&query)
}

/// What was written because of phones on these places.
///
/// # Errors
/// Of the database.
pub fn lines(tx: &mut ReadTx<'_>, ids: &[SignUpId]) -> Result<Vec<Line>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query::new(
        "SELECT sign_up_id, state, why, check_in_id, in_applied, out_applied, absent_applied FROM roll_line
         WHERE sign_up_id IN",
    );
    listed(&mut query, ids);
    query.push("ORDER BY sign_up_id");
    tx.list(&query)
}

/// Keeps how a line stands.
///
/// # Errors
/// Of the database.
pub fn line_put(tx: &mut WriteTx<'_>, session: SessionId, line: &Line) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO roll_line (sign_up_id, session_id, state, why, check_in_id, in_applied, out_applied,
                                    absent_applied, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (sign_up_id) DO UPDATE SET state = excluded.state, why = excluded.why,
                check_in_id = excluded.check_in_id, in_applied = excluded.in_applied,
                out_applied = excluded.out_applied, absent_applied = excluded.absent_applied,
                updated_at = excluded.updated_at"
        ),
        args![
            line.sign_up_id,
            session,
            line.state,
            line.why,
            line.check_in_id,
            line.in_applied,
            line.out_applied,
            line.absent_applied,
            now
        ],
    )
}

/// A command to be stored.
#[derive(Debug, Clone)]
pub struct New {
    /// Its words.
    pub stored: Stored,
    /// By the phone's clock.
    pub device_at: Timestamp,
    /// How far the server was ahead, in milliseconds.
    pub offset_ms: i64,
    /// What became of it.
    pub outcome: Outcome,
    /// Why.
    pub reason: String,
}

/// Stores commands, many at once.
///
/// # Errors
/// Of the database; `Unique` when another session took the same id at the same moment.
pub fn commands_insert(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    account: AccountId,
    all: &[New],
) -> Result<(), DbError> {
    let now = tx.now();
    for chunk in all.chunks(100) {
        let mut query = Query::new(
            "INSERT INTO attendance_command (command_id, session_id, sign_up_id, account_id, device, act, undoes,
                device_at, offset_ms, received_at, pressed_at, at, flags, outcome, reason, settled) VALUES",
        );
        for (at, one) in chunk.iter().enumerate() {
            if at > 0 {
                query.push(",");
            }
            let words = &one.stored;
            query.with(
                "({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})",
                &[
                    &words.id,
                    &session,
                    &words.sign_up_id,
                    &account,
                    &words.device,
                    &words.act,
                    &words.undoes,
                    &one.device_at,
                    &one.offset_ms,
                    &now,
                    &words.pressed_at,
                    &words.at,
                    &words.flags,
                    &one.outcome,
                    &one.reason,
                    &(one.outcome == Outcome::Refused),
                ],
            );
        }
        tx.exec_query(&query)?;
    }
    Ok(())
}

/// Ends the say of all commands about a place: somebody decided by hand. What was written stays as it is.
///
/// # Errors
/// Of the database.
pub fn settle(tx: &mut WriteTx<'_>, session: SessionId, id: SignUpId) -> Result<bool, DbError> {
    let settled = tx.exec(
        sql!(
            "UPDATE attendance_command SET settled = TRUE
             WHERE session_id = $1 AND sign_up_id = $2 AND settled = FALSE"
        ),
        args![session, id],
    )?;
    if settled > 0 {
        tx.exec(sql!("DELETE FROM roll_line WHERE sign_up_id = $1"), args![id])?;
    }
    Ok(settled > 0)
}

/// Writes a stay that phones agree on.
///
/// # Errors
/// Of the database; `Unique("check_in_open_key")` when somebody is already in.
pub fn stay_insert(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    person: PersonId,
    stay: &super::rules::Stay,
    by: Option<AccountId>,
    flags: &str,
) -> Result<CheckInId, DbError> {
    let now = tx.now();
    let id: CheckInId = tx.new_id();
    let (in_method, out_method) = methods(stay);
    tx.exec_one(
        sql!(
            "INSERT INTO check_in (id, session_id, person_id, in_at, out_at, in_method, out_method, by_account,
                                   created_at, flags)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ),
        args![id, session, person, stay.in_at, stay.out_at, in_method, out_method, by, now, flags],
    )?;
    Ok(id)
}

fn methods(stay: &super::rules::Stay) -> (Method, Option<Method>) {
    let by = |scan: bool| if scan { Method::Code } else { Method::Roll };
    (by(stay.in_scan), stay.out_at.map(|_| by(stay.out_scan)))
}

/// Changes the halves of a stay that come from phones.
///
/// # Errors
/// Of the database.
pub fn stay_set(
    tx: &mut WriteTx<'_>,
    id: CheckInId,
    stay: &super::rules::Stay,
    (set_in, set_out): (bool, bool),
    flags: &str,
) -> Result<(), DbError> {
    let (in_method, out_method) = methods(stay);
    let mut query = Query::new("UPDATE check_in");
    query.with("SET flags = {}", &[&flags]);
    if set_in {
        query.with(", in_at = {}, in_method = {}", &[&stay.in_at, &in_method]);
    }
    if set_out {
        query.with(", out_at = {}, out_method = {}", &[&stay.out_at, &out_method]);
    }
    query.with("WHERE id = {} AND undone_at IS NULL", &[&id]);
    tx.exec_query(&query).map(|_| ())
}

/// Everything that waits for a decision in a session, with the commands behind it.
///
/// # Errors
/// Of the database.
pub fn open_said(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<Said>, DbError> {
    tx.all(
        sql!(
            "SELECT l.sign_up_id, l.state, l.why, p.name, s.state, c.command_id, c.device, c.act, c.undoes,
                    c.pressed_at, c.at, c.flags, a.name
             FROM roll_line l
             JOIN sign_up s ON s.id = l.sign_up_id
             JOIN person p ON p.id = s.person_id
             JOIN attendance_command c ON c.session_id = l.session_id AND c.sign_up_id = l.sign_up_id
                AND c.settled = FALSE
             JOIN account a ON a.id = c.account_id
             WHERE l.session_id = $1 AND l.state IN ('waiting', 'conflict')
             ORDER BY p.name_key, l.sign_up_id, c.device, c.pressed_at, c.command_id LIMIT 2000"
        ),
        args![session],
    )
}

/// How many lines of a session wait for a decision.
///
/// # Errors
/// Of the database.
pub fn open_count(tx: &mut ReadTx<'_>, session: SessionId) -> Result<i64, DbError> {
    let (n,): (i64,) = tx.one(
        sql!("SELECT COUNT(*) FROM roll_line WHERE session_id = $1 AND state IN ('waiting', 'conflict')"),
        args![session],
    )?;
    Ok(n)
}

/// When the account's last role that covered the place ended, if that is not longer ago than `since` (Edge-12).
///
/// # Errors
/// Of the database.
pub fn role_ended(
    tx: &mut ReadTx<'_>,
    account: AccountId,
    (area_path, sponsor_path): (&str, &str),
    since: Timestamp,
) -> Result<Option<Timestamp>, DbError> {
    let (at,): (Option<Timestamp>,) = tx.one(
        sql!(
            "SELECT MAX(g.ended_at) FROM role_grant g JOIN org o ON o.id = g.org_id
             WHERE g.account_id = $1 AND g.role IN ('leader', 'station', 'office') AND g.ended_at >= $2
               AND ((o.area_path <> '' AND SUBSTR($3, 1, LENGTH(o.area_path)) = o.area_path)
                 OR (o.sponsor_path <> '' AND SUBSTR($4, 1, LENGTH(o.sponsor_path)) = o.sponsor_path))"
        ),
        args![account, since, area_path, sponsor_path],
    )?;
    Ok(at)
}
