//! Questions about sign-ups.

use db::{DbError, FromRow as _, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Date, Error, OrgId, PersonId, Timestamp};

use people::guardian::Guard;
use people::person::PersonState;

use super::limits::Limits;
use super::{LateReason, SignUpState, Source};
use crate::activity::{ActivityState, Entry, Participant, SessionState};
use crate::{ActivityId, PostId, SessionId, SignUpId};

/// Absences count for so long, in milliseconds.
pub const YEAR_MS: i64 = 365 * kernel::time::DAY_MS;

row! {
    /// What decides about a sign-up: the facts of session, activity and team in one row.
    pub struct Gate {
        session: SessionId, activity: ActivityId, starts_at: Timestamp, ends_at: Timestamp,
        sign_up_until: Timestamp, quota: i64, taken: i64, state: SessionState,
        activity_state: ActivityState, title: String, place_public: String, team: OrgId, team_name: String,
        walk_in: bool, members_only: bool, min_age: i64, asks_ability: bool,
        area_path: String, sponsor_path: String, entry: Entry, hazard: bool, reserved_until: Timestamp,
    }

    /// Another sign-up of the same person at about the same time.
    pub struct Other { session: SessionId, title: String, starts_at: Timestamp, ends_at: Timestamp }

    /// A post, whether the person has the skill it asks for, and whether it asks for a qualification.
    pub struct PostGate {
        name: String, quota: i64, taken: i64, skill: Option<String>, has_skill: bool, asks_qualification: bool,
    }

    /// A sign-up as it is stored.
    pub struct SignUp {
        id: SignUpId, session: SessionId, post: Option<PostId>, person: PersonId, team: OrgId,
        participant: Participant, state: SignUpState, starts_at: Timestamp, ends_at: Timestamp, source: Source,
    }

    /// Somebody's own sign-up for a session of an activity.
    pub struct Own {
        session: SessionId, state: SignUpState, post: Option<PostId>, team_name: String, created_at: Timestamp,
    }

    /// A session of somebody's schedule.
    pub struct Mine {
        id: SignUpId, session: SessionId, activity_id: ActivityId, title: String, org_name: String,
        place_public: String, place_exact: String, place_private: bool, contact_name: String,
        contact_phone: String, starts_at: Timestamp, ends_at: Timestamp, state: SignUpState,
        session_state: SessionState, post_name: Option<String>, cancel_reason: String, created_at: Timestamp,
        meet_at: Option<Timestamp>, meet_place: Option<String>, wear: Option<String>, bring: Option<String>,
        group_no: Option<i64>, group_name: Option<String>, group_place: Option<String>,
        group_leader: Option<SignUpId>,
    }

    /// A line of the leader's list.
    pub struct Line {
        id: SignUpId, person: PersonId, name: String, volunteer_no: String, team_name: String,
        post_name: Option<String>, participant: Participant, state: SignUpState, source: Source,
        created_at: Timestamp, cancel_reason: String, late: Option<LateReason>,
        late_count: i64,
    }
}

macro_rules! gate_columns {
    () => {
        "SELECT s.id, a.id, s.starts_at, s.ends_at, s.sign_up_until, s.quota, s.taken, s.state, a.state, a.title,
            a.place_public, a.org_id, o.name, a.walk_in, a.members_only, a.min_age,
            EXISTS (SELECT 1 FROM activity_skill k WHERE k.activity_id = a.id)
                OR EXISTS (SELECT 1 FROM activity_qualification r WHERE r.activity_id = a.id),
            o.area_path, o.sponsor_path, a.entry,
            a.hazard_level <> 'none', s.reserved_until"
    };
}

impl Mine {
    /// What their group is called and where it meets, and whether they lead it.
    #[must_use]
    pub fn group(&self, lang: kernel::Lang) -> Option<(String, bool)> {
        let (no, name) = (self.group_no?, self.group_name.as_deref()?);
        let mut text = crate::group::shown(no, name, lang);
        if let Some(place) = self.group_place.as_deref().filter(|place| !place.is_empty()) {
            text = format!("{text} · {place}");
        }
        Some((text, self.group_leader == Some(self.id)))
    }

    /// When and where people meet before it, if they do.
    #[must_use]
    pub fn meet(&self, lang: kernel::Lang) -> Option<crate::trip::MeetView> {
        let (at, place) = (self.meet_at?, self.meet_place.as_deref()?);
        let things = (self.wear.as_deref().unwrap_or_default(), self.bring.as_deref().unwrap_or_default());
        Some(crate::trip::MeetView::from((at, self.starts_at), place, things, lang))
    }
}

