//! Records for programs, over the same queries and commands as the pages.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::page::{PAGE_ROWS, Page, cursor_pair};
use kernel::{Action, Actor, Date, Error, PersonId, Timestamp, can};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::api::{ACCEPTED, Accepted, After, Api, At, Call, Paged, doc};
use ui::form::Label;
use ui::{App, Fields};

use super::store::{self, ListFilter, Which};
use super::{Class, RecordState, close as closing, commands, refusals};
use crate::attendance::{self, Method};
use crate::{RecordId, SessionId, past};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/me/records",
            doc(
                "listMyRecords",
                "The caller's service records, newest first.",
                "本人的服务记录，最近的在前。",
            ),
            mine,
        )
        .post(
            "/api/v1/records/confirm",
            doc(
                "confirmRecords",
                "Confirms submitted records: the ones named, or all that wait of a session.",
                "确认已提交的记录：指定的记录，或某场次全部待确认记录。",
            )
            .refuses(&[refusals::ALL]),
            confirm,
        )
        .get(
            "/api/v1/me/hours",
            doc(
                "showMyHours",
                "The caller's confirmed hours, in all and by year.",
                "本人已确认的服务时长：总计与各年。",
            ),
            hours,
        )
        .get(
            "/api/v1/records",
            doc(
                "listSessionsToConfirm",
                "Sessions whose records wait for the caller, what is due first.",
                "待本人确认的场次，先到期的在前。",
            ),
            waiting,
        )
        .get(
            "/api/v1/records/sessions/{id}",
            doc("listRecordsOfSession", "The records of a session.", "一个场次的服务记录。")
                .refuses(&[refusals::ALL, attendance::refusals::ALL]),
            of_session,
        )
        .post(
            "/api/v1/records/return",
            doc(
                "returnRecords",
                "Returns submitted records to the team with a reason.",
                "退回已提交的记录并说明理由。",
            )
            .refuses(&[refusals::ALL]),
            give_back,
        )
        .post(
            "/api/v1/records/{id}/void",
            doc(
                "voidRecord",
                "Voids a confirmed record; it counts no longer.",
                "作废已确认的记录，不再计入时长。",
            )
            .refuses(&[refusals::ALL]),
            void,
        )
        .post(
            "/api/v1/records/{id}/not-mine",
            doc(
                "disownRecord",
                "Takes a record that came from an earlier system off the caller's hours: it is not theirs.",
                "声明从旧系统导入的记录不是本人的，即从本人时长中扣除。",
            )
            .refuses(&[refusals::ALL, past::refusals::ALL]),
            disown,
        )
        .post(
            "/api/v1/sessions/{id}/close",
            doc("closeRoll", "Closes the roll of a session.", "结束场次点名。")
                .refuses(&[refusals::ALL, attendance::refusals::ALL]),
            close,
        )
        .post(
            "/api/v1/sessions/{id}/reopen",
            doc("reopenRoll", "Opens a closed roll again, before it is submitted.", "提交前重新打开点名。")
                .refuses(&[refusals::ALL, attendance::refusals::ALL]),
            reopen,
        )
        .post(
            "/api/v1/sessions/{id}/submit",
            doc(
                "submitRecords",
                "Submits the records of a closed session to the station.",
                "将已结束点名的场次记录提交给站点。",
            )
            .refuses(&[refusals::ALL, attendance::refusals::ALL]),
            submit,
        )
        .and(super::back_fill::api())
}

/// A service record.
#[derive(Serialize, JsonSchema)]
struct ServiceRecord {
    id: RecordId,
    session: SessionId,
    title: String,
    team: String,
    service_on: Date,
    start_at: Timestamp,
    end_at: Timestamp,
    minutes: i64,
    class: Class,
    state: RecordState,
}

fn mine(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), After>,
) -> Result<Paged<ServiceRecord>, Error> {
    let rows = store::of_person(tx, actor.person()?, cursor_pair(&call.query.after), 101)?;
    let page = Page::cut(rows, 100, |row| format!("{}~{}", row.service_on.days(), row.id));
    Ok(Paged::of(page, |row| ServiceRecord {
        id: row.id,
        session: row.session_id,
        title: row.title,
        team: row.team,
        service_on: row.service_on,
        start_at: row.start_at,
        end_at: row.end_at,
        minutes: row.minutes,
        class: row.class,
        state: row.state,
    }))
}

