//! Values made from the description of the API: a plain one that fits, and many that may or may not.
#![expect(clippy::indexing_slicing, reason = "helpers of tests over JSON")]

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use vault::{Random, SeededRandom};

/// The schema behind a reference.
pub fn resolve<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema.get("$ref").and_then(Value::as_str) {
        Some(name) => resolve(document, document.pointer(name.trim_start_matches('#')).unwrap()),
        None => schema,
    }
}

fn options(schema: &Value) -> Option<&Vec<Value>> {
    ["anyOf", "oneOf"].iter().find_map(|name| schema.get(*name)).and_then(Value::as_array)
}

fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(one)) => one,
        Some(Value::Array(all)) => all.first().and_then(Value::as_str).unwrap_or("string"),
        _ => "string",
    }
}

fn number(schema: &Value, name: &str) -> Option<i64> {
    let value = schema.get(name)?;
    value.as_i64().or_else(|| {
        #[expect(clippy::cast_possible_truncation, reason = "limits of the description are small")]
        value.as_f64().map(|n| n as i64)
    })
}

/// The plainest value that fits: what must be there, and nothing else.
pub fn plain(document: &Value, schema: &Value) -> Value {
    let schema = resolve(document, schema);
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if let Some(all) = schema.get("enum").and_then(Value::as_array) {
        return all.first().cloned().unwrap();
    }
    if let Some(all) = options(schema) {
        return plain(document, &all[0]);
    }
    match kind(schema) {
        "object" => {
            let mut out = Map::new();
            for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
                let name = name.as_str().unwrap();
                out.insert(name.to_owned(), plain(document, &schema["properties"][name]));
            }
            Value::Object(out)
        }
        "array" => {
            let least = usize::try_from(number(schema, "minItems").unwrap_or(0)).unwrap();
            Value::Array(vec![plain(document, &schema["items"]); least])
        }
        "integer" | "number" => json!(number(schema, "minimum").unwrap_or(1)),
        "boolean" => json!(true),
        "null" => Value::Null,
        _ if schema.get("format") == Some(&json!("date")) => json!("2026-03-05"),
        _ => json!("1"),
    }
}

/// A source of values.
pub struct Source {
    pub random: SeededRandom,
    /// Ids and cursors that answers named, by the name of their type or field; "" holds all of them.
    pub seen: HashMap<String, Vec<String>>,
}

/// Values kept of each kind.
const KEPT: usize = 1000;

const TEXTS: &[&str] = &[
    "",
    " ",
    "0",
    "1",
    "-1",
    "00",
    "1.5",
    "NaN",
    "null",
    "true",
    "undefined",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "99999999999999999999999999",
    "2026-03-05",
    "2026-02-30",
    "0000-00-00",
    "9999-12-31",
    "09:00",
    "24:01",
    "2026-03-05 09:00-11:00 20",
    "2026-12-05\n2026-12-06 09:00-11:00 5",
    "\u{0}",
    "a\u{0}b",
    "\u{7f}",
    "\u{202e}abc",
    "e\u{301}",
    "𝕏🙂👨‍👩‍👧",
    "王小明",
    "'",
    "\"",
    "' OR 1=1 --",
    "%",
    "_",
    "%00",
    "\\",
    "../../etc",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "a~b",
    "~",
    "1~",
    "~1",
    "9223372036854775807~1",
    "99999999999999999~x",
    "month",
    "resident_id",
    "elder.visit",
    "first_aid",
    "week",
    "person",
    "team",
];

