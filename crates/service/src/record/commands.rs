//! Closing, submitting, confirming, returning, voiding: authorise, load, decide, store, publish.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Action, Actor, Date, Error, Lang, Minutes, OrgId, PersonId, Place, Refusal, Role, can};
use people::person::PersonState;

use super::rules::{self, Needs, Plan, Worked};
use super::store::{self, Beside, Closed, Deciding, New, Shared, Stay, Which};
use super::{Class, Flag, RecordState, refusals};
use crate::activity::{Kind, Participant, SessionState};
use crate::attendance::{self, Held, Method};
use crate::event::{RecordConfirmed, RecordWithdrawn};
use crate::past;
use crate::remote;
use crate::total::{self, Counted};
use crate::{RecordId, SessionId};

/// What a leader enters when closing the roll.
pub type Closing = Closed;

/// One line of what would be, or is, submitted.
#[derive(Debug, Clone)]
pub struct Computed {
    /// Who.
    pub person: PersonId,
    /// Name.
    pub name: String,
    /// Volunteer number.
    pub volunteer_no: String,
    /// For which team.
    pub team: OrgId,
    /// Home.
    pub home: OrgId,
    /// As what they took part.
    pub participant: Participant,
    /// What counts, if anything.
    pub worked: Option<Worked>,
    /// How it became known.
    pub method: Method,
    /// What it is worth.
    pub class: Class,
    /// What a checker should look at.
    pub flags: Vec<Flag>,
}

impl Computed {
    /// Whether it counts and was entered after the end.
    #[must_use]
    pub fn afterwards(&self) -> bool {
        self.worked.is_some() && self.flags.contains(&Flag::Backfill)
    }
}

fn wrong_state(held: &Held) -> Error {
    Refusal::new(&refusals::WRONG_STATE)
        .with_both("state", held.state.name(Lang::Zh), held.state.name(Lang::En))
        .into()
}

/// Computes everybody's minutes as the roll stands, with the flags of each. Seven queries at most, whatever the size.
///
/// # Errors
/// Of the database.
pub fn compute(tx: &mut ReadTx<'_>, actor: &Actor, held: &Held) -> Result<Vec<Computed>, Error> {
    let now = tx.now();
    let plan = Plan {
        starts_at: held.starts_at,
        ends_at: held.ends_at,
        extension: held.extension_minutes,
        breaks: held.break_minutes,
        closed_at: held.closed_at.unwrap_or(now),
    };
    let attendees = store::attendees(tx, held.id)?;
    let stays = store::stays(tx, held.id)?;
    let people: Vec<PersonId> = attendees.iter().map(|one| one.person_id).collect();
    let beside = store::beside(tx, held.id, &people, held.starts_at.date())?;
    let came = i64::try_from(attendees.len()).unwrap_or(i64::MAX);
    let heads_differ = held.heads.is_some_and(|heads| attendance::rules::heads_differ(came, heads));
    let late = now.date() > held.due_on;
    let crowded = crowded_devices(&stays);
    let unsigned: Vec<PersonId> =
        crate::agreement::commands::unbound(tx, held)?.into_iter().map(|line| line.person).collect();
    // What has no place has a limit of its own (Add-57); only such sessions ask for it.
    let is_remote = |stay: &Stay| stay.flags.split(' ').any(|code| code == Flag::Remote.code());
    let that_day = if stays.iter().any(is_remote) {
        remote::store::that_day(tx, held.id, held.starts_at.date())?
    } else {
        Vec::new()
    };
    Ok(attendees
        .into_iter()
        .map(|one| {
            let mine: Vec<&Stay> = stays_of(&stays, one.person_id);
            let times: Vec<_> = mine.iter().map(|stay| (stay.in_at, stay.out_at)).collect();
            let away = mine.iter().any(|stay| is_remote(stay));
            let worked = rules::minutes(&plan, &times).and_then(|worked| {
                let before =
                    that_day.iter().find(|other| other.0 == one.person_id).map_or(0, |other| other.1);
                if away { remote::rules::capped(worked, before) } else { Some(worked) }
            });
            let live = mine.iter().all(|stay| stay.in_method != Method::LateRoll);
            let mut flags = Vec::new();
            let mut flag = |when: bool, flag: Flag| {
                if when {
                    flags.push(flag);
                }
            };
            if let Some(worked) = &worked {
                flag(worked.auto_out, Flag::AutoOut);
                flag(worked.extended, Flag::Extended);
                match needs(worked, one.person_id, &beside) {
                    Needs::Anybody => {}
                    Needs::Parent => flag(true, Flag::Over8h),
                    Needs::City => flag(true, Flag::Over12h),
                }
            }
            flag(actor.person == Some(one.person_id), Flag::OwnRecord);
            flag(late && live, Flag::Late);
            flag(!live, Flag::Backfill);
            flag(heads_differ, Flag::Heads);
            flag(held.uninsured, Flag::Uninsured);
            flag(unsigned.contains(&one.person_id), Flag::Unsigned);
            flag(
                mine.iter().any(|stay| stay.device.as_ref().is_some_and(|device| crowded.contains(device))),
                Flag::SameDevice,
            );
            flag(one.unregistered, Flag::Unregistered);
            for late in [
                Flag::Clock,
                Flag::LateSent,
                Flag::AfterRole,
                Flag::DeskName,
                Flag::ByGroup,
                Flag::Remote,
                Flag::Far,
            ] {
                flag(mine.iter().any(|stay| stay.flags.split(' ').any(|code| code == late.code())), late);
            }
            Computed {
                person: one.person_id,
                name: one.name,
                volunteer_no: one.volunteer_no,
                team: one.team_id,
                home: one.home_org,
                participant: one.participant,
                worked,
                method: match mine.first() {
                    _ if away => Method::Remote,
                    Some(stay) => stay.in_method,
                    None => Method::Roll,
                },
                class: if live && !away { Class::Verified } else { Class::Honor },
                flags,
            }
        })
        .collect())
}

