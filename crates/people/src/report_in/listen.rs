//! What happens elsewhere and concerns lists: somebody registers, moves, a community is merged or closed.

use db::{Bus, WriteTx};
use kernel::Error;

use super::{ReportMoved, ReportStage, store};
use crate::org::{OrgClosed, OrgMerged};
use crate::person::Claimed;

/// Listens.
pub fn subscribe(bus: &mut Bus) {
    bus.subscribe(claimed);
    bus.subscribe(merged);
    bus.subscribe(closed);
}

fn claimed(tx: &mut WriteTx<'_>, event: &Claimed) -> Result<(), Error> {
    for (_, unit) in store::found(tx, event.person)? {
        tx.publish(&ReportMoved {
            person: event.person,
            unit,
            community: String::new(),
            stage: ReportStage::Waiting,
            note: String::new(),
        })?;
    }
    Ok(())
}

fn merged(tx: &mut WriteTx<'_>, event: &OrgMerged) -> Result<(), Error> {
    store::merged(tx, event.from, event.into)
}

fn closed(tx: &mut WriteTx<'_>, event: &OrgClosed) -> Result<(), Error> {
    store::closed(tx, event.org)
}
