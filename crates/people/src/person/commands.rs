//! What changes people.

use db::{DbError, WriteTx, args, sql};
use kernel::error::common;
use kernel::{Action, Actor, Date, Error, OrgId, PersonId, Place, Refusal, Timestamp};
use roster::clean::IdDocument;
use vault::{CodeHash, Vault};

use crate::guardian::{Asked, rules as ages};

use super::consent::{self, Purpose};
use super::store::{self, ID_FIELD, PHONE_FIELD};
use super::{
    Assurance, Claimed, Erased, Gender, NotMeId, PersonState, PhoneChanged, SlipId, Source, StateChanged,
    keys, lock, number, refusals, rules,
};

/// Somebody new, checked and clean.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// Name, as [`roster::clean::name`] gives it.
    pub name: String,
    /// Gender.
    pub gender: Gender,
    /// Birth date.
    pub birth_on: Option<Date>,
    /// Identity document; without one the person is `incomplete`.
    pub document: Option<IdDocument>,
    /// Phone, as [`roster::clean::phone`] gives it; several people may share one (Fix-23).
    pub phone: Option<String>,
    /// Home community.
    pub home_org: OrgId,
    /// Address.
    pub address: String,
    /// Employer or school.
    pub employer: String,
    /// Notes of the staff.
    pub note: String,
    /// Skills, codes of [`kernel::catalogue::SKILLS`].
    pub skills: Vec<String>,
    /// Service categories, codes of [`kernel::catalogue::CATEGORIES`].
    pub categories: Vec<String>,
    /// How the person came in.
    pub source: Source,
    /// State to begin with.
    pub state: PersonState,
    /// How sure the identity is.
    pub assurance: Assurance,
    /// Day of joining.
    pub joined_on: Option<Date>,
    /// The import that writes the row; 0: none.
    pub batch: i64,
    /// Whether the name may appear in rankings; the consent row is the caller's ([`consent::give`]).
    pub rank_public: bool,
}

/// Registers a person: encrypts what must be, takes a volunteer number. A document that anybody has or
/// had (alias, Edge-07) is refused.
///
/// # Errors
/// `person.id_taken`; of the database.
pub fn create(tx: &mut WriteTx<'_>, vault: &Vault, new: &NewPerson) -> Result<PersonId, Error> {
    let id_index = new.document.as_ref().map(|document| store::id_index(vault, document));
    if let Some(index) = &id_index
        && store::owner(tx, index)?.is_some()
    {
        return Err(taken());
    }
    let id: PersonId = tx.new_id();
    let now = tx.now();
    let key = roster::pinyin::key(&new.name);
    let id_enc = new.document.as_ref().map(|d| vault.fields.encrypt(ID_FIELD, d.number.as_bytes()));
    let id_kind = new.document.as_ref().map_or("", |document| document.kind.key());
    let phone_enc = new.phone.as_ref().map(|phone| vault.fields.encrypt(PHONE_FIELD, phone.as_bytes()));
    let phone_index = new.phone.as_ref().map(|phone| store::phone_index(vault, phone));
    let claimed_at = (new.state == PersonState::Active).then_some(now);
    // The counter's row is shared by everybody who registers: taken last, held shortest.
    let volunteer_no = number::volunteer_no(number::take_numbers(tx, 1)?);
    let written = tx.exec_one(
        sql!(
            "INSERT INTO person (id, volunteer_no, name, name_key, initials, gender, birth_on, id_kind, id_enc,
                id_index, phone_enc, phone_index, home_org, address, employer, note, state, assurance,
                rank_public, source, batch, joined_on, created_at, claimed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                $21, $22, $23, $24)"
        ),
        args![
            id,
            volunteer_no,
            new.name,
            key.full,
            key.initials,
            new.gender,
            new.birth_on,
            id_kind,
            id_enc,
            id_index.as_ref().map(|index| index.as_bytes().as_slice()),
            phone_enc,
            phone_index.as_ref().map(|index| index.as_bytes().as_slice()),
            new.home_org,
            new.address,
            new.employer,
            new.note,
            new.state,
            new.assurance,
            new.rank_public,
            new.source,
            new.batch,
            new.joined_on,
            now,
            claimed_at
        ],
    );
    written.and_then(|()| keys::write(tx, id)).map_err(identity)?;
    // Asked again after the insert: it may have waited for a neighbour who was exchanging this document.
    if let Some(index) = &id_index
        && store::is_alias(tx, index)?
    {
        return Err(taken());
    }
    store::add_skills(tx, id, &new.skills, &new.categories)?;
    Ok(id)
}

