//! Whoever signs out is not notified any more.

use db::{Bus, WriteTx};
use kernel::Error;
use people::account::SignedOut;

use super::store;

/// Listens to the room of people.
pub fn subscribe(bus: &mut Bus) {
    bus.subscribe(signed_out);
}

fn signed_out(tx: &mut WriteTx<'_>, event: &SignedOut) -> Result<(), Error> {
    match event {
        SignedOut::Session(hash) => store::session_over(tx, hash)?,
        SignedOut::Account { account, keep } => store::account_over(tx, *account, keep)?,
        SignedOut::Person(person) => store::person_over(tx, *person)?,
        SignedOut::Staff => store::staff_over(tx)?,
        SignedOut::Again { old, new, account } => store::session_follows(tx, *account, old, new)?,
    }
    Ok(())
}
