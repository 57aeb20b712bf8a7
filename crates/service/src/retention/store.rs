//! Questions about who stays. Those about one community or team read its people and their months; those about more
//! read what is kept.

use std::collections::BTreeMap;

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Action, Actor, Date, Grant, OrgId, PersonId, Timestamp};
use people::org::scope::{OrgAs, within};
use people::person::PersonState;

use super::CallBackId;
use super::rules::{self, Cohort};

row! {
    /// A community or team.
    pub struct Unit { id: OrgId, name: String, kind: String, area_path: String, sponsor_path: String }
    /// A month with what is kept of it.
    pub struct Month { month_on: Date, began: i64, after_1: i64, after_3: i64, after_6: i64, after_12: i64 }
    /// A community or team with what is kept of it.
    pub struct Line {
        id: OrgId, name: String, kind: String, regular: i64, slipping: i64, at: Option<Timestamp>, began: i64,
        known: i64, after_3: i64,
    }
    /// How much of an area is counted.
    pub struct Extent { units: i64, counted: i64, at: Option<Timestamp>, regular: i64, slipping: i64 }
    /// Somebody in a list.
    pub struct Person {
        id: PersonId, name: String, volunteer_no: String, state: PersonState, home_name: String,
        phone_enc: Option<Vec<u8>>, written_at: Option<Timestamp>, ahead_at: Option<Timestamp>,
        opens: bool,
    }
}

/// What somebody served.
#[derive(Debug, Clone)]
pub struct Served {
    /// Who.
    pub person: PersonId,
    /// Months with service, in order, each once.
    pub months: Vec<i64>,
    /// Day of the last service; only within half a year.
    pub last_on: Option<Date>,
    /// Whether they can be written to.
    pub active: bool,
}

/// A community or team.
///
/// # Errors
/// Of the database.
pub fn unit(tx: &mut ReadTx<'_>, id: OrgId) -> Result<Option<Unit>, DbError> {
    tx.first(
        sql!(
            "SELECT id, name, kind, area_path, sponsor_path FROM org
             WHERE id = $1 AND kind IN ('community', 'team', 'group')"
        ),
        args![id],
    )
}

fn add(all: &mut BTreeMap<PersonId, Served>, person: PersonId, on: Date, active: bool) -> &mut Served {
    let one =
        all.entry(person).or_insert_with(|| Served { person, months: Vec::new(), last_on: None, active });
    let month = rules::month(on);
    if one.months.last() != Some(&month) {
        one.months.push(month);
    }
    one
}

/// Who served and when: of a community those at home there, of a team those who served for it. Three questions at most,
/// whatever their number; whoever died is left out.
///
/// # Errors
/// Of the database.
pub fn served(tx: &mut ReadTx<'_>, unit: &Unit) -> Result<Vec<Served>, DbError> {
    let since = tx.now().date().plus(-rules::GONE_WEEKS * 7);
    let mut all: BTreeMap<PersonId, Served> = BTreeMap::new();
    if unit.kind == "community" {
        // The sums of months (ADR 0005) say in which months somebody served: their key ends in 2.
        tx.each(
            sql!(
                "SELECT t.subject_id, t.period, p.state FROM person_home h CROSS JOIN total t CROSS JOIN person p
                 WHERE h.home_org = $1 AND t.subject_kind = 'person' AND t.subject_id = h.person_id
                 AND p.id = h.person_id AND t.period % 10 = 2 AND t.records > 0 AND p.state <> 'deceased'
                 ORDER BY t.subject_id, t.period"
            ),
            args![unit.id],
            |row| {
                let (period, state): (i64, PersonState) = (row.get(1)?, row.get(2)?);
                add(&mut all, row.get(0)?, Date::from_days(period / 10), state == PersonState::Active);
                Ok(())
            },
        )?;
        let last: Vec<(PersonId, Date)> = tx.all(
            sql!(
                "SELECT r.person_id, max(r.service_on) FROM person_home h CROSS JOIN record r
                 WHERE h.home_org = $1 AND r.person_id = h.person_id AND r.service_on >= $2 AND r.state = 'confirmed'
                 GROUP BY r.person_id"
            ),
            args![unit.id, since],
        )?;
        for (person, on) in last {
            if let Some(one) = all.get_mut(&person) {
                one.last_on = Some(on);
            }
        }
    } else {
        tx.each(
            sql!(
                "SELECT r.person_id, r.service_on, p.state FROM record r CROSS JOIN person p
                 WHERE r.team_id = $1 AND p.id = r.person_id AND r.state = 'confirmed' AND r.flags NOT LIKE '%no_team%'
                 AND p.state <> 'deceased' ORDER BY r.service_on, r.id"
            ),
            args![unit.id],
            |row| {
                let (on, state): (Date, PersonState) = (row.get(1)?, row.get(2)?);
                let one = add(&mut all, row.get(0)?, on, state == PersonState::Active);
                if on >= since {
                    one.last_on = Some(on);
                }
                Ok(())
            },
        )?;
    }
    Ok(all.into_values().collect())
}

