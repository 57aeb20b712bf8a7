//! Questions about partners, alliances, who belongs to them, and what partners do in activities.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Date, OrgId, Period, Place, Timestamp};

use super::commands::Who;
use super::{AllianceId, AllianceMemberId, PartnerId, PartnerKind, PartnerPart};
use crate::ActivityId;

row! {
    /// An organisation outside the tree.
    pub struct Partner {
        id: PartnerId, host_id: OrgId, host: String, name: String, kind: PartnerKind, outside: bool, about: String,
        contact: String, phone: String, from_on: Date, until_on: Option<Date>, area_path: String, sponsor_path: String,
    }

    /// An alliance, and how many belong to it.
    pub struct Alliance {
        id: AllianceId, host_id: OrgId, host: String, name: String, about: String, from_on: Date,
        until_on: Option<Date>, area_path: String, sponsor_path: String, members: i64,
    }

    /// Somebody who belongs to an alliance: an organisation of the city or a partner, and this year's minutes of a
    /// team.
    pub struct Member {
        id: AllianceMemberId, alliance_id: AllianceId, org_id: Option<OrgId>, partner_id: Option<PartnerId>,
        name: String, kind: Option<PartnerKind>, duty: String, joined_on: Date, left_on: Option<Date>,
        minutes: Option<i64>, area_path: Option<String>, sponsor_path: Option<String>,
    }

    /// What a partner does in an activity.
    pub struct PartIn { partner_id: PartnerId, name: String, part: PartnerPart }

    /// An activity a partner has a part in.
    pub struct Together { activity_id: ActivityId, title: String, org: String, part: PartnerPart, first_at: Option<Timestamp> }
}

impl Partner {
    /// Where its host sits, for [`kernel::can`].
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }

    /// Whether the relation is over on a day.
    #[must_use]
    pub fn over(&self, today: Date) -> bool {
        self.until_on.is_some_and(|until| until < today)
    }
}

impl Alliance {
    /// Where its host sits, for [`kernel::can`].
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }

    /// Whether it is over on a day.
    #[must_use]
    pub fn over(&self, today: Date) -> bool {
        self.until_on.is_some_and(|until| until < today)
    }
}

/// A partner as somebody writes it.
#[derive(Debug, Clone)]
pub struct NewPartner {
    /// Who keeps the relation.
    pub host: OrgId,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: PartnerKind,
    /// It sits outside the city.
    pub outside: bool,
    /// What the public reads.
    pub about: String,
    /// Whom staff call.
    pub contact: String,
    /// At which number.
    pub phone: String,
    /// Since when.
    pub from_on: Date,
    /// The last day.
    pub until_on: Option<Date>,
}

/// An alliance as somebody writes it.
#[derive(Debug, Clone)]
pub struct NewAlliance {
    /// Where its office is.
    pub host: OrgId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub about: String,
    /// Since when.
    pub from_on: Date,
    /// The last day.
    pub until_on: Option<Date>,
}

macro_rules! partner_columns {
    () => {
        "SELECT p.id, p.host_id, o.name, p.name, p.kind, p.outside, p.about, p.contact, p.phone, p.from_on, p.until_on,
            o.area_path, o.sponsor_path FROM partner p JOIN org o ON o.id = p.host_id WHERE "
    };
}

macro_rules! alliance_columns {
    () => {
        "SELECT a.id, a.host_id, o.name, a.name, a.about, a.from_on, a.until_on, o.area_path, o.sponsor_path,
            (SELECT count(*) FROM alliance_member m WHERE m.alliance_id = a.id AND m.left_on IS NULL)
         FROM alliance a JOIN org o ON o.id = a.host_id WHERE "
    };
}

/// A partner.
///
/// # Errors
/// Of the database.
pub fn partner(tx: &mut ReadTx<'_>, id: PartnerId) -> Result<Option<Partner>, DbError> {
    tx.first(sql!(concat!(partner_columns!(), "p.id = $1")), args![id])
}

