//! Questions about targets: they themselves, whom they are asked of, and what is counted.

use std::collections::HashMap;

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{Action, Actor, Date, OrgId, Timestamp};
use people::org::OrgKind;
use people::org::scope::{OrgAs, within};

use super::{Counted, Demand, Span, TargetId};

/// Organisations a list of gaps holds.
pub const MOST: i64 = 3_000;

row! {
    /// A target.
    pub struct Target {
        id: TargetId, org: OrgId, org_name: String, area_path: String, sponsor_path: String, name: String,
        unit_kind: OrgKind, measure: Counted, demand: Demand, n: i64, period: Span, ended_at: Option<Timestamp>,
    }
    /// An organisation that a target is asked of.
    pub struct Asked { id: OrgId, name: String, name_key: String }
}

impl Target {
    /// Where it was set.
    #[must_use]
    pub fn place(&self) -> kernel::Place<'_> {
        kernel::Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }
}

macro_rules! target_columns {
    () => {
        "SELECT g.id, g.org_id, o.name, o.area_path, o.sponsor_path, g.name, g.unit_kind, g.measure, g.demand, g.n,
            g.period, g.ended_at
         FROM target g JOIN org o ON o.id = g.org_id WHERE "
    };
}

/// A target.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: TargetId) -> Result<Option<Target>, DbError> {
    tx.first(sql!(concat!(target_columns!(), "g.id = $1")), args![id])
}

/// The organisations above those whose figures the actor reads: their targets are asked there.
pub(super) fn above(actor: &Actor) -> Vec<OrgId> {
    let mut out: Vec<OrgId> = actor
        .scopes(Action::FiguresRead)
        .iter()
        .flat_map(|grant| [&grant.area_path, &grant.sponsor_path])
        .flat_map(|path| people::org::rules::ids(path))
        .collect();
    out.sort_unstable();
    out.dedup();
    out
}

/// Targets in use, oldest first: those of the actor's organisations and of those above them; `after`: the last one seen.
///
/// # Errors
/// Of the database.
pub fn list(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    after: Option<TargetId>,
    limit: i64,
) -> Result<Vec<Target>, DbError> {
    let mut query = Query::new(concat!(target_columns!(), "g.ended_at IS NULL AND (o.id IN (0"));
    for org in above(actor) {
        query.with(", {}", &[&org]);
    }
    query.push(") OR");
    within(&mut query, &actor.scopes(Action::FiguresRead), OrgAs::O);
    query.push(")");
    query.with_some("AND g.id > {}", after.as_ref());
    query.with("ORDER BY g.id LIMIT {}", &[&limit]);
    tx.list(&query)
}

/// What narrows organisations to those a target is asked of, within the actor's scopes.
fn asked_of(query: &mut Query, actor: &Actor, target: &Target) {
    query.with("o.kind = {} AND o.state IN ('open', 'suspended') AND", &[&target.unit_kind]);
    query.with(
        "((o.area_path >= {} AND o.area_path < {})",
        &[&target.area_path, &people::org::rules::end(&target.area_path)],
    );
    if !target.sponsor_path.is_empty() {
        query.with(
            "OR (o.sponsor_path >= {} AND o.sponsor_path < {})",
            &[&target.sponsor_path, &people::org::rules::end(&target.sponsor_path)],
        );
    }
    query.push(") AND");
    within(query, &actor.scopes(Action::FiguresRead), OrgAs::O);
}

/// Organisations a target is asked of, by name.
///
/// # Errors
/// Of the database.
pub fn asked(tx: &mut ReadTx<'_>, actor: &Actor, target: &Target) -> Result<Vec<Asked>, DbError> {
    let mut query = Query::new("SELECT o.id, o.name, o.name_key FROM org o WHERE");
    asked_of(&mut query, actor, target);
    query.with("ORDER BY o.name_key, o.id LIMIT {}", &[&MOST]);
    tx.list(&query)
}

