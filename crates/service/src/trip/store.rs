//! Questions about trips.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Action, Actor, Date, PersonId, Timestamp};

use super::rules::Seen;
use super::{Stage, TripRole};
use crate::activity::store::scoped;
use crate::sign_up::SignUpState;
use crate::{ActivityId, SessionId, SignUpId};

row! {
    /// Where and when people of a session meet.
    pub struct Trip {
        session: SessionId, meet_at: Timestamp, meet_place: String, return_at: Option<Timestamp>, wear: String,
        bring: String, all_back_at: Option<Timestamp>,
    }

    /// A trip that is not known to be over.
    pub struct Out {
        session: SessionId, title: String, ends_at: Timestamp, return_at: Option<Timestamp>,
    }

    /// Somebody who may be on the way.
    pub struct Walker {
        sign_up: SignUpId, person: PersonId, name: String, volunteer_no: String, birth_on: Option<Date>,
        state: SignUpState, assembly: bool, arrival: bool, back: bool,
    }

    /// A count of heads.
    pub struct Heads { stage: Stage, heads: i64, at: Timestamp, by: String }

    /// Who looks after what.
    pub struct Duty { session: SessionId, role: TripRole, sign_up: SignUpId, name: String }
}

impl Walker {
    /// For the rules.
    #[must_use]
    pub fn seen(&self) -> Seen {
        Seen {
            assembly: self.assembly,
            arrival: self.arrival,
            back: self.back,
            attended: self.state == SignUpState::Attended,
            absent: self.state == SignUpState::Absent,
        }
    }
}

/// The trip of a session.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Option<Trip>, DbError> {
    tx.first(
        sql!(
            "SELECT session_id, meet_at, meet_place, return_at, wear, bring, all_back_at FROM trip WHERE session_id = $1"
        ),
        args![session],
    )
}

/// The trips of an activity.
///
/// # Errors
/// Of the database.
pub fn of_activity(tx: &mut ReadTx<'_>, activity: ActivityId) -> Result<Vec<Trip>, DbError> {
    tx.all(
        sql!(
            "SELECT t.session_id, t.meet_at, t.meet_place, t.return_at, t.wear, t.bring, t.all_back_at
             FROM session s JOIN trip t ON t.session_id = s.id
             WHERE s.activity_id = $1 ORDER BY s.starts_at, s.id LIMIT 400"
        ),
        args![activity],
    )
}

