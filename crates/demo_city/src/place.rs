//! The invented city: its map, streets, communities, stations and bodies.

use crate::calendar::plus;
use crate::rng::{Rng, Stream, pick};
use jiff::civil::Date;

/// The six-digit area code of the city. GB/T 2260 gives the number 99 to no province.
pub const CITY_ADCODE: &str = "990100";

/// A WGS-84 position in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Longitude, east positive.
    pub lon: f64,
    /// Latitude, north positive.
    pub lat: f64,
}

/// The corners of the map that holds the whole city.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MapBox {
    /// South-west corner.
    pub south_west: Point,
    /// North-east corner.
    pub north_east: Point,
}

impl MapBox {
    /// Whether the position lies on the map.
    #[must_use]
    pub fn contains(&self, lon: f64, lat: f64) -> bool {
        (self.south_west.lon..=self.north_east.lon).contains(&lon)
            && (self.south_west.lat..=self.north_east.lat).contains(&lat)
    }
}

/// A body of the city: the city office, the association, or a department of the sponsor line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Body {
    /// Stable code, ASCII.
    pub code: &'static str,
    /// Chinese name.
    pub name: &'static str,
    /// English name.
    pub en: &'static str,
}

/// The city and everything on its map.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Chinese name, "澄湖市".
    pub name: &'static str,
    /// English name.
    pub en: &'static str,
    /// Twelve-digit area code.
    pub code: String,
    /// Centre of the map.
    pub centre: Point,
    /// The map's corners.
    pub map: MapBox,
    /// 文明办, the office that runs the system.
    pub office: Body,
    /// 志愿者协会.
    pub association: Body,
    /// District-level departments (sponsor line).
    pub departments: &'static [Body],
    /// Streets; a community's `street` is an index into this list.
    pub streets: Vec<Street>,
    /// Communities, grouped by street.
    pub communities: Vec<Community>,
    /// City-wide venues.
    pub venues: Vec<Venue>,
}

/// A street (街道).
#[derive(Clone, Debug, PartialEq)]
pub struct Street {
    /// Chinese name with 街道.
    pub name: String,
    /// English name.
    pub en: String,
    /// Longitude of the centre.
    pub lon: f64,
    /// Latitude of the centre.
    pub lat: f64,
    /// Twelve-digit area code.
    pub code: String,
}

/// A community (社区).
#[derive(Clone, Debug, PartialEq)]
pub struct Community {
    /// Index of the street.
    pub street: usize,
    /// Chinese name with 社区.
    pub name: String,
    /// English name.
    pub en: String,
    /// Longitude of the centre.
    pub lon: f64,
    /// Latitude of the centre.
    pub lat: f64,
    /// Twelve-digit area code.
    pub code: String,
    /// Number of residents.
    pub population: u32,
    /// The volunteer station, where there is one (58 communities).
    pub station: Option<Station>,
    /// The station that is to be opened (some of the other 14 communities).
    pub planned_station: Option<Station>,
}

/// State of a station.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StationState {
    /// Promised for a date.
    Planned,
    /// Working.
    Open,
}

/// A community volunteer station (社区志愿服务站).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Station {
    /// Chinese name.
    pub name: String,
    /// English name.
    pub en: String,
    /// Street address.
    pub address: String,
    /// Landline with the invented area code 0500.
    pub phone: String,
    /// Planned or open.
    pub state: StationState,
    /// Day of opening, or the day it is due to open.
    pub since: Date,
}

/// A place that belongs to the whole city.
#[derive(Clone, Debug, PartialEq)]
pub struct Venue {
    /// Chinese name.
    pub name: &'static str,
    /// English name.
    pub en: &'static str,
    /// Index of the community it stands in.
    pub community: usize,
    /// Longitude.
    pub lon: f64,
    /// Latitude.
    pub lat: f64,
    /// Street address.
    pub address: String,
}

const STREETS: &[(&str, &str, usize)] = &[
    ("望澄", "Wangcheng", 7),
    ("银杏湾", "Yinxingwan", 6),
    ("荷浦", "Hepu", 6),
    ("南屿", "Nanyu", 5),
    ("柳汀", "Liuting", 7),
    ("云栈", "Yunzhan", 8),
    ("青桅", "Qingwei", 6),
    ("东篱", "Dongli", 5),
    ("丹枫", "Danfeng", 6),
    ("石埠", "Shibu", 4),
    ("鹭汀", "Luting", 7),
    ("松台", "Songtai", 5),
];

