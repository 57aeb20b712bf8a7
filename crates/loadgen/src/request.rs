//! Request bytes, and a single question outside any run (signing in before a measurement, say).

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::reader::{Reader, headers};

/// Appends a request to `out`. A body brings its own `Content-Length`; further headers (`Content-Type`,
/// `Origin`, …) are the caller's.
pub fn write_request(
    out: &mut Vec<u8>,
    method: &str,
    path: &str,
    host: &str,
    cookie: Option<&str>,
    headers: &[(&str, &str)],
    body: &[u8],
) {
    out.extend_from_slice(method.as_bytes());
    out.push(b' ');
    for byte in path.bytes() {
        // A path may be given as people write it; what cannot stand in a request line is escaped.
        if byte.is_ascii_graphic() { out.push(byte) } else { escape(out, byte) }
    }
    put(out, &[" HTTP/1.1\r\nHost: ", host, "\r\n"]);
    if let Some(cookie) = cookie {
        put(out, &["Cookie: ", cookie, "\r\n"]);
    }
    for (name, value) in headers {
        put(out, &[name, ": ", value, "\r\n"]);
    }
    if !body.is_empty() || !matches!(method, "GET" | "HEAD") {
        put(out, &["Content-Length: ", &body.len().to_string(), "\r\n"]);
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
}

/// Appends a `GET` to `out`.
pub fn write_get(out: &mut Vec<u8>, path: &str, host: &str, cookie: Option<&str>) {
    write_request(out, "GET", path, host, cookie, &[], b"");
}

/// Appends the `POST` of a form to `out`, the way a browser on the same site sends it: with an `Origin`.
pub fn write_post_form(
    out: &mut Vec<u8>,
    path: &str,
    host: &str,
    cookie: Option<&str>,
    fields: &[(&str, &str)],
) {
    let origin = format!("http://{host}");
    let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Origin", origin.as_str())];
    write_request(out, "POST", path, host, cookie, &headers, &form_body(fields));
}

/// The bytes of any request; see [`write_request`].
#[must_use]
pub fn build_request(
    method: &str,
    path: &str,
    host: &str,
    cookie: Option<&str>,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Vec<u8> {
    let mut out = Vec::new();
    write_request(&mut out, method, path, host, cookie, headers, body);
    out
}

/// The bytes of a `GET`.
#[must_use]
pub fn build_get(path: &str, host: &str, cookie: Option<&str>) -> Vec<u8> {
    let mut out = Vec::new();
    write_get(&mut out, path, host, cookie);
    out
}

/// The bytes of a form's `POST`; see [`write_post_form`].
#[must_use]
pub fn build_post_form(path: &str, host: &str, cookie: Option<&str>, fields: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    write_post_form(&mut out, path, host, cookie, fields);
    out
}

/// Fields as `application/x-www-form-urlencoded`.
#[must_use]
pub fn form_body(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in fields {
        if !out.is_empty() {
            out.push(b'&');
        }
        form_text(&mut out, name);
        out.push(b'=');
        form_text(&mut out, value);
    }
    out
}

fn form_text(out: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        match byte {
            b' ' => out.push(b'+'),
            b'*' | b'-' | b'.' | b'_' => out.push(byte),
            _ if byte.is_ascii_alphanumeric() => out.push(byte),
            _ => escape(out, byte),
        }
    }
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    out.push(b'%');
    for half in [byte >> 4, byte & 15] {
        out.push(if half < 10 { b'0' + half } else { b'A' + half - 10 });
    }
}

fn put(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}

/// The answer to a single question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Status line and header lines, as they came.
    pub head: Vec<u8>,
    /// The body, with chunked transfer undone.
    pub body: Vec<u8>,
}

impl Reply {
    /// The value of the first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        headers(&self.head, name).next()
    }

    /// The cookies this answer sets, ready to be sent back: `name=value; name=value`. None if there are none.
    #[must_use]
    pub fn cookies(&self) -> Option<String> {
        let pairs: Vec<&str> = headers(&self.head, "set-cookie")
            .filter_map(|cookie| cookie.split(';').next().map(str::trim))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// The body as text, with anything that is not UTF-8 replaced.
    #[must_use]
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

/// Sends one request on a connection of its own and waits for the answer, at most `timeout` per step.
pub fn ask(addr: SocketAddr, request: &[u8], timeout: Duration) -> io::Result<Reply> {
    let mut socket = TcpStream::connect_timeout(&addr, timeout)?;
    socket.set_read_timeout(Some(timeout))?;
    socket.set_write_timeout(Some(timeout))?;
    socket.set_nodelay(true)?;
    socket.write_all(request)?;
    let mut reader = Reader::new();
    reader.reset(request.starts_with(b"HEAD "), true);
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = match socket.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        let complete = if read == 0 {
            if !reader.ends_at_close() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            true
        } else {
            let fed = reader.feed(buffer.get(..read).unwrap_or_default());
            let fed =
                fed.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not an HTTP/1.1 answer"))?;
            fed.is_some()
        };
        if complete {
            return Ok(Reply { status: reader.status, head: reader.head, body: reader.body });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_get() {
        assert_eq!(
            String::from_utf8(build_get("/姓名?q=a b", "localhost:1", Some("s=1"))).unwrap(),
            "GET /%E5%A7%93%E5%90%8D?q=a%20b HTTP/1.1\r\nHost: localhost:1\r\nCookie: s=1\r\n\r\n"
        );
    }

    #[test]
    fn a_form() {
        assert_eq!(
            String::from_utf8(build_post_form("/in", "h", None, &[("a", "1 & 2"), ("名", "é*")])).unwrap(),
            "POST /in HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Origin: http://h\r\nContent-Length: 27\r\n\r\na=1+%26+2&%E5%90%8D=%C3%A9*"
        );
    }

    #[test]
    fn a_post_without_a_body_says_so() {
        let request = String::from_utf8(build_request("POST", "/", "h", None, &[("X", "y")], b"")).unwrap();
        assert_eq!(request, "POST / HTTP/1.1\r\nHost: h\r\nX: y\r\nContent-Length: 0\r\n\r\n");
    }

    #[test]
    fn cookies_are_handed_back_without_their_attributes() {
        let reply = Reply {
            status: 200,
            head: b"HTTP/1.1 200 OK\r\nSet-Cookie: s=1; HttpOnly\r\nSet-Cookie: t=2\r\n\r\n".to_vec(),
            body: Vec::new(),
        };
        assert_eq!(reply.cookies().as_deref(), Some("s=1; t=2"));
        assert_eq!(Reply { head: Vec::new(), ..reply }.cookies(), None);
    }
}
