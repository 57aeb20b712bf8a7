//! The public list, the page of an activity, and the planner's list.

use askama::Template;
use axum::extract::{Path, Query, State};
use db::ReadTx;
use kernel::error::common;
use kernel::page::{PAGE_ROWS, Page, cursor_pair};
use kernel::{Action, Actor, Error, Lang, OrgId, Refusal, Timestamp, catalogue};
use serde::Deserialize;
use ui::answer::Answer;
use ui::list::{Column, Desk, List, Shown};
use ui::sheet::Cell;
use ui::{App, Form, Req, Shell};

use super::store::{self, Activity, ListFilter, OrgChoice, Planned, Post, Session, Tab, Upcoming};
use super::{ActivityState, Entry, SessionState};
use crate::co_organiser;
use crate::family::company;
use crate::remote;
use crate::reserve;
use crate::sign_up::entry::store::Mine;
use crate::sign_up::entry::{ApplicationState, Standing};
use crate::sign_up::store::Own;
use crate::sign_up::waiting::store::OnPage;
use crate::sign_up::waiting::{self, WaitState};
use crate::sign_up::{self, SignUpState};
use crate::story::pages::Left;
use crate::trip::{self, MeetView};
use crate::{ActivityId, HandOverId, PostId, SessionId, WaitingId};

/// How many rows an export holds at most.
const EXPORT_ROWS: i64 = 10_000;

/// `11月28日 周六 09:00–11:00`, with the year when it is not this one.
#[must_use]
pub fn when(lang: Lang, starts_at: Timestamp, ends_at: Timestamp, now: Timestamp) -> String {
    const ZH: [&str; 7] = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];
    const EN: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let day = |at: Timestamp| {
        let date = at.date();
        let at = usize::try_from(date.weekday() - 1).unwrap_or(0);
        let (y, m, d) = (date.0.year(), date.0.month(), date.0.day());
        let other_year = y != now.date().0.year();
        match lang {
            Lang::Zh => {
                let year = if other_year { format!("{y}年") } else { String::new() };
                format!("{year}{m}月{d}日 {}", ZH.get(at).copied().unwrap_or_default())
            }
            Lang::En => {
                let month =
                    usize::try_from(m - 1).ok().and_then(|m| MONTHS.get(m)).copied().unwrap_or_default();
                let year = if other_year { format!(" {y}") } else { String::new() };
                format!("{} {d} {month}{year}", EN.get(at).copied().unwrap_or_default())
            }
        }
    };
    let start = format!("{} {}", day(starts_at), starts_at.clock_text());
    if starts_at.date() == ends_at.date() {
        format!("{start}–{}", ends_at.clock_text())
    } else {
        format!("{start} – {} {}", day(ends_at), ends_at.clock_text())
    }
}

/// Name of a category.
#[must_use]
pub fn category_name(code: &str, lang: Lang) -> &str {
    catalogue::category(code).map_or(code, |category| lang.t(category.zh, category.en))
}

/// Categories to choose from; children stand under their parents.
pub(crate) fn category_options(lang: Lang, all: bool) -> Vec<(String, String)> {
    catalogue::CATEGORIES
        .iter()
        .filter(|category| all || category.parent.is_none())
        .map(|category| {
            let indent = if category.parent.is_some() { "　" } else { "" };
            (category.code.to_owned(), format!("{indent}{}", lang.t(category.zh, category.en)))
        })
        .collect()
}

/// Filters as they stand in the address.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct Asked {
    /// Code of a service category; its children count too.
    pub(super) category: String,
    /// Id of an organisation: only what lies under it.
    area: String,
    /// Id of a team.
    team: String,
    /// First day, 2026-03-05.
    pub(super) from: String,
    /// Last day, 2026-03-05.
    pub(super) to: String,
    /// `1`: only with places left.
    pub(super) free: String,
    /// `1`: only of the caller's teams.
    pub(super) mine: String,
    /// `next` of the page before.
    after: String,
    #[schemars(skip)]
    format: String,
}

/// A row ready to show.
#[derive(Debug)]
pub struct RowView {
    pub row: Upcoming,
    pub when: String,
    pub places: String,
    pub category: String,
    pub open: bool,
    pub mine: bool,
}

