//! Questions about activities, sessions and posts.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Action, Actor, Date, OrgId, PersonId, Timestamp};
use people::org::scope::{OrgAs, within};

use super::{ActivityState, Entry, Hazard, Kind, Mode, SessionState};
use crate::{ActivityId, PostId, SessionId};

row! {
    /// An activity with the team that plans it.
    pub struct Activity {
        id: ActivityId, org_id: OrgId, community_id: Option<OrgId>, title: String, title_en: String,
        category: String, kind: Kind, mode: Mode, content: String, served_group: String, conditions: String,
        how_to_apply: String, risks: String, guarantees: String, contact_name: String, contact_phone: String,
        leader_id: Option<PersonId>, place_public: String, place_exact: String, place_private: bool,
        lon: Option<f64>, lat: Option<f64>, min_age: i64, members_only: bool, walk_in: bool,
        state: ActivityState, cancel_reason: String, created_by: Option<AccountId>, created_at: Timestamp,
        published_at: Option<Timestamp>, version: i64,
        hazard: Hazard, org_name: String, area_path: String, sponsor_path: String, leader_name: Option<String>,
        entry: Entry, stand_in_asked: bool,
    }

    /// A session by itself.
    pub struct Session {
        id: SessionId, activity_id: ActivityId, starts_at: Timestamp, ends_at: Timestamp,
        sign_up_until: Timestamp, quota: i64, taken: i64, break_minutes: i64, extension_minutes: i64,
        state: SessionState, due_on: Date, cancel_reason: String, version: i64, reserved_until: Timestamp,
    }

    /// A session with what rules, roll-call and records need of its activity and team.
    pub struct SessionFull {
        id: SessionId, activity_id: ActivityId, starts_at: Timestamp, ends_at: Timestamp,
        sign_up_until: Timestamp, quota: i64, taken: i64, break_minutes: i64, extension_minutes: i64,
        state: SessionState, heads: Option<i64>, summary: String, quality: Option<i64>,
        closed_at: Option<Timestamp>, submitted_at: Option<Timestamp>, submitted_by: Option<AccountId>,
        decided_at: Option<Timestamp>, due_on: Date, cancel_reason: String, version: i64,
        title: String, kind: Kind, category: String, activity_state: ActivityState, org_id: OrgId,
        community_id: Option<OrgId>, leader_id: Option<PersonId>, served_group: String,
        place_public: String, place_exact: String, place_private: bool, walk_in: bool, members_only: bool,
        min_age: i64, contact_name: String, contact_phone: String, asks_skill: bool,
        org_name: String, area_path: String, sponsor_path: String,
    }

    /// A post of a session.
    pub struct Post {
        id: PostId, session_id: SessionId, name: String, quota: i64, taken: i64, skill: Option<String>,
        qualification: Option<String>, needs: Option<String>, needs_en: Option<String>,
    }

    /// A row of the public list.
    pub struct Upcoming {
        session_id: SessionId, activity_id: ActivityId, starts_at: Timestamp, ends_at: Timestamp,
        sign_up_until: Timestamp, quota: i64, taken: i64, title: String, category: String,
        place_public: String, org_id: OrgId, org_name: String, members_only: bool,
    }

    /// A row of the planner's list; a draft may have no session yet.
    pub struct Planned {
        activity_id: ActivityId, title: String, activity_state: ActivityState, org_name: String,
        session_id: Option<SessionId>, starts_at: Option<Timestamp>, ends_at: Option<Timestamp>,
        quota: Option<i64>, taken: Option<i64>, state: Option<SessionState>, due_on: Option<Date>,
        reviewed_by: Option<Date>,
    }

    /// An organisation to choose from.
    pub struct OrgChoice { id: OrgId, name: String, kind: String, area_path: String, sponsor_path: String }

    /// What decides which sessions somebody can take.
    pub struct Me { birth_on: Option<Date>, active: bool }
}

