//! Activities for programs. The exact place is never in here (Fix-08).

use axum::http::Method;
use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::page::{PAGE_ROWS, Page};
use kernel::{Action, Actor, Date, Error, OrgId, PersonId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::api::{ACCEPTED, Accepted, Api, At, Call, Paged, doc};
use ui::form::Label;
use ui::{App, Fields};

use super::pages::Asked;
use super::rules::Declaration;
use super::{
    ActivityState, Entry, Hazard, Kind, Mode, SessionState, change, commands, editor, refusals, store,
    template,
};
use crate::{ActivityId, PostId, SessionId, TemplateId};

/// A session that can still be signed up for.
#[derive(Serialize, JsonSchema)]
struct UpcomingSession {
    session: SessionId,
    activity: ActivityId,
    title: String,
    team: OrgId,
    team_name: String,
    /// Code of the service category.
    category: String,
    starts_at: Timestamp,
    ends_at: Timestamp,
    sign_up_until: Timestamp,
    /// The place as everybody may know it: a community or road.
    place: String,
    /// Places in all.
    quota: i64,
    /// Places taken.
    taken: i64,
    /// Only for members of the team.
    members_only: bool,
}

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/activities",
            doc(
                "listActivities",
                "Open sessions of published activities, soonest first.",
                "已发布活动的开放场次，最近的在前。",
            )
            .open(),
            list,
        )
        .get(
            "/api/v1/activities/{id}",
            doc(
                "showActivity",
                "One activity with its sessions and posts; drafts only for who may manage them.",
                "一个活动及其场次和岗位；草稿仅管理者可见。",
            )
            .open(),
            show,
        )
        .and(manage())
}

const REFUSALS: &[&[&kernel::RefusalText]] = &[
    refusals::ALL,
    crate::plan::refusals::ALL,
    crate::sign_up::refusals::ALL,
    crate::coordination::refusals::ALL,
];

fn manage() -> Api {
    Api::new()
        .post(
            "/api/v1/activities",
            doc("createActivity", "Writes a draft with its sessions.", "新建活动草稿及其场次。")
                .makes()
                .refuses(REFUSALS),
            create,
        )
        .command(
            Method::PUT,
            "/api/v1/activities/{id}",
            doc(
                "changeActivity",
                "Replaces what is written of an activity; sessions only while it is a draft.",
                "修改活动内容；仅草稿可改场次。",
            )
            .refuses(REFUSALS),
            save,
        )
        .post(
            "/api/v1/activities/{id}/publish",
            doc("publishActivity", "Publishes a draft, or hands it in for review where the city asks for one.", "发布草稿；市里要求审核的，提交审核。").refuses(REFUSALS),
            publish,
        )
        .post(
            "/api/v1/activities/{id}/cancel",
            doc(
                "cancelActivity",
                "Cancels an activity; everybody who signed up is told.",
                "取消活动，并通知所有报名者。",
            )
            .refuses(REFUSALS),
            cancel,
        )
        .post(
            "/api/v1/activities/{id}/copy",
            doc(
                "copyActivity",
                "Copies an activity as a new draft, its dates moved on by whole weeks.",
                "复制为新草稿，日期顺延到接下来的同一星期几。",
            )
            .makes()
            .refuses(REFUSALS),
            copy,
        )
        .post(
            "/api/v1/activities/{id}/sessions",
            doc("addSessions", "Adds sessions to an activity.", "为活动增加场次。").makes().refuses(REFUSALS),
            add_sessions,
        )
        .post(
            "/api/v1/sessions/{id}/quota",
            doc("changeQuota", "Changes the number of places of a session.", "修改场次名额。")
                .refuses(REFUSALS),
            quota,
        )
        .post(
            "/api/v1/sessions/{id}/cancel",
            doc(
                "cancelSession",
                "Cancels one session; everybody who signed up is told.",
                "取消一个场次，并通知所有报名者。",
            )
            .refuses(REFUSALS),
            cancel_session,
        )
        .command(
            Method::PATCH,
            "/api/v1/sessions/{id}",
            doc(
                "changeSession",
                "Changes times, place, places and posts of a published session; what is left out stays, and everybody \
                 it concerns is told old and new.",
                "修改已发布场次的时间、地点、名额和岗位；未写的项不变，并把新旧内容通知相关的人。",
            )
            .refuses(REFUSALS),
            change_session,
        )
        .get(
            "/api/v1/sessions/{id}/changes",
            doc(
                "listSessionChanges",
                "What was changed in a session and how many were told, the latest first; at most 50.",
                "场次的修改记录和通知人数，最近的在前；最多 50 条。",
            ),
            changes,
        )
        .and(templates())
}