/// Places left, in words.
pub(crate) fn places(lang: Lang, quota: i64, taken: i64, closed: bool) -> (String, bool) {
    let left = quota - taken;
    if left <= 0 {
        (lang.f("已满 {}/{}", "Full {}/{}", &[&taken, &quota]), false)
    } else if closed {
        (lang.f("报名已截止（{}/{}）", "Sign-up closed ({}/{})", &[&taken, &quota]), false)
    } else {
        (lang.f("还剩 {}/{}", "{} of {} places left", &[&left, &quota]), true)
    }
}

fn view(lang: Lang, now: Timestamp, row: Upcoming, mine: &[SessionId]) -> RowView {
    let (places, open) = places(lang, row.quota, row.taken, row.sign_up_until <= now);
    RowView {
        when: when(lang, row.starts_at, row.ends_at, now),
        places,
        category: category_name(&row.category, lang).to_owned(),
        open,
        mine: mine.contains(&row.session_id),
        row,
    }
}

/// The rows with marks for what the actor signed up for: one or two statements.
pub(crate) fn views(
    tx: &mut ReadTx<'_>,
    lang: Lang,
    actor: &Actor,
    rows: Vec<Upcoming>,
) -> Result<Vec<RowView>, Error> {
    let now = tx.now();
    let mine = match (actor.person, rows.first(), rows.last()) {
        (Some(person), Some(first), Some(last)) => {
            sign_up::store::marks(tx, person, first.starts_at, last.starts_at)?
        }
        _ => Vec::new(),
    };
    Ok(rows.into_iter().map(|row| view(lang, now, row, &mine)).collect())
}

impl Asked {
    /// The filter it stands for, and the area's name. A wish that cannot be read is passed over.
    pub(super) fn filter(
        &self,
        tx: &mut ReadTx<'_>,
        actor: &Actor,
    ) -> Result<(ListFilter, Option<OrgChoice>), Error> {
        let area = match self.area.parse::<OrgId>() {
            Ok(id) => store::org_find(tx, id)?,
            Err(_) => None,
        };
        let mine = if self.mine == "1" {
            let person = actor.person()?;
            let today = tx.now().date();
            let age = store::me(tx, person)?.and_then(|me| me.birth_on).map_or(200, |birth| birth.age(today));
            Some((person, age))
        } else {
            None
        };
        let filter = ListFilter {
            category: catalogue::category(&self.category).map(|category| category.code.to_owned()),
            area_path: area.as_ref().map(|area| area.area_path.clone()),
            team: self.team.parse().ok(),
            from: ui::form::date(&self.from).map(|date| Timestamp::at(date, 0)),
            to: ui::form::date(&self.to).map(|date| Timestamp::at(date.plus(1), 0)),
            free: self.free == "1",
            mine,
            after: cursor_pair(&self.after),
        };
        Ok((filter, area))
    }

    /// Filters of the other page, kept when a short form is sent.
    pub(super) fn kept(&self) -> Vec<(&'static str, String)> {
        [("area", &self.area), ("team", &self.team), ("from", &self.from), ("to", &self.to)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name, value.clone()))
            .collect()
    }

    pub(super) fn any(&self) -> bool {
        ![&self.category, &self.area, &self.team, &self.from, &self.to, &self.free, &self.mine]
            .iter()
            .all(|text| text.is_empty())
    }
}

#[derive(Template)]
#[template(path = "activity/list.html")]
struct ListPage {
    shell: Shell,
    rows: Vec<RowView>,
    next: Option<String>,
    asked: Asked,
    /// Filters of the other page, kept when this form is sent.
    kept: Vec<(&'static str, String)>,
    categories: Vec<(String, String)>,
    area: Option<String>,
    team: Option<String>,
    has_person: bool,
    may_plan: bool,
    export: String,
    as_map: String,
    narrowed: bool,
}

/// Upcoming open sessions, soonest first.
pub(super) async fn list(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let lang = req.lang;
        let (filter, area) = asked.filter(tx, actor)?;
        if asked.format == "xlsx" {
            return sheet(tx, lang, actor, &filter);
        }
        let rows = store::upcoming(tx, &filter, PAGE_ROWS + 1)?;
        let page = Page::cut(rows, 20, |row| format!("{}~{}", row.starts_at.0, row.session_id));
        let team = filter.team.and_then(|_| page.rows.first().map(|row| row.org_name.clone()));
        let rows = views(tx, lang, actor, page.rows)?;
        ui::answer::html(
            &a,
            req,
            &ListPage {
                shell: a.shell(req, actor, lang.t("活动", "Activities")),
                rows,
                next: page.next.map(|cursor| req.with_query("after", &cursor)),
                narrowed: asked.any(),
                kept: asked.kept(),
                asked: asked.clone(),
                categories: category_options(lang, false),
                area: area.map(|area| area.name),
                team,
                has_person: actor.person.is_some(),
                may_plan: actor.may(Action::ActivityManage),
                export: req.with_query("format", "xlsx"),
                as_map: req.target.replacen("/activities", "/activities/map", 1),
            },
        )
    })
    .await
}

