//! Working bodies for programs, over the same commands as the pages.

use db::{ReadTx, WriteTx};
use kernel::{Action, Actor, Date, Error, OrgId, PersonId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, Api, At, Call, Paged, doc};

use super::store::{self, Body};
use super::{BodyId, BodyKind, SeatId, commands, pages, refusals, seat_pages};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get("/api/v1/bodies", doc("listBodies", "Working bodies by name.", "工作机构列表。"), list)
        .get(
            "/api/v1/bodies/{id}",
            doc("showBody", "A working body and who sits in it on a day.", "工作机构及其某日的组成人员。"),
            one,
        )
        .post(
            "/api/v1/bodies",
            doc("addBody", "Sets up a working body.", "设立工作机构。").makes().refuses(&[refusals::ALL]),
            create,
        )
        .post(
            "/api/v1/bodies/{id}/seats",
            doc("addBodySeat", "Gives a seat to a person or to a post.", "登记席位，由个人或职务担任。")
                .makes()
                .refuses(&[refusals::ALL, crate::org::refusals::ALL]),
            seat,
        )
        .post(
            "/api/v1/bodies/{id}/seats/{seat}/end",
            doc("endBodySeat", "Ends a seat with its last day.", "席位卸任。").refuses(&[refusals::ALL]),
            end,
        )
        .get(
            "/api/v1/bodies/{id}/changes",
            doc("listBodyChanges", "Who came and went between two days.", "两个日期之间的人员调整。"),
            changes,
        )
}

/// A working body.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Body")]
struct BodyJson {
    id: BodyId,
    kind: BodyKind,
    name: String,
    basis: String,
    host: OrgId,
    host_name: String,
    from_on: Date,
    last_day: Option<Date>,
    note: String,
}

impl From<Body> for BodyJson {
    fn from(body: Body) -> Self {
        Self {
            last_day: body.last_day(),
            id: body.id,
            kind: body.kind,
            name: body.name,
            basis: body.basis,
            host: body.host,
            host_name: body.host_name,
            from_on: body.from_on,
            note: body.note,
        }
    }
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(default)]
struct BodiesQuery {
    kind: Option<BodyKind>,
    /// Only those with their office at this organisation.
    host: Option<OrgId>,
    /// Only those that existed on this day.
    on: Option<Date>,
    /// `next` of the page before.
    after: String,
}

fn list(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), BodiesQuery>,
) -> Result<Paged<BodyJson>, Error> {
    actor.demand_any(Action::OrgRead)?;
    let asked = store::Filter {
        kind: call.query.kind,
        host: call.query.host,
        on: call.query.on,
        after: call.query.after.clone(),
    };
    Ok(Paged::of(store::list(tx, actor, &asked, store::ROWS)?, BodyJson::from))
}

/// Somebody on a seat.
#[derive(Serialize, JsonSchema)]
struct BodySeat {
    id: SeatId,
    title: String,
    /// In words: a name, or a post with the name of whoever holds it.
    held_by: String,
    person: Option<PersonId>,
    post_org: Option<OrgId>,
    post_title: String,
    from_on: Date,
    last_day: Option<Date>,
}

/// A working body with its seats.
#[derive(Serialize, JsonSchema)]
struct BodyWhole {
    #[serde(flatten)]
    body: BodyJson,
    seats: Vec<BodySeat>,
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(default)]
struct BodyDay {
    /// Today when left out.
    on: Option<Date>,
}

fn one(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<BodyId>, BodyDay>,
) -> Result<BodyWhole, Error> {
    let body = commands::seen(tx, actor, call.path.id)?;
    let on = call.query.on.unwrap_or_else(|| tx.now().date());
    let held = store::holders(tx, body.id, &[on])?.into_iter().next().unwrap_or_default();
    let seats = held
        .into_iter()
        .map(|(seat, holder)| BodySeat {
            id: seat.id,
            title: seat.title,
            held_by: holder.who,
            person: seat.person,
            post_org: seat.post_org,
            post_title: seat.post_title,
            from_on: seat.from_on,
            last_day: seat.until_on.map(|until| until.plus(-1)),
        })
        .collect();
    Ok(BodyWhole { body: body.into(), seats })
}

/// A body to be set up.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewBody {
    kind: BodyKind,
    #[schemars(length(min = 1, max = 100))]
    name: String,
    /// The document it rests on.
    #[schemars(length(min = 1, max = 200))]
    basis: String,
    /// Who keeps its office.
    host: OrgId,
    /// First day.
    from: Date,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Date>,
    #[serde(default)]
    #[schemars(length(max = 1000))]
    note: String,
}

/// What was set up.
#[derive(Serialize, JsonSchema)]
struct BodyMade {
    id: BodyId,
}

fn create(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), NewBody>,
) -> Result<BodyMade, Error> {
    actor.demand_any(Action::PersonEdit)?;
    let edit = pages::read(&call.fields())?;
    Ok(BodyMade { id: commands::create(tx, actor, &edit)? })
}

/// Somebody for a seat; exactly one of number, name and post.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewBodySeat {
    #[schemars(length(min = 1, max = 30))]
    title: String,
    #[serde(default)]
    #[schemars(length(max = 30))]
    volunteer_no: String,
    /// Of somebody who is not registered.
    #[serde(default)]
    #[schemars(length(max = 50))]
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    post_org: Option<OrgId>,
    #[serde(default)]
    #[schemars(length(max = 50))]
    post_title: String,
    /// First day.
    from: Date,
}

/// A seat.
#[derive(Serialize, JsonSchema)]
struct BodySeatMade {
    id: SeatId,
}

fn seat(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<BodyId>, (), NewBodySeat>,
) -> Result<BodySeatMade, Error> {
    commands::kept(tx, actor, call.path.id)?;
    let new = seat_pages::read(&call.fields())?;
    Ok(BodySeatMade { id: commands::seat(tx, actor, call.path.id, &new)? })
}

/// A seat of a body.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[schemars(inline)]
struct AtSeat {
    /// Id of the body.
    id: BodyId,
    /// Id of the seat.
    seat: SeatId,
}

/// When a seat ends.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EndBodySeat {
    /// Last day; before the first day: it was never held.
    last: Date,
}

fn end(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<AtSeat, (), EndBodySeat>,
) -> Result<Accepted, Error> {
    commands::end_seat(tx, actor, call.path.id, call.path.seat, call.body.last)?;
    Ok(ACCEPTED)
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(default)]
struct BodyDays {
    /// The day the body was set up when left out.
    from: Option<Date>,
    /// Today when left out.
    to: Option<Date>,
}

/// What changed about a title.
#[derive(Serialize, JsonSchema)]
struct BodyChange {
    title: String,
    before: Option<String>,
    after: Option<String>,
}

fn changes(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<BodyId>, BodyDays>,
) -> Result<Paged<BodyChange>, Error> {
    let body = commands::seen(tx, actor, call.path.id)?;
    let from = call.query.from.unwrap_or(body.from_on);
    let to = call.query.to.unwrap_or_else(|| tx.now().date());
    let (found, _) = pages::difference(tx, body.id, from, to)?;
    let change =
        |one: super::rules::Change| BodyChange { title: one.title, before: one.before, after: one.after };
    Ok(Paged { items: found.into_iter().map(change).collect(), next: None })
}
