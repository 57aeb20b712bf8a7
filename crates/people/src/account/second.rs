//! The second factor of staff (X4): a time-based code (RFC 6238) asked after the first factor, with recovery
//! codes for the day the phone is lost. The secret is stored encrypted; codes and secrets are never logged.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::routing::{get, post};
use db::{DbError, ReadTx, WriteTx, args, row, sql};
use kernel::error::common;
use kernel::{AccountId, Action, Actor, Error, Refusal, Timestamp, codes, ids};
use ui::{Answer, App, Done, Fields, Form, Req, Shell, answer};
use vault::{SlipCode, TotpSecret, Vault};

use super::sign_in::{again, checked, device_of, next_of, refused};
use super::store::{self, GrantId};
use super::{commands, refusals, rules};
use crate::audit;

ids! {
    /// A recovery code.
    RecoveryId;
}

codes! {
    /// Whether staff give a second factor (setting `security_staff_totp`).
    pub enum Policy {
        /// Nobody is asked.
        Off = "off", "不使用", "Off";
        /// Whoever set one up is asked.
        Optional = "optional", "自愿", "Optional";
        /// Everybody with a role sets one up at the next sign-in.
        Required = "required", "必须", "Required";
    }
}

row! {
    struct Factor {
        secret_enc: Vec<u8>, confirmed_at: Option<Timestamp>, last_step: i64,
    }
}

/// Name of the setting in the database; the binary writes it at its start.
pub const POLICY: &str = "staff_totp";
/// What the stored secret is bound to.
const CONTEXT: &str = "account.totp";
/// Recovery codes that are given.
const RECOVERY: usize = 10;

pub(super) fn routes() -> axum::Router<App> {
    axum::Router::new()
        .route("/sign-in/second", post(sign_in))
        .route("/sign-in/set-up", post(sign_in_set_up))
        .route("/me/second-factor", get(show))
        .route("/me/second-factor/start", post(start))
        .route("/me/second-factor/confirm", post(confirm))
        .route("/me/second-factor/codes", post(new_codes))
        .route("/me/second-factor/end", post(end))
        .route("/roles/{id}/second-factor", post(reset))
}

/// The rule in force.
///
/// # Errors
/// Of the database.
pub fn policy(tx: &mut ReadTx<'_>) -> Result<Policy, DbError> {
    let found: Option<(String,)> =
        tx.first(sql!("SELECT value FROM setting WHERE name = $1"), args![POLICY])?;
    Ok(found.and_then(|(value,)| Policy::from_code(&value)).unwrap_or(Policy::Optional))
}

/// Follows a change of the rule to `required`: whoever holds a role signs in again, now with the second factor (X4).
/// Without it, a session opened under the old rule would stay as strong as one that was proved twice. Returns how many
/// sessions ended.
///
/// # Errors
/// Of the database.
pub fn now_required(tx: &mut WriteTx<'_>) -> Result<u64, Error> {
    let ended = tx.exec(
        sql!(
            "DELETE FROM login_session
             WHERE account_id IN (SELECT g.account_id FROM role_grant g WHERE g.ended_at IS NULL)"
        ),
        args![],
    )?;
    tx.publish(&super::SignedOut::Staff)?;
    Ok(ended)
}

fn factor_find(tx: &mut ReadTx<'_>, account: AccountId) -> Result<Option<Factor>, DbError> {
    tx.first(
        sql!("SELECT secret_enc, confirmed_at, last_step FROM second_factor WHERE account_id = $1"),
        args![account],
    )
}

/// Whether the account has a second factor that is in use.
///
/// # Errors
/// Of the database.
pub fn has(tx: &mut ReadTx<'_>, account: AccountId) -> Result<bool, DbError> {
    Ok(policy(tx)? != Policy::Off
        && factor_find(tx, account)?.is_some_and(|found| found.confirmed_at.is_some()))
}

fn recovery_left(tx: &mut ReadTx<'_>, account: AccountId) -> Result<i64, DbError> {
    let (left,): (i64,) = tx.one(
        sql!("SELECT count(*) FROM recovery_code WHERE account_id = $1 AND used_at IS NULL"),
        args![account],
    )?;
    Ok(left)
}

fn secret_of(vault: &Vault, found: &Factor) -> Result<TotpSecret, Error> {
    let bytes = vault.fields.decrypt(CONTEXT, &found.secret_enc).map_err(|e| Error::bug(e.to_string()))?;
    Ok(TotpSecret::from_bytes(&bytes))
}

