//! Accounts on both databases: sessions, limits, roles, codes, links, and the sign-in pages over HTTP.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use db::testing::Bench;
use db::{Bus, Migration, args, sql};
use kernel::{AccountId, Actor, Clock, Error, Grant, ManualClock, OrgId, PersonId, Role, Timestamp};
use people::account::{self, AdminGap};
use tower::ServiceExt as _;
use ui::{App, Req, Settings};
use vault::{Cost, KeyRing, SeededRandom, SlipCode, Vault};

const START: i64 = 1_790_000_000_000;
const PASSWORD: &str = "Harbour-7-lantern";

struct City {
    app: App,
    clock: Arc<ManualClock>,
    _bench: Bench,
}

fn migrations() -> Vec<Migration> {
    db::migrate::MIGRATIONS.iter().chain(people::MIGRATIONS).copied().collect()
}

/// A city with a root (1), a street (2), a station (3) and a team (4), on each database.
fn cities(demo: bool) -> Vec<City> {
    Bench::configs()
        .into_iter()
        .enumerate()
        .map(|(at, config)| {
            // A clock for each database, so that what one run does to time does not reach the next.
            let clock = Arc::new(ManualClock::new(Timestamp(START)));
            let shared: Arc<dyn Clock> = clock.clone();
            let _bench = Bench::open(config, &migrations(), &shared, Bus::default()).unwrap();
            let ring = KeyRing::ephemeral([u8::try_from(at).unwrap(); 32]);
            let vault =
                Vault::new(&ring, Cost::cheap_for_tests(), Box::new(SeededRandom::new([9; 32]))).unwrap();
            let app = App {
                db: _bench.db.clone(),
                blobs: blobs::Blobs::folder(std::env::temp_dir().join("linli-test-blobs")),
                vault: Arc::new(vault),
                settings: Arc::new(Settings {
                    city: ("望海".to_owned(), "Wanghai".to_owned()),
                    base_url: "http://127.0.0.1:8080".to_owned(),
                    secure_cookies: false,
                    demo,
                    help_phone: String::new(),
                    files: std::env::temp_dir(),
                    map: ui::app::MapBase::default(),
                }),
                rooms: Arc::from(Vec::new()),
                authenticate: account::authenticate,
            };
            let city = City { app, clock, _bench };
            city.write(|tx| {
                for (id, kind, path) in [
                    (1, "city", "/1/"),
                    (2, "street", "/1/2/"),
                    (3, "station", "/1/2/3/"),
                    (4, "team", "/1/2/4/"),
                ] {
                    tx.exec(
                        sql!(
                            "INSERT INTO org (id, kind, name, area_path, state, created_at)
                             VALUES ($1, $2, $3, $4, 'open', 0)"
                        ),
                        args![OrgId(id), kind, kind, path],
                    )?;
                }
                Ok(())
            });
            city
        })
        .collect()
}

