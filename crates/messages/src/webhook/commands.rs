//! Adding, testing and switching targets: the system administrator, audited.

use db::WriteTx;
use kernel::error::{Collect, common};
use kernel::{Action, Actor, Error, Refusal};
use ui::Fields;
use ui::form::Label;
use vault::Vault;

use super::rules::{self, Note, Why};
use super::store::{self, Secret, Wish};
use super::{Event, Shape, WebhookId, refusals};

/// Context of sealed addresses.
pub const URL_FIELD: &str = "webhook.url";
/// Context of sealed secrets.
pub const SECRET_FIELD: &str = "webhook.secret";

fn address_refused(why: Why) -> Refusal {
    let (zh, en) = match why {
        Why::NoAddress => ("这不是完整的网址。", "It is no complete address."),
        Why::NotHttps => (
            "必须是 https（本机除外），以免内容被偷看。",
            "It must be https (but for this machine), or others could read along.",
        ),
        Why::UserInfo => ("网址里不能带用户名和密码。", "It must not hold a user name or password."),
        Why::NotAllowed => (
            "这个主机不在允许的名单上，或位于内部网络（设置 webhook_allow）。",
            "This host is not on the list of allowed ones, or lies inside the network (setting webhook_allow).",
        ),
    };
    Refusal::new(&refusals::ADDRESS).with_both("why", zh, en).on("url")
}

/// Reads the form of a target. Of one that is there already (`known`) the address and the secret may be left empty:
/// they stay as they are, since neither ever travels back to a page.
///
/// # Errors
/// Everything that is wrong, at once.
pub fn read(vault: &Vault, allow: &[String], fields: &Fields, known: bool) -> Result<Wish, Error> {
    let mut all = Collect::default();
    let name = all.take(fields.required("name", Label("名称", "Name"), 60));
    let shape_label = Label("样式", "Shape");
    let shape = all.take(fields.required("shape", shape_label, 20).and_then(|code| {
        Shape::from_code(&code)
            .ok_or_else(|| shape_label.wrong("shape", &code, "请从列表中选择。", "Choose one from the list."))
    }));
    let label = Label("地址", "Address");
    let url = all.take(if known {
        fields.optional("url", label, 2000)
    } else {
        fields.required("url", label, 2000)
    });
    let url = url.filter(|url| !url.is_empty());
    let host = url.as_deref().and_then(|url| all.take(rules::address(url, allow).map_err(address_refused)));
    let secret = all.take(fields.optional("secret", Label("密钥", "Secret"), 200));
    let body = all.take(fields.optional("body", Label("模板", "Template"), 2000));
    let events: Vec<Event> =
        Event::CHOICES.iter().copied().filter(|event| fields.all("events").contains(&event.code())).collect();
    if events.is_empty() {
        all.push(Refusal::new(&refusals::NO_EVENT).on("events"));
    } else if let Some(shape) = shape {
        let phones = events.contains(&Event::Sms);
        all.check(phones && !shape.takes_phones(), || Refusal::new(&refusals::NO_PHONES).on("events"));
        all.check(!shape.takes_news() && (events.len() > 1 || !phones), || {
            Refusal::new(&refusals::ONLY_PHONES).on("events")
        });
    }
    if let (Some(shape @ (Shape::SmsForm | Shape::SmsJson)), Some(body)) = (shape, body.as_deref())
        && !body.is_empty()
    {
        let note =
            Note { phone: "\"1\"".to_owned(), text: ("\"x\"".to_owned(), String::new()), ..Note::default() };
        let filled = rules::ready(shape, "", "", body, &note, 0).body;
        let marks = body.contains("{phone}") && body.contains("{text}");
        let json = shape == Shape::SmsForm || serde_json::from_str::<serde_json::Value>(&filled).is_ok();
        all.check(!marks || !json, || Refusal::new(&refusals::BODY).on("body"));
    }
    all.done()?;
    let seal = |field: &str, text: &str| vault.fields.encrypt(field, text.as_bytes());
    let (Some(name), Some(shape)) = (name, shape) else {
        return Err(Error::bug("a form without refusals is complete"));
    };
    let secret = match secret.filter(|secret| !secret.is_empty()) {
        Some(secret) => Secret::Set(seal(SECRET_FIELD, &secret)),
        None if fields.text("no_secret") == "1" => Secret::Clear,
        None => Secret::Keep,
    };
    Ok(Wish {
        name,
        shape,
        address: url.zip(host).map(|(url, host)| (seal(URL_FIELD, &url), host)),
        secret,
        body: body.unwrap_or_default(),
        events,
    })
}

