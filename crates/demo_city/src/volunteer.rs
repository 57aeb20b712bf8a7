//! Volunteers: who they are, where they live and how keen they are.

use crate::calendar::{days_between, plus};
use crate::names::full_name;
use crate::place::Place;
use crate::rng::{Rng, Stream, pick};
use crate::team::{Team, TeamKind};
use crate::topics::FIELDS;
use jiff::civil::Date;
use std::collections::HashSet;

/// Gender as the identity document says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gender {
    /// 男.
    Male,
    /// 女.
    Female,
}

/// Whether the person has taken up the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClaimState {
    /// Confirmed by the person.
    Active,
    /// Registered by staff and not yet confirmed; never attends.
    Unclaimed,
}

/// A volunteer. No field can belong to a real person: see [`Volunteer::id_number`] and
/// [`Volunteer::phone`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volunteer {
    /// Full name.
    pub name: String,
    /// Gender.
    pub gender: Gender,
    /// Birth date; the person is 18 to 82 years old.
    pub birth: Date,
    /// Eighteen digits with a correct check digit. The area prefix is 990xxx, which GB/T 2260
    /// gives to no place.
    pub id_number: String,
    /// Eleven digits, `160` and eight more: a form every field accepts, of a series that is not given to
    /// subscribers, so it is nobody's
    /// mobile.
    pub phone: String,
    /// Index of the home community.
    pub community: usize,
    /// One to three team indexes, the main team first.
    pub teams: Vec<usize>,
    /// Skill codes.
    pub skills: Vec<&'static str>,
    /// First-level category codes the person wants to serve in.
    pub categories: Vec<&'static str>,
    /// Day of registration.
    pub joined: Date,
    /// Agrees to be shown in rankings.
    pub ranking_opt_in: bool,
    /// Whether the account was taken up.
    pub claim: ClaimState,
}

/// What the rest of the city has to know of every volunteer, kept small.
#[derive(Clone, Debug)]
pub(crate) struct Core {
    pub male: bool,
    pub unclaimed: bool,
    pub community: u8,
    pub team_count: u8,
    pub teams: [u16; 3],
    /// Birth, in days before today.
    pub age_days: u16,
    /// Registration, in days before today.
    pub joined_days: u16,
    /// How often the person serves, relative to others.
    pub keen: u32,
    pub id_area: u16,
    pub id_serial: u16,
}

impl Core {
    pub(crate) fn team_list(&self) -> impl Iterator<Item = usize> + '_ {
        self.teams.iter().take(usize::from(self.team_count)).map(|&team| usize::from(team))
    }
}

/// The check digit of the first 17 digits of an identity number (ISO 7064 MOD 11-2), or `None`
/// when they are not 17 digits.
#[must_use]
pub fn id_check_digit(first17: &str) -> Option<char> {
    // The powers of two modulo 11, from the right.
    if first17.len() != 17 {
        return None;
    }
    let mut sum = 0u32;
    let mut weight = 1u32;
    for digit in first17.chars().rev() {
        weight = weight * 2 % 11;
        sum += digit.to_digit(10)? * weight;
    }
    "10X98765432".chars().nth((sum % 11) as usize)
}

/// Ages that a team of this kind takes, and the share of men in 1/1000.
fn profile(kind: TeamKind) -> (i32, i32, usize) {
    match kind {
        TeamKind::Students => (18, 25, 450),
        TeamKind::Youth => (18, 38, 460),
        TeamKind::Seniors => (55, 82, 420),
        TeamKind::Women => (22, 70, 0),
        TeamKind::Veterans => (22, 72, 930),
        TeamKind::Workers => (20, 60, 560),
        TeamKind::Party => (20, 75, 540),
        TeamKind::Professional => (20, 66, 520),
        TeamKind::Community => (18, 82, 440),
    }
}

fn draw_age(rng: &mut Rng) -> i32 {
    match rng.below(100) {
        0..4 => rng.between(18, 19),
        4..42 => rng.between(20, 35),
        42..58 => rng.between(36, 49),
        58..94 => rng.between(50, 70),
        _ => rng.between(71, 82),
    }
}

