//! The guard in front of every file with people's data (X3, X12): who takes one out proved a moment ago to
//! be who they are, every one is in the audit log with its rows and filter, and a large one needs a second
//! person.
//!
//! It stands around the handlers, not inside: whatever answers with a spreadsheet passes it, so that a new
//! list cannot forget it. Lists that show nothing but what every visitor sees are named in [`PUBLIC`].

use std::future::Future;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_DISPOSITION;
use axum::routing::{get, post};
use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::error::common;
use kernel::{AccountId, Action, Actor, Error, Lang, PersonId, Refusal, Role, Timestamp, codes, ids};
use percent_encoding::percent_decode_str;
use ui::form::Label;
use ui::sheet::Exported;
use ui::{Answer, App, Done, Fields, Form, Req, Shell, TaskItem, answer};

use super::second::{self, Tried};
use super::sign_in::{again, checked, hashing, next_of, raw, refused};
use super::{commands, refusals, rules, store};
use crate::audit;

ids! {
    /// A request for a large export.
    RequestId;
}

codes! {
    /// Where a request stands.
    pub enum RequestState {
        /// The file was asked for; the reason is missing.
        Draft = "draft", "待说明理由", "Waits for its reason";
        /// Waits for a second person.
        Asked = "asked", "待批准", "Waits for approval";
        /// May be downloaded once.
        Approved = "approved", "已批准", "Approved";
        /// A second person said no.
        Refused = "refused", "未批准", "Refused";
        /// Was downloaded.
        Used = "used", "已下载", "Downloaded";
    }
}

row! {
    struct Request {
        id: RequestId, account: AccountId, person: Option<PersonId>, name: String, target: String, title: String,
        row_count: i64, reason: String, state: RequestState, created_at: Timestamp, decided_at: Option<Timestamp>,
        decider: String, expires_at: Timestamp,
    }
}

/// Lists without people's data, or with one's own only.
const PUBLIC: &[&str] = &[
    "/activities",
    "/orgs",
    "/teams",
    "/report-in",
    "/bodies",
    "/rankings",
    "/schedule",
    "/me/hours",
    "/import/template.xlsx",
    "/past-hours/template.xlsx",
];
/// Lists of the three administrators: guarded, but not closed while an administrator is missing.
const ADMIN: &[&str] = &["/accounts", "/roles", "/audit"];
/// How long a proof is good for exports, in milliseconds.
pub const PROOF_MS: i64 = 600_000;
/// How long an approval is good, in milliseconds.
pub const APPROVAL_MS: i64 = 24 * 3_600_000;
/// Name of the setting in the database; the binary writes it at its start.
pub const LIMIT: &str = "export_approval_rows";
/// Rows above which a second person is needed, when nothing is set.
pub const LIMIT_ROWS: i64 = 5_000;
/// What a phone code of this page is for.
const PURPOSE: &str = "confirm";

pub(super) fn routes() -> axum::Router<App> {
    axum::Router::new()
        .route("/confirm", get(confirm).post(confirm_post))
        .route("/confirm/send", post(confirm_send))
        .route("/exports", get(list))
        .route("/exports/{id}", get(show))
        .route("/exports/{id}/ask", post(ask))
        .route("/exports/{id}/approve", post(approve))
        .route("/exports/{id}/refuse", post(refuse))
}

/// Whether a request may answer with a file that the guard looks at. Read as the handlers read it: names and values
/// may be written with percent signs, which must not be a way around the guard.
#[must_use]
pub fn may_export(path: &str, query: &str) -> bool {
    let written = percent_decode_str(path).decode_utf8_lossy();
    let file = written.ends_with(".csv") || written.ends_with(".xlsx");
    let asked = || {
        form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "format" && !value.is_empty())
    };
    (file || asked()) && !path.starts_with("/assets/") && !PUBLIC.contains(&path)
}

