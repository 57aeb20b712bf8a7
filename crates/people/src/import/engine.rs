//! From a file to people, in three steps that nobody else has to wait for (Fix-21):
//!
//! 1. **Stage**: rows are read, cleaned, sealed and written as hidden people, a few hundred in a
//!    transaction; then their search keys, sorted, so that a million keys are written page after page.
//!    A second thread writes while this one reads.
//! 2. **Publish**: one row switches, and all of them are visible at once. Cancelling instead removes them.
//! 3. **Apply**: changes to people who were there before, and memberships, follow in small transactions;
//!    a crash resumes here.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use db::{Db, DbError, ReadTx, WriteTx, args, row, sql};
use kernel::{AccountId, Date, Error, Lang, OrgId, PersonId, Refusal, codes, ids};
use roster::clean::IdDocument;
use roster::map::Mapping;
use roster::person::RosterRow;
use roster::read::{Book, Row as FileRow};
use vault::Vault;

use super::refusals;
use crate::person;

ids! {
    /// A roster import.
    ImportId;
}

codes! {
    /// Where an import stands.
    pub enum ImportState {
        /// The columns wait to be confirmed.
        Mapping = "mapping", "核对列", "Columns";
        /// Rows are being read and checked.
        Staging = "staging", "检查中", "Checking";
        /// The counts wait for a decision.
        Preview = "preview", "待确认", "To confirm";
        /// Published; changes to earlier people are being applied.
        Applying = "applying", "写入中", "Writing";
        /// Done.
        Published = "published", "已导入", "Imported";
        /// Thrown away.
        Cancelled = "cancelled", "已取消", "Cancelled";
        /// Stopped by an error.
        Failed = "failed", "失败", "Failed";
    }
}

row! {
    /// An import.
    pub struct Import {
        id: ImportId, account_id: Option<AccountId>, org_id: OrgId, file_name: String, file_path: String,
        sheet: String, mapping: String, default_org: Option<OrgId>, state: ImportState, job_id: Option<i64>,
        rows_all: i64, rows_new: i64, rows_same: i64, rows_changed: i64, rows_refused: i64, message: String,
        created_at: kernel::Timestamp, area_path: String,
    }
    /// A row somebody must look at.
    pub struct Noted { row_no: i64, verdict: String, person_id: Option<PersonId>, reasons: String, cells_enc: Vec<u8> }
    struct Known {
        id: PersonId, name: String, gender: String, birth_on: Option<Date>, phone_index: Option<Vec<u8>>,
        phone_enc: Option<Vec<u8>>, home_org: OrgId, address: String, employer: String,
        national_no: Option<String>, state: String, batch: i64, area_path: Option<String>,
    }
}

/// Rows in one transaction: short enough that a sign-up waiting behind it does not notice.
const CHUNK: usize = 400;
/// Keys in one transaction.
const KEYS: usize = 1_000;

/// Why a row was refused, kept in both languages.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Reason {
    /// Stable code.
    pub code: String,
    /// In Chinese: what, and the way out.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Reason {
    /// Of a refusal.
    #[must_use]
    pub fn of(refusal: &Refusal) -> Self {
        Self {
            code: refusal.code().to_owned(),
            zh: format!("{}{}", refusal.sentence(Lang::Zh), refusal.way_out(Lang::Zh)),
            en: format!("{} {}", refusal.sentence(Lang::En), refusal.way_out(Lang::En)),
        }
    }
}

/// One field that an import changes.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, PartialEq, Eq)]
pub struct Change {
    /// Column of `person`.
    pub field: String,
    /// What it is now.
    pub old: String,
    /// What the file says.
    pub new: String,
}

/// How the rows of an import fell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows of people in the file.
    pub all: i64,
    /// People who were not there.
    pub new: i64,
    /// People who are there already, as the file says.
    pub same: i64,
    /// People of whom the file says something else.
    pub changed: i64,
    /// Rows with something wrong.
    pub refused: i64,
}

/// A row ready to be written.
struct Ready {
    row_no: i64,
    clean: Result<Sealed, Vec<Refusal>>,
    cells: Vec<u8>,
}

struct Sealed {
    person: RosterRow,
    home_org: OrgId,
    teams: Vec<OrgId>,
    skills: Vec<&'static str>,
    note: String,
    id: Option<(Vec<u8>, Vec<u8>)>,
    phone: Option<(Vec<u8>, Vec<u8>)>,
    name_key: String,
    initials: String,
}

enum Fell {
    New(PersonId),
    Same,
    Changed,
    Refused,
}

/// One import.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: ImportId) -> Result<Option<Import>, DbError> {
    tx.first(
        sql!(
            "SELECT i.id, i.account_id, i.org_id, i.file_name, i.file_path, i.sheet, i.mapping, i.default_org,
                i.state, i.job_id, i.rows_all, i.rows_new, i.rows_same, i.rows_changed, i.rows_refused, i.message,
                i.created_at, o.area_path FROM roster_import i JOIN org o ON o.id = i.org_id WHERE i.id = $1"
        ),
        args![id],
    )
}

/// Where names lead: communities and teams of the importer's area.
struct Places {
    communities: HashMap<String, Option<OrgId>>,
    teams: HashMap<String, OrgId>,
}

fn bare(name: &str) -> &str {
    let name = name.trim();
    for tail in ["社区居民委员会", "社区居委会", "村民委员会", "社区"] {
        if let Some(head) = name.strip_suffix(tail)
            && !head.is_empty()
        {
            return head;
        }
    }
    name
}

