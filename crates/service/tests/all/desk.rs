//! Desks at the place (Fix-22): bound to one session, ending an hour after it, able to do only what the desk does.

use std::sync::LazyLock;
use std::time::Duration;

use crate::city::{City, actor, at, cities, leader};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use db::{args, sql};
use futures_util::StreamExt as _;
use service::SessionId;
use service::attendance::desk::commands::{end, open, start};
use service::attendance::desk::store;
use tower::ServiceExt as _;
use vault::SessionToken;

/// The tests themselves block on the database, so requests get threads of their own.
static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| tokio::runtime::Runtime::new().unwrap());

/// Makes the leader of the tests one in the database too, where a desk looks.
fn role(city: &City) {
    city.write(|tx| {
        tx.exec(
            sql!("INSERT INTO role_grant (id, account_id, role, org_id, given_at) VALUES (1, 1, 'leader', 4, 0)"),
            &[],
        )?;
        Ok(())
    })
    .unwrap();
}

fn desk(city: &City, session: SessionId) -> SessionToken {
    let token = city.vault.session_token();
    let hash = token.hash();
    city.write(move |tx| start(tx, &leader(), session, hash.as_bytes())).unwrap();
    token
}

fn runs(city: &City, token: &SessionToken) -> Result<SessionId, String> {
    let hash = token.hash();
    city.write(move |tx| open(tx, Some(hash.as_bytes())))
        .map(|(held, ..)| held.id)
        .map_err(|error| error.code().to_owned())
}

#[test]
fn a_desk_ends_with_its_session_and_with_the_right_of_whoever_started_it() {
    for city in cities(6) {
        city.clock.set(at(0));
        role(&city);
        let session = city.session(100, "service", 540, 660);
        let stranger = city.write(move |tx| start(tx, &actor(5, None), session, &[1; 32]));
        assert_eq!(stranger.unwrap_err().code(), "common.forbidden");
        let token = desk(&city, session);
        assert_eq!(runs(&city, &token), Ok(session));
        assert_eq!(runs(&city, &city.vault.session_token()).unwrap_err(), "desk.ended");
        city.clock.set(at(719));
        assert_eq!(runs(&city, &token), Ok(session));
        city.clock.set(at(720));
        assert_eq!(runs(&city, &token).unwrap_err(), "desk.ended");
        let over = city.write(move |tx| start(tx, &leader(), session, &[2; 32]));
        assert_eq!(over.unwrap_err().code(), "desk.over");
        // The leader's role ends: so does the desk.
        city.clock.set(at(600));
        assert_eq!(runs(&city, &token), Ok(session));
        city.write(|tx| {
            tx.exec(sql!("UPDATE role_grant SET ended_at = $1"), args![at(600)])?;
            Ok(())
        })
        .unwrap();
        assert_eq!(runs(&city, &token).unwrap_err(), "desk.ended");
        city.write(|tx| {
            tx.exec(sql!("UPDATE role_grant SET ended_at = NULL"), &[])?;
            Ok(())
        })
        .unwrap();
        // Ended by hand; and not by somebody else's session.
        let id = city.write(move |tx| Ok(store::of_session(tx, session)?.first().unwrap().id)).unwrap();
        city.write(move |tx| end(tx, &leader(), session, id)).unwrap();
        assert_eq!(runs(&city, &token).unwrap_err(), "desk.ended");
        for _ in 0..10 {
            desk(&city, session);
        }
        let many = city.write(move |tx| start(tx, &leader(), session, &[3; 32]));
        assert_eq!(many.unwrap_err().code(), "desk.many");
    }
}

struct Tablet {
    router: Router,
    cookie: String,
    csrf: String,
}

impl Tablet {
    fn of(city: &City, token: &SessionToken) -> Self {
        let csrf = city.vault.signer.sign("csrf", &[b"0123456789abcdef0123"]);
        let cookie = format!("linli_visitor=0123456789abcdef0123; linli_desk={}", token.text());
        Self { router: (service::room().routes)().with_state(city.app()), cookie, csrf }
    }

