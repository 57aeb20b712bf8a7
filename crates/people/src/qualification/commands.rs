//! Who does what: the person hands in, staff confirm or enter, teams enter trainings, the office keeps the list of kinds.

use db::{DbError, ReadTx, WriteTx};
use kernel::error::{Collect, common};
use kernel::{Action, Actor, Date, Error, Id as _, Lang, OrgId, PersonId, Refusal, can};
use vault::Vault;

use super::rules::{self, Step};
use super::store::{self, KindRow, NewQualification, Qualification, Training, TrainingRow};
use super::{KindForm, QualificationId, QualificationMoved, QualificationState, TrainingId, refusals};
use crate::org::{self, Org};
use crate::{audit, person};

fn not_found() -> Error {
    (&common::NOT_FOUND).into()
}

/// What stands on a document.
#[derive(Debug, Clone)]
pub struct Given {
    /// Code of the kind.
    pub kind: String,
    /// The number on it; may be empty.
    pub number: String,
    /// Who issued it.
    pub issuer: String,
    /// The first day on which it counts.
    pub from_on: Date,
    /// The last day, if it ends.
    pub until_on: Option<Date>,
}

/// Whether a document may be taken as this kind; the kind.
fn check(tx: &mut ReadTx<'_>, given: &Given) -> Result<KindRow, Error> {
    let kind = store::kind(tx, &given.kind)?
        .filter(|kind| kind.in_use && kind.form == KindForm::Certificate)
        .ok_or_else(|| Error::from(Refusal::new(&refusals::KIND).on("kind")))?;
    let today = tx.now().date();
    let mut all = Collect::default();
    all.check(kind.expires && given.until_on.is_none(), || Refusal::new(&refusals::UNTIL).on("until_on"));
    if let Some(until) = given.until_on {
        let backwards = until < given.from_on;
        all.check(backwards, || Refusal::new(&refusals::BACKWARDS).on("until_on"));
        all.check(!backwards && until < today, || {
            Refusal::new(&refusals::OVER).with("until", until).on("until_on")
        });
    }
    all.done()?;
    Ok(kind)
}

fn insert(
    tx: &mut WriteTx<'_>,
    vault: &Vault,
    actor: &Actor,
    person: PersonId,
    given: &Given,
    state: QualificationState,
) -> Result<(QualificationId, KindRow), Error> {
    let kind = check(tx, given)?;
    let new = NewQualification {
        person,
        kind: given.kind.clone(),
        number_enc: store::seal(vault, &given.number),
        issuer: given.issuer.clone(),
        from_on: given.from_on,
        until_on: given.until_on,
        state,
        training: None,
        by: actor.account,
    };
    match store::insert(tx, &new) {
        Err(DbError::Unique(name)) if name == "qualification_waiting_key" => {
            Err(Refusal::new(&refusals::WAITING)
                .with_both("kind", &kind.name, &kind.name_en)
                .on("kind")
                .into())
        }
        done => Ok((done?, kind)),
    }
}

/// The person hands a certificate in; it counts once staff have seen it.
///
/// # Errors
/// `common.sign_in`, `qualification.kind`, `qualification.until`, `qualification.backwards`, `qualification.over`,
/// `qualification.waiting`; of the database.
pub fn hand_in(
    tx: &mut WriteTx<'_>,
    vault: &Vault,
    actor: &Actor,
    given: &Given,
) -> Result<QualificationId, Error> {
    let me = actor.person()?;
    person::hold(tx, me)?;
    Ok(insert(tx, vault, actor, me, given, QualificationState::HandedIn)?.0)
}

/// Staff enter what they have before them; it counts at once, and the person is told.
///
/// # Errors
/// `common.not_found`, `qualification.own`; as [`hand_in`].
pub fn enter(
    tx: &mut WriteTx<'_>,
    vault: &Vault,
    actor: &Actor,
    person: PersonId,
    given: &Given,
) -> Result<QualificationId, Error> {
    person::demand_person(tx, actor, Action::PersonRegister, person)?;
    not_own(actor, person)?;
    person::hold(tx, person)?;
    let (id, kind) = insert(tx, vault, actor, person, given, QualificationState::Confirmed)?;
    audit::note(tx, actor, "qualification.enter", "person", person.as_i64(), &kind.code)?;
    tx.publish(&QualificationMoved {
        person,
        kind: (kind.name, kind.name_en),
        state: QualificationState::Confirmed,
        until: given.until_on,
        reason: String::new(),
    })?;
    Ok(id)
}

