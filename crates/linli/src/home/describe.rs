//! The description of the API: the document for programs, and the same for people at `/api`: a list of the operations,
//! and a page for each with all that a call of it needs.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use askama::Template;
use axum::extract::{Path, State};
use kernel::Lang;
use kernel::error::common;
use serde_json::Value;
use ui::api::describe;
use ui::{Answer, App, Req, Shell};

/// The document; the rooms of a process do not change.
pub fn document(app: &App) -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| describe::document(&app.rooms))
}

/// A type in words: what it is, and the schema it leads to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Kind {
    text: String,
    schema: String,
    /// Limits, in words.
    limits: String,
}

/// A parameter, or a field of a schema.
struct Field {
    name: String,
    place: String,
    kind: Kind,
    needed: bool,
    about: String,
}

struct AnswerView {
    status: String,
    about: String,
    kind: Kind,
    codes: String,
}

struct OperationView {
    method: String,
    path: String,
    title: String,
    scope: String,
    open: bool,
    parameters: Vec<Field>,
    body: Option<Kind>,
    answers: Vec<AnswerView>,
}

/// An operation in the list.
struct Line {
    id: String,
    method: String,
    path: String,
    title: String,
}

struct RoomView {
    name: String,
    title: &'static str,
    operations: Vec<Line>,
}

struct SchemaView {
    name: String,
    about: String,
    fields: Vec<Field>,
    kind: Kind,
}

#[derive(Template)]
#[template(path = "home/api.html")]
struct ApiPage {
    shell: Shell,
    rooms: Vec<RoomView>,
    count: usize,
}

#[derive(Template)]
#[template(path = "home/operation.html")]
struct OperationPage {
    shell: Shell,
    operation: OperationView,
    /// What its fields are made of, and what those are made of.
    schemas: Vec<SchemaView>,
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn limits(schema: &Value, lang: Lang) -> String {
    let mut out = Vec::new();
    let mut note = |name: &str, zh: &str, en: &str| {
        if let Some(value) = schema.get(name).filter(|value| value.is_number()) {
            out.push(lang.f(zh, en, &[value]));
        }
    };
    note("minLength", "至少 {} 字", "at least {} characters");
    note("maxLength", "最多 {} 字", "at most {} characters");
    note("minItems", "至少 {} 项", "at least {} items");
    note("maxItems", "最多 {} 项", "at most {} items");
    note("minimum", "≥ {}", "≥ {}");
    note("maximum", "≤ {}", "≤ {}");
    out.join(lang.t("，", ", "))
}

fn kind(schema: &Value, lang: Lang) -> Kind {
    let mut out = Kind { limits: limits(schema, lang), ..Kind::default() };
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let name = name.rsplit('/').next().unwrap_or_default();
        out.text = name.to_owned();
        out.schema = name.to_owned();
        return out;
    }
    let options = [list(schema, "anyOf"), list(schema, "oneOf"), list(schema, "allOf")].concat();
    if !options.is_empty() {
        let all: Vec<Kind> = options.iter().map(|one| kind(one, lang)).collect();
        out.text = all.iter().map(|one| one.text.as_str()).collect::<Vec<_>>().join(" | ");
        out.schema = all.into_iter().map(|one| one.schema).find(|name| !name.is_empty()).unwrap_or_default();
        return out;
    }
    let codes = list(schema, "enum");
    if !codes.is_empty() {
        out.text = codes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ");
        return out;
    }
    if let Some(items) = schema.get("items") {
        let of = kind(items, lang);
        out.text = format!("{}[]", of.text);
        out.schema = of.schema;
        return out;
    }
    out.text = match schema.get("type") {
        Some(Value::String(one)) => one.clone(),
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | "),
        _ => lang.t("任意", "anything").to_owned(),
    };
    if let Some(format) = schema.get("format").and_then(Value::as_str) {
        out.text = format!("{} ({format})", out.text);
    }
    out
}

fn fields(schema: &Value, lang: Lang) -> Vec<Field> {
    let needed = list(schema, "required");
    schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, of)| Field {
            name: name.clone(),
            place: String::new(),
            kind: kind(of, lang),
            needed: needed.iter().any(|one| one == name),
            about: text(of, "description").to_owned(),
        })
        .collect()
}

fn answers(operation: &Value, lang: Lang) -> Vec<AnswerView> {
    let mut out = Vec::new();
    for (status, answer) in operation.get("responses").and_then(Value::as_object).into_iter().flatten() {
        let content = answer.get("content").and_then(Value::as_object);
        let schema = content.and_then(|all| all.values().next()).and_then(|one| one.get("schema"));
        let codes = schema
            .and_then(|one| one.pointer("/allOf/1/properties/code/enum"))
            .and_then(Value::as_array)
            .map(|all| all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "))
            .unwrap_or_default();
        let shown = if codes.is_empty() {
            schema.map(|one| kind(one, lang)).unwrap_or_default()
        } else {
            Kind { text: "Problem".to_owned(), schema: "Problem".to_owned(), limits: String::new() }
        };
        let about = text(answer, "description").to_owned();
        out.push(AnswerView { status: status.clone(), about, kind: shown, codes });
    }
    out
}

/// Every operation of the document: path, method and itself.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    document.get("paths").and_then(Value::as_object).into_iter().flatten().flat_map(|(path, methods)| {
        methods
            .as_object()
            .into_iter()
            .flatten()
            .map(move |(method, one)| (path.as_str(), method.as_str(), one))
    })
}

