//! The personal file: facts, timeline, next steps; changes by staff; every look at a whole ID number
//! noted (X6).

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use kernel::error::{Collect, common};
use kernel::{Action, Actor, Error, Lang, PersonId, Place};
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form, Label};
use ui::shell::Shell;
use ui::{App, Req};

use super::commands::{self, Changes, Step};
use super::{Gender, Person, PersonState, consent, input, refusals, rules, store};
use crate::duplicate;
use crate::guardian::{self, rules as ages};

/// Pages of this part.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/people/{id}", get(show))
        .route("/people/{id}/reveal", post(reveal))
        .route("/people/{id}/state", post(state))
        .route("/people/{id}/claim", post(claim))
        .route("/people/{id}/edit", get(edit).post(edit_post))
        .route("/people/{id}/document", get(document).post(document_post))
}

/// How much of a file the actor may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// The person is at home in the actor's area.
    File,
    /// The person is in a team of the actor.
    Member,
}

/// The person, as far as the actor may know of them.
pub(super) fn sight(tx: &mut db::ReadTx<'_>, actor: &Actor, id: PersonId) -> Result<(Person, Sight), Error> {
    actor.account()?;
    let person = store::find(tx, id)?.ok_or(&common::NOT_FOUND)?;
    let at = Place { area_path: &person.area_path, sponsor_path: &person.sponsor_path };
    if kernel::can(actor, Action::PersonRead, at) {
        return Ok((person, Sight::File));
    }
    if store::member_within(tx, id, &actor.scopes(Action::MemberRead))? {
        return Ok((person, Sight::Member));
    }
    Err((&common::NOT_FOUND).into())
}

/// One line of the timeline.
pub(super) struct Moment {
    at: i64,
    pub when: String,
    pub what: String,
}

fn moment(at: kernel::Timestamp, what: String) -> Moment {
    Moment { at: at.0, when: at.text(), what }
}

/// What happened with a person, newest first, in four questions.
pub(super) fn timeline(tx: &mut db::ReadTx<'_>, lang: Lang, person: &Person) -> Result<Vec<Moment>, Error> {
    let mut out = vec![moment(
        person.created_at,
        lang.f("建档（{}）", "File opened ({})", &[&person.source.name(lang)]),
    )];
    if let Some(at) = person.claimed_at {
        out.push(moment(at, lang.t("本人确认", "Confirmed by the person").to_owned()));
    }
    for given in consent::of_person(tx, person.id)? {
        let name = given.purpose.name(lang);
        out.push(moment(
            given.given_at,
            lang.f("同意：{}（告知 {}）", "Consent: {} (notice {})", &[&name, &given.version]),
        ));
        if let Some(at) = given.withdrawn_at {
            out.push(moment(at, lang.f("撤回同意：{}", "Consent withdrawn: {}", &[&name])));
        }
    }
    for (printed, used) in store::slips(tx, person.id)? {
        out.push(moment(printed, lang.t("打印激活纸条", "Slip printed").to_owned()));
        if let Some(at) = used {
            out.push(moment(at, lang.t("用纸条登录", "Slip used").to_owned()));
        }
    }
    for (at, state, answered) in store::objections(tx, person.id)? {
        out.push(moment(at, lang.t("提出“这不是我”", "Said “not me”").to_owned()));
        if let Some(at) = answered {
            let text = if state == "upheld" {
                lang.t("异议成立，登记注销", "Objection upheld, registration closed")
            } else {
                lang.t("核实为本人，恢复原状", "Found to be the person, restored")
            };
            out.push(moment(at, text.to_owned()));
        }
    }
    out.sort_by_key(|one| std::cmp::Reverse(one.at));
    Ok(out)
}

/// What a team's line says.
pub(super) struct Team {
    pub href: String,
    pub name: String,
    pub detail: String,
}

