//! What this room moves from one registration to the other, and back. The caller holds both people.

use db::{DbError, WriteTx, args, row, sql};
use kernel::{AccountId, Date, Error, OrgId, PersonId, Timestamp};

use super::MergeId;
use super::journal::{self, Carried};
use super::rules::{self, Whole};
use super::store::AccountOf;
use crate::account::SignedOut;
use crate::carried;
use crate::org::{MemberId, MemberState};
use crate::person::{ConsentId, Purpose};
use crate::transfer::{TransferId, TransferState};

/// Rows that simply go over.
pub(super) fn plain() -> [Carried; 11] {
    [
        carried!("org_post", "person_id"),
        carried!("not_me", "person_id"),
        carried!("guardian", "guardian_id"),
        carried!(
            "guardian",
            "minor_id",
            "id",
            " AND NOT (state IN ('asked', 'given', 'withdrawn') AND EXISTS (SELECT 1 FROM guardian k
                JOIN person_merge w ON w.id = $1 AND k.minor_id = w.kept_id
                WHERE k.state IN ('asked', 'given', 'withdrawn')))"
        ),
        carried!("team_transfer", "person_id"),
        carried!("body_seat", "person_id"),
        // Named by one unit twice: the line of who stays is the one.
        carried!(
            "report_in",
            "person_id",
            "id",
            " AND NOT EXISTS (SELECT 1 FROM report_in k JOIN person_merge w ON w.id = $1 AND k.person_id = w.kept_id
                WHERE k.unit_id = report_in.unit_id AND k.state <> 'ended')"
        ),
        // One of each kind waits to be checked: that of who stays.
        carried!(
            "qualification",
            "person_id",
            "id",
            " AND NOT (state = 'handed_in' AND EXISTS (SELECT 1 FROM qualification k
                JOIN person_merge w ON w.id = $1 AND k.person_id = w.kept_id
                WHERE k.kind = qualification.kind AND k.state = 'handed_in'))"
        ),
        // One of each kind is open: that of who stays.
        carried!(
            "rights_request",
            "person_id",
            "id",
            " AND NOT (state = 'open' AND EXISTS (SELECT 1 FROM rights_request k
                JOIN person_merge w ON w.id = $1 AND k.person_id = w.kept_id
                WHERE k.kind = rights_request.kind AND k.state = 'open'))"
        ),
        carried!("rights_request", "asker_id"),
        // Entered for both: they took part once.
        carried!(
            "training_person",
            "person_id",
            "id",
            " AND NOT EXISTS (SELECT 1 FROM training_person k JOIN person_merge w ON w.id = $1 AND k.person_id = w.kept_id
                WHERE k.training_id = training_person.training_id)"
        ),
    ]
}

fn members() -> Carried {
    carried!("member", "person_id")
}

fn consents() -> Carried {
    carried!("consent", "person_id")
}

fn accounts() -> Carried {
    carried!("account", "person_id")
}

row! {
    struct Twice {
        id: MemberId, state: MemberState, joined_on: Option<Date>, kept_id: MemberId, kept_state: MemberState,
        kept_joined_on: Option<Date>, org: OrgId,
    }
    struct Consented {
        id: ConsentId, person: PersonId, purpose: Purpose, given_at: Timestamp, withdrawn_at: Option<Timestamp>,
    }
}

/// Earlier documents go over; of two documents one becomes an earlier one (Edge-07).
pub(super) fn documents(
    tx: &mut WriteTx<'_>,
    merge: MergeId,
    kept: &Whole,
    gone: &Whole,
) -> Result<(), DbError> {
    let aliases: Vec<(Vec<u8>,)> = tx.all(
        sql!("SELECT id_index FROM person_alias WHERE person_id = $1 ORDER BY id_index"),
        args![gone.id],
    )?;
    for (index,) in &aliases {
        journal::note_bytes(tx, merge, "alias", index, "")?;
    }
    tx.exec(sql!("UPDATE person_alias SET person_id = $2 WHERE person_id = $1"), args![gone.id, kept.id])?;
    let spare = if rules::takes_document(kept, gone) { &kept.id_index } else { &gone.id_index };
    if let Some(index) = spare {
        let now = tx.now();
        journal::note_bytes(tx, merge, "alias_new", index, "")?;
        tx.exec(
            sql!(
                "INSERT INTO person_alias (id_index, person_id, since) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
            ),
            args![index, kept.id, now],
        )?;
    }
    Ok(())
}

