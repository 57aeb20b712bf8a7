//! Which records are drawn, and which teams stand out. Pure.

use std::collections::{BTreeMap, BinaryHeap};
use std::sync::LazyLock;

use kernel::{Calendar, Date, OrgId};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::RecordId;

static CALENDAR: LazyLock<Calendar> = LazyLock::new(Calendar::shipped);

/// Fewer minutes of a month say nothing about how a team enters its hours.
pub const SHARE_FROM: i64 = 600;

/// What the city asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Of a hundred records of an area so many are drawn; 0: none are.
    pub percent: i64,
    /// At least so many of an area, where it has as many.
    pub least: i64,
    /// At most so many of an area.
    pub most: i64,
    /// Working days within which they are checked.
    pub days: i64,
    /// A team whose minutes without a check-in exceed this share of a hundred is looked at (R4: 20).
    pub share: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { percent: 1, least: 1, most: 5, days: 10, share: 20 }
    }
}

impl Settings {
    /// Reads what is stored; what is missing or damaged is as delivered.
    #[must_use]
    pub fn read(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// How many of an area's records are drawn.
    #[must_use]
    pub fn wanted(&self, records: i64) -> i64 {
        if self.percent == 0 {
            return 0;
        }
        let share = records.saturating_mul(self.percent).saturating_add(99) / 100;
        share.max(self.least).min(self.most).min(records)
    }

    /// Until when records drawn on a day are checked.
    #[must_use]
    pub fn due(&self, on: Date) -> Date {
        CALENDAR.plus_working_days(on, self.days)
    }

    /// Whether a team stands out that has so many minutes, so many of them without a check-in.
    #[must_use]
    pub const fn stands_out(&self, minutes: i64, late: i64) -> bool {
        minutes >= SHARE_FROM && late.saturating_mul(100) > minutes.saturating_mul(self.share)
    }
}

/// The lot of a record: the first eight bytes of SHA-256 over `seed:record`. The lowest lots of an area are drawn, so
/// that whoever has the number and the records can repeat the draw, and nobody can choose.
#[must_use]
pub fn lot(seed: &str, record: RecordId) -> u64 {
    let digest = Sha256::digest(format!("{seed}:{record}"));
    digest.iter().take(8).fold(0, |lot, byte| lot << 8 | u64::from(*byte))
}

/// The share of a hundred that was true among what was found out, rounded down; `None`: nothing was.
#[must_use]
pub const fn rate(right: i64, wrong: i64) -> Option<i64> {
    if right + wrong == 0 { None } else { Some(right * 100 / (right + wrong)) }
}

/// One record that was confirmed in the month.
#[derive(Debug, Clone, Copy)]
pub struct Ticket {
    /// The record.
    pub record: RecordId,
    /// The community it counts for, else the street; `OrgId(0)`: neither.
    pub area: OrgId,
    /// Its team.
    pub team: OrgId,
    /// Its minutes.
    pub minutes: i64,
    /// They were entered after the end, without a check-in.
    pub late: bool,
}

/// A draw while records are read: of each area only the lowest lots are kept.
#[derive(Debug)]
pub struct Drawing {
    seed: String,
    set: Settings,
    records: i64,
    areas: BTreeMap<OrgId, (i64, BinaryHeap<(u64, RecordId)>)>,
    teams: BTreeMap<OrgId, (i64, i64)>,
}

/// What was drawn.
#[derive(Debug, PartialEq, Eq)]
pub struct Drawn {
    /// How many records there were.
    pub records: i64,
    /// The drawn ones with their areas, in the order of area and lot.
    pub checks: Vec<(OrgId, RecordId)>,
    /// Teams that stand out: their minutes, and those without a check-in.
    pub teams: Vec<(OrgId, i64, i64)>,
}

impl Drawing {
    /// Begins one.
    #[must_use]
    pub const fn new(seed: String, set: Settings) -> Self {
        Self { seed, set, records: 0, areas: BTreeMap::new(), teams: BTreeMap::new() }
    }

    /// Adds a record.
    pub fn add(&mut self, one: &Ticket) {
        self.records += 1;
        let area = self.areas.entry(one.area).or_default();
        area.0 += 1;
        area.1.push((lot(&self.seed, one.record), one.record));
        if i64::try_from(area.1.len()).is_ok_and(|len| len > self.set.most) {
            area.1.pop();
        }
        let team = self.teams.entry(one.team).or_default();
        team.0 += one.minutes;
        if one.late {
            team.1 += one.minutes;
        }
    }

