//! A client that reads the description from a running server and sends what it allows and what it does not, as
//! every role: no answer may be a fault, and none may differ from what is described.
//!
//! `LINLI_FUZZ_SECONDS=600 cargo test -p linli --test program fuzz_long -- --ignored --nocapture`, with
//! `LINLI_FUZZ_SEED` to repeat a run.
#![expect(clippy::indexing_slicing, reason = "helpers of tests over JSON")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use jsonschema::Validator;
use kernel::{Clock as _, Scope, SystemClock};
use loadgen::Reply;
use serde_json::{Value, json};
use vault::SeededRandom;

use crate::api::{ROLES, ask, issue, json_of, operations};
use crate::common::{City, csrf};
use crate::sample::{Source, kind_of};

/// Somebody who asks, by the headers they send.
struct Caller {
    name: String,
    headers: Vec<(String, String)>,
}

fn callers(city: &City) -> Vec<Caller> {
    let header = |name: &str, value: String| (name.to_owned(), value);
    let mut out = vec![
        Caller { name: "nobody".to_owned(), headers: Vec::new() },
        Caller {
            name: "bad token".to_owned(),
            headers: vec![header("authorization", "Bearer linli_bad".to_owned())],
        },
    ];
    for role in ROLES {
        let login = format!("demo-{role}");
        let whole = issue(city, &login, Scope::ALL);
        out.push(Caller { name: role.to_owned(), headers: vec![header("authorization", whole)] });
    }
    let narrow = issue(city, "demo-office", &[Scope::ServiceRead]);
    out.push(Caller {
        name: "office, reading only".to_owned(),
        headers: vec![header("authorization", narrow)],
    });
    let cookie = city.sign_in("demo-leader");
    let code = csrf(&city.get("/help", Some(&cookie)));
    out.push(Caller {
        name: "leader by cookie".to_owned(),
        headers: vec![header("cookie", cookie), header("x-csrf-token", code)],
    });
    out
}

struct Client<'c> {
    city: &'c City,
    document: Value,
    operations: Vec<(String, String, Value)>,
    callers: Vec<Caller>,
    source: Source,
    validators: HashMap<(usize, u16), Validator>,
    wrong: Vec<String>,
    /// How often each operation answered with each status.
    answered: BTreeMap<(usize, u16), usize>,
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

impl Client<'_> {
    fn address(&mut self, path: &str, operation: &Value) -> String {
        let mut out = path.to_owned();
        let mut query = Vec::new();
        for parameter in operation["parameters"].as_array().unwrap() {
            let Some(name) = parameter["name"].as_str() else { continue };
            if parameter["in"] == "path" {
                let kind = kind_of(&parameter["schema"]).to_owned();
                let value = if self.source.chance(90) { self.source.id(&kind) } else { self.source.text() };
                let value = if value.is_empty() { "0".to_owned() } else { value };
                out = out.replace(&format!("{{{name}}}"), &escaped(&value));
            } else if self.source.chance(45) {
                let value = match name == "after" && self.source.chance(60) {
                    true => json!(self.source.id("next")),
                    false => self.source.value(&self.document, &parameter["schema"], 25),
                };
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let text: String = text.chars().take(2000).collect();
                query.push(format!("{name}={}", escaped(&text)));
                if self.source.chance(3) {
                    query.push(format!("{name}=1"));
                }
            }
        }
        match self.source.below(40) {
            0 => query.push("lang=en".to_owned()),
            1 => query.push("%ff=%fe".to_owned()),
            2 => query.push("unknown=1".to_owned()),
            _ => {}
        }
        if query.is_empty() { out } else { format!("{out}?{}", query.join("&")) }
    }

    fn body(&mut self, operation: &Value) -> Option<(String, &'static str)> {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        if schema.is_null() {
            return self.source.chance(5).then(|| ("{\"a\":1}".to_owned(), "application/json"));
        }
        let json = "application/json";
        Some(match self.source.below(100) {
            0..60 => (self.source.value(&self.document, schema, 0).to_string(), json),
            60..85 => (self.source.value(&self.document, schema, 15).to_string(), json),
            85..92 => (self.source.odd(0).to_string(), json),
            92 => ("{\"a\":".repeat(300), json),
            93 => ("[".repeat(20_000), json),
            94 => (self.source.text(), json),
            95 => ("a=b".to_owned(), "application/x-www-form-urlencoded"),
            96 => ("{}".to_owned(), "text/plain"),
            97 => ("x".repeat(1_200_000), json),
            98 => ("{}".to_owned(), "application/json; charset=utf-8"),
            _ => return None,
        })
    }

    fn turn(&mut self) {
        let at = self.source.below(self.operations.len());
        let (method, path, operation) = self.operations[at].clone();
        let who = self.source.below(self.callers.len());
        let address = self.address(&path, &operation);
        let body = if method == "GET" { None } else { self.body(&operation) };
        let mut headers: Vec<(String, String)> = self.callers[who].headers.clone();
        let (text, kind) = body.unwrap_or_default();
        if !kind.is_empty() {
            headers.push(("content-type".to_owned(), kind.to_owned()));
        }
        if self.source.chance(10) {
            let key = match self.source.below(3) {
                0 => "the same".to_owned(),
                1 => "k".repeat(self.source.below(500)),
                _ => self.source.below(50).to_string(),
            };
            headers.push(("idempotency-key".to_owned(), key));
        }
        if self.source.chance(30) {
            headers.push(("accept-language".to_owned(), "en".to_owned()));
        }
        let headers: Vec<(&str, &str)> = headers.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let host = self.city.addr.to_string();
        let request = loadgen::build_request(&method, &address, &host, None, &headers, text.as_bytes());
        let reply = match loadgen::ask(self.city.addr, &request, Duration::from_secs(20)) {
            Ok(reply) => reply,
            Err(error) => {
                return self.note(&method, &path, who, &address, &text, &format!("no answer: {error}"));
            }
        };
        *self.answered.entry((at, reply.status)).or_default() += 1;
        if let Err(why) = self.fits(at, &operation, &reply) {
            self.note(&method, &path, who, &address, &text, &why);
        }
    }

    fn note(&mut self, method: &str, path: &str, who: usize, address: &str, body: &str, why: &str) {
        let cut = |text: &str| text.chars().take(600).collect::<String>();
        let line = format!(
            "{method} {path} as {}: {}\n    {}\n    {}",
            self.callers[who].name,
            cut(why),
            cut(address),
            cut(body)
        );
        if self.wrong.len() < 200 {
            self.wrong.push(line);
        }
    }

    fn fits(&mut self, at: usize, operation: &Value, reply: &Reply) -> Result<(), String> {
        let status = reply.status;
        if status >= 500 {
            return Err(format!("{status}: {}", reply.text()));
        }
        let described = &operation["responses"][status.to_string()];
        let Some((kind, content)) = described["content"].as_object().and_then(|all| all.iter().next()) else {
            return Err(format!("{status} is not described: {}", reply.text()));
        };
        if reply.header("content-type") != Some(kind) {
            return Err(format!("{status} is {:?}, described is {kind}", reply.header("content-type")));
        }
        let value: Value =
            serde_json::from_slice(&reply.body).map_err(|error| format!("{status} is no JSON: {error}"))?;
        let document = &self.document;
        let validator = self.validators.entry((at, status)).or_insert_with(|| {
            let whole = json!({ "allOf": [content["schema"]], "components": document["components"] });
            jsonschema::validator_for(&whole).unwrap()
        });
        if let Err(error) = validator.validate(&value) {
            return Err(format!("{status} is not as described: {error} at {}", error.instance_path()));
        }
        if status < 300 {
            self.source.learn(&self.document, &content["schema"], "", &value);
        }
        Ok(())
    }
}

