//! What follows from an age: pure decisions over a birth date and a day (Fix-07, Edge-10).

use kernel::{Date, Refusal};

use super::{Guard, refusals};
use crate::person::refusals as person_refusals;

/// Nobody younger registers or takes part.
pub const YOUNGEST: i64 = 6;
/// Younger children come with an adult.
pub const ALONE: i64 = 10;
/// From this age the own consent to the processing of data is needed (PIPL, Art. 31).
pub const OWN_CONSENT: i64 = 14;
/// From this age who lives from own work decides alone (Civil Code, Art. 18).
pub const OWN_WORK: i64 = 16;
/// Of age.
pub const ADULT: i64 = 18;
/// How many days a guardian has to answer.
pub const ANSWER_DAYS: i64 = 7;
/// Days after the fourteenth birthday in which publications a guardian agreed to must be agreed to anew.
pub const RENEW_DAYS: i64 = 90;
/// The end of the guardian's access is announced so many days before.
pub const ANNOUNCE_DAYS: i64 = 30;

/// What a person may do by age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Band {
    /// Under six: refused.
    TooYoung,
    /// Six to nine: consent, and an adult comes along.
    Accompanied,
    /// Ten to thirteen: the guardian's consent.
    Child,
    /// Fourteen to seventeen: the guardian's consent or company, beside the own consent.
    Youth,
    /// Eighteen and over.
    Adult,
}

/// The band of an age in full years.
#[must_use]
pub const fn band(age: i64) -> Band {
    match age {
        i64::MIN..YOUNGEST => Band::TooYoung,
        YOUNGEST..ALONE => Band::Accompanied,
        ALONE..OWN_CONSENT => Band::Child,
        OWN_CONSENT..ADULT => Band::Youth,
        ADULT.. => Band::Adult,
    }
}

/// The day on which somebody turns so many years old; who was born on 29 February turns on 1 March of other years.
#[must_use]
pub fn birthday(birth: Date, years: i64) -> Date {
    let year = birth.0.year().saturating_add(i16::try_from(years).unwrap_or(0));
    Date::new(year, birth.0.month(), birth.0.day()).or_else(|| Date::new(year, 3, 1)).unwrap_or(birth)
}

/// Whether somebody may be registered as a volunteer.
///
/// # Errors
/// `person.birth_impossible`, `guardian.too_young`, `guardian.needed`.
pub fn may_register(birth: Date, today: Date, guard: Guard) -> Result<(), Refusal> {
    possible(birth, today)?;
    let age = birth.age(today);
    let free = age >= OWN_WORK && guard == Guard::OwnWork;
    if age >= ADULT || guard == Guard::Given || free {
        return Ok(());
    }
    Err(Refusal::new(&refusals::NEEDED).with("age", age))
}

/// Whether somebody born that day may begin to register: old enough, the guardian comes afterwards.
///
/// # Errors
/// `person.birth_impossible`, `guardian.too_young`.
pub fn possible(birth: Date, today: Date) -> Result<(), Refusal> {
    let age = birth.age(today);
    if birth > today || age > 120 {
        return Err(Refusal::new(&person_refusals::BIRTH_IMPOSSIBLE));
    }
    if age < YOUNGEST { Err(Refusal::new(&refusals::TOO_YOUNG).with("age", age)) } else { Ok(()) }
}

