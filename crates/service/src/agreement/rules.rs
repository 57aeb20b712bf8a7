//! When an agreement is needed, and how its text is made. Pure.

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::AgreementReason;

/// So many places make a large event, as delivered.
pub const LARGE: i64 = 1_000;

/// What the city asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Where there is a hazard.
    pub hazard: bool,
    /// From so many days between the first and the last session that lie ahead of one person on; 0: never.
    pub days: i64,
    /// From so many places of a session on; 0: never.
    pub places: i64,
    /// Outside the region.
    pub outside: bool,
}

impl Default for Settings {
    fn default() -> Self {
        // A thousand people are what the regulation on the safety of large mass activities (Art. 2) begins with.
        Self { hazard: true, days: 31, places: LARGE, outside: true }
    }
}

impl Settings {
    /// Reads what is stored; what is missing or damaged is as delivered.
    #[must_use]
    pub fn read(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }
}

/// What the decision rests on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whoever serves may come to harm.
    pub hazard: bool,
    /// It takes place outside the region.
    pub outside: bool,
    /// The organiser asks.
    pub asked: bool,
    /// Whoever serves asks.
    pub wanted: bool,
    /// Places of the largest session of that person.
    pub places: i64,
    /// Start of the first and of the last session that lie ahead of that person.
    pub span: Option<(Timestamp, Timestamp)>,
}

/// Why an agreement is needed; none: it is not (A7).
#[must_use]
pub fn reasons(facts: &Facts, settings: &Settings) -> Vec<AgreementReason> {
    let long =
        facts.span.is_some_and(|(first, last)| last.date().days() - first.date().days() >= settings.days);
    [
        (facts.hazard && settings.hazard, AgreementReason::Hazard),
        (settings.days > 0 && long, AgreementReason::Long),
        (settings.places > 0 && facts.places >= settings.places, AgreementReason::Large),
        (facts.outside && settings.outside, AgreementReason::Outside),
        (facts.asked, AgreementReason::Organiser),
        (facts.wanted, AgreementReason::Volunteer),
    ]
    .into_iter()
    .filter_map(|(is, reason)| is.then_some(reason))
    .collect()
}

/// What a text must name: who with whom, about what, and what Art. 14 asks for.
pub const PARTS: [&str; 9] =
    ["{body}", "{name}", "{title}", "{content}", "{manner}", "{time}", "{place}", "{conditions}", "{safety}"];

/// The parts that a text lacks.
#[must_use]
pub fn lacking(text: &str) -> Vec<&'static str> {
    PARTS.into_iter().filter(|part| !text.contains(part)).collect()
}

/// Puts values into a text, from its beginning to its end: what a value contains is never read as a part.
#[must_use]
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        match values.iter().find(|(part, _)| after.starts_with(part)) {
            Some((part, value)) => {
                out.push_str(value);
                rest = after.get(part.len()..).unwrap_or_default();
            }
            None => {
                out.push('{');
                rest = after.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

/// SHA-256 of a text, in hexadecimal.
#[must_use]
pub fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ON: Settings = Settings { hazard: true, days: 31, places: 500, outside: true };

    fn day(n: i64) -> Timestamp {
        Timestamp::at(kernel::Date::from_days(20_000 + n), 540)
    }

    #[test]
    fn each_rule_stands_by_itself() {
        let of = |facts: Facts| reasons(&facts, &ON);
        let none = Facts::default();
        assert!(of(none).is_empty());
        assert_eq!(of(Facts { hazard: true, ..none }), [AgreementReason::Hazard]);
        assert_eq!(of(Facts { outside: true, ..none }), [AgreementReason::Outside]);
        assert_eq!(of(Facts { asked: true, ..none }), [AgreementReason::Organiser]);
        assert_eq!(of(Facts { wanted: true, ..none }), [AgreementReason::Volunteer]);
        assert_eq!(of(Facts { places: 500, ..none }), [AgreementReason::Large]);
        assert!(of(Facts { places: 499, ..none }).is_empty());
        assert_eq!(of(Facts { span: Some((day(0), day(31))), ..none }), [AgreementReason::Long]);
        assert!(of(Facts { span: Some((day(0), day(30))), ..none }).is_empty());
        let off = Settings { hazard: false, days: 0, places: 0, outside: false };
        let all =
            Facts { hazard: true, outside: true, places: 9_999, span: Some((day(0), day(400))), ..none };
        assert!(reasons(&all, &off).is_empty());
        assert_eq!(
            reasons(&Facts { wanted: true, ..all }, &off),
            [AgreementReason::Volunteer],
            "who asks gets one"
        );
    }

    #[test]
    fn what_is_stored_is_read_and_damage_is_as_delivered() {
        assert_eq!(Settings::read(Some("{\"days\": 0}")), Settings { days: 0, ..Settings::default() });
        assert_eq!(Settings::read(Some("{")), Settings::default());
    }

    #[test]
    fn a_text_is_filled_and_hashed() {
        assert_eq!(
            fill("{name} 与 {body}，{其他} {", &[("{name}", "{body}"), ("{body}", "甲队")]),
            "{body} 与 甲队，{其他} {"
        );
        assert_eq!(lacking("{body}{name}{title}{content}{manner}{time}{place}{conditions}"), ["{safety}"]);
        assert_eq!(hash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    proptest! {
        #[test]
        fn a_stricter_city_never_asks_for_less(
            hazard: bool, outside: bool, asked: bool, wanted: bool, places in 0_i64..1_000, days in 0_i64..100,
            least in 1_i64..500, span in 1_i64..60,
        ) {
            let facts = Facts { hazard, outside, asked, wanted, places, span: Some((day(0), day(days))) };
            let mild = Settings { hazard: false, days: 0, places: 0, outside: false };
            let strict = Settings { hazard: true, days: span, places: least, outside: true };
            let (few, many) = (reasons(&facts, &mild), reasons(&facts, &strict));
            prop_assert!(few.iter().all(|one| many.contains(one)));
            prop_assert_eq!(many.contains(&AgreementReason::Long), days >= span);
            prop_assert_eq!(many.contains(&AgreementReason::Large), places >= least);
        }

        #[test]
        fn a_value_is_never_read_as_a_part(name in ".{0,20}", body in ".{0,20}", around in "[^{]{0,10}") {
            let text = format!("{around}{{name}}{around}{{body}}{around}");
            let made = fill(&text, &[("{name}", &name), ("{body}", &body)]);
            prop_assert_eq!(&made, &format!("{around}{name}{around}{body}{around}"));
            prop_assert_eq!(hash(&made).len(), 64);
        }
    }
}
