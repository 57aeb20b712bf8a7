//! When something took place: a day, a day with from and to, or from one day to another, in one cell or several.

use kernel::{Date, Refusal};

use crate::map::Column;
use crate::{clean, refusals, text};

/// A moment as far as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moment {
    /// The day.
    pub date: Option<Date>,
    /// Minute of the day, up to 1,440.
    pub minute: Option<i64>,
}

/// From when to when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// First day.
    pub on: Date,
    /// Last day; none when only one day is written.
    pub until: Option<Date>,
    /// Minute of the first day.
    pub from: Option<i64>,
    /// Minute of the last day.
    pub to: Option<i64>,
}

/// Half-width, nothing invisible, without what stands in brackets (a day of the week).
fn plain(value: &str) -> String {
    let mut out = String::new();
    let mut depth = 0_usize;
    for c in text::bare(value).chars().take(80).map(text::half).filter(|c| !text::invisible(*c)) {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            c if c.is_whitespace() || c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    let mut week = String::new();
    let mut rest = out.as_str();
    while let Some((at, mark)) =
        ["星期", "礼拜", "周"].iter().filter_map(|w| rest.find(w).map(|at| (at, *w))).min()
    {
        let (head, tail) = rest.split_at(at);
        let tail = tail.strip_prefix(mark).unwrap_or(tail);
        week.push_str(head);
        week.push(' ');
        rest = tail.strip_prefix(['一', '二', '三', '四', '五', '六', '日', '天', '末']).unwrap_or(tail);
    }
    week.push_str(rest);
    week.trim().to_owned()
}

/// The two sides of a span.
fn halves(value: &str) -> (&str, Option<&str>) {
    let cut = |at: usize, width: usize| {
        let (left, right) = value.split_at(at);
        let right = right.get(width..).unwrap_or_default();
        let marks = |c: char| c.is_whitespace() || matches!(c, '~' | '—' | '–' | '―' | '-');
        (left.trim_end_matches(marks), Some(right.trim_start_matches(marks)))
    };
    for mark in ["至", "到", "~", "—", "–", "―", "--", " - "] {
        if let Some(at) = value.find(mark) {
            return cut(at, mark.len());
        }
    }
    let dashes = || value.match_indices('-').map(|(at, _)| at);
    if let Some(colon) = value.find(':')
        && let Some(at) = dashes().find(|at| *at > colon)
    {
        return cut(at, 1);
    }
    let other = value.contains(['.', '/', '年', '月', '点', '时']);
    match dashes().count() {
        // 2024.3.5-2024.3.7, 9点-11点
        1 if other => dashes().next().map_or((value, None), |at| cut(at, 1)),
        // 2024-03-05-2024-03-07
        5 => dashes().nth(2).map_or((value, None), |at| cut(at, 1)),
        _ => (value, None),
    }
}

/// Reads a day, a time of day, or both.
///
/// # Errors
/// `past.time`, `past.day`; what [`clean::date`] refuses.
pub fn moment(field: impl Column, value: &str) -> Result<Moment, Refusal> {
    side(field, &plain(value), None)
}

/// Reads a day, a day with times, or a span.
///
/// # Errors
/// `past.time`, `past.day`, `past.order`; what [`clean::date`] refuses.
pub fn when(field: impl Column, value: &str) -> Result<When, Refusal> {
    let value = plain(value);
    let (left, right) = halves(&value);
    let from = side(field, left, None)?;
    let on = from
        .date
        .ok_or_else(|| clean::refuse(&refusals::PAST_DAY, field).with("value", clean::short(&value)))?;
    let Some(right) = right else {
        return Ok(When { on, until: None, from: from.minute, to: None });
    };
    let mut to = side(field, right, Some(on))?;
    // 下午2:00-4:00: the word holds for both.
    if let (None, Some(a), Some(b)) = (to.date, from.minute, to.minute)
        && b <= a
        && b < 720
        && b + 720 > a
        && ["下午", "晚上", "傍晚"].iter().any(|word| left.contains(word))
    {
        to.minute = Some(b + 720);
    }
    // 22:00-06:00: the end is the next morning.
    let overnight = to.date.is_none() && matches!((from.minute, to.minute), (Some(a), Some(b)) if b <= a);
    let until = if overnight { Some(on.plus(1)) } else { to.date };
    if until.is_some_and(|until| until < on) {
        return Err(clean::refuse(&refusals::PAST_ORDER, field)
            .with("from", on)
            .with("to", until.unwrap_or(on)));
    }
    Ok(When { on, until, from: from.minute, to: to.minute })
}

fn side(field: impl Column, value: &str, first: Option<Date>) -> Result<Moment, Refusal> {
    let wrong = || clean::refuse(&refusals::PAST_TIME, field).with("value", clean::short(value));
    let (head, minute) = time(value).ok_or_else(wrong)?;
    let head = head.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | '，' | '、'));
    let head = head.strip_suffix(['T', 't']).unwrap_or(head);
    if head.is_empty() {
        return if minute.is_some() { Ok(Moment { date: None, minute }) } else { Err(wrong()) };
    }
    let written = match (clean::date(field, head), first) {
        (Ok(written), _) if !written.partial => Ok(written),
        // "3月5日至7日", "2024.3.5-3.7": the year, or year and month, of the first day.
        (found, Some(first)) => {
            let year = first.0.year();
            clean::date(field, &format!("{year}年{head}"))
                .ok()
                .filter(|written| !written.partial)
                .or_else(|| {
                    clean::date(field, &format!("{year}年{}月{head}", first.0.month()))
                        .ok()
                        .filter(|w| !w.partial)
                })
                .map_or(found, Ok)
        }
        (found, None) => found,
    }?;
    if written.partial {
        return Err(clean::refuse(&refusals::PAST_DAY, field).with("value", clean::short(value)));
    }
    Ok(Moment { date: Some(written.date), minute })
}