/// Records to confirm: either `records` or `session`.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ConfirmRecords {
    /// The records; all of them, or none is confirmed.
    #[serde(default)]
    #[schemars(length(max = 500))]
    records: Vec<RecordId>,
    /// All that wait of this session and that the caller may confirm.
    #[serde(default)]
    session: Option<SessionId>,
}

fn confirm(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), ConfirmRecords>,
) -> Result<commands::Confirmed, Error> {
    let which = match call.body.session {
        Some(session) => Which::WaitingOf(session),
        None => Which::These(call.body.records.clone()),
    };
    commands::confirm(tx, actor, &which)
}

/// Hours of a year.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "HoursOfYear")]
struct HoursOfPeriod {
    year: i64,
    minutes: i64,
    records: i64,
    /// Minutes of these that came from earlier systems.
    past_minutes: i64,
}

/// Confirmed hours.
#[derive(Serialize, JsonSchema)]
struct MyHours {
    minutes: i64,
    records: i64,
    /// Minutes of these that came from earlier systems.
    past_minutes: i64,
    years: Vec<HoursOfPeriod>,
}

fn hours(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, _: &Call) -> Result<MyHours, Error> {
    let mut out = MyHours { minutes: 0, records: 0, past_minutes: 0, years: Vec::new() };
    for (period, minutes, records, past_minutes) in store::sums(tx, actor.person()?)? {
        match super::pages::year_of(period) {
            Some(year) => out.years.push(HoursOfPeriod { year, minutes, records, past_minutes }),
            None => (out.minutes, out.records, out.past_minutes) = (minutes, records, past_minutes),
        }
    }
    Ok(out)
}

/// Which sessions.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
struct ToConfirmQuery {
    /// Part of a title or of the organiser's name.
    q: String,
    /// Only overdue ones.
    late: bool,
    /// Only those with something to look at.
    flagged: bool,
    /// `next` of the page before.
    after: String,
}

/// A session whose records wait.
#[derive(Serialize, JsonSchema)]
struct SessionToConfirm {
    session: SessionId,
    title: String,
    team_name: String,
    starts_at: Timestamp,
    ends_at: Timestamp,
    due_on: Date,
    submitted_at: Option<Timestamp>,
    /// Heads the leader counted.
    heads: Option<i64>,
    /// Records that wait.
    waiting: i64,
    minutes: i64,
    /// Records with something to look at.
    flagged: i64,
}

fn waiting(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), ToConfirmQuery>,
) -> Result<Paged<SessionToConfirm>, Error> {
    actor.demand_any(Action::RecordConfirm)?;
    let query = &call.query;
    let filter = ListFilter {
        words: query.q.trim().chars().take(40).collect(),
        due_before: query.late.then(|| tx.now().date()),
        flagged: query.flagged,
        after: cursor_pair(&query.after),
        limit: PAGE_ROWS + 1,
    };
    let rows = store::sessions_to_confirm(tx, actor, &filter)?;
    let page = Page::cut(rows, 20, |row| format!("{}~{}", row.due_on.days(), row.id));
    Ok(Paged::of(page, |row| SessionToConfirm {
        session: row.id,
        title: row.title,
        team_name: row.org_name,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        due_on: row.due_on,
        submitted_at: row.submitted_at,
        heads: row.heads,
        waiting: row.waiting,
        minutes: row.minutes,
        flagged: row.flagged,
    }))
}

/// A record in the list of a session.
#[derive(Serialize, JsonSchema)]
struct RecordOfSession {
    id: RecordId,
    person: PersonId,
    name: String,
    volunteer_no: String,
    team: String,
    start_at: Timestamp,
    end_at: Timestamp,
    minutes: i64,
    method: Method,
    class: Class,
    state: RecordState,
    /// Codes of what is to be looked at, with commas between them.
    flags: String,
    decided_at: Option<Timestamp>,
    note: String,
}

