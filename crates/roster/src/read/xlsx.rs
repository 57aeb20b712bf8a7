//! Workbooks from 2007 on: a zip of XML parts, each read as a stream. Only the shared strings stay in
//! memory, in one buffer.

use std::collections::HashMap;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;

use flate2::read::DeflateDecoder;
use kernel::{Date, Error, Refusal};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{
    CellKind, MAX_CELL, MAX_COLUMNS, MAX_ROW, Origin, Row, Sheet, Source, broken, fault, fill, too_long,
    too_wide,
};
use crate::refusals;

/// Most bytes of an unpacked sheet: a million rows of fifteen columns take about half of it.
const MAX_SHEET: u64 = 1536 << 20;
/// Most bytes of the unpacked shared strings, which stay in memory.
const MAX_STRINGS: u64 = 320 << 20;
/// Most bytes of any other part.
const MAX_PART: u64 = 64 << 20;
/// Most bytes of one tag or one run of text.
const MAX_EVENT: u64 = 1 << 20;
/// A part this much larger than its packed form is no roster (text packs about 5 to 30 times).
const MAX_RATIO: u64 = 200;
/// Parts up to this size may pack as well as they like.
const FREE: u64 = 32 << 20;
const MAX_DEPTH: usize = 64;
const MAX_SHEETS: usize = 500;
const MAX_ENTRIES: usize = 20_000;

#[derive(Debug, Clone, Copy)]
struct Part {
    start: u64,
    packed: u64,
    deflated: bool,
}

#[derive(Debug, Default)]
struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    fn get(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)? as usize;
        let start = at.checked_sub(1).and_then(|n| self.ends.get(n)).map_or(0, |n| *n as usize);
        self.text.get(start..end)
    }
}

/// An opened workbook.
#[derive(Debug)]
pub(crate) struct Workbook {
    sheets: Vec<Part>,
    strings: Arc<Strings>,
    /// For each cell style, what of a date it shows.
    formats: Arc<Vec<Shows>>,
    since_1904: bool,
}

/// Counts what is unpacked and stops it at the limits.
struct Metered<R> {
    inner: R,
    left: u64,
    event_left: u64,
    tripped: bool,
    event_tripped: bool,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        let size = n as u64;
        self.tripped |= size > self.left;
        self.event_tripped |= size > self.event_left;
        if self.tripped || self.event_tripped {
            return Err(std::io::Error::other("limit"));
        }
        self.left -= size;
        self.event_left -= size;
        Ok(n)
    }
}

type Unpacked = Metered<Box<dyn Read + Send>>;

/// The events of one part.
struct Xml {
    reader: Reader<BufReader<Unpacked>>,
    buffer: Vec<u8>,
    depth: usize,
}

impl Xml {
    fn open(mut source: Box<dyn Source>, part: Part, max: u64) -> Result<Self, Error> {
        source.seek(SeekFrom::Start(part.start)).map_err(|e| fault(&e))?;
        let packed = source.take(part.packed);
        let inner: Box<dyn Read + Send> =
            if part.deflated { Box::new(DeflateDecoder::new(packed)) } else { Box::new(packed) };
        let left = max.min(FREE.max(part.packed.saturating_mul(MAX_RATIO)));
        let metered = Metered { inner, left, event_left: MAX_EVENT, tripped: false, event_tripped: false };
        let mut reader = Reader::from_reader(BufReader::with_capacity(32_768, metered));
        let config = reader.config_mut();
        config.check_end_names = false;
        config.check_comments = false;
        Ok(Self { reader, buffer: Vec::with_capacity(4096), depth: 0 })
    }

    /// The next event. `row` is where we are, for the refusal.
    fn next(&mut self, row: u32) -> Result<Event<'_>, Error> {
        self.buffer.clear();
        if self.buffer.capacity() > 65_536 {
            self.buffer.shrink_to(65_536);
        }
        self.reader.get_mut().get_mut().event_left = MAX_EVENT;
        match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => {
                match &event {
                    Event::Start(_) => self.depth += 1,
                    Event::End(_) => self.depth = self.depth.saturating_sub(1),
                    _ => {}
                }
                if self.depth > MAX_DEPTH { Err(broken()) } else { Ok(event) }
            }
            Err(_) => {
                let metered = self.reader.get_ref().get_ref();
                Err(if metered.tripped {
                    bomb()
                } else if metered.event_tripped {
                    too_long(row)
                } else {
                    broken()
                })
            }
        }
    }
}

