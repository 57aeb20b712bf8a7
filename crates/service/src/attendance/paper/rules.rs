//! How a sheet is laid out, and how what was typed from it is read. Pure.

use kernel::Refusal;

use super::refusals;

/// Lines of a sheet: what fits on an A4 page with room for a signature.
pub const LINES: usize = 20;
/// Most empty lines one may ask for.
pub const MOST_BLANKS: usize = 200;
/// Most sheets of a session.
pub const MOST_SHEETS: i64 = 200;
/// Typed for “at the planned time”.
const PLANNED: [&str; 4] = ["+", "＋", "到", "√"];

/// The names of the fields of a line, for refusals: coming, leaving, who.
#[derive(Debug, Clone, Copy)]
pub struct Names {
    /// When the person came.
    pub from: &'static str,
    /// When the person left.
    pub to: &'static str,
    /// Who it is, on an empty line.
    pub who: &'static str,
}

macro_rules! names {
    ($($n:literal)*) => {
        &[$(Names { from: concat!("in_", $n), to: concat!("out_", $n), who: concat!("who_", $n) }),*]
    };
}

/// The fields of all lines, line 1 first.
pub const FIELDS: &[Names] = names!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20);

/// Spreads names over sheets, in their order, with at least so many empty lines after them; the last sheet is filled
/// up. There is always one sheet.
#[must_use]
pub fn layout<T: Copy>(people: &[T], blanks: usize) -> Vec<Vec<T>> {
    let lines = (people.len() + blanks.min(MOST_BLANKS)).max(1);
    (0..lines.div_ceil(LINES))
        .map(|at| people.iter().skip(at * LINES).take(LINES).copied().collect())
        .collect()
}

/// A time as it is typed from paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// As planned.
    Planned,
    /// Minutes of the day.
    At(i64),
}

/// Characters as a Chinese keyboard may give them, in plain form.
fn plain(text: &str) -> String {
    text.trim()
        .chars()
        .map(|c| match c {
            '０'..='９' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            '：' | '.' | '．' | '点' | '时' | '，' | ',' => ':',
            '　' => ' ',
            other => other,
        })
        .collect()
}

/// Reads a time: `830`, `8:30`, `08：30`, `8.30`, `8点半`, `9`, or `+` for the planned one.
#[must_use]
pub fn time(text: &str) -> Option<Time> {
    let text = text.trim();
    if PLANNED.contains(&text) {
        return Some(Time::Planned);
    }
    let plain = plain(text).replace('分', "").replace(":半", ":30");
    let (hours, minutes) = match plain.split_once(':') {
        Some((hours, "")) => (hours.to_owned(), "0".to_owned()),
        Some((hours, minutes)) => (hours.to_owned(), minutes.to_owned()),
        None if plain.len() <= 2 => (plain, "0".to_owned()),
        None if plain.len() <= 4 && plain.is_ascii() => {
            let (hours, minutes) = plain.split_at(plain.len() - 2);
            (hours.to_owned(), minutes.to_owned())
        }
        None => return None,
    };
    let number = |text: &str| {
        let text = text.trim();
        (!text.is_empty() && text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit()))
            .then(|| text.parse::<i64>().ok())
            .flatten()
    };
    let (hours, minutes) = (number(&hours)?, number(&minutes)?);
    (hours <= 24 && minutes < 60 && hours * 60 + minutes <= 1440).then_some(Time::At(hours * 60 + minutes))
}

/// Whom an empty line names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// By volunteer number.
    Number(String),
    /// By name and the last four digits of the phone.
    Tail(String, String),
    /// By name and whole phone: somebody who may not be registered yet.
    Phone(String, String),
}

/// Reads whom a line names.
#[must_use]
pub fn who(text: &str) -> Option<Who> {
    if let Some(number) = people::person::parse_volunteer_no(text) {
        return Some(Who::Number(number));
    }
    let text = plain(text);
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let name = text
        .trim_matches(|c: char| {
            c.is_ascii_digit() || c.is_whitespace() || matches!(c, ':' | '-' | '、' | '/')
        })
        .to_owned();
    if name.is_empty() || name.chars().count() > 40 || name.chars().any(|c| c.is_ascii_digit()) {
        return None;
    }
    match digits.len() {
        4 => Some(Who::Tail(name, digits)),
        11 if digits.starts_with('1') => Some(Who::Phone(name, digits)),
        _ => None,
    }
}

/// A line as it was typed.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// Number of the line, from 1.
    pub line: usize,
    /// Coming.
    pub from: String,
    /// Leaving.
    pub to: String,
    /// Who, on an empty line.
    pub who: String,
}

/// A line as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Number of the line, from 1.
    pub line: usize,
    /// Coming.
    pub from: Time,
    /// Leaving; may be missing, then the planned end counts once the session is over.
    pub to: Option<Time>,
    /// Whom an empty line names.
    pub who: Option<Who>,
}

