//! Requests of the demo city: two that wait, one of them overdue, and some that were answered.

use db::Db;
use demo_city::{ClaimState, DemoCity};
use kernel::{Error, PersonId, Timestamp};

use super::{RightsKind, RightsState, rules, store};
use crate::demo::{Cast, Filled, day};

/// What neighbours asked, so many days ago, what became of it and what was answered.
const OTHERS: [(RightsKind, &str, i64, RightsState, &str); 4] = [
    (RightsKind::Correct, "身份证换新后号码末位登记错了，请核对更正", -30, RightsState::Open, ""),
    (RightsKind::Correct, "姓名应为“莹”，登记成了“萤”", -3, RightsState::Open, ""),
    (RightsKind::Copy, "没有手机，想要一份打印的服务记录", -40, RightsState::Done, "已在社区站点打印交本人"),
    (
        RightsKind::Delete,
        "请删除 2025 年的服务记录",
        -35,
        RightsState::Refused,
        "服务记录按《志愿服务记录与证明出具办法》须保存，不能删除；可撤回排行榜公开的同意",
    ),
];

/// Adds requests of people in the demo station's community.
///
/// # Errors
/// Of the database.
pub(crate) fn fill(db: &Db, city: &DemoCity, cast: Cast, filled: &Filled) -> Result<(), Error> {
    let today = day(city.today);
    let neighbours: Vec<PersonId> = city
        .volunteers()
        .enumerate()
        .filter(|(index, one)| {
            one.community == cast.community && one.claim == ClaimState::Active && *index != cast.volunteer
        })
        .filter_map(|(index, _)| filled.persons.get(index).copied())
        .take(OTHERS.len())
        .collect();
    db.write_blocking(move |tx| {
        for (person, (kind, text, days, state, answer)) in neighbours.iter().zip(OTHERS) {
            let on = today.plus(days);
            let due = rules::due_on(on, rules::DAYS);
            let id = store::insert(tx, *person, None, kind, text, Timestamp::at(on, 600), due)?;
            if state != RightsState::Open {
                store::decide(tx, id, state, None, answer)?;
            }
        }
        Ok(())
    })
}
