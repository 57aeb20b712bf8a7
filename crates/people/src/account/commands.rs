//! What happens to accounts: each function checks, decides and stores within one unit of work. Passwords
//! are hashed and verified outside (tens of milliseconds each), so these take and give hashes.

use db::{DbError, ReadTx, WriteTx};
use kernel::error::common;
use kernel::{AccountId, Action, Actor, Error, OrgId, PersonId, Place, Refusal, Role, Timestamp};
use ui::{App, Req};
use vault::{CodeHash, OneTimeCode, SessionToken, SlipCode, Vault};

use super::SignedOut;
use super::refusals;
use super::rules::{self, AdminGap};
use super::second::{self, Entered};
use super::store::{self, Account, NewSession, OnPhone, StaffRow};
use crate::audit;

/// How long a browser names the last session it had, in seconds.
const NAMED_S: i64 = 180 * 86_400;

/// Counts a try under `key`: `max` tries are allowed within `window_ms`; the last of them starts a pause
/// of `block_ms`. Returns the seconds to wait when this try is refused. Callers return `Ok` from their
/// closure even then, so that the count is kept.
///
/// # Errors
/// Of the database.
pub fn hit(
    tx: &mut WriteTx<'_>,
    key: &str,
    max: i64,
    window_ms: i64,
    block_ms: i64,
) -> Result<Option<i64>, DbError> {
    store::attempt_hit(tx, key, max, window_ms, block_ms)
}

/// The slow-down of an address: 600 tries in 5 minutes, then a pause of 5 seconds, never a lock (Edge-04).
///
/// # Errors
/// Of the database.
pub fn hit_address(tx: &mut WriteTx<'_>, from: &str) -> Result<Option<i64>, DbError> {
    if from.is_empty() {
        return Ok(None);
    }
    let key = format!("address:{from}");
    hit(tx, &key, rules::ADDRESS_TRIES, rules::ADDRESS_WINDOW_MS, rules::ADDRESS_PAUSE_MS)
}

