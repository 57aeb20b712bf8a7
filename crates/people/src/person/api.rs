//! The same for programs, under /api/v1. ID numbers never leave through here, phones are masked.

use axum::http::Method;
use db::{ReadTx, WriteTx};
use kernel::page::{PAGE_ROWS, Page, cursor_text};
use kernel::{Action, Actor, Date, Error, OrgId, PersonId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, After, Api, At, Call, Paged, doc};
use ui::form::Label;

use super::commands::{self, Step, register_at_desk};
use super::consent::{self, Purpose};
use super::file::{self, Sight};
use super::mine::{self, Choice};
use super::store::Narrow;
use super::{Assurance, Gender, NotMeId, Person, PersonState, desk, refusals, store};
use crate::org::MemberState;
use crate::{guardian, org, report_in};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get("/api/v1/me", doc("showMe", "The caller's own file as a volunteer.", "本人的志愿者档案。"), me)
        .get(
            "/api/v1/people",
            doc(
                "listPeople",
                "People of the caller's part of the city, by name; phones are masked.",
                "管理范围内的志愿者，按姓名排序；手机号已遮盖。",
            ),
            list,
        )
        .post(
            "/api/v1/people",
            doc(
                "registerPerson",
                "Registers a person who agreed at the desk.",
                "登记一位在站点当面同意的志愿者。",
            )
            .makes()
            .refuses(&[
                refusals::ALL,
                org::refusals::ALL,
                guardian::refusals::ALL,
                roster::refusals::ALL,
            ]),
            create,
        )
        .command(
            Method::GET,
            "/api/v1/people/{id}",
            doc(
                "showPerson",
                "A person of the caller's part of the city; leaders see less of the members of their teams.",
                "管理范围内的一位志愿者；队长看到的本队成员信息较少。",
            ),
            show,
        )
        .and(own())
        .and(staff())
}

/// What people do about themselves.
fn own() -> Api {
    Api::new()
        .command(
            Method::PATCH,
            "/api/v1/me",
            doc(
                "changeMe",
                "Changes what the caller says about themselves; what is left out stays.",
                "修改本人资料；未写的项不变。",
            )
            .refuses(&[refusals::ALL]),
            change_me,
        )
        .get(
            "/api/v1/me/teams",
            doc(
                "listMyTeams",
                "Teams the caller belongs to, asked to join or has left, the latest first; at most 100.",
                "本人加入、申请加入和退出的队伍，最近的在前；最多 100 条。",
            ),
            my_teams,
        )
        .get(
            "/api/v1/me/consents",
            doc(
                "listMyConsents",
                "What the caller agreed to, when, and what was taken back.",
                "本人的同意记录：何时同意、何时撤回。",
            ),
            my_consents,
        )
        .post(
            "/api/v1/me/consents",
            doc(
                "chooseConsent",
                "Gives, takes back or renews one's own consent; what is agreed to elsewhere is given there.",
                "给出、撤回或由本人续上一项同意；其他同意在用到的地方给出。",
            )
            .refuses(&[refusals::ALL, report_in::refusals::ALL]),
            choose,
        )
}

/// What staff do with files.
fn staff() -> Api {
    Api::new()
        .command(
            Method::PATCH,
            "/api/v1/people/{id}",
            doc(
                "changePerson",
                "Changes the file of a person of the caller's part of the city; what is left out stays.",
                "修改管理范围内一位志愿者的资料；未写的项不变。",
            )
            .refuses(&[refusals::ALL, roster::refusals::ALL]),
            change,
        )
        .post(
            "/api/v1/people/{id}/state",
            doc(
                "changePersonState",
                "Pauses somebody, ends the pause, notes a death or takes that back within 30 days.",
                "暂停、恢复、登记去世，或在 30 天内撤销去世登记。",
            )
            .refuses(&[refusals::ALL]),
            change_state,
        )
        .post(
            "/api/v1/people/{id}/claim",
            doc(
                "claimPerson",
                "Confirms a registration with the person, who is here and agrees.",
                "本人在站点当面同意后认领登记。",
            )
            .refuses(&[
                refusals::ALL,
                org::refusals::ALL,
                guardian::refusals::ALL,
                roster::refusals::ALL,
            ]),
            claim,
        )
        .post(
            "/api/v1/people/{id}/document",
            doc(
                "enterDocument",
                "Enters the identity document that was seen; the one before stays known as the person's.",
                "登记已查看的身份证件；原证件仍视为本人的证件。",
            )
            .refuses(&[refusals::ALL, roster::refusals::ALL]),
            document,
        )
        .get(
            "/api/v1/disputes",
            doc(
                "listDisputes",
                "Registrations of the caller's part of the city that somebody said are not theirs, oldest first.",
                "管理范围内有人说“不是我”的登记，最早的在前。",
            ),
            disputes,
        )
        .post(
            "/api/v1/disputes/{id}/decide",
            doc(
                "decideDispute",
                "Answers “not me”: upheld, the registration ends and is erased; refused, it is as before.",
                "答复“不是我”：属实则注销并删除个人信息，不属实则恢复原状。",
            )
            .refuses(&[refusals::ALL, org::refusals::ALL]),
            decide,
        )
}

