//! Questions about policies, what they cover, and who was insured.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Action, Actor, Date, OrgId, PersonId, Place, Timestamp};
use people::org::scope::{OrgAs, within};
use people::person::Gender;

use super::commands::New;
use super::rules::Term;
use super::{Covers, Insured, InsuredId, PolicyId, PolicyKind, PolicyState};
use crate::activity::store::scoped;
use crate::activity::{Hazard, SessionState};
use crate::{ActivityId, SessionId};

row! {
    /// A policy with the organisation that recorded it.
    pub struct Policy {
        id: PolicyId, org_id: OrgId, org_name: String, area_path: String, sponsor_path: String, kind: PolicyKind,
        insurer: String, number: String, covers: Covers, insured: Insured, starts_at: Timestamp, ends_at: Timestamp,
        note: String, created_at: Timestamp, withdrawn_at: Option<Timestamp>, reason: String,
    }

    /// A hazardous activity with sessions ahead that nothing covers.
    pub struct Uncovered { activity: ActivityId, title: String, first_at: Timestamp, sessions: i64 }

    /// An activity that a policy was chosen for.
    pub struct Covered { id: ActivityId, title: String, org_name: String, hazard: Hazard }

    /// A session that a policy was chosen for and that has begun.
    pub struct Begun { title: String, hazard: Hazard, starts_at: Timestamp, ends_at: Timestamp }

    /// A session that nothing covers, and who leads its activity.
    pub struct ToTell {
        session: SessionId, activity: ActivityId, title: String, starts_at: Timestamp, leader: PersonId,
    }

    /// A session as its list of the insured needs it.
    pub struct Listed { id: SessionId, state: SessionState, hazard: Hazard, insured_at: Option<Timestamp> }

    /// Somebody who is insured, or holds a place since the list was closed.
    pub struct Person {
        id: PersonId, name: String, volunteer_no: String, gender: Gender, birth_on: Option<Date>,
        at: Option<Timestamp>, late: Option<bool>, holds: bool,
    }
}

impl Policy {
    /// Where the organisation sits, for [`kernel::can`].
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }

    /// Its times, for the rules.
    #[must_use]
    pub const fn term(&self) -> Term {
        Term {
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            withdrawn_at: self.withdrawn_at,
            covers: self.covers,
        }
    }
}

/// Whether nothing covers session `s` of activity `a`, as [`super::rules::covers`] says it.
macro_rules! nothing_covers {
    () => {
        "a.hazard_level <> 'none' AND NOT EXISTS (SELECT 1 FROM activity_policy c JOIN policy y ON y.id = c.policy_id
            WHERE c.activity_id = a.id AND y.starts_at <= s.starts_at AND y.ends_at >= s.ends_at
                AND (y.withdrawn_at IS NULL OR y.withdrawn_at > s.starts_at)
                AND (a.hazard_level = 'some' OR y.covers = 'marked'))"
    };
}
pub(crate) use nothing_covers;

macro_rules! policy_columns {
    () => {
        "SELECT p.id, p.org_id, o.name, o.area_path, o.sponsor_path, p.kind, p.insurer, p.number, p.covers, p.insured,
            p.starts_at, p.ends_at, p.note, p.created_at, p.withdrawn_at, p.reason
         FROM policy p JOIN org o ON o.id = p.org_id "
    };
}

/// A policy.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: PolicyId) -> Result<Option<Policy>, DbError> {
    tx.first(sql!(concat!(policy_columns!(), "WHERE p.id = $1")), args![id])
}

/// Organisations above the grants of the actor, and those themselves.
fn above(actor: &Actor) -> Vec<OrgId> {
    let mut out: Vec<OrgId> = actor
        .scopes(Action::ActivityManage)
        .iter()
        .flat_map(|grant| [&grant.area_path, &grant.sponsor_path])
        .flat_map(|path| people::org::rules::ids(path))
        .collect();
    out.sort_unstable();
    out.dedup();
    out
}

