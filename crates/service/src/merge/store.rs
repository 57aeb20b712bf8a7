//! What somebody has, and what is changed when two registrations become one or two again.

use db::{DbError, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Date, OrgId, PersonId, Timestamp};
use people::carried;
use people::duplicate::MergeId;
use people::duplicate::journal::Carried;

use super::rules::Item;
use crate::record::{Class, Flag, RecordState};
use crate::sign_up::SignUpState;
use crate::total::{self, Counted};
use crate::{PostId, RecordId, SessionId, SignUpId};

/// Rows that simply go over. Sign-ups first: whoever checks in holds them.
pub(super) fn plain() -> [Carried; 24] {
    [
        carried!("sign_up", "person_id"),
        carried!("check_in", "person_id"),
        carried!("record", "person_id"),
        carried!("absence", "person_id", "sign_up_id", ""),
        carried!("sign_up_note", "person_id", "sign_up_id", ""),
        carried!("waiting", "person_id"),
        carried!("application", "person_id"),
        carried!("invitation", "person_id"),
        carried!("back_fill", "person_id"),
        carried!("hand_over", "from_person"),
        carried!("hand_over", "to_person"),
        carried!("hand_over", "taker_id"),
        carried!("activity", "leader_id"),
        carried!("call_back", "person_id"),
        carried!("photo", "person_id"),
        carried!("unit_member", "contact_id"),
        // The days of one person in the name of units never overlap, and one thing waits at a time: what would, stays
        // with who goes (ADR 0025). So does a wish to change the unit: granted meanwhile, it could not go back beside
        // the days it was to end.
        carried!(
            "unit_service",
            "person_id",
            "id",
            " AND NOT EXISTS (SELECT 1 FROM unit_service k JOIN person_merge x ON x.kept_id = k.person_id
                WHERE x.id = $1 AND ((k.state = unit_service.state AND k.state IN ('asked', 'active'))
                    OR (k.state IN ('active', 'ended') AND unit_service.state IN ('active', 'ended')
                        AND k.from_on <= COALESCE(unit_service.to_on, 4000000)
                        AND unit_service.from_on <= COALESCE(k.to_on, 4000000))))
             AND NOT (unit_service.state = 'asked' AND EXISTS (SELECT 1 FROM unit_service y
                WHERE y.person_id = unit_service.person_id AND y.state = 'active'))"
        ),
        // What both have, where one can be, stays with each.
        carried!(
            "photo_request",
            "person_id",
            "id",
            " AND NOT EXISTS (SELECT 1 FROM photo_request k JOIN person_merge x ON x.kept_id = k.person_id
                WHERE x.id = $1 AND k.photo_id = photo_request.photo_id)"
        ),
        carried!(
            "reflection",
            "person_id",
            "id",
            " AND NOT EXISTS (SELECT 1 FROM reflection k JOIN person_merge x ON x.kept_id = k.person_id
                WHERE x.id = $1 AND k.session_id = reflection.session_id)"
        ),
        carried!(
            "agreement",
            "person_id",
            "id",
            " AND NOT EXISTS (SELECT 1 FROM agreement k JOIN person_merge x ON x.kept_id = k.person_id
                WHERE x.id = $1 AND k.activity_id = agreement.activity_id AND k.state <> 'ended'
                    AND agreement.state <> 'ended')"
        ),
        carried!(
            "insured",
            "person_id",
            "id",
            " AND NOT EXISTS (SELECT 1 FROM insured k JOIN person_merge x ON x.kept_id = k.person_id
                WHERE x.id = $1 AND k.session_id = insured.session_id)"
        ),
        carried!(
            "remote_delivery",
            "person_id",
            "session_id",
            " AND NOT EXISTS (SELECT 1 FROM remote_delivery k JOIN person_merge x ON x.kept_id = k.person_id
                WHERE x.id = $1 AND k.session_id = remote_delivery.session_id)"
        ),
        carried!(
            "sheet_line",
            "person_id",
            "sheet_id",
            " AND NOT EXISTS (SELECT 1 FROM sheet_line k JOIN person_merge x ON x.kept_id = k.person_id
                WHERE x.id = $1 AND k.sheet_id = sheet_line.sheet_id)"
        ),
        // Two numbers are the key.
        Carried {
            table: "past_line",
            column: "person_id",
            note: sql!(
                "INSERT INTO merge_step (merge_id, what, row_id, sub)
                 SELECT CAST($1 AS BIGINT), 'past_line.person_id', batch_id, row_no FROM past_line WHERE person_id = $2"
            ),
            go: sql!(
                "UPDATE past_line SET person_id = $2 WHERE person_id = $1 AND EXISTS (SELECT 1 FROM merge_step m
                 WHERE m.merge_id = $3 AND m.what = 'past_line.person_id' AND m.row_id = past_line.batch_id
                 AND m.sub = past_line.row_no)"
            ),
            back: sql!(
                "UPDATE past_line SET person_id = $1 WHERE person_id = $2 AND EXISTS (SELECT 1 FROM merge_step m
                 WHERE m.merge_id = $3 AND m.what = 'past_line.person_id' AND m.row_id = past_line.batch_id
                 AND m.sub = past_line.row_no)"
            ),
        },
    ]
}

