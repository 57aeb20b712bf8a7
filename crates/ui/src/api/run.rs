//! How an operation runs: the request is read, the actor loaded inside the unit of work, the scope asked, the
//! command carried out, and the answer kept with its effect when the request has a key.

use std::any::TypeId;
use std::future::Future;
use std::sync::{Arc, OnceLock};

use axum::body::Bytes;
use axum::extract::{FromRequest as _, FromRequestParts as _, Path, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Uri};
use db::{DbError, ReadTx, WriteTx, idempotency};
use kernel::error::common;
use kernel::{Actor, Error, Refusal, Scope};
use serde_json::Value;

use super::{Call, Input, Output, refusals};
use crate::answer::{self, Answer};
use crate::request::Bearer;
use crate::{App, Fields, Req};

/// Loads the actor behind a token's hash; `None`: there is no such token, or it is over.
pub type TokenActor = fn(&mut ReadTx<'_>, &[u8], &str) -> Result<Option<Actor>, Error>;

static BY_TOKEN: OnceLock<TokenActor> = OnceLock::new();

/// Tells who finds the owner of a token (`people`, which `ui` may not know). The first one stays.
pub fn on_token(find: TokenActor) {
    let _ = BY_TOKEN.set(find);
}

/// The actor behind a token.
pub(crate) fn token_actor(tx: &mut ReadTx<'_>, hash: &[u8], from: &str) -> Result<Actor, Error> {
    let find = BY_TOKEN.get().ok_or_else(|| Error::from(&common::TOKEN))?;
    find(tx, hash, from)?.ok_or_else(|| (&common::TOKEN).into())
}

/// Whether an operation takes a body or a query: the empty type says that it does not.
pub(super) fn has_any<T: 'static>() -> bool {
    TypeId::of::<T>() != TypeId::of::<()>()
}

fn why(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// PostgreSQL knows no NUL in texts, and nobody else has a use for it.
fn has_nul(uri: &Uri) -> bool {
    uri.path().contains("%00") || uri.query().is_some_and(|query| query.contains("%00"))
}

async fn call<P: Input, Q: Input, B: Input>(
    app: &App,
    request: Request,
) -> Result<Call<P, Q, B>, (Req, Error)> {
    let (mut parts, body) = request.into_parts();
    let Ok(req) = Req::from_request_parts(&mut parts, app).await;
    if has_nul(&parts.uri) {
        return Err((req, (&common::NOT_FOUND).into()));
    }
    let Ok(Path(path)) = Path::<P>::from_request_parts(&mut parts, app).await else {
        return Err((req, (&common::NOT_FOUND).into()));
    };
    let query = match query_of::<Q>(&parts.uri) {
        Ok(query) => query,
        Err(refusal) => return Err((req, refusal.into())),
    };
    let json = parts
        .headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.split(';').next().unwrap_or_default().trim() == "application/json");
    let Ok(raw) = Bytes::from_request(Request::from_parts(parts, body), app).await else {
        let refusal = Refusal::new(&common::TOO_LARGE).with("size", "?").with("max", 1);
        return Err((req, refusal.into()));
    };
    match body_of::<B>(&raw, json) {
        Ok(body) => Ok(Call { req, path, query, body, raw }),
        Err(refusal) => Err((req, refusal.into())),
    }
}

fn query_of<Q: Input>(uri: &Uri) -> Result<Q, Refusal> {
    // Whatever an operation without parameters is asked with is passed over, `?lang=` for one.
    let read = if has_any::<Q>() {
        Query::<Q>::try_from_uri(uri).map(|Query(query)| query).map_err(|error| error.body_text())
    } else {
        serde_json::from_value(Value::Null).map_err(|error| error.to_string())
    };
    read.map_err(|text| Refusal::new(&refusals::QUERY).with("why", why(&text)))
}

fn body_of<B: Input>(raw: &[u8], json: bool) -> Result<B, Refusal> {
    let value = if !has_any::<B>() {
        Value::Null
    } else if raw.is_empty() {
        Value::Object(serde_json::Map::new())
    } else if json {
        let mut value = serde_json::from_slice(raw)
            .map_err(|error| Refusal::new(&refusals::JSON).with("why", why(&error.to_string())))?;
        clean(&mut value);
        value
    } else {
        return Err(Refusal::new(&refusals::MEDIA));
    };
    serde_json::from_value(value)
        .map_err(|error| Refusal::new(&refusals::SHAPE).with("why", why(&error.to_string())))
}

/// Control characters never belong into a text of a person, by whatever way it comes.
fn clean(value: &mut Value) {
    match value {
        Value::String(text) if text.contains(|c: char| c.is_control()) => {
            text.retain(|c| !c.is_control() || matches!(c, '\n' | '\t'));
        }
        Value::Array(all) => all.iter_mut().for_each(clean),
        Value::Object(all) => all.values_mut().for_each(clean),
        _ => {}
    }
}

fn enter(app: &App, tx: &mut ReadTx<'_>, req: &Req, scope: Scope) -> Result<Actor, Error> {
    let actor = app.actor(tx, req)?;
    actor.demand_scope(scope)?;
    Ok(actor)
}