/// Counts a code typed in a browser: 20 in 10 minutes (Edge-04), and the address's slow-down.
///
/// # Errors
/// Of the database.
pub fn hit_guess(tx: &mut WriteTx<'_>, req: &Req) -> Result<Option<i64>, DbError> {
    if let Some(wait) = hit_address(tx, &req.from)? {
        return Ok(Some(wait));
    }
    let key = format!("guess:{}", hex(&req.bound));
    hit(tx, &key, rules::GUESSES, rules::GUESS_WINDOW_MS, rules::LOCK_MS)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

pub(super) fn slow_down(seconds: i64) -> Error {
    Refusal::new(&common::SLOW_DOWN).with("seconds", seconds).into()
}

/// The blind index of a phone number in stored form (see `roster::clean::phone`), as in `person.phone_index`.
#[must_use]
pub fn phone_index(vault: &Vault, phone: &str) -> Vec<u8> {
    vault.indexes.index("phone", phone.as_bytes()).as_bytes().to_vec()
}

/// The stored hash of a slip's code, as in `slip.code_hash`.
#[must_use]
pub fn slip_hash(vault: &Vault, code: &SlipCode) -> Vec<u8> {
    code.hash(&vault.codes, "slip").as_bytes().to_vec()
}

/// The active account of a person, made when there is none. `name` is shown in the head of pages.
///
/// # Errors
/// `account.disabled`; of the database.
pub fn for_person(tx: &mut WriteTx<'_>, person: PersonId, name: &str) -> Result<AccountId, Error> {
    let found = match store::account_of_person(tx, person)? {
        Some(found) => Some(found),
        None => {
            store::account_insert_person(tx, person, name)?;
            store::account_of_person(tx, person)?
        }
    };
    match found {
        Some((id, true)) => Ok(id),
        Some((_, false)) => Err((&refusals::DISABLED).into()),
        None => Err(Error::bug("an account that was just stored is gone")),
    }
}

/// Opens a session with a new token and returns the `Set-Cookie` value. The session the request came with,
/// if any, ends. Limits: X3, see [`rules::limits`].
///
/// # Errors
/// Of the database.
pub fn open_session(tx: &mut WriteTx<'_>, app: &App, account: AccountId, req: &Req) -> Result<String, Error> {
    open_session_on(tx, app, account, req, "")
}

/// [`open_session`] with a short name of the device for the list of sessions.
///
/// # Errors
/// Of the database.
pub fn open_session_on(
    tx: &mut WriteTx<'_>,
    app: &App,
    account: AccountId,
    req: &Req,
    device: &str,
) -> Result<String, Error> {
    let holds_role = !store::roles_held(tx, account)?.is_empty();
    let limits = rules::limits(holds_role, app.settings.demo);
    let token: SessionToken = app.vault.session_token();
    let hash = token.hash();
    store::session_insert(
        tx,
        &NewSession { token_hash: hash.as_bytes(), account, limits, device, from: &req.from },
    )?;
    if let Some(old) = &req.session {
        // Whoever signs in again on the same device keeps what hangs on it; another account does not inherit it.
        tx.publish(&SignedOut::Again { old: old.clone(), new: hash.as_bytes().to_vec(), account })?;
        store::session_forget(tx, old)?;
    }
    // The server ends the session; its name must still arrive afterwards, so that what hangs on it follows to the next
    // one or ends with it (ADR 0027).
    let seconds = (limits.whole_ms / 1000).max(NAMED_S);
    Ok(ui::answer::cookie(app, ui::request::SESSION, &token.text(), seconds))
}

/// Gives a role over a subtree. The three administrator roles exclude each other and every other role
/// (X5, Fix-19). Roles other than `leader` need a security administrator over the place when a person
/// acts (`by` signed in); for leaders the caller has checked the right to manage the team.
///
/// # Errors
/// `common.forbidden`, `account.disabled`, `account.role_excludes`, `account.role_held`,
/// `account.role_place`, `common.not_found`; of the database.
pub fn grant_role(
    tx: &mut WriteTx<'_>,
    by: &Actor,
    account: AccountId,
    role: Role,
    org: OrgId,
) -> Result<(), Error> {
    let place = store::org_place(tx, org)?.ok_or(&common::NOT_FOUND)?;
    if by.signed_in() && role != Role::Leader {
        by.demand(
            Action::RoleManage,
            Place { area_path: &place.area_path, sponsor_path: &place.sponsor_path },
        )?;
    }
    if !rules::fits(role, &place.kind) {
        return Err(Refusal::new(&refusals::ROLE_PLACE)
            .with_both("role", role.name(kernel::Lang::Zh), role.name(kernel::Lang::En))
            .with("org", &place.name)
            .on("org")
            .into());
    }
    // Two roles given at once must see each other.
    if !store::account_lock(tx, account)? {
        return Err((&refusals::DISABLED).into());
    }
    let held = store::roles_held(tx, account)?;
    let roles: Vec<Role> = held.iter().filter_map(|one| Role::from_code(&one.role)).collect();
    if let Some(against) = rules::excluded_by(&roles, role) {
        return Err(Refusal::new(&refusals::ROLE_EXCLUDES)
            .with_both("held", against.name(kernel::Lang::Zh), against.name(kernel::Lang::En))
            .with_both("role", role.name(kernel::Lang::Zh), role.name(kernel::Lang::En))
            .on("role")
            .into());
    }
    if held.iter().any(|one| one.role == role.code() && one.org == org) {
        return Err(Refusal::new(&refusals::ROLE_HELD)
            .with_both("role", role.name(kernel::Lang::Zh), role.name(kernel::Lang::En))
            .with("org", &place.name)
            .into());
    }
    store::role_insert(tx, account, role, org, by.account)?;
    if held.is_empty() {
        store::session_tighten(tx, account, rules::limits(true, false))?;
    }
    audit::note(tx, by, "role.grant", "account", account.0, &format!("{} · {}", role.code(), place.name))?;
    Ok(())
}

/// Ends a role at once: the next request of the account is without it. The last holder of an administrator
/// role stays (Fix-19). Rights as for [`grant_role`].
///
/// # Errors
/// `common.forbidden`, `common.not_found`, `account.last_admin`; of the database.
pub fn end_role(
    tx: &mut WriteTx<'_>,
    by: &Actor,
    account: AccountId,
    role: Role,
    org: OrgId,
) -> Result<(), Error> {
    let place = store::org_place(tx, org)?.ok_or(&common::NOT_FOUND)?;
    if by.signed_in() && role != Role::Leader {
        by.demand(
            Action::RoleManage,
            Place { area_path: &place.area_path, sponsor_path: &place.sponsor_path },
        )?;
    }
    if role.is_admin() {
        store::role_lock(tx, role)?;
        if store::role_count(tx, role)? <= 1 {
            return Err(Refusal::new(&refusals::LAST_ADMIN)
                .with_both("role", role.name(kernel::Lang::Zh), role.name(kernel::Lang::En))
                .into());
        }
    }
    if !store::role_end(tx, account, role, org)? {
        return Err((&common::NOT_FOUND).into());
    }
    audit::note(tx, by, "role.end", "account", account.0, &format!("{} · {}", role.code(), place.name))?;
    Ok(())
}

/// Whether the account held the role at some time since `since`: for roll-calls a device brings in up to
/// 7 days after the role ended (Edge-12).
///
/// # Errors
/// Of the database.
pub fn held_within(
    tx: &mut ReadTx<'_>,
    account: AccountId,
    role: Role,
    org: OrgId,
    since: Timestamp,
) -> Result<bool, DbError> {
    store::role_held_since(tx, account, role, org, since)
}

/// Why the three administrators are not complete, if so (Fix-19): then pages show a red bar and no personal
/// data is exported.
///
/// # Errors
/// Of the database.
pub fn admin_gap(tx: &mut ReadTx<'_>) -> Result<Option<AdminGap>, DbError> {
    Ok(rules::gap(&store::admin_holders(tx)?))
}

/// Sends a six-digit code to a phone (stored form), good for 5 minutes and 5 tries, through the outbox
/// (topic `sms`). Returns the code in the demo only, to show it there. `purpose` says what it is for; a code
/// for one purpose does not serve another.
///
/// # Errors
/// `common.slow_down` when the phone was sent too many; of the database.
pub fn send_phone_code(
    tx: &mut WriteTx<'_>,
    app: &App,
    phone: &str,
    purpose: &str,
) -> Result<Option<String>, Error> {
    let index = phone_index(&app.vault, phone);
    // Somebody's phone must not be made to ring all day; the demo sends nothing.
    let scale = if app.settings.demo { 100 } else { 1 };
    let key = hex(&index);
    if let Some(wait) = hit(tx, &format!("sms:{key}"), 5 * scale, 600_000, 600_000)? {
        return Err(slow_down(wait));
    }
    if let Some(wait) = hit(tx, &format!("sms-day:{key}"), 15 * scale, 86_400_000, 6 * 3_600_000)? {
        return Err(slow_down(wait));
    }
    let code: OneTimeCode = app.vault.one_time_code();
    let hash = code.hash(&app.vault.codes, &code_context(purpose, &index));
    store::code_insert(tx, &index, hash.as_bytes(), purpose)?;
    let text = code.text();
    let (city_zh, city_en) = (&app.settings.city.0, &app.settings.city.1);
    let payload = serde_json::json!({
        "phone": phone,
        "text_zh": format!("【{city_zh}邻里】验证码 {text}，5 分钟内有效。工作人员不会向您索要验证码。"),
        "text_en": format!("[{city_en} Linli] Your code is {text}, good for 5 minutes. Staff never ask for it."),
    });
    db::outbox::put(tx, "sms", &payload.to_string())?;
    Ok(app.settings.demo.then_some(text))
}

/// Checks a code that was sent to a phone and uses it up. Every call takes one of its 5 tries; a wrong code
/// is `Ok(false)`, so that the transaction commits and the try counts.
///
/// # Errors
/// Of the database.
pub fn check_phone_code(
    tx: &mut WriteTx<'_>,
    app: &App,
    phone: &str,
    purpose: &str,
    code: &str,
) -> Result<bool, Error> {
    let index = phone_index(&app.vault, phone);
    let Some((id, stored)) = store::code_try(tx, &index, purpose)? else { return Ok(false) };
    let context = code_context(purpose, &index);
    let good = match (OneTimeCode::parse(code), CodeHash::from_slice(&stored)) {
        (Some(typed), Some(stored)) => typed.matches(&app.vault.codes, &context, &stored),
        _ => false,
    };
    Ok(good && store::code_use(tx, id)?)
}

fn code_context(purpose: &str, index: &[u8]) -> String {
    format!("{purpose} {}", hex(index))
}

/// Signs that this browser proved a phone number until a moment, for the step in which the person chooses
/// who they are (Fix-23).
#[must_use]
pub fn phone_proof(app: &App, req: &Req, phone: &str, until: i64) -> String {
    app.vault.signer.sign("phone-proof", &[phone.as_bytes(), &until.to_be_bytes(), &req.bound])
}

/// Checks [`phone_proof`].
#[must_use]
pub fn phone_proof_ok(app: &App, req: &Req, phone: &str, until: i64, proof: &str, now: Timestamp) -> bool {
    until >= now.0
        && until <= now.0 + rules::PROOF_MS
        && app.vault.signer.verify(
            "phone-proof",
            &[phone.as_bytes(), &until.to_be_bytes(), &req.bound],
            proof,
        )
}

/// Signs a person in who proved to be them; an unclaimed person claims themselves first (Fix-03). Staff
/// with a second factor are asked for it before a session opens.
///
/// # Errors
/// Of the claim, `account.disabled`; of the database.
pub fn enter(
    tx: &mut WriteTx<'_>,
    app: &App,
    req: &Req,
    who: &OnPhone,
    channel: &str,
    device: &str,
) -> Result<Entered, Error> {
    let visitor = Actor {
        person: Some(who.person),
        name: who.name.clone(),
        from: req.from.clone(),
        ..Actor::default()
    };
    if who.state == "unclaimed" {
        match crate::person::claim(tx, &visitor, who.person, channel) {
            // A minor comes in to see who has to answer.
            Err(Error::Refused(all))
                if all.iter().all(|one| one.text == &crate::guardian::refusals::NEEDED) => {}
            claimed => claimed?,
        }
    }
    let account = for_person(tx, who.person, &who.name)?;
    let actor = Actor { account: Some(account), ..visitor };
    second::enter(tx, app, req, &actor, channel, device, false)
}

/// How a sign-in by password begins.
#[derive(Debug, Clone)]
pub enum Begin {
    /// Too many tries of this account: seconds to wait.
    Locked(i64),
    /// Too many tries from this address: seconds to wait.
    Slow(i64),
    /// Verify the password against this account, or burn the same time when there is none.
    Verify(Option<Box<Account>>),
}

/// Begins a sign-in by password: counts the try before anything is verified, so that tries side by side
/// count too.
///
/// # Errors
/// Of the database.
pub fn begin_password(tx: &mut WriteTx<'_>, login: &str, from: &str) -> Result<Begin, Error> {
    let login = rules::login_key(login);
    if let Some(wait) = hit_address(tx, from)? {
        return Ok(Begin::Slow(wait));
    }
    // Logins that do not exist are counted and locked alike: the answer must not tell which exist (X2).
    if let Some(wait) = hit(tx, &login_attempts(&login), rules::TRIES, rules::LOCK_MS, rules::LOCK_MS)? {
        return Ok(Begin::Locked(wait));
    }
    let found = store::account_by_login(tx, &login)?;
    Ok(Begin::Verify(found.filter(|one| one.state == "active" && one.password_hash.is_some()).map(Box::new)))
}

fn login_attempts(login: &str) -> String {
    format!("login:{login}")
}

/// Ends a sign-in by password that was verified: opens the session, or asks for the second factor. The
/// password may have to be changed before anything else (first sign-in, or 90 days for staff; X1). `new_hash`: the same password
/// hashed at today's cost, when it was stored at another.
///
/// # Errors
/// `account.wrong` when the account changed meanwhile; of the database.
pub fn finish_password(
    tx: &mut WriteTx<'_>,
    app: &App,
    req: &Req,
    known: &Account,
    new_hash: Option<&str>,
    device: &str,
) -> Result<Entered, Error> {
    let fresh = store::account_find(tx, known.id)?
        .filter(|one| one.state == "active" && one.password_hash == known.password_hash)
        .ok_or(&refusals::WRONG)?;
    store::attempt_clear(tx, &login_attempts(fresh.login.as_deref().unwrap_or_default()))?;
    if let (Some(new), Some(old)) = (new_hash, fresh.password_hash.as_deref()) {
        store::password_rehash(tx, fresh.id, old, new)?;
    }
    let policy = vault::Policy::staff();
    let expired =
        !fresh.must_change && fresh.password_at.is_some_and(|at| policy.is_expired(at.0, tx.now().0));
    if expired {
        store::password_expire(tx, fresh.id)?;
    }
    let actor = actor_of(&fresh, req);
    second::enter(tx, app, req, &actor, "password", device, fresh.must_change || expired)
}

/// Notes a sign-in whose password was wrong.
///
/// # Errors
/// Of the database.
pub fn failed_password(tx: &mut WriteTx<'_>, req: &Req, known: Option<&Account>) -> Result<(), Error> {
    // Of a login that does not exist nothing is kept: people type passwords there by mistake.
    if let Some(known) = known {
        let actor = Actor { name: known.name.clone(), from: req.from.clone(), ..Actor::default() };
        audit::note_failed(tx, &actor, "sign_in.failed", "account", known.id.0, "password")?;
    }
    Ok(())
}

pub(super) fn actor_of(account: &Account, req: &Req) -> Actor {
    Actor {
        account: Some(account.id),
        person: account.person,
        name: account.name.clone(),
        grants: Vec::new(),
        from: req.from.clone(),
        cut: None,
    }
}

/// Changes the password after the present one (`old` hash) was verified and the new one accepted; ends all
/// other sessions.
///
/// # Errors
/// `common.stale` when it was changed meanwhile; of the database.
pub fn change_password(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    old: &str,
    new: &str,
    keep: &[u8],
) -> Result<(), Error> {
    let account = actor.account()?;
    if !store::password_set(tx, account, Some(old), new)? {
        return Err((&common::STALE).into());
    }
    store::session_end_others(tx, account, keep)?;
    audit::note(tx, actor, "password.change", "account", account.0, "")?;
    Ok(())
}

/// Makes the one-time set-up links of the administrator roles that nobody holds and whose link was not
/// used yet: on an empty database all three (Fix-19). Links made before and not used stop working. Returns
/// role and token; the link is `/set-up/{token}`.
///
/// # Errors
/// Of the database.
pub fn create_set_up_links(tx: &mut WriteTx<'_>, vault: &Vault) -> Result<Vec<(Role, String)>, Error> {
    let used = store::set_up_used(tx)?;
    let holders = store::admin_holders(tx)?;
    let mut out = Vec::new();
    for role in [Role::System, Role::Security, Role::Audit] {
        if used.contains(&role) || holders.iter().any(|(held, _)| *held == role) {
            continue;
        }
        let token = vault.session_token();
        store::set_up_put(tx, role, token.hash().as_bytes())?;
        out.push((role, token.text()));
    }
    Ok(out)
}

/// What a link under `/set-up/` is for.
#[derive(Debug, Clone)]
pub enum Link {
    /// The first account of an administrator role, by the token's hash.
    Role(Role, Vec<u8>),
    /// A password for this account.
    Account(Box<Account>),
}

/// Reads a link under `/set-up/`.
///
/// # Errors
/// `account.link_used`; of the database.
pub fn open_link(tx: &mut ReadTx<'_>, vault: &Vault, token: &str) -> Result<Link, Error> {
    if let Some(parsed) = SessionToken::parse(token) {
        let hash = parsed.hash().as_bytes().to_vec();
        let role = store::set_up_role(tx, &hash)?.ok_or(&refusals::LINK_USED)?;
        return Ok(Link::Role(role, hash));
    }
    let (id, until, tag) = split_link(token).ok_or(&refusals::LINK_USED)?;
    let now = tx.now();
    let account = store::account_find(tx, id)?
        .filter(|one| one.state == "active" && one.login.is_some() && until >= now.0)
        .filter(|one| vault.signer.verify("account-link", &link_parts(one, &until.to_be_bytes()), tag))
        .ok_or(&refusals::LINK_USED)?;
    Ok(Link::Account(Box::new(account)))
}

fn split_link(token: &str) -> Option<(AccountId, i64, &str)> {
    let mut parts = token.splitn(3, '.');
    let id = parts.next()?.parse().ok()?;
    let until = parts.next()?.parse().ok()?;
    Some((id, until, parts.next()?))
}

/// The link is bound to the present password: setting a password uses it up, and every older one too.
fn link_parts<'a>(account: &'a Account, until: &'a [u8; 8]) -> [&'a [u8]; 3] {
    [
        account.login.as_deref().unwrap_or_default().as_bytes(),
        until,
        account.password_hash.as_deref().unwrap_or_default().as_bytes(),
    ]
}

