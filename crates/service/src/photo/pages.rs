//! The album of a session for whoever looks after it, a picture by itself, and the pictures.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Multipart, Path, State};
use axum::http::HeaderMap;
use axum::http::header::IF_NONE_MATCH;
use db::ReadTx;
use kernel::error::{Collect, common};
use kernel::{Actor, Error, Lang, Refusal};
use ui::answer::{Answer, Done};
use ui::form::Label;
use ui::upload::{self, Many, Passing};
use ui::{App, Fields, Form, Req, Shell};

use super::commands::{self, Mark, manages};
use super::store::{self, Giving, Photo, PhotoFull, Shown, Wish};
use super::taking;
use super::{AskState, PhotoState, refusals, rules};
use crate::activity::pages::{parse, when};
use crate::{PhotoId, SessionId};

// ---- the album ----

/// A picture of the album.
struct Line {
    photo: Photo,
    alt: String,
    caption: String,
    place: String,
    fit: bool,
    may_mark: bool,
    may_delete: bool,
    may_restore: bool,
}

#[derive(Template)]
#[template(path = "photo/album.html")]
struct AlbumPage {
    shell: Shell,
    form: Form,
    session: SessionId,
    giving: Giving,
    when: String,
    manages: bool,
    may_give: bool,
    lines: Vec<Line>,
    deleted: Vec<Line>,
    may_later: bool,
    max_at_once: usize,
    max_mb: usize,
}

fn line(
    lang: Lang,
    photo: Photo,
    number: usize,
    giving: &Giving,
    actor: &Actor,
    form: &Form,
    late: bool,
) -> Line {
    let (id, typed) = (photo.id, !form.refusals.is_empty() && form.fields.get("marks").is_some());
    let manages = manages(actor, giving.place());
    let own = actor.account == Some(photo.account_id);
    Line {
        alt: rules::alt(lang, &photo.caption, &giving.title, number),
        caption: if typed { form.v(&format!("caption-{id}")).to_owned() } else { photo.caption.clone() },
        place: if typed { form.v(&format!("place-{id}")).to_owned() } else { photo.place_no.to_string() },
        fit: if typed { form.is(&format!("fit-{id}"), "1") } else { photo.state == PhotoState::Fit },
        may_mark: manages && matches!(photo.state, PhotoState::New | PhotoState::Fit),
        may_delete: manages || (own && photo.state == PhotoState::New),
        may_restore: manages && photo.state == PhotoState::Deleted && !late,
        photo,
    }
}

/// The album for whoever looks after it or may add to it. Everybody else is led to the activity.
fn render(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: SessionId,
    form: &Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let now = tx.now();
    let giving = store::giving(tx, id, actor.person)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let manages = manages(actor, giving.place());
    let may_give = (manages || (giving.was_there && giving.volunteers_may))
        && rules::takes_photos(now, giving.starts_at, giving.state, giving.activity_state);
    let photos = store::of_session(tx, id)?;
    let own = photos.iter().any(|one| Some(one.account_id) == actor.account);
    if !manages && !may_give && !own && !giving.was_there {
        if giving.activity_state == crate::activity::ActivityState::Draft {
            return Err((&common::NOT_FOUND).into());
        }
        return Ok(Done::to(format!("/activities/{}#photos", giving.activity_id), "").answer(app, req));
    }
    let seen = photos.into_iter().filter(|one| manages || Some(one.account_id) == actor.account);
    let lines = (1..).zip(seen).map(|(number, photo)| {
        let late = now.0 - photo.state_at.0 > rules::UNDO_MS;
        line(lang, photo, number, &giving, actor, form, late)
    });
    let (deleted, lines): (Vec<_>, Vec<_>) = lines.partition(|line| line.photo.state == PhotoState::Deleted);
    ui::answer::html(
        app,
        req,
        &AlbumPage {
            shell: app.shell(req, actor, &lang.f("照片：{}", "Photos: {}", &[&giving.title])),
            form: form.clone(),
            session: id,
            when: when(lang, giving.starts_at, giving.ends_at, now),
            manages,
            may_give,
            lines,
            may_later: giving.volunteers_may,
            deleted: deleted.into_iter().filter(|line| line.may_restore).collect(),
            max_at_once: rules::MAX_AT_ONCE,
            max_mb: rules::MAX_BYTES >> 20,
            giving,
        },
    )
}

