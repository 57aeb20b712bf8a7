//! What teams do in a campaign, and what the organiser says to it.

use askama::Template;
use axum::extract::{Path, Query, State};
use db::ReadTx;
use kernel::page::{PAGE_ROWS, Page, cursor_pair};
use kernel::{Action, Actor, Error, Lang, Place};
use serde::Deserialize;
use ui::form::Label;
use ui::sheet::Cell;
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::commands::{managed, seen};
use super::item_commands::{self as commands, item_seen};
use super::item_store::{self as store, Attached, Item};
use super::pages::{line_options, next_words, organises, title};
use super::store::{Campaign, areas, lines};
use super::{CampaignState, ItemState, read, rules};
use crate::activity::pages::{export_note, parse};
use crate::activity::store::org_choices;
use crate::{ActivityId, CampaignItemId};

type Pairs = Vec<(String, String)>;

/// Who acts next on an item, and by when (Chk-01).
fn item_next(lang: Lang, c: &Campaign, item: &Item) -> String {
    if c.state == CampaignState::Closed {
        return lang.t("行动已结束，不再变更。", "The campaign is closed; nothing changes.").to_owned();
    }
    match item.state {
        ItemState::Declared => {
            lang.f("等{}决定，最晚到 {}。", "{} decides, by {} at the latest.", &[&c.org_name, &c.from_on])
        }
        ItemState::Accepted if item.planned() => lang.f(
            "{}已发起活动，按 {} 的计划办。",
            "{} has planned the activity for {}.",
            &[&item.org_name, &item.day_on],
        ),
        ItemState::Accepted => lang.f(
            "由{}在 {} 前发起成活动。",
            "{} makes an activity of it before {}.",
            &[&item.org_name, &item.day_on],
        ),
        ItemState::Returned => lang.f(
            "由{}在 {} 前修改后重新提交。",
            "{} changes it and sends it again before {}.",
            &[&item.org_name, &item.day_on],
        ),
        ItemState::Withdrawn => lang.f(
            "{}已撤回，不再处理；想再办请重新申报。",
            "{} took it back; declare it anew if wanted.",
            &[&item.org_name],
        ),
    }
}

/// An item with who acts next.
#[derive(Debug)]
pub struct ItemView {
    pub i: Item,
    pub next: String,
}

#[derive(Template)]
#[template(path = "campaign/team.html")]
struct TeamPage {
    shell: Shell,
    form: Form,
    c: Campaign,
    next: String,
    items: Vec<ItemView>,
    attached: Vec<Attached>,
    attachable: Pairs,
    teams: Pairs,
    lines: Pairs,
    declaring: bool,
    /// Whether activities are counted for it.
    open: bool,
}

/// Teams that the actor plans for and the campaign covers.
fn teams(tx: &mut ReadTx<'_>, actor: &Actor, c: &Campaign) -> Result<Pairs, Error> {
    let covered: Vec<String> = areas(tx, c.id)?.into_iter().map(|area| area.area_path).collect();
    Ok(org_choices(tx, actor)?
        .into_iter()
        .filter(|org| {
            let at = Place { area_path: &org.area_path, sponsor_path: &org.sponsor_path };
            rules::covers(&covered, c.place(), at)
        })
        .map(|org| (org.id.to_string(), org.name))
        .collect())
}

fn render_team(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    form: Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::ActivityManage)?;
    let (lang, today) = (req.lang, tx.now().date());
    let c = seen(tx, actor, parse(id)?)?;
    let open = c.state == CampaignState::Announced;
    let attachable = if open { store::attachable(tx, actor, &c, 200)? } else { Vec::new() };
    let items = store::of_teams(tx, actor, c.id, 200)?;
    let page = TeamPage {
        shell: app.shell(req, actor, &lang.f("参加：{}", "Take part: {}", &[&title(lang, &c)])),
        form,
        next: next_words(lang, &c, today),
        items: items.into_iter().map(|i| ItemView { next: item_next(lang, &c, &i), i }).collect(),
        attached: store::attached(tx, c.id, Some(actor), 200)?,
        attachable: attachable
            .into_iter()
            .map(|a| {
                let day = a.first_at.map_or_else(String::new, |at| format!(" · {}", at.date()));
                (a.id.to_string(), format!("{} · {}{day}", a.title, a.org_name))
            })
            .collect(),
        teams: teams(tx, actor, &c)?,
        lines: line_options(tx, &c)?,
        declaring: rules::declaring(&c, today),
        open,
        c,
    };
    ui::answer::html(app, req, &page)
}