/// Partners by name, after one; of a kind when it is said.
///
/// # Errors
/// Of the database.
pub fn partners(
    tx: &mut ReadTx<'_>,
    kind: Option<PartnerKind>,
    after: &str,
    limit: i64,
) -> Result<Vec<Partner>, DbError> {
    let mut list = Query::new(concat!(partner_columns!(), "p.name > "));
    list.with("{}", &[&after]);
    list.with_some("AND p.kind = {}", kind.as_ref());
    list.with("ORDER BY p.name LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// An alliance.
///
/// # Errors
/// Of the database.
pub fn alliance(tx: &mut ReadTx<'_>, id: AllianceId) -> Result<Option<Alliance>, DbError> {
    tx.first(sql!(concat!(alliance_columns!(), "a.id = $1")), args![id])
}

/// Alliances by name, after one.
///
/// # Errors
/// Of the database.
pub fn alliances(tx: &mut ReadTx<'_>, after: &str, limit: i64) -> Result<Vec<Alliance>, DbError> {
    tx.all(sql!(concat!(alliance_columns!(), "a.name > $1 ORDER BY a.name LIMIT $2")), args![after, limit])
}

/// The alliances a partner belongs to, by name.
///
/// # Errors
/// Of the database.
pub fn alliances_of(tx: &mut ReadTx<'_>, partner: PartnerId) -> Result<Vec<(AllianceId, String)>, DbError> {
    tx.all(
        sql!(
            "SELECT a.id, a.name FROM alliance_member m JOIN alliance a ON a.id = m.alliance_id
             WHERE m.partner_id = $1 AND m.left_on IS NULL ORDER BY a.name LIMIT 50"
        ),
        args![partner],
    )
}

macro_rules! member_columns {
    () => {
        "SELECT m.id, m.alliance_id, m.org_id, m.partner_id, COALESCE(o.name, p.name), p.kind, m.duty, m.joined_on, m.left_on,
            t.minutes, o.area_path, o.sponsor_path
         FROM alliance_member m LEFT JOIN org o ON o.id = m.org_id LEFT JOIN partner p ON p.id = m.partner_id
            LEFT JOIN total t ON t.subject_kind = 'team' AND t.subject_id = m.org_id AND t.period = $2 WHERE "
    };
}

/// Who belongs and belonged to an alliance: those who do first, in the order they came; at most 500.
///
/// # Errors
/// Of the database.
pub fn members(tx: &mut ReadTx<'_>, id: AllianceId, today: Date) -> Result<Vec<Member>, DbError> {
    tx.all(
        sql!(concat!(
            member_columns!(),
            "m.alliance_id = $1 ORDER BY CASE WHEN m.left_on IS NULL THEN 0 ELSE 1 END, m.joined_on, m.id LIMIT 500"
        )),
        args![id, Period::Year(today).key()],
    )
}

/// One membership.
///
/// # Errors
/// Of the database.
pub fn member(tx: &mut ReadTx<'_>, id: AllianceMemberId, today: Date) -> Result<Option<Member>, DbError> {
    tx.first(sql!(concat!(member_columns!(), "m.id = $1")), args![id, Period::Year(today).key()])
}

/// Teams and units of the city and partners whose name holds some words, by name; at most 20 of each.
///
/// # Errors
/// Of the database.
pub fn candidates(tx: &mut ReadTx<'_>, words: &str, today: Date) -> Result<Vec<(Who, String)>, DbError> {
    let like = crate::unit::store::like(words);
    let orgs: Vec<(OrgId, String)> = tx.all(
        sql!(
            "SELECT id, name FROM org WHERE kind IN ('team', 'unit') AND state <> 'closed' AND name LIKE $1 ESCAPE '\\'
             ORDER BY name LIMIT 20"
        ),
        args![like],
    )?;
    let partners: Vec<(PartnerId, String)> = tx.all(
        sql!(
            "SELECT id, name FROM partner WHERE (until_on IS NULL OR until_on >= $2) AND name LIKE $1 ESCAPE '\\'
             ORDER BY name LIMIT 20"
        ),
        args![like, today],
    )?;
    let orgs = orgs.into_iter().map(|(id, name)| (Who::Org(id), name));
    Ok(orgs.chain(partners.into_iter().map(|(id, name)| (Who::Partner(id), name))).collect())
}

/// Writes a partner.
///
/// # Errors
/// `Unique("partner_name_key")` for a name that is there; of the database.
pub fn partner_put(
    tx: &mut WriteTx<'_>,
    id: PartnerId,
    new: &NewPartner,
    by: Option<AccountId>,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO partner (id, host_id, name, kind, outside, about, contact, phone, from_on, until_on, created_at,
                created_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             ON CONFLICT (id) DO UPDATE SET host_id = excluded.host_id, name = excluded.name, kind = excluded.kind,
                outside = excluded.outside, about = excluded.about, contact = excluded.contact, phone = excluded.phone,
                from_on = excluded.from_on, until_on = excluded.until_on"
        ),
        args![
            id, new.host, new.name, new.kind, new.outside, new.about, new.contact, new.phone, new.from_on,
            new.until_on, now, by
        ],
    )
}

/// Writes an alliance.
///
/// # Errors
/// `Unique("alliance_name_key")` for a name that is there; of the database.
pub fn alliance_put(
    tx: &mut WriteTx<'_>,
    id: AllianceId,
    new: &NewAlliance,
    by: Option<AccountId>,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO alliance (id, host_id, name, about, from_on, until_on, created_at, created_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (id) DO UPDATE SET host_id = excluded.host_id, name = excluded.name, about = excluded.about,
                from_on = excluded.from_on, until_on = excluded.until_on"
        ),
        args![id, new.host, new.name, new.about, new.from_on, new.until_on, now, by],
    )
}

