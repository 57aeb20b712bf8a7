//! Pure decisions: where a title is in its life.

use kernel::Date;

use super::BaseState;

/// The days of a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// Granted on.
    pub granted_on: Date,
    /// Last day, if it has one.
    pub valid_until: Option<Date>,
    /// By when it is looked at again.
    pub recheck_on: Option<Date>,
    /// Taken away on.
    pub withdrawn_on: Option<Date>,
}

/// How many days before the day of a check it becomes a task.
pub const RECHECK_AHEAD: i64 = 30;

/// Where a title is on a day. What was taken away stays so; an expired one is not checked again.
#[must_use]
pub fn state(days: &Days, on: Date) -> BaseState {
    if days.withdrawn_on.is_some() {
        BaseState::Withdrawn
    } else if days.valid_until.is_some_and(|last| last < on) {
        BaseState::Expired
    } else if days.recheck_on.is_some_and(|day| day <= on.plus(RECHECK_AHEAD)) {
        BaseState::Recheck
    } else {
        BaseState::Borne
    }
}

/// Whether the days are in order: nothing ends or is checked before it was granted.
#[must_use]
pub fn in_order(days: &Days) -> bool {
    let after = |day: Option<Date>| day.is_none_or(|day| day >= days.granted_on);
    after(days.valid_until) && after(days.recheck_on)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn days() -> impl Strategy<Value = Days> {
        let day = || prop::option::of((0_i64..400).prop_map(Date::from_days));
        (0_i64..400, day(), day(), day()).prop_map(|(granted, valid_until, recheck_on, withdrawn_on)| Days {
            granted_on: Date::from_days(granted),
            valid_until,
            recheck_on,
            withdrawn_on,
        })
    }

    proptest! {
        #[test]
        fn time_alone_goes_one_way(days in days(), on in 0_i64..400, later in 0_i64..400) {
            let order = |state| match state {
                BaseState::Borne => 0,
                BaseState::Recheck => 1,
                BaseState::Expired => 2,
                BaseState::Withdrawn => 3,
            };
            let (first, then) = (state(&days, Date::from_days(on)), state(&days, Date::from_days(on + later)));
            prop_assert!(order(first) <= order(then));
        }

        #[test]
        fn withdrawn_stays_withdrawn(days in days(), on in 0_i64..800) {
            let gone = Days { withdrawn_on: Some(days.granted_on), ..days };
            prop_assert_eq!(state(&gone, Date::from_days(on)), BaseState::Withdrawn);
        }

        #[test]
        fn the_last_day_still_counts(days in days()) {
            let last = days.granted_on.plus(100);
            let days = Days { valid_until: Some(last), withdrawn_on: None, ..days };
            prop_assert_ne!(state(&days, last), BaseState::Expired);
            prop_assert_eq!(state(&days, last.plus(1)), BaseState::Expired);
        }
    }
}
