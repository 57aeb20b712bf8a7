//! How many minutes service without a place comes to. Pure.

use crate::record::rules::{LEAST_MINUTES, Worked};

/// Minutes a day that count at most (Add-57).
pub const DAY_MINUTES: i64 = 120;

/// What delivered pieces come to.
#[must_use]
pub fn pieces(count: i64, each: i64) -> i64 {
    count.max(0).saturating_mul(each.max(0)).min(DAY_MINUTES)
}

/// What counts of it, when so many minutes without a place count on that day already.
#[must_use]
pub fn capped(worked: Worked, before: i64) -> Option<Worked> {
    let left = (DAY_MINUTES - before).max(0);
    let minutes = worked.minutes.min(left);
    (minutes >= LEAST_MINUTES).then_some(Worked { minutes, ..worked })
}

#[cfg(test)]
mod tests {
    use kernel::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn worked(minutes: i64) -> Worked {
        let start = Timestamp(0);
        Worked { start, end: start.plus_minutes(minutes), minutes, auto_out: false, extended: false }
    }

    #[test]
    fn pieces_have_a_limit() {
        assert_eq!(pieces(3, 20), 60);
        assert_eq!(pieces(100, 20), 120);
        assert_eq!(pieces(i64::MAX, 120), 120);
        assert_eq!(pieces(-1, 20), 0);
    }

    proptest! {
        #[test]
        fn never_more_than_two_hours_a_day(minutes in 15_i64..900, before in 0_i64..300) {
            match capped(worked(minutes), before) {
                Some(counted) => {
                    prop_assert!(counted.minutes <= minutes && counted.minutes + before <= DAY_MINUTES);
                    prop_assert!(counted.minutes >= LEAST_MINUTES);
                }
                None => prop_assert!(minutes.min(DAY_MINUTES - before) < LEAST_MINUTES),
            }
        }
    }
}
