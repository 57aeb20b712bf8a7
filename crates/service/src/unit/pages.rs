//! The unit members of the city, and the page of one: what it joined, what it did, who serves in its name.

use std::collections::HashMap;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use db::ReadTx;
use kernel::{Action, Actor, Date, Error, Lang, Minutes, OrgId, can};
use people::org::{Org, OrgState};
use serde::Deserialize;
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form, Label};
use ui::sheet::{self, Cell};
use ui::shell::Shell;
use ui::{App, Req};

use super::commands;
use super::store::{self, Membership, PeopleFilter, Serving, UnitRow};
use super::{ServeState, UnitMemberId, UnitServiceId, UnitState, rules};
use crate::activity::pages::export_note;
use crate::total::figures;

/// Pages of this part.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/units", get(list))
        .route("/units/{id}", get(show))
        .route("/units/{id}/people/{line}", post(answer))
        .route("/units/{id}/hosts/{line}/leave", post(leave))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Filter {
    q: String,
    sort: String,
    year: String,
    after: String,
    format: String,
}

/// The year somebody asks for; this one when it is none of the last twenty.
pub(super) fn year_of(text: &str, today: Date) -> i16 {
    let now = today.0.year();
    text.parse().ok().filter(|year| (now - 20..=now).contains(year)).unwrap_or(now)
}

/// First and last day of a year.
pub(super) fn days(year: i16) -> (Date, Date) {
    let first = Date::new(year, 1, 1).unwrap_or_else(|| Date::from_days(0));
    (first, Date::new(year, 12, 31).unwrap_or(first))
}

/// All days there are records of.
fn ever() -> (Date, Date) {
    (Date::from_days(0), Date::from_days(2_900_000))
}

/// A unit with what it did.
pub(super) struct UnitLine {
    pub unit: UnitRow,
    /// Its place in the ranking; 0 for none.
    pub rank: usize,
    /// Who serves in its name.
    pub heads: i64,
    pub people: i64,
    pub services: i64,
    pub minutes: i64,
    /// Whether its hours are for whoever looks.
    pub open: bool,
}

impl UnitLine {
    fn hours(&self) -> String {
        Minutes(self.minutes).hours()
    }
}

/// Puts figures beside units, in two questions. Those of a few people are open to whoever looks after that unit only.
pub(super) fn lines(
    tx: &mut ReadTx<'_>,
    units: Vec<UnitRow>,
    (first, last): (Date, Date),
    actor: &Actor,
) -> Result<Vec<UnitLine>, Error> {
    let ids: Vec<OrgId> = units.iter().map(|unit| unit.id).collect();
    let heads = store::heads(tx, &ids)?;
    let sums: HashMap<OrgId, store::Sum> =
        figures::unit_sums(tx, Some(&ids), first, last)?.into_iter().map(|one| (one.unit, one)).collect();
    Ok(units
        .into_iter()
        .map(|unit| {
            let sum = sums.get(&unit.id);
            let people = sum.map_or(0, |sum| sum.people);
            UnitLine {
                rank: 0,
                heads: heads.get(&unit.id).copied().unwrap_or(0),
                people,
                services: sum.map_or(0, |sum| sum.services),
                minutes: sum.map_or(0, |sum| sum.minutes),
                open: rules::shown(people, can(actor, Action::TeamManage, unit.place())),
                unit,
            }
        })
        .collect())
}

/// Orders units by their hours and numbers them; equal hours share a rank. Those whose hours are not for whoever looks
/// follow by name, without a rank: their place would tell.
fn ranked(lines: Vec<UnitLine>) -> Vec<UnitLine> {
    let name = |a: &UnitLine, b: &UnitLine| (&a.unit.name_key, a.unit.id).cmp(&(&b.unit.name_key, b.unit.id));
    let (mut lines, mut hidden): (Vec<UnitLine>, Vec<UnitLine>) =
        lines.into_iter().partition(|line| line.open);
    lines.sort_by(|a, b| b.minutes.cmp(&a.minutes).then_with(|| name(a, b)));
    hidden.sort_by(name);
    let (mut rank, mut before) = (0, i64::MIN);
    for (at, line) in lines.iter_mut().enumerate() {
        if line.minutes != before {
            (rank, before) = (at + 1, line.minutes);
        }
        line.rank = rank;
    }
    lines.append(&mut hidden);
    lines
}

