//! Opens a table from a file or from bytes, whatever it is called, and hands out its rows one by one.
//!
//! Files come from strangers: everything is read as a stream with limits, and what breaks a limit is a
//! refusal. That is why workbooks are read here on the parts that `calamine` stands on instead of by it:
//! it reserves what a file claims, follows sector chains without end and keeps whole sheets in memory.
//! The tests hold the two against each other on sound files.

mod delimited;
mod header;
mod xls;
mod xlsx;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

use kernel::{Error, Fault, Refusal};

use crate::{map, refusals, text};
pub use header::Header;

/// Says which field, by its place among all, the name of a column stands for; the name of a person comes first.
pub type Recogniser = fn(&str) -> Option<usize>;
/// The place of the person's name among the fields of every kind of table.
pub(crate) const NAME: usize = 0;

/// Most columns a table may have.
pub const MAX_COLUMNS: usize = 600;
/// Longest cell, in bytes (32,767 characters, as in Excel, of four bytes).
pub const MAX_CELL: usize = 131_068;
/// Longest row, in bytes.
pub const MAX_ROW: usize = 262_144;
/// Rows read ahead to find the header and to check the columns.
const SAMPLE_ROWS: usize = 200;
/// Blank rows above the first content after which a sheet counts as empty.
const MAX_BLANK: u32 = 20_000;
/// Sheets looked into when none is chosen.
const MAX_TRIED: usize = 50;
/// Bytes read ahead at most.
const SAMPLE_BYTES: usize = 4 << 20;

/// What a cell was before it became text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CellKind {
    /// Text, or nothing.
    #[default]
    Text,
    /// A figure: long ones (identity numbers) have lost digits.
    Number,
    /// A date, written as ISO text; or an amount of time, written as hours and minutes.
    Date,
    /// A formula error such as `#N/A`.
    Error,
}

/// One cell of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cell<'a> {
    /// Its text as it stands in the file, empty beyond the end of the row.
    pub text: &'a str,
    /// What it was.
    pub kind: CellKind,
}

/// One row of a table. It keeps its cells in one buffer and is meant to be used again and again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    number: u32,
    text: String,
    ends: Vec<usize>,
    kinds: Vec<CellKind>,
}

impl Row {
    /// A row of plain texts.
    pub fn new(number: u32, cells: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut row = Self { number, ..Self::default() };
        for cell in cells {
            row.push(cell.as_ref(), CellKind::Text);
        }
        row
    }

    /// The row number the person sees in the file, from 1.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// How many cells it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether no cell has content.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// A cell; an empty one beyond the end.
    #[must_use]
    pub fn cell(&self, column: usize) -> Cell<'_> {
        let Some(&end) = self.ends.get(column) else { return Cell::default() };
        let start = column.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        Cell {
            text: self.text.get(start..end).unwrap_or_default(),
            kind: self.kinds.get(column).copied().unwrap_or_default(),
        }
    }

    /// The text of a cell.
    #[must_use]
    pub fn get(&self, column: usize) -> &str {
        self.cell(column).text
    }

    /// The cells from left to right.
    pub fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        (0..self.len()).map(|column| self.cell(column))
    }

    /// Adds a cell on the right.
    pub fn push(&mut self, text: &str, kind: CellKind) {
        self.text.push_str(text);
        self.end(kind);
    }

    fn end(&mut self, kind: CellKind) {
        self.ends.push(self.text.len());
        self.kinds.push(kind);
    }

    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.kinds.clear();
    }
}

/// The kind of file, found by its content, not by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A workbook from 2007 on.
    Xlsx,
    /// A workbook of 1997 to 2003.
    Xls,
    /// Text with separators.
    Text,
}

/// A sheet of a workbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// Whether it is hidden.
    pub hidden: bool,
}

pub(crate) trait Source: Read + Seek + Send {}
impl<T: Read + Seek + Send> Source for T {}

/// Where the bytes are: each reader opens its own view of them.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    Path(PathBuf),
    Bytes(Arc<[u8]>),
}

impl Origin {
    pub(crate) fn open(&self) -> Result<Box<dyn Source>, Error> {
        Ok(match self {
            Self::Path(path) => Box::new(File::open(path).map_err(|e| fault(&e))?),
            Self::Bytes(bytes) => Box::new(Cursor::new(Arc::clone(bytes))),
        })
    }
}