    /// Ends it.
    #[must_use]
    pub fn end(self) -> Drawn {
        let mut checks = Vec::new();
        for (area, (records, lots)) in self.areas {
            let wanted = usize::try_from(self.set.wanted(records)).unwrap_or(0);
            checks.extend(lots.into_sorted_vec().into_iter().take(wanted).map(|(_, record)| (area, record)));
        }
        let teams = self
            .teams
            .into_iter()
            .filter(|(_, (minutes, late))| self.set.stands_out(*minutes, *late))
            .map(|(team, (minutes, late))| (team, minutes, late))
            .collect();
        Drawn { records: self.records, checks, teams }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ticket(record: i64, area: i64, minutes: i64, late: bool) -> Ticket {
        Ticket { record: RecordId(record), area: OrgId(area), team: OrgId(area + 100), minutes, late }
    }

    fn draw(seed: &str, set: Settings, tickets: &[Ticket]) -> Drawn {
        let mut drawing = Drawing::new(seed.to_owned(), set);
        for one in tickets {
            drawing.add(one);
        }
        drawing.end()
    }

    #[test]
    fn how_many() {
        let set = Settings::default();
        let wanted: Vec<i64> = [0, 1, 100, 101, 500, 501, 90_000].map(|n| set.wanted(n)).into();
        assert_eq!(wanted, [0, 1, 1, 2, 5, 5, 5]);
        assert_eq!(Settings { percent: 0, ..set }.wanted(1000), 0);
        assert_eq!(Settings { least: 3, ..set }.wanted(2), 2);
        assert_eq!(Settings { least: 3, ..set }.wanted(50), 3);
    }

    #[test]
    fn which_teams_stand_out() {
        let set = Settings::default();
        assert!(!set.stands_out(1000, 200), "a fifth is not above it");
        assert!(set.stands_out(1000, 201));
        assert!(!set.stands_out(SHARE_FROM - 1, SHARE_FROM - 1), "too little to tell");
        assert!(!Settings { share: 100, ..set }.stands_out(1000, 1000));
    }

    /// What is published lets others repeat the draw: the lots must never change.
    #[test]
    fn lots_stay_as_they_are() {
        assert_eq!(lot("0000000000000001", RecordId(42)), 0xf541_51c0_01ea_581c);
    }

    /// Over many draws each of ten records is drawn about as often as any other.
    #[test]
    fn nobody_is_preferred() {
        let tickets: Vec<Ticket> = (1..=10).map(|record| ticket(record, 1, 60, false)).collect();
        let mut times = BTreeMap::<RecordId, i64>::new();
        for seed in 0..2000 {
            for (_, record) in draw(&seed.to_string(), Settings::default(), &tickets).checks {
                *times.entry(record).or_default() += 1;
            }
        }
        assert_eq!(times.values().sum::<i64>(), 2000);
        assert!(times.values().all(|n| (140..=260).contains(n)), "{times:?}");
    }

    proptest! {
        #[test]
        fn each_area_gives_what_it_must(
            all in prop::collection::vec((1_i64..6, 15_i64..300, any::<bool>()), 0..300),
            percent in 0_i64..=20, least in 0_i64..10, more in 0_i64..20, share in 5_i64..=100,
        ) {
            let set = Settings { percent, least, most: least + more, share, ..Settings::default() };
            let tickets: Vec<Ticket> = all
                .iter()
                .zip(1..)
                .map(|((area, minutes, late), record)| ticket(record, *area, *minutes, *late))
                .collect();
            let drawn = draw("s", set, &tickets);
            let mut turned = tickets.clone();
            turned.reverse();
            prop_assert_eq!(&drawn, &draw("s", set, &turned), "the order does not matter");
            prop_assert_eq!(drawn.records, i64::try_from(tickets.len()).unwrap());
            for area in (1..6).map(OrgId) {
                let of: Vec<RecordId> =
                    tickets.iter().filter(|one| one.area == area).map(|one| one.record).collect();
                let taken: Vec<RecordId> =
                    drawn.checks.iter().filter(|one| one.0 == area).map(|one| one.1).collect();
                let count = i64::try_from(taken.len()).unwrap();
                prop_assert_eq!(count, set.wanted(i64::try_from(of.len()).unwrap()));
                prop_assert!(taken.iter().all(|one| of.contains(one)));
                // Nobody left has a lower lot than somebody drawn.
                let highest = taken.iter().map(|one| lot("s", *one)).max().unwrap_or(0);
                prop_assert!(of.iter().all(|one| taken.contains(one) || lot("s", *one) >= highest));
            }
            for (_, minutes, late) in &drawn.teams {
                prop_assert!(late * 100 > minutes * share && *minutes >= SHARE_FROM);
            }
        }
    }
}