    fn request(&self, method: &str, path: &str, form: &str) -> Request<Body> {
        Request::builder()
            .method(method)
            .uri(path)
            .header("cookie", &self.cookie)
            .header("x-csrf-token", &self.csrf)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .unwrap()
    }

    fn send(&self, method: &str, path: &str, form: &str) -> (StatusCode, String) {
        let request = self.request(method, path, form);
        RUNTIME.block_on(async {
            let answer = self.router.clone().oneshot(request).await.unwrap();
            let status = answer.status();
            let body = axum::body::to_bytes(answer.into_body(), 1 << 22).await.unwrap();
            (status, String::from_utf8_lossy(&body).into_owned())
        })
    }
}

#[test]
fn people_check_in_at_the_desk_and_appear_on_the_wall() {
    // Walls are watched by session in the whole process, which has one database outside of tests.
    for (city, id) in cities(6).into_iter().zip([100, 200]) {
        city.clock.set(at(0));
        role(&city);
        let session = city.session(id, "service", 540, 660);
        city.session(id + 1, "service", 540, 660);
        for person in [4, 5] {
            city.book(session, person);
        }
        city.book(SessionId(id + 1), 6);
        city.clock.set(at(541));
        let tablet = Tablet::of(&city, &desk(&city, session));
        let (status, page) = tablet.send("GET", "/desk", "");
        assert_eq!(status, StatusCode::OK);
        assert!(!page.contains("甲5"), "the list is shown to whoever looks for a name only");
        let (_, page) = tablet.send("GET", "/desk?q=%E7%94%B2", "");
        assert!(page.contains("甲5") && !page.contains("甲6"));
        // The desk is nobody elsewhere, and has no way into another session.
        let (status, _) = tablet.send("GET", &format!("/sessions/{id}/roll"), "");
        assert!(status == StatusCode::SEE_OTHER || status == StatusCode::UNAUTHORIZED, "{status}");
        let line = |person: i64| {
            city.count(match person {
                5 => sql!("SELECT id FROM sign_up WHERE person_id = 5"),
                _ => sql!("SELECT id FROM sign_up WHERE person_id = 6"),
            })
        };
        let (status, _) = tablet.send("POST", "/desk/check", &format!("line={}", line(6)));
        assert_eq!(status, StatusCode::NOT_FOUND);
        let (status, _) = tablet.send("POST", "/desk/check", &format!("line={}", line(5)));
        assert_eq!(status, StatusCode::SEE_OTHER);
        assert_eq!(
            city.count(sql!(
                "SELECT COUNT(*) FROM check_in WHERE flags = 'desk_name' AND in_method = 'roll'"
            )),
            1
        );
        let card = people::person::card_code(&city.vault, kernel::PersonId(4), 1);
        let (status, page) = tablet.send("POST", "/desk/card", &format!("card={card}"));
        assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
        assert_eq!(city.count(sql!("SELECT COUNT(*) FROM check_in WHERE in_method = 'card'")), 1);
        let (_, page) = tablet.send("GET", "/desk/wall", "");
        assert!(page.contains("甲*") && !page.contains("甲5"), "a big screen shows surnames");
        // Live: the first event tells how it stands, without a question of its own for each screen.
        let request = tablet.request("GET", "/desk/wall/events", "");
        let first = RUNTIME.block_on(async {
            let answer = tablet.router.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.headers()["content-type"], "text/event-stream");
            let mut body = answer.into_body().into_data_stream();
            let frame = tokio::time::timeout(Duration::from_secs(10), body.next()).await.unwrap();
            String::from_utf8(frame.unwrap().unwrap().to_vec()).unwrap()
        });
        assert!(first.contains("\"attended\":2") && first.contains("甲*"), "{first}");
        let (status, _) = tablet.send("POST", "/desk/end", "");
        assert_eq!(status, StatusCode::SEE_OTHER);
        assert_eq!(tablet.send("GET", "/desk", "").0, StatusCode::NOT_FOUND);
    }
}
