//! What many phones' commands come to together, without any storage. The outcome depends on the *set* of
//! commands alone: in whatever order they arrive, and however often, the roll ends the same.

use std::collections::{BTreeMap, BTreeSet};

use kernel::Timestamp;
use kernel::time::MINUTE_MS;

use vault::rotating::STEP_MS;

use super::{Act, Why};
use crate::attendance::rules::{CLOSES_AFTER, OPENS_BEFORE, SAME_SCAN_MS};

/// A clock that is wrong by more than this many milliseconds is not believed (Edge-24).
pub const CLOCK_MS: i64 = 5 * MINUTE_MS;
/// Two witnesses whose times lie this close, in milliseconds, say the same.
pub const AGREE_MS: i64 = 10 * MINUTE_MS;
/// Days after a role ended in which what its holder captured before is still taken (Edge-12).
pub const AFTER_ROLE_DAYS: i64 = 7;
/// How long after a scan it may be sent, in milliseconds: longer than a weekend without a network, shorter than the
/// time in which records are confirmed.
pub const LATE_SCAN_MS: i64 = 72 * 60 * MINUTE_MS;
/// Scans in one request.
pub const SCANS: usize = 20;
/// Commands in one request.
pub const BATCH: usize = 200;

/// The times of a session that captured moments are held against.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Planned start.
    pub starts_at: Timestamp,
    /// The end that counts.
    pub ends_at: Timestamp,
}

/// When something was captured, as far as it can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// By the phone's clock as corrected.
    pub at: Timestamp,
    /// The clock is not to be believed.
    pub doubtful: bool,
}

/// Corrects a phone's clock (Edge-24). `offset_ms`: how far the server was ahead at the last contact before;
/// `now_offset_ms`: how far it is ahead as the command is sent: when the two differ, the clock was set in
/// between. A doubtful moment is bounded by what the server knows itself: the planned time and the arrival.
#[must_use]
pub fn moment(
    device_at: Timestamp,
    offset_ms: i64,
    now_offset_ms: i64,
    received_at: Timestamp,
    plan: Plan,
) -> Moment {
    let raw = Timestamp(device_at.0.saturating_add(offset_ms));
    let wrong = |ms: i64| ms.saturating_abs() > CLOCK_MS;
    let doubtful = wrong(offset_ms)
        || wrong(offset_ms.saturating_sub(now_offset_ms))
        || wrong(raw.0.saturating_sub(received_at.0).max(0));
    if !doubtful {
        return Moment { at: raw.min(received_at), doubtful };
    }
    let last = received_at.min(plan.ends_at);
    Moment { at: raw.clamp(plan.starts_at.min(last), last), doubtful }
}

/// The moment of a scan whose code was shown from `shown_at` on: the code proves it, the phone's clock only says
/// where within the minute in which the code is good.
#[must_use]
pub fn scan_moment(
    shown_at: Timestamp,
    device_at: Timestamp,
    offset_ms: i64,
    received_at: Timestamp,
) -> Moment {
    let raw = device_at.0.saturating_add(offset_ms);
    let at = raw.clamp(shown_at.0, shown_at.0 + 2 * STEP_MS - 1).min(received_at.0.max(shown_at.0));
    Moment { at: Timestamp(at), doubtful: raw.saturating_sub(at).saturating_abs() > CLOCK_MS }
}

/// Why a command cannot mean anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum No {
    /// Captured before the roll opens.
    Early,
    /// Captured after the end: an arrival then is a late entry, made on the roll itself.
    Ended,
    /// Captured after even check-out is over.
    Over,
}

/// The moment that counts for a command captured at `pressed`: present means from the planned start on, late
/// means from then on.
///
/// # Errors
/// Why it counts for nothing.
pub fn counts_at(act: Act, pressed: Timestamp, plan: Plan) -> Result<Timestamp, No> {
    if pressed < plan.starts_at.plus_minutes(-OPENS_BEFORE) {
        return Err(No::Early);
    }
    match act {
        Act::Present | Act::Late if pressed >= plan.ends_at => Err(No::Ended),
        Act::Present => Ok(pressed.min(plan.starts_at)),
        Act::Out | Act::Scan if pressed >= plan.ends_at.plus_minutes(CLOSES_AFTER) => Err(No::Over),
        Act::Late | Act::Out | Act::Scan | Act::Absent | Act::Undo => Ok(pressed),
    }
}

