//! Tokens by which programs act in somebody's name (M23): issued on one's own page after a fresh proof, with
//! scopes and an end, shown once, stored as a hash, and never good for pages.

use askama::Template;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use db::{DbError, ReadTx, WriteTx, args, row, sql};
use kernel::error::{Collect, common};
use kernel::{AccountId, Actor, Error, Grant, OrgId, PersonId, Refusal, Role, Scope, Timestamp, ids};
use ui::form::Label;
use ui::request::TOKEN_PREFIX;
use ui::{Answer, App, Done, Fields, Form, Req, Shell, answer};

use super::second::{self, Policy};
use super::sign_in::{again, checked};
use super::{export, refusals, store};
use crate::audit;

ids! {
    /// A token.
    TokenId;
}

/// Tokens of one account that may be good at a time.
const MOST: usize = 20;
/// Days a token may last.
const DAYS: i64 = 365;
/// How often a use is noted, in milliseconds.
const NOTED_MS: i64 = 60_000;

row! {
    struct Holder {
        id: TokenId, with_roles: bool, account: AccountId, person: Option<PersonId>, name: String, must_change: bool,
        second_at: Option<Timestamp>, policy: Option<String>,
    }

    struct Held { role: String, org: OrgId, area_path: String, sponsor_path: String, org_name: String }

    struct TokenRow {
        id: TokenId, name: String, created_at: Timestamp, expires_at: Timestamp, used_at: Option<Timestamp>,
        used_from: String,
    }
}

pub(super) fn routes() -> axum::Router<App> {
    axum::Router::new().route("/me/tokens", get(list).post(create)).route("/me/tokens/{id}/end", post(end))
}

/// The actor behind a token's hash, cut to its scopes; `None`: unknown, over, ended, or the account is disabled.
/// Roles count when the token was issued with them and staff have the second factor that is required (X4).
///
/// # Errors
/// `common.token_second`; of the database.
pub fn authenticate(tx: &mut ReadTx<'_>, token_hash: &[u8], from: &str) -> Result<Option<Actor>, Error> {
    let now = tx.now();
    let found: Option<Holder> = tx.first(
        sql!(
            "SELECT t.id, t.with_roles, a.id, a.person_id, a.name, a.must_change, f.confirmed_at, s.value
             FROM api_token t JOIN account a ON a.id = t.account_id
             LEFT JOIN second_factor f ON f.account_id = a.id
             LEFT JOIN setting s ON s.name = $1
             WHERE t.token_hash = $2 AND t.ended_at IS NULL AND t.expires_at > $3 AND a.state = 'active'"
        ),
        args![second::POLICY, token_hash, now],
    )?;
    let Some(found) = found else { return Ok(None) };
    let mut grants = Vec::new();
    if found.with_roles && !found.must_change {
        let held: Vec<Held> = tx.all(
            sql!(
                "SELECT g.role, g.org_id, o.area_path, o.sponsor_path, o.name FROM role_grant g
                 JOIN org o ON o.id = g.org_id WHERE g.account_id = $1 AND g.ended_at IS NULL ORDER BY g.id LIMIT 200"
            ),
            args![found.account],
        )?;
        grants.extend(held.into_iter().filter_map(|one| {
            Some(Grant {
                role: Role::from_code(&one.role)?,
                org: one.org,
                area_path: one.area_path,
                sponsor_path: one.sponsor_path,
                org_name: one.org_name,
            })
        }));
    }
    let required = found.policy.as_deref() == Some(Policy::Required.code());
    if !grants.is_empty() && required && found.second_at.is_none() {
        return Err((&common::TOKEN_SECOND).into());
    }
    Ok(Some(Actor {
        account: Some(found.account),
        person: found.person,
        name: found.name,
        grants,
        from: format!("{from} token {}", found.id),
        cut: Some(scopes_of(tx, found.id)?),
    }))
}

fn scopes_of(tx: &mut ReadTx<'_>, id: TokenId) -> Result<Vec<Scope>, DbError> {
    let all: Vec<(String,)> =
        tx.all(sql!("SELECT scope FROM api_token_scope WHERE token_id = $1 ORDER BY scope"), args![id])?;
    Ok(all.iter().filter_map(|(scope,)| Scope::from_code(scope)).collect())
}

