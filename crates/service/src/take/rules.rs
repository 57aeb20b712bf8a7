//! How near a session is, and which sessions fit somebody best: pure decisions over facts.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Date, Lang, OrgId, Timestamp};

use crate::{ActivityId, SessionId};

/// How many sessions are suggested at most.
pub const SUGGESTIONS: usize = 3;
/// Within this many metres a session counts as near, whatever its street.
pub const NEAR_METRES: f64 = 3_000.0;
/// Metres of a degree of latitude.
const DEGREE_METRES: f64 = 111_320.0;

/// Metres between two points (degrees), on a flat map: within a city the error is below one in a thousand.
#[must_use]
pub fn metres(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = ((a.0 - b.0) * stretch(a.1), a.1 - b.1);
    dx.hypot(dy) * DEGREE_METRES
}

/// How much shorter a degree of longitude is than one of latitude, at a latitude.
#[must_use]
pub fn stretch(lat: f64) -> f64 {
    lat.to_radians().cos()
}

/// The square of a distance in degrees of latitude, for comparing in a statement.
#[must_use]
pub fn degrees_squared(metres: f64) -> f64 {
    (metres / DEGREE_METRES).powi(2)
}

/// `800 米`, `1.2 公里`.
#[must_use]
pub fn distance_words(metres: f64, lang: Lang) -> String {
    if metres < 950.0 {
        let rounded = (metres / 100.0).round().max(1.0) * 100.0;
        lang.f("约 {} 米", "about {} m", &[&rounded])
    } else {
        let km = format!("{:.1}", metres / 1000.0);
        lang.f("约 {} 公里", "about {} km", &[&km])
    }
}

/// One service of the past, as far as suggestions care.
#[derive(Debug, Clone)]
pub struct Served {
    /// In which activity.
    pub activity: ActivityId,
    /// For which team.
    pub team: OrgId,
    /// On which day.
    pub on: Date,
}

/// What is known of a session that could be taken.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Which.
    pub session: SessionId,
    /// Of which activity.
    pub activity: ActivityId,
    /// Of which team.
    pub team: OrgId,
    /// When it starts.
    pub starts_at: Timestamp,
    /// 0: in one's own community, 1: near, 2: elsewhere.
    pub near: i64,
    /// It asks for a skill that the person has.
    pub skill: Option<String>,
    /// How many of those the person often served with take part, as far as both sides agreed to be told (Chk-08).
    pub together: i64,
}

/// Why a session fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It asks for this skill, which the person has.
    Skill(String),
    /// The person served in this activity before, so many times.
    Again(usize),
    /// So many people take part with whom the person often served.
    Together(i64),
    /// The person served with this team before.
    Team,
    /// It is in one's own community.
    Home,
    /// It is on the weekday on which the person usually serves (1 = Monday).
    Weekday(i64),
}

impl Reason {
    fn weight(&self) -> u32 {
        match self {
            Self::Skill(_) => 8,
            Self::Again(_) => 6,
            Self::Together(_) => 5,
            Self::Home => 4,
            Self::Team => 3,
            Self::Weekday(_) => 2,
        }
    }

    /// For people.
    #[must_use]
    pub fn words(&self, lang: Lang) -> String {
        const ZH: [&str; 7] = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];
        const EN: [&str; 7] =
            ["Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"];
        match self {
            Self::Skill(code) => {
                let name = kernel::catalogue::skill_by_code(code)
                    .map_or(code.as_str(), |skill| lang.t(skill.zh, skill.en));
                lang.f("需要您的“{}”", "asks for your “{}”", &[&name])
            }
            Self::Again(times) => lang.f("您参加过 {} 次", "you took part {} times", &[times]),
            Self::Together(count) => {
                lang.f("{} 位常和您一起服务的人报了名", "{} you often serve with signed up", &[count])
            }
            Self::Team => lang.t("您和这支队伍服务过", "you served with this team").to_owned(),
            Self::Home => lang.t("就在您的社区", "in your community").to_owned(),
            Self::Weekday(day) => {
                let at = usize::try_from(day - 1).unwrap_or(0);
                let names = if lang == Lang::Zh { ZH } else { EN };
                lang.f(
                    "您常在{}服务",
                    "you usually serve on {}",
                    &[&names.get(at).copied().unwrap_or_default()],
                )
            }
        }
    }
}

/// The weekday on which most services fell, when it is a habit: at least three, and at least two in five.
#[must_use]
pub fn usual_weekday(past: &[Served]) -> Option<i64> {
    let mut days: BTreeMap<i64, usize> = BTreeMap::new();
    for one in past {
        *days.entry(one.on.weekday()).or_default() += 1;
    }
    let (day, times) = days.into_iter().max_by_key(|(day, times)| (*times, -*day))?;
    (times >= 3 && times * 5 >= past.len() * 2).then_some(day)
}

/// Why a session fits somebody with this past; strongest first.
#[must_use]
pub fn reasons(one: &Candidate, past: &[Served]) -> Vec<Reason> {
    let mut out = Vec::new();
    if let Some(skill) = &one.skill {
        out.push(Reason::Skill(skill.clone()));
    }
    match past.iter().filter(|was| was.activity == one.activity).count() {
        0 if past.iter().any(|was| was.team == one.team) => out.push(Reason::Team),
        0 => {}
        times => out.push(Reason::Again(times)),
    }
    if one.together > 0 {
        out.push(Reason::Together(one.together));
    }
    if one.near == 0 {
        out.push(Reason::Home);
    }
    if let Some(day) = usual_weekday(past)
        && one.starts_at.date().weekday() == day
    {
        out.push(Reason::Weekday(day));
    }
    out.sort_by_key(|reason| std::cmp::Reverse(reason.weight()));
    out
}

