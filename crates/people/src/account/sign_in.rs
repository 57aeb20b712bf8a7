//! Signing in: by phone code, by printed slip, by password, and in the demo by one tap.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use axum::routing::{get, post};
use db::ReadTx;
use kernel::error::{Collect, common};
use kernel::{Actor, Error, Id as _, Lang, PersonId, Refusal};
use tokio::sync::Semaphore;
use ui::form::Label;
use ui::{Answer, App, Done, Fields, Form, Req, Shell, answer};
use vault::SlipCode;

use super::commands::{self, Begin};
use super::second::{self, Entered};
use super::store::{self, Demo, OnPhone};
use super::{refusals, rules};
use crate::audit;

pub(super) fn routes() -> axum::Router<App> {
    axum::Router::new()
        .route("/sign-in", get(show))
        .route("/sign-in/phone", post(phone))
        .route("/sign-in/code", post(code))
        .route("/sign-in/choose", post(choose))
        .route("/sign-in/password", post(password))
        .route("/sign-in/demo", post(demo))
        .route("/sign-out", post(sign_out))
        .route("/slip", get(slip_form).post(slip))
        .route("/slip/confirm", post(slip_confirm))
        .route("/slip/{code}", get(slip_link))
}

/// What a sign-in by phone code is for; a code for it serves nothing else.
const PURPOSE: &str = "sign-in";

/// Passwords hashed at the same time: each takes 19 MiB and tens of milliseconds.
static HASHING: Semaphore = Semaphore::const_new(4);

/// Does password work on a thread of its own, a few at a time.
pub(super) async fn hashing<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let _turn = HASHING.acquire().await.map_err(|e| Error::bug(e.to_string()))?;
    tokio::task::spawn_blocking(work).await.map_err(|e| Error::bug(e.to_string()))
}

/// Demands the form's check code, for handlers that do more than one unit of work.
pub(super) fn checked(app: &App, req: &Req, fields: &Fields) -> Result<(), Error> {
    if req.csrf_ok(&app.vault, fields) { Ok(()) } else { Err((&common::CSRF).into()) }
}

/// Shows an error with the frame of whoever is signed in.
pub(super) async fn refused(app: &App, req: Req, error: Error) -> Answer {
    let (again, asked) = (app.clone(), req.clone());
    let actor = app.db.read(move |tx| again.actor(tx, &asked)).await.unwrap_or_default();
    answer::error_page(app, &req, &actor, &error)
}

/// Shows a form again with what is wrong, or the error's page.
pub(super) async fn again<F>(app: &App, req: Req, fields: Fields, error: Error, render: F) -> Answer
where
    F: Fn(&mut ReadTx<'_>, &Req, &Actor, &Form) -> Result<Answer, Error> + Send + 'static,
{
    match error {
        Error::Refused(refusals)
            if !refusals.iter().any(|one| matches!(one.text.status, 401 | 404 | 410)) =>
        {
            let status = refusals.first().map_or(422, |one| one.text.status);
            let form = Form { fields, refusals };
            let mut shown = app.page(req, move |tx, req, actor| render(tx, req, actor, &form)).await;
            if shown.status().is_success() {
                answer::set_status(&mut shown, status);
            }
            shown
        }
        other => refused(app, req, other).await,
    }
}

/// Where a sign-in leads: a place of this site, never the sign-in itself.
pub(super) fn next_of(asked: &str) -> String {
    let to = answer::local(asked.trim());
    if to.starts_with("/sign-in") || to.starts_with("/slip") { "/".to_owned() } else { to }
}

pub(super) fn device_of(headers: &HeaderMap) -> String {
    rules::device(headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default())
}

#[derive(serde::Deserialize, Default)]
pub(super) struct Next {
    #[serde(default)]
    pub(super) next: String,
}

#[derive(Template)]
#[template(path = "account/sign_in.html")]
struct SignInPage {
    shell: Shell,
    form: Form,
    next: String,
    demos: Vec<Demo>,
}

#[derive(Template)]
#[template(path = "account/code.html")]
struct CodePage {
    shell: Shell,
    form: Form,
    next: String,
    phone: String,
    masked: String,
    shown: Option<String>,
}

/// A person to choose, with the name masked.
struct Who {
    id: String,
    name: String,
    tail: String,
    org: String,
    unclaimed: bool,
    not_me: String,
}

#[derive(Template)]
#[template(path = "account/choose.html")]
struct ChoosePage {
    shell: Shell,
    form: Form,
    next: String,
    action: &'static str,
    hidden: Vec<(&'static str, String)>,
    people: Vec<Who>,
    any_unclaimed: bool,
}

#[derive(Template)]
#[template(path = "account/slip.html")]
struct SlipPage {
    shell: Shell,
    form: Form,
    next: String,
}

fn sign_in_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    form: &Form,
    next: &str,
) -> Result<Answer, Error> {
    let demos = if app.settings.demo { store::demo_accounts(tx)? } else { Vec::new() };
    let shell = app.shell(req, actor, req.lang.t("登录", "Sign in"));
    answer::html(app, req, &SignInPage { shell, form: form.clone(), next: next.to_owned(), demos })
}

async fn show(State(app): State<App>, req: Req, Query(query): Query<Next>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let next = next_of(&query.next);
        // In the demo people change roles by coming back here.
        if actor.signed_in() && !a.settings.demo {
            return Ok(Done::to(next, "").answer(&a, req));
        }
        sign_in_page(&a, tx, req, actor, &Form::default(), &next)
    })
    .await
}

