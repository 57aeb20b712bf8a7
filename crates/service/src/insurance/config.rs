//! How early leaders are warned that insurance is missing. One row of the settings, which the city's office changes.

use askama::Template;
use axum::extract::State;
use db::{DbError, ReadTx, WriteTx, args, sql};
use kernel::{Actor, Error};
use serde::{Deserialize, Serialize};
use ui::answer::{Answer, Done};
use ui::form::Label;
use ui::{App, Fields, Form, Req, Shell};

use crate::sign_up::limits::demand;

const NAME: &str = "service.insurance";

/// The rules of the city.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// So many days before a session the leader is told that nothing covers it; 0: never.
    pub warn_days: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { warn_days: 5 }
    }
}

impl Settings {
    /// Reads what is stored; what is missing or damaged is as delivered.
    #[must_use]
    pub fn read(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }
}

/// The rules in force.
///
/// # Errors
/// Of the database.
pub fn settings(tx: &mut ReadTx<'_>) -> Result<Settings, DbError> {
    let set: Option<(String,)> = tx.first(sql!("SELECT value FROM setting WHERE name = $1"), args![NAME])?;
    Ok(Settings::read(set.as_ref().map(|row| row.0.as_str())))
}

/// Changes the rules; logged with what they were and are.
///
/// # Errors
/// `common.forbidden` for whoever does not act for the whole city.
pub fn change(tx: &mut WriteTx<'_>, actor: &Actor, new: Settings) -> Result<(), Error> {
    demand(tx, actor)?;
    let old = settings(tx)?;
    let text = serde_json::to_string(&new).map_err(|fault| Error::bug(fault.to_string()))?;
    tx.exec_one(
        sql!(
            "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        ),
        args![NAME, &text],
    )?;
    let detail = format!("{} → {}", old.warn_days, new.warn_days);
    people::audit::note(tx, actor, "insurance.rules", "setting", 0, &detail)?;
    Ok(())
}

#[derive(Template)]
#[template(path = "insurance/rules.html")]
struct RulesPage {
    shell: Shell,
    form: Form,
}

fn render(app: &App, tx: &mut ReadTx<'_>, req: &Req, actor: &Actor, form: Form) -> Result<Answer, Error> {
    demand(tx, actor)?;
    let shell = app.shell(req, actor, req.lang.t("保险提醒", "Warnings about insurance"));
    ui::answer::html(app, req, &RulesPage { shell, form })
}

/// `GET /rules/insurance`
pub(super) async fn show(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let form = Form::filled([("days", settings(tx)?.warn_days.to_string())]);
        render(&a, tx, req, actor, form)
    })
    .await
}

/// `POST /rules/insurance`
pub(super) async fn save(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            demand(tx, actor)?;
            let warn_days = fields.number("days", Label("提前天数", "Days before"), 0, 60)?;
            change(tx, actor, Settings { warn_days })?;
            Ok(Done::to(
                "/rules/insurance",
                req.lang.t("已保存，从现在起生效。", "Saved; in force from now on."),
            ))
        },
        move |tx, req, actor, form| render(&a, tx, req, actor, form.clone()),
    )
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_read_and_damage_is_as_delivered() {
        assert_eq!(Settings::read(Some("{\"warn_days\": 2}")).warn_days, 2);
        assert_eq!(Settings::read(Some("{")), Settings::default());
        assert_eq!(Settings::read(None), Settings::default());
    }
}
