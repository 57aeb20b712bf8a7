//! Questions about who needs an agreement, and about those that are signed.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Action, Actor, Date, PersonId, Place, Timestamp};
use people::guardian::{Guard, rules as ages};

use super::rules::{self, Facts, Settings};
use super::{AgreementId, AgreementReason, AgreementState};
use crate::activity::Hazard;
use crate::activity::store::scoped;
use crate::{ActivityId, SessionId};

/// Name of the setting with the rules of the city.
pub(super) const SETTING: &str = "service.agreement";
/// Name of the setting with the number of places that makes a large event, so that a statement can compare it.
pub(super) const PLACES: &str = "service.agreement.places";

/// Whether anybody in the session `s` of the activity `a` may need an agreement: cheap to ask at each check-in, and never
/// `false` where [`need`] would find one.
macro_rules! may_bind {
    () => {
        "a.hazard_level <> 'none' OR s.quota >= COALESCE((SELECT CAST(x.value AS BIGINT) FROM setting x
            WHERE x.name = 'service.agreement.places'), 1000)
         OR EXISTS (SELECT 1 FROM agreement_terms g WHERE g.activity_id = a.id)
         OR EXISTS (SELECT 1 FROM agreement d WHERE d.activity_id = a.id AND d.state <> 'ended')
         OR EXISTS (SELECT 1 FROM session q WHERE q.activity_id = a.id AND q.starts_at > s.starts_at)
         OR EXISTS (SELECT 1 FROM session q WHERE q.activity_id = a.id AND q.starts_at < s.starts_at)"
    };
}
pub(crate) use may_bind;

row! {
    /// What decides whether somebody needs an agreement for an activity, and the one there is.
    pub struct Need {
        setting: Option<String>, hazard: Hazard, outside: Option<bool>, asked: Option<bool>, places: Option<i64>,
        first: Option<Timestamp>, last: Option<Timestamp>, id: Option<AgreementId>, state: Option<AgreementState>,
        wanted: Option<bool>,
    }

    /// What decides whether anybody at all needs one: of an activity, with the span of all its sessions.
    pub struct Terms {
        setting: Option<String>, hazard: Hazard, outside: Option<bool>, asked: Option<bool>, places: Option<i64>,
        first: Option<Timestamp>, last: Option<Timestamp>, any: bool, offered_at: Option<Timestamp>,
        offered_by: Option<AccountId>, offered_name: Option<String>,
    }

    /// Somebody who holds a place in a session.
    pub struct Line {
        person: PersonId, name: String, volunteer_no: String, birth_on: Option<Date>, guard: Guard,
        id: Option<AgreementId>, state: Option<AgreementState>, wanted: Option<bool>, first: Option<Timestamp>,
        last: Option<Timestamp>, places: Option<i64>,
    }

    /// An agreement as it was signed.
    pub struct Agreement {
        id: AgreementId, activity: ActivityId, title: String, org_name: String, area_path: String,
        sponsor_path: String, person: PersonId, name: String, state: AgreementState, version: i64, text: String,
        hash: String, signed_at: Option<Timestamp>, signed_name: String, for_minor: bool,
        counter_at: Option<Timestamp>, counter_name: String, ended_at: Option<Timestamp>, created_at: Timestamp,
    }

    /// Agreements of an activity that wait for the body, with the next session.
    pub struct Waiting { session: SessionId, title: String, starts_at: Timestamp, count: i64 }

    /// A version of the text.
    pub struct Text { version: i64, zh: String, en: String }

    struct Row {
        activity: ActivityId, title: String, starts_at: Timestamp, setting: Option<String>, hazard: Hazard,
        outside: Option<bool>, asked: Option<bool>, places: Option<i64>, first: Option<Timestamp>,
        last: Option<Timestamp>, id: Option<AgreementId>, state: Option<AgreementState>, wanted: Option<bool>,
    }
}

/// An activity ahead of somebody, and what they need for it.
#[derive(Debug)]
pub struct Ahead {
    /// Which.
    pub activity: ActivityId,
    /// Its title.
    pub title: String,
    /// Their next session.
    pub starts_at: Timestamp,
    /// What they need.
    pub need: Need,
}

