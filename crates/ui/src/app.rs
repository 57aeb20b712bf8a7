//! The program as handlers see it, and the two ways through it: a **page** reads and renders in one
//! unit of work, a **command** checks, decides and writes in one unit of work. In both the actor is
//! loaded inside that same unit, so that a right that was taken away a moment ago is gone.

use std::sync::Arc;

use blobs::Blobs;
use db::{Db, ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Actor, Error, Lang};
use vault::Vault;

use crate::answer::{self, Answer, Done};
use crate::form::{Fields, Form};
use crate::list::List;
use crate::request::{Bearer, Req};
use crate::room::Rooms;
use crate::shell::Shell;

/// Settings that pages need.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Name of the city.
    pub city: (String, String),
    /// Address people reach the site at, without a slash at the end; for links in codes and messages.
    pub base_url: String,
    /// Whether cookies are sent over HTTPS only.
    pub secure_cookies: bool,
    /// Demo city: sign-ins are offered and codes are shown.
    pub demo: bool,
    /// Phone number of a real person, shown on every page.
    pub help_phone: String,
    /// Folder for uploaded files while they are worked on.
    pub files: std::path::PathBuf,
    /// What maps are drawn on.
    pub map: MapBase,
}

/// What maps are drawn on: without tiles a plain base, so that no address leaves the city's own server.
#[derive(Debug, Clone)]
pub struct MapBase {
    /// Address of the tiles with `{z}`, `{x}`, `{y}`; empty: none.
    pub tiles: String,
    /// Who has to be named on the map for them.
    pub attribution: String,
    /// The system the tiles are drawn in: WGS-84, or GCJ-02 as most of the mainland's (Edge-03).
    pub datum: kernel::Datum,
}

impl Default for MapBase {
    fn default() -> Self {
        Self { tiles: String::new(), attribution: String::new(), datum: kernel::Datum::Wgs84 }
    }
}

impl MapBase {
    /// Where tiles come from, `https://tiles.example.cn`, for the policy of pages with a map.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        let (scheme, rest) = self.tiles.split_once("://")?;
        let host = rest.split('/').next()?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
        if !matches!(scheme, "http" | "https") || host.is_empty() || !host.chars().all(plain) {
            return None;
        }
        self.tiles.get(..scheme.len() + 3 + host.len())
    }

    /// Whether the address can be used: none, or one with all three marks whose host is spelled out.
    #[must_use]
    pub fn good(&self) -> bool {
        self.tiles.is_empty()
            || (self.origin().is_some() && ["{z}", "{x}", "{y}"].iter().all(|mark| self.tiles.contains(mark)))
    }
}

