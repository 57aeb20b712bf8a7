//! The desk: the register with handing out, people to print for, the sheet of cards, the list to sign, one person.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::get;
use db::ReadTx;
use kernel::error::common;
use kernel::{Action, Actor, Error, Lang, OrgId, PersonId};
use serde::Deserialize;
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form, Label};
use ui::sheet::{self, Cell};
use ui::shell::Shell;
use ui::{App, Req};

use super::store::{self, Card, Filter, Holder, OrgName, Wanted};
use super::{CardId, CardState, commands, rules};
use crate::org;
use crate::person;

/// Pages of this part.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/cards", get(list).post(hand_out))
        .route("/cards/people", get(choose).post(print))
        .route("/cards/sheet", get(printed))
        .route("/cards/sign", get(sign))
        .route("/cards/{id}", get(to_list).post(act))
        .route("/people/{id}/cards", get(desk).post(desk_act))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    state: String,
    card: String,
    org: String,
    q: String,
    ids: String,
    after: String,
    format: String,
}

impl Asked {
    /// The organisation to narrow by, if it is one that may be known here.
    fn org(&self, tx: &mut ReadTx<'_>, actor: &Actor) -> Result<Option<org::Org>, Error> {
        let Ok(id) = self.org.parse::<OrgId>() else { return Ok(None) };
        Ok(org::find(tx, id)?.filter(|org| kernel::can(actor, Action::TeamManage, org.place())))
    }

    fn any(&self) -> bool {
        ![&self.state, &self.org, &self.q].iter().all(|text| text.is_empty())
    }
}

/// The note of a form.
pub(super) fn note(fields: &Fields) -> Result<String, Error> {
    Ok(fields.optional("note", Label("说明", "Note"), rules::NOTE)?)
}

/// A card, ready to render.
pub(super) struct Line {
    pub one: Card,
    /// What happened to it, in order.
    pub dates: Vec<String>,
}

/// Makes a line.
pub(super) fn line(one: Card, lang: Lang) -> Line {
    let by = |name: &Option<String>| name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    let mut dates = Vec::new();
    match one.printed_at {
        Some(at) => dates.push(lang.f("{} 打印{}", "printed {}{}", &[&at.date(), &by(&one.printed_by)])),
        None => dates.push(lang.t("启用登记前打印", "printed before the register").to_owned()),
    }
    if let Some(at) = one.issued_at {
        dates.push(lang.f("{} 发放{}", "handed out {}{}", &[&at.date(), &by(&one.issued_by)]));
    }
    if let Some(at) = one.ended_at {
        dates.push(lang.f("{} 失效{}", "ended {}{}", &[&at.date(), &by(&one.ended_by)]));
    }
    Line { one, dates }
}

/// Organisations to choose from, the chosen one among them.
fn orgs(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    chosen: Option<&org::Org>,
) -> Result<Vec<(String, String)>, Error> {
    let mut all: Vec<(String, String)> =
        store::orgs(tx, actor)?.into_iter().map(|OrgName { id, name }| (id.to_string(), name)).collect();
    if let Some(org) = chosen
        && all.iter().all(|one| one.0 != org.id.to_string())
    {
        all.insert(0, (org.id.to_string(), org.name.clone()));
    }
    Ok(all)
}

#[derive(Template)]
#[template(path = "member_card/list.html")]
struct ListPage {
    shell: Shell,
    form: Form,
    lines: Vec<Line>,
    states: Vec<(&'static str, &'static str)>,
    state: String,
    orgs: Vec<(String, String)>,
    org: String,
    q: String,
    narrowed: bool,
    /// Some of the lines wait to be handed out.
    waiting: bool,
    sign: String,
    more: Option<String>,
    export: Option<String>,
}