/// Answers a request that may export: asks for a fresh proof first, then lets the handler answer, then holds
/// a large file back until a second person agrees, and notes every one that leaves.
pub async fn guarded(app: &App, req: Req, handler: impl Future<Output = Answer>) -> Answer {
    let (a, asked) = (app.clone(), req.clone());
    let before = app.db.read(move |tx| before(tx, &a, &asked)).await;
    let actor = match before {
        Ok(Before::Pass) => return handler.await,
        Ok(Before::Prove) => {
            let to = format!("/confirm?next={}", encoded(&req.target));
            return Done::to(to, "").answer(app, &req);
        }
        Ok(Before::Watch(actor)) => actor,
        Err(error) => return refused(app, req, error).await,
    };
    let made = handler.await;
    let sheet = made.extensions().get::<Exported>().cloned();
    if sheet.is_none() && !made.headers().contains_key(CONTENT_DISPOSITION) {
        return made;
    }
    let sheet = sheet.unwrap_or(Exported { title: req.path.clone(), rows: 0 });
    let asked = req.clone();
    let held = app.db.write(move |tx| after(tx, &actor, &asked, &sheet)).await;
    match held {
        Ok(None) => made,
        Ok(Some(id)) => {
            let say = req
                .lang
                .t("这份名单较大，需要第二个人批准", "This list is large: a second person must approve it");
            Done::to(format!("/exports/{id}"), say).answer(app, &req)
        }
        Err(error) => refused(app, req, error).await,
    }
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

enum Before {
    /// Nothing to guard: a visitor, or somebody without a role.
    Pass,
    /// The last proof is too old.
    Prove,
    /// Go on, and look at what comes out.
    Watch(Actor),
}

fn before(tx: &mut ReadTx<'_>, app: &App, req: &Req) -> Result<Before, Error> {
    let actor = app.actor(tx, req)?;
    if actor.grants.is_empty() {
        return Ok(Before::Pass);
    }
    // Fix-19: not before the administrators are complete.
    if !ADMIN.contains(&req.path.as_str())
        && let Some(gap) = commands::admin_gap(tx)?
    {
        let why =
            Refusal::new(&refusals::EXPORT_GAP).with_both("gap", &gap.text(Lang::Zh), &gap.text(Lang::En));
        return Err(why.into());
    }
    if proved_at(tx, req)?.0 + PROOF_MS < tx.now().0 {
        return Ok(Before::Prove);
    }
    Ok(Before::Watch(actor))
}

/// Lets a file go (`None`), or holds it back and gives the request it waits for.
fn after(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    req: &Req,
    sheet: &Exported,
) -> Result<Option<RequestId>, Error> {
    let account = actor.account()?;
    let rows = i64::try_from(sheet.rows).unwrap_or(i64::MAX);
    let limit = limit(tx)?;
    let mut how = "";
    if rows > limit && !ADMIN.contains(&req.path.as_str()) {
        if !request_use(tx, account, &req.target, rows)? {
            let id = request_put(tx, account, &req.target, &sheet.title, rows)?;
            audit::note_failed(
                tx,
                actor,
                "export",
                "export_request",
                id.0,
                &format!("{rows} rows, held back: {}", shown(req)),
            )?;
            return Ok(Some(id));
        }
        how = ", approved";
    }
    audit::note(tx, actor, "export", "list", rows, &format!("{rows} rows{how}: {}", shown(req)))?;
    Ok(None)
}

/// The list and its filter for the audit log, without numbers that may be somebody's phone or document.
fn shown(req: &Req) -> String {
    let (mut out, mut digits) = (String::new(), 0);
    for c in req.target.chars().take(300) {
        digits = if c.is_ascii_digit() { digits + 1 } else { 0 };
        // Numbers of our own objects stand in the path; what was typed stands behind the question mark.
        out.push(if digits > 4 && out.contains('?') { '*' } else { c });
    }
    out
}

fn proved_at(tx: &mut ReadTx<'_>, req: &Req) -> Result<Timestamp, DbError> {
    let Some(hash) = &req.session else { return Ok(Timestamp(0)) };
    let found: Option<(Timestamp,)> =
        tx.first(sql!("SELECT proof_at FROM login_session WHERE token_hash = $1"), args![hash])?;
    Ok(found.map_or(Timestamp(0), |(at,)| at))
}

/// Whether the owner of the session proved a moment ago to be who they are.
pub(super) fn fresh(tx: &mut ReadTx<'_>, req: &Req) -> Result<bool, DbError> {
    Ok(proved_at(tx, req)?.0 + PROOF_MS >= tx.now().0)
}

fn proved(tx: &mut WriteTx<'_>, req: &Req) -> Result<(), DbError> {
    let now = tx.now();
    let hash = req.session.clone().unwrap_or_default();
    tx.exec(sql!("UPDATE login_session SET proof_at = $1 WHERE token_hash = $2"), args![now, hash])?;
    Ok(())
}

fn limit(tx: &mut ReadTx<'_>) -> Result<i64, DbError> {
    let found: Option<(String,)> =
        tx.first(sql!("SELECT value FROM setting WHERE name = $1"), args![LIMIT])?;
    Ok(found.and_then(|(value,)| value.parse().ok()).unwrap_or(LIMIT_ROWS))
}

/// Uses an approval up: for the same list and filter, about as many rows, once.
fn request_use(tx: &mut WriteTx<'_>, account: AccountId, target: &str, rows: i64) -> Result<bool, DbError> {
    let now = tx.now();
    Ok(tx.exec(
        sql!(
            "UPDATE export_request SET state = 'used', used_at = $1
             WHERE id = (SELECT r.id FROM export_request r WHERE r.account_id = $2 AND r.target = $3
                    AND r.state = 'approved' AND r.expires_at > $1 AND r.row_count * 11 >= $4 * 10
                ORDER BY r.id DESC LIMIT 1)
               AND state = 'approved'"
        ),
        args![now, account, target, rows],
    )? == 1)
}

/// The open request for this list and filter, made when there is none.
fn request_put(
    tx: &mut WriteTx<'_>,
    account: AccountId,
    target: &str,
    title: &str,
    rows: i64,
) -> Result<RequestId, DbError> {
    let open: Vec<(RequestId,)> = tx.all(
        sql!(
            "SELECT id FROM export_request
             WHERE account_id = $1 AND target = $2 AND state IN ('draft', 'asked') AND row_count >= $3
             ORDER BY id DESC LIMIT 1"
        ),
        args![account, target, rows],
    )?;
    if let Some((id,)) = open.first() {
        return Ok(*id);
    }
    let id: RequestId = tx.new_id();
    let now = tx.now();
    tx.exec(
        sql!(
            "INSERT INTO export_request (id, account_id, target, title, row_count, state, created_at)
             VALUES ($1, $2, $3, $4, $5, 'draft', $6)"
        ),
        args![id, account, target, title, rows, now],
    )?;
    Ok(id)
}

const COLUMNS: &str =
    "SELECT r.id, r.account_id, a.person_id, a.name, r.target, r.title, r.row_count, r.reason, r.state,
        r.created_at, r.decided_at, COALESCE(d.name, ''), r.expires_at
     FROM export_request r JOIN account a ON a.id = r.account_id LEFT JOIN account d ON d.id = r.decided_by";

fn request_find(tx: &mut ReadTx<'_>, id: RequestId) -> Result<Option<Request>, DbError> {
    let mut query = Query::new(COLUMNS);
    query.with("WHERE r.id = {}", &[&id]);
    Ok(tx.list(&query)?.into_iter().next())
}

/// Own requests, and those that wait for somebody, newest first.
fn request_list(
    tx: &mut ReadTx<'_>,
    account: AccountId,
    waiting_only: bool,
) -> Result<Vec<Request>, DbError> {
    let mut query = Query::new(COLUMNS);
    if waiting_only {
        query.with("WHERE r.state = 'asked' AND r.account_id <> {}", &[&account]);
    } else {
        query.with("WHERE r.state = 'asked' OR r.account_id = {}", &[&account]);
    }
    query.push("ORDER BY r.id DESC LIMIT 100");
    tx.list(&query)
}

/// The subtrees (area, sponsor) from which somebody may export.
fn scopes_of(
    tx: &mut ReadTx<'_>,
    accounts: &[AccountId],
) -> Result<Vec<(AccountId, String, String)>, DbError> {
    let mut query = Query::new(
        "SELECT g.account_id, o.area_path, o.sponsor_path FROM role_grant g JOIN org o ON o.id = g.org_id
         WHERE g.ended_at IS NULL AND g.role IN ('leader', 'station', 'office') AND g.account_id IN (0",
    );
    for account in accounts {
        query.with(", {}", &[account]);
    }
    query.push(") ORDER BY g.id");
    tx.list(&query)
}

/// Whether the actor may decide on a request: another person, who either is the security administrator or
/// may, as staff, export everything that the one who asks may.
fn may_decide(actor: &Actor, request: &Request, scopes: &[(AccountId, String, String)]) -> bool {
    let other = actor.account.is_some_and(|account| account != request.account)
        && (actor.person.is_none() || actor.person != request.person);
    let covers = |area: &str, sponsor: &str| {
        actor.grants.iter().any(|grant| {
            matches!(grant.role, Role::Station | Role::Office)
                && ((!grant.area_path.is_empty() && area.starts_with(&grant.area_path))
                    || (!grant.sponsor_path.is_empty() && sponsor.starts_with(&grant.sponsor_path)))
        })
    };
    let mut theirs = scopes.iter().filter(|(account, ..)| *account == request.account).peekable();
    other
        && (actor.is(Role::Security)
            || (theirs.peek().is_some() && theirs.all(|(_, area, sponsor)| covers(area, sponsor))))
}

/// The requests of a list that the actor may see, with whether they may decide.
fn visible(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    requests: Vec<Request>,
) -> Result<Vec<(Request, bool)>, DbError> {
    let accounts: Vec<AccountId> = requests.iter().map(|one| one.account).collect();
    let scopes = scopes_of(tx, &accounts)?;
    Ok(requests
        .into_iter()
        .map(|one| {
            let decides = one.state == RequestState::Asked && may_decide(actor, &one, &scopes);
            (one, decides)
        })
        .filter(|(one, decides)| *decides || Some(one.account) == actor.account)
        .collect())
}

/// What waits: requests to decide on, and approved files to fetch.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    let Some(account) = actor.account.filter(|_| !actor.grants.is_empty()) else { return Ok(Vec::new()) };
    let now = tx.now();
    let mut out = Vec::new();
    if actor.may(Action::Export) || actor.is(Role::Security) {
        let waiting = request_list(tx, account, true)?;
        let count = if waiting.is_empty() { 0 } else { visible(tx, actor, waiting)?.len() };
        if count > 0 {
            out.push(TaskItem {
                title: lang.t("有导出申请等您批准", "Exports wait for your approval").to_owned(),
                detail: lang
                    .t("较大的名单须由第二个人批准。", "A large list needs a second person.")
                    .to_owned(),
                href: "/exports".to_owned(),
                action: lang.t("去看看", "See them").to_owned(),
                due: None,
                count: i64::try_from(count).unwrap_or(0),
            });
        }
    }
    let ready: Vec<(RequestId, String, Timestamp)> = tx.all(
        sql!(
            "SELECT id, title, expires_at FROM export_request
             WHERE account_id = $1 AND state = 'approved' AND expires_at > $2 ORDER BY id DESC LIMIT 5"
        ),
        args![account, now],
    )?;
    out.extend(ready.into_iter().map(|(id, title, expires)| TaskItem {
        title: lang.f("导出已批准：{}", "Export approved: {}", &[&title]),
        detail: lang.t("24 小时内可下载一次。", "It can be downloaded once within 24 hours.").to_owned(),
        href: format!("/exports/{id}"),
        action: lang.t("下载", "Download").to_owned(),
        due: Some(expires),
        count: 1,
    }));
    Ok(out)
}

struct Line {
    id: RequestId,
    title: String,
    who: String,
    rows: i64,
    state: &'static str,
    at: String,
    decides: bool,
}

#[derive(Template)]
#[template(path = "account/exports.html")]
struct ListPage {
    shell: Shell,
    lines: Vec<Line>,
}

/// Whoever may export or decide about exports.
fn demand(actor: &Actor) -> Result<AccountId, Error> {
    let account = actor.account()?;
    if actor.may(Action::Export) || actor.is(Role::Security) {
        Ok(account)
    } else {
        Err((&common::FORBIDDEN).into())
    }
}

async fn list(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let account = demand(actor)?;
        let all = request_list(tx, account, false)?;
        let lines = visible(tx, actor, all)?
            .into_iter()
            .map(|(one, decides)| Line {
                id: one.id,
                title: one.title,
                who: one.name,
                rows: one.row_count,
                state: one.state.name(req.lang),
                at: one.created_at.text(),
                decides,
            })
            .collect();
        answer::html(
            &a,
            req,
            &ListPage { shell: a.shell(req, actor, req.lang.t("导出申请", "Export requests")), lines },
        )
    })
    .await
}

