//! What two registrations of one person have twice: pure. Of what happened at one time only one can be true, and it
//! counts once.

use std::collections::BTreeMap;

use kernel::{Date, Timestamp};

use crate::record::{Class, RecordState};
use crate::sign_up::SignUpState;
use crate::{PostId, RecordId, SessionId, SignUpId};

/// What somebody has in a session: a place, a record, or both. Of past hours each line is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The session.
    pub session: SessionId,
    /// The row of the file, for past hours; else 0.
    pub line: i64,
    /// Title of the activity.
    pub title: String,
    /// From.
    pub start: Timestamp,
    /// To.
    pub end: Timestamp,
    /// Whether the times are known.
    pub timed: bool,
    /// Minutes of the record; 0 without one.
    pub minutes: i64,
    /// The record, if there is one that is not void.
    pub record: Option<(RecordId, RecordState, Class)>,
    /// The place, if there is one that was not given back.
    pub place: Option<(SignUpId, SignUpState, Option<PostId>)>,
}

impl Item {
    /// Whether somebody was there, or will be.
    const fn takes_time(&self) -> bool {
        self.record.is_some()
            || matches!(self.place, Some((_, SignUpState::Booked | SignUpState::Attended, _)))
    }

    /// The local days it touches; of very long ones the first forty.
    fn days(&self) -> impl Iterator<Item = Date> + use<> {
        let first = self.start.date();
        let last = Timestamp(self.end.0.max(self.start.0 + 1) - 1).date();
        let span = (last.days() - first.days()).clamp(0, 40);
        (0..=span).map(move |n| first.plus(n))
    }

    /// Where it could meet another: its session, and its days.
    fn slots(&self) -> impl Iterator<Item = Slot> + use<> {
        let session = (self.line == 0).then_some(Slot::Session(self.session));
        session.into_iter().chain(self.days().map(|day| Slot::Day(day.days())))
    }

    /// What counts more stays: a confirmed record, one proved on the spot, somebody who was there, more minutes.
    fn weight(&self) -> (i64, i64, i64, i64) {
        let record = match self.record {
            Some((_, RecordState::Confirmed, _)) => 3,
            Some((_, RecordState::Submitted, _)) => 2,
            Some(_) => 1,
            None => 0,
        };
        let class = match self.record {
            Some((_, _, Class::Verified)) => 3,
            Some((_, _, Class::Honor | Class::Transferred)) => 2,
            Some((_, _, Class::Legacy)) => 1,
            None => 0,
        };
        let place = match self.place {
            Some((_, SignUpState::Attended, _)) => 3,
            Some((_, SignUpState::Booked, _)) => 2,
            Some(_) => 1,
            None => 0,
        };
        (record, class, place, self.minutes)
    }
}

/// Where two things could meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    Session(SessionId),
    Day(i64),
}

/// A title without what two copies of it differ in.
fn plain(title: &str) -> String {
    title.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Why two things are one, or cannot both be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clash {
    /// The same session.
    Session,
    /// The same past service, as far as is known.
    Service,
    /// At the same time.
    Time,
}

/// Whether one of the one registration and one of the other cannot both count.
#[must_use]
pub fn clash(a: &Item, b: &Item) -> Option<Clash> {
    if a.session == b.session && a.line == 0 && b.line == 0 {
        return Some(Clash::Session);
    }
    if !a.takes_time() || !b.takes_time() {
        return None;
    }
    if a.timed && b.timed {
        return (a.start < b.end && b.start < a.end).then_some(Clash::Time);
    }
    let same =
        a.start.date() == b.start.date() && a.minutes == b.minutes && plain(&a.title) == plain(&b.title);
    same.then_some(Clash::Service)
}

/// Which of the two registrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// Who stays.
    Kept,
    /// Who goes.
    Gone,
}

/// Something that stops counting, with what it is there twice with.
#[derive(Debug, Clone)]
pub struct Loss<'a> {
    /// Whose.
    pub of: Of,
    /// What.
    pub item: &'a Item,
    /// What stays instead.
    pub instead: &'a Item,
    /// Why.
    pub why: Clash,
}

