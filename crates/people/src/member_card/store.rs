//! Questions about cards. A scope is part of each: people at home in the actor's area, members of the actor's teams, and
//! those who confirmed that they report in for the actor's unit.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::page::Page;
use kernel::{AccountId, Action, Actor, Grant, OrgId, PersonId, Role, Timestamp};

use super::{CardId, CardState};
use crate::org::scope::{OrgAs, within};
use crate::person::PersonState;

/// Rows of a page.
pub const ROWS: i64 = 50;
/// Rows of an export.
pub const ALL_ROWS: i64 = 5_000;

row! {
    /// A card.
    pub struct Card {
        id: CardId, person: PersonId, name: String, volunteer_no: String, home_name: String, card_no: i64,
        current_no: i64, state: CardState, printed_at: Option<Timestamp>, printed_by: Option<String>,
        issued_at: Option<Timestamp>, issued_by: Option<String>, ended_at: Option<Timestamp>,
        ended_by: Option<String>, note: String,
    }
    /// Somebody for whom a card may be printed.
    pub struct Holder {
        id: PersonId, name: String, volunteer_no: String, home_name: String, state: PersonState, card_no: i64,
        card: Option<CardId>, card_state: Option<CardState>,
    }
    /// An organisation to narrow by.
    pub struct OrgName { id: OrgId, name: String }
}

impl Card {
    /// What is printed on it: the volunteer number and the number of the card.
    #[must_use]
    pub fn number(&self) -> String {
        format!("{}-{}", self.volunteer_no, self.card_no)
    }
}

/// Adds `( … )`: whether the person `p` at home in `o` belongs to one of these homes, teams or units.
fn among(query: &mut Query, homes: &[&Grant], teams: &[&Grant]) {
    query.push("(");
    within(query, homes, OrgAs::O);
    query.push(
        "OR EXISTS (SELECT 1 FROM member m JOIN org t ON t.id = m.org_id WHERE m.person_id = p.id
            AND m.state = 'member' AND",
    );
    within(query, teams, OrgAs::T);
    query.push(
        ") OR EXISTS (SELECT 1 FROM report_in r JOIN org n ON n.id = r.unit_id WHERE r.person_id = p.id
            AND r.state = 'confirmed' AND",
    );
    within(query, teams, OrgAs::N);
    query.push("))");
}

/// Adds the actor's own part of the city.
fn own(query: &mut Query, actor: &Actor) {
    query.push("AND");
    among(query, &actor.scopes(Action::PersonRegister), &actor.scopes(Action::TeamManage));
}

/// Adds the people of one organisation, where one is asked for.
fn of_org(query: &mut Query, org: Option<&crate::org::Org>) {
    if let Some(org) = org {
        let part = Grant {
            role: Role::Station,
            org: org.id,
            area_path: org.area_path.clone(),
            sponsor_path: org.sponsor_path.clone(),
            org_name: String::new(),
        };
        query.push("AND");
        among(query, &[&part], &[&part]);
    }
}

/// Adds people whose name begins so, or whose number it is.
fn called(query: &mut Query, words: &str) {
    let words = words.trim();
    if !words.is_empty() {
        let end = format!("{words}\u{10FFFF}");
        query.with("AND (p.volunteer_no = {} OR (p.name >= {} AND p.name < {}))", &[&words, &words, &end]);
    }
}

macro_rules! card_columns {
    () => {
        "SELECT c.id, c.person_id, p.name, p.volunteer_no, o.name, c.card_no, p.card_no, c.state, c.printed_at, x.name,
            c.issued_at, y.name, c.ended_at, z.name, c.note
         FROM member_card c JOIN person p ON p.id = c.person_id JOIN org o ON o.id = p.home_org
         LEFT JOIN account x ON x.id = c.printed_by LEFT JOIN account y ON y.id = c.issued_by
         LEFT JOIN account z ON z.id = c.ended_by WHERE "
    };
}

/// Cards of people who are still registered.
const THERE: &str =
    concat!(card_columns!(), "p.state NOT IN ('closed', 'deceased') AND ", crate::person_shown!());

/// What narrows the register.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In this state.
    pub state: Option<CardState>,
    /// Of the people of this organisation.
    pub org: Option<crate::org::Org>,
    /// Beginning of a name, or a volunteer number.
    pub q: String,
    /// The last id seen.
    pub after: String,
}