pub(super) fn teams(tx: &mut db::ReadTx<'_>, lang: Lang, person: PersonId) -> Result<Vec<Team>, Error> {
    let rows = store::memberships(tx, person)?;
    Ok(rows
        .into_iter()
        .filter(|row| row.state != "rejected")
        .map(|row| {
            let detail = match (row.state.as_str(), row.joined_on, row.left_on) {
                ("applied", ..) => lang.t("申请中", "applied").to_owned(),
                ("left", _, Some(on)) => lang.f("已退出（{}）", "left ({})", &[&on]),
                ("left", ..) => lang.t("已退出", "left").to_owned(),
                (_, Some(on), _) => lang.f("{} 加入", "since {}", &[&on]),
                _ => lang.t("成员", "member").to_owned(),
            };
            Team { href: format!("/orgs/{}", row.org), name: row.org_name, detail }
        })
        .collect())
}

#[derive(Template)]
#[template(path = "person/file.html")]
struct FilePage {
    shell: Shell,
    form: Form,
    person: Person,
    full: bool,
    kind: String,
    id_number: String,
    phone: String,
    whole: bool,
    birth: String,
    joined: String,
    skills: String,
    categories: String,
    teams: Vec<Team>,
    moments: Vec<Moment>,
    may_reveal: bool,
    may_edit: bool,
    may_claim: bool,
    may_print: bool,
    may_document: bool,
    undo_until: String,
    relations: Vec<(String, String)>,
    /// Under eighteen.
    minor: bool,
    /// Where the guardian's consent stands; empty for adults.
    guard: String,
    /// The registration this one is part of now: id, name, and the merge.
    merged: Option<(PersonId, String, duplicate::MergeId)>,
}

impl FilePage {
    fn is(&self, state: &str) -> bool {
        self.person.state.code() == state
    }
}

/// The page; `shown`: number and phone that were just revealed.
fn page(
    app: &App,
    tx: &mut db::ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: PersonId,
    form: Form,
    shown: Option<&(Option<String>, Option<String>)>,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let (person, sight) = sight(tx, actor, id)?;
    let full = sight == Sight::File;
    let sealed = store::sealed(tx, id)?.ok_or(&common::NOT_FOUND)?;
    let (id_number, phone) = match shown {
        Some((number, phone)) => (number.clone().unwrap_or_default(), phone.clone().unwrap_or_default()),
        None => (
            sealed.id_number(&app.vault)?.map(|n| vault::mask_id_number(&n)).unwrap_or_default(),
            // A leader needs the phones of the own members (Action::MemberRead).
            match sealed.phone(&app.vault)? {
                Some(phone) if full => vault::mask_phone(&phone),
                other => other.unwrap_or_default(),
            },
        ),
    };
    let undo_until = if person.state == PersonState::Deceased {
        store::last_death(tx, id)?
            .map(|(at, _)| kernel::Timestamp(at.0 + rules::UNDO_DAYS * kernel::time::DAY_MS))
            .filter(|until| *until > tx.now())
            .map(|until| until.date().to_string())
            .unwrap_or_default()
    } else {
        String::new()
    };
    let minor = person.birth_on.is_some_and(|birth| birth.age(tx.now().date()) < ages::ADULT);
    let guard = match minor {
        true => {
            guardian::store::standing(tx, id)?.map(|one| one.guard.name(lang).to_owned()).unwrap_or_default()
        }
        false => String::new(),
    };
    let (skills, categories) = (store::skills(tx, id)?, store::categories(tx, id)?);
    let may = |action| full && actor.may(action);
    let open = !matches!(person.state, PersonState::Closed | PersonState::Deceased);
    let waits = matches!(person.state, PersonState::Unclaimed | PersonState::Incomplete);
    let page = FilePage {
        shell: app.shell(req, actor, &person.name),
        kind: input::kind_name(&person.id_kind, lang),
        birth: person.birth_on.map(|d| d.to_string()).unwrap_or_default(),
        joined: person.joined_on.map(|d| d.to_string()).unwrap_or_default(),
        skills: input::skill_names(&skills, lang),
        categories: input::category_names(&categories, lang),
        teams: teams(tx, lang, id)?,
        moments: if full { timeline(tx, lang, &person)? } else { Vec::new() },
        may_reveal: may(Action::PersonReveal)
            && shown.is_none()
            && (!id_number.is_empty() || !phone.is_empty()),
        may_edit: may(Action::PersonEdit) && person.state != PersonState::Closed,
        may_claim: may(Action::PersonRegister) && waits && !id_number.is_empty(),
        may_print: may(Action::PersonRegister) && person.state == PersonState::Unclaimed,
        may_document: may(Action::PersonEdit) && open && person.state != PersonState::Disputed,
        id_number,
        phone,
        whole: shown.is_some(),
        undo_until,
        merged: match person.state {
            PersonState::Closed if full => duplicate::store::merged_into(tx, id)?,
            _ => None,
        },
        relations: input::relations(lang),
        minor,
        guard,
        full,
        person,
        form,
    };
    ui::answer::html(app, req, &page)
}

