//! A small city behind the room's router, on every database, for the tests of planning.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use db::testing::Bench;
use db::{Bus, Db, ReadTx, WriteTx, args, sql};
use kernel::{AccountId, Actor, Clock, Date, Error, Grant, ManualClock, OrgId, PersonId, Role, Timestamp};
use service::event::{SessionCancelled, SessionChanged};
use tower::ServiceExt as _;
use ui::App;
use vault::{Cost, KeyRing, SeededRandom, SessionToken, Vault};

pub fn noon() -> Timestamp {
    Timestamp::at(Date::parse("2026-11-20").unwrap(), 12 * 60)
}

/// Tokens of the three people of these tests: V volunteer, L leader, S staff without a person.
fn token(who: char) -> String {
    format!("{who}{}", "A".repeat(42))
}

fn hash(who: char) -> Vec<u8> {
    SessionToken::parse(&token(who)).unwrap().hash().as_bytes().to_vec()
}

fn grant(role: Role, org: i64, path: &str) -> Vec<Grant> {
    vec![Grant {
        role,
        org: OrgId(org),
        area_path: path.to_owned(),
        sponsor_path: String::new(),
        org_name: String::new(),
    }]
}

fn authenticate(_: &mut ReadTx<'_>, asked: &[u8], from: &str) -> Result<Actor, Error> {
    let actor = |id: i64, person: bool, grants| Actor {
        account: Some(AccountId(id)),
        person: person.then_some(PersonId(id)),
        name: format!("人{id}"),
        grants,
        from: from.to_owned(),
        ..Actor::default()
    };
    Ok(if asked == hash('V') {
        actor(100, true, vec![])
    } else if asked == hash('L') {
        actor(101, true, grant(Role::Leader, 4, "/1/2/3/4/"))
    } else if asked == hash('X') {
        actor(102, true, grant(Role::Leader, 6, "/1/2/5/6/"))
    } else if asked == hash('S') {
        actor(103, false, grant(Role::Office, 1, "/1/"))
    } else {
        Actor::default()
    })
}

fn org(tx: &mut WriteTx<'_>, id: i64, kind: &str, path: &str) -> Result<(), Error> {
    let (name, now) = (format!("{kind}{id}"), noon());
    tx.exec_one(
        sql!(
            "INSERT INTO org (id, kind, name, name_key, area_path, state, created_at)
             VALUES ($1, $2, $3, $4, $5, 'open', $6)"
        ),
        args![id, kind, name, name, path, now],
    )?;
    Ok(())
}

async fn city(db: &Db) {
    db.write(|tx| {
        for (id, kind, path) in [
            (1, "city", "/1/"),
            (2, "street", "/1/2/"),
            (3, "community", "/1/2/3/"),
            (4, "team", "/1/2/3/4/"),
            (5, "community", "/1/2/5/"),
            (6, "team", "/1/2/5/6/"),
        ] {
            org(tx, id, kind, path)?;
        }
        for id in 100_i64..103 {
            let (no, name, now) = (people::person::volunteer_no(id), format!("人{id}"), noon());
            let birth = Date::parse("2000-06-01");
            tx.exec_one(
                sql!(
                    "INSERT INTO person (id, volunteer_no, name, name_key, initials, birth_on, home_org, state, source, created_at)
                     VALUES ($1, $2, $3, $4, $5, $6, 3, 'active', 'self', $7)"
                ),
                args![id, no, name, name, name, birth, now],
            )?;
        }
        Ok::<(), Error>(())
    })
    .await
    .unwrap();
}

pub struct Site {
    pub app: App,
    router: axum::Router,
    pub clock: Arc<ManualClock>,
    /// What listeners heard since the start.
    pub heard: Arc<Mutex<Heard>>,
    _bench: Bench,
}

/// Events of this room.
#[derive(Default)]
pub struct Heard {
    pub changed: Vec<SessionChanged>,
    pub cancelled: Vec<SessionCancelled>,
}

pub struct Page {
    pub status: StatusCode,
    pub to: String,
    pub body: String,
}