/// Makes a secret that waits for its first code, unless one waits already.
fn begin(tx: &mut WriteTx<'_>, vault: &Vault, account: AccountId) -> Result<(), Error> {
    let now = tx.now();
    let sealed = vault.fields.encrypt(CONTEXT, vault.totp_secret().as_bytes());
    tx.exec(
        sql!(
            "INSERT INTO second_factor (account_id, secret_enc, last_step, created_at) VALUES ($1, $2, 0, $3)
             ON CONFLICT (account_id) DO NOTHING"
        ),
        args![account, sealed, now],
    )?;
    Ok(())
}

fn hash_of(vault: &Vault, code: &SlipCode) -> Vec<u8> {
    code.hash(&vault.codes, "recovery").as_bytes().to_vec()
}

/// Replaces the recovery codes; returns the new ones, which are shown once.
fn recovery_make(tx: &mut WriteTx<'_>, vault: &Vault, account: AccountId) -> Result<Vec<String>, Error> {
    tx.exec(sql!("DELETE FROM recovery_code WHERE account_id = $1"), args![account])?;
    let mut out = Vec::with_capacity(RECOVERY);
    for _ in 0..RECOVERY {
        let (id, code): (RecoveryId, SlipCode) = (tx.new_id(), vault.slip_code());
        tx.exec_later(
            sql!("INSERT INTO recovery_code (id, account_id, code_hash) VALUES ($1, $2, $3)"),
            args![id, account, hash_of(vault, &code)],
        )?;
        out.push(code.text());
    }
    Ok(out)
}

/// How a code was good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// From the authenticator.
    Code,
    /// One of the recovery codes, used up now.
    Recovery,
}

/// What became of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// It is good.
    Good(Given),
    /// It is not, or was used before.
    Wrong,
    /// Too many tries: seconds to wait.
    Wait(i64),
}

/// Checks a code of the account and uses it up; the same code is good once, even for two requests at the
/// same time. Every call takes one of 5 tries (X2), so callers return `Ok` even when it is wrong.
///
/// # Errors
/// Of the database.
pub fn check(tx: &mut WriteTx<'_>, vault: &Vault, account: AccountId, typed: &str) -> Result<Tried, Error> {
    let key = format!("second:{account}");
    if let Some(wait) = commands::hit(tx, &key, rules::TRIES, rules::LOCK_MS, rules::LOCK_MS)? {
        return Ok(Tried::Wait(wait));
    }
    let Some(found) = factor_find(tx, account)?.filter(|found| found.confirmed_at.is_some()) else {
        return Ok(Tried::Wrong);
    };
    let given = if take_step(tx, vault, account, &found, typed)? {
        Given::Code
    } else if take_recovery(tx, vault, account, typed)? {
        Given::Recovery
    } else {
        return Ok(Tried::Wrong);
    };
    store::attempt_clear(tx, &key)?;
    Ok(Tried::Good(given))
}

fn take_step(
    tx: &mut WriteTx<'_>,
    vault: &Vault,
    account: AccountId,
    found: &Factor,
    typed: &str,
) -> Result<bool, Error> {
    let Some(step) = secret_of(vault, found)?.accepts(typed, tx.now().0, found.last_step) else {
        return Ok(false);
    };
    let taken = tx.exec(
        sql!("UPDATE second_factor SET last_step = $1 WHERE account_id = $2 AND last_step < $1"),
        args![step, account],
    )?;
    Ok(taken == 1)
}

fn take_recovery(
    tx: &mut WriteTx<'_>,
    vault: &Vault,
    account: AccountId,
    typed: &str,
) -> Result<bool, Error> {
    let Ok(code) = SlipCode::parse(typed) else { return Ok(false) };
    let now = tx.now();
    let used = tx.exec(
        sql!("UPDATE recovery_code SET used_at = $1 WHERE account_id = $2 AND code_hash = $3 AND used_at IS NULL"),
        args![now, account, hash_of(vault, &code)],
    )?;
    Ok(used == 1)
}