/// A command as the merging sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its id.
    pub id: String,
    /// Whose phone.
    pub device: String,
    /// What it says.
    pub act: Act,
    /// The order among this phone's commands.
    pub pressed: Timestamp,
    /// The moment that counts.
    pub at: Timestamp,
    /// The command an undo takes back.
    pub undoes: String,
}

/// What the server knows by itself of somebody: not from phones' commands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Stays in order of time; a half may be missing where a phone supplied it.
    pub stays: Vec<(Option<Timestamp>, Option<Timestamp>)>,
    /// Marked as absent on the roll.
    pub absent: bool,
}

/// What it all comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing beyond what the server knows.
    Nothing,
    /// Did not come.
    Absent,
    /// Came, and perhaps left.
    Here(Stay),
    /// It fits into the several stays that the server knows: nothing is to be written.
    Fits,
    /// Left, says a phone; that they came is still on its way.
    Waiting,
    /// The witnesses disagree: a person must decide.
    Conflict(Why),
}

/// A stay as agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// In.
    pub in_at: Timestamp,
    /// Out.
    pub out_at: Option<Timestamp>,
    /// The arrival is proved by the person's own scan.
    pub in_scan: bool,
    /// So is the leaving.
    pub out_scan: bool,
}

/// What one phone says about one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// In.
    pub in_at: Option<Timestamp>,
    /// Out.
    pub out_at: Option<Timestamp>,
    /// Did not come.
    pub absent: bool,
    /// The person's own scans.
    pub scans: Vec<Timestamp>,
    /// Came again after leaving: more than one stay is not for phones to sort out.
    pub again: bool,
}

impl Story {
    fn says_here(&self) -> bool {
        self.in_at.is_some() || self.out_at.is_some() || !self.scans.is_empty()
    }
}

/// Each phone's story: its own commands in the order they were pressed, without those it took back. The same
/// hand may correct itself.
#[must_use]
pub fn stories(claims: &[Claim]) -> BTreeMap<String, Story> {
    let once: BTreeMap<&str, &Claim> = claims.iter().map(|claim| (claim.id.as_str(), claim)).collect();
    let undone: BTreeSet<(&str, &str)> = once
        .values()
        .filter(|claim| claim.act == Act::Undo)
        .map(|claim| (claim.device.as_str(), claim.undoes.as_str()))
        .collect();
    let mut live: Vec<&Claim> = once
        .into_values()
        .filter(|claim| {
            claim.act != Act::Undo && !undone.contains(&(claim.device.as_str(), claim.id.as_str()))
        })
        .collect();
    live.sort_by(|a, b| (a.pressed, &a.id).cmp(&(b.pressed, &b.id)));
    let mut out: BTreeMap<String, Story> = BTreeMap::new();
    for claim in live {
        let story = out.entry(claim.device.clone()).or_default();
        match claim.act {
            Act::Present | Act::Late => {
                story.absent = false;
                if story.out_at.is_some() {
                    story.again = true;
                } else {
                    story.in_at.get_or_insert(claim.at);
                }
            }
            Act::Absent => *story = Story { absent: true, ..Story::default() },
            Act::Out => {
                story.absent = false;
                story.out_at = Some(claim.at);
            }
            Act::Scan => story.scans.push(claim.at),
            Act::Undo => {}
        }
    }
    out
}

fn agree(times: &[Timestamp]) -> bool {
    let spread = times.iter().max().zip(times.iter().min()).map_or(0, |(last, first)| last.0 - first.0);
    spread <= AGREE_MS
}

