//! Questions about months, what was drawn of them, and teams that stand out.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Action, Actor, Date, OrgId, Place, Timestamp};

use super::rules::Settings;
use super::{CheckState, How, LateShareId, SpotCheckId};
use crate::RecordId;
use crate::activity::store::scoped;
use crate::record::{Class, RecordState};

row! {
    /// A record that was drawn, and who had a part in it.
    pub struct Check {
        id: SpotCheckId, month_on: Date, record_id: RecordId, state: CheckState, due_on: Date, how: Option<How>,
        note: String, checked_at: Option<Timestamp>, checker: Option<String>, recorder_id: Option<AccountId>,
        decided_by: Option<AccountId>, area_path: String, sponsor_path: String, above: String,
    }

    /// A line of the list.
    pub struct Line {
        id: SpotCheckId, month_on: Date, record_id: RecordId, state: CheckState, due_on: Date, note: String,
        checked_at: Option<Timestamp>, checker: Option<String>, record_state: RecordState, class: Class,
        title: String, service_on: Date, minutes: i64, person: String, team: String, area: String,
    }

    /// What a record's owner reads of its check.
    pub struct Standing { state: CheckState, due_on: Date, how: Option<How>, checked_at: Option<Timestamp> }

    /// A team's month with many hours entered afterwards.
    pub struct Share {
        id: LateShareId, month_on: Date, team_id: OrgId, team: String, minutes: i64, late_minutes: i64,
        seen_at: Option<Timestamp>, seen_by: Option<String>, note: String,
    }

    /// A month that was drawn, and what came of it.
    pub struct Month {
        month_on: Date, drawn_at: Timestamp, seed: String, records: i64, percent: i64, least: i64, most: i64,
        drawn: i64, right: i64, minutes: i64, absent: i64, unreachable: i64, gone: i64,
    }

    /// What came of a month in one street.
    pub struct Street {
        name: String, drawn: i64, right: i64, minutes: i64, absent: i64, unreachable: i64, gone: i64,
    }
}

impl Check {
    /// Where the organisation that checks sits, for [`kernel::can`].
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }
}

macro_rules! outcomes {
    () => {
        "count(c.id), count(CASE WHEN c.state = 'right' THEN 1 END), count(CASE WHEN c.state = 'minutes' THEN 1 END),
         count(CASE WHEN c.state = 'absent' THEN 1 END), count(CASE WHEN c.state = 'unreachable' THEN 1 END),
         count(CASE WHEN c.state = 'waiting' AND r.state <> 'confirmed' THEN 1 END)"
    };
}

/// Which lines are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tab {
    /// Nobody has asked, and the record counts.
    #[default]
    Waiting,
    /// Found wrong, and the record counts still.
    Open,
    /// Nothing is left to do.
    Done,
}

impl Tab {
    /// The state of the record stands in an expression: as a plain condition SQLite would begin with all confirmed
    /// records of the city instead of the few that were drawn.
    const fn condition(self) -> &'static str {
        match self {
            Self::Waiting => "c.state = 'waiting' AND CASE WHEN r.state = 'confirmed' THEN 1 ELSE 0 END = 1",
            Self::Open => {
                "c.state IN ('minutes', 'absent') AND CASE WHEN r.state = 'confirmed' THEN 1 ELSE 0 END = 1"
            }
            Self::Done => {
                "CASE WHEN c.state IN ('waiting', 'minutes', 'absent') AND r.state = 'confirmed' THEN 1 ELSE 0 END = 0"
            }
        }
    }
}

/// Whether a month was drawn.
///
/// # Errors
/// Of the database.
pub fn is_drawn(tx: &mut ReadTx<'_>, month: Date) -> Result<bool, DbError> {
    let found: Option<(Date,)> =
        tx.first(sql!("SELECT month_on FROM spot_check_month WHERE month_on = $1"), args![month])?;
    Ok(found.is_some())
}

/// Notes that a month was drawn; `false` when it was before.
///
/// # Errors
/// Of the database.
pub fn month_put(
    tx: &mut WriteTx<'_>,
    month: Date,
    seed: &str,
    records: i64,
    set: Settings,
) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "INSERT INTO spot_check_month (month_on, drawn_at, seed, records, percent, least, most)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING"
        ),
        args![month, now, seed, records, set.percent, set.least, set.most],
    )?;
    Ok(touched == 1)
}

