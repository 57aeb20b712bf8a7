//! Volunteer teams.

use crate::calendar::plus;
use crate::place::{Place, department};
use crate::rng::{Rng, Stream, pick};
use crate::topics::field_index;
use jiff::civil::Date;
use std::collections::HashSet;

/// What kind of people a team is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TeamKind {
    /// 党员.
    Party,
    /// 青年.
    Youth,
    /// 巾帼.
    Women,
    /// 社区.
    Community,
    /// 职工.
    Workers,
    /// 退役军人.
    Veterans,
    /// 学生.
    Students,
    /// 老年.
    Seniors,
    /// 专业.
    Professional,
}

impl TeamKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Party,
        Self::Youth,
        Self::Women,
        Self::Community,
        Self::Workers,
        Self::Veterans,
        Self::Students,
        Self::Seniors,
        Self::Professional,
    ];

    /// Stable code, ASCII.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.words().0
    }

    /// Chinese label.
    #[must_use]
    pub fn zh(self) -> &'static str {
        self.words().1
    }

    /// English label.
    #[must_use]
    pub fn en(self) -> &'static str {
        self.words().2
    }

    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Party => ("party", "党员", "Party members"),
            Self::Youth => ("youth", "青年", "Youth"),
            Self::Women => ("women", "巾帼", "Women"),
            Self::Community => ("community", "社区", "Community"),
            Self::Workers => ("workers", "职工", "Workers"),
            Self::Veterans => ("veterans", "退役军人", "Veterans"),
            Self::Students => ("students", "学生", "Students"),
            Self::Seniors => ("seniors", "老年", "Seniors"),
            Self::Professional => ("professional", "专业", "Professional"),
        }
    }

    fn brands(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Party => {
                &[("红帆", "Red Sail"), ("先锋", "Vanguard"), ("初心", "First Resolve"), ("灯塔", "Beacon")]
            }
            Self::Youth => &[
                ("青澄", "Young Lake"),
                ("破浪", "Breaking Waves"),
                ("晨星", "Morning Star"),
                ("青柠", "Green Lime"),
            ],
            Self::Women => &[
                ("澄姐", "Sisters of the Lake"),
                ("木兰", "Magnolia"),
                ("半边天", "Half the Sky"),
                ("暖针", "Warm Needle"),
            ],
            Self::Community => &[("邻里守望", "Good Neighbours")],
            Self::Workers => &[("匠心", "Craft"), ("班组", "Workshop"), ("橙马甲", "Orange Vest")],
            Self::Veterans => &[("老兵", "Old Soldiers"), ("迷彩", "Camouflage"), ("军号", "Bugle")],
            Self::Students => {
                &[("萤火", "Firefly"), ("青禾", "Green Shoots"), ("蒲公英", "Dandelion"), ("星火", "Spark")]
            }
            Self::Seniors => &[
                ("银龄", "Silver Years"),
                ("夕照", "Evening Glow"),
                ("老伙计", "Old Friends"),
                ("常青", "Evergreen"),
            ],
            Self::Professional => &[("", "")],
        }
    }

    fn sponsor(self) -> &'static str {
        match self {
            Self::Party => "party_org",
            Self::Youth => "youth_league",
            Self::Women => "women",
            Self::Community => "social_work",
            Self::Workers => "union",
            Self::Veterans => "veterans",
            Self::Students => "education",
            Self::Seniors => "civil_affairs",
            Self::Professional => "social_work",
        }
    }

    fn focus(self) -> &'static [&'static str] {
        match self {
            Self::Party => &["talk", "order", "clean", "relief", "neighbour"],
            Self::Youth => &["event", "order", "nature", "child", "net", "language"],
            Self::Women => &["child", "elder", "neighbour", "mind", "sorting"],
            Self::Community => &["neighbour", "clean", "elder", "sorting", "safety"],
            Self::Workers => &["clean", "repair", "relief", "order", "job", "event"],
            Self::Veterans => &["safety", "rescue", "order", "event"],
            Self::Students => &["child", "elder", "nature", "away", "science", "other"],
            Self::Seniors => &["culture", "safety", "sport", "sorting", "talk"],
            Self::Professional => &["neighbour"],
        }
    }
}

/// A volunteer team (志愿服务队).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// Chinese name.
    pub name: String,
    /// English name.
    pub en: String,
    /// What kind of people it is made of.
    pub kind: TeamKind,
    /// Index of its community; `None` for a city-wide team.
    pub community: Option<usize>,
    /// Index of the sponsoring department.
    pub sponsor: usize,
    /// Day of foundation.
    pub founded: Date,
    /// The flag number, unique, from 1.
    pub flag: u16,
    /// Slogan.
    pub slogan: &'static str,
    /// First-level category codes the team works in, the main one first.
    pub focus: Vec<&'static str>,
    /// Index of the volunteer who leads it.
    pub leader: usize,
}

impl Team {
    pub(crate) fn focus_fields(&self) -> impl Iterator<Item = usize> + '_ {
        self.focus.iter().map(|code| field_index(code))
    }
}

