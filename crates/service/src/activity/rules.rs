//! What an activity must have, and how dates and posts are read: pure decisions.

use std::sync::LazyLock;

use kernel::error::common;
use kernel::{Calendar, Date, Error, Refusal, Timestamp};
use ui::form::{Label, date};

use super::commands::{NewPost, NewSession};
use super::store::{Activity, Session};
use super::{Kind, refusals};

/// Working days within which a session's records are due (Order 67 Art. 11, R3).
pub const RECORD_DAYS: i64 = 10;

static CALENDAR: LazyLock<Calendar> = LazyLock::new(Calendar::shipped);

/// When the records of a session that ends at this moment are due: ten working days later.
#[must_use]
pub fn due_on(ends_at: Timestamp) -> Date {
    CALENDAR.plus_working_days(ends_at.date(), RECORD_DAYS)
}

/// Words that hint at something which is not volunteer service (A4).
pub const HINTS: &[&str] =
    &["会议", "例会", "讲座", "值班", "团建", "聚餐", "参观", "补录", "考察", "实习", "年会"];

/// The hints a text contains.
#[must_use]
pub fn hints(text: &str) -> Vec<&'static str> {
    HINTS.iter().copied().filter(|word| text.contains(word)).collect()
}

/// The seven exclusions an organiser declares none of (Order 67 Art. 19).
pub const EXCLUSIONS: [(&str, &str); 7] = [
    ("上班时间内、与本职工作直接相关的工作", "Work directly tied to one's job, in working time"),
    ("补贴明显高于基本成本的有偿劳动", "Work paid far above its basic costs"),
    ("公益性很弱的活动（如团建时顺手捡垃圾）", "Weak public benefit (litter-picking during team building)"),
    (
        "为自己或少数人利益的活动（如业委会选举、班级补课）",
        "One's own interest (owners' elections, class tutoring)",
    ),
    (
        "一般社会实践（实习、调查、会议、观影、参观）",
        "General social practice (internships, surveys, meetings, films, visits)",
    ),
    ("单位内部管理（团建、归档、值班、会议）", "Internal management (team building, filing, duty, meetings)"),
    (
        "学校规定必须做的事（如班级大扫除、主题班会）",
        "What school rules require (class cleaning, theme classes)",
    ),
];

/// What publishing adds to the facts.
#[derive(Debug, Clone, Copy)]
pub struct Declaration {
    /// None of the seven exclusions applies.
    pub none_applies: bool,
    /// The hints were read, and it is service all the same.
    pub words_confirmed: bool,
}

/// The facts a recruiting notice must have (A3): field, labels, text.
fn facts(a: &Activity) -> [(&'static str, Label, &str); 11] {
    [
        ("title", Label("标题", "Title"), &a.title),
        ("content", Label("做什么", "What is done"), &a.content),
        ("served_group", Label("服务对象", "Who is served"), &a.served_group),
        ("place_public", Label("公开地点", "Public place"), &a.place_public),
        ("place_exact", Label("详细地点", "Exact place"), &a.place_exact),
        ("conditions", Label("报名条件", "Conditions"), &a.conditions),
        ("how_to_apply", Label("报名方式", "How to apply"), &a.how_to_apply),
        ("risks", Label("风险提示", "Risks"), &a.risks),
        ("guarantees", Label("保障与保险", "Guarantees and insurance"), &a.guarantees),
        ("contact_name", Label("联系人", "Contact"), &a.contact_name),
        ("contact_phone", Label("联系电话", "Phone of the contact"), &a.contact_phone),
    ]
}

/// What is missing before the notice may be public (A3); all of it at once.
#[must_use]
pub fn missing(a: &Activity) -> Vec<Refusal> {
    let required = |name: &'static str, label: Label| {
        Refusal::new(&common::REQUIRED).with_both("label", label.0, label.1).on(name)
    };
    let mut out: Vec<Refusal> = facts(a)
        .into_iter()
        .filter(|(_, _, text)| text.trim().is_empty())
        .map(|(name, label, _)| required(name, label))
        .collect();
    if a.leader_id.is_none() {
        out.push(required("leader", Label("负责人", "Leader")));
    }
    if kernel::catalogue::category(&a.category).is_none() {
        out.push(required("category", Label("类别", "Category")));
    }
    out
}

