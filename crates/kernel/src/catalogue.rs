//! The starting catalogues of service categories and skills.
//!
//! They are more than demonstration data: a new city begins with them and changes them.

/// Whether a service needs professional skill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tier {
    /// 普通: anyone can do it after a short briefing.
    Ordinary,
    /// 专业: needs a skill or a qualification.
    Professional,
}

/// One service category of the two-level tree (requirement A11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Category {
    /// Stable code, ASCII; a child's code begins with its parent's code and a dot.
    pub code: &'static str,
    /// The parent's code; `None` on the first level.
    pub parent: Option<&'static str>,
    /// Chinese label.
    pub zh: &'static str,
    /// English label.
    pub en: &'static str,
    /// Ordinary or professional.
    pub tier: Tier,
}

const fn top(code: &'static str, zh: &'static str, en: &'static str, tier: Tier) -> Category {
    Category { code, parent: None, zh, en, tier }
}

const fn sub(
    parent: &'static str,
    code: &'static str,
    zh: &'static str,
    en: &'static str,
    tier: Tier,
) -> Category {
    Category { code, parent: Some(parent), zh, en, tier }
}

use Tier::{Ordinary as O, Professional as P};

/// The shared category list; parents come before their children.
pub const CATEGORIES: &[Category] = &[
    top("talk", "文明实践宣讲", "Civic talks", O),
    top("neighbour", "社区服务与邻里守望", "Community service and neighbourly care", O),
    sub("neighbour", "neighbour.watch", "邻里守望", "Neighbourly care", O),
    sub("neighbour", "neighbour.affairs", "社区事务协助", "Help with community affairs", O),
    top("elder", "扶老助老", "Support for older people", O),
    sub("elder", "elder.visit", "探访陪伴", "Visits and company", O),
    sub("elder", "elder.digital", "智能手机助老", "Help with smartphones", O),
    sub("elder", "elder.meal", "助餐送餐", "Meal help", O),
    top("disability", "助残", "Support for disabled people", O),
    top("child", "关爱儿童与支教助学", "Care for children and schooling", O),
    sub("child", "child.care", "儿童陪伴", "Company for children", O),
    sub("child", "child.tutor", "支教助学", "Tutoring", P),
    top("relief", "扶贫帮困与便民利民", "Relief and everyday help", O),
    sub("relief", "relief.poor", "扶贫帮困", "Help for households in need", O),
    sub("relief", "relief.handy", "便民利民", "Everyday help for residents", O),
    top("order", "文明劝导", "Public courtesy", O),
    sub("order", "order.traffic", "文明交通", "Courtesy on the road", O),
    sub("order", "order.parking", "文明停车", "Orderly parking", O),
    sub("order", "order.dogs", "文明养犬", "Responsible dog keeping", O),
    sub("order", "order.table", "文明餐桌", "No waste at table", O),
    sub("order", "order.smoke", "公共场所禁烟", "No smoking in public places", O),
    sub("order", "order.queue", "文明排队", "Orderly queues", O),
    top("clean", "环境卫生与清洁家园", "Clean home", O),
    top("sorting", "垃圾分类", "Waste sorting", O),
    top("nature", "生态环保与巡河护绿", "Nature, rivers and greenery", O),
    sub("nature", "nature.river", "巡河护水", "River patrol", O),
    sub("nature", "nature.green", "护绿植绿", "Planting and greenery", O),
    top("safety", "治安巡逻与平安建设", "Neighbourhood safety", O),
    top("health", "医疗健康", "Health", P),
    sub("health", "health.clinic", "义诊", "Free clinic", P),
    sub("health", "health.blood", "无偿献血服务", "Blood donation service", O),
    sub("health", "health.teach", "健康宣教", "Health education", P),
    top("law", "法律援助、普法与矛盾调解", "Law and mediation", P),
    sub("law", "law.aid", "法律援助", "Legal aid", P),
    sub("law", "law.teach", "普法宣传", "Law education", O),
    sub("law", "law.mediate", "矛盾调解", "Mediation", P),
    top("mind", "心理疏导", "Psychological support", P),
    top("culture", "文化文艺", "Culture and arts", O),
    sub("culture", "culture.show", "文艺演出", "Performances", P),
    sub("culture", "culture.read", "全民阅读", "Reading", O),
    top("science", "科技科普", "Science for all", P),
    top("sport", "体育健身", "Sport and fitness", O),
    top("event", "大型活动与赛会", "Large events and games", O),
    top("rescue", "应急救援与防灾", "Emergency and disaster", P),
    sub("rescue", "rescue.field", "应急救援", "Rescue", P),
    sub("rescue", "rescue.drill", "防灾宣传与演练", "Preparedness drills", O),
    top("job", "就业辅导", "Job coaching", P),
    top("language", "语言翻译", "Languages", P),
    top("repair", "家电维修与理发", "Repairs and haircuts", P),
    sub("repair", "repair.home", "家电维修", "Home repairs", P),
    sub("repair", "repair.hair", "义务理发", "Haircuts", P),
    top("net", "网络文明", "Courtesy online", O),
    top("away", "海外与西部服务", "Service abroad and in the west", P),
    sub("away", "away.abroad", "海外服务", "Service abroad", P),
    sub("away", "away.west", "西部服务", "Service in the western regions", P),
    top("other", "其他", "Other", O),
];