fn sheet(tx: &mut ReadTx<'_>, lang: Lang, actor: &Actor, filter: &ListFilter) -> Result<Answer, Error> {
    let rows = store::upcoming(tx, filter, EXPORT_ROWS)?;
    let now = tx.now();
    let heads = [
        lang.t("活动", "Activity"),
        lang.t("队伍", "Team"),
        lang.t("类别", "Category"),
        lang.t("开始", "Start"),
        lang.t("结束", "End"),
        lang.t("地点", "Place"),
        lang.t("名额", "Places"),
        lang.t("已报名", "Signed up"),
    ];
    let cells: Vec<Vec<Cell>> = rows
        .into_iter()
        .map(|row| {
            vec![
                row.title.into(),
                row.org_name.into(),
                category_name(&row.category, lang).into(),
                row.starts_at.text().into(),
                row.ends_at.text().into(),
                row.place_public.into(),
                row.quota.into(),
                row.taken.into(),
            ]
        })
        .collect();
    ui::sheet::answer(lang.t("活动", "Activities"), &export_note(lang, actor, now), &heads, &cells)
}

/// Who exported a list, and when.
pub(crate) fn export_note(lang: Lang, actor: &Actor, now: Timestamp) -> String {
    lang.f("导出：{} {}", "Exported: {} {}", &[&actor.name, &now.text()])
}

#[derive(Template)]
#[template(path = "activity/filter.html")]
struct FilterPage {
    shell: Shell,
    form: Form,
    categories: Vec<(String, String)>,
    areas: Vec<(String, String)>,
    teams: Vec<(String, String)>,
    has_person: bool,
}

/// All filters of the list, on a page of their own, so that the list stays small.
pub(super) async fn filter(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let lang = req.lang;
        let form = Form::filled([
            ("category", asked.category.as_str()),
            ("area", &asked.area),
            ("team", &asked.team),
            ("from", &asked.from),
            ("to", &asked.to),
            ("free", &asked.free),
            ("mine", &asked.mine),
        ]);
        let areas = store::areas(tx)?
            .into_iter()
            .map(|area| {
                let indent = if area.kind == "community" { "　" } else { "" };
                (area.id.to_string(), format!("{indent}{}", area.name))
            })
            .collect();
        let teams = store::teams_ahead(tx)?.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
        ui::answer::html(
            &a,
            req,
            &FilterPage {
                shell: a.shell(req, actor, lang.t("筛选活动", "Filter activities")),
                form,
                categories: category_options(lang, true),
                areas,
                teams,
                has_person: actor.person.is_some(),
            },
        )
    })
    .await
}

/// What a post asks for: a skill, a qualification, or both.
pub(super) fn needs(post: &Post, lang: Lang) -> String {
    let skill = post
        .skill
        .as_deref()
        .map(|code| catalogue::skill_by_code(code).map_or(code, |one| lang.t(one.zh, one.en)));
    let kind = match (&post.needs, &post.needs_en) {
        (Some(zh), Some(en)) => Some(lang.t(zh, en)),
        _ => None,
    };
    skill.into_iter().chain(kind).collect::<Vec<_>>().join(lang.t("、", ", "))
}

/// A post ready to show.
#[derive(Debug)]
pub struct PostView {
    pub id: PostId,
    pub name: String,
    pub places: String,
    pub skill: String,
    pub open: bool,
}

/// Own place on a waiting list, ready to show.
#[derive(Debug)]
pub struct WaitingView {
    pub id: WaitingId,
    /// A place is held until then.
    pub held: Option<Timestamp>,
    pub ahead: String,
}

