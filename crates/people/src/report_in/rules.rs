//! Pure decisions: where somebody stands, what a pasted list says, and the two rates.

use kernel::Date;

use super::{Identity, PlaceState, ReportStage, ReportState};
use crate::org::rules::rate;
use crate::person::parse_volunteer_no;

/// People on one pasted list.
pub const MOST: usize = 500;
/// Services a year from which somebody takes part, where the city has not said otherwise.
pub const SERVICES: i64 = 4;
/// Bounds of that number.
pub const SERVICES_MAX: i64 = 366;

/// Where somebody stands: whether a registration fits, what they said, what the communities said.
#[must_use]
pub fn stage(registered: bool, state: ReportState, places: &[PlaceState]) -> ReportStage {
    match state {
        ReportState::Ended => ReportStage::Ended,
        ReportState::Declined => ReportStage::Declined,
        ReportState::Listed if registered => ReportStage::Waiting,
        ReportState::Listed => ReportStage::Unregistered,
        ReportState::Confirmed if places.contains(&PlaceState::Confirmed) => ReportStage::Reported,
        ReportState::Confirmed if places.contains(&PlaceState::Asked) => ReportStage::Asked,
        ReportState::Confirmed => ReportStage::Choose,
    }
}

/// Figures of a unit (Add-06).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    /// On the list.
    pub listed: i64,
    /// Said so themselves.
    pub confirmed: i64,
    /// Confirmed by a community as well.
    pub reported: i64,
    /// Of these, with enough services in the year.
    pub taking_part: i64,
}

impl Rates {
    /// 报到率: reported in ÷ on the list.
    #[must_use]
    pub fn reporting(&self) -> String {
        rate(self.reported, self.listed)
    }

    /// 参与率: enough services in the year ÷ reported in.
    #[must_use]
    pub fn participation(&self) -> String {
        rate(self.taking_part, self.reported)
    }
}

/// First and last day of a year.
#[must_use]
pub fn year(year: i16) -> Option<(Date, Date)> {
    Some((Date::new(year, 1, 1)?, Date::new(year, 12, 31)?))
}

/// By what a registration is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// A phone in its stored form.
    Phone(String),
    /// A volunteer number.
    Number(String),
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// No name.
    Name,
    /// Neither a phone nor a volunteer number.
    Key,
}

/// A line of a pasted list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Name.
    pub name: String,
    /// Phone or volunteer number; `None` only where the line is wrong.
    pub key: Option<Key>,
    /// What the unit takes them for.
    pub identities: Vec<Identity>,
    /// What is wrong.
    pub wrong: Option<Wrong>,
}

const fn parts(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | '，' | ';' | '；' | '、' | '|' | '/')
}

/// Reads a list as it is typed or pasted from a spreadsheet or chat: one person a line, the parts in any order. A line of
/// heads and running numbers are left out; the same phone or number twice counts once.
#[must_use]
pub fn entries(text: &str) -> Vec<Entry> {
    let mut out: Vec<Entry> = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(parts).filter(|word| !word.is_empty()).collect();
        if words.is_empty() || words.contains(&"姓名") || words.contains(&"Name") {
            continue;
        }
        let one = entry(&words);
        if one.key.is_none() || !out.iter().any(|other| other.key == one.key) {
            out.push(one);
        }
    }
    out
}

fn identity(word: &str) -> Option<Identity> {
    Identity::from_code(word).or_else(|| {
        Identity::ALL
            .iter()
            .copied()
            .find(|one| one.name(kernel::Lang::Zh) == word || one.name(kernel::Lang::En) == word)
    })
}

/// A running number at the beginning of a line: `3`, `12.`, `(4)`.
fn running(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| matches!(c, '(' | ')' | '（' | '）' | '.' | '．'));
    !bare.is_empty() && bare.len() <= 3 && bare.bytes().all(|b| b.is_ascii_digit())
}

