//! Self-registration in three short steps that need no JavaScript (V1–V3, V5, Fix-07, Fix-27): name and
//! phone with its code; document and community; skills and consents. Between the steps everything typed
//! travels in a cookie only this server can read, so that nothing is stored of somebody who stops.

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::routing::get;
use kernel::error::Collect;
use kernel::{Actor, Error, Lang, PersonId, Refusal};
use serde::{Deserialize, Serialize};
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form};
use ui::shell::Shell;
use ui::{App, Req};

use super::commands::{NewPerson, register_oneself};
use super::consent::{self, Purpose};
use super::{Assurance, Gender, PersonState, Source, flow, input, refusals, store};
use crate::account;
use crate::guardian::rules as ages;

const DRAFT: &str = "linli_register";
const DRAFT_FIELD: &str = "register.draft";
const DRAFT_MS: i64 = 3_600_000;

/// Pages of this part.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/register", get(start).post(start_post))
        .route("/register/identity", get(identity).post(identity_post))
        .route("/register/claim", get(claim).post(claim_post))
        .route("/register/finish", get(finish).post(finish_post))
}

/// What was typed so far.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Draft {
    next: String,
    name: String,
    phone: String,
    sent: bool,
    verified: bool,
    id_kind: String,
    id_number: String,
    gender: String,
    birth_on: String,
    home_org: i64,
    /// An unclaimed person of the roster with this document.
    roster: i64,
    /// Whether this browser proved to be that person.
    proved: bool,
}

impl Draft {
    fn read(app: &App, headers: &HeaderMap) -> Self {
        flow::read(app, headers, DRAFT, DRAFT_FIELD).unwrap_or_default()
    }

    /// The cookie that carries it on.
    fn cookie(&self, app: &App) -> String {
        flow::cookie(app, DRAFT, DRAFT_FIELD, self, DRAFT_MS)
    }

    /// The age on a day, when it is one of a minor.
    fn minor_age(&self, today: kernel::Date) -> Option<i64> {
        ui::form::date(&self.birth_on).map(|birth| birth.age(today)).filter(|age| *age < ages::ADULT)
    }

    fn identity_form(&self) -> Form {
        let home = if self.home_org == 0 { String::new() } else { self.home_org.to_string() };
        let kind = if self.id_kind.is_empty() { "resident_id" } else { &self.id_kind };
        Form::filled([
            ("id_kind", kind),
            ("id_number", &self.id_number),
            ("gender", &self.gender),
            ("birth_on", &self.birth_on),
            ("home_org", &home),
        ])
    }
}

fn gone() -> Error {
    (&refusals::DRAFT_GONE).into()
}

#[derive(Deserialize, Default)]
struct Next {
    #[serde(default)]
    next: String,
}

// Step 1: name, phone, code.

#[derive(Template)]
#[template(path = "person/register_1.html")]
struct StartPage {
    shell: Shell,
    form: Form,
    sent: bool,
    next: String,
}

fn start_page(
    app: &App,
    req: &Req,
    actor: &Actor,
    form: &Form,
    sent: bool,
    next: &str,
) -> Result<Answer, Error> {
    let shell = app.shell(req, actor, req.lang.t("注册志愿者", "Become a volunteer"));
    ui::answer::html(app, req, &StartPage { shell, form: form.clone(), sent, next: next.to_owned() })
}

async fn start(State(app): State<App>, req: Req, headers: HeaderMap, Query(q): Query<Next>) -> Answer {
    let draft = Draft::read(&app, &headers);
    let next = if q.next.is_empty() { draft.next.clone() } else { ui::answer::local(&q.next) };
    let a = app.clone();
    app.page(req, move |_, req, actor| {
        let form = Form::filled([("name", draft.name.as_str()), ("phone", draft.phone.as_str())]);
        start_page(&a, req, actor, &form, draft.sent, &next)
    })
    .await
}

async fn start_post(State(app): State<App>, req: Req, headers: HeaderMap, fields: Fields) -> Answer {
    let draft = Draft::read(&app, &headers);
    let (a, b) = (app.clone(), app.clone());
    let next = match fields.text("next") {
        "" => draft.next.clone(),
        next => ui::answer::local(next),
    };
    let (to, back) = (next.clone(), next);
    flow::settle(
        &app,
        req,
        fields,
        move |tx, req, _, fields| {
            let mut all = Collect::default();
            let name = all.take(input::name(fields));
            let phone = all.take(input::mobile(fields));
            all.done()?;
            let (Some(name), Some(phone)) = (name, phone) else { return Err(gone()) };
            let mut new = Draft { name, phone, next: to.clone(), sent: true, ..Draft::default() };
            if fields.text("act") == "next" {
                if let Some(wait) = account::commands::hit_guess(tx, req)? {
                    return Ok(Err(Refusal::new(&kernel::error::common::SLOW_DOWN)
                        .with("seconds", wait)
                        .into()));
                }
                if !account::check_phone_code(tx, &a, &new.phone, "register", fields.text("code"))? {
                    return Ok(Err(Refusal::new(&refusals::CODE_WRONG).on("code").into()));
                }
                new.verified = true;
                return Ok(Ok(Done::to("/register/identity", "").cookie(new.cookie(&a))));
            }
            let shown = account::send_phone_code(tx, &a, &new.phone, "register")?;
            Ok(Ok(Done::to("/register", sent_text(req.lang, shown)).cookie(new.cookie(&a))))
        },
        move |_, req, actor, form| {
            // A refused phone means that no code is under way for it.
            let sent = !form.v("code").is_empty() || form.wrong("code");
            start_page(&b, req, actor, form, sent, &back)
        },
    )
    .await
}