const SLOGANS: &[&str] = &[
    "有事喊一声,邻里都应声",
    "多走一步路,少一户发愁",
    "红马甲,暖一巷",
    "今天你帮我,明天我帮他",
    "把家门口的事当自家的事",
    "小事不过夜,难事不推开",
    "伸出一双手,点亮一盏灯",
    "澄湖的水有多清,我们的心有多诚",
    "哪里需要,就在哪里集合",
    "慢慢做,长久做",
    "一人一小时,一城一片晴",
    "敲开一扇门,结下一份亲",
    "不留名,只留路",
    "干净的街,热乎的人",
    "以专业,助人间",
    "脚步到了,心就近了",
    "服务有我,邻里有光",
    "守着一条河,护着一座城",
    "老有所为,少有所学",
    "热心不退休",
];

/// Specialities of professional teams: Chinese, English, fields, sponsor.
type Special = (&'static str, &'static str, &'static [&'static str], &'static str);

const SPECIALS: &[Special] = &[
    ("蓝桨应急救援", "Blue Oar Rescue", &["rescue", "event"], "emergency"),
    ("杏林义诊", "Apricot Grove Clinic", &["health", "elder"], "health"),
    ("天平法律服务", "Scales Legal Service", &["law", "talk"], "justice"),
    ("心桥心理服务", "Heart Bridge Counselling", &["mind", "child"], "health"),
    ("巧手家电维修", "Handy Repairs", &["repair", "relief"], "union"),
    ("剪爱理发", "Kind Scissors", &["repair", "elder"], "civil_affairs"),
    ("语桥翻译", "Language Bridge", &["language", "event"], "culture"),
    ("澄湖科普讲师", "Chenghu Science Speakers", &["science", "child"], "science"),
    ("水韵文艺", "Water Song Arts", &["culture", "elder"], "culture"),
    ("绿舟生态", "Green Boat Nature", &["nature", "sorting"], "ecology"),
    ("无声有爱手语", "Silent Kindness Signing", &["disability", "child"], "disabled"),
    ("光影纪实", "Light and Shadow Photography", &["net", "event"], "culture"),
    ("全民健身指导", "Fitness Coaches", &["sport", "event"], "sport"),
    ("热血无偿献血服务", "Warm Blood Donors", &["health", "event"], "red_cross"),
    ("啄木鸟文明观察", "Woodpecker City Watch", &["order", "clean"], "urban_mgmt"),
    ("护航平安", "Safe Passage", &["safety", "order"], "police"),
    ("启航就业辅导", "Set Sail Job Coaches", &["job", "talk"], "social_work"),
    ("春泥支教", "Spring Soil Tutors", &["child", "away"], "education"),
];

const UNITS: &[(&str, &str)] = &[
    ("供电", "Power Supply"),
    ("水务", "Water Works"),
    ("公交", "City Bus"),
    ("燃气", "City Gas"),
    ("邮政", "Post"),
    ("环卫", "Sanitation"),
    ("第一医院", "First Hospital"),
    ("轨道", "Railway Station"),
    ("农商银行", "Rural Commercial Bank"),
    ("丝织厂", "Silk Mill"),
    ("轴承厂", "Bearing Works"),
    ("建工", "Construction"),
    ("园林", "Parks"),
    ("图书馆", "Library"),
    ("商贸城", "Trade Mall"),
    ("快递业", "Couriers"),
];

const SCHOOLS: &[(&str, &str)] = &[
    ("澄湖学院", "Chenghu College"),
    ("澄湖职业技术学院", "Chenghu Vocational College"),
    ("澄湖师范专科学校", "Chenghu Teachers' College"),
    ("澄湖卫生学校", "Chenghu Health School"),
    ("澄湖开放大学", "Chenghu Open University"),
    ("澄湖水运技师学院", "Chenghu Waterway Institute"),
    ("澄湖中学校友会", "Chenghu High School Alumni"),
    ("澄湖艺术学校", "Chenghu School of Arts"),
];

/// One cycle of the kinds of teams that are not the community's own.
const CYCLE: &[TeamKind] = &[
    TeamKind::Professional,
    TeamKind::Party,
    TeamKind::Students,
    TeamKind::Women,
    TeamKind::Workers,
    TeamKind::Professional,
    TeamKind::Seniors,
    TeamKind::Youth,
    TeamKind::Party,
    TeamKind::Veterans,
    TeamKind::Professional,
    TeamKind::Workers,
    TeamKind::Students,
    TeamKind::Seniors,
    TeamKind::Party,
    TeamKind::Women,
    TeamKind::Professional,
    TeamKind::Youth,
    TeamKind::Party,
    TeamKind::Women,
];

struct Draft {
    name: String,
    en: String,
    community: Option<usize>,
    sponsor: &'static str,
    focus: Vec<&'static str>,
}

