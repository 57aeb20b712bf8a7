//! Questions about summaries and reflections.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Action, Actor, PersonId, Place, Timestamp};

use super::ReflectionState;
use crate::activity::store::scoped;
use crate::{ActivityId, ReflectionId, SessionId};

row! {
    /// The leader's summary of a session.
    pub struct Story { text: String, published_at: Option<Timestamp>, volunteers_may: bool }

    /// A summary that everybody sees.
    pub struct Told { session_id: SessionId, text: String, starts_at: Timestamp, ends_at: Timestamp }

    /// A volunteer's words.
    pub struct Reflection {
        id: ReflectionId, session_id: SessionId, activity_id: ActivityId, person: PersonId, name: String,
        text: String, named: bool, state: ReflectionState, answer: String, changed_at: Timestamp, title: String,
        starts_at: Timestamp, area_path: String, sponsor_path: String,
    }

    /// Words that everybody sees.
    pub struct Heard { id: ReflectionId, name: String, named: bool, text: String, starts_at: Timestamp }
}

impl Reflection {
    /// Where it sits, for [`kernel::can`].
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }

    /// Whether they are somebody's own.
    #[must_use]
    pub fn is_of(&self, person: &Option<PersonId>) -> bool {
        *person == Some(self.person)
    }
}

/// The summary of a session, if one was begun.
///
/// # Errors
/// Of the database.
pub fn story(tx: &mut ReadTx<'_>, id: SessionId) -> Result<Option<Story>, DbError> {
    tx.first(
        sql!("SELECT text, published_at, volunteers_may FROM session_story WHERE session_id = $1"),
        args![id],
    )
}

/// Writes a summary.
///
/// # Errors
/// Of the database.
pub fn put_story(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    activity: ActivityId,
    text: &str,
    publish: bool,
    by: Option<AccountId>,
) -> Result<(), DbError> {
    let now = tx.now();
    let published = publish.then_some(now);
    tx.exec(
        sql!(
            "INSERT INTO session_story (session_id, activity_id, text, published_at, changed_at, changed_by)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (session_id) DO UPDATE SET text = excluded.text, published_at = excluded.published_at,
                changed_at = excluded.changed_at, changed_by = excluded.changed_by"
        ),
        args![session, activity, text, published, now, by],
    )?;
    Ok(())
}

/// Published summaries of an activity, the latest session first.
///
/// # Errors
/// Of the database.
pub fn told_of_activity(tx: &mut ReadTx<'_>, id: ActivityId, limit: i64) -> Result<Vec<Told>, DbError> {
    tx.all(
        sql!(
            "SELECT y.session_id, y.text, s.starts_at, s.ends_at FROM session_story y JOIN session s ON s.id = y.session_id
             WHERE y.activity_id = $1 AND y.published_at IS NOT NULL AND y.text <> ''
             ORDER BY s.starts_at DESC, s.id DESC LIMIT $2"
        ),
        args![id, limit],
    )
}

/// Approved words about an activity, newest first.
///
/// # Errors
/// Of the database.
pub fn heard_of_activity(tx: &mut ReadTx<'_>, id: ActivityId, limit: i64) -> Result<Vec<Heard>, DbError> {
    tx.all(
        sql!(
            "SELECT r.id, p.name, r.named, r.text, s.starts_at FROM reflection r JOIN person p ON p.id = r.person_id
             JOIN session s ON s.id = r.session_id
             WHERE r.activity_id = $1 AND r.state = 'approved' AND p.state IN ('active', 'suspended', 'incomplete')
             ORDER BY r.id DESC LIMIT $2"
        ),
        args![id, limit],
    )
}

/// One's own words about a session.
///
/// # Errors
/// Of the database.
pub fn own(tx: &mut ReadTx<'_>, session: SessionId, person: PersonId) -> Result<Option<Reflection>, DbError> {
    tx.first(
        sql!(
            "SELECT r.id, r.session_id, r.activity_id, r.person_id, p.name, r.text, r.named, r.state, r.answer,
                r.changed_at, a.title, s.starts_at, o.area_path, o.sponsor_path
             FROM reflection r JOIN person p ON p.id = r.person_id JOIN session s ON s.id = r.session_id
             JOIN activity a ON a.id = r.activity_id JOIN org o ON o.id = a.org_id
             WHERE r.session_id = $1 AND r.person_id = $2 AND r.state <> 'withdrawn'"
        ),
        args![session, person],
    )
}

