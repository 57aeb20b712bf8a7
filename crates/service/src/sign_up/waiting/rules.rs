//! How long an offered place is held: one pure decision over two moments (Fix-28).

use kernel::Timestamp;

/// Places that are not confirmed so many minutes before the start are open to all.
pub const LAST_CALL_MINUTES: i64 = 120;
/// An offer is never shorter than so many minutes, nor longer than twelve hours of the day.
pub const SHORTEST_MINUTES: i64 = 30;
const LONGEST_MINUTES: i64 = 12 * 60;
/// Nobody is hurried at night: the window does not run from 22:00 to 7:00, unless the session starts within 12 hours.
pub const QUIET_FROM: i64 = 22 * 60;
const QUIET_TO: i64 = 7 * 60;
const SOON_MINUTES: i64 = 12 * 60;

/// Until when a place offered now is held: half the time to the start, at least 30 minutes and at most 12 hours, not
/// counting the night when the start is more than 12 hours away, and never beyond two hours before the start. `None`:
/// too late to offer, the place is open to all.
#[must_use]
pub fn respond_by(now: Timestamp, starts_at: Timestamp) -> Option<Timestamp> {
    let last = starts_at.plus_minutes(-LAST_CALL_MINUTES);
    if last < now.plus_minutes(SHORTEST_MINUTES) {
        return None;
    }
    let left = (starts_at.0 - now.0) / kernel::time::MINUTE_MS;
    let length = (left / 2).clamp(SHORTEST_MINUTES, LONGEST_MINUTES);
    let until = if left > SOON_MINUTES { awake_after(now, length) } else { now.plus_minutes(length) };
    Some(until.min(last))
}

/// The moment after so many minutes outside the quiet hours.
fn awake_after(from: Timestamp, minutes: i64) -> Timestamp {
    let mut at = from;
    let mut left = minutes;
    // A window of twelve hours spans two days at most; each turn crosses one border of the quiet hours.
    for _ in 0..8 {
        let minute = at.minute_of_day();
        if !(QUIET_TO..QUIET_FROM).contains(&minute) {
            let day = if minute >= QUIET_FROM { at.date().plus(1) } else { at.date() };
            at = Timestamp::at(day, QUIET_TO);
            continue;
        }
        let evening = Timestamp::at(at.date(), QUIET_FROM);
        let room = (evening.0 - at.0) / kernel::time::MINUTE_MS;
        if left <= room {
            return at.plus_minutes(left);
        }
        left -= room;
        at = evening;
    }
    at
}

#[cfg(test)]
mod tests {
    use kernel::Date;
    use proptest::prelude::*;

    use super::*;

    fn at(day: i64, minute: i64) -> Timestamp {
        Timestamp::at(Date::from_days(20_770 + day), minute)
    }

    #[test]
    fn examples() {
        // Days ahead, at noon: twelve waking hours, the night not counted.
        assert_eq!(respond_by(at(0, 720), at(5, 540)), Some(at(1, 7 * 60 + 120)));
        // At 23:00 for a start two days later: from seven in the morning on.
        assert_eq!(respond_by(at(0, 1380), at(3, 540)), Some(at(1, 19 * 60)));
        // Six hours before the start: half of it.
        assert_eq!(respond_by(at(0, 480), at(0, 840)), Some(at(0, 660)));
        // At night for the morning: the window runs.
        assert_eq!(respond_by(at(0, 1380), at(1, 480)), Some(at(1, 210)));
        // Three hours before: until two hours before at the latest; then open to all.
        assert_eq!(respond_by(at(0, 480), at(0, 660)), Some(at(0, 540)));
        assert_eq!(respond_by(at(0, 480), at(0, 629)), None);
        assert_eq!(respond_by(at(0, 700), at(0, 660)), None);
    }

    fn awake(from: Timestamp, to: Timestamp) -> i64 {
        (0..(to.0 - from.0) / 60_000)
            .filter(|n| (QUIET_TO..QUIET_FROM).contains(&from.plus_minutes(*n).minute_of_day()))
            .count()
            .try_into()
            .unwrap()
    }

    proptest! {
        #[test]
        fn never_too_short_never_too_late(minute in 0_i64..1440, ahead in 0_i64..20_000) {
            let (now, start) = (at(0, minute), at(0, minute + ahead));
            match respond_by(now, start) {
                None => prop_assert!(ahead < LAST_CALL_MINUTES + SHORTEST_MINUTES),
                Some(until) => {
                    prop_assert!(until >= now.plus_minutes(SHORTEST_MINUTES));
                    prop_assert!(until <= start.plus_minutes(-LAST_CALL_MINUTES));
                    if ahead > SOON_MINUTES {
                        prop_assert!(awake(now, until) >= SHORTEST_MINUTES, "{} waking minutes", awake(now, until));
                    }
                    prop_assert!(awake(now, until) <= LONGEST_MINUTES);
                }
            }
        }

        #[test]
        fn a_later_start_gives_no_less_time(minute in 0_i64..1440, ahead in 721_i64..20_000) {
            let now = at(0, minute);
            let (a, b) = (respond_by(now, at(0, minute + ahead)), respond_by(now, at(0, minute + ahead + 1)));
            prop_assert!(a <= b);
        }
    }
}
