//! Two working bodies of the demo city: one of the city with a change to announce, one of the street.

use db::Db;
use demo_city::DemoCity;
use kernel::{Actor, Error, Grant, OrgId, Role};

use super::{BodyKind, Edit, NewSeat};
use crate::demo::{Cast, Filled, day};

/// Adds the bodies.
///
/// # Errors
/// Of the database.
pub(crate) fn fill(db: &Db, city: &DemoCity, cast: Cast, filled: &Filled) -> Result<(), Error> {
    let today = day(city.today);
    let top = filled.city;
    let departments: Vec<OrgId> = filled.departments.iter().copied().take(3).collect();
    let street = city
        .place
        .communities
        .get(cast.community)
        .and_then(|community| filled.streets.get(community.street))
        .copied()
        .unwrap_or(top);
    let path = format!("/{top}/");
    db.write_blocking(move |tx| {
        let office = Actor {
            grants: vec![Grant {
                role: Role::Office,
                org: top,
                area_path: path.clone(),
                sponsor_path: String::new(),
                org_name: String::new(),
            }],
            account: tx
                .first::<(kernel::AccountId,)>(db::sql!("SELECT min(id) FROM account"), &[])?
                .map(|row| row.0),
            ..Actor::system("demo")
        };
        let edit = |kind, name: &str, basis: &str, host| Edit {
            kind,
            name: name.to_owned(),
            basis: basis.to_owned(),
            host,
            from_on: today.plus(-300),
            last_day: None,
            note: String::new(),
        };
        let named = |title: &str, name: &str, from| NewSeat {
            title: title.to_owned(),
            place: None,
            volunteer_no: String::new(),
            name: name.to_owned(),
            post: None,
            from_on: from,
        };
        let leading = edit(
            BodyKind::Leading,
            "志愿服务工作领导小组",
            "《关于成立志愿服务工作领导小组的通知》（〔2026〕3 号）",
            top,
        );
        let group = super::create(tx, &office, &leading)?;
        super::seat(tx, &office, group, &named("组长", "沈知远", leading.from_on))?;
        let deputy = super::seat(tx, &office, group, &named("副组长", "顾清和", leading.from_on))?;
        for org in &departments {
            let seat = NewSeat {
                post: Some((*org, "主要负责人".to_owned())),
                ..named("成员", "", leading.from_on)
            };
            super::seat(tx, &office, group, &seat)?;
        }
        super::end_seat(tx, &office, group, deputy, today.plus(-31))?;
        super::seat(tx, &office, group, &named("副组长", "林晚舟", today.plus(-30)))?;
        let force = edit(BodyKind::TaskForce, "邻里互助工作专班", "《邻里互助行动实施方案》附件一", street);
        let force_id = super::create(tx, &office, &force)?;
        super::seat(tx, &office, force_id, &named("负责人", "许安澜", force.from_on))?;
        Ok(())
    })
}
