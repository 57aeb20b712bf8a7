//! Volunteers on both databases: registration, claim, uniqueness under racing, documents, objections,
//! visibility, and the pages as a browser sees them.

use std::sync::Arc;

use db::testing::Bench;
use db::{Bus, Migration, WriteTx, args, sql};
use kernel::{AccountId, Actor, Clock, Date, Error, Grant, ManualClock, OrgId, PersonId, Role, Timestamp};
use people::person::{self, Assurance, Gender, NewPerson, PersonState, Purpose, Source};
use roster::clean::{IdDocument, document};
use vault::{Cost, KeyRing, SeededRandom, Vault};

const CITY: OrgId = OrgId(1);
const STREET: OrgId = OrgId(2);
const HOME: OrgId = OrgId(3);
const OTHER: OrgId = OrgId(4);

fn today() -> Date {
    Date::parse("2026-11-21").unwrap()
}

fn vault() -> Arc<Vault> {
    let cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };
    let random = Box::new(SeededRandom::new([3; 32]));
    Arc::new(Vault::new(&KeyRing::ephemeral([7; 32]), cost, random).unwrap())
}

fn migrations() -> Vec<Migration> {
    [db::migrate::MIGRATIONS, people::MIGRATIONS].concat()
}

/// A valid resident number: region, birth date, sequence.
fn id_number(birth: &str, sequence: u32) -> String {
    let body = format!("230102{birth}{sequence:03}");
    let check = roster::clean::check_digit(body.as_bytes()).unwrap();
    format!("{body}{}", char::from(check))
}

fn card(birth: &str, sequence: u32) -> IdDocument {
    document(None, &id_number(birth, sequence), today()).unwrap()
}

fn somebody(name: &str, document: Option<IdDocument>, state: PersonState) -> NewPerson {
    NewPerson {
        name: name.to_owned(),
        gender: Gender::Unknown,
        birth_on: document.as_ref().and_then(|d| d.birth_date),
        document,
        phone: Some("13812345678".to_owned()),
        home_org: HOME,
        address: String::new(),
        employer: String::new(),
        note: String::new(),
        skills: vec!["first_aid".to_owned(), "no such skill".to_owned()],
        categories: vec!["elder".to_owned()],
        source: Source::Import,
        state,
        assurance: Assurance::Declared,
        joined_on: None,
        batch: 0,
        rank_public: false,
    }
}

fn orgs(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    for (id, kind, name, parent, path) in [
        (CITY, "city", "测试市", None, "/1/"),
        (STREET, "street", "东街道", Some(CITY), "/1/2/"),
        (HOME, "community", "东社区", Some(STREET), "/1/2/3/"),
        (OTHER, "community", "西社区", Some(CITY), "/1/4/"),
    ] {
        let now = tx.now();
        tx.exec_one(
            sql!(
                "INSERT INTO org (id, kind, name, name_key, area_parent, area_path, state, created_at)
                 VALUES ($1, $2, $3, $3, $4, $5, 'open', $6)"
            ),
            args![id, kind, name, parent, path, now],
        )?;
    }
    Ok(())
}

fn staff(path: &str) -> Actor {
    Actor {
        account: Some(AccountId(1)),
        name: "站长".to_owned(),
        grants: vec![Grant {
            role: Role::Station,
            org: HOME,
            area_path: path.to_owned(),
            sponsor_path: String::new(),
            org_name: String::new(),
        }],
        ..Actor::default()
    }
}

fn each(test: impl Fn(&Bench, Arc<Vault>, &ManualClock)) {
    let clock = Arc::new(ManualClock::new(Timestamp::at(today(), 600)));
    let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    for bench in Bench::all(&migrations(), &shared, Bus::default).unwrap() {
        bench.db.write_blocking(orgs).unwrap();
        test(&bench, vault(), &clock);
    }
}

fn create(bench: &Bench, vault: &Arc<Vault>, new: NewPerson) -> Result<PersonId, Error> {
    let vault = Arc::clone(vault);
    bench.db.write_blocking(move |tx| person::create(tx, &vault, &new))
}

