//! Dates by rule: RFC 5545 recurrence rules over local dates, and RFC 7529 (`RSCALE=CHINESE`) for the lunar
//! calendar; public holidays and make-up workdays left out on wish. Pure.
//!
//! The mainland keeps one time without summer time, so a rule over local dates needs no time zone: a session
//! is at its local clock time on each of the dates. The text that is stored is the value of the `RRULE`
//! property, one line a rule: several rules are the union of their dates (3·5, 5·20 and 12·5 are three).

use std::collections::BTreeSet;
use std::sync::LazyLock;

use icu_calendar::cal::{ChineseTraditional, Iso};
use icu_calendar::types::Month;
use kernel::{Calendar, Date, Lang};

/// How many sessions are made at once at most.
pub const AT_ONCE: usize = 60;
/// How many days a rule may reach ahead: an activity lasts a year at most (A8).
pub const REACH_DAYS: i64 = 366;
/// Longest text of rules.
const TEXT_MAX: usize = 1000;
/// Dates looked at by one rule: a year of days, and some.
const LOOK: u16 = 1000;

static CALENDAR: LazyLock<Calendar> = LazyLock::new(Calendar::shipped);

/// Weekdays as RFC 5545 writes them, Monday first.
pub const WEEKDAYS: [(&str, &str, &str); 7] = [
    ("MO", "周一", "Mon"),
    ("TU", "周二", "Tue"),
    ("WE", "周三", "Wed"),
    ("TH", "周四", "Thu"),
    ("FR", "周五", "Fri"),
    ("SA", "周六", "Sat"),
    ("SU", "周日", "Sun"),
];

/// Which one of a month: the first to the fourth, and the last.
pub const ORDINALS: [(&str, &str, &str); 5] = [
    ("1", "第一个", "first"),
    ("2", "第二个", "second"),
    ("3", "第三个", "third"),
    ("4", "第四个", "fourth"),
    ("-1", "最后一个", "last"),
];

/// Themed days of the year (A10, Add-23): month and day.
pub const THEMED: [(u8, u8, &str, &str); 11] = [
    (3, 5, "3·5 学雷锋纪念日", "5 March, Lei Feng Day"),
    (3, 12, "3·12 植树节", "12 March, Arbor Day"),
    (3, 23, "3·23 世界气象日", "23 March, Meteorological Day"),
    (5, 20, "5·20 主题日", "20 May"),
    (7, 1, "7·1 建党纪念日", "1 July, founding of the Party"),
    (9, 22, "9·22 国际无车日", "22 September, Car-free Day"),
    (10, 26, "10·26 环卫工人节", "26 October, Sanitation Workers' Day"),
    (12, 2, "12·2 交通安全日", "2 December, Traffic Safety Day"),
    (12, 3, "12·3 国际残疾人日", "3 December, Day of Persons with Disabilities"),
    (12, 4, "12·4 国家宪法日", "4 December, Constitution Day"),
    (12, 5, "12·5 国际志愿者日", "5 December, Volunteer Day"),
];

/// The months of the summer holidays, as a rule names them (Add-23).
pub const SUMMER: &str = "7,8";

/// Festivals of the lunar calendar: code, month, day (−1: the last of the month).
pub const FESTIVALS: [(&str, u8, i8, &str, &str); 8] = [
    ("spring", 1, 1, "春节（正月初一）", "Spring Festival"),
    ("lantern", 1, 15, "元宵（正月十五）", "Lantern Festival"),
    ("dragon_boat", 5, 5, "端午（五月初五）", "Dragon Boat Festival"),
    ("qixi", 7, 7, "七夕（七月初七）", "Qixi"),
    ("mid_autumn", 8, 15, "中秋（八月十五）", "Mid-autumn Festival"),
    ("chongyang", 9, 9, "重阳（九月初九）", "Chongyang, the day of the elders"),
    ("laba", 12, 8, "腊八（腊月初八）", "Laba"),
    ("eve", 12, -1, "除夕（腊月最后一天）", "Eve of Spring Festival"),
];

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    /// As RFC 5545 has it.
    Civil(String),
    /// A day of a lunar month; `None`: of every month (a leap month too).
    Lunar { month: Option<u8>, day: i8 },
}

