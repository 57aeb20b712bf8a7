//! Decides where something goes.

use std::collections::BTreeMap;

use db::outbox;
use db::{Db, WriteTx};
use kernel::{Error, PersonId, Timestamp};

use super::MAIL_CONFIRM;
use super::store::{self, New, Owner};
use crate::setting::rules::{Category, Channel, Fact, Quiet, Way, Wish, from_codes, way};
use crate::webhook::store::webhook_for;
use crate::webhook::{Event, WebhookId};

/// Rows decided about at once.
const AT_ONCE: i64 = 200;

/// What ways exist at all.
#[derive(Debug, Clone, Copy)]
pub struct Ways {
    /// Mail can be sent.
    pub mail: bool,
    /// A webhook stands in the configuration.
    pub hook: bool,
    /// Devices can be notified.
    pub push: bool,
    /// Demo: everything counts as sent, so everything has a way.
    pub demo: bool,
}

/// Decides about a number of messages and rows of the outbox; returns how many.
///
/// # Errors
/// Of the database.
pub fn round(db: &Db, ways: Ways, messages: bool, facts: bool) -> Result<usize, Error> {
    let mut count = 0;
    if messages {
        count += db.write_blocking(move |tx| route_messages(tx, ways))?;
    }
    if facts {
        count += db.write_blocking(move |tx| route_outbox(tx, ways))?;
    }
    Ok(count)
}

fn wish_of(owner: &Owner) -> Wish {
    let kinds = (&owner.mail_kinds, &owner.sms_kinds, &owner.push_kinds);
    match (kinds, owner.quiet_from, owner.quiet_to, owner.digest) {
        ((Some(mail), Some(sms), Some(push)), Some(from), Some(to), Some(digest)) => Wish {
            mail: from_codes(mail),
            sms: from_codes(sms),
            push: from_codes(push),
            quiet: Quiet { from, to },
            digest,
        },
        _ => Wish::default(),
    }
}

fn route_messages(tx: &mut WriteTx<'_>, ways: Ways) -> Result<usize, Error> {
    let taken = store::unrouted_take(tx, AT_ONCE)?;
    let mut texted: Vec<WebhookId> = webhook_for(tx, Event::Sms.code())?;
    if ways.hook || (ways.demo && texted.is_empty()) {
        texted.push(WebhookId(0));
    }
    let mail = ways.mail || ways.demo;
    if taken.is_empty() || (texted.is_empty() && !mail && !ways.push) {
        return Ok(taken.len());
    }
    let mut people: Vec<PersonId> = taken.iter().filter_map(|one| one.person).collect();
    people.sort_unstable();
    people.dedup();
    let mut accounts: Vec<_> = taken.iter().filter_map(|one| one.account).collect();
    accounts.sort_unstable();
    accounts.dedup();
    let owners = store::owners(tx, &accounts, &people)?;
    let by_person: BTreeMap<_, _> = owners.iter().filter_map(|one| Some((one.person?, one))).collect();
    let by_account: BTreeMap<_, _> = owners.iter().map(|one| (one.account, one)).collect();
    let mut devices: BTreeMap<_, Vec<_>> = BTreeMap::new();
    if ways.push {
        let of: Vec<_> = by_account.keys().copied().collect();
        for one in crate::push::store::reachable(tx, &of)? {
            devices.entry(one.account).or_default().push(one);
        }
    }
    let now = tx.now();
    for one in &taken {
        let owner = one
            .person
            .and_then(|id| by_person.get(&id))
            .or_else(|| one.account.and_then(|id| by_account.get(&id)));
        let Some(owner) = owner else { continue };
        let wish = wish_of(owner);
        let fact = Fact {
            category: Category::of(&one.kind),
            urgent: one.urgent,
            useful_until: (one.useful_until.0 > 0).then_some(one.useful_until),
        };
        let new = New {
            once_key: "",
            channel: Channel::Mail,
            topic: &one.kind,
            target: WebhookId(0),
            device: None,
            account: Some(owner.account),
            message: Some(one.id),
            outbox: None,
            masked: "",
            due_at: now,
            lapses_at: one.useful_until,
        };
        if let Some(masked) = owner.mail_masked.as_deref().filter(|_| mail && owner.mail_confirmed.is_some())
        {
            match way(&wish, fact, Channel::Mail, now) {
                Way::Stay => {}
                Way::At(due_at) => {
                    let once_key = format!("mail/{}", one.id);
                    store::put(tx, &New { once_key: &once_key, masked, due_at, ..new })?;
                }
                Way::Digest(at) => store::digest_put(tx, owner.account, masked, at, one.id)?,
            }
        }
        if let Some(devices) = devices.get(&owner.account)
            && let Way::At(due_at) = way(&wish, fact, Channel::Push, now)
        {
            for device in devices {
                let once_key = format!("push/{}/{}", one.id, device.id);
                let (device, masked) = (Some(device.id), device.label.as_str());
                let new = New { once_key: &once_key, channel: Channel::Push, device, masked, due_at, ..new };
                store::put(tx, &new)?;
            }
        }
        if owner.has_phone
            && let Way::At(due_at) = way(&wish, fact, Channel::Sms, now)
        {
            for target in &texted {
                let once_key = format!("sms/{}/{target}", one.id);
                store::put(
                    tx,
                    &New { once_key: &once_key, channel: Channel::Sms, target: *target, due_at, ..new },
                )?;
            }
        }
    }
    Ok(taken.len())
}