#[derive(Template)]
#[template(path = "account/export.html")]
struct RequestPage {
    shell: Shell,
    form: Form,
    one: Request,
    state: &'static str,
    mine: bool,
    decides: bool,
    ready: bool,
    filter: String,
}

/// A request that the actor may see, and whether they may decide.
fn seen(tx: &mut ReadTx<'_>, actor: &Actor, id: RequestId) -> Result<(Request, bool), Error> {
    demand(actor)?;
    let found = request_find(tx, id)?.ok_or(&common::NOT_FOUND)?;
    let mut all = visible(tx, actor, vec![found])?;
    all.pop().ok_or_else(|| (&common::NOT_FOUND).into())
}

fn request_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    form: &Form,
    id: RequestId,
) -> Result<Answer, Error> {
    let (one, decides) = seen(tx, actor, id)?;
    let mine = actor.account == Some(one.account);
    let page = RequestPage {
        shell: app.shell(req, actor, req.lang.t("导出申请", "Export request")),
        form: form.clone(),
        state: one.state.name(req.lang),
        mine,
        decides,
        ready: mine && one.state == RequestState::Approved && one.expires_at > tx.now(),
        filter: one.target.replace("format=xlsx", "").trim_end_matches(['?', '&']).to_owned(),
        one,
    };
    answer::html(app, req, &page)
}