fn list_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    asked: &Asked,
    form: &Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::TeamManage)?;
    let lang = req.lang;
    let org = asked.org(tx, actor)?;
    let orgs = orgs(tx, actor, org.as_ref())?;
    let chosen = org.as_ref().map(|org| org.id.to_string()).unwrap_or_default();
    let filter = Filter {
        state: CardState::from_code(&asked.state),
        org,
        q: asked.q.clone(),
        after: asked.after.clone(),
    };
    let is_sheet = asked.format == "xlsx";
    let rows = if is_sheet { store::ALL_ROWS } else { store::ROWS };
    let page = store::list(tx, actor, &filter, rows)?;
    let lines: Vec<Line> = page.rows.into_iter().map(|one| line(one, lang)).collect();
    if is_sheet {
        actor.demand_any(Action::Export)?;
        return list_sheet(lang, &org::export_note(lang, actor, tx), &lines);
    }
    let page = ListPage {
        shell: app.shell(req, actor, lang.t("会员卡登记", "Register of member cards")),
        form: form.clone(),
        waiting: lines.iter().any(|line| line.one.state == CardState::Printed),
        lines,
        states: CardState::ALL.iter().map(|state| (state.code(), state.name(lang))).collect(),
        state: asked.state.clone(),
        orgs,
        sign: format!("/cards/sign?org={chosen}"),
        org: chosen,
        q: asked.q.clone(),
        narrowed: asked.any(),
        more: page.next.as_deref().map(|next| req.with_query("after", next)),
        export: actor.may(Action::Export).then(|| req.with_query("format", "xlsx")),
    };
    ui::answer::html(app, req, &page)
}

fn list_sheet(lang: Lang, note: &str, lines: &[Line]) -> Result<Answer, Error> {
    let heads = [
        lang.t("姓名", "Name"),
        lang.t("志愿者编号", "Volunteer no."),
        lang.t("社区", "Community"),
        lang.t("卡号", "Card no."),
        lang.t("状态", "State"),
        lang.t("打印日期", "Printed"),
        lang.t("发放日期", "Handed out"),
        lang.t("发放人", "Handed out by"),
        lang.t("失效日期", "Ended"),
        lang.t("说明", "Note"),
    ];
    let day = |at: Option<kernel::Timestamp>| at.map(|at| at.date().to_string()).unwrap_or_default();
    let rows: Vec<Vec<Cell>> = lines
        .iter()
        .map(|line| {
            let one = &line.one;
            vec![
                one.name.as_str().into(),
                one.volunteer_no.as_str().into(),
                one.home_name.as_str().into(),
                one.number().into(),
                one.state.name(lang).into(),
                day(one.printed_at).into(),
                day(one.issued_at).into(),
                one.issued_by.clone().unwrap_or_default().into(),
                day(one.ended_at).into(),
                one.note.as_str().into(),
            ]
        })
        .collect();
    sheet::answer(lang.t("会员卡登记", "Member cards"), note, &heads, &rows)
}

async fn list(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    let form = Form::default();
    app.page(req, move |tx, req, actor| list_page(&a, tx, req, actor, &asked, &form)).await
}

async fn to_list(State(app): State<App>, req: Req, Path(_): Path<CardId>) -> Answer {
    Done::to("/cards", "").answer(&app, &req)
}

fn ids<I: std::str::FromStr>(texts: &[&str]) -> Vec<I> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

/// Hands out what was ticked.
async fn hand_out(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        |tx, req, actor, fields| {
            let count = commands::issue(tx, actor, &ids(&fields.all("ids")))?;
            let say = req.lang.f("已登记发放 {} 张。", "{} handed out.", &[&count]);
            Ok(Done::to("/cards?state=printed", say))
        },
        move |tx, req, actor, form| {
            let asked = Asked { state: "printed".to_owned(), ..Asked::default() };
            list_page(&a, tx, req, actor, &asked, form)
        },
    )
    .await
}

