//! Message settings, and what the system administrator does about other systems.

use serde_json::{Value, json};

use super::{Program, text};
use crate::common::City;

#[test]
fn people_say_how_messages_reach_them() {
    for city in City::all() {
        let me = Program::of(&city, "demo-volunteer");
        let wish = |from: &str| {
            json!({ "mail": ["change", "records"], "sms": [], "push": ["change"], "quiet_from": from,
                "quiet_to": "07:30", "digest": true })
        };
        Program::nobody(&city).refused("PUT", "/message-settings", &wish("22:00"), 401, "common.sign_in");
        me.refused("PUT", "/message-settings", &wish("25:00"), 422, "common.invalid");
        me.done("PUT", "/message-settings", &wish("22:00"));
        let now = me.get("/message-settings");
        for (name, value) in wish("22:00").as_object().unwrap() {
            assert_eq!(&now[name], value, "{name}");
        }
        city.stop();
    }
}

#[test]
fn other_systems_are_looked_after() {
    for city in City::all() {
        let (system, office) = (Program::of(&city, "demo-system"), Program::of(&city, "demo-office"));
        let new = |event: &str| json!({ "name": "值班群", "shape": "json", "url": "https://example.com/h", "events": [event] });
        Program::nobody(&city).refused("POST", "/webhooks", &new("session.cancelled"), 401, "common.sign_in");
        office.refused("POST", "/webhooks", &new("session.cancelled"), 403, "common.forbidden");
        office.refused("GET", "/webhooks", &Value::Null, 403, "common.forbidden");
        system.refused("POST", "/webhooks", &new("sms"), 422, "webhook.by_token");
        system.refused("POST", "/webhooks", &new("test"), 422, "webhook.no_event");
        let id = text(&system.done("POST", "/webhooks", &new("session.cancelled"))["id"]);
        let list = system.get("/webhooks");
        let line = list["items"].as_array().unwrap().iter().find(|one| one["id"] == id.as_str()).unwrap();
        assert_eq!((&line["host"], &line["events"]), (&json!("example.com"), &json!(["session.cancelled"])));
        let path = format!("/webhooks/{id}");
        system.done("POST", &format!("{path}/switch"), &json!({ "active": false }));
        system.refused("POST", &format!("{path}/test"), &Value::Null, 409, "webhook.off");
        office.refused(
            "POST",
            &format!("{path}/switch"),
            &json!({ "active": true }),
            403,
            "common.forbidden",
        );
        assert!(system.get("/deliveries?channel=webhook")["items"].is_array());
        office.refused("GET", "/deliveries", &Value::Null, 403, "common.forbidden");
        system.refused("POST", "/deliveries/1/resend", &Value::Null, 409, "delivery.nothing_to_resend");
        office.refused("DELETE", &path, &Value::Null, 403, "common.forbidden");
        system.done("DELETE", &path, &Value::Null);
        system.refused("DELETE", &path, &Value::Null, 404, "common.not_found");
        city.stop();
    }
}
