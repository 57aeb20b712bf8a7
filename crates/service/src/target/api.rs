//! Structural targets for programs, over the same commands as the pages.

use db::{ReadTx, WriteTx};
use kernel::page::Page;
use kernel::{Action, Actor, Date, Error, OrgId};
use people::org::OrgKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, After, Api, At, Call, Paged, doc};

use super::store::{self, Target};
use super::{Counted, Demand, Light, Span, TargetId, commands, pages, refusals};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get("/api/v1/targets", doc("listTargets", "Structural targets in use.", "在用的结构指标。"), list)
        .get(
            "/api/v1/targets/{id}",
            doc("showTarget", "A target and how everybody stands towards it.", "指标及各组织达标情况。"),
            one,
        )
        .post(
            "/api/v1/targets",
            doc("addTarget", "Sets a target.", "设定指标。").makes().refuses(&[refusals::ALL]),
            create,
        )
        .post(
            "/api/v1/targets/{id}/end",
            doc("endTarget", "Ends a target.", "停用指标。").refuses(&[refusals::ALL]),
            end,
        )
}

/// A structural target.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Target")]
struct TargetJson {
    id: TargetId,
    org: OrgId,
    org_name: String,
    name: String,
    kind: OrgKind,
    measure: Counted,
    demand: Demand,
    n: i64,
    period: Span,
}

impl From<Target> for TargetJson {
    fn from(target: Target) -> Self {
        Self {
            id: target.id,
            org: target.org,
            org_name: target.org_name,
            name: target.name,
            kind: target.unit_kind,
            measure: target.measure,
            demand: target.demand,
            n: target.n,
            period: target.period,
        }
    }
}

fn list(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), After>,
) -> Result<Paged<TargetJson>, Error> {
    actor.demand_any(Action::FiguresRead)?;
    let rows = store::list(tx, actor, call.query.after.parse().ok(), 101)?;
    Ok(Paged::of(Page::cut(rows, 100, |one| one.id.to_string()), TargetJson::from))
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(default)]
struct TargetDay {
    /// A day of the period; today when left out.
    on: Option<Date>,
}

/// How an organisation stands.
#[derive(Serialize, JsonSchema)]
struct TargetGap {
    org: OrgId,
    name: String,
    have: i64,
    gap: i64,
    light: Light,
}

/// A target with its gaps, worst first.
#[derive(Serialize, JsonSchema)]
struct TargetWhole {
    #[serde(flatten)]
    target: TargetJson,
    met: usize,
    gaps: Vec<TargetGap>,
}

fn one(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<TargetId>, TargetDay>,
) -> Result<TargetWhole, Error> {
    let target = commands::seen(tx, actor, call.path.id)?;
    let on = call.query.on.unwrap_or_else(|| tx.now().date());
    let (gaps, met) = pages::gaps(tx, actor, &target, on)?;
    let gaps = gaps
        .into_iter()
        .map(|one| TargetGap {
            org: one.asked.id,
            name: one.asked.name,
            have: one.have,
            gap: one.gap,
            light: one.light,
        })
        .collect();
    Ok(TargetWhole { target: target.into(), met, gaps })
}

/// A target to be set.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewTarget {
    /// It is asked of those under this organisation.
    org: OrgId,
    #[schemars(length(min = 1, max = 60))]
    name: String,
    kind: OrgKind,
    measure: Counted,
    demand: Demand,
    #[schemars(range(min = 0, max = 1_000_000))]
    n: i64,
    period: Span,
}

/// What was set.
#[derive(Serialize, JsonSchema)]
struct TargetMade {
    id: TargetId,
}

fn create(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), NewTarget>,
) -> Result<TargetMade, Error> {
    actor.demand_any(Action::FiguresRead)?;
    Ok(TargetMade { id: commands::create(tx, actor, &pages::read(&call.fields())?)? })
}

fn end(_: &App, tx: &mut WriteTx<'_>, actor: &Actor, call: &Call<At<TargetId>>) -> Result<Accepted, Error> {
    commands::end(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}
