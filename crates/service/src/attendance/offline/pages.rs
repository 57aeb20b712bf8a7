//! The roll on a phone that may lose the network, and what is shown where phones disagree.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue};
use db::ReadTx;
use kernel::time::DAY_MS;
use kernel::{Error, Lang};
use ui::form::Label;
use ui::{Answer, App, Done, Fields, Req, Shell};
use vault::rotating::{self, STEP_MS};

use super::commands::{self, Choice};
use super::rules::{self, Story};
use super::store::{self, Said};
use super::{Act, LineState, Why, api};
use crate::attendance::rules::{CLOSES_AFTER, OPENS_BEFORE};
use crate::attendance::store::RollFilter;
use crate::attendance::{Held, commands as roll, span, store as base};
use crate::sign_up::SignUpState;
use crate::{SessionId, SignUpId};

/// People on the page of a phone; larger rolls are called from several lists.
const LINES: i64 = 500;
/// Codes are handed out when the session begins within this many milliseconds: what is on a phone can be lost with it.
const CODES_BEFORE_MS: i64 = DAY_MS;
/// Codes for sixteen hours at most.
const CODES: i64 = 1920;

// ---- the page of a phone ----

struct Line {
    id: String,
    name: String,
    volunteer_no: String,
    state: &'static str,
    times: String,
}

#[derive(Template)]
#[template(path = "attendance/offline.html")]
struct OfflinePage {
    shell: Shell,
    id: String,
    title: String,
    when: String,
    who: String,
    rendered: i64,
    opens: i64,
    starts: i64,
    ends: i64,
    closes: i64,
    link: String,
    codes: String,
    codes_from: i64,
    short_no: String,
    lines: Vec<Line>,
    acts: [(&'static str, &'static str); 5],
    more: bool,
    undecided: i64,
}

fn line(row: &base::RollLine) -> Line {
    let state = match row.state {
        SignUpState::Attended if row.inside() => "in",
        SignUpState::Attended if row.pairs > 0 => "out",
        SignUpState::Absent => "absent",
        _ => "booked",
    };
    let times = match (row.first_in, row.last_out) {
        (Some(from), Some(to)) if !row.inside() => format!("{}–{}", from.clock_text(), to.clock_text()),
        (Some(from), _) => from.clock_text(),
        _ => String::new(),
    };
    Line {
        id: row.id.to_string(),
        name: row.name.clone(),
        volunteer_no: row.volunteer_no.clone(),
        state,
        times,
    }
}

/// The session's codes from now on, 22 characters each (number and tag), and the number of the first: a phone
/// without a network cannot ask for them.
fn codes(app: &App, held: &Held, now: i64) -> (String, i64) {
    let opens = held.starts_at.plus_minutes(-OPENS_BEFORE).0;
    let closes = held.last_end().plus_minutes(CLOSES_AFTER).0;
    if now < opens - CODES_BEFORE_MS || now >= closes {
        return (String::new(), 0);
    }
    let first = opens.max(now).div_euclid(STEP_MS);
    let last = closes.div_euclid(STEP_MS).min(first + CODES);
    let all = (first..=last)
        .map(|step| {
            let code = rotating::current(&app.vault.rotating, held.id.0, step * STEP_MS);
            format!("{}{}", code.number, code.tag)
        })
        .collect();
    (all, first)
}

/// `GET /sessions/{id}/offline`
pub(super) async fn show(State(app): State<App>, req: Req, Path(id): Path<i64>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let held = roll::find_to_lead(tx, actor, SessionId(id))?;
        let filter = RollFilter { limit: LINES + 1, ..RollFilter::default() };
        let rows = base::roll(tx, held.id, &filter)?;
        let undecided = store::open_count(tx, held.id)?;
        let now = tx.now().0;
        let (codes, codes_from) = codes(&a, &held, now);
        let closes = held.last_end().plus_minutes(CLOSES_AFTER).0;
        let most = usize::try_from(LINES).unwrap_or(500);
        let mut answer = ui::answer::html(
            &a,
            req,
            &OfflinePage {
                shell: a.shell(req, actor, req.lang.t("现场点名", "Roll-call on the spot")),
                id: held.id.to_string(),
                title: held.title_in(&req.lang).to_owned(),
                when: span(held.starts_at, held.ends_at),
                who: api::who(&a, actor),
                rendered: now,
                opens: held.starts_at.plus_minutes(-OPENS_BEFORE).0,
                starts: held.starts_at.0,
                ends: held.last_end().0,
                closes,
                link: format!("{}/k/{}.", a.settings.base_url, held.id),
                codes,
                codes_from,
                short_no: held.short_no(),
                more: rows.len() > most,
                lines: rows.iter().take(most).map(line).collect(),
                acts: [Act::Present, Act::Late, Act::Absent, Act::Out, Act::Undo]
                    .map(|act| (act.code(), act.name(req.lang))),
                undecided,
            },
        )?;
        // Until when the browser's copy may be shown without asking us.
        let until = HeaderValue::from(closes.max(now) + DAY_MS);
        answer.headers_mut().insert(HeaderName::from_static("x-keep-until"), until);
        Ok(answer)
    })
    .await
}

