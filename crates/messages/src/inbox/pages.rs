//! Pages of the inbox.

use askama::Template;
use axum::extract::{Path, Query, State};
use kernel::error::common;
use kernel::page::Page;
use ui::api::{ACCEPTED, Accepted, After, Api, At, Call, doc};
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

/// A message.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct InboxMessage {
    id: MessageId,
    kind: String,
    title: String,
    text: String,
    /// Where it leads, or empty.
    href: String,
    created_at: kernel::Timestamp,
    read_at: Option<kernel::Timestamp>,
}

/// A page of the inbox.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct Inbox {
    /// How many are not read yet, in all.
    unread: i64,
    items: Vec<InboxMessage>,
    next: Option<String>,
}

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/inbox",
            doc("listInbox", "The caller's messages, newest first.", "本人的消息，最新的在前。"),
            inbox,
        )
        .post(
            "/api/v1/inbox/read",
            doc("readMessages", "Marks everything up to a message as read.", "将某条及以前的消息标为已读。"),
            mark_all,
        )
        .post(
            "/api/v1/inbox/{id}/read",
            doc("readMessage", "Marks one message as read.", "将一条消息标为已读。"),
            mark_one,
        )
}

/// Up to where the caller has read.
#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReadUpTo {
    /// The newest message that was seen.
    upto: MessageId,
}

/// How many messages were marked.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct MessagesRead {
    marked: u64,
}

fn mark_all(
    _: &App,
    tx: &mut db::WriteTx<'_>,
    actor: &kernel::Actor,
    call: &Call<(), (), ReadUpTo>,
) -> Result<MessagesRead, kernel::Error> {
    let mine = mine(actor)?;
    Ok(MessagesRead { marked: store::message_read_all(tx, mine, call.body.upto)? })
}

fn mark_one(
    _: &App,
    tx: &mut db::WriteTx<'_>,
    actor: &kernel::Actor,
    call: &Call<At<MessageId>>,
) -> Result<Accepted, kernel::Error> {
    let mine = mine(actor)?;
    store::message_read(tx, mine, call.path.id)?.ok_or(&common::NOT_FOUND)?;
    Ok(ACCEPTED)
}

fn inbox(
    _: &App,
    tx: &mut db::ReadTx<'_>,
    actor: &kernel::Actor,
    call: &Call<(), After>,
) -> Result<Inbox, kernel::Error> {
    let (mine, lang) = (mine(actor)?, call.req.lang);
    let page = store::message_list(tx, mine, call.query.after.parse().ok())?;
    Ok(Inbox {
        unread: store::message_unread(tx, mine)?,
        next: page.next,
        items: page
            .rows
            .into_iter()
            .map(|one| InboxMessage {
                id: one.id,
                title: one.title(&lang).to_owned(),
                text: one.text(&lang).to_owned(),
                kind: one.kind,
                href: one.href,
                created_at: one.created_at,
                read_at: one.read_at,
            })
            .collect(),
    })
}