/// Cards that the actor looks after, latest first.
///
/// # Errors
/// Of the database.
pub fn list(tx: &mut ReadTx<'_>, actor: &Actor, filter: &Filter, rows: i64) -> Result<Page<Card>, DbError> {
    let mut query = Query::new(THERE);
    own(&mut query, actor);
    of_org(&mut query, filter.org.as_ref());
    called(&mut query, &filter.q);
    query.with_some("AND c.state = {}", filter.state.as_ref());
    if let Ok(last) = filter.after.parse::<i64>() {
        query.with("AND c.id < {}", &[&last]);
    }
    query.with("ORDER BY c.id DESC LIMIT {}", &[&(rows + 1)]);
    let found = tx.list(&query)?;
    Ok(Page::cut(found, usize::try_from(rows).unwrap_or(50), |one: &Card| one.id.to_string()))
}

/// These cards, as far as the actor looks after them, in the order of their people.
///
/// # Errors
/// Of the database.
pub fn these(tx: &mut ReadTx<'_>, actor: &Actor, ids: &[CardId]) -> Result<Vec<Card>, DbError> {
    let mut query = Query::new(THERE);
    own(&mut query, actor);
    query.push("AND c.id IN (0");
    for id in ids {
        query.with(", {}", &[id]);
    }
    query.push(") ORDER BY p.id, c.id");
    tx.list(&query)
}

/// Cards of a person, latest first.
///
/// # Errors
/// Of the database.
pub fn of_person(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<Card>, DbError> {
    tx.all(sql!(concat!(card_columns!(), "c.person_id = $1 ORDER BY c.id DESC LIMIT 100")), args![person])
}

/// How many cards of the actor's people wait to be handed out, and whose is the first.
///
/// # Errors
/// Of the database.
pub fn waiting(tx: &mut ReadTx<'_>, actor: &Actor) -> Result<(i64, Option<String>), DbError> {
    let mut query = Query::new(
        "SELECT count(*), min(p.name) FROM member_card c JOIN person p ON p.id = c.person_id
         JOIN org o ON o.id = p.home_org WHERE c.state = 'printed' AND p.state NOT IN ('closed', 'deceased')",
    );
    own(&mut query, actor);
    let rows: Vec<(i64, Option<String>)> = tx.list(&query)?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

/// What people to print for are narrowed by.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Of this organisation.
    pub org: Option<crate::org::Org>,
    /// Who have no card in use.
    pub without: bool,
    /// Beginning of a name, or a volunteer number.
    pub q: String,
    /// The last id seen.
    pub after: String,
}

macro_rules! holder_columns {
    () => {
        "SELECT p.id, p.name, p.volunteer_no, o.name, p.state, p.card_no, c.id, c.state
         FROM person p JOIN org o ON o.id = p.home_org
         LEFT JOIN member_card c ON c.person_id = p.id AND c.state IN ('printed', 'issued') WHERE "
    };
}

/// Registered volunteers whom the actor looks after, in the order of their registration.
///
/// # Errors
/// Of the database.
pub fn people(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    wanted: &Wanted,
    rows: i64,
) -> Result<Page<Holder>, DbError> {
    let mut query = Query::new(concat!(holder_columns!(), "p.state = 'active' AND ", crate::person_shown!()));
    own(&mut query, actor);
    of_org(&mut query, wanted.org.as_ref());
    called(&mut query, &wanted.q);
    if wanted.without {
        query.push("AND c.id IS NULL");
    }
    if let Ok(last) = wanted.after.parse::<i64>() {
        query.with("AND p.id > {}", &[&last]);
    }
    query.with("ORDER BY p.id LIMIT {}", &[&(rows + 1)]);
    let found = tx.list(&query)?;
    Ok(Page::cut(found, usize::try_from(rows).unwrap_or(50), |one: &Holder| one.id.to_string()))
}

/// These people, as far as the actor looks after them.
///
/// # Errors
/// Of the database.
pub fn holders(tx: &mut ReadTx<'_>, actor: &Actor, ids: &[PersonId]) -> Result<Vec<Holder>, DbError> {
    let mut query = Query::new(concat!(holder_columns!(), crate::person_shown!()));
    own(&mut query, actor);
    query.push("AND p.id IN (0");
    for id in ids {
        query.with(", {}", &[id]);
    }
    query.push(") ORDER BY p.id");
    tx.list(&query)
}

/// Organisations to narrow by, of those that the actor looks after.
///
/// # Errors
/// Of the database.
pub fn orgs(tx: &mut ReadTx<'_>, actor: &Actor) -> Result<Vec<OrgName>, DbError> {
    let mut query = Query::new("SELECT o.id, o.name FROM org o WHERE o.state <> 'closed' AND");
    within(&mut query, &actor.scopes(Action::TeamManage), OrgAs::O);
    query.push("ORDER BY o.area_path, o.id LIMIT 300");
    tx.list(&query)
}

/// The number that counts for a person, and the card in use.
///
/// # Errors
/// Of the database.
pub(super) fn present(
    tx: &mut ReadTx<'_>,
    person: PersonId,
) -> Result<Option<(i64, Option<CardId>)>, DbError> {
    tx.first(
        sql!(
            "SELECT p.card_no, (SELECT c.id FROM member_card c WHERE c.person_id = p.id
                AND c.state IN ('printed', 'issued')) FROM person p WHERE p.id = $1"
        ),
        args![person],
    )
}

