//! Partners of the demo city and an alliance of some of them with teams.

use db::{Db, args, sql};
use kernel::{Error, OrgId};
use people::demo::{Cast, Filled};

use super::store::{self, NewAlliance, NewPartner};
use super::{AllianceId, PartnerId, PartnerKind, PartnerPart};
use crate::ActivityId;

/// Name, kind, whether outside the city, what the public reads.
const PARTNERS: [(&str, PartnerKind, bool, &str); 5] = [
    ("临江大学青年志愿者协会", PartnerKind::University, true, "每年暑期派学生到社区做课业辅导和科普。"),
    ("青禾社会工作服务中心", PartnerKind::Social, false, "为老年人探访和心理疏导提供专业督导。"),
    ("澄湖日报社", PartnerKind::Media, false, "报道志愿服务，派记者给队伍讲摄影和写作。"),
    ("云帆物流有限公司", PartnerKind::Enterprise, false, "为大型活动免费运送物资。"),
    ("邻水市蓝天应急志愿服务队", PartnerKind::Team, true, "联合开展防汛和急救演练。"),
];

/// Adds them; one has a part in an activity of the team.
///
/// # Errors
/// Of the database.
pub fn fill(db: &Db, filled: &Filled, cast: Cast) -> Result<(), Error> {
    let host = filled.city;
    let team = filled.teams.get(cast.team).copied();
    let teams: Vec<OrgId> = team.into_iter().chain(filled.teams.iter().copied().take(5)).collect();
    db.write_blocking(move |tx| {
        let today = tx.now().date();
        let mut partners: Vec<PartnerId> = Vec::new();
        for (name, kind, outside, about) in PARTNERS {
            let id: PartnerId = tx.new_id();
            let new = NewPartner {
                host,
                name: name.to_owned(),
                kind,
                outside,
                about: about.to_owned(),
                contact: "联络人".to_owned(),
                phone: String::new(),
                from_on: today.plus(-400),
                until_on: None,
            };
            store::partner_put(tx, id, &new, None)?;
            partners.push(id);
        }
        let id: AllianceId = tx.new_id();
        let new = NewAlliance {
            host,
            name: "澄湖公益联盟".to_owned(),
            about: "把队伍、高校、企业和媒体聚在一起，一家有事大家帮：共用讲师和场地，联合办大型活动。"
                .to_owned(),
            from_on: today.plus(-300),
            until_on: None,
        };
        store::alliance_put(tx, id, &new, None)?;
        for (at, org) in teams.iter().enumerate() {
            let duty = if at == 0 { "理事单位" } else { "" };
            store::member_put(tx, tx.new_id(), id, Some(*org), None, duty, today.plus(-290))?;
        }
        for partner in partners.iter().take(3) {
            store::member_put(tx, tx.new_id(), id, None, Some(*partner), "", today.plus(-200))?;
        }
        let activity: Option<(ActivityId,)> = tx.first(
            sql!(
                "SELECT id FROM activity WHERE org_id = $1 AND state = 'published' ORDER BY id DESC LIMIT 1"
            ),
            args![team],
        )?;
        if let (Some((activity,)), [first, second, ..]) = (activity, partners.as_slice()) {
            store::part_put(tx, activity, *first, PartnerPart::Undertakes)?;
            store::part_put(tx, activity, *second, PartnerPart::Guides)?;
        }
        Ok(())
    })
}