async fn sign_in_again(app: &App, req: Req, fields: &Fields, error: Error) -> Answer {
    let a = app.clone();
    let next = next_of(fields.text("next"));
    let kept = Fields(fields.0.iter().filter(|(name, _)| name != "password").cloned().collect());
    again(app, req, kept, error, move |tx, req, actor, form| sign_in_page(&a, tx, req, actor, form, &next))
        .await
}

fn phone_of(fields: &Fields) -> Result<String, Error> {
    let typed = fields.required("phone", Label("手机号", "Phone number"), 40)?;
    Ok(roster::clean::phone(&typed).map_err(|refusal| refusal.on("phone"))?)
}

async fn phone(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    match send(&app, &req, &fields).await {
        Ok((phone, shown)) => {
            let next = next_of(fields.text("next"));
            let a = app.clone();
            app.page(req, move |_, req, actor| {
                code_page(&a, req, actor, &Form::default(), &next, &phone, shown.clone())
            })
            .await
        }
        Err(error) => sign_in_again(&app, req, &fields, error).await,
    }
}

async fn send(app: &App, req: &Req, fields: &Fields) -> Result<(String, Option<String>), Error> {
    checked(app, req, fields)?;
    let phone = phone_of(fields)?;
    let (a, asked, to) = (app.clone(), req.clone(), phone.clone());
    let sent = app
        .db
        .write(move |tx| {
            if let Some(wait) = commands::hit_address(tx, &asked.from)? {
                return Ok(Err(wait));
            }
            commands::send_phone_code(tx, &a, &to, PURPOSE).map(Ok)
        })
        .await?;
    match sent {
        Ok(shown) => Ok((phone, shown)),
        Err(wait) => Err(commands::slow_down(wait)),
    }
}

fn code_page(
    app: &App,
    req: &Req,
    actor: &Actor,
    form: &Form,
    next: &str,
    phone: &str,
    shown: Option<String>,
) -> Result<Answer, Error> {
    let page = CodePage {
        shell: app.shell(req, actor, req.lang.t("填写验证码", "Enter the code")),
        form: form.clone(),
        next: next.to_owned(),
        phone: phone.to_owned(),
        masked: vault::mask_phone(phone),
        shown,
    };
    answer::html(app, req, &page)
}

/// How a step ended; a refusal that must keep its count is a value, not an error.
enum Step {
    In(Entered),
    Choose(Vec<OnPhone>, i64),
    Wait(i64),
    Wrong,
}

async fn code(State(app): State<App>, req: Req, headers: HeaderMap, fields: Fields) -> Answer {
    let next = next_of(fields.text("next"));
    let phone = match checked(&app, &req, &fields).and_then(|()| phone_of(&fields)) {
        Ok(phone) => phone,
        Err(error) => return sign_in_again(&app, req, &fields, error).await,
    };
    let device = device_of(&headers);
    let (a, asked, to, typed) = (app.clone(), req.clone(), phone.clone(), fields.text("code").to_owned());
    let step = app
        .db
        .write(move |tx| {
            if let Some(wait) = commands::hit_guess(tx, &asked)? {
                return Ok(Step::Wait(wait));
            }
            if !commands::check_phone_code(tx, &a, &to, PURPOSE, &typed)? {
                return Ok(Step::Wrong);
            }
            let people = store::people_on_phone(tx, &commands::phone_index(&a.vault, &to))?;
            match people.as_slice() {
                // Proving a phone claims nothing by itself (Fix-03): only who is claimed already goes on.
                [only] if only.state != "unclaimed" => {
                    Ok(Step::In(commands::enter(tx, &a, &asked, only, "phone", &device)?))
                }
                _ => Ok::<_, Error>(Step::Choose(people, tx.now().0 + rules::PROOF_MS)),
            }
        })
        .await;
    let error: Error = match step {
        Ok(Step::In(entered)) => return second::go_on(&app, req, &next, entered).await,
        Ok(Step::Choose(people, until)) => {
            let a = app.clone();
            let fields = Fields::default();
            let form = Form { fields, refusals: Vec::new() };
            return app
                .page(req, move |_, req, actor| {
                    choose_page(&a, req, actor, &form, &next, &phone, until, &people)
                })
                .await;
        }
        Ok(Step::Wait(wait)) => commands::slow_down(wait),
        Ok(Step::Wrong) => Refusal::new(&refusals::CODE_WRONG).on("code").into(),
        Err(error) => error,
    };
    let a = app.clone();
    again(&app, req, fields, error, move |_, req, actor, form| {
        code_page(&a, req, actor, form, &next, &phone, None)
    })
    .await
}