pub(crate) fn build(seed: u64, today: Date, place: &Place, count: usize) -> Vec<Team> {
    let mut rng = Rng::new(seed, Stream::Team, 0);
    let own = place.communities.len().min(count / 2);
    let mut order: Vec<usize> = (0..place.communities.len()).collect();
    rng.shuffle(&mut order);
    let mut names: HashSet<String> = HashSet::with_capacity(count);
    let mut teams = Vec::with_capacity(count);
    // How many teams of each kind there are already, which drives the choice of brands.
    let mut made = [0usize; TeamKind::ALL.len()];
    for index in 0..count {
        let kind = if index < own { TeamKind::Community } else { *pick(CYCLE, index - own) };
        let Some(nth) = made.get_mut(kind as usize) else { continue };
        let mut draft = draft(&mut rng, place, &order, kind, *nth);
        *nth += 1;
        // The tables are larger than any size asks for; the number is the last resort.
        let mut number = 2;
        while names.contains(&draft.name) {
            let plain = draft.name.trim_end_matches("志愿服务队").to_string();
            draft.name = format!("{plain}第{number}志愿服务队");
            draft.en = format!("{} {number}", draft.en);
            number += 1;
        }
        names.insert(draft.name.clone());
        teams.push(Team {
            name: draft.name,
            en: draft.en,
            kind,
            community: draft.community,
            sponsor: department(draft.sponsor),
            founded: plus(today, -rng.between(480, 4_000)),
            flag: index as u16 + 1,
            slogan: rng.word(SLOGANS),
            focus: draft.focus,
            leader: index,
        });
    }
    teams
}

fn draft(rng: &mut Rng, place: &Place, order: &[usize], kind: TeamKind, nth: usize) -> Draft {
    let communities = order.len().max(1);
    let brands = kind.brands();
    // Every kind walks through the communities from its own starting point.
    let community = *pick(order, nth + kind as usize * 11);
    let brand = *pick(brands, nth + nth / communities);
    let mut focus: Vec<&'static str> = kind.focus().to_vec();
    if kind == TeamKind::Community {
        let home = pick(&place.communities, nth);
        return Draft {
            name: format!("{}{}志愿服务队", home.name, brand.0),
            en: format!("{} {} Team", home.en, brand.1),
            community: Some(nth),
            sponsor: kind.sponsor(),
            focus,
        };
    }
    rng.shuffle(&mut focus);
    focus.truncate(3);
    let (name, en, community, sponsor) = match kind {
        TeamKind::Professional => {
            let (zh, en, fields, sponsor) = *pick(SPECIALS, nth);
            focus = fields.to_vec();
            let round = nth / SPECIALS.len();
            if round == 0 {
                (format!("{}{zh}志愿服务队", place.name), format!("Chenghu {en} Team"), None, sponsor)
            } else {
                let street_index = (nth + round * 5) % place.streets.len().max(1);
                let street = pick(&place.streets, street_index);
                let home = place.communities.iter().position(|item| item.street == street_index);
                (format!("{}{zh}志愿服务队", street.name), format!("{} {en} Team", street.en), home, sponsor)
            }
        }
        TeamKind::Workers => {
            let unit = *pick(UNITS, nth);
            let brand = *pick(brands, nth / UNITS.len());
            (
                format!("澄湖{}{}职工志愿服务队", unit.0, brand.0),
                format!("Chenghu {} {} Workers' Team", unit.1, brand.1),
                None,
                kind.sponsor(),
            )
        }
        TeamKind::Students => {
            let school = *pick(SCHOOLS, nth);
            let brand = *pick(brands, nth + nth / SCHOOLS.len());
            (
                format!("{}{}学生志愿服务队", school.0, brand.0),
                format!("{} {} Students' Team", school.1, brand.1),
                None,
                kind.sponsor(),
            )
        }
        TeamKind::Youth if nth.is_multiple_of(6) => (
            format!("{}{}青年志愿服务队", place.name, pick(brands, nth / 6).0),
            format!("Chenghu {} Youth Team", pick(brands, nth / 6).1),
            None,
            kind.sponsor(),
        ),
        TeamKind::Veterans if nth.is_multiple_of(2) => {
            let street_index = (nth / 2) % place.streets.len().max(1);
            let street = pick(&place.streets, street_index);
            let home = place.communities.iter().position(|item| item.street == street_index);
            (
                format!("{}{}退役军人志愿服务队", street.name, brand.0),
                format!("{} {} Veterans' Team", street.en, brand.1),
                home,
                kind.sponsor(),
            )
        }
        TeamKind::Party
        | TeamKind::Youth
        | TeamKind::Women
        | TeamKind::Community
        | TeamKind::Veterans
        | TeamKind::Seniors => {
            let home = pick(&place.communities, community);
            let en_kind = match kind {
                TeamKind::Party => "Party Members'",
                TeamKind::Youth => "Youth",
                TeamKind::Women => "Women's",
                TeamKind::Veterans => "Veterans'",
                _ => "Seniors'",
            };
            (
                format!("{}{}{}志愿服务队", home.name, brand.0, kind.zh()),
                format!("{} {} {en_kind} Team", home.en, brand.1),
                Some(community),
                kind.sponsor(),
            )
        }
    };
    Draft { name, en, community, sponsor, focus }
}
