//! Questions about absences.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Action, Actor, PersonId, Timestamp};

use super::AbsenceState;
use crate::sign_up::store::YEAR_MS;
use crate::{ActivityId, SessionId, SignUpId};

row! {
    /// An absence with what is shown of it.
    pub struct Absence {
        id: SignUpId, session: SessionId, person: PersonId, at: Timestamp, state: AbsenceState,
        explanation: String, explained_at: Option<Timestamp>, reply: String, title: String, activity_id: ActivityId,
        name: String, area_path: String, sponsor_path: String, absent: bool,
    }

    /// A line of the leader's list.
    pub struct Line {
        id: SignUpId, name: String, volunteer_no: String, state: AbsenceState, explanation: String, reply: String,
        count: i64,
    }

    /// Own absence.
    pub struct Mine {
        id: SignUpId, at: Timestamp, state: AbsenceState, title: String, reply: String,
    }
}

/// Notes those who held a place they took themselves and did not come. Who had looked for a stand-in, or whose session
/// was moved after they signed up (Edge-20), is excused from the start. Each once, however often a roll is submitted.
///
/// # Errors
/// Of the database.
pub fn note_all(
    tx: &mut WriteTx<'_>,
    session: SessionId,
) -> Result<Vec<(SignUpId, PersonId, AbsenceState)>, DbError> {
    tx.all(
        sql!(
            "INSERT INTO absence (sign_up_id, session_id, person_id, at, state)
             SELECT u.id, u.session_id, u.person_id, u.starts_at,
                CASE WHEN EXISTS (SELECT 1 FROM hand_over h WHERE h.sign_up_id = u.id AND h.state <> 'withdrawn')
                    OR EXISTS (SELECT 1 FROM session_change c WHERE c.session_id = u.session_id AND c.at > u.created_at)
                    THEN 'excused' ELSE 'open' END
             FROM sign_up u WHERE u.session_id = $1 AND u.state = 'absent' AND u.source = 'self'
                AND u.participant = 'volunteer'
                AND NOT EXISTS (SELECT 1 FROM absence b WHERE b.sign_up_id = u.id)
             RETURNING sign_up_id, person_id, state"
        ),
        args![session],
    )
}

/// How often each of those absent from a session was absent in the last twelve months, and when last.
///
/// # Errors
/// Of the database.
pub fn counts_of(
    tx: &mut ReadTx<'_>,
    session: SessionId,
) -> Result<Vec<(PersonId, i64, Option<Timestamp>)>, DbError> {
    let year = Timestamp(tx.now().0 - YEAR_MS);
    tx.all(
        sql!(
            "SELECT b.person_id, count(*), max(b.at) FROM absence b JOIN sign_up c ON c.id = b.sign_up_id
             WHERE b.person_id IN (SELECT d.person_id FROM absence d WHERE d.session_id = $1)
                AND b.at > $2 AND b.state <> 'excused' AND c.state = 'absent'
             GROUP BY b.person_id ORDER BY b.person_id"
        ),
        args![session, year],
    )
}

/// An absence.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: SignUpId) -> Result<Option<Absence>, DbError> {
    tx.first(
        sql!(
            "SELECT b.sign_up_id, b.session_id, b.person_id, b.at, b.state, b.explanation, b.explained_at, b.reply,
                a.title, a.id, p.name, o.area_path, o.sponsor_path, c.state = 'absent'
             FROM absence b JOIN sign_up c ON c.id = b.sign_up_id JOIN session s ON s.id = b.session_id
                JOIN activity a ON a.id = s.activity_id JOIN org o ON o.id = a.org_id
                JOIN person p ON p.id = b.person_id
             WHERE b.sign_up_id = $1"
        ),
        args![id],
    )
}

/// Who was absent from a session, with how often in the last twelve months.
///
/// # Errors
/// Of the database.
pub fn of_session(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<Line>, DbError> {
    let year = Timestamp(tx.now().0 - YEAR_MS);
    tx.all(
        sql!(concat!(
            "SELECT b.sign_up_id, p.name, p.volunteer_no, b.state, b.explanation, b.reply,
                (SELECT count(*) FROM absence d JOIN sign_up e ON e.id = d.sign_up_id WHERE d.person_id = b.person_id
                    AND d.at > $2 AND d.state <> 'excused' AND e.state = 'absent')
             FROM absence b JOIN sign_up c ON c.id = b.sign_up_id JOIN person p ON p.id = b.person_id
             WHERE b.session_id = $1 AND c.state = 'absent' AND ",
            people::person_shown!(),
            " ORDER BY b.sign_up_id LIMIT 500"
        )),
        args![session, year],
    )
}

/// The person's absences since a moment, latest first.
///
/// # Errors
/// Of the database.
pub fn of_person(tx: &mut ReadTx<'_>, person: PersonId, since: Timestamp) -> Result<Vec<Mine>, DbError> {
    tx.all(
        sql!(
            "SELECT b.sign_up_id, b.at, b.state, a.title, b.reply FROM absence b
                JOIN sign_up c ON c.id = b.sign_up_id JOIN session s ON s.id = b.session_id
                JOIN activity a ON a.id = s.activity_id
             WHERE b.person_id = $1 AND b.at > $2 AND c.state = 'absent' ORDER BY b.at DESC, b.sign_up_id DESC LIMIT 50"
        ),
        args![person, since],
    )
}

/// Explanations that wait for the actor: id, name, title, since when.
///
/// # Errors
/// Of the database.
pub fn explained_to(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    limit: i64,
) -> Result<Vec<(SignUpId, String, String, Timestamp)>, DbError> {
    let mut list = Query::new(
        "SELECT b.sign_up_id, p.name, a.title, b.explained_at FROM absence b JOIN session s ON s.id = b.session_id
            JOIN activity a ON a.id = s.activity_id JOIN org o ON o.id = a.org_id
            JOIN person p ON p.id = b.person_id WHERE b.state = 'explained'",
    );
    crate::activity::store::scoped(&mut list, actor, Action::Attendance);
    list.with("ORDER BY b.session_id, b.sign_up_id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// Writes what the person says; `false` when it was decided meanwhile.
///
/// # Errors
/// Of the database.
pub fn explain(tx: &mut WriteTx<'_>, id: SignUpId, text: &str) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE absence SET state = 'explained', explanation = $2, explained_at = $3
             WHERE sign_up_id = $1 AND state IN ('open', 'explained')"
        ),
        args![id, text, now],
    )?;
    Ok(touched == 1)
}

/// Writes the leader's answer; `false` when it stands so already.
///
/// # Errors
/// Of the database.
pub fn decide(
    tx: &mut WriteTx<'_>,
    id: SignUpId,
    to: AbsenceState,
    reply: &str,
    by: Option<AccountId>,
) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE absence SET state = $2, reply = $3, decided_at = $4, decided_by = $5
             WHERE sign_up_id = $1 AND state <> $2 AND state <> 'excused'"
        ),
        args![id, to, reply, now, by],
    )?;
    Ok(touched == 1)
}

/// Takes explanations that nobody answered as accepted; whose they were.
///
/// # Errors
/// Of the database.
pub fn accept_before(tx: &mut WriteTx<'_>, before: Timestamp) -> Result<Vec<SignUpId>, DbError> {
    let now = tx.now();
    let rows: Vec<(SignUpId,)> = tx.all(
        sql!(
            "UPDATE absence SET state = 'excused', decided_at = $2
             WHERE state = 'explained' AND explained_at < $1 RETURNING sign_up_id"
        ),
        args![before, now],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