fn templates() -> Api {
    Api::new()
        .get(
            "/api/v1/teams/{id}/templates",
            doc(
                "listTemplates",
                "Templates of a team, by name, for whoever plans for it; at most 100.",
                "队伍的活动模板，按名称排序，仅策划者可见；最多 100 个。",
            ),
            list_templates,
        )
        .post(
            "/api/v1/activities/{id}/template",
            doc(
                "saveTemplate",
                "Keeps an activity as a template of its team; one of the same name is replaced.",
                "将活动存为队伍的模板，同名模板会被替换。",
            )
            .makes()
            .refuses(REFUSALS),
            save_template,
        )
        .post(
            "/api/v1/templates/{id}/activities",
            doc(
                "createFromTemplate",
                "Writes a draft from a template, with sessions if times are given.",
                "从模板新建活动草稿；给出时间的同时建场次。",
            )
            .makes()
            .refuses(REFUSALS),
            from_template,
        )
        .delete(
            "/api/v1/templates/{id}",
            doc("deleteTemplate", "Removes a template; its activities stay.", "删除模板，已建的活动不变。"),
            delete_template,
        )
}

/// When sessions are, as in the form.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SessionTimes {
    /// A line for each session: a day, `2026-03-05`, or one that differs, `2026-03-05 09:00-11:00 20`.
    #[schemars(length(max = 4000))]
    dates: String,
    /// Start of the lines that name none, `09:00`.
    #[schemars(length(max = 10))]
    start: String,
    /// End of the lines that name none, `11:00`.
    #[schemars(length(max = 10))]
    end: String,
    /// Places of the lines that name none.
    #[schemars(range(min = 1, max = 100_000))]
    quota: i64,
    /// Hours before the start at which sign-up ends.
    #[serde(default)]
    #[schemars(range(min = 0, max = 720))]
    close_hours: i64,
    /// Minutes of break, which are not counted as service.
    #[serde(default)]
    #[schemars(range(min = 0, max = 600))]
    break_minutes: i64,
    /// A line for each post: name, places, and a skill or the name of a kind of qualification if one is needed.
    #[serde(default)]
    #[schemars(length(max = 2000))]
    posts: String,
}

/// What is written of an activity. What a draft may leave out, publishing asks for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ActivityText {
    #[schemars(length(max = 60))]
    title: String,
    #[serde(default)]
    #[schemars(length(max = 120))]
    title_en: String,
    /// Code of a service category.
    #[schemars(length(max = 60))]
    category: String,
    #[serde(default)]
    kind: Option<Kind>,
    #[serde(default)]
    mode: Option<Mode>,
    #[serde(default)]
    #[schemars(length(max = 4000))]
    content: String,
    #[serde(default)]
    #[schemars(length(max = 200))]
    served_group: String,
    #[serde(default)]
    #[schemars(length(max = 500))]
    conditions: String,
    #[serde(default)]
    #[schemars(length(max = 500))]
    how_to_apply: String,
    #[serde(default)]
    #[schemars(length(max = 1000))]
    risks: String,
    #[serde(default)]
    #[schemars(length(max = 1000))]
    guarantees: String,
    #[serde(default)]
    #[schemars(length(max = 40))]
    contact_name: String,
    #[serde(default)]
    #[schemars(length(max = 30))]
    contact_phone: String,
    #[serde(default)]
    leader: Option<PersonId>,
    /// The place as everybody may know it.
    #[serde(default)]
    #[schemars(length(max = 100))]
    place_public: String,
    /// The exact place, for those who hold a place.
    #[serde(default)]
    #[schemars(length(max = 200))]
    place_exact: String,
    /// A private home: the exact place is shown shortly before only.
    #[serde(default)]
    place_private: bool,
    #[serde(default)]
    #[schemars(range(min = -180, max = 180))]
    lon: Option<f64>,
    #[serde(default)]
    #[schemars(range(min = -85, max = 85))]
    lat: Option<f64>,
    /// 18 when left out.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    min_age: Option<i64>,
    #[serde(default)]
    members_only: bool,
    /// How much it may endanger those who serve; more than none needs insurance and takes nobody under eighteen.
    #[serde(default)]
    hazard: Hazard,
    /// Whether people may join at the place.
    #[serde(default)]
    walk_in: bool,
    /// How people come to a place; a new activity is `open` when left out, a changed one stays.
    #[serde(default)]
    entry: Option<Entry>,
    /// Whether the leader is asked before a stand-in takes over; a changed activity stays when left out.
    #[serde(default)]
    stand_in_asked: Option<bool>,
    /// Codes of skills that are needed.
    #[serde(default)]
    #[schemars(length(max = 60))]
    skills: Vec<String>,
    /// Codes of the kinds of qualifications and trainings that are needed.
    #[serde(default)]
    #[schemars(length(max = 60))]
    qualifications: Vec<String>,
    /// Sessions of a draft, which replace those it has; a published activity keeps its own.
    #[serde(default)]
    sessions: Option<SessionTimes>,
}

