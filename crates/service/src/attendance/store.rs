//! Questions to the database about sessions under way, rolls, check-ins and scan receipts.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Action, Actor, Date, OrgId, PersonId, Timestamp};

use super::Method;
use super::rules::{CLOSES_AFTER, MAX_PAIRS, OPENS_BEFORE, Pair};
use crate::activity::store::scoped;
use crate::activity::{Hazard, Kind, Participant, SessionState};
use crate::sign_up::{SignUpState, Source};
use crate::{ActivityId, CheckInId, SessionGroupId, SessionId, SignUpId};

row! {
    /// A session with what attendance and records need of its activity and organisation.
    pub struct Held {
        id: SessionId,
        activity_id: ActivityId,
        title: String,
        title_en: String,
        kind: Kind,
        category: String,
        served_group: String,
        place_public: String,
        walk_in: bool,
        leader_id: Option<PersonId>,
        community_id: Option<OrgId>,
        org_id: OrgId,
        org_name: String,
        area_path: String,
        sponsor_path: String,
        starts_at: Timestamp,
        ends_at: Timestamp,
        state: SessionState,
        taken: i64,
        quota: i64,
        break_minutes: i64,
        extension_minutes: i64,
        heads: Option<i64>,
        summary: String,
        quality: Option<i64>,
        closed_at: Option<Timestamp>,
        submitted_at: Option<Timestamp>,
        submitted_by: Option<AccountId>,
        due_on: Date,
        hazard: Hazard,
        uninsured: bool,
        asks_qualification: bool,
        may_bind: bool,
    }

    /// A session that waits for its leader.
    pub struct Waiting {
        id: SessionId,
        title: String,
        starts_at: Timestamp,
        ends_at: Timestamp,
        due_on: Date,
        state: SessionState,
        returned: i64,
    }

    /// A line of the roll.
    pub struct RollLine {
        id: SignUpId,
        person_id: PersonId,
        name: String,
        name_key: String,
        volunteer_no: String,
        state: SignUpState,
        source: Source,
        participant: Participant,
        pairs: i64,
        outs: i64,
        first_in: Option<Timestamp>,
        last_in: Option<Timestamp>,
        last_out: Option<Timestamp>,
        late: i64,
        near: i64,
        far: i64,
        by_group: Option<String>,
        group: Option<SessionGroupId>,
        group_no: Option<i64>,
        group_name: Option<String>,
    }

    /// How a roll stands.
    pub struct Counts { all: i64, attended: i64, absent: i64 }

    /// One of a person's own sessions around now.
    pub struct MySession {
        id: SessionId,
        activity_id: ActivityId,
        title: String,
        place_public: String,
        starts_at: Timestamp,
        ends_at: Timestamp,
        pairs: i64,
        outs: i64,
        last_in: Option<Timestamp>,
        last_out: Option<Timestamp>,
        remote: bool,
        group_no: Option<i64>,
        group_name: Option<String>,
        leads: i64,
    }

    /// A person as the roll needs them.
    pub struct Someone { id: PersonId, name: String, card_no: i64 }
}

impl RollLine {
    /// Whether the person is there now.
    #[must_use]
    pub const fn inside(&self) -> bool {
        self.pairs > self.outs
    }
}

impl MySession {
    /// Whether the person is there now.
    #[must_use]
    pub const fn inside(&self) -> bool {
        self.pairs > self.outs
    }
}

