//! The public face of a team: its emblem, how one joins, the members who agreed to be named, and what the rooms above
//! have to show of it (hours, photos, what is coming).

use std::sync::{Arc, OnceLock};

use askama::Template;
use axum::Router;
use axum::extract::{Multipart, Path, State};
use axum::http::HeaderMap;
use axum::http::header::IF_NONE_MATCH;
use axum::routing::{get, post};
use db::{DbError, ReadTx, WriteTx, args, row, sql};
use kernel::error::common;
use kernel::{AccountId, Actor, Error, Lang, OrgId, Refusal};
use picture::{Picture, Unfit};
use ui::form::Label;
use ui::upload::{self, Many};
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::commands::may_keep;
use super::store::must_find;
use super::{MemberState, Org, OrgState, refusals};
use crate::blob;
use crate::guardian::rules::OWN_CONSENT;
use crate::person::{self, Purpose};

/// Longest text on how to join, in characters.
const JOIN_HOW: usize = 1_000;
/// Largest emblem, in bytes.
const MAX_BYTES: usize = 8 << 20;
/// Side of the square an emblem fits into, in pixels.
const SIDE: u32 = 512;
/// Members that are named on the page.
const NAMED: i64 = 60;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/teams/{id}/page", get(form).post(save))
        .route("/teams/{id}/emblem", get(emblem).post(emblem_save))
        .route("/teams/{id}/emblem/remove", post(emblem_remove))
        .route("/teams/{id}/show-me", post(show_me))
}

/// Something a team has coming.
#[derive(Debug, Clone)]
pub struct Coming {
    /// Where it is.
    pub href: String,
    /// What.
    pub title: String,
    /// When, in words.
    pub when: String,
    /// The public place.
    pub place: String,
}

/// A photo of a team that everybody may see.
#[derive(Debug, Clone)]
pub struct Photo {
    /// Where it is shown large.
    pub href: String,
    /// The small picture.
    pub thumb: String,
    /// What is read aloud.
    pub alt: String,
    /// Width and height of the small picture, in pixels.
    pub size: (i64, i64),
}

/// What the rooms above have to show of a team.
#[derive(Debug, Clone, Default)]
pub struct Showcase {
    /// Confirmed hours of all time.
    pub hours: String,
    /// Confirmed hours of this year.
    pub hours_year: String,
    /// Rank among teams this year, counted from 1; `None` without hours.
    pub rank: Option<i64>,
    /// The next sessions.
    pub coming: Vec<Coming>,
    /// The newest photos.
    pub photos: Vec<Photo>,
}

/// Finds what there is to show.
pub type ShowcaseOf = fn(&mut ReadTx<'_>, Lang, OrgId) -> Result<Showcase, Error>;

static SHOWCASE: OnceLock<ShowcaseOf> = OnceLock::new();

/// Tells this subject what to show of a team; `service`, which stands above, does so once at the start.
pub fn on_showcase(find: ShowcaseOf) {
    let _ = SHOWCASE.set(find);
}

row! {
    /// What a team says besides the texts of its node.
    pub struct TeamFace { join_how: String, emblem: Option<String> }
}

fn face(tx: &mut ReadTx<'_>, id: OrgId) -> Result<TeamFace, DbError> {
    let found = tx.first(sql!("SELECT join_how, emblem FROM team_page WHERE org_id = $1"), args![id])?;
    Ok(found.unwrap_or(TeamFace { join_how: String::new(), emblem: None }))
}

fn put(tx: &mut WriteTx<'_>, id: OrgId, face: &TeamFace, by: Option<AccountId>) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!(
            "INSERT INTO team_page (org_id, join_how, emblem, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (org_id) DO UPDATE SET join_how = excluded.join_how, emblem = excluded.emblem,
                changed_at = excluded.changed_at, changed_by = excluded.changed_by"
        ),
        args![id, face.join_how, face.emblem, now, by],
    )?;
    Ok(())
}

