//! Questions about people, one function each. Rows of unpublished imports are in none of the answers.

use db::{DbError, FromRow as _, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{Action, Actor, Date, Error, Grant, OrgId, PersonId, Timestamp};
use roster::clean::IdDocument;
use vault::{BlindIndex, Vault};

use crate::guardian::Guard;
use crate::org::scope::{OrgAs, within};
use crate::person_shown;

use super::{Assurance, Gender, NotMeId, PersonState, SHOWN, Source, number, rules};

pub(super) const ID_FIELD: &str = "person.id_number";
pub(super) const PHONE_FIELD: &str = "person.phone";
const PHONE_INDEX: &str = "phone";
const CONTACT_FIELD: &str = "not_me.contact";

/// Most rows of an export.
pub(super) const EXPORT_ROWS: i64 = 20_000;

row! {
    /// A person without what is encrypted.
    pub struct Person {
        id: PersonId, volunteer_no: String, name: String, name_key: String, initials: String, gender: Gender,
        birth_on: Option<Date>, id_kind: String, home_org: OrgId, home_name: String, area_path: String,
        sponsor_path: String, address: String, employer: String, note: String, state: PersonState,
        assurance: Assurance, rank_public: bool, card_no: i64, source: Source, joined_on: Option<Date>,
        created_at: Timestamp, claimed_at: Option<Timestamp>, version: i64,
    }
    /// The encrypted fields of a person.
    pub struct Sealed { id_enc: Option<Vec<u8>>, phone_enc: Option<Vec<u8>> }
    /// A person in one line.
    pub struct Brief {
        id: PersonId, volunteer_no: String, name: String, state: PersonState, birth_on: Option<Date>,
        home_org: OrgId, home_name: String,
    }
    /// A person whose row is held by this transaction.
    pub struct Locked {
        state: PersonState, birth_on: Option<Date>, home_org: OrgId, name: String, documented: bool, guard: Guard,
    }
    /// A line of the list.
    pub struct ListRow {
        id: PersonId, volunteer_no: String, name: String, name_key: String, state: PersonState,
        home_name: String, gender: Gender, birth_on: Option<Date>, phone_enc: Option<Vec<u8>>,
        joined_on: Option<Date>, assurance: Assurance, employer: String,
    }
    /// Who owns an identity document.
    pub struct Owner { id: PersonId, name: String, state: PersonState, phone_index: Option<Vec<u8>>, phone_enc: Option<Vec<u8>> }
    /// A team of a person.
    pub struct Membership { org: OrgId, org_name: String, state: String, joined_on: Option<Date>, left_on: Option<Date> }
    /// Somebody for whom something is printed.
    pub struct ForPrint {
        id: PersonId, volunteer_no: String, name: String, state: PersonState, home_name: String, card_no: i64,
    }
    /// An objection.
    pub struct Objection {
        id: NotMeId, person: PersonId, volunteer_no: String, name: String, home_name: String, at: Timestamp,
        state_before: PersonState, text: String, contact_enc: Option<Vec<u8>>, area_path: String, sponsor_path: String,
        state: String,
    }
}

impl Sealed {
    /// The number of the identity document. Whoever shows it whole must note it in the audit log (X6).
    ///
    /// # Errors
    /// When it cannot be decrypted, which is a defect.
    pub fn id_number(&self, vault: &Vault) -> Result<Option<String>, Error> {
        open(vault, ID_FIELD, self.id_enc.as_deref())
    }

    /// The phone.
    ///
    /// # Errors
    /// When it cannot be decrypted, which is a defect.
    pub fn phone(&self, vault: &Vault) -> Result<Option<String>, Error> {
        open(vault, PHONE_FIELD, self.phone_enc.as_deref())
    }
}

fn open(vault: &Vault, field: &str, value: Option<&[u8]>) -> Result<Option<String>, Error> {
    value
        .map(|value| vault.fields.decrypt_text(field, value))
        .transpose()
        .map_err(|e| Error::bug(format!("{field}: {e}")))
}

/// The phone in a list row.
pub(super) fn open_phone(vault: &Vault, value: Option<&[u8]>) -> Result<Option<String>, Error> {
    open(vault, PHONE_FIELD, value)
}

/// What the sender of an objection left to be called back.
pub(super) fn open_contact(vault: &Vault, value: Option<&[u8]>) -> Result<Option<String>, Error> {
    open(vault, CONTACT_FIELD, value)
}

/// The sealed form of [`open_contact`].
pub(super) fn seal_contact(vault: &Vault, text: &str) -> Option<Vec<u8>> {
    (!text.is_empty()).then(|| vault.fields.encrypt(CONTACT_FIELD, text.as_bytes()))
}

/// The blind index of an identity document, as in `person.id_index` and `person_alias.id_index`.
#[must_use]
pub fn id_index(vault: &Vault, document: &IdDocument) -> BlindIndex {
    vault.indexes.index(ID_FIELD, document.number.as_bytes())
}

/// The blind index of a phone in any of the forms people type.
#[must_use]
pub fn phone_index(vault: &Vault, phone: &str) -> BlindIndex {
    let clean = roster::clean::phone(phone).unwrap_or_else(|_| phone.trim().to_owned());
    vault.indexes.index(PHONE_INDEX, clean.as_bytes())
}

macro_rules! person_columns {
    () => {
        "SELECT p.id, p.volunteer_no, p.name, p.name_key, p.initials, p.gender, p.birth_on, p.id_kind, p.home_org,
            COALESCE(o.name, ''), COALESCE(o.area_path, ''), COALESCE(o.sponsor_path, ''), p.address, p.employer,
            p.note, p.state, p.assurance, p.rank_public, p.card_no, p.source, p.joined_on, p.created_at,
            p.claimed_at, p.version
         FROM person p LEFT JOIN org o ON o.id = p.home_org WHERE "
    };
}

macro_rules! brief_columns {
    () => {
        "SELECT p.id, p.volunteer_no, p.name, p.state, p.birth_on, p.home_org, COALESCE(o.name, '')
         FROM person p LEFT JOIN org o ON o.id = p.home_org WHERE "
    };
}

/// A person.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Option<Person>, DbError> {
    tx.first(sql!(concat!(person_columns!(), "p.id = $1 AND ", person_shown!())), args![person])
}

