//! Questions about groups.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Action, Actor, Date, PersonId, Timestamp};

use super::rules::{Layout, Seat, Spot};
use crate::activity::Participant;
use crate::activity::store::scoped;
use crate::sign_up::SignUpState;
use crate::{CheckInId, SessionGroupId, SessionId, SignUpId};

/// Noted on a check-in that a group leader made.
pub const BY_GROUP: &str = "by_group";

row! {
    /// A group with whoever leads it.
    pub struct Group {
        id: SessionGroupId, session: SessionId, no: i64, name: String, place: String, task: String,
        leader: Option<SignUpId>, leader_name: Option<String>, leader_state: Option<SignUpState>,
    }

    /// Somebody who holds or held a place, with their group and how their roll stands.
    pub struct Somebody {
        sign_up: SignUpId, person: PersonId, name: String, volunteer_no: String, birth_on: Option<Date>,
        state: SignUpState, participant: Participant, post: Option<String>, group: Option<SessionGroupId>,
        absent_by: Option<AccountId>, pairs: i64, outs: i64, last_in: Option<Timestamp>, last_out: Option<Timestamp>,
        conflict: bool,
    }

    /// The group of somebody who asks.
    pub struct Own {
        sign_up: SignUpId, state: SignUpState, group: SessionGroupId, no: i64, name: String, place: String,
        task: String, leader: Option<SignUpId>, leader_name: Option<String>, leader_state: Option<SignUpState>,
    }

    /// A group whose leader is gone.
    pub struct Leaderless {
        group: SessionGroupId, no: i64, name: String, session: SessionId, title: String, starts_at: Timestamp,
    }

    /// What a place that is given back led.
    pub struct Led {
        group: SessionGroupId, no: i64, name: String, session: SessionId, title: String, starts_at: Timestamp,
        told: Option<PersonId>, leader: PersonId, leader_name: String,
    }

    /// The latest stay of somebody, with who made it.
    pub struct Stay {
        id: CheckInId, out_at: Option<Timestamp>, by: Option<AccountId>, flags: String,
    }
}

/// Whether whoever holds this place may lead: it was not given back, and they are not absent.
#[must_use]
pub const fn there(state: SignUpState) -> bool {
    matches!(state, SignUpState::Booked | SignUpState::Attended)
}

impl Somebody {
    /// Whether the person is there now.
    #[must_use]
    pub const fn inside(&self) -> bool {
        self.pairs > self.outs
    }
}

impl Own {
    /// Whether the one who asks leads the group.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.leader == Some(self.sign_up) && there(self.state)
    }
}

impl Stay {
    /// Whether this account made it as the leader of a group.
    #[must_use]
    pub fn made_by(&self, account: AccountId) -> bool {
        self.by == Some(account) && self.flags.split(' ').any(|flag| flag == BY_GROUP)
    }
}

/// The groups of a session.
///
/// # Errors
/// Of the database.
pub fn of_session(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<Group>, DbError> {
    tx.all(
        sql!(
            "SELECT g.id, g.session_id, g.no, g.name, g.place, g.task, g.leader_id, p.name, u.state
             FROM session_group g LEFT JOIN sign_up u ON u.id = g.leader_id LEFT JOIN person p ON p.id = u.person_id
             WHERE g.session_id = $1 ORDER BY g.no, g.id LIMIT 100"
        ),
        args![session],
    )
}

/// A group.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: SessionGroupId) -> Result<Option<Group>, DbError> {
    tx.first(
        sql!(
            "SELECT g.id, g.session_id, g.no, g.name, g.place, g.task, g.leader_id, p.name, u.state
             FROM session_group g LEFT JOIN sign_up u ON u.id = g.leader_id LEFT JOIN person p ON p.id = u.person_id
             WHERE g.id = $1"
        ),
        args![id],
    )
}

/// Everybody who holds or held a place in a session, by name; of one group when asked so.
///
/// # Errors
/// Of the database.
pub fn people(
    tx: &mut ReadTx<'_>,
    session: SessionId,
    group: Option<SessionGroupId>,
) -> Result<Vec<Somebody>, DbError> {
    let mut query = Query::new(
        "SELECT u.id, u.person_id, p.name, p.volunteer_no, p.birth_on, u.state, u.participant, t.name, m.group_id,
                m.absent_by, COUNT(c.id), COUNT(c.out_at), MAX(c.in_at), MAX(c.out_at),
                EXISTS (SELECT 1 FROM roll_line l WHERE l.sign_up_id = u.id AND l.state = 'conflict')
         FROM sign_up u JOIN person p ON p.id = u.person_id LEFT JOIN post t ON t.id = u.post_id
         LEFT JOIN session_group_member m ON m.sign_up_id = u.id
         LEFT JOIN check_in c ON c.session_id = u.session_id AND c.person_id = u.person_id AND c.undone_at IS NULL",
    );
    query.with("WHERE u.session_id = {} AND u.state <> 'cancelled'", &[&session]);
    query.with_some("AND m.group_id = {}", group.as_ref());
    query.push(
        "GROUP BY u.id, u.person_id, p.name, p.name_key, p.volunteer_no, p.birth_on, u.state, u.participant, t.name,
                m.group_id, m.absent_by
         ORDER BY p.name_key, u.id LIMIT 2000",
    );
    tx.list(&query)
}