impl City {
    fn write<T: Send + 'static>(
        &self,
        f: impl Fn(&mut db::WriteTx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> T {
        self.try_write(f).unwrap()
    }

    fn try_write<T: Send + 'static>(
        &self,
        f: impl Fn(&mut db::WriteTx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.app.db.write_blocking(f)
    }

    fn refused<T: Send + 'static>(
        &self,
        f: impl Fn(&mut db::WriteTx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> String {
        self.try_write(f).err().expect("refused").code().to_owned()
    }

    fn staff(&self, login: &'static str, name: &'static str) -> AccountId {
        let hash = self.app.vault.hash_password(PASSWORD).unwrap();
        self.write(move |tx| {
            let id = account::create_staff(tx, login, name, Some(&hash))?;
            tx.exec(sql!("UPDATE account SET must_change = FALSE WHERE id = $1"), args![id])?;
            Ok(id)
        })
    }

    fn person(&self, id: i64, state: &'static str, phone: &'static str) -> PersonId {
        let index = account::phone_index(&self.app.vault, phone);
        self.write(move |tx| {
            tx.exec(
                sql!(
                    "INSERT INTO person (id, volunteer_no, name, name_key, initials, home_org, state, source,
                        phone_index, created_at) VALUES ($1, $2, '张小明', 'zhang', 'zxm', 3, $3, 'desk', $4, 0)"
                ),
                args![PersonId(id), format!("V{id:08}"), state, index],
            )?;
            people::person::keys::write_all(tx)?;
            Ok(PersonId(id))
        })
    }

    /// Opens a session and returns the hash of its token.
    fn session(&self, account: AccountId) -> Vec<u8> {
        let app = self.app.clone();
        let cookie = self.write(move |tx| account::open_session(tx, &app, account, &Req::default()));
        let token = cookie.split(['=', ';']).nth(1).unwrap().to_owned();
        vault::SessionToken::parse(&token).unwrap().hash().as_bytes().to_vec()
    }

    fn actor(&self, session: &[u8]) -> Actor {
        let hash = session.to_vec();
        self.app.db.read_blocking(move |tx| account::authenticate(tx, &hash, "10.0.0.1")).unwrap()
    }

    fn count(&self, query: &'static db::Sql) -> i64 {
        self.app.db.read_blocking(move |tx| Ok::<_, Error>(tx.one::<(i64,)>(query, &[])?.0)).unwrap()
    }
}

fn security() -> Actor {
    Actor {
        account: Some(AccountId(77)),
        name: "安全".to_owned(),
        grants: vec![Grant {
            role: Role::Security,
            org: OrgId(1),
            area_path: "/1/".to_owned(),
            sponsor_path: String::new(),
            org_name: "city".to_owned(),
        }],
        ..Actor::default()
    }
}

#[test]
fn every_statement_prepares() {
    for city in cities(false) {
        assert!(db::testing::prepare_all(&city._bench.config).unwrap() > 50);
    }
}

#[test]
fn sessions_end_by_idleness_and_by_age() {
    for city in cities(false) {
        let volunteer = city.person(50, "active", "13800000001");
        let account = city.write(move |tx| account::for_person(tx, volunteer, "张小明"));
        assert_eq!(city.write(move |tx| account::for_person(tx, volunteer, "张小明")), account);
        let long = city.session(account);
        let staff = city.staff("wang.min", "王敏");
        city.write(move |tx| account::grant_role(tx, &Actor::system("t"), staff, Role::Station, OrgId(3)));
        let short = city.session(staff);
        assert_eq!(city.actor(&short).account, Some(staff));
        assert!(city.actor(&short).is(Role::Station));
        assert_eq!(city.actor(&short).grants[0].area_path, "/1/2/3/");
        // Signs of life every nine minutes keep it; the twelve hours end it all the same.
        for step in 1..=80 {
            city.clock.advance(540_000);
            let alive = city.actor(&short).signed_in();
            assert_eq!(alive, step * 540 < 12 * 3600, "step {step}");
            let hash = short.clone();
            city.write(move |tx| Ok(account::touch(tx, &hash)?));
        }
        let again = city.session(staff);
        city.clock.advance(600_001);
        assert!(!city.actor(&again).signed_in(), "idle");
        let hash = again.clone();
        city.write(move |tx| Ok(account::touch(tx, &hash)?));
        assert!(!city.actor(&again).signed_in(), "a dead session stays dead");
        city.clock.advance(80 * 86_400_000);
        assert_eq!(city.actor(&long).person, Some(volunteer));
        city.clock.advance(10 * 86_400_000);
        assert!(!city.actor(&long).signed_in());
        assert!(!city.actor(&[0; 32]).signed_in());
        city.write(account::tick);
        assert_eq!(city.count(sql!("SELECT count(*) FROM login_session")), 0);
    }
}

#[test]
fn one_statement_authenticates_and_a_first_role_tightens_sessions() {
    for city in cities(false) {
        let staff = city.staff("wang.min", "王敏");
        let session = city.session(staff);
        let hash = session.clone();
        let statements = city
            .app
            .db
            .read_blocking(move |tx| {
                account::authenticate(tx, &hash, "")?;
                Ok::<_, Error>(tx.statements())
            })
            .unwrap();
        assert_eq!(statements, 1);
        city.clock.advance(3_600_000);
        city.write(move |tx| account::grant_role(tx, &Actor::system("t"), staff, Role::Leader, OrgId(4)));
        assert!(city.actor(&session).is(Role::Leader), "being given a role throws nobody out");
        city.clock.advance(600_001);
        assert!(!city.actor(&session).signed_in());
    }
}

#[test]
fn must_change_holds_roles_back() {
    for city in cities(false) {
        let hash = city.app.vault.hash_password(PASSWORD).unwrap();
        let staff = city.write(move |tx| account::create_staff(tx, "wang.min", "王敏", Some(&hash)));
        city.write(move |tx| account::grant_role(tx, &Actor::system("t"), staff, Role::Station, OrgId(3)));
        let session = city.session(staff);
        let actor = city.actor(&session);
        assert!(actor.signed_in() && actor.grants.is_empty());
        let tasks =
            city.app.db.read_blocking(move |tx| account::tasks(tx, &actor, kernel::Lang::En)).unwrap();
        assert_eq!(tasks[0].href, "/me/password");
    }
}

#[test]
fn roles_exclude_each_other() {
    for city in cities(false) {
        let a = city.staff("anna", "Anna");
        let by = security();
        let give = |account, role, org| {
            let by = by.clone();
            city.try_write(move |tx| account::grant_role(tx, &by, account, role, OrgId(org)))
                .map_err(|e| e.code().to_owned())
        };
        give(a, Role::Station, 3).unwrap();
        give(a, Role::Office, 1).unwrap();
        assert_eq!(give(a, Role::Station, 3).unwrap_err(), "account.role_held");
        assert_eq!(give(a, Role::Audit, 1).unwrap_err(), "account.role_excludes");
        assert_eq!(give(a, Role::Station, 4).unwrap_err(), "account.role_place");
        assert_eq!(give(a, Role::Station, 99).unwrap_err(), "common.not_found");
        let b = city.staff("bert", "Bert");
        give(b, Role::System, 1).unwrap();
        assert_eq!(give(b, Role::Security, 1).unwrap_err(), "account.role_excludes");
        assert_eq!(give(b, Role::Leader, 4).unwrap_err(), "account.role_excludes");
        // Nobody without the right gives roles, and the last administrator stays.
        let station = city.actor(&city.session(a));
        let refused = city.refused(move |tx| account::grant_role(tx, &station, a, Role::Office, OrgId(1)));
        assert!(refused.starts_with("common."), "{refused}");
        let by2 = by.clone();
        assert_eq!(
            city.refused(move |tx| account::end_role(tx, &by2, b, Role::System, OrgId(1))),
            "account.last_admin"
        );
        let gap = city.app.db.read_blocking(|tx| Ok::<_, Error>(account::admin_gap(tx)?)).unwrap();
        assert_eq!(gap, Some(AdminGap::Missing(vec![Role::Security, Role::Audit])));
        // A role that ended is gone at the next request.
        let session = city.session(a);
        assert!(city.actor(&session).is(Role::Office));
        let by3 = by.clone();
        city.write(move |tx| account::end_role(tx, &by3, a, Role::Office, OrgId(1)));
        assert!(!city.actor(&session).is(Role::Office));
        let since = Timestamp(START - 1);
        let held = city.app.db.read_blocking(move |tx| {
            Ok::<_, Error>(account::held_within(tx, a, Role::Office, OrgId(1), since)?)
        });
        assert!(held.unwrap());
        assert!(city.count(sql!("SELECT count(*) FROM audit WHERE act = 'role.grant'")) >= 3);
    }
}

#[test]
fn set_up_links_work_once_and_for_three_accounts() {
    for city in cities(false) {
        let vault = city.app.vault.clone();
        let links = city.write({
            let vault = vault.clone();
            move |tx| account::create_set_up_links(tx, &vault)
        });
        assert_eq!(links.len(), 3);
        let use_link = |token: &str, login: &'static str, name: &'static str| {
            let (vault, token) = (vault.clone(), token.to_owned());
            let hash = vault.hash_password(PASSWORD).unwrap();
            city.try_write(move |tx| {
                let link = account::commands::open_link(tx, &vault, &token)?;
                let account::commands::Link::Role(role, token_hash) = link else { panic!("a role's link") };
                let first = account::commands::FirstAdmin {
                    role,
                    token_hash: &token_hash,
                    login,
                    name,
                    password_hash: &hash,
                    city: ("望海", "Wanghai"),
                };
                account::commands::use_role_link(tx, &Req::default(), &first)
            })
        };
        // A restart before they are used makes new ones; the old ones are dead.
        let fresh = city.write({
            let vault = vault.clone();
            move |tx| account::create_set_up_links(tx, &vault)
        });
        assert_eq!(use_link(&links[0].1, "sys", "甲").unwrap_err().code(), "account.link_used");
        use_link(&fresh[0].1, "sys", "甲").unwrap();
        assert_eq!(use_link(&fresh[0].1, "sys2", "甲").unwrap_err().code(), "account.link_used");
        assert_eq!(use_link(&fresh[1].1, "sys", "乙").unwrap_err().code(), "account.login_taken");
        use_link(&fresh[1].1, "sec", "乙").unwrap();
        use_link(&fresh[2].1, "aud", "乙").unwrap();
        let gap = city.app.db.read_blocking(|tx| Ok::<_, Error>(account::admin_gap(tx)?)).unwrap();
        assert_eq!(gap, Some(AdminGap::AuditNotSeparate("乙".to_owned())));
        assert!(city.write(move |tx| account::create_set_up_links(tx, &vault)).is_empty());
    }
}

#[test]
fn account_links_set_one_password() {
    for city in cities(false) {
        let vault = city.app.vault.clone();
        let token = city.write({
            let vault = vault.clone();
            move |tx| {
                account::create_staff(tx, "Li.Na", "李娜", None)?;
                account::reset_link(tx, &vault, "LI.NA")
            }
        });
        let go = |token: String| {
            let vault = vault.clone();
            let hash = vault.hash_password(PASSWORD).unwrap();
            city.try_write(move |tx| match account::commands::open_link(tx, &vault, &token)? {
                account::commands::Link::Account(known) => {
                    account::commands::use_account_link(tx, &Req::default(), &known, &hash)
                }
                account::commands::Link::Role(..) => panic!("an account's link"),
            })
            .map_err(|e| e.code().to_owned())
        };
        let mut forged = token.clone();
        forged.replace_range(0..1, "9");
        assert_eq!(go(forged).unwrap_err(), "account.link_used");
        go(token.clone()).unwrap();
        assert_eq!(go(token).unwrap_err(), "account.link_used");
        let late = city.write({
            let vault = vault.clone();
            move |tx| account::reset_link(tx, &vault, "li.na")
        });
        city.clock.advance(73 * 3_600_000);
        assert_eq!(go(late).unwrap_err(), "account.link_used");
    }
}

#[test]
fn phone_codes() {
    for city in cities(true) {
        let app = city.app.clone();
        let send = || {
            let app = app.clone();
            city.write(move |tx| account::send_phone_code(tx, &app, "13800000001", "sign-in")).expect("shown")
        };
        let check = |phone: &'static str, purpose: &'static str, code: &str| {
            let (app, code) = (app.clone(), code.to_owned());
            city.write(move |tx| account::check_phone_code(tx, &app, phone, purpose, &code))
        };
        let code = send();
        assert_eq!(code.len(), 6);
        assert!(!check("13800000002", "sign-in", &code), "another phone");
        assert!(!check("13800000001", "register", &code), "another purpose");
        assert!(check("13800000001", "sign-in", &code));
        assert!(!check("13800000001", "sign-in", &code), "once");
        let old = send();
        let new = send();
        assert!(old == new || !check("13800000001", "sign-in", &old), "only the newest counts");
        assert!(check("13800000001", "sign-in", &new));
        let code = send();
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for _ in 0..5 {
            assert!(!check("13800000001", "sign-in", wrong));
        }
        assert!(!check("13800000001", "sign-in", &code), "five tries, kept over refusals");
        let code = send();
        city.clock.advance(300_001);
        assert!(!check("13800000001", "sign-in", &code), "five minutes");
        assert_eq!(city.count(sql!("SELECT count(*) FROM outbox WHERE topic = 'sms'")), 5);
        assert_eq!(
            city.count(sql!(
                "SELECT count(*) FROM outbox WHERE payload LIKE '%text_zh%' AND payload LIKE '%138%'"
            )),
            5
        );
    }
    for city in cities(false) {
        let send = || {
            let app = city.app.clone();
            city.try_write(move |tx| account::send_phone_code(tx, &app, "13800000001", "sign-in"))
        };
        for _ in 0..5 {
            assert_eq!(send().unwrap(), None, "shown in the demo only");
        }
        assert_eq!(send().unwrap_err().code(), "common.slow_down");
        city.clock.advance(600_000);
        assert!(send().is_ok());
    }
}

#[test]
fn tries_are_counted_and_pause() {
    for city in cities(false) {
        let hit = || city.write(|tx| Ok(account::hit(tx, "k", 5, 300_000, 300_000)?));
        for _ in 0..5 {
            assert_eq!(hit(), None);
        }
        assert_eq!(hit(), Some(300));
        city.clock.advance(200_500);
        assert_eq!(hit(), Some(100));
        city.clock.advance(99_500);
        assert_eq!(hit(), None, "the pause is over and the count starts again");
        for _ in 0..3 {
            assert_eq!(hit(), None);
        }
        city.clock.advance(300_000);
        for _ in 0..5 {
            assert_eq!(hit(), None, "a new window");
        }
        assert!(hit().is_some());
        let once = || city.write(|tx| Ok(account::hit(tx, "once", 1, 1000, 1000)?));
        assert_eq!(once(), None);
        assert_eq!(once(), Some(1));
    }
}

/// A browser that keeps cookies.
struct Browser {
    router: axum::Router,
    cookies: Vec<(String, String)>,
    from: String,
}

impl Browser {
    fn new(app: &App, from: &str) -> Self {
        let router = account::routes().merge(people::audit::routes()).with_state(app.clone());
        Self { router, cookies: Vec::new(), from: from.to_owned() }
    }