/// A person in one line.
///
/// # Errors
/// Of the database.
pub fn brief(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Option<Brief>, DbError> {
    tx.first(sql!(concat!(brief_columns!(), "p.id = $1 AND ", person_shown!())), args![person])
}

/// The people on a phone (several: Fix-23), whatever their state but closed and deceased.
///
/// # Errors
/// Of the database.
pub fn by_phone(tx: &mut ReadTx<'_>, vault: &Vault, phone: &str) -> Result<Vec<Brief>, DbError> {
    let index = phone_index(vault, phone);
    tx.all(
        sql!(concat!(
            brief_columns!(),
            "p.id IN (SELECT f.person_id FROM person_phone f WHERE f.phone_index = $1) AND p.state NOT IN ('closed', 'deceased') AND ",
            person_shown!(),
            " ORDER BY p.name_key, p.id LIMIT 20"
        )),
        args![index.as_bytes()],
    )
}

/// People with this very name whose phone ends with these digits. Phones are encrypted, so that namesakes are read and
/// compared, which is for whoever has both from a sheet of paper.
///
/// # Errors
/// Of the database, or when a phone cannot be decrypted.
pub fn by_name_and_tail(
    tx: &mut ReadTx<'_>,
    vault: &Vault,
    name: &str,
    tail: &str,
) -> Result<Vec<Brief>, Error> {
    let key = roster::pinyin::key(name).full;
    let mut found: Vec<(Brief, Option<Vec<u8>>)> = Vec::new();
    tx.each(
        sql!(concat!(
            "SELECT p.id, p.volunteer_no, p.name, p.state, p.birth_on, p.home_org, COALESCE(o.name, ''), p.phone_enc
             FROM person_order k JOIN person p ON p.id = k.person_id LEFT JOIN org o ON o.id = p.home_org
             WHERE k.name_key = $1 AND p.name = $2 AND p.state IN ('active', 'unclaimed', 'incomplete') AND ",
            person_shown!(),
            " ORDER BY p.id LIMIT 1000"
        )),
        args![key, name],
        |row| {
            let sealed = row.get(7)?;
            found.push((Brief::from_row(row)?, sealed));
            Ok(())
        },
    )?;
    let mut out = Vec::new();
    for (one, sealed) in found {
        if open_phone(vault, sealed.as_deref())?.is_some_and(|phone| phone.ends_with(tail)) {
            out.push(one);
        }
    }
    Ok(out)
}

/// The encrypted fields of a person.
///
/// # Errors
/// Of the database.
pub fn sealed(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Option<Sealed>, DbError> {
    tx.first(
        sql!(concat!("SELECT p.id_enc, p.phone_enc FROM person p WHERE p.id = $1 AND ", person_shown!())),
        args![person],
    )
}

/// The phone of a person.
///
/// # Errors
/// Of the database, or when it cannot be decrypted.
pub fn phone_of(tx: &mut ReadTx<'_>, vault: &Vault, person: PersonId) -> Result<Option<String>, Error> {
    match sealed(tx, person)? {
        Some(sealed) => sealed.phone(vault),
        None => Ok(None),
    }
}

/// Holds a person's row until the end of the transaction, so that two commands for one person run one after the
/// other. What rules depend on is read afterwards.
///
/// # Errors
/// Of the database.
pub fn hold(tx: &mut WriteTx<'_>, person: PersonId) -> Result<(), DbError> {
    tx.hold(sql!("SELECT id FROM person WHERE id = $1"), args![person])
}

/// Holds a person's row and reads what most rules ask about it.
///
/// # Errors
/// `common.not_found`; of the database.
pub fn lock(tx: &mut WriteTx<'_>, person: PersonId) -> Result<Locked, Error> {
    // Two statements that travel together; RETURNING would build a temporary table on SQLite.
    hold(tx, person)?;
    let found: Option<Locked> = tx.first(
        sql!(concat!(
            "SELECT p.state, p.birth_on, p.home_org, p.name, p.id_index IS NOT NULL, p.guard FROM person p WHERE p.id = $1 AND ",
            person_shown!(),
        )),
        args![person],
    )?;
    found.ok_or_else(|| (&kernel::error::common::NOT_FOUND).into())
}

/// Who owns an identity document, now or as an earlier one (Edge-07).
pub(super) fn owner(tx: &mut ReadTx<'_>, index: &BlindIndex) -> Result<Option<Owner>, DbError> {
    tx.first(
        sql!(
            "SELECT p.id, p.name, p.state, p.phone_index, p.phone_enc FROM person p WHERE p.id = (
                SELECT q.person_id FROM person_identity q WHERE q.id_index = $1
                UNION SELECT a.person_id FROM person_alias a WHERE a.id_index = $2 ORDER BY 1 LIMIT 1)"
        ),
        args![index.as_bytes(), index.as_bytes()],
    )
}

/// Whether the index is an earlier document of somebody.
pub(super) fn is_alias(tx: &mut ReadTx<'_>, index: &BlindIndex) -> Result<bool, DbError> {
    let (n,): (i64,) =
        tx.one(sql!("SELECT count(*) FROM person_alias WHERE id_index = $1"), args![index.as_bytes()])?;
    Ok(n > 0)
}

/// A person of a roster without a document, with this very name and phone (Edge-07: never by name alone).
pub(super) fn incomplete_like(
    tx: &mut ReadTx<'_>,
    name: &str,
    phone: &BlindIndex,
) -> Result<Option<PersonId>, DbError> {
    let found: Vec<(PersonId,)> = tx.all(
        sql!(concat!(
            "SELECT p.id FROM person_phone f JOIN person p ON p.id = f.person_id WHERE f.phone_index = $1 AND p.name = $2 AND p.state = 'incomplete'
             AND p.id_index IS NULL AND ",
            person_shown!(),
            " ORDER BY p.id LIMIT 2"
        )),
        args![phone.as_bytes(), name],
    )?;
    // Two of the same name on one phone: only the station can tell them apart.
    Ok(match found.as_slice() {
        [(only,)] => Some(*only),
        _ => None,
    })
}

/// Whether a team of the person lies in one of the subtrees.
pub(super) fn member_within(
    tx: &mut ReadTx<'_>,
    person: PersonId,
    scopes: &[&Grant],
) -> Result<bool, DbError> {
    if scopes.is_empty() {
        return Ok(false);
    }
    let mut query = Query::new("SELECT count(*) FROM member m JOIN org t ON t.id = m.org_id");
    query.with("WHERE m.person_id = {} AND m.state = 'member' AND", &[&person]);
    within(&mut query, scopes, OrgAs::T);
    let rows: Vec<(i64,)> = tx.list(&query)?;
    Ok(rows.first().is_some_and(|(n,)| *n > 0))
}

/// Adds `AND p.id IN ( … )`: people that the words may mean. `false`: nothing can be found by these words.
fn meant(query: &mut Query, words: &str, vault: Option<&Vault>) -> bool {
    let words = words.trim();
    let folded = number::fold(words);
    if words.is_empty() || words.chars().count() > 60 {
        return false;
    }
    let end = |text: &str| format!("{text}\u{10FFFF}");
    query.push("AND p.id IN (SELECT n.id FROM person n WHERE 1 = 0");
    let mut any = false;
    if let Some(no) = number::parse_volunteer_no(words) {
        query.with("UNION ALL SELECT n.id FROM person n WHERE n.volunteer_no = {}", &[&no]);
        any = true;
    } else if folded.len() >= 4 && folded.starts_with('V') && folded.get(1..).is_some_and(digits_only) {
        query.with(
            "UNION ALL SELECT n.id FROM person n WHERE n.volunteer_no >= {} AND n.volunteer_no < {}",
            &[&folded, &end(&folded)],
        );
        any = true;
    }
    if let Some(vault) = vault
        && folded.len() >= 7
        && let Ok(phone) = roster::clean::phone(words)
    {
        let index = phone_index(vault, &phone);
        query.with(
            "UNION ALL SELECT f.person_id FROM person_phone f WHERE f.phone_index = {}",
            &[index.as_bytes()],
        );
        any = true;
    }
    if words.is_ascii() {
        let lower = words.to_ascii_lowercase();
        let joined: String = lower.chars().filter(char::is_ascii_alphabetic).collect();
        if !joined.is_empty() && joined.len() == lower.chars().filter(|c| !c.is_whitespace()).count() {
            any = true;
            query.with(
                "UNION ALL SELECT k.person_id FROM person_name k WHERE k.initials >= {} AND k.initials < {}",
                &[&joined, &end(&joined)],
            );
            // `v` stands for ü; the blanks between syllables are optional.
            for start in rules::pinyin_starts(&joined) {
                query.with(
                    "UNION ALL SELECT k.person_id FROM person_order k WHERE k.name_key >= {} AND k.name_key < {}
                     AND replace(k.name_key, ' ', '') >= {} AND replace(k.name_key, ' ', '') < {}",
                    &[&start, &end(&start), &joined, &end(&joined)],
                );
            }
        }
    } else if let Ok(name) = roster::clean::name(words) {
        let key = roster::pinyin::key(&name).full;
        // The reading finds the place in the index, the characters decide.
        query.with(
            "UNION ALL SELECT k.person_id FROM person_order k JOIN person n ON n.id = k.person_id
             WHERE k.name_key >= {} AND k.name_key < {} AND n.name >= {} AND n.name < {}",
            &[&key, &end(&key), &name, &end(&name)],
        );
        any = true;
    }
    query.push(")");
    any
}

fn digits_only(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// People found by words, where the actor may read them: own area, or members of own teams.
pub(super) fn search(tx: &mut ReadTx<'_>, actor: &Actor, words: &str) -> Result<Vec<Brief>, DbError> {
    let (people, members) = (actor.scopes(Action::PersonRead), actor.scopes(Action::MemberRead));
    if people.is_empty() && members.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query::new(
        "SELECT p.id, p.volunteer_no, p.name, p.state, p.birth_on, p.home_org, o.name
         FROM person p CROSS JOIN org o WHERE o.id = p.home_org AND",
    );
    query.push(SHOWN).push("AND (");
    within(&mut query, &people, OrgAs::O);
    query.push(
        "OR EXISTS (SELECT 1 FROM member m JOIN org t ON t.id = m.org_id
                    WHERE m.person_id = p.id AND m.state = 'member' AND",
    );
    within(&mut query, &members, OrgAs::T);
    query.push("))");
    if !meant(&mut query, words, None) {
        return Ok(Vec::new());
    }
    query.push("ORDER BY p.name_key, p.id LIMIT 8");
    tx.list(&query)
}

/// What the list is narrowed to.
#[derive(Debug, Clone, Default)]
pub(super) struct Narrow {
    pub words: String,
    pub state: Option<PersonState>,
    pub community: Option<OrgId>,
    pub skill: String,
    pub joined_from: Option<Date>,
    pub joined_to: Option<Date>,
    pub after: Option<(String, i64)>,
}

/// The list of people within the actor's scope, by name, `limit` rows.
pub(super) fn list(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    vault: &Vault,
    narrow: &Narrow,
    limit: i64,
) -> Result<Vec<ListRow>, DbError> {
    let searched = !narrow.words.trim().is_empty();
    let only = match narrow.community {
        None if !searched => only_home(tx, &actor.scopes(Action::PersonRead))?,
        chosen => chosen,
    };
    let mut query = Query::new(
        "SELECT p.id, p.volunteer_no, p.name, p.name_key, p.state, o.name, p.gender, p.birth_on, p.phone_enc,
            p.joined_on, p.assurance, p.employer FROM",
    );
    // The order of the joins is fixed: people come in the order of the list, so a page ends early; or as the
    // words find them, who are few.
    let order = if searched { "p.name_key, p.id" } else { "k.name_key, k.person_id" };
    query.push(match (searched, only) {
        (true, _) => "person p CROSS JOIN org o WHERE o.id = p.home_org AND",
        (false, Some(_)) => {
            "person_home k CROSS JOIN person p CROSS JOIN org o
             WHERE p.id = k.person_id AND o.id = k.home_org AND"
        }
        (false, None) => {
            "person_order k CROSS JOIN person p CROSS JOIN org o
             WHERE p.id = k.person_id AND o.id = p.home_org AND"
        }
    });
    if let (false, Some(community)) = (searched, &only) {
        query.with("k.home_org = {} AND", &[community]);
    }
    query.push(SHOWN).push("AND");
    within(&mut query, &actor.scopes(Action::PersonRead), OrgAs::O);
    query.with_some("AND p.state = {}", narrow.state.as_ref());
    query.with_some("AND p.home_org = {}", narrow.community.as_ref());
    query.with_some("AND p.joined_on >= {}", narrow.joined_from.as_ref());
    query.with_some("AND p.joined_on <= {}", narrow.joined_to.as_ref());
    if !narrow.skill.is_empty() {
        query.with(
            "AND EXISTS (SELECT 1 FROM person_skill s WHERE s.skill = {} AND s.person_id = p.id)",
            &[&narrow.skill],
        );
    }
    if searched && !meant(&mut query, &narrow.words, Some(vault)) {
        return Ok(Vec::new());
    }
    if let Some((key, id)) = &narrow.after {
        query.push("AND (").push(order).with(") > ({}, {})", &[key, id]);
    }
    query.push("ORDER BY").push(order).with("LIMIT {}", &[&limit]);
    tx.list(&query)
}

/// The one place where all people within these scopes have their home, if there is just one: a community's staff
/// then read its part of the index instead of the whole city's.
fn only_home(tx: &mut ReadTx<'_>, scopes: &[&Grant]) -> Result<Option<OrgId>, DbError> {
    let mut query = Query::new(
        "SELECT o.id FROM org o WHERE EXISTS (SELECT 1 FROM person_home h WHERE h.home_org = o.id) AND",
    );
    within(&mut query, scopes, OrgAs::O);
    query.push("ORDER BY o.id LIMIT 2");
    let rows: Vec<(OrgId,)> = tx.list(&query)?;
    Ok(match rows.as_slice() {
        [(one,)] => Some(*one),
        _ => None,
    })
}

/// The communities within the actor's scope for an action, by name.
pub(super) fn communities(tx: &mut ReadTx<'_>, scopes: &[&Grant]) -> Result<Vec<(String, String)>, DbError> {
    let mut query =
        Query::new("SELECT o.id, o.name FROM org o WHERE o.kind = 'community' AND o.state <> 'closed' AND");
    within(&mut query, scopes, OrgAs::O);
    query.push("ORDER BY o.name_key, o.id LIMIT 2000");
    let rows: Vec<(OrgId, String)> = tx.list(&query)?;
    Ok(rows.into_iter().map(|(id, name)| (id.to_string(), name)).collect())
}

/// Where a node of the tree sits.
pub(super) fn place(tx: &mut ReadTx<'_>, org: OrgId) -> Result<Option<(String, String, String)>, DbError> {
    tx.first(
        sql!("SELECT area_path, sponsor_path, kind FROM org WHERE id = $1 AND state <> 'closed'"),
        args![org],
    )
}

/// Skills of a person.
pub(super) fn skills(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<String>, DbError> {
    let rows: Vec<(String,)> =
        tx.all(sql!("SELECT skill FROM person_skill WHERE person_id = $1 ORDER BY skill"), args![person])?;
    Ok(rows.into_iter().map(|(code,)| code).collect())
}

/// Service categories of a person.
pub(super) fn categories(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<String>, DbError> {
    let rows: Vec<(String,)> = tx.all(
        sql!("SELECT category FROM person_category WHERE person_id = $1 ORDER BY category"),
        args![person],
    )?;
    Ok(rows.into_iter().map(|(code,)| code).collect())
}

/// Exchanges skills and categories. Unknown codes are left out (the forms offer known ones only).
pub(super) fn set_skills(
    tx: &mut WriteTx<'_>,
    person: PersonId,
    skills: &[String],
    categories: &[String],
) -> Result<(), DbError> {
    tx.exec(sql!("DELETE FROM person_skill WHERE person_id = $1"), args![person])?;
    tx.exec(sql!("DELETE FROM person_category WHERE person_id = $1"), args![person])?;
    add_skills(tx, person, skills, categories)
}

/// Adds skills and categories.
pub(super) fn add_skills(
    tx: &mut WriteTx<'_>,
    person: PersonId,
    skills: &[String],
    categories: &[String],
) -> Result<(), DbError> {
    for skill in skills.iter().filter(|code| kernel::catalogue::skill_by_code(code).is_some()) {
        tx.exec_later(
            sql!("INSERT INTO person_skill (person_id, skill) VALUES ($1, $2) ON CONFLICT DO NOTHING"),
            args![person, skill],
        )?;
    }
    for category in categories.iter().filter(|code| kernel::catalogue::category(code).is_some()) {
        tx.exec_later(
            sql!("INSERT INTO person_category (person_id, category) VALUES ($1, $2) ON CONFLICT DO NOTHING"),
            args![person, category],
        )?;
    }
    Ok(())
}

/// Memberships of a person, present ones first.
pub(super) fn memberships(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<Membership>, DbError> {
    tx.all(
        sql!(
            "SELECT o.id, o.name, m.state, m.joined_on, m.left_on FROM member m JOIN org o ON o.id = m.org_id
             WHERE m.person_id = $1 ORDER BY m.id DESC LIMIT 100"
        ),
        args![person],
    )
}

/// When slips were printed for a person, and whether one was used.
pub(super) fn slips(
    tx: &mut ReadTx<'_>,
    person: PersonId,
) -> Result<Vec<(Timestamp, Option<Timestamp>)>, DbError> {
    tx.all(
        sql!("SELECT printed_at, used_at FROM slip WHERE person_id = $1 ORDER BY id DESC LIMIT 50"),
        args![person],
    )
}

/// Objections about a person.
pub(super) fn objections(
    tx: &mut ReadTx<'_>,
    person: PersonId,
) -> Result<Vec<(Timestamp, String, Option<Timestamp>)>, DbError> {
    tx.all(
        sql!("SELECT at, state, answered_at FROM not_me WHERE person_id = $1 ORDER BY id DESC LIMIT 50"),
        args![person],
    )
}

/// People to print for, in the actor's scope.
pub(super) fn for_print(
    tx: &mut ReadTx<'_>,
    scopes: &[&Grant],
    ids: &[PersonId],
) -> Result<Vec<ForPrint>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query::new(
        "SELECT p.id, p.volunteer_no, p.name, p.state, o.name, p.card_no
         FROM person p JOIN org o ON o.id = p.home_org WHERE",
    );
    query.push(SHOWN).push("AND");
    within(&mut query, scopes, OrgAs::O);
    query.push("AND p.id IN (0");
    for id in ids {
        query.with(", {}", &[id]);
    }
    query.push(") ORDER BY p.name_key, p.id");
    tx.list(&query)
}

/// Open objections of the actor's scope, oldest first.
pub(super) fn disputes(
    tx: &mut ReadTx<'_>,
    scopes: &[&Grant],
    after: NotMeId,
    limit: i64,
) -> Result<Vec<Objection>, DbError> {
    let mut query = Query::new(
        "SELECT n.id, p.id, p.volunteer_no, p.name, o.name, n.at, n.state_before, n.text, n.contact_enc,
            o.area_path, o.sponsor_path, n.state
         FROM not_me n JOIN person p ON p.id = n.person_id JOIN org o ON o.id = p.home_org
         WHERE n.state = 'open' AND",
    );
    within(&mut query, scopes, OrgAs::O);
    query.with("AND n.id > {} ORDER BY n.id LIMIT {}", &[&after, &limit]);
    tx.list(&query)
}

/// One objection.
pub(super) fn dispute(tx: &mut ReadTx<'_>, id: NotMeId) -> Result<Option<Objection>, DbError> {
    tx.first(
        sql!(
            "SELECT n.id, p.id, p.volunteer_no, p.name, o.name, n.at, n.state_before, n.text, n.contact_enc,
                o.area_path, o.sponsor_path, n.state
             FROM not_me n JOIN person p ON p.id = n.person_id JOIN org o ON o.id = p.home_org WHERE n.id = $1"
        ),
        args![id],
    )
}

/// How many objections are open in the subtrees.
pub(super) fn disputes_open(tx: &mut ReadTx<'_>, scopes: &[&Grant]) -> Result<i64, DbError> {
    let mut query = Query::new(
        "SELECT count(*) FROM not_me n JOIN person p ON p.id = n.person_id JOIN org o ON o.id = p.home_org
         WHERE n.state = 'open' AND",
    );
    within(&mut query, scopes, OrgAs::O);
    let rows: Vec<(i64,)> = tx.list(&query)?;
    Ok(rows.first().map_or(0, |(n,)| *n))
}

/// When and from which state the person was last noted as deceased, from the audit log.
pub(super) fn last_death(
    tx: &mut ReadTx<'_>,
    person: PersonId,
) -> Result<Option<(Timestamp, String)>, DbError> {
    tx.first(
        sql!(
            "SELECT at, detail FROM audit WHERE object_kind = 'person' AND object_id = $1
             AND act = 'person.deceased' ORDER BY id DESC LIMIT 1"
        ),
        args![person],
    )
}
