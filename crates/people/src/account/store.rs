//! What is stored of accounts, sessions, roles and codes: one function per question.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Actor, Error, Grant, OrgId, PersonId, Role, Timestamp, ids};

use super::SignedOut;

ids! {
    /// A role given to an account.
    GrantId;
    /// A code sent to a phone.
    CodeId;
    /// A printed slip.
    SlipId;
    /// A former password.
    HistoryId;
}

row! {
    struct SessionRow {
        account: AccountId, seen_at: Timestamp, idle_ms: i64, expires_at: Timestamp, person: Option<PersonId>,
        name: String, state: String, must_change: bool, grant: Option<i64>, role: Option<String>, org: Option<OrgId>,
        area_path: Option<String>, sponsor_path: Option<String>, org_name: Option<String>,
    }

    /// An account as commands need it.
    pub struct Account {
        id: AccountId, person: Option<PersonId>, login: Option<String>, name: String,
        password_hash: Option<String>, password_at: Option<Timestamp>, must_change: bool, state: String,
        version: i64, created_at: Timestamp,
    }

    /// An account in the list of staff.
    pub struct StaffRow {
        id: AccountId, login: String, name: String, state: String, has_password: bool, must_change: bool,
        created_at: Timestamp, last_seen: Option<Timestamp>,
    }

    /// A session in the list of an account.
    pub struct SessionOf {
        token_hash: Vec<u8>, created_at: Timestamp, seen_at: Timestamp, device: String, from_addr: String,
    }

    /// A role that is held.
    pub struct Held { id: GrantId, role: String, org: OrgId, org_name: String, org_kind: String }

    /// A role in the list of all roles.
    pub struct GrantRow {
        id: GrantId, account: AccountId, login: String, name: String, role: String, org: OrgId,
        org_name: String, given_at: Timestamp, given_by: String, second: bool,
    }

    /// An organisation as roles need it.
    pub struct OrgPlace { id: OrgId, name: String, kind: String, area_path: String, sponsor_path: String }

    /// Somebody whose phone it is.
    pub struct OnPhone {
        person: PersonId, name: String, volunteer_no: String, state: String, org_name: String,
    }

    /// A slip that can be used.
    pub struct Slip {
        id: SlipId, person: PersonId, name: String, volunteer_no: String, state: String, org_name: String,
    }

    /// A sign-in the demo offers.
    pub struct Demo { id: AccountId, login: String, name: String }

    struct AttemptRow { tries: i64, blocked_until: i64 }

    struct HolderRow { role: String, person: Option<PersonId>, name: String }
}

/// The actor behind a session; `None` when it is unknown, idle too long, over, or the account is disabled.
/// One statement: it runs in front of every page. Whoever must change the password holds no role until
/// that is done (X1).
///
/// # Errors
/// Of the database.
pub fn session_actor(tx: &mut ReadTx<'_>, token_hash: &[u8], from: &str) -> Result<Option<Actor>, DbError> {
    let mut rows: Vec<SessionRow> = tx.all(
        sql!(
            "SELECT s.account_id, s.seen_at, s.idle_ms, s.expires_at, a.person_id, a.name, a.state, a.must_change,
                g.id, g.role, g.org_id, o.area_path, o.sponsor_path, o.name
             FROM login_session s
             JOIN account a ON a.id = s.account_id
             LEFT JOIN role_grant g ON g.account_id = a.id AND g.ended_at IS NULL
             LEFT JOIN org o ON o.id = g.org_id
             WHERE s.token_hash = $1"
        ),
        args![token_hash],
    )?;
    // A handful of rows: put in order here, where it costs less than a sorter in each request.
    rows.sort_unstable_by_key(|row| row.grant);
    let now = tx.now();
    let Some(first) = rows.first() else { return Ok(None) };
    if first.expires_at <= now || now.0 - first.seen_at.0 > first.idle_ms || first.state != "active" {
        return Ok(None);
    }
    let mut actor = Actor {
        account: Some(first.account),
        person: first.person,
        name: first.name.clone(),
        grants: Vec::new(),
        from: from.to_owned(),
        cut: None,
    };
    if !first.must_change {
        actor.grants = rows
            .into_iter()
            .filter_map(|row| {
                Some(Grant {
                    role: Role::from_code(row.role.as_deref()?)?,
                    org: row.org?,
                    area_path: row.area_path?,
                    sponsor_path: row.sponsor_path?,
                    org_name: row.org_name?,
                })
            })
            .collect();
    }
    Ok(Some(actor))
}

