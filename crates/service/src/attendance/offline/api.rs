//! What phones talk to when they are back on the network.

use std::sync::Arc;

use axum::http::Method;
use db::{ReadTx, WriteTx};
use kernel::time::MINUTE_MS;
use kernel::{Actor, Error, Lang, Refusal, RefusalText, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::api::{Api, At, Call, doc};
use ui::{App, Req};

use super::commands::{self, Answered, Batch, Scan, Sent};
use super::{Outcome, Why, refusals, rules, store};
use crate::SessionId;
use crate::attendance::rules::{CLOSES_AFTER, OPENS_BEFORE};

const REFUSALS: &[&[&RefusalText]] = &[refusals::ALL, crate::attendance::refusals::ALL];

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/contact",
            doc(
                "showContact",
                "The server's clock and the check code, for a page that was kept on a phone.",
                "服务器时间和校验码，供离线保存的页面使用。",
            )
            .open(),
            contact,
        )
        .post(
            "/api/v1/sessions/{id}/attendance-commands",
            doc(
                "sendAttendanceCommands",
                "What a leader's phone captured without a network; each command counts once.",
                "队长手机离线时记下的操作；每条只计一次。",
            )
            .refuses(REFUSALS),
            take,
        )
        .command_after(
            Method::POST,
            "/api/v1/scans",
            doc(
                "sendScans",
                "Codes that the caller scanned without a network, each proved by its tag.",
                "本人离线时扫到的签到码，逐条凭码核验。",
            )
            .refuses(REFUSALS),
            scans_taken,
            scans,
        )
}

/// The server's clock, who is signed in, and the check code of a command.
#[derive(Serialize, JsonSchema)]
struct Contact {
    now: Timestamp,
    csrf: String,
    /// A mark of the account; empty when nobody is signed in.
    who: String,
}

/// A mark of the account: what one person captured is never sent in another's name. Empty: nobody is signed in.
pub(super) fn who(app: &App, actor: &Actor) -> String {
    actor
        .account
        .map_or_else(String::new, |account| app.vault.signer.sign("who", &[&account.0.to_be_bytes()]))
}

/// A page kept on a phone carries an old check code and an old clock; this is the new one.
fn contact(app: &App, tx: &mut ReadTx<'_>, actor: &Actor, call: &Call) -> Result<Contact, Error> {
    Ok(Contact { now: tx.now(), csrf: call.req.csrf(&app.vault), who: who(app, actor) })
}

/// An answer with words for the person who holds the phone.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OfflineAnswer")]
struct Said {
    #[serde(flatten)]
    answered: Answered,
    say: String,
}

/// Answers by the ids of what was sent.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OfflineAnswers")]
struct Answers {
    now: Timestamp,
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

/// What a phone captured.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
struct OfflineBatch {
    /// The phone's random number.
    device: String,
    /// The phone's clock as it sends, UTC milliseconds.
    #[serde(default)]
    sent_at: Option<i64>,
    /// In any order, repeated or not.
    #[serde(default)]
    commands: Vec<Sent>,
}

fn take(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), OfflineBatch>,
) -> Result<Answers, Error> {
    let OfflineBatch { device, sent_at, commands } = call.body.clone();
    let results = commands::take(tx, actor, call.path.id, &Batch { device, sent_at, commands })?;
    Ok(answers(tx.now(), results, call.req.lang))
}

fn answers(now: Timestamp, results: Vec<Answered>, lang: Lang) -> Answers {
    Answers {
        now,
        results: results.into_iter().map(|one| Said { say: say(&one, lang), answered: one }).collect(),
    }
}

/// A scan as a phone sends it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(rename = "OfflineScan")]
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

/// Scans that a phone kept.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
struct OfflineScans {
    /// The phone's random number.
    #[serde(default)]
    device: String,
    #[serde(default)]
    scans: Vec<SentScan>,
}

type KeptScans = Call<(), (), OfflineScans>;

#[expect(clippy::unnecessary_wraps, reason = "the form of every operation")]
fn scans(
    _: &App,
    tx: &mut WriteTx<'_>,
    _: &Actor,
    call: &KeptScans,
    results: &Arc<[Answered]>,
) -> Result<Answers, Error> {
    Ok(answers(tx.now(), results.to_vec(), call.req.lang))
}

/// Takes each by itself before the answer is put together; what the operation adds is the frame.
async fn scans_taken(app: App, call: Arc<KeptScans>) -> Result<Arc<[Answered]>, Error> {
    let (app, req) = (&app, &call.req);
    let sent = call.body.scans.clone();
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
    let device = call.body.device.clone();
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
    Ok(answers.into())
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
