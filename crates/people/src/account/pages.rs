//! One's own account: sessions, password, and how pages look.

use askama::Template;
use axum::extract::{Query, State};
use axum::routing::{get, post};
use db::ReadTx;
use kernel::error::{Collect, common};
use kernel::{AccountId, Actor, Error, Refusal, Timestamp};
use ui::{Answer, App, Done, Fields, Form, Req, Shell, answer};
use vault::{Candidate, Policy};

use super::commands::{self, hex};
use super::sign_in::{again, checked, hashing, raw};
use super::store::{self, Account};
use super::{refusals, rules};
use crate::audit;

pub(super) fn routes() -> axum::Router<App> {
    axum::Router::new()
        .route("/me/sessions", get(sessions))
        .route("/me/sessions/end", post(end))
        .route("/me/sessions/end-others", post(end_others))
        .route("/me/password", get(password).post(change))
        .route("/settings/look", post(look))
        .route("/settings/lang", get(lang))
}

/// A session in the list.
struct Line {
    key: String,
    device: String,
    from: String,
    since: String,
    seen: String,
    here: bool,
}

#[derive(Template)]
#[template(path = "account/sessions.html")]
struct SessionsPage {
    shell: Shell,
    lines: Vec<Line>,
    has_password: bool,
    staff: bool,
}

async fn sessions(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let account = actor.account()?;
        let has_login = store::account_find(tx, account)?.is_some_and(|found| found.login.is_some());
        let unknown = req.lang.t("未知设备", "Unknown device");
        let lines = store::sessions_of(tx, account)?
            .into_iter()
            .map(|one| Line {
                here: req.session.as_ref() == Some(&one.token_hash),
                key: hex(&one.token_hash),
                device: if one.device.is_empty() { unknown.to_owned() } else { one.device },
                from: one.from_addr,
                since: one.created_at.text(),
                seen: one.seen_at.text(),
            })
            .collect();
        let shell = a.shell(req, actor, req.lang.t("我的登录", "My sessions"));
        answer::html(
            &a,
            req,
            &SessionsPage {
                shell,
                lines,
                has_password: has_login,
                staff: has_login || !actor.grants.is_empty(),
            },
        )
    })
    .await
}

fn unhex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .filter_map(|pair| std::str::from_utf8(pair).ok().and_then(|two| u8::from_str_radix(two, 16).ok()))
        .collect()
}

async fn end(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    app.command(req, fields, |tx, req, actor, fields| {
        let account = actor.account()?;
        if !store::session_end(tx, account, &unhex(fields.text("key")))? {
            return Err((&common::NOT_FOUND).into());
        }
        audit::note(tx, actor, "session.end", "account", account.0, "1")?;
        Ok(Done::to("/me/sessions", req.lang.t("已结束该登录", "The session was ended")))
    })
    .await
}

async fn end_others(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    app.command(req, fields, |tx, req, actor, _| {
        let account = actor.account()?;
        let keep = req.session.clone().unwrap_or_default();
        let ended = store::session_end_others(tx, account, &keep)?;
        audit::note(tx, actor, "session.end", "account", account.0, &ended.to_string())?;
        let say = req.lang.f("已结束其他 {} 处登录", "{} other sessions were ended", &[&ended]);
        Ok(Done::to("/me/sessions", say))
    })
    .await
}

#[derive(Template)]
#[template(path = "account/password.html")]
struct PasswordPage {
    shell: Shell,
    form: Form,
    login: String,
    must_change: bool,
    changed: String,
}

fn own(tx: &mut ReadTx<'_>, actor: &Actor) -> Result<Account, Error> {
    let account = store::account_find(tx, actor.account()?)?.ok_or(&common::NOT_FOUND)?;
    if account.login.is_none() || account.password_hash.is_none() {
        return Err((&refusals::PASSWORD_NONE).into());
    }
    Ok(account)
}

fn password_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    form: &Form,
) -> Result<Answer, Error> {
    let account = own(tx, actor)?;
    let page = PasswordPage {
        shell: app.shell(req, actor, req.lang.t("修改密码", "Change password")),
        form: form.clone(),
        login: account.login.unwrap_or_default(),
        must_change: account.must_change,
        changed: account.password_at.map(Timestamp::text).unwrap_or_default(),
    };
    answer::html(app, req, &page)
}

async fn password(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| password_page(&a, tx, req, actor, &Form::default())).await
}

