//! SQL of devices and keys.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, PersonId, Timestamp};

use super::{PushDeviceId, PushState};

row! {
    /// The pair of keys in use.
    pub struct Key { id: i64, public_text: String, secret_enc: Vec<u8> }

    /// A device in the list of its owner.
    pub struct Device {
        id: PushDeviceId, label: String, host: String, state: PushState, session_hash: Vec<u8>, created_at: Timestamp,
        sent_at: Timestamp, ended_at: Timestamp,
    }

    /// A device that is to be notified.
    pub struct Reachable { id: PushDeviceId, account: AccountId, label: String }

    /// What sending to a device needs.
    pub struct Target { endpoint_enc: Vec<u8>, keys_enc: Vec<u8>, secret_enc: Vec<u8>, lang: String }
}

/// The pair of keys in use.
///
/// # Errors
/// Of the database.
pub fn key(tx: &mut ReadTx<'_>) -> Result<Option<Key>, DbError> {
    tx.first(sql!("SELECT id, public_text, secret_enc FROM push_key ORDER BY id DESC LIMIT 1"), args![])
}

/// Stores a pair of keys under its number; one that is there already stays.
///
/// # Errors
/// Of the database.
pub fn key_put(tx: &mut WriteTx<'_>, id: i64, public_text: &str, secret_enc: &[u8]) -> Result<bool, DbError> {
    let now = tx.now();
    Ok(tx.exec(
        sql!(
            "INSERT INTO push_key (id, public_text, secret_enc, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (id) DO NOTHING"
        ),
        args![id, public_text, secret_enc, now],
    )? == 1)
}

/// Notes that all devices must subscribe anew, and forgets what they subscribed with; returns how many.
///
/// # Errors
/// Of the database.
pub fn devices_rekey(tx: &mut WriteTx<'_>) -> Result<u64, DbError> {
    let (now, none) = (tx.now(), Vec::<u8>::new());
    tx.exec(
        sql!(
            "UPDATE push_device SET state = 'rekeyed', ended_at = $1, endpoint_enc = $2, keys_enc = $2
             WHERE state = 'on'"
        ),
        args![now, none],
    )
}

/// How many devices of an account are notified.
///
/// # Errors
/// Of the database.
pub fn devices_on(tx: &mut ReadTx<'_>, account: AccountId) -> Result<i64, DbError> {
    let (count,): (i64,) = tx.one(
        sql!("SELECT count(*) FROM push_device WHERE account_id = $1 AND state = 'on'"),
        args![account],
    )?;
    Ok(count)
}

/// The devices of an account, those that are notified first, then oldest first.
///
/// # Errors
/// Of the database.
pub fn devices(tx: &mut ReadTx<'_>, account: AccountId) -> Result<Vec<Device>, DbError> {
    tx.all(
        sql!(
            "SELECT id, label, host, state, session_hash, created_at, sent_at, ended_at FROM push_device
             WHERE account_id = $1 ORDER BY CASE WHEN state = 'on' THEN 0 ELSE 1 END, id LIMIT 100"
        ),
        args![account],
    )
}

/// A device as it subscribes.
#[derive(Debug, Clone)]
pub struct New<'a> {
    /// Whose.
    pub account: AccountId,
    /// Sealed address at the push service.
    pub endpoint_enc: &'a [u8],
    /// By which it is found again.
    pub endpoint_index: &'a [u8],
    /// Sealed keys.
    pub keys_enc: &'a [u8],
    /// Of the push service.
    pub host: &'a str,
    /// What the owner calls it by.
    pub label: &'a str,
    /// The city's key it subscribed under.
    pub key: i64,
    /// The sign-in it hangs on, or empty.
    pub session: &'a [u8],
}

/// Stores a device. One that is known, whoever had it, belongs to whoever subscribes now.
///
/// # Errors
/// Of the database.
pub fn device_put(tx: &mut WriteTx<'_>, new: &New<'_>) -> Result<PushDeviceId, DbError> {
    let (id, now): (PushDeviceId, _) = (tx.new_id(), tx.now());
    let (id,): (PushDeviceId,) = tx.one(
        sql!(
            "INSERT INTO push_device (id, account_id, endpoint_enc, endpoint_index, keys_enc, host, label, key_id,
                session_hash, state, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'on', $10)
             ON CONFLICT (endpoint_index) DO UPDATE SET account_id = excluded.account_id,
                endpoint_enc = excluded.endpoint_enc, keys_enc = excluded.keys_enc, label = excluded.label,
                key_id = excluded.key_id, session_hash = excluded.session_hash, state = excluded.state,
                created_at = excluded.created_at, sent_at = 0, ended_at = 0
             RETURNING id"
        ),
        args![
            id,
            new.account,
            new.endpoint_enc,
            new.endpoint_index,
            new.keys_enc,
            new.host,
            new.label,
            new.key,
            new.session,
            now
        ],
    )?;
    Ok(id)
}

/// Forgets what an account's device, seen from the same sign-in, subscribed with before: the browser has one subscription.
///
/// # Errors
/// Of the database.
pub fn device_supersede(
    tx: &mut WriteTx<'_>,
    account: AccountId,
    session: &[u8],
    keep: PushDeviceId,
) -> Result<(), DbError> {
    tx.exec(
        sql!("DELETE FROM push_device WHERE account_id = $1 AND session_hash = $2 AND id <> $3"),
        args![account, session, keep],
    )?;
    Ok(())
}