/// The facts of a session.
///
/// # Errors
/// Of the database.
pub fn gate(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Option<Gate>, DbError> {
    tx.first(
        sql!(concat!(
            gate_columns!(),
            " FROM session s JOIN activity a ON a.id = s.activity_id JOIN org o ON o.id = a.org_id WHERE s.id = $1"
        )),
        args![session],
    )
}

/// Who wants a place.
#[derive(Debug)]
pub struct Asker {
    /// The person's state.
    pub state: PersonState,
    /// The birth date.
    pub birth_on: Option<Date>,
    /// The home community.
    pub home_org: OrgId,
    /// How many other sign-ups [`others`] would find on the same local days and as far beyond as the longest rest.
    pub near: i64,
    /// The rules of the city.
    pub limits: Limits,
    /// Whether the person is invited to the activity.
    pub invited: bool,
    /// How often the person was absent without notice in the last twelve months, and when last.
    pub absent: (i64, Option<Timestamp>),
    /// Where the guardian's consent stands (Fix-07).
    pub guard: Guard,
    /// The guardian holds a place too; asked only where somebody is or was looked after.
    pub accompanied: bool,
}

/// The facts of a session and of who wants a place in it, in one question: nothing else has to be asked of most
/// sign-ups.
///
/// # Errors
/// Of the database.
pub fn gate_for(
    tx: &mut ReadTx<'_>,
    session: SessionId,
    person: PersonId,
) -> Result<Option<(Gate, Asker)>, DbError> {
    let year = Timestamp(tx.now().0 - YEAR_MS);
    let (mut found, mut absent) = (None, false);
    tx.each(
        sql!(concat!(
            gate_columns!(),
            ", p.state, p.birth_on, p.home_org,
                (SELECT count(*) FROM sign_up u WHERE u.person_id = p.id
                    AND u.starts_at < (s.ends_at + 28799999) / 86400000 * 86400000 + 72000000
                    AND u.starts_at > (s.starts_at + 28800000) / 86400000 * 86400000 - 129600000
                    AND u.ends_at > (s.starts_at + 28800000) / 86400000 * 86400000 - 43200000
                    AND u.state IN ('booked', 'attended')),
                (SELECT g.value FROM setting g WHERE g.name = 'service.sign_up'),
                EXISTS (SELECT 1 FROM absence b WHERE b.person_id = p.id AND b.at > $3), p.guard
             FROM session s JOIN activity a ON a.id = s.activity_id JOIN org o ON o.id = a.org_id
                CROSS JOIN person p
             WHERE s.id = $1 AND p.id = $2 AND ",
            people::person_shown!()
        )),
        args![session, person, year],
        |row| {
            let asker = Asker {
                state: row.get(22)?,
                birth_on: row.get(23)?,
                home_org: row.get(24)?,
                near: row.get(25)?,
                limits: Limits::read(row.get::<Option<String>>(26)?.as_deref()),
                guard: row.get(28)?,
                invited: false,
                absent: (0, None),
                accompanied: false,
            };
            absent = row.get(27)?;
            found = Some((Gate::from_row(row)?, asker));
            Ok(())
        },
    )?;
    if let Some((gate, asker)) = &mut found
        && (gate.entry != Entry::Open || absent || asker.guard != Guard::None)
    {
        particulars(tx, gate, person, asker)?;
    }
    Ok(found)
}

/// What only few sign-ups ask about: invitations, absences, and a guardian who comes along.
fn particulars(tx: &mut ReadTx<'_>, gate: &Gate, person: PersonId, asker: &mut Asker) -> Result<(), DbError> {
    let now = tx.now();
    let year = Timestamp(now.0 - YEAR_MS);
    (asker.invited, asker.absent.0, asker.absent.1, asker.accompanied) = tx.one(
        sql!(
            "SELECT EXISTS (SELECT 1 FROM invitation i WHERE i.activity_id = $1 AND i.person_id = $2
                    AND i.state = 'open' AND i.expires_at > $3),
                (SELECT count(*) FROM absence b JOIN sign_up c ON c.id = b.sign_up_id WHERE b.person_id = $2
                    AND b.at > $4 AND b.state <> 'excused' AND c.state = 'absent'),
                (SELECT max(b.at) FROM absence b JOIN sign_up c ON c.id = b.sign_up_id WHERE b.person_id = $2
                    AND b.at > $4 AND b.state <> 'excused' AND c.state = 'absent'),
                EXISTS (SELECT 1 FROM guardian g JOIN sign_up w ON w.person_id = g.guardian_id
                    WHERE g.minor_id = $2 AND g.state IN ('asked', 'given', 'withdrawn') AND w.session_id = $5
                        AND w.state IN ('booked', 'attended'))"
        ),
        args![gate.activity, person, now, year, gate.session],
    )?;
    Ok(())
}