impl Need {
    /// Why an agreement is needed.
    #[must_use]
    pub fn reasons(&self) -> Vec<AgreementReason> {
        let facts = Facts {
            hazard: self.hazard.any(),
            outside: self.outside.unwrap_or_default(),
            asked: self.asked.unwrap_or_default(),
            wanted: self.wanted.unwrap_or_default(),
            places: self.places.unwrap_or_default(),
            span: self.first.zip(self.last),
        };
        rules::reasons(&facts, &Settings::read(self.setting.as_deref()))
    }

    /// Whether one is needed that is not signed by both.
    #[must_use]
    pub fn missing(&self) -> bool {
        self.state != Some(AgreementState::Bound) && !self.reasons().is_empty()
    }
}

impl Terms {
    fn facts(&self) -> Facts {
        Facts {
            hazard: self.hazard.any(),
            outside: self.outside.unwrap_or_default(),
            asked: self.asked.unwrap_or_default(),
            wanted: false,
            places: self.places.unwrap_or_default(),
            span: None,
        }
    }

    /// Why whoever is on a line needs one.
    #[must_use]
    pub fn reasons(&self, line: &Line) -> Vec<AgreementReason> {
        let facts = Facts {
            wanted: line.wanted.unwrap_or_default(),
            places: line.places.unwrap_or_default(),
            span: line.first.zip(line.last),
            ..self.facts()
        };
        rules::reasons(&facts, &Settings::read(self.setting.as_deref()))
    }

    /// Whether it can be that anybody needs one.
    #[must_use]
    pub fn may_bind(&self) -> bool {
        let facts = Facts { span: self.first.zip(self.last), ..self.facts() };
        self.any || !rules::reasons(&facts, &Settings::read(self.setting.as_deref())).is_empty()
    }
}

impl Line {
    /// Whether the guardian signs, on the day of a session.
    #[must_use]
    pub fn minor(&self, on: Date) -> bool {
        is_minor(self.birth_on, self.guard, on)
    }
}

impl Agreement {
    /// Where the body sits, for [`kernel::can`].
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }
}

fn is_minor(birth_on: Option<Date>, guard: Guard, on: Date) -> bool {
    guard != Guard::OwnWork && birth_on.is_some_and(|birth| birth.age(on) < ages::ADULT)
}

/// Whether somebody's guardian signs for them today.
///
/// # Errors
/// Of the database.
pub fn minor(tx: &mut ReadTx<'_>, person: PersonId) -> Result<bool, DbError> {
    let today = tx.now().date();
    let row: Option<(Option<Date>, Guard)> =
        tx.first(sql!("SELECT birth_on, guard FROM person WHERE id = $1"), args![person])?;
    Ok(row.is_some_and(|(birth, guard)| is_minor(birth, guard, today)))
}

