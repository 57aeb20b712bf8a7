//! Time: UTC milliseconds from an injected clock, civil dates, and the working-day calendar.
//!
//! The mainland of China keeps one time, UTC+8, all year round; local dates follow from it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::civil;

/// Milliseconds that local time is ahead of UTC (UTC+8).
pub const LOCAL_OFFSET_MS: i64 = 8 * 3_600_000;
/// Milliseconds of a minute.
pub const MINUTE_MS: i64 = 60_000;
/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;

/// A moment: UTC milliseconds since 1970.
///
/// What comes in as JSON lies between the years 1 and 9999, so that the difference of any two moments
/// and either of them moved by a lifetime are exact.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Serialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let ms = i64::deserialize(d)?;
        if (Self::FIRST.0..=Self::LAST.0).contains(&ms) {
            Ok(Self(ms))
        } else {
            Err(serde::de::Error::custom(format!("{ms} is no moment between the years 1 and 9999")))
        }
    }
}

impl Timestamp {
    /// The first moment that is taken in: 0001-01-01 in UTC.
    pub const FIRST: Self = Self(-62_135_596_800_000);
    /// The last moment that is taken in: the end of 9999-12-31 in UTC.
    pub const LAST: Self = Self(253_402_300_799_999);

    /// The local civil date and time.
    #[must_use]
    pub fn local(self) -> civil::DateTime {
        let days = (self.0 + LOCAL_OFFSET_MS).div_euclid(DAY_MS);
        let ms = (self.0 + LOCAL_OFFSET_MS).rem_euclid(DAY_MS);
        let date = Date::from_days(days).0;
        let part = |n: i64| i8::try_from(n).unwrap_or(0);
        date.at(part(ms / 3_600_000), part(ms / 60_000 % 60), part(ms / 1000 % 60), 0)
    }

    /// The local date.
    #[must_use]
    pub fn date(self) -> Date {
        Date::from_days((self.0 + LOCAL_OFFSET_MS).div_euclid(DAY_MS))
    }

    /// Minutes since local midnight.
    #[must_use]
    pub const fn minute_of_day(self) -> i64 {
        (self.0 + LOCAL_OFFSET_MS).rem_euclid(DAY_MS) / MINUTE_MS
    }

    /// The moment of a local date and minute of the day (0 to 1,440 and beyond, for "next day").
    #[must_use]
    pub fn at(date: Date, minute: i64) -> Self {
        Self(date.days() * DAY_MS + minute * MINUTE_MS - LOCAL_OFFSET_MS)
    }

    /// This plus a number of minutes.
    #[must_use]
    pub const fn plus_minutes(self, minutes: i64) -> Self {
        Self(self.0 + minutes * MINUTE_MS)
    }

    /// `2026-03-05 09:30` in local time.
    #[must_use]
    pub fn text(self) -> String {
        let t = self.local();
        format!("{:04}-{:02}-{:02} {:02}:{:02}", t.year(), t.month(), t.day(), t.hour(), t.minute())
    }

    /// `09:30` in local time.
    #[must_use]
    pub fn clock_text(self) -> String {
        let m = self.minute_of_day();
        format!("{:02}:{:02}", m / 60, m % 60)
    }
}

/// A civil date, stored as ISO text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Date(pub civil::Date);

impl Date {
    /// From year, month, day.
    #[must_use]
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        civil::Date::new(year, month, day).ok().map(Self)
    }

    /// From days since 1970-01-01, clamped to the supported range.
    #[must_use]
    pub fn from_days(days: i64) -> Self {
        let epoch = civil::date(1970, 1, 1);
        Self(epoch.saturating_add(jiff::Span::new().days(days.clamp(-3_000_000, 2_900_000))))
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub fn days(self) -> i64 {
        // Howard Hinnant's days_from_civil: exact and without allocation.
        let (y, m, d) = (i64::from(self.0.year()), i64::from(self.0.month()), i64::from(self.0.day()));
        let y = if m <= 2 { y - 1 } else { y };
        let era = y.div_euclid(400);
        let yoe = y - era * 400;
        let doy = (153 * (m + if m > 2 { -3 } else { 9 }) + 2) / 5 + d - 1;
        let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
        era * 146_097 + doe - 719_468
    }

    /// This plus days.
    #[must_use]
    pub fn plus(self, days: i64) -> Self {
        Self::from_days(self.days() + days)
    }

    /// Reads `2026-03-05`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
            return None;
        }
        Self::new(text.get(..4)?.parse().ok()?, text.get(5..7)?.parse().ok()?, text.get(8..10)?.parse().ok()?)
    }

    /// Full years from this birth date to `on`; a person born on 29 February turns a year older on
    /// 1 March (Edge-10).
    #[must_use]
    pub fn age(self, on: Self) -> i64 {
        let (b, o) = (self.0, on.0);
        let years = i64::from(o.year()) - i64::from(b.year());
        if (o.month(), o.day()) < (b.month(), b.day()) { years - 1 } else { years }
    }

    /// 1 = Monday … 7 = Sunday.
    #[must_use]
    pub fn weekday(self) -> i64 {
        (self.days() + 3).rem_euclid(7) + 1
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

impl serde::Serialize for Date {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Date {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        Self::parse(text.trim())
            .ok_or_else(|| serde::de::Error::custom(format!("{text:?} is no date like 2026-03-05")))
    }
}

impl schemars::JsonSchema for Date {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Date".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            "description": "A day of the local calendar (UTC+8)."
        })
    }
}

