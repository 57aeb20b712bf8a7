//! Pages of minors and guardians: whom to ask, the answer by phone code or own account, and the guardian's list.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::routing::{get, post};
use db::ReadTx;
use kernel::error::common;
use kernel::{Actor, Error, PersonId, Refusal};
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form};
use ui::shell::Shell;
use ui::{App, Req};

use super::store::{self, Guardianship};
use super::{Guard, GuardState, GuardianId, commands, refusals, rules};
use crate::account;
use crate::person::{self, Purpose, flow, input};

const PROOF: &str = "linli_guardian";
const PROOF_FIELD: &str = "guardian.proof";
/// How long a proved phone opens the guardian's page in this browser.
const PROOF_MS: i64 = 30 * 60_000;
const LINK: &str = "guardian";

/// Pages of this subject.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/me/guardian", get(mine).post(mine_post))
        .route("/guardian/{code}", get(confirm).post(confirm_post))
        .route("/family", get(family))
        .route("/family/{id}/consent", post(consent))
}

/// The link by which a guardian answers without an account; whoever has it still needs a code to the guardian's phone.
fn link(app: &App, id: GuardianId) -> String {
    let tag = app.vault.signer.sign(LINK, &[&id.0.to_be_bytes()]);
    format!("{}/guardian/{id}.{tag}", app.settings.base_url)
}

fn read_link(app: &App, code: &str) -> Result<GuardianId, Error> {
    let found = code.split_once('.').and_then(|(id, tag)| {
        let id: i64 = id.parse().ok()?;
        app.vault.signer.verify(LINK, &[&id.to_be_bytes()], tag).then_some(GuardianId(id))
    });
    found.ok_or_else(|| (&common::NOT_FOUND).into())
}

/// The guardianship whose phone was proved in this browser a moment ago.
#[must_use]
pub fn proof_of(app: &App, headers: &HeaderMap) -> Option<GuardianId> {
    flow::read::<i64>(app, headers, PROOF, PROOF_FIELD).map(GuardianId)
}

// The minor's side.

#[derive(Template)]
#[template(path = "guardian/mine.html")]
struct MinePage {
    shell: Shell,
    form: Form,
    guard: Guard,
    age: i64,
    asked: Option<Waiting>,
    given: Option<String>,
    relations: Vec<(String, String)>,
}

/// Who has to answer, by when, and how to reach them.
struct Waiting {
    text: String,
    own_account: bool,
    link: String,
}

impl MinePage {
    /// Whether another guardian may be named.
    fn open(&self) -> bool {
        self.guard != Guard::Given
    }
}

fn mine_page(app: &App, tx: &mut ReadTx<'_>, req: &Req, actor: &Actor, form: Form) -> Result<Answer, Error> {
    let me = actor.person()?;
    let now = tx.now();
    let standing = store::standing(tx, me)?.ok_or(&common::NOT_FOUND)?;
    let age = standing.birth_on.map(|birth| birth.age(now.date())).filter(|age| *age < rules::ADULT);
    let Some(age) = age else { return Err((&refusals::OF_AGE).into()) };
    let live = store::live(tx, me)?;
    let asked = match live.as_ref().filter(|one| one.waits(now)) {
        Some(one) => Some(Waiting {
            text: req.lang.f(
                "等 {}（{}）答复，最迟 {}。逾期没有答复，登记信息会删除。",
                "{} ({}) has to answer by {}. Without an answer the registration is erased.",
                &[&one.name, &vault::mask_phone(&one.phone(&app.vault)?), &one.respond_by.text()],
            ),
            own_account: one.guardian.is_some(),
            link: link(app, one.id),
        }),
        None => None,
    };
    let given = live.filter(|one| one.state == GuardState::Given).map(|one| {
        let at = one.answered_at.map(kernel::Timestamp::text).unwrap_or_default();
        req.lang.f("{} 已于 {} 同意。", "{} agreed on {}.", &[&one.name, &at])
    });
    let page = MinePage {
        shell: app.shell(req, actor, req.lang.t("监护人同意", "Guardian's consent")),
        form,
        guard: standing.guard,
        age,
        asked,
        given,
        relations: input::relations(req.lang),
    };
    ui::answer::html(app, req, &page)
}

async fn mine(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| mine_page(&a, tx, req, actor, Form::default())).await
}

