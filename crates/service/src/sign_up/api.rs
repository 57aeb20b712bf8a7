//! Signing up and off for programs, by the same commands.

use db::{ReadTx, WriteTx};
use kernel::page::{Page, cursor_pair};
use kernel::{Actor, Error, OrgId, PersonId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::api::{ACCEPTED, Accepted, After, Api, At, Call, Paged, doc};
use ui::form::Label;
use ui::{App, Fields};

use super::{
    Care, LateReason, SignUpState, Source, absence, commands, entry, hand_over, pages, refusals, store,
    waiting,
};
use crate::activity::{Participant, SessionState};
use crate::{ActivityId, PostId, SessionId, SignUpId};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .post(
            "/api/v1/sessions/{id}/sign-up",
            doc("signUp", "Takes a place in a session for the caller.", "为本人报名一个场次。")
                .makes()
                .refuses(&[refusals::ALL]),
            sign_up,
        )
        .delete(
            "/api/v1/sessions/{id}/sign-up",
            doc(
                "signOff",
                "Gives the caller's place back; doing it twice changes nothing.",
                "取消本人的报名；重复操作不产生变化。",
            )
            .refuses(&[refusals::ALL]),
            sign_off,
        )
        .get(
            "/api/v1/me/schedule",
            doc(
                "showMySchedule",
                "The caller's sign-ups: what is ahead (with the first page), and what was, latest first.",
                "本人的安排：将要参加的（随首页给出）和以往的，最近的在前。",
            ),
            schedule,
        )
        .get(
            "/api/v1/sessions/{id}/sign-ups",
            doc(
                "listSignUps",
                "Who signed up for a session, for whoever leads it.",
                "场次报名名单，仅负责人可见。",
            ),
            list,
        )
        .post(
            "/api/v1/sessions/{id}/sign-ups",
            doc(
                "signSomebodyUp",
                "Signs somebody up by volunteer number, as the leader.",
                "负责人按志愿者编号代为报名。",
            )
            .makes()
            .refuses(&[refusals::ALL]),
            add,
        )
        .post(
            "/api/v1/sign-ups/{id}/cancel",
            doc(
                "cancelSignUp",
                "Takes a place away with a reason, as the leader.",
                "负责人取消某人的报名并说明原因。",
            )
            .refuses(&[refusals::ALL]),
            cancel_one,
        )
        .and(waiting::api())
        .and(entry::api())
        .and(hand_over::api())
        .and(absence::api())
}

/// Which place: a post of the session and the team one comes with, both only where there is a choice.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SignUpWish {
    pub post: Option<PostId>,
    pub team: Option<OrgId>,
}

/// A wish, and whether a warning was read.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "SignUp")]
struct SignUpBody {
    post: Option<PostId>,
    team: Option<OrgId>,
    /// Goes on after a warning.
    aware: bool,
}

/// Why a place is given back, which is asked shortly before the start.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "SignOff")]
struct SignOffBody {
    reason: Option<LateReason>,
}

/// A place taken or given back.
#[derive(Serialize, JsonSchema)]
struct Booked {
    /// The sign-up; null when it was given back.
    id: Option<SignUpId>,
    session: SessionId,
    state: SignUpState,
}

fn sign_up(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), SignUpBody>,
) -> Result<Booked, Error> {
    let session = call.path.id;
    let wish = pages::wish_of(actor, session, call.body.post, call.body.team)?;
    let care = if call.body.aware { Care::Aware } else { Care::Warn };
    let made = commands::book_minding(tx, actor, &wish, care)?;
    Ok(Booked { id: Some(made), session, state: SignUpState::Booked })
}

fn sign_off(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), SignOffBody>,
) -> Result<Booked, Error> {
    let session = call.path.id;
    commands::cancel_for(tx, actor, session, call.body.reason)?;
    Ok(Booked { id: None, session, state: SignUpState::Cancelled })
}

/// A session of the caller's schedule.
#[derive(Serialize, JsonSchema)]
struct ScheduledSession {
    sign_up: SignUpId,
    session: SessionId,
    activity: ActivityId,
    title: String,
    team_name: String,
    place: String,
    /// The exact place, for those who hold a place and may know it at this time.
    exact_place: Option<String>,
    contact_name: String,
    contact_phone: String,
    starts_at: Timestamp,
    ends_at: Timestamp,
    state: SignUpState,
    session_state: SessionState,
    post_name: Option<String>,
    cancel_reason: String,
}

