//! Questions about co-organisers.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Action, Actor, OrgId, Place, Timestamp};

use super::CoState;
use crate::ActivityId;
use crate::activity::store::scoped;

row! {
    /// A co-organiser of an activity.
    pub struct Co { org: OrgId, name: String, state: CoState, asked_at: Timestamp }

    /// An activity one is asked to organise together, or does.
    pub struct Asked {
        activity: ActivityId, title: String, planner: String, org: OrgId, org_name: String, state: CoState,
        asked_at: Timestamp, next: Option<Timestamp>,
    }

    /// An organisation, and where it sits.
    pub struct Org { id: OrgId, name: String, area_path: String, sponsor_path: String }
}

impl Org {
    /// Where it sits, for [`kernel::can`].
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }
}

/// The co-organisers of an activity, those that agreed first.
///
/// # Errors
/// Of the database.
pub fn of_activity(tx: &mut ReadTx<'_>, activity: ActivityId) -> Result<Vec<Co>, DbError> {
    tx.all(
        sql!(
            "SELECT c.org_id, o.name, c.state, c.asked_at FROM co_organiser c JOIN org o ON o.id = c.org_id
             WHERE c.activity_id = $1
             ORDER BY CASE c.state WHEN 'agreed' THEN 0 WHEN 'asked' THEN 1 ELSE 2 END, c.asked_at, c.org_id LIMIT 50"
        ),
        args![activity],
    )
}

/// Who organises an activity together with its organiser.
///
/// # Errors
/// Of the database.
pub fn agreed(tx: &mut ReadTx<'_>, activity: ActivityId) -> Result<Vec<(OrgId, String)>, DbError> {
    tx.all(
        sql!(
            "SELECT c.org_id, o.name FROM co_organiser c JOIN org o ON o.id = c.org_id
             WHERE c.activity_id = $1 AND c.state = 'agreed' ORDER BY c.asked_at, c.org_id LIMIT 50"
        ),
        args![activity],
    )
}

/// What organisations that the actor plans for are asked, newest first; only in a state, after an activity.
///
/// # Errors
/// Of the database.
pub fn asked_of(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    state: Option<CoState>,
    before: Option<(i64, i64)>,
    limit: i64,
) -> Result<Vec<Asked>, DbError> {
    let now = tx.now();
    let mut list =
        Query::new("SELECT c.activity_id, a.title, p.name, c.org_id, o.name, c.state, c.asked_at,");
    list.with(
        "(SELECT min(s.starts_at) FROM session s WHERE s.activity_id = a.id AND s.state = 'open' AND s.starts_at > {})",
        &[&now],
    );
    list.push(
        "FROM co_organiser c JOIN org o ON o.id = c.org_id JOIN activity a ON a.id = c.activity_id
            JOIN org p ON p.id = a.org_id
         WHERE c.state IN ('asked', 'agreed') AND a.state <> 'cancelled'",
    );
    list.with_some("AND c.state = {}", state.as_ref());
    if let Some((activity, org)) = before {
        list.with(
            "AND (c.activity_id < {} OR (c.activity_id = {} AND c.org_id < {}))",
            &[&activity, &activity, &org],
        );
    }
    scoped(&mut list, actor, Action::ActivityManage);
    list.with("ORDER BY c.activity_id DESC, c.org_id DESC LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// An organisation that is open.
///
/// # Errors
/// Of the database.
pub fn org(tx: &mut ReadTx<'_>, id: OrgId) -> Result<Option<Org>, DbError> {
    tx.first(
        sql!("SELECT id, name, area_path, sponsor_path FROM org WHERE id = $1 AND state = 'open'"),
        args![id],
    )
}

/// Open organisations found by words.
///
/// # Errors
/// Of the database.
pub fn orgs(tx: &mut ReadTx<'_>, words: &str) -> Result<Vec<Org>, DbError> {
    let hits = db::search::find(tx, words, &["org"], 12)?;
    if hits.is_empty() {
        return Ok(Vec::new());
    }
    let mut list = Query::new(
        "SELECT id, name, area_path, sponsor_path FROM org WHERE state = 'open' AND kind <> 'city' AND id IN (",
    );
    for (at, hit) in hits.iter().enumerate() {
        list.with(if at == 0 { "{}" } else { ", {}" }, &[&hit.object_id]);
    }
    list.push(") ORDER BY name, id LIMIT 12");
    tx.list(&list)
}

/// Asks an organisation, also one that had said no. Asking twice changes nothing.
///
/// # Errors
/// Of the database.
pub fn ask(tx: &mut WriteTx<'_>, activity: ActivityId, org: OrgId, by: AccountId) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!(
            "INSERT INTO co_organiser (activity_id, org_id, state, asked_at, asked_by) VALUES ($1, $2, 'asked', $3, $4)
             ON CONFLICT (activity_id, org_id) DO UPDATE SET state = 'asked', asked_at = $3, asked_by = $4,
                answered_at = NULL, answered_by = NULL
             WHERE co_organiser.state IN ('declined', 'ended')"
        ),
        args![activity, org, now, by],
    )?;
    Ok(())
}

/// Moves from one state to another; `false` when it was not in it.
///
/// # Errors
/// Of the database.
pub fn advance(
    tx: &mut WriteTx<'_>,
    (activity, org): (ActivityId, OrgId),
    from: CoState,
    to: CoState,
    by: AccountId,
) -> Result<bool, DbError> {
    let now = tx.now();
    let done = tx.exec(
        sql!(
            "UPDATE co_organiser SET state = $4, answered_at = $5, answered_by = $6
             WHERE activity_id = $1 AND org_id = $2 AND state = $3"
        ),
        args![activity, org, from, to, now, by],
    )?;
    Ok(done == 1)
}

/// The calendars and lists of an activity are others.
///
/// # Errors
/// Of the database.
pub fn touch(tx: &mut WriteTx<'_>, activity: ActivityId) -> Result<(), DbError> {
    tx.exec_one(sql!("UPDATE activity SET version = version + 1 WHERE id = $1"), args![activity])
}