impl Site {
    pub async fn all() -> Vec<Self> {
        let migrations: Vec<db::Migration> =
            [db::migrate::MIGRATIONS, people::MIGRATIONS, service::MIGRATIONS].concat();
        let mut out = Vec::new();
        let clock = Arc::new(ManualClock::new(noon()));
        let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let heard = Arc::new(Mutex::new(Heard::default()));
        let listen = || {
            let mut bus = Bus::default();
            let (one, two) = (Arc::clone(&heard), Arc::clone(&heard));
            bus.subscribe(move |_: &mut WriteTx<'_>, event: &SessionChanged| {
                one.lock().unwrap().changed.push(event.clone());
                Ok(())
            });
            bus.subscribe(move |_: &mut WriteTx<'_>, event: &SessionCancelled| {
                two.lock().unwrap().cancelled.push(event.clone());
                Ok(())
            });
            bus
        };
        for bench in Bench::all(&migrations, &shared, listen).unwrap() {
            city(&bench.db).await;
            let random = Box::new(SeededRandom::new([7; 32]));
            let vault = Vault::new(&KeyRing::ephemeral([7; 32]), Cost::cheap_for_tests(), random).unwrap();
            let app = App {
                db: bench.db.clone(),
                blobs: blobs::Blobs::folder(std::env::temp_dir().join("linli-test-blobs")),
                vault: Arc::new(vault),
                settings: Arc::new(ui::Settings {
                    city: ("示例市".into(), "Sample".into()),
                    base_url: "http://127.0.0.1:8080".into(),
                    secure_cookies: false,
                    demo: true,
                    help_phone: "12345".into(),
                    files: std::env::temp_dir(),
                    map: ui::app::MapBase::default(),
                }),
                rooms: Arc::new([service::room()]),
                authenticate,
            };
            let router =
                service::room().router().merge(people::qualification::routes()).with_state(app.clone());
            out.push(Self {
                app,
                router,
                clock: Arc::clone(&clock),
                heard: Arc::clone(&heard),
                _bench: bench,
            });
        }
        out
    }

    async fn send(&self, request: Request<Body>) -> Page {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let to = answer.headers().get(header::LOCATION).map(|v| v.to_str().unwrap().to_owned());
        let bytes = axum::body::to_bytes(answer.into_body(), 10_000_000).await.unwrap();
        Page { status, to: to.unwrap_or_default(), body: String::from_utf8_lossy(&bytes).into_owned() }
    }

    pub async fn get(&self, who: char, path: &str) -> Page {
        let request = Request::get(path)
            .header(header::COOKIE, format!("linli_session={}", token(who)))
            .body(Body::empty())
            .unwrap();
        self.send(request).await
    }

    pub async fn ok(&self, who: char, path: &str) -> String {
        let page = self.get(who, path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.body);
        assert_eq!(page.body.matches("<h1").count(), 1, "{path}: one h1");
        assert!(!page.body.contains("style=\""), "{path}: inline style");
        page.body
    }

    pub async fn post(&self, who: char, path: &str, fields: &[(&str, &str)]) -> Page {
        self.post_as("POST", who, path, fields).await
    }

    pub async fn post_as(&self, method: &str, who: char, path: &str, fields: &[(&str, &str)]) -> Page {
        let csrf = self.app.vault.signer.sign("csrf", &[&hash(who)]);
        let encode = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
        let mut body = format!("_csrf={}", encode(&csrf));
        for (name, value) in fields {
            body.push_str(&format!("&{name}={}", encode(value)));
        }
        // Programs send JSON; nothing of it is needed here.
        let api = path.starts_with("/api/");
        let kind = if api { "application/json" } else { "application/x-www-form-urlencoded" };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, format!("linli_session={}", token(who)))
            .header("x-csrf-token", csrf)
            .header(header::CONTENT_TYPE, kind)
            .body(Body::from(if api { "{}".to_owned() } else { body }))
            .unwrap();
        self.send(request).await
    }
}

pub const FACTS: [(&str, &str); 23] = [
    ("org", "4"),
    ("title", "清洁家园行动"),
    ("category", "clean"),
    ("kind", "service"),
    ("mode", "regular"),
    ("dates", "2026-11-28\n2026-12-05 14:00-16:00 30"),
    ("start", "09:00"),
    ("end", "11:00"),
    ("quota", "5"),
    ("posts", "签到引导 1\n捡拾 1"),
    ("place_public", "望江社区"),
    ("place_exact", "文明路 8 号后院"),
    ("content", "捡拾垃圾\n擦拭栏杆"),
    ("served_group", "社区居民"),
    ("risks", "注意来车"),
    ("guarantees", "统一投保"),
    ("conditions", "身体健康"),
    ("how_to_apply", "本页报名"),
    ("leader", "101"),
    ("contact_name", "人101"),
    ("contact_phone", "0571-1234567"),
    ("walk_in", "1"),
    ("go", "publish"),
];

/// The id in `/activities/123/…`.
pub fn id_in(path: &str) -> String {
    path.split('/').nth(2).unwrap().to_owned()
}
