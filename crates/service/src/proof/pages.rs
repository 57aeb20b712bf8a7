//! The proofs of a session, and the pictures.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Multipart, Path, State};
use axum::http::HeaderMap;
use axum::http::header::IF_NONE_MATCH;
use db::ReadTx;
use kernel::error::common;
use kernel::{Actor, Error, Refusal};
use ui::answer::{Answer, Done};
use ui::form::Label;
use ui::upload::{self, Many};
use ui::{App, Fields, Form, Req, Shell};

use super::store::{self, Proof};
use super::{commands, rules};
use crate::activity::pages::{parse, when};
use crate::photo::rules::{MAX_AT_ONCE, MAX_BYTES};
use crate::photo::{refusals::NO_FILE, taking};
use crate::{ProofId, SessionId};

/// A proof as the page shows it.
struct Line {
    alt: String,
    may_remove: bool,
    one: Proof,
}

#[derive(Template)]
#[template(path = "proof/list.html")]
struct ListPage {
    shell: Shell,
    form: Form,
    id: SessionId,
    title: String,
    when: String,
    may_give: bool,
    lines: Vec<Line>,
    max_at_once: usize,
    max_mb: usize,
}

fn render(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: SessionId,
    form: &Form,
) -> Result<Answer, Error> {
    let (lang, now) = (req.lang, tx.now());
    let held = commands::seen(tx, actor, id)?;
    let lines = (1..).zip(store::of_session(tx, id)?).map(|(number, one): (i64, Proof)| Line {
        alt: if one.note.is_empty() {
            lang.f("凭证 {}", "Proof {}", &[&number])
        } else {
            lang.f("凭证 {}：{}", "Proof {}: {}", &[&number, &one.note])
        },
        may_remove: rules::may_remove(actor.account, one.account, one.at, now),
        one,
    });
    let page = ListPage {
        shell: app.shell(req, actor, lang.t("补录凭证", "Proofs")),
        form: form.clone(),
        id,
        title: held.title_in(&lang).to_owned(),
        when: when(lang, held.starts_at, held.ends_at, now),
        may_give: held.starts_at <= now,
        lines: lines.collect(),
        max_at_once: MAX_AT_ONCE,
        max_mb: MAX_BYTES >> 20,
    };
    ui::answer::html(app, req, &page)
}

/// `GET /sessions/{id}/proofs`
pub(super) async fn list(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render(&a, tx, req, actor, parse(&id)?, &Form::default())).await
}

/// The page again, with what was refused.
async fn again(app: App, req: Req, id: SessionId, error: Error) -> Answer {
    let Error::Refused(refusals) = error else {
        return ui::answer::error_page(&app, &req, &Actor::default(), &error);
    };
    let status = refusals.first().map_or(422, |refusal| refusal.text.status);
    let form = Form { fields: Fields::default(), refusals };
    let a = app.clone();
    let mut answer = app.page(req, move |tx, req, actor| render(&a, tx, req, actor, id, &form)).await;
    if answer.status().is_success() {
        ui::answer::set_status(&mut answer, status);
    }
    answer
}

async fn take(
    app: &App,
    req: &Req,
    id: SessionId,
    body: &mut Multipart,
) -> Result<(usize, Vec<Refusal>), Error> {
    let many = Many {
        field: "photos",
        max: MAX_BYTES,
        count: MAX_AT_ONCE,
        no_file: &NO_FILE,
        may: Arc::new(move |tx, actor| commands::giving(tx, actor, id).map(|_| ())),
    };
    let folder = app.settings.files.join("photo");
    let (fields, files) = upload::receive_many(app, req, body, &folder, &many).await?;
    let note = fields.optional("note", Label("说明", "Note"), rules::NOTE)?;
    // Kept as they came, but for place and camera: a stamp would cover what is to be seen.
    let (taken, mut refused) = taking::take_each(app, files, &[]).await?;
    if taken.is_empty() {
        return Ok((0, refused));
    }
    let (a, asked) = (app.clone(), req.clone());
    let (added, more) = app
        .db
        .write(move |tx| {
            let actor = a.actor(tx, &asked)?;
            commands::add(tx, &actor, id, &taken, &note)
        })
        .await?;
    refused.extend(more);
    Ok((added, refused))
}

/// `POST /sessions/{id}/proofs`: several files at once, with a word on what they show.
pub(super) async fn upload(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    body: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Answer {
    let Ok(id) = parse::<SessionId>(&id) else {
        return ui::answer::error_page(&app, &req, &Actor::default(), &(&common::NOT_FOUND).into());
    };
    // Whoever may not is told so, whatever was sent.
    let (a, asked) = (app.clone(), req.clone());
    let may = app.db.read(move |tx| {
        let actor = a.actor(tx, &asked)?;
        commands::giving(tx, &actor, id)
    });
    if let Err(error) = may.await {
        return again(app, req, id, error).await;
    }
    let Ok(mut body) = body else {
        return again(app, req, id, Refusal::new(&NO_FILE).on("photos").into()).await;
    };
    match take(&app, &req, id, &mut body).await {
        Ok((0, refused)) => again(app, req, id, Error::Refused(refused)).await,
        Ok((added, refused)) => {
            let mut say = req.lang.f("收到 {} 张凭证。", "{} proofs received. ", &[&added]);
            for refusal in refused.iter().take(3) {
                say.push_str(&refusal.sentence(req.lang));
            }
            Done::to(format!("/sessions/{id}/proofs"), say).answer(&app, &req)
        }
        Err(error) => again(app, req, id, error).await,
    }
}

/// `POST /proofs/{id}/remove`
pub(super) async fn remove(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        let session = commands::remove(tx, actor, parse(&id)?)?;
        Ok(Done::to(format!("/sessions/{session}/proofs"), req.lang.t("已删除。", "Removed.")))
    })
    .await
}

async fn serve(app: App, req: Req, id: String, headers: HeaderMap, small: bool) -> Answer {
    let (a, asked) = (app.clone(), req.clone());
    let found = app
        .db
        .read(move |tx| {
            let actor = a.actor(tx, &asked)?;
            let one = commands::shown(tx, &actor, parse::<ProofId>(&id)?)?;
            let name = if small { &one.thumb } else { &one.display };
            people::blob::find(tx, name)?.ok_or_else(|| Error::from(&common::NOT_FOUND))
        })
        .await;
    let shown = match found {
        Ok(file) => people::blob::answer(&app, file, headers.get(IF_NONE_MATCH).cloned()).await,
        Err(error) => Err(error),
    };
    shown.unwrap_or_else(|error| ui::answer::error_page(&app, &req, &Actor::default(), &error))
}

/// `GET /proofs/{id}/picture`
pub(super) async fn picture(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    serve(app, req, id, headers, false).await
}

/// `GET /proofs/{id}/thumb`
pub(super) async fn thumb(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    serve(app, req, id, headers, true).await
}