fn places(tx: &mut ReadTx<'_>, area_path: &str) -> Result<Places, DbError> {
    let mut communities: HashMap<String, Option<OrgId>> = HashMap::new();
    tx.each(
        sql!(
            "SELECT c.id, c.name, COALESCE(s.name, ''), c.name_en FROM org c LEFT JOIN org s ON s.id = c.area_parent
             WHERE c.kind = 'community' AND c.state <> 'closed' AND c.area_path >= $1 AND c.area_path < $2"
        ),
        args![area_path, format!("{area_path}~")],
        |row| {
            let (id, name, street, en): (OrgId, String, String, String) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            let short = bare(&name).to_owned();
            let full = format!("{street}{name}");
            let mut keys = vec![name, short.clone(), full, format!("{street}{short}")];
            if !en.is_empty() {
                keys.push(en.to_lowercase());
            }
            keys.sort();
            keys.dedup();
            for key in keys {
                communities.entry(key).and_modify(|found| *found = None).or_insert(Some(id));
            }
            Ok(())
        },
    )?;
    let mut teams = HashMap::new();
    tx.each(
        sql!(
            "SELECT id, name FROM org WHERE kind IN ('team', 'group') AND state = 'open'
             AND area_path >= $1 AND area_path < $2"
        ),
        args![area_path, format!("{area_path}~")],
        |row| {
            teams.insert(row.get::<String>(1)?, row.get(0)?);
            Ok(())
        },
    )?;
    Ok(Places { communities, teams })
}

/// What the reading thread needs.
struct Reader<'a> {
    vault: &'a Vault,
    places: &'a Places,
    default_org: Option<OrgId>,
    mapping: &'a Mapping,
    today: Date,
    seen: HashSet<[u8; 16]>,
    first_row: HashMap<[u8; 16], u32>,
}

impl Reader<'_> {
    fn ready(&mut self, row: &FileRow) -> Ready {
        let clean = roster::person::clean_row(self.mapping, row, self.today)
            .and_then(|person| self.seal(person).map_err(|refusal| vec![refusal]));
        let cells = if clean.is_err() { cells_of(row) } else { Vec::new() };
        Ready { row_no: i64::from(row.number()), clean, cells }
    }

    fn seal(&mut self, person: RosterRow) -> Result<Sealed, Refusal> {
        let home_org = self.home(person.community.as_deref())?;
        if person.document.is_none() && person.phone.is_none() {
            return Err(Refusal::new(&refusals::NO_KEY));
        }
        let id = person.document.as_ref().map(|document| seal_document(self.vault, document));
        if let Some((_, index)) = &id
            && let Ok(key) = <[u8; 16]>::try_from(index.as_slice())
            && !self.seen.insert(key)
        {
            // Only what was seen twice is looked up again: the row numbers of all would cost memory.
            let row = self.first_row.get(&key).copied().unwrap_or_default();
            return Err(Refusal::new(&refusals::DUPLICATE_ROW).with("row", row));
        }
        if let (Some((_, index)), true) = (&id, self.first_row.len() < 200_000)
            && let Ok(key) = <[u8; 16]>::try_from(index.as_slice())
        {
            self.first_row.insert(key, person.row_no);
        }
        let phone = person.phone.as_ref().map(|phone| seal_phone(self.vault, phone));
        let key = roster::pinyin::key(&person.name);
        let mut skills = Vec::new();
        let mut note = person.note.clone().unwrap_or_default();
        for word in &person.skills {
            match kernel::catalogue::SKILLS.iter().find(|s| s.zh == word || s.en.eq_ignore_ascii_case(word)) {
                Some(skill) => skills.push(skill.code),
                None => {
                    // A skill the catalogue does not know is kept in words, not lost.
                    if !note.is_empty() {
                        note.push('；');
                    }
                    note.push_str(word);
                }
            }
        }
        let mut teams = Vec::new();
        for name in &person.teams {
            match self.places.teams.get(name) {
                Some(team) => teams.push(*team),
                None => {
                    // A team the city does not have, or not yet: kept in words, too.
                    if !note.is_empty() {
                        note.push('；');
                    }
                    note.push_str("队伍：");
                    note.push_str(name);
                }
            }
        }
        Ok(Sealed {
            home_org,
            teams,
            skills,
            note,
            id,
            phone,
            name_key: key.full,
            initials: key.initials,
            person,
        })
    }

    fn home(&self, name: Option<&str>) -> Result<OrgId, Refusal> {
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            return self.default_org.ok_or_else(|| Refusal::new(&refusals::COMMUNITY_MISSING));
        };
        let found = self
            .places
            .communities
            .get(name)
            .or_else(|| self.places.communities.get(bare(name)))
            .or_else(|| self.places.communities.get(&name.to_lowercase()));
        match (found, self.default_org) {
            (Some(Some(id)), _) => Ok(*id),
            (Some(None), _) => Err(Refusal::new(&refusals::COMMUNITY_AMBIGUOUS).with("name", name)),
            (None, Some(id)) => Ok(id),
            (None, None) => Err(Refusal::new(&refusals::COMMUNITY_UNKNOWN).with("name", name)),
        }
    }
}

/// Ciphertext and blind index of a document.
fn seal_document(vault: &Vault, document: &IdDocument) -> (Vec<u8>, Vec<u8>) {
    let enc = vault.fields.encrypt("person.id_number", document.number.as_bytes());
    (enc, person::id_index(vault, document).as_bytes().to_vec())
}

/// Ciphertext and blind index of a phone.
fn seal_phone(vault: &Vault, phone: &str) -> (Vec<u8>, Vec<u8>) {
    (
        vault.fields.encrypt("person.phone", phone.as_bytes()),
        person::phone_index(vault, phone).as_bytes().to_vec(),
    )
}

const fn gender_code(gender: roster::clean::Gender) -> &'static str {
    match gender {
        roster::clean::Gender::Male => "m",
        roster::clean::Gender::Female => "f",
    }
}

