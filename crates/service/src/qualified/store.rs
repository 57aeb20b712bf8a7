//! Questions about what is asked for, and by whom it cannot be shown.

use std::collections::BTreeMap;

use db::{DbError, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Date, PersonId, Timestamp};
use people::qualification::QualificationState;
use people::qualification::rules::{self, Lack, Proof};

use crate::sign_up::SignUpState;
use crate::{ActivityId, PostId, SessionId, SignUpId};

row! {
    struct Asked {
        code: String, name: String, name_en: String, state: Option<QualificationState>, from_on: Option<Date>,
        until_on: Option<Date>,
    }
    struct Unready { sign_up: SignUpId, state: SignUpState, name: String, name_en: String }
}

/// The condition of lists that leave out what one cannot show everything for: over session `s` and activity `a`, with
/// the person as its one value.
pub(crate) const CAN: &str = concat!(
    "AND NOT EXISTS (SELECT 1 FROM activity_qualification r WHERE r.activity_id = a.id AND NOT EXISTS (SELECT 1
        FROM qualification h WHERE h.person_id = {} AND h.kind = r.kind AND ",
    people::qualified!(),
    "))"
);

/// Codes of the kinds that an activity asks for, all of them.
///
/// # Errors
/// Of the database.
pub fn of(tx: &mut ReadTx<'_>, activity: ActivityId) -> Result<Vec<String>, DbError> {
    let rows: Vec<(String,)> = tx.all(
        sql!("SELECT kind FROM activity_qualification WHERE activity_id = $1 ORDER BY kind"),
        args![activity],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Names of the kinds that an activity asks for, in both languages.
///
/// # Errors
/// Of the database.
pub fn names(tx: &mut ReadTx<'_>, activity: ActivityId) -> Result<Vec<(String, String)>, DbError> {
    tx.all(
        sql!(
            "SELECT k.name, k.name_en FROM activity_qualification r JOIN qualification_kind k ON k.code = r.kind
             WHERE r.activity_id = $1 ORDER BY k.name, k.code"
        ),
        args![activity],
    )
}

/// Writes the kinds that an activity asks for; what is no kind is left out.
///
/// # Errors
/// Of the database.
pub fn put(tx: &mut WriteTx<'_>, activity: ActivityId, kinds: &[String]) -> Result<(), DbError> {
    tx.exec(sql!("DELETE FROM activity_qualification WHERE activity_id = $1"), args![activity])?;
    for kind in kinds {
        tx.exec(
            sql!(
                "INSERT INTO activity_qualification (activity_id, kind)
                 SELECT CAST($1 AS BIGINT), k.code FROM qualification_kind k WHERE k.code = $2 ON CONFLICT DO NOTHING"
            ),
            args![activity, kind],
        )?;
    }
    Ok(())
}

/// What a person cannot show for a session of an activity, and for a post of it.
///
/// # Errors
/// Of the database.
pub fn lacks(
    tx: &mut ReadTx<'_>,
    activity: ActivityId,
    post: Option<PostId>,
    person: PersonId,
    session: (Timestamp, Timestamp),
) -> Result<Vec<Lack>, DbError> {
    let post = post.unwrap_or(PostId(0));
    let rows: Vec<Asked> = tx.all(
        sql!(
            "SELECT k.code, k.name, k.name_en, h.state, h.from_on, h.until_on
             FROM qualification_kind k LEFT JOIN qualification h ON h.person_id = $3 AND h.kind = k.code
                AND h.state IN ('handed_in', 'confirmed')
             WHERE k.code IN (SELECT r.kind FROM activity_qualification r WHERE r.activity_id = $1
                UNION ALL SELECT p.qualification FROM post p WHERE p.id = $2 AND p.qualification IS NOT NULL)
             ORDER BY k.code, h.id"
        ),
        args![activity, post, person],
    )?;
    let rows: Vec<(String, String, String, Option<Proof>)> = rows
        .into_iter()
        .map(|row| {
            let proof = match (row.state, row.from_on) {
                (Some(state), Some(from_on)) => Some(Proof { state, from_on, until_on: row.until_on }),
                _ => None,
            };
            (row.code, row.name, row.name_en, proof)
        })
        .collect();
    Ok(rules::lacking(&rows, rules::days(session.0, session.1)))
}

/// What somebody with a place cannot show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Short {
    /// Whether nobody has marked them yet.
    pub booked: bool,
    /// Names of the kinds in Chinese.
    pub zh: String,
    /// And in English.
    pub en: String,
}

/// Places of a session whose people cannot show what is asked for.
///
/// # Errors
/// Of the database.
pub fn unready(tx: &mut ReadTx<'_>, session: SessionId) -> Result<BTreeMap<SignUpId, Short>, DbError> {
    let rows: Vec<Unready> = tx.all(
        sql!(concat!(
            "SELECT u.id, u.state, k.name, k.name_en FROM session s JOIN sign_up u ON u.session_id = s.id
                JOIN qualification_kind k ON (k.code IN (SELECT r.kind FROM activity_qualification r
                        WHERE r.activity_id = s.activity_id)
                    OR k.code IN (SELECT p.qualification FROM post p WHERE p.id = u.post_id))
             WHERE s.id = $1 AND u.state IN ('booked', 'attended') AND NOT EXISTS (SELECT 1 FROM qualification h
                WHERE h.person_id = u.person_id AND h.kind = k.code AND ",
            people::qualified!(),
            ") ORDER BY u.id, k.code LIMIT 20000"
        )),
        args![session],
    )?;
    let mut out: BTreeMap<SignUpId, Short> = BTreeMap::new();
    for row in rows {
        match out.get_mut(&row.sign_up) {
            Some(short) => {
                short.zh = format!("{}、{}", short.zh, row.name);
                short.en = format!("{}, {}", short.en, row.name_en);
            }
            None => {
                let booked = row.state == SignUpState::Booked;
                out.insert(row.sign_up, Short { booked, zh: row.name, en: row.name_en });
            }
        }
    }
    Ok(out)
}

/// Places of a session that nobody has marked yet.
///
/// # Errors
/// Of the database.
pub fn booked(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<(SignUpId, PersonId)>, DbError> {
    tx.all(
        sql!("SELECT id, person_id FROM sign_up WHERE session_id = $1 AND state = 'booked' ORDER BY id LIMIT 20000"),
        args![session],
    )
}

/// The post of a person's place in a session.
///
/// # Errors
/// Of the database.
pub fn post_of(tx: &mut ReadTx<'_>, session: SessionId, person: PersonId) -> Result<Option<PostId>, DbError> {
    let found: Option<(Option<PostId>,)> = tx.first(
        sql!(
            "SELECT post_id FROM sign_up WHERE session_id = $1 AND person_id = $2 AND state IN ('booked', 'attended')"
        ),
        args![session, person],
    )?;
    Ok(found.and_then(|row| row.0))
}

/// Notes why somebody was let in all the same; the latest reason stays beside the sign-up, each is in the audit log.
///
/// # Errors
/// Of the database.
pub fn note_over(
    tx: &mut WriteTx<'_>,
    id: SignUpId,
    reason: &str,
    person: PersonId,
    by: Option<AccountId>,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO sign_up_note (sign_up_id, kind, reason, at, account_id, person_id)
             VALUES ($1, 'override', $2, $3, $4, $5)
             ON CONFLICT (sign_up_id, kind) DO UPDATE SET reason = $2, at = $3, account_id = $4"
        ),
        args![id, reason, now, by, person],
    )
}
