//! What waits for a reviewer, the page on which it is read and answered, and where the team sees how it stands.

use askama::Template;
use axum::extract::{Path, Query, State};
use db::ReadTx;
use kernel::page::{PAGE_ROWS, Page};
use kernel::{Action, Actor, Error, Lang, Refusal};
use serde::Deserialize;
use ui::form::Label;
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::store::{self, Review, Waiting};
use super::{ReviewId, ReviewReason, ReviewState, commands, refusals, rules};
use crate::activity::pages::{parse, when};
use crate::activity::{Activity, ActivityState};

/// Where an activity stands with whoever looks at it first.
#[derive(Debug)]
pub struct Standing {
    /// Who acts next (Chk-01); nothing where nobody looks at it.
    pub next: Option<String>,
    /// It waits for an answer.
    pub waits: bool,
    /// Publishing hands it in.
    pub asked: bool,
    /// What was handed in and answered, newest first.
    pub lines: Vec<String>,
}

/// Where a draft stands.
///
/// # Errors
/// Of the database.
pub(crate) fn standing(
    tx: &mut ReadTx<'_>,
    lang: Lang,
    actor: &Actor,
    a: &Activity,
) -> Result<Standing, Error> {
    let all = store::of_activity(tx, a.id)?;
    let asked = commands::needed(tx, actor, a)?;
    let last = all.first().filter(|_| a.state == ActivityState::Draft);
    let waits = last.is_some_and(|one| one.state == ReviewState::Waiting);
    let next = match last {
        Some(one) if one.state == ReviewState::Waiting => Some(lang.f(
            "{} 已提交审核，站点或文明办在 {} 前答复；通过后自动发布，结果会通知负责人。",
            "Handed in on {}: the station or the office answers by {}. Once approved it is public, and the leader is told.",
            &[&one.submitted_at.date(), &one.due_on],
        )),
        Some(one) if one.state == ReviewState::Returned => Some(lang.f(
            "已退回：{} 由{}修改后再次提交。",
            "Returned: {} {} changes it and hands it in again.",
            &[&why(lang, one), &a.org_name],
        )),
        _ if asked => Some(lang.t(
            "这个活动发布前由站点或文明办审核：点“提交审核”，通过后自动发布。",
            "The station or the office reads this before it is public: hand it in; once approved it is published.",
        ).to_owned()),
        _ => None,
    };
    Ok(Standing { next, waits, asked, lines: all.iter().map(|one| line(lang, one)).collect() })
}

/// Why something came back, as a sentence.
fn why(lang: Lang, one: &Review) -> String {
    let reason = one.reason.map_or("", |reason| reason.name(lang));
    let stop = lang.t("。", ".");
    if one.note.is_empty() {
        format!("{reason}{stop}")
    } else {
        format!("{reason}{}{}{stop}", lang.t("：", ": "), one.note.trim_end_matches(['。', '.']))
    }
}

/// One round in words: when, by whom, what became of it.
fn line(lang: Lang, one: &Review) -> String {
    let who = |name: &Option<String>| name.clone().unwrap_or_else(|| "—".to_owned());
    let handed =
        lang.f("{} {} 提交", "Handed in {} by {}", &[&one.submitted_at.text(), &who(&one.submitter)]);
    let answer = one.decided_at.map_or_else(
        || one.state.name(lang).to_owned(),
        |at| {
            let what = match one.state {
                ReviewState::Returned => format!("{} · {}", one.state.name(lang), why(lang, one)),
                _ => one.state.name(lang).to_owned(),
            };
            format!("{} {} · {what}", at.text(), who(&one.decider))
        },
    );
    format!("{handed} · {answer}")
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cursor {
    after: String,
}

#[derive(Template)]
#[template(path = "review/list.html")]
struct ListPage {
    shell: Shell,
    rows: Vec<Waiting>,
    today: kernel::Date,
    next: Option<String>,
}

/// `GET /reviews`
pub(super) async fn list(State(app): State<App>, req: Req, Query(at): Query<Cursor>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.demand_any(Action::RecordConfirm)?;
        let after = at.after.parse().ok().map(ReviewId);
        let page = Page::cut(store::waiting(tx, actor, after, PAGE_ROWS + 1)?, 20, |one| one.id.to_string());
        ui::answer::html(
            &a,
            req,
            &ListPage {
                shell: a.shell(req, actor, req.lang.t("待审核的活动", "Activities to review")),
                rows: page.rows,
                today: tx.now().date(),
                next: page.next.map(|cursor| req.with_query("after", &cursor)),
            },
        )
    })
    .await
}

