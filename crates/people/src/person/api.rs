//! The same for programs, under /api/v1. ID numbers never leave through here, phones are masked.

use axum::http::Method;
use db::{ReadTx, WriteTx};
use kernel::page::{PAGE_ROWS, Page, cursor_text};
use kernel::{Action, Actor, Date, Error, OrgId, PersonId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{Api, At, Call, Paged, doc};

use super::commands::register_at_desk;
use super::file::{self, Sight};
use super::store::Narrow;
use super::{Assurance, Gender, Person, PersonState, desk, refusals, store};
use crate::{guardian, org};

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
