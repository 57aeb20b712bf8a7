//! Questions of the reminders.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Date, OrgId, PersonId, Role, Timestamp};
use service::SessionId;

use super::rules::{Confirmer, DUE_SOON_DAYS, Duty};
use crate::inbox::store::To;

row! {
    /// Somebody who is told now, and of what.
    pub struct Claimed { session: SessionId, person: PersonId }

    /// What a reminder says of a session.
    pub struct Near {
        id: SessionId, activity: i64, starts_at: Timestamp, ends_at: Timestamp, title: String, title_en: String,
        place: String, contact_name: String, contact_phone: String, team: String, meet_at: Option<Timestamp>,
        meet_place: Option<String>, wear: Option<String>, bring: Option<String>,
    }

    /// A session that waits for somebody.
    pub struct Late {
        id: SessionId, starts_at: Timestamp, ends_at: Timestamp, due_on: Date, title: String, title_en: String,
        team: String, org: OrgId, leader: Option<PersonId>, area_path: String, sponsor_path: String, stamp: i64,
    }

    struct Post { org: OrgId, account: Option<AccountId>, person: Option<PersonId> }

    struct Holder {
        role: String, account: AccountId, person: Option<PersonId>, area_path: String, sponsor_path: String,
    }
}

/// Older sessions are left to the lists: a program that was switched on late does not flood anybody.
const OLDEST_DAYS: i64 = 30;

/// Claims up to `limit` people with a place in sessions that start in the window and were not told yet. What is
/// returned is ours alone: another program that asks at the same moment gets the others.
///
/// # Errors
/// Of the database.
pub fn booked_claim(
    tx: &mut WriteTx<'_>,
    reason: &str,
    from: Timestamp,
    to: Timestamp,
    limit: i64,
) -> Result<Vec<Claimed>, DbError> {
    let now = tx.now();
    tx.all(
        sql!(
            "INSERT INTO message_once (reason, object_id, stamp, person_id, account_id, at)
             SELECT CAST($1 AS TEXT), s.id, s.starts_at, u.person_id, 0, CAST($2 AS BIGINT)
             FROM session s JOIN sign_up u ON u.session_id = s.id JOIN person p ON p.id = u.person_id
             WHERE s.state = 'open' AND s.starts_at > $3 AND s.starts_at <= $4
                AND u.state = 'booked' AND p.state IN ('active', 'incomplete')
                AND NOT EXISTS (SELECT 1 FROM message_once k WHERE k.reason = $1 AND k.object_id = s.id
                    AND k.stamp = s.starts_at AND k.person_id = 0 AND k.account_id = 0)
                AND NOT EXISTS (SELECT 1 FROM message_once k WHERE k.reason = $1 AND k.object_id = s.id
                    AND k.stamp = s.starts_at AND k.person_id = u.person_id AND k.account_id = 0)
             ORDER BY s.starts_at, u.id LIMIT $5
             ON CONFLICT (reason, object_id, stamp, person_id, account_id) DO NOTHING
             RETURNING object_id, person_id"
        ),
        args![reason, now, from, to, limit],
    )
}

/// Notes which sessions of the window are told to the last person, so that nobody counts them through again.
///
/// # Errors
/// Of the database.
pub fn booked_done(
    tx: &mut WriteTx<'_>,
    reason: &str,
    from: Timestamp,
    to: Timestamp,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!(
            "INSERT INTO message_once (reason, object_id, stamp, person_id, account_id, at)
             SELECT CAST($1 AS TEXT), s.id, s.starts_at, 0, 0, CAST($2 AS BIGINT) FROM session s
             WHERE s.state = 'open' AND s.starts_at > $3 AND s.starts_at <= $4
                AND NOT EXISTS (SELECT 1 FROM message_once k WHERE k.reason = $1 AND k.object_id = s.id
                    AND k.stamp = s.starts_at AND k.person_id = 0 AND k.account_id = 0)
                AND NOT EXISTS (SELECT 1 FROM sign_up u JOIN person p ON p.id = u.person_id
                    WHERE u.session_id = s.id AND u.state = 'booked' AND p.state IN ('active', 'incomplete')
                    AND NOT EXISTS (SELECT 1 FROM message_once k WHERE k.reason = $1 AND k.object_id = s.id
                        AND k.stamp = s.starts_at AND k.person_id = u.person_id AND k.account_id = 0))
             ON CONFLICT (reason, object_id, stamp, person_id, account_id) DO NOTHING"
        ),
        args![reason, now, from, to],
    )?;
    Ok(())
}