/// What stops counting when two registrations become one. What counts more stays; among equals what belongs to who
/// stays. No two things that remain clash, and nothing is lost that clashes with nothing that remains.
#[must_use]
pub fn losses<'a>(kept: &'a [Item], gone: &'a [Item]) -> Vec<Loss<'a>> {
    let mut all: Vec<(Of, &Item)> =
        kept.iter().map(|item| (Of::Kept, item)).chain(gone.iter().map(|item| (Of::Gone, item))).collect();
    all.sort_by_key(|(of, item)| {
        (std::cmp::Reverse(item.weight()), *of, item.start, item.session, item.line)
    });
    let mut standing: BTreeMap<Slot, Vec<(Of, &Item)>> = BTreeMap::new();
    let mut out = Vec::new();
    for (of, item) in all {
        let rival = item.slots().find_map(|slot| {
            let there = standing.get(&slot)?;
            there
                .iter()
                .filter(|(other, _)| *other != of)
                .find_map(|(_, other)| Some((*other, clash(item, other)?)))
        });
        match rival {
            Some((instead, why)) => out.push(Loss { of, item, instead, why }),
            None => {
                for slot in item.slots() {
                    standing.entry(slot).or_default().push((of, item));
                }
            }
        }
    }
    out.sort_by_key(|loss| (loss.item.start, loss.item.session, loss.item.line, loss.of));
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// From small numbers: session, line, start hour, hours, record, place.
    fn item((session, line, start, hours, record, place): (i64, i64, i64, i64, u8, u8)) -> Item {
        let day = Date::new(2026, 3, 5).unwrap();
        let start = Timestamp::at(day, start * 60);
        let record = match record {
            0 => None,
            1 => Some((RecordId(session), RecordState::Submitted, Class::Verified)),
            2 => Some((RecordId(session), RecordState::Confirmed, Class::Legacy)),
            _ => Some((RecordId(session), RecordState::Confirmed, Class::Verified)),
        };
        let state = [SignUpState::Booked, SignUpState::Attended, SignUpState::Absent];
        Item {
            session: SessionId(session),
            line,
            title: format!("清扫 {}", session % 2),
            start,
            end: Timestamp(start.0 + hours * 3_600_000),
            timed: line == 0 || hours % 2 == 0,
            minutes: if record.is_some() { hours * 60 } else { 0 },
            record,
            place: state.get(usize::from(place)).map(|state| (SignUpId(session), *state, None)),
        }
    }

    type Made = Vec<(i64, i64, i64, i64, u8, u8)>;

    fn items(made: &Made) -> Vec<Item> {
        let mut out: Vec<Item> = made.iter().map(|one| item(*one)).collect();
        // One registration has one thing a session and line, and nothing of its own at the same time.
        let mut own: Vec<Item> = Vec::new();
        out.retain(|one| {
            let free = own.iter().all(|other| {
                clash(one, other).is_none() && (one.session, one.line) != (other.session, other.line)
            });
            if free {
                own.push(one.clone());
            }
            free
        });
        out
    }

    proptest! {
        #[test]
        fn what_remains_agrees(
            a in prop::collection::vec((0_i64..6, 0_i64..2, 0_i64..40, 1_i64..5, 0_u8..4, 0_u8..4), 0..12),
            b in prop::collection::vec((0_i64..6, 0_i64..2, 0_i64..40, 1_i64..5, 0_u8..4, 0_u8..4), 0..12),
        ) {
            let (kept, gone) = (items(&a), items(&b));
            let lost = losses(&kept, &gone);
            let stands = |of: Of, one: &Item| !lost.iter().any(|loss| loss.of == of && loss.item == one);
            for one in kept.iter().filter(|one| stands(Of::Kept, one)) {
                for other in gone.iter().filter(|one| stands(Of::Gone, one)) {
                    prop_assert!(clash(one, other).is_none());
                }
            }
            for loss in &lost {
                let other = if loss.of == Of::Kept { Of::Gone } else { Of::Kept };
                prop_assert!(stands(other, loss.instead), "what it is lost for remains");
                prop_assert_eq!(clash(loss.item, loss.instead), Some(loss.why));
                prop_assert!(loss.item.weight() <= loss.instead.weight());
            }
        }
    }

    #[test]
    fn what_counts_more_stays() {
        let booked = item((1, 0, 9, 2, 0, 0));
        let confirmed = item((1, 0, 9, 2, 3, 1));
        let lost = losses(std::slice::from_ref(&booked), std::slice::from_ref(&confirmed));
        assert_eq!((lost.len(), lost[0].of, lost[0].why), (1, Of::Kept, Clash::Session));
        let same = losses(std::slice::from_ref(&booked), std::slice::from_ref(&booked));
        assert_eq!((same.len(), same[0].of), (1, Of::Gone), "among equals who stays keeps it");
        let absent = item((2, 0, 10, 2, 0, 2));
        assert!(clash(&booked, &absent).is_none(), "who was absent was nowhere");
        assert_eq!(clash(&booked, &item((2, 0, 10, 2, 0, 1))), Some(Clash::Time));
        assert!(clash(&booked, &item((2, 0, 11, 2, 0, 1))).is_none(), "one after the other");
        // Past hours of which only the day is known.
        let (a, b) = (item((3, 1, 0, 3, 2, 3)), item((5, 1, 0, 3, 2, 3)));
        assert_eq!(clash(&a, &b), Some(Clash::Service));
        assert!(clash(&a, &item((4, 1, 0, 3, 2, 3))).is_none(), "another title");
    }
}
