//! The code at the door, what a scan opens, and the page behind the middle of the bottom bar.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use db::ReadTx;
use kernel::error::common;
use kernel::{Actor, Error, Id as _, Lang, Refusal, Timestamp};
use people::person::Purpose;
use ui::form::Label;
use ui::{Answer, App, Done, Fields, Form, Req, Shell};
use vault::{SessionToken, rotating};

use super::commands::{self, CheckIn, CheckedIn};
use super::rules::{self, RECEIPT_MS, TRIES_OF_ALL, TRIES_OF_ONE, TRY_WINDOW_MS};
use super::store::{self, MySession};
use super::{Held, Way, near, refusals};
use crate::SessionId;
use crate::activity::SessionState;

/// Name of the cookie that finds a scan made before signing in.
const SCAN: &str = "linli_scan";
/// What a proof of a scan is signed for.
const PROOF: &str = "scan";

// ---- the code at the door ----

#[derive(Template)]
#[template(path = "attendance/code.html")]
struct CodePage {
    shell: Shell,
    lang: Lang,
    id: SessionId,
    title: String,
    when: String,
    svg: String,
    number: String,
    short_no: String,
    left: i64,
    refresh: i64,
    come: String,
    open: bool,
    /// The activity that bears a hazard and whose session nothing covers.
    uninsured: Option<crate::ActivityId>,
}

#[derive(Template)]
#[template(path = "attendance/code_part.html")]
pub(super) struct CodePart {
    lang: Lang,
    svg: String,
    number: String,
    short_no: String,
    left: i64,
    come: String,
}

pub(super) struct Shown {
    pub(super) svg: String,
    pub(super) number: String,
    pub(super) left: i64,
    pub(super) come: String,
}

impl CodePart {
    /// The part of a page with the code.
    pub(super) fn of(shown: Shown, held: &Held, lang: Lang) -> Self {
        Self {
            lang,
            svg: shown.svg,
            number: shown.number,
            short_no: held.short_no(),
            left: shown.left,
            come: shown.come,
        }
    }
}

/// The code as it is shown now, and how many are here.
pub(super) fn shown(app: &App, tx: &mut ReadTx<'_>, held: &Held, lang: Lang) -> Result<Shown, Error> {
    let code = rotating::current(&app.vault.rotating, held.id.as_i64(), tx.now().0);
    let counts = store::counts(tx, held.id)?;
    Ok(Shown {
        svg: ui::qr::svg(&format!("{}/k/{}.{}", app.settings.base_url, held.id, code.tag)),
        number: format!(
            "{} {}",
            code.number.get(..3).unwrap_or_default(),
            code.number.get(3..).unwrap_or_default()
        ),
        left: (code.ms_left + 999) / 1000,
        come: lang.f("已到 {} / {} 人", "{} of {} are here", &[&counts.attended, &counts.all]),
    })
}

/// `GET /sessions/{id}/code`
pub(super) async fn code(State(app): State<App>, req: Req, Path(id): Path<i64>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let held = commands::find_to_lead(tx, actor, SessionId(id))?;
        let now = tx.now();
        let now_shown = shown(&a, tx, &held, req.lang)?;
        let open = held.state == SessionState::Open && rules::in_window(held.starts_at, held.last_end(), now);
        ui::answer::html(
            &a,
            req,
            &CodePage {
                shell: a.shell(req, actor, req.lang.t("签到码", "Check-in code")),
                lang: req.lang,
                id: held.id,
                title: held.title_in(&req.lang).to_owned(),
                when: span(held.starts_at, held.ends_at),
                svg: now_shown.svg,
                number: now_shown.number,
                short_no: held.short_no(),
                left: now_shown.left,
                refresh: now_shown.left.max(5),
                come: now_shown.come,
                open,
                uninsured: commands::insured(&held, now).is_err().then_some(held.activity_id),
            },
        )
    })
    .await
}

/// `GET /sessions/{id}/code/part`
pub(super) async fn code_part(State(app): State<App>, req: Req, Path(id): Path<i64>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let held = commands::find_to_lead(tx, actor, SessionId(id))?;
        let now_shown = shown(&a, tx, &held, req.lang)?;
        ui::answer::html(&a, req, &CodePart::of(now_shown, &held, req.lang))
    })
    .await
}

