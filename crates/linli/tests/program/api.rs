//! The API for programs over HTTP, on both databases: its description is whole, tokens do what their scopes say,
//! and a command that is sent again is carried out once.
#![expect(clippy::panic, reason = "helpers of tests over JSON")]

use std::collections::BTreeSet;

use kernel::{Error, Scope};
use loadgen::Reply;
use people::account::{self, token};
use serde_json::{Value, json};
use ui::api::describe;
use vault::SessionToken;

use crate::common::{City, csrf};
use crate::sample;

pub const ROLES: [&str; 7] = ["volunteer", "leader", "station", "office", "system", "security", "audit"];

/// A token of a demo account, as its owner would issue it.
pub fn issue(city: &City, login: &str, scopes: &[Scope]) -> String {
    issue_for(city, city.logins.iter().find(|one| one.login == login).unwrap().account, scopes)
}

/// [`issue`] for any account.
pub fn issue_for(city: &City, account: kernel::AccountId, scopes: &[Scope]) -> String {
    let made = city.app.vault.session_token();
    let (app, scopes, hash) = (city.app.clone(), scopes.to_vec(), made.hash());
    city.app
        .db
        .write_blocking(move |tx| {
            let cookie = account::open_session(tx, &app, account, &ui::Req::default())?;
            let session = cookie.split(';').next().unwrap().split_once('=').unwrap().1.to_owned();
            let actor =
                account::authenticate(tx, SessionToken::parse(&session).unwrap().hash().as_bytes(), "")?;
            let new = token::NewToken { name: "test".to_owned(), scopes: scopes.clone(), days: 30 };
            token::issue(tx, &actor, &new, hash.as_bytes())?;
            Ok::<_, Error>(())
        })
        .unwrap();
    format!("Bearer {}{}", ui::request::TOKEN_PREFIX, made.text())
}

pub fn ask(city: &City, method: &str, path: &str, more: &[(&str, &str)], body: &str) -> Reply {
    let mut headers = more.to_vec();
    if !body.is_empty() {
        headers.push(("content-type", "application/json"));
    }
    let host = city.addr.to_string();
    city.ask(&loadgen::build_request(method, path, &host, None, &headers, body.as_bytes()))
}

pub fn json_of(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or_else(|_| panic!("{}", reply.text()))
}

/// The operations as the description of a running server gives them: method, path, what is said of it.
pub fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut out = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            out.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    out
}

fn references<'d>(value: &'d Value, out: &mut Vec<&'d str>) {
    match value {
        Value::Object(all) => {
            out.extend(all.get("$ref").and_then(Value::as_str));
            all.values().for_each(|one| references(one, out));
        }
        Value::Array(all) => all.iter().for_each(|one| references(one, out)),
        _ => {}
    }
}

#[test]
fn the_description_is_whole() {
    let rooms = linli::rooms::all();
    assert_eq!(describe::conflicts(&rooms), Vec::<String>::new());
    let document = describe::document(&rooms);
    assert_eq!(document["openapi"], "3.1.0");
    let known: BTreeSet<(String, String)> =
        describe::operations(&rooms).into_iter().map(|(method, path)| (method, path.to_owned())).collect();
    let all = operations(&document);
    let described: BTreeSet<(String, String)> =
        all.iter().map(|(method, path, _)| (method.clone(), path.clone())).collect();
    assert_eq!(known, described);
    assert!(known.len() > 50, "only {} operations", known.len());
    let mut ids = BTreeSet::new();
    for (method, path, one) in &all {
        let name = format!("{method} {path}");
        assert!(ids.insert(one["operationId"].to_string()), "{name}: its id is taken");
        for words in ["summary", "description"] {
            assert!(one[words].as_str().is_some_and(|text| text.ends_with(['.', '。'])), "{name}: {words}");
        }
        assert!(
            Scope::from_code(one["security"][0]["token"][0].as_str().unwrap()).is_some(),
            "{name}: no scope"
        );
        // Every part of the path in braces is a parameter, and the other way round.
        let braces: BTreeSet<&str> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let parameters: BTreeSet<&str> = one["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["in"] == "path")
            .map(|one| one["name"].as_str().unwrap())
            .collect();
        assert_eq!(braces, parameters, "{name}");
    }
    let mut links = Vec::new();
    references(&document, &mut links);
    for link in links {
        assert!(document.pointer(link.trim_start_matches('#')).is_some(), "{link} leads nowhere");
    }
    // The types that are described are valid schemas.
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let whole = json!({ "allOf": [schema], "components": document["components"] });
        assert!(jsonschema::validator_for(&whole).is_ok(), "{name} is no schema");
    }
}

