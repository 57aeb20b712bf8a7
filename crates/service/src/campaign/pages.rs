//! What everybody sees: the list, the page of a campaign, its calendar and its closing report.

use askama::Template;
use axum::extract::{Path, Query, State};
use db::ReadTx;
use kernel::page::{PAGE_ROWS, Page, cursor_pair};
use kernel::{Action, Actor, Date, Error, Lang, Period, Timestamp, can};
use serde::Deserialize;
use ui::{Answer, App, Req, Shell};

use super::commands::{managed, seen};
use super::figures::{self, Occasion, Reached, TeamSums};
use super::item_store::{self, Item};
use super::rules;
use super::store::{self, Area, Campaign, Deliverable, Line, Phase, Tab};
use super::{CampaignStage, CampaignState, Measure};
use crate::activity::pages::{parse, places, when};
use crate::total::figures::Shown;

/// Sessions that the page of a campaign shows.
const COMING: i64 = 20;
/// Sessions of a month that the calendar shows.
const MONTH: i64 = 1_000;

/// Title in the language of the page.
pub(super) fn title(lang: Lang, c: &Campaign) -> String {
    if lang == Lang::En && !c.title_en.is_empty() { c.title_en.clone() } else { c.title.clone() }
}

/// Who acts next, and by when (Chk-01).
pub(super) fn next_words(lang: Lang, c: &Campaign, today: Date) -> String {
    match c.stage(today) {
        CampaignStage::Draft => lang.f(
            "草稿：由{}补齐依据、内容、阶段和工作线后公布；最晚在 {} 开始之前。",
            "Draft: {} completes basis, content, phases and lines and announces it, before it starts on {}.",
            &[&c.org_name, &c.from_on],
        ),
        CampaignStage::Announced if rules::declaring(c, today) => lang.f(
            "各队在 {} 前申报项目，{}逐项答复；{} 开始。",
            "Teams declare items by {}, {} answers each; it starts on {}.",
            &[&c.declare_until, &c.org_name, &c.from_on],
        ),
        CampaignStage::Announced => lang.f(
            "申报已截止；{}答复完所有项目，{} 开始。",
            "Declaring is over; {} answers what is left, it starts on {}.",
            &[&c.org_name, &c.from_on],
        ),
        CampaignStage::Running => lang.f(
            "各队按日历办活动，{}跟进各阶段成果；{} 结束。",
            "Teams hold their activities, {} sees to the deliverables; it ends on {}.",
            &[&c.org_name, &c.to_on],
        ),
        CampaignStage::Ending => lang.f(
            "{} 已到期：由{}在 {} 前写总结并结束。",
            "It ended on {}: {} reports and closes it by {}.",
            &[&c.to_on, &c.org_name, &c.to_on.plus(14)],
        ),
        CampaignStage::Closed => lang.f(
            "已结束，内容不再变更；想再办，由{}发起下一年的行动。",
            "Closed; nothing changes any more. {} may run it again next year.",
            &[&c.org_name],
        ),
    }
}

// ---- the list ----

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filter {
    tab: String,
    after: String,
}

const TABS: [(&str, Tab, &str, &str); 3] = [
    ("now", Tab::Now, "进行和将要进行", "Now and coming"),
    ("closed", Tab::Closed, "已结束", "Closed"),
    ("draft", Tab::Draft, "草稿", "Drafts"),
];

/// A campaign of a list.
#[derive(Debug)]
pub struct Row {
    pub c: Campaign,
    pub title: String,
    pub stage: CampaignStage,
    pub next: String,
}

#[derive(Template)]
#[template(path = "campaign/list.html")]
struct ListPage {
    shell: Shell,
    tab: &'static str,
    tabs: Vec<(&'static str, &'static str)>,
    rows: Vec<Row>,
    next: Option<String>,
    may: bool,
}

/// `GET /campaigns`
pub(super) async fn list(State(app): State<App>, req: Req, Query(filter): Query<Filter>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let (lang, today) = (req.lang, tx.now().date());
        let may = actor.may(Action::ActivityManage);
        let shown: Vec<_> = TABS.iter().filter(|tab| may || tab.1 != Tab::Draft).collect();
        let (code, tab) =
            shown.iter().find(|tab| tab.0 == filter.tab).map_or(("now", Tab::Now), |tab| (tab.0, tab.1));
        let rows = store::list(tx, actor, tab, cursor_pair(&filter.after), PAGE_ROWS + 1)?;
        let page = Page::cut(rows, 20, |c| format!("{}~{}", c.from_on.days(), c.id));
        let rows = page
            .rows
            .into_iter()
            .map(|c| Row {
                title: title(lang, &c),
                stage: c.stage(today),
                next: next_words(lang, &c, today),
                c,
            })
            .collect();
        ui::answer::html(
            &a,
            req,
            &ListPage {
                shell: a.shell(req, actor, lang.t("专项行动", "Campaigns")),
                tab: code,
                tabs: shown.iter().map(|tab| (tab.0, lang.t(tab.2, tab.3))).collect(),
                rows,
                next: page.next.map(|cursor| req.with_query("after", &cursor)),
                may,
            },
        )
    })
    .await
}

