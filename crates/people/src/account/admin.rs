//! Accounts of staff (system administrator) and one-time set-up links. Administrators see no personal
//! files: only accounts with a login appear here (X5).

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use db::ReadTx;
use kernel::error::Collect;
use kernel::page::{PAGE_ROWS, Page};
use kernel::{AccountId, Action, Actor, Error, Lang, Role, Timestamp};
use ui::form::Label;
use ui::list::{Desk, List};
use ui::{Answer, App, Done, Fields, Form, Req, Shell, answer, sheet};

use super::commands::{self, FirstAdmin, Link};
use super::pages::new_password;
use super::rules;
use super::sign_in::{again, checked, hashing, raw};
use super::store::{self, StaffRow};
use crate::view;

pub(super) fn routes() -> axum::Router<App> {
    axum::Router::new()
        .route("/set-up/{token}", get(set_up).post(set_up_post))
        .route("/accounts", get(list).post(create))
        .route("/accounts/new", get(new))
        .route("/accounts/{id}", get(show))
        .route("/accounts/{id}/link", post(link))
        .route("/accounts/{id}/disable", post(disable))
        .route("/accounts/{id}/enable", post(enable))
        .route("/accounts/{id}/end-sessions", post(end_sessions))
}

#[derive(Template)]
#[template(path = "account/set_up.html")]
struct SetUpPage {
    shell: Shell,
    form: Form,
    token: String,
    /// Name of the role, for the first administrators.
    role: Option<&'static str>,
    login: String,
}

fn set_up_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    form: &Form,
    token: &str,
) -> Result<Answer, Error> {
    let (role, login) = match commands::open_link(tx, &app.vault, token)? {
        Link::Role(role, _) => (Some(role.name(req.lang)), String::new()),
        Link::Account(account) => (None, account.login.unwrap_or_default()),
    };
    let shell = app.shell(req, actor, req.lang.t("设置账号", "Set up your account"));
    answer::html(app, req, &SetUpPage { shell, form: form.clone(), token: token.to_owned(), role, login })
}

async fn set_up(State(app): State<App>, req: Req, Path(token): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| set_up_page(&a, tx, req, actor, &Form::default(), &token)).await
}

async fn set_up_post(State(app): State<App>, req: Req, Path(token): Path<String>, fields: Fields) -> Answer {
    match try_set_up(&app, &req, &token, &fields).await {
        Ok(()) => {
            let say =
                req.lang.t("设置完成，请用账号和密码登录", "Done. Please sign in with login and password");
            Done::to("/sign-in", say).answer(&app, &req)
        }
        Err(error) => {
            let a = app.clone();
            let kept = Fields(
                fields.0.into_iter().filter(|(name, _)| matches!(name.as_str(), "login" | "name")).collect(),
            );
            again(&app, req, kept, error, move |tx, req, actor, form| {
                set_up_page(&a, tx, req, actor, form, &token)
            })
            .await
        }
    }
}

async fn try_set_up(app: &App, req: &Req, token: &str, fields: &Fields) -> Result<(), Error> {
    checked(app, req, fields)?;
    let (a, asked, seen) = (app.clone(), req.clone(), token.to_owned());
    let (link, old) = app
        .db
        .write(move |tx| {
            if let Some(wait) = commands::hit_address(tx, &asked.from)? {
                return Ok(Err(commands::slow_down(wait)));
            }
            let link = commands::open_link(tx, &a.vault, &seen)?;
            let old = match &link {
                Link::Account(account) => store::password_history(tx, account.id)?,
                Link::Role(..) => Vec::new(),
            };
            Ok::<_, Error>(Ok((link, old)))
        })
        .await??;
    let mut collect = Collect::default();
    let (mut login, mut name) = (String::new(), String::new());
    match &link {
        Link::Role(..) => {
            login = collect.take(rules::login(fields.text("login"))).unwrap_or_default();
            name = collect.take(fields.required("name", Label("姓名", "Name"), 50)).unwrap_or_default();
        }
        Link::Account(account) => login.push_str(account.login.as_deref().unwrap_or_default()),
    }
    let (vault, key) = (app.vault.clone(), login.clone());
    let (password, repeat) = (raw(fields, "password"), raw(fields, "repeat"));
    let hash = hashing(move || -> Result<String, Error> {
        let mut collect = collect;
        new_password(&mut collect, &password, &repeat, &key, &old, &vault.passwords)?;
        collect.done()?;
        vault.hash_password(&password).map_err(|error| Error::bug(error.to_string()))
    })
    .await??;
    let (asked, city) = (req.clone(), app.settings.city.clone());
    app.db
        .write(move |tx| match &link {
            Link::Role(role, token_hash) => {
                let first = FirstAdmin {
                    role: *role,
                    token_hash,
                    login: &login,
                    name: &name,
                    password_hash: &hash,
                    city: (&city.0, &city.1),
                };
                commands::use_role_link(tx, &asked, &first).map(|_| ())
            }
            Link::Account(account) => commands::use_account_link(tx, &asked, account, &hash),
        })
        .await
}