fn bomb() -> Error {
    Refusal::new(&refusals::FILE_BOMB).with("max", MAX_SHEET >> 20).with("ratio", MAX_RATIO).into()
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    tag.attributes().with_checks(false).flatten().find(|a| a.key.local_name().as_ref() == name).map(|a| {
        let raw: &str = &a.value;
        quick_xml::escape::unescape(raw).map_or_else(|_| raw.to_owned(), std::borrow::Cow::into_owned)
    })
}

/// What an entity stands for.
fn entity(reference: &quick_xml::events::BytesRef<'_>, out: &mut String) {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        out.push(c);
        return;
    }
    let name: &str = reference;
    out.push_str(match name {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "apos" => "'",
        "quot" => "\"",
        _ => "",
    });
}

/// Removes Excel's `_x000D_` escapes, which stand for line ends and the like.
fn unescape(text: &mut String, from: usize) {
    let escaped = |t: &str| t.contains("_x00");
    if !text.get(from..).is_some_and(escaped) {
        return;
    }
    let tail = text.split_off(from);
    let mut rest = tail.as_str();
    while let Some(at) = rest.find("_x00") {
        let (before, mark) = rest.split_at(at);
        text.push_str(before);
        let code = mark.get(2..6).and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        match code {
            Some(c) if mark.as_bytes().get(6) == Some(&b'_') => {
                text.push(if c.is_control() { ' ' } else { c });
                rest = mark.get(7..).unwrap_or_default();
            }
            _ => {
                text.push_str("_x00");
                rest = mark.get(4..).unwrap_or_default();
            }
        }
    }
    text.push_str(rest);
}

fn path_key(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/").to_ascii_lowercase()
}

/// Counts the entries before the directory is read into memory: each starts with its signature.
fn few_entries(source: &mut Box<dyn Source>) -> Result<(), Error> {
    let mut block = vec![0; 65_536];
    let mut carried = 0;
    let mut count = 0;
    loop {
        let free = block.get_mut(carried..).unwrap_or_default();
        let have = carried + fill(source, free).map_err(|e| fault(&e))?;
        let end = have < block.len();
        let filled = block.get(..have).unwrap_or_default();
        count += filled.windows(4).filter(|w| *w == b"PK\x01\x02").count();
        if count > MAX_ENTRIES {
            return Err(broken());
        }
        if end {
            source.seek(SeekFrom::Start(0)).map_err(|e| fault(&e))?;
            return Ok(());
        }
        carried = 3;
        block.copy_within(have - carried..have, 0);
    }
}

impl Workbook {
    /// Reads everything but the sheets.
    pub(crate) fn open(origin: &Origin, mut source: Box<dyn Source>) -> Result<(Self, Vec<Sheet>), Error> {
        few_entries(&mut source)?;
        let mut zip = zip::ZipArchive::new(source).map_err(|_| broken())?;
        let mut parts = HashMap::new();
        for at in 0..zip.len() {
            let Ok(entry) = zip.by_index_raw(at) else { continue };
            let deflated = match entry.compression() {
                zip::CompressionMethod::Stored => false,
                zip::CompressionMethod::Deflated => true,
                _ => continue,
            };
            let key = entry.name().map(|name| path_key(&name)).unwrap_or_default();
            let wanted =
                ["xml", "rels"].iter().any(|ext| key.rsplit_once('.').is_some_and(|(_, last)| last == *ext));
            if !wanted {
                continue;
            }
            if entry.encrypted() {
                return Err((&refusals::FILE_LOCKED).into());
            }
            if let Some(start) = entry.data_start() {
                parts.insert(key, Part { start, packed: entry.compressed_size(), deflated });
            }
        }
        let files = Files { origin, parts };
        files.workbook()
    }

    /// The rows of one sheet.
    pub(crate) fn rows(&self, origin: &Origin, sheet: usize) -> Result<Rows, Error> {
        let part = *self.sheets.get(sheet).ok_or_else(broken)?;
        Ok(Rows {
            xml: Xml::open(origin.open()?, part, MAX_SHEET)?,
            strings: Arc::clone(&self.strings),
            formats: Arc::clone(&self.formats),
            since_1904: self.since_1904,
            number: 0,
            cells: Vec::new(),
            text: String::new(),
            raw: String::new(),
            end: false,
        })
    }
}

struct Files<'a> {
    origin: &'a Origin,
    parts: HashMap<String, Part>,
}

