//! Activities: what was done in the last fourteen months and what is coming.

use crate::calendar::{Theme, day_weight, days_between, is_cold, is_hot, next_month, plus, theme_of};
use crate::place::{Place, address, metres};
use crate::rng::{Rng, Stream, pick};
use crate::team::Team;
use crate::topics::{CLOSINGS, COLD, FIELDS, Field, GUARANTEES, HEAT, Topic, field_index};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// How an activity is organised in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActivityKind {
    /// 短期: once, or on a few days running.
    ShortTerm,
    /// 常态: every week for a while, or every month.
    Routine,
    /// 长期: every week for two months or more.
    LongTerm,
    /// 主题: for a festival or a themed day.
    Themed,
}

/// Where the activity stands today; the binary brings it there through the proper commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StateHint {
    /// Over for more than forty days.
    Archived,
    /// Over and its records are complete.
    Recorded,
    /// Over for ten days at most, records being checked.
    Recording,
    /// Called off, mostly because of the weather; nobody attended.
    Cancelled,
    /// Some sessions are over, some are coming.
    Running,
    /// Begins today or tomorrow, sign-up is closed.
    SignUpClosed,
    /// Taking sign-ups.
    Recruiting,
}

/// A post within a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Chinese name.
    pub name: &'static str,
    /// English name.
    pub en: &'static str,
    /// How many volunteers it takes.
    pub quota: u16,
}

/// One day of an activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The day.
    pub date: Date,
    /// Beginning, minutes after local midnight.
    pub start_minute: u16,
    /// End, minutes after local midnight of the same day.
    pub end_minute: u16,
    /// How many volunteers it takes: the sum over its posts.
    pub quota: u16,
    /// The posts, one at least.
    pub posts: Vec<Post>,
}

/// A volunteer activity.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    /// Chinese title.
    pub title: String,
    /// English title.
    pub title_en: String,
    /// Category code, first or second level.
    pub category: &'static str,
    /// How it is organised in time.
    pub kind: ActivityKind,
    /// The themed day it belongs to.
    pub theme: Option<Theme>,
    /// Index of the organising team.
    pub team: usize,
    /// Index of the community where it takes place.
    pub community: usize,
    /// Index of the city-wide venue, when it takes place at one.
    pub venue: Option<usize>,
    /// The place as everybody may see it.
    pub place_public: String,
    /// The public place in English.
    pub place_en: String,
    /// The exact place, for those who signed up.
    pub place_exact: String,
    /// Longitude.
    pub lon: f64,
    /// Latitude.
    pub lat: f64,
    /// What is done and how, two or three sentences.
    pub content: String,
    /// Who is served.
    pub served: &'static str,
    /// Who is served, in English.
    pub served_en: &'static str,
    /// Risks and how to meet them.
    pub risks: String,
    /// Insurance, equipment, training.
    pub guarantees: String,
    /// Skill codes that are welcome, not demanded.
    pub wanted_skills: &'static [&'static str],
    /// Day of publication, before today.
    pub published: Date,
    /// Sessions in the order of time, one at least.
    pub sessions: Vec<Session>,
    /// City-wide index of the first session; the others follow it.
    pub first_session: usize,
    /// Where it stands today.
    pub state: StateHint,
    /// Why it was called off.
    pub cancel_reason: Option<&'static str>,
}

/// A session in the order of time, with what attendance needs to know of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    pub activity: u32,
    pub session: u16,
    /// Days after today.
    pub day: i32,
    /// Minutes since a fixed day before the first activity.
    pub start: u32,
    pub end: u32,
    pub quota: u16,
    /// How many attend or have signed up.
    pub planned: u16,
}

/// Days before today that count as the beginning of minutes.
const EPOCH_DAYS: i32 = 600;
/// How far ahead activities are planned.
pub(crate) const AHEAD_DAYS: i32 = 45;

pub(crate) struct Schedule {
    pub activities: Vec<Activity>,
    pub past: Vec<Slot>,
    pub upcoming: Vec<Slot>,
}

pub(crate) struct Amounts {
    pub past: usize,
    pub upcoming: usize,
    pub volunteers: usize,
    pub records: usize,
}

