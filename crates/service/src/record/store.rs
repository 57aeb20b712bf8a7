//! Questions to the database about records.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Action, Actor, Date, Grant, OrgId, PersonId, Timestamp};
use people::person::PersonState;

use super::{Class, RecordState};
use crate::activity::store::scoped;
use crate::activity::{Participant, SessionState};
use crate::attendance::Method;
use crate::{ActivityId, RecordId, SessionId};

row! {
    /// Somebody who attended, with what their record needs.
    pub struct Attendee {
        person_id: PersonId,
        name: String,
        volunteer_no: String,
        team_id: OrgId,
        participant: Participant,
        home_org: OrgId,
        unregistered: bool,
    }

    /// One stay.
    pub struct Stay {
        person_id: PersonId,
        in_at: Timestamp,
        out_at: Option<Timestamp>,
        in_method: Method,
        device: Option<Vec<u8>>,
        flags: String,
    }

    /// A record that stands beside another.
    pub struct Beside { person_id: PersonId, start_at: Timestamp, end_at: Timestamp, minutes: i64 }

    /// A record as deciding needs it.
    pub struct Deciding {
        id: RecordId,
        session_id: SessionId,
        activity_id: ActivityId,
        person_id: PersonId,
        name: String,
        person_state: PersonState,
        team_id: OrgId,
        community_id: OrgId,
        street_id: OrgId,
        category: String,
        title: String,
        service_on: Date,
        start_at: Timestamp,
        end_at: Timestamp,
        minutes: i64,
        class: Class,
        line: i64,
        state: RecordState,
        flags: String,
        area_path: String,
        sponsor_path: String,
        submitted_by: Option<AccountId>,
        decided_at: Option<Timestamp>,
        decider: Option<String>,
    }

    /// A session with records that wait.
    pub struct ToConfirm {
        id: SessionId,
        title: String,
        org_name: String,
        starts_at: Timestamp,
        ends_at: Timestamp,
        due_on: Date,
        submitted_at: Option<Timestamp>,
        heads: Option<i64>,
        waiting: i64,
        minutes: i64,
        flagged: i64,
    }

    /// A line of a session's records.
    pub struct Line {
        id: RecordId,
        person_id: PersonId,
        name: String,
        volunteer_no: String,
        team: String,
        start_at: Timestamp,
        end_at: Timestamp,
        minutes: i64,
        method: Method,
        class: Class,
        state: RecordState,
        flags: String,
        decided_at: Option<Timestamp>,
        decider: Option<String>,
        note: String,
    }

    /// One of a person's own records.
    pub struct Own {
        id: RecordId,
        session_id: SessionId,
        title: String,
        team: String,
        service_on: Date,
        start_at: Timestamp,
        end_at: Timestamp,
        minutes: i64,
        class: Class,
        state: RecordState,
        due_on: Date,
        waits_at: String,
        note: String,
        flags: String,
        recorder: String,
        line: i64,
    }

    /// A whole record.
    pub struct Whole {
        id: RecordId,
        session_id: SessionId,
        session_state: SessionState,
        activity_id: ActivityId,
        person_id: PersonId,
        name: String,
        title: String,
        team: String,
        place: String,
        served_group: String,
        service_on: Date,
        start_at: Timestamp,
        end_at: Timestamp,
        minutes: i64,
        method: Method,
        class: Class,
        state: RecordState,
        leader: String,
        recorder: String,
        quality: Option<i64>,
        flags: String,
        created_at: Timestamp,
        decided_at: Option<Timestamp>,
        decider: Option<String>,
        note: String,
        due_on: Date,
        waits_at: String,
        area_path: String,
        sponsor_path: String,
        line: i64,
        team_id: OrgId,
        community_id: OrgId,
        street_id: OrgId,
        category: String,
    }
}

