//! The area, one community or team, the people behind a number, and those who fell silent.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::get;
use db::ReadTx;
use kernel::page::{PAGE_ROWS, Page, cursor_pair};
use kernel::{Action, Actor, Date, Error, Lang, OrgId, PersonId, Timestamp};
use people::person::Sealed;
use serde::Deserialize;
use ui::form::Label;
use ui::sheet::Cell;
use ui::{Answer, App, Done, Fields, Form, Req, Shell, answer, sheet};

use super::commands;
use super::rules::{self, STEPS};
use super::store::{self, Extent, Line, Month, Unit};

/// People on a page.
const PEOPLE: usize = 50;
/// Most people in a file.
const FILE: usize = 20_000;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/retention", get(area))
        .route("/retention/{id}", get(unit))
        .route("/retention/{id}/people", get(behind))
        .route("/retention/{id}/slipping", get(slipping).post(write))
}

/// One month of a table: its name, who began, and for each step who stays.
pub(super) struct MonthRow {
    month: String,
    began: i64,
    cells: Vec<Share>,
}

/// Who still serves after some months; `None`: that is not known yet.
struct Share {
    after: i64,
    n: Option<i64>,
    percent: i64,
}

/// The months with what is known of them.
pub(super) fn rows(months: &[Month], today: Date) -> Vec<MonthRow> {
    months
        .iter()
        .map(|one| {
            let first = rules::month(one.month_on);
            let cells = STEPS
                .iter()
                .zip([one.after_1, one.after_3, one.after_6, one.after_12])
                .map(|(after, n)| Share {
                    after: *after,
                    n: rules::known(first, *after, today).then_some(n),
                    percent: if one.began > 0 { (n * 100 + one.began / 2) / one.began } else { 0 },
                })
                .collect();
            let month = one.month_on.to_string().get(..7).unwrap_or_default().to_owned();
            MonthRow { month, began: one.began, cells }
        })
        .collect()
}

pub(super) fn since(today: Date) -> Date {
    rules::first_day(rules::month(today) - rules::SHOWN)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Filter {
    kind: String,
    after: String,
    month: String,
    months: String,
    gone: String,
    format: String,
}

#[derive(Template)]
#[template(path = "retention/area.html")]
struct AreaPage {
    shell: Shell,
    extent: Option<Extent>,
    rows: Vec<MonthRow>,
    lines: Vec<(Line, String)>,
    teams: bool,
    both: bool,
    next: Option<String>,
    export: Option<String>,
    silent_weeks: i64,
}

fn percent(n: i64, of: i64) -> String {
    if of > 0 { format!("{}%", (n * 100 + of / 2) / of) } else { "—".to_owned() }
}

async fn area(State(app): State<App>, req: Req, Query(filter): Query<Filter>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.demand_any(Action::MemberRead)?;
        let today = tx.now().date();
        let people = actor.scopes(Action::PersonRead);
        let teams = people.is_empty() || filter.kind == "team";
        let (months, extent) = match people.is_empty() {
            true => (Vec::new(), None),
            false => (store::months(tx, &people, since(today))?, Some(store::extent(tx, &people)?)),
        };
        let rows = rows(&months, today);
        if filter.format == "xlsx" {
            return area_file(tx, req, actor, &rows);
        }
        let (scopes, kind) = match teams {
            true => (actor.scopes(Action::MemberRead), "team"),
            false => (people.clone(), "community"),
        };
        let found = store::lines(tx, &scopes, kind, cursor_pair(&filter.after), PAGE_ROWS + 1)?;
        let page = Page::cut(found, usize::try_from(PAGE_ROWS).unwrap_or(20), |one| {
            format!("{}~{}", one.slipping, one.id)
        });
        let page = AreaPage {
            shell: a.shell(req, actor, req.lang.t("志愿者留存", "Who stays")),
            export: (actor.may(Action::Export) && !rows.is_empty()).then(|| req.with_query("format", "xlsx")),
            extent,
            rows,
            teams,
            both: !people.is_empty(),
            next: page.next.map(|after| req.with_query("after", &after)),
            lines: page
                .rows
                .into_iter()
                .map(|one| {
                    let share = percent(one.after_3, one.known);
                    (one, share)
                })
                .collect(),
            silent_weeks: rules::SILENT_WEEKS,
        };
        answer::html(&a, req, &page)
    })
    .await
}