/// What is said after a code was sent; the demo shows the code.
pub(crate) fn sent_text(lang: Lang, shown: Option<String>) -> String {
    shown.map_or_else(
        || lang.t("验证码已发送，请查看短信。", "The code was sent; look at your messages.").to_owned(),
        |code| {
            lang.f("演示城市不发短信，验证码是 {}。", "The demo sends no messages; the code is {}.", &[&code])
        },
    )
}

// Step 2: document and community.

#[derive(Template)]
#[template(path = "person/register_2.html")]
struct IdentityPage {
    shell: Shell,
    form: Form,
    name: String,
    kinds: Vec<(String, String)>,
    genders: Vec<(String, String)>,
    communities: Vec<(String, String)>,
    more: bool,
}

fn offered(tx: &mut db::ReadTx<'_>) -> Result<Vec<(String, String)>, Error> {
    let all = crate::org::communities(tx)?;
    Ok(all.into_iter().map(|(id, name)| (id.to_string(), name)).collect())
}

fn identity_page(
    app: &App,
    tx: &mut db::ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    draft: &Draft,
    form: &Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let page = IdentityPage {
        shell: app.shell(req, actor, lang.t("身份证件和社区", "Document and community")),
        name: draft.name.clone(),
        kinds: input::kinds(lang),
        genders: input::genders(lang),
        communities: offered(tx)?,
        more: form.wrong("birth_on") || form.wrong("gender") || !form.v("birth_on").is_empty(),
        form: form.clone(),
    };
    ui::answer::html(app, req, &page)
}

async fn identity(State(app): State<App>, req: Req, headers: HeaderMap) -> Answer {
    let draft = Draft::read(&app, &headers);
    if !draft.verified {
        return Done::to("/register", "").answer(&app, &req);
    }
    let a = app.clone();
    app.page(req, move |tx, req, actor| identity_page(&a, tx, req, actor, &draft, &draft.identity_form()))
        .await
}

async fn identity_post(State(app): State<App>, req: Req, headers: HeaderMap, fields: Fields) -> Answer {
    let draft = Draft::read(&app, &headers);
    if !draft.verified {
        return Done::to("/register", "").answer(&app, &req);
    }
    let (a, b, kept) = (app.clone(), app.clone(), draft.clone());
    app.submit(
        req,
        fields,
        move |tx, _, _, fields| {
            let today = tx.now().date();
            let mut all = Collect::default();
            let identity = input::identity(fields, today, true, &mut all);
            let home = all.take(input::home(fields, &offered(tx)?));
            if let Some(identity) = &identity {
                match identity.birth_on {
                    Some(birth_on) => {
                        all.take(ages::possible(birth_on, today).map_err(|r| {
                            let by_number =
                                identity.document.as_ref().is_some_and(|d| d.birth_date.is_some());
                            r.on(if by_number { "id_number" } else { "birth_on" })
                        }));
                    }
                    None => all.push(input::birth_missing()),
                }
            }
            all.done()?;
            let (Some(identity), Some(home)) = (identity, home) else { return Err(gone()) };
            let Some(document) = &identity.document else { return Err(gone()) };
            let mut new = Draft {
                id_kind: document.kind.key().to_owned(),
                id_number: document.number.clone(),
                gender: identity.gender.code().to_owned(),
                birth_on: identity.birth_on.map(|d| d.to_string()).unwrap_or_default(),
                home_org: home.0,
                roster: 0,
                proved: false,
                ..draft.clone()
            };
            let index = store::id_index(&a.vault, document);
            let mut to = "/register/finish";
            if let Some(owner) = store::owner(tx, &index)? {
                // A row of an import that is not published yet is told to nobody.
                if store::brief(tx, owner.id)?.is_none() {
                    return Err(Refusal::new(&refusals::ID_TAKEN).on("id_number").into());
                }
                new.roster = owner.id.0;
                new.proved = known(&a, &new, &owner)?;
                if !new.proved {
                    to = "/register/claim";
                }
            }
            Ok(Done::to(to, "").cookie(new.cookie(&a)))
        },
        move |tx, req, actor, form| identity_page(&b, tx, req, actor, &kept, form),
    )
    .await
}