impl ActivityText {
    /// As the form sends it; forms name the times beside the rest.
    fn fields(&self) -> Fields {
        let json =
            |value: serde_json::Result<serde_json::Value>| Fields::from_json(&value.unwrap_or_default());
        let mut out = json(serde_json::to_value(self));
        out.0.retain(|(name, _)| name != "sessions");
        if let Some(times) = &self.sessions {
            out.0.extend(json(serde_json::to_value(times)).0);
        }
        out
    }
}

/// A new activity of a team.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewActivityText {
    /// The team or unit that organises it.
    org: OrgId,
    activity: ActivityText,
}

/// Changes of an activity.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangedActivityText {
    /// The version that was changed.
    version: i64,
    activity: ActivityText,
}

/// An activity that was made.
#[derive(Serialize, JsonSchema)]
struct ActivityMade {
    id: ActivityId,
}

/// A reason that people are told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CancelReason")]
struct Reason {
    #[schemars(length(min = 1, max = 200))]
    reason: String,
}

impl Reason {
    fn text(&self) -> Result<String, Error> {
        let fields = Fields::of([("reason", self.reason.as_str())]);
        Ok(fields.required("reason", Label("原因", "Reason"), 200)?)
    }
}

fn create(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), NewActivityText>,
) -> Result<ActivityMade, Error> {
    actor.demand_any(Action::ActivityManage)?;
    let body = &call.body;
    let new = editor::read(&body.activity.fields(), body.org, body.activity.sessions.is_some())?;
    Ok(ActivityMade { id: commands::create_by(tx, actor, &new)? })
}

fn save(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>, (), ChangedActivityText>,
) -> Result<Accepted, Error> {
    let row = commands::managed(tx, actor, call.path.id)?;
    let (body, draft) = (&call.body, row.state == ActivityState::Draft);
    let mut fields = body.activity.fields();
    // Who wrote a change before these could be named must not open a door with it.
    if body.activity.entry.is_none() {
        fields.0.push(("entry".to_owned(), row.entry.code().to_owned()));
    }
    if body.activity.stand_in_asked.is_none() && row.stand_in_asked {
        fields.0.push(("stand_in_asked".to_owned(), "1".to_owned()));
    }
    let new = editor::read(&fields, row.org_id, draft && body.activity.sessions.is_some())?;
    commands::save(tx, actor, row.id, body.version, &new)?;
    Ok(ACCEPTED)
}

/// The declaration of who publishes (A4).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PublishDeclaration {
    /// None of the exclusions applies.
    none_applies: bool,
    /// Words that look commercial were checked.
    words_confirmed: bool,
}

/// What became of it.
#[derive(Serialize, JsonSchema)]
struct PublicationNow {
    /// False: it was handed in, and waits for a review.
    published: bool,
}

