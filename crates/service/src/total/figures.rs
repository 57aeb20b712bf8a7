//! The statistics dictionary (Add-03): every figure is defined once — what is counted, over what, as of
//! when — and computed by one named query. Pages, exports and the API ask here and nowhere else.
//!
//! Periods are attributed by the local date of the start of the session. A figure of an area counts what
//! took place in it.

use db::{DbError, Query, ReadTx, args, sql};
use kernel::{Date, Lang, OrgId, Timestamp};
use ui::Figure;

use crate::unit::store::Sum;

macro_rules! figure {
    ($code:literal, $zh:literal, $en:literal, $mzh:literal, $men:literal, $uzh:literal, $uen:literal) => {
        Figure { code: $code, name: ($zh, $en), meaning: ($mzh, $men), unit: ($uzh, $uen), version: 1 }
    };
}

/// The dictionary.
pub const FIGURES: &[Figure] = &[
    figure!(
        "attendances",
        "人次",
        "Attendances",
        "时段内开始的场次中，实际到场的报名数；每人每场计一次。",
        "Sign-ups that attended, in sessions that began in the period; one per person per session.",
        "人次",
        "attendances"
    ),
    figure!(
        "persons",
        "人数",
        "People served",
        "时段内至少有一条已确认记录的不同志愿者数。",
        "Different volunteers with at least one confirmed record in the period.",
        "人",
        "people"
    ),
    figure!(
        "sessions",
        "场次",
        "Sessions held",
        "时段内开始、至少一人到场的场次数。",
        "Sessions that began in the period and at least one person attended.",
        "场",
        "sessions"
    ),
    figure!(
        "minutes",
        "时长",
        "Time given",
        "时段内已确认记录的分钟之和，只在最后向下取整一次。",
        "Sum of the minutes of confirmed records in the period, rounded down once at the end.",
        "小时",
        "hours"
    ),
    figure!(
        "registered",
        "注册人数",
        "Registered",
        "截止日状态为“正常”的志愿者数（不含待认领、待补全、停用、注销、已故）。",
        "Volunteers who are active on the as-of date (not unclaimed, incomplete, suspended, closed or deceased).",
        "人",
        "people"
    ),
    figure!(
        "active",
        "活跃人数",
        "Active",
        "时段内至少有一条已确认记录的在册志愿者数。",
        "Registered volunteers with at least one confirmed record in the period.",
        "人",
        "people"
    ),
    figure!(
        "core",
        "骨干人数",
        "Core volunteers",
        "截止日所在年度内已确认时长满 20 小时的志愿者数。",
        "Volunteers with at least 20 confirmed hours in the year of the as-of date.",
        "人",
        "people"
    ),
    figure!(
        "coverage",
        "站点覆盖率",
        "Station coverage",
        "有至少一个开放站点的社区数 ÷ 当日存在的社区数。",
        "Communities with at least one open station ÷ communities existing that day.",
        "%",
        "%"
    ),
    figure!(
        "regular",
        "经常性普及率",
        "Regular service rate",
        "时段内每个月都有至少一场（有人到场）的社区数 ÷ 社区数。",
        "Communities with at least one session held in every month of the period ÷ communities.",
        "%",
        "%"
    ),
    figure!(
        "professional",
        "专业性普及率",
        "Professional service rate",
        "时段内有至少一场专业类服务的社区数 ÷ 社区数。",
        "Communities with at least one session of a professional category in the period ÷ communities.",
        "%",
        "%"
    ),
    figure!(
        "unit_minutes",
        "单位会员时长",
        "Time of unit members",
        "以单位名义服务的人，在其起止日期（含首尾两日）内开始的场次中已确认的本市服务分钟之和，只在最后向下取整一次；\
         历史导入和外地转入的不计。地区的数字是其中各单位之和。",
        "Sum of the minutes confirmed here of those who serve in the unit's name, in sessions that began within their \
         days (first and last included), rounded down once at the end; past and transferred hours are left out. Of an \
         area: of the units in it.",
        "小时",
        "hours"
    ),
];

/// The records that count for a unit (V9): the one definition of its total. The person's days decide, and the intervals
/// of a person never overlap, so that no record counts twice.
macro_rules! unit_records {
    () => {
        " FROM unit_service s CROSS JOIN record r WHERE r.person_id = s.person_id
          AND r.service_on >= s.from_on AND r.service_on <= COALESCE(s.to_on, 4000000)
          AND s.state IN ('active', 'ended') AND r.state NOT IN ('submitted', 'returned', 'void')
          AND r.class IN ('verified', 'honor') "
    };
}
pub(crate) use unit_records;

