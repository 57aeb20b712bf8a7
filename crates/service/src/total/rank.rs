//! Own rank among any number of people, exact and at once.
//!
//! For each period the number of people with exactly *m* minutes is kept, and the same summed over
//! blocks of 128 and of 16,384 minutes. People ahead of *m* are the blocks above its block, the
//! smaller blocks above within it, and the single counts above within those: at most 3 × 127
//! neighbouring rows however many people there are.

use db::{DbError, ReadTx, args, sql};
use kernel::{Period, PersonId};

/// Bits of one level.
const BITS: u32 = 7;
/// Levels; the top one is open upward (2,097,152 minutes are 35,000 hours).
pub const LEVELS: i64 = 3;

/// The bucket of a number of minutes on a level.
#[must_use]
pub const fn bucket(minutes: i64, level: i64) -> i64 {
    minutes >> (BITS as i64 * level)
}

/// Where a person stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Own minutes in the period.
    pub minutes: i64,
    /// Rank, counted from 1; equal minutes share a rank (Fix-34).
    pub rank: i64,
    /// How many people have any minutes in the period.
    pub of: i64,
}

/// How many people have more minutes.
///
/// # Errors
/// Of the database.
pub fn ahead(tx: &mut ReadTx<'_>, period: Period, minutes: i64) -> Result<i64, DbError> {
    let end = |level: i64| (bucket(minutes, level + 1) + 1) << BITS;
    let (count,): (i64,) = tx.one(
        sql!(
            "SELECT
             (SELECT CAST(COALESCE(sum(people), 0) AS BIGINT) FROM rank_count
               WHERE period = $1 AND level = 0 AND bucket > $2 AND bucket < $3)
           + (SELECT CAST(COALESCE(sum(people), 0) AS BIGINT) FROM rank_count
               WHERE period = $1 AND level = 1 AND bucket > $4 AND bucket < $5)
           + (SELECT CAST(COALESCE(sum(people), 0) AS BIGINT) FROM rank_count
               WHERE period = $1 AND level = 2 AND bucket > $6)"
        ),
        args![period.key(), minutes, end(0), bucket(minutes, 1), end(1), bucket(minutes, 2)],
    )?;
    Ok(count)
}

/// Where a person stands in a period; `None` without confirmed minutes in it.
///
/// # Errors
/// Of the database.
pub fn standing(tx: &mut ReadTx<'_>, person: PersonId, period: Period) -> Result<Option<Standing>, DbError> {
    let own: Option<(i64,)> = tx.first(
        sql!(
            "SELECT minutes FROM total WHERE subject_kind = 'person' AND subject_id = $1 AND period = $2
             AND minutes > 0"
        ),
        args![person, period.key()],
    )?;
    let Some((minutes,)) = own else { return Ok(None) };
    let rank = ahead(tx, period, minutes)? + 1;
    let (of,): (i64,) = tx.one(
        sql!(
            "SELECT CAST(COALESCE(sum(people), 0) AS BIGINT) FROM rank_count WHERE period = $1 AND level = 2"
        ),
        args![period.key()],
    )?;
    Ok(Some(Standing { minutes, rank, of }))
}
