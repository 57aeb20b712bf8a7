//! Sends what is due.

use db::{Db, ReadTx};
use kernel::{Error, Lang, Timestamp};
use vault::{DeviceKey, PushKey, Vault};

use super::mail::{self, Mail};
use super::rules::{Failure, wait};
use super::store::{self, Due, Letter};
use super::{MAIL_CONFIRM, http};
use crate::Outbound;
use crate::push;
use crate::setting::commands::MAIL_FIELD;
use crate::setting::{Category, Channel};
use crate::webhook::commands::{SECRET_FIELD, URL_FIELD};
use crate::webhook::rules::{self, Note};
use crate::webhook::store::webhook_find;
use crate::webhook::{Event, Shape, WebhookId};

/// Context of sealed phone numbers, as `people` writes them.
const PHONE_FIELD: &str = "person.phone";
/// Rows taken at once: with the longest timeout they are all tried while they are held.
const AT_ONCE: i64 = 5;

/// A target, opened.
struct Opened {
    shape: Shape,
    url: String,
    secret: String,
    body: String,
    inside: bool,
}

/// A notification, to be sealed for its device.
struct Parcel {
    endpoint: String,
    device: DeviceKey,
    key: PushKey,
    payload: String,
    /// A later notification under the same topic takes the place of one that waits (RFC 8030): the same one again.
    topic: String,
    urgent: bool,
    lapses_at: Timestamp,
}

/// What a delivery turned out to be.
enum Work {
    Mail(Mail),
    Post(Box<(Opened, Note)>),
    Push(Box<Parcel>),
    /// Cannot be sent at all.
    Never(Failure),
    /// Nobody waits for it any more.
    Over,
}

/// Sends a few of what is due, notifications on devices (`push`) or all else; returns how many were tried. Blocks; call it
/// outside the async runtime.
///
/// # Errors
/// Of the database; what fails outside is noted in the row.
pub fn round(db: &Db, to: &Outbound, push: bool) -> Result<usize, Error> {
    let due: Vec<Due> = db.write_blocking(move |tx| store::take(tx, push, AT_ONCE))?;
    for one in &due {
        let now = db.ctx().clock.now();
        let outcome = if one.lapses_at > Timestamp(0) && one.lapses_at <= now {
            None
        } else if to.demo {
            Some(Ok(()))
        } else {
            let (asked, with) = (one.clone(), to.clone());
            match db.read_blocking(move |tx| work(tx, &with, &asked))? {
                // Not wanted any more.
                Work::Over => None,
                work => Some(perform(to, work, now)),
            }
        };
        let (id, attempts, device) = (one.id, one.attempts, one.device);
        if let Some(Err(failure)) = &outcome {
            let (channel, why) = (one.channel.code(), failure.why.as_str());
            tracing::warn!(id = id.0, topic = one.topic, channel, attempts, why, "a delivery failed");
        }
        db.write_blocking(move |tx| {
            match (&outcome, device) {
                (Some(Ok(())), Some(device)) => push::store::device_reached(tx, device)?,
                (Some(Err(failure)), Some(device)) if failure.gone => {
                    push::store::device_gone(tx, device, now)?;
                }
                _ => {}
            }
            store::ended(tx, id, attempts, outcome.as_ref())
        })?;
    }
    Ok(due.len())
}

fn perform(to: &Outbound, work: Work, now: Timestamp) -> Result<(), Failure> {
    match work {
        Work::Never(failure) => Err(failure),
        Work::Over => Ok(()),
        Work::Mail(mail) => match &to.mail {
            Some(server) => mail::send(server, &mail),
            None => Err(Failure::again("no mail server is configured")),
        },
        Work::Post(both) => {
            let (target, note) = *both;
            let ready = rules::ready(target.shape, &target.url, &target.secret, &target.body, &note, now.0);
            let mut headers = vec![("x-linli-id", note.id)];
            if target.shape == Shape::Json {
                let seconds = now.0 / 1000;
                let signature = rules::signature(&target.secret, seconds, ready.body.as_bytes());
                headers.push(("x-linli-timestamp", seconds.to_string()));
                headers.push(("x-linli-signature", signature));
            }
            let agent = http::agent(to.patience(), target.inside);
            let said = http::post(&agent, &ready.url, ready.kind, &headers, ready.body.as_bytes())?;
            rules::taken(target.shape, said.status, &said.text)
                .map_err(|why| Failure::again(why).after(said.wait.and_then(|text| wait(&text, now))))
        }
        Work::Push(parcel) => match &to.vault {
            Some(vault) => notify(to, vault, &parcel, now),
            None => Err(Failure::again("no keys")),
        },
    }
}

