//! One page: choose area and hours, look at what falls into them, stop it.

use askama::Template;
use axum::extract::State;
use db::ReadTx;
use kernel::error::Collect;
use kernel::{Action, Actor, Error, OrgId, Timestamp};
use ui::answer::{Answer, Done};
use ui::form::Label;
use ui::{App, Fields, Form, Req, Shell};

use super::commands::{self, Stop};
use super::store::{self, Halt, Stoppable};
use super::{Cause, MOST};
use crate::SessionId;
use crate::activity::pages::when;

/// A session as the page shows it.
struct Line {
    one: Stoppable,
    when: String,
    chosen: bool,
}

/// An area that was stopped, as the page shows it.
struct Past {
    one: Halt,
    hours: String,
}

#[derive(Template)]
#[template(path = "halt/show.html")]
struct HaltPage {
    shell: Shell,
    form: Form,
    areas: Vec<(String, String)>,
    causes: Vec<(String, String)>,
    /// What falls into the hours; `None` before one has asked.
    lines: Option<Vec<Line>>,
    people: i64,
    too_many: bool,
    past: Vec<Past>,
}

/// Area and hours, from the address or the form.
fn read_hours(fields: &Fields) -> Result<(OrgId, (Timestamp, Timestamp)), Error> {
    let mut all = Collect::default();
    let area = all.take(fields.id::<OrgId>("area", Label("区域", "Area")));
    let from = all.take(fields.date("from", Label("开始日期", "From")));
    let from_time = all.take(fields.time("from_time", Label("开始时间", "Time")));
    let to = all.take(fields.date("to", Label("结束日期", "To")));
    let to_time = all.take(fields.time("to_time", Label("结束时间", "Time")));
    all.done()?;
    match (area, from, from_time, to, to_time) {
        (Some(area), Some(from), Some(from_time), Some(to), Some(to_time)) => {
            Ok((area, (Timestamp::at(from, from_time), Timestamp::at(to, to_time))))
        }
        _ => Err(Error::bug("a form without refusals lacks a field")),
    }
}

fn render(app: &App, tx: &mut ReadTx<'_>, req: &Req, actor: &Actor, form: &Form) -> Result<Answer, Error> {
    actor.demand_any(Action::RecordConfirm)?;
    let (lang, now) = (req.lang, tx.now());
    let mut form = form.clone();
    let found = if form.v("area").is_empty() {
        None
    } else {
        let asked = read_hours(&form.fields).and_then(|(area, hours)| commands::look(tx, actor, area, hours));
        match asked {
            Ok(found) => Some(found),
            Err(Error::Refused(refusals)) => {
                if form.refusals.is_empty() {
                    form.refusals = refusals;
                }
                None
            }
            Err(fault) => return Err(fault),
        }
    };
    let most = usize::try_from(MOST).unwrap_or(200);
    let too_many = found.as_ref().is_some_and(|found| found.len() > most);
    let typed = form.fields.all("sessions").iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    let lines = found.map(|found| {
        found
            .into_iter()
            .take(most)
            .map(|one| Line {
                when: when(lang, one.starts_at, one.ends_at, now),
                chosen: typed.is_empty() || typed.contains(&one.id.to_string()),
                one,
            })
            .collect::<Vec<_>>()
    });
    let page = HaltPage {
        shell: app.shell(req, actor, lang.t("统一取消或顺延", "Stop an area")),
        areas: store::areas(tx, actor)?
            .into_iter()
            .map(|(id, kind, name)| (id.to_string(), format!("{name}（{}）", kind.name(lang))))
            .collect(),
        causes: Cause::ALL.iter().map(|one| (one.code().to_owned(), one.name(lang).to_owned())).collect(),
        people: lines.iter().flatten().map(|line| line.one.taken).sum(),
        lines,
        too_many,
        past: store::latest(tx, actor, 20)?
            .into_iter()
            .map(|one| Past { hours: format!("{} – {}", one.from_at.text(), one.to_at.text()), one })
            .collect(),
        form,
    };
    ui::answer::html(app, req, &page)
}

/// `GET /halts`
pub(super) async fn show(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let mut form = Form::asked(req);
        if form.v("area").is_empty() {
            // From now to the end of tomorrow: what a warning usually covers.
            let now = tx.now();
            form = Form::filled([
                ("from", now.date().to_string()),
                ("from_time", now.clock_text()),
                ("to", now.date().plus(1).to_string()),
                ("to_time", "23:59".to_owned()),
            ]);
        }
        render(&a, tx, req, actor, &form)
    })
    .await
}

/// Reads what is to be stopped.
pub(super) fn read(fields: &Fields) -> Result<Stop, Error> {
    let (area, hours) = read_hours(fields)?;
    let mut all = Collect::default();
    let cause = all.take(Cause::from_code(fields.text("cause")).ok_or_else(|| {
        Label("原因", "Cause").wrong("cause", fields.text("cause"), "请选择。", "Choose one.")
    }));
    let words = all.take(fields.optional("words", Label("说明", "Words"), 200));
    let days = match fields.text("days") {
        "" => Some(0),
        _ => all.take(fields.number("days", Label("顺延天数", "Days"), 0, super::FAR_DAYS)),
    };
    all.done()?;
    let (Some(cause), Some(words), Some(days)) = (cause, words, days) else {
        return Err(Error::bug("a form without refusals lacks a field"));
    };
    let sessions = fields.all("sessions").iter().filter_map(|id| id.parse::<SessionId>().ok()).collect();
    Ok(Stop { area, cause, hours, days, words, sessions })
}

/// `POST /halts`
pub(super) async fn stop(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        |tx, req, actor, fields| {
            actor.demand_any(Action::RecordConfirm)?;
            let stop = read(fields)?;
            let told = commands::stop(tx, actor, &stop)?;
            let count = stop.sessions.len();
            let say = if stop.days == 0 {
                req.lang.f(
                    "已取消 {} 场，已通知 {} 人。",
                    "{} sessions cancelled, {} people told.",
                    &[&count, &told],
                )
            } else {
                req.lang.f(
                    "已顺延 {} 场，已通知 {} 人。",
                    "{} sessions put off, {} people told.",
                    &[&count, &told],
                )
            };
            Ok(Done::to("/halts", say))
        },
        move |tx, req, actor, form| render(&a, tx, req, actor, form),
    )
    .await
}
