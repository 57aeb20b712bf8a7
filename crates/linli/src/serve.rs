//! The server: HTTP/1.1 over hyper with axum's router inside, tuned for many phones behind few
//! connections; health checks, figures, and an end that lets everybody finish.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, DefaultBodyLimit};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use futures_util::{FutureExt as _, StreamExt as _};
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use kernel::error::common;
use kernel::{Actor, Refusal};
use messages::Outbound;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tower::Service as _;
use ui::room::Rooms;
use ui::{App, Req};

use crate::Failure;
use crate::config::Config;
use crate::jobs::{self, Stop};
use crate::metrics::{Class, Metrics, Stored};

/// How long the head of a request may take to arrive.
const HEAD_PATIENCE: Duration = Duration::from_secs(15);
/// How long open requests may take to end when the server is told to.
const FAREWELL: Duration = Duration::from_secs(10);
/// A request that takes longer is noted in the log.
const SLOW: Duration = Duration::from_secs(1);
/// How much of a body that is too large is read before the refusal, in bytes, and how long.
const DRAINED: usize = 64 << 20;
const DRAIN_PATIENCE: Duration = Duration::from_secs(5);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// All routes of all rooms, with what the frame adds.
pub fn router(rooms: &Rooms) -> Router<App> {
    ui::shell::install_assets(assets::url);
    let mut all = Router::new()
        .route("/assets/{name}", axum::routing::get(assets::serve))
        .route("/sw.js", axum::routing::get(assets::worker))
        .fallback(crate::home::not_found);
    for room in rooms.iter() {
        all = all.merge(room.router());
    }
    // It reaches the routes that are there when it is called.
    all.method_not_allowed_fallback(crate::home::wrong_method)
}

/// What every connection shares.
struct House {
    app: App,
    /// For ordinary requests, and for roster files.
    plain: Router,
    upload: Router,
    body_limit: usize,
    upload_limit: usize,
    metrics: Arc<Metrics>,
    metrics_token: Option<String>,
    https: bool,
    ending: AtomicBool,
    /// Distinguishes the request ids of processes.
    tag: u32,
    served: AtomicU64,
    /// When each session last gave a sign of life here, so that the database hears of it once a minute.
    alive: Mutex<HashMap<u64, Instant>>,
}

/// A server at work.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Its figures.
    pub metrics: Arc<Metrics>,
    end: watch::Sender<bool>,
    done: tokio::task::JoinHandle<()>,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Running({})", self.addr)
    }
}

impl Running {
    /// Stops taking connections, lets open requests end (at most ten seconds), ends the workers.
    pub async fn stop(self) {
        self.end.send_replace(true);
        let _ = self.done.await;
    }
}

/// Starts serving and the workers beside it.
///
/// # Errors
/// When the address cannot be bound.
pub async fn start(app: App, config: &Config) -> Result<Running, Failure> {
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|e| format!("cannot listen on {}: {e}; choose another with --listen", config.listen))?;
    let addr = listener.local_addr()?;
    let metrics = Arc::new(Metrics::default());
    let routes = router(&app.rooms);
    let sized = |limit: usize| routes.clone().layer(DefaultBodyLimit::max(limit)).with_state(app.clone());
    let house = Arc::new(House {
        plain: sized(config.body_limit),
        upload: sized(config.upload_limit),
        body_limit: config.body_limit,
        upload_limit: config.upload_limit,
        metrics: Arc::clone(&metrics),
        metrics_token: config.metrics_token.clone(),
        https: config.base_url.starts_with("https://"),
        ending: AtomicBool::new(false),
        tag: app.vault.random(|random| u32::try_from(random.next_u64() >> 32).unwrap_or_default()),
        served: AtomicU64::new(0),
        alive: Mutex::new(HashMap::new()),
        app: app.clone(),
    });
    let stop = Arc::new(Stop::default());
    messages::allow_hosts(config.webhook_allow.clone());
    messages::push::allow_services(config.push_hosts.clone());
    if !config.push_hosts.is_empty() {
        let vault = Arc::clone(&app.vault);
        app.db.write(move |tx| messages::push::commands::key_ensure(tx, &vault)).await?;
    }
    let outbound = Outbound {
        url: config.webhook_url.clone(),
        secret: config.webhook_secret.clone(),
        timeout: config.webhook_timeout,
        allow: config.webhook_allow.clone(),
        push: config.push_hosts.clone(),
        mail: config.mail.clone(),
        vault: Some(Arc::clone(&app.vault)),
        base_url: app.settings.base_url.clone(),
        city: app.settings.city.clone(),
        demo: app.settings.demo,
    };
    let mut workers = jobs::start(&app, &metrics, &stop, config.workers, outbound);
    workers.extend(crate::backup::start(&app, config, &stop));
    let (end, ended) = watch::channel(false);
    let done = tokio::spawn(async move {
        accept(listener, &house, ended).await;
        stop.tell();
        let joined = tokio::task::spawn_blocking(move || {
            for worker in workers {
                let _ = worker.join();
            }
        });
        if tokio::time::timeout(FAREWELL, joined).await.is_err() {
            tracing::warn!("a job did not end in time; another worker will take it up");
        }
    });
    Ok(Running { addr, metrics, end, done })
}

