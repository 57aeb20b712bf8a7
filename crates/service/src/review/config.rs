//! Which activities are looked at before they are public, and how soon: one row of the settings, which the city's
//! office changes on a page.

use askama::Template;
use axum::extract::State;
use db::{DbError, ReadTx, WriteTx, args, sql};
use kernel::error::Collect;
use kernel::{Actor, Error};
use ui::answer::{Answer, Done};
use ui::form::Label;
use ui::{App, Fields, Form, Req, Shell};

use super::ReviewMode;
use super::rules::Settings;
use crate::sign_up::limits::demand;

const NAME: &str = "service.review";

/// The rules in force.
///
/// # Errors
/// Of the database.
pub fn settings(tx: &mut ReadTx<'_>) -> Result<Settings, DbError> {
    let set: Option<(String,)> = tx.first(sql!("SELECT value FROM setting WHERE name = $1"), args![NAME])?;
    Ok(Settings::read(set.as_ref().map(|row| row.0.as_str())))
}

/// Changes the rules; logged with what they were and are. What waits goes on waiting.
///
/// # Errors
/// `common.forbidden` for whoever does not act for the whole city.
pub fn change(tx: &mut WriteTx<'_>, actor: &Actor, new: Settings) -> Result<(), Error> {
    demand(tx, actor)?;
    let old = settings(tx)?;
    let text = |set: Settings| serde_json::to_string(&set).map_err(|fault| Error::bug(fault.to_string()));
    let (before, after) = (text(old)?, text(new)?);
    tx.exec_one(
        sql!(
            "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        ),
        args![NAME, &after],
    )?;
    people::audit::note(tx, actor, "review.rules", "setting", 0, &format!("{before} → {after}"))?;
    Ok(())
}

#[derive(Template)]
#[template(path = "review/rules.html")]
struct RulesPage {
    shell: Shell,
    form: Form,
    modes: Vec<(String, String)>,
}

fn render(app: &App, tx: &mut ReadTx<'_>, req: &Req, actor: &Actor, form: Form) -> Result<Answer, Error> {
    demand(tx, actor)?;
    let modes =
        ReviewMode::ALL.iter().map(|mode| (mode.code().to_owned(), mode.name(req.lang).to_owned())).collect();
    let shell = app.shell(req, actor, req.lang.t("发布前审核", "Review before publishing"));
    ui::answer::html(app, req, &RulesPage { shell, form, modes })
}

/// `GET /rules/review`
pub(super) async fn show(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let now = settings(tx)?;
        let form = Form::filled([("mode", now.mode.code().to_owned()), ("days", now.days.to_string())]);
        render(&a, tx, req, actor, form)
    })
    .await
}

fn read(fields: &Fields) -> Result<Settings, Error> {
    let label = Label("审核范围", "What is reviewed");
    let mut all = Collect::default();
    let mode = all.take(fields.required("mode", label, 20).and_then(|code| {
        ReviewMode::from_code(&code)
            .ok_or_else(|| label.wrong("mode", &code, "请从列表中选择。", "Choose one of the list."))
    }));
    let days = all.take(fields.number("days", Label("审核时限", "Days for the review"), 1, 10));
    all.done()?;
    match (mode, days) {
        (Some(mode), Some(days)) => Ok(Settings { mode, days }),
        _ => Err(Error::bug("a form without refusals lacks a field")),
    }
}

/// `POST /rules/review`
pub(super) async fn save(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            demand(tx, actor)?;
            change(tx, actor, read(fields)?)?;
            Ok(Done::to(
                "/rules/review",
                req.lang.t("已保存，从现在起生效。", "Saved; in force from now on."),
            ))
        },
        move |tx, req, actor, form| render(&a, tx, req, actor, form.clone()),
    )
    .await
}