/// The first code of a secret that waits for it: from now on it is asked. Returns the recovery codes, or
/// why not.
fn confirm_first(
    tx: &mut WriteTx<'_>,
    vault: &Vault,
    actor: &Actor,
    account: AccountId,
    typed: &str,
) -> Result<Result<Vec<String>, Tried>, Error> {
    let key = format!("second:{account}");
    if let Some(wait) = commands::hit(tx, &key, rules::TRIES, rules::LOCK_MS, rules::LOCK_MS)? {
        return Ok(Err(Tried::Wait(wait)));
    }
    let Some(found) = factor_find(tx, account)?.filter(|found| found.confirmed_at.is_none()) else {
        return Ok(Err(Tried::Wrong));
    };
    if !take_step(tx, vault, account, &found, typed)? {
        return Ok(Err(Tried::Wrong));
    }
    store::attempt_clear(tx, &key)?;
    let now = tx.now();
    tx.exec_one(
        sql!("UPDATE second_factor SET confirmed_at = $1 WHERE account_id = $2 AND confirmed_at IS NULL"),
        args![now, account],
    )?;
    audit::note(tx, actor, "second.on", "account", account.0, "")?;
    Ok(Ok(recovery_make(tx, vault, account)?))
}

/// What is still to be done after the first factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Nothing.
    Nothing,
    /// A code.
    Code,
    /// Setting a second factor up, because the city requires it.
    SetUp,
}

/// What is to be done before a session opens for the account.
///
/// # Errors
/// Of the database.
pub fn due(tx: &mut ReadTx<'_>, account: AccountId) -> Result<Due, DbError> {
    let policy = policy(tx)?;
    if policy == Policy::Off {
        return Ok(Due::Nothing);
    }
    if factor_find(tx, account)?.is_some_and(|found| found.confirmed_at.is_some()) {
        return Ok(Due::Code);
    }
    if policy == Policy::Required && !store::roles_held(tx, account)?.is_empty() {
        return Ok(Due::SetUp);
    }
    Ok(Due::Nothing)
}

/// A sign-in whose first factor was good.
#[derive(Debug, Clone)]
pub struct Half {
    /// Whose.
    pub account: AccountId,
    /// What is still to be done.
    pub due: Due,
    /// How the first factor was given.
    pub channel: String,
    /// Whether the password must be changed before anything else.
    pub must_change: bool,
    /// Until when it holds, UTC milliseconds.
    pub until: i64,
}

/// How a first factor ended.
#[derive(Debug, Clone)]
pub enum Entered {
    /// Signed in: the cookie, and whether the password must be changed.
    In(String, bool),
    /// A second factor is asked.
    Half(Half),
}

/// Opens the session, or says what is still to be done first. For the callers after a first factor.
///
/// # Errors
/// Of the database.
pub fn enter(
    tx: &mut WriteTx<'_>,
    app: &App,
    req: &Req,
    actor: &Actor,
    channel: &str,
    device: &str,
    must_change: bool,
) -> Result<Entered, Error> {
    let account = actor.account()?;
    let due = due(tx, account)?;
    if due != Due::Nothing {
        if due == Due::SetUp {
            begin(tx, &app.vault, account)?;
        }
        let until = tx.now().0 + rules::PROOF_MS;
        return Ok(Entered::Half(Half { account, due, channel: channel.to_owned(), must_change, until }));
    }
    let cookie = commands::open_session_on(tx, app, account, req, device)?;
    audit::note(tx, actor, "sign_in", "account", account.0, channel)?;
    Ok(Entered::In(cookie, must_change))
}

fn half_tag(app: &App, req: &Req, half: &Half) -> String {
    app.vault.signer.sign(
        "half-sign-in",
        &[
            &half.account.0.to_be_bytes(),
            half.channel.as_bytes(),
            &[u8::from(half.must_change), u8::from(half.due == Due::SetUp)],
            &half.until.to_be_bytes(),
            &req.bound,
        ],
    )
}

/// Reads what the form of the second step carries.
fn half_of(app: &App, req: &Req, fields: &Fields, due: Due) -> Result<Half, Error> {
    let half = Half {
        account: fields.text("account").parse().map_err(|_| Refusal::new(&refusals::HALF_OLD))?,
        due,
        channel: fields.text("channel").to_owned(),
        must_change: fields.ticked("must_change"),
        until: fields.text("until").parse().unwrap_or_default(),
    };
    let genuine = half_tag(app, req, &half) == fields.text("proof");
    if genuine && half.until >= app.db.ctx().clock.now().0 {
        return Ok(half);
    }
    Err((&refusals::HALF_OLD).into())
}

#[derive(Template)]
#[template(path = "account/second.html")]
struct SecondPage {
    shell: Shell,
    form: Form,
    next: String,
    half: Half,
    proof: String,
    /// QR code and typed form of the secret, when it is to be set up.
    qr: String,
    secret: String,
    set_up: bool,
}