async fn show(State(app): State<App>, req: Req, Path(id): Path<RequestId>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| request_page(&a, tx, req, actor, &Form::default(), id)).await
}

/// Moves a request on when it still stands where it was seen.
fn moved(rows: u64) -> Result<(), Error> {
    if rows == 1 { Ok(()) } else { Err((&common::STALE).into()) }
}

async fn ask(State(app): State<App>, req: Req, Path(id): Path<RequestId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let (one, _) = seen(tx, actor, id)?;
            if actor.account != Some(one.account) {
                return Err((&common::FORBIDDEN).into());
            }
            let reason = fields.required("reason", Label("用途", "Purpose"), 300)?;
            let changed = tx.exec(
                sql!(
                    "UPDATE export_request SET state = 'asked', reason = $1 WHERE id = $2 AND state = 'draft'"
                ),
                args![reason, id],
            )?;
            moved(changed)?;
            audit::note(tx, actor, "export.ask", "export_request", id.0, &one.row_count.to_string())?;
            Ok(Done::to(
                format!("/exports/{id}"),
                req.lang.t("已提交，等待批准", "Sent; it waits for approval"),
            ))
        },
        move |tx, req, actor, form| request_page(&a, tx, req, actor, form, id),
    )
    .await
}

async fn decide(app: App, req: Req, id: RequestId, fields: Fields, yes: bool) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        let (_, decides) = seen(tx, actor, id)?;
        if !decides {
            return Err((&common::FORBIDDEN).into());
        }
        let now = tx.now();
        let (state, act) = if yes { ("approved", "export.approve") } else { ("refused", "export.refuse") };
        let until = Timestamp(now.0 + APPROVAL_MS);
        let changed = tx.exec(
            sql!(
                "UPDATE export_request SET state = $1, decided_by = $2, decided_at = $3, expires_at = $4
                 WHERE id = $5 AND state = 'asked'"
            ),
            args![state, actor.account, now, until, id],
        )?;
        moved(changed)?;
        audit::note(tx, actor, act, "export_request", id.0, "")?;
        let say = if yes { req.lang.t("已批准", "Approved") } else { req.lang.t("已拒绝", "Refused") };
        Ok(Done::to("/exports", say))
    })
    .await
}

