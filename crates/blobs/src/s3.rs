//! Files in a bucket that speaks S3. Requests are signed here by a library that does nothing else (`rusty-s3`) and sent
//! by the HTTP client the program has anyway.

use std::fs::File;
use std::io::Read;
use std::time::Duration;

use rusty_s3::actions::ListObjectsV2;
use rusty_s3::{Bucket, Credentials, S3Action as _, UrlStyle};
use ureq::SendBody;

use crate::{BlobError, Entry, Kept, Source, Store, measure};

/// How long a signed address is good for.
const GOOD_FOR: Duration = Duration::from_secs(300);
/// Largest answer to a list.
const LIST_MAX: u64 = 8 << 20;

/// Where the bucket is.
#[derive(Clone)]
pub struct S3Config {
    /// Address of the service, `https://s3.example.cn`.
    pub endpoint: String,
    /// Region; services without any take any.
    pub region: String,
    /// The bucket.
    pub bucket: String,
    /// Access key.
    pub key: String,
    /// Its secret.
    pub secret: String,
    /// What all keys begin with, `linli/`; may be empty.
    pub prefix: String,
    /// Whether the bucket is the host's first part (`bucket.s3.example.cn`) instead of the path's.
    pub host_style: bool,
    /// How long an answer may take to begin.
    pub patience: Duration,
    /// Pauses before a failed request is sent again.
    pub pauses: Vec<Duration>,
}

impl S3Config {
    /// The usual pauses between tries.
    #[must_use]
    pub fn usual_pauses() -> Vec<Duration> {
        vec![Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(3)]
    }
}

impl std::fmt::Debug for S3Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "S3Config({} {}/{})", self.endpoint, self.bucket, self.prefix)
    }
}

/// A bucket.
pub struct S3 {
    bucket: Bucket,
    credentials: Credentials,
    prefix: String,
    endpoint: String,
    agent: ureq::Agent,
    pauses: Vec<Duration>,
}

impl std::fmt::Debug for S3 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "S3({})", self.name())
    }
}

/// What became of one try.
enum Failed {
    /// It may go better in a moment.
    Passing(String),
    /// It will not.
    Lasting(BlobError),
}

impl S3 {
    /// Opens a bucket; nothing is sent yet.
    ///
    /// # Errors
    /// When the endpoint is no address.
    pub fn new(config: S3Config) -> Result<Self, BlobError> {
        let wrong = |text: String| BlobError::Remote(text);
        let endpoint: url::Url = config
            .endpoint
            .parse()
            .map_err(|_| wrong(format!("{} is no address of a service", config.endpoint)))?;
        if !matches!(endpoint.scheme(), "http" | "https") || endpoint.host_str().is_none() {
            return Err(wrong(format!("{} is no address of a service", config.endpoint)));
        }
        let style = if config.host_style { UrlStyle::VirtualHost } else { UrlStyle::Path };
        let bucket = Bucket::new(endpoint, style, config.bucket, config.region)
            .map_err(|error| wrong(format!("the bucket: {error}")))?;
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(config.patience))
            .timeout_send_body(Some(config.patience * 10))
            .timeout_recv_response(Some(config.patience))
            .timeout_recv_body(Some(config.patience * 10))
            .build();
        Ok(Self {
            bucket,
            credentials: Credentials::new(config.key, config.secret),
            prefix: config.prefix,
            endpoint: config.endpoint,
            agent: agent.into(),
            pauses: config.pauses,
        })
    }

    fn full(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// Does something until it succeeds, cannot succeed, or was tried often enough.
    fn patiently<T>(&self, mut once: impl FnMut() -> Result<T, Failed>) -> Result<T, BlobError> {
        let mut pauses = self.pauses.iter();
        loop {
            match once() {
                Ok(done) => return Ok(done),
                Err(Failed::Lasting(error)) => return Err(error),
                Err(Failed::Passing(text)) => match pauses.next() {
                    Some(pause) => {
                        tracing::warn!(reason = text, "the file store is asked again");
                        std::thread::sleep(*pause);
                    }
                    None => return Err(BlobError::Remote(text)),
                },
            }
        }
    }

    /// An answer that is good, or what is wrong with it.
    fn good(
        key: &str,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<ureq::http::Response<ureq::Body>, Failed> {
        let mut answer = answer.map_err(|error| Failed::Passing(said(&error)))?;
        let status = answer.status().as_u16();
        match status {
            200..=299 => Ok(answer),
            404 => Err(Failed::Lasting(BlobError::NotFound(key.to_owned()))),
            408 | 429 | 500..=599 => Err(Failed::Passing(format!("it answered {status}"))),
            _ => {
                let text = answer.body_mut().with_config().limit(4096).read_to_string().unwrap_or_default();
                let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
                let code = code.map_or("", |(code, _)| code);
                Err(Failed::Lasting(BlobError::Remote(format!("it answered {status} {code}"))))
            }
        }
    }
}

/// An error without the address, which is signed.
fn said(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "no answer in time".to_owned(),
        ureq::Error::HostNotFound => "the host was not found".to_owned(),
        ureq::Error::Io(error) => format!("connection: {}", error.kind()),
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => "TLS failed".to_owned(),
        ureq::Error::BodyExceedsLimit(_) => "the answer is too long".to_owned(),
        _ => "the request failed".to_owned(),
    }
}

