//! Facts that flow upward: a command publishes an event through its transaction; whoever subscribed
//! runs inside the same transaction, so that totals, inbox rows and the fact itself are true together
//! or not at all. A lower room never knows who listens.

use std::any::{Any, TypeId};
use std::collections::HashMap;

use kernel::Error;

use crate::WriteTx;

/// A fact that happened.
pub trait Event: Any + Send + Sync {}

type Listener = Box<dyn Fn(&mut WriteTx<'_>, &dyn Any) -> Result<(), Error> + Send + Sync>;

/// Who listens to what.
#[derive(Default)]
pub struct Bus {
    listeners: HashMap<TypeId, Vec<Listener>>,
}

impl std::fmt::Debug for Bus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bus({} kinds)", self.listeners.len())
    }
}

impl Bus {
    /// Calls `listener` for each event of type `E`, inside the publishing transaction.
    pub fn subscribe<E: Event>(
        &mut self,
        listener: impl Fn(&mut WriteTx<'_>, &E) -> Result<(), Error> + Send + Sync + 'static,
    ) {
        self.listeners.entry(TypeId::of::<E>()).or_default().push(Box::new(move |tx, any| {
            match any.downcast_ref::<E>() {
                Some(event) => listener(tx, event),
                None => Ok(()),
            }
        }));
    }

    pub(crate) fn deliver<E: Event>(&self, tx: &mut WriteTx<'_>, event: &E) -> Result<(), Error> {
        for listener in self.listeners.get(&TypeId::of::<E>()).into_iter().flatten() {
            listener(tx, event)?;
        }
        Ok(())
    }
}
