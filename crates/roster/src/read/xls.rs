//! Workbooks of 1997 to 2003: a file of sectors (compound file) that holds a stream of records (BIFF8).
//! Such a sheet has at most 65,536 rows; the stream stays in memory, its cells are read as they are asked
//! for. Every chain is counted and every read is checked: nothing in the file is believed.

use std::collections::HashMap;
use std::io::Read;
use std::sync::Arc;

use encoding_rs::UTF_16LE;
use kernel::{Error, Refusal};

use super::xlsx::{Shows, builtin_format, custom_format, serial};
use super::{
    CellKind, MAX_CELL, MAX_COLUMNS, MAX_ROW, Row, Sheet, Source, broken, fault, too_long, too_wide,
};
use crate::refusals;

/// Largest file.
const MAX_FILE: u64 = 64 << 20;
const MAX_SHEETS: usize = 500;
const END: u32 = 0xFFFF_FFFE;

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn f64_at(bytes: &[u8], at: usize) -> Option<f64> {
    Some(f64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The compound file.
struct Sectors<'a> {
    file: &'a [u8],
    size: usize,
    fat: Vec<u32>,
}

impl Sectors<'_> {
    fn sector(&self, id: u32) -> Option<&[u8]> {
        let start = (id as usize).checked_add(1)?.checked_mul(self.size)?;
        let end = start.checked_add(self.size)?.min(self.file.len());
        self.file.get(start..end).filter(|s| !s.is_empty())
    }

    /// The bytes of a chain, at most `len`; none when it leaves the file or runs in a circle.
    fn chain(&self, start: u32, len: usize) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut id = start;
        let mut steps = 0;
        while id < 0xFFFF_FFFA && out.len() < len {
            steps += 1;
            if steps > self.fat.len() {
                return None;
            }
            out.extend_from_slice(self.sector(id)?);
            id = *self.fat.get(id as usize)?;
        }
        out.truncate(len);
        Some(out)
    }
}

/// Finds the stream of the workbook.
fn stream(file: &[u8]) -> Result<Vec<u8>, Error> {
    stream_of(file).ok_or_else(broken)?
}

fn stream_of(file: &[u8]) -> Option<Result<Vec<u8>, Error>> {
    let size = match u16_at(file, 30)? {
        9 => 512,
        12 => 4096,
        _ => return None,
    };
    let most = file.len() / size + 1;
    let mut sectors = Sectors { file, size, fat: Vec::new() };
    // The table of the tables: 109 entries in the header, the rest in a chain.
    let mut tables: Vec<u32> = (0..109).filter_map(|n| u32_at(file, 76 + n * 4)).collect();
    let mut next = u32_at(file, 68)?;
    let mut steps = 0;
    while next < 0xFFFF_FFFA {
        steps += 1;
        if steps > most {
            return None;
        }
        let sector = sectors.sector(next)?;
        let last = size / 4 - 1;
        tables.extend((0..last).filter_map(|n| u32_at(sector, n * 4)));
        next = u32_at(sector, last * 4)?;
    }
    tables.retain(|id| *id < 0xFFFF_FFFA);
    if tables.len() > most {
        return None;
    }
    let mut fat = Vec::new();
    for id in tables {
        let sector = sectors.sector(id)?;
        fat.extend(sector.as_chunks().0.iter().map(|b| u32::from_le_bytes(*b)));
    }
    sectors.fat = fat;
    let directory = sectors.chain(u32_at(file, 48)?, usize::MAX)?;
    let entry = |wanted: &str| {
        directory.as_chunks::<128>().0.iter().find(|e| {
            let (name, _, _) = UTF_16LE.decode(e.get(..64).unwrap_or_default());
            name.trim_end_matches('\0').eq_ignore_ascii_case(wanted)
        })
    };
    if entry("EncryptedPackage").is_some() {
        return Some(Err((&refusals::FILE_LOCKED).into()));
    }
    let Some(book) = entry("Workbook") else {
        if entry("Book").is_some() {
            return Some(Err((&refusals::FILE_OLD).into()));
        }
        let word = entry("WordDocument").is_some();
        return Some(Err(Refusal::new(&refusals::FILE_KIND)
            .with("found_zh", if word { "Word 文档" } else { "其他格式的文档" })
            .with("found_en", if word { "a Word document" } else { "another kind of document" })
            .into()));
    };
    let (start, len) = (u32_at(book, 116)?, u32_at(book, 120)? as usize);
    if len >= 4096 {
        return sectors.chain(start, len).filter(|bytes| bytes.len() == len).map(Ok);
    }
    // Short streams live in the mini stream, in sectors of 64 bytes.
    let root = directory.as_chunks::<128>().0.first()?;
    let mini = sectors.chain(u32_at(root, 116)?, u32_at(root, 120)? as usize)?;
    let table = sectors.chain(u32_at(file, 60)?, usize::MAX)?;
    let fat: Vec<u32> = table.as_chunks().0.iter().map(|b| u32::from_le_bytes(*b)).collect();
    let mut out = Vec::new();
    let mut id = start;
    while id != END && out.len() < len {
        if out.len() > fat.len() * 64 {
            return None;
        }
        out.extend_from_slice(mini.get((id as usize).checked_mul(64)?..)?.get(..64)?);
        id = *fat.get(id as usize)?;
    }
    out.truncate(len);
    Some(Ok(out))
}

