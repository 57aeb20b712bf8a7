//! The guardian's page of a child, and the leader's page of the minors of a session.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use db::ReadTx;
use kernel::error::common;
use kernel::{Actor, Error, Minutes, PersonId, Timestamp};
use people::guardian::{self, Guardianship};
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::company::{self, Family};
use super::store;
use crate::activity::pages::{parse, when};
use crate::activity::{SessionFull, session_find};
use crate::sign_up::{self, Care, SignUpState, leave};
use crate::{SessionId, record};

/// The contact of a guardian is shown from so many minutes before the start to so many after the end.
const AROUND_MINUTES: i64 = 120;
/// Records and sessions shown.
const ROWS: i64 = 50;

/// A record of the child.
struct Record {
    title: String,
    on: String,
    minutes: i64,
    state: &'static str,
}

/// A place of the child.
struct Place {
    session: SessionId,
    title: String,
    when: String,
    place: String,
    /// When and where people meet before it; may be empty.
    meet: String,
    team: String,
    contact: String,
    phone: String,
    state: &'static str,
    may_give_back: bool,
    /// The activity whose agreement the guardian has to sign.
    sign: Option<crate::ActivityId>,
}

#[derive(Template)]
#[template(path = "family/child.html")]
struct ChildPage {
    shell: Shell,
    form: Form,
    one: Guardianship,
    /// By the own account, not by a code.
    account: bool,
    waits: bool,
    respond_by: String,
    age: i64,
    until: String,
    young: bool,
    rank: bool,
    hours: String,
    times: i64,
    places: Vec<Place>,
    rows: Vec<Record>,
}

fn child_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    one: Guardianship,
    form: Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let now = tx.now();
    let child = one.minor;
    let to_sign: Vec<crate::ActivityId> = crate::agreement::store::ahead(tx, child)?
        .into_iter()
        .filter(|one| one.need.missing() && one.need.state != Some(crate::agreement::AgreementState::Signed))
        .map(|one| one.activity)
        .collect();
    let places = sign_up::store::ahead(tx, child)?
        .into_iter()
        .map(|m| Place {
            meet: m.meet(lang).map(|meet| meet.when_where).unwrap_or_default(),
            sign: to_sign.contains(&m.activity_id).then_some(m.activity_id),
            session: m.session,
            when: when(lang, m.starts_at, m.ends_at, now),
            state: m.state.name(lang),
            may_give_back: m.state == SignUpState::Booked && now < m.starts_at,
            title: m.title,
            place: m.place_public,
            team: m.org_name,
            contact: m.contact_name,
            phone: m.contact_phone,
        })
        .collect();
    let rows = record::store::of_person(tx, child, None, ROWS)?;
    let sums = record::store::sums(tx, child)?;
    let all = sums.iter().find(|sum| sum.0 % 10 == 4);
    let rank = people::person::find(tx, child)?.is_some_and(|person| person.rank_public);
    let age = one.birth_on.map_or(0, |birth| birth.age(now.date()));
    let title = lang.f("{} 的志愿服务", "{}: service", &[&one.minor_name]);
    let page = ChildPage {
        shell: app.shell(req, actor, &title),
        form,
        account: one.guardian.is_some() && one.guardian == actor.person,
        waits: one.waits(now),
        respond_by: one.respond_by.text(),
        age,
        until: one.until_on.to_string(),
        young: age < guardian::rules::OWN_CONSENT,
        rank,
        hours: Minutes(all.map_or(0, |sum| sum.1)).hours(),
        times: all.map_or(0, |sum| sum.2),
        places,
        rows: rows
            .into_iter()
            .map(|row| Record {
                title: row.title,
                on: row.service_on.to_string(),
                minutes: row.minutes,
                state: row.state.name(lang),
            })
            .collect(),
        one,
    };
    ui::answer::html(app, req, &page)
}

/// `GET /family/{id}`
pub(super) async fn child(
    State(app): State<App>,
    req: Req,
    Path(id): Path<PersonId>,
    headers: HeaderMap,
) -> Answer {
    let a = app.clone();
    let proof = guardian::proof_of(&app, &headers);
    app.page(req, move |tx, req, actor| {
        if proof.is_none() {
            actor.account()?;
        }
        let one = guardian::ward(tx, actor, proof, id)?;
        child_page(&a, tx, req, actor, one, Form::default())
    })
    .await
}

/// `POST /family/{id}/give-back`: the guardian gives a place back.
pub(super) async fn give_back(
    State(app): State<App>,
    req: Req,
    Path(id): Path<PersonId>,
    headers: HeaderMap,
    fields: Fields,
) -> Answer {
    let proof = guardian::proof_of(&app, &headers);
    app.command(req, fields, move |tx, req, actor, fields| {
        if proof.is_none() {
            actor.account()?;
        }
        guardian::ward(tx, actor, proof, id)?;
        let session: SessionId = parse(fields.text("session"))?;
        leave::give_back_one(tx, id, session, "监护人取消 / by the guardian")?;
        let say = req.lang.t("已取消报名，名额已让出。", "Cancelled; the place is free again.");
        Ok(Done::to(format!("/family/{id}"), say))
    })
    .await
}

/// What the form of a family names.
fn family(
    actor: &Actor,
    session: SessionId,
    team: &str,
    children: &[&str],
    care: Care,
) -> Result<Family, Error> {
    actor.account()?;
    let children = children.iter().filter_map(|text| text.parse().ok()).collect();
    Ok(Family { session, team: team.parse().ok(), children, care })
}