/// Notes the use of a token, once a minute at most; for a task beside the request.
///
/// # Errors
/// Of the database.
pub fn touch(tx: &mut WriteTx<'_>, token_hash: &[u8], from: &str) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_later(
        sql!(
            "UPDATE api_token SET used_at = $1, used_from = $2
             WHERE token_hash = $3 AND ended_at IS NULL AND (used_at IS NULL OR used_at < $4)"
        ),
        args![now, from, token_hash, Timestamp(now.0 - NOTED_MS)],
    )
}

/// Ends all tokens of an account, as when its sessions are ended by somebody else.
///
/// # Errors
/// Of the database.
pub fn end_all(tx: &mut WriteTx<'_>, account: AccountId) -> Result<u64, DbError> {
    let now = tx.now();
    tx.exec(
        sql!("UPDATE api_token SET ended_at = $1 WHERE account_id = $2 AND ended_at IS NULL"),
        args![now, account],
    )
}

fn tokens_of(tx: &mut ReadTx<'_>, account: AccountId) -> Result<Vec<TokenRow>, DbError> {
    let now = tx.now();
    tx.all(
        sql!(
            "SELECT id, name, created_at, expires_at, used_at, used_from FROM api_token
             WHERE account_id = $1 AND ended_at IS NULL AND expires_at > $2 ORDER BY id DESC LIMIT 100"
        ),
        args![account, now],
    )
}

fn scopes_of_all(tx: &mut ReadTx<'_>, account: AccountId) -> Result<Vec<(TokenId, String)>, DbError> {
    tx.all(
        sql!(
            "SELECT s.token_id, s.scope FROM api_token_scope s JOIN api_token t ON t.id = s.token_id
             WHERE t.account_id = $1 AND t.ended_at IS NULL ORDER BY s.token_id, s.scope LIMIT 1000"
        ),
        args![account],
    )
}

/// A token to issue.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// What it is for, in its owner's words.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// How long it lasts, in days.
    pub days: i64,
}

impl NewToken {
    fn read(fields: &Fields) -> Result<Self, Error> {
        let mut wrong = Collect::default();
        let name = wrong.take(fields.required("name", Label("用途", "What it is for"), 60));
        let days = wrong.take(fields.number("days", Label("有效天数", "Days it lasts"), 1, DAYS));
        let mut scopes: Vec<Scope> = fields.all("scope").into_iter().filter_map(Scope::from_code).collect();
        scopes.sort_unstable();
        scopes.dedup();
        wrong.check(scopes.is_empty(), || {
            Refusal::new(&common::REQUIRED).with_both("label", "权限", "Scopes").on("scope")
        });
        wrong.done()?;
        match (name, days) {
            (Some(name), Some(days)) => Ok(Self { name, scopes, days }),
            _ => Err(Error::bug("a field was neither read nor refused")),
        }
    }
}

/// Issues a token of the actor's own account; `token_hash` is what is stored of it.
///
/// # Errors
/// `account.token_most`, `common.token_second`, `common.sign_in`.
pub fn issue(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    new: &NewToken,
    token_hash: &[u8],
) -> Result<TokenId, Error> {
    let account = actor.account()?;
    // Two windows at once must not go beyond the limit.
    if !store::account_lock(tx, account)? {
        return Err((&refusals::DISABLED).into());
    }
    if tokens_of(tx, account)?.len() >= MOST {
        return Err(Refusal::new(&refusals::TOKEN_MOST).with("max", MOST).into());
    }
    let staff = !actor.grants.is_empty();
    if staff && second::policy(tx)? == Policy::Required && !second::has(tx, account)? {
        return Err((&common::TOKEN_SECOND).into());
    }
    let (id, now): (TokenId, _) = (tx.new_id(), tx.now());
    let until = Timestamp(now.0 + new.days.clamp(1, DAYS) * kernel::time::DAY_MS);
    tx.exec(
        sql!(
            "INSERT INTO api_token (id, account_id, token_hash, name, with_roles, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)"
        ),
        args![id, account, token_hash, new.name, staff, now, until],
    )?;
    for scope in &new.scopes {
        tx.exec_later(
            sql!("INSERT INTO api_token_scope (token_id, scope) VALUES ($1, $2)"),
            args![id, scope.code()],
        )?;
    }
    let words: Vec<&str> = new.scopes.iter().map(|scope| scope.code()).collect();
    let detail = format!("{} ({}), {} days", new.name, words.join(" "), new.days);
    audit::note(tx, actor, "token.issue", "api_token", id.0, &detail)?;
    Ok(id)
}

