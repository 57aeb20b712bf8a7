//! SQL of the inbox.

use db::{DbError, ReadTx, WriteTx, args, row, sql};
use kernel::page::{PAGE_ROWS, Page};
use kernel::{AccountId, Actor, Lang, PersonId, Timestamp};

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

/// Whose inbox it is: staff whose account is no person have one too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum To {
    /// A person, whatever account they have.
    Person(PersonId),
    /// An account without a person.
    Account(AccountId),
}

impl To {
    /// The inbox of whoever acts; `None` for a visitor.
    #[must_use]
    pub fn of(actor: &Actor) -> Option<Self> {
        actor.person.map(Self::Person).or(actor.account.map(Self::Account))
    }

    /// The inbox behind an account.
    #[must_use]
    pub fn account(account: AccountId, person: Option<PersonId>) -> Self {
        person.map_or(Self::Account(account), Self::Person)
    }

    const fn person_id(self) -> Option<PersonId> {
        match self {
            Self::Person(id) => Some(id),
            Self::Account(_) => None,
        }
    }

    const fn account_id(self) -> Option<AccountId> {
        match self {
            Self::Person(_) => None,
            Self::Account(id) => Some(id),
        }
    }
}

/// How a message may travel outside the inbox.
#[derive(Debug, Clone, Copy, Default)]
pub struct How {
    /// Not held back in quiet hours.
    pub urgent: bool,
    /// When it stops being of use outside the inbox.
    pub useful_until: Option<Timestamp>,
}

/// Puts a message into a person's inbox.
///
/// # Errors
/// Of the database.
pub fn message_put(tx: &mut WriteTx<'_>, to: PersonId, text: &Text<'_>) -> Result<MessageId, DbError> {
    message_send(tx, To::Person(to), text, How::default())
}

/// Puts a message into an inbox, from where it also goes where its owner wishes.
///
/// # Errors
/// Of the database.
pub fn message_send(tx: &mut WriteTx<'_>, to: To, text: &Text<'_>, how: How) -> Result<MessageId, DbError> {
    let id: MessageId = tx.new_id();
    let now = tx.now();
    let (person, account, until) = (to.person_id(), to.account_id(), how.useful_until.unwrap_or_default());
    tx.exec_later(
        sql!(
            "INSERT INTO message (id, person_id, account_id, kind, title_zh, title_en, text_zh, text_en, href,
                urgent, useful_until, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        ),
        args![
            id,
            person,
            account,
            text.kind,
            text.title.0,
            text.title.1,
            text.text.0,
            text.text.1,
            text.href,
            how.urgent,
            until,
            now
        ],
    )?;
    Ok(id)
}

/// Claims the right to say something to somebody: `true` once for a reason, an object, an occasion (`stamp`) and a
/// receiver, however often and from wherever it is asked.
///
/// # Errors
/// Of the database.
pub fn once_claim(
    tx: &mut WriteTx<'_>,
    reason: &str,
    object: i64,
    stamp: i64,
    to: Option<To>,
) -> Result<bool, DbError> {
    let now = tx.now();
    let person = to.and_then(To::person_id).unwrap_or(PersonId(0));
    let account = to.and_then(To::account_id).unwrap_or(AccountId(0));
    Ok(tx.exec(
        sql!(
            "INSERT INTO message_once (reason, object_id, stamp, person_id, account_id, at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (reason, object_id, stamp, person_id, account_id) DO NOTHING"
        ),
        args![reason, object, stamp, person, account, now],
    )? == 1)
}

/// A page of an inbox, newest first, continued before `after`.
///
/// # Errors
/// Of the database.
pub fn message_list(tx: &mut ReadTx<'_>, of: To, after: Option<MessageId>) -> Result<Page<Message>, DbError> {
    let before = after.unwrap_or(MessageId(i64::MAX));
    let rows = match of {
        To::Person(person) => tx.all(
            sql!(
                "SELECT id, kind, title_zh, title_en, text_zh, text_en, href, created_at, read_at
                 FROM message WHERE person_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
            ),
            args![person, before, PAGE_ROWS + 1],
        )?,
        To::Account(account) => tx.all(
            sql!(
                "SELECT id, kind, title_zh, title_en, text_zh, text_en, href, created_at, read_at
                 FROM message WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
            ),
            args![account, before, PAGE_ROWS + 1],
        )?,
    };
    Ok(Page::cut(rows, usize::try_from(PAGE_ROWS).unwrap_or(20), |row: &Message| row.id.to_string()))
}

/// How many messages of an inbox were not read.
///
/// # Errors
/// Of the database.
pub fn message_unread(tx: &mut ReadTx<'_>, of: To) -> Result<i64, DbError> {
    let (count,): (i64,) = match of {
        To::Person(person) => tx.one(
            sql!("SELECT count(*) FROM message WHERE person_id = $1 AND read_at IS NULL"),
            args![person],
        )?,
        To::Account(account) => tx.one(
            sql!("SELECT count(*) FROM message WHERE account_id = $1 AND read_at IS NULL"),
            args![account],
        )?,
    };
    Ok(count)
}

/// Notes that one message was read; where it leads, or `None` when it is not of this inbox.
///
/// # Errors
/// Of the database.
pub fn message_read(tx: &mut WriteTx<'_>, of: To, id: MessageId) -> Result<Option<String>, DbError> {
    let now = tx.now();
    // Ids of people begin at 1: 0 stands for "the other kind".
    let person = of.person_id().unwrap_or(PersonId(0));
    let account = of.account_id().unwrap_or(AccountId(0));
    let found: Option<(String,)> = tx.first(
        sql!(
            "UPDATE message SET read_at = COALESCE(read_at, $1)
             WHERE id = $2 AND (person_id = $3 OR account_id = $4) RETURNING href"
        ),
        args![now, id, person, account],
    )?;
    Ok(found.map(|(href,)| href))
}

/// Notes that everything up to a message was read. Returns how many that was.
///
/// # Errors
/// Of the database.
pub fn message_read_all(tx: &mut WriteTx<'_>, of: To, upto: MessageId) -> Result<u64, DbError> {
    let now = tx.now();
    match of {
        To::Person(person) => tx.exec(
            sql!("UPDATE message SET read_at = $1 WHERE person_id = $2 AND read_at IS NULL AND id <= $3"),
            args![now, person, upto],
        ),
        To::Account(account) => tx.exec(
            sql!("UPDATE message SET read_at = $1 WHERE account_id = $2 AND read_at IS NULL AND id <= $3"),
            args![now, account, upto],
        ),
    }
}

/// Forgets occasions that cannot come again.
///
/// # Errors
/// Of the database.
pub fn once_purge(tx: &mut WriteTx<'_>) -> Result<(), DbError> {
    let before = Timestamp(tx.now().0 - 120 * kernel::time::DAY_MS);
    tx.exec(sql!("DELETE FROM message_once WHERE at < $1"), args![before])?;
    Ok(())
}