/// Whether the session's last sign of life is old enough to be renewed: after a minute for staff, after
/// a day for sessions that last months.
///
/// # Errors
/// Of the database.
pub fn session_stale(tx: &mut ReadTx<'_>, token_hash: &[u8]) -> Result<bool, DbError> {
    let now = tx.now();
    let found: Option<(Timestamp, i64)> = tx.first(
        sql!("SELECT seen_at, idle_ms FROM login_session WHERE token_hash = $1 AND expires_at > $2"),
        args![token_hash, now],
    )?;
    Ok(found.is_some_and(|(seen_at, idle_ms)| {
        let idle = now.0 - seen_at.0;
        idle <= idle_ms && idle >= renew_after(idle_ms)
    }))
}

/// After how long without a note a session is noted again, in milliseconds.
const fn renew_after(idle_ms: i64) -> i64 {
    if idle_ms > kernel::time::DAY_MS { kernel::time::DAY_MS } else { kernel::time::MINUTE_MS }
}

/// Notes a sign of life; a session that was idle too long stays dead.
///
/// # Errors
/// Of the database.
pub fn session_touch(tx: &mut WriteTx<'_>, token_hash: &[u8]) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_later(
        sql!(
            "UPDATE login_session SET seen_at = $1
             WHERE token_hash = $2 AND seen_at < $1 AND seen_at >= $1 - idle_ms AND expires_at > $1"
        ),
        args![now, token_hash],
    )
}

/// A new session as stored.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// Hash of its token.
    pub token_hash: &'a [u8],
    /// Whose it is.
    pub account: AccountId,
    /// Its limits.
    pub limits: super::rules::Limits,
    /// Short name of the device.
    pub device: &'a str,
    /// Address of the sender.
    pub from: &'a str,
}

/// Stores a session.
///
/// # Errors
/// Of the database.
pub fn session_insert(tx: &mut WriteTx<'_>, new: &NewSession<'_>) -> Result<(), DbError> {
    let now = tx.now();
    let expires = Timestamp(now.0 + new.limits.whole_ms);
    tx.exec(
        sql!(
            "INSERT INTO login_session (token_hash, account_id, created_at, seen_at, idle_ms, expires_at, device,
                from_addr, proof_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        ),
        args![new.token_hash, new.account, now, now, new.limits.idle_ms, expires, new.device, new.from, now],
    )?;
    Ok(())
}

/// Ends one session of an account; `false` when it was not theirs or over already.
///
/// # Errors
/// Of the database.
pub fn session_end(tx: &mut WriteTx<'_>, account: AccountId, token_hash: &[u8]) -> Result<bool, Error> {
    let ended = tx.exec(
        sql!("DELETE FROM login_session WHERE token_hash = $1 AND account_id = $2"),
        args![token_hash, account],
    )? > 0;
    if ended {
        tx.publish(&SignedOut::Session(token_hash.to_vec()))?;
    }
    Ok(ended)
}

/// Ends whatever session has this token.
///
/// # Errors
/// Of the database.
pub fn session_forget(tx: &mut WriteTx<'_>, token_hash: &[u8]) -> Result<(), Error> {
    tx.exec(sql!("DELETE FROM login_session WHERE token_hash = $1"), args![token_hash])?;
    tx.publish(&SignedOut::Session(token_hash.to_vec()))
}

/// Ends all sessions of an account but one (an empty hash keeps none, and ends its tokens too); returns how many
/// sessions.
///
/// # Errors
/// Of the database.
pub fn session_end_others(tx: &mut WriteTx<'_>, account: AccountId, keep: &[u8]) -> Result<u64, Error> {
    if keep.is_empty() {
        super::token::end_all(tx, account)?;
    }
    let ended = tx.exec(
        sql!("DELETE FROM login_session WHERE account_id = $1 AND token_hash <> $2"),
        args![account, keep],
    )?;
    tx.publish(&SignedOut::Account { account, keep: keep.to_vec() })?;
    Ok(ended)
}

/// Tightens the sessions of an account to the limits of staff, when it is given its first role.
///
/// # Errors
/// Of the database.
pub fn session_tighten(
    tx: &mut WriteTx<'_>,
    account: AccountId,
    limits: super::rules::Limits,
) -> Result<(), DbError> {
    let now = tx.now();
    let until = Timestamp(now.0 + limits.whole_ms);
    // The sign of life is renewed too: a volunteer's is noted once a day only, and being given a role
    // should not throw anybody out.
    tx.exec(
        sql!(
            "UPDATE login_session SET idle_ms = $1, seen_at = $2,
                expires_at = CASE WHEN expires_at > $3 THEN $3 ELSE expires_at END
             WHERE account_id = $4 AND idle_ms > $1 AND expires_at > $2"
        ),
        args![limits.idle_ms, now, until, account],
    )?;
    Ok(())
}

