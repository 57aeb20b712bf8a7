//! What is printed or scanned: activation slips, the card of one person, and the "not me" page that needs no
//! sign-in (Fix-03, V3).

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use kernel::error::{Collect, common};
use kernel::{Action, Actor, Error, PersonId, Refusal};
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form, Label};
use ui::shell::Shell;
use ui::{App, Req};
use vault::SlipCode;

use super::store::{self, ForPrint};
use super::{NotMeId, PersonState, card, commands, refusals};

/// Most people on one printout.
const SHEET: usize = 200;

/// Pages of this part.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/slips", get(to_list).post(slips))
        .route("/people/{id}/card", get(one_card))
        .route("/c/{code}", get(scanned))
        .route("/not-me/{code}", get(not_me).post(not_me_post))
        .route("/disputes", get(disputes))
        .route("/disputes/{id}/{answer}", post(answer))
}

fn chosen(texts: &[&str]) -> Result<Vec<PersonId>, Error> {
    let mut ids: Vec<PersonId> = texts.iter().filter_map(|text| text.parse().ok()).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() > SHEET {
        return Err(Refusal::new(&refusals::TOO_MANY).with("count", ids.len()).with("max", SHEET).into());
    }
    Ok(ids)
}

async fn to_list(State(app): State<App>, req: Req) -> Answer {
    Done::to("/people?state=unclaimed", "").answer(&app, &req)
}

/// A slip as it is printed; the code stands nowhere else.
struct Slip {
    name: String,
    volunteer_no: String,
    home: String,
    code: String,
    qr: String,
    not_me: String,
    last_of_page: bool,
}

#[derive(Template)]
#[template(path = "person/slips.html")]
struct SlipsPage {
    shell: Shell,
    slips: Vec<Slip>,
    until: String,
    site: String,
}

/// Prints slips: the codes are made here, stored as hashes, and shown in this answer only.
async fn slips(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let fail = |error: &Error| ui::answer::error_page(&app, &req, &Actor::default(), error);
    if !req.csrf_ok(&app.vault, &fields) {
        return fail(&(&common::CSRF).into());
    }
    let ids = match chosen(&fields.all("ids")) {
        Ok(ids) => ids,
        Err(error) => return fail(&error),
    };
    let codes: Vec<SlipCode> = ids.iter().map(|_| app.vault.slip_code()).collect();
    let (a, asked, drawn) = (app.clone(), req.clone(), codes.clone());
    let written = app
        .db
        .write(move |tx| {
            let actor = a.actor(tx, &asked)?;
            actor.demand_any(Action::PersonRegister)?;
            let found = store::for_print(tx, &actor.scopes(Action::PersonRegister), &ids)?;
            let people: Vec<(ForPrint, SlipCode)> = found
                .into_iter()
                .filter(|one| one.state == PersonState::Unclaimed)
                .zip(drawn.iter().copied())
                .collect();
            if people.is_empty() {
                return Err(Error::from(&refusals::NOTHING_CHOSEN));
            }
            let hashes: Vec<_> =
                people.iter().map(|(one, code)| (one.id, code.hash(&a.vault.codes, "slip"))).collect();
            let until = commands::print_slips(tx, &actor, &hashes)?;
            Ok((people, until))
        })
        .await;
    let (people, until) = match written {
        Ok(written) => written,
        Err(error) => return fail(&error),
    };
    let a = app.clone();
    app.page(req, move |_, req, actor| {
        let base = &a.settings.base_url;
        let slips = people
            .iter()
            .enumerate()
            .map(|(at, (one, code))| Slip {
                name: one.name.clone(),
                volunteer_no: one.volunteer_no.clone(),
                home: one.home_name.clone(),
                code: code.text(),
                qr: ui::qr::svg(&format!("{base}/slip/{}", code.text())),
                not_me: card::not_me_link(&a, one.id),
                last_of_page: at % 10 == 9,
            })
            .collect();
        let page = SlipsPage {
            shell: a.shell(req, actor, req.lang.t("激活纸条", "Activation slips")),
            slips,
            until: until.date().to_string(),
            site: format!("{base}/slip"),
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}

/// A member card.
pub(super) struct Card {
    pub name: String,
    pub volunteer_no: String,
    pub home: String,
    pub qr: String,
}

#[derive(Template)]
#[template(path = "person/card.html")]
struct CardPage {
    shell: Shell,
    card: Card,
}

fn card_of_person(app: &App, person: &super::Person) -> Card {
    Card {
        name: person.name.clone(),
        volunteer_no: person.volunteer_no.clone(),
        home: person.home_name.clone(),
        qr: ui::qr::svg(&card::card_link(app, person)),
    }
}

/// The card of a person, for staff of the area and for the person.
async fn one_card(State(app): State<App>, req: Req, Path(id): Path<PersonId>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let person = if actor.person == Some(id) {
            store::find(tx, id)?.ok_or(&common::NOT_FOUND)?
        } else {
            super::file::sight(tx, actor, id)?.0
        };
        if person.state != PersonState::Active {
            return Err(super::rules::in_state(person.state).into());
        }
        let shell = a.shell(req, actor, req.lang.t("会员卡", "Member card"));
        ui::answer::html(&a, req, &CardPage { shell, card: card_of_person(&a, &person) })
    })
    .await
}

#[derive(Template)]
#[template(path = "person/scanned.html")]
struct ScannedPage {
    shell: Shell,
    name: String,
    volunteer_no: String,
    home: String,
    valid: bool,
    /// The file, for staff who see that the card is dead.
    staff: Option<PersonId>,
}

/// What a camera opens from a card: whether the card holds, with the name masked; staff go to the file of one that does.
async fn scanned(State(app): State<App>, req: Req, Path(code): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let (id, card_no) = card::read_card(&a.vault, &code).ok_or(&common::NOT_FOUND)?;
        let person = store::find(tx, id)?.ok_or(&common::NOT_FOUND)?;
        let at = kernel::Place { area_path: &person.area_path, sponsor_path: &person.sponsor_path };
        let valid = person.state == PersonState::Active && person.card_no == card_no;
        let staff = kernel::can(actor, Action::PersonRead, at);
        if staff && valid {
            return Ok(Done::to(format!("/people/{id}"), "").answer(&a, req));
        }
        let page = ScannedPage {
            shell: a.shell(req, actor, req.lang.t("会员卡", "Member card")),
            name: vault::mask_name(&person.name),
            valid,
            staff: staff.then_some(id),
            volunteer_no: person.volunteer_no,
            home: person.home_name,
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}

#[derive(Template)]
#[template(path = "person/not_me.html")]
struct NotMePage {
    shell: Shell,
    form: Form,
    code: String,
    name: String,
    home: String,
    done: bool,
}

fn not_me_page(
    app: &App,
    tx: &mut db::ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    code: &str,
    form: &Form,
) -> Result<Answer, Error> {
    let id = card::read_not_me(&app.vault, code).ok_or(&common::NOT_FOUND)?;
    let person = store::find(tx, id)?.ok_or(&common::NOT_FOUND)?;
    if matches!(person.state, PersonState::Closed | PersonState::Deceased) {
        return Err((&common::NOT_FOUND).into());
    }
    let page = NotMePage {
        shell: app.shell(req, actor, req.lang.t("这不是我", "This is not me")),
        form: form.clone(),
        code: code.to_owned(),
        name: vault::mask_name(&person.name),
        home: person.home_name,
        done: person.state == PersonState::Disputed,
    };
    ui::answer::html(app, req, &page)
}

async fn not_me(State(app): State<App>, req: Req, Path(code): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| not_me_page(&a, tx, req, actor, &code, &Form::default())).await
}

async fn not_me_post(State(app): State<App>, req: Req, Path(code): Path<String>, fields: Fields) -> Answer {
    let (a, b, again) = (app.clone(), app.clone(), code.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let id = card::read_not_me(&a.vault, &code).ok_or(&common::NOT_FOUND)?;
            let mut all = Collect::default();
            let text = all.take(fields.optional("text", Label("说明", "What happened"), 500));
            let contact = all.take(fields.optional("contact", Label("联系方式", "How to reach you"), 100));
            all.done()?;
            let (text, contact) = (text.unwrap_or_default(), contact.unwrap_or_default());
            super::say_not_me(tx, &a.vault, actor, id, &text, &contact)?;
            let say = req.lang.t(
                "已收到，登记已冻结，站点会核实。",
                "Noted: the registration is frozen and will be looked into.",
            );
            Ok(Done::to(format!("/not-me/{code}"), say))
        },
        move |tx, req, actor, form| not_me_page(&b, tx, req, actor, &again, form),
    )
    .await
}