impl Store for S3 {
    fn put(&self, key: &str, from: Source<'_>) -> Result<Kept, BlobError> {
        let kept = measure(from)?;
        let object = self.full(key);
        self.patiently(|| {
            let url = self.bucket.put_object(Some(&self.credentials), &object).sign(GOOD_FOR);
            let request = self.agent.put(url.as_str()).content_type("application/octet-stream");
            let answer = match from {
                Source::Bytes(bytes) => request.send(bytes),
                Source::File(path) => {
                    let file = File::open(path)
                        .map_err(|e| Failed::Lasting(BlobError::Io(path.display().to_string(), e)))?;
                    request
                        .header("content-length", kept.bytes.to_string())
                        .send(SendBody::from_owned_reader(file.take(kept.bytes)))
                }
            };
            Self::good(key, answer).map(|_| ())
        })?;
        Ok(kept)
    }

    fn get(&self, key: &str) -> Result<Box<dyn Read + Send>, BlobError> {
        let object = self.full(key);
        let answer = self.patiently(|| {
            let url = self.bucket.get_object(Some(&self.credentials), &object).sign(GOOD_FOR);
            Self::good(key, self.agent.get(url.as_str()).call())
        })?;
        Ok(Box::new(answer.into_body().into_reader()))
    }

    fn delete(&self, key: &str) -> Result<(), BlobError> {
        let object = self.full(key);
        let done = self.patiently(|| {
            let url = self.bucket.delete_object(Some(&self.credentials), &object).sign(GOOD_FOR);
            Self::good(key, self.agent.delete(url.as_str()).call()).map(|_| ())
        });
        match done {
            Err(BlobError::NotFound(_)) => Ok(()),
            other => other,
        }
    }

    fn list(&self, prefix: &str, each: &mut dyn FnMut(Entry)) -> Result<(), BlobError> {
        let prefix = self.full(prefix);
        let mut next: Option<String> = None;
        loop {
            let page = self.patiently(|| {
                let mut action = self.bucket.list_objects_v2(Some(&self.credentials));
                action.with_prefix(prefix.clone());
                if let Some(token) = &next {
                    action.with_continuation_token(token.clone());
                }
                let mut answer = Self::good("", self.agent.get(action.sign(GOOD_FOR).as_str()).call())?;
                let text = answer
                    .body_mut()
                    .with_config()
                    .limit(LIST_MAX)
                    .read_to_string()
                    .map_err(|error| Failed::Passing(said(&error)))?;
                ListObjectsV2::parse_response(&text)
                    .map_err(|_| Failed::Passing("the list cannot be read".to_owned()))
            })?;
            for one in page.contents {
                let Some(key) = one.key.strip_prefix(&self.prefix) else { continue };
                let at: Option<jiff::Timestamp> = one.last_modified.parse().ok();
                let modified_ms = at.map_or(i64::MAX, jiff::Timestamp::as_millisecond);
                each(Entry { key: key.to_owned(), bytes: one.size, modified_ms });
            }
            match page.next_continuation_token {
                Some(token) if next.as_ref() != Some(&token) => next = Some(token),
                _ => return Ok(()),
            }
        }
    }

    fn name(&self) -> String {
        format!("S3 {} {}/{}", self.endpoint, self.bucket.name(), self.prefix)
    }

    fn remote(&self) -> bool {
        true
    }
}
