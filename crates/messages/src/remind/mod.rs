//! Reminders: the day before and two hours before a session, to everybody who holds a place; to the leader while a
//! roll is not closed; to the station while records wait and before they fall due (R3); to whoever has a qualification that
//! ends soon, or a place for which one is missing (A5). Regular work looks for
//! what is due; each is said once, because saying it and noting that it was said are one transaction under one key
//! (reason, object, occasion, receiver). Whatever restarts, or runs twice, finds the note.

mod qualified;
pub mod rules;
mod store;
mod words;

use std::collections::BTreeMap;

use db::WriteTx;
use kernel::Error;

use crate::inbox::store::{How, To, message_send, once_claim, once_purge};
use crate::webhook::Event;
use crate::webhook::store::event_put;
use rules::{Ahead, Duty};
use store::{Claimed, Late};

/// People told in one piece of regular work; the rest follows in the next, so that no transaction grows long.
const AT_ONCE: i64 = 1000;
/// Sessions looked at in one piece of regular work, for duties of leaders and stations.
const SESSIONS_AT_ONCE: i64 = 50;

/// Regular work: says what is due.
///
/// # Errors
/// Of the database.
pub fn tick(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    for ahead in Ahead::ALL {
        remind_booked(tx, *ahead)?;
    }
    for duty in Duty::ALL {
        remind_duty(tx, *duty)?;
    }
    qualified::tick(tx)?;
    once_purge(tx)?;
    Ok(())
}

/// Tells people with a place about a session that comes near.
fn remind_booked(tx: &mut WriteTx<'_>, which: Ahead) -> Result<(), Error> {
    let (from, to) = which.window(tx.now());
    let claimed = store::booked_claim(tx, which.code(), from, to, AT_ONCE)?;
    if !claimed.is_empty() {
        let mut by_session: BTreeMap<i64, Vec<Claimed>> = BTreeMap::new();
        for one in claimed {
            by_session.entry(one.session.0).or_default().push(one);
        }
        let ids: Vec<i64> = by_session.keys().copied().collect();
        for session in store::sessions(tx, &ids)? {
            let text = words::ahead(which, &session);
            let how = How { urgent: false, useful_until: Some(session.starts_at) };
            if which == Ahead::DayBefore
                && once_claim(tx, "hook_near", session.id.0, session.starts_at.0, None)?
            {
                event_put(tx, Event::SessionNear, &text.payload(session.id))?;
            }
            for one in by_session.get(&session.id.0).into_iter().flatten() {
                message_send(tx, To::Person(one.person), &text.as_text(which.code()), how)?;
            }
        }
    }
    store::booked_done(tx, which.code(), from, to)?;
    Ok(())
}

/// Tells leaders or stations about sessions that wait for them.
fn remind_duty(tx: &mut WriteTx<'_>, which: Duty) -> Result<(), Error> {
    let waiting: Vec<Late> = store::late(tx, which, SESSIONS_AT_ONCE)?;
    if waiting.is_empty() {
        return Ok(());
    }
    let told = if which.for_leader() {
        store::leaders_of(tx, &waiting)?
    } else {
        let stations = store::stations(tx)?;
        waiting.iter().map(|one| rules::nearest(&stations, &one.area_path, &one.sponsor_path)).collect()
    };
    for (session, receivers) in waiting.iter().zip(told) {
        let text = words::duty(which, session);
        for to in receivers {
            if once_claim(tx, which.code(), session.id.0, session.stamp, Some(to))? {
                message_send(tx, to, &text.as_text(which.code()), How::default())?;
            }
        }
        if once_claim(tx, which.code(), session.id.0, session.stamp, None)?
            && let Some(event) = which.event()
        {
            event_put(tx, event, &text.payload(session.id))?;
        }
    }
    Ok(())
}
