//! Planning: draft, change, publish, cancel, copy. Locks are taken in the order activity → session →
//! post → sign-up.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{AccountId, Action, Actor, Error, OrgId, PersonId, Refusal, Timestamp};
use people::qualification::store::KindRow;

use super::rules::{self, Declaration};
use super::store::{self, Activity, Post, Session, SessionFull};
use super::{ActivityState, Entry, Hazard, Kind, Mode, SessionState, change, refusals};
use crate::event::SessionCancelled;
use crate::qualified;
use crate::sign_up::waiting::commands as waiting;
use crate::{ActivityId, SessionId};

/// An activity to be written.
#[derive(Debug, Clone)]
pub struct NewActivity {
    /// The team that plans it.
    pub org: OrgId,
    /// The community it takes place in; `None`: the team's.
    pub community: Option<OrgId>,
    /// Title.
    pub title: String,
    /// Title in English, if there is one.
    pub title_en: String,
    /// Code of the category.
    pub category: String,
    /// What it is (Add-09).
    pub kind: Kind,
    /// How it is organised (Add-39).
    pub mode: Mode,
    /// What is done.
    pub content: String,
    /// Who is served.
    pub served_group: String,
    /// Who can take part.
    pub conditions: String,
    /// How one applies.
    pub how_to_apply: String,
    /// Risks.
    pub risks: String,
    /// Guarantees and insurance.
    pub guarantees: String,
    /// Contact.
    pub contact_name: String,
    /// Phone of the contact.
    pub contact_phone: String,
    /// Who leads it.
    pub leader: Option<PersonId>,
    /// Place as everybody sees it: community or road (Fix-08).
    pub place_public: String,
    /// Exact place, for those who hold a place.
    pub place_exact: String,
    /// Whether the exact place is a private home, shown for a day before and after only.
    pub place_private: bool,
    /// Longitude, WGS 84 degrees.
    pub lon: Option<f64>,
    /// Latitude, WGS 84 degrees.
    pub lat: Option<f64>,
    /// Full years one must have on the day.
    pub min_age: i64,
    /// Only members of the team.
    pub members_only: bool,
    /// Whether people may join on the spot.
    pub walk_in: bool,
    /// How people come to a place.
    pub entry: Entry,
    /// Whether the leader agrees before a stand-in takes over.
    pub stand_in_asked: bool,
    /// How much it may endanger those who serve (A6).
    pub hazard: Hazard,
    /// Codes of the skills asked for, all of them.
    pub skills: Vec<String>,
    /// Codes of the qualifications and trainings asked for, all of them.
    pub qualifications: Vec<String>,
    /// Sessions.
    pub sessions: Vec<NewSession>,
    /// Draft or published.
    pub state: ActivityState,
    /// Who writes it.
    pub created_by: Option<AccountId>,
    /// When it was written; `None`: now (the demo city has a past).
    pub created_at: Option<Timestamp>,
}

/// A session to be written.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Start.
    pub starts_at: Timestamp,
    /// End, at most 24 hours later.
    pub ends_at: Timestamp,
    /// End of sign-up, not after the start.
    pub sign_up_until: Timestamp,
    /// Places.
    pub quota: i64,
    /// Minutes that do not count (rest, meals; R2).
    pub break_minutes: i64,
    /// Posts.
    pub posts: Vec<NewPost>,
    /// State; `None`: draft or open, as the activity is.
    pub state: Option<SessionState>,
}

/// A post to be written.
#[derive(Debug, Clone)]
pub struct NewPost {
    /// Name.
    pub name: String,
    /// People.
    pub quota: i64,
    /// Code of the skill it asks for.
    pub skill: Option<String>,
    /// Code of the qualification it asks for; `None`: none, unless the name ends with one.
    pub qualification: Option<String>,
}

