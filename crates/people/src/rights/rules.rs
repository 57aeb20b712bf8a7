//! The clock of a request and which step may follow which. Pure.

use std::sync::LazyLock;

use kernel::{Calendar, Date};

use super::RightsState;

/// Working days until an answer is due, where the office has set nothing else (X8).
pub const DAYS: i64 = 15;
/// The most that the office may set.
pub const DAYS_MAX: i64 = 60;
/// Longest text of a request, in characters.
pub const TEXT: usize = 500;
/// Longest answer.
pub const ANSWER: usize = 500;

static CALENDAR: LazyLock<Calendar> = LazyLock::new(Calendar::shipped);

/// The last day on which a request that was made on a day is answered in time.
#[must_use]
pub fn due_on(asked: Date, days: i64) -> Date {
    CALENDAR.plus_working_days(asked, days)
}

/// Whether the answer is late.
#[must_use]
pub fn overdue(state: RightsState, due: Date, today: Date) -> bool {
    state == RightsState::Open && today > due
}

/// What somebody does about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Staff did as asked.
    Do,
    /// Staff do not, and say why.
    Refuse,
    /// Whoever asked takes it back.
    Withdraw,
}

/// The state after a step; `None` when the step does not fit.
#[must_use]
pub const fn next(state: RightsState, step: Step) -> Option<RightsState> {
    match (state, step) {
        (RightsState::Open, Step::Do) => Some(RightsState::Done),
        (RightsState::Open, Step::Refuse) => Some(RightsState::Refused),
        (RightsState::Open, Step::Withdraw) => Some(RightsState::Withdrawn),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_clock_counts_working_days(asked in 20_454_i64..20_800, days in 1_i64..=DAYS_MAX) {
            let asked = Date::from_days(asked);
            let due = due_on(asked, days);
            // Never earlier than so many days, and more days are never due earlier.
            prop_assert!(due >= asked.plus(days));
            prop_assert!(due_on(asked, days + 1) > due);
            prop_assert!(due_on(asked.plus(1), days) >= due);
            prop_assert!(!overdue(RightsState::Open, due, due));
            prop_assert!(overdue(RightsState::Open, due, due.plus(1)));
        }

        #[test]
        fn what_was_answered_stays(steps in prop::collection::vec(0_usize..3, 0..6)) {
            let all = [Step::Do, Step::Refuse, Step::Withdraw];
            let mut state = RightsState::Open;
            for (at, step) in steps.iter().filter_map(|at| all.get(*at)).enumerate() {
                match next(state, *step) {
                    Some(then) => {
                        prop_assert_eq!(at, 0);
                        state = then;
                        prop_assert!(!overdue(state, Date::from_days(0), Date::from_days(9)));
                    }
                    None => prop_assert!(at > 0),
                }
            }
        }
    }

    #[test]
    fn fifteen_working_days_are_three_weeks() {
        let day = |text: &str| Date::parse(text).unwrap();
        assert_eq!(due_on(day("2026-11-02"), DAYS), day("2026-11-23"));
    }
}
