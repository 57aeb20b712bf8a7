//! Questions about series of sessions.

use db::{DbError, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Date, OrgId, PersonId, Timestamp, codes};

use crate::activity::SessionState;
use crate::{ActivityId, SeriesId, SessionId};

codes! {
    /// State of a series.
    pub enum SeriesState {
        /// May be extended.
        Running = "running", "进行中", "Running";
        /// Ended by cancelling what follows.
        Ended = "ended", "已结束", "Ended";
    }
}

row! {
    /// A series.
    pub struct Series {
        id: SeriesId, activity_id: ActivityId, rule: String, from_on: Date, until_on: Date,
        skip_holidays: bool, skip_workdays: bool, start_minute: i64, end_minute: i64, quota: i64,
        close_hours: i64, break_minutes: i64, posts: String, state: SeriesState,
        created_by: Option<AccountId>, created_at: Timestamp, version: i64,
    }

    /// A decided date, with its session when one was made and is still there.
    pub struct Decided {
        day_on: Date, kept: bool, session: Option<SessionId>, starts_at: Option<Timestamp>,
        ends_at: Option<Timestamp>, state: Option<SessionState>, quota: Option<i64>, taken: Option<i64>,
    }

    /// Something else at about the same time.
    pub struct Busy {
        activity: ActivityId, title: String, starts_at: Timestamp, ends_at: Timestamp, same_team: bool,
    }
}

/// A series.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: SeriesId) -> Result<Option<Series>, DbError> {
    tx.first(
        sql!(
            "SELECT id, activity_id, rule, from_on, until_on, skip_holidays, skip_workdays, start_minute, end_minute,
                quota, close_hours, break_minutes, posts, state, created_by, created_at, version
             FROM series WHERE id = $1"
        ),
        args![id],
    )
}

/// The series of an activity, oldest first.
///
/// # Errors
/// Of the database.
pub fn of_activity(tx: &mut ReadTx<'_>, id: ActivityId) -> Result<Vec<Series>, DbError> {
    tx.all(
        sql!(
            "SELECT id, activity_id, rule, from_on, until_on, skip_holidays, skip_workdays, start_minute, end_minute,
                quota, close_hours, break_minutes, posts, state, created_by, created_at, version
             FROM series WHERE activity_id = $1 ORDER BY id LIMIT 50"
        ),
        args![id],
    )
}

/// The decided dates of a series, in order.
///
/// # Errors
/// Of the database.
pub fn dates(tx: &mut ReadTx<'_>, id: SeriesId) -> Result<Vec<Decided>, DbError> {
    tx.all(
        sql!(
            "SELECT d.day_on, d.kept, s.id, s.starts_at, s.ends_at, s.state, s.quota, s.taken
             FROM series_date d LEFT JOIN session s ON s.id = d.session_id
             WHERE d.series_id = $1 ORDER BY d.day_on LIMIT 1000"
        ),
        args![id],
    )
}

/// Coming sessions of the team, and of activities led by the same person, that begin in a range.
///
/// # Errors
/// Of the database.
pub fn busy(
    tx: &mut ReadTx<'_>,
    team: OrgId,
    leader: Option<PersonId>,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Busy>, DbError> {
    tx.all(
        sql!(
            "SELECT a.id, a.title, s.starts_at, s.ends_at, a.org_id = $1
             FROM session s JOIN activity a ON a.id = s.activity_id
             WHERE s.state IN ('draft', 'open') AND s.starts_at > $3 AND s.starts_at < $4
                AND (a.org_id = $1 OR a.leader_id = $2)
             ORDER BY s.starts_at, s.id LIMIT 2000"
        ),
        args![team, leader, from, to],
    )
}

/// Writes a new series.
///
/// # Errors
/// Of the database.
pub fn insert(tx: &mut WriteTx<'_>, s: &Series) -> Result<(), DbError> {
    tx.exec_one(
        sql!(
            "INSERT INTO series (id, activity_id, rule, from_on, until_on, skip_holidays, skip_workdays, start_minute,
                end_minute, quota, close_hours, break_minutes, posts, state, created_by, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
        ),
        args![
            s.id, s.activity_id, s.rule, s.from_on, s.until_on, s.skip_holidays, s.skip_workdays,
            s.start_minute, s.end_minute, s.quota, s.close_hours, s.break_minutes, s.posts, s.state,
            s.created_by, s.created_at
        ],
    )
}

/// Keeps a decided date.
///
/// # Errors
/// Of the database.
pub fn put_date(tx: &mut WriteTx<'_>, id: SeriesId, day: Date, kept: bool) -> Result<(), DbError> {
    tx.exec(
        sql!(
            "INSERT INTO series_date (series_id, day_on, kept) VALUES ($1, $2, $3)
             ON CONFLICT (series_id, day_on) DO UPDATE SET kept = excluded.kept"
        ),
        args![id, day, kept],
    )?;
    Ok(())
}

/// Finds the sessions of an activity's decided dates by their start: after they were made, and after a draft
/// wrote them anew. What was moved later stays what it is.
///
/// # Errors
/// Of the database.
pub fn relink(tx: &mut WriteTx<'_>, activity: ActivityId) -> Result<(), DbError> {
    // 480 minutes: local time is UTC+8.
    tx.exec(
        sql!(
            "UPDATE series_date SET session_id = (
                SELECT min(s.id) FROM session s JOIN series r ON r.activity_id = s.activity_id
                WHERE r.id = series_date.series_id
                    AND s.starts_at = (series_date.day_on * 1440 + r.start_minute - 480) * 60000)
             WHERE kept AND series_id IN (SELECT r.id FROM series r WHERE r.activity_id = $1)
                AND (session_id IS NULL OR NOT EXISTS (SELECT 1 FROM session x WHERE x.id = series_date.session_id))"
        ),
        args![activity],
    )?;
    Ok(())
}

/// Notes up to which day dates are decided; `false` when somebody else did meanwhile, or it has ended.
///
/// # Errors
/// Of the database.
pub fn set_until(tx: &mut WriteTx<'_>, s: &Series, until: Date, state: SeriesState) -> Result<bool, DbError> {
    let touched = tx.exec(
        sql!(
            "UPDATE series SET until_on = $3, state = $4, version = version + 1
             WHERE id = $1 AND version = $2 AND state = 'running'"
        ),
        args![s.id, s.version, until, state],
    )?;
    Ok(touched == 1)
}
