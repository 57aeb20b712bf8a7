//! One row into one past service: all refusals of the row at once.

use kernel::{Date, Minutes, Refusal};

use super::{Mapping, Past, Unit, minutes, moment, when};
use crate::clean::{self, IdDocument};
use crate::person::Cleaner;
use crate::read::Row;
use crate::refusals;

/// Minutes of a day.
const DAY: i64 = 1440;

/// A clean row of a table of past hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRow {
    /// The row number of the file.
    pub row_no: u32,
    /// The name.
    pub name: Option<String>,
    /// The identity document.
    pub document: Option<IdDocument>,
    /// The volunteer's number, as it stands.
    pub volunteer_no: Option<String>,
    /// The phone.
    pub phone: Option<String>,
    /// What was done.
    pub title: String,
    /// The team or organisation, as it stands.
    pub team: Option<String>,
    /// The category, as it stands.
    pub category: Option<String>,
    /// The place.
    pub place: Option<String>,
    /// As what the person served.
    pub role: Option<String>,
    /// The number of the record in the earlier system.
    pub source_no: Option<String>,
    /// First day.
    pub on: Date,
    /// Last day, `on` itself for all but long services.
    pub until: Date,
    /// Minute of the first day, when known.
    pub from: Option<i64>,
    /// Minute of the last day, when known.
    pub to: Option<i64>,
    /// Minutes given.
    pub minutes: i64,
}

impl PastRow {
    /// How many days it spans.
    #[must_use]
    pub fn days(&self) -> i64 {
        self.until.days() - self.on.days() + 1
    }
}

struct Span {
    on: Date,
    until: Date,
    from: Option<i64>,
    to: Option<i64>,
}

/// From the columns of days and times.
fn span(c: &mut Cleaner<'_, Past>, today: Date) -> Option<Span> {
    let before = c.refused.len();
    let written = c.take(Past::On, |v| when(Past::On, v));
    let start = c.take(Past::From, |v| moment(Past::From, v)).unwrap_or_default();
    let end = c.take(Past::To, |v| moment(Past::To, v)).unwrap_or_default();
    let last = c.take(Past::Until, |v| moment(Past::Until, v)).and_then(|m| m.date);
    if c.refused.len() > before {
        return None;
    }
    if let (Some(written), Some(date)) = (written, start.date)
        && written.on != date
    {
        c.refused.push(
            clean::refuse(&refusals::PAST_DATES_DIFFER, Past::On).with("a", written.on).with("b", date),
        );
        return None;
    }
    let Some(on) = written.map(|w| w.on).or(start.date) else {
        c.refused.push(clean::refuse(&refusals::PAST_MISSING, Past::On));
        return None;
    };
    let from = start.minute.or_else(|| written.and_then(|w| w.from));
    let to = end.minute.or_else(|| written.and_then(|w| w.to));
    let named = end.date.or(last).or_else(|| written.and_then(|w| w.until));
    let overnight = named.is_none() && matches!((from, to), (Some(a), Some(b)) if b <= a);
    let until = named.unwrap_or(if overnight { on.plus(1) } else { on });
    let backwards = until < on || until == on && matches!((from, to), (Some(a), Some(b)) if b <= a);
    if backwards {
        let at = |date: Date, minute: Option<i64>| match minute {
            Some(m) => format!("{date} {:02}:{:02}", m / 60, m % 60),
            None => date.to_string(),
        };
        c.refused.push(
            clean::refuse(&refusals::PAST_ORDER, Past::To)
                .with("from", at(on, from))
                .with("to", at(until, to)),
        );
        return None;
    }
    if until > today {
        c.refused.push(clean::refuse(&refusals::PAST_FUTURE, Past::On).with("date", until));
        return None;
    }
    if until.days() - on.days() > 366 {
        c.refused.push(clean::refuse(&refusals::PAST_LONG, Past::Until).with("from", on).with("to", until));
        return None;
    }
    Some(Span { on, until, from, to })
}

