//! Adding, marking, deleting pictures, and taking them down.

use db::WriteTx;
use kernel::error::common;
use kernel::{Action, Actor, Error, Refusal, Timestamp, can};

use super::store::{self, Giving, NewPhoto, PhotoFull};
use super::taking::{KIND, Taken};
use super::{AskState, PhotoState, refusals, rules};
use crate::event::PhotoAnswered;
use crate::{PhotoId, SessionId};

/// Whether the actor looks after the pictures of a place.
#[must_use]
pub fn manages(actor: &Actor, at: kernel::Place<'_>) -> bool {
    can(actor, Action::ActivityManage, at)
}

/// A session to which the actor may add pictures now: as its leader, or as somebody who was there, by the leader's
/// leave.
///
/// # Errors
/// `common.sign_in`, `common.not_found`, `photo.not_open`, `photo.not_now`.
pub fn giving(tx: &mut db::ReadTx<'_>, actor: &Actor, id: SessionId) -> Result<Giving, Error> {
    actor.account()?;
    let giving = store::giving(tx, id, actor.person)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let manages = manages(actor, giving.place());
    if !manages && !giving.was_there {
        return Err((&common::NOT_FOUND).into());
    }
    if !manages && !giving.volunteers_may {
        return Err((&refusals::NOT_OPEN).into());
    }
    let now = tx.now();
    if !rules::takes_photos(now, giving.starts_at, giving.state, giving.activity_state) {
        return Err((&refusals::NOT_NOW).into());
    }
    Ok(giving)
}

/// Makes pictures count whose files are in the store. Returns how many did, and those of which the session had one
/// already or had no room for (their files are left to the regular job).
///
/// # Errors
/// As [`giving`]; `photo.full` when there was no room for any.
pub fn book(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    session: SessionId,
    taken: &[(String, Taken)],
) -> Result<(usize, Vec<Refusal>), Error> {
    let account = actor.account()?;
    let giving = giving(tx, actor, session)?;
    store::hold(tx, &giving, Some(account))?;
    let (have, mut place) = store::count(tx, session)?;
    let mut room = rules::MAX_PER_SESSION - have;
    let (mut booked, mut refused) = (0, Vec::new());
    for (name, one) in taken {
        if room <= 0 {
            refused.push(Refusal::new(&refusals::FULL).with("max", rules::MAX_PER_SESSION).on("photos"));
            break;
        }
        let photo = NewPhoto {
            id: tx.new_id(),
            display: one.display.0.clone(),
            thumb: one.thumb.0.clone(),
            hash: one.hash,
            width: i64::from(one.size.0),
            height: i64::from(one.size.1),
        };
        if !store::insert(tx, &giving, &photo, (account, actor.person), place + 10)? {
            refused.push(Refusal::new(&refusals::KNOWN).with("name", name).on("photos"));
            continue;
        }
        people::blob::keep(tx, &one.display.0, KIND, &one.display.1)?;
        people::blob::keep(tx, &one.thumb.0, KIND, &one.thumb.1)?;
        (place, room, booked) = (place + 10, room - 1, booked + 1);
    }
    if booked > 0 {
        people::audit::note(tx, actor, "photo.add", "session", session.0, &booked.to_string())?;
    }
    Ok((booked, refused))
}

/// A picture the actor looks after.
fn managed(tx: &mut WriteTx<'_>, actor: &Actor, id: PhotoId) -> Result<PhotoFull, Error> {
    actor.account()?;
    store::find(tx, id)?.filter(|one| manages(actor, one.place())).ok_or_else(|| (&common::NOT_FOUND).into())
}

/// What a leader says of one picture.
#[derive(Debug, Clone)]
pub struct Mark {
    /// Which.
    pub id: PhotoId,
    /// The caption, which is also what is read aloud.
    pub caption: String,
    /// Its place among the others.
    pub place_no: i64,
    /// Whether everybody may see it.
    pub fit: bool,
}

/// Marks pictures of one session. `agreed`: the leader says that whoever can be recognised agreed; without it nothing
/// new is shown.
///
/// # Errors
/// `common.not_found`, `photo.consent`.
pub fn mark(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    session: SessionId,
    marks: &[Mark],
    agreed: bool,
) -> Result<(), Error> {
    actor.account()?;
    let giving = store::giving(tx, session, None)?
        .filter(|one| manages(actor, one.place()))
        .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let all = store::of_session(tx, giving.id)?;
    let mut shown = 0;
    for mark in marks {
        let Some(photo) = all.iter().find(|one| one.id == mark.id) else {
            return Err((&common::NOT_FOUND).into());
        };
        if photo.caption != mark.caption || photo.place_no != mark.place_no {
            store::set_words(tx, mark.id, &mark.caption, mark.place_no)?;
        }
        let Some(to) = rules::marked(photo.state, mark.fit) else { continue };
        if to == PhotoState::Fit && !agreed {
            return Err(Refusal::new(&refusals::CONSENT).on("agreed").into());
        }
        shown += i64::from(
            to == PhotoState::Fit && store::set_state(tx, mark.id, photo.state, to, actor.account)?,
        );
        if to == PhotoState::New {
            store::set_state(tx, mark.id, photo.state, to, actor.account)?;
        }
    }
    if shown > 0 {
        people::audit::note(tx, actor, "photo.publish", "session", session.0, &shown.to_string())?;
    }
    Ok(())
}

