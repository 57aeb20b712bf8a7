//! When a qualification counts, which step may follow which, and what is missing for a session. Pure.

use kernel::{Date, Lang, Timestamp};

use super::{KindForm, QualificationStage, QualificationState};

/// So many days before the end the person is reminded.
pub const SOON_DAYS: i64 = 30;
/// Longest number, in characters.
pub const NUMBER: usize = 60;
/// Most people entered with one training.
pub const MOST: usize = 500;

/// A kind as it is proposed to a city that has none yet: code, names, form, whether it ends, months it counts.
pub type Usual = (&'static str, &'static str, &'static str, KindForm, bool, Option<i64>);

/// The usual kinds; a city changes them as it likes. Validity follows what issuers print: the Red Cross renews after
/// three years, practice certificates of nurses after five; where a document bears no end none is asked for.
pub const USUAL: &[Usual] = &[
    ("first_aid_card", "红十字救护员证", "Red Cross first-aider", KindForm::Certificate, true, None),
    ("social_worker", "社会工作者证", "Social worker", KindForm::Certificate, false, None),
    ("counsellor", "心理咨询师证", "Psychological counsellor", KindForm::Certificate, false, None),
    ("lawyer", "律师执业证", "Lawyer", KindForm::Certificate, true, None),
    ("driver", "机动车驾驶证", "Driving licence", KindForm::Certificate, true, None),
    ("doctor", "医师执业证", "Doctor", KindForm::Certificate, false, None),
    ("nurse", "护士执业证", "Nurse", KindForm::Certificate, true, None),
    ("fire_fighting", "消防设施操作员证", "Fire safety operator", KindForm::Certificate, false, None),
    ("child_care", "保育师证", "Child care worker", KindForm::Certificate, false, None),
    ("basic_training", "志愿者基础培训", "Basic training of volunteers", KindForm::Training, false, None),
    ("fire_training", "消防安全培训", "Fire safety training", KindForm::Training, false, Some(12)),
    ("child_training", "未成年人保护培训", "Child protection training", KindForm::Training, false, Some(24)),
];

/// What somebody does about a qualification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Staff saw the document.
    Confirm,
    /// Staff say no.
    Refuse,
    /// The person takes it back.
    Withdraw,
    /// Staff say that it counts no more.
    Revoke,
}

/// The state after a step; `None` when the step does not fit.
#[must_use]
pub const fn next(state: QualificationState, step: Step) -> Option<QualificationState> {
    use QualificationState as S;
    match (state, step) {
        (S::HandedIn, Step::Confirm) => Some(S::Confirmed),
        (S::HandedIn, Step::Refuse) => Some(S::Refused),
        (S::HandedIn | S::Confirmed, Step::Withdraw) => Some(S::Withdrawn),
        (S::Confirmed, Step::Revoke) => Some(S::Revoked),
        _ => None,
    }
}

/// The days of something a person may show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// What was said about it.
    pub state: QualificationState,
    /// The first day on which it counts.
    pub from_on: Date,
    /// The last day; `None`: it does not end.
    pub until_on: Option<Date>,
}

/// The first and the last local day that a session touches: one over midnight touches two, one that ends at midnight
/// the day before alone.
#[must_use]
pub fn days(starts_at: Timestamp, ends_at: Timestamp) -> (Date, Date) {
    let first = starts_at.date();
    (first, Timestamp(ends_at.0 - 1).date().max(first))
}

/// Whether it counts on every day from the first to the last.
#[must_use]
pub fn counts(proof: &Proof, (first, last): (Date, Date)) -> bool {
    proof.state == QualificationState::Confirmed
        && proof.from_on <= first
        && proof.until_on.is_none_or(|until| until >= last)
}

/// What is in the way of a kind that a session asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// There is none.
    Missing,
    /// It was handed in and waits for staff.
    Unchecked,
    /// It begins to count later.
    Later(Date),
    /// It ends before the session does, or has ended.
    Ends(Date),
}