/// Who attended a session.
///
/// # Errors
/// Of the database.
pub fn attendees(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<Attendee>, DbError> {
    tx.all(
        sql!(
            "SELECT s.person_id, p.name, p.volunteer_no, s.team_id, s.participant, p.home_org,
                    (p.state = 'incomplete' AND p.source <> 'import')
             FROM sign_up s JOIN person p ON p.id = s.person_id
             WHERE s.session_id = $1 AND s.state = 'attended' ORDER BY p.name_key, s.id"
        ),
        args![session],
    )
}

/// All stays of a session, in order.
///
/// # Errors
/// Of the database.
pub fn stays(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<Stay>, DbError> {
    tx.all(
        sql!(
            "SELECT person_id, in_at, out_at, in_method, device, flags FROM check_in
             WHERE session_id = $1 AND undone_at IS NULL ORDER BY person_id, in_at, id"
        ),
        args![session],
    )
}

/// The records of a session that stand: whose, which, in what state.
///
/// # Errors
/// Of the database.
pub fn standing(
    tx: &mut ReadTx<'_>,
    session: SessionId,
) -> Result<Vec<(PersonId, RecordId, RecordState)>, DbError> {
    tx.all(
        sql!("SELECT person_id, id, state FROM record WHERE session_id = $1 AND state <> 'void' ORDER BY id"),
        args![session],
    )
}

fn id_list<I: kernel::ToValue>(query: &mut Query, ids: &[I]) {
    if ids.is_empty() {
        query.push("NULL");
    }
    for (at, id) in ids.iter().enumerate() {
        query.with(if at == 0 { "{}" } else { ", {}" }, &[id]);
    }
}

/// Records of these people in other sessions around a day, waiting or counting.
///
/// # Errors
/// Of the database.
pub fn beside(
    tx: &mut ReadTx<'_>,
    session: SessionId,
    people: &[PersonId],
    day: Date,
) -> Result<Vec<Beside>, DbError> {
    let mut out = Vec::new();
    for chunk in people.chunks(500) {
        let mut query = Query::new("SELECT person_id, start_at, end_at, minutes FROM record");
        query.with(
            "WHERE session_id <> {} AND service_on >= {} AND service_on <= {} AND state IN ('submitted', 'confirmed')
             AND person_id IN (",
            &[&session, &day.plus(-1), &day.plus(1)],
        );
        id_list(&mut query, chunk);
        query.push(")");
        out.extend(tx.list::<Beside>(&query)?);
    }
    Ok(out)
}

/// Which of the nodes of a path are a community and a street.
///
/// # Errors
/// Of the database.
pub fn area_of(tx: &mut ReadTx<'_>, path: &str) -> Result<(Option<OrgId>, Option<OrgId>), DbError> {
    let ids: Vec<OrgId> = path.split('/').filter_map(|part| part.parse().ok()).collect();
    let mut query = Query::new("SELECT id, kind FROM org WHERE kind IN ('community', 'street') AND id IN (");
    id_list(&mut query, &ids);
    query.push(")");
    let rows: Vec<(OrgId, String)> = tx.list(&query)?;
    let of = |kind: &str| rows.iter().find(|row| row.1 == kind).map(|row| row.0);
    Ok((of("community"), of("street")))
}

/// The path of a node.
///
/// # Errors
/// Of the database.
pub fn path_of(tx: &mut ReadTx<'_>, org: OrgId) -> Result<Option<String>, DbError> {
    let row: Option<(String,)> = tx.first(sql!("SELECT area_path FROM org WHERE id = $1"), args![org])?;
    Ok(row.map(|row| row.0))
}

/// What a leader enters when closing.
#[derive(Debug, Clone)]
pub struct Closed {
    /// Heads counted.
    pub heads: i64,
    /// What was done.
    pub summary: String,
    /// 1 to 5.
    pub quality: i64,
    /// Breaks in minutes.
    pub breaks: i64,
    /// Extension in minutes.
    pub extension: i64,
}

/// Closes the roll of a session; false when it is in another state.
///
/// # Errors
/// Of the database.
pub fn session_close(tx: &mut WriteTx<'_>, id: SessionId, closed: &Closed) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE session SET state = 'closed', heads = $2, summary = $3, quality = $4, break_minutes = $5,
                    extension_minutes = $6, closed_at = COALESCE(closed_at, $7), version = version + 1
             WHERE id = $1 AND state IN ('open', 'closed')"
        ),
        args![id, closed.heads, closed.summary, closed.quality, closed.breaks, closed.extension, now],
    )?;
    Ok(touched == 1)
}

/// Opens a closed roll again; false when it is in another state or has records already.
///
/// # Errors
/// Of the database.
pub fn session_reopen(tx: &mut WriteTx<'_>, id: SessionId) -> Result<bool, DbError> {
    let touched = tx.exec(
        sql!(
            "UPDATE session SET state = 'open', closed_at = NULL, version = version + 1
             WHERE id = $1 AND state = 'closed'
               AND NOT EXISTS (SELECT 1 FROM record r WHERE r.session_id = session.id)"
        ),
        args![id],
    )?;
    Ok(touched == 1)
}

/// Notes the submission; false when the session is not closed.
///
/// # Errors
/// Of the database.
pub fn session_submit(
    tx: &mut WriteTx<'_>,
    id: SessionId,
    by: Option<AccountId>,
    state: SessionState,
) -> Result<bool, DbError> {
    let now = tx.now();
    let decided = (state == SessionState::Recorded).then_some(now);
    let touched = tx.exec(
        sql!(
            "UPDATE session SET state = $2, submitted_at = COALESCE(submitted_at, $3), submitted_by = $4,
                    decided_at = $5, version = version + 1
             WHERE id = $1 AND state = 'closed'"
        ),
        args![id, state, now, by, decided],
    )?;
    Ok(touched == 1)
}

/// Locks a session while its records are decided.
///
/// # Errors
/// Of the database.
pub fn session_lock(tx: &mut WriteTx<'_>, id: SessionId) -> Result<(), DbError> {
    tx.exec_one(sql!("UPDATE session SET version = version + 1 WHERE id = $1"), args![id])
}

/// Marks the session as recorded when no record of it waits any more.
///
/// # Errors
/// Of the database.
pub fn session_settle(tx: &mut WriteTx<'_>, id: SessionId) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!(
            "UPDATE session SET state = 'recorded', decided_at = $2
             WHERE id = $1 AND state = 'submitted' AND NOT EXISTS (
                 SELECT 1 FROM record r WHERE r.session_id = session.id AND r.state IN ('submitted', 'returned'))"
        ),
        args![id, now],
    )?;
    Ok(())
}

