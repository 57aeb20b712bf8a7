//! The check-in wall for a big screen, live by server-sent events: one question every two seconds for each session
//! that anybody watches, however many screens.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse as _;
use axum::response::sse::{Event, KeepAlive, Sse};
use db::ReadTx;
use kernel::error::common;
use kernel::{Error, Lang};
use serde::Serialize;
use tokio::sync::watch;
use ui::{Answer, App, Req, Shell};

use super::pages::token;
use super::{commands, store};
use crate::SessionId;
use crate::attendance::{span, store as base};

/// How often a watched session is looked at.
const EVERY: Duration = Duration::from_secs(2);
/// How long one connection lasts; the browser comes back by itself and is checked anew.
const LASTS: Duration = Duration::from_secs(300);
/// Connections at once.
const MOST: usize = 500;

/// What a wall shows.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
struct Picture {
    attended: i64,
    all: i64,
    latest: Vec<Latest>,
}

#[derive(Clone, PartialEq, Eq, Serialize)]
struct Latest {
    name: String,
    time: String,
}

/// Names are cut to the surname: a big screen is seen by everybody.
fn picture(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Picture, Error> {
    let counts = base::counts(tx, session)?;
    let latest = store::came(tx, session)?;
    Ok(Picture {
        attended: counts.attended,
        all: counts.all,
        latest: latest
            .into_iter()
            .map(|one| Latest { name: vault::mask::mask_name(&one.name), time: one.at.clock_text() })
            .collect(),
    })
}

#[derive(Template)]
#[template(path = "attendance/wall.html")]
struct WallPage {
    shell: Shell,
    lang: Lang,
    title: String,
    when: String,
    picture: Picture,
}

/// `GET /desk/wall`
pub(super) async fn show(State(app): State<App>, req: Req, headers: HeaderMap) -> Answer {
    let (a, token) = (app.clone(), token(&headers));
    app.page(req, move |tx, req, _| {
        let (held, ..) = commands::open(tx, token.as_deref())?;
        let picture = picture(tx, held.id)?;
        ui::answer::html(
            &a,
            req,
            &WallPage {
                shell: a.shell(req, &kernel::Actor::default(), req.lang.t("签到墙", "Check-in wall")),
                lang: req.lang,
                title: held.title_in(&req.lang).to_owned(),
                when: span(held.starts_at, held.ends_at),
                picture,
            },
        )
    })
    .await
}

type Watched = HashMap<SessionId, watch::Sender<Picture>>;

/// The sessions that are watched in this process.
static WATCHED: LazyLock<Mutex<Watched>> = LazyLock::new(|| Mutex::new(HashMap::new()));

fn watched<T>(run: impl FnOnce(&mut Watched) -> T) -> T {
    run(&mut WATCHED.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Joins those who watch a session, or begins; `None` when there are too many.
fn join(app: &App, session: SessionId) -> Option<watch::Receiver<Picture>> {
    let (receiver, begun) = watched(|all| {
        if all.values().map(watch::Sender::receiver_count).sum::<usize>() >= MOST {
            return (None, false);
        }
        if let Some(sender) = all.get(&session) {
            let mut receiver = sender.subscribe();
            // Whoever comes back is told at once how it stands.
            receiver.mark_changed();
            return (Some(receiver), false);
        }
        let (sender, receiver) = watch::channel(Picture::default());
        all.insert(session, sender);
        (Some(receiver), true)
    });
    if begun {
        tokio::spawn(look(app.clone(), session));
    }
    receiver
}

/// Looks at a session while somebody watches.
async fn look(app: App, session: SessionId) {
    loop {
        let seen = app.db.read(move |tx| picture(tx, session)).await;
        let going = watched(|all| {
            let Some(sender) = all.get(&session) else { return false };
            if sender.receiver_count() == 0 {
                all.remove(&session);
                return false;
            }
            if let Ok(seen) = seen {
                sender.send_if_modified(|old| {
                    let changed = *old != seen;
                    *old = seen;
                    changed
                });
            }
            true
        });
        if !going {
            return;
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// `GET /desk/wall/events`
pub(super) async fn events(State(app): State<App>, req: Req, headers: HeaderMap) -> Answer {
    let token = token(&headers);
    let found = app.db.read(move |tx| commands::open(tx, token.as_deref())).await;
    let session = match found {
        Ok((held, ..)) => held.id,
        Err(error) => return ui::answer::json::<()>(req.lang, 200, Err(error)),
    };
    let Some(receiver) = join(&app, session) else {
        return ui::answer::json::<()>(req.lang, 200, Err((&common::UNAVAILABLE).into()));
    };
    let ends = tokio::time::Instant::now() + LASTS;
    let stream = futures_util::stream::unfold(receiver, move |mut receiver| async move {
        let changed = tokio::time::timeout_at(ends, receiver.changed()).await;
        if !matches!(changed, Ok(Ok(()))) {
            return None;
        }
        let picture = receiver.borrow_and_update().clone();
        let event = Event::default().json_data(&picture).unwrap_or_default();
        Some((Ok::<_, Infallible>(event), receiver))
    });
    Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(20))).into_response()
}
