//! How long something took, in every form people write it: `2.5`, `2.5小时`, `2小时30分`, `150分钟`, `2:30`,
//! `两个半小时`, `2 h 30 min`.

use kernel::Refusal;

use crate::map::Column;
use crate::{clean, refusals, text};

/// What a bare number means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Hours.
    Hours,
    /// Minutes.
    Minutes,
}

/// More minutes than this are a slip, whatever the row says.
const MOST: i64 = 1_000_000;
/// A millionth, the precision amounts are kept in until they are rounded once.
const ONE: i64 = 1_000_000;

/// Reads an amount of time as whole minutes, rounded to the nearest: `0.33` hours were 20 minutes before a
/// spreadsheet cut them.
///
/// # Errors
/// `past.duration_form` for what has no meaning or two, negative amounts and days (nobody knows how long such a day
/// was); `past.duration_zero`.
pub fn minutes(field: impl Column, value: &str, unit: Unit) -> Result<i64, Refusal> {
    let wrong =
        || clean::refuse(&refusals::DURATION_FORM, field).with("value", clean::short(text::bare(value)));
    let plain: String = text::bare(value)
        .chars()
        .take(60)
        .map(text::half)
        .filter(|c| !c.is_whitespace() && !text::invisible(*c))
        .flat_map(char::to_lowercase)
        .collect();
    let micro = amount(&plain, unit).ok_or_else(wrong)?;
    let minutes = (micro + ONE / 2) / ONE;
    if minutes == 0 {
        return Err(clean::refuse(&refusals::DURATION_ZERO, field));
    }
    if minutes > MOST { Err(wrong()) } else { Ok(minutes) }
}

/// Millionths of minutes.
fn amount(text: &str, unit: Unit) -> Option<i64> {
    let text = text.trim_start_matches(['约', '共']).trim_end_matches(['整', '左', '右']);
    if text.contains(':') {
        return clock(text);
    }
    let mut rest = text;
    let mut sum = 0_i64;
    // 0: nothing yet, 1: hours were named, 2: minutes, 3: seconds or an end
    let mut named = 0_u8;
    while !rest.is_empty() {
        // "2小时半"
        if let Some(after) = rest.strip_prefix('半').filter(|after| after.is_empty() && named == 1) {
            (sum, rest, named) = (sum.checked_add(30 * ONE)?, after, 3);
            continue;
        }
        let (mut number, after) = number(rest)?;
        let mut tail = after;
        // "两个半小时"
        if let Some(half) = tail.strip_prefix("个半") {
            (number, tail) = (number.checked_add(ONE / 2)?, half);
            if tail.is_empty() {
                return None;
            }
        }
        let tail = tail.strip_prefix('个').unwrap_or(tail);
        let (step, factor, left) = match word(tail) {
            Some((step, factor, left)) => (step, factor, left),
            // "2小时30", or a bare number in the column's unit.
            None if tail.is_empty() && named == 1 => (2, ONE, ""),
            None if tail.is_empty() && named == 0 => match unit {
                Unit::Hours => (3, 60 * ONE, ""),
                Unit::Minutes => (3, ONE, ""),
            },
            None => return None,
        };
        if step <= named {
            return None;
        }
        // number and factor are both in millionths
        let part = i128::from(number) * i128::from(factor) / i128::from(ONE);
        sum = sum.checked_add(i64::try_from(part).ok()?)?;
        (named, rest) = (step, left);
    }
    (named > 0).then_some(sum)
}

/// `2:30`, `02:30:00`.
fn clock(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let (hours, minutes) = (parts.next()?, parts.next()?);
    let seconds = parts.next().unwrap_or("0");
    let digits = |part: &str, most: usize| {
        (!part.is_empty() && part.len() <= most && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse::<i64>().ok())
            .flatten()
    };
    let (h, m, s) = (digits(hours, 4)?, digits(minutes, 2)?, digits(seconds, 2)?);
    (parts.next().is_none() && m < 60 && s < 60).then_some((h * 60 + m) * ONE + s * ONE / 60)
}