/// What is said of these sessions.
///
/// # Errors
/// Of the database.
pub fn sessions(tx: &mut ReadTx<'_>, ids: &[i64]) -> Result<Vec<Near>, DbError> {
    let mut query = Query::new(
        "SELECT s.id, a.id, s.starts_at, s.ends_at, a.title, a.title_en, a.place_public, a.contact_name,
            a.contact_phone, o.name, t.meet_at, t.meet_place, t.wear, t.bring
         FROM session s JOIN activity a ON a.id = s.activity_id JOIN org o ON o.id = a.org_id
            LEFT JOIN trip t ON t.session_id = s.id WHERE s.id IN (",
    );
    for (at, id) in ids.iter().enumerate() {
        query.with(if at == 0 { "{}" } else { ", {}" }, &[id]);
    }
    query.push(") ORDER BY s.id");
    tx.list(&query)
}

macro_rules! late_columns {
    ($stamp:literal, $where:literal) => {
        concat!(
            "SELECT s.id, s.starts_at, s.ends_at, s.due_on, a.title, a.title_en, o.name, a.org_id, a.leader_id,
                o.area_path, o.sponsor_path, ",
            $stamp,
            " FROM session s JOIN activity a ON a.id = s.activity_id JOIN org o ON o.id = a.org_id WHERE ",
            $where,
            " AND NOT EXISTS (SELECT 1 FROM message_once k WHERE k.reason = $1 AND k.object_id = s.id AND k.stamp = ",
            $stamp,
            " AND k.person_id = 0 AND k.account_id = 0) ORDER BY s.id LIMIT $2"
        )
    };
}

/// Sessions that somebody must do something about and was not told.
///
/// # Errors
/// Of the database.
pub fn late(tx: &mut ReadTx<'_>, which: Duty, limit: i64) -> Result<Vec<Late>, DbError> {
    let (now, reason) = (tx.now(), which.code());
    let today = now.date();
    let (soon, oldest) = (today.plus(DUE_SOON_DAYS), today.plus(-OLDEST_DAYS));
    let since = Timestamp(now.0 - OLDEST_DAYS * kernel::time::DAY_MS);
    match which {
        Duty::RollOpen => tx.all(
            sql!(late_columns!(
                "s.ends_at",
                "s.state = 'open' AND s.starts_at > $3 AND s.starts_at < $4
                 AND s.ends_at + s.extension_minutes * 60000 <= $4"
            )),
            args![reason, limit, since, now],
        ),
        Duty::SubmitDue => tx.all(
            sql!(late_columns!(
                "s.due_on",
                "s.state IN ('open', 'closed') AND s.due_on >= $3 AND s.due_on <= $4 AND s.ends_at < $5"
            )),
            args![reason, limit, today, soon, now],
        ),
        Duty::RecordsWait => tx.all(
            sql!(late_columns!("COALESCE(s.submitted_at, 0)", "s.state = 'submitted' AND s.due_on >= $3")),
            args![reason, limit, oldest],
        ),
        Duty::RecordsDue => tx.all(
            sql!(late_columns!("s.due_on", "s.state = 'submitted' AND s.due_on >= $3 AND s.due_on <= $4")),
            args![reason, limit, today, soon],
        ),
        Duty::RecordsLate => tx.all(
            sql!(late_columns!("s.due_on", "s.state = 'submitted' AND s.due_on >= $3 AND s.due_on < $4")),
            args![reason, limit, oldest, today],
        ),
    }
}

/// Who leads each session: the leader named in the activity, else whoever leads the team.
///
/// # Errors
/// Of the database.
pub fn leaders_of(tx: &mut ReadTx<'_>, sessions: &[Late]) -> Result<Vec<Vec<To>>, DbError> {
    let mut orgs: Vec<OrgId> = sessions.iter().filter(|s| s.leader.is_none()).map(|s| s.org).collect();
    orgs.sort_unstable();
    orgs.dedup();
    let mut posts: Vec<Post> = Vec::new();
    if !orgs.is_empty() {
        let mut query = Query::new(
            "SELECT g.org_id, g.account_id, a.person_id FROM role_grant g JOIN account a ON a.id = g.account_id
             WHERE g.ended_at IS NULL AND a.state = 'active' AND",
        );
        query.with("g.role = {} AND g.org_id IN (", &[&Role::Leader.code()]);
        for (at, org) in orgs.iter().enumerate() {
            query.with(if at == 0 { "{}" } else { ", {}" }, &[org]);
        }
        query.push(") ORDER BY g.org_id, g.id");
        posts = tx.list(&query)?;
    }
    Ok(sessions
        .iter()
        .map(|session| match session.leader {
            Some(person) => vec![To::Person(person)],
            None => {
                let mut all: Vec<To> = posts
                    .iter()
                    .filter(|post| post.org == session.org)
                    .filter_map(|post| post.account.map(|account| To::account(account, post.person)))
                    .collect();
                all.sort_unstable();
                all.dedup();
                all
            }
        })
        .collect())
}

/// Who leads a session, as [`leaders_of`].
///
/// # Errors
/// Of the database.
pub fn leaders_of_session(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<To>, DbError> {
    let found: Vec<Late> = tx.all(
        sql!(
            "SELECT s.id, s.starts_at, s.ends_at, s.due_on, a.title, a.title_en, o.name, a.org_id, a.leader_id,
                o.area_path, o.sponsor_path, s.starts_at
             FROM session s JOIN activity a ON a.id = s.activity_id JOIN org o ON o.id = a.org_id WHERE s.id = $1"
        ),
        args![session],
    )?;
    Ok(leaders_of(tx, &found)?.into_iter().next().unwrap_or_default())
}

/// Everybody who confirms records.
///
/// # Errors
/// Of the database.
pub fn stations(tx: &mut ReadTx<'_>) -> Result<Vec<Confirmer>, DbError> {
    let rows: Vec<Holder> = tx.all(
        sql!(
            "SELECT g.role, g.account_id, a.person_id, o.area_path, o.sponsor_path
             FROM role_grant g JOIN account a ON a.id = g.account_id JOIN org o ON o.id = g.org_id
             WHERE g.role IN ('station', 'office') AND g.ended_at IS NULL AND a.state = 'active'
             ORDER BY g.id LIMIT 20000"
        ),
        args![],
    )?;
    Ok(rows
        .into_iter()
        .map(|row| Confirmer {
            account: row.account,
            person: row.person,
            station: row.role == Role::Station.code(),
            area_path: row.area_path,
            sponsor_path: row.sponsor_path,
        })
        .collect())
}
