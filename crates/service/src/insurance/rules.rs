//! What covers what, and where a policy stands. Pure.

use kernel::{Date, Timestamp};

use super::{Covers, PolicyState};
use crate::activity::Hazard;

/// The longest period of one policy, in days: three years with a leap day.
pub const LONGEST_DAYS: i64 = 1_096;

/// The times of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// From this moment on.
    pub starts_at: Timestamp,
    /// Up to this moment, which it does not cover any more.
    pub ends_at: Timestamp,
    /// When it was taken back.
    pub withdrawn_at: Option<Timestamp>,
    /// Up to which hazard.
    pub covers: Covers,
}

/// The moments of a period of whole days: policies run from midnight to midnight.
#[must_use]
pub fn moments(from: Date, until: Date) -> (Timestamp, Timestamp) {
    (Timestamp::at(from, 0), Timestamp::at(until.plus(1), 0))
}

/// The days of a period of moments; the other way of [`moments`].
#[must_use]
pub fn days(starts_at: Timestamp, ends_at: Timestamp) -> (Date, Date) {
    (starts_at.date(), ends_at.date().plus(-1))
}

/// Whether a period is one: not before it begins, and of a length that policies have.
#[must_use]
pub fn period(from: Date, until: Date) -> bool {
    from <= until && until.days() - from.days() < LONGEST_DAYS
}

/// Where a policy stands at a moment.
#[must_use]
pub fn state(term: Term, now: Timestamp) -> PolicyState {
    if term.withdrawn_at.is_some_and(|at| at <= now) {
        PolicyState::Withdrawn
    } else if now < term.starts_at {
        PolicyState::Planned
    } else if now < term.ends_at {
        PolicyState::InForce
    } else {
        PolicyState::Ended
    }
}

/// Whether a policy covers a session of an activity, from its start to its end. A session that had begun when the
/// policy was taken back stays covered. The statements say the same (`covers!` in the store).
#[must_use]
pub fn covers(term: Term, hazard: Hazard, session: (Timestamp, Timestamp)) -> bool {
    term.starts_at <= session.0
        && session.1 <= term.ends_at
        && term.withdrawn_at.is_none_or(|at| session.0 < at)
        && (hazard != Hazard::Marked || term.covers == Covers::Marked)
}

/// Whether anything is missing for a session: a hazard, and nothing that covers it.
#[must_use]
pub fn missing(policies: &[Term], hazard: Hazard, session: (Timestamp, Timestamp)) -> bool {
    hazard.any() && !policies.iter().any(|one| covers(*one, hazard, session))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn a_policy_of_a_day_covers_that_day_and_no_other() {
        let (starts_at, ends_at) = moments(date("2026-03-05"), date("2026-03-05"));
        let term = Term { starts_at, ends_at, withdrawn_at: None, covers: Covers::Slight };
        let session = |on: &str, from, to| (Timestamp::at(date(on), from), Timestamp::at(date(on), to));
        assert!(covers(term, Hazard::Slight, session("2026-03-05", 0, 1440)));
        assert!(!covers(term, Hazard::Slight, session("2026-03-05", 1380, 1500)), "into the next day");
        assert!(!covers(term, Hazard::Slight, session("2026-03-04", 540, 600)));
        assert!(!covers(term, Hazard::Marked, session("2026-03-05", 540, 600)), "more than it covers");
        assert_eq!(days(starts_at, ends_at), (date("2026-03-05"), date("2026-03-05")));
        assert!(period(date("2026-03-05"), date("2026-03-05")));
        assert!(!period(date("2026-03-05"), date("2026-03-04")));
        assert!(!period(date("2026-03-05"), date("2036-03-04")));
    }

    #[test]
    fn what_had_begun_when_it_was_taken_back_stays_covered() {
        let (starts_at, ends_at) = moments(date("2026-03-01"), date("2026-03-31"));
        let at = Timestamp::at(date("2026-03-10"), 600);
        let term = Term { starts_at, ends_at, withdrawn_at: Some(at), covers: Covers::Marked };
        assert!(covers(term, Hazard::Marked, (at.plus_minutes(-60), at.plus_minutes(60))));
        assert!(!covers(term, Hazard::Marked, (at, at.plus_minutes(60))));
        assert_eq!(state(term, at.plus_minutes(-1)), PolicyState::InForce);
        assert_eq!(state(term, at), PolicyState::Withdrawn);
    }

    prop_compose! {
        fn term()(start in 0_i64..100, length in 1_i64..50, taken in proptest::option::of(0_i64..150), marked: bool) -> Term {
            Term {
                starts_at: Timestamp(start),
                ends_at: Timestamp(start + length),
                withdrawn_at: taken.map(Timestamp),
                covers: if marked { Covers::Marked } else { Covers::Slight },
            }
        }
    }

    proptest! {
        #[test]
        fn whoever_serves_under_a_policy_serves_while_it_is_in_force(
            term in term(), start in 0_i64..150, length in 1_i64..20, marked: bool,
        ) {
            let session = (Timestamp(start), Timestamp(start + length));
            let hazard = if marked { Hazard::Marked } else { Hazard::Slight };
            if covers(term, hazard, session) {
                prop_assert_eq!(state(term, session.0), PolicyState::InForce);
                // What covers more hazard covers less, and what covers a session covers a part of it.
                prop_assert!(covers(term, Hazard::Slight, session));
                prop_assert!(covers(term, hazard, (session.0, Timestamp(start + 1))));
            }
        }

        #[test]
        fn one_more_policy_never_hurts(
            all in prop::collection::vec(term(), 0..5), more in term(), start in 0_i64..150, length in 1_i64..20,
        ) {
            let session = (Timestamp(start), Timestamp(start + length));
            let mut with = all.clone();
            with.push(more);
            for hazard in Hazard::ALL {
                prop_assert!(!missing(&with, *hazard, session) || missing(&all, *hazard, session));
            }
            prop_assert!(!missing(&[], Hazard::No, session));
        }

        #[test]
        fn days_and_moments_are_each_others_way(from in 0_i64..40_000, length in 0_i64..LONGEST_DAYS) {
            let (from, until) = (Date::from_days(from), Date::from_days(from + length));
            prop_assert!(period(from, until));
            let (a, b) = moments(from, until);
            prop_assert_eq!(days(a, b), (from, until));
        }
    }
}
