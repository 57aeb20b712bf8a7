//! Text tables: the encoding is found from the bytes, the separator from the first lines, and rows come
//! out of one buffer that never holds more than a row and a block.

use std::io::Read;

use encoding_rs::{Decoder, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use kernel::{Error, Refusal};

use super::{CellKind, MAX_CELL, MAX_COLUMNS, MAX_ROW, Row, Source, fault, fill, too_long, too_wide};
use crate::refusals;

const BLOCK: usize = 65_536;
/// Separators in the order of preference.
const SEPARATORS: [&str; 5] = [",", "\t", ";", "，", "|"];

/// How a text table is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dialect {
    separator: &'static str,
    /// The first line says `sep=…`; Excel does not show it.
    sep_line: bool,
}

impl Dialect {
    /// From the first block of the file.
    pub(crate) fn guess(head: &[u8]) -> Result<Self, Error> {
        let mut decoded = Decoded::new(Box::new(std::io::Cursor::new(head.to_vec())));
        let mut sample = String::new();
        while decoded.read(&mut sample)? {}
        // The head may end within a character or a line.
        if head.len() >= BLOCK {
            let cut = sample.rfind(['\n', '\r']).unwrap_or(sample.len());
            sample.truncate(cut);
        }
        let total = sample.chars().count();
        if total == 0 {
            return Err((&refusals::FILE_EMPTY).into());
        }
        let bad = |test: fn(char) -> bool| sample.chars().filter(|c| test(*c)).count();
        let control =
            bad(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{1A}'));
        if control * 100 > total || bad(|c| c == '\0') > 0 {
            return Err(Refusal::new(&refusals::FILE_KIND)
                .with("found_zh", "二进制内容")
                .with("found_en", "binary content")
                .into());
        }
        if bad(|c| c == '\u{FFFD}') * 50 > total {
            return Err((&refusals::FILE_ENCODING).into());
        }
        let first = sample.lines().next().unwrap_or_default().trim().to_ascii_lowercase();
        if let Some(mark) = first.strip_prefix("sep=")
            && let Some(separator) =
                SEPARATORS.iter().find(|s| **s == mark || (**s == "\t" && mark.is_empty()))
        {
            return Ok(Self { separator, sep_line: true });
        }
        let mut best = (0, ",");
        for separator in SEPARATORS {
            let mut counts: Vec<usize> = sample
                .lines()
                .filter(|line| !line.trim().is_empty())
                .take(40)
                .map(|line| line.split('"').step_by(2).map(|part| part.matches(separator).count()).sum())
                .collect();
            let lines = counts.len();
            counts.retain(|n| *n > 0);
            counts.sort_unstable();
            let Some(&middle) = counts.get(counts.len() / 2) else { continue };
            let same = counts.iter().filter(|n| **n == middle).count();
            // A separator stands in most lines, and equally often in each.
            let score = (same * 100 + counts.len() * 20) / lines.max(1) * 8 + middle.min(7);
            if score > best.0 {
                best = (score, separator);
            }
        }
        Ok(Self { separator: best.1, sep_line: false })
    }

    pub(crate) fn rows(self, source: Box<dyn Source>) -> Rows {
        Rows {
            decoded: Decoded::new(source),
            separator: self.separator,
            skip_line: self.sep_line,
            buffer: String::with_capacity(4 * BLOCK),
            at: 0,
            end: false,
            number: 0,
        }
    }
}

/// UTF-8 text out of bytes in any of the encodings.
struct Decoded {
    source: Box<dyn Source>,
    raw: Vec<u8>,
    /// Bytes of `raw` not decoded yet.
    held: usize,
    decoder: Option<Decoder>,
    started: bool,
    end: bool,
}

impl Decoded {
    fn new(source: Box<dyn Source>) -> Self {
        Self { source, raw: vec![0; BLOCK], held: 0, decoder: None, started: false, end: false }
    }