/// A day of the window with the running sum of the weights up to it.
struct Days(Vec<(Date, u32)>);

impl Days {
    fn new(from: Date, to: Date) -> Self {
        let mut sum = 0;
        let mut days = Vec::new();
        let mut date = from;
        while date <= to {
            sum += day_weight(date).max(1);
            days.push((date, sum));
            date = plus(date, 1);
        }
        Self(days)
    }

    fn draw(&self, rng: &mut Rng, fallback: Date) -> Date {
        let total = self.0.last().map_or(0, |day| day.1);
        let mark = rng.below(total as usize) as u32;
        let at = self.0.partition_point(|day| day.1 <= mark);
        self.0.get(at).map_or(fallback, |day| day.0)
    }
}

pub(crate) fn build(seed: u64, today: Date, place: &Place, teams: &[Team], amounts: &Amounts) -> Schedule {
    let mut rng = Rng::new(seed, Stream::Schedule, 0);
    let first_day = today.saturating_sub(14.months());
    let past_days = Days::new(first_day, plus(today, -1));
    let coming_days = Days::new(today, plus(today, AHEAD_DAYS));
    let mut by_field: Vec<Vec<usize>> = vec![Vec::new(); FIELDS.len()];
    for (index, team) in teams.iter().enumerate() {
        for field in team.focus_fields() {
            if let Some(list) = by_field.get_mut(field) {
                list.push(index);
            }
        }
    }
    let running = amounts.upcoming / 8;
    let mut drafts: Vec<Draft> = Vec::with_capacity(amounts.past + amounts.upcoming);
    for index in 0..amounts.past + amounts.upcoming {
        let span = if index < amounts.past {
            Span::Past
        } else if index < amounts.past + running {
            Span::Running
        } else {
            Span::Upcoming
        };
        let begin = match span {
            Span::Past => past_days.draw(&mut rng, first_day),
            Span::Upcoming => coming_days.draw(&mut rng, today),
            Span::Running => plus(today, rng.between(0, 6) - 7 * rng.between(1, 6)),
        };
        let mut own = Rng::new(seed, Stream::Activity, index);
        drafts.push(Draft::new(&mut own, today, span, begin, place, teams, &by_field));
    }
    // In the order of their beginning, as a city files them.
    drafts.sort_by_key(|draft| draft.first_date());
    let mut quota_rng = Rng::new(seed, Stream::Quota, 0);
    let (mut past, mut upcoming) = quotas(&mut quota_rng, today, &mut drafts, amounts);
    past.sort_by_key(|slot| (slot.start, slot.activity, slot.session));
    upcoming.sort_by_key(|slot| (slot.start, slot.activity, slot.session));
    let mut first_session = 0;
    let activities = drafts
        .into_iter()
        .map(|draft| {
            let mut activity = draft.activity;
            activity.first_session = first_session;
            first_session += activity.sessions.len();
            activity
        })
        .collect();
    Schedule { activities, past, upcoming }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Span {
    Past,
    Running,
    Upcoming,
}

struct Draft {
    activity: Activity,
    field: usize,
    /// Wanted size before scaling, in percent of a person.
    size: usize,
}

impl Draft {
    fn first_date(&self) -> Option<(Date, u16)> {
        self.activity.sessions.first().map(|session| (session.date, session.start_minute))
    }

    fn new(
        rng: &mut Rng,
        today: Date,
        span: Span,
        begin: Date,
        place: &Place,
        teams: &[Team],
        by_field: &[Vec<usize>],
    ) -> Self {
        let theme = theme_of(begin);
        let (field_at, topic, themed) = choose_topic(rng, begin, theme);
        let theme = theme.filter(|_| themed);
        let field = pick(FIELDS, field_at);
        let team_at = match by_field.get(field_at).filter(|list| !list.is_empty()) {
            Some(list) if rng.chance(900) => *pick(list, rng.below_skewed(list.len())),
            _ => rng.below(teams.len()),
        };
        let team = pick(teams, team_at);
        let (kind, dates) = dates(rng, today, span, begin, theme, topic);
        let spot = choose_spot(rng, place, team, field, topic);
        let (start, end) = hours(rng, begin, field, topic);
        let sessions = dates
            .into_iter()
            .map(|date| Session { date, start_minute: start, end_minute: end, quota: 0, posts: Vec::new() })
            .collect::<Vec<_>>();
        let mut title = String::with_capacity(64);
        let mut title_en = String::with_capacity(64);
        if let Some(theme) = theme {
            title.push_str(theme.zh());
            title.push('｜');
            title_en.push_str(theme.en());
            title_en.push_str(": ");
        }
        title.push_str(&spot.label);
        title.push('·');
        title.push_str(topic.zh);
        title_en.push_str(topic.en);
        title_en.push_str(" · ");
        title_en.push_str(&spot.label_en);
        if matches!(kind, ActivityKind::Routine | ActivityKind::LongTerm) && rng.chance(450) {
            let issue = rng.between(2, 36);
            title.push_str(&format!("(第{issue}期)"));
            title_en.push_str(&format!(" (no. {issue})"));
        }
        let mut content = topic.what.replace("{p}", &spot.label);
        content.push_str(rng.word(field.how));
        if rng.chance(750) {
            let closing = rng.word(CLOSINGS);
            if field.outdoor || !closing.starts_with("雨天") {
                content.push_str(closing);
            }
        }
        let mut risks = field.risks.to_string();
        let mut guarantees = rng.word(GUARANTEES).to_string();
        if field.outdoor && is_hot(begin) {
            risks.push_str("谨防中暑。");
            guarantees.push_str(HEAT);
        } else if field.outdoor && is_cold(begin) {
            risks.push_str("谨防路滑。");
            guarantees.push_str(COLD);
        }
        let (state, cancel_reason) = state(rng, today, span, &sessions, field);
        let lead = rng.between(4, 20);
        let published = plus(begin, -lead).min(plus(today, -rng.between(1, 12)));
        let mut size = field.quota * rng.between(60, 150) as usize;
        size = size * theme.map_or(100, Theme::scale) / 100;
        if spot.venue.is_some() {
            size = size * 14 / 10;
        }
        let activity = Activity {
            title,
            title_en,
            category: topic.category,
            kind,
            theme,
            team: team_at,
            community: spot.community,
            venue: spot.venue,
            place_public: spot.public,
            place_en: spot.public_en,
            place_exact: spot.exact,
            lon: spot.lon,
            lat: spot.lat,
            content,
            served: field.served.0,
            served_en: field.served.1,
            risks,
            guarantees,
            wanted_skills: field.skills,
            published,
            sessions,
            first_session: 0,
            state,
            cancel_reason,
        };
        Self { activity, field: field_at, size }
    }
}

/// Whether the topic makes sense on this day.
fn in_season(topic: &Topic, date: Date) -> bool {
    let month = date.month();
    let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
    match topic.zh {
        "写春联送福字" => matches!(month, 1 | 2),
        "湖畔灯会秩序维护" => matches!(month, 1 | 2 | 9 | 10),
        "纳凉晚会" => (6..=9).contains(&month),
        "考前减压课" => month == 5 || (month == 6 && (2..=20).contains(&date.day())),
        "城市马拉松赛道服务" => matches!(month, 3 | 4 | 10 | 11) && weekend,
        "汛期值守演练" => (5..=8).contains(&month),
        "水上救援训练" => (4..=10).contains(&month),
        "认养一棵树" => matches!(month, 2..=4 | 11),
        "放学后一小时" | "护学岗" => !weekend && !matches!(month, 2 | 7 | 8),
        "周末数学小灶" => weekend,
        _ => true,
    }
}

fn choose_topic(rng: &mut Rng, date: Date, theme: Option<Theme>) -> (usize, &'static Topic, bool) {
    let suited = theme.map_or(&[][..], Theme::fields);
    let any = theme.is_some() && suited.is_empty();
    for _ in 0..8 {
        let follow = !suited.is_empty() && rng.chance(820);
        let field_at = if follow {
            field_index(rng.word(suited))
        } else {
            rng.weighted(FIELDS.iter().map(|field| field.weight))
        };
        let field = pick(FIELDS, field_at);
        let topic = rng.pick(field.topics);
        if in_season(topic, date) {
            return (field_at, topic, follow || any);
        }
    }
    let field_at = field_index("clean");
    (field_at, pick(pick(FIELDS, field_at).topics, 0), false)
}

fn dates(
    rng: &mut Rng,
    today: Date,
    span: Span,
    begin: Date,
    theme: Option<Theme>,
    topic: &Topic,
) -> (ActivityKind, Vec<Date>) {
    let monthly = matches!(theme, Some(Theme::ServiceDay | Theme::FirstSaturday));
    let (first, last) = match span {
        Span::Past => (begin, plus(today, -1)),
        Span::Running | Span::Upcoming => (begin, plus(today, AHEAD_DAYS)),
    };
    let roll = rng.below(100);
    let (kind, mut list) = if span == Span::Running {
        let count = rng.between(8, 14);
        (ActivityKind::LongTerm, (0..count).map(|n| plus(first, n * 7)).collect())
    } else if theme.is_some() && !(monthly && roll < 35) {
        (ActivityKind::Themed, vec![first])
    } else if monthly || roll < 12 {
        let mut list = vec![first];
        let mut date = first;
        for _ in 0..rng.between(2, 9) {
            date = next_month(date, theme);
            list.push(date);
        }
        (ActivityKind::Routine, list)
    } else if roll < 52 {
        // Most series are short, some go on for half a year.
        let count = 3 + rng.below_skewed(30) as i32;
        let kind = if count >= 8 { ActivityKind::LongTerm } else { ActivityKind::Routine };
        (kind, (0..count).map(|n| plus(first, n * 7)).collect())
    } else if roll < 62 {
        (ActivityKind::ShortTerm, (0..rng.between(2, 5)).map(|n| plus(first, n)).collect())
    } else {
        (ActivityKind::ShortTerm, vec![first])
    };
    list.retain(|&date| date == first || (date <= last && in_season(topic, date)));
    if span == Span::Running && !list.iter().any(|&date| date >= today) {
        // Out of season or too short: it still meets once more.
        list.push(plus(first, days_between(first, today).div_euclid(7) * 7 + 7));
    }
    (kind, list)
}

fn hours(rng: &mut Rng, date: Date, field: &Field, topic: &Topic) -> (u16, u16) {
    let mut start = match topic.zh {
        "护学岗" => *rng.pick(&[425, 930]),
        "放学后一小时" => *rng.pick(&[945, 960, 975]),
        "午间送餐" => 645,
        "夜观星空" | "纳凉晚会" => *rng.pick(&[1110, 1125]),
        "湖畔灯会秩序维护" => 1050,
        _ => *rng.pick(field.starts),
    };
    if field.outdoor && is_hot(date) {
        start += match start {
            540..=720 => -60,
            780..=1000 => 120,
            _ => 0,
        };
    } else if field.outdoor && is_cold(date) && (360..=600).contains(&start) {
        start += 30;
    }
    let end = start + *rng.pick(field.lengths);
    (start as u16, end as u16)
}

fn state(
    rng: &mut Rng,
    today: Date,
    span: Span,
    sessions: &[Session],
    field: &Field,
) -> (StateHint, Option<&'static str>) {
    let first = sessions.first().map_or(today, |session| session.date);
    let last = sessions.last().map_or(today, |session| session.date);
    if span != Span::Past {
        let state = match days_between(today, first) {
            ..0 => StateHint::Running,
            0..2 => StateHint::SignUpClosed,
            _ => StateHint::Recruiting,
        };
        return (state, None);
    }
    let (chance, reason) = match first.month() {
        7..=9 if field.outdoor => (60, "台风预警"),
        6 if field.outdoor => (40, "连续强降雨"),
        7 | 8 => (15, "高温红色预警"),
        1 | 2 if field.outdoor => (35, "道路结冰"),
        _ => (8, "场地临时调整"),
    };
    if sessions.len() == 1 && rng.chance(chance) {
        return (StateHint::Cancelled, Some(reason));
    }
    let state = match days_between(last, today) {
        ..=10 => StateHint::Recording,
        11..=40 => StateHint::Recorded,
        _ => StateHint::Archived,
    };
    (state, None)
}

struct Spot {
    community: usize,
    venue: Option<usize>,
    label: String,
    label_en: String,
    public: String,
    public_en: String,
    exact: String,
    lon: f64,
    lat: f64,
}

const INDOOR: &[(&str, &str, &str)] = &[
    ("党群服务中心", "Community Centre", "一楼大厅"),
    ("文化礼堂", "Culture Hall", "多功能厅"),
    ("老年活动室", "Seniors' Room", "南侧房间"),
    ("居民议事厅", "Residents' Meeting Room", "二楼"),
    ("图书角", "Reading Corner", "靠窗长桌旁"),
];
const OUTDOOR: &[(&str, &str, &str)] = &[
    ("文化广场", "Culture Square", "旗杆下集合"),
    ("口袋公园", "Pocket Park", "凉亭集合"),
    ("东门入口", "East Gate", "门卫室旁"),
    ("便民服务点", "Service Point", "遮阳棚下"),
    ("健身广场", "Fitness Square", "公告栏前集合"),
];

/// Lines of work that also suit a city-wide venue.
const AT_VENUES: &[&str] = &[
    "talk", "order", "health", "law", "culture", "science", "event", "job", "language", "net", "relief",
    "other",
];

fn fixed_venue(topic: &Topic) -> Option<usize> {
    match topic.zh {
        "博物馆义务讲解" => Some(12),
        "车站暖心出行" | "外语咨询台" => Some(3),
        "城市马拉松赛道服务" | "环湖健走" => Some(2),
        "湿地观鸟与净滩" | "水上救援训练" => Some(8),
        "图书市集服务" | "英语角" => Some(1),
        "湖畔灯会秩序维护" => Some(6),
        _ => None,
    }
}

fn choose_spot(rng: &mut Rng, place: &Place, team: &Team, field: &Field, topic: &Topic) -> Spot {
    let fixed = fixed_venue(topic);
    let wide = team.community.is_none() && AT_VENUES.contains(&field.code) && rng.chance(600);
    let venue_at = fixed.or_else(|| wide.then(|| rng.below(place.venues.len())));
    if let Some((at, venue)) = venue_at.and_then(|at| place.venues.get(at).map(|venue| (at, venue))) {
        let (lon, lat) = metres(rng, venue.lon, venue.lat, 0.05);
        let corner = *rng.pick(&["正门集合", "东侧入口集合", "服务台旁集合", "北广场集合"]);
        return Spot {
            community: venue.community,
            venue: Some(at),
            label: venue.name.to_string(),
            label_en: venue.en.to_string(),
            public: venue.name.to_string(),
            public_en: venue.en.to_string(),
            exact: format!("{},{corner}", venue.address),
            lon,
            lat,
        };
    }
    let community = match team.community {
        Some(home) if rng.chance(800) => home,
        Some(home) => {
            // A neighbouring community of the same street.
            let street = place.communities.get(home).map_or(0, |community| community.street);
            let near =
                place.communities.iter().enumerate().filter(|(_, community)| community.street == street);
            let count = near.clone().count();
            near.map(|(index, _)| index).nth(rng.below(count)).unwrap_or(home)
        }
        None => rng.below(place.communities.len()),
    };
    let home = pick(&place.communities, community);
    let street = pick(&place.streets, home.street);
    let (spot, spot_en, corner) = *rng.pick(if field.outdoor { OUTDOOR } else { INDOOR });
    let (lon, lat) = metres(rng, home.lon, home.lat, 0.32);
    let public = format!("{}{spot}", home.name);
    Spot {
        community,
        venue: None,
        label: home.name.clone(),
        label_en: home.en.clone(),
        public_en: format!("{}, {spot_en}", home.en),
        exact: format!("{} {public}{corner}", address(rng, &street.name)),
        public,
        lon,
        lat,
    }
}

/// Share of the quota that comes, in percent.
fn fill(rng: &mut Rng) -> usize {
    if rng.chance(240) { 100 } else { rng.between(60, 99) as usize }
}

/// Gives every session its quota and posts, so that the past ones have room for exactly the
/// wanted number of records, and returns the past and the coming sessions.
fn quotas(rng: &mut Rng, today: Date, drafts: &mut [Draft], amounts: &Amounts) -> (Vec<Slot>, Vec<Slot>) {
    let happened = |activity: &Activity, session: &Session| {
        session.date < today && activity.state != StateHint::Cancelled
    };
    // 84 % is the mean of `fill`; sizes are in percent of a person.
    let expected: usize = drafts
        .iter()
        .map(|draft| {
            let held = draft.activity.sessions.iter().filter(|session| happened(&draft.activity, session));
            held.count() * draft.size * 84 / 100
        })
        .sum();
    let expected = (expected / 100).max(1);
    let cap = (amounts.volunteers / 8).max(4);
    let epoch = plus(today, -EPOCH_DAYS);
    let mut past: Vec<Slot> = Vec::new();
    let mut upcoming: Vec<Slot> = Vec::new();
    for (index, draft) in drafts.iter_mut().enumerate() {
        let quota = (draft.size * amounts.records / expected / 100).clamp(4, cap);
        let posts = posts(pick(FIELDS, draft.field), quota);
        let cancelled = draft.activity.state == StateHint::Cancelled;
        for (nth, session) in draft.activity.sessions.iter_mut().enumerate() {
            session.quota = quota as u16;
            session.posts.clone_from(&posts);
            let base = days_between(epoch, session.date) as u32 * 1440;
            let slot = Slot {
                activity: index as u32,
                session: nth as u16,
                day: days_between(today, session.date),
                start: base + u32::from(session.start_minute),
                end: base + u32::from(session.end_minute),
                quota: quota as u16,
                planned: (quota * fill(rng)).div_ceil(100) as u16,
            };
            if session.date >= today {
                upcoming.push(slot);
            } else if !cancelled {
                past.push(slot);
            }
        }
    }
    settle(rng, drafts, &mut past, amounts.records);
    (past, upcoming)
}

/// Adds or takes single places until the past sessions hold exactly `records`.
fn settle(rng: &mut Rng, drafts: &mut [Draft], past: &mut [Slot], records: usize) {
    let mut have: usize = past.iter().map(|slot| usize::from(slot.planned)).sum();
    // The first rounds stay within the quotas; the last ones may raise them.
    for round in 0..10_000 {
        if have == records || past.is_empty() {
            return;
        }
        let offset = rng.below(past.len());
        let count = past.len();
        for step in 0..count {
            let Some(slot) = past.get_mut((offset + step) % count) else { continue };
            if have < records && slot.planned < slot.quota {
                slot.planned += 1;
                have += 1;
            } else if have < records && round > 8 {
                let session = drafts
                    .get_mut(slot.activity as usize)
                    .and_then(|draft| draft.activity.sessions.get_mut(usize::from(slot.session)));
                if let Some(session) = session {
                    session.quota += 1;
                    if let Some(post) = session.posts.first_mut() {
                        post.quota += 1;
                    }
                    slot.quota += 1;
                    slot.planned += 1;
                    have += 1;
                }
            } else if have > records && slot.planned > 1 {
                slot.planned -= 1;
                have -= 1;
            }
            if have == records {
                return;
            }
        }
    }
}

/// Splits a quota over the posts of a line of work; the first post takes the largest share.
fn posts(field: &Field, quota: usize) -> Vec<Post> {
    let count = field.posts.len().min(quota / 3).max(1);
    let share = quota / (count + 1);
    let mut list: Vec<Post> = field
        .posts
        .iter()
        .take(count)
        .map(|&(name, en)| Post { name, en, quota: share.max(1) as u16 })
        .collect();
    let rest = quota - list.iter().map(|post| usize::from(post.quota)).sum::<usize>().min(quota);
    if let Some(first) = list.first_mut() {
        first.quota += rest as u16;
    }
    list
}