/// Deletes a picture; it can be brought back for a day. Whoever gave it may while the leader has not looked.
///
/// # Errors
/// `common.not_found`.
pub fn delete(tx: &mut WriteTx<'_>, actor: &Actor, id: PhotoId) -> Result<SessionId, Error> {
    let account = actor.account()?;
    let one = store::find(tx, id)?
        .filter(|one| {
            manages(actor, one.place()) || (one.account_id == account && one.state == PhotoState::New)
        })
        .filter(|one| one.state != PhotoState::Deleted)
        .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    if !store::set_state(tx, id, one.state, PhotoState::Deleted, actor.account)? {
        return Err((&common::STALE).into());
    }
    people::audit::note(tx, actor, "photo.delete", "photo", id.0, "")?;
    Ok(one.session_id)
}

/// Brings a deleted picture back as it was.
///
/// # Errors
/// `common.not_found`, `photo.gone`, `photo.known`.
pub fn restore(tx: &mut WriteTx<'_>, actor: &Actor, id: PhotoId) -> Result<SessionId, Error> {
    let one = managed(tx, actor, id)?;
    let before = PhotoState::from_code(&one.state_before);
    let late = tx.now().0 - one.state_at.0 > rules::UNDO_MS;
    let (PhotoState::Deleted, Some(before), false) = (one.state, before, late) else {
        return Err((&refusals::GONE).into());
    };
    if store::twin(tx, id)? {
        return Err(Refusal::new(&refusals::KNOWN).with("name", &one.caption).into());
    }
    if !store::set_state(tx, id, PhotoState::Deleted, before, actor.account)? {
        return Err((&common::STALE).into());
    }
    people::audit::note(tx, actor, "photo.restore", "photo", id.0, "")?;
    Ok(one.session_id)
}

/// Asks that a picture be taken down, in one tap. When somebody asks who was there, it is hidden at once until the
/// leader answers: they may be the one who is on it. Returns whether it is hidden.
///
/// # Errors
/// `common.sign_in`, `common.not_found`.
pub fn take_down(tx: &mut WriteTx<'_>, actor: &Actor, id: PhotoId, reason: &str) -> Result<bool, Error> {
    let person = actor.person()?;
    let now = tx.now();
    let one = store::find(tx, id)?
        .filter(|one| {
            rules::public(now, one.ends_at, one.activity_state, one.state) || one.state == PhotoState::Asked
        })
        .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let there = store::giving(tx, one.session_id, Some(person))?.is_some_and(|giving| giving.was_there);
    if one.state == PhotoState::Asked && !there {
        return Err((&common::NOT_FOUND).into());
    }
    if store::ask(tx, id, person, reason)? {
        people::audit::note(tx, actor, "photo.ask_down", "photo", id.0, "")?;
    }
    Ok(there
        && (one.state == PhotoState::Asked
            || store::set_state(tx, id, PhotoState::Fit, PhotoState::Asked, actor.account)?))
}

/// Answers the wishes about a picture: taken down for good, or it stays, with a reason. Everybody who asked is told.
///
/// # Errors
/// `common.not_found`, `common.required`, `photo.decided`.
pub fn decide(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: PhotoId,
    agree: bool,
    reply: &str,
) -> Result<SessionId, Error> {
    let one = managed(tx, actor, id)?;
    if !agree && reply.is_empty() {
        return Err(Refusal::new(&common::REQUIRED).with_both("label", "理由", "Reason").on("reply").into());
    }
    let to = if agree { AskState::Agreed } else { AskState::Refused };
    let people = store::answer(tx, id, to, reply, actor.account)?;
    if people.is_empty() {
        return Err((&refusals::DECIDED).into());
    }
    match (agree, one.state) {
        (true, PhotoState::Fit | PhotoState::Asked | PhotoState::New) => {
            store::set_state(tx, id, one.state, PhotoState::Down, actor.account)?;
        }
        (false, PhotoState::Asked) => {
            store::set_state(tx, id, PhotoState::Asked, PhotoState::Fit, actor.account)?;
        }
        _ => {}
    }
    let act = if agree { "photo.down" } else { "photo.keep" };
    people::audit::note(tx, actor, act, "photo", id.0, "")?;
    for person in people {
        tx.publish(&PhotoAnswered {
            person,
            activity: one.activity_id,
            title: one.title.clone(),
            agreed: agree,
            reply: reply.to_owned(),
        })?;
    }
    Ok(one.session_id)
}

/// Lets those who were there add pictures, or not any more.
///
/// # Errors
/// `common.sign_in`, `common.not_found`.
pub fn leave(tx: &mut WriteTx<'_>, actor: &Actor, session: SessionId, may: bool) -> Result<(), Error> {
    actor.account()?;
    let giving = store::giving(tx, session, None)?
        .filter(|one| manages(actor, one.place()))
        .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    Ok(store::set_leave(tx, &giving, may, actor.account)?)
}

/// Gives up what was deleted a day ago: rows go, files are marked and go a day later.
///
/// # Errors
/// Of the database.
pub fn give_up(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    let before = Timestamp(tx.now().0 - rules::UNDO_MS);
    for (id, display, thumb) in store::deleted_before(tx, before)? {
        people::blob::forget(tx, &display)?;
        people::blob::forget(tx, &thumb)?;
        store::remove(tx, id)?;
    }
    Ok(())
}
