//! Who came, and who has signed up: streamed, session after session in the order of time.

use crate::DemoCity;
use crate::activity::Slot;
use crate::calendar::days_between;
use crate::rng::{Rng, Stream};
use crate::volunteer::Core;

/// Whether a record can be trusted fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordClass {
    /// 信用.
    Verified,
    /// 荣誉.
    Honor,
}

/// How attendance was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// 动态二维码.
    RotatingCode,
    /// 定位.
    Location,
    /// 工作人员确认.
    RollCall,
    /// 纸质补录.
    Paper,
}

/// One volunteer's attendance of one past session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attendance {
    /// Index of the activity.
    pub activity: usize,
    /// Index of the session within the activity.
    pub session: usize,
    /// Index of the post within the session.
    pub post: usize,
    /// Index of the volunteer.
    pub volunteer: usize,
    /// Check-in, minutes after the session's beginning (negative: before it).
    pub in_offset: i16,
    /// Check-out, minutes after the session's end (negative: before it).
    pub out_offset: i16,
    /// Verified or honour.
    pub class: RecordClass,
    /// How it was taken.
    pub method: Method,
}

/// One volunteer's place in a session of today or later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignUp {
    /// Index of the activity.
    pub activity: usize,
    /// Index of the session within the activity.
    pub session: usize,
    /// Index of the post within the session.
    pub post: usize,
    /// Index of the volunteer.
    pub volunteer: usize,
    /// Days before today, one at least and not before the publication.
    pub days_ago: u16,
    /// Minutes after local midnight of that day.
    pub minute: u16,
}

/// Volunteers with the running sum of their keenness.
#[derive(Clone, Debug, Default)]
struct Pool {
    ids: Vec<u32>,
    sums: Vec<u32>,
}

impl Pool {
    fn add(&mut self, id: usize, keen: u32) {
        let sum = self.sums.last().copied().unwrap_or(0) + keen;
        self.ids.push(id as u32);
        self.sums.push(sum);
    }

    fn draw(&self, rng: &mut Rng) -> Option<usize> {
        let total = *self.sums.last()?;
        let mark = rng.below(total as usize) as u32;
        let at = self.sums.partition_point(|&sum| sum <= mark);
        self.ids.get(at).map(|&id| id as usize)
    }
}

/// Volunteers by team, community and street.
#[derive(Clone, Debug)]
pub(crate) struct Pools {
    teams: Vec<Pool>,
    communities: Vec<Pool>,
    streets: Vec<Pool>,
    city: Pool,
}

impl Pools {
    pub(crate) fn new(cores: &[Core], teams: usize, street_of: &[usize], streets: usize) -> Self {
        let mut pools = Self {
            teams: vec![Pool::default(); teams],
            communities: vec![Pool::default(); street_of.len()],
            streets: vec![Pool::default(); streets],
            city: Pool::default(),
        };
        for (id, core) in cores.iter().enumerate().filter(|(_, core)| !core.unclaimed) {
            pools.city.add(id, core.keen);
            for team in core.team_list() {
                if let Some(pool) = pools.teams.get_mut(team) {
                    pool.add(id, core.keen);
                }
            }
            let community = usize::from(core.community);
            if let Some(pool) = pools.communities.get_mut(community) {
                pool.add(id, core.keen);
            }
            if let Some(pool) = street_of.get(community).and_then(|&street| pools.streets.get_mut(street)) {
                pool.add(id, core.keen);
            }
        }
        pools
    }
}

/// Minutes between two sessions of one person.
const GAP: u32 = 45;
/// How much longer than its session a stay may be.
const OVERTIME: u32 = 33;
/// A person serves at most eight hours a day.
const DAY_CAP: u32 = 480;

#[derive(Clone, Copy, Default)]
struct Busy {
    until: u32,
    day: i32,
    minutes: u32,
}

/// Fills the planned places of sessions with volunteers.
struct Filler<'a> {
    city: &'a DemoCity,
    slots: &'a [Slot],
    rng: Rng,
    busy: Vec<Busy>,
    next: usize,
    current: Option<Slot>,
    left: u16,
    /// Places of each post that are still free.
    posts: Vec<u16>,
    /// Places that could not be filled and go to a later session.
    owed: u16,
}

impl<'a> Filler<'a> {
    fn new(city: &'a DemoCity, slots: &'a [Slot], stream: Stream) -> Self {
        Self {
            city,
            slots,
            rng: Rng::new(city.seed, stream, 0),
            busy: vec![Busy::default(); city.cores.len()],
            next: 0,
            current: None,
            left: 0,
            posts: Vec::new(),
            owed: 0,
        }
    }

    fn remaining(&self) -> usize {
        let ahead = self.slots.iter().skip(self.next).map(|slot| usize::from(slot.planned)).sum::<usize>();
        ahead + usize::from(self.left) + usize::from(self.owed)
    }