fn link_for(vault: &Vault, account: &Account, now: Timestamp) -> String {
    let until = now.0 + rules::LINK_MS;
    let tag = vault.signer.sign("account-link", &link_parts(account, &until.to_be_bytes()));
    format!("{}.{until}.{tag}", account.id)
}

/// The account a set-up link of a role makes.
#[derive(Debug, Clone)]
pub struct FirstAdmin<'a> {
    /// The link's role.
    pub role: Role,
    /// Hash of the link's token.
    pub token_hash: &'a [u8],
    /// The new account's login.
    pub login: &'a str,
    /// The administrator's name.
    pub name: &'a str,
    /// The hash of the password.
    pub password_hash: &'a str,
    /// Name of the city in both languages, for the root of an empty tree.
    pub city: (&'a str, &'a str),
}

/// Uses the set-up link of an administrator role: makes the account and gives it the role over the whole
/// city. Each link makes an account of its own, so that one account never gets two of the roles.
///
/// # Errors
/// `account.link_used`, `account.login_taken`; of the database.
pub fn use_role_link(tx: &mut WriteTx<'_>, req: &Req, first: &FirstAdmin<'_>) -> Result<AccountId, Error> {
    let account = insert_staff(tx, first.login, first.name, Some(first.password_hash), false)?;
    if !store::set_up_use(tx, first.role, first.token_hash, account)? {
        return Err((&refusals::LINK_USED).into());
    }
    let root = match store::org_root(tx)? {
        Some(root) => root,
        None => store::org_insert_root(tx, first.city.0, first.city.1)?,
    };
    let by = Actor { name: first.name.to_owned(), from: req.from.clone(), ..Actor::default() };
    grant_role(tx, &by, account, first.role, root)?;
    let actor = Actor { account: Some(account), ..by };
    audit::note(tx, &actor, "set_up.use", "account", account.0, first.role.code())?;
    Ok(account)
}