struct Dispute {
    id: NotMeId,
    person: PersonId,
    name: String,
    volunteer_no: String,
    home: String,
    at: String,
    text: String,
    contact: String,
}

#[derive(Template)]
#[template(path = "person/disputes.html")]
struct DisputesPage {
    shell: Shell,
    form: Form,
    disputes: Vec<Dispute>,
}

fn disputes_page(
    app: &App,
    tx: &mut db::ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    form: &Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::PersonEdit)?;
    let mut disputes = Vec::new();
    for one in store::disputes(tx, &actor.scopes(Action::PersonEdit), NotMeId(0), 100)? {
        disputes.push(Dispute {
            id: one.id,
            person: one.person,
            name: one.name,
            volunteer_no: one.volunteer_no,
            home: one.home_name,
            at: one.at.text(),
            text: one.text,
            contact: store::open_contact(&app.vault, one.contact_enc.as_deref())?.unwrap_or_default(),
        });
    }
    let shell = app.shell(req, actor, req.lang.t("“不是我”的核实", "“Not me” to look into"));
    ui::answer::html(app, req, &DisputesPage { shell, form: form.clone(), disputes })
}

async fn disputes(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| disputes_page(&a, tx, req, actor, &Form::default())).await
}

async fn answer(
    State(app): State<App>,
    req: Req,
    Path((id, answer)): Path<(NotMeId, String)>,
    fields: Fields,
) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let uphold = match answer.as_str() {
                "uphold" => true,
                "refuse" => false,
                _ => return Err((&common::NOT_FOUND).into()),
            };
            actor.demand_any(Action::PersonEdit)?;
            let why = fields.required("answer", Label("核实结果", "What was found"), 500)?;
            super::resolve_dispute(tx, actor, id, uphold, &why)?;
            Ok(Done::to("/disputes", req.lang.t("已处理。", "Answered.")))
        },
        move |tx, req, actor, form| disputes_page(&a, tx, req, actor, form),
    )
    .await
}