/// The search keys say what the rows say, no more and no less (ADR 0006).
fn keys_follow(bench: &Bench) {
    let count: (i64, i64, i64, i64, i64) = bench
        .db
        .read_blocking(|tx| {
            tx.one(
                sql!(
                    "SELECT
                        (SELECT count(*) FROM person_identity) - (SELECT count(*) FROM person_identity k
                            JOIN person p ON p.id = k.person_id AND p.id_index = k.id_index),
                        (SELECT count(*) FROM person_phone) - (SELECT count(*) FROM person_phone k
                            JOIN person p ON p.id = k.person_id AND p.phone_index = k.phone_index),
                        (SELECT count(*) FROM person_name) - (SELECT count(*) FROM person_name k
                            JOIN person p ON p.id = k.person_id AND p.initials = k.initials AND p.name_key = k.name_key),
                        (SELECT count(*) FROM person_order) - (SELECT count(*) FROM person_order k
                            JOIN person p ON p.id = k.person_id AND p.name_key = k.name_key),
                        (SELECT count(*) FROM person_home) - (SELECT count(*) FROM person_home k
                            JOIN person p ON p.id = k.person_id AND p.home_org = k.home_org AND p.name_key = k.name_key)"
                ),
                args![],
            )
        })
        .unwrap();
    assert_eq!(count, (0, 0, 0, 0, 0), "keys of nobody");
    let lacking: (i64,) = bench
        .db
        .read_blocking(|tx| {
            tx.one(
                sql!(
                    "SELECT count(*) FROM person p WHERE
                        (p.id_index IS NOT NULL AND NOT EXISTS (SELECT 1 FROM person_identity k WHERE k.id_index = p.id_index))
                        OR (p.phone_index IS NOT NULL AND NOT EXISTS (SELECT 1 FROM person_phone k
                            WHERE k.phone_index = p.phone_index AND k.person_id = p.id))
                        OR (p.initials <> '' AND NOT EXISTS (SELECT 1 FROM person_name k WHERE k.person_id = p.id))
                        OR NOT EXISTS (SELECT 1 FROM person_order k WHERE k.person_id = p.id)
                        OR NOT EXISTS (SELECT 1 FROM person_home k WHERE k.person_id = p.id)"
                ),
                args![],
            )
        })
        .unwrap();
    assert_eq!(lacking.0, 0, "people without keys");
}

fn state_of(bench: &Bench, id: PersonId) -> PersonState {
    bench.db.read_blocking(move |tx| person::brief(tx, id)).unwrap().unwrap().state
}

#[test]
fn numbers_count_up_without_gaps() {
    each(|bench, vault, _| {
        let first = bench.db.write_blocking(|tx| person::take_numbers(tx, 5)).unwrap();
        let second = bench.db.write_blocking(|tx| person::take_numbers(tx, 1)).unwrap();
        assert_eq!((first, second), (1, 6));
        let id = create(bench, &vault, somebody("曾国强", None, PersonState::Incomplete)).unwrap();
        let found = bench.db.read_blocking(move |tx| person::find(tx, id)).unwrap().unwrap();
        assert_eq!(found.volunteer_no, person::volunteer_no(7));
        assert_eq!((found.name_key.as_str(), found.initials.as_str()), ("zeng guo qiang", "zgq"));
        assert_eq!(found.home_name, "东社区");
    });
}