/// The person's active sign-ups that touch the half-open range; sessions last 24 hours at most, which
/// bounds the range of the index.
///
/// # Errors
/// Of the database.
pub fn others(
    tx: &mut ReadTx<'_>,
    person: PersonId,
    starts_at: Timestamp,
    ends_at: Timestamp,
) -> Result<Vec<Other>, DbError> {
    let earliest = Timestamp(starts_at.0 - kernel::time::DAY_MS);
    tx.all(
        sql!(
            "SELECT u.session_id, a.title, u.starts_at, u.ends_at
             FROM sign_up u JOIN session s ON s.id = u.session_id JOIN activity a ON a.id = s.activity_id
             WHERE u.person_id = $1 AND u.starts_at < $2 AND u.starts_at > $3 AND u.ends_at > $4
                AND u.state IN ('booked', 'attended')
             ORDER BY u.starts_at, u.id LIMIT 20"
        ),
        args![person, ends_at, earliest, starts_at],
    )
}

/// Of which of two teams the person is a member.
///
/// # Errors
/// Of the database.
pub fn member_of(
    tx: &mut ReadTx<'_>,
    person: PersonId,
    one: OrgId,
    two: OrgId,
) -> Result<Vec<OrgId>, DbError> {
    let rows: Vec<(OrgId,)> = tx.all(
        sql!(
            "SELECT org_id FROM member WHERE person_id = $1 AND state = 'member' AND org_id IN ($2, $3)
             ORDER BY org_id, id"
        ),
        args![person, one, two],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The skills an activity asks for that the person has not.
///
/// # Errors
/// Of the database.
pub fn missing_skills(
    tx: &mut ReadTx<'_>,
    activity: ActivityId,
    person: PersonId,
) -> Result<Vec<String>, DbError> {
    let rows: Vec<(String,)> = tx.all(
        sql!(
            "SELECT k.skill FROM activity_skill k WHERE k.activity_id = $1 AND NOT EXISTS
                (SELECT 1 FROM person_skill h WHERE h.person_id = $2 AND h.skill = k.skill) ORDER BY k.skill"
        ),
        args![activity, person],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// A post of the session.
///
/// # Errors
/// Of the database.
pub fn post_gate(
    tx: &mut ReadTx<'_>,
    session: SessionId,
    post: PostId,
    person: PersonId,
) -> Result<Option<PostGate>, DbError> {
    tx.first(
        sql!(
            "SELECT p.name, p.quota, p.taken, p.skill,
                EXISTS (SELECT 1 FROM person_skill h WHERE h.person_id = $3 AND h.skill = p.skill),
                p.qualification IS NOT NULL
             FROM post p WHERE p.id = $1 AND p.session_id = $2"
        ),
        args![post, session, person],
    )
}

/// Takes a place, if there is one, and asks `ask` in the same breath. The rule stands in the statement: nobody can be
/// the 501st. From then on the session is held, so what `ask` reads of it stays true until the commit; the place just
/// taken is counted in it.
///
/// # Errors
/// Of the database, or of `ask`.
pub fn take_place<R>(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    ask: impl FnOnce(&mut WriteTx<'_>) -> Result<R, Error>,
) -> Result<(bool, R), Error> {
    let (touched, answer) = tx.exec_and(take(), args![session], ask)?;
    Ok((touched == 1, answer))
}

/// Takes a place, if there is one, of a session that the caller holds.
///
/// # Errors
/// Of the database.
pub fn take_held(tx: &mut WriteTx<'_>, session: SessionId) -> Result<bool, DbError> {
    Ok(tx.exec(take(), args![session])? == 1)
}

/// One more place taken, if there is one.
fn take() -> &'static db::Sql {
    sql!("UPDATE session SET taken = taken + 1 WHERE id = $1 AND taken < quota AND state = 'open'")
}

/// Takes a place at a post, if there is one.
///
/// # Errors
/// Of the database.
pub fn take_post(tx: &mut WriteTx<'_>, post: PostId) -> Result<bool, DbError> {
    let taken =
        tx.exec(sql!("UPDATE post SET taken = taken + 1 WHERE id = $1 AND taken < quota"), args![post])?;
    Ok(taken == 1)
}

/// Gives a place back; `false` when the session was cancelled meanwhile, which has emptied it.
///
/// # Errors
/// Of the database.
pub fn free_place(tx: &mut WriteTx<'_>, session: SessionId, post: Option<PostId>) -> Result<bool, DbError> {
    let touched = tx.exec(
        sql!("UPDATE session SET taken = taken - 1 WHERE id = $1 AND taken > 0 AND state <> 'cancelled'"),
        args![session],
    )?;
    if touched == 1
        && let Some(post) = post
    {
        tx.exec_one(sql!("UPDATE post SET taken = taken - 1 WHERE id = $1 AND taken > 0"), args![post])?;
    }
    Ok(touched == 1)
}

/// Gives a place at a post back, while the place in the session is kept for somebody else.
///
/// # Errors
/// Of the database.
pub fn free_post(tx: &mut WriteTx<'_>, post: PostId) -> Result<(), DbError> {
    tx.exec(sql!("UPDATE post SET taken = taken - 1 WHERE id = $1 AND taken > 0"), args![post])?;
    Ok(())
}

/// Writes a new sign-up.
///
/// # Errors
/// Of the database. That the person holds no place in this session is known by then: the overlap with it was
/// looked for behind the person's lock; so nobody has to wait for this write alone.
pub fn insert(tx: &mut WriteTx<'_>, one: &SignUp) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_later(
        sql!(
            "INSERT INTO sign_up (id, session_id, post_id, person_id, team_id, participant, state, starts_at,
                ends_at, source, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        ),
        args![
            one.id,
            one.session,
            one.post,
            one.person,
            one.team,
            one.participant,
            one.state,
            one.starts_at,
            one.ends_at,
            one.source,
            now
        ],
    )
}

/// The person's sign-up for a session that was not cancelled.
///
/// # Errors
/// Of the database.
pub fn active(tx: &mut ReadTx<'_>, session: SessionId, person: PersonId) -> Result<Option<SignUp>, DbError> {
    tx.first(
        sql!(
            "SELECT id, session_id, post_id, person_id, team_id, participant, state, starts_at, ends_at, source
             FROM sign_up WHERE session_id = $1 AND person_id = $2 AND state <> 'cancelled'"
        ),
        args![session, person],
    )
}

/// A sign-up.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: SignUpId) -> Result<Option<SignUp>, DbError> {
    tx.first(
        sql!(
            "SELECT id, session_id, post_id, person_id, team_id, participant, state, starts_at, ends_at, source
             FROM sign_up WHERE id = $1"
        ),
        args![id],
    )
}

/// Marks a booked sign-up as cancelled.
///
/// # Errors
/// Of the database; `Inconsistent` when it is not booked any more.
pub fn mark_cancelled(tx: &mut WriteTx<'_>, id: SignUpId, reason: &str) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "UPDATE sign_up SET state = 'cancelled', cancelled_at = $2, cancel_reason = $3
             WHERE id = $1 AND state = 'booked'"
        ),
        args![id, now, reason],
    )
}

