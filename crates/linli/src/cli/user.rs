//! `linli user`: accounts of staff, for whoever runs the server. What it does stands in the audit log.

use clap::Subcommand;
use db::{ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Actor, Error, Lang, OrgId, Role};
use people::account;

use super::{Common, say};
use crate::{Failure, open, rooms};

#[derive(Debug, Subcommand)]
pub(super) enum Tool {
    /// All accounts with a login
    List {
        #[command(flatten)]
        common: Common,
    },
    /// Make an account; prints the one-time link to set its password
    Create {
        #[command(flatten)]
        common: Common,
        /// Login: small letters, digits, . - _
        login: String,
        /// Name of the person
        #[arg(long)]
        name: String,
        /// Role to give: leader, station, office, system, security, audit
        #[arg(long, value_parser = role, requires = "org")]
        role: Option<Role>,
        /// Organisation of the role: its number or its name
        #[arg(long, value_name = "ID|NAME")]
        org: Option<String>,
    },
    /// Print a one-time link with which the owner sets a new password
    ResetLink {
        #[command(flatten)]
        common: Common,
        /// Login
        login: String,
    },
    /// Show the roles of an account; give or take one
    Roles {
        #[command(flatten)]
        common: Common,
        /// Login
        login: String,
        /// Role to give
        #[arg(long, value_parser = role, requires = "org", conflicts_with = "take")]
        give: Option<Role>,
        /// Role to take
        #[arg(long, value_parser = role, requires = "org")]
        take: Option<Role>,
        /// Organisation of the role: its number or its name
        #[arg(long, value_name = "ID|NAME")]
        org: Option<String>,
    },
    /// Print the set-up links of administrator roles that nobody holds; earlier links stop working
    SetUpLinks {
        #[command(flatten)]
        common: Common,
    },
}

fn role(text: &str) -> Result<Role, String> {
    Role::from_code(text).ok_or_else(|| "leader, station, office, system, security or audit".to_owned())
}

fn me() -> Actor {
    Actor::system("linli user")
}

pub(super) fn run(tool: Tool) -> Result<(), Failure> {
    match tool {
        Tool::List { common } => list(&common),
        Tool::Create { common, login, name, role, org } => {
            let config = common.load()?;
            let db = open::storage(&config, &rooms::all())?;
            let vault = open::vault(&open::keys(&db, &config)?)?;
            let base = &config.base_url;
            let token = db.write_blocking(move |tx| {
                let id = account::create_staff(tx, &login, &name, None)?;
                if let (Some(role), Some(org)) = (role, &org) {
                    let org = find_org(tx, org)?;
                    account::grant_role(tx, &me(), id, role, org)?;
                }
                account::reset_link(tx, &vault, &login)
            })?;
            say(format_args!("{base}/set-up/{token}"));
            Ok(())
        }
        Tool::ResetLink { common, login } => {
            let config = common.load()?;
            let db = open::storage(&config, &rooms::all())?;
            let vault = open::vault(&open::keys(&db, &config)?)?;
            let token = db.write_blocking(move |tx| account::reset_link(tx, &vault, &login))?;
            say(format_args!("{}/set-up/{token}", config.base_url));
            Ok(())
        }
        Tool::Roles { common, login, give, take, org } => {
            let db = open::storage(&common.load()?, &rooms::all())?;
            let held = db.write_blocking(move |tx| {
                let id = find_account(tx, &login)?;
                if let Some(text) = &org {
                    let org = find_org(tx, text)?;
                    if let Some(role) = give {
                        account::grant_role(tx, &me(), id, role, org)?;
                    }
                    if let Some(role) = take {
                        account::end_role(tx, &me(), id, role, org)?;
                    }
                }
                roles_of(tx, id)
            })?;
            for one in held {
                let name = Role::from_code(&one.role).map_or("?", |role| role.name(Lang::En));
                say(format_args!("{:<10} {name:<24} {} ({})", one.role, one.org_name, one.org));
            }
            Ok(())
        }
        Tool::SetUpLinks { common } => {
            let config = common.load()?;
            let db = open::storage(&config, &rooms::all())?;
            let vault = open::vault(&open::keys(&db, &config)?)?;
            let links = db.write_blocking(move |tx| account::create_set_up_links(tx, &vault))?;
            if links.is_empty() {
                say("every administrator role is held");
            }
            for (role, token) in links {
                say(format_args!("{}\n  {}/set-up/{token}", role.name(Lang::En), config.base_url));
            }
            Ok(())
        }
    }
}

fn list(common: &Common) -> Result<(), Failure> {
    let db = open::storage(&common.load()?, &rooms::all())?;
    for one in db.read_blocking(account::list_staff)? {
        let seen = one.last_seen.map_or_else(|| "never".to_owned(), |at| at.text());
        let password = if one.has_password { "" } else { ", no password yet" };
        say(format_args!("{:<24} {:<20} {}{password}, last seen {seen}", one.login, one.name, one.state));
    }
    Ok(())
}

row! {
    struct Held { role: String, org: OrgId, org_name: String }
}

fn roles_of(tx: &mut ReadTx<'_>, id: AccountId) -> Result<Vec<Held>, Error> {
    Ok(tx.all(
        sql!(
            "SELECT g.role, g.org_id, o.name FROM role_grant g JOIN org o ON o.id = g.org_id
             WHERE g.account_id = $1 AND g.ended_at IS NULL ORDER BY g.role, g.id"
        ),
        args![id],
    )?)
}

fn find_account(tx: &mut WriteTx<'_>, login: &str) -> Result<AccountId, Error> {
    let key = login.trim().to_lowercase();
    let found: Option<(AccountId,)> =
        tx.first(sql!("SELECT id FROM account WHERE login = $1"), args![key])?;
    found.map(|(id,)| id).ok_or_else(|| (&kernel::error::common::NOT_FOUND).into())
}

/// An organisation by its number or its whole name.
fn find_org(tx: &mut WriteTx<'_>, text: &str) -> Result<OrgId, Error> {
    let id: i64 = text.trim().parse().unwrap_or(0);
    let found: Vec<(OrgId,)> = tx.all(
        sql!("SELECT id FROM org WHERE (id = $1 OR name = $2) AND state <> 'closed' ORDER BY id LIMIT 2"),
        args![id, text.trim()],
    )?;
    match found.as_slice() {
        [(only,)] => Ok(*only),
        // Two of one name: the number decides.
        _ => Err((&kernel::error::common::NOT_FOUND).into()),
    }
}
