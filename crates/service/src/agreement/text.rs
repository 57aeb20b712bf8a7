//! The text as delivered, and the text for somebody: both languages, one below the other, under one hash.

use kernel::{Lang, Timestamp};

use super::rules;
use crate::activity::Activity;
use crate::attendance::span;

/// In Chinese, as delivered.
pub const ZH: &str = "志愿服务协议

组织方：{body}
志愿者：{name}
活动：{title}

一、服务内容：{content}
二、服务方式：{manner}
三、服务时间：{time}
四、服务地点：{place}
五、工作条件和保障：{conditions}
六、安全保障和风险：{safety}

组织方如实告知服务内容和可能的风险，安排必要的培训和保障，如实记录服务时间，保护志愿者的个人信息。
志愿者按约定服务，听从现场安排，来不了时提前告知；对服务对象的个人信息保密。
任何一方都可以提前告知对方后结束本协议。志愿者取消全部报名时，本协议终止。";

/// In English, as delivered.
pub const EN: &str = "Agreement on volunteer service

Body: {body}
Volunteer: {name}
Activity: {title}

1. What is done: {content}
2. Manner: {manner}
3. Time: {time}
4. Place: {place}
5. Working conditions and guarantees: {conditions}
6. Safety and risks: {safety}

The body tells truly what is done and what may happen, trains and equips those who serve, records their time truly and protects their data.
The volunteer serves as agreed, follows whoever leads at the place, says early when unable to come, and keeps to themself what they learn of those who are served.
Either side may end this agreement by telling the other beforehand. It ends when the volunteer has given back all places.";

/// For whom and what a text is made.
pub struct For<'a> {
    /// The activity.
    pub a: &'a Activity,
    /// Name and number of whoever serves.
    pub name: &'a str,
    /// Number of whoever serves.
    pub volunteer_no: &'a str,
    /// Their sessions, in order.
    pub times: &'a [(Timestamp, Timestamp)],
}

/// The whole text for somebody.
#[must_use]
pub fn whole(zh: &str, en: &str, of: &For<'_>) -> String {
    let a = of.a;
    let one = |lang: Lang, text: &str| {
        let mut times: Vec<String> = of.times.iter().take(60).map(|(from, to)| span(*from, *to)).collect();
        times.push(
            lang.t("以及以后在本活动中报名的场次", "and whatever they sign up for in this activity later")
                .to_owned(),
        );
        let manner = lang.f(
            "{}；由{}安排，联系人 {} {}",
            "{}; as {} arranges, contact {} {}",
            &[&a.mode.name(lang), &a.org_name, &a.contact_name, &a.contact_phone],
        );
        let title = if lang == Lang::En && !a.title_en.is_empty() { &a.title_en } else { &a.title };
        rules::fill(
            text,
            &[
                ("{body}", &a.org_name),
                ("{name}", &format!("{} {}", of.name, of.volunteer_no)),
                ("{title}", title),
                ("{content}", &a.content),
                ("{manner}", &manner),
                ("{time}", &times.join(lang.t("；", "; "))),
                ("{place}", &a.place_public),
                ("{conditions}", &a.guarantees),
                ("{safety}", &a.risks),
            ],
        )
    };
    format!("{}\n\n――――――\n\n{}", one(Lang::Zh, zh), one(Lang::En, en))
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_delivered_is_complete() {
        assert!(super::rules::lacking(super::ZH).is_empty());
        assert!(super::rules::lacking(super::EN).is_empty());
    }
}
