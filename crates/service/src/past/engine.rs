//! From a file to counted records, without anybody else waiting:
//!
//! 1. **Check**: rows are read, cleaned, matched to people and judged, a few hundred at a time; each becomes a line
//!    that will count, is there already, or is refused with its reasons.
//! 2. **Publish**: lines become records a hundred in a transaction, judged once more in it, with the totals. A crash
//!    resumes at the first line that does not count yet; nothing counts twice.
//! 3. **Undo**: the same way back.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use db::{Db, Query, WriteTx, args, sql};
use kernel::{Date, Error, Minutes, OrgId, PersonId, Refusal, Timestamp};
use people::import::engine::Reason;
use people::person::{self, PersonState};
use roster::past::{self, Mapping, Past, PastRow};
use roster::read::{Book, Row as FileRow};
use vault::Vault;

use super::rules::{self, Judgement, Line, MAX_ROWS, Origin, Other};
use super::store::{self, Batch, Known};
use super::{BatchState, PastBatchId, Verdict, refusals};
use crate::RecordId;
use crate::event::PastHoursCounted;
use crate::record::Flag;
use crate::total::{self, Counted};

/// Rows checked together.
const CHUNK: usize = 400;
/// Lines counted, or taken back, in one transaction: short enough that a sign-up behind it does not notice.
const STEP: i64 = 100;
/// The vault's name of kept rows.
pub(super) const SEALED: &str = "past.row";

/// Tells how far it is; answers whether to go on.
pub type Progress<'a> = &'a dyn Fn(i64, i64) -> Result<bool, Error>;

/// How the rows of a file fell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows with content.
    pub all: i64,
    /// Lines that will count.
    pub new: i64,
    /// Lines that are there already.
    pub known: i64,
    /// Rows with something wrong.
    pub refused: i64,
    /// Lines of days with more than twelve hours, among the new ones.
    pub flagged: i64,
    /// Minutes of the new ones.
    pub minutes: i64,
}

/// A row of the file.
struct Item {
    row_no: i64,
    cells: Vec<u8>,
    clean: Result<PastRow, Vec<Refusal>>,
    document: Option<Vec<u8>>,
    phone: Option<Vec<u8>>,
    number: Option<String>,
}

/// A line ready to be kept.
#[derive(Clone)]
struct Kept {
    row_no: i64,
    verdict: Verdict,
    row: Option<(PastRow, Line)>,
    home: OrgId,
    team: OrgId,
    community: OrgId,
    street: OrgId,
    category: &'static str,
    flags: String,
    reasons: Vec<Refusal>,
    cells: Vec<u8>,
}

/// What the database says about a chunk.
struct Facts {
    documents: HashMap<Vec<u8>, PersonId>,
    numbers: HashMap<String, PersonId>,
    phones: HashMap<Vec<u8>, Vec<PersonId>>,
    people: HashMap<PersonId, Known>,
    others: HashMap<PersonId, Vec<Other>>,
    used: store::Used,
}

/// What holds for the whole file.
struct City {
    teams: HashMap<String, Option<(OrgId, String)>>,
    areas: HashMap<OrgId, bool>,
    national: HashMap<String, Option<PersonId>>,
    area_path: String,
}

/// The first sheet that was chosen, if one.
fn sheet_of(batch: &Batch) -> Option<usize> {
    batch.sheet.parse().ok()
}

fn cells_of(row: &FileRow) -> Vec<u8> {
    let cells: Vec<&str> = row.cells().map(|cell| cell.text).collect();
    serde_json::to_vec(&cells).unwrap_or_default()
}

/// The numbers of the file that are none of ours.
fn foreign_numbers(batch: &Batch, mapping: &Mapping) -> Result<HashSet<String>, Error> {
    let mut out = HashSet::new();
    let Some(column) = mapping.column(Past::VolunteerNo) else { return Ok(out) };
    let book = Book::open(&batch.file_path)?;
    let mut table = past::table(&book, sheet_of(batch))?;
    let mut row = FileRow::default();
    let mut rows = 0;
    while table.next(&mut row)? {
        rows += 1;
        if rows > MAX_ROWS {
            return Err(Refusal::new(&refusals::TOO_MANY).with("max", MAX_ROWS).into());
        }
        let value = row.get(column).trim().trim_start_matches('\'');
        if !value.is_empty() && value.len() <= 64 && person::parse_volunteer_no(value).is_none() {
            out.insert(value.to_owned());
        }
    }
    Ok(out)
}