/// Months of first service with who still serves.
#[must_use]
pub fn cohorts(served: &[Served]) -> BTreeMap<i64, Cohort> {
    let mut out: BTreeMap<i64, Cohort> = BTreeMap::new();
    for one in served {
        if let Some(first) = one.months.first() {
            out.entry(*first).or_default().count(&one.months);
        }
    }
    out
}

/// Those of them who are slipping away, the longest silent first.
#[must_use]
pub fn slipping(served: &[Served], today: Date) -> Vec<&Served> {
    let mut out: Vec<&Served> = served
        .iter()
        .filter(|one| one.active && one.last_on.is_some_and(|on| rules::slipping(&one.months, on, today)))
        .collect();
    out.sort_by_key(|one| (one.last_on, one.person));
    out
}

/// Names of people by their ids, with when they were last written to, where they have signed up next, and whether the
/// actor may open their file: somebody may serve with a team without being its member.
///
/// # Errors
/// Of the database.
pub fn people(tx: &mut ReadTx<'_>, actor: &Actor, ids: &[PersonId]) -> Result<Vec<Person>, DbError> {
    let now = tx.now();
    let mut out = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let mut query =
            Query::new("SELECT p.id, p.name, p.volunteer_no, p.state, COALESCE(o.name, ''), p.phone_enc,");
        query.with(
            "(SELECT max(c.at) FROM call_back c WHERE c.person_id = p.id),
             (SELECT min(u.starts_at) FROM sign_up u WHERE u.person_id = p.id AND u.state = 'booked' AND u.starts_at > {}),
             COALESCE(",
            &[&now],
        );
        within(&mut query, &actor.scopes(Action::PersonRead), OrgAs::O);
        query.push(
            "OR EXISTS (SELECT 1 FROM member m JOIN org t ON t.id = m.org_id
                WHERE m.person_id = p.id AND m.state = 'member' AND",
        );
        within(&mut query, &actor.scopes(Action::MemberRead), OrgAs::T);
        query.push("), FALSE) FROM person p LEFT JOIN org o ON o.id = p.home_org WHERE p.id IN (");
        for (at, id) in chunk.iter().enumerate() {
            query.with(if at == 0 { "{}" } else { ", {}" }, &[id]);
        }
        query.push(") ORDER BY p.id");
        out.extend(tx.list::<Person>(&query)?);
    }
    let place: BTreeMap<PersonId, usize> = ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    out.sort_by_key(|one| place.get(&one.id).copied());
    Ok(out)
}

/// The months of all communities within the scopes together, newest first.
///
/// # Errors
/// Of the database.
pub fn months(tx: &mut ReadTx<'_>, scopes: &[&Grant], since: Date) -> Result<Vec<Month>, DbError> {
    let mut query = Query::new(
        "SELECT c.month_on, CAST(sum(c.began) AS BIGINT), CAST(sum(c.after_1) AS BIGINT), CAST(sum(c.after_3) AS BIGINT),
            CAST(sum(c.after_6) AS BIGINT), CAST(sum(c.after_12) AS BIGINT)
         FROM org o CROSS JOIN retention_cohort c WHERE c.org_id = o.id AND o.kind = 'community' AND",
    );
    within(&mut query, scopes, OrgAs::O);
    query.with("AND c.month_on >= {} GROUP BY c.month_on ORDER BY c.month_on DESC", &[&since]);
    tx.list(&query)
}

/// The months of one community or team as kept, newest first.
///
/// # Errors
/// Of the database.
pub fn months_of(tx: &mut ReadTx<'_>, unit: OrgId, since: Date) -> Result<Vec<Month>, DbError> {
    tx.all(
        sql!(
            "SELECT month_on, began, after_1, after_3, after_6, after_12 FROM retention_cohort
             WHERE org_id = $1 AND month_on >= $2 ORDER BY month_on DESC"
        ),
        args![unit, since],
    )
}

/// How much of the communities within the scopes is counted, and how many people it is about.
///
/// # Errors
/// Of the database.
pub fn extent(tx: &mut ReadTx<'_>, scopes: &[&Grant]) -> Result<Extent, DbError> {
    let mut query = Query::new(
        "SELECT count(*), count(k.org_id), min(k.at), CAST(COALESCE(sum(k.regular), 0) AS BIGINT),
            CAST(COALESCE(sum(k.slipping), 0) AS BIGINT)
         FROM org o LEFT JOIN retention_org k ON k.org_id = o.id WHERE o.kind = 'community' AND o.state = 'open' AND",
    );
    within(&mut query, scopes, OrgAs::O);
    let mut rows: Vec<Extent> = tx.list(&query)?;
    rows.pop().ok_or_else(|| DbError::Inconsistent("a count without a row".to_owned()))
}

/// When one unit was counted, and what came of it: regular, slipping, at.
///
/// # Errors
/// Of the database.
pub fn counted(tx: &mut ReadTx<'_>, unit: OrgId) -> Result<Option<(i64, i64, Timestamp)>, DbError> {
    tx.first(sql!("SELECT regular, slipping, at FROM retention_org WHERE org_id = $1"), args![unit])
}