/// One record: its type, where its data starts, and the data.
fn record(stream: &[u8], at: usize) -> Option<(u16, &[u8])> {
    let len = usize::from(u16_at(stream, at + 2)?);
    Some((u16_at(stream, at)?, stream.get(at + 4..)?.get(..len)?))
}

/// Text after its length: flags, then one or two bytes for each character.
fn text(data: &[u8], count: usize, out: &mut String) -> Option<()> {
    let (flags, rest) = data.split_first()?;
    let mut skip = 0;
    if flags & 0x08 != 0 {
        skip += 2;
    }
    if flags & 0x04 != 0 {
        skip += 4;
    }
    characters(rest.get(skip..)?, flags & 1 != 0, count, out)
}

fn characters(bytes: &[u8], wide: bool, count: usize, out: &mut String) -> Option<()> {
    if wide {
        let (decoded, _) = UTF_16LE.decode_without_bom_handling(bytes.get(..count.checked_mul(2)?)?);
        out.push_str(&decoded);
    } else {
        out.extend(bytes.get(..count)?.iter().map(|b| char::from(*b)));
    }
    Some(())
}

/// An opened workbook.
#[derive(Debug)]
pub(crate) struct Workbook {
    inner: Arc<Inner>,
    starts: Vec<usize>,
}

#[derive(Debug)]
struct Inner {
    stream: Vec<u8>,
    strings: String,
    ends: Vec<u32>,
    formats: Vec<Shows>,
    since_1904: bool,
}

impl Inner {
    fn string(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)? as usize;
        let start = at.checked_sub(1).and_then(|n| self.ends.get(n)).map_or(0, |n| *n as usize);
        self.strings.get(start..end)
    }

    fn shows(&self, style: u16) -> Shows {
        self.formats.get(usize::from(style)).copied().unwrap_or_default()
    }
}

impl Workbook {
    /// Reads the file and everything but the sheets.
    pub(crate) fn open(source: Box<dyn Source>) -> Result<(Self, Vec<Sheet>), Error> {
        let mut file = Vec::new();
        source.take(MAX_FILE + 1).read_to_end(&mut file).map_err(|e| fault(&e))?;
        if file.len() as u64 > MAX_FILE {
            return Err(Refusal::new(&refusals::FILE_BOMB)
                .with("max", MAX_FILE >> 20)
                .with("ratio", 1)
                .into());
        }
        let stream = stream(&file)?;
        drop(file);
        Self::globals(stream)
    }

    fn globals(stream: Vec<u8>) -> Result<(Self, Vec<Sheet>), Error> {
        let mut book = Inner {
            stream: Vec::new(),
            strings: String::new(),
            ends: Vec::new(),
            formats: Vec::new(),
            since_1904: false,
        };
        let mut formats: HashMap<u16, Shows> = HashMap::new();
        let mut styles = Vec::new();
        let (mut starts, mut sheets) = (Vec::new(), Vec::new());
        let mut at = 0;
        let mut first = true;
        loop {
            let (kind, data) = record(&stream, at).ok_or_else(broken)?;
            at += 4 + data.len();
            if first && (kind != 0x0809 || u16_at(data, 0) != Some(0x0600)) {
                return Err((&refusals::FILE_OLD).into());
            }
            first = false;
            match kind {
                // FilePass
                0x002F => return Err((&refusals::FILE_LOCKED).into()),
                // DateMode
                0x0022 => book.since_1904 = u16_at(data, 0) == Some(1),
                // Format
                0x041E => {
                    let mut code = String::new();
                    if let (Some(id), Some(len)) = (u16_at(data, 0), u16_at(data, 2))
                        && text(data.get(4..).unwrap_or_default(), usize::from(len), &mut code).is_some()
                    {
                        formats.insert(id, custom_format(&code));
                    }
                }
                // XF
                0x00E0 => styles.push(u16_at(data, 2).unwrap_or(0)),
                // BoundSheet8; only worksheets have rows.
                0x0085 => {
                    let start = u32_at(data, 0).ok_or_else(broken)? as usize;
                    let state = data.get(4).copied().unwrap_or(0);
                    let len = usize::from(data.get(6).copied().unwrap_or(0));
                    let mut name = String::new();
                    text(data.get(7..).unwrap_or_default(), len, &mut name).ok_or_else(broken)?;
                    name.retain(|c| c != '\0');
                    if data.get(5) == Some(&0) && sheets.len() < MAX_SHEETS {
                        starts.push(start);
                        sheets.push(Sheet { name, hidden: state & 3 != 0 });
                    }
                }
                // SST
                0x00FC => {
                    let mut pieces = vec![data];
                    while let Some((0x003C, more)) = record(&stream, at) {
                        at += 4 + more.len();
                        pieces.push(more);
                    }
                    Strings { pieces, piece: 0, at: 0 }.read(&mut book).ok_or_else(broken)?;
                }
                // EOF
                0x000A => break,
                _ => {}
            }
        }
        if sheets.is_empty() {
            return Err(broken());
        }
        book.formats = styles
            .into_iter()
            .map(|id| formats.get(&id).copied().unwrap_or_else(|| builtin_format(u32::from(id))))
            .collect();
        book.stream = stream;
        Ok((Self { inner: Arc::new(book), starts }, sheets))
    }