/// The facts of person `$2` in activity `a` at a moment; of somebody without a place the largest session counts, because
/// they may be at its door. How long they serve counts from what lies ahead of them, so that
/// somebody who comes again and again, one time after the other, has agreed to no more than each time.
macro_rules! facts {
    ($now:literal) => {
        concat!(
            "(SELECT x.value FROM setting x WHERE x.name = 'service.agreement'), a.hazard_level, g.outside, g.asked,
            COALESCE((SELECT max(w.quota) FROM sign_up v JOIN session w ON w.id = v.session_id
                WHERE v.person_id = $2 AND w.activity_id = a.id AND v.state <> 'cancelled'),
                (SELECT max(q.quota) FROM session q WHERE q.activity_id = a.id AND q.state = 'open')),
            (SELECT min(v.starts_at) FROM sign_up v JOIN session w ON w.id = v.session_id
                WHERE v.person_id = $2 AND w.activity_id = a.id AND v.state <> 'cancelled' AND v.ends_at > ",
            $now,
            "),
            (SELECT max(v.starts_at) FROM sign_up v JOIN session w ON w.id = v.session_id
                WHERE v.person_id = $2 AND w.activity_id = a.id AND v.state <> 'cancelled' AND v.ends_at > ",
            $now,
            "),
            d.id, d.state, d.wanted"
        )
    };
}

/// What somebody needs for an activity.
///
/// # Errors
/// Of the database.
pub fn need(tx: &mut ReadTx<'_>, activity: ActivityId, person: PersonId) -> Result<Option<Need>, DbError> {
    let now = tx.now();
    tx.first(
        sql!(concat!(
            "SELECT ",
            facts!("$3"),
            " FROM activity a LEFT JOIN agreement_terms g ON g.activity_id = a.id
             LEFT JOIN agreement d ON d.activity_id = a.id AND d.person_id = $2 AND d.state <> 'ended'
             WHERE a.id = $1"
        )),
        args![activity, person, now],
    )
}

/// What somebody needs for the activities in which they hold places ahead, soonest first.
///
/// # Errors
/// Of the database.
pub fn ahead(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<Ahead>, DbError> {
    let now = tx.now();
    let rows: Vec<Row> = tx.all(
        sql!(concat!(
            "SELECT a.id, a.title, n.starts_at, ",
            facts!("$1"),
            " FROM (SELECT w.activity_id, min(u.starts_at) AS starts_at FROM sign_up u JOIN session w ON w.id = u.session_id
                WHERE u.person_id = $2 AND u.state = 'booked' AND u.ends_at > $1 GROUP BY w.activity_id) AS n
             JOIN activity a ON a.id = n.activity_id LEFT JOIN agreement_terms g ON g.activity_id = a.id
             LEFT JOIN agreement d ON d.activity_id = a.id AND d.person_id = $2 AND d.state <> 'ended'
             ORDER BY n.starts_at, a.id LIMIT 50"
        )),
        args![now, person],
    )?;
    Ok(rows
        .into_iter()
        .map(|row| Ahead {
            activity: row.activity,
            title: row.title,
            starts_at: row.starts_at,
            need: Need {
                setting: row.setting,
                hazard: row.hazard,
                outside: row.outside,
                asked: row.asked,
                places: row.places,
                first: row.first,
                last: row.last,
                id: row.id,
                state: row.state,
                wanted: row.wanted,
            },
        })
        .collect())
}

/// What decides whether anybody in an activity needs an agreement.
///
/// # Errors
/// Of the database.
pub fn terms(tx: &mut ReadTx<'_>, activity: ActivityId) -> Result<Option<Terms>, DbError> {
    tx.first(
        sql!(
            "SELECT (SELECT x.value FROM setting x WHERE x.name = 'service.agreement'), a.hazard_level, g.outside, g.asked,
                (SELECT max(q.quota) FROM session q WHERE q.activity_id = a.id AND q.state <> 'cancelled'),
                (SELECT min(q.starts_at) FROM session q WHERE q.activity_id = a.id AND q.state <> 'cancelled'),
                (SELECT max(q.starts_at) FROM session q WHERE q.activity_id = a.id AND q.state <> 'cancelled'),
                EXISTS (SELECT 1 FROM agreement d WHERE d.activity_id = a.id AND d.state <> 'ended'),
                g.offered_at, g.offered_by, g.offered_name
             FROM activity a LEFT JOIN agreement_terms g ON g.activity_id = a.id WHERE a.id = $1"
        ),
        args![activity],
    )
}

/// Whoever has signed the agreement `d` and holds no place in its activity: somebody at the door.
const AT_THE_DOOR: &str =
    "d.state = 'signed' AND NOT EXISTS (SELECT 1 FROM sign_up v JOIN session w ON w.id = v.session_id
    WHERE v.person_id = d.person_id AND w.activity_id = d.activity_id AND v.state <> 'cancelled')";

/// Whoever holds a place in a session, and whoever signed at the door, in the order of people; `after`: the last one seen.
///
/// # Errors
/// Of the database.
pub fn of_session(
    tx: &mut ReadTx<'_>,
    session: SessionId,
    after: Option<PersonId>,
    limit: i64,
) -> Result<Vec<Line>, DbError> {
    let mut query = Query::new(
        "SELECT p.id, p.name, p.volunteer_no, p.birth_on, p.guard, d.id, d.state, d.wanted,
            u.starts_at, (SELECT max(v.starts_at) FROM sign_up v JOIN session w ON w.id = v.session_id
                WHERE v.person_id = p.id AND w.activity_id = s.activity_id AND v.state <> 'cancelled'),
            (SELECT max(w.quota) FROM sign_up v JOIN session w ON w.id = v.session_id
                WHERE v.person_id = p.id AND w.activity_id = s.activity_id AND v.state <> 'cancelled')
         FROM session s JOIN (",
    );
    query.with(
        "SELECT u.person_id, u.starts_at FROM sign_up u WHERE u.session_id = {} AND u.state <> 'cancelled'
         UNION ALL SELECT d.person_id, CAST(NULL AS BIGINT) FROM agreement d
            WHERE d.activity_id = (SELECT q.activity_id FROM session q WHERE q.id = {}) AND ",
        &[&session, &session],
    );
    query.push(AT_THE_DOOR);
    query.with(
        ") AS u ON s.id = {} JOIN person p ON p.id = u.person_id
            LEFT JOIN agreement d ON d.activity_id = s.activity_id AND d.person_id = p.id AND d.state <> 'ended'
         WHERE p.id > 0",
        &[&session],
    );
    query.with_some("AND p.id > {}", after.as_ref());
    query.with("ORDER BY p.id LIMIT {}", &[&limit]);
    tx.list(&query)
}

/// Somebody's sessions in an activity, in order.
///
/// # Errors
/// Of the database.
pub fn times(
    tx: &mut ReadTx<'_>,
    activity: ActivityId,
    person: PersonId,
) -> Result<Vec<(Timestamp, Timestamp)>, DbError> {
    tx.all(
        sql!(
            "SELECT v.starts_at, v.ends_at FROM sign_up v JOIN session w ON w.id = v.session_id
             WHERE v.person_id = $2 AND w.activity_id = $1 AND v.state <> 'cancelled'
             ORDER BY v.starts_at, v.id LIMIT 400"
        ),
        args![activity, person],
    )
}

/// Name and number of somebody.
///
/// # Errors
/// Of the database.
pub fn who(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Option<(String, String)>, DbError> {
    tx.first(sql!("SELECT name, volunteer_no FROM person WHERE id = $1"), args![person])
}

/// The text in force; `None`: as delivered.
///
/// # Errors
/// Of the database.
pub fn text(tx: &mut ReadTx<'_>) -> Result<Option<Text>, DbError> {
    tx.first(sql!("SELECT version, zh, en FROM agreement_text ORDER BY version DESC LIMIT 1"), args![])
}

/// Publishes the next version of the text.
///
/// # Errors
/// Of the database; `Unique` when two publish at once.
pub fn put_text(
    tx: &mut WriteTx<'_>,
    version: i64,
    zh: &str,
    en: &str,
    by: Option<AccountId>,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO agreement_text (version, zh, en, created_at, created_by) VALUES ($1, $2, $3, $4, $5)"
        ),
        args![version, zh, en, now, by],
    )
}

/// Writes what the organiser says of an activity; `offered`: whether the body signs in advance.
///
/// # Errors
/// Of the database.
pub fn put_terms(
    tx: &mut WriteTx<'_>,
    activity: ActivityId,
    (outside, asked): (bool, bool),
    offered: Option<(Timestamp, Option<AccountId>, &str)>,
) -> Result<(), DbError> {
    let (at, by, name) = offered.map_or((None, None, ""), |(at, by, name)| (Some(at), by, name));
    tx.exec_one(
        sql!(
            "INSERT INTO agreement_terms (activity_id, outside, asked, offered_at, offered_by, offered_name)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (activity_id) DO UPDATE SET outside = excluded.outside, asked = excluded.asked,
                offered_at = excluded.offered_at, offered_by = excluded.offered_by, offered_name = excluded.offered_name"
        ),
        args![activity, outside, asked, at, by, name],
    )
}

macro_rules! agreement_columns {
    () => {
        "SELECT d.id, d.activity_id, a.title, o.name, o.area_path, o.sponsor_path, d.person_id, p.name, d.state,
            d.version, d.text, d.hash, d.signed_at, d.signed_name, d.for_minor, d.counter_at, d.counter_name,
            d.ended_at, d.created_at
         FROM agreement d JOIN activity a ON a.id = d.activity_id JOIN org o ON o.id = a.org_id
            JOIN person p ON p.id = d.person_id "
    };
}

/// An agreement.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: AgreementId) -> Result<Option<Agreement>, DbError> {
    tx.first(sql!(concat!(agreement_columns!(), "WHERE d.id = $1")), args![id])
}