#[test]
fn the_server_knows_what_it_describes() {
    for city in City::all() {
        let document = json_of(&ask(&city, "GET", "/api/v1/openapi.json", &[], ""));
        assert_eq!(document, describe::document(&linli::rooms::all()));
        for (method, path, one) in operations(&document) {
            let plain = path.replace("{id}", "1").replace("{member}", "1");
            let reply = ask(&city, &method, &plain, &[], "");
            // Unknown addresses and methods answer with codes of the frame, which no operation gives.
            assert!(
                one["responses"].get(reply.status.to_string()).is_some(),
                "{method} {path}: {}",
                reply.status
            );
            assert_ne!(reply.status, 405, "{method} {path}");
        }
        for lang in ["zh", "en"] {
            let page = city.get(&format!("/api?lang={lang}"), None);
            assert_eq!(page.status, 200);
            assert!(page.text().contains("/api/v1/sessions/{id}/sign-up"));
            for (_, _, one) in operations(&document) {
                let id = one["operationId"].as_str().unwrap();
                assert!(
                    page.text().contains(&format!("\"/api/operations/{id}\"")),
                    "{id} is not in the list"
                );
                let page = city.get(&format!("/api/operations/{id}?lang={lang}"), None);
                assert_eq!(page.status, 200, "{id}");
                assert!(page.text().contains("schema-Problem"), "{id}");
            }
        }
        assert_eq!(city.get("/api/operations/none", None).status, 404);
        city.stop();
    }
}

fn class(status: u16) -> u16 {
    match status {
        401 | 403 | 404 => status,
        _ => 200,
    }
}

#[test]
fn tokens_do_what_their_scopes_say() {
    for city in City::all() {
        let document = describe::document(&linli::rooms::all());
        for role in ROLES {
            let login = format!("demo-{role}");
            let cookie = city.sign_in(&login);
            let code = csrf(&city.get("/help", Some(&cookie)));
            let whole = issue(&city, &login, Scope::ALL);
            for (method, path, one) in operations(&document) {
                let address = path.replace("{id}", "1").replace("{member}", "1");
                let schema = &one["requestBody"]["content"]["application/json"]["schema"];
                let body = if schema.is_null() {
                    String::new()
                } else {
                    sample::plain(&document, schema).to_string()
                };
                let by_page =
                    ask(&city, &method, &address, &[("cookie", &cookie), ("x-csrf-token", &code)], &body);
                let by_token = ask(&city, &method, &address, &[("authorization", &whole)], &body);
                assert_eq!(
                    class(by_page.status),
                    class(by_token.status),
                    "{} {role} {method} {path}: {} {}",
                    city.kind,
                    by_page.text(),
                    by_token.text()
                );
            }
            // One scope less, and every operation that needs it is refused before anything else.
            for scope in Scope::ALL {
                let rest: Vec<Scope> = Scope::ALL.iter().copied().filter(|one| one != scope).collect();
                let less = issue(&city, &login, &rest);
                let (method, path, one) = operations(&document)
                    .into_iter()
                    .find(|(_, _, one)| one["security"][0]["token"][0] == scope.code())
                    .unwrap();
                let schema = &one["requestBody"]["content"]["application/json"]["schema"];
                let body = if schema.is_null() {
                    String::new()
                } else {
                    sample::plain(&document, schema).to_string()
                };
                let address = path.replace("{id}", "1").replace("{member}", "1");
                let reply = ask(&city, &method, &address, &[("authorization", &less)], &body);
                assert_eq!(
                    (reply.status, json_of(&reply)["code"].as_str().unwrap()),
                    (403, "common.scope"),
                    "{path}"
                );
            }
        }
        city.stop();
    }
}

