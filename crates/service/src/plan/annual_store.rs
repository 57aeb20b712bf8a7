//! Questions about annual plans. Progress is computed from what happened, with the definitions of the
//! dictionary of figures: a session was held when somebody attended, attendances are sign-ups that attended,
//! minutes are those of confirmed records. Years go by the local date of the start.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Action, Actor, OrgId, Timestamp};

use super::{PlanOutcome, PlanState};
use crate::activity::ActivityState;
use crate::activity::store::scoped;
use crate::{ActivityId, PlanId, PlanLineId};

row! {
    /// A plan with its team.
    pub struct Plan {
        id: PlanId, org_id: OrgId, year: i64, org_name: String, area_path: String, sponsor_path: String,
        state: PlanState, note: String, submitted_at: Option<Timestamp>, decided_at: Option<Timestamp>,
        decider: Option<String>,
    }

    /// A line.
    pub struct Line {
        id: PlanLineId, plan_id: PlanId, month: i64, title: String, category: String, sessions: i64,
        attendances: i64, minutes: i64, responsible: String, version: i64, squad: String, measure: String,
        outcome: Option<PlanOutcome>, reason: String, moved_from: Option<i64>,
    }

    /// A plan in the overview, with what is expected.
    pub struct Expected {
        id: PlanId, org_id: OrgId, org_name: String, lines: i64, sessions: i64, attendances: i64, minutes: i64,
        state: PlanState,
    }

    /// A plan that waits to be approved.
    pub struct Submitted { id: PlanId, org_name: String, year: i64, submitted_at: Option<Timestamp> }

    /// An activity of a line, or one that could be.
    pub struct Linked { id: ActivityId, title: String, state: ActivityState, first_at: Option<Timestamp> }
}

/// What has come of a line, or of a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Sessions that are published and not cancelled.
    pub scheduled: i64,
    /// Sessions somebody attended.
    pub held: i64,
    /// Sign-ups that attended.
    pub attendances: i64,
    /// Confirmed minutes.
    pub minutes: i64,
}

/// First moment of a year and of the next.
#[must_use]
pub fn span(year: i64) -> (Timestamp, Timestamp) {
    let first = |year: i64| {
        let year = i16::try_from(year).unwrap_or(2000);
        Timestamp::at(kernel::Date::new(year, 1, 1).unwrap_or(kernel::Date::from_days(0)), 0)
    };
    (first(year), first(year + 1))
}

/// A plan.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: PlanId) -> Result<Option<Plan>, DbError> {
    tx.first(
        sql!(
            "SELECT p.id, p.org_id, p.year, o.name, o.area_path, o.sponsor_path, p.state, p.note, p.submitted_at,
                p.decided_at, d.name
             FROM year_plan p JOIN org o ON o.id = p.org_id LEFT JOIN account d ON d.id = p.decided_by WHERE p.id = $1"
        ),
        args![id],
    )
}

/// The plan of a team for a year.
///
/// # Errors
/// Of the database.
pub fn of_team(tx: &mut ReadTx<'_>, team: OrgId, year: i64) -> Result<Option<PlanId>, DbError> {
    let row: Option<(PlanId,)> =
        tx.first(sql!("SELECT id FROM year_plan WHERE org_id = $1 AND year = $2"), args![team, year])?;
    Ok(row.map(|row| row.0))
}

/// The years a team has plans for, latest first.
///
/// # Errors
/// Of the database.
pub fn years_of_team(tx: &mut ReadTx<'_>, team: OrgId) -> Result<Vec<(PlanId, i64)>, DbError> {
    tx.all(
        sql!("SELECT id, year FROM year_plan WHERE org_id = $1 ORDER BY year DESC, id LIMIT 30"),
        args![team],
    )
}

/// The lines of a plan, by month.
///
/// # Errors
/// Of the database.
pub fn lines(tx: &mut ReadTx<'_>, plan: PlanId) -> Result<Vec<Line>, DbError> {
    tx.all(
        sql!(
            "SELECT id, plan_id, month, title, category, sessions, attendances, minutes, responsible, version, squad,
                measure, outcome, reason, moved_from
             FROM plan_line WHERE plan_id = $1 ORDER BY month, id LIMIT 500"
        ),
        args![plan],
    )
}

