//! When hours may be filled in afterwards: one pure decision.

use kernel::{Date, Refusal, Timestamp};

use crate::activity::{Kind, SessionState};
use crate::record::refusals;
use crate::record::rules::{BACKFILL_DAYS, LEAST_MINUTES};

/// What the decision rests on.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    /// Today, local.
    pub today: Date,
    /// Where the session stands.
    pub state: SessionState,
    /// What the activity is.
    pub kind: Kind,
    /// Planned start, and end with the extension.
    pub session: (Timestamp, Timestamp),
    /// Breaks of the session, in minutes: they are no service for whoever is filled in either (R2).
    pub breaks: i64,
    /// From and to, as asked.
    pub asked: (Timestamp, Timestamp),
    /// Whether the asker acts for the city office.
    pub office: bool,
    /// Whether a record of the person stands in this session.
    pub recorded: bool,
    /// Whether the person was elsewhere at that time.
    pub elsewhere: bool,
}

/// Decides whether a request may be made, or still be approved.
///
/// # Errors
/// `record.fill_kind`, `record.fill_roll`, `record.too_late`, `record.fill_times`, `record.fill_there`,
/// `record.fill_elsewhere`.
pub fn decide(f: &Facts) -> Result<(), Refusal> {
    if f.kind != Kind::Service || matches!(f.state, SessionState::Draft | SessionState::Cancelled) {
        return Err(Refusal::new(&refusals::FILL_KIND));
    }
    // While the roll is the leader's, the roll is where it is entered.
    if !matches!(f.state, SessionState::Submitted | SessionState::Recorded) {
        return Err(Refusal::new(&refusals::FILL_ROLL));
    }
    if f.today > f.session.1.date().plus(BACKFILL_DAYS) && !f.office {
        return Err(Refusal::new(&refusals::TOO_LATE));
    }
    let (from, to) = f.asked;
    let minutes = (to.0 - from.0) / kernel::time::MINUTE_MS - f.breaks.max(0);
    if from < f.session.0 || to > f.session.1 || minutes < LEAST_MINUTES {
        return Err(Refusal::new(&refusals::FILL_TIMES)
            .with("from", f.session.0.text())
            .with("to", f.session.1.text())
            .with("least", LEAST_MINUTES)
            .on("from"));
    }
    if f.recorded {
        return Err(Refusal::new(&refusals::FILL_THERE));
    }
    if f.elsewhere {
        return Err(Refusal::new(&refusals::FILL_ELSEWHERE));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn facts() -> Facts {
        let day = Date::from_days(20_780);
        let at = |minute| Timestamp::at(day, minute);
        Facts {
            today: day.plus(10),
            state: SessionState::Recorded,
            kind: Kind::Service,
            session: (at(540), at(660)),
            breaks: 0,
            asked: (at(540), at(660)),
            office: false,
            recorded: false,
            elsewhere: false,
        }
    }

    fn code(f: &Facts) -> &'static str {
        decide(f).map_or_else(|refusal| refusal.code(), |()| "ok")
    }

    #[test]
    fn each_reason() {
        let f = facts();
        assert_eq!(code(&f), "ok");
        assert_eq!(code(&Facts { kind: Kind::Meeting, ..f }), "record.fill_kind");
        assert_eq!(code(&Facts { state: SessionState::Cancelled, ..f }), "record.fill_kind");
        for state in [SessionState::Open, SessionState::Closed] {
            assert_eq!(code(&Facts { state, ..f }), "record.fill_roll");
        }
        assert_eq!(code(&Facts { recorded: true, ..f }), "record.fill_there");
        assert_eq!(code(&Facts { elsewhere: true, ..f }), "record.fill_elsewhere");
        let asked = (f.session.0, f.session.0.plus_minutes(14));
        assert_eq!(code(&Facts { asked, ..f }), "record.fill_times");
        let asked = (f.session.0, f.session.0.plus_minutes(40));
        assert_eq!(code(&Facts { asked, breaks: 30, ..f }), "record.fill_times", "nothing is left of it");
        assert_eq!(code(&Facts { asked, breaks: 20, ..f }), "ok");
    }

    proptest! {
        #[test]
        fn thirty_days_for_leaders_and_any_time_for_the_office(days in 0_i64..400, office: bool) {
            let f = Facts { office, ..facts() };
            let f = Facts { today: f.session.1.date().plus(days), ..f };
            prop_assert_eq!(code(&f) == "ok", office || days <= BACKFILL_DAYS);
        }

        #[test]
        fn never_beyond_the_session(from in -300_i64..900, length in -300_i64..900) {
            let f = facts();
            let start = f.session.0.plus_minutes(from);
            let asked = (start, start.plus_minutes(length));
            let inside = from >= 0 && from + length <= 120 && length >= LEAST_MINUTES;
            let said = code(&Facts { asked, ..f });
            prop_assert_eq!(said == "ok", inside);
        }
    }
}