/// Whether one of what a person shows for a kind counts for the days of a session; else what is in the way, as what
/// helps most: what ends too early can be renewed, what begins later will do, what waits can be looked at. The order
/// of the rows does not matter.
///
/// # Errors
/// What is in the way.
pub fn shown(proofs: &[Proof], days: (Date, Date)) -> Result<(), Why> {
    if proofs.iter().any(|one| counts(one, days)) {
        return Ok(());
    }
    if proofs.iter().any(|one| one.state == QualificationState::HandedIn) {
        return Err(Why::Unchecked);
    }
    let confirmed = || proofs.iter().filter(|one| one.state == QualificationState::Confirmed);
    if let Some(from) = confirmed().filter(|one| one.from_on > days.0).map(|one| one.from_on).min()
        && confirmed().all(|one| one.from_on > days.0)
    {
        return Err(Why::Later(from));
    }
    match confirmed().filter_map(|one| one.until_on).max() {
        Some(until) => Err(Why::Ends(until)),
        None => Err(Why::Missing),
    }
}

/// A kind that a session asks for and the person cannot show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// Code of the kind.
    pub kind: String,
    /// Its name in Chinese.
    pub zh: String,
    /// And in English.
    pub en: String,
    /// What is in the way.
    pub why: Why,
}

impl Lack {
    /// `红十字救护员证（2026-12-01 到期）`.
    #[must_use]
    pub fn words(&self, lang: Lang) -> String {
        let name = lang.t(&self.zh, &self.en);
        match self.why {
            Why::Missing => name.to_owned(),
            Why::Unchecked => lang.f("{}（还没有核对）", "{} (not checked yet)", &[&name]),
            Why::Later(from) => lang.f("{}（{} 起有效）", "{} (valid from {})", &[&name, &from]),
            Why::Ends(until) => lang.f("{}（{} 到期）", "{} (ends {})", &[&name, &until]),
        }
    }
}

/// Several of them.
#[must_use]
pub fn words(lacks: &[Lack], lang: Lang) -> String {
    let list: Vec<String> = lacks.iter().map(|one| one.words(lang)).collect();
    list.join(lang.t("、", ", "))
}

/// What is missing, from rows of kind, names and what the person shows for it (none: one row without); rows of one kind
/// stand together.
#[must_use]
pub fn lacking(rows: &[(String, String, String, Option<Proof>)], days: (Date, Date)) -> Vec<Lack> {
    rows.chunk_by(|one, other| one.0 == other.0)
        .filter_map(|of| {
            let proofs: Vec<Proof> = of.iter().filter_map(|row| row.3).collect();
            let why = shown(&proofs, days).err()?;
            let (kind, zh, en, _) = of.first()?;
            Some(Lack { kind: kind.clone(), zh: zh.clone(), en: en.clone(), why })
        })
        .collect()
}

/// The last day on which a training counts: the day before the same day so many months on; that day itself where the
/// month is shorter.
#[must_use]
pub fn counts_until(held_on: Date, months: Option<i64>) -> Option<Date> {
    let months = months?;
    let (year, month) = (i64::from(held_on.0.year()), i64::from(held_on.0.month()) - 1 + months);
    let (year, month) = (year + month.div_euclid(12), month.rem_euclid(12) + 1);
    let day = |day: i8| Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, day);
    match day(held_on.0.day()) {
        Some(same) => Some(same.plus(-1)),
        None => (28..held_on.0.day()).rev().find_map(day),
    }
}

