//! The same for programs, under /api/v1.

use db::{ReadTx, WriteTx};
use kernel::{Actor, Date, Error, OrgId, PersonId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{Api, At, Call, doc};

use super::commands::{self, Written};
use super::rules::{self, STEPS};
use super::{pages, refusals, store};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/retention/{id}",
            doc(
                "showRetention",
                "Who stays of a community or team: people by the month of their first service.",
                "一个社区或队伍的留存：按首次服务月份统计仍在服务的人数。",
            ),
            show,
        )
        .post(
            "/api/v1/retention/{id}/messages",
            doc(
                "callBack",
                "Writes to people who served regularly and fell silent; each at most once in 14 days.",
                "联系曾经常参加、近来没有服务的人；同一人 14 天内只发一次。",
            )
            .refuses(&[refusals::ALL]),
            write,
        )
}

/// Who still serves so many months later.
#[derive(Serialize, JsonSchema)]
struct StillServing {
    months: i64,
    /// Null while that month is not over.
    people: Option<i64>,
}

/// People who began in one month.
#[derive(Serialize, JsonSchema)]
struct RetentionMonth {
    /// Its first day.
    month_on: Date,
    began: i64,
    after: Vec<StillServing>,
}

/// Who stays of a community or team.
#[derive(Serialize, JsonSchema)]
struct Retention {
    org: OrgId,
    name: String,
    months: Vec<RetentionMonth>,
    /// Who served regularly and within half a year.
    regular: i64,
    /// Those of them who fell silent.
    slipping: i64,
    /// When this was counted.
    at: Timestamp,
}

fn show(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, call: &Call<At<OrgId>>) -> Result<Retention, Error> {
    let unit = commands::demand(tx, actor, call.path.id)?;
    let today = tx.now().date();
    let (months, (regular, slipping, at)) = match store::counted(tx, unit.id)? {
        Some(kept) => (store::months_of(tx, unit.id, pages::since(today))?, kept),
        None => pages::now(tx, &unit, today)?,
    };
    let months = months
        .into_iter()
        .map(|one| RetentionMonth {
            month_on: one.month_on,
            began: one.began,
            after: STEPS
                .iter()
                .zip([one.after_1, one.after_3, one.after_6, one.after_12])
                .map(|(after, n)| StillServing {
                    months: *after,
                    people: rules::known(rules::month(one.month_on), *after, today).then_some(n),
                })
                .collect(),
        })
        .collect();
    Ok(Retention { org: unit.id, name: unit.name, months, regular, slipping, at })
}

/// To whom, and what.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewCallBack {
    #[schemars(length(min = 1, max = 200))]
    ids: Vec<PersonId>,
    #[schemars(length(min = 1, max = 300))]
    text: String,
}

fn write(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>, (), NewCallBack>,
) -> Result<Written, Error> {
    commands::demand(tx, actor, call.path.id)?;
    let text = call.fields().required("text", ui::form::Label("内容", "Text"), 300)?;
    commands::call_back(tx, actor, call.path.id, &call.body.ids, &text)
}
