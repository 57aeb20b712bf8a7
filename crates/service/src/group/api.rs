//! Groups for programs, over the same commands.

use axum::http::Method;
use db::{ReadTx, WriteTx};
use kernel::{Actor, Error, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, Api, At, Call, doc};

use super::commands::{self, Divide};
use super::store::{self, Somebody, there};
use super::{pages, refusals};
use crate::attendance::commands::{PartAct, find_to_lead};
use crate::attendance::refusals as roll_refusals;
use crate::sign_up::SignUpState;
use crate::{SessionGroupId, SessionId, SignUpId};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/sessions/{id}/groups",
            doc(
                "showSessionGroups",
                "The groups of a session with their leaders and people, for whoever leads it.",
                "场次的小组、组长和组员，仅负责人可见。",
            )
            .refuses(&[refusals::ALL]),
            show,
        )
        .post(
            "/api/v1/sessions/{id}/groups",
            doc("addSessionGroup", "Adds an empty group.", "加一个空的小组。")
                .makes()
                .refuses(&[refusals::ALL]),
            add,
        )
        .post(
            "/api/v1/sessions/{id}/groups/divide",
            doc(
                "divideSession",
                "Divides everybody evenly, or puts those in no group into the smallest; families stay together.",
                "平均分组，或把没分组的人补进人少的组；一家人在一起。",
            )
            .refuses(&[refusals::ALL]),
            divide,
        )
        .post(
            "/api/v1/sessions/{id}/groups/move",
            doc("moveBetweenGroups", "Moves people into a group, or out of all.", "把人移到一个组，或移出小组。")
                .refuses(&[refusals::ALL]),
            put,
        )
        .post(
            "/api/v1/sessions/{id}/groups/undo",
            doc("undoGroups", "Takes the last change of the groups back.", "撤销最近一次分组改动。")
                .refuses(&[refusals::ALL]),
            undo,
        )
        .command(
            Method::PUT,
            "/api/v1/session-groups/{id}",
            doc(
                "setSessionGroup",
                "Names a group, its meeting point, task and leader; a new leader is told.",
                "设置小组的名称、集合地点、任务和组长，新组长会收到消息。",
            )
            .refuses(&[refusals::ALL]),
            set,
        )
        .delete(
            "/api/v1/session-groups/{id}",
            doc("removeSessionGroup", "Takes a group away; its people are in none.", "移除小组，组员回到未分组。")
                .refuses(&[refusals::ALL]),
            remove,
        )
        .post(
            "/api/v1/session-groups/{id}/message",
            doc("writeToSessionGroup", "Writes to everybody in a group.", "给组内每个人发消息。")
                .refuses(&[refusals::ALL]),
            write,
        )
        .get(
            "/api/v1/sessions/{id}/group",
            doc(
                "showOwnGroup",
                "The caller's group; names of others are masked unless the caller leads it.",
                "本人所在的小组；不是组长的，看到的组员姓名已脱敏。",
            )
            .refuses(&[refusals::ALL]),
            own,
        )
        .post(
            "/api/v1/sessions/{id}/group/roll",
            doc(
                "callGroupRoll",
                "The leader of a group marks its people while the session runs.",
                "组长在本场进行时给本组点名。",
            )
            .refuses(&[refusals::ALL, roll_refusals::ALL]),
            roll,
        )
}

/// Somebody in a group.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "GroupPerson")]
struct PersonOut {
    sign_up: SignUpId,
    name: String,
    /// What the roll says; only for whoever calls it.
    state: Option<SignUpState>,
    /// Whether the person is there now.
    inside: bool,
    leads: bool,
}

/// A group.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SessionGroup")]
struct GroupOut {
    id: SessionGroupId,
    /// Number within the session; a group without a name is called by it.
    no: i64,
    name: String,
    place: String,
    task: String,
    leader: Option<SignUpId>,
    people: Vec<PersonOut>,
}

/// The groups of a session.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SessionGroups")]
struct GroupsOut {
    groups: Vec<GroupOut>,
    /// Who is in no group.
    rest: Vec<PersonOut>,
    /// When the last change was that can be undone.
    changed_at: Option<Timestamp>,
}

fn person(one: &Somebody, leader: Option<SignUpId>) -> PersonOut {
    PersonOut {
        sign_up: one.sign_up,
        name: one.name.clone(),
        state: Some(one.state),
        inside: one.inside(),
        leads: leader == Some(one.sign_up),
    }
}

fn show(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, call: &Call<At<SessionId>>) -> Result<GroupsOut, Error> {
    let held = find_to_lead(tx, actor, call.path.id)?;
    let all = store::people(tx, held.id, None)?;
    let groups = store::of_session(tx, held.id)?
        .into_iter()
        .map(|group| GroupOut {
            people: all
                .iter()
                .filter(|one| one.group == Some(group.id))
                .map(|one| person(one, group.leader))
                .collect(),
            id: group.id,
            no: group.no,
            name: group.name,
            place: group.place,
            task: group.task,
            leader: group.leader.filter(|_| group.leader_state.is_some_and(there)),
        })
        .collect();
    Ok(GroupsOut {
        groups,
        rest: all.iter().filter(|one| one.group.is_none()).map(|one| person(one, None)).collect(),
        changed_at: store::kept(tx, held.id)?.map(|kept| kept.1),
    })
}