/// An activity by its id, whatever its state.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: ActivityId) -> Result<Option<Activity>, DbError> {
    tx.first(
        sql!(
            "SELECT a.id, a.org_id, a.community_id, a.title, a.title_en, a.category, a.kind, a.mode, a.content,
                a.served_group, a.conditions, a.how_to_apply, a.risks, a.guarantees, a.contact_name,
                a.contact_phone, a.leader_id, a.place_public, a.place_exact, a.place_private, a.lon, a.lat,
                a.min_age, a.members_only, a.walk_in, a.state, a.cancel_reason, a.created_by, a.created_at,
                a.published_at, a.version, a.hazard_level, o.name, o.area_path, o.sponsor_path, p.name, a.entry,
                a.stand_in_asked
             FROM activity a JOIN org o ON o.id = a.org_id LEFT JOIN person p ON p.id = a.leader_id
             WHERE a.id = $1 AND NOT a.carrier"
        ),
        args![id],
    )
}

/// A session with its activity and team.
///
/// # Errors
/// Of the database.
pub fn session_find(tx: &mut ReadTx<'_>, id: SessionId) -> Result<Option<SessionFull>, DbError> {
    tx.first(
        sql!(
            "SELECT s.id, s.activity_id, s.starts_at, s.ends_at, s.sign_up_until, s.quota, s.taken,
                s.break_minutes, s.extension_minutes, s.state, s.heads, s.summary, s.quality, s.closed_at,
                s.submitted_at, s.submitted_by, s.decided_at, s.due_on, s.cancel_reason, s.version,
                a.title, a.kind, a.category, a.state, a.org_id, a.community_id, a.leader_id, a.served_group,
                a.place_public, a.place_exact, a.place_private, a.walk_in, a.members_only, a.min_age,
                a.contact_name, a.contact_phone,
                EXISTS (SELECT 1 FROM activity_skill k WHERE k.activity_id = a.id),
                o.name, o.area_path, o.sponsor_path
             FROM session s JOIN activity a ON a.id = s.activity_id JOIN org o ON o.id = a.org_id
             WHERE s.id = $1"
        ),
        args![id],
    )
}

/// The sessions of an activity, soonest first; at most 400, which is a year of daily sessions.
///
/// # Errors
/// Of the database.
pub fn sessions_of(tx: &mut ReadTx<'_>, id: ActivityId) -> Result<Vec<Session>, DbError> {
    tx.all(
        sql!(
            "SELECT id, activity_id, starts_at, ends_at, sign_up_until, quota, taken, break_minutes,
                extension_minutes, state, due_on, cancel_reason, version, reserved_until
             FROM session WHERE activity_id = $1 ORDER BY starts_at, id LIMIT 400"
        ),
        args![id],
    )
}

/// The posts of all sessions of an activity.
///
/// # Errors
/// Of the database.
pub fn posts_of(tx: &mut ReadTx<'_>, id: ActivityId) -> Result<Vec<Post>, DbError> {
    tx.all(
        sql!(
            "SELECT p.id, p.session_id, p.name, p.quota, p.taken, p.skill, p.qualification, k.name, k.name_en
             FROM session s JOIN post p ON p.session_id = s.id LEFT JOIN qualification_kind k ON k.code = p.qualification
             WHERE s.activity_id = $1 ORDER BY p.session_id, p.id LIMIT 2000"
        ),
        args![id],
    )
}