fn cells_of(row: &FileRow) -> Vec<u8> {
    let cells: Vec<&str> = row.cells().map(|cell| cell.text).collect();
    serde_json::to_vec(&cells).unwrap_or_default()
}

/// Tells how far it is; answers whether to go on.
pub type Progress<'a> = &'a dyn Fn(i64, i64) -> Result<bool, Error>;

/// Throws away what an earlier try staged.
fn clear(db: &Db, id: ImportId) -> Result<(), Error> {
    loop {
        let removed = db.write_blocking(move |tx| remove_some(tx, id))?;
        if removed == 0 {
            break;
        }
    }
    db.write_blocking(move |tx| {
        tx.exec(sql!("DELETE FROM roster_row WHERE import_id = $1"), args![id])?;
        tx.exec(sql!("DELETE FROM roster_member WHERE import_id = $1"), args![id])?;
        Ok::<_, Error>(())
    })
}

/// Removes up to a thousand hidden people of an import, with their keys.
fn remove_some(tx: &mut WriteTx<'_>, id: ImportId) -> Result<u64, DbError> {
    for sql in [
        sql!("DELETE FROM person_identity WHERE id_index IN (SELECT p.id_index FROM person p
              WHERE p.batch = $1 AND p.id_index IS NOT NULL AND p.batch IN (SELECT i.id FROM roster_import i WHERE i.hidden)
              ORDER BY p.id LIMIT 1000) AND person_id IN (SELECT p.id FROM person p WHERE p.batch = $1)"),
        sql!("DELETE FROM person_phone WHERE person_id IN (SELECT p.id FROM person p WHERE p.batch = $1
              AND p.batch IN (SELECT i.id FROM roster_import i WHERE i.hidden) ORDER BY p.id LIMIT 1000)
              AND phone_index IN (SELECT p.phone_index FROM person p WHERE p.batch = $1 AND p.phone_index IS NOT NULL ORDER BY p.id LIMIT 1000)"),
        sql!("DELETE FROM person_name WHERE person_id IN (SELECT p.id FROM person p WHERE p.batch = $1
              AND p.batch IN (SELECT i.id FROM roster_import i WHERE i.hidden) ORDER BY p.id LIMIT 1000)
              AND initials IN (SELECT p.initials FROM person p WHERE p.batch = $1 ORDER BY p.id LIMIT 1000)"),
        sql!("DELETE FROM person_order WHERE person_id IN (SELECT p.id FROM person p WHERE p.batch = $1
              AND p.batch IN (SELECT i.id FROM roster_import i WHERE i.hidden) ORDER BY p.id LIMIT 1000)
              AND name_key IN (SELECT p.name_key FROM person p WHERE p.batch = $1 ORDER BY p.id LIMIT 1000)"),
        sql!("DELETE FROM person_home WHERE person_id IN (SELECT p.id FROM person p WHERE p.batch = $1
              AND p.batch IN (SELECT i.id FROM roster_import i WHERE i.hidden) ORDER BY p.id LIMIT 1000)
              AND home_org IN (SELECT p.home_org FROM person p WHERE p.batch = $1 ORDER BY p.id LIMIT 1000)
              AND name_key IN (SELECT p.name_key FROM person p WHERE p.batch = $1 ORDER BY p.id LIMIT 1000)"),
        sql!("DELETE FROM person_skill WHERE person_id IN (SELECT p.id FROM person p WHERE p.batch = $1
              AND p.batch IN (SELECT i.id FROM roster_import i WHERE i.hidden) ORDER BY p.id LIMIT 1000)"),
    ] {
        tx.exec(sql, args![id])?;
    }
    tx.exec(
        sql!(
            "DELETE FROM person WHERE id IN (SELECT p.id FROM person p WHERE p.batch = $1
             AND p.batch IN (SELECT i.id FROM roster_import i WHERE i.hidden) ORDER BY p.id LIMIT 1000)"
        ),
        args![id],
    )
}

/// Keys collected while staging, to be written in their own order.
#[derive(Default)]
struct Keys {
    identities: Vec<([u8; 16], i64)>,
    phones: Vec<([u8; 16], i64)>,
    names: Vec<NameKey>,
    text: Vec<u8>,
}

/// The reading of a person's name, which stands in [`Keys::text`]: initials, then the key.
#[derive(Clone, Copy)]
struct NameKey {
    start: u32,
    initials: u8,
    key: u16,
    person: i64,
    home: i64,
}

impl Keys {
    fn keep(&mut self, sealed: &Sealed, person: PersonId) {
        let key = |index: &Vec<u8>| <[u8; 16]>::try_from(index.as_slice()).ok();
        if let Some(index) = sealed.id.as_ref().and_then(|(_, index)| key(index)) {
            self.identities.push((index, person.0));
        }
        if let Some(index) = sealed.phone.as_ref().and_then(|(_, index)| key(index)) {
            self.phones.push((index, person.0));
        }
        if let (Ok(start), Ok(initials), Ok(key)) = (
            u32::try_from(self.text.len()),
            u8::try_from(sealed.initials.len()),
            u16::try_from(sealed.name_key.len()),
        ) {
            self.text.extend_from_slice(sealed.initials.as_bytes());
            self.text.extend_from_slice(sealed.name_key.as_bytes());
            self.names.push(NameKey { start, initials, key, person: person.0, home: sealed.home_org.0 });
        }
    }