/// A page of the schedule.
#[derive(Serialize, JsonSchema)]
struct Schedule {
    /// What is ahead, soonest first; on the first page only.
    ahead: Vec<ScheduledSession>,
    /// What was, latest first.
    items: Vec<ScheduledSession>,
    next: Option<String>,
}

fn scheduled(now: Timestamp, m: store::Mine) -> ScheduledSession {
    ScheduledSession {
        exact_place: pages::exact_place(&m, now),
        sign_up: m.id,
        session: m.session,
        activity: m.activity_id,
        title: m.title,
        team_name: m.org_name,
        place: m.place_public,
        contact_name: m.contact_name,
        contact_phone: m.contact_phone,
        starts_at: m.starts_at,
        ends_at: m.ends_at,
        state: m.state,
        session_state: m.session_state,
        post_name: m.post_name,
        cancel_reason: m.cancel_reason,
    }
}

fn schedule(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, call: &Call<(), After>) -> Result<Schedule, Error> {
    let (person, now) = (actor.person()?, tx.now());
    let before = cursor_pair(&call.query.after);
    let ahead = if before.is_none() { store::ahead(tx, person)? } else { Vec::new() };
    let past = Page::cut(store::past(tx, person, before, 21)?, 20, |m| format!("{}~{}", m.starts_at.0, m.id));
    Ok(Schedule {
        ahead: ahead.into_iter().map(|m| scheduled(now, m)).collect(),
        items: past.rows.into_iter().map(|m| scheduled(now, m)).collect(),
        next: past.next,
    })
}

/// A line of the list of a session.
#[derive(Serialize, JsonSchema)]
struct SignUpLine {
    id: SignUpId,
    person: PersonId,
    name: String,
    volunteer_no: String,
    team_name: String,
    post_name: Option<String>,
    participant: Participant,
    state: SignUpState,
    source: Source,
    created_at: Timestamp,
    cancel_reason: String,
}

fn list(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, After>,
) -> Result<Paged<SignUpLine>, Error> {
    let session = pages::led_by(tx, actor, call.path.id)?;
    let rows = store::of_session(tx, session.id, call.query.after.parse().unwrap_or(0), 101)?;
    let page = Page::cut(rows, 100, |line| line.id.to_string());
    Ok(Paged::of(page, |line| SignUpLine {
        id: line.id,
        person: line.person,
        name: line.name,
        volunteer_no: line.volunteer_no,
        team_name: line.team_name,
        post_name: line.post_name,
        participant: line.participant,
        state: line.state,
        source: line.source,
        created_at: line.created_at,
        cancel_reason: line.cancel_reason,
    }))
}

/// Somebody to sign up.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SignUpSomebody {
    /// Volunteer number.
    #[schemars(length(min = 1, max = 40))]
    number: String,
    /// Why it is done in spite of a warning.
    #[serde(default)]
    #[schemars(length(max = 200))]
    over: String,
}

/// A sign-up that was made.
#[derive(Serialize, JsonSchema)]
struct SignUpMade {
    id: SignUpId,
    person: PersonId,
}

fn add(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), SignUpSomebody>,
) -> Result<SignUpMade, Error> {
    let fields = Fields::of([("number", call.body.number.as_str()), ("over", call.body.over.as_str())]);
    let (id, person, _) = pages::add_by_number(tx, actor, call.path.id, &fields)?;
    Ok(SignUpMade { id, person })
}

/// Why a place is taken away.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SignUpCancel {
    #[serde(default)]
    #[schemars(length(max = 200))]
    reason: String,
}

fn cancel_one(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SignUpId>, (), SignUpCancel>,
) -> Result<Accepted, Error> {
    let fields = Fields::of([("reason", call.body.reason.as_str())]);
    let reason = fields.optional("reason", Label("原因", "Reason"), 200)?;
    commands::cancel_by_leader(tx, actor, call.path.id, &reason)?;
    Ok(ACCEPTED)
}