/// A session ready to show.
#[derive(Debug)]
pub struct SessionView {
    pub s: Session,
    pub when: String,
    pub places: String,
    pub state: String,
    pub posts: Vec<PostView>,
    /// Own sign-up, if one.
    pub mine: Option<SignUpState>,
    pub mine_post: String,
    pub mine_team: String,
    /// A button to sign up is shown.
    pub can_sign: bool,
    /// A button to cancel is shown.
    pub can_cancel: bool,
    /// Cancelling asks for a reason.
    pub late: bool,
    /// A button to join the waiting list is shown.
    pub can_wait: bool,
    /// A button to ask the leader for a place is shown.
    pub can_apply: bool,
    /// Own application that waits, or was refused with a reason.
    pub applied: Option<Mine>,
    /// Only the invited take a place, and one is not.
    pub shut: bool,
    /// Places that others offer to whoever could take one.
    pub offered: Vec<HandOverId>,
    /// How many wait.
    pub waiters: usize,
    /// Own place on the waiting list.
    pub wait: Option<WaitingView>,
    /// The exact place, when it may be seen.
    pub exact: Option<String>,
    /// Text for one's calendar: never with the exact place (Fix-08).
    pub calendar: String,
    /// When and where people meet before it.
    pub meet: Option<MeetView>,
    /// One's children who hold a place in it.
    pub children: Vec<String>,
    /// One's children for whom one may take a place, with oneself: id and name.
    pub may_bring: Vec<(String, String)>,
    pub over: bool,
}

#[derive(Template)]
#[template(path = "activity/show.html")]
struct ShowPage {
    shell: Shell,
    form: Form,
    a: Activity,
    kind: &'static str,
    mode: &'static str,
    category: String,
    skills: String,
    /// Qualifications and trainings asked for.
    qualifications: String,
    sessions: Vec<SessionView>,
    more_sessions: usize,
    past: Vec<SessionView>,
    /// Pictures, summaries and words of sessions that are over.
    left: Left,
    teams: Vec<(String, String)>,
    signed_in: bool,
    has_person: bool,
    manages: bool,
    /// Who organises it too; may be empty.
    together: Vec<(kernel::OrgId, String)>,
    /// Organisations outside the tree, and what they do in it.
    partners: Vec<crate::alliance::store::PartIn>,
    /// The campaign it counts for.
    campaign: Option<(crate::CampaignId, String)>,
    /// How it counts, when it has no place.
    remote: Option<String>,
    /// The agreement somebody who holds a place has to sign, or has signed.
    agreement: Option<crate::agreement::OnActivity>,
    /// Where a draft stands with whoever looks at it first.
    review: Option<String>,
    /// What covers those who serve, when there is a hazard.
    insurance: Option<crate::insurance::OnActivity>,
    /// Until when one is invited.
    invited: Option<Timestamp>,
    /// Until when the leader is asked for every place.
    asks_until: Option<Timestamp>,
    link: String,
    sign_in: String,
    suggest: Vec<RowView>,
    /// Where it may be shown: never for a private home (Fix-08).
    point: Option<(f64, f64)>,
    base: ui::app::MapBase,
}

/// The page's address for signing in and coming back.
fn sign_in_link(id: ActivityId) -> String {
    format!("/sign-in?next=%2Factivities%2F{id}")
}

fn session_state(lang: Lang, s: &Session, now: Timestamp) -> String {
    match s.state {
        SessionState::Open if now >= s.ends_at => lang.t("已结束", "Ended"),
        SessionState::Open if now >= s.starts_at => lang.t("进行中", "Running"),
        SessionState::Open => "",
        other => other.name(lang),
    }
    .to_owned()
}