/// What stands before the time of day, and its minute; none when what looks like a time is none.
fn time(value: &str) -> Option<(&str, Option<i64>)> {
    let colon = value.find(':');
    let word = value.find(['点', '时']).filter(|at| value.get(..*at).is_some_and(ends_with_digit));
    let Some(at) = colon.or(word) else { return Some((value, None)) };
    let (head, tail) = value.split_at(at);
    let digits = head.bytes().rev().take_while(u8::is_ascii_digit).count().min(2);
    let (before, hour) = head.split_at(head.len() - digits);
    let hour: i64 = hour.parse().ok()?;
    let tail = tail.strip_prefix([':', '点', '时'])?;
    let tail = tail.strip_prefix('半').map_or((tail, None), |rest| (rest, Some(30)));
    let (minute, rest) = match tail {
        (rest, Some(half)) => (half, rest),
        (rest, None) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (minute, rest) = rest.split_at(digits.min(2));
            if colon.is_some() && minute.len() != 2 {
                return None;
            }
            (if minute.is_empty() { 0 } else { minute.parse().ok()? }, rest)
        }
    };
    // Seconds say nothing here.
    let rest = match rest.strip_prefix(':') {
        Some(seconds) => seconds.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.'),
        None => rest.strip_prefix('分').unwrap_or(rest),
    };
    let rest = rest.trim().to_ascii_lowercase();
    let before = before.trim_end();
    const PARTS: &[(&str, bool)] = &[
        ("上午", false),
        ("早上", false),
        ("凌晨", false),
        ("清晨", false),
        ("下午", true),
        ("晚上", true),
        ("傍晚", true),
        ("中午", true),
    ];
    let part = PARTS.iter().find(|(word, _)| before.ends_with(word));
    let before = part.map_or(before, |(word, _)| before.strip_suffix(word).unwrap_or(before));
    let late = match (part, rest.as_str()) {
        (Some((word, late)), "") => Some(if *word == "中午" { hour < 3 } else { *late }),
        (None, "pm" | "p.m.") => Some(true),
        (None, "am" | "a.m.") => Some(false),
        (None, "") => None,
        _ => return None,
    };
    let hour = match late {
        Some(true) if hour < 12 => hour + 12,
        Some(false) if hour == 12 => 0,
        _ => hour,
    };
    let minutes = hour * 60 + minute;
    (minute < 60 && minutes <= 1440).then_some((before, Some(minutes)))
}