fn who(app: &App, people: &[OnPhone]) -> Vec<Who> {
    people
        .iter()
        .map(|one| Who {
            id: one.person.to_string(),
            name: vault::mask_name(&one.name),
            tail: one.volunteer_no.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect(),
            org: one.org_name.clone(),
            unclaimed: one.state == "unclaimed",
            not_me: crate::person::not_me_link(app, one.person),
        })
        .collect()
}

#[expect(clippy::too_many_arguments, reason = "one page, used by two steps of the same flow")]
fn choose_page(
    app: &App,
    req: &Req,
    actor: &Actor,
    form: &Form,
    next: &str,
    phone: &str,
    until: i64,
    people: &[OnPhone],
) -> Result<Answer, Error> {
    let proof = commands::phone_proof(app, req, phone, until);
    let page = ChoosePage {
        shell: app.shell(req, actor, req.lang.t("选择本人", "Who are you?")),
        form: form.clone(),
        next: next.to_owned(),
        action: "/sign-in/choose",
        hidden: vec![("phone", phone.to_owned()), ("until", until.to_string()), ("proof", proof)],
        people: who(app, people),
        any_unclaimed: people.iter().any(|one| one.state == "unclaimed"),
    };
    answer::html(app, req, &page)
}

/// Finds who was chosen and whether the person said "this is me" where that is needed.
fn chosen<'p>(people: &'p [OnPhone], fields: &Fields) -> Result<&'p OnPhone, Error> {
    let asked: Option<PersonId> = fields.text("person").parse().ok();
    let found = people
        .iter()
        .find(|one| Some(one.person) == asked)
        .ok_or_else(|| Refusal::new(&refusals::CHOOSE).on("person"))?;
    if found.state == "unclaimed" && !fields.ticked("me") {
        return Err(Refusal::new(&refusals::CONFIRM_ME).on("me").into());
    }
    Ok(found)
}

async fn choose(State(app): State<App>, req: Req, headers: HeaderMap, fields: Fields) -> Answer {
    let next = next_of(fields.text("next"));
    let phone = fields.text("phone").to_owned();
    let until: i64 = fields.text("until").parse().unwrap_or_default();
    let now = app.db.ctx().clock.now();
    if let Err(error) = checked(&app, &req, &fields) {
        return refused(&app, req, error).await;
    }
    if !commands::phone_proof_ok(&app, &req, &phone, until, fields.text("proof"), now) {
        return sign_in_again(&app, req, &fields, (&refusals::PROOF_OLD).into()).await;
    }
    let device = device_of(&headers);
    let (a, asked, to, sent) = (app.clone(), req.clone(), phone.clone(), fields.clone());
    let entered = app
        .db
        .write(move |tx| {
            let people = store::people_on_phone(tx, &commands::phone_index(&a.vault, &to))?;
            let person = chosen(&people, &sent)?;
            commands::enter(tx, &a, &asked, person, "phone", &device)
        })
        .await;
    match entered {
        Ok(entered) => second::go_on(&app, req, &next, entered).await,
        Err(error) => {
            let a = app.clone();
            again(&app, req, fields, error, move |tx, req, actor, form| {
                let people = store::people_on_phone(tx, &commands::phone_index(&a.vault, &phone))?;
                choose_page(&a, req, actor, form, &next, &phone, until, &people)
            })
            .await
        }
    }
}

async fn password(State(app): State<App>, req: Req, headers: HeaderMap, fields: Fields) -> Answer {
    match verify(&app, &req, &headers, &fields).await {
        Ok(entered) => second::go_on(&app, req, &next_of(fields.text("next")), entered).await,
        Err(error) => sign_in_again(&app, req, &fields, error).await,
    }
}