/// Uses a one-time link of an account: sets its password and ends its sessions.
///
/// # Errors
/// `account.link_used`; of the database.
pub fn use_account_link(
    tx: &mut WriteTx<'_>,
    req: &Req,
    known: &Account,
    password_hash: &str,
) -> Result<(), Error> {
    if !store::password_set(tx, known.id, known.password_hash.as_deref(), password_hash)? {
        return Err((&refusals::LINK_USED).into());
    }
    store::session_end_others(tx, known.id, &[])?;
    if let Some(login) = &known.login {
        store::attempt_clear(tx, &login_attempts(login))?;
    }
    audit::note(tx, &actor_of(known, req), "password.set", "account", known.id.0, "")?;
    Ok(())
}

fn insert_staff(
    tx: &mut WriteTx<'_>,
    login: &str,
    name: &str,
    password_hash: Option<&str>,
    must_change: bool,
) -> Result<AccountId, Error> {
    let taken = || Refusal::new(&refusals::LOGIN_TAKEN).with("login", login).on("login");
    if store::account_by_login(tx, login)?.is_some() {
        return Err(taken().into());
    }
    match store::account_insert_staff(tx, login, name, password_hash, must_change) {
        Err(DbError::Unique(key)) if key == "account_login_key" => Err(taken().into()),
        other => Ok(other?),
    }
}