fn ends_with_digit(text: &str) -> bool {
    text.ends_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::past::Past;

    fn shown(text: &str) -> String {
        match when(Past::On, text) {
            Ok(w) => {
                let minute =
                    |m: Option<i64>| m.map(|m| format!(" {:02}:{:02}", m / 60, m % 60)).unwrap_or_default();
                let until = w.until.map(|d| format!(" {d}")).unwrap_or_default();
                let to = if w.to.is_some() || w.until.is_some() {
                    format!(" ->{until}{}", minute(w.to))
                } else {
                    String::new()
                };
                format!("{}{}{to}", w.on, minute(w.from))
            }
            Err(refusal) => refusal.code().to_owned(),
        }
    }

    #[test]
    fn forms_people_use() {
        for (text, want) in [
            ("2024-03-05", "2024-03-05"),
            ("2024年3月5日（周二）", "2024-03-05"),
            ("2024年3月5日星期二", "2024-03-05"),
            ("2024/3/5 9:00", "2024-03-05 09:00"),
            ("2024-03-05T09:00:30", "2024-03-05 09:00"),
            ("2024-03-05 09:00-11:30", "2024-03-05 09:00 -> 11:30"),
            ("2024-03-05 09:00～11:30", "2024-03-05 09:00 -> 11:30"),
            ("2024年3月5日9：00至11：30", "2024-03-05 09:00 -> 11:30"),
            ("2024年3月5日 上午9点到11点半", "2024-03-05 09:00 -> 11:30"),
            ("2024.3.5 下午2:00—4:00", "2024-03-05 14:00 -> 16:00"),
            ("2024.3.5 下午2:00—下午4:00", "2024-03-05 14:00 -> 16:00"),
            ("2024.3.5-2024.3.7", "2024-03-05 -> 2024-03-07"),
            ("2024-03-05-2024-03-07", "2024-03-05 -> 2024-03-07"),
            ("2024-03-05 至 2024-03-07", "2024-03-05 -> 2024-03-07"),
            ("2024年3月5日-7日", "2024-03-05 -> 2024-03-07"),
            ("2024年3月5日-4月7日", "2024-03-05 -> 2024-04-07"),
            ("2024-03-05 09:00:00 ~ 2024-03-05 11:00:00", "2024-03-05 09:00 -> 2024-03-05 11:00"),
            ("2024-03-05 22:00-06:00", "2024-03-05 22:00 -> 2024-03-06 06:00"),
            ("20240305", "2024-03-05"),
            ("2024-03-05 2:00 PM", "2024-03-05 14:00"),
            ("2024年3月", "past.day"),
            ("09:00-11:00", "past.day"),
            ("2024-03-05 25:00", "past.time"),
            ("2024-03-05 9:0", "past.time"),
            ("2024-03-07至2024-03-05", "past.order"),
            ("2024-02-30", "roster.date_not_real"),
            ("去年", "roster.date_form"),
        ] {
            assert_eq!(shown(text), want, "{text}");
        }
        let at = moment(Past::From, "9:05").unwrap();
        assert_eq!((at.date, at.minute), (None, Some(545)));
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,30}") {
            let _ = when(Past::On, &text);
            let _ = moment(Past::From, &text);
        }

        #[test]
        fn near_misses_never_panic(text in "[0-9:年月日至到~ 点时半分上下午-]{0,24}") {
            if let Ok(found) = when(Past::On, &text) {
                prop_assert!(found.until.is_none_or(|until| until >= found.on));
            }
        }
    }
}
