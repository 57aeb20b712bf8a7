//! Whether somebody may take a place: one pure decision over facts, so that it can be tried with any
//! combination of them, in any order.

use kernel::{Lang, Refusal, Timestamp};
use people::guardian::Guard;
use people::person::PersonState;

use super::store::{Gate, Other, PostGate};
use super::{Source, refusals};
use crate::activity::{ActivityState, SessionState};

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
    /// The chosen post.
    pub post: Option<&'a PostGate>,
    /// The person's other active sign-ups around that time.
    pub others: &'a [Other],
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
    if gate.taken >= gate.quota {
        return Err(full(gate));
    }
    match f.post {
        Some(post) if post.taken >= post.quota => Err(post_full(post)),
        _ => Ok(()),
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
            asks_skill: false,
            area_path: "/1/".into(),
            sponsor_path: String::new(),
            hazard: false,
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
            post: None,
            others,
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
        let post = PostGate { name: "p".into(), quota: 1, taken: 1, skill: None, has_skill: false };
        assert_eq!(code(&Facts { post: Some(&post), ..facts(&g, &[]) }), "sign_up.post_full");
        let post = PostGate { taken: 0, skill: Some("first_aid".into()), ..post };
        assert_eq!(code(&Facts { post: Some(&post), ..facts(&g, &[]) }), "sign_up.unqualified");
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
        fn overlap_is_symmetric_and_half_open(a in 0_i64..100, la in 1_i64..50, b in 0_i64..100, lb in 1_i64..50) {
            let (x, y) = ((Timestamp(a), Timestamp(a + la)), (Timestamp(b), Timestamp(b + lb)));
            let shared = (a..a + la).any(|moment| (b..b + lb).contains(&moment));
            prop_assert_eq!(overlaps(x, y), shared);
            prop_assert_eq!(overlaps(y, x), shared);
        }
    }
}
