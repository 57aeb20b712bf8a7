//! Questions about pairs, files to compare, and merges.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Error, Grant, PersonId, Timestamp};

use super::rules::Whole;
use super::{MergeId, MergeState};
use crate::org::scope::{OrgAs, within};
use crate::person::{self, PersonState, Source};
use crate::person_shown;

/// Pairs are counted up to here.
pub const COUNTED: i64 = 99;

row! {
    /// A pair with what a list shows.
    pub struct Pair {
        low: PersonId, high: PersonId, reasons: String, score: i64, found_at: Timestamp, low_name: String,
        low_no: String, low_state: PersonState, low_source: Source, low_home: String, high_name: String,
        high_no: String, high_state: PersonState, high_source: Source, high_home: String,
    }
    /// A merge with what a list shows.
    pub struct Merge {
        id: MergeId, kept: PersonId, gone: PersonId, state: MergeState, note: String, at: Timestamp,
        undo_until: Timestamp, undone_at: Option<Timestamp>, undo_note: String, kept_name: String, kept_no: String,
        gone_name: String, gone_no: String, by_name: Option<String>, area_path: String, sponsor_path: String,
    }
    /// The account of a person, as far as merging asks.
    pub struct AccountOf { id: AccountId, person: PersonId, login: Option<String>, state: String, roles: i64 }
}

