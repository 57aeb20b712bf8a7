//! How people are divided and moved between groups. Pure.

use std::collections::BTreeMap;

use kernel::AccountId;
use serde::{Deserialize, Serialize};

use crate::{SessionGroupId, SignUpId};

/// Most groups of a session.
pub const MOST: usize = 40;

/// A group as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    /// Which.
    pub id: SessionGroupId,
    /// Number within the session.
    pub no: i64,
    /// Its name; may be empty.
    pub name: String,
    /// Where it meets; may be empty.
    pub place: String,
    /// What it does; may be empty.
    pub task: String,
    /// Whose place leads it.
    pub leader: Option<SignUpId>,
}

/// Who is in which group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// Whose place.
    pub sign_up: SignUpId,
    /// In which group.
    pub group: SessionGroupId,
    /// The group leader who marked the person absent.
    pub absent_by: Option<AccountId>,
}

/// The groups of a session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// In the order of their numbers.
    pub groups: Vec<Spot>,
    /// In the order of places.
    pub seats: Vec<Seat>,
}

impl Layout {
    /// A group.
    #[must_use]
    pub fn find(&self, id: SessionGroupId) -> Option<&Spot> {
        self.groups.iter().find(|one| one.id == id)
    }

    /// The group of a place.
    #[must_use]
    pub fn group_of(&self, sign_up: SignUpId) -> Option<SessionGroupId> {
        self.seats.iter().find(|one| one.sign_up == sign_up).map(|one| one.group)
    }

    /// Adds a group under the next number.
    pub fn add(&mut self, id: SessionGroupId) {
        let no = self.groups.iter().map(|one| one.no).max().unwrap_or(0) + 1;
        self.groups.push(Spot {
            id,
            no,
            name: String::new(),
            place: String::new(),
            task: String::new(),
            leader: None,
        });
    }

    /// Puts somebody into a group, or into none.
    pub fn put(&mut self, sign_up: SignUpId, group: Option<SessionGroupId>) {
        let seat = self.seats.iter_mut().find(|one| one.sign_up == sign_up);
        match (seat, group) {
            (Some(seat), Some(group)) => seat.group = group,
            (None, Some(group)) => self.seats.push(Seat { sign_up, group, absent_by: None }),
            (_, None) => self.seats.retain(|one| one.sign_up != sign_up),
        }
    }

    /// Takes a group away; its people are in none.
    pub fn remove(&mut self, id: SessionGroupId) {
        self.groups.retain(|one| one.id != id);
        self.seats.retain(|one| one.group != id);
    }

    /// Nobody leads a group they are not in, and nobody is in a group that is not there.
    pub fn tidy(&mut self) {
        let groups: Vec<SessionGroupId> = self.groups.iter().map(|one| one.id).collect();
        self.seats.retain(|one| groups.contains(&one.group));
        self.seats.sort_unstable_by_key(|one| one.sign_up);
        for spot in &mut self.groups {
            let own = self.seats.iter().any(|one| one.group == spot.id && Some(one.sign_up) == spot.leader);
            if !own {
                spot.leader = None;
            }
        }
    }

    /// Who leads what.
    pub fn leaders(&self) -> impl Iterator<Item = (SessionGroupId, SignUpId)> + '_ {
        self.groups.iter().filter_map(|one| Some((one.id, one.leader?)))
    }
}

/// Somebody to be put into a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Somebody {
    /// People of one family bear one number.
    pub family: Option<i64>,
    /// Whether they can do what each group should have somebody for.
    pub skilled: bool,
    /// The group they stay in: who leads one, or who is in one already.
    pub fixed: Option<usize>,
}

struct Unit {
    people: Vec<usize>,
    skilled: bool,
    fixed: Option<usize>,
    group: usize,
}