impl schemars::JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "integer", "format": "int64",
            "minimum": Self::FIRST.0, "maximum": Self::LAST.0,
            "description": "A moment: UTC milliseconds since 1970."
        })
    }
}

/// A span that rankings and figures are counted over; attributed by the local date of the start of
/// the session (Add-03).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Period {
    /// The week (Monday to Sunday) that holds the date.
    Week(Date),
    /// The month that holds the date.
    Month(Date),
    /// The year that holds the date.
    Year(Date),
    /// All time.
    All,
}

impl Period {
    /// The four periods a date belongs to.
    #[must_use]
    pub const fn of(date: Date) -> [Self; 4] {
        [Self::Week(date), Self::Month(date), Self::Year(date), Self::All]
    }

    /// A number that orders and names the period: kind in the last digit, start day before it. As a
    /// key it is small, sorts by time within a kind, and needs no text comparison.
    #[must_use]
    pub fn key(self) -> i64 {
        match self {
            Self::Week(_) => self.first().days() * 10 + 1,
            Self::Month(_) => self.first().days() * 10 + 2,
            Self::Year(_) => self.first().days() * 10 + 3,
            Self::All => 4,
        }
    }

    /// The first day (1970-01-01 for all time).
    #[must_use]
    pub fn first(self) -> Date {
        match self {
            Self::Week(d) => d.plus(1 - d.weekday()),
            Self::Month(d) => Date(d.0.first_of_month()),
            Self::Year(d) => Date(d.0.first_of_year()),
            Self::All => Date::from_days(0),
        }
    }

    /// The last day.
    #[must_use]
    pub fn last(self) -> Date {
        match self {
            Self::Week(_) => self.first().plus(6),
            Self::Month(d) => Date(d.0.last_of_month()),
            Self::Year(d) => Date(d.0.last_of_year()),
            Self::All => Date::from_days(2_900_000),
        }
    }
}

/// Where "now" comes from.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The machine's clock put ahead by milliseconds: a demo city looked at as of a later moment.
#[derive(Debug, Clone, Copy)]
pub struct AheadClock(pub i64);

impl Clock for AheadClock {
    fn now(&self) -> Timestamp {
        Timestamp(SystemClock.now().0.saturating_add(self.0))
    }
}

/// A clock that tests set by hand.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Starts at a moment.
    #[must_use]
    pub const fn new(at: Timestamp) -> Self {
        Self(AtomicI64::new(at.0))
    }

    /// Moves to a moment.
    pub fn set(&self, at: Timestamp) {
        self.0.store(at.0, Ordering::SeqCst);
    }

    /// Moves on by milliseconds.
    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// What a day's exception is called and whether people work: `("Labour Day", false)`.
type Exception = (String, bool);

/// Working days: weekends off, but for the yearly notice's holidays and make-up workdays.
#[derive(Debug, Clone, Default)]
pub struct Calendar {
    days: BTreeMap<Date, Exception>,
}

impl Calendar {
    /// From (date, is a working day) exceptions.
    #[must_use]
    pub fn new(exceptions: impl IntoIterator<Item = (Date, bool)>) -> Self {
        Self { days: exceptions.into_iter().map(|(date, works)| (date, (String::new(), works))).collect() }
    }

    /// Reads `date,kind,name` lines, kind `holiday` or `workday`; other lines are passed over.
    #[must_use]
    pub fn parse(csv: &str) -> Self {
        let line = |line: &str| {
            let mut parts = line.split(',');
            let date = Date::parse(parts.next()?)?;
            let works = match parts.next()? {
                "holiday" => false,
                "workday" => true,
                _ => return None,
            };
            Some((date, (parts.next().unwrap_or_default().trim().to_owned(), works)))
        };
        Self { days: csv.lines().filter_map(line).collect() }
    }

    /// The calendar shipped with the program: the mainland's public holidays and make-up workdays of
    /// 2004 to 2026, as announced yearly by the State Council (see `data/README.md`).
    #[must_use]
    pub fn shipped() -> Self {
        Self::parse(include_str!("../data/cn_holidays.csv"))
    }

    /// What the notice says about a day: the holiday's name in English and whether people work (a make-up
    /// workday) or not (a day off). `None`: nothing.
    #[must_use]
    pub fn exception(&self, date: Date) -> Option<(&str, bool)> {
        self.days.get(&date).map(|(name, works)| (name.as_str(), *works))
    }