/// The person's sign-up for a session that was not cancelled, with what cancelling it asks: when it was made, and the
/// rules of the city.
///
/// # Errors
/// Of the database.
pub fn active_to_cancel(
    tx: &mut ReadTx<'_>,
    session: SessionId,
    person: PersonId,
) -> Result<Option<(SignUp, Timestamp, Limits)>, DbError> {
    let mut found = None;
    tx.each(
        sql!(
            "SELECT u.id, u.session_id, u.post_id, u.person_id, u.team_id, u.participant, u.state, u.starts_at,
                u.ends_at, u.source, u.created_at,
                (SELECT g.value FROM setting g WHERE g.name = 'service.sign_up')
             FROM sign_up u WHERE u.session_id = $1 AND u.person_id = $2 AND u.state <> 'cancelled'"
        ),
        args![session, person],
        |row| {
            let limits = Limits::read(row.get::<Option<String>>(11)?.as_deref());
            found = Some((SignUp::from_row(row)?, row.get(10)?, limits));
            Ok(())
        },
    )?;
    Ok(found)
}

/// Notes something about a sign-up.
///
/// # Errors
/// Of the database.
pub fn note(
    tx: &mut WriteTx<'_>,
    id: SignUpId,
    kind: &str,
    reason: &str,
    person: PersonId,
    by: Option<AccountId>,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO sign_up_note (sign_up_id, kind, reason, at, account_id, person_id)
             VALUES ($1, $2, $3, $4, $5, $6)"
        ),
        args![id, kind, reason, now, by, person],
    )
}