fn fault(error: &std::io::Error) -> Error {
    if error.kind() == std::io::ErrorKind::NotFound {
        return (&refusals::FILE_GONE).into();
    }
    Fault::Unavailable(format!("the roster file cannot be read: {error}")).into()
}

pub(crate) fn broken() -> Error {
    (&refusals::FILE_BROKEN).into()
}

pub(crate) fn too_wide(row: u32) -> Error {
    Refusal::new(&refusals::TOO_WIDE).with("row", row).with("max", MAX_COLUMNS).into()
}

pub(crate) fn too_long(row: u32) -> Error {
    Refusal::new(&refusals::CELL_TOO_LONG).with("row", row).into()
}

/// Fills as much of the buffer as there is.
pub(crate) fn fill(source: &mut dyn Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut have = 0;
    while let Some(rest) = buffer.get_mut(have..).filter(|rest| !rest.is_empty()) {
        match source.read(rest) {
            Ok(0) => break,
            Ok(n) => have += n,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(have)
}

#[derive(Debug)]
enum Content {
    Xlsx(xlsx::Workbook),
    Xls(xls::Workbook),
    Text(delimited::Dialect),
}

/// An opened file: its kind and its sheets are known, no row has been read yet.
#[derive(Debug)]
pub struct Book {
    origin: Origin,
    content: Content,
    sheets: Vec<Sheet>,
}

impl Book {
    /// Opens a file.
    ///
    /// # Errors
    /// A refusal when it is no table that can be read or is gone; a fault when the file cannot be reached.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        Self::of(Origin::Path(path.into()))
    }

    /// Opens bytes in memory.
    ///
    /// # Errors
    /// A refusal when they are no table that can be read.
    pub fn from_bytes(bytes: impl Into<Arc<[u8]>>) -> Result<Self, Error> {
        Self::of(Origin::Bytes(bytes.into()))
    }

    fn of(origin: Origin) -> Result<Self, Error> {
        let mut source = origin.open()?;
        let mut head = vec![0; 65_536];
        let have = fill(&mut source, &mut head).map_err(|e| fault(&e))?;
        head.truncate(have);
        source.seek(SeekFrom::Start(0)).map_err(|e| fault(&e))?;
        let (content, sheets) = if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            let (book, sheets) = xlsx::Workbook::open(&origin, source)?;
            (Content::Xlsx(book), sheets)
        } else if head.starts_with(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) {
            let (book, sheets) = xls::Workbook::open(source)?;
            (Content::Xls(book), sheets)
        } else {
            foreign(&head)?;
            let dialect = delimited::Dialect::guess(&head)?;
            (Content::Text(dialect), vec![Sheet { name: String::new(), hidden: false }])
        };
        Ok(Self { origin, content, sheets })
    }

    /// What kind of file it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self.content {
            Content::Xlsx(_) => Kind::Xlsx,
            Content::Xls(_) => Kind::Xls,
            Content::Text(_) => Kind::Text,
        }
    }

    /// Its sheets in the order of the file; a text table has one without a name.
    #[must_use]
    pub fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    /// Every row of a sheet as it stands, blank ones and titles included.
    ///
    /// # Errors
    /// A refusal when there is no such sheet or it cannot be read.
    pub fn rows(&self, sheet: usize) -> Result<Rows, Error> {
        if sheet >= self.sheets.len() {
            return Err(Refusal::new(&refusals::SHEET_UNKNOWN).with("count", self.sheets.len()).into());
        }
        Ok(Rows(match &self.content {
            Content::Xlsx(book) => Inner::Xlsx(Box::new(book.rows(&self.origin, sheet)?)),
            Content::Xls(book) => Inner::Xls(book.rows(sheet)?),
            Content::Text(dialect) => Inner::Text(Box::new(dialect.rows(self.origin.open()?))),
        }))
    }

    /// The table on a sheet: its header found, its people to come. Without a choice it is the first
    /// visible sheet whose header is recognised, else a hidden one, else the first with any row.
    ///
    /// # Errors
    /// A refusal when there is no such sheet, no data, or it cannot be read.
    pub fn table(&self, sheet: Option<usize>) -> Result<Table, Error> {
        self.table_of(sheet, map::recognise_at)
    }

    /// As [`Book::table`], of another kind of table than a roster.
    ///
    /// # Errors
    /// As [`Book::table`].
    pub fn table_of(&self, sheet: Option<usize>, recognise: Recogniser) -> Result<Table, Error> {
        if let Some(sheet) = sheet {
            return Table::open(self.rows(sheet)?, sheet, recognise)?
                .ok_or_else(|| (&refusals::FILE_EMPTY).into());
        }
        let mut second = None;
        for hidden in [false, true] {
            for (at, _) in self.sheets.iter().enumerate().filter(|(_, s)| s.hidden == hidden).take(MAX_TRIED)
            {
                match Table::open(self.rows(at)?, at, recognise)? {
                    Some(table) if table.header.recognised => return Ok(table),
                    Some(table) => second = second.or(Some(table)),
                    None => {}
                }
            }
        }
        second.ok_or_else(|| (&refusals::FILE_EMPTY).into())
    }
}

