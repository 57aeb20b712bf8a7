//! The words everyone in Linli shares: typed ids, the clock, dates and working days, minutes of
//! service, coordinates, languages, refusals and faults, actors and what they may do. No I/O of any kind.

pub mod actor;
pub mod catalogue;
pub mod error;
pub mod geo;
pub mod id;
pub mod lang;
pub mod minutes;
pub mod page;
pub mod time;
pub mod value;

pub use actor::{Action, Actor, Grant, Place, Role, Scope, can};
pub use error::{Error, Fault, Refusal, RefusalText};
pub use geo::Datum;
pub use id::{AccountId, Id, IdGen, OrgId, PersonId};
pub use lang::Lang;
pub use minutes::Minutes;
pub use time::{AheadClock, Calendar, Clock, Date, ManualClock, Period, SystemClock, Timestamp};
pub use value::{FromValue, ToValue, Value};
