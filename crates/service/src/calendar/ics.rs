//! The text of a calendar (RFC 5545): pure. Times are in UTC, which needs no table of time zones; lines end in CRLF
//! and are folded at 75 octets, never inside a character.

use std::fmt::Write as _;

use kernel::{Lang, Timestamp};

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Number of the session: the entry's id follows from it and never changes.
    pub session: i64,
    /// Counts up with every change.
    pub sequence: i64,
    /// Whether it takes place.
    pub cancelled: bool,
    /// When it was last written.
    pub stamp: Timestamp,
    /// Start.
    pub starts_at: Timestamp,
    /// End.
    pub ends_at: Timestamp,
    /// Title in Chinese.
    pub title: String,
    /// Title in English, or empty.
    pub title_en: String,
    /// Public place.
    pub place: String,
    /// The team.
    pub team: String,
    /// Number of the activity, for the link.
    pub activity: i64,
    /// When and where people meet before it, and what they wear and bring.
    pub meet: Option<(Timestamp, String, String)>,
}

/// A calendar.
#[derive(Debug, Clone, Copy)]
pub struct Feed<'a> {
    /// Its name.
    pub name: &'a str,
    /// Language of the titles.
    pub lang: Lang,
    /// Address of the site, without a slash at the end.
    pub base_url: &'a str,
}

/// `20260305T013000Z`.
fn utc(at: Timestamp) -> String {
    // Local time is UTC+8 all year (see `kernel::time`).
    let t = Timestamp(at.0 - kernel::time::LOCAL_OFFSET_MS).local();
    format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        t.year(),
        t.month(),
        t.day(),
        t.hour(),
        t.minute(),
        t.second()
    )
}

/// A text value: what has a meaning in it is marked, what cannot stand in it is left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\\' | ';' | ',' => {
                out.push('\\');
                out.push(c);
            }
            '\n' | '\r' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Writes a line, folded: no piece has more than 75 octets, and characters stay whole.
fn line(out: &mut String, name: &str, value: &str) {
    let mut room = 75_usize;
    for c in name.chars().chain([':']).chain(value.chars()) {
        if c.len_utf8() > room {
            out.push_str("\r\n ");
            room = 74;
        }
        out.push(c);
        room -= c.len_utf8();
    }
    out.push_str("\r\n");
}