/// Whether the actor may look at the policies of an organisation: their own, those below, and those above.
#[must_use]
pub fn seen(actor: &Actor, policy: &Policy) -> bool {
    kernel::can(actor, Action::ActivityManage, policy.place()) || above(actor).contains(&policy.org_id)
}

/// Policies the actor may look at, newest first; `after`: the last one seen.
///
/// # Errors
/// Of the database.
pub fn list(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    state: Option<PolicyState>,
    after: Option<PolicyId>,
    limit: i64,
) -> Result<Vec<Policy>, DbError> {
    let now = tx.now();
    let mut query = Query::new(concat!(policy_columns!(), "WHERE (o.id IN (0"));
    for org in above(actor) {
        query.with(", {}", &[&org]);
    }
    query.push(") OR");
    within(&mut query, &actor.scopes(Action::ActivityManage), OrgAs::O);
    query.push(")");
    match state {
        None => {}
        Some(PolicyState::Withdrawn) => {
            query.push("AND p.withdrawn_at IS NOT NULL");
        }
        Some(PolicyState::Planned) => {
            query.with("AND p.withdrawn_at IS NULL AND p.starts_at > {}", &[&now]);
        }
        Some(PolicyState::InForce) => {
            query.with("AND p.withdrawn_at IS NULL AND p.starts_at <= {} AND p.ends_at > {}", &[&now, &now]);
        }
        Some(PolicyState::Ended) => {
            query.with("AND p.withdrawn_at IS NULL AND p.ends_at <= {}", &[&now]);
        }
    }
    query.with_some("AND p.id < {}", after.as_ref());
    query.with("ORDER BY p.id DESC LIMIT {}", &[&limit]);
    tx.list(&query)
}

/// Policies chosen for an activity, the earliest first.
///
/// # Errors
/// Of the database.
pub fn of_activity(tx: &mut ReadTx<'_>, activity: ActivityId) -> Result<Vec<Policy>, DbError> {
    tx.all(
        sql!(concat!(
            policy_columns!(),
            "JOIN activity_policy c ON c.policy_id = p.id WHERE c.activity_id = $1 ORDER BY p.starts_at, p.id LIMIT 50"
        )),
        args![activity],
    )
}

/// Policies that can be chosen for an activity of an organisation at these paths: of those on the way up, not over, not
/// taken back, not chosen already. Those of the city come first.
///
/// # Errors
/// Of the database.
pub fn offered(
    tx: &mut ReadTx<'_>,
    activity: ActivityId,
    (area_path, sponsor_path): (&str, &str),
) -> Result<Vec<Policy>, DbError> {
    let now = tx.now();
    let mut query = Query::new(concat!(policy_columns!(), "WHERE p.org_id IN (0"));
    for org in [area_path, sponsor_path].into_iter().flat_map(people::org::rules::ids) {
        query.with(", {}", &[&org]);
    }
    query.with(") AND p.withdrawn_at IS NULL AND p.ends_at > {}", &[&now]);
    query.with(
        "AND p.id NOT IN (SELECT c.policy_id FROM activity_policy c WHERE c.activity_id = {})
         ORDER BY length(o.area_path), p.ends_at, p.id LIMIT 50",
        &[&activity],
    );
    tx.list(&query)
}

/// Activities that a policy was chosen for, newest first.
///
/// # Errors
/// Of the database.
pub fn covered(tx: &mut ReadTx<'_>, policy: PolicyId, limit: i64) -> Result<Vec<Covered>, DbError> {
    tx.all(
        sql!(
            "SELECT a.id, a.title, o.name, a.hazard_level FROM activity_policy c JOIN activity a ON a.id = c.activity_id
             JOIN org o ON o.id = a.org_id WHERE c.policy_id = $1 ORDER BY a.id DESC LIMIT $2"
        ),
        args![policy, limit],
    )
}

