//! Questions about titles.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::page::Page;
use kernel::{Action, Actor, Date, OrgId};

use super::rules::{self, Days};
use super::{BaseId, BaseLevel, BaseState, Edit};
use crate::org::scope::{OrgAs, within};

/// Rows of a page.
pub const ROWS: i64 = 50;

row! {
    /// A title with who bears it.
    pub struct Base {
        id: BaseId, org: OrgId, org_name: String, area_path: String, sponsor_path: String, title: String,
        level: BaseLevel, granted_by: String, granted_on: Date, plaque_no: String, valid_until: Option<Date>,
        recheck_on: Option<Date>, withdrawn_on: Option<Date>, withdrawn_why: String, version: i64,
    }
}

impl Base {
    /// Where its bearer stands, for [`kernel::can`].
    #[must_use]
    pub fn place(&self) -> kernel::Place<'_> {
        kernel::Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }

    /// Where it is in its life on a day.
    #[must_use]
    pub fn state(&self, on: Date) -> BaseState {
        let days = Days {
            granted_on: self.granted_on,
            valid_until: self.valid_until,
            recheck_on: self.recheck_on,
            withdrawn_on: self.withdrawn_on,
        };
        rules::state(&days, on)
    }
}

macro_rules! base_columns {
    () => {
        "SELECT b.id, b.org_id, o.name, o.area_path, o.sponsor_path, b.title, b.level, b.granted_by, b.granted_on,
            b.plaque_no, b.valid_until, b.recheck_on, b.withdrawn_on, b.withdrawn_why, b.version
         FROM base b JOIN org o ON o.id = b.org_id WHERE "
    };
}

/// A title.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: BaseId) -> Result<Option<Base>, DbError> {
    tx.first(sql!(concat!(base_columns!(), "b.id = $1")), args![id])
}

/// What an organisation bears on a day, the latest first.
///
/// # Errors
/// Of the database.
pub fn borne_by(tx: &mut ReadTx<'_>, org: OrgId) -> Result<Vec<Base>, DbError> {
    let today = tx.now().date();
    tx.all(
        sql!(concat!(
            base_columns!(),
            "b.org_id = $1 AND b.withdrawn_on IS NULL AND (b.valid_until IS NULL OR b.valid_until >= $2)
             ORDER BY b.granted_on DESC, b.id DESC LIMIT 20"
        )),
        args![org, today],
    )
}

/// What a list is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those of this level.
    pub level: Option<BaseLevel>,
    /// Only those in this state.
    pub state: Option<BaseState>,
    /// Only those of this organisation.
    pub org: Option<OrgId>,
    /// Cursor: day and id of the last row seen.
    pub after: String,
}

/// A page of titles, the latest first.
///
/// # Errors
/// Of the database.
pub fn list(tx: &mut ReadTx<'_>, filter: &Filter, rows: i64) -> Result<Page<Base>, DbError> {
    let today = tx.now().date();
    let soon = today.plus(rules::RECHECK_AHEAD);
    let mut query = Query::new(concat!(base_columns!(), "1 = 1"));
    query.with_some("AND b.level = {}", filter.level.as_ref());
    query.with_some("AND b.org_id = {}", filter.org.as_ref());
    match filter.state {
        None => {}
        Some(BaseState::Withdrawn) => {
            query.push("AND b.withdrawn_on IS NOT NULL");
        }
        Some(BaseState::Expired) => {
            query.with("AND b.withdrawn_on IS NULL AND b.valid_until < {}", &[&today]);
        }
        Some(BaseState::Recheck) => {
            query.with(
                "AND b.withdrawn_on IS NULL AND (b.valid_until IS NULL OR b.valid_until >= {}) AND b.recheck_on <= {}",
                &[&today, &soon],
            );
        }
        Some(BaseState::Borne) => {
            query.with(
                "AND b.withdrawn_on IS NULL AND (b.valid_until IS NULL OR b.valid_until >= {})
                 AND (b.recheck_on IS NULL OR b.recheck_on > {})",
                &[&today, &soon],
            );
        }
    }
    if let Some((day, id)) = kernel::page::cursor_pair(&filter.after) {
        query.with("AND (b.granted_on, b.id) < ({}, {})", &[&day, &id]);
    }
    query.with("ORDER BY b.granted_on DESC, b.id DESC LIMIT {}", &[&(rows + 1)]);
    let found = tx.list(&query)?;
    Ok(Page::cut(found, usize::try_from(rows).unwrap_or(50), |one: &Base| {
        format!("{}~{}", one.granted_on.days(), one.id)
    }))
}

