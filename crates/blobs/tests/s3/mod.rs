//! A service that speaks just enough S3 to be strict about it: it computes every signature anew and refuses what it
//! does not find, keeps objects in memory, and fails on demand.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests"
)]

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::percent_decode_str;
use sha2::{Digest as _, Sha256};

pub const KEY: &str = "AKEXAMPLE";
pub const SECRET: &str = "a secret with / and + in it";
pub const REGION: &str = "cn-test-1";
pub const BUCKET: &str = "city";

/// What goes wrong with the next request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 500 with a body of XML.
    Broken,
    /// 503, slow down.
    Busy,
    /// No answer for longer than anybody waits.
    Silent,
    /// The connection ends in the middle of the body.
    Cut,
    /// One byte of the body is another.
    Altered,
}

#[derive(Default)]
pub struct State {
    pub objects: BTreeMap<String, Vec<u8>>,
    pub faults: VecDeque<Fault>,
    pub requests: Vec<String>,
    pub page: usize,
}

pub struct Server {
    pub addr: SocketAddr,
    pub state: Arc<Mutex<State>>,
}

impl Server {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State { page: 1000, ..State::default() }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, addr, &shared));
            }
        });
        Self { addr, state }
    }

    pub fn fail(&self, faults: &[Fault]) {
        self.state.lock().unwrap().faults.extend(faults);
    }
}

struct Asked {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
    let mut parts = line.split_whitespace();
    let (method, target) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    assert!(!headers.contains_key("transfer-encoding"), "S3 wants to know the length");
    let length = headers.get("content-length").map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let query = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect();
    Some(Asked { method, path: path.to_owned(), query, headers, body })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

/// AWS Signature Version 4 of a signed address, from the document that defines it.
fn signed(asked: &Asked) -> Result<(), &'static str> {
    let get = |name: &str| asked.query.iter().find(|(k, _)| k == name).map(|(_, v)| decoded(v));
    if get("X-Amz-Algorithm").as_deref() != Some("AWS4-HMAC-SHA256") {
        return Err("no algorithm");
    }
    let credential = get("X-Amz-Credential").ok_or("no credential")?;
    let parts: Vec<&str> = credential.split('/').collect();
    let [key, day, region, "s3", "aws4_request"] = parts.as_slice() else { return Err("credential") };
    if *key != KEY || *region != REGION {
        return Err("unknown key or region");
    }
    let date = get("X-Amz-Date").ok_or("no date")?;
    if !date.starts_with(day) || get("X-Amz-Expires").is_none() {
        return Err("date");
    }
    let names = get("X-Amz-SignedHeaders").ok_or("no headers")?;
    if !names.split(';').any(|name| name == "host") {
        return Err("the host is not signed");
    }
    let mut query: Vec<String> =
        asked.query.iter().filter(|(k, _)| k != "X-Amz-Signature").map(|(k, v)| format!("{k}={v}")).collect();
    query.sort();
    let headers: String = names
        .split(';')
        .map(|name| format!("{name}:{}\n", asked.headers.get(name).map_or("", String::as_str)))
        .collect();
    let canonical = format!(
        "{}\n{}\n{}\n{headers}\n{names}\nUNSIGNED-PAYLOAD",
        asked.method,
        asked.path,
        query.join("&")
    );
    let scope = format!("{day}/{region}/s3/aws4_request");
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
    let mut sign = mac(format!("AWS4{SECRET}").as_bytes(), day);
    for part in [*region, "s3", "aws4_request"] {
        sign = mac(&sign, part);
    }
    if get("X-Amz-Signature").as_deref() == Some(hex(&mac(&sign, &text)).as_str()) {
        Ok(())
    } else {
        Err("the signature does not match")
    }
}

fn list(state: &State, asked: &Asked) -> Vec<u8> {
    let get = |name: &str| asked.query.iter().find(|(k, _)| k == name).map(|(_, v)| decoded(v));
    let (prefix, after) = (get("prefix").unwrap_or_default(), get("continuation-token").unwrap_or_default());
    let mut all = state.objects.iter().filter(|(key, _)| key.starts_with(&prefix) && **key > after);
    let page: Vec<_> = all.by_ref().take(state.page).collect();
    let next = all
        .next()
        .and(page.last())
        .map(|(key, _)| format!("<NextContinuationToken>{key}</NextContinuationToken>"));
    let contents: String = page
        .iter()
        .map(|(key, bytes)| {
            format!(
                "<Contents><Key>{key}</Key><LastModified>2026-03-05T01:02:03.000Z</LastModified><ETag>&quot;x&quot;</ETag>\
                 <Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
                bytes.len()
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <Name>{BUCKET}</Name><Prefix>{prefix}</Prefix><KeyCount>{}</KeyCount><MaxKeys>1000</MaxKeys>\
         <IsTruncated>{}</IsTruncated>{}{contents}</ListBucketResult>",
        page.len(),
        next.is_some(),
        next.as_deref().unwrap_or_default()
    )
    .into_bytes()
}

fn say(stream: &mut TcpStream, status: &str, body: &[u8]) -> bool {
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).is_ok()
}

fn serve(stream: TcpStream, addr: SocketAddr, shared: &Mutex<State>) {
    let mut out = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    while let Some(asked) = read(&mut reader) {
        let fault = {
            let mut state = shared.lock().unwrap();
            state.requests.push(format!("{} {}", asked.method, asked.path));
            state.faults.pop_front()
        };
        assert_eq!(asked.headers.get("host"), Some(&addr.to_string()));
        match fault {
            Some(Fault::Broken) => {
                if say(&mut out, "500 Internal Server Error", b"<Error><Code>InternalError</Code></Error>") {
                    continue;
                }
                return;
            }
            Some(Fault::Busy) => {
                if say(&mut out, "503 Slow Down", b"") {
                    continue;
                }
                return;
            }
            Some(Fault::Silent) => {
                std::thread::sleep(Duration::from_millis(900));
                return;
            }
            _ => {}
        }
        if let Err(why) = signed(&asked) {
            let text = format!("<Error><Code>SignatureDoesNotMatch</Code><Message>{why}</Message></Error>");
            if say(&mut out, "403 Forbidden", text.as_bytes()) {
                continue;
            }
            return;
        }
        let mut state = shared.lock().unwrap();
        let path = decoded(&asked.path);
        let key =
            path.strip_prefix(&format!("/{BUCKET}")).expect("path style").trim_start_matches('/').to_owned();
        let more = match asked.method.as_str() {
            "PUT" => {
                state.objects.insert(key, asked.body);
                say(&mut out, "200 OK", b"")
            }
            "DELETE" => {
                state.objects.remove(&key);
                say(&mut out, "204 No Content", b"")
            }
            "GET" if key.is_empty() => {
                let body = list(&state, &asked);
                say(&mut out, "200 OK", &body)
            }
            "GET" => match state.objects.get(&key).cloned() {
                None => say(&mut out, "404 Not Found", b"<Error><Code>NoSuchKey</Code></Error>"),
                Some(bytes) if fault == Some(Fault::Cut) => {
                    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", bytes.len());
                    let _ = out.write_all(head.as_bytes());
                    let _ = out.write_all(&bytes[..bytes.len() / 2]);
                    false
                }
                Some(mut bytes) => {
                    if fault == Some(Fault::Altered) {
                        bytes[0] ^= 1;
                    }
                    say(&mut out, "200 OK", &bytes)
                }
            },
            other => panic!("{other} is not asked for"),
        };
        if !more {
            return;
        }
    }
}
