//! Questions to the database about past hours.

use std::collections::HashMap;

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Action, Actor, Date, OrgId, PersonId, Timestamp};
use people::person::PersonState;

use super::rules::{Origin, Other};
use super::{BatchState, PastBatchId, Verdict};
use crate::activity::store::scoped;
use crate::record::Flag;
use crate::{ActivityId, RecordId, SessionId};

row! {
    /// A file of past hours.
    pub struct Batch {
        id: PastBatchId, account_id: Option<AccountId>, org_id: OrgId, org_name: String, area_path: String,
        sponsor_path: String, file_name: String, file_hash: Vec<u8>, file_path: String, sheet: String, mapping: String,
        source: String, official: bool, state: BatchState, job_id: Option<i64>, rows_all: i64, rows_new: i64,
        rows_known: i64, rows_refused: i64, rows_flagged: i64, minutes: i64, told_to: i64, message: String,
        activity_id: Option<ActivityId>, session_id: Option<SessionId>, created_at: Timestamp,
        published_at: Option<Timestamp>, published_by: Option<String>, undone_at: Option<Timestamp>,
        undone_by: Option<String>, undo_reason: String,
    }

    /// A line of the list of files.
    pub struct Listed {
        id: PastBatchId, file_name: String, source: String, state: BatchState, rows_all: i64, rows_new: i64,
        rows_refused: i64, minutes: i64, org_name: String, by: Option<String>, created_at: Timestamp,
    }

    /// Somebody a row may be of.
    pub struct Known {
        id: PersonId, volunteer_no: String, name: String, birth_on: Option<Date>, has_document: bool,
        state: PersonState, home_org: OrgId, area_path: String,
    }

    /// A line to be counted.
    pub struct Ready {
        row_no: i64, person_id: PersonId, team_id: OrgId, community_id: OrgId, street_id: OrgId, home_org: OrgId,
        title: String, category: String, place: String, service_on: Date, start_at: Timestamp, end_at: Timestamp,
        minutes: i64, flags: String, birth_on: Option<Date>,
    }

    /// A line with what was said about it.
    pub struct Noted {
        row_no: i64, verdict: Verdict, person_id: Option<PersonId>, name: Option<String>, title: String,
        service_on: i64, minutes: i64, flags: String, reasons: String, cells_enc: Option<Vec<u8>>,
    }

    /// What a file means for a person.
    pub struct Sum {
        person_id: PersonId, name: String, volunteer_no: String, lines: i64, minutes: i64, now: i64,
    }

    /// A counted line to be taken back.
    pub struct Counting {
        row_no: i64, record_id: RecordId, person_id: PersonId, team_id: OrgId, community_id: OrgId,
        street_id: OrgId, category: String, service_on: Date, minutes: i64, flags: String,
    }
}

macro_rules! batch_sql {
    ($where:literal) => {
        sql!(concat!(
            "SELECT b.id, b.account_id, b.org_id, o.name, o.area_path, o.sponsor_path, b.file_name, b.file_hash,
                b.file_path, b.sheet, b.mapping, b.source, b.official, b.state, b.job_id, b.rows_all, b.rows_new,
                b.rows_known, b.rows_refused, b.rows_flagged, b.minutes, b.told_to, b.message, b.activity_id,
                b.session_id, b.created_at, b.published_at, p.name, b.undone_at, u.name, b.undo_reason
             FROM past_batch b JOIN org o ON o.id = b.org_id LEFT JOIN account p ON p.id = b.published_by
             LEFT JOIN account u ON u.id = b.undone_by WHERE ",
            $where
        ))
    };
}

/// A batch by its id.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: PastBatchId) -> Result<Option<Batch>, DbError> {
    tx.first(batch_sql!("b.id = $1"), args![id])
}

