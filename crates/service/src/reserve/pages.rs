//! The kept places of a session, for whoever leads it.

use askama::Template;
use axum::extract::{Path, Query, State};
use db::ReadTx;
use kernel::error::Collect;
use kernel::{Actor, Error, Lang, OrgId, Timestamp};
use serde::Deserialize;
use ui::form::Label;
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::commands::{self, Keep, MOST_PLACES};
use super::store::{self, Reserve};
use crate::activity::SessionState;
use crate::activity::pages::{parse, when};
use crate::attendance::commands::find_to_lead;
use crate::co_organiser;
use crate::{ReserveId, SessionId};

/// What the choice calls those whom the leader enters.
const LEADER: &str = "leader";

struct Line {
    id: ReserveId,
    name: String,
    /// How far it is taken, and until when it is kept.
    about: String,
    live: bool,
}

#[derive(Template)]
#[template(path = "reserve/list.html")]
struct ListPage {
    shell: Shell,
    form: Form,
    id: SessionId,
    title: String,
    when: String,
    places: String,
    open: bool,
    lines: Vec<Line>,
    choices: Vec<(String, String)>,
    q: String,
    none_found: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    q: String,
}

/// For whom places are kept, in words.
pub(crate) fn whom(org_name: Option<&str>, lang: Lang) -> String {
    org_name.map_or_else(|| lang.t("由队长代报的人", "people the leader enters").to_owned(), str::to_owned)
}

fn line(one: &Reserve, lang: Lang, now: Timestamp) -> Line {
    let live = one.until_at > now;
    let about = if live {
        lang.f(
            "留 {} 个，已用 {} 个，{} 后放开",
            "{} kept, {} of them taken; open to all from {}",
            &[&one.places, &one.used, &one.until_at.text()],
        )
    } else {
        lang.f(
            "留 {} 个，用了 {} 个，已放开",
            "{} were kept, {} of them taken; open to all",
            &[&one.places, &one.used],
        )
    };
    Line { id: one.id, name: whom(one.org_name.as_deref(), lang), about, live }
}

fn page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: SessionId,
    q: &str,
    mut form: Form,
) -> Result<Answer, Error> {
    let (lang, now) = (req.lang, tx.now());
    actor.account()?;
    let held = find_to_lead(tx, actor, id)?;
    let q: String = q.trim().chars().take(40).collect();
    let all = store::of_session(tx, id)?;
    let found = if q.is_empty() { Vec::new() } else { co_organiser::store::orgs(tx, &q)? };
    let none_found = !q.is_empty() && found.is_empty();
    let mut choices = vec![(
        LEADER.to_owned(),
        lang.t("由我代报的人（来电、没有手机的）", "People I enter (who call, who have no phone)").to_owned(),
    )];
    choices.push((held.org_id.to_string(), held.org_name.clone()));
    choices.extend(
        co_organiser::store::agreed(tx, held.activity_id)?
            .into_iter()
            .map(|(id, name)| (id.to_string(), name)),
    );
    choices.extend(all.iter().filter_map(|one| Some((one.org?.to_string(), one.org_name.clone()?))));
    let first = found.first().map(|org| org.id.to_string());
    choices.extend(found.into_iter().map(|org| (org.id.to_string(), org.name)));
    let mut seen: Vec<String> = Vec::new();
    choices.retain(|one| {
        let fresh = !seen.contains(&one.0);
        seen.push(one.0.clone());
        fresh
    });
    if form.refusals.is_empty() {
        let day_before = held.starts_at.plus_minutes(-24 * 60);
        let until = if day_before > now { day_before } else { held.starts_at };
        let whom = first.unwrap_or_else(|| LEADER.to_owned());
        form.fields = Fields::of([
            ("org", whom),
            ("places", String::new()),
            ("until_on", until.date().to_string()),
            ("until_at", until.clock_text()),
        ]);
    }
    let open = held.state == SessionState::Open && held.starts_at > now;
    let places = if open {
        let free = commands::free(tx, &held, None)?;
        lang.f(
            "共 {} 个名额，已报 {} 个，还有 {} 个谁都可以报",
            "{} places, {} taken, {} open to all",
            &[&held.quota, &held.taken, &free],
        )
    } else {
        lang.f("共 {} 个名额，已报 {} 个", "{} places, {} taken", &[&held.quota, &held.taken])
    };
    let view = ListPage {
        shell: app.shell(req, actor, lang.t("预留名额", "Kept places")),
        id,
        title: held.title_in(&lang).to_owned(),
        when: when(lang, held.starts_at, held.ends_at, now),
        places,
        open,
        lines: all.iter().map(|one| line(one, lang, now)).collect(),
        choices,
        q,
        none_found,
        form,
    };
    ui::answer::html(app, req, &view)
}

/// `GET /sessions/{id}/reserves`
pub(super) async fn list(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| page(&a, tx, req, actor, parse(&id)?, &wanted.q, Form::default()))
        .await
}

fn read(fields: &Fields) -> Result<Keep, Error> {
    let mut refused = Collect::default();
    let org = match fields.text("org") {
        LEADER => None,
        _ => refused.take(fields.id::<OrgId>("org", Label("留给谁", "For whom"))),
    };
    let places = refused.take(fields.number("places", Label("名额", "Places"), 1, MOST_PLACES));
    let on = refused.take(fields.date("until_on", Label("留到哪天", "Until which day")));
    let at = refused.take(fields.time("until_at", Label("几点", "At what time")));
    refused.done()?;
    match (places, on, at) {
        (Some(places), Some(on), Some(at)) => Ok(Keep { org, places, until: Timestamp::at(on, at) }),
        _ => Err(Error::bug("a field was neither read nor refused")),
    }
}

/// `POST /sessions/{id}/reserves`
pub(super) async fn keep(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let id: SessionId = parse(&id)?;
            find_to_lead(tx, actor, id)?;
            let what = read(fields)?;
            commands::keep(tx, actor, id, &what)?;
            let say = req.lang.f("已预留 {} 个名额。", "{} places are kept.", &[&what.places]);
            Ok(Done::to(format!("/sessions/{id}/reserves"), say))
        },
        move |tx, req, actor, form| page(&a, tx, req, actor, parse(&again)?, "", form.clone()),
    )
    .await
}

/// `POST /reserves/{id}/remove`
pub(super) async fn remove(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        let session = commands::remove(tx, actor, parse(&id)?)?;
        Ok(Done::to(format!("/sessions/{session}/reserves"), req.lang.t("已放开。", "Open to all.")))
    })
    .await
}
