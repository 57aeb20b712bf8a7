//! What people sign in with: accounts, sessions, phone codes, slips, passwords, one-time set-up links,
//! and the roles accounts hold (X1–X3, X5, Fix-19, Fix-23, Edge-04).

mod admin;
pub mod commands;
pub mod export;
mod pages;
pub mod refusals;
mod roles;
pub mod rules;
pub mod second;
mod sign_in;
pub mod store;
pub mod token;

use db::{DbError, ReadTx, WriteTx};
use kernel::{AccountId, Action, Actor, Error, Lang, PersonId, Role};
use ui::request::Bearer;
use ui::{App, Req, TaskItem};

pub use admin::ACCOUNTS;
pub use commands::{
    admin_gap, check_phone_code, create_set_up_links, create_staff, end_role, end_sessions, for_person,
    grant_role, held_within, hit, list_staff, open_session, phone_index, reset_link, send_phone_code,
    set_state, slip_hash,
};
pub use roles::ROLES;
pub use rules::AdminGap;
pub use store::{GrantId, StaffRow};

/// Sessions were ended on purpose, by their owner or by somebody who may. What hangs on them ends too. A session that
/// merely ran out is none of these.
#[derive(Debug, Clone)]
pub enum SignedOut {
    /// The session whose token has this hash.
    Session(Vec<u8>),
    /// All of an account but the one whose token has the hash `keep` (empty: none is kept).
    Account {
        /// Whose.
        account: AccountId,
        /// What stays.
        keep: Vec<u8>,
    },
    /// All of a person.
    Person(PersonId),
    /// All of whoever holds a role.
    Staff,
    /// One is followed by another on the same device.
    Again {
        /// Hash of the token that ends.
        old: Vec<u8>,
        /// Hash of the token that begins.
        new: Vec<u8>,
        /// Who signed in.
        account: AccountId,
    },
}

impl db::Event for SignedOut {}

/// Pages of this subject.
pub fn routes() -> axum::Router<App> {
    sign_in::routes()
        .merge(second::routes())
        .merge(export::routes())
        .merge(pages::routes())
        .merge(token::routes())
        .merge(admin::routes())
        .merge(roles::routes())
}

/// The actor behind a session token's hash; `from` is the address of the sender. A missing, idle or ended
/// session gives a visitor. One statement.
///
/// # Errors
/// Of the database.
pub fn authenticate(tx: &mut ReadTx<'_>, token_hash: &[u8], from: &str) -> Result<Actor, Error> {
    Ok(store::session_actor(tx, token_hash, from)?
        .unwrap_or_else(|| Actor { from: from.to_owned(), ..Actor::default() }))
}

/// Notes a sign of life of a session (harmless when repeated).
///
/// # Errors
/// Of the database.
pub fn touch(tx: &mut WriteTx<'_>, token_hash: &[u8]) -> Result<(), DbError> {
    store::session_touch(tx, token_hash)
}

/// Notes the use of a token, or renews the session of a request when its last noted sign of life is a minute old (a day for sessions
/// that last months). For a task beside the request: reads first, so that most calls write nothing.
pub async fn keep_alive(app: &App, req: &Req) {
    if let Bearer::Token(hash) = &req.bearer {
        let (hash, from) = (hash.clone(), req.from.clone());
        let noted = app.db.write(move |tx| Ok::<_, Error>(token::touch(tx, &hash, &from)?)).await;
        if let Err(error) = noted {
            tracing::warn!(%error, "the use of a token could not be noted");
        }
        return;
    }
    let Some(hash) = req.session.clone() else { return };
    let asked = hash.clone();
    let due = app.db.read(move |tx| Ok::<_, Error>(store::session_stale(tx, &asked)?)).await;
    if matches!(due, Ok(true)) {
        let noted = app.db.write(move |tx| Ok::<_, Error>(touch(tx, &hash)?)).await;
        if let Err(error) = noted {
            tracing::warn!(%error, "a session could not be renewed");
        }
    }
}

/// Regular work: removes sessions, codes and counts that are long over.
///
/// # Errors
/// Of the database.
pub fn tick(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    Ok(store::purge(tx)?)
}

/// What waits for the actor: a password to change, and for administrators a role that nobody holds.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    let mut out = export::tasks(tx, actor, lang)?;
    let Some(account) = actor.account else { return Ok(out) };
    // Only accounts without roles can be waiting for a new password (see `store::session_actor`).
    if actor.grants.is_empty() && store::account_find(tx, account)?.is_some_and(|found| found.must_change) {
        out.push(TaskItem {
            title: lang.t("请先修改密码", "Please change your password first").to_owned(),
            detail: lang
                .t("修改之前，您的角色暂不生效。", "Until then your roles are not in force.")
                .to_owned(),
            href: "/me/password".to_owned(),
            action: lang.t("修改密码", "Change it").to_owned(),
            due: None,
            count: 1,
        });
    }
    if [Role::System, Role::Security, Role::Audit].into_iter().any(|role| actor.is(role))
        && let Some(gap) = admin_gap(tx)?
    {
        out.push(TaskItem {
            title: lang.t("三类管理员还不齐全", "The administrators are not complete").to_owned(),
            detail: gap.text(lang),
            href: if actor.may(Action::RoleManage) { "/roles" } else { "/" }.to_owned(),
            action: lang.t("查看", "See").to_owned(),
            due: None,
            count: 1,
        });
    }
    Ok(out)
}