/// Adds a target. Texts to phones hold the codes by which people sign in: only somebody who is signed in says where they
/// go, never a token (ADR 0031).
///
/// # Errors
/// `common.forbidden`, `webhook.by_token`; of the database.
pub fn add(tx: &mut WriteTx<'_>, actor: &Actor, new: &Wish) -> Result<WebhookId, Error> {
    actor.demand_any(Action::HookManage)?;
    if actor.cut.is_some() && new.events.contains(&Event::Sms) {
        return Err(Refusal::new(&refusals::BY_TOKEN).on("events").into());
    }
    let address = new.address.as_ref().ok_or_else(|| Error::bug("a new target without an address"))?;
    let id: WebhookId = tx.new_id();
    store::webhook_insert(tx, id, new, address)?;
    let detail = format!("{} {}", new.shape.code(), address.1);
    people::audit::note(tx, actor, "webhook.add", "webhook", id.0, &detail)?;
    Ok(id)
}

/// Changes a target that is still as it was shown.
///
/// # Errors
/// `common.forbidden`, `common.not_found`, `common.stale`.
pub fn change(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: WebhookId,
    version: i64,
    wish: &Wish,
) -> Result<(), Error> {
    actor.demand_any(Action::HookManage)?;
    let shown = store::webhook_shown(tx, id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    if !store::webhook_update(tx, id, version, wish)? {
        return Err((&common::STALE).into());
    }
    let host = wish.address.as_ref().map_or(shown.host.as_str(), |(_, host)| host.as_str());
    let detail = format!("{} {}", wish.shape.code(), host);
    people::audit::note(tx, actor, "webhook.change", "webhook", id.0, &detail)?;
    Ok(())
}

/// Removes a target; what waits for it is given up, what was sent stays in the record.
///
/// # Errors
/// `common.forbidden`, `common.not_found`.
pub fn remove(tx: &mut WriteTx<'_>, actor: &Actor, id: WebhookId) -> Result<(), Error> {
    actor.demand_any(Action::HookManage)?;
    let shown = store::webhook_shown(tx, id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    store::webhook_remove(tx, id)?;
    let detail = format!("{} {}", shown.shape.code(), shown.host);
    people::audit::note(tx, actor, "webhook.remove", "webhook", id.0, &detail)?;
    Ok(())
}

/// Switches a target on or off. Doing it twice changes nothing.
///
/// # Errors
/// `common.forbidden`, `common.not_found`.
pub fn switch(tx: &mut WriteTx<'_>, actor: &Actor, id: WebhookId, active: bool) -> Result<(), Error> {
    actor.demand_any(Action::HookManage)?;
    if store::webhook_find(tx, id)?.is_none() {
        return Err((&common::NOT_FOUND).into());
    }
    if store::webhook_switch(tx, id, active)? {
        let act = if active { "webhook.on" } else { "webhook.off" };
        people::audit::note(tx, actor, act, "webhook", id.0, "")?;
    }
    Ok(())
}

/// Queues a test for a target.
///
/// # Errors
/// `common.forbidden`, `common.not_found`, `webhook.off`.
pub fn test(tx: &mut WriteTx<'_>, actor: &Actor, id: WebhookId) -> Result<(), Error> {
    actor.demand_any(Action::HookManage)?;
    let target = store::webhook_find(tx, id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    if !target.active {
        return Err((&refusals::OFF).into());
    }
    crate::delivery::store::test_put(tx, id)?;
    people::audit::note(tx, actor, "webhook.test", "webhook", id.0, "")?;
    Ok(())
}