/// `unit_minutes` of units between two days, with the services and the different people; `units`: all when left out.
///
/// # Errors
/// Of the database.
pub fn unit_sums(
    tx: &mut ReadTx<'_>,
    units: Option<&[OrgId]>,
    first: Date,
    last: Date,
) -> Result<Vec<Sum>, DbError> {
    let mut query = Query::new(concat!(
        "SELECT s.unit_id, count(DISTINCT s.person_id), count(*), CAST(sum(r.minutes) AS BIGINT)",
        unit_records!()
    ));
    query.with("AND r.service_on >= {} AND r.service_on <= {}", &[&first, &last]);
    if let Some(units) = units {
        query.push("AND s.unit_id IN (0");
        for unit in units {
            query.with(", {}", &[unit]);
        }
        query.push(")");
    }
    query.push("GROUP BY s.unit_id ORDER BY s.unit_id");
    tx.list(&query)
}

/// The definition of a figure.
#[must_use]
pub fn definition(code: &str) -> Option<&'static Figure> {
    FIGURES.iter().find(|figure| figure.code == code)
}

/// What a figure is asked about.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Path of the area, `/1/5/`; the root's path for the whole city.
    pub area_path: String,
    /// First day.
    pub from: Date,
    /// Last day; also the as-of date.
    pub to: Date,
}

impl Asked {
    fn end(&self) -> String {
        format!("{}~", self.area_path)
    }
}

/// A computed figure: a number, or a quotient with its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// The number, or the numerator.
    pub n: i64,
    /// The denominator of a rate.
    pub of: Option<i64>,
}

impl Amount {
    /// As people read it: `12,345`, `1,234.5` hours, `80.5%`.
    #[must_use]
    pub fn text(self, code: &str) -> String {
        match self.of {
            Some(0) => "—".to_owned(),
            Some(of) => {
                let tenths = self.n * 1000 / of;
                format!("{}.{}%", tenths / 10, tenths % 10)
            }
            None if code == "minutes" || code == "unit_minutes" => kernel::Minutes(self.n).hours(),
            None => grouped(self.n),
        }
    }
}

/// `1234567` → `1,234,567`.
#[must_use]
pub fn grouped(n: i64) -> String {
    let digits = n.abs().to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if n < 0 { format!("-{out}") } else { out }
}