impl Files<'_> {
    fn xml(&self, path: &str, max: u64) -> Result<Option<Xml>, Error> {
        match self.parts.get(&path_key(path)) {
            Some(part) => Xml::open(self.origin.open()?, *part, max).map(Some),
            None => Ok(None),
        }
    }

    /// The (id, type, target) of a `.rels` part.
    fn relations(&self, path: &str) -> Result<Vec<(String, String, String)>, Error> {
        let mut all = Vec::new();
        let Some(mut xml) = self.xml(path, MAX_PART)? else { return Ok(all) };
        loop {
            match xml.next(0)? {
                Event::Start(tag) | Event::Empty(tag) if tag.local_name().as_ref() == "Relationship" => {
                    let get = |name| attribute(&tag, name).unwrap_or_default();
                    all.push((get("Id"), get("Type"), get("Target")));
                    if all.len() > 10_000 {
                        return Err(broken());
                    }
                }
                Event::Eof => return Ok(all),
                _ => {}
            }
        }
    }

    fn workbook(&self) -> Result<(Workbook, Vec<Sheet>), Error> {
        let main = self
            .relations("_rels/.rels")?
            .into_iter()
            .find(|(_, kind, _)| kind.ends_with("/officeDocument"))
            .map_or_else(|| "xl/workbook.xml".to_owned(), |(_, _, target)| target);
        let main = main.trim_start_matches('/').to_owned();
        let (folder, file) = main.rsplit_once('/').unwrap_or(("", &main));
        let Some(mut xml) = self.xml(&main, MAX_PART)? else {
            // Some other zip: a document, an archive, an open-document sheet, a binary workbook.
            return Err(Refusal::new(&refusals::FILE_KIND)
                .with("found_zh", "压缩包或其他格式的文档")
                .with("found_en", "an archive or another kind of document")
                .into());
        };
        let relations = self.relations(&format!("{folder}/_rels/{file}.rels"))?;
        let absolute = |target: &str| match target.strip_prefix('/') {
            Some(path) => path.to_owned(),
            None => format!("{folder}/{target}"),
        };
        let part_of = |kind: &str, usual: &str| {
            relations
                .iter()
                .find(|(_, k, _)| k.ends_with(kind))
                .map_or_else(|| format!("{folder}/{usual}"), |(_, _, target)| absolute(target))
        };
        let mut since_1904 = false;
        let mut parts = Vec::new();
        let mut sheets = Vec::new();
        loop {
            match xml.next(0)? {
                Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                    "workbookPr" => {
                        if let Some(value) = attribute(&tag, "date1904") {
                            since_1904 = value == "1" || value == "true";
                        }
                    }
                    "sheet" if sheets.len() < MAX_SHEETS => {
                        let name = attribute(&tag, "name").unwrap_or_default();
                        let hidden = attribute(&tag, "state").is_some_and(|s| s != "visible");
                        let id = tag
                            .attributes()
                            .with_checks(false)
                            .flatten()
                            .find(|a| a.key.as_ref() != "sheetId" && a.key.local_name().as_ref() == "id")
                            .map(|a| a.value.to_string())
                            .unwrap_or_default();
                        let target = relations
                            .iter()
                            .find(|(rel, kind, _)| *rel == id && kind.ends_with("/worksheet"))
                            .and_then(|(_, _, target)| self.parts.get(&path_key(&absolute(target))));
                        // Sheets of charts and macros have no rows.
                        if let Some(part) = target {
                            parts.push(*part);
                            sheets.push(Sheet { name, hidden });
                        }
                    }
                    _ => {}
                },
                Event::Eof => break,
                _ => {}
            }
        }
        if sheets.is_empty() {
            return Err(broken());
        }
        let strings = self.strings(&part_of("/sharedStrings", "sharedStrings.xml"))?;
        let formats = self.styles(&part_of("/styles", "styles.xml"))?;
        let book =
            Workbook { sheets: parts, strings: Arc::new(strings), formats: Arc::new(formats), since_1904 };
        Ok((book, sheets))
    }

    fn strings(&self, path: &str) -> Result<Strings, Error> {
        let mut strings = Strings::default();
        let Some(mut xml) = self.xml(path, MAX_STRINGS)? else { return Ok(strings) };
        let (mut in_text, mut phonetic) = (false, false);
        let mut start = 0;
        loop {
            match xml.next(0)? {
                Event::Start(tag) => match tag.local_name().as_ref() {
                    "si" => start = strings.text.len(),
                    "t" => in_text = true,
                    "rPh" => phonetic = true,
                    _ => {}
                },
                Event::Empty(tag) if tag.local_name().as_ref() == "si" => {
                    strings.ends.push(u32::try_from(strings.text.len()).unwrap_or(u32::MAX));
                }
                Event::End(tag) => match tag.local_name().as_ref() {
                    "si" => {
                        unescape(&mut strings.text, start);
                        strings.ends.push(u32::try_from(strings.text.len()).unwrap_or(u32::MAX));
                    }
                    "t" => in_text = false,
                    "rPh" => phonetic = false,
                    _ => {}
                },
                Event::Text(text) if in_text && !phonetic => strings.text.push_str(&text.xml10_content()),
                Event::CData(text) if in_text && !phonetic => strings.text.push_str(&text.xml10_content()),
                Event::GeneralRef(name) if in_text && !phonetic => entity(&name, &mut strings.text),
                Event::Eof => return Ok(strings),
                _ => {}
            }
            if strings.text.len() - start.min(strings.text.len()) > MAX_CELL {
                return Err(too_long(0));
            }
        }
    }

    fn styles(&self, path: &str) -> Result<Vec<Shows>, Error> {
        let mut formats = Vec::new();
        let Some(mut xml) = self.xml(path, MAX_PART)? else { return Ok(formats) };
        let mut custom: HashMap<u32, Shows> = HashMap::new();
        let mut in_cells = false;
        let number = |tag: &BytesStart<'_>| {
            attribute(tag, "numFmtId").and_then(|id| id.parse::<u32>().ok()).unwrap_or(0)
        };
        loop {
            match xml.next(0)? {
                Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                    "numFmt" => {
                        let code = attribute(&tag, "formatCode").unwrap_or_default();
                        custom.insert(number(&tag), custom_format(&code));
                    }
                    "cellXfs" => in_cells = true,
                    "xf" if in_cells => {
                        let id = number(&tag);
                        formats.push(custom.get(&id).copied().unwrap_or_else(|| builtin_format(id)));
                    }
                    _ => {}
                },
                Event::End(tag) if tag.local_name().as_ref() == "cellXfs" => in_cells = false,
                Event::Eof => return Ok(formats),
                _ => {}
            }
        }
    }
}