fn second_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    form: &Form,
    next: &str,
    half: &Half,
) -> Result<Answer, Error> {
    let set_up = half.due == Due::SetUp;
    let (qr, secret) = if set_up { offered(app, tx, half.account)? } else { (String::new(), String::new()) };
    let title = if set_up {
        req.lang.t("设置二次验证", "Set up the second factor")
    } else {
        req.lang.t("二次验证", "Second factor")
    };
    let page = SecondPage {
        shell: app.shell(req, actor, title),
        form: form.clone(),
        next: next.to_owned(),
        proof: half_tag(app, req, half),
        half: half.clone(),
        qr,
        secret,
        set_up,
    };
    answer::html(app, req, &page)
}

/// The QR code and the typed form of a secret that waits for its first code.
fn offered(app: &App, tx: &mut ReadTx<'_>, account: AccountId) -> Result<(String, String), Error> {
    let Some(found) = factor_find(tx, account)?.filter(|found| found.confirmed_at.is_none()) else {
        return Ok((String::new(), String::new()));
    };
    let who = store::account_find(tx, account)?;
    let who = who.map(|one| one.login.unwrap_or(one.name)).unwrap_or_default();
    let secret = secret_of(&app.vault, &found)?;
    let encoded = |text: &str| {
        text.bytes()
            .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect::<String>()
    };
    let issuer = encoded(&format!("{} Linli", app.settings.city.1));
    Ok((ui::qr::svg(&secret.uri(&issuer, &encoded(&who))), secret.text()))
}

/// Answers a first factor: signed in, or the page of the second one.
pub(super) async fn go_on(app: &App, req: Req, next: &str, entered: Entered) -> Answer {
    match entered {
        Entered::In(cookie, must_change) => arrived(app, &req, next, cookie, must_change),
        Entered::Half(half) => {
            let (a, next) = (app.clone(), next.to_owned());
            app.page(req, move |tx, req, actor| {
                second_page(&a, tx, req, actor, &Form::default(), &next, &half)
            })
            .await
        }
    }
}

fn arrived(app: &App, req: &Req, next: &str, cookie: String, must_change: bool) -> Answer {
    if must_change {
        let say = req.lang.t("请先修改密码再继续", "Please change your password before you go on");
        return Done::to("/me/password", say).cookie(cookie).answer(app, req);
    }
    Done::to(next, req.lang.t("已登录", "You are signed in")).cookie(cookie).answer(app, req)
}

fn wrong(tried: Tried) -> Error {
    match tried {
        Tried::Wait(wait) => Refusal::new(&refusals::LOCKED).with("seconds", wait).into(),
        Tried::Wrong | Tried::Good(_) => Refusal::new(&refusals::SECOND_WRONG).on("code").into(),
    }
}

async fn again_half(app: &App, req: Req, error: Error, next: String, half: Half) -> Answer {
    let a = app.clone();
    again(app, req, Fields::default(), error, move |tx, req, actor, form| {
        second_page(&a, tx, req, actor, form, &next, &half)
    })
    .await
}

/// Opens the session of a half sign-in whose second factor was good.
fn finish(
    tx: &mut WriteTx<'_>,
    app: &App,
    req: &Req,
    half: &Half,
    how: &str,
    device: &str,
) -> Result<String, Error> {
    let account = store::account_find(tx, half.account)?
        .filter(|one| one.state == "active")
        .ok_or(&refusals::DISABLED)?;
    let cookie = commands::open_session_on(tx, app, account.id, req, device)?;
    let actor = commands::actor_of(&account, req);
    audit::note(tx, &actor, "sign_in", "account", account.id.0, &format!("{}+{how}", half.channel))?;
    Ok(cookie)
}

async fn sign_in(State(app): State<App>, req: Req, headers: HeaderMap, fields: Fields) -> Answer {
    let next = next_of(fields.text("next"));
    let half = match checked(&app, &req, &fields).and_then(|()| half_of(&app, &req, &fields, Due::Code)) {
        Ok(half) => half,
        Err(error) => return refused(&app, req, error).await,
    };
    let device = device_of(&headers);
    let (a, asked, known, typed) = (app.clone(), req.clone(), half.clone(), fields.text("code").to_owned());
    let done = app
        .db
        .write(move |tx| {
            if let Some(wait) = commands::hit_address(tx, &asked.from)? {
                return Ok(Err(Tried::Wait(wait)));
            }
            let tried = check(tx, &a.vault, known.account, &typed)?;
            let how = match tried {
                Tried::Good(Given::Code) => "totp",
                Tried::Good(Given::Recovery) => "recovery",
                Tried::Wrong | Tried::Wait(_) => {
                    let by = Actor { from: asked.from.clone(), ..Actor::default() };
                    audit::note_failed(
                        tx,
                        &by,
                        "sign_in.failed",
                        "account",
                        known.account.0,
                        "second factor",
                    )?;
                    return Ok(Err(tried));
                }
            };
            Ok::<_, Error>(Ok(finish(tx, &a, &asked, &known, how, &device)?))
        })
        .await;
    match done {
        Ok(Ok(cookie)) => arrived(&app, &req, &next, cookie, half.must_change),
        Ok(Err(tried)) => again_half(&app, req, wrong(tried), next, half).await,
        Err(error) => refused(&app, req, error).await,
    }
}