/// The skills an activity asks for (all of them).
///
/// # Errors
/// Of the database.
pub fn skills_of(tx: &mut ReadTx<'_>, id: ActivityId) -> Result<Vec<String>, DbError> {
    let rows: Vec<(String,)> =
        tx.all(sql!("SELECT skill FROM activity_skill WHERE activity_id = $1 ORDER BY skill"), args![id])?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// What narrows the public list.
#[derive(Debug, Clone, Default)]
pub struct ListFilter {
    /// Category code; a parent includes its children.
    pub category: Option<String>,
    /// Area path of a street or community.
    pub area_path: Option<String>,
    /// Team.
    pub team: Option<OrgId>,
    /// Not before this moment.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
    /// Only with free places, sign-up still open.
    pub free: bool,
    /// Only what this person (aged so many years) can take.
    pub mine: Option<(PersonId, i64)>,
    /// Keyset: start and id of the last row seen.
    pub after: Option<(i64, i64)>,
}

/// Adds the filter to a question over `s` (session), `a` (activity) and `o` (its team).
pub(crate) fn narrow(list: &mut Query, filter: &ListFilter, now: Timestamp) {
    let from = filter.from.map_or(now, |from| from.max(now));
    match filter.after {
        Some((start, id)) if start >= from.0 => {
            list.with("AND (s.starts_at, s.id) > ({}, {})", &[&start, &id])
        }
        _ => list.with("AND s.starts_at > {}", &[&from]),
    };
    list.with_some("AND s.starts_at < {}", filter.to.as_ref());
    if let Some(category) = &filter.category {
        let (low, high) = (format!("{category}."), format!("{category}.~"));
        list.with("AND (a.category = {} OR (a.category > {} AND a.category < {}))", &[category, &low, &high]);
    }
    if let Some(path) = &filter.area_path {
        let end = format!("{path}~");
        list.with("AND o.area_path >= {} AND o.area_path < {}", &[path, &end]);
    }
    if let Some(team) = &filter.team {
        // Its own, and what it organises together with others (Add-52).
        list.with(
            "AND a.id IN (SELECT x.id FROM activity x WHERE x.org_id = {} UNION ALL
                SELECT c.activity_id FROM co_organiser c WHERE c.org_id = {} AND c.state = 'agreed')",
            &[team, team],
        );
    }
    if filter.free || filter.mine.is_some() {
        list.with("AND s.taken < s.quota AND s.sign_up_until > {}", &[&now]);
    }
    if let Some((person, age)) = &filter.mine {
        list.with(
            "AND a.min_age <= {}
             AND NOT EXISTS (SELECT 1 FROM sign_up u WHERE u.person_id = {} AND u.starts_at < s.ends_at
                AND u.starts_at > s.starts_at - 86400000 AND u.ends_at > s.starts_at
                AND u.state IN ('booked', 'attended'))
             AND (NOT a.members_only OR EXISTS (SELECT 1 FROM member m
                WHERE m.org_id = a.org_id AND m.person_id = {} AND m.state = 'member'))
             AND NOT EXISTS (SELECT 1 FROM activity_skill k WHERE k.activity_id = a.id
                AND NOT EXISTS (SELECT 1 FROM person_skill h WHERE h.person_id = {} AND h.skill = k.skill))",
            &[age, person, person, person],
        );
        list.with(crate::qualified::store::CAN, &[person]);
    }
}