/// What is done about one card; the person, and what is said.
fn do_one(
    tx: &mut db::WriteTx<'_>,
    lang: Lang,
    actor: &Actor,
    id: CardId,
    fields: &Fields,
) -> Result<(PersonId, &'static str), Error> {
    actor.account()?;
    let note = note(fields)?;
    Ok(match fields.text("act") {
        "issue" => {
            let card = store::these(tx, actor, &[id])?.pop().ok_or(&common::NOT_FOUND)?;
            commands::issue(tx, actor, &[id])?;
            (card.person, lang.t("已登记发放，本人会收到消息。", "Handed out; the owner is told."))
        }
        "void" => {
            (commands::void(tx, actor, id, &note)?, lang.t("已作废，旧码已失效。", "Void: its code is dead."))
        }
        "replace" => (
            commands::replace(tx, actor, id, &note)?,
            lang.t("旧码已失效；请打印新卡。", "The old code is dead; print the new card."),
        ),
        _ => (
            commands::lose(tx, actor, id, &note)?,
            lang.t("已挂失，旧码已失效。", "Noted as lost: its code is dead."),
        ),
    })
}

/// One card, from the register or the person's page.
async fn act(State(app): State<App>, req: Req, Path(id): Path<CardId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let (person, say) = do_one(tx, req.lang, actor, id, fields)?;
            let to = match (fields.text("act"), fields.text("at")) {
                ("replace", _) => format!("/cards/sheet?ids={person}"),
                (_, "person") => format!("/people/{person}/cards"),
                _ => "/cards".to_owned(),
            };
            Ok(Done::to(to, say))
        },
        move |tx, req, actor, form| list_page(&a, tx, req, actor, &Asked::default(), form),
    )
    .await
}

/// Somebody to print for, ready to render.
struct Choice {
    one: Holder,
    ticked: bool,
}

impl Choice {
    fn card(&self, lang: &Lang) -> &'static str {
        self.one.card_state.map_or(lang.t("没有", "none"), |state| state.name(*lang))
    }
}

#[derive(Template)]
#[template(path = "member_card/people.html")]
struct PeoplePage {
    shell: Shell,
    form: Form,
    lines: Vec<Choice>,
    orgs: Vec<(String, String)>,
    org: String,
    card: String,
    q: String,
    more: Option<String>,
}

fn people_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    asked: &Asked,
    form: &Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::TeamManage)?;
    let org = asked.org(tx, actor)?;
    let orgs = orgs(tx, actor, org.as_ref())?;
    let chosen = org.as_ref().map(|org| org.id.to_string()).unwrap_or_default();
    let wanted = Wanted { org, without: asked.card != "all", q: asked.q.clone(), after: asked.after.clone() };
    let page = store::people(tx, actor, &wanted, store::ROWS)?;
    let page = PeoplePage {
        shell: app.shell(req, actor, req.lang.t("打印会员卡", "Print member cards")),
        form: form.clone(),
        lines: page
            .rows
            .into_iter()
            .map(|one| Choice { ticked: form.is("ids", &one.id.to_string()), one })
            .collect(),
        orgs,
        org: chosen,
        card: asked.card.clone(),
        q: asked.q.clone(),
        more: page.next.as_deref().map(|next| req.with_query("after", next)),
    };
    ui::answer::html(app, req, &page)
}

async fn choose(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    let form = Form::asked(&req);
    app.page(req, move |tx, req, actor| people_page(&a, tx, req, actor, &asked, &form)).await
}