/// The living sessions of an account, newest first.
///
/// # Errors
/// Of the database.
pub fn sessions_of(tx: &mut ReadTx<'_>, account: AccountId) -> Result<Vec<SessionOf>, DbError> {
    let now = tx.now();
    tx.all(
        sql!(
            "SELECT token_hash, created_at, seen_at, device, from_addr FROM login_session
             WHERE account_id = $1 AND expires_at > $2 AND seen_at >= $2 - idle_ms
             ORDER BY created_at DESC, token_hash LIMIT 100"
        ),
        args![account, now],
    )
}

/// One account.
///
/// # Errors
/// Of the database.
pub fn account_find(tx: &mut ReadTx<'_>, id: AccountId) -> Result<Option<Account>, DbError> {
    tx.first(
        sql!(
            "SELECT id, person_id, login, name, password_hash, password_at, must_change, state, version, created_at
             FROM account WHERE id = $1"
        ),
        args![id],
    )
}

/// The account with this login (already a key, see [`super::rules::login_key`]).
///
/// # Errors
/// Of the database.
pub fn account_by_login(tx: &mut ReadTx<'_>, login: &str) -> Result<Option<Account>, DbError> {
    tx.first(
        sql!(
            "SELECT id, person_id, login, name, password_hash, password_at, must_change, state, version, created_at
             FROM account WHERE login = $1"
        ),
        args![login],
    )
}

/// The account of a person and whether it is active.
///
/// # Errors
/// Of the database.
pub fn account_of_person(
    tx: &mut ReadTx<'_>,
    person: PersonId,
) -> Result<Option<(AccountId, bool)>, DbError> {
    let found: Option<(AccountId, String)> =
        tx.first(sql!("SELECT id, state FROM account WHERE person_id = $1"), args![person])?;
    Ok(found.map(|(id, state)| (id, state == "active")))
}

/// Calls the account of a person, if there is one, by the name the person has now.
///
/// # Errors
/// Of the database.
pub fn rename(tx: &mut WriteTx<'_>, person: PersonId, name: &str) -> Result<(), DbError> {
    tx.exec(sql!("UPDATE account SET name = $1 WHERE person_id = $2"), args![name, person])?;
    Ok(())
}

/// Stores the account of a person; nothing happens when there is one.
///
/// # Errors
/// Of the database.
pub fn account_insert_person(tx: &mut WriteTx<'_>, person: PersonId, name: &str) -> Result<(), DbError> {
    let id: AccountId = tx.new_id();
    let now = tx.now();
    tx.exec(
        sql!(
            "INSERT INTO account (id, person_id, name, state, created_at) VALUES ($1, $2, $3, 'active', $4)
             ON CONFLICT (person_id) DO NOTHING"
        ),
        args![id, person, name, now],
    )?;
    Ok(())
}

/// Stores an account of staff.
///
/// # Errors
/// Of the database; `Unique("account_login_key")`.
pub fn account_insert_staff(
    tx: &mut WriteTx<'_>,
    login: &str,
    name: &str,
    password_hash: Option<&str>,
    must_change: bool,
) -> Result<AccountId, DbError> {
    let id: AccountId = tx.new_id();
    let now = tx.now();
    let password_at = password_hash.map(|_| now);
    tx.exec(
        sql!(
            "INSERT INTO account (id, login, name, password_hash, password_at, must_change, state, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, 'active', $7)"
        ),
        args![id, login, name, password_hash, password_at, must_change, now],
    )?;
    if let Some(hash) = password_hash {
        history_insert(tx, id, hash)?;
    }
    Ok(id)
}

/// Locks the row of an account for this unit of work; `false` when it is not active.
///
/// # Errors
/// Of the database.
pub fn account_lock(tx: &mut WriteTx<'_>, id: AccountId) -> Result<bool, DbError> {
    Ok(tx.exec(
        sql!("UPDATE account SET version = version + 1 WHERE id = $1 AND state = 'active'"),
        args![id],
    )? == 1)
}

/// Sets a password when the present one is still `old`; `false` when somebody else was faster.
///
/// # Errors
/// Of the database.
pub fn password_set(
    tx: &mut WriteTx<'_>,
    id: AccountId,
    old: Option<&str>,
    new: &str,
) -> Result<bool, DbError> {
    let now = tx.now();
    let changed = tx.exec(
        sql!(
            "UPDATE account SET password_hash = $1, password_at = $2, must_change = FALSE, version = version + 1
             WHERE id = $3 AND state = 'active' AND COALESCE(password_hash, '') = $4"
        ),
        args![new, now, id, old.unwrap_or_default()],
    )?;
    if changed == 1 {
        history_insert(tx, id, new)?;
    }
    Ok(changed == 1)
}