/// Reads the file, judges every row and keeps the lines; nothing counts yet.
///
/// # Errors
/// Of the file and the database; `Ok(None)` when it was cancelled.
pub fn check(
    db: &Db,
    vault: &Arc<Vault>,
    batch: &Batch,
    progress: Progress<'_>,
) -> Result<Option<Counts>, Error> {
    clear(db, batch.id)?;
    let mapping = Mapping::parse(&batch.mapping)?;
    let wanted = foreign_numbers(batch, &mapping)?;
    let book = Book::open(&batch.file_path)?;
    let mut table = past::table(&book, sheet_of(batch))?;
    let area_path = batch.area_path.clone();
    let (city, today) = db.read_blocking(move |tx| {
        let city = City {
            teams: store::teams(tx, &area_path)?,
            areas: store::areas(tx)?,
            national: store::by_national(tx, &wanted)?,
            area_path: area_path.clone(),
        };
        Ok::<_, Error>((city, tx.now().date()))
    })?;
    let mut counts = Counts::default();
    let mut mine: HashMap<PersonId, Vec<Other>> = HashMap::new();
    let mut items = Vec::with_capacity(CHUNK);
    let mut row = FileRow::default();
    loop {
        let more = table.next(&mut row)?;
        if more {
            counts.all += 1;
            if counts.all > MAX_ROWS {
                return Err(Refusal::new(&refusals::TOO_MANY).with("max", MAX_ROWS).into());
            }
            items.push(item(vault, &mapping, &row, today));
        }
        if (items.len() == CHUNK || !more) && !items.is_empty() {
            let full = std::mem::replace(&mut items, Vec::with_capacity(CHUNK));
            let kept = judge_chunk(db, &city, &full, &mut mine)?;
            for one in &kept {
                match one.verdict {
                    Verdict::New => {
                        counts.new += 1;
                        counts.minutes += one.row.as_ref().map_or(0, |(row, _)| row.minutes);
                        counts.flagged += i64::from(one.flags.contains(Flag::Over12h.code()));
                    }
                    Verdict::Known => counts.known += 1,
                    _ => counts.refused += 1,
                }
            }
            let (kept, vault, id) = (Arc::new(kept), Arc::clone(vault), batch.id);
            db.write_blocking(move |tx| kept.iter().try_for_each(|one| keep(tx, &vault, id, one)))?;
            if !progress(counts.all, counts.all)? {
                clear(db, batch.id)?;
                return Ok(None);
            }
        }
        if !more {
            break;
        }
    }
    let id = batch.id;
    db.write_blocking(move |tx| {
        tx.exec_one(
            sql!(
                "UPDATE past_batch SET state = 'preview', rows_all = $1, rows_new = $2, rows_known = $3, rows_refused = $4,
                    rows_flagged = $5, minutes = $6, message = '' WHERE id = $7 AND state = 'checking'"
            ),
            args![counts.all, counts.new, counts.known, counts.refused, counts.flagged, counts.minutes, id],
        )?;
        Ok::<_, Error>(())
    })?;
    Ok(Some(counts))
}

/// Throws away the lines of an earlier check.
fn clear(db: &Db, id: PastBatchId) -> Result<(), Error> {
    loop {
        let removed = db.write_blocking(move |tx| {
            Ok::<_, Error>(tx.exec(
                sql!(
                    "DELETE FROM past_line WHERE batch_id = $1 AND record_id IS NULL AND row_no IN
                     (SELECT row_no FROM past_line WHERE batch_id = $1 AND record_id IS NULL ORDER BY row_no LIMIT 2000)"
                ),
                args![id],
            )?)
        })?;
        if removed == 0 {
            return Ok(());
        }
    }
}

fn item(vault: &Vault, mapping: &Mapping, row: &FileRow, today: Date) -> Item {
    let clean = past::clean_row(mapping, row, today);
    let mut item = Item {
        row_no: i64::from(row.number()),
        cells: cells_of(row),
        clean,
        document: None,
        phone: None,
        number: None,
    };
    if let Ok(row) = &item.clean {
        item.document = row.document.as_ref().map(|d| person::id_index(vault, d).as_bytes().to_vec());
        item.phone = row.phone.as_ref().map(|p| person::phone_index(vault, p).as_bytes().to_vec());
        item.number = row.volunteer_no.as_deref().and_then(person::parse_volunteer_no);
    }
    item
}