/// A session with its activity.
///
/// # Errors
/// Of the database.
pub fn session_find(tx: &mut ReadTx<'_>, id: SessionId) -> Result<Option<Held>, DbError> {
    tx.first(
        sql!(concat!(
            "SELECT s.id, s.activity_id, a.title, a.title_en, a.kind, a.category, a.served_group, a.place_public,
                    a.walk_in, a.leader_id, a.community_id, a.org_id, o.name, o.area_path, o.sponsor_path,
                    s.starts_at, s.ends_at, s.state, s.taken, s.quota, s.break_minutes, s.extension_minutes,
                    s.heads, s.summary, s.quality, s.closed_at, s.submitted_at, s.submitted_by, s.due_on, a.hazard_level, (",
            crate::insurance::store::nothing_covers!(),
            "), EXISTS (SELECT 1 FROM activity_qualification r WHERE r.activity_id = a.id)
                         OR EXISTS (SELECT 1 FROM post p WHERE p.session_id = s.id AND p.qualification IS NOT NULL), (",
            crate::agreement::store::may_bind!(),
            ")
             FROM session s JOIN activity a ON a.id = s.activity_id JOIN org o ON o.id = a.org_id
             WHERE s.id = $1"
        )),
        args![id],
    )
}

/// Open sessions whose check-in is open now and whose short number this is.
///
/// # Errors
/// Of the database.
pub fn session_by_short_no(tx: &mut ReadTx<'_>, no: i64) -> Result<Vec<SessionId>, DbError> {
    let now = tx.now();
    let rows: Vec<(SessionId,)> = tx.all(
        sql!(
            "SELECT id FROM session
             WHERE state = 'open' AND starts_at <= $1 AND starts_at > $2 AND ends_at > $3 AND id % 1000000 = $4
             ORDER BY starts_at, id LIMIT 20"
        ),
        args![
            now.plus_minutes(OPENS_BEFORE),
            now.plus_minutes(-48 * 60),
            now.plus_minutes(-CLOSES_AFTER),
            no
        ],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Sessions that run soon, run, or ended without having been submitted, within the actor's scope.
///
/// # Errors
/// Of the database.
pub fn sessions_waiting(tx: &mut ReadTx<'_>, actor: &Actor, limit: i64) -> Result<Vec<Waiting>, DbError> {
    let until = tx.now().plus_minutes(120);
    let mut query = Query::new(
        "SELECT s.id, a.title, s.starts_at, s.ends_at, s.due_on, s.state,
                (SELECT COUNT(*) FROM record r WHERE r.session_id = s.id AND r.state = 'returned')
         FROM session s JOIN activity a ON a.id = s.activity_id JOIN org o ON o.id = a.org_id
         WHERE s.state IN ('open', 'closed')",
    );
    query.with("AND s.starts_at <= {}", &[&until]);
    scoped(&mut query, actor, Action::Attendance);
    query.with("ORDER BY s.starts_at, s.id LIMIT {}", &[&limit]);
    tx.list(&query)
}

/// The pairs of a person, in order of time.
///
/// # Errors
/// Of the database.
pub fn pairs_of(tx: &mut ReadTx<'_>, session: SessionId, person: PersonId) -> Result<Vec<Pair>, DbError> {
    let rows: Vec<(CheckInId, Timestamp, Option<Timestamp>)> = tx.all(
        sql!(
            "SELECT id, in_at, out_at FROM check_in
             WHERE session_id = $1 AND person_id = $2 AND undone_at IS NULL ORDER BY in_at, id"
        ),
        args![session, person],
    )?;
    Ok(rows.into_iter().map(|(id, in_at, out_at)| Pair { id, in_at, out_at }).collect())
}

/// [`pairs_of`], and whether somebody they answer for holds a place in the session too, which matters when they leave.
///
/// # Errors
/// Of the database.
pub fn pairs_minding(
    tx: &mut ReadTx<'_>,
    session: SessionId,
    person: PersonId,
) -> Result<(Vec<Pair>, bool), DbError> {
    let rows: Vec<(CheckInId, Timestamp, Option<Timestamp>, bool)> = tx.all(
        sql!(
            "SELECT c.id, c.in_at, c.out_at,
                EXISTS (SELECT 1 FROM guardian g JOIN sign_up w ON w.person_id = g.minor_id
                    WHERE g.guardian_id = c.person_id AND w.session_id = c.session_id
                        AND w.state IN ('booked', 'attended'))
             FROM check_in c
             WHERE c.session_id = $1 AND c.person_id = $2 AND c.undone_at IS NULL ORDER BY c.in_at, c.id"
        ),
        args![session, person],
    )?;
    let minds = rows.first().is_some_and(|row| row.3);
    Ok((rows.into_iter().map(|(id, in_at, out_at, _)| Pair { id, in_at, out_at }).collect(), minds))
}

/// Locks a person's place in a session and notes that they came; `None` when they have none.
///
/// # Errors
/// Of the database.
pub fn sign_up_attend(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    person: PersonId,
) -> Result<Option<SignUpId>, DbError> {
    let row: Option<(SignUpId,)> = tx.first(
        sql!(
            "UPDATE sign_up SET state = 'attended'
             WHERE session_id = $1 AND person_id = $2 AND state <> 'cancelled' RETURNING id"
        ),
        args![session, person],
    )?;
    Ok(row.map(|row| row.0))
}

/// The state of a person's place, without changing it.
///
/// # Errors
/// Of the database.
pub fn sign_up_state(
    tx: &mut ReadTx<'_>,
    session: SessionId,
    person: PersonId,
) -> Result<Option<SignUpState>, DbError> {
    let row: Option<(SignUpState,)> = tx.first(
        sql!("SELECT state FROM sign_up WHERE session_id = $1 AND person_id = $2 AND state <> 'cancelled'"),
        args![session, person],
    )?;
    Ok(row.map(|row| row.0))
}

/// A check-in to be stored.
#[derive(Debug, Clone)]
pub struct NewPair {
    /// Who.
    pub person: PersonId,
    /// In.
    pub in_at: Timestamp,
    /// Out, when known already.
    pub out_at: Option<Timestamp>,
    /// How it became known.
    pub method: Method,
    /// What a checker should know of it; mostly nothing.
    pub flags: &'static str,
}

/// Stores check-ins, many at once.
///
/// # Errors
/// Of the database; `Unique("check_in_open_key")` when somebody is already in.
pub fn pairs_insert(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    pairs: &[NewPair],
    by: Option<AccountId>,
    device: Option<&[u8]>,
) -> Result<(), DbError> {
    let now = tx.now();
    if let [one] = pairs {
        let id: CheckInId = tx.new_id();
        let out_method = one.out_at.map(|_| one.method);
        return tx.exec_later(
            sql!(
                "INSERT INTO check_in (id, session_id, person_id, in_at, out_at, in_method, out_method, by_account,
                                       device, created_at, flags)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
            ),
            args![id, session, one.person, one.in_at, one.out_at, one.method, out_method, by, device.map(<[u8]>::to_vec), now, one.flags],
        );
    }
    for chunk in pairs.chunks(200) {
        let mut query = Query::new(
            "INSERT INTO check_in (id, session_id, person_id, in_at, out_at, in_method, out_method, by_account, created_at,
                flags) VALUES",
        );
        for (at, one) in chunk.iter().enumerate() {
            if at > 0 {
                query.push(",");
            }
            let id: CheckInId = tx.new_id();
            let out_method = one.out_at.map(|_| one.method);
            query.with(
                "({}, {}, {}, {}, {}, {}, {}, {}, {}, {})",
                &[
                    &id,
                    &session,
                    &one.person,
                    &one.in_at,
                    &one.out_at,
                    &one.method,
                    &out_method,
                    &by,
                    &now,
                    &one.flags,
                ],
            );
        }
        tx.exec_query(&query)?;
    }
    Ok(())
}

/// Notes the end of a stay.
///
/// # Errors
/// Of the database; `Inconsistent` when it has ended already.
pub fn pair_end(tx: &mut WriteTx<'_>, id: CheckInId, at: Timestamp, method: Method) -> Result<(), DbError> {
    tx.exec_one(
        sql!(
            "UPDATE check_in SET out_at = $2, out_method = $3
             WHERE id = $1 AND out_at IS NULL AND undone_at IS NULL"
        ),
        args![id, at, method],
    )
}

/// Ends the open stays of some people or of all who came before that moment; returns how many.
///
/// # Errors
/// Of the database.
pub fn pairs_end(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    only: Option<&[SignUpId]>,
    at: Timestamp,
    method: Method,
) -> Result<u64, DbError> {
    let mut query = Query::new("UPDATE check_in");
    query.with(
        "SET out_at = {}, out_method = {} WHERE session_id = {} AND out_at IS NULL AND undone_at IS NULL AND in_at < {}",
        &[&at, &method, &session, &at],
    );
    if let Some(only) = only {
        query.push("AND person_id IN (SELECT person_id FROM sign_up WHERE id IN (");
        for (at, id) in only.iter().enumerate() {
            query.with(if at == 0 { "{}" } else { ", {}" }, &[id]);
        }
        query.push("))");
    }
    tx.exec_query(&query)
}

/// Locks the session for a leader's act: false when its roll is fixed already.
///
/// # Errors
/// Of the database.
pub fn session_touch(tx: &mut WriteTx<'_>, id: SessionId) -> Result<bool, DbError> {
    let touched = tx.exec(
        sql!("UPDATE session SET version = version + 1 WHERE id = $1 AND state IN ('open', 'closed')"),
        args![id],
    )?;
    Ok(touched == 1)
}

/// Marks places as attended: those named, or all that are still only booked. Returns who.
///
/// # Errors
/// Of the database.
pub fn sign_ups_attend(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    ids: Option<&[SignUpId]>,
) -> Result<Vec<PersonId>, DbError> {
    let mut query = Query::new("UPDATE sign_up SET state = 'attended'");
    query.with("WHERE session_id = {}", &[&session]);
    match ids {
        Some(ids) => {
            query.push("AND state <> 'cancelled' AND id IN (");
            for (at, id) in ids.iter().enumerate() {
                query.with(if at == 0 { "{}" } else { ", {}" }, &[id]);
            }
            query.push(")");
        }
        None => {
            // Where phones disagree somebody must look: “everybody” does not decide it.
            query.push(
                "AND state = 'booked' AND NOT EXISTS (
                    SELECT 1 FROM roll_line l WHERE l.sign_up_id = sign_up.id AND l.state = 'conflict')",
            );
        }
    }
    query.push("RETURNING person_id");
    let rows: Vec<(PersonId,)> = tx.list(&query)?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Who has how many stays, and how many of them ended.
///
/// # Errors
/// Of the database.
pub fn stays(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<(PersonId, i64, i64)>, DbError> {
    tx.all(
        sql!(
            "SELECT person_id, COUNT(*), COUNT(out_at) FROM check_in
             WHERE session_id = $1 AND undone_at IS NULL GROUP BY person_id"
        ),
        args![session],
    )
}

/// Marks a place as not used; false when the person came after all, or holds none.
///
/// # Errors
/// Of the database.
pub fn sign_up_absent(tx: &mut WriteTx<'_>, session: SessionId, id: SignUpId) -> Result<bool, DbError> {
    let touched = tx.exec(
        sql!(
            "UPDATE sign_up SET state = 'absent'
             WHERE id = $1 AND session_id = $2 AND state IN ('booked', 'absent') AND NOT EXISTS (
                 SELECT 1 FROM check_in c WHERE c.session_id = sign_up.session_id
                    AND c.person_id = sign_up.person_id AND c.undone_at IS NULL)"
        ),
        args![id, session],
    )?;
    Ok(touched == 1)
}

/// Marks all places that were not used (at the submission).
///
/// # Errors
/// Of the database.
pub fn sign_ups_absent(tx: &mut WriteTx<'_>, session: SessionId) -> Result<u64, DbError> {
    tx.exec(
        sql!("UPDATE sign_up SET state = 'absent' WHERE session_id = $1 AND state = 'booked'"),
        args![session],
    )
}

row! {
    /// The latest stay of somebody.
    pub struct LastStay {
        id: CheckInId,
        out_at: Option<Timestamp>,
        in_method: Method,
    }
}

/// The latest stay behind a sign-up.
///
/// # Errors
/// Of the database.
pub fn last_stay(
    tx: &mut ReadTx<'_>,
    session: SessionId,
    person: PersonId,
) -> Result<Option<LastStay>, DbError> {
    tx.first(
        sql!(
            "SELECT id, out_at, in_method FROM check_in
             WHERE session_id = $1 AND person_id = $2 AND undone_at IS NULL ORDER BY in_at DESC, id DESC LIMIT 1"
        ),
        args![session, person],
    )
}

/// Opens a stay again.
///
/// # Errors
/// Of the database.
pub fn stay_reopen(tx: &mut WriteTx<'_>, id: CheckInId) -> Result<(), DbError> {
    tx.exec_one(
        sql!("UPDATE check_in SET out_at = NULL, out_method = NULL WHERE id = $1 AND undone_at IS NULL"),
        args![id],
    )
}

/// Takes a stay back; the row stays.
///
/// # Errors
/// Of the database.
pub fn stay_undo(tx: &mut WriteTx<'_>, id: CheckInId) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!("UPDATE check_in SET undone_at = $2 WHERE id = $1 AND undone_at IS NULL"),
        args![id, now],
    )
}

/// Takes all stays of a person back (their record was voided for good).
///
/// # Errors
/// Of the database.
pub fn stays_undo(tx: &mut WriteTx<'_>, session: SessionId, person: PersonId) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!(
            "UPDATE check_in SET undone_at = $3
             WHERE session_id = $1 AND person_id = $2 AND undone_at IS NULL"
        ),
        args![session, person, now],
    )?;
    tx.exec(
        sql!(
            "UPDATE sign_up SET state = 'absent'
             WHERE session_id = $1 AND person_id = $2 AND state = 'attended'"
        ),
        args![session, person],
    )?;
    Ok(())
}

