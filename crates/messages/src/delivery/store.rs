//! SQL of deliveries.

use db::outbox::OutboxId;
use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, PersonId, Timestamp};

use super::rules::{Failure, pause};
use super::{DeliveryId, DeliveryState};
use crate::MessageId;
use crate::push::PushDeviceId;
use crate::setting::Channel;
use crate::webhook::{Event, WebhookId};

row! {
    /// A message whose ways are not decided.
    pub struct Unrouted {
        id: MessageId, person: Option<PersonId>, account: Option<AccountId>, kind: String, urgent: bool,
        useful_until: Timestamp,
    }

    /// What decides about somebody's messages.
    pub struct Owner {
        account: AccountId, person: Option<PersonId>, mail_kinds: Option<String>, sms_kinds: Option<String>,
        push_kinds: Option<String>, quiet_from: Option<i64>, quiet_to: Option<i64>, digest: Option<bool>,
        mail_masked: Option<String>, mail_confirmed: Option<Timestamp>, has_phone: bool,
    }

    /// Something to send now.
    pub struct Due {
        id: DeliveryId, channel: Channel, topic: String, target: WebhookId, device: Option<PushDeviceId>,
        account: Option<AccountId>, message: Option<MessageId>, outbox: Option<OutboxId>, attempts: i64, lapses_at: Timestamp,
    }

    /// A message to be sent outside the inbox.
    pub struct Letter {
        kind: String, title_zh: String, title_en: String, text_zh: String, text_en: String, href: String,
        person: Option<PersonId>, urgent: bool,
    }

    /// Where mail to an account goes.
    pub struct MailTo { address_enc: Vec<u8>, masked: String, confirmed: Option<Timestamp>, lang: String }

    /// A line of the record.
    pub struct Line {
        id: DeliveryId, channel: Channel, topic: String, target_name: Option<String>, target: WebhookId,
        masked: String, state: DeliveryState, attempts: i64, due_at: Timestamp, last_error: String,
        created_at: Timestamp, ended_at: Timestamp,
    }
}

/// Something on its way, to be written.
#[derive(Debug, Clone)]
pub struct New<'a> {
    /// What makes it unique.
    pub once_key: &'a str,
    /// Way.
    pub channel: Channel,
    /// Kind or event.
    pub topic: &'a str,
    /// Target; 0 for the configured one, or none.
    pub target: WebhookId,
    /// The device, for notifications.
    pub device: Option<PushDeviceId>,
    /// Whose it is.
    pub account: Option<AccountId>,
    /// The message.
    pub message: Option<MessageId>,
    /// The row of the outbox.
    pub outbox: Option<OutboxId>,
    /// Where to, as it may be shown.
    pub masked: &'a str,
    /// When.
    pub due_at: Timestamp,
    /// When it is too late; 0: never.
    pub lapses_at: Timestamp,
}

/// Takes messages whose ways are not decided: each is taken by one program only.
///
/// # Errors
/// Of the database.
pub fn unrouted_take(tx: &mut WriteTx<'_>, limit: i64) -> Result<Vec<Unrouted>, DbError> {
    tx.all(
        sql!(
            "UPDATE message SET routed = TRUE WHERE id IN (
                SELECT id FROM message WHERE routed = FALSE ORDER BY id LIMIT $1)
             AND routed = FALSE RETURNING id, person_id, account_id, kind, urgent, useful_until"
        ),
        args![limit],
    )
}

/// Whether there is anything for the worker: messages without ways, rows of the outbox, deliveries that are due.
///
/// # Errors
/// Of the database.
pub fn anything(tx: &mut ReadTx<'_>) -> Result<(bool, bool, bool), DbError> {
    let now = tx.now();
    tx.one(
        sql!(
            "SELECT EXISTS (SELECT 1 FROM message WHERE routed = FALSE),
                EXISTS (SELECT 1 FROM outbox WHERE sent_at = 0 AND next_at <= $1),
                EXISTS (SELECT 1 FROM delivery WHERE state IN ('queued', 'failed') AND due_at <= $1)"
        ),
        args![now],
    )
}

