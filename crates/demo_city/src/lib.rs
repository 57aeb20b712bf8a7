//! The invented city of Chenghu (澄湖市) and a year of its volunteer life.
//!
//! Everything is plain data made from a seed, a [`Size`] and a date: no database, no clock, no
//! global randomness. The same three values give the same city on every machine. There is no city
//! of this name; the area codes, identity numbers and telephone numbers belong to nobody
//! ([`Volunteer::id_number`], [`Volunteer::phone`], [`Station::phone`]).
//!
//! ```
//! use demo_city::{DemoCity, Size};
//! let city = DemoCity::new(7, Size::Small, jiff::civil::date(2026, 5, 20));
//! assert_eq!(city.place.communities.len(), 72);
//! assert_eq!(city.volunteers().count(), 800);
//! let minutes: i64 = city.attendances().map(|seen| city.minutes(&seen)).sum();
//! assert!(minutes > 0);
//! ```
//!
//! All lists refer to one another by index: `Volunteer::teams` into [`DemoCity::teams`],
//! `Activity::community` into [`Place::communities`], and so on. The leader of team `i` is
//! volunteer `i`. [`DemoCity::new`] keeps the city, its teams and its activities; volunteers,
//! attendance and sign-ups are streamed.

mod activity;
mod attendance;
mod calendar;

mod names;
mod place;
mod rng;
mod team;
mod topics;
mod volunteer;

pub use activity::{Activity, ActivityKind, Post, Session, StateHint};
pub use attendance::{Attendance, Attendances, Method, RecordClass, SignUp, SignUps};
pub use calendar::{Theme, theme_of};
pub use kernel::catalogue::{CATEGORIES, Category, SKILLS, Skill, Tier, category, skill_by_code};
pub use place::{Body, CITY_ADCODE, Community, MapBox, Place, Point, Station, StationState, Street, Venue};
pub use team::{Team, TeamKind};
pub use volunteer::{ClaimState, Gender, Volunteer, id_check_digit};

use jiff::civil::Date;

/// How much of the city's life is made. The tree of streets and communities is always whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Size {
    /// 300 teams, 20,000 volunteers, 1,200 activities, 120,000 records.
    Full,
    /// 60 teams, 800 volunteers, 160 activities, 4,000 records.
    Small,
}

impl Size {
    /// Number of teams.
    #[must_use]
    pub const fn teams(self) -> usize {
        match self {
            Self::Full => 300,
            Self::Small => 60,
        }
    }

    /// Number of volunteers.
    #[must_use]
    pub const fn volunteers(self) -> usize {
        match self {
            Self::Full => 20_000,
            Self::Small => 800,
        }
    }

    /// Number of activities whose sessions are all over.
    #[must_use]
    pub const fn past_activities(self) -> usize {
        match self {
            Self::Full => 900,
            Self::Small => 120,
        }
    }

    /// Number of activities with a session today or later.
    #[must_use]
    pub const fn upcoming_activities(self) -> usize {
        match self {
            Self::Full => 300,
            Self::Small => 40,
        }
    }

    /// Number of attendances.
    #[must_use]
    pub const fn records(self) -> usize {
        match self {
            Self::Full => 120_000,
            Self::Small => 4_000,
        }
    }
}

/// The whole city.
#[derive(Clone, Debug)]
pub struct DemoCity {
    /// The seed it was made from.
    pub seed: u64,
    /// The size it was made in.
    pub size: Size,
    /// The day it was made for.
    pub today: Date,
    /// Map, streets, communities, stations, bodies.
    pub place: Place,
    /// Teams, the communities' own first.
    pub teams: Vec<Team>,
    /// Activities in the order of their first session.
    pub activities: Vec<Activity>,
    cores: Vec<volunteer::Core>,
    pools: attendance::Pools,
    past: Vec<activity::Slot>,
    upcoming: Vec<activity::Slot>,
}

impl DemoCity {
    /// Makes the city of this seed and size as it is on `today`.
    #[must_use]
    pub fn new(seed: u64, size: Size, today: Date) -> Self {
        let place = place::build(seed, today);
        let teams = team::build(seed, today, &place, size.teams());
        let cores = volunteer::cores(seed, today, &place, &teams, size.volunteers());
        let street_of: Vec<usize> = place.communities.iter().map(|community| community.street).collect();
        let pools = attendance::Pools::new(&cores, teams.len(), &street_of, place.streets.len());
        let amounts = activity::Amounts {
            past: size.past_activities(),
            upcoming: size.upcoming_activities(),
            volunteers: size.volunteers(),
            records: size.records(),
        };
        let schedule = activity::build(seed, today, &place, &teams, &amounts);
        Self {
            seed,
            size,
            today,
            place,
            teams,
            activities: schedule.activities,
            cores,
            pools,
            past: schedule.past,
            upcoming: schedule.upcoming,
        }
    }

    /// The volunteers in the order of their index, made one by one.
    pub fn volunteers(&self) -> impl ExactSizeIterator<Item = Volunteer> + '_ {
        let person = |(index, core)| volunteer::person(self.seed, self.today, &self.teams, core, index);
        self.cores.iter().enumerate().map(person)
    }

    /// The volunteer with this index.
    #[must_use]
    pub fn volunteer(&self, index: usize) -> Option<Volunteer> {
        let core = self.cores.get(index)?;
        Some(volunteer::person(self.seed, self.today, &self.teams, core, index))
    }

    /// Attendance of all past sessions in the order of time, [`Size::records`] of them.
    #[must_use]
    pub fn attendances(&self) -> Attendances<'_> {
        Attendances::new(self)
    }

    /// Sign-ups for the sessions of today and later.
    #[must_use]
    pub fn sign_ups(&self) -> SignUps<'_> {
        SignUps::new(self)
    }

    /// Number of sessions of all activities; [`Activity::first_session`] counts up to it.
    #[must_use]
    pub fn session_count(&self) -> usize {
        self.activities.iter().map(|activity| activity.sessions.len()).sum()
    }

    /// The session with this index within the activity.
    #[must_use]
    pub fn session(&self, activity: usize, session: usize) -> Option<&Session> {
        self.activities.get(activity)?.sessions.get(session)
    }

    /// Minutes between check-in and check-out; 0 for an attendance of another city.
    #[must_use]
    pub fn minutes(&self, seen: &Attendance) -> i64 {
        self.session(seen.activity, seen.session).map_or(0, |session| {
            let from = i64::from(session.start_minute) + i64::from(seen.in_offset);
            let to = i64::from(session.end_minute) + i64::from(seen.out_offset);
            to - from
        })
    }
}