    fn part(&self, start: usize, length: usize) -> &str {
        let bytes = self.text.get(start..start + length);
        bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    fn initials(&self, name: &NameKey) -> &str {
        self.part(name.start as usize, usize::from(name.initials))
    }

    fn key(&self, name: &NameKey) -> &str {
        self.part(name.start as usize + usize::from(name.initials), usize::from(name.key))
    }
}

/// Reads the file, checks every row and writes the new people, hidden.
///
/// # Errors
/// Of the file and the database; `Ok(None)` when it was cancelled.
pub fn stage(
    db: &Db,
    vault: &Arc<Vault>,
    import: &Import,
    progress: Progress<'_>,
) -> Result<Option<Counts>, Error> {
    clear(db, import.id)?;
    let book = Book::open(&import.file_path)?;
    let sheet = import.sheet.parse::<usize>().ok();
    let mut table = book.table(sheet)?;
    let mapping = Mapping::parse(&import.mapping)?;
    let expected = expected_rows(&import.file_path, book.kind());
    let area_path = import.area_path.clone();
    let (places, today) =
        db.read_blocking(move |tx| Ok::<_, Error>((places(tx, &area_path)?, tx.now().date())))?;
    let mut reader = Reader {
        vault,
        places: &places,
        default_org: import.default_org,
        mapping: &mapping,
        today,
        seen: HashSet::new(),
        first_row: HashMap::new(),
    };
    let mut counts = Counts::default();
    let mut keys = Keys::default();
    let (send, receive) = std::sync::mpsc::sync_channel::<Vec<Ready>>(2);
    let going = std::thread::scope(|scope| -> Result<bool, Error> {
        let (counts, keys) = (&mut counts, &mut keys);
        let writer = scope.spawn(move || -> Result<(), Error> {
            // Ends when the reader has dropped its side.
            while let Ok(chunk) = receive.recv() {
                let chunk = Arc::new(chunk);
                let (shared, vault, id) = (Arc::clone(&chunk), Arc::clone(vault), import.id);
                let area = import.area_path.clone();
                let fell: Vec<Fell> =
                    db.write_blocking(move |tx| write_chunk(tx, &vault, id, &area, &shared))?;
                for (ready, fell) in chunk.iter().zip(fell) {
                    counts.all += 1;
                    match (fell, &ready.clean) {
                        (Fell::New(person), Ok(sealed)) => {
                            counts.new += 1;
                            keys.keep(sealed, person);
                        }
                        (Fell::Same, _) => counts.same += 1,
                        (Fell::Changed, _) => counts.changed += 1,
                        _ => counts.refused += 1,
                    }
                }
            }
            Ok(())
        });
        let mut row = FileRow::default();
        let mut chunk = Vec::with_capacity(CHUNK);
        let (mut done, mut told, mut going) = (0_i64, 0_i64, true);
        loop {
            let more = table.next(&mut row)?;
            if more {
                chunk.push(reader.ready(&row));
                done += 1;
            }
            if (chunk.len() == CHUNK || !more) && !chunk.is_empty() {
                let full = std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK));
                if send.send(full).is_err() {
                    break;
                }
            }
            if done - told >= 10_000 {
                told = done;
                going = progress(done, expected.max(done))?;
            }
            if !more || !going {
                break;
            }
        }
        drop(send);
        match writer.join() {
            Ok(result) => result?,
            Err(_) => return Err(Error::bug("the writing thread of an import panicked")),
        }
        Ok(going)
    })?;
    drop(reader);
    if !going || !progress(counts.all, counts.all)? {
        clear(db, import.id)?;
        return Ok(None);
    }
    let gone = write_keys(db, import.id, keys)?;
    (counts.new, counts.same) = (counts.new - gone, counts.same + gone);
    let id = import.id;
    db.write_blocking(move |tx| {
        tx.exec_one(
            sql!(
                "UPDATE roster_import SET state = 'preview', rows_all = $1, rows_new = $2, rows_same = $3,
                    rows_changed = $4, rows_refused = $5 WHERE id = $6 AND state = 'staging'"
            ),
            args![counts.all, counts.new, counts.same, counts.changed, counts.refused, id],
        )
    })?;
    Ok(Some(counts))
}

/// Lines of a text file, for the progress bar; 0 for workbooks.
fn expected_rows(path: &str, kind: roster::read::Kind) -> i64 {
    use std::io::Read as _;
    if kind != roster::read::Kind::Text {
        return 0;
    }
    let Ok(mut file) = std::fs::File::open(path) else { return 0 };
    let mut buffer = vec![0_u8; 1 << 16];
    let mut lines = 0_usize;
    while let Ok(n) = file.read(&mut buffer) {
        if n == 0 {
            break;
        }
        lines += buffer.iter().take(n).filter(|b| **b == b'\n').count();
    }
    i64::try_from(lines).unwrap_or(0)
}

fn write_chunk(
    tx: &mut WriteTx<'_>,
    vault: &Vault,
    import: ImportId,
    area: &str,
    chunk: &[Ready],
) -> Result<Vec<Fell>, Error> {
    let n = i64::try_from(chunk.len()).unwrap_or(0);
    let numbers = person::take_numbers(tx, n)?..;
    let mut fell = Vec::with_capacity(chunk.len());
    for (number, ready) in numbers.zip(chunk) {
        let outcome = match &ready.clean {
            Err(refusals) => Err(refusals.clone()),
            Ok(sealed) => write_row(tx, vault, import, area, ready.row_no, sealed, number)?,
        };
        fell.push(match outcome {
            Ok(fell) => fell,
            Err(refusals) => {
                let reasons: Vec<Reason> = refusals.iter().map(Reason::of).collect();
                let reasons = serde_json::to_string(&reasons).unwrap_or_default();
                let cells = vault.fields.encrypt("roster.row", &ready.cells);
                tx.exec_later(
                    sql!(
                        "INSERT INTO roster_row (import_id, row_no, verdict, reasons, cells_enc)
                         VALUES ($1, $2, 'refused', $3, $4)"
                    ),
                    args![import, ready.row_no, reasons, cells],
                )?;
                Fell::Refused
            }
        });
    }
    Ok(fell)
}