/// How long, of the columns of amounts and, where there is none, of the times.
fn amount(c: &mut Cleaner<'_, Past>, span: Option<&Span>) -> Option<i64> {
    let before = c.refused.len();
    // Of two amounts one may be 0; together they must be something.
    let zero = |result: Result<i64, Refusal>| match result {
        Err(refusal) if refusal.code() == refusals::DURATION_ZERO.code => Ok(0),
        other => other,
    };
    let hours = c.take(Past::Hours, |v| zero(minutes(Past::Hours, v, Unit::Hours)));
    let honor = c.take(Past::Honor, |v| zero(minutes(Past::Honor, v, Unit::Hours)));
    let plain = c.take(Past::Minutes, |v| zero(minutes(Past::Minutes, v, Unit::Minutes)));
    if c.refused.len() > before {
        return None;
    }
    let by_hours = match (hours, honor) {
        (None, None) => None,
        (a, b) => Some(a.unwrap_or(0) + b.unwrap_or(0)),
    };
    if let (Some(by_hours), Some(plain)) = (by_hours, plain) {
        // Hours with one decimal are off by up to three minutes.
        if (by_hours - plain).abs() > 3 {
            c.refused.push(
                clean::refuse(&refusals::DURATION_DIFFERS, Past::Minutes)
                    .with("hours_minutes", by_hours)
                    .with("minutes", plain),
            );
            return None;
        }
    }
    let between = span.and_then(|s| match (s.from, s.to) {
        (Some(a), Some(b)) => Some((s.until.days() - s.on.days()) * DAY + b - a),
        _ => None,
    });
    let Some(amount) = plain.or(by_hours).or(between) else {
        if span.is_some() {
            c.refused.push(clean::refuse(&refusals::PAST_MISSING, Past::Hours));
        }
        return None;
    };
    if amount == 0 {
        c.refused.push(clean::refuse(&refusals::DURATION_ZERO, Past::Hours));
        return None;
    }
    if let Some(between) = between
        // Half hours are rounded up by many systems.
        && amount > between + 30
    {
        c.refused.push(
            clean::refuse(&refusals::DURATION_SPAN, Past::Hours)
                .with("minutes", amount)
                .with("span", between),
        );
        return None;
    }
    let days = span.map_or(1, |s| s.until.days() - s.on.days() + 1);
    if amount > days * DAY {
        c.refused.push(
            clean::refuse(&refusals::DURATION_DAY, Past::Hours)
                .with("hours", Minutes(amount).hours())
                .with("days", days),
        );
        return None;
    }
    Some(amount)
}