fn stays_of(stays: &[Stay], person: PersonId) -> Vec<&Stay> {
    // Sorted by person: one search instead of a walk over all.
    let from = stays.partition_point(|stay| stay.person_id < person);
    stays.iter().skip(from).take_while(|stay| stay.person_id == person).collect()
}

fn crowded_devices(stays: &[Stay]) -> Vec<Vec<u8>> {
    let mut seen: Vec<(&Vec<u8>, PersonId)> =
        stays.iter().filter_map(|stay| stay.device.as_ref().map(|device| (device, stay.person_id))).collect();
    seen.sort_unstable();
    seen.dedup();
    seen.chunk_by(|a, b| a.0 == b.0)
        .filter(|people| i64::try_from(people.len()).unwrap_or(0) > attendance::rules::DEVICE_PEOPLE)
        .filter_map(|people| people.first().map(|one| one.0.clone()))
        .collect()
}

fn needs(worked: &Worked, person: PersonId, beside: &[Beside]) -> Needs {
    let others: Vec<_> = beside
        .iter()
        .filter(|one| one.person_id == person)
        .map(|one| (one.start_at, one.end_at, one.minutes))
        .collect();
    rules::needs(rules::busiest_day((worked.start, worked.end, worked.minutes), &others), worked.minutes)
}

/// Closes the roll with head-count, summary and evaluation; may be repeated until it is submitted.
///
/// # Errors
/// `record.not_started`, `record.wrong_state`, `common.forbidden`.
pub fn close(tx: &mut WriteTx<'_>, actor: &Actor, id: SessionId, closing: &Closing) -> Result<(), Error> {
    let held = attendance::commands::find_to_lead(tx, actor, id)?;
    if tx.now() < held.starts_at {
        return Err(Refusal::new(&refusals::NOT_STARTED).with("from", held.starts_at.text()).into());
    }
    if !store::session_close(tx, id, closing)? {
        return Err(wrong_state(&held));
    }
    Ok(())
}