fn gather(db: &Db, city: &City, items: &[Item]) -> Result<Facts, Error> {
    let some = |of: fn(&Item) -> Option<Vec<u8>>| -> Vec<Vec<u8>> {
        items.iter().filter_map(of).collect::<HashSet<_>>().into_iter().collect()
    };
    let documents = some(|item| item.document.clone());
    let phones = some(|item| item.phone.clone());
    let numbers: Vec<String> = items.iter().filter_map(|item| item.number.clone()).collect();
    let rows = || items.iter().filter_map(|item| item.clean.as_ref().ok());
    let national: Vec<PersonId> = rows()
        .filter_map(|row| row.volunteer_no.as_ref())
        .filter_map(|no| city.national.get(no).copied().flatten())
        .collect();
    let sources: Vec<String> = rows().filter_map(|row| row.source_no.clone()).collect();
    let days = rows().map(|row| row.on).min().zip(rows().map(|row| row.until).max());
    db.read_blocking(move |tx| {
        let documents = store::by_documents(tx, &documents)?;
        let numbers = store::by_numbers(tx, &numbers)?;
        let phones = store::by_phones(tx, &phones)?;
        let ids: HashSet<PersonId> = documents
            .values()
            .chain(numbers.values())
            .chain(phones.values().flatten())
            .chain(&national)
            .copied()
            .collect();
        let ids: Vec<PersonId> = ids.into_iter().collect();
        let others = match days {
            Some((from, to)) => store::others(tx, &ids, from, to, None)?,
            None => HashMap::new(),
        };
        Ok::<_, Error>(Facts {
            documents,
            numbers,
            phones,
            people: store::people(tx, &ids)?,
            others,
            used: store::numbers_used(tx, &sources)?,
        })
    })
}

/// Whose a row is. Nobody is guessed: where two could be meant, or the keys are of different people, the row is refused.
fn whose<'f>(city: &City, facts: &'f Facts, item: &Item, row: &PastRow) -> Result<&'f Known, Refusal> {
    let shown = |id: &PersonId| facts.people.get(id);
    let by_document = item.document.as_ref().and_then(|i| facts.documents.get(i)).and_then(shown);
    let by_number = match (&item.number, &row.volunteer_no) {
        (Some(number), _) => facts.numbers.get(number).and_then(shown),
        (None, Some(other)) => city.national.get(other).and_then(Option::as_ref).and_then(shown),
        (None, None) => None,
    };
    let on_phone: Vec<&Known> = match (&item.phone, &row.name) {
        (Some(phone), Some(name)) => facts
            .phones
            .get(phone)
            .map(|ids| ids.iter().filter_map(shown).filter(|known| same_name(&known.name, name)).collect())
            .unwrap_or_default(),
        _ => Vec::new(),
    };
    let disagree = || Refusal::new(&refusals::KEYS_DISAGREE);
    let (key, key_en) = if row.document.is_some() {
        ("证件号码", "document number")
    } else if row.volunteer_no.is_some() {
        ("志愿者编号", "volunteer number")
    } else {
        ("姓名和手机", "name and phone")
    };
    let found = match (by_document, by_number) {
        (Some(a), Some(b)) if a.id != b.id => return Err(disagree()),
        (Some(a), _) => a,
        // A document that nobody has: only somebody without one can be meant.
        (None, Some(b)) if row.document.is_some() && b.has_document => return Err(disagree()),
        (None, Some(b)) => b,
        (None, None) => match on_phone.as_slice() {
            [one] if row.document.is_some() && one.has_document => return Err(disagree()),
            [one] => one,
            [] => {
                return Err(Refusal::new(&refusals::UNKNOWN).with("key", key).with("key_en", key_en));
            }
            several => {
                let who: Vec<&str> = several.iter().take(5).map(|one| one.volunteer_no.as_str()).collect();
                return Err(Refusal::new(&refusals::AMBIGUOUS)
                    .with("count", several.len())
                    .with("who", who.join("、")));
            }
        },
    };
    if row.name.as_ref().is_some_and(|name| !same_name(&found.name, name)) {
        return Err(Refusal::new(&refusals::NAME_DIFFERS).with("key", key).with("key_en", key_en));
    }
    if !found.area_path.starts_with(&city.area_path) {
        return Err(Refusal::new(&refusals::ELSEWHERE));
    }
    if matches!(found.state, PersonState::Disputed | PersonState::Closed) {
        let state = found.state;
        return Err(Refusal::new(&refusals::STATE).with_both(
            "state",
            state.name(kernel::Lang::Zh),
            state.name(kernel::Lang::En),
        ));
    }
    Ok(found)
}

