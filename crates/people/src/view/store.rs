//! Saved views and chosen columns in the database.

use db::{DbError, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, PersonId, Timestamp};

use super::ViewId;

row! {
    /// A saved view.
    pub struct Saved { id: ViewId, list: String, name: String, query: String, opens_first: bool, created_at: Timestamp }
}

/// The views of a list, by name.
pub(super) fn of_list(tx: &mut ReadTx<'_>, account: AccountId, list: &str) -> Result<Vec<Saved>, DbError> {
    tx.all(
        sql!(
            "SELECT id, list, name, query, opens_first, created_at FROM list_view
             WHERE account_id = $1 AND list = $2 ORDER BY name, id LIMIT 100"
        ),
        args![account, list],
    )
}

/// All views of an account, list by list.
///
/// # Errors
/// Of the database.
pub fn all_of(tx: &mut ReadTx<'_>, account: AccountId) -> Result<Vec<Saved>, DbError> {
    tx.all(
        sql!(
            "SELECT id, list, name, query, opens_first, created_at FROM list_view
             WHERE account_id = $1 ORDER BY list, name, id LIMIT 1000"
        ),
        args![account],
    )
}

/// A view of the account's own.
pub(super) fn find(tx: &mut ReadTx<'_>, account: AccountId, view: ViewId) -> Result<Option<Saved>, DbError> {
    tx.first(
        sql!(
            "SELECT id, list, name, query, opens_first, created_at FROM list_view WHERE account_id = $1 AND id = $2"
        ),
        args![account, view],
    )
}

/// Keeps a new view.
pub(super) fn insert(
    tx: &mut WriteTx<'_>,
    account: AccountId,
    (list, name, query): (&str, &str, &str),
) -> Result<ViewId, DbError> {
    let (id, now): (ViewId, Timestamp) = (tx.new_id(), tx.now());
    tx.exec_one(
        sql!(
            "INSERT INTO list_view (id, account_id, list, name, query, opens_first, created_at)
             VALUES ($1, $2, $3, $4, $5, FALSE, $6)"
        ),
        args![id, account, list, name, query, now],
    )?;
    Ok(id)
}

/// Exchanges what a view shows.
pub(super) fn set_query(tx: &mut WriteTx<'_>, view: ViewId, query: &str) -> Result<(), DbError> {
    tx.exec_one(sql!("UPDATE list_view SET query = $2 WHERE id = $1"), args![view, query])
}

/// Exchanges the name of a view.
pub(super) fn set_name(tx: &mut WriteTx<'_>, view: ViewId, name: &str) -> Result<(), DbError> {
    tx.exec_one(sql!("UPDATE list_view SET name = $2 WHERE id = $1"), args![view, name])
}

/// Says with which view a list opens; one statement, so that there are never two.
pub(super) fn set_first(
    tx: &mut WriteTx<'_>,
    account: AccountId,
    list: &str,
    view: Option<ViewId>,
) -> Result<(), DbError> {
    let view = view.unwrap_or(ViewId(0));
    tx.exec(
        sql!("UPDATE list_view SET opens_first = (id = $3) WHERE account_id = $1 AND list = $2"),
        args![account, list, view],
    )?;
    Ok(())
}

/// Removes a view.
pub(super) fn delete(tx: &mut WriteTx<'_>, view: ViewId) -> Result<(), DbError> {
    tx.exec_one(sql!("DELETE FROM list_view WHERE id = $1"), args![view])
}

/// Keys of the columns that an account chose for a list; none: the usual ones.
pub(super) fn columns_of(
    tx: &mut ReadTx<'_>,
    account: AccountId,
    list: &str,
) -> Result<Vec<String>, DbError> {
    let rows: Vec<(String,)> = tx.all(
        sql!(
            "SELECT column_key FROM list_column WHERE account_id = $1 AND list = $2 ORDER BY column_key LIMIT 100"
        ),
        args![account, list],
    )?;
    Ok(rows.into_iter().map(|(key,)| key).collect())
}

/// Exchanges them.
pub(super) fn set_columns(
    tx: &mut WriteTx<'_>,
    account: AccountId,
    list: &str,
    keys: &[&str],
) -> Result<(), DbError> {
    tx.exec(sql!("DELETE FROM list_column WHERE account_id = $1 AND list = $2"), args![account, list])?;
    for key in keys {
        tx.exec_later(
            sql!(
                "INSERT INTO list_column (account_id, list, column_key) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
            ),
            args![account, list, key],
        )?;
    }
    Ok(())
}

/// Forgets all of somebody whose registration ends: names of people may stand in filters.
///
/// # Errors
/// Of the database.
pub fn forget(tx: &mut WriteTx<'_>, person: PersonId) -> Result<(), DbError> {
    tx.exec(
        sql!("DELETE FROM list_view WHERE account_id IN (SELECT id FROM account WHERE person_id = $1)"),
        args![person],
    )?;
    tx.exec(
        sql!("DELETE FROM list_column WHERE account_id IN (SELECT id FROM account WHERE person_id = $1)"),
        args![person],
    )?;
    Ok(())
}
