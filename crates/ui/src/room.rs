//! What a room hands to the binary. `linli` is a list of these; adding a room is adding one line.

use std::sync::Arc;

use db::jobs::Job;
use db::{Bus, Db, Migration, ReadTx, WriteTx};
use kernel::{Action, Actor, Error, Lang, RefusalText, Timestamp};

use crate::App;
use crate::api::Api;
use crate::list::List;
use crate::own::Kept;

/// A place in the navigation.
#[derive(Debug, Clone, Copy)]
pub struct NavItem {
    /// Where it leads.
    pub href: &'static str,
    /// Name of the icon.
    pub icon: &'static str,
    /// Name in Chinese and English.
    pub name: (&'static str, &'static str),
    /// Group of the desk navigation, in Chinese and English.
    pub group: (&'static str, &'static str),
    /// Who sees it.
    pub who: Who,
    /// Whether it has a place in the phone's bottom bar, and which (0 to 4).
    pub bar: Option<u8>,
}

/// Who sees a place in the navigation.
#[derive(Debug, Clone, Copy)]
pub enum Who {
    /// Everybody, signed in or not.
    Everybody,
    /// Whoever is signed in.
    SignedIn,
    /// Whoever is signed in as a person (staff accounts need not be one).
    Person,
    /// Whoever may do this somewhere.
    May(Action),
}

impl NavItem {
    /// Whether the actor sees it.
    #[must_use]
    pub fn shown(&self, actor: &Actor) -> bool {
        match self.who {
            Who::Everybody => true,
            Who::SignedIn => actor.signed_in(),
            Who::Person => actor.person.is_some(),
            Who::May(action) => actor.may(action),
        }
    }
}

/// Something that waits for a person.
#[derive(Debug, Clone)]
pub struct TaskItem {
    /// What is to be done, in the person's language.
    pub title: String,
    /// More about it.
    pub detail: String,
    /// Where one does it.
    pub href: String,
    /// The word on the button.
    pub action: String,
    /// When it is due, if it is.
    pub due: Option<Timestamp>,
    /// How many of it wait.
    pub count: i64,
}

impl TaskItem {
    /// Whether it is late at `now` (UTC milliseconds).
    #[must_use]
    pub fn is_late(&self, now: i64) -> bool {
        self.due.is_some_and(|due| due.0 < now)
    }

    /// When it is due, in words: a day that ends at midnight is named as that day.
    #[must_use]
    pub fn due_text(&self) -> Option<String> {
        let due = self.due?;
        Some(if due.minute_of_day() == 0 { due.date().plus(-1).to_string() } else { due.text() })
    }
}

/// A found object.
#[derive(Debug, Clone)]
pub struct SearchHit {
    /// What it is, in the person's language (活动, 人员 …).
    pub kind: String,
    /// Its title.
    pub title: String,
    /// More about it.
    pub detail: String,
    /// Where it is.
    pub href: String,
}

/// One entry of the statistics dictionary (Add-03): defined once, used by pages, exports and the API.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    /// Stable code.
    pub code: &'static str,
    /// Name.
    pub name: (&'static str, &'static str),
    /// What is counted, over what, as of when: the sentence shown on hover.
    pub meaning: (&'static str, &'static str),
    /// Unit.
    pub unit: (&'static str, &'static str),
    /// Version of the definition.
    pub version: u32,
}

/// A kind of long work.
#[derive(Clone, Copy)]
pub struct JobKind {
    /// Its name in the queue.
    pub kind: &'static str,
    /// Does it, on a thread of its own; returns the result text.
    pub run: fn(&JobRun) -> Result<String, Error>,
}

/// A job at work.
pub struct JobRun {
    /// The program.
    pub app: App,
    /// The job.
    pub job: Job,
    /// The worker that has it.
    pub worker: String,
}

impl JobRun {
    /// The database.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.app.db
    }

    /// Notes progress; `Ok(false)`: stop, the job was cancelled or taken over.
    ///
    /// # Errors
    /// Of the database.
    pub fn progress(&self, done: i64, all: i64, message: &str) -> Result<bool, Error> {
        let (id, worker, message) = (self.job.id, self.worker.clone(), message.to_owned());
        self.app.db.write_blocking(move |tx: &mut WriteTx<'_>| {
            Ok(db::jobs::progress(tx, id, &worker, done, all, &message)?)
        })
    }
}

/// Finds what waits for an actor.
pub type TasksOf = fn(&mut ReadTx<'_>, &Actor, Lang) -> Result<Vec<TaskItem>, Error>;
/// Finds objects by words.
pub type SearchIn = fn(&mut ReadTx<'_>, &Actor, Lang, &str) -> Result<Vec<SearchHit>, Error>;
/// Recomputes figures from raw rows and returns what differs (`linli db check`).
pub type CheckOf = fn(&mut ReadTx<'_>) -> Result<Vec<String>, Error>;
/// Regular work, called about once a minute; idempotent.
pub type TickOf = fn(&mut WriteTx<'_>) -> Result<(), Error>;

/// A room.
#[derive(Clone, Copy)]
pub struct Room {
    /// Its name.
    pub name: &'static str,
    /// Its tables.
    pub migrations: &'static [Migration],
    /// Its pages.
    pub routes: fn() -> axum::Router<App>,
    /// Its operations for programs.
    pub api: fn() -> Api,
    /// Its places in the navigation.
    pub nav: &'static [NavItem],
    /// Addresses that belong to a place in the navigation though they do not begin with its address: beginning, then
    /// the place. A beginning that ends in `/` means what lies below it.
    pub below: &'static [(&'static str, &'static str)],
    /// Its lists that people set up for themselves.
    pub lists: &'static [&'static List],
    /// Its refusals.
    pub refusals: &'static [&'static [&'static RefusalText]],
    /// Its figures.
    pub figures: &'static [Figure],
    /// What waits for a person.
    pub tasks: Option<TasksOf>,
    /// What can be found.
    pub search: Option<SearchIn>,
    /// What it keeps about a person, for their own copy.
    pub own: &'static [Kept],
    /// What it listens to.
    pub subscribe: Option<fn(&mut Bus)>,
    /// Its long work.
    pub jobs: &'static [JobKind],
    /// Its regular work.
    pub ticks: &'static [TickOf],
    /// Its self-checks.
    pub checks: &'static [CheckOf],
}

impl Room {
    /// All its addresses: pages, and operations for programs.
    pub fn router(&self) -> axum::Router<App> {
        (self.routes)().merge((self.api)().routes(self.name))
    }
}

/// The rooms of the program.
pub type Rooms = Arc<[Room]>;