/// Opens a closed roll again, while nothing was submitted.
///
/// # Errors
/// `record.wrong_state`, `common.forbidden`.
pub fn reopen(tx: &mut WriteTx<'_>, actor: &Actor, id: SessionId) -> Result<(), Error> {
    let held = attendance::commands::find_to_lead(tx, actor, id)?;
    if !store::session_reopen(tx, id)? {
        return Err(wrong_state(&held));
    }
    Ok(())
}

/// Why, and on what evidence, people were entered after the end (A9).
#[derive(Debug, Clone)]
pub struct LateNote {
    /// Why they were not on the roll.
    pub reason: String,
    /// What shows that they were there.
    pub evidence: String,
}

/// As [`submit`], for a person at a form: who was entered after the end stands there with a reason and evidence.
///
/// # Errors
/// Those of [`submit`]; `record.fill_why` when somebody was entered after the end and nothing is said of it.
pub fn submit_explained(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: SessionId,
    note: &LateNote,
) -> Result<i64, Error> {
    let held = attendance::commands::find_to_lead(tx, actor, id)?;
    if held.state == SessionState::Closed && held.kind == Kind::Service {
        let late = compute(tx, actor, &held)?.iter().any(Computed::afterwards);
        if late {
            if note.reason.is_empty() || note.evidence.is_empty() {
                let field = if note.reason.is_empty() { "reason" } else { "evidence" };
                return Err(Refusal::new(&refusals::FILL_WHY).on(field).into());
            }
            store::late_entry_put(tx, id, &note.reason, &note.evidence, actor.account)?;
        }
    }
    submit(tx, actor, id)
}

/// Submits the records of a closed session to the station. Records that wait or count already stay as they are;
/// returned ones are voided and replaced (Fix-15). Returns how many records wait now because of it.
///
/// # Errors
/// `record.wrong_state`, `record.too_late` (Fix-18), `common.forbidden`.
pub fn submit(tx: &mut WriteTx<'_>, actor: &Actor, id: SessionId) -> Result<i64, Error> {
    // Locked before anything is read: check-ins and closing wait.
    if !attendance::store::session_touch(tx, id)? {
        let held = attendance::commands::find(tx, id)?;
        return Err(wrong_state(&held));
    }
    let held = attendance::commands::find(tx, id)?;
    actor.demand(Action::RecordSubmit, held.place())?;
    if held.state != SessionState::Closed {
        return Err(wrong_state(&held));
    }
    attendance::offline::commands::demand_decided(tx, id)?;
    attendance::store::sign_ups_absent(tx, id)?;
    crate::sign_up::absence::commands::note(tx, id, &held.title, held.starts_at)?;
    let mut records = Vec::new();
    if held.kind == Kind::Service {
        let standing = store::standing(tx, id)?;
        let computed = compute(tx, actor, &held)?;
        let office = actor.grants.iter().any(|grant| grant.role == Role::Office);
        let old = tx.now().date() > held.ends_at.date().plus(rules::BACKFILL_DAYS);
        for one in computed {
            let stands = standing
                .iter()
                .any(|(person, _, state)| *person == one.person && *state != RecordState::Returned);
            if stands || one.participant != Participant::Volunteer {
                continue;
            }
            let Some(worked) = one.worked else { continue };
            if old && one.afterwards() && !office {
                return Err((&refusals::TOO_LATE).into());
            }
            let flags: Vec<&str> = one.flags.iter().map(|flag| flag.code()).collect();
            records.push(New {
                person: one.person,
                team: one.team,
                home: one.home,
                start: worked.start,
                end: worked.end,
                minutes: worked.minutes,
                method: one.method,
                class: one.class,
                flags: flags.join(" "),
            });
        }
        store::void_returned(tx, id)?;
    }
    let shared = shared(tx, actor, &held)?;
    store::insert(tx, &shared, &records)?;
    // Some may still wait from before a part was returned.
    let waits = store::waiting_count(tx, id)? > 0;
    let state = if waits { SessionState::Submitted } else { SessionState::Recorded };
    if !store::session_submit(tx, id, actor.account, state)? {
        return Err(wrong_state(&held));
    }
    let count = records.len();
    people::audit::note(tx, actor, "record.submit", "session", id.0, &format!("{count}"))?;
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}

