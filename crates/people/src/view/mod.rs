//! Lists as people set them up for themselves: filters saved under a name, and the columns they want to see. Each
//! account has its own; what is kept is a query of that very list and nothing else (ADR 0024).

mod api;
mod commands;
mod pages;
pub mod refusals;
mod store;

use db::ReadTx;
use kernel::{AccountId, Actor, Error};
use ui::Req;
use ui::form::Fields;
use ui::list::{COLUMNS, Columns, Desk, List, View};

pub use api::api;
pub use commands::{choose_columns, open_first, remove, rename, save, usual_columns};
pub use store::{Saved, all_of, forget};

kernel::ids! {
    /// A saved view.
    ViewId;
}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    pages::routes()
}

/// Where a request for a list leads.
#[derive(Debug, Clone)]
pub enum Opened {
    /// Here: what stands above the list, and what is shown of it.
    Here(Box<Desk>),
    /// To this address first: the view that the list opens with, or the same page with the columns of whoever looks
    /// named in it, so that the address tells all that is seen and shows another person the same.
    Elsewhere(String),
}

/// What stands above a list for whoever asks for it: two questions at most. Visitors have nothing saved.
///
/// # Errors
/// Of the database.
pub fn open(tx: &mut ReadTx<'_>, req: &Req, actor: &Actor, list: &'static List) -> Result<Opened, Error> {
    let mut desk = Desk::plain(list, req);
    let Some(account) = actor.account else { return Ok(Opened::Here(Box::new(desk))) };
    desk.own = true;
    let asked = Fields::parse(req.query().as_bytes());
    let saved = store::of_list(tx, account, list.path)?;
    // Only a bare address opens the first view: whoever clears the filters asks for `all`.
    let bare = asked.0.iter().all(|(name, _)| name == "lang");
    // A refused form is shown again where it was sent to, and a file is what its address says: an export is approved
    // by its address.
    let leads = req.method == "GET" && asked.get("format").is_none();
    if leads
        && bare
        && let Some(first) = saved.iter().find(|one| one.opens_first)
    {
        return Ok(Opened::Elsewhere(list.address(&first.query)));
    }
    if leads
        && asked.get(COLUMNS).is_none()
        && let Some(columns) = own_columns(tx, account, list)?
    {
        let query = if req.query().is_empty() { String::new() } else { format!("{}&", req.query()) };
        return Ok(Opened::Elsewhere(format!("{}?{query}{COLUMNS}={}", req.path, columns.param())));
    }
    let narrowed = desk.query.split('&').filter(|pair| !pair.starts_with("cols="));
    let narrowed = narrowed.collect::<Vec<_>>().join("&");
    desk.views = saved
        .into_iter()
        .map(|one| View {
            here: one.query == desk.query || one.query == narrowed,
            href: list.address(&one.query),
            first: one.opens_first,
            name: one.name,
        })
        .collect();
    Ok(Opened::Here(Box::new(desk)))
}

/// The columns that an account chose for a list, when they are not the usual ones.
fn own_columns(
    tx: &mut ReadTx<'_>,
    account: AccountId,
    list: &'static List,
) -> Result<Option<Columns>, Error> {
    if list.columns.is_empty() {
        return Ok(None);
    }
    let keys = store::columns_of(tx, account, list.path)?;
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    if keys.is_empty() {
        return Ok(None);
    }
    let columns = Columns::of(list, &keys);
    Ok((!columns.usual()).then_some(columns))
}

/// Opens a list for a page: what stands above it, or the answer that leads elsewhere.
///
/// # Errors
/// Of the database.
pub fn desk(
    app: &ui::App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    list: &'static List,
) -> Result<Result<Box<Desk>, ui::Answer>, Error> {
    Ok(match open(tx, req, actor, list)? {
        Opened::Here(desk) => Ok(desk),
        Opened::Elsewhere(to) => Err(ui::Done::to(to, "").answer(app, req)),
    })
}
