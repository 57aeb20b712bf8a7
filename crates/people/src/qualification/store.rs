//! Questions about kinds, qualifications and trainings.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::page::Page;
use kernel::{AccountId, Date, Error, Grant, OrgId, PersonId, Timestamp};
use vault::Vault;

use super::rules::{Proof, SOON_DAYS};
use super::{KindForm, QualificationId, QualificationState, TrainingId};
use crate::org::MemberState;
use crate::org::scope::{OrgAs, within};

/// Rows of a page.
pub const ROWS: i64 = 50;
/// Rows of an export.
pub const ALL_ROWS: i64 = 5_000;
/// Under which name numbers are encrypted.
const NUMBER_FIELD: &str = "person.qualification_number";

row! {
    /// A kind.
    pub struct KindRow {
        code: String, name: String, name_en: String, form: KindForm, expires: bool, months: Option<i64>, in_use: bool,
    }
    /// Something a person may show.
    pub struct Qualification {
        id: QualificationId, person: PersonId, person_name: String, volunteer_no: String, kind: String, name: String,
        name_en: String, form: KindForm, number_enc: Option<Vec<u8>>, issuer: String, from_on: Date,
        until_on: Option<Date>, state: QualificationState, reason: String, training: Option<TrainingId>,
        handed_in_at: Timestamp, decided_at: Option<Timestamp>,
    }
    /// A training.
    pub struct Training {
        id: TrainingId, team: OrgId, team_name: String, kind: Option<String>, kind_name: Option<String>,
        kind_name_en: Option<String>, months: Option<i64>, name: String, content: String, minutes: i64, holder: String,
        held_on: Date, voided_at: Option<Timestamp>, void_reason: String, people: i64,
    }
    /// A member of a team.
    pub struct Member { person: PersonId, name: String, volunteer_no: String }
}

impl Qualification {
    /// The number on the document.
    ///
    /// # Errors
    /// When it cannot be decrypted, which is a defect.
    pub fn number(&self, vault: &Vault) -> Result<Option<String>, Error> {
        self.number_enc
            .as_deref()
            .map(|value| vault.fields.decrypt_text(NUMBER_FIELD, value))
            .transpose()
            .map_err(|e| Error::bug(format!("{NUMBER_FIELD}: {e}")))
    }

    /// Its days and state.
    #[must_use]
    pub const fn proof(&self) -> Proof {
        Proof { state: self.state, from_on: self.from_on, until_on: self.until_on }
    }
}

/// The sealed form of a number; none where none was given.
pub(super) fn seal(vault: &Vault, number: &str) -> Option<Vec<u8>> {
    (!number.is_empty()).then(|| vault.fields.encrypt(NUMBER_FIELD, number.as_bytes()))
}

macro_rules! kind_columns {
    () => {
        "SELECT k.code, k.name, k.name_en, k.form, k.expires, k.months, k.in_use FROM qualification_kind k"
    };
}

/// All kinds, certificates first.
///
/// # Errors
/// Of the database.
pub fn kinds(tx: &mut ReadTx<'_>) -> Result<Vec<KindRow>, DbError> {
    tx.all(sql!(concat!(kind_columns!(), " ORDER BY k.form, k.name, k.code LIMIT 500")), args![])
}

/// A kind.
///
/// # Errors
/// Of the database.
pub fn kind(tx: &mut ReadTx<'_>, code: &str) -> Result<Option<KindRow>, DbError> {
    tx.first(sql!(concat!(kind_columns!(), " WHERE k.code = $1")), args![code])
}

/// Writes a kind, new or changed.
///
/// # Errors
/// Of the database.
pub(super) fn put_kind(tx: &mut WriteTx<'_>, one: &KindRow) -> Result<(), DbError> {
    tx.exec_one(
        sql!(
            "INSERT INTO qualification_kind (code, name, name_en, form, expires, months, in_use)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (code) DO UPDATE SET name = $2, name_en = $3, expires = $5, months = $6, in_use = $7"
        ),
        args![one.code, one.name, one.name_en, one.form, one.expires, one.months, one.in_use],
    )
}