impl NewActivity {
    /// An empty draft with the usual settings.
    pub fn draft(org: OrgId, title: impl Into<String>, category: impl Into<String>) -> Self {
        let none = String::new;
        Self {
            org,
            community: None,
            title: title.into(),
            title_en: none(),
            category: category.into(),
            kind: Kind::Service,
            mode: Mode::Regular,
            content: none(),
            served_group: none(),
            conditions: none(),
            how_to_apply: none(),
            risks: none(),
            guarantees: none(),
            contact_name: none(),
            contact_phone: none(),
            leader: None,
            place_public: none(),
            place_exact: none(),
            place_private: false,
            lon: None,
            lat: None,
            min_age: 18,
            members_only: false,
            walk_in: true,
            entry: Entry::Open,
            stand_in_asked: false,
            hazard: Hazard::No,
            skills: Vec::new(),
            qualifications: Vec::new(),
            sessions: Vec::new(),
            state: ActivityState::Draft,
            created_by: None,
            created_at: None,
        }
    }

    /// Puts what is written here into a row.
    fn onto(&self, row: &mut Activity) {
        row.title.clone_from(&self.title);
        row.title_en.clone_from(&self.title_en);
        row.category.clone_from(&self.category);
        row.kind = self.kind;
        row.mode = self.mode;
        row.content.clone_from(&self.content);
        row.served_group.clone_from(&self.served_group);
        row.conditions.clone_from(&self.conditions);
        row.how_to_apply.clone_from(&self.how_to_apply);
        row.risks.clone_from(&self.risks);
        row.guarantees.clone_from(&self.guarantees);
        row.contact_name.clone_from(&self.contact_name);
        row.contact_phone.clone_from(&self.contact_phone);
        row.leader_id = self.leader;
        row.place_public.clone_from(&self.place_public);
        row.place_exact.clone_from(&self.place_exact);
        row.place_private = self.place_private;
        row.lon = self.lon;
        row.lat = self.lat;
        row.min_age = self.min_age;
        row.members_only = self.members_only;
        row.walk_in = self.walk_in;
        row.entry = self.entry;
        row.stand_in_asked = self.stand_in_asked;
        row.hazard = self.hazard;
    }
}

impl NewPost {
    /// As a row: what its name ends with may be the kind it asks for.
    pub(super) fn of(&self, id: crate::PostId, session: SessionId, kinds: &[KindRow]) -> Post {
        let (name, found) = qualified::split_name(&self.name, kinds);
        let given = self.qualification.is_some();
        Post {
            id,
            session_id: session,
            name: if given { self.name.clone() } else { name },
            quota: self.quota,
            taken: 0,
            skill: self.skill.clone(),
            qualification: self.qualification.clone().or(found),
            needs: None,
            needs_en: None,
        }
    }
}

impl NewSession {
    /// A session without posts whose sign-up ends at its start.
    #[must_use]
    pub const fn new(starts_at: Timestamp, ends_at: Timestamp, quota: i64) -> Self {
        Self {
            starts_at,
            ends_at,
            sign_up_until: starts_at,
            quota,
            break_minutes: 0,
            posts: Vec::new(),
            state: None,
        }
    }
}

/// Writes an activity with its sessions and posts, as it is: for the demo city, tests, and behind
/// [`create_by`].
///
/// # Errors
/// `common.not_found` when there is no such organisation; of the database.
pub fn create(tx: &mut WriteTx<'_>, new: &NewActivity) -> Result<ActivityId, Error> {
    let org = store::org_find(tx, new.org)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let community = match new.community {
        Some(id) => Some(id),
        None => store::community_of(tx, &org.area_path)?,
    };
    let created_at = new.created_at.unwrap_or(tx.now());
    let mut row = Activity {
        id: tx.new_id(),
        org_id: new.org,
        community_id: community,
        title: String::new(),
        title_en: String::new(),
        category: String::new(),
        kind: new.kind,
        mode: new.mode,
        content: String::new(),
        served_group: String::new(),
        conditions: String::new(),
        how_to_apply: String::new(),
        risks: String::new(),
        guarantees: String::new(),
        contact_name: String::new(),
        contact_phone: String::new(),
        leader_id: None,
        place_public: String::new(),
        place_exact: String::new(),
        place_private: false,
        lon: new.lon,
        lat: new.lat,
        min_age: new.min_age,
        members_only: false,
        walk_in: true,
        state: new.state,
        cancel_reason: String::new(),
        created_by: new.created_by,
        created_at,
        published_at: (new.state == ActivityState::Published).then_some(created_at),
        version: 1,
        hazard: new.hazard,
        org_name: org.name,
        area_path: org.area_path,
        sponsor_path: org.sponsor_path,
        leader_name: None,
        entry: new.entry,
        stand_in_asked: new.stand_in_asked,
    };
    new.onto(&mut row);
    store::insert(tx, &row)?;
    store::put_skills(tx, row.id, &new.skills)?;
    qualified::store::put(tx, row.id, &new.qualifications)?;
    add_sessions_unchecked(tx, row.id, new.state, &new.sessions)?;
    if new.state == ActivityState::Published {
        index(tx, &row)?;
    }
    Ok(row.id)
}

