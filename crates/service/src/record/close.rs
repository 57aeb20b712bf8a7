//! Closing the roll: what the leader enters, what comes of it, and the button that submits.

use askama::Template;
use axum::extract::{Path, State};
use db::ReadTx;
use kernel::error::Collect;
use kernel::{Actor, Error, Lang, Minutes};
use ui::form::Label;
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::commands::{self, Closing, Computed, LateNote};
use super::rules::LONGEST_EXTENSION;
use super::{RecordState, store};
use crate::SessionId;
use crate::activity::{Kind, Participant, SessionState};
use crate::attendance::{self, Held};

struct Row {
    name: String,
    volunteer_no: String,
    times: String,
    minutes: String,
    class: &'static str,
    flags: Vec<&'static str>,
    note: String,
}

#[derive(Template)]
#[template(path = "record/close.html")]
struct ClosePage {
    shell: Shell,
    form: Form,
    id: String,
    title: String,
    when: String,
    due: String,
    came: String,
    state: &'static str,
    editable: bool,
    closed: bool,
    may_reopen: bool,
    service: bool,
    rows: Vec<Row>,
    total: String,
    /// Somebody was entered after the end: why is asked.
    late: bool,
    returned: Vec<(String, String)>,
}

fn row(one: &Computed, standing: Option<RecordState>, service: bool, lang: Lang) -> Row {
    let note = if !service {
        lang.t("本活动不产生服务时长", "This kind of activity makes no service hours").to_owned()
    } else if one.participant != Participant::Volunteer {
        one.participant.name(lang).to_owned()
    } else if let Some(state) = standing {
        lang.f("已有记录：{}", "Has a record: {}", &[&state.name(lang)])
    } else if one.worked.is_none() {
        lang.t("不足 15 分钟，不计时长", "Under 15 minutes: no record").to_owned()
    } else {
        String::new()
    };
    let counts = note.is_empty();
    Row {
        name: one.name.clone(),
        volunteer_no: one.volunteer_no.clone(),
        times: one
            .worked
            .as_ref()
            .map(|worked| format!("{}–{}", worked.start.clock_text(), worked.end.clock_text()))
            .unwrap_or_default(),
        minutes: match &one.worked {
            Some(worked) if counts => worked.minutes.to_string(),
            _ => "0".to_owned(),
        },
        class: if counts { one.class.name(lang) } else { "" },
        flags: if counts { one.flags.iter().map(|flag| flag.name(lang)).collect() } else { Vec::new() },
        note,
    }
}

fn filled(held: &Held, came: i64) -> Form {
    Form::filled([
        ("heads", held.heads.unwrap_or(came).to_string()),
        ("summary", held.summary.clone()),
        ("quality", held.quality.map_or_else(String::new, |quality| quality.to_string())),
        ("breaks", held.break_minutes.to_string()),
        ("extension", held.extension_minutes.to_string()),
    ])
}

fn page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: SessionId,
    form: Option<Form>,
) -> Result<Answer, Error> {
    let held = attendance::commands::find_to_lead(tx, actor, id)?;
    let lang = req.lang;
    let counts = attendance::store::counts(tx, id)?;
    let standing = store::standing(tx, id)?;
    let closed = held.state == SessionState::Closed;
    let service = held.kind == Kind::Service;
    let computed = if closed { commands::compute(tx, actor, &held)? } else { Vec::new() };
    let stands = |one: &Computed| {
        standing
            .iter()
            .find(|(person, _, state)| *person == one.person && *state != RecordState::Returned)
            .map(|found| found.2)
    };
    let rows: Vec<Row> = computed.iter().map(|one| row(one, stands(one), service, lang)).collect();
    let late = service && computed.iter().any(Computed::afterwards);
    let total: i64 = rows.iter().filter_map(|row| row.minutes.parse::<i64>().ok()).sum();
    let returned = store::returned_notes(tx, id)?;
    ui::answer::html(
        app,
        req,
        &ClosePage {
            shell: app.shell(req, actor, lang.t("结束点名与提交", "Close and submit")),
            form: form.unwrap_or_else(|| filled(&held, counts.attended)),
            id: held.id.to_string(),
            title: held.title_in(&lang).to_owned(),
            when: attendance::span(held.starts_at, held.ends_at),
            due: lang.f("{} 前提交", "Submit by {}", &[&held.due_on]),
            came: lang.f(
                "签到 {} 人，名单 {} 人",
                "{} checked in, {} on the list",
                &[&counts.attended, &counts.all],
            ),
            state: held.state.name(lang),
            editable: matches!(held.state, SessionState::Open | SessionState::Closed),
            closed,
            may_reopen: closed && standing.is_empty(),
            service,
            rows,
            late,
            total: lang.f("合计 {}", "{} in all", &[&Minutes(total).words(lang)]),
            returned,
        },
    )
}