/// Rules that were read and can be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules(Vec<Rule>);

/// Why a text is no rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// Nothing stands there.
    Empty,
    /// It repeats more often than daily, or names times: a session's time stands in its own field.
    Times,
    /// The rest.
    Text,
}

fn lunar(text: &str) -> Option<Rule> {
    let (mut month, mut day, mut yearly) = (None, None, None);
    for part in text.split(';') {
        match part.split_once('=')? {
            ("RSCALE", "CHINESE") | ("SKIP", "OMIT") => {}
            ("FREQ", "YEARLY") => yearly = Some(true),
            ("FREQ", "MONTHLY") => yearly = Some(false),
            ("BYMONTH", text) => month = Some(text.parse::<u8>().ok().filter(|m| (1..=12).contains(m))?),
            ("BYMONTHDAY", text) => {
                day = Some(text.parse::<i8>().ok().filter(|d| (1..=30).contains(d) || *d == -1)?);
            }
            _ => return None,
        }
    }
    match (yearly?, month, day?) {
        (true, Some(month), day) => Some(Rule::Lunar { month: Some(month), day }),
        (false, None, day) => Some(Rule::Lunar { month: None, day }),
        _ => None,
    }
}

/// The library wants a start; the time of day is none of ours.
fn set(rule: &str, from: Date) -> Option<rrule::RRuleSet> {
    let day = from.to_string().replace('-', "");
    format!("DTSTART:{day}T000000Z\nRRULE:{rule}").parse().ok()
}

fn civil(text: &str) -> Result<Rule, Unreadable> {
    let known = ["FREQ", "INTERVAL", "COUNT", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST", "UNTIL"];
    for part in text.split(';') {
        let (name, value) = part.split_once('=').ok_or(Unreadable::Text)?;
        match name {
            "BYHOUR" | "BYMINUTE" | "BYSECOND" => return Err(Unreadable::Times),
            "FREQ" if !matches!(value, "DAILY" | "WEEKLY" | "MONTHLY" | "YEARLY") => {
                return Err(if value.is_empty() { Unreadable::Text } else { Unreadable::Times });
            }
            name if !known.contains(&name) => return Err(Unreadable::Text),
            _ => {}
        }
    }
    let probe = Date::new(2026, 1, 1).ok_or(Unreadable::Text)?;
    set(text, probe).ok_or(Unreadable::Text)?;
    Ok(Rule::Civil(text.to_owned()))
}

impl Rules {
    /// Reads rules, one a line, with or without `RRULE:` before them.
    ///
    /// # Errors
    /// What is wrong.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        if text.len() > TEXT_MAX {
            return Err(Unreadable::Text);
        }
        let mut out = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let line = line.to_ascii_uppercase();
            let line = line.strip_prefix("RRULE:").unwrap_or(&line);
            // A date is enough for the end; the library wants a moment.
            let line = line
                .split(';')
                .map(|part| match part.strip_prefix("UNTIL=") {
                    Some(day) if day.len() == 8 => format!("UNTIL={day}T000000Z"),
                    _ => part.to_owned(),
                })
                .collect::<Vec<_>>()
                .join(";");
            let rule =
                if line.contains("RSCALE=") { lunar(&line).ok_or(Unreadable::Text)? } else { civil(&line)? };
            if !out.contains(&rule) {
                out.push(rule);
            }
        }
        if out.is_empty() { Err(Unreadable::Empty) } else { Ok(Self(out)) }
    }

    /// Rules for days of lunar months: `(month, day)`, −1 for the last day.
    #[must_use]
    pub fn lunar(days: &[(u8, i8)]) -> Self {
        Self(days.iter().map(|(month, day)| Rule::Lunar { month: Some(*month), day: *day }).collect())
    }

    /// The text that is stored, one rule a line.
    #[must_use]
    pub fn text(&self) -> String {
        let lines: Vec<String> = self
            .0
            .iter()
            .map(|rule| match rule {
                Rule::Civil(text) => text.clone(),
                Rule::Lunar { month: Some(month), day } => {
                    format!("RSCALE=CHINESE;FREQ=YEARLY;BYMONTH={month};BYMONTHDAY={day}")
                }
                Rule::Lunar { month: None, day } => format!("RSCALE=CHINESE;FREQ=MONTHLY;BYMONTHDAY={day}"),
            })
            .collect();
        lines.join("\n")
    }

    /// The dates from `from` to `to`, both included, in order. Rules count from `from` (intervals, COUNT).
    /// At most a thousand.
    #[must_use]
    pub fn dates(&self, from: Date, to: Date) -> Vec<Date> {
        self.counted(from, from, to)
    }

    /// As [`Rules::dates`], with intervals counted from `origin` on: an extension goes on in the same rhythm.
    #[must_use]
    pub fn counted(&self, origin: Date, from: Date, to: Date) -> Vec<Date> {
        let mut out = BTreeSet::new();
        for rule in &self.0 {
            match rule {
                Rule::Civil(text) => {
                    let Some(set) = set(text, origin) else { continue };
                    for at in set.all(LOOK).dates {
                        let date = Date::from_days(at.timestamp().div_euclid(86_400));
                        if date > to {
                            break;
                        }
                        if date >= from {
                            out.insert(date);
                        }
                    }
                }
                Rule::Lunar { month, day } => out.extend(lunar_dates(*month, *day, from, to)),
            }
        }
        out.into_iter().take(usize::from(LOOK)).collect()
    }

    /// The rules in words; a rule nobody but a program would write stands as it is.
    #[must_use]
    pub fn words(&self, lang: Lang) -> String {
        let all: Vec<String> = self.0.iter().map(|rule| words(rule, lang)).collect();
        all.join(lang.t("、", ", "))
    }
}