/// Sets a place back to booked.
///
/// # Errors
/// Of the database.
pub fn sign_up_rebook(tx: &mut WriteTx<'_>, id: SignUpId) -> Result<(), DbError> {
    tx.exec_one(
        sql!("UPDATE sign_up SET state = 'booked' WHERE id = $1 AND state IN ('attended', 'absent')"),
        args![id],
    )
}

/// Whose sign-up this is, in what state.
///
/// # Errors
/// Of the database.
pub fn sign_up_find(
    tx: &mut ReadTx<'_>,
    session: SessionId,
    id: SignUpId,
) -> Result<Option<(PersonId, SignUpState, String)>, DbError> {
    tx.first(
        sql!(
            "SELECT s.person_id, s.state, p.name FROM sign_up s JOIN person p ON p.id = s.person_id
             WHERE s.id = $1 AND s.session_id = $2"
        ),
        args![id, session],
    )
}

/// Notes how many heads the leader counted.
///
/// # Errors
/// Of the database.
pub fn heads_set(tx: &mut WriteTx<'_>, id: SessionId, heads: i64) -> Result<(), DbError> {
    tx.exec_one(sql!("UPDATE session SET heads = $2 WHERE id = $1"), args![id, heads])
}

/// What of a roll is shown.
#[derive(Debug, Clone, Default)]
pub struct RollFilter {
    /// Part of a name or of a volunteer number.
    pub words: String,
    /// Only this state.
    pub state: Option<SignUpState>,
    /// Only this group; `Some(None)`: who is in none.
    pub group: Option<Option<SessionGroupId>>,
    /// After this (name key, id).
    pub after: Option<(String, i64)>,
    /// How many at most.
    pub limit: i64,
}

