//! Changes of what is published, templates, past records.

use kernel::{AccountId, Clock as _, Error, Role, SystemClock};
use serde_json::{Value, json};

use super::{Program, elsewhere, numbers, org_of, person_of, text};
use crate::common::City;

/// A coming session of the leader's team, its activity, and whom a stranger among leaders would be.
pub fn coming(city: &City) -> (i64, i64, i64, i64) {
    let team = org_of(city, "demo-leader");
    let soon = SystemClock.now().0 + 2 * 86_400_000;
    let (session, activity): (i64, i64) = numbers(
        city,
        &format!(
            "SELECT s.id, a.id FROM session s JOIN activity a ON a.id = s.activity_id WHERE a.org_id = {team}
                AND a.state = 'published' AND s.state = 'open' AND s.starts_at > {soon}
             ORDER BY s.taken DESC, s.starts_at, s.id LIMIT 1"
        ),
    );
    (team, elsewhere(city, "team", team), activity, session)
}

#[test]
fn a_published_session_is_changed_and_those_concerned_are_told() {
    for city in City::all() {
        let (_, other, activity, session) = coming(&city);
        let (leader, stranger) =
            (Program::of(&city, "demo-leader"), Program::with_role(&city, Role::Leader, other));
        let path = format!("/sessions/{session}");
        let now = || {
            let whole = leader.get(&format!("/activities/{activity}"));
            let (all, id) = (whole["sessions"].as_array().unwrap(), session.to_string());
            all.iter().find(|one| one["id"] == id.as_str()).unwrap().clone()
        };
        let before = now();
        let version = before["version"].as_i64().unwrap();
        let more = json!({ "version": version, "quota": before["quota"].as_i64().unwrap() + 5 });
        Program::nobody(&city).refused("PATCH", &path, &more, 401, "common.sign_in");
        stranger.refused("PATCH", &path, &more, 404, "common.not_found");
        assert_eq!(leader.done("PATCH", &path, &more)["told"], 0, "more places are no news");
        leader.refused("PATCH", &path, &more, 409, "common.stale");
        let none = json!({ "version": version + 1, "posts": [{ "id": "1", "name": "岗", "quota": 1 }] });
        leader.refused("PATCH", &path, &none, 404, "common.not_found");
        let past = json!({ "version": version + 1, "date": "2020-01-01" });
        leader.refused("PATCH", &path, &past, 422, "activity.session_past");
        let moved = json!({ "version": version + 1, "place_public": "老年大学门口", "reason": "场地维修" });
        let told = leader.done("PATCH", &path, &moved);
        assert!(told["told"].as_i64().unwrap() >= before["taken"].as_i64().unwrap(), "{told}");
        let after = now();
        assert_eq!((&after["starts_at"], &after["posts"]), (&before["starts_at"], &before["posts"]));
        let log = leader.get(&format!("{path}/changes"));
        assert_eq!(
            (&log["items"][0]["new_place"], &log["items"][0]["reason"]),
            (&json!("老年大学门口"), &json!("场地维修"))
        );
        stranger.refused("GET", &format!("{path}/changes"), &Value::Null, 404, "common.not_found");
        city.stop();
    }
}

#[test]
fn templates_are_kept_used_and_removed() {
    for city in City::all() {
        let (team, other, activity, _) = coming(&city);
        let (leader, stranger) =
            (Program::of(&city, "demo-leader"), Program::with_role(&city, Role::Leader, other));
        let (keep, name) = (format!("/activities/{activity}/template"), json!({ "name": "程序模板" }));
        Program::nobody(&city).refused("POST", &keep, &name, 401, "common.sign_in");
        stranger.refused("POST", &keep, &name, 404, "common.not_found");
        leader.refused("POST", &keep, &json!({ "name": " " }), 422, "common.required");
        let id = text(&leader.done("POST", &keep, &name)["id"]);
        assert_eq!(text(&leader.done("POST", &keep, &name)["id"]), id, "one of a name");
        let draft = format!("/templates/{id}/activities");
        let times = |dates: &str| json!({ "dates": dates, "start": "09:00", "end": "11:00", "quota": 12 });
        leader.refused("POST", &draft, &json!({ "sessions": times("明天") }), 422, "common.invalid");
        let day = SystemClock.now().date().plus(9).to_string();
        let made = text(
            &leader.done("POST", &draft, &json!({ "title": "照模板来", "sessions": times(&day) }))["id"],
        );
        let whole = leader.get(&format!("/activities/{made}"));
        assert_eq!((&whole["title"], &whole["state"]), (&json!("照模板来"), &json!("draft")));
        assert_eq!(whole["sessions"].as_array().unwrap().len(), 1);
        let list = leader.get(&format!("/teams/{team}/templates"));
        let line = list["items"].as_array().unwrap().iter().find(|one| one["id"] == id.as_str()).unwrap();
        assert_eq!((&line["name"], &line["uses"]), (&json!("程序模板"), &json!(1)));
        let path = format!("/templates/{id}");
        stranger.refused("DELETE", &path, &Value::Null, 404, "common.not_found");
        leader.done("DELETE", &path, &Value::Null);
        leader.refused("DELETE", &path, &Value::Null, 404, "common.not_found");
        city.stop();
    }
}

#[test]
fn a_record_of_an_earlier_system_is_said_to_be_another_s() {
    for city in City::all() {
        let me = Program::of(&city, "demo-volunteer");
        let person = person_of(&city, "demo-volunteer");
        let (own,): (i64,) = numbers(
            &city,
            &format!(
                "SELECT id FROM record WHERE person_id = {person} AND state = 'confirmed' AND class <> 'legacy' ORDER BY id"
            ),
        );
        let path = |id: i64| format!("/records/{id}/not-mine");
        me.refused("POST", &path(own), &json!({ "text": "不是我" }), 409, "past.not_past");
        Program::nobody(&city).refused("POST", &path(own), &json!({}), 401, "common.sign_in");
        // As if it had come with a file.
        let account = city.logins.iter().find(|one| one.login == "demo-volunteer").unwrap().account;
        let (past, whose): (i64, i64) = numbers(
            &city,
            "SELECT id, person_id FROM record WHERE class = 'legacy' AND state = 'confirmed' ORDER BY id LIMIT 1",
        );
        me.refused("POST", &path(past), &json!({}), 404, "common.not_found");
        city.app
            .db
            .write_blocking(move |tx| {
                tx.exec(
                    db::sql!("UPDATE account SET person_id = NULL WHERE person_id = $1"),
                    db::args![whose],
                )?;
                tx.exec(
                    db::sql!("UPDATE account SET person_id = $1 WHERE id = $2"),
                    db::args![whose, AccountId(account.0)],
                )?;
                Ok::<_, Error>(())
            })
            .unwrap();
        me.done("POST", &path(past), &json!({ "text": "那天我不在" }));
        me.refused("POST", &path(past), &json!({}), 409, "past.not_past");
        city.stop();
    }
}