async fn mine_post(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let (a, b) = (app.clone(), app.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let me = actor.person()?;
            let lang = req.lang;
            let standing = store::standing(tx, me)?.ok_or(&common::NOT_FOUND)?;
            if standing.guard == Guard::Given {
                // Another guardian is entered at the station, so that nobody talks the own one away.
                return Err((&refusals::ANSWERED).into());
            }
            let today = tx.now().date();
            let grown = standing.birth_on.is_some_and(|birth| birth.age(today) >= rules::OWN_CONSENT);
            if grown {
                person::give(tx, actor, me, Purpose::Register, "me")?;
            }
            if fields.ticked("own_work") {
                commands::declare_own_work(tx, actor, me)?;
                return Ok(Done::to("/me", lang.t("已登记，可以报名了。", "Noted; you can sign up now.")));
            }
            let who = input::guardian(fields)?;
            let id = commands::ask(tx, &a.vault, me, &who)?;
            send_link(tx, &a, id, &who.phone)?;
            let say = lang.f(
                "已请 {} 答复，同意后就能报名。",
                "{} was asked; once they agree you can sign up.",
                &[&who.name],
            );
            Ok(Done::to("/me/guardian", say))
        },
        move |tx, req, actor, form| mine_page(&b, tx, req, actor, form.clone()),
    )
    .await
}

/// Tells the guardian's phone; at most some messages a day, as for codes.
fn send_link(tx: &mut db::WriteTx<'_>, app: &App, id: GuardianId, phone: &str) -> Result<(), Error> {
    let key = format!("guardian-sms:{}", app.vault.signer.sign("guardian-sms", &[phone.as_bytes()]));
    if let Some(wait) = account::commands::hit(tx, &key, 5, 86_400_000, 6 * 3_600_000)? {
        return Err(Refusal::new(&common::SLOW_DOWN).with("seconds", wait).into());
    }
    let (city_zh, city_en) = (&app.settings.city.0, &app.settings.city.1);
    let link = link(app, id);
    let payload = serde_json::json!({
        "phone": phone,
        "text_zh": format!("【{city_zh}邻里】孩子登记志愿服务，请您作为监护人答复：{link} （7 天内有效；不认识可忽略）"),
        "text_en": format!("[{city_en} Linli] A child wants to volunteer and names you as guardian. Answer within 7 days: {link}"),
    });
    db::outbox::put(tx, "sms", &payload.to_string())?;
    Ok(())
}

// The guardian's side, by phone.

#[derive(Template)]
#[template(path = "guardian/confirm.html")]
struct ConfirmPage {
    shell: Shell,
    form: Form,
    code: String,
    one: Guardianship,
    text: String,
    phone: String,
    waits: bool,
    until: String,
    sent: bool,
}

fn confirm_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    code: &str,
    form: Form,
) -> Result<Answer, Error> {
    let one = store::find(tx, read_link(app, code)?)?.ok_or(&common::NOT_FOUND)?;
    let page = ConfirmPage {
        shell: app.shell(req, actor, req.lang.t("监护人答复", "The guardian's answer")),
        sent: !form.v("code").is_empty() || form.wrong("code") || form.is("act", "send"),
        form,
        code: code.to_owned(),
        // Whoever finds the link learns no whole name; the guardian knows whose it is.
        text: req.lang.f(
            "{}（{}），{} 登记志愿服务时填写您为监护人。",
            "{} ({}): {} named you as guardian to become a volunteer.",
            &[&one.name, &one.relation.name(req.lang), &vault::mask_name(&one.minor_name)],
        ),
        phone: vault::mask_phone(&one.phone(&app.vault)?),
        waits: one.waits(tx.now()),
        until: one.respond_by.text(),
        one,
    };
    ui::answer::html(app, req, &page)
}

async fn confirm(State(app): State<App>, req: Req, Path(code): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| confirm_page(&a, tx, req, actor, &code, Form::default())).await
}