fn same_name(a: &str, b: &str) -> bool {
    let plain = |name: &str| {
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>()
    };
    plain(a) == plain(b)
}

/// A row as a service of a person.
fn line_of(row: &PastRow, person: PersonId) -> Line {
    let days = row.days();
    // What takes days is no single stretch of time.
    let timed = row.from.is_some() && days <= 2;
    let start = Timestamp::at(row.on, row.from.unwrap_or(0));
    let end = match (timed, row.to) {
        (true, Some(to)) => Timestamp::at(row.until, to),
        (false, _) if days > 1 => Timestamp::at(row.until.plus(1), 0),
        _ => start.plus_minutes(row.minutes),
    };
    let last = Timestamp(end.0.max(start.0 + 1) - 1).date();
    Line {
        row_no: i64::from(row.row_no),
        person,
        title: row.title.clone(),
        on: row.on,
        start,
        end,
        timed,
        days: last.days() - row.on.days() + 1,
        minutes: row.minutes,
    }
}

fn category_of(name: Option<&str>) -> &'static str {
    name.and_then(|name| {
        let name = store::bare(name);
        kernel::catalogue::CATEGORIES
            .iter()
            .find(|c| store::bare(c.zh) == name || store::bare(c.en) == name || c.code == name)
    })
    .map_or("other", |category| category.code)
}

/// Judges a chunk; what will count is remembered for the rows below.
fn judge_chunk(
    db: &Db,
    city: &City,
    items: &[Item],
    mine: &mut HashMap<PersonId, Vec<Other>>,
) -> Result<Vec<Kept>, Error> {
    let facts = gather(db, city, items)?;
    Ok(items
        .iter()
        .map(|item| {
            let mut kept = Kept {
                row_no: item.row_no,
                verdict: Verdict::Refused,
                row: None,
                home: OrgId(0),
                team: OrgId(0),
                community: OrgId(0),
                street: OrgId(0),
                category: "other",
                flags: String::new(),
                reasons: Vec::new(),
                cells: item.cells.clone(),
            };
            if let Err(refusals) = judge_item(city, &facts, item, mine, &mut kept) {
                kept.reasons = refusals;
            }
            kept
        })
        .collect())
}

