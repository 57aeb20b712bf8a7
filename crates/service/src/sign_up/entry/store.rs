//! Questions about applications and invitations.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Action, Actor, OrgId, PersonId, Timestamp};

use super::{ApplicationState, InviteState};
use crate::sign_up::store::YEAR_MS;
use crate::{ActivityId, ApplicationId, InvitationId, InvitationLinkId, PostId, SessionId};

row! {
    /// An application.
    pub struct Application {
        id: ApplicationId, session: SessionId, post: Option<PostId>, person: PersonId, team: OrgId,
        state: ApplicationState,
    }

    /// An application on the leader's list.
    pub struct Line {
        id: ApplicationId, person: PersonId, name: String, volunteer_no: String, post_name: Option<String>,
        message: String, created_at: Timestamp, served: i64, absent: i64,
    }

    /// Own application, for the schedule and the activity's page.
    pub struct Mine {
        id: ApplicationId, session: SessionId, activity_id: ActivityId, title: String, org_name: String,
        starts_at: Timestamp, ends_at: Timestamp, state: ApplicationState, reason: String, created_at: Timestamp,
    }

    /// An application that ends undecided.
    pub struct Ending {
        id: ApplicationId, person: PersonId, session: SessionId, title: String, starts_at: Timestamp,
    }

    /// A session with applications to decide.
    pub struct Deciding { session: SessionId, title: String, starts_at: Timestamp, count: i64 }

    /// Own invitation.
    pub struct Invitation {
        id: InvitationId, activity_id: ActivityId, title: String, org_name: String, expires_at: Timestamp,
        placed: bool,
    }

    /// An invitation on the leader's list.
    pub struct Invitee {
        id: InvitationId, name: String, volunteer_no: String, state: InviteState, created_at: Timestamp,
        expires_at: Timestamp, by_link: bool, places: i64,
    }

    /// A link on the leader's list.
    pub struct Link {
        id: InvitationLinkId, activity_id: ActivityId, uses_left: i64, created_at: Timestamp,
        expires_at: Timestamp, ended_at: Option<Timestamp>,
    }

    /// How a person stands to an activity: until when invited, how often absent in the last twelve months, when last.
    pub struct Standing { invited: Option<Timestamp>, absent: i64, last_absent: Option<Timestamp> }
}

/// How a person stands to an activity.
///
/// # Errors
/// Of the database.
pub fn standing(tx: &mut ReadTx<'_>, activity: ActivityId, person: PersonId) -> Result<Standing, DbError> {
    let now = tx.now();
    let year = Timestamp(now.0 - YEAR_MS);
    tx.one(
        sql!(
            "SELECT (SELECT max(i.expires_at) FROM invitation i WHERE i.activity_id = $1 AND i.person_id = $2
                    AND i.state = 'open' AND i.expires_at > $3),
                (SELECT count(*) FROM absence b JOIN sign_up c ON c.id = b.sign_up_id WHERE b.person_id = $2
                    AND b.at > $4 AND b.state <> 'excused' AND c.state = 'absent'),
                (SELECT max(b.at) FROM absence b JOIN sign_up c ON c.id = b.sign_up_id WHERE b.person_id = $2
                    AND b.at > $4 AND b.state <> 'excused' AND c.state = 'absent')"
        ),
        args![activity, person, now, year],
    )
}

/// Writes an application.
///
/// # Errors
/// Of the database.
pub fn insert(tx: &mut WriteTx<'_>, one: &Application, message: &str) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO application (id, session_id, post_id, person_id, team_id, message, state, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        ),
        args![one.id, one.session, one.post, one.person, one.team, message, one.state, now],
    )
}

/// An application.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: ApplicationId) -> Result<Option<Application>, DbError> {
    tx.first(
        sql!("SELECT id, session_id, post_id, person_id, team_id, state FROM application WHERE id = $1"),
        args![id],
    )
}

/// The person's application for a session that nobody has decided.
///
/// # Errors
/// Of the database.
pub fn own(
    tx: &mut ReadTx<'_>,
    session: SessionId,
    person: PersonId,
) -> Result<Option<ApplicationId>, DbError> {
    let row: Option<(ApplicationId,)> = tx.first(
        sql!("SELECT id FROM application WHERE session_id = $1 AND person_id = $2 AND state = 'waiting'"),
        args![session, person],
    )?;
    Ok(row.map(|row| row.0))
}

/// Ends an application that waits; `false` when it does not any more.
///
/// # Errors
/// Of the database.
pub fn end(
    tx: &mut WriteTx<'_>,
    id: ApplicationId,
    to: ApplicationState,
    reason: &str,
    by: Option<AccountId>,
) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE application SET state = $2, reason = $3, decided_at = $4, decided_by = $5
             WHERE id = $1 AND state = 'waiting'"
        ),
        args![id, to, reason, now, by],
    )?;
    Ok(touched == 1)
}

