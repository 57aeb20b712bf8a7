//! Questions about what was handed in.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Action, Actor, Date, Place, Timestamp};

use super::{ReviewId, ReviewReason, ReviewState};
use crate::ActivityId;
use crate::activity::store::scoped;

row! {
    /// Something handed in, with whose it is.
    pub struct Review {
        id: ReviewId, activity_id: ActivityId, state: ReviewState, words: String, submitted_at: Timestamp,
        submitted_by: Option<AccountId>, submitter: Option<String>, due_on: Date, reason: Option<ReviewReason>,
        note: String, decided_at: Option<Timestamp>, decider: Option<String>, area_path: String,
        sponsor_path: String,
    }

    /// What waits for a reviewer.
    pub struct Waiting {
        id: ReviewId, activity_id: ActivityId, title: String, team: String, words: String, submitted_at: Timestamp,
        submitter: Option<String>, due_on: Date, first_at: Option<Timestamp>,
    }
}

impl Review {
    /// Where the team sits, for [`kernel::can`].
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }
}

macro_rules! columns {
    () => {
        "SELECT r.id, r.activity_id, r.state, r.words, r.submitted_at, r.submitted_by, s.name, r.due_on, r.reason, r.note,
            r.decided_at, d.name, o.area_path, o.sponsor_path
         FROM review r JOIN activity a ON a.id = r.activity_id JOIN org o ON o.id = a.org_id
            LEFT JOIN account s ON s.id = r.submitted_by LEFT JOIN account d ON d.id = r.decided_by WHERE "
    };
}

/// Something handed in.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: ReviewId) -> Result<Option<Review>, DbError> {
    tx.first(sql!(concat!(columns!(), "r.id = $1")), args![id])
}

/// What was handed in of an activity, newest first; at most ten.
///
/// # Errors
/// Of the database.
pub fn of_activity(tx: &mut ReadTx<'_>, activity: ActivityId) -> Result<Vec<Review>, DbError> {
    tx.all(sql!(concat!(columns!(), "r.activity_id = $1 ORDER BY r.id DESC LIMIT 10")), args![activity])
}

/// What waits for an answer in the actor's scope, first handed in first; after one.
///
/// # Errors
/// Of the database.
pub fn waiting(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    after: Option<ReviewId>,
    limit: i64,
) -> Result<Vec<Waiting>, DbError> {
    let mut list = Query::new(
        "SELECT r.id, a.id, a.title, o.name, r.words, r.submitted_at, s.name, r.due_on,
            (SELECT min(w.starts_at) FROM session w WHERE w.activity_id = a.id)
         FROM review r JOIN activity a ON a.id = r.activity_id JOIN org o ON o.id = a.org_id
            LEFT JOIN account s ON s.id = r.submitted_by
         WHERE r.state = 'waiting' AND a.state = 'draft'",
    );
    list.with_some("AND r.id > {}", after.as_ref());
    scoped(&mut list, actor, Action::RecordConfirm);
    list.with("ORDER BY r.id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// Hands something in; `false` when it waits already.
///
/// # Errors
/// Of the database.
pub fn insert(
    tx: &mut WriteTx<'_>,
    id: ReviewId,
    activity: ActivityId,
    words: &str,
    by: Option<AccountId>,
    due_on: Date,
) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "INSERT INTO review (id, activity_id, state, words, submitted_at, submitted_by, due_on)
             VALUES ($1, $2, 'waiting', $3, $4, $5, $6) ON CONFLICT DO NOTHING"
        ),
        args![id, activity, words, now, by, due_on],
    )?;
    Ok(touched == 1)
}

/// Ends what waits of an activity; `false` when nothing did.
///
/// # Errors
/// Of the database.
pub fn decide(
    tx: &mut WriteTx<'_>,
    activity: ActivityId,
    state: ReviewState,
    why: Option<(ReviewReason, &str)>,
    by: Option<AccountId>,
) -> Result<bool, DbError> {
    let now = tx.now();
    let (reason, note) = (why.map(|why| why.0), why.map_or("", |why| why.1));
    let touched = tx.exec(
        sql!(
            "UPDATE review SET state = $2, reason = $3, note = $4, decided_at = $5, decided_by = $6
             WHERE activity_id = $1 AND state = 'waiting'"
        ),
        args![activity, state, reason, note, now, by],
    )?;
    Ok(touched == 1)
}
