//! Pure decisions: what can be asked of whom, over which days, and who meets it.

use kernel::Date;
use people::org::OrgKind;

use super::{Counted, Demand, Light, Span};

/// Kinds of organisations targets are set for.
pub const KINDS: [OrgKind; 5] =
    [OrgKind::Street, OrgKind::Community, OrgKind::Department, OrgKind::Team, OrgKind::Unit];

/// Whether something is counted of a kind of organisation.
#[must_use]
pub const fn counted(kind: OrgKind, measure: Counted) -> bool {
    use {Counted as M, OrgKind as K};
    match measure {
        M::Leaders => matches!(kind, K::Street | K::Community | K::Department | K::Team | K::Unit),
        M::People => matches!(kind, K::Community | K::Team | K::Unit),
        M::Teams => matches!(kind, K::Street | K::Community | K::Department | K::Unit),
        M::Stations => matches!(kind, K::Street | K::Community),
        M::Sessions | M::Records => {
            matches!(kind, K::Street | K::Community | K::Department | K::Team | K::Unit)
        }
    }
}

/// Whether something is counted over a span: what is there as things stand, what is done in a period.
#[must_use]
pub const fn over(measure: Counted, span: Span) -> bool {
    matches!(measure, Counted::Sessions | Counted::Records) != matches!(span, Span::Now)
}

/// First and last day of the period a day lies in; the day itself as things stand.
#[must_use]
pub fn days(span: Span, on: Date) -> (Date, Date) {
    let (year, month) = (on.0.year(), on.0.month());
    let (first, months) = match span {
        Span::Now => return (on, on),
        Span::Month => (month, 1),
        Span::Quarter => ((month - 1) / 3 * 3 + 1, 3),
        Span::Year => (1, 12),
    };
    let start = Date::new(year, first, 1).unwrap_or(on);
    let (next_year, next_month) =
        if first + months > 12 { (year + 1, first + months - 12) } else { (year, first + months) };
    let end = Date::new(next_year, next_month, 1).map_or(on, |next| next.plus(-1));
    (start, end)
}

/// How many are missing (or too many).
#[must_use]
pub const fn gap(demand: Demand, n: i64, have: i64) -> i64 {
    match demand {
        Demand::AtLeast if have >= n => 0,
        Demand::AtLeast => n - have,
        Demand::Exactly => (n - have).abs(),
    }
}

/// How an organisation stands; `open`: the period still runs.
#[must_use]
pub const fn light(demand: Demand, n: i64, have: i64, open: bool) -> Light {
    if gap(demand, n, have) == 0 {
        Light::Met
    } else if open && have < n {
        Light::Running
    } else {
        Light::Missed
    }
}

/// The four checks: name, measure, span; each at least one (Add-33).
pub const FOUR: [(&str, Counted, Span); 4] = [
    ("单位有人管", Counted::Leaders, Span::Now),
    ("人员有注册", Counted::People, Span::Now),
    ("活动有组织", Counted::Sessions, Span::Quarter),
    ("工作有登记", Counted::Records, Span::Quarter),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ready_set_can_be_counted() {
        for (name, measure, span) in FOUR {
            assert!(counted(OrgKind::Unit, measure) && over(measure, span), "{name}");
        }
    }

    #[test]
    fn quarters() {
        let day = |text| Date::parse(text).unwrap();
        assert_eq!(days(Span::Quarter, day("2026-11-21")), (day("2026-10-01"), day("2026-12-31")));
        assert_eq!(days(Span::Month, day("2028-02-29")), (day("2028-02-01"), day("2028-02-29")));
        assert_eq!(days(Span::Year, day("2026-01-01")), (day("2026-01-01"), day("2026-12-31")));
    }

    proptest! {
        #[test]
        fn a_day_lies_in_its_period(on in 0_i64..40_000, span in prop::sample::select(Span::ALL)) {
            let on = Date::from_days(on);
            let (first, last) = days(span, on);
            prop_assert!(first <= on && on <= last);
            prop_assert_eq!(days(span, first), if span == Span::Now { (first, first) } else { (first, last) });
        }

        #[test]
        fn met_is_without_a_gap(
            demand in prop::sample::select(Demand::ALL), n in 0_i64..20, have in 0_i64..40, open: bool
        ) {
            let found = light(demand, n, have, open);
            prop_assert_eq!(found == Light::Met, gap(demand, n, have) == 0);
            prop_assert!(gap(demand, n, have) >= 0);
            // What is too much does not heal by waiting.
            if have > n && demand == Demand::Exactly {
                prop_assert_eq!(found, Light::Missed);
            }
            if !open {
                prop_assert_ne!(found, Light::Running);
            }
        }
    }
}
