//! Questions about pictures.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Action, Actor, OrgId, PersonId, Place, Timestamp};

use super::{AskState, PhotoState};
use crate::activity::store::scoped;
use crate::activity::{ActivityState, SessionState};
use crate::{ActivityId, PhotoId, PhotoRequestId, SessionId};

row! {
    /// A picture with what decides who sees it.
    pub struct PhotoFull {
        id: PhotoId, session_id: SessionId, activity_id: ActivityId, person_id: Option<PersonId>,
        account_id: AccountId, display: String, thumb: String, width: i64, height: i64, caption: String,
        state: PhotoState, state_before: String, state_at: Timestamp, created_at: Timestamp,
        title: String, starts_at: Timestamp, ends_at: Timestamp, activity_state: ActivityState,
        place_public: String, org_id: OrgId, org_name: String, area_path: String, sponsor_path: String,
    }

    /// A picture in an album.
    pub struct Photo {
        id: PhotoId, session_id: SessionId, person_id: Option<PersonId>, account_id: AccountId, width: i64,
        height: i64, caption: String, place_no: i64, state: PhotoState, state_at: Timestamp, giver: String,
    }

    /// A picture that everybody sees.
    pub struct Shown {
        id: PhotoId, session_id: SessionId, width: i64, height: i64, caption: String, starts_at: Timestamp,
        title: String,
    }

    /// A wish that a picture be taken down.
    pub struct Wish {
        id: PhotoRequestId, person: PersonId, name: String, reason: String, state: AskState, answer: String,
        created_at: Timestamp, was_there: bool,
    }

    /// What decides about adding pictures to a session.
    pub struct Giving {
        id: SessionId, activity_id: ActivityId, starts_at: Timestamp, ends_at: Timestamp, state: SessionState,
        activity_state: ActivityState, title: String, place_public: String, org_name: String, area_path: String,
        sponsor_path: String, volunteers_may: bool, was_there: bool,
    }
}

impl PhotoFull {
    /// Where it sits, for [`kernel::can`].
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }
}

impl Giving {
    /// Where it sits, for [`kernel::can`].
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }
}

/// A picture to be written.
#[derive(Debug, Clone)]
pub struct NewPhoto {
    /// Its id.
    pub id: PhotoId,
    /// Name of the shown file.
    pub display: String,
    /// Name of the small file.
    pub thumb: String,
    /// SHA-256 of the file that came.
    pub hash: [u8; 32],
    /// Width of the shown one, in pixels.
    pub width: i64,
    /// Height of the shown one, in pixels.
    pub height: i64,
}

/// A session with what decides about adding pictures; `person`: whether they were there or hold a place.
///
/// # Errors
/// Of the database.
pub fn giving(
    tx: &mut ReadTx<'_>,
    id: SessionId,
    person: Option<PersonId>,
) -> Result<Option<Giving>, DbError> {
    tx.first(
        sql!(
            "SELECT s.id, s.activity_id, s.starts_at, s.ends_at, s.state, a.state, a.title, a.place_public, o.name,
                o.area_path, o.sponsor_path, COALESCE(y.volunteers_may, FALSE),
                EXISTS (SELECT 1 FROM sign_up u WHERE u.session_id = s.id AND u.person_id = $2
                    AND u.state IN ('booked', 'attended'))
             FROM session s JOIN activity a ON a.id = s.activity_id JOIN org o ON o.id = a.org_id
             LEFT JOIN session_story y ON y.session_id = s.id WHERE s.id = $1 AND NOT a.carrier"
        ),
        args![id, person.unwrap_or(PersonId(0))],
    )
}