macro_rules! qualification_columns {
    () => {
        "SELECT q.id, q.person_id, p.name, p.volunteer_no, q.kind, k.name, k.name_en, k.form, q.number_enc, q.issuer,
            q.from_on, q.until_on, q.state, q.reason, q.training_id, q.handed_in_at, q.decided_at
         FROM qualification q JOIN qualification_kind k ON k.code = q.kind JOIN person p ON p.id = q.person_id"
    };
}

/// A qualification.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: QualificationId) -> Result<Option<Qualification>, DbError> {
    tx.first(sql!(concat!(qualification_columns!(), " WHERE q.id = $1")), args![id])
}

/// What a person may show, latest first.
///
/// # Errors
/// Of the database.
pub fn of_person(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<Qualification>, DbError> {
    tx.all(
        sql!(concat!(qualification_columns!(), " WHERE q.person_id = $1 ORDER BY q.id DESC LIMIT 200")),
        args![person],
    )
}

/// What narrows the list of staff.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In this state.
    pub state: Option<QualificationState>,
    /// Of this kind.
    pub kind: String,
    /// Confirmed, and ending within thirty days or ended.
    pub ending: bool,
    /// The last id seen.
    pub after: String,
}

/// Qualifications of the people in a scope, latest first.
///
/// # Errors
/// Of the database.
pub fn list(
    tx: &mut ReadTx<'_>,
    scopes: &[&Grant],
    filter: &Filter,
    rows: i64,
) -> Result<Page<Qualification>, DbError> {
    let soon = tx.now().date().plus(SOON_DAYS);
    let mut query = Query::new(concat!(
        qualification_columns!(),
        " JOIN org o ON o.id = p.home_org WHERE p.state NOT IN ('closed', 'deceased') AND ",
        crate::person_shown!(),
        " AND"
    ));
    within(&mut query, scopes, OrgAs::O);
    query.with_some("AND q.state = {}", filter.state.as_ref());
    if filter.ending {
        query.with("AND q.state = 'confirmed' AND q.until_on <= {}", &[&soon]);
    }
    if !filter.kind.is_empty() {
        query.with("AND q.kind = {}", &[&filter.kind]);
    }
    if let Ok(last) = filter.after.parse::<i64>() {
        query.with("AND q.id < {}", &[&last]);
    }
    query.with("ORDER BY q.id DESC LIMIT {}", &[&(rows + 1)]);
    let found = tx.list(&query)?;
    Ok(Page::cut(found, usize::try_from(rows).unwrap_or(50), |one: &Qualification| one.id.to_string()))
}

/// How many wait in a scope, and whose is the first.
///
/// # Errors
/// Of the database.
pub fn waiting(tx: &mut ReadTx<'_>, scopes: &[&Grant]) -> Result<(i64, Option<String>), DbError> {
    let mut query = Query::new(
        "SELECT count(*), min(p.name) FROM qualification q JOIN person p ON p.id = q.person_id
         JOIN org o ON o.id = p.home_org WHERE q.state = 'handed_in' AND p.state NOT IN ('closed', 'deceased') AND",
    );
    within(&mut query, scopes, OrgAs::O);
    let rows: Vec<(i64, Option<String>)> = tx.list(&query)?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

/// A qualification to be written.
#[derive(Debug, Clone)]
pub(super) struct NewQualification {
    pub person: PersonId,
    pub kind: String,
    pub number_enc: Option<Vec<u8>>,
    pub issuer: String,
    pub from_on: Date,
    pub until_on: Option<Date>,
    pub state: QualificationState,
    pub training: Option<TrainingId>,
    pub by: Option<AccountId>,
}

/// Writes a qualification.
///
/// # Errors
/// `Unique("qualification_waiting_key")` when one of the kind waits; of the database.
pub(super) fn insert(tx: &mut WriteTx<'_>, one: &NewQualification) -> Result<QualificationId, DbError> {
    let (id, now): (QualificationId, _) = (tx.new_id(), tx.now());
    let decided = one.state == QualificationState::Confirmed;
    let (decided_at, decided_by) = if decided { (Some(now), one.by) } else { (None, None) };
    tx.exec_one(
        sql!(
            "INSERT INTO qualification (id, person_id, kind, number_enc, issuer, from_on, until_on, state, training_id,
                handed_in_at, handed_in_by, decided_at, decided_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        ),
        args![
            id, one.person, one.kind, one.number_enc, one.issuer, one.from_on, one.until_on, one.state,
            one.training, now, one.by, decided_at, decided_by
        ],
    )?;
    Ok(id)
}

/// Notes what was said; `false` when it is not in that state any more.
///
/// # Errors
/// Of the database.
pub(super) fn decide(
    tx: &mut WriteTx<'_>,
    id: QualificationId,
    from: QualificationState,
    to: QualificationState,
    by: Option<AccountId>,
    reason: &str,
) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE qualification SET state = $3, decided_at = $4, decided_by = $5, reason = $6
             WHERE id = $1 AND state = $2"
        ),
        args![id, from, to, now, by, reason],
    )?;
    Ok(touched == 1)
}