/// What of a date a number format shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Shows {
    /// A figure.
    #[default]
    Figure,
    /// Year and month: what was typed as 1990年5月 is stored as the first of the month.
    Month,
    /// A day.
    Day,
    /// Hours and minutes without a day: a time of day, or how long something took.
    Time,
}

/// Built-in number formats that show a date, those of Chinese workbooks (27–36, 50–58) included.
pub(crate) const fn builtin_format(id: u32) -> Shows {
    match id {
        17 | 27 | 36 | 50 | 52 | 57 => Shows::Month,
        14..=16 | 22 | 28..=31 | 51 | 53 | 54 | 58 => Shows::Day,
        18..=21 | 32..=35 | 45..=47 | 55 | 56 => Shows::Time,
        _ => Shows::Figure,
    }
}

/// What a format code shows: a `y`, a `d`, or an `m` without hours and seconds, outside of quoted text
/// and brackets (`[h]`, which counts on beyond a day, apart).
pub(crate) fn custom_format(code: &str) -> Shows {
    let (mut year, mut day, mut month, mut time) = (false, false, false, false);
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                let _ = chars.by_ref().find(|c| *c == '"');
            }
            '[' => {
                let inside: String = chars.by_ref().take_while(|c| *c != ']').collect();
                time |= !inside.is_empty()
                    && inside.chars().all(|c| matches!(c, 'h' | 'H' | 'm' | 'M' | 's' | 'S'));
            }
            '\\' | '_' | '*' => {
                let _ = chars.next();
            }
            'y' | 'Y' => year = true,
            'd' | 'D' => day = true,
            'm' | 'M' => month = true,
            'h' | 'H' | 's' | 'S' => time = true,
            ';' => break,
            _ => {}
        }
    }
    match (day, year, month && !time) {
        (true, ..) => Shows::Day,
        (false, true, true) => Shows::Month,
        (false, true, false) | (false, false, true) => Shows::Day,
        (false, false, false) if time => Shows::Time,
        (false, false, false) => Shows::Figure,
    }
}

