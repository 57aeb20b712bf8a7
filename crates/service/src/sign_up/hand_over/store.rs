//! Questions about offered places.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Action, Actor, OrgId, PersonId, Timestamp};

use super::OfferState;
use crate::activity::Entry;
use crate::{ActivityId, HandOverId, SessionId, SignUpId};

row! {
    /// An offered place, with what is shown of its session.
    pub struct Offer {
        id: HandOverId, sign_up: SignUpId, session: SessionId, from_person: PersonId, from_name: String,
        to_person: Option<PersonId>, note: String, state: OfferState, taker: Option<PersonId>,
        taker_name: Option<String>, swap: Option<SignUpId>, reason: String, starts_at: Timestamp,
        ends_at: Timestamp, title: String, activity_id: ActivityId, place_public: String, org_id: OrgId,
        org_name: String, leader: Option<PersonId>, entry: Entry, stand_in_asked: bool, area_path: String,
        sponsor_path: String, to_name: Option<String>,
    }
}

macro_rules! offer_columns {
    () => {
        "SELECT h.id, h.sign_up_id, h.session_id, h.from_person, f.name, h.to_person, h.note, h.state, h.taker_id, k.name,
            h.swap_sign_up_id, h.reason, s.starts_at, s.ends_at, a.title, a.id, a.place_public, a.org_id, o.name,
            a.leader_id, a.entry, a.stand_in_asked, o.area_path, o.sponsor_path, t.name
         FROM hand_over h JOIN session s ON s.id = h.session_id JOIN activity a ON a.id = s.activity_id
            JOIN org o ON o.id = a.org_id JOIN person f ON f.id = h.from_person
            LEFT JOIN person k ON k.id = h.taker_id LEFT JOIN person t ON t.id = h.to_person"
    };
}

/// An offer.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: HandOverId) -> Result<Option<Offer>, DbError> {
    tx.first(sql!(concat!(offer_columns!(), " WHERE h.id = $1")), args![id])
}

/// The live offer of a place.
///
/// # Errors
/// Of the database.
pub fn live_of(tx: &mut ReadTx<'_>, sign_up: SignUpId) -> Result<Option<HandOverId>, DbError> {
    let row: Option<(HandOverId,)> = tx.first(
        sql!("SELECT id FROM hand_over WHERE sign_up_id = $1 AND state IN ('offered', 'proposed', 'asked')"),
        args![sign_up],
    )?;
    Ok(row.map(|row| row.0))
}

/// What a person offers, is offered by name, or is about to take; sessions ahead, soonest first.
///
/// # Errors
/// Of the database.
pub fn of_person(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<Offer>, DbError> {
    let now = tx.now();
    tx.all(
        sql!(concat!(
            offer_columns!(),
            " WHERE h.state IN ('offered', 'proposed', 'asked') AND s.starts_at > $2
                AND (h.from_person = $1 OR h.to_person = $1 OR h.taker_id = $1)
              ORDER BY s.starts_at, h.id LIMIT 100"
        )),
        args![person, now],
    )
}

/// What is offered to whoever could take it, by people of the person's teams and community: soonest first, nothing
/// that overlaps with what they hold.
///
/// # Errors
/// Of the database.
pub fn open_to(tx: &mut ReadTx<'_>, person: PersonId, limit: i64) -> Result<Vec<Offer>, DbError> {
    let now = tx.now();
    tx.all(
        sql!(concat!(
            offer_columns!(),
            " WHERE h.state = 'offered' AND h.to_person IS NULL AND h.from_person <> $1 AND s.starts_at > $2
                AND (a.org_id IN (SELECT m.org_id FROM member m WHERE m.person_id = $1 AND m.state = 'member')
                    OR a.community_id = (SELECT p.home_org FROM person p WHERE p.id = $1))
                AND NOT EXISTS (SELECT 1 FROM sign_up u WHERE u.person_id = $1 AND u.starts_at < s.ends_at
                    AND u.starts_at > s.starts_at - 86400000 AND u.ends_at > s.starts_at
                    AND u.state IN ('booked', 'attended'))
              ORDER BY s.starts_at, h.id LIMIT $3"
        )),
        args![person, now, limit],
    )
}

/// What is offered to anybody in the sessions of an activity.
///
/// # Errors
/// Of the database.
pub fn open_of_activity(
    tx: &mut ReadTx<'_>,
    activity: ActivityId,
) -> Result<Vec<(SessionId, HandOverId, PersonId)>, DbError> {
    let now = tx.now();
    tx.all(
        sql!(
            "SELECT h.session_id, h.id, h.from_person FROM session s JOIN hand_over h ON h.session_id = s.id
             WHERE s.activity_id = $1 AND h.state = 'offered' AND h.to_person IS NULL AND s.starts_at > $2
             ORDER BY h.id LIMIT 500"
        ),
        args![activity, now],
    )
}

/// What is offered in a session and waits for somebody, for whoever leads it.
///
/// # Errors
/// Of the database.
pub fn of_session(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<Offer>, DbError> {
    tx.all(
        sql!(concat!(
            offer_columns!(),
            " WHERE h.session_id = $1 AND h.state IN ('offered', 'proposed', 'asked') ORDER BY h.id LIMIT 200"
        )),
        args![session],
    )
}

/// What waits for the actor as a leader.
///
/// # Errors
/// Of the database.
pub fn asked_of(tx: &mut ReadTx<'_>, actor: &Actor, limit: i64) -> Result<Vec<Offer>, DbError> {
    let now = tx.now();
    let mut list = Query::new(offer_columns!());
    list.with("WHERE h.state = 'asked' AND s.starts_at > {}", &[&now]);
    crate::activity::store::scoped(&mut list, actor, Action::Attendance);
    list.with("ORDER BY s.starts_at, h.id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// Writes an offer.
///
/// # Errors
/// Of the database.
pub fn insert(
    tx: &mut WriteTx<'_>,
    id: HandOverId,
    place: (SignUpId, SessionId),
    from: PersonId,
    to: Option<PersonId>,
    note: &str,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO hand_over (id, sign_up_id, session_id, from_person, to_person, note, state, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, 'offered', $7)"
        ),
        args![id, place.0, place.1, from, to, note, now],
    )
}

/// Moves an offer on; `false` when it does not stand there any more: of two who take one place the second finds it
/// taken, whatever was read before.
///
/// # Errors
/// Of the database.
pub fn advance(
    tx: &mut WriteTx<'_>,
    id: HandOverId,
    from: OfferState,
    to: OfferState,
    taker: Option<PersonId>,
    swap: Option<SignUpId>,
) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE hand_over SET state = $3, taker_id = $4, swap_sign_up_id = $5, taken_at = $6
             WHERE id = $1 AND state = $2"
        ),
        args![id, from, to, taker, swap, now],
    )?;
    Ok(touched == 1)
}

