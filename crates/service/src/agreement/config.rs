//! When the city asks for an agreement, and its text: one row of the settings and the versions of the text, which the
//! city's office changes on a page.

use askama::Template;
use axum::extract::State;
use db::{DbError, ReadTx, WriteTx, args, sql};
use kernel::error::Collect;
use kernel::{Actor, Error, Refusal};
use ui::answer::{Answer, Done};
use ui::form::Label;
use ui::{App, Fields, Form, Req, Shell};

use super::rules::{Settings, lacking};
use super::{refusals, store, text};
use crate::sign_up::limits::demand;

/// The rules in force.
///
/// # Errors
/// Of the database.
pub fn settings(tx: &mut ReadTx<'_>) -> Result<Settings, DbError> {
    let set: Option<(String,)> =
        tx.first(sql!("SELECT value FROM setting WHERE name = $1"), args![store::SETTING])?;
    Ok(Settings::read(set.as_ref().map(|row| row.0.as_str())))
}

/// What the office writes.
#[derive(Debug, Clone)]
pub struct New {
    /// When one is needed.
    pub settings: Settings,
    /// The text in Chinese.
    pub zh: String,
    /// The text in English.
    pub en: String,
}

/// Changes the rules, and publishes a new version when the text is another. What was signed stays as it was signed.
///
/// # Errors
/// `common.forbidden` for whoever does not act for the whole city; `agreement.incomplete`.
pub fn change(tx: &mut WriteTx<'_>, actor: &Actor, new: &New) -> Result<(), Error> {
    demand(tx, actor)?;
    let mut all = Collect::default();
    for (field, text) in [("zh", &new.zh), ("en", &new.en)] {
        let parts = lacking(text);
        if !parts.is_empty() {
            all.push(Refusal::new(&refusals::INCOMPLETE).with("parts", parts.join(" ")).on(field));
        }
    }
    all.done()?;
    put(tx, actor, new)
}

/// Writes rules and text that somebody has looked at.
pub(super) fn put(tx: &mut WriteTx<'_>, actor: &Actor, new: &New) -> Result<(), Error> {
    let value = serde_json::to_string(&new.settings).map_err(|fault| Error::bug(fault.to_string()))?;
    tx.exec_one(
        sql!(
            "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        ),
        args![store::SETTING, &value],
    )?;
    // A statement compares it; what is never reached stands for never.
    let places = if new.settings.places > 0 { new.settings.places } else { i64::MAX }.to_string();
    tx.exec_one(
        sql!(
            "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        ),
        args![store::PLACES, &places],
    )?;
    let now = store::text(tx)?;
    let (version, zh, en) =
        now.as_ref().map_or((0, text::ZH, text::EN), |one| (one.version, one.zh.as_str(), one.en.as_str()));
    if (new.zh.as_str(), new.en.as_str()) != (zh, en) {
        store::put_text(tx, version + 1, &new.zh, &new.en, actor.account)?;
    }
    people::audit::note(tx, actor, "agreement.rules", "setting", 0, &value)?;
    Ok(())
}

#[derive(Template)]
#[template(path = "agreement/rules.html")]
struct RulesPage {
    shell: Shell,
    form: Form,
    version: i64,
}

fn render(app: &App, tx: &mut ReadTx<'_>, req: &Req, actor: &Actor, form: Form) -> Result<Answer, Error> {
    demand(tx, actor)?;
    let version = store::text(tx)?.map_or(0, |one| one.version);
    let shell = app.shell(req, actor, req.lang.t("服务协议", "Agreements"));
    ui::answer::html(app, req, &RulesPage { shell, form, version })
}

/// `GET /rules/agreement`
pub(super) async fn show(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let now = settings(tx)?;
        let tick = |on: bool| if on { "1" } else { "" }.to_owned();
        let (zh, en) = store::text(tx)?
            .map_or_else(|| (text::ZH.to_owned(), text::EN.to_owned()), |one| (one.zh, one.en));
        let form = Form::filled([
            ("hazard", tick(now.hazard)),
            ("outside", tick(now.outside)),
            ("days", now.days.to_string()),
            ("places", now.places.to_string()),
            ("zh", zh),
            ("en", en),
        ]);
        render(&a, tx, req, actor, form)
    })
    .await
}

fn read(fields: &Fields) -> Result<New, Error> {
    // Forms send other ends of lines than the text has that is stored.
    let plain = |text: String| text.replace("\r\n", "\n");
    let mut all = Collect::default();
    let days = all.take(fields.number("days", Label("服务期限", "Days of service"), 0, 1_000));
    let places = all.take(fields.number("places", Label("大型活动人数", "Places"), 0, 1_000_000));
    let zh = all.take(fields.required("zh", Label("中文文本", "Text in Chinese"), 8_000));
    let en = all.take(fields.required("en", Label("英文文本", "Text in English"), 16_000));
    all.done()?;
    match (days, places, zh, en) {
        (Some(days), Some(places), Some(zh), Some(en)) => Ok(New {
            settings: Settings {
                hazard: fields.ticked("hazard"),
                outside: fields.ticked("outside"),
                days,
                places,
            },
            zh: plain(zh),
            en: plain(en),
        }),
        _ => Err(Error::bug("a form without refusals lacks a field")),
    }
}

/// `POST /rules/agreement`
pub(super) async fn save(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            demand(tx, actor)?;
            change(tx, actor, &read(fields)?)?;
            Ok(Done::to(
                "/rules/agreement",
                req.lang.t("已保存，从现在起生效。", "Saved; in force from now on."),
            ))
        },
        move |tx, req, actor, form| render(&a, tx, req, actor, form.clone()),
    )
    .await
}