fn publish(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>, (), PublishDeclaration>,
) -> Result<PublicationNow, Error> {
    let PublishDeclaration { none_applies, words_confirmed } = call.body;
    let now = commands::publish(tx, actor, call.path.id, Declaration { none_applies, words_confirmed })?;
    Ok(PublicationNow { published: now == commands::Publication::Done })
}

fn cancel(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>, (), Reason>,
) -> Result<Accepted, Error> {
    commands::cancel(tx, actor, call.path.id, &call.body.text()?)?;
    Ok(ACCEPTED)
}

fn copy(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>>,
) -> Result<ActivityMade, Error> {
    Ok(ActivityMade { id: commands::copy(tx, actor, call.path.id)? })
}

/// Sessions that were added.
#[derive(Serialize, JsonSchema)]
struct SessionsAdded {
    added: usize,
}

fn add_sessions(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>, (), SessionTimes>,
) -> Result<SessionsAdded, Error> {
    commands::managed(tx, actor, call.path.id)?;
    let sessions = editor::read_sessions(&call.fields())?;
    commands::add_sessions(tx, actor, call.path.id, &sessions)?;
    Ok(SessionsAdded { added: sessions.len() })
}

/// A number of places.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewQuota {
    #[schemars(range(min = 1, max = 100_000))]
    quota: i64,
}

fn quota(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), NewQuota>,
) -> Result<Accepted, Error> {
    actor.account()?;
    let quota = call.fields().number("quota", Label("名额", "Places"), 1, 100_000)?;
    commands::set_quota(tx, actor, call.path.id, quota)?;
    Ok(ACCEPTED)
}

fn cancel_session(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), Reason>,
) -> Result<Accepted, Error> {
    commands::cancel_session(tx, actor, call.path.id, &call.body.text()?)?;
    Ok(ACCEPTED)
}

fn list(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), Asked>,
) -> Result<Paged<UpcomingSession>, Error> {
    let (filter, _) = call.query.filter(tx, actor)?;
    let rows = store::upcoming(tx, &filter, PAGE_ROWS + 1)?;
    let page = Page::cut(rows, 20, |row| format!("{}~{}", row.starts_at.0, row.session_id));
    Ok(Paged::of(page, |row| UpcomingSession {
        session: row.session_id,
        activity: row.activity_id,
        title: row.title,
        team: row.org_id,
        team_name: row.org_name,
        category: row.category,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        sign_up_until: row.sign_up_until,
        place: row.place_public,
        quota: row.quota,
        taken: row.taken,
        members_only: row.members_only,
    }))
}

/// A post within a session.
#[derive(Serialize, JsonSchema)]
struct SessionPost {
    id: PostId,
    name: String,
    quota: i64,
    taken: i64,
    skill: Option<String>,
    /// Code of the kind of qualification that is needed.
    qualification: Option<String>,
}

/// A session of an activity.
#[derive(Serialize, JsonSchema)]
struct ActivitySession {
    id: SessionId,
    starts_at: Timestamp,
    ends_at: Timestamp,
    sign_up_until: Timestamp,
    quota: i64,
    taken: i64,
    state: SessionState,
    /// To be named by a change.
    version: i64,
    posts: Vec<SessionPost>,
}

/// An activity.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Activity")]
struct Whole {
    id: ActivityId,
    /// To be named by a change.
    version: i64,
    title: String,
    title_en: String,
    team: OrgId,
    team_name: String,
    category: String,
    kind: Kind,
    mode: Mode,
    state: ActivityState,
    content: String,
    served_group: String,
    conditions: String,
    how_to_apply: String,
    risks: String,
    guarantees: String,
    place: String,
    contact_name: String,
    contact_phone: String,
    min_age: i64,
    members_only: bool,
    /// More than none needs insurance and takes nobody under eighteen.
    hazard: Hazard,
    walk_in: bool,
    entry: Entry,
    stand_in_asked: bool,
    skills: Vec<String>,
    /// Codes of the kinds of qualifications and trainings that are needed.
    qualifications: Vec<String>,
    sessions: Vec<ActivitySession>,
}

