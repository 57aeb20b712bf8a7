//! Demonstration bases for programs, over the same commands as the pages.

use axum::http::Method;
use db::{ReadTx, WriteTx};
use kernel::{Action, Actor, Date, Error, OrgId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, Api, At, Call, Paged, doc};

use super::store::{self, Base};
use super::{BaseId, BaseLevel, BaseState, commands, pages, refusals};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/bases",
            doc("listBases", "Demonstration bases, the latest first.", "示范基地列表。"),
            list,
        )
        .post(
            "/api/v1/bases",
            doc("grantBase", "Registers a demonstration base.", "登记示范基地。")
                .makes()
                .refuses(&[refusals::ALL]),
            grant,
        )
        .command(
            Method::PUT,
            "/api/v1/bases/{id}",
            doc("changeBase", "Changes a demonstration base.", "修改示范基地。").refuses(&[refusals::ALL]),
            change,
        )
        .post(
            "/api/v1/bases/{id}/withdraw",
            doc("withdrawBase", "Takes the title of a base away.", "撤销示范基地称号。")
                .refuses(&[refusals::ALL]),
            withdraw,
        )
}

/// A demonstration base.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Base")]
struct BaseJson {
    id: BaseId,
    org: OrgId,
    org_name: String,
    title: String,
    level: BaseLevel,
    granted_by: String,
    granted_on: Date,
    plaque_no: String,
    /// Last day on which it is borne.
    valid_until: Option<Date>,
    recheck_on: Option<Date>,
    state: BaseState,
    withdrawn_on: Option<Date>,
    withdrawn_why: String,
    version: i64,
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(default)]
struct BasesQuery {
    level: Option<BaseLevel>,
    state: Option<BaseState>,
    /// Only those of this organisation.
    org: Option<OrgId>,
    /// `next` of the page before.
    after: String,
}

fn list(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), BasesQuery>,
) -> Result<Paged<BaseJson>, Error> {
    actor.demand_any(Action::OrgRead)?;
    let today = tx.now().date();
    let filter = store::Filter {
        level: call.query.level,
        state: call.query.state,
        org: call.query.org,
        after: call.query.after.clone(),
    };
    let json = |base: Base| BaseJson {
        state: base.state(today),
        id: base.id,
        org: base.org,
        org_name: base.org_name,
        title: base.title,
        level: base.level,
        granted_by: base.granted_by,
        granted_on: base.granted_on,
        plaque_no: base.plaque_no,
        valid_until: base.valid_until,
        recheck_on: base.recheck_on,
        withdrawn_on: base.withdrawn_on,
        withdrawn_why: base.withdrawn_why,
        version: base.version,
    };
    Ok(Paged::of(store::list(tx, &filter, store::ROWS)?, json))
}

/// What is registered about a demonstration base.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewBase {
    /// Who bears the title.
    org: OrgId,
    #[schemars(length(min = 1, max = 60))]
    title: String,
    level: BaseLevel,
    #[schemars(length(min = 1, max = 60))]
    granted_by: String,
    granted_on: Date,
    #[serde(default)]
    #[schemars(length(max = 30))]
    plaque_no: String,
    /// Last day on which it is borne.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    valid_until: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recheck_on: Option<Date>,
    /// The version that was read, to change a base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
}

/// What was registered.
#[derive(Serialize, JsonSchema)]
struct BaseMade {
    id: BaseId,
}

fn grant(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), NewBase>,
) -> Result<BaseMade, Error> {
    actor.demand_any(Action::OrgManage)?;
    Ok(BaseMade { id: commands::grant(tx, actor, &pages::read(&call.fields())?)? })
}

fn change(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<BaseId>, (), NewBase>,
) -> Result<Accepted, Error> {
    commands::kept(tx, actor, call.path.id)?;
    let edit = pages::read(&call.fields())?;
    commands::change(tx, actor, call.path.id, call.body.version.unwrap_or(0), &edit)?;
    Ok(ACCEPTED)
}

/// Why a title is taken away.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WithdrawBase {
    #[schemars(length(min = 1, max = 200))]
    why: String,
}

fn withdraw(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<BaseId>, (), WithdrawBase>,
) -> Result<Accepted, Error> {
    commands::kept(tx, actor, call.path.id)?;
    commands::withdraw(tx, actor, call.path.id, &pages::read_why(&call.fields())?)?;
    Ok(ACCEPTED)
}