/// `2026-03-05 09:30–11:30`, with the date of the end when it is another day.
pub(crate) fn span(from: Timestamp, to: Timestamp) -> String {
    if from.date() == to.date() {
        format!("{}–{}", from.text(), to.clock_text())
    } else {
        format!("{}–{}", from.text(), to.text())
    }
}

// ---- proofs ----

fn looks_typed(code: &str) -> bool {
    code.chars().filter(|c| c.is_numeric()).count() == 6 && code.trim().chars().count() != 16
}

fn proof_of(app: &App, req: &Req, session: SessionId, at: Timestamp) -> String {
    let (id, ms) = (session.0.to_be_bytes(), at.0.to_be_bytes());
    app.vault.signer.sign(PROOF, &[&id, &ms, &req.bound])
}

/// Proves that somebody stood before the screen: a number or tag of this moment, or a page opened by a scan in
/// the last ten minutes. Wrong numbers are counted in a transaction of their own, because a refused command
/// leaves no trace (Edge-04); a tag has 80 bits and needs no limit.
pub(super) async fn prove(
    app: &App,
    req: &Req,
    session: SessionId,
    code: &str,
    fields: &Fields,
) -> Result<Timestamp, Vec<Refusal>> {
    let now = app.db.ctx().clock.now();
    if let Some(at) = fields.get("at").and_then(|at| at.parse::<i64>().ok()).map(Timestamp) {
        let (id, ms) = (session.0.to_be_bytes(), at.0.to_be_bytes());
        if app.vault.signer.verify(PROOF, &[&id, &ms, &req.bound], fields.text("proof"))
            && now.0 - at.0 < RECEIPT_MS
        {
            return Ok(at);
        }
    }
    let right = rotating::check(&app.vault.rotating, session.0, code, now.0).is_some();
    if !looks_typed(code) {
        return if right { Ok(now) } else { Err(vec![Refusal::new(&refusals::CODE_OLD).on("code")]) };
    }
    if !req.csrf_ok(&app.vault, fields) {
        return Err(vec![Refusal::new(&common::CSRF)]);
    }
    let refused =
        if right { still_blocked(app, req, session).await } else { note_wrong(app, req, session).await };
    match refused {
        Ok(None) => Ok(now),
        Ok(Some(refusal)) => Err(vec![refusal]),
        Err(Error::Refused(all)) => Err(all),
        Err(Error::Fault(fault)) => {
            tracing::error!(%fault, "counting wrong codes failed");
            Err(vec![Refusal::new(&common::UNAVAILABLE)])
        }
    }
}

fn keys(actor: &Actor, session: SessionId) -> Result<[String; 2], Error> {
    let account = actor.account()?;
    Ok([format!("code:{session}:{account}"), format!("code:{session}")])
}

fn too_many(seconds: i64) -> Refusal {
    Refusal::new(&refusals::TOO_MANY).with("seconds", seconds.max(1)).on("code")
}

async fn still_blocked(app: &App, req: &Req, session: SessionId) -> Result<Option<Refusal>, Error> {
    let (a, asked) = (app.clone(), req.clone());
    app.db
        .read(move |tx| {
            let actor = a.actor(tx, &asked)?;
            for key in keys(&actor, session)? {
                if let Some(until) = store::blocked_until(tx, &key)? {
                    return Ok(Some(too_many((until.0 - tx.now().0) / 1000)));
                }
            }
            Ok(None)
        })
        .await
}

async fn note_wrong(app: &App, req: &Req, session: SessionId) -> Result<Option<Refusal>, Error> {
    let (a, asked) = (app.clone(), req.clone());
    app.db
        .write(move |tx| {
            let actor = a.actor(tx, &asked)?;
            let [own, all] = keys(&actor, session)?;
            let mine = people::account::hit(tx, &own, TRIES_OF_ONE, TRY_WINDOW_MS, TRY_WINDOW_MS)?;
            let everyone = people::account::hit(tx, &all, TRIES_OF_ALL, TRY_WINDOW_MS, TRY_WINDOW_MS)?;
            Ok::<_, Error>(Some(match mine.max(everyone) {
                Some(seconds) => too_many(seconds),
                None => Refusal::new(&refusals::CODE_WRONG).on("code"),
            }))
        })
        .await
}