fn route_outbox(tx: &mut WriteTx<'_>, ways: Ways) -> Result<usize, Error> {
    let due = outbox::take(tx, AT_ONCE)?;
    let mut known: BTreeMap<String, Vec<WebhookId>> = BTreeMap::new();
    for one in &due {
        let mail = one.topic == MAIL_CONFIRM;
        let event = Event::from_code(&one.topic);
        // What is not one of our events comes from a room that means the webhook of the configuration.
        let texts = event.is_none_or(|event| event == Event::Sms);
        let targets = match known.get(&one.topic) {
            Some(targets) => targets.clone(),
            None => {
                let mut targets = if mail { vec![WebhookId(0)] } else { webhook_for(tx, &one.topic)? };
                if !mail && texts && (ways.hook || (ways.demo && targets.is_empty())) {
                    targets.push(WebhookId(0));
                }
                known.insert(one.topic.clone(), targets.clone());
                targets
            }
        };
        if targets.is_empty() && texts {
            // Nobody takes texts yet: they wait, as they always did, until there is a target.
            outbox::failed(tx, one.id, one.attempts, "no target")?;
            continue;
        }
        if mail && !ways.mail && !ways.demo {
            outbox::failed(tx, one.id, one.attempts, "no mail server")?;
            continue;
        }
        let payload: serde_json::Value = serde_json::from_str(&one.payload).unwrap_or_default();
        let phone = payload.get("phone").and_then(serde_json::Value::as_str);
        let masked = phone.map(vault::mask_phone).unwrap_or_default();
        let account =
            payload.get("account").and_then(serde_json::Value::as_str).and_then(|id| id.parse().ok());
        for target in targets {
            let once_key = format!("outbox/{}/{target}", one.id);
            let channel = match (mail, phone.is_some()) {
                (true, _) => Channel::Mail,
                (false, true) => Channel::Sms,
                (false, false) => Channel::Webhook,
            };
            let due_at = tx.now();
            store::put(
                tx,
                &New {
                    once_key: &once_key,
                    channel,
                    topic: &one.topic,
                    target,
                    device: None,
                    account,
                    message: None,
                    outbox: Some(one.id),
                    masked: &masked,
                    due_at,
                    lapses_at: Timestamp(0),
                },
            )?;
        }
        outbox::sent(tx, one.id)?;
    }
    Ok(due.len())
}
