//! The description of the operations: OpenAPI 3.1, whose schemas are JSON Schema 2020-12 as the types give them.

use std::collections::{BTreeMap, BTreeSet};

use kernel::error::common;
use kernel::{RefusalText, Scope};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::{Doc, Operation, refusals};
use crate::room::Rooms;

/// An operation and the room it belongs to.
struct Listed {
    room: &'static str,
    operation: Operation,
}

fn listed(rooms: &Rooms) -> Vec<Listed> {
    let mut out: Vec<Listed> = Vec::new();
    for room in rooms.iter() {
        out.extend((room.api)().0.into_iter().map(|operation| Listed { room: room.name, operation }));
    }
    out
}

/// Method and path of every operation, in the order of the rooms.
#[must_use]
pub fn operations(rooms: &Rooms) -> Vec<(String, &'static str)> {
    listed(rooms).iter().map(|one| (one.operation.method.to_string(), one.operation.path)).collect()
}

/// The refusals an operation may give, by status.
fn problems(operation: &Operation) -> BTreeMap<u16, BTreeSet<&'static str>> {
    let mut all: Vec<&'static RefusalText> = vec![
        &common::SIGN_IN,
        &common::TOKEN,
        &common::FORBIDDEN,
        &common::SCOPE,
        &common::TOKEN_SECOND,
        &common::NOT_FOUND,
    ];
    all.push(&common::UNAVAILABLE);
    if operation.writes() {
        all.extend([
            &common::CSRF,
            &common::REQUIRED,
            &common::TOO_LONG,
            &common::INVALID,
            &common::STALE,
            &common::TOO_LARGE,
            &refusals::KEY_REUSED,
            &refusals::KEY_BUSY,
        ]);
        if operation.shapes.body.is_some() {
            all.extend([&refusals::JSON, &refusals::MEDIA, &refusals::SHAPE]);
        }
    } else {
        all.push(&refusals::QUERY);
    }
    all.extend(operation.doc.refuses.iter().flat_map(|catalogue| catalogue.iter().copied()));
    let mut out: BTreeMap<u16, BTreeSet<&'static str>> = BTreeMap::new();
    for one in all {
        out.entry(one.status).or_default().insert(one.code);
    }
    out
}

const fn reason(status: u16) -> &'static str {
    match status {
        200 => "Done",
        201 => "Made",
        400 => "Cannot be read",
        401 => "Nobody is signed in, or the token is not valid",
        403 => "Not allowed",
        404 => "Not there, or not to be known",
        409 => "Does not fit what is there",
        410 => "Over",
        413 => "Too large",
        415 => "Not JSON",
        422 => "A rule or a field says no",
        429 => "Too many tries",
        503 => "Storage does not answer; ask again later",
        _ => "Refused",
    }
}

fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(all) = object.as_object_mut() {
        all.insert(name.to_owned(), value);
    }
}

/// The parameters that a schema of an object describes.
fn parameters(schema: &Value, place: &str) -> Vec<Value> {
    let none = Map::new();
    let required = schema.get("required").and_then(Value::as_array);
    let needs = |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
    let all = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    all.iter()
        .map(|(name, schema)| {
            let mut schema = schema.clone();
            let about = schema.as_object_mut().and_then(|all| all.remove("description"));
            let mut out = json!({ "name": name, "in": place, "schema": schema });
            if place == "path" || needs(name) {
                put(&mut out, "required", json!(true));
            }
            if let Some(about) = about {
                put(&mut out, "description", about);
            }
            out
        })
        .collect()
}

fn of(schema: schemars::Schema) -> Value {
    let mut value = schema.to_value();
    // Titles repeat the name of the type.
    if let Some(all) = value.as_object_mut() {
        all.remove("title");
    }
    value
}

fn security(one: &Listed, doc: &Doc) -> Value {
    let scope = Scope::of(one.room, one.operation.writes()).map_or("", Scope::code);
    let mut cookie = json!({ "session": [] });
    if one.operation.writes() {
        put(&mut cookie, "csrf", json!([]));
    }
    let mut all = vec![json!({ "token": [scope] }), cookie];
    if doc.open {
        all.push(json!({}));
    }
    Value::Array(all)
}

fn operation(one: &Listed, asks: &mut SchemaGenerator, tells: &mut SchemaGenerator) -> Value {
    let Operation { doc, shapes, .. } = &one.operation;
    let mut parameters_all = parameters(&of((shapes.path)(asks)), "path");
    parameters_all.extend(parameters(&of((shapes.query)(asks)), "query"));
    if one.operation.writes() {
        parameters_all.push(json!({ "$ref": "#/components/parameters/IdempotencyKey" }));
    }
    let mut responses = Map::new();
    responses.insert(
        doc.status.to_string(),
        json!({
            "description": reason(doc.status),
            "content": { "application/json": { "schema": of((shapes.answer)(tells)) } },
        }),
    );
    for (status, codes) in problems(&one.operation) {
        responses.insert(
            status.to_string(),
            json!({
                "description": reason(status),
                "content": { "application/problem+json": { "schema": {
                    "allOf": [
                        { "$ref": "#/components/schemas/Problem" },
                        { "properties": { "status": { "const": status }, "code": { "enum": codes } } },
                    ],
                } } },
            }),
        );
    }
    let mut out = json!({
        "operationId": doc.id, "summary": doc.en, "description": doc.zh, "tags": [one.room],
        "parameters": parameters_all, "responses": responses, "security": security(one, doc),
    });
    if let Some(body) = shapes.body {
        let schema = of(body(asks));
        let needed = schema.get("$ref").and_then(Value::as_str).map_or(&schema, |name| {
            let name = name.rsplit('/').next().unwrap_or_default();
            asks.definitions().get(name).unwrap_or(&Value::Null)
        });
        let needed = needed.get("required").and_then(Value::as_array).is_some_and(|all| !all.is_empty());
        let content = json!({ "application/json": { "schema": schema } });
        put(&mut out, "requestBody", json!({ "required": needed, "content": content }));
    }
    out
}

