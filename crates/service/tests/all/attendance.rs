//! Check-in by code, card and roll on both databases, and over HTTP.

use std::sync::LazyLock;

use crate::city::{City, actor, at, cities, leader};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use db::sql;
use kernel::{PersonId, Timestamp};
use service::SessionId;
use service::attendance::commands::{self, RollAct, Times, Whom, card, roll, walk_in};
use service::attendance::{CheckIn, Way, check_in, store};
use service::sign_up::SignUpState;
use tower::ServiceExt as _;
use vault::{SessionToken, rotating};

fn scan(city: &City, session: SessionId, person: i64, when: Timestamp) -> Result<(Way, bool), String> {
    city.clock.set(when);
    city.write(move |tx| {
        let ask = CheckIn { session, at: tx.now(), want: None, device: None, team: None };
        check_in(tx, &actor(person, None), &ask)
    })
    .map(|done| (done.way, done.repeated))
    .map_err(|error| error.code().to_owned())
}

#[test]
fn in_and_out_by_code() {
    for city in cities(6) {
        let session = city.session(100, "service", 540, 660);
        city.book(session, 5);
        assert_eq!(scan(&city, session, 5, at(509)), Err("attendance.early".into()));
        assert_eq!(scan(&city, session, 5, at(535)), Ok((Way::In, false)));
        assert_eq!(scan(&city, session, 5, Timestamp(at(535).0 + 30_000)), Ok((Way::In, true)));
        assert_eq!(scan(&city, session, 5, at(600)), Ok((Way::Out, false)));
        assert_eq!(scan(&city, session, 5, Timestamp(at(600).0 + 1)), Ok((Way::Out, true)));
        for minute in [610, 615, 620, 625] {
            scan(&city, session, 5, at(minute)).unwrap();
        }
        assert_eq!(scan(&city, session, 5, at(630)), Err("attendance.pairs".into()));
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM check_in")), 3);
        assert_eq!(scan(&city, session, 6, at(660)), Err("attendance.ended".into()));
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM sign_up WHERE person_id = 6")), 0);
    }
}

#[test]
fn walk_ins_follow_the_switch() {
    for city in cities(6) {
        let session = city.session(100, "service", 540, 660);
        assert_eq!(scan(&city, session, 5, at(545)), Ok((Way::In, false)));
        assert_eq!(
            city.count(sql!("SELECT COUNT(*) FROM sign_up WHERE source = 'walk_in' AND state = 'attended'")),
            1
        );
        assert_eq!(city.count(sql!("SELECT taken FROM session")), 1);
        city.write(|tx| {
            tx.exec(sql!("UPDATE activity SET walk_in = FALSE"), &[])?;
            Ok(())
        })
        .unwrap();
        assert_eq!(scan(&city, session, 6, at(546)), Err("attendance.no_walk_in".into()));
        // The leader may still add somebody, known or not.
        city.write(move |tx| walk_in(tx, &leader(), session, PersonId(6))).unwrap();
        let vault = std::sync::Arc::clone(&city.vault);
        city.write(move |tx| {
            let held = commands::find_to_lead(tx, &leader(), session)?;
            let fields = ui::Fields::of([("name", "王小明"), ("phone", "138 0000 1111")]);
            let new = commands::somebody_new(tx, &leader(), &vault, &held, &fields)?;
            let same = commands::somebody_new(tx, &leader(), &vault, &held, &fields)?;
            assert_eq!(new, same);
            walk_in(tx, &leader(), session, new)
        })
        .unwrap();
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM check_in WHERE in_method = 'roll'")), 2);
        assert!(city.write(|tx| service::record::check(tx)).unwrap().is_empty());
    }
}