fn taken() -> Error {
    Refusal::new(&refusals::ID_TAKEN).on("id_number").into()
}

fn identity(error: DbError) -> Error {
    match error {
        DbError::Unique(name) if name == "person_identity_pkey" => taken(),
        other => other.into(),
    }
}

/// Registers a person who stands at the desk and agreed there (V3: by the person's own word).
///
/// # Errors
/// `common.forbidden` outside the actor's area; as [`create`].
pub(super) fn register_at_desk(
    tx: &mut WriteTx<'_>,
    vault: &Vault,
    actor: &Actor,
    new: &NewPerson,
    rank: bool,
    guardian: Option<&Asked>,
) -> Result<PersonId, Error> {
    demand_home(tx, actor, Action::PersonRegister, new.home_org)?;
    let state = if guardian.is_some() { PersonState::Unclaimed } else { new.state };
    let person = create(tx, vault, &NewPerson { state, ..new.clone() })?;
    let own = new.birth_on.is_none_or(|birth| birth.age(tx.now().date()) >= ages::OWN_CONSENT);
    if own {
        consent::give(tx, actor, person, Purpose::Register, "desk")?;
        if rank {
            consent::give(tx, actor, person, Purpose::Rank, "desk")?;
        }
    }
    crate::audit::note(tx, actor, "person.register", "person", person.0, "")?;
    if let Some(guardian) = guardian {
        // Claims the registration and tells so.
        crate::guardian::commands::at_desk(tx, vault, actor, person, guardian)?;
        return Ok(person);
    }
    tx.publish(&Claimed { person, name: new.name.clone(), channel: "desk".to_owned() })?;
    Ok(person)
}

/// Registers somebody who came alone; a row without a document, of the same name and phone, is taken
/// over instead of written twice (Edge-07). A minor waits for the guardian: the registration counts when they consent.
///
/// # Errors
/// `person.consent_required`, `guardian.too_young`; as [`create`].
pub(super) fn register_oneself(
    tx: &mut WriteTx<'_>,
    vault: &Vault,
    actor: &Actor,
    new: &NewPerson,
    rank: bool,
) -> Result<PersonId, Error> {
    let today = tx.now().date();
    let minor = match new.birth_on {
        Some(birth_on) => {
            ages::possible(birth_on, today)?;
            birth_on.age(today) < ages::ADULT
        }
        None => false,
    };
    let phone = new.phone.as_ref().map(|phone| store::phone_index(vault, phone));
    let known = match &phone {
        Some(phone) => store::incomplete_like(tx, &new.name, phone)?,
        None => None,
    };
    let person = match (known, &new.document) {
        (Some(person), Some(document)) => {
            lock(tx, person)?;
            set_document(tx, vault, person, document)?;
            tx.exec_one(
                sql!("UPDATE person SET birth_on = COALESCE(birth_on, $1) WHERE id = $2"),
                args![new.birth_on, person],
            )?;
            if minor {
                set_state(tx, person, PersonState::Unclaimed)?;
                consent::give(tx, actor, person, Purpose::Register, "self")?;
            } else {
                claim(tx, actor, person, "self")?;
            }
            store::add_skills(tx, person, &new.skills, &new.categories)?;
            person
        }
        _ => {
            let state = if minor { PersonState::Unclaimed } else { new.state };
            let person = create(tx, vault, &NewPerson { state, ..new.clone() })?;
            // Under fourteen the guardian's consent is the one that counts.
            if new.birth_on.is_none_or(|birth| birth.age(today) >= ages::OWN_CONSENT) {
                consent::give(tx, actor, person, Purpose::Register, "self")?;
            }
            if !minor {
                tx.publish(&Claimed { person, name: new.name.clone(), channel: "self".to_owned() })?;
            }
            person
        }
    };
    if rank {
        consent::give(tx, actor, person, Purpose::Rank, "self")?;
    }
    Ok(person)
}