/// The way back of [`documents`]; `gone`: as it had been.
pub(super) fn documents_back(tx: &mut WriteTx<'_>, merge: MergeId, gone: &Whole) -> Result<(), DbError> {
    for step in journal::steps(tx, merge, "alias_new")? {
        tx.exec(sql!("DELETE FROM person_alias WHERE id_index = $1"), args![step.key_bytes])?;
    }
    for step in journal::steps(tx, merge, "alias")? {
        tx.exec(
            sql!("UPDATE person_alias SET person_id = $2 WHERE id_index = $1"),
            args![step.key_bytes, gone.id],
        )?;
    }
    if let Some(index) = &gone.id_index {
        // Somebody may have exchanged the document since: it is not an earlier one of who stayed.
        tx.exec(sql!("DELETE FROM person_alias WHERE id_index = $1"), args![index])?;
    }
    Ok(())
}

/// Skills and categories of both.
pub(super) fn skills(
    tx: &mut WriteTx<'_>,
    merge: MergeId,
    kept: PersonId,
    gone: PersonId,
) -> Result<(), DbError> {
    for (note, add) in [
        (
            sql!(
                "INSERT INTO merge_step (merge_id, what, row_id, before)
                 SELECT CAST($1 AS BIGINT), 'person_skill', 0, g.skill FROM person_skill g WHERE g.person_id = $2
                 AND NOT EXISTS (SELECT 1 FROM person_skill k WHERE k.person_id = $3 AND k.skill = g.skill)"
            ),
            sql!(
                "INSERT INTO person_skill (person_id, skill)
                 SELECT CAST($1 AS BIGINT), g.skill FROM person_skill g WHERE g.person_id = $2 ON CONFLICT DO NOTHING"
            ),
        ),
        (
            sql!(
                "INSERT INTO merge_step (merge_id, what, row_id, before)
                 SELECT CAST($1 AS BIGINT), 'person_category', 0, g.category FROM person_category g
                 WHERE g.person_id = $2 AND NOT EXISTS (SELECT 1 FROM person_category k
                    WHERE k.person_id = $3 AND k.category = g.category)"
            ),
            sql!(
                "INSERT INTO person_category (person_id, category)
                 SELECT CAST($1 AS BIGINT), g.category FROM person_category g WHERE g.person_id = $2
                 ON CONFLICT DO NOTHING"
            ),
        ),
    ] {
        tx.exec(note, args![merge, gone, kept])?;
        tx.exec(add, args![kept, gone])?;
    }
    Ok(())
}

fn skills_back(tx: &mut WriteTx<'_>, merge: MergeId, kept: PersonId) -> Result<(), DbError> {
    tx.exec(
        sql!(
            "DELETE FROM person_skill WHERE person_id = $2 AND skill IN (
                SELECT m.before FROM merge_step m WHERE m.merge_id = $1 AND m.what = 'person_skill')"
        ),
        args![merge, kept],
    )?;
    tx.exec(
        sql!(
            "DELETE FROM person_category WHERE person_id = $2 AND category IN (
                SELECT m.before FROM merge_step m WHERE m.merge_id = $1 AND m.what = 'person_category')"
        ),
        args![merge, kept],
    )?;
    Ok(())
}