    fn free(&self, id: usize, slot: &Slot) -> bool {
        let (Some(core), Some(busy)) = (self.city.cores.get(id), self.busy.get(id)) else { return false };
        let length = slot.end - slot.start + OVERTIME;
        let today = if busy.day == slot.day { busy.minutes } else { 0 };
        !core.unclaimed
            && i32::from(core.joined_days) >= -slot.day
            && (busy.until == 0 || busy.until + GAP <= slot.start)
            && today + length <= DAY_CAP
    }

    fn find(&mut self, slot: &Slot) -> Option<usize> {
        let city = self.city;
        let activity = city.activities.get(slot.activity as usize)?;
        let street = city.place.communities.get(activity.community)?.street;
        let pools = &city.pools;
        for attempt in 0..40 {
            let pool = match self.rng.below(100) {
                _ if attempt >= 18 => &pools.city,
                0..58 => pools.teams.get(activity.team)?,
                58..80 => pools.communities.get(activity.community)?,
                80..91 => pools.streets.get(street)?,
                _ => &pools.city,
            };
            if let Some(id) = pool.draw(&mut self.rng).filter(|&id| self.free(id, slot)) {
                return Some(id);
            }
        }
        let count = city.cores.len();
        let offset = self.rng.below(count);
        (0..count).map(|step| (offset + step) % count).find(|&id| self.free(id, slot))
    }

    fn take_post(&mut self) -> usize {
        let index = self.rng.weighted(self.posts.iter().map(|&free| u32::from(free)));
        if let Some(free) = self.posts.get_mut(index) {
            *free = free.saturating_sub(1);
        }
        index
    }

    fn step(&mut self) -> Option<(Slot, usize, usize)> {
        loop {
            if self.left == 0 {
                let slot = *self.slots.get(self.next)?;
                self.next += 1;
                let extra = self.owed.min(slot.quota - slot.planned);
                self.owed -= extra;
                self.left = slot.planned + extra;
                self.current = Some(slot);
                self.posts.clear();
                let session = self.city.activities.get(slot.activity as usize);
                let session = session.and_then(|activity| activity.sessions.get(usize::from(slot.session)));
                self.posts
                    .extend(session.into_iter().flat_map(|session| &session.posts).map(|post| post.quota));
                continue;
            }
            let slot = self.current?;
            let Some(id) = self.find(&slot) else {
                self.owed += self.left;
                self.left = 0;
                continue;
            };
            self.left -= 1;
            if let Some(busy) = self.busy.get_mut(id) {
                let before = if busy.day == slot.day { busy.minutes } else { 0 };
                *busy = Busy {
                    until: slot.end,
                    day: slot.day,
                    minutes: before + slot.end - slot.start + OVERTIME,
                };
            }
            let post = self.take_post();
            return Some((slot, id, post));
        }
    }
}

/// Iterator over the attendance of all past sessions, in the order of time.
pub struct Attendances<'a>(Filler<'a>);

impl<'a> Attendances<'a> {
    pub(crate) fn new(city: &'a DemoCity) -> Self {
        Self(Filler::new(city, &city.past, Stream::Attendance))
    }
}

impl Iterator for Attendances<'_> {
    type Item = Attendance;

    fn next(&mut self) -> Option<Attendance> {
        let (slot, volunteer, post) = self.0.step()?;
        let rng = &mut self.0.rng;
        let in_offset = if rng.chance(45) { rng.between(9, 25) } else { rng.between(-15, 8) };
        let out_offset = if rng.chance(35) { rng.between(-40, -12) } else { rng.between(-8, 18) };
        let method = match rng.below(100) {
            0..64 => Method::RotatingCode,
            64..77 => Method::Location,
            77..96 => Method::RollCall,
            _ => Method::Paper,
        };
        let honor = rng.chance(if method == Method::Paper { 500 } else { 10 });
        Some(Attendance {
            activity: slot.activity as usize,
            session: usize::from(slot.session),
            post,
            volunteer,
            in_offset: in_offset as i16,
            out_offset: out_offset as i16,
            class: if honor { RecordClass::Honor } else { RecordClass::Verified },
            method,
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.0.remaining()))
    }
}

/// Iterator over the sign-ups for the sessions of today and later, in the order of the sessions.
pub struct SignUps<'a>(Filler<'a>);

impl<'a> SignUps<'a> {
    pub(crate) fn new(city: &'a DemoCity) -> Self {
        Self(Filler::new(city, &city.upcoming, Stream::SignUp))
    }
}

impl Iterator for SignUps<'_> {
    type Item = SignUp;

    fn next(&mut self) -> Option<SignUp> {
        let (slot, volunteer, post) = self.0.step()?;
        let city = self.0.city;
        let published = city.activities.get(slot.activity as usize).map_or(city.today, |item| item.published);
        let mut open = days_between(published, city.today).clamp(1, 30);
        if let Some(core) = city.cores.get(volunteer) {
            open = open.min(i32::from(core.joined_days).max(1));
        }
        let rng = &mut self.0.rng;
        Some(SignUp {
            activity: slot.activity as usize,
            session: usize::from(slot.session),
            post,
            volunteer,
            days_ago: rng.between(1, open) as u16,
            minute: rng.between(6 * 60 + 30, 22 * 60 + 45) as u16,
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.0.remaining()))
    }
}