/// Computes a figure.
///
/// # Errors
/// Of the database; `Bug` for a code that is not in the dictionary.
pub fn compute(tx: &mut ReadTx<'_>, code: &str, asked: &Asked) -> Result<Amount, DbError> {
    let (path, end) = (&asked.area_path, asked.end());
    let (start, stop) = (Timestamp::at(asked.from, 0), Timestamp::at(asked.to.plus(1), 0));
    let single = |n: (i64,)| Amount { n: n.0, of: None };
    match code {
        // All states are named so that the index over state and start finds the span.
        "attendances" => tx
            .one(
                sql!(
                    "SELECT count(*) FROM session s CROSS JOIN activity a CROSS JOIN org o CROSS JOIN sign_up u
                     WHERE a.id = s.activity_id AND o.id = COALESCE(a.community_id, a.org_id)
                     AND u.session_id = s.id AND u.state = 'attended'
                     AND s.state IN ('draft', 'open', 'closed', 'submitted', 'recorded', 'cancelled')
                     AND s.starts_at >= $1 AND s.starts_at < $2 AND o.area_path >= $3 AND o.area_path < $4"
                ),
                args![start, stop, path, end],
            )
            .map(single),
        "sessions" => tx
            .one(
                sql!(
                    "SELECT count(*) FROM session s CROSS JOIN activity a CROSS JOIN org o
                     WHERE a.id = s.activity_id AND o.id = COALESCE(a.community_id, a.org_id)
                     AND s.state IN ('draft', 'open', 'closed', 'submitted', 'recorded', 'cancelled')
                     AND s.starts_at >= $1 AND s.starts_at < $2 AND o.area_path >= $3 AND o.area_path < $4
                     AND EXISTS (SELECT 1 FROM sign_up u WHERE u.session_id = s.id AND u.state = 'attended')"
                ),
                args![start, stop, path, end],
            )
            .map(single),
        "persons" => number(tx, &records(asked, "count(DISTINCT x.person_id)", "r.person_id")),
        "minutes" => {
            number(tx, &records(asked, "CAST(COALESCE(sum(x.minutes), 0) AS BIGINT)", "r.minutes"))
        }
        "registered" => tx
            .one(
                sql!(
                    "SELECT count(*) FROM org o JOIN person_home h ON h.home_org = o.id
                     JOIN person p ON p.id = h.person_id
                     WHERE p.state = 'active' AND p.created_at < $1 AND o.area_path >= $2 AND o.area_path < $3
                     AND p.batch NOT IN (SELECT id FROM roster_import WHERE hidden)"
                ),
                args![stop, path, end],
            )
            .map(single),
        "active" => tx
            .one(
                sql!(
                    "SELECT count(*) FROM org o CROSS JOIN person_home h CROSS JOIN person p
                     WHERE h.home_org = o.id AND p.id = h.person_id AND p.state = 'active'
                     AND EXISTS (SELECT 1 FROM record r WHERE r.person_id = h.person_id
                        AND r.state NOT IN ('submitted', 'returned', 'void')
                        AND r.service_on >= $1 AND r.service_on <= $2)
                     AND o.area_path >= $3 AND o.area_path < $4"
                ),
                args![asked.from, asked.to, path, end],
            )
            .map(single),
        "core" => tx
            .one(
                sql!(
                    "SELECT count(*) FROM org o CROSS JOIN person_home h CROSS JOIN total t CROSS JOIN person p
                     WHERE h.home_org = o.id AND p.id = h.person_id AND p.state = 'active'
                     AND t.subject_kind = 'person' AND t.subject_id = h.person_id AND t.period = $1
                     AND t.minutes >= 1200 AND o.area_path >= $2 AND o.area_path < $3"
                ),
                args![kernel::Period::Year(asked.to).key(), path, end],
            )
            .map(single),
        "coverage" => {
            let (n, of): (i64, i64) = tx.one(
                sql!(
                    "SELECT count(*) FILTER (WHERE EXISTS (SELECT 1 FROM org s WHERE s.area_parent = c.id
                        AND s.kind = 'station' AND s.state = 'open')), count(*) FROM org c
                     WHERE c.kind = 'community' AND (c.closed_on IS NULL OR c.closed_on > $1)
                     AND c.area_path >= $2 AND c.area_path < $3"
                ),
                args![asked.to, path, end],
            )?;
            Ok(Amount { n, of: Some(of) })
        }
        "unit_minutes" => {
            let mut query = Query::new(concat!(
                "SELECT CAST(COALESCE(sum(r.minutes), 0) AS BIGINT)",
                unit_records!()
            ));
            query.with(
                "AND r.service_on >= {} AND r.service_on <= {} AND s.unit_id IN (SELECT o.id FROM org o
                    WHERE o.area_path >= {} AND o.area_path < {})",
                &[&asked.from, &asked.to, path, &end],
            );
            number(tx, &query)
        }
        "regular" => regular(tx, asked),
        "professional" => professional(tx, asked),
        other => Err(DbError::Bug(format!("no figure {other}"))),
    }
}

/// The one number a question gives.
fn number(tx: &mut ReadTx<'_>, query: &Query) -> Result<Amount, DbError> {
    let rows: Vec<(i64,)> = tx.list(query)?;
    Ok(Amount { n: rows.first().map_or(0, |row| row.0), of: None })
}

/// Asks `what` of the confirmed records of an area in a span, of which the columns are taken. The whole city is read by
/// day, in the order in which its records lie; a part of it by community, so that it costs what the part is large.
fn records(asked: &Asked, what: &'static str, columns: &'static str) -> Query {
    let (path, end) = (&asked.area_path, asked.end());
    let mut query = Query::new("SELECT");
    query.push(what).push("FROM (SELECT").push(columns);
    if path.trim_matches('/').contains('/') {
        // That a record is confirmed is said by what it is not: else the index over states would be taken, which
        // holds all years.
        query.with(
            "FROM org o CROSS JOIN record r WHERE r.community_id = o.id AND r.state NOT IN ('submitted', 'returned', 'void')
             AND r.service_on >= {} AND r.service_on <= {} AND o.area_path >= {} AND o.area_path < {} UNION ALL SELECT",
            &[&asked.from, &asked.to, path, &end],
        );
        query.push(columns).with(
            "FROM org o CROSS JOIN record r WHERE r.team_id = o.id AND r.community_id = 0
             AND r.state NOT IN ('submitted', 'returned', 'void')
             AND r.service_on >= {} AND r.service_on <= {} AND o.area_path >= {} AND o.area_path < {}",
            &[&asked.from, &asked.to, path, &end],
        );
    } else {
        query.with(
            "FROM record r JOIN org o ON o.id = CASE WHEN r.community_id <> 0 THEN r.community_id ELSE r.team_id END
             WHERE r.state = 'confirmed' AND r.service_on >= {} AND r.service_on <= {}
             AND o.area_path >= {} AND o.area_path < {}",
            &[&asked.from, &asked.to, path, &end],
        );
    }
    query.push(") x");
    query
}

