//! A trip for whoever leads it: the meeting, who looks after what, the counts, and the one tap at the end.

use askama::Template;
use axum::extract::{Path, Query, State};
use db::ReadTx;
use kernel::error::Collect;
use kernel::{Action, Actor, Error, Lang, can};
use serde::Deserialize;
use ui::form::Label;
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::commands::{self, Wish};
use super::store::{self, Trip, Walker};
use super::{Stage, TripRole, refusals};
use crate::activity::SessionState;
use crate::activity::pages::parse;
use crate::attendance::{commands as door, span};
use crate::{SessionId, SignUpId};

/// When and where people meet, ready to show to whoever comes along.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MeetView {
    /// `07:30 图书馆门前`, with the date when it is another one than that of the start.
    pub when_where: String,
    /// What to wear and bring; may be empty.
    pub things: String,
}

impl MeetView {
    /// Of a trip, beside the start of its session.
    #[must_use]
    pub fn of(trip: &Trip, starts_at: kernel::Timestamp, lang: Lang) -> Self {
        Self::from((trip.meet_at, starts_at), &trip.meet_place, (&trip.wear, &trip.bring), lang)
    }

    /// From its parts: when people meet and when it starts, where, what to wear and to bring.
    #[must_use]
    pub fn from(
        (meet_at, starts_at): (kernel::Timestamp, kernel::Timestamp),
        place: &str,
        (wear, bring): (&str, &str),
        lang: Lang,
    ) -> Self {
        let clock = if meet_at.date() == starts_at.date() { meet_at.clock_text() } else { meet_at.text() };
        let mut things = Vec::new();
        if !wear.is_empty() {
            things.push(lang.f("穿着：{}", "Wear: {}", &[&wear]));
        }
        if !bring.is_empty() {
            things.push(lang.f("携带：{}", "Bring: {}", &[&bring]));
        }
        Self { when_where: format!("{clock} {place}"), things: things.join(lang.t("；", "; ")) }
    }
}

struct StageView {
    code: &'static str,
    name: &'static str,
    counted: String,
    missing: String,
    /// Heads and names differ.
    differs: bool,
}

struct DutyView {
    role: &'static str,
    role_name: &'static str,
    sign_up: SignUpId,
    name: String,
}

#[derive(Template)]
#[template(path = "trip/show.html")]
struct ShowPage {
    shell: Shell,
    form: Form,
    id: SessionId,
    title: String,
    when: String,
    /// It is set.
    set: bool,
    /// The actor may change when and where people meet.
    plans: bool,
    meet: MeetView,
    back_at: String,
    stages: Vec<StageView>,
    duties: Vec<DutyView>,
    roles: Vec<(String, String)>,
    people: Vec<(String, String)>,
    /// Counting is open.
    counting: bool,
    opens: String,
    /// Who is not known to be back, in words.
    missing: String,
    missing_count: usize,
    /// When somebody said that all are back.
    all_back: Option<String>,
}

fn filled(trip: Option<&Trip>) -> Form {
    let Some(trip) = trip else { return Form::default() };
    Form::filled([
        ("meet", trip.meet_at.clock_text()),
        ("place", trip.meet_place.clone()),
        ("back", trip.return_at.map(|at| at.clock_text()).unwrap_or_default()),
        ("wear", trip.wear.clone()),
        ("bring", trip.bring.clone()),
    ])
}

fn stage_view(stage: Stage, all: &[Walker], heads: &[store::Heads], lang: Lang) -> StageView {
    let count = heads.iter().find(|one| one.stage == stage);
    let seen = all.iter().filter(|one| one.seen().at(stage)).count();
    let missing = commands::missing(all, stage, |one| one.seen().at(stage));
    StageView {
        code: stage.code(),
        name: stage.name(lang),
        differs: count.is_some_and(|one| usize::try_from(one.heads) != Ok(seen)),
        counted: count.map_or_else(String::new, |one| {
            lang.f(
                "数到 {} 人，点到 {} 人（{} {}）",
                "{} heads, {} by name ({} {})",
                &[&one.heads, &seen, &one.by, &one.at.clock_text()],
            )
        }),
        missing: if count.is_some() { names(&missing, lang) } else { String::new() },
    }
}

/// Names in one line, shortened.
fn names(all: &[&Walker], lang: Lang) -> String {
    let shown: Vec<&str> = all.iter().take(12).map(|one| one.name.as_str()).collect();
    let mut out = shown.join(lang.t("、", ", "));
    if all.len() > shown.len() {
        out.push_str(&lang.f(" 等 {} 人", " and others, {} in all", &[&all.len()]));
    }
    out
}

