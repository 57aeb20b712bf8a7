//! Which step may follow which: a pure decision.

use super::TransferState;

/// Days in which each team answers.
pub const ANSWER_DAYS: i64 = 10;

/// What somebody does about a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The team whose turn it is agrees.
    Agree,
    /// It says no.
    Refuse,
    /// The person takes it back.
    Cancel,
}

/// The state after a step; `None` when the step does not fit.
#[must_use]
pub const fn next(state: TransferState, step: Step) -> Option<TransferState> {
    use TransferState as S;
    match (state, step) {
        (S::Requested, Step::Agree) => Some(S::SourceAgreed),
        (S::SourceAgreed, Step::Agree) => Some(S::Done),
        (S::Requested | S::SourceAgreed, Step::Refuse) => Some(S::Refused),
        (S::Requested | S::SourceAgreed, Step::Cancel) => Some(S::Cancelled),
        (S::Done | S::Refused | S::Cancelled, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn two_agreements_and_nothing_less(steps in prop::collection::vec(0_usize..3, 0..8)) {
            let all = [Step::Agree, Step::Refuse, Step::Cancel];
            let (mut state, mut agreed, mut ended) = (TransferState::Requested, 0, false);
            for step in steps.iter().filter_map(|at| all.get(*at)) {
                if let Some(then) = next(state, *step) {
                    prop_assert!(!ended, "an end is an end");
                    agreed += usize::from(*step == Step::Agree);
                    state = then;
                    ended = !matches!(state, TransferState::Requested | TransferState::SourceAgreed);
                }
            }
            prop_assert_eq!(state == TransferState::Done, agreed == 2);
        }
    }
}
