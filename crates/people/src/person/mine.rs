//! My page: number, card, consents with one tap, skills, phone (V5).

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use kernel::error::{Collect, common};
use kernel::{Actor, Error, Refusal};
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form, Label};
use ui::shell::Shell;
use ui::{App, Req};

use super::consent::{self, Purpose};
use super::file::{self, Moment, Team};
use super::{Person, PersonState, card, commands, flow, input, refusals, store};
use crate::account;
use crate::guardian::{self, Guard, rules as ages};

/// Pages of this part.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/me", get(show))
        .route("/me/consent", post(choose))
        .route("/me/consents", get(consents))
        .route("/me/edit", get(edit).post(edit_post))
        .route("/me/phone", get(phone).post(phone_post))
}

pub(super) fn me(tx: &mut db::ReadTx<'_>, actor: &Actor) -> Result<Person, Error> {
    Ok(store::find(tx, actor.person()?)?.ok_or(&common::NOT_FOUND)?)
}

#[derive(Template)]
#[template(path = "person/me.html")]
struct MePage {
    shell: Shell,
    person: Person,
    active: bool,
    phone: String,
    qr: String,
    skills: String,
    categories: String,
    teams: Vec<Team>,
    moments: Vec<Moment>,
    /// Where the guardian's consent stands; for minors.
    guard: Option<Guard>,
    young: bool,
    /// The person looks after somebody.
    family: bool,
}

/// What staff without a volunteer's registration see.
#[derive(Template)]
#[template(path = "person/me_staff.html")]
struct StaffPage {
    shell: Shell,
    name: String,
}