/// `GET /sessions/{id}/photos`
pub(super) async fn album(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render(&a, tx, req, actor, parse(&id)?, &Form::default())).await
}

/// The album again, with what was refused.
async fn again(app: App, req: Req, id: SessionId, error: Error) -> Answer {
    match error {
        Error::Refused(refusals) if !refusals.iter().any(|r| matches!(r.text.status, 401 | 403 | 404)) => {
            let status = refusals.first().map_or(422, |refusal| refusal.text.status);
            let form = Form { fields: Fields::default(), refusals };
            let a = app.clone();
            let mut answer = app.page(req, move |tx, req, actor| render(&a, tx, req, actor, id, &form)).await;
            if answer.status().is_success() {
                ui::answer::set_status(&mut answer, status);
            }
            answer
        }
        error => {
            let (a, asked) = (app.clone(), req.clone());
            let actor = app.db.read(move |tx| a.actor(tx, &asked)).await.unwrap_or_default();
            ui::answer::error_page(&app, &req, &actor, &error)
        }
    }
}

/// Takes all files of a form: each decoded and put into the store, then all booked in one unit of work.
async fn take_all(
    app: &App,
    req: &Req,
    id: SessionId,
    files: Vec<Passing>,
) -> Result<(usize, Vec<Refusal>), Error> {
    let (a, asked) = (app.clone(), req.clone());
    let giving = app
        .db
        .read(move |tx| {
            let actor = a.actor(tx, &asked)?;
            commands::giving(tx, &actor, id)
        })
        .await?;
    let lines = rules::stamp(giving.starts_at, giving.ends_at, &giving.place_public, &giving.org_name);
    let (taken, mut refused) = taking::take_each(app, files, &lines).await?;
    if taken.is_empty() {
        return Ok((0, refused));
    }
    let (a, asked) = (app.clone(), req.clone());
    let (booked, more) = app
        .db
        .write(move |tx| {
            let actor = a.actor(tx, &asked)?;
            commands::book(tx, &actor, id, &taken)
        })
        .await?;
    refused.extend(more);
    Ok((booked, refused))
}

/// What is said when pictures came, and of those that did not.
fn outcome(lang: Lang, booked: usize, refused: &[Refusal]) -> String {
    let mut say = lang.f("收到 {} 张照片。", "{} photos received. ", &[&booked]);
    if !refused.is_empty() {
        say.push_str(&lang.f("{} 张没有收下：", "{} were not taken: ", &[&refused.len()]));
        for refusal in refused.iter().take(3) {
            say.push_str(&refusal.sentence(lang));
            say.push_str(lang.t("", " "));
        }
    }
    say
}

/// `POST /sessions/{id}/photos`: several files at once.
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
        return again(app, req, id, Refusal::new(&refusals::NO_FILE).on("photos").into()).await;
    };
    let rules = Many {
        field: "photos",
        max: rules::MAX_BYTES,
        count: rules::MAX_AT_ONCE,
        no_file: &refusals::NO_FILE,
        may: Arc::new(move |tx, actor| commands::giving(tx, actor, id).map(|_| ())),
    };
    let folder = app.settings.files.join("photo");
    let done = match upload::receive_many(&app, &req, &mut body, &folder, &rules).await {
        Ok((_, files)) => take_all(&app, &req, id, files).await,
        Err(error) => Err(error),
    };
    match done {
        Ok((0, refused)) => again(app, req, id, Error::Refused(refused)).await,
        Ok((booked, refused)) => {
            let say = outcome(req.lang, booked, &refused);
            Done::to(format!("/sessions/{id}/photos"), say).answer(&app, &req)
        }
        Err(error) => again(app, req, id, error).await,
    }
}