/// Names of members who agreed to be named on the pages of their teams, longest in the team first. Nobody under
/// fourteen: that is not theirs to say.
fn named(tx: &mut ReadTx<'_>, id: OrgId) -> Result<Vec<String>, DbError> {
    let old_enough = tx.now().date().0;
    let birth = kernel::Date(old_enough.saturating_sub(jiff::Span::new().years(OWN_CONSENT)));
    let rows: Vec<(String,)> = tx.all(
        sql!(
            "SELECT p.name FROM member m JOIN person p ON p.id = m.person_id
             JOIN consent c ON c.person_id = p.id AND c.purpose = 'team' AND c.withdrawn_at IS NULL
             WHERE m.org_id = $1 AND m.state = 'member' AND p.state = 'active'
                AND (p.birth_on IS NULL OR p.birth_on <= $2)
             ORDER BY m.id LIMIT $3"
        ),
        args![id, birth, NAMED],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

fn agreed(tx: &mut ReadTx<'_>, person: kernel::PersonId) -> Result<bool, DbError> {
    let row: (bool,) = tx.one(
        sql!(
            "SELECT EXISTS (SELECT 1 FROM consent WHERE person_id = $1 AND purpose = 'team' AND withdrawn_at IS NULL)"
        ),
        args![person],
    )?;
    Ok(row.0)
}

/// What the page of a team shows of this.
#[derive(Debug)]
pub(super) struct Face {
    pub emblem: bool,
    pub join_how: Vec<String>,
    pub named: Vec<String>,
    pub more: Showcase,
    /// Whether the member who looks agreed to be named; `None` for everybody else.
    pub agreed: Option<bool>,
}

impl Face {
    pub fn of(
        tx: &mut ReadTx<'_>,
        lang: Lang,
        actor: &Actor,
        org: &Org,
        own: Option<MemberState>,
    ) -> Result<Self, Error> {
        let face = face(tx, org.id)?;
        let agreed = match actor.person.filter(|_| own == Some(MemberState::Member)) {
            Some(person) => Some(agreed(tx, person)?),
            None => None,
        };
        let more = SHOWCASE.get().map_or_else(|| Ok(Showcase::default()), |find| find(tx, lang, org.id))?;
        Ok(Self {
            emblem: face.emblem.is_some(),
            join_how: face.join_how.lines().map(str::to_owned).collect(),
            named: named(tx, org.id)?,
            more,
            agreed,
        })
    }
}

/// A team whose face the actor looks after.
fn kept(tx: &mut ReadTx<'_>, actor: &Actor, id: OrgId) -> Result<Org, Error> {
    actor.account()?;
    let org = must_find(tx, id)?;
    if !org.is_team() || org.state == OrgState::Closed {
        return Err((&common::NOT_FOUND).into());
    }
    if may_keep(actor, &org) { Ok(org) } else { Err((&common::FORBIDDEN).into()) }
}

#[derive(Template)]
#[template(path = "org/face.html")]
struct FacePage {
    shell: Shell,
    form: Form,
    org: Org,
    emblem: bool,
}

fn render(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: OrgId,
    form: &Form,
) -> Result<Answer, Error> {
    let org = kept(tx, actor, id)?;
    let face = face(tx, id)?;
    let mut form = form.clone();
    if form.fields.get("join_how").is_none() {
        form.fields.0.push(("join_how".to_owned(), face.join_how));
    }
    let title = req.lang.f("队伍页面：{}", "Page of the team: {}", &[&org.title(&req.lang)]);
    ui::answer::html(
        app,
        req,
        &FacePage { shell: app.shell(req, actor, &title), form, emblem: face.emblem.is_some(), org },
    )
}

/// `GET /teams/{id}/page`
async fn form(State(app): State<App>, req: Req, Path(id): Path<OrgId>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render(&a, tx, req, actor, id, &Form::default())).await
}

/// `POST /teams/{id}/page`
async fn save(State(app): State<App>, req: Req, Path(id): Path<OrgId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            kept(tx, actor, id)?;
            let join_how = fields.optional("join_how", Label("怎样加入", "How to join"), JOIN_HOW)?;
            let emblem = face(tx, id)?.emblem;
            put(tx, id, &TeamFace { join_how, emblem }, actor.account)?;
            crate::audit::note(tx, actor, "org.edit", "org", id.0, "page")?;
            Ok(Done::to(format!("/teams/{id}"), req.lang.t("已保存", "Saved")))
        },
        move |tx, req, actor, form| render(&a, tx, req, actor, id, form),
    )
    .await
}

/// The emblem as it is kept.
fn made(bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    let picture = Picture::read(bytes).and_then(|picture| picture.within(SIDE).png());
    picture.map_err(|unfit| {
        let refusal = match unfit {
            Unfit::Large { width, height } => {
                Refusal::new(&refusals::EMBLEM_LARGE).with("width", width).with("height", height)
            }
            _ => Refusal::new(&refusals::EMBLEM),
        };
        refusal.on("emblem")
    })
}

/// Takes the file, makes it ours, and writes its row.
async fn take_emblem(app: &App, req: &Req, id: OrgId, body: &mut Multipart) -> Result<(), Error> {
    let rules = Many {
        field: "emblem",
        max: MAX_BYTES,
        count: 1,
        no_file: &refusals::EMBLEM,
        may: Arc::new(move |tx, actor| kept(tx, actor, id).map(|_| ())),
    };
    let folder = app.settings.files.join("emblem");
    let (_, files) = upload::receive_many(app, req, body, &folder, &rules).await?;
    let Some(file) = files.into_iter().next() else { return Err((&refusals::EMBLEM).into()) };
    if let Some(refusal) = &file.refused {
        return Err(refusal.clone().into());
    }
    let number = app.vault.random(|random| random.next_u64());
    let (name, store) = (format!("emblem/{:02x}/{number:016x}.png", number & 0xff), app.blobs.clone());
    let at = name.clone();
    let work = move || {
        let bytes = std::fs::read(&file.path).map_err(|error| Error::bug(error.to_string()))?;
        blob::put(&store, &at, &made(&bytes)?)
    };
    let kept_file = tokio::task::spawn_blocking(work).await.map_err(|e| Error::bug(e.to_string()))??;
    let (a, asked) = (app.clone(), req.clone());
    app.db
        .write(move |tx| {
            let actor = a.actor(tx, &asked)?;
            kept(tx, &actor, id)?;
            blob::keep(tx, &name, "image/png", &kept_file)?;
            exchange(tx, &actor, id, Some(name.clone()))
        })
        .await
}

