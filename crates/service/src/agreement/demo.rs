//! Agreements in the demo: the city asks for them from sixty days on, and the team's patrol is signed by its leader in
//! advance.

use db::{Db, args, sql};
use kernel::{AccountId, Actor, Error};
use people::demo::{Cast, Filled};

use super::config::{self, New};
use super::rules::Settings;
use super::{store, text};
use crate::ActivityId;

/// Sets the rules and signs.
///
/// # Errors
/// Of the database.
pub fn fill(db: &Db, filled: &Filled, cast: Cast) -> Result<(), Error> {
    let (Some(team), Some(leader)) =
        (filled.teams.get(cast.team).copied(), filled.persons.get(cast.team).copied())
    else {
        return Ok(());
    };
    db.write_blocking(move |tx| {
        let new = New {
            settings: Settings { days: 60, ..Settings::default() },
            zh: text::ZH.to_owned(),
            en: text::EN.to_owned(),
        };
        config::put(tx, &Actor::system("demo"), &new)?;
        let signer: Option<(AccountId, String)> =
            tx.first(sql!("SELECT id, name FROM account WHERE person_id = $1"), args![leader])?;
        let patrol: Option<(ActivityId,)> = tx.first(
            sql!("SELECT id FROM activity WHERE org_id = $1 AND hazard_level = 'some' ORDER BY id LIMIT 1"),
            args![team],
        )?;
        if let (Some((account, name)), Some((patrol,))) = (signer, patrol) {
            let now = tx.now();
            store::put_terms(tx, patrol, (false, false), Some((now, Some(account), &name)))?;
        }
        Ok(())
    })
}