/// Whether there is a notification to be sent.
///
/// # Errors
/// Of the database.
pub fn push_due(tx: &mut ReadTx<'_>) -> Result<bool, DbError> {
    let now = tx.now();
    let (due,): (bool,) = tx.one(
        sql!(
            "SELECT EXISTS (SELECT 1 FROM delivery WHERE state IN ('queued', 'failed') AND due_at <= $1
                AND channel = 'push')"
        ),
        args![now],
    )?;
    Ok(due)
}

macro_rules! owner_columns {
    () => {
        "SELECT a.id, a.person_id, s.mail_kinds, s.sms_kinds, s.push_kinds, s.quiet_from, s.quiet_to, s.digest, m.masked,
            m.confirmed_at, p.phone_enc IS NOT NULL AND p.state = 'active'
         FROM account a LEFT JOIN message_setting s ON s.account_id = a.id
            LEFT JOIN mail_address m ON m.account_id = a.id LEFT JOIN person p ON p.id = a.person_id
         WHERE a.state = 'active' AND COALESCE(p.state, 'active') IN ('active', 'incomplete', 'suspended') AND "
    };
}

/// What these accounts and people wish. Whoever died, closed the file or never claimed it gets nothing (Fix-03,
/// Edge-11).
///
/// # Errors
/// Of the database.
pub fn owners(
    tx: &mut ReadTx<'_>,
    accounts: &[AccountId],
    people: &[PersonId],
) -> Result<Vec<Owner>, DbError> {
    fn of<T: kernel::ToValue>(
        tx: &mut ReadTx<'_>,
        mut query: Query,
        ids: &[T],
    ) -> Result<Vec<Owner>, DbError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        for (at, id) in ids.iter().enumerate() {
            query.with(if at == 0 { "{}" } else { ", {}" }, &[id]);
        }
        query.push(") ORDER BY a.id");
        tx.list(&query)
    }
    let mut out = of(tx, Query::new(concat!(owner_columns!(), "a.person_id IN (")), people)?;
    out.extend(of(tx, Query::new(concat!(owner_columns!(), "a.id IN (")), accounts)?);
    Ok(out)
}

/// Writes something on its way, once for its key.
///
/// # Errors
/// Of the database.
pub fn put(tx: &mut WriteTx<'_>, new: &New<'_>) -> Result<(), DbError> {
    let id: DeliveryId = tx.new_id();
    let now = tx.now();
    tx.exec_later(
        sql!(
            "INSERT INTO delivery (id, once_key, channel, topic, target_id, device_id, account_id, message_id,
                outbox_id, masked, state, due_at, lapses_at, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'queued', $11, $12, $13)
             ON CONFLICT (once_key) DO NOTHING"
        ),
        args![
            id,
            new.once_key,
            new.channel,
            new.topic,
            new.target,
            new.device,
            new.account,
            new.message,
            new.outbox,
            new.masked,
            new.due_at,
            new.lapses_at,
            now
        ],
    )
}

/// Puts a message into the digest of an account and a moment; the digest is made when there is none.
///
/// # Errors
/// Of the database.
pub fn digest_put(
    tx: &mut WriteTx<'_>,
    account: AccountId,
    masked: &str,
    at: Timestamp,
    message: MessageId,
) -> Result<(), DbError> {
    let (id, now, key): (DeliveryId, _, _) = (tx.new_id(), tx.now(), format!("digest/{account}/{}", at.0));
    let (id,): (DeliveryId,) = tx.one(
        sql!(
            "INSERT INTO delivery (id, once_key, channel, topic, account_id, masked, state, due_at, created_at)
             VALUES ($1, $2, 'mail', 'digest', $3, $4, 'queued', $5, $6)
             ON CONFLICT (once_key) DO UPDATE SET masked = excluded.masked RETURNING id"
        ),
        args![id, key, account, masked, at, now],
    )?;
    tx.exec_later(
        sql!(
            "INSERT INTO digest_item (delivery_id, message_id) VALUES ($1, $2)
             ON CONFLICT (delivery_id, message_id) DO NOTHING"
        ),
        args![id, message],
    )
}