/// Runs for a while; returns what was wrong, and how many operations succeeded at least once.
#[expect(clippy::print_stdout, reason = "what a run came to")]
fn run(city: &City, seed: u64, long: Duration) -> (Vec<String>, usize) {
    let document = json_of(&ask(city, "GET", "/api/v1/openapi.json", &[], ""));
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut client = Client {
        city,
        operations: operations(&document),
        document,
        callers: callers(city),
        source: Source { random: SeededRandom::new(bytes), seen: HashMap::new() },
        validators: HashMap::new(),
        wrong: Vec::new(),
        answered: BTreeMap::new(),
    };
    // What a caller would look at first gives ids to begin with.
    for who in 0..client.callers.len() {
        for path in [
            "activities",
            "sessions",
            "orgs",
            "teams",
            "people",
            "records",
            "me/records",
            "inbox",
            "me/schedule",
        ] {
            let headers: Vec<(&str, &str)> =
                client.callers[who].headers.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            let reply = ask(city, "GET", &format!("/api/v1/{path}"), &headers, "");
            let full = format!("/api/v1/{path}");
            if reply.status == 200 {
                let schema = &client.document["paths"][&full]["get"]["responses"]["200"]["content"]["application/json"]
                    ["schema"];
                client.source.learn(&client.document, schema, "", &json_of(&reply));
            }
        }
    }
    let (start, mut turns) = (Instant::now(), 0);
    while start.elapsed() < long {
        client.turn();
        turns += 1;
    }
    let good: BTreeSet<usize> =
        client.answered.keys().filter(|(_, status)| *status < 300).map(|(at, _)| *at).collect();
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    for ((_, status), count) in &client.answered {
        *statuses.entry(*status).or_default() += count;
    }
    let never: Vec<String> = client
        .operations
        .iter()
        .enumerate()
        .filter(|(at, _)| !good.contains(at))
        .map(|(_, (method, path, _))| format!("{method} {path}"))
        .collect();
    println!(
        "{}: seed {seed}, {turns} requests, {} of {} operations succeeded, by status {statuses:?}\nnever: {}",
        city.kind,
        good.len(),
        client.operations.len(),
        never.join(", ")
    );
    (client.wrong, good.len())
}

fn seed() -> u64 {
    let given = std::env::var("LINLI_FUZZ_SEED").ok().and_then(|text| text.parse().ok());
    given.unwrap_or_else(|| u64::try_from(SystemClock.now().0).unwrap())
}

/// A short run with a fixed seed, half of it on each database that is here.
#[test]
fn fuzz_short() {
    let all = City::all();
    let each = Duration::from_secs(20) / u32::try_from(all.len()).unwrap();
    for city in all {
        let (wrong, good) = run(&city, 20_261_122, each);
        assert!(wrong.is_empty(), "{} wrong answers:\n{}", wrong.len(), wrong.join("\n"));
        assert!(good > 10, "only {good} operations succeeded");
        city.stop();
    }
}

/// As long as `LINLI_FUZZ_SECONDS` says, on each database, with another seed each time.
#[test]
#[ignore = "runs for minutes"]
fn fuzz_long() {
    let seconds = std::env::var("LINLI_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(600);
    let all = City::all();
    let each = Duration::from_secs(seconds) / u32::try_from(all.len()).unwrap();
    for city in all {
        let (wrong, _) = run(&city, seed(), each);
        assert!(wrong.is_empty(), "{} wrong answers:\n{}", wrong.len(), wrong.join("\n"));
        city.stop();
    }
}
