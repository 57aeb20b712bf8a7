//! Applying, deciding, inviting. Locks in the order of [`super::super`]: people (in the order of their ids) → session →
//! post → application → sign-up.

use db::WriteTx;
use kernel::error::common;
use kernel::{Action, Actor, Error, Lang, OrgId, PersonId, Place, Refusal, Timestamp};

use super::store::{self, Application};
use super::{ApplicationState, InviteState};
use crate::activity::{self, ActivityState, Entry};
use crate::event::{ApplicationDecided, ApplicationOver, Invited};
use crate::sign_up::commands::{Book, look, try_place};
use crate::sign_up::store as places;
use crate::sign_up::waiting::store::hold_session;
use crate::sign_up::{Care, Source, manages, refusals, rules};
use crate::{ActivityId, ApplicationId, InvitationId, InvitationLinkId, PostId, SessionId};

/// How many applications are decided at once.
pub const MOST: usize = 100;

fn who(actor: &Actor) -> Result<PersonId, Error> {
    actor.account()?;
    actor.person.ok_or_else(|| (&refusals::NO_PERSON).into())
}

/// Applies for a place that the leader gives. Doing it twice changes nothing. Everything but the number of places is
/// asked now, so that nobody waits for what they could never get.
///
/// # Errors
/// Those of signing up but for a full session; `sign_up.no_need` when one can just sign up.
pub fn apply(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    session: SessionId,
    post: Option<PostId>,
    team: Option<OrgId>,
    message: &str,
) -> Result<ApplicationId, Error> {
    let person = who(actor)?;
    people::person::hold(tx, person)?;
    if let Some(id) = store::own(tx, session, person)? {
        return Ok(id);
    }
    let wish = Book { session, post, person, team, source: Source::Own };
    let looked = look(tx, &wish, Care::Aware, |_| Ok(()))?;
    let facts = looked.facts(tx.now(), Source::Own);
    match rules::decide(&facts) {
        Err(refusal) if refusal.text == &refusals::APPROVAL || refusal.text == &refusals::ABSENT => {}
        Err(refusal) => return Err(refusal.into()),
        Ok(()) => return Err((&refusals::NO_NEED).into()),
    }
    looked.mind(Care::Aware)?;
    let id: ApplicationId = tx.new_id();
    let one = Application { id, session, post, person, team: looked.team, state: ApplicationState::Waiting };
    store::insert(tx, &one, message)?;
    Ok(id)
}

/// Takes one's application back. Doing it twice changes nothing.
///
/// # Errors
/// `common.not_found`.
pub fn withdraw(tx: &mut WriteTx<'_>, actor: &Actor, id: ApplicationId) -> Result<SessionId, Error> {
    let person = who(actor)?;
    people::person::hold(tx, person)?;
    let one = store::find(tx, id)?.filter(|one| one.person == person);
    let one = one.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    store::end(tx, id, ApplicationState::Withdrawn, "", actor.account)?;
    Ok(one.session)
}

/// What deciding came to.
#[derive(Debug, Clone, Default)]
pub struct Decided {
    /// How many got a place, or were refused.
    pub done: usize,
    /// Who could not be accepted, and why.
    pub failed: Vec<(PersonId, Refusal)>,
}

