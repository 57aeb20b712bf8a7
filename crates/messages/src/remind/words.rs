//! What reminders say.

use super::rules::{Ahead, Duty};
use super::store::{Late, Near};
use crate::inbox::store::Text;

/// A message that owns its texts; pairs are Chinese and English.
#[derive(Debug)]
pub struct Words {
    title: (String, String),
    text: (String, String),
    href: String,
}

impl Words {
    /// As it is written into an inbox.
    pub fn as_text<'a>(&'a self, kind: &'a str) -> Text<'a> {
        Text {
            kind,
            title: (&self.title.0, &self.title.1),
            text: (&self.text.0, &self.text.1),
            href: &self.href,
        }
    }

    /// As webhooks get it.
    pub fn payload(&self, session: service::SessionId) -> String {
        serde_json::json!({
            "session": session, "title_zh": self.title.0, "title_en": self.title.1, "text_zh": self.text.0,
            "text_en": self.text.1, "href": self.href,
        })
        .to_string()
    }
}

fn english<'a>(zh: &'a str, en: &'a str) -> &'a str {
    if en.is_empty() { zh } else { en }
}

/// When and where people meet, and what they wear and bring; empty when they go by themselves.
fn meeting(s: &Near) -> (String, String) {
    let (Some(at), Some(place)) = (s.meet_at, &s.meet_place) else { return (String::new(), String::new()) };
    let at = at.text();
    let (mut zh, mut en) = (format!("{at} 在{place}集合。"), format!("Meet at {at}, {place}. "));
    for (text, name_zh, name_en) in [(&s.wear, "穿着", "Wear"), (&s.bring, "携带", "Bring")] {
        if let Some(text) = text.as_ref().filter(|text| !text.is_empty()) {
            zh.push_str(&format!("{name_zh}：{text}。"));
            en.push_str(&format!("{name_en}: {text}. "));
        }
    }
    (zh, en)
}

pub fn ahead(which: Ahead, s: &Near) -> Words {
    let (zh, en) = (&s.title, english(&s.title, &s.title_en));
    let (start, end, place) = (s.starts_at.text(), s.ends_at.clock_text(), &s.place);
    let title = match which {
        Ahead::DayBefore => (format!("明天要去：{zh}"), format!("Tomorrow: {en}")),
        Ahead::TwoHours => (format!("快开始了：{zh}"), format!("Starts soon: {en}")),
    };
    // A day ahead by the clock may be the same date: the message names the day anyway.
    let (who_zh, who_en) = match (s.contact_name.as_str(), s.contact_phone.as_str()) {
        ("", "") => (String::new(), String::new()),
        (name, phone) => (format!("联系人：{name} {phone}。"), format!(" Contact: {name} {phone}.")),
    };
    let (meet_zh, meet_en) = meeting(s);
    Words {
        title,
        text: (
            format!(
                "{meet_zh}{start} 至 {end}，{place}，{}。{who_zh}来不了请早些取消报名，把名额让给别人。",
                s.team
            ),
            format!(
                "{meet_en}{start} to {end}, {place}, {}.{who_en} If you cannot come, please give your place back early.",
                s.team
            ),
        ),
        href: format!("/activities/{}", s.activity),
    }
}

pub fn duty(which: Duty, s: &Late) -> Words {
    let (zh, en) = (&s.title, english(&s.title, &s.title_en));
    let (when, due, team) = (s.starts_at.text(), s.due_on, &s.team);
    let (title, text) = match which {
        Duty::RollOpen => (
            (format!("请点名并提交时长：{zh}"), format!("Close the roll and submit: {en}")),
            (
                format!("{when} 的“{zh}”已结束，请核对签到、关闭点名并提交时长。{due} 前要提交并确认。"),
                format!(
                    "“{en}” of {when} has ended. Check the roll, close it and submit the hours; all is due {due}."
                ),
            ),
        ),
        Duty::SubmitDue => (
            (format!("时长将到期：{zh}"), format!("Hours fall due: {en}")),
            (
                format!("{when} 的“{zh}”还没有提交时长，{due} 到期（活动结束后 10 个工作日）。"),
                format!(
                    "The hours of “{en}” of {when} were not submitted; they are due {due} (ten working days)."
                ),
            ),
        ),
        Duty::RecordsWait => (
            (format!("有记录待确认：{zh}"), format!("Records wait: {en}")),
            (
                format!("{team}提交了 {when} “{zh}”的时长，请在 {due} 前确认。"),
                format!("{team} submitted the hours of “{en}” of {when}. Please confirm them by {due}."),
            ),
        ),
        Duty::RecordsDue => (
            (format!("确认将到期：{zh}"), format!("Confirming falls due: {en}")),
            (
                format!("{team} {when} “{zh}”的时长还在等待确认，{due} 到期。"),
                format!("The hours of “{en}” of {when} ({team}) still wait; they are due {due}."),
            ),
        ),
        Duty::RecordsLate => (
            (format!("确认已超期：{zh}"), format!("Confirming is overdue: {en}")),
            (
                format!(
                    "{team} {when} “{zh}”的时长本应在 {due} 前确认。请尽快处理；超期的仍可确认，会注明。"
                ),
                format!(
                    "The hours of “{en}” of {when} ({team}) were due {due}. They can still be confirmed and are marked."
                ),
            ),
        ),
    };
    let href = if which.for_leader() {
        format!("/sessions/{}/close", s.id)
    } else {
        format!("/records/sessions/{}", s.id)
    };
    Words { title, text, href }
}