pub(super) fn shared(tx: &mut ReadTx<'_>, actor: &Actor, held: &Held) -> Result<Shared, Error> {
    // The community of service decides the street; without one, the organiser's own line does.
    let path = match held.community_id {
        Some(community) => store::path_of(tx, community)?.unwrap_or_else(|| held.area_path.clone()),
        None => held.area_path.clone(),
    };
    let (community, street) = store::area_of(tx, &path)?;
    let leader = match held.leader_id {
        Some(person) => attendance::store::person_find(tx, person)?.map(|one| one.name).unwrap_or_default(),
        None => String::new(),
    };
    Ok(Shared {
        session: held.id,
        activity: held.activity_id,
        community: held.community_id.or(community).unwrap_or(OrgId(0)),
        street: street.unwrap_or(OrgId(0)),
        category: held.category.clone(),
        title: held.title.clone(),
        place: held.place_public.clone(),
        served: held.served_group.clone(),
        service_on: held.starts_at.date(),
        leader,
        recorder: actor.name.clone(),
        recorder_id: actor.account,
        quality: held.quality,
    })
}

/// What confirming came to.
#[derive(Debug, Clone, Default, serde::Serialize, schemars::JsonSchema)]
pub struct Confirmed {
    /// Records that count now.
    pub confirmed: i64,
    /// Records left for somebody else: one's own, or beyond one's right.
    pub left: i64,
}

/// Why this actor may not confirm this record, if so.
fn objection(actor: &Actor, record: &Deciding, beside: &[Beside]) -> Option<Refusal> {
    if actor.person == Some(record.person_id) {
        return Some(Refusal::new(&refusals::OWN));
    }
    // Whoever came along counts once the station has registered them, which Edge-01 gives ten working days.
    if record.person_state == PersonState::Incomplete {
        return Some(Refusal::new(&refusals::UNREGISTERED).with("name", &record.name));
    }
    // What was entered after the end needs a second person (A9).
    let late = record.flags.split(' ').any(|flag| flag == Flag::Backfill.code());
    if late && record.submitted_by.is_some() && record.submitted_by == actor.account {
        return Some(Refusal::new(&refusals::FILL_SECOND));
    }
    let others: Vec<_> = beside
        .iter()
        .filter(|one| one.person_id == record.person_id)
        .map(|one| (one.start_at, one.end_at, one.minutes))
        .collect();
    let busiest = rules::busiest_day((record.start_at, record.end_at, record.minutes), &others);
    let over = |text| {
        Refusal::new(text)
            .with("name", &record.name)
            .with("hours", Minutes(busiest.max(record.minutes)).hours())
    };
    match rules::needs(busiest, record.minutes) {
        Needs::Anybody => None,
        Needs::Parent if covers_from_above(actor, record) => None,
        Needs::Parent => Some(over(&refusals::OVER_8H)),
        Needs::City if is_city(actor, record) => None,
        Needs::City => Some(over(&refusals::OVER_12H)),
    }
}

/// Whether some grant to confirm sits above the organiser, not at it (R4).
fn covers_from_above(actor: &Actor, record: &Deciding) -> bool {
    actor.scopes(Action::RecordConfirm).iter().any(|grant| {
        let above = |top: &str, path: &str| !top.is_empty() && path != top && path.starts_with(top);
        above(&grant.area_path, &record.area_path) || above(&grant.sponsor_path, &record.sponsor_path)
    }) || is_city(actor, record)
}

fn is_city(actor: &Actor, record: &Deciding) -> bool {
    let place = Place { area_path: &record.area_path, sponsor_path: &record.sponsor_path };
    let mut office = actor.clone();
    office.grants.retain(|grant| grant.role == Role::Office);
    can(&office, Action::RecordConfirm, place)
}