fn problem() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "type": "object",
        "description": "A problem document (RFC 9457): what was refused, why, and the way out, in the language asked for.",
        "required": ["type", "title", "status", "code", "detail", "errors"],
        "properties": {
            "type": { "type": "string", "format": "uri-reference", "description": "`/problems/` and the code." },
            "title": { "type": "string", "description": "What happened, in one sentence." },
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "code": { "type": "string", "description": "Stable code, `subject.reason`." },
            "detail": { "type": "string", "description": "What can be done now." },
            "errors": {
                "type": "array", "minItems": 1, "description": "Everything that was refused, the first one as above.",
                "items": {
                    "type": "object",
                    "required": ["code", "field", "detail", "rule", "way_out"],
                    "properties": {
                        "code": text,
                        "field": { "type": ["string", "null"], "description": "The field it concerns." },
                        "detail": text, "rule": text, "way_out": text,
                    },
                },
            },
        },
    })
}

const ABOUT: &str = "Everything people do in Linli, for programs, by the same commands and rules as the pages. \
Times are UTC milliseconds, days are local dates (UTC+8), ids are decimal strings. Lists are continued with \
`after`, the `next` of the page before. Refusals are problem documents in the language of `Accept-Language` or \
`?lang=` (zh or en). A command with an `Idempotency-Key` is carried out once, however often it is sent within three \
days.\n\n程序接口：与网页使用同一套命令和规则。时间为 UTC 毫秒，日期为本地日期（UTC+8），编号为十进制字符串。";

/// The description of all operations of the rooms.
#[must_use]
pub fn document(rooms: &Rooms) -> Value {
    let settings = || {
        SchemaSettings::draft2020_12().with(|all| {
            all.definitions_path = "/components/schemas".into();
            all.meta_schema = None;
        })
    };
    let mut asks = settings().for_deserialize().into_generator();
    let mut tells = settings().for_serialize().into_generator();
    let mut paths = Map::new();
    for one in &listed(rooms) {
        let method = one.operation.method.as_str().to_lowercase();
        let entry = paths.entry(one.operation.path).or_insert_with(|| json!({}));
        put(entry, &method, operation(one, &mut asks, &mut tells));
    }
    let mut schemas = asks.take_definitions(true);
    schemas.append(&mut tells.take_definitions(true));
    schemas.insert("Problem".to_owned(), problem());
    for schema in schemas.values_mut() {
        if let Some(all) = schema.as_object_mut() {
            all.remove("title");
        }
    }
    json!({
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Linli 邻里", "version": "1", "description": ABOUT,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": tags(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "parameters": {
                "IdempotencyKey": {
                    "name": "Idempotency-Key", "in": "header",
                    "schema": { "type": "string", "maxLength": 200 },
                    "description": "A value of your choice: the same key with the same request is carried out once, and later \
                                    ones get the first answer with `Idempotency-Replayed: true`.",
                },
            },
            "securitySchemes": {
                "token": {
                    "type": "http", "scheme": "bearer", "bearerFormat": "linli_…",
                    "description": "A token issued under “My tokens” (/me/tokens), with the scope named here.",
                },
                "session": {
                    "type": "apiKey", "in": "cookie", "name": crate::request::SESSION,
                    "description": "The cookie of whoever is signed in on the pages.",
                },
                "csrf": {
                    "type": "apiKey", "in": "header", "name": "X-CSRF-Token",
                    "description": "With the cookie only: the value of `<meta name=\"csrf\">` of any page.",
                },
            },
        },
    })
}

/// The rooms that programs have business in, with what is in each.
pub const TAGS: &[(&str, &str, &str)] = &[
    ("home", "待办与搜索", "Tasks and search"),
    ("service", "活动、签到与时长", "Activities, attendance and hours"),
    ("people", "人员、组织与队伍", "People, organisations and teams"),
    ("messages", "消息", "Messages"),
];

fn tags() -> Value {
    TAGS.iter().map(|(name, zh, en)| json!({ "name": name, "description": format!("{en} {zh}") })).collect()
}

/// Types that come in and go out under one name but differ, which would make the description wrong.
#[must_use]
pub fn conflicts(rooms: &Rooms) -> Vec<String> {
    let settings = SchemaSettings::draft2020_12;
    let mut asks = settings().for_deserialize().into_generator();
    let mut tells = settings().for_serialize().into_generator();
    for one in &listed(rooms) {
        operation(one, &mut asks, &mut tells);
    }
    let mut out: Vec<String> = asks
        .definitions()
        .iter()
        .filter(|(name, schema)| tells.definitions().get(*name).is_some_and(|other| other != *schema))
        .map(|(name, _)| format!("{name} differs as input and output"))
        .collect();
    // Two types of one name get a number, which would change when operations are added.
    for name in asks.definitions().keys().chain(tells.definitions().keys()) {
        let plain = name.trim_end_matches(|c: char| c.is_ascii_digit());
        if plain != name && asks.definitions().contains_key(plain) | tells.definitions().contains_key(plain) {
            out.push(format!("two types are called {plain}"));
        }
    }
    out
}