/// Who applied for a session and waits, first come first; with how often they served with the team and stayed away.
///
/// # Errors
/// Of the database.
pub fn of_session(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<Line>, DbError> {
    let year = Timestamp(tx.now().0 - YEAR_MS);
    tx.all(
        sql!(concat!(
            "SELECT q.id, q.person_id, p.name, p.volunteer_no, t.name, q.message, q.created_at,
                (SELECT count(*) FROM record r WHERE r.person_id = p.id AND r.team_id = a.org_id
                    AND r.state = 'confirmed'),
                (SELECT count(*) FROM absence b JOIN sign_up c ON c.id = b.sign_up_id WHERE b.person_id = p.id
                    AND b.at > $2 AND b.state <> 'excused' AND c.state = 'absent')
             FROM application q JOIN session s ON s.id = q.session_id JOIN activity a ON a.id = s.activity_id
                JOIN person p ON p.id = q.person_id LEFT JOIN post t ON t.id = q.post_id
             WHERE q.session_id = $1 AND q.state = 'waiting' AND ",
            people::person_shown!(),
            " ORDER BY q.id LIMIT 500"
        )),
        args![session, year],
    )
}

/// The person's applications for sessions ahead, soonest first.
///
/// # Errors
/// Of the database.
pub fn of_person(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<Mine>, DbError> {
    let now = tx.now();
    tx.all(
        sql!(
            "SELECT q.id, s.id, a.id, a.title, o.name, s.starts_at, s.ends_at, q.state, q.reason, q.created_at
             FROM application q JOIN session s ON s.id = q.session_id JOIN activity a ON a.id = s.activity_id
                JOIN org o ON o.id = a.org_id
             WHERE q.person_id = $1 AND q.state IN ('waiting', 'refused') AND s.starts_at > $2
             ORDER BY s.starts_at, q.id LIMIT 100"
        ),
        args![person, now],
    )
}

/// Sessions the actor leads whose applications wait, soonest first.
///
/// # Errors
/// Of the database.
pub fn waiting_for(tx: &mut ReadTx<'_>, actor: &Actor, limit: i64) -> Result<Vec<Deciding>, DbError> {
    let mut list = Query::new(
        "SELECT s.id, a.title, s.starts_at, count(*) FROM application q JOIN session s ON s.id = q.session_id
            JOIN activity a ON a.id = s.activity_id JOIN org o ON o.id = a.org_id WHERE q.state = 'waiting'",
    );
    crate::activity::store::scoped(&mut list, actor, Action::Attendance);
    list.with("GROUP BY s.id, a.title, s.starts_at ORDER BY s.starts_at, s.id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// Applications whose session has begun.
///
/// # Errors
/// Of the database.
pub fn due(tx: &mut ReadTx<'_>) -> Result<Vec<Ending>, DbError> {
    let now = tx.now();
    tx.all(
        sql!(
            "SELECT q.id, q.person_id, s.id, a.title, s.starts_at FROM application q
                JOIN session s ON s.id = q.session_id JOIN activity a ON a.id = s.activity_id
             WHERE q.state = 'waiting' AND s.starts_at <= $1 ORDER BY q.session_id, q.id LIMIT 200"
        ),
        args![now],
    )
}

/// Ends the applications for a session that will not take place; whose they were.
///
/// # Errors
/// Of the database.
pub fn end_all(tx: &mut WriteTx<'_>, session: SessionId, reason: &str) -> Result<Vec<PersonId>, DbError> {
    let now = tx.now();
    let rows: Vec<(PersonId,)> = tx.all(
        sql!(
            "UPDATE application SET state = 'over', reason = $2, decided_at = $3
             WHERE session_id = $1 AND state = 'waiting' RETURNING person_id"
        ),
        args![session, reason, now],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The person's invitations that can be used, and whether they hold a place there already.
///
/// # Errors
/// Of the database.
pub fn invitations_of(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<Invitation>, DbError> {
    let now = tx.now();
    tx.all(
        sql!(
            "SELECT i.id, a.id, a.title, o.name, i.expires_at,
                EXISTS (SELECT 1 FROM session s JOIN sign_up u ON u.session_id = s.id WHERE s.activity_id = a.id
                    AND u.person_id = i.person_id AND u.state IN ('booked', 'attended'))
             FROM invitation i JOIN activity a ON a.id = i.activity_id JOIN org o ON o.id = a.org_id
             WHERE i.person_id = $1 AND i.state = 'open' AND i.expires_at > $2 AND a.state = 'published'
                AND EXISTS (SELECT 1 FROM session s WHERE s.activity_id = a.id AND s.state = 'open'
                    AND s.starts_at > $2)
             ORDER BY i.expires_at, i.id LIMIT 50"
        ),
        args![person, now],
    )
}

/// Where a list of invitations begins: before this one; the latest is the first.
pub const LATEST: InvitationId = InvitationId(i64::MAX);

/// Who is invited to an activity, latest first, before another invitation.
///
/// # Errors
/// Of the database.
pub fn invitees(
    tx: &mut ReadTx<'_>,
    activity: ActivityId,
    before: InvitationId,
    limit: i64,
) -> Result<Vec<Invitee>, DbError> {
    tx.all(
        sql!(concat!(
            "SELECT i.id, p.name, p.volunteer_no, i.state, i.created_at, i.expires_at, i.link_id IS NOT NULL,
                (SELECT count(*) FROM session s JOIN sign_up u ON u.session_id = s.id WHERE s.activity_id = i.activity_id
                    AND u.person_id = i.person_id AND u.state IN ('booked', 'attended'))
             FROM invitation i JOIN person p ON p.id = i.person_id WHERE i.activity_id = $1 AND i.id < $2 AND ",
            people::person_shown!(),
            " ORDER BY i.id DESC LIMIT $3"
        )),
        args![activity, before, limit],
    )
}

/// Invites a person, or extends an invitation; `true` when it is a new one.
///
/// # Errors
/// Of the database.
pub fn invite(
    tx: &mut WriteTx<'_>,
    activity: ActivityId,
    person: PersonId,
    link: Option<InvitationLinkId>,
    by: Option<AccountId>,
    until: Timestamp,
) -> Result<bool, DbError> {
    let extended = tx.exec(
        sql!(
            "UPDATE invitation SET expires_at = CASE WHEN expires_at > $3 THEN expires_at ELSE $3 END
             WHERE activity_id = $1 AND person_id = $2 AND state = 'open'"
        ),
        args![activity, person, until],
    )?;
    if extended > 0 {
        return Ok(false);
    }
    let (now, id) = (tx.now(), tx.new_id::<InvitationId>());
    tx.exec_one(
        sql!(
            "INSERT INTO invitation (id, activity_id, person_id, link_id, state, created_at, created_by, expires_at)
             VALUES ($1, $2, $3, $4, 'open', $5, $6, $7)"
        ),
        args![id, activity, person, link, now, by, until],
    )?;
    Ok(true)
}

/// The activity and person of an invitation.
///
/// # Errors
/// Of the database.
pub fn invitation(tx: &mut ReadTx<'_>, id: InvitationId) -> Result<Option<(ActivityId, PersonId)>, DbError> {
    tx.first(sql!("SELECT activity_id, person_id FROM invitation WHERE id = $1"), args![id])
}

/// Ends an invitation; `false` when it was ended before.
///
/// # Errors
/// Of the database.
pub fn invitation_end(tx: &mut WriteTx<'_>, id: InvitationId, to: InviteState) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!("UPDATE invitation SET state = $2, ended_at = $3 WHERE id = $1 AND state = 'open'"),
        args![id, to, now],
    )?;
    Ok(touched == 1)
}

/// Writes a link.
///
/// # Errors
/// Of the database.
pub fn link_insert(
    tx: &mut WriteTx<'_>,
    activity: ActivityId,
    uses: i64,
    by: Option<AccountId>,
    until: Timestamp,
) -> Result<InvitationLinkId, DbError> {
    let (now, id) = (tx.now(), tx.new_id::<InvitationLinkId>());
    tx.exec_one(
        sql!(
            "INSERT INTO invitation_link (id, activity_id, uses_left, created_at, created_by, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)"
        ),
        args![id, activity, uses, now, by, until],
    )?;
    Ok(id)
}

/// A link.
///
/// # Errors
/// Of the database.
pub fn link(tx: &mut ReadTx<'_>, id: InvitationLinkId) -> Result<Option<Link>, DbError> {
    tx.first(
        sql!(
            "SELECT id, activity_id, uses_left, created_at, expires_at, ended_at FROM invitation_link WHERE id = $1"
        ),
        args![id],
    )
}

/// The links of an activity, latest first.
///
/// # Errors
/// Of the database.
pub fn links(tx: &mut ReadTx<'_>, activity: ActivityId) -> Result<Vec<Link>, DbError> {
    tx.all(
        sql!(
            "SELECT id, activity_id, uses_left, created_at, expires_at, ended_at FROM invitation_link
             WHERE activity_id = $1 ORDER BY id DESC LIMIT 50"
        ),
        args![activity],
    )
}

/// Uses a link once; `false` when it is over. The rule stands in the statement: two who open the last use at once
/// are not both invited.
///
/// # Errors
/// Of the database.
pub fn link_use(tx: &mut WriteTx<'_>, id: InvitationLinkId) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE invitation_link SET uses_left = uses_left - 1
             WHERE id = $1 AND uses_left > 0 AND ended_at IS NULL AND expires_at > $2"
        ),
        args![id, now],
    )?;
    Ok(touched == 1)
}

/// Ends a link.
///
/// # Errors
/// Of the database.
pub fn link_end(tx: &mut WriteTx<'_>, id: InvitationLinkId) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!("UPDATE invitation_link SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL"),
        args![id, now],
    )?;
    Ok(())
}
