//! Member cards for programs, over the same commands as the pages.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Action, Actor, Error, OrgId, PersonId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, Api, At, Call, Paged, doc};

use super::store::{self, Card, Filter};
use super::{CardId, CardState, commands, pages, refusals};
use crate::org;

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    own(desk(Api::new()))
}

fn own(api: Api) -> Api {
    api.get(
        "/api/v1/cards/own",
        doc("listOwnCards", "One's own printed cards, latest first.", "我的会员卡。"),
        mine,
    )
    .post(
        "/api/v1/cards/own/lost",
        doc(
            "loseOwnCard",
            "Reports one's own card lost: whatever carries the present code is dead at once.",
            "挂失自己的会员卡，旧码立即失效。",
        ),
        lose_own,
    )
}

fn desk(api: Api) -> Api {
    api.get(
        "/api/v1/cards",
        doc(
            "listCards",
            "Cards of the people whom one looks after, latest first.",
            "本人所管理志愿者的会员卡，供站点、队长和单位联络员。",
        ),
        list,
    )
    .post(
        "/api/v1/cards",
        doc(
            "printCards",
            "Notes cards as printed, for all of these people or for none; whoever has one in use is refused unless it is to be replaced.",
            "为多人登记打印会员卡；已有卡的须说明换卡，旧码立即失效。",
        )
        .refuses(&[refusals::ALL]),
        print,
    )
    .post(
        "/api/v1/cards/issue",
        doc("issueCards", "Notes cards as handed out, all of them or none.", "登记发放多张会员卡。")
            .refuses(&[refusals::ALL]),
        issue,
    )
    .post(
        "/api/v1/cards/{id}/lost",
        doc("loseCard", "Notes a card as lost; its code is dead at once.", "挂失会员卡，旧码立即失效。")
            .refuses(&[refusals::ALL]),
        lose,
    )
    .post(
        "/api/v1/cards/{id}/replace",
        doc(
            "replaceCard",
            "Prints another card in the place of this one; the old code is dead at once.",
            "换卡，旧码立即失效。",
        )
        .refuses(&[refusals::ALL]),
        replace,
    )
    .post(
        "/api/v1/cards/{id}/void",
        doc(
            "voidCard",
            "Makes a card void that was not handed out; its code is dead at once.",
            "作废未发放的会员卡，旧码立即失效。",
        )
        .refuses(&[refusals::ALL]),
        void,
    )
    .get(
        "/api/v1/people/{id}/cards",
        doc("listPersonCards", "Cards of a person, latest first.", "志愿者的会员卡。"),
        of_person,
    )
    .post(
        "/api/v1/people/{id}/cards/lost",
        doc(
            "losePersonCard",
            "Notes the loss of somebody's card, also of one that the register does not know; its code is dead at once.",
            "为志愿者挂失会员卡（含登记前打印的），旧码立即失效。",
        )
        .refuses(&[refusals::ALL]),
        lose_of,
    )
}

/// A printed member card.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MemberCard")]
struct Shown {
    id: CardId,
    person: PersonId,
    name: String,
    volunteer_no: String,
    community: String,
    /// The number in its code.
    card_no: i64,
    /// Whether that number counts now.
    counts: bool,
    state: CardState,
    /// Who does what next.
    next: &'static str,
    /// Not known of one that was printed before there was a register.
    printed_at: Option<Timestamp>,
    issued_at: Option<Timestamp>,
    issued_by: Option<String>,
    ended_at: Option<Timestamp>,
    note: String,
}

fn shown(lang: kernel::Lang, one: Card) -> Shown {
    Shown {
        counts: super::rules::counts(one.current_no, one.card_no),
        next: one.state.next(lang),
        id: one.id,
        person: one.person,
        name: one.name,
        volunteer_no: one.volunteer_no,
        community: one.home_name,
        card_no: one.card_no,
        state: one.state,
        printed_at: one.printed_at,
        issued_at: one.issued_at,
        issued_by: one.issued_by,
        ended_at: one.ended_at,
        note: one.note,
    }
}

