//! Whether somebody may take a place: one pure decision over facts, so that it can be tried with any
//! combination of them, in any order.

use kernel::{Lang, Refusal, Timestamp};
use people::guardian::Guard;
use people::person::PersonState;
use people::qualification::rules::Lack;

use super::limits::Limits;
use super::store::{Gate, Other, PostGate};
use super::{Source, refusals};
use crate::activity::{ActivityState, Entry, SessionState};

/// How long before the start walk-ins may join, in minutes; the same as for checking in.
pub const WALK_IN_MINUTES: i64 = 30;

/// Everything the decision rests on.
#[derive(Debug)]
pub struct Facts<'a> {
    /// Now.
    pub now: Timestamp,
    /// Who enters it.
    pub source: Source,
    /// Session, activity, team.
    pub gate: &'a Gate,
    /// The person's state.
    pub person: PersonState,
    /// Full years on the day of the session, when the birth date is known.
    pub age: Option<i64>,
    /// Where the guardian's consent stands; it matters for minors.
    pub guard: Guard,
    /// Whether the guardian holds a place too.
    pub accompanied: bool,
    /// Whether the person belongs to the organising team; asked only for members-only activities.
    pub member: bool,
    /// Skills that are missing; asked only when the activity wants any.
    pub missing: &'a [String],
    /// Qualifications and trainings that are missing or do not count on the days of the session; asked only when the
    /// activity or the post wants any.
    pub lacking: &'a [Lack],
    /// The chosen post.
    pub post: Option<&'a PostGate>,
    /// The person's other active sign-ups around that time.
    pub others: &'a [Other],
    /// The person was invited, or the leader accepts them: nobody else has to agree.
    pub admitted: bool,
    /// How many places are kept for others.
    pub held: i64,
    /// The person stayed away so often that the leader is asked for every place, until then (P2).
    pub asks_until: Option<Timestamp>,
}

/// Whether two half-open ranges share a moment: what ends at 11:00 does not touch what starts then.
#[must_use]
pub fn overlaps(a: (Timestamp, Timestamp), b: (Timestamp, Timestamp)) -> bool {
    a.0 < b.1 && b.0 < a.1
}

/// Names of skills for people.
fn names(skills: &[String], lang: Lang) -> String {
    let list: Vec<&str> = skills
        .iter()
        .map(|code| kernel::catalogue::skill_by_code(code).map_or(code.as_str(), |s| lang.t(s.zh, s.en)))
        .collect();
    list.join(lang.t("、", ", "))
}

fn unqualified(skills: &[String]) -> Refusal {
    Refusal::new(&refusals::UNQUALIFIED).with_both(
        "skills",
        &names(skills, Lang::Zh),
        &names(skills, Lang::En),
    )
}

/// Decides about a sign-up. What concerns the session comes first, then the person, then the clash
/// with other things, and the number of places last, so that nobody waits for a place they could
/// never take.
///
/// # Errors
/// The refusal.
pub fn decide(f: &Facts<'_>) -> Result<(), Refusal> {
    session_open(f)?;
    person_fit(f)?;
    let gate = f.gate;
    if f.others.iter().any(|other| other.session == gate.session) {
        return Err(Refusal::new(&refusals::DUPLICATE));
    }
    in_time(f)?;
    if let Some(age) = f.age
        && age < gate.min_age
    {
        return Err(Refusal::new(&refusals::UNDER_AGE).with("min", gate.min_age).with("age", age));
    }
    if let Some(age) = f.age {
        // Who enters a child under ten at the roll sees to the company.
        let accompanied =
            f.accompanied || (f.source == Source::Leader && age < people::guardian::rules::ALONE);
        people::guardian::rules::may_take_part(age, f.guard, accompanied, gate.hazard)?;
    }
    if gate.members_only && !f.member {
        return Err(Refusal::new(&refusals::NOT_MEMBER).with("team", &gate.team_name));
    }
    if !f.missing.is_empty() {
        return Err(unqualified(f.missing));
    }
    if let Some(post) = f.post
        && let Some(skill) = &post.skill
        && !post.has_skill
    {
        return Err(unqualified(std::slice::from_ref(skill)));
    }
    if !f.lacking.is_empty() {
        return Err(crate::qualified::refusal(&refusals::NO_QUALIFICATION, f.lacking));
    }
    // The earliest clash is named, whatever order the rows came in.
    let clash = f
        .others
        .iter()
        .filter(|other| overlaps((gate.starts_at, gate.ends_at), (other.starts_at, other.ends_at)))
        .min_by_key(|other| (other.starts_at, other.session));
    if let Some(other) = clash {
        let when = format!("{}–{}", other.starts_at.text(), other.ends_at.clock_text());
        return Err(Refusal::new(&refusals::OVERLAP).with("other", &other.title).with("when", when));
    }
    entry(f)?;
    if gate.taken >= gate.quota {
        return Err(full(gate));
    }
    if gate.taken + f.held >= gate.quota {
        return Err(Refusal::new(&refusals::HELD).with("held", f.held));
    }
    match f.post {
        Some(post) if post.taken >= post.quota => Err(post_full(post)),
        _ => Ok(()),
    }
}