fn heads(lang: Lang) -> Vec<String> {
    let mut out = vec![
        lang.t("首次服务月份", "Month of first service").to_owned(),
        lang.t("开始人数", "Began").to_owned(),
    ];
    out.extend(STEPS.iter().map(|after| lang.f("{} 个月后仍在服务", "Still after {} months", &[after])));
    out
}

fn area_file(tx: &mut ReadTx<'_>, req: &Req, actor: &Actor, rows: &[MonthRow]) -> Result<Answer, Error> {
    actor.demand_any(Action::Export)?;
    let cells: Vec<Vec<Cell>> = rows
        .iter()
        .map(|row| {
            let mut line = vec![Cell::from(row.month.as_str()), Cell::from(row.began)];
            line.extend(row.cells.iter().map(|one| one.n.map_or_else(|| Cell::from(""), Cell::from)));
            line
        })
        .collect();
    let heads = heads(req.lang);
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    sheet::answer(req.lang.t("志愿者留存", "Who stays"), &note(req.lang, actor, tx.now()), &heads, &cells)
}

fn note(lang: Lang, actor: &Actor, now: Timestamp) -> String {
    lang.f("{} 导出于 {}", "Exported by {}, {}", &[&actor.name, &now.text()])
}

#[derive(Template)]
#[template(path = "retention/unit.html")]
struct UnitPage {
    shell: Shell,
    unit: Unit,
    /// Where the people behind a number are listed.
    base: String,
    rows: Vec<MonthRow>,
    regular: i64,
    slipping: i64,
    at: String,
    silent_weeks: i64,
    gone_weeks: i64,
    regular_months: usize,
}

async fn unit(State(app): State<App>, req: Req, Path(id): Path<OrgId>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let unit = commands::demand(tx, actor, id)?;
        let today = tx.now().date();
        let (months, (regular, slipping, at)) = match store::counted(tx, id)? {
            Some(kept) => (store::months_of(tx, id, since(today))?, kept),
            // Nobody has counted it yet: it is counted for this page.
            None => now(tx, &unit, today)?,
        };
        let page = UnitPage {
            shell: a.shell(req, actor, &req.lang.f("留存：{}", "Who stays: {}", &[&unit.name])),
            rows: rows(&months, today),
            base: format!("/retention/{id}/people"),
            unit,
            regular,
            slipping,
            at: at.text(),
            silent_weeks: rules::SILENT_WEEKS,
            gone_weeks: rules::GONE_WEEKS,
            regular_months: rules::REGULAR_MONTHS,
        };
        answer::html(&a, req, &page)
    })
    .await
}

/// Who serves regularly, those of them who fell silent, and when that was counted.
type Sums = (i64, i64, Timestamp);

/// Months and sums of one community or team, counted now.
pub(super) fn now(tx: &mut ReadTx<'_>, unit: &Unit, today: Date) -> Result<(Vec<Month>, Sums), Error> {
    let served = store::served(tx, unit)?;
    let first = rules::month(since(today));
    let months = store::cohorts(&served)
        .into_iter()
        .rev()
        .filter(|(month, _)| *month >= first)
        .map(|(month, one)| Month {
            month_on: rules::first_day(month),
            began: one.began,
            after_1: one.after[0],
            after_3: one.after[1],
            after_6: one.after[2],
            after_12: one.after[3],
        })
        .collect();
    let present = |one: &&store::Served| one.last_on.is_some_and(|on| rules::present(&one.months, on, today));
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let sums = (
        number(served.iter().filter(present).count()),
        number(store::slipping(&served, today).len()),
        tx.now(),
    );
    Ok((months, sums))
}

/// Somebody in a list.
struct One {
    p: store::Person,
    phone: String,
    last: String,
    months: usize,
    written: String,
    ahead: String,
}