/// The sessions that fit best, each of another activity, with why; whatever order the rows came in.
#[must_use]
pub fn suggest(candidates: &[Candidate], past: &[Served]) -> Vec<(SessionId, Vec<Reason>)> {
    let mut scored: Vec<(u32, &Candidate, Vec<Reason>)> = candidates
        .iter()
        .map(|one| {
            let why = reasons(one, past);
            (why.iter().map(Reason::weight).sum(), one, why)
        })
        .filter(|(score, ..)| *score > 0)
        .collect();
    scored.sort_by_key(|(score, one, _)| (std::cmp::Reverse(*score), one.starts_at, one.session));
    let mut seen = BTreeSet::new();
    scored.retain(|(_, one, _)| seen.insert(one.activity));
    scored.truncate(SUGGESTIONS);
    scored.into_iter().map(|(_, one, why)| (one.session, why)).collect()
}

/// From when on somebody is a year older than today, and once more: at most a year ahead is planned, and the age
/// that counts is the one on the day of the session (Edge-10).
#[must_use]
pub fn birthdays_ahead(birth: Date, today: Date) -> [Timestamp; 2] {
    let age = birth.age(today);
    // The first day on which the age is reached; found by asking the one rule for ages, so that both agree.
    let turn = |age: i64| {
        let mut day = today.plus(1);
        let target = age + 1;
        let guess = birth.0.year().saturating_add(i16::try_from(target).unwrap_or(0));
        if let Some(near) = Date::new(guess, birth.0.month(), 1)
            && near > day
        {
            day = near;
        }
        let mut left = 62;
        while birth.age(day) < target && left > 0 {
            day = day.plus(1);
            left -= 1;
        }
        Timestamp::at(day, 0)
    };
    [turn(age), turn(age + 1)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn candidate(id: i64, near: i64, skill: Option<&str>) -> Candidate {
        Candidate {
            session: SessionId(id),
            activity: ActivityId(id),
            team: OrgId(id % 3),
            starts_at: Timestamp::at(day("2026-11-28"), 540 + id),
            near,
            skill: skill.map(str::to_owned),
            together: 0,
        }
    }

    fn served(activity: i64, on: &str) -> Served {
        Served { activity: ActivityId(activity), team: OrgId(activity % 3), on: day(on) }
    }

    #[test]
    fn the_strongest_reason_leads() {
        let past = [served(5, "2026-11-07"), served(5, "2026-11-14"), served(9, "2026-11-21")];
        assert_eq!(usual_weekday(&past), Some(6));
        let all = [candidate(1, 2, None), candidate(5, 2, None), candidate(7, 0, Some("first_aid"))];
        let got = suggest(&all, &past);
        assert_eq!(got[0].0, SessionId(7));
        assert_eq!(got[0].1[0], Reason::Skill("first_aid".into()));
        assert_eq!(got[1].1[0], Reason::Again(2));
        assert_eq!(got.len(), 3, "the weekday alone is a reason");
        assert!(suggest(&[candidate(1, 2, None)], &[]).is_empty(), "without a reason nothing is suggested");
    }

    #[test]
    fn companions_are_said_with_its_number() {
        let with = Candidate { together: 2, ..candidate(3, 2, None) };
        assert_eq!(reasons(&with, &[]), [Reason::Together(2)]);
        let home = candidate(4, 0, None);
        assert_eq!(suggest(&[home, with], &[])[0].0, SessionId(3), "who comes weighs more than where it is");
    }

    #[test]
    fn one_of_each_activity() {
        let twice = [candidate(1, 0, None), Candidate { session: SessionId(2), ..candidate(1, 0, None) }];
        assert_eq!(suggest(&twice, &[]).len(), 1);
    }

    #[test]
    fn distances() {
        let km = metres((113.0, 29.8), (113.0, 29.8 + 1.0 / 111.32));
        assert!((km - 1000.0).abs() < 1.0);
        assert_eq!(distance_words(420.0, Lang::Zh), "约 400 米");
        assert_eq!(distance_words(1234.0, Lang::En), "about 1.2 km");
    }

    proptest! {
        #[test]
        fn suggestions_do_not_depend_on_the_order(turn in 0_usize..6, near in prop::collection::vec(0_i64..3, 6)) {
            let mut all: Vec<Candidate> =
                near.iter().enumerate().map(|(at, near)| candidate(i64::try_from(at).unwrap(), *near, None)).collect();
            let want = suggest(&all, &[]);
            all.rotate_left(turn);
            all.reverse();
            prop_assert_eq!(suggest(&all, &[]), want);
        }

        #[test]
        fn birthdays_agree_with_ages(birth in 0_i64..18_000, today in 18_100_i64..21_000) {
            let (birth, today) = (Date::from_days(birth), Date::from_days(today));
            let [next, then] = birthdays_ahead(birth, today);
            let age = birth.age(today);
            prop_assert_eq!(birth.age(next.date()), age + 1);
            prop_assert_eq!(birth.age(next.date().plus(-1)), age);
            prop_assert_eq!(birth.age(then.date()), age + 2);
            prop_assert_eq!(birth.age(then.date().plus(-1)), age + 1);
        }
    }
}
