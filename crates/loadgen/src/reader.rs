//! Reads one HTTP/1.1 answer at a time out of whatever pieces the socket hands over.

use std::time::Duration;

use memchr::{memchr, memchr_iter};

/// An answer's head may not be longer than this.
const MAX_HEAD: usize = 64 * 1024;
/// The head is gathered in steps of this size, so that a body is not copied while looking for its end.
const HEAD_STEP: usize = 1024;

/// One complete answer, as a [`Source`](crate::Source) sees it.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The status code.
    pub status: u16,
    /// Status line and header lines, as they came.
    pub head: &'a [u8],
    /// The body, with chunked transfer undone; empty when the source does not want bodies.
    pub body: &'a [u8],
    /// What is recorded as this request's latency.
    pub latency: Duration,
}

impl<'a> Answer<'a> {
    /// The value of the first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        headers(self.head, name).next()
    }

    /// The values of all headers of that name.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &'a str> {
        headers(self.head, name)
    }

    /// The body as text, with anything that is not UTF-8 replaced.
    #[must_use]
    pub fn text(&self) -> std::borrow::Cow<'a, str> {
        String::from_utf8_lossy(self.body)
    }
}

/// The values of the header lines of that name in a raw head.
pub(crate) fn headers<'a>(head: &'a [u8], name: &str) -> impl Iterator<Item = &'a str> {
    head.split(|byte| *byte == b'\n').skip(1).filter_map(move |line| {
        let (found, value) = line.split_at_checked(memchr(b':', line)?)?;
        if !found.eq_ignore_ascii_case(name.as_bytes()) {
            return None;
        }
        Some(std::str::from_utf8(value.get(1..)?).ok()?.trim())
    })
}

/// What came is not an HTTP/1.1 answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Head,
    Length,
    UntilClose,
    ChunkSize,
    ChunkData,
    ChunkEnd,
    Trailer,
    Done,
}

/// The state of one answer being read. Its buffers are used again for the next one.
#[derive(Debug)]
pub(crate) struct Reader {
    stage: Stage,
    pub(crate) head: Vec<u8>,
    pub(crate) body: Vec<u8>,
    pub(crate) status: u16,
    /// The server will answer further requests on this connection.
    pub(crate) keep_alive: bool,
    /// Bytes taken since [`Reader::reset`].
    pub(crate) taken: u64,
    /// Bytes of the body or chunk still to come.
    left: u64,
    /// Inside a chunk-size line: past its digits. Inside the trailer: bytes on the current line.
    line: usize,
    digits: u8,
    to_head_request: bool,
    keep_body: bool,
}

impl Reader {
    pub(crate) fn new() -> Self {
        Self {
            stage: Stage::Done,
            head: Vec::new(),
            body: Vec::new(),
            status: 0,
            keep_alive: true,
            taken: 0,
            left: 0,
            line: 0,
            digits: 0,
            to_head_request: false,
            keep_body: true,
        }
    }

    /// Makes ready for the answer to a new request.
    pub(crate) fn reset(&mut self, to_head_request: bool, keep_body: bool) {
        self.stage = Stage::Head;
        self.head.clear();
        self.body.clear();
        self.status = 0;
        self.keep_alive = true;
        self.taken = 0;
        self.left = 0;
        self.to_head_request = to_head_request;
        self.keep_body = keep_body;
    }

    /// Takes what came. Once the answer is complete, says how many bytes of `data` belonged to it.
    pub(crate) fn feed(&mut self, data: &[u8]) -> Result<Option<usize>, Malformed> {
        let mut rest = data;
        while self.stage != Stage::Done {
            if rest.is_empty() {
                self.taken += data.len() as u64;
                return Ok(None);
            }
            let used = match self.stage {
                Stage::Head => self.take_head(rest)?,
                Stage::Length | Stage::ChunkData | Stage::UntilClose => self.take_body(rest),
                Stage::ChunkSize => self.take_chunk_size(rest)?,
                Stage::ChunkEnd | Stage::Trailer => self.take_line_end(rest)?,
                Stage::Done => 0,
            };
            rest = rest.get(used..).unwrap_or_default();
        }
        let used = data.len() - rest.len();
        self.taken += used as u64;
        Ok(Some(used))
    }

    /// The server has closed the connection: returns whether that is how this answer was to end.
    pub(crate) fn ends_at_close(&mut self) -> bool {
        let ends = self.stage == Stage::UntilClose;
        if ends {
            self.stage = Stage::Done;
        }
        ends
    }

