//! The way of an annual plan: the team hands it in, the body above approves or returns it; then each month says what
//! became of its lines: done, moved to a later month, or dropped, with a reason (Add-28). Whoever changes the lines of a
//! plan that was handed in or approved hands it in again, unless they may approve it.

use askama::Template;
use axum::extract::{Path, State};
use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Action, Actor, Error, Lang, Place, Refusal, Timestamp, can};
use ui::form::Label;
use ui::{Answer, App, Done, Fields, Req, Shell, TaskItem};

use super::annual::{self, LineView, managed_line, managed_plan, month_name};
use super::annual_store::{self as store, Plan};
use super::{PlanOutcome, PlanState, refusals};
use crate::activity::pages::parse;
use crate::event::PlanAnswered;
use crate::{PlanId, PlanLineId};

/// What is done with a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// The team hands it in.
    HandIn,
    /// The team takes it back.
    Withdraw,
    /// The body above approves it.
    Approve,
    /// The body above returns it.
    Return,
}

impl Act {
    /// Reads what a form or a program says.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "hand_in" => Self::HandIn,
            "withdraw" => Self::Withdraw,
            "approve" => Self::Approve,
            "return" => Self::Return,
            _ => return None,
        })
    }

    /// Where it leads from a state; `None`: not from there.
    #[must_use]
    pub const fn from(self, state: PlanState) -> Option<PlanState> {
        match (self, state) {
            (Self::HandIn, PlanState::Draft | PlanState::Returned) => Some(PlanState::Submitted),
            (Self::Withdraw, PlanState::Submitted) => Some(PlanState::Draft),
            (Self::Approve, PlanState::Submitted) => Some(PlanState::Approved),
            (Self::Return, PlanState::Submitted | PlanState::Approved) => Some(PlanState::Returned),
            _ => None,
        }
    }

    /// Whether the body above does it.
    const fn above(self) -> bool {
        matches!(self, Self::Approve | Self::Return)
    }
}

fn place(plan: &Plan) -> Place<'_> {
    Place { area_path: &plan.area_path, sponsor_path: &plan.sponsor_path }
}

/// Whether somebody may approve a plan.
fn may_approve(actor: &Actor, plan: &Plan) -> bool {
    can(actor, Action::RecordConfirm, place(plan))
}

/// Moves a plan on. `seen`: when it was handed in, as whoever answers has seen it.
///
/// # Errors
/// `common.not_found`, `common.forbidden`, `common.required`, `plan.empty`, `plan.step`.
pub fn act(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: PlanId,
    act: Act,
    (seen, note): (Option<Timestamp>, &str),
) -> Result<(), Error> {
    let plan = managed_plan(tx, actor, id)?;
    if act.above() {
        actor.demand(Action::RecordConfirm, place(&plan))?;
    }
    let step = || {
        let (zh, en) = (plan.state.name(Lang::Zh), plan.state.name(Lang::En));
        Error::from(Refusal::new(&refusals::STEP).with_both("state", zh, en))
    };
    let to = act.from(plan.state).ok_or_else(step)?;
    if act == Act::Return && note.trim().is_empty() {
        return Err(Refusal::new(&common::REQUIRED).with_both("label", "意见", "Note").on("note").into());
    }
    if act == Act::HandIn && store::lines(tx, id)?.is_empty() {
        return Err((&refusals::EMPTY).into());
    }
    let seen = seen.filter(|_| act.above());
    if !store::set_state(tx, id, (plan.state, to), seen, (note, actor.account))? {
        return Err(step());
    }
    people::audit::note(tx, actor, "plan.state", "plan", id.0, to.code())?;
    if act.above() {
        for (person, _, _) in crate::activity::store::leaders_of(tx, plan.org_id)? {
            tx.publish(&PlanAnswered {
                person,
                plan: id,
                team: plan.org_name.clone(),
                year: plan.year,
                approved: to == PlanState::Approved,
                note: note.to_owned(),
            })?;
        }
    }
    Ok(())
}

/// A line of a plan is written anew: what was handed in or approved is another now, unless by whoever approves.
pub(super) fn touched(tx: &mut WriteTx<'_>, actor: &Actor, plan: &Plan) -> Result<(), Error> {
    if matches!(plan.state, PlanState::Submitted | PlanState::Approved) && !may_approve(actor, plan) {
        store::set_state(tx, plan.id, (plan.state, PlanState::Draft), None, ("", actor.account))?;
        people::audit::note(tx, actor, "plan.state", "plan", plan.id.0, "draft")?;
    }
    Ok(())
}

/// What became of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Became {
    /// Done.
    Done,
    /// Moved to a later month, with the reason.
    Moved(i64),
    /// It will not be.
    Dropped,
    /// Said too early: it is open again, and where it was.
    Open,
}