/// Makes an account of staff (the command line and the system administrator). A password given here must be
/// changed at the first sign-in; without one, [`reset_link`] makes the link to set it.
///
/// # Errors
/// `account.login_form`, `account.login_taken`; of the database.
pub fn create_staff(
    tx: &mut WriteTx<'_>,
    login: &str,
    name: &str,
    password_hash: Option<&str>,
) -> Result<AccountId, Error> {
    create_staff_by(tx, &Actor::system("linli user"), login, name, password_hash)
}

/// [`create_staff`] on behalf of somebody.
///
/// # Errors
/// As [`create_staff`].
pub fn create_staff_by(
    tx: &mut WriteTx<'_>,
    by: &Actor,
    login: &str,
    name: &str,
    password_hash: Option<&str>,
) -> Result<AccountId, Error> {
    let login = rules::login(login)?;
    let id = insert_staff(tx, &login, name, password_hash, password_hash.is_some())?;
    audit::note(tx, by, "account.create", "account", id.0, &login)?;
    Ok(id)
}

/// The accounts with a login, in the order of their logins (at most 10,000).
///
/// # Errors
/// Of the database.
pub fn list_staff(tx: &mut ReadTx<'_>) -> Result<Vec<StaffRow>, Error> {
    Ok(store::staff_list(tx, "", "", "", 10_000)?)
}

