//! The volunteer number (V2): `V`, nine digits in the order of registration, one check digit. It says
//! nothing about the person and stays for life.

use db::{DbError, WriteTx, args, sql};

/// Damm's quasigroup of order ten. Unlike Luhn it also notices the swap of 0 and 9.
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

/// The running check over digits; 0 for a whole number with its check digit.
fn check(digits: impl Iterator<Item = u8>) -> Option<u8> {
    digits.into_iter().try_fold(0_u8, |at, digit| {
        DAMM.get(usize::from(at)).and_then(|row| row.get(usize::from(digit))).copied()
    })
}

/// The volunteer number of a counter value (1 to 999,999,999), with its check digit.
#[must_use]
pub fn volunteer_no(n: i64) -> String {
    let body = format!("{n:09}");
    let digit = check(body.bytes().map(|b| b.wrapping_sub(b'0'))).unwrap_or_default();
    format!("V{body}{digit}")
}

/// Reads a volunteer number as people type it: lower case, full width, spaces and hyphens, with or
/// without the `V`. `None` when it is none or the check digit does not fit.
#[must_use]
pub fn parse_volunteer_no(text: &str) -> Option<String> {
    let mut digits = String::with_capacity(10);
    for (at, c) in fold(text).chars().enumerate() {
        match c {
            'V' if at == 0 => {}
            '0'..='9' if digits.len() < 10 => digits.push(c),
            _ => return None,
        }
    }
    let fits = digits.len() == 10 && check(digits.bytes().map(|b| b.wrapping_sub(b'0'))) == Some(0);
    fits.then(|| format!("V{digits}"))
}

/// Half-width, upper case, without spaces and hyphens.
pub(super) fn fold(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            other => other,
        })
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '－' | '–' | '—' | '·'))
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

/// Takes `n` counter values for volunteer numbers and returns the first. The counter's row stays locked
/// until the transaction ends: take them late, and many at once for an import.
///
/// # Errors
/// Of the database.
pub fn take_numbers(tx: &mut WriteTx<'_>, n: i64) -> Result<i64, DbError> {
    let (last,): (String,) = tx.one(
        sql!(
            "INSERT INTO setting (name, value) VALUES ('volunteer_no', $1)
             ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(setting.value AS BIGINT) + $2 AS TEXT)
             RETURNING value"
        ),
        args![n.to_string(), n],
    )?;
    let last: i64 = last.parse().map_err(|_| DbError::Inconsistent("setting volunteer_no".to_owned()))?;
    Ok(last - n + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_people_type() {
        let number = volunteer_no(42);
        assert_eq!(number.len(), 11);
        let digits = &number[1..];
        let spaced = format!(" v {} {} ", &digits[..5], &digits[5..]);
        let wide: String = number.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap()).collect();
        for typed in [number.as_str(), digits, &number.to_lowercase(), &spaced, &wide] {
            assert_eq!(parse_volunteer_no(typed).as_deref(), Some(number.as_str()), "{typed}");
        }
        for wrong in ["", "V", "张三", "V12345", "13812345678", "VV0000000425"] {
            assert_eq!(parse_volunteer_no(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_noticed(n in 1_i64..1_000_000_000, at in 0_usize..10, step in 1_u8..10) {
            let mut bytes = volunteer_no(n).into_bytes();
            bytes[at + 1] = b'0' + (bytes[at + 1] - b'0' + step) % 10;
            prop_assert_eq!(parse_volunteer_no(std::str::from_utf8(&bytes).unwrap()), None);
        }

        #[test]
        fn swapped_neighbours_are_noticed(n in 1_i64..1_000_000_000, at in 1_usize..10) {
            let number = volunteer_no(n);
            let mut bytes = number.clone().into_bytes();
            bytes.swap(at, at + 1);
            let read = parse_volunteer_no(std::str::from_utf8(&bytes).unwrap());
            let same = bytes == number.as_bytes();
            prop_assert_eq!(read.is_some(), same);
        }

        #[test]
        fn never_fails(text in "\\PC{0,40}") {
            let _ = parse_volunteer_no(&text);
        }
    }
}