#[derive(Template)]
#[template(path = "attendance/fallback.html")]
struct FallbackPage {
    lang: Lang,
    city: String,
}

/// `GET /offline`: what a phone shows when the network is gone. The same for everybody, so that it may be kept.
pub(super) async fn fallback(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |_, req, _| {
        let page = FallbackPage { lang: req.lang, city: a.city(req.lang).to_owned() };
        ui::answer::html(&a, req, &page)
    })
    .await
}

// ---- where phones disagree ----

/// A line that waits for a decision.
pub(in crate::attendance) struct Open {
    pub id: String,
    pub name: String,
    pub why: String,
    pub versions: Vec<Version>,
}

/// One phone's version.
pub(in crate::attendance) struct Version {
    pub take: String,
    pub text: String,
    pub button: String,
}

fn told(story: &Story, lang: Lang) -> String {
    if story.absent {
        return lang.t("缺席", "absent").to_owned();
    }
    let mut parts = Vec::new();
    if let Some(at) = story.in_at {
        parts.push(lang.f("到场 {}", "here from {}", &[&at.clock_text()]));
    }
    if !story.scans.is_empty() {
        let times: Vec<String> = story.scans.iter().map(|at| at.clock_text()).collect();
        parts.push(lang.f("本人扫码 {}", "own scan {}", &[&times.join(" ")]));
    }
    if let Some(at) = story.out_at {
        parts.push(lang.f("签退 {}", "left {}", &[&at.clock_text()]));
    }
    parts.join(lang.t("、", ", "))
}

/// What of a session waits for a decision, with each phone's words. One query.
pub(in crate::attendance) fn open_lines(
    tx: &mut ReadTx<'_>,
    session: SessionId,
    lang: Lang,
) -> Result<Vec<Open>, Error> {
    let said = store::open_said(tx, session)?;
    Ok(said.chunk_by(|a, b| a.sign_up_id == b.sign_up_id).filter_map(|all| open_line(all, lang)).collect())
}

fn open_line(all: &[Said], lang: Lang) -> Option<Open> {
    let first = all.first()?;
    let claims: Vec<rules::Claim> = all.iter().map(Said::claim).collect();
    let accounts: BTreeMap<&str, &str> =
        all.iter().map(|one| (one.device.as_str(), one.account.as_str())).collect();
    let versions = rules::stories(&claims)
        .iter()
        .map(|(device, story)| {
            let tail = device.get(device.len().saturating_sub(4)..).unwrap_or_default();
            let account = accounts.get(device.as_str()).copied().unwrap_or_default();
            let told = told(story, lang);
            Version {
                take: format!("device:{device}"),
                text: lang.f("{}（手机 {}）：{}", "{} (phone {}): {}", &[&account, &tail, &told]),
                button: lang.f("采用：{}", "Take: {}", &[&told]),
            }
        })
        .collect();
    let why = match (first.state, Why::from_code(&first.why)) {
        (LineState::Conflict, Some(why)) => why.name(lang),
        (state, _) => state.name(lang),
    };
    Some(Open { id: first.sign_up_id.to_string(), name: first.name.clone(), why: why.to_owned(), versions })
}

/// `POST /sessions/{id}/decide`
pub(super) async fn decide(State(app): State<App>, req: Req, Path(id): Path<i64>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, fields| {
        roll::find_to_lead(tx, actor, SessionId(id))?;
        let line: SignUpId = fields.id("line", Label("名单行", "Line"))?;
        let choice = match fields.text("take").split_once(':') {
            Some(("device", device)) => Choice::Device(device.to_owned()),
            _ if fields.text("take") == "absent" => Choice::Absent,
            _ => Choice::Keep,
        };
        commands::decide(tx, actor, SessionId(id), line, &choice)?;
        Ok(Done::to(format!("/sessions/{id}/roll"), req.lang.t("已决定", "Decided")))
    })
    .await
}