/// The agreement of somebody for an activity that has not ended.
///
/// # Errors
/// Of the database.
pub fn live(
    tx: &mut ReadTx<'_>,
    activity: ActivityId,
    person: PersonId,
) -> Result<Option<Agreement>, DbError> {
    tx.first(
        sql!(concat!(
            agreement_columns!(),
            "WHERE d.activity_id = $1 AND d.person_id = $2 AND d.state <> 'ended'"
        )),
        args![activity, person],
    )
}

/// Somebody's agreements, newest first; `after`: the last one seen.
///
/// # Errors
/// Of the database.
pub fn of_person(
    tx: &mut ReadTx<'_>,
    person: PersonId,
    after: Option<AgreementId>,
    limit: i64,
) -> Result<Vec<Agreement>, DbError> {
    let mut query = Query::new(concat!(agreement_columns!(), "WHERE"));
    query.with("d.person_id = {}", &[&person]);
    query.with_some("AND d.id < {}", after.as_ref());
    query.with("ORDER BY d.id DESC LIMIT {}", &[&limit]);
    tx.list(&query)
}

/// Notes that whoever serves asks for an agreement.
///
/// # Errors
/// Of the database.
pub fn want(tx: &mut WriteTx<'_>, activity: ActivityId, person: PersonId) -> Result<(), DbError> {
    let (id, now): (AgreementId, Timestamp) = (tx.new_id(), tx.now());
    tx.exec(
        sql!(
            "INSERT INTO agreement (id, activity_id, person_id, state, wanted, created_at)
             VALUES ($1, $2, $3, 'asked', TRUE, $4)
             ON CONFLICT (activity_id, person_id) WHERE state <> 'ended' DO UPDATE SET wanted = TRUE"
        ),
        args![id, activity, person, now],
    )?;
    Ok(())
}

