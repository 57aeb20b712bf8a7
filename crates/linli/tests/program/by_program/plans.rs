//! Sessions by rule, and annual plans.

use kernel::{Clock as _, Role, SystemClock};
use serde_json::{Value, json};

use super::service::coming;
use super::{Program, text};
use crate::common::City;

#[test]
fn sessions_by_rule_are_looked_at_made_extended_and_cancelled() {
    for city in City::all() {
        let (_, other, activity, _) = coming(&city);
        let (leader, stranger) =
            (Program::of(&city, "demo-leader"), Program::with_role(&city, Role::Leader, other));
        let day = |n: i64| SystemClock.now().date().plus(n).to_string();
        let path = format!("/activities/{activity}/series");
        let look =
            format!("{path}/preview?rule=FREQ%3DDAILY&from={}&to={}&start=05:00&end=06:00", day(3), day(6));
        let found = leader.get(&look);
        let dates: Vec<String> =
            found["items"].as_array().unwrap().iter().map(|one| text(&one["date"])).collect();
        assert_eq!(dates, [day(3), day(4), day(5), day(6)]);
        stranger.refused("GET", &look, &Value::Null, 404, "common.not_found");
        leader.refused("GET", &format!("{path}/preview?rule=tuesdays"), &Value::Null, 422, "plan.rule");
        let wish = |rule: &str| {
            json!({ "rule": rule, "from": day(3), "to": day(6), "start": "05:00", "end": "06:00", "quota": 8,
                "except": [day(4)] })
        };
        Program::nobody(&city).refused("POST", &path, &wish("FREQ=DAILY"), 401, "common.sign_in");
        stranger.refused("POST", &path, &wish("FREQ=DAILY"), 404, "common.not_found");
        leader.refused("POST", &path, &wish("FREQ=HOURLY"), 422, "plan.rule_times");
        let made = leader.done("POST", &path, &wish("FREQ=DAILY"));
        assert_eq!(made["sessions"], 3);
        leader.refused("POST", &path, &wish("FREQ=DAILY"), 422, "plan.nothing");
        let id = text(&made["id"]);
        let one = format!("/series/{id}");
        let whole = leader.get(&one);
        assert_eq!((&whole["rule"], whole["dates"].as_array().unwrap().len()), (&json!("FREQ=DAILY"), 4));
        assert!(
            whole["dates"][1]["session"].is_null() && whole["dates"][0]["session"].is_string(),
            "{whole}"
        );
        assert_eq!(leader.get(&path)["items"][0]["id"].as_str(), Some(&*id));
        stranger.refused("GET", &one, &Value::Null, 404, "common.not_found");
        let further = json!({ "to": day(8) });
        stranger.refused("POST", &format!("{one}/extend"), &further, 404, "common.not_found");
        assert_eq!(leader.done("POST", &format!("{one}/extend"), &further)["sessions"], 2);
        let stop = |reason: &str| json!({ "from": day(6), "reason": reason });
        leader.refused("POST", &format!("{one}/cancel"), &stop(" "), 422, "common.required");
        stranger.refused("POST", &format!("{one}/cancel"), &stop("停办"), 404, "common.not_found");
        assert_eq!(leader.done("POST", &format!("{one}/cancel"), &stop("停办"))["sessions"], 3);
        leader.refused("POST", &format!("{one}/extend"), &json!({ "to": day(20) }), 409, "plan.ended");
        city.stop();
    }
}

#[test]
fn a_plan_is_begun_written_and_followed() {
    for city in City::all() {
        let (team, other, activity, _) = coming(&city);
        let (leader, stranger) =
            (Program::of(&city, "demo-leader"), Program::with_role(&city, Role::Leader, other));
        let new = json!({ "team": team.to_string(), "year": 2098 });
        Program::nobody(&city).refused("POST", "/plans", &new, 401, "common.sign_in");
        stranger.refused("POST", "/plans", &new, 403, "common.forbidden");
        leader.refused(
            "POST",
            "/plans",
            &json!({ "team": team.to_string(), "year": 1 }),
            422,
            "common.invalid",
        );
        let id = text(&leader.done("POST", "/plans", &new)["id"]);
        assert_eq!(text(&leader.done("POST", "/plans", &new)["id"]), id, "twice is once");
        let lines = format!("/plans/{id}/lines");
        let line = |month: i64, version: i64| json!({ "month": month, "title": "清河", "category": "nature.river", "sessions": 4, "hours": 30, "version": version });
        leader.refused("POST", &lines, &line(13, 0), 422, "common.invalid");
        stranger.refused("POST", &lines, &line(3, 0), 404, "common.not_found");
        let own = text(&leader.done("POST", &lines, &line(3, 0))["id"]);
        let path = format!("/plan-lines/{own}");
        leader.done("PUT", &path, &line(4, 1));
        leader.refused("PUT", &path, &line(5, 1), 409, "common.stale");
        stranger.refused("PUT", &path, &line(5, 2), 404, "common.not_found");
        leader.done("POST", &format!("{path}/activities"), &json!({ "activity": activity.to_string() }));
        let shown = leader.get(&path);
        assert_eq!((&shown["month"], &shown["progress"]["minutes"]), (&json!(4), &json!(1800)));
        assert_eq!(shown["activities"][0]["id"], activity.to_string());
        for _ in 0..2 {
            leader.done("DELETE", &format!("{path}/activities/{activity}"), &Value::Null);
        }
        let plan = leader.get(&format!("/plans/{id}"));
        assert_eq!((plan["lines"].as_array().unwrap().len(), &plan["year"]), (1, &json!(2098)));
        stranger.refused("GET", &format!("/plans/{id}"), &Value::Null, 404, "common.not_found");
        let office = Program::of(&city, "demo-office");
        let list = office.get("/plans?year=2098");
        assert_eq!(
            (list["items"].as_array().unwrap().len(), &list["items"][0]["progress"]["sessions"]),
            (1, &json!(4))
        );
        // A second plan comes after the first, by name of the team.
        office.done("POST", "/plans", &json!({ "team": other.to_string(), "year": 2098 }));
        let list = office.get("/plans?year=2098");
        let first = text(&list["items"][0]["id"]);
        let rest = office.get(&format!("/plans?year=2098&after={first}"));
        assert_eq!(rest["items"], json!([list["items"][1]]));
        assert_eq!(stranger.get("/plans?year=2098")["items"].as_array().unwrap().len(), 1);
        stranger.refused("DELETE", &path, &Value::Null, 404, "common.not_found");
        leader.done("DELETE", &path, &Value::Null);
        leader.refused("GET", &path, &Value::Null, 404, "common.not_found");
        city.stop();
    }
}