/// Communities or teams within the scopes, those first of whom most are slipping away; `after`: slipping and id of the
/// last one seen.
///
/// # Errors
/// Of the database.
pub fn lines(
    tx: &mut ReadTx<'_>,
    scopes: &[&Grant],
    kind: &str,
    after: Option<(i64, i64)>,
    limit: i64,
) -> Result<Vec<Line>, DbError> {
    let today = tx.now().date();
    let since = rules::first_day(rules::month(today) - rules::SHOWN);
    // Of months since when three more are over.
    let over = rules::first_day(rules::month(today) - 4);
    let mut query =
        Query::new("SELECT o.id, o.name, o.kind, COALESCE(k.regular, 0), COALESCE(k.slipping, 0), k.at,");
    query.with(
        "(SELECT CAST(COALESCE(sum(c.began), 0) AS BIGINT) FROM retention_cohort c WHERE c.org_id = o.id AND c.month_on >= {}),
         (SELECT CAST(COALESCE(sum(c.began), 0) AS BIGINT) FROM retention_cohort c WHERE c.org_id = o.id
            AND c.month_on >= {} AND c.month_on <= {}),
         (SELECT CAST(COALESCE(sum(c.after_3), 0) AS BIGINT) FROM retention_cohort c WHERE c.org_id = o.id
            AND c.month_on >= {} AND c.month_on <= {})",
        &[&since, &since, &over, &since, &over],
    );
    query.with(
        "FROM org o LEFT JOIN retention_org k ON k.org_id = o.id WHERE o.kind = {} AND o.state = 'open' AND",
        &[&kind],
    );
    within(&mut query, scopes, OrgAs::O);
    if let Some((slipping, id)) = after {
        query.with(
            "AND (COALESCE(k.slipping, 0) < {} OR (COALESCE(k.slipping, 0) = {} AND o.id > {}))",
            &[&slipping, &slipping, &id],
        );
    }
    query.with("ORDER BY COALESCE(k.slipping, 0) DESC, o.id LIMIT {}", &[&limit]);
    tx.list(&query)
}

/// Exchanges what is kept of a community or team.
///
/// # Errors
/// Of the database.
pub fn keep(
    tx: &mut WriteTx<'_>,
    unit: OrgId,
    cohorts: &BTreeMap<i64, Cohort>,
    (regular, slipping): (i64, i64),
) -> Result<(), DbError> {
    tx.exec(sql!("DELETE FROM retention_cohort WHERE org_id = $1"), args![unit])?;
    for (month, one) in cohorts {
        let [a, b, c, d] = one.after;
        tx.exec_later(
            sql!(
                "INSERT INTO retention_cohort (org_id, month_on, began, after_1, after_3, after_6, after_12)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)"
            ),
            args![unit, rules::first_day(*month), one.began, a, b, c, d],
        )?;
    }
    let now = tx.now();
    tx.exec(
        sql!(
            "INSERT INTO retention_org (org_id, regular, slipping, at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (org_id) DO UPDATE SET regular = excluded.regular, slipping = excluded.slipping, at = excluded.at"
        ),
        args![unit, regular, slipping, now],
    )?;
    Ok(())
}

/// Communities and teams that were never counted or not for a while, the oldest count first.
///
/// # Errors
/// Of the database.
pub fn due(tx: &mut ReadTx<'_>, before: Timestamp, limit: i64) -> Result<Vec<Unit>, DbError> {
    tx.all(
        sql!(
            "SELECT o.id, o.name, o.kind, o.area_path, o.sponsor_path FROM org o
             LEFT JOIN retention_org k ON k.org_id = o.id
             WHERE o.kind IN ('community', 'team', 'group') AND o.state = 'open' AND COALESCE(k.at, CAST(0 AS BIGINT)) < $1
             ORDER BY COALESCE(k.at, CAST(0 AS BIGINT)), o.id LIMIT $2"
        ),
        args![before, limit],
    )
}

/// Notes that somebody was written to, unless they were within some days. Returns whether they are to be told.
///
/// # Errors
/// Of the database.
pub fn write_to(
    tx: &mut WriteTx<'_>,
    person: PersonId,
    unit: OrgId,
    text: &str,
    by: Option<AccountId>,
) -> Result<bool, DbError> {
    let id: CallBackId = tx.new_id();
    let now = tx.now();
    let since = now.plus_minutes(-rules::WRITE_DAYS * 24 * 60);
    let written = tx.exec(
        sql!(
            "INSERT INTO call_back (id, person_id, org_id, text, by_account, at)
             SELECT CAST($1 AS BIGINT), p.id, CAST($3 AS BIGINT), CAST($4 AS TEXT), CAST($5 AS BIGINT), CAST($6 AS BIGINT)
             FROM person p WHERE p.id = $2 AND p.state = 'active'
             AND NOT EXISTS (SELECT 1 FROM call_back c WHERE c.person_id = p.id AND c.at > $7)"
        ),
        args![id, person, unit, text, by, now, since],
    )?;
    Ok(written == 1)
}