#[derive(Template)]
#[template(path = "unit/list.html")]
struct ListPage {
    shell: Shell,
    q: String,
    ranking: bool,
    may_rank: bool,
    year: i16,
    years: Vec<i16>,
    lines: Vec<UnitLine>,
    next: Option<String>,
    export: Option<String>,
    has_person: bool,
    meaning: &'static str,
}

/// What the figure means, in the page's language.
fn meaning(lang: Lang) -> &'static str {
    figures::definition("unit_minutes").map_or("", |one| lang.t(one.meaning.0, one.meaning.1))
}

async fn list(State(app): State<App>, req: Req, Query(filter): Query<Filter>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let lang = req.lang;
        let year = year_of(&filter.year, tx.now().date());
        let may_rank = actor.may(Action::FiguresRead);
        let (ranking, sheet) = (filter.sort == "hours" && may_rank, filter.format == "xlsx");
        let q: String = filter.q.trim().chars().take(40).collect();
        if sheet {
            actor.demand_any(Action::Export)?;
        }
        // A ranking compares all of them; it is for whoever reads figures.
        let (units, cursor) = if ranking {
            (store::all_units(tx)?, None)
        } else {
            let page =
                store::units(tx, &q, &filter.after, if sheet { store::ALL_ROWS } else { store::ROWS })?;
            (page.rows, page.next)
        };
        let mut lines = lines(tx, units, days(year), actor)?;
        let mut next = cursor;
        if ranking {
            lines = ranked(lines);
            lines.retain(|line| q.is_empty() || line.unit.name.contains(&q));
            if !sheet {
                let (rows, skip) =
                    (usize::try_from(store::ROWS).unwrap_or(50), filter.after.parse().unwrap_or(0_usize));
                next = (lines.len() > skip.saturating_add(rows)).then(|| (skip + rows).to_string());
                lines = lines.into_iter().skip(skip).take(rows).collect();
            }
        }
        if sheet {
            return list_sheet(lang, &export_note(lang, actor, tx.now()), year, &lines);
        }
        let this = tx.now().date().0.year();
        let page = ListPage {
            shell: a.shell(req, actor, lang.t("单位会员", "Unit members")),
            q,
            ranking,
            may_rank,
            year,
            years: (0..3).map(|back| this - back).collect(),
            lines,
            next: next.map(|next| req.with_query("after", &next)),
            export: actor.may(Action::Export).then(|| req.with_query("format", "xlsx")),
            has_person: actor.person.is_some(),
            meaning: meaning(lang),
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}

fn list_sheet(lang: Lang, note: &str, year: i16, lines: &[UnitLine]) -> Result<Answer, Error> {
    let heads = [
        lang.t("单位", "Unit"),
        lang.t("类型", "Type"),
        lang.t("以单位名义服务的人", "Serve in its name"),
        lang.t("当年服务过的人", "Served this year"),
        lang.t("当年服务人次", "Services this year"),
        lang.t("当年时长（小时）", "Hours this year"),
    ];
    let rows: Vec<Vec<Cell>> = lines
        .iter()
        .map(|line| {
            let shown = |n: i64| if line.open { Cell::from(n) } else { Cell::from("—") };
            vec![
                line.unit.name.as_str().into(),
                line.unit.type_name(&lang).into(),
                line.heads.into(),
                shown(line.people),
                shown(line.services),
                if line.open { line.hours().into() } else { "—".into() },
            ]
        })
        .collect();
    sheet::answer(&lang.f("单位会员 {}", "Unit members {}", &[&year]), note, &heads, &rows)
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct ShowFilter {
    state: String,
    q: String,
    year: String,
    after: String,
    format: String,
}

/// Somebody who serves in the unit's name.
pub(super) struct Line {
    pub one: Serving,
    pub services: i64,
    pub minutes: i64,
}

impl Line {
    fn hours(&self) -> String {
        Minutes(self.minutes).hours()
    }
}

/// Puts beside each line what counts for the unit in a year.
pub(super) fn people(tx: &mut ReadTx<'_>, rows: Vec<Serving>, year: i16) -> Result<Vec<Line>, Error> {
    let ids: Vec<UnitServiceId> = rows.iter().map(|one| one.id).collect();
    let (first, last) = days(year);
    let served = store::served(tx, &ids, first, last)?;
    Ok(rows
        .into_iter()
        .map(|one| {
            let (services, minutes) = served.get(&one.id).copied().unwrap_or_default();
            Line { one, services, minutes }
        })
        .collect())
}

/// What a unit did, as its page says it.
pub(super) struct Did {
    pub heads: i64,
    pub people: i64,
    pub services: i64,
    pub year_minutes: i64,
    /// Hours of all years, for whoever looks after the unit: for others they would give away, less the years that are
    /// open, the one that is not.
    pub hours: Option<String>,
    pub open: bool,
}

impl Did {
    fn year_hours(&self) -> String {
        Minutes(self.year_minutes).hours()
    }
}

/// What a unit did in a year, and for whoever looks after it ever.
pub(super) fn did(tx: &mut ReadTx<'_>, unit: OrgId, year: i16, inside: bool) -> Result<Did, Error> {
    let ids = [unit];
    let (first, last) = days(year);
    let in_year = figures::unit_sums(tx, Some(&ids), first, last)?.pop();
    let people = in_year.as_ref().map_or(0, |sum| sum.people);
    let hours = if inside {
        let (first, last) = ever();
        let all = figures::unit_sums(tx, Some(&ids), first, last)?.pop();
        Some(Minutes(all.map_or(0, |sum| sum.minutes)).hours())
    } else {
        None
    };
    Ok(Did {
        heads: store::heads(tx, &ids)?.get(&unit).copied().unwrap_or(0),
        people,
        services: in_year.as_ref().map_or(0, |sum| sum.services),
        year_minutes: in_year.map_or(0, |sum| sum.minutes),
        hours,
        open: rules::shown(people, inside),
    })
}

#[derive(Template)]
#[template(path = "unit/show.html")]
struct ShowPage {
    shell: Shell,
    form: Form,
    org: Org,
    type_name: &'static str,
    member: bool,
    inside: bool,
    memberships: Vec<Membership>,
    did: Did,
    year: i16,
    years: Vec<i16>,
    state: Option<ServeState>,
    q: String,
    lines: Vec<Line>,
    next: Option<String>,
    export: Option<String>,
    /// What the person who looks has to do with it.
    own: Option<Serving>,
    has_person: bool,
    meaning: &'static str,
}

impl ShowPage {
    /// The reason that was written for a line before it was refused.
    fn written(&self, line: &UnitServiceId) -> &str {
        if self.form.is("line", &line.to_string()) { self.form.v("note") } else { "" }
    }

    fn chosen(&self, state: &ServeState) -> bool {
        self.state == Some(*state)
    }
}

fn show_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: OrgId,
    filter: &ShowFilter,
    form: Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let org = commands::unit(tx, id)?;
    let inside = can(actor, Action::TeamManage, org.place());
    let year = year_of(&filter.year, tx.now().date());
    let q: String = filter.q.trim().chars().take(40).collect();
    let state = ServeState::from_code(&filter.state);
    let sheet = filter.format == "xlsx";
    let (mut lines, mut next) = (Vec::new(), None);
    if inside {
        let asked = PeopleFilter { state, words: q.clone(), after: filter.after.clone() };
        let page = store::people(tx, id, &asked, if sheet { store::ALL_ROWS } else { store::ROWS })?;
        next = page.next;
        lines = people(tx, page.rows, year)?;
    }
    if sheet {
        actor.demand(Action::Export, org.place())?;
        return people_sheet(lang, &export_note(lang, actor, tx.now()), &org, year, &lines);
    }
    let all = store::of_unit(tx, id)?;
    let member = all.iter().any(|one| one.state == UnitState::Member);
    let memberships =
        all.into_iter().filter(|one| inside || one.state == UnitState::Member).collect::<Vec<_>>();
    let own = match actor.person {
        Some(me) => store::of_person(tx, me)?
            .into_iter()
            .find(|one| one.unit == id && matches!(one.state, ServeState::Asked | ServeState::Active)),
        None => None,
    };
    let this = tx.now().date().0.year();
    let page = ShowPage {
        shell: app.shell(req, actor, org.title(&lang)),
        form,
        type_name: org.type_name(&lang),
        member,
        inside,
        memberships,
        did: did(tx, id, year, inside)?,
        year,
        years: (0..3).map(|back| this - back).collect(),
        state,
        q,
        lines,
        next: next.map(|next| req.with_query("after", &next)),
        export: (inside && can(actor, Action::Export, org.place())).then(|| req.with_query("format", "xlsx")),
        own,
        has_person: actor.person.is_some(),
        meaning: meaning(lang),
        org,
    };
    ui::answer::html(app, req, &page)
}

async fn show(
    State(app): State<App>,
    req: Req,
    Path(id): Path<OrgId>,
    Query(filter): Query<ShowFilter>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| show_page(&a, tx, req, actor, id, &filter, Form::default())).await
}