/// Queues a test for a target.
///
/// # Errors
/// Of the database.
pub fn test_put(tx: &mut WriteTx<'_>, target: WebhookId) -> Result<(), DbError> {
    let (id, now): (DeliveryId, _) = (tx.new_id(), tx.now());
    put(
        tx,
        &New {
            once_key: &format!("test/{target}/{id}"),
            channel: Channel::Webhook,
            topic: Event::Test.code(),
            target,
            device: None,
            account: None,
            message: None,
            outbox: None,
            masked: "",
            due_at: now,
            lapses_at: Timestamp(0),
        },
    )
}

/// Takes what is due, notifications on devices or all else, and holds it for two minutes, so that no other worker
/// sends it.
///
/// # Errors
/// Of the database.
pub fn take(tx: &mut WriteTx<'_>, push: bool, limit: i64) -> Result<Vec<Due>, DbError> {
    let now = tx.now();
    let held = Timestamp(now.0 + 120_000);
    let mut taken: Vec<Due> = tx.all(
        sql!(
            "UPDATE delivery SET due_at = $1, attempts = attempts + 1 WHERE id IN (
                SELECT id FROM delivery WHERE state IN ('queued', 'failed') AND due_at <= $2
                    AND (channel = 'push') = $4
                ORDER BY due_at, id LIMIT $3)
             AND state IN ('queued', 'failed') AND due_at <= $2
             RETURNING id, channel, topic, target_id, device_id, account_id, message_id, outbox_id, attempts, lapses_at"
        ),
        args![held, now, limit, push],
    )?;
    taken.sort_by_key(|due| due.id);
    Ok(taken)
}

/// Notes what became of a try. `None`: it came too late.
///
/// # Errors
/// Of the database.
pub fn ended(
    tx: &mut WriteTx<'_>,
    id: DeliveryId,
    attempts: i64,
    outcome: Option<&Result<(), Failure>>,
) -> Result<(), DbError> {
    let now = tx.now();
    let (state, due, why) = match outcome {
        None => (DeliveryState::Lapsed, now, ""),
        Some(Ok(())) => (DeliveryState::Sent, now, ""),
        Some(Err(failure)) => match pause(attempts).filter(|_| !failure.for_good) {
            Some(pause) => {
                (DeliveryState::Failed, Timestamp(now.0 + pause.max(failure.after)), failure.why.as_str())
            }
            None => (DeliveryState::GivenUp, now, failure.why.as_str()),
        },
    };
    let why: String = why.chars().take(200).collect();
    let over = if state == DeliveryState::Failed { Timestamp(0) } else { now };
    // Whoever sent it again meanwhile by hand has the later word.
    tx.exec(
        sql!(
            "UPDATE delivery SET state = $1, due_at = $2, last_error = $3, ended_at = $4
             WHERE id = $5 AND attempts = $6 AND state IN ('queued', 'failed')"
        ),
        args![state, due, why, over, id, attempts],
    )?;
    Ok(())
}

/// A message.
///
/// # Errors
/// Of the database.
pub fn letter(tx: &mut ReadTx<'_>, id: MessageId) -> Result<Option<Letter>, DbError> {
    tx.first(
        sql!(
            "SELECT kind, title_zh, title_en, text_zh, text_en, href, person_id, urgent FROM message WHERE id = $1"
        ),
        args![id],
    )
}

