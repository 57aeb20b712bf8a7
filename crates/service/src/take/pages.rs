//! The list of sessions one can take, with one button each.

use askama::Template;
use axum::extract::{Query, State};
use db::ReadTx;
use kernel::page::{PAGE_ROWS, Page};
use kernel::{Actor, Error, Lang, OrgId, Timestamp, catalogue};
use serde::Deserialize;
use ui::answer::Answer;
use ui::sheet::Cell;
use ui::{App, Form, Req, Shell};

use super::rules::{self, Candidate};
use super::store::{self, Cursor, Free, Just, Narrow, Taker};
use crate::SessionId;
use crate::activity::Entry;
use crate::activity::pages::{category_name, category_options, export_note, when};
use crate::sign_up::hand_over::{self, OfferView};
use crate::sign_up::waiting;

/// How many rows an export holds at most.
const EXPORT_ROWS: i64 = 10_000;

/// Filters as they stand in the address.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(inline)]
pub struct Asked {
    /// Code of a service category; its children count too.
    category: String,
    /// Id of a street.
    street: String,
    /// First day, 2026-03-05.
    from: String,
    /// Last day, 2026-03-05.
    to: String,
    /// `1`: full sessions too.
    full: String,
    /// Words of title, team or place.
    q: String,
    /// `next` of the page before.
    after: String,
    #[schemars(skip)]
    format: String,
    #[schemars(skip)]
    signed: String,
}

impl Asked {
    fn any(&self) -> bool {
        ![&self.category, &self.street, &self.from, &self.to, &self.full, &self.q]
            .iter()
            .all(|text| text.is_empty())
    }

    fn words(&self) -> String {
        self.q.trim().chars().filter(|c| !c.is_control()).take(60).collect()
    }

    /// The filter it stands for. A wish that cannot be read is passed over.
    pub(super) fn narrow(&self, streets: &[(OrgId, String, String)]) -> Narrow {
        let street = self.street.parse::<OrgId>().ok();
        Narrow {
            category: catalogue::category(&self.category).map(|category| category.code.to_owned()),
            area_path: street.and_then(|id| streets.iter().find(|one| one.0 == id)).map(|one| one.2.clone()),
            from: ui::form::date(&self.from).map(|date| Timestamp::at(date, 0)),
            to: ui::form::date(&self.to).map(|date| Timestamp::at(date.plus(1), 0)),
            full: self.full == "1",
            words: self.words(),
            after: Cursor::parse(&self.after),
        }
    }
}

/// A row ready to show.
#[derive(Debug)]
pub struct RowView {
    pub row: Free,
    pub when: String,
    pub places: String,
    pub category: String,
    pub near: String,
    pub full: bool,
    /// It is full, and there is time to wait for a place.
    pub may_wait: bool,
    /// Why it is suggested, if it is.
    pub why: String,
}

/// How near it is, in words: the distance when both points are known.
fn near_words(lang: Lang, taker: Option<&Taker>, row: &Free) -> String {
    let Some(one) = taker else { return String::new() };
    let distance = match (one.lon, one.lat, row.lon, row.lat) {
        (Some(a), Some(b), Some(c), Some(d)) => {
            Some(rules::distance_words(rules::metres((a, b), (c, d)), lang))
        }
        _ => None,
    };
    match (row.near, distance) {
        (0, _) => lang.t("本社区", "your community").to_owned(),
        (_, Some(words)) => words,
        (1, None) => lang.t("本街道", "your street").to_owned(),
        _ => String::new(),
    }
}

fn view(lang: Lang, now: Timestamp, taker: Option<&Taker>, row: Free, why: String) -> RowView {
    let left = row.quota - row.taken - row.held;
    RowView {
        when: when(lang, row.starts_at, row.ends_at, now),
        places: if left > 0 {
            lang.f("还剩 {}/{}", "{} of {} places left", &[&left, &row.quota])
        } else {
            lang.f("已满 {}/{}", "Full {}/{}", &[&row.taken, &row.quota])
        },
        category: category_name(&row.category, lang).to_owned(),
        near: near_words(lang, taker, &row),
        full: left <= 0,
        may_wait: left <= 0
            && row.entry == Entry::Open
            && waiting::rules::respond_by(now, row.starts_at).is_some(),
        why,
        row,
    }
}

