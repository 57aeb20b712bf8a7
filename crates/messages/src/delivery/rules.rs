//! When something that failed is tried again: pure.

/// How often something is tried before it is given up: about 17 hours in all.
pub const TRIES: i64 = 10;

/// The pause after so many tries, in milliseconds: 2, 4, 8 … minutes, at most 6 hours; `None`: give up.
#[must_use]
pub fn pause(attempts: i64) -> Option<i64> {
    (attempts < TRIES).then(|| (60_000_i64 << attempts.clamp(1, 9)).min(6 * 3_600_000))
}

/// Why something was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// In short, without address, number or text.
    pub why: String,
    /// Whether trying again is of no use.
    pub for_good: bool,
}

impl Failure {
    /// Worth another try.
    pub fn again(why: impl Into<String>) -> Self {
        Self { why: why.into(), for_good: false }
    }

    /// Not worth another try.
    pub fn for_good(why: impl Into<String>) -> Self {
        Self { why: why.into(), for_good: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pauses_grow_and_end(attempts in 1_i64..100) {
            match (pause(attempts), pause(attempts + 1)) {
                (Some(one), Some(next)) => prop_assert!(one <= next && one >= 60_000 && next <= 6 * 3_600_000),
                (None, next) => prop_assert!(attempts >= TRIES && next.is_none()),
                (Some(_), None) => prop_assert_eq!(attempts + 1, TRIES),
            }
        }
    }
}
