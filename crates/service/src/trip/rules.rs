//! When people meet and return, who is expected at a count, and who is missing. Pure.

use kernel::Timestamp;
use kernel::time::MINUTE_MS;

use super::Stage;

/// People meet at most so many minutes before the start.
pub const MEET_BEFORE: i64 = 12 * 60;
/// Counting opens so many minutes before people meet.
pub const COUNT_BEFORE: i64 = 120;

/// The latest moment with this clock time that is not after the start: 23:30 for a session at 00:30 is the evening
/// before.
#[must_use]
pub fn meeting(starts_at: Timestamp, minute: i64) -> Timestamp {
    let at = Timestamp::at(starts_at.date(), minute);
    if at <= starts_at { at } else { Timestamp::at(starts_at.date().plus(-1), minute) }
}

/// The earliest moment with this clock time that is not before the end.
#[must_use]
pub fn returning(ends_at: Timestamp, minute: i64) -> Timestamp {
    let at = Timestamp::at(ends_at.date(), minute);
    if at >= ends_at { at } else { Timestamp::at(ends_at.date().plus(1), minute) }
}

/// Whether a meeting time fits the start.
#[must_use]
pub fn fits(meet_at: Timestamp, starts_at: Timestamp) -> bool {
    meet_at <= starts_at && (starts_at.0 - meet_at.0) / MINUTE_MS <= MEET_BEFORE
}

/// What is known of somebody on the way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Counted at the meeting point.
    pub assembly: bool,
    /// Counted at the place.
    pub arrival: bool,
    /// Counted back.
    pub back: bool,
    /// On the roll of the place.
    pub attended: bool,
    /// Marked as absent on the roll.
    pub absent: bool,
}

impl Seen {
    /// Whether they were counted at a stage.
    #[must_use]
    pub const fn at(&self, stage: Stage) -> bool {
        match stage {
            Stage::Assembly => self.assembly,
            Stage::Arrival => self.arrival,
            Stage::Return => self.back,
        }
    }

    const fn came(&self) -> bool {
        self.assembly || self.arrival || self.attended
    }
}

/// Whether somebody is expected at a stage. At the meeting point everybody is who holds a place; later who was seen
/// before, by a count or by the roll; while nothing is known of anybody (`known`), everybody again. Whoever set out is
/// expected back, whatever the roll says.
#[must_use]
pub const fn expected(stage: Stage, one: &Seen, known: bool) -> bool {
    match stage {
        Stage::Assembly => !one.absent || one.assembly,
        Stage::Arrival | Stage::Return => one.came() || (!known && !one.absent),
    }
}

/// Whether anything is known of anybody.
#[must_use]
pub fn known(all: &[Seen]) -> bool {
    all.iter().any(Seen::came)
}

#[cfg(test)]
mod tests {
    use kernel::Date;
    use proptest::prelude::*;

    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::at(Date::from_days(20_780), minute)
    }

    #[test]
    fn clocks_around_a_session() {
        assert_eq!(meeting(at(540), 480), at(480));
        assert_eq!(meeting(at(540), 540), at(540), "at the place itself");
        assert_eq!(meeting(at(30), 23 * 60 + 30), at(-30), "the evening before");
        assert_eq!(returning(at(660), 720), at(720));
        assert_eq!(returning(at(1430), 30), at(1470), "after midnight");
        assert!(fits(at(480), at(540)) && !fits(at(541), at(540)) && !fits(at(-200), at(540)));
    }

    proptest! {
        #[test]
        fn who_set_out_is_expected_back(a: bool, b: bool, attended: bool, absent: bool, known: bool) {
            let one = Seen { assembly: a, arrival: b, back: false, attended, absent };
            if a || b || attended {
                prop_assert!(expected(Stage::Return, &one, known));
            }
            // Nobody is lost because nobody was counted.
            if !absent {
                prop_assert!(expected(Stage::Return, &one, false));
            }
            // Who never came is not missed once it is known who did.
            if !(a || b || attended) && known {
                prop_assert!(!expected(Stage::Return, &one, true));
            }
        }

        #[test]
        fn a_meeting_is_before_and_a_return_after(start in 0_i64..1440, minute in 0_i64..1440) {
            prop_assert!(meeting(at(start), minute) <= at(start));
            prop_assert!(returning(at(start), minute) >= at(start));
            prop_assert!(at(start).0 - meeting(at(start), minute).0 < kernel::time::DAY_MS);
        }
    }
}