fn ones(app: &App, tx: &mut ReadTx<'_>, actor: &Actor, served: &[&store::Served]) -> Result<Vec<One>, Error> {
    let ids: Vec<PersonId> = served.iter().map(|one| one.person).collect();
    let mut out = Vec::with_capacity(ids.len());
    for p in store::people(tx, actor, &ids)? {
        let Some(one) = served.iter().find(|one| one.person == p.id) else { continue };
        let phone = Sealed { id_enc: None, phone_enc: p.phone_enc.clone() }.phone(&app.vault)?;
        let month = one.months.last().map(|month| rules::first_day(*month).to_string());
        out.push(One {
            phone: phone.map(|phone| vault::mask_phone(&phone)).unwrap_or_default(),
            last: match one.last_on {
                Some(on) => on.to_string(),
                None => month.and_then(|day| day.get(..7).map(str::to_owned)).unwrap_or_default(),
            },
            months: one.months.len(),
            written: p.written_at.map(|at| at.date().to_string()).unwrap_or_default(),
            ahead: p.ahead_at.map(|at| at.text()).unwrap_or_default(),
            p,
        });
    }
    Ok(out)
}

fn people_file(
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    title: &str,
    people: Vec<One>,
) -> Result<Answer, Error> {
    actor.demand_any(Action::Export)?;
    let lang = req.lang;
    let heads = [
        lang.t("姓名", "Name"),
        lang.t("志愿者编号", "Volunteer number"),
        lang.t("手机（遮盖）", "Phone (masked)"),
        lang.t("社区", "Community"),
        lang.t("最近一次服务", "Last service"),
        lang.t("有服务的月数", "Months with service"),
        lang.t("上次联系", "Last written to"),
    ];
    let cells: Vec<Vec<Cell>> = people
        .into_iter()
        .map(|one| {
            vec![
                one.p.name.into(),
                one.p.volunteer_no.into(),
                one.phone.into(),
                one.p.home_name.into(),
                one.last.into(),
                i64::try_from(one.months).unwrap_or_default().into(),
                one.written.into(),
            ]
        })
        .collect();
    sheet::answer(title, &note(lang, actor, tx.now()), &heads, &cells)
}

#[derive(Template)]
#[template(path = "retention/people.html")]
struct PeoplePage {
    shell: Shell,
    unit: Unit,
    people: Vec<One>,
    count: usize,
    next: Option<String>,
    other: String,
    gone: bool,
    export: Option<String>,
}

/// The people behind a number: who began in a month, and of them who still serves after some months, or does not.
async fn behind(
    State(app): State<App>,
    req: Req,
    Path(id): Path<OrgId>,
    Query(filter): Query<Filter>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let lang = req.lang;
        let unit = commands::demand(tx, actor, id)?;
        let first = Date::parse(&format!("{}-01", filter.month)).map(rules::month).unwrap_or_default();
        let after: i64 = filter.months.parse().unwrap_or_default();
        let gone = filter.gone == "1";
        let from: i64 = filter.after.parse().unwrap_or_default();
        let all = store::served(tx, &unit)?;
        let these: Vec<&store::Served> = all
            .iter()
            .filter(|one| one.months.first() == Some(&first) && rules::stays(&one.months, after) != gone)
            .collect();
        let count = these.len();
        let title = match (after, gone) {
            (0, _) => lang.f("{} 开始服务的人", "Who began in {}", &[&filter.month]),
            (_, false) => lang.f(
                "{} 开始、{} 个月后仍在服务的人",
                "Who began in {} and still served {} months later",
                &[&filter.month, &after],
            ),
            (_, true) => lang.f(
                "{} 开始、{} 个月后不再服务的人",
                "Who began in {} and did not serve {} months later",
                &[&filter.month, &after],
            ),
        };
        if filter.format == "xlsx" {
            let some: Vec<&store::Served> = these.into_iter().take(FILE).collect();
            let people = ones(&a, tx, actor, &some)?;
            return people_file(tx, req, actor, &title, people);
        }
        let rest: Vec<&store::Served> =
            these.into_iter().filter(|one| one.person.0 > from).take(PEOPLE + 1).collect();
        let page = Page::cut(rest, PEOPLE, |one| one.person.to_string());
        let page = PeoplePage {
            people: ones(&a, tx, actor, &page.rows)?,
            shell: a.shell(req, actor, &title),
            other: if after == 0 {
                String::new()
            } else {
                req.with_query("gone", if gone { "0" } else { "1" })
            },
            next: page.next.map(|after| req.with_query("after", &after)),
            export: (actor.may(Action::Export) && count > 0).then(|| req.with_query("format", "xlsx")),
            unit,
            count,
            gone,
        };
        answer::html(&a, req, &page)
    })
    .await
}