/// Loads the actor behind a session token's hash (`people` provides it; `ui` may not know people).
pub type Authenticate = fn(&mut ReadTx<'_>, &[u8], &str) -> Result<Actor, Error>;

/// The program. Cloning shares it.
#[derive(Clone)]
pub struct App {
    /// Storage.
    pub db: Db,
    /// Secrets.
    pub vault: Arc<Vault>,
    /// Files beside the database.
    pub blobs: Blobs,
    /// Settings.
    pub settings: Arc<Settings>,
    /// The rooms, for navigation, tasks and search.
    pub rooms: Rooms,
    /// Who is behind a session.
    pub authenticate: Authenticate,
}

impl App {
    /// The actor of a request.
    ///
    /// # Errors
    /// Of the database.
    pub fn actor(&self, tx: &mut ReadTx<'_>, req: &Req) -> Result<Actor, Error> {
        match (&req.bearer, &req.session) {
            (Bearer::Token(hash), _) => crate::api::token_actor(tx, hash, &req.from),
            (Bearer::Unreadable, _) => Err((&common::TOKEN).into()),
            (Bearer::None, Some(hash)) => (self.authenticate)(tx, hash, &req.from),
            (Bearer::None, None) => Ok(Actor { from: req.from.clone(), ..Actor::default() }),
        }
    }

    /// The list at an address, if people may set it up for themselves.
    #[must_use]
    pub fn list(&self, path: &str) -> Option<&'static List> {
        self.rooms.iter().flat_map(|room| room.lists).copied().find(|list| list.path == path)
    }

    /// Everything a page's frame needs.
    #[must_use]
    pub fn shell(&self, req: &Req, actor: &Actor, title: &str) -> Shell {
        Shell::new(self, req, actor, title)
    }

    /// Shows a page: loads the actor and lets `render` read and build the HTML, in one snapshot.
    pub async fn page<F>(&self, req: Req, render: F) -> Answer
    where
        F: Fn(&mut ReadTx<'_>, &Req, &Actor) -> Result<Answer, Error> + Send + 'static,
    {
        let app = self.clone();
        let asked = req.clone();
        let result = self
            .db
            .read(move |tx| {
                let actor = app.actor(tx, &asked)?;
                match render(tx, &asked, &actor) {
                    Ok(answer) => Ok(Ok(answer)),
                    Err(error) => Ok(Err((error, actor))),
                }
            })
            .await;
        match result {
            Ok(Ok(answer)) => answer,
            Ok(Err((error, actor))) => answer::error_page(self, &req, &actor, &error),
            Err(error) => answer::error_page(self, &req, &Actor::default(), &error),
        }
    }

    /// Runs a command from a form. On success: redirect with a flash message. On a refusal: `again`
    /// renders the page anew with what was typed and what is wrong.
    pub async fn submit<F, G>(&self, req: Req, fields: Fields, command: F, again: G) -> Answer
    where
        F: Fn(&mut WriteTx<'_>, &Req, &Actor, &Fields) -> Result<Done, Error> + Send + 'static,
        G: Fn(&mut ReadTx<'_>, &Req, &Actor, &Form) -> Result<Answer, Error> + Send + 'static,
    {
        match self.run(&req, &fields, command).await {
            Ok(done) => done.taken(self, &fields).answer(self, &req),
            Err(Error::Refused(refusals)) if !refusals.iter().any(|r| matches!(r.text.status, 401 | 404)) => {
                let status = refusals.first().map_or(422, |refusal| refusal.text.status);
                let form = Form { fields, refusals };
                let mut answer = self.page(req, move |tx, req, actor| again(tx, req, actor, &form)).await;
                if answer.status().is_success() {
                    answer::set_status(&mut answer, status);
                }
                answer
            }
            Err(error) => self.refused(req, error).await,
        }
    }

    /// Runs a command whose refusal is shown as a page of its own (single buttons).
    pub async fn command<F>(&self, req: Req, fields: Fields, command: F) -> Answer
    where
        F: Fn(&mut WriteTx<'_>, &Req, &Actor, &Fields) -> Result<Done, Error> + Send + 'static,
    {
        match self.run(&req, &fields, command).await {
            Ok(done) => done.answer(self, &req),
            Err(error) => self.refused(req, error).await,
        }
    }

    /// Shows an error with the frame of whoever is signed in.
    async fn refused(&self, req: Req, error: Error) -> Answer {
        let (app, asked) = (self.clone(), req.clone());
        let actor = self.db.read(move |tx| app.actor(tx, &asked)).await.unwrap_or_default();
        answer::error_page(self, &req, &actor, &error)
    }

    async fn run<F, T>(&self, req: &Req, fields: &Fields, command: F) -> Result<T, Error>
    where
        F: Fn(&mut WriteTx<'_>, &Req, &Actor, &Fields) -> Result<T, Error> + Send + 'static,
        T: Send + 'static,
    {
        if !req.csrf_ok(&self.vault, fields) {
            return Err((&common::CSRF).into());
        }
        let (app, asked, fields) = (self.clone(), req.clone(), fields.clone());
        self.db
            .write(move |tx| {
                let actor = app.actor(tx, &asked)?;
                command(tx, &asked, &actor, &fields)
            })
            .await
    }

    /// Answers a page's own script with JSON.
    pub async fn json<T, F>(&self, req: Req, query: F) -> Answer
    where
        T: serde::Serialize + Send + 'static,
        F: Fn(&mut ReadTx<'_>, &Req, &Actor) -> Result<T, Error> + Send + 'static,
    {
        let (app, asked) = (self.clone(), req.clone());
        let result = self
            .db
            .read(move |tx| {
                let actor = app.actor(tx, &asked)?;
                query(tx, &asked, &actor)
            })
            .await;
        answer::json(req.lang, 200, result)
    }

    /// The city's name.
    #[must_use]
    pub fn city(&self, lang: Lang) -> &str {
        lang.t(&self.settings.city.0, &self.settings.city.1)
    }
}