/// How many titles the actor looks after are to be checked again soon, and the first day of those.
pub(super) fn due(tx: &mut ReadTx<'_>, actor: &Actor) -> Result<(i64, Option<Date>), DbError> {
    let today = tx.now().date();
    let soon = today.plus(rules::RECHECK_AHEAD);
    let mut query =
        Query::new("SELECT count(*), min(b.recheck_on) FROM base b JOIN org o ON o.id = b.org_id WHERE");
    within(&mut query, &actor.scopes(Action::OrgManage), OrgAs::O);
    query.with(
        "AND b.withdrawn_on IS NULL AND (b.valid_until IS NULL OR b.valid_until >= {}) AND b.recheck_on <= {}",
        &[&today, &soon],
    );
    let found: Vec<(i64, Option<Date>)> = tx.list(&query)?;
    Ok(found.into_iter().next().unwrap_or_default())
}

/// Organisations that may bear a title, within scopes: everything but groups.
pub(super) fn bearers(
    tx: &mut ReadTx<'_>,
    scopes: &[&kernel::Grant],
    own: Option<OrgId>,
) -> Result<Vec<(OrgId, crate::org::OrgKind, String)>, DbError> {
    let mut query = Query::new(
        "SELECT o.id, o.kind, o.name FROM org o WHERE o.state <> 'closed' AND o.kind <> 'group' AND",
    );
    within(&mut query, scopes, OrgAs::O);
    match &own {
        // Chosen on its own page: a list of hundreds of teams would help nobody.
        Some(own) => query.with("AND o.id = {} LIMIT 1", &[own]),
        None => query.push("AND o.kind IN ('station', 'community', 'unit', 'department') ORDER BY o.kind, o.name_key, o.id LIMIT 1000"),
    };
    tx.list(&query)
}

/// Writes a new title.
pub(super) fn insert(tx: &mut WriteTx<'_>, id: BaseId, edit: &Edit) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO base (id, org_id, title, level, granted_by, granted_on, plaque_no, valid_until, recheck_on,
                created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ),
        args![
            id,
            edit.org,
            edit.title,
            edit.level,
            edit.granted_by,
            edit.granted_on,
            edit.plaque_no,
            edit.valid_until,
            edit.recheck_on,
            now
        ],
    )
}

/// Changes a title of a version; whether it still had that version.
pub(super) fn update(tx: &mut WriteTx<'_>, id: BaseId, version: i64, edit: &Edit) -> Result<bool, DbError> {
    let touched = tx.exec(
        sql!(
            "UPDATE base SET org_id = $3, title = $4, level = $5, granted_by = $6, granted_on = $7, plaque_no = $8,
                valid_until = $9, recheck_on = $10, version = version + 1
             WHERE id = $1 AND version = $2 AND withdrawn_on IS NULL"
        ),
        args![
            id,
            version,
            edit.org,
            edit.title,
            edit.level,
            edit.granted_by,
            edit.granted_on,
            edit.plaque_no,
            edit.valid_until,
            edit.recheck_on
        ],
    )?;
    Ok(touched == 1)
}

/// Takes a title away; whether it was still borne.
pub(super) fn withdraw(tx: &mut WriteTx<'_>, id: BaseId, why: &str) -> Result<bool, DbError> {
    let today = tx.now().date();
    let touched = tx.exec(
        sql!(
            "UPDATE base SET withdrawn_on = $2, withdrawn_why = $3, version = version + 1
             WHERE id = $1 AND withdrawn_on IS NULL"
        ),
        args![id, today, why],
    )?;
    Ok(touched == 1)
}