/// The organisation above an area, which checks what counts for it: the city's first for what lies in no area.
///
/// # Errors
/// Of the database.
pub fn above(tx: &mut ReadTx<'_>, area: OrgId) -> Result<Option<OrgId>, DbError> {
    let parent: Option<(Option<OrgId>,)> =
        tx.first(sql!("SELECT area_parent FROM org WHERE id = $1"), args![area])?;
    if let Some((Some(parent),)) = parent {
        return Ok(Some(parent));
    }
    let top: Option<(OrgId,)> = tx.first(
        sql!("SELECT id FROM org WHERE kind = 'city' AND area_parent IS NULL ORDER BY id LIMIT 1"),
        &[],
    )?;
    Ok(top.map(|row| row.0))
}

/// Writes down a record that was drawn; one that was drawn before is left.
///
/// # Errors
/// Of the database.
pub fn insert(
    tx: &mut WriteTx<'_>,
    id: SpotCheckId,
    month: Date,
    record: RecordId,
    above: OrgId,
    due: Date,
) -> Result<(), DbError> {
    tx.exec(
        sql!(
            "INSERT INTO spot_check (id, month_on, record_id, street_id, above_id, due_on, state)
             SELECT $1, $2, r.id, r.street_id, $4, $5, 'waiting' FROM record r WHERE r.id = $3
             ON CONFLICT DO NOTHING"
        ),
        args![id, month, record, above, due],
    )?;
    Ok(())
}

/// Writes down a team that stands out.
///
/// # Errors
/// Of the database.
pub fn share_put(
    tx: &mut WriteTx<'_>,
    id: LateShareId,
    month: Date,
    team: OrgId,
    minutes: i64,
    late: i64,
) -> Result<(), DbError> {
    tx.exec_one(
        sql!("INSERT INTO late_share (id, month_on, team_id, minutes, late_minutes) VALUES ($1, $2, $3, $4, $5)"),
        args![id, month, team, minutes, late],
    )
}

/// A record that was drawn.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: SpotCheckId) -> Result<Option<Check>, DbError> {
    tx.first(
        sql!(
            "SELECT c.id, c.month_on, c.record_id, c.state, c.due_on, c.how, c.note, c.checked_at, k.name, r.recorder_id,
                r.decided_by, o.area_path, o.sponsor_path, o.name
             FROM spot_check c JOIN record r ON r.id = c.record_id JOIN org o ON o.id = c.above_id
                LEFT JOIN account k ON k.id = c.checked_by WHERE c.id = $1"
        ),
        args![id],
    )
}

/// What a record's owner reads of its check, when it was drawn.
///
/// # Errors
/// Of the database.
pub fn of_record(tx: &mut ReadTx<'_>, record: RecordId) -> Result<Option<Standing>, DbError> {
    tx.first(
        sql!("SELECT state, due_on, how, checked_at FROM spot_check WHERE record_id = $1"),
        args![record],
    )
}

/// What the actor checks, the latest drawn first; before one.
///
/// # Errors
/// Of the database.
pub fn list(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    tab: Tab,
    before: Option<SpotCheckId>,
    limit: i64,
) -> Result<Vec<Line>, DbError> {
    let mut list = Query::new(
        "SELECT c.id, c.month_on, c.record_id, c.state, c.due_on, c.note, c.checked_at, k.name, r.state, r.class, r.title,
            r.service_on, r.minutes, p.name, t.name, COALESCE(m.name, s.name, o.name)
         FROM spot_check c JOIN record r ON r.id = c.record_id JOIN org o ON o.id = c.above_id
            JOIN person p ON p.id = r.person_id JOIN org t ON t.id = r.team_id
            LEFT JOIN org m ON m.id = r.community_id LEFT JOIN org s ON s.id = r.street_id
            LEFT JOIN account k ON k.id = c.checked_by
         WHERE",
    );
    list.push(tab.condition());
    list.with_some("AND c.id < {}", before.as_ref());
    scoped(&mut list, actor, Action::RecordConfirm);
    list.with("ORDER BY c.id DESC LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// What waits for the actor: records to check and the first day one is due, records found wrong that count still,
/// teams to look at.
///
/// # Errors
/// Of the database.
pub fn waiting(tx: &mut ReadTx<'_>, actor: &Actor) -> Result<(i64, Option<Date>, i64, i64), DbError> {
    let mut list = Query::new(
        "SELECT count(CASE WHEN c.state = 'waiting' THEN 1 END), min(CASE WHEN c.state = 'waiting' THEN c.due_on END),
            count(CASE WHEN c.state <> 'waiting' THEN 1 END)
         FROM spot_check c JOIN record r ON r.id = c.record_id JOIN org o ON o.id = c.above_id
         WHERE c.state IN ('waiting', 'minutes', 'absent')
            AND CASE WHEN r.state = 'confirmed' THEN 1 ELSE 0 END = 1",
    );
    scoped(&mut list, actor, Action::RecordConfirm);
    let (waiting, due, open): (i64, Option<Date>, i64) =
        tx.list(&list)?.into_iter().next().unwrap_or_default();
    let mut teams = Query::new(
        "SELECT count(*) FROM late_share l JOIN org o ON o.id = l.team_id WHERE l.seen_at IS NULL",
    );
    scoped(&mut teams, actor, Action::RecordConfirm);
    let shares: Option<(i64,)> = tx.list(&teams)?.into_iter().next();
    Ok((waiting, due, open, shares.map_or(0, |row| row.0)))
}

/// Notes what asking came to.
///
/// # Errors
/// Of the database.
pub fn answer(
    tx: &mut WriteTx<'_>,
    id: SpotCheckId,
    state: CheckState,
    how: How,
    note: &str,
    by: Option<AccountId>,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "UPDATE spot_check SET state = $2, how = $3, note = $4, checked_at = $5, checked_by = $6 WHERE id = $1"
        ),
        args![id, state, how, note, now, by],
    )
}

