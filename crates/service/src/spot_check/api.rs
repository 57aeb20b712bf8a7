//! Spot checks for programs, over the same commands as the pages.

use db::{ReadTx, WriteTx};
use kernel::page::Page;
use kernel::{Action, Actor, Date, Error, OrgId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, Api, At, Call, Paged, doc};
use ui::form::Label;

use super::commands::{self, Found};
use super::store::{self, Tab};
use super::{CheckState, How, LateShareId, SpotCheckId, refusals};
use crate::RecordId;
use crate::record::RecordState;

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/spot-checks",
            doc(
                "listSpotChecks",
                "Records drawn for a check by the caller, the latest drawn first.",
                "由调用者核查的抽查记录，后抽中的在前。",
            ),
            list,
        )
        .get(
            "/api/v1/spot-checks/{id}",
            doc("showSpotCheck", "One record that was drawn.", "一条抽查记录。"),
            show,
        )
        .post(
            "/api/v1/spot-checks/{id}/answer",
            doc(
                "answerSpotCheck",
                "Says what was found out; saying it again corrects it.",
                "填写或改正核查结果。",
            )
            .refuses(&[refusals::ALL, crate::record::refusals::ALL]),
            answer,
        )
        .get(
            "/api/v1/spot-checks/results",
            doc(
                "spotCheckResults",
                "What came of the months that were drawn, the latest first, at most 24. Names nobody.",
                "各月抽查结果，最近的在前，最多 24 个月，不含个人信息。",
            )
            .open(),
            results,
        )
        .get(
            "/api/v1/late-shares",
            doc(
                "listLateShares",
                "Teams much of whose hours of a month were entered afterwards, at most 200.",
                "补录占比过高的队伍，最多 200 条。",
            ),
            shares,
        )
        .post(
            "/api/v1/late-shares/{id}/look",
            doc("lookAtLateShare", "Notes that somebody looked at such a team.", "记录复核情况。")
                .refuses(&[refusals::ALL]),
            look,
        )
}

kernel::codes! {
    /// Which of them.
    #[derive(Default)]
    pub enum CheckTab {
        /// To be checked.
        #[default]
        Waiting = "waiting", "待核查", "To be checked";
        /// Found wrong, and counting still.
        Open = "open", "不符待处理", "Found wrong, still counting";
        /// Done.
        Done = "done", "已办结", "Done";
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct AskedChecks {
    /// Which of them; those to be checked when nothing is said.
    tab: CheckTab,
    /// The last one of the page before.
    #[schemars(length(max = 20))]
    after: String,
}

/// A record that was drawn.
#[derive(Serialize, JsonSchema)]
struct SpotCheck {
    id: SpotCheckId,
    /// The first day of the month it was confirmed in.
    month_on: Date,
    record: RecordId,
    record_state: RecordState,
    state: CheckState,
    title: String,
    person_name: String,
    team_name: String,
    area_name: String,
    service_on: Date,
    minutes: i64,
    /// The day by which it is checked.
    due_on: Date,
    note: String,
    checked_at: Option<Timestamp>,
}

fn list(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), AskedChecks>,
) -> Result<Paged<SpotCheck>, Error> {
    actor.demand_any(Action::RecordConfirm)?;
    let tab = match call.query.tab {
        CheckTab::Waiting => Tab::Waiting,
        CheckTab::Open => Tab::Open,
        CheckTab::Done => Tab::Done,
    };
    let rows = store::list(tx, actor, tab, call.query.after.parse().ok().map(SpotCheckId), 101)?;
    Ok(Paged::of(Page::cut(rows, 100, |one| one.id.to_string()), |one| SpotCheck {
        id: one.id,
        month_on: one.month_on,
        record: one.record_id,
        record_state: one.record_state,
        state: one.state,
        title: one.title,
        person_name: one.person,
        team_name: one.team,
        area_name: one.area,
        service_on: one.service_on,
        minutes: one.minutes,
        due_on: one.due_on,
        note: one.note,
        checked_at: one.checked_at,
    }))
}

/// A record that was drawn, with what was found.
#[derive(Serialize, JsonSchema)]
struct SpotCheckShown {
    id: SpotCheckId,
    month_on: Date,
    record: RecordId,
    record_state: RecordState,
    state: CheckState,
    how: Option<How>,
    note: String,
    due_on: Date,
    checked_at: Option<Timestamp>,
    /// The organisation that checks it.
    above_name: String,
    /// Whether the caller had a part in the record, so that somebody else checks it.
    had_a_part: bool,
}

fn show(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<SpotCheckId>>,
) -> Result<SpotCheckShown, Error> {
    let (one, record) = commands::find(tx, actor, call.path.id)?;
    Ok(SpotCheckShown {
        had_a_part: commands::had_a_part(actor, &one, &record),
        id: one.id,
        month_on: one.month_on,
        record: one.record_id,
        record_state: record.state,
        state: one.state,
        how: one.how,
        note: one.note,
        due_on: one.due_on,
        checked_at: one.checked_at,
        above_name: one.above,
    })
}

/// What was found out.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SpotCheckAnswer {
    /// Anything but "waiting".
    state: CheckState,
    how: How,
    /// What differs; needed for "minutes" and "absent".
    #[serde(default)]
    #[schemars(length(max = 300))]
    note: String,
    /// Takes a record that was found wrong back at once.
    #[serde(default)]
    void: bool,
}