fn notify(to: &Outbound, vault: &Vault, parcel: &Parcel, now: Timestamp) -> Result<(), Failure> {
    // The list may have changed since the device subscribed.
    let service = push::rules::service(&parcel.endpoint, &to.push)
        .map_err(|_| Failure::for_good("the push service is not allowed (any more)"))?;
    let body = vault
        .random(|random| parcel.device.seal(random, parcel.payload.as_bytes(), push::rules::LENGTH))
        .ok_or_else(|| Failure::for_good("too long for a notification"))?;
    let contact = Some(to.base_url.as_str()).filter(|url| url.starts_with("https://"));
    let expires = now.0 / 1000 + push::rules::SIGNED_S;
    let headers = [
        ("authorization", parcel.key.authorization(&service.origin, contact, expires)),
        ("content-encoding", "aes128gcm".to_owned()),
        ("ttl", push::rules::keep(now, parcel.lapses_at).to_string()),
        ("urgency", if parcel.urgent { "high" } else { "normal" }.to_owned()),
        ("topic", parcel.topic.clone()),
    ];
    let agent = http::agent(to.patience(), service.inside);
    let said = http::post(&agent, &parcel.endpoint, "application/octet-stream", &headers, &body)?;
    push::rules::taken(said.status, said.wait.and_then(|text| wait(&text, now)))
}

fn opened(tx: &mut ReadTx<'_>, to: &Outbound, id: WebhookId) -> Result<Result<Opened, Failure>, Error> {
    if id == WebhookId(0) {
        let own = to.url.as_ref().map(|url| Opened {
            shape: Shape::Json,
            url: url.clone(),
            secret: to.secret.clone(),
            body: String::new(),
            // The operator wrote it into the configuration.
            inside: true,
        });
        return Ok(own.ok_or_else(|| Failure::again("no webhook is configured")));
    }
    let Some(target) = webhook_find(tx, id)?.filter(|target| target.active) else {
        return Ok(Err(Failure::for_good("the target is switched off")));
    };
    let Some(vault) = &to.vault else { return Ok(Err(Failure::again("no keys"))) };
    let broken = || Failure::for_good("the stored address cannot be opened");
    let Ok(url) = vault.fields.decrypt_text(URL_FIELD, &target.url_enc) else { return Ok(Err(broken())) };
    let secret = match target.secret_enc.as_deref().map(|enc| vault.fields.decrypt_text(SECRET_FIELD, enc)) {
        Some(Ok(secret)) => secret,
        None => String::new(),
        Some(Err(_)) => return Ok(Err(broken())),
    };
    // The list may have changed since the target was added.
    let Ok(host) = rules::address(&url, &to.allow) else {
        return Ok(Err(Failure::for_good("the address is not allowed (any more)")));
    };
    let here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let inside = here || rules::listed(&host, &to.allow);
    Ok(Ok(Opened { shape: target.shape, url, secret, body: target.body, inside }))
}