// ---- one campaign ----

/// A phase with what it is to bring.
#[derive(Debug)]
pub struct PhaseView {
    pub p: Phase,
    pub all: Vec<Deliverable>,
    pub done: usize,
    /// Past its last day with something open.
    pub late: bool,
}

/// A line with what came of it.
#[derive(Debug)]
pub struct LineView {
    pub l: Line,
    pub reached: String,
    pub target: String,
    pub unit: &'static str,
    pub percent: i64,
}

/// A number of a measure as people read it.
pub(super) fn amount(measure: Measure, n: i64) -> String {
    match measure {
        Measure::Minutes => kernel::Minutes(n).hours(),
        _ => crate::total::figures::grouped(n),
    }
}

/// The parts of a campaign that most pages show.
#[derive(Debug)]
pub struct Parts {
    pub phases: Vec<PhaseView>,
    pub lines: Vec<LineView>,
    pub areas: Vec<Area>,
    pub figures: Vec<Shown>,
    pub activities: i64,
}

/// Reads them: a fixed number of questions.
pub(super) fn parts(tx: &mut ReadTx<'_>, lang: Lang, c: &Campaign) -> Result<Parts, Error> {
    let today = tx.now().date();
    let mut deliverables = store::deliverables(tx, c.id)?;
    let phases = store::phases(tx, c.id)?
        .into_iter()
        .map(|p| {
            let all: Vec<Deliverable> = deliverables.extract_if(.., |one| one.phase_id == p.id).collect();
            let done = all.iter().filter(|one| one.done_at.is_some()).count();
            PhaseView { late: p.to_on < today && done < all.len(), done, all, p }
        })
        .collect();
    let reached: Reached = figures::reached(tx, c)?;
    let lines = store::lines(tx, c.id)?
        .into_iter()
        .map(|l| {
            let n = reached.of(l.id).of(l.measure);
            LineView {
                reached: amount(l.measure, n),
                target: amount(l.measure, l.target),
                unit: l.measure.name(lang),
                percent: rules::percent(n, l.target),
                l,
            }
        })
        .collect();
    Ok(Parts {
        phases,
        lines,
        areas: store::areas(tx, c.id)?,
        figures: figures::named(lang, &reached.whole),
        activities: reached.whole.activities,
    })
}

/// A session of the calendar, ready to show.
#[derive(Debug)]
pub struct OccasionView {
    pub o: Occasion,
    pub when: String,
    pub places: String,
}

fn occasion(lang: Lang, now: Timestamp, o: Occasion) -> OccasionView {
    let places = if o.ends_at <= now {
        lang.t("已结束", "Over").to_owned()
    } else {
        places(lang, o.quota, o.taken, o.starts_at <= now).0
    };
    OccasionView { when: when(lang, o.starts_at, o.ends_at, now), places, o }
}

#[derive(Template)]
#[template(path = "campaign/show.html")]
struct ShowPage {
    shell: Shell,
    c: Campaign,
    stage: CampaignStage,
    next: String,
    parts: Parts,
    coming: Vec<OccasionView>,
    items: Vec<Item>,
    /// Whether the actor organises it.
    manages: bool,
    /// Whether the actor plans for some team, which may take part.
    leads: bool,
    declaring: bool,
}

/// `GET /campaigns/{id}`
pub(super) async fn show(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let (lang, now) = (req.lang, tx.now());
        let today = now.date();
        let c = seen(tx, actor, parse(&id)?)?;
        let parts = parts(tx, lang, &c)?;
        let coming = figures::occasions(tx, c.id, (today.max(c.from_on), c.to_on), COMING)?;
        let items = item_store::accepted_between(tx, c.id, (today.max(c.from_on), c.to_on), COMING)?;
        ui::answer::html(
            &a,
            req,
            &ShowPage {
                shell: a.shell(req, actor, &title(lang, &c)),
                stage: c.stage(today),
                next: next_words(lang, &c, today),
                parts,
                coming: coming.into_iter().map(|o| occasion(lang, now, o)).collect(),
                items,
                manages: can(actor, Action::ActivityManage, c.place()),
                leads: actor.may(Action::ActivityManage) && c.state != CampaignState::Draft,
                declaring: rules::declaring(&c, today),
                c,
            },
        )
    })
    .await
}

// ---- the calendar ----

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Month {
    month: String,
}