/// A mark of the device: the visitor cookie, which outlives sign-ins; hashed, so that it tells nothing else.
pub(super) fn device(app: &App, req: &Req) -> Option<Vec<u8>> {
    (!req.visitor.is_empty())
        .then(|| app.vault.indexes.index("device", req.visitor.as_bytes()).as_bytes().to_vec())
}

// ---- what a scan opens ----

#[derive(Template)]
#[template(path = "attendance/scanned.html")]
struct ScannedPage {
    shell: Shell,
    action: String,
    title: String,
    place: String,
    when: String,
    signed_in: bool,
    button: String,
    note: String,
    way: &'static str,
    at: String,
    proof: String,
    /// The agreement that is signed with the same press: its text and hash.
    paper: Option<(String, String)>,
}

struct Offer {
    /// The agreement that is signed with the same press.
    paper: Option<(String, String)>,
    button: String,
    note: String,
    way: Way,
}

/// What the one button will do, or why there is none.
fn offer(tx: &mut ReadTx<'_>, actor: &Actor, held: &Held, at: Timestamp, lang: Lang) -> Result<Offer, Error> {
    let (act, joins) = match commands::preview(tx, actor, held, at) {
        Err(Error::Refused(all)) if all.iter().any(|one| one.code() == refusals::AGREEMENT.code) => {
            return to_sign(tx, actor, held, lang, Error::Refused(all));
        }
        other => other?,
    };
    Ok(match act {
        rules::Act::In if joins => Offer {
            paper: None,
            button: lang.t("加入并签到", "Join and check in").to_owned(),
            note: lang
                .t(
                    "您没有报名本场，签到时会为您占一个名额。",
                    "You did not sign up; checking in takes a place for you.",
                )
                .to_owned(),
            way: Way::In,
        },
        rules::Act::In => Offer {
            paper: None,
            button: lang.t("签到", "Check in").to_owned(),
            note: String::new(),
            way: Way::In,
        },
        rules::Act::Out(_) => Offer {
            paper: None,
            button: lang.t("签退", "Check out").to_owned(),
            note: lang
                .t("您已签到。离开时再签退。", "You are checked in. Check out when you leave.")
                .to_owned(),
            way: Way::Out,
        },
        rules::Act::Same(way, when) => Offer {
            paper: None,
            button: lang.t("好的", "Fine").to_owned(),
            note: lang.f("{}：{}", "{}: {}", &[&done_word(way, lang), &when.clock_text()]),
            way,
        },
    })
}

/// Nothing but the agreement is missing: it is read and signed here, and the check-in goes on. What the actor cannot sign
/// is refused as it was.
fn to_sign(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    held: &Held,
    lang: Lang,
    refused: Error,
) -> Result<Offer, Error> {
    let person = actor.person()?;
    if crate::agreement::store::minor(tx, person)? {
        return Err(refused);
    }
    let now = crate::agreement::commands::standing(tx, held.activity_id, person)?;
    Ok(Offer {
        paper: Some((now.paper.text, now.paper.hash)),
        button: lang.t("同意并签署协议，签到", "Agree, sign and check in").to_owned(),
        note: lang
            .t(
                "签到前要签这份服务协议，请看完再按。",
                "This agreement is signed before check-in; read it first.",
            )
            .to_owned(),
        way: Way::In,
    })
}

const fn done_word(way: Way, lang: Lang) -> &'static str {
    match way {
        Way::In => lang.t("已签到", "Checked in"),
        Way::Out => lang.t("已签退", "Checked out"),
    }
}