/// A person. What belongs to the file only is left out where the caller may not see it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Person")]
struct Shown {
    id: PersonId,
    volunteer_no: String,
    name: String,
    state: PersonState,
    assurance: Assurance,
    home: OrgId,
    home_name: String,
    phone_masked: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    gender: Option<Gender>,
    #[serde(skip_serializing_if = "Option::is_none")]
    birth_on: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_number_masked: Option<String>,
    joined_on: Option<Date>,
    rank_public: bool,
    skills: Vec<String>,
    categories: Vec<String>,
    /// How the name is read, in pinyin.
    #[serde(skip_serializing_if = "Option::is_none")]
    name_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    employer: Option<String>,
    /// To be named by a change.
    version: i64,
}

/// `full`: with what belongs to the file only.
fn shown(app: &App, tx: &mut db::ReadTx<'_>, person: Person, full: bool) -> Result<Shown, Error> {
    let sealed = store::sealed(tx, person.id)?.ok_or(&kernel::error::common::NOT_FOUND)?;
    let number = if full { sealed.id_number(&app.vault)? } else { None };
    Ok(Shown {
        phone_masked: sealed.phone(&app.vault)?.map(|phone| vault::mask_phone(&phone)).unwrap_or_default(),
        gender: full.then_some(person.gender),
        birth_on: person.birth_on.filter(|_| full),
        id_number_masked: number.map(|number| vault::mask_id_number(&number)),
        skills: store::skills(tx, person.id)?,
        categories: store::categories(tx, person.id)?,
        id: person.id,
        name_key: full.then_some(person.name_key),
        address: full.then_some(person.address),
        employer: full.then_some(person.employer),
        version: person.version,
        volunteer_no: person.volunteer_no,
        name: person.name,
        state: person.state,
        assurance: person.assurance,
        home: person.home_org,
        home_name: person.home_name,
        joined_on: person.joined_on,
        rank_public: person.rank_public,
    })
}

/// Which people.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
struct PeopleQuery {
    /// Words of the name (pinyin works), a volunteer number or a whole phone number.
    #[schemars(length(max = 60))]
    q: String,
    state: Option<PersonState>,
    /// Only of this community.
    community: Option<OrgId>,
    /// Code of a skill.
    skill: String,
    joined_from: Option<Date>,
    joined_to: Option<Date>,
    /// `next` of the page before.
    after: String,
}

/// A person in a list.
#[derive(Serialize, JsonSchema)]
struct PersonLine {
    id: PersonId,
    volunteer_no: String,
    name: String,
    state: PersonState,
    assurance: Assurance,
    home_name: String,
    phone_masked: String,
    joined_on: Option<Date>,
}

fn list(
    app: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), PeopleQuery>,
) -> Result<Paged<PersonLine>, Error> {
    actor.demand_any(Action::PersonRead)?;
    let query = &call.query;
    let narrow = Narrow {
        words: query.q.chars().take(60).collect(),
        state: query.state,
        community: query.community,
        skill: query.skill.chars().take(40).collect(),
        joined_from: query.joined_from,
        joined_to: query.joined_to,
        after: cursor_text(&query.after),
    };
    let rows = store::list(tx, actor, &app.vault, &narrow, PAGE_ROWS + 1)?;
    let page = Page::cut(rows, 20, |row| format!("{}~{}", row.id, row.name_key));
    let mut items = Vec::with_capacity(page.rows.len());
    for row in page.rows {
        let phone = store::open_phone(&app.vault, row.phone_enc.as_deref())?;
        items.push(PersonLine {
            id: row.id,
            volunteer_no: row.volunteer_no,
            name: row.name,
            state: row.state,
            assurance: row.assurance,
            home_name: row.home_name,
            phone_masked: phone.map(|phone| vault::mask_phone(&phone)).unwrap_or_default(),
            joined_on: row.joined_on,
        });
    }
    Ok(Paged { items, next: page.next })
}