fn people_sheet(lang: Lang, note: &str, org: &Org, year: i16, lines: &[Line]) -> Result<Answer, Error> {
    let heads = [
        lang.t("姓名", "Name"),
        lang.t("志愿者编号", "Volunteer no."),
        lang.t("状态", "State"),
        lang.t("起", "From"),
        lang.t("止", "Until"),
        lang.t("当年计入单位的次数", "Services for the unit this year"),
        lang.t("当年计入单位的时长（小时）", "Hours for the unit this year"),
    ];
    let rows: Vec<Vec<Cell>> = lines
        .iter()
        .map(|line| {
            let one = &line.one;
            vec![
                one.name.as_str().into(),
                one.volunteer_no.as_str().into(),
                one.state.name(lang).into(),
                one.from_on.to_string().into(),
                one.to_on.map(|day| day.to_string()).unwrap_or_default().into(),
                line.services.into(),
                line.hours().into(),
            ]
        })
        .collect();
    let title = lang.f("{} 以单位名义服务 {}", "Serving in the name of {}, {}", &[&org.title(&lang), &year]);
    sheet::answer(&title, note, &heads, &rows)
}

/// The unit's word about somebody.
async fn answer(
    State(app): State<App>,
    req: Req,
    Path((id, line)): Path<(OrgId, UnitServiceId)>,
    fields: Fields,
) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            commands::kept(tx, actor, id)?;
            let note = fields.optional("note", Label("理由", "Reason"), 200)?;
            let say = match fields.text("act") {
                "confirm" => {
                    commands::confirm(tx, actor, id, line)?;
                    req.lang.t("已确认，从提出之日起计入单位。", "Confirmed, from the day they asked on.")
                }
                "end" => {
                    commands::end(tx, actor, id, line, &note)?;
                    req.lang.t("已结束，今天仍计入单位。", "Ended; today still counts.")
                }
                _ => {
                    commands::refuse(tx, actor, id, line, &note)?;
                    req.lang.t("已答复本人。", "Answered.")
                }
            };
            Ok(Done::to(format!("/units/{id}"), say))
        },
        move |tx, req, actor, form| show_page(&a, tx, req, actor, id, &ShowFilter::default(), form.clone()),
    )
    .await
}

/// The unit leaves what it joined, or takes its application back.
async fn leave(
    State(app): State<App>,
    req: Req,
    Path((id, line)): Path<(OrgId, UnitMemberId)>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::kept(tx, actor, id)?;
        commands::leave(tx, actor, line)?;
        Ok(Done::to(format!("/units/{id}"), req.lang.t("已退出，时长保留。", "Left; the hours stay.")))
    })
    .await
}