/// A day number of Excel as ISO text, with the time of day if there is one, without the day if it is
/// the first of a month and the cell does not show it.
pub(crate) fn serial(value: f64, shows: Shows, since_1904: bool) -> Option<String> {
    if shows == Shows::Time && (0.0..1000.0).contains(&value) {
        #[expect(clippy::cast_possible_truncation, reason = "within the checked range")]
        let minute = ((value * 1440.0) + 0.5).floor() as i64;
        return Some(format!("{}:{:02}", minute / 60, minute % 60));
    }
    let value = if since_1904 { value + 1462.0 } else { value };
    if matches!(shows, Shows::Figure | Shows::Time) || !(1.0..2_958_466.0).contains(&value) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "within the checked range")]
    let (mut day, mut minute) = (value.floor() as i64, ((value.fract() * 1440.0) + 0.5).floor() as i64);
    if minute >= 1440 {
        (day, minute) = (day + 1, 0);
    }
    // 1900 was no leap year, but Excel counts its 29 February.
    let date = Date::from_days(day - 25_569 + i64::from(day < 60));
    Some(if minute != 0 {
        format!("{date} {:02}:{:02}", minute / 60, minute % 60)
    } else if shows == Shows::Month && date.0.day() == 1 {
        format!("{:04}-{:02}", date.0.year(), date.0.month())
    } else {
        date.to_string()
    })
}

/// The text of a figure, without an exponent, and of dates as ISO text.
pub(crate) fn figure(raw: &str, shows: Shows, since_1904: bool, out: &mut String) -> CellKind {
    let raw = raw.trim();
    // As written: nothing is lost on the way through a floating-point number.
    if shows == Shows::Figure && !raw.is_empty() && raw.bytes().all(|b| b.is_ascii_digit()) {
        out.push_str(raw);
        return CellKind::Number;
    }
    let Ok(value) = raw.parse::<f64>() else {
        out.push_str(raw);
        return CellKind::Text;
    };
    if let Some(text) = serial(value, shows, since_1904) {
        out.push_str(&text);
        return CellKind::Date;
    }
    if value.is_finite() && value.abs() < 1e30 {
        use std::fmt::Write as _;
        let _ = write!(out, "{}", if value == 0.0 { 0.0 } else { value });
    } else {
        out.push_str(raw);
    }
    CellKind::Number
}

/// Column of a reference like `AB12`, from 0.
fn column_of(reference: &str) -> Option<usize> {
    let mut column = 0_usize;
    for b in reference.bytes().take_while(u8::is_ascii_alphabetic) {
        column = column * 26 + usize::from(b.to_ascii_uppercase() - b'A') + 1;
        if column > 20_000 {
            return Some(column);
        }
    }
    column.checked_sub(1)
}

/// The rows of a sheet.
pub(crate) struct Rows {
    xml: Xml,
    strings: Arc<Strings>,
    formats: Arc<Vec<Shows>>,
    since_1904: bool,
    number: u32,
    /// Column, where its text ends in `text`, kind.
    cells: Vec<(usize, usize, usize, CellKind)>,
    text: String,
    raw: String,
    end: bool,
}

impl Rows {
    pub(crate) fn next(&mut self, row: &mut Row) -> Result<bool, Error> {
        if self.end {
            return Ok(false);
        }
        self.cells.clear();
        self.text.clear();
        loop {
            let number = self.number;
            match self.xml.next(number.saturating_add(1))? {
                Event::Start(tag) if tag.local_name().as_ref() == "row" => {
                    self.number = row_number(&tag, number);
                    self.row()?;
                    self.give(row);
                    return Ok(true);
                }
                Event::Empty(tag) if tag.local_name().as_ref() == "row" => {
                    self.number = row_number(&tag, number);
                    self.give(row);
                    return Ok(true);
                }
                Event::End(tag) if tag.local_name().as_ref() == "sheetData" => break,
                Event::Empty(tag) if tag.local_name().as_ref() == "sheetData" => break,
                // Cut off: the sheet's data never ended.
                Event::Eof => return Err(broken()),
                _ => {}
            }
        }
        self.end = true;
        Ok(false)
    }