/// Whether somebody else has to agree first.
fn entry(f: &Facts<'_>) -> Result<(), Refusal> {
    if f.admitted || matches!(f.source, Source::Leader | Source::Demo) {
        return Ok(());
    }
    match f.gate.entry {
        Entry::Invitation => Err(Refusal::new(&refusals::INVITED_ONLY)),
        // The leader's switch for walk-ins is the leader's word.
        Entry::Approval if f.source != Source::WalkIn => Err(Refusal::new(&refusals::APPROVAL)),
        Entry::Approval | Entry::Open => match f.asks_until {
            Some(until) if f.source == Source::Own => {
                Err(Refusal::new(&refusals::ABSENT).with("until", until.date()))
            }
            _ => Ok(()),
        },
    }
}

/// No place is left.
#[must_use]
pub fn full(gate: &Gate) -> Refusal {
    Refusal::new(&refusals::FULL).with("taken", gate.taken).with("quota", gate.quota)
}

/// No place is left at the post.
#[must_use]
pub fn post_full(post: &PostGate) -> Refusal {
    Refusal::new(&refusals::POST_FULL)
        .with("post", &post.name)
        .with("taken", post.taken)
        .with("quota", post.quota)
}

fn session_open(f: &Facts<'_>) -> Result<(), Refusal> {
    let gate = f.gate;
    if gate.state == SessionState::Cancelled || gate.activity_state == ActivityState::Cancelled {
        return Err(Refusal::new(&refusals::CANCELLED));
    }
    if gate.state != SessionState::Open || gate.activity_state != ActivityState::Published {
        return Err(Refusal::new(&refusals::NOT_OPEN));
    }
    Ok(())
}

fn person_fit(f: &Facts<'_>) -> Result<(), Refusal> {
    match f.person {
        PersonState::Active => Ok(()),
        // Imported people can be put on a roll; their hours wait for the claim (Fix-03, Edge-01).
        PersonState::Unclaimed | PersonState::Incomplete => match f.source {
            Source::Own => Err(Refusal::new(&refusals::NOT_CLAIMED)),
            Source::Leader | Source::WalkIn | Source::Demo => Ok(()),
        },
        PersonState::Suspended | PersonState::Disputed | PersonState::Closed | PersonState::Deceased => {
            Err(Refusal::new(&refusals::SUSPENDED).with_both(
                "state",
                f.person.name(Lang::Zh),
                f.person.name(Lang::En),
            ))
        }
    }
}