/// A line.
///
/// # Errors
/// Of the database.
pub fn line(tx: &mut ReadTx<'_>, id: PlanLineId) -> Result<Option<Line>, DbError> {
    tx.first(
        sql!(
            "SELECT id, plan_id, month, title, category, sessions, attendances, minutes, responsible, version, squad,
                measure, outcome, reason, moved_from
             FROM plan_line WHERE id = $1"
        ),
        args![id],
    )
}

/// What has come of each line of a plan: three questions, whatever its length.
///
/// # Errors
/// Of the database.
pub fn progress_of_lines(tx: &mut ReadTx<'_>, plan: &Plan) -> Result<Vec<(PlanLineId, Progress)>, DbError> {
    let (from, to) = span(plan.year);
    let scheduled: Vec<(PlanLineId, i64)> = tx.all(
        sql!(
            "SELECT l.id, count(*) FROM plan_line l JOIN plan_activity x ON x.line_id = l.id
                JOIN session s ON s.activity_id = x.activity_id
             WHERE l.plan_id = $1 AND s.state NOT IN ('draft', 'cancelled') AND s.starts_at >= $2 AND s.starts_at < $3
             GROUP BY l.id ORDER BY l.id"
        ),
        args![plan.id, from, to],
    )?;
    let held: Vec<(PlanLineId, i64, i64)> = tx.all(
        sql!(
            "SELECT l.id, count(DISTINCT s.id), count(*) FROM plan_line l JOIN plan_activity x ON x.line_id = l.id
                JOIN session s ON s.activity_id = x.activity_id
                JOIN sign_up u ON u.session_id = s.id AND u.state = 'attended'
             WHERE l.plan_id = $1 AND s.starts_at >= $2 AND s.starts_at < $3 GROUP BY l.id ORDER BY l.id"
        ),
        args![plan.id, from, to],
    )?;
    let minutes: Vec<(PlanLineId, i64)> = tx.all(
        sql!(
            "SELECT l.id, CAST(sum(r.minutes) AS BIGINT) FROM plan_line l JOIN plan_activity x ON x.line_id = l.id
                JOIN session s ON s.activity_id = x.activity_id
                JOIN record r ON r.session_id = s.id AND r.state <> 'void' AND r.state = 'confirmed'
             WHERE l.plan_id = $1 AND s.starts_at >= $2 AND s.starts_at < $3 GROUP BY l.id ORDER BY l.id"
        ),
        args![plan.id, from, to],
    )?;
    Ok(gather(scheduled, held, minutes))
}

fn gather<I: Copy + PartialEq>(
    scheduled: Vec<(I, i64)>,
    held: Vec<(I, i64, i64)>,
    minutes: Vec<(I, i64)>,
) -> Vec<(I, Progress)> {
    // Sessions that were held are scheduled ones (or were), so their lines come first.
    let mut out: Vec<(I, Progress)> =
        scheduled.into_iter().map(|(id, n)| (id, Progress { scheduled: n, ..Progress::default() })).collect();
    let mut slot = |id: I, put: &dyn Fn(&mut Progress)| match out.iter_mut().find(|one| one.0 == id) {
        Some(one) => put(&mut one.1),
        None => {
            let mut one = Progress::default();
            put(&mut one);
            out.push((id, one));
        }
    };
    for (id, sessions, attendances) in held {
        slot(id, &|one| (one.held, one.attendances) = (sessions, attendances));
    }
    for (id, sum) in minutes {
        slot(id, &|one| one.minutes = sum);
    }
    out
}

/// What the team did in the year that no line of the plan names.
///
/// # Errors
/// Of the database.
pub fn progress_outside(tx: &mut ReadTx<'_>, plan: &Plan) -> Result<Progress, DbError> {
    let (from, to) = span(plan.year);
    let (held, attendances): (i64, i64) = tx.one(
        sql!(
            "SELECT count(DISTINCT s.id), count(*) FROM activity a JOIN session s ON s.activity_id = a.id
                JOIN sign_up u ON u.session_id = s.id AND u.state = 'attended'
             WHERE a.org_id = $1 AND s.starts_at >= $2 AND s.starts_at < $3
                AND NOT EXISTS (SELECT 1 FROM plan_activity x WHERE x.activity_id = a.id)"
        ),
        args![plan.org_id, from, to],
    )?;
    let (minutes,): (i64,) = tx.one(
        sql!(
            "SELECT CAST(COALESCE(sum(r.minutes), 0) AS BIGINT) FROM activity a JOIN session s ON s.activity_id = a.id
                JOIN record r ON r.session_id = s.id AND r.state <> 'void' AND r.state = 'confirmed'
             WHERE a.org_id = $1 AND s.starts_at >= $2 AND s.starts_at < $3
                AND NOT EXISTS (SELECT 1 FROM plan_activity x WHERE x.activity_id = a.id)"
        ),
        args![plan.org_id, from, to],
    )?;
    Ok(Progress { scheduled: held, held, attendances, minutes })
}

