//! Families that come together (Add-26): an adult takes places for themself and for their children in one step, all of
//! them or none; and what follows when the adult does not come, or leaves.
//!
//! The rule: a child under ten cannot stay without company, so the place goes with the adult's, unless a leader entered
//! the child and sees to the company. An older child's place stays. While a session runs nothing is taken from anybody.
//! Whatever happens, the leader is told.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{Actor, Date, Error, Lang, OrgId, PersonId, Refusal, Timestamp};
use people::guardian::{self, GuardState, Guardianship};

use super::refusals;
use crate::activity::Participant;
use crate::event::{CompanyGone, Parting};
use crate::sign_up::commands::{book_for_ward, free};
use crate::sign_up::store::SignUp;
use crate::sign_up::{self, Book, Care, SignUpState, Source};
use crate::{ActivityId, PostId, SessionId, SignUpId};

/// Most children of one booking.
const MOST: usize = 10;

row! {
    /// A place of a child in a session where the guardian has one too.
    pub struct Ward {
        id: SignUpId, session: SessionId, post: Option<PostId>, person: PersonId, team: OrgId,
        participant: Participant, state: SignUpState, starts_at: Timestamp, ends_at: Timestamp, source: Source,
        name: String, birth_on: Option<Date>, inside: bool,
    }
}

impl Ward {
    /// Whether the child may not be there without company (Fix-07).
    #[must_use]
    pub fn needs_company(&self) -> bool {
        self.birth_on.is_some_and(|birth| birth.age(self.starts_at.date()) < guardian::rules::ALONE)
    }

    fn place(&self) -> SignUp {
        SignUp {
            id: self.id,
            session: self.session,
            post: self.post,
            person: self.person,
            team: self.team,
            participant: self.participant,
            state: self.state,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            source: self.source,
        }
    }
}

/// The children of a guardian who hold a place in a session.
///
/// # Errors
/// Of the database.
pub(crate) fn minded(tx: &mut ReadTx<'_>, adult: PersonId, session: SessionId) -> Result<Vec<Ward>, DbError> {
    tx.all(
        sql!(
            "SELECT u.id, u.session_id, u.post_id, u.person_id, u.team_id, u.participant, u.state, u.starts_at,
                u.ends_at, u.source, p.name, p.birth_on,
                EXISTS (SELECT 1 FROM check_in c WHERE c.session_id = u.session_id AND c.person_id = u.person_id
                    AND c.out_at IS NULL AND c.undone_at IS NULL)
             FROM guardian g JOIN sign_up u ON u.person_id = g.minor_id JOIN person p ON p.id = u.person_id
             WHERE g.guardian_id = $1 AND g.state IN ('asked', 'given', 'withdrawn') AND u.session_id = $2
                AND u.state IN ('booked', 'attended')
             ORDER BY u.person_id, u.id LIMIT 20"
        ),
        args![adult, session],
    )
}

/// Places that somebody's children hold in sessions of an activity: session, child, name.
///
/// # Errors
/// Of the database.
pub(crate) fn of_activity(
    tx: &mut ReadTx<'_>,
    adult: PersonId,
    activity: ActivityId,
) -> Result<Vec<(SessionId, PersonId, String)>, DbError> {
    tx.all(
        sql!(
            "SELECT u.session_id, u.person_id, p.name
             FROM guardian g JOIN sign_up u ON u.person_id = g.minor_id JOIN session s ON s.id = u.session_id
                JOIN person p ON p.id = u.person_id
             WHERE g.guardian_id = $1 AND g.state IN ('asked', 'given', 'withdrawn') AND s.activity_id = $2
                AND u.state IN ('booked', 'attended')
             ORDER BY u.id LIMIT 400"
        ),
        args![adult, activity],
    )
}

