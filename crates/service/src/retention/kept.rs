//! Counting who stays, beside the pages: one community or team after the other, those first that were counted longest
//! ago, about a second a minute.

use std::time::{Duration, Instant};

use db::{Db, ReadTx, WriteTx};
use kernel::{Error, Timestamp};

use super::rules;
use super::store::{self, Unit};

/// How old a count may grow, in milliseconds.
const AGE_MS: i64 = 6 * 60 * 60_000;
/// How long one round may go on before it leaves the rest to the next.
const ROUND: Duration = Duration::from_secs(1);

/// Counts what is due; called about once a minute.
///
/// # Errors
/// Of the database.
pub fn refresh(db: &Db) -> Result<(), Error> {
    let begun = Instant::now();
    let before = Timestamp(db.ctx().clock.now().0 - AGE_MS);
    for unit in db.read_blocking(move |tx: &mut ReadTx<'_>| store::due(tx, before, 100))? {
        count(db, &unit)?;
        if begun.elapsed() > ROUND {
            break;
        }
    }
    Ok(())
}

/// Counts everything anew: after filling a demo city, and in tests.
///
/// # Errors
/// Of the database.
pub fn refresh_all(db: &Db) -> Result<(), Error> {
    for unit in db.read_blocking(|tx: &mut ReadTx<'_>| store::due(tx, Timestamp(i64::MAX), 100_000))? {
        count(db, &unit)?;
    }
    Ok(())
}

fn count(db: &Db, unit: &Unit) -> Result<(), Error> {
    let asked = unit.clone();
    let (cohorts, sums) = db.read_blocking(move |tx: &mut ReadTx<'_>| {
        let today = tx.now().date();
        let served = store::served(tx, &asked)?;
        let slipping = store::slipping(&served, today).len();
        let present =
            |one: &&store::Served| one.last_on.is_some_and(|on| rules::present(&one.months, on, today));
        let regular = served.iter().filter(present).count();
        let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        Ok::<_, Error>((store::cohorts(&served), (number(regular), number(slipping))))
    })?;
    let id = unit.id;
    db.write_blocking(move |tx: &mut WriteTx<'_>| Ok(store::keep(tx, id, &cohorts, sums)?))
}