async fn sign_in_set_up(State(app): State<App>, req: Req, headers: HeaderMap, fields: Fields) -> Answer {
    let next = next_of(fields.text("next"));
    let half = match checked(&app, &req, &fields).and_then(|()| half_of(&app, &req, &fields, Due::SetUp)) {
        Ok(half) => half,
        Err(error) => return refused(&app, req, error).await,
    };
    let device = device_of(&headers);
    let (a, asked, known, typed) = (app.clone(), req.clone(), half.clone(), fields.text("code").to_owned());
    let done = app
        .db
        .write(move |tx| {
            let account = store::account_find(tx, known.account)?.ok_or(&refusals::DISABLED)?;
            let actor = commands::actor_of(&account, &asked);
            match confirm_first(tx, &a.vault, &actor, known.account, &typed)? {
                Ok(codes) => Ok(Ok((finish(tx, &a, &asked, &known, "totp", &device)?, codes))),
                Err(tried) => Ok::<_, Error>(Err(tried)),
            }
        })
        .await;
    match done {
        Ok(Ok((cookie, codes))) => {
            let a = app.clone();
            let to = if half.must_change { "/me/password".to_owned() } else { next };
            let mut shown = app.page(req, move |_, req, actor| codes_page(&a, req, actor, &codes, &to)).await;
            if let Ok(value) = axum::http::HeaderValue::from_str(&cookie) {
                shown.headers_mut().append(axum::http::header::SET_COOKIE, value);
            }
            shown
        }
        Ok(Err(tried)) => again_half(&app, req, wrong(tried), next, half).await,
        Err(error) => refused(&app, req, error).await,
    }
}

#[derive(Template)]
#[template(path = "account/recovery.html")]
struct CodesPage {
    shell: Shell,
    codes: Vec<String>,
    next: String,
}

/// Shows recovery codes, once.
fn codes_page(app: &App, req: &Req, actor: &Actor, codes: &[String], next: &str) -> Result<Answer, Error> {
    let shell = app.shell(req, actor, req.lang.t("恢复码", "Recovery codes"));
    answer::html(app, req, &CodesPage { shell, codes: codes.to_vec(), next: next.to_owned() })
}

#[derive(Template)]
#[template(path = "account/second_factor.html")]
struct FactorPage {
    shell: Shell,
    form: Form,
    off: bool,
    required: bool,
    on_since: Option<String>,
    left: i64,
    qr: String,
    secret: String,
}

/// The account of staff that sets its own second factor.
fn own(tx: &mut ReadTx<'_>, actor: &Actor) -> Result<AccountId, Error> {
    let account = actor.account()?;
    if actor.grants.is_empty() && store::account_find(tx, account)?.is_none_or(|one| one.login.is_none()) {
        return Err((&common::NOT_FOUND).into());
    }
    Ok(account)
}

fn factor_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    form: &Form,
) -> Result<Answer, Error> {
    let account = own(tx, actor)?;
    let policy = policy(tx)?;
    let on = factor_find(tx, account)?.and_then(|found| found.confirmed_at);
    let (qr, secret) = offered(app, tx, account)?;
    let page = FactorPage {
        shell: app.shell(req, actor, req.lang.t("二次验证", "Second factor")),
        form: form.clone(),
        off: policy == Policy::Off,
        required: policy == Policy::Required,
        on_since: on.map(Timestamp::text),
        left: recovery_left(tx, account)?,
        qr,
        secret,
    };
    answer::html(app, req, &page)
}

async fn show(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| factor_page(&a, tx, req, actor, &Form::default())).await
}