/// Makes a one-time link (good for 72 hours) with which the owner of a login sets a password; returns its
/// token, the link is `/set-up/{token}`. For the command line: whoever runs the server may do it for anybody.
///
/// # Errors
/// `account.none`, `account.disabled`; of the database.
pub fn reset_link(tx: &mut WriteTx<'_>, vault: &Vault, login: &str) -> Result<String, Error> {
    let key = rules::login_key(login);
    let account = store::account_by_login(tx, &key)?
        .ok_or_else(|| Refusal::new(&refusals::ACCOUNT_NONE).with("who", login))?;
    link_of(tx, &Actor::system("linli user"), vault, &account)
}

fn link_of(tx: &mut WriteTx<'_>, by: &Actor, vault: &Vault, account: &Account) -> Result<String, Error> {
    if account.state != "active" {
        return Err((&refusals::DISABLED).into());
    }
    audit::note(tx, by, "account.link", "account", account.id.0, "")?;
    Ok(link_for(vault, account, tx.now()))
}

/// [`reset_link`] by the system administrator, who cannot take over another administrator's account.
///
/// # Errors
/// `common.forbidden`, `common.not_found`, `account.admin_link`, `account.disabled`; of the database.
pub fn link_by_admin(
    tx: &mut WriteTx<'_>,
    by: &Actor,
    vault: &Vault,
    account: AccountId,
) -> Result<String, Error> {
    let found = staff_of(tx, by, account)?;
    let admin = store::roles_held(tx, account)?
        .iter()
        .any(|held| Role::from_code(&held.role).is_some_and(Role::is_admin));
    if admin {
        return Err((&refusals::ADMIN_LINK).into());
    }
    link_of(tx, by, vault, &found)
}