/// The person confirms the own registration (Fix-03): from `unclaimed` (or `incomplete` with a document)
/// to `active`, with the consent of the registration notice. Somebody who is active already stays so.
///
/// `channel`: `self`, `phone`, `slip`, `desk`.
///
/// # Errors
/// `common.not_found`, `person.needs_document`, `guardian.needed`, `person.state`; of the database.
pub fn claim(tx: &mut WriteTx<'_>, actor: &Actor, person: PersonId, channel: &str) -> Result<(), Error> {
    let locked = lock(tx, person)?;
    if locked.state == PersonState::Active {
        return Ok(());
    }
    let now = tx.now();
    rules::claimable(locked.state, locked.documented, locked.birth_on, now.date(), locked.guard)?;
    tx.exec_one(
        sql!(
            "UPDATE person SET state = 'active', claimed_at = $1, joined_on = COALESCE(joined_on, $2),
                version = version + 1 WHERE id = $3"
        ),
        args![now, now.date(), person],
    )?;
    consent::give(tx, actor, person, Purpose::Register, channel)?;
    tx.publish(&StateChanged { person, before: locked.state, now: PersonState::Active })?;
    tx.publish(&Claimed { person, name: locked.name, channel: channel.to_owned() })?;
    Ok(())
}

/// The person confirms at the desk, staff look at the document (Fix-03 c).
///
/// # Errors
/// As [`claim`].
pub(super) fn claim_at_desk(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    vault: &Vault,
    person: PersonId,
    rank: bool,
    guardian: Option<&Asked>,
) -> Result<(), Error> {
    let at_home = demand_person(tx, actor, Action::PersonRegister, person)?;
    match guardian {
        Some(guardian) => crate::guardian::commands::at_desk(tx, vault, actor, person, guardian)?,
        None => claim(tx, actor, person, "desk")?,
    }
    let rank = rank && at_home.birth_on.is_none_or(|birth| birth.age(tx.now().date()) >= ages::OWN_CONSENT);
    tx.exec(
        sql!("UPDATE person SET assurance = 'seen' WHERE id = $1 AND assurance = 'declared'"),
        args![person],
    )?;
    if rank {
        consent::give(tx, actor, person, Purpose::Rank, "desk")?;
    }
    crate::audit::note(tx, actor, "person.claim", "person", person.0, &at_home.volunteer_no)?;
    Ok(())
}

/// Moves a person to another state, if the rules allow it, and tells everybody who listens.
///
/// # Errors
/// `common.not_found`, `person.state`; of the database.
pub fn set_state(tx: &mut WriteTx<'_>, person: PersonId, to: PersonState) -> Result<PersonState, Error> {
    let before = lock(tx, person)?.state;
    if !rules::may_move(before, to) {
        return Err(rules::in_state(before).into());
    }
    tx.exec_one(
        sql!("UPDATE person SET state = $1, version = version + 1 WHERE id = $2"),
        args![to, person],
    )?;
    if matches!(
        to,
        PersonState::Disputed | PersonState::Closed | PersonState::Deceased | PersonState::Suspended
    ) {
        sign_out(tx, person)?;
    }
    tx.publish(&StateChanged { person, before, now: to })?;
    Ok(before)
}

