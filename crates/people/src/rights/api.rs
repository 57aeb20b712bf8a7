//! The rights desk for programs, over the same commands as the pages.

use db::{ReadTx, WriteTx};
use kernel::{Action, Actor, Date, Error, PersonId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, Api, At, Call, Paged, doc};

use super::store::{self, Request};
use super::{RightsId, RightsKind, RightsState, commands, pages, person_pages, refusals, rules};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/rights/own",
            doc("listOwnRightsRequests", "What one asked about one's own data.", "我的个人信息请求。"),
            mine,
        )
        .post(
            "/api/v1/rights/own",
            doc(
                "askRights",
                "Asks staff to correct or delete something of one's own data, or for a copy.",
                "请工作人员更正、删除自己的资料，或要一份副本。",
            )
            .refuses(&[refusals::ALL])
            .makes(),
            ask,
        )
        .post(
            "/api/v1/rights/{id}/withdraw",
            doc("withdrawRightsRequest", "Takes a request back.", "撤回请求。").refuses(&[refusals::ALL]),
            withdraw,
        )
        .get(
            "/api/v1/rights",
            doc(
                "listRightsRequests",
                "Requests of the people in one's area: open ones as they fall due, others latest first.",
                "辖区内的个人信息请求，供工作人员。",
            ),
            list,
        )
        .post(
            "/api/v1/rights/{id}/answer",
            doc(
                "answerRightsRequest",
                "Staff answer: done, or refused with the reason.",
                "答复请求：办结，或说明理由不同意。",
            )
            .refuses(&[refusals::ALL]),
            answer,
        )
        .post(
            "/api/v1/rights/days",
            doc(
                "setRightsDays",
                "The office sets the working days until an answer is due.",
                "办公室设置答复期限（工作日）。",
            ),
            days,
        )
}

/// A request about personal data.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RightsRequest")]
struct Shown {
    id: RightsId,
    person: PersonId,
    name: String,
    volunteer_no: String,
    /// The guardian who asks for a minor.
    asker: Option<PersonId>,
    kind: RightsKind,
    text: String,
    state: RightsState,
    /// Who does what next.
    next: &'static str,
    asked_at: Timestamp,
    /// The last day on which the answer is in time.
    due_on: Date,
    overdue: bool,
    decided_at: Option<Timestamp>,
    answer: String,
}

fn shown(lang: kernel::Lang, today: Date, one: Request) -> Shown {
    Shown {
        overdue: rules::overdue(one.state, one.due_on, today),
        next: one.state.next(lang),
        id: one.id,
        person: one.person,
        name: one.name,
        volunteer_no: one.volunteer_no,
        asker: one.asker,
        kind: one.kind,
        text: one.text,
        state: one.state,
        asked_at: one.asked_at,
        due_on: one.due_on,
        decided_at: one.decided_at,
        answer: one.answer,
    }
}

fn mine(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, call: &Call) -> Result<Paged<Shown>, Error> {
    let today = tx.now().date();
    let items = store::of_person(tx, actor.person()?)?
        .into_iter()
        .map(|one| shown(call.req.lang, today, one))
        .collect();
    Ok(Paged { items, next: None })
}

/// What is asked.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RightsText {
    kind: RightsKind,
    /// What it is about.
    #[schemars(length(min = 1, max = 500))]
    text: String,
}

/// One that was made.
#[derive(Serialize, JsonSchema)]
struct RightsMade {
    id: RightsId,
}

fn ask(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), RightsText>,
) -> Result<RightsMade, Error> {
    let me = actor.person()?;
    let (kind, text) = person_pages::wanted(&call.fields())?;
    Ok(RightsMade { id: commands::ask(tx, actor, me, kind, &text)? })
}

fn withdraw(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<RightsId>>,
) -> Result<Accepted, Error> {
    commands::withdraw(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(default)]
struct RightsQuery {
    /// Open ones when left out.
    state: Option<RightsState>,
    /// `next` of the page before.
    after: String,
}

fn list(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), RightsQuery>,
) -> Result<Paged<Shown>, Error> {
    actor.demand_any(Action::PersonEdit)?;
    let today = tx.now().date();
    let state = call.query.state.unwrap_or(RightsState::Open);
    let page = store::list(tx, &actor.scopes(Action::PersonEdit), state, &call.query.after, store::ROWS)?;
    Ok(Paged::of(page, |one| shown(call.req.lang, today, one)))
}

/// What staff say.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RightsAnswer {
    /// Done as asked; else refused.
    done: bool,
    /// What was done, or why not.
    #[schemars(length(min = 1, max = 500))]
    answer: String,
}

fn answer(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<RightsId>, (), RightsAnswer>,
) -> Result<Accepted, Error> {
    actor.account()?;
    commands::decide(tx, actor, call.path.id, call.body.done, &pages::answer_of(&call.fields())?)?;
    Ok(ACCEPTED)
}

/// The clock.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RightsDays {
    #[schemars(range(min = 1, max = 60))]
    days: i64,
}

fn days(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), RightsDays>,
) -> Result<Accepted, Error> {
    actor.demand_any(Action::OrgManage)?;
    commands::set_days(tx, actor, pages::days_of(&call.fields())?)?;
    Ok(ACCEPTED)
}