async fn verify(app: &App, req: &Req, headers: &HeaderMap, fields: &Fields) -> Result<Entered, Error> {
    checked(app, req, fields)?;
    let mut collect = Collect::default();
    let login = collect.take(fields.required("login", Label("账号", "Login"), 64));
    // Passwords are compared as typed: no trimming, so not through `Fields::get`.
    let typed = raw(fields, "password");
    collect.check(typed.is_empty(), || {
        Refusal::new(&common::REQUIRED).with_both("label", "密码", "Password").on("password")
    });
    collect.done()?;
    let login = login.unwrap_or_default();
    let (asked, name) = (req.clone(), login.clone());
    let begin = app.db.write(move |tx| commands::begin_password(tx, &name, &asked.from)).await?;
    let known = match begin {
        Begin::Locked(wait) => return Err(Refusal::new(&refusals::LOCKED).with("seconds", wait).into()),
        Begin::Slow(wait) => return Err(commands::slow_down(wait)),
        Begin::Verify(known) => known,
    };
    let hash = known.as_ref().and_then(|one| one.password_hash.clone());
    let vault = app.vault.clone();
    let (good, renewed) = hashing(move || {
        let Some(hash) = hash else {
            vault.passwords.burn(&typed);
            return (false, None);
        };
        let good = vault.passwords.verify(&typed, &hash).unwrap_or_else(|error| {
            tracing::error!(%error, "a stored password could not be compared");
            false
        });
        let renewed = (good && vault.passwords.needs_rehash(&hash)).then(|| vault.hash_password(&typed).ok());
        (good, renewed.flatten())
    })
    .await?;
    let (a, asked, device) = (app.clone(), req.clone(), device_of(headers));
    match known.filter(|_| good) {
        Some(known) => {
            app.db
                .write(move |tx| {
                    commands::finish_password(tx, &a, &asked, &known, renewed.as_deref(), &device)
                })
                .await
        }
        None => {
            app.db
                .write(move |tx| {
                    let known = store::account_by_login(tx, &rules::login_key(&login))?;
                    commands::failed_password(tx, &asked, known.as_ref())
                })
                .await?;
            Err(Refusal::new(&refusals::WRONG).on("login").into())
        }
    }
}

/// A field exactly as typed.
pub(super) fn raw(fields: &Fields, name: &str) -> String {
    fields.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
}

async fn demo(State(app): State<App>, req: Req, headers: HeaderMap, fields: Fields) -> Answer {
    let a = app.clone();
    let device = device_of(&headers);
    app.command(req, fields, move |tx, req, _, fields| {
        if !a.settings.demo {
            return Err((&common::NOT_FOUND).into());
        }
        let id = fields.id("account", Label("账号", "Account"))?;
        let account = store::account_find(tx, id)?
            .filter(|one| {
                one.state == "active" && one.login.as_deref().is_some_and(|l| l.starts_with("demo-"))
            })
            .ok_or(&common::NOT_FOUND)?;
        // One tap stands for every factor in the demo: nobody there may lock the others out.
        let cookie = commands::open_session_on(tx, &a, account.id, req, &device)?;
        Ok(Done::to(next_of(fields.text("next")), said(req.lang, &account.name)).cookie(cookie))
    })
    .await
}

fn said(lang: Lang, name: &str) -> String {
    lang.f("已登录：{}", "Signed in as {}", &[&name])
}

async fn sign_out(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.command(req, fields, move |tx, req, actor, _| {
        if let Some(hash) = &req.session {
            store::session_forget(tx, hash)?;
        }
        if let Some(account) = actor.account {
            audit::note(tx, actor, "sign_out", "account", account.as_i64(), "")?;
        }
        let gone = answer::cookie(&a, ui::request::SESSION, "", 0);
        Ok(Done::to("/", req.lang.t("已退出登录", "You are signed out")).cookie(gone))
    })
    .await
}

fn slip_page(app: &App, req: &Req, actor: &Actor, form: &Form, next: &str) -> Result<Answer, Error> {
    let shell = app.shell(req, actor, req.lang.t("用纸条登录", "Sign in with a slip"));
    answer::html(app, req, &SlipPage { shell, form: form.clone(), next: next.to_owned() })
}

async fn slip_form(State(app): State<App>, req: Req, Query(query): Query<Next>) -> Answer {
    let a = app.clone();
    app.page(req, move |_, req, actor| slip_page(&a, req, actor, &Form::default(), &next_of(&query.next)))
        .await
}

