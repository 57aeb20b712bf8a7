//! How an activity counts, the volunteer's own page, and what was done for whoever checks it.

use askama::Template;
use axum::extract::{Path, State};
use db::ReadTx;
use kernel::error::common;
use kernel::{Action, Actor, Error, Lang, can};
use ui::form::Label;
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::store::{self, Done as Work, Remote};
use super::{Site, commands, refusals, rules};
use crate::activity::commands::managed;
use crate::activity::pages::parse;
use crate::attendance::{commands as door, span};
use crate::{ActivityId, SessionId};

/// How it counts, in one sentence.
#[must_use]
pub fn words(remote: &Remote, lang: Lang) -> String {
    let cap = rules::DAY_MINUTES / 60;
    match remote.piece_minutes {
        Some(each) => lang.f(
            "{}服务，每交付一件计 {} 分钟，每天最多 {} 小时；核对成果前为荣誉时长。",
            "{}: {} minutes for each piece, at most {} hours a day; honour hours until the work is reviewed.",
            &[&remote.site.name(lang), &each, &cap],
        ),
        None => lang.f(
            "{}服务，按开始和结束计时，每天最多 {} 小时；核对成果前为荣誉时长。",
            "{}: by start and stop, at most {} hours a day; honour hours until the work is reviewed.",
            &[&remote.site.name(lang), &cap],
        ),
    }
}

#[derive(Template)]
#[template(path = "remote/edit.html")]
struct EditPage {
    shell: Shell,
    form: Form,
    id: ActivityId,
    title: String,
    sites: Vec<(String, String)>,
}

fn edit_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: ActivityId,
    form: Option<&Form>,
) -> Result<Answer, Error> {
    let a = managed(tx, actor, id)?;
    let lang = req.lang;
    let now = store::find(tx, id)?;
    let form = form.cloned().unwrap_or_else(|| {
        Form::filled([
            ("site", now.as_ref().map_or("place", |one| one.site.code()).to_owned()),
            ("pieces", now.and_then(|one| one.piece_minutes).map(|n| n.to_string()).unwrap_or_default()),
        ])
    });
    let mut sites = vec![("place".to_owned(), lang.t("在现场", "At a place").to_owned())];
    sites.extend(Site::ALL.iter().map(|one| (one.code().to_owned(), one.name(lang).to_owned())));
    let title = lang.t("线上和居家服务", "Service online or at home");
    ui::answer::html(
        app,
        req,
        &EditPage { shell: app.shell(req, actor, title), form, id, title: a.title, sites },
    )
}

/// `GET /activities/{id}/remote`
pub(super) async fn edit(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| edit_page(&a, tx, req, actor, parse(&id)?, None)).await
}

/// `POST /activities/{id}/remote`
pub(super) async fn save(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let id: ActivityId = parse(&id)?;
            managed(tx, actor, id)?;
            let pieces = match fields.text("pieces") {
                "" => None,
                _ => {
                    let label = Label("每件分钟", "Minutes a piece");
                    Some(fields.number("pieces", label, 1, rules::DAY_MINUTES)?)
                }
            };
            let how = Site::from_code(fields.text("site")).map(|site| (site, pieces));
            commands::set(tx, actor, id, how)?;
            Ok(Done::to(format!("/activities/{id}"), req.lang.t("已保存。", "Saved.")))
        },
        move |tx, req, actor, form| edit_page(&a, tx, req, actor, parse(&again)?, Some(form)),
    )
    .await
}

#[derive(Template)]
#[template(path = "remote/work.html")]
struct WorkPage {
    shell: Shell,
    form: Form,
    id: SessionId,
    activity: ActivityId,
    title: String,
    when: String,
    how: String,
    by_pieces: bool,
    placed: bool,
    /// Since when one is at it.
    since: String,
    so_far: String,
}

