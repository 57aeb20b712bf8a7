//! Whether a past service can be true beside what is known of the person: pure.

use kernel::{Date, Minutes, PersonId, Refusal, Timestamp};

use super::refusals;
use crate::record::rules::CITY_ABOVE;

/// Days within which a whole batch can be undone (Add-04).
pub const UNDO_DAYS: i64 = 30;
/// Before this age nothing comes in by file.
pub const YOUNGEST: i64 = 14;
/// Minutes of a day.
const DAY: i64 = 1440;
/// Most rows of a file.
pub const MAX_ROWS: i64 = 500_000;

/// A past service to be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The row of the file.
    pub row_no: i64,
    /// Whose.
    pub person: PersonId,
    /// What.
    pub title: String,
    /// First day.
    pub on: Date,
    /// From; 00:00 of the first day where no time is known.
    pub start: Timestamp,
    /// To; where no time is known, as far from the start as it took.
    pub end: Timestamp,
    /// Whether the times are known.
    pub timed: bool,
    /// How many days it spans.
    pub days: i64,
    /// How long.
    pub minutes: i64,
}

/// Another service of the person: a record, or a line further up in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// What.
    pub title: String,
    /// First day.
    pub on: Date,
    /// From.
    pub start: Timestamp,
    /// To.
    pub end: Timestamp,
    /// Whether the times are known.
    pub timed: bool,
    /// How many days it spans.
    pub days: i64,
    /// How long.
    pub minutes: i64,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where another service comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A record made here.
    Here,
    /// A record of an earlier file.
    Earlier,
    /// A line of this file, with its row.
    ThisFile(i64),
    /// Disowned by the person.
    Disowned,
}

/// What is to be done with a line.
#[derive(Debug, Clone)]
pub enum Judgement {
    /// It counts; `long`: more than twelve hours on one of its days.
    Good {
        /// More than twelve hours on one of its days.
        long: bool,
    },
    /// It is there already.
    Known,
    /// It does not.
    Refused(Refusal),
}

impl Line {
    /// This line as another one for those that follow.
    #[must_use]
    pub fn as_other(&self, origin: Origin) -> Other {
        Other {
            title: self.title.clone(),
            on: self.on,
            start: self.start,
            end: self.end,
            timed: self.timed,
            days: self.days,
            minutes: self.minutes,
            origin,
        }
    }

    /// Whether the other is the same service: day, title, amount, and the times where both know them.
    fn same(&self, other: &Other) -> bool {
        self.on == other.on
            && self.minutes == other.minutes
            && plain(&self.title) == plain(&other.title)
            && (!(self.timed && other.timed) || self.start == other.start)
    }
}