/// The person can see who looked: as on the page, a look that could not be noted is not shown.
fn show(app: &App, tx: &mut WriteTx<'_>, actor: &Actor, call: &Call<At<PersonId>>) -> Result<Shown, Error> {
    let (person, sight) = file::sight(tx, actor, call.path.id)?;
    super::life::note_look(tx, actor, person.id)?;
    shown(app, tx, person, sight == Sight::File)
}

fn me(app: &App, tx: &mut ReadTx<'_>, actor: &Actor, _: &Call) -> Result<Shown, Error> {
    let person = store::find(tx, actor.person()?)?.ok_or(&kernel::error::common::NOT_FOUND)?;
    shown(app, tx, person, true)
}

/// A person as made.
#[derive(Serialize, JsonSchema)]
struct PersonCreated {
    id: PersonId,
    volunteer_no: String,
}

/// A new volunteer, as the desk's form asks for them.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewVolunteer {
    #[schemars(length(max = 200))]
    name: String,
    /// Kind of document: `resident`, `passport` …
    #[schemars(length(max = 40))]
    id_kind: String,
    #[schemars(length(max = 40))]
    id_number: String,
    /// May be shared with relatives, or left out.
    #[serde(default)]
    #[schemars(length(max = 40))]
    phone: String,
    /// The home community, one of the caller's part of the city.
    home_org: OrgId,
    /// The person is here, has read the notice and agrees.
    agree: bool,
    /// The person agrees to appear in rankings.
    #[serde(default)]
    rank: bool,
    /// When the document's number holds none.
    #[serde(default)]
    birth_on: Option<Date>,
    #[serde(default)]
    gender: Option<Gender>,
    #[serde(default)]
    #[schemars(length(max = 200))]
    address: String,
    #[serde(default)]
    #[schemars(length(max = 100))]
    employer: String,
    #[serde(default)]
    #[schemars(length(max = 500))]
    note: String,
    /// Codes of skills.
    #[serde(default, rename = "skill")]
    #[schemars(length(max = 60))]
    skills: Vec<String>,
    /// Codes of service categories.
    #[serde(default, rename = "category")]
    #[schemars(length(max = 60))]
    categories: Vec<String>,
    /// Under 18: who the guardian is.
    #[serde(default)]
    #[schemars(length(max = 200))]
    guardian_name: String,
    /// Under 18: code of the relation.
    #[serde(default)]
    #[schemars(length(max = 40))]
    guardian_relation: String,
    /// Under 18: the guardian's phone.
    #[serde(default)]
    #[schemars(length(max = 40))]
    guardian_phone: String,
    /// Under 18: the guardian is here, has read the notice and agrees.
    #[serde(default)]
    guardian_here: bool,
}

fn create(
    app: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), NewVolunteer>,
) -> Result<PersonCreated, Error> {
    let (new, rank, guardian) = desk::read_new(tx, actor, &call.fields())?;
    let id = register_at_desk(tx, &app.vault, actor, &new, rank, guardian.as_ref())?;
    let brief = store::brief(tx, id)?.ok_or(&kernel::error::common::NOT_FOUND)?;
    Ok(PersonCreated { id, volunteer_no: brief.volunteer_no })
}

/// What people say about themselves.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangedMe {
    /// How the name is read, in pinyin with a space between syllables; empty: the usual reading.
    #[serde(default)]
    #[schemars(length(max = 200))]
    name_key: Option<String>,
    #[serde(default)]
    #[schemars(length(max = 200))]
    address: Option<String>,
    #[serde(default)]
    #[schemars(length(max = 100))]
    employer: Option<String>,
    /// Codes of all skills.
    #[serde(default, rename = "skill")]
    #[schemars(length(max = 60))]
    skills: Option<Vec<String>>,
    /// Codes of all service categories.
    #[serde(default, rename = "category")]
    #[schemars(length(max = 60))]
    categories: Option<Vec<String>>,
}