/// `GET /k/{code}`: opened by any camera. Stores nothing but, for somebody who is not signed in, that the code
/// was opened (Edge-02).
pub(super) async fn scanned(State(app): State<App>, req: Req, Path(code): Path<String>) -> Answer {
    let now = app.db.ctx().clock.now();
    let found = rules::link(&code)
        .filter(|(id, tag)| rotating::check(&app.vault.rotating, *id, tag, now.0).is_some())
        .map(|(id, _)| SessionId(id));
    let mut scan_cookie = None;
    if let Some(session) = found {
        let token = app.vault.session_token();
        match receipt(&app, &req, session, &token, now).await {
            Ok(false) => {}
            Ok(true) => {
                scan_cookie = Some(ui::answer::cookie(&app, SCAN, &token.text(), RECEIPT_MS / 1000));
            }
            Err(error) => return ui::error_page(&app, &req, &Actor::default(), &error),
        }
    }
    let a = app.clone();
    let mut answer = app
        .page(req, move |tx, req, actor| {
            let session = found.ok_or_else(|| Error::from(&refusals::CODE_OLD))?;
            let held = commands::find(tx, session)?;
            let path = format!("/k/{code}");
            scanned_page(&a, tx, req, actor, &held, now, path)
        })
        .await;
    if let Some(cookie) = scan_cookie.and_then(|cookie| HeaderValue::from_str(&cookie).ok()) {
        answer.headers_mut().append(SET_COOKIE, cookie);
    }
    answer
}

/// Keeps a receipt when nobody is signed in; whether it did.
async fn receipt(
    app: &App,
    req: &Req,
    session: SessionId,
    token: &SessionToken,
    now: Timestamp,
) -> Result<bool, Error> {
    if req.session.is_some() {
        let (a, asked) = (app.clone(), req.clone());
        let signed_in = app.db.read(move |tx| Ok::<_, Error>(a.actor(tx, &asked)?.signed_in())).await?;
        if signed_in {
            return Ok(false);
        }
    }
    let hash = token.hash();
    app.db
        .write(move |tx| {
            store::receipt_put(tx, hash.as_bytes(), session, now, Timestamp(now.0 + RECEIPT_MS))?;
            Ok::<_, Error>(true)
        })
        .await
}

fn scanned_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    held: &Held,
    at: Timestamp,
    action: String,
) -> Result<Answer, Error> {
    let offer = if actor.signed_in() {
        offer(tx, actor, held, at, req.lang)?
    } else {
        Offer { paper: None, button: String::new(), note: String::new(), way: Way::In }
    };
    ui::answer::html(
        app,
        req,
        &ScannedPage {
            shell: app.shell(req, actor, req.lang.t("签到", "Check in")),
            action,
            title: held.title_in(&req.lang).to_owned(),
            place: held.place_public.clone(),
            when: span(held.starts_at, held.ends_at),
            signed_in: actor.signed_in(),
            button: offer.button,
            note: offer.note,
            way: offer.way.code(),
            at: at.0.to_string(),
            proof: proof_of(app, req, held.id, at),
            paper: offer.paper,
        },
    )
}

fn said(done: &CheckedIn, lang: Lang) -> String {
    let at = done.at.clock_text();
    match (done.way, done.joined) {
        (Way::In, true) => {
            lang.f("已加入并签到 {}：{}", "Joined and checked in at {}: {}", &[&at, &done.title])
        }
        (Way::In, false) => lang.f("已签到 {}：{}", "Checked in at {}: {}", &[&at, &done.title]),
        (Way::Out, _) => lang.f("已签退 {}：{}", "Checked out at {}: {}", &[&at, &done.title]),
    }
}

/// `POST /k/{code}`
pub(super) async fn scanned_post(
    State(app): State<App>,
    req: Req,
    Path(code): Path<String>,
    fields: Fields,
) -> Answer {
    let proof = match rules::link(&code) {
        Some((id, tag)) => prove(&app, &req, SessionId(id), tag, &fields).await.map(|at| (SessionId(id), at)),
        None => Err(vec![Refusal::new(&refusals::CODE_OLD)]),
    };
    let device = device(&app, &req);
    app.command(req, fields, move |tx, req, actor, fields| {
        let (session, at) = proof.clone().map_err(Error::Refused)?;
        let want = Way::from_code(fields.text("way"));
        if !fields.text("agree").is_empty() {
            let (held, person) = (commands::find(tx, session)?, actor.person()?);
            let state = crate::agreement::commands::sign(
                tx,
                actor,
                held.activity_id,
                person,
                fields.text("agree"),
                crate::agreement::commands::Signer::Own,
            )?;
            if state != crate::agreement::AgreementState::Bound {
                let say = req.lang.t(
                    "协议已签。请队长在点名页签署，然后再扫码签到。",
                    "Signed. The leader signs on the roll; then scan again to check in.",
                );
                return Ok(Done::to("/check-in", say));
            }
        }
        let ask = CheckIn { session, at, want, device: device.clone(), team: None };
        let done = commands::check_in(tx, actor, &ask)?;
        Ok(Done::to("/check-in", said(&done, req.lang)))
    })
    .await
}