fn in_time(f: &Facts<'_>) -> Result<(), Refusal> {
    let gate = f.gate;
    match f.source {
        Source::Own => {
            if f.now >= gate.starts_at {
                return Err(Refusal::new(&refusals::STARTED).with("start", gate.starts_at.text()));
            }
            if f.now >= gate.sign_up_until {
                return Err(Refusal::new(&refusals::CLOSED).with("until", gate.sign_up_until.text()));
            }
        }
        Source::WalkIn => {
            if f.now >= gate.ends_at {
                return Err(Refusal::new(&refusals::ENDED).with("end", gate.ends_at.text()));
            }
            if !gate.walk_in || f.now < gate.starts_at.plus_minutes(-WALK_IN_MINUTES) {
                return Err(Refusal::new(&refusals::NO_WALK_IN));
            }
        }
        // The leader completes the roll until it is closed; what is entered after the end counts less (Fix-04).
        Source::Leader | Source::Demo => {}
    }
    Ok(())
}

/// Within so many minutes of signing up a cancelling is an undo, however soon the start.
pub const UNDO_MINUTES: i64 = 10;

/// Whether cancelling now is late: less than so many hours before the start (the city's rule), and no undo.
#[must_use]
pub fn late(now: Timestamp, signed_at: Timestamp, starts_at: Timestamp, hours: i64) -> bool {
    hours > 0 && now > starts_at.plus_minutes(-hours * 60) && now > signed_at.plus_minutes(UNDO_MINUTES)
}

/// How far the rules about rest and daily load are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// Not at all: somebody is at the door already, or the leader goes on with a reason.
    None,
    /// What the city warns of is refused, so that one is asked again.
    Warn,
    /// The person has been warned: only what the city refuses is refused.
    Aware,
}

/// What would be too much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Strain {
    /// So many sessions on that day.
    Sessions(kernel::Date, i64),
    /// So many minutes on that day.
    Day(kernel::Date, i64),
    /// So few minutes between this and another session.
    Rest(i64, String),
}

fn shared(range: (Timestamp, Timestamp), with: (Timestamp, Timestamp)) -> i64 {
    ((range.1.min(with.1).0 - range.0.max(with.0).0) / kernel::time::MINUTE_MS).max(0)
}

/// Whether a session would be too much beside the others of the same person: too many hours or sessions on a local
/// day (a session over midnight counts on both, Edge-05), or too little rest before or after it. The day comes first,
/// then the shortest rest. Overlaps are refused elsewhere. A session that is too long by itself was the organiser's
/// choice and is no strain of the person.
#[must_use]
pub fn strain(session: (Timestamp, Timestamp), others: &[Other], limits: &Limits) -> Option<Strain> {
    let rest = limits.rest_minutes;
    let (mut day, last) = (session.0.date(), Timestamp(session.1.0 - 1).date());
    while day <= last {
        let whole = (Timestamp::at(day, 0), Timestamp::at(day.plus(1), 0));
        let parts = || others.iter().map(|one| shared((one.starts_at, one.ends_at), whole));
        let before: i64 = parts().sum();
        let minutes = before + shared(session, whole);
        if before > 0 && minutes > limits.day_minutes {
            return Some(Strain::Day(day, minutes));
        }
        let sessions = 1 + i64::try_from(parts().filter(|part| *part > 0).count()).unwrap_or(i64::MAX - 1);
        if limits.day_sessions > 0 && sessions > limits.day_sessions {
            return Some(Strain::Sessions(day, sessions));
        }
        day = day.plus(1);
    }
    others
        .iter()
        .filter(|one| !overlaps(session, (one.starts_at, one.ends_at)))
        .map(|one| {
            let gap = (session.0.0 - one.ends_at.0).max(one.starts_at.0 - session.1.0);
            (gap.div_euclid(kernel::time::MINUTE_MS), one)
        })
        .filter(|(gap, _)| *gap < rest)
        .min_by_key(|(gap, one)| (*gap, one.starts_at, one.session))
        .map(|(gap, one)| Strain::Rest(gap, one.title.clone()))
}