/// Merges everybody's stories with what the server knows. Never guesses: where two say different things the
/// answer is [`Verdict::Conflict`].
#[must_use]
pub fn merge(known: &Known, claims: &[Claim]) -> Verdict {
    let stories = stories(claims);
    let stories: Vec<&Story> = stories.values().filter(|one| one.absent || one.says_here()).collect();
    if stories.is_empty() {
        return Verdict::Nothing;
    }
    let absent = known.absent || stories.iter().any(|one| one.absent);
    let here = !known.stays.is_empty() || stories.iter().any(|one| one.says_here());
    match (absent, here) {
        (true, true) => return Verdict::Conflict(Why::PresentAbsent),
        (true, false) => return Verdict::Absent,
        _ => {}
    }
    if stories.iter().any(|one| one.again) {
        return Verdict::Conflict(Why::Again);
    }
    let mut ins: Vec<Timestamp> = stories.iter().filter_map(|one| one.in_at).collect();
    let mut outs: Vec<Timestamp> = stories.iter().filter_map(|one| one.out_at).collect();
    let mut scans: Vec<Timestamp> = stories.iter().flat_map(|one| one.scans.iter().copied()).collect();
    if let [_, _, ..] = known.stays.as_slice() {
        return beside_stays(known, ins.into_iter().chain(outs).chain(scans));
    }
    let (known_in, known_out) = known.stays.first().copied().unwrap_or_default();
    ins.extend(known_in);
    outs.extend(known_out);
    scans.sort_unstable();
    // Scans within a minute are one scan.
    scans.dedup_by(|later, earlier| later.0 - earlier.0 < SAME_SCAN_MS);
    // A scan is the arrival when nobody says that the person was there before.
    let first = ins.iter().min().copied();
    let is_arrival = |at: Timestamp| first.is_none_or(|first| at.0 - first.0 < SAME_SCAN_MS);
    let in_scan = scans.first().copied().filter(|at| is_arrival(*at));
    let leaving = scans.get(usize::from(in_scan.is_some())..).unwrap_or_default();
    let out_scan = match leaving {
        [] => None,
        [one] => Some(*one),
        _ => return Verdict::Conflict(Why::Again),
    };
    ins.extend(in_scan);
    outs.extend(out_scan);
    if !agree(&ins) || !agree(&outs) {
        return Verdict::Conflict(Why::Times);
    }
    let Some(earliest) = ins.iter().min().copied() else { return Verdict::Waiting };
    let in_at = known_in.or(in_scan).unwrap_or(earliest);
    let out_at = known_out.or(out_scan).or_else(|| outs.iter().max().copied());
    if out_at.is_some_and(|out| out <= in_at) {
        return Verdict::Conflict(Why::Times);
    }
    Verdict::Here(Stay {
        in_at,
        out_at,
        in_scan: known_in.is_none() && in_scan.is_some(),
        out_scan: known_out.is_none() && out_scan.is_some(),
    })
}

/// Somebody who went in and out several times by their own scans: what a phone says must fit in.
fn beside_stays(known: &Known, times: impl Iterator<Item = Timestamp>) -> Verdict {
    let fits = |at: Timestamp| {
        known.stays.iter().any(|(from, to)| {
            from.is_none_or(|from| at.0 >= from.0 - AGREE_MS) && to.is_none_or(|to| at.0 <= to.0 + AGREE_MS)
        })
    };
    for at in times {
        if !fits(at) {
            return Verdict::Conflict(Why::Times);
        }
    }
    Verdict::Fits
}

