//! What a campaign must have, where it stands, and how it is repeated: pure decisions.

use kernel::error::{Collect, common};
use kernel::{Date, Error, Place, Refusal};

use super::store::{Campaign, Phase};
use super::{CampaignStage, CampaignState, DAYS, Measure, refusals};

/// What is written of a campaign.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Title.
    pub title: String,
    /// Title in English, if there is one.
    pub title_en: String,
    /// The document or decision it rests on.
    pub basis: String,
    /// What it is about.
    pub summary: String,
    /// First day.
    pub from_on: Date,
    /// Last day; may lie in another year.
    pub to_on: Date,
    /// Last day on which teams declare items.
    pub declare_until: Date,
}

/// Where a campaign stands on a day.
#[must_use]
pub fn stage(state: CampaignState, from_on: Date, to_on: Date, today: Date) -> CampaignStage {
    match state {
        CampaignState::Draft => CampaignStage::Draft,
        CampaignState::Closed => CampaignStage::Closed,
        CampaignState::Announced if today < from_on => CampaignStage::Announced,
        CampaignState::Announced if today <= to_on => CampaignStage::Running,
        CampaignState::Announced => CampaignStage::Ending,
    }
}

impl Campaign {
    /// Where it stands on a day.
    #[must_use]
    pub fn stage(&self, today: Date) -> CampaignStage {
        stage(self.state, self.from_on, self.to_on, today)
    }
}

fn year_fits(day: Date) -> bool {
    (2000..=2100).contains(&day.0.year())
}

/// Whether dates fit each other; the period may cross years (Add-12).
///
/// # Errors
/// `campaign.period`, `campaign.declare_date`.
pub fn dates(facts: &Facts) -> Result<(), Error> {
    let mut all = Collect::default();
    let length = facts.to_on.days() - facts.from_on.days();
    let fits = (0..DAYS).contains(&length) && year_fits(facts.from_on) && year_fits(facts.to_on);
    all.check(!fits, || {
        Refusal::new(&refusals::PERIOD).with("from", facts.from_on).with("to", facts.to_on).on("to")
    });
    let before = facts.declare_until < facts.from_on && year_fits(facts.declare_until);
    all.check(!before, || {
        Refusal::new(&refusals::DECLARE_DATE).with("day", facts.declare_until).on("declare_until")
    });
    all.done()
}

/// Whether a phase lies within a period.
///
/// # Errors
/// `campaign.phase_outside`.
pub fn phase_within(name: &str, phase: (Date, Date), period: (Date, Date)) -> Result<(), Refusal> {
    if period.0 <= phase.0 && phase.0 <= phase.1 && phase.1 <= period.1 {
        return Ok(());
    }
    Err(Refusal::new(&refusals::PHASE_OUTSIDE)
        .with("name", name)
        .with("from", period.0)
        .with("to", period.1)
        .on("to"))
}

/// Whether a campaign may be announced: basis, content, a phase and a line are there, and it is not over.
///
/// # Errors
/// `campaign.not_ready` naming all that is missing, `campaign.over`.
pub fn announceable(c: &Campaign, phases: &[Phase], lines: usize, today: Date) -> Result<(), Error> {
    let parts = [
        (c.basis.trim().is_empty(), "依据", "basis"),
        (c.summary.trim().is_empty(), "内容", "content"),
        (phases.is_empty(), "阶段", "a phase"),
        (lines == 0, "工作线", "a line"),
    ];
    let missing: Vec<_> = parts.iter().filter(|part| part.0).collect();
    if !missing.is_empty() {
        let zh: Vec<&str> = missing.iter().map(|part| part.1).collect();
        let en: Vec<&str> = missing.iter().map(|part| part.2).collect();
        return Err(Refusal::new(&refusals::NOT_READY)
            .with_both("what", &zh.join("、"), &en.join(", "))
            .into());
    }
    if c.to_on < today {
        return Err(Refusal::new(&refusals::OVER).with("to", c.to_on).into());
    }
    Ok(())
}

/// Whether something of a campaign may still be changed by its organiser.
///
/// # Errors
/// `campaign.closed`.
pub fn changeable(c: &Campaign) -> Result<(), Error> {
    if c.state == CampaignState::Closed { Err((&refusals::CLOSED).into()) } else { Ok(()) }
}

/// Whether teams may take part: it is public and not closed.
///
/// # Errors
/// `campaign.not_announced`, `campaign.closed`.
pub fn open(c: &Campaign) -> Result<(), Error> {
    match c.state {
        CampaignState::Draft => Err((&refusals::NOT_ANNOUNCED).into()),
        CampaignState::Closed => Err((&refusals::CLOSED).into()),
        CampaignState::Announced => Ok(()),
    }
}