/// Forgets what somebody showed: they are erased. That they were in a training stays, as their hours do, without a name.
///
/// # Errors
/// Of the database.
pub(crate) fn forget(tx: &mut WriteTx<'_>, person: PersonId) -> Result<(), DbError> {
    tx.exec(sql!("DELETE FROM qualification WHERE person_id = $1"), args![person])?;
    Ok(())
}

macro_rules! training_columns {
    () => {
        "SELECT t.id, t.team_id, o.name, t.kind, k.name, k.name_en, k.months, t.name, t.content, t.minutes, t.holder,
            t.held_on, t.voided_at, t.void_reason,
            (SELECT count(*) FROM training_person c WHERE c.training_id = t.id)
         FROM training t JOIN org o ON o.id = t.team_id LEFT JOIN qualification_kind k ON k.code = t.kind"
    };
}

/// A training.
///
/// # Errors
/// Of the database.
pub fn training(tx: &mut ReadTx<'_>, id: TrainingId) -> Result<Option<Training>, DbError> {
    tx.first(sql!(concat!(training_columns!(), " WHERE t.id = $1")), args![id])
}

/// Trainings of a team, latest first; `after`: the last day and id seen.
///
/// # Errors
/// Of the database.
pub fn trainings(
    tx: &mut ReadTx<'_>,
    team: OrgId,
    after: &str,
    rows: i64,
) -> Result<Page<Training>, DbError> {
    let (day, id) = kernel::page::cursor_pair(after).unwrap_or((i64::MAX, i64::MAX));
    let found = tx.all(
        sql!(concat!(
            training_columns!(),
            " WHERE t.team_id = $1 AND (t.held_on, t.id) < ($2, $3) ORDER BY t.held_on DESC, t.id DESC LIMIT $4"
        )),
        args![team, day, id, rows + 1],
    )?;
    Ok(Page::cut(found, usize::try_from(rows).unwrap_or(50), |one: &Training| {
        format!("{}~{}", one.held_on.days(), one.id)
    }))
}