impl Feed<'_> {
    /// The whole calendar. The same events give the same text, so that an unchanged one need not be sent again.
    #[must_use]
    pub fn text(&self, events: &[Event]) -> String {
        let mut out = String::with_capacity(400 + events.len() * 500);
        line(&mut out, "BEGIN", "VCALENDAR");
        line(&mut out, "VERSION", "2.0");
        line(&mut out, "PRODID", "-//Linli//Volunteer service//ZH");
        line(&mut out, "CALSCALE", "GREGORIAN");
        line(&mut out, "X-WR-CALNAME", &escaped(self.name));
        line(&mut out, "REFRESH-INTERVAL;VALUE=DURATION", "PT1H");
        for event in events {
            self.event(&mut out, event);
        }
        line(&mut out, "END", "VCALENDAR");
        out
    }

    fn event(&self, out: &mut String, event: &Event) {
        let english = self.lang == Lang::En && !event.title_en.is_empty();
        let title = if english { &event.title_en } else { &event.title };
        let link = format!("{}/activities/{}", self.base_url, event.activity);
        let mut about = event.team.clone();
        if let Some((at, place, things)) = &event.meet {
            let _ = write!(about, "\n{} {} {place}", self.lang.t("集合", "Meet"), at.text());
            if !things.is_empty() {
                let _ = write!(about, "\n{things}");
            }
        }
        let _ = write!(about, "\n{link}");
        line(out, "BEGIN", "VEVENT");
        line(out, "UID", &format!("session-{}@linli", event.session));
        line(out, "DTSTAMP", &utc(event.stamp));
        line(out, "DTSTART", &utc(event.starts_at));
        line(out, "DTEND", &utc(event.ends_at));
        line(out, "SEQUENCE", &event.sequence.to_string());
        line(out, "STATUS", if event.cancelled { "CANCELLED" } else { "CONFIRMED" });
        line(out, "SUMMARY", &escaped(title));
        if !event.place.is_empty() {
            line(out, "LOCATION", &escaped(&event.place));
        }
        line(out, "DESCRIPTION", &escaped(&about));
        line(out, "URL", &link);
        line(out, "TRANSP", if event.cancelled { "TRANSPARENT" } else { "OPAQUE" });
        line(out, "END", "VEVENT");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use icalendar::{Calendar, CalendarComponent, Component as _};
    use proptest::prelude::*;

    fn event(title: &str, place: &str) -> Event {
        Event {
            session: 42,
            sequence: 3,
            cancelled: false,
            stamp: Timestamp::at(kernel::Date::parse("2026-03-01").unwrap(), 0),
            starts_at: Timestamp::at(kernel::Date::parse("2026-03-05").unwrap(), 7 * 60 + 30),
            ends_at: Timestamp::at(kernel::Date::parse("2026-03-05").unwrap(), 9 * 60),
            title: title.to_owned(),
            title_en: String::new(),
            place: place.to_owned(),
            team: "望江队".to_owned(),
            activity: 7,
            meet: None,
        }
    }

    const FEED: Feed<'_> = Feed { name: "队", lang: Lang::Zh, base_url: "https://linli.example.cn" };

    fn read(text: &str) -> Vec<icalendar::Event> {
        let calendar: Calendar = text.parse().unwrap();
        calendar
            .components
            .into_iter()
            .filter_map(|one| if let CalendarComponent::Event(event) = one { Some(event) } else { None })
            .collect()
    }

    #[test]
    fn another_parser_reads_it() {
        let text = FEED
            .text(&[event("清洁家园", "望江社区"), Event { cancelled: true, session: 43, ..event("x", "") }]);
        let all = read(&text);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].get_uid(), Some("session-42@linli"));
        assert_eq!(all[0].get_summary(), Some("清洁家园"));
        assert_eq!(all[0].property_value("DTSTART"), Some("20260304T233000Z"));
        assert_eq!(all[0].property_value("DTEND"), Some("20260305T010000Z"));
        assert_eq!(all[0].property_value("SEQUENCE"), Some("3"));
        assert_eq!(all[0].property_value("STATUS"), Some("CONFIRMED"));
        assert_eq!(all[1].property_value("STATUS"), Some("CANCELLED"));
        assert_eq!(all[0].get_url(), Some("https://linli.example.cn/activities/7"));
    }

    proptest! {
        #[test]
        fn any_text_survives(title in "[\\PC,;\\\\\n]{0,120}", place in "\\PC{0,60}") {
            let text = FEED.text(&[event(&title, &place)]);
            for piece in text.split("\r\n") {
                prop_assert!(piece.len() <= 75, "{} octets", piece.len());
                prop_assert!(!piece.contains(['\n', '\r']));
            }
            prop_assert!(text.ends_with("END:VCALENDAR\r\n"));
            // Unfolded, each property stands once, with its text as it was marked.
            let whole = text.replace("\r\n ", "");
            let summary: Vec<&str> = whole.split("\r\n").filter(|line| line.starts_with("SUMMARY:")).collect();
            prop_assert_eq!(summary.len(), 1);
            let kept: String = title.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
            let (mut back, mut marked) = (String::new(), false);
            for c in summary[0].strip_prefix("SUMMARY:").unwrap().chars() {
                match (marked, c) {
                    (false, '\\') => marked = true,
                    (true, 'n') => { back.push('\n'); marked = false; }
                    (_, c) => { back.push(c); marked = false; }
                }
            }
            prop_assert_eq!(back, kept);
            prop_assert_eq!(read(&text).len(), 1);
        }
    }
}