/// Everything that stands against publishing: missing facts, dates, the declaration (A4), hints.
///
/// # Errors
/// All refusals at once.
pub fn publishable(
    a: &Activity,
    sessions: &[Session],
    declared: Declaration,
    now: Timestamp,
) -> Result<(), Error> {
    let mut all = missing(a);
    if sessions.is_empty() {
        all.push(Refusal::new(&refusals::NO_SESSION).on("dates"));
    }
    if let Some(past) = sessions.iter().find(|session| session.starts_at <= now) {
        all.push(Refusal::new(&refusals::SESSION_PAST).with("when", past.starts_at.text()).on("dates"));
    }
    if a.kind == Kind::Service {
        if !declared.none_applies {
            all.push(Refusal::new(&refusals::DECLARE).on("none_applies"));
        }
        let words = hints(&format!("{} {}", a.title, a.content));
        if !words.is_empty() && !declared.words_confirmed {
            all.push(
                Refusal::new(&refusals::WORD_HINT).with("words", words.join("、")).on("words_confirmed"),
            );
        }
    }
    if all.is_empty() { Ok(()) } else { Err(Error::Refused(all)) }
}

/// What lines of dates fall back to.
#[derive(Debug, Clone)]
pub struct Defaults {
    /// Start, minutes of the day.
    pub start: i64,
    /// End, minutes of the day; not after the start: on the next day.
    pub end: i64,
    /// Places.
    pub quota: i64,
    /// Sign-up ends so many hours before the start.
    pub close_hours: i64,
    /// Minutes that do not count.
    pub break_minutes: i64,
    /// Posts of each session.
    pub posts: Vec<NewPost>,
}

const DATES: Label = Label("日期", "Dates");
const POSTS: Label = Label("岗位", "Posts");

fn time(text: &str) -> Option<i64> {
    let (h, m) = text.split_once([':', '：'])?;
    let (h, m): (i64, i64) = (h.trim().parse().ok()?, m.trim().parse().ok()?);
    ((0..=24).contains(&h) && (0..60).contains(&m) && h * 60 + m <= 1440).then_some(h * 60 + m)
}

/// `09:00-11:00`, with any of the dashes people type.
fn range(text: &str) -> Option<(i64, i64)> {
    let (start, end) = text.split_once(['-', '–', '—', '~', '～', '至', '到'])?;
    Some((time(start)?, time(end)?))
}

fn wrong_date(token: &str) -> Refusal {
    DATES.wrong(
        "dates",
        token,
        "每行一个日期，如 2026-03-05；时间或名额不同的可写成 2026-03-05 14:00-16:00 30。",
        "One date a line such as 2026-03-05; with another time or number: 2026-03-05 14:00-16:00 30.",
    )
}

/// Reads sessions: dates one after another, each with its own time and number of places if they
/// differ: `2026-03-05 14:00-16:00 30`.
///
/// # Errors
/// The first thing that cannot be read, a session of impossible length, one given twice, too many.
pub fn read_sessions(text: &str, defaults: &Defaults) -> Result<Vec<NewSession>, Refusal> {
    struct Line {
        date: Date,
        start: i64,
        end: i64,
        quota: i64,
    }
    let mut lines: Vec<Line> = Vec::new();
    for token in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '，' | '、' | ';' | '；')) {
        if token.is_empty() {
            continue;
        }
        if let Some((start, end)) = range(token) {
            let line = lines.last_mut().ok_or_else(|| wrong_date(token))?;
            (line.start, line.end) = (start, end);
        } else if let Some(quota) = (token.len() <= 5).then(|| token.parse::<i64>().ok()).flatten() {
            let line = lines.last_mut().filter(|_| quota > 0).ok_or_else(|| wrong_date(token))?;
            line.quota = quota;
        } else {
            let date = date(token).ok_or_else(|| wrong_date(token))?;
            lines.push(Line { date, start: defaults.start, end: defaults.end, quota: defaults.quota });
        }
    }
    let mut out: Vec<NewSession> = Vec::with_capacity(lines.len());
    for line in &lines {
        let starts_at = Timestamp::at(line.date, line.start);
        let end = if line.end > line.start { line.end } else { line.end + 1440 };
        let ends_at = Timestamp::at(line.date, end);
        let length = end - line.start;
        if !(15..=1440).contains(&length) {
            return Err(Refusal::new(&refusals::SESSION_LENGTH).with("when", starts_at.text()).on("dates"));
        }
        if out.iter().any(|other| other.starts_at == starts_at) {
            return Err(DATES.wrong(
                "dates",
                &starts_at.text(),
                "同一时间只能有一场。",
                "Only one session at a time.",
            ));
        }
        let posts: i64 = defaults.posts.iter().map(|post| post.quota).sum();
        if posts > line.quota {
            return Err(Refusal::new(&refusals::POSTS_TOO_MANY)
                .with("posts", posts)
                .with("quota", line.quota)
                .on("posts"));
        }
        out.push(NewSession {
            starts_at,
            ends_at,
            sign_up_until: starts_at.plus_minutes(-60 * defaults.close_hours),
            quota: line.quota,
            break_minutes: defaults.break_minutes,
            posts: defaults.posts.clone(),
            state: None,
        });
    }
    out.sort_by_key(|session| session.starts_at);
    if let (Some(first), Some(last)) = (out.first(), out.last())
        && (out.len() > 366 || last.starts_at.date().days() - first.starts_at.date().days() > 366)
    {
        return Err(Refusal::new(&refusals::TOO_MANY).with("count", out.len()).on("dates"));
    }
    Ok(out)
}