    /// The rows of one sheet.
    pub(crate) fn rows(&self, sheet: usize) -> Result<Rows, Error> {
        let mut at = *self.starts.get(sheet).ok_or_else(broken)?;
        let stream = &self.inner.stream;
        let mut cells = Vec::new();
        let mut depth = 0_usize;
        loop {
            let (kind, data) = record(stream, at).ok_or_else(broken)?;
            match kind {
                0x0809 => depth += 1,
                0x000A => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        break;
                    }
                }
                // Charts within the sheet have cell-like records of their own.
                _ if depth != 1 => {}
                0x0203 | 0x0204 | 0x00D6 | 0x0205 | 0x027E | 0x00FD | 0x0006 => {
                    if let (Some(row), Some(column)) = (u16_at(data, 0), u16_at(data, 2)) {
                        cells.push(Place { row, column, at });
                    }
                }
                // MulRk: one figure after the other
                0x00BD => {
                    if let (Some(row), Some(column)) = (u16_at(data, 0), u16_at(data, 2)) {
                        let count = data.len().saturating_sub(6) / 6;
                        for n in 0..u16::try_from(count).unwrap_or(0) {
                            cells.push(Place { row, column: column.saturating_add(n), at });
                        }
                    }
                }
                _ => {}
            }
            at += 4 + data.len();
        }
        if !cells.is_sorted_by_key(|c| (c.row, c.column)) {
            cells.sort_by_key(|c| (c.row, c.column));
        }
        Ok(Rows { book: Arc::clone(&self.inner), cells, next: 0, number: 0 })
    }
}

/// The shared strings, which run on from record to record.
struct Strings<'a> {
    pieces: Vec<&'a [u8]>,
    piece: usize,
    at: usize,
}

impl<'a> Strings<'a> {
    fn rest(&self) -> &'a [u8] {
        self.pieces.get(self.piece).and_then(|p| p.get(self.at..)).unwrap_or_default()
    }

    fn turn(&mut self) -> Option<()> {
        self.piece += 1;
        self.at = 0;
        (self.piece < self.pieces.len()).then_some(())
    }

    fn skip(&mut self, mut count: usize) -> Option<()> {
        while count > self.rest().len() {
            count -= self.rest().len();
            self.turn()?;
        }
        self.at += count;
        Some(())
    }

    fn head(&mut self, len: usize) -> Option<&'a [u8]> {
        if self.rest().is_empty() {
            self.turn()?;
        }
        let head = self.rest().get(..len)?;
        self.at += len;
        Some(head)
    }

    fn read(mut self, book: &mut Inner) -> Option<()> {
        let unique = u32_at(self.head(8)?, 4)?;
        for _ in 0..unique {
            let Some(head) = self.head(3) else { break };
            let mut left = usize::from(u16_at(head, 0)?);
            let flags = *head.get(2)?;
            let mut after = 0;
            if flags & 0x08 != 0 {
                after += usize::from(u16_at(self.head(2)?, 0)?) * 4;
            }
            if flags & 0x04 != 0 {
                after = after.checked_add(u32_at(self.head(4)?, 0)? as usize)?;
            }
            let mut wide = flags & 1 != 0;
            while left > 0 {
                if self.rest().is_empty() {
                    self.turn()?;
                    // What is carried over says anew how wide it is.
                    wide = self.head(1)?.first()? & 1 != 0;
                }
                let each = if wide { 2 } else { 1 };
                let count = left.min(self.rest().len() / each);
                if count == 0 {
                    return None;
                }
                characters(self.rest(), wide, count, &mut book.strings)?;
                self.at += count * each;
                left -= count;
            }
            self.skip(after)?;
            book.ends.push(u32::try_from(book.strings.len()).ok()?);
        }
        Some(())
    }
}

