//! Questions about coordinated categories and what their bodies said.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Action, Actor, OrgId, Place, Timestamp};

use super::Word;
use crate::ActivityId;
use crate::activity::store::scoped;

row! {
    /// A body that coordinates a category.
    pub struct Body { category: String, org_id: OrgId, name: String, area_path: String, sponsor_path: String }

    /// What was asked and said about an activity.
    pub struct Said {
        activity_id: ActivityId, org_id: OrgId, body: String, area_path: String, sponsor_path: String, state: Word,
        note: String, asked_at: Timestamp,
    }

    /// An activity that waits for its body.
    pub struct Waiting {
        activity_id: ActivityId, title: String, category: String, content: String, place: String, team: String,
        body: String, asked_at: Timestamp, first_at: Option<Timestamp>, last_at: Option<Timestamp>, sessions: i64,
        places: i64,
    }
}

impl Said {
    /// Where the body sits, for [`kernel::can`].
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }
}

/// All categories that are coordinated.
///
/// # Errors
/// Of the database.
pub fn bodies(tx: &mut ReadTx<'_>) -> Result<Vec<Body>, DbError> {
    tx.all(
        sql!(
            "SELECT c.category, c.org_id, o.name, o.area_path, o.sponsor_path FROM category_body c
                JOIN org o ON o.id = c.org_id ORDER BY c.category LIMIT 500"
        ),
        args![],
    )
}

/// The body that coordinates a category: its own, or that of the category above it.
///
/// # Errors
/// Of the database.
pub fn body_of(tx: &mut ReadTx<'_>, category: &str) -> Result<Option<Body>, DbError> {
    let parent = category.split('.').next().unwrap_or_default();
    // A child's code begins with its parent's, and so comes after it.
    tx.first(
        sql!(
            "SELECT c.category, c.org_id, o.name, o.area_path, o.sponsor_path FROM category_body c
                JOIN org o ON o.id = c.org_id WHERE c.category = $1 OR c.category = $2
             ORDER BY c.category DESC LIMIT 1"
        ),
        args![category, parent],
    )
}

/// Says which body coordinates a category, or that none does.
///
/// # Errors
/// Of the database.
pub fn set(
    tx: &mut WriteTx<'_>,
    category: &str,
    body: Option<OrgId>,
    by: Option<AccountId>,
) -> Result<(), DbError> {
    let now = tx.now();
    match body {
        None => tx.exec(sql!("DELETE FROM category_body WHERE category = $1"), args![category])?,
        Some(org) => tx.exec(
            sql!(
                "INSERT INTO category_body (category, org_id, set_at, set_by) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (category) DO UPDATE SET org_id = excluded.org_id, set_at = excluded.set_at,
                    set_by = excluded.set_by"
            ),
            args![category, org, now, by],
        )?,
    };
    Ok(())
}

/// Open organisations that can coordinate: the city, departments, streets and member units, by name.
///
/// # Errors
/// Of the database.
pub fn candidates(tx: &mut ReadTx<'_>) -> Result<Vec<(OrgId, String)>, DbError> {
    tx.all(
        sql!(
            "SELECT id, name FROM org WHERE kind IN ('city', 'department', 'street', 'unit') AND state = 'open'
             ORDER BY CASE kind WHEN 'department' THEN 0 WHEN 'city' THEN 1 WHEN 'unit' THEN 2 ELSE 3 END, name_key, id
             LIMIT 1000"
        ),
        args![],
    )
}

/// Whether an organisation is open.
///
/// # Errors
/// Of the database.
pub fn is_open(tx: &mut ReadTx<'_>, org: OrgId) -> Result<bool, DbError> {
    let (n,): (i64,) =
        tx.one(sql!("SELECT count(*) FROM org WHERE id = $1 AND state = 'open'"), args![org])?;
    Ok(n == 1)
}

/// What was said about an activity.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, activity: ActivityId) -> Result<Option<Said>, DbError> {
    tx.first(
        sql!(
            "SELECT c.activity_id, c.org_id, o.name, o.area_path, o.sponsor_path, c.state, c.note, c.asked_at
             FROM coordination c JOIN org o ON o.id = c.org_id WHERE c.activity_id = $1"
        ),
        args![activity],
    )
}

/// Activities that wait for bodies in the actor's scope, the first asked first; after an activity.
///
/// # Errors
/// Of the database.
pub fn waiting(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<Waiting>, DbError> {
    let mut list = Query::new(
        "SELECT a.id, a.title, a.category, a.content, a.place_public, t.name, o.name, c.asked_at,
            (SELECT min(s.starts_at) FROM session s WHERE s.activity_id = a.id),
            (SELECT max(s.starts_at) FROM session s WHERE s.activity_id = a.id),
            (SELECT count(*) FROM session s WHERE s.activity_id = a.id),
            (SELECT CAST(COALESCE(sum(s.quota), 0) AS BIGINT) FROM session s WHERE s.activity_id = a.id)
         FROM coordination c JOIN org o ON o.id = c.org_id JOIN activity a ON a.id = c.activity_id
            JOIN org t ON t.id = a.org_id
         WHERE c.state = 'asked' AND a.state = 'draft'",
    );
    list.with_some("AND c.activity_id > {}", after.as_ref());
    scoped(&mut list, actor, Action::ActivityManage);
    list.with("ORDER BY c.activity_id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// Asks a body, again if it was asked before.
///
/// # Errors
/// Of the database.
pub fn ask(
    tx: &mut WriteTx<'_>,
    activity: ActivityId,
    body: OrgId,
    by: Option<AccountId>,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!(
            "INSERT INTO coordination (activity_id, org_id, state, asked_at, asked_by) VALUES ($1, $2, 'asked', $3, $4)
             ON CONFLICT (activity_id) DO UPDATE SET org_id = excluded.org_id, state = 'asked', note = '',
                asked_at = excluded.asked_at, asked_by = excluded.asked_by, decided_at = NULL, decided_by = NULL"
        ),
        args![activity, body, now, by],
    )?;
    Ok(())
}

/// Writes the body's word; `false` when nothing waited.
///
/// # Errors
/// Of the database.
pub fn answer(
    tx: &mut WriteTx<'_>,
    said: &Said,
    word: Word,
    note: &str,
    by: Option<AccountId>,
) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE coordination SET state = $3, note = $4, decided_at = $5, decided_by = $6
             WHERE activity_id = $1 AND asked_at = $2 AND state = 'asked'"
        ),
        args![said.activity_id, said.asked_at, word, note, now, by],
    )?;
    Ok(touched == 1)
}

/// What was agreed to is another now: the body is asked anew.
///
/// # Errors
/// Of the database.
pub fn changed(tx: &mut WriteTx<'_>, activity: ActivityId) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!(
            "UPDATE coordination SET state = 'asked', asked_at = $2, decided_at = NULL, decided_by = NULL
             WHERE activity_id = $1 AND state IN ('agreed', 'asked')"
        ),
        args![activity, now],
    )?;
    Ok(())
}
