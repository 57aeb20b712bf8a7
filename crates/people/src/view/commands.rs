//! Saving, renaming and removing one's own views, and choosing columns.

use db::WriteTx;
use kernel::error::common;
use kernel::{AccountId, Actor, Error, Refusal};
use ui::form::Fields;
use ui::list::{Columns, List};

use super::store::{self, Saved};
use super::{ViewId, refusals};
use crate::account::store::account_lock;

/// Views of one list that an account may have.
const MOST: usize = 30;
/// Parameters in which people type words.
const WORDS: &[&str] = &["q", "account"];

/// Takes turns with the account's other windows.
fn own(tx: &mut WriteTx<'_>, actor: &Actor) -> Result<AccountId, Error> {
    let account = actor.account()?;
    if account_lock(tx, account)? { Ok(account) } else { Err((&common::NOT_FOUND).into()) }
}

/// A query of that very list, or a refusal.
fn clean(list: &'static List, query: &str) -> Result<String, Error> {
    let made = list.checked(query).ok_or(&refusals::QUERY)?;
    let fields = Fields::parse(made.as_bytes());
    let personal = fields.0.iter().filter(|(name, _)| WORDS.contains(&name.as_str())).any(|(_, value)| {
        let digits = value.chars().filter(char::is_ascii_digit).count();
        roster::clean::phone(value).is_ok() || digits >= 15
    });
    if personal { Err((&refusals::PERSONAL).into()) } else { Ok(made) }
}

/// Keeps the filters and columns of a list under a name; under a name that is there already, they take the place of the
/// earlier ones. `query`: what stands behind the question mark. Returns the view and whether it is new.
///
/// # Errors
/// `common.sign_in`, `view.query`, `view.nothing`, `view.personal`, `view.most`; of the database.
pub fn save(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    list: &'static List,
    name: &str,
    query: &str,
    first: bool,
) -> Result<(ViewId, bool), Error> {
    let account = own(tx, actor)?;
    let query = clean(list, query)?;
    if query.is_empty() {
        return Err((&refusals::NOTHING).into());
    }
    let there = store::of_list(tx, account, list.path)?;
    let (view, new) = match there.iter().find(|one| one.name == name) {
        Some(one) => {
            store::set_query(tx, one.id, &query)?;
            (one.id, false)
        }
        None if there.len() >= MOST => {
            return Err(Refusal::new(&refusals::MOST).with("max", MOST).into());
        }
        None => (store::insert(tx, account, (list.path, name, &query))?, true),
    };
    if first {
        store::set_first(tx, account, list.path, Some(view))?;
    }
    Ok((view, new))
}

fn find(tx: &mut WriteTx<'_>, actor: &Actor, view: ViewId) -> Result<(AccountId, Saved), Error> {
    let account = own(tx, actor)?;
    let saved = store::find(tx, account, view)?.ok_or(&common::NOT_FOUND)?;
    Ok((account, saved))
}

/// Gives a view another name.
///
/// # Errors
/// `common.sign_in`, `common.not_found`, `view.name_taken`; of the database.
pub fn rename(tx: &mut WriteTx<'_>, actor: &Actor, view: ViewId, name: &str) -> Result<(), Error> {
    let (account, saved) = find(tx, actor, view)?;
    if store::of_list(tx, account, &saved.list)?.iter().any(|one| one.id != view && one.name == name) {
        return Err(Refusal::new(&refusals::NAME_TAKEN).with("name", name).on("name").into());
    }
    Ok(store::set_name(tx, view, name)?)
}

/// Lets the list open with a view, or (`on` false) whole again.
///
/// # Errors
/// `common.sign_in`, `common.not_found`; of the database.
pub fn open_first(tx: &mut WriteTx<'_>, actor: &Actor, view: ViewId, on: bool) -> Result<(), Error> {
    let (account, saved) = find(tx, actor, view)?;
    Ok(store::set_first(tx, account, &saved.list, on.then_some(view))?)
}

/// Removes a view; the people in it are untouched.
///
/// # Errors
/// `common.sign_in`, `common.not_found`; of the database.
pub fn remove(tx: &mut WriteTx<'_>, actor: &Actor, view: ViewId) -> Result<(), Error> {
    find(tx, actor, view)?;
    Ok(store::delete(tx, view)?)
}

/// Chooses the columns of a list. Returns them, with those that are always there.
///
/// # Errors
/// `common.sign_in`; of the database.
pub fn choose_columns(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    list: &'static List,
    keys: &[&str],
) -> Result<Columns, Error> {
    let account = own(tx, actor)?;
    let columns = Columns::of(list, keys);
    let kept: Vec<&str> =
        if columns.usual() { Vec::new() } else { columns.iter().map(|one| one.key).collect() };
    store::set_columns(tx, account, list.path, &kept)?;
    Ok(columns)
}

/// Goes back to the usual columns.
///
/// # Errors
/// As [`choose_columns`].
pub fn usual_columns(tx: &mut WriteTx<'_>, actor: &Actor, list: &'static List) -> Result<(), Error> {
    let account = own(tx, actor)?;
    Ok(store::set_columns(tx, account, list.path, &[])?)
}