/// Sessions that have begun, were not cancelled, and rest on a policy; of one activity, if one is named.
///
/// # Errors
/// Of the database.
pub fn begun(
    tx: &mut ReadTx<'_>,
    policy: &Policy,
    activity: Option<ActivityId>,
) -> Result<Vec<Begun>, DbError> {
    let now = tx.now();
    let mut query = Query::new(
        "SELECT a.title, a.hazard_level, s.starts_at, s.ends_at
         FROM activity_policy c JOIN activity a ON a.id = c.activity_id JOIN session s ON s.activity_id = a.id WHERE",
    );
    query.with("c.policy_id = {} AND a.hazard_level <> 'none'", &[&policy.id]);
    query.with_some("AND a.id = {}", activity.as_ref());
    query.with(
        "AND s.state NOT IN ('draft', 'cancelled') AND s.starts_at <= {} AND s.starts_at >= {} AND s.ends_at <= {}
         ORDER BY s.starts_at, s.id LIMIT 5000",
        &[&now, &policy.starts_at, &policy.ends_at],
    );
    tx.list(&query)
}

/// Hazardous activities in the actor's scope with sessions ahead, or under way, that nothing covers; soonest first.
///
/// # Errors
/// Of the database.
pub fn uncovered(tx: &mut ReadTx<'_>, actor: &Actor, limit: i64) -> Result<Vec<Uncovered>, DbError> {
    let now = tx.now();
    let mut list = Query::new(concat!(
        "SELECT a.id, a.title, min(s.starts_at), count(*) FROM activity a JOIN session s ON s.activity_id = a.id
            JOIN org o ON o.id = a.org_id WHERE a.state = 'published' AND s.state = 'open' AND ",
        nothing_covers!()
    ));
    list.with("AND s.ends_at > {}", &[&now]);
    scoped(&mut list, actor, Action::ActivityManage);
    list.with("GROUP BY a.id, a.title ORDER BY min(s.starts_at), a.id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// Sessions that start within so many days, that nothing covers, and whose leader was not told.
///
/// # Errors
/// Of the database.
pub fn to_tell(tx: &mut ReadTx<'_>, days: i64, limit: i64) -> Result<Vec<ToTell>, DbError> {
    let now = tx.now();
    tx.all(
        sql!(concat!(
            "SELECT s.id, a.id, a.title, s.starts_at, a.leader_id FROM activity a JOIN session s ON s.activity_id = a.id
             WHERE a.state = 'published' AND s.state = 'open' AND a.leader_id IS NOT NULL AND s.starts_at > $1
                AND s.starts_at <= $2 AND s.insurance_told_at IS NULL AND ",
            nothing_covers!(),
            " ORDER BY s.id LIMIT $3"
        )),
        args![now, now.plus_minutes(days * 24 * 60), limit],
    )
}

/// Notes that the leader of a session was told; `false` when that was noted before.
///
/// # Errors
/// Of the database.
pub fn told(tx: &mut WriteTx<'_>, session: SessionId) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!("UPDATE session SET insurance_told_at = $2 WHERE id = $1 AND insurance_told_at IS NULL"),
        args![session, now],
    )?;
    Ok(touched == 1)
}

/// What rested on a policy rests on nothing: leaders are told anew.
///
/// # Errors
/// Of the database.
pub fn tell_again(tx: &mut WriteTx<'_>, policy: PolicyId) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!(
            "UPDATE session SET insurance_told_at = NULL WHERE insurance_told_at IS NOT NULL AND starts_at > $2
                AND activity_id IN (SELECT c.activity_id FROM activity_policy c WHERE c.policy_id = $1)"
        ),
        args![policy, now],
    )?;
    Ok(())
}

