//! Telling where one is.

use db::WriteTx;
use kernel::error::common;
use kernel::{Actor, Error};
use people::guardian::rules as ages;
use people::person::{self, Purpose};

use super::rules::{self, Point};
use super::{Verdict, refusals, store};
use crate::SessionId;
use crate::attendance::commands::find;

/// What a phone says.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// Where it is.
    pub at: Point,
    /// How well it knows, metres.
    pub accuracy: f64,
}

/// Compares where the actor's phone is with the place of a session in which the actor is checked in, and keeps the one
/// word it comes to; `None`: the phone does not know well enough, and nothing is kept. With `agrees` the consent is
/// given with it.
///
/// # Errors
/// `attendance.near_*` when the actor is not checked in, nothing is asked there, or has not agreed; `common.forbidden`
/// under fourteen.
pub fn tell(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    session: SessionId,
    told: Told,
    agrees: bool,
) -> Result<Option<Verdict>, Error> {
    let person = actor.person()?;
    find(tx, session)?;
    let stay = store::stay(tx, session, person)?.ok_or(&refusals::NEAR_NOT_IN)?;
    let radius = store::radius(tx)?;
    let place = match (stay.lon, stay.lat) {
        (Some(lon), Some(lat)) if radius > 0.0 => Point::new(lon, lat).ok_or(&refusals::NEAR_NO_PLACE)?,
        _ => return Err((&refusals::NEAR_NO_PLACE).into()),
    };
    if stay.birth_on.is_some_and(|birth| birth.age(tx.now().date()) < ages::OWN_CONSENT) {
        // A consent of one's own does not hold yet.
        return Err((&common::FORBIDDEN).into());
    }
    if !person::given(tx, person, Purpose::Location)? {
        if !agrees {
            return Err((&refusals::NEAR_NO_CONSENT).into());
        }
        person::give(tx, actor, person, Purpose::Location, "me")?;
    }
    let verdict = rules::verdict(place, told.at, told.accuracy, radius);
    if let Some(verdict) = verdict {
        store::flags_set(tx, stay.id, &rules::noted(&stay.flags, verdict))?;
    }
    Ok(verdict)
}