    /// Appends the next block of text; false at the end.
    fn read(&mut self, out: &mut String) -> Result<bool, Error> {
        if self.end {
            return Ok(false);
        }
        let free = self.raw.get_mut(self.held..).unwrap_or_default();
        let have = self.held + fill(&mut self.source as &mut dyn Read, free).map_err(|e| fault(&e))?;
        self.held = 0;
        self.end = have < self.raw.len();
        let block = self.raw.get(..have).unwrap_or_default();
        if !self.started {
            self.started = true;
            self.decoder = match block {
                [0xEF, 0xBB, 0xBF, ..] => Some(UTF_8.new_decoder_with_bom_removal()),
                [0xFF, 0xFE, ..] => Some(UTF_16LE.new_decoder_with_bom_removal()),
                [0xFE, 0xFF, ..] => Some(UTF_16BE.new_decoder_with_bom_removal()),
                _ => None,
            };
        }
        if self.decoder.is_none() {
            // ASCII is the same in all; the first other byte decides, seen with what follows it.
            let ascii = block.iter().position(|b| !b.is_ascii()).unwrap_or(block.len());
            let (plain, rest) = block.split_at(ascii);
            out.push_str(std::str::from_utf8(plain).unwrap_or_default());
            if rest.is_empty() {
                return Ok(true);
            }
            if rest.len() < 64 && !self.end {
                self.held = rest.len();
                self.raw.copy_within(ascii..have, 0);
                return Ok(true);
            }
            let utf8 = match std::str::from_utf8(rest) {
                Ok(_) => true,
                Err(e) => e.error_len().is_none() && e.valid_up_to() > 0,
            };
            // A few bytes cut by an export in a long UTF-8 text do not make it GB18030.
            let utf8 = utf8 || mostly_utf8(rest);
            let mut decoder =
                if utf8 { UTF_8.new_decoder_without_bom_handling() } else { GB18030.new_decoder() };
            decode(&mut decoder, rest, self.end, out);
            self.decoder = Some(decoder);
        } else if let Some(decoder) = &mut self.decoder {
            decode(decoder, block, self.end, out);
        }
        Ok(true)
    }
}

fn decode(decoder: &mut Decoder, bytes: &[u8], last: bool, out: &mut String) {
    out.reserve(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 16));
    let _ = decoder.decode_to_string(bytes, out, last);
}

/// At least 20 valid Chinese characters for each invalid place.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good >= bad * 20 && good > 0
}

enum Step {
    Row,
    /// The buffer ends within the row.
    More,
}

/// The rows of a text table.
pub(crate) struct Rows {
    decoded: Decoded,
    separator: &'static str,
    skip_line: bool,
    buffer: String,
    at: usize,
    end: bool,
    number: u32,
}

impl Rows {
    pub(crate) fn next(&mut self, row: &mut Row) -> Result<bool, Error> {
        loop {
            if self.at >= self.buffer.len() {
                if self.end {
                    return Ok(false);
                }
                self.refill()?;
                continue;
            }
            row.clear();
            let number = self.number.saturating_add(1);
            match self.step(row, number)? {
                Step::Row if self.skip_line => self.skip_line = false,
                Step::Row => {
                    self.number = number;
                    row.number = number;
                    // A lone end-of-file mark of old systems.
                    if self.end && self.at >= self.buffer.len() && row.text == "\u{1A}" {
                        return Ok(false);
                    }
                    return Ok(true);
                }
                Step::More => {
                    if self.buffer.len() - self.at > MAX_ROW + BLOCK {
                        // An open quotation mark swallows everything after it.
                        let quoted =
                            self.buffer.get(self.at..).is_some_and(|t| open_quote(t, self.separator));
                        return Err(if quoted { quote(number) } else { too_long(number) });
                    }
                    self.refill()?;
                }
            }
        }
    }

    fn refill(&mut self) -> Result<(), Error> {
        self.buffer.drain(..self.at);
        self.at = 0;
        if !self.decoded.read(&mut self.buffer)? {
            self.end = true;
        }
        Ok(())
    }