/// Whether a minor may take part in something, by the age on its day. `accompanied`: an adult who answers for the
/// child has a place too.
///
/// # Errors
/// `guardian.hazard`, `guardian.too_young`, `guardian.needed`, `guardian.accompany`.
pub fn may_take_part(age: i64, guard: Guard, accompanied: bool, hazard: bool) -> Result<(), Refusal> {
    let band = band(age);
    if band == Band::Adult {
        return Ok(());
    }
    if hazard {
        return Err(Refusal::new(&refusals::HAZARD).with("age", age));
    }
    let consent = guard == Guard::Given;
    let needed = || Refusal::new(&refusals::NEEDED).with("age", age);
    match band {
        Band::TooYoung => Err(Refusal::new(&refusals::TOO_YOUNG).with("age", age)),
        Band::Accompanied if !consent => Err(needed()),
        Band::Accompanied if !accompanied => Err(Refusal::new(&refusals::ACCOMPANY).with("age", age)),
        Band::Child if !consent => Err(needed()),
        Band::Youth if !(consent || accompanied || (age >= OWN_WORK && guard == Guard::OwnWork)) => {
            Err(needed())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn code(result: Result<(), Refusal>) -> &'static str {
        result.map_or_else(|refusal| refusal.code(), |()| "ok")
    }

    #[test]
    fn the_table_of_fix_07() {
        use Guard as G;
        for (age, guard, accompanied, hazard, want) in [
            (5, G::Given, true, false, "guardian.too_young"),
            (6, G::None, true, false, "guardian.needed"),
            (6, G::Given, false, false, "guardian.accompany"),
            (9, G::Given, true, false, "ok"),
            (10, G::Given, false, false, "ok"),
            (13, G::Asked, true, false, "guardian.needed"),
            (14, G::None, true, false, "ok"),
            (14, G::Given, false, false, "ok"),
            (15, G::OwnWork, false, false, "guardian.needed"),
            (16, G::OwnWork, false, false, "ok"),
            (17, G::Withdrawn, false, false, "guardian.needed"),
            (17, G::Given, true, true, "guardian.hazard"),
            (18, G::None, false, true, "ok"),
            (70, G::None, false, false, "ok"),
        ] {
            assert_eq!(
                code(may_take_part(age, guard, accompanied, hazard)),
                want,
                "{age} {guard:?} {accompanied}"
            );
        }
    }

    #[test]
    fn registering() {
        let today = day("2026-11-21");
        for (birth, guard, want) in [
            ("2008-11-21", Guard::None, "ok"),
            ("2008-11-22", Guard::None, "guardian.needed"),
            ("2008-11-22", Guard::OwnWork, "ok"),
            ("2011-11-21", Guard::OwnWork, "guardian.needed"),
            ("2018-01-01", Guard::Given, "ok"),
            ("2027-01-01", Guard::Given, "person.birth_impossible"),
            ("1888-01-01", Guard::None, "person.birth_impossible"),
            ("2021-11-21", Guard::Given, "guardian.too_young"),
            ("2020-11-21", Guard::Given, "ok"),
        ] {
            assert_eq!(code(may_register(day(birth), today, guard)), want, "{birth}");
        }
    }

    #[test]
    fn leap_day() {
        assert_eq!(birthday(day("2012-02-29"), 14), day("2026-03-01"));
        assert_eq!(birthday(day("2012-02-29"), 16), day("2028-02-29"));
    }

    fn any_guard() -> impl Strategy<Value = Guard> {
        prop::sample::select(Guard::ALL.to_vec())
    }

    proptest! {
        #[test]
        fn turns_on_the_birthday(birth in 0_i64..20_000, years in 1_i64..30) {
            let birth = Date::from_days(birth);
            let on = birthday(birth, years);
            prop_assert_eq!(birth.age(on), years);
            prop_assert_eq!(birth.age(on.plus(-1)), years - 1);
        }

        #[test]
        fn consent_and_company_never_hurt(age in 0_i64..30, guard in any_guard(), with in any::<bool>(), hazard in any::<bool>()) {
            if may_take_part(age, guard, with, hazard).is_ok() {
                prop_assert!(may_take_part(age, Guard::Given, with, hazard).is_ok());
                prop_assert!(may_take_part(age, guard, true, hazard).is_ok());
                prop_assert!(may_take_part(age, guard, with, false).is_ok());
            }
        }

        #[test]
        fn growing_older_never_closes_a_door(age in 0_i64..30, guard in any_guard(), with in any::<bool>(), hazard in any::<bool>()) {
            if may_take_part(age, guard, with, hazard).is_ok() {
                prop_assert!(may_take_part(age + 1, guard, with, hazard).is_ok());
            }
        }
    }
}