    /// Whether the notice of that year is in the table; later years are not announced yet.
    #[must_use]
    pub fn knows(&self, year: i16) -> bool {
        let (first, last) = (Date::new(year, 1, 1), Date::new(year, 12, 31));
        matches!((first, last), (Some(first), Some(last)) if self.days.range(first..=last).next().is_some())
    }

    /// Whether people work on that day. Beyond the last notice: weekends and New Year's Day off
    /// (Edge-19; such dates are provisional).
    #[must_use]
    pub fn is_working(&self, date: Date) -> bool {
        match self.days.get(&date) {
            Some((_, works)) => *works,
            None => date.weekday() <= 5 && (date.0.month(), date.0.day()) != (1, 1),
        }
    }

    /// The date `n` working days after `from` (the day itself does not count).
    #[must_use]
    pub fn plus_working_days(&self, from: Date, n: i64) -> Date {
        let mut date = from;
        let mut left = n;
        while left > 0 {
            date = date.plus(1);
            if self.is_working(date) {
                left -= 1;
            }
        }
        date
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn days_round_trip() {
        for n in [-800_000_i64, -1, 0, 1, 59, 60, 365, 20_000, 20_777, 100_000] {
            assert_eq!(Date::from_days(n).days(), n);
        }
        assert_eq!(d("1970-01-01").weekday(), 4);
        assert_eq!(d("2026-11-21").weekday(), 6);
    }

    #[test]
    fn local_time() {
        let t = Timestamp::at(d("2026-03-05"), 9 * 60 + 30);
        assert_eq!(t.text(), "2026-03-05 09:30");
        assert_eq!(t.date(), d("2026-03-05"));
        assert_eq!(Timestamp::at(d("2026-03-05"), 0).plus_minutes(-1).date(), d("2026-03-04"));
    }

    #[test]
    fn only_moments_of_the_calendar_come_in() {
        use serde::Deserialize as _;
        use serde::de::IntoDeserializer as _;
        let read = |ms: i64| {
            let given: serde::de::value::I64Deserializer<serde::de::value::Error> = ms.into_deserializer();
            Timestamp::deserialize(given)
        };
        assert_eq!(Timestamp::FIRST, Timestamp(d("0001-01-01").days() * DAY_MS));
        assert_eq!(Timestamp::LAST, Timestamp((d("9999-12-31").days() + 1) * DAY_MS - 1));
        for ms in [Timestamp::FIRST.0, -1, 0, 1_795_429_770_676, Timestamp::LAST.0] {
            assert_eq!(read(ms), Ok(Timestamp(ms)));
        }
        for ms in [i64::MIN, Timestamp::FIRST.0 - 1, Timestamp::LAST.0 + 1, i64::MAX] {
            assert!(read(ms).is_err(), "{ms}");
        }
    }

    #[test]
    fn ages() {
        assert_eq!(d("2008-02-29").age(d("2026-02-28")), 17);
        assert_eq!(d("2008-02-29").age(d("2026-03-01")), 18);
        assert_eq!(d("2008-11-21").age(d("2026-11-21")), 18);
    }

    #[test]
    fn periods() {
        let date = d("2026-11-21");
        assert_eq!(Period::Week(date).first(), d("2026-11-16"));
        assert_eq!(Period::Week(date).last(), d("2026-11-22"));
        assert_eq!(Period::Month(date).last(), d("2026-11-30"));
        let keys: std::collections::BTreeSet<_> = Period::of(date).iter().map(|p| p.key()).collect();
        assert_eq!(keys.len(), 4);
    }

    #[test]
    fn ten_working_days_over_national_day() {
        let calendar = Calendar::parse(
            "2026-10-01,holiday,x\n2026-10-02,holiday,x\n2026-10-05,holiday,x\n2026-10-06,holiday,x\n2026-10-07,holiday,x\n2026-10-10,workday,x\n",
        );
        assert_eq!(calendar.plus_working_days(d("2026-09-30"), 3), d("2026-10-10"));
    }

    #[test]
    fn the_shipped_notice_of_2026() {
        // State Council, 国办发明电〔2025〕7号 of 4 November 2025.
        let calendar = Calendar::shipped();
        assert_eq!(calendar.exception(d("2026-02-17")), Some(("Spring Festival", false)));
        assert_eq!(calendar.exception(d("2026-10-10")), Some(("National Day", true)));
        assert_eq!(calendar.exception(d("2026-10-11")), None);
        let off = (0..365)
            .filter(|n| matches!(calendar.exception(d("2026-01-01").plus(*n)), Some((_, false))))
            .count();
        assert_eq!(off, 33, "3 + 9 + 3 + 5 + 3 + 3 + 7 days");
        assert!(calendar.knows(2026) && !calendar.knows(2003) && !calendar.knows(2040));
    }
}