/// Pairs to look at within the scopes, the surest first; `after`: (score, low) and high of the last one seen.
///
/// # Errors
/// Of the database.
pub fn open(
    tx: &mut ReadTx<'_>,
    scopes: &[&Grant],
    after: Option<(i64, i64, i64)>,
    limit: i64,
) -> Result<Vec<Pair>, DbError> {
    let mut query = Query::new(
        "SELECT d.low_id, d.high_id, d.reasons, d.score, d.found_at, a.name, a.volunteer_no, a.state, a.source, o.name,
            b.name, b.volunteer_no, b.state, b.source, t.name
         FROM duplicate_pair d JOIN person a ON a.id = d.low_id JOIN person b ON b.id = d.high_id
            JOIN org o ON o.id = a.home_org JOIN org t ON t.id = b.home_org
         WHERE d.state = 'open' AND d.low_home IN (SELECT n.id FROM org n WHERE",
    );
    within(&mut query, scopes, OrgAs::N);
    query.push(") AND a.state IN ('incomplete', 'unclaimed', 'active') AND b.state IN ('incomplete', 'unclaimed', 'active') AND");
    // The homes as they are now decide; those kept with the pair only narrow what is read.
    within(&mut query, scopes, OrgAs::O);
    query.push("AND");
    within(&mut query, scopes, OrgAs::T);
    if let Some((score, low, high)) = after {
        query.with(
            "AND (d.score < {} OR (d.score = {} AND (d.low_id, d.high_id) > ({}, {})))",
            &[&score, &score, &low, &high],
        );
    }
    query.with("ORDER BY d.score DESC, d.low_id, d.high_id LIMIT {}", &[&limit]);
    tx.list(&query)
}

/// How many pairs wait within the scopes, counted up to one beyond [`COUNTED`].
///
/// # Errors
/// Of the database.
pub fn open_count(tx: &mut ReadTx<'_>, scopes: &[&Grant]) -> Result<i64, DbError> {
    let mut query = Query::new(
        "SELECT count(*) FROM (SELECT d.low_id FROM duplicate_pair d WHERE d.state = 'open'
            AND d.low_home IN (SELECT n.id FROM org n WHERE",
    );
    within(&mut query, scopes, OrgAs::N);
    query.push(") AND d.high_home IN (SELECT o.id FROM org o WHERE");
    within(&mut query, scopes, OrgAs::O);
    query.with(") LIMIT {}) few", &[&(COUNTED + 1)]);
    let rows: Vec<(i64,)> = tx.list(&query)?;
    Ok(rows.first().map_or(0, |(n,)| *n))
}

/// Notes what somebody decided about a pair; a pair that nobody had found is noted too.
///
/// # Errors
/// Of the database.
pub(super) fn decide(
    tx: &mut WriteTx<'_>,
    a: &person::Person,
    b: &person::Person,
    state: super::PairState,
    by: Option<AccountId>,
) -> Result<(), DbError> {
    let (low, high) = if a.id < b.id { (a, b) } else { (b, a) };
    let now = tx.now();
    tx.exec(
        sql!(
            "INSERT INTO duplicate_pair (low_id, high_id, low_home, high_home, reasons, score, state, found_at,
                decided_by, decided_at)
             VALUES ($1, $2, $3, $4, '', 0, $5, $6, $7, $6)
             ON CONFLICT (low_id, high_id) DO UPDATE SET state = excluded.state, decided_by = excluded.decided_by,
                decided_at = excluded.decided_at"
        ),
        args![low.id, high.id, low.home_org, high.home_org, state, now, by],
    )?;
    Ok(())
}

/// The state of a pair, if it is noted.
///
/// # Errors
/// Of the database.
pub(super) fn pair_state(
    tx: &mut ReadTx<'_>,
    a: PersonId,
    b: PersonId,
) -> Result<Option<(super::PairState, String)>, DbError> {
    tx.first(
        sql!("SELECT state, reasons FROM duplicate_pair WHERE low_id = $1 AND high_id = $2"),
        args![a.min(b), a.max(b)],
    )
}

/// Everything of a file that a merge may change.
///
/// # Errors
/// `common.not_found`; of the database.
pub(super) fn whole(tx: &mut ReadTx<'_>, id: PersonId) -> Result<Whole, Error> {
    let mut found = None;
    tx.each(
        sql!(concat!(
            "SELECT p.id, p.name, p.national_no, p.gender, p.birth_on, p.id_kind, p.id_enc, p.id_index, p.phone_enc,
                p.phone_index, p.address, p.employer, p.note, p.state, p.assurance, p.rank_public, p.guard,
                p.joined_on, p.claimed_at
             FROM person p WHERE p.id = $1 AND ",
            person_shown!()
        )),
        args![id],
        |row| {
            found = Some(Whole { name: row.get(1)?, ..read(row, 0, 2)? });
            Ok(())
        },
    )?;
    found.ok_or_else(|| (&kernel::error::common::NOT_FOUND).into())
}

/// The files as they were before a merge, of whoever is asked for.
///
/// # Errors
/// `common.not_found` when they were removed; of the database.
pub(super) fn before(tx: &mut ReadTx<'_>, merge: MergeId, id: PersonId) -> Result<Whole, Error> {
    let mut found = None;
    tx.each(
        sql!(
            "SELECT b.person_id, b.national_no, b.gender, b.birth_on, b.id_kind, b.id_enc, b.id_index, b.phone_enc,
                b.phone_index, b.address, b.employer, b.note, b.state, b.assurance, b.rank_public, b.guard, b.joined_on,
                b.claimed_at
             FROM merge_before b WHERE b.merge_id = $1 AND b.person_id = $2"
        ),
        args![merge, id],
        |row| {
            found = Some(read(row, 0, 1)?);
            Ok(())
        },
    )?;
    found.ok_or_else(|| (&kernel::error::common::NOT_FOUND).into())
}

fn read(row: &db::Row<'_>, id: usize, at: usize) -> Result<Whole, DbError> {
    Ok(Whole {
        id: row.get(id)?,
        name: String::new(),
        national_no: row.get(at)?,
        gender: row.get(at + 1)?,
        birth_on: row.get(at + 2)?,
        id_kind: row.get(at + 3)?,
        id_enc: row.get(at + 4)?,
        id_index: row.get(at + 5)?,
        phone_enc: row.get(at + 6)?,
        phone_index: row.get(at + 7)?,
        address: row.get(at + 8)?,
        employer: row.get(at + 9)?,
        note: row.get(at + 10)?,
        state: row.get(at + 11)?,
        assurance: row.get(at + 12)?,
        rank_public: row.get(at + 13)?,
        guard: row.get(at + 14)?,
        joined_on: row.get(at + 15)?,
        claimed_at: row.get(at + 16)?,
    })
}

/// Keeps a file as it is, for the undo.
///
/// # Errors
/// Of the database.
pub(super) fn keep(tx: &mut WriteTx<'_>, merge: MergeId, id: PersonId) -> Result<(), DbError> {
    tx.exec_one(
        sql!(
            "INSERT INTO merge_before (merge_id, person_id, national_no, gender, birth_on, id_kind, id_enc, id_index,
                phone_enc, phone_index, address, employer, note, state, assurance, rank_public, guard, joined_on,
                claimed_at)
             SELECT CAST($1 AS BIGINT), id, national_no, gender, birth_on, id_kind, id_enc, id_index, phone_enc,
                phone_index, address, employer, note, state, assurance, rank_public, guard, joined_on, claimed_at
             FROM person WHERE id = $2"
        ),
        args![merge, id],
    )
}