/// An account of staff that the system administrator may handle.
///
/// # Errors
/// `common.forbidden`, `common.not_found`; of the database.
pub fn staff_of(tx: &mut ReadTx<'_>, by: &Actor, account: AccountId) -> Result<Account, Error> {
    by.demand_any(Action::SystemManage)?;
    // Accounts of volunteers belong to their personal files, which administrators do not see (X5).
    store::account_find(tx, account)?
        .filter(|one| one.login.is_some())
        .ok_or_else(|| (&common::NOT_FOUND).into())
}

/// Switches an account of staff on or off; switching off ends its sessions.
///
/// # Errors
/// `common.forbidden`, `common.not_found`, `account.self`, `account.last_admin`; of the database.
pub fn set_state(tx: &mut WriteTx<'_>, by: &Actor, account: AccountId, active: bool) -> Result<(), Error> {
    staff_of(tx, by, account)?;
    if by.account == Some(account) {
        return Err((&refusals::SELF).into());
    }
    if !active {
        for held in store::roles_held(tx, account)? {
            let Some(role) = Role::from_code(&held.role).filter(|role| role.is_admin()) else { continue };
            store::role_lock(tx, role)?;
            if store::role_count(tx, role)? <= 1 {
                return Err(Refusal::new(&refusals::LAST_ADMIN)
                    .with_both("role", role.name(kernel::Lang::Zh), role.name(kernel::Lang::En))
                    .into());
            }
        }
    }
    let state = if active { "active" } else { "disabled" };
    if store::account_set_state(tx, account, state)? {
        if !active {
            store::session_end_others(tx, account, &[])?;
        }
        let act = if active { "account.enable" } else { "account.disable" };
        audit::note(tx, by, act, "account", account.0, "")?;
    }
    Ok(())
}

/// Ends all sessions of an account of staff, by the system administrator.
///
/// # Errors
/// `common.forbidden`, `common.not_found`; of the database.
pub fn end_sessions(tx: &mut WriteTx<'_>, by: &Actor, account: AccountId) -> Result<u64, Error> {
    staff_of(tx, by, account)?;
    let ended = store::session_end_others(tx, account, &[])?;
    audit::note(tx, by, "session.end", "account", account.0, &format!("{ended}"))?;
    Ok(ended)
}