/// What was just taken, with the way back.
#[derive(Debug)]
pub struct JustView {
    pub session: SessionId,
    pub title: String,
    pub when: String,
}

#[derive(Template)]
#[template(path = "take/list.html")]
struct ListPage {
    shell: Shell,
    form: Form,
    rows: Vec<RowView>,
    suggest: Vec<RowView>,
    just: Option<JustView>,
    /// Places that others offer.
    offers: Vec<OfferView>,
    next: Option<String>,
    asked: Asked,
    categories: Vec<(String, String)>,
    streets: Vec<(String, String)>,
    signed_in: bool,
    has_person: bool,
    /// The person's registration does not allow signing up now.
    inactive: bool,
    narrowed: bool,
    export: String,
    /// This list without what was just taken, to come back to.
    here: String,
    sign_in: String,
}

/// This list's address without what concerns one view of it.
fn here(req: &Req) -> String {
    let kept: Vec<&str> = req
        .query()
        .split('&')
        .filter(|pair| {
            !pair.is_empty() && !matches!(pair.split('=').next(), Some("signed" | "format" | "lang"))
        })
        .collect();
    if kept.is_empty() { req.path.clone() } else { format!("{}?{}", req.path, kept.join("&")) }
}

/// Renders the list, with what was refused if something was. A fixed number of statements: who looks, streets, two
/// for the list, two for suggestions (three for those who agreed to hints about companions), one for what was just taken, two when words are looked for.
///
/// # Errors
/// Of the database.
pub(crate) fn render(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    asked: &Asked,
    form: &Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let now = tx.now();
    let taker = match actor.person {
        Some(person) => store::taker(tx, person)?,
        None => None,
    };
    let streets = store::streets(tx)?;
    let narrow = asked.narrow(&streets);
    if asked.format == "xlsx" {
        let rows = store::free(tx, taker.as_ref(), &Narrow { after: None, ..narrow }, EXPORT_ROWS)?;
        return sheet(lang, actor, now, taker.as_ref(), rows);
    }
    let rows = store::free(tx, taker.as_ref(), &narrow, PAGE_ROWS + 1)?;
    let page = Page::cut(rows, 20, |row| Cursor::of(row).text());
    let mut suggest = Vec::new();
    if let Some(one) = &taker
        && narrow.after.is_none()
        && !asked.any()
    {
        let past = store::served(tx, one.id)?;
        let mut choice = store::choice(tx, one)?;
        let sessions: Vec<SessionId> = choice.iter().map(|row| row.session_id).collect();
        let companions = store::companions(tx, one, &sessions)?;
        let candidates: Vec<Candidate> = choice.iter().map(|row| candidate(row, &companions)).collect();
        for (session, why) in rules::suggest(&candidates, &past) {
            if let Some(at) = choice.iter().position(|row| row.session_id == session) {
                let words: Vec<String> = why.iter().take(2).map(|reason| reason.words(lang)).collect();
                suggest.push(view(
                    lang,
                    now,
                    taker.as_ref(),
                    choice.swap_remove(at),
                    words.join(lang.t("，", ", ")),
                ));
            }
        }
    }
    let offers = match &taker {
        Some(one) if one.active && narrow.after.is_none() && !asked.any() => {
            hand_over::open(tx, lang, one.id)?
        }
        _ => Vec::new(),
    };
    let just = match (&taker, asked.signed.parse::<SessionId>()) {
        (Some(one), Ok(session)) => store::just(tx, one.id, session)?,
        _ => None,
    };
    let mut shell = app.shell(req, actor, lang.t("我能报的", "Sessions I can take"));
    // What was just taken is told above the list, with the way back; saying it twice would be noise.
    if just.is_some() {
        shell.flash.clear();
    }
    let back = here(req);
    let at =
        |path: &str, target: &str| Req { path: path.to_owned(), target: target.to_owned(), ..req.clone() };
    let page = ListPage {
        shell,
        form: form.clone(),
        rows: page.rows.into_iter().map(|row| view(lang, now, taker.as_ref(), row, String::new())).collect(),
        suggest,
        offers,
        just: just.map(|one: Just| JustView {
            session: one.session_id,
            when: when(lang, one.starts_at, one.ends_at, now),
            title: one.title,
        }),
        next: page.next.map(|cursor| at(&req.path, &back).with_query("after", &cursor)),
        narrowed: asked.any(),
        asked: asked.clone(),
        categories: category_options(lang, false),
        streets: streets.into_iter().map(|(id, name, _)| (id.to_string(), name)).collect(),
        signed_in: actor.signed_in(),
        has_person: taker.is_some(),
        inactive: taker.as_ref().is_some_and(|one| !one.active),
        export: at(&req.path, &back).with_query("format", "xlsx"),
        sign_in: at("/sign-in", "/sign-in").with_query("next", &back),
        here: back,
    };
    ui::answer::html(app, req, &page)
}