/// A number at the beginning, in millionths, and the rest.
fn number(text: &str) -> Option<(i64, &str)> {
    if let Some(rest) = text.strip_prefix('半') {
        return Some((ONE / 2, rest));
    }
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (figure, rest) = text.split_at(end);
    if figure.is_empty() {
        return numeral(text);
    }
    let (whole, part) = figure.split_once('.').unwrap_or((figure, ""));
    // ".5" and "2." are slips as often as not, but have one meaning; "1.2.3" has none.
    if whole.len() > 7 || part.contains('.') || whole.is_empty() && part.is_empty() {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part: String = part.chars().chain("000000".chars()).take(6).collect();
    Some((whole.checked_mul(ONE)?.checked_add(part.parse().ok()?)?, rest))
}

/// A Chinese numeral up to ninety-nine.
fn numeral(text: &str) -> Option<(i64, &str)> {
    let digit = |c: char| "零一二三四五六七八九".chars().position(|d| d == c).or((c == '两').then_some(2));
    let (mut value, mut ones, mut used, mut tens) = (0_usize, None, 0, false);
    for c in text.chars() {
        if c == '十' && !tens {
            (value, ones, tens) = (ones.unwrap_or(1) * 10, None, true);
        } else if let (Some(n), None) = (digit(c), ones) {
            ones = Some(n);
        } else {
            break;
        }
        used += c.len_utf8();
    }
    value += ones.unwrap_or(0);
    (used > 0).then(|| Some((i64::try_from(value).ok()? * ONE, text.get(used..)?))).flatten()
}

/// A unit at the beginning: its step, how many millionths of a minute one is, and the rest.
fn word(text: &str) -> Option<(u8, i64, &str)> {
    // Longest first.
    const WORDS: &[(&str, u8, i64)] = &[
        ("小时", 1, 60 * ONE),
        ("钟头", 1, 60 * ONE),
        ("hours", 1, 60 * ONE),
        ("hour", 1, 60 * ONE),
        ("hrs", 1, 60 * ONE),
        ("hr", 1, 60 * ONE),
        ("h", 1, 60 * ONE),
        ("时", 1, 60 * ONE),
        ("分钟", 2, ONE),
        ("分", 2, ONE),
        ("minutes", 2, ONE),
        ("minute", 2, ONE),
        ("mins", 2, ONE),
        ("min", 2, ONE),
        ("m", 2, ONE),
        ("'", 2, ONE),
        ("秒", 3, ONE / 60),
    ];
    WORDS.iter().find_map(|(word, step, factor)| text.strip_prefix(word).map(|rest| (*step, *factor, rest)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::past::Past;

    fn read(text: &str, unit: Unit) -> Result<i64, &'static str> {
        minutes(Past::Hours, text, unit).map_err(|r| r.code())
    }

    #[test]
    fn forms_people_use() {
        for text in [
            "2.5",
            "2.5小时",
            "2.50 小时",
            "２．５小时",
            "2小时30分",
            "2小时30分钟",
            "2 小时 30",
            "2时30分",
            "150分钟",
            "150分",
            "150 min",
            "2:30",
            "02:30",
            "2:30:00",
            "2：30",
            "2h30m",
            "2 h 30 min",
            "2.5h",
            "2.5 hours",
            "两个半小时",
            "2个半小时",
            "2小时半",
            "二小时三十分",
            "约2.5小时",
            "'2.5",
            "150'",
        ] {
            assert_eq!(read(text, Unit::Hours), Ok(150), "{text}");
        }
        assert_eq!(read("150", Unit::Minutes), Ok(150));
        assert_eq!(read("2.5小时", Unit::Minutes), Ok(150), "a named unit wins");
        for (text, minutes) in [
            ("半小时", 30),
            ("半个小时", 30),
            ("一个半小时", 90),
            ("十二个小时", 720),
            ("0.33", 20),
            ("1.67", 100),
            ("2.3333333333333335", 140),
            ("2.4999999999999996", 150),
            ("0.1", 6),
            (".5", 30),
            ("8小时", 480),
            ("1小时0分31秒", 61),
            ("30:00", 1800),
        ] {
            assert_eq!(read(text, Unit::Hours), Ok(minutes), "{text}");
        }
    }

    #[test]
    fn no_guessing() {
        for text in [
            "-2",
            "2-3小时",
            "2,5",
            "1天",
            "两天",
            "半天",
            "上午",
            "2小时3小时",
            "30分2小时",
            "1.2.3",
            "2:60",
            "2:3:4:5",
            "小时",
            "2学时",
            "abc",
            "12345678",
            "2小时半30分",
            "个半小时",
            "2个半",
            "..",
            "999999小时",
            "2小时30分钟左侧",
        ] {
            assert_eq!(read(text, Unit::Hours), Err("past.duration_form"), "{text}");
        }
        for text in ["0", "0.0小时", "0:00", "0分钟"] {
            assert_eq!(read(text, Unit::Hours), Err("past.duration_zero"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn all_forms_agree(hours in 0_i64..100, minutes in 0_i64..60) {
            prop_assume!(hours + minutes > 0);
            let all = hours * 60 + minutes;
            for text in [
                format!("{hours}小时{minutes}分"), format!("{hours}时{minutes}分钟"), format!("{hours}:{minutes:02}"),
                format!("{hours} h {minutes} min"), format!("{all}分钟"), format!("{hours}:{minutes:02}:00"),
            ] {
                prop_assert_eq!(read(&text, Unit::Hours), Ok(all), "{}", text);
            }
            prop_assert_eq!(read(&all.to_string(), Unit::Minutes), Ok(all));
        }

        #[test]
        fn decimals_round_to_the_nearest_minute(minutes in 1_i64..6000) {
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let hours = minutes as f64 / 60.0;
            prop_assert_eq!(read(&hours.to_string(), Unit::Hours), Ok(minutes));
            prop_assert_eq!(read(&format!("{hours:.4}小时"), Unit::Hours), Ok(minutes));
        }

        #[test]
        fn never_panics_never_negative(text in "\\PC{0,24}") {
            if let Ok(minutes) = read(&text, Unit::Hours) {
                prop_assert!((1..=MOST).contains(&minutes));
            }
        }

        #[test]
        fn near_misses_never_panic(text in "[0-9.:个半两十小时分钟秒hmin' -]{0,12}") {
            if let Ok(minutes) = read(&text, Unit::Minutes) {
                prop_assert!((1..=MOST).contains(&minutes));
            }
        }
    }
}