/// The batch whose records a session carries.
///
/// # Errors
/// Of the database.
pub fn find_carried(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Option<Batch>, DbError> {
    tx.first(batch_sql!("b.session_id = $1"), args![session])
}

/// The newest batches within the actor's scope.
///
/// # Errors
/// Of the database.
pub fn list(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<Listed>, DbError> {
    let mut query = Query::new(
        "SELECT b.id, b.file_name, b.source, b.state, b.rows_all, b.rows_new, b.rows_refused, b.minutes, o.name,
            a.name, b.created_at
         FROM past_batch b JOIN org o ON o.id = b.org_id LEFT JOIN account a ON a.id = b.account_id WHERE b.id > 0",
    );
    scoped(&mut query, actor, Action::RosterImport);
    query.with_some("AND b.id < {}", after.as_ref());
    query.with("ORDER BY b.id DESC LIMIT {}", &[&limit]);
    tx.list(&query)
}

/// Other batches of the very same file that count or are on their way: id, state, when.
///
/// # Errors
/// Of the database.
pub fn same_file(
    tx: &mut ReadTx<'_>,
    batch: &Batch,
) -> Result<Vec<(PastBatchId, BatchState, Timestamp)>, DbError> {
    let (id, hash) = (batch.id, &batch.file_hash);
    tx.all(
        sql!(
            "SELECT id, state, created_at FROM past_batch WHERE file_hash = $1 AND id <> $2
             AND state IN ('preview', 'publishing', 'published') ORDER BY id DESC LIMIT 5"
        ),
        args![hash, id],
    )
}

fn in_list<V: kernel::ToValue>(query: &mut Query, values: &[V]) {
    for (at, value) in values.iter().enumerate() {
        query.with(if at == 0 { "{}" } else { ", {}" }, &[value]);
    }
    query.push(")");
}

const KNOWN: &str =
    "SELECT p.id, p.volunteer_no, p.name, p.birth_on, p.id_index IS NOT NULL, p.state, p.home_org,
    COALESCE(o.area_path, '') FROM person p LEFT JOIN org o ON o.id = p.home_org WHERE";

/// People by document: blind index → person, earlier documents too (Edge-07).
///
/// # Errors
/// Of the database.
pub fn by_documents(tx: &mut ReadTx<'_>, indexes: &[Vec<u8>]) -> Result<HashMap<Vec<u8>, PersonId>, DbError> {
    let mut out = HashMap::new();
    if indexes.is_empty() {
        return Ok(out);
    }
    for text in [
        "SELECT id_index, person_id FROM person_alias WHERE id_index IN (",
        "SELECT id_index, person_id FROM person_identity WHERE id_index IN (",
    ] {
        let mut query = Query::new(text);
        in_list(&mut query, indexes);
        out.extend(tx.list::<(Vec<u8>, PersonId)>(&query)?);
    }
    Ok(out)
}

/// People by their number here.
///
/// # Errors
/// Of the database.
pub fn by_numbers(tx: &mut ReadTx<'_>, numbers: &[String]) -> Result<HashMap<String, PersonId>, DbError> {
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    let mut query = Query::new("SELECT p.volunteer_no, p.id FROM person p WHERE p.volunteer_no IN (");
    in_list(&mut query, numbers);
    Ok(tx.list::<(String, PersonId)>(&query)?.into_iter().collect())
}

/// People by their number in the earlier or national system, of those asked for. Two of one number: none.
///
/// # Errors
/// Of the database.
pub fn by_national(
    tx: &mut ReadTx<'_>,
    wanted: &std::collections::HashSet<String>,
) -> Result<HashMap<String, Option<PersonId>>, DbError> {
    let mut out: HashMap<String, Option<PersonId>> = HashMap::new();
    if wanted.is_empty() {
        return Ok(out);
    }
    // There is no index by these numbers: one walk for the whole file.
    tx.each(sql!("SELECT p.national_no, p.id FROM person p WHERE p.national_no IS NOT NULL"), &[], |row| {
        let number: String = row.get(0)?;
        if wanted.contains(&number) {
            let id: PersonId = row.get(1)?;
            out.entry(number).and_modify(|found| *found = None).or_insert(Some(id));
        }
        Ok(())
    })?;
    Ok(out)
}

/// People by phone: blind index → people on it.
///
/// # Errors
/// Of the database.
pub fn by_phones(
    tx: &mut ReadTx<'_>,
    indexes: &[Vec<u8>],
) -> Result<HashMap<Vec<u8>, Vec<PersonId>>, DbError> {
    let mut out: HashMap<Vec<u8>, Vec<PersonId>> = HashMap::new();
    if indexes.is_empty() {
        return Ok(out);
    }
    let mut query = Query::new("SELECT phone_index, person_id FROM person_phone WHERE phone_index IN (");
    in_list(&mut query, indexes);
    for (index, person) in tx.list::<(Vec<u8>, PersonId)>(&query)? {
        out.entry(index).or_default().push(person);
    }
    Ok(out)
}

/// The people themselves; those of an import that is not published are not there.
///
/// # Errors
/// Of the database.
pub fn people(tx: &mut ReadTx<'_>, ids: &[PersonId]) -> Result<HashMap<PersonId, Known>, DbError> {
    let mut out = HashMap::new();
    for chunk in ids.chunks(500) {
        let mut query = Query::new(KNOWN);
        query.push(people::person::SHOWN);
        query.push("AND p.id IN (");
        in_list(&mut query, chunk);
        out.extend(tx.list::<Known>(&query)?.into_iter().map(|one| (one.id, one)));
    }
    Ok(out)
}

/// What else is known of people around some days: records that stand, lines of earlier files that count, and lines
/// they disowned. Records of `own`, the session of the batch itself, are told apart.
///
/// # Errors
/// Of the database.
pub fn others(
    tx: &mut ReadTx<'_>,
    ids: &[PersonId],
    from: Date,
    to: Date,
    own: Option<SessionId>,
) -> Result<HashMap<PersonId, Vec<Other>>, DbError> {
    let mut out: HashMap<PersonId, Vec<Other>> = HashMap::new();
    // A long service may have begun a year before.
    let (from, to) = (from.plus(-366), to.plus(1));
    for chunk in ids.chunks(500) {
        let mut query = Query::new(
            "SELECT r.person_id, r.title, r.service_on, r.start_at, r.end_at, r.minutes, r.class, r.flags, r.session_id,
                r.line FROM record r WHERE r.state IN ('submitted', 'confirmed')",
        );
        query.with("AND r.service_on >= {} AND r.service_on <= {} AND r.person_id IN (", &[&from, &to]);
        in_list(&mut query, chunk);
        tx.each_of(&query, |row| {
            let class: String = row.get(6)?;
            let session: SessionId = row.get(8)?;
            let origin = if own == Some(session) {
                Origin::ThisFile(row.get(9)?)
            } else if class == "legacy" {
                Origin::Earlier
            } else {
                Origin::Here
            };
            out.entry(row.get(0)?).or_default().push(other(row, 1, origin)?);
            Ok(())
        })?;
        let mut query = Query::new(
            "SELECT l.person_id, l.title, l.service_on, l.start_at, l.end_at, l.minutes, l.flags, l.flags
             FROM past_line l WHERE l.verdict = 'disowned' AND l.person_id IN (",
        );
        in_list(&mut query, chunk);
        tx.each_of(&query, |row| {
            out.entry(row.get(0)?).or_default().push(other(row, 1, Origin::Disowned)?);
            Ok(())
        })?;
    }
    Ok(out)
}

/// From title, day, from, to, minutes, anything, flags.
fn other(row: &db::Row<'_>, at: usize, origin: Origin) -> Result<Other, DbError> {
    let (on, start, end): (Date, Timestamp, Timestamp) =
        (row.get(at + 1)?, row.get(at + 2)?, row.get(at + 3)?);
    let flags: String = row.get(at + 6)?;
    let last = Timestamp(end.0.max(start.0 + 1) - 1).date();
    Ok(Other {
        title: row.get(at)?,
        on,
        start,
        end,
        timed: !flags.split(' ').any(|flag| flag == Flag::DateOnly.code()),
        days: last.days() - start.date().days() + 1,
        minutes: row.get(at + 4)?,
        origin,
    })
}

/// Numbers of an earlier system that count already: (person, number) → (day, minutes).
pub type Used = HashMap<(PersonId, String), Vec<(Date, i64)>>;

/// Which numbers of an earlier system count already.
///
/// # Errors
/// Of the database.
pub fn numbers_used(tx: &mut ReadTx<'_>, numbers: &[String]) -> Result<Used, DbError> {
    let mut out = Used::new();
    for chunk in numbers.chunks(500) {
        let mut query = Query::new(
            "SELECT person_id, source_no, service_on, minutes FROM past_line WHERE verdict = 'published' AND source_no IN (",
        );
        in_list(&mut query, chunk);
        for (person, number, on, minutes) in tx.list::<(PersonId, String, Date, i64)>(&query)? {
            out.entry((person, number)).or_default().push((on, minutes));
        }
    }
    Ok(out)
}

/// Open teams under a path by name (bare of spaces): id and area path; `None` where two bear the name.
///
/// # Errors
/// Of the database.
pub fn teams(
    tx: &mut ReadTx<'_>,
    area_path: &str,
) -> Result<HashMap<String, Option<(OrgId, String)>>, DbError> {
    let mut out: HashMap<String, Option<(OrgId, String)>> = HashMap::new();
    tx.each(
        sql!(
            "SELECT id, name, name_en, area_path FROM org WHERE kind IN ('team', 'group', 'station', 'unit')
             AND state = 'open' AND area_path >= $1 AND area_path < $2"
        ),
        args![area_path, format!("{area_path}~")],
        |row| {
            let (id, name, en, path): (OrgId, String, String, String) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            for name in [bare(&name), bare(&en)] {
                if !name.is_empty() {
                    out.entry(name)
                        .and_modify(|found| {
                            if found.as_ref().is_some_and(|(other, _)| *other != id) {
                                *found = None;
                            }
                        })
                        .or_insert_with(|| Some((id, path.clone())));
                }
            }
            Ok(())
        },
    )?;
    Ok(out)
}

/// A name of an organisation without spaces, lower case.
#[must_use]
pub fn bare(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// Which nodes are communities and which are streets.
///
/// # Errors
/// Of the database.
pub fn areas(tx: &mut ReadTx<'_>) -> Result<HashMap<OrgId, bool>, DbError> {
    let mut out = HashMap::new();
    tx.each(sql!("SELECT id, kind FROM org WHERE kind IN ('community', 'street')"), &[], |row| {
        let kind: String = row.get(1)?;
        out.insert(row.get(0)?, kind == "community");
        Ok(())
    })?;
    Ok(out)
}

/// Lines of a batch that wait to be counted.
///
/// # Errors
/// Of the database.
pub fn ready(tx: &mut ReadTx<'_>, id: PastBatchId, limit: i64) -> Result<Vec<Ready>, DbError> {
    tx.all(
        sql!(
            "SELECT l.row_no, l.person_id, l.team_id, l.community_id, l.street_id, l.home_org, l.title, l.category,
                l.place, l.service_on, l.start_at, l.end_at, l.minutes, l.flags, p.birth_on
             FROM past_line l JOIN person p ON p.id = l.person_id
             WHERE l.batch_id = $1 AND l.verdict = 'new' ORDER BY l.row_no LIMIT $2"
        ),
        args![id, limit],
    )
}

/// Lines of a batch that count.
///
/// # Errors
/// Of the database.
pub fn counting(tx: &mut ReadTx<'_>, id: PastBatchId, limit: i64) -> Result<Vec<Counting>, DbError> {
    tx.all(
        sql!(
            "SELECT l.row_no, l.record_id, l.person_id, r.team_id, r.community_id, r.street_id, r.category, r.service_on,
                r.minutes, r.flags
             FROM past_line l JOIN record r ON r.id = l.record_id
             WHERE l.batch_id = $1 AND l.verdict = 'published' ORDER BY l.row_no LIMIT $2"
        ),
        args![id, limit],
    )
}

/// Lines of a batch with a verdict, by row; `refused` and flagged ones are what a person looks at.
///
/// # Errors
/// Of the database.
pub fn noted(
    tx: &mut ReadTx<'_>,
    id: PastBatchId,
    verdict: Verdict,
    flagged: bool,
    after: i64,
    limit: i64,
) -> Result<Vec<Noted>, DbError> {
    let mut query = Query::new(
        "SELECT l.row_no, l.verdict, l.person_id, p.name, l.title, l.service_on, l.minutes, l.flags, l.reasons, l.cells_enc
         FROM past_line l LEFT JOIN person p ON p.id = l.person_id",
    );
    query.with("WHERE l.batch_id = {} AND l.verdict = {} AND l.row_no > {}", &[&id, &verdict, &after]);
    if flagged {
        query.push("AND l.flags LIKE '%over_12h%'");
    }
    query.with("ORDER BY l.row_no LIMIT {}", &[&limit]);
    tx.list(&query)
}

/// What a batch means for each person, most minutes first: lines and minutes to come or that came, and what the
/// person has now. `after`: minutes and person of the last one seen.
///
/// # Errors
/// Of the database.
pub fn sums(
    tx: &mut ReadTx<'_>,
    id: PastBatchId,
    after: Option<(i64, i64)>,
    limit: i64,
) -> Result<Vec<Sum>, DbError> {
    let mut query = Query::new(
        "SELECT x.person_id, p.name, p.volunteer_no, x.lines, x.minutes, COALESCE(t.minutes, 0) FROM
         (SELECT person_id, count(*) AS lines, CAST(sum(minutes) AS BIGINT) AS minutes FROM past_line",
    );
    query.with("WHERE batch_id = {} AND verdict IN ('new', 'published') GROUP BY person_id) x", &[&id]);
    query.push("JOIN person p ON p.id = x.person_id");
    query.push(
        "LEFT JOIN total t ON t.subject_kind = 'person' AND t.subject_id = x.person_id AND t.period = 4",
    );
    if let Some((minutes, person)) = after {
        query.with("WHERE (x.minutes, x.person_id) < ({}, {})", &[&minutes, &person]);
    }
    query.with("ORDER BY x.minutes DESC, x.person_id DESC LIMIT {}", &[&limit]);
    tx.list(&query)
}

/// How many people a batch has lines to count of, how many minutes and lines those are, and how many were disowned.
///
/// # Errors
/// Of the database.
pub fn shape(tx: &mut ReadTx<'_>, id: PastBatchId) -> Result<(i64, i64, i64, i64), DbError> {
    tx.one(
        sql!(
            "SELECT count(DISTINCT CASE WHEN verdict IN ('new', 'published') THEN person_id END),
                CAST(COALESCE(sum(CASE WHEN verdict IN ('new', 'published') THEN minutes ELSE 0 END), 0) AS BIGINT),
                count(CASE WHEN verdict = 'published' THEN 1 END), count(CASE WHEN verdict = 'disowned' THEN 1 END)
             FROM past_line WHERE batch_id = $1"
        ),
        args![id],
    )
}

/// Whether a batch has lines of a person.
///
/// # Errors
/// Of the database.
pub fn has_person(tx: &mut ReadTx<'_>, id: PastBatchId, person: PersonId) -> Result<bool, DbError> {
    let found: Option<(i64,)> = tx.first(
        sql!(
            "SELECT row_no FROM past_line WHERE batch_id = $1 AND person_id = $2 AND verdict = 'new'
             ORDER BY row_no LIMIT 1"
        ),
        args![id, person],
    )?;
    Ok(found.is_some())
}

/// The role of a line and its number in the earlier system.
///
/// # Errors
/// Of the database.
pub fn words(
    tx: &mut ReadTx<'_>,
    id: PastBatchId,
    row_no: i64,
) -> Result<Option<(String, String, String)>, DbError> {
    tx.first(
        sql!("SELECT team, role, source_no FROM past_line WHERE batch_id = $1 AND row_no = $2"),
        args![id, row_no],
    )
}

/// Marks a line of the batch behind a session.
///
/// # Errors
/// Of the database.
pub fn line_mark(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    line: i64,
    verdict: Verdict,
) -> Result<(), DbError> {
    tx.exec(
        sql!(
            "UPDATE past_line SET verdict = $1 WHERE row_no = $2 AND verdict = 'published'
             AND batch_id = (SELECT b.id FROM past_batch b WHERE b.session_id = $3)"
        ),
        args![verdict, line, session],
    )?;
    Ok(())
}

/// Batches whose lines and records do not agree.
///
/// # Errors
/// Of the database.
pub fn differences(tx: &mut ReadTx<'_>) -> Result<Vec<String>, DbError> {
    let mut out = Vec::new();
    tx.each(
        sql!(
            "SELECT b.id,
                (SELECT count(*) FROM past_line l WHERE l.batch_id = b.id AND l.verdict = 'published'),
                (SELECT count(*) FROM past_line l JOIN record r ON r.id = l.record_id
                    WHERE l.batch_id = b.id AND l.verdict = 'published' AND r.state = 'confirmed' AND r.class = 'legacy'
                    AND r.session_id = b.session_id AND r.line = l.row_no AND r.minutes = l.minutes),
                (SELECT count(*) FROM past_line l JOIN record r ON r.id = l.record_id
                    WHERE l.batch_id = b.id AND l.verdict IN ('undone', 'void', 'disowned') AND r.state <> 'void')
             FROM past_batch b WHERE b.session_id IS NOT NULL ORDER BY b.id"
        ),
        &[],
        |row| {
            let (id, lines, records, standing): (i64, i64, i64, i64) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            if lines != records || standing != 0 {
                out.push(format!(
                    "past hours {id}: {lines} lines count, {records} records do; {standing} taken back still stand"
                ));
            }
            Ok(())
        },
    )?;
    Ok(out)
}