/// A picture.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: PhotoId) -> Result<Option<PhotoFull>, DbError> {
    tx.first(
        sql!(
            "SELECT p.id, p.session_id, p.activity_id, p.person_id, p.account_id, p.display, p.thumb, p.width,
                p.height, p.caption, p.state, p.state_before, p.state_at, p.created_at, a.title, s.starts_at,
                s.ends_at, a.state, a.place_public, o.id, o.name, o.area_path, o.sponsor_path
             FROM photo p JOIN session s ON s.id = p.session_id JOIN activity a ON a.id = p.activity_id
             JOIN org o ON o.id = a.org_id WHERE p.id = $1"
        ),
        args![id],
    )
}

/// All pictures of a session in their order, deleted ones included; at most 400.
///
/// # Errors
/// Of the database.
pub fn of_session(tx: &mut ReadTx<'_>, id: SessionId) -> Result<Vec<Photo>, DbError> {
    tx.all(
        sql!(
            "SELECT p.id, p.session_id, p.person_id, p.account_id, p.width, p.height, p.caption, p.place_no, p.state,
                p.state_at, COALESCE(w.name, c.name, '')
             FROM photo p LEFT JOIN person w ON w.id = p.person_id LEFT JOIN account c ON c.id = p.account_id
             WHERE p.session_id = $1 ORDER BY p.place_no, p.id LIMIT 400"
        ),
        args![id],
    )
}

/// What everybody sees of an activity's sessions that are over, the latest session first.
///
/// # Errors
/// Of the database.
pub fn shown_of_activity(tx: &mut ReadTx<'_>, id: ActivityId, limit: i64) -> Result<Vec<Shown>, DbError> {
    let now = tx.now();
    tx.all(
        sql!(
            "SELECT p.id, p.session_id, p.width, p.height, p.caption, s.starts_at, a.title
             FROM photo p JOIN session s ON s.id = p.session_id JOIN activity a ON a.id = p.activity_id
             WHERE p.activity_id = $1 AND p.state = 'fit' AND s.ends_at <= $2
             ORDER BY s.starts_at DESC, p.place_no, p.id LIMIT $3"
        ),
        args![id, now, limit],
    )
}

/// The newest pictures of a team that everybody sees.
///
/// # Errors
/// Of the database.
pub fn shown_of_team(tx: &mut ReadTx<'_>, org: OrgId, limit: i64) -> Result<Vec<Shown>, DbError> {
    let now = tx.now();
    tx.all(
        sql!(
            "SELECT p.id, p.session_id, p.width, p.height, p.caption, s.starts_at, a.title
             FROM activity a JOIN photo p ON p.activity_id = a.id JOIN session s ON s.id = p.session_id
             WHERE a.org_id = $1 AND a.state <> 'draft' AND p.state = 'fit' AND s.ends_at <= $2
             ORDER BY p.id DESC LIMIT $3"
        ),
        args![org, now, limit],
    )
}

/// Ids of a session's pictures that everybody sees, in their order.
///
/// # Errors
/// Of the database.
pub fn fit_of_session(tx: &mut ReadTx<'_>, id: SessionId) -> Result<Vec<PhotoId>, DbError> {
    let rows: Vec<(PhotoId,)> = tx.all(
        sql!("SELECT id FROM photo WHERE session_id = $1 AND state = 'fit' ORDER BY place_no, id LIMIT 400"),
        args![id],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// How many pictures a session has that are not deleted, and the last place among them.
///
/// # Errors
/// Of the database.
pub fn count(tx: &mut ReadTx<'_>, id: SessionId) -> Result<(i64, i64), DbError> {
    tx.one(
        sql!(
            "SELECT count(*), CAST(COALESCE(max(place_no), 0) AS BIGINT) FROM photo
             WHERE session_id = $1 AND state <> 'deleted'"
        ),
        args![id],
    )
}

/// Holds a session's pictures against other units that add some.
///
/// # Errors
/// Of the database.
pub fn hold(tx: &mut WriteTx<'_>, giving: &Giving, by: Option<AccountId>) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!(
            "INSERT INTO session_story (session_id, activity_id, changed_at, changed_by) VALUES ($1, $2, $3, $4)
             ON CONFLICT (session_id) DO UPDATE SET changed_at = excluded.changed_at"
        ),
        args![giving.id, giving.activity_id, now, by],
    )?;
    Ok(())
}