#[test]
fn a_token_is_shown_once_hashed_noted_and_revoked() {
    for city in City::all() {
        let cookie = city.sign_in("demo-station");
        let code = csrf(&city.get("/help", Some(&cookie)));
        let page = city.get("/me/tokens", Some(&cookie));
        assert!(page.text().contains("name=\"scope\""));
        let press = |path: &str, more: &[(&str, &str)]| {
            let mut fields = vec![("_csrf", code.as_str())];
            fields.extend_from_slice(more);
            city.post(path, Some(&cookie), &fields)
        };
        assert_eq!(
            press("/me/tokens", &[("name", "x"), ("days", "366"), ("scope", "people:read")]).status,
            422
        );
        assert_eq!(press("/me/tokens", &[("name", "x"), ("days", "30")]).status, 422);
        let made = press(
            "/me/tokens",
            &[("name", "大屏"), ("days", "30"), ("scope", "people:read"), ("scope", "service:read")],
        );
        assert_eq!(made.status, 200, "{}", made.text());
        let text = made.text().into_owned();
        let token = &text[text.find("<code class=\"text-break\">linli_").unwrap() + 25..][..49];
        let bearer = format!("Bearer {token}");
        let again = city.get("/me/tokens", Some(&cookie)).text().into_owned();
        assert!(again.contains("大屏") && !again.contains(token), "shown once");
        let send = |method: &str, path: &str| ask(&city, method, path, &[("authorization", &bearer)], "");
        assert_eq!(send("GET", "/api/v1/people").status, 200);
        assert_eq!(send("GET", "/api/v1/inbox").status, 403, "no such scope");
        assert_eq!(send("POST", "/api/v1/sessions/1/submit").status, 403, "reading only");
        // Pages are for people.
        assert_eq!(send("GET", "/people").status, 303);
        assert_eq!(send("GET", "/people?format=xlsx").status, 303);
        for wrong in ["Bearer linli_x", "Bearer", "Basic YTpi", &format!("{bearer}x")] {
            let reply = ask(&city, "GET", "/api/v1/activities", &[("authorization", wrong)], "");
            assert_eq!(
                (reply.status, json_of(&reply)["code"].as_str().unwrap()),
                (401, "common.token"),
                "{wrong}"
            );
        }
        // A cookie that comes along gives nothing.
        let both = ask(&city, "GET", "/api/v1/inbox", &[("authorization", &bearer), ("cookie", &cookie)], "");
        assert_eq!(both.status, 403);
        // Its use is noted beside the request.
        let noted = (0..50).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(50));
            city.get("/me/tokens", Some(&cookie)).text().contains("127.0.0.1")
        });
        assert!(noted, "the use of a token is not noted");
        let end = again.split("action=\"").filter_map(|rest| rest.split('"').next());
        let end = end.filter(|path| path.ends_with("/end")).collect::<Vec<_>>();
        assert_eq!(end.len(), 1);
        // Somebody else's is not there.
        let other = city.sign_in("demo-volunteer");
        let others_code = csrf(&city.get("/help", Some(&other)));
        assert_eq!(city.post(end[0], Some(&other), &[("_csrf", &others_code)]).status, 404);
        assert_eq!(press(end[0], &[]).status, 303);
        assert_eq!(send("GET", "/api/v1/people").status, 401);
        assert_eq!(press(end[0], &[]).status, 404);
        city.stop();
    }
}