async fn show(State(app): State<App>, req: Req, Path(id): Path<PersonId>) -> Answer {
    let (a, b, asked) = (app.clone(), app.clone(), req.clone());
    let shown =
        app.page(req, move |tx, req, actor| page(&a, tx, req, actor, id, Form::default(), None)).await;
    if shown.status().is_success() {
        // The person can see who looked; a look that could not be noted is not shown.
        let noted = app
            .db
            .write(move |tx| {
                let actor = b.actor(tx, &asked)?;
                super::life::note_look(tx, &actor, id)
            })
            .await;
        if let Err(error) = noted {
            return ui::answer::error_page(&app, &Req::default(), &Actor::default(), &error);
        }
    }
    shown
}

/// Shows number and phone once, on the answer to this very request: they never travel in an address or a
/// cookie.
async fn reveal(State(app): State<App>, req: Req, Path(id): Path<PersonId>, fields: Fields) -> Answer {
    if !req.csrf_ok(&app.vault, &fields) {
        return ui::answer::error_page(&app, &req, &Actor::default(), &(&common::CSRF).into());
    }
    let (a, asked, sent) = (app.clone(), req.clone(), fields.clone());
    let shown = app
        .db
        .write(move |tx| {
            let actor = a.actor(tx, &asked)?;
            let purpose = sent.required("purpose", Label("用途", "Purpose"), 100)?;
            commands::reveal(tx, &a.vault, &actor, id, &purpose)
        })
        .await;
    let a = app.clone();
    match shown {
        Ok(shown) => {
            app.page(req, move |tx, req, actor| page(&a, tx, req, actor, id, Form::default(), Some(&shown)))
                .await
        }
        Err(Error::Refused(refusals)) if refusals.iter().all(|r| r.text.status == 422) => {
            let form = Form { fields, refusals };
            let mut answer =
                app.page(req, move |tx, req, actor| page(&a, tx, req, actor, id, form.clone(), None)).await;
            if answer.status().is_success() {
                ui::answer::set_status(&mut answer, 422);
            }
            answer
        }
        Err(error) => {
            let asked = req.clone();
            let actor = app.db.read(move |tx| a.actor(tx, &asked)).await.unwrap_or_default();
            ui::answer::error_page(&app, &req, &actor, &error)
        }
    }
}

async fn state(State(app): State<App>, req: Req, Path(id): Path<PersonId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let step = Step::from_code(fields.text("step")).ok_or(&common::NOT_FOUND)?;
            let reason = fields.required("reason", Label("原因", "Reason"), 200)?;
            let now = commands::step(tx, actor, id, step, &reason)?;
            let say = req.lang.f("状态已改为“{}”。", "The state is now “{}”.", &[&now.name(req.lang)]);
            Ok(Done::to(format!("/people/{id}"), say))
        },
        move |tx, req, actor, form| page(&a, tx, req, actor, id, form.clone(), None),
    )
    .await
}

/// Claims for somebody at the desk as the form says; the same for page and API.
pub(super) fn claim_here(
    tx: &mut db::WriteTx<'_>,
    vault: &vault::Vault,
    actor: &Actor,
    id: PersonId,
    fields: &Fields,
) -> Result<(), Error> {
    let found = commands::demand_person(tx, actor, Action::PersonRegister, id)?;
    input::agreed(fields, "agree")?;
    let guardian = match found.birth_on {
        Some(birth) if birth.age(tx.now().date()) < ages::ADULT => Some(input::guardian_here(fields)?),
        _ => None,
    };
    commands::claim_at_desk(tx, actor, vault, id, fields.ticked("rank"), guardian.as_ref())
}

