//! Changing one's settings; the confirming link.

use db::{ReadTx, WriteTx};
use kernel::time::DAY_MS;
use kernel::{AccountId, Actor, Error, Refusal, Timestamp};
use vault::Vault;

use super::{refusals, rules, store};

/// Context of sealed addresses.
pub const MAIL_FIELD: &str = "mail_address";
/// How long a confirming link holds.
const LINK_MS: i64 = 3 * DAY_MS;

/// A token that proves, when it comes back, that somebody reads mail at the address of this version.
#[must_use]
pub fn mail_token(vault: &Vault, account: AccountId, version: i64, until: Timestamp) -> String {
    let parts = signed(account, version, until.0);
    let tag = vault.signer.sign("mail", &[&parts]);
    format!("{account}-{version}-{}-{tag}", until.0)
}

fn signed(account: AccountId, version: i64, until: i64) -> Vec<u8> {
    [account.0, version, until].iter().flat_map(|part| part.to_be_bytes()).collect()
}

/// Reads a token: account and version of the address.
///
/// # Errors
/// `setting.link_over` when it is forged or too old.
pub fn read_mail_token(vault: &Vault, now: Timestamp, token: &str) -> Result<(AccountId, i64), Error> {
    let over = || Error::from(&refusals::LINK_OVER);
    let mut parts = token.splitn(4, '-');
    let mut number = || parts.next().and_then(|part| part.parse::<i64>().ok());
    let (Some(account), Some(version), Some(until)) = (number(), number(), number()) else {
        return Err(over());
    };
    let (account, tag) = (AccountId(account), parts.next().unwrap_or_default());
    if now.0 > until || !vault.signer.verify("mail", &[&signed(account, version, until)], tag) {
        return Err(over());
    }
    Ok((account, version))
}

/// Notes a new address and sends the link to it. Nothing else is sent there before the link was opened. Returns the
/// link's token, which only a demo may show.
///
/// # Errors
/// `setting.mail_wrong`, `common.sign_in`, `common.slow_down`.
pub fn mail_change(
    tx: &mut WriteTx<'_>,
    vault: &Vault,
    actor: &Actor,
    address: &str,
) -> Result<String, Error> {
    let account = actor.account()?;
    if !rules::mail_ok(address) {
        let shown: String = address.chars().take(60).collect();
        return Err(Refusal::new(&refusals::MAIL_WRONG).with("value", shown).on("address").into());
    }
    let enc = vault.fields.encrypt(MAIL_FIELD, address.as_bytes());
    let version = store::mail_put(tx, account, &enc, &rules::mask_mail(address))?;
    send_link(tx, vault, account, version)
}

/// Sends the link again; returns its token, which only a demo may show.
///
/// # Errors
/// `setting.no_mail`, `common.slow_down`.
pub fn mail_again(tx: &mut WriteTx<'_>, vault: &Vault, actor: &Actor) -> Result<String, Error> {
    let account = actor.account()?;
    let mail =
        store::mail(tx, account)?.filter(|mail| !mail.masked.is_empty() && mail.confirmed_at.is_none());
    let mail = mail.ok_or_else(|| Error::from(&refusals::NO_MAIL))?;
    send_link(tx, vault, account, mail.version)
}

fn send_link(tx: &mut WriteTx<'_>, vault: &Vault, account: AccountId, version: i64) -> Result<String, Error> {
    // Whoever types other people's addresses does not get far.
    if let Some(wait) = people::account::hit(tx, &format!("mail:{account}"), 5, 3_600_000, 3_600_000)? {
        return Err(Refusal::new(&kernel::error::common::SLOW_DOWN).with("seconds", wait).into());
    }
    let until = Timestamp(tx.now().0 + LINK_MS);
    let token = mail_token(vault, account, version, until);
    let payload = serde_json::json!({ "account": account, "token": token });
    db::outbox::put(tx, crate::delivery::MAIL_CONFIRM, &payload.to_string())?;
    Ok(token)
}

/// The address a link wants to confirm, masked.
///
/// # Errors
/// `setting.link_over`.
pub fn confirmable(tx: &mut ReadTx<'_>, vault: &Vault, token: &str) -> Result<String, Error> {
    let (account, version) = read_mail_token(vault, tx.now(), token)?;
    let mail = store::mail(tx, account)?.filter(|mail| mail.version == version);
    mail.map(|mail| mail.masked).ok_or_else(|| (&refusals::LINK_OVER).into())
}

/// Confirms the address of a link; opening it twice is no harm.
///
/// # Errors
/// `setting.link_over`.
pub fn confirm(tx: &mut WriteTx<'_>, vault: &Vault, token: &str) -> Result<(), Error> {
    let (account, version) = read_mail_token(vault, tx.now(), token)?;
    if store::mail_confirm(tx, account, version)? { Ok(()) } else { Err((&refusals::LINK_OVER).into()) }
}