fn work_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: SessionId,
    form: Option<&Form>,
) -> Result<Answer, Error> {
    let person = actor.person()?;
    let lang = req.lang;
    let held = door::find(tx, id)?;
    let remote = store::find(tx, held.activity_id)?.ok_or_else(|| Error::from(&refusals::PLACE))?;
    let own = store::done(tx, id, Some(person))?.into_iter().next();
    let since = own.as_ref().filter(|one| one.inside > 0).and_then(|one| one.first_in);
    let form = form.cloned().unwrap_or_else(|| {
        let pieces = own.as_ref().and_then(|one| one.pieces).map(|n| n.to_string()).unwrap_or_default();
        let note = own.as_ref().and_then(|one| one.note.clone()).unwrap_or_default();
        Form::filled([("pieces", pieces), ("note", note)])
    });
    ui::answer::html(
        app,
        req,
        &WorkPage {
            shell: app.shell(req, actor, lang.t("线上和居家服务", "Service online or at home")),
            form,
            id,
            activity: held.activity_id,
            title: held.title_in(&lang).to_owned(),
            when: span(held.starts_at, held.ends_at),
            how: words(&remote, lang),
            by_pieces: remote.piece_minutes.is_some(),
            placed: own.is_some(),
            since: since.map(|at| at.clock_text()).unwrap_or_default(),
            so_far: own.as_ref().map(|one| done_words(one, lang)).unwrap_or_default(),
        },
    )
}

fn done_words(one: &Work, lang: Lang) -> String {
    let mut out = Vec::new();
    if let Some(pieces) = one.pieces {
        out.push(lang.f("{} 件", "{} pieces", &[&pieces]));
    }
    match (one.first_in, one.last_out) {
        (Some(from), Some(to)) if one.pieces.is_none() => {
            out.push(format!("{}–{}", from.clock_text(), to.clock_text()));
        }
        (Some(from), None) => out.push(format!("{}–", from.clock_text())),
        _ => {}
    }
    out.join(" · ")
}

/// `GET /sessions/{id}/remote`: start, stop, or deliver.
pub(super) async fn work(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| work_page(&a, tx, req, actor, parse(&id)?, None)).await
}

/// `POST /sessions/{id}/remote`
pub(super) async fn act(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let (session, lang): (SessionId, _) = (parse(&id)?, req.lang);
            actor.person()?;
            let say = match fields.text("act") {
                "start" => {
                    commands::start(tx, actor, session)?;
                    lang.t("已开始计时。", "The clock runs.").to_owned()
                }
                "stop" => {
                    commands::stop(tx, actor, session)?;
                    lang.t("已结束，谢谢！", "Stopped. Thank you!").to_owned()
                }
                "deliver" => {
                    let label = Label("件数", "Pieces");
                    let pieces = fields.number("pieces", label, 0, 10_000)?;
                    let note = fields.optional("note", Label("交付内容", "What was delivered"), 500)?;
                    let minutes = commands::deliver(tx, actor, session, pieces, &note)?;
                    lang.f("已记下，折算 {} 分钟。", "Noted: {} minutes.", &[&minutes])
                }
                _ => return Err((&common::NOT_FOUND).into()),
            };
            Ok(Done::to(format!("/sessions/{session}/remote"), say))
        },
        move |tx, req, actor, form| work_page(&a, tx, req, actor, parse(&again)?, Some(form)),
    )
    .await
}

struct Line {
    name: String,
    volunteer_no: String,
    done: String,
    note: String,
}

#[derive(Template)]
#[template(path = "remote/deliveries.html")]
struct DeliveriesPage {
    shell: Shell,
    id: SessionId,
    title: String,
    when: String,
    how: String,
    lines: Vec<Line>,
}

/// `GET /sessions/{id}/deliveries`: for whoever leads it or confirms its records.
pub(super) async fn deliveries(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.account()?;
        let lang = req.lang;
        let held = door::find(tx, parse(&id)?)?;
        if !can(actor, Action::Attendance, held.place()) && !can(actor, Action::RecordConfirm, held.place()) {
            return Err((&common::FORBIDDEN).into());
        }
        let remote = store::find(tx, held.activity_id)?.ok_or_else(|| Error::from(&refusals::PLACE))?;
        let lines = store::done(tx, held.id, None)?;
        ui::answer::html(
            &a,
            req,
            &DeliveriesPage {
                shell: a.shell(req, actor, lang.t("做了什么", "What was done")),
                id: held.id,
                title: held.title_in(&lang).to_owned(),
                when: span(held.starts_at, held.ends_at),
                how: words(&remote, lang),
                lines: lines
                    .into_iter()
                    .map(|one| Line {
                        done: done_words(&one, lang),
                        name: one.name,
                        volunteer_no: one.volunteer_no,
                        note: one.note.unwrap_or_default(),
                    })
                    .collect(),
            },
        )
    })
    .await
}

/// `POST /records/{id}/review`: a second person looked at the work.
pub(super) async fn review(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::review(tx, actor, parse(&id)?)?;
        let say = req.lang.t("已核对成果，转为信用时长。", "Reviewed: verified hours from now on.");
        Ok(Done::to(format!("/records/{id}"), say))
    })
    .await
}