#[test]
fn a_token_follows_its_owner() {
    for city in City::all() {
        let bearer = issue(&city, "demo-station", &[Scope::PeopleRead]);
        let people = || ask(&city, "GET", "/api/v1/people", &[("authorization", &bearer)], "");
        let run = |text: &'static str| {
            city.app.db.write_blocking(move |tx| tx.exec_query(&db::Query::new(text))).unwrap();
        };
        assert_eq!(people().status, 200);
        // X4: where a second factor is required, tokens of staff need their owner to have one.
        run("UPDATE setting SET value = 'required' WHERE name = 'staff_totp'");
        assert_eq!(json_of(&people())["code"], "common.token_second");
        run("UPDATE setting SET value = 'optional' WHERE name = 'staff_totp'");
        // One issued without roles never gains them.
        run("UPDATE api_token SET with_roles = FALSE");
        assert_eq!(people().status, 403);
        run("UPDATE api_token SET with_roles = TRUE");
        run("UPDATE role_grant SET ended_at = 1 WHERE role = 'station'");
        assert_eq!(people().status, 403);
        run("UPDATE role_grant SET ended_at = NULL WHERE role = 'station'");
        run("UPDATE account SET state = 'disabled' WHERE login = 'demo-station'");
        assert_eq!(people().status, 401);
        run("UPDATE account SET state = 'active' WHERE login = 'demo-station'");
        assert_eq!(people().status, 200);
        run("UPDATE api_token SET expires_at = 1");
        assert_eq!(people().status, 401);
        city.stop();
    }
}

#[test]
fn a_command_sent_again_is_carried_out_once() {
    for city in City::all() {
        let bearer = issue(&city, "demo-leader", Scope::ALL);
        let team = {
            let account = city.logins.iter().find(|one| one.login == "demo-leader").unwrap().account;
            let found: Vec<(kernel::OrgId,)> = city
                .app
                .db
                .read_blocking(move |tx| {
                    Ok::<_, Error>(tx.all(
                        db::sql!("SELECT org_id FROM role_grant WHERE account_id = $1"),
                        db::args![account],
                    )?)
                })
                .unwrap();
            found[0].0.to_string()
        };
        let body = |title: &str| {
            json!({ "org": team, "activity": { "title": title, "category": "clean" } }).to_string()
        };
        let send = |key: &str, body: &str| {
            ask(
                &city,
                "POST",
                "/api/v1/activities",
                &[("authorization", &bearer), ("idempotency-key", key), ("accept-language", "en")],
                body,
            )
        };
        let first = send("k1", &body("Clean the river"));
        assert_eq!(first.status, 201, "{}", first.text());
        let again = send("k1", &body("Clean the river"));
        assert_eq!((again.status, again.header("idempotency-replayed")), (201, Some("true")));
        assert_eq!(json_of(&first), json_of(&again));
        let other = send("k1", &body("Something else"));
        assert_eq!(json_of(&other)["code"], "api.key_reused");
        assert_ne!(json_of(&send("k2", &body("Clean the river"))), json_of(&first));
        // Several at the same moment: one activity.
        let ids: BTreeSet<String> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..6)
                .map(|_| scope.spawn(|| json_of(&send("k3", &body("Six at once")))["id"].to_string()))
                .collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(ids.len(), 1, "{ids:?}");
        // A refusal is not kept: the same key may be sent once what was wrong is mended.
        assert_eq!(send("k4", &body("")).status, 422);
        // The whole path of a leader by a program: shown, changed by version, published, found.
        let id = json_of(&first)["id"].as_str().unwrap().to_owned();
        let shown = ask(&city, "GET", &format!("/api/v1/activities/{id}"), &[("authorization", &bearer)], "");
        assert_eq!((shown.status, json_of(&shown)["state"].as_str()), (200, Some("draft")));
        assert_eq!(ask(&city, "GET", &format!("/api/v1/activities/{id}"), &[], "").status, 404, "a draft");
        let refused = ask(
            &city,
            "POST",
            &format!("/api/v1/activities/{id}/publish"),
            &[("authorization", &bearer)],
            &json!({ "none_applies": true, "words_confirmed": true }).to_string(),
        );
        let refused = json_of(&refused);
        assert!(refused["errors"].as_array().unwrap().len() > 1, "all that is missing at once: {refused}");
        city.stop();
    }
}