/// Exchanges the stored hash of the same password for one of today's cost.
///
/// # Errors
/// Of the database.
pub fn password_rehash(tx: &mut WriteTx<'_>, id: AccountId, old: &str, new: &str) -> Result<(), DbError> {
    tx.exec(
        sql!("UPDATE account SET password_hash = $1 WHERE id = $2 AND password_hash = $3"),
        args![new, id, old],
    )?;
    Ok(())
}

/// Demands a new password before anything else.
///
/// # Errors
/// Of the database.
pub fn password_expire(tx: &mut WriteTx<'_>, id: AccountId) -> Result<(), DbError> {
    tx.exec_one(sql!("UPDATE account SET must_change = TRUE WHERE id = $1"), args![id])
}

fn history_insert(tx: &mut WriteTx<'_>, id: AccountId, hash: &str) -> Result<(), DbError> {
    let row: HistoryId = tx.new_id();
    let now = tx.now();
    tx.exec(
        sql!("INSERT INTO password_history (id, account_id, password_hash, at) VALUES ($1, $2, $3, $4)"),
        args![row, id, hash, now],
    )?;
    Ok(())
}

/// The last password hashes of an account, newest first.
///
/// # Errors
/// Of the database.
pub fn password_history(tx: &mut ReadTx<'_>, id: AccountId) -> Result<Vec<String>, DbError> {
    let rows: Vec<(String,)> = tx.all(
        sql!("SELECT password_hash FROM password_history WHERE account_id = $1 ORDER BY id DESC LIMIT 5"),
        args![id],
    )?;
    Ok(rows.into_iter().map(|(hash,)| hash).collect())
}

/// Switches an account on or off; `false` when nothing changed.
///
/// # Errors
/// Of the database.
pub fn account_set_state(tx: &mut WriteTx<'_>, id: AccountId, state: &str) -> Result<bool, DbError> {
    Ok(tx.exec(
        sql!("UPDATE account SET state = $1, version = version + 1 WHERE id = $2 AND state <> $1"),
        args![state, id],
    )? == 1)
}

