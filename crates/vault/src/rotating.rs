//! The rotating check-in code on the screen at a session.
//!
//! Every 30 seconds of UTC there is another code, computed from the session and the step alone, so nothing
//! is stored and every server of a deployment shows the same. It comes in two forms: a six-digit *number* to
//! type, and a 16-character *tag* (80 bits) that goes into the link of the QR code. Seeing one does not tell
//! the other.
//!
//! [`check`] accepts the code of the running step and of **one previous step**: somebody who photographs the
//! screen in its last second has between 30 and 60 seconds to send it. No future step is accepted. Drift
//! between a phone and the server does not matter, because both the screen and the check take the code from
//! the server's clock, and a screen can only be behind. A future step would serve only two servers whose
//! clocks differ, which NTP settles, at the price of one more number that a guess may hit.
//!
//! Two numbers in a million are good at any time, so the caller limits the attempts of an account. The tag
//! cannot be guessed. Neither proves that somebody is at the place: a code can be sent to a friend within
//! its life, which is why check-in also looks at place, device and time.
//!
//! The key is the ring's [`Purpose::Code`](crate::Purpose::Code); its rotation changes the codes at once,
//! and a screen shows the new one when it next asks.

use crate::base32;
use crate::keys::SubKey;
use crate::token::{constant_time_eq, read_digits};

/// How long one code is shown, in milliseconds.
pub const STEP_MS: i64 = 30_000;

/// A code and how long it is still shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotatingCode {
    /// Six digits to type.
    pub number: String,
    /// Sixteen characters of Crockford base32 for the link.
    pub tag: String,
    /// The number of the step since 1970, which belongs into the check-in record.
    pub step: i64,
    /// Milliseconds until the next code, 1 to [`STEP_MS`].
    pub ms_left: i64,
}

/// The code of a session at a moment (UTC milliseconds).
#[must_use]
pub fn current(key: &SubKey, session_id: i64, now_ms: i64) -> RotatingCode {
    let step = now_ms.div_euclid(STEP_MS);
    let (number, tag) = at_step(key, session_id, step);
    RotatingCode { number: format!("{number:06}"), tag, step, ms_left: STEP_MS - now_ms.rem_euclid(STEP_MS) }
}

/// The step to which a presented number or tag belongs, if that is the running one or the one before.
///
/// The number may have spaces, hyphens and full-width digits; the tag may be in lower case. Whatever is
/// presented, both steps are computed and compared in full.
#[must_use]
pub fn check(key: &SubKey, session_id: i64, presented: &str, now_ms: i64) -> Option<i64> {
    let presented = Presented::read(presented)?;
    let step = now_ms.div_euclid(STEP_MS);
    let now = presented.is(at_step(key, session_id, step));
    let before = presented.is(at_step(key, session_id, step.wrapping_sub(1)));
    match (now, before) {
        (true, _) => Some(step),
        (false, true) => Some(step.wrapping_sub(1)),
        (false, false) => None,
    }
}

/// The step in which a tag was shown, among those that began within a span (UTC milliseconds), for a scan that is
/// sent later. Only tags: with so many steps a number of six digits could be guessed.
#[must_use]
pub fn find(key: &SubKey, session_id: i64, tag: &str, from_ms: i64, to_ms: i64) -> Option<i64> {
    let presented = Presented::read(tag).filter(|one| matches!(one, Presented::Tag(_)))?;
    (from_ms.div_euclid(STEP_MS)..=to_ms.div_euclid(STEP_MS))
        .find(|step| presented.is(at_step(key, session_id, *step)))
}

enum Presented {
    Number(u32),
    Tag(String),
}

impl Presented {
    fn read(text: &str) -> Option<Self> {
        if let Some(number) = read_digits(text) {
            return Some(Self::Number(number));
        }
        let text = text.trim();
        if text.len() != 16 {
            return None;
        }
        text.chars()
            .map(|c| base32::decode_digit(c).map(base32::encode_digit))
            .collect::<Option<_>>()
            .map(Self::Tag)
    }

    fn is(&self, (number, tag): (u32, String)) -> bool {
        match self {
            Self::Number(presented) => constant_time_eq(&presented.to_be_bytes(), &number.to_be_bytes()),
            Self::Tag(presented) => constant_time_eq(presented.as_bytes(), tag.as_bytes()),
        }
    }
}