async fn approve(State(app): State<App>, req: Req, Path(id): Path<RequestId>, fields: Fields) -> Answer {
    decide(app, req, id, fields, true).await
}

async fn refuse(State(app): State<App>, req: Req, Path(id): Path<RequestId>, fields: Fields) -> Answer {
    decide(app, req, id, fields, false).await
}

/// How the signed-in account can prove itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Second,
    Password,
    Phone,
}

fn way_of(tx: &mut ReadTx<'_>, account: AccountId) -> Result<Way, Error> {
    if second::has(tx, account)? {
        return Ok(Way::Second);
    }
    let has_password = store::account_find(tx, account)?
        .is_some_and(|one| one.login.is_some() && one.password_hash.is_some());
    Ok(if has_password { Way::Password } else { Way::Phone })
}

#[derive(serde::Deserialize, Default)]
struct Next {
    #[serde(default)]
    next: String,
}

#[derive(Template)]
#[template(path = "account/confirm.html")]
struct ConfirmPage {
    shell: Shell,
    form: Form,
    next: String,
    second: bool,
    password: bool,
    phone: String,
    sent: bool,
    code: Option<String>,
    demo: bool,
}

/// The phone of the signed-in person, as it is stored.
fn own_phone(tx: &mut ReadTx<'_>, app: &App, actor: &Actor) -> Result<String, Error> {
    let Some(person) = actor.person else { return Ok(String::new()) };
    let sealed = crate::person::sealed(tx, person)?;
    Ok(sealed.map(|sealed| sealed.phone(&app.vault)).transpose()?.flatten().unwrap_or_default())
}