fn title(operation: &Value, lang: Lang) -> String {
    text(operation, lang.t("description", "summary")).to_owned()
}

fn operation(path: &str, method: &str, one: &Value, lang: Lang) -> OperationView {
    let parameters = list(one, "parameters")
        .iter()
        .filter(|parameter| parameter.get("name").is_some())
        .map(|parameter| Field {
            name: text(parameter, "name").to_owned(),
            place: text(parameter, "in").to_owned(),
            kind: kind(parameter.get("schema").unwrap_or(&Value::Null), lang),
            needed: parameter.get("required") == Some(&Value::Bool(true)),
            about: text(parameter, "description").to_owned(),
        })
        .collect();
    OperationView {
        method: method.to_uppercase(),
        path: path.to_owned(),
        title: title(one, lang),
        scope: one.pointer("/security/0/token/0").and_then(Value::as_str).unwrap_or_default().to_owned(),
        open: list(one, "security").iter().any(|way| way.as_object().is_some_and(serde_json::Map::is_empty)),
        parameters,
        body: one.pointer("/requestBody/content/application~1json/schema").map(|schema| kind(schema, lang)),
        answers: answers(one, lang),
    }
}

fn rooms(document: &Value, lang: Lang) -> Vec<RoomView> {
    let mut out: Vec<RoomView> = describe::TAGS
        .iter()
        .map(|(name, zh, en)| RoomView {
            name: (*name).to_owned(),
            title: lang.t(zh, en),
            operations: Vec::new(),
        })
        .collect();
    for (path, method, one) in operations(document) {
        let tag = one.pointer("/tags/0").and_then(Value::as_str).unwrap_or_default();
        if let Some(room) = out.iter_mut().find(|room| room.name == tag) {
            room.operations.push(Line {
                id: text(one, "operationId").to_owned(),
                method: method.to_uppercase(),
                path: path.to_owned(),
                title: title(one, lang),
            });
        }
    }
    out
}

/// Names of the schemas that a part of the document leads to, directly or through others.
fn reached<'v>(document: &'v Value, part: &'v Value, names: &mut BTreeSet<&'v str>) {
    if let Some(name) =
        part.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix("#/components/schemas/"))
        && names.insert(name)
        && let Some(schema) = document.pointer("/components/schemas").and_then(|all| all.get(name))
    {
        reached(document, schema, names);
    }
    match part {
        Value::Object(fields) => fields.values().for_each(|one| reached(document, one, names)),
        Value::Array(items) => items.iter().for_each(|one| reached(document, one, names)),
        _ => {}
    }
}

fn schemas(document: &Value, part: &Value, lang: Lang) -> Vec<SchemaView> {
    let mut names = BTreeSet::new();
    reached(document, part, &mut names);
    let all = document.pointer("/components/schemas");
    names
        .into_iter()
        .filter_map(|name| Some((name, all?.get(name)?)))
        .map(|(name, schema)| SchemaView {
            name: name.to_owned(),
            about: text(schema, "description").to_owned(),
            fields: fields(schema, lang),
            kind: kind(schema, lang),
        })
        .collect()
}

/// `GET /api`: what programs can ask for.
pub async fn page(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |_, req, actor| {
        let rooms = rooms(document(&a), req.lang);
        let page = ApiPage {
            shell: a.shell(req, actor, req.lang.t("开放接口", "API")),
            count: rooms.iter().map(|room| room.operations.len()).sum(),
            rooms,
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}

/// `GET /api/operations/{id}`: one of them, with all that a call of it needs.
pub async fn operation_page(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |_, req, actor| {
        let document = document(&a);
        let (path, method, one) = operations(document)
            .find(|(_, _, one)| text(one, "operationId") == id)
            .ok_or(&common::NOT_FOUND)?;
        let page = OperationPage {
            shell: a.shell(req, actor, &title(one, req.lang)),
            operation: operation(path, method, one, req.lang),
            schemas: schemas(document, one, req.lang),
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn types_in_words() {
        let say = |schema: Value| kind(&schema, Lang::En);
        assert_eq!(say(json!({ "$ref": "#/components/schemas/OrgId" })).schema, "OrgId");
        assert_eq!(say(json!({ "type": ["string", "null"], "maxLength": 40 })).text, "string | null");
        assert_eq!(say(json!({ "type": "string", "maxLength": 40 })).limits, "at most 40 characters");
        assert_eq!(say(json!({ "type": "array", "items": { "type": "integer" } })).text, "integer[]");
        let maybe = say(json!({ "anyOf": [{ "$ref": "#/x/Way" }, { "type": "null" }] }));
        assert_eq!((maybe.text.as_str(), maybe.schema.as_str()), ("Way | null", "Way"));
        assert_eq!(say(json!({ "type": "string", "enum": ["a", "b"] })).text, "\"a\" | \"b\"");
    }

    #[test]
    fn what_a_call_needs_is_on_its_page() {
        let to = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
        let document = json!({ "components": { "schemas": {
            "Tree": { "type": "object", "properties": { "below": { "type": "array", "items": to("Tree") }, "leaf": to("Leaf") } },
            "Leaf": { "type": "string" },
            "Other": { "type": "string" },
        } } });
        let part = json!({ "requestBody": to("Tree") });
        let shown: Vec<String> =
            schemas(&document, &part, Lang::En).into_iter().map(|schema| schema.name).collect();
        assert_eq!(shown, ["Leaf", "Tree"]);
    }
}
