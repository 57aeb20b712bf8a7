//! Believable invented names of people.

use crate::rng::{Rng, pick};
use crate::volunteer::Gender;

/// Surnames with their approximate share in 1/10,000 of the population.
const SURNAMES: &[(&str, u32)] = &[
    ("王", 725),
    ("李", 719),
    ("张", 683),
    ("刘", 538),
    ("陈", 453),
    ("杨", 308),
    ("黄", 223),
    ("赵", 229),
    ("吴", 200),
    ("周", 202),
    ("徐", 161),
    ("孙", 154),
    ("马", 129),
    ("朱", 127),
    ("胡", 116),
    ("郭", 115),
    ("何", 106),
    ("林", 107),
    ("高", 100),
    ("罗", 86),
    ("郑", 85),
    ("梁", 84),
    ("谢", 72),
    ("宋", 70),
    ("唐", 65),
    ("许", 66),
    ("韩", 62),
    ("邓", 56),
    ("冯", 55),
    ("曹", 55),
    ("彭", 49),
    ("曾", 50),
    ("肖", 56),
    ("田", 48),
    ("董", 51),
    ("潘", 48),
    ("袁", 48),
    ("蔡", 47),
    ("蒋", 47),
    ("余", 48),
    ("于", 48),
    ("杜", 47),
    ("叶", 43),
    ("程", 47),
    ("魏", 45),
    ("苏", 46),
    ("吕", 46),
    ("丁", 42),
    ("任", 42),
    ("卢", 41),
    ("姚", 40),
    ("沈", 50),
    ("钟", 40),
    ("姜", 39),
    ("崔", 38),
    ("谭", 38),
    ("陆", 40),
    ("范", 36),
    ("汪", 36),
    ("廖", 36),
    ("石", 34),
    ("金", 36),
    ("韦", 32),
    ("贾", 34),
    ("夏", 33),
    ("付", 33),
    ("方", 33),
    ("邹", 32),
    ("熊", 31),
    ("白", 30),
    ("孟", 30),
    ("秦", 30),
    ("邱", 30),
    ("侯", 29),
    ("江", 29),
    ("尹", 28),
    ("薛", 28),
    ("闫", 27),
    ("段", 27),
    ("雷", 27),
    ("龙", 25),
    ("黎", 25),
    ("史", 25),
    ("陶", 25),
    ("贺", 24),
    ("毛", 24),
    ("郝", 23),
    ("顾", 27),
    ("龚", 23),
    ("邵", 23),
    ("万", 22),
    ("覃", 21),
    ("武", 21),
    ("钱", 23),
    ("戴", 22),
    ("严", 21),
    ("莫", 19),
    ("孔", 19),
    ("向", 18),
    ("常", 18),
    ("汤", 19),
    ("俞", 20),
    ("施", 20),
    ("褚", 8),
    ("费", 10),
    ("柏", 8),
    ("凌", 10),
    ("骆", 10),
    ("祝", 11),
    ("屠", 8),
];

const DOUBLE_SURNAMES: &[&str] =
    &["欧阳", "上官", "司马", "诸葛", "皇甫", "东方", "尉迟", "司徒", "慕容", "夏侯", "令狐", "端木"];

const MINORITY_MEN: &[&str] =
    &["艾力", "买买提", "阿不都", "吐尔逊", "热合曼", "叶尔兰", "巴特尔", "木合塔尔", "库尔班", "亚森"];
const MINORITY_WOMEN: &[&str] =
    &["阿依古丽", "古丽娜尔", "热依汗", "帕提古丽", "阿依努尔", "萨吉旦", "玛依拉", "迪丽拜尔"];

struct Pool {
    whole: &'static [&'static str],
    first: &'static str,
    second: &'static str,
    single: &'static str,
    /// Share of one-character given names, in 1/1000.
    singles: usize,
}

/// Men, by generation: before 1960, the sixties, 1970–84, 1985–97, later.
const MEN: &[Pool] = &[
    Pool {
        whole: &[
            "建国", "国庆", "解放", "援朝", "和平", "新民", "跃进", "福根", "阿毛", "水根", "金宝", "荣生",
        ],
        first: "国建志德永荣金福根水长宝富祥兴文明正世家顺树春玉",
        second: "华明荣祥根生发林泉清才良康财寿龙福德昌忠义元兴法",
        single: "刚毅平强忠贵",
        singles: 60,
    },
    Pool {
        whole: &["卫东", "红军", "向阳", "卫国", "学军", "建设", "文革", "爱民", "铁军", "立新", "永红"],
        first: "建卫志国永文学红向立爱海玉新忠明培水金伟春树炳惠",
        second: "军民东明华平国强林根良荣新忠生清峰祥康泉达松敏方",
        single: "军勇刚伟斌敏平强健宏",
        singles: 170,
    },
    Pool {
        whole: &["志强", "晓东", "海波", "建军", "小勇", "春雷", "旭东", "利民", "卫星", "少华"],
        first: "志建晓海文伟永明国小新春少立继云利宏振学俊剑红旭",
        second: "强军波明勇东斌峰华伟平辉林飞刚涛敏锋良龙江杰忠祥",
        single: "勇伟军斌涛强磊峰辉波超鹏杰刚亮",
        singles: 330,
    },
    Pool {
        whole: &["俊杰", "志鹏", "一帆", "天宇", "文博", "子健", "晨阳", "嘉伟", "凯文", "思远"],
        first: "俊志文天子嘉晓家宇晨思明凯泽海鹏建伟佳振梦少一博",
        second: "杰鹏帆宇博健阳伟文远豪峰浩强超明凯龙涛飞翔宁磊成",
        single: "浩鹏超磊杰凯帆宇涛健波亮晨旭洋",
        singles: 260,
    },
    Pool {
        whole: &["浩然", "子轩", "宇航", "梓豪", "一鸣", "奕辰", "煜城", "嘉懿", "锦程", "皓轩"],
        first: "子浩宇梓奕煜嘉锦皓俊泽一明天景睿思致逸承书星亦远",
        second: "轩然航豪辰城懿程宇泽杰涵睿阳铭凯恒昊霖博哲川逸扬",
        single: "睿轩宸昊铭煜哲恒",
        singles: 110,
    },
];