/// Whether somebody of the roster may be claimed with the phone that is proved already; refusals for
/// whoever may not be claimed at all. Of another name nothing is told (Edge-08).
fn known(app: &App, draft: &Draft, owner: &store::Owner) -> Result<bool, Error> {
    let waits = matches!(owner.state, PersonState::Unclaimed | PersonState::Incomplete);
    if !waits {
        let text = if owner.name == draft.name && owner.state == PersonState::Active {
            &refusals::REGISTERED
        } else {
            &refusals::ID_TAKEN
        };
        return Err(Refusal::new(text).on("id_number").into());
    }
    if owner.name != draft.name {
        return Err(Refusal::new(&refusals::ID_TAKEN).on("id_number").into());
    }
    let proved = store::phone_index(&app.vault, &draft.phone);
    Ok(owner.phone_index.as_deref() == Some(proved.as_bytes().as_slice()))
}

// The roster knows the person under another phone.

#[derive(Template)]
#[template(path = "person/register_claim.html")]
struct ClaimPage {
    shell: Shell,
    form: Form,
    /// Masked; empty when the roster has no phone that receives codes.
    phone: String,
}

fn phone_on_file(app: &App, tx: &mut db::ReadTx<'_>, draft: &Draft) -> Result<Option<String>, Error> {
    let phone = store::phone_of(tx, &app.vault, PersonId(draft.roster))?;
    Ok(phone.filter(|phone| phone.len() == 11 && phone.starts_with('1') && !phone.contains('-')))
}

fn claim_page(
    app: &App,
    tx: &mut db::ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    draft: &Draft,
    form: &Form,
) -> Result<Answer, Error> {
    let phone = phone_on_file(app, tx, draft)?.map(|phone| vault::mask_phone(&phone)).unwrap_or_default();
    let shell = app.shell(req, actor, req.lang.t("您已在名册中", "You are on the roster"));
    ui::answer::html(app, req, &ClaimPage { shell, form: form.clone(), phone })
}

async fn claim(State(app): State<App>, req: Req, headers: HeaderMap) -> Answer {
    let draft = Draft::read(&app, &headers);
    if !draft.verified || draft.roster == 0 {
        return Done::to("/register", "").answer(&app, &req);
    }
    let a = app.clone();
    app.page(req, move |tx, req, actor| claim_page(&a, tx, req, actor, &draft, &Form::default())).await
}

async fn claim_post(State(app): State<App>, req: Req, headers: HeaderMap, fields: Fields) -> Answer {
    let draft = Draft::read(&app, &headers);
    if !draft.verified || draft.roster == 0 {
        return Done::to("/register", "").answer(&app, &req);
    }
    let (a, b, kept) = (app.clone(), app.clone(), draft.clone());
    flow::settle(
        &app,
        req,
        fields,
        move |tx, req, _, fields| {
            let phone = phone_on_file(&a, tx, &draft)?.ok_or_else(gone)?;
            if fields.text("act") != "next" {
                let shown = account::send_phone_code(tx, &a, &phone, "claim")?;
                return Ok(Ok(Done::to("/register/claim", sent_text(req.lang, shown))));
            }
            if let Some(wait) = account::commands::hit_guess(tx, req)? {
                return Ok(Err(Refusal::new(&kernel::error::common::SLOW_DOWN).with("seconds", wait).into()));
            }
            if !account::check_phone_code(tx, &a, &phone, "claim", fields.text("code"))? {
                return Ok(Err(Refusal::new(&refusals::CODE_WRONG).on("code").into()));
            }
            let new = Draft { proved: true, ..draft.clone() };
            Ok(Ok(Done::to("/register/finish", "").cookie(new.cookie(&a))))
        },
        move |tx, req, actor, form| claim_page(&b, tx, req, actor, &kept, form),
    )
    .await
}

// Step 3: skills and consents.

#[derive(Template)]
#[template(path = "person/register_3.html")]
struct FinishPage {
    shell: Shell,
    form: Form,
    name: String,
    claiming: bool,
    /// The age of a minor.
    minor: Option<i64>,
    skills: Vec<(String, String)>,
    categories: Vec<(String, String)>,
}