/// Refuses what is known and is no table, with its name.
fn foreign(head: &[u8]) -> Result<(), Error> {
    let known: &[(&[u8], &str, &str)] = &[
        (b"%PDF", "PDF 文件", "a PDF file"),
        (b"\x89PNG", "图片", "a picture"),
        (b"\xFF\xD8\xFF", "图片", "a picture"),
        (b"GIF8", "图片", "a picture"),
        (b"Rar!", "压缩包", "an archive"),
        (b"7z\xBC\xAF", "压缩包", "an archive"),
        (b"\x1F\x8B", "压缩包", "an archive"),
        (b"{\\rtf", "文字文档", "a text document"),
    ];
    let no = |zh: &str, en: &str| {
        Err(Refusal::new(&refusals::FILE_KIND).with("found_zh", zh).with("found_en", en).into())
    };
    if let Some((_, zh, en)) = known.iter().find(|(magic, ..)| head.starts_with(magic)) {
        return no(zh, en);
    }
    let start: Vec<u8> =
        head.iter().filter(|b| b.is_ascii_graphic()).take(512).map(u8::to_ascii_lowercase).collect();
    let has = |word: &[u8]| start.windows(word.len()).any(|w| w == word);
    if start.starts_with(b"<") && (has(b"<html") || has(b"<table") || has(b"<!doctype")) {
        return no("网页表格", "a web page");
    }
    if start.starts_with(b"<?xml") {
        return no("XML 文件", "an XML file");
    }
    Ok(())
}

enum Inner {
    Xlsx(Box<xlsx::Rows>),
    Xls(xls::Rows),
    Text(Box<delimited::Rows>),
}

/// The rows of a sheet, one after the other, in constant memory.
pub struct Rows(Inner);

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rows")
    }
}

impl Rows {
    /// Reads the next row into `row`; false at the end.
    ///
    /// # Errors
    /// A refusal when the file is broken or breaks a limit; a fault when it cannot be reached.
    pub fn next(&mut self, row: &mut Row) -> Result<bool, Error> {
        row.clear();
        match &mut self.0 {
            Inner::Xlsx(rows) => rows.next(row),
            Inner::Xls(rows) => rows.next(row),
            Inner::Text(rows) => rows.next(row),
        }
    }
}

/// Why a row below the header is not a person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skip {
    /// A sum or a closing remark (合计, 填表人：…).
    Summary,
    /// The header once more, as on each printed page.
    Header,
}

/// A table: the header and the rows of people below it. Blank rows are passed over; so are sums and
/// repeated headers, which are noted.
#[derive(Debug)]
pub struct Table {
    rows: Rows,
    sheet: usize,
    header: Header,
    known: Vec<Option<usize>>,
    sample: Vec<Row>,
    queue: VecDeque<Row>,
    started: bool,
    skipped: Vec<(u32, Skip)>,
}

impl Table {
    fn open(mut rows: Rows, sheet: usize, recognise: Recogniser) -> Result<Option<Self>, Error> {
        let mut ahead = VecDeque::new();
        let (mut size, mut blank) = (0, 0);
        // Enough non-blank rows to find the header in.
        while ahead.len() < header::SEARCH_ROWS + 1 && size < SAMPLE_BYTES {
            let mut row = Row::default();
            if !rows.next(&mut row)? {
                break;
            }
            if !row.is_empty() {
                size += row.text.len();
                ahead.push_back(row);
            } else if ahead.is_empty() {
                blank += 1;
                if blank > MAX_BLANK {
                    break;
                }
            }
        }
        let Some((header, taken)) = Header::find(ahead.make_contiguous(), recognise) else { return Ok(None) };
        ahead.drain(..taken);
        let known = header.columns.iter().map(|name| recognise(name)).collect();
        let mut table = Self {
            rows,
            sheet,
            header,
            known,
            sample: Vec::new(),
            queue: ahead,
            started: false,
            skipped: Vec::new(),
        };
        let mut size = 0;
        while table.sample.len() < SAMPLE_ROWS && size < SAMPLE_BYTES {
            let mut row = Row::default();
            if !table.pull(&mut row)? {
                break;
            }
            size += row.text.len();
            table.sample.push(row);
        }
        Ok(if table.sample.is_empty() { None } else { Some(table) })
    }

