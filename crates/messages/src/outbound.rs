//! The worker that carries what leaves the city: it decides where new messages and rows of the outbox go
//! ([`crate::delivery::route`]) and sends what is due ([`crate::delivery::send`]).
//!
//! The receiver of the configured webhook, and of every target of the plain JSON shape, gets `POST` with
//! `{"id", "topic", "attempt", "payload"}` and the headers `x-linli-id` (stays the same when a message is sent again:
//! the receiver drops what it has seen), `x-linli-timestamp` (UTC seconds) and `x-linli-signature`: `sha256=` and the
//! hexadecimal HMAC-SHA256 of `timestamp.body` under the shared secret. Any answer of 200 to 299 means "taken".

use std::sync::Arc;
use std::time::Duration;

use db::{Db, WriteTx, args, sql};
use kernel::Error;
use vault::Vault;

use crate::delivery::mail::MailServer;
use crate::delivery::route::Ways;
use crate::delivery::{route, send, store};
pub use crate::webhook::rules::signature;

/// Longest timeout that is honoured, so that a hold never ends during a round.
const LONGEST: Duration = Duration::from_secs(10);
/// How long the worker rests when there was nothing to send.
const REST: Duration = Duration::from_secs(1);
/// Sent rows of the outbox are kept for this long, in milliseconds: they may hold phone numbers and codes.
const KEEP_MS: i64 = 3 * 86_400_000;

/// Where messages go.
#[derive(Clone, Default)]
pub struct Outbound {
    /// Address of the configured webhook; `None`: texts wait, unless there is another target.
    pub url: Option<String>,
    /// Shared secret of its signature.
    pub secret: String,
    /// How long one message may take, at the most ten seconds.
    pub timeout: Duration,
    /// Hosts that targets may lead to; empty: any that is out in the world.
    pub allow: Vec<String>,
    /// Push services that may be used; empty: devices are not notified.
    pub push: Vec<String>,
    /// The mail server; `None`: no mail.
    pub mail: Option<MailServer>,
    /// The keys, for addresses and secrets.
    pub vault: Option<Arc<Vault>>,
    /// Address of the site, without a slash at the end.
    pub base_url: String,
    /// Name of the city in both languages.
    pub city: (String, String),
    /// Demo city: everything counts as sent, nobody gets it.
    pub demo: bool,
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbound").field("mail", &self.mail).field("demo", &self.demo).finish_non_exhaustive()
    }
}

impl Outbound {
    pub(crate) fn patience(&self) -> Duration {
        self.timeout.clamp(Duration::from_millis(100), LONGEST)
    }

    /// A demo only plays its sending, targets that visitors add included, unless the operator configured a way out.
    fn earnest(&self) -> Self {
        Self { demo: self.demo && self.url.is_none() && self.mail.is_none(), ..self.clone() }
    }
}

/// Decides and sends a little. Returns how much was done: 0 when there was nothing.
///
/// Blocks; call it outside the async runtime.
///
/// # Errors
/// Of the database; what fails outside is noted in the record of deliveries and tried again later.
pub fn deliver_due(db: &Db, to: &Outbound) -> Result<usize, Error> {
    Ok(all_but_push(db, to)? + push_alone(db, to)?)
}

/// Notifications on devices, beside all else: push services that do not answer must not hold up a phone code.
fn push_alone(db: &Db, to: &Outbound) -> Result<usize, Error> {
    if !db.read_blocking(|tx| Ok::<_, Error>(store::push_due(tx)?))? {
        return Ok(0);
    }
    send::round(db, &to.earnest(), true)
}

fn all_but_push(db: &Db, to: &Outbound) -> Result<usize, Error> {
    let to = to.earnest();
    // A cheap question first: deciding and taking are writes, and writes queue.
    let (messages, facts, due) = db.read_blocking(store::anything)?;
    let mut done = 0;
    if messages || facts {
        let push = to.demo || (to.vault.is_some() && !to.push.is_empty());
        let ways = Ways { mail: to.mail.is_some(), hook: to.url.is_some(), push, demo: to.demo };
        done += route::round(db, ways, messages, facts)?;
    }
    if due || done > 0 {
        done += send::round(db, &to, false)?;
    }
    Ok(done)
}

/// Sends notifications on devices until `rest` says that it is time to stop, as [`worker`] sends all else.
pub fn push_worker(db: &Db, to: &Outbound, rest: &dyn Fn(Duration) -> bool) {
    while !rest(pause(push_alone(db, to))) {}
}

fn pause(done: Result<usize, Error>) -> Duration {
    match done {
        Ok(0) => REST,
        Ok(_) => Duration::ZERO,
        Err(error) => {
            tracing::error!(%error, "the outbox could not be read");
            REST * 5
        }
    }
}

/// Sends what is due until `rest` says that it is time to stop: it waits for the given time and returns
/// whether to end. Blocks; runs on a thread of its own.
pub fn worker(db: &Db, to: &Outbound, rest: &dyn Fn(Duration) -> bool) {
    let mut warned = false;
    loop {
        if to.url.is_none() && !to.demo && !warned {
            warned = true;
            tracing::warn!(
                "no webhook is configured: phone codes wait until there is one (webhook_url, or a target for texts)"
            );
        }
        if rest(pause(all_but_push(db, to))) {
            return;
        }
    }
}

/// Forgets what was sent days ago, and the record after three months. What somebody may still want sent again keeps
/// its row.
///
/// # Errors
/// Of the database.
pub fn purge(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    let before = tx.now().0 - KEEP_MS;
    tx.exec(
        sql!(
            "DELETE FROM outbox WHERE id IN (
                SELECT o.id FROM outbox o WHERE o.sent_at > 0 AND o.sent_at < $1
                    AND NOT EXISTS (SELECT 1 FROM delivery d
                        WHERE d.outbox_id = o.id AND d.state IN ('queued', 'failed'))
                ORDER BY o.sent_at, o.id LIMIT 2000)"
        ),
        args![before],
    )?;
    store::purge(tx)?;
    crate::push::store::purge(tx)?;
    Ok(())
}
