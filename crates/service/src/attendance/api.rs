//! Check-in for programs, over the same command.

use std::sync::Arc;

use axum::http::Method;
use db::{ReadTx, WriteTx};
use kernel::page::{Page, cursor_text};
use kernel::{Actor, Error, PersonId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::api::{Api, At, Call, doc};
use ui::{App, Fields};

use super::commands::{RollAct, Whom};
use super::store::{self, RollFilter};
use super::{CheckIn, CheckedIn, Way, commands, pages, refusals};
use crate::activity::{Participant, SessionState};
use crate::sign_up::{SignUpState, Source};
use crate::{SessionGroupId, SessionId, SignUpId, sign_up};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/sessions/{id}/roll",
            doc("showRoll", "The roll of a session, by name, for whoever leads it.", "场次点名册，按姓名排序，仅负责人可见。")
                .refuses(&[refusals::ALL]),
            roll,
        )
        .post(
            "/api/v1/sessions/{id}/roll",
            doc(
                "callRoll",
                "Marks one or all as present, absent or gone, or takes the last mark back.",
                "点名：标记到场、缺席、离开，或撤销上一次标记。",
            )
            .refuses(&[refusals::ALL]),
            call_roll,
        )
        .command_after(
        Method::POST,
        "/api/v1/sessions/{id}/check-in",
        doc(
            "checkIn",
            "Checks the caller in or out with the number on the screen at the place, or the tag of its link.",
            "用现场屏幕上的动态码（或链接中的标记）为本人签到或签退。",
        )
        .refuses(&[refusals::ALL, sign_up::refusals::ALL]),
        prove,
        check_in,
    )
    .and(super::offline::api())
    .and(super::paper::api())
}

/// Proof that one stands before the screen.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CheckInCode {
    /// Six digits, or the tag of the link.
    #[schemars(length(max = 40))]
    code: String,
    /// In or out; what comes next when left out.
    #[serde(default)]
    way: Option<Way>,
}

type Asked = Call<At<SessionId>, (), CheckInCode>;

/// Wrong numbers are counted whatever becomes of the command, so this is a unit of work of its own.
async fn prove(app: App, call: Arc<Asked>) -> Result<(Timestamp, Option<Vec<u8>>), Error> {
    let device = pages::device(&app, &call.req);
    pages::prove(&app, &call.req, call.path.id, &call.body.code, &Fields::default())
        .await
        .map(|at| (at, device))
        .map_err(Error::Refused)
}

fn check_in(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Asked,
    (at, device): &(Timestamp, Option<Vec<u8>>),
) -> Result<CheckedIn, Error> {
    let ask =
        CheckIn { session: call.path.id, at: *at, want: call.body.way, device: device.clone(), team: None };
    commands::check_in(tx, actor, &ask)
}

/// Which lines of the roll.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
struct RollQuery {
    /// Part of a name or volunteer number.
    q: String,
    state: Option<SignUpState>,
    /// Only this group.
    group: Option<SessionGroupId>,
    /// `next` of the page before.
    after: String,
}

/// A line of the roll.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RollLine")]
struct LineOfRoll {
    sign_up: SignUpId,
    person: PersonId,
    name: String,
    volunteer_no: String,
    state: SignUpState,
    source: Source,
    participant: Participant,
    group: Option<SessionGroupId>,
    /// Whether the person is there now.
    inside: bool,
    /// How often the person came.
    stays: i64,
    first_in: Option<Timestamp>,
    last_out: Option<Timestamp>,
}

/// A page of a roll.
#[derive(Serialize, JsonSchema)]
struct Roll {
    state: SessionState,
    starts_at: Timestamp,
    ends_at: Timestamp,
    /// People on the list.
    listed: i64,
    attended: i64,
    absent: i64,
    items: Vec<LineOfRoll>,
    next: Option<String>,
}

fn roll(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, RollQuery>,
) -> Result<Roll, Error> {
    let held = commands::find_to_lead(tx, actor, call.path.id)?;
    let filter = RollFilter {
        words: call.query.q.trim().chars().take(40).collect(),
        state: call.query.state.filter(|state| *state != SignUpState::Cancelled),
        group: call.query.group.map(Some),
        after: cursor_text(&call.query.after),
        limit: 101,
    };
    let rows =
        Page::cut(store::roll(tx, held.id, &filter)?, 100, |row| format!("{}~{}", row.id, row.name_key));
    let counts = store::counts(tx, held.id)?;
    Ok(Roll {
        state: held.state,
        starts_at: held.starts_at,
        ends_at: held.ends_at,
        listed: counts.all,
        attended: counts.attended,
        absent: counts.absent,
        next: rows.next,
        items: rows
            .rows
            .into_iter()
            .map(|row| LineOfRoll {
                inside: row.inside(),
                sign_up: row.id,
                person: row.person_id,
                name: row.name,
                volunteer_no: row.volunteer_no,
                state: row.state,
                source: row.source,
                participant: row.participant,
                group: row.group,
                stays: row.pairs,
                first_in: row.first_in,
                last_out: row.last_out,
            })
            .collect(),
    })
}

/// What the leader does to lines of the roll.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "RollMark")]
enum Mark {
    Present,
    Absent,
    Out,
    Undo,
}

/// One mark of a roll-call.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
struct RollCall {
    act: Mark,
    /// One line; all when left out, for `present` (those not marked yet) and `out` (those still there).
    #[serde(default)]
    sign_up: Option<SignUpId>,
    /// When the person arrived, `09:00`; now when left out.
    #[serde(default)]
    #[schemars(length(max = 10))]
    from: String,
    /// When the person left, `11:00`.
    #[serde(default)]
    #[schemars(length(max = 10))]
    to: String,
    /// Why one who cannot show what the activity asks for is marked as present all the same; logged.
    #[serde(default)]
    #[schemars(length(max = 200))]
    over: String,
}

/// What a mark came to.
#[derive(Serialize, JsonSchema)]
struct RollMarked {
    /// Lines that changed.
    changed: u64,
}

fn call_roll(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), RollCall>,
) -> Result<RollMarked, Error> {
    let whom = call.body.sign_up.map_or(Whom::All, Whom::One);
    let act = match (call.body.act, call.body.sign_up) {
        (Mark::Present, _) => RollAct::Present(whom),
        (Mark::Out, _) => RollAct::Out(whom),
        (Mark::Absent, Some(id)) => RollAct::Absent(id),
        (Mark::Undo, Some(id)) => RollAct::Undo(id),
        (Mark::Absent | Mark::Undo, None) => {
            commands::find_to_lead(tx, actor, call.path.id)?;
            return Err(super::roll::one_line().into());
        }
    };
    let fields = call.fields();
    let times = super::roll::times(&fields)?;
    let over = fields.optional("over", ui::form::Label("原因", "Reason"), 200)?;
    Ok(RollMarked { changed: commands::roll_over(tx, actor, call.path.id, act, times, &over)? })
}