const COMMUNITIES: &[(&str, &str)] = &[
    ("湖心", "Huxin"),
    ("望湖", "Wanghu"),
    ("澄园", "Chengyuan"),
    ("钟楼", "Zhonglou"),
    ("书院", "Shuyuan"),
    ("映月", "Yingyue"),
    ("北码头", "Beimatou"),
    ("银杏", "Yinxing"),
    ("湾里", "Wanli"),
    ("梧桐", "Wutong"),
    ("锦绣", "Jinxiu"),
    ("听涛", "Tingtao"),
    ("秋实", "Qiushi"),
    ("荷香", "Hexiang"),
    ("藕塘", "Outang"),
    ("采莲", "Cailian"),
    ("莲桥", "Lianqiao"),
    ("清涟", "Qinglian"),
    ("菱角", "Lingjiao"),
    ("南屿", "Nanyu"),
    ("橘园", "Juyuan"),
    ("渔歌", "Yuge"),
    ("帆影", "Fanying"),
    ("晚渡", "Wandu"),
    ("柳汀", "Liuting"),
    ("烟雨", "Yanyu"),
    ("春晓", "Chunxiao"),
    ("折柳", "Zheliu"),
    ("画桥", "Huaqiao"),
    ("鸣蝉", "Mingchan"),
    ("碧波", "Bibo"),
    ("云栈", "Yunzhan"),
    ("车坊", "Chefang"),
    ("纺织新村", "Fangzhi Xincun"),
    ("机床厂", "Jichuangchang"),
    ("站前", "Zhanqian"),
    ("锅炉巷", "Guolu Xiang"),
    ("红砖里", "Hongzhuanli"),
    ("铁路新村", "Tielu Xincun"),
    ("青桅", "Qingwei"),
    ("船坞", "Chuanwu"),
    ("海棠", "Haitang"),
    ("灯塔", "Dengta"),
    ("缆绳弄", "Lansheng Long"),
    ("新港", "Xingang"),
    ("东篱", "Dongli"),
    ("菊圃", "Jupu"),
    ("采薇", "Caiwei"),
    ("竹里", "Zhuli"),
    ("耕读", "Gengdu"),
    ("丹枫", "Danfeng"),
    ("霜林", "Shuanglin"),
    ("鹿鸣", "Luming"),
    ("小石桥", "Xiaoshiqiao"),
    ("学府", "Xuefu"),
    ("青衿", "Qingjin"),
    ("石埠", "Shibu"),
    ("采石", "Caishi"),
    ("盐仓", "Yancang"),
    ("古井", "Gujing"),
    ("鹭洲", "Luzhou"),
    ("白鹭", "Bailu"),
    ("芦花", "Luhua"),
    ("晴沙", "Qingsha"),
    ("观潮", "Guanchao"),
    ("湿地", "Shidi"),
    ("星河", "Xinghe"),
    ("松台", "Songtai"),
    ("听松", "Tingsong"),
    ("茶亭", "Chating"),
    ("云岭", "Yunling"),
    ("半山", "Banshan"),
];

const ROADS: &[&str] = &[
    "望澄路",
    "银杏路",
    "采莲路",
    "画桥街",
    "听涛路",
    "鹿鸣路",
    "书院街",
    "钟楼路",
    "晚渡路",
    "芦花路",
    "青桅大道",
    "云栈路",
    "纺织路",
    "站前路",
    "松台路",
    "茶亭路",
    "菊圃巷",
    "石埠街",
    "盐仓弄",
    "晴沙路",
    "环湖东路",
    "环湖西路",
    "学府路",
    "霜林路",
    "橘园路",
    "帆影街",
    "烟雨巷",
    "碧波路",
    "海棠路",
    "星河大道",
];

