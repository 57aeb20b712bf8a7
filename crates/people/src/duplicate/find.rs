//! Looking for pairs, beside the pages: a few thousand people a minute on a reader, those who came last first, then
//! everybody in a round that begins anew each day. What is found is kept; what somebody decided about a pair is never asked again.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use db::{Db, DbError, ReadTx, Row, WriteTx, args, sql};
use kernel::{Error, OrgId, PersonId};

use super::Reason;
use super::rules::{self, Side};
use crate::person_shown;

/// People looked at in one question.
const BATCH: i64 = 1_000;
/// How long those who came last are looked at before the rest is left to the next minute.
const NEW: Duration = Duration::from_secs(1);
/// How long a minute's part of the round over everybody may take: nobody waits for it.
const ROUND: Duration = Duration::from_millis(200);
/// The setting that says how far the search has come: newest looked at, where the round is, its day.
const CURSOR: &str = "people.duplicates";

/// A pair that was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The lower id and its home.
    pub low: (PersonId, OrgId),
    /// The higher id and its home.
    pub high: (PersonId, OrgId),
    /// Why, the strongest first.
    pub reasons: Vec<Reason>,
    /// How sure.
    pub score: i64,
}

macro_rules! sides {
    () => {
        "SELECT p.id, p.name, p.name_key, p.birth_on, p.gender, p.id_kind, p.state, p.source, p.home_org,
            q.id, q.name, q.name_key, q.birth_on, q.gender, q.id_kind, q.state, q.source, q.home_org,
            COALESCE(p.phone_index = q.phone_index, FALSE) "
    };
}

macro_rules! both_live {
    () => {
        concat!(
            " AND q.id <> p.id AND p.state IN ('incomplete', 'unclaimed', 'active')
              AND q.state IN ('incomplete', 'unclaimed', 'active') AND ",
            person_shown!(),
            " AND (q.batch = 0 OR q.batch NOT IN (SELECT hi.id FROM roster_import hi WHERE hi.hidden))"
        )
    };
}

fn side(row: &Row<'_>, at: usize) -> Result<Side, DbError> {
    Ok(Side {
        id: row.get(at)?,
        name: row.get(at + 1)?,
        name_key: row.get(at + 2)?,
        birth_on: row.get(at + 3)?,
        gender: row.get(at + 4)?,
        id_kind: row.get(at + 5)?,
        state: row.get(at + 6)?,
        source: row.get(at + 7)?,
        home: row.get(at + 8)?,
    })
}

/// The pairs of which one is a person after `from`, up to and including `to`: two questions, whatever their number.
///
/// # Errors
/// Of the database.
pub fn among(tx: &mut ReadTx<'_>, from: PersonId, to: PersonId) -> Result<Vec<Found>, DbError> {
    let mut pairs: BTreeMap<(PersonId, PersonId), Found> = BTreeMap::new();
    let mut take = |row: &Row<'_>| -> Result<(), DbError> {
        let (a, b) = (side(row, 0)?, side(row, 9)?);
        if let Some((reasons, score)) = rules::judge(&a, &b, row.get(18)?) {
            let (low, high) = if a.id < b.id { (&a, &b) } else { (&b, &a) };
            pairs.insert(
                (low.id, high.id),
                Found { low: (low.id, low.home), high: (high.id, high.home), reasons, score },
            );
        }
        Ok(())
    };
    tx.each(
        sql!(concat!(
            sides!(),
            "FROM person p CROSS JOIN person_order k CROSS JOIN person q
             WHERE p.id > $1 AND p.id <= $2 AND k.name_key = p.name_key AND q.id = k.person_id AND q.name = p.name
             AND (q.birth_on = p.birth_on OR q.phone_index = p.phone_index
                OR (q.home_org = p.home_org AND (p.id_index IS NULL OR q.id_index IS NULL)))",
            both_live!()
        )),
        args![from, to],
        &mut take,
    )?;
    tx.each(
        sql!(concat!(
            sides!(),
            "FROM person p CROSS JOIN person_phone f CROSS JOIN person q
             WHERE p.id > $1 AND p.id <= $2 AND f.phone_index = p.phone_index AND q.id = f.person_id AND q.name <> p.name",
            both_live!()
        )),
        args![from, to],
        &mut take,
    )?;
    Ok(pairs.into_values().collect())
}

