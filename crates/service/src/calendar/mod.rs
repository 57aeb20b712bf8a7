//! Calendars that phones subscribe to (RFC 5545): of a person, a team, a station or any part of the city. Only what
//! everybody may know is in them (Fix-08: never the exact place), and ids never change, so that a change or a
//! cancellation reaches the entry it concerns.

pub mod ics;
pub mod store;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use axum::routing::get;
use kernel::error::common;
use kernel::{Error, OrgId};
use sha2::{Digest as _, Sha256};
use ui::{Answer, App, Req};

pub use ics::{Event, Feed};
pub use store::of_person;

/// Pages of this subject.
pub fn routes() -> axum::Router<App> {
    axum::Router::new()
        .route("/teams/{id}/calendar.ics", get(of_org))
        .route("/orgs/{id}/calendar.ics", get(of_org))
}

/// `GET /orgs/{id}/calendar.ics`: the public sessions of a team, or of everything below a place.
async fn of_org(State(app): State<App>, req: Req, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, _| {
        let gone = || Error::from(&common::NOT_FOUND);
        let id: OrgId = id.parse().map_err(|_| gone())?;
        let org = store::org(tx, id)?.ok_or_else(gone)?;
        let name = format!("{} · {}{}", org.name, a.city(req.lang), req.lang.t("邻里", " Linli"));
        let feed = Feed { name: &name, lang: req.lang, base_url: &a.settings.base_url };
        let events = store::of_org(tx, &org)?;
        Ok(answer(&feed.text(&events), &headers, true))
    })
    .await
}

/// The answer with a calendar; `304` when the asker has this very text. `public`: others may keep it too.
#[must_use]
pub fn answer(text: &str, asked: &HeaderMap, public: bool) -> Answer {
    use std::fmt::Write as _;
    let mut tag = String::from("\"");
    for byte in Sha256::digest(text.as_bytes()).iter().take(16) {
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    let known = asked.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').map(|one| one.trim().trim_start_matches("W/")).any(|one| one == tag || one == "*")
    });
    let mut answer = Response::new(if known { Body::empty() } else { Body::from(text.to_owned()) });
    if known {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = answer.headers_mut();
    let keep = if public { "public, max-age=300" } else { "private, max-age=60" };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    answer
}