/// The children somebody may book for: consent is given, and they are not of age.
///
/// # Errors
/// Of the database.
pub(crate) fn children(tx: &mut ReadTx<'_>, adult: PersonId) -> Result<Vec<Guardianship>, DbError> {
    let mut all = guardian::store::wards(tx, adult)?;
    all.retain(|one| one.state == GuardState::Given);
    Ok(all)
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Family {
    /// In which session.
    pub session: SessionId,
    /// For which team the adult serves; `None`: the organising one.
    pub team: Option<OrgId>,
    /// The children.
    pub children: Vec<PersonId>,
    /// How far rest and daily load of the adult are looked at.
    pub care: Care,
}

/// Takes places for oneself, unless one has a place, and for one's children: all of them or none. Each is asked by the
/// same rules as if they signed up alone, but that the adult comes along. Returns how many places were taken.
///
/// # Errors
/// `family.nobody`; `family.not_yours` for a child one may not book for; `family.ward` with what was refused for a
/// child; those of [`sign_up::book_minding`] for oneself.
pub fn book(tx: &mut WriteTx<'_>, actor: &Actor, ask: &Family) -> Result<usize, Error> {
    actor.account()?;
    let adult = actor.person.ok_or_else(|| Error::from(&sign_up::refusals::NO_PERSON))?;
    let mut wanted = ask.children.clone();
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.is_empty() || wanted.len() > MOST {
        return Err((&refusals::NOBODY).into());
    }
    let own = children(tx, adult)?;
    // Everybody is held in one order, before the session is.
    let mut people = wanted.clone();
    people.push(adult);
    people.sort_unstable();
    for person in people {
        people::person::hold(tx, person)?;
    }
    let mut taken = 0;
    let wish = |person: PersonId, team: Option<OrgId>| Book {
        session: ask.session,
        post: None,
        person,
        team,
        source: Source::Own,
    };
    if sign_up::store::active(tx, ask.session, adult)?.is_none() {
        sign_up::book_minding(tx, actor, &wish(adult, ask.team), ask.care)?;
        taken += 1;
    }
    for child in wanted {
        let one = own
            .iter()
            .find(|one| one.minor == child)
            .ok_or_else(|| Error::from(Refusal::new(&refusals::NOT_YOURS).on("child")))?;
        match book_for_ward(tx, &wish(child, None), Care::Aware) {
            Ok(_) => taken += 1,
            Err(Error::Refused(all)) => {
                return Err(Error::Refused(all.iter().map(|why| about(&one.minor_name, why)).collect()));
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(taken)
}

/// What was refused for a child, with the name.
fn about(name: &str, refusal: &Refusal) -> Refusal {
    Refusal::new(&refusals::WARD)
        .with("name", name)
        .with_both("sentence", &refusal.sentence(Lang::Zh), &refusal.sentence(Lang::En))
        .with_both("rule", &refusal.rule(Lang::Zh), &refusal.rule(Lang::En))
        .with_both("way", &refusal.way_out(Lang::Zh), &refusal.way_out(Lang::En))
        .on("child")
}

/// The children of whoever is about to give a place back, each held; before the session is.
///
/// # Errors
/// Of the database.
pub(crate) fn hold(tx: &mut WriteTx<'_>, one: &SignUp) -> Result<Vec<Ward>, Error> {
    let wards = minded(tx, one.person, one.session)?;
    for ward in &wards {
        people::person::hold(tx, ward.person)?;
    }
    Ok(wards)
}

/// An adult gave the place back, or lost it: the rule is applied to the children's, and the leader is told.
///
/// # Errors
/// Of the database.
pub(crate) fn gave_back(tx: &mut WriteTx<'_>, one: &SignUp, wards: &[Ward]) -> Result<(), Error> {
    let (mut back, mut stay) = (Vec::new(), Vec::new());
    for ward in wards {
        let alone = ward.needs_company() && ward.source != Source::Leader;
        if alone && ward.state == SignUpState::Booked {
            free(tx, &ward.place(), "陪同的监护人不来了 / the guardian is not coming")?;
            back.push(ward.name.clone());
        } else {
            stay.push(ward.name.clone());
        }
    }
    tell(tx, one.person, one.session, Parting::GaveBack, back, stay)
}

/// Who of those places is there now and has children there who are not among them: whom [`left`] is to be asked about
/// when all of them are checked out together.
///
/// # Errors
/// Of the database.
pub(crate) fn leaving(
    tx: &mut ReadTx<'_>,
    session: SessionId,
    places: &[SignUpId],
) -> Result<Vec<PersonId>, DbError> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let mut list = Query::new(
        "SELECT DISTINCT a.person_id
         FROM sign_up a JOIN check_in i ON i.session_id = a.session_id AND i.person_id = a.person_id
            JOIN guardian g ON g.guardian_id = a.person_id
            JOIN sign_up u ON u.person_id = g.minor_id AND u.session_id = a.session_id
         WHERE i.out_at IS NULL AND i.undone_at IS NULL AND g.state IN ('asked', 'given', 'withdrawn')
            AND u.state IN ('booked', 'attended')",
    );
    list.with("AND a.session_id = {}", &[&session]);
    for among in ["AND a.id IN (", "AND u.id NOT IN ("] {
        list.push(among);
        for (at, id) in places.iter().enumerate() {
            list.with(if at == 0 { "{}" } else { ", {}" }, &[id]);
        }
        list.push(")");
    }
    list.push("ORDER BY a.person_id LIMIT 2000");
    let rows: Vec<(PersonId,)> = tx.list(&list)?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// An adult left while the children are still there, or was marked as absent while they are expected: the leader is told
/// and nothing else changes. Returns the names of those children.
///
/// # Errors
/// Of the database.
pub(crate) fn left(
    tx: &mut WriteTx<'_>,
    adult: PersonId,
    session: SessionId,
    how: Parting,
) -> Result<Vec<String>, Error> {
    let wards = minded(tx, adult, session)?;
    let stay: Vec<String> = wards
        .into_iter()
        .filter(|ward| ward.inside || ward.state == SignUpState::Booked)
        .map(|ward| ward.name)
        .collect();
    tell(tx, adult, session, how, Vec::new(), stay.clone())?;
    Ok(stay)
}

fn tell(
    tx: &mut WriteTx<'_>,
    adult: PersonId,
    session: SessionId,
    how: Parting,
    given_back: Vec<String>,
    stay: Vec<String>,
) -> Result<(), Error> {
    if given_back.is_empty() && stay.is_empty() {
        return Ok(());
    }
    let (leader, adult_name) = sign_up::store::leader_and_name(tx, session, adult)?;
    let Some(gate) = sign_up::store::gate(tx, session)? else { return Ok(()) };
    tx.publish(&CompanyGone {
        leader: leader.filter(|leader| *leader != adult),
        adult,
        adult_name,
        given_back,
        stay,
        how,
        session,
        title: gate.title,
        starts_at: gate.starts_at,
    })
}