/// Children among those who signed up, each with the registration of the guardian.
///
/// # Errors
/// Of the database.
pub fn children(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<(PersonId, PersonId)>, DbError> {
    tx.all(
        sql!(
            "SELECT u.person_id, g.guardian_id FROM sign_up u JOIN guardian g ON g.minor_id = u.person_id
             WHERE u.session_id = $1 AND u.state <> 'cancelled' AND g.guardian_id IS NOT NULL
                AND g.state IN ('asked', 'given', 'withdrawn')
             ORDER BY u.person_id, g.id LIMIT 2000"
        ),
        args![session],
    )
}

/// What those who signed up can do, each with who can.
///
/// # Errors
/// Of the database.
pub fn skills(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<(String, PersonId)>, DbError> {
    tx.all(
        sql!(
            "SELECT k.skill, u.person_id FROM sign_up u JOIN person_skill k ON k.person_id = u.person_id
             WHERE u.session_id = $1 AND u.state IN ('booked', 'attended')
             ORDER BY k.skill, u.person_id LIMIT 10000"
        ),
        args![session],
    )
}

/// The groups of a session and who is in them.
///
/// # Errors
/// Of the database.
pub fn layout(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Layout, DbError> {
    let groups = of_session(tx, session)?
        .into_iter()
        .map(|one| Spot {
            id: one.id,
            no: one.no,
            name: one.name,
            place: one.place,
            task: one.task,
            leader: one.leader,
        })
        .collect();
    let seats: Vec<(SignUpId, SessionGroupId, Option<AccountId>)> = tx.all(
        sql!(
            "SELECT m.sign_up_id, m.group_id, m.absent_by FROM session_group g
             JOIN session_group_member m ON m.group_id = g.id WHERE g.session_id = $1 ORDER BY m.sign_up_id"
        ),
        args![session],
    )?;
    let seats =
        seats.into_iter().map(|(sign_up, group, absent_by)| Seat { sign_up, group, absent_by }).collect();
    Ok(Layout { groups, seats })
}

/// Writes the groups of a session as they are now, all of them. The caller holds the session.
///
/// # Errors
/// Of the database.
pub fn replace(tx: &mut WriteTx<'_>, session: SessionId, layout: &Layout) -> Result<(), DbError> {
    for statement in [
        sql!(
            "DELETE FROM session_group_member WHERE group_id IN (SELECT id FROM session_group WHERE session_id = $1)"
        ),
        sql!("DELETE FROM session_group WHERE session_id = $1"),
    ] {
        tx.exec(statement, args![session])?;
    }
    for chunk in layout.groups.chunks(100) {
        let mut query =
            Query::new("INSERT INTO session_group (id, session_id, no, name, place, task, leader_id) VALUES");
        for (at, one) in chunk.iter().enumerate() {
            if at > 0 {
                query.push(",");
            }
            query.with(
                "({}, {}, {}, {}, {}, {}, {})",
                &[&one.id, &session, &one.no, &one.name, &one.place, &one.task, &one.leader],
            );
        }
        tx.exec_query(&query)?;
    }
    for chunk in layout.seats.chunks(300) {
        let mut query =
            Query::new("INSERT INTO session_group_member (sign_up_id, group_id, absent_by) VALUES");
        for (at, one) in chunk.iter().enumerate() {
            if at > 0 {
                query.push(",");
            }
            query.with("({}, {}, {})", &[&one.sign_up, &one.group, &one.absent_by]);
        }
        tx.exec_query(&query)?;
    }
    Ok(())
}

/// Keeps how the groups were, for one undoing.
///
/// # Errors
/// Of the database.
pub fn keep(tx: &mut WriteTx<'_>, session: SessionId, layout: &str) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO session_group_undo (session_id, layout, at) VALUES ($1, $2, $3)
             ON CONFLICT (session_id) DO UPDATE SET layout = $2, at = $3"
        ),
        args![session, layout, now],
    )
}

/// How the groups were before the last change.
///
/// # Errors
/// Of the database.
pub fn kept(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Option<(String, Timestamp)>, DbError> {
    tx.first(sql!("SELECT layout, at FROM session_group_undo WHERE session_id = $1"), args![session])
}

/// The people behind places, with the day of birth.
///
/// # Errors
/// Of the database.
pub fn behind(
    tx: &mut ReadTx<'_>,
    places: &[SignUpId],
) -> Result<Vec<(SignUpId, PersonId, SignUpState)>, DbError> {
    let mut query = Query::new("SELECT id, person_id, state FROM sign_up WHERE id IN (");
    for (at, id) in places.iter().enumerate() {
        query.with(if at == 0 { "{}" } else { ", {}" }, &[id]);
    }
    query.push(") ORDER BY id");
    tx.list(&query)
}

/// The group of a person in a session.
///
/// # Errors
/// Of the database.
pub fn own(tx: &mut ReadTx<'_>, session: SessionId, person: PersonId) -> Result<Option<Own>, DbError> {
    tx.first(
        sql!(
            "SELECT u.id, u.state, g.id, g.no, g.name, g.place, g.task, g.leader_id, p.name, l.state
             FROM sign_up u JOIN session_group_member m ON m.sign_up_id = u.id JOIN session_group g ON g.id = m.group_id
                LEFT JOIN sign_up l ON l.id = g.leader_id LEFT JOIN person p ON p.id = l.person_id
             WHERE u.session_id = $1 AND u.person_id = $2 AND u.state <> 'cancelled'"
        ),
        args![session, person],
    )
}

/// Groups of sessions that are not over whose leader gave the place back or is absent, within the actor's scope.
///
/// # Errors
/// Of the database.
pub fn leaderless(tx: &mut ReadTx<'_>, actor: &Actor, limit: i64) -> Result<Vec<Leaderless>, DbError> {
    let now = tx.now();
    let mut list = Query::new(
        "SELECT g.id, g.no, g.name, s.id, a.title, s.starts_at
         FROM session s JOIN session_group g ON g.session_id = s.id JOIN sign_up u ON u.id = g.leader_id
            JOIN activity a ON a.id = s.activity_id JOIN org o ON o.id = a.org_id
         WHERE s.state = 'open' AND u.state IN ('cancelled', 'absent')",
    );
    list.with("AND s.ends_at > {}", &[&now]);
    scoped(&mut list, actor, Action::Attendance);
    list.with("ORDER BY s.starts_at, s.id, g.no, g.id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// The group that a place leads in a session that is not over, with who is to be told.
///
/// # Errors
/// Of the database.
pub fn led_by(tx: &mut ReadTx<'_>, place: SignUpId) -> Result<Option<Led>, DbError> {
    let now = tx.now();
    tx.first(
        sql!(
            "SELECT g.id, g.no, g.name, s.id, a.title, s.starts_at, a.leader_id, p.id, p.name
             FROM session_group g JOIN session s ON s.id = g.session_id JOIN activity a ON a.id = s.activity_id
                JOIN sign_up u ON u.id = g.leader_id JOIN person p ON p.id = u.person_id
             WHERE g.leader_id = $1 AND s.state = 'open' AND s.ends_at > $2"
        ),
        args![place, now],
    )
}

/// Notes who marked places as absent, or takes that back.
///
/// # Errors
/// Of the database.
pub fn absent_by(tx: &mut WriteTx<'_>, place: SignUpId, by: Option<AccountId>) -> Result<(), DbError> {
    tx.exec_one(
        sql!("UPDATE session_group_member SET absent_by = $2 WHERE sign_up_id = $1"),
        args![place, by],
    )
}

/// Whoever leads the activity decided about a line: no group leader's mark stands behind it any more.
///
/// # Errors
/// Of the database.
pub fn absent_forget(tx: &mut WriteTx<'_>, place: SignUpId) -> Result<(), DbError> {
    tx.exec(
        sql!(
            "UPDATE session_group_member SET absent_by = NULL WHERE sign_up_id = $1 AND absent_by IS NOT NULL"
        ),
        args![place],
    )?;
    Ok(())
}

/// The latest stay of a person, with who made it.
///
/// # Errors
/// Of the database.
pub fn last_stay(tx: &mut ReadTx<'_>, session: SessionId, person: PersonId) -> Result<Option<Stay>, DbError> {
    tx.first(
        sql!(
            "SELECT id, out_at, by_account, flags FROM check_in
             WHERE session_id = $1 AND person_id = $2 AND undone_at IS NULL ORDER BY in_at DESC, id DESC LIMIT 1"
        ),
        args![session, person],
    )
}

/// Places of a group that are only booked and about which phones agree.
///
/// # Errors
/// Of the database.
pub fn not_marked(
    tx: &mut ReadTx<'_>,
    session: SessionId,
    group: SessionGroupId,
) -> Result<Vec<SignUpId>, DbError> {
    let rows: Vec<(SignUpId,)> = tx.all(
        sql!(
            "SELECT u.id FROM session_group_member m JOIN sign_up u ON u.id = m.sign_up_id
             WHERE m.group_id = $2 AND u.session_id = $1 AND u.state = 'booked' AND NOT EXISTS (
                SELECT 1 FROM roll_line l WHERE l.sign_up_id = u.id AND l.state = 'conflict')
             ORDER BY u.id LIMIT 2000"
        ),
        args![session, group],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// All places of a group in a session.
///
/// # Errors
/// Of the database.
pub fn places(
    tx: &mut ReadTx<'_>,
    session: SessionId,
    group: SessionGroupId,
) -> Result<Vec<SignUpId>, DbError> {
    let rows: Vec<(SignUpId,)> = tx.all(
        sql!(
            "SELECT u.id FROM session_group_member m JOIN sign_up u ON u.id = m.sign_up_id
             WHERE m.group_id = $2 AND u.session_id = $1 AND u.state <> 'cancelled' ORDER BY u.id LIMIT 2000"
        ),
        args![session, group],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
