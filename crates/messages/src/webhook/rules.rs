//! Where a webhook may lead, and what is sent in which shape: pure.

use std::fmt::Write as _;
use std::net::IpAddr;

use axum::http::Uri;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::Shape;

/// Why an address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// No address at all.
    NoAddress,
    /// Not encrypted, and not this machine.
    NotHttps,
    /// Name or password in the address.
    UserInfo,
    /// Not on the list of hosts, or inside the network of the program.
    NotAllowed,
}

/// Takes an address apart that holds no user part: scheme, host with port as written, and the host by itself.
///
/// # Errors
/// Why it is no address that could be used.
pub fn parts(url: &str) -> Result<(String, String, String), Why> {
    if url.bytes().any(|b| !b.is_ascii_graphic()) || url.len() > 2000 {
        return Err(Why::NoAddress);
    }
    let uri: Uri = url.parse().map_err(|_| Why::NoAddress)?;
    let authority = uri.authority().ok_or(Why::NoAddress)?;
    if authority.as_str().contains('@') {
        return Err(Why::UserInfo);
    }
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    match uri.scheme_str() {
        Some(scheme @ ("http" | "https")) if !host.is_empty() => {
            Ok((scheme.to_owned(), authority.as_str().to_owned(), host))
        }
        _ => Err(Why::NoAddress),
    }
}

/// Looks at an address: https, or http to this machine; no user part; a host that is on the list, or, when the list
/// is empty, one that is not plainly inside. Whether a name leads inside is looked at again when it is resolved.
/// Returns the host.
///
/// # Errors
/// Why it is refused.
pub fn address(url: &str, allow: &[String]) -> Result<String, Why> {
    let (scheme, _, host) = parts(url)?;
    let literal: Option<IpAddr> = host.parse().ok();
    let here = host == "localhost" || literal.is_some_and(|ip| ip.is_loopback());
    if scheme != "https" && !here {
        return Err(Why::NotHttps);
    }
    if here || listed(&host, allow) {
        return Ok(host);
    }
    if !allow.is_empty() || literal.is_some_and(|ip| !public(ip)) {
        return Err(Why::NotAllowed);
    }
    Ok(host)
}

/// Whether a host is on the list: the name itself, or below a name that begins with a dot.
#[must_use]
pub fn listed(host: &str, allow: &[String]) -> bool {
    allow
        .iter()
        .any(|one| host == one.trim_start_matches('.') || (one.starts_with('.') && host.ends_with(one)))
}

/// Whether an address of the network is out in the world: not this machine, not a private or link-local network (where
/// clouds keep their secrets), not a group.
#[must_use]
pub fn public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            !(ip.is_loopback()
                || ip.is_private()
                || ip.is_link_local()
                || ip.is_broadcast()
                || ip.is_multicast()
                || ip.is_documentation()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0)
                || (a == 198 && (b == 18 || b == 19)))
        }
        IpAddr::V6(ip) => {
            if let Some(inner) = ip.to_ipv4_mapped() {
                return public(IpAddr::V4(inner));
            }
            // Global unicast only, without the ranges that carry an IPv4 address inside.
            let [head, second, ..] = ip.segments();
            (head & 0xe000) == 0x2000
                && head != 0x2002
                && !(head == 0x2001 && (second == 0 || second == 0xdb8))
        }
    }
}

/// What there is to send.
#[derive(Debug, Clone, Default)]
pub struct Note {
    /// Stays the same when it is sent again.
    pub id: String,
    /// Code of the event.
    pub event: String,
    /// How often it was tried, with this time.
    pub attempt: i64,
    /// One line.
    pub title: (String, String),
    /// The whole of it.
    pub text: (String, String),
    /// Where one sees more, an absolute address, or empty.
    pub link: String,
    /// Phone number for text messages.
    pub phone: String,
    /// The rest, for systems.
    pub payload: serde_json::Value,
}

/// What is sent, ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// Where to.
    pub url: String,
    /// Kind of the body.
    pub kind: &'static str,
    /// The body.
    pub body: String,
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length; the error exists for other algorithms only.
    Hmac::<sha2::Sha256>::new_from_slice(key).map_or_else(
        |_| Vec::new(),
        |mut mac| {
            mac.update(text);
            mac.finalize().into_bytes().to_vec()
        },
    )
}