/// Gives the roll back to the leader.
///
/// # Errors
/// Of the database.
pub fn session_give_back(tx: &mut WriteTx<'_>, id: SessionId) -> Result<(), DbError> {
    tx.exec(
        sql!("UPDATE session SET state = 'closed' WHERE id = $1 AND state IN ('submitted', 'recorded')"),
        args![id],
    )?;
    Ok(())
}

/// A record to be stored.
#[derive(Debug, Clone)]
pub struct New {
    /// Whose.
    pub person: PersonId,
    /// For which team.
    pub team: OrgId,
    /// Where the person lives or belongs.
    pub home: OrgId,
    /// From.
    pub start: Timestamp,
    /// To.
    pub end: Timestamp,
    /// Minutes.
    pub minutes: i64,
    /// How it became known.
    pub method: Method,
    /// What it is worth.
    pub class: Class,
    /// What to look at.
    pub flags: String,
}

/// What all records of a session share.
#[derive(Debug, Clone)]
pub struct Shared {
    /// Session.
    pub session: SessionId,
    /// Activity.
    pub activity: ActivityId,
    /// Community of service, 0 when there is none.
    pub community: OrgId,
    /// Street of service, 0 when there is none.
    pub street: OrgId,
    /// Category.
    pub category: String,
    /// Title.
    pub title: String,
    /// Place.
    pub place: String,
    /// Whom it served.
    pub served: String,
    /// Local date of the start.
    pub service_on: Date,
    /// Name of the leader.
    pub leader: String,
    /// Name of whoever submits.
    pub recorder: String,
    /// Their account.
    pub recorder_id: Option<AccountId>,
    /// Evaluation.
    pub quality: Option<i64>,
}