/// Signs out whoever is signed in as this person.
fn sign_out(tx: &mut WriteTx<'_>, person: PersonId) -> Result<(), Error> {
    tx.exec(
        sql!(
            "DELETE FROM login_session WHERE account_id IN (
                SELECT a.id FROM account a WHERE a.person_id = $1)"
        ),
        args![person],
    )?;
    tx.publish(&crate::account::SignedOut::Person(person))
}

/// What staff may do with the state of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "PersonStep")]
pub(super) enum Step {
    /// Ends a pause.
    Reactivate,
    /// Pauses.
    Suspend,
    /// Notes a death.
    Deceased,
    /// Takes that back, within 30 days.
    UndoDeceased,
}

impl Step {
    pub(super) fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "suspend" => Self::Suspend,
            "reactivate" => Self::Reactivate,
            "deceased" => Self::Deceased,
            "undo_deceased" => Self::UndoDeceased,
            _ => return None,
        })
    }
}

/// Suspends, reactivates, notes a death or undoes it within 30 days (Edge-11), with the reason audited.
///
/// # Errors
/// `common.not_found`, `common.forbidden`, `person.state`, `person.too_late`; of the database.
pub(super) fn step(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    person: PersonId,
    step: Step,
    reason: &str,
) -> Result<PersonState, Error> {
    let found = demand_person(tx, actor, Action::PersonEdit, person)?;
    let wrong = || Error::from(rules::in_state(found.state));
    let (to, act) = match step {
        Step::Suspend => (PersonState::Suspended, "person.suspend"),
        Step::Reactivate if found.state == PersonState::Suspended => {
            (PersonState::Active, "person.reactivate")
        }
        Step::Deceased => (PersonState::Deceased, "person.deceased"),
        Step::UndoDeceased if found.state == PersonState::Deceased => {
            let (at, detail) = store::last_death(tx, person)?.ok_or_else(wrong)?;
            if tx.now().0 - at.0 > rules::UNDO_DAYS * kernel::time::DAY_MS {
                return Err((&refusals::TOO_LATE).into());
            }
            let before = detail.split_whitespace().next().and_then(PersonState::from_code);
            (before.unwrap_or(PersonState::Active), "person.deceased_undo")
        }
        Step::Reactivate | Step::UndoDeceased => return Err(wrong()),
    };
    let before = set_state(tx, person, to)?;
    if matches!(step, Step::Suspend | Step::Reactivate) {
        let by = if step == Step::Suspend { "staff" } else { "" };
        tx.exec_one(sql!("UPDATE person SET paused_by = $2 WHERE id = $1"), args![person, by])?;
    }
    crate::audit::note(tx, actor, act, "person", person.0, &format!("{} {reason}", before.code()))?;
    Ok(to)
}

/// What staff or the person change in the file.
#[derive(Debug, Clone)]
pub(super) struct Changes {
    pub name: String,
    pub name_key: String,
    pub gender: Gender,
    pub birth_on: Option<Date>,
    pub phone: Option<String>,
    pub home_org: OrgId,
    pub address: String,
    pub employer: String,
    pub note: String,
    pub skills: Vec<String>,
    pub categories: Vec<String>,
    pub version: i64,
}