async fn show(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.account()?;
        let lang = req.lang;
        let shell = a.shell(req, actor, lang.t("我的", "Me"));
        let Some(id) = actor.person else {
            return ui::answer::html(&a, req, &StaffPage { shell, name: actor.name.clone() });
        };
        let person = me(tx, actor)?;
        let phone = store::phone_of(tx, &a.vault, id)?;
        let age = person.birth_on.map(|birth| birth.age(tx.now().date()));
        let guard = match age {
            Some(age) if age < ages::ADULT => guardian::store::standing(tx, id)?.map(|one| one.guard),
            _ => None,
        };
        let (skills, categories) = (store::skills(tx, id)?, store::categories(tx, id)?);
        let page = MePage {
            shell,
            active: person.state == PersonState::Active,
            phone: phone.map(|phone| vault::mask_phone(&phone)).unwrap_or_default(),
            qr: ui::qr::svg(&card::card_link(&a, &person)),
            skills: input::skill_names(&skills, lang),
            categories: input::category_names(&categories, lang),
            teams: file::teams(tx, lang, id)?,
            moments: file::timeline(tx, lang, &person)?,
            guard,
            young: age.is_some_and(|age| age < ages::OWN_CONSENT),
            family: !guardian::store::wards(tx, id)?.is_empty(),
            person,
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}

/// What a person does about a consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ConsentStep")]
pub(super) enum Choice {
    /// Gives it; only for rankings and for hints about companions, the others are given where they are needed.
    Give,
    /// Takes it back; only what can be taken back alone.
    Withdraw,
    /// Puts the own consent in the place of the guardian's.
    Renew,
}

/// Gives, takes back or renews one's own consent; the same for page and API.
///
/// # Errors
/// `common.forbidden` under fourteen, `common.not_found` for what is given elsewhere or ends with the registration.
pub(super) fn choose_consent(
    tx: &mut db::WriteTx<'_>,
    actor: &Actor,
    purpose: Purpose,
    choice: Choice,
) -> Result<(), Error> {
    let person = actor.person()?;
    let birth_on = me(tx, actor)?.birth_on;
    if birth_on.is_some_and(|birth| birth.age(tx.now().date()) < ages::OWN_CONSENT) {
        // Under fourteen the guardian decides, on their own page.
        return Err((&common::FORBIDDEN).into());
    }
    match (choice, purpose) {
        (Choice::Renew, _) => consent::renew(tx, actor, person, purpose),
        (Choice::Give, Purpose::Rank | Purpose::Together) => consent::give(tx, actor, person, purpose, "me"),
        (Choice::Withdraw, Purpose::ReportIn) => {
            // It is given list by list, on a page of its own.
            crate::report_in::decline_all(tx, actor)?;
            consent::withdraw(tx, person, purpose)
        }
        (Choice::Withdraw, Purpose::Rank | Purpose::Team | Purpose::Location | Purpose::Together) => {
            consent::withdraw(tx, person, purpose)
        }
        _ => Err((&common::NOT_FOUND).into()),
    }
}

async fn choose(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    app.command(req, fields, |tx, req, actor, fields| {
        actor.person()?;
        let lang = req.lang;
        let purpose = Purpose::from_code(fields.text("purpose")).ok_or(&common::NOT_FOUND)?;
        let back = match fields.text("next") {
            "/me/consents" => "/me/consents",
            _ => "/me",
        };
        let choice = match (fields.ticked("give"), fields.ticked("renew")) {
            (true, true) => Choice::Renew,
            (true, false) => Choice::Give,
            (false, _) => Choice::Withdraw,
        };
        choose_consent(tx, actor, purpose, choice)?;
        let say = match (choice, purpose) {
            (Choice::Renew, _) => lang.t("已由您本人确认。", "Confirmed by yourself."),
            (Choice::Give, Purpose::Together) => lang.t(
                "以后推荐活动时，会提示有几位常和您一起服务的人也报了名；他们也会看到这样的提示，不显示姓名。",
                "Suggestions say how many of those you often serve with signed up; they see the same, without names.",
            ),
            (Choice::Give, _) => lang.t("您的姓名会出现在排行榜上。", "Your name appears in rankings."),
            // It is given on the page of a team.
            (Choice::Withdraw, Purpose::Team) => lang.t(
                "已撤回，队伍页面不再显示您的姓名。",
                "Withdrawn: pages of teams no longer show your name.",
            ),
            (Choice::Withdraw, Purpose::ReportIn) => lang.t(
                "已撤回，所有报到已取消，身份已删除。",
                "Withdrawn: you report in nowhere, and the identities are erased.",
            ),
            (Choice::Withdraw, Purpose::Together) => {
                lang.t("已撤回，不再互相提示。", "Withdrawn: no more such hints, on either side.")
            }
            // It is given on the check-in page.
            (Choice::Withdraw, Purpose::Location) => {
                lang.t("已撤回，签到时不再核对位置。", "Withdrawn: your place is not compared any more.")
            }
            (Choice::Withdraw, _) => {
                lang.t("已撤回，排行榜不再显示您的姓名。", "Withdrawn: rankings no longer show your name.")
            }
        };
        Ok(Done::to(back, say))
    })
    .await
}

/// A line of the consent ledger.
struct Line {
    purpose: Purpose,
    name: &'static str,
    by: &'static str,
    version: String,
    given: String,
    withdrawn: String,
    /// The own consent is asked instead.
    renew: Option<String>,
}

#[derive(Template)]
#[template(path = "person/me_consents.html")]
struct ConsentsPage {
    shell: Shell,
    lines: Vec<Line>,
    young: bool,
    rank: bool,
    together: bool,
}

/// The consent ledger of the person: what was agreed to, when, in which version, and one tap to take it back (V5).
async fn consents(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let lang = req.lang;
        let person = me(tx, actor)?;
        let today = tx.now().date();
        let lines = consent::of_person(tx, person.id)?;
        let together = lines.iter().any(|one| one.purpose == Purpose::Together && one.withdrawn_at.is_none());
        let lines = lines
            .into_iter()
            .map(|one| Line {
                purpose: one.purpose,
                name: one.purpose.name(lang),
                by: if one.guardian.is_some() {
                    lang.t("监护人", "the guardian")
                } else {
                    lang.t("本人", "yourself")
                },
                version: one.version,
                given: one.given_at.text(),
                renew: one
                    .renew_on
                    .filter(|on| *on <= today && one.withdrawn_at.is_none())
                    .map(|on| on.plus(ages::RENEW_DAYS).to_string()),
                withdrawn: one.withdrawn_at.map(kernel::Timestamp::text).unwrap_or_default(),
            })
            .collect();
        let page = ConsentsPage {
            shell: a.shell(req, actor, lang.t("我的同意", "My consents")),
            lines,
            young: person.birth_on.is_some_and(|birth| birth.age(today) < ages::OWN_CONSENT),
            rank: person.rank_public,
            together,
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}

#[derive(Template)]
#[template(path = "person/me_edit.html")]
struct EditPage {
    shell: Shell,
    form: Form,
    skills: Vec<(String, String)>,
    categories: Vec<(String, String)>,
}

/// What a person changes about themselves, as it stands now.
pub(super) fn filled(tx: &mut db::ReadTx<'_>, person: &Person) -> Result<Fields, Error> {
    let mut pairs = vec![
        ("name_key", person.name_key.clone()),
        ("address", person.address.clone()),
        ("employer", person.employer.clone()),
    ];
    pairs.extend(store::skills(tx, person.id)?.into_iter().map(|code| ("skill", code)));
    pairs.extend(store::categories(tx, person.id)?.into_iter().map(|code| ("category", code)));
    Ok(Fields::of(pairs))
}

fn edit_page(
    app: &App,
    tx: &mut db::ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    form: Option<&Form>,
) -> Result<Answer, Error> {
    let person = me(tx, actor)?;
    let form = match form {
        Some(form) => form.clone(),
        None => Form { fields: filled(tx, &person)?, ..Form::default() },
    };
    let page = EditPage {
        shell: app.shell(req, actor, req.lang.t("修改我的资料", "Edit my details")),
        form,
        skills: input::skills(req.lang),
        categories: input::categories(req.lang),
    };
    ui::answer::html(app, req, &page)
}

async fn edit(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| edit_page(&a, tx, req, actor, None)).await
}

/// Changes what the form says; the same for page and API.
pub(super) fn save(tx: &mut db::WriteTx<'_>, actor: &Actor, fields: &Fields) -> Result<(), Error> {
    let person = me(tx, actor)?;
    let mut all = Collect::default();
    let name_key = all.take(input::reading(fields, &person.name));
    let address = all.take(fields.optional("address", Label("地址", "Address"), 200));
    let employer = all.take(fields.optional("employer", Label("工作单位或学校", "Employer or school"), 100));
    all.done()?;
    commands::edit_own(
        tx,
        actor,
        &name_key.unwrap_or(person.name_key),
        &address.unwrap_or_default(),
        &employer.unwrap_or_default(),
        &input::codes(fields, "skill"),
        &input::codes(fields, "category"),
    )
}

async fn edit_post(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        |tx, req, actor, fields| {
            save(tx, actor, fields)?;
            Ok(Done::to("/me", req.lang.t("已保存。", "Saved.")))
        },
        move |tx, req, actor, form| edit_page(&a, tx, req, actor, Some(form)),
    )
    .await
}