/// Writes a draft.
///
/// # Errors
/// `common.forbidden`, `common.not_found`; of the database.
pub fn create_by(tx: &mut WriteTx<'_>, actor: &Actor, new: &NewActivity) -> Result<ActivityId, Error> {
    let org = store::org_find(tx, new.org)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let at = kernel::Place { area_path: &org.area_path, sponsor_path: &org.sponsor_path };
    actor.demand(Action::ActivityManage, at)?;
    known_leader(tx, new.leader)?;
    let draft = NewActivity {
        state: ActivityState::Draft,
        created_by: actor.account,
        created_at: None,
        ..new.clone()
    };
    create(tx, &draft)
}

/// Who is named as leader must be somebody: forms offer a list, programs send a number.
fn known_leader(tx: &mut ReadTx<'_>, leader: Option<kernel::PersonId>) -> Result<(), Error> {
    match leader {
        Some(id) if people::person::brief(tx, id)?.is_none() => Err(ui::form::Label("负责人", "Leader")
            .wrong("leader", &id.to_string(), "请从列表中选择。", "Choose one from the list.")
            .into()),
        _ => Ok(()),
    }
}

fn add_sessions_unchecked(
    tx: &mut WriteTx<'_>,
    activity: ActivityId,
    state: ActivityState,
    sessions: &[NewSession],
) -> Result<(), Error> {
    let default = match state {
        ActivityState::Draft => SessionState::Draft,
        ActivityState::Published => SessionState::Open,
        ActivityState::Cancelled => SessionState::Cancelled,
    };
    let asks = sessions.iter().any(|new| !new.posts.is_empty());
    let kinds = if asks { people::qualification::store::kinds(tx)? } else { Vec::new() };
    for new in sessions {
        let session = Session {
            id: tx.new_id(),
            activity_id: activity,
            starts_at: new.starts_at,
            ends_at: new.ends_at,
            sign_up_until: new.sign_up_until,
            quota: new.quota,
            taken: 0,
            break_minutes: new.break_minutes,
            extension_minutes: 0,
            state: new.state.unwrap_or(default),
            due_on: rules::due_on(new.ends_at),
            cancel_reason: String::new(),
            version: 1,
            reserved_until: Timestamp(0),
        };
        store::insert_session(tx, &session)?;
        for post in &new.posts {
            let post = post.of(tx.new_id(), session.id, &kinds);
            store::insert_post(tx, &post)?;
        }
    }
    Ok(())
}

/// Makes a published activity findable.
fn index(tx: &mut WriteTx<'_>, a: &Activity) -> Result<(), Error> {
    let category = kernel::catalogue::category(&a.category).map_or("", |category| category.zh);
    db::search::put(
        tx,
        "activity",
        a.id.0,
        &[(&a.title, false), (&a.title_en, false), (&a.org_name, true), (category, true)],
    )?;
    Ok(())
}

/// An activity the actor plans; what one may not plan is not found.
///
/// # Errors
/// `common.sign_in`, `common.not_found`.
pub fn managed(tx: &mut ReadTx<'_>, actor: &Actor, id: ActivityId) -> Result<Activity, Error> {
    actor.account()?;
    store::find(tx, id)?
        .filter(|a| kernel::can(actor, Action::ActivityManage, a.place()))
        .ok_or_else(|| (&common::NOT_FOUND).into())
}

