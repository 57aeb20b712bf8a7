//! Decisions about a person, without I/O.

use kernel::{Date, Refusal};

use super::{PersonState, refusals};
use crate::guardian::{Guard, rules as ages};

/// Days in which the note of a death can be undone (Edge-11).
pub(super) const UNDO_DAYS: i64 = 30;
/// How long a printed slip holds, in days (Fix-03).
pub(super) const SLIP_DAYS: i64 = 180;

/// Whether a person may pass from one state to another (Fix-03, V3, Edge-11). Going back from
/// `disputed` and `deceased` leads to the state before, which the caller knows.
#[must_use]
pub const fn may_move(from: PersonState, to: PersonState) -> bool {
    use PersonState as S;
    matches!(
        (from, to),
        (S::Incomplete, S::Unclaimed | S::Active)
            | (S::Unclaimed | S::Suspended, S::Active)
            | (S::Active, S::Suspended)
            | (
                S::Incomplete | S::Unclaimed | S::Active | S::Suspended,
                S::Disputed | S::Closed | S::Deceased
            )
            | (S::Disputed | S::Deceased, S::Incomplete | S::Unclaimed | S::Active | S::Suspended)
            | (S::Disputed, S::Closed)
    )
}

/// Whether a person may claim the registration now (Fix-03). `documented`: an identity document is known.
///
/// # Errors
/// `person.needs_document`, `guardian.needed`, `guardian.too_young`, `person.state`.
pub(super) fn claimable(
    state: PersonState,
    documented: bool,
    birth_on: Option<Date>,
    today: Date,
    guard: Guard,
) -> Result<(), Refusal> {
    match state {
        PersonState::Incomplete if !documented => Err(Refusal::new(&refusals::NEEDS_DOCUMENT)),
        PersonState::Incomplete | PersonState::Unclaimed => {
            birth_on.map_or(Ok(()), |b| ages::may_register(b, today, guard))
        }
        other => Err(in_state(other)),
    }
}

/// The refusal for a step that the state does not allow.
pub(super) fn in_state(state: PersonState) -> Refusal {
    use kernel::Lang;
    Refusal::new(&refusals::STATE).with_both("state", state.name(Lang::Zh), state.name(Lang::En))
}

/// The first letters of pinyin that a person typed in one piece, `zhangsan`: every way in which the
/// first syllable may end gives a beginning of the stored `zhang san`, so that an index can be used.
pub(super) fn pinyin_starts(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let mut out = vec![word.to_owned()];
    for cut in 1..letters.len().min(7) {
        let (head, tail) = letters.split_at(cut);
        let mut start: String = head.iter().collect();
        start.push(' ');
        start.extend(tail.iter().take(1));
        out.push(start);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Date;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn states() {
        use PersonState as S;
        assert!(may_move(S::Unclaimed, S::Active) && may_move(S::Disputed, S::Unclaimed));
        for to in S::ALL {
            assert!(!may_move(S::Closed, *to), "closed is the end");
            assert!(!may_move(*to, *to));
        }
        assert!(!may_move(S::Deceased, S::Disputed) && !may_move(S::Disputed, S::Deceased));
    }

    #[test]
    fn claims() {
        let today = day("2026-11-21");
        let adult = Some(day("1990-01-01"));
        assert!(claimable(PersonState::Unclaimed, true, adult, today, Guard::None).is_ok());
        assert!(claimable(PersonState::Incomplete, true, adult, today, Guard::None).is_ok());
        for (state, documented, birth, code) in [
            (PersonState::Incomplete, false, adult, "person.needs_document"),
            (PersonState::Disputed, true, adult, "person.state"),
            (PersonState::Unclaimed, true, Some(day("2015-01-01")), "guardian.needed"),
        ] {
            assert_eq!(claimable(state, documented, birth, today, Guard::None).unwrap_err().code(), code);
        }
    }

    #[test]
    fn pinyin_in_one_piece() {
        let starts = pinyin_starts("zhangsan");
        assert!(starts.contains(&"zhang s".to_owned()) && starts.contains(&"zhangsan".to_owned()));
    }
}
