//! SQL of the inbox.

use db::{DbError, ReadTx, WriteTx, args, row, sql};
use kernel::page::{PAGE_ROWS, Page};
use kernel::{Lang, PersonId, Timestamp};

use crate::MessageId;

row! {
    /// A message.
    pub struct Message {
        id: MessageId, kind: String, title_zh: String, title_en: String, text_zh: String, text_en: String,
        href: String, created_at: Timestamp, read_at: Option<Timestamp>,
    }
}

impl Message {
    /// Its title in a language.
    #[must_use]
    pub fn title(&self, lang: &Lang) -> &str {
        lang.t(&self.title_zh, &self.title_en)
    }

    /// Its text in a language.
    #[must_use]
    pub fn text(&self, lang: &Lang) -> &str {
        lang.t(&self.text_zh, &self.text_en)
    }
}

/// A message to write: pairs are Chinese and English.
#[derive(Debug, Clone)]
pub struct Text<'a> {
    /// Stable code of the kind.
    pub kind: &'a str,
    /// One line.
    pub title: (&'a str, &'a str),
    /// The whole of it.
    pub text: (&'a str, &'a str),
    /// Where one sees more.
    pub href: &'a str,
}

/// Puts a message into somebody's inbox.
///
/// # Errors
/// Of the database.
pub fn message_put(tx: &mut WriteTx<'_>, to: PersonId, text: &Text<'_>) -> Result<MessageId, DbError> {
    let id: MessageId = tx.new_id();
    let now = tx.now();
    tx.exec_later(
        sql!(
            "INSERT INTO message (id, person_id, kind, title_zh, title_en, text_zh, text_en, href, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        ),
        args![id, to, text.kind, text.title.0, text.title.1, text.text.0, text.text.1, text.href, now],
    )?;
    Ok(id)
}

/// A page of a person's messages, newest first, continued before `after`.
///
/// # Errors
/// Of the database.
pub fn message_list(
    tx: &mut ReadTx<'_>,
    person: PersonId,
    after: Option<MessageId>,
) -> Result<Page<Message>, DbError> {
    let before = after.unwrap_or(MessageId(i64::MAX));
    let rows = tx.all(
        sql!(
            "SELECT id, kind, title_zh, title_en, text_zh, text_en, href, created_at, read_at
             FROM message WHERE person_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
        ),
        args![person, before, PAGE_ROWS + 1],
    )?;
    Ok(Page::cut(rows, usize::try_from(PAGE_ROWS).unwrap_or(20), |row: &Message| row.id.to_string()))
}

/// How many messages a person has not read.
///
/// # Errors
/// Of the database.
pub fn message_unread(tx: &mut ReadTx<'_>, person: PersonId) -> Result<i64, DbError> {
    let (count,): (i64,) =
        tx.one(sql!("SELECT count(*) FROM message WHERE person_id = $1 AND read_at IS NULL"), args![person])?;
    Ok(count)
}

/// Notes that the person has read one message; where it leads, or `None` when it is not theirs.
///
/// # Errors
/// Of the database.
pub fn message_read(
    tx: &mut WriteTx<'_>,
    person: PersonId,
    id: MessageId,
) -> Result<Option<String>, DbError> {
    let now = tx.now();
    let found: Option<(String,)> = tx.first(
        sql!(
            "UPDATE message SET read_at = COALESCE(read_at, $1) WHERE id = $2 AND person_id = $3 RETURNING href"
        ),
        args![now, id, person],
    )?;
    Ok(found.map(|(href,)| href))
}

/// Notes that the person has read everything up to a message. Returns how many that was.
///
/// # Errors
/// Of the database.
pub fn message_read_all(tx: &mut WriteTx<'_>, person: PersonId, upto: MessageId) -> Result<u64, DbError> {
    let now = tx.now();
    tx.exec(
        sql!("UPDATE message SET read_at = $1 WHERE person_id = $2 AND read_at IS NULL AND id <= $3"),
        args![now, person, upto],
    )
}