    fn take_head(&mut self, rest: &[u8]) -> Result<usize, Malformed> {
        let before = self.head.len();
        let step = rest.get(..HEAD_STEP).unwrap_or(rest);
        self.head.extend_from_slice(step);
        let end = memchr_iter(b'\n', step).map(|at| before + at + 1).find(|end| {
            let head = self.head.get(..*end).unwrap_or_default();
            head.ends_with(b"\r\n\r\n") || head.ends_with(b"\n\n")
        });
        let Some(end) = end else {
            return if self.head.len() > MAX_HEAD { Err(Malformed) } else { Ok(step.len()) };
        };
        self.head.truncate(end);
        self.read_head()?;
        Ok(end - before)
    }

    fn read_head(&mut self) -> Result<(), Malformed> {
        let mut lines = self.head.split(|byte| *byte == b'\n');
        let first = lines.next().unwrap_or_default();
        let (version, code) = first.split_at_checked(9).ok_or(Malformed)?;
        self.keep_alive = match version {
            b"HTTP/1.1 " => true,
            b"HTTP/1.0 " => false,
            _ => return Err(Malformed),
        };
        self.status = match code {
            [a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', after @ ..]
                if !after.first().is_some_and(u8::is_ascii_digit) =>
            {
                u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0')
            }
            _ => return Err(Malformed),
        };
        let mut length = None;
        let mut chunked = false;
        for line in lines {
            // Only three headers matter; the first letter rules out nearly all others.
            if !matches!(line.first(), Some(b'c' | b'C' | b't' | b'T')) {
                continue;
            }
            let Some((name, value)) = memchr(b':', line).and_then(|at| line.split_at_checked(at)) else {
                continue;
            };
            let value = value.get(1..).unwrap_or_default().trim_ascii();
            if name.eq_ignore_ascii_case(b"content-length") {
                let text = std::str::from_utf8(value).map_err(|_| Malformed)?;
                length = Some(text.parse::<u64>().map_err(|_| Malformed)?);
            } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
                chunked = value.to_ascii_lowercase().ends_with(b"chunked");
            } else if name.eq_ignore_ascii_case(b"connection") {
                if value.eq_ignore_ascii_case(b"close") {
                    self.keep_alive = false;
                } else if value.eq_ignore_ascii_case(b"keep-alive") {
                    self.keep_alive = true;
                }
            }
        }
        if self.status == 101 {
            return Err(Malformed);
        }
        self.stage = if self.status < 200 {
            // "100 Continue" and "103 Early Hints": the answer proper is still to come.
            self.head.clear();
            Stage::Head
        } else if self.to_head_request || matches!(self.status, 204 | 304) {
            Stage::Done
        } else if chunked {
            self.digits = 0;
            self.line = 0;
            Stage::ChunkSize
        } else if let Some(length) = length {
            self.left = length;
            if length == 0 { Stage::Done } else { Stage::Length }
        } else {
            self.keep_alive = false;
            Stage::UntilClose
        };
        Ok(())
    }

    fn take_body(&mut self, rest: &[u8]) -> usize {
        let ends = self.stage != Stage::UntilClose;
        let here = match usize::try_from(self.left) {
            Ok(left) if ends => rest.get(..left).unwrap_or(rest),
            _ => rest,
        };
        if self.keep_body {
            self.body.extend_from_slice(here);
        }
        if ends {
            self.left -= here.len() as u64;
            if self.left == 0 {
                self.stage = if self.stage == Stage::Length { Stage::Done } else { Stage::ChunkEnd };
            }
        }
        here.len()
    }

    fn take_chunk_size(&mut self, rest: &[u8]) -> Result<usize, Malformed> {
        for (at, byte) in rest.iter().enumerate() {
            let digit = match byte {
                b'\n' if self.digits > 0 => {
                    self.stage = if self.left == 0 { Stage::Trailer } else { Stage::ChunkData };
                    self.digits = 0;
                    self.line = 0;
                    return Ok(at + 1);
                }
                // After the digits, an extension or the carriage return: nothing to us.
                _ if self.line > 0 => continue,
                b'0'..=b'9' => byte - b'0',
                b'a'..=b'f' => byte - b'a' + 10,
                b'A'..=b'F' => byte - b'A' + 10,
                b';' | b' ' | b'\t' | b'\r' if self.digits > 0 => {
                    self.line = 1;
                    continue;
                }
                _ => return Err(Malformed),
            };
            self.digits += 1;
            if self.digits > 15 {
                return Err(Malformed);
            }
            self.left = self.left << 4 | u64::from(digit);
        }
        Ok(rest.len())
    }

