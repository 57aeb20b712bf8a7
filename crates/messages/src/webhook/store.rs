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

    /// A target as it is sent to.
    pub struct Target {
        id: WebhookId, shape: Shape, url_enc: Vec<u8>, secret_enc: Option<Vec<u8>>, body: String, active: bool,
    }
}

/// A target to be written.
#[derive(Debug, Clone)]
pub struct New {
    /// Name for people.
    pub name: String,
    /// Shape.
    pub shape: Shape,
    /// Sealed address.
    pub url_enc: Vec<u8>,
    /// Host of the address, which may be shown.
    pub host: String,
    /// Sealed secret.
    pub secret_enc: Option<Vec<u8>>,
    /// Template.
    pub body: String,
    /// Events.
    pub events: Vec<Event>,
}

/// Stores a target.
///
/// # Errors
/// Of the database.
pub fn webhook_insert(tx: &mut WriteTx<'_>, id: WebhookId, new: &New) -> Result<(), DbError> {
    let now = tx.now();
    let mut events = String::from(" ");
    for one in &new.events {
        events.push_str(one.code());
        events.push(' ');
    }
    tx.exec_one(
        sql!(
            "INSERT INTO webhook (id, name, shape, url_enc, host, secret_enc, body, events, active, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, TRUE, $9)"
        ),
        args![id, new.name, new.shape, new.url_enc, new.host, new.secret_enc, new.body, events, now],
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