fn mine(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, call: &Call) -> Result<Paged<Shown>, Error> {
    let items =
        store::of_person(tx, actor.person()?)?.into_iter().map(|one| shown(call.req.lang, one)).collect();
    Ok(Paged { items, next: None })
}

/// What happened.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CardNote {
    #[serde(default)]
    #[schemars(length(max = 200))]
    note: String,
}

fn lose_own(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), CardNote>,
) -> Result<Accepted, Error> {
    actor.person()?;
    commands::lose_own(tx, actor, &pages::note(&call.fields())?)?;
    Ok(ACCEPTED)
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(default)]
struct CardsQuery {
    state: Option<CardState>,
    /// Of the people of this organisation.
    org: Option<OrgId>,
    /// Beginning of a name, or a volunteer number.
    q: String,
    /// `next` of the page before.
    after: String,
}

fn list(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), CardsQuery>,
) -> Result<Paged<Shown>, Error> {
    actor.demand_any(Action::TeamManage)?;
    let query = &call.query;
    let org = match query.org {
        None => None,
        Some(id) => Some(
            org::find(tx, id)?
                .filter(|org| kernel::can(actor, Action::TeamManage, org.place()))
                .ok_or(&common::NOT_FOUND)?,
        ),
    };
    let filter = Filter { state: query.state, org, q: query.q.clone(), after: query.after.clone() };
    Ok(Paged::of(store::list(tx, actor, &filter, store::ROWS)?, |one| shown(call.req.lang, one)))
}

/// For whom cards are printed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CardsToPrint {
    /// At most 200.
    people: Vec<PersonId>,
    /// Cards in use are replaced.
    #[serde(default)]
    replace: bool,
}

/// What was printed.
#[derive(Serialize, JsonSchema)]
struct CardsPrinted {
    /// For these, in the order of the sheet; it is printed from `/cards/sheet?ids=…`.
    people: Vec<PersonId>,
}

fn print(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), CardsToPrint>,
) -> Result<CardsPrinted, Error> {
    Ok(CardsPrinted { people: commands::print(tx, actor, &call.body.people, call.body.replace)? })
}

/// Cards that are handed out.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CardsToIssue {
    /// At most 200.
    cards: Vec<CardId>,
}

/// What was handed out.
#[derive(Serialize, JsonSchema)]
struct CardsIssued {
    /// How many.
    issued: usize,
}

fn issue(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), CardsToIssue>,
) -> Result<CardsIssued, Error> {
    Ok(CardsIssued { issued: commands::issue(tx, actor, &call.body.cards)? })
}

fn lose(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<CardId>, (), CardNote>,
) -> Result<Accepted, Error> {
    actor.account()?;
    commands::lose(tx, actor, call.path.id, &pages::note(&call.fields())?)?;
    Ok(ACCEPTED)
}

fn replace(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<CardId>, (), CardNote>,
) -> Result<Accepted, Error> {
    actor.account()?;
    commands::replace(tx, actor, call.path.id, &pages::note(&call.fields())?)?;
    Ok(ACCEPTED)
}

fn void(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<CardId>, (), CardNote>,
) -> Result<Accepted, Error> {
    actor.account()?;
    commands::void(tx, actor, call.path.id, &pages::note(&call.fields())?)?;
    Ok(ACCEPTED)
}

fn of_person(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<PersonId>>,
) -> Result<Paged<Shown>, Error> {
    actor.account()?;
    let person = call.path.id;
    store::holders(tx, actor, &[person])?.pop().ok_or(&common::NOT_FOUND)?;
    let items = store::of_person(tx, person)?.into_iter().map(|one| shown(call.req.lang, one)).collect();
    Ok(Paged { items, next: None })
}

fn lose_of(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<PersonId>, (), CardNote>,
) -> Result<Accepted, Error> {
    actor.account()?;
    commands::lose_of(tx, actor, call.path.id, &pages::note(&call.fields())?)?;
    Ok(ACCEPTED)
}