/// Women, by the same generations.
const WOMEN: &[Pool] = &[
    Pool {
        whole: &["阿凤", "秀英", "桂花", "美珍", "玉兰", "招娣", "根娣", "月娥", "金花", "凤仙", "彩娥"],
        first: "秀桂美玉月金凤彩素文淑兰水雪翠惠爱宝莲菊银琴云杏",
        second: "英珍兰娥花仙芬芳珠娣妹凤琴宝华莲英云香梅菊清贞瑛",
        single: "英珍芳兰琴",
        singles: 50,
    },
    Pool {
        whole: &["建芬", "红英", "爱华", "卫红", "丽娟", "雪芬", "小红", "海英", "向红"],
        first: "建红爱卫丽雪小海惠玉秀美亚文月金水利莉志凤彩春永",
        second: "芬英华红娟珍萍芳琴霞珠丽敏梅玲君群燕花娥菊凤飞明",
        single: "红萍霞敏芳丽琴梅燕英",
        singles: 160,
    },
    Pool {
        whole: &["晓燕", "丽萍", "海霞", "春燕", "小芳", "雪梅", "红梅", "亚琴", "彩虹"],
        first: "晓丽海春小雪红亚彩燕美文利建玉惠秀月佩静云志冬爱",
        second: "燕萍霞芳梅琴红娟丽英敏华玲芬君琳群飞珍清洁莉琼虹",
        single: "燕静丽敏芳霞艳娟萍玲莉洁琳红",
        singles: 330,
    },
    Pool {
        whole: &["婷婷", "佳佳", "雨晴", "思琪", "梦洁", "晓雯", "雅婷", "丹丹", "诗怡", "莹莹"],
        first: "佳雨思梦晓雅诗静嘉欣文婷丹怡慧美倩雪玉小心宁海莹",
        second: "婷佳晴琪洁雯怡莹倩慧颖琳文敏瑶宁萍丽蓉茜媛悦欣妮",
        single: "婷静倩颖莹雪丹琳慧娜蕾洁露悦",
        singles: 260,
    },
    Pool {
        whole: &["雨桐", "欣怡", "梓涵", "诗涵", "可欣", "语嫣", "一诺", "若溪", "依依", "心妍"],
        first: "雨欣梓诗可语一若依心思佳子嘉梦紫书晨艺沐静乐安芷",
        second: "桐怡涵欣嫣诺溪妍琪彤萱瑶悦宁蕊晗琳然璇菲雯颖玥妤",
        single: "萱瑶妍彤悦玥琳",
        singles: 100,
    },
];

fn char_at(pool: &str, n: usize) -> char {
    let count = pool.chars().count().max(1);
    pool.chars().nth(n % count).unwrap_or('明')
}

/// A full name for a person of this gender and birth year.
pub(crate) fn full_name(rng: &mut Rng, gender: Gender, birth_year: i16) -> String {
    let (own, pools) = match gender {
        Gender::Male => (MINORITY_MEN, MEN),
        Gender::Female => (MINORITY_WOMEN, WOMEN),
    };
    if rng.chance(3) {
        let given = *rng.pick(own);
        let mut father = *rng.pick(MINORITY_MEN);
        if father == given {
            father = *pick(MINORITY_MEN, 3);
        }
        return format!("{given}·{father}");
    }
    let surname = if rng.chance(15) {
        *rng.pick(DOUBLE_SURNAMES)
    } else {
        let index = rng.weighted(SURNAMES.iter().map(|(_, weight)| *weight));
        pick(SURNAMES, index).0
    };
    let generation = match birth_year {
        ..1960 => 0,
        1960..1970 => 1,
        1970..1985 => 2,
        1985..1998 => 3,
        _ => 4,
    };
    let pool = pick(pools, generation);
    let mut name = String::with_capacity(12);
    name.push_str(surname);
    if rng.chance(pool.singles) {
        name.push(char_at(pool.single, rng.below(64)));
    } else if rng.chance(120) {
        name.push_str(rng.word(pool.whole));
    } else {
        let first = char_at(pool.first, rng.below(24 * 64));
        let mut second = char_at(pool.second, rng.below(24 * 64));
        if second == first {
            second = char_at(pool.second, rng.below(24 * 64) + 7);
        }
        name.push(first);
        // A repeated draw may still repeat the character; doubled names are real names.
        name.push(second);
    }
    name
}