/// Whether items are declared today.
#[must_use]
pub fn declaring(c: &Campaign, today: Date) -> bool {
    c.state == CampaignState::Announced && today <= c.declare_until
}

/// Whether the campaign covers a team: it lies in one of its areas, or, when it names none, under its organiser on
/// either line (Add-66).
#[must_use]
pub fn covers(areas: &[String], organiser: Place<'_>, team: Place<'_>) -> bool {
    if areas.is_empty() {
        return team.area_path.starts_with(organiser.area_path)
            || (!organiser.sponsor_path.is_empty() && team.sponsor_path.starts_with(organiser.sponsor_path));
    }
    areas.iter().any(|path| team.area_path.starts_with(path.as_str()))
}

/// What came of a line or a campaign, by the dictionary of figures (Add-03).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Activities with a session somebody attended.
    pub activities: i64,
    /// Sessions somebody attended.
    pub sessions: i64,
    /// One per person and session.
    pub attendances: i64,
    /// Different people with a confirmed record.
    pub persons: i64,
    /// Confirmed minutes.
    pub minutes: i64,
}

impl Sums {
    /// How much of a measure.
    #[must_use]
    pub fn of(&self, measure: Measure) -> i64 {
        match measure {
            Measure::Sessions => self.sessions,
            Measure::Attendances => self.attendances,
            Measure::Persons => self.persons,
            Measure::Minutes => self.minutes,
        }
    }
}

/// How far a target is reached, in whole per cent, rounded down; more than all of it stays more.
#[must_use]
pub fn percent(reached: i64, target: i64) -> i64 {
    if target <= 0 { 0 } else { reached.max(0).saturating_mul(100) / target }
}

/// The same day some years later; 29 February becomes 28 February where there is none.
#[must_use]
pub fn later(day: Date, years: i64) -> Date {
    let year = i16::try_from(i64::from(day.0.year()) + years).unwrap_or(i16::MAX);
    Date::new(year, day.0.month(), day.0.day()).or_else(|| Date::new(year, day.0.month(), 28)).unwrap_or(day)
}

/// By how many years a campaign moves when it is run again: one, or as many as it takes to end today or later.
#[must_use]
pub fn years_on(to_on: Date, today: Date) -> i64 {
    let least = i64::from(today.0.year()) - i64::from(to_on.0.year());
    let years = least.max(1);
    if later(to_on, years) < today { years + 1 } else { years }
}

/// A campaign's facts some years later: dates shifted, years of its period in the title too.
#[must_use]
pub fn repeated(facts: &Facts, years: i64) -> Facts {
    let from_on = later(facts.from_on, years);
    let span = (facts.from_on.0.year().into(), facts.to_on.0.year().into());
    Facts {
        title: later_title(&facts.title, span, years),
        title_en: later_title(&facts.title_en, span, years),
        basis: facts.basis.clone(),
        summary: facts.summary.clone(),
        from_on,
        to_on: later(facts.to_on, years),
        // 28 and 29 February may fall on one day.
        declare_until: later(facts.declare_until, years).min(from_on.plus(-1)),
    }
}

/// A title in which years between `span` are moved on.
#[must_use]
pub fn later_title(title: &str, span: (i64, i64), years: i64) -> String {
    let mut out = String::with_capacity(title.len());
    let mut digits = String::new();
    let flush = |digits: &mut String, out: &mut String| {
        let year = (digits.len() == 4).then(|| digits.parse::<i64>().ok()).flatten();
        match year.filter(|year| (span.0..=span.1).contains(year)) {
            Some(year) => out.push_str(&(year + years).to_string()),
            None => out.push_str(digits),
        }
        digits.clear();
    };
    for c in title.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
        } else {
            flush(&mut digits, &mut out);
            out.push(c);
        }
    }
    flush(&mut digits, &mut out);
    out
}

/// Whether there is something to say about a measure that must be a whole number of hours: hours are entered, minutes
/// kept.
#[must_use]
pub const fn target_kept(measure: Measure, entered: i64) -> i64 {
    match measure {
        Measure::Minutes => entered * 60,
        Measure::Sessions | Measure::Attendances | Measure::Persons => entered,
    }
}

/// What was entered, from what is kept.
#[must_use]
pub const fn target_entered(measure: Measure, kept: i64) -> i64 {
    match measure {
        Measure::Minutes => kept / 60,
        Measure::Sessions | Measure::Attendances | Measure::Persons => kept,
    }
}

