//! What staying and slipping away mean: pure.

use kernel::Date;

/// Months after which it is asked who still serves.
pub const STEPS: [i64; 4] = [1, 3, 6, 12];
/// Months of first service that are shown.
pub const SHOWN: i64 = 24;
/// Weeks without service after which somebody who served regularly is slipping away.
pub const SILENT_WEEKS: i64 = 8;
/// Weeks after which they are gone rather than slipping away: no list helps any more.
pub const GONE_WEEKS: i64 = 26;
/// Who served in so many of the six months up to the last service served regularly.
pub const REGULAR_MONTHS: usize = 3;
/// Days between two messages to one person.
pub const WRITE_DAYS: i64 = 14;
/// People written to at once.
pub const MOST: usize = 200;

/// A month as a number that counts on over years.
#[must_use]
pub fn month(on: Date) -> i64 {
    i64::from(on.0.year()) * 12 + i64::from(on.0.month()) - 1
}

/// The first day of a month.
#[must_use]
pub fn first_day(month: i64) -> Date {
    let (year, of_year) = (month.div_euclid(12), month.rem_euclid(12) + 1);
    let year = i16::try_from(year).unwrap_or(1970);
    i8::try_from(of_year).ok().and_then(|of| Date::new(year, of, 1)).unwrap_or_else(|| Date::from_days(0))
}

/// Whether it is known who of a month still serves `after` months later: that month is over.
#[must_use]
pub fn known(first: i64, after: i64, today: Date) -> bool {
    first + after < month(today)
}

/// Whether somebody still serves after so many months: in that month, or later. `months`: those with service, in
/// order.
#[must_use]
pub fn stays(months: &[i64], after: i64) -> bool {
    match (months.first(), months.last()) {
        (Some(first), Some(last)) => *last >= first + after,
        _ => false,
    }
}

/// Whether somebody served regularly: in at least [`REGULAR_MONTHS`] of the six months that end with the last service.
/// `months`: those with service, in order, each once.
#[must_use]
pub fn regular(months: &[i64]) -> bool {
    let Some(last) = months.last() else { return false };
    months.iter().rev().take_while(|one| **one > last - 6).count() >= REGULAR_MONTHS
}

/// Whether somebody is slipping away: served regularly, and nothing for [`SILENT_WEEKS`] weeks, but not for more than
/// [`GONE_WEEKS`].
#[must_use]
pub fn slipping(months: &[i64], last_on: Date, today: Date) -> bool {
    let silent = today.days() - last_on.days();
    regular(months) && (SILENT_WEEKS * 7..=GONE_WEEKS * 7).contains(&silent)
}

/// Whether somebody served regularly and within half a year.
#[must_use]
pub fn present(months: &[i64], last_on: Date, today: Date) -> bool {
    regular(months) && today.days() - last_on.days() <= GONE_WEEKS * 7
}

/// People who began in one month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cohort {
    /// How many.
    pub began: i64,
    /// How many of them still serve after each of [`STEPS`].
    pub after: [i64; 4],
}

impl Cohort {
    /// Counts one person in. `months`: those with service, in order.
    pub fn count(&mut self, months: &[i64]) {
        self.began += 1;
        for (slot, after) in self.after.iter_mut().zip(STEPS) {
            *slot += i64::from(stays(months, after));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn months_count_on() {
        assert_eq!(month(day("2026-01-31")), month(day("2025-12-01")) + 1);
        for text in ["2026-01-01", "2025-12-01", "2024-02-01"] {
            assert_eq!(first_day(month(day(text))), day(text));
        }
    }

    #[test]
    fn known_when_the_month_is_over() {
        let began = month(day("2026-03-10"));
        assert!(!known(began, 1, day("2026-04-30")) && known(began, 1, day("2026-05-01")));
    }

    #[test]
    fn who_is_slipping_away() {
        let m = |text: &str| month(day(text));
        let served = [m("2026-05-01"), m("2026-07-01"), m("2026-09-01")];
        let last = day("2026-09-10");
        assert!(regular(&served));
        assert!(!slipping(&served, last, last.plus(55)), "not yet eight weeks");
        assert!(slipping(&served, last, last.plus(56)) && slipping(&served, last, last.plus(182)));
        assert!(!slipping(&served, last, last.plus(183)), "gone");
        assert!(present(&served, last, last.plus(56)) && !present(&served, last, last.plus(183)));
        assert!(!regular(&[m("2025-01-01"), m("2026-03-01"), m("2026-09-01")]), "now and then");
        assert!(!regular(&[]));
    }

    proptest! {
        #[test]
        fn who_stays_longer_stayed_before(gaps in prop::collection::vec(1_i64..8, 0..12)) {
            let mut months = vec![24_000];
            for gap in gaps {
                months.push(months.last().unwrap() + gap);
            }
            let mut cohort = Cohort::default();
            cohort.count(&months);
            prop_assert_eq!(cohort.began, 1);
            prop_assert!(cohort.after.windows(2).all(|two| two[1] <= two[0]));
        }
    }
}
