//! When what is said, and to whom: pure.

use kernel::time::DAY_MS;
use kernel::{AccountId, PersonId, Timestamp, codes};

use crate::inbox::store::To;
use crate::webhook::Event;

const HOUR_MS: i64 = 3_600_000;

codes! {
    /// Reminders to everybody who holds a place.
    pub enum Ahead {
        /// A day before.
        DayBefore = "remind_day", "前一天提醒", "The day before";
        /// Two hours before.
        TwoHours = "remind_hours", "两小时前提醒", "Two hours before";
    }
}

codes! {
    /// Reminders to those who have something to do.
    pub enum Duty {
        /// A session ended and its roll is open: to the leader.
        RollOpen = "task_roll", "点名未关闭", "Roll not closed";
        /// Nothing was submitted and the ten working days end soon (R3): to the leader.
        SubmitDue = "task_submit_due", "提交将到期", "Submitting falls due";
        /// Records wait: to the station.
        RecordsWait = "task_records", "记录待确认", "Records wait";
        /// They wait and the ten working days end soon (R3): to the station.
        RecordsDue = "task_records_due", "确认将到期", "Confirming falls due";
        /// The ten working days are over: to the station.
        RecordsLate = "task_records_late", "确认已超期", "Confirming is overdue";
    }
}

impl Ahead {
    /// Which starts are near: after the first moment, up to the second. Who signs up when the reminder of the day
    /// before has gone out is reminded two hours before; the windows do not meet, so that nobody gets both at once.
    #[must_use]
    pub const fn window(self, now: Timestamp) -> (Timestamp, Timestamp) {
        match self {
            Self::DayBefore => (Timestamp(now.0 + 3 * HOUR_MS), Timestamp(now.0 + DAY_MS)),
            Self::TwoHours => (now, Timestamp(now.0 + 2 * HOUR_MS)),
        }
    }
}

/// Days before the deadline at which it is told that something falls due.
pub const DUE_SOON_DAYS: i64 = 3;

impl Duty {
    /// Whether the leader is told, not the station.
    #[must_use]
    pub const fn for_leader(self) -> bool {
        matches!(self, Self::RollOpen | Self::SubmitDue)
    }

    /// What webhooks are told.
    #[must_use]
    pub const fn event(self) -> Option<Event> {
        match self {
            Self::RollOpen => Some(Event::RollOpen),
            Self::RecordsWait | Self::RecordsDue | Self::RecordsLate => Some(Event::RecordsDue),
            Self::SubmitDue => None,
        }
    }
}

/// Somebody who confirms, and the subtree of theirs.
#[derive(Debug, Clone)]
pub struct Confirmer {
    /// The account.
    pub account: AccountId,
    /// Its person, if one.
    pub person: Option<PersonId>,
    /// Whether they are staff of a station (not of an office).
    pub station: bool,
    /// Path on the area line.
    pub area_path: String,
    /// Path on the sponsor line.
    pub sponsor_path: String,
}

/// Who is told about records of an organisation at these paths: staff of the nearest station above it; where there
/// is none, the nearest office. Those further up see it in their lists and are not written to.
#[must_use]
pub fn nearest(all: &[Confirmer], area_path: &str, sponsor_path: &str) -> Vec<To> {
    let covers = |own: &str, path: &str| if own.is_empty() || !path.starts_with(own) { 0 } else { own.len() };
    let depth =
        |one: &Confirmer| covers(&one.area_path, area_path).max(covers(&one.sponsor_path, sponsor_path));
    for station in [true, false] {
        let deepest = all.iter().filter(|one| one.station == station).map(depth).max().unwrap_or(0);
        if deepest > 0 {
            let mut out: Vec<To> = all
                .iter()
                .filter(|one| one.station == station && depth(one) == deepest)
                .map(|one| To::account(one.account, one.person))
                .collect();
            out.sort_unstable();
            out.dedup();
            return out;
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn confirmer(account: i64, station: bool, area: &str) -> Confirmer {
        Confirmer {
            account: AccountId(account),
            person: None,
            station,
            area_path: area.to_owned(),
            sponsor_path: String::new(),
        }
    }

    #[test]
    fn the_nearest_station_is_told() {
        let all = [
            confirmer(1, false, "/1/"),
            confirmer(2, true, "/1/2/"),
            confirmer(3, true, "/1/2/3/"),
            confirmer(4, true, "/1/2/3/"),
            confirmer(5, true, "/1/2/30/"),
        ];
        let told = |path: &str| nearest(&all, path, "");
        assert_eq!(told("/1/2/3/9/"), [To::Account(AccountId(3)), To::Account(AccountId(4))]);
        assert_eq!(told("/1/2/8/"), [To::Account(AccountId(2))]);
        assert_eq!(told("/1/7/"), [To::Account(AccountId(1))]);
        assert_eq!(told("/2/"), []);
    }

    proptest! {
        #[test]
        fn a_start_is_in_one_window_at_the_most(now in 0_i64..4_000_000_000_000, ahead in -DAY_MS..3 * DAY_MS) {
            let start = Timestamp(now + ahead);
            let within = |which: Ahead| {
                let (from, to) = which.window(Timestamp(now));
                from < start && start <= to
            };
            prop_assert!(Ahead::ALL.iter().filter(|which| within(**which)).count() <= 1);
            prop_assert!(!Ahead::ALL.iter().any(|which| within(*which)) || ahead > 0);
        }
    }
}
