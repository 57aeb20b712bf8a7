//! Questions about guardians.

use db::{DbError, ReadTx, WriteTx, args, row, sql};
use kernel::{Date, Error, PersonId, Timestamp};
use vault::Vault;

use super::{Guard, GuardState, GuardianId, Relation, rules};
use crate::person::PersonState;

const PHONE_FIELD: &str = "guardian.phone";

row! {
    /// A guardianship with what is shown of the minor.
    pub struct Guardianship {
        id: GuardianId, minor: PersonId, guardian: Option<PersonId>, name: String, relation: Relation,
        phone_enc: Vec<u8>, state: GuardState, channel: String, version: String, asked_at: Timestamp,
        respond_by: Timestamp, answered_at: Option<Timestamp>, ended_at: Option<Timestamp>, until_on: Date,
        minor_name: String, birth_on: Option<Date>, minor_no: String, minor_state: PersonState,
    }
    /// How a person stands towards all this.
    pub struct Standing { birth_on: Option<Date>, guard: Guard, renew_on: Option<Date> }
    /// A guardianship whose end is due.
    pub struct Due { id: GuardianId, minor: PersonId, name: String, until_on: Date }
}

impl Guardianship {
    /// The guardian's phone.
    ///
    /// # Errors
    /// When it cannot be decrypted, which is a defect.
    pub fn phone(&self, vault: &Vault) -> Result<String, Error> {
        vault
            .fields
            .decrypt_text(PHONE_FIELD, &self.phone_enc)
            .map_err(|e| Error::bug(format!("{PHONE_FIELD}: {e}")))
    }

    /// Whether the guardian may still answer.
    #[must_use]
    pub fn waits(&self, now: Timestamp) -> bool {
        self.state == GuardState::Asked && now < self.respond_by
    }
}

/// The sealed form of a guardian's phone.
pub(super) fn seal_phone(vault: &Vault, phone: &str) -> Vec<u8> {
    vault.fields.encrypt(PHONE_FIELD, phone.as_bytes())
}

macro_rules! guardian_columns {
    () => {
        "SELECT g.id, g.minor_id, g.guardian_id, g.name, g.relation, g.phone_enc, g.state, g.channel, g.version,
            g.asked_at, g.respond_by, g.answered_at, g.ended_at, g.until_on, p.name, p.birth_on, p.volunteer_no, p.state
         FROM guardian g JOIN person p ON p.id = g.minor_id WHERE "
    };
}

/// A guardianship.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: GuardianId) -> Result<Option<Guardianship>, DbError> {
    tx.first(sql!(concat!(guardian_columns!(), "g.id = $1")), args![id])
}

/// The guardianship of a minor that stands: asked, given or withdrawn.
///
/// # Errors
/// Of the database.
pub fn live(tx: &mut ReadTx<'_>, minor: PersonId) -> Result<Option<Guardianship>, DbError> {
    tx.first(
        sql!(concat!(guardian_columns!(), "g.minor_id = $1 AND g.state IN ('asked', 'given', 'withdrawn')")),
        args![minor],
    )
}

/// All guardianships of a minor, newest first.
///
/// # Errors
/// Of the database.
pub fn of_minor(tx: &mut ReadTx<'_>, minor: PersonId) -> Result<Vec<Guardianship>, DbError> {
    tx.all(sql!(concat!(guardian_columns!(), "g.minor_id = $1 ORDER BY g.id DESC LIMIT 20")), args![minor])
}

/// The minors of a guardian with an own registration, until the day they come of age.
///
/// # Errors
/// Of the database.
pub fn wards(tx: &mut ReadTx<'_>, guardian: PersonId) -> Result<Vec<Guardianship>, DbError> {
    let today = tx.now().date();
    tx.all(
        sql!(concat!(
            guardian_columns!(),
            "g.guardian_id = $1 AND g.state IN ('asked', 'given', 'withdrawn') AND g.until_on > $2 ORDER BY g.id LIMIT 50"
        )),
        args![guardian, today],
    )
}

