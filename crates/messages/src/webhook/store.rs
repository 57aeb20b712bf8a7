//! SQL of webhooks.

use db::{DbError, ReadTx, WriteTx, args, row, sql};
use kernel::Timestamp;

use super::{Event, Shape, WebhookId};

row! {
    /// A target as it is listed.
    pub struct Listed {
        id: WebhookId, name: String, shape: Shape, host: String, events: String, active: bool, signed: bool,
        created_at: Timestamp, sent: i64, given_up: i64,
    }

    /// A target as it is changed: what may be shown of it.
    pub struct Shown {
        id: WebhookId, name: String, shape: Shape, host: String, body: String, events: String, signed: bool,
        version: i64,
    }

    /// A target as it is sent to.
    pub struct Target {
        id: WebhookId, shape: Shape, url_enc: Vec<u8>, secret_enc: Option<Vec<u8>>, body: String, active: bool,
    }
}

/// A target to be written.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Name for people.
    pub name: String,
    /// Shape.
    pub shape: Shape,
    /// The address, sealed, and its host, which may be shown; `None`: the one there is.
    pub address: Option<(Vec<u8>, String)>,
    /// The secret.
    pub secret: Secret,
    /// Template.
    pub body: String,
    /// Events.
    pub events: Vec<Event>,
}

/// What becomes of a target's secret.
#[derive(Debug, Clone)]
pub enum Secret {
    /// It stays as it is (a new target then has none).
    Keep,
    /// There is none any more.
    Clear,
    /// A new one, sealed.
    Set(Vec<u8>),
}

/// Codes of events, each with a space before and after, so that one can be looked for.
fn spaced(events: &[Event]) -> String {
    let mut out = String::from(" ");
    for one in events {
        out.push_str(one.code());
        out.push(' ');
    }
    out
}

/// Stores a target.
///
/// # Errors
/// Of the database.
pub fn webhook_insert(
    tx: &mut WriteTx<'_>,
    id: WebhookId,
    new: &Wish,
    (url, host): &(Vec<u8>, String),
) -> Result<(), DbError> {
    let (now, events) = (tx.now(), spaced(&new.events));
    let secret = match &new.secret {
        Secret::Set(sealed) => Some(sealed),
        Secret::Keep | Secret::Clear => None,
    };
    tx.exec_one(
        sql!(
            "INSERT INTO webhook (id, name, shape, url_enc, host, secret_enc, body, events, active, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, TRUE, $9)"
        ),
        args![id, new.name, new.shape, url, host, secret, new.body, events, now],
    )
}

/// Changes a target; `false` when it was changed or removed meanwhile.
///
/// # Errors
/// Of the database.
pub fn webhook_update(
    tx: &mut WriteTx<'_>,
    id: WebhookId,
    version: i64,
    wish: &Wish,
) -> Result<bool, DbError> {
    let events = spaced(&wish.events);
    let changed = tx.exec(
        sql!(
            "UPDATE webhook SET name = $1, shape = $2, body = $3, events = $4, version = version + 1
             WHERE id = $5 AND version = $6"
        ),
        args![wish.name, wish.shape, wish.body, events, id, version],
    )? == 1;
    if let (true, Some((url, host))) = (changed, &wish.address) {
        tx.exec_one(sql!("UPDATE webhook SET url_enc = $1, host = $2 WHERE id = $3"), args![url, host, id])?;
    }
    let secret = match &wish.secret {
        Secret::Keep => return Ok(changed),
        Secret::Clear => None,
        Secret::Set(sealed) => Some(sealed),
    };
    if changed {
        tx.exec_one(sql!("UPDATE webhook SET secret_enc = $1 WHERE id = $2"), args![secret, id])?;
    }
    Ok(changed)
}

/// Removes a target; what was sent to it stays in the record. `false` when there is none.
///
/// # Errors
/// Of the database.
pub fn webhook_remove(tx: &mut WriteTx<'_>, id: WebhookId) -> Result<bool, DbError> {
    Ok(tx.exec(sql!("DELETE FROM webhook WHERE id = $1"), args![id])? == 1)
}

/// A target as it is changed.
///
/// # Errors
/// Of the database.
pub fn webhook_shown(tx: &mut ReadTx<'_>, id: WebhookId) -> Result<Option<Shown>, DbError> {
    tx.first(
        sql!(
            "SELECT id, name, shape, host, body, events, secret_enc IS NOT NULL, version FROM webhook WHERE id = $1"
        ),
        args![id],
    )
}

/// All targets with what became of the last month's deliveries.
///
/// # Errors
/// Of the database.
pub fn webhook_list(tx: &mut ReadTx<'_>) -> Result<Vec<Listed>, DbError> {
    tx.all(
        sql!(
            "SELECT w.id, w.name, w.shape, w.host, w.events, w.active, w.secret_enc IS NOT NULL, w.created_at,
                (SELECT count(*) FROM delivery d WHERE d.target_id = w.id AND d.state = 'sent'),
                (SELECT count(*) FROM delivery d WHERE d.target_id = w.id AND d.state = 'given_up')
             FROM webhook w ORDER BY w.id LIMIT 200"
        ),
        args![],
    )
}

/// One target.
///
/// # Errors
/// Of the database.
pub fn webhook_find(tx: &mut ReadTx<'_>, id: WebhookId) -> Result<Option<Target>, DbError> {
    tx.first(
        sql!("SELECT id, shape, url_enc, secret_enc, body, active FROM webhook WHERE id = $1"),
        args![id],
    )
}

/// The active targets that chose an event.
///
/// # Errors
/// Of the database.
pub fn webhook_for(tx: &mut ReadTx<'_>, event: &str) -> Result<Vec<WebhookId>, DbError> {
    let pattern = format!("% {event} %");
    let rows: Vec<(WebhookId,)> = tx.all(
        sql!("SELECT id FROM webhook WHERE active = TRUE AND events LIKE $1 ORDER BY id LIMIT 200"),
        args![pattern],
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Switches a target on or off; `false` when there is none or nothing changed.
///
/// # Errors
/// Of the database.
pub fn webhook_switch(tx: &mut WriteTx<'_>, id: WebhookId, active: bool) -> Result<bool, DbError> {
    Ok(tx.exec(
        sql!("UPDATE webhook SET active = $1, version = version + 1 WHERE id = $2 AND active <> $1"),
        args![active, id],
    )? == 1)
}

/// Puts an event into the outbox when some target wants it, in one statement that nobody waits for.
///
/// # Errors
/// Of the database.
pub fn event_put(tx: &mut WriteTx<'_>, event: Event, payload: &str) -> Result<(), DbError> {
    let id: db::outbox::OutboxId = tx.new_id();
    let (now, topic, pattern) = (tx.now(), event.code(), format!("% {} %", event.code()));
    tx.exec_later(
        sql!(
            "INSERT INTO outbox (id, topic, payload, next_at, created_at)
             SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS BIGINT), CAST($4 AS BIGINT)
             WHERE EXISTS (SELECT 1 FROM webhook WHERE active = TRUE AND events LIKE $5)"
        ),
        args![id, topic, payload, now, pattern],
    )
}