/// Accounts with a login, in the order of their logins: those of `words` (part of login or name) and
/// `state`, after a login.
///
/// # Errors
/// Of the database.
pub fn staff_list(
    tx: &mut ReadTx<'_>,
    words: &str,
    state: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<StaffRow>, DbError> {
    let mut query = Query::new(
        "SELECT a.id, a.login, a.name, a.state, a.password_hash IS NOT NULL, a.must_change, a.created_at,
            (SELECT max(s.seen_at) FROM login_session s WHERE s.account_id = a.id)
         FROM account a WHERE a.login IS NOT NULL",
    );
    if !words.is_empty() {
        let (login, name) = (like(&super::rules::login_key(words)), like(words));
        query.with("AND (a.login LIKE {} ESCAPE '!' OR a.name LIKE {} ESCAPE '!')", &[&login, &name]);
    }
    if !state.is_empty() {
        query.with("AND a.state = {}", &[&state]);
    }
    if !after.is_empty() {
        query.with("AND a.login > {}", &[&after]);
    }
    query.with("ORDER BY a.login LIMIT {}", &[&limit]);
    tx.list(&query)
}

/// A pattern that finds the words anywhere.
fn like(words: &str) -> String {
    let mut out = String::from("%");
    for c in words.chars() {
        if matches!(c, '%' | '_' | '!') {
            out.push('!');
        }
        out.push(c);
    }
    out.push('%');
    out
}

/// The accounts that `who` may mean: a login, the name of staff, or a volunteer number.
///
/// # Errors
/// Of the database.
pub fn account_lookup(tx: &mut ReadTx<'_>, who: &str) -> Result<Vec<Account>, DbError> {
    let login = super::rules::login_key(who);
    let exact = account_by_login(tx, &login)?;
    if let Some(found) = exact {
        return Ok(vec![found]);
    }
    tx.all(
        sql!(
            "SELECT id, person_id, login, name, password_hash, password_at, must_change, state, version, created_at
             FROM account
             WHERE (login IS NOT NULL AND name = $1)
                OR person_id = (SELECT p.id FROM person p WHERE p.volunteer_no = $2)
             ORDER BY id LIMIT 3"
        ),
        args![who, who],
    )
}

/// The roles an account holds.
///
/// # Errors
/// Of the database.
pub fn roles_held(tx: &mut ReadTx<'_>, account: AccountId) -> Result<Vec<Held>, DbError> {
    tx.all(
        sql!(
            "SELECT g.id, g.role, g.org_id, o.name, o.kind FROM role_grant g JOIN org o ON o.id = g.org_id
             WHERE g.account_id = $1 AND g.ended_at IS NULL ORDER BY g.id"
        ),
        args![account],
    )
}

/// Stores a role.
///
/// # Errors
/// Of the database; `Unique("role_grant_active_key")`.
pub fn role_insert(
    tx: &mut WriteTx<'_>,
    account: AccountId,
    role: Role,
    org: OrgId,
    by: Option<AccountId>,
) -> Result<(), DbError> {
    let id: GrantId = tx.new_id();
    let now = tx.now();
    tx.exec(
        sql!(
            "INSERT INTO role_grant (id, account_id, role, org_id, given_by, given_at)
             VALUES ($1, $2, $3, $4, $5, $6)"
        ),
        args![id, account, role.code(), org, by, now],
    )?;
    Ok(())
}

/// Ends a role; `false` when it was not held.
///
/// # Errors
/// Of the database.
pub fn role_end(tx: &mut WriteTx<'_>, account: AccountId, role: Role, org: OrgId) -> Result<bool, DbError> {
    let now = tx.now();
    Ok(tx.exec(
        sql!(
            "UPDATE role_grant SET ended_at = $1
             WHERE account_id = $2 AND role = $3 AND org_id = $4 AND ended_at IS NULL"
        ),
        args![now, account, role.code(), org],
    )? == 1)
}

/// One role that is held.
///
/// # Errors
/// Of the database.
pub fn role_find(tx: &mut ReadTx<'_>, id: GrantId) -> Result<Option<(AccountId, Role, OrgId)>, DbError> {
    let found: Option<(AccountId, String, OrgId)> = tx.first(
        sql!("SELECT account_id, role, org_id FROM role_grant WHERE id = $1 AND ended_at IS NULL"),
        args![id],
    )?;
    Ok(found.and_then(|(account, role, org)| Some((account, Role::from_code(&role)?, org))))
}

/// Whether the role was held at some time since `since` (for what a device brings in late, Edge-12).
///
/// # Errors
/// Of the database.
pub fn role_held_since(
    tx: &mut ReadTx<'_>,
    account: AccountId,
    role: Role,
    org: OrgId,
    since: Timestamp,
) -> Result<bool, DbError> {
    let found: (i64,) = tx.one(
        sql!(
            "SELECT count(*) FROM role_grant
             WHERE account_id = $1 AND role = $2 AND org_id = $3 AND (ended_at IS NULL OR ended_at >= $4)"
        ),
        args![account, role.code(), org, since],
    )?;
    Ok(found.0 > 0)
}

/// How many active accounts hold a role.
///
/// # Errors
/// Of the database.
pub fn role_count(tx: &mut ReadTx<'_>, role: Role) -> Result<i64, DbError> {
    let found: (i64,) = tx.one(
        sql!(
            "SELECT count(*) FROM role_grant g JOIN account a ON a.id = g.account_id
             WHERE g.role = $1 AND g.ended_at IS NULL AND a.state = 'active'"
        ),
        args![role.code()],
    )?;
    Ok(found.0)
}

/// Locks the holders of a role, so that two who leave at once cannot both leave.
///
/// # Errors
/// Of the database.
pub fn role_lock(tx: &mut WriteTx<'_>, role: Role) -> Result<(), DbError> {
    tx.exec(
        sql!("UPDATE role_grant SET given_at = given_at WHERE role = $1 AND ended_at IS NULL"),
        args![role.code()],
    )?;
    Ok(())
}

/// Roles that are held, newest first: within a path, of one role, of one account.
///
/// # Errors
/// Of the database.
pub fn role_list(
    tx: &mut ReadTx<'_>,
    scope: &[String],
    filter: &RoleFilter<'_>,
    limit: i64,
) -> Result<Vec<GrantRow>, DbError> {
    let mut query = Query::new(
        "SELECT g.id, g.account_id, COALESCE(a.login, ''), a.name, g.role, g.org_id, o.name, g.given_at,
            COALESCE(b.name, ''),
            EXISTS (SELECT 1 FROM second_factor f WHERE f.account_id = a.id AND f.confirmed_at IS NOT NULL)
         FROM role_grant g
         JOIN account a ON a.id = g.account_id
         JOIN org o ON o.id = g.org_id
         LEFT JOIN account b ON b.id = g.given_by
         WHERE g.ended_at IS NULL",
    );
    query.push("AND (");
    for (at, path) in scope.iter().enumerate() {
        if at > 0 {
            query.push("OR");
        }
        query.with("(o.area_path >= {} AND o.area_path < {})", &[path, &format!("{path}~")]);
    }
    query.push(if scope.is_empty() { "FALSE)" } else { ")" });
    if let Some(path) = filter.path {
        query.with("AND o.area_path >= {} AND o.area_path < {}", &[&path, &format!("{path}~")]);
    }
    if !filter.role.is_empty() {
        query.with("AND g.role = {}", &[&filter.role]);
    }
    if !filter.words.is_empty() {
        let (login, name) = (like(&super::rules::login_key(filter.words)), like(filter.words));
        query.with("AND (a.login LIKE {} ESCAPE '!' OR a.name LIKE {} ESCAPE '!')", &[&login, &name]);
    }
    query.with_some("AND g.id < {}", filter.after.as_ref());
    query.with("ORDER BY g.id DESC LIMIT {}", &[&limit]);
    tx.list(&query)
}

/// What to show of the roles.
#[derive(Debug, Default)]
pub struct RoleFilter<'a> {
    /// Subtree.
    pub path: Option<&'a str>,
    /// Role code, or empty.
    pub role: &'a str,
    /// Part of a login or name.
    pub words: &'a str,
    /// Cursor.
    pub after: Option<GrantId>,
}

