//! Pure decisions about proofs.

use kernel::{AccountId, Timestamp};

/// Pictures of one session at most.
pub const MAX_PER_SESSION: i64 = 60;
/// Longest word on what a picture shows, in characters.
pub const NOTE: usize = 120;
/// For how long whoever gave a picture may take it back, in milliseconds: after that others may have decided by it.
pub const BACK_MS: i64 = 3_600_000;

/// Whether somebody may take a picture back.
#[must_use]
pub fn may_remove(by: Option<AccountId>, given_by: AccountId, given_at: Timestamp, now: Timestamp) -> bool {
    by == Some(given_by) && now.0 - given_at.0 <= BACK_MS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn only_the_giver_and_only_for_an_hour(by in 1_i64..4, given_by in 1_i64..4, later in 0_i64..3 * BACK_MS) {
            let (given, now) = (Timestamp(1_000), Timestamp(1_000 + later));
            let may = may_remove(Some(AccountId(by)), AccountId(given_by), given, now);
            prop_assert_eq!(may, by == given_by && later <= BACK_MS);
            prop_assert!(!may_remove(None, AccountId(given_by), given, now));
        }
    }
}