    /// Which sheet it is on.
    #[must_use]
    pub const fn sheet(&self) -> usize {
        self.sheet
    }

    /// The header.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The first rows of people, for guessing and checking the mapping; `next` hands them out as well.
    #[must_use]
    pub fn sample(&self) -> &[Row] {
        &self.sample
    }

    /// The rows passed over so far (the first 1,000), blank ones apart.
    #[must_use]
    pub fn skipped(&self) -> &[(u32, Skip)] {
        &self.skipped
    }

    /// Reads the next person's row into `row`; false at the end.
    ///
    /// # Errors
    /// As [`Rows::next`].
    pub fn next(&mut self, row: &mut Row) -> Result<bool, Error> {
        if !self.started {
            self.started = true;
            self.queue = std::mem::take(&mut self.sample).into_iter().chain(self.queue.drain(..)).collect();
        }
        self.pull(row)
    }

    fn pull(&mut self, row: &mut Row) -> Result<bool, Error> {
        loop {
            match self.queue.pop_front() {
                Some(next) => *row = next,
                None if !self.rows.next(row)? => return Ok(false),
                None => {}
            }
            if row.is_empty() || self.only_counts(row) {
                continue;
            }
            let skip = if self.repeats_header(row) {
                Skip::Header
            } else if is_summary(row) {
                Skip::Summary
            } else {
                return Ok(true);
            };
            if self.skipped.len() < 1000 {
                self.skipped.push((row.number, skip));
            }
        }
    }

    /// A row prepared with a serial number and never filled in.
    fn only_counts(&self, row: &Row) -> bool {
        let first = row.get(0).trim();
        !self.header.columns.is_empty()
            && self.known.first() == Some(&None)
            && !first.is_empty()
            && first.len() <= 9
            && first.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            && row.text.trim().len() == first.len()
            && row.len() > 1
    }

    fn repeats_header(&self, row: &Row) -> bool {
        if !self.header.recognised || row.len() > self.header.columns.len() + 1 {
            return false;
        }
        let mut same = 0;
        for (cell, name) in row.cells().zip(&self.header.columns) {
            let cell = cell.text.trim();
            if cell.is_empty() {
                continue;
            }
            if cell != name && (cell.len() > 60 || header::clean_name(cell) != *name) {
                return false;
            }
            same += 1;
        }
        same >= 2
    }
}

/// Sums and closing remarks: what the first filled cell says, unless a number of a person follows.
fn is_summary(row: &Row) -> bool {
    let Some(first) = row.cells().map(|c| c.text.trim()).find(|t| !t.is_empty()) else { return false };
    // The commonest first letters, so that a million names are not compared with a list of words.
    if !first.starts_with([
        '合', '总', '小', '共', '累', '填', '制', '审', '负', '联', '注', '备', '说', '单', '日', '盖',
    ]) {
        return false;
    }
    let word: String = first
        .chars()
        .filter(|c| !c.is_whitespace() && !text::invisible(*c))
        .map(text::half)
        .take(12)
        .collect();
    // "合计：50人" and the like, but no "累计服务100小时".
    let sum = ["合计", "总计", "小计", "共计", "累计", "总人数", "共"].iter().any(|w| {
        word.strip_prefix(w).is_some_and(|rest| {
            rest.chars()
                .all(|c| c.is_ascii_digit() || matches!(c, ':' | '.' | '人' | '数' | '名' | '(' | ')'))
        })
    });
    let close =
        ["填表", "填报", "制表", "审核", "负责人", "联系人", "注:", "备注:", "说明:", "单位", "日期", "盖章"]
            .iter()
            .any(|w| word.starts_with(w))
            && (word.contains(':') || first.contains(':') || first.contains('：'));
    if !(sum || close) {
        return false;
    }
    !row.cells().any(|c| {
        let t = c.text.trim();
        (t.len() == 18 || t.len() == 15)
            && t.bytes().take(t.len().saturating_sub(1)).all(|b| b.is_ascii_digit())
            && c.kind == CellKind::Text
    })
}