/// Says what became of a line; the plan stays approved.
///
/// # Errors
/// `common.not_found`, `common.required`, `common.stale`, `plan.later`.
pub fn became(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: PlanLineId,
    version: i64,
    (what, reason): (&Became, &str),
) -> Result<PlanId, Error> {
    let (mut line, plan) = managed_line(tx, actor, id)?;
    line.version = version;
    if matches!(what, Became::Moved(_) | Became::Dropped) && reason.trim().is_empty() {
        return Err(Refusal::new(&common::REQUIRED).with_both("label", "原因", "Why").on("reason").into());
    }
    let stays = (line.month, line.moved_from);
    let (outcome, at) = match what {
        Became::Done => (Some(PlanOutcome::Done), stays),
        Became::Dropped => (Some(PlanOutcome::Dropped), stays),
        Became::Open => (None, stays),
        Became::Moved(to) if *to > line.month && *to <= 12 => {
            (None, (*to, Some(line.moved_from.unwrap_or(line.month))))
        }
        Became::Moved(_) => {
            return Err(Refusal::new(&refusals::LATER).with("month", line.month).on("to").into());
        }
    };
    if !store::set_outcome(tx, &line, outcome, reason, at)? {
        return Err((&common::STALE).into());
    }
    let code = match what {
        Became::Done => "done",
        Became::Dropped => "dropped",
        Became::Open => "open",
        Became::Moved(_) => "moved",
    };
    let detail = format!("line={id} {code} month={}", at.0);
    people::audit::note(tx, actor, "plan.outcome", "plan", plan.id.0, &detail)?;
    Ok(plan.id)
}

/// What waits to be approved, and plans with lines of past months of which nobody has said what became.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    if actor.may(Action::RecordConfirm) {
        let waiting = store::submitted(tx, actor, 5)?;
        return Ok(waiting
            .into_iter()
            .map(|one| TaskItem {
                title: lang.f(
                    "审批 {} 年计划：{}",
                    "Approve the plan of {}: {}",
                    &[&one.year, &one.org_name],
                ),
                detail: one
                    .submitted_at
                    .map_or_else(String::new, |at| lang.f("{} 提交", "Handed in {}", &[&at.date()])),
                href: format!("/plans/{}", one.id),
                action: lang.t("去审批", "Look").to_owned(),
                due: None,
                count: 1,
            })
            .collect());
    }
    if !actor.may(Action::ActivityManage) {
        return Ok(Vec::new());
    }
    let now = annual::this_month(tx);
    let unsaid = store::unsaid(tx, actor, now, 5)?;
    Ok(unsaid
        .into_iter()
        .map(|(plan, team, lines)| TaskItem {
            title: lang.f(
                "{} 项计划到期，说明进展",
                "{} lines of the plan are past: say what became of them",
                &[&lines],
            ),
            detail: team,
            href: format!("/plans/{plan}"),
            action: lang.t("去说明", "Say it").to_owned(),
            due: None,
            count: lines,
        })
        .collect())
}

// ---- pages ------------------------------------------------------------------------------------

/// Where a plan stands.
#[derive(Debug)]
pub struct Standing {
    /// Who acts next (Chk-01).
    pub next: String,
    /// It can be handed in.
    pub hand_in: bool,
    /// It can be taken back.
    pub withdraw: bool,
    /// The caller approves or returns it.
    pub decide: bool,
    /// It is approved.
    pub approved: bool,
    /// When it was handed in, to be sent back.
    pub seen: String,
}

impl Standing {
    /// Whether there is anything to press.
    #[must_use]
    pub const fn acts(&self) -> bool {
        self.hand_in || self.withdraw || self.decide
    }
}

pub(super) fn standing(lang: Lang, actor: &Actor, plan: &Plan, empty: bool) -> Standing {
    let above = may_approve(actor, plan);
    let day = |at: Option<Timestamp>| at.map_or_else(|| "—".to_owned(), |at| at.date().to_string());
    let next = match plan.state {
        PlanState::Draft => lang.t(
            "写好后由队伍提交，站点或上级审批。",
            "The team hands it in when it is written; the station or the body above approves it.",
        ).to_owned(),
        PlanState::Submitted => lang.f(
            "{} 提交，等站点或上级审批；之前可以撤回修改。",
            "Handed in on {}: the station or the body above approves it; until then it can be taken back.",
            &[&day(plan.submitted_at)],
        ),
        PlanState::Approved => lang.f(
            "{} 由{}通过。每个月过后，由队伍说明各项完成、推迟或取消；改动事项后要重新提交。",
            "Approved on {} by {}. After each month the team says what was done, moved or dropped; a change of lines is handed in again.",
            &[&day(plan.decided_at), &plan.decider.as_deref().unwrap_or("—")],
        ),
        PlanState::Returned => lang.f(
            "{} 退回：{} 由队伍修改后再次提交。",
            "Returned on {}: {} The team changes it and hands it in again.",
            &[&day(plan.decided_at), &plan.note],
        ),
    };
    Standing {
        next,
        hand_in: !empty && Act::HandIn.from(plan.state).is_some(),
        withdraw: Act::Withdraw.from(plan.state).is_some(),
        decide: above && Act::Return.from(plan.state).is_some(),
        approved: plan.state == PlanState::Approved,
        seen: plan.submitted_at.map_or_else(String::new, |at| at.0.to_string()),
    }
}