/// A session of an activity the actor plans.
///
/// # Errors
/// `common.sign_in`, `common.not_found`.
pub fn managed_session(tx: &mut ReadTx<'_>, actor: &Actor, id: SessionId) -> Result<SessionFull, Error> {
    actor.account()?;
    store::session_find(tx, id)?
        .filter(|s| kernel::can(actor, Action::ActivityManage, s.place()))
        .ok_or_else(|| (&common::NOT_FOUND).into())
}

/// Changes an activity. A draft takes the sessions too; what is published keeps its facts complete
/// (A3) and its sessions' times, which people have arranged their day by (Edge-20).
///
/// # Errors
/// `common.not_found`, `common.stale`, `activity.cancelled`, `activity.kind_fixed`, missing facts.
pub fn save(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: ActivityId,
    version: i64,
    new: &NewActivity,
) -> Result<(), Error> {
    let mut row = managed(tx, actor, id)?;
    if row.state == ActivityState::Cancelled {
        return Err((&refusals::CANCELLED).into());
    }
    if row.version != version {
        return Err((&common::STALE).into());
    }
    if row.kind != new.kind && row.state == ActivityState::Published && store::activity_attended(tx, id)? {
        return Err((&refusals::KIND_FIXED).into());
    }
    let before = (row.place_public.clone(), row.place_exact.clone());
    let other_category = row.category != new.category;
    let words = crate::review::commands::words_of(&row);
    if row.leader_id != new.leader {
        known_leader(tx, new.leader)?;
    }
    new.onto(&mut row);
    if row.state == ActivityState::Published {
        let missing = rules::missing(&row);
        if !missing.is_empty() {
            return Err(Error::Refused(missing));
        }
        crate::review::commands::unhinted(tx, actor, &words, &row)?;
        if other_category {
            crate::coordination::commands::demand(tx, &row)?;
        }
    }
    if !store::update(tx, &row)? {
        return Err((&common::STALE).into());
    }
    store::put_skills(tx, id, &new.skills)?;
    qualified::store::put(tx, id, &new.qualifications)?;
    if row.state == ActivityState::Draft {
        store::clear_draft_sessions(tx, id)?;
        add_sessions_unchecked(tx, id, row.state, &new.sessions)?;
        crate::plan::series_store::relink(tx, id)?;
        crate::coordination::store::changed(tx, id)?;
    } else {
        index(tx, &row)?;
        change::tell_place(tx, actor, &row, &before, None, "")?;
    }
    Ok(())
}

/// What became of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publication {
    /// It is public.
    Done,
    /// It waits for a look first ([`crate::review`]).
    Waits,
}

/// Publishes a draft when nothing stands against it (A3, A4), and whoever coordinates its category has agreed (Add-64); or
/// hands it in where somebody looks at it first. Doing it twice changes nothing.
///
/// # Errors
/// Everything that is missing, at once; `common.not_found`, `activity.cancelled`, `coordination.needed` and the like.
pub fn publish(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: ActivityId,
    declared: Declaration,
) -> Result<Publication, Error> {
    let row = managed(tx, actor, id)?;
    match row.state {
        ActivityState::Published => return Ok(Publication::Done),
        ActivityState::Cancelled => return Err((&refusals::CANCELLED).into()),
        ActivityState::Draft => {}
    }
    let sessions = store::sessions_of(tx, id)?;
    rules::publishable(&row, &sessions, declared, tx.now())?;
    if crate::review::commands::needed(tx, actor, &row)? {
        crate::coordination::commands::demand(tx, &row)?;
        crate::review::commands::hand_in(tx, actor, &row)?;
        return Ok(Publication::Waits);
    }
    publish_now(tx, actor, &row, declared)?;
    Ok(Publication::Done)
}

/// Publishes a draft that somebody has looked at.
pub(crate) fn publish_now(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    row: &Activity,
    declared: Declaration,
) -> Result<(), Error> {
    crate::coordination::commands::demand(tx, row)?;
    if store::publish(tx, row.id)? {
        index(tx, row)?;
        crate::review::commands::settle(tx, actor, row.id)?;
        // Who declared what is kept (A4); an activity that makes no minutes needs no declaration.
        let detail = match row.kind {
            Kind::Service => {
                format!("none_applies={} words_confirmed={}", declared.none_applies, declared.words_confirmed)
            }
            _ => row.kind.code().to_owned(),
        };
        people::audit::note(tx, actor, "activity.publish", "activity", row.id.0, &detail)?;
    }
    Ok(())
}

