//! The inbox: what the program has to say to one person, in both languages, kept until it was read.

pub mod pages;
pub mod store;

use axum::routing::{get, post};
use db::ReadTx;
use kernel::{Actor, Error, Lang};
use ui::{App, TaskItem};

pub use pages::api;

/// Pages and API of this subject.
pub fn routes() -> axum::Router<App> {
    axum::Router::new()
        .route("/inbox", get(pages::list))
        .route("/inbox/read", post(pages::read_all))
        .route("/inbox/{id}/read", post(pages::read))
}

/// Unread messages, as one item.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    let Some(mine) = store::To::of(actor) else { return Ok(Vec::new()) };
    let unread = store::message_unread(tx, mine)?;
    if unread == 0 {
        return Ok(Vec::new());
    }
    Ok(vec![TaskItem {
        title: lang.f("{} 条未读消息", "{} unread messages", &[&unread]),
        detail: String::new(),
        href: "/inbox".to_owned(),
        action: lang.t("查看", "Read").to_owned(),
        due: None,
        count: unread,
    }])
}