/// Writes a picture; `false` when the session has it already.
///
/// # Errors
/// Of the database.
pub fn insert(
    tx: &mut WriteTx<'_>,
    giving: &Giving,
    photo: &NewPhoto,
    by: (AccountId, Option<PersonId>),
    place_no: i64,
) -> Result<bool, DbError> {
    let now = tx.now();
    let made = tx.exec(
        sql!(
            "INSERT INTO photo (id, session_id, activity_id, person_id, account_id, display, thumb, hash, width, height,
                place_no, state, state_at, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'new', $12, $13)
             ON CONFLICT (session_id, hash) WHERE state <> 'deleted' DO NOTHING"
        ),
        args![
            photo.id,
            giving.id,
            giving.activity_id,
            by.1,
            by.0,
            photo.display,
            photo.thumb,
            photo.hash,
            photo.width,
            photo.height,
            place_no,
            now,
            now
        ],
    )?;
    Ok(made == 1)
}

/// Writes what the leader says of a picture.
///
/// # Errors
/// Of the database.
pub fn set_words(tx: &mut WriteTx<'_>, id: PhotoId, caption: &str, place_no: i64) -> Result<(), DbError> {
    tx.exec(
        sql!("UPDATE photo SET caption = $2, place_no = $3 WHERE id = $1 AND state <> 'deleted'"),
        args![id, caption, place_no],
    )?;
    Ok(())
}

/// Changes the state of a picture; `false` when it was another than expected.
///
/// # Errors
/// Of the database.
pub fn set_state(
    tx: &mut WriteTx<'_>,
    id: PhotoId,
    from: PhotoState,
    to: PhotoState,
    by: Option<AccountId>,
) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE photo SET state = $3, state_before = $2, state_at = $4, state_by = $5 WHERE id = $1 AND state = $2"
        ),
        args![id, from, to, now, by],
    )?;
    Ok(touched == 1)
}

/// Whether the session has this picture again, besides a deleted one.
///
/// # Errors
/// Of the database.
pub fn twin(tx: &mut ReadTx<'_>, id: PhotoId) -> Result<bool, DbError> {
    let row: (bool,) = tx.one(
        sql!(
            "SELECT EXISTS (SELECT 1 FROM photo p JOIN photo q ON q.session_id = p.session_id AND q.hash = p.hash
                WHERE p.id = $1 AND q.id <> p.id AND q.state <> 'deleted')"
        ),
        args![id],
    )?;
    Ok(row.0)
}

/// Pictures deleted before a moment, with their files; at most 200.
///
/// # Errors
/// Of the database.
pub fn deleted_before(
    tx: &mut ReadTx<'_>,
    before: Timestamp,
) -> Result<Vec<(PhotoId, String, String)>, DbError> {
    tx.all(
        sql!(
            "SELECT id, display, thumb FROM photo WHERE state = 'deleted' AND state_at < $1
             ORDER BY state_at, id LIMIT 200"
        ),
        args![before],
    )
}

/// Removes the row of a deleted picture with the wishes about it.
///
/// # Errors
/// Of the database.
pub fn remove(tx: &mut WriteTx<'_>, id: PhotoId) -> Result<(), DbError> {
    tx.exec(sql!("DELETE FROM photo_request WHERE photo_id = $1"), args![id])?;
    tx.exec(sql!("DELETE FROM photo WHERE id = $1 AND state = 'deleted'"), args![id])?;
    Ok(())
}