const VENUES: &[(&str, &str, usize)] = &[
    ("澄湖市民广场", "Chenghu Citizens' Square", 0),
    ("澄湖图书馆", "Chenghu Library", 4),
    ("环湖绿道起点驿站", "Lakeside Greenway Post", 1),
    ("澄湖火车站站前广场", "Chenghu Railway Station Square", 35),
    ("澄湖体育中心", "Chenghu Sports Centre", 54),
    ("澄湖市第一医院门诊大厅", "Chenghu First Hospital, Outpatient Hall", 10),
    ("画桥步行街", "Huaqiao Pedestrian Street", 28),
    ("晚渡农贸市场", "Wandu Market", 23),
    ("鹭洲湿地公园", "Luzhou Wetland Park", 60),
    ("澄湖市政务服务中心", "Chenghu Government Service Centre", 3),
    ("青少年活动中心", "Chenghu Youth Centre", 9),
    ("澄湖汽车客运站", "Chenghu Coach Station", 32),
    ("澄湖博物馆", "Chenghu Museum", 5),
    ("文明实践中心", "Chenghu Civic Practice Centre", 2),
];

/// 文明办.
const OFFICE: Body =
    Body { code: "office", name: "澄湖市文明办", en: "Chenghu City Civilization Office" };
/// 志愿者协会.
const ASSOCIATION: Body =
    Body { code: "association", name: "澄湖市志愿者协会", en: "Chenghu Volunteers' Association" };

const fn body(code: &'static str, name: &'static str, en: &'static str) -> Body {
    Body { code, name, en }
}

const DEPARTMENTS: &[Body] = &[
    body("social_work", "澄湖市委社会工作部", "Chenghu Department of Social Work"),
    body("urban_mgmt", "澄湖市城市管理局", "Chenghu Urban Management Bureau"),
    body("youth_league", "共青团澄湖市委", "Chenghu Youth League"),
    body("women", "澄湖市妇女联合会", "Chenghu Women's Federation"),
    body("union", "澄湖市总工会", "Chenghu Federation of Trade Unions"),
    body("civil_affairs", "澄湖市民政局", "Chenghu Civil Affairs Bureau"),
    body("veterans", "澄湖市退役军人事务局", "Chenghu Veterans Affairs Bureau"),
    body("education", "澄湖市教育局", "Chenghu Education Bureau"),
    body("health", "澄湖市卫生健康局", "Chenghu Health Bureau"),
    body("justice", "澄湖市司法局", "Chenghu Justice Bureau"),
    body("police", "澄湖市公安局", "Chenghu Public Security Bureau"),
    body("emergency", "澄湖市应急管理局", "Chenghu Emergency Management Bureau"),
    body("culture", "澄湖市文化和旅游局", "Chenghu Culture and Tourism Bureau"),
    body("ecology", "澄湖市生态环境局", "Chenghu Ecology and Environment Bureau"),
    body("science", "澄湖市科学技术协会", "Chenghu Association for Science and Technology"),
    body("disabled", "澄湖市残疾人联合会", "Chenghu Disabled Persons' Federation"),
    body("red_cross", "澄湖市红十字会", "Chenghu Red Cross"),
    body("sport", "澄湖市体育局", "Chenghu Sports Bureau"),
    body("party_org", "澄湖市直机关工委", "Chenghu Committee of City Organs"),
];

/// Index of the department with this code (0 when there is none).
pub(crate) fn department(code: &str) -> usize {
    DEPARTMENTS.iter().position(|body| body.code == code).unwrap_or(0)
}

const CENTRE: Point = Point { lon: 120.9, lat: 30.6 };
/// Degrees of longitude and latitude per kilometre at 30.6° north.
const LON_PER_KM: f64 = 0.010_44;
const LAT_PER_KM: f64 = 0.009_02;
/// Half of the square root of three, the row height of a hexagonal grid.
const ROW: f64 = 0.866_025_4;

/// The axial steps of a hexagonal spiral: centre, first ring, most of the second.
const SPIRAL: &[(f64, f64)] = &[
    (0.0, 0.0),
    (1.0, 0.0),
    (0.5, ROW),
    (-0.5, ROW),
    (-1.0, 0.0),
    (-0.5, -ROW),
    (0.5, -ROW),
    (1.5, ROW),
    (0.0, 2.0 * ROW),
    (-1.5, ROW),
    (-1.5, -ROW),
    (0.0, -2.0 * ROW),
    (1.5, -ROW),
];

pub(crate) fn metres(rng: &mut Rng, lon: f64, lat: f64, km: f64) -> (f64, f64) {
    let east = (rng.unit() - 0.5) * 2.0 * km;
    let north = (rng.unit() - 0.5) * 2.0 * km;
    (round6(lon + east * LON_PER_KM), round6(lat + north * LAT_PER_KM))
}