/// Pairs with one person, as they are now.
///
/// # Errors
/// Of the database.
pub fn of(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<Found>, DbError> {
    let mut found = among(tx, PersonId(person.0 - 1), person)?;
    found.sort_by_key(|one| (-one.score, one.low.0, one.high.0));
    Ok(found)
}

/// Writes what was found. A pair that somebody decided about stays decided.
///
/// # Errors
/// Of the database.
pub fn keep(tx: &mut WriteTx<'_>, found: &[Found]) -> Result<(), DbError> {
    let now = tx.now();
    for one in found {
        let reasons = one.reasons.iter().map(|reason| reason.code()).collect::<Vec<_>>().join(" ");
        tx.exec_later(
            sql!(
                "INSERT INTO duplicate_pair (low_id, high_id, low_home, high_home, reasons, score, state, found_at)
                 VALUES ($1, $2, $3, $4, $5, $6, 'open', $7)
                 ON CONFLICT (low_id, high_id) DO UPDATE SET low_home = excluded.low_home,
                    high_home = excluded.high_home, reasons = excluded.reasons, score = excluded.score
                 WHERE duplicate_pair.state = 'open' AND (duplicate_pair.reasons <> excluded.reasons
                    OR duplicate_pair.low_home <> excluded.low_home OR duplicate_pair.high_home <> excluded.high_home)"
            ),
            args![one.low.0, one.high.0, one.low.1, one.high.1, reasons, one.score, now],
        )?;
    }
    Ok(())
}

/// How far the search has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Cursor {
    /// Nobody newer was looked at. Ids grow with time.
    newest: i64,
    /// Where the round over everybody is; 0: not begun.
    round: i64,
    /// The day on which the last round ended, in days since 1970.
    ended: i64,
}

fn cursor(tx: &mut ReadTx<'_>) -> Result<Cursor, DbError> {
    let kept: Option<(String,)> =
        tx.first(sql!("SELECT value FROM setting WHERE name = $1"), args![CURSOR])?;
    let mut parts = kept.iter().flat_map(|one| one.0.split(' ')).map(|part| part.parse().unwrap_or_default());
    let mut next = || parts.next().unwrap_or_default();
    Ok(Cursor { newest: next(), round: next(), ended: next() })
}

/// The last of the next people after an id.
fn stretch(tx: &mut ReadTx<'_>, from: i64) -> Result<Option<PersonId>, DbError> {
    let (last,): (Option<PersonId>,) = tx.one(
        sql!("SELECT max(n.id) FROM (SELECT id FROM person WHERE id > $1 ORDER BY id LIMIT $2) n"),
        args![from, BATCH],
    )?;
    Ok(last)
}

/// Looks at the next people; called about once a minute.
///
/// # Errors
/// Of the database.
pub fn search(db: &Db) -> Result<(), Error> {
    for (part, time) in [(Part::New, NEW), (Part::Round, ROUND)] {
        let begun = Instant::now();
        while step(db, part)? && begun.elapsed() < time {}
    }
    Ok(())
}

/// Looks at everybody: after filling a demo city, and in tests.
///
/// # Errors
/// Of the database.
pub fn search_all(db: &Db) -> Result<(), Error> {
    for part in [Part::New, Part::Round] {
        while step(db, part)? {}
    }
    Ok(())
}

/// Whom to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Who came since the last look.
    New,
    /// Everybody, once a day.
    Round,
}

/// Where the search is after its next step, and what it found; `None`: nothing is left to do today.
fn next(tx: &mut ReadTx<'_>, part: Part) -> Result<Option<(Cursor, Vec<Found>)>, Error> {
    let at = cursor(tx)?;
    let today = tx.now().date().days();
    Ok(match part {
        Part::New if at.newest == 0 => {
            // The first time everybody is looked at by the round.
            let (last,): (Option<PersonId>,) = tx.one(sql!("SELECT max(id) FROM person"), args![])?;
            last.map(|last| (Cursor { newest: last.0, ..at }, Vec::new()))
        }
        Part::New => match stretch(tx, at.newest)? {
            Some(last) => Some((Cursor { newest: last.0, ..at }, among(tx, PersonId(at.newest), last)?)),
            None => None,
        },
        Part::Round if at.ended >= today && at.round == 0 => None,
        Part::Round => Some(match stretch(tx, at.round)? {
            Some(last) => (Cursor { round: last.0, ..at }, among(tx, PersonId(at.round), last)?),
            None => (Cursor { round: 0, ended: today, ..at }, Vec::new()),
        }),
    })
}

fn step(db: &Db, part: Part) -> Result<bool, Error> {
    let Some((at, found)) = db.read_blocking(move |tx: &mut ReadTx<'_>| next(tx, part))? else {
        return Ok(false);
    };
    db.write_blocking(move |tx: &mut WriteTx<'_>| {
        keep(tx, &found)?;
        let value = format!("{} {} {}", at.newest, at.round, at.ended);
        tx.exec(
            sql!(
                "INSERT INTO setting (name, value) VALUES ($1, $2)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value"
            ),
            args![CURSOR, value],
        )?;
        Ok::<_, Error>(())
    })?;
    Ok(true)
}