/// `POST /plans/{id}/state`
pub(super) async fn submit(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let id: PlanId = parse(&id)?;
            managed_plan(tx, actor, id)?;
            let note = fields.optional("note", Label("意见", "Note"), 300)?;
            let seen = fields.text("seen").parse().ok().map(Timestamp);
            let code = fields.text("act");
            let what = Act::from_code(code).ok_or_else(|| {
                Label("操作", "Action").wrong(
                    "act",
                    code,
                    "请用页面上的按钮。",
                    "Use the buttons of the page.",
                )
            })?;
            act(tx, actor, id, what, (seen, &note))?;
            let say = match what {
                Act::HandIn => {
                    req.lang.t("已提交，审批后会通知队长。", "Handed in; the leader is told of the answer.")
                }
                Act::Withdraw => req.lang.t("已撤回。", "Taken back."),
                Act::Approve => req.lang.t("已通过。", "Approved."),
                Act::Return => req.lang.t("已退回，队伍会看到意见。", "Returned; the team sees your note."),
            };
            Ok(Done::to(format!("/plans/{id}"), say))
        },
        move |tx, req, actor, form| annual::render_plan(&a, tx, req, actor, &again, form.clone()),
    )
    .await
}

/// What a form or a program says became of a line.
pub(super) fn read_became(fields: &Fields) -> Result<Became, Error> {
    Ok(match fields.text("act") {
        "done" => Became::Done,
        "dropped" => Became::Dropped,
        "open" => Became::Open,
        "moved" => Became::Moved(fields.number("to", Label("推迟到", "Move to"), 1, 12)?),
        _ => return Err(Refusal::new(&refusals::OUTCOME).on("act").into()),
    })
}

/// `POST /plan-lines/{id}/outcome`
pub(super) async fn outcome_submit(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let id: PlanLineId = parse(&id)?;
            let (line, _) = managed_line(tx, actor, id)?;
            let what = read_became(fields)?;
            let reason = fields.optional("reason", Label("原因", "Why"), 200)?;
            let version = fields.text("version").parse().unwrap_or(line.version);
            let plan = became(tx, actor, id, version, (&what, &reason))?;
            let say = match what {
                Became::Moved(to) => {
                    req.lang.f("已推迟到 {}。", "Moved to {}.", &[&month_name(req.lang, to)])
                }
                _ => req.lang.t("已记下。", "Noted.").to_owned(),
            };
            Ok(Done::to(format!("/plans/{plan}"), say))
        },
        move |tx, req, actor, form| annual::render_line_again(&a, tx, req, actor, &again, form),
    )
    .await
}

#[derive(Template)]
#[template(path = "plan/print.html")]
struct PrintPage {
    shell: Shell,
    plan: Plan,
    lines: Vec<LineView>,
    approved: String,
}

/// `GET /plans/{id}/print`: as an annex of a document.
pub(super) async fn print(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let lang = req.lang;
        let plan = managed_plan(tx, actor, parse(&id)?)?;
        let (lines, _) = annual::line_views(tx, lang, &plan)?;
        let title = lang.f(
            "附件：{} {} 年度志愿服务工作计划",
            "Annex: {}, plan of volunteer service {}",
            &[&plan.org_name, &plan.year],
        );
        let approved = lang.f(
            "审批：{} {}",
            "Approved by {} on {}",
            &[
                &plan.decider.as_deref().unwrap_or("—"),
                &plan.decided_at.map_or_else(|| "—".to_owned(), |at| at.date().to_string()),
            ],
        );
        ui::answer::html(&a, req, &PrintPage { shell: a.shell(req, actor, &title), plan, lines, approved })
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From every state somebody can go on, and nothing that was not handed in is ever approved.
    #[test]
    fn no_state_is_an_end() {
        let acts = [Act::HandIn, Act::Withdraw, Act::Approve, Act::Return];
        for state in PlanState::ALL {
            assert!(acts.iter().any(|act| act.from(*state).is_some()), "{state:?}");
            assert!(acts.iter().all(|act| act.from(*state) != Some(*state)), "{state:?}");
        }
        assert_eq!(Act::Approve.from(PlanState::Draft), None);
        assert_eq!(Act::Approve.from(PlanState::Returned), None);
    }
}
