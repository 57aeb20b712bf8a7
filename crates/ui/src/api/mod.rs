//! The API for programs (`/api/v1`). An operation is declared once: its path, its words, and a function whose
//! types are the parameters, the body and the answer. The same declaration becomes the route and the
//! description ([`describe`]), so that neither can exist without the other (ADR 0012).

pub mod describe;
pub mod refusals;
mod run;

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};
use db::{ReadTx, WriteTx};
use kernel::{Actor, Error, RefusalText, Scope};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{App, Fields, Req};

pub(crate) use run::token_actor;
pub use run::{TokenActor, on_token};

/// What an operation is called with, besides the unit of work and the actor.
#[derive(Clone, Debug)]
pub struct Call<P = (), Q = (), B = ()> {
    /// The request.
    pub req: Req,
    /// Parameters of the path.
    pub path: P,
    /// Parameters of the query.
    pub query: Q,
    /// The body.
    pub body: B,
    /// The body as sent, to tell a repeated command from another one under the same key.
    raw: axum::body::Bytes,
}

impl<P, Q, B: Serialize> Call<P, Q, B> {
    /// The body as the fields of a form, for commands that read forms: texts, numbers and lists of them.
    #[must_use]
    pub fn fields(&self) -> Fields {
        Fields::from_json(&serde_json::to_value(&self.body).unwrap_or_default())
    }

    /// The body over the fields as they stand now, for commands that read whole forms: what it leaves out stays.
    #[must_use]
    pub fn fields_over(&self, now: Fields) -> Fields {
        now.changed_by(&serde_json::to_value(&self.body).unwrap_or_default())
    }
}

/// The one parameter `{id}` of a path.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct At<I> {
    /// Id of the object.
    pub id: I,
}

/// Where a list goes on.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct After {
    /// `next` of the page before; a damaged one starts from the beginning.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub after: String,
}

/// A page of a list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub struct Paged<T> {
    /// The rows.
    pub items: Vec<T>,
    /// What to pass as `after` for the next page; null on the last.
    pub next: Option<String>,
}

impl<T> Paged<T> {
    /// A page of rows, each as programs see it.
    pub fn of<R>(page: kernel::page::Page<R>, each: impl FnMut(R) -> T) -> Self {
        Self { items: page.rows.into_iter().map(each).collect(), next: page.next }
    }
}

/// The answer of a command that has nothing to tell.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Accepted {
    /// Always true: the command was carried out, or had been before.
    #[schemars(extend("const" = true))]
    pub ok: bool,
}

/// Carried out.
pub const ACCEPTED: Accepted = Accepted { ok: true };

/// The words of an operation and what it may refuse.
#[derive(Clone, Copy, Debug)]
pub struct Doc {
    /// Stable name, `listActivities`.
    pub id: &'static str,
    /// What it does, one sentence of English.
    pub en: &'static str,
    /// The same in Chinese.
    pub zh: &'static str,
    /// Catalogues of the refusals that its command gives.
    pub refuses: &'static [&'static [&'static RefusalText]],
    /// Whether visitors may call it.
    pub open: bool,
    /// Status of success.
    pub status: u16,
}

/// The words of an operation for whoever is signed in.
#[must_use]
pub const fn doc(id: &'static str, en: &'static str, zh: &'static str) -> Doc {
    Doc { id, en, zh, refuses: &[], open: false, status: 200 }
}

impl Doc {
    /// Names the catalogues of the refusals that its command gives, besides the common ones.
    #[must_use]
    pub const fn refuses(mut self, catalogues: &'static [&'static [&'static RefusalText]]) -> Self {
        self.refuses = catalogues;
        self
    }

    /// Visitors may call it too.
    #[must_use]
    pub const fn open(mut self) -> Self {
        self.open = true;
        self
    }

    /// Something is made: 201.
    #[must_use]
    pub const fn makes(mut self) -> Self {
        self.status = 201;
        self
    }
}

/// Writes down the schema of a type.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The types of an operation.
#[derive(Clone, Copy)]
pub struct Shapes {
    /// Parameters of the path.
    pub path: SchemaOf,
    /// Parameters of the query.
    pub query: SchemaOf,
    /// The body, if it takes one.
    pub body: Option<SchemaOf>,
    /// The answer.
    pub answer: SchemaOf,
}

/// What comes in by path, query or body.
pub trait Input: DeserializeOwned + JsonSchema + Send + Sync + 'static {}
impl<T: DeserializeOwned + JsonSchema + Send + Sync + 'static> Input for T {}

/// What goes out.
pub trait Output: Serialize + JsonSchema + Send + 'static {}
impl<T: Serialize + JsonSchema + Send + 'static> Output for T {}

/// One operation.
pub struct Operation {
    /// HTTP method.
    pub method: Method,
    /// Path as the router knows it.
    pub path: &'static str,
    /// Its words.
    pub doc: Doc,
    /// Its types.
    pub shapes: Shapes,
    make: Box<dyn Fn(Scope) -> MethodRouter<App>>,
}

impl Operation {
    /// Whether it changes anything.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.method != Method::GET
    }
}

/// The operations of a subject or room.
#[derive(Default)]
pub struct Api(Vec<Operation>);

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|one| format!("{} {}", one.method, one.path))).finish()
    }
}

