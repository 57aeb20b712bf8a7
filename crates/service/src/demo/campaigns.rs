//! Campaigns of the demo city: one of last spring that is closed and will be run again, and one that runs now.

use db::{DbError, WriteTx, args, sql};
use kernel::{AccountId, Actor, Date, Error, Grant, OrgId, Role, Timestamp};

use super::Filler;
use crate::campaign::item_store::{self as items, Entry};
use crate::campaign::rules::Facts;
use crate::campaign::{ItemState, Measure, commands, store};
use crate::{ActivityId, CampaignId, CampaignLineId};

/// The office of the demo, as it acts.
fn office(account: Option<AccountId>, city: OrgId, area_path: String) -> Actor {
    let grant = Grant {
        role: Role::Office,
        org: city,
        area_path,
        sponsor_path: String::new(),
        org_name: String::new(),
    };
    Actor { account, grants: vec![grant], ..Actor::system("demo") }
}

/// Published activities of a category with sessions in a campaign's time count for it, those of none yet.
fn count(
    tx: &mut WriteTx<'_>,
    (campaign, line): (CampaignId, CampaignLineId),
    category: &str,
    (from, to): (Date, Date),
    limit: i64,
) -> Result<(), DbError> {
    let (start, stop, now) = (Timestamp::at(from, 0), Timestamp::at(to.plus(1), 0), tx.now());
    let end = format!("{category}~");
    tx.exec(
        sql!(
            "INSERT INTO campaign_activity (activity_id, campaign_id, line_id, at)
             SELECT a.id, CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT) FROM activity a
             WHERE a.state = 'published' AND NOT a.carrier AND a.category >= $4 AND a.category < $5
                AND EXISTS (SELECT 1 FROM session s WHERE s.activity_id = a.id AND s.starts_at >= $6
                    AND s.starts_at < $7)
                AND NOT EXISTS (SELECT 1 FROM campaign_activity x WHERE x.activity_id = a.id)
             ORDER BY a.id LIMIT $8"
        ),
        args![campaign, line, now, category, end, start, stop, limit],
    )?;
    Ok(())
}

fn phase(
    tx: &mut WriteTx<'_>,
    campaign: CampaignId,
    name: &str,
    dates: (Date, Date),
    what: &[(&str, bool)],
) -> Result<(), DbError> {
    let id = store::insert_phase(tx, campaign, name, dates)?;
    for (what, done) in what {
        let made = store::insert_deliverable(tx, campaign, id, what)?;
        if *done {
            let at = Timestamp::at(dates.1, 960);
            store::mark(tx, made, Some(at), None)?;
        }
    }
    Ok(())
}

/// Declares an item and says what became of it.
fn item(
    tx: &mut WriteTx<'_>,
    campaign: CampaignId,
    team: OrgId,
    e: &Entry,
    state: ItemState,
    reply: &str,
) -> Result<crate::CampaignItemId, Error> {
    let id = items::insert(tx, campaign, team, e, None)?;
    if state != ItemState::Declared
        && let Some(one) = items::find(tx, id)?
    {
        items::decide(tx, &one, state, reply, None)?;
    }
    Ok(id)
}

fn entry(line: Option<CampaignLineId>, title: &str, day_on: Date, place: &str, people: i64) -> Entry {
    Entry { line, title: title.to_owned(), day_on, place: place.to_owned(), people, note: String::new() }
}

/// Fills them: the demo team takes part with its help desk.
pub(super) fn fill(filler: &Filler<'_>, team: OrgId, desk: ActivityId) -> Result<(), Error> {
    let (today, account) = (filler.today, filler.office);
    filler.db.write_blocking(move |tx| {
        let city: Option<(OrgId, String)> = tx.first(
            sql!("SELECT id, area_path FROM org WHERE kind = 'city' ORDER BY id LIMIT 1"),
            &[],
        )?;
        let Some((city, path)) = city else { return Ok(()) };
        let others: Vec<(OrgId, String)> = tx.all(
            sql!("SELECT id, name FROM org WHERE kind = 'team' AND state = 'open' AND id <> $1 ORDER BY id LIMIT 6"),
            args![team],
        )?;
        spring(tx, &office(account, city, path), city, today, (team, &others))?;
        running(tx, city, today, (team, &others), desk)
    })
}