/// Accepts or refuses applications for a session. Each by itself: one that cannot be accepted (no place left, say)
/// stays and is named. People are told.
///
/// # Errors
/// `common.not_found` for a session one does not lead or an application of another one; `sign_up.nobody`;
/// `common.required` when a refusal has no reason; `sign_up.application_gone` when none of them waits any more.
pub fn decide(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    session: SessionId,
    ids: &[ApplicationId],
    accept: bool,
    reason: &str,
) -> Result<Decided, Error> {
    actor.account()?;
    let not_found = || Error::from(&common::NOT_FOUND);
    let gate = places::gate(tx, session)?
        .filter(|gate| manages(actor, Place { area_path: &gate.area_path, sponsor_path: &gate.sponsor_path }))
        .ok_or_else(not_found)?;
    if ids.is_empty() || ids.len() > MOST {
        return Err((&refusals::NOBODY).into());
    }
    if !accept && reason.is_empty() {
        return Err(Refusal::new(&common::REQUIRED).with_both("label", "原因", "Reason").on("reason").into());
    }
    let mut all = Vec::with_capacity(ids.len());
    for id in ids {
        all.push(store::find(tx, *id)?.filter(|one| one.session == session).ok_or_else(not_found)?);
    }
    all.sort_by_key(|one| (one.person, one.id));
    all.dedup_by_key(|one| one.id);
    for one in &all {
        people::person::hold(tx, one.person)?;
    }
    hold_session(tx, session)?;
    let mut out = Decided::default();
    // Places go to those who applied first.
    all.sort_by_key(|one| one.id);
    for one in all {
        let told = |accepted| ApplicationDecided {
            person: one.person,
            session,
            title: gate.title.clone(),
            starts_at: gate.starts_at,
            accepted,
            reason: reason.to_owned(),
        };
        if !accept {
            if store::end(tx, one.id, ApplicationState::Refused, reason, actor.account)? {
                tx.publish(&told(false))?;
                out.done += 1;
            }
            continue;
        }
        // Read again behind the locks.
        if store::find(tx, one.id)?.is_none_or(|now| now.state != ApplicationState::Waiting) {
            continue;
        }
        let wish = Book {
            session: one.session,
            post: one.post,
            person: one.person,
            team: Some(one.team),
            source: Source::Leader,
        };
        // It was their own wish.
        match try_place(tx, &wish, Source::Own)? {
            Ok(_) => {
                store::end(tx, one.id, ApplicationState::Accepted, reason, actor.account)?;
                tx.publish(&told(true))?;
                out.done += 1;
            }
            Err(refusal) => out.failed.push((one.person, refusal)),
        }
    }
    if out.done == 0 && out.failed.is_empty() {
        return Err((&refusals::APPLICATION_GONE).into());
    }
    Ok(out)
}

/// Ends applications whose session has begun; people are told.
///
/// # Errors
/// Of the database.
pub fn end_due(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    for one in store::due(tx)? {
        // A leader who decides at this moment holds the session.
        hold_session(tx, one.session)?;
        if store::end(tx, one.id, ApplicationState::Over, "", None)? {
            tx.publish(&ApplicationOver {
                person: one.person,
                title: one.title,
                starts_at: one.starts_at,
                reason: String::new(),
            })?;
        }
    }
    Ok(())
}

/// Ends the applications for a session that was cancelled; people are told.
///
/// # Errors
/// Of the database.
pub fn session_cancelled(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    title: &str,
    starts_at: Timestamp,
    reason: &str,
) -> Result<(), Error> {
    for person in store::end_all(tx, session, reason)? {
        tx.publish(&ApplicationOver {
            person,
            title: title.to_owned(),
            starts_at,
            reason: reason.to_owned(),
        })?;
    }
    Ok(())
}

/// An activity the actor may invite to: published, and planned by them.
///
/// # Errors
/// `common.not_found`.
pub fn planned(tx: &mut db::ReadTx<'_>, actor: &Actor, id: ActivityId) -> Result<activity::Activity, Error> {
    actor.account()?;
    activity::find(tx, id)?
        .filter(|a| kernel::can(actor, Action::ActivityManage, a.place()))
        .ok_or_else(|| (&common::NOT_FOUND).into())
}

fn inviting(tx: &mut WriteTx<'_>, actor: &Actor, id: ActivityId) -> Result<activity::Activity, Error> {
    let a = planned(tx, actor, id)?;
    if a.state != ActivityState::Published {
        return Err((&refusals::NOT_OPEN).into());
    }
    Ok(a)
}