/// Reads posts: one a line, a name, a number of people, and a skill if it needs one. A qualification stands at the end of
/// the name until [`crate::qualified::split_name`] knows the kinds of the city.
///
/// # Errors
/// `common.invalid` for a line without a number.
pub fn read_posts(text: &str) -> Result<Vec<NewPost>, Refusal> {
    let mut out = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (mut name, mut quota, mut skill) = (Vec::new(), None, None);
        for token in line.split(|c: char| c.is_whitespace() || matches!(c, ',' | '，' | '、')) {
            let plain = token.trim_end_matches(['人', '名']);
            let known =
                kernel::catalogue::SKILLS.iter().find(|s| s.code == token || s.zh == token || s.en == token);
            match (plain.parse::<i64>(), known) {
                (Ok(n), _) if (1..=10_000).contains(&n) && quota.is_none() => quota = Some(n),
                (_, Some(found)) if !name.is_empty() && skill.is_none() => {
                    skill = Some(found.code.to_owned());
                }
                _ => name.push(token),
            }
        }
        let name = name.join(" ").trim().chars().take(140).collect::<String>();
        match quota {
            Some(quota) if !name.is_empty() => {
                out.push(NewPost { name, quota, skill, qualification: None });
            }
            _ => {
                return Err(POSTS.wrong(
                    "posts",
                    line,
                    "每行一个岗位：名称、人数，需要技能的再加技能名，如“签到引导 4”。",
                    "One post a line: name, number of people, and a skill if needed, such as “Welcome 4”.",
                ));
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn defaults() -> Defaults {
        Defaults { start: 540, end: 660, quota: 40, close_hours: 2, break_minutes: 0, posts: vec![] }
    }

    #[test]
    fn dates_as_people_type_them() {
        let read =
            read_sessions("2026-11-28\n2026/12/5 14:00-16:00 30，2026年12月12日 22:00～02:00", &defaults())
                .unwrap();
        let texts: Vec<String> =
            read.iter().map(|s| format!("{} {} {}", s.starts_at.text(), s.ends_at.text(), s.quota)).collect();
        assert_eq!(
            texts,
            [
                "2026-11-28 09:00 2026-11-28 11:00 40",
                "2026-12-05 14:00 2026-12-05 16:00 30",
                "2026-12-12 22:00 2026-12-13 02:00 40",
            ]
        );
        assert_eq!(read[0].sign_up_until.text(), "2026-11-28 07:00");
        for wrong in ["tomorrow", "30", "09:00-11:00", "2026-11-28 2026-11-28", "2026-01-01 2027-06-01"] {
            assert!(read_sessions(wrong, &defaults()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn posts_as_people_type_them() {
        let posts = read_posts("签到引导 4\n急救站 2人 急救\n\nFirst row 10").unwrap();
        let texts: Vec<_> = posts.iter().map(|p| (p.name.as_str(), p.quota, p.skill.as_deref())).collect();
        assert_eq!(texts, [("签到引导", 4, None), ("急救站", 2, Some("first_aid")), ("First row", 10, None)]);
        assert!(read_posts("签到引导").is_err());
    }

    #[test]
    fn hints_are_found() {
        assert_eq!(hints("社区团建与参观"), ["团建", "参观"]);
        assert!(hints("清洁家园").is_empty());
        assert_eq!(due_on(Timestamp::at(Date::new(2026, 9, 30).unwrap(), 600)).to_string(), "2026-10-20");
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in ".{0,80}") {
            let _ = read_sessions(&text, &defaults());
            let _ = read_posts(&text);
        }
    }
}