/// Adds sessions to an activity.
///
/// # Errors
/// `common.not_found`, `activity.cancelled`, `activity.session_past`, `activity.too_many_sessions`.
pub fn add_sessions(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: ActivityId,
    sessions: &[NewSession],
) -> Result<(), Error> {
    let row = managed(tx, actor, id)?;
    if row.state == ActivityState::Cancelled {
        return Err((&refusals::CANCELLED).into());
    }
    if sessions.is_empty() {
        return Err(Refusal::new(&refusals::NO_SESSION).on("dates").into());
    }
    let now = tx.now();
    if let Some(past) = sessions.iter().find(|session| session.starts_at <= now) {
        return Err(Refusal::new(&refusals::SESSION_PAST)
            .with("when", past.starts_at.text())
            .on("dates")
            .into());
    }
    let have = store::sessions_of(tx, id)?;
    let count = have.len() + sessions.len();
    if count > 366 {
        return Err(Refusal::new(&refusals::TOO_MANY).with("count", count).on("dates").into());
    }
    add_sessions_unchecked(tx, id, row.state, sessions)
}

/// Changes the number of places of a session.
///
/// # Errors
/// `common.not_found`, `activity.quota_taken`.
pub fn set_quota(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: SessionId,
    quota: i64,
) -> Result<ActivityId, Error> {
    let session = managed_session(tx, actor, id)?;
    if !store::set_quota(tx, id, quota)? {
        let refusal = Refusal::new(&refusals::QUOTA_TAKEN).with("quota", quota).with("taken", session.taken);
        return Err(refusal.on("quota").into());
    }
    if session.state == SessionState::Open {
        waiting::fill(tx, id, session.starts_at)?;
    }
    let detail = format!("{} → {quota}", session.quota);
    people::audit::note(tx, actor, "session.quota", "session", id.0, &detail)?;
    Ok(session.activity_id)
}

fn reason_given(reason: &str) -> Result<&str, Error> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Refusal::new(&common::REQUIRED).with_both("label", "原因", "Reason").on("reason").into());
    }
    Ok(reason)
}

/// Cancels one session with a reason; everybody who held a place is told. Doing it twice changes
/// nothing.
///
/// # Errors
/// `common.not_found`, `common.required`, `activity.attended`, `activity.over`.
pub fn cancel_session(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: SessionId,
    reason: &str,
) -> Result<ActivityId, Error> {
    let session = managed_session(tx, actor, id)?;
    if session.state == SessionState::Cancelled {
        return Ok(session.activity_id);
    }
    let reason = reason_given(reason)?;
    if session.ends_at <= tx.now() && session.state != SessionState::Draft {
        return Err((&refusals::OVER).into());
    }
    cancel_one(tx, session.id, &session.title, session.starts_at, reason)?;
    people::audit::note(tx, actor, "session.cancel", "session", id.0, "")?;
    Ok(session.activity_id)
}

pub(crate) fn cancel_one(
    tx: &mut WriteTx<'_>,
    id: SessionId,
    title: &str,
    starts_at: Timestamp,
    reason: &str,
) -> Result<(), Error> {
    if !store::cancel_session(tx, id, reason)? {
        return Err((&refusals::OVER).into());
    }
    if store::attended(tx, id)? {
        return Err((&refusals::ATTENDED).into());
    }
    let gone = crate::sign_up::store::cancel_all(tx, id, reason)?;
    for person in gone {
        crate::agreement::store::end_gone(tx, id, person)?;
        tx.publish(&SessionCancelled {
            person,
            session: id,
            title: title.to_owned(),
            starts_at,
            reason: reason.to_owned(),
        })?;
    }
    waiting::session_cancelled(tx, id, title, starts_at, reason)?;
    crate::sign_up::hand_over::store::end_all(tx, id)?;
    crate::sign_up::entry::commands::session_cancelled(tx, id, title, starts_at, reason)
}