/// Open sessions that have not started, soonest first.
///
/// # Errors
/// Of the database.
pub fn upcoming(tx: &mut ReadTx<'_>, filter: &ListFilter, limit: i64) -> Result<Vec<Upcoming>, DbError> {
    let now = tx.now();
    let mut list = Query::new(
        "SELECT s.id, a.id, s.starts_at, s.ends_at, s.sign_up_until, s.quota, s.taken, a.title, a.category,
            a.place_public, a.org_id, o.name, a.members_only
         FROM session s JOIN activity a ON a.id = s.activity_id JOIN org o ON o.id = a.org_id
         WHERE s.state = 'open'",
    );
    narrow(&mut list, filter, now);
    list.with("ORDER BY s.starts_at, s.id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// The next open sessions of a team, for its page.
///
/// # Errors
/// Of the database.
pub fn upcoming_of_team(tx: &mut ReadTx<'_>, team: OrgId, limit: i64) -> Result<Vec<Upcoming>, DbError> {
    upcoming(tx, &ListFilter { team: Some(team), ..ListFilter::default() }, limit)
}

/// What decides which sessions a person can take.
///
/// # Errors
/// Of the database.
pub fn me(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Option<Me>, DbError> {
    tx.first(sql!("SELECT birth_on, state = 'active' FROM person WHERE id = $1"), args![person])
}

/// Title and team of published activities among these ids.
///
/// # Errors
/// Of the database.
pub fn published_by_ids(
    tx: &mut ReadTx<'_>,
    ids: &[i64],
) -> Result<Vec<(ActivityId, String, String)>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut list = Query::new(
        "SELECT a.id, a.title, o.name FROM activity a JOIN org o ON o.id = a.org_id WHERE a.state = 'published' AND a.id IN (",
    );
    for (at, id) in ids.iter().enumerate() {
        list.with(if at == 0 { "{}" } else { ", {}" }, &[id]);
    }
    list.push(")");
    tx.list(&list)
}

/// Adds the actor's scope for an action to a query over `o` (org): the area line or the sponsor line
/// of any grant. A scope is always part of the question, never a filter over its answer.
pub(crate) fn scoped(query: &mut Query, actor: &Actor, action: Action) {
    query.push("AND");
    within(query, &actor.scopes(action), OrgAs::O);
}

/// Which sessions the planner looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// Drafts.
    Draft,
    /// Open, not ended.
    Next,
    /// Ended or roll closed, not submitted.
    Close,
    /// Waiting for the station.
    Submitted,
    /// Recorded.
    Recorded,
    /// Cancelled.
    Cancelled,
}

/// The planner's list within the actor's scope. Drafts: newest first; coming ones: soonest first; the
/// rest: latest first. `after`: start (or 0) and id of the last row seen.
///
/// # Errors
/// Of the database.
pub fn planned(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    tab: Tab,
    team: Option<OrgId>,
    after: Option<(i64, i64)>,
    limit: i64,
) -> Result<Vec<Planned>, DbError> {
    let now = tx.now();
    if tab == Tab::Draft {
        let mut list = Query::new(
            "SELECT a.id, a.title, a.state, o.name, NULL, min(s.starts_at), min(s.ends_at), CAST(sum(s.quota) AS BIGINT),
                CAST(sum(s.taken) AS BIGINT), NULL, NULL,
                (SELECT max(r.due_on) FROM review r WHERE r.activity_id = a.id AND r.state = 'waiting')
             FROM activity a JOIN org o ON o.id = a.org_id LEFT JOIN session s ON s.activity_id = a.id
             WHERE a.id IN (SELECT d.id FROM activity d WHERE d.state = 'draft' AND NOT d.carrier)",
        );
        scoped(&mut list, actor, Action::ActivityManage);
        list.with_some("AND a.org_id = {}", team.as_ref());
        if let Some((_, id)) = after {
            list.with("AND a.id < {}", &[&id]);
        }
        list.with("GROUP BY a.id, a.title, a.state, o.name ORDER BY a.id DESC LIMIT {}", &[&limit]);
        return tx.list(&list);
    }
    let mut list = Query::new(
        "SELECT a.id, a.title, a.state, o.name, s.id, s.starts_at, s.ends_at, s.quota, s.taken, s.state, s.due_on, NULL
         FROM session s JOIN activity a ON a.id = s.activity_id JOIN org o ON o.id = a.org_id WHERE",
    );
    match tab {
        Tab::Draft | Tab::Next => list.with("s.state = 'open' AND s.ends_at > {}", &[&now]),
        Tab::Close => list.with("(s.state = 'closed' OR (s.state = 'open' AND s.ends_at <= {}))", &[&now]),
        Tab::Submitted => list.push("s.state = 'submitted'"),
        Tab::Recorded => list.push("s.state = 'recorded'"),
        Tab::Cancelled => list.push("s.state = 'cancelled'"),
    };
    list.push("AND NOT a.carrier");
    scoped(&mut list, actor, Action::ActivityManage);
    list.with_some("AND a.org_id = {}", team.as_ref());
    let soonest = tab == Tab::Next;
    if let Some((start, id)) = after {
        list.with(
            if soonest { "AND (s.starts_at, s.id) > ({}, {})" } else { "AND (s.starts_at, s.id) < ({}, {})" },
            &[&start, &id],
        );
    }
    list.push(if soonest { "ORDER BY s.starts_at, s.id" } else { "ORDER BY s.starts_at DESC, s.id DESC" });
    list.with("LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// Drafts within the actor's scope of the last 30 days that wait for nobody else: id, title, team.
///
/// # Errors
/// Of the database.
pub fn drafts_of(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    limit: i64,
) -> Result<Vec<(ActivityId, String, String)>, DbError> {
    let since = tx.now().plus_minutes(-30 * 24 * 60);
    let mut list = Query::new(
        "SELECT a.id, a.title, o.name FROM activity a JOIN org o ON o.id = a.org_id
         WHERE a.state = 'draft' AND NOT a.carrier
            AND NOT EXISTS (SELECT 1 FROM review r WHERE r.activity_id = a.id AND r.state = 'waiting')",
    );
    list.with("AND a.created_at > {}", &[&since]);
    scoped(&mut list, actor, Action::ActivityManage);
    // In the order of the index of drafts: by id alone, all activities would be walked through.
    list.with("ORDER BY a.created_at DESC, a.id DESC LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// Organisations the actor may plan activities for: teams first, by name; at most 500.
///
/// # Errors
/// Of the database.
pub fn org_choices(tx: &mut ReadTx<'_>, actor: &Actor) -> Result<Vec<OrgChoice>, DbError> {
    let mut list = Query::new(
        "SELECT o.id, o.name, o.kind, o.area_path, o.sponsor_path FROM org o WHERE o.state = 'open'",
    );
    list.push("AND o.kind IN ('team', 'group', 'station', 'community', 'street', 'department', 'city')");
    scoped(&mut list, actor, Action::ActivityManage);
    list.push("ORDER BY CASE o.kind WHEN 'team' THEN 0 WHEN 'group' THEN 1 WHEN 'station' THEN 2 ELSE 3 END, o.name_key, o.id LIMIT 500");
    tx.list(&list)
}

/// An organisation.
///
/// # Errors
/// Of the database.
pub fn org_find(tx: &mut ReadTx<'_>, id: OrgId) -> Result<Option<OrgChoice>, DbError> {
    tx.first(sql!("SELECT id, name, kind, area_path, sponsor_path FROM org WHERE id = $1"), args![id])
}

/// Open areas to filter by: the streets, or the communities under a path.
///
/// # Errors
/// Of the database.
pub fn areas(tx: &mut ReadTx<'_>) -> Result<Vec<OrgChoice>, DbError> {
    tx.all(
        sql!(
            "SELECT id, name, kind, area_path, sponsor_path FROM org
             WHERE kind IN ('street', 'community') AND state = 'open' ORDER BY area_path, id LIMIT 2000"
        ),
        args![],
    )
}

/// Teams with open sessions ahead, by name.
///
/// # Errors
/// Of the database.
pub fn teams_ahead(tx: &mut ReadTx<'_>) -> Result<Vec<(OrgId, String)>, DbError> {
    let now = tx.now();
    tx.all(
        sql!(
            "SELECT o.id, o.name FROM org o WHERE EXISTS (SELECT 1 FROM activity a JOIN session s ON s.activity_id = a.id
                WHERE a.org_id = o.id AND s.state = 'open' AND s.starts_at > $1)
             ORDER BY o.name_key, o.id LIMIT 1000"
        ),
        args![now],
    )
}

/// The community an organisation sits in: the nearest node of kind community on its area path.
///
/// # Errors
/// Of the database.
pub fn community_of(tx: &mut ReadTx<'_>, area_path: &str) -> Result<Option<OrgId>, DbError> {
    let ids: Vec<i64> = area_path.split('/').filter_map(|part| part.parse().ok()).collect();
    if ids.is_empty() {
        return Ok(None);
    }
    let mut list = Query::new("SELECT id FROM org WHERE kind = 'community' AND id IN (");
    for (at, id) in ids.iter().enumerate() {
        list.with(if at == 0 { "{}" } else { ", {}" }, &[id]);
    }
    list.push(") ORDER BY area_path DESC, id LIMIT 1");
    Ok(tx.list::<(OrgId,)>(&list)?.first().map(|row| row.0))
}

/// People who lead an organisation today, with their titles.
///
/// # Errors
/// Of the database.
pub fn leaders_of(tx: &mut ReadTx<'_>, org: OrgId) -> Result<Vec<(PersonId, String, String)>, DbError> {
    let today = tx.now().date();
    tx.all(
        sql!(
            "SELECT t.person_id, p.name, t.title FROM org_post t JOIN person p ON p.id = t.person_id
             WHERE t.org_id = $1 AND (t.to_on IS NULL OR t.to_on >= $2) AND t.kind IN ('leader', 'deputy', 'liaison')
             ORDER BY t.id LIMIT 20"
        ),
        args![org, today],
    )
}

/// The team's latest activity, to start the next one from.
///
/// # Errors
/// Of the database.
pub fn latest_of(tx: &mut ReadTx<'_>, org: OrgId) -> Result<Option<ActivityId>, DbError> {
    let rows: Vec<(ActivityId,)> =
        tx.all(sql!("SELECT id FROM activity WHERE org_id = $1 ORDER BY id DESC LIMIT 1"), args![org])?;
    Ok(rows.first().map(|row| row.0))
}

/// Names of organisations (teams one may serve for).
///
/// # Errors
/// Of the database.
pub fn teams_of(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<(OrgId, String)>, DbError> {
    tx.all(
        sql!(
            "SELECT o.id, o.name FROM member m JOIN org o ON o.id = m.org_id
             WHERE m.person_id = $1 AND m.state = 'member' ORDER BY m.id LIMIT 20"
        ),
        args![person],
    )
}

/// Writes the texts and conditions of an activity; `false` when somebody else changed it first.
///
/// # Errors
/// Of the database.
pub fn update(tx: &mut WriteTx<'_>, a: &Activity) -> Result<bool, DbError> {
    let touched = tx.exec(
        sql!(
            "UPDATE activity SET title = $3, title_en = $4, category = $5, kind = $6, mode = $7, content = $8,
                served_group = $9, conditions = $10, how_to_apply = $11, risks = $12, guarantees = $13,
                contact_name = $14, contact_phone = $15, leader_id = $16, place_public = $17, place_exact = $18,
                place_private = $19, min_age = $20, members_only = $21, walk_in = $22, lon = $23, lat = $24,
                entry = $25, stand_in_asked = $26, hazard_level = $27, version = version + 1
             WHERE id = $1 AND version = $2 AND state <> 'cancelled'"
        ),
        args![
            a.id, a.version, a.title, a.title_en, a.category, a.kind, a.mode, a.content, a.served_group,
            a.conditions, a.how_to_apply, a.risks, a.guarantees, a.contact_name, a.contact_phone, a.leader_id,
            a.place_public, a.place_exact, a.place_private, a.min_age, a.members_only, a.walk_in, a.lon, a.lat,
            a.entry, a.stand_in_asked, a.hazard
        ],
    )?;
    Ok(touched == 1)
}

/// Writes a new activity.
///
/// # Errors
/// Of the database.
pub fn insert(tx: &mut WriteTx<'_>, a: &Activity) -> Result<(), DbError> {
    tx.exec_one(
        sql!(
            "INSERT INTO activity (id, org_id, community_id, title, title_en, category, kind, mode, content,
                served_group, conditions, how_to_apply, risks, guarantees, contact_name, contact_phone, leader_id,
                place_public, place_exact, place_private, lon, lat, min_age, members_only, walk_in, state,
                cancel_reason, created_by, created_at, published_at, entry, stand_in_asked, hazard_level)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)"
        ),
        args![
            a.id, a.org_id, a.community_id, a.title, a.title_en, a.category, a.kind, a.mode, a.content,
            a.served_group, a.conditions, a.how_to_apply, a.risks, a.guarantees, a.contact_name,
            a.contact_phone, a.leader_id, a.place_public, a.place_exact, a.place_private, a.lon, a.lat,
            a.min_age, a.members_only, a.walk_in, a.state, a.cancel_reason, a.created_by, a.created_at,
            a.published_at, a.entry, a.stand_in_asked, a.hazard
        ],
    )
}

/// Writes the skills an activity asks for.
///
/// # Errors
/// Of the database.
pub fn put_skills(tx: &mut WriteTx<'_>, id: ActivityId, skills: &[String]) -> Result<(), DbError> {
    tx.exec(sql!("DELETE FROM activity_skill WHERE activity_id = $1"), args![id])?;
    let mut seen: Vec<&str> = Vec::new();
    for skill in skills {
        if !seen.contains(&skill.as_str()) {
            seen.push(skill);
            tx.exec(
                sql!("INSERT INTO activity_skill (activity_id, skill) VALUES ($1, $2)"),
                args![id, skill],
            )?;
        }
    }
    Ok(())
}

/// Writes a new session.
///
/// # Errors
/// Of the database.
pub fn insert_session(tx: &mut WriteTx<'_>, s: &Session) -> Result<(), DbError> {
    tx.exec_one(
        sql!(
            "INSERT INTO session (id, activity_id, starts_at, ends_at, sign_up_until, quota, taken, break_minutes,
                extension_minutes, state, due_on, cancel_reason)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        ),
        args![
            s.id, s.activity_id, s.starts_at, s.ends_at, s.sign_up_until, s.quota, s.taken, s.break_minutes,
            s.extension_minutes, s.state, s.due_on, s.cancel_reason
        ],
    )
}

/// Writes a new post.
///
/// # Errors
/// Of the database.
pub fn insert_post(tx: &mut WriteTx<'_>, p: &Post) -> Result<(), DbError> {
    tx.exec_one(
        sql!(
            "INSERT INTO post (id, session_id, name, quota, skill, qualification) VALUES ($1, $2, $3, $4, $5, $6)"
        ),
        args![p.id, p.session_id, p.name, p.quota, p.skill, p.qualification],
    )
}

/// Removes the sessions of a draft, which nobody can have signed up for.
///
/// # Errors
/// Of the database.
pub fn clear_draft_sessions(tx: &mut WriteTx<'_>, id: ActivityId) -> Result<(), DbError> {
    tx.exec(
        sql!("DELETE FROM post WHERE session_id IN (SELECT id FROM session WHERE activity_id = $1 AND state = 'draft')"),
        args![id],
    )?;
    tx.exec(sql!("DELETE FROM session WHERE activity_id = $1 AND state = 'draft'"), args![id])?;
    Ok(())
}

/// Publishes a draft and opens its sessions; `false` when it was no draft.
///
/// # Errors
/// Of the database.
pub fn publish(tx: &mut WriteTx<'_>, id: ActivityId) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE activity SET state = 'published', published_at = $2, version = version + 1
             WHERE id = $1 AND state = 'draft'"
        ),
        args![id, now],
    )?;
    if touched == 1 {
        tx.exec(
            sql!("UPDATE session SET state = 'open', version = version + 1 WHERE activity_id = $1 AND state = 'draft'"),
            args![id],
        )?;
    }
    Ok(touched == 1)
}