fn filter(method: &Method) -> MethodFilter {
    match *method {
        Method::POST => MethodFilter::POST,
        Method::PUT => MethodFilter::PUT,
        Method::PATCH => MethodFilter::PATCH,
        Method::DELETE => MethodFilter::DELETE,
        _ => MethodFilter::GET,
    }
}

fn shapes<P: Input, Q: Input, B: Input, T: Output>() -> Shapes {
    Shapes {
        path: |all| P::json_schema(all),
        query: |all| Q::json_schema(all),
        body: run::has_any::<B>().then_some(|all: &mut SchemaGenerator| all.subschema_for::<B>()),
        answer: |all| all.subschema_for::<T>(),
    }
}

impl Api {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The operations, in the order declared.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        &self.0
    }

    /// Adds those of another subject.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// A question, answered in one snapshot.
    #[must_use]
    pub fn get<P, Q, T, F>(mut self, path: &'static str, doc: Doc, ask: F) -> Self
    where
        P: Input + Clone,
        Q: Input + Clone,
        T: Output,
        F: Fn(&App, &mut ReadTx<'_>, &Actor, &Call<P, Q>) -> Result<T, Error> + Clone + Send + Sync + 'static,
    {
        let make = Box::new(move |scope| {
            let ask = ask.clone();
            on(MethodFilter::GET, move |State(app): State<App>, request: Request| {
                run::read(app, request, scope, ask.clone())
            })
        });
        self.0.push(Operation { method: Method::GET, path, doc, shapes: shapes::<P, Q, (), T>(), make });
        self
    }

    /// A command, carried out in one unit of work.
    #[must_use]
    pub fn command<P, B, T, F>(self, method: Method, path: &'static str, doc: Doc, act: F) -> Self
    where
        P: Input + Clone,
        B: Input + Clone,
        T: Output,
        F: Fn(&App, &mut WriteTx<'_>, &Actor, &Call<P, (), B>) -> Result<T, Error>
            + Clone
            + Send
            + Sync
            + 'static,
    {
        let before = |_: App, _: Arc<Call<P, (), B>>| std::future::ready(Ok(()));
        self.command_after(method, path, doc, before, move |app, tx, actor, call, ()| {
            act(app, tx, actor, call)
        })
    }

    /// A command with something to find out first, in units of work of its own.
    #[must_use]
    pub fn command_after<P, B, X, T, Before, Found, F>(
        mut self,
        method: Method,
        path: &'static str,
        doc: Doc,
        before: Before,
        act: F,
    ) -> Self
    where
        P: Input + Clone,
        B: Input + Clone,
        X: Clone + Send + Sync + 'static,
        T: Output,
        Before: Fn(App, Arc<Call<P, (), B>>) -> Found + Clone + Send + Sync + 'static,
        Found: Future<Output = Result<X, Error>> + Send + 'static,
        F: Fn(&App, &mut WriteTx<'_>, &Actor, &Call<P, (), B>, &X) -> Result<T, Error>
            + Clone
            + Send
            + Sync
            + 'static,
    {
        let (known, status) = (method.clone(), doc.status);
        let make = Box::new(move |scope| {
            let (before, act) = (before.clone(), act.clone());
            on(filter(&known), move |State(app): State<App>, request: Request| {
                run::write(app, request, scope, status, before.clone(), act.clone())
            })
        });
        self.0.push(Operation { method, path, doc, shapes: shapes::<P, (), B, T>(), make });
        self
    }

    /// [`Api::command`] by POST.
    #[must_use]
    pub fn post<P, B, T, F>(self, path: &'static str, doc: Doc, act: F) -> Self
    where
        P: Input + Clone,
        B: Input + Clone,
        T: Output,
        F: Fn(&App, &mut WriteTx<'_>, &Actor, &Call<P, (), B>) -> Result<T, Error>
            + Clone
            + Send
            + Sync
            + 'static,
    {
        self.command(Method::POST, path, doc, act)
    }

    /// [`Api::command`] by DELETE.
    #[must_use]
    pub fn delete<P, B, T, F>(self, path: &'static str, doc: Doc, act: F) -> Self
    where
        P: Input + Clone,
        B: Input + Clone,
        T: Output,
        F: Fn(&App, &mut WriteTx<'_>, &Actor, &Call<P, (), B>) -> Result<T, Error>
            + Clone
            + Send
            + Sync
            + 'static,
    {
        self.command(Method::DELETE, path, doc, act)
    }

    /// The routes, as part of a room whose scopes tokens need.
    ///
    /// Operations of a room without scopes for programs are left out, which the test of the description
    /// notices.
    pub fn routes(self, room: &str) -> Router<App> {
        let mut out = Router::new();
        for one in self.0 {
            if let Some(scope) = Scope::of(room, one.writes()) {
                out = out.route(one.path, (one.make)(scope));
            }
        }
        out
    }
}