/// Plans of a year within the actor's scope, and within an organisation's part of the city if one is named,
/// with what they expect; by name of the team, after another plan (0: from the first).
///
/// # Errors
/// Of the database.
pub fn expected(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    year: i64,
    within: Option<&str>,
    after: PlanId,
    limit: i64,
) -> Result<Vec<Expected>, DbError> {
    let mut list = Query::new(
        "SELECT p.id, p.org_id, o.name, count(l.id), CAST(COALESCE(sum(l.sessions), 0) AS BIGINT),
            CAST(COALESCE(sum(l.attendances), 0) AS BIGINT), CAST(COALESCE(sum(l.minutes), 0) AS BIGINT), p.state
         FROM year_plan p JOIN org o ON o.id = p.org_id LEFT JOIN plan_line l ON l.plan_id = p.id WHERE",
    );
    list.with("p.year = {}", &[&year]);
    scope(&mut list, actor, within);
    if after != PlanId(0) {
        list.with(
            "AND EXISTS (SELECT 1 FROM year_plan y JOIN org z ON z.id = y.org_id WHERE y.id = {}
                AND (o.name_key > z.name_key OR (o.name_key = z.name_key AND p.id > y.id)))",
            &[&after],
        );
    }
    list.push("GROUP BY p.id, p.org_id, o.name, o.name_key, p.state");
    list.with("ORDER BY o.name_key, p.id LIMIT {}", &[&limit]);
    tx.list(&list)
}

fn scope(list: &mut Query, actor: &Actor, within: Option<&str>) {
    scoped(list, actor, Action::ActivityManage);
    if let Some(path) = within {
        let end = format!("{path}~");
        list.with("AND o.area_path >= {} AND o.area_path < {}", &[&path, &end]);
    }
}

/// What has come of each of these plans: three questions.
///
/// # Errors
/// Of the database.
pub fn progress_of_plans(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    year: i64,
    within: Option<&str>,
) -> Result<Vec<(PlanId, Progress)>, DbError> {
    let (from, to) = span(year);
    let mut list = Query::new(
        "SELECT p.id, count(*) FROM year_plan p JOIN org o ON o.id = p.org_id JOIN plan_line l ON l.plan_id = p.id
            JOIN plan_activity x ON x.line_id = l.id JOIN session s ON s.activity_id = x.activity_id
         WHERE s.state NOT IN ('draft', 'cancelled')",
    );
    list.with("AND p.year = {} AND s.starts_at >= {} AND s.starts_at < {}", &[&year, &from, &to]);
    scope(&mut list, actor, within);
    list.push("GROUP BY p.id ORDER BY p.id");
    let scheduled = tx.list(&list)?;
    let mut list = Query::new(
        "SELECT p.id, count(DISTINCT s.id), count(*) FROM year_plan p JOIN org o ON o.id = p.org_id
            JOIN plan_line l ON l.plan_id = p.id JOIN plan_activity x ON x.line_id = l.id
            JOIN session s ON s.activity_id = x.activity_id
            JOIN sign_up u ON u.session_id = s.id AND u.state = 'attended' WHERE",
    );
    list.with("p.year = {} AND s.starts_at >= {} AND s.starts_at < {}", &[&year, &from, &to]);
    scope(&mut list, actor, within);
    list.push("GROUP BY p.id ORDER BY p.id");
    let held = tx.list(&list)?;
    let mut list = Query::new(
        "SELECT p.id, CAST(sum(r.minutes) AS BIGINT) FROM year_plan p JOIN org o ON o.id = p.org_id
            JOIN plan_line l ON l.plan_id = p.id JOIN plan_activity x ON x.line_id = l.id
            JOIN session s ON s.activity_id = x.activity_id
            JOIN record r ON r.session_id = s.id AND r.state <> 'void' AND r.state = 'confirmed' WHERE",
    );
    list.with("p.year = {} AND s.starts_at >= {} AND s.starts_at < {}", &[&year, &from, &to]);
    scope(&mut list, actor, within);
    list.push("GROUP BY p.id ORDER BY p.id");
    let minutes = tx.list(&list)?;
    Ok(gather(scheduled, held, minutes))
}