/// Changes the file of a person, by staff of the area the person is in and goes to.
///
/// # Errors
/// `common.not_found`, `common.forbidden`, `person.state`, `common.stale`; of the database.
pub(super) fn edit(
    tx: &mut WriteTx<'_>,
    vault: &Vault,
    actor: &Actor,
    person: PersonId,
    new: &Changes,
) -> Result<(), Error> {
    let old = demand_person(tx, actor, Action::PersonEdit, person)?;
    if old.state == PersonState::Closed {
        return Err(rules::in_state(old.state).into());
    }
    if new.home_org != old.home_org {
        demand_home(tx, actor, Action::PersonEdit, new.home_org)?;
    }
    let initials: String = initials(&new.name_key);
    let other_phone = store::phone_of(tx, vault, person)? != new.phone;
    let phone_enc = new.phone.as_ref().map(|phone| vault.fields.encrypt(PHONE_FIELD, phone.as_bytes()));
    let phone_index = new.phone.as_ref().map(|phone| store::phone_index(vault, phone));
    keys::remove(tx, person)?;
    let changed = tx.exec(
        sql!(
            "UPDATE person SET name = $1, name_key = $2, initials = $3, gender = $4, birth_on = $5, phone_enc = $6,
                phone_index = $7, home_org = $8, address = $9, employer = $10, note = $11,
                version = version + 1
             WHERE id = $12 AND version = $13"
        ),
        args![
            new.name,
            new.name_key,
            initials,
            new.gender,
            new.birth_on,
            phone_enc,
            phone_index.as_ref().map(|index| index.as_bytes().as_slice()),
            new.home_org,
            new.address,
            new.employer,
            new.note,
            person,
            new.version
        ],
    )?;
    keys::write(tx, person)?;
    if changed == 0 {
        return Err((&common::STALE).into());
    }
    crate::account::store::rename(tx, person, &new.name)?;
    store::set_skills(tx, person, &new.skills, &new.categories)?;
    if new.home_org != old.home_org {
        crate::report_in::moved(tx, person, new.home_org)?;
    }
    // Which fields, not their content: the log keeps no second copy of personal data.
    let mut fields = Vec::new();
    for (name, differs) in [
        ("name", old.name != new.name),
        ("name_key", old.name_key != new.name_key),
        ("gender", old.gender != new.gender),
        ("birth_on", old.birth_on != new.birth_on),
        ("phone", other_phone),
        ("home_org", old.home_org != new.home_org),
        ("address", old.address != new.address),
        ("employer", old.employer != new.employer),
        ("note", old.note != new.note),
    ] {
        if differs {
            fields.push(name);
        }
    }
    crate::audit::note(tx, actor, "person.edit", "person", person.0, &fields.join(" "))?;
    if other_phone {
        // Whoever has the phone can sign in: those who came with the old one begin anew, and the person is told.
        sign_out(tx, person)?;
        tx.publish(&PhoneChanged { person })?;
    }
    Ok(())
}

/// The first letters of a reading.
fn initials(name_key: &str) -> String {
    name_key.split_whitespace().filter_map(|syllable| syllable.chars().next()).collect()
}

/// What people change about themselves.
///
/// # Errors
/// `common.sign_in`, `common.not_found`; of the database.
pub(super) fn edit_own(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    name_key: &str,
    address: &str,
    employer: &str,
    skills: &[String],
    categories: &[String],
) -> Result<(), Error> {
    let person = actor.person()?;
    lock(tx, person)?;
    keys::remove(tx, person)?;
    tx.exec_one(
        sql!(
            "UPDATE person SET name_key = $1, initials = $2, address = $3, employer = $4, version = version + 1
             WHERE id = $5"
        ),
        args![name_key, initials(name_key), address, employer, person],
    )?;
    keys::write(tx, person)?;
    store::set_skills(tx, person, skills, categories)?;
    Ok(())
}

/// Exchanges the phone of somebody who proved to have the new one.
///
/// # Errors
/// `common.not_found`; of the database.
pub(super) fn set_phone(
    tx: &mut WriteTx<'_>,
    vault: &Vault,
    actor: &Actor,
    person: PersonId,
    phone: &str,
) -> Result<(), Error> {
    lock(tx, person)?;
    let sealed = vault.fields.encrypt(PHONE_FIELD, phone.as_bytes());
    let index = store::phone_index(vault, phone);
    keys::remove(tx, person)?;
    tx.exec_one(
        sql!("UPDATE person SET phone_enc = $1, phone_index = $2, version = version + 1 WHERE id = $3"),
        args![sealed, index.as_bytes(), person],
    )?;
    keys::write(tx, person)?;
    crate::audit::note(tx, actor, "person.phone", "person", person.0, "")?;
    Ok(())
}

