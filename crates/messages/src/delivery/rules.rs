//! When something that failed is tried again: pure.

use std::time::UNIX_EPOCH;

use kernel::Timestamp;

/// How often something is tried before it is given up: about 17 hours in all.
pub const TRIES: i64 = 10;

/// The pause after so many tries, in milliseconds: 2, 4, 8 … minutes, at most 6 hours; `None`: give up.
#[must_use]
pub fn pause(attempts: i64) -> Option<i64> {
    (attempts < TRIES).then(|| (60_000_i64 << attempts.clamp(1, 9)).min(6 * 3_600_000))
}

/// Longest wait that another side may ask for, in milliseconds: a day.
const LONGEST_WAIT: i64 = kernel::time::DAY_MS;

/// Reads `Retry-After` (RFC 9110, 10.2.3), seconds or a date, as milliseconds from `now`.
#[must_use]
pub fn wait(text: &str, now: Timestamp) -> Option<i64> {
    let text = text.trim();
    let millis = match text.parse::<i64>() {
        Ok(seconds) => seconds.checked_mul(1000)?,
        Err(_) => {
            let at = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
            i64::try_from(at.as_millis()).ok()?.checked_sub(now.0)?
        }
    };
    (millis > 0).then(|| millis.min(LONGEST_WAIT))
}

/// Why something was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// In short, without address, number or text.
    pub why: String,
    /// Whether trying again is of no use.
    pub for_good: bool,
    /// Whether what was sent to is not there any more.
    pub gone: bool,
    /// How long the other side asked us to wait at the least, in milliseconds.
    pub after: i64,
}

impl Failure {
    /// Worth another try.
    pub fn again(why: impl Into<String>) -> Self {
        Self { why: why.into(), for_good: false, gone: false, after: 0 }
    }

    /// Not worth another try.
    pub fn for_good(why: impl Into<String>) -> Self {
        Self { why: why.into(), for_good: true, gone: false, after: 0 }
    }

    /// Not worth another try, now or with anything else: nobody is there any more.
    pub fn gone(why: impl Into<String>) -> Self {
        Self { gone: true, ..Self::for_good(why) }
    }

    /// The same, not before a time has passed (milliseconds).
    #[must_use]
    pub fn after(self, wait: Option<i64>) -> Self {
        Self { after: wait.unwrap_or(0), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn waits() {
        let now = Timestamp(1_445_412_420_000);
        assert_eq!(wait("120", now), Some(120_000));
        assert_eq!(wait(" Wed, 21 Oct 2015 07:28:00 GMT", now), Some(60_000));
        assert_eq!(wait("999999999", now), Some(LONGEST_WAIT));
        for none in ["", "0", "-5", "soon", "Wed, 21 Oct 2015 07:26:00 GMT", "99999999999999999999"] {
            assert_eq!(wait(none, now), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn pauses_grow_and_end(attempts in 1_i64..100) {
            match (pause(attempts), pause(attempts + 1)) {
                (Some(one), Some(next)) => prop_assert!(one <= next && one >= 60_000 && next <= 6 * 3_600_000),
                (None, next) => prop_assert!(attempts >= TRIES && next.is_none()),
                (Some(_), None) => prop_assert_eq!(attempts + 1, TRIES),
            }
        }
    }
}