async fn accept(listener: TcpListener, house: &Arc<House>, ended: watch::Receiver<bool>) {
    // Every connection holds a sender; when all are gone, all have ended.
    let (open, mut closed) = mpsc::channel::<()>(1);
    let mut told = ended.clone();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = ended_now(&mut told) => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let (house, ended, open) = (Arc::clone(house), ended.clone(), open.clone());
                tokio::spawn(async move {
                    house.metrics.connections.fetch_add(1, Ordering::Relaxed);
                    connection(stream, peer, &house, ended).await;
                    house.metrics.connections.fetch_sub(1, Ordering::Relaxed);
                    drop(open);
                });
            }
            Err(error) => {
                // Out of file descriptors, mostly: those that are open may close meanwhile.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    house.ending.store(true, Ordering::SeqCst);
    drop((listener, open));
    if tokio::time::timeout(FAREWELL, closed.recv()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}

/// Waits until the end is announced (or nobody is left to announce it).
async fn ended_now(told: &mut watch::Receiver<bool>) {
    let _ = told.wait_for(|told| *told).await;
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    house: &Arc<House>,
    mut ended: watch::Receiver<bool>,
) {
    let _ = stream.set_nodelay(true);
    let entry = Entry { house: Arc::clone(house), peer };
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE).keep_alive(true).pipeline_flush(true);
    let mut serving = pin!(http.serve_connection(TokioIo::new(stream), entry));
    tokio::select! {
        _ = serving.as_mut() => {}
        () = ended_now(&mut ended) => {
            serving.as_mut().graceful_shutdown();
            let _ = serving.await;
        }
    }
}

/// What a connection calls for each request.
struct Entry {
    house: Arc<House>,
    peer: SocketAddr,
}

impl hyper::service::Service<Request<Incoming>> for Entry {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let (house, peer) = (Arc::clone(&self.house), self.peer);
        Box::pin(async move { Ok(answer(&house, peer, request.map(Body::new)).await) })
    }
}

/// What a request is for, by its address and method.
fn class(request: &Request<Body>) -> Class {
    let path = request.uri().path();
    if path.starts_with("/assets/") {
        Class::Asset
    } else if path.starts_with("/api/") {
        Class::Api
    } else if matches!(path, "/healthz" | "/readyz" | "/metrics") {
        Class::Probe
    } else if matches!(*request.method(), Method::GET | Method::HEAD) {
        Class::Page
    } else {
        Class::Command
    }
}