/// `POST /sessions/{id}/family`: places for oneself and one's children, all or none.
pub(super) async fn book(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let session: SessionId = parse(&id)?;
            let first = !fields.text("careful").is_empty() && !fields.ticked("aware");
            let care = if first { Care::Warn } else { Care::Aware };
            let ask = family(actor, session, fields.text("team"), &fields.all("child"), care)?;
            let count = company::book(tx, actor, &ask)?;
            let say = req.lang.f(
                "全家已报名，新占 {} 个名额。孩子的时长各记各的；您来不了，未满 10 周岁的孩子也会一起取消。",
                "Your family is signed up, {} places. Each has hours of their own; if you cannot come, children under ten are taken off too.",
                &[&count],
            );
            Ok(Done::to(sign_up::pages::back(fields, session), say))
        },
        move |tx, req, actor, form| sign_up::pages::render_back(&a, tx, req, actor, &again, form),
    )
    .await
}

/// `GET /sessions/{id}/family`: where a refused form leads when it is loaded again.
pub(super) async fn to_activity(state: State<App>, req: Req, id: Path<String>) -> Answer {
    sign_up::pages::to_activity(state, req, id).await
}

/// A minor, ready to show.
struct Line {
    person: PersonId,
    name: String,
    volunteer_no: String,
    age: i64,
    consent: bool,
    guard: &'static str,
    /// What about company: needed and there, needed and not seen, not needed.
    company: &'static str,
    state: &'static str,
    contact: bool,
}

#[derive(Template)]
#[template(path = "family/minors.html")]
struct MinorsPage {
    shell: Shell,
    s: SessionFull,
    when: String,
    lines: Vec<Line>,
    /// Whether the contacts may be opened now.
    around: bool,
    from: String,
    /// A contact that was just opened: child, guardian, relation, phone.
    opened: Option<(String, String, String, String)>,
}

fn around(s: &SessionFull, now: Timestamp) -> bool {
    s.starts_at.plus_minutes(-AROUND_MINUTES) <= now && now < s.ends_at.plus_minutes(AROUND_MINUTES)
}

fn led(tx: &mut ReadTx<'_>, actor: &Actor, id: &str) -> Result<SessionFull, Error> {
    actor.account()?;
    session_find(tx, parse(id)?)?
        .filter(|s| sign_up::manages(actor, s.place()))
        .ok_or_else(|| (&common::NOT_FOUND).into())
}

fn minors_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    opened: Option<(String, String, String, String)>,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let now = tx.now();
    let s = led(tx, actor, id)?;
    let day = s.starts_at.date();
    let lines = store::minors(tx, s.id, s.starts_at)?
        .into_iter()
        .map(|one| {
            let age = one.birth_on.age(day);
            let company = match (age < guardian::rules::ALONE, one.accompanied) {
                (_, true) => lang.t("监护人同来", "the guardian comes along"),
                (true, false) => {
                    lang.t("须陪同，监护人未报名：请确认陪同的人", "needed: see who comes along")
                }
                (false, false) => lang.t("不须陪同", "not needed"),
            };
            Line {
                person: one.person,
                name: one.name,
                volunteer_no: one.volunteer_no,
                age,
                consent: matches!(one.guard, guardian::Guard::Given | guardian::Guard::OwnWork),
                guard: one.guard.name(lang),
                company,
                state: one.state.name(lang),
                contact: one.contact,
            }
        })
        .collect();
    let page = MinorsPage {
        shell: app.shell(req, actor, &lang.f("未成年人：{}", "Minors: {}", &[&s.title])),
        when: when(lang, s.starts_at, s.ends_at, now),
        around: around(&s, now),
        from: s.starts_at.plus_minutes(-AROUND_MINUTES).text(),
        lines,
        opened,
        s,
    };
    ui::answer::html(app, req, &page)
}

/// `GET /sessions/{id}/minors`
pub(super) async fn minors(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| minors_page(&a, tx, req, actor, &id, None)).await
}

/// `POST /sessions/{id}/minors/{person}/contact`: shows whom to call, around the session only; every look is noted,
/// and the number never travels in an address or a cookie.
pub(super) async fn contact(
    State(app): State<App>,
    req: Req,
    Path((id, person)): Path<(String, String)>,
    fields: Fields,
) -> Answer {
    if !req.csrf_ok(&app.vault, &fields) {
        return ui::answer::error_page(&app, &req, &Actor::default(), &(&common::CSRF).into());
    }
    let (a, asked, session) = (app.clone(), req.clone(), id.clone());
    let shown = app
        .db
        .write(move |tx| {
            let actor = a.actor(tx, &asked)?;
            let s = led(tx, &actor, &session)?;
            let person: PersonId = parse(&person)?;
            let here = store::minors(tx, s.id, s.starts_at)?.into_iter().any(|one| one.person == person);
            let found = guardian::store::live(tx, person)?.filter(|_| here && around(&s, tx.now()));
            let one = found.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
            people::audit::note(tx, &actor, "person.emergency", "person", person.0, &s.id.to_string())?;
            let phone = one.phone(&a.vault)?;
            Ok::<_, Error>((one.minor_name, one.name, one.relation.name(asked.lang).to_owned(), phone))
        })
        .await;
    let a = app.clone();
    match shown {
        Ok(shown) => {
            app.page(req, move |tx, req, actor| minors_page(&a, tx, req, actor, &id, Some(shown.clone())))
                .await
        }
        Err(error) => {
            let asked = req.clone();
            let actor = app.db.read(move |tx| a.actor(tx, &asked)).await.unwrap_or_default();
            ui::answer::error_page(&app, &req, &actor, &error)
        }
    }
}