/// A signature of whoever serves, or of the guardian.
#[derive(Debug)]
pub struct Signature<'a> {
    /// Version of the text.
    pub version: i64,
    /// The text as it was read.
    pub text: &'a str,
    /// Its hash.
    pub hash: &'a str,
    /// Whose account; none, when a guardian signs by a code.
    pub by: Option<AccountId>,
    /// Name of who signs.
    pub name: &'a str,
    /// Whether a guardian signs.
    pub for_minor: bool,
    /// The body's signature in advance: by whom, and the name.
    pub counter: Option<(Option<AccountId>, &'a str)>,
}

/// Writes the signature; `false` when it is signed already. The caller holds the person.
///
/// # Errors
/// Of the database.
pub fn sign(
    tx: &mut WriteTx<'_>,
    activity: ActivityId,
    person: PersonId,
    one: &Signature<'_>,
) -> Result<bool, DbError> {
    let (id, now): (AgreementId, Timestamp) = (tx.new_id(), tx.now());
    let state = if one.counter.is_some() { AgreementState::Bound } else { AgreementState::Signed };
    let (counter_at, counter_by, counter_name) =
        one.counter.map_or((None, None, ""), |(by, name)| (Some(now), by, name));
    let touched = tx.exec(
        sql!(
            "INSERT INTO agreement (id, activity_id, person_id, state, wanted, created_at, version, text, hash, signed_at,
                signed_by, signed_name, for_minor, counter_at, counter_by, counter_name)
             VALUES ($1, $2, $3, $4, FALSE, $5, $6, $7, $8, $5, $9, $10, $11, $12, $13, $14)
             ON CONFLICT (activity_id, person_id) WHERE state <> 'ended' DO UPDATE SET state = excluded.state,
                version = excluded.version, text = excluded.text, hash = excluded.hash, signed_at = excluded.signed_at,
                signed_by = excluded.signed_by, signed_name = excluded.signed_name, for_minor = excluded.for_minor,
                counter_at = excluded.counter_at, counter_by = excluded.counter_by,
                counter_name = excluded.counter_name WHERE agreement.state = 'asked'"
        ),
        args![
            id, activity, person, state, now, one.version, one.text, one.hash, one.by, one.name, one.for_minor,
            counter_at, counter_by, counter_name
        ],
    )?;
    Ok(touched == 1)
}