/// The link on the slip: fills the code in. Opening a link changes nothing, since chat programs open links
/// by themselves.
async fn slip_link(State(app): State<App>, req: Req, Path(code): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |_, req, actor| {
        let shown: String = code.chars().take(20).collect();
        slip_page(&a, req, actor, &Form::filled([("slip", shown)]), "/me")
    })
    .await
}

fn slip_code(fields: &Fields) -> Result<SlipCode, Error> {
    let typed = fields.required("slip", Label("纸条编码", "Code on the slip"), 40)?;
    SlipCode::parse(&typed).map_err(|_| Refusal::new(&refusals::SLIP_WRONG).on("slip").into())
}

async fn slip_again(app: &App, req: Req, fields: Fields, error: Error) -> Answer {
    let a = app.clone();
    let next = next_of(fields.text("next"));
    again(app, req, fields, error, move |_, req, actor, form| slip_page(&a, req, actor, form, &next)).await
}

fn on_slip(slip: store::Slip) -> OnPhone {
    OnPhone {
        person: slip.person,
        name: slip.name,
        volunteer_no: slip.volunteer_no,
        state: slip.state,
        org_name: slip.org_name,
    }
}

fn slip_who_page(
    app: &App,
    req: &Req,
    actor: &Actor,
    form: &Form,
    next: &str,
    code: &SlipCode,
    person: &OnPhone,
) -> Result<Answer, Error> {
    let people = std::slice::from_ref(person);
    let page = ChoosePage {
        shell: app.shell(req, actor, req.lang.t("这是您吗？", "Is this you?")),
        form: form.clone(),
        next: next.to_owned(),
        action: "/slip/confirm",
        hidden: vec![("slip", code.text())],
        people: who(app, people),
        any_unclaimed: person.state == "unclaimed",
    };
    answer::html(app, req, &page)
}

async fn slip(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let code = match checked(&app, &req, &fields).and_then(|()| slip_code(&fields)) {
        Ok(code) => code,
        Err(error) => return slip_again(&app, req, fields, error).await,
    };
    let hash = commands::slip_hash(&app.vault, &code);
    let asked = req.clone();
    let found = app
        .db
        .write(move |tx| {
            if let Some(wait) = commands::hit_guess(tx, &asked)? {
                return Ok(Err(commands::slow_down(wait)));
            }
            let slip = store::slip_find(tx, &hash)?;
            Ok::<_, Error>(slip.ok_or_else(|| Refusal::new(&refusals::SLIP_WRONG).on("slip").into()))
        })
        .await;
    match found.and_then(|inner| inner) {
        Ok(slip) => {
            let (a, next, person) = (app.clone(), next_of(fields.text("next")), on_slip(slip));
            app.page(req, move |_, req, actor| {
                slip_who_page(&a, req, actor, &Form::default(), &next, &code, &person)
            })
            .await
        }
        Err(error) => slip_again(&app, req, fields, error).await,
    }
}

async fn slip_confirm(State(app): State<App>, req: Req, headers: HeaderMap, fields: Fields) -> Answer {
    let code = match checked(&app, &req, &fields).and_then(|()| slip_code(&fields)) {
        Ok(code) => code,
        Err(error) => return slip_again(&app, req, fields, error).await,
    };
    let next = next_of(fields.text("next"));
    let device = device_of(&headers);
    let hash = commands::slip_hash(&app.vault, &code);
    let (a, asked, sent, wanted) = (app.clone(), req.clone(), fields.clone(), hash.clone());
    let entered = app
        .db
        .write(move |tx| {
            if let Some(wait) = commands::hit_guess(tx, &asked)? {
                return Ok(Err(commands::slow_down(wait)));
            }
            let Some(slip) = store::slip_find(tx, &wanted)? else {
                return Ok(Err(Refusal::new(&refusals::SLIP_WRONG).on("slip").into()));
            };
            let id = slip.id;
            let person = on_slip(slip);
            chosen(std::slice::from_ref(&person), &sent)?;
            if !store::slip_use(tx, id)? {
                return Ok(Err(Refusal::new(&refusals::SLIP_WRONG).on("slip").into()));
            }
            Ok::<_, Error>(Ok(commands::enter(tx, &a, &asked, &person, "slip", &device)?))
        })
        .await;
    match entered {
        Ok(Ok(entered)) => second::go_on(&app, req, &next, entered).await,
        Ok(Err(error)) => slip_again(&app, req, fields, error).await,
        Err(error) => {
            let a = app.clone();
            again(&app, req, fields, error, move |tx, req, actor, form| {
                let slip = store::slip_find(tx, &hash)?.ok_or(&refusals::SLIP_WRONG)?;
                slip_who_page(&a, req, actor, form, &next, &code, &on_slip(slip))
            })
            .await
        }
    }
}