/// A token in the list.
struct Line {
    id: TokenId,
    name: String,
    scopes: String,
    since: String,
    until: String,
    used: String,
}

#[derive(Template)]
#[template(path = "account/tokens.html")]
struct TokensPage {
    shell: Shell,
    form: Form,
    lines: Vec<Line>,
    scopes: Vec<(String, String)>,
    days: Vec<(String, String)>,
    /// The token just issued: shown now and never again.
    made: Option<String>,
    /// Whether the last proof is fresh enough to issue one.
    proved: bool,
    staff: bool,
}

fn tokens_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    form: &Form,
    made: Option<String>,
) -> Result<Answer, Error> {
    let (account, lang) = (actor.account()?, req.lang);
    let scopes = scopes_of_all(tx, account)?;
    let lines = tokens_of(tx, account)?
        .into_iter()
        .map(|one| Line {
            scopes: scopes
                .iter()
                .filter(|scope| scope.0 == one.id)
                .filter_map(|scope| Scope::from_code(&scope.1))
                .map(|scope| scope.name(lang))
                .collect::<Vec<_>>()
                .join(lang.t("；", "; ")),
            id: one.id,
            name: one.name,
            since: one.created_at.text(),
            until: one.expires_at.text(),
            used: one.used_at.map_or_else(
                || lang.t("还没有用过", "not yet").to_owned(),
                |at| format!("{} {}", at.text(), one.used_from),
            ),
        })
        .collect();
    let days = |days: i64, zh: &str, en: &str| (days.to_string(), lang.t(zh, en).to_owned());
    let page = TokensPage {
        shell: app.shell(req, actor, lang.t("我的令牌", "My tokens")),
        form: form.clone(),
        lines,
        scopes: Scope::ALL.iter().map(|one| (one.code().to_owned(), one.name(lang).to_owned())).collect(),
        days: vec![
            days(30, "30 天", "30 days"),
            days(90, "90 天", "90 days"),
            days(180, "180 天", "180 days"),
            days(365, "365 天", "365 days"),
        ],
        made,
        proved: export::fresh(tx, req)?,
        staff: !actor.grants.is_empty(),
    };
    answer::html(app, req, &page)
}

async fn list(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| tokens_page(&a, tx, req, actor, &Form::default(), None)).await
}

async fn create(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let token = app.vault.session_token();
    let made = match checked(&app, &req, &fields) {
        Ok(()) => {
            let (a, asked, typed, hash) = (app.clone(), req.clone(), fields.clone(), token.hash());
            app.db
                .write(move |tx| {
                    let actor = a.actor(tx, &asked)?;
                    actor.account()?;
                    if !export::fresh(tx, &asked)? {
                        return Ok(false);
                    }
                    issue(tx, &actor, &NewToken::read(&typed)?, hash.as_bytes())?;
                    Ok::<_, Error>(true)
                })
                .await
        }
        Err(error) => Err(error),
    };
    let a = app.clone();
    match made {
        Ok(true) => {
            let shown = format!("{TOKEN_PREFIX}{}", token.text());
            app.page(req, move |tx, req, actor| {
                tokens_page(&a, tx, req, actor, &Form::default(), Some(shown.clone()))
            })
            .await
        }
        Ok(false) => Done::to("/confirm?next=%2Fme%2Ftokens", "").answer(&app, &req),
        Err(error) => {
            again(&app, req, fields, error, move |tx, req, actor, form| {
                tokens_page(&a, tx, req, actor, form, None)
            })
            .await
        }
    }
}

async fn end(State(app): State<App>, req: Req, Path(id): Path<TokenId>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        let (account, now) = (actor.account()?, tx.now());
        let ended = tx.exec(
            sql!("UPDATE api_token SET ended_at = $1 WHERE id = $2 AND account_id = $3 AND ended_at IS NULL"),
            args![now, id, account],
        )?;
        if ended == 0 {
            return Err((&common::NOT_FOUND).into());
        }
        audit::note(tx, actor, "token.end", "api_token", id.0, "")?;
        Ok(Done::to("/me/tokens", req.lang.t("令牌已撤销", "The token was revoked")))
    })
    .await
}