/// A group that was made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SessionGroupMade")]
struct GroupMade {
    id: SessionGroupId,
}

fn add(_: &App, tx: &mut WriteTx<'_>, actor: &Actor, call: &Call<At<SessionId>>) -> Result<GroupMade, Error> {
    Ok(GroupMade { id: commands::add(tx, actor, call.path.id)? })
}

/// How people are to be divided.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DivideSession")]
struct DivideIn {
    /// Into how many groups; not used with `rest`.
    #[serde(default)]
    #[schemars(range(max = 40))]
    groups: u32,
    /// Only who is in no group yet, into the groups that are there.
    #[serde(default)]
    rest: bool,
    /// Each group should have somebody with this skill.
    #[serde(default)]
    #[schemars(length(max = 40))]
    skill: String,
}

/// What dividing, moving or writing came to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "GroupPeople")]
struct PeopleOut {
    /// People it concerned.
    people: usize,
}

fn divide(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), DivideIn>,
) -> Result<PeopleOut, Error> {
    let body = &call.body;
    let ask = Divide {
        groups: usize::try_from(body.groups).unwrap_or(usize::MAX),
        rest: body.rest,
        skill: body.skill.clone(),
    };
    Ok(PeopleOut { people: commands::divide(tx, actor, call.path.id, &ask)? })
}

/// Who goes where.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MoveBetweenGroups")]
struct MoveIn {
    #[schemars(length(max = 2000))]
    sign_ups: Vec<SignUpId>,
    /// Into which group; none when left out.
    #[serde(default)]
    group: Option<SessionGroupId>,
}

fn put(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), MoveIn>,
) -> Result<PeopleOut, Error> {
    Ok(PeopleOut { people: commands::put(tx, actor, call.path.id, &call.body.sign_ups, call.body.group)? })
}

fn undo(_: &App, tx: &mut WriteTx<'_>, actor: &Actor, call: &Call<At<SessionId>>) -> Result<Accepted, Error> {
    commands::undo(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}

/// What a group is to be.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SetSessionGroup")]
struct GroupIn {
    #[serde(default)]
    #[schemars(length(max = 40))]
    name: String,
    /// Where it meets.
    #[serde(default)]
    #[schemars(length(max = 100))]
    place: String,
    /// What it does.
    #[serde(default)]
    #[schemars(length(max = 300))]
    task: String,
    /// Whose place leads it: somebody of the group who is of age.
    #[serde(default)]
    leader: Option<SignUpId>,
}

fn set(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionGroupId>, (), GroupIn>,
) -> Result<Accepted, Error> {
    commands::find(tx, actor, call.path.id)?;
    commands::set(tx, actor, call.path.id, &pages::wish(&call.fields())?)?;
    Ok(ACCEPTED)
}

fn remove(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionGroupId>>,
) -> Result<Accepted, Error> {
    commands::remove(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}

/// Words to a group.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WriteToSessionGroup")]
struct LetterIn {
    #[schemars(length(max = 500))]
    text: String,
}

fn write(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionGroupId>, (), LetterIn>,
) -> Result<PeopleOut, Error> {
    commands::find(tx, actor, call.path.id)?;
    let text = pages::letter(&call.fields())?;
    Ok(PeopleOut { people: commands::write(tx, actor, call.path.id, &text, call.req.lang)? })
}

fn own(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, call: &Call<At<SessionId>>) -> Result<GroupOut, Error> {
    let (held, own) = commands::own(tx, actor, call.path.id)?;
    let leads = commands::leads(&held, &own, tx.now());
    let leader = own.leader.filter(|_| own.leader_state.is_some_and(there));
    let people = store::people(tx, held.id, Some(own.group))?
        .iter()
        .map(|one| {
            let known = leads || one.sign_up == own.sign_up;
            let mut out = person(one, leader);
            if !known {
                out.state = None;
                out.inside = false;
                if !out.leads {
                    out.name = vault::mask::mask_name(&out.name);
                }
            }
            out
        })
        .collect();
    Ok(GroupOut {
        id: own.group,
        no: own.no,
        name: own.name,
        place: own.place,
        task: own.task,
        leader,
        people,
    })
}

/// What the leader of a group does to a line, or to all.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CallGroupRoll")]
struct GroupCall {
    act: PartAct,
    /// One line; for `present` and `out` all that are still to be marked when left out.
    #[serde(default)]
    sign_up: Option<SignUpId>,
}

/// What a mark came to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "GroupRollMarked")]
struct CallOut {
    /// Lines that changed.
    changed: u64,
}

fn roll(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), GroupCall>,
) -> Result<CallOut, Error> {
    Ok(CallOut { changed: commands::roll(tx, actor, call.path.id, call.body.act, call.body.sign_up)? })
}