/// The roll: everybody who holds or held a place, by name.
///
/// # Errors
/// Of the database.
pub fn roll(tx: &mut ReadTx<'_>, session: SessionId, filter: &RollFilter) -> Result<Vec<RollLine>, DbError> {
    let mut query = Query::new(
        "SELECT s.id, s.person_id, p.name, p.name_key, p.volunteer_no, s.state, s.source, s.participant,
                COUNT(c.id), COUNT(c.out_at), MIN(c.in_at), MAX(c.in_at), MAX(c.out_at),
                COUNT(CASE WHEN c.in_method = 'late_roll' THEN 1 END), COUNT(CASE WHEN c.flags LIKE '%near%' THEN 1 END),
                COUNT(CASE WHEN c.flags LIKE '%far%' THEN 1 END), MAX(CASE WHEN c.flags LIKE '%by_group%' THEN b.name END),
                m.group_id, g.no, g.name
         FROM sign_up s JOIN person p ON p.id = s.person_id
         LEFT JOIN session_group_member m ON m.sign_up_id = s.id LEFT JOIN session_group g ON g.id = m.group_id
         LEFT JOIN check_in c ON c.session_id = s.session_id AND c.person_id = s.person_id AND c.undone_at IS NULL
         LEFT JOIN account b ON b.id = c.by_account",
    );
    query.with("WHERE s.session_id = {} AND s.state <> 'cancelled'", &[&session]);
    query.with_some("AND s.state = {}", filter.state.as_ref());
    match &filter.group {
        Some(Some(group)) => {
            query.with("AND m.group_id = {}", &[group]);
        }
        Some(None) => {
            query.push("AND m.group_id IS NULL");
        }
        None => {}
    }
    if !filter.words.is_empty() {
        let part = format!("%{}%", filter.words.replace(['%', '_', '\\'], ""));
        query.with(
            "AND (p.name LIKE {} OR p.volunteer_no LIKE {} OR p.initials LIKE {})",
            &[&part, &part, &part.to_lowercase()],
        );
    }
    if let Some((key, id)) = &filter.after {
        query.with("AND (p.name_key > {} OR (p.name_key = {} AND s.id > {}))", &[key, key, id]);
    }
    query.push(
        "GROUP BY s.id, s.person_id, p.name, p.name_key, p.volunteer_no, s.state, s.source, s.participant, m.group_id,
            g.no, g.name",
    );
    query.with("ORDER BY p.name_key, s.id LIMIT {}", &[&filter.limit]);
    tx.list(&query)
}

