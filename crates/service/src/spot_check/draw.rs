//! Drawing a month: records are read on a reader, beside the pages, and only what was drawn is written.

use db::{Db, DbError, ReadTx, args, sql};
use kernel::{Date, Error, OrgId, Period, Timestamp};

use super::rules::{Drawing, Drawn, Ticket};
use super::{settings, store};
use crate::RecordId;

/// How many days before its month a service may lie to be drawn: what is entered later the city office decides by
/// hand each time (Fix-18).
const BACK_DAYS: i64 = 92;

/// The first day of the month before the one that holds a day.
#[must_use]
pub fn month_before(today: Date) -> Date {
    Period::Month(Period::Month(today).first().plus(-1)).first()
}

/// Regular work: draws the month that is over, once. `seed` gives the number the lots follow from.
///
/// # Errors
/// Of the database.
pub fn refresh(db: &Db, seed: impl FnOnce() -> u64) -> Result<(), Error> {
    let due = db.read_blocking(|tx: &mut ReadTx<'_>| {
        let month = month_before(tx.now().date());
        Ok::<_, DbError>((!store::is_drawn(tx, month)?).then_some(month))
    })?;
    match due {
        Some(month) => draw(db, month, seed()),
        None => Ok(()),
    }
}

/// Draws a month by a number. Of two processes that do it at once one does.
///
/// # Errors
/// Of the database.
pub fn draw(db: &Db, month: Date, seed: u64) -> Result<(), Error> {
    let seed = format!("{seed:016x}");
    let number = seed.clone();
    let (set, drawn) = db.read_blocking(move |tx: &mut ReadTx<'_>| {
        let set = settings(tx)?;
        let mut drawing = Drawing::new(number.clone(), set);
        confirmed_in(tx, month, |one| drawing.add(&one))?;
        Ok::<_, DbError>((set, drawing.end()))
    })?;
    db.write_blocking(move |tx| {
        if !store::month_put(tx, month, &seed, drawn.records, set)? {
            return Ok::<_, Error>(());
        }
        let Drawn { checks, teams, .. } = &drawn;
        let due = set.due(tx.now().date());
        for (area, record) in checks {
            let Some(above) = store::above(tx, *area)? else { continue };
            store::insert(tx, tx.new_id(), month, *record, above, due)?;
        }
        for (team, minutes, late) in teams {
            store::share_put(tx, tx.new_id(), month, *team, *minutes, *late)?;
        }
        let detail = format!("month={month} records={} drawn={} seed={seed}", drawn.records, checks.len());
        people::audit::note(
            tx,
            &kernel::Actor::system("spot check"),
            "spot_check.draw",
            "setting",
            0,
            &detail,
        )?;
        Ok(())
    })
}

/// Reads what was confirmed in a month and counts still. Hours of earlier systems were confirmed elsewhere.
fn confirmed_in(tx: &mut ReadTx<'_>, month: Date, mut each: impl FnMut(Ticket)) -> Result<(), DbError> {
    let last = Period::Month(month).last();
    let (from, to) = (Timestamp::at(month, 0), Timestamp::at(last.plus(1), 0));
    let since = month.plus(-BACK_DAYS);
    tx.each(
        sql!(
            "SELECT id, community_id, street_id, team_id, minutes, class FROM record
             WHERE state = 'confirmed' AND service_on BETWEEN $1 AND $2 AND decided_at >= $3 AND decided_at < $4
                AND class IN ('verified', 'honor')"
        ),
        args![since, last, from, to],
        |row| {
            let (community, street): (i64, i64) = (row.get(1)?, row.get(2)?);
            each(Ticket {
                record: RecordId(row.get(0)?),
                area: OrgId(if community == 0 { street } else { community }),
                team: OrgId(row.get(3)?),
                minutes: row.get(4)?,
                late: row.get::<String>(5)? == "honor",
            });
            Ok(())
        },
    )
}