fn judge_item(
    city: &City,
    facts: &Facts,
    item: &Item,
    mine: &mut HashMap<PersonId, Vec<Other>>,
    kept: &mut Kept,
) -> Result<(), Vec<Refusal>> {
    let row = item.clean.as_ref().map_err(Clone::clone)?;
    let mut refused = Vec::new();
    let team = match row.team.as_deref().map(|name| (name, city.teams.get(&store::bare(name)))) {
        Some((_, Some(Some(team)))) => Some(team),
        Some((name, Some(None))) => {
            refused.push(Refusal::new(&refusals::TEAM_AMBIGUOUS).on("team").with("name", name));
            None
        }
        _ => None,
    };
    let known = match whose(city, facts, item, row) {
        Ok(known) => known,
        Err(refusal) => {
            refused.push(refusal.on("name"));
            return Err(refused);
        }
    };
    if !refused.is_empty() {
        return Err(refused);
    }
    let line = line_of(row, known.id);
    let here = facts.others.get(&known.id).map_or(&[][..], Vec::as_slice);
    let of_file = mine.get(&known.id).map_or(&[][..], Vec::as_slice);
    let others: Vec<Other> = here.iter().chain(of_file).cloned().collect();
    kept.home = known.home_org;
    let long = match rules::judge(&line, known.birth_on, &others) {
        Judgement::Refused(refusal) => return Err(vec![refusal.on("on")]),
        Judgement::Known => {
            kept.verdict = Verdict::Known;
            kept.row = Some((row.clone(), line));
            return Ok(());
        }
        Judgement::Good { long } => long,
    };
    if let Some(number) = &row.source_no
        && let Some(used) = facts.used.get(&(known.id, number.clone()))
        && used.iter().any(|(on, minutes)| *on == row.on && *minutes != row.minutes)
    {
        return Err(vec![Refusal::new(&refusals::NUMBER_USED).on("source_no").with("number", number)]);
    }
    let mut flags = Vec::new();
    if !line.timed {
        flags.push(Flag::DateOnly.code());
    }
    if long {
        flags.push(Flag::Over12h.code());
    }
    match team {
        Some((id, path)) => {
            kept.team = *id;
            for node in path.split('/').filter_map(|part| part.parse().ok().map(OrgId)) {
                match city.areas.get(&node) {
                    Some(true) => kept.community = node,
                    Some(false) => kept.street = node,
                    None => {}
                }
            }
        }
        None => flags.push(Flag::NoTeam.code()),
    }
    kept.flags = flags.join(" ");
    kept.category = category_of(row.category.as_deref());
    kept.verdict = Verdict::New;
    mine.entry(known.id).or_default().push(line.as_other(Origin::ThisFile(item.row_no)));
    kept.row = Some((row.clone(), line));
    Ok(())
}

fn keep(tx: &mut WriteTx<'_>, vault: &Vault, id: PastBatchId, one: &Kept) -> Result<(), Error> {
    let reasons: Vec<Reason> = one.reasons.iter().map(Reason::of).collect();
    let reasons =
        if reasons.is_empty() { String::new() } else { serde_json::to_string(&reasons).unwrap_or_default() };
    let cells = vault.fields.encrypt(SEALED, &one.cells);
    let Some((row, line)) = &one.row else {
        tx.exec_later(
            sql!(
                "INSERT INTO past_line (batch_id, row_no, verdict, reasons, cells_enc) VALUES ($1, $2, $3, $4, $5)"
            ),
            args![id, one.row_no, one.verdict, reasons, cells],
        )?;
        return Ok(());
    };
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    tx.exec_later(
        sql!(
            "INSERT INTO past_line (batch_id, row_no, verdict, person_id, team_id, community_id, street_id, home_org,
                title, team, category, place, role, source_no, service_on, start_at, end_at, minutes, flags, cells_enc)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)"
        ),
        args![
            id,
            one.row_no,
            one.verdict,
            line.person,
            one.team,
            one.community,
            one.street,
            one.home,
            row.title,
            text(&row.team),
            one.category,
            text(&row.place),
            text(&row.role),
            text(&row.source_no),
            row.on,
            line.start,
            line.end,
            row.minutes,
            one.flags,
            cells
        ],
    )?;
    Ok(())
}

/// Counts what was accepted. May be run again after a crash, and by two at once: every line counts once.
///
/// # Errors
/// Of the database.
pub fn publish(db: &Db, id: PastBatchId, progress: Progress<'_>) -> Result<(), Error> {
    let mut done = 0;
    loop {
        let taken = db.write_blocking(move |tx| publish_some(tx, id))?;
        if taken == 0 {
            break;
        }
        done += taken;
        if !progress(done, done)? {
            // Another worker has it, or it was stopped: the next tick goes on.
            return Ok(());
        }
    }
    while db.write_blocking(move |tx| tell_some(tx, id))? > 0 {}
    db.write_blocking(move |tx| {
        let now = tx.now();
        tx.exec(
            sql!("UPDATE past_batch SET state = 'published', published_at = $1 WHERE id = $2 AND state = 'publishing'"),
            args![now, id],
        )?;
        Ok::<_, Error>(())
    })
}

/// Locks the gate, so that whoever publishes or undoes next sees what this transaction writes.
fn gate(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    Ok(tx.exec_one(sql!("UPDATE past_gate SET turns = turns + 1 WHERE id = 1"), &[])?)
}