/// A title without what two exports of it differ in.
fn plain(title: &str) -> String {
    title.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The minutes by day: evenly over the days a service spans, the first ones taking what is left over.
fn by_day(on: Date, days: i64, minutes: i64) -> impl Iterator<Item = (Date, i64)> {
    let days = days.max(1);
    (0..days).map(move |n| (on.plus(n), minutes / days + i64::from(n < minutes % days)))
}

fn when(start: Timestamp, end: Timestamp, timed: bool) -> String {
    if !timed {
        return start.date().to_string();
    }
    format!("{}–{}", start.text(), end.clock_text())
}

/// Judges a line beside the person's other services. `born`: the birth date, when known.
#[must_use]
pub fn judge(line: &Line, born: Option<Date>, others: &[Other]) -> Judgement {
    if let Some(born) = born {
        let age = born.age(line.on);
        if age < YOUNGEST {
            return Judgement::Refused(
                Refusal::new(&refusals::TOO_YOUNG).with("date", line.on).with("age", age.max(0)),
            );
        }
    }
    if let Some(other) = others.iter().find(|other| line.same(other)) {
        return match other.origin {
            Origin::Earlier => Judgement::Known,
            Origin::ThisFile(row) => {
                Judgement::Refused(Refusal::new(&refusals::DUPLICATE_ROW).with("row", row))
            }
            Origin::Disowned => Judgement::Refused(Refusal::new(&refusals::DISOWNED)),
            Origin::Here => Judgement::Refused(
                Refusal::new(&refusals::HERE_ALREADY).with("when", when(other.start, other.end, other.timed)),
            ),
        };
    }
    let counting = || others.iter().filter(|other| other.origin != Origin::Disowned);
    if line.timed
        && let Some(other) = counting().find(|o| o.timed && o.start < line.end && line.start < o.end)
    {
        return Judgement::Refused(
            Refusal::new(&refusals::OVERLAP)
                .with("title", &other.title)
                .with("when", when(other.start, other.end, other.timed)),
        );
    }
    let mut long = false;
    for (day, minutes) in by_day(line.on, line.days, line.minutes) {
        let beside: i64 = counting()
            .flat_map(|other| by_day(other.on, other.days, other.minutes))
            .filter(|(date, _)| *date == day)
            .map(|(_, minutes)| minutes)
            .sum();
        if minutes + beside > DAY {
            return Judgement::Refused(
                Refusal::new(&refusals::OVER_24H)
                    .with("date", day)
                    .with("hours", Minutes(minutes + beside).hours()),
            );
        }
        long |= minutes + beside > CITY_ABOVE;
    }
    Judgement::Good { long }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(n: i64) -> Date {
        Date::new(2024, 3, 5).unwrap().plus(n)
    }

    fn line(title: &str, on: Date, from: Option<i64>, minutes: i64) -> Line {
        let start = Timestamp::at(on, from.unwrap_or(0));
        Line {
            row_no: 2,
            person: PersonId(1),
            title: title.into(),
            on,
            start,
            end: start.plus_minutes(minutes),
            timed: from.is_some(),
            days: 1,
            minutes,
        }
    }

    fn said(judgement: &Judgement) -> &'static str {
        match judgement {
            Judgement::Good { long: false } => "good",
            Judgement::Good { long: true } => "long",
            Judgement::Known => "known",
            Judgement::Refused(refusal) => refusal.code(),
        }
    }

    #[test]
    fn what_can_be_and_what_cannot() {
        let one = line("清扫河岸", day(0), None, 150);
        let born = Some(Date::new(1990, 1, 1).unwrap());
        let say = |line: &Line, others: &[Other]| said(&judge(line, born, others));
        assert_eq!(say(&one, &[]), "good");
        assert_eq!(say(&one, &[one.as_other(Origin::Earlier)]), "known");
        assert_eq!(
            say(&one, &[line("清扫 河岸！", day(0), Some(540), 150).as_other(Origin::Earlier)]),
            "known"
        );
        assert_eq!(say(&one, &[one.as_other(Origin::ThisFile(2))]), "past.duplicate_row");
        assert_eq!(say(&one, &[one.as_other(Origin::Here)]), "past.here_already");
        assert_eq!(say(&one, &[one.as_other(Origin::Disowned)]), "past.disowned");
        assert_eq!(say(&one, &[line("敬老", day(0), None, 150).as_other(Origin::Earlier)]), "good");
        let morning = line("清扫河岸", day(0), Some(540), 150);
        let later = line("敬老", day(0), Some(600), 150);
        let after = line("敬老", day(0), Some(690), 150);
        assert_eq!(say(&later, &[morning.as_other(Origin::Here)]), "past.overlap");
        assert_eq!(say(&after, &[morning.as_other(Origin::Here)]), "good", "half-open");
        assert_eq!(
            say(&morning, &[line("清扫河岸", day(0), Some(800), 150).as_other(Origin::Earlier)]),
            "good"
        );
        let much = line("值守", day(0), None, 1300);
        assert_eq!(say(&much, &[]), "long");
        assert_eq!(say(&much, &[one.as_other(Origin::Here)]), "past.over_24h");
        assert_eq!(say(&much, &[line("x", day(1), None, 1300).as_other(Origin::Here)]), "long");
        assert_eq!(said(&judge(&one, Some(Date::new(2010, 3, 6).unwrap()), &[])), "past.too_young");
        assert_eq!(
            said(&judge(&one, Some(Date::new(2010, 3, 5).unwrap()), &[])),
            "good",
            "on the 14th birthday"
        );
        let week = Line { days: 5, minutes: 2100, ..line("夏令营", day(0), None, 2100) };
        assert_eq!(say(&week, &[]), "good");
        assert_eq!(say(&week, &[line("x", day(4), None, 1100).as_other(Origin::Here)]), "past.over_24h");
    }

    proptest! {
        #[test]
        fn no_day_ever_holds_more_than_a_day(
            lines in proptest::collection::vec((0_i64..4, 1_i64..900, 1_i64..4), 0..40)
        ) {
            let mut taken: Vec<Other> = Vec::new();
            for (n, (on, minutes, days)) in lines.into_iter().enumerate() {
                let one = Line { days, ..line(&format!("t{n}"), day(on), None, minutes) };
                if matches!(judge(&one, None, &taken), Judgement::Good { .. }) {
                    taken.push(one.as_other(Origin::Earlier));
                }
            }
            for n in 0..8 {
                let sum: i64 = taken
                    .iter()
                    .flat_map(|o| by_day(o.on, o.days, o.minutes))
                    .filter(|(date, _)| *date == day(n))
                    .map(|(_, minutes)| minutes)
                    .sum();
                prop_assert!(sum <= DAY);
            }
        }

        #[test]
        fn what_was_taken_is_known_afterwards(minutes in 1_i64..1440, from in proptest::option::of(0_i64..1000)) {
            let one = line("清扫", day(0), from, minutes);
            prop_assert_eq!(said(&judge(&one, None, &[one.as_other(Origin::Earlier)])), "known");
        }
    }
}
