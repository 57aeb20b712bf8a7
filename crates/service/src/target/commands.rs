//! Setting and ending targets: whoever reads the figures of an organisation sets targets for what is below it.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Action, Actor, Error, Id as _, Lang, OrgId, Refusal, can};
use people::audit;
use people::org::{self, OrgKind, OrgState};

use super::store::{self, Target};
use super::{Counted, Demand, Span, TargetId, refusals, rules};

/// A target to be set.
#[derive(Debug, Clone)]
pub struct New {
    /// It is asked of those under this organisation.
    pub org: OrgId,
    /// Name.
    pub name: String,
    /// Of which kind.
    pub unit_kind: OrgKind,
    /// What is counted.
    pub measure: Counted,
    /// At least or exactly.
    pub demand: Demand,
    /// How many.
    pub n: i64,
    /// Over what time.
    pub period: Span,
}

/// A target the actor may look at.
pub(super) fn seen(tx: &mut ReadTx<'_>, actor: &Actor, id: TargetId) -> Result<Target, Error> {
    actor.account()?;
    store::find(tx, id)?
        .filter(|target| {
            can(actor, Action::FiguresRead, target.place()) || store::above(actor).contains(&target.org)
        })
        .ok_or_else(|| (&common::NOT_FOUND).into())
}

fn host(tx: &mut ReadTx<'_>, actor: &Actor, id: OrgId) -> Result<(), Error> {
    org::find(tx, id)?
        .filter(|org| org.state != OrgState::Closed && can(actor, Action::FiguresRead, org.place()))
        .map(|_| ())
        .ok_or_else(|| Refusal::new(&refusals::HOST).on("org").into())
}

/// Sets a target.
///
/// # Errors
/// `common.sign_in`, `common.forbidden`, `target.host`, `target.no_measure`, `target.no_period`; of the database.
pub fn create(tx: &mut WriteTx<'_>, actor: &Actor, new: &New) -> Result<TargetId, Error> {
    actor.demand_any(Action::FiguresRead)?;
    host(tx, actor, new.org)?;
    let (zh, en) = (Lang::Zh, Lang::En);
    if !rules::KINDS.contains(&new.unit_kind) || !rules::counted(new.unit_kind, new.measure) {
        return Err(Refusal::new(&refusals::NO_MEASURE)
            .on("measure")
            .with_both("kind", new.unit_kind.name(zh), new.unit_kind.name(en))
            .with_both("measure", new.measure.name(zh), new.measure.name(en))
            .into());
    }
    if !rules::over(new.measure, new.period) {
        return Err(Refusal::new(&refusals::NO_PERIOD)
            .on("period")
            .with_both("measure", new.measure.name(zh), new.measure.name(en))
            .with_both("period", new.period.name(zh), new.period.name(en))
            .into());
    }
    let id = store::insert(tx, actor, new)?;
    audit::note(tx, actor, "target.create", "org", new.org.as_i64(), &new.name)?;
    Ok(id)
}

/// Sets the four checks for the units under an organisation; those in use already stay.
///
/// # Errors
/// `common.sign_in`, `common.forbidden`, `target.host`, `target.set_there`; of the database.
pub fn install(tx: &mut WriteTx<'_>, actor: &Actor, org: OrgId) -> Result<usize, Error> {
    actor.demand_any(Action::FiguresRead)?;
    host(tx, actor, org)?;
    let there = store::names_of(tx, org)?;
    let mut made = 0;
    for (name, measure, period) in rules::FOUR {
        if there.iter().any(|other| other == name) {
            continue;
        }
        let new = New {
            org,
            name: name.to_owned(),
            unit_kind: OrgKind::Unit,
            measure,
            demand: Demand::AtLeast,
            n: 1,
            period,
        };
        create(tx, actor, &new)?;
        made += 1;
    }
    if made == 0 { Err((&refusals::SET_THERE).into()) } else { Ok(made) }
}

/// Ends a target.
///
/// # Errors
/// `common.not_found`, `common.forbidden`, `target.ended`; of the database.
pub fn end(tx: &mut WriteTx<'_>, actor: &Actor, id: TargetId) -> Result<(), Error> {
    let target = seen(tx, actor, id)?;
    if !can(actor, Action::FiguresRead, target.place()) {
        return Err((&common::FORBIDDEN).into());
    }
    if !store::end(tx, id)? {
        return Err((&refusals::ENDED).into());
    }
    Ok(audit::note(tx, actor, "target.end", "org", target.org.as_i64(), &target.name)?)
}