/// Counts up to [`STEP`] lines in one transaction; returns how many lines it dealt with.
///
/// # Errors
/// Of the database.
pub fn publish_some(tx: &mut WriteTx<'_>, id: PastBatchId) -> Result<i64, Error> {
    gate(tx)?;
    let Some(batch) = store::find(tx, id)?.filter(|batch| batch.state == BatchState::Publishing) else {
        return Ok(0);
    };
    let (Some(activity), Some(session)) = (batch.activity_id, batch.session_id) else {
        return Err(Error::bug("a batch of past hours is published without its session"));
    };
    let lines = store::ready(tx, id, STEP)?;
    let Some((from, to)) =
        lines.iter().map(|l| l.service_on).min().zip(lines.iter().map(|l| l.end_at.date()).max())
    else {
        return Ok(0);
    };
    let ids: HashSet<PersonId> = lines.iter().map(|line| line.person_id).collect();
    let ids: Vec<PersonId> = ids.into_iter().collect();
    let mut others = store::others(tx, &ids, from, to, Some(session))?;
    let now = tx.now();
    let mut counted = Vec::with_capacity(lines.len());
    let mut records = Query::new(
        "INSERT INTO record (id, session_id, activity_id, person_id, line, team_id, community_id, street_id, home_org,
            category, title, place, served_group, service_on, start_at, end_at, minutes, method, class, state, leader,
            recorder, recorder_id, flags, created_at, decided_at, decided_by) VALUES",
    );
    let (mut known, mut refused, mut less) = (0_i64, 0_i64, 0_i64);
    for one in &lines {
        let timed = !one.flags.split(' ').any(|flag| flag == Flag::DateOnly.code());
        let last = Timestamp(one.end_at.0.max(one.start_at.0 + 1) - 1).date();
        let line = Line {
            row_no: one.row_no,
            person: one.person_id,
            title: one.title.clone(),
            on: one.service_on,
            start: one.start_at,
            end: one.end_at,
            timed,
            days: last.days() - one.service_on.days() + 1,
            minutes: one.minutes,
        };
        let beside = others.entry(one.person_id).or_default();
        // Another file may have been published since this one was checked.
        match rules::judge(&line, one.birth_on, beside) {
            Judgement::Good { .. } => {}
            Judgement::Known => {
                known += 1;
                less += one.minutes;
                tx.exec_later(
                    sql!("UPDATE past_line SET verdict = 'known' WHERE batch_id = $1 AND row_no = $2"),
                    args![id, one.row_no],
                )?;
                continue;
            }
            Judgement::Refused(refusal) => {
                refused += 1;
                less += one.minutes;
                let reasons = serde_json::to_string(&[Reason::of(&refusal)]).unwrap_or_default();
                tx.exec_later(
                    sql!(
                        "UPDATE past_line SET verdict = 'refused', reasons = $1 WHERE batch_id = $2 AND row_no = $3"
                    ),
                    args![reasons, id, one.row_no],
                )?;
                continue;
            }
        }
        beside.push(line.as_other(Origin::ThisFile(one.row_no)));
        let record: RecordId = tx.new_id();
        let nowhere = one.team_id.0 == 0;
        let team = if nowhere { batch.org_id } else { one.team_id };
        if !counted.is_empty() {
            records.push(",");
        }
        records.with(
            "({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, '', {}, {}, {}, {}, 'import', 'legacy', 'confirmed', '', {}, {}, {}, {}, {}, (SELECT b.published_by FROM past_batch b WHERE b.id = {}))",
            &[
                &record,
                &session,
                &activity,
                &one.person_id,
                &one.row_no,
                &team,
                &one.community_id,
                &one.street_id,
                &one.home_org,
                &one.category,
                &one.title,
                &one.place,
                &one.service_on,
                &one.start_at,
                &one.end_at,
                &one.minutes,
                &batch.source,
                &batch.account_id,
                &one.flags,
                &now,
                &now,
                &id,
            ],
        );
        tx.exec_later(
            sql!(
                "UPDATE past_line SET verdict = 'published', record_id = $1, cells_enc = NULL
                 WHERE batch_id = $2 AND row_no = $3"
            ),
            args![record, id, one.row_no],
        )?;
        counted.push(Counted {
            person: one.person_id,
            team: one.team_id,
            community: one.community_id,
            street: one.street_id,
            category: one.category.clone(),
            service_on: one.service_on,
            minutes: one.minutes,
            past: true,
        });
    }
    if !counted.is_empty() {
        tx.exec_query(&records)?;
        total::add(tx, &counted, 1)?;
    }
    if known + refused > 0 {
        tx.exec_one(
            sql!(
                "UPDATE past_batch SET rows_new = rows_new - $1 - $2, rows_known = rows_known + $1,
                    rows_refused = rows_refused + $2, minutes = minutes - $4 WHERE id = $3"
            ),
            args![known, refused, id, less],
        )?;
    }
    Ok(i64::try_from(lines.len()).unwrap_or(0))
}

