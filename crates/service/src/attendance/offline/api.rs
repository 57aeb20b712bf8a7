//! What phones talk to when they are back on the network.

use axum::extract::{Path, State};
use kernel::time::MINUTE_MS;
use kernel::{Actor, Error, Lang, Refusal, Timestamp};
use serde::{Deserialize, Serialize};
use ui::form::Label;
use ui::{Answer, App, Fields, Req};

use super::commands::{self, Answered, Batch, Scan, Sent};
use super::{Outcome, Why, refusals, rules, store};
use crate::SessionId;
use crate::attendance::rules::{CLOSES_AFTER, OPENS_BEFORE};

/// The server's clock, who is signed in, and the check code of a command.
#[derive(Serialize)]
struct Contact {
    now: i64,
    csrf: String,
    who: String,
}

/// A mark of the account: what one person captured is never sent in another's name. Empty: nobody is signed in.
pub(super) fn who(app: &App, actor: &Actor) -> String {
    actor
        .account
        .map_or_else(String::new, |account| app.vault.signer.sign("who", &[&account.0.to_be_bytes()]))
}

/// `GET /api/v1/contact`: a page kept on a phone carries an old check code and an old clock; this is the new one.
pub(super) async fn contact(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.api_read(req, move |tx, req, actor| {
        Ok(Contact { now: tx.now().0, csrf: req.csrf(&a.vault), who: who(&a, actor) })
    })
    .await
}

/// An answer with words for the person who holds the phone.
#[derive(Serialize)]
struct Said {
    #[serde(flatten)]
    answered: Answered,
    say: String,
}

#[derive(Serialize)]
struct Answers {
    now: i64,
    results: Vec<Said>,
}

fn say(one: &Answered, lang: Lang) -> String {
    let reason = match one.outcome {
        Outcome::Conflict => Why::from_code(&one.reason).map(|why| why.name(lang).to_owned()),
        Outcome::Refused => [
            crate::attendance::refusals::ALL,
            crate::sign_up::refusals::ALL,
            super::refusals::ALL,
            kernel::error::common::ALL,
        ]
        .concat()
        .into_iter()
        .find(|text| text.code == one.reason)
        .map(|text| Refusal::new(text).rule(lang)),
        _ => None,
    };
    match reason {
        Some(reason) => format!("{}{}{reason}", one.outcome.name(lang), lang.t("：", ": ")),
        None => one.outcome.name(lang).to_owned(),
    }
}

/// The commands of a request: JSON objects, each read by itself.
fn batch(fields: &Fields) -> Result<Batch, Error> {
    let label = Label("离线操作", "Captured commands");
    let mut commands = Vec::new();
    for text in fields.all("commands") {
        let sent: Sent = serde_json::from_str(text).map_err(|error| {
            let shown = error.to_string();
            label.wrong(
                "commands",
                &shown,
                "每条须有 id、act、sign_up、at。",
                "Each needs id, act, sign_up and at.",
            )
        })?;
        commands.push(sent);
    }
    Ok(Batch {
        device: fields.text("device").to_owned(),
        sent_at: fields.get("sent_at").and_then(|at| at.parse().ok()),
        commands,
    })
}

/// `POST /api/v1/sessions/{id}/attendance-commands` with `{"device", "sent_at", "commands": [{"id", "act",
/// "sign_up", "at", "offset", "undoes"}]}`: answers for each command by its id.
pub(super) async fn take(State(app): State<App>, req: Req, Path(id): Path<i64>, fields: Fields) -> Answer {
    app.api_write(req, fields, 200, move |tx, req, actor, fields| {
        let results = commands::take(tx, actor, SessionId(id), &batch(fields)?)?;
        let results =
            results.into_iter().map(|answered| Said { say: say(&answered, req.lang), answered }).collect();
        Ok(Answers { now: tx.now().0, results })
    })
    .await
}

/// A scan as a phone sends it.
#[derive(Debug, Clone, Deserialize)]
struct SentScan {
    id: String,
    session: SessionId,
    code: String,
    at: i64,
    #[serde(default)]
    offset: i64,
}