#[derive(Debug, Clone, Copy)]
struct Place {
    row: u16,
    column: u16,
    at: usize,
}

/// The rows of a sheet.
pub(crate) struct Rows {
    book: Arc<Inner>,
    cells: Vec<Place>,
    next: usize,
    number: u32,
}

impl Rows {
    pub(crate) fn next(&mut self, row: &mut Row) -> Result<bool, Error> {
        let Some(first) = self.cells.get(self.next).copied() else { return Ok(false) };
        self.number = u32::from(first.row) + 1;
        row.number = self.number;
        let mut value = String::new();
        while let Some(place) = self.cells.get(self.next).copied().filter(|p| p.row == first.row) {
            self.next += 1;
            value.clear();
            let kind = self.value(place, &mut value).ok_or_else(broken)?;
            let column = usize::from(place.column);
            if value.is_empty() || column < row.len() {
                continue;
            }
            if column >= MAX_COLUMNS {
                return Err(too_wide(self.number));
            }
            if value.len() > MAX_CELL || row.text.len() + value.len() > MAX_ROW {
                return Err(too_long(self.number));
            }
            while row.len() < column {
                row.end(CellKind::Text);
            }
            row.push(&value, kind);
        }
        Ok(true)
    }

    fn value(&self, place: Place, out: &mut String) -> Option<CellKind> {
        let book = &self.book;
        let (kind, data) = record(&book.stream, place.at)?;
        let style = u16_at(data, 4)?;
        Some(match kind {
            0x00FD => {
                out.push_str(book.string(u32_at(data, 6)? as usize)?);
                CellKind::Text
            }
            0x0204 | 0x00D6 => {
                text(data.get(8..)?, usize::from(u16_at(data, 6)?), out)?;
                CellKind::Text
            }
            0x0203 => self.number(f64_at(data, 6)?, style, out),
            0x027E => self.number(packed(u32_at(data, 6)?), style, out),
            0x00BD => {
                let first = usize::from(u16_at(data, 2)?);
                let at = 4 + 6 * usize::from(place.column).checked_sub(first)?;
                self.number(packed(u32_at(data, at + 2)?), u16_at(data, at)?, out)
            }
            0x0205 => truth(*data.get(6)?, *data.get(7)? != 0, out),
            // Formula: its last result.
            _ => {
                if u16_at(data, 12)? != 0xFFFF {
                    self.number(f64_at(data, 6)?, style, out)
                } else {
                    match data.get(6)? {
                        0 => self.formula_text(place.at, out)?,
                        1 => truth(*data.get(8)?, false, out),
                        2 => truth(*data.get(8)?, true, out),
                        _ => CellKind::Text,
                    }
                }
            }
        })
    }

    /// The text result of a formula stands in the record after it (or after its shared formula).
    fn formula_text(&self, mut at: usize, out: &mut String) -> Option<CellKind> {
        for _ in 0..4 {
            let (_, data) = record(&self.book.stream, at)?;
            at += 4 + data.len();
            let (kind, data) = record(&self.book.stream, at)?;
            if kind == 0x0207 {
                text(data.get(2..)?, usize::from(u16_at(data, 0)?), out)?;
                break;
            }
        }
        Some(CellKind::Text)
    }

    fn number(&self, value: f64, style: u16, out: &mut String) -> CellKind {
        if let Some(date) = serial(value, self.book.shows(style), self.book.since_1904) {
            out.push_str(&date);
            return CellKind::Date;
        }
        if value.is_finite() && value.abs() < 1e30 {
            use std::fmt::Write as _;
            let _ = write!(out, "{}", if value == 0.0 { 0.0 } else { value });
        }
        CellKind::Number
    }
}

/// A figure in 30 bits.
fn packed(rk: u32) -> f64 {
    let value = if rk & 2 != 0 {
        f64::from(i32::from_le_bytes(rk.to_le_bytes()) >> 2)
    } else {
        f64::from_bits(u64::from(rk & 0xFFFF_FFFC) << 32)
    };
    if rk & 1 != 0 { value / 100.0 } else { value }
}

fn truth(value: u8, error: bool, out: &mut String) -> CellKind {
    if !error {
        out.push_str(if value != 0 { "TRUE" } else { "FALSE" });
        return CellKind::Text;
    }
    out.push_str(match value {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0F => "#VALUE!",
        0x17 => "#REF!",
        0x1D => "#NAME?",
        0x24 => "#NUM!",
        _ => "#N/A",
    });
    CellKind::Error
}