async fn start(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.command(req, fields, move |tx, _, actor, _| {
        let account = own(tx, actor)?;
        if policy(tx)? == Policy::Off {
            return Err((&refusals::SECOND_OFF).into());
        }
        // A secret that was shown before and not confirmed is not shown again: somebody may have seen it.
        tx.exec(
            sql!("DELETE FROM second_factor WHERE account_id = $1 AND confirmed_at IS NULL"),
            args![account],
        )?;
        begin(tx, &a.vault, account)?;
        Ok(Done::to("/me/second-factor", ""))
    })
    .await
}

/// Runs a step that takes a code of the signed-in account; `Ok(Err(…))` keeps the count of tries.
async fn with_code<T, F>(app: &App, req: &Req, fields: &Fields, step: F) -> Result<T, Error>
where
    T: Send + 'static,
    F: Fn(&mut WriteTx<'_>, &Vault, &Actor, AccountId, &str) -> Result<Result<T, Tried>, Error>
        + Send
        + 'static,
{
    checked(app, req, fields)?;
    let (a, asked, typed) = (app.clone(), req.clone(), fields.text("code").to_owned());
    let done = app
        .db
        .write(move |tx| {
            let actor = a.actor(tx, &asked)?;
            let account = own(tx, &actor)?;
            step(tx, &a.vault, &actor, account, &typed)
        })
        .await?;
    done.map_err(wrong)
}

async fn factor_again(app: &App, req: Req, error: Error) -> Answer {
    let a = app.clone();
    again(app, req, Fields::default(), error, move |tx, req, actor, form| {
        factor_page(&a, tx, req, actor, form)
    })
    .await
}

async fn show_codes(app: &App, req: Req, made: Result<Vec<String>, Error>) -> Answer {
    match made {
        Ok(codes) => {
            let a = app.clone();
            app.page(req, move |_, req, actor| codes_page(&a, req, actor, &codes, "/me/second-factor")).await
        }
        Err(error) => factor_again(app, req, error).await,
    }
}

async fn confirm(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let made = with_code(&app, &req, &fields, |tx, vault, actor, account, typed| {
        confirm_first(tx, vault, actor, account, typed)
    })
    .await;
    show_codes(&app, req, made).await
}

async fn new_codes(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let made = with_code(&app, &req, &fields, |tx, vault, actor, account, typed| {
        match check(tx, vault, account, typed)? {
            Tried::Good(_) => {
                audit::note(tx, actor, "second.codes", "account", account.0, "")?;
                Ok(Ok(recovery_make(tx, vault, account)?))
            }
            tried => Ok(Err(tried)),
        }
    })
    .await;
    show_codes(&app, req, made).await
}

fn remove(tx: &mut WriteTx<'_>, account: AccountId) -> Result<u64, DbError> {
    tx.exec(sql!("DELETE FROM recovery_code WHERE account_id = $1"), args![account])?;
    tx.exec(sql!("DELETE FROM second_factor WHERE account_id = $1"), args![account])
}

async fn end(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let done = with_code(&app, &req, &fields, |tx, vault, actor, account, typed| {
        if policy(tx)? == Policy::Required {
            return Err((&refusals::SECOND_REQUIRED).into());
        }
        match check(tx, vault, account, typed)? {
            Tried::Good(_) => {
                remove(tx, account)?;
                audit::note(tx, actor, "second.off", "account", account.0, "")?;
                Ok(Ok(()))
            }
            tried => Ok(Err(tried)),
        }
    })
    .await;
    match done {
        Ok(()) => Done::to("/me/second-factor", req.lang.t("二次验证已关闭", "The second factor is off"))
            .answer(&app, &req),
        Err(error) => factor_again(&app, req, error).await,
    }
}

/// The security administrator takes a lost second factor away; the owner sets up a new one.
async fn reset(State(app): State<App>, req: Req, Path(id): Path<GrantId>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        actor.demand_any(Action::RoleManage)?;
        let (account, _, org) = store::role_find(tx, id)?.ok_or(&common::NOT_FOUND)?;
        let place = store::org_place(tx, org)?.ok_or(&common::NOT_FOUND)?;
        let at = kernel::Place { area_path: &place.area_path, sponsor_path: &place.sponsor_path };
        actor.demand(Action::RoleManage, at)?;
        if actor.account == Some(account) {
            return Err((&refusals::SELF).into());
        }
        if remove(tx, account)? == 0 {
            return Err((&common::NOT_FOUND).into());
        }
        store::session_end_others(tx, account, &[])?;
        audit::note(tx, actor, "second.reset", "account", account.0, "")?;
        Ok(Done::to(
            "/roles",
            req.lang.t("二次验证已重置，登录已结束", "The second factor was reset, sessions ended"),
        ))
    })
    .await
}
