//! The city's year: service days, festivals and seasons.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// What makes a day special for volunteers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Theme {
    /// 3 March 5, the day of learning from Lei Feng.
    LeiFeng,
    /// The 18th of each month, the city's fixed service day.
    ServiceDay,
    /// The first Saturday of each month, the neighbourhoods' day.
    FirstSaturday,
    /// The week before the Spring Festival.
    SpringFestival,
    /// The Lantern Festival.
    Lantern,
    /// The tree-planting days of March.
    TreePlanting,
    /// 5·12 disaster preparedness day.
    Preparedness,
    /// Children's Day.
    Children,
    /// 6·5 environment day.
    Environment,
    /// The Dragon Boat Festival.
    DragonBoat,
    /// Mid-Autumn.
    MidAutumn,
    /// National Day.
    National,
    /// The Double Ninth, day of older people.
    DoubleNinth,
    /// 11·9 fire safety day.
    FireSafety,
    /// 12·4 constitution day.
    Constitution,
    /// 12·5 international volunteer day.
    VolunteerDay,
}

impl Theme {
    /// Chinese label, used before activity titles.
    #[must_use]
    pub fn zh(self) -> &'static str {
        self.labels().0
    }

    /// English label.
    #[must_use]
    pub fn en(self) -> &'static str {
        self.labels().1
    }

    fn labels(self) -> (&'static str, &'static str) {
        match self {
            Self::LeiFeng => ("学雷锋纪念日", "Lei Feng Day"),
            Self::ServiceDay => ("18日集中服务日", "Service Day"),
            Self::FirstSaturday => ("邻里周六", "Neighbours' Saturday"),
            Self::SpringFestival => ("春节", "Spring Festival"),
            Self::Lantern => ("元宵节", "Lantern Festival"),
            Self::TreePlanting => ("植树节", "Tree Planting Day"),
            Self::Preparedness => ("防灾减灾日", "Disaster Preparedness Day"),
            Self::Children => ("六一儿童节", "Children's Day"),
            Self::Environment => ("环境日", "Environment Day"),
            Self::DragonBoat => ("端午节", "Dragon Boat Festival"),
            Self::MidAutumn => ("中秋节", "Mid-Autumn Festival"),
            Self::National => ("国庆节", "National Day"),
            Self::DoubleNinth => ("重阳节", "Double Ninth"),
            Self::FireSafety => ("消防宣传日", "Fire Safety Day"),
            Self::Constitution => ("宪法宣传日", "Constitution Day"),
            Self::VolunteerDay => ("国际志愿者日", "International Volunteer Day"),
        }
    }

    /// Categories that suit the day; empty means any.
    pub(crate) fn fields(self) -> &'static [&'static str] {
        match self {
            Self::LeiFeng => &["relief", "repair", "neighbour", "health", "clean", "elder", "law"],
            Self::ServiceDay => &["order", "clean", "sorting", "order", "nature"],
            Self::FirstSaturday => &["neighbour", "repair", "elder", "child", "clean", "health"],
            Self::SpringFestival => &["relief", "elder", "event", "culture", "safety"],
            Self::Lantern | Self::DragonBoat | Self::MidAutumn => {
                &["culture", "elder", "neighbour", "relief"]
            }
            Self::TreePlanting | Self::Environment => &["nature", "sorting", "clean"],
            Self::Preparedness => &["rescue", "safety"],
            Self::Children => &["child", "science", "culture", "mind"],
            Self::National => &["order", "event", "culture", "safety"],
            Self::DoubleNinth => &["elder", "health", "repair", "culture"],
            Self::FireSafety => &["rescue", "safety"],
            Self::Constitution => &["law", "net", "talk"],
            Self::VolunteerDay => &[],
        }
    }

    /// How much busier than an ordinary day of the same weekday.
    fn weight(self) -> u32 {
        match self {
            Self::LeiFeng => 14,
            Self::VolunteerDay => 8,
            Self::ServiceDay => 7,
            Self::DoubleNinth => 6,
            Self::FirstSaturday | Self::Children => 3,
            Self::TreePlanting
            | Self::Environment
            | Self::DragonBoat
            | Self::MidAutumn
            | Self::SpringFestival
            | Self::Preparedness
            | Self::Lantern
            | Self::National
            | Self::FireSafety
            | Self::Constitution => 2,
        }
    }

    /// How much larger the quotas of the day are, in percent.
    pub(crate) fn scale(self) -> usize {
        match self {
            Self::LeiFeng => 220,
            Self::VolunteerDay => 180,
            Self::ServiceDay | Self::DoubleNinth => 150,
            _ => 115,
        }
    }
}

/// Year, Spring Festival, Dragon Boat, Mid-Autumn, Double Ninth as (month, day).
type LunarYear = (i16, (i8, i8), (i8, i8), (i8, i8), (i8, i8));