fn not_own(actor: &Actor, person: PersonId) -> Result<(), Error> {
    if actor.person == Some(person) { Err((&refusals::OWN).into()) } else { Ok(()) }
}

/// One that the actor looks after; others are not found.
fn managed(tx: &mut ReadTx<'_>, actor: &Actor, id: QualificationId) -> Result<Qualification, Error> {
    actor.account()?;
    let one = store::find(tx, id)?.ok_or_else(not_found)?;
    person::demand_person(tx, actor, Action::PersonRegister, one.person)?;
    Ok(one)
}

fn step(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    one: &Qualification,
    step: Step,
    reason: &str,
) -> Result<Qualification, Error> {
    person::hold(tx, one.person)?;
    // Read again behind the lock.
    let mut one = store::find(tx, one.id)?.ok_or_else(not_found)?;
    let state = one.state;
    let answered =
        || Refusal::new(&refusals::ANSWERED).with_both("state", state.name(Lang::Zh), state.name(Lang::En));
    let to = rules::next(state, step).ok_or_else(answered)?;
    if !store::decide(tx, one.id, state, to, actor.account, reason)? {
        return Err(answered().into());
    }
    one.state = to;
    Ok(one)
}

fn tell(tx: &mut WriteTx<'_>, one: Qualification, reason: &str) -> Result<(), Error> {
    tx.publish(&QualificationMoved {
        person: one.person,
        kind: (one.name, one.name_en),
        state: one.state,
        until: one.until_on,
        reason: reason.to_owned(),
    })
}

/// Staff saw the document.
///
/// # Errors
/// `common.not_found`, `qualification.own`, `qualification.answered`; of the database.
pub fn confirm(tx: &mut WriteTx<'_>, actor: &Actor, id: QualificationId) -> Result<PersonId, Error> {
    let one = managed(tx, actor, id)?;
    not_own(actor, one.person)?;
    let one = step(tx, actor, &one, Step::Confirm, "")?;
    let person = one.person;
    audit::note(tx, actor, "qualification.confirm", "person", person.as_i64(), &one.kind)?;
    tell(tx, one, "")?;
    Ok(person)
}

fn demand_reason(reason: &str) -> Result<(), Error> {
    if reason.is_empty() { Err(Refusal::new(&refusals::REASON).on("reason").into()) } else { Ok(()) }
}

/// Staff say no, and why.
///
/// # Errors
/// `common.not_found`, `qualification.reason`, `qualification.answered`; of the database.
pub fn refuse(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: QualificationId,
    reason: &str,
) -> Result<PersonId, Error> {
    let one = managed(tx, actor, id)?;
    demand_reason(reason)?;
    let one = step(tx, actor, &one, Step::Refuse, reason)?;
    let person = one.person;
    audit::note(tx, actor, "qualification.refuse", "person", person.as_i64(), &one.kind)?;
    tell(tx, one, reason)?;
    Ok(person)
}

/// Staff say that it counts no more, and why. Places that the person holds stay; whoever leads is reminded of them.
///
/// # Errors
/// `common.not_found`, `qualification.reason`, `qualification.answered`; of the database.
pub fn revoke(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: QualificationId,
    reason: &str,
) -> Result<PersonId, Error> {
    let one = managed(tx, actor, id)?;
    demand_reason(reason)?;
    let one = step(tx, actor, &one, Step::Revoke, reason)?;
    let person = one.person;
    audit::note(tx, actor, "qualification.revoke", "person", person.as_i64(), &one.kind)?;
    tell(tx, one, reason)?;
    Ok(person)
}

/// The person takes it back.
///
/// # Errors
/// `common.sign_in`, `common.not_found`, `qualification.trained`, `qualification.answered`; of the database.
pub fn withdraw(tx: &mut WriteTx<'_>, actor: &Actor, id: QualificationId) -> Result<(), Error> {
    let me = actor.person()?;
    let one = store::find(tx, id)?.filter(|one| one.person == me).ok_or_else(not_found)?;
    if one.training.is_some() {
        return Err((&refusals::TRAINED).into());
    }
    step(tx, actor, &one, Step::Withdraw, "")?;
    Ok(())
}

/// A kind as the office writes it.
#[derive(Debug, Clone)]
pub struct NewKind {
    /// Code of the one that is changed; `None`: a new one.
    pub code: Option<String>,
    /// Name in Chinese.
    pub name: String,
    /// And in English.
    pub name_en: String,
    /// Certificate or training; of one that is there it stays.
    pub form: KindForm,
    /// A certificate names its last day.
    pub expires: bool,
    /// A training counts for so many months.
    pub months: Option<i64>,
    /// Whether it may be asked for and handed in.
    pub in_use: bool,
}