impl FinishPage {
    /// What is agreed to, by age.
    fn agree(&self) -> &'static str {
        let lang = self.shell.lang;
        match self.minor {
            None => lang.t(
                "我已年满 18 周岁，已阅读并同意登记告知（必选）",
                "I am 18 or older, have read the notice and agree to it (required)",
            ),
            Some(age) if age >= ages::OWN_CONSENT => lang.t(
                "我已阅读并同意登记告知，监护人另外确认（必选）",
                "I have read the notice and agree to it; my guardian confirms too (required)",
            ),
            Some(_) => lang.t(
                "我和监护人已看过登记告知，由监护人最后确认（必选）",
                "My guardian and I have read the notice; the guardian confirms it (required)",
            ),
        }
    }

    /// Whether the own word counts for publications.
    fn own(&self) -> bool {
        self.minor.is_none_or(|age| age >= ages::OWN_CONSENT)
    }
}

fn finish_page(app: &App, req: &Req, actor: &Actor, draft: &Draft, form: &Form) -> Result<Answer, Error> {
    let lang = req.lang;
    let page = FinishPage {
        shell: app.shell(req, actor, lang.t("特长与同意", "Skills and consent")),
        form: form.clone(),
        name: draft.name.clone(),
        claiming: draft.roster != 0,
        minor: draft.minor_age(app.db.ctx().clock.now().date()),
        skills: input::skills(lang),
        categories: input::categories(lang),
    };
    ui::answer::html(app, req, &page)
}

fn ready(draft: &Draft) -> bool {
    draft.verified && draft.home_org != 0 && (draft.roster == 0 || draft.proved)
}

async fn finish(State(app): State<App>, req: Req, headers: HeaderMap) -> Answer {
    let draft = Draft::read(&app, &headers);
    if !ready(&draft) {
        return Done::to("/register", "").answer(&app, &req);
    }
    let a = app.clone();
    app.page(req, move |_, req, actor| finish_page(&a, req, actor, &draft, &Form::default())).await
}

async fn finish_post(State(app): State<App>, req: Req, headers: HeaderMap, fields: Fields) -> Answer {
    let draft = Draft::read(&app, &headers);
    if !ready(&draft) {
        return Done::to("/register", "").answer(&app, &req);
    }
    let (a, b, kept) = (app.clone(), app.clone(), draft.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            input::agreed(fields, "agree")?;
            let today = tx.now().date();
            let skills = input::codes(fields, "skill");
            let categories = input::codes(fields, "category");
            let minor = draft.minor_age(today);
            let rank = fields.ticked("rank") && minor.is_none_or(|age| age >= ages::OWN_CONSENT);
            // Whoever claims or registers acts as this person, not as a neighbour who is still signed in.
            let visitor = Actor { from: actor.from.clone(), name: draft.name.clone(), ..Actor::default() };
            let person = if draft.roster == 0 {
                let kind = roster::clean::IdKind::from_key(&draft.id_kind);
                let document = roster::clean::document(kind, &draft.id_number, today)?;
                let new = NewPerson {
                    name: draft.name.clone(),
                    gender: Gender::from_code(&draft.gender).unwrap_or(Gender::Unknown),
                    birth_on: ui::form::date(&draft.birth_on),
                    document: Some(document),
                    phone: Some(draft.phone.clone()),
                    home_org: kernel::OrgId(draft.home_org),
                    address: String::new(),
                    employer: String::new(),
                    note: String::new(),
                    skills,
                    categories,
                    source: Source::Own,
                    state: PersonState::Active,
                    assurance: Assurance::Declared,
                    joined_on: Some(today),
                    batch: 0,
                    rank_public: false,
                };
                register_oneself(tx, &a.vault, &visitor, &new, rank)?
            } else {
                let person = PersonId(draft.roster);
                match draft.minor_age(today) {
                    None => super::claim(tx, &visitor, person, "phone")?,
                    // The guardian's answer claims it.
                    Some(age) if age >= ages::OWN_CONSENT => {
                        consent::give(tx, &visitor, person, Purpose::Register, "phone")?;
                    }
                    Some(_) => {}
                }
                store::add_skills(tx, person, &skills, &categories)?;
                if rank {
                    consent::give(tx, &visitor, person, Purpose::Rank, "phone")?;
                }
                person
            };
            let account = account::for_person(tx, person, &draft.name)?;
            let session = account::open_session(tx, &a, account, req)?;
            if minor.is_some() {
                let say =
                    req.lang.t("还差一步：请监护人同意。", "One step is left: your guardian's consent.");
                return Ok(Done::to("/me/guardian", say)
                    .cookie(session)
                    .cookie(ui::answer::cookie(&a, DRAFT, "", 0)));
            }
            let next = if draft.next.is_empty() { "/me" } else { &draft.next };
            let say =
                req.lang.f("{}，欢迎加入！注册完成。", "Welcome, {}! You are registered.", &[&draft.name]);
            Ok(Done::to(next, say).cookie(session).cookie(ui::answer::cookie(&a, DRAFT, "", 0)))
        },
        move |_, req, actor, form| finish_page(&b, req, actor, &kept, form),
    )
    .await
}