fn page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: SessionId,
    form: Option<Form>,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let held = door::find_to_lead(tx, actor, id)?;
    let trip = store::find(tx, id)?;
    let all = if trip.is_some() { store::walkers(tx, id)? } else { Vec::new() };
    let heads = store::counts(tx, id)?;
    let duties = store::duties(tx, id)?;
    let now = tx.now();
    let opens = trip.as_ref().map(|trip| trip.meet_at.plus_minutes(-super::rules::COUNT_BEFORE));
    let missing = commands::missing(&all, Stage::Return, |one| one.back);
    let all_back = trip.as_ref().and_then(|trip| trip.all_back_at);
    let page = ShowPage {
        shell: app.shell(req, actor, lang.t("集合与清点", "Meeting and head-counts")),
        form: form.unwrap_or_else(|| filled(trip.as_ref())),
        id,
        title: held.title_in(&lang).to_owned(),
        when: span(held.starts_at, held.ends_at),
        set: trip.is_some(),
        plans: can(actor, Action::ActivityManage, held.place())
            && matches!(held.state, SessionState::Open | SessionState::Closed),
        meet: trip.as_ref().map(|trip| MeetView::of(trip, held.starts_at, lang)).unwrap_or_default(),
        back_at: trip.as_ref().and_then(|trip| trip.return_at).map(|at| at.text()).unwrap_or_default(),
        stages: Stage::ALL.iter().map(|stage| stage_view(*stage, &all, &heads, lang)).collect(),
        duties: duties
            .into_iter()
            .map(|one| DutyView {
                role: one.role.code(),
                role_name: one.role.name(lang),
                sign_up: one.sign_up,
                name: one.name,
            })
            .collect(),
        roles: TripRole::ALL.iter().map(|one| (one.code().to_owned(), one.name(lang).to_owned())).collect(),
        people: all
            .iter()
            .map(|one| (one.sign_up.to_string(), format!("{} {}", one.name, one.volunteer_no)))
            .collect(),
        counting: opens.is_some_and(|from| now >= from) && all_back.is_none(),
        opens: opens.map(|at| at.text()).unwrap_or_default(),
        missing: names(&missing, lang),
        missing_count: missing.len(),
        all_back: all_back.map(|at| at.text()),
    };
    ui::answer::html(app, req, &page)
}

/// `GET /sessions/{id}/trip`
pub(super) async fn show(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| page(&a, tx, req, actor, parse(&id)?, None)).await
}

/// Reads when and where people meet.
pub(super) fn wish(fields: &Fields) -> Result<Wish, Error> {
    let mut all = Collect::default();
    let meet = all.take(fields.time("meet", Label("集合时间", "Meeting time")));
    let place = all.take(fields.required("place", Label("集合地点", "Meeting point"), 100));
    let back = match fields.text("back") {
        "" => None,
        _ => all.take(fields.time("back", Label("预计返回", "Back at"))),
    };
    let wear = all.take(fields.optional("wear", Label("穿着", "What to wear"), 200));
    let bring = all.take(fields.optional("bring", Label("携带", "What to bring"), 200));
    all.done()?;
    let (Some(meet), Some(place), Some(wear), Some(bring)) = (meet, place, wear, bring) else {
        return Err(Error::bug("a field was neither read nor refused"));
    };
    Ok(Wish { meet, place, back, wear, bring, all: fields.ticked("all") })
}

/// `POST /sessions/{id}/trip`: sets the meeting, or takes it away.
pub(super) async fn save(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let session: SessionId = parse(&id)?;
            let back = format!("/sessions/{session}/trip");
            // Who may not know of the meeting is not told what is wrong with a wish for one.
            crate::activity::commands::managed_session(tx, actor, session)?;
            if fields.text("act") == "clear" {
                commands::clear(tx, actor, session)?;
                let say =
                    req.lang.t("已取消集合，大家直接到服务地点。", "No meeting: people go to the place.");
                return Ok(Done::to(back, say));
            }
            let count = commands::set(tx, actor, session, &wish(fields)?)?;
            let say = req.lang.f(
                "集合信息已保存（{} 场），报名的人会收到消息。",
                "Saved for {} sessions; whoever signed up is told.",
                &[&count],
            );
            Ok(Done::to(back, say))
        },
        move |tx, req, actor, form| page(&a, tx, req, actor, parse(&again)?, Some(form.clone())),
    )
    .await
}

/// `POST /sessions/{id}/trip/roles`: gives a duty (`give`), or takes one away (`take`: `role:sign-up`).
pub(super) async fn roles(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, fields| {
        let session: SessionId = parse(&id)?;
        door::find_to_lead(tx, actor, session)?;
        let wrong = || Error::from(&refusals::NOT_THERE);
        let taken = fields.text("take").split_once(':');
        let (role, sign_up) = taken.unwrap_or((fields.text("role"), fields.text("sign_up")));
        let role = TripRole::from_code(role).ok_or_else(wrong)?;
        let sign_up = sign_up.parse().map(SignUpId).map_err(|_| wrong())?;
        commands::duty(tx, actor, session, role, sign_up, taken.is_none())?;
        let say = if taken.is_none() {
            req.lang.t("已分工，本人会收到消息。", "Given; the person is told.")
        } else {
            req.lang.t("已取消分工。", "Taken away.")
        };
        Ok(Done::to(format!("/sessions/{session}/trip"), say))
    })
    .await
}

// ---- counting ----

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct At {
    stage: String,
}