fn change_me(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), ChangedMe>,
) -> Result<Accepted, Error> {
    let person = mine::me(tx, actor)?;
    let fields = call.fields_over(mine::filled(tx, &person)?);
    mine::save(tx, actor, &fields)?;
    Ok(ACCEPTED)
}

/// How somebody stands to a team.
#[derive(Serialize, JsonSchema)]
struct OwnTeam {
    team: OrgId,
    team_name: String,
    state: MemberState,
    joined_on: Option<Date>,
    left_on: Option<Date>,
}

fn my_teams(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, _: &Call) -> Result<Paged<OwnTeam>, Error> {
    let rows = store::memberships(tx, actor.person()?)?;
    let items = rows.into_iter().filter_map(|row| {
        Some(OwnTeam {
            team: row.org,
            team_name: row.org_name,
            state: MemberState::from_code(&row.state)?,
            joined_on: row.joined_on,
            left_on: row.left_on,
        })
    });
    Ok(Paged { items: items.collect(), next: None })
}

/// A consent as it was given.
#[derive(Serialize, JsonSchema)]
struct OwnConsent {
    purpose: Purpose,
    /// Version of the notice.
    version: String,
    given_at: Timestamp,
    /// A guardian gave it.
    by_guardian: bool,
    /// From this day on the own consent is asked instead.
    renew_on: Option<Date>,
    withdrawn_at: Option<Timestamp>,
}

fn my_consents(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, _: &Call) -> Result<Paged<OwnConsent>, Error> {
    let items = consent::of_person(tx, actor.person()?)?.into_iter().map(|one| OwnConsent {
        purpose: one.purpose,
        version: one.version,
        given_at: one.given_at,
        by_guardian: one.guardian.is_some(),
        renew_on: one.renew_on,
        withdrawn_at: one.withdrawn_at,
    });
    Ok(Paged { items: items.collect(), next: None })
}

/// What one does about a consent.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ConsentChoice {
    purpose: Purpose,
    choice: Choice,
}

fn choose(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), ConsentChoice>,
) -> Result<Accepted, Error> {
    mine::choose_consent(tx, actor, call.body.purpose, call.body.choice)?;
    Ok(ACCEPTED)
}

/// What staff change in a file.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangedPerson {
    /// The version that was changed.
    #[schemars(range(min = 0))]
    version: i64,
    #[serde(default)]
    #[schemars(length(max = 200))]
    name: Option<String>,
    /// How the name is read, in pinyin; empty: the usual reading.
    #[serde(default)]
    #[schemars(length(max = 200))]
    name_key: Option<String>,
    /// Another phone; whoever came with the old one is signed out, and the person is told.
    #[serde(default)]
    #[schemars(length(max = 40))]
    phone: Option<String>,
    /// There is no phone any more.
    #[serde(default)]
    phone_gone: Option<bool>,
    /// The home community, one of the caller's part of the city.
    #[serde(default)]
    home_org: Option<OrgId>,
    /// Unless the document says it.
    #[serde(default)]
    birth_on: Option<Date>,
    /// Unless the document says it.
    #[serde(default)]
    gender: Option<Gender>,
    #[serde(default)]
    #[schemars(length(max = 200))]
    address: Option<String>,
    #[serde(default)]
    #[schemars(length(max = 100))]
    employer: Option<String>,
    /// Notes of the staff.
    #[serde(default)]
    #[schemars(length(max = 500))]
    note: Option<String>,
    /// Codes of all skills.
    #[serde(default, rename = "skill")]
    #[schemars(length(max = 60))]
    skills: Option<Vec<String>>,
    /// Codes of all service categories.
    #[serde(default, rename = "category")]
    #[schemars(length(max = 60))]
    categories: Option<Vec<String>>,
}

fn change(
    app: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<PersonId>, (), ChangedPerson>,
) -> Result<Accepted, Error> {
    let id = call.path.id;
    let person = commands::demand_person(tx, actor, Action::PersonEdit, id)?;
    let fields = call.fields_over(file::filled(tx, &app.vault, &person)?);
    let changes = file::read_changes(tx, &app.vault, actor, id, &fields)?;
    commands::edit(tx, &app.vault, actor, id, &changes)?;
    Ok(ACCEPTED)
}

