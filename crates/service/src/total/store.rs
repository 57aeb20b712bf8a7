//! Keeping the sums, computing them anew, and holding one against the other.

use std::collections::BTreeMap;

use db::{DbError, ReadTx, Row, Sql, WriteTx, args, sql};
use kernel::{Date, Error, Period, PersonId};

use super::rank::{LEVELS, bucket};
use super::{Counted, Subject, category_subject};

/// (subject kind, subject, period) → (minutes, records).
type Sums = BTreeMap<(&'static str, i64, i64), (i64, i64)>;
/// (period, level, bucket) → people.
type Ranks = BTreeMap<(i64, i64, i64), i64>;

/// Adds (`sign` 1) or takes back (`sign` −1) records, in the transaction that decides about them.
///
/// Rows are touched in the order of their keys, so that two confirming transactions on PostgreSQL wait for
/// each other instead of blocking each other.
///
/// # Errors
/// Of the database.
pub fn add(tx: &mut WriteTx<'_>, counted: &[Counted], sign: i64) -> Result<(), DbError> {
    let mut sums = Sums::new();
    for one in counted {
        let subjects = [
            (Subject::Category, category_subject(&one.category)),
            (Subject::City, 0),
            (Subject::Community, one.community.0),
            (Subject::Person, one.person.0),
            (Subject::Street, one.street.0),
            (Subject::Team, one.team.0),
        ];
        let past = one.past.then_some([(Subject::Past, 0), (Subject::Past, one.person.0)]);
        for (kind, id) in subjects.into_iter().chain(past.into_iter().flatten()) {
            if id == 0 && !matches!(kind, Subject::City | Subject::Past) {
                continue;
            }
            for period in Period::of(one.service_on) {
                let slot = sums.entry((kind.code(), id, period.key())).or_default();
                slot.0 += sign * one.minutes;
                slot.1 += sign;
            }
        }
    }
    write_sums(tx, sums)
}

/// Carries what one person's confirmed records add over to another person: (day, minutes, whether they are past hours).
/// Teams, places and the city keep what they have: the records stay where they were made.
///
/// # Errors
/// Of the database.
pub fn carry(
    tx: &mut WriteTx<'_>,
    counted: &[(Date, i64, bool)],
    from: PersonId,
    to: PersonId,
) -> Result<(), DbError> {
    let mut sums = Sums::new();
    for (on, minutes, past) in counted {
        for (person, sign) in [(from, -1), (to, 1)] {
            for kind in std::iter::once(Subject::Person).chain(past.then_some(Subject::Past)) {
                for period in Period::of(*on) {
                    let slot = sums.entry((kind.code(), person.0, period.key())).or_default();
                    slot.0 += sign * minutes;
                    slot.1 += sign;
                }
            }
        }
    }
    write_sums(tx, sums)
}

fn write_sums(tx: &mut WriteTx<'_>, sums: Sums) -> Result<(), DbError> {
    let mut ranks = Ranks::new();
    for ((kind, id, period), (minutes, records)) in sums {
        let (after,): (i64,) = tx.one(
            sql!(
                "INSERT INTO total (subject_kind, subject_id, period, minutes, records) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (subject_kind, subject_id, period) DO UPDATE
                 SET minutes = total.minutes + excluded.minutes, records = total.records + excluded.records
                 RETURNING minutes"
            ),
            args![kind, id, period, minutes, records],
        )?;
        if kind == Subject::Person.code() {
            count_person(&mut ranks, period, after - minutes, -1);
            count_person(&mut ranks, period, after, 1);
        }
    }
    write_ranks(tx, &ranks)
}

fn count_person(ranks: &mut Ranks, period: i64, minutes: i64, people: i64) {
    if minutes <= 0 {
        return;
    }
    for level in 0..LEVELS {
        *ranks.entry((period, level, bucket(minutes, level))).or_default() += people;
    }
}

fn write_ranks(tx: &mut WriteTx<'_>, ranks: &Ranks) -> Result<(), DbError> {
    for ((period, level, bucket), people) in ranks {
        if *people != 0 {
            tx.exec_later(
                sql!(
                    "INSERT INTO rank_count (period, level, bucket, people) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (period, level, bucket) DO UPDATE SET people = rank_count.people + excluded.people"
                ),
                args![period, level, bucket, people],
            )?;
        }
    }
    Ok(())
}

/// Sums computed from the records themselves.
fn recount(tx: &mut ReadTx<'_>) -> Result<Sums, DbError> {
    let mut sums = Sums::new();
    let mut take = |kind: &'static str, id: i64, row: &Row<'_>| -> Result<(), DbError> {
        let (on, minutes, records): (Date, i64, i64) = (row.get(1)?, row.get(2)?, row.get(3)?);
        for period in Period::of(on) {
            let slot = sums.entry((kind, id, period.key())).or_default();
            slot.0 += minutes;
            slot.1 += records;
        }
        Ok(())
    };
    let by_id: [(Subject, &Sql); 5] = [
        (
            Subject::Past,
            sql!(
                "SELECT person_id, service_on, CAST(sum(minutes) AS BIGINT), count(*) FROM record
             WHERE state = 'confirmed' AND class = 'legacy' GROUP BY person_id, service_on"
            ),
        ),
        (
            Subject::Person,
            sql!(
                "SELECT person_id, service_on, CAST(sum(minutes) AS BIGINT), count(*) FROM record
             WHERE state = 'confirmed' GROUP BY person_id, service_on"
            ),
        ),
        (
            Subject::Team,
            sql!(
                "SELECT team_id, service_on, CAST(sum(minutes) AS BIGINT), count(*) FROM record
             WHERE state = 'confirmed' AND flags NOT LIKE '%no_team%' GROUP BY team_id, service_on"
            ),
        ),
        (
            Subject::Community,
            sql!(
                "SELECT community_id, service_on, CAST(sum(minutes) AS BIGINT), count(*) FROM record
             WHERE state = 'confirmed' AND community_id <> 0 GROUP BY community_id, service_on"
            ),
        ),
        (
            Subject::Street,
            sql!(
                "SELECT street_id, service_on, CAST(sum(minutes) AS BIGINT), count(*) FROM record
             WHERE state = 'confirmed' AND street_id <> 0 GROUP BY street_id, service_on"
            ),
        ),
    ];
    for (kind, sql) in by_id {
        tx.each(sql, &[], |row| {
            take(kind.code(), row.get(0)?, row)?;
            if kind == Subject::Past { take(kind.code(), 0, row) } else { Ok(()) }
        })?;
    }
    tx.each(
        sql!(
            "SELECT category, service_on, CAST(sum(minutes) AS BIGINT), count(*) FROM record
             WHERE state = 'confirmed' GROUP BY category, service_on"
        ),
        &[],
        |row| {
            let code: String = row.get(0)?;
            take(Subject::Category.code(), category_subject(&code), row)?;
            take(Subject::City.code(), 0, row)
        },
    )?;
    Ok(sums)
}

fn ranks_of(sums: &Sums) -> Ranks {
    let mut ranks = Ranks::new();
    for ((kind, _, period), (minutes, _)) in sums {
        if *kind == Subject::Person.code() {
            count_person(&mut ranks, *period, *minutes, 1);
        }
    }
    ranks
}

/// Throws the sums away and computes them from the records: after a bulk load.
///
/// # Errors
/// Of the database.
pub fn rebuild(tx: &mut WriteTx<'_>) -> Result<(), DbError> {
    tx.exec(sql!("DELETE FROM total WHERE period <> 0"), &[])?;
    tx.exec(sql!("DELETE FROM rank_count WHERE period <> 0"), &[])?;
    let sums = recount(tx)?;
    for ((kind, id, period), (minutes, records)) in &sums {
        tx.exec_later(
            sql!(
                "INSERT INTO total (subject_kind, subject_id, period, minutes, records)
                 VALUES ($1, $2, $3, $4, $5)"
            ),
            args![kind, id, period, minutes, records],
        )?;
    }
    write_ranks(tx, &ranks_of(&sums))
}

/// Holds the kept sums against the records; a text for each difference, at most twenty.
///
/// # Errors
/// Of the database.
pub fn check(tx: &mut ReadTx<'_>) -> Result<Vec<String>, Error> {
    let wanted = recount(tx)?;
    let mut kept = Sums::new();
    tx.each(sql!("SELECT subject_kind, subject_id, period, minutes, records FROM total"), &[], |row| {
        let kind: Subject = row.get(0)?;
        let sums = (row.get::<i64>(3)?, row.get::<i64>(4)?);
        // Everything taken back leaves a row of zeros.
        if sums != (0, 0) {
            kept.insert((kind.code(), row.get(1)?, row.get(2)?), sums);
        }
        Ok(())
    })?;
    let mut out = Vec::new();
    for (key, sums) in &wanted {
        if *sums != (0, 0) && kept.get(key) != Some(sums) {
            out.push(format!("total {key:?}: kept {:?}, records give {sums:?}", kept.get(key)));
        }
    }
    for key in kept.keys().filter(|key| !wanted.contains_key(*key)) {
        out.push(format!("total {key:?} is kept without records"));
    }
    let ranks = ranks_of(&wanted);
    let mut kept_ranks = Ranks::new();
    tx.each(sql!("SELECT period, level, bucket, people FROM rank_count WHERE people <> 0"), &[], |row| {
        kept_ranks.insert((row.get(0)?, row.get(1)?, row.get(2)?), row.get(3)?);
        Ok(())
    })?;
    if ranks != kept_ranks {
        let differ = ranks.iter().filter(|(key, people)| kept_ranks.get(*key) != Some(people)).count();
        out.push(format!("rank counters: {differ} differ of {}, {} are kept", ranks.len(), kept_ranks.len()));
    }
    out.truncate(20);
    Ok(out)
}

db::row! {
    /// A line of a ranking.
    pub struct RankRow {
        subject_id: i64, minutes: i64, records: i64, name: String, name_en: String, detail: String,
        public: bool, past: i64,
    }
}

/// A page of a ranking, most minutes first. `after` is (minutes, subject) of the last line seen.
///
/// # Errors
/// Of the database.
pub fn ranking(
    tx: &mut ReadTx<'_>,
    subject: Subject,
    period: Period,
    after: Option<(i64, i64)>,
    limit: i64,
) -> Result<Vec<RankRow>, DbError> {
    let mut list = db::Query::new(match subject {
        Subject::Person => {
            "SELECT t.subject_id, t.minutes, t.records, p.name, '', COALESCE(o.name, ''),
                p.rank_public AND p.state = 'active', COALESCE(x.minutes, 0) FROM total t
             JOIN person p ON p.id = t.subject_id LEFT JOIN org o ON o.id = p.home_org
             LEFT JOIN total x ON x.subject_kind = 'past' AND x.subject_id = t.subject_id AND x.period = t.period"
        }
        Subject::Team | Subject::Community | Subject::Street => {
            "SELECT t.subject_id, t.minutes, t.records, o.name, o.name_en, COALESCE(a.name, ''), TRUE, CAST(0 AS BIGINT) FROM total t
             JOIN org o ON o.id = t.subject_id LEFT JOIN org a ON a.id = o.area_parent"
        }
        Subject::Category | Subject::City | Subject::Past => {
            "SELECT t.subject_id, t.minutes, t.records, '', '', '', TRUE, CAST(0 AS BIGINT) FROM total t"
        }
    });
    list.with("WHERE t.subject_kind = {} AND t.period = {} AND t.minutes > 0", &[&subject, &period.key()]);
    if subject == Subject::Person {
        list.push("AND p.state <> 'deceased'");
    }
    if let Some((minutes, id)) = after {
        list.with("AND (t.minutes, t.subject_id) < ({}, {})", &[&minutes, &id]);
    }
    list.with("ORDER BY t.minutes DESC, t.subject_id DESC LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// How many subjects of a kind have more minutes (few: organisations and categories).
///
/// # Errors
/// Of the database.
pub fn subjects_ahead(
    tx: &mut ReadTx<'_>,
    subject: Subject,
    period: Period,
    minutes: i64,
) -> Result<i64, DbError> {
    let (n,): (i64,) = tx.one(
        sql!("SELECT count(*) FROM total WHERE subject_kind = $1 AND period = $2 AND minutes > $3"),
        args![subject, period.key(), minutes],
    )?;
    Ok(n)
}

/// Sums of one subject over many periods: (period key, minutes, records).
///
/// # Errors
/// Of the database.
pub fn series(
    tx: &mut ReadTx<'_>,
    subject: Subject,
    id: i64,
    periods: &[Period],
) -> Result<BTreeMap<i64, (i64, i64)>, DbError> {
    let (Some(first), Some(last)) =
        (periods.iter().map(|p| p.key()).min(), periods.iter().map(|p| p.key()).max())
    else {
        return Ok(BTreeMap::new());
    };
    let rows: Vec<(i64, i64, i64)> = tx.all(
        sql!(
            "SELECT period, minutes, records FROM total
             WHERE subject_kind = $1 AND subject_id = $2 AND period >= $3 AND period <= $4"
        ),
        args![subject, id, first, last],
    )?;
    Ok(rows
        .into_iter()
        .filter(|(key, _, _)| periods.iter().any(|p| p.key() == *key))
        .map(|(key, minutes, records)| (key, (minutes, records)))
        .collect())
}