fn confirm_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    form: &Form,
    next: &str,
    sent: Option<Option<String>>,
) -> Result<Answer, Error> {
    let way = way_of(tx, actor.account()?)?;
    let phone = if way == Way::Phone { own_phone(tx, app, actor)? } else { String::new() };
    let page = ConfirmPage {
        shell: app.shell(req, actor, req.lang.t("请再确认一次是您本人", "Please confirm that it is you")),
        form: form.clone(),
        next: next.to_owned(),
        second: way == Way::Second,
        password: way == Way::Password,
        phone: if phone.is_empty() { phone } else { vault::mask_phone(&phone) },
        sent: sent.is_some(),
        code: sent.flatten(),
        demo: app.settings.demo,
    };
    answer::html(app, req, &page)
}

async fn confirm(
    State(app): State<App>,
    req: Req,
    axum::extract::Query(asked): axum::extract::Query<Next>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        confirm_page(&a, tx, req, actor, &Form::default(), &next_of(&asked.next), None)
    })
    .await
}

async fn confirm_again(app: &App, req: Req, fields: &Fields, error: Error, sent: bool) -> Answer {
    let (a, next) = (app.clone(), next_of(fields.text("next")));
    again(app, req, Fields::default(), error, move |tx, req, actor, form| {
        confirm_page(&a, tx, req, actor, form, &next, sent.then_some(None))
    })
    .await
}

async fn confirm_send(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let sent = match checked(&app, &req, &fields) {
        Ok(()) => {
            let (a, asked) = (app.clone(), req.clone());
            app.db
                .write(move |tx| {
                    let actor = a.actor(tx, &asked)?;
                    actor.account()?;
                    let phone = own_phone(tx, &a, &actor)?;
                    if phone.is_empty() {
                        return Err((&refusals::NO_PROOF).into());
                    }
                    commands::send_phone_code(tx, &a, &phone, PURPOSE)
                })
                .await
        }
        Err(error) => Err(error),
    };
    match sent {
        Ok(code) => {
            let (a, next) = (app.clone(), next_of(fields.text("next")));
            app.page(req, move |tx, req, actor| {
                confirm_page(&a, tx, req, actor, &Form::default(), &next, Some(code.clone()))
            })
            .await
        }
        Err(error) => confirm_again(&app, req, &fields, error, false).await,
    }
}