    /// Reads the cells up to the end of the row.
    fn row(&mut self) -> Result<(), Error> {
        let mut column = 0_usize;
        loop {
            let number = self.number;
            match self.xml.next(number)? {
                Event::Start(tag) if tag.local_name().as_ref() == "c" => {
                    let (mut kind, mut style) = (*b"n   ", 0_usize);
                    for a in tag.attributes().with_checks(false).flatten() {
                        match a.key.as_ref() {
                            "r" => column = column_of(&a.value).unwrap_or(column),
                            "s" => style = a.value.parse().unwrap_or(0),
                            "t" => {
                                kind = *b"    ";
                                for (to, from) in kind.iter_mut().zip(a.value.bytes()) {
                                    *to = from;
                                }
                            }
                            _ => {}
                        }
                    }
                    self.cell(column, kind, style)?;
                    column += 1;
                }
                Event::Empty(tag) if tag.local_name().as_ref() == "c" => {
                    let reference = attribute(&tag, "r");
                    column = reference.and_then(|r| column_of(&r)).unwrap_or(column) + 1;
                }
                Event::End(tag) if tag.local_name().as_ref() == "row" => return Ok(()),
                Event::Eof => return Err(broken()),
                _ => {}
            }
        }
    }

    /// Reads one cell up to its end.
    fn cell(&mut self, column: usize, kind: [u8; 4], style: usize) -> Result<(), Error> {
        let start = self.text.len();
        self.raw.clear();
        // Which element we are in: v, or t of an inline string.
        let (mut value, mut inline, mut phonetic) = (false, false, false);
        loop {
            match self.xml.next(self.number)? {
                Event::Start(tag) => match tag.local_name().as_ref() {
                    "v" => value = true,
                    "t" => inline = true,
                    "rPh" => phonetic = true,
                    _ => {}
                },
                Event::End(tag) => match tag.local_name().as_ref() {
                    "v" => value = false,
                    "t" => inline = false,
                    "rPh" => phonetic = false,
                    "c" => break,
                    "row" | "sheetData" => return Err(broken()),
                    _ => {}
                },
                Event::Text(text) if value => self.raw.push_str(&text.xml10_content()),
                Event::CData(text) if value => self.raw.push_str(&text.xml10_content()),
                Event::GeneralRef(name) if value => entity(&name, &mut self.raw),
                Event::Text(text) if inline && !phonetic => self.text.push_str(&text.xml10_content()),
                Event::CData(text) if inline && !phonetic => self.text.push_str(&text.xml10_content()),
                Event::GeneralRef(name) if inline && !phonetic => entity(&name, &mut self.text),
                Event::Eof => return Err(broken()),
                _ => {}
            }
            if self.raw.len() > MAX_CELL || self.text.len() - start > MAX_CELL {
                return Err(too_long(self.number));
            }
        }
        let mut found = CellKind::Text;
        match &kind {
            b"s   " => {
                if !self.raw.is_empty() {
                    let at = self.raw.trim().parse().map_err(|_| broken())?;
                    self.text.push_str(self.strings.get(at).ok_or_else(broken)?);
                }
            }
            b"inli" => unescape(&mut self.text, start),
            b"str " | b"d   " => {
                self.text.push_str(&self.raw);
                unescape(&mut self.text, start);
            }
            b"e   " => {
                found = CellKind::Error;
                self.text.push_str(&self.raw);
            }
            b"b   " => self.text.push_str(if self.raw.trim() == "1" { "TRUE" } else { "FALSE" }),
            _ => {
                if !self.raw.trim().is_empty() {
                    let shows = self.formats.get(style).copied().unwrap_or_default();
                    found = figure(&self.raw, shows, self.since_1904, &mut self.text);
                }
            }
        }
        if self.text.len() > start {
            if column >= MAX_COLUMNS {
                return Err(too_wide(self.number));
            }
            if self.text.len() - start > MAX_CELL || self.text.len() > MAX_ROW {
                return Err(too_long(self.number));
            }
            self.cells.push((column, start, self.text.len(), found));
        }
        Ok(())
    }

    fn give(&mut self, row: &mut Row) {
        row.clear();
        row.number = self.number;
        if !self.cells.is_sorted_by_key(|c| c.0) {
            self.cells.sort_by_key(|c| c.0);
        }
        for (column, start, end, kind) in &self.cells {
            while row.len() < *column {
                row.end(CellKind::Text);
            }
            if row.len() == *column {
                row.push(self.text.get(*start..*end).unwrap_or_default(), *kind);
            }
        }
    }
}

fn row_number(tag: &BytesStart<'_>, before: u32) -> u32 {
    attribute(tag, "r")
        .and_then(|r| r.parse().ok())
        .filter(|n| *n > 0)
        .unwrap_or_else(|| before.saturating_add(1))
}