/// The body signs what the volunteers of a session have signed: one of them, or all but whoever signs for it. Returns how
/// many.
///
/// # Errors
/// Of the database.
pub fn counter(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    only: Option<AgreementId>,
    (by, own, name): (Option<AccountId>, Option<PersonId>, &str),
) -> Result<u64, DbError> {
    let now = tx.now();
    let mut query = Query::new("UPDATE agreement SET state = 'bound',");
    query.with("counter_at = {}, counter_by = {}, counter_name = {}", &[&now, &by, &name]);
    query.with(
        "WHERE state = 'signed' AND activity_id = (SELECT s.activity_id FROM session s WHERE s.id = {})
            AND (person_id IN (SELECT u.person_id FROM sign_up u WHERE u.session_id = {} AND u.state <> 'cancelled')
                OR id IN (SELECT d.id FROM agreement d WHERE d.activity_id = agreement.activity_id AND",
        &[&session, &session],
    );
    query.push(AT_THE_DOOR).push("))");
    query.with_some("AND id = {}", only.as_ref());
    query.with_some("AND person_id <> {}", own.as_ref());
    tx.exec_query(&query)
}

/// The agreement of somebody who holds no place in the activity of a session any more ends.
///
/// # Errors
/// Of the database.
pub fn end_gone(tx: &mut WriteTx<'_>, session: SessionId, person: PersonId) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!(
            "UPDATE agreement SET state = 'ended', ended_at = $2
             WHERE state <> 'ended' AND person_id = $3 AND activity_id = (SELECT s.activity_id FROM session s WHERE s.id = $1)
                AND NOT EXISTS (SELECT 1 FROM sign_up u JOIN session w ON w.id = u.session_id
                    WHERE u.person_id = agreement.person_id AND w.activity_id = agreement.activity_id
                        AND u.state <> 'cancelled')"
        ),
        args![session, now, person],
    )?;
    Ok(())
}

/// What tells who somebody is goes; that they signed, when and what hash, stays with the body.
///
/// # Errors
/// Of the database.
pub fn erase(tx: &mut WriteTx<'_>, person: PersonId) -> Result<(), DbError> {
    tx.exec(sql!("UPDATE agreement SET text = '', signed_name = '' WHERE person_id = $1"), args![person])?;
    Ok(())
}

/// Activities in the actor's scope with agreements that wait for the body and a session ahead, soonest first.
///
/// # Errors
/// Of the database.
pub fn waiting(tx: &mut ReadTx<'_>, actor: &Actor, limit: i64) -> Result<Vec<Waiting>, DbError> {
    let now = tx.now();
    let mut list = Query::new(
        "SELECT min(s.id), a.title, min(s.starts_at), count(DISTINCT d.id) FROM agreement d
            JOIN activity a ON a.id = d.activity_id JOIN org o ON o.id = a.org_id
            JOIN session s ON s.activity_id = a.id
            JOIN sign_up u ON u.session_id = s.id AND u.person_id = d.person_id AND u.state = 'booked'
         WHERE d.state = 'signed' AND s.state = 'open'",
    );
    list.with("AND s.ends_at > {}", &[&now]);
    scoped(&mut list, actor, Action::Attendance);
    list.with("GROUP BY a.id, a.title ORDER BY min(s.starts_at), a.id LIMIT {}", &[&limit]);
    tx.list(&list)
}
