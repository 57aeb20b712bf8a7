//! Figures that take long to count are kept: the dashboard of a city with ten million records shows them as of some
//! minutes ago and says so. Where counting is quick (most towns) nothing is kept, and what is shown is of now.
//!
//! They are counted beside the pages, on a reader: one area after the other, the one that was counted longest ago
//! first, a few seconds a minute.

use std::time::{Duration, Instant};

use db::{Db, DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{Action, Date, Error, Lang, Period, Timestamp};

use super::figures::{self, Amount, Asked, Shown};

/// Figures of a span of days on the dashboard.
pub(super) const SPAN: [&str; 4] = ["sessions", "attendances", "persons", "minutes"];
/// Figures of the year so far on the dashboard.
pub(super) const YEAR: [&str; 6] = ["registered", "active", "core", "minutes", "coverage", "professional"];

/// Areas whose dashboard takes less than this, in milliseconds, are counted for each page.
const QUICK_MS: i64 = 250;
/// How old kept figures may grow before they are counted anew, in milliseconds.
const AGE_MS: i64 = 10 * 60_000;
/// When to look again whether an area is still quick, in milliseconds.
const QUICK_AGE_MS: i64 = 60 * 60_000;
/// Kept figures older than this are not shown: nobody counts any more. In milliseconds.
const DEAD_MS: i64 = 6 * 60 * 60_000;
/// How long one round may go on before it leaves the rest to the next.
const ROUND: Duration = Duration::from_secs(5);

row! {
    struct Area { path: String, at: Option<Timestamp>, took_ms: Option<i64> }
    struct Kept { code: String, n: i64, of_n: Option<i64>, at: Timestamp }
}

/// What the dashboard asks on a day: last week, the week before, the year so far.
pub(super) fn questions(path: &str, today: Date) -> [(Asked, &'static [&'static str]); 3] {
    let last = Period::Week(today.plus(-7));
    let asked = |from, to| Asked { area_path: path.to_owned(), from, to };
    let week = asked(last.first(), last.last());
    let before = before(&week);
    [(week, &SPAN), (before, &SPAN), (asked(Period::Year(today).first(), today), &YEAR)]
}

/// The span of the same length just before.
pub(super) fn before(asked: &Asked) -> Asked {
    let days = asked.to.days() - asked.from.days() + 1;
    Asked { area_path: asked.area_path.clone(), from: asked.from.plus(-days), to: asked.from.plus(-1) }
}

