//! Which step may follow which, and which number counts after it. Pure.

use super::CardState;

/// Most people on one printout, and cards handed out at once.
pub const MOST: usize = 200;
/// Cards on a page of paper.
pub const ON_A_PAGE: usize = 10;
/// Longest note, in characters.
pub const NOTE: usize = 200;

/// What somebody does about a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is handed to its owner.
    Issue,
    /// It was lost.
    Lose,
    /// Another one is printed in its place.
    Replace,
    /// It was spoiled, or is wrong, and never handed out.
    Void,
}

/// The state after a step; `None` when the step does not fit. What has ended stays so: a card that is found again is not
/// revived, because nobody knows who copied its code meanwhile.
#[must_use]
pub const fn next(state: CardState, step: Step) -> Option<CardState> {
    use CardState as S;
    match (state, step) {
        (S::Printed, Step::Issue) => Some(S::Issued),
        (S::Printed | S::Issued, Step::Lose) => Some(S::Lost),
        (S::Printed | S::Issued, Step::Replace) => Some(S::Replaced),
        (S::Printed, Step::Void) => Some(S::Void),
        _ => None,
    }
}

/// The number that counts for a person once a card with the number `card` has ended: no card in the world may carry it.
#[must_use]
pub const fn number_after(current: i64, card: i64) -> i64 {
    if card >= current { card + 1 } else { current }
}

/// Whether a scanned number counts.
#[must_use]
pub const fn counts(current: i64, scanned: i64) -> bool {
    current == scanned
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STEPS: [Step; 4] = [Step::Issue, Step::Lose, Step::Replace, Step::Void];

    proptest! {
        #[test]
        fn no_ended_card_counts_and_the_live_one_does(acts in prop::collection::vec(0_usize..6, 0..40)) {
            // The number that the person came with, which phone and paper carry already.
            let mut current = 1;
            let mut cards: Vec<(i64, CardState)> = Vec::new();
            for act in acts {
                let live = cards.iter().position(|card| !card.1.is_over());
                match (STEPS.get(act), live) {
                    (Some(step), Some(at)) => {
                        let Some(to) = next(cards[at].1, *step) else { continue };
                        cards[at].1 = to;
                        if to.is_over() {
                            current = number_after(current, cards[at].0);
                        }
                        if *step == Step::Replace {
                            cards.push((current, CardState::Printed));
                        }
                    }
                    // A card that no row tells of is lost.
                    (None, None) if act == 4 => {
                        cards.push((current, CardState::Lost));
                        current = number_after(current, current);
                    }
                    (None, None) => cards.push((current, CardState::Printed)),
                    _ => {}
                }
                prop_assert!(cards.iter().filter(|card| !card.1.is_over()).count() <= 1);
                for (number, state) in &cards {
                    prop_assert_eq!(counts(current, *number), !state.is_over());
                }
            }
        }

        #[test]
        fn an_end_is_an_end(steps in prop::collection::vec(0_usize..4, 0..8)) {
            let (mut state, mut ended) = (CardState::Printed, false);
            for step in steps.iter().filter_map(|at| STEPS.get(*at)) {
                if let Some(then) = next(state, *step) {
                    prop_assert!(!ended);
                    state = then;
                    ended = state.is_over();
                }
            }
        }

        #[test]
        fn the_number_only_goes_up(current in 1_i64..1_000, card in 1_i64..1_000) {
            let then = number_after(current, card);
            prop_assert!(then >= current && !counts(then, card));
            // What had ended before ends nothing that counts now.
            prop_assert!(card >= current || then == current);
        }
    }
}
