//! Pages of the inbox.

use askama::Template;
use axum::extract::{Path, Query, State};
use kernel::error::common;
use kernel::page::Page;
use ui::{Answer, App, Done, Fields, Req, Shell};

use super::store::{self, Message, To};
use crate::MessageId;

/// The inbox of whoever is signed in.
fn mine(actor: &kernel::Actor) -> Result<To, kernel::Error> {
    actor.account()?;
    To::of(actor).ok_or_else(|| (&common::SIGN_IN).into())
}

/// How a list is continued.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct Filter {
    after: Option<String>,
}

impl Filter {
    fn after(&self) -> Option<MessageId> {
        self.after.as_deref().and_then(|text| text.parse().ok())
    }
}

#[derive(Template)]
#[template(path = "inbox/list.html")]
struct ListPage {
    shell: Shell,
    page: Page<Message>,
    unread: i64,
    /// The newest message shown, so that "all read" spares one that arrives meanwhile.
    newest: Option<MessageId>,
    more: Option<String>,
}

/// `GET /inbox`: one's messages, newest first.
pub async fn list(State(app): State<App>, req: Req, Query(filter): Query<Filter>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let mine = mine(actor)?;
        let (page, unread) =
            (store::message_list(tx, mine, filter.after())?, store::message_unread(tx, mine)?);
        let list = ListPage {
            shell: a.shell(req, actor, req.lang.t("消息", "Messages")),
            unread,
            newest: page.rows.first().map(|one| one.id),
            more: page.next.as_ref().map(|next| format!("/inbox?after={next}")),
            page,
        };
        ui::answer::html(&a, req, &list)
    })
    .await
}

/// `POST /inbox/read`: everything up to the field `upto` was read.
pub async fn read_all(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    app.command(req, fields, |tx, req, actor, fields| {
        let mine = mine(actor)?;
        let upto = fields.text("upto").parse().unwrap_or(MessageId(0));
        let count = store::message_read_all(tx, mine, upto)?;
        Ok(Done::to("/inbox", req.lang.f("{} 条消息已读", "{} messages marked as read", &[&count])))
    })
    .await
}

/// `POST /inbox/{id}/read`: one message was read; goes where it leads.
pub async fn read(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, _, actor, _| {
        let mine = mine(actor)?;
        let id: MessageId = id.parse().map_err(|_| kernel::Error::from(&common::NOT_FOUND))?;
        let href = store::message_read(tx, mine, id)?.ok_or(&common::NOT_FOUND)?;
        Ok(Done::to(if href.is_empty() { "/inbox".to_owned() } else { href }, ""))
    })
    .await
}

#[derive(serde::Serialize)]
struct Item {
    id: MessageId,
    kind: String,
    title: String,
    text: String,
    href: String,
    created_at: kernel::Timestamp,
    read_at: Option<kernel::Timestamp>,
}

#[derive(serde::Serialize)]
struct List {
    unread: i64,
    messages: Vec<Item>,
    next: Option<String>,
}

/// `GET /api/v1/inbox`: the same for programs.
pub async fn api_list(State(app): State<App>, req: Req, Query(filter): Query<Filter>) -> Answer {
    app.api_read(req, move |tx, req, actor| {
        let mine = mine(actor)?;
        let page = store::message_list(tx, mine, filter.after())?;
        Ok(List {
            unread: store::message_unread(tx, mine)?,
            next: page.next,
            messages: page
                .rows
                .into_iter()
                .map(|one| Item {
                    id: one.id,
                    title: one.title(&req.lang).to_owned(),
                    text: one.text(&req.lang).to_owned(),
                    kind: one.kind,
                    href: one.href,
                    created_at: one.created_at,
                    read_at: one.read_at,
                })
                .collect(),
        })
    })
    .await
}