/// The requests that wait for a guardian's answer.
///
/// # Errors
/// Of the database.
pub fn waiting_for(tx: &mut ReadTx<'_>, guardian: PersonId) -> Result<Vec<Guardianship>, DbError> {
    let now = tx.now();
    tx.all(
        sql!(concat!(
            guardian_columns!(),
            "g.guardian_id = $1 AND g.state = 'asked' AND g.respond_by > $2 ORDER BY g.id LIMIT 20"
        )),
        args![guardian, now],
    )
}

/// How a person stands: birth date, consent of the guardian, and the first day on which an own consent is asked.
///
/// # Errors
/// Of the database.
pub fn standing(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Option<Standing>, DbError> {
    tx.first(
        sql!(
            "SELECT p.birth_on, p.guard, (SELECT min(c.renew_on) FROM consent c
                WHERE c.person_id = p.id AND c.withdrawn_at IS NULL AND c.renew_on IS NOT NULL)
             FROM person p WHERE p.id = $1"
        ),
        args![person],
    )
}

/// A grown-up volunteer of this name on this phone: the guardian's own registration, if it is the only one.
///
/// # Errors
/// Of the database.
pub(super) fn guardian_like(
    tx: &mut ReadTx<'_>,
    name: &str,
    phone_index: &[u8],
    minor: PersonId,
) -> Result<Option<PersonId>, DbError> {
    let grown = rules_day(tx.now().date());
    let found: Vec<(PersonId,)> = tx.all(
        sql!(concat!(
            "SELECT p.id FROM person_phone f JOIN person p ON p.id = f.person_id
             WHERE f.phone_index = $1 AND p.name = $2 AND p.state = 'active' AND p.birth_on <= $3 AND p.id <> $4 AND ",
            crate::person_shown!(),
            " ORDER BY p.id LIMIT 2"
        )),
        args![phone_index, name, grown, minor],
    )?;
    Ok(match found.as_slice() {
        [(only,)] => Some(*only),
        _ => None,
    })
}

/// The last birth date of people who are of age on a day.
pub(super) fn rules_day(today: Date) -> Date {
    rules::birthday(today, -rules::ADULT)
}

/// Writes a new guardianship.
///
/// # Errors
/// Of the database.
#[expect(clippy::too_many_arguments, reason = "the columns of one row")]
pub(super) fn insert(
    tx: &mut WriteTx<'_>,
    id: GuardianId,
    minor: PersonId,
    guardian: Option<PersonId>,
    name: &str,
    relation: Relation,
    phone: (&[u8], &[u8]),
    respond_by: Timestamp,
    until_on: Date,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO guardian (id, minor_id, guardian_id, name, relation, phone_enc, phone_index, state, asked_at,
                respond_by, until_on)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 'asked', $8, $9, $10)"
        ),
        args![id, minor, guardian, name, relation, phone.0, phone.1, now, respond_by, until_on],
    )
}

/// Ends whatever stands for a minor, before another guardian is asked.
///
/// # Errors
/// Of the database.
pub(super) fn end_live(tx: &mut WriteTx<'_>, minor: PersonId) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!(
            "UPDATE guardian SET state = 'ended', ended_at = $2
             WHERE minor_id = $1 AND state IN ('asked', 'given', 'withdrawn')"
        ),
        args![minor, now],
    )?;
    Ok(())
}

/// Notes an answer; `false` when it was not in that state any more.
///
/// # Errors
/// Of the database.
pub(super) fn answer(
    tx: &mut WriteTx<'_>,
    id: GuardianId,
    from: GuardState,
    to: GuardState,
    channel: &str,
    version: &str,
) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE guardian SET state = $3, channel = $4, version = $5,
                answered_at = CASE WHEN $3 IN ('given', 'refused') THEN CAST($6 AS BIGINT) ELSE answered_at END,
                ended_at = CASE WHEN $3 = 'given' THEN NULL ELSE CAST($6 AS BIGINT) END
             WHERE id = $1 AND state = $2"
        ),
        args![id, from, to, channel, version, now],
    )?;
    Ok(touched == 1)
}