/// A day of the calendar.
#[derive(Debug)]
pub struct DayView {
    pub name: String,
    pub sessions: Vec<OccasionView>,
    pub items: Vec<Item>,
}

#[derive(Template)]
#[template(path = "campaign/calendar.html")]
struct CalendarPage {
    shell: Shell,
    c: Campaign,
    next: String,
    month: String,
    before: Option<String>,
    after: Option<String>,
    days: Vec<DayView>,
}

fn month_text(day: Date) -> String {
    format!("{:04}-{:02}", day.0.year(), day.0.month())
}

fn day_name(lang: Lang, day: Date) -> String {
    const ZH: [&str; 7] = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];
    const EN: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let at = usize::try_from(day.weekday() - 1).unwrap_or(0);
    let names = if lang == Lang::Zh { ZH } else { EN };
    format!("{day} {}", names.get(at).copied().unwrap_or_default())
}

/// Sessions and items under their days.
fn days(lang: Lang, now: Timestamp, sessions: Vec<Occasion>, items: Vec<Item>) -> Vec<DayView> {
    let mut out: std::collections::BTreeMap<i64, DayView> = std::collections::BTreeMap::new();
    let blank = |day: Date| DayView { name: day_name(lang, day), sessions: Vec::new(), items: Vec::new() };
    for one in sessions {
        let day = one.starts_at.date();
        let slot = out.entry(day.days()).or_insert_with(|| blank(day));
        slot.sessions.push(occasion(lang, now, one));
    }
    for one in items {
        out.entry(one.day_on.days()).or_insert_with(|| blank(one.day_on)).items.push(one);
    }
    out.into_values().collect()
}

/// `GET /campaigns/{id}/calendar`: a month of it, this one or the nearest within the campaign.
pub(super) async fn calendar(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    Query(asked): Query<Month>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let (lang, now) = (req.lang, tx.now());
        let today = now.date();
        let c = seen(tx, actor, parse(&id)?)?;
        let wanted = Date::parse(&format!("{}-01", asked.month)).unwrap_or(today);
        let within = wanted.max(Period::Month(c.from_on).first()).min(c.to_on);
        let month = Period::Month(within);
        let (first, last) = (month.first().max(c.from_on), month.last().min(c.to_on));
        let sessions = figures::occasions(tx, c.id, (first, last), MONTH)?;
        let items = item_store::accepted_between(tx, c.id, (first, last), MONTH)?;
        let link = |day: Date| req.with_query("month", &month_text(day));
        ui::answer::html(
            &a,
            req,
            &CalendarPage {
                shell: a.shell(req, actor, &lang.f("日历：{}", "Calendar: {}", &[&title(lang, &c)])),
                next: next_words(lang, &c, today),
                month: month_text(first),
                before: (month.first() > c.from_on).then(|| link(month.first().plus(-1))),
                after: (month.last() < c.to_on).then(|| link(month.last().plus(1))),
                days: days(lang, now, sessions, items),
                c,
            },
        )
    })
    .await
}

// ---- the closing report ----

#[derive(Template)]
#[template(path = "campaign/report.html")]
struct ReportPage {
    shell: Shell,
    c: Campaign,
    stage: CampaignStage,
    next: String,
    parts: Parts,
    teams: Vec<(TeamSums, String)>,
    manages: bool,
    as_of: String,
}

/// `GET /campaigns/{id}/report`: everybody's once it is closed, the organiser's before.
pub(super) async fn report(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let (lang, now) = (req.lang, tx.now());
        let mut c = seen(tx, actor, parse(&id)?)?;
        if c.state != CampaignState::Closed {
            c = managed(tx, actor, c.id)?;
        }
        let parts = parts(tx, lang, &c)?;
        let teams = figures::by_team(tx, &c)?
            .into_iter()
            .map(|(team, minutes)| (team, kernel::Minutes(minutes).hours()))
            .collect();
        ui::answer::html(
            &a,
            req,
            &ReportPage {
                shell: a.shell(req, actor, &lang.f("{}总结", "Report: {}", &[&title(lang, &c)])),
                stage: c.stage(now.date()),
                next: next_words(lang, &c, now.date()),
                parts,
                teams,
                manages: can(actor, Action::ActivityManage, c.place()),
                as_of: now.text(),
                c,
            },
        )
    })
    .await
}

/// Options of a form: the lines of a campaign.
pub(super) fn line_options(tx: &mut ReadTx<'_>, c: &Campaign) -> Result<Vec<(String, String)>, Error> {
    Ok(store::lines(tx, c.id)?.into_iter().map(|line| (line.id.to_string(), line.name)).collect())
}

/// Whether the actor organises a campaign.
pub(super) fn organises(actor: &Actor, c: &Campaign) -> bool {
    can(actor, Action::ActivityManage, c.place())
}