/// The list of staff accounts.
pub static ACCOUNTS: List =
    List { path: "/accounts", name: ("账号", "Accounts"), filters: &["q", "state"], columns: &[] };

#[derive(serde::Deserialize, Default, Clone)]
#[serde(default)]
struct ListFilter {
    q: String,
    state: String,
    after: String,
    format: String,
}

struct Line {
    id: AccountId,
    login: String,
    name: String,
    state: &'static str,
    seen: String,
}

#[derive(Template)]
#[template(path = "account/list.html")]
struct ListPage {
    shell: Shell,
    desk: Box<Desk>,
    filter: ListFilter,
    lines: Vec<Line>,
    next: Option<String>,
    export: String,
}

fn state_of(row: &StaffRow, lang: Lang) -> &'static str {
    match (row.state.as_str(), row.has_password) {
        ("active", true) => lang.t("正常", "active"),
        ("active", false) => lang.t("待设置密码", "waits for its password"),
        _ => lang.t("已停用", "disabled"),
    }
}

fn lines_of(rows: &[StaffRow], lang: Lang) -> Vec<Line> {
    rows.iter()
        .map(|row| Line {
            id: row.id,
            login: row.login.clone(),
            name: row.name.clone(),
            state: state_of(row, lang),
            seen: row.last_seen.map(Timestamp::text).unwrap_or_default(),
        })
        .collect()
}

async fn list(State(app): State<App>, req: Req, Query(filter): Query<ListFilter>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.demand_any(Action::SystemManage)?;
        let desk = match view::desk(&a, tx, req, actor, &ACCOUNTS)? {
            Ok(desk) => desk,
            Err(elsewhere) => return Ok(elsewhere),
        };
        let lang = req.lang;
        let title = lang.t("账号", "Accounts");
        let words: String = filter.q.trim().chars().take(60).collect();
        if filter.format == "xlsx" {
            let rows = store::staff_list(tx, &words, &filter.state, "", 10_000)?;
            let cells: Vec<Vec<sheet::Cell>> = lines_of(&rows, lang)
                .into_iter()
                .map(|line| vec![line.login.into(), line.name.into(), line.state.into(), line.seen.into()])
                .collect();
            let heads = [
                lang.t("账号", "Login"),
                lang.t("姓名", "Name"),
                lang.t("状态", "State"),
                lang.t("最近使用", "Last used"),
            ];
            return sheet::answer(title, &export_note(lang, actor, tx.now()), &heads, &cells);
        }
        let rows = store::staff_list(tx, &words, &filter.state, &filter.after, PAGE_ROWS + 1)?;
        let size = usize::try_from(PAGE_ROWS).unwrap_or(20);
        let page = Page::cut(rows, size, |row| row.login.clone());
        let shown = ListPage {
            shell: a.shell(req, actor, title),
            desk,
            filter: filter.clone(),
            lines: lines_of(&page.rows, lang),
            next: page.next.map(|after| req.with_query("after", &after)),
            export: req.with_query("format", "xlsx"),
        };
        answer::html(&a, req, &shown)
    })
    .await
}

/// Who exported a list and when.
pub(super) fn export_note(lang: Lang, actor: &Actor, now: Timestamp) -> String {
    lang.f("导出人：{}，时间：{}", "Exported by {} at {}", &[&actor.name, &now.text()])
}

#[derive(Template)]
#[template(path = "account/new.html")]
struct NewPage {
    shell: Shell,
    form: Form,
}

fn new_page(app: &App, req: &Req, actor: &Actor, form: &Form) -> Result<Answer, Error> {
    actor.demand_any(Action::SystemManage)?;
    let shell = app.shell(req, actor, req.lang.t("新建账号", "New account"));
    answer::html(app, req, &NewPage { shell, form: form.clone() })
}

async fn new(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |_, req, actor| new_page(&a, req, actor, &Form::default())).await
}

#[derive(Template)]
#[template(path = "account/link.html")]
struct LinkPage {
    shell: Shell,
    id: AccountId,
    login: String,
    href: String,
}

