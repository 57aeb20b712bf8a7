//! Keys, and the devices of whoever acts.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Actor, Error, Refusal, Timestamp};
use vault::{DeviceKey, PushKey, Vault};

use super::{PushDeviceId, PushState, TEST, refusals, rules, store};
use crate::delivery;
use crate::setting::Channel;
use crate::webhook::WebhookId;

/// Context of the sealed secret half of the city's key.
pub const KEY_FIELD: &str = "push.key";
/// Context of sealed addresses of subscriptions, and of their index.
pub const ENDPOINT_FIELD: &str = "push.endpoint";
/// Context of sealed keys of devices.
pub const DEVICE_FIELD: &str = "push.device";

/// Makes the city's key when there is none yet. Several programs may do so at once: one key stays.
///
/// # Errors
/// Of the database.
pub fn key_ensure(tx: &mut WriteTx<'_>, vault: &Vault) -> Result<(), Error> {
    if store::key(tx)?.is_none() {
        key_make(tx, vault, 1)?;
    }
    Ok(())
}

fn key_make(tx: &mut WriteTx<'_>, vault: &Vault, id: i64) -> Result<bool, Error> {
    let key = vault.random(|random| PushKey::new(random));
    let secret_enc = vault.fields.encrypt(KEY_FIELD, &key.secret());
    Ok(store::key_put(tx, id, &key.public_text(), &secret_enc)?)
}

/// Exchanges the city's key, for whoever runs the server: every device must be switched on again, since it is bound to the
/// key it subscribed under. Returns how many.
///
/// # Errors
/// `common.stale` when somebody else did so at the same time; of the database.
pub fn key_exchange(tx: &mut WriteTx<'_>, vault: &Vault, by: &Actor) -> Result<u64, Error> {
    let next = store::key(tx)?.map_or(1, |key| key.id + 1);
    if !key_make(tx, vault, next)? {
        return Err((&common::STALE).into());
    }
    let ended = store::devices_rekey(tx)?;
    people::audit::note(tx, by, "push.rekey", "push_key", next, &ended.to_string())?;
    Ok(ended)
}

/// The city's key as browsers take it; `None` when notifications are not offered.
///
/// # Errors
/// Of the database.
pub fn public_key(tx: &mut ReadTx<'_>, hosts: &[String]) -> Result<Option<String>, Error> {
    if hosts.is_empty() {
        return Ok(None);
    }
    Ok(store::key(tx)?.map(|key| key.public_text))
}

/// What a browser gives when it subscribed.
#[derive(Debug, Clone)]
pub struct Subscribe<'a> {
    /// Address at the push service.
    pub endpoint: &'a str,
    /// Public key of the device.
    pub p256dh: &'a str,
    /// Its secret.
    pub auth: &'a str,
    /// The city's key it subscribed under.
    pub key: &'a str,
    /// What the owner calls it by.
    pub label: &'a str,
}

/// Notifies whoever acts on a device from now on. `session`: hash of the sign-in, with which it ends.
///
/// # Errors
/// `push.off`, `push.stale`, `push.service`, `push.keys`, `push.too_many`, `common.sign_in`, `common.slow_down`.
pub fn subscribe(
    tx: &mut WriteTx<'_>,
    vault: &Vault,
    hosts: &[String],
    actor: &Actor,
    session: Option<&[u8]>,
    with: &Subscribe<'_>,
) -> Result<PushDeviceId, Error> {
    let account = actor.account()?;
    let key = store::key(tx)?.filter(|_| !hosts.is_empty()).ok_or(&refusals::OFF)?;
    if key.public_text != with.key {
        return Err((&refusals::STALE).into());
    }
    let service = rules::service(with.endpoint, hosts).map_err(|_| Error::from(&refusals::SERVICE))?;
    let device = DeviceKey::read(with.p256dh, with.auth).ok_or(&refusals::KEYS)?;
    if let Some(wait) = people::account::hit(tx, &format!("push:{account}"), 30, 3_600_000, 3_600_000)? {
        return Err(Refusal::new(&common::SLOW_DOWN).with("seconds", wait).into());
    }
    let session = session.unwrap_or_default();
    let index = vault.indexes.index(ENDPOINT_FIELD, with.endpoint.as_bytes());
    let label: String = with.label.chars().filter(|c| !c.is_control()).take(60).collect();
    let id = store::device_put(
        tx,
        &store::New {
            account,
            endpoint_enc: &vault.fields.encrypt(ENDPOINT_FIELD, with.endpoint.as_bytes()),
            endpoint_index: index.as_bytes(),
            keys_enc: &vault.fields.encrypt(DEVICE_FIELD, &device.to_bytes()),
            host: &service.host,
            label: &label,
            key: key.id,
            session,
        },
    )?;
    if !session.is_empty() {
        store::device_supersede(tx, account, session, id)?;
    }
    // Counted last, so that a device that is known already never counts twice; a refusal undoes all of it.
    if store::devices_on(tx, account)? > rules::MOST {
        return Err(Refusal::new(&refusals::TOO_MANY).with("max", rules::MOST).into());
    }
    Ok(id)
}

/// Whoever acts is not notified on this device any more.
///
/// # Errors
/// `common.not_found`, `common.sign_in`.
pub fn remove(tx: &mut WriteTx<'_>, actor: &Actor, id: PushDeviceId) -> Result<(), Error> {
    let account = actor.account()?;
    if store::device_remove(tx, account, id)? { Ok(()) } else { Err((&common::NOT_FOUND).into()) }
}

/// Sends a notification that only shows that it works.
///
/// # Errors
/// `common.not_found`, `push.not_on`, `common.sign_in`, `common.slow_down`.
pub fn test(tx: &mut WriteTx<'_>, actor: &Actor, id: PushDeviceId) -> Result<(), Error> {
    let account = actor.account()?;
    let device =
        store::devices(tx, account)?.into_iter().find(|one| one.id == id).ok_or(&common::NOT_FOUND)?;
    if device.state != PushState::On {
        return Err((&refusals::NOT_ON).into());
    }
    if let Some(wait) = people::account::hit(tx, &format!("push-test:{account}"), 10, 3_600_000, 3_600_000)? {
        return Err(Refusal::new(&common::SLOW_DOWN).with("seconds", wait).into());
    }
    let now = tx.now();
    let mark: PushDeviceId = tx.new_id();
    delivery::store::put(
        tx,
        &delivery::store::New {
            once_key: &format!("push-test/{mark}"),
            channel: Channel::Push,
            topic: TEST,
            target: WebhookId(0),
            device: Some(id),
            account: Some(account),
            message: None,
            outbox: None,
            masked: &device.label,
            due_at: now,
            // Who presses the button looks at the device now.
            lapses_at: Timestamp(now.0 + 600_000),
        },
    )?;
    Ok(())
}