/// `POST /sessions/{id}/photos/leave`: whether those who were there may add pictures.
pub(super) async fn leave(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, fields| {
        let may = fields.ticked("may");
        commands::leave(tx, actor, parse(&id)?, may)?;
        let say = if may {
            req.lang.t("报了名的志愿者现在可以上传照片。", "Those who signed up may add photos now.")
        } else {
            req.lang.t("只有队长可以上传照片。", "Only leaders add photos now.")
        };
        Ok(Done::to(format!("/sessions/{id}/photos"), say))
    })
    .await
}

/// Reads what the leader says of each picture.
fn marks(fields: &Fields) -> Result<Vec<Mark>, Error> {
    let mut wrong = Collect::default();
    let mut out = Vec::new();
    for id in fields.all("marks") {
        let Ok(photo) = id.parse() else { continue };
        let text = fields.text(&format!("caption-{id}"));
        let caption =
            Fields::of([("caption", text)]).optional("caption", Label("说明", "Caption"), rules::CAPTION);
        if let Some(caption) = wrong.take(caption) {
            let place_no = fields.text(&format!("place-{id}")).parse().unwrap_or(0_i64).clamp(0, 1_000_000);
            let fit = fields.ticked(&format!("fit-{id}"));
            out.push(Mark { id: PhotoId(photo), caption, place_no, fit });
        }
    }
    wrong.done()?;
    Ok(out)
}

/// `POST /sessions/{id}/photos/edit`: captions, order, and what is fit to be shown, of all at once.
pub(super) async fn edit(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            commands::mark(tx, actor, parse(&id)?, &marks(fields)?, fields.ticked("agreed"))?;
            Ok(Done::to(format!("/sessions/{id}/photos"), req.lang.t("已保存", "Saved")))
        },
        move |tx, req, actor, form| render(&a, tx, req, actor, parse(&again)?, form),
    )
    .await
}

/// `POST /photos/{id}/delete`
pub(super) async fn delete(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        let session = commands::delete(tx, actor, parse(&id)?)?;
        let say =
            req.lang.t("照片已删除，24 小时内可以恢复。", "Deleted; it can be brought back for 24 hours.");
        Ok(Done::to(format!("/sessions/{session}/photos"), say))
    })
    .await
}

/// `POST /photos/{id}/restore`
pub(super) async fn restore(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        let session = commands::restore(tx, actor, parse(&id)?)?;
        Ok(Done::to(format!("/sessions/{session}/photos"), req.lang.t("照片已恢复", "The photo is back")))
    })
    .await
}

// ---- one picture ----

#[derive(Template)]
#[template(path = "photo/show.html")]
struct ShowPage {
    shell: Shell,
    form: Form,
    one: PhotoFull,
    alt: String,
    when: String,
    manages: bool,
    public: bool,
    may_ask: bool,
    asked: bool,
    wishes: Vec<Wish>,
    open: bool,
    before: Option<PhotoId>,
    after: Option<PhotoId>,
}

/// Whether the actor may see a picture: everybody what is shown; whoever looks after it, and whoever gave it, what is
/// not deleted (the first also that, for the way back).
fn sees(actor: &Actor, one: &PhotoFull, now: kernel::Timestamp) -> bool {
    rules::public(now, one.ends_at, one.activity_state, one.state)
        || manages(actor, one.place())
        || (actor.account == Some(one.account_id) && one.state != PhotoState::Deleted)
}

fn render_one(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: PhotoId,
    form: &Form,
) -> Result<Answer, Error> {
    let (lang, now) = (req.lang, tx.now());
    let one = store::find(tx, id)?
        .filter(|one| sees(actor, one, now) && one.state != PhotoState::Deleted)
        .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let manages = manages(actor, one.place());
    let public = rules::public(now, one.ends_at, one.activity_state, one.state);
    let wishes = if actor.person.is_some() || manages { store::wishes(tx, id)? } else { Vec::new() };
    let asked = wishes.iter().any(|w| Some(w.person) == actor.person && w.state == AskState::Open);
    let ids = store::fit_of_session(tx, one.session_id)?;
    let at = ids.iter().position(|one| *one == id);
    let beside = |step: isize| at.and_then(|at| ids.get(at.checked_add_signed(step)?)).copied();
    ui::answer::html(
        app,
        req,
        &ShowPage {
            shell: app.shell(req, actor, &lang.f("照片：{}", "Photo: {}", &[&one.title])),
            form: form.clone(),
            alt: rules::alt(lang, &one.caption, &one.title, at.unwrap_or(0) + 1),
            when: when(lang, one.starts_at, one.ends_at, now),
            manages,
            public,
            may_ask: public && !manages && !asked && actor.person.is_some(),
            asked,
            open: wishes.iter().any(|w| w.state == AskState::Open),
            wishes: if manages { wishes } else { Vec::new() },
            before: beside(-1),
            after: beside(1),
            one,
        },
    )
}