/// Forgets a device of an account; `false` when there is none.
///
/// # Errors
/// Of the database.
pub fn device_remove(tx: &mut WriteTx<'_>, account: AccountId, id: PushDeviceId) -> Result<bool, DbError> {
    Ok(tx.exec(sql!("DELETE FROM push_device WHERE id = $1 AND account_id = $2"), args![id, account])? == 1)
}

/// The devices of accounts that are to be notified.
///
/// # Errors
/// Of the database.
pub fn reachable(tx: &mut ReadTx<'_>, accounts: &[AccountId]) -> Result<Vec<Reachable>, DbError> {
    if accounts.is_empty() {
        return Ok(Vec::new());
    }
    let mut query =
        Query::new("SELECT id, account_id, label FROM push_device WHERE state = 'on' AND account_id IN (");
    for (at, id) in accounts.iter().enumerate() {
        query.with(if at == 0 { "{}" } else { ", {}" }, &[id]);
    }
    query.push(") ORDER BY account_id, id");
    tx.list(&query)
}

/// What sending to a device of an account needs; `None` when the device is not theirs, or not reached any more.
///
/// # Errors
/// Of the database.
pub fn target(tx: &mut ReadTx<'_>, account: AccountId, id: PushDeviceId) -> Result<Option<Target>, DbError> {
    tx.first(
        sql!(
            "SELECT d.endpoint_enc, d.keys_enc, k.secret_enc, a.lang FROM push_device d
             JOIN push_key k ON k.id = d.key_id JOIN account a ON a.id = d.account_id
             WHERE d.id = $1 AND d.account_id = $2 AND d.state = 'on' AND a.state = 'active'"
        ),
        args![id, account],
    )
}

/// Notes that something reached a device.
///
/// # Errors
/// Of the database.
pub fn device_reached(tx: &mut WriteTx<'_>, id: PushDeviceId) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(sql!("UPDATE push_device SET sent_at = $1 WHERE id = $2"), args![now, id])?;
    Ok(())
}

/// Notes that the push service knows a device no more, and forgets what it subscribed with. Whoever subscribed anew
/// meanwhile (after `asked`) is not meant.
///
/// # Errors
/// Of the database.
pub fn device_gone(tx: &mut WriteTx<'_>, id: PushDeviceId, asked: Timestamp) -> Result<(), DbError> {
    let (now, none) = (tx.now(), Vec::<u8>::new());
    tx.exec(
        sql!(
            "UPDATE push_device SET state = 'gone', ended_at = $1, endpoint_enc = $2, keys_enc = $2
             WHERE id = $3 AND state = 'on' AND created_at <= $4"
        ),
        args![now, none, id, asked],
    )?;
    Ok(())
}

/// Forgets the devices that hang on a session.
///
/// # Errors
/// Of the database.
pub fn session_over(tx: &mut WriteTx<'_>, session: &[u8]) -> Result<(), DbError> {
    tx.exec(sql!("DELETE FROM push_device WHERE session_hash = $1"), args![session])?;
    Ok(())
}

/// Lets the devices that hang on a session of an account hang on the one that follows it.
///
/// # Errors
/// Of the database.
pub fn session_follows(
    tx: &mut WriteTx<'_>,
    account: AccountId,
    old: &[u8],
    new: &[u8],
) -> Result<(), DbError> {
    tx.exec(
        sql!("UPDATE push_device SET session_hash = $1 WHERE session_hash = $2 AND account_id = $3"),
        args![new, old, account],
    )?;
    Ok(())
}

/// Forgets the devices of an account but those that hang on one session (empty: none stays).
///
/// # Errors
/// Of the database.
pub fn account_over(tx: &mut WriteTx<'_>, account: AccountId, keep: &[u8]) -> Result<(), DbError> {
    if keep.is_empty() {
        tx.exec(sql!("DELETE FROM push_device WHERE account_id = $1"), args![account])?;
    } else {
        tx.exec(
            sql!("DELETE FROM push_device WHERE account_id = $1 AND session_hash <> $2"),
            args![account, keep],
        )?;
    }
    Ok(())
}

/// Forgets the devices of a person.
///
/// # Errors
/// Of the database.
pub fn person_over(tx: &mut WriteTx<'_>, person: PersonId) -> Result<(), DbError> {
    tx.exec(
        sql!(
            "DELETE FROM push_device WHERE account_id IN (SELECT a.id FROM account a WHERE a.person_id = $1)"
        ),
        args![person],
    )?;
    Ok(())
}

/// Forgets the devices of whoever holds a role.
///
/// # Errors
/// Of the database.
pub fn staff_over(tx: &mut WriteTx<'_>) -> Result<(), DbError> {
    tx.exec(
        sql!(
            "DELETE FROM push_device
             WHERE account_id IN (SELECT g.account_id FROM role_grant g WHERE g.ended_at IS NULL)"
        ),
        args![],
    )?;
    Ok(())
}

/// Forgets devices that were out of reach long enough for their owner to see it.
///
/// # Errors
/// Of the database.
pub fn purge(tx: &mut WriteTx<'_>) -> Result<(), DbError> {
    let before = Timestamp(tx.now().0 - super::rules::SHOWN_MS);
    tx.exec(sql!("DELETE FROM push_device WHERE state <> 'on' AND ended_at < $1"), args![before])?;
    Ok(())
}