fn already(records: &[Deciding]) -> Error {
    match records.iter().find(|record| record.state != RecordState::Submitted) {
        Some(record) => Refusal::new(&refusals::DECIDED)
            .with("who", record.decider.as_deref().unwrap_or("—"))
            .with("at", record.decided_at.unwrap_or_default().text())
            .with_both("what", record.state.name(Lang::Zh), record.state.name(Lang::En))
            .into(),
        None => (&common::STALE).into(),
    }
}

fn sessions_of(records: &[Deciding]) -> Vec<(SessionId, Date)> {
    let mut out: Vec<_> = records.iter().map(|record| (record.session_id, record.service_on)).collect();
    out.sort_unstable();
    out.dedup();
    out
}

/// Loads the records to decide with their sessions locked, in one order everywhere.
fn load(tx: &mut WriteTx<'_>, actor: &Actor, which: &Which) -> Result<Vec<Deciding>, Error> {
    actor.demand_any(Action::RecordConfirm)?;
    let first = store::deciding(tx, actor, which)?;
    if let Which::These(ids) = which {
        if ids.is_empty() {
            return Err((&refusals::NOTHING).into());
        }
        let mut wanted = ids.clone();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.len() != first.len() {
            return Err((&common::NOT_FOUND).into());
        }
    }
    for (session, _) in sessions_of(&first) {
        store::session_lock(tx, session)?;
    }
    // Read again under the lock: of two confirmers the second sees what the first did (Edge-14).
    Ok(store::deciding(tx, actor, which)?)
}

/// Confirms records: they count from this transaction on (Fix-02). Own records need another person (Edge-12,
/// Edge-13); of two confirmers the first wins (Edge-14).
///
/// With [`Which::WaitingOf`] what the actor may not confirm is left; with [`Which::These`] it is refused.
///
/// # Errors
/// `record.own`, `record.unregistered`, `record.over_8h`, `record.over_12h`, `record.decided`, `record.nothing`,
/// `common.not_found`.
pub fn confirm(tx: &mut WriteTx<'_>, actor: &Actor, which: &Which) -> Result<Confirmed, Error> {
    let records = load(tx, actor, which)?;
    let strict = matches!(which, Which::These(_));
    if strict && records.iter().any(|record| record.state != RecordState::Submitted) {
        return Err(already(&records));
    }
    let mut done = Confirmed::default();
    let mut counting: Vec<Deciding> = Vec::with_capacity(records.len());
    for (session, day) in sessions_of(&records) {
        let of_session = || records.iter().filter(move |record| record.session_id == session);
        let people: Vec<PersonId> = of_session().map(|record| record.person_id).collect();
        let beside = store::beside(tx, session, &people, day)?;
        for record in of_session() {
            match objection(actor, record, &beside) {
                None => counting.push(record.clone()),
                Some(refusal) if strict => return Err(refusal.into()),
                Some(refusal) => {
                    done.left += 1;
                    if counting.is_empty() && done.left == i64::try_from(records.len()).unwrap_or(0) {
                        return Err(refusal.into());
                    }
                }
            }
        }
    }
    if counting.is_empty() {
        return Err((&refusals::NOTHING).into());
    }
    let ids: Vec<RecordId> = counting.iter().map(|record| record.id).collect();
    let touched = store::decide(tx, &ids, RecordState::Submitted, RecordState::Confirmed, actor.account, "")?;
    if touched != u64::try_from(ids.len()).unwrap_or(u64::MAX) {
        return Err((&common::STALE).into());
    }
    let same_hand: Vec<RecordId> = counting
        .iter()
        .filter(|record| record.submitted_by.is_some() && record.submitted_by == actor.account)
        .map(|record| record.id)
        .collect();
    if !same_hand.is_empty() {
        store::flag(tx, &same_hand, Flag::SameHand)?;
    }
    let counted: Vec<Counted> = counting.iter().map(counted).collect();
    total::add(tx, &counted, 1)?;
    for record in &counting {
        tx.publish(&RecordConfirmed {
            record: record.id,
            person: record.person_id,
            activity: record.activity_id,
            title: record.title.clone(),
            minutes: Minutes(record.minutes),
        })?;
    }
    for (session, _) in sessions_of(&counting) {
        store::session_settle(tx, session)?;
        people::audit::note(tx, actor, "record.confirm", "session", session.0, &format!("{}", ids.len()))?;
    }
    done.confirmed = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    Ok(done)
}