    /// Cuts one row off the buffer.
    fn step(&mut self, row: &mut Row, number: u32) -> Result<Step, Error> {
        let text = self.buffer.as_str();
        let bytes = text.as_bytes();
        let separator = self.separator.as_bytes();
        let first = separator.first().copied().unwrap_or(b',');
        let mut at = self.at;
        loop {
            // One cell from `at`.
            let start = row.text.len();
            if bytes.get(at) == Some(&b'"') {
                at += 1;
                loop {
                    let rest = bytes.get(at..).unwrap_or_default();
                    let Some(n) = rest.iter().position(|b| *b == b'"') else {
                        if self.end {
                            return Err(quote(number));
                        }
                        return Ok(Step::More);
                    };
                    row.text.push_str(text.get(at..at + n).unwrap_or_default());
                    at += n + 1;
                    match bytes.get(at) {
                        Some(b'"') => {
                            row.text.push('"');
                            at += 1;
                        }
                        None if !self.end => return Ok(Step::More),
                        _ => break,
                    }
                }
            }
            let from = at;
            let ends = loop {
                let rest = bytes.get(at..).unwrap_or_default();
                match rest.iter().position(|b| *b == first || *b == b'\n' || *b == b'\r') {
                    None => {
                        at = bytes.len();
                        if !self.end {
                            return Ok(Step::More);
                        }
                        break None;
                    }
                    Some(n) => {
                        at += n;
                        let here = bytes.get(at..).unwrap_or_default();
                        if here.starts_with(separator) {
                            break Some(separator.len());
                        }
                        match here {
                            [b'\n', ..] | [b'\r'] if self.end => break Some(1),
                            [b'\n', ..] => break Some(1),
                            [b'\r', b'\n', ..] => break Some(2),
                            [b'\r'] => return Ok(Step::More),
                            [b'\r', ..] => break Some(1),
                            // The first byte of some other character.
                            _ => at += 1,
                        }
                    }
                }
            };
            row.text.push_str(text.get(from..at).unwrap_or_default());
            if row.text.len() - start > MAX_CELL || row.text.len() > MAX_ROW {
                return Err(too_long(number));
            }
            // Empty columns on the right are no width.
            if row.ends.len() >= MAX_COLUMNS {
                if row.text.len() > start {
                    return Err(too_wide(number));
                }
            } else {
                row.end(CellKind::Text);
            }
            let separated = bytes.get(at).is_some_and(|b| *b == first) && ends.is_some();
            at += ends.unwrap_or(0);
            if !separated {
                self.at = at;
                return Ok(Step::Row);
            }
        }
    }
}

fn quote(row: u32) -> Error {
    Refusal::new(&refusals::FILE_QUOTE).with("row", row).into()
}

/// Whether a cell that starts with a quotation mark is still open after a long way.
fn open_quote(text: &str, separator: &str) -> bool {
    let mark = format!("{separator}\"");
    text.starts_with('"') || text.find(&mark).is_some_and(|at| at < MAX_ROW)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<Vec<String>> {
        let dialect = Dialect::guess(bytes).unwrap();
        let mut rows = dialect.rows(Box::new(std::io::Cursor::new(bytes.to_vec())));
        let mut row = Row::default();
        let mut all = Vec::new();
        while rows.next(&mut row).unwrap() {
            assert_eq!(row.number() as usize, all.len() + 1);
            all.push(row.cells().map(|c| c.text.to_owned()).collect());
        }
        all
    }

    #[test]
    fn splits() {
        assert_eq!(
            read(b"a,b\r\n\"x,\"\"y\"\"\n2\",\r\n\r\nlast"),
            vec![vec!["a", "b"], vec!["x,\"y\"\n2", ""], vec![""], vec!["last"]]
        );
        assert_eq!(read("姓名，电话\n张三，1\n".as_bytes()), vec![vec!["姓名", "电话"], vec!["张三", "1"]]);
        assert_eq!(read(b"sep=;\na;b\n1,5;2\n"), vec![vec!["a", "b"], vec!["1,5", "2"]]);
        assert_eq!(read(b"a\tb\n1,2\t3\n"), vec![vec!["a", "b"], vec!["1,2", "3"]]);
        assert_eq!(read(b"a|b\r1|2\r"), vec![vec!["a", "b"], vec!["1", "2"]]);
    }

    #[test]
    fn decodes_late_and_cut_characters() {
        // The first Chinese character comes after two blocks, in GB18030.
        let mut bytes = Vec::new();
        for _ in 0..30_000 {
            bytes.extend_from_slice(b"abc,1\n");
        }
        let (gb, _, _) = GB18030.encode("张三,二\n㐂㐂,三\n");
        bytes.extend_from_slice(&gb);
        let rows = read(&bytes);
        assert_eq!(rows[30_000], ["张三", "二"]);
        assert_eq!(rows[30_001], ["㐂㐂", "三"]);
        let mut utf8: Vec<u8> = "姓名,社区\n".repeat(20_000).into_bytes();
        utf8.extend_from_slice(b"\xE5\xBC,x\n");
        let rows = read(&utf8);
        assert_eq!(rows.len(), 20_001);
        assert_eq!(rows[20_000][0], "\u{FFFD}");
    }

    #[test]
    fn open_quote_is_refused() {
        let mut bytes = b"a,b\n1,\"x\n".to_vec();
        bytes.extend(std::iter::repeat_n(b"1,2\n", 200_000).flatten());
        let mut rows = Dialect::guess(&bytes).unwrap().rows(Box::new(std::io::Cursor::new(bytes)));
        let mut row = Row::default();
        assert!(rows.next(&mut row).unwrap());
        assert_eq!(rows.next(&mut row).unwrap_err().code(), "roster.file_quote");
    }
}
