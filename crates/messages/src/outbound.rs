//! What leaves the city: rows of the outbox, sent one by one to a webhook of the operator (an SMS
//! gateway, an office system), signed so that the receiver can tell them from anybody else's.
//!
//! The receiver gets `POST` with `{"id", "topic", "attempt", "payload"}` and the headers `x-linli-id`
//! (stays the same when a message is sent again: the receiver drops what it has seen),
//! `x-linli-timestamp` (UTC seconds) and `x-linli-signature`: `sha256=` and the hexadecimal
//! HMAC-SHA256 of `timestamp.body` under the shared secret. Any answer of 200 to 299 means "taken".

use std::fmt::Write as _;
use std::time::Duration;

use db::outbox::{self, Waiting};
use db::{Db, DbError, WriteTx, args, sql};
use hmac::{Hmac, KeyInit as _, Mac as _};
use kernel::Error;

/// Rows taken at once: with the longest timeout they are all tried while the hold of a minute lasts.
const AT_ONCE: i64 = 5;
/// Longest timeout that is honoured, so that a hold never ends during a round.
const LONGEST: Duration = Duration::from_secs(10);
/// How long the worker rests when there was nothing to send.
const REST: Duration = Duration::from_secs(1);
/// Sent rows are kept for this long, in milliseconds: they may hold phone numbers and codes.
const KEEP_MS: i64 = 3 * 86_400_000;

/// Where messages go.
#[derive(Clone, Default)]
pub struct Outbound {
    /// Address of the webhook; `None`: messages wait.
    pub url: Option<String>,
    /// Shared secret of the signature.
    pub secret: String,
    /// How long one message may take, at the most ten seconds.
    pub timeout: Duration,
    /// Demo city without a webhook: messages count as sent, nobody gets them.
    pub demo: bool,
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbound").field("url", &self.url).field("demo", &self.demo).finish_non_exhaustive()
    }
}

/// The signature of a body at a time (UTC seconds).
#[must_use]
pub fn signature(secret: &str, timestamp: i64, body: &[u8]) -> String {
    let mut out = String::from("sha256=");
    // HMAC takes keys of any length; the error exists for other algorithms only.
    if let Ok(mut mac) = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()) {
        mac.update(timestamp.to_string().as_bytes());
        mac.update(b".");
        mac.update(body);
        for byte in mac.finalize().into_bytes() {
            let _ = write!(out, "{byte:02x}");
        }
    }
    out
}

/// Sends a few due messages. Returns how many were tried: 0 when nothing was due or there is no webhook.
///
/// Blocks; call it outside the async runtime.
///
/// # Errors
/// Of the database; a webhook that fails is noted in the row, which is tried again later.
pub fn deliver_due(db: &Db, to: &Outbound) -> Result<usize, Error> {
    let Some(url) = &to.url else {
        return if to.demo { swallow(db) } else { Ok(0) };
    };
    let due: Vec<Waiting> = db.write_blocking(|tx| outbox::take(tx, AT_ONCE))?;
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(to.timeout.clamp(Duration::from_millis(100), LONGEST)))
        .http_status_as_error(false)
        .max_redirects(0)
        .build()
        .into();
    for one in &due {
        let outcome = send(&agent, url, &to.secret, one, db.ctx().clock.now().0 / 1000);
        let (id, attempts) = (one.id, one.attempts);
        if let Err(why) = &outcome {
            tracing::warn!(id = id.0, topic = one.topic, attempts, why, "the webhook did not take a message");
        }
        db.write_blocking(move |tx| match &outcome {
            Ok(()) => outbox::sent(tx, id),
            Err(why) => outbox::failed(tx, id, attempts, why),
        })?;
    }
    Ok(due.len())
}

fn send(agent: &ureq::Agent, url: &str, secret: &str, one: &Waiting, now: i64) -> Result<(), String> {
    // A payload that is JSON travels as JSON, anything else as a text.
    let payload =
        serde_json::from_str(&one.payload).unwrap_or_else(|_| serde_json::Value::String(one.payload.clone()));
    let body = serde_json::json!({
        "id": one.id, "topic": one.topic, "attempt": one.attempts, "payload": payload,
    })
    .to_string();
    let answer = agent
        .post(url)
        .header("content-type", "application/json")
        .header("user-agent", "linli")
        .header("x-linli-id", one.id.to_string())
        .header("x-linli-timestamp", now.to_string())
        .header("x-linli-signature", signature(secret, now, body.as_bytes()))
        .send(body.as_bytes())
        // The address may carry a token: the error's kind is enough.
        .map_err(|error| match error {
            ureq::Error::Timeout(_) => "timeout".to_owned(),
            ureq::Error::HostNotFound => "host not found".to_owned(),
            ureq::Error::Io(error) => format!("connection: {}", error.kind()),
            other => other.to_string(),
        })?;
    let status = answer.status();
    if status.is_success() { Ok(()) } else { Err(format!("status {}", status.as_u16())) }
}

fn swallow(db: &Db) -> Result<usize, Error> {
    db.write_blocking(|tx| {
        let due = outbox::take(tx, 100)?;
        for one in &due {
            outbox::sent(tx, one.id)?;
        }
        Ok::<_, DbError>(due.len())
    })
    .map_err(Error::from)
}

/// Sends what is due until `rest` says that it is time to stop: it waits for the given time and returns
/// whether to end. Blocks; runs on a thread of its own.
pub fn worker(db: &Db, to: &Outbound, rest: &dyn Fn(Duration) -> bool) {
    let mut warned = false;
    loop {
        if to.url.is_none() && !to.demo && !warned {
            warned = true;
            tracing::warn!("no webhook is configured: messages to phones wait in the outbox (webhook_url)");
        }
        let pause = match deliver_due(db, to) {
            Ok(0) => REST,
            Ok(_) => Duration::ZERO,
            Err(error) => {
                tracing::error!(%error, "the outbox could not be read");
                REST * 5
            }
        };
        if rest(pause) {
            return;
        }
    }
}

/// Forgets what was sent days ago.
///
/// # Errors
/// Of the database.
pub fn purge(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    let before = tx.now().0 - KEEP_MS;
    tx.exec(
        sql!(
            "DELETE FROM outbox WHERE id IN (
                SELECT id FROM outbox WHERE sent_at > 0 AND sent_at < $1 ORDER BY sent_at, id LIMIT 2000)"
        ),
        args![before],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_plain_hmac_sha256() {
        // Computed with: printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac secret
        assert_eq!(
            signature("secret", 1_700_000_000, br#"{"a":1}"#),
            "sha256=49f24e537407743fa4a0242bb63b94b9a47ee99cbbe071ccd8a22550ae411686"
        );
    }
}
