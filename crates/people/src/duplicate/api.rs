//! The same for programs, under /api/v1. ID numbers and phones never leave through here.

use db::{ReadTx, WriteTx};
use kernel::{Actor, Error, PersonId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, After, Api, At, Call, Paged, doc};

use super::store::Pair;
use super::{MergeId, Reason, commands, pages, refusals, rules};
use crate::person::PersonState;

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/duplicates",
            doc(
                "listDuplicates",
                "Pairs of registrations of the caller's part of the city that may be one person, the surest first.",
                "管理范围内可能是同一人的登记，最可能的在前。",
            ),
            list,
        )
        .post(
            "/api/v1/duplicates/not-same",
            doc(
                "keepApart",
                "Remembers that two registrations are two people.",
                "记下两份登记不是同一人，不再提示。",
            )
            .refuses(&[refusals::ALL]),
            not_same,
        )
        .post(
            "/api/v1/merges",
            doc(
                "mergePeople",
                "Makes two registrations one; it can be undone for thirty days.",
                "合并两份登记，30 天内可以撤销。",
            )
            .makes()
            .refuses(&[refusals::ALL]),
            merge,
        )
        .post(
            "/api/v1/merges/{id}/undo",
            doc("undoMerge", "Undoes a merge: both registrations are as they were.", "撤销合并，两份登记恢复原样。")
                .refuses(&[refusals::ALL]),
            undo,
        )
}

/// One of the two.
#[derive(Serialize, JsonSchema)]
struct PairSide {
    id: PersonId,
    volunteer_no: String,
    name: String,
    state: PersonState,
    home_name: String,
}

/// Two registrations that may be one person.
#[derive(Serialize, JsonSchema)]
struct DuplicatePair {
    one: PairSide,
    other: PairSide,
    reasons: Vec<Reason>,
    /// Higher is surer.
    score: i64,
}

impl From<Pair> for DuplicatePair {
    fn from(pair: Pair) -> Self {
        Self {
            reasons: pair.reasons.split(' ').filter_map(Reason::from_code).collect(),
            score: pair.score,
            one: PairSide {
                id: pair.low,
                volunteer_no: pair.low_no,
                name: pair.low_name,
                state: pair.low_state,
                home_name: pair.low_home,
            },
            other: PairSide {
                id: pair.high,
                volunteer_no: pair.high_no,
                name: pair.high_name,
                state: pair.high_state,
                home_name: pair.high_home,
            },
        }
    }
}

fn list(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), After>,
) -> Result<Paged<DuplicatePair>, Error> {
    Ok(Paged::of(pages::page_of(tx, actor, &call.query.after)?, DuplicatePair::from))
}

/// Two people.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TwoPeople {
    one: PersonId,
    other: PersonId,
}

fn not_same(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), TwoPeople>,
) -> Result<Accepted, Error> {
    commands::not_same(tx, actor, call.body.one, call.body.other)?;
    Ok(ACCEPTED)
}

/// Which two, and how it was found that they are one person.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewMerge {
    /// Who stays.
    kept: PersonId,
    /// Whose registration goes into it.
    gone: PersonId,
    /// Like “was here with the document”; no numbers of documents.
    #[schemars(length(min = 1, max = 200))]
    note: String,
}

/// A merge as made.
#[derive(Serialize, JsonSchema)]
struct MergeMade {
    id: MergeId,
    undo_until: Timestamp,
}

fn merge(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), NewMerge>,
) -> Result<MergeMade, Error> {
    let note = call.fields().required("note", ui::form::Label("核对方式", "How it was found"), 200)?;
    let id = commands::merge(tx, actor, call.body.kept, call.body.gone, &note)?;
    let undo_until = Timestamp(tx.now().0 + rules::UNDO_DAYS * kernel::time::DAY_MS);
    Ok(MergeMade { id, undo_until })
}

/// Why it is undone.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UndoNote {
    #[schemars(length(min = 1, max = 200))]
    note: String,
}

fn undo(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<MergeId>, (), UndoNote>,
) -> Result<Accepted, Error> {
    let note = call.fields().required("note", ui::form::Label("撤销原因", "Why it is undone"), 200)?;
    commands::undo(tx, actor, call.path.id, &note)?;
    Ok(ACCEPTED)
}