async fn claim(State(app): State<App>, req: Req, Path(id): Path<PersonId>, fields: Fields) -> Answer {
    let (a, b) = (app.clone(), app.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            claim_here(tx, &b.vault, actor, id, fields)?;
            Ok(Done::to(
                format!("/people/{id}"),
                req.lang.t("本人已认领，成为正式志愿者。", "Claimed: now an active volunteer."),
            ))
        },
        move |tx, req, actor, form| page(&a, tx, req, actor, id, form.clone(), None),
    )
    .await
}

#[derive(Template)]
#[template(path = "person/edit.html")]
struct EditPage {
    shell: Shell,
    form: Form,
    id: PersonId,
    /// The document says gender and birth date.
    fixed: bool,
    genders: Vec<(String, String)>,
    communities: Vec<(String, String)>,
    skills: Vec<(String, String)>,
    categories: Vec<(String, String)>,
}

/// What stands in a file now, as the form of changing it shows it.
pub(super) fn filled(
    tx: &mut db::ReadTx<'_>,
    vault: &vault::Vault,
    person: &Person,
) -> Result<Fields, Error> {
    let phone = store::phone_of(tx, vault, person.id)?.unwrap_or_default();
    let mut pairs: Vec<(&str, String)> = vec![
        ("name", person.name.clone()),
        ("name_key", person.name_key.clone()),
        // The stored phone stays hidden until it is looked at; an empty field keeps it.
        ("phone_now", vault::mask_phone(&phone)),
        ("gender", person.gender.code().to_owned()),
        ("birth_on", person.birth_on.map(|d| d.to_string()).unwrap_or_default()),
        ("home_org", person.home_org.to_string()),
        ("address", person.address.clone()),
        ("employer", person.employer.clone()),
        ("note", person.note.clone()),
        ("version", person.version.to_string()),
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
    id: PersonId,
    form: Option<&Form>,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let person = commands::demand_person(tx, actor, Action::PersonEdit, id)?;
    let form = match form {
        Some(form) => form.clone(),
        None => Form { fields: filled(tx, &app.vault, &person)?, ..Form::default() },
    };
    let mut communities = store::communities(tx, &actor.scopes(Action::PersonEdit))?;
    let home = person.home_org.to_string();
    if !communities.iter().any(|(known, _)| *known == home) {
        communities.push((home, person.home_name.clone()));
    }
    let page = EditPage {
        shell: app.shell(req, actor, &lang.f("修改：{}", "Edit: {}", &[&person.name])),
        form,
        id,
        fixed: person.id_kind == roster::clean::IdKind::ResidentId.key(),
        genders: input::genders(lang),
        communities,
        skills: input::skills(lang),
        categories: input::categories(lang),
    };
    ui::answer::html(app, req, &page)
}

async fn edit(State(app): State<App>, req: Req, Path(id): Path<PersonId>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| edit_page(&a, tx, req, actor, id, None)).await
}