/// Reads a line; `None`: nothing stands on it. `printed`: a name stands on the paper.
///
/// # Errors
/// `sheet.time`, `sheet.no_in`, `sheet.no_name`, `sheet.no_time`, `sheet.who`, each on its field.
pub fn read(typed: &Typed, printed: bool) -> Result<Option<Row>, Vec<Refusal>> {
    let Some(names) = typed.line.checked_sub(1).and_then(|at| FIELDS.get(at)) else { return Ok(None) };
    let (from, to, whom) = (typed.from.trim(), typed.to.trim(), typed.who.trim());
    if from.is_empty() && to.is_empty() && (printed || whom.is_empty()) {
        return Ok(None);
    }
    let mut wrong = Vec::new();
    let mut clock = |text: &str, field: &'static str| {
        let read = time(text);
        if read.is_none() && !text.is_empty() {
            let value: String = text.chars().take(20).collect();
            wrong.push(Refusal::new(&refusals::TIME).with("line", typed.line).with("value", value).on(field));
        }
        read
    };
    let (start, end) = (clock(from, names.from), clock(to, names.to));
    if from.is_empty() {
        let text = if to.is_empty() { &refusals::NO_TIME } else { &refusals::NO_IN };
        wrong.push(Refusal::new(text).with("line", typed.line).on(names.from));
    }
    let named = if printed { None } else { who(whom) };
    if !printed && named.is_none() {
        let refusal = if whom.is_empty() {
            Refusal::new(&refusals::NO_NAME)
        } else {
            Refusal::new(&refusals::WHO).with("value", whom.chars().take(40).collect::<String>())
        };
        wrong.push(refusal.with("line", typed.line).on(names.who));
    }
    match start {
        Some(from) if wrong.is_empty() => Ok(Some(Row { line: typed.line, from, to: end, who: named })),
        _ => Err(wrong),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_as_people_type_them() {
        for text in ["830", "0830", "8:30", "08：30", "8.30", "8点30", "8点半", "８：３０", "8点30分"]
        {
            assert_eq!(time(text), Some(Time::At(510)), "{text}");
        }
        assert_eq!(time("9"), Some(Time::At(540)));
        assert_eq!(time("9点"), Some(Time::At(540)));
        assert_eq!(time("2400"), Some(Time::At(1440)));
        for text in ["+", "＋", " 到 "] {
            assert_eq!(time(text), Some(Time::Planned));
        }
        for text in ["", "870", "25", "8:3x", "半", "12345", "-1", "8:300", "12:60", "2401"] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn people_as_they_are_written() {
        let number = people::person::volunteer_no(20_260_001);
        assert_eq!(who(&number.to_lowercase()), Some(Who::Number(number)));
        let tail = |name: &str| Some(Who::Tail(name.to_owned(), "5678".to_owned()));
        for text in ["王小明 5678", "王小明5678", "５６７８ 王小明", "王小明　5678", "王小明、5678"]
        {
            assert_eq!(who(text), tail("王小明"), "{text}");
        }
        assert_eq!(who("Anna Lee 5678"), tail("Anna Lee"));
        let phone = Who::Phone("王小明".to_owned(), "13800005678".to_owned());
        for text in ["王小明 138 0000 5678", "王小明 13800005678", "王小明：138-0000-5678"] {
            assert_eq!(who(text), Some(phone.clone()), "{text}");
        }
        for text in ["", "5678", "王小明", "王小明 567", "王小明 23800005678"] {
            assert_eq!(who(text), None, "{text}");
        }
    }

    fn typed(from: &str, to: &str, who: &str) -> Typed {
        Typed { line: 3, from: from.to_owned(), to: to.to_owned(), who: who.to_owned() }
    }

    fn codes(row: &Typed, printed: bool) -> Vec<(&'static str, Option<&'static str>)> {
        read(row, printed).err().unwrap_or_default().iter().map(|one| (one.code(), one.field)).collect()
    }

    #[test]
    fn lines() {
        assert!(matches!(read(&typed("", "", ""), true), Ok(None)));
        assert!(matches!(read(&typed(" ", "", ""), false), Ok(None)));
        let row = read(&typed("830", "", "不看"), true).unwrap().unwrap();
        assert_eq!((row.from, row.to, row.who), (Time::At(510), None, None));
        assert_eq!(codes(&typed("", "1030", ""), true), [("sheet.no_in", Some("in_3"))]);
        assert_eq!(
            codes(&typed("x", "y", ""), true),
            [("sheet.time", Some("in_3")), ("sheet.time", Some("out_3"))]
        );
        assert_eq!(codes(&typed("830", "", ""), false), [("sheet.no_name", Some("who_3"))]);
        assert_eq!(codes(&typed("", "", "王 1234"), false), [("sheet.no_time", Some("in_3"))]);
        assert_eq!(codes(&typed("+", "", "谁"), false), [("sheet.who", Some("who_3"))]);
    }

    proptest! {
        #[test]
        fn every_name_once_in_order(people in 0_usize..130, blanks in 0_usize..90) {
            let people: Vec<usize> = (0..people).collect();
            let sheets = layout(&people, blanks);
            prop_assert_eq!(&sheets.concat(), &people);
            prop_assert!(sheets.iter().all(|sheet| sheet.len() <= LINES));
            // Only after the names is there room, and no paper too much.
            let free = sheets.len() * LINES - people.len();
            prop_assert!(free >= blanks && free < blanks.max(1) + LINES);
        }

        #[test]
        fn any_text_is_read_or_refused(from in "\\PC{0,12}", to in "\\PC{0,12}", who in "\\PC{0,40}", printed: bool) {
            if let Err(wrong) = read(&typed(&from, &to, &who), printed) {
                prop_assert!(!wrong.is_empty());
            }
        }
    }
}