/// Somebody's words.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: ReflectionId) -> Result<Option<Reflection>, DbError> {
    tx.first(
        sql!(
            "SELECT r.id, r.session_id, r.activity_id, r.person_id, p.name, r.text, r.named, r.state, r.answer,
                r.changed_at, a.title, s.starts_at, o.area_path, o.sponsor_path
             FROM reflection r JOIN person p ON p.id = r.person_id JOIN session s ON s.id = r.session_id
             JOIN activity a ON a.id = r.activity_id JOIN org o ON o.id = a.org_id WHERE r.id = $1"
        ),
        args![id],
    )
}

/// Whether somebody attended a session: by the roll or by a record.
///
/// # Errors
/// Of the database.
pub fn was_there(tx: &mut ReadTx<'_>, session: SessionId, person: PersonId) -> Result<bool, DbError> {
    let row: (bool,) = tx.one(
        sql!(
            "SELECT EXISTS (SELECT 1 FROM check_in WHERE session_id = $1 AND person_id = $2 AND undone_at IS NULL)
                OR EXISTS (SELECT 1 FROM sign_up WHERE session_id = $1 AND person_id = $2 AND state = 'attended')"
        ),
        args![session, person],
    )?;
    Ok(row.0)
}

/// Writes one's words; what was there before is replaced and waits again.
///
/// # Errors
/// Of the database.
pub fn put(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    activity: ActivityId,
    person: PersonId,
    text: &str,
    named: bool,
) -> Result<(), DbError> {
    let id: ReflectionId = tx.new_id();
    let now = tx.now();
    tx.exec(
        sql!(
            "INSERT INTO reflection (id, session_id, activity_id, person_id, text, named, state, created_at, changed_at)
             VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7, $8)
             ON CONFLICT (session_id, person_id) WHERE state <> 'withdrawn' DO UPDATE SET text = excluded.text,
                named = excluded.named, state = 'waiting', answer = '', changed_at = excluded.changed_at,
                decided_at = NULL, decided_by = NULL"
        ),
        args![id, session, activity, person, text, named, now, now],
    )?;
    Ok(())
}

/// Decides about the version that was read; `false` when it is another by now.
///
/// # Errors
/// Of the database.
pub fn decide(
    tx: &mut WriteTx<'_>,
    one: &Reflection,
    to: ReflectionState,
    answer: &str,
    by: Option<AccountId>,
) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE reflection SET state = $2, answer = $3, decided_at = $4, decided_by = $5
             WHERE id = $1 AND changed_at = $6 AND state IN ('waiting', 'approved')"
        ),
        args![one.id, to, answer, now, by, one.changed_at],
    )?;
    Ok(touched == 1)
}

/// Takes one's words back; `false` when they were.
///
/// # Errors
/// Of the database.
pub fn withdraw(tx: &mut WriteTx<'_>, id: ReflectionId, person: PersonId) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE reflection SET state = 'withdrawn', changed_at = $3
             WHERE id = $1 AND person_id = $2 AND state <> 'withdrawn'"
        ),
        args![id, person, now],
    )?;
    Ok(touched == 1)
}

/// Takes back all words of somebody whose registration ended; nothing of them is kept.
///
/// # Errors
/// Of the database.
pub fn withdraw_all(tx: &mut WriteTx<'_>, person: PersonId) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!("UPDATE reflection SET state = 'withdrawn', text = '', changed_at = $2 WHERE person_id = $1"),
        args![person, now],
    )?;
    Ok(())
}

/// Words in a state within the actor's scope, oldest first; `after`: the last one seen.
///
/// # Errors
/// Of the database.
pub fn list(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    state: ReflectionState,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<Reflection>, DbError> {
    let mut list = Query::new(
        "SELECT r.id, r.session_id, r.activity_id, r.person_id, p.name, r.text, r.named, r.state, r.answer,
            r.changed_at, a.title, s.starts_at, o.area_path, o.sponsor_path
         FROM reflection r JOIN person p ON p.id = r.person_id JOIN session s ON s.id = r.session_id
         JOIN activity a ON a.id = r.activity_id JOIN org o ON o.id = a.org_id WHERE",
    );
    list.with("r.state = {}", &[&state]);
    scoped(&mut list, actor, Action::ActivityManage);
    list.with_some("AND r.id > {}", after.as_ref());
    list.with("ORDER BY r.id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// How many words of others wait within the actor's scope.
///
/// # Errors
/// Of the database.
pub fn waiting(tx: &mut ReadTx<'_>, actor: &Actor) -> Result<i64, DbError> {
    let mut list = Query::new(
        "SELECT count(*) FROM reflection r JOIN activity a ON a.id = r.activity_id JOIN org o ON o.id = a.org_id
         WHERE r.state = 'waiting'",
    );
    list.with_some("AND r.person_id <> {}", actor.person.as_ref());
    scoped(&mut list, actor, Action::ActivityManage);
    let rows: Vec<(i64,)> = tx.list(&list)?;
    Ok(rows.first().map_or(0, |row| row.0))
}