fn joined(ids: &[PersonId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// Marks as printed and goes to an address that can be printed again.
async fn print(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    let asked = Asked { card: "all".to_owned(), org: fields.text("org").to_owned(), ..Asked::default() };
    app.submit(
        req,
        fields,
        |tx, req, actor, fields| {
            let replace = fields.text("replace") == "1";
            let people = commands::print(tx, actor, &ids(&fields.all("ids")), replace)?;
            let say = req.lang.f(
                "{} 张卡已登记为待发放，请现在打印。",
                "{} cards are noted as to be handed out; print them now.",
                &[&people.len()],
            );
            Ok(Done::to(format!("/cards/sheet?ids={}", joined(&people)), say))
        },
        move |tx, req, actor, form| people_page(&a, tx, req, actor, &asked, form),
    )
    .await
}

/// A card as it is printed.
struct Printed {
    name: String,
    number: String,
    home: String,
    qr: String,
    last_of_page: bool,
}

#[derive(Template)]
#[template(path = "member_card/sheet.html")]
struct SheetPage {
    shell: Shell,
    cards: Vec<Printed>,
}

/// Sheets of ten, of those cards that wait to be handed out.
async fn printed(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.demand_any(Action::TeamManage)?;
        let ids = commands::ticked(ids(&asked.ids.split(',').collect::<Vec<_>>()))?;
        let waiting: Vec<Holder> = store::holders(tx, actor, &ids)?
            .into_iter()
            .filter(|one| one.card_state == Some(CardState::Printed))
            .collect();
        let count = waiting.len();
        let cards = waiting
            .into_iter()
            .enumerate()
            .map(|(at, one)| Printed {
                qr: ui::qr::svg(&format!(
                    "{}/c/{}",
                    a.settings.base_url,
                    person::card_code(&a.vault, one.id, one.card_no)
                )),
                number: format!("{}-{}", one.volunteer_no, one.card_no),
                name: one.name,
                home: one.home_name,
                last_of_page: at % rules::ON_A_PAGE == rules::ON_A_PAGE - 1 && at + 1 < count,
            })
            .collect();
        let shell = a.shell(req, actor, req.lang.t("会员卡打印", "Member cards"));
        ui::answer::html(&a, req, &SheetPage { shell, cards })
    })
    .await
}

#[derive(Template)]
#[template(path = "member_card/sign.html")]
struct SignPage {
    shell: Shell,
    org: String,
    today: String,
    lines: Vec<Card>,
}

/// What waits to be handed out, with room to sign.
async fn sign(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.demand_any(Action::TeamManage)?;
        let org = asked.org(tx, actor)?;
        let name = org.as_ref().map(|org| org.name.clone()).unwrap_or_default();
        let filter = Filter { state: Some(CardState::Printed), org, ..Filter::default() };
        let mut lines = store::list(tx, actor, &filter, store::ALL_ROWS)?.rows;
        lines.reverse();
        let page = SignPage {
            shell: a.shell(req, actor, req.lang.t("会员卡签收单", "Member cards: list to sign")),
            org: name,
            today: tx.now().date().to_string(),
            lines,
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}

#[derive(Template)]
#[template(path = "member_card/person.html")]
struct DeskPage {
    shell: Shell,
    form: Form,
    id: PersonId,
    name: String,
    active: bool,
    /// A card waits or is in use.
    live: bool,
    lines: Vec<Line>,
}

fn desk_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: PersonId,
    form: Form,
) -> Result<Answer, Error> {
    actor.account()?;
    let holder = store::holders(tx, actor, &[id])?.pop().ok_or(&common::NOT_FOUND)?;
    let lang = req.lang;
    let page = DeskPage {
        shell: app.shell(req, actor, &lang.f("会员卡：{}", "Member cards: {}", &[&holder.name])),
        form,
        id,
        active: holder.state == person::PersonState::Active,
        live: holder.card.is_some(),
        name: holder.name,
        lines: store::of_person(tx, id)?.into_iter().map(|one| line(one, lang)).collect(),
    };
    ui::answer::html(app, req, &page)
}

async fn desk(State(app): State<App>, req: Req, Path(id): Path<PersonId>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| desk_page(&a, tx, req, actor, id, Form::default())).await
}

/// Prints for one person, or notes the loss of a card that the register does not know.
async fn desk_act(State(app): State<App>, req: Req, Path(id): Path<PersonId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            if fields.text("act") == "lost" {
                actor.account()?;
                commands::lose_of(tx, actor, id, &note(fields)?)?;
                let say = req.lang.t("已挂失，旧码已失效。", "Noted as lost: the old code is dead.");
                return Ok(Done::to(format!("/people/{id}/cards"), say));
            }
            actor.account()?;
            store::holders(tx, actor, &[id])?.pop().ok_or(&common::NOT_FOUND)?;
            commands::print(tx, actor, &[id], false)?;
            let say = req.lang.t("已登记为待发放，请现在打印。", "Noted as to be handed out; print it now.");
            Ok(Done::to(format!("/cards/sheet?ids={id}"), say))
        },
        move |tx, req, actor, form| desk_page(&a, tx, req, actor, id, form.clone()),
    )
    .await
}
