//! The consent ledger (V5, Fix-27).

use db::{ReadTx, WriteTx, args, row, sql};
use kernel::{Actor, Date, Error, PersonId, Timestamp};

use super::{ConsentId, RankChosen};
use crate::guardian::GuardianId;

/// Version of the notices as people read them; kept with each consent.
pub const CONSENT_VERSION: &str = "2026-1";

kernel::codes! {
    /// What a consent is for.
    pub enum Purpose {
        /// Processing for registration and service records.
        Register = "register", "登记与服务记录", "Registration and service records";
        /// The name in rankings.
        Rank = "rank", "排行榜展示", "Appearing in rankings";
        /// The name on the pages of one's teams.
        Team = "team", "队伍页面展示姓名", "Name on the pages of one's teams";
        /// Comparing once, at check-in, where the phone is with the place of the activity (R4).
        Location = "location", "签到时核对一次位置", "Comparing the place once at check-in";
        /// A minor takes part, with the guardian's consent (V4, Fix-07).
        Guardian = "guardian", "监护人同意参加志愿服务", "Taking part, by the guardian";
        /// Reporting in to communities, with the identity one chose (Add-06).
        ReportIn = "report_in", "单位报到与身份", "Reporting in, and as what";
        /// People one served with see that one takes part, without a name, and one sees the same of them (Chk-08).
        Together = "together", "与常一起服务的人互相提示", "Hints between people who often serve together";
    }
}

row! {
    /// A consent as it was given.
    pub struct Given {
        purpose: Purpose, version: String, channel: String, given_at: Timestamp, withdrawn_at: Option<Timestamp>,
        guardian: Option<GuardianId>, renew_on: Option<Date>,
    }
}

/// Notes a consent; one that is given already stays as it is. For rankings the person's name shows
/// from now on.
///
/// `channel`: `self`, `phone`, `slip`, `desk`, `me`, `account`.
///
/// # Errors
/// Of the database.
pub fn give(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    person: PersonId,
    purpose: Purpose,
    channel: &str,
) -> Result<(), Error> {
    give_by(tx, actor, person, purpose, channel, None)
}

/// [`give`], by a guardian for a minor; with the day from which the own consent is asked instead (Edge-10).
///
/// # Errors
/// Of the database.
pub(crate) fn give_by(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    person: PersonId,
    purpose: Purpose,
    channel: &str,
    by: Option<(GuardianId, Option<Date>)>,
) -> Result<(), Error> {
    let id: ConsentId = tx.new_id();
    let now = tx.now();
    let (guardian, renew_on) = by.map_or((None, None), |(guardian, on)| (Some(guardian), on));
    tx.exec(
        sql!(
            "INSERT INTO consent (id, person_id, purpose, version, channel, account_id, given_at, guardian_id, renew_on)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (person_id, purpose) WHERE withdrawn_at IS NULL DO NOTHING"
        ),
        args![id, person, purpose, CONSENT_VERSION, channel, actor.account, now, guardian, renew_on],
    )?;
    if purpose == Purpose::Rank {
        show_in_rankings(tx, person, true)?;
    }
    Ok(())
}

/// Whether a consent is given now.
///
/// # Errors
/// Of the database.
pub fn given(tx: &mut ReadTx<'_>, person: PersonId, purpose: Purpose) -> Result<bool, Error> {
    let found: Option<(ConsentId,)> = tx.first(
        sql!("SELECT id FROM consent WHERE person_id = $1 AND purpose = $2 AND withdrawn_at IS NULL"),
        args![person, purpose],
    )?;
    Ok(found.is_some())
}

/// Withdraws a consent (V5: one tap); one that was not given is no error.
///
/// # Errors
/// Of the database.
pub fn withdraw(tx: &mut WriteTx<'_>, person: PersonId, purpose: Purpose) -> Result<(), Error> {
    let now = tx.now();
    tx.exec(
        sql!("UPDATE consent SET withdrawn_at = $1 WHERE person_id = $2 AND purpose = $3 AND withdrawn_at IS NULL"),
        args![now, person, purpose],
    )?;
    if purpose == Purpose::Rank {
        show_in_rankings(tx, person, false)?;
    }
    Ok(())
}

/// Puts the own consent in the place of one a guardian gave before the fourteenth birthday (Edge-10).
///
/// # Errors
/// Of the database.
pub(super) fn renew(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    person: PersonId,
    purpose: Purpose,
) -> Result<(), Error> {
    let now = tx.now();
    tx.exec(
        sql!(
            "UPDATE consent SET withdrawn_at = $1
             WHERE person_id = $2 AND purpose = $3 AND withdrawn_at IS NULL AND renew_on <= $4"
        ),
        args![now, person, purpose, now.date()],
    )?;
    give(tx, actor, person, purpose, "me")
}

fn show_in_rankings(tx: &mut WriteTx<'_>, person: PersonId, public: bool) -> Result<(), Error> {
    let changed = tx.exec(
        sql!("UPDATE person SET rank_public = $1 WHERE id = $2 AND rank_public <> $3"),
        args![public, person, public],
    )?;
    if changed == 1 {
        tx.publish(&RankChosen { person, public })?;
    }
    Ok(())
}

/// All consents of a person, newest first.
///
/// # Errors
/// Of the database.
pub(super) fn of_person(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<Given>, Error> {
    Ok(tx.all(
        sql!(
            "SELECT purpose, version, channel, given_at, withdrawn_at, guardian_id, renew_on FROM consent
             WHERE person_id = $1 ORDER BY given_at DESC, id DESC"
        ),
        args![person],
    )?)
}