/// Writes the identity document of a person; an earlier one becomes an alias (Edge-07). The row must be
/// locked.
fn set_document(
    tx: &mut WriteTx<'_>,
    vault: &Vault,
    person: PersonId,
    document: &IdDocument,
) -> Result<(), Error> {
    let index = store::id_index(vault, document);
    if let Some(owner) = store::owner(tx, &index)?
        && owner.id != person
    {
        return Err(taken());
    }
    let now = tx.now();
    tx.exec(
        sql!(
            "INSERT INTO person_alias (id_index, person_id, since)
             SELECT id_index, id, $1 FROM person WHERE id = $2 AND id_index IS NOT NULL AND id_index <> $3
             ON CONFLICT DO NOTHING"
        ),
        args![now, person, index.as_bytes()],
    )?;
    let sealed = vault.fields.encrypt(ID_FIELD, document.number.as_bytes());
    let gender = Gender::from(document.gender);
    keys::remove(tx, person)?;
    tx.exec_one(
        sql!(
            "UPDATE person SET id_kind = $1, id_enc = $2, id_index = $3, birth_on = COALESCE($4, birth_on),
                gender = CASE WHEN $5 = '' THEN gender ELSE $6 END, version = version + 1 WHERE id = $7"
        ),
        args![document.kind.key(), sealed, index.as_bytes(), document.birth_date, gender, gender, person],
    )
    .and_then(|()| keys::write(tx, person))
    .map_err(identity)?;
    // A document that is this person's own earlier one is in use again.
    tx.exec(
        sql!("DELETE FROM person_alias WHERE id_index = $1 AND person_id = $2"),
        args![index.as_bytes(), person],
    )?;
    Ok(())
}

/// Staff enter a document they hold in hand: the first one, or a new one whose predecessor stays as an
/// alias (Edge-07).
///
/// # Errors
/// `common.not_found`, `common.forbidden`, `person.id_taken`, `person.state`; of the database.
pub(super) fn document_at_desk(
    tx: &mut WriteTx<'_>,
    vault: &Vault,
    actor: &Actor,
    person: PersonId,
    document: &IdDocument,
) -> Result<(), Error> {
    demand_person(tx, actor, Action::PersonEdit, person)?;
    let locked = lock(tx, person)?;
    if matches!(locked.state, PersonState::Closed | PersonState::Deceased | PersonState::Disputed) {
        return Err(rules::in_state(locked.state).into());
    }
    set_document(tx, vault, person, document)?;
    tx.exec(
        sql!("UPDATE person SET assurance = 'seen' WHERE id = $1 AND assurance = 'declared'"),
        args![person],
    )?;
    if locked.state == PersonState::Incomplete {
        set_state(tx, person, PersonState::Unclaimed)?;
    }
    let act = if locked.documented { "person.document_change" } else { "person.document" };
    crate::audit::note(tx, actor, act, "person", person.0, document.kind.key())?;
    Ok(())
}

/// Shows an ID number or a phone whole, for a stated purpose; noted in the audit log (X6).
///
/// # Errors
/// `common.not_found`, `common.forbidden`; of the database.
pub(super) fn reveal(
    tx: &mut WriteTx<'_>,
    vault: &Vault,
    actor: &Actor,
    person: PersonId,
    purpose: &str,
) -> Result<(Option<String>, Option<String>), Error> {
    demand_person(tx, actor, Action::PersonReveal, person)?;
    let sealed = store::sealed(tx, person)?.ok_or(&common::NOT_FOUND)?;
    crate::audit::note(tx, actor, "person.reveal", "person", person.0, purpose)?;
    Ok((sealed.id_number(vault)?, sealed.phone(vault)?))
}