/// Puts another emblem, or none, in the place of the one there is.
fn exchange(tx: &mut WriteTx<'_>, actor: &Actor, id: OrgId, emblem: Option<String>) -> Result<(), Error> {
    let old = face(tx, id)?;
    if let Some(old) = &old.emblem {
        blob::forget(tx, old)?;
    }
    put(tx, id, &TeamFace { join_how: old.join_how, emblem }, actor.account)?;
    Ok(crate::audit::note(tx, actor, "org.edit", "org", id.0, "emblem")?)
}

/// `POST /teams/{id}/emblem`
async fn emblem_save(
    State(app): State<App>,
    req: Req,
    Path(id): Path<OrgId>,
    body: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Answer {
    // Whoever may not is told so, whatever was sent.
    let (a, asked) = (app.clone(), req.clone());
    let may = app.db.read(move |tx| {
        let actor = a.actor(tx, &asked)?;
        kept(tx, &actor, id)
    });
    let done = match (may.await, body) {
        (Err(error), _) => Err(error),
        (Ok(_), Err(_)) => Err(Refusal::new(&refusals::EMBLEM).on("emblem").into()),
        (Ok(_), Ok(mut body)) => take_emblem(&app, &req, id, &mut body).await,
    };
    match done {
        Ok(()) => {
            let say = req.lang.t("队徽已更新", "The emblem was changed");
            Done::to(format!("/teams/{id}"), say).answer(&app, &req)
        }
        Err(Error::Refused(refusals))
            if refusals.iter().all(|r| matches!(r.text.status, 409 | 413 | 422)) =>
        {
            let status = refusals.first().map_or(422, |refusal| refusal.text.status);
            let (a, form) = (app.clone(), Form { fields: Fields::default(), refusals });
            let mut answer = app.page(req, move |tx, req, actor| render(&a, tx, req, actor, id, &form)).await;
            ui::answer::set_status(&mut answer, status);
            answer
        }
        Err(error) => ui::answer::error_page(&app, &req, &Actor::default(), &error),
    }
}

/// `POST /teams/{id}/emblem/remove`
async fn emblem_remove(State(app): State<App>, req: Req, Path(id): Path<OrgId>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        kept(tx, actor, id)?;
        exchange(tx, actor, id, None)?;
        Ok(Done::to(format!("/teams/{id}/page"), req.lang.t("队徽已撤下", "The emblem was removed")))
    })
    .await
}

/// `GET /teams/{id}/emblem`
async fn emblem(State(app): State<App>, req: Req, Path(id): Path<OrgId>, headers: HeaderMap) -> Answer {
    let found = app
        .db
        .read(move |tx| {
            let name = face(tx, id)?.emblem.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
            blob::find(tx, &name)?.ok_or_else(|| (&common::NOT_FOUND).into())
        })
        .await;
    let shown = match found {
        Ok(file) => blob::answer(&app, file, headers.get(IF_NONE_MATCH).cloned()).await,
        Err(error) => Err(error),
    };
    shown.unwrap_or_else(|error| ui::answer::error_page(&app, &req, &Actor::default(), &error))
}

/// `POST /teams/{id}/show-me`: a member agrees to be named on the pages of their teams, or does not any more (V5).
async fn show_me(State(app): State<App>, req: Req, Path(id): Path<OrgId>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, fields| {
        let me = actor.person()?;
        let org = must_find(tx, id)?;
        let young = person::find(tx, me)?
            .and_then(|one| one.birth_on)
            .is_some_and(|birth| birth.age(tx.now().date()) < OWN_CONSENT);
        let lang = req.lang;
        let say = if !fields.ticked("give") {
            person::withdraw(tx, me, Purpose::Team)?;
            lang.t(
                "已撤回，队伍页面不再显示您的姓名。",
                "Withdrawn: pages of teams no longer show your name.",
            )
        } else if young {
            return Err((&common::FORBIDDEN).into());
        } else {
            person::give(tx, actor, me, Purpose::Team, "me")?;
            lang.t("您的姓名会出现在您所在队伍的页面上。", "Your name appears on the pages of your teams.")
        };
        Ok(Done::to(org.href(), say))
    })
    .await
}