/// Teams that stand out in the actor's scope, those nobody has looked at first, then the latest month.
///
/// # Errors
/// Of the database.
pub fn shares(tx: &mut ReadTx<'_>, actor: &Actor, limit: i64) -> Result<Vec<Share>, DbError> {
    let mut list = Query::new(
        "SELECT l.id, l.month_on, l.team_id, o.name, l.minutes, l.late_minutes, l.seen_at, k.name, l.note
         FROM late_share l JOIN org o ON o.id = l.team_id LEFT JOIN account k ON k.id = l.seen_by WHERE 1 = 1",
    );
    scoped(&mut list, actor, Action::RecordConfirm);
    list.with(
        "ORDER BY CASE WHEN l.seen_at IS NULL THEN 0 ELSE 1 END, l.month_on DESC, l.late_minutes DESC, l.id LIMIT {}",
        &[&limit],
    );
    tx.list(&list)
}

/// Where a team that stands out sits, when it does.
///
/// # Errors
/// Of the database.
pub fn share_place(tx: &mut ReadTx<'_>, id: LateShareId) -> Result<Option<(String, String)>, DbError> {
    tx.first(
        sql!("SELECT o.area_path, o.sponsor_path FROM late_share l JOIN org o ON o.id = l.team_id WHERE l.id = $1"),
        args![id],
    )
}

/// Notes that somebody looked at a team; `false` when somebody had.
///
/// # Errors
/// Of the database.
pub fn share_seen(
    tx: &mut WriteTx<'_>,
    id: LateShareId,
    note: &str,
    by: Option<AccountId>,
) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!("UPDATE late_share SET seen_at = $2, seen_by = $3, note = $4 WHERE id = $1 AND seen_at IS NULL"),
        args![id, now, by, note],
    )?;
    Ok(touched == 1)
}

/// The months that were drawn and what came of them, the latest first; at most 24.
///
/// # Errors
/// Of the database.
pub fn months(tx: &mut ReadTx<'_>) -> Result<Vec<Month>, DbError> {
    tx.all(
        sql!(concat!(
            "SELECT m.month_on, m.drawn_at, m.seed, m.records, m.percent, m.least, m.most, ",
            outcomes!(),
            " FROM spot_check_month m LEFT JOIN spot_check c ON c.month_on = m.month_on
                LEFT JOIN record r ON r.id = c.record_id
             GROUP BY m.month_on, m.drawn_at, m.seed, m.records, m.percent, m.least, m.most
             ORDER BY m.month_on DESC LIMIT 24"
        )),
        &[],
    )
}

/// What came of a month by street.
///
/// # Errors
/// Of the database.
pub fn streets(tx: &mut ReadTx<'_>, month: Date) -> Result<Vec<Street>, DbError> {
    tx.all(
        sql!(concat!(
            "SELECT COALESCE(s.name, ''), ",
            outcomes!(),
            " FROM spot_check c JOIN record r ON r.id = c.record_id LEFT JOIN org s ON s.id = c.street_id
             WHERE c.month_on = $1 GROUP BY c.street_id, s.name ORDER BY s.name, c.street_id"
        )),
        args![month],
    )
}