/// Cancels an activity; `false` when it was cancelled already.
///
/// # Errors
/// Of the database.
pub fn cancel(tx: &mut WriteTx<'_>, id: ActivityId, reason: &str) -> Result<bool, DbError> {
    let touched = tx.exec(
        sql!(
            "UPDATE activity SET state = 'cancelled', cancel_reason = $2, version = version + 1
             WHERE id = $1 AND state <> 'cancelled'"
        ),
        args![id, reason],
    )?;
    Ok(touched == 1)
}

/// Cancels a session that has not ended; its row is locked from here on, so that no place can be
/// taken any more. `false` when it was not open.
///
/// # Errors
/// Of the database.
pub fn cancel_session(tx: &mut WriteTx<'_>, id: SessionId, reason: &str) -> Result<bool, DbError> {
    let touched = tx.exec(
        sql!(
            "UPDATE session SET state = 'cancelled', cancel_reason = $2, taken = 0, version = version + 1
             WHERE id = $1 AND state IN ('draft', 'open')"
        ),
        args![id, reason],
    )?;
    if touched == 1 {
        tx.exec(sql!("UPDATE post SET taken = 0 WHERE session_id = $1"), args![id])?;
    }
    Ok(touched == 1)
}

/// Whether somebody has checked in.
///
/// # Errors
/// Of the database.
pub fn attended(tx: &mut ReadTx<'_>, id: SessionId) -> Result<bool, DbError> {
    let row: (bool,) = tx.one(
        sql!("SELECT EXISTS (SELECT 1 FROM check_in WHERE session_id = $1 AND undone_at IS NULL)"),
        args![id],
    )?;
    Ok(row.0)
}

/// Whether somebody has checked in at any session.
///
/// # Errors
/// Of the database.
pub fn activity_attended(tx: &mut ReadTx<'_>, id: ActivityId) -> Result<bool, DbError> {
    let row: (bool,) = tx.one(
        sql!(
            "SELECT EXISTS (SELECT 1 FROM session s JOIN check_in c ON c.session_id = s.id
                WHERE s.activity_id = $1 AND c.undone_at IS NULL)"
        ),
        args![id],
    )?;
    Ok(row.0)
}

/// Changes the number of places; `false` when more are taken, or the session is not open any more.
///
/// # Errors
/// Of the database.
pub fn set_quota(tx: &mut WriteTx<'_>, id: SessionId, quota: i64) -> Result<bool, DbError> {
    let touched = tx.exec(
        sql!(
            "UPDATE session SET quota = $2, version = version + 1
             WHERE id = $1 AND taken <= $2 AND state IN ('draft', 'open')"
        ),
        args![id, quota],
    )?;
    Ok(touched == 1)
}