/// When the code of a scan was first shown, if it was one of that session at all.
fn shown_at(
    app: &App,
    windows: &[(SessionId, Timestamp, Timestamp, i64)],
    one: &SentScan,
) -> Option<Timestamp> {
    let (id, starts, ends, extension) = windows.iter().find(|window| window.0 == one.session)?;
    let from = starts.plus_minutes(-OPENS_BEFORE).0;
    let to = ends.plus_minutes(extension + CLOSES_AFTER).0;
    let key = &app.vault.rotating;
    // Near the phone's own time first: most clocks are right, and a long session has thousands of codes.
    let guess = one.at.saturating_add(one.offset).clamp(from, to);
    let near =
        |ms: i64| vault::rotating::find(key, id.0, &one.code, (guess - ms).max(from), (guess + ms).min(to));
    near(10 * MINUTE_MS)
        .or_else(|| near(rules::LATE_SCAN_MS))
        .map(|step| Timestamp(step * vault::rotating::STEP_MS))
}

/// `POST /api/v1/scans` with `{"device", "scans": [{"id", "session", "code", "at", "offset"}]}`: codes that the signed-in
/// volunteer scanned without a network, each proved by its tag.
pub(super) async fn scans(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    match scans_taken(&app, &req, &fields).await {
        Ok(results) => {
            let now = app.db.ctx().clock.now().0;
            let results = results
                .into_iter()
                .map(|answered| Said { say: say(&answered, req.lang), answered })
                .collect();
            ui::answer::json(req.lang, 200, Ok(Answers { now, results }))
        }
        Err(error) => ui::answer::json::<Answers>(req.lang, 200, Err(error)),
    }
}

async fn scans_taken(app: &App, req: &Req, fields: &Fields) -> Result<Vec<Answered>, Error> {
    if !req.csrf_ok(&app.vault, fields) {
        return Err((&kernel::error::common::CSRF).into());
    }
    let label = Label("离线扫码", "Kept scans");
    let mut sent: Vec<SentScan> = Vec::new();
    for text in fields.all("scans") {
        sent.push(serde_json::from_str(text).map_err(|error| {
            let shown = error.to_string();
            label.wrong(
                "scans",
                &shown,
                "每条须有 id、session、code、at。",
                "Each needs id, session, code and at.",
            )
        })?);
    }
    if sent.len() > rules::SCANS {
        let count = sent.len();
        return Err(Refusal::new(&refusals::BATCH).with("count", count).with("max", rules::SCANS).into());
    }
    let ids: Vec<SessionId> = sent.iter().map(|one| one.session).collect();
    let (a, asked) = (app.clone(), req.clone());
    let windows = app
        .db
        .read(move |tx| {
            a.actor(tx, &asked)?.person()?;
            Ok::<_, Error>(store::windows(tx, &ids)?)
        })
        .await?;
    let device = fields.text("device").to_owned();
    let mut answers = Vec::with_capacity(sent.len());
    // A unit for each: what one is refused for must not undo another.
    for one in sent {
        let Some(shown_at) = shown_at(app, &windows, &one) else {
            let reason = refusals::SCAN_WRONG.code.to_owned();
            answers.push(Answered { id: one.id, outcome: Outcome::Refused, reason });
            continue;
        };
        let scan = Scan {
            id: one.id,
            session: one.session,
            device: device.clone(),
            device_at: Timestamp(one.at),
            offset_ms: one.offset,
            shown_at,
        };
        answers.push(scan_taken(app, req, scan).await?);
    }
    Ok(answers)
}

async fn scan_taken(app: &App, req: &Req, scan: Scan) -> Result<Answered, Error> {
    let (a, asked, one) = (app.clone(), req.clone(), scan.clone());
    let taken = app
        .db
        .write(move |tx| {
            let actor = a.actor(tx, &asked)?;
            commands::take_scan(tx, &actor, &one)
        })
        .await;
    let reason = match taken {
        Err(Error::Refused(all)) => all.first().map_or_else(String::new, |one| one.code().to_owned()),
        other => return other,
    };
    let (a, asked) = (app.clone(), req.clone());
    app.db
        .write(move |tx| {
            let actor = a.actor(tx, &asked)?;
            commands::refuse_scan(tx, &actor, &scan, &reason)
        })
        .await
}
