//! Minutes of service: always whole, summed as minutes and rounded down once per printed total
//! (Edge-06), shown as hours with one decimal (R2).

use crate::Lang;

/// An amount of time given, in whole minutes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Minutes(pub i64);

impl Minutes {
    /// Hours with one decimal, rounded down: 119 minutes → `1.9`.
    #[must_use]
    pub fn hours(self) -> String {
        let tenths = self.0.max(0) / 6;
        format!("{}.{}", tenths / 10, tenths % 10)
    }

    /// For people: `2 小时 5 分` / `2 h 5 min`.
    #[must_use]
    pub fn words(self, lang: impl Into<Lang>) -> String {
        let lang: Lang = lang.into();
        let (h, m) = (self.0.max(0) / 60, self.0.max(0) % 60);
        match (h, m) {
            (0, m) => lang.f("{} 分钟", "{} min", &[&m]),
            (h, 0) => lang.f("{} 小时", "{} h", &[&h]),
            (h, m) => lang.f("{} 小时 {} 分", "{} h {} min", &[&h, &m]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_round_down() {
        assert_eq!(Minutes(119).hours(), "1.9");
        assert_eq!(Minutes(120).hours(), "2.0");
        assert_eq!(Minutes(0).hours(), "0.0");
        assert_eq!(Minutes(125).words(Lang::Zh), "2 小时 5 分");
        assert_eq!(Minutes(60).words(Lang::En), "1 h");
    }
}