/// A card, whoever asks.
///
/// # Errors
/// Of the database.
pub(super) fn find(tx: &mut ReadTx<'_>, id: CardId) -> Result<Option<Card>, DbError> {
    tx.first(sql!(concat!(card_columns!(), "c.id = $1")), args![id])
}

/// Writes a card that was printed now.
///
/// # Errors
/// Of the database.
pub(super) fn insert(
    tx: &mut WriteTx<'_>,
    person: PersonId,
    card_no: i64,
    by: Option<AccountId>,
) -> Result<CardId, DbError> {
    let (id, now): (CardId, _) = (tx.new_id(), tx.now());
    tx.exec_one(
        sql!(
            "INSERT INTO member_card (id, person_id, card_no, state, printed_at, printed_by)
             VALUES ($1, $2, $3, 'printed', $4, $5)"
        ),
        args![id, person, card_no, now, by],
    )?;
    Ok(id)
}

/// Writes that a card was lost of which the register knows nothing.
///
/// # Errors
/// Of the database.
pub(super) fn insert_lost(
    tx: &mut WriteTx<'_>,
    person: PersonId,
    card_no: i64,
    by: Option<AccountId>,
    note: &str,
) -> Result<CardId, DbError> {
    let (id, now): (CardId, _) = (tx.new_id(), tx.now());
    tx.exec_one(
        sql!(
            "INSERT INTO member_card (id, person_id, card_no, state, ended_at, ended_by, note)
             VALUES ($1, $2, $3, 'lost', $4, $5, $6)"
        ),
        args![id, person, card_no, now, by, note],
    )?;
    Ok(id)
}

/// The sheet was printed again: the paper got stuck, or was spoiled before it was cut.
///
/// # Errors
/// Of the database.
pub(super) fn printed_again(tx: &mut WriteTx<'_>, id: CardId, by: Option<AccountId>) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!("UPDATE member_card SET printed_at = $2, printed_by = $3 WHERE id = $1"),
        args![id, now, by],
    )
}

/// Notes that a card is with its owner.
///
/// # Errors
/// Of the database.
pub(super) fn set_issued(tx: &mut WriteTx<'_>, id: CardId, by: Option<AccountId>) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!("UPDATE member_card SET state = 'issued', issued_at = $2, issued_by = $3 WHERE id = $1"),
        args![id, now, by],
    )
}

/// Notes how a card ended.
///
/// # Errors
/// Of the database.
pub(super) fn set_ended(
    tx: &mut WriteTx<'_>,
    id: CardId,
    to: CardState,
    by: Option<AccountId>,
    note: &str,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!("UPDATE member_card SET state = $2, ended_at = $3, ended_by = $4, note = $5 WHERE id = $1"),
        args![id, to, now, by, note],
    )
}

/// Sets the number that counts for a person from now on.
///
/// # Errors
/// Of the database.
pub(super) fn set_number(tx: &mut WriteTx<'_>, person: PersonId, card_no: i64) -> Result<(), DbError> {
    tx.exec_one(sql!("UPDATE person SET card_no = $2 WHERE id = $1"), args![person, card_no])
}

/// Forgets the cards of somebody who is erased.
///
/// # Errors
/// Of the database.
pub(crate) fn forget(tx: &mut WriteTx<'_>, person: PersonId) -> Result<(), DbError> {
    tx.exec(sql!("DELETE FROM member_card WHERE person_id = $1"), args![person])?;
    Ok(())
}