/// Open teams in scope without a plan for the year: some by name, and how many.
///
/// # Errors
/// Of the database.
pub fn without(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    year: i64,
    within: Option<&str>,
) -> Result<Vec<(OrgId, String)>, DbError> {
    let mut list = Query::new("SELECT o.id, o.name FROM org o WHERE o.kind = 'team' AND o.state = 'open'");
    list.with("AND NOT EXISTS (SELECT 1 FROM year_plan p WHERE p.org_id = o.id AND p.year = {})", &[&year]);
    scope(&mut list, actor, within);
    list.push("ORDER BY o.name_key, o.id LIMIT 101");
    tx.list(&list)
}

/// The activities of a line.
///
/// # Errors
/// Of the database.
pub fn linked(tx: &mut ReadTx<'_>, line: PlanLineId) -> Result<Vec<Linked>, DbError> {
    tx.all(
        sql!(
            "SELECT a.id, a.title, a.state, (SELECT min(s.starts_at) FROM session s WHERE s.activity_id = a.id)
             FROM plan_activity x JOIN activity a ON a.id = x.activity_id WHERE x.line_id = $1 ORDER BY a.id LIMIT 200"
        ),
        args![line],
    )
}

/// Activities of a team with sessions in a year that no line names, latest first.
///
/// # Errors
/// Of the database.
pub fn linkable(tx: &mut ReadTx<'_>, team: OrgId, year: i64) -> Result<Vec<Linked>, DbError> {
    let (from, to) = span(year);
    tx.all(
        sql!(
            "SELECT a.id, a.title, a.state, (SELECT min(s.starts_at) FROM session s WHERE s.activity_id = a.id)
             FROM activity a WHERE a.org_id = $1 AND a.state <> 'cancelled' AND NOT a.carrier
                AND EXISTS (SELECT 1 FROM session t WHERE t.activity_id = a.id AND t.starts_at >= $2 AND t.starts_at < $3)
                AND NOT EXISTS (SELECT 1 FROM plan_activity x WHERE x.activity_id = a.id)
             ORDER BY a.id DESC LIMIT 100"
        ),
        args![team, from, to],
    )
}

/// Writes a new plan.
///
/// # Errors
/// Of the database.
pub fn insert(
    tx: &mut WriteTx<'_>,
    id: PlanId,
    team: OrgId,
    year: i64,
    by: Option<AccountId>,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!("INSERT INTO year_plan (id, org_id, year, created_by, created_at) VALUES ($1, $2, $3, $4, $5)"),
        args![id, team, year, by, now],
    )
}

/// Writes a new line.
///
/// # Errors
/// Of the database.
pub fn insert_line(tx: &mut WriteTx<'_>, l: &Line) -> Result<(), DbError> {
    tx.exec_one(
        sql!(
            "INSERT INTO plan_line (id, plan_id, month, title, category, sessions, attendances, minutes, responsible,
                squad, measure)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        ),
        args![
            l.id,
            l.plan_id,
            l.month,
            l.title,
            l.category,
            l.sessions,
            l.attendances,
            l.minutes,
            l.responsible,
            l.squad,
            l.measure
        ],
    )
}

/// Changes a line; `false` when somebody else did meanwhile.
///
/// # Errors
/// Of the database.
pub fn update_line(tx: &mut WriteTx<'_>, l: &Line) -> Result<bool, DbError> {
    let touched = tx.exec(
        sql!(
            "UPDATE plan_line SET month = $3, title = $4, category = $5, sessions = $6, attendances = $7, minutes = $8,
                responsible = $9, squad = $10, measure = $11, version = version + 1
             WHERE id = $1 AND version = $2"
        ),
        args![
            l.id,
            l.version,
            l.month,
            l.title,
            l.category,
            l.sessions,
            l.attendances,
            l.minutes,
            l.responsible,
            l.squad,
            l.measure
        ],
    )?;
    Ok(touched == 1)
}

/// Removes a line; its activities stay and belong to no line.
///
/// # Errors
/// Of the database.
pub fn delete_line(tx: &mut WriteTx<'_>, id: PlanLineId) -> Result<(), DbError> {
    tx.exec(sql!("DELETE FROM plan_activity WHERE line_id = $1"), args![id])?;
    tx.exec(sql!("DELETE FROM plan_line WHERE id = $1"), args![id])?;
    Ok(())
}