/// Shows a link once: it is in no later page and in no log.
fn link_page(
    app: &App,
    req: &Req,
    actor: &Actor,
    id: AccountId,
    login: &str,
    token: &str,
) -> Result<Answer, Error> {
    let page = LinkPage {
        shell: app.shell(req, actor, req.lang.t("一次性链接", "One-time link")),
        id,
        login: login.to_owned(),
        href: format!("{}/set-up/{token}", app.settings.base_url),
    };
    answer::html(app, req, &page)
}

async fn create(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let made = match checked(&app, &req, &fields) {
        Ok(()) => {
            let (a, asked, sent) = (app.clone(), req.clone(), fields.clone());
            app.db
                .write(move |tx| {
                    let actor = a.actor(tx, &asked)?;
                    actor.demand_any(Action::SystemManage)?;
                    let mut collect = Collect::default();
                    let login = collect.take(rules::login(sent.text("login")));
                    let name = collect.take(sent.required("name", Label("姓名", "Name"), 50));
                    collect.done()?;
                    let (login, name) = (login.unwrap_or_default(), name.unwrap_or_default());
                    let id = commands::create_staff_by(tx, &actor, &login, &name, None)?;
                    let token = commands::link_by_admin(tx, &actor, &a.vault, id)?;
                    Ok((id, login, token))
                })
                .await
        }
        Err(error) => Err(error),
    };
    let a = app.clone();
    match made {
        Ok((id, login, token)) => {
            app.page(req, move |_, req, actor| link_page(&a, req, actor, id, &login, &token)).await
        }
        Err(error) => {
            again(&app, req, fields, error, move |_, req, actor, form| new_page(&a, req, actor, form)).await
        }
    }
}

async fn link(State(app): State<App>, req: Req, Path(id): Path<AccountId>, fields: Fields) -> Answer {
    let made = match checked(&app, &req, &fields) {
        Ok(()) => {
            let (a, asked) = (app.clone(), req.clone());
            app.db
                .write(move |tx| {
                    let actor = a.actor(tx, &asked)?;
                    let account = commands::staff_of(tx, &actor, id)?;
                    let token = commands::link_by_admin(tx, &actor, &a.vault, id)?;
                    Ok::<_, Error>((account.login.unwrap_or_default(), token))
                })
                .await
        }
        Err(error) => Err(error),
    };
    let a = app.clone();
    match made {
        Ok((login, token)) => {
            app.page(req, move |_, req, actor| link_page(&a, req, actor, id, &login, &token)).await
        }
        Err(error) => super::sign_in::refused(&app, req, error).await,
    }
}

struct RoleLine {
    role: &'static str,
    org: String,
}

#[derive(Template)]
#[template(path = "account/show.html")]
struct ShowPage {
    shell: Shell,
    id: AccountId,
    login: String,
    name: String,
    active: bool,
    has_password: bool,
    must_change: bool,
    created: String,
    password_at: String,
    roles: Vec<RoleLine>,
    sessions: usize,
    mine: bool,
}

async fn show(State(app): State<App>, req: Req, Path(id): Path<AccountId>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let account = commands::staff_of(tx, actor, id)?;
        let roles = store::roles_held(tx, id)?
            .into_iter()
            .filter_map(|held| {
                Some(RoleLine { role: Role::from_code(&held.role)?.name(req.lang), org: held.org_name })
            })
            .collect();
        let sessions = store::sessions_of(tx, id)?.len();
        let login = account.login.clone().unwrap_or_default();
        let page = ShowPage {
            shell: a.shell(req, actor, &login),
            id,
            login,
            name: account.name,
            active: account.state == "active",
            has_password: account.password_hash.is_some(),
            must_change: account.must_change,
            created: account.created_at.text(),
            password_at: account.password_at.map(Timestamp::text).unwrap_or_default(),
            roles,
            sessions,
            mine: actor.account == Some(id),
        };
        answer::html(&a, req, &page)
    })
    .await
}

async fn disable(State(app): State<App>, req: Req, Path(id): Path<AccountId>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::set_state(tx, actor, id, false)?;
        Ok(Done::to(
            format!("/accounts/{id}"),
            req.lang.t("账号已停用，登录已结束", "Account disabled, sessions ended"),
        ))
    })
    .await
}

async fn enable(State(app): State<App>, req: Req, Path(id): Path<AccountId>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::set_state(tx, actor, id, true)?;
        Ok(Done::to(format!("/accounts/{id}"), req.lang.t("账号已启用", "Account enabled")))
    })
    .await
}

async fn end_sessions(State(app): State<App>, req: Req, Path(id): Path<AccountId>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        let ended = commands::end_sessions(tx, actor, id)?;
        let say = req.lang.f("已结束 {} 处登录", "{} sessions ended", &[&ended]);
        Ok(Done::to(format!("/accounts/{id}"), say))
    })
    .await
}