fn candidate(row: &Free, companions: &[(SessionId, i64)]) -> Candidate {
    Candidate {
        session: row.session_id,
        activity: row.activity_id,
        team: row.org_id,
        starts_at: row.starts_at,
        near: row.near,
        skill: row.skill.clone(),
        together: companions.iter().find(|one| one.0 == row.session_id).map_or(0, |one| one.1),
    }
}

fn sheet(
    lang: Lang,
    actor: &Actor,
    now: Timestamp,
    taker: Option<&Taker>,
    rows: Vec<Free>,
) -> Result<Answer, Error> {
    let heads = [
        lang.t("活动", "Activity"),
        lang.t("队伍", "Team"),
        lang.t("类别", "Category"),
        lang.t("开始", "Start"),
        lang.t("结束", "End"),
        lang.t("地点", "Place"),
        lang.t("远近", "Distance"),
        lang.t("名额", "Places"),
        lang.t("已报名", "Signed up"),
    ];
    let cells: Vec<Vec<Cell>> = rows
        .into_iter()
        .map(|row| {
            let near = near_words(lang, taker, &row);
            vec![
                row.title.into(),
                row.org_name.into(),
                category_name(&row.category, lang).into(),
                row.starts_at.text().into(),
                row.ends_at.text().into(),
                row.place_public.into(),
                near.into(),
                row.quota.into(),
                row.taken.into(),
            ]
        })
        .collect();
    let title = lang.t("我能报的", "Sessions I can take");
    ui::sheet::answer(title, &export_note(lang, actor, now), &heads, &cells)
}

/// `GET /sessions`
pub(super) async fn list(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render(&a, tx, req, actor, &asked, &Form::default())).await
}

/// Where a form of the list comes back to, if it came from there.
#[must_use]
pub(crate) fn came_from(next: &str) -> Option<&str> {
    (next == "/sessions" || next.starts_with("/sessions?")).then_some(next)
}

/// Where to go after a place was taken from the list: the same list, which then offers the way back.
#[must_use]
pub(crate) fn signed(next: &str, session: SessionId) -> String {
    let joint = if next.contains('?') { '&' } else { '?' };
    format!("{next}{joint}signed={session}")
}

/// The list again, after a refusal of one of its buttons.
///
/// # Errors
/// Of the database.
pub(crate) fn render_again(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    next: &str,
    form: &Form,
) -> Result<Answer, Error> {
    let asked = next
        .parse::<axum::http::Uri>()
        .ok()
        .and_then(|uri| Query::<Asked>::try_from_uri(&uri).ok())
        .map(|query| query.0)
        .unwrap_or_default();
    let asked = Asked { format: String::new(), signed: String::new(), ..asked };
    let req = Req { path: "/sessions".to_owned(), target: next.to_owned(), ..req.clone() };
    render(app, tx, &req, actor, &asked, form)
}
