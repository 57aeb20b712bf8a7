//! Qualifications and trainings as conditions (A5): what an activity or a post asks for, and who cannot show it for the
//! days of a session. What counts is said by `people::qualification::rules`; places are refused by
//! [`crate::sign_up::rules::decide`], as for skills. Whoever holds a place and can show it no more is told, and so is
//! who leads; at the door the leader may let them in with a reason, which is noted.

pub mod demo;
pub mod store;

use people::qualification::rules::Lack;
use people::qualification::store::KindRow;

/// The kinds one may ask for, and those asked for already: code and name.
#[must_use]
pub fn options(kinds: Vec<KindRow>, asked: &[String], lang: kernel::Lang) -> Vec<(String, String)> {
    kinds
        .into_iter()
        .filter(|kind| kind.in_use || asked.contains(&kind.code))
        .map(|kind| {
            let name = lang.t(&kind.name, &kind.name_en).to_owned();
            (kind.code, name)
        })
        .collect()
}

/// Splits what was typed as the name of a post from the kind it asks for, which stands at its end: the longest that
/// fits, by code or by name in either language.
#[must_use]
pub fn split_name(typed: &str, kinds: &[KindRow]) -> (String, Option<String>) {
    let found = kinds
        .iter()
        .filter(|kind| kind.in_use)
        .flat_map(|kind| [&kind.code, &kind.name, &kind.name_en].map(|name| (name, &kind.code)))
        .filter_map(|(name, code)| {
            let rest = typed.strip_suffix(name.as_str())?;
            let head = rest.trim_end();
            (!name.is_empty() && !head.is_empty() && head.len() < rest.len()).then_some((
                name.len(),
                head,
                code,
            ))
        })
        .max_by_key(|(length, ..)| *length);
    match found {
        Some((_, head, code)) => (head.chars().take(40).collect(), Some(code.clone())),
        None => (typed.chars().take(40).collect(), None),
    }
}

/// The refusal that names what is missing.
#[must_use]
pub fn refusal(text: &'static kernel::RefusalText, lacks: &[Lack]) -> kernel::Refusal {
    use people::qualification::rules::words;
    kernel::Refusal::new(text).with_both(
        "missing",
        &words(lacks, kernel::Lang::Zh),
        &words(lacks, kernel::Lang::En),
    )
}

#[cfg(test)]
mod tests {
    use people::qualification::KindForm;
    use proptest::prelude::*;

    use super::*;

    fn kinds() -> Vec<KindRow> {
        let one = |code: &str, name: &str, name_en: &str| KindRow {
            code: code.to_owned(),
            name: name.to_owned(),
            name_en: name_en.to_owned(),
            form: KindForm::Certificate,
            expires: true,
            months: None,
            in_use: true,
        };
        vec![one("nurse", "护士证", "Nurse"), one("head", "急诊护士证", "Emergency Nurse")]
    }

    #[test]
    fn a_kind_stands_at_the_end() {
        let split = |typed: &str| split_name(typed, &kinds());
        assert_eq!(split("急救站 护士证"), ("急救站".to_owned(), Some("nurse".to_owned())));
        assert_eq!(split("First aid Emergency Nurse"), ("First aid".to_owned(), Some("head".to_owned())));
        assert_eq!(split("急救站 nurse"), ("急救站".to_owned(), Some("nurse".to_owned())));
        assert_eq!(split("护士证"), ("护士证".to_owned(), None), "a name must be left");
        assert_eq!(split("补办护士证"), ("补办护士证".to_owned(), None), "it stands apart");
    }

    proptest! {
        #[test]
        fn splitting_never_panics(typed in ".{0,60}") {
            let (name, _) = split_name(&typed, &kinds());
            prop_assert!(name.chars().count() <= 40);
        }
    }
}