struct CountLine {
    sign_up: SignUpId,
    name: String,
    about: String,
    expected: bool,
    seen: bool,
}

#[derive(Template)]
#[template(path = "trip/count.html")]
struct CountPage {
    shell: Shell,
    form: Form,
    id: SessionId,
    title: String,
    stage: &'static str,
    lines: Vec<CountLine>,
    expected: usize,
    minors: usize,
}

fn count_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: SessionId,
    stage: Stage,
    form: Option<&Form>,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let held = door::find_to_lead(tx, actor, id)?;
    let trip = store::find(tx, id)?.ok_or_else(|| Error::from(&refusals::NONE))?;
    let all = store::walkers(tx, id)?;
    let heads = store::counts(tx, id)?.into_iter().find(|one| one.stage == stage);
    let facts: Vec<super::rules::Seen> = all.iter().map(Walker::seen).collect();
    let known = super::rules::known(&facts);
    let day = trip.meet_at.date();
    let typed = form.map(|form| form.fields.all("seen"));
    let mut minors = 0;
    let mut lines: Vec<CountLine> = all
        .iter()
        .zip(&facts)
        .map(|(one, fact)| {
            let age = one.birth_on.map(|birth| birth.age(day));
            let minor = age.filter(|age| *age < people::guardian::rules::ADULT);
            let mut about = one.volunteer_no.clone();
            if let Some(age) = minor {
                minors += 1;
                about.push_str(&lang.f(" · {} 周岁", " · {} years", &[&age]));
            }
            CountLine {
                sign_up: one.sign_up,
                name: one.name.clone(),
                about,
                expected: super::rules::expected(stage, fact, known),
                seen: match &typed {
                    Some(typed) => typed.contains(&one.sign_up.to_string().as_str()),
                    None => fact.at(stage),
                },
            }
        })
        .collect();
    // Who is expected first, each part by name.
    lines.sort_by_key(|line| !line.expected);
    let expected = lines.iter().filter(|line| line.expected).count();
    let page = CountPage {
        shell: app.shell(req, actor, &lang.f("清点：{}", "Head-count: {}", &[&stage.name(lang)])),
        form: form.cloned().unwrap_or_else(|| {
            Form::filled(heads.iter().map(|one| ("heads", one.heads.to_string())).collect::<Vec<_>>())
        }),
        id,
        title: held.title_in(&lang).to_owned(),
        stage: stage.code(),
        lines,
        expected,
        minors,
    };
    ui::answer::html(app, req, &page)
}

fn stage(text: &str) -> Result<Stage, Error> {
    Stage::from_code(text).ok_or_else(|| (&kernel::error::common::NOT_FOUND).into())
}

/// `GET /sessions/{id}/trip/count?stage=assembly`
pub(super) async fn counting(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    Query(at): Query<At>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let id = parse(&id)?;
        door::find_to_lead(tx, actor, id)?;
        let at = if at.stage.is_empty() { Stage::Assembly } else { stage(&at.stage)? };
        count_page(&a, tx, req, actor, id, at, None)
    })
    .await
}

/// `POST /sessions/{id}/trip/count`
pub(super) async fn count(
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
            let session: SessionId = parse(&id)?;
            door::find_to_lead(tx, actor, session)?;
            let at = stage(fields.text("stage"))?;
            let heads = match fields.text("heads") {
                "" => None,
                _ => Some(fields.number("heads", Label("清点人数", "Head-count"), 0, 100_000)?),
            };
            let seen: Vec<SignUpId> =
                fields.all("seen").into_iter().filter_map(|text| text.parse().ok().map(SignUpId)).collect();
            let done = commands::count(tx, actor, session, at, heads, &seen)?;
            let lang = req.lang;
            let mut say = lang.f(
                "已清点：数到 {} 人，点到 {} 人。",
                "Counted: {} heads, {} by name.",
                &[&done.heads, &done.seen],
            );
            if !done.missing.is_empty() {
                let shown = done.missing.iter().take(10).cloned().collect::<Vec<_>>();
                say.push_str(&lang.f(" 还没到：{}", " Missing: {}", &[&shown.join(lang.t("、", ", "))]));
            }
            Ok(Done::to(format!("/sessions/{session}/trip"), say))
        },
        move |tx, req, actor, form| {
            let at = stage(form.v("stage"))?;
            count_page(&a, tx, req, actor, parse(&again)?, at, Some(form))
        },
    )
    .await
}

/// `POST /sessions/{id}/trip/back`: all are back safely, or not after all (`undo`).
pub(super) async fn back(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, fields| {
        let session: SessionId = parse(&id)?;
        let say = if fields.ticked("undo") {
            commands::not_back(tx, actor, session)?;
            req.lang.t("已撤销，可以继续清点。", "Taken back; go on counting.").to_owned()
        } else {
            let people = commands::all_back(tx, actor, session)?;
            req.lang.f("已记下：{} 人全部安全返回。", "Noted: all {} are back safely.", &[&people])
        };
        Ok(Done::to(format!("/sessions/{session}/trip"), say))
    })
    .await
}