async fn change(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    match try_change(&app, &req, &fields).await {
        Ok(()) => Done::to(
            "/",
            req.lang.t("密码已修改，其他登录已结束", "Password changed; other sessions were ended"),
        )
        .answer(&app, &req),
        Err(error) => {
            let a = app.clone();
            again(&app, req, Fields::default(), error, move |tx, req, actor, form| {
                password_page(&a, tx, req, actor, form)
            })
            .await
        }
    }
}

/// The refusals of a new password typed twice, as far as they show without comparing old ones.
pub(super) fn new_password(
    collect: &mut Collect,
    password: &str,
    repeat: &str,
    login: &str,
    old: &[String],
    passwords: &vault::Passwords,
) -> Result<(), Error> {
    let candidate = Candidate { password, user_name: Some(login), phone: None, old_hashes: old };
    let found = Policy::staff()
        .weaknesses(&candidate, passwords)
        .map_err(|error| Error::bug(format!("old passwords cannot be compared: {error}")))?;
    for one in found {
        collect.push(rules::weakness(one));
    }
    collect.check(password != repeat, || Refusal::new(&refusals::PASSWORD_REPEAT).on("repeat"));
    Ok(())
}

async fn try_change(app: &App, req: &Req, fields: &Fields) -> Result<(), Error> {
    checked(app, req, fields)?;
    let (a, asked) = (app.clone(), req.clone());
    // Somebody at an unlocked desk must not guess the present password here either (X2).
    let begun = app
        .db
        .write(move |tx| {
            let actor = a.actor(tx, &asked)?;
            let account = own(tx, &actor)?;
            let key = format!("password:{}", account.id);
            let wait = commands::hit(tx, &key, rules::TRIES, rules::LOCK_MS, rules::LOCK_MS)?;
            let present = account.password_hash.clone().unwrap_or_default();
            let former = store::password_history(tx, account.id)?;
            let mut old = vec![present.clone()];
            old.extend(former.into_iter().filter(|one| *one != present));
            Ok::<_, Error>((account, old, wait))
        })
        .await?;
    let (account, old, wait) = begun;
    if let Some(wait) = wait {
        return Err(Refusal::new(&refusals::LOCKED).with("seconds", wait).into());
    }
    let (current, new, repeat) = (raw(fields, "current"), raw(fields, "password"), raw(fields, "repeat"));
    let (vault, login) = (app.vault.clone(), account.login.clone().unwrap_or_default());
    let (present, hash) = hashing(move || -> Result<(String, String), Error> {
        let mut collect = Collect::default();
        let present = old.first().cloned().unwrap_or_default();
        let good = vault.passwords.verify(&current, &present).unwrap_or(false);
        collect.check(!good, || Refusal::new(&refusals::PASSWORD_CURRENT).on("current"));
        // Only whoever knows the present password learns which ones were used before.
        let known = if good { old.as_slice() } else { &[] };
        new_password(&mut collect, &new, &repeat, &login, known, &vault.passwords)?;
        collect.done()?;
        let hash = vault.hash_password(&new).map_err(|error| Error::bug(error.to_string()))?;
        Ok((present, hash))
    })
    .await??;
    let (a, asked) = (app.clone(), req.clone());
    app.db
        .write(move |tx| {
            let actor = a.actor(tx, &asked)?;
            let keep = asked.session.clone().unwrap_or_default();
            store::attempt_clear(tx, &format!("password:{}", AccountId(account.id.0)))?;
            commands::change_password(tx, &actor, &present, &hash, &keep)
        })
        .await
}

/// A year, in seconds.
const YEAR_S: i64 = 365 * 86_400;

/// Elder mode and dark mode. A preference, not a command: no check code, so that it works at once for a
/// visitor without cookies.
async fn look(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let mut done = Done::to(fields.text("next"), "");
    if !req.foreign {
        for (field, name) in [("elder", "linli_elder"), ("dark", "linli_dark")] {
            if fields.get(field).is_some() {
                let on = if fields.ticked(field) { "1" } else { "0" };
                done = done.cookie(answer::cookie(&app, name, on, YEAR_S));
            }
        }
    }
    done.answer(&app, &req)
}

#[derive(serde::Deserialize, Default)]
struct Tongue {
    #[serde(default)]
    lang: String,
    #[serde(default)]
    next: String,
}

async fn lang(State(app): State<App>, req: Req, Query(asked): Query<Tongue>) -> Answer {
    let code = kernel::Lang::from_code(&asked.lang).code();
    Done::to(asked.next, "").cookie(answer::cookie(&app, "linli_lang", code, YEAR_S)).answer(&app, &req)
}
