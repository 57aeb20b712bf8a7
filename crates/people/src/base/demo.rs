//! Demonstration bases of the demo city: one to be checked again, one for years, one that was taken away.

use db::Db;
use kernel::{Date, Error};

use super::{BaseId, BaseLevel, Edit, store};
use crate::demo::Filled;

/// Adds the bases.
///
/// # Errors
/// Of the database.
pub(crate) fn fill(db: &Db, today: Date, filled: &Filled) -> Result<(), Error> {
    let (teams, communities) = (filled.teams.clone(), filled.communities.clone());
    db.write_blocking(move |tx| {
        let title = "志愿服务示范基地";
        let edit = |org, level, granted_by: &str, granted_on: Date, no: i64| Edit {
            org,
            title: title.to_owned(),
            level,
            granted_by: granted_by.to_owned(),
            granted_on,
            plaque_no: format!("SF-{no:03}"),
            valid_until: Some(granted_on.plus(3 * 365)),
            recheck_on: None,
        };
        if let [first, second, ..] = teams.as_slice() {
            let soon = Edit {
                recheck_on: Some(today.plus(12)),
                ..edit(*first, BaseLevel::City, "澄湖市文明办", today.plus(-353), 17)
            };
            let id: BaseId = tx.new_id();
            store::insert(tx, id, &soon)?;
            let gone = edit(*second, BaseLevel::District, "澄湖市志愿者协会", today.plus(-800), 9);
            let id: BaseId = tx.new_id();
            store::insert(tx, id, &gone)?;
            store::withdraw(tx, id, "连续一年没有开展活动")?;
        }
        if let Some(community) = communities.first() {
            let id: BaseId = tx.new_id();
            store::insert(
                tx,
                id,
                &edit(*community, BaseLevel::Province, "省志愿服务联合会", today.plus(-90), 31),
            )?;
        }
        Ok(())
    })
}