/// `GET /photos/{id}`
pub(super) async fn show(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_one(&a, tx, req, actor, parse(&id)?, &Form::default())).await
}

/// `POST /photos/{id}/take-down`: one tap; a reason may be given.
pub(super) async fn take_down(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, fields| {
        let reason = fields.optional("reason", Label("原因", "Reason"), 200)?;
        let photo: PhotoId = parse(&id)?;
        let hidden = commands::take_down(tx, actor, photo, &reason)?;
        let one = store::find(tx, photo)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
        let say = if hidden {
            req.lang.t(
                "照片已不再显示，队长会在 3 天内答复您。",
                "It is not shown any more; the leader answers within 3 days.",
            )
        } else {
            req.lang.t("已告诉队长，3 天内答复您。", "The leader was told and answers within 3 days.")
        };
        Ok(Done::to(format!("/activities/{}", one.activity_id), say))
    })
    .await
}

/// `POST /photos/{id}/decide`: the leader's answer.
pub(super) async fn decide(
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
            let reply = fields.optional("reply", Label("理由", "Reason"), 200)?;
            let agree = fields.text("act") == "agree";
            let session = commands::decide(tx, actor, parse(&id)?, agree, &reply)?;
            let say = if agree {
                req.lang.t("已下架，已通知本人。", "Taken down; the person is told.")
            } else {
                req.lang.t("照片保留，已通知本人。", "It stays; the person is told.")
            };
            Ok(Done::to(format!("/sessions/{session}/photos"), say))
        },
        move |tx, req, actor, form| render_one(&a, tx, req, actor, parse(&again)?, form),
    )
    .await
}

// ---- the pictures ----

async fn serve(app: App, req: Req, id: String, headers: HeaderMap, small: bool) -> Answer {
    let (a, asked) = (app.clone(), req.clone());
    let found = app
        .db
        .read(move |tx| {
            let actor = a.actor(tx, &asked)?;
            let now = tx.now();
            let one = store::find(tx, parse(&id)?)?
                .filter(|one| sees(&actor, one, now))
                .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
            let name = if small { &one.thumb } else { &one.display };
            people::blob::find(tx, name)?.ok_or_else(|| (&common::NOT_FOUND).into())
        })
        .await;
    let shown = match found {
        Ok(file) => people::blob::answer(&app, file, headers.get(IF_NONE_MATCH).cloned()).await,
        Err(error) => Err(error),
    };
    shown.unwrap_or_else(|error| ui::answer::error_page(&app, &req, &Actor::default(), &error))
}

/// `GET /photos/{id}/picture`
pub(super) async fn picture(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    serve(app, req, id, headers, false).await
}

/// `GET /photos/{id}/thumb`
pub(super) async fn thumb(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    serve(app, req, id, headers, true).await
}

// ---- on other pages ----

/// A picture of a gallery.
#[derive(Debug)]
pub struct Tile {
    /// Which.
    pub id: PhotoId,
    /// What is read aloud.
    pub alt: String,
    /// Width and height of the small one, for the page's layout.
    pub size: (i64, i64),
}

/// Pictures as a gallery shows them.
pub(crate) fn tiles(lang: Lang, shown: Vec<Shown>) -> Vec<Tile> {
    let side = i64::from(rules::THUMB);
    (1..)
        .zip(shown)
        .map(|(number, one)| {
            let longest = one.width.max(one.height).max(side);
            Tile {
                id: one.id,
                alt: rules::alt(lang, &one.caption, &one.title, number),
                size: (one.width * side / longest, one.height * side / longest),
            }
        })
        .collect()
}