#[test]
fn cards_and_the_roll() {
    for city in cities(8) {
        let session = city.session(100, "service", 540, 660);
        for person in 5..=8 {
            city.book(session, person);
        }
        city.clock.set(at(545));
        let code = people::person::card_code(&city.vault, PersonId(5), 1);
        let owner = people::person::read_card(&city.vault, &code);
        let (done, name) = city.write(move |tx| card(tx, &leader(), session, owner)).unwrap();
        assert_eq!((done.way, name.as_str()), (Way::In, "甲5"));
        let old = Some((PersonId(5), 0));
        let refused = city.write(move |tx| card(tx, &leader(), session, old)).unwrap_err();
        assert_eq!(refused.code(), "attendance.card_ended");
        let stranger = city.write(move |tx| card(tx, &actor(7, None), session, owner)).unwrap_err();
        assert_eq!(stranger.code(), "common.forbidden");

        let lines = city
            .write(move |tx| {
                Ok(store::roll(tx, session, &store::RollFilter { limit: 100, ..Default::default() })?)
            })
            .unwrap();
        let of = |person: i64| lines.iter().find(|line| line.person_id == PersonId(person)).unwrap().id;
        let (five, six, seven) = (of(5), of(6), of(7));
        let act = |act: RollAct, times: Times| {
            city.write(move |tx| roll(tx, &leader(), session, act, times))
                .map_err(|error| error.code().to_owned())
        };
        let now = Times::default();
        assert_eq!(act(RollAct::Absent(five), now), Err("attendance.was_here".into()));
        assert_eq!(act(RollAct::Absent(six), now), Ok(1));
        assert_eq!(act(RollAct::Present(Whom::All), now), Ok(2));
        assert_eq!(act(RollAct::Present(Whom::All), now), Ok(0));
        assert_eq!(act(RollAct::Undo(six), now), Ok(1));
        assert_eq!(act(RollAct::Undo(six), now), Err("attendance.nothing_to_undo".into()));
        assert_eq!(act(RollAct::Undo(seven), now), Ok(1));
        city.clock.set(at(600));
        assert_eq!(act(RollAct::Present(Whom::One(seven)), Times { from: Some(550), to: None }), Ok(1));
        assert_eq!(
            act(RollAct::Present(Whom::One(six)), Times { from: Some(700), to: None }),
            Err("attendance.time_wrong".into())
        );
        assert_eq!(act(RollAct::Out(Whom::One(five)), now), Ok(1));
        assert_eq!(act(RollAct::Undo(five), now), Ok(1), "the check-out is taken back, the check-in stays");
        city.clock.set(at(665));
        assert_eq!(act(RollAct::Out(Whom::All), now), Ok(3));
        let counts = city.write(move |tx| Ok(store::counts(tx, session)?)).unwrap();
        assert_eq!((counts.all, counts.attended, counts.absent), (4, 3, 0));
        let state = city.write(move |tx| Ok(store::sign_up_state(tx, session, PersonId(6))?)).unwrap();
        assert_eq!(state, Some(SignUpState::Booked));
    }
}

// ---- over HTTP ----

/// The tests themselves block on the database, so requests get threads of their own.
static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| tokio::runtime::Runtime::new().unwrap());

struct Browser {
    router: Router,
    cookies: Vec<String>,
    csrf: String,
}

impl Browser {
    fn of(city: &City, token: Option<&SessionToken>) -> Self {
        let app = city.app();
        let (cookies, bound) = match token {
            Some(token) => {
                (vec![format!("linli_session={}", token.text())], token.hash().as_bytes().to_vec())
            }
            None => (vec!["linli_visitor=0123456789abcdef0123".to_owned()], b"0123456789abcdef0123".to_vec()),
        };
        let csrf = city.vault.signer.sign("csrf", &[&bound]);
        Self { router: service::room().router().with_state(app), cookies, csrf }
    }