/// An organisation with its paths.
///
/// # Errors
/// Of the database.
pub fn org_place(tx: &mut ReadTx<'_>, org: OrgId) -> Result<Option<OrgPlace>, DbError> {
    tx.first(sql!("SELECT id, name, kind, area_path, sponsor_path FROM org WHERE id = $1"), args![org])
}

/// Units at which roles of staff are given, in the order of the tree.
///
/// # Errors
/// Of the database.
pub fn org_choices(tx: &mut ReadTx<'_>, path: &str) -> Result<Vec<OrgPlace>, DbError> {
    tx.all(
        sql!(
            "SELECT id, name, kind, area_path, sponsor_path FROM org
             WHERE area_path >= $1 AND area_path < $2 AND state <> 'closed'
               AND kind IN ('city', 'street', 'community', 'station', 'department', 'unit')
             ORDER BY area_path, id LIMIT 1000"
        ),
        args![path, format!("{path}~")],
    )
}

/// The root of the tree.
///
/// # Errors
/// Of the database.
pub fn org_root(tx: &mut ReadTx<'_>) -> Result<Option<OrgId>, DbError> {
    let found: Option<(OrgId,)> = tx.first(
        sql!(
            "SELECT id FROM org WHERE kind = 'city' AND area_parent IS NULL AND state <> 'closed'
             ORDER BY id LIMIT 1"
        ),
        args![],
    )?;
    Ok(found.map(|(id,)| id))
}

/// Makes the root of an empty tree.
///
/// # Errors
/// Of the database.
pub fn org_insert_root(tx: &mut WriteTx<'_>, name: &str, name_en: &str) -> Result<OrgId, DbError> {
    let id: OrgId = tx.new_id();
    let now = tx.now();
    tx.exec(
        sql!(
            "INSERT INTO org (id, kind, name, name_en, name_key, area_path, state, created_at)
             VALUES ($1, 'city', $2, $3, $4, $5, 'open', $6)"
        ),
        args![id, name, name_en, name_en.to_lowercase(), format!("/{id}/"), now],
    )?;
    Ok(id)
}

/// Who holds the administrator roles, with the account's state.
///
/// # Errors
/// Of the database.
pub fn admin_holders(tx: &mut ReadTx<'_>) -> Result<Vec<super::rules::Holder>, DbError> {
    let rows: Vec<HolderRow> = tx.all(
        sql!(
            "SELECT g.role, a.person_id, a.name FROM role_grant g JOIN account a ON a.id = g.account_id
             WHERE g.ended_at IS NULL AND a.state = 'active' AND g.role IN ('system', 'security', 'audit')
             ORDER BY g.id"
        ),
        args![],
    )?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let who = row.person.map_or_else(|| row.name.trim().to_owned(), |person| format!("#{person}"));
            Some((Role::from_code(&row.role)?, who))
        })
        .collect())
}

/// The administrator roles whose set-up link was used.
///
/// # Errors
/// Of the database.
pub fn set_up_used(tx: &mut ReadTx<'_>) -> Result<Vec<Role>, DbError> {
    let rows: Vec<(String,)> =
        tx.all(sql!("SELECT role FROM set_up_link WHERE used_at IS NOT NULL ORDER BY role"), args![])?;
    Ok(rows.iter().filter_map(|(role,)| Role::from_code(role)).collect())
}

