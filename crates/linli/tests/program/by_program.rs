//! What pages do, done by programs: over HTTP with tokens, on both databases, each with a success, a refusal, and with
//! nobody and the wrong organisation turned away.

mod imports;
mod invitations;
mod messages;
mod orgs;
mod people;
mod plans;
mod service;

use db::{Query, ReadTx};
use kernel::{AccountId, Actor, Error, OrgId, Role, Scope};
use serde_json::Value;

use crate::api::{ask, issue, issue_for, json_of};
use crate::common::City;

/// A program with a token; without one it is nobody.
struct Program<'c> {
    city: &'c City,
    bearer: String,
}

impl<'c> Program<'c> {
    /// With a token of a demo account that may do all its owner may.
    fn of(city: &'c City, login: &str) -> Self {
        Self { city, bearer: issue(city, login, Scope::ALL) }
    }

    /// With a token of an account.
    fn owned_by(city: &'c City, account: AccountId) -> Self {
        Self { city, bearer: issue_for(city, account, Scope::ALL) }
    }

    /// With a token of somebody new who holds a role.
    fn with_role(city: &'c City, role: Role, org: i64) -> Self {
        let login = format!("{}-{org}", role.code());
        let account = city
            .app
            .db
            .write_blocking(move |tx| {
                let id = ::people::account::create_staff(tx, &login, &login, None)?;
                ::people::account::grant_role(tx, &Actor::system("t"), id, role, OrgId(org))?;
                Ok::<_, Error>(id)
            })
            .unwrap();
        Self::owned_by(city, account)
    }

    /// Without a token.
    fn nobody(city: &'c City) -> Self {
        Self { city, bearer: String::new() }
    }

    /// Sends a command or a question; status and answer.
    fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let headers = [("authorization", self.bearer.as_str())];
        let headers = if self.bearer.is_empty() { &headers[..0] } else { &headers[..] };
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let reply = ask(self.city, method, &format!("/api/v1{path}"), headers, &text);
        (reply.status, json_of(&reply))
    }

    /// What a question answers.
    fn get(&self, path: &str) -> Value {
        let (status, answer) = self.send("GET", path, &Value::Null);
        assert_eq!(status, 200, "{} {path}: {answer}", self.city.kind);
        answer
    }

    /// What a command answers that succeeds.
    fn done(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.send(method, path, body);
        assert!(matches!(status, 200 | 201), "{} {method} {path}: {status} {answer}", self.city.kind);
        answer
    }

    /// That a command or question is refused so.
    fn refused(&self, method: &str, path: &str, body: &Value, status: u16, code: &str) {
        let (have, answer) = self.send(method, path, body);
        let said = answer.get("code").and_then(Value::as_str).unwrap_or_default();
        assert_eq!((have, said), (status, code), "{} {method} {path}: {answer}", self.city.kind);
    }
}

/// The text of an id or cursor in an answer.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Numbers of the first row that a question finds.
fn numbers<T: db::FromRow + Send + 'static>(city: &City, question: &str) -> T {
    let question: &'static str = Box::leak(question.to_owned().into_boxed_str());
    let found = city
        .app
        .db
        .read_blocking(move |tx: &mut ReadTx<'_>| Ok::<_, Error>(tx.list::<T>(&Query::new(question))?))
        .unwrap();
    found.into_iter().next().unwrap()
}

/// The organisation where a demo account holds its role.
fn org_of(city: &City, login: &str) -> i64 {
    let account = city.logins.iter().find(|one| one.login == login).unwrap().account;
    numbers::<(i64,)>(
        city,
        &format!("SELECT org_id FROM role_grant WHERE account_id = {account} ORDER BY org_id"),
    )
    .0
}

/// The person behind a demo account.
fn person_of(city: &City, login: &str) -> i64 {
    let account = city.logins.iter().find(|one| one.login == login).unwrap().account;
    numbers::<(i64,)>(city, &format!("SELECT person_id FROM account WHERE id = {account}")).0
}

/// Another open organisation of a kind, which does not lie around the one named or within it.
fn elsewhere(city: &City, kind: &str, from: i64) -> i64 {
    let question = format!(
        "SELECT o.id FROM org o JOIN org f ON f.id = {from} WHERE o.kind = '{kind}' AND o.state = 'open'
            AND o.area_path NOT LIKE f.area_path || '%' AND f.area_path NOT LIKE o.area_path || '%' ORDER BY o.id DESC LIMIT 1"
    );
    numbers::<(i64,)>(city, &question).0
}
