//! SQL of the settings.

use db::{DbError, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Timestamp};

use super::rules::{Quiet, Wish, from_codes, to_codes};

row! {
    struct WishRow { mail: String, sms: String, push: String, from: i64, to: i64, digest: bool }

    /// An e-mail address.
    pub struct Mail { address_enc: Vec<u8>, masked: String, version: i64, confirmed_at: Option<Timestamp> }
}

/// What an account wishes; the usual when it never said.
///
/// # Errors
/// Of the database.
pub fn wish(tx: &mut ReadTx<'_>, account: AccountId) -> Result<Wish, DbError> {
    let found: Option<WishRow> = tx.first(
        sql!(
            "SELECT mail_kinds, sms_kinds, push_kinds, quiet_from, quiet_to, digest FROM message_setting
             WHERE account_id = $1"
        ),
        args![account],
    )?;
    Ok(found.map_or_else(Wish::default, |row| Wish {
        mail: from_codes(&row.mail),
        sms: from_codes(&row.sms),
        push: from_codes(&row.push),
        quiet: Quiet { from: row.from, to: row.to },
        digest: row.digest,
    }))
}

/// Stores what an account wishes.
///
/// # Errors
/// Of the database.
pub fn wish_put(tx: &mut WriteTx<'_>, account: AccountId, wish: &Wish) -> Result<(), DbError> {
    let (now, mail, sms, push) = (tx.now(), to_codes(&wish.mail), to_codes(&wish.sms), to_codes(&wish.push));
    tx.exec_one(
        sql!(
            "INSERT INTO message_setting (account_id, mail_kinds, sms_kinds, push_kinds, quiet_from, quiet_to, digest,
                changed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (account_id) DO UPDATE SET mail_kinds = excluded.mail_kinds, sms_kinds = excluded.sms_kinds,
                push_kinds = excluded.push_kinds, quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to,
                digest = excluded.digest, changed_at = excluded.changed_at"
        ),
        args![account, mail, sms, push, wish.quiet.from, wish.quiet.to, wish.digest, now],
    )
}

/// The e-mail address of an account.
///
/// # Errors
/// Of the database.
pub fn mail(tx: &mut ReadTx<'_>, account: AccountId) -> Result<Option<Mail>, DbError> {
    tx.first(
        sql!("SELECT address_enc, masked, version, confirmed_at FROM mail_address WHERE account_id = $1"),
        args![account],
    )
}

/// Stores a new, unconfirmed address; returns its version, which links carry.
///
/// # Errors
/// Of the database.
pub fn mail_put(
    tx: &mut WriteTx<'_>,
    account: AccountId,
    address_enc: &[u8],
    masked: &str,
) -> Result<i64, DbError> {
    let now = tx.now();
    let (version,): (i64,) = tx.one(
        sql!(
            "INSERT INTO mail_address (account_id, address_enc, masked, version, changed_at)
             VALUES ($1, $2, $3, 1, $4)
             ON CONFLICT (account_id) DO UPDATE SET address_enc = excluded.address_enc, masked = excluded.masked,
                version = mail_address.version + 1, confirmed_at = NULL, changed_at = excluded.changed_at
             RETURNING version"
        ),
        args![account, address_enc, masked, now],
    )?;
    Ok(version)
}

/// Confirms an address when it is still the one of the link; `false` when it is not.
///
/// # Errors
/// Of the database.
pub fn mail_confirm(tx: &mut WriteTx<'_>, account: AccountId, version: i64) -> Result<bool, DbError> {
    let now = tx.now();
    Ok(tx.exec(
        sql!(
            "UPDATE mail_address SET confirmed_at = COALESCE(confirmed_at, $1) WHERE account_id = $2 AND version = $3"
        ),
        args![now, account, version],
    )? == 1)
}

/// Forgets an address.
///
/// # Errors
/// Of the database.
pub fn mail_remove(tx: &mut WriteTx<'_>, account: AccountId) -> Result<bool, DbError> {
    Ok(tx.exec(
        // The row stays, so that links of before can never fit again.
        sql!(
            "UPDATE mail_address SET address_enc = $1, masked = '', version = version + 1, confirmed_at = NULL
             WHERE account_id = $2 AND masked <> ''"
        ),
        args![Vec::<u8>::new(), account],
    )? == 1)
}