/// Where it stands today.
#[must_use]
pub fn stage(proof: &Proof, today: Date) -> QualificationStage {
    use QualificationStage as G;
    match proof.state {
        QualificationState::HandedIn => G::HandedIn,
        QualificationState::Refused => G::Refused,
        QualificationState::Withdrawn => G::Withdrawn,
        QualificationState::Revoked => G::Revoked,
        QualificationState::Confirmed => match proof.until_on {
            Some(until) if until < today => G::Expired,
            _ if proof.from_on > today => G::Later,
            Some(until) if until <= today.plus(SOON_DAYS) => G::Soon,
            _ => G::Valid,
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    prop_compose! {
        fn proof()(state in 0_usize..5, from in 20_000_i64..20_060, length in proptest::option::of(0_i64..60)) -> Proof {
            let from_on = Date::from_days(from);
            Proof {
                state: QualificationState::ALL[state],
                from_on,
                until_on: length.map(|length| from_on.plus(length)),
            }
        }
    }

    proptest! {
        #[test]
        fn it_counts_where_each_day_lies_within(one in proof(), first in 20_000_i64..20_100, length in 0_i64..3) {
            let (first, last) = (Date::from_days(first), Date::from_days(first + length));
            let each = (0..=length).all(|at| {
                let today = first.plus(at);
                one.from_on <= today && one.until_on.is_none_or(|until| today <= until)
            });
            let want = one.state == QualificationState::Confirmed && each;
            prop_assert_eq!(counts(&one, (first, last)), want);
            // More days are never easier than fewer.
            prop_assert!(!counts(&one, (first, last)) || counts(&one, (first, first)));
        }

        #[test]
        fn what_is_in_the_way_does_not_depend_on_the_order(
            mut all in prop::collection::vec(proof(), 0..6), turn in 0_usize..6, on in 20_000_i64..20_100,
        ) {
            let days = (Date::from_days(on), Date::from_days(on));
            let said = shown(&all, days);
            prop_assert_eq!(said.is_ok(), all.iter().any(|one| counts(one, days)));
            if !all.is_empty() {
                let by = turn % all.len();
                all.rotate_left(by);
            }
            all.reverse();
            prop_assert_eq!(shown(&all, days), said);
            // One that counts more never takes anything away.
            all.push(Proof { state: QualificationState::Confirmed, from_on: days.0, until_on: None });
            prop_assert_eq!(shown(&all, days), Ok(()));
        }

        #[test]
        fn the_stage_agrees_with_what_counts(one in proof(), today in 20_000_i64..20_200) {
            let today = Date::from_days(today);
            let now = matches!(stage(&one, today), QualificationStage::Valid | QualificationStage::Soon);
            prop_assert_eq!(now, counts(&one, (today, today)));
        }

        #[test]
        fn an_end_is_an_end(steps in prop::collection::vec(0_usize..4, 0..8)) {
            let all = [Step::Confirm, Step::Refuse, Step::Withdraw, Step::Revoke];
            let (mut state, mut ended) = (QualificationState::HandedIn, false);
            for step in steps.iter().filter_map(|at| all.get(*at)) {
                if let Some(then) = next(state, *step) {
                    prop_assert!(!ended);
                    state = then;
                    ended = !matches!(state, QualificationState::HandedIn | QualificationState::Confirmed);
                }
            }
        }

        #[test]
        fn a_training_counts_about_so_many_months(held in 15_000_i64..25_000, months in 1_i64..600) {
            let until = counts_until(Date::from_days(held), Some(months)).unwrap();
            let long = until.days() - held;
            prop_assert!((long - months * 30_437 / 1000).abs() <= 3, "{} {}", months, long);
        }
    }

    #[test]
    fn months_end_where_the_calendar_says() {
        let until = |held: &str, months| counts_until(day(held), Some(months)).unwrap().to_string();
        assert_eq!(until("2026-03-05", 12), "2027-03-04");
        assert_eq!(until("2026-01-31", 1), "2026-02-28");
        assert_eq!(until("2024-02-29", 12), "2025-02-28");
        assert_eq!(until("2026-12-01", 1), "2026-12-31");
        assert_eq!(counts_until(day("2026-03-05"), None), None);
    }

    #[test]
    fn sessions_over_midnight_touch_two_days() {
        let on = day("2026-11-28");
        let of = |from, to| days(Timestamp::at(on, from), Timestamp::at(on, to));
        assert_eq!(of(540, 660), (on, on));
        assert_eq!(of(1320, 1440), (on, on));
        assert_eq!(of(1320, 1500), (on, on.plus(1)));
    }

    #[test]
    fn what_helps_most_is_said() {
        let on = day("2026-11-28");
        let one = |state, from: &str, until: &str| Proof {
            state,
            from_on: day(from),
            until_on: Date::parse(until),
        };
        let confirmed = QualificationState::Confirmed;
        let why = |proofs: &[Proof]| shown(proofs, (on, on)).unwrap_err();
        assert_eq!(why(&[]), Why::Missing);
        assert_eq!(why(&[one(QualificationState::Refused, "2026-01-01", "")]), Why::Missing);
        let old = one(confirmed, "2023-01-01", "2026-11-27");
        assert_eq!(why(&[old]), Why::Ends(day("2026-11-27")));
        assert_eq!(why(&[old, one(QualificationState::HandedIn, "2026-01-01", "")]), Why::Unchecked);
        assert_eq!(why(&[one(confirmed, "2026-12-01", "")]), Why::Later(day("2026-12-01")));
        let rows = vec![
            ("a".to_owned(), "甲证".to_owned(), "A".to_owned(), Some(old)),
            ("b".to_owned(), "乙证".to_owned(), "B".to_owned(), None),
        ];
        assert_eq!(words(&lacking(&rows, (on, on)), Lang::Zh), "甲证（2026-11-27 到期）、乙证");
    }
}