/// Writes a policy.
///
/// # Errors
/// Of the database.
pub fn insert(tx: &mut WriteTx<'_>, new: &New, by: Option<AccountId>) -> Result<PolicyId, DbError> {
    let (id, now): (PolicyId, Timestamp) = (tx.new_id(), tx.now());
    let (starts_at, ends_at) = super::rules::moments(new.from, new.until);
    tx.exec_one(
        sql!(
            "INSERT INTO policy (id, org_id, kind, insurer, number, covers, insured, starts_at, ends_at, note,
                created_at, created_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        ),
        args![
            id,
            new.org,
            new.kind,
            new.insurer,
            new.number,
            new.covers,
            new.insured,
            starts_at,
            ends_at,
            new.note,
            now,
            by
        ],
    )?;
    Ok(id)
}

/// Corrects a policy; `false` when it was taken back.
///
/// # Errors
/// Of the database.
pub fn update(tx: &mut WriteTx<'_>, id: PolicyId, new: &New) -> Result<bool, DbError> {
    let (starts_at, ends_at) = super::rules::moments(new.from, new.until);
    let touched = tx.exec(
        sql!(
            "UPDATE policy SET kind = $2, insurer = $3, number = $4, covers = $5, insured = $6, starts_at = $7,
                ends_at = $8, note = $9 WHERE id = $1 AND withdrawn_at IS NULL"
        ),
        args![
            id, new.kind, new.insurer, new.number, new.covers, new.insured, starts_at, ends_at, new.note
        ],
    )?;
    Ok(touched == 1)
}

/// Takes a policy back; `false` when it was.
///
/// # Errors
/// Of the database.
pub fn withdraw(
    tx: &mut WriteTx<'_>,
    id: PolicyId,
    reason: &str,
    by: Option<AccountId>,
) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE policy SET withdrawn_at = $2, withdrawn_by = $3, reason = $4
             WHERE id = $1 AND withdrawn_at IS NULL"
        ),
        args![id, now, by, reason],
    )?;
    Ok(touched == 1)
}

/// Chooses a policy for an activity; doing it twice changes nothing.
///
/// # Errors
/// Of the database.
pub fn choose(
    tx: &mut WriteTx<'_>,
    activity: ActivityId,
    policy: PolicyId,
    by: Option<AccountId>,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!(
            "INSERT INTO activity_policy (activity_id, policy_id, chosen_at, chosen_by) VALUES ($1, $2, $3, $4)
             ON CONFLICT (activity_id, policy_id) DO NOTHING"
        ),
        args![activity, policy, now, by],
    )?;
    Ok(())
}

/// Takes a choice back; `false` when there was none.
///
/// # Errors
/// Of the database.
pub fn drop_choice(tx: &mut WriteTx<'_>, activity: ActivityId, policy: PolicyId) -> Result<bool, DbError> {
    let touched = tx.exec(
        sql!("DELETE FROM activity_policy WHERE activity_id = $1 AND policy_id = $2"),
        args![activity, policy],
    )?;
    Ok(touched == 1)
}

/// A copy of an activity is covered by what covers the original.
///
/// # Errors
/// Of the database.
pub fn copy(tx: &mut WriteTx<'_>, from: ActivityId, to: ActivityId) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!(
            "INSERT INTO activity_policy (activity_id, policy_id, chosen_at, chosen_by)
             SELECT CAST($2 AS BIGINT), c.policy_id, CAST($3 AS BIGINT), c.chosen_by FROM activity_policy c
             JOIN policy p ON p.id = c.policy_id WHERE c.activity_id = $1 AND p.withdrawn_at IS NULL AND p.ends_at > $3"
        ),
        args![from, to, now],
    )?;
    Ok(())
}