fn answer(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SpotCheckId>, (), SpotCheckAnswer>,
) -> Result<Accepted, Error> {
    let note = call.fields().optional("note", Label("说明", "Note"), 300)?;
    let found = Found { state: call.body.state, how: call.body.how, note, void: call.body.void };
    commands::answer(tx, actor, call.path.id, &found)?;
    Ok(ACCEPTED)
}

/// What came of a month's draw.
#[derive(Serialize, JsonSchema)]
struct SpotCheckMonth {
    month_on: Date,
    drawn_at: Timestamp,
    /// The number the lots follow from: the lowest of SHA-256 over `seed:record` are drawn in each area.
    seed: String,
    /// Records confirmed in the month.
    records: i64,
    drawn: i64,
    right: i64,
    other_time: i64,
    absent: i64,
    unreachable: i64,
    /// Voided or returned before anybody asked.
    gone: i64,
}

fn results(_: &App, tx: &mut ReadTx<'_>, _: &Actor, _: &Call<()>) -> Result<Paged<SpotCheckMonth>, Error> {
    let items = store::months(tx)?.into_iter().map(|one| SpotCheckMonth {
        month_on: one.month_on,
        drawn_at: one.drawn_at,
        seed: one.seed,
        records: one.records,
        drawn: one.drawn,
        right: one.right,
        other_time: one.minutes,
        absent: one.absent,
        unreachable: one.unreachable,
        gone: one.gone,
    });
    Ok(Paged { items: items.collect(), next: None })
}

/// A team much of whose hours of a month were entered afterwards.
#[derive(Serialize, JsonSchema)]
struct LateShare {
    id: LateShareId,
    month_on: Date,
    team: OrgId,
    team_name: String,
    minutes: i64,
    late_minutes: i64,
    seen_at: Option<Timestamp>,
    note: String,
}

fn shares(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, _: &Call<()>) -> Result<Paged<LateShare>, Error> {
    actor.demand_any(Action::RecordConfirm)?;
    let items = store::shares(tx, actor, 200)?.into_iter().map(|one| LateShare {
        id: one.id,
        month_on: one.month_on,
        team: one.team_id,
        team_name: one.team,
        minutes: one.minutes,
        late_minutes: one.late_minutes,
        seen_at: one.seen_at,
        note: one.note,
    });
    Ok(Paged { items: items.collect(), next: None })
}

/// What was seen.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LookedAt {
    #[schemars(length(min = 1, max = 300))]
    note: String,
}

fn look(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<LateShareId>, (), LookedAt>,
) -> Result<Accepted, Error> {
    let note = call.fields().optional("note", Label("复核情况", "What was seen"), 300)?;
    commands::look(tx, actor, call.path.id, &note)?;
    Ok(ACCEPTED)
}