/// Renders the page of an activity, with what was refused if something was.
///
/// # Errors
/// `common.not_found` for a draft one does not plan.
pub(crate) fn render_show(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: ActivityId,
    form: &Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let now = tx.now();
    let a = store::find(tx, id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let manages = kernel::can(actor, Action::ActivityManage, a.place());
    if a.state == ActivityState::Draft && !manages {
        return Err((&common::NOT_FOUND).into());
    }
    let sessions = store::sessions_of(tx, id)?;
    let posts = store::posts_of(tx, id)?;
    let skills = store::skills_of(tx, id)?;
    let insurance = crate::insurance::on_activity(tx, lang, &a, &sessions)?;
    let review = match a.state {
        ActivityState::Draft => crate::review::pages::standing(tx, lang, actor, &a)?.next,
        _ => None,
    };
    let (mine, teams) = match actor.person {
        Some(person) => (sign_up::store::for_activity(tx, person, id)?, store::teams_of(tx, person)?),
        None => (Vec::new(), Vec::new()),
    };
    let agreement = match actor.person {
        Some(person) if !mine.is_empty() => crate::agreement::on_activity(tx, lang, id, person)?,
        _ => None,
    };
    let waits = waiting::store::of_activity(tx, id, actor.person)?;
    let stands = sign_up::entry::standing(tx, id, actor.person)?;
    let late = if mine.is_empty() { 0 } else { sign_up::limits::limits(tx)?.late_hours };
    let mut others: Vec<(String, String)> = teams
        .into_iter()
        .filter(|team| team.0 != a.org_id)
        .map(|(id, name)| (id.to_string(), name))
        .collect();
    if !others.is_empty() {
        others.insert(0, (a.org_id.to_string(), a.org_name.clone()));
    }
    let mut views: Vec<SessionView> = sessions
        .into_iter()
        .map(|s| {
            session_view(
                lang,
                now,
                &a,
                s,
                &posts,
                &mine,
                &waits,
                manages,
                actor.person.is_some(),
                late,
                &stands,
            )
        })
        .collect();
    let kept = match views.iter().any(|view| view.s.reserved_until > now) {
        true => reserve::store::kept_in(tx, id, actor.person)?,
        false => Vec::new(),
    };
    for view in &mut views {
        let here: Vec<_> = kept.iter().filter(|one| one.0 == view.s.id).map(|one| one.1).collect();
        keep_back(lang, view, &here);
    }
    if let Some(person) = actor.person {
        families(tx, person, id, &mut views, !a.members_only && stands.asks_until.is_none())?;
    }
    for trip in trip::store::of_activity(tx, id)? {
        if let Some(view) = views.iter_mut().find(|view| view.s.id == trip.session) {
            let meet = MeetView::of(&trip, view.s.starts_at, lang);
            view.calendar.push_str(&lang.f("｜集合 {}", " | meet {}", &[&meet.when_where]));
            view.meet = Some(meet);
        }
    }
    let (past, mut ahead): (Vec<_>, Vec<_>) = views.drain(..).partition(|view| view.over);
    let left = if past.is_empty() { Left::default() } else { crate::story::pages::left(tx, lang, id)? };
    let all = ahead.len();
    if !req.target.contains("all=1") {
        ahead.truncate(20);
    }
    let past = past.into_iter().rev().take(20).collect();
    let suggest = if form.refusals.is_empty() {
        Vec::new()
    } else {
        let filter = ListFilter { category: Some(a.category.clone()), free: true, ..ListFilter::default() };
        let rows = store::upcoming(tx, &filter, 8)?;
        let rows = rows.into_iter().filter(|row| row.activity_id != id).take(3).collect();
        self::views(tx, lang, actor, rows)?
    };
    let skill_names: Vec<&str> = skills
        .iter()
        .map(|code| catalogue::skill_by_code(code).map_or(code.as_str(), |s| lang.t(s.zh, s.en)))
        .collect();
    let qualifications: Vec<String> = crate::qualified::store::names(tx, id)?
        .into_iter()
        .map(|(zh, en)| lang.t(&zh, &en).to_owned())
        .collect();
    let title = if lang == Lang::En && !a.title_en.is_empty() { a.title_en.clone() } else { a.title.clone() };
    ui::answer::html(
        app,
        req,
        &ShowPage {
            shell: app.shell(req, actor, &title),
            form: form.clone(),
            review,
            kind: a.kind.name(lang),
            mode: a.mode.name(lang),
            category: category_name(&a.category, lang).to_owned(),
            skills: skill_names.join(lang.t("、", ", ")),
            qualifications: qualifications.join(lang.t("、", ", ")),
            more_sessions: all - ahead.len(),
            sessions: ahead,
            past,
            left,
            teams: others,
            signed_in: actor.signed_in(),
            has_person: actor.person.is_some(),
            manages,
            together: co_organiser::store::agreed(tx, id)?,
            partners: crate::alliance::store::parts(tx, id)?,
            campaign: crate::campaign::store::of_activity(tx, id)?,
            remote: remote::store::find(tx, id)?.map(|one| remote::words(&one, lang)),
            agreement,
            insurance,
            invited: stands.invited,
            asks_until: stands.asks_until.filter(|_| stands.invited.is_none()),
            link: format!("{}/activities/{id}", app.settings.base_url),
            sign_in: sign_in_link(id),
            suggest,
            point: if a.place_private { None } else { super::map::point(a.lon, a.lat) },
            base: app.settings.map.clone(),
            a,
        },
    )
    .map(|mut answer| {
        ui::answer::allow_images(&mut answer, app.settings.map.origin());
        answer
    })
}

/// Takes what is kept for others off what one may take, and says so.
fn keep_back(lang: Lang, view: &mut SessionView, kept: &[reserve::rules::Kept]) {
    let held = reserve::rules::held(kept).min(view.s.quota - view.s.taken);
    if view.s.state != SessionState::Open || held <= 0 {
        return;
    }
    if view.s.taken + held >= view.s.quota {
        view.can_sign = false;
    }
    view.places.push_str(&lang.f("，其中 {} 个为别人预留", "; {} of them kept for others", &[&held]));
}

/// Notes one's children with places in each session, and those whom one could bring along.
fn families(
    tx: &mut ReadTx<'_>,
    person: kernel::PersonId,
    id: ActivityId,
    views: &mut [SessionView],
    open: bool,
) -> Result<(), Error> {
    let children = company::children(tx, person)?;
    if children.is_empty() {
        return Ok(());
    }
    let placed = company::of_activity(tx, person, id)?;
    for view in views.iter_mut() {
        let here = |child: kernel::PersonId| placed.iter().any(|one| one.0 == view.s.id && one.1 == child);
        view.children = placed.iter().filter(|one| one.0 == view.s.id).map(|one| one.2.clone()).collect();
        let comes = view.can_sign || view.can_cancel;
        if open && comes && view.s.state == SessionState::Open && view.s.taken < view.s.quota {
            view.may_bring = children
                .iter()
                .filter(|one| !here(one.minor))
                .map(|one| (one.minor.to_string(), one.minor_name.clone()))
                .collect();
        }
    }
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "one view over the facts the page has read")]
fn session_view(
    lang: Lang,
    now: Timestamp,
    a: &Activity,
    s: Session,
    posts: &[Post],
    mine: &[Own],
    waits: &[OnPage],
    manages: bool,
    has_person: bool,
    late_hours: i64,
    stands: &Standing,
) -> SessionView {
    let own = mine.iter().find(|one| one.session == s.id);
    let closed = now >= s.sign_up_until;
    let (asks, shut) = (stands.asks(a.entry), stands.shut(a.entry));
    let applied = stands.applied.iter().rev().find(|one| one.session == s.id);
    let applied_waits = applied.is_some_and(|one| one.state == ApplicationState::Waiting);
    let (text, free) = places(lang, s.quota, s.taken, closed);
    let holds = own.is_some_and(|one| matches!(one.state, SignUpState::Booked | SignUpState::Attended));
    let exact =
        sign_up::rules::exact_place_shown(manages, holds, a.place_private, now, (s.starts_at, s.ends_at));
    let when = when(lang, s.starts_at, s.ends_at, now);
    let posts: Vec<&Post> = posts.iter().filter(|post| post.session_id == s.id).collect();
    let public = s.state == SessionState::Open && a.state == ActivityState::Published;
    let open = public && free;
    let waits: Vec<&OnPage> = waits.iter().filter(|one| one.session == s.id).collect();
    let wait = waits.iter().find(|one| one.own).map(|own| WaitingView {
        id: own.id,
        held: own.respond_by.filter(|_| own.state == WaitState::Offered),
        ahead: waiting::ahead_words(
            lang,
            waits
                .iter()
                .filter(|one| one.state == WaitState::Waiting && one.id < own.id)
                .count()
                .try_into()
                .unwrap_or(i64::MAX),
        ),
    });
    let can_wait = public
        && has_person
        && own.is_none()
        && !asks
        && !shut
        && wait.is_none()
        && !closed
        && waiting::rules::respond_by(now, s.starts_at).is_some();
    SessionView {
        places: text,
        state: session_state(lang, &s, now),
        mine: own.map(|one| one.state),
        mine_post: own
            .and_then(|one| one.post)
            .and_then(|id| posts.iter().find(|post| post.id == id))
            .map(|post| post.name.clone())
            .unwrap_or_default(),
        mine_team: own.map(|one| one.team_name.clone()).unwrap_or_default(),
        can_sign: own.is_none() && open && has_person && !asks && !shut,
        can_apply: own.is_none() && public && !closed && has_person && asks && !applied_waits,
        offered: if own.is_none() && public && has_person { stands.offered_in(s.id) } else { Vec::new() },
        shut: shut && public && own.is_none() && has_person,
        applied: applied.filter(|_| own.is_none() && public).cloned(),
        can_wait,
        waiters: waits.iter().filter(|one| one.state == WaitState::Waiting).count(),
        wait,
        can_cancel: own.is_some_and(|one| one.state == SignUpState::Booked) && now < s.starts_at,
        late: own.is_some_and(|one| sign_up::rules::late(now, one.created_at, s.starts_at, late_hours)),
        exact: (exact && !a.place_exact.is_empty()).then(|| a.place_exact.clone()),
        calendar: lang.f(
            "{}｜{}｜{}｜联系人 {} {}",
            "{} | {} | {} | contact {} {}",
            &[&a.title, &when, &a.place_public, &a.contact_name, &a.contact_phone],
        ),
        meet: None,
        children: Vec::new(),
        may_bring: Vec::new(),
        over: s.ends_at <= now
            || matches!(s.state, SessionState::Closed | SessionState::Submitted | SessionState::Recorded),
        posts: posts
            .into_iter()
            .map(|post| {
                let (places, free) = places(lang, post.quota, post.taken, closed);
                PostView {
                    id: post.id,
                    name: post.name.clone(),
                    places,
                    skill: needs(post, lang),
                    open: free,
                }
            })
            .collect(),
        when,
        s,
    }
}