/// Hazardous sessions that have begun in the last two days and whose list was not closed.
///
/// # Errors
/// Of the database.
pub fn to_close(tx: &mut ReadTx<'_>, limit: i64) -> Result<Vec<SessionId>, DbError> {
    let now = tx.now();
    let rows: Vec<(SessionId,)> = tx.all(
        sql!(
            "SELECT s.id FROM activity a JOIN session s ON s.activity_id = a.id
             WHERE a.hazard_level <> 'none' AND s.state = 'open' AND s.starts_at <= $1 AND s.starts_at > $2
                AND s.insured_at IS NULL ORDER BY s.id LIMIT $3"
        ),
        args![now, now.plus_minutes(-2 * 24 * 60), limit],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// How the list of a session stands.
///
/// # Errors
/// Of the database.
pub fn listed(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Option<Listed>, DbError> {
    tx.first(
        sql!(
            "SELECT s.id, s.state, a.hazard_level, s.insured_at FROM session s JOIN activity a ON a.id = s.activity_id
             WHERE s.id = $1"
        ),
        args![session],
    )
}

/// Notes when the list was closed first, and holds the session: nobody takes a place meanwhile. Whether it was closed
/// before; `None` when the session is not open.
///
/// # Errors
/// Of the database.
pub fn close(tx: &mut WriteTx<'_>, session: SessionId) -> Result<Option<bool>, DbError> {
    let now = tx.now();
    let row: Option<(Timestamp,)> = tx.first(
        sql!(
            "UPDATE session SET insured_at = COALESCE(insured_at, $2) WHERE id = $1 AND state IN ('open', 'closed')
             RETURNING insured_at"
        ),
        args![session, now],
    )?;
    Ok(row.map(|(at,)| at < now))
}

/// People who hold a place and are not on the list, in the order of people.
///
/// # Errors
/// Of the database.
pub fn not_listed(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<PersonId>, DbError> {
    let rows: Vec<(PersonId,)> = tx.all(
        sql!(
            "SELECT u.person_id FROM sign_up u WHERE u.session_id = $1 AND u.state IN ('booked', 'attended')
                AND NOT EXISTS (SELECT 1 FROM insured i WHERE i.session_id = u.session_id AND i.person_id = u.person_id)
             ORDER BY u.person_id LIMIT 10000"
        ),
        args![session],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Puts people on the list.
///
/// # Errors
/// Of the database.
pub fn put(tx: &mut WriteTx<'_>, session: SessionId, people: &[PersonId], late: bool) -> Result<(), DbError> {
    let now = tx.now();
    for chunk in people.chunks(200) {
        let mut query = Query::new("INSERT INTO insured (id, session_id, person_id, at, late) VALUES");
        for (at, person) in chunk.iter().enumerate() {
            if at > 0 {
                query.push(",");
            }
            let id: InsuredId = tx.new_id();
            query.with("({}, {}, {}, {}, {})", &[&id, &session, person, &now, &late]);
        }
        query.push("ON CONFLICT (session_id, person_id) DO NOTHING");
        tx.exec_query(&query)?;
    }
    Ok(())
}

/// Whoever is on the list of a session, or holds a place in it and is not; in the order of people. `after`: the last one seen.
///
/// # Errors
/// Of the database.
pub fn people(
    tx: &mut ReadTx<'_>,
    session: SessionId,
    after: Option<PersonId>,
    limit: i64,
) -> Result<Vec<Person>, DbError> {
    let mut query = Query::new(
        "SELECT p.id, p.name, p.volunteer_no, p.gender, p.birth_on, i.at, i.late,
            EXISTS (SELECT 1 FROM sign_up h WHERE h.session_id = x.session_id AND h.person_id = p.id
                AND h.state IN ('booked', 'attended'))
         FROM (",
    );
    query.with(
        "SELECT n.session_id, n.person_id FROM insured n WHERE n.session_id = {}
         UNION SELECT u.session_id, u.person_id FROM sign_up u WHERE u.session_id = {}
            AND u.state IN ('booked', 'attended')",
        &[&session, &session],
    );
    query.push(
        ") AS x JOIN person p ON p.id = x.person_id
            LEFT JOIN insured i ON i.session_id = x.session_id AND i.person_id = x.person_id WHERE 1 = 1",
    );
    query.with_some("AND p.id > {}", after.as_ref());
    query.with("ORDER BY p.id LIMIT {}", &[&limit]);
    tx.list(&query)
}