async fn confirm_post(State(app): State<App>, req: Req, Path(code): Path<String>, fields: Fields) -> Answer {
    let (a, b) = (app.clone(), app.clone());
    let again = code.clone();
    if fields.text("act") == "send" {
        // The page is shown again with the field for the code; nothing else changes.
        let (c, asked, sent) = (app.clone(), req.clone(), fields.clone());
        if !req.csrf_ok(&app.vault, &fields) {
            return ui::answer::error_page(&app, &req, &Actor::default(), &(&common::CSRF).into());
        }
        let result = app
            .db
            .write(move |tx| {
                let one = store::find(tx, read_link(&c, &code)?)?.ok_or(&common::NOT_FOUND)?;
                let phone = one.phone(&c.vault)?;
                account::send_phone_code(tx, &c, &phone, "guardian").map(|shown| (shown, asked.lang))
            })
            .await;
        let mut req = req;
        let form = match result {
            Ok((shown, lang)) => {
                req.flash = Some(person::sent_text(lang, shown));
                Form { fields: sent, refusals: Vec::new() }
            }
            Err(Error::Refused(refusals)) => Form { fields: sent, refusals },
            Err(error) => return ui::answer::error_page(&app, &req, &Actor::default(), &error),
        };
        return app
            .page(req, move |tx, req, actor| confirm_page(&b, tx, req, actor, &again, form.clone()))
            .await;
    }
    flow::settle(
        &app,
        req,
        fields,
        move |tx, req, actor, fields| {
            let one = store::find(tx, read_link(&a, &code)?)?.ok_or(&common::NOT_FOUND)?;
            let phone = one.phone(&a.vault)?;
            let agrees = fields.text("act") == "agree";
            if agrees && !fields.ticked("agree") {
                return Err(Refusal::new(&person::refusals::CONSENT_REQUIRED).on("agree").into());
            }
            if let Some(wait) = account::commands::hit_guess(tx, req)? {
                return Ok(Err(Refusal::new(&common::SLOW_DOWN).with("seconds", wait).into()));
            }
            if !account::check_phone_code(tx, &a, &phone, "guardian", fields.text("code"))? {
                return Ok(Err(Refusal::new(&person::refusals::CODE_WRONG).on("code").into()));
            }
            // The phone answers, not whoever is signed in in this browser.
            let guardian = Actor { from: actor.from.clone(), name: one.name.clone(), ..Actor::default() };
            let lang = req.lang;
            let proof = flow::cookie(&a, PROOF, PROOF_FIELD, one.id.0, PROOF_MS);
            let minor = one.minor;
            let done = match fields.text("act") {
                "agree" => {
                    commands::give(tx, &guardian, one.id, "phone")?;
                    Done::to(format!("/family/{minor}"), lang.t("已同意，谢谢您。", "You agreed. Thank you."))
                        .cookie(proof)
                }
                "refuse" => {
                    commands::refuse(tx, &guardian, one.id, "phone")?;
                    Done::to(
                        format!("/guardian/{code}"),
                        lang.t(
                            "已答复“不同意”，孩子不会被登记。",
                            "You declined; the child is not registered.",
                        ),
                    )
                }
                _ => Done::to(format!("/family/{minor}"), "").cookie(proof),
            };
            Ok(Ok(done))
        },
        move |tx, req, actor, form| confirm_page(&b, tx, req, actor, &again, form.clone()),
    )
    .await
}

// The guardian's side, by the own account.

/// A child, as the guardian's list shows it.
struct Child {
    one: Guardianship,
    waits: bool,
    until: String,
}

#[derive(Template)]
#[template(path = "guardian/family.html")]
struct FamilyPage {
    shell: Shell,
    form: Form,
    children: Vec<Child>,
}

fn family_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    form: Form,
) -> Result<Answer, Error> {
    let me = actor.person()?;
    let now = tx.now();
    let children = store::wards(tx, me)?
        .into_iter()
        .map(|one| Child { waits: one.waits(now), until: one.respond_by.text(), one })
        .collect();
    let shell = app.shell(req, actor, req.lang.t("我的孩子", "My children"));
    ui::answer::html(app, req, &FamilyPage { shell, form, children })
}

async fn family(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| family_page(&a, tx, req, actor, Form::default())).await
}

/// One button each: agree, decline, take back, agree again, rankings of a child under fourteen.
async fn consent(
    State(app): State<App>,
    req: Req,
    Path(id): Path<PersonId>,
    headers: HeaderMap,
    fields: Fields,
) -> Answer {
    let proof = proof_of(&app, &headers);
    app.command(req, fields, move |tx, req, actor, fields| {
        if proof.is_none() {
            actor.account()?;
        }
        let one = commands::ward(tx, actor, proof, id)?;
        let lang = req.lang;
        let by_phone = proof == Some(one.id) && one.guardian != actor.person;
        let actor = if by_phone {
            Actor { from: actor.from.clone(), name: one.name.clone(), ..Actor::default() }
        } else {
            actor.clone()
        };
        let channel = if by_phone { "phone" } else { "account" };
        let page = format!("/family/{id}");
        Ok(match fields.text("act") {
            "give" => {
                if !fields.ticked("agree") && one.state == GuardState::Asked {
                    return Err(Refusal::new(&person::refusals::CONSENT_REQUIRED).on("agree").into());
                }
                commands::give(tx, &actor, one.id, channel)?;
                Done::to(page, lang.t("已同意，孩子可以报名了。", "You agreed; the child can sign up."))
            }
            "refuse" => {
                commands::refuse(tx, &actor, one.id, channel)?;
                Done::to("/family", lang.t("已答复“不同意”。", "You declined."))
            }
            "withdraw" => {
                commands::withdraw(tx, &actor, one.id)?;
                Done::to(
                    page,
                    lang.t(
                        "已撤回。以后的报名已取消，记录的时长保留；随时可以再同意。",
                        "Withdrawn. Places ahead are given back, hours stay; you can agree again any time.",
                    ),
                )
            }
            act @ ("rank" | "no_rank") => {
                commands::publish_name(tx, &actor, &one, act == "rank", channel)?;
                Done::to(page, lang.t("已保存。", "Saved."))
            }
            _ => return Err((&common::NOT_FOUND).into()),
        })
    })
    .await
}
