//! Styles, icons and scripts, embedded in the binary under names that carry a hash of their content.
//!
//! A template asks for [`url`] by the plain name (`app.css`); the address it gets changes when the
//! content does, so a browser may keep the file for ever and still never shows an old one. The table is
//! written by `build.rs` from what `make assets` built.

use axum::extract::Path;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// One embedded file.
struct Asset {
    /// The name the sources use, `app.css`.
    logical: &'static str,
    /// Where it is served, `/assets/app-0123456789.css`.
    url: &'static str,
    /// The last part of `url`; the table is sorted by it.
    hashed: &'static str,
    /// Its content type.
    kind: &'static str,
    /// Its entity tag, quotes included.
    etag: &'static str,
    /// The content as it is.
    bytes: &'static [u8],
    /// The content compressed by gzip at level 9, when that makes it smaller.
    gzip: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// A name carries the hash of its content, so what is behind it never changes.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// The address of an asset by its logical name, `url("app.css")` → `/assets/app-0123456789.css`.
///
/// An unknown name gives `/assets/missing`, which answers 404: a page without one icon is better than no
/// page, and the browser tests fail on any 404.
#[must_use]
pub fn url(logical: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.logical == logical).map_or("/assets/missing", |asset| asset.url)
}

/// Every logical name, for tests that check what templates ask for.
pub fn names() -> impl Iterator<Item = &'static str> {
    ASSETS.iter().map(|asset| asset.logical)
}

/// Serves `/assets/{name}`: the compressed twin where the browser takes gzip, 304 where it has the file
/// already, 404 for a name that this build does not have.
pub async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let found = ASSETS.binary_search_by(|asset| asset.hashed.cmp(name.as_str()));
    let Some(asset) = found.ok().and_then(|index| ASSETS.get(index)) else {
        // Not to be kept: after an upgrade another process may know the name.
        return (StatusCode::NOT_FOUND, [(CACHE_CONTROL, "no-store")]).into_response();
    };
    let mut out = HeaderMap::with_capacity(6);
    out.insert(CACHE_CONTROL, HeaderValue::from_static(FOREVER));
    out.insert(ETAG, HeaderValue::from_static(asset.etag));
    out.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if knows(&headers, asset.etag) {
        return (StatusCode::NOT_MODIFIED, out).into_response();
    }
    out.insert(CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    out.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let bytes = match asset.gzip {
        Some(gzip) if takes_gzip(&headers) => {
            out.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            gzip
        }
        _ => asset.bytes,
    };
    (out, bytes).into_response()
}

/// Serves `/sw.js`, the service worker, at the root because it may only stand in for addresses below its own. Its
/// name never changes, so the browser asks each time whether it has; what it may load is told here, because a
/// worker does not take over the policy of a page.
pub async fn worker(headers: HeaderMap) -> Response {
    let name = url("sw.js").trim_start_matches("/assets/").to_owned();
    let mut answer = serve(Path(name), headers).await;
    let out = answer.headers_mut();
    out.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    out.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'"),
    );
    answer
}

/// Whether `if-none-match` names this entity tag. Tags are compared weakly, as RFC 9110 §13.1.2 asks.
fn knows(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|tag| tag.trim().trim_start_matches("W/"))
        .any(|tag| tag == etag || tag == "*")
}

/// Whether the browser takes gzip: named, or covered by `*`, and not refused by `q=0`.
fn takes_gzip(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|part| {
            let (coding, weight) = part.split_once(';').unwrap_or((part, ""));
            let coding = coding.trim();
            let refused = weight
                .trim()
                .strip_prefix("q=")
                .is_some_and(|q| q.trim().parse::<f32>().is_ok_and(|q| q <= 0.0));
            (coding.eq_ignore_ascii_case("gzip") || coding == "*") && !refused
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(name: &str, pairs: &[(axum::http::HeaderName, &'static str)]) -> Response {
        let mut headers = HeaderMap::new();
        for (key, value) in pairs {
            headers.insert(key.clone(), HeaderValue::from_static(value));
        }
        serve(Path(name.to_owned()), headers).await
    }

    fn hashed(logical: &str) -> &'static str {
        url(logical).trim_start_matches("/assets/")
    }

    #[test]
    fn the_names_pages_need_are_there() {
        for name in [
            "app.css",
            "app.js",
            "chart.js",
            "code.js",
            "offline.js",
            "scan.js",
            "sw.js",
            "progress.js",
            "icons.svg",
            "logo.svg",
        ] {
            assert_ne!(url(name), "/assets/missing", "{name}");
        }
        assert_eq!(url("nothing.css"), "/assets/missing");
        assert!(ASSETS.is_sorted_by(|a, b| a.hashed < b.hashed));
    }

    #[tokio::test]
    async fn gzip_where_it_is_taken_and_the_plain_file_elsewhere() {
        let plain = get(hashed("app.css"), &[]).await;
        assert_eq!(plain.status(), StatusCode::OK);
        assert!(plain.headers().get(CONTENT_ENCODING).is_none());
        assert_eq!(plain.headers()[CACHE_CONTROL], FOREVER);
        assert_eq!(plain.headers()[CONTENT_TYPE], "text/css; charset=utf-8");
        let zipped = get(hashed("app.css"), &[(ACCEPT_ENCODING, "br, gzip;q=0.8")]).await;
        assert_eq!(zipped.headers()[CONTENT_ENCODING], "gzip");
        let refused = get(hashed("app.css"), &[(ACCEPT_ENCODING, "gzip;q=0")]).await;
        assert!(refused.headers().get(CONTENT_ENCODING).is_none());
    }

    #[tokio::test]
    async fn the_worker_is_asked_for_each_time() {
        let answer = worker(HeaderMap::new()).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-cache");
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, answer.headers()[ETAG].clone());
        let again = worker(headers).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(again.headers()[CACHE_CONTROL], "no-cache");
    }

    #[tokio::test]
    async fn a_known_file_is_not_sent_again_and_an_unknown_one_is_404() {
        let first = get(hashed("app.js"), &[]).await;
        let tag = first.headers()[ETAG].to_str().unwrap().to_owned();
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, format!("\"other\", W/{tag}").parse().unwrap());
        let second = serve(Path(hashed("app.js").to_owned()), headers).await;
        assert_eq!(second.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(get("app.css", &[]).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(get("../Cargo.toml", &[]).await.status(), StatusCode::NOT_FOUND);
    }
}