/// The refusal for what would be too much, if this care asks for one.
///
/// # Errors
/// `sign_up.much`, `sign_up.many`, `sign_up.little_rest`.
pub fn mind(gate: &Gate, others: &[Other], limits: &Limits, care: Care) -> Result<(), Refusal> {
    let minds = match care {
        Care::None => false,
        Care::Warn => true,
        Care::Aware => limits.refuse,
    };
    let Some(strain) = strain((gate.starts_at, gate.ends_at), others, limits).filter(|_| minds) else {
        return Ok(());
    };
    let soft = !limits.refuse;
    let out = Refusal::new(match (&strain, soft) {
        (Strain::Day(..), true) => &refusals::MUCH,
        (Strain::Day(..), false) => &refusals::TOO_MUCH,
        (Strain::Sessions(..), true) => &refusals::MANY,
        (Strain::Sessions(..), false) => &refusals::TOO_MANY,
        (Strain::Rest(..), true) => &refusals::LITTLE_REST,
        (Strain::Rest(..), false) => &refusals::NO_REST,
    });
    // Rounded up: 8 hours and a minute are more than 8.
    let hours = |minutes: i64| {
        let tenths = (minutes * 10 + 59) / 60;
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    Err(match strain {
        Strain::Day(day, minutes) => {
            out.with("day", day).with("hours", hours(minutes)).with("most", hours(limits.day_minutes))
        }
        Strain::Sessions(day, count) => {
            out.with("day", day).with("count", count).with("most", limits.day_sessions)
        }
        Strain::Rest(gap, other) => {
            out.with("gap", gap).with("other", other).with("rest", limits.rest_minutes)
        }
    })
}

/// Whether a refusal is a warning that the person may confirm.
#[must_use]
pub fn soft(refusal: &Refusal) -> bool {
    [&refusals::MUCH, &refusals::MANY, &refusals::LITTLE_REST].contains(&refusal.text)
}

/// Whether a refusal is about rest or daily load, which the leader may override.
#[must_use]
pub fn strained(refusal: &Refusal) -> bool {
    soft(refusal) || [&refusals::TOO_MUCH, &refusals::TOO_MANY, &refusals::NO_REST].contains(&refusal.text)
}

/// Whether the exact place is shown (Fix-08): to whoever plans the activity always; to whoever holds a
/// place from 24 hours before to 24 hours after, or as soon as the place is theirs when it is no
/// private home. To nobody else.
#[must_use]
pub fn exact_place_shown(
    manages: bool,
    holds_place: bool,
    private: bool,
    now: Timestamp,
    session: (Timestamp, Timestamp),
) -> bool {
    const DAY: i64 = 24 * 60;
    let until = session.1.plus_minutes(DAY);
    let from = if private { session.0.plus_minutes(-DAY) } else { Timestamp(i64::MIN) };
    manages || (holds_place && from <= now && now < until)
}

#[cfg(test)]
mod tests {
    use kernel::OrgId;
    use proptest::prelude::*;

    use super::*;
    use crate::{ActivityId, SessionId};

    fn gate() -> Gate {
        Gate {
            session: SessionId(1),
            activity: ActivityId(1),
            starts_at: Timestamp(1000),
            ends_at: Timestamp(2000),
            sign_up_until: Timestamp(900),
            quota: 10,
            taken: 0,
            state: SessionState::Open,
            activity_state: ActivityState::Published,
            title: "t".into(),
            place_public: String::new(),
            team: OrgId(1),
            team_name: "队".into(),
            walk_in: true,
            members_only: false,
            min_age: 18,
            asks_ability: false,
            area_path: "/1/".into(),
            sponsor_path: String::new(),
            entry: Entry::Open,
            hazard: false,
            reserved_until: Timestamp(0),
        }
    }

    fn facts<'a>(gate: &'a Gate, others: &'a [Other]) -> Facts<'a> {
        Facts {
            now: Timestamp(0),
            source: Source::Own,
            gate,
            person: PersonState::Active,
            age: Some(30),
            guard: Guard::None,
            accompanied: false,
            member: false,
            missing: &[],
            lacking: &[],
            post: None,
            others,
            admitted: false,
            held: 0,
            asks_until: None,
        }
    }

    fn other(id: i64, start: i64, end: i64) -> Other {
        Other {
            session: SessionId(id),
            title: format!("o{id}"),
            starts_at: Timestamp(start),
            ends_at: Timestamp(end),
        }
    }

    fn code(f: &Facts<'_>) -> &'static str {
        decide(f).map_or_else(|refusal| refusal.code(), |()| "ok")
    }

    #[test]
    fn each_reason() {
        let g = gate();
        assert_eq!(code(&facts(&g, &[])), "ok");
        let f = |change: &dyn Fn(&mut Gate)| {
            let mut g = gate();
            change(&mut g);
            code(&facts(&g, &[]))
        };
        assert_eq!(f(&|g| g.taken = 10), "sign_up.full");
        assert_eq!(f(&|g| g.state = SessionState::Cancelled), "sign_up.cancelled");
        assert_eq!(f(&|g| g.state = SessionState::Draft), "sign_up.not_open");
        assert_eq!(f(&|g| g.members_only = true), "sign_up.not_member");
        assert_eq!(f(&|g| g.min_age = 31), "sign_up.under_age");
        assert_eq!(f(&|g| g.sign_up_until = Timestamp(0)), "sign_up.closed");
        assert_eq!(f(&|g| g.starts_at = Timestamp(0)), "sign_up.started");
        assert_eq!(code(&facts(&g, &[other(1, 1000, 2000)])), "sign_up.duplicate");
        assert_eq!(code(&facts(&g, &[other(2, 500, 1001)])), "sign_up.overlap");
        assert_eq!(
            code(&facts(&g, &[other(2, 500, 1000), other(3, 2000, 2100)])),
            "ok",
            "touching is allowed"
        );
        // Who else has to agree, and that it is asked before the number of places.
        for (entry, taken, own, leader, walk_in) in [
            (Entry::Approval, 10, "sign_up.approval", "sign_up.full", "sign_up.full"),
            (Entry::Approval, 0, "sign_up.approval", "ok", "ok"),
            (Entry::Invitation, 0, "sign_up.invited_only", "ok", "sign_up.invited_only"),
        ] {
            let g = Gate { entry, taken, ..gate() };
            let by = |source, now| Facts { source, now: Timestamp(now), ..facts(&g, &[]) };
            assert_eq!(code(&by(Source::Own, 0)), own);
            assert_eq!(code(&by(Source::Leader, 0)), leader);
            assert_eq!(code(&by(Source::WalkIn, 1500)), walk_in);
            assert_eq!(code(&Facts { admitted: true, ..by(Source::Own, 0) }), leader);
        }
        let absent = Facts { asks_until: Some(Timestamp(5)), ..facts(&g, &[]) };
        assert_eq!(code(&absent), "sign_up.absent");
        assert_eq!(code(&Facts { admitted: true, ..absent }), "ok");
        let missing = ["first_aid".to_owned()];
        assert_eq!(code(&Facts { missing: &missing, ..facts(&g, &[]) }), "sign_up.unqualified");
        let young = |min_age: i64, age: i64, guard: Guard, accompanied: bool, source: Source| {
            let g = Gate { min_age, ..gate() };
            code(&Facts { age: Some(age), guard, accompanied, source, ..facts(&g, &[]) })
        };
        assert_eq!(young(18, 17, Guard::Given, true, Source::Own), "sign_up.under_age");
        assert_eq!(young(6, 8, Guard::Given, false, Source::Own), "guardian.accompany");
        assert_eq!(young(6, 8, Guard::Given, true, Source::Own), "ok");
        assert_eq!(young(6, 8, Guard::Given, false, Source::Leader), "ok");
        assert_eq!(young(6, 8, Guard::None, false, Source::Leader), "guardian.needed");
        assert_eq!(young(6, 15, Guard::None, false, Source::Leader), "guardian.needed");
        assert_eq!(young(6, 15, Guard::None, true, Source::Own), "ok");
        assert_eq!(f(&|g| g.hazard = true), "ok", "the hazard is for minors");
        for (state, own, leader) in [
            (PersonState::Unclaimed, "sign_up.not_claimed", "ok"),
            (PersonState::Incomplete, "sign_up.not_claimed", "ok"),
            (PersonState::Suspended, "sign_up.suspended", "sign_up.suspended"),
            (PersonState::Deceased, "sign_up.suspended", "sign_up.suspended"),
        ] {
            assert_eq!(code(&Facts { person: state, ..facts(&g, &[]) }), own);
            assert_eq!(code(&Facts { person: state, source: Source::Leader, ..facts(&g, &[]) }), leader);
        }
        let walk_in = |now: i64| Facts { source: Source::WalkIn, now: Timestamp(now), ..facts(&g, &[]) };
        assert_eq!(code(&walk_in(1500)), "ok");
        assert_eq!(code(&walk_in(2000)), "sign_up.ended");
        assert_eq!(code(&walk_in(-30 * 60_000)), "sign_up.no_walk_in");
        let kept = |held| code(&Facts { held, ..facts(&Gate { taken: 4, ..gate() }, &[]) });
        assert_eq!((kept(5), kept(6)), ("ok", "sign_up.held"));
        let post = PostGate {
            name: "p".into(),
            quota: 1,
            taken: 1,
            skill: None,
            has_skill: false,
            asks_qualification: false,
        };
        assert_eq!(code(&Facts { post: Some(&post), ..facts(&g, &[]) }), "sign_up.post_full");
        let post = PostGate { taken: 0, skill: Some("first_aid".into()), ..post };
        assert_eq!(code(&Facts { post: Some(&post), ..facts(&g, &[]) }), "sign_up.unqualified");
    }

    #[test]
    fn late_is_a_day_before_but_not_an_undo() {
        let start = Timestamp::at(kernel::Date::from_days(20_780), 9 * 60);
        let long_ago = Timestamp(0);
        assert!(!late(start.plus_minutes(-24 * 60), long_ago, start, 24));
        assert!(late(Timestamp(start.plus_minutes(-24 * 60).0 + 1), long_ago, start, 24));
        assert!(!late(start.plus_minutes(-60), long_ago, start, 0), "a city may never ask");
        let signed = start.plus_minutes(-60);
        assert!(!late(signed.plus_minutes(10), signed, start, 24));
        assert!(late(signed.plus_minutes(11), signed, start, 24));
    }

    #[test]
    fn a_day_over_eight_hours_and_a_short_rest() {
        let at = |minute: i64| Timestamp::at(kernel::Date::from_days(20_780), minute);
        let one = |from: i64, to: i64| Other { starts_at: at(from), ends_at: at(to), ..other(9, 0, 1) };
        let new = |from: i64, to: i64| (at(from), at(to));
        let strain = |session, others: &[Other], rest_minutes| {
            super::strain(session, others, &Limits { rest_minutes, ..Limits::default() })
        };
        // 4 h and 4 h with an hour between: just so.
        assert_eq!(strain(new(540, 780), &[one(840, 1080)], 30), None);
        assert_eq!(
            strain(new(540, 781), &[one(841, 1081)], 30),
            Some(Strain::Day(kernel::Date::from_days(20_780), 481))
        );
        assert_eq!(strain(new(540, 600), &[one(629, 700)], 30), Some(Strain::Rest(29, "o9".into())));
        assert_eq!(strain(new(540, 600), &[one(630, 700)], 30), None);
        assert_eq!(strain(new(540, 600), &[one(600, 700)], 0), None, "a city may ask for none");
        let two = Limits { day_sessions: 2, ..Limits::default() };
        let day = kernel::Date::from_days(20_780);
        assert_eq!(super::strain(new(540, 600), &[one(660, 700)], &two), None);
        assert_eq!(
            super::strain(new(540, 600), &[one(660, 700), one(800, 900)], &two),
            Some(Strain::Sessions(day, 3))
        );
        assert_eq!(
            super::strain(new(540, 1140), &[], &two),
            None,
            "long by itself is the organiser's choice"
        );
        // Over midnight: each day by itself.
        assert_eq!(strain(new(1200, 1440 + 360), &[one(840, 1080)], 30), None);
        assert_eq!(
            strain(new(1200, 1440 + 360), &[one(1440 + 420, 1440 + 560)], 30),
            Some(Strain::Day(kernel::Date::from_days(20_781), 500))
        );
    }

    #[test]
    fn exact_place() {
        let day = kernel::time::DAY_MS;
        let session = (Timestamp(10 * day), Timestamp(10 * day + 1));
        let shown = |holds, private, at| exact_place_shown(false, holds, private, Timestamp(at), session);
        assert!(exact_place_shown(true, false, true, Timestamp(0), session));
        assert!(!shown(false, false, 10 * day) && !shown(false, true, 10 * day));
        assert!(!shown(true, true, 9 * day - 1) && shown(true, true, 9 * day));
        assert!(shown(true, false, 0));
        assert!(
            shown(true, true, 11 * day)
                && !shown(true, true, 11 * day + 1)
                && !shown(true, false, 11 * day + 1)
        );
    }

    proptest! {
        #[test]
        fn order_of_rows_does_not_matter(
            mut rows in prop::collection::vec((2_i64..50, 0_i64..3000, 1_i64..500), 0..8), turn in 0_usize..8,
        ) {
            rows.dedup_by_key(|row| row.0);
            let others: Vec<Other> = rows.iter().map(|(id, start, length)| other(*id, *start, start + length)).collect();
            let mut turned = others.clone();
            if !turned.is_empty() {
                let by = turn % turned.len();
                turned.rotate_left(by);
                turned.reverse();
            }
            let g = gate();
            let text = |others: &[Other]| decide(&facts(&g, others)).map_err(|r| r.sentence(Lang::Zh));
            prop_assert_eq!(text(&others), text(&turned));
            let clash = rows.iter().any(|(_, start, length)| *start < 2000 && start + length > 1000);
            prop_assert_eq!(text(&others).is_err(), clash);
        }

        #[test]
        fn strain_does_not_depend_on_the_order(
            rows in prop::collection::vec((0_i64..2000, 1_i64..300), 0..6), start in 0_i64..2000, length in 1_i64..600,
        ) {
            let at = |minute: i64| Timestamp::at(kernel::Date::from_days(20_780), minute);
            let mut others: Vec<Other> = rows
                .iter()
                .zip(1_i64..)
                .map(|((from, long), id)| Other { starts_at: at(*from), ends_at: at(from + long), ..other(id, 0, 1) })
                .collect();
            let session = (at(start), at(start + length));
            let limits = Limits { day_sessions: 3, ..Limits::default() };
            let found = strain(session, &others, &limits);
            others.reverse();
            prop_assert_eq!(&strain(session, &others, &limits), &found);
            // Whoever serves nowhere else is never warned; looser rules never warn where stricter ones do not.
            prop_assert!(!others.is_empty() || found.is_none());
            let loose = Limits { rest_minutes: 0, day_minutes: 1440, day_sessions: 0, ..limits };
            if found.is_none() {
                let none = others.iter().any(|one| overlaps(session, (one.starts_at, one.ends_at)))
                    || strain(session, &others, &loose).is_none();
                prop_assert!(none);
            }
        }

        #[test]
        fn overlap_is_symmetric_and_half_open(a in 0_i64..100, la in 1_i64..50, b in 0_i64..100, lb in 1_i64..50) {
            let (x, y) = ((Timestamp(a), Timestamp(a + la)), (Timestamp(b), Timestamp(b + lb)));
            let shared = (a..a + la).any(|moment| (b..b + lb).contains(&moment));
            prop_assert_eq!(overlaps(x, y), shared);
            prop_assert_eq!(overlaps(y, x), shared);
        }
    }
}