/// Invites people by volunteer number for so many days; who was invited anew, and which numbers nobody has. The
/// invited are told.
///
/// # Errors
/// `common.not_found`, `sign_up.not_open` unless it is published.
pub fn invite(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: ActivityId,
    numbers: &[&str],
    days: i64,
) -> Result<(usize, Vec<String>), Error> {
    let a = inviting(tx, actor, id)?;
    let until = tx.now().plus_minutes(days * 24 * 60);
    let (mut count, mut unknown) = (0, Vec::new());
    for number in numbers.iter().take(MOST) {
        let found = match people::person::parse_volunteer_no(number) {
            Some(plain) => places::person_by_number(tx, &plain)?,
            None => None,
        };
        let Some((person, ..)) = found else {
            unknown.push((*number).to_owned());
            continue;
        };
        if store::invite(tx, id, person, None, actor.account, until)? {
            count += 1;
            tx.publish(&Invited { person, activity: id, title: a.title.clone(), until })?;
        }
    }
    Ok((count, unknown))
}

/// Makes a link that invites so many people for so many days.
///
/// # Errors
/// As [`invite`].
pub fn link_new(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: ActivityId,
    uses: i64,
    days: i64,
) -> Result<InvitationLinkId, Error> {
    inviting(tx, actor, id)?;
    let until = tx.now().plus_minutes(days * 24 * 60);
    Ok(store::link_insert(tx, id, uses, actor.account, until)?)
}

/// Accepts a link whose signature was checked: the person is invited until the link expires. Doing it twice uses it
/// once.
///
/// # Errors
/// `sign_up.invitation_gone`, `sign_up.no_person`, `common.sign_in`.
pub fn link_accept(tx: &mut WriteTx<'_>, actor: &Actor, id: InvitationLinkId) -> Result<ActivityId, Error> {
    let person = who(actor)?;
    people::person::hold(tx, person)?;
    let gone = || Error::from(&refusals::INVITATION_GONE);
    let link = store::link(tx, id)?.ok_or_else(gone)?;
    let a = activity::find(tx, link.activity_id)?.ok_or_else(gone)?;
    if a.state != ActivityState::Published {
        return Err(gone());
    }
    if store::standing(tx, link.activity_id, person)?.invited.is_some_and(|until| until >= link.expires_at) {
        return Ok(link.activity_id);
    }
    if !store::link_use(tx, id)? {
        return Err(gone());
    }
    store::invite(tx, link.activity_id, person, Some(id), None, link.expires_at)?;
    Ok(link.activity_id)
}

/// Takes an invitation back; a place taken with it stays. Doing it twice changes nothing.
///
/// # Errors
/// `common.not_found`.
pub fn revoke(tx: &mut WriteTx<'_>, actor: &Actor, id: InvitationId) -> Result<ActivityId, Error> {
    let (activity, _) = store::invitation(tx, id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    planned(tx, actor, activity)?;
    store::invitation_end(tx, id, InviteState::Revoked)?;
    Ok(activity)
}

/// Declines one's invitation. Doing it twice changes nothing.
///
/// # Errors
/// `common.not_found`.
pub fn decline(tx: &mut WriteTx<'_>, actor: &Actor, id: InvitationId) -> Result<(), Error> {
    let person = who(actor)?;
    store::invitation(tx, id)?
        .filter(|one| one.1 == person)
        .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    store::invitation_end(tx, id, InviteState::Declined)?;
    Ok(())
}

/// Ends a link. Doing it twice changes nothing.
///
/// # Errors
/// `common.not_found`.
pub fn link_end(tx: &mut WriteTx<'_>, actor: &Actor, id: InvitationLinkId) -> Result<ActivityId, Error> {
    let link = store::link(tx, id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    planned(tx, actor, link.activity_id)?;
    store::link_end(tx, id)?;
    Ok(link.activity_id)
}

/// In words, who could not be accepted and why.
#[must_use]
pub fn failed_words(lang: Lang, failed: &[(String, Refusal)]) -> String {
    let list: Vec<String> =
        failed.iter().map(|(name, refusal)| format!("{name}（{}）", refusal.sentence(lang))).collect();
    list.join(lang.t("；", "; "))
}

/// Whether an activity asks the leader before a stand-in takes over.
#[must_use]
pub const fn asks_leader(entry: Entry, asked: bool) -> bool {
    asked || matches!(entry, Entry::Approval)
}