fn first_team(actor: &Actor) -> String {
    actor.scopes(Action::ActivityManage).first().map(|grant| grant.org.to_string()).unwrap_or_default()
}

/// `GET /campaigns/{id}/team`
pub(super) async fn show(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let form = Form::filled([("team", first_team(actor))]);
        render_team(&a, tx, req, actor, &id, form)
    })
    .await
}

/// `POST /campaigns/{id}/items`: declares one.
pub(super) async fn declare(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            actor.demand_any(Action::ActivityManage)?;
            let c = seen(tx, actor, parse(&id)?)?;
            commands::declare(tx, actor, c.id, read::team(fields)?, &read::entry(fields)?)?;
            let say = req.lang.f("已申报，等{}答复。", "Declared; {} answers.", &[&c.org_name]);
            Ok(Done::to(format!("/campaigns/{}/team", c.id), say))
        },
        move |tx, req, actor, form| render_team(&a, tx, req, actor, &again, form.clone()),
    )
    .await
}

/// `POST /campaigns/{id}/activities`: counts an activity for it.
pub(super) async fn attach(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            actor.demand_any(Action::ActivityManage)?;
            let c = seen(tx, actor, parse(&id)?)?;
            let activity: ActivityId = fields.id("activity", Label("活动", "Activity"))?;
            commands::attach(tx, actor, c.id, activity, read::line_id(fields)?)?;
            Ok(Done::to(format!("/campaigns/{}/team", c.id), req.lang.t("已归入。", "Counted for it.")))
        },
        move |tx, req, actor, form| render_team(&a, tx, req, actor, &again, form.clone()),
    )
    .await
}

/// `POST /campaigns/{id}/activities/remove`
pub(super) async fn detach(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, fields| {
        actor.demand_any(Action::ActivityManage)?;
        let c = seen(tx, actor, parse(&id)?)?;
        let activity: ActivityId = fields.id("activity", Label("活动", "Activity"))?;
        commands::detach(tx, actor, c.id, activity)?;
        let to = if fields.text("from") == "manage" { "manage" } else { "team" };
        let say = req.lang.t("已移出，活动不受影响。", "Taken out; the activity stays.");
        Ok(Done::to(format!("/campaigns/{}/{to}", c.id), say))
    })
    .await
}

// ---- what the organiser reads ----

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filter {
    state: String,
    after: String,
    format: String,
}

#[derive(Template)]
#[template(path = "campaign/items.html")]
struct ItemsPage {
    shell: Shell,
    c: Campaign,
    state: ItemState,
    rows: Vec<ItemView>,
    next: Option<String>,
    export: String,
    open: bool,
}

const EXPORT_ROWS: i64 = 10_000;

fn sheet(
    lang: Lang,
    actor: &Actor,
    now: kernel::Timestamp,
    c: &Campaign,
    rows: Vec<Item>,
) -> Result<Answer, Error> {
    let heads = [
        lang.t("日期", "Day"),
        lang.t("项目", "Item"),
        lang.t("队伍", "Team"),
        lang.t("工作线", "Line"),
        lang.t("地点", "Place"),
        lang.t("预计人数", "Expected people"),
        lang.t("同日其他项目", "Others that day"),
        lang.t("状态", "State"),
        lang.t("说明", "Note"),
    ];
    let cells: Vec<Vec<Cell>> = rows
        .into_iter()
        .map(|one| {
            vec![
                one.day_on.to_string().into(),
                one.title.into(),
                one.org_name.into(),
                one.line.unwrap_or_default().into(),
                one.place.into(),
                one.people.into(),
                one.same_day.into(),
                one.state.name(lang).into(),
                one.note.into(),
            ]
        })
        .collect();
    let name = lang.f("{}：申报的项目", "{}: items", &[&title(lang, c)]);
    ui::sheet::answer(&name, &export_note(lang, actor, now), &heads, &cells)
}

