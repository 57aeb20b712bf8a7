//! Giving proofs and taking them back.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Action, Actor, Error, Refusal, can};

use super::store::{self, Proof};
use super::{refusals, rules};
use crate::attendance::{self, Held};
use crate::photo::refusals::KNOWN;
use crate::photo::taking::{KIND, Taken};
use crate::{ProofId, SessionId};

/// A session whose hours the actor hands in or confirms.
///
/// # Errors
/// `common.sign_in`, `common.not_found`; of the database.
pub fn seen(tx: &mut ReadTx<'_>, actor: &Actor, id: SessionId) -> Result<Held, Error> {
    actor.account()?;
    let held = attendance::commands::find(tx, id)?;
    let may =
        can(actor, Action::RecordSubmit, held.place()) || can(actor, Action::RecordConfirm, held.place());
    if may { Ok(held) } else { Err((&common::NOT_FOUND).into()) }
}

/// A session to which the actor may add proofs now.
///
/// # Errors
/// As [`seen`]; `proof.not_now`.
pub fn giving(tx: &mut ReadTx<'_>, actor: &Actor, id: SessionId) -> Result<Held, Error> {
    let held = seen(tx, actor, id)?;
    if held.starts_at > tx.now() {
        return Err((&refusals::NOT_NOW).into());
    }
    Ok(held)
}

/// Makes pictures count whose files are in the store. Returns how many did, and why the others did not (their files are
/// left to the regular job).
///
/// # Errors
/// As [`giving`].
pub fn add(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    session: SessionId,
    taken: &[(String, Taken)],
    note: &str,
) -> Result<(usize, Vec<Refusal>), Error> {
    let account = actor.account()?;
    giving(tx, actor, session)?;
    store::hold(tx, session)?;
    let mut room = rules::MAX_PER_SESSION - store::count(tx, session)?;
    let (mut added, mut refused) = (0, Vec::new());
    for (name, one) in taken {
        if room <= 0 {
            refused.push(Refusal::new(&refusals::FULL).with("max", rules::MAX_PER_SESSION).on("photos"));
            break;
        }
        let id: ProofId = tx.new_id();
        if !store::insert(tx, id, session, one, note, account)? {
            refused.push(Refusal::new(&KNOWN).with("name", name).on("photos"));
            continue;
        }
        people::blob::keep(tx, &one.display.0, KIND, &one.display.1)?;
        people::blob::keep(tx, &one.thumb.0, KIND, &one.thumb.1)?;
        (room, added) = (room - 1, added + 1);
    }
    if added > 0 {
        people::audit::note(tx, actor, "proof.add", "session", session.0, &added.to_string())?;
    }
    Ok((added, refused))
}

/// A proof the actor may look at.
///
/// # Errors
/// `common.sign_in`, `common.not_found`; of the database.
pub fn shown(tx: &mut ReadTx<'_>, actor: &Actor, id: ProofId) -> Result<Proof, Error> {
    actor.account()?;
    let one = store::find(tx, id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    seen(tx, actor, one.session)?;
    Ok(one)
}

/// Takes a proof back.
///
/// # Errors
/// `common.sign_in`, `common.not_found`, `proof.kept`; of the database.
pub fn remove(tx: &mut WriteTx<'_>, actor: &Actor, id: ProofId) -> Result<SessionId, Error> {
    let one = shown(tx, actor, id)?;
    if !rules::may_remove(actor.account, one.account, one.at, tx.now()) {
        return Err((&refusals::KEPT).into());
    }
    store::remove(tx, id)?;
    people::blob::forget(tx, &one.display)?;
    people::blob::forget(tx, &one.thumb)?;
    people::audit::note(tx, actor, "proof.remove", "session", one.session.0, "")?;
    Ok(one.session)
}