/// Who is in the database already: by document, also an earlier one, or by name and phone.
fn known(tx: &mut ReadTx<'_>, sealed: &Sealed) -> Result<Result<Option<Known>, Refusal>, DbError> {
    let id: Option<(PersonId,)> = match (&sealed.id, &sealed.phone) {
        (Some((_, index)), _) => match tx
            .first(sql!("SELECT person_id FROM person_identity WHERE id_index = $1"), args![index])?
        {
            Some(found) => Some(found),
            None => tx.first(sql!("SELECT person_id FROM person_alias WHERE id_index = $1"), args![index])?,
        },
        (None, Some((_, index))) => {
            let found: Vec<(PersonId,)> = tx.all(
                sql!(
                    "SELECT p.id FROM person_phone f JOIN person p ON p.id = f.person_id
                     WHERE f.phone_index = $1 AND p.name = $2 ORDER BY p.id LIMIT 3"
                ),
                args![index, sealed.person.name],
            )?;
            if found.len() > 1 {
                return Ok(Err(Refusal::new(&refusals::AMBIGUOUS).with("count", found.len())));
            }
            found.into_iter().next()
        }
        (None, None) => None,
    };
    let Some((id,)) = id else { return Ok(Ok(None)) };
    tx.first(
        sql!(
            "SELECT p.id, p.name, p.gender, p.birth_on, p.phone_index, p.phone_enc, p.home_org, p.address, p.employer,
                p.national_no, p.state, p.batch, o.area_path FROM person p LEFT JOIN org o ON o.id = p.home_org
             WHERE p.id = $1"
        ),
        args![id],
    )
    .map(Ok)
}

fn write_row(
    tx: &mut WriteTx<'_>,
    vault: &Vault,
    import: ImportId,
    area: &str,
    row_no: i64,
    sealed: &Sealed,
    number: i64,
) -> Result<Result<Fell, Vec<Refusal>>, Error> {
    let known = match known(tx, sealed)? {
        Ok(known) => known,
        Err(refusal) => return Ok(Err(vec![refusal])),
    };
    let Some(known) = known else {
        return Ok(Ok(Fell::New(insert(tx, import, sealed, number)?)));
    };
    if known.batch == import.0 {
        // Without a document, the same name and phone further up in this file.
        return Ok(Ok(Fell::Same));
    }
    if known.batch != 0 {
        let hidden: Option<(i64,)> =
            tx.first(sql!("SELECT id FROM roster_import WHERE id = $1 AND hidden"), args![known.batch])?;
        if hidden.is_some() {
            return Ok(Err(vec![Refusal::new(&refusals::IN_OTHER_IMPORT)]));
        }
    }
    if !known.area_path.as_deref().unwrap_or_default().starts_with(area) {
        return Ok(Err(vec![Refusal::new(&refusals::ELSEWHERE)]));
    }
    let changes = differences(vault, &known, sealed);
    if changes.is_empty() {
        return Ok(Ok(Fell::Same));
    }
    let cells = serde_json::to_vec(&changes).unwrap_or_default();
    let cells = vault.fields.encrypt("roster.row", &cells);
    tx.exec_later(
        sql!(
            "INSERT INTO roster_row (import_id, row_no, verdict, person_id, cells_enc)
             VALUES ($1, $2, 'changed', $3, $4)"
        ),
        args![import, row_no, known.id, cells],
    )?;
    Ok(Ok(Fell::Changed))
}

/// What the file says otherwise. Empty cells change nothing; what a person confirmed (everything of
/// somebody who has claimed the account) is theirs to change, not the file's.
fn differences(vault: &Vault, known: &Known, sealed: &Sealed) -> Vec<Change> {
    let mut out = Vec::new();
    if !matches!(known.state.as_str(), "unclaimed" | "incomplete") {
        return out;
    }
    let mut note = |field: &str, old: &str, new: &str| {
        if !new.is_empty() && old != new {
            out.push(Change { field: field.to_owned(), old: old.to_owned(), new: new.to_owned() });
        }
    };
    let person = &sealed.person;
    note("name", &known.name, &person.name);
    note("gender", &known.gender, person.gender.map_or("", gender_code));
    if let (Some(new), false) = (person.birth_date, person.birth_partial) {
        note("birth_on", &known.birth_on.map(|d| d.to_string()).unwrap_or_default(), &new.to_string());
    }
    if let (Some(phone), Some((_, index))) = (&person.phone, &sealed.phone)
        && known.phone_index.as_ref() != Some(index)
    {
        let old = known
            .phone_enc
            .as_ref()
            .and_then(|sealed| vault.fields.decrypt_text("person.phone", sealed).ok())
            .unwrap_or_default();
        note("phone", &old, phone);
    }
    note("home_org", &known.home_org.to_string(), &sealed.home_org.to_string());
    note("address", &known.address, person.address.as_deref().unwrap_or_default());
    note("employer", &known.employer, person.employer.as_deref().unwrap_or_default());
    note(
        "national_no",
        known.national_no.as_deref().unwrap_or_default(),
        person.national_no.as_deref().unwrap_or_default(),
    );
    out
}