    async fn send(
        &mut self,
        request: axum::http::request::Builder,
        body: String,
    ) -> (StatusCode, String, String) {
        let jar: Vec<String> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let peer: std::net::SocketAddr = "127.0.0.1:1".parse().unwrap();
        let request = request
            .header("cookie", jar.join("; "))
            .header("x-forwarded-for", &self.from)
            .header("accept-language", "en")
            .extension(axum::extract::ConnectInfo(peer))
            .body(Body::from(body))
            .unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        for value in answer.headers().get_all("set-cookie") {
            let (name, rest) = value.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap().to_owned();
            self.cookies.retain(|(key, _)| key != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value));
            }
        }
        let status = answer.status();
        let to = answer.headers().get("location").map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        let body = to_bytes(answer.into_body(), 1 << 22).await.unwrap();
        (status, to, String::from_utf8_lossy(&body).into_owned())
    }

    async fn get(&mut self, path: &str) -> (StatusCode, String, String) {
        self.send(Request::get(path), String::new()).await
    }

    async fn post(
        &mut self,
        page: &str,
        path: &str,
        fields: &[(&str, &str)],
    ) -> (StatusCode, String, String) {
        let (_, _, html) = self.get(page).await;
        let csrf = value_of(&html, "_csrf");
        self.post_with(&csrf, path, fields).await
    }

    async fn post_with(
        &mut self,
        csrf: &str,
        path: &str,
        fields: &[(&str, &str)],
    ) -> (StatusCode, String, String) {
        let mut body = format!("_csrf={csrf}");
        for (name, value) in fields {
            let coded: String = value.bytes().map(|b| format!("%{b:02X}")).collect();
            body.push_str(&format!("&{name}={coded}"));
        }
        let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        self.send(request, body).await
    }

    fn signed_in(&self) -> bool {
        self.cookies.iter().any(|(name, _)| name == "linli_session")
    }
}

