//! A roster from upload to people.

use std::time::Duration;

use kernel::Role;
use serde_json::{Value, json};

use super::{Program, elsewhere, org_of, text};
use crate::common::City;

/// A table of two people in Base64: 章小满 with a phone, 李无号 with neither phone nor document.
const ROSTER: &str = "5aeT5ZCNLOaJi+acuuWPtyzlpIfms6gK56ug5bCP5ruhLDEzOTAwMDAxMjM0LOi3r+WPowrmnY7ml6Dlj7csLOayoeacieaJi+acugo=";

#[test]
fn a_roster_is_uploaded_checked_and_published() {
    for city in City::all() {
        let (station, desk) = (Program::of(&city, "demo-station"), org_of(&city, "demo-station"));
        let stranger = Program::with_role(&city, Role::Station, elsewhere(&city, "community", desk));
        let file = |content: &str| json!({ "file_name": "名册.csv", "content": content });
        Program::nobody(&city).refused("POST", "/imports", &file(ROSTER), 401, "common.sign_in");
        Program::of(&city, "demo-leader").refused("POST", "/imports", &file(ROSTER), 403, "common.forbidden");
        station.refused("POST", "/imports", &file("*"), 422, "import.no_file");
        let other = json!({ "file_name": "名册.csv", "content": ROSTER, "org": "1" });
        station.refused("POST", "/imports", &other, 403, "common.forbidden");
        let id = text(&station.done("POST", "/imports", &file(ROSTER))["id"]);
        assert_eq!(station.get("/imports")["items"][0]["id"], id);
        let path = format!("/imports/{id}");
        let shown = station.get(&path);
        assert_eq!((&shown["state"], &shown["columns"][0]["field"]), (&json!("mapping"), &json!("name")));
        assert!(!shown.to_string().contains("13900001234"), "{shown}");
        stranger.refused("GET", &path, &Value::Null, 404, "common.not_found");
        stranger.refused("POST", &format!("{path}/check"), &json!({}), 404, "common.not_found");
        let empty = json!({ "columns": [] });
        let (status, answer) = station.send("POST", &format!("{path}/check"), &empty);
        assert_eq!(status, 422, "nobody has a name: {answer}");
        let check = json!({ "default_org": desk.to_string() });
        assert_eq!(station.done("POST", &format!("{path}/check"), &check)["began"], true);
        let ready = (0..200).any(|_| {
            std::thread::sleep(Duration::from_millis(50));
            station.get(&path)["state"] == "preview"
        });
        assert!(ready, "{}", station.get(&path));
        let refused = station.get(&format!("{path}/rows"));
        assert_eq!(refused["items"].as_array().unwrap().len(), 1, "{refused}");
        assert!(refused["items"][0]["reasons"].as_str().unwrap().contains("证件"), "{refused}");
        assert_eq!(station.get(&format!("{path}/rows?verdict=changed"))["items"], json!([]));
        stranger.refused("GET", &format!("{path}/rows"), &Value::Null, 404, "common.not_found");
        stranger.refused("POST", &format!("{path}/publish"), &Value::Null, 404, "common.not_found");
        assert_eq!(station.done("POST", &format!("{path}/publish"), &Value::Null)["new"], 1);
        station.refused("POST", &format!("{path}/publish"), &Value::Null, 409, "import.wrong_state");
        station.refused("POST", &format!("{path}/cancel"), &Value::Null, 409, "import.wrong_state");
        let found = station.get("/people?q=%E7%AB%A0%E5%B0%8F%E6%BB%A1");
        assert_eq!(found["items"][0]["name"], "章小满");

        // Another one is thrown away.
        let id = text(&station.done("POST", "/imports", &file(ROSTER))["id"]);
        let cancel = format!("/imports/{id}/cancel");
        stranger.refused("POST", &cancel, &Value::Null, 404, "common.not_found");
        station.done("POST", &cancel, &Value::Null);
        city.stop();
    }
}