fn work(tx: &mut ReadTx<'_>, to: &Outbound, due: &Due) -> Result<Work, Error> {
    if due.channel == Channel::Mail {
        return mail_work(tx, to, due);
    }
    if due.channel == Channel::Push {
        return push_work(tx, to, due);
    }
    let target = match opened(tx, to, due.target)? {
        Ok(target) => target,
        Err(failure) => return Ok(Work::Never(failure)),
    };
    let mut note =
        Note { id: due.id.to_string(), event: due.topic.clone(), attempt: due.attempts, ..Note::default() };
    if let Some(id) = due.message {
        let Some(letter) = store::letter(tx, id)? else { return Ok(gone()) };
        let phone = match letter.person {
            Some(person) => store::phone_of(tx, person)?,
            None => None,
        };
        let vault = to.vault.as_ref();
        let phone = phone.and_then(|enc| vault?.fields.decrypt_text(PHONE_FIELD, &enc).ok());
        let Some(phone) = phone else { return Ok(Work::Never(Failure::for_good("no phone number"))) };
        Event::Sms.code().clone_into(&mut note.event);
        note.text = (
            format!("【{}邻里】{}：{}", to.city.0, letter.title_zh, letter.text_zh),
            format!("[{} Linli] {}: {}", to.city.1, letter.title_en, letter.text_en),
        );
        note.payload = serde_json::json!({
            "phone": phone, "kind": letter.kind, "text_zh": note.text.0, "text_en": note.text.1,
        });
        note.phone = phone;
    } else if let Some(id) = due.outbox {
        let Some(payload) = store::payload(tx, id)? else { return Ok(gone()) };
        // A payload that is JSON travels as JSON, anything else as a text.
        note.payload = serde_json::from_str(&payload).unwrap_or(serde_json::Value::String(payload));
        let text = |name: &str| {
            note.payload.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
        };
        let (phone, href) = (text("phone"), text("href"));
        let (title, body) = ((text("title_zh"), text("title_en")), (text("text_zh"), text("text_en")));
        (note.phone, note.title, note.text) = (phone, title, body);
        if !href.is_empty() {
            note.link = format!("{}{href}", to.base_url);
        }
    } else {
        note.title = ("测试".to_owned(), "Test".to_owned());
        note.text = (
            format!("这是{}邻里发出的测试。收到即表示接通。", to.city.0),
            format!("A test from {} Linli. If you read this, it works.", to.city.1),
        );
        note.phone = "10000000000".to_owned();
        note.payload = serde_json::json!({ "text_zh": note.text.0, "text_en": note.text.1 });
    }
    Ok(Work::Post(Box::new((target, note))))
}

fn gone() -> Work {
    Work::Never(Failure::for_good("what was to be sent is not there any more"))
}

fn push_work(tx: &mut ReadTx<'_>, to: &Outbound, due: &Due) -> Result<Work, Error> {
    use push::commands::{DEVICE_FIELD, ENDPOINT_FIELD, KEY_FIELD};
    let (Some(account), Some(id)) = (due.account, due.device) else { return Ok(gone()) };
    let Some(found) = push::store::target(tx, account, id)? else {
        return Ok(Work::Over);
    };
    let Some(vault) = &to.vault else { return Ok(Work::Never(Failure::again("no keys"))) };
    let opened = |field: &str, enc: &[u8]| vault.fields.decrypt(field, enc).ok();
    let endpoint = opened(ENDPOINT_FIELD, &found.endpoint_enc).and_then(|text| String::from_utf8(text).ok());
    let device = opened(DEVICE_FIELD, &found.keys_enc).and_then(|bytes| DeviceKey::from_bytes(&bytes));
    let key = opened(KEY_FIELD, &found.secret_enc).and_then(|bytes| PushKey::from_bytes(&bytes));
    let (Some(endpoint), Some(device), Some(key)) = (endpoint, device, key) else {
        return Ok(Work::Never(Failure::for_good("what is stored of the device cannot be opened")));
    };
    let (lang, city) = (Lang::from_code(&found.lang), (to.city.0.as_str(), to.city.1.as_str()));
    let (topic, payload, urgent) = match due.message {
        Some(message) => {
            let Some(letter) = store::letter(tx, message)? else { return Ok(gone()) };
            let (tag, category) = (message.to_string(), Category::of(&letter.kind));
            let payload = push::rules::payload(Some(category), lang, city, &letter.href, &tag);
            (tag, payload, letter.urgent)
        }
        None => {
            let payload = push::rules::payload(None, lang, city, "/settings/messages#devices", push::TEST);
            (push::TEST.to_owned(), payload, true)
        }
    };
    let lapses_at = due.lapses_at;
    Ok(Work::Push(Box::new(Parcel { endpoint, device, key, payload, topic, urgent, lapses_at })))
}