/// Trainings a person took part in, latest first.
///
/// # Errors
/// Of the database.
pub fn trainings_of(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<Training>, DbError> {
    tx.all(
        sql!(concat!(
            training_columns!(),
            " WHERE t.voided_at IS NULL AND t.id IN (SELECT m.training_id FROM training_person m WHERE m.person_id = $1)
             ORDER BY t.held_on DESC, t.id DESC LIMIT 200"
        )),
        args![person],
    )
}

/// Who was in these trainings: (training, name, volunteer number).
///
/// # Errors
/// Of the database.
pub fn people_of(
    tx: &mut ReadTx<'_>,
    trainings: &[TrainingId],
) -> Result<Vec<(TrainingId, String, String)>, DbError> {
    let mut query = Query::new(
        "SELECT m.training_id, p.name, p.volunteer_no FROM training_person m JOIN person p ON p.id = m.person_id
         WHERE m.training_id IN (0",
    );
    for id in trainings {
        query.with(", {}", &[id]);
    }
    query.push(") ORDER BY m.training_id, p.name_key, p.id LIMIT 20000");
    tx.list(&query)
}

/// Members of a team, to be ticked.
///
/// # Errors
/// Of the database.
pub fn members(tx: &mut ReadTx<'_>, team: OrgId) -> Result<Vec<Member>, DbError> {
    let state = MemberState::Member;
    tx.all(
        sql!(
            "SELECT p.id, p.name, p.volunteer_no FROM member m JOIN person p ON p.id = m.person_id
             WHERE m.org_id = $1 AND m.state = $2 ORDER BY p.name_key, p.id LIMIT 500"
        ),
        args![team, state],
    )
}

/// Those among people who are members of a team.
///
/// # Errors
/// Of the database.
pub(super) fn members_among(
    tx: &mut ReadTx<'_>,
    team: OrgId,
    people: &[PersonId],
) -> Result<Vec<PersonId>, DbError> {
    let state = MemberState::Member;
    let mut query = Query::new("SELECT m.person_id FROM member m WHERE");
    query.with("m.org_id = {} AND m.state = {} AND m.person_id IN (0", &[&team, &state]);
    for person in people {
        query.with(", {}", &[person]);
    }
    query.push(") ORDER BY m.person_id");
    let rows: Vec<(PersonId,)> = tx.list(&query)?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Members of a team with these volunteer numbers: (person, number).
///
/// # Errors
/// Of the database.
pub(super) fn members_by_number(
    tx: &mut ReadTx<'_>,
    team: OrgId,
    numbers: &[String],
) -> Result<Vec<(PersonId, String)>, DbError> {
    let state = MemberState::Member;
    let mut query =
        Query::new("SELECT p.id, p.volunteer_no FROM person p JOIN member m ON m.person_id = p.id WHERE");
    query.with("m.org_id = {} AND m.state = {} AND p.volunteer_no IN (''", &[&team, &state]);
    for number in numbers {
        query.with(", {}", &[number]);
    }
    query.push(") ORDER BY p.id");
    tx.list(&query)
}

/// A training to be written.
#[derive(Debug, Clone)]
pub(super) struct TrainingRow<'a> {
    pub id: TrainingId,
    pub team: OrgId,
    pub kind: Option<&'a str>,
    pub name: &'a str,
    pub content: &'a str,
    pub minutes: i64,
    pub holder: &'a str,
    pub held_on: Date,
    pub by: Option<AccountId>,
}

/// Writes a training with those who took part.
///
/// # Errors
/// Of the database.
pub(super) fn insert_training(
    tx: &mut WriteTx<'_>,
    one: &TrainingRow<'_>,
    people: &[PersonId],
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO training (id, team_id, kind, name, content, minutes, holder, held_on, entered_at, entered_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ),
        args![one.id, one.team, one.kind, one.name, one.content, one.minutes, one.holder, one.held_on, now, one.by],
    )?;
    for person in people {
        let id: TrainingId = tx.new_id();
        tx.exec_one(
            sql!("INSERT INTO training_person (id, training_id, person_id) VALUES ($1, $2, $3)"),
            args![id, one.id, person],
        )?;
    }
    Ok(())
}

/// Notes that a training was entered in error; `false` when it was noted before.
///
/// # Errors
/// Of the database.
pub(super) fn void(
    tx: &mut WriteTx<'_>,
    id: TrainingId,
    by: Option<AccountId>,
    reason: &str,
) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE training SET voided_at = $2, voided_by = $3, void_reason = $4 WHERE id = $1 AND voided_at IS NULL"
        ),
        args![id, now, by, reason],
    )?;
    Ok(touched == 1)
}

/// What counts because of a training, with whose it is.
///
/// # Errors
/// Of the database.
pub(super) fn given_by(
    tx: &mut ReadTx<'_>,
    training: TrainingId,
) -> Result<Vec<(QualificationId, PersonId)>, DbError> {
    tx.all(
        sql!(
            "SELECT id, person_id FROM qualification WHERE training_id = $1 AND state = 'confirmed'
             ORDER BY person_id, id LIMIT 5000"
        ),
        args![training],
    )
}