/// Who is told of what happens in a session: the one who leads it, and the name of the one it is about.
///
/// # Errors
/// Of the database.
pub fn leader_and_name(
    tx: &mut ReadTx<'_>,
    session: SessionId,
    person: PersonId,
) -> Result<(Option<PersonId>, String), DbError> {
    tx.one(
        sql!(
            "SELECT a.leader_id, p.name FROM session s JOIN activity a ON a.id = s.activity_id CROSS JOIN person p
             WHERE s.id = $1 AND p.id = $2"
        ),
        args![session, person],
    )
}

/// Cancels all booked sign-ups of a session; who they were.
///
/// # Errors
/// Of the database.
pub fn cancel_all(tx: &mut WriteTx<'_>, session: SessionId, reason: &str) -> Result<Vec<PersonId>, DbError> {
    let now = tx.now();
    let rows: Vec<(PersonId,)> = tx.all(
        sql!(
            "UPDATE sign_up SET state = 'cancelled', cancelled_at = $2, cancel_reason = $3
             WHERE session_id = $1 AND state = 'booked' RETURNING person_id"
        ),
        args![session, now, reason],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Changes as what somebody takes part.
///
/// # Errors
/// Of the database.
pub fn set_participant(tx: &mut WriteTx<'_>, id: SignUpId, as_what: Participant) -> Result<(), DbError> {
    tx.exec_one(
        sql!("UPDATE sign_up SET participant = $2 WHERE id = $1 AND state <> 'cancelled'"),
        args![id, as_what],
    )
}

/// The person's places among sessions that start in a closed range: for marking the rows of a list.
///
/// # Errors
/// Of the database.
pub fn marks(
    tx: &mut ReadTx<'_>,
    person: PersonId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<SessionId>, DbError> {
    let rows: Vec<(SessionId,)> = tx.all(
        sql!(
            "SELECT session_id FROM sign_up WHERE person_id = $1 AND starts_at >= $2 AND starts_at <= $3
                AND state IN ('booked', 'attended') ORDER BY starts_at, id LIMIT 200"
        ),
        args![person, from, to],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The person's sign-ups for one activity.
///
/// # Errors
/// Of the database.
pub fn for_activity(
    tx: &mut ReadTx<'_>,
    person: PersonId,
    activity: ActivityId,
) -> Result<Vec<Own>, DbError> {
    tx.all(
        sql!(
            "SELECT u.session_id, u.state, u.post_id, o.name, u.created_at
             FROM session s JOIN sign_up u ON u.session_id = s.id JOIN org o ON o.id = u.team_id
             WHERE s.activity_id = $1 AND u.person_id = $2 AND u.state <> 'cancelled' ORDER BY u.id LIMIT 400"
        ),
        args![activity, person],
    )
}

/// Places the person holds in sessions that start before `to` and have not ended at `from`.
///
/// # Errors
/// Of the database.
pub fn of_person_between(
    tx: &mut ReadTx<'_>,
    person: PersonId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Mine>, DbError> {
    let earliest = Timestamp(from.0 - kernel::time::DAY_MS);
    tx.all(
        sql!(
            "SELECT u.id, u.session_id, a.id, a.title, o.name, a.place_public, a.place_exact, a.place_private,
                a.contact_name, a.contact_phone, u.starts_at, u.ends_at, u.state, s.state, p.name, u.cancel_reason, u.created_at,
                t.meet_at, t.meet_place, t.wear, t.bring, g.no, g.name, g.place, g.leader_id
             FROM sign_up u JOIN session s ON s.id = u.session_id JOIN activity a ON a.id = s.activity_id
                JOIN org o ON o.id = a.org_id LEFT JOIN post p ON p.id = u.post_id
                LEFT JOIN trip t ON t.session_id = u.session_id
                LEFT JOIN session_group_member m ON m.sign_up_id = u.id LEFT JOIN session_group g ON g.id = m.group_id
             WHERE u.person_id = $1 AND u.starts_at > $2 AND u.starts_at < $3 AND u.ends_at > $4
                AND u.state IN ('booked', 'attended')
             ORDER BY u.starts_at, u.id LIMIT 50"
        ),
        args![person, earliest, to, from],
    )
}

/// The person's schedule ahead, soonest first; what the organiser cancelled is shown too.
///
/// # Errors
/// Of the database.
pub fn ahead(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<Mine>, DbError> {
    let now = tx.now();
    let earliest = Timestamp(now.0 - kernel::time::DAY_MS);
    tx.all(
        sql!(
            "SELECT u.id, u.session_id, a.id, a.title, o.name, a.place_public, a.place_exact, a.place_private,
                a.contact_name, a.contact_phone, u.starts_at, u.ends_at, u.state, s.state, p.name, u.cancel_reason, u.created_at,
                t.meet_at, t.meet_place, t.wear, t.bring, g.no, g.name, g.place, g.leader_id
             FROM sign_up u JOIN session s ON s.id = u.session_id JOIN activity a ON a.id = s.activity_id
                JOIN org o ON o.id = a.org_id LEFT JOIN post p ON p.id = u.post_id
                LEFT JOIN trip t ON t.session_id = u.session_id
                LEFT JOIN session_group_member m ON m.sign_up_id = u.id LEFT JOIN session_group g ON g.id = m.group_id
             WHERE u.person_id = $1 AND u.starts_at > $2 AND u.ends_at > $3
                AND (u.state <> 'cancelled' OR s.state = 'cancelled')
             ORDER BY u.starts_at, u.id LIMIT 100"
        ),
        args![person, earliest, now],
    )
}

/// The person's past, latest first, after a keyset.
///
/// # Errors
/// Of the database.
pub fn past(
    tx: &mut ReadTx<'_>,
    person: PersonId,
    before: Option<(i64, i64)>,
    limit: i64,
) -> Result<Vec<Mine>, DbError> {
    let now = tx.now();
    let (start, id) = before.unwrap_or((now.0, i64::MAX));
    tx.all(
        sql!(
            "SELECT u.id, u.session_id, a.id, a.title, o.name, a.place_public, a.place_exact, a.place_private,
                a.contact_name, a.contact_phone, u.starts_at, u.ends_at, u.state, s.state, p.name, u.cancel_reason, u.created_at,
                t.meet_at, t.meet_place, t.wear, t.bring, g.no, g.name, g.place, g.leader_id
             FROM sign_up u JOIN session s ON s.id = u.session_id JOIN activity a ON a.id = s.activity_id
                JOIN org o ON o.id = a.org_id LEFT JOIN post p ON p.id = u.post_id
                LEFT JOIN trip t ON t.session_id = u.session_id
                LEFT JOIN session_group_member m ON m.sign_up_id = u.id LEFT JOIN session_group g ON g.id = m.group_id
             WHERE u.person_id = $1 AND (u.starts_at, u.id) < ($2, $3) AND u.ends_at <= $4
             ORDER BY u.starts_at DESC, u.id DESC LIMIT $5"
        ),
        args![person, start, id, now, limit],
    )
}

/// Who signed up for a session, in order of signing up; cancelled ones last.
///
/// # Errors
/// Of the database.
pub fn of_session(
    tx: &mut ReadTx<'_>,
    session: SessionId,
    after: i64,
    limit: i64,
) -> Result<Vec<Line>, DbError> {
    let year = Timestamp(tx.now().0 - YEAR_MS);
    tx.all(
        sql!(concat!(
            "SELECT u.id, u.person_id, p.name, p.volunteer_no, o.name, t.name, u.participant, u.state, u.source,
                u.created_at, u.cancel_reason, n.reason,
                CASE WHEN n.reason IS NULL THEN CAST(0 AS BIGINT) ELSE (SELECT count(*) FROM sign_up_note c
                    WHERE c.person_id = u.person_id AND c.kind = 'late_cancel' AND c.at > $4) END
             FROM sign_up u JOIN person p ON p.id = u.person_id JOIN org o ON o.id = u.team_id
                LEFT JOIN post t ON t.id = u.post_id
                LEFT JOIN sign_up_note n ON n.sign_up_id = u.id AND n.kind = 'late_cancel'
             WHERE u.session_id = $1 AND u.id > $2 AND ",
            people::person_shown!(),
            " ORDER BY u.id LIMIT $3"
        )),
        args![session, after, limit, year],
    )
}

/// The person with a volunteer number.
///
/// # Errors
/// Of the database.
pub fn person_by_number(
    tx: &mut ReadTx<'_>,
    number: &str,
) -> Result<Option<(PersonId, String, Option<Date>)>, DbError> {
    tx.first(
        sql!(concat!(
            "SELECT p.id, p.name, p.birth_on FROM person p WHERE p.volunteer_no = $1 AND ",
            people::person_shown!()
        )),
        args![number],
    )
}