/// Figures for a page: kept ones with the moment they are of, else counted now.
///
/// # Errors
/// Of the database.
pub fn show(
    tx: &mut ReadTx<'_>,
    lang: Lang,
    codes: &[&'static str],
    asked: &Asked,
) -> Result<(Vec<Shown>, Option<Timestamp>), DbError> {
    let since = Timestamp(tx.now().0 - DEAD_MS);
    let kept: Vec<Kept> = tx.all(
        sql!(
            "SELECT code, n, of_n, at FROM figure_kept
             WHERE area_path = $1 AND from_on = $2 AND to_on = $3 AND at > $4 AND code <> '' ORDER BY code"
        ),
        args![asked.area_path, asked.from, asked.to, since],
    )?;
    let find = |code: &str| kept.iter().find(|one| one.code == code);
    if codes.iter().all(|code| find(code).is_some()) {
        let shown = codes
            .iter()
            .filter_map(|code| {
                let one = find(code)?;
                Some(figures::shown(lang, figures::definition(code)?, Amount { n: one.n, of: one.of_n }))
            })
            .collect();
        return Ok((shown, kept.iter().map(|one| one.at).min()));
    }
    Ok((figures::show(tx, lang, codes, asked)?, None))
}

/// Areas somebody may read figures of who was here in the last days, the one counted longest ago first.
fn areas(tx: &mut ReadTx<'_>) -> Result<Vec<Area>, DbError> {
    let since = tx.now().plus_minutes(-7 * 24 * 60);
    let mut query = Query::new(
        "SELECT o.area_path, k.at, k.took_ms FROM role_grant g JOIN org o ON o.id = g.org_id
         LEFT JOIN figure_kept k ON k.area_path = o.area_path AND k.code = ''
         WHERE g.ended_at IS NULL AND g.role IN (",
    );
    for (at, role) in Action::FiguresRead.roles().iter().enumerate() {
        query.with(if at == 0 { "{}" } else { ", {}" }, &[&role.code()]);
    }
    query.with(
        ") AND EXISTS (SELECT 1 FROM login_session l WHERE l.account_id = g.account_id AND l.seen_at > {})",
        &[&since],
    );
    query.push(
        "GROUP BY o.area_path, k.at, k.took_ms ORDER BY COALESCE(k.at, CAST(0 AS BIGINT)), o.area_path LIMIT 2000",
    );
    tx.list(&query)
}

/// Counts what is due; called about once a minute.
///
/// # Errors
/// Of the database.
pub fn refresh(db: &Db) -> Result<(), Error> {
    let begun = Instant::now();
    for area in db.read_blocking(areas)? {
        let now = db.ctx().clock.now().0;
        let age = if area.took_ms.is_some_and(|took| took >= QUICK_MS) { AGE_MS } else { QUICK_AGE_MS };
        if area.at.is_some_and(|at| now >= at.0 && now - at.0 < age) {
            continue;
        }
        count(db, &area.path)?;
        if begun.elapsed() > ROUND {
            break;
        }
    }
    Ok(())
}

/// Counts the figures of one area and keeps them if that took long.
fn count(db: &Db, path: &str) -> Result<(), Error> {
    let begun = Instant::now();
    let counted = counted(db, path)?;
    keep(db, path, counted, i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX))
}

fn counted(db: &Db, path: &str) -> Result<Vec<(&'static str, Asked, Amount)>, Error> {
    let path = path.to_owned();
    db.read_blocking(move |tx: &mut ReadTx<'_>| {
        let today = tx.now().date();
        let mut all: Vec<(&'static str, Asked, Amount)> = Vec::new();
        for (asked, codes) in questions(&path, today) {
            for code in codes {
                all.push((*code, asked.clone(), figures::compute(tx, code, &asked)?));
            }
        }
        // What is asked from midnight on is there before it; the year so far is the same one then.
        for (asked, codes) in questions(&path, today.plus(1)) {
            for code in codes {
                let same = |to: Date| {
                    all.iter().find(|(one, of, _)| one == code && of.from == asked.from && of.to == to)
                };
                if same(asked.to).is_some() {
                    continue;
                }
                let amount = match same(today).filter(|_| asked.to == today.plus(1)) {
                    Some((_, _, amount)) => *amount,
                    None => figures::compute(tx, code, &asked)?,
                };
                all.push((*code, asked.clone(), amount));
            }
        }
        Ok::<_, Error>(all)
    })
}

/// Writes what was counted in that many milliseconds; only a note of it when that was quick.
fn keep(db: &Db, path: &str, counted: Vec<(&'static str, Asked, Amount)>, took: i64) -> Result<(), Error> {
    let path = path.to_owned();
    db.write_blocking(move |tx: &mut WriteTx<'_>| {
        let at = tx.now();
        tx.exec(sql!("DELETE FROM figure_kept WHERE area_path = $1"), args![path])?;
        let insert = sql!(
            "INSERT INTO figure_kept (area_path, code, from_on, to_on, n, of_n, at, took_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        );
        tx.exec(insert, args![path, "", 0_i64, 0_i64, 0_i64, None::<i64>, at, took])?;
        if took >= QUICK_MS {
            for (code, asked, amount) in &counted {
                tx.exec(insert, args![path, *code, asked.from, asked.to, amount.n, amount.of, at, took])?;
            }
        }
        Ok(())
    })
}

/// Counts an area and keeps its figures as if that had taken so many milliseconds.
///
/// # Errors
/// Of the database.
#[doc(hidden)]
pub fn count_as(db: &Db, path: &str, took_ms: i64) -> Result<(), Error> {
    keep(db, path, counted(db, path)?, took_ms)
}
