//! The whole program over HTTP, with the small demo city, on both databases.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::common::{City, csrf};

const EVERYBODY: &[&str] = &[
    "/",
    "/?lang=en",
    "/activities",
    "/rankings",
    "/check-in",
    "/sign-in",
    "/register",
    "/search",
    "/search?q=sq",
    "/search?q=%E7%A4%BE%E5%8C%BA&lang=en",
    "/orgs",
    "/robots.txt",
    "/manifest",
    "/healthz",
    "/readyz",
    "/metrics",
];

/// Pages that each role must be able to open.
const ROLES: &[(&str, &[&str])] = &[
    ("demo-volunteer", &["/me", "/schedule", "/inbox", "/api/v1/tasks", "/api/v1/inbox"]),
    ("demo-leader", &["/manage", "/me", "/inbox"]),
    ("demo-station", &["/people", "/records", "/dashboard", "/import", "/manage", "/inbox"]),
    ("demo-office", &["/people", "/records", "/dashboard", "/import", "/manage"]),
    ("demo-system", &["/accounts"]),
    ("demo-security", &["/roles"]),
    ("demo-audit", &["/audit"]),
];

/// Links of the navigation that lead accounts without a person to a refusal, which they should not. The
/// list may only shrink.
const KNOWN: &[&str] = &[];

#[test]
fn every_role_opens_its_pages() {
    for city in City::all() {
        let kind = city.kind;
        let (mut wrong, mut known) = (Vec::new(), BTreeSet::new());
        for path in EVERYBODY {
            let page = city.get(path, None);
            if page.status != 200 {
                wrong.push(format!("{kind} visitor {path}: {}", page.status));
            }
        }
        for (login, pages) in ROLES {
            let cookie = city.sign_in(login);
            let home = city.get("/", Some(&cookie));
            assert_eq!(home.status, 200, "{kind} {login}");
            assert!(home.body.len() < 100 * 1024, "{kind} {login}: {} bytes", home.body.len());
            assert!(home.text().contains("<h1>"), "{kind} {login}");
            // Whatever the navigation and the task list offer must open.
            let text = home.text().into_owned();
            let links = text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
            let mut all: Vec<String> = links
                .filter(|href| href.starts_with('/') && !href.starts_with("/assets/"))
                .map(|href| href.replace("&amp;", "&"))
                .collect();
            all.extend(pages.iter().map(|path| (*path).to_owned()));
            all.sort();
            all.dedup();
            for path in all {
                let page = city.get(&path, Some(&cookie));
                let leads = page.status == 303 && page.header("location") != Some("/sign-in");
                if page.status == 403 && KNOWN.contains(&path.as_str()) {
                    known.insert(path);
                } else if page.status != 200 && !leads {
                    wrong.push(format!("{kind} {login} {path}: {}", page.status));
                }
            }
        }
        let (took, _) = city.stop();
        assert!(took < Duration::from_secs(10), "{kind}: stopping took {took:?}");
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!(known.len(), KNOWN.len(), "{kind}: take what is mended off the list");
    }
}

#[test]
fn every_role_of_the_demo_finds_something_to_do() {
    for city in City::all() {
        for login in ["demo-volunteer", "demo-leader", "demo-station", "demo-office"] {
            let cookie = city.sign_in(login);
            let tasks: serde_json::Value =
                serde_json::from_slice(&city.get("/api/v1/tasks", Some(&cookie)).body).unwrap();
            assert!(!tasks.as_array().unwrap().is_empty(), "{} {login}: nothing waits", city.kind);
        }
        assert_eq!(city.get("/api/v1/tasks", None).status, 401);
        city.stop();
    }
}

#[test]
fn the_frame_around_all_answers() {
    for city in City::all() {
        let home = city.get("/", None);
        for name in ["x-request-id", "x-content-type-options", "content-security-policy", "referrer-policy"] {
            assert!(home.header(name).is_some(), "{name} is missing");
        }
        assert!(home.text().contains("/activities") && home.text().contains("/register"));

        let head = city.ask(&loadgen::build_request("HEAD", "/", "x", None, &[], b""));
        assert_eq!((head.status, head.body.len()), (200, 0));

        let missing = city.get("/no/such/page", None);
        assert_eq!(missing.status, 404);
        assert!(missing.text().contains("common.not_found"));
        let missing = city.get("/api/v1/no-such", None);
        assert_eq!(missing.header("content-type"), Some("application/problem+json"));
        assert_eq!(city.get("/robots.txt", None).header("x-content-type-options"), Some("nosniff"));

        let wrong = city.post("/search", home.cookies().as_deref(), &[("_csrf", &csrf(&home))]);
        assert_eq!(wrong.status, 405);
        assert!(wrong.text().contains("frame.method"));

        // More than the buffers between them hold: who still writes must be able to read the answer afterwards.
        let large = "x".repeat(24 << 20);
        let refused = city.post("/sign-in/password", None, &[("x", &large)]);
        assert_eq!(refused.status, 413);
        assert!(refused.text().contains("common.too_large"));

        // Behind a proxy on the same machine, anybody could be asking.
        let far = [("X-Forwarded-For", "203.0.113.9")];
        assert_eq!(city.ask(&loadgen::build_request("GET", "/metrics", "x", None, &far, b"")).status, 404);
        let figures = city.get("/metrics", None);
        let figures = figures.text();
        assert!(figures.contains("linli_requests_total{class=\"page\",status=\"4xx\"} "));
        assert!(figures.contains("linli_db_up 1") && figures.contains("linli_outbox_waiting "));
        city.stop();
    }
}

#[test]
fn the_end_lets_open_requests_end_and_closes_idle_connections() {
    for city in City::all() {
        let mut idle = TcpStream::connect(city.addr).unwrap();
        idle.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        let mut buffer = [0; 4096];
        assert!(idle.read(&mut buffer).unwrap() > 0);
        // A request whose body is still on its way when the end is announced.
        let mut half = TcpStream::connect(city.addr).unwrap();
        half.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        half.write_all(b"POST /sign-in/password HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 3\r\n\r\n").unwrap();
        std::thread::sleep(Duration::from_millis(200));
        let addr = city.addr;
        let end = std::thread::spawn(move || city.stop().0);
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(idle.read(&mut buffer).unwrap(), 0, "the idle connection is closed");
        half.write_all(b"a=b").unwrap();
        let read = half.read(&mut buffer).unwrap();
        let answer = String::from_utf8_lossy(&buffer[..read]).into_owned();
        assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
        assert!(end.join().unwrap() < Duration::from_secs(10));
        assert!(TcpStream::connect(addr).is_err(), "nobody listens any more");
    }
}
