//! When an activity is looked at before it is public, and by when. Pure.

use std::fmt::Write as _;
use std::sync::LazyLock;

use kernel::{Calendar, Date};
use serde::{Deserialize, Serialize};

use super::ReviewMode;
use crate::activity::store::{Activity, Session};
use crate::agreement::rules::hash;

static CALENDAR: LazyLock<Calendar> = LazyLock::new(Calendar::shipped);

/// What the city asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Which activities are looked at first.
    pub mode: ReviewMode,
    /// Working days within which somebody answers.
    pub days: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { mode: ReviewMode::Hinted, days: 2 }
    }
}

impl Settings {
    /// Reads what is stored; what is missing or damaged is as delivered.
    #[must_use]
    pub fn read(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// Whether an activity with so many hints at something else than service is looked at before it is public (A4).
    #[must_use]
    pub const fn asks(&self, hints: usize) -> bool {
        match self.mode {
            ReviewMode::Never => false,
            ReviewMode::Hinted => hints > 0,
            ReviewMode::Always => true,
        }
    }

    /// Until when somebody answers what was handed in on a day.
    #[must_use]
    pub fn due(&self, on: Date) -> Date {
        CALENDAR.plus_working_days(on, self.days)
    }
}

/// What stands for an activity and its sessions as they are, so that nobody approves what they have not seen:
/// SHA-256 in hexadecimal.
#[must_use]
pub fn seen(a: &Activity, sessions: &[Session]) -> String {
    let mut text = format!("{} {}", a.id, a.version);
    for one in sessions {
        // Writing to a string cannot fail.
        let _ = write!(text, " {} {} {} {}", one.id, one.starts_at.0, one.ends_at.0, one.quota);
    }
    hash(&text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_stored_is_read_and_damage_is_as_delivered() {
        let set = Settings { mode: ReviewMode::Always, days: 5 };
        assert_eq!(Settings::read(Some(&serde_json::to_string(&set).unwrap())), set);
        assert_eq!(Settings::read(Some("{")), Settings::default());
        assert_eq!(Settings::read(None), Settings::default());
    }

    #[test]
    fn only_working_days_count() {
        let day = |text: &str| Date::parse(text).unwrap();
        // A Friday before a free weekend.
        assert_eq!(Settings::default().due(day("2026-03-06")), day("2026-03-10"));
    }

    proptest! {
        /// Whoever asks for more never looks at less.
        #[test]
        fn modes_grow(hints in 0usize..5) {
            let asks = |mode| Settings { mode, days: 2 }.asks(hints);
            prop_assert!(!asks(ReviewMode::Never));
            prop_assert!(asks(ReviewMode::Always));
            prop_assert_eq!(asks(ReviewMode::Hinted), hints > 0);
        }

        #[test]
        fn nobody_is_late_on_the_day_itself(start in 20_000i64..21_000, days in 1i64..10) {
            let on = Date::from_days(start);
            let due = |days| Settings { mode: ReviewMode::Always, days }.due(on);
            prop_assert!(on < due(days) && due(days - 1) < due(days));
        }
    }
}
