//! A command whose refusal must not undo what it wrote: a wrong code counts as a try although the form
//! is shown again; and what travels in a cookie between the steps.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use db::WriteTx;
use kernel::error::common;
use kernel::{Actor, Error};
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form};
use ui::{App, Req};

/// Runs `command`; `Ok(Err(refused))` commits and shows the form again, `Err` rolls back and does so.
pub(crate) async fn settle<F, G>(app: &App, req: Req, fields: Fields, command: F, again: G) -> Answer
where
    F: Fn(&mut WriteTx<'_>, &Req, &Actor, &Fields) -> Result<Result<Done, Error>, Error> + Send + 'static,
    G: Fn(&mut db::ReadTx<'_>, &Req, &Actor, &Form) -> Result<Answer, Error> + Send + 'static,
{
    if !req.csrf_ok(&app.vault, &fields) {
        return ui::answer::error_page(app, &req, &Actor::default(), &(&common::CSRF).into());
    }
    let (inner, asked, sent) = (app.clone(), req.clone(), fields.clone());
    let result = app
        .db
        .write(move |tx| {
            let actor = inner.actor(tx, &asked)?;
            command(tx, &asked, &actor, &sent)
        })
        .await;
    match result.and_then(|inner| inner) {
        Ok(done) => done.answer(app, &req),
        Err(Error::Refused(refusals)) if refusals.iter().all(|r| !matches!(r.text.status, 401 | 404)) => {
            let status = refusals.first().map_or(422, |refusal| refusal.text.status);
            let form = Form { fields, refusals };
            let mut answer = app.page(req, move |tx, req, actor| again(tx, req, actor, &form)).await;
            if answer.status().is_success() {
                ui::answer::set_status(&mut answer, status);
            }
            answer
        }
        Err(error) => ui::answer::error_page(app, &req, &Actor::default(), &error),
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Kept<T> {
    until: i64,
    value: T,
}

/// A cookie that carries something only this server can read, for so many milliseconds; `field` binds it to its use.
pub(crate) fn cookie<T: serde::Serialize>(app: &App, name: &str, field: &str, value: T, ms: i64) -> String {
    let now = app.db.ctx().clock.now().0;
    let plain = serde_json::to_vec(&Kept { until: now + ms, value }).unwrap_or_default();
    let sealed = hex(&app.vault.fields.encrypt(field, &plain));
    ui::answer::cookie(app, name, &sealed, ms / 1000)
}

/// What [`cookie`] carries, while it holds.
pub(crate) fn read<T: serde::de::DeserializeOwned>(
    app: &App,
    headers: &HeaderMap,
    name: &str,
    field: &str,
) -> Option<T> {
    let now = app.db.ctx().clock.now().0;
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|all| all.split("; "))
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
        .and_then(unhex)
        .and_then(|sealed| app.vault.fields.decrypt(field, &sealed).ok())
        .and_then(|plain| serde_json::from_slice::<Kept<T>>(&plain).ok())
        .filter(|kept| kept.until > now)
        .map(|kept| kept.value)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || text.len() > 8000 || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_there_and_back() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(unhex(&hex(&bytes)), Some(bytes));
        assert_eq!(unhex("abc"), None);
        assert_eq!(unhex("zz"), None);
        assert_eq!(unhex("éé"), None);
    }
}