#[test]
fn of_32_who_register_one_document_exactly_one_gets_in() {
    each(|bench, vault, _| {
        let results: Vec<Result<PersonId, Error>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..32)
                .map(|_| {
                    let vault = &vault;
                    scope.spawn(move || {
                        create(bench, vault, somebody("张三", Some(card("19900101", 1)), PersonState::Active))
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(results.iter().filter(|one| one.is_ok()).count(), 1, "{}", bench.db.kind());
        for refused in results.iter().filter_map(|one| one.as_ref().err()) {
            assert_eq!(refused.code(), "person.id_taken");
        }
    });
}

#[test]
fn claim_makes_active_once_with_consent() {
    each(|bench, vault, _| {
        let id = create(bench, &vault, somebody("李四", Some(card("19800101", 2)), PersonState::Unclaimed))
            .unwrap();
        for _ in 0..2 {
            bench.db.write_blocking(move |tx| person::claim(tx, &Actor::default(), id, "slip")).unwrap();
        }
        assert_eq!(state_of(bench, id), PersonState::Active);
        let consents: Vec<(String, String)> = bench
            .db
            .read_blocking(move |tx| {
                tx.all(sql!("SELECT purpose, channel FROM consent WHERE person_id = $1"), args![id])
            })
            .unwrap();
        assert_eq!(consents, [("register".to_owned(), "slip".to_owned())]);

        let bare = create(bench, &vault, somebody("王五", None, PersonState::Incomplete)).unwrap();
        let young =
            create(bench, &vault, somebody("小明", Some(card("20150101", 4)), PersonState::Unclaimed))
                .unwrap();
        for (id, code) in
            [(bare, "person.needs_document"), (young, "guardian.needed"), (PersonId(5), "common.not_found")]
        {
            let refused = bench.db.write_blocking(move |tx| person::claim(tx, &Actor::default(), id, "desk"));
            assert_eq!(refused.unwrap_err().code(), code);
        }
    });
}

#[test]
fn several_people_share_a_phone() {
    each(|bench, vault, _| {
        for (name, n) in [("张三", 1), ("李四", 2)] {
            create(bench, &vault, somebody(name, Some(card("19700101", n)), PersonState::Active)).unwrap();
        }
        let v = Arc::clone(&vault);
        let found = bench.db.read_blocking(move |tx| person::by_phone(tx, &v, " 138-1234 5678 ")).unwrap();
        assert_eq!(found.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["李四", "张三"]);
        let (id, v) = (found[0].id, Arc::clone(&vault));
        let phone = bench.db.read_blocking(move |tx| person::phone_of(tx, &v, id)).unwrap();
        assert_eq!(phone.as_deref(), Some("13812345678"));
    });
}

#[test]
fn rows_of_a_hidden_import_are_seen_by_nobody() {
    each(|bench, vault, _| {
        let hide = |hidden: bool| {
            bench
                .db
                .write_blocking(move |tx| {
                    tx.exec(sql!("DELETE FROM roster_import WHERE id = 9"), args![])?;
                    tx.exec_one(
                        sql!(
                            "INSERT INTO roster_import (id, org_id, file_name, file_hash, file_path, state, hidden, created_at)
                             VALUES (9, $1, 'f', $2, 'p', 'preview', $3, 0)"
                        ),
                        args![CITY, [0_u8; 4], hidden],
                    )
                })
                .unwrap();
        };
        hide(true);
        let mut new = somebody("赵六", Some(card("19700101", 8)), PersonState::Unclaimed);
        new.batch = 9;
        let id = create(bench, &vault, new).unwrap();
        let seen = || {
            let v = Arc::clone(&vault);
            bench
                .db
                .read_blocking(move |tx| {
                    let brief = person::brief(tx, id)?.is_some();
                    let file = person::find(tx, id)?.is_some();
                    let phone = !person::by_phone(tx, &v, "13812345678")?.is_empty();
                    let hits = !person::search(tx, &staff("/1/"), kernel::Lang::Zh, "赵六")?.is_empty();
                    Ok::<_, Error>([brief, file, phone, hits])
                })
                .unwrap()
        };
        assert_eq!(seen(), [false; 4]);
        let locked = bench.db.write_blocking(move |tx| person::lock(tx, id).map(|_| ()));
        assert_eq!(locked.unwrap_err().code(), "common.not_found");
        hide(false);
        assert_eq!(seen(), [true; 4]);
    });
}

#[test]
fn search_finds_by_what_people_type_and_only_in_scope() {
    each(|bench, vault, _| {
        create(bench, &vault, somebody("张三丰", Some(card("19700101", 1)), PersonState::Active)).unwrap();
        let mut far = somebody("张三", Some(card("19700101", 2)), PersonState::Active);
        far.home_org = OTHER;
        create(bench, &vault, far).unwrap();
        let find = |path: &str, words: &str| -> Vec<String> {
            let (actor, words) = (staff(path), words.to_owned());
            let hits = bench
                .db
                .read_blocking(move |tx| person::search(tx, &actor, kernel::Lang::Zh, &words))
                .unwrap();
            hits.into_iter().map(|hit| hit.title).collect()
        };
        let number = person::volunteer_no(1);
        for words in [
            "张",
            "张三",
            "张三丰",
            "zs",
            "zsf",
            "zhangsan",
            "zhang san feng",
            "zhan",
            "ZSF",
            &number,
            &number[1..],
            "V00000000",
        ] {
            assert!(find("/1/2/", words).contains(&"张三丰".to_owned()), "{words} on {}", bench.db.kind());
        }
        for words in ["李", "zhangsi", "sf", "V999999999", "张四", "", "%", "'"] {
            assert!(find("/1/2/", words).is_empty(), "{words}");
        }
        assert_eq!(find("/1/2/", "zs"), ["张三丰"], "the neighbour's people stay unseen");
        assert_eq!(find("/1/", "zs").len(), 2);
        let nobody = bench
            .db
            .read_blocking(|tx| person::search(tx, &Actor::default(), kernel::Lang::Zh, "zs"))
            .unwrap();
        assert!(nobody.is_empty());
    });
}

#[test]
fn not_me_freezes_and_is_answered_once() {
    each(|bench, vault, _| {
        let mut ids = Vec::new();
        for n in [1, 2] {
            ids.push(
                create(bench, &vault, somebody("张三", Some(card("19700101", n)), PersonState::Unclaimed))
                    .unwrap(),
            );
        }
        for id in ids.clone() {
            for _ in 0..2 {
                let v = Arc::clone(&vault);
                bench
                    .db
                    .write_blocking(move |tx| {
                        person::say_not_me(tx, &v, &Actor::default(), id, "不是我", "139")
                    })
                    .unwrap();
            }
            assert_eq!(state_of(bench, id), PersonState::Disputed);
            let refused = bench.db.write_blocking(move |tx| person::claim(tx, &Actor::default(), id, "slip"));
            assert_eq!(refused.unwrap_err().code(), "person.state");
        }
        let open: Vec<(person::NotMeId, PersonId)> = bench
            .db
            .read_blocking(|tx| {
                tx.all(sql!("SELECT id, person_id FROM not_me WHERE state = 'open' ORDER BY id"), args![])
            })
            .unwrap();
        assert_eq!(open.iter().map(|one| one.1).collect::<Vec<_>>(), ids, "said twice, noted once");
        let answer = |actor: Actor, at: usize, uphold: bool| {
            let id = open[at].0;
            bench.db.write_blocking(move |tx| person::resolve_dispute(tx, &actor, id, uphold, "核实"))
        };
        assert_eq!(answer(staff("/1/4/"), 0, true).unwrap_err().code(), "common.not_found");
        answer(staff("/1/2/"), 0, true).unwrap();
        answer(staff("/1/2/"), 1, false).unwrap();
        assert_eq!(answer(staff("/1/2/"), 1, true).unwrap_err().code(), "person.note_answered");
        assert_eq!(state_of(bench, ids[0]), PersonState::Closed);
        assert_eq!(state_of(bench, ids[1]), PersonState::Unclaimed);
        let id = ids[0];
        let gone = bench.db.read_blocking(move |tx| person::sealed(tx, id)).unwrap().unwrap();
        assert!(gone.id_enc.is_none() && gone.phone_enc.is_none());
        keys_follow(bench);
        // The document is free for its owner.
        create(bench, &vault, somebody("真张三", Some(card("19700101", 1)), PersonState::Active)).unwrap();
    });
}

#[test]
fn ranking_consent_is_given_and_withdrawn() {
    each(|bench, vault, _| {
        let id =
            create(bench, &vault, somebody("张三", Some(card("19700101", 1)), PersonState::Active)).unwrap();
        let public = || bench.db.read_blocking(move |tx| person::find(tx, id)).unwrap().unwrap().rank_public;
        for _ in 0..2 {
            bench
                .db
                .write_blocking(move |tx| person::give(tx, &Actor::default(), id, Purpose::Rank, "me"))
                .unwrap();
            assert!(public());
            bench.db.write_blocking(move |tx| person::withdraw(tx, id, Purpose::Rank)).unwrap();
            assert!(!public());
        }
        let rows: (i64, i64) = bench
            .db
            .read_blocking(move |tx| {
                tx.one(
                    sql!("SELECT count(*), count(withdrawn_at) FROM consent WHERE person_id = $1"),
                    args![id],
                )
            })
            .unwrap();
        assert_eq!(rows, (2, 2), "the ledger keeps every consent");
    });
}

#[test]
fn cards_are_signed() {
    let vault = vault();
    let code = person::card_code(&vault, PersonId(42), 3);
    assert_eq!(person::read_card(&vault, &code), Some((PersonId(42), 3)));
    assert_eq!(
        person::read_card(&vault, &format!("https://city.example/c/{code}?x=1")),
        Some((PersonId(42), 3))
    );
    assert_eq!(person::read_card(&vault, &code.replace("42.3", "42.4")), None);
    assert_eq!(person::read_card(&vault, "garbage"), None);
    assert_eq!(person::read_card(&vault, ""), None);
}

// The pages, as a browser without scripts sees them.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use tower::ServiceExt as _;

struct Browser {
    router: axum::Router,
    jar: std::collections::BTreeMap<String, String>,
    csrf: String,
    /// The body of the last page.
    page: String,
}

impl Browser {
    fn new(bench: &Bench, vault: &Arc<Vault>) -> Self {
        let rooms = [people::room()];
        let app = ui::App {
            db: bench.db.clone(),
            blobs: blobs::Blobs::folder(std::env::temp_dir().join("linli-test-blobs")),
            vault: Arc::clone(vault),
            settings: Arc::new(ui::app::Settings {
                city: ("测试市".to_owned(), "Test City".to_owned()),
                base_url: "https://city.example".to_owned(),
                secure_cookies: false,
                demo: true,
                help_phone: String::new(),
                files: std::env::temp_dir(),
                map: ui::app::MapBase::default(),
            }),
            rooms: Arc::from(rooms),
            authenticate: people::account::authenticate,
        };
        let router = people::room().router().with_state(app);
        Self { router, jar: std::collections::BTreeMap::new(), csrf: String::new(), page: String::new() }
    }

    /// Status and where it leads.
    fn send(&mut self, method: &str, path: &str, body: String) -> (StatusCode, String) {
        let cookies: Vec<String> = self.jar.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let kind =
            if body.starts_with('{') { "application/json" } else { "application/x-www-form-urlencoded" };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("cookie", cookies.join("; "))
            .header("x-csrf-token", &self.csrf)
            .header("content-type", kind)
            .header("accept-language", "zh-CN")
            .body(Body::from(body))
            .unwrap();
        let router = self.router.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (status, headers, bytes) = runtime.block_on(async move {
            let answer = router.oneshot(request).await.unwrap();
            let (parts, body) = answer.into_parts();
            (parts.status, parts.headers, to_bytes(body, 10_000_000).await.unwrap())
        });
        for value in headers.get_all("set-cookie") {
            let (pair, rest) = value.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if rest.contains("Max-Age=0") {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
        self.page = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((_, rest)) = self.page.split_once("name=\"csrf\" content=\"") {
            self.csrf = rest.split('"').next().unwrap().to_owned();
        }
        let to = headers.get("location").map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        (status, to)
    }

    fn get(&mut self, path: &str) -> StatusCode {
        self.send("GET", path, String::new()).0
    }

    fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
        let enc = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
        let csrf = self.csrf.clone();
        let body: Vec<String> = fields
            .iter()
            .chain([&("_csrf", csrf.as_str())])
            .map(|(k, v)| format!("{k}={}", enc(v)))
            .collect();
        self.send("POST", path, body.join("&"))
    }

    /// The code the demo shows in its message.
    fn code(&self) -> String {
        let flash = self.jar.get("linli_flash").cloned().unwrap_or_default();
        // A blank stands before it.
        let code = flash.split("%20").nth(1).unwrap();
        code.chars().take(6).collect()
    }

    /// Signs in with a fresh account.
    fn sign_in(&mut self, bench: &Bench, vault: &Vault, account: i64, role: Option<Role>) {
        let token = vault.session_token();
        let hash = token.hash().as_bytes().to_vec();
        bench
            .db
            .write_blocking(move |tx| {
                let now = tx.now();
                let login = format!("staff{account}");
                tx.exec_one(
                    sql!("INSERT INTO account (id, login, name, state, created_at) VALUES ($1, $2, '站长', 'active', $3)"),
                    args![account, login, now],
                )?;
                if let Some(role) = role {
                    tx.exec_one(
                        sql!("INSERT INTO role_grant (id, account_id, role, org_id, given_at) VALUES ($1, $2, $3, $4, $5)"),
                        args![account + 1000, account, role.code(), STREET, now],
                    )?;
                }
                tx.exec_one(
                    sql!(
                        "INSERT INTO login_session (token_hash, account_id, created_at, seen_at, idle_ms, expires_at)
                         VALUES ($1, $2, $3, $4, 600000, $5)"
                    ),
                    args![hash, account, now, now, now.0 + 3_600_000],
                )
            })
            .unwrap();
        self.jar.insert("linli_session".to_owned(), token.text());
    }
}

#[test]
fn somebody_registers_on_a_phone_in_three_steps() {
    each(|bench, vault, _| {
        let mut b = Browser::new(bench, &vault);
        assert_eq!(b.get("/register?next=/activities/7"), 200);
        let step_1 = [("name", " 张 三 "), ("phone", "138 0000 1111"), ("next", "/activities/7")];
        let with = |more: &[(&'static str, &'static str)]| [step_1.as_slice(), more].concat();
        assert_eq!(b.post("/register", &[("name", "12"), ("phone", "1"), ("act", "send")]).0, 422);
        assert!(b.page.contains("f-name") && b.page.contains("e-phone"), "both fields are marked");
        assert_eq!(
            b.post("/register", &with(&[("act", "send")])),
            (StatusCode::SEE_OTHER, "/register".to_owned())
        );
        let code = b.code();
        assert_eq!(b.get("/register"), 200);
        assert!(b.page.contains("value=\"张三\"") && b.page.contains("f-code"));
        // Later steps are closed until the phone is proved.
        assert_eq!(
            b.send("GET", "/register/identity", String::new()),
            (StatusCode::SEE_OTHER, "/register".to_owned())
        );
        let wrong = if code == "000000" { "111111" } else { "000000" };
        assert_eq!(b.post("/register", &[step_1[0], step_1[1], ("act", "next"), ("code", wrong)]).0, 422);
        let next = [step_1[0], step_1[1], step_1[2], ("act", "next"), ("code", code.as_str())];
        assert_eq!(b.post("/register", &next).1, "/register/identity");
        assert_eq!(b.get("/register/identity"), 200);
        assert!(b.page.contains("东社区"));
        let child = id_number("20220101", 11);
        let identity = |number: &str| {
            [
                ("id_kind", "resident_id".to_owned()),
                ("id_number", number.to_owned()),
                ("home_org", "3".to_owned()),
            ]
        };
        let post = |b: &mut Browser, number: &str| {
            let fields = identity(number);
            let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
            b.post("/register/identity", &fields)
        };
        assert_eq!(post(&mut b, &child).0, 422);
        assert!(b.page.contains("未满 6 周岁"));
        assert_eq!(post(&mut b, &id_number("20150101", 13)).1, "/register/finish", "the guardian comes last");
        assert_eq!(b.get("/register/finish"), 200);
        assert!(b.page.contains("监护人"));
        let good = id_number("19900101", 12);
        let last = if good.ends_with('1') { "2" } else { "1" };
        assert_eq!(post(&mut b, &format!("{}{last}", &good[..17])).0, 422, "wrong check digit");
        assert_eq!(post(&mut b, &id_number("19900101", 12)).1, "/register/finish");
        assert_eq!(b.get("/register/finish"), 200);
        assert_eq!(b.post("/register/finish", &[("skill", "haircut")]).0, 422, "no consent");
        assert_eq!(
            b.post("/register/finish", &[("skill", "haircut"), ("agree", "1"), ("rank", "1")]).1,
            "/activities/7"
        );
        assert!(b.jar.contains_key("linli_session") && !b.jar.contains_key("linli_register"));
        assert_eq!(b.get("/me"), 200);
        assert!(b.page.contains("张三") && b.page.contains("138****1111") && b.page.contains("理发"));
        assert_eq!(b.get("/me/edit"), 200);
        assert_eq!(b.post("/me/edit", &[("skill", "law"), ("name_key", "zhang sanx")]).1, "/me");
        assert_eq!(b.post("/me/consent", &[("purpose", "rank"), ("give", "0")]).1, "/me");
        assert_eq!(b.get("/me/phone"), 200);
        assert_eq!(b.post("/me/phone", &[("phone", "13900002222"), ("act", "send")]).0, 200);
        let shown = b.page.as_bytes();
        let at = b.page.find("验证码是 ").unwrap() + "验证码是 ".len();
        let code = String::from_utf8(shown[at..at + 6].to_vec()).unwrap();
        assert_eq!(
            b.post("/me/phone", &[("phone", "13900002222"), ("act", "next"), ("code", &code)]).1,
            "/me"
        );
        assert_eq!(b.get("/api/v1/me"), 200);
        assert!(b.page.contains("139****2222") && !b.page.contains("rank_public\":true"));
        assert_eq!(b.get("/people"), 403);
        keys_follow(bench);
        // The same document a second time.
        let mut c = Browser::new(bench, &vault);
        c.get("/register");
        c.post("/register", &[("name", "张三"), ("phone", "13800003333"), ("act", "send")]);
        let code = c.code();
        c.post("/register", &[("name", "张三"), ("phone", "13800003333"), ("act", "next"), ("code", &code)]);
        c.get("/register/identity");
        assert_eq!(post(&mut c, &id_number("19900101", 12)).0, 409);
        assert!(c.page.contains("已是正式志愿者"));
    });
}

#[test]
fn somebody_of_the_roster_claims_by_the_phone_on_file() {
    each(|bench, vault, _| {
        let id = create(bench, &vault, somebody("张三", Some(card("19900101", 12)), PersonState::Unclaimed))
            .unwrap();
        let walk = |name: &str, phone: &str| {
            let mut b = Browser::new(bench, &vault);
            b.get("/register");
            b.post("/register", &[("name", name), ("phone", phone), ("act", "send")]);
            let code = b.code();
            b.post("/register", &[("name", name), ("phone", phone), ("act", "next"), ("code", &code)]);
            b.get("/register/identity");
            let number = id_number("19900101", 12);
            let to = b.post(
                "/register/identity",
                &[("id_kind", "resident_id"), ("id_number", &number), ("home_org", "3")],
            );
            (b, to)
        };
        let (_, stranger) = walk("王五", "13800004444");
        assert_eq!(stranger.0, 409, "another name learns nothing");
        let (mut b, other_phone) = walk("张三", "13800004444");
        assert_eq!(other_phone.1, "/register/claim");
        assert_eq!(b.get("/register/claim"), 200);
        assert!(b.page.contains("138****5678"));
        assert_eq!(
            b.send("GET", "/register/finish", String::new()).1,
            "/register",
            "not before it is proved"
        );
        b.get("/register/claim");
        b.post("/register/claim", &[("act", "send")]);
        let code = b.code();
        assert_eq!(b.post("/register/claim", &[("act", "next"), ("code", &code)]).1, "/register/finish");
        b.get("/register/finish");
        assert_eq!(b.post("/register/finish", &[("agree", "1")]).1, "/me");
        assert_eq!(state_of(bench, id), PersonState::Active);
    });
}

#[test]
fn the_desk() {
    each(|bench, vault, clock| {
        let mut b = Browser::new(bench, &vault);
        b.sign_in(bench, &vault, 50, Some(Role::Station));
        assert_eq!(b.get("/people"), 200);
        assert!(b.page.contains("empty-state"));
        assert_eq!(b.get("/people/new"), 200);
        let number = id_number("19600203", 21);
        let form = |home: &'static str| {
            vec![
                ("name", "李四"),
                ("id_kind", "resident_id"),
                ("id_number", number.as_str()),
                ("phone", "0451-82345678"),
                ("home_org", home),
                ("agree", "1"),
            ]
        };
        assert_eq!(b.post("/people/new", &form("4")).0, 422, "outside the own area");
        let (status, file) = b.post("/people/new", &form("3"));
        assert_eq!(status, 303);
        assert_eq!(b.post("/people/new", &form("3")).0, 409);
        assert!(b.page.contains(&file), "leads to the file of whoever has the document");
        assert_eq!(b.get(&file), 200);
        assert!(b.page.contains("李四") && !b.page.contains(&number));
        assert_eq!(b.post(&format!("{file}/reveal"), &[("purpose", "")]).0, 422);
        assert_eq!(b.post(&format!("{file}/reveal"), &[("purpose", "办理保险")]).0, 200);
        assert!(b.page.contains(&number));
        let looks: (i64,) = bench
            .db
            .read_blocking(|tx| {
                tx.one(
                    sql!("SELECT count(*) FROM audit WHERE act = 'person.reveal' AND detail = '办理保险'"),
                    args![],
                )
            })
            .unwrap();
        assert_eq!(looks.0, 1);
        assert_eq!(b.get(&format!("{file}/edit")), 200);
        let edit = [
            ("name", "李四"),
            ("name_key", "li si"),
            ("home_org", "3"),
            ("employer", "一中"),
            ("version", "1"),
            ("skill", "law"),
        ];
        assert_eq!(b.post(&format!("{file}/edit"), &edit).0, 303);
        assert_eq!(b.post(&format!("{file}/edit"), &edit).0, 409, "somebody else was first");
        let edit = [
            ("name", "李四"),
            ("name_key", "li si"),
            ("home_org", "3"),
            ("employer", "一中"),
            ("skill", "law"),
            ("version", "2"),
            ("phone", "0451-82345679"),
        ];
        assert_eq!(b.post(&format!("{file}/edit"), &edit).0, 303);
        let back = [("version", "3"), ("phone", "0451-82345678")];
        assert_eq!(b.post(&format!("{file}/edit"), &[&edit[..5], &back[..]].concat()).0, 303);
        let noted: Vec<(String,)> = bench
            .db
            .read_blocking(|tx| {
                tx.all(sql!("SELECT detail FROM audit WHERE act = 'person.edit' ORDER BY id"), &[])
            })
            .unwrap();
        let phones = noted.iter().filter(|(fields,)| fields.split(' ').any(|field| field == "phone")).count();
        assert_eq!((noted.len(), phones), (3, 2), "who has the phone can sign in: {noted:?}");
        assert_eq!(b.get(&format!("{file}/card")), 200);
        assert!(b.page.contains("<svg"));
        assert_eq!(
            b.get("/people?q=lisi&state=active&community=3&skill=law&from=2026-01-01&to=2026-12-31"),
            200
        );
        assert!(b.page.contains("李四") && !b.page.contains("一中"));
        assert_eq!(b.get("/people?q=0451-82345678"), 200);
        assert!(b.page.contains("李四"), "by the whole phone");
        assert_eq!(b.get("/people?format=xlsx"), 200);
        assert_eq!(b.get(&format!("{file}/document")), 200);
        let newer = id_number("19600203", 22);
        let document = [("id_kind", "resident_id"), ("id_number", newer.as_str()), ("seen", "1")];
        assert_eq!(b.post(&format!("{file}/document"), &document).0, 303);
        let (old, v) = (card("19600203", 21), Arc::clone(&vault));
        let again = bench.db.write_blocking(move |tx| {
            person::create(tx, &v, &somebody("李四", Some(old.clone()), PersonState::Active))
        });
        assert_eq!(again.unwrap_err().code(), "person.id_taken", "the old number is an alias");

        let step = |b: &mut Browser, step: &str| {
            b.post(&format!("{file}/state"), &[("step", step), ("reason", "核实")]).0
        };
        assert_eq!(step(&mut b, "reactivate"), 409);
        assert_eq!(step(&mut b, "suspend"), 303);
        assert_eq!(step(&mut b, "deceased"), 303);
        assert_eq!(b.get(&file), 200);
        assert_eq!(step(&mut b, "undo_deceased"), 303);
        b.get(&file);
        assert!(b.page.contains("已暂停"), "back to the state before");
        assert_eq!(step(&mut b, "deceased"), 303);
        clock.advance(31 * 86_400_000);
        b.jar.clear();
        b.sign_in(bench, &vault, 51, Some(Role::Station));
        b.get(&file);
        assert_eq!(step(&mut b, "undo_deceased"), 409);

        // Slips, the desk's claim, "not me".
        let id = create(bench, &vault, somebody("王五", Some(card("19700101", 31)), PersonState::Unclaimed))
            .unwrap();
        let mut away = somebody("远人", Some(card("19700101", 32)), PersonState::Unclaimed);
        away.home_org = OTHER;
        let away = create(bench, &vault, away).unwrap();
        let both = [("ids", id.to_string()), ("ids", away.to_string())];
        let both: Vec<(&str, &str)> = both.iter().map(|(k, v)| (*k, v.as_str())).collect();
        assert_eq!(b.post("/slips", &both).0, 200);
        assert!(b.page.contains("王五") && !b.page.contains("远人"));
        let not_me = b
            .page
            .split("href=\"https://city.example/not-me/")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        assert_eq!(b.get(&format!("/people/{away}")), 404);
        assert_eq!(b.get(&format!("/api/v1/people/{id}")), 200);
        assert_eq!(b.post(&format!("/people/{id}/claim"), &[("agree", "1"), ("rank", "1")]).0, 303);
        assert_eq!(state_of(bench, id), PersonState::Active);
        assert_eq!(b.post("/cards/people", &both).0, 422, "another place's people are not ours");
        assert_eq!(b.post("/cards/people", &both[..1]).0, 303);
        assert_eq!(b.get(&format!("/cards/sheet?ids={id},{away}")), 200);
        assert!(b.page.contains("王五") && !b.page.contains("远人"));
        assert_eq!(b.get("/cards?state=printed"), 200);
        assert!(b.page.contains("王五"));
        assert_eq!(b.get("/cards/sign"), 200);
        assert_eq!(b.get(&format!("/people/{id}/cards")), 200);
        assert_eq!(b.get(&format!("/people/{away}/cards")), 404);
        let mut visitor = Browser::new(bench, &vault);
        let code = person::card_code(&vault, id, 1);
        assert_eq!(visitor.get(&format!("/c/{code}")), 200);
        assert!(visitor.page.contains("王*") && !visitor.page.contains("王五"));
        assert_eq!(visitor.get(&format!("/not-me/{not_me}")), 200);
        assert_eq!(
            visitor.post(&format!("/not-me/{not_me}"), &[("text", "没登记过"), ("contact", "139")]).0,
            303
        );
        assert_eq!(visitor.get(&format!("/not-me/{not_me}")), 200);
        assert_eq!(visitor.get("/not-me/1.x"), 404);
        assert_eq!(b.get("/disputes"), 200);
        assert!(b.page.contains("没登记过"));
        assert_eq!(b.get("/people?lang=en"), 200);
        assert_eq!(b.get(&format!("/people/{id}?lang=en")), 200);
        let json = serde_json::json!({
            "name": "赵六", "id_number": "E12345678", "id_kind": "passport", "birth_on": "1990-01-01", "home_org": "3",
            "agree": true,
        });
        assert_eq!(b.send("POST", "/api/v1/people", json.to_string()).0, 201);
        keys_follow(bench);
    });
}

#[test]
fn every_statement_prepares() {
    each(|bench, _, _| {
        assert!(db::testing::prepare_all(&bench.config).unwrap() > 50);
    });
}