/// Cleans a row. Nothing is repaired silently; a row with any refusal is left out as a whole.
///
/// # Errors
/// Every refusal of the row, each naming its field.
pub fn clean_row(mapping: &Mapping, row: &Row, today: Date) -> Result<PastRow, Vec<Refusal>> {
    let mut c = Cleaner { mapping, row, refused: Vec::new() };
    let name = c.take(Past::Name, clean::name);
    let document = c.document(Past::IdType, Past::IdNumber, today);
    let volunteer_no = c.line(Past::VolunteerNo, 32);
    let phone = c.take(Past::Phone, clean::phone);
    if c.refused.is_empty()
        && document.is_none()
        && volunteer_no.is_none()
        && (name.is_none() || phone.is_none())
    {
        c.refused.push(clean::refuse(&refusals::PAST_WHO, Past::Name));
    }
    let title = c.line(Past::Title, 120);
    let bad_title = c.refused.iter().any(|refusal| refusal.field == Some(Past::Title.key()));
    if title.is_none() && !bad_title {
        c.refused.push(clean::refuse(&refusals::PAST_MISSING, Past::Title));
    }
    let team = c.line(Past::Team, 100);
    let category = c.line(Past::Category, 60);
    let place = c.line(Past::Place, 120);
    let role = c.line(Past::Role, 60);
    let source_no = c.line(Past::SourceNo, 64);
    let span = span(&mut c, today);
    let minutes = amount(&mut c, span.as_ref());
    match (title, span, minutes) {
        (Some(title), Some(span), Some(minutes)) if c.refused.is_empty() => Ok(PastRow {
            row_no: row.number(),
            name,
            document,
            volunteer_no,
            phone,
            title,
            team,
            category,
            place,
            role,
            source_no,
            on: span.on,
            until: span.until,
            from: span.from,
            to: span.to,
            minutes,
        }),
        _ => Err(c.refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str =
        "name=0,id_number=1,phone=2,title=3,on=4,until=5,from=6,to=7,hours=8,honor=9,minutes=10";

    fn clean(cells: [&str; 11]) -> Result<PastRow, Vec<&'static str>> {
        clean_row(&Mapping::parse(MAP).unwrap(), &Row::new(7, cells), Date::parse("2026-11-21").unwrap())
            .map_err(|all| all.iter().map(Refusal::code).collect())
    }

    fn with(at: &[(usize, &'static str)]) -> Result<PastRow, Vec<&'static str>> {
        let mut cells = ["王芳", "", "13800138000", "清扫河岸", "2024-03-05", "", "", "", "2.5", "", ""];
        for (column, value) in at {
            cells[*column] = value;
        }
        clean(cells)
    }

    #[test]
    fn one_row_one_service() {
        let row = with(&[]).unwrap();
        assert_eq!((row.minutes, row.on.to_string().as_str(), row.days()), (150, "2024-03-05", 1));
        let row = with(&[(4, "2024-03-05 09:00-11:30"), (8, "")]).unwrap();
        assert_eq!((row.minutes, row.from, row.to), (150, Some(540), Some(690)));
        let row = with(&[(6, "2024-03-05 9:00"), (4, ""), (7, "2024-03-05 12:00")]).unwrap();
        assert_eq!((row.minutes, row.from, row.to), (150, Some(540), Some(720)), "breaks are no mistake");
        let row = with(&[(6, "22:00"), (7, "06:00"), (8, "8")]).unwrap();
        assert_eq!((row.minutes, row.until.to_string().as_str()), (480, "2024-03-06"));
        let row = with(&[(4, "2024.3.5-2024.3.9"), (8, "35")]).unwrap();
        assert_eq!((row.minutes, row.days()), (2100, 5));
        assert_eq!(with(&[(9, "1.5")]).unwrap().minutes, 240, "honour hours are added");
        assert_eq!(with(&[(8, "0"), (9, "1.5")]).unwrap().minutes, 90);
        assert_eq!(with(&[(10, "150")]).unwrap().minutes, 150);
    }

    #[test]
    fn each_refusal_names_its_rule() {
        for (at, code) in [
            (vec![(3, "")], "past.missing"),
            (vec![(4, "")], "past.missing"),
            (vec![(8, "")], "past.missing"),
            (vec![(2, "")], "past.who"),
            (vec![(0, "")], "past.who"),
            (vec![(4, "2026-11-22")], "past.future"),
            (vec![(4, "2024年3月")], "past.day"),
            (vec![(8, "25")], "past.duration_day"),
            (vec![(8, "150")], "past.duration_day"),
            (vec![(8, "半天")], "past.duration_form"),
            (vec![(8, "0")], "past.duration_zero"),
            (vec![(10, "90")], "past.duration_differs"),
            (vec![(6, "9:00"), (7, "10:00")], "past.duration_span"),
            (vec![(5, "2024-03-01")], "past.order"),
            (vec![(6, "2024-03-06 9:00")], "past.dates_differ"),
            (vec![(4, "2020-01-01"), (5, "2024-01-01")], "past.long"),
            (vec![(1, "11010519491231002")], "roster.id_form"),
        ] {
            assert_eq!(with(&at).unwrap_err(), [code], "{at:?}");
        }
        let all = with(&[(3, ""), (4, "昨天"), (8, "很久")]).unwrap_err();
        assert_eq!(all, ["past.missing", "roster.date_form", "past.duration_form"], "all at once");
    }
}