    /// The line end after a chunk's data, or the trailer lines after the last chunk up to an empty one.
    fn take_line_end(&mut self, rest: &[u8]) -> Result<usize, Malformed> {
        for (at, byte) in rest.iter().enumerate() {
            match (byte, self.stage) {
                (b'\r', _) => {}
                (b'\n', Stage::ChunkEnd) => {
                    self.left = 0;
                    self.stage = Stage::ChunkSize;
                    return Ok(at + 1);
                }
                (b'\n', _) if self.line == 0 => {
                    self.stage = Stage::Done;
                    return Ok(at + 1);
                }
                (b'\n', _) => self.line = 0,
                (_, Stage::ChunkEnd) => return Err(Malformed),
                _ => self.line += 1,
            }
        }
        Ok(rest.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds the same bytes in pieces of every size; all must agree.
    fn read(bytes: &[u8]) -> Result<Option<(u16, String, bool, usize)>, Malformed> {
        let mut results = Vec::new();
        for piece in 1..=bytes.len() {
            let mut reader = Reader::new();
            reader.reset(false, true);
            let mut before = 0;
            let mut result = Ok(None);
            for part in bytes.chunks(piece) {
                match reader.feed(part) {
                    Ok(None) => before += part.len(),
                    Ok(Some(used)) => {
                        let body = String::from_utf8(reader.body.clone()).unwrap();
                        assert_eq!(reader.taken, (before + used) as u64);
                        result = Ok(Some((reader.status, body, reader.keep_alive, before + used)));
                        break;
                    }
                    Err(Malformed) => {
                        result = Err(Malformed);
                        break;
                    }
                }
            }
            results.push(result);
        }
        results.dedup();
        assert_eq!(results.len(), 1, "the pieces changed the result: {results:?}");
        results.remove(0)
    }

    #[test]
    fn content_length() {
        let text = "HTTP/1.1 200 OK\r\nX: y\r\ncontent-LENGTH: 5\r\n\r\nhello, more";
        assert_eq!(read(text.as_bytes()), Ok(Some((200, "hello".into(), true, text.len() - 6))));
        let text = "HTTP/1.1 303 See Other\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(read(text.as_bytes()), Ok(Some((303, String::new(), false, text.len()))));
    }

    #[test]
    fn chunks_with_extensions_and_trailers() {
        let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
                    4;a=b\r\nWiki\r\n00B\r\npedia in ch\r\n0\r\nDigest: x\r\nOther: y\r\n\r\n";
        assert_eq!(read(text.as_bytes()), Ok(Some((200, "Wikipedia in ch".into(), true, text.len()))));
    }

    #[test]
    fn no_body_and_interim_answers() {
        let text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n";
        assert_eq!(read(text.as_bytes()), Ok(Some((304, String::new(), true, text.len()))));
        let mut reader = Reader::new();
        reader.reset(true, true);
        assert_eq!(reader.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), Ok(Some(38)));
    }

    #[test]
    fn until_close() {
        let mut reader = Reader::new();
        reader.reset(false, true);
        assert_eq!(reader.feed(b"HTTP/1.0 200 OK\r\n\r\nabc"), Ok(None));
        assert!(reader.ends_at_close());
        assert_eq!((reader.body.as_slice(), reader.keep_alive), (b"abc".as_slice(), false));
        reader.reset(false, true);
        assert_eq!(reader.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), Ok(None));
        assert!(!reader.ends_at_close());
    }

    #[test]
    fn rubbish_is_refused() {
        for text in [
            "SSH-2.0-OpenSSH_9.2\r\n\r\n",
            "HTTP/1.1 2000 OK\r\n\r\n",
            "HTTP/1.1 20\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
        ] {
            assert_eq!(read(text.as_bytes()), Err(Malformed), "{text}");
        }
    }

    #[test]
    fn a_head_has_a_limit() {
        let mut reader = Reader::new();
        reader.reset(false, true);
        assert_eq!(reader.feed(&[b'a'; MAX_HEAD + HEAD_STEP * 2]), Err(Malformed));
    }

    #[test]
    fn an_unwanted_body_is_not_kept() {
        let mut reader = Reader::new();
        reader.reset(false, false);
        assert_eq!(reader.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"), Ok(Some(41)));
        assert!(reader.body.is_empty());
    }

    #[test]
    fn headers_by_name() {
        let head = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nset-cookie:b=2\r\nX: 1\r\n\r\n";
        let answer = Answer { status: 200, head, body: b"", latency: Duration::ZERO };
        assert_eq!(answer.headers("set-cookie").collect::<Vec<_>>(), ["a=1; Path=/", "b=2"]);
        assert_eq!(answer.header("x"), Some("1"));
        assert_eq!(answer.header("missing"), None);
    }
}
