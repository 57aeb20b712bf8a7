//! POST to a target, with care where it leads.

use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

use super::rules::Failure;
use crate::webhook::rules::public;

/// Longest answer that is read.
const ANSWER: u64 = 64 * 1024;

/// Resolves names, and keeps only addresses out in the world: a name that leads inside the network is refused where
/// the connection is made, so that it cannot change between looking and connecting.
#[derive(Debug)]
struct Outside(DefaultResolver);

impl Resolver for Outside {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let all = self.0.resolve(uri, config, timeout)?;
        let mut kept = self.empty();
        for addr in all.iter().filter(|addr| public(addr.ip())) {
            kept.push(*addr);
        }
        if kept.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(kept) }
    }
}

/// An agent; `inside`: the host may lie in the network of the program (this machine, or on the operator's list).
#[must_use]
pub fn agent(timeout: Duration, inside: bool) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .build();
    if inside {
        config.into()
    } else {
        ureq::Agent::with_parts(config, DefaultConnector::default(), Outside(DefaultResolver::default()))
    }
}

/// What the other side said.
#[derive(Debug, Clone)]
pub struct Answered {
    /// Status.
    pub status: u16,
    /// The beginning of the text.
    pub text: String,
    /// How long it asked us to wait, as it wrote it (`Retry-After`).
    pub wait: Option<String>,
}

/// Posts a body.
///
/// # Errors
/// In short: the address may carry a token and is not repeated.
pub fn post(
    agent: &ureq::Agent,
    url: &str,
    kind: &str,
    headers: &[(&str, String)],
    body: &[u8],
) -> Result<Answered, Failure> {
    let mut request = agent.post(url).header("content-type", kind).header("user-agent", "linli");
    for (name, value) in headers {
        request = request.header(*name, value.as_str());
    }
    let mut answer = request.send(body).map_err(|error| {
        Failure::again(match error {
            ureq::Error::Timeout(_) => "timeout".to_owned(),
            ureq::Error::HostNotFound => "host not found, or not allowed".to_owned(),
            ureq::Error::Io(error) => format!("connection: {}", error.kind()),
            ureq::Error::Tls(_) | ureq::Error::Rustls(_) => "TLS".to_owned(),
            _ => "connection".to_owned(),
        })
    })?;
    let text = answer.body_mut().with_config().limit(ANSWER).read_to_string().unwrap_or_default();
    let wait = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()).map(str::to_owned);
    Ok(Answered { status: answer.status().as_u16(), text, wait })
}