fn insert(tx: &mut WriteTx<'_>, import: ImportId, sealed: &Sealed, number: i64) -> Result<PersonId, Error> {
    let id: PersonId = tx.new_id();
    let now = tx.now();
    let person = &sealed.person;
    let state = if person.document.is_some() { "unclaimed" } else { "incomplete" };
    tx.exec_later(
        sql!(
            "INSERT INTO person (id, volunteer_no, national_no, name, name_key, initials, gender, birth_on, id_kind,
                id_enc, id_index, phone_enc, phone_index, home_org, address, employer, note, state, source, batch,
                joined_on, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 'import', $19,
                $20, $21)"
        ),
        args![
            id,
            person::volunteer_no(number),
            person.national_no,
            person.name,
            sealed.name_key,
            sealed.initials,
            person.gender.map_or("", gender_code),
            person.birth_date,
            person.document.as_ref().map_or("", |d| d.kind.key()),
            sealed.id.as_ref().map(|(enc, _)| enc),
            sealed.id.as_ref().map(|(_, index)| index),
            sealed.phone.as_ref().map(|(enc, _)| enc),
            sealed.phone.as_ref().map(|(_, index)| index),
            sealed.home_org,
            person.address.as_deref().unwrap_or_default(),
            person.employer.as_deref().unwrap_or_default(),
            sealed.note,
            state,
            import,
            person.joined_on,
            now,
        ],
    )?;
    for skill in &sealed.skills {
        tx.exec_later(
            sql!("INSERT INTO person_skill (person_id, skill) VALUES ($1, $2) ON CONFLICT (person_id, skill) DO NOTHING"),
            args![id, skill],
        )?;
    }
    for team in &sealed.teams {
        tx.exec_later(
            sql!(
                "INSERT INTO roster_member (import_id, person_id, org_id) VALUES ($1, $2, $3)
                 ON CONFLICT (import_id, person_id, org_id) DO NOTHING"
            ),
            args![import, id, team],
        )?;
    }
    // A name and phone must be found by a later row of this file: such rows are few and written at once.
    if sealed.id.is_none()
        && let Some((_, index)) = &sealed.phone
    {
        tx.exec_later(
            sql!(
                "INSERT INTO person_phone (phone_index, person_id) VALUES ($1, $2)
                 ON CONFLICT (phone_index, person_id) DO NOTHING"
            ),
            args![index, id],
        )?;
    }
    Ok(id)
}

/// Writes rows of a narrow table in the order they stand in, a transaction for each thousand.
fn write_sorted<T: Send + Sync + 'static>(
    db: &Db,
    rows: impl Iterator<Item = T>,
    write: fn(&mut WriteTx<'_>, &T) -> Result<(), DbError>,
) -> Result<(), Error> {
    let mut rows = rows.peekable();
    while rows.peek().is_some() {
        let chunk: Vec<T> = rows.by_ref().take(KEYS).collect();
        db.write_blocking(move |tx| {
            chunk.iter().try_for_each(|row| write(tx, row))?;
            Ok::<_, Error>(())
        })?;
    }
    Ok(())
}

/// Takes the documents; who registered with one while the file was being read keeps it, and the row of the file
/// goes. What went, sorted.
fn write_identities(db: &Db, import: ImportId, identities: &[([u8; 16], i64)]) -> Result<Vec<i64>, Error> {
    let mut gone = Vec::new();
    for chunk in identities.chunks(KEYS) {
        let chunk = chunk.to_vec();
        gone.extend(db.write_blocking(move |tx| {
            let mut gone = Vec::new();
            for (index, person) in &chunk {
                let written = tx.exec(
                    sql!("INSERT INTO person_identity (id_index, person_id) VALUES ($1, $2) ON CONFLICT (id_index) DO NOTHING"),
                    args![index, person],
                )?;
                if written == 0 {
                    tx.exec(sql!("DELETE FROM person_skill WHERE person_id = $1"), args![person])?;
                    tx.exec(sql!("DELETE FROM roster_member WHERE person_id = $1 AND import_id = $2"), args![person, import])?;
                    tx.exec_one(sql!("DELETE FROM person WHERE id = $1"), args![person])?;
                    gone.push(*person);
                }
            }
            Ok::<_, Error>(gone)
        })?);
    }
    gone.sort_unstable();
    Ok(gone)
}

/// Writes the keys of the new people, each table in its own order (ADR 0006). How many rows of the file went
/// because their document was taken meanwhile.
fn write_keys(db: &Db, import: ImportId, mut keys: Keys) -> Result<i64, Error> {
    keys.identities.sort_unstable();
    let gone = write_identities(db, import, &std::mem::take(&mut keys.identities))?;
    let stays = |person: i64| gone.binary_search(&person).is_err();

    let mut phones = std::mem::take(&mut keys.phones);
    phones.sort_unstable();
    write_sorted(db, phones.into_iter().filter(|(_, person)| stays(*person)), |tx, (index, person)| {
        tx.exec_later(
            sql!(
                "INSERT INTO person_phone (phone_index, person_id) VALUES ($1, $2)
                 ON CONFLICT (phone_index, person_id) DO NOTHING"
            ),
            args![index, person],
        )
    })?;

    let mut names = std::mem::take(&mut keys.names);
    names.retain(|name| stays(name.person));
    let text = |part: &str| part.to_owned();
    names.sort_unstable_by(|a, b| keys.key(a).cmp(keys.key(b)).then(a.person.cmp(&b.person)));
    write_sorted(db, names.iter().map(|n| (text(keys.key(n)), n.person)), |tx, (key, person)| {
        tx.exec_later(
            sql!("INSERT INTO person_order (name_key, person_id) VALUES ($1, $2)"),
            args![key, person],
        )
    })?;
    // Stable: within a home the order of names stays.
    names.sort_by_key(|name| name.home);
    write_sorted(
        db,
        names.iter().map(|n| (n.home, text(keys.key(n)), n.person)),
        |tx, (home, key, person)| {
            tx.exec_later(
                sql!("INSERT INTO person_home (home_org, name_key, person_id) VALUES ($1, $2, $3)"),
                args![home, key, person],
            )
        },
    )?;
    names.sort_unstable_by(|a, b| {
        (keys.initials(a), keys.key(a), a.person).cmp(&(keys.initials(b), keys.key(b), b.person))
    });
    let named = names.iter().filter(|name| name.initials > 0);
    write_sorted(
        db,
        named.map(|n| (text(keys.initials(n)), text(keys.key(n)), n.person)),
        |tx, (initials, key, person)| {
            tx.exec_later(
                sql!("INSERT INTO person_name (initials, name_key, person_id) VALUES ($1, $2, $3)"),
                args![initials, key, person],
            )
        },
    )?;
    Ok(i64::try_from(gone.len()).unwrap_or(0))
}