fn at_step(key: &SubKey, session_id: i64, step: i64) -> (u32, String) {
    let mac = key.mac("rotating code", &[&session_id.to_be_bytes(), &step.to_be_bytes()]);
    let [a, b, c, d, e, f, g, h, rest @ ..] = mac;
    // Of 64 bits the remainder is uniform to one part in 10^13.
    let number = u64::from_be_bytes([a, b, c, d, e, f, g, h]) % 1_000_000;
    let (tag, _) = rest.split_at(10);
    (number as u32, base32::encode(tag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{KeyRing, Purpose};
    use proptest::prelude::*;

    fn key() -> SubKey {
        KeyRing::ephemeral([1; 32]).sub_key(Purpose::Code)
    }

    const NOW: i64 = 1_790_000_000_000;

    #[test]
    fn the_window_is_this_step_and_the_one_before() {
        let key = key();
        let code = current(&key, 7, NOW);
        let begin = code.step * STEP_MS;
        for text in [&code.number, &code.tag] {
            assert_eq!(check(&key, 7, text, begin - 1), None, "before it is shown");
            assert_eq!(check(&key, 7, text, begin), Some(code.step));
            assert_eq!(check(&key, 7, text, begin + STEP_MS - 1), Some(code.step));
            assert_eq!(check(&key, 7, text, begin + STEP_MS), Some(code.step), "one step later");
            assert_eq!(check(&key, 7, text, begin + 2 * STEP_MS - 1), Some(code.step));
            assert_eq!(check(&key, 7, text, begin + 2 * STEP_MS), None, "two steps later");
            assert_eq!(check(&key, 8, text, begin), None, "another session");
        }
    }

    #[test]
    fn a_tag_is_found_again_a_number_is_not() {
        let key = key();
        let code = current(&key, 7, NOW);
        let hour = 3_600_000;
        assert_eq!(find(&key, 7, &code.tag, NOW - hour, NOW + hour), Some(code.step));
        assert_eq!(find(&key, 7, &code.number, NOW - hour, NOW + hour), None);
        assert_eq!(find(&key, 8, &code.tag, NOW - hour, NOW + hour), None, "another session");
        assert_eq!(find(&key, 7, &code.tag, NOW - hour, NOW - 60_000), None, "outside the span");
    }

    #[test]
    fn what_people_type() {
        let key = key();
        let code = current(&key, 7, NOW);
        let (a, b) = code.number.split_at(3);
        let wide: String =
            code.number.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap()).collect();
        for text in [format!(" {a} {b}"), format!("{a}-{b}"), wide, code.tag.to_lowercase()] {
            assert_eq!(check(&key, 7, &text, NOW), Some(code.step), "{text}");
        }
        for text in ["", "12345", "1234567", "UUUUUUUUUUUUUUUU", &code.tag[1..], "二〇二六〇七"] {
            assert_eq!(check(&key, 7, text, NOW), None, "{text}");
        }
    }

    #[test]
    fn time_left() {
        let key = key();
        assert_eq!(current(&key, 1, 0).ms_left, 30_000);
        assert_eq!(current(&key, 1, 29_999).ms_left, 1);
        assert_eq!((current(&key, 1, -1).step, current(&key, 1, -1).ms_left), (-1, 1));
    }

    proptest! {
        #[test]
        fn what_is_shown_is_accepted(session: i64, now: i64) {
            let key = key();
            let code = current(&key, session, now);
            prop_assert_eq!(code.number.len(), 6);
            prop_assert_eq!(code.tag.len(), 16);
            prop_assert!((1..=STEP_MS).contains(&code.ms_left));
            prop_assert_eq!(check(&key, session, &code.number, now), Some(code.step));
            prop_assert_eq!(check(&key, session, &code.tag, now), Some(code.step));
        }

        #[test]
        fn other_tags_are_refused(session: i64, other: i64, now in 0..i64::MAX / 2, away in 2_i64..1000) {
            prop_assume!(session != other);
            let key = key();
            let tag = current(&key, session, now).tag;
            prop_assert_eq!(check(&key, other, &tag, now), None);
            prop_assert_eq!(check(&key, session, &tag, now + away * STEP_MS), None);
            prop_assert_eq!(check(&key, session, &tag, now - (away - 1) * STEP_MS), None);
        }

        #[test]
        fn any_text_can_be_presented(text in "\\PC{0,40}", now: i64) {
            let _ = check(&key(), 1, &text, now);
        }
    }
}