async fn confirm_post(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    match prove(&app, &req, &fields).await {
        Ok(()) => {
            let next = next_of(fields.text("next"));
            Done::to(next, "").answer(&app, &req)
        }
        Err(error) => {
            let sent = !fields.text("code").is_empty();
            confirm_again(&app, req, &fields, error, sent).await
        }
    }
}

async fn prove(app: &App, req: &Req, fields: &Fields) -> Result<(), Error> {
    checked(app, req, fields)?;
    let (a, asked) = (app.clone(), req.clone());
    let typed = raw(fields, "password");
    // Somebody at an unlocked desk must not guess here either (X2).
    let (account, way, hash) = app
        .db
        .write(move |tx| {
            let actor = a.actor(tx, &asked)?;
            let account = actor.account()?;
            let way = way_of(tx, account)?;
            let key = format!("password:{account}");
            if way == Way::Password
                && let Some(wait) = commands::hit(tx, &key, rules::TRIES, rules::LOCK_MS, rules::LOCK_MS)?
            {
                return Ok(Err(Error::from(Refusal::new(&refusals::LOCKED).with("seconds", wait))));
            }
            let hash =
                store::account_find(tx, account)?.and_then(|one| one.password_hash).unwrap_or_default();
            Ok::<_, Error>(Ok((account, way, hash)))
        })
        .await??;
    let one_tap = app.settings.demo && fields.ticked("demo");
    let vault = app.vault.clone();
    let good = way == Way::Password
        && !one_tap
        && hashing(move || vault.passwords.verify(&typed, &hash).unwrap_or(false)).await?;
    let (a, asked, code) = (app.clone(), req.clone(), fields.text("code").to_owned());
    app.db
        .write(move |tx| {
            let actor = a.actor(tx, &asked)?;
            let wrong = match way {
                _ if one_tap => None,
                Way::Password if good => None,
                Way::Password => Some(Refusal::new(&refusals::PASSWORD_CURRENT).on("password").into()),
                Way::Second => match second::check(tx, &a.vault, account, &code)? {
                    Tried::Good(_) => None,
                    Tried::Wait(wait) => Some(Refusal::new(&refusals::LOCKED).with("seconds", wait).into()),
                    Tried::Wrong => Some(Refusal::new(&refusals::SECOND_WRONG).on("code").into()),
                },
                Way::Phone => {
                    let phone = own_phone(tx, &a, &actor)?;
                    let good =
                        !phone.is_empty() && commands::check_phone_code(tx, &a, &phone, PURPOSE, &code)?;
                    (!good).then(|| Refusal::new(&refusals::CODE_WRONG).on("code").into())
                }
            };
            if let Some(error) = wrong {
                audit::note_failed(tx, &actor, "confirm", "account", account.0, "")?;
                return Ok(Err(error));
            }
            if way == Way::Password {
                store::attempt_clear(tx, &format!("password:{account}"))?;
            }
            proved(tx, &asked)?;
            Ok::<_, Error>(Ok(()))
        })
        .await?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_people_are_guarded_and_public_lists_are_not() {
        assert!(may_export("/people", "format=xlsx&q=zs"));
        assert!(may_export("/sessions/5/sign-ups", "format=xlsx"));
        assert!(may_export("/import/5/refused.csv", ""));
        assert!(may_export("/something/new", "a=b&format=csv"));
        assert!(may_export("/people", "%66ormat=xlsx"));
        assert!(may_export("/people", "q=1&form%61t=%78lsx"));
        assert!(may_export("/import/5/refused%2Ecsv", ""));
        assert!(!may_export("/people", "q=format"));
        assert!(!may_export("/people", "format="));
        assert!(!may_export("/activities", "format=xlsx"));
        assert!(!may_export("/assets/x.csv", ""));
    }

    #[test]
    fn typed_numbers_do_not_reach_the_log() {
        let req = |target: &str| Req { target: target.to_owned(), ..Req::default() };
        assert_eq!(shown(&req("/people?q=13800001234&format=xlsx")), "/people?q=1380*******&format=xlsx");
        assert_eq!(
            shown(&req("/sessions/123456789012/roll?format=xlsx")),
            "/sessions/123456789012/roll?format=xlsx"
        );
    }
}