/// Cancels an activity with all sessions that have not ended; what has been served stays recorded.
/// Doing it twice changes nothing.
///
/// # Errors
/// `common.not_found`, `common.required`, `activity.attended`.
pub fn cancel(tx: &mut WriteTx<'_>, actor: &Actor, id: ActivityId, reason: &str) -> Result<(), Error> {
    let row = managed(tx, actor, id)?;
    if row.state == ActivityState::Cancelled {
        return Ok(());
    }
    let reason = reason_given(reason)?;
    if !store::cancel(tx, id, reason)? {
        return Ok(());
    }
    crate::review::store::decide(tx, id, crate::review::ReviewState::Withdrawn, None, actor.account)?;
    let now = tx.now();
    for session in store::sessions_of(tx, id)? {
        let waits = session.state == SessionState::Draft
            || (session.state == SessionState::Open && session.ends_at > now);
        if waits {
            cancel_one(tx, session.id, &row.title, session.starts_at, reason)?;
        }
    }
    people::audit::note(tx, actor, "activity.cancel", "activity", id.0, "")?;
    // It is found no longer.
    db::search::put(tx, "activity", id.0, &[])?;
    Ok(())
}

/// Copies an activity as a new draft: all texts, and the latest sessions (at most eight) moved on by
/// whole weeks until they lie ahead.
///
/// # Errors
/// `common.not_found`.
pub fn copy(tx: &mut WriteTx<'_>, actor: &Actor, id: ActivityId) -> Result<ActivityId, Error> {
    let row = managed(tx, actor, id)?;
    let skills = store::skills_of(tx, id)?;
    let qualifications = qualified::store::of(tx, id)?;
    let sessions = store::sessions_of(tx, id)?;
    let posts = store::posts_of(tx, id)?;
    let now = tx.now();
    let latest: Vec<&Session> = sessions.iter().rev().take(8).collect();
    let first = latest.iter().map(|s| s.starts_at.0).min().unwrap_or(now.0);
    const WEEK: i64 = 7 * kernel::time::DAY_MS;
    let shift = if first > now.0 { 0 } else { ((now.0 - first) / WEEK + 1) * WEEK };
    let moved = |at: Timestamp| Timestamp(at.0 + shift);
    let new = NewActivity {
        org: row.org_id,
        community: row.community_id,
        title: row.title,
        title_en: row.title_en,
        category: row.category,
        kind: row.kind,
        mode: row.mode,
        content: row.content,
        served_group: row.served_group,
        conditions: row.conditions,
        how_to_apply: row.how_to_apply,
        risks: row.risks,
        guarantees: row.guarantees,
        contact_name: row.contact_name,
        contact_phone: row.contact_phone,
        leader: row.leader_id,
        place_public: row.place_public,
        place_exact: row.place_exact,
        place_private: row.place_private,
        lon: row.lon,
        lat: row.lat,
        min_age: row.min_age,
        members_only: row.members_only,
        walk_in: row.walk_in,
        entry: row.entry,
        stand_in_asked: row.stand_in_asked,
        hazard: row.hazard,
        skills,
        qualifications,
        sessions: latest
            .iter()
            .rev()
            .map(|s| NewSession {
                starts_at: moved(s.starts_at),
                ends_at: moved(s.ends_at),
                sign_up_until: moved(s.sign_up_until),
                quota: s.quota,
                break_minutes: s.break_minutes,
                posts: posts
                    .iter()
                    .filter(|post| post.session_id == s.id)
                    .map(|post| NewPost {
                        name: post.name.clone(),
                        quota: post.quota,
                        skill: post.skill.clone(),
                        qualification: post.qualification.clone(),
                    })
                    .collect(),
                state: None,
            })
            .collect(),
        state: ActivityState::Draft,
        created_by: actor.account,
        created_at: None,
    };
    let made = create(tx, &new)?;
    crate::insurance::store::copy(tx, id, made)?;
    if let Some(how) = crate::remote::store::find(tx, id)? {
        crate::remote::store::put(tx, made, Some((how.site, how.piece_minutes)))?;
    }
    Ok(made)
}