fn counted(record: &Deciding) -> Counted {
    Counted {
        person: record.person_id,
        team: total::team_counted(record.team_id, &record.flags),
        community: record.community_id,
        street: record.street_id,
        category: record.category.clone(),
        service_on: record.service_on,
        minutes: record.minutes,
        past: record.class == Class::Legacy,
    }
}

fn withdrawn(tx: &mut WriteTx<'_>, record: &Deciding, reason: &str) -> Result<(), Error> {
    tx.publish(&RecordWithdrawn {
        record: record.id,
        person: record.person_id,
        title: record.title.clone(),
        minutes: Minutes(record.minutes),
        reason: reason.to_owned(),
    })
}

/// Returns records that wait to the leader, with the reason.
///
/// # Errors
/// `record.decided`, `record.nothing`, `common.not_found`.
pub fn return_records(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    ids: &[RecordId],
    reason: &str,
) -> Result<i64, Error> {
    let records = load(tx, actor, &Which::These(ids.to_vec()))?;
    if records.iter().any(|record| record.state != RecordState::Submitted) {
        return Err(already(&records));
    }
    let ids: Vec<RecordId> = records.iter().map(|record| record.id).collect();
    let touched =
        store::decide(tx, &ids, RecordState::Submitted, RecordState::Returned, actor.account, reason)?;
    if touched != u64::try_from(ids.len()).unwrap_or(u64::MAX) {
        return Err((&common::STALE).into());
    }
    for record in &records {
        withdrawn(tx, record, reason)?;
    }
    for (session, _) in sessions_of(&records) {
        store::session_give_back(tx, session)?;
        people::audit::note(tx, actor, "record.return", "session", session.0, &format!("{}", ids.len()))?;
    }
    Ok(i64::try_from(ids.len()).unwrap_or(i64::MAX))
}

/// Voids a confirmed record: its minutes are taken out in the same transaction (R5). With `again` the roll goes
/// back to the leader, who may submit a corrected one; without, the person's stays are taken back as well.
///
/// # Errors
/// `record.own`, `record.not_confirmed`, `common.not_found`.
pub fn void(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: RecordId,
    reason: &str,
    again: bool,
) -> Result<(), Error> {
    let records = load(tx, actor, &Which::These(vec![id]))?;
    let Some(record) = records.into_iter().next() else { return Err((&common::NOT_FOUND).into()) };
    if actor.person == Some(record.person_id) {
        return Err((&refusals::OWN).into());
    }
    if record.state != RecordState::Confirmed {
        return Err(Refusal::new(&refusals::NOT_CONFIRMED)
            .with_both("state", record.state.name(Lang::Zh), record.state.name(Lang::En))
            .into());
    }
    // Who had confirmed it must stay readable.
    let note = format!(
        "{reason}（{} {}）",
        record.decider.as_deref().unwrap_or("—"),
        record.decided_at.unwrap_or_default().text()
    );
    if store::decide(tx, &[id], RecordState::Confirmed, RecordState::Void, actor.account, &note)? != 1 {
        return Err((&common::STALE).into());
    }
    total::add(tx, &[counted(&record)], -1)?;
    withdrawn(tx, &record, reason)?;
    if record.class == Class::Legacy {
        // No leader and no stays stand behind it; its line remembers.
        past::store::line_mark(tx, record.session_id, record.line, past::Verdict::Void)?;
    } else if again {
        store::session_give_back(tx, record.session_id)?;
    } else {
        attendance::store::stays_undo(tx, record.session_id, record.person_id)?;
    }
    people::audit::note(tx, actor, "record.void", "record", id.0, "")?;
    Ok(())
}