/// Reads what staff change in a file; the same for page and API.
pub(super) fn read_changes(
    tx: &mut db::ReadTx<'_>,
    vault: &vault::Vault,
    actor: &Actor,
    id: PersonId,
    fields: &Fields,
) -> Result<Changes, Error> {
    let person = commands::demand_person(tx, actor, Action::PersonEdit, id)?;
    let mut all = Collect::default();
    let name = all.take(input::name(fields));
    // A new name has a new reading unless one was typed for it.
    let reread =
        name.as_deref().is_some_and(|name| name != person.name) && fields.text("name_key") == person.name_key;
    let name_key = name.as_ref().and_then(|name| {
        if reread { Some(roster::pinyin::key(name).full) } else { all.take(input::reading(fields, name)) }
    });
    let typed_phone = all.take(input::phone(fields));
    let mut offered = store::communities(tx, &actor.scopes(Action::PersonEdit))?;
    offered.push((person.home_org.to_string(), String::new()));
    let home = all.take(input::home(fields, &offered));
    let fixed = person.id_kind == roster::clean::IdKind::ResidentId.key();
    let birth_on = if fixed || fields.text("birth_on").is_empty() {
        person.birth_on
    } else {
        all.take(fields.date("birth_on", Label("出生日期", "Birth date")))
    };
    let gender =
        if fixed { person.gender } else { Gender::from_code(fields.text("gender")).unwrap_or(person.gender) };
    let address = all.take(fields.optional("address", Label("地址", "Address"), 200));
    let employer = all.take(fields.optional("employer", Label("工作单位或学校", "Employer or school"), 100));
    let note = all.take(fields.optional("note", Label("备注", "Notes"), 500));
    let version = all.take(fields.number("version", Label("版本", "Version"), 0, i64::MAX));
    all.done()?;
    let (Some(name), Some(name_key), Some(home_org)) = (name, name_key, home) else {
        return Err(Error::bug("a form without refusals lacks a field"));
    };
    let phone = match typed_phone.flatten() {
        Some(phone) => Some(phone),
        None if fields.ticked("phone_gone") => None,
        None => store::phone_of(tx, vault, id)?,
    };
    Ok(Changes {
        name,
        name_key,
        gender,
        birth_on,
        phone,
        home_org,
        address: address.unwrap_or_default(),
        employer: employer.unwrap_or_default(),
        note: note.unwrap_or_default(),
        skills: input::codes(fields, "skill"),
        categories: input::codes(fields, "category"),
        version: version.unwrap_or_default(),
    })
}

async fn edit_post(State(app): State<App>, req: Req, Path(id): Path<PersonId>, fields: Fields) -> Answer {
    let (a, b) = (app.clone(), app.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let changes = read_changes(tx, &a.vault, actor, id, fields)?;
            commands::edit(tx, &a.vault, actor, id, &changes)?;
            Ok(Done::to(format!("/people/{id}"), req.lang.t("已保存。", "Saved.")))
        },
        move |tx, req, actor, form| edit_page(&b, tx, req, actor, id, Some(form)),
    )
    .await
}

#[derive(Template)]
#[template(path = "person/document.html")]
struct DocumentPage {
    shell: Shell,
    form: Form,
    id: PersonId,
    name: String,
    has_one: bool,
    kinds: Vec<(String, String)>,
}

fn document_page(
    app: &App,
    tx: &mut db::ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: PersonId,
    form: &Form,
) -> Result<Answer, Error> {
    let person = commands::demand_person(tx, actor, Action::PersonEdit, id)?;
    let page = DocumentPage {
        shell: app.shell(req, actor, req.lang.t("身份证件", "Identity document")),
        form: form.clone(),
        id,
        has_one: !person.id_kind.is_empty(),
        name: person.name,
        kinds: input::kinds(req.lang),
    };
    ui::answer::html(app, req, &page)
}

async fn document(State(app): State<App>, req: Req, Path(id): Path<PersonId>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        document_page(&a, tx, req, actor, id, &Form::filled([("id_kind", "resident_id")]))
    })
    .await
}

/// Reads the document that staff hold in hand; the same for page and API.
pub(super) fn read_document(
    today: kernel::Date,
    fields: &Fields,
) -> Result<roster::clean::IdDocument, Error> {
    let mut all = Collect::default();
    let identity = input::identity(fields, today, true, &mut all);
    all.check(!fields.ticked("seen"), || {
        kernel::Refusal::new(&common::REQUIRED).with_both("label", "已看证件原件", "Original seen").on("seen")
    });
    all.done()?;
    Ok(identity.and_then(|identity| identity.document).ok_or(&refusals::NEEDS_DOCUMENT)?)
}

async fn document_post(State(app): State<App>, req: Req, Path(id): Path<PersonId>, fields: Fields) -> Answer {
    let (a, b) = (app.clone(), app.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let document = read_document(tx.now().date(), fields)?;
            commands::document_at_desk(tx, &a.vault, actor, id, &document)?;
            Ok(Done::to(format!("/people/{id}"), req.lang.t("证件已登记。", "The document is noted.")))
        },
        move |tx, req, actor, form| document_page(&b, tx, req, actor, id, form),
    )
    .await
}
