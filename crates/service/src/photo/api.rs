//! Pictures for programs, over the same queries and commands as the pages. Files are uploaded by the form.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Actor, Error, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, Api, At, Call, doc};

use super::commands::{self, Mark};
use super::{PhotoState, refusals, store};
use crate::activity::{self, ActivityState};
use crate::{ActivityId, PhotoId, SessionId};

/// Pictures of an activity that are told at once.
const MOST: i64 = 200;

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/activities/{id}/photos",
            doc(
                "listPhotosOfActivity",
                "Photos of an activity that everybody sees, the latest session first; at most 200.",
                "活动已公开的照片，最近的场次在前；最多 200 张。",
            )
            .open(),
            of_activity,
        )
        .get(
            "/api/v1/sessions/{id}/photos",
            doc(
                "listPhotosOfSession",
                "All photos of a session, for whoever looks after them.",
                "场次的全部照片（负责人）。",
            ),
            of_session,
        )
        .post(
            "/api/v1/sessions/{id}/photos/mark",
            doc(
                "markPhotos",
                "Writes captions, order, and which photos are shown.",
                "填写照片说明、顺序，并标记哪些可以公开。",
            )
            .refuses(&[refusals::ALL]),
            mark,
        )
        .post(
            "/api/v1/photos/{id}/delete",
            doc(
                "deletePhoto",
                "Deletes a photo; it can be brought back for a day.",
                "删除照片，24 小时内可恢复。",
            ),
            delete,
        )
        .post(
            "/api/v1/photos/{id}/restore",
            doc("restorePhoto", "Brings a deleted photo back.", "恢复已删除的照片。")
                .refuses(&[refusals::ALL]),
            restore,
        )
        .post(
            "/api/v1/photos/{id}/take-down",
            doc("askPhotoDown", "Asks that a photo be taken down.", "请求下架照片。"),
            take_down,
        )
        .post(
            "/api/v1/photos/{id}/decide",
            doc("decidePhotoDown", "Answers the wishes to take a photo down.", "答复照片下架请求。")
                .refuses(&[refusals::ALL]),
            decide,
        )
}

/// A photo that everybody sees.
#[derive(Serialize, JsonSchema)]
struct PublicPhoto {
    id: PhotoId,
    session: SessionId,
    caption: String,
    session_starts_at: Timestamp,
    /// Pixels of the shown picture.
    width: i64,
    height: i64,
    /// Address of the picture on this server.
    picture: String,
    /// Address of a small one.
    thumb: String,
}

/// Photos that everybody sees.
#[derive(Serialize, JsonSchema)]
struct PublicPhotos {
    items: Vec<PublicPhoto>,
}

fn of_activity(
    _: &App,
    tx: &mut ReadTx<'_>,
    _: &Actor,
    call: &Call<At<ActivityId>>,
) -> Result<PublicPhotos, Error> {
    let activity = activity::find(tx, call.path.id)?
        .filter(|one| one.state != ActivityState::Draft)
        .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let items = store::shown_of_activity(tx, activity.id, MOST)?;
    let items = items.into_iter().map(|one| PublicPhoto {
        id: one.id,
        session: one.session_id,
        caption: one.caption,
        session_starts_at: one.starts_at,
        width: one.width,
        height: one.height,
        picture: format!("/photos/{}/picture", one.id),
        thumb: format!("/photos/{}/thumb", one.id),
    });
    Ok(PublicPhotos { items: items.collect() })
}

/// A photo in the album of a session.
#[derive(Serialize, JsonSchema)]
struct AlbumPhoto {
    id: PhotoId,
    state: PhotoState,
    caption: String,
    /// Its place among the others; small ones first.
    order: i64,
    given_by: String,
}

/// All photos of a session.
#[derive(Serialize, JsonSchema)]
struct Album {
    /// Whether those who signed up may add photos.
    volunteers_may: bool,
    items: Vec<AlbumPhoto>,
}

fn of_session(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>>,
) -> Result<Album, Error> {
    actor.account()?;
    let giving = store::giving(tx, call.path.id, None)?
        .filter(|one| commands::manages(actor, one.place()))
        .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let items = store::of_session(tx, giving.id)?.into_iter().map(|one| AlbumPhoto {
        id: one.id,
        state: one.state,
        caption: one.caption,
        order: one.place_no,
        given_by: one.giver,
    });
    Ok(Album { volunteers_may: giving.volunteers_may, items: items.collect() })
}

/// What is said of one photo.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PhotoMark {
    photo: PhotoId,
    /// What is seen; read aloud to whoever cannot see it.
    #[serde(default)]
    #[schemars(length(max = 120))]
    caption: String,
    /// Its place among the others.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1_000_000))]
    order: i64,
    /// Whether everybody may see it.
    #[serde(default)]
    fit: bool,
}

/// What is said of photos of a session.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MarkPhotos {
    #[schemars(length(max = 200))]
    photos: Vec<PhotoMark>,
    /// That everybody who can be recognised agreed; needed before anything new is shown.
    #[serde(default)]
    agreed: bool,
}

fn mark(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), MarkPhotos>,
) -> Result<Accepted, Error> {
    let marks: Vec<Mark> = call
        .body
        .photos
        .iter()
        .map(|one| Mark {
            id: one.photo,
            caption: one.caption.chars().filter(|c| !c.is_control()).take(super::rules::CAPTION).collect(),
            place_no: one.order.clamp(0, 1_000_000),
            fit: one.fit,
        })
        .collect();
    commands::mark(tx, actor, call.path.id, &marks, call.body.agreed)?;
    Ok(ACCEPTED)
}

fn delete(_: &App, tx: &mut WriteTx<'_>, actor: &Actor, call: &Call<At<PhotoId>>) -> Result<Accepted, Error> {
    commands::delete(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}

fn restore(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<PhotoId>>,
) -> Result<Accepted, Error> {
    commands::restore(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}

/// Why a photo should be taken down.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AskPhotoDown {
    #[serde(default)]
    #[schemars(length(max = 200))]
    reason: String,
}

/// What became of the wish.
#[derive(Serialize, JsonSchema)]
struct PhotoAsked {
    /// Whether it is hidden until the leader answers.
    hidden: bool,
}

fn take_down(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<PhotoId>, (), AskPhotoDown>,
) -> Result<PhotoAsked, Error> {
    let reason: String = call.body.reason.chars().filter(|c| !c.is_control()).take(200).collect();
    Ok(PhotoAsked { hidden: commands::take_down(tx, actor, call.path.id, reason.trim())? })
}

/// The answer to the wishes about a photo.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DecidePhotoDown {
    /// Whether it is taken down.
    agree: bool,
    /// Why it stays.
    #[serde(default)]
    #[schemars(length(max = 200))]
    reply: String,
}

fn decide(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<PhotoId>, (), DecidePhotoDown>,
) -> Result<Accepted, Error> {
    let reply: String = call.body.reply.chars().filter(|c| !c.is_control()).take(200).collect();
    commands::decide(tx, actor, call.path.id, call.body.agree, reply.trim())?;
    Ok(ACCEPTED)
}
