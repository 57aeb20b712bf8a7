//! One's own calendar: a link that only its owner has, which can be exchanged and switched off. What is in it comes
//! from [`service::calendar`].

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::routing::{get, post};
use db::{DbError, ReadTx, WriteTx, args, sql};
use kernel::error::common;
use kernel::{Error, PersonId};
use service::calendar::{self, Feed};
use ui::{Answer, App, Done, Fields, Req};
use vault::Vault;

/// Pages of this subject.
pub fn routes() -> axum::Router<App> {
    axum::Router::new()
        .route("/settings/messages/calendar", post(change))
        .route("/calendar/{token}", get(show))
}

fn token(vault: &Vault, person: PersonId, version: i64) -> String {
    let tag = vault.signer.sign("calendar", &[&person.0.to_be_bytes(), &version.to_be_bytes()]);
    format!("{person}-{version}-{tag}")
}

fn read_token(vault: &Vault, text: &str) -> Option<(PersonId, i64)> {
    let mut parts = text.strip_suffix(".ics").unwrap_or(text).splitn(3, '-');
    let person = PersonId(parts.next()?.parse().ok()?);
    let version: i64 = parts.next()?.parse().ok()?;
    let signed = [&person.0.to_be_bytes()[..], &version.to_be_bytes()[..]];
    vault.signer.verify("calendar", &signed, parts.next()?).then_some((person, version))
}

/// The version of a person's link, if it is switched on.
fn version_of(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Option<i64>, DbError> {
    let found: Option<(i64,)> = tx.first(
        sql!("SELECT version FROM calendar_link WHERE person_id = $1 AND active = TRUE"),
        args![person],
    )?;
    Ok(found.map(|(version,)| version))
}

fn renew(tx: &mut WriteTx<'_>, person: PersonId, active: bool) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO calendar_link (person_id, version, active, changed_at) VALUES ($1, 1, $2, $3)
             ON CONFLICT (person_id) DO UPDATE SET version = calendar_link.version + 1, active = excluded.active,
                changed_at = excluded.changed_at"
        ),
        args![person, active, now],
    )
}

/// The address of a person's calendar, if it is switched on.
///
/// # Errors
/// Of the database.
pub fn link(tx: &mut ReadTx<'_>, app: &App, person: PersonId) -> Result<Option<String>, Error> {
    let version = version_of(tx, person)?;
    Ok(version.map(|version| {
        format!("{}/calendar/{}.ics", app.settings.base_url, token(&app.vault, person, version))
    }))
}

/// `POST /settings/messages/calendar`: a new link, or none; older ones are void at once.
async fn change(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    app.command(req, fields, |tx, req, actor, fields| {
        let person = actor.person()?;
        let on = fields.text("to") != "off";
        renew(tx, person, on)?;
        let say = if on {
            req.lang.t("新链接已生成", "The new link is ready")
        } else {
            req.lang.t("日历链接已停用", "The calendar link is off")
        };
        Ok(Done::to("/settings/messages", say))
    })
    .await
}

/// `GET /calendar/{token}.ics`: a person's own sessions.
async fn show(State(app): State<App>, req: Req, headers: HeaderMap, Path(text): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, _| {
        let gone = || Error::from(&common::NOT_FOUND);
        let (person, version) = read_token(&a.vault, &text).ok_or_else(gone)?;
        if version_of(tx, person)? != Some(version) {
            return Err(gone());
        }
        let name = format!("{}{}", a.city(req.lang), req.lang.t("邻里 · 我的安排", " Linli · my schedule"));
        let feed = Feed { name: &name, lang: req.lang, base_url: &a.settings.base_url };
        let events = calendar::of_person(tx, person)?;
        Ok(calendar::answer(&feed.text(&events), &headers, false))
    })
    .await
}
