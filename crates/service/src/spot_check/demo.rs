//! Spot checks in the demo: the month before last is checked to the end, of the last one some wait.

use db::{Db, ReadTx, args, sql};
use kernel::{Action, Actor, Error, Period, Role};

use super::store::{self, Tab};
use super::{CheckState, How, draw};

/// What every so-manyth check came to; the others are true.
const OTHERS: [(usize, CheckState, How, &str); 3] = [
    (17, CheckState::Unreachable, How::Phone, "三次电话都没有人接"),
    (29, CheckState::Right, How::Papers, "签到表有本人签名，照片里能看到"),
    (41, CheckState::Right, How::Site, "社区和服务对象都记得"),
];

/// Draws two months and answers for most of them.
///
/// # Errors
/// Of the database.
pub fn fill(db: &Db, seed: u64) -> Result<(), Error> {
    let today = db.read_blocking(|tx: &mut ReadTx<'_>| Ok::<_, Error>(tx.now().date()))?;
    let last = draw::month_before(today);
    for month in [Period::Month(last.plus(-1)).first(), last] {
        draw::draw(db, month, seed)?;
    }
    db.write_blocking(move |tx| {
        // Whoever looks after the whole city has asked.
        let clerk: Option<(kernel::AccountId, kernel::OrgId, String)> = tx.first(
            sql!(
                "SELECT g.account_id, o.id, o.area_path FROM role_grant g JOIN org o ON o.id = g.org_id
                 WHERE g.role = $1 AND g.ended_at IS NULL ORDER BY g.account_id LIMIT 1"
            ),
            args![Role::Office.code()],
        )?;
        let Some((account, org, area_path)) = clerk else { return Ok(()) };
        let grant = kernel::Grant {
            role: Role::Office,
            org,
            area_path,
            sponsor_path: String::new(),
            org_name: String::new(),
        };
        let actor = Actor { account: Some(account), grants: vec![grant], ..Actor::default() };
        debug_assert!(actor.may(Action::RecordConfirm), "the office confirms");
        let all = store::list(tx, &actor, Tab::Waiting, None, 10_000)?;
        for (at, one) in all.iter().enumerate() {
            // The newest third waits.
            if one.month_on == last && at * 3 < all.len() / 2 {
                continue;
            }
            let (state, how, note) = OTHERS
                .iter()
                .find(|other| at % other.0 == 0)
                .map_or((CheckState::Right, How::Phone, ""), |other| (other.1, other.2, other.3));
            store::answer(tx, one.id, state, how, note, Some(account))?;
        }
        Ok(())
    })
}