pub(crate) fn cores(seed: u64, today: Date, place: &Place, teams: &[Team], count: usize) -> Vec<Core> {
    let mut rng = Rng::new(seed, Stream::VolunteerCore, 0);
    // Teams at home in each community, and the city-wide ones.
    let mut local: Vec<Vec<u16>> = vec![Vec::new(); place.communities.len()];
    let mut wide: Vec<u16> = Vec::new();
    for (index, team) in teams.iter().enumerate() {
        match team.community.and_then(|community| local.get_mut(community)) {
            Some(list) => list.push(index as u16),
            None => wide.push(index as u16),
        }
    }
    let population: Vec<u32> = place.communities.iter().map(|community| community.population).collect();
    let mut serials: HashSet<(u16, u16, u16)> = HashSet::with_capacity(count);
    let mut cores = Vec::with_capacity(count);
    for index in 0..count {
        let mut age = draw_age(&mut rng);
        let mut male = rng.chance(455);
        let mut community = rng.weighted(population.iter().copied());
        let mut list = [0u16; 3];
        let mut have = 0usize;
        if let Some(team) = teams.get(index) {
            // The first volunteers lead the teams and suit them.
            let (low, high, men) = profile(team.kind);
            age = rng.between(low.max(20), high.min(68));
            male = rng.chance(men);
            community = team.community.unwrap_or(community);
            list = [index as u16; 3];
            have = 1;
        }
        let wanted = match rng.below(100) {
            0..62 => 1,
            62..90 => 2,
            _ => 3,
        };
        for _ in 0..24 {
            if have >= wanted {
                break;
            }
            let near = local.get(community).filter(|list| !list.is_empty());
            let number = match near {
                Some(near) if rng.chance(620) => *rng.pick(near),
                _ if rng.chance(700) && !wide.is_empty() => *rng.pick(&wide),
                _ => rng.below(teams.len()) as u16,
            };
            let fits = teams.get(usize::from(number)).is_some_and(|team| {
                let (low, high, men) = profile(team.kind);
                (low..=high).contains(&age) && !(male && men == 0)
            });
            if fits && !list.iter().take(have).any(|&other| other == number) {
                if let Some(slot) = list.get_mut(have) {
                    *slot = number;
                }
                have += 1;
            }
        }
        if have == 0 {
            // Everybody may join a community team.
            let own = teams.iter().filter(|team| team.kind == TeamKind::Community).count();
            if let Some(slot) = list.first_mut() {
                *slot = (community % own.max(1)) as u16;
            }
            have = 1;
        }
        let oldest = plus(today.saturating_sub(jiff::Span::new().years(age + 1)), 1);
        let youngest = today.saturating_sub(jiff::Span::new().years(age));
        let birth = plus(oldest, rng.between(0, days_between(oldest, youngest)));
        let age_days = days_between(birth, today);
        let adult_days = days_between(birth.saturating_add(jiff::Span::new().years(18)), today);
        let unit = rng.unit();
        let joined_days = if index < teams.len() {
            rng.between(480, 2_200).min(adult_days)
        } else {
            ((unit * unit * 2_200.0) as i32).clamp(1, adult_days.max(1)).min(adult_days)
        };
        // A heavy tail: most serve now and then, a few nearly every week.
        let keen = (1_000.0 / (rng.unit() + 0.012)) as u32;
        let keen = if index < teams.len() { keen + 14_000 } else { keen };
        let unclaimed = index >= teams.len() && rng.chance(50);
        let (mut id_area, mut id_serial);
        loop {
            id_area = if rng.chance(720) {
                100
            } else {
                rng.between(1, 9) as u16 * 100 + rng.between(1, 24) as u16
            };
            id_serial = rng.between(0, 498) as u16 * 2 + u16::from(male) + if male { 0 } else { 2 };
            if serials.insert((id_area, age_days as u16, id_serial)) {
                break;
            }
        }
        cores.push(Core {
            male,
            unclaimed,
            community: community as u8,
            team_count: have as u8,
            teams: list,
            age_days: age_days as u16,
            joined_days: joined_days.max(0) as u16,
            keen,
            id_area,
            id_serial,
        });
    }
    cores
}

pub(crate) fn person(seed: u64, today: Date, teams: &[Team], core: &Core, index: usize) -> Volunteer {
    let mut rng = Rng::new(seed, Stream::VolunteerDetail, index);
    let gender = if core.male { Gender::Male } else { Gender::Female };
    let birth = plus(today, -i32::from(core.age_days));
    let name = full_name(&mut rng, gender, birth.year());
    let mut id_number = format!(
        "990{:03}{:04}{:02}{:02}{:03}",
        core.id_area,
        birth.year(),
        birth.month(),
        birth.day(),
        core.id_serial
    );
    if let Some(check) = id_check_digit(&id_number) {
        id_number.push(check);
    }
    // 48_271_803 has no factor in common with 10^8, so no two volunteers share a number.
    let tail = (index as u64 * 48_271_803 + seed % 100_000_000) % 100_000_000;
    let main = core.team_list().filter_map(|team| teams.get(team)).next();
    let professional = main.is_some_and(|team| team.kind == TeamKind::Professional);
    let mut skills: Vec<&'static str> = Vec::with_capacity(3);
    let mut categories: Vec<&'static str> = Vec::with_capacity(4);
    for (nth, field) in main.into_iter().flat_map(Team::focus_fields).enumerate() {
        let field = pick(FIELDS, field);
        if nth < 3 && rng.chance(700) {
            categories.push(field.code);
        }
        if nth == 0 && (professional || rng.chance(250)) {
            skills.push(rng.word(field.skills));
        }
    }
    for _ in 0..rng.below(3) {
        let skill = kernel::catalogue::SKILLS.get(rng.below(kernel::catalogue::SKILLS.len()));
        if let Some(skill) = skill.filter(|skill| !skills.contains(&skill.code) && !skill.certified) {
            skills.push(skill.code);
        }
    }
    let more = FIELDS.get(rng.weighted(FIELDS.iter().map(|field| field.weight)));
    if let Some(field) = more.filter(|field| categories.is_empty() || !categories.contains(&field.code)) {
        categories.push(field.code);
    }
    Volunteer {
        name,
        gender,
        birth,
        id_number,
        phone: format!("160{tail:08}"),
        community: usize::from(core.community),
        teams: core.team_list().collect(),
        skills,
        categories,
        joined: plus(today, -i32::from(core.joined_days)),
        ranking_opt_in: rng.chance(700),
        claim: if core.unclaimed { ClaimState::Unclaimed } else { ClaimState::Active },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The weights of GB 11643 are the powers of two modulo 11, from the right.
    #[test]
    fn check_digit_follows_the_standard() {
        let digits = "99010019491231002";
        let weights = [7u32, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
        let sum: u32 = digits.chars().zip(weights).map(|(c, w)| c.to_digit(10).unwrap() * w).sum();
        let expected = "10X98765432".chars().nth((sum % 11) as usize);
        assert_eq!(id_check_digit(digits), expected);
        assert_eq!(id_check_digit("9901001949123100"), None);
        assert_eq!(id_check_digit("9901001949123100X"), None);
    }
}
