//! Sheets for programs, such as one that reads scanned paper, over the same commands.

use db::{ReadTx, WriteTx};
use kernel::{Actor, Error, PersonId, Refusal, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{Api, At, Call, doc};

use super::rules::{LINES, MOST_BLANKS, Typed};
use super::store::{self, Sheet};
use super::{LineOutcome, SheetId, SheetState, commands, refusals};
use crate::SessionId;
use crate::attendance::commands as door;

/// Operations of this subject.
pub(in crate::attendance) fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/sessions/{id}/sheets",
            doc("listSheets", "The numbered paper sheets of a session.", "场次的纸质签到表。"),
            list,
        )
        .post(
            "/api/v1/sessions/{id}/sheets",
            doc(
                "printSheets",
                "Numbers new sheets with everybody who holds a place, and empty lines after them.",
                "给新的签到表编号：报名的人按姓名列出，后面留空行。",
            )
            .refuses(&[refusals::ALL])
            .makes(),
            print,
        )
        .get("/api/v1/sheets/{id}", doc("showSheet", "A sheet, line by line.", "一张签到表的各行。"), show)
        .post(
            "/api/v1/sheets/{id}/entry",
            doc(
                "enterSheet",
                "Enters what stands on a sheet, all of it or nothing, once.",
                "录入一张签到表：整张录入，只能录入一次。",
            )
            .refuses(&[refusals::ALL]),
            enter,
        )
}

/// A sheet.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Sheet")]
struct SheetOut {
    id: SheetId,
    session: SessionId,
    /// What stands on the paper.
    number: String,
    state: SheetState,
    printed_at: Timestamp,
    /// How many names stand on it.
    names: i64,
}

impl From<Sheet> for SheetOut {
    fn from(sheet: Sheet) -> Self {
        Self {
            id: sheet.id,
            session: sheet.session,
            number: sheet.number(),
            state: sheet.state,
            printed_at: sheet.printed_at,
            names: sheet.names,
        }
    }
}

/// The sheets of a session.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Sheets")]
struct SheetsOut {
    items: Vec<SheetOut>,
}

fn list(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, call: &Call<At<SessionId>>) -> Result<SheetsOut, Error> {
    let held = door::find_to_lead(tx, actor, call.path.id)?;
    Ok(SheetsOut { items: store::of_session(tx, held.id)?.into_iter().map(SheetOut::from).collect() })
}

/// How much room to leave.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PrintSheets")]
struct PrintIn {
    /// Empty lines after the names, at least.
    #[schemars(range(min = 0, max = 200))]
    blanks: i64,
}

fn print(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), PrintIn>,
) -> Result<SheetsOut, Error> {
    let blanks = usize::try_from(call.body.blanks).unwrap_or_default().min(MOST_BLANKS);
    let first = commands::print(tx, actor, call.path.id, blanks)?;
    let all = store::of_session(tx, call.path.id)?;
    Ok(SheetsOut { items: all.into_iter().filter(|one| one.batch == first).map(SheetOut::from).collect() })
}

/// A line with a name on it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SheetLine")]
struct LineOut {
    line: i64,
    person: PersonId,
    name: String,
    volunteer_no: String,
    in_at: Option<Timestamp>,
    out_at: Option<Timestamp>,
    /// What entering it came to; null until then.
    outcome: Option<LineOutcome>,
}

/// A sheet with its lines; those that are not named are empty.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SheetWithLines")]
struct WholeOut {
    #[serde(flatten)]
    sheet: SheetOut,
    /// Lines on the paper.
    room: usize,
    lines: Vec<LineOut>,
}

fn show(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, call: &Call<At<SheetId>>) -> Result<WholeOut, Error> {
    let sheet = commands::find(tx, actor, call.path.id)?;
    whole(tx, sheet)
}

fn whole(tx: &mut ReadTx<'_>, sheet: Sheet) -> Result<WholeOut, Error> {
    let lines = store::lines(tx, sheet.batch, Some(sheet.id))?
        .into_iter()
        .map(|one| LineOut {
            line: one.line,
            person: one.person,
            name: one.name,
            volunteer_no: one.volunteer_no,
            in_at: one.in_at,
            out_at: one.out_at,
            outcome: LineOutcome::from_code(&one.outcome),
        })
        .collect();
    Ok(WholeOut { sheet: SheetOut::from(sheet), room: LINES, lines })
}

/// What stands on a line.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SheetEntryLine")]
struct LineIn {
    /// Its number on the paper.
    #[schemars(range(min = 1, max = 20))]
    line: i64,
    /// When the person came: `830`, `8:30`, or `+` for the planned time.
    #[serde(rename = "in")]
    #[schemars(length(max = 10))]
    from: String,
    /// When they left.
    #[serde(default, rename = "out")]
    #[schemars(length(max = 10))]
    to: String,
    /// On an empty line: a volunteer number, or a name and the last four digits of the phone, or the whole of it.
    #[serde(default)]
    #[schemars(length(max = 60))]
    who: String,
}

/// What stands on a sheet.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SheetEntry")]
struct EntryIn {
    #[schemars(length(max = 20))]
    lines: Vec<LineIn>,
    /// Why it comes so late; asked for once the roll is handed in.
    #[serde(default)]
    #[schemars(length(max = 300))]
    reason: String,
}

fn enter(
    app: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SheetId>, (), EntryIn>,
) -> Result<WholeOut, Error> {
    let mut typed: Vec<Typed> = Vec::new();
    for one in &call.body.lines {
        let line = usize::try_from(one.line).unwrap_or_default();
        if typed.iter().any(|other| other.line == line) {
            return Err(Refusal::new(&refusals::TWICE)
                .with("line", line)
                .with("other", line)
                .on("lines")
                .into());
        }
        let text = |text: &str| text.chars().filter(|c| !c.is_control()).take(60).collect::<String>();
        typed.push(Typed { line, from: text(&one.from), to: text(&one.to), who: text(&one.who) });
    }
    typed.sort_by_key(|one| one.line);
    let reason: String = call.body.reason.chars().filter(|c| !c.is_control()).take(300).collect();
    commands::enter(tx, actor, &app.vault, call.path.id, &typed, reason.trim())?;
    let sheet = commands::find(tx, actor, call.path.id)?;
    whole(tx, sheet)
}
