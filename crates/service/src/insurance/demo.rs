//! Policies of the demo city, what they cover, and one activity for which a policy is still missing.

use db::WriteTx;
use kernel::{AccountId, Date, Error, OrgId, Timestamp};

use super::commands::New;
use super::{Covers, Insured, PolicyKind, store};
use crate::ActivityId;
use crate::activity::{self, Activity, ActivityState, Hazard, NewActivity, NewSession};

fn policy(org: OrgId, number: &str, covers: Covers, insured: Insured, (from, until): (Date, Date)) -> New {
    New {
        org,
        kind: PolicyKind::Accident,
        insurer: "河海财产保险".to_owned(),
        number: number.to_owned(),
        covers,
        insured,
        from,
        until,
        note: "报案请拨保单上的服务电话，并告诉队长。".to_owned(),
    }
}

fn hazardous(
    tx: &mut WriteTx<'_>,
    like: &Activity,
    (title, en, category): (&str, &str, &str),
    (content, risks): (&str, &str),
    hazard: Hazard,
    (from, to): (Timestamp, Timestamp),
) -> Result<ActivityId, Error> {
    let new = NewActivity {
        title_en: en.to_owned(),
        content: content.to_owned(),
        served_group: "社区居民".to_owned(),
        conditions: "身体健康，穿反光背心".to_owned(),
        how_to_apply: "本页报名".to_owned(),
        risks: risks.to_owned(),
        guarantees: like.guarantees.clone(),
        contact_name: like.contact_name.clone(),
        contact_phone: like.contact_phone.clone(),
        leader: like.leader_id,
        place_public: like.place_public.clone(),
        place_exact: like.place_exact.clone(),
        hazard,
        sessions: vec![NewSession::new(from, to, 12)],
        state: ActivityState::Published,
        created_by: like.created_by,
        ..NewActivity::draft(like.org_id, title, category)
    };
    activity::create(tx, &new)
}

/// The city's policies, one of the team, an activity that is covered and one that is not yet.
///
/// # Errors
/// Of the database.
pub fn fill(
    tx: &mut WriteTx<'_>,
    (city, team): (OrgId, OrgId),
    desk: ActivityId,
    office: Option<AccountId>,
) -> Result<(), Error> {
    let today = tx.now().date();
    let Some(like) = activity::find(tx, desk)? else { return Ok(()) };
    let year = (today.plus(-120), today.plus(245));
    let all = store::insert(
        tx,
        &policy(city, "PZAC-2026-0117", Covers::Slight, Insured::Registered, year),
        office,
    )?;
    let coming = (year.1.plus(1), year.1.plus(365));
    store::insert(tx, &policy(city, "PZAC-2027-0008", Covers::Slight, Insured::Registered, coming), office)?;
    let own = (today.plus(-60), today.plus(30));
    store::insert(
        tx,
        &policy(team, "TDYW-2026-3312", Covers::Slight, Insured::Places, own),
        like.created_by,
    )?;
    let patrol = hazardous(
        tx,
        &like,
        ("小区夜间安全巡查", "Patrol through the estate at night", "safety"),
        (
            "晚上沿小区主路巡查，看消防通道、路灯和窨井盖，发现问题拍照上报。",
            "夜间照明不足，注意脚下和来车；两人一组，不单独行动。",
        ),
        Hazard::Slight,
        (Timestamp::at(today.plus(3), 19 * 60), Timestamp::at(today.plus(3), 21 * 60)),
    )?;
    store::choose(tx, patrol, all, like.created_by)?;
    hazardous(
        tx,
        &like,
        ("清理河道漂浮物", "Clearing the river by boat", "nature.river"),
        (
            "乘船打捞河面漂浮物，岸上分拣装袋。由护河队的老队员掌船。",
            "水上作业，全程穿救生衣，听从掌船人指挥；不会游泳的在岸上。",
        ),
        Hazard::Marked,
        (Timestamp::at(today.plus(4), 8 * 60), Timestamp::at(today.plus(4), 10 * 60)),
    )?;
    Ok(())
}