#[derive(Template)]
#[template(path = "review/one.html")]
struct OnePage {
    shell: Shell,
    form: Form,
    one: Review,
    a: Activity,
    kind: &'static str,
    sessions: Vec<String>,
    /// What the reviewer sees, to be sent back.
    seen: String,
    waits: bool,
    reasons: Vec<(String, String)>,
    lines: Vec<String>,
}

fn render_one(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    form: Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let now = tx.now();
    let one = commands::find(tx, actor, parse(id)?)?;
    let a = crate::activity::commands::managed(tx, actor, one.activity_id)?;
    let sessions = crate::activity::store::sessions_of(tx, a.id)?;
    let lines = store::of_activity(tx, a.id)?.iter().map(|one| line(lang, one)).collect();
    ui::answer::html(
        app,
        req,
        &OnePage {
            shell: app.shell(req, actor, lang.t("审核活动", "Review an activity")),
            form,
            seen: rules::seen(&a, &sessions),
            sessions: sessions
                .iter()
                .map(|s| format!("{} · {}", when(lang, s.starts_at, s.ends_at, now), s.quota))
                .collect(),
            waits: one.state == ReviewState::Waiting && a.state == ActivityState::Draft,
            kind: a.kind.name(lang),
            reasons: ReviewReason::ALL
                .iter()
                .map(|reason| (reason.code().to_owned(), reason.name(lang).to_owned()))
                .collect(),
            lines,
            one,
            a,
        },
    )
}

/// `GET /reviews/{id}`
pub(super) async fn one(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_one(&a, tx, req, actor, &id, Form::default())).await
}

/// `POST /reviews/{id}/approve`
pub(super) async fn approve(
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
            commands::approve(tx, actor, parse(&id)?, fields.text("seen"))?;
            Ok(Done::to("/reviews", req.lang.t("已通过，活动已发布。", "Approved; the activity is public.")))
        },
        move |tx, req, actor, form| render_one(&a, tx, req, actor, &again, form.clone()),
    )
    .await
}

/// What a reason's code says.
///
/// # Errors
/// `review.reason`.
pub(super) fn reason_of(code: &str) -> Result<ReviewReason, Refusal> {
    ReviewReason::from_code(code).ok_or_else(|| Refusal::new(&refusals::REASON).on("reason"))
}

/// `POST /reviews/{id}/return`
pub(super) async fn give_back(
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
            let id: ReviewId = parse(&id)?;
            commands::find(tx, actor, id)?;
            let reason = reason_of(fields.text("reason"))?;
            let note = fields.optional("note", Label("说明", "Note"), 300)?;
            commands::give_back(tx, actor, id, reason, &note)?;
            let say = req.lang.t("已退回，队伍会看到原因。", "Returned; the team sees why.");
            Ok(Done::to("/reviews", say))
        },
        move |tx, req, actor, form| render_one(&a, tx, req, actor, &again, form.clone()),
    )
    .await
}

/// `POST /activities/{id}/review/withdraw`
pub(super) async fn withdraw(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        let id = parse(&id)?;
        commands::withdraw(tx, actor, id)?;
        let say = req.lang.t("已撤回，可以修改后再提交。", "Taken back; change it and hand it in again.");
        Ok(Done::to(format!("/activities/{id}/publish"), say))
    })
    .await
}