/// Writes slips for people who have not claimed yet; a new slip ends the earlier unused ones of the same
/// person. `hashes` are of the codes in the order of `people`.
///
/// # Errors
/// Of the database.
pub(super) fn print_slips(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    people: &[(PersonId, CodeHash)],
) -> Result<Timestamp, Error> {
    let now = tx.now();
    let until = Timestamp(now.0 + rules::SLIP_DAYS * kernel::time::DAY_MS);
    for (person, hash) in people {
        tx.exec(
            sql!(
                "UPDATE slip SET expires_at = $1 WHERE person_id = $2 AND used_at IS NULL AND expires_at > $3"
            ),
            args![now, person, now],
        )?;
        let id: SlipId = tx.new_id();
        tx.exec_later(
            sql!(
                "INSERT INTO slip (id, person_id, code_hash, printed_at, printed_by, expires_at)
                 VALUES ($1, $2, $3, $4, $5, $6)"
            ),
            args![id, person, hash.as_bytes(), now, actor.account, until],
        )?;
        crate::audit::note(tx, actor, "slip.print", "person", person.0, "")?;
    }
    Ok(until)
}

/// Somebody says, without signing in, that the registration is not theirs (V3): everything about the
/// person stops until staff have looked into it. Said twice, it stays one objection.
///
/// # Errors
/// `common.not_found`, `person.state`; of the database.
pub fn say_not_me(
    tx: &mut WriteTx<'_>,
    vault: &Vault,
    actor: &Actor,
    person: PersonId,
    text: &str,
    contact: &str,
) -> Result<(), Error> {
    if lock(tx, person)?.state == PersonState::Disputed {
        return Ok(());
    }
    let before = set_state(tx, person, PersonState::Disputed)?;
    let id: NotMeId = tx.new_id();
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO not_me (id, person_id, at, state_before, text, contact_enc, state)
             VALUES ($1, $2, $3, $4, $5, $6, 'open')"
        ),
        args![id, person, now, before, text, store::seal_contact(vault, contact)],
    )?;
    crate::audit::note(tx, actor, "person.not_me", "person", person.0, "")?;
    Ok(())
}

/// Answers an objection. Upheld: the registration is closed and its personal data erased (V3); refused:
/// the person is what they were before.
///
/// # Errors
/// `common.not_found`, `common.forbidden`, `person.note_answered`; of the database.
pub fn resolve_dispute(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: NotMeId,
    uphold: bool,
    answer: &str,
) -> Result<(), Error> {
    let found = store::dispute(tx, id)?.ok_or(&common::NOT_FOUND)?;
    let at = Place { area_path: &found.area_path, sponsor_path: &found.sponsor_path };
    if !kernel::can(actor, Action::PersonEdit, at) {
        return Err((&common::NOT_FOUND).into());
    }
    lock(tx, found.person)?;
    let now = tx.now();
    let state = if uphold { "upheld" } else { "refused" };
    let changed = tx.exec(
        sql!(
            "UPDATE not_me SET state = $1, answered_by = $2, answered_at = $3, answer = $4
             WHERE id = $5 AND state = 'open'"
        ),
        args![state, actor.account, now, answer, id],
    )?;
    if changed == 0 {
        return Err((&refusals::NOTE_ANSWERED).into());
    }
    if uphold {
        let_go(tx, found.person, "登记已注销")?;
        set_state(tx, found.person, PersonState::Closed)?;
        erase(tx, found.person, &found.name)?;
    } else {
        set_state(tx, found.person, found.state_before)?;
    }
    let act = if uphold { "person.not_me_uphold" } else { "person.not_me_refuse" };
    crate::audit::note(tx, actor, act, "person", found.person.0, answer)?;
    Ok(())
}