// ---- a code opened before signing in ----

/// The token of a scan made before signing in, from the request's cookies.
#[must_use]
pub fn scan_token(headers: &HeaderMap) -> Option<String> {
    cookie(headers, SCAN)
}

/// A cookie that is not empty.
pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|all| all.split("; "))
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
        .filter(|token| !token.is_empty())
        .map(str::to_owned)
}

/// The session whose code was opened before signing in, while the receipt is good (ten minutes, Edge-02); lead
/// the person to `/check-in/finish`.
///
/// # Errors
/// Of the database.
pub fn pending_receipt(tx: &mut ReadTx<'_>, token: &str) -> Result<Option<SessionId>, Error> {
    let Some(token) = SessionToken::parse(token) else { return Ok(None) };
    Ok(store::receipt_find(tx, token.hash().as_bytes())?.map(|found| found.0))
}

/// `GET /check-in/finish`: one button.
pub(super) async fn finish(State(app): State<App>, req: Req, headers: HeaderMap) -> Answer {
    let token = scan_token(&headers).and_then(|token| SessionToken::parse(&token)).map(|token| token.hash());
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.account()?;
        let receipt = match &token {
            Some(hash) => store::receipt_find(tx, hash.as_bytes())?,
            None => None,
        };
        let (session, at) = receipt.ok_or_else(|| Error::from(&refusals::NO_RECEIPT))?;
        let held = commands::find(tx, session)?;
        scanned_page(&a, tx, req, actor, &held, at, "/check-in/finish".to_owned())
    })
    .await
}

/// `POST /check-in/finish`: the check-in happens at the time of the scan.
pub(super) async fn finish_post(
    State(app): State<App>,
    req: Req,
    headers: HeaderMap,
    fields: Fields,
) -> Answer {
    let token = scan_token(&headers).and_then(|token| SessionToken::parse(&token)).map(|token| token.hash());
    let device = device(&app, &req);
    let gone = ui::answer::cookie(&app, SCAN, "", 0);
    app.command(req, fields, move |tx, req, actor, _| {
        actor.account()?;
        let receipt = match &token {
            Some(hash) => store::receipt_take(tx, hash.as_bytes())?,
            None => None,
        };
        let (session, at) = receipt.ok_or_else(|| Error::from(&refusals::NO_RECEIPT))?;
        let ask = CheckIn { session, at, want: Some(Way::In), device: device.clone(), team: None };
        let done = commands::check_in(tx, actor, &ask)?;
        Ok(Done::to("/check-in", said(&done, req.lang)).cookie(gone.clone()))
    })
    .await
}

// ---- the page behind the middle of the bottom bar ----

struct MyLine {
    id: String,
    activity: String,
    title: String,
    place: String,
    when: String,
    state: String,
    /// It has no place: one begins on a page of its own.
    remote: bool,
    /// The phone may say where it is.
    near: bool,
    /// What their group is called.
    group: String,
    /// They call its roll.
    leads: bool,
}

#[derive(Template)]
#[template(path = "attendance/start.html")]
struct StartPage {
    shell: Shell,
    form: Form,
    signed_in: bool,
    mine: Vec<MyLine>,
    /// The consent to it is given.
    agreed: bool,
    options: Vec<(String, String)>,
    leads: bool,
}

fn my_line(one: &MySession, asked: &[SessionId], lang: Lang) -> MyLine {
    let state = match (one.last_in, one.last_out) {
        (Some(at), _) if one.inside() => lang.f("已签到 {}", "Checked in at {}", &[&at.clock_text()]),
        (_, Some(at)) => lang.f("已签退 {}", "Checked out at {}", &[&at.clock_text()]),
        _ => lang.t("未签到", "Not checked in").to_owned(),
    };
    MyLine {
        id: one.id.to_string(),
        activity: one.activity_id.to_string(),
        title: one.title.clone(),
        place: one.place_public.clone(),
        when: span(one.starts_at, one.ends_at),
        state,
        remote: one.remote,
        near: asked.contains(&one.id),
        group: match (one.group_no, &one.group_name) {
            (Some(no), Some(name)) => crate::group::shown(no, name, lang),
            _ => String::new(),
        },
        leads: one.leads > 0,
    }
}