/// `GET /sessions/{id}/close`
pub(super) async fn show(State(app): State<App>, req: Req, Path(id): Path<i64>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| page(&a, tx, req, actor, SessionId(id), None)).await
}

pub(super) fn closing(fields: &Fields) -> Result<Closing, Error> {
    let mut wrong = Collect::default();
    let heads = wrong.take(fields.number("heads", Label("清点人数", "Head-count"), 0, 100_000));
    let summary = wrong.take(fields.optional("summary", Label("活动小结", "Summary"), 2000));
    let quality = wrong.take(fields.number("quality", Label("服务评价", "Evaluation"), 1, 5));
    let breaks = wrong.take(fields.number("breaks", Label("休息分钟", "Break minutes"), 0, 600));
    let extension =
        wrong.take(fields.number("extension", Label("延长分钟", "Extension"), 0, LONGEST_EXTENSION));
    wrong.done()?;
    match (heads, summary, quality, breaks, extension) {
        (Some(heads), Some(summary), Some(quality), Some(breaks), Some(extension)) => {
            Ok(Closing { heads, summary, quality, breaks, extension })
        }
        _ => Err(Error::bug("a field was neither read nor refused")),
    }
}

/// `POST /sessions/{id}/close`
pub(super) async fn close(State(app): State<App>, req: Req, Path(id): Path<i64>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            commands::close(tx, actor, SessionId(id), &closing(fields)?)?;
            let say =
                req.lang.t("点名已结束，请核对下表后提交", "The roll is closed; check the table and submit");
            Ok(Done::to(format!("/sessions/{id}/close"), say))
        },
        move |tx, req, actor, form| page(&a, tx, req, actor, SessionId(id), Some(form.clone())),
    )
    .await
}

/// `POST /sessions/{id}/reopen`
pub(super) async fn reopen(State(app): State<App>, req: Req, Path(id): Path<i64>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::reopen(tx, actor, SessionId(id))?;
        Ok(Done::to(format!("/sessions/{id}/roll"), req.lang.t("点名已重新打开", "The roll is open again")))
    })
    .await
}

/// `POST /sessions/{id}/submit`
pub(super) async fn submit(State(app): State<App>, req: Req, Path(id): Path<i64>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let note = LateNote {
                reason: fields.optional("reason", Label("补录原因", "Reason"), 300)?,
                evidence: fields.optional("evidence", Label("依据", "Evidence"), 500)?,
            };
            let count = commands::submit_explained(tx, actor, SessionId(id), &note)?;
            let say = req.lang.f(
                "已提交 {} 条记录，等待站点确认",
                "{} records submitted; the station confirms them",
                &[&count],
            );
            Ok(Done::to(format!("/sessions/{id}/close"), say))
        },
        move |tx, req, actor, form| {
            // What was typed in the first step stands in the database by now.
            let held = attendance::commands::find_to_lead(tx, actor, SessionId(id))?;
            let counts = attendance::store::counts(tx, SessionId(id))?;
            let base = filled(&held, counts.attended);
            let kept = ["heads", "summary", "quality", "breaks", "extension"]
                .map(|name| (name, base.v(name).to_owned()));
            let typed = ["reason", "evidence"].map(|name| (name, form.v(name).to_owned()));
            let shown =
                Form { refusals: form.refusals.clone(), ..Form::filled(kept.into_iter().chain(typed)) };
            page(&a, tx, req, actor, SessionId(id), Some(shown))
        },
    )
    .await
}