/// Writes why people were entered after the end.
///
/// # Errors
/// Of the database.
pub fn late_entry_put(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    reason: &str,
    evidence: &str,
    by: Option<AccountId>,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO late_entry (session_id, reason, evidence, at, account_id) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (session_id) DO UPDATE SET reason = excluded.reason, evidence = excluded.evidence,
                at = excluded.at, account_id = excluded.account_id"
        ),
        args![session, reason, evidence, now, by],
    )
}

/// Why people were entered after the end, and on what evidence.
///
/// # Errors
/// Of the database.
pub fn late_entry(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Option<(String, String)>, DbError> {
    tx.first(sql!("SELECT reason, evidence FROM late_entry WHERE session_id = $1"), args![session])
}

/// Stores records as submitted.
///
/// # Errors
/// Of the database; `Unique("record_once_key")` when a person has one in the session already.
pub fn insert(tx: &mut WriteTx<'_>, shared: &Shared, records: &[New]) -> Result<(), DbError> {
    let now = tx.now();
    let today = now.date();
    for chunk in records.chunks(100) {
        let mut query = Query::new(
            "INSERT INTO record (id, session_id, activity_id, person_id, team_id, community_id, street_id, home_org,
                category, title, place, served_group, service_on, start_at, end_at, minutes, method, class, state,
                leader, recorder, recorder_id, quality, evaluated_on, flags, created_at) VALUES",
        );
        for (at, one) in chunk.iter().enumerate() {
            if at > 0 {
                query.push(",");
            }
            let id: RecordId = tx.new_id();
            query.with(
                "({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, 'submitted', {}, {}, {}, {}, {}, {}, {})",
                &[
                    &id,
                    &shared.session,
                    &shared.activity,
                    &one.person,
                    &one.team,
                    &shared.community,
                    &shared.street,
                    &one.home,
                    &shared.category,
                    &shared.title,
                    &shared.place,
                    &shared.served,
                    &shared.service_on,
                    &one.start,
                    &one.end,
                    &one.minutes,
                    &one.method,
                    &one.class,
                    &shared.leader,
                    &shared.recorder,
                    &shared.recorder_id,
                    &shared.quality,
                    &today,
                    &one.flags,
                    &now,
                ],
            );
        }
        tx.exec_query(&query)?;
    }
    Ok(())
}

/// Voids the returned records of a session: corrected ones take their place.
///
/// # Errors
/// Of the database.
pub fn void_returned(tx: &mut WriteTx<'_>, session: SessionId) -> Result<u64, DbError> {
    tx.exec(
        sql!("UPDATE record SET state = 'void' WHERE session_id = $1 AND state = 'returned'"),
        args![session],
    )
}

/// Which records are decided about.
#[derive(Debug, Clone)]
pub enum Which {
    /// These.
    These(Vec<RecordId>),
    /// Those of a session that wait.
    WaitingOf(SessionId),
}

/// Records to decide about, within the actor's scope.
///
/// # Errors
/// Of the database.
pub fn deciding(tx: &mut ReadTx<'_>, actor: &Actor, which: &Which) -> Result<Vec<Deciding>, DbError> {
    let mut query = Query::new(
        "SELECT r.id, r.session_id, r.activity_id, r.person_id, p.name, p.state, r.team_id, r.community_id, r.street_id,
                r.category, r.title, r.service_on, r.start_at, r.end_at, r.minutes, r.class, r.line, r.state, r.flags, o.area_path,
                o.sponsor_path, s.submitted_by, r.decided_at, d.name
         FROM record r JOIN session s ON s.id = r.session_id JOIN activity a ON a.id = r.activity_id
         JOIN org o ON o.id = a.org_id JOIN person p ON p.id = r.person_id
         LEFT JOIN account d ON d.id = r.decided_by",
    );
    match which {
        Which::These(ids) => {
            query.push("WHERE r.id IN (");
            id_list(&mut query, ids);
            query.push(")");
        }
        Which::WaitingOf(session) => {
            query.with("WHERE r.session_id = {} AND r.state = 'submitted'", &[session]);
        }
    }
    scoped(&mut query, actor, Action::RecordConfirm);
    query.push("ORDER BY r.session_id, r.id");
    tx.list(&query)
}