const LUNAR: &[LunarYear] = &[
    (2023, (1, 22), (6, 22), (9, 29), (10, 23)),
    (2024, (2, 10), (6, 10), (9, 17), (10, 11)),
    (2025, (1, 29), (5, 31), (10, 6), (10, 29)),
    (2026, (2, 17), (6, 19), (9, 25), (10, 18)),
    (2027, (2, 6), (6, 9), (9, 15), (10, 8)),
    (2028, (1, 26), (5, 28), (10, 3), (10, 26)),
    (2029, (2, 13), (6, 16), (9, 22), (10, 16)),
    (2030, (2, 3), (6, 5), (9, 12), (10, 5)),
    (2031, (1, 23), (6, 24), (10, 1), (10, 24)),
    (2032, (2, 11), (6, 12), (9, 19), (10, 12)),
    (2033, (1, 31), (6, 1), (9, 8), (10, 1)),
    (2034, (2, 19), (6, 20), (9, 27), (10, 20)),
    (2035, (2, 8), (6, 10), (9, 16), (10, 9)),
];

/// The day `days` after `date` (before it when negative).
pub(crate) fn plus(date: Date, days: i32) -> Date {
    date.saturating_add(days.days())
}

/// Whole days from `from` to `to`.
pub(crate) fn days_between(from: Date, to: Date) -> i32 {
    (to.duration_since(from).as_hours() / 24) as i32
}

/// Days until the Spring Festival of the date's year, when the year is in the table.
fn to_spring_festival(date: Date) -> Option<i32> {
    let (year, (month, day), ..) = LUNAR.iter().find(|row| row.0 == date.year())?;
    Date::new(*year, *month, *day).ok().map(|festival| days_between(date, festival))
}

/// What the day is known for, the most important first.
#[must_use]
pub fn theme_of(date: Date) -> Option<Theme> {
    let day = (date.month(), date.day());
    let fixed = match day {
        (3, 5) => Some(Theme::LeiFeng),
        (12, 5) => Some(Theme::VolunteerDay),
        (3, 12) => Some(Theme::TreePlanting),
        (5, 12) => Some(Theme::Preparedness),
        (6, 1) => Some(Theme::Children),
        (6, 5) => Some(Theme::Environment),
        (10, 1..=3) => Some(Theme::National),
        (11, 9) => Some(Theme::FireSafety),
        (12, 4) => Some(Theme::Constitution),
        _ => None,
    };
    if let Some(row) = LUNAR.iter().find(|row| row.0 == date.year()) {
        if row.4 == day {
            return Some(Theme::DoubleNinth);
        }
        if fixed.is_none() && row.2 == day {
            return Some(Theme::DragonBoat);
        }
        if fixed.is_none() && row.3 == day {
            return Some(Theme::MidAutumn);
        }
    }
    if fixed.is_some() {
        return fixed;
    }
    match to_spring_festival(date) {
        Some(1..=8) => return Some(Theme::SpringFestival),
        Some(-14) => return Some(Theme::Lantern),
        _ => {}
    }
    if day.1 == 18 {
        return Some(Theme::ServiceDay);
    }
    (date.weekday() == Weekday::Saturday && day.1 <= 7).then_some(Theme::FirstSaturday)
}

/// How many activities begin on this day, relative to others.
pub(crate) fn day_weight(date: Date) -> u32 {
    let week = match date.weekday() {
        Weekday::Saturday => 24,
        Weekday::Sunday => 17,
        Weekday::Friday => 11,
        Weekday::Wednesday => 10,
        Weekday::Monday => 6,
        Weekday::Tuesday | Weekday::Thursday => 8,
    };
    let season = match date.month() {
        3 => 150,
        4 | 5 | 10 | 11 => 125,
        7 => 85,
        8 => 70,
        1 | 2 => 80,
        _ => 100,
    };
    let holiday = if matches!(to_spring_festival(date), Some(-6..=0)) { 25 } else { 100 };
    // A festival on a working day is as busy as one on a Saturday.
    match theme_of(date) {
        Some(theme) => week.max(14) * season * holiday / 100 * theme.weight(),
        None => week * season * holiday / 100,
    }
}

/// Whether outdoor work has to avoid the noon heat.
pub(crate) fn is_hot(date: Date) -> bool {
    matches!(date.month(), 7 | 8)
}

/// Whether outdoor work starts later because of the cold.
pub(crate) fn is_cold(date: Date) -> bool {
    matches!(date.month(), 12 | 1 | 2)
}

/// The next day of the same monthly rule.
pub(crate) fn next_month(date: Date, theme: Option<Theme>) -> Date {
    match theme {
        Some(Theme::ServiceDay) => date.saturating_add(1.month()),
        Some(Theme::FirstSaturday) => {
            let first = date.saturating_add(1.month()).first_of_month();
            (0..7).map(|n| plus(first, n)).find(|day| day.weekday() == Weekday::Saturday).unwrap_or(first)
        }
        _ => plus(date, 28),
    }
}