fn start_page(app: &App, tx: &mut ReadTx<'_>, req: &Req, actor: &Actor, form: Form) -> Result<Answer, Error> {
    let mine = match actor.person {
        Some(person) => store::of_person_now(tx, person)?,
        None => Vec::new(),
    };
    let inside: Vec<SessionId> =
        mine.iter().filter(|one| one.inside() && !one.remote).map(|one| one.id).collect();
    let (asked, agreed) = match actor.person {
        Some(person) if !inside.is_empty() => {
            (near::asks(tx, person, &inside)?, people::person::given(tx, person, Purpose::Location)?)
        }
        _ => (Vec::new(), false),
    };
    let mine: Vec<MyLine> = mine.iter().map(|one| my_line(one, &asked, req.lang)).collect();
    let mut form = form;
    if form.fields.get("session").is_none()
        && let [only] = mine.as_slice()
    {
        form.fields.0.push(("session".to_owned(), only.id.clone()));
    }
    ui::answer::html(
        app,
        req,
        &StartPage {
            shell: app.shell(req, actor, req.lang.t("签到", "Check in")),
            form,
            signed_in: actor.signed_in(),
            options: mine.iter().map(|one| (one.id.clone(), format!("{} {}", one.title, one.when))).collect(),
            mine,
            agreed,
            leads: actor.may(kernel::Action::Attendance),
        },
    )
}

/// `GET /check-in`
pub(super) async fn start(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| start_page(&a, tx, req, actor, Form::default())).await
}

/// The session somebody means: chosen from their own, or by the short number on the screen; of several with the
/// same short number the one whose code fits.
async fn meant(app: &App, fields: &Fields, code: &str) -> Result<SessionId, Refusal> {
    let wrong = || Refusal::new(&refusals::SESSION_UNKNOWN).on("no");
    if let Ok(id) = fields.text("session").parse::<i64>() {
        return Ok(SessionId(id));
    }
    let digits: String =
        fields.text("no").chars().filter_map(|c| c.to_digit(10)).map(|d| d.to_string()).collect();
    if digits.is_empty() {
        return Err(Refusal::new(&common::REQUIRED).with_both("label", "场次", "Session").on("no"));
    }
    let no: i64 = digits.parse().map_err(|_| wrong())?;
    let found = app
        .db
        .read(move |tx| Ok::<_, Error>(store::session_by_short_no(tx, no)?))
        .await
        .map_err(|_| Refusal::new(&common::UNAVAILABLE))?;
    let now = app.db.ctx().clock.now().0;
    found
        .iter()
        .find(|id| rotating::check(&app.vault.rotating, id.0, code, now).is_some())
        .or_else(|| found.first())
        .copied()
        .ok_or_else(wrong)
}

/// `POST /check-in`: the number typed by hand, or what the camera read.
pub(super) async fn typed(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let code = fields.text("code").to_owned();
    let proof = if code.is_empty() {
        let label = Label("数字码", "Number");
        fields.required("code", label, 200).map(|_| (SessionId(0), Timestamp(0))).map_err(|one| vec![one])
    } else if let Some((id, tag)) = code.rsplit_once("/k/").and_then(|(_, link)| rules::link(link)) {
        prove(&app, &req, SessionId(id), tag, &fields).await.map(|at| (SessionId(id), at))
    } else {
        match meant(&app, &fields, &code).await {
            Ok(session) => prove(&app, &req, session, &code, &fields).await.map(|at| (session, at)),
            Err(refusal) => Err(vec![refusal]),
        }
    };
    let device = device(&app, &req);
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, _| {
            actor.account()?;
            let (session, at) = proof.clone().map_err(Error::Refused)?;
            let ask = CheckIn { session, at, want: None, device: device.clone(), team: None };
            let done = commands::check_in(tx, actor, &ask)?;
            Ok(Done::to("/check-in", said(&done, req.lang)))
        },
        move |tx, req, actor, form| start_page(&a, tx, req, actor, form.clone()),
    )
    .await
}