/// Keeps where the consent stands beside the person.
///
/// # Errors
/// Of the database.
pub(super) fn set_guard(tx: &mut WriteTx<'_>, minor: PersonId, guard: Guard) -> Result<(), DbError> {
    tx.exec_one(sql!("UPDATE person SET guard = $2 WHERE id = $1"), args![minor, guard])
}

/// Links a guardian's own registration.
///
/// # Errors
/// Of the database.
pub(super) fn link(tx: &mut WriteTx<'_>, id: GuardianId, guardian: PersonId) -> Result<(), DbError> {
    tx.exec_one(sql!("UPDATE guardian SET guardian_id = $2 WHERE id = $1"), args![id, guardian])
}

/// Requests whose time is over.
///
/// # Errors
/// Of the database.
pub(super) fn overdue(tx: &mut ReadTx<'_>) -> Result<Vec<Due>, DbError> {
    let now = tx.now();
    tx.all(
        sql!(
            "SELECT id, minor_id, name, until_on FROM guardian WHERE state = 'asked' AND respond_by <= $1
             ORDER BY respond_by, id LIMIT 200"
        ),
        args![now],
    )
}

/// Registrations minors made themselves for which no guardian answered in time: nothing of them is kept.
///
/// # Errors
/// Of the database.
pub(super) fn unanswered(tx: &mut ReadTx<'_>) -> Result<Vec<(PersonId, String)>, DbError> {
    let before = tx.now().plus_minutes(-rules::ANSWER_DAYS * 24 * 60);
    let grown = rules_day(tx.now().date());
    tx.all(
        sql!(
            "SELECT p.id, p.name FROM person p WHERE p.state = 'unclaimed' AND p.source = 'self' AND p.created_at <= $1
                AND p.birth_on > $2 AND NOT EXISTS (SELECT 1 FROM guardian g
                    WHERE g.minor_id = p.id AND g.state IN ('asked', 'given'))
             ORDER BY p.created_at, p.id LIMIT 100"
        ),
        args![before, grown],
    )
}

/// Guardianships of people who are of age by now.
///
/// # Errors
/// Of the database.
pub(super) fn grown_up(tx: &mut ReadTx<'_>) -> Result<Vec<Due>, DbError> {
    let today = tx.now().date();
    tx.all(
        sql!(
            "SELECT id, minor_id, name, until_on FROM guardian
             WHERE state IN ('asked', 'given', 'withdrawn') AND until_on <= $1 ORDER BY until_on, id LIMIT 200"
        ),
        args![today],
    )
}

/// Guardianships that end within thirty days and whose end was not announced.
///
/// # Errors
/// Of the database.
pub(super) fn ending(tx: &mut ReadTx<'_>) -> Result<Vec<Due>, DbError> {
    let until = tx.now().date().plus(rules::ANNOUNCE_DAYS);
    tx.all(
        sql!(
            "SELECT id, minor_id, name, until_on FROM guardian
             WHERE state IN ('given', 'withdrawn') AND until_on <= $1 AND told_at IS NULL ORDER BY until_on, id LIMIT 200"
        ),
        args![until],
    )
}

/// Notes that the end was announced.
///
/// # Errors
/// Of the database.
pub(super) fn told(tx: &mut WriteTx<'_>, id: GuardianId) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(sql!("UPDATE guardian SET told_at = $2 WHERE id = $1"), args![id, now])
}

/// People whose publication a guardian agreed to, ninety days and more after the fourteenth birthday.
///
/// # Errors
/// Of the database.
pub(super) fn publications_due(tx: &mut ReadTx<'_>) -> Result<Vec<(PersonId,)>, DbError> {
    let before = tx.now().date().plus(-rules::RENEW_DAYS);
    tx.all(
        sql!(
            "SELECT person_id FROM consent WHERE withdrawn_at IS NULL AND renew_on <= $1 AND purpose = 'rank'
             ORDER BY renew_on, id LIMIT 200"
        ),
        args![before],
    )
}