/// Whether what stands already says what the phones say.
#[must_use]
pub fn stands(verdict: Verdict, known: &Known) -> bool {
    match verdict {
        Verdict::Nothing | Verdict::Fits => true,
        Verdict::Absent => known.absent,
        Verdict::Waiting | Verdict::Conflict(_) => false,
        Verdict::Here(stay) => {
            known.stays.iter().any(|(from, to)| *from == Some(stay.in_at) && *to == stay.out_at)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp(10_000 * MINUTE_MS);
    const PLAN: Plan = Plan { starts_at: START, ends_at: Timestamp(10_120 * MINUTE_MS) };

    fn at(minute: i64) -> Timestamp {
        START.plus_minutes(minute)
    }

    fn claim(id: &str, device: &str, act: Act, minute: i64) -> Claim {
        let pressed = at(minute);
        let counts = counts_at(act, pressed, PLAN).unwrap_or(pressed);
        Claim { id: id.into(), device: device.into(), act, pressed, at: counts, undoes: String::new() }
    }

    fn undo(id: &str, device: &str, of: &str, minute: i64) -> Claim {
        Claim { undoes: of.into(), ..claim(id, device, Act::Undo, minute) }
    }

    fn here(from: i64, to: Option<i64>) -> Verdict {
        Verdict::Here(Stay { in_at: at(from), out_at: to.map(at), in_scan: false, out_scan: false })
    }

    fn none() -> Known {
        Known::default()
    }

    #[test]
    fn one_phone_may_correct_itself() {
        let absent = claim("a", "A", Act::Absent, 5);
        let late = claim("b", "A", Act::Late, 20);
        let out = claim("c", "A", Act::Out, 100);
        assert_eq!(merge(&none(), std::slice::from_ref(&absent)), Verdict::Absent);
        assert_eq!(merge(&none(), &[absent.clone(), late.clone()]), here(20, None));
        assert_eq!(merge(&none(), &[out.clone(), late.clone(), absent.clone()]), here(20, Some(100)));
        assert_eq!(merge(&none(), &[absent, undo("u", "A", "a", 6)]), Verdict::Nothing);
        let again = claim("d", "A", Act::Late, 110);
        assert_eq!(merge(&none(), &[late, out, again]), Verdict::Conflict(Why::Again));
    }

    #[test]
    fn two_phones_must_agree() {
        let present = claim("a", "A", Act::Present, 3);
        let same = claim("b", "B", Act::Present, 9);
        let late = claim("c", "B", Act::Late, 40);
        let absent = claim("d", "B", Act::Absent, 5);
        assert_eq!(merge(&none(), &[present.clone(), same]), here(0, None), "present is from the start");
        assert_eq!(merge(&none(), &[present.clone(), late]), Verdict::Conflict(Why::Times));
        assert_eq!(merge(&none(), &[present.clone(), absent.clone()]), Verdict::Conflict(Why::PresentAbsent));
        let withdrawn = undo("u", "B", "d", 6);
        assert_eq!(merge(&none(), &[present.clone(), absent.clone(), withdrawn]), here(0, None));
        let foreign = undo("u", "A", "d", 6);
        assert_eq!(
            merge(&none(), &[present, absent, foreign]),
            Verdict::Conflict(Why::PresentAbsent),
            "nobody takes back what another phone said"
        );
    }

    #[test]
    fn leaving_waits_for_the_arrival() {
        let out = claim("a", "A", Act::Out, 100);
        assert_eq!(merge(&none(), std::slice::from_ref(&out)), Verdict::Waiting);
        assert_eq!(merge(&none(), &[out, claim("b", "B", Act::Present, 1)]), here(0, Some(100)));
    }

    #[test]
    fn what_the_server_knows_counts() {
        let own = Known { stays: vec![(Some(at(2)), None)], absent: false };
        assert_eq!(merge(&own, &[claim("a", "A", Act::Present, 5)]), here(2, None));
        assert_eq!(merge(&own, &[claim("a", "A", Act::Out, 90)]), here(2, Some(90)));
        assert_eq!(merge(&own, &[claim("a", "A", Act::Absent, 5)]), Verdict::Conflict(Why::PresentAbsent));
        let absent = Known { stays: Vec::new(), absent: true };
        assert_eq!(
            merge(&absent, &[claim("a", "A", Act::Present, 5)]),
            Verdict::Conflict(Why::PresentAbsent)
        );
        let left = Known { stays: vec![(Some(at(2)), Some(at(60)))], absent: false };
        assert_eq!(merge(&left, &[claim("a", "A", Act::Out, 90)]), Verdict::Conflict(Why::Times));
        let twice = Known { stays: vec![(Some(at(0)), Some(at(30))), (Some(at(60)), None)], absent: false };
        assert_eq!(merge(&twice, &[claim("a", "A", Act::Late, 62)]), Verdict::Fits);
        assert_eq!(merge(&twice, &[claim("a", "A", Act::Late, 45)]), Verdict::Conflict(Why::Times));
    }

    #[test]
    fn scans_are_arrival_then_leaving() {
        let first = claim("a", "P", Act::Scan, 1);
        let twice = Claim { id: "t".into(), at: Timestamp(at(1).0 + 9_000), ..first.clone() };
        let last = claim("b", "P", Act::Scan, 118);
        let stay = Verdict::Here(Stay { in_at: at(1), out_at: Some(at(118)), in_scan: true, out_scan: true });
        assert_eq!(merge(&none(), &[last.clone(), twice, first.clone()]), stay);
        let own = Known { stays: vec![(Some(at(2)), None)], absent: false };
        let left =
            Verdict::Here(Stay { in_at: at(2), out_at: Some(at(118)), in_scan: false, out_scan: true });
        assert_eq!(merge(&own, std::slice::from_ref(&last)), left);
        let middle = claim("m", "P", Act::Scan, 60);
        assert_eq!(merge(&none(), &[first, middle, last]), Verdict::Conflict(Why::Again));
    }

    #[test]
    fn a_wrong_clock_is_bounded() {
        let received = at(90);
        let hour = 60 * MINUTE_MS;
        let good = moment(at(10), 2_000, 1_500, received, PLAN);
        assert_eq!(good, Moment { at: Timestamp(at(10).0 + 2_000), doubtful: false });
        // An hour slow, and known to be: believed only within the session.
        assert_eq!(moment(at(-50), hour, hour, received, PLAN), Moment { at: at(10), doubtful: true });
        // Set while there was no contact.
        assert_eq!(moment(at(-50), 0, hour, received, PLAN), Moment { at: at(0), doubtful: true });
        // In the future: not after it arrived.
        assert_eq!(moment(at(900), 0, 0, received, PLAN), Moment { at: received, doubtful: true });
        assert_eq!(moment(at(500), 0, 0, at(400), PLAN), Moment { at: at(120), doubtful: true });
        assert!(moment(Timestamp(i64::MAX), i64::MAX, i64::MIN, received, PLAN).doubtful);
    }

    #[test]
    fn a_scan_is_as_old_as_its_code() {
        let second = |n: i64| Timestamp(at(10).0 + n * 1000);
        let got = |device: Timestamp, offset| scan_moment(at(10), device, offset, at(200));
        assert_eq!(got(second(12), 0), Moment { at: second(12), doubtful: false });
        assert_eq!(got(second(90), 0), Moment { at: Timestamp(second(60).0 - 1), doubtful: false });
        assert_eq!(got(at(-500), 0), Moment { at: at(10), doubtful: true });
        assert_eq!(got(Timestamp(i64::MIN), i64::MAX).at, at(10));
    }

    #[test]
    fn moments_must_lie_in_the_session() {
        assert_eq!(counts_at(Act::Present, at(-31), PLAN), Err(No::Early));
        assert_eq!(counts_at(Act::Present, at(-30), PLAN), Ok(at(-30)));
        assert_eq!(counts_at(Act::Present, at(30), PLAN), Ok(at(0)));
        assert_eq!(counts_at(Act::Late, at(30), PLAN), Ok(at(30)));
        assert_eq!(counts_at(Act::Late, at(120), PLAN), Err(No::Ended));
        assert_eq!(counts_at(Act::Out, at(179), PLAN), Ok(at(179)));
        assert_eq!(counts_at(Act::Out, at(180), PLAN), Err(No::Over));
    }

    fn any_claims() -> impl Strategy<Value = Vec<Claim>> {
        let one = (0_u8..3, 0_usize..6, -20_i64..119, 0_u8..12);
        proptest::collection::vec(one, 0..10).prop_map(|all| {
            all.iter()
                .enumerate()
                .map(|(n, (device, act, minute, target))| {
                    let act = Act::ALL.get(*act).copied().unwrap_or(Act::Present);
                    let undoes = if act == Act::Undo { format!("c{target}") } else { String::new() };
                    Claim { undoes, ..claim(&format!("c{n}"), &format!("D{device}"), act, *minute) }
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn any_order_and_any_repetition_come_to_the_same(
            claims in any_claims(), seed in any::<u64>(), repeats in proptest::collection::vec(0_usize..10, 0..6),
            known_in in proptest::option::of(0_i64..60), known_stay in proptest::option::of(1_i64..60), absent in any::<bool>(),
        ) {
            let known = Known {
                stays: known_in.map(|from| (Some(at(from)), known_stay.map(|long| at(from + long)))).into_iter().collect(),
                absent: absent && known_in.is_none(),
            };
            let expected = merge(&known, &claims);
            let mut shuffled = claims.clone();
            shuffled.extend(repeats.iter().filter_map(|n| claims.get(*n).cloned()));
            let mut state = seed | 1;
            for n in (1..shuffled.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let other = usize::try_from(state >> 33).unwrap_or(0) % (n + 1);
                shuffled.swap(n, other);
            }
            prop_assert_eq!(merge(&known, &shuffled), expected);
        }

        #[test]
        fn nobody_is_made_present_and_absent_and_no_stay_runs_backwards(claims in any_claims()) {
            if let Verdict::Here(stay) = merge(&none(), &claims) {
                prop_assert!(stay.out_at.is_none_or(|out| out > stay.in_at));
                prop_assert!(stories(&claims).values().all(|one| !one.absent));
            }
        }

        #[test]
        fn a_corrected_moment_is_never_after_its_arrival(
            device in any::<i64>(), offset in any::<i64>(), now in any::<i64>(), received in -60_i64..10_000,
        ) {
            let got = moment(Timestamp(device), offset, now, at(received), PLAN);
            prop_assert!(got.at <= at(received).max(at(0)));
            if got.doubtful {
                prop_assert!(got.at <= PLAN.ends_at);
            }
        }
    }
}
