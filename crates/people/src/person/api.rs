//! The same for programs, under /api/v1. ID numbers never leave through here, phones are masked.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use kernel::{Date, Error, OrgId, PersonId};
use serde::Serialize;
use ui::answer::Answer;
use ui::form::Fields;
use ui::{App, Req};

use super::commands::register_at_desk;
use super::file::{self, Sight};
use super::{Assurance, Gender, Person, PersonState, desk, store};

/// Paths of this part.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/people", post(create))
        .route("/api/v1/people/{id}", get(show))
        .route("/api/v1/me", get(me))
}

#[derive(Serialize)]
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

async fn show(State(app): State<App>, req: Req, Path(id): Path<PersonId>) -> Answer {
    let a = app.clone();
    app.api_read(req, move |tx, _, actor| {
        let (person, sight) = file::sight(tx, actor, id)?;
        shown(&a, tx, person, sight == Sight::File)
    })
    .await
}

async fn me(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.api_read(req, move |tx, _, actor| {
        let person = store::find(tx, actor.person()?)?.ok_or(&kernel::error::common::NOT_FOUND)?;
        shown(&a, tx, person, true)
    })
    .await
}

#[derive(Serialize)]
struct Created {
    id: PersonId,
    volunteer_no: String,
}

/// Registers a person who agreed at the desk; fields as in the form of `/people/new`.
async fn create(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.api_write(req, fields, 201, move |tx, _, actor, fields| {
        let (new, rank, guardian) = desk::read_new(tx, actor, fields)?;
        let id = register_at_desk(tx, &a.vault, actor, &new, rank, guardian.as_ref())?;
        let brief = store::brief(tx, id)?.ok_or(&kernel::error::common::NOT_FOUND)?;
        Ok(Created { id, volunteer_no: brief.volunteer_no })
    })
    .await
}