/// Who was returned in a session, and why.
///
/// # Errors
/// Of the database.
pub fn returned_notes(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<(String, String)>, DbError> {
    tx.all(
        sql!(
            "SELECT p.name, r.decision_note FROM record r JOIN person p ON p.id = r.person_id
             WHERE r.session_id = $1 AND r.state = 'returned' ORDER BY r.id LIMIT 500"
        ),
        args![session],
    )
}

/// How many records of a session wait.
///
/// # Errors
/// Of the database.
pub fn waiting_count(tx: &mut ReadTx<'_>, session: SessionId) -> Result<i64, DbError> {
    let row: (i64,) = tx.one(
        sql!("SELECT COUNT(*) FROM record WHERE session_id = $1 AND state = 'submitted'"),
        args![session],
    )?;
    Ok(row.0)
}

/// Decides records that are in state `from`; returns which were.
///
/// # Errors
/// Of the database.
pub fn decide(
    tx: &mut WriteTx<'_>,
    ids: &[RecordId],
    from: RecordState,
    to: RecordState,
    by: Option<AccountId>,
    note: &str,
) -> Result<u64, DbError> {
    let now = tx.now();
    let mut touched = 0;
    for chunk in ids.chunks(500) {
        let mut query = Query::new("UPDATE record");
        query.with(
            "SET state = {}, decided_at = {}, decided_by = {}, decision_note = {} WHERE state = {} AND id IN (",
            &[&to, &now, &by, &note.to_owned(), &from],
        );
        id_list(&mut query, chunk);
        query.push(")");
        touched += tx.exec_query(&query)?;
    }
    Ok(touched)
}

/// Adds a flag to records.
///
/// # Errors
/// Of the database.
pub fn flag(tx: &mut WriteTx<'_>, ids: &[RecordId], flag: super::Flag) -> Result<(), DbError> {
    let code = flag.code().to_owned();
    for chunk in ids.chunks(500) {
        let mut query = Query::new("UPDATE record");
        query.with("SET flags = CASE WHEN flags = '' THEN CAST({} AS TEXT)", &[&code]);
        query.with("ELSE flags || ' ' || CAST({} AS TEXT) END WHERE id IN (", &[&code]);
        id_list(&mut query, chunk);
        query.push(")");
        tx.exec_query(&query)?;
    }
    Ok(())
}

/// What of the list of waiting sessions is shown.
#[derive(Debug, Clone, Default)]
pub struct ListFilter {
    /// Part of the title or of the organiser's name.
    pub words: String,
    /// Only overdue ones: due before this day.
    pub due_before: Option<Date>,
    /// Only those with something to look at.
    pub flagged: bool,
    /// After this (due day, id).
    pub after: Option<(i64, i64)>,
    /// How many at most.
    pub limit: i64,
}

/// Sessions with records that wait, oldest due first, within the actor's scope. Whoever looks after a community or
/// less has few activities, and the question begins there; for larger areas it begins with what is due first and ends
/// as soon as it has enough.
///
/// # Errors
/// Of the database.
pub fn sessions_to_confirm(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    filter: &ListFilter,
) -> Result<Vec<ToConfirm>, DbError> {
    let small = |grant: &&Grant| grant.sponsor_path.is_empty() && grant.area_path.matches('/').count() > 3;
    let mut query = Query::new(
        "SELECT q.id, q.title, q.name, q.starts_at, q.ends_at, q.due_on, q.submitted_at, q.heads, COUNT(r.id),
                CAST(SUM(r.minutes) AS BIGINT), COUNT(CASE WHEN r.flags <> '' THEN 1 END)
         FROM (SELECT s.id, a.title, o.name, s.starts_at, s.ends_at, s.due_on, s.submitted_at, s.heads",
    );
    query.push(if actor.scopes(Action::RecordConfirm).iter().all(small) {
        "FROM org o CROSS JOIN activity a CROSS JOIN session s"
    } else {
        "FROM session s CROSS JOIN activity a CROSS JOIN org o"
    });
    query.push("WHERE a.id = s.activity_id AND o.id = a.org_id AND s.state IN ('submitted', 'closed')");
    query.push("AND EXISTS (SELECT 1 FROM record w WHERE w.session_id = s.id AND w.state = 'submitted'");
    query.push(if filter.flagged { "AND w.flags <> '')" } else { ")" });
    scoped(&mut query, actor, Action::RecordConfirm);
    if !filter.words.is_empty() {
        let part = format!("%{}%", filter.words.replace(['%', '_', '\\'], ""));
        query.with("AND (a.title LIKE {} OR o.name LIKE {})", &[&part, &part]);
    }
    query.with_some("AND s.due_on < {}", filter.due_before.as_ref());
    if let Some((due, id)) = filter.after {
        query.with("AND (s.due_on > {} OR (s.due_on = {} AND s.id > {}))", &[&due, &due, &id]);
    }
    query.with("ORDER BY s.due_on, s.id LIMIT {}) q", &[&filter.limit]);
    query.push("JOIN record r ON r.session_id = q.id AND r.state = 'submitted'");
    query.push("GROUP BY q.id, q.title, q.name, q.starts_at, q.ends_at, q.due_on, q.submitted_at, q.heads");
    query.push("ORDER BY q.due_on, q.id");
    tx.list(&query)
}

/// The records of a session, void ones too.
///
/// # Errors
/// Of the database.
pub fn of_session(
    tx: &mut ReadTx<'_>,
    session: SessionId,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<Line>, DbError> {
    tx.all(
        sql!(
            "SELECT r.id, r.person_id, p.name, p.volunteer_no, t.name, r.start_at, r.end_at, r.minutes, r.method,
                    r.class, r.state, r.flags, r.decided_at, d.name, r.decision_note
             FROM record r JOIN person p ON p.id = r.person_id JOIN org t ON t.id = r.team_id
             LEFT JOIN account d ON d.id = r.decided_by
             WHERE r.session_id = $1 AND r.id > $2 ORDER BY r.id LIMIT $3"
        ),
        args![session, after.unwrap_or(0), limit],
    )
}

/// A person's own records, latest first.
///
/// # Errors
/// Of the database.
pub fn of_person(
    tx: &mut ReadTx<'_>,
    person: PersonId,
    after: Option<(i64, i64)>,
    limit: i64,
) -> Result<Vec<Own>, DbError> {
    // Where a record waits, and until when, is asked only of those that do.
    let mut query = Query::new(
        "SELECT r.id, r.session_id, r.title, t.name, r.service_on, r.start_at, r.end_at, r.minutes, r.class, r.state,
                COALESCE(s.due_on, r.service_on), COALESCE(c.name, o.name, ''), r.decision_note, r.flags, r.recorder, r.line
         FROM record r JOIN org t ON t.id = r.team_id
         LEFT JOIN session s ON s.id = r.session_id AND r.state = 'submitted'
         LEFT JOIN activity a ON a.id = s.activity_id LEFT JOIN org o ON o.id = a.org_id
         LEFT JOIN org c ON c.id = r.community_id AND r.state = 'submitted'",
    );
    query.with("WHERE r.person_id = {}", &[&person]);
    if let Some((day, id)) = after {
        query.with("AND (r.service_on < {} OR (r.service_on = {} AND r.id < {}))", &[&day, &day, &id]);
    }
    query.with("ORDER BY r.service_on DESC, r.id DESC LIMIT {}", &[&limit]);
    tx.list(&query)
}

/// A person's counted minutes and records by period: `(period key, minutes, records, past minutes among them)` of
/// years and all time.
///
/// # Errors
/// Of the database.
pub fn sums(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<(i64, i64, i64, i64)>, DbError> {
    tx.all(
        sql!(
            "SELECT t.period, t.minutes, t.records, COALESCE(x.minutes, 0) FROM total t
             LEFT JOIN total x ON x.subject_kind = 'past' AND x.subject_id = t.subject_id AND x.period = t.period
             WHERE t.subject_kind = 'person' AND t.subject_id = $1 AND t.period % 10 IN (3, 4) AND t.records > 0
             ORDER BY t.period DESC"
        ),
        args![person],
    )
}

/// A whole record.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: RecordId) -> Result<Option<Whole>, DbError> {
    tx.first(
        sql!(
            "SELECT r.id, r.session_id, s.state, r.activity_id, r.person_id, p.name, r.title, t.name, r.place,
                    r.served_group, r.service_on, r.start_at, r.end_at, r.minutes, r.method, r.class, r.state,
                    r.leader, r.recorder, r.quality, r.flags, r.created_at, r.decided_at, d.name, r.decision_note,
                    s.due_on, COALESCE(c.name, o.name), o.area_path, o.sponsor_path, r.line, r.team_id, r.community_id,
                    r.street_id, r.category
             FROM record r JOIN session s ON s.id = r.session_id JOIN activity a ON a.id = r.activity_id
             JOIN org o ON o.id = a.org_id JOIN org t ON t.id = r.team_id JOIN person p ON p.id = r.person_id
             LEFT JOIN org c ON c.id = r.community_id LEFT JOIN account d ON d.id = r.decided_by
             WHERE r.id = $1"
        ),
        args![id],
    )
}

/// What sessions, sign-ups and records do not agree on.
///
/// # Errors
/// Of the database.
pub fn differences(tx: &mut ReadTx<'_>) -> Result<Vec<String>, DbError> {
    let mut out = Vec::new();
    tx.each(
        sql!(
            "SELECT s.id, s.taken, COUNT(u.id) FROM session s
             LEFT JOIN sign_up u ON u.session_id = s.id AND u.state <> 'cancelled'
             GROUP BY s.id, s.taken HAVING s.taken <> COUNT(u.id) ORDER BY s.id"
        ),
        &[],
        |row| {
            let (id, taken, real): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            out.push(format!("session {id}: taken says {taken}, sign-ups are {real}"));
            Ok(())
        },
    )?;
    tx.each(
        sql!(
            "SELECT p.id, p.taken, COUNT(u.id) FROM post p
             LEFT JOIN sign_up u ON u.post_id = p.id AND u.state <> 'cancelled'
             GROUP BY p.id, p.taken HAVING p.taken <> COUNT(u.id) ORDER BY p.id"
        ),
        &[],
        |row| {
            let (id, taken, real): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            out.push(format!("post {id}: taken says {taken}, sign-ups are {real}"));
            Ok(())
        },
    )?;
    tx.each(
        sql!(
            "SELECT r.id FROM record r JOIN activity a ON a.id = r.activity_id
             WHERE r.state <> 'void' AND r.class IN ('verified', 'honor')
               AND (a.kind <> 'service' OR r.end_at < r.start_at OR r.minutes * 60000 > r.end_at - r.start_at)
             ORDER BY r.id LIMIT 100"
        ),
        &[],
        |row| {
            out.push(format!("record {}: no service, or more minutes than its span", row.get::<i64>(0)?));
            Ok(())
        },
    )?;
    tx.each(
        sql!(
            "SELECT s.id FROM session s WHERE s.state = 'recorded'
               AND EXISTS (SELECT 1 FROM record r WHERE r.session_id = s.id AND r.state IN ('submitted', 'returned'))
             ORDER BY s.id LIMIT 100"
        ),
        &[],
        |row| {
            out.push(format!("session {}: recorded, but records of it wait", row.get::<i64>(0)?));
            Ok(())
        },
    )?;
    Ok(out)
}