/// `GET /campaigns/{id}/items`: what teams declared, for the organiser.
pub(super) async fn items(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    Query(filter): Query<Filter>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let lang = req.lang;
        let c = managed(tx, actor, parse(&id)?)?;
        let state = ItemState::from_code(&filter.state).unwrap_or(ItemState::Declared);
        let after = cursor_pair(&filter.after);
        if filter.format == "xlsx" {
            actor.demand_any(Action::Export)?;
            let rows = store::list(tx, c.id, state, after, EXPORT_ROWS)?;
            return sheet(lang, actor, tx.now(), &c, rows);
        }
        let rows = store::list(tx, c.id, state, after, PAGE_ROWS + 1)?;
        let page = Page::cut(rows, 20, |one| format!("{}~{}", one.day_on.days(), one.id));
        let rows = page.rows.into_iter().map(|i| ItemView { next: item_next(lang, &c, &i), i }).collect();
        ui::answer::html(
            &a,
            req,
            &ItemsPage {
                shell: a.shell(req, actor, &lang.f("申报的项目：{}", "Items: {}", &[&title(lang, &c)])),
                state,
                rows,
                next: page.next.map(|cursor| req.with_query("after", &cursor)),
                export: req.with_query("format", "xlsx"),
                open: c.state == CampaignState::Announced,
                c,
            },
        )
    })
    .await
}

// ---- one item ----

#[derive(Template)]
#[template(path = "campaign/item.html")]
struct ItemPage {
    shell: Shell,
    form: Form,
    c: Campaign,
    i: Item,
    next: String,
    lines: Pairs,
    own: bool,
    organises: bool,
    open: bool,
}

fn render_item(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    form: Form,
) -> Result<Answer, Error> {
    let (i, c, own, _) = item_seen(tx, actor, parse(id)?)?;
    let mut form = form;
    // What the organiser sent says nothing of the item itself.
    if form.fields.get("title").is_none() {
        let written = Fields::of([
            ("version", i.version.to_string()),
            ("line", i.line_id.map(|id| id.to_string()).unwrap_or_default()),
            ("title", i.title.clone()),
            ("day", i.day_on.to_string()),
            ("place", i.place.clone()),
            ("people", i.people.to_string()),
            ("note", i.note.clone()),
        ]);
        form.fields.0.extend(written.0);
    }
    let lines: Pairs = lines(tx, c.id)?.into_iter().map(|one| (one.id.to_string(), one.name)).collect();
    ui::answer::html(
        app,
        req,
        &ItemPage {
            shell: app.shell(req, actor, &i.title),
            form,
            next: item_next(req.lang, &c, &i),
            lines,
            own,
            organises: organises(actor, &c),
            open: c.state == CampaignState::Announced,
            i,
            c,
        },
    )
}

/// `GET /campaign-items/{id}`
pub(super) async fn item(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_item(&a, tx, req, actor, &id, Form::default())).await
}

/// `POST /campaign-items/{id}`: changes it and sends it (again).
pub(super) async fn save_item(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let (item, ..) = item_seen(tx, actor, parse(&id)?)?;
            let version = fields.text("version").parse().unwrap_or(0);
            let c = commands::save_item(tx, actor, item.id, version, &read::entry(fields)?)?;
            let say = req.lang.t("已提交，等主办方答复。", "Sent; the organiser answers.");
            Ok(Done::to(format!("/campaigns/{c}/team"), say))
        },
        move |tx, req, actor, form| render_item(&a, tx, req, actor, &again, form.clone()),
    )
    .await
}

async fn decide(app: App, req: Req, id: String, fields: Fields, accept: bool) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let (item, ..) = item_seen(tx, actor, parse::<CampaignItemId>(&id)?)?;
            let reply = fields.optional("reply", Label("意见", "Note"), 300)?;
            let c = commands::decide(tx, actor, item.id, accept, &reply)?;
            let say = if accept {
                req.lang.t("已列入日历。", "It stands in the calendar.")
            } else {
                req.lang.t("已退回，队伍会在待办里看到。", "Given back; the team sees it in its tasks.")
            };
            Ok(Done::to(format!("/campaigns/{c}/items"), say))
        },
        move |tx, req, actor, form| render_item(&a, tx, req, actor, &again, form.clone()),
    )
    .await
}

/// `POST /campaign-items/{id}/accept`
pub(super) async fn accept(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    decide(app, req, id, fields, true).await
}

/// `POST /campaign-items/{id}/return`
pub(super) async fn give_back(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    decide(app, req, id, fields, false).await
}

/// `POST /campaign-items/{id}/withdraw`
pub(super) async fn withdraw(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        let c = commands::withdraw(tx, actor, parse(&id)?)?;
        Ok(Done::to(format!("/campaigns/{c}/team"), req.lang.t("已撤回。", "Taken back.")))
    })
    .await
}