pub(super) async fn read<P, Q, T, F>(app: App, request: Request, scope: Scope, ask: F) -> Answer
where
    P: Input + Clone,
    Q: Input + Clone,
    T: Output,
    F: Fn(&App, &mut ReadTx<'_>, &Actor, &Call<P, Q>) -> Result<T, Error> + Send + 'static,
{
    let call = match call::<P, Q, ()>(&app, request).await {
        Ok(call) => call,
        Err((req, error)) => return answer::json::<()>(req.lang, 0, Err(error)),
    };
    let lang = call.req.lang;
    let a = app.clone();
    let result = app
        .db
        .read(move |tx| {
            let actor = enter(&a, tx, &call.req, scope)?;
            ask(&a, tx, &actor, &call)
        })
        .await;
    answer::json(lang, 200, result)
}

/// A finished answer, and whether it was given before.
struct Given {
    status: u16,
    text: String,
    again: bool,
}

/// What a key stands for: hashes of account, address and key, and of what was sent.
struct Key {
    hash: Vec<u8>,
    sent: String,
}

fn key<P, B>(app: &App, actor: &Actor, call: &Call<P, (), B>) -> Option<Key> {
    let (text, account) = (call.req.idempotency_key.as_deref()?, actor.account?);
    let index = |bytes: &[u8]| app.vault.indexes.index("idempotency", bytes).as_bytes().to_vec();
    let hash = index(format!("{account} {} {} {text}", call.req.method, call.req.target).as_bytes());
    let sent = index(&call.raw).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    Some(Key { hash, sent })
}

fn kept(tx: &mut ReadTx<'_>, key: &Key) -> Result<Option<Given>, Error> {
    let Some(found) = idempotency::find(tx, &key.hash)? else { return Ok(None) };
    match found.answer.split_once('\n') {
        Some((sent, text)) if sent == key.sent => {
            let status = u16::try_from(found.status).unwrap_or(200);
            Ok(Some(Given { status, text: text.to_owned(), again: true }))
        }
        _ => Err((&refusals::KEY_REUSED).into()),
    }
}

fn keep(tx: &mut WriteTx<'_>, key: &Key, given: &Given) -> Result<(), Error> {
    let text = format!("{}\n{}", key.sent, given.text);
    match idempotency::keep(tx, &key.hash, i64::from(given.status), &text) {
        Err(DbError::Unique(name)) if name == "idempotency_pkey" => Err((&refusals::KEY_BUSY).into()),
        other => Ok(other?),
    }
}

pub(super) async fn write<P, B, X, T, Before, Found, F>(
    app: App,
    request: Request,
    scope: Scope,
    status: u16,
    before: Before,
    act: F,
) -> Answer
where
    P: Input + Clone,
    B: Input + Clone,
    X: Clone + Send + Sync + 'static,
    T: Output,
    Before: Fn(App, Arc<Call<P, (), B>>) -> Found + Send + 'static,
    Found: Future<Output = Result<X, Error>> + Send + 'static,
    F: Fn(&App, &mut WriteTx<'_>, &Actor, &Call<P, (), B>, &X) -> Result<T, Error> + Clone + Send + 'static,
{
    let call = match call::<P, (), B>(&app, request).await {
        Ok(call) => Arc::new(call),
        Err((req, error)) => return answer::json::<()>(req.lang, 0, Err(error)),
    };
    let lang = call.req.lang;
    // Asking changes nothing for anybody else, even where it is noted who asked.
    if call.req.method != "GET" && !call.req.csrf_ok(&app.vault, &Fields::default()) {
        // Whoever is nobody is told so, rather than that a check code is missing.
        let error = if call.req.session.is_some() { &common::CSRF } else { &common::SIGN_IN };
        return answer::json::<()>(lang, 0, Err(error.into()));
    }
    if call.req.bearer != Bearer::None {
        // What comes first may be units of work of their own, which a token without the scope must not reach.
        let (a, asked) = (app.clone(), call.req.clone());
        if let Err(error) = app.db.read(move |tx| enter(&a, tx, &asked, scope).map(|_| ())).await {
            return answer::json::<()>(lang, 0, Err(error));
        }
    }
    let found = before(app.clone(), Arc::clone(&call)).await;
    let work = || {
        let (a, call, act, found) = (app.clone(), Arc::clone(&call), act.clone(), found.clone());
        move |tx: &mut WriteTx<'_>| {
            let actor = enter(&a, tx, &call.req, scope)?;
            let key = key(&a, &actor, &call);
            if let Some(key) = &key
                && let Some(given) = kept(tx, key)?
            {
                return Ok(given);
            }
            let found = found.clone()?;
            let made = act(&a, tx, &actor, &call, &found)?;
            let text = serde_json::to_string(&made).map_err(|e| Error::bug(format!("an answer: {e}")))?;
            let given = Given { status, text, again: false };
            if let Some(key) = &key {
                keep(tx, key, &given)?;
            }
            Ok::<_, Error>(given)
        }
    };
    let mut done = app.db.write(work()).await;
    if done.as_ref().is_err_and(|error| error.code() == refusals::KEY_BUSY.code) {
        // The other one with this key is through: its answer is there now.
        done = app.db.write(work()).await;
    }
    match done {
        Ok(given) => {
            let mut out = answer::json_text(given.status, "application/json", given.text.into_bytes());
            if given.again {
                out.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
            }
            out
        }
        Err(error) => answer::json::<()>(lang, 0, Err(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, serde::Deserialize, schemars::JsonSchema, Debug)]
    #[serde(deny_unknown_fields)]
    struct Body {
        name: String,
    }

    #[test]
    fn bodies_are_read_strictly() {
        assert_eq!(body_of::<Body>("{\"name\":\"a\\u0000b\"}".as_bytes(), true).unwrap().name, "ab");
        let code = |text: &str, json| body_of::<Body>(text.as_bytes(), json).unwrap_err().code();
        assert_eq!(code("{\"name\":\"a\",\"nmae\":1}", true), "api.shape");
        assert_eq!(code("", true), "api.shape");
        assert_eq!(code("{", true), "api.json");
        assert_eq!(code("name=a", false), "api.media_type");
        assert!(body_of::<()>(b"whatever", false).is_ok());
    }
}