row! {
    struct Place { id: SignUpId, session: SessionId, state: SignUpState, start: Timestamp, end: Timestamp, title: String, post: Option<PostId> }
    struct Rec {
        id: RecordId, session: SessionId, line: i64, state: RecordState, class: Class, title: String, start: Timestamp,
        end: Timestamp, minutes: i64, flags: String,
    }
    /// A record as it was before it was voided.
    pub(super) struct Was {
        state: RecordState, decided_at: Option<Timestamp>, decided_by: Option<AccountId>, decision_note: String,
        person: PersonId, team: OrgId, community: OrgId, street: OrgId, category: String, service_on: Date,
        minutes: i64, class: Class, flags: String, session: SessionId, line: i64,
    }
    /// Something that waits for a session: which, its state and post, and whose.
    pub(super) struct Waits { id: i64, session: SessionId, state: String, post: Option<PostId>, person: PersonId }
}

impl Was {
    /// What it adds to the totals.
    pub(super) fn counted(&self) -> Counted {
        Counted {
            person: self.person,
            team: total::team_counted(self.team, &self.flags),
            community: self.community,
            street: self.street,
            category: self.category.clone(),
            service_on: self.service_on,
            minutes: self.minutes,
            past: self.class == Class::Legacy,
        }
    }
}

/// Everything of a person that takes time: places and records, in two questions.
///
/// # Errors
/// Of the database.
pub(super) fn items(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<Item>, DbError> {
    let places: Vec<Place> = tx.all(
        sql!(
            "SELECT u.id, u.session_id, u.state, u.starts_at, u.ends_at, a.title, u.post_id FROM sign_up u
             JOIN session s ON s.id = u.session_id JOIN activity a ON a.id = s.activity_id
             WHERE u.person_id = $1 AND u.state <> 'cancelled' ORDER BY u.starts_at, u.id"
        ),
        args![person],
    )?;
    let records: Vec<Rec> = tx.all(
        sql!(
            "SELECT id, session_id, line, state, class, title, start_at, end_at, minutes, flags FROM record
             WHERE person_id = $1 AND state <> 'void' ORDER BY service_on, id"
        ),
        args![person],
    )?;
    let mut out: Vec<Item> = places
        .into_iter()
        .map(|one| Item {
            session: one.session,
            line: 0,
            title: one.title,
            start: one.start,
            end: one.end,
            timed: true,
            minutes: 0,
            record: None,
            place: Some((one.id, one.state, one.post)),
        })
        .collect();
    let mut at: std::collections::HashMap<SessionId, usize> =
        out.iter().enumerate().map(|(at, one)| (one.session, at)).collect();
    for one in records {
        let record = Some((one.id, one.state, one.class));
        let known = (one.line == 0).then(|| at.remove(&one.session)).flatten().and_then(|at| out.get_mut(at));
        match known {
            Some(item) => {
                (item.record, item.minutes, item.start, item.end) = (record, one.minutes, one.start, one.end);
            }
            None => out.push(Item {
                session: one.session,
                line: one.line,
                title: one.title,
                start: one.start,
                end: one.end,
                timed: !one.flags.split(' ').any(|flag| flag == Flag::DateOnly.code()),
                minutes: one.minutes,
                record,
                place: None,
            }),
        }
    }
    Ok(out)
}

/// Holds the sessions of two people, so that nobody decides about their records meanwhile.
///
/// # Errors
/// Of the database.
pub(super) fn hold(tx: &mut WriteTx<'_>, a: PersonId, b: PersonId) -> Result<(), DbError> {
    tx.hold(
        sql!(
            "SELECT s.id FROM session s WHERE s.id IN (
                SELECT u.session_id FROM sign_up u WHERE u.person_id IN ($1, $2)
                UNION SELECT r.session_id FROM record r WHERE r.person_id IN ($1, $2)) ORDER BY s.id"
        ),
        args![a, b],
    )
}

/// A record as it stands.
///
/// # Errors
/// Of the database.
pub(super) fn was(tx: &mut ReadTx<'_>, id: RecordId) -> Result<Was, DbError> {
    tx.one(
        sql!(
            "SELECT state, decided_at, decided_by, decision_note, person_id, team_id, community_id, street_id, category,
                service_on, minutes, class, flags, session_id, line FROM record WHERE id = $1"
        ),
        args![id],
    )
}

/// What moved records of one owner count: day, minutes, whether they are past hours.
///
/// # Errors
/// Of the database.
pub(super) fn moved(
    tx: &mut ReadTx<'_>,
    merge: MergeId,
    owner: PersonId,
) -> Result<Vec<(Date, i64, bool)>, DbError> {
    let rows: Vec<(Date, i64, Class)> = tx.all(
        sql!(
            "SELECT r.service_on, r.minutes, r.class FROM merge_step m JOIN record r ON r.id = m.row_id
             WHERE m.merge_id = $1 AND m.what = 'record.person_id' AND r.person_id = $2 AND r.state = 'confirmed'
             ORDER BY r.id"
        ),
        args![merge, owner],
    )?;
    Ok(rows.into_iter().map(|(on, minutes, class)| (on, minutes, class == Class::Legacy)).collect())
}