/// The signature of Linli's own shape: HMAC-SHA256 over `timestamp.body` (UTC seconds), hexadecimal.
#[must_use]
pub fn signature(secret: &str, timestamp: i64, body: &[u8]) -> String {
    let text = [timestamp.to_string().as_bytes(), b".", body].concat();
    let mut out = String::from("sha256=");
    for byte in hmac(secret.as_bytes(), &text) {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// Puts values into the marks of a template: `{phone}`, `{text}`, `{id}`.
fn fill(template: &str, note: &Note, form: impl Fn(&str) -> String) -> String {
    // In one pass: what is put in is not looked through for marks again.
    let values = [("{phone}", &note.phone), ("{text}", &note.text.0), ("{id}", &note.id)];
    let mut out = String::with_capacity(template.len() + note.text.0.len());
    let mut rest = template;
    while let Some((at, mark, value)) = values
        .iter()
        .filter_map(|(mark, value)| Some((rest.find(mark)?, *mark, *value)))
        .min_by_key(|(at, ..)| *at)
    {
        out.push_str(rest.get(..at).unwrap_or_default());
        out.push_str(&form(value));
        rest = rest.get(at + mark.len()..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// Templates of gateways when nobody wrote one.
#[must_use]
pub const fn usual_body(shape: Shape) -> &'static str {
    match shape {
        Shape::SmsForm => "mobile={phone}&content={text}",
        Shape::SmsJson => "{\"mobile\":\"{phone}\",\"content\":\"{text}\"}",
        Shape::Json | Shape::DingTalk | Shape::WeCom | Shape::Feishu => "",
    }
}

/// Brings a note into a shape. `now` is UTC milliseconds; `secret` is empty for robots without a signature.
#[must_use]
pub fn ready(shape: Shape, url: &str, secret: &str, template: &str, note: &Note, now: i64) -> Ready {
    const JSON: &str = "application/json";
    let (title, text) = (&note.title.0, &note.text.0);
    let long = |link: &str| {
        let more = if note.link.is_empty() { String::new() } else { link.replace("{}", &note.link) };
        format!("{text}{more}")
    };
    let template = if template.is_empty() { usual_body(shape) } else { template };
    let (mut url, mut kind) = (url.to_owned(), JSON);
    let body = match shape {
        Shape::Json => serde_json::json!({
            "id": note.id, "topic": note.event, "attempt": note.attempt, "payload": note.payload,
        })
        .to_string(),
        Shape::DingTalk => {
            if !secret.is_empty() {
                let sign = STANDARD.encode(hmac(secret.as_bytes(), format!("{now}\n{secret}").as_bytes()));
                let sign = utf8_percent_encode(&sign, NON_ALPHANUMERIC);
                let _ =
                    write!(url, "{}timestamp={now}&sign={sign}", if url.contains('?') { '&' } else { '?' });
            }
            serde_json::json!({
                "msgtype": "markdown",
                "markdown": { "title": title, "text": format!("#### {title}\n\n{}", long("\n\n[查看]({})")) },
            })
            .to_string()
        }
        Shape::WeCom => serde_json::json!({
            "msgtype": "markdown",
            "markdown": { "content": format!("**{title}**\n{}", long("\n[查看]({})")) },
        })
        .to_string(),
        Shape::Feishu => {
            let mut body = serde_json::json!({
                "msg_type": "text", "content": { "text": format!("{title}\n{}", long("\n{}")) },
            });
            if !secret.is_empty()
                && let Some(map) = body.as_object_mut()
            {
                let seconds = now / 1000;
                let sign = STANDARD.encode(hmac(format!("{seconds}\n{secret}").as_bytes(), b""));
                map.insert("timestamp".to_owned(), seconds.to_string().into());
                map.insert("sign".to_owned(), sign.into());
            }
            body.to_string()
        }
        Shape::SmsForm => {
            kind = "application/x-www-form-urlencoded";
            fill(template, note, |value| utf8_percent_encode(value, NON_ALPHANUMERIC).to_string())
        }
        Shape::SmsJson => fill(template, note, |value| {
            let quoted = serde_json::Value::from(value).to_string();
            quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
        }),
    };
    Ready { url, kind, body }
}

/// Whether a target took it: 200 to 299, and robots must say so in the answer as well.
///
/// # Errors
/// What it said instead, in short.
pub fn taken(shape: Shape, status: u16, answer: &str) -> Result<(), String> {
    if !(200..300).contains(&status) {
        return Err(format!("status {status}"));
    }
    let named = match shape {
        Shape::DingTalk | Shape::WeCom => "errcode",
        Shape::Feishu => "code",
        Shape::Json | Shape::SmsForm | Shape::SmsJson => return Ok(()),
    };
    let said: serde_json::Value = serde_json::from_str(answer).unwrap_or_default();
    match said.get(named).and_then(serde_json::Value::as_i64) {
        Some(0) => Ok(()),
        Some(code) => Err(format!("{named} {code}")),
        None => Err(format!("no {named} in the answer")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn note() -> Note {
        Note {
            id: "7".into(),
            event: "session.cancelled".into(),
            attempt: 2,
            title: ("取消".into(), "Cancelled".into()),
            text: ("活动\"不\"办了 {phone}".into(), "Off".into()),
            link: "https://linli.example.cn/activities/5".into(),
            phone: "10200000000".into(),
            payload: serde_json::json!({"session": "5"}),
        }
    }

    #[test]
    fn addresses() {
        let ok = |url: &str| address(url, &[]);
        assert_eq!(ok("https://hooks.example.com/x?token=1"), Ok("hooks.example.com".to_owned()));
        assert_eq!(ok("http://127.0.0.1:9/x"), Ok("127.0.0.1".to_owned()));
        assert_eq!(ok("http://localhost:9/x"), Ok("localhost".to_owned()));
        assert_eq!(ok("http://[::1]:9/x"), Ok("::1".to_owned()));
        assert_eq!(ok("http://hooks.example.com/"), Err(Why::NotHttps));
        assert_eq!(ok("https://user:pw@example.com/"), Err(Why::UserInfo));
        for inside in [
            "10.0.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "[fd00::1]",
            "[::ffff:10.0.0.1]",
            "0.0.0.0",
        ] {
            assert_eq!(ok(&format!("https://{inside}/")), Err(Why::NotAllowed), "{inside}");
        }
        for bad in [
            "",
            "ftp://example.com/",
            "example.com",
            "https://",
            "https:///x",
            "https://exa mple.com/",
            "file:///etc/passwd",
        ] {
            assert_eq!(ok(bad), Err(Why::NoAddress), "{bad}");
        }
        let allow = ["sms.example.cn".to_owned(), ".chat.example".to_owned(), "10.0.0.9".to_owned()];
        let listed = |url: &str| address(url, &allow).is_ok();
        assert!(
            listed("https://sms.example.cn/")
                && listed("https://a.chat.example/")
                && listed("https://10.0.0.9/")
        );
        assert!(
            !listed("https://example.cn/")
                && !listed("https://evilchat.example/")
                && !listed("https://10.0.0.8/")
        );
    }

    #[test]
    fn shapes() {
        let make = |shape: Shape, secret: &str| {
            ready(shape, "https://h.example/r?t=1", secret, "", &note(), 1_700_000_000_000)
        };
        let json = |shape: Shape, secret: &str| -> serde_json::Value {
            serde_json::from_str(&make(shape, secret).body).unwrap()
        };
        assert_eq!(json(Shape::Json, "")["payload"]["session"], "5");
        assert!(
            json(Shape::DingTalk, "")["markdown"]["text"].as_str().unwrap().contains("[查看](https://linli")
        );
        assert!(json(Shape::WeCom, "")["markdown"]["content"].as_str().unwrap().starts_with("**取消**"));
        assert!(json(Shape::Feishu, "")["content"]["text"].as_str().unwrap().contains("取消\n"));
        // printf '1700000000000\nSECx' | openssl dgst -sha256 -hmac SECx -binary | base64
        let signed = make(Shape::DingTalk, "SECx").url;
        assert!(signed.starts_with("https://h.example/r?t=1&timestamp=1700000000000&sign="), "{signed}");
        assert_eq!(json(Shape::Feishu, "s")["timestamp"], "1700000000");
        assert_eq!(json(Shape::SmsJson, "")["content"], "活动\"不\"办了 {phone}");
        assert_eq!(json(Shape::SmsJson, "")["mobile"], "10200000000");
        let form = make(Shape::SmsForm, "").body;
        assert!(form.starts_with("mobile=10200000000&content=%E6%B4%BB") && !form.contains('"'), "{form}");
    }

    #[test]
    fn the_signature_is_plain_hmac_sha256() {
        // Computed with: printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac secret
        assert_eq!(
            signature("secret", 1_700_000_000, br#"{"a":1}"#),
            "sha256=49f24e537407743fa4a0242bb63b94b9a47ee99cbbe071ccd8a22550ae411686"
        );
    }

    #[test]
    fn robots_must_say_that_they_took_it() {
        assert_eq!(taken(Shape::Json, 204, ""), Ok(()));
        assert!(taken(Shape::Json, 302, "").is_err());
        assert_eq!(taken(Shape::DingTalk, 200, r#"{"errcode":0,"errmsg":"ok"}"#), Ok(()));
        assert_eq!(taken(Shape::WeCom, 200, r#"{"errcode":93000}"#), Err("errcode 93000".to_owned()));
        assert_eq!(taken(Shape::Feishu, 200, r#"{"code":0}"#), Ok(()));
        assert!(taken(Shape::Feishu, 200, "ok").is_err());
    }

    proptest! {
        #[test]
        fn any_text_stays_well_formed(text in "\\PC{0,80}", phone in "\\PC{0,20}") {
            let note = Note { text: (text.clone(), text.clone()), title: (text.clone(), text), phone, ..note() };
            for shape in Shape::ALL {
                let out = ready(*shape, "https://h.example/", "s", "", &note, 1);
                if out.kind == "application/json" {
                    prop_assert!(serde_json::from_str::<serde_json::Value>(&out.body).is_ok(), "{}", out.body);
                } else {
                    prop_assert_eq!(out.body.matches('&').count(), 1);
                }
            }
        }

        #[test]
        fn any_address_is_looked_at(url in "\\PC{0,60}") {
            let _ = address(&url, &[]);
        }
    }
}
