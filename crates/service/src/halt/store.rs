//! Questions about stopped areas.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{Action, Actor, OrgId, Timestamp};
use people::org::OrgKind;

use super::{Cause, MOST};
use crate::activity::store::scoped;
use crate::{HaltId, SessionId};

row! {
    /// A session that could be stopped.
    pub struct Stoppable {
        id: SessionId, title: String, org_name: String, starts_at: Timestamp, ends_at: Timestamp,
        place_public: String, taken: i64,
    }

    /// An area that was stopped.
    pub struct Halt {
        id: HaltId, area: OrgId, area_name: String, cause: Cause, from_at: Timestamp, to_at: Timestamp, days: i64,
        words: String, sessions: i64, told: i64, who: Option<String>, at: Timestamp,
    }
}

/// Sessions that fall into some hours, have not begun and are looked after by the actor; soonest first, at most
/// [`MOST`] and one.
///
/// # Errors
/// Of the database.
pub fn stoppable(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    area_path: &str,
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<Stoppable>, DbError> {
    let now = tx.now();
    let earliest = Timestamp(from.0 - kernel::time::DAY_MS);
    let mut list = Query::new(
        "SELECT s.id, a.title, o.name, s.starts_at, s.ends_at, a.place_public, s.taken FROM session s
         JOIN activity a ON a.id = s.activity_id JOIN org o ON o.id = a.org_id
         LEFT JOIN org c ON c.id = a.community_id
         WHERE s.state = 'open' AND a.state = 'published'",
    );
    list.with(
        "AND s.starts_at > {} AND s.starts_at > {} AND s.starts_at < {} AND s.ends_at > {}",
        &[&now, &earliest, &to, &from],
    );
    list.with(
        "AND COALESCE(c.area_path, o.area_path) >= {} AND COALESCE(c.area_path, o.area_path) < {}",
        &[&area_path, &people::org::rules::end(area_path)],
    );
    // What is done without a place goes on in any weather (Add-57).
    list.push("AND NOT EXISTS (SELECT 1 FROM remote r WHERE r.activity_id = a.id)");
    scoped(&mut list, actor, Action::ActivityManage);
    list.with("ORDER BY s.starts_at, s.id LIMIT {}", &[&(MOST + 1)]);
    tx.list(&list)
}

/// Areas the actor may stop: city, streets and communities within reach, larger ones first.
///
/// # Errors
/// Of the database.
pub fn areas(tx: &mut ReadTx<'_>, actor: &Actor) -> Result<Vec<(OrgId, OrgKind, String)>, DbError> {
    let mut list = Query::new(
        "SELECT o.id, o.kind, o.name FROM org o
         WHERE o.kind IN ('city', 'street', 'community') AND o.state <> 'closed'",
    );
    scoped(&mut list, actor, Action::ActivityManage);
    list.push("ORDER BY CASE o.kind WHEN 'city' THEN 0 WHEN 'street' THEN 1 ELSE 2 END, o.area_path, o.id LIMIT 2000");
    tx.list(&list)
}

/// The last areas that were stopped, within reach.
///
/// # Errors
/// Of the database.
pub fn latest(tx: &mut ReadTx<'_>, actor: &Actor, limit: i64) -> Result<Vec<Halt>, DbError> {
    let mut list = Query::new(
        "SELECT h.id, h.area_id, o.name, h.cause, h.from_at, h.to_at, h.days, h.words,
            (SELECT count(*) FROM halt_session x WHERE x.halt_id = h.id), h.told, c.name, h.at
         FROM halt h JOIN org o ON o.id = h.area_id LEFT JOIN account c ON c.id = h.account_id WHERE 1 = 1",
    );
    scoped(&mut list, actor, Action::ActivityManage);
    list.with("ORDER BY h.at DESC, h.id DESC LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// Writes that an area was stopped.
///
/// # Errors
/// Of the database.
pub(super) fn insert(
    tx: &mut WriteTx<'_>,
    id: HaltId,
    actor: &Actor,
    stop: &super::commands::Stop,
    told: i64,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO halt (id, area_id, cause, from_at, to_at, days, words, told, account_id, at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ),
        args![
            id,
            stop.area,
            stop.cause,
            stop.hours.0,
            stop.hours.1,
            stop.days,
            stop.words,
            told,
            actor.account,
            now
        ],
    )?;
    for session in &stop.sessions {
        tx.exec_one(
            sql!("INSERT INTO halt_session (halt_id, session_id) VALUES ($1, $2)"),
            args![id, session],
        )?;
    }
    Ok(())
}
