//! Answers: pages with their headers, redirects with a flash message, errors as pages or as problem
//! documents (RFC 9457).

use askama::Template;
use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, LOCATION,
    REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use axum::response::IntoResponse as _;
use kernel::error::common;
use kernel::{Actor, Error, Lang, Refusal};

use crate::App;
use crate::form::Fields;
use crate::request::{FLASH, Req, SAVED, VISITOR};
use crate::shell::Shell;

/// A finished answer.
pub type Answer = Response<Body>;

/// What a successful command leads to.
#[derive(Debug, Clone)]
pub struct Done {
    /// Where the person goes next.
    pub to: String,
    /// What is said there.
    pub say: String,
    /// Cookies to set.
    pub cookies: Vec<String>,
}

impl Done {
    /// Goes somewhere with a message.
    pub fn to(to: impl Into<String>, say: impl Into<String>) -> Self {
        Self { to: to.into(), say: say.into(), cookies: Vec::new() }
    }

    /// Sets a cookie as well (a whole `Set-Cookie` value).
    #[must_use]
    pub fn cookie(mut self, cookie: String) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// Tells the browser that a form was taken whose text it kept on the device, so that it forgets it.
    #[must_use]
    pub fn taken(self, app: &App, fields: &Fields) -> Self {
        let draft = fields.text("_draft");
        if draft.is_empty() || draft.len() > 32 || !draft.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return self;
        }
        // The page's script reads it: it is no secret and good for one page.
        let secure = if app.settings.secure_cookies { "; Secure" } else { "" };
        self.cookie(format!("{SAVED}={draft}; Path=/; Max-Age=300; SameSite=Lax{secure}"))
    }

    /// The redirect (303), with the message in a cookie that lives for one page.
    #[must_use]
    pub fn answer(self, app: &App, req: &Req) -> Answer {
        let mut answer = Response::new(Body::empty());
        *answer.status_mut() = if req.part { StatusCode::OK } else { StatusCode::SEE_OTHER };
        let target = HeaderValue::from_str(&local(&self.to)).unwrap_or(HeaderValue::from_static("/"));
        let name = if req.part { HeaderName::from_static("hx-redirect") } else { LOCATION };
        answer.headers_mut().insert(name, target);
        if !self.say.is_empty() {
            let text = percent_encoding::utf8_percent_encode(&self.say, percent_encoding::NON_ALPHANUMERIC);
            add_cookie(&mut answer, &cookie(app, FLASH, &text.to_string(), 20));
        }
        for one in &self.cookies {
            add_cookie(&mut answer, one);
        }
        answer
    }
}

/// Only places of this site: an address that leads elsewhere becomes `/`.
#[must_use]
pub fn local(to: &str) -> String {
    let safe =
        to.starts_with('/') && !to.starts_with("//") && !to.starts_with("/\\") && !to.contains(['\r', '\n']);
    if !safe {
        return "/".to_owned();
    }
    // Header values are ASCII.
    to.chars()
        .map(|c| {
            if c.is_ascii_graphic() {
                c.to_string()
            } else {
                percent_encoding::utf8_percent_encode(&c.to_string(), percent_encoding::NON_ALPHANUMERIC)
                    .to_string()
            }
        })
        .collect()
}

/// A `Set-Cookie` value with the flags every cookie of ours has; `seconds` 0 removes it.
#[must_use]
pub fn cookie(app: &App, name: &str, value: &str, seconds: i64) -> String {
    let secure = if app.settings.secure_cookies { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

fn add_cookie(answer: &mut Answer, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().append(SET_COOKIE, value);
    }
}

/// Renders a page template into an answer with all headers.
///
/// # Errors
/// When the template fails, which is a defect.
pub fn html(app: &App, req: &Req, template: &impl Template) -> Result<Answer, Error> {
    let mut text = String::with_capacity(24 * 1024);
    template.render_into(&mut text).map_err(|e| Error::bug(format!("template: {e}")))?;
    Ok(html_text(app, req, text))
}

/// A page that is already rendered.
#[must_use]
pub fn html_text(app: &App, req: &Req, text: String) -> Answer {
    let mut answer = Response::new(Body::from(text));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    security(headers);
    if req.new_visitor {
        add_cookie(&mut answer, &cookie(app, VISITOR, &req.visitor, 86_400 * 30));
    }
    if req.flash.is_some() {
        add_cookie(&mut answer, &cookie(app, FLASH, "", 0));
    }
    answer
}

fn security(headers: &mut axum::http::HeaderMap) {
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; \
             connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; \
             worker-src 'self'",
        ),
    );
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(self), geolocation=(self), fullscreen=(self), screen-wake-lock=(self)",
        ),
    );
}