/// Memberships. Who is in one team twice is in it once, from the earlier day on.
fn memberships(tx: &mut WriteTx<'_>, merge: MergeId, kept: PersonId, gone: PersonId) -> Result<(), DbError> {
    let twice: Vec<Twice> = tx.all(
        sql!(
            "SELECT g.id, g.state, g.joined_on, k.id, k.state, k.joined_on, g.org_id FROM member g
             JOIN member k ON k.org_id = g.org_id AND k.person_id = $2 AND k.state IN ('applied', 'member')
             WHERE g.person_id = $1 AND g.state IN ('applied', 'member') ORDER BY g.org_id"
        ),
        args![gone, kept],
    )?;
    let today = tx.now().date();
    for one in &twice {
        let was = |state: MemberState, joined: Option<Date>| {
            format!("{}|{}", state.code(), joined.map(|day| day.days().to_string()).unwrap_or_default())
        };
        journal::note(tx, merge, "member_was", (one.id.0, one.org.0), &was(one.state, one.joined_on))?;
        let note = was(one.kept_state, one.kept_joined_on);
        journal::note(tx, merge, "member_was", (one.kept_id.0, one.org.0), &note)?;
        tx.exec_one(
            sql!("UPDATE member SET state = 'left', left_on = $2, reason = '重复登记合并' WHERE id = $1"),
            args![one.id, today],
        )?;
        let member = MemberState::Member;
        let state = if one.state == member { member } else { one.kept_state };
        let joined = [one.joined_on, one.kept_joined_on].into_iter().flatten().min();
        tx.exec_one(
            sql!("UPDATE member SET state = $2, joined_on = $3 WHERE id = $1"),
            args![one.kept_id, state, joined],
        )?;
        let change =
            i64::from(state == member) - i64::from(one.kept_state == member) - i64::from(one.state == member);
        count(tx, one.org, change)?;
    }
    members().go(tx, merge, kept, gone)
}

fn count(tx: &mut WriteTx<'_>, org: OrgId, change: i64) -> Result<(), DbError> {
    if change != 0 {
        tx.exec_one(sql!("UPDATE org SET members = members + $2 WHERE id = $1"), args![org, change])?;
    }
    Ok(())
}

fn memberships_back(
    tx: &mut WriteTx<'_>,
    merge: MergeId,
    kept: PersonId,
    gone: PersonId,
) -> Result<(), DbError> {
    members().back(tx, merge, kept, gone)?;
    for step in journal::steps(tx, merge, "member_was")? {
        let (id, org) = (MemberId(step.row_id), OrgId(step.sub));
        let (code, day) = step.before.split_once('|').unwrap_or_default();
        let Some(was) = MemberState::from_code(code) else { continue };
        let joined = day.parse().ok().map(Date::from_days);
        let now: Option<(MemberState,)> =
            tx.first(sql!("SELECT state FROM member WHERE id = $1"), args![id])?;
        let Some((now,)) = now else { continue };
        // A membership that ended or began otherwise since stays as it is.
        let changed = tx.exec(
            sql!(
                "UPDATE member SET state = $2, joined_on = $3, left_on = NULL, reason = ''
                 WHERE id = $1 AND (state <> 'left' OR reason = '重复登记合并') AND NOT EXISTS (SELECT 1 FROM member o
                    WHERE o.org_id = member.org_id AND o.person_id = member.person_id AND o.id <> member.id
                    AND o.state IN ('applied', 'member'))"
            ),
            args![id, was, joined],
        )?;
        if changed == 1 {
            let member = MemberState::Member;
            count(tx, org, i64::from(was == member) - i64::from(now == member))?;
        }
    }
    Ok(())
}

/// Consents: for each purpose the latest word counts, whichever registration it was said in. One that was overtaken
/// stays with the registration that is part of the other now. Returns whether the name may appear in rankings.
fn agreed(
    tx: &mut WriteTx<'_>,
    merge: MergeId,
    kept: PersonId,
    gone: PersonId,
    public: bool,
) -> Result<bool, DbError> {
    let all: Vec<Consented> = tx.all(
        sql!(
            "SELECT id, person_id, purpose, given_at, withdrawn_at FROM consent WHERE person_id IN ($1, $2)
             ORDER BY id"
        ),
        args![kept, gone],
    )?;
    let mut public = public;
    for one in all.iter().filter(|one| one.person == gone) {
        let beaten = one.withdrawn_at.is_none()
            && all.iter().any(|other| {
                other.person == kept
                    && other.purpose == one.purpose
                    && other.withdrawn_at.is_none_or(|at| at >= one.given_at)
            });
        if beaten {
            continue;
        }
        journal::note(tx, merge, "consent.person_id", (one.id.0, 0), "")?;
        public |= one.purpose == Purpose::Rank && one.withdrawn_at.is_none();
    }
    tx.exec(consents().go, args![gone, kept, merge])?;
    Ok(public)
}

