//! The guard of exports over HTTP, on both databases.

use db::{Query, args, sql};
use kernel::Error;
use loadgen::Reply;
use ui::sheet::XLSX;

use crate::common::{City, benches, csrf, fill};
use kernel::Clock as _;

fn location(reply: &Reply) -> String {
    reply.header("location").unwrap_or_default().to_owned()
}

fn press(city: &City, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
    let code = csrf(&city.get("/help", Some(cookie)));
    let mut all = vec![("_csrf", code.as_str())];
    all.extend_from_slice(fields);
    city.post(path, Some(cookie), &all)
}

fn raw(city: &City, text: &'static str) {
    city.app.db.write_blocking(move |tx| tx.exec_query(&Query::new(text))).unwrap();
}

fn noted(city: &City, act: &'static str) -> Vec<(String, bool)> {
    city.app
        .db
        .read_blocking(move |tx| {
            Ok::<_, Error>(tx.all(
                sql!("SELECT detail, ok FROM audit WHERE act = $1 AND object_kind <> 'person' ORDER BY id"),
                args![act],
            )?)
        })
        .unwrap()
}

#[test]
fn a_large_list_needs_a_second_person_and_every_list_a_fresh_proof() {
    for bench in benches() {
        let logins = fill(&bench, kernel::SystemClock.now().date(), 7);
        let city = City::serve(bench, logins, &[("export_approval_rows", "100")]);
        let (office, security, station) =
            (city.sign_in("demo-office"), city.sign_in("demo-security"), city.sign_in("demo-station"));
        let all = "/people?format=xlsx";
        // Large: held back, a reason, another person, one download.
        let held = city.get(all, Some(&office));
        assert_eq!(held.status, 303, "{}", held.text());
        let request = location(&held);
        assert!(request.starts_with("/exports/"), "{request}");
        assert_eq!(location(&city.get(all, Some(&office))), request, "the same request");
        assert!(city.get(&request, Some(&office)).text().contains("name=\"reason\""));
        assert_eq!(press(&city, &office, &format!("{request}/ask"), &[("reason", "")]).status, 422);
        assert_eq!(press(&city, &office, &format!("{request}/ask"), &[("reason", "年度总结")]).status, 303);
        assert_eq!(city.get(all, Some(&office)).status, 303, "not before it is approved");
        assert_eq!(press(&city, &office, &format!("{request}/approve"), &[]).status, 403, "not by oneself");
        assert_eq!(
            press(&city, &station, &format!("{request}/approve"), &[]).status,
            404,
            "not by a narrower right"
        );
        assert_eq!(city.get(&request, Some(&station)).status, 404);
        assert!(city.get("/", Some(&security)).text().contains("/exports"));
        assert_eq!(press(&city, &security, &format!("{request}/approve"), &[]).status, 303);
        assert_eq!(city.get(all, Some(&security)).status, 403, "who approves sees no row");
        let file = city.get(all, Some(&office));
        assert_eq!((file.status, file.header("content-type")), (200, Some(XLSX)));
        let again = city.get(all, Some(&office));
        assert_eq!(again.status, 303, "once");
        assert_ne!(location(&again), request);
        // An approval is good for a day.
        let second = location(&again);
        press(&city, &office, &format!("{second}/ask"), &[("reason", "again")]);
        press(&city, &security, &format!("{second}/approve"), &[]);
        raw(&city, "UPDATE export_request SET expires_at = 1 WHERE state = 'approved'");
        assert_eq!(city.get(all, Some(&office)).status, 303);
        // Small: leaves at once, and stands in the log with rows and filter.
        let small = city.get("/people?q=zhang&format=xlsx", Some(&station));
        assert_eq!(small.status, 200, "{}", small.text());
        let lines = noted(&city, "export");
        assert!(lines.iter().any(|(detail, ok)| *ok && detail.contains("/people?q=zhang")), "{lines:?}");
        assert!(lines.iter().any(|(detail, ok)| *ok && detail.contains("approved")), "{lines:?}");
        assert!(lines.iter().any(|(detail, ok)| !*ok && detail.contains("held back")), "{lines:?}");
        // An old proof: asked again, by password or in the demo by one tap.
        raw(&city, "UPDATE login_session SET proof_at = 0");
        let ask = city.get("/people?q=zhang&format=xlsx", Some(&station));
        assert_eq!(ask.status, 303);
        let to = location(&ask);
        assert!(to.starts_with("/confirm?next=%2Fpeople"), "{to}");
        assert_eq!(city.get(&to, Some(&station)).status, 200);
        let next = ("next", "/people?q=zhang&format=xlsx");
        assert_eq!(press(&city, &station, "/confirm", &[next, ("password", "wrong")]).status, 422);
        assert_eq!(city.get("/people?q=zhang&format=xlsx", Some(&station)).status, 303);
        let password = city.logins.iter().find(|one| one.login == "demo-station").unwrap().password.clone();
        let done = press(&city, &station, "/confirm", &[next, ("password", &password)]);
        assert_eq!((done.status, location(&done).as_str()), (303, "/people?q=zhang&format=xlsx"));
        assert_eq!(city.get("/people?q=zhang&format=xlsx", Some(&station)).status, 200);
        assert_eq!(press(&city, &office, "/confirm", &[("next", "/people"), ("demo", "1")]).status, 303);
        // Public lists and one's own are not guarded.
        let volunteer = city.sign_in("demo-volunteer");
        raw(&city, "UPDATE login_session SET proof_at = 0");
        assert_eq!(city.get("/activities?format=xlsx", None).status, 200);
        assert_eq!(city.get("/me/hours?format=xlsx", Some(&volunteer)).status, 200);
        // Fix-19: with an administrator missing nothing of people leaves.
        press(&city, &station, "/confirm", &[next, ("demo", "1")]);
        raw(&city, "UPDATE role_grant SET ended_at = 1 WHERE role = 'audit'");
        let closed = city.get("/people?q=zhang&format=xlsx", Some(&station));
        assert_eq!(closed.status, 403);
        assert!(closed.text().contains("account.export_gap"));
        city.stop();
    }
}