/// Takes somebody in; `false` when they belong already.
///
/// # Errors
/// Of the database.
pub fn member_put(
    tx: &mut WriteTx<'_>,
    id: AllianceMemberId,
    alliance: AllianceId,
    org: Option<OrgId>,
    partner: Option<PartnerId>,
    duty: &str,
    joined_on: Date,
) -> Result<bool, DbError> {
    let touched = tx.exec(
        sql!(
            "INSERT INTO alliance_member (id, alliance_id, org_id, partner_id, duty, joined_on)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"
        ),
        args![id, alliance, org, partner, duty, joined_on],
    )?;
    Ok(touched == 1)
}

/// Ends a membership; `false` when it had ended.
///
/// # Errors
/// Of the database.
pub fn member_end(tx: &mut WriteTx<'_>, id: AllianceMemberId, on: Date) -> Result<bool, DbError> {
    let touched = tx.exec(
        sql!("UPDATE alliance_member SET left_on = $2 WHERE id = $1 AND left_on IS NULL"),
        args![id, on],
    )?;
    Ok(touched == 1)
}

/// What partners do in an activity, by name.
///
/// # Errors
/// Of the database.
pub fn parts(tx: &mut ReadTx<'_>, activity: ActivityId) -> Result<Vec<PartIn>, DbError> {
    tx.all(
        sql!(
            "SELECT x.partner_id, p.name, x.part FROM activity_partner x JOIN partner p ON p.id = x.partner_id
             WHERE x.activity_id = $1 ORDER BY p.name"
        ),
        args![activity],
    )
}

/// Public activities a partner has a part in, the latest first; at most 50.
///
/// # Errors
/// Of the database.
pub fn together(tx: &mut ReadTx<'_>, partner: PartnerId) -> Result<Vec<Together>, DbError> {
    tx.all(
        sql!(
            "SELECT a.id, a.title, o.name, x.part, (SELECT min(s.starts_at) FROM session s WHERE s.activity_id = a.id)
             FROM activity_partner x JOIN activity a ON a.id = x.activity_id JOIN org o ON o.id = a.org_id
             WHERE x.partner_id = $1 AND a.state = 'published' ORDER BY a.id DESC LIMIT 50"
        ),
        args![partner],
    )
}

/// Says what a partner does in an activity.
///
/// # Errors
/// Of the database.
pub fn part_put(
    tx: &mut WriteTx<'_>,
    activity: ActivityId,
    partner: PartnerId,
    part: PartnerPart,
) -> Result<(), DbError> {
    tx.exec_one(
        sql!(
            "INSERT INTO activity_partner (activity_id, partner_id, part) VALUES ($1, $2, $3)
             ON CONFLICT (activity_id, partner_id) DO UPDATE SET part = excluded.part"
        ),
        args![activity, partner, part],
    )
}

/// Takes a partner out of an activity.
///
/// # Errors
/// Of the database.
pub fn part_drop(tx: &mut WriteTx<'_>, activity: ActivityId, partner: PartnerId) -> Result<bool, DbError> {
    let touched = tx.exec(
        sql!("DELETE FROM activity_partner WHERE activity_id = $1 AND partner_id = $2"),
        args![activity, partner],
    )?;
    Ok(touched == 1)
}

/// What an organisation that is merged into another held, the successor holds.
///
/// # Errors
/// Of the database.
pub fn merged(tx: &mut WriteTx<'_>, from: OrgId, into: OrgId) -> Result<(), DbError> {
    tx.exec(sql!("UPDATE partner SET host_id = $2 WHERE host_id = $1"), args![from, into])?;
    tx.exec(sql!("UPDATE alliance SET host_id = $2 WHERE host_id = $1"), args![from, into])?;
    tx.exec(
        sql!(
            "UPDATE alliance_member SET org_id = $2 WHERE org_id = $1 AND left_on IS NULL AND NOT EXISTS (
                SELECT 1 FROM alliance_member d WHERE d.alliance_id = alliance_member.alliance_id AND d.org_id = $2
                    AND d.left_on IS NULL)"
        ),
        args![from, into],
    )?;
    Ok(())
}