/// Words that the organiser must write.
///
/// # Errors
/// `common.required`.
pub fn words(text: &str, field: &'static str, label: (&str, &str)) -> Result<(), Error> {
    if text.trim().is_empty() {
        return Err(Refusal::new(&common::REQUIRED).with_both("label", label.0, label.1).on(field).into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn facts(declare: i64, from: i64, to: i64) -> Facts {
        Facts {
            title: "2026年爱卫月".to_owned(),
            title_en: String::new(),
            basis: String::new(),
            summary: String::new(),
            from_on: Date::from_days(from),
            to_on: Date::from_days(to),
            declare_until: Date::from_days(declare),
        }
    }

    #[test]
    fn where_it_stands() {
        use CampaignState::{Announced, Closed, Draft};
        let at = |state, today| stage(state, day("2026-10-01"), day("2027-02-28"), day(today));
        assert_eq!(at(Draft, "2026-12-01"), CampaignStage::Draft);
        assert_eq!(at(Announced, "2026-09-30"), CampaignStage::Announced);
        assert_eq!(at(Announced, "2026-10-01"), CampaignStage::Running);
        assert_eq!(at(Announced, "2027-02-28"), CampaignStage::Running, "the last day belongs to it");
        assert_eq!(at(Announced, "2027-03-01"), CampaignStage::Ending);
        assert_eq!(at(Closed, "2026-12-01"), CampaignStage::Closed);
    }

    #[test]
    fn titles_move_with_the_years() {
        let moved = |title| later_title(title, (2026, 2027), 1);
        assert_eq!(moved("2026年爱卫月"), "2027年爱卫月");
        assert_eq!(moved("2026—2027 冬春行动"), "2027—2028 冬春行动");
        assert_eq!(moved("第12345号 2020"), "第12345号 2020");
        assert_eq!(years_on(day("2024-03-31"), day("2026-11-22")), 3);
        assert_eq!(years_on(day("2026-03-31"), day("2026-11-22")), 1);
        assert_eq!(years_on(day("2027-02-28"), day("2026-11-22")), 1);
    }

    #[test]
    fn who_is_covered() {
        let at = |area_path, sponsor_path| Place { area_path, sponsor_path };
        let organiser = at("/1/2/", "/9/");
        assert!(covers(&[], organiser, at("/1/2/3/4/", "")));
        assert!(covers(&[], organiser, at("/1/5/", "/9/7/")));
        assert!(!covers(&[], organiser, at("/1/20/", "")));
        let areas = ["/1/2/3/".to_owned()];
        assert!(covers(&areas, organiser, at("/1/2/3/4/", "")));
        assert!(!covers(&areas, organiser, at("/1/2/5/", "/9/7/")), "named areas are all there is");
    }

    proptest! {
        #[test]
        fn running_again_keeps_the_order(from in 11_000_i64..40_000, length in 0..DAYS, ahead in 1_i64..200, today in 11_000_i64..40_000) {
            let one = facts(from - ahead, from, from + length);
            prop_assume!(dates(&one).is_ok());
            let years = years_on(one.to_on, Date::from_days(today));
            let next = repeated(&one, years);
            prop_assert!(next.declare_until < next.from_on && next.from_on <= next.to_on);
            prop_assert!(next.to_on >= Date::from_days(today));
            prop_assert!(next.to_on > one.to_on);
            let moved = next.to_on.days() - next.from_on.days() - length;
            prop_assert!(moved.abs() <= 2, "leap days only");
        }

        #[test]
        fn what_lay_within_still_does(from in 11_000_i64..40_000, length in 0..DAYS, a in 0_i64..DAYS, b in 0_i64..DAYS, years in 1_i64..6) {
            let period = (Date::from_days(from), Date::from_days(from + length));
            let phase = (Date::from_days(from + a.min(b)), Date::from_days(from + a.max(b)));
            let before = phase_within("x", phase, period).is_ok();
            let on = |d: Date| later(d, years);
            let after = phase_within("x", (on(phase.0), on(phase.1)), (on(period.0), on(period.1))).is_ok();
            prop_assert!(!before || after);
        }

        #[test]
        fn one_stage_at_a_time(from in 0_i64..40_000, length in 0..DAYS, today in 0_i64..40_000) {
            let (from_on, to_on, today) = (Date::from_days(from), Date::from_days(from + length), Date::from_days(today));
            let now = stage(CampaignState::Announced, from_on, to_on, today);
            prop_assert_eq!(now == CampaignStage::Running, from_on <= today && today <= to_on);
            let tomorrow = stage(CampaignState::Announced, from_on, to_on, today.plus(1));
            let order = |stage| CampaignStage::ALL.iter().position(|one| *one == stage);
            prop_assert!(order(now) <= order(tomorrow), "time goes one way");
        }

        #[test]
        fn titles_never_lose_anything_else(title in "[^0-9]{0,20}", years in 1_i64..9) {
            prop_assert_eq!(later_title(&title, (2026, 2026), years), title);
        }
    }
}