/// What is counted of each, in one question; who has none is left out.
///
/// # Errors
/// Of the database.
pub fn counts(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    target: &Target,
    first: Date,
    last: Date,
) -> Result<HashMap<OrgId, i64>, DbError> {
    let below = if target.unit_kind == OrgKind::Department {
        "JOIN org t ON t.sponsor_path >= o.sponsor_path AND t.sponsor_path < o.sponsor_path || '~'
            AND o.sponsor_path <> ''"
    } else {
        "JOIN org t ON t.area_path >= o.area_path AND t.area_path < o.area_path || '~'"
    };
    let mut query = Query::new("SELECT o.id, count(*) FROM org o");
    match target.measure {
        Counted::Leaders => {
            query.push(
                "JOIN org_post t ON t.org_id = o.id AND t.to_on IS NULL AND t.kind IN ('leader', 'deputy')",
            );
            query.push("WHERE");
        }
        Counted::People => {
            query.push(match target.unit_kind {
                OrgKind::Team => "JOIN member m ON m.org_id = o.id AND m.state = 'member'",
                OrgKind::Unit => {
                    "JOIN report_in m ON m.unit_id = o.id AND m.state <> 'ended' JOIN person p ON p.id = m.person_id
                        AND p.state = 'active'"
                }
                _ => "JOIN person_home h ON h.home_org = o.id JOIN person p ON p.id = h.person_id AND p.state = 'active'",
            });
            query.push("WHERE");
        }
        Counted::Teams => {
            query.push(below).push("WHERE t.kind = 'team' AND t.state = 'open' AND");
        }
        Counted::Stations => {
            query.push(below).push("WHERE t.kind = 'station' AND t.state = 'open' AND");
        }
        Counted::Sessions => {
            let (from, until) = (Timestamp::at(first, 0), Timestamp::at(last.plus(1), 0));
            query
                .push(below)
                .push("JOIN activity a ON a.org_id = t.id JOIN session s ON s.activity_id = a.id");
            query.push("WHERE s.state IN ('closed', 'submitted', 'recorded')");
            query.with("AND s.starts_at >= {} AND s.starts_at < {} AND", &[&from, &until]);
        }
        Counted::Records => {
            query.push(below).push("JOIN record r ON r.team_id = t.id WHERE r.state = 'confirmed'");
            query.with("AND r.service_on >= {} AND r.service_on <= {} AND", &[&first, &last]);
        }
    }
    asked_of(&mut query, actor, target);
    query.push("GROUP BY o.id");
    Ok(tx.list::<(OrgId, i64)>(&query)?.into_iter().collect())
}

/// Organisations targets may be set for: those whose figures the actor reads.
pub(super) fn hosts(tx: &mut ReadTx<'_>, actor: &Actor) -> Result<Vec<(OrgId, OrgKind, String)>, DbError> {
    let mut query = Query::new(
        "SELECT o.id, o.kind, o.name FROM org o
         WHERE o.state <> 'closed' AND o.kind IN ('city', 'street', 'department', 'community') AND",
    );
    within(&mut query, &actor.scopes(Action::FiguresRead), OrgAs::O);
    query.push(
        "ORDER BY CASE o.kind WHEN 'city' THEN 0 WHEN 'street' THEN 1 ELSE 2 END, o.name_key, o.id LIMIT 400",
    );
    tx.list(&query)
}

/// Whether targets of these names are in use for an organisation.
pub(super) fn names_of(tx: &mut ReadTx<'_>, org: OrgId) -> Result<Vec<String>, DbError> {
    let rows: Vec<(String,)> = tx.all(
        sql!("SELECT name FROM target WHERE org_id = $1 AND ended_at IS NULL ORDER BY id LIMIT 200"),
        args![org],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Writes a target.
pub(super) fn insert(tx: &mut WriteTx<'_>, actor: &Actor, new: &super::New) -> Result<TargetId, DbError> {
    let (id, now): (TargetId, _) = (tx.new_id(), tx.now());
    tx.exec_one(
        sql!(
            "INSERT INTO target (id, org_id, name, unit_kind, measure, demand, n, period, created_at, created_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ),
        args![
            id,
            new.org,
            new.name,
            new.unit_kind,
            new.measure,
            new.demand,
            new.n,
            new.period,
            now,
            actor.account
        ],
    )?;
    Ok(id)
}

/// Ends a target in use; whether it was.
pub(super) fn end(tx: &mut WriteTx<'_>, id: TargetId) -> Result<bool, DbError> {
    let now = tx.now();
    let touched =
        tx.exec(sql!("UPDATE target SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL"), args![id, now])?;
    Ok(touched == 1)
}