fn demand_office(tx: &mut ReadTx<'_>, actor: &Actor) -> Result<OrgId, Error> {
    actor.account()?;
    let root = org::root(tx)?.ok_or_else(not_found)?;
    let org = org::find(tx, root)?.ok_or_else(not_found)?;
    actor.demand(Action::OrgManage, org.place())?;
    Ok(root)
}

/// Whether the actor keeps the list of kinds.
///
/// # Errors
/// Of the database.
pub(super) fn may_keep(tx: &mut ReadTx<'_>, actor: &Actor) -> Result<bool, Error> {
    match demand_office(tx, actor) {
        Ok(_) => Ok(true),
        Err(Error::Refused(_)) => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// The office adds a kind or changes one. What was handed in and asked for before stays as it is.
///
/// # Errors
/// `common.sign_in`, `common.forbidden`, `common.not_found`, `qualification.same_name`; of the database.
pub fn put_kind(tx: &mut WriteTx<'_>, actor: &Actor, new: &NewKind) -> Result<String, Error> {
    let root = demand_office(tx, actor)?;
    let all = store::kinds(tx)?;
    let code = match &new.code {
        Some(code) => code.clone(),
        None => {
            let id: QualificationId = tx.new_id();
            format!("k{id}")
        }
    };
    let before = all.iter().find(|one| one.code == code);
    if new.code.is_some() && before.is_none() {
        return Err(not_found());
    }
    if all.iter().any(|one| one.code != code && one.name == new.name) {
        return Err(Refusal::new(&refusals::SAME_NAME).with("name", &new.name).on("name").into());
    }
    let form = before.map_or(new.form, |one| one.form);
    let certificate = form == KindForm::Certificate;
    store::put_kind(
        tx,
        &KindRow {
            code: code.clone(),
            name: new.name.clone(),
            name_en: new.name_en.clone(),
            form,
            expires: certificate && new.expires,
            months: new.months.filter(|_| !certificate),
            in_use: new.in_use,
        },
    )?;
    audit::note(tx, actor, "qualification.kind", "org", root.as_i64(), &code)?;
    Ok(code)
}

/// The office takes over those of the usual kinds that are not there; how many.
///
/// # Errors
/// `common.sign_in`, `common.forbidden`; of the database.
pub fn usual_kinds(tx: &mut WriteTx<'_>, actor: &Actor) -> Result<usize, Error> {
    let root = demand_office(tx, actor)?;
    let added = add_usual(tx)?;
    audit::note(tx, actor, "qualification.kind", "org", root.as_i64(), &added.to_string())?;
    Ok(added)
}

/// Adds the usual kinds that are not there.
pub(super) fn add_usual(tx: &mut WriteTx<'_>) -> Result<usize, Error> {
    let there = store::kinds(tx)?;
    let mut added = 0;
    for (code, name, name_en, form, expires, months) in rules::USUAL.iter().copied() {
        if there.iter().all(|one| one.code != code && one.name != name) {
            let row = KindRow {
                code: code.to_owned(),
                name: name.to_owned(),
                name_en: name_en.to_owned(),
                form,
                expires,
                months,
                in_use: true,
            };
            store::put_kind(tx, &row)?;
            added += 1;
        }
    }
    Ok(added)
}

/// A training as whoever held it writes it.
#[derive(Debug, Clone)]
pub struct NewTraining {
    /// What it was called.
    pub name: String,
    /// What it was about.
    pub content: String,
    /// How long it took.
    pub minutes: i64,
    /// Who held it.
    pub holder: String,
    /// On which day.
    pub held_on: Date,
    /// As what it counts, if as anything.
    pub kind: Option<String>,
    /// Who took part.
    pub people: Vec<PersonId>,
}

/// A team whose trainings the actor may enter.
pub(super) fn team(tx: &mut ReadTx<'_>, actor: &Actor, id: OrgId) -> Result<Org, Error> {
    actor.account()?;
    org::find(tx, id)?
        .filter(|org| org.is_team() && can(actor, Action::TeamManage, org.place()))
        .ok_or_else(not_found)
}

/// Enters a training for several members; where it counts as a kind, it does so at once.
///
/// # Errors
/// `common.not_found`, `training.nobody`, `training.too_many`, `training.not_members`, `training.ahead`,
/// `qualification.kind`; of the database.
pub fn add_training(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    team_id: OrgId,
    new: &NewTraining,
) -> Result<TrainingId, Error> {
    team(tx, actor, team_id)?;
    let mut all = Collect::default();
    let mut people = new.people.clone();
    people.sort_unstable();
    people.dedup();
    all.check(people.is_empty(), || Refusal::new(&refusals::NOBODY).on("people"));
    all.check(new.held_on > tx.now().date(), || Refusal::new(&refusals::AHEAD).on("held_on"));
    let kind = match &new.kind {
        None => None,
        Some(code) => {
            let kind = store::kind(tx, code)?.filter(|kind| kind.in_use && kind.form == KindForm::Training);
            all.check(kind.is_none(), || Refusal::new(&refusals::KIND).on("kind"));
            kind
        }
    };
    all.check(people.len() > rules::MOST, || {
        Refusal::new(&refusals::TOO_MANY).with("max", rules::MOST).on("people")
    });
    let members = match people.len() > rules::MOST {
        true => people.clone(),
        false => store::members_among(tx, team_id, &people)?,
    };
    let strangers = people.len().saturating_sub(members.len());
    all.check(strangers > 0, || Refusal::new(&refusals::NOT_MEMBERS).with("count", strangers).on("people"));
    all.done()?;
    let id: TrainingId = tx.new_id();
    let row = TrainingRow {
        id,
        team: team_id,
        kind: kind.as_ref().map(|kind| kind.code.as_str()),
        name: &new.name,
        content: &new.content,
        minutes: new.minutes,
        holder: &new.holder,
        held_on: new.held_on,
        by: actor.account,
    };
    store::insert_training(tx, &row, &people)?;
    if let Some(kind) = kind {
        for person in &people {
            store::insert(
                tx,
                &NewQualification {
                    person: *person,
                    kind: kind.code.clone(),
                    number_enc: None,
                    issuer: new.holder.clone(),
                    from_on: new.held_on,
                    until_on: rules::counts_until(new.held_on, kind.months),
                    state: QualificationState::Confirmed,
                    training: Some(id),
                    by: actor.account,
                },
            )?;
        }
    }
    let detail = format!("{} × {}", new.name, people.len());
    audit::note(tx, actor, "training.add", "org", team_id.as_i64(), &detail)?;
    Ok(id)
}

/// Those whom volunteer numbers name, typed or pasted, one or several a line; a number that is nobody's in the team is
/// refused.
///
/// # Errors
/// `training.not_members`; of the database.
pub(super) fn by_numbers(tx: &mut ReadTx<'_>, team: OrgId, text: &str) -> Result<Vec<PersonId>, Error> {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '，' | ';' | '；' | '、'))
        .filter(|word| !word.is_empty())
        .take(rules::MOST + 1)
        .collect();
    let mut numbers: Vec<String> = words.iter().filter_map(|word| person::parse_volunteer_no(word)).collect();
    let unread = words.len() - numbers.len();
    numbers.sort_unstable();
    numbers.dedup();
    let found = if numbers.is_empty() { Vec::new() } else { store::members_by_number(tx, team, &numbers)? };
    let strangers = unread + numbers.len() - found.len();
    if strangers > 0 {
        return Err(Refusal::new(&refusals::NOT_MEMBERS).with("count", strangers).on("numbers").into());
    }
    Ok(found.into_iter().map(|row| row.0).collect())
}

/// Voids a training that was entered in error: it counts as nothing any more, and whoever it counted for is told.
///
/// # Errors
/// `common.not_found`, `qualification.reason`, `training.voided`; of the database.
pub fn void_training(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: TrainingId,
    reason: &str,
) -> Result<Training, Error> {
    actor.account()?;
    let one = store::training(tx, id)?.ok_or_else(not_found)?;
    team(tx, actor, one.team)?;
    demand_reason(reason)?;
    if !store::void(tx, id, actor.account, reason)? {
        return Err((&refusals::VOIDED).into());
    }
    let names = (one.kind_name.clone().unwrap_or_default(), one.kind_name_en.clone().unwrap_or_default());
    let (from, to) = (QualificationState::Confirmed, QualificationState::Revoked);
    for (qualification, person) in store::given_by(tx, id)? {
        if store::decide(tx, qualification, from, to, actor.account, reason)? {
            tx.publish(&QualificationMoved {
                person,
                kind: names.clone(),
                state: to,
                until: None,
                reason: reason.to_owned(),
            })?;
        }
    }
    audit::note(tx, actor, "training.void", "org", one.team.as_i64(), &one.name)?;
    Ok(one)
}