fn show(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, call: &Call<At<ActivityId>>) -> Result<Whole, Error> {
    let a = store::find(tx, call.path.id)?
        .filter(|a| {
            a.state != ActivityState::Draft || kernel::can(actor, kernel::Action::ActivityManage, a.place())
        })
        .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let skills = store::skills_of(tx, a.id)?;
    let qualifications = crate::qualified::store::of(tx, a.id)?;
    let mut posts = store::posts_of(tx, a.id)?;
    let sessions = store::sessions_of(tx, a.id)?
        .into_iter()
        .map(|s| ActivitySession {
            id: s.id,
            starts_at: s.starts_at,
            ends_at: s.ends_at,
            sign_up_until: s.sign_up_until,
            quota: s.quota,
            taken: s.taken,
            state: s.state,
            version: s.version,
            posts: posts
                .extract_if(.., |post| post.session_id == s.id)
                .map(|p| SessionPost {
                    id: p.id,
                    name: p.name,
                    quota: p.quota,
                    taken: p.taken,
                    skill: p.skill,
                    qualification: p.qualification,
                })
                .collect(),
        })
        .collect();
    Ok(Whole {
        id: a.id,
        version: a.version,
        title: a.title,
        title_en: a.title_en,
        team: a.org_id,
        team_name: a.org_name,
        category: a.category,
        kind: a.kind,
        mode: a.mode,
        state: a.state,
        content: a.content,
        served_group: a.served_group,
        conditions: a.conditions,
        how_to_apply: a.how_to_apply,
        risks: a.risks,
        guarantees: a.guarantees,
        place: a.place_public,
        contact_name: a.contact_name,
        contact_phone: a.contact_phone,
        min_age: a.min_age,
        members_only: a.members_only,
        hazard: a.hazard,
        walk_in: a.walk_in,
        entry: a.entry,
        stand_in_asked: a.stand_in_asked,
        skills,
        qualifications,
        sessions,
    })
}

/// A post that a session has, as it shall be.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangedPost {
    id: PostId,
    #[schemars(length(max = 40))]
    name: String,
    /// People; 0 removes the post.
    #[schemars(range(min = 0, max = 10_000))]
    quota: i64,
}

/// What is changed of a published session. What is left out stays.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangedSession {
    /// The version that was changed.
    version: i64,
    #[serde(default)]
    date: Option<Date>,
    /// `09:00`.
    #[serde(default)]
    #[schemars(length(max = 10))]
    start: Option<String>,
    /// `11:00`; not after the start: on the next day.
    #[serde(default)]
    #[schemars(length(max = 10))]
    end: Option<String>,
    #[serde(default)]
    #[schemars(range(min = 1, max = 100_000))]
    quota: Option<i64>,
    /// Hours before the start at which sign-up ends.
    #[serde(default)]
    #[schemars(range(min = 0, max = 720))]
    close_hours: Option<i64>,
    /// Minutes of break.
    #[serde(default)]
    #[schemars(range(min = 0, max = 600))]
    break_minutes: Option<i64>,
    /// The place as everybody may know it, of the whole activity.
    #[serde(default)]
    #[schemars(length(max = 100))]
    place_public: Option<String>,
    /// The exact place, of the whole activity.
    #[serde(default)]
    #[schemars(length(max = 200))]
    place_exact: Option<String>,
    /// Posts that change; the others stay.
    #[serde(default, skip_serializing)]
    #[schemars(length(max = 200))]
    posts: Vec<ChangedPost>,
    /// Posts to add, a line for each: name, places, and a skill if one is needed.
    #[serde(default, skip_serializing)]
    #[schemars(length(max = 2000))]
    new_posts: String,
    /// Why; those who are told read it.
    #[serde(default)]
    #[schemars(length(max = 200))]
    reason: String,
}

/// Whom a change concerned.
#[derive(Serialize, JsonSchema)]
struct SessionChangeTold {
    /// People who were told.
    told: i64,
    /// How many of them now have another session at the same time.
    clashes: usize,
}