/// Tells up to two hundred people what came in for them; returns how many. Who has not claimed their place here is not
/// written to (Fix-03).
fn tell_some(tx: &mut WriteTx<'_>, id: PastBatchId) -> Result<i64, Error> {
    gate(tx)?;
    let Some(batch) = store::find(tx, id)?.filter(|batch| batch.state == BatchState::Publishing) else {
        return Ok(0);
    };
    let people: Vec<(PersonId, i64, i64)> = tx.all(
        sql!(
            "SELECT l.person_id, count(*), CAST(sum(l.minutes) AS BIGINT) FROM past_line l
             JOIN person p ON p.id = l.person_id AND p.state = 'active'
             WHERE l.batch_id = $1 AND l.verdict = 'published' AND l.person_id > $2
             GROUP BY l.person_id ORDER BY l.person_id LIMIT 200"
        ),
        args![id, batch.told_to],
    )?;
    let Some((last, ..)) = people.last() else { return Ok(0) };
    for (person, lines, minutes) in &people {
        tx.publish(&PastHoursCounted {
            person: *person,
            lines: *lines,
            minutes: Minutes(*minutes),
            source: batch.source.clone(),
        })?;
    }
    tx.exec_one(sql!("UPDATE past_batch SET told_to = $1 WHERE id = $2"), args![last, id])?;
    Ok(i64::try_from(people.len()).unwrap_or(0))
}

/// Takes back every minute of a batch. May be run again after a crash.
///
/// # Errors
/// Of the database.
pub fn undo(db: &Db, id: PastBatchId, progress: Progress<'_>) -> Result<(), Error> {
    let mut done = 0;
    loop {
        let taken = db.write_blocking(move |tx| undo_some(tx, id))?;
        if taken == 0 {
            break;
        }
        done += taken;
        if !progress(done, done)? {
            return Ok(());
        }
    }
    db.write_blocking(move |tx| {
        let now = tx.now();
        tx.exec(
            sql!(
                "UPDATE past_batch SET state = 'undone', undone_at = $1 WHERE id = $2 AND state = 'undoing'"
            ),
            args![now, id],
        )?;
        Ok::<_, Error>(())
    })
}

/// Takes back up to [`STEP`] lines; returns how many.
///
/// # Errors
/// Of the database.
pub fn undo_some(tx: &mut WriteTx<'_>, id: PastBatchId) -> Result<i64, Error> {
    gate(tx)?;
    let Some(batch) = store::find(tx, id)?.filter(|batch| batch.state == BatchState::Undoing) else {
        return Ok(0);
    };
    let lines = store::counting(tx, id, STEP)?;
    if lines.is_empty() {
        return Ok(0);
    }
    let now = tx.now();
    for line in &lines {
        tx.exec_one(
            sql!(
                "UPDATE record SET state = 'void', decided_at = $1, decision_note = $2,
                    decided_by = (SELECT b.undone_by FROM past_batch b WHERE b.id = $3)
                 WHERE id = $4 AND state = 'confirmed'"
            ),
            args![now, batch.undo_reason, id, line.record_id],
        )?;
        tx.exec_later(
            sql!("UPDATE past_line SET verdict = 'undone' WHERE batch_id = $1 AND row_no = $2"),
            args![id, line.row_no],
        )?;
    }
    let counted: Vec<Counted> = lines
        .iter()
        .map(|line| Counted {
            person: line.person_id,
            team: total::team_counted(line.team_id, &line.flags),
            community: line.community_id,
            street: line.street_id,
            category: line.category.clone(),
            service_on: line.service_on,
            minutes: line.minutes,
            past: true,
        })
        .collect();
    total::add(tx, &counted, -1)?;
    Ok(i64::try_from(lines.len()).unwrap_or(0))
}