    fn send(&self, method: &str, path: &str, form: &str) -> (StatusCode, String, String) {
        let json = form.starts_with('{');
        let kind = if json { "application/json" } else { "application/x-www-form-urlencoded" };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("cookie", self.cookies.join("; "))
            .header("x-csrf-token", &self.csrf)
            .header("content-type", kind)
            .body(Body::from(form.to_owned()))
            .unwrap();
        let answer: Response<Body> = RUNTIME.block_on(self.router.clone().oneshot(request)).unwrap();
        let status = answer.status();
        let header = |name: &str| {
            answer
                .headers()
                .get_all(name)
                .iter()
                .map(|value| value.to_str().unwrap().to_owned())
                .collect::<Vec<_>>()
                .join("\n")
        };
        let (to, set) = (header("location"), header("set-cookie"));
        let body = RUNTIME.block_on(axum::body::to_bytes(answer.into_body(), 1 << 22)).unwrap();
        (status, format!("{to}\n{set}"), String::from_utf8_lossy(&body).into_owned())
    }
}

fn link(city: &City, session: SessionId) -> String {
    let code = rotating::current(&city.vault.rotating, session.0, kernel::Clock::now(&*city.clock).0);
    format!("/k/{session}.{}", code.tag)
}

fn number(city: &City, session: SessionId) -> String {
    rotating::current(&city.vault.rotating, session.0, kernel::Clock::now(&*city.clock).0).number
}

fn hidden(page: &str, name: &str) -> String {
    let from =
        page.find(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name} in {page}"));
    let rest = &page[from + name.len() + 15..];
    rest[..rest.find('"').unwrap()].to_owned()
}

#[test]
fn a_scan_is_one_button() {
    for city in cities(6) {
        let session = city.session(100, "service", 540, 660);
        city.book(session, 5);
        city.clock.set(at(540));
        let token = city.sign_in(5);
        let browser = Browser::of(&city, Some(&token));
        let path = link(&city, session);
        let (status, _, page) = browser.send("GET", &path, "");
        assert_eq!(status, StatusCode::OK, "{page}");
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM check_in")), 0, "looking changes nothing");
        // The person takes four minutes to press the button: the scan counts.
        let form = format!("way=in&at={}&proof={}", hidden(&page, "at"), hidden(&page, "proof"));
        city.clock.set(at(544));
        let (status, to, _) = browser.send("POST", &path, &form);
        assert_eq!((status, to.lines().next()), (StatusCode::SEE_OTHER, Some("/check-in")));
        assert_eq!(city.count(sql!("SELECT in_at FROM check_in")), at(540).0);
        city.clock.set(at(560));
        let (status, _, page) = browser.send("POST", &path, &form);
        assert_eq!(status, StatusCode::CONFLICT, "{page}");
        assert!(page.contains("attendance.code_old"));
        // Somebody else cannot use the proof.
        let other = Browser::of(&city, Some(&city.sign_in(6)));
        city.clock.set(at(545));
        assert_eq!(other.send("POST", &path, &form).0, StatusCode::CONFLICT);
        for path in ["/check-in", "/me/hours"] {
            let (status, _, page) = browser.send("GET", path, "");
            assert_eq!(status, StatusCode::OK, "{page}");
        }
    }
}

#[test]
fn a_code_opened_before_signing_in_completes_at_the_time_of_the_scan() {
    for city in cities(6) {
        let session = city.session(100, "service", 540, 660);
        city.clock.set(at(541));
        let visitor = Browser::of(&city, None);
        let (status, headers, page) = visitor.send("GET", &link(&city, session), "");
        assert_eq!(status, StatusCode::OK, "{page}");
        assert!(page.contains("/sign-in?next=%2Fcheck-in%2Ffinish"));
        let scan = headers.lines().find_map(|line| line.strip_prefix("linli_scan=")).unwrap();
        let scan = scan.split(';').next().unwrap().to_owned();

        city.clock.set(at(549));
        let mut browser = Browser::of(&city, Some(&city.sign_in(5)));
        browser.cookies.push(format!("linli_scan={scan}"));
        let waiting = city.write({
            let scan = scan.clone();
            move |tx| service::attendance::pending_receipt(tx, &scan)
        });
        assert_eq!(waiting.unwrap(), Some(session));
        let (status, _, page) = browser.send("GET", "/check-in/finish", "");
        assert_eq!(status, StatusCode::OK, "{page}");
        let (status, _, page) = browser.send("POST", "/check-in/finish", "");
        assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
        assert_eq!(city.count(sql!("SELECT in_at FROM check_in")), at(541).0);
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM scan_receipt")), 0);
        let (status, _, page) = browser.send("GET", "/check-in/finish", "");
        assert_eq!(status, StatusCode::CONFLICT);
        assert!(page.contains("attendance.no_receipt"));
        // Ten minutes and no more.
        city.clock.set(at(600));
        let (_, headers, _) = visitor.send("GET", &link(&city, session), "");
        let scan = headers.lines().find_map(|line| line.strip_prefix("linli_scan=")).unwrap();
        let scan = scan.split(';').next().unwrap().to_owned();
        city.clock.set(at(610));
        assert_eq!(city.write(move |tx| service::attendance::pending_receipt(tx, &scan)).unwrap(), None);
    }
}