/// Makes everything that was staged visible, in one switch.
///
/// # Errors
/// `import.wrong_state`, `import.nothing`.
pub fn publish(tx: &mut WriteTx<'_>, id: ImportId) -> Result<(), Error> {
    let switched: Option<(i64, i64)> = tx.first(
        sql!(
            "UPDATE roster_import SET hidden = FALSE, state = 'applying' WHERE id = $1 AND state = 'preview'
             RETURNING rows_new, rows_changed"
        ),
        args![id],
    )?;
    match switched {
        Some((0, 0)) => Err((&refusals::NOTHING).into()),
        Some(_) => Ok(()),
        None => {
            let state = find(tx, id)?.map_or("?", |import| import.state.name(Lang::Zh));
            Err(Refusal::new(&refusals::WRONG_STATE).with("state", state).into())
        }
    }
}

/// After publishing: applies changes to people who were there before, and memberships. May be run again.
///
/// # Errors
/// Of the database.
pub fn apply(db: &Db, vault: &Arc<Vault>, id: ImportId) -> Result<(), Error> {
    let mut after = -1_i64;
    loop {
        let vault = Arc::clone(vault);
        let last: Option<i64> = db.write_blocking(move |tx| {
            let rows: Vec<Noted> = tx.all(
                sql!(
                    "SELECT row_no, verdict, person_id, reasons, cells_enc FROM roster_row
                     WHERE import_id = $1 AND row_no > $2 AND verdict = 'changed' ORDER BY row_no LIMIT 200"
                ),
                args![id, after],
            )?;
            for row in &rows {
                if let Some(person) = row.person_id {
                    apply_changes(tx, &vault, person, row)?;
                }
            }
            Ok::<_, Error>(rows.last().map(|row| row.row_no))
        })?;
        match last {
            Some(row_no) => after = row_no,
            None => break,
        }
    }
    loop {
        let moved = db.write_blocking(move |tx| {
            let rows: Vec<(PersonId, OrgId)> = tx.all(
                sql!(
                    "SELECT person_id, org_id FROM roster_member WHERE import_id = $1
                     ORDER BY person_id, org_id LIMIT 300"
                ),
                args![id],
            )?;
            let today = tx.now().date();
            for (person, org) in &rows {
                let member: i64 = tx.new_id::<PersonId>().0;
                let added = tx.exec(
                    sql!(
                        "INSERT INTO member (id, org_id, person_id, state, joined_on) VALUES ($1, $2, $3, 'member', $4)
                         ON CONFLICT (org_id, person_id) WHERE state IN ('applied', 'member') DO NOTHING"
                    ),
                    args![member, org, person, today],
                )?;
                if added == 1 {
                    tx.exec_one(sql!("UPDATE org SET members = members + 1 WHERE id = $1"), args![org])?;
                }
                tx.exec_one(
                    sql!("DELETE FROM roster_member WHERE import_id = $1 AND person_id = $2 AND org_id = $3"),
                    args![id, person, org],
                )?;
            }
            Ok::<_, Error>(rows.len())
        })?;
        if moved == 0 {
            break;
        }
    }
    db.write_blocking(move |tx| {
        let now = tx.now();
        tx.exec(
            sql!("UPDATE roster_import SET state = 'published', ended_at = $1 WHERE id = $2 AND state = 'applying'"),
            args![now, id],
        )?;
        Ok::<_, Error>(())
    })
}

fn apply_changes(tx: &mut WriteTx<'_>, vault: &Vault, person: PersonId, row: &Noted) -> Result<(), Error> {
    person::keys::remove(tx, person)?;
    for change in changes_of(vault, row) {
        let new = change.new.as_str();
        match change.field.as_str() {
            "name" => {
                let key = roster::pinyin::key(new);
                tx.exec_one(
                    sql!("UPDATE person SET name = $1, name_key = $2, initials = $3, version = version + 1 WHERE id = $4"),
                    args![new, key.full, key.initials, person],
                )?;
                crate::account::store::rename(tx, person, new)?;
            }
            "gender" => {
                tx.exec_one(
                    sql!("UPDATE person SET gender = $1, version = version + 1 WHERE id = $2"),
                    args![new, person],
                )?;
            }
            "birth_on" => {
                let date = Date::parse(new);
                tx.exec_one(
                    sql!("UPDATE person SET birth_on = $1, version = version + 1 WHERE id = $2"),
                    args![date, person],
                )?;
            }
            "phone" => {
                let (enc, index) = seal_phone(vault, new);
                tx.exec_one(
                    sql!("UPDATE person SET phone_enc = $1, phone_index = $2, version = version + 1 WHERE id = $3"),
                    args![enc, index, person],
                )?;
            }
            "home_org" => {
                let org = new.parse::<i64>().unwrap_or(0);
                tx.exec_one(
                    sql!("UPDATE person SET home_org = $1, version = version + 1 WHERE id = $2"),
                    args![org, person],
                )?;
                crate::report_in::moved(tx, person, OrgId(org))?;
            }
            "address" => {
                tx.exec_one(
                    sql!("UPDATE person SET address = $1, version = version + 1 WHERE id = $2"),
                    args![new, person],
                )?;
            }
            "employer" => {
                tx.exec_one(
                    sql!("UPDATE person SET employer = $1, version = version + 1 WHERE id = $2"),
                    args![new, person],
                )?;
            }
            "national_no" => {
                tx.exec_one(
                    sql!("UPDATE person SET national_no = $1, version = version + 1 WHERE id = $2"),
                    args![new, person],
                )?;
            }
            other => return Err(Error::bug(format!("an import cannot change {other}"))),
        }
    }
    person::keys::write(tx, person)?;
    Ok(())
}