fn entry(words: &[&str]) -> Entry {
    let words = match words {
        [first, rest @ ..] if running(first) && !rest.is_empty() => rest,
        all => all,
    };
    let (mut key, mut identities, mut names) = (None, Vec::new(), Vec::new());
    for word in words {
        if let Some(known) = identity(word) {
            if !identities.contains(&known) {
                identities.push(known);
            }
        } else if let Some(no) = parse_volunteer_no(word).filter(|_| word.starts_with(['V', 'v'])) {
            key.get_or_insert(Key::Number(no));
        } else if let Some(phone) = phone(word) {
            key.get_or_insert(Key::Phone(phone));
        } else if let Some(no) = parse_volunteer_no(word) {
            key.get_or_insert(Key::Number(no));
        } else {
            names.push(*word);
        }
    }
    let latin = names.iter().all(|word| word.is_ascii());
    let name: String = names.join(if latin { " " } else { "" }).chars().take(50).collect();
    let wrong = match (name.is_empty(), &key) {
        (true, _) => Some(Wrong::Name),
        (_, None) => Some(Wrong::Key),
        _ => None,
    };
    Entry { name, key, identities, wrong }
}

fn phone(word: &str) -> Option<String> {
    word.chars().filter(char::is_ascii_digit).nth(9)?;
    roster::clean::phone(word).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Vec<(String, bool, usize)> {
        entries(text).into_iter().map(|one| (one.name, one.wrong.is_none(), one.identities.len())).collect()
    }

    #[test]
    fn lists_as_people_paste_them() {
        let text = "序号\t姓名\t手机\n1\t王小明\t13800138000\t党员、公职人员\n2. 李 四 13900139000\n\nAnn Lee, 13700137000, deputy\n赵六\n13600136000";
        let found = read(text);
        let want = [
            ("王小明", true, 2),
            ("李四", true, 0),
            ("Ann Lee", true, 1),
            ("赵六", false, 0),
            ("", false, 0),
        ];
        assert_eq!(found, want.map(|(name, fine, known)| (name.to_owned(), fine, known)));
        let no = crate::person::volunteer_no(7);
        assert_eq!(entries(&format!("王五 {no}"))[0].key, Some(Key::Number(no)));
        assert_eq!(read("王五 13800138000\n王五 13800138000").len(), 1, "the same person once");
    }

    #[test]
    fn rates_of_a_unit() {
        let rates = Rates { listed: 40, confirmed: 30, reported: 25, taking_part: 5 };
        assert_eq!((rates.reporting().as_str(), rates.participation().as_str()), ("62.5%", "20.0%"));
        assert_eq!(Rates::default().reporting(), "—");
    }

    fn places() -> impl Strategy<Value = Vec<PlaceState>> {
        prop::collection::vec(prop::sample::select(PlaceState::ALL), 0..4)
    }

    proptest! {
        #[test]
        fn nobody_is_reported_in_without_both_words(
            registered: bool, state in prop::sample::select(ReportState::ALL), places in places()
        ) {
            let stage = stage(registered, state, &places);
            prop_assert_eq!(
                stage == ReportStage::Reported,
                state == ReportState::Confirmed && places.contains(&PlaceState::Confirmed)
            );
            prop_assert!(!stage.next(kernel::Lang::Zh).is_empty() && !stage.next(kernel::Lang::En).is_empty());
        }

        #[test]
        fn any_text_is_read(text in "\\PC{0,300}") {
            for one in entries(&text) {
                prop_assert_eq!(one.wrong.is_none(), !one.name.is_empty() && one.key.is_some());
                prop_assert!(one.name.chars().count() <= 50);
            }
        }

        #[test]
        fn order_of_the_parts_does_not_matter(turn in 0_usize..3) {
            let mut parts = ["王小明", "13800138000", "党员"];
            parts.rotate_left(turn);
            let found = entries(&parts.join("，"));
            prop_assert_eq!(&found[0].name, "王小明");
            prop_assert_eq!(found[0].key.clone(), Some(Key::Phone("13800138000".to_owned())));
            prop_assert_eq!(found[0].identities.len(), 1);
        }
    }
}