#[test]
fn guessing_is_limited_per_person_and_session() {
    for city in cities(6) {
        let session = city.session(100, "service", 540, 660);
        city.book(session, 5);
        city.book(session, 6);
        city.clock.set(at(541));
        let browser = Browser::of(&city, Some(&city.sign_in(5)));
        let right = number(&city, session);
        let wrong: String = right.chars().rev().collect::<String>().replace('0', "1") + "";
        let wrong = if wrong == right { "000001".to_owned() } else { wrong };
        let mut last = String::new();
        for _ in 0..8 {
            let (status, _, page) =
                browser.send("POST", "/check-in", &format!("session={session}&code={wrong}"));
            assert!(matches!(status.as_u16(), 422 | 429), "{status}");
            last = page;
        }
        assert!(last.contains("输错次数太多"), "{last}");
        // The right number is refused too now, the picture is not.
        let (status, _, _) = browser.send("POST", "/check-in", &format!("session={session}&code={right}"));
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
        let other = Browser::of(&city, Some(&city.sign_in(6)));
        let (status, to, _) = other.send("POST", "/check-in", &format!("session=&no=000100&code={right}"));
        assert_eq!((status, to.lines().next()), (StatusCode::SEE_OTHER, Some("/check-in")));
        let path = link(&city, session);
        let (status, _, _) = browser.send("POST", &path, "way=in");
        assert_eq!(status, StatusCode::SEE_OTHER);
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM check_in WHERE in_method = 'code'")), 2);
        let path = format!("/api/v1/sessions/{session}/check-in");
        let (status, _, body) = other.send("POST", &path, &format!("{{\"code\":\"{right}\"}}"));
        assert_eq!(status, StatusCode::OK, "{body}");
        assert!(body.contains("\"repeated\":true"), "{body}");
    }
}

#[test]
fn five_hundred_people_behind_one_address() {
    for city in cities(520) {
        let session = city.session(100, "service", 540, 660);
        for person in 10..260 {
            city.book(session, person);
        }
        for person in 10..510_i64 {
            // 500 people in under five minutes, half of them not signed up.
            city.clock.set(Timestamp(at(540).0 + (person - 10) * 590));
            let browser = Browser::of(&city, Some(&city.sign_in(person)));
            let path = link(&city, session);
            let (status, _, page) = browser.send("POST", &path, "way=in");
            assert_eq!(status, StatusCode::SEE_OTHER, "{person}: {page}");
        }
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM check_in WHERE in_method = 'code'")), 500);
        assert!(city.write(|tx| service::record::check(tx)).unwrap().is_empty());
    }
}