/// How many hold a place, came, did not come.
///
/// # Errors
/// Of the database.
pub fn counts(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Counts, DbError> {
    tx.one(
        sql!(
            "SELECT COUNT(*), COUNT(CASE WHEN state = 'attended' THEN 1 END), COUNT(CASE WHEN state = 'absent' THEN 1 END)
             FROM sign_up WHERE session_id = $1 AND state <> 'cancelled'"
        ),
        args![session],
    )
}

/// A person's own sessions whose check-in is open now, with how far they are.
///
/// # Errors
/// Of the database.
pub fn of_person_now(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<MySession>, DbError> {
    let now = tx.now();
    tx.all(
        sql!(
            "SELECT s.session_id, t.activity_id, a.title, a.place_public, t.starts_at, t.ends_at,
                    COUNT(c.id), COUNT(c.out_at), MAX(c.in_at), MAX(c.out_at),
                    EXISTS (SELECT 1 FROM remote r WHERE r.activity_id = t.activity_id), g.no, g.name,
                    COUNT(CASE WHEN g.leader_id = s.id AND s.state IN ('booked', 'attended') THEN 1 END)
             FROM sign_up s JOIN session t ON t.id = s.session_id JOIN activity a ON a.id = t.activity_id
             LEFT JOIN session_group_member m ON m.sign_up_id = s.id LEFT JOIN session_group g ON g.id = m.group_id
             LEFT JOIN check_in c ON c.session_id = s.session_id AND c.person_id = s.person_id AND c.undone_at IS NULL
             WHERE s.person_id = $1 AND s.state <> 'cancelled' AND s.starts_at <= $2 AND s.starts_at > $3
               AND s.ends_at > $4 AND t.state = 'open'
             GROUP BY s.session_id, t.activity_id, a.title, a.place_public, t.starts_at, t.ends_at, g.no, g.name
             ORDER BY t.starts_at, s.session_id LIMIT 20"
        ),
        args![
            person,
            now.plus_minutes(OPENS_BEFORE),
            now.plus_minutes(-48 * 60),
            now.plus_minutes(-CLOSES_AFTER)
        ],
    )
}

/// A person by id.
///
/// # Errors
/// Of the database.
pub fn person_find(tx: &mut ReadTx<'_>, id: PersonId) -> Result<Option<Someone>, DbError> {
    tx.first(sql!("SELECT id, name, card_no FROM person WHERE id = $1"), args![id])
}

/// A person by volunteer number.
///
/// # Errors
/// Of the database.
pub fn person_by_no(tx: &mut ReadTx<'_>, no: &str) -> Result<Option<Someone>, DbError> {
    tx.first(
        sql!(
            "SELECT id, name, card_no FROM person
             WHERE volunteer_no = $1 AND state IN ('incomplete', 'unclaimed', 'active')"
        ),
        args![no],
    )
}

/// Keeps that a code was opened before signing in.
///
/// # Errors
/// Of the database.
pub fn receipt_put(
    tx: &mut WriteTx<'_>,
    token_hash: &[u8],
    session: SessionId,
    at: Timestamp,
    expires_at: Timestamp,
) -> Result<(), DbError> {
    let now = tx.now();
    // Old ones go as new ones come: the table never grows beyond ten minutes of scans.
    tx.exec(
        sql!(
            "DELETE FROM scan_receipt WHERE token_hash IN (
                SELECT token_hash FROM scan_receipt WHERE expires_at < $1 ORDER BY expires_at, token_hash LIMIT 20)"
        ),
        args![now],
    )?;
    tx.exec(
        sql!("INSERT INTO scan_receipt (token_hash, session_id, at, expires_at) VALUES ($1, $2, $3, $4)"),
        args![token_hash, session, at, expires_at],
    )?;
    Ok(())
}

/// The receipt behind a token while it is good.
///
/// # Errors
/// Of the database.
pub fn receipt_find(
    tx: &mut ReadTx<'_>,
    token_hash: &[u8],
) -> Result<Option<(SessionId, Timestamp)>, DbError> {
    let now = tx.now();
    tx.first(
        sql!("SELECT session_id, at FROM scan_receipt WHERE token_hash = $1 AND expires_at > $2"),
        args![token_hash, now],
    )
}

/// Uses a receipt up.
///
/// # Errors
/// Of the database.
pub fn receipt_take(
    tx: &mut WriteTx<'_>,
    token_hash: &[u8],
) -> Result<Option<(SessionId, Timestamp)>, DbError> {
    let now = tx.now();
    tx.first(
        sql!("DELETE FROM scan_receipt WHERE token_hash = $1 AND expires_at > $2 RETURNING session_id, at"),
        args![token_hash, now],
    )
}

/// Until when a key must wait after too many wrong tries, if it must.
///
/// # Errors
/// Of the database.
pub fn blocked_until(tx: &mut ReadTx<'_>, key: &str) -> Result<Option<Timestamp>, DbError> {
    let now = tx.now();
    let row: Option<(Timestamp,)> = tx.first(
        sql!("SELECT blocked_until FROM attempt WHERE attempt_key = $1 AND blocked_until > $2"),
        args![key, now],
    )?;
    Ok(row.map(|row| row.0))
}

/// More pairs than anybody may have, as the database counts.
#[must_use]
pub fn max_pairs() -> i64 {
    i64::try_from(MAX_PAIRS).unwrap_or(3)
}