fn mail_work(tx: &mut ReadTx<'_>, to: &Outbound, due: &Due) -> Result<Work, Error> {
    let Some(account) = due.account else { return Ok(gone()) };
    let Some(found) = store::mail_to(tx, account)? else {
        return Ok(Work::Never(Failure::for_good("no address")));
    };
    let confirming = due.topic == MAIL_CONFIRM;
    if !confirming && found.confirmed.is_none() {
        return Ok(Work::Never(Failure::for_good("the address is not confirmed")));
    }
    let Some(vault) = &to.vault else { return Ok(Work::Never(Failure::again("no keys"))) };
    let Ok(address) = vault.fields.decrypt_text(MAIL_FIELD, &found.address_enc) else {
        return Ok(Work::Never(Failure::for_good("the stored address cannot be opened")));
    };
    let lang = Lang::from_code(&found.lang);
    let (subject, text) = if confirming {
        let payload = match due.outbox {
            Some(id) => store::payload(tx, id)?,
            None => None,
        };
        let payload: serde_json::Value =
            payload.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let Some(token) = payload.get("token").and_then(serde_json::Value::as_str) else { return Ok(gone()) };
        // A link for an earlier address must not reach the present one.
        match crate::setting::commands::read_mail_token(vault, tx.now(), token) {
            Ok((_, version))
                if crate::setting::store::mail(tx, account)?.is_some_and(|mail| mail.version == version) => {}
            _ => return Ok(Work::Never(Failure::for_good("the link is over"))),
        }
        confirm_mail(to, lang, token)
    } else {
        let letters = match due.message {
            Some(id) => store::letter(tx, id)?.into_iter().collect(),
            None => store::digest_letters(tx, due.id)?,
        };
        let Some(first) = letters.first() else { return Ok(gone()) };
        letter_mail(to, lang, first, &letters)
    };
    Ok(Work::Mail(Mail { id: due.id.to_string(), to: address, subject, text }))
}

fn city(to: &Outbound, lang: Lang) -> String {
    format!("{}{}", lang.t(&to.city.0, &to.city.1), lang.t("邻里", " Linli"))
}

fn confirm_mail(to: &Outbound, lang: Lang, token: &str) -> (String, String) {
    let (name, base) = (city(to, lang), &to.base_url);
    let subject = lang.f("[{}] 请确认您的邮箱", "[{}] Please confirm your e-mail address", &[&name]);
    let text = lang.f(
        "您好：\n\n有人在{}填写了这个邮箱，用来接收消息。如果是您，请三天内打开下面的链接确认：\n\n{}/mail/{}\n\n\
         如果不是您，不用理会，不会再收到邮件。\n",
        "Hello,\n\nsomebody entered this address at {} to receive messages. If it was you, open this link within three \
         days:\n\n{}/mail/{}\n\nIf it was not, do nothing; you will get no more mail.\n",
        &[&name, base, &token],
    );
    (subject, text)
}

fn letter_mail(to: &Outbound, lang: Lang, first: &Letter, all: &[Letter]) -> (String, String) {
    use std::fmt::Write as _;
    let name = city(to, lang);
    let title = |one: &Letter| lang.t(&one.title_zh, &one.title_en).to_owned();
    let subject = if all.len() == 1 {
        format!("[{name}] {}", title(first))
    } else {
        lang.f("[{}] {} 条消息", "[{}] {} messages", &[&name, &all.len()])
    };
    let mut text = String::new();
    for one in all {
        if all.len() > 1 {
            let _ = writeln!(text, "{}", title(one));
        }
        let _ = writeln!(text, "{}", lang.t(&one.text_zh, &one.text_en));
        if !one.href.is_empty() {
            let _ = writeln!(text, "{}{}", to.base_url, one.href);
        }
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "-- \n{}{}/settings/messages",
        lang.t("不想再收到这类邮件，请在这里关闭：", "To stop mails like this: "),
        to.base_url
    );
    (subject, text)
}