/// Ends an offer; `false` when it does not stand there any more.
///
/// # Errors
/// Of the database.
pub fn end(
    tx: &mut WriteTx<'_>,
    id: HandOverId,
    from: OfferState,
    to: OfferState,
    reason: &str,
    by: Option<AccountId>,
) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE hand_over SET state = $3, reason = $4, decided_at = $5, decided_by = $6
             WHERE id = $1 AND state = $2"
        ),
        args![id, from, to, reason, now, by],
    )?;
    Ok(touched == 1)
}

/// Ends whatever lives of a place that is given back: offered, or promised in exchange.
///
/// # Errors
/// Of the database.
pub fn end_of(tx: &mut WriteTx<'_>, sign_up: SignUpId) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!(
            "UPDATE hand_over SET state = 'over', decided_at = $2
             WHERE sign_up_id = $1 AND state IN ('offered', 'proposed', 'asked')"
        ),
        args![sign_up, now],
    )?;
    Ok(())
}

/// Ends whatever lives in a session that will not take place.
///
/// # Errors
/// Of the database.
pub fn end_all(tx: &mut WriteTx<'_>, session: SessionId) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!(
            "UPDATE hand_over SET state = 'over', decided_at = $2
             WHERE session_id = $1 AND state IN ('offered', 'proposed', 'asked')"
        ),
        args![session, now],
    )?;
    Ok(())
}

/// Live offers whose session has begun.
///
/// # Errors
/// Of the database.
pub fn due(tx: &mut ReadTx<'_>) -> Result<Vec<Offer>, DbError> {
    let now = tx.now();
    tx.all(
        sql!(concat!(
            offer_columns!(),
            " WHERE h.state IN ('offered', 'proposed', 'asked') AND s.starts_at <= $1
              ORDER BY h.session_id, h.id LIMIT 200"
        )),
        args![now],
    )
}

/// Members of a team by name or volunteer number; two are enough to know that a name is not one person's.
///
/// # Errors
/// Of the database.
pub fn teammates(
    tx: &mut ReadTx<'_>,
    team: OrgId,
    name: &str,
    number: &str,
) -> Result<Vec<(PersonId, String, String)>, DbError> {
    tx.all(
        sql!(concat!(
            "SELECT p.id, p.name, p.volunteer_no FROM member m JOIN person p ON p.id = m.person_id
             WHERE m.org_id = $1 AND m.state = 'member' AND p.state = 'active'
                AND (p.name = $2 OR p.volunteer_no = $3) AND ",
            people::person_shown!(),
            " ORDER BY p.id LIMIT 5"
        )),
        args![team, name, number],
    )
}

/// Members of a team who hold nothing at that time, to be told that a place is offered.
///
/// # Errors
/// Of the database.
pub fn free_teammates(
    tx: &mut ReadTx<'_>,
    team: OrgId,
    but: PersonId,
    (starts_at, ends_at): (Timestamp, Timestamp),
    limit: i64,
) -> Result<Vec<PersonId>, DbError> {
    let earliest = Timestamp(starts_at.0 - kernel::time::DAY_MS);
    let rows: Vec<(PersonId,)> = tx.all(
        sql!(concat!(
            "SELECT p.id FROM member m JOIN person p ON p.id = m.person_id
             WHERE m.org_id = $1 AND m.state = 'member' AND p.state = 'active' AND p.id <> $2
                AND NOT EXISTS (SELECT 1 FROM sign_up u WHERE u.person_id = p.id AND u.starts_at < $3
                    AND u.starts_at > $4 AND u.ends_at > $5 AND u.state IN ('booked', 'attended')) AND ",
            people::person_shown!(),
            " ORDER BY m.id LIMIT $6"
        )),
        args![team, but, ends_at, earliest, starts_at, limit],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