/// The month of last spring, its report, and the next one, for which items are declared.
fn spring(
    tx: &mut WriteTx<'_>,
    by: &Actor,
    city: OrgId,
    today: Date,
    (team, others): (OrgId, &[(OrgId, String)]),
) -> Result<(), Error> {
    let year = if today.0.month() > 3 { today.0.year() } else { today.0.year() - 1 };
    let day = |month, day| Date::new(year, month, day).unwrap_or(today);
    let (from, to) = (day(3, 1), day(3, 31));
    let facts = Facts {
        title: format!("{year} 年学雷锋志愿服务月"),
        title_en: format!("Volunteer month, March {year}"),
        basis: format!("市志愿服务工作协调小组关于开展 {year} 年学雷锋志愿服务月的通知"),
        summary: "三月里，每支队伍至少办一场便民、清洁或敬老活动，让居民在家门口就能遇见志愿者。\n各社区把服务时间和地点提前公布，方便大家参加。".to_owned(),
        from_on: from,
        to_on: to,
        declare_until: day(2, 20),
    };
    let id = store::insert(tx, city, &facts, None, by.account)?;
    phase(tx, id, "启动", (from, day(3, 7)), &[("启动仪式", true), ("各社区服务清单公布", true)])?;
    phase(tx, id, "服务", (day(3, 8), day(3, 25)), &[("每支队伍至少一场活动", true)])?;
    phase(tx, id, "总结", (day(3, 26), to), &[("数字核对", true), ("典型事例汇编", false)])?;
    let clean = store::insert_line(tx, id, "清洁家园", Measure::Sessions, 20)?;
    let help = store::insert_line(tx, id, "邻里互助", Measure::Attendances, 200)?;
    let elders = store::insert_line(tx, id, "敬老助老", Measure::Minutes, 300 * 60)?;
    for (line, category) in [(clean, "clean"), (help, "neighbour"), (elders, "elder")] {
        count(tx, (id, line), category, (from, to), 25)?;
    }
    store::announce(tx, id)?;
    store::close(
        tx,
        id,
        "一个月里，清洁家园、邻里互助、敬老助老三条线同时推进，多数社区都有活动。居民反映最好的是固定时间、固定地点的便民服务。\n不足：月初活动扎堆在同几个周末，下旬偏少；典型事例还没有汇编完。\n明年提前一个月申报，把日期错开。",
        by.account,
    )?;
    let closed_at = Timestamp::at(day(4, 10).min(today), 600);
    tx.exec_one(sql!("UPDATE campaign SET closed_at = $2 WHERE id = $1"), args![id, closed_at])?;
    let next = commands::again(tx, by, id)?;
    commands::announce(tx, by, next)?;
    let lines = store::lines(tx, next)?;
    let line = lines.first().map(|line| line.id);
    let Some(c) = store::find(tx, next)? else { return Ok(()) };
    let plans = [("学雷锋日便民服务集市", 4, 40), ("老旧小区楼道清理", 13, 25), ("陪老人逛公园", 20, 15)];
    for (at, (title, after, people)) in plans.into_iter().enumerate() {
        let (org, place) = match at.checked_sub(1).and_then(|at| others.get(at)) {
            Some((org, name)) => (*org, name.as_str()),
            None => (team, "社区服务站门口"),
        };
        let state = if at == 1 { ItemState::Accepted } else { ItemState::Declared };
        item(tx, next, org, &entry(line, title, c.from_on.plus(after), place, people), state, "")?;
    }
    Ok(())
}

/// What runs now, over the turn of the year in autumn and winter.
fn running(
    tx: &mut WriteTx<'_>,
    city: OrgId,
    today: Date,
    (team, others): (OrgId, &[(OrgId, String)]),
    desk: ActivityId,
) -> Result<(), Error> {
    let (from, to) = (today.plus(-40), today.plus(110));
    let facts = Facts {
        title: "“洁净家园 温暖邻里”专项行动".to_owned(),
        title_en: "Clean homes, warm neighbours".to_owned(),
        basis: "市文明办“洁净家园 温暖邻里”专项行动实施方案".to_owned(),
        summary: "清理楼道、院落和河岸，走访独居老人，在社区服务站设便民岗。\n分两轮推进：第一轮清死角、摸清需求，第二轮补短板、建长效。".to_owned(),
        from_on: from,
        to_on: to,
        declare_until: from.plus(-7),
    };
    let id = store::insert(tx, city, &facts, None, None)?;
    phase(
        tx,
        id,
        "准备动员",
        (from, from.plus(13)),
        &[("实施方案报市文明办", true), ("各街道动员到位", true)],
    )?;
    phase(
        tx,
        id,
        "第一轮集中行动",
        (from.plus(14), today.plus(4)),
        &[("卫生死角清单", true), ("独居老人需求走访汇总", false)],
    )?;
    phase(tx, id, "第二轮补短板", (today.plus(5), to.plus(-15)), &[("每个社区至少一场清洁行动", false)])?;
    phase(tx, id, "总结", (to.plus(-14), to), &[("总结和典型案例", false)])?;
    let clean = store::insert_line(tx, id, "清洁家园", Measure::Sessions, 120)?;
    let help = store::insert_line(tx, id, "便民服务", Measure::Attendances, 800)?;
    let elders = store::insert_line(tx, id, "关爱老人", Measure::Minutes, 1_500 * 60)?;
    items::attach(tx, id, desk, Some(help), None)?;
    for (line, category) in [(clean, "clean"), (help, "neighbour"), (elders, "elder")] {
        count(tx, (id, line), category, (from, to), 40)?;
    }
    store::announce(tx, id)?;
    db::search::put(tx, "campaign", id.0, &[(&facts.title, false), (&facts.title_en, false)])?;
    let own = [
        ("社区服务站便民岗", 1, 12, ItemState::Accepted, ""),
        ("楼道清理日", 12, 20, ItemState::Accepted, ""),
        ("河岸夜巡", 20, 10, ItemState::Returned, "夜间水边不安全，请改到白天，或换到文明路。"),
    ];
    for (at, (title, after, people, state, reply)) in own.into_iter().enumerate() {
        let line = if at == 0 { help } else { clean };
        let e = entry(Some(line), title, today.plus(after), "社区服务站周边", people);
        let made = item(tx, id, team, &e, state, reply)?;
        if at == 0 {
            items::bind(tx, made, desk)?;
        }
    }
    let plans = [
        ("院落大扫除", 6),
        ("独居老人走访", 9),
        ("旧物交换集市", 12),
        ("河岸清理", 16),
        ("反诈宣传进楼道", 23),
    ];
    for (at, ((org, name), (title, after))) in others.iter().zip(plans).enumerate() {
        let line = if title.contains("老人") { elders } else { clean };
        let state = if at % 2 == 0 { ItemState::Declared } else { ItemState::Accepted };
        let people = 15 + 5 * i64::try_from(at).unwrap_or(0);
        item(tx, id, *org, &entry(Some(line), title, today.plus(after), name, people), state, "")?;
    }
    Ok(())
}