/// Counts the request out again, whatever becomes of it (the sender may hang up in the middle).
struct InFlight<'m>(&'m Metrics);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Renews the session behind a request beside it: staff who work are not signed out (X3). Notes the use of a
/// token likewise.
fn keep_alive(house: &House, request: Request<Body>) -> Request<Body> {
    // Whoever sends a token acts by it, whatever cookies come along.
    let sent = request.headers().get(AUTHORIZATION).filter(|_| request.uri().path().starts_with("/api/v1/"));
    let Some(sent) = sent.or_else(|| request.headers().get(axum::http::header::COOKIE)) else {
        return request;
    };
    let mut hasher = std::hash::DefaultHasher::new();
    std::hash::Hash::hash(sent, &mut hasher);
    let key = std::hash::Hasher::finish(&hasher);
    let now = Instant::now();
    {
        let mut alive = house.alive.lock().unwrap_or_else(PoisonError::into_inner);
        if alive.get(&key).is_some_and(|last| now - *last < Duration::from_secs(60)) {
            return request;
        }
        if alive.len() > 100_000 {
            alive.retain(|_, last| now - *last < Duration::from_secs(60));
        }
        alive.insert(key, now);
    }
    let (parts, body) = request.into_parts();
    let req = ui::Req::read(&parts);
    if req.session.is_some() || matches!(req.bearer, ui::request::Bearer::Token(_)) {
        let app = house.app.clone();
        tokio::spawn(async move { people::account::keep_alive(&app, &req).await });
    }
    Request::from_parts(parts, body)
}

async fn answer(house: &House, peer: SocketAddr, mut request: Request<Body>) -> Response<Body> {
    let started = Instant::now();
    let class = class(&request);
    house.metrics.in_flight.fetch_add(1, Ordering::Relaxed);
    let counted = InFlight(&house.metrics);
    let number = house.served.fetch_add(1, Ordering::Relaxed);
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    request.extensions_mut().insert(ConnectInfo(peer));
    if !path.starts_with("/assets/") {
        request = keep_alive(house, request);
    }

    let routed = std::panic::AssertUnwindSafe(route(house, class, peer, request)).catch_unwind().await;
    let mut answer = routed.unwrap_or_else(|_| {
        house.metrics.panics.fetch_add(1, Ordering::Relaxed);
        tracing::error!(id = %Id(house.tag, number), %method, path, "a handler panicked");
        plain(
            StatusCode::INTERNAL_SERVER_ERROR,
            "系统出错了，请稍后重试。 Something broke; please try again later.\n",
        )
    });
    frame(house, &mut answer, number);
    drop(counted);
    let (took, status) = (started.elapsed(), answer.status().as_u16());
    house.metrics.answered(class, status, took);
    // The address may hold tokens (codes, links): what is logged is its path's first parts at most.
    if status >= 500 || took > SLOW {
        tracing::warn!(id = %Id(house.tag, number), %method, path = logged(&path), status, ?took, "request");
    } else {
        tracing::debug!(id = %Id(house.tag, number), %method, path = logged(&path), status, ?took, "request");
    }
    answer
}

/// The id of a request, in answers and logs.
struct Id(u32, u64);

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:08x}-{:x}", self.0, self.1)
    }
}

/// A path as it may stand in a log: parts that look like tokens are cut.
fn logged(path: &str) -> String {
    let cut = |part: &str| if part.len() > 24 { "…".to_owned() } else { part.to_owned() };
    path.split('/').map(cut).collect::<Vec<_>>().join("/")
}