/// The messages of a digest, oldest first.
///
/// # Errors
/// Of the database.
pub fn digest_letters(tx: &mut ReadTx<'_>, id: DeliveryId) -> Result<Vec<Letter>, DbError> {
    tx.all(
        sql!(
            "SELECT m.kind, m.title_zh, m.title_en, m.text_zh, m.text_en, m.href, m.person_id, m.urgent
             FROM digest_item i JOIN message m ON m.id = i.message_id WHERE i.delivery_id = $1 ORDER BY m.id LIMIT 100"
        ),
        args![id],
    )
}

/// Where mail to an account goes.
///
/// # Errors
/// Of the database.
pub fn mail_to(tx: &mut ReadTx<'_>, account: AccountId) -> Result<Option<MailTo>, DbError> {
    tx.first(
        sql!(
            "SELECT m.address_enc, m.masked, m.confirmed_at, a.lang FROM mail_address m
             JOIN account a ON a.id = m.account_id WHERE m.account_id = $1 AND m.masked <> '' AND a.state = 'active'"
        ),
        args![account],
    )
}

/// The sealed phone number of a person who may be written to.
///
/// # Errors
/// Of the database.
pub fn phone_of(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Option<Vec<u8>>, DbError> {
    let found: Option<(Option<Vec<u8>>,)> =
        tx.first(sql!("SELECT phone_enc FROM person WHERE id = $1 AND state = 'active'"), args![person])?;
    Ok(found.and_then(|(phone,)| phone))
}

/// The payload of a row of the outbox.
///
/// # Errors
/// Of the database.
pub fn payload(tx: &mut ReadTx<'_>, id: OutboxId) -> Result<Option<String>, DbError> {
    let found: Option<(String,)> = tx.first(sql!("SELECT payload FROM outbox WHERE id = $1"), args![id])?;
    Ok(found.map(|(payload,)| payload))
}

/// What the record is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// State.
    pub state: Option<DeliveryState>,
    /// Way.
    pub channel: Option<Channel>,
    /// Continued before.
    pub before: Option<DeliveryId>,
}

/// The record, newest first.
///
/// # Errors
/// Of the database.
pub fn list(tx: &mut ReadTx<'_>, filter: &Filter, limit: i64) -> Result<Vec<Line>, DbError> {
    let mut query = Query::new(
        "SELECT d.id, d.channel, d.topic, w.name, d.target_id, d.masked, d.state, d.attempts, d.due_at, d.last_error,
            d.created_at, d.ended_at
         FROM delivery d LEFT JOIN webhook w ON w.id = d.target_id WHERE",
    );
    query.with("d.id < {}", &[&filter.before.unwrap_or(DeliveryId(i64::MAX))]);
    query.with_some("AND d.state = {}", filter.state.as_ref());
    query.with_some("AND d.channel = {}", filter.channel.as_ref());
    query.with("ORDER BY d.id DESC LIMIT {}", &[&limit]);
    tx.list(&query)
}

/// Queues something again that was given up, lapsed or failed; `false` when there is nothing to send again.
///
/// # Errors
/// Of the database.
pub fn again(tx: &mut WriteTx<'_>, id: DeliveryId) -> Result<bool, DbError> {
    let now = tx.now();
    Ok(tx.exec(
        sql!(
            "UPDATE delivery SET state = 'queued', due_at = $1, attempts = 0, lapses_at = 0, ended_at = 0
             WHERE id = $2 AND state IN ('given_up', 'lapsed', 'failed')"
        ),
        args![now, id],
    )? == 1)
}

/// Forgets the record after 90 days.
///
/// # Errors
/// Of the database.
pub fn purge(tx: &mut WriteTx<'_>) -> Result<(), DbError> {
    let before = Timestamp(tx.now().0 - 90 * kernel::time::DAY_MS);
    tx.exec(
        sql!("DELETE FROM digest_item WHERE delivery_id IN (SELECT id FROM delivery WHERE created_at < $1)"),
        args![before],
    )?;
    tx.exec(sql!("DELETE FROM delivery WHERE created_at < $1"), args![before])?;
    Ok(())
}