/// The page of an activity.
pub(super) async fn show(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_show(&a, tx, req, actor, parse(&id)?, &Form::default())).await
}

/// Reads an id from an address: what is no number does not exist.
pub(crate) fn parse<I: kernel::Id>(text: &str) -> Result<I, Error> {
    text.parse().map(I::from_i64).map_err(|_| Refusal::new(&common::NOT_FOUND).into())
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Managed {
    tab: String,
    team: String,
    after: String,
    format: String,
}

/// A line of the planner's list.
#[derive(Debug)]
pub struct PlannedView {
    pub row: Planned,
    pub title: String,
    pub when: String,
    pub state: String,
    pub places: String,
    /// The one thing to do next: address and word.
    pub next: Option<(String, String)>,
}

impl PlannedView {
    /// What stands in a column.
    fn text(&self, key: &str) -> String {
        match key {
            "activity" => self.title.clone(),
            "team" => self.row.org_name.clone(),
            "when" => self.when.clone(),
            "state" => self.state.clone(),
            "places" => self.places.clone(),
            "due" => self.row.due_on.map(|day| day.to_string()).unwrap_or_default(),
            "next" => self.next.as_ref().map(|next| next.1.clone()).unwrap_or_default(),
            _ => String::new(),
        }
    }
}

#[derive(Template)]
#[template(path = "activity/manage.html")]
struct ManagePage {
    shell: Shell,
    desk: Box<Desk>,
    tab: &'static str,
    tabs: Vec<(&'static str, &'static str)>,
    rows: Vec<PlannedView>,
    next: Option<String>,
    orgs: Vec<(String, String)>,
    team: String,
    export: String,
    /// Whether the actor reviews and may stop an area (A4, Edge-23).
    may_confirm: bool,
}

/// The planner's list.
pub static MANAGED: List = List {
    path: "/manage",
    name: ("活动管理", "Manage activities"),
    filters: &["tab", "team"],
    columns: &[
        Column::text("activity", "活动", "Activity", Shown::Always),
        Column::text("team", "队伍", "Team", Shown::Usual),
        Column::text("when", "时间", "When", Shown::Usual),
        Column::text("state", "状态", "State", Shown::Usual),
        Column::text("places", "报名", "Signed up", Shown::Usual),
        Column::text("due", "办结期限", "Due", Shown::Asked),
        Column::text("next", "下一步", "Next", Shown::Usual),
    ],
};

const TABS: [(&str, Tab, &str, &str); 6] = [
    ("next", Tab::Next, "即将开始", "Coming"),
    ("draft", Tab::Draft, "草稿", "Drafts"),
    ("close", Tab::Close, "待点名", "To close"),
    ("submitted", Tab::Submitted, "待站点确认", "At the station"),
    ("recorded", Tab::Recorded, "已记录", "Recorded"),
    ("cancelled", Tab::Cancelled, "已取消", "Cancelled"),
];

fn planned_view(lang: Lang, now: Timestamp, row: Planned) -> PlannedView {
    let (mut state, mut next) = (row.activity_state.name(lang).to_owned(), None);
    let go = |href: String, zh: &str, en: &str| Some((href, lang.t(zh, en).to_owned()));
    if let Some(by) = row.reviewed_by {
        state = lang.f("待审核（{} 前）", "To be reviewed by {}", &[&by]);
        next = go(format!("/activities/{}/publish", row.activity_id), "查看审核", "See the review");
    } else if row.activity_state == ActivityState::Draft {
        next = go(format!("/activities/{}/publish", row.activity_id), "检查并发布", "Check and publish");
    } else if let (Some(id), Some(s), Some(start), Some(end)) =
        (row.session_id, row.state, row.starts_at, row.ends_at)
    {
        s.name(lang).clone_into(&mut state);
        let soon = start.plus_minutes(-30);
        next = match s {
            SessionState::Open if now >= end => {
                go(format!("/sessions/{id}/roll"), "点名并关闭", "Close the roll")
            }
            SessionState::Open if now >= soon => {
                go(format!("/sessions/{id}/code"), "出示签到码", "Show the code")
            }
            SessionState::Open => go(format!("/sessions/{id}/sign-ups"), "看报名名单", "See who signed up"),
            SessionState::Closed => go(format!("/sessions/{id}/roll"), "提交记录", "Submit records"),
            SessionState::Submitted | SessionState::Recorded => {
                go(format!("/sessions/{id}/roll"), "查看", "Open")
            }
            SessionState::Draft | SessionState::Cancelled => None,
        };
        if s == SessionState::Open && now >= start {
            lang.t(
                if now >= end { "已结束" } else { "进行中" },
                if now >= end { "Ended" } else { "Running" },
            )
            .clone_into(&mut state);
        }
    }
    PlannedView {
        title: row.title.clone(),
        when: match (row.starts_at, row.ends_at) {
            (Some(start), Some(end)) => when(lang, start, end, now),
            _ => lang.t("未定", "No date yet").to_owned(),
        },
        state,
        places: match (row.taken, row.quota) {
            (Some(taken), Some(quota)) => format!("{taken}/{quota}"),
            _ => String::new(),
        },
        next,
        row,
    }
}

/// The activities and sessions one plans, with states and what is next.
pub(super) async fn manage(State(app): State<App>, req: Req, Query(asked): Query<Managed>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.demand_any(Action::ActivityManage)?;
        let desk = match people::view::desk(&a, tx, req, actor, &MANAGED)? {
            Ok(desk) => desk,
            Err(elsewhere) => return Ok(elsewhere),
        };
        let lang = req.lang;
        let now = tx.now();
        let (code, tab) =
            TABS.iter().find(|tab| tab.0 == asked.tab).map_or(("next", Tab::Next), |tab| (tab.0, tab.1));
        let team = asked.team.parse::<OrgId>().ok();
        let after = cursor_pair(&asked.after);
        let export = asked.format == "xlsx";
        let limit = if export { EXPORT_ROWS } else { PAGE_ROWS + 1 };
        let rows = store::planned(tx, actor, tab, team, after, limit)?;
        if export {
            actor.demand_any(Action::Export)?;
            let columns = &desk.columns;
            let cells: Vec<Vec<Cell>> = rows
                .into_iter()
                .map(|row| {
                    let view = planned_view(lang, now, row);
                    columns.cells(|key| view.text(key).into())
                })
                .collect();
            let title = lang.t("活动管理", "Manage activities");
            let note = export_note(lang, actor, now);
            return ui::sheet::answer(title, &note, &columns.heads(lang), &cells);
        }
        let page = Page::cut(rows, 20, |row| match row.session_id {
            Some(id) => format!("{}~{id}", row.starts_at.unwrap_or_default().0),
            None => format!("0~{}", row.activity_id),
        });
        let orgs: Vec<(String, String)> =
            store::org_choices(tx, actor)?.into_iter().map(|org| (org.id.to_string(), org.name)).collect();
        ui::answer::html(
            &a,
            req,
            &ManagePage {
                shell: a.shell(req, actor, lang.t("活动管理", "Manage activities")),
                desk,
                tab: code,
                tabs: TABS.iter().map(|tab| (tab.0, lang.t(tab.2, tab.3))).collect(),
                rows: page.rows.into_iter().map(|row| planned_view(lang, now, row)).collect(),
                next: page.next.map(|cursor| req.with_query("after", &cursor)),
                orgs,
                team: asked.team.clone(),
                export: req.with_query("format", "xlsx"),
                may_confirm: actor.may(Action::RecordConfirm),
            },
        )
    })
    .await
}