/// Stores the hash of a new set-up link, in place of an unused one.
///
/// # Errors
/// Of the database.
pub fn set_up_put(tx: &mut WriteTx<'_>, role: Role, token_hash: &[u8]) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!(
            "INSERT INTO set_up_link (role, token_hash, created_at) VALUES ($1, $2, $3)
             ON CONFLICT (role) DO UPDATE SET token_hash = excluded.token_hash, created_at = excluded.created_at
             WHERE set_up_link.used_at IS NULL"
        ),
        args![role.code(), token_hash, now],
    )?;
    Ok(())
}

/// The role of an unused set-up link.
///
/// # Errors
/// Of the database.
pub fn set_up_role(tx: &mut ReadTx<'_>, token_hash: &[u8]) -> Result<Option<Role>, DbError> {
    let found: Option<(String,)> = tx.first(
        sql!("SELECT role FROM set_up_link WHERE token_hash = $1 AND used_at IS NULL"),
        args![token_hash],
    )?;
    Ok(found.and_then(|(role,)| Role::from_code(&role)))
}

/// Uses a set-up link up; `false` when somebody was faster.
///
/// # Errors
/// Of the database.
pub fn set_up_use(
    tx: &mut WriteTx<'_>,
    role: Role,
    token_hash: &[u8],
    account: AccountId,
) -> Result<bool, DbError> {
    let now = tx.now();
    Ok(tx.exec(
        sql!(
            "UPDATE set_up_link SET used_at = $1, account_id = $2
             WHERE role = $3 AND token_hash = $4 AND used_at IS NULL"
        ),
        args![now, account, role.code(), token_hash],
    )? == 1)
}

/// Stores the hash of a phone code.
///
/// # Errors
/// Of the database.
pub fn code_insert(
    tx: &mut WriteTx<'_>,
    phone_index: &[u8],
    code_hash: &[u8],
    purpose: &str,
) -> Result<(), DbError> {
    let id: CodeId = tx.new_id();
    let now = tx.now();
    let expires = Timestamp(now.0 + super::rules::CODE_MS);
    tx.exec(
        sql!(
            "INSERT INTO phone_code (id, phone_index, code_hash, purpose, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)"
        ),
        args![id, phone_index, code_hash, purpose, now, expires],
    )?;
    Ok(())
}

/// Takes one try of the newest code of a phone: its hash, or `None` when there is none, it is too old,
/// or all tries are used.
///
/// # Errors
/// Of the database.
pub fn code_try(
    tx: &mut WriteTx<'_>,
    phone_index: &[u8],
    purpose: &str,
) -> Result<Option<(CodeId, Vec<u8>)>, DbError> {
    let now = tx.now();
    tx.first(
        sql!(
            "UPDATE phone_code SET tries = tries + 1
             WHERE id = (SELECT c.id FROM phone_code c WHERE c.phone_index = $1 AND c.purpose = $2
                ORDER BY c.id DESC LIMIT 1)
               AND used_at IS NULL AND expires_at > $3 AND tries < $4
             RETURNING id, code_hash"
        ),
        args![phone_index, purpose, now, super::rules::TRIES],
    )
}

/// Uses a code up; `false` when it was used already.
///
/// # Errors
/// Of the database.
pub fn code_use(tx: &mut WriteTx<'_>, id: CodeId) -> Result<bool, DbError> {
    let now = tx.now();
    Ok(tx
        .exec(sql!("UPDATE phone_code SET used_at = $1 WHERE id = $2 AND used_at IS NULL"), args![now, id])?
        == 1)
}

/// The people on a phone who can sign in or claim themselves. People of an import that is not published
/// are not shown (Fix-21).
///
/// # Errors
/// Of the database.
pub fn people_on_phone(tx: &mut ReadTx<'_>, phone_index: &[u8]) -> Result<Vec<OnPhone>, DbError> {
    tx.all(
        sql!(
            "SELECT p.id, p.name, p.volunteer_no, p.state, COALESCE(o.name, '')
             FROM person p LEFT JOIN org o ON o.id = p.home_org
             WHERE p.id IN (SELECT f.person_id FROM person_phone f WHERE f.phone_index = $1) AND p.state IN ('active', 'unclaimed', 'incomplete', 'suspended')
               AND NOT EXISTS (SELECT 1 FROM roster_import i WHERE i.id = p.batch AND i.hidden = TRUE)
             ORDER BY p.id LIMIT 50"
        ),
        args![phone_index],
    )
}