/// A day of a lunar month as a civil date. The year is the civil one in which the lunar year begins.
#[must_use]
pub fn lunar_date(year: i16, month: Month, day: i8) -> Option<Date> {
    let first = icu_calendar::Date::try_new_chinese_traditional(i32::from(year), month, 1).ok()?;
    let day = match u8::try_from(day) {
        Ok(day) => day,
        Err(_) => first.days_in_month(),
    };
    let date = icu_calendar::Date::try_new_chinese_traditional(i32::from(year), month, day).ok()?;
    let iso = date.to_calendar(Iso);
    Date::new(
        i16::try_from(iso.year().extended_year()).ok()?,
        i8::try_from(iso.month().number()).ok()?,
        i8::try_from(iso.day_of_month().0).ok()?,
    )
}

/// Lunar month and day of a civil date: number of the month, whether it is a leap month, day.
#[must_use]
pub fn lunar_of(date: Date) -> Option<(u8, bool, u8)> {
    let (y, m, d) = (date.0.year(), u8::try_from(date.0.month()).ok()?, u8::try_from(date.0.day()).ok()?);
    let there =
        icu_calendar::Date::try_new_iso(i32::from(y), m, d).ok()?.to_calendar(ChineseTraditional::new());
    let month = there.month();
    Some((month.number(), month.to_input().is_leap(), there.day_of_month().0))
}

fn lunar_dates(month: Option<u8>, day: i8, from: Date, to: Date) -> Vec<Date> {
    let mut out = Vec::new();
    // A lunar year begins in January or February and ends in the next civil one.
    for year in from.0.year() - 1..=to.0.year() {
        let months: Vec<Month> = match month {
            Some(month) => vec![Month::new(month)],
            None => (1..=12).flat_map(|month| [Month::new(month), Month::leap(month)]).collect(),
        };
        out.extend(
            months
                .into_iter()
                .filter_map(|month| lunar_date(year, month, day))
                .filter(|date| *date >= from && *date <= to),
        );
    }
    out
}