fn communities(tx: &mut ReadTx<'_>, asked: &Asked) -> Result<i64, DbError> {
    let (of,): (i64,) = tx.one(
        sql!(
            "SELECT count(*) FROM org c WHERE c.kind = 'community' AND (c.closed_on IS NULL OR c.closed_on > $1)
             AND c.area_path >= $2 AND c.area_path < $3"
        ),
        args![asked.to, asked.area_path, asked.end()],
    )?;
    Ok(of)
}

fn regular(tx: &mut ReadTx<'_>, asked: &Asked) -> Result<Amount, DbError> {
    let mut months: std::collections::BTreeMap<i64, std::collections::BTreeSet<i64>> =
        std::collections::BTreeMap::new();
    tx.each(
        sql!(
            "SELECT DISTINCT r.community_id, r.service_on FROM record r JOIN org o ON o.id = r.community_id
             WHERE r.state = 'confirmed' AND r.service_on >= $1 AND r.service_on <= $2
             AND o.area_path >= $3 AND o.area_path < $4"
        ),
        args![asked.from, asked.to, asked.area_path, asked.end()],
        |row| {
            let (community, on): (i64, Date) = (row.get(0)?, row.get(1)?);
            months.entry(community).or_default().insert(kernel::Period::Month(on).key());
            Ok(())
        },
    )?;
    let mut wanted = std::collections::BTreeSet::new();
    let mut day = kernel::Period::Month(asked.from).first();
    while day <= asked.to {
        wanted.insert(kernel::Period::Month(day).key());
        day = kernel::Period::Month(day).last().plus(1);
    }
    let n = months.values().filter(|have| wanted.is_subset(have)).count();
    Ok(Amount { n: i64::try_from(n).unwrap_or(0), of: Some(communities(tx, asked)?) })
}

fn professional(tx: &mut ReadTx<'_>, asked: &Asked) -> Result<Amount, DbError> {
    let mut having = std::collections::BTreeSet::new();
    let rows: Vec<(i64, String)> =
        tx.list(&records(asked, "DISTINCT x.community_id, x.category", "r.community_id, r.category"))?;
    for (community, code) in rows {
        // Past hours belong to no community here.
        let tier = kernel::catalogue::category(&code).map(|c| c.tier);
        if community != 0 && tier == Some(kernel::catalogue::Tier::Professional) {
            having.insert(community);
        }
    }
    Ok(Amount { n: i64::try_from(having.len()).unwrap_or(0), of: Some(communities(tx, asked)?) })
}

/// A figure ready to show: name, value, unit, and the definition for the hover.
#[derive(Debug, Clone, serde::Serialize, schemars::JsonSchema)]
#[schemars(rename = "FigureValue")]
pub struct Shown {
    /// Code.
    pub code: &'static str,
    /// Name in the page's language.
    pub name: &'static str,
    /// Value as text.
    pub value: String,
    /// Unit in the page's language.
    pub unit: &'static str,
    /// Definition in the page's language.
    pub meaning: &'static str,
    /// The number, or the numerator.
    pub n: i64,
    /// The denominator of a rate.
    pub of: Option<i64>,
}

/// Computes figures for a page.
///
/// # Errors
/// Of the database.
pub fn show(
    tx: &mut ReadTx<'_>,
    lang: Lang,
    codes: &[&'static str],
    asked: &Asked,
) -> Result<Vec<Shown>, DbError> {
    codes
        .iter()
        .filter_map(|code| definition(code))
        .map(|figure| {
            let amount = compute(tx, figure.code, asked)?;
            Ok(shown(lang, figure, amount))
        })
        .collect()
}

/// An amount as a page shows it.
pub(crate) fn shown(lang: Lang, figure: &'static Figure, amount: Amount) -> Shown {
    Shown {
        code: figure.code,
        name: lang.t(figure.name.0, figure.name.1),
        value: amount.text(figure.code),
        unit: if amount.of.is_some() { "" } else { lang.t(figure.unit.0, figure.unit.1) },
        meaning: lang.t(figure.meaning.0, figure.meaning.1),
        n: amount.n,
        of: amount.of,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_well() {
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(123), "123");
        assert_eq!(Amount { n: 58, of: Some(72) }.text("coverage"), "80.5%");
        assert_eq!(Amount { n: 0, of: Some(0) }.text("coverage"), "—");
        assert_eq!(Amount { n: 119, of: None }.text("minutes"), "1.9");
    }

    #[test]
    fn codes_are_unique() {
        let codes: std::collections::BTreeSet<_> = FIGURES.iter().map(|f| f.code).collect();
        assert_eq!(codes.len(), FIGURES.len());
    }
}
