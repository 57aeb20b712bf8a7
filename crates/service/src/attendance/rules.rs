//! Who may check in or out when, without any storage.

use kernel::Timestamp;
use kernel::time::MINUTE_MS;

use super::Way;
use crate::CheckInId;

/// Minutes before the start from which one can check in (R4); they earn nothing (Edge-06).
pub const OPENS_BEFORE: i64 = 30;
/// Minutes after the end until which one can check out.
pub const CLOSES_AFTER: i64 = 60;
/// In/out pairs per person and session (R4).
pub const MAX_PAIRS: usize = 3;
/// A second scan within this many milliseconds is the same scan.
pub const SAME_SCAN_MS: i64 = MINUTE_MS;
/// How long a scan before signing in is kept, in milliseconds (Edge-02).
pub const RECEIPT_MS: i64 = 10 * MINUTE_MS;
/// Wrong numbers per account and session before it must wait (Edge-04).
pub const TRIES_OF_ONE: i64 = 6;
/// Wrong numbers per session in total before typing is closed for a while; scanning stays open.
pub const TRIES_OF_ALL: i64 = 300;
/// The span in which wrong numbers are counted, and how long one then waits, in milliseconds.
pub const TRY_WINDOW_MS: i64 = 10 * MINUTE_MS;
/// More people than this on one device are a matter for the checker (Edge-04).
pub const DEVICE_PEOPLE: i64 = 5;

/// One stay: in, and out unless the person is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Its row.
    pub id: CheckInId,
    /// In.
    pub in_at: Timestamp,
    /// Out.
    pub out_at: Option<Timestamp>,
}

/// What a scan leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A new pair begins.
    In,
    /// The open pair ends.
    Out(CheckInId),
    /// The scan repeats what is already noted: which way, and when.
    Same(Way, Timestamp),
}

/// Why a scan leads to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum No {
    /// Check-in is not open yet.
    Early,
    /// The session has ended and nobody can come in any more.
    Ended,
    /// Even check-out is over.
    Over,
    /// Three pairs are enough.
    Pairs,
}

/// Whether check-in and check-out are open: from 30 minutes before the start to 60 minutes after the end,
/// half-open.
#[must_use]
pub const fn in_window(starts_at: Timestamp, ends_at: Timestamp, at: Timestamp) -> bool {
    at.0 >= starts_at.plus_minutes(-OPENS_BEFORE).0 && at.0 < ends_at.plus_minutes(CLOSES_AFTER).0
}

/// Decides what a scan at a moment means for a person with these pairs (in order of time).
///
/// # Errors
/// Why it means nothing.
pub fn decide(
    pairs: &[Pair],
    at: Timestamp,
    want: Option<Way>,
    starts_at: Timestamp,
    ends_at: Timestamp,
) -> Result<Act, No> {
    if at < starts_at.plus_minutes(-OPENS_BEFORE) {
        return Err(No::Early);
    }
    let last = pairs.last();
    if let Some(open) = pairs.iter().find(|pair| pair.out_at.is_none()) {
        if want == Some(Way::In) || at.0 - open.in_at.0 < SAME_SCAN_MS {
            return Ok(Act::Same(Way::In, open.in_at));
        }
        if at >= ends_at.plus_minutes(CLOSES_AFTER) {
            return Err(No::Over);
        }
        return Ok(Act::Out(open.id));
    }
    if let Some(out) = last.and_then(|pair| pair.out_at)
        && (want == Some(Way::Out) || at.0 - out.0 < SAME_SCAN_MS)
    {
        return Ok(Act::Same(Way::Out, out));
    }
    if at >= ends_at.plus_minutes(CLOSES_AFTER) {
        return Err(No::Over);
    }
    if at >= ends_at {
        return Err(No::Ended);
    }
    if pairs.len() >= MAX_PAIRS {
        return Err(No::Pairs);
    }
    Ok(Act::In)
}

/// Reads the link behind the picture: `{session}.{tag}`.
#[must_use]
pub fn link(code: &str) -> Option<(i64, &str)> {
    let (session, tag) = code.trim().split_once('.')?;
    Some((session.parse().ok()?, tag))
}

/// Whether the head-count tells another story than the check-ins: |check-ins − heads| > max(2, 5 %)
/// (Edge-02).
#[must_use]
pub fn heads_differ(checked_in: i64, heads: i64) -> bool {
    let allowed = (heads.max(checked_in) * 5 / 100).max(2);
    (checked_in - heads).abs() > allowed
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_000 * MINUTE_MS);
    const END: Timestamp = Timestamp(1_120 * MINUTE_MS);

    fn at(minute: i64) -> Timestamp {
        START.plus_minutes(minute)
    }

    fn pair(id: i64, from: i64, to: Option<i64>) -> Pair {
        Pair { id: CheckInId(id), in_at: at(from), out_at: to.map(at) }
    }

    #[test]
    fn window_is_half_open() {
        assert_eq!(decide(&[], at(-31), None, START, END), Err(No::Early));
        assert_eq!(decide(&[], at(-30), None, START, END), Ok(Act::In));
        assert_eq!(decide(&[], at(119), None, START, END), Ok(Act::In));
        assert_eq!(decide(&[], at(120), None, START, END), Err(No::Ended));
        assert_eq!(decide(&[], at(180), None, START, END), Err(No::Over));
        let open = [pair(1, 0, None)];
        assert_eq!(decide(&open, at(179), None, START, END), Ok(Act::Out(CheckInId(1))));
        assert_eq!(decide(&open, at(180), None, START, END), Err(No::Over));
        assert!(in_window(START, END, at(-30)) && !in_window(START, END, at(180)));
    }

    #[test]
    fn a_repeated_scan_is_harmless() {
        let open = [pair(1, 10, None)];
        let soon = Timestamp(at(10).0 + SAME_SCAN_MS - 1);
        assert_eq!(decide(&open, soon, None, START, END), Ok(Act::Same(Way::In, at(10))));
        assert_eq!(decide(&open, at(11), None, START, END), Ok(Act::Out(CheckInId(1))));
        assert_eq!(decide(&open, at(40), Some(Way::In), START, END), Ok(Act::Same(Way::In, at(10))));
        let out = [pair(1, 10, Some(30))];
        let soon = Timestamp(at(30).0 + 5);
        assert_eq!(decide(&out, soon, None, START, END), Ok(Act::Same(Way::Out, at(30))));
        assert_eq!(decide(&out, at(31), None, START, END), Ok(Act::In));
        assert_eq!(decide(&out, at(60), Some(Way::Out), START, END), Ok(Act::Same(Way::Out, at(30))));
    }

    #[test]
    fn three_pairs_are_enough() {
        let three = [pair(1, 0, Some(10)), pair(2, 20, Some(30)), pair(3, 40, Some(50))];
        assert_eq!(decide(&three, at(60), None, START, END), Err(No::Pairs));
    }

    #[test]
    fn links_and_heads() {
        assert_eq!(link("12.ABC"), Some((12, "ABC")));
        assert_eq!(link("x.ABC"), None);
        assert!(!heads_differ(10, 12) && heads_differ(10, 13));
        assert!(!heads_differ(100, 105) && heads_differ(100, 106));
    }
}