fn value_of(html: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    html.split_once(&mark).map(|(_, rest)| rest.split('"').next().unwrap().to_owned()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_lock_the_account_and_not_the_square() {
    let made = tokio::task::spawn_blocking(|| {
        let all = cities(false);
        for city in &all {
            city.staff("wang.min", "王敏");
            city.staff("li.na", "李娜");
        }
        all
    });
    for city in made.await.unwrap() {
        let mut bad = Browser::new(&city.app, "10.1.1.1");
        let wrong = [("login", "wang.min"), ("password", "nonsense"), ("next", "/schedule")];
        for _ in 0..5 {
            let (status, _, html) = bad.post("/sign-in", "/sign-in/password", &wrong).await;
            assert_eq!(status, 422);
            assert!(html.contains("Account or password is wrong"));
            assert!(!html.contains("nonsense"), "a password is never sent back");
        }
        let right = [("login", "wang.min"), ("password", PASSWORD), ("next", "/schedule")];
        let (status, _, html) = bad.post("/sign-in", "/sign-in/password", &right).await;
        assert_eq!(status, 429, "locked");
        assert!(html.contains("300 s"));
        assert!(!bad.signed_in());
        // A login that does not exist answers alike.
        let mut nobody = Browser::new(&city.app, "10.1.1.1");
        for step in 0..6 {
            let fields = [("login", "no.body"), ("password", "nonsense")];
            let (status, _, html) = nobody.post("/sign-in", "/sign-in/password", &fields).await;
            assert_eq!(status, if step < 5 { 422 } else { 429 });
            assert_eq!(html.contains("Account or password is wrong"), step < 5);
        }
        // A neighbour behind the same address is not locked.
        let mut other = Browser::new(&city.app, "10.1.1.1");
        let fields = [("login", " LI.NA "), ("password", PASSWORD), ("next", "//evil.example")];
        let (status, to, _) = other.post("/sign-in", "/sign-in/password", &fields).await;
        assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/"));
        city.clock.advance(300_000);
        let (status, to, _) = bad.post("/sign-in", "/sign-in/password", &right).await;
        assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/schedule"));
        // Ninety days later it must be changed first.
        city.clock.advance(91 * 86_400_000);
        let mut late = Browser::new(&city.app, "10.1.1.2");
        let (_, to, _) = late.post("/sign-in", "/sign-in/password", &right).await;
        assert_eq!(to, "/me/password");
        let (status, _, html) = late.get("/me/password").await;
        assert_eq!(status, 200);
        let csrf = value_of(&html, "_csrf");
        let change = |new: &'static str| [("current", PASSWORD), ("password", new), ("repeat", new)];
        let (status, _, html) = late.post_with(&csrf, "/me/password", &change("ab")).await;
        assert_eq!(status, 422);
        assert!(html.contains("too short") && html.contains("too few kinds"), "all weaknesses at once");
        let (_, _, html) = late.post_with(&csrf, "/me/password", &change(PASSWORD)).await;
        assert!(html.contains("used before"));
        let (status, _, _) = late.post_with(&csrf, "/me/password", &change("Quiet-9-meadow")).await;
        assert_eq!(status, 303);
        tokio::task::spawn_blocking(move || drop(city)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_sign_in_behind_one_address() {
    let made = tokio::task::spawn_blocking(|| {
        let all = cities(false);
        for city in &all {
            let hash = city.app.vault.hash_password(PASSWORD).unwrap();
            city.write(move |tx| {
                for n in 0..500 {
                    let id = account::create_staff(tx, &format!("user{n}"), "某人", Some(&hash))?;
                    tx.exec(sql!("UPDATE account SET must_change = FALSE WHERE id = $1"), args![id])?;
                }
                Ok(())
            });
        }
        all
    });
    for city in made.await.unwrap() {
        let mut browser = Browser::new(&city.app, "10.9.9.9");
        let (_, _, html) = browser.get("/sign-in").await;
        let csrf = value_of(&html, "_csrf");
        let visitor = browser.cookies.clone();
        for n in 0..500 {
            browser.cookies = visitor.clone();
            let login = format!("user{n}");
            let fields = [("login", login.as_str()), ("password", PASSWORD)];
            let (status, _, _) = browser.post_with(&csrf, "/sign-in/password", &fields).await;
            assert_eq!(status, 303, "sign-in {n}");
            city.clock.advance(500);
        }
        // Far more than a square: a pause of seconds, not a lock.
        browser.cookies = visitor.clone();
        let mut slowed = None;
        for n in 0..200 {
            let login = format!("ghost{n}");
            let fields = [("login", login.as_str()), ("password", "x")];
            let (status, _, _) = browser.post_with(&csrf, "/sign-in/password", &fields).await;
            if status == 429 {
                slowed = Some(n);
                break;
            }
        }
        assert!(slowed.is_some());
        city.clock.advance(5_000);
        let fields = [("login", "user1"), ("password", PASSWORD)];
        let (status, _, _) = browser.post_with(&csrf, "/sign-in/password", &fields).await;
        assert_eq!(status, 303);
        tokio::task::spawn_blocking(move || drop(city)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn phone_slip_demo_and_sessions_over_http() {
    let made = tokio::task::spawn_blocking(|| {
        let all = cities(true);
        for city in &all {
            city.person(50, "active", "13800000001");
            city.person(51, "active", "13800000002");
            city.person(52, "unclaimed", "13800000002");
            city.person(53, "unclaimed", "13800000003");
            city.staff("demo-office", "演示 · 市级办公室");
            let code = SlipCode::parse(&slip_text(city)).unwrap();
            let hash = account::slip_hash(&city.app.vault, &code);
            city.write(move |tx| {
                tx.exec(
                    sql!(
                        "INSERT INTO slip (id, person_id, code_hash, printed_at, expires_at)
                         VALUES (1, 53, $1, 0, $2)"
                    ),
                    args![hash, START + 86_400_000],
                )?;
                Ok(())
            });
        }
        all
    });
    for city in made.await.unwrap() {
        // One person on the phone: code, signed in.
        let mut one = Browser::new(&city.app, "10.1.1.1");
        let page = "/sign-in?next=%2Fschedule";
        let (_, _, html) =
            one.post(page, "/sign-in/phone", &[("phone", "138 0000 0001"), ("next", "/schedule")]).await;
        let code = demo_code(&html);
        let csrf = value_of(&html, "_csrf");
        let fields = [("phone", "13800000001"), ("code", code.as_str()), ("next", "/schedule")];
        let (status, to, _) = one.post_with(&csrf, "/sign-in/code", &fields).await;
        assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/schedule"));
        let (status, _, html) = one.get("/me/sessions").await;
        assert_eq!(status, 200);
        assert!(html.contains("this one"));

        // Two on one phone: masked names, a choice; who is unclaimed must say so.
        let mut two = Browser::new(&city.app, "10.1.1.1");
        let (_, _, html) = two.post("/sign-in", "/sign-in/phone", &[("phone", "13800000002")]).await;
        let code = demo_code(&html);
        let csrf = value_of(&html, "_csrf");
        let fields = [("phone", "13800000002"), ("code", code.as_str())];
        let (status, _, html) = two.post_with(&csrf, "/sign-in/code", &fields).await;
        assert_eq!(status, 200);
        assert!(html.contains("张**") && !html.contains("张小明") && html.contains("/not-me/"));
        let (until, proof) = (value_of(&html, "until"), value_of(&html, "proof"));
        let choice = |person: &'static str, me: &'static str| {
            [("phone", "13800000002"), ("until", &until), ("proof", &proof), ("person", person), ("me", me)]
                .map(|(k, v)| (k, v.to_owned()))
        };
        let mut go = async |fields: [(&'static str, String); 5]| {
            let fields = fields.each_ref().map(|(k, v)| (*k, v.as_str()));
            two.post_with(&csrf, "/sign-in/choose", &fields).await.0
        };
        assert_eq!(go(choice("50", "1")).await, 422, "somebody else's person");
        assert_eq!(go(choice("52", "")).await, 422, "not without saying so");
        let mut bent = choice("52", "1");
        bent[2].1 = proof.replace(|c: char| c.is_ascii_digit(), "a");
        if bent[2].1 != proof {
            assert_eq!(go(bent).await, 422);
        }
        assert_eq!(go(choice("52", "1")).await, 303);
        let claimed = city.app.clone();
        let state = claimed
            .db
            .read(|tx| {
                Ok::<_, Error>(tx.one::<(String,)>(sql!("SELECT state FROM person WHERE id = 52"), &[])?.0)
            })
            .await
            .unwrap();
        assert_eq!(state, "active");

        // A slip: shown masked, confirmed, once.
        let text = slip_text(&city);
        let mut slip = Browser::new(&city.app, "10.1.1.1");
        let (status, _, html) = slip.get(&format!("/slip/{text}")).await;
        assert!(status == 200 && html.contains(&text));
        let csrf = value_of(&html, "_csrf");
        let (_, _, html) = slip.post_with(&csrf, "/slip", &[("slip", &text.to_lowercase())]).await;
        assert!(html.contains("张**"));
        let confirm = [("slip", text.as_str()), ("person", "53"), ("me", "1"), ("next", "/me")];
        let (status, to, _) = slip.post_with(&csrf, "/slip/confirm", &confirm).await;
        assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/me"));
        let mut again = Browser::new(&city.app, "10.1.1.1");
        let (status, _, _) = again.post("/slip", "/slip", &[("slip", &text)]).await;
        assert_eq!(status, 422);
        for _ in 0..25 {
            again.post("/slip", "/slip", &[("slip", &text)]).await;
        }
        let (status, _, _) = again.post("/slip", "/slip", &[("slip", &text)]).await;
        assert_eq!(status, 429, "guessing is limited per browser");

        // The demo's one-tap sign-in, then out.
        let mut demo = Browser::new(&city.app, "10.1.1.1");
        let (_, _, html) = demo.get("/sign-in").await;
        let id = value_of(&html, "account");
        let csrf = value_of(&html, "_csrf");
        let (status, _, _) = demo.post_with("wrong", "/sign-in/demo", &[("account", &id)]).await;
        assert_eq!(status, 403, "without the check code nothing happens");
        let (status, _, _) = demo.post_with(&csrf, "/sign-in/demo", &[("account", &id)]).await;
        assert_eq!(status, 303);
        assert!(demo.signed_in());
        let (status, _, _) = demo.post("/me/sessions", "/sign-out", &[]).await;
        assert_eq!(status, 303);
        assert!(!demo.signed_in());
        let (status, to, _) = demo.get("/me/sessions").await;
        assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/sign-in?next=%2Fme%2Fsessions"));
        tokio::task::spawn_blocking(move || drop(city)).await.unwrap();
    }
}

fn slip_text(_: &City) -> String {
    SlipCode::new(&mut SeededRandom::new([3; 32])).text()
}

fn demo_code(html: &str) -> String {
    html.split_once("data-demo-code>").unwrap().1.get(..6).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_pages() {
    let made = tokio::task::spawn_blocking(|| {
        let all = cities(true);
        for city in &all {
            for (login, name, role, org) in [
                ("demo-system", "系统甲", Role::System, 1),
                ("demo-security", "安全乙", Role::Security, 1),
                ("demo-audit", "审计丙", Role::Audit, 1),
                ("demo-office", "办公丁", Role::Office, 1),
            ] {
                let id = city.staff(login, name);
                city.write(move |tx| account::grant_role(tx, &Actor::system("t"), id, role, OrgId(org)));
            }
        }
        all
    });
    for city in made.await.unwrap() {
        let mut desk = Vec::new();
        for login in ["demo-system", "demo-security", "demo-audit", "demo-office"] {
            let mut browser = Browser::new(&city.app, "10.2.2.2");
            let (status, _, _) = browser
                .post("/sign-in", "/sign-in/password", &[("login", login), ("password", PASSWORD)])
                .await;
            assert_eq!(status, 303);
            desk.push(browser);
        }
        // Each page belongs to one administrator alone.
        for (path, owner) in [("/accounts", 0), ("/roles", 1), ("/audit", 2)] {
            for (at, browser) in desk.iter_mut().enumerate() {
                let (status, _, _) = browser.get(path).await;
                assert_eq!(status, if at == owner { 200 } else { 403 }, "{path} {at}");
            }
        }
        let (status, _, _) = desk[0].get("/accounts?format=xlsx").await;
        assert_eq!(status, 200);
        // The system administrator makes an account and hands its link over.
        let fields = [("login", "zhao.qi"), ("name", "赵琪")];
        let (status, _, html) = desk[0].post("/accounts/new", "/accounts", &fields).await;
        assert_eq!(status, 200);
        let link = html.split_once("/set-up/").unwrap().1.split('"').next().unwrap().to_owned();
        let (status, _, _) = desk[0].post("/accounts/new", "/accounts", &fields).await;
        assert_eq!(status, 409);
        let mut owner = Browser::new(&city.app, "10.2.2.3");
        let page = format!("/set-up/{link}");
        let (status, _, html) =
            owner.post(&page, &page, &[("password", "zhao.qi1"), ("repeat", "other")]).await;
        assert_eq!(status, 422);
        assert!(html.contains("contains the login") && html.contains("two passwords differ"));
        let (status, to, _) =
            owner.post(&page, &page, &[("password", "Plain-River-3"), ("repeat", "Plain-River-3")]).await;
        assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/sign-in"));
        let (status, _, _) = owner.get(&page).await;
        assert_eq!(status, 410);
        // The security administrator gives the role.
        let fields = [("who", "赵琪"), ("role", "station"), ("org", "3")];
        let (status, _, _) = desk[1].post("/roles", "/roles", &fields).await;
        assert_eq!(status, 303);
        let (status, _, _) = desk[1].post("/roles", "/roles", &fields).await;
        assert_eq!(status, 409);
        let (_, _, html) = desk[1].get("/roles?org=2&role=station").await;
        assert!(html.contains("赵琪") && !html.contains("办公丁"));
        let (_, _, html) =
            desk[1].post("/roles", "/roles", &[("who", "没有"), ("role", ""), ("org", "")]).await;
        assert!(html.contains("error-summary"));
        // A link for another administrator is refused; so is switching oneself off.
        let ids: Vec<(AccountId, String)> = city
            .app
            .db
            .read(|tx| Ok::<_, Error>(tx.all(sql!("SELECT id, login FROM account ORDER BY login"), &[])?))
            .await
            .unwrap();
        let id = |login: &str| ids.iter().find(|(_, l)| l == login).unwrap().0;
        let page = format!("/accounts/{}", id("demo-audit"));
        let (status, _, _) = desk[0].post(&page, &format!("{page}/link"), &[]).await;
        assert_eq!(status, 403);
        let (status, _, _) = desk[0].post(&page, &format!("{page}/disable"), &[]).await;
        assert_eq!(status, 409, "the last auditor");
        let mine = format!("/accounts/{}", id("demo-system"));
        let (status, _, _) = desk[0].post(&mine, &format!("{mine}/disable"), &[]).await;
        assert_eq!(status, 409);
        let office = format!("/accounts/{}", id("demo-office"));
        let (status, _, _) = desk[0].post(&office, &format!("{office}/disable"), &[]).await;
        assert_eq!(status, 303);
        let (status, _, _) = desk[3].get("/me/sessions").await;
        assert_eq!(status, 303, "signed out at once");
        // The auditor sees it all, filtered by the URL.
        let (_, _, html) = desk[2].get("/audit?act=account.disable").await;
        assert!(html.contains("系统甲") && html.contains("10.2.2.2"));
        let (_, _, html) = desk[2].get("/audit?act=account.disable&from=2031-01-01").await;
        assert!(!html.contains("系统甲"));
        let (status, _, _) = desk[2].get("/audit?format=xlsx").await;
        assert_eq!(status, 200);
        // Preferences need no sign-in and stay on the site.
        let mut visitor = Browser::new(&city.app, "10.2.2.9");
        let (_, to, _) = visitor.get("/settings/lang?lang=en&next=https%3A%2F%2Fevil.example").await;
        assert_eq!(to, "/");
        assert!(visitor.cookies.contains(&("linli_lang".to_owned(), "en".to_owned())));
        visitor.post_with("", "/settings/look", &[("elder", "1"), ("next", "/activities")]).await;
        assert!(visitor.cookies.contains(&("linli_elder".to_owned(), "1".to_owned())));
        tokio::task::spawn_blocking(move || drop(city)).await.unwrap();
    }
}

/// The code an authenticator would show for a typed key now.
fn authenticator(key: &str, at: i64) -> String {
    let mut bits = Vec::new();
    for c in key.chars().filter(|c| !c.is_whitespace()) {
        let value = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(c).unwrap();
        bits.extend((0..5).rev().map(|n| value >> n & 1));
    }
    let bytes: Vec<u8> =
        bits.chunks_exact(8).map(|eight| eight.iter().fold(0, |sum, bit| sum << 1 | *bit) as u8).collect();
    vault::TotpSecret::from_bytes(&bytes).code(at / 30_000)
}

fn key_of(html: &str) -> String {
    html.split_once("text-break\">").unwrap().1.split('<').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_sign_in_again_when_a_second_factor_becomes_the_rule() {
    let made = tokio::task::spawn_blocking(|| {
        let all = cities(false);
        for city in &all {
            let staff = city.staff("wang.min", "王敏");
            city.staff("li.lei", "李雷");
            city.write(move |tx| {
                account::grant_role(tx, &Actor::system("t"), staff, Role::Station, OrgId(3))
            });
        }
        all
    });
    for city in made.await.unwrap() {
        let mut browsers = Vec::new();
        for login in ["wang.min", "li.lei"] {
            let mut one = Browser::new(&city.app, "10.2.0.9");
            let fields = [("login", login), ("password", PASSWORD), ("next", "/me/sessions")];
            assert_eq!(one.post("/sign-in", "/sign-in/password", &fields).await.0, 303);
            assert_eq!(one.get("/me/sessions").await.0, 200);
            browsers.push(one);
        }
        let ended = city.app.db.write(account::second::now_required).await.unwrap();
        assert_eq!(ended, 1, "of the one who holds a role");
        assert_ne!(browsers[0].get("/me/sessions").await.0, 200);
        assert_eq!(browsers[1].get("/me/sessions").await.0, 200, "nobody else is thrown out");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_once_a_code_and_reset_by_security() {
    let made = tokio::task::spawn_blocking(|| {
        let all = cities(false);
        for city in &all {
            let staff = city.staff("wang.min", "王敏");
            let security = city.staff("an.quan", "安全员");
            city.write(move |tx| {
                account::grant_role(tx, &Actor::system("t"), staff, Role::Station, OrgId(3))?;
                account::grant_role(tx, &Actor::system("t"), security, Role::Security, OrgId(1))
            });
        }
        all
    });
    for city in made.await.unwrap() {
        let first = [("login", "wang.min"), ("password", PASSWORD), ("next", "/people")];
        let mut one = Browser::new(&city.app, "10.2.0.1");
        assert_eq!(one.post("/sign-in", "/sign-in/password", &first).await.0, 303);
        let (status, _, html) = one.get("/me/second-factor").await;
        assert_eq!(status, 200);
        let csrf = value_of(&html, "_csrf");
        assert_eq!(one.post_with(&csrf, "/me/second-factor/start", &[]).await.0, 303);
        let (_, _, html) = one.get("/me/second-factor").await;
        let key = key_of(&html);
        assert!(html.contains("<svg"), "a QR code");
        let now = || city.clock.now().0;
        let (status, _, html) =
            one.post_with(&csrf, "/me/second-factor/confirm", &[("code", "000000")]).await;
        assert_eq!(status, 422);
        assert!(html.contains("wrong or was used"));
        let code = authenticator(&key, now());
        let (status, _, html) = one.post_with(&csrf, "/me/second-factor/confirm", &[("code", &code)]).await;
        assert_eq!(status, 200);
        let codes: Vec<String> = html
            .split("code-number\">")
            .skip(1)
            .map(|rest| rest.split('<').next().unwrap().to_owned())
            .collect();
        assert_eq!(codes.len(), 10);
        // From now on the password alone opens nothing; the code that switched it on is used up.
        let mut two = Browser::new(&city.app, "10.2.0.2");
        let (status, _, html) = two.post("/sign-in", "/sign-in/password", &first).await;
        assert_eq!(status, 200);
        assert!(!two.signed_in());
        let form = |html: &str, code: &str| {
            ["_csrf", "account", "channel", "must_change", "until", "proof"]
                .map(|name| (name.to_owned(), value_of(html, name)))
                .into_iter()
                .chain([("code".to_owned(), code.to_owned()), ("next".to_owned(), "/people".to_owned())])
                .collect::<Vec<_>>()
        };
        let step = async |browser: &mut Browser, html: &str, code: &str| {
            let fields = form(html, code);
            let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            browser.post_with(&value_of(html, "_csrf"), "/sign-in/second", &fields).await
        };
        let (status, _, again) = step(&mut two, &html, &code).await;
        assert_eq!(status, 422, "replay of the same step");
        city.clock.advance(30_000);
        let (status, to, _) = step(&mut two, &again, &authenticator(&key, now())).await;
        assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/people"));
        assert!(two.signed_in());
        // Somebody else's account cannot be put into the form.
        let mut bad = Browser::new(&city.app, "10.2.0.3");
        let (_, _, html) = bad.post("/sign-in", "/sign-in/password", &first).await;
        let other = html.replace(
            &format!("name=\"account\" value=\"{}\"", value_of(&html, "account")),
            "name=\"account\" value=\"77\"",
        );
        assert_eq!(step(&mut bad, &other, "000000").await.0, 422);
        // A recovery code works once.
        let mut three = Browser::new(&city.app, "10.2.0.4");
        let (_, _, html) = three.post("/sign-in", "/sign-in/password", &first).await;
        assert_eq!(step(&mut three, &html, &codes[0].to_lowercase()).await.0, 303);
        let mut four = Browser::new(&city.app, "10.2.0.5");
        let (_, _, html) = four.post("/sign-in", "/sign-in/password", &first).await;
        assert_eq!(step(&mut four, &html, &codes[0]).await.0, 422);
        // Guessing is slowed down like any other.
        for _ in 0..3 {
            step(&mut four, &html, "111111").await;
        }
        step(&mut four, &html, "111111").await;
        assert_eq!(step(&mut four, &html, &codes[1]).await.0, 429);
        city.clock.advance(301_000);
        assert_eq!(step(&mut four, &html, &codes[1]).await.0, 303);
        // The half sign-in is too old after ten minutes.
        let mut five = Browser::new(&city.app, "10.2.0.6");
        let (_, _, html) = five.post("/sign-in", "/sign-in/password", &first).await;
        city.clock.advance(601_000);
        assert_eq!(step(&mut five, &html, &codes[2]).await.0, 422);
        // Nothing secret stands in the audit log.
        let told = city
            .app
            .db
            .read(|tx| Ok::<_, Error>(people::audit::list(tx, &people::audit::Filter::default(), 200)?))
            .await
            .unwrap();
        let compact = key.replace(' ', "");
        assert!(
            told.iter().any(|line| line.detail == "password+totp")
                && told.iter().any(|line| line.act == "second.on")
        );
        assert!(told.iter().all(|line| !line.detail.contains(&compact) && !codes.contains(&line.detail)));
        // The security administrator resets it; the sessions end, the password alone suffices again.
        let mut guard = Browser::new(&city.app, "10.2.0.9");
        let fields = [("login", "an.quan"), ("password", PASSWORD)];
        assert_eq!(guard.post("/sign-in", "/sign-in/password", &fields).await.0, 303);
        let (_, _, html) = guard.get("/roles").await;
        let path = html.split('"').find(|part| part.ends_with("/second-factor")).unwrap().to_owned();
        assert_eq!(guard.post_with(&value_of(&html, "_csrf"), &path, &[]).await.0, 303);
        assert_eq!(three.get("/me/second-factor").await.0, 303, "signed out");
        let mut six = Browser::new(&city.app, "10.2.0.7");
        assert_eq!(six.post("/sign-in", "/sign-in/password", &first).await.0, 303);
        // When the city requires it, nobody with a role comes in without setting it up.
        city.app
            .db
            .write(|tx| {
                tx.exec(
                    sql!("INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"),
                    args![account::second::POLICY, "required"],
                )
            })
            .await
            .unwrap();
        let mut seven = Browser::new(&city.app, "10.2.0.8");
        let (status, _, html) = seven.post("/sign-in", "/sign-in/password", &first).await;
        assert_eq!(status, 200);
        assert!(!seven.signed_in());
        let fields = form(&html, &authenticator(&key_of(&html), now()));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let (status, _, shown) = seven.post_with(&value_of(&html, "_csrf"), "/sign-in/set-up", &fields).await;
        assert_eq!(status, 200);
        assert!(seven.signed_in() && shown.contains("code-number"));
        tokio::task::spawn_blocking(move || drop(city)).await.unwrap();
    }
}