/// Writes a file; `into`: the registration it is part of now. Keys are the caller's.
///
/// # Errors
/// Of the database.
pub(super) fn put(tx: &mut WriteTx<'_>, one: &Whole, into: Option<PersonId>) -> Result<(), DbError> {
    tx.exec_one(
        sql!(
            "UPDATE person SET national_no = $2, gender = $3, birth_on = $4, id_kind = $5, id_enc = $6, id_index = $7,
                phone_enc = $8, phone_index = $9, address = $10, employer = $11, note = $12, state = $13,
                assurance = $14, rank_public = $15, guard = $16, joined_on = $17, claimed_at = $18, merged_into = $19,
                version = version + 1
             WHERE id = $1"
        ),
        args![
            one.id,
            one.national_no,
            one.gender,
            one.birth_on,
            one.id_kind,
            one.id_enc,
            one.id_index,
            one.phone_enc,
            one.phone_index,
            one.address,
            one.employer,
            one.note,
            one.state,
            one.assurance,
            one.rank_public,
            one.guard,
            one.joined_on,
            one.claimed_at,
            into
        ],
    )
}

/// Accounts of two people, with how many roles each holds.
///
/// # Errors
/// Of the database.
pub(super) fn accounts(tx: &mut ReadTx<'_>, a: PersonId, b: PersonId) -> Result<Vec<AccountOf>, DbError> {
    tx.all(
        sql!(
            "SELECT c.id, c.person_id, c.login, c.state,
                (SELECT count(*) FROM role_grant g WHERE g.account_id = c.id AND g.ended_at IS NULL)
             FROM account c WHERE c.person_id IN ($1, $2) ORDER BY c.id"
        ),
        args![a, b],
    )
}

macro_rules! merge_columns {
    () => {
        "SELECT m.id, m.kept_id, m.gone_id, m.state, m.note, m.at, m.undo_until, m.undone_at, m.undo_note, a.name,
            a.volunteer_no, b.name, b.volunteer_no, c.name, o.area_path, o.sponsor_path
         FROM person_merge m JOIN person a ON a.id = m.kept_id JOIN person b ON b.id = m.gone_id
            JOIN org o ON o.id = a.home_org LEFT JOIN account c ON c.id = m.by_account WHERE"
    };
}

/// A merge.
///
/// # Errors
/// Of the database.
pub(super) fn merge(tx: &mut ReadTx<'_>, id: MergeId) -> Result<Option<Merge>, DbError> {
    tx.first(sql!(concat!(merge_columns!(), " m.id = $1")), args![id])
}

/// Merges within the scopes, newest first; `after`: the last id seen.
///
/// # Errors
/// Of the database.
pub(super) fn merges(
    tx: &mut ReadTx<'_>,
    scopes: &[&Grant],
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<Merge>, DbError> {
    let mut query = Query::new(merge_columns!());
    within(&mut query, scopes, OrgAs::O);
    query.with_some("AND m.id < {}", after.as_ref());
    query.with("ORDER BY m.id DESC LIMIT {}", &[&limit]);
    tx.list(&query)
}

/// The merge by which a registration became part of another: the other's id and name, and the merge.
///
/// # Errors
/// Of the database.
pub fn merged_into(
    tx: &mut ReadTx<'_>,
    id: PersonId,
) -> Result<Option<(PersonId, String, MergeId)>, DbError> {
    tx.first(
        sql!(
            "SELECT k.id, k.name, m.id FROM person p JOIN person k ON k.id = p.merged_into
                JOIN person_merge m ON m.gone_id = p.id AND m.kept_id = k.id AND m.state <> 'undone'
             WHERE p.id = $1"
        ),
        args![id],
    )
}

/// Whether one of the two was merged again after a merge.
///
/// # Errors
/// Of the database.
pub(super) fn later(tx: &mut ReadTx<'_>, id: MergeId, a: PersonId, b: PersonId) -> Result<bool, DbError> {
    let (n,): (i64,) = tx.one(
        sql!(
            "SELECT count(*) FROM person_merge m WHERE m.id > $1 AND m.state <> 'undone'
                AND (m.kept_id IN ($2, $3) OR m.gone_id IN ($2, $3))"
        ),
        args![id, a, b],
    )?;
    Ok(n > 0)
}

/// Who has a volunteer number.
///
/// # Errors
/// Of the database.
pub(super) fn number(tx: &mut ReadTx<'_>, no: &str) -> Result<Option<PersonId>, DbError> {
    Ok(tx
        .first::<(PersonId,)>(
            sql!(concat!("SELECT p.id FROM person p WHERE p.volunteer_no = $1 AND ", person_shown!())),
            args![no],
        )?
        .map(|found| found.0))
}
