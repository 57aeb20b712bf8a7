//! How many places of a session others may not take, and on which kept place a sign-up stands.

use kernel::Timestamp;

use crate::ReserveId;

/// Kept places still live at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Which.
    pub id: ReserveId,
    /// How many places.
    pub places: i64,
    /// How many of them have been taken.
    pub used: i64,
    /// Whether they are kept for whom one asks about.
    pub mine: bool,
}

impl Kept {
    /// How many are left of them; never below nothing.
    #[must_use]
    pub const fn left(&self) -> i64 {
        if self.places > self.used { self.places - self.used } else { 0 }
    }
}

/// How many places are kept for others.
#[must_use]
pub fn held(all: &[Kept]) -> i64 {
    all.iter().filter(|one| !one.mine).map(Kept::left).sum()
}

/// On which kept place a sign-up stands: the first of one's own that has any left. What is kept for somebody is taken
/// before what is everybody's, so that others find what is left of it.
#[must_use]
pub fn stands_on(all: &[Kept]) -> Option<ReserveId> {
    all.iter().find(|one| one.mine && one.left() > 0).map(|one| one.id)
}

/// Until when places may be kept: at the latest to the start, from then on whoever is there joins.
#[must_use]
pub fn until(asked: Timestamp, starts_at: Timestamp) -> Timestamp {
    asked.min(starts_at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kept() -> impl Strategy<Value = Vec<Kept>> {
        prop::collection::vec((1_i64..20, 0_i64..25, any::<bool>()), 0..6).prop_map(|all| {
            all.into_iter()
                .zip(1..)
                .map(|((places, used, mine), id)| Kept { id: ReserveId(id), places, used, mine })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn nothing_is_kept_from_whom_it_is_kept_for(mut all in kept()) {
            for one in &mut all {
                one.mine = true;
            }
            prop_assert_eq!(held(&all), 0);
        }

        #[test]
        fn what_one_stands_on_is_ones_own_and_left(all in kept()) {
            match stands_on(&all) {
                Some(id) => prop_assert!(all.iter().any(|one| one.id == id && one.mine && one.left() > 0)),
                None => prop_assert!(all.iter().all(|one| !one.mine || one.left() == 0)),
            }
        }

        #[test]
        fn taking_a_kept_place_leaves_others_what_they_had(all in kept(), quota in 1_i64..60, taken in 0_i64..60) {
            // A stranger sees the same room before and after somebody takes a place kept for them.
            if let Some(id) = stands_on(&all) {
                let strange = |all: &[Kept]| -> i64 { all.iter().map(Kept::left).sum() };
                let before = quota - taken - strange(&all);
                let after: Vec<Kept> = all
                    .iter()
                    .map(|one| Kept { used: one.used + i64::from(one.id == id), ..*one })
                    .collect();
                prop_assert_eq!(quota - (taken + 1) - strange(&after), before);
            }
        }
    }

    #[test]
    fn more_taken_than_kept_leaves_none() {
        let one = Kept { id: ReserveId(1), places: 2, used: 5, mine: false };
        assert_eq!((one.left(), held(&[one])), (0, 0));
    }
}