/// The changes a row holds.
#[must_use]
pub fn changes_of(vault: &Vault, row: &Noted) -> Vec<Change> {
    vault
        .fields
        .decrypt("roster.row", &row.cells_enc)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

/// The cells of a refused row, as they stood in the file.
#[must_use]
pub fn cells(vault: &Vault, row: &Noted) -> Vec<String> {
    vault
        .fields
        .decrypt("roster.row", &row.cells_enc)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

/// Why a row was refused, in a language.
#[must_use]
pub fn reasons(row: &Noted, lang: Lang) -> String {
    reason_words(&row.reasons, lang)
}

/// Kept reasons in a language.
#[must_use]
pub fn reason_words(kept: &str, lang: Lang) -> String {
    let all: Vec<Reason> = serde_json::from_str(kept).unwrap_or_default();
    all.iter().map(|reason| lang.t(&reason.zh, &reason.en)).collect::<Vec<_>>().join(" ")
}

/// Rows to look at, by row number.
///
/// # Errors
/// Of the database.
pub fn noted(
    tx: &mut ReadTx<'_>,
    id: ImportId,
    verdict: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<Noted>, DbError> {
    tx.all(
        sql!(
            "SELECT row_no, verdict, person_id, reasons, cells_enc FROM roster_row
             WHERE import_id = $1 AND verdict = $2 AND row_no > $3 ORDER BY row_no LIMIT $4"
        ),
        args![id, verdict, after, limit],
    )
}

/// Throws an import away that is not published.
///
/// # Errors
/// `import.wrong_state`; of the database.
pub fn cancel(db: &Db, id: ImportId) -> Result<(), Error> {
    db.write_blocking(move |tx| {
        let now = tx.now();
        let stopped = tx.exec(
            sql!(
                "UPDATE roster_import SET state = 'cancelled', ended_at = $1 WHERE id = $2
                 AND state IN ('mapping', 'staging', 'preview', 'failed', 'cancelled')"
            ),
            args![now, id],
        )?;
        if stopped == 0 {
            let state = find(tx, id)?.map_or("?", |import| import.state.name(Lang::Zh));
            return Err(Error::from(Refusal::new(&refusals::WRONG_STATE).with("state", state)));
        }
        Ok(())
    })?;
    clear(db, id)
}

/// Books a new import of a file; the mapping is guessed.
///
/// # Errors
/// When the file is no table that can be read; of the database.
pub fn open(
    db: &Db,
    account: Option<AccountId>,
    org: OrgId,
    default_org: Option<OrgId>,
    path: &std::path::Path,
    name: &str,
) -> Result<ImportId, Error> {
    let (path, name, guessed) = (path.to_owned(), name.to_owned(), look(path)?);
    db.write_blocking(move |tx| book(tx, account, org, default_org, (&path, &name), &guessed))
}

/// What a file was taken for.
#[derive(Debug, Clone)]
pub struct Guessed {
    mapping: String,
    sheet: String,
}

/// Looks at a file: which sheet, and which column holds what.
///
/// # Errors
/// When it is no table that can be read.
pub fn look(path: &std::path::Path) -> Result<Guessed, Error> {
    let book = Book::open(path)?;
    let table = book.table(None)?;
    let mapping = roster::map::guess(&table.header().columns, table.sample()).to_string();
    Ok(Guessed { mapping, sheet: table.sheet().to_string() })
}

/// Books a new import of a file that was looked at; `file` is where it is, and its name.
///
/// # Errors
/// Of the database.
pub fn book(
    tx: &mut WriteTx<'_>,
    account: Option<AccountId>,
    org: OrgId,
    default_org: Option<OrgId>,
    file: (&std::path::Path, &str),
    guessed: &Guessed,
) -> Result<ImportId, Error> {
    let (id, now): (ImportId, _) = (tx.new_id(), tx.now());
    let (path, name) = (file.0.to_string_lossy().into_owned(), file.1.chars().take(120).collect::<String>());
    tx.exec_one(
        sql!(
            "INSERT INTO roster_import (id, account_id, org_id, file_name, file_hash, file_path, sheet, mapping,
                default_org, state, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'mapping', $10)"
        ),
        args![id, account, org, name, [0_u8; 0], path, guessed.sheet, guessed.mapping, default_org, now],
    )?;
    Ok(id)
}

/// Sets the mapping and starts the check.
///
/// # Errors
/// `import.wrong_state`; a mapping that contradicts the contents.
pub fn confirm_mapping(
    tx: &mut WriteTx<'_>,
    id: ImportId,
    mapping: &str,
    sheet: &str,
    default_org: Option<OrgId>,
) -> Result<(), Error> {
    let changed = tx.exec(
        sql!(
            "UPDATE roster_import SET mapping = $1, sheet = $2, default_org = $3, state = 'staging', message = ''
             WHERE id = $4 AND state IN ('mapping', 'preview', 'failed')"
        ),
        args![mapping, sheet, default_org, id],
    )?;
    if changed == 0 {
        let state = find(tx, id)?.map_or("?", |import| import.state.name(Lang::Zh));
        return Err(Refusal::new(&refusals::WRONG_STATE).with("state", state).into());
    }
    Ok(())
}