#[derive(Template)]
#[template(path = "person/me_phone.html")]
struct PhonePage {
    shell: Shell,
    form: Form,
    now: String,
}

fn phone_page(
    app: &App,
    tx: &mut db::ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    form: &Form,
) -> Result<Answer, Error> {
    let now = store::phone_of(tx, &app.vault, actor.person()?)?;
    let page = PhonePage {
        shell: app.shell(req, actor, req.lang.t("更换手机号", "Change the phone")),
        form: form.clone(),
        now: now.map(|phone| vault::mask_phone(&phone)).unwrap_or_default(),
    };
    ui::answer::html(app, req, &page)
}

async fn phone(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| phone_page(&a, tx, req, actor, &Form::default())).await
}

/// One form, two buttons: the first sends a code and shows the form again with what was typed; nothing of
/// it travels in an address.
async fn phone_post(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let (a, b) = (app.clone(), app.clone());
    if fields.text("act") == "send" {
        let sent = fields.clone();
        let (c, asked) = (app.clone(), req.clone());
        if !req.csrf_ok(&app.vault, &fields) {
            return ui::answer::error_page(&app, &req, &Actor::default(), &(&common::CSRF).into());
        }
        let result = app
            .db
            .write(move |tx| {
                c.actor(tx, &asked)?.person()?;
                let phone = input::mobile(&sent)?;
                account::send_phone_code(tx, &c, &phone, "new-phone")
            })
            .await;
        let (form, say) = match result {
            Ok(shown) => (Form { fields, refusals: Vec::new() }, super::register::sent_text(req.lang, shown)),
            Err(Error::Refused(refusals)) => (Form { fields, refusals }, String::new()),
            Err(error) => return ui::answer::error_page(&app, &req, &Actor::default(), &error),
        };
        let mut req = req;
        req.flash = (!say.is_empty()).then_some(say);
        return app.page(req, move |tx, req, actor| phone_page(&a, tx, req, actor, &form)).await;
    }
    flow::settle(
        &app,
        req,
        fields,
        move |tx, req, actor, fields| {
            let person = actor.person()?;
            let phone = input::mobile(fields)?;
            if let Some(wait) = account::commands::hit_guess(tx, req)? {
                return Ok(Err(Refusal::new(&common::SLOW_DOWN).with("seconds", wait).into()));
            }
            if !account::check_phone_code(tx, &a, &phone, "new-phone", fields.text("code"))? {
                return Ok(Err(Refusal::new(&refusals::CODE_WRONG).on("code").into()));
            }
            commands::set_phone(tx, &a.vault, actor, person, &phone)?;
            Ok(Ok(Done::to("/me", req.lang.t("手机号已更换。", "The phone is changed."))))
        },
        move |tx, req, actor, form| phone_page(&b, tx, req, actor, form),
    )
    .await
}