/// Writes a wish; `false` when the person has one already.
///
/// # Errors
/// Of the database.
pub fn ask(tx: &mut WriteTx<'_>, photo: PhotoId, person: PersonId, reason: &str) -> Result<bool, DbError> {
    let id: PhotoRequestId = tx.new_id();
    let now = tx.now();
    let made = tx.exec(
        sql!(
            "INSERT INTO photo_request (id, photo_id, person_id, reason, state, created_at)
             VALUES ($1, $2, $3, $4, 'open', $5)
             ON CONFLICT (photo_id, person_id) WHERE state = 'open' DO NOTHING"
        ),
        args![id, photo, person, reason, now],
    )?;
    Ok(made == 1)
}

/// Wishes about a picture, newest first.
///
/// # Errors
/// Of the database.
pub fn wishes(tx: &mut ReadTx<'_>, photo: PhotoId) -> Result<Vec<Wish>, DbError> {
    tx.all(
        sql!(
            "SELECT r.id, r.person_id, w.name, r.reason, r.state, r.answer, r.created_at,
                EXISTS (SELECT 1 FROM sign_up u JOIN photo p ON p.session_id = u.session_id
                    WHERE p.id = r.photo_id AND u.person_id = r.person_id AND u.state IN ('booked', 'attended'))
             FROM photo_request r JOIN person w ON w.id = r.person_id WHERE r.photo_id = $1
             ORDER BY r.id DESC LIMIT 50"
        ),
        args![photo],
    )
}

/// Answers all open wishes about a picture; who had them.
///
/// # Errors
/// Of the database.
pub fn answer(
    tx: &mut WriteTx<'_>,
    photo: PhotoId,
    to: AskState,
    answer: &str,
    by: Option<AccountId>,
) -> Result<Vec<PersonId>, DbError> {
    let now = tx.now();
    let rows: Vec<(PersonId,)> = tx.all(
        sql!(
            "UPDATE photo_request SET state = $2, answer = $3, decided_at = $4, decided_by = $5
             WHERE photo_id = $1 AND state = 'open' RETURNING person_id"
        ),
        args![photo, to, answer, now, by],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Open wishes within the actor's scope: picture, title of the activity, when.
///
/// # Errors
/// Of the database.
pub fn asked_of(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    limit: i64,
) -> Result<Vec<(PhotoId, String, Timestamp)>, DbError> {
    let mut list = Query::new(
        "SELECT p.id, a.title, min(r.created_at) FROM photo_request r JOIN photo p ON p.id = r.photo_id
         JOIN activity a ON a.id = p.activity_id JOIN org o ON o.id = a.org_id
         WHERE r.state = 'open' AND p.state <> 'deleted'",
    );
    scoped(&mut list, actor, Action::ActivityManage);
    list.with("GROUP BY p.id, a.title ORDER BY p.id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// Pictures of volunteers that nobody has looked at, by session, within the actor's scope: session, title, how many.
///
/// # Errors
/// Of the database.
pub fn unseen_of(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    limit: i64,
) -> Result<Vec<(SessionId, String, i64)>, DbError> {
    let mut list = Query::new(
        "SELECT p.session_id, a.title, count(*) FROM photo p JOIN activity a ON a.id = p.activity_id
         JOIN org o ON o.id = a.org_id WHERE p.state = 'new'",
    );
    // What one gave oneself is no news.
    list.with_some("AND p.account_id <> {}", actor.account.as_ref());
    scoped(&mut list, actor, Action::ActivityManage);
    list.with("GROUP BY p.session_id, a.title ORDER BY p.session_id DESC LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// Whether those who were there may add pictures.
///
/// # Errors
/// Of the database.
pub fn set_leave(
    tx: &mut WriteTx<'_>,
    giving: &Giving,
    may: bool,
    by: Option<AccountId>,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!(
            "INSERT INTO session_story (session_id, activity_id, volunteers_may, changed_at, changed_by)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (session_id) DO UPDATE SET volunteers_may = excluded.volunteers_may,
                changed_at = excluded.changed_at, changed_by = excluded.changed_by"
        ),
        args![giving.id, giving.activity_id, may, now, by],
    )?;
    Ok(())
}
