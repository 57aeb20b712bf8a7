//! From which day somebody serves in a unit's name, and what may be shown of a unit.

use kernel::Date;
use people::org::OrgKind;

/// From so many people on a unit's hours are shown to everybody: those of fewer would be those of a person (I1).
pub const LEAST_SHOWN: i64 = 3;

/// Whether somebody sees the figures of so many people of a unit; `inside`: they look after the unit, or stand above it
/// (I1). Where nobody served there is nobody to spare.
#[must_use]
pub const fn shown(people: i64, inside: bool) -> bool {
    inside || people == 0 || people >= LEAST_SHOWN
}

/// Whether units join this.
#[must_use]
pub const fn may_host(kind: OrgKind) -> bool {
    !matches!(kind, OrgKind::Unit | OrgKind::Group)
}

/// Whether this can be a unit member.
#[must_use]
pub const fn may_be_member(kind: OrgKind) -> bool {
    matches!(kind, OrgKind::Unit | OrgKind::Department)
}

/// The first day: that on which the person asked, but after the last day that counts for another unit.
#[must_use]
pub fn begins(asked: Date, last_before: Option<Date>) -> Date {
    last_before.map_or(asked, |last| asked.max(last.plus(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_of_a_few_are_for_the_unit() {
        assert!(shown(0, false) && shown(LEAST_SHOWN, false) && shown(1, true));
        assert!(!shown(1, false) && !shown(LEAST_SHOWN - 1, false));
    }

    #[test]
    fn days_do_not_overlap() {
        let day = Date::from_days;
        assert_eq!(begins(day(10), None), day(10));
        assert_eq!(begins(day(10), Some(day(4))), day(10));
        assert_eq!(begins(day(10), Some(day(10))), day(11), "the day one leaves still counts there");
        assert_eq!(begins(day(10), Some(day(15))), day(16));
    }
}