fn pick<'a>(list: &'a [(&'a str, &'a str, &'a str)], code: &str, lang: Lang) -> Option<&'a str> {
    list.iter().find(|one| one.0 == code).map(|one| lang.t(one.1, one.2))
}

fn words(rule: &Rule, lang: Lang) -> String {
    match rule {
        Rule::Lunar { month: Some(month), day } => {
            FESTIVALS.iter().find(|one| (one.1, one.2) == (*month, *day)).map_or_else(
                || match lang {
                    Lang::Zh => format!("农历 {month} 月 {day} 日"),
                    Lang::En => format!("day {day} of lunar month {month}"),
                },
                |one| lang.t(one.3, one.4).to_owned(),
            )
        }
        Rule::Lunar { month: None, day } => {
            lang.f("每个农历月的第 {} 天", "day {} of each lunar month", &[day])
        }
        Rule::Civil(text) => civil_words(text, lang).unwrap_or_else(|| text.clone()),
    }
}

fn civil_words(text: &str, lang: Lang) -> Option<String> {
    let (mut freq, mut interval, mut days, mut month_days, mut months) = ("", "1", "", "", "");
    for part in text.split(';') {
        match part.split_once('=')? {
            ("FREQ", value) => freq = value,
            ("INTERVAL", value) => interval = value,
            ("BYDAY", value) => days = value,
            ("BYMONTHDAY", value) => month_days = value,
            ("BYMONTH", value) => months = value,
            _ => return None,
        }
    }
    match (freq, interval, days, month_days, months) {
        ("DAILY", "1", "", "", "") => Some(lang.t("每天", "every day").to_owned()),
        ("DAILY", every, "", "", "") => Some(lang.f("每 {} 天", "every {} days", &[&every])),
        ("WEEKLY", every, days, "", "" | SUMMER) if !days.is_empty() => {
            let names: Vec<&str> =
                days.split(',').map(|day| pick(&WEEKDAYS, day, lang)).collect::<Option<_>>()?;
            let names = names.join(lang.t("、", ", "));
            let often = match every {
                "1" => lang.f("每{}", "every {}", &[&names]),
                every => lang.f("每 {} 周的{}", "every {} weeks on {}", &[&every, &names]),
            };
            Some(match months {
                SUMMER => lang.f("暑期（七、八月）{}", "{} in July and August", &[&often]),
                _ => often,
            })
        }
        ("MONTHLY", "1", "", "-1", "") => {
            Some(lang.t("每月最后一天", "the last day of each month").to_owned())
        }
        ("MONTHLY", "1", "", days, "") if !days.is_empty() => {
            Some(lang.f("每月 {} 日", "day {} of each month", &[&days.replace(',', lang.t("、", ", "))]))
        }
        ("MONTHLY", "1", day, "", "") => {
            let (nth, day) = day.split_at_checked(day.len().checked_sub(2)?)?;
            let (nth, day) = (pick(&ORDINALS, nth, lang)?, pick(&WEEKDAYS, day, lang)?);
            Some(lang.f("每月{}{}", "the {} {} of each month", &[&nth, &day]))
        }
        ("YEARLY", "1", "", day, month) => THEMED
            .iter()
            .find(|one| one.0.to_string() == month && one.1.to_string() == day)
            .map(|one| lang.t(one.2, one.3).to_owned())
            .or_else(|| Some(lang.f("每年 {} 月 {} 日", "each year on {}/{}", &[&month, &day]))),
        _ => None,
    }
}

/// What stands in the State Council's notice about a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// Nothing.
    Plain,
    /// A public holiday; its name in Chinese and English.
    Holiday(&'static str, &'static str),
    /// A weekend day people work on.
    Workday,
    /// The notice of that year is not known.
    Unknown,
}

/// What the notice says about a day.
#[must_use]
pub fn notice(date: Date) -> Notice {
    const NAMES: [(&str, &str); 8] = [
        ("New Year", "元旦"),
        ("Spring", "春节"),
        ("Tomb", "清明节"),
        ("Labour", "劳动节"),
        ("Dragon", "端午节"),
        ("Mid", "中秋节"),
        ("National", "国庆节"),
        ("Anti", "抗战胜利纪念日"),
    ];
    match CALENDAR.exception(date) {
        Some((_, true)) => Notice::Workday,
        Some((name, false)) => {
            let known = NAMES.iter().find(|one| name.starts_with(one.0));
            known.map_or(Notice::Holiday("放假", "holiday"), |one| Notice::Holiday(one.1, "public holiday"))
        }
        None if CALENDAR.knows(date.0.year()) => Notice::Plain,
        None => Notice::Unknown,
    }
}

/// What is left out besides single dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Skip {
    /// Public holidays.
    pub holidays: bool,
    /// Weekend days people work on.
    pub workdays: bool,
}