#[test]
fn the_pages_of_the_leader_and_the_station() {
    for city in cities(8) {
        let session = city.session(100, "service", 540, 660);
        for person in 4..=7 {
            city.book(session, person);
        }
        city.write(|tx| {
            for (id, role, org) in [(1_i64, "leader", 4_i64), (2, "station", 3)] {
                tx.exec(
                    sql!("INSERT INTO role_grant (id, account_id, role, org_id, given_at) VALUES ($1, $1, $2, $3, 0)"),
                    db::args![id, role, org],
                )?;
            }
            Ok(())
        })
        .unwrap();
        city.clock.set(at(545));
        let leader = Browser::of(&city, Some(&city.sign_in(1)));
        let clerk = Browser::of(&city, Some(&city.sign_in(2)));
        let stranger = Browser::of(&city, Some(&city.sign_in(7)));
        for path in ["code", "code/part", "roll", "close", "roll?format=xlsx", "roll?q=V&state=booked"] {
            let (status, _, page) = leader.send("GET", &format!("/sessions/100/{path}"), "");
            assert_eq!(status, StatusCode::OK, "{path}: {page}");
            let (status, _, _) = stranger.send("GET", &format!("/sessions/100/{path}"), "");
            assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
        }
        let post = |who: &Browser, path: &str, form: &str| {
            let (status, to, page) = who.send("POST", path, form);
            assert_eq!(status, StatusCode::SEE_OTHER, "{path} {form}: {page}");
            to
        };
        post(&leader, "/sessions/100/roll", "act=present:all");
        post(&leader, "/sessions/100/roll", "act=heads&heads=4");
        let card = people::person::card_code(&city.vault, PersonId(3), 1);
        post(&leader, "/sessions/100/card", &format!("card={card}"));
        post(&leader, "/sessions/100/walk-in", "name=%E7%8E%8B%E4%BA%94&phone=13800002222");
        let (status, _, page) = leader.send("POST", "/sessions/100/walk-in", "name=&phone=12");
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.contains("id=\"e-phone\""), "{page}");
        city.clock.set(at(661));
        post(&leader, "/sessions/100/roll", "act=out:all");
        let (status, _, page) =
            leader.send("POST", "/sessions/100/close", "heads=&quality=9&breaks=0&extension=0");
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.contains("id=\"e-heads\"") && page.contains("id=\"e-quality\""));
        post(&leader, "/sessions/100/close", "heads=6&quality=5&breaks=0&extension=0&summary=ok");
        let (_, _, page) = leader.send("GET", "/sessions/100/close", "");
        assert!(page.contains("甲4") && page.contains("115"), "{page}");
        post(&leader, "/sessions/100/submit", "");
        for path in [
            "/records",
            "/records?format=xlsx",
            "/records?q=x&late=1&flagged=1",
            "/records/sessions/100",
            "/records/sessions/100?format=xlsx",
        ] {
            let (status, _, page) = clerk.send("GET", path, "");
            assert_eq!(status, StatusCode::OK, "{path}: {page}");
        }
        assert_eq!(stranger.send("GET", "/records/sessions/100", "").0, StatusCode::NOT_FOUND);
        assert_eq!(stranger.send("GET", "/records", "").0, StatusCode::FORBIDDEN);
        let (_, _, page) = clerk.send("GET", "/records/sessions/100", "");
        let record = hidden(&page, "record");
        let (status, _, page) =
            clerk.send("POST", "/records/sessions/100", &format!("act=return&record={record}&reason="));
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{page}");
        post(&clerk, "/records/sessions/100", &format!("act=confirm&record={record}"));
        let (status, _, page) =
            clerk.send("POST", "/records/sessions/100", &format!("act=confirm&record={record}"));
        assert_eq!(status, StatusCode::CONFLICT);
        assert!(page.contains("已由甲2于"), "{page}");
        post(&clerk, "/records/sessions/100", "act=confirm_all");
        let (status, _, page) = clerk.send("GET", &format!("/records/{record}"), "");
        assert_eq!(status, StatusCode::OK, "{page}");
        let who = city.count(sql!("SELECT MIN(person_id) FROM record WHERE state = 'confirmed'"));
        let own = Browser::of(&city, Some(&city.sign_in(who)));
        for path in ["/me/hours", "/me/hours?format=xlsx", "/api/v1/me/records"] {
            let (status, _, page) = own.send("GET", path, "");
            assert_eq!(status, StatusCode::OK, "{path}: {page}");
        }
        post(&clerk, &format!("/records/{record}/void"), "reason=x&again=1");
    }
}