/// Divides people into so many groups, in the order they come in: the same question gets the same answer.
///
/// Families stay together, with the first of them who stays somewhere. Larger families go first and everybody goes to
/// the smallest group, so that sizes differ by at most one as far as families and those who stay allow. Then each group
/// gets somebody with the skill as far as there are enough, by exchanging families or people of equal number, which
/// leaves the sizes as they are.
#[must_use]
pub fn divide(people: &[Somebody], groups: usize) -> Vec<usize> {
    let groups = groups.max(1);
    let mut units = units(people, groups);
    let mut sizes = vec![0_usize; groups];
    for unit in units.iter_mut().filter(|unit| unit.fixed.is_some()) {
        unit.group = unit.fixed.unwrap_or_default();
        grow(&mut sizes, unit.group, unit.people.len());
    }
    let mut order: Vec<usize> = (0..units.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(units.get(*at).map_or(0, |unit| unit.people.len())));
    for at in order {
        let Some(unit) = units.get_mut(at).filter(|unit| unit.fixed.is_none()) else { continue };
        let smallest = sizes.iter().enumerate().min_by_key(|(group, size)| (**size, *group));
        unit.group = smallest.map_or(0, |(group, _)| group);
        grow(&mut sizes, unit.group, unit.people.len());
    }
    while exchange(&mut units, groups) {}
    let mut out = vec![0; people.len()];
    for unit in units {
        for person in unit.people {
            if let Some(slot) = out.get_mut(person) {
                *slot = unit.group;
            }
        }
    }
    out
}

fn grow(sizes: &mut [usize], group: usize, by: usize) {
    if let Some(size) = sizes.get_mut(group) {
        *size += by;
    }
}

fn units(people: &[Somebody], groups: usize) -> Vec<Unit> {
    let mut out: Vec<Unit> = Vec::new();
    let mut of: BTreeMap<i64, usize> = BTreeMap::new();
    for (at, one) in people.iter().enumerate() {
        let fixed = one.fixed.filter(|group| *group < groups);
        let known = one.family.and_then(|family| of.get(&family).copied());
        if let Some(unit) = known.and_then(|at| out.get_mut(at)) {
            unit.people.push(at);
            unit.skilled |= one.skilled;
            unit.fixed = unit.fixed.or(fixed);
            continue;
        }
        if let Some(family) = one.family {
            of.insert(family, out.len());
        }
        out.push(Unit { people: vec![at], skilled: one.skilled, fixed, group: 0 });
    }
    out
}