impl Source {
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.random.below(u32::try_from(n.max(1)).unwrap())).unwrap()
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// Something that answers named, of this kind if any was seen and chance allows.
    pub fn id(&mut self, kind: &str) -> String {
        let kind = if self.seen.contains_key(kind) && !self.chance(12) { kind } else { "" };
        let many = self.seen.get(kind).map_or(0, Vec::len);
        let at = self.below(many);
        self.seen.get(kind).and_then(|all| all.get(at)).cloned().unwrap_or_else(|| "1".to_owned())
    }

    fn keep(&mut self, kind: &str, text: &str) {
        let many = self.seen.get(kind).map_or(0, Vec::len);
        let at = self.below(KEPT);
        let all = self.seen.entry(kind.to_owned()).or_default();
        if many < KEPT {
            all.push(text.to_owned());
        } else {
            text.clone_into(&mut all[at]);
        }
    }

    pub fn text(&mut self) -> String {
        match self.below(10) {
            0 => self.id(""),
            1 => "长".repeat(self.below(1200)),
            2 => "x".repeat(self.below(5000)),
            3 => (0..self.below(40))
                .map(|_| char::from_u32(self.random.below(0xd7ff)).unwrap_or('?'))
                .collect(),
            _ => TEXTS[self.below(TEXTS.len())].to_owned(),
        }
    }

    /// Anything at all.
    pub fn odd(&mut self, depth: usize) -> Value {
        match self.below(12) {
            0 => Value::Null,
            1 => json!(true),
            2 => json!(i64::MAX),
            3 => json!(i64::MIN),
            4 => json!(u64::MAX),
            5 => json!(1e300),
            6 => json!(-0.5),
            7 => json!([]),
            8 if depth < 4 => Value::Array((0..self.below(4)).map(|_| self.odd(depth + 1)).collect()),
            9 if depth < 4 => json!({ "a": self.odd(depth + 1), "code": self.odd(depth + 1) }),
            10 => json!({}),
            _ => json!(self.text()),
        }
    }

    /// A value that fits, mostly; `wild` percent of its parts do not.
    pub fn value(&mut self, document: &Value, schema: &Value, wild: usize) -> Value {
        if self.chance(wild) {
            return self.odd(0);
        }
        let name = kind_of(schema);
        if self.seen.contains_key(name) && !name.is_empty() {
            return json!(self.id(name));
        }
        let schema = resolve(document, schema);
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        if let Some(all) = schema.get("enum").and_then(Value::as_array) {
            return all[self.below(all.len())].clone();
        }
        if let Some(all) = options(schema) {
            let at = self.below(all.len());
            return self.value(document, &all[at], wild);
        }
        match kind(schema) {
            "object" => {
                let required = schema.get("required").and_then(Value::as_array);
                let mut out = Map::new();
                for (name, of) in schema["properties"].as_object().into_iter().flatten() {
                    let must = required.is_some_and(|all| all.iter().any(|one| one == name));
                    if if must { !self.chance(wild) } else { self.chance(60) } {
                        // Numbers of volunteers are texts, under the name of their field.
                        let numbers = matches!(name.as_str(), "number" | "volunteer_no") && self.chance(70);
                        let value = match numbers {
                            true => json!(self.id("volunteer_no")),
                            false => self.value(document, of, wild),
                        };
                        out.insert(name.clone(), value);
                    }
                }
                if self.chance(wild) {
                    out.insert("unknown".to_owned(), json!(1));
                }
                Value::Object(out)
            }
            "array" => {
                let least = usize::try_from(number(schema, "minItems").unwrap_or(0)).unwrap();
                let many = least + self.below(3);
                Value::Array((0..many).map(|_| self.value(document, &schema["items"], wild)).collect())
            }
            "integer" | "number" => {
                let (from, to) =
                    (number(schema, "minimum").unwrap_or(-5), number(schema, "maximum").unwrap_or(100_000));
                json!(match self.below(4) {
                    0 => from,
                    1 => to,
                    _ => from + i64::try_from(self.below(200)).unwrap().min(to - from),
                })
            }
            "boolean" => json!(self.chance(50)),
            "null" => Value::Null,
            _ => self.string(schema),
        }
    }

    fn string(&mut self, schema: &Value) -> Value {
        if schema.get("format") == Some(&json!("date")) {
            return json!(format!(
                "20{:02}-{:02}-{:02}",
                self.below(40),
                1 + self.below(12),
                1 + self.below(28)
            ));
        }
        if schema.get("pattern").is_some() {
            return json!(self.id(""));
        }
        let most = number(schema, "maxLength").map_or(usize::MAX, |n| usize::try_from(n).unwrap());
        let least = usize::try_from(number(schema, "minLength").unwrap_or(0)).unwrap();
        let mut text: String =
            self.text().chars().filter(|c| !c.is_control() || *c == '\n').take(most).collect();
        while text.chars().count() < least {
            text.push('字');
        }
        json!(text)
    }

    /// Remembers what an answer named.
    pub fn learn(&mut self, document: &Value, schema: &Value, name: &str, answer: &Value) {
        let kind = kind_of(schema);
        let schema = resolve(document, schema);
        match answer {
            Value::String(text) => {
                if !kind.is_empty() {
                    self.keep(kind, text);
                    self.keep("", text);
                } else if name == "volunteer_no" || name == "next" {
                    self.keep(name, text);
                    self.keep("", text);
                }
            }
            Value::Array(all) => all.iter().for_each(|one| self.learn(document, &schema["items"], name, one)),
            Value::Object(all) => {
                for (name, one) in all {
                    self.learn(document, &schema["properties"][name], name, one);
                }
            }
            _ => {}
        }
    }
}

/// The name of the type of an id that a schema refers to, or nothing.
pub fn kind_of(schema: &Value) -> &str {
    let all = options(schema).map_or(std::slice::from_ref(schema), Vec::as_slice);
    all.iter()
        .filter_map(|one| one.get("$ref")?.as_str()?.rsplit('/').next())
        .find(|name| name.ends_with("Id"))
        .unwrap_or_default()
}