#[derive(Template)]
#[template(path = "retention/slipping.html")]
struct SlippingPage {
    shell: Shell,
    form: Form,
    unit: Unit,
    people: Vec<One>,
    count: usize,
    next: Option<String>,
    export: Option<String>,
    silent_weeks: i64,
    gone_weeks: i64,
    regular_months: usize,
    write_days: i64,
}

impl SlippingPage {
    fn chosen(&self, id: &PersonId) -> bool {
        self.form.is("ids", &id.to_string())
    }
}

fn slipping_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    (id, filter): (OrgId, &Filter),
    form: Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let unit = commands::demand(tx, actor, id)?;
    let all = store::served(tx, &unit)?;
    let these = store::slipping(&all, tx.now().date());
    let count = these.len();
    let title = lang.f("久未参加：{}", "Fallen silent: {}", &[&unit.name]);
    if filter.format == "xlsx" {
        let some: Vec<&store::Served> = these.into_iter().take(FILE).collect();
        let people = ones(app, tx, actor, &some)?;
        return people_file(tx, req, actor, &title, people);
    }
    let from = cursor_pair(&filter.after).unwrap_or((i64::MIN, 0));
    let key = |one: &store::Served| (one.last_on.map_or(0, |on| on.days()), one.person.0);
    let rest: Vec<&store::Served> =
        these.into_iter().filter(|one| key(one) > from).take(PEOPLE + 1).collect();
    let page = Page::cut(rest, PEOPLE, |one| {
        let (day, id) = key(one);
        format!("{day}~{id}")
    });
    let page = SlippingPage {
        people: ones(app, tx, actor, &page.rows)?,
        shell: app.shell(req, actor, &title),
        next: page.next.map(|after| req.with_query("after", &after)),
        export: (actor.may(Action::Export) && count > 0).then(|| req.with_query("format", "xlsx")),
        form,
        unit,
        count,
        silent_weeks: rules::SILENT_WEEKS,
        gone_weeks: rules::GONE_WEEKS,
        regular_months: rules::REGULAR_MONTHS,
        write_days: rules::WRITE_DAYS,
    };
    answer::html(app, req, &page)
}

/// What is suggested to be written.
fn suggestion(lang: Lang) -> &'static str {
    lang.t(
        "好久不见，一切都好吗？最近有新的活动，想请您有空时再来看看。",
        "We have not seen you for a while and hope you are well. There are new sessions; come by when you find the time.",
    )
}

async fn slipping(
    State(app): State<App>,
    req: Req,
    Path(id): Path<OrgId>,
    Query(filter): Query<Filter>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let form = Form::filled([("text", suggestion(req.lang).to_owned())]);
        slipping_page(&a, tx, req, actor, (id, &filter), form)
    })
    .await
}

async fn write(State(app): State<App>, req: Req, Path(id): Path<OrgId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            commands::demand(tx, actor, id)?;
            let text = fields.required("text", Label("内容", "Text"), 300)?;
            let chosen: Vec<PersonId> =
                fields.all("ids").into_iter().filter_map(|id| id.parse().ok().map(PersonId)).collect();
            let done = commands::call_back(tx, actor, id, &chosen, &text)?;
            let say = match done.left {
                0 => req.lang.f("已发给 {} 人。", "Sent to {}.", &[&done.told]),
                left => req.lang.f(
                    "已发给 {} 人；{} 人近期联系过，没有再发。",
                    "Sent to {}; {} were written to lately and left in peace.",
                    &[&done.told, &left],
                ),
            };
            Ok(Done::to(format!("/retention/{id}/slipping"), say))
        },
        move |tx, req, actor, form| slipping_page(&a, tx, req, actor, (id, &Filter::default()), form.clone()),
    )
    .await
}