/// A slip that was not used and is not too old.
///
/// # Errors
/// Of the database.
pub fn slip_find(tx: &mut ReadTx<'_>, code_hash: &[u8]) -> Result<Option<Slip>, DbError> {
    let now = tx.now();
    tx.first(
        sql!(
            "SELECT s.id, p.id, p.name, p.volunteer_no, p.state, COALESCE(o.name, '')
             FROM slip s JOIN person p ON p.id = s.person_id LEFT JOIN org o ON o.id = p.home_org
             WHERE s.code_hash = $1 AND s.used_at IS NULL AND s.expires_at > $2
               AND p.state IN ('active', 'unclaimed', 'incomplete', 'suspended')
               AND NOT EXISTS (SELECT 1 FROM roster_import i WHERE i.id = p.batch AND i.hidden = TRUE)"
        ),
        args![code_hash, now],
    )
}

/// Uses a slip up; `false` when it was used already.
///
/// # Errors
/// Of the database.
pub fn slip_use(tx: &mut WriteTx<'_>, id: SlipId) -> Result<bool, DbError> {
    let now = tx.now();
    Ok(tx.exec(sql!("UPDATE slip SET used_at = $1 WHERE id = $2 AND used_at IS NULL"), args![now, id])? == 1)
}

/// The sign-ins of the demo.
///
/// # Errors
/// Of the database.
pub fn demo_accounts(tx: &mut ReadTx<'_>) -> Result<Vec<Demo>, DbError> {
    tx.all(
        sql!(
            "SELECT id, login, name FROM account
             WHERE login >= 'demo-' AND login < 'demo.' AND state = 'active' ORDER BY id LIMIT 24"
        ),
        args![],
    )
}

/// Counts a try; see [`super::hit`].
///
/// # Errors
/// Of the database.
pub fn attempt_hit(
    tx: &mut WriteTx<'_>,
    key: &str,
    max: i64,
    window_ms: i64,
    block_ms: i64,
) -> Result<Option<i64>, DbError> {
    let now = tx.now().0;
    let blocked = now + block_ms;
    let first_blocked = if max <= 1 { blocked } else { 0 };
    // A count starts again when its window or its block is over. The try that reaches `max` is still
    // allowed and sets the block; those after it are refused.
    let row: AttemptRow = tx.one(
        sql!(
            "INSERT INTO attempt (attempt_key, tries, since, blocked_until) VALUES ($1, 1, $2, $3)
             ON CONFLICT (attempt_key) DO UPDATE SET
                tries = CASE WHEN (attempt.blocked_until = 0 AND attempt.since <= $4)
                        OR (attempt.blocked_until > 0 AND attempt.blocked_until <= $2)
                    THEN 1 ELSE attempt.tries + 1 END,
                since = CASE WHEN (attempt.blocked_until = 0 AND attempt.since <= $4)
                        OR (attempt.blocked_until > 0 AND attempt.blocked_until <= $2)
                    THEN $2 ELSE attempt.since END,
                blocked_until = CASE
                    WHEN attempt.blocked_until > $2 THEN attempt.blocked_until
                    WHEN attempt.blocked_until = 0 AND attempt.since > $4 AND attempt.tries + 1 >= $5 THEN $6
                    ELSE $3 END
             RETURNING tries, blocked_until"
        ),
        args![key, now, first_blocked, now - window_ms, max, blocked],
    )?;
    if row.tries <= max {
        return Ok(None);
    }
    Ok(Some(((row.blocked_until - now + 999) / 1000).max(1)))
}

/// Forgets the tries of a key, after a success.
///
/// # Errors
/// Of the database.
pub fn attempt_clear(tx: &mut WriteTx<'_>, key: &str) -> Result<(), DbError> {
    tx.exec(sql!("DELETE FROM attempt WHERE attempt_key = $1"), args![key])?;
    Ok(())
}

/// Removes what is long over, some rows of each kind.
///
/// # Errors
/// Of the database.
pub fn purge(tx: &mut WriteTx<'_>) -> Result<(), DbError> {
    let now = tx.now();
    let yesterday = Timestamp(now.0 - kernel::time::DAY_MS);
    tx.exec(
        sql!(
            "DELETE FROM login_session WHERE token_hash IN (
                SELECT token_hash FROM login_session WHERE expires_at < $1 ORDER BY expires_at, token_hash LIMIT 500)"
        ),
        args![now],
    )?;
    tx.exec(
        sql!(
            "DELETE FROM phone_code WHERE id IN (
                SELECT id FROM phone_code WHERE expires_at < $1 ORDER BY id LIMIT 500)"
        ),
        args![yesterday],
    )?;
    tx.exec(
        sql!(
            "DELETE FROM attempt WHERE attempt_key IN (
                SELECT attempt_key FROM attempt WHERE since < $1 AND blocked_until < $2
                ORDER BY since, attempt_key LIMIT 500)"
        ),
        args![yesterday, now],
    )?;
    Ok(())
}