fn change_session(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), ChangedSession>,
) -> Result<SessionChangeTold, Error> {
    let (id, body) = (call.path.id, &call.body);
    let s = commands::managed_session(tx, actor, id)?;
    let there = change::posts_of_session(tx, id)?;
    let mut fields = call.fields_over(change::filled(&s));
    for post in &body.posts {
        if !there.iter().any(|one| one.id == post.id) {
            return Err((&common::NOT_FOUND).into());
        }
        fields.0.push((format!("post-{}-name", post.id), post.name.clone()));
        fields.0.push((format!("post-{}-quota", post.id), post.quota.to_string()));
    }
    fields.0.push(("posts".to_owned(), body.new_posts.clone()));
    let wish = change::read(tx, &s, &fields)?;
    let told = change::change(tx, actor, id, &wish)?;
    Ok(SessionChangeTold { told: told.told, clashes: told.clashes })
}

/// A change of a session.
#[derive(Serialize, JsonSchema)]
struct SessionChangeLine {
    at: Timestamp,
    old_starts_at: Timestamp,
    old_ends_at: Timestamp,
    new_starts_at: Timestamp,
    new_ends_at: Timestamp,
    /// The public place before.
    old_place: String,
    new_place: String,
    /// Whether the exact place changed, which is told to those who hold a place.
    exact_changed: bool,
    reason: String,
    /// People who were told.
    told: i64,
}

fn changes(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>>,
) -> Result<Paged<SessionChangeLine>, Error> {
    let s = commands::managed_session(tx, actor, call.path.id)?;
    let items = change::log(tx, s.id)?.into_iter().map(|one| SessionChangeLine {
        at: one.at,
        old_starts_at: one.old_starts_at,
        old_ends_at: one.old_ends_at,
        new_starts_at: one.new_starts_at,
        new_ends_at: one.new_ends_at,
        old_place: one.old_place,
        new_place: one.new_place,
        exact_changed: one.exact_changed,
        reason: one.reason,
        told: one.told,
    });
    Ok(Paged { items: items.collect(), next: None })
}

/// A template of a team.
#[derive(Serialize, JsonSchema)]
struct TemplateLine {
    id: TemplateId,
    name: String,
    /// How many drafts began with it.
    uses: i64,
    created_at: Timestamp,
}

fn list_templates(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>>,
) -> Result<Paged<TemplateLine>, Error> {
    let (_, saved) = template::of_managed_team(tx, actor, call.path.id)?;
    let items = saved.into_iter().map(|one| TemplateLine {
        id: one.id,
        name: one.name,
        uses: one.uses,
        created_at: one.created_at,
    });
    Ok(Paged { items: items.collect(), next: None })
}

/// A template to keep.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewTemplate {
    #[schemars(length(min = 1, max = 40))]
    name: String,
}

/// A template that was kept.
#[derive(Serialize, JsonSchema)]
struct TemplateSaved {
    id: TemplateId,
}

fn save_template(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>, (), NewTemplate>,
) -> Result<TemplateSaved, Error> {
    commands::managed(tx, actor, call.path.id)?;
    let name = call.fields().required("name", Label("模板名称", "Name of the template"), 40)?;
    Ok(TemplateSaved { id: template::save(tx, actor, call.path.id, &name)? })
}

/// What a draft from a template takes besides.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct FromTemplate {
    /// Another title.
    #[schemars(length(max = 60))]
    title: Option<String>,
    /// When; a draft without sessions when left out.
    #[serde(skip_serializing)]
    sessions: Option<SessionTimes>,
}

fn from_template(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<TemplateId>, (), FromTemplate>,
) -> Result<ActivityMade, Error> {
    let (org, pairs) = template::prefill(tx, actor, call.path.id)?;
    let mut fields = call.fields_over(Fields(pairs));
    if let Some(times) = &call.body.sessions {
        fields = fields.changed_by(&serde_json::to_value(times).unwrap_or_default());
    }
    let new = editor::read(&fields, org, call.body.sessions.is_some())?;
    let id = commands::create_by(tx, actor, &new)?;
    template::used(tx, call.path.id, org)?;
    Ok(ActivityMade { id })
}

fn delete_template(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<TemplateId>>,
) -> Result<Accepted, Error> {
    template::remove(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}