/// Everybody who holds or held a place in a session, by name, with where they were counted.
///
/// # Errors
/// Of the database.
pub fn walkers(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<Walker>, DbError> {
    tx.all(
        sql!(
            "SELECT u.id, p.id, p.name, p.volunteer_no, p.birth_on, u.state,
                EXISTS (SELECT 1 FROM trip_seen n WHERE n.session_id = u.session_id AND n.stage = 'assembly'
                    AND n.sign_up_id = u.id),
                EXISTS (SELECT 1 FROM trip_seen n WHERE n.session_id = u.session_id AND n.stage = 'arrival'
                    AND n.sign_up_id = u.id),
                EXISTS (SELECT 1 FROM trip_seen n WHERE n.session_id = u.session_id AND n.stage = 'return'
                    AND n.sign_up_id = u.id)
             FROM sign_up u JOIN person p ON p.id = u.person_id
             WHERE u.session_id = $1 AND u.state <> 'cancelled' ORDER BY p.name_key, u.id LIMIT 2000"
        ),
        args![session],
    )
}

/// The counts of a session.
///
/// # Errors
/// Of the database.
pub fn counts(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<Heads>, DbError> {
    tx.all(
        sql!(
            "SELECT n.stage, n.heads, n.at, c.name FROM trip_count n JOIN account c ON c.id = n.account_id
             WHERE n.session_id = $1 ORDER BY n.at, n.stage"
        ),
        args![session],
    )
}

/// Who looks after what in a session.
///
/// # Errors
/// Of the database.
pub fn duties(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<Duty>, DbError> {
    tx.all(
        sql!(
            "SELECT r.session_id, r.role, r.sign_up_id, p.name
             FROM trip_role r JOIN sign_up u ON u.id = r.sign_up_id JOIN person p ON p.id = u.person_id
             WHERE r.session_id = $1 AND u.state <> 'cancelled' ORDER BY r.role, p.name_key, u.id LIMIT 200"
        ),
        args![session],
    )
}

/// What a person looks after in sessions that are not over.
///
/// # Errors
/// Of the database.
pub fn own_duties(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<Duty>, DbError> {
    let since = Timestamp(tx.now().0 - kernel::time::DAY_MS);
    tx.all(
        sql!(
            "SELECT r.session_id, r.role, r.sign_up_id, ''
             FROM sign_up u JOIN trip_role r ON r.sign_up_id = u.id
             WHERE u.person_id = $1 AND u.starts_at > $2 AND u.state IN ('booked', 'attended')
             ORDER BY u.starts_at, u.id, r.role LIMIT 50"
        ),
        args![person, since],
    )
}

/// Trips that should be over and are not known to be, where the actor takes rolls; those of the last week.
///
/// # Errors
/// Of the database.
pub fn out(tx: &mut ReadTx<'_>, actor: &Actor, limit: i64) -> Result<Vec<Out>, DbError> {
    let now = tx.now();
    let since = Timestamp(now.0 - 7 * kernel::time::DAY_MS);
    let mut list = Query::new(
        "SELECT s.id, a.title, s.ends_at, t.return_at
         FROM session s JOIN trip t ON t.session_id = s.id JOIN activity a ON a.id = s.activity_id
            JOIN org o ON o.id = a.org_id
         WHERE s.state IN ('open', 'closed', 'submitted', 'recorded') AND t.all_back_at IS NULL AND s.taken > 0",
    );
    list.with(
        "AND s.starts_at > {} AND s.ends_at <= {} AND COALESCE(t.return_at, s.ends_at) <= {}",
        &[&since, &now, &now],
    );
    scoped(&mut list, actor, Action::Attendance);
    list.with("ORDER BY s.starts_at, s.id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// Sessions of an activity that are ahead, besides one: their starts and ends.
///
/// # Errors
/// Of the database.
pub fn others_ahead(
    tx: &mut ReadTx<'_>,
    activity: ActivityId,
    except: SessionId,
) -> Result<Vec<(SessionId, Timestamp, Timestamp)>, DbError> {
    let now = tx.now();
    tx.all(
        sql!(
            "SELECT id, starts_at, ends_at FROM session
             WHERE activity_id = $1 AND id <> $2 AND state IN ('draft', 'open') AND starts_at > $3
             ORDER BY id LIMIT 400"
        ),
        args![activity, except, now],
    )
}

/// Who holds a place in a session.
///
/// # Errors
/// Of the database.
pub fn booked(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<PersonId>, DbError> {
    let rows: Vec<(PersonId,)> = tx.all(
        sql!(
            "SELECT person_id FROM sign_up WHERE session_id = $1 AND state = 'booked' ORDER BY id LIMIT 5000"
        ),
        args![session],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Writes where and when people meet.
///
/// # Errors
/// Of the database.
pub fn put(tx: &mut WriteTx<'_>, trip: &Trip) -> Result<(), DbError> {
    tx.exec_one(
        sql!(
            "INSERT INTO trip (session_id, meet_at, meet_place, return_at, wear, bring) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (session_id) DO UPDATE SET meet_at = $2, meet_place = $3, return_at = $4, wear = $5, bring = $6"
        ),
        args![trip.session, trip.meet_at, trip.meet_place, trip.return_at, trip.wear, trip.bring],
    )
}

/// Takes a trip away with all that hangs on it.
///
/// # Errors
/// Of the database.
pub fn remove(tx: &mut WriteTx<'_>, session: SessionId) -> Result<(), DbError> {
    for statement in [
        sql!("DELETE FROM trip_role WHERE session_id = $1"),
        sql!("DELETE FROM trip_seen WHERE session_id = $1"),
        sql!("DELETE FROM trip_count WHERE session_id = $1"),
        sql!("DELETE FROM trip WHERE session_id = $1"),
    ] {
        tx.exec(statement, args![session])?;
    }
    Ok(())
}

/// A session moved: people meet and return as much earlier or later. In milliseconds.
///
/// # Errors
/// Of the database.
pub fn moved(tx: &mut WriteTx<'_>, session: SessionId, start: i64, end: i64) -> Result<(), DbError> {
    tx.exec(
        sql!("UPDATE trip SET meet_at = meet_at + $2, return_at = return_at + $3 WHERE session_id = $1"),
        args![session, start, end],
    )?;
    Ok(())
}

/// The calendars of those who hold a place have another entry.
///
/// # Errors
/// Of the database.
pub fn touch(tx: &mut WriteTx<'_>, session: SessionId) -> Result<(), DbError> {
    tx.exec_one(sql!("UPDATE session SET version = version + 1 WHERE id = $1"), args![session])
}

/// Gives somebody something to look after. Doing it twice changes nothing.
///
/// # Errors
/// Of the database.
pub fn duty_put(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    role: TripRole,
    sign_up: SignUpId,
) -> Result<bool, DbError> {
    let done = tx.exec(
        sql!(
            "INSERT INTO trip_role (session_id, role, sign_up_id) VALUES ($1, $2, $3)
             ON CONFLICT (session_id, role, sign_up_id) DO NOTHING"
        ),
        args![session, role, sign_up],
    )?;
    Ok(done == 1)
}

/// Takes it away again.
///
/// # Errors
/// Of the database.
pub fn duty_take(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    role: TripRole,
    sign_up: SignUpId,
) -> Result<(), DbError> {
    tx.exec(
        sql!("DELETE FROM trip_role WHERE session_id = $1 AND role = $2 AND sign_up_id = $3"),
        args![session, role, sign_up],
    )?;
    Ok(())
}

/// Writes a count: how many heads, and who was seen. An earlier one of the same stage is replaced.
///
/// # Errors
/// Of the database.
pub fn count_put(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    stage: Stage,
    heads: i64,
    seen: &[SignUpId],
    by: AccountId,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO trip_count (session_id, stage, heads, at, account_id) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (session_id, stage) DO UPDATE SET heads = $3, at = $4, account_id = $5"
        ),
        args![session, stage, heads, now, by],
    )?;
    tx.exec(sql!("DELETE FROM trip_seen WHERE session_id = $1 AND stage = $2"), args![session, stage])?;
    for chunk in seen.chunks(300) {
        let mut query = Query::new("INSERT INTO trip_seen (session_id, stage, sign_up_id) VALUES");
        for (at, one) in chunk.iter().enumerate() {
            if at > 0 {
                query.push(",");
            }
            query.with("({}, {}, {})", &[&session, &stage, one]);
        }
        tx.exec_query(&query)?;
    }
    Ok(())
}

/// Says that all are back, or takes it back; `false` when that was said already.
///
/// # Errors
/// Of the database.
pub fn back_put(tx: &mut WriteTx<'_>, session: SessionId, by: Option<AccountId>) -> Result<bool, DbError> {
    let now = tx.now();
    let done = match by {
        Some(by) => tx.exec(
            sql!("UPDATE trip SET all_back_at = $2, all_back_by = $3 WHERE session_id = $1 AND all_back_at IS NULL"),
            args![session, now, by],
        )?,
        None => tx.exec(
            sql!(
                "UPDATE trip SET all_back_at = NULL, all_back_by = NULL
                 WHERE session_id = $1 AND all_back_at IS NOT NULL"
            ),
            args![session],
        )?,
    };
    Ok(done == 1)
}
