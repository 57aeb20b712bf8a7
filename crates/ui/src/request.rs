//! What handlers know of a request before anybody is looked up: language, session, preferences,
//! sender, and the material of the CSRF check.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, COOKIE, HOST, ORIGIN};
use axum::http::request::Parts;
use kernel::Lang;
use vault::{SessionToken, Vault};

use crate::form::Fields;

/// Name of the session cookie.
pub const SESSION: &str = "linli_session";
/// Name of the cookie that stands for a visitor in the CSRF check.
pub const VISITOR: &str = "linli_visitor";
/// Name of the cookie that carries a message over a redirect.
pub const FLASH: &str = "linli_flash";

/// Name of the cookie that tells a page's script which form was taken.
pub const SAVED: &str = "linli_saved";

/// What a program sends instead of a cookie. Only looked at under `/api/v1/`: pages are for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Bearer {
    /// Nothing.
    #[default]
    None,
    /// Something that is no token of ours.
    Unreadable,
    /// Hash of a well-formed token.
    Token(Vec<u8>),
}

/// What tokens begin with, so that people and scanners of leaked secrets recognise them.
pub const TOKEN_PREFIX: &str = "linli_";

impl Bearer {
    fn read(parts: &Parts) -> Self {
        if !parts.uri.path().starts_with("/api/v1/") {
            return Self::None;
        }
        let Some(sent) = parts.headers.get(AUTHORIZATION) else { return Self::None };
        let token = sent
            .to_str()
            .ok()
            .and_then(|text| text.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .and_then(|(_, token)| SessionToken::parse(token.trim().strip_prefix(TOKEN_PREFIX)?));
        token.map_or(Self::Unreadable, |token| Self::Token(token.hash().as_bytes().to_vec()))
    }
}

/// A request, as far as pages care.
#[derive(Clone, Debug, Default)]
pub struct Req {
    /// Language: query, then cookie, then the browser's wish.
    pub lang: Lang,
    /// The token of a program.
    pub bearer: Bearer,
    /// HTTP method.
    pub method: String,
    /// Hash of the session token, if a well-formed one came and no program's token.
    pub session: Option<Vec<u8>>,
    /// What the CSRF check code is bound to: the session's hash or the visitor's number.
    pub bound: Vec<u8>,
    /// Whether the visitor cookie must be set.
    pub new_visitor: bool,
    /// Elder mode (长辈版).
    pub elder: bool,
    /// Dark mode.
    pub dark: bool,
    /// Address of the sender, for the audit log and limits.
    pub from: String,
    /// Path of the page.
    pub path: String,
    /// Path with query.
    pub target: String,
    /// Whether htmx asked for a part.
    pub part: bool,
    /// A message from the step before.
    pub flash: Option<String>,
    /// Check code sent as a header.
    pub csrf_header: Option<String>,
    /// Whether the browser says the request came from another site.
    pub foreign: bool,
    /// Key that makes a repeated command harmless.
    pub idempotency_key: Option<String>,
    /// Number drawn for a new visitor.
    pub visitor: String,
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|all| all.split("; "))
        .find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            (key == name).then_some(value)
        })
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

impl Req {
    /// Reads a request.
    #[must_use]
    pub fn read(parts: &Parts) -> Self {
        let headers = &parts.headers;
        let query = parts.uri.query().unwrap_or_default();
        let asked = query.split('&').find_map(|pair| pair.strip_prefix("lang="));
        let lang = asked.or_else(|| cookie(headers, "linli_lang")).map_or_else(
            || {
                let wish = headers.get(ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
                Lang::from_code(wish)
            },
            Lang::from_code,
        );
        let bearer = Bearer::read(parts);
        let session = cookie(headers, SESSION)
            .filter(|_| bearer == Bearer::None)
            .and_then(SessionToken::parse)
            .map(|token| token.hash().as_bytes().to_vec());
        let visitor = cookie(headers, VISITOR)
            .filter(|_| bearer == Bearer::None)
            .filter(|v| (16..=64).contains(&v.len()) && v.bytes().all(|b| b.is_ascii_alphanumeric()))
            .unwrap_or_default()
            .to_owned();
        let new_visitor = session.is_none() && visitor.is_empty() && bearer == Bearer::None;
        let bound = match &bearer {
            Bearer::Token(hash) => hash.clone(),
            _ => session.clone().unwrap_or_else(|| visitor.as_bytes().to_vec()),
        };
        // A proxy on the same machine names the sender; from anywhere else the header proves nothing.
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let from = match peer {
            Some(ip) if ip.is_loopback() => text(headers, "x-forwarded-for")
                .and_then(|all| all.rsplit(',').next())
                .map_or_else(|| ip.to_string(), |sender| sender.trim().chars().take(45).collect()),
            Some(ip) => ip.to_string(),
            None => String::new(),
        };
        let host = headers.get(HOST).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let foreign = match (text(headers, "sec-fetch-site"), headers.get(ORIGIN)) {
            (Some(site), _) => !matches!(site, "same-origin" | "none"),
            (None, Some(origin)) => {
                let origin = origin.to_str().unwrap_or_default();
                origin.split_once("://").is_none_or(|(_, name)| name != host)
            }
            (None, None) => false,
        };
        Self {
            lang,
            bearer,
            method: parts.method.as_str().to_owned(),
            session,
            bound,
            new_visitor,
            elder: cookie(headers, "linli_elder") == Some("1"),
            dark: cookie(headers, "linli_dark") == Some("1"),
            from,
            path: parts.uri.path().to_owned(),
            target: parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
            part: headers.contains_key("hx-request"),
            flash: cookie(headers, FLASH).and_then(|value| {
                percent_encoding::percent_decode_str(value)
                    .decode_utf8()
                    .ok()
                    .map(std::borrow::Cow::into_owned)
            }),
            csrf_header: text(headers, "x-csrf-token").map(str::to_owned),
            foreign,
            idempotency_key: text(headers, "idempotency-key").map(|key| key.chars().take(200).collect()),
            visitor,
        }
    }

    /// The check code for forms of this session or visitor.
    #[must_use]
    pub fn csrf(&self, vault: &Vault) -> String {
        vault.signer.sign("csrf", &[&self.bound])
    }

    /// Whether a command really comes from one of our pages, or from a program: no browser adds a token to what
    /// another site sends.
    #[must_use]
    pub fn csrf_ok(&self, vault: &Vault, fields: &Fields) -> bool {
        if self.bearer != Bearer::None {
            return true;
        }
        if self.foreign || self.bound.is_empty() {
            return false;
        }
        let sent = self.csrf_header.as_deref().or_else(|| fields.get("_csrf")).unwrap_or_default();
        vault.signer.verify("csrf", &[&self.bound], sent)
    }

    /// What stands behind the question mark of the address.
    #[must_use]
    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    /// This page's address with one query parameter exchanged.
    #[must_use]
    pub fn with_query(&self, name: &str, value: &str) -> String {
        let kept = self
            .query()
            .split('&')
            .filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(name))
            .collect::<Vec<_>>();
        let mut out = format!("{}?", self.path);
        for pair in kept {
            out.push_str(pair);
            out.push('&');
        }
        out.push_str(name);
        out.push('=');
        out.extend(percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC));
        out
    }
}

impl FromRequestParts<crate::App> for Req {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &crate::App) -> Result<Self, Infallible> {
        let mut req = Self::read(parts);
        if req.new_visitor {
            req.visitor =
                app.vault.random(|random| format!("{:016x}{:016x}", random.next_u64(), random.next_u64()));
            req.bound = req.visitor.as_bytes().to_vec();
        }
        Ok(req)
    }
}