/// Entries of waiting lists, wishes for places, and hours asked for, of two people, that wait.
///
/// # Errors
/// Of the database.
pub(super) fn waits(
    tx: &mut ReadTx<'_>,
    what: &str,
    a: PersonId,
    b: PersonId,
) -> Result<Vec<Waits>, DbError> {
    let statement = match what {
        "waiting" => sql!(
            "SELECT id, session_id, state, post_id, person_id FROM waiting
             WHERE person_id IN ($1, $2) AND state IN ('waiting', 'offered') ORDER BY session_id, id"
        ),
        "application" => sql!(
            "SELECT id, session_id, state, post_id, person_id FROM application
             WHERE person_id IN ($1, $2) AND state = 'waiting' ORDER BY session_id, id"
        ),
        "invitation" => sql!(
            "SELECT id, activity_id, state, CAST(NULL AS BIGINT), person_id FROM invitation
             WHERE person_id IN ($1, $2) AND state = 'open' ORDER BY activity_id, id"
        ),
        _ => sql!(
            "SELECT id, session_id, state, CAST(NULL AS BIGINT), person_id FROM back_fill
             WHERE person_id IN ($1, $2) AND state = 'waiting' ORDER BY session_id, id"
        ),
    };
    tx.all(statement, args![a, b])
}

/// Ends one of [`waits`].
///
/// # Errors
/// Of the database.
pub(super) fn end_wait(tx: &mut WriteTx<'_>, what: &str, id: i64) -> Result<(), DbError> {
    let now = tx.now();
    let statement = match what {
        "waiting" => sql!("UPDATE waiting SET state = 'left', ended_at = $2 WHERE id = $1"),
        "application" => sql!("UPDATE application SET state = 'withdrawn', decided_at = $2 WHERE id = $1"),
        "invitation" => sql!("UPDATE invitation SET state = 'revoked', ended_at = $2 WHERE id = $1"),
        _ => sql!("UPDATE back_fill SET state = 'withdrawn', decided_at = $2 WHERE id = $1"),
    };
    tx.exec_one(statement, args![id, now])
}

/// Lets it wait again, where its session is still ahead and nothing of the same person waits there. Returns whether
/// it does.
///
/// # Errors
/// Of the database.
pub(super) fn wait_again(tx: &mut WriteTx<'_>, what: &str, id: i64, state: &str) -> Result<bool, DbError> {
    let now = tx.now();
    let statement = match what {
        "waiting" => sql!(
            "UPDATE waiting SET state = $2, ended_at = NULL WHERE id = $1 AND state = 'left'
             AND session_id IN (SELECT s.id FROM session s WHERE s.id = waiting.session_id AND s.starts_at > $3)
             AND NOT EXISTS (SELECT 1 FROM waiting o WHERE o.session_id = waiting.session_id
                AND o.person_id = waiting.person_id AND o.state IN ('waiting', 'offered'))"
        ),
        "application" => sql!(
            "UPDATE application SET state = $2, decided_at = NULL WHERE id = $1 AND state = 'withdrawn'
             AND session_id IN (SELECT s.id FROM session s WHERE s.id = application.session_id AND s.starts_at > $3)
             AND NOT EXISTS (SELECT 1 FROM application o WHERE o.session_id = application.session_id
                AND o.person_id = application.person_id AND o.state = 'waiting')"
        ),
        "invitation" => sql!(
            "UPDATE invitation SET state = $2, ended_at = NULL WHERE id = $1 AND state = 'revoked' AND expires_at > $3
             AND NOT EXISTS (SELECT 1 FROM invitation o WHERE o.activity_id = invitation.activity_id
                AND o.person_id = invitation.person_id AND o.state = 'open')"
        ),
        _ => sql!(
            "UPDATE back_fill SET state = $2, decided_at = NULL WHERE id = $1 AND state = 'withdrawn' AND asked_at <= $3
             AND NOT EXISTS (SELECT 1 FROM back_fill o WHERE o.session_id = back_fill.session_id
                AND o.person_id = back_fill.person_id AND o.state = 'waiting')"
        ),
    };
    Ok(tx.exec(statement, args![id, state, now])? == 1)
}

/// Changes how many places of a session and a post are taken.
///
/// # Errors
/// Of the database.
pub(super) fn places(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    post: Option<PostId>,
    change: i64,
) -> Result<(), DbError> {
    tx.exec_one(sql!("UPDATE session SET taken = taken + $2 WHERE id = $1"), args![session, change])?;
    if let Some(post) = post {
        tx.exec_one(sql!("UPDATE post SET taken = taken + $2 WHERE id = $1"), args![post, change])?;
    }
    Ok(())
}