fn of_session(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, After>,
) -> Result<Paged<RecordOfSession>, Error> {
    actor.account()?;
    let held = attendance::commands::find(tx, call.path.id)?;
    if ![Action::RecordConfirm, Action::RecordSubmit].iter().any(|action| can(actor, *action, held.place())) {
        return Err((&common::NOT_FOUND).into());
    }
    let rows = store::of_session(tx, held.id, call.query.after.parse().ok(), 201)?;
    Ok(Paged::of(Page::cut(rows, 200, |row| row.id.to_string()), |row| RecordOfSession {
        id: row.id,
        person: row.person_id,
        name: row.name,
        volunteer_no: row.volunteer_no,
        team: row.team,
        start_at: row.start_at,
        end_at: row.end_at,
        minutes: row.minutes,
        method: row.method,
        class: row.class,
        state: row.state,
        flags: row.flags,
        decided_at: row.decided_at,
        note: row.note,
    }))
}

/// Records to return.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReturnRecords {
    #[schemars(length(min = 1, max = 500))]
    records: Vec<RecordId>,
    #[schemars(length(min = 1, max = 500))]
    reason: String,
}

/// How many records a command changed.
#[derive(Serialize, JsonSchema)]
struct RecordsChanged {
    records: i64,
}

fn reason(text: &str) -> Result<String, Error> {
    Ok(Fields::of([("reason", text)]).required("reason", Label("理由", "Reason"), 500)?)
}

fn give_back(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), ReturnRecords>,
) -> Result<RecordsChanged, Error> {
    actor.demand_any(Action::RecordConfirm)?;
    let reason = reason(&call.body.reason)?;
    Ok(RecordsChanged { records: commands::return_records(tx, actor, &call.body.records, &reason)? })
}

/// Why a record is voided.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct VoidRecord {
    #[schemars(length(min = 1, max = 500))]
    reason: String,
    /// Opens the session again, so that the right record can be submitted.
    #[serde(default)]
    again: bool,
}

fn void(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<RecordId>, (), VoidRecord>,
) -> Result<Accepted, Error> {
    actor.account()?;
    commands::void(tx, actor, call.path.id, &reason(&call.body.reason)?, call.body.again)?;
    Ok(ACCEPTED)
}

/// What one says about a record that is not one's own.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct NotMine {
    #[schemars(length(max = 300))]
    text: String,
}

fn disown(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<RecordId>, (), NotMine>,
) -> Result<Accepted, Error> {
    actor.person()?;
    let text = call.fields().optional("text", Label("说明", "Text"), 300)?;
    past::commands::disown(tx, actor, call.path.id, &text)?;
    Ok(ACCEPTED)
}

/// What the leader enters at the end.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CloseRoll {
    /// Heads counted.
    #[schemars(range(min = 0, max = 100_000))]
    heads: i64,
    #[serde(default)]
    #[schemars(length(max = 2000))]
    summary: String,
    /// Evaluation, 1 to 5.
    #[schemars(range(min = 1, max = 5))]
    quality: i64,
    /// Minutes of break.
    #[serde(default)]
    #[schemars(range(min = 0, max = 600))]
    breaks: i64,
    /// Minutes that were served beyond the end.
    #[serde(default)]
    #[schemars(range(min = 0))]
    extension: i64,
}

fn close(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), CloseRoll>,
) -> Result<Accepted, Error> {
    attendance::commands::find_to_lead(tx, actor, call.path.id)?;
    commands::close(tx, actor, call.path.id, &closing::closing(&call.fields())?)?;
    Ok(ACCEPTED)
}

fn reopen(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>>,
) -> Result<Accepted, Error> {
    commands::reopen(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}

fn submit(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>>,
) -> Result<RecordsChanged, Error> {
    attendance::commands::find_to_lead(tx, actor, call.path.id)?;
    Ok(RecordsChanged { records: commands::submit(tx, actor, call.path.id)? })
}

/// The ids of a repeated field.
pub(super) fn ids(fields: &Fields, name: &'static str) -> Result<Vec<RecordId>, Error> {
    fields
        .all(name)
        .into_iter()
        .map(|text| {
            text.parse().map_err(|_| {
                ui::form::Label("记录", "Record")
                    .wrong(name, text, "请从列表中选择。", "Choose from the list.")
                    .into()
            })
        })
        .collect()
}