/// Widens the policy of one page: pictures from one other origin too (map tiles). Every other page keeps the
/// strict one.
pub fn allow_images(answer: &mut Answer, origin: Option<&str>) {
    let Some(origin) = origin else { return };
    let wider = answer
        .headers()
        .get(CONTENT_SECURITY_POLICY)
        .and_then(|policy| policy.to_str().ok())
        .map(|policy| policy.replace("img-src 'self'", &format!("img-src 'self' {origin}")));
    if let Some(Ok(policy)) = wider.map(|policy| HeaderValue::from_str(&policy)) {
        answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
}

/// How long a browser may show a picture again without asking, in seconds: short, since who may see it can change.
const PICTURE_AGE: &str = "private, max-age=300";

/// A picture of ours to be shown within pages. `tag`: changes with its content; `known`: the tag that the browser has.
#[must_use]
pub fn picture(kind: &'static str, tag: &str, known: Option<&HeaderValue>, bytes: Vec<u8>) -> Answer {
    let tag = HeaderValue::from_str(&format!("\"{tag}\"")).unwrap_or(HeaderValue::from_static("\"\""));
    let same = known.is_some_and(|known| *known == tag);
    let mut answer = Response::new(if same { Body::empty() } else { Body::from(bytes) });
    if same {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = answer.headers_mut();
    if !same {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    headers.insert(ETAG, tag);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(PICTURE_AGE));
    security(headers);
    // Opened by itself it is a picture and nothing that runs.
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    answer
}

/// A file to save.
#[must_use]
pub fn file(name: &str, kind: &'static str, bytes: Vec<u8>) -> Answer {
    let mut answer = Response::new(Body::from(bytes));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let encoded = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    if let Ok(value) =
        HeaderValue::from_str(&format!("attachment; filename=\"export\"; filename*=UTF-8''{encoded}"))
    {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    answer
}

/// Exchanges the status.
pub fn set_status(answer: &mut Answer, status: u16) {
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    shell: Shell,
    sentence: String,
    rule: String,
    way_out: String,
    code: String,
}

/// The page of an error: what happened, why, and what can be done. A visitor who must sign in is sent
/// to the sign-in page and comes back.
#[must_use]
pub fn error_page(app: &App, req: &Req, actor: &Actor, error: &Error) -> Answer {
    let refusal = match error {
        Error::Refused(all) => all.first().cloned().unwrap_or_else(|| Refusal::new(&common::NOT_FOUND)),
        Error::Fault(fault) => {
            tracing::error!(path = req.path, %fault, "a request failed");
            Refusal::new(&common::UNAVAILABLE)
        }
    };
    if refusal.text.status == 401 {
        let back = percent_encoding::utf8_percent_encode(&req.target, percent_encoding::NON_ALPHANUMERIC);
        return Done::to(format!("/sign-in?next={back}"), "").answer(app, req);
    }
    let lang = req.lang;
    let page = ErrorPage {
        shell: Shell::new(app, req, actor, lang.t("不能继续", "Cannot go on")),
        sentence: refusal.sentence(lang),
        rule: refusal.rule(lang),
        way_out: refusal.way_out(lang),
        code: refusal.code().to_owned(),
    };
    let mut answer = html(app, req, &page)
        .unwrap_or_else(|_| (StatusCode::SERVICE_UNAVAILABLE, refusal.sentence(lang)).into_response());
    set_status(&mut answer, refusal.text.status);
    answer
}

/// A problem document (RFC 9457) for an error.
#[must_use]
pub fn problem(lang: Lang, error: &Error) -> (u16, serde_json::Value) {
    let one = |refusal: &Refusal| {
        serde_json::json!({
            "code": refusal.code(), "field": refusal.field, "detail": refusal.sentence(lang),
            "rule": refusal.rule(lang), "way_out": refusal.way_out(lang),
        })
    };
    let all = match error {
        Error::Refused(all) => all.clone(),
        Error::Fault(fault) => {
            tracing::error!(%fault, "a request failed");
            vec![Refusal::new(&common::UNAVAILABLE)]
        }
    };
    let first = all.first().cloned().unwrap_or_else(|| Refusal::new(&common::NOT_FOUND));
    let body = serde_json::json!({
        "type": format!("/problems/{}", first.code()), "title": first.sentence(lang), "status": first.text.status,
        "code": first.code(), "detail": first.way_out(lang), "errors": all.iter().map(one).collect::<Vec<_>>(),
    });
    (first.text.status, body)
}

/// A JSON answer, or a problem document.
#[must_use]
pub fn json<T: serde::Serialize>(lang: Lang, status: u16, result: Result<T, Error>) -> Answer {
    let (status, kind, body) = match result {
        Ok(value) => (status, "application/json", serde_json::to_vec(&value).unwrap_or_default()),
        Err(error) => {
            let (status, body) = problem(lang, &error);
            (status, "application/problem+json", body.to_string().into_bytes())
        }
    };
    json_text(status, kind, body)
}

/// A JSON text that is already written.
#[must_use]
pub fn json_text(status: u16, kind: &'static str, body: Vec<u8>) -> Answer {
    let mut answer = Response::new(Body::from(body));
    set_status(&mut answer, status);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    answer.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_may_load_its_tiles_and_nothing_else() {
        let base =
            |tiles: &str| crate::app::MapBase { tiles: tiles.to_owned(), ..crate::app::MapBase::default() };
        let good = base("https://tiles.example.cn:8443/v1/{z}/{x}/{y}.png");
        assert!(good.good() && base("").good());
        for bad in [
            "https://{s}.tiles.cn/{z}/{x}/{y}",
            "ftp://x/{z}/{x}/{y}",
            "https://x/{z}/{x}",
            "https://a; b/{z}/{x}/{y}",
        ] {
            assert!(!base(bad).good(), "{bad}");
        }
        let mut answer = Answer::new(Body::empty());
        security(answer.headers_mut());
        allow_images(&mut answer, None);
        allow_images(&mut answer, good.origin());
        let policy = answer.headers().get(CONTENT_SECURITY_POLICY).unwrap().to_str().unwrap();
        assert!(policy.contains("img-src 'self' https://tiles.example.cn:8443 data:"), "{policy}");
        assert!(policy.contains("script-src 'self';"));
    }

    #[test]
    fn redirects_stay_on_the_site() {
        assert_eq!(local("/a?b=c"), "/a?b=c");
        assert_eq!(local("https://evil.example/"), "/");
        assert_eq!(local("//evil.example/"), "/");
        assert_eq!(local("/\\evil.example/"), "/");
        assert_eq!(local("/x\r\nSet-Cookie: a=b"), "/");
        assert_eq!(local("/活动"), "/%E6%B4%BB%E5%8A%A8");
    }
}
