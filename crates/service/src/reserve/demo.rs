//! Kept places in the demo: two of the leader's next session that has room, for those who call.

use db::{Db, args, sql};
use kernel::time::DAY_MS;
use kernel::{AccountId, Error, Timestamp};
use people::demo::{Cast, Filled};

use super::store;
use crate::{ReserveId, SessionId};

/// Keeps them until the day before.
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
        let account: Option<(AccountId,)> =
            tx.first(sql!("SELECT id FROM account WHERE person_id = $1"), args![leader])?;
        let from = Timestamp(tx.now().0 + 3 * DAY_MS);
        let session: Option<(SessionId, Timestamp)> = tx.first(
            sql!(
                "SELECT s.id, s.starts_at FROM session s JOIN activity a ON a.id = s.activity_id
                 WHERE a.org_id = $1 AND s.state = 'open' AND s.starts_at > $2 AND s.quota - s.taken >= 6
                    AND a.entry = 'open' AND a.kind = 'service' ORDER BY s.starts_at, s.id LIMIT 1"
            ),
            args![team, from],
        )?;
        if let (Some((account,)), Some((session, starts_at))) = (account, session) {
            let id: ReserveId = tx.new_id();
            store::insert(tx, id, session, None, (2, Timestamp(starts_at.0 - DAY_MS)), account)?;
            store::note(tx, session)?;
        }
        Ok(())
    })
}