/// What every answer carries.
fn frame(house: &House, answer: &mut Response<Body>, number: u64) {
    let headers = answer.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&Id(house.tag, number).to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    if !headers.contains_key(X_CONTENT_TYPE_OPTIONS) {
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    }
    if !headers.contains_key(REFERRER_POLICY) {
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    }
    if house.https {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
}

fn plain(status: StatusCode, text: impl Into<Body>) -> Response<Body> {
    let mut answer = Response::new(text.into());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

async fn route(house: &House, class: Class, peer: SocketAddr, mut request: Request<Body>) -> Response<Body> {
    if class == Class::Probe {
        let (path, figures) = (request.uri().path().to_owned(), may_see_figures(house, peer, &request));
        drop(request);
        return probe(house, &path, figures).await;
    }
    let upload = ui::upload::takes_files(request.uri().path());
    let (limit, router) =
        if upload { (house.upload_limit, &house.upload) } else { (house.body_limit, &house.plain) };
    let length =
        request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if let Some(length) = length.filter(|length| *length > limit) {
        return too_large(house, request, length, limit).await;
    }
    let (mut router, mut guarded) = (router.clone(), None);
    if people::account::export::may_export(request.uri().path(), request.uri().query().unwrap_or_default()) {
        let (parts, body) = request.into_parts();
        guarded = Some(Req::read(&parts));
        request = Request::from_parts(parts, body);
    }
    let answer = async move {
        match router.call(request).await {
            Ok(answer) => answer,
            Err(never) => match never {},
        }
    };
    match guarded {
        Some(req) => people::account::export::guarded(&house.app, req, answer).await,
        None => answer.await,
    }
}

async fn too_large(house: &House, request: Request<Body>, length: usize, limit: usize) -> Response<Body> {
    let (parts, body) = request.into_parts();
    // Whoever asked first whether to send it at all gets the answer instead.
    if !parts.headers.contains_key(EXPECT) {
        drain(body).await;
    }
    let req = Req::read(&parts);
    let size = length.div_ceil(1 << 20);
    let refusal = Refusal::new(&common::TOO_LARGE).with("size", size).with("max", limit >> 20);
    if parts.uri.path().starts_with("/api/") {
        return ui::answer::json::<()>(req.lang, 413, Err(refusal.into()));
    }
    ui::error_page(&house.app, &req, &Actor::default(), &refusal.into())
}

/// Reads what nobody wants, a while: a client that is still writing when the connection closes never reads the answer.
async fn drain(body: Body) {
    let mut left = DRAINED;
    let mut chunks = body.into_data_stream();
    let all = async {
        while let Some(Ok(chunk)) = chunks.next().await {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                break;
            }
        }
    };
    // Whether it came to its end or not: the answer goes out now.
    let _ = tokio::time::timeout(DRAIN_PATIENCE, all).await;
}

async fn probe(house: &House, path: &str, figures: bool) -> Response<Body> {
    match path {
        "/healthz" => plain(StatusCode::OK, "ok\n"),
        "/readyz" => {
            if house.ending.load(Ordering::SeqCst) {
                return plain(StatusCode::SERVICE_UNAVAILABLE, "ending\n");
            }
            match stored(house).await {
                Some(_) => plain(StatusCode::OK, "ready\n"),
                None => plain(StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
            }
        }
        _ if figures => {
            let mut answer = plain(StatusCode::OK, house.metrics.text(stored(house).await));
            answer
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"));
            answer
        }
        _ => plain(StatusCode::NOT_FOUND, "not found\n"),
    }
}

/// Figures are for the operator: this machine (but not through a proxy on it), or whoever has the token.
fn may_see_figures(house: &House, peer: SocketAddr, request: &Request<Body>) -> bool {
    let sent = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes);
    let sent = sent.and_then(|value| value.strip_prefix(b"Bearer "));
    let token = house.metrics_token.as_ref().map(String::as_bytes);
    let knows = matches!((token, sent), (Some(token), Some(sent)) if vault::constant_time_eq(token, sent));
    knows || (peer.ip().is_loopback() && !request.headers().contains_key("x-forwarded-for"))
}

async fn stored(house: &House) -> Option<Stored> {
    // Before this question joins the queue.
    let queued = house.app.db.queued();
    let started = Instant::now();
    let asked = tokio::time::timeout(Duration::from_secs(5), house.app.db.read(jobs::waiting)).await;
    let (jobs_ready, jobs_running, outbox, outbox_age_ms) = asked.ok()?.ok()?;
    let answered = started.elapsed();
    let backup =
        house.app.db.read(crate::backup::state).await.ok()?.last_good().map(|run| (run.at, run.bytes));
    Some(Stored { jobs_ready, jobs_running, outbox, outbox_age_ms, queued, answered, backup })
}

/// Waits until somebody asks the process to end (Ctrl-C, SIGTERM).
///
/// # Errors
/// When signals cannot be heard.
pub async fn asked_to_end() -> Result<(), Failure> {
    let mut term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed?,
        _ = term.recv() => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_do_not_reach_the_log() {
        assert_eq!(logged("/activities/123456789012345678"), "/activities/123456789012345678");
        assert_eq!(logged("/set-up/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), "/set-up/…");
        assert_eq!(logged("/k/12345678901234.ABCDEFGHIJKLMNOP"), "/k/…");
    }
}