/// A step of a person's registration.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PersonStateStep {
    #[serde(skip_serializing)]
    step: Step,
    /// Kept in the audit log.
    #[schemars(length(min = 1, max = 200))]
    reason: String,
}

/// The state of a person.
#[derive(Serialize, JsonSchema)]
struct PersonStateNow {
    state: PersonState,
}

fn change_state(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<PersonId>, (), PersonStateStep>,
) -> Result<PersonStateNow, Error> {
    commands::demand_person(tx, actor, Action::PersonEdit, call.path.id)?;
    let reason = call.fields().required("reason", Label("原因", "Reason"), 200)?;
    Ok(PersonStateNow { state: commands::step(tx, actor, call.path.id, call.body.step, &reason)? })
}

/// Somebody who confirms their registration at the desk.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ClaimHere {
    /// The person is here, has read the notice and agrees.
    agree: bool,
    /// The person agrees to appear in rankings.
    #[serde(default)]
    rank: bool,
    /// Under 18: who the guardian is.
    #[serde(default)]
    #[schemars(length(max = 200))]
    guardian_name: String,
    /// Under 18: code of the relation.
    #[serde(default)]
    #[schemars(length(max = 40))]
    guardian_relation: String,
    /// Under 18: the guardian's phone.
    #[serde(default)]
    #[schemars(length(max = 40))]
    guardian_phone: String,
    /// Under 18: the guardian is here, has read the notice and agrees.
    #[serde(default)]
    guardian_here: bool,
}

fn claim(
    app: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<PersonId>, (), ClaimHere>,
) -> Result<Accepted, Error> {
    file::claim_here(tx, &app.vault, actor, call.path.id, &call.fields())?;
    Ok(ACCEPTED)
}

/// An identity document.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SeenDocument {
    /// Kind of document: `resident_id`, `passport` …
    #[schemars(length(max = 40))]
    id_kind: String,
    #[schemars(length(max = 40))]
    id_number: String,
    /// The original was seen.
    seen: bool,
}

fn document(
    app: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<PersonId>, (), SeenDocument>,
) -> Result<Accepted, Error> {
    commands::demand_person(tx, actor, Action::PersonEdit, call.path.id)?;
    let document = file::read_document(tx.now().date(), &call.fields())?;
    commands::document_at_desk(tx, &app.vault, actor, call.path.id, &document)?;
    Ok(ACCEPTED)
}

/// A registration that somebody said is not theirs.
#[derive(Serialize, JsonSchema)]
struct DisputeLine {
    id: NotMeId,
    person: PersonId,
    name: String,
    volunteer_no: String,
    home_name: String,
    at: Timestamp,
    /// What they said.
    text: String,
    /// They left word how to reach them, which is on the page.
    has_contact: bool,
}

fn disputes(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), After>,
) -> Result<Paged<DisputeLine>, Error> {
    actor.demand_any(Action::PersonEdit)?;
    let after = call.query.after.parse().unwrap_or(NotMeId(0));
    let rows = store::disputes(tx, &actor.scopes(Action::PersonEdit), after, PAGE_ROWS + 1)?;
    let page = Page::cut(rows, 20, |row| row.id.to_string());
    Ok(Paged::of(page, |row| DisputeLine {
        id: row.id,
        person: row.person,
        name: row.name,
        volunteer_no: row.volunteer_no,
        home_name: row.home_name,
        at: row.at,
        text: row.text,
        has_contact: row.contact_enc.is_some(),
    }))
}

/// Which way it was answered.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum DisputeAct {
    /// It is the person's own registration.
    Refuse,
    /// It is not theirs.
    Uphold,
}

/// An answer to “not me”.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DisputeAnswer {
    #[serde(skip_serializing)]
    act: DisputeAct,
    /// What was found.
    #[schemars(length(min = 1, max = 500))]
    answer: String,
}

fn decide(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<NotMeId>, (), DisputeAnswer>,
) -> Result<Accepted, Error> {
    actor.demand_any(Action::PersonEdit)?;
    let why = call.fields().required("answer", Label("核实结果", "What was found"), 500)?;
    let uphold = matches!(call.body.act, DisputeAct::Uphold);
    commands::resolve_dispute(tx, actor, call.path.id, uphold, &why)?;
    Ok(ACCEPTED)
}
