//! How many records are drawn and which teams stand out: one row of the settings, which the city's office changes.

use askama::Template;
use axum::extract::State;
use db::{DbError, ReadTx, WriteTx, args, sql};
use kernel::error::Collect;
use kernel::{Actor, Error, Refusal};
use ui::answer::{Answer, Done};
use ui::form::Label;
use ui::{App, Fields, Form, Req, Shell};

use super::refusals;
use super::rules::Settings;
use crate::sign_up::limits::demand;

const NAME: &str = "service.spot_check";

/// The rules in force.
///
/// # Errors
/// Of the database.
pub fn settings(tx: &mut ReadTx<'_>) -> Result<Settings, DbError> {
    let set: Option<(String,)> = tx.first(sql!("SELECT value FROM setting WHERE name = $1"), args![NAME])?;
    Ok(Settings::read(set.as_ref().map(|row| row.0.as_str())))
}

/// Changes the rules from the next draw on; logged with what they were and are.
///
/// # Errors
/// `common.forbidden` for whoever does not act for the whole city; `spot_check.span`.
pub fn change(tx: &mut WriteTx<'_>, actor: &Actor, new: Settings) -> Result<(), Error> {
    demand(tx, actor)?;
    if new.least > new.most {
        return Err(Refusal::new(&refusals::SPAN).on("least").into());
    }
    let old = settings(tx)?;
    let text = |set: Settings| serde_json::to_string(&set).map_err(|fault| Error::bug(fault.to_string()));
    let (before, after) = (text(old)?, text(new)?);
    tx.exec_one(
        sql!(
            "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        ),
        args![NAME, &after],
    )?;
    people::audit::note(tx, actor, "spot_check.rules", "setting", 0, &format!("{before} → {after}"))?;
    Ok(())
}

#[derive(Template)]
#[template(path = "spot_check/rules.html")]
struct RulesPage {
    shell: Shell,
    form: Form,
}

fn render(app: &App, tx: &mut ReadTx<'_>, req: &Req, actor: &Actor, form: Form) -> Result<Answer, Error> {
    demand(tx, actor)?;
    let shell = app.shell(req, actor, req.lang.t("时长抽查", "Spot checks"));
    ui::answer::html(app, req, &RulesPage { shell, form })
}

/// `GET /rules/spot-checks`
pub(super) async fn show(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let now = settings(tx)?;
        let form = Form::filled([
            ("percent", now.percent.to_string()),
            ("least", now.least.to_string()),
            ("most", now.most.to_string()),
            ("days", now.days.to_string()),
            ("share", now.share.to_string()),
        ]);
        render(&a, tx, req, actor, form)
    })
    .await
}

fn read(fields: &Fields) -> Result<Settings, Error> {
    let mut all = Collect::default();
    let mut number = |name, zh, en, least, most| {
        all.take(fields.number(name, Label(zh, en), least, most)).unwrap_or_default()
    };
    let set = Settings {
        percent: number("percent", "抽查比例", "Share drawn", 0, 20),
        least: number("least", "每个社区至少", "Least of a community", 0, 20),
        most: number("most", "每个社区至多", "Most of a community", 1, 100),
        days: number("days", "核查时限", "Days for the check", 1, 30),
        share: number("share", "补录占比", "Share entered afterwards", 5, 100),
    };
    all.done()?;
    Ok(set)
}

/// `POST /rules/spot-checks`
pub(super) async fn save(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            demand(tx, actor)?;
            change(tx, actor, read(fields)?)?;
            Ok(Done::to(
                "/rules/spot-checks",
                req.lang.t("已保存，从下一次抽取起生效。", "Saved; in force from the next draw on."),
            ))
        },
        move |tx, req, actor, form| render(&a, tx, req, actor, form.clone()),
    )
    .await
}