/// One skill a volunteer can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skill {
    /// Stable code, ASCII.
    pub code: &'static str,
    /// Chinese label.
    pub zh: &'static str,
    /// English label.
    pub en: &'static str,
    /// Whether a certificate has to be shown before the skill counts as proven.
    pub certified: bool,
}

const fn skill(code: &'static str, zh: &'static str, en: &'static str, certified: bool) -> Skill {
    Skill { code, zh, en, certified }
}

/// The shared skill list.
pub const SKILLS: &[Skill] = &[
    skill("first_aid", "急救", "First aid", true),
    skill("medicine", "临床医疗", "Medicine", true),
    skill("nursing", "护理", "Nursing", true),
    skill("tcm", "中医推拿", "Chinese medicine and massage", true),
    skill("pharmacy", "用药指导", "Pharmacy", true),
    skill("counselling", "心理咨询", "Counselling", true),
    skill("law", "法律咨询", "Legal advice", true),
    skill("mediation", "调解", "Mediation", false),
    skill("social_work", "社会工作", "Social work", true),
    skill("teaching", "教学", "Teaching", true),
    skill("childcare", "幼儿照护", "Childcare", true),
    skill("eldercare", "养老照护", "Elder care", true),
    skill("sign_language", "手语", "Sign language", true),
    skill("braille", "盲文与导盲", "Braille and guiding", false),
    skill("english", "英语", "English", false),
    skill("japanese", "日语", "Japanese", false),
    skill("korean", "韩语", "Korean", false),
    skill("dialect", "方言沟通", "Local dialects", false),
    skill("hosting", "主持", "Hosting", false),
    skill("speaking", "宣讲", "Public speaking", false),
    skill("writing", "文稿写作", "Writing", false),
    skill("photography", "摄影", "Photography", false),
    skill("video", "视频剪辑", "Video editing", false),
    skill("design", "平面设计", "Graphic design", false),
    skill("singing", "声乐", "Singing", false),
    skill("dance", "舞蹈", "Dance", false),
    skill("instrument", "乐器", "Musical instruments", false),
    skill("calligraphy", "书法绘画", "Calligraphy and painting", false),
    skill("paper_cutting", "剪纸手工", "Paper cutting and crafts", false),
    skill("sport_coaching", "体育指导", "Sports coaching", true),
    skill("swimming_rescue", "水上救生", "Water rescue", true),
    skill("fire_safety", "消防安全", "Fire safety", true),
    skill("drone", "无人机操作", "Drone flying", true),
    skill("driving", "驾驶", "Driving", true),
    skill("electrician", "电工", "Electrical work", true),
    skill("appliance_repair", "家电维修", "Appliance repair", false),
    skill("haircut", "理发", "Haircutting", false),
    skill("sewing", "缝补裁剪", "Sewing", false),
    skill("cooking", "烹饪", "Cooking", false),
    skill("computer", "电脑与手机", "Computers and phones", false),
    skill("data", "数据统计", "Data and statistics", false),
    skill("gardening", "园艺", "Gardening", false),
];

/// The category with this code.
#[must_use]
pub fn category(code: &str) -> Option<&'static Category> {
    CATEGORIES.iter().find(|category| category.code == code)
}

/// The skill with this code.
#[must_use]
pub fn skill_by_code(code: &str) -> Option<&'static Skill> {
    SKILLS.iter().find(|skill| skill.code == code)
}