/// Gives one more group somebody with the skill; `false` when no exchange does.
fn exchange(units: &mut [Unit], groups: usize) -> bool {
    let mut skilled = vec![0_usize; groups];
    for unit in units.iter().filter(|unit| unit.skilled) {
        grow(&mut skilled, unit.group, 1);
    }
    let rich = |group: usize| skilled.get(group).is_some_and(|count| *count > 1);
    let poor = |group: usize| skilled.get(group) == Some(&0);
    let free = |unit: &Unit| unit.fixed.is_none();
    let pair = units.iter().enumerate().filter(|(_, unit)| free(unit) && poor(unit.group)).find_map(
        |(here, poor_one)| {
            units
                .iter()
                .position(|other| {
                    free(other)
                        && other.skilled
                        && rich(other.group)
                        && other.people.len() == poor_one.people.len()
                })
                .map(|there| (here, there))
        },
    );
    let Some((here, there)) = pair else { return false };
    let (Some(one), Some(other)) =
        (units.get(here).map(|unit| unit.group), units.get(there).map(|unit| unit.group))
    else {
        return false;
    };
    if let Some(unit) = units.get_mut(here) {
        unit.group = other;
    }
    if let Some(unit) = units.get_mut(there) {
        unit.group = one;
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sizes(of: &[usize], groups: usize) -> Vec<usize> {
        (0..groups).map(|group| of.iter().filter(|one| **one == group).count()).collect()
    }

    fn alone(skilled: bool) -> Somebody {
        Somebody { skilled, ..Somebody::default() }
    }

    fn spread(sizes: &[usize]) -> usize {
        sizes.iter().max().unwrap() - sizes.iter().min().unwrap()
    }

    #[test]
    fn a_family_and_five_others_make_two_groups_of_four() {
        let family = Somebody { family: Some(1), ..Somebody::default() };
        let people =
            [alone(true), family, alone(true), family, family, alone(false), alone(false), alone(false)];
        let of = divide(&people, 2);
        assert_eq!(sizes(&of, 2), [4, 4]);
        assert!(of[1] == of[3] && of[3] == of[4], "{of:?}");
        assert_ne!(of[0], of[2], "each group has one of the two who can do it");
    }

    #[test]
    fn who_stays_stays_and_the_rest_fills_up() {
        let mut people = vec![Somebody { fixed: Some(1), ..Somebody::default() }; 3];
        people.extend([alone(false); 4]);
        let of = divide(&people, 2);
        assert_eq!(&of[..3], [1, 1, 1]);
        assert_eq!(sizes(&of, 2), [4, 3]);
        // A group that is not there any more holds nobody.
        assert_eq!(divide(&[Somebody { fixed: Some(7), ..Somebody::default() }], 2), [0]);
    }

    #[test]
    fn a_layout_keeps_its_order() {
        let (a, b) = (SessionGroupId(1), SessionGroupId(2));
        let mut layout = Layout::default();
        layout.add(a);
        layout.add(b);
        layout.put(SignUpId(8), Some(a));
        layout.put(SignUpId(7), Some(b));
        layout.groups[0].leader = Some(SignUpId(8));
        layout.tidy();
        assert_eq!(layout.seats.iter().map(|one| one.sign_up.0).collect::<Vec<_>>(), [7, 8]);
        assert_eq!(layout.leaders().collect::<Vec<_>>(), [(a, SignUpId(8))]);
        layout.put(SignUpId(8), Some(b));
        layout.tidy();
        assert_eq!(layout.find(a).unwrap().leader, None, "who moves away leads no more");
        layout.remove(b);
        layout.tidy();
        assert!(layout.seats.is_empty());
        layout.add(SessionGroupId(3));
        assert_eq!(layout.groups.last().unwrap().no, 2, "numbers go on after the highest that is there");
        let text = serde_json::to_string(&layout).unwrap();
        assert_eq!(serde_json::from_str::<Layout>(&text).unwrap(), layout);
    }

    prop_compose! {
        fn somebody(families: bool, fixed: bool)
            (family in proptest::option::of(0_i64..6), skilled: bool, stays in proptest::option::of(0_usize..4))
            -> Somebody
        {
            Somebody {
                family: family.filter(|_| families),
                skilled,
                fixed: stays.filter(|_| fixed),
            }
        }
    }

    proptest! {
        #[test]
        fn people_alone_are_divided_evenly_and_the_skill_reaches_as_far_as_it_can(
            people in prop::collection::vec(somebody(false, false), 1..60), groups in 1_usize..12,
        ) {
            prop_assume!(groups <= people.len());
            let of = divide(&people, groups);
            prop_assert!(spread(&sizes(&of, groups)) <= 1);
            let with = (0..groups)
                .filter(|group| people.iter().zip(&of).any(|(one, at)| one.skilled && at == group))
                .count();
            let skilled = people.iter().filter(|one| one.skilled).count();
            prop_assert_eq!(with, skilled.min(groups));
        }

        #[test]
        fn families_stay_together_and_nobody_alone_could_even_it_out(
            people in prop::collection::vec(somebody(true, false), 1..60), groups in 1_usize..9,
        ) {
            let of = divide(&people, groups);
            prop_assert_eq!(of.len(), people.len());
            prop_assert!(of.iter().all(|group| *group < groups));
            for (one, at) in people.iter().zip(&of) {
                for (other, there) in people.iter().zip(&of) {
                    prop_assert!(one.family.is_none() || one.family != other.family || at == there);
                }
            }
            let all = sizes(&of, groups);
            let least = *all.iter().min().unwrap();
            for (one, at) in people.iter().zip(&of) {
                prop_assert!(one.family.is_some() || all[*at] <= least + 1);
            }
            prop_assert_eq!(&of, &divide(&people, groups), "the same question, the same answer");
        }

        #[test]
        fn who_stays_stays(people in prop::collection::vec(somebody(false, true), 1..40), groups in 1_usize..6) {
            let of = divide(&people, groups);
            for (one, at) in people.iter().zip(&of) {
                if let Some(fixed) = one.fixed.filter(|group| *group < groups) {
                    prop_assert_eq!(*at, fixed);
                }
            }
        }
    }
}
