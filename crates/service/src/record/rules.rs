//! Minutes, caps, classes and deadlines, without any storage (Edge-05, Edge-06, Fix-04, Fix-18).

use kernel::time::MINUTE_MS;
use kernel::{Calendar, Date, Timestamp};

/// Fewer minutes than this make no record (Edge-06).
pub const LEAST_MINUTES: i64 = 15;
/// More minutes a day than this need the organiser's parent (R4).
pub const PARENT_ABOVE: i64 = 8 * 60;
/// More minutes a day, or in one stay, than this need the city office (R4, Edge-05).
pub const CITY_ABOVE: i64 = 12 * 60;
/// Days within which hours without check-ins may be entered (A9, Fix-18).
pub const BACKFILL_DAYS: i64 = 30;
/// The longest extension a leader may enter, in minutes.
pub const LONGEST_EXTENSION: i64 = 240;

/// The times of a session that minutes are counted within.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Planned start: earlier check-ins do not earn.
    pub starts_at: Timestamp,
    /// Planned end.
    pub ends_at: Timestamp,
    /// Approved extension, in minutes.
    pub extension: i64,
    /// Breaks, in minutes.
    pub breaks: i64,
    /// When the roll was closed: who never checked out is not counted beyond it.
    pub closed_at: Timestamp,
}

/// What somebody's stays come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worked {
    /// First counted moment.
    pub start: Timestamp,
    /// Last counted moment.
    pub end: Timestamp,
    /// Minutes, whole, rounded down.
    pub minutes: i64,
    /// Somebody never checked out; the planned end was taken.
    pub auto_out: bool,
    /// The extension was used.
    pub extended: bool,
}

impl Plan {
    const fn last(&self) -> Timestamp {
        self.ends_at.plus_minutes(if self.extension > 0 { self.extension } else { 0 })
    }
}

/// Minutes of the stays `(in, out)`: each cut to the session (half-open, extension included), overlaps counted
/// once, breaks subtracted where the person did not leave for them anyway: going out and in again never gains.
/// `None`: nothing counts.
#[must_use]
pub fn minutes(plan: &Plan, stays: &[(Timestamp, Option<Timestamp>)]) -> Option<Worked> {
    let last = plan.last();
    let mut auto_out = false;
    let mut cut: Vec<(i64, i64)> = Vec::with_capacity(stays.len());
    for (from, to) in stays {
        let to = to.unwrap_or_else(|| {
            auto_out = true;
            plan.ends_at.min(plan.closed_at)
        });
        let (from, to) = (from.0.max(plan.starts_at.0), to.0.min(last.0));
        if from < to {
            cut.push((from, to));
        }
    }
    cut.sort_unstable();
    let (start, mut end) = *cut.first()?;
    let mut gaps = 0;
    for (from, to) in cut {
        gaps += (from - end).max(0);
        end = end.max(to);
    }
    let away = gaps.max(plan.breaks.max(0) * MINUTE_MS);
    let minutes = (end - start - away).max(0) / MINUTE_MS;
    (minutes >= LEAST_MINUTES).then_some(Worked {
        start: Timestamp(start),
        end: Timestamp(end),
        minutes,
        auto_out,
        extended: end > plan.ends_at.0,
    })
}

/// The minutes of a stay by local day, split at midnight (Edge-05); they sum to `minutes`.
#[must_use]
pub fn by_day(start: Timestamp, end: Timestamp, minutes: i64) -> Vec<(Date, i64)> {
    let mut out = Vec::new();
    let mut left = minutes;
    let mut from = start;
    while left > 0 {
        let day = from.date();
        let midnight = Timestamp::at(day.plus(1), 0);
        let here = if midnight < end { ((midnight.0 - from.0) / MINUTE_MS).min(left) } else { left };
        if here > 0 {
            out.push((day, here));
        }
        left -= here;
        from = midnight;
        if midnight >= end {
            break;
        }
    }
    out
}

/// Who must confirm so many minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// Whoever may confirm.
    Anybody,
    /// The parent of the organiser.
    Parent,
    /// The city office.
    City,
}

/// The most minutes that one local day comes to, with this record `(start, end, minutes)` and the person's
/// others around it.
#[must_use]
pub fn busiest_day(this: (Timestamp, Timestamp, i64), others: &[(Timestamp, Timestamp, i64)]) -> i64 {
    let mine = by_day(this.0, this.1, this.2);
    mine.iter()
        .map(|(day, minutes)| {
            let beside: i64 = others
                .iter()
                .flat_map(|other| by_day(other.0, other.1, other.2))
                .filter(|(date, _)| date == day)
                .map(|(_, minutes)| minutes)
                .sum();
            minutes + beside
        })
        .max()
        .unwrap_or(0)
}

/// Who must confirm: by the busiest day, and by the length of one unbroken stay whatever the dates.
#[must_use]
pub const fn needs(busiest: i64, stay: i64) -> Needs {
    if busiest > CITY_ABOVE || stay > CITY_ABOVE {
        Needs::City
    } else if busiest > PARENT_ABOVE {
        Needs::Parent
    } else {
        Needs::Anybody
    }
}