impl Skip {
    /// Whether a day is left out.
    #[must_use]
    pub fn skips(self, date: Date) -> bool {
        match notice(date) {
            Notice::Holiday(..) => self.holidays,
            Notice::Workday => self.workdays,
            Notice::Plain | Notice::Unknown => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn d(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn summer_has_two_months() {
        let rules = Rules::parse(&format!("FREQ=WEEKLY;BYMONTH={SUMMER};BYDAY=SA")).unwrap();
        let dates = rules.dates(d("2026-06-01"), d("2026-12-31"));
        assert_eq!((dates.first(), dates.last()), (Some(&d("2026-07-04")), Some(&d("2026-08-29"))));
        assert_eq!(dates.len(), 9);
        assert_eq!(rules.words(Lang::Zh), "暑期（七、八月）每周六");
    }

    fn texts(rule: &str, from: &str, to: &str) -> Vec<String> {
        Rules::parse(rule).unwrap().dates(d(from), d(to)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn civil_rules() {
        assert_eq!(
            texts("FREQ=MONTHLY;BYMONTHDAY=18", "2026-11-19", "2027-03-18"),
            ["2026-12-18", "2027-01-18", "2027-02-18", "2027-03-18"]
        );
        assert_eq!(
            texts("FREQ=MONTHLY;BYDAY=1SA", "2026-11-22", "2027-02-28"),
            ["2026-12-05", "2027-01-02", "2027-02-06"]
        );
        assert_eq!(
            texts("FREQ=WEEKLY;INTERVAL=2;BYDAY=SA", "2026-11-22", "2026-12-31"),
            ["2026-12-05", "2026-12-19"]
        );
        assert_eq!(
            texts(
                "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=5\nFREQ=YEARLY;BYMONTH=12;BYMONTHDAY=5",
                "2026-11-22",
                "2027-11-22"
            ),
            ["2026-12-05", "2027-03-05"]
        );
        assert_eq!(texts("FREQ=MONTHLY;BYMONTHDAY=31", "2026-11-01", "2027-03-31").len(), 3, "no 31st: none");
        assert_eq!(texts("RRULE:freq=daily;until=20261124", "2026-11-22", "2027-11-22").len(), 3);
    }

    #[test]
    fn an_extension_keeps_the_rhythm() {
        let rules = Rules::parse("FREQ=WEEKLY;INTERVAL=2;BYDAY=SA").unwrap();
        let whole = rules.dates(d("2026-11-22"), d("2027-06-30"));
        let later = rules.counted(d("2026-11-22"), d("2027-01-01"), d("2027-06-30"));
        assert_eq!(whole.iter().filter(|date| **date >= d("2027-01-01")).copied().collect::<Vec<_>>(), later);
    }

    #[test]
    fn unreadable_rules() {
        for (text, why) in [
            ("", Unreadable::Empty),
            ("every Saturday", Unreadable::Text),
            ("FREQ=HOURLY", Unreadable::Times),
            ("FREQ=DAILY;BYHOUR=9", Unreadable::Times),
            ("FREQ=WEEKLY;BYDAY=XX", Unreadable::Text),
            ("FREQ=MONTHLY;BYMONTHDAY=99", Unreadable::Text),
            ("RSCALE=CHINESE;FREQ=YEARLY;BYMONTH=13;BYMONTHDAY=1", Unreadable::Text),
            ("RSCALE=HEBREW;FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1", Unreadable::Text),
        ] {
            assert_eq!(Rules::parse(text), Err(why), "{text}");
        }
    }

    /// Published dates of eleven years.
    #[test]
    fn lunar_festivals() {
        let known: [(&str, [&str; 9]); 5] = [
            (
                "spring",
                [
                    "2020-01-25",
                    "2021-02-12",
                    "2022-02-01",
                    "2023-01-22",
                    "2024-02-10",
                    "2025-01-29",
                    "2026-02-17",
                    "2027-02-06",
                    "2028-01-26",
                ],
            ),
            (
                "dragon_boat",
                [
                    "2020-06-25",
                    "2021-06-14",
                    "2022-06-03",
                    "2023-06-22",
                    "2024-06-10",
                    "2025-05-31",
                    "2026-06-19",
                    "2027-06-09",
                    "2028-05-28",
                ],
            ),
            (
                "mid_autumn",
                [
                    "2020-10-01",
                    "2021-09-21",
                    "2022-09-10",
                    "2023-09-29",
                    "2024-09-17",
                    "2025-10-06",
                    "2026-09-25",
                    "2027-09-15",
                    "2028-10-03",
                ],
            ),
            (
                "chongyang",
                [
                    "2020-10-25",
                    "2021-10-14",
                    "2022-10-04",
                    "2023-10-23",
                    "2024-10-11",
                    "2025-10-29",
                    "2026-10-18",
                    "2027-10-08",
                    "2028-10-26",
                ],
            ),
            (
                "eve",
                [
                    "2020-01-24",
                    "2021-02-11",
                    "2022-01-31",
                    "2023-01-21",
                    "2024-02-09",
                    "2025-01-28",
                    "2026-02-16",
                    "2027-02-05",
                    "2028-01-25",
                ],
            ),
        ];
        for (code, dates) in known {
            let one = FESTIVALS.iter().find(|one| one.0 == code).unwrap();
            let rules = Rules::lunar(&[(one.1, one.2)]);
            let again = Rules::parse(&rules.text()).unwrap();
            assert_eq!(rules, again, "the text says the same");
            let found: Vec<String> =
                rules.dates(d("2020-01-01"), d("2028-12-31")).iter().map(ToString::to_string).collect();
            let found: Vec<&str> =
                found.iter().map(String::as_str).filter(|date| *date < "2028-12-01").collect();
            assert_eq!(found, dates, "{code}");
        }
        // 2025 had a leap sixth month: Qixi is in the plain seventh.
        assert_eq!(
            texts("RSCALE=CHINESE;FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=7", "2025-01-01", "2025-12-31"),
            ["2025-08-29"]
        );
        assert_eq!(texts("RSCALE=CHINESE;FREQ=MONTHLY;BYMONTHDAY=15", "2025-01-29", "2026-02-16").len(), 13);
    }

    #[test]
    fn notices() {
        assert_eq!(notice(d("2026-10-01")), Notice::Holiday("国庆节", "public holiday"));
        assert_eq!(notice(d("2026-10-10")), Notice::Workday);
        assert_eq!(notice(d("2026-10-17")), Notice::Plain);
        assert_eq!(notice(d("2040-10-01")), Notice::Unknown);
        let skip = Skip { holidays: true, workdays: true };
        assert!(skip.skips(d("2026-10-01")) && skip.skips(d("2026-10-10")) && !skip.skips(d("2026-10-17")));
        assert!(!Skip::default().skips(d("2026-10-01")));
    }

    #[test]
    fn in_words() {
        for (text, zh, en) in [
            ("FREQ=WEEKLY;BYDAY=SA,SU", "每周六、周日", "every Sat, Sun"),
            ("FREQ=MONTHLY;BYMONTHDAY=18", "每月 18 日", "day 18 of each month"),
            ("FREQ=MONTHLY;BYDAY=1SA", "每月第一个周六", "the first Sat of each month"),
            ("FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=5", "3·5 学雷锋纪念日", "5 March, Lei Feng Day"),
            (
                "RSCALE=CHINESE;FREQ=YEARLY;BYMONTH=9;BYMONTHDAY=9",
                "重阳（九月初九）",
                "Chongyang, the day of the elders",
            ),
            ("FREQ=DAILY", "每天", "every day"),
            ("FREQ=DAILY;INTERVAL=3", "每 3 天", "every 3 days"),
            ("FREQ=DAILY;COUNT=3", "FREQ=DAILY;COUNT=3", "FREQ=DAILY;COUNT=3"),
        ] {
            let rules = Rules::parse(text).unwrap();
            assert_eq!((rules.words(Lang::Zh).as_str(), rules.words(Lang::En).as_str()), (zh, en));
        }
    }

    fn any_rule() -> impl Strategy<Value = String> {
        let day = prop::sample::select(WEEKDAYS.map(|day| day.0).to_vec());
        prop_oneof![
            (1..5_u8, prop::collection::btree_set(day.clone(), 1..4)).prop_map(|(every, days)| {
                let days: Vec<_> = days.into_iter().collect();
                format!("FREQ=WEEKLY;INTERVAL={every};BYDAY={}", days.join(","))
            }),
            (1..32_u8).prop_map(|day| format!("FREQ=MONTHLY;BYMONTHDAY={day}")),
            (prop::sample::select(ORDINALS.map(|one| one.0).to_vec()), day)
                .prop_map(|(nth, day)| format!("FREQ=MONTHLY;BYDAY={nth}{day}")),
            prop::sample::select(THEMED.to_vec())
                .prop_map(|one| format!("FREQ=YEARLY;BYMONTH={};BYMONTHDAY={}", one.0, one.1)),
            (1..13_u8, 1..31_i8).prop_map(|(month, day)| Rules::lunar(&[(month, day)]).text()),
        ]
    }

    proptest! {
        #[test]
        fn within_the_range_in_order_and_on_the_right_days(
            rule in any_rule(), start in 18_262_i64..25_567, length in 0_i64..800,
        ) {
            let (from, to) = (Date::from_days(start), Date::from_days(start + length));
            let rules = Rules::parse(&rule).unwrap();
            let again = Rules::parse(&rules.text()).unwrap();
            prop_assert_eq!(&again, &rules);
            let dates = rules.dates(from, to);
            prop_assert!(dates.iter().all(|date| *date >= from && *date <= to), "outside: {:?}", dates);
            prop_assert!(dates.windows(2).all(|pair| pair[0] < pair[1]), "order: {:?}", dates);
            for date in &dates {
                let code = WEEKDAYS[usize::try_from(date.weekday() - 1).unwrap()].0;
                if let Some(days) = rule.split("BYDAY=").nth(1) {
                    prop_assert!(days.contains(code), "{} is no {}", date, days);
                }
                if let Some(day) = rule.split("BYMONTHDAY=").nth(1) {
                    let have = if rule.contains("RSCALE") {
                        i64::from(lunar_of(*date).unwrap().2)
                    } else {
                        i64::from(date.0.day())
                    };
                    prop_assert_eq!(have.to_string(), day);
                }
            }
        }

        /// Nothing is missed either: against a plain look at every day.
        #[test]
        fn every_day_that_fits_is_there(month in 1..13_u8, day in 1..30_u8, start in 18_262_i64..23_000) {
            let (from, to) = (Date::from_days(start), Date::from_days(start + 500));
            let fits = (start..=start + 500)
                .map(Date::from_days)
                .filter(|date| lunar_of(*date) == Some((month, false, day)))
                .collect::<Vec<_>>();
            let day = i8::try_from(day).unwrap();
            prop_assert_eq!(Rules::lunar(&[(month, day)]).dates(from, to), fits);
        }

        #[test]
        fn reading_never_panics(text in ".{0,60}", tail in "(FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY);)?[A-Z0-9=;,-]{0,40}") {
            for text in [text, tail] {
                if let Ok(rules) = Rules::parse(&text) {
                    let _ = rules.dates(d("2026-11-22"), d("2027-11-22"));
                }
            }
        }
    }
}
