//! Lines of the audit log.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Actor, Timestamp};

use super::AuditId;

row! {
    /// A line as the auditor sees it.
    pub struct Entry {
        id: AuditId, at: Timestamp, account: Option<AccountId>, actor: String, from_addr: String, act: String,
        object_kind: String, object_id: i64, detail: String, ok: bool,
    }
}

/// What to show.
#[derive(Debug, Default, Clone)]
pub struct Filter {
    /// Code of the act, or empty.
    pub act: String,
    /// Account that acted.
    pub account: Option<AccountId>,
    /// Name of whoever acted, or empty.
    pub actor: String,
    /// Kind of object, or empty.
    pub object_kind: String,
    /// Number of the object.
    pub object_id: Option<i64>,
    /// From this moment.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
    /// Only refused tries.
    pub failed: bool,
    /// Cursor.
    pub after: Option<AuditId>,
}

pub(super) fn insert(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    act: &str,
    object_kind: &str,
    object_id: i64,
    detail: &str,
    ok: bool,
) -> Result<(), DbError> {
    let id: AuditId = tx.new_id();
    let now = tx.now();
    let name = if actor.name.is_empty() { "-" } else { &actor.name };
    tx.exec_later(
        sql!(
            "INSERT INTO audit (id, at, account_id, actor, from_addr, act, object_kind, object_id, detail, ok)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ),
        args![id, now, actor.account, name, actor.from, act, object_kind, object_id, detail, ok],
    )
}

/// The newest lines that fit.
///
/// # Errors
/// Of the database.
pub fn list(tx: &mut ReadTx<'_>, filter: &Filter, limit: i64) -> Result<Vec<Entry>, DbError> {
    let mut query = Query::new(
        "SELECT id, at, account_id, actor, from_addr, act, object_kind, object_id, detail, ok FROM audit WHERE id > 0",
    );
    if !filter.act.is_empty() {
        query.with("AND act = {}", &[&filter.act]);
    }
    query.with_some("AND account_id = {}", filter.account.as_ref());
    if !filter.actor.is_empty() {
        query.with("AND actor = {}", &[&filter.actor]);
    }
    if !filter.object_kind.is_empty() {
        query.with("AND object_kind = {}", &[&filter.object_kind]);
    }
    query.with_some("AND object_id = {}", filter.object_id.as_ref());
    query.with_some("AND at >= {}", filter.from.as_ref());
    query.with_some("AND at < {}", filter.to.as_ref());
    if filter.failed {
        query.push("AND ok = FALSE");
    }
    query.with_some("AND id < {}", filter.after.as_ref());
    query.with("ORDER BY id DESC LIMIT {}", &[&limit]);
    tx.list(&query)
}