/// Of two transfers away from one team one is taken back.
fn transfers(tx: &mut WriteTx<'_>, merge: MergeId, kept: PersonId, gone: PersonId) -> Result<(), DbError> {
    let twice: Vec<(TransferId, TransferState)> = tx.all(
        sql!(
            "SELECT g.id, g.state FROM team_transfer g WHERE g.person_id = $1 AND g.state IN ('requested', 'source_agreed')
             AND EXISTS (SELECT 1 FROM team_transfer k WHERE k.person_id = $2 AND k.from_org = g.from_org
                AND k.state IN ('requested', 'source_agreed')) ORDER BY g.id"
        ),
        args![gone, kept],
    )?;
    let now = tx.now();
    for (id, state) in twice {
        journal::note(tx, merge, "transfer_was", (id.0, 0), state.code())?;
        tx.exec_one(
            sql!("UPDATE team_transfer SET state = 'cancelled', ended_at = $2 WHERE id = $1"),
            args![id, now],
        )?;
    }
    Ok(())
}

/// What became of the accounts.
pub(super) fn account_of(accounts: &[AccountOf], person: PersonId) -> Option<&AccountOf> {
    accounts.iter().find(|one| one.person == person)
}

/// The account goes over, or is closed where who stays has one. Whoever is signed in with it signs in again.
fn sign_ins(
    tx: &mut WriteTx<'_>,
    merge: MergeId,
    kept: PersonId,
    gone: PersonId,
    both: &[AccountOf],
) -> Result<(), Error> {
    let Some(old) = account_of(both, gone) else { return Ok(()) };
    if account_of(both, kept).is_none() {
        accounts().go(tx, merge, kept, gone)?;
    } else if old.state == "active" {
        journal::note(tx, merge, "account_off", (old.id.0, 0), "")?;
        tx.exec_one(sql!("UPDATE account SET state = 'disabled' WHERE id = $1"), args![old.id])?;
    }
    sign_out(tx, old.id)
}

fn sign_out(tx: &mut WriteTx<'_>, account: AccountId) -> Result<(), Error> {
    tx.exec(sql!("DELETE FROM login_session WHERE account_id = $1"), args![account])?;
    tx.publish(&SignedOut::Account { account, keep: Vec::new() })
}

/// Moves everything but the files themselves and their documents. Returns whether the name may appear in rankings.
pub(super) fn go(
    tx: &mut WriteTx<'_>,
    merge: MergeId,
    kept: &Whole,
    gone: &Whole,
    both: &[AccountOf],
) -> Result<bool, Error> {
    let (to, from) = (kept.id, gone.id);
    skills(tx, merge, to, from)?;
    memberships(tx, merge, to, from)?;
    transfers(tx, merge, to, from)?;
    for one in plain() {
        one.go(tx, merge, to, from)?;
    }
    let public = agreed(tx, merge, to, from, kept.rank_public)?;
    sign_ins(tx, merge, to, from, both)?;
    Ok(public)
}

/// Moves it all back.
pub(super) fn back(
    tx: &mut WriteTx<'_>,
    merge: MergeId,
    kept: PersonId,
    gone: PersonId,
) -> Result<(), Error> {
    skills_back(tx, merge, kept)?;
    memberships_back(tx, merge, kept, gone)?;
    for one in plain() {
        one.back(tx, merge, kept, gone)?;
    }
    for step in journal::steps(tx, merge, "transfer_was")? {
        tx.exec(
            sql!(
                "UPDATE team_transfer SET state = $2, ended_at = NULL WHERE id = $1 AND state = 'cancelled'"
            ),
            args![TransferId(step.row_id), step.before],
        )?;
    }
    consents().back(tx, merge, kept, gone)?;
    for step in journal::steps(tx, merge, "account.person_id")? {
        sign_out(tx, AccountId(step.row_id))?;
    }
    accounts().back(tx, merge, kept, gone)?;
    for step in journal::steps(tx, merge, "account_off")? {
        tx.exec(
            sql!("UPDATE account SET state = 'active' WHERE id = $1 AND state = 'disabled'"),
            args![AccountId(step.row_id)],
        )?;
    }
    Ok(())
}

/// Columns of this room that name a person and are seen to otherwise than by [`plain`]: `table.column`.
pub const SEEN_TO: &[&str] = &[
    "member.person_id",
    "consent.person_id",
    "account.person_id",
    "person_skill.person_id",
    "person_category.person_id",
    "person_alias.person_id",
    // Printed for a registration that has ended: worth nothing, and good again after an undo.
    "slip.person_id",
];
