//! Questions about transfers.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Date, OrgId, PersonId, Timestamp};

use super::{TransferId, TransferState};

row! {
    /// A transfer with the names of all it concerns.
    pub struct Transfer {
        id: TransferId, person: PersonId, name: String, volunteer_no: String, from_org: OrgId, from_name: String,
        to_org: OrgId, to_name: String, reason: String, state: TransferState, requested_at: Timestamp, due_on: Date,
        source_opinion: String, source_at: Option<Timestamp>, target_opinion: String, target_at: Option<Timestamp>,
    }
}

impl Transfer {
    /// The team that answers next, or answered last.
    #[must_use]
    pub const fn answers(&self) -> OrgId {
        match self.state {
            TransferState::Requested => self.from_org,
            _ => self.to_org,
        }
    }
}

macro_rules! transfer_columns {
    () => {
        "SELECT t.id, t.person_id, p.name, p.volunteer_no, t.from_org, f.name, t.to_org, g.name, t.reason, t.state,
            t.requested_at, t.due_on, t.source_opinion, t.source_at, t.target_opinion, t.target_at
         FROM team_transfer t JOIN person p ON p.id = t.person_id JOIN org f ON f.id = t.from_org
            JOIN org g ON g.id = t.to_org WHERE "
    };
}

/// A transfer.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: TransferId) -> Result<Option<Transfer>, DbError> {
    tx.first(sql!(concat!(transfer_columns!(), "t.id = $1")), args![id])
}

/// Where a list of transfers begins: before this one; the newest is the first.
pub const NEWEST: TransferId = TransferId(i64::MAX);

/// Transfers of a person before another one, newest first.
///
/// # Errors
/// Of the database.
pub fn of_person(
    tx: &mut ReadTx<'_>,
    person: PersonId,
    before: TransferId,
    limit: i64,
) -> Result<Vec<Transfer>, DbError> {
    tx.all(
        sql!(concat!(transfer_columns!(), "t.person_id = $1 AND t.id < $2 ORDER BY t.id DESC LIMIT $3")),
        args![person, before, limit],
    )
}

/// Transfers out of and into a team before another one, newest first.
///
/// # Errors
/// Of the database.
pub fn of_team(
    tx: &mut ReadTx<'_>,
    team: OrgId,
    before: TransferId,
    limit: i64,
) -> Result<Vec<Transfer>, DbError> {
    tx.all(
        sql!(concat!(
            transfer_columns!(),
            "t.id IN (SELECT a.id FROM team_transfer a WHERE a.from_org = $1
                UNION SELECT b.id FROM team_transfer b WHERE b.to_org = $1 AND b.state <> 'requested')
             AND t.id < $2 ORDER BY t.id DESC LIMIT $3"
        )),
        args![team, before, limit],
    )
}

/// Ends the transfer of somebody who left the team it began in.
///
/// # Errors
/// Of the database.
pub fn left(tx: &mut WriteTx<'_>, person: PersonId, team: OrgId) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        sql!(
            "UPDATE team_transfer SET state = 'cancelled', ended_at = $3
             WHERE person_id = $1 AND from_org = $2 AND state IN ('requested', 'source_agreed')"
        ),
        args![person, team, now],
    )?;
    Ok(())
}

/// Transfers that wait for one of these teams.
///
/// # Errors
/// Of the database.
pub fn waiting_at(tx: &mut ReadTx<'_>, teams: &[OrgId]) -> Result<Vec<Transfer>, DbError> {
    let mut query = Query::new(transfer_columns!());
    query.push("((t.state = 'requested' AND t.from_org IN (0");
    for team in teams {
        query.with(", {}", &[team]);
    }
    query.push(")) OR (t.state = 'source_agreed' AND t.to_org IN (0");
    for team in teams {
        query.with(", {}", &[team]);
    }
    query.push("))) ORDER BY t.id LIMIT 50");
    tx.list(&query)
}

/// Writes a new transfer.
///
/// # Errors
/// `Unique("team_transfer_live_key")` when one is under way; of the database.
pub(super) fn insert(
    tx: &mut WriteTx<'_>,
    id: TransferId,
    person: PersonId,
    from: OrgId,
    to: OrgId,
    reason: &str,
    due_on: Date,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec_one(
        sql!(
            "INSERT INTO team_transfer (id, person_id, from_org, to_org, reason, state, requested_at, due_on)
             VALUES ($1, $2, $3, $4, $5, 'requested', $6, $7)"
        ),
        args![id, person, from, to, reason, now, due_on],
    )
}

/// Notes the answer of the old team.
///
/// # Errors
/// Of the database.
pub(super) fn source(
    tx: &mut WriteTx<'_>,
    id: TransferId,
    to: TransferState,
    by: Option<AccountId>,
    opinion: &str,
    due_on: Date,
) -> Result<bool, DbError> {
    let now = tx.now();
    let ended = (to != TransferState::SourceAgreed).then_some(now);
    let touched = tx.exec(
        sql!(
            "UPDATE team_transfer SET state = $2, source_at = $3, source_by = $4, source_opinion = $5, due_on = $6,
                ended_at = $7 WHERE id = $1 AND state = 'requested'"
        ),
        args![id, to, now, by, opinion, due_on, ended],
    )?;
    Ok(touched == 1)
}

/// Notes the answer of the new team.
///
/// # Errors
/// Of the database.
pub(super) fn target(
    tx: &mut WriteTx<'_>,
    id: TransferId,
    to: TransferState,
    by: Option<AccountId>,
    opinion: &str,
) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE team_transfer SET state = $2, target_at = $3, target_by = $4, target_opinion = $5, ended_at = $3
             WHERE id = $1 AND state = 'source_agreed'"
        ),
        args![id, to, now, by, opinion],
    )?;
    Ok(touched == 1)
}

/// Notes that the person took it back.
///
/// # Errors
/// Of the database.
pub(super) fn cancel(tx: &mut WriteTx<'_>, id: TransferId) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        sql!(
            "UPDATE team_transfer SET state = 'cancelled', ended_at = $2
             WHERE id = $1 AND state IN ('requested', 'source_agreed')"
        ),
        args![id, now],
    )?;
    Ok(touched == 1)
}