/// Counts an activity for a line, and for no other.
///
/// # Errors
/// Of the database.
pub fn link(tx: &mut WriteTx<'_>, line: PlanLineId, activity: ActivityId) -> Result<(), DbError> {
    tx.exec(
        sql!(
            "INSERT INTO plan_activity (activity_id, line_id) VALUES ($1, $2)
             ON CONFLICT (activity_id) DO UPDATE SET line_id = excluded.line_id"
        ),
        args![activity, line],
    )?;
    Ok(())
}

/// Counts an activity for a line no longer.
///
/// # Errors
/// Of the database.
pub fn unlink(tx: &mut WriteTx<'_>, line: PlanLineId, activity: ActivityId) -> Result<(), DbError> {
    tx.exec(
        sql!("DELETE FROM plan_activity WHERE activity_id = $1 AND line_id = $2"),
        args![activity, line],
    )?;
    Ok(())
}

/// Moves a plan on; `false` when it stood elsewhere. `seen`: when it was handed in, as whoever answers has seen it.
///
/// # Errors
/// Of the database.
pub fn set_state(
    tx: &mut WriteTx<'_>,
    plan: PlanId,
    (from, to): (PlanState, PlanState),
    seen: Option<Timestamp>,
    (note, by): (&str, Option<AccountId>),
) -> Result<bool, DbError> {
    let now = tx.now();
    let mut query = Query::new("UPDATE year_plan SET");
    query.with("state = {}, note = {},", &[&to, &note]);
    match to {
        PlanState::Submitted => query.with("submitted_at = {}, submitted_by = {}", &[&now, &by]),
        _ => query.with("decided_at = {}, decided_by = {}", &[&now, &by]),
    };
    query.with("WHERE id = {} AND state = {}", &[&plan, &from]);
    query.with_some("AND submitted_at = {}", seen.as_ref());
    Ok(tx.exec_query(&query)? == 1)
}

/// Plans in the actor's scope that wait to be approved, the first handed in first.
///
/// # Errors
/// Of the database.
pub fn submitted(tx: &mut ReadTx<'_>, actor: &Actor, limit: i64) -> Result<Vec<Submitted>, DbError> {
    let mut list = Query::new(
        "SELECT p.id, o.name, p.year, p.submitted_at FROM year_plan p JOIN org o ON o.id = p.org_id
         WHERE p.state = 'submitted'",
    );
    scoped(&mut list, actor, Action::RecordConfirm);
    list.with("ORDER BY p.submitted_at, p.id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// Lines of approved plans in the actor's scope whose month is over, of which less was held than planned and nobody has
/// said what became of them: plan, team, how many. `month`: year and month of now.
///
/// # Errors
/// Of the database.
pub fn unsaid(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    (year, month): (i64, i64),
    limit: i64,
) -> Result<Vec<(PlanId, String, i64)>, DbError> {
    let before = year - 1;
    let mut list = Query::new(
        "SELECT p.id, o.name, count(*) FROM year_plan p JOIN org o ON o.id = p.org_id
            JOIN plan_line l ON l.plan_id = p.id
         WHERE p.state = 'approved' AND l.outcome IS NULL",
    );
    list.with("AND p.year IN ({}, {}) AND (p.year < {} OR l.month < {})", &[&year, &before, &year, &month]);
    list.push(
        "AND (SELECT count(DISTINCT s.id) FROM plan_activity x JOIN session s ON s.activity_id = x.activity_id
                JOIN sign_up u ON u.session_id = s.id AND u.state = 'attended' WHERE x.line_id = l.id)
             < CASE WHEN l.sessions > 0 THEN l.sessions ELSE 1 END",
    );
    scoped(&mut list, actor, Action::ActivityManage);
    list.push("GROUP BY p.id, o.name");
    list.with("ORDER BY p.id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// Writes what became of a line; `false` when somebody changed it meanwhile.
///
/// # Errors
/// Of the database.
pub fn set_outcome(
    tx: &mut WriteTx<'_>,
    l: &Line,
    outcome: Option<PlanOutcome>,
    reason: &str,
    (month, moved_from): (i64, Option<i64>),
) -> Result<bool, DbError> {
    let touched = tx.exec(
        sql!(
            "UPDATE plan_line SET outcome = $3, reason = $4, month = $5, moved_from = $6, version = version + 1
             WHERE id = $1 AND version = $2"
        ),
        args![l.id, l.version, outcome, reason, month, moved_from],
    )?;
    Ok(touched == 1)
}