/// Working days from `today` to `due`: negative when overdue, 0 on the day itself.
#[must_use]
pub fn working_days_left(calendar: &Calendar, today: Date, due: Date) -> i64 {
    let (from, to, sign) = if due >= today { (today, due, 1) } else { (due, today, -1) };
    let mut count = 0;
    let mut day = from;
    while day < to && count < 1000 {
        day = day.plus(1);
        if calendar.is_working(day) {
            count += 1;
        }
    }
    sign * count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::at(Date::new(2026, 3, 5).unwrap(), 9 * 60).plus_minutes(minute)
    }

    fn plan(length: i64, extension: i64, breaks: i64) -> Plan {
        Plan { starts_at: at(0), ends_at: at(length), extension, breaks, closed_at: at(length + 300) }
    }

    fn count(plan: &Plan, stays: &[(i64, Option<i64>)]) -> i64 {
        let stays: Vec<_> = stays.iter().map(|(a, b)| (at(*a), b.map(at))).collect();
        minutes(plan, &stays).map_or(0, |worked| worked.minutes)
    }

    #[test]
    fn examples() {
        let p = plan(120, 0, 0);
        assert_eq!(count(&p, &[(-30, Some(120))]), 120, "early check-in does not earn");
        assert_eq!(count(&p, &[(0, Some(180))]), 120, "late check-out does not earn");
        assert_eq!(count(&plan(120, 30, 0), &[(0, Some(180))]), 150, "an extension does");
        assert_eq!(count(&p, &[(10, None)]), 110, "no check-out: planned end");
        assert_eq!(count(&plan(120, 30, 0), &[(0, None)]), 120, "no check-out: not the extension");
        assert_eq!(count(&p, &[(0, Some(14))]), 0, "under 15 minutes");
        assert_eq!(count(&p, &[(0, Some(15))]), 15);
        assert_eq!(count(&plan(240, 0, 60), &[(0, Some(240))]), 180, "breaks");
        assert_eq!(count(&plan(240, 0, 60), &[(0, Some(120)), (180, Some(240))]), 180, "left for the break");
        assert_eq!(count(&p, &[(120, Some(180))]), 0, "half-open");
        let closed_early = Plan { closed_at: at(60), ..p };
        assert_eq!(minutes(&closed_early, &[(at(0), None)]).map(|w| w.minutes), Some(60));
        assert!(minutes(&p, &[(at(0), None)]).is_some_and(|w| w.auto_out && !w.extended));
    }

    #[test]
    fn midnight() {
        let night = Timestamp::at(Date::new(2026, 3, 5).unwrap(), 22 * 60);
        let days = by_day(night, night.plus_minutes(480), 480);
        assert_eq!(days.iter().map(|d| d.1).collect::<Vec<_>>(), [120, 360]);
        assert_eq!(needs(busiest_day((night, night.plus_minutes(480), 480), &[]), 480), Needs::Anybody);
        let day = (at(0), at(481), 481);
        assert_eq!(needs(busiest_day(day, &[]), 481), Needs::Parent);
        let other = (at(-240), at(0), 240);
        assert_eq!(needs(busiest_day((at(0), at(300), 300), &[other]), 300), Needs::Parent);
        assert_eq!(needs(busiest_day((at(0), at(481), 481), &[other]), 481), Needs::City);
        let long = (night, night.plus_minutes(721), 721);
        assert_eq!(needs(busiest_day(long, &[]), 721), Needs::City, "one stay over 12 h");
    }

    #[test]
    fn days_left() {
        let calendar = Calendar::default();
        let d = |text| Date::parse(text).unwrap();
        assert_eq!(working_days_left(&calendar, d("2026-03-05"), d("2026-03-05")), 0);
        assert_eq!(working_days_left(&calendar, d("2026-03-06"), d("2026-03-09")), 1);
        assert_eq!(working_days_left(&calendar, d("2026-03-10"), d("2026-03-06")), -2);
    }

    proptest! {
        #[test]
        fn never_negative_never_more_than_planned(
            length in 1_i64..1500, extension in -10_i64..300, breaks in -10_i64..300,
            stays in proptest::collection::vec((-100_i64..1900, proptest::option::of(0_i64..600)), 0..4),
        ) {
            let p = plan(length, extension, breaks);
            let stays: Vec<_> =
                stays.iter().map(|(from, long)| (at(*from), long.map(|l| at(*from + l)))).collect();
            if let Some(worked) = minutes(&p, &stays) {
                prop_assert!(worked.minutes >= LEAST_MINUTES);
                prop_assert!(worked.minutes <= length + extension.max(0));
                prop_assert!(worked.start >= p.starts_at && worked.end <= p.last());
                prop_assert!(worked.minutes <= (worked.end.0 - worked.start.0) / MINUTE_MS);
                let days = by_day(worked.start, worked.end, worked.minutes);
                prop_assert_eq!(days.iter().map(|d| d.1).sum::<i64>(), worked.minutes);
            }
        }

        #[test]
        fn splitting_never_gains(
            breaks in 0_i64..120, from in -30_i64..200, first in 1_i64..200, gap in 0_i64..60, second in 1_i64..200,
        ) {
            let p = plan(240, 0, breaks);
            let whole = count(&p, &[(from, Some(from + first + gap + second))]);
            let split = count(&p, &[(from, Some(from + first)), (from + first + gap, Some(from + first + gap + second))]);
            prop_assert!(split <= whole);
        }
    }
}