fn round6(degrees: f64) -> f64 {
    (degrees * 1_000_000.0).round() / 1_000_000.0
}

/// A street address inside a community.
pub(crate) fn address(rng: &mut Rng, street: &str) -> String {
    format!("{street}{}{}号", rng.pick(ROADS), rng.between(1, 388))
}

pub(crate) fn build(seed: u64, today: Date) -> Place {
    let mut rng = Rng::new(seed, Stream::Place, 0);
    let mut streets = Vec::with_capacity(STREETS.len());
    let mut communities: Vec<Community> = Vec::with_capacity(COMMUNITIES.len());
    for (index, (name, en, count)) in STREETS.iter().enumerate() {
        let (east, north) = *pick(SPIRAL, index);
        let (lon, lat) = metres(
            &mut rng,
            CENTRE.lon + east * 3.1 * LON_PER_KM,
            CENTRE.lat + north * 3.1 * LAT_PER_KM,
            0.18,
        );
        let street = Street {
            name: format!("{name}街道"),
            en: format!("{en} Subdistrict"),
            lon,
            lat,
            code: format!("{CITY_ADCODE}{:03}000", index + 1),
        };
        for local in 0..*count {
            let (zh, en) = *pick(COMMUNITIES, communities.len());
            let (east, north) = *pick(SPIRAL, local);
            let (clon, clat) =
                metres(&mut rng, lon + east * 0.85 * LON_PER_KM, lat + north * 0.85 * LAT_PER_KM, 0.16);
            communities.push(Community {
                street: index,
                name: format!("{zh}社区"),
                en: format!("{en} Community"),
                lon: clon,
                lat: clat,
                code: format!("{CITY_ADCODE}{:03}{:03}", index + 1, local + 1),
                population: rng.between(3_200, 14_800) as u32,
                station: None,
                planned_station: None,
            });
        }
        streets.push(street);
    }
    stations(&mut rng, &streets, &mut communities, today);
    let venues = VENUES
        .iter()
        .map(|(name, en, community)| {
            let home = pick(&communities, *community);
            let street = pick(&streets, home.street);
            let (lon, lat) = metres(&mut rng, home.lon, home.lat, 0.3);
            let address = format!("{} {name}", address(&mut rng, &street.name));
            Venue { name, en, community: *community, lon, lat, address }
        })
        .collect();
    Place {
        name: "澄湖市",
        en: "Chenghu City",
        code: format!("{CITY_ADCODE}000000"),
        centre: CENTRE,
        map: MapBox {
            south_west: Point { lon: 120.8, lat: 30.52 },
            north_east: Point { lon: 121.0, lat: 30.68 },
        },
        office: OFFICE,
        association: ASSOCIATION,
        departments: DEPARTMENTS,
        streets,
        communities,
        venues,
    }
}

/// Opens 58 stations and plans six more; every street gets at least one.
fn stations(rng: &mut Rng, streets: &[Street], communities: &mut [Community], today: Date) {
    let mut order: Vec<usize> = (0..communities.len()).collect();
    rng.shuffle(&mut order);
    // The first community of each street is served first.
    let mut seen = vec![false; streets.len()];
    order.sort_by_key(|&index| {
        let street = communities.get(index).map_or(0, |community| community.street);
        let again = seen.get_mut(street).is_none_or(|flag| std::mem::replace(flag, true));
        (again, index % 7)
    });
    for (rank, &index) in order.iter().take(64).enumerate() {
        let Some(community) = communities.get_mut(index) else { continue };
        let street = pick(streets, community.street);
        let open = rank < 58;
        let station = Station {
            name: format!("{}志愿服务站", community.name),
            en: format!("{} Volunteer Station", community.en),
            address: format!("{} {}党群服务中心", address(rng, &street.name), community.name),
            phone: format!("0500-8{:06}", 100_000 + index * 137 + rank),
            state: if open { StationState::Open } else { StationState::Planned },
            since: if open {
                plus(today, -rng.between(60, 2_400))
            } else {
                plus(today, rng.between(20, 160))
            },
        };
        if open {
            community.station = Some(station);
        } else {
            community.planned_station = Some(station);
        }
    }
}
