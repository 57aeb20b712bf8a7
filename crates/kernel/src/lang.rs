//! The two languages. Every text a person reads stands in the code as a pair, side by side, so that
//! a page cannot exist in one language only (ADR 0004).

/// A language of the interface.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub enum Lang {
    /// Chinese (zh-CN), the first language.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// Picks the text of this language: `l.t("活动", "Activities")`.
    #[must_use]
    pub const fn t<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// Picks and fills `{}` marks in order: `l.f("还剩 {} 个名额", "{} places left", &[&left])`.
    #[must_use]
    pub fn f(&self, zh: &str, en: &str, values: &[&dyn std::fmt::Display]) -> String {
        use std::fmt::Write as _;
        let text = self.t(zh, en);
        let mut out = String::with_capacity(text.len() + 16);
        let mut values = values.iter();
        let mut parts = text.split("{}");
        out.push_str(parts.next().unwrap_or_default());
        for part in parts {
            if let Some(value) = values.next() {
                let _ = write!(out, "{value}");
            }
            out.push_str(part);
        }
        out
    }

    /// The tag for the `lang` attribute.
    #[must_use]
    pub const fn tag(&self) -> &'static str {
        self.t("zh-CN", "en")
    }

    /// The stored form, `zh` or `en`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.t("zh", "en")
    }

    /// Reads the stored form or a language tag; unknown → Chinese.
    #[must_use]
    pub fn from_code(code: &str) -> Self {
        if code.get(..2).is_some_and(|head| head.eq_ignore_ascii_case("en")) { Self::En } else { Self::Zh }
    }
}

/// Templates hand arguments over by reference.
impl From<&Self> for Lang {
    fn from(lang: &Self) -> Self {
        *lang
    }
}