/// Ends posts, roles and memberships of somebody who will not come again, whatever they led (Edge-21).
fn let_go(tx: &mut WriteTx<'_>, person: PersonId, why: &str) -> Result<(), Error> {
    let (now, today) = (tx.now(), tx.now().date());
    tx.exec(
        sql!("UPDATE org_post SET to_on = $2 WHERE person_id = $1 AND to_on IS NULL"),
        args![person, today],
    )?;
    tx.exec(
        sql!(
            "UPDATE role_grant SET ended_at = $2 WHERE ended_at IS NULL
                AND account_id IN (SELECT a.id FROM account a WHERE a.person_id = $1)"
        ),
        args![person, now],
    )?;
    for (team, _) in crate::org::teams_of(tx, person)? {
        crate::org::leave(tx, person, team, why)?;
    }
    Ok(())
}

/// Erases what tells who somebody is; the row stays, so that what refers to it stays true. The document
/// is free again for its owner.
pub(crate) fn erase(tx: &mut WriteTx<'_>, person: PersonId, name: &str) -> Result<(), Error> {
    let now = tx.now();
    keys::remove(tx, person)?;
    tx.exec_one(
        sql!(
            "UPDATE person SET name = $1, name_key = '', initials = '', gender = '', birth_on = NULL, id_kind = '',
                id_enc = NULL, id_index = NULL, phone_enc = NULL, phone_index = NULL, address = '',
                employer = '', note = '', rank_public = FALSE, guard = '', national_no = NULL WHERE id = $2"
        ),
        args![vault::mask_name(name), person],
    )?;
    keys::write(tx, person)?;
    tx.exec(sql!("DELETE FROM person_alias WHERE person_id = $1"), args![person])?;
    tx.exec(sql!("DELETE FROM person_skill WHERE person_id = $1"), args![person])?;
    tx.exec(sql!("DELETE FROM person_category WHERE person_id = $1"), args![person])?;
    // Whose guardian it was is not kept either.
    tx.exec(sql!("DELETE FROM guardian WHERE minor_id = $1"), args![person])?;
    tx.exec(
        sql!("UPDATE consent SET withdrawn_at = $1 WHERE person_id = $2 AND withdrawn_at IS NULL"),
        args![now, person],
    )?;
    tx.exec(sql!("UPDATE account SET state = 'disabled' WHERE person_id = $1"), args![person])?;
    crate::account::store::rename(tx, person, &vault::mask_name(name))?;
    // What was said stays with its answer; who to call about it does not.
    tx.exec(
        sql!("UPDATE not_me SET contact_enc = NULL WHERE person_id = $1 AND state <> 'open'"),
        args![person],
    )?;
    crate::report_in::store::forget(tx, person, &vault::mask_name(name))?;
    crate::qualification::store::forget(tx, person)?;
    crate::member_card::store::forget(tx, person)?;
    crate::rights::store::forget(tx, person)?;
    crate::view::forget(tx, person)?;
    crate::duplicate::commands::forget(tx, person)?;
    tx.publish(&Erased { person })
}

/// A person whom the actor may do this with; anybody else is not to be known.
///
/// # Errors
/// `common.sign_in`, `common.not_found`; of the database.
pub(crate) fn demand_person(
    tx: &mut db::ReadTx<'_>,
    actor: &Actor,
    action: Action,
    person: PersonId,
) -> Result<super::Person, Error> {
    actor.account()?;
    let found = store::find(tx, person)?.ok_or(&common::NOT_FOUND)?;
    let at = Place { area_path: &found.area_path, sponsor_path: &found.sponsor_path };
    if kernel::can(actor, action, at) { Ok(found) } else { Err((&common::NOT_FOUND).into()) }
}

/// Demands that the actor may do this in a community.
fn demand_home(tx: &mut db::ReadTx<'_>, actor: &Actor, action: Action, home: OrgId) -> Result<(), Error> {
    let wrong = || Refusal::new(&common::FORBIDDEN).on("home_org");
    let (area_path, sponsor_path, _) = store::place(tx, home)?.ok_or_else(wrong)?;
    actor.account()?;
    let at = Place { area_path: &area_path, sponsor_path: &sponsor_path };
    if kernel::can(actor, action, at) { Ok(()) } else { Err(wrong().into()) }
}
