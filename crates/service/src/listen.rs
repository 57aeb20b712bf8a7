//! What follows here from facts of the people: whoever stops gives places back, and what a closed organisation still
//! had ahead moves or ends (Edge-11, Edge-15, Edge-21).

use db::{Bus, WriteTx, args, sql};
use kernel::{Error, OrgId};
use people::guardian::{Guard, GuardChanged};
use people::org::{OrgClosed, OrgMerged};
use people::person::{Erased, PersonState, StateChanged};

use crate::activity;
use crate::sign_up::leave;
use crate::{ActivityId, SessionId};

/// Listens to the room below.
pub fn subscribe(bus: &mut Bus) {
    bus.subscribe(state_changed);
    bus.subscribe(guard_changed);
    bus.subscribe(erased);
    bus.subscribe(org_merged);
    bus.subscribe(org_closed);
    crate::merge::subscribe(bus);
}

fn state_changed(tx: &mut WriteTx<'_>, event: &StateChanged) -> Result<(), Error> {
    let reason = match event.now {
        PersonState::Suspended => "志愿者已暂停 / suspended",
        PersonState::Closed => "登记已注销 / closed",
        PersonState::Deceased => "—",
        // Frozen while somebody looks into it: what they hold is theirs until that is decided.
        _ => return Ok(()),
    };
    if event.now != PersonState::Suspended {
        // Nobody serves in a unit's name any more; what counted for it stays.
        crate::unit::store::end_of_person(tx, event.person)?;
    }
    leave::give_back(tx, event.person, reason)?;
    if event.now == PersonState::Closed {
        // Their words go with them; what others are told of the session stays.
        crate::story::store::withdraw_all(tx, event.person)?;
    }
    Ok(())
}

/// Agreements name who signed.
fn erased(tx: &mut WriteTx<'_>, event: &Erased) -> Result<(), Error> {
    Ok(crate::agreement::store::erase(tx, event.person)?)
}

fn guard_changed(tx: &mut WriteTx<'_>, event: &GuardChanged) -> Result<(), Error> {
    if matches!(event.now, Guard::Withdrawn | Guard::Refused) {
        leave::give_back(tx, event.minor, "监护人撤回同意 / the guardian withdrew")?;
    }
    Ok(())
}

/// Work that is not over moves to the successor; what is recorded stays on the old node.
fn org_merged(tx: &mut WriteTx<'_>, event: &OrgMerged) -> Result<(), Error> {
    hand_over(tx, event.from, event.into)
}

fn hand_over(tx: &mut WriteTx<'_>, from: OrgId, into: OrgId) -> Result<(), Error> {
    crate::unit::store::merged(tx, from, into)?;
    crate::alliance::store::merged(tx, from, into)?;
    tx.exec(
        sql!(
            "UPDATE sign_up SET team_id = $2 WHERE team_id = $1 AND state IN ('booked', 'attended') AND session_id IN (
                SELECT s.id FROM session s JOIN activity a ON a.id = s.activity_id
                WHERE (a.org_id = $1 OR a.community_id = $1) AND s.state IN ('draft', 'open', 'closed'))"
        ),
        args![from, into],
    )?;
    tx.exec(
        sql!(
            "UPDATE waiting SET team_id = $2 WHERE team_id = $1 AND state IN ('waiting', 'offered') AND session_id IN (
                SELECT s.id FROM session s JOIN activity a ON a.id = s.activity_id WHERE a.org_id = $1)"
        ),
        args![from, into],
    )?;
    // What it organised together with others, the successor does; unless it is part of it already.
    tx.exec(
        sql!(
            "UPDATE co_organiser SET org_id = $2 WHERE org_id = $1 AND state IN ('asked', 'agreed') AND NOT EXISTS (
                SELECT 1 FROM co_organiser d WHERE d.activity_id = co_organiser.activity_id AND d.org_id = $2)
                AND NOT EXISTS (SELECT 1 FROM activity a WHERE a.id = co_organiser.activity_id AND a.org_id = $2)"
        ),
        args![from, into],
    )?;
    // Campaigns that go on, and what was declared for them, go on with the successor.
    tx.exec(
        sql!(
            "UPDATE campaign SET org_id = $2, version = version + 1 WHERE org_id = $1 AND state <> 'closed'"
        ),
        args![from, into],
    )?;
    tx.exec(
        sql!(
            "UPDATE campaign_item SET org_id = $2, version = version + 1 WHERE org_id = $1 AND campaign_id IN (
                SELECT c.id FROM campaign c WHERE c.id = campaign_item.campaign_id AND c.state <> 'closed')"
        ),
        args![from, into],
    )?;
    tx.exec(
        sql!(
            "UPDATE campaign_area SET org_id = $2 WHERE org_id = $1 AND NOT EXISTS (SELECT 1 FROM campaign_area d
                WHERE d.campaign_id = campaign_area.campaign_id AND d.org_id = $2)
                AND campaign_id IN (SELECT c.id FROM campaign c WHERE c.id = campaign_area.campaign_id
                    AND c.state <> 'closed')"
        ),
        args![from, into],
    )?;
    // What it insured is the successor's to look after.
    tx.exec(sql!("UPDATE policy SET org_id = $2 WHERE org_id = $1"), args![from, into])?;
    // What it coordinated, the successor does, and answers what was asked.
    tx.exec(sql!("UPDATE category_body SET org_id = $2 WHERE org_id = $1"), args![from, into])?;
    tx.exec(sql!("UPDATE coordination SET org_id = $2 WHERE org_id = $1"), args![from, into])?;
    // Records that wait for somebody's decision wait for the successor's, and count there.
    tx.exec(
        sql!("UPDATE record SET community_id = $2 WHERE community_id = $1 AND state = 'submitted'"),
        args![from, into],
    )?;
    tx.exec(
        sql!(
            "UPDATE activity SET community_id = $2, version = version + 1 WHERE community_id = $1 AND (state = 'draft'
                OR id IN (SELECT s.activity_id FROM session s WHERE s.activity_id = activity.id
                    AND s.state IN ('draft', 'open', 'closed', 'submitted')))"
        ),
        args![from, into],
    )?;
    tx.exec(
        sql!(
            "UPDATE activity SET org_id = $2, version = version + 1 WHERE org_id = $1 AND (state = 'draft'
                OR id IN (SELECT s.activity_id FROM session s WHERE s.activity_id = activity.id
                    AND s.state IN ('draft', 'open', 'closed', 'submitted')))"
        ),
        args![from, into],
    )?;
    Ok(())
}

/// A split hands its work to the first part, from where it is moved on; a closed node's sessions ahead are cancelled
/// and everybody who holds a place is told.
fn org_closed(tx: &mut WriteTx<'_>, event: &OrgClosed) -> Result<(), Error> {
    if let Some(first) = event.successors.first() {
        return hand_over(tx, event.org, *first);
    }
    crate::unit::store::closed(tx, event.org)?;
    let now = tx.now();
    let ahead: Vec<(SessionId, ActivityId, String, kernel::Timestamp)> = tx.all(
        sql!(
            "SELECT s.id, a.id, a.title, s.starts_at FROM session s JOIN activity a ON a.id = s.activity_id
             WHERE a.org_id = $1 AND s.state IN ('draft', 'open') AND s.starts_at > $2 ORDER BY s.id LIMIT 2000"
        ),
        args![event.org, now],
    )?;
    for (session, _, title, starts_at) in ahead {
        activity::commands::cancel_one(
            tx,
            session,
            &title,
            starts_at,
            "主办的队伍已撤销 / the team was closed",
        )?;
    }
    Ok(())
}
