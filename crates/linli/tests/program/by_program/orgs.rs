//! The tree of organisations.

use kernel::Role;
use serde_json::{Value, json};

use super::{Program, elsewhere, org_of, text};
use crate::common::City;

#[test]
fn the_office_shapes_the_tree() {
    for city in City::all() {
        let (office, home) = (Program::of(&city, "demo-office"), org_of(&city, "demo-station"));
        let away = elsewhere(&city, "community", home);
        let stranger = Program::with_role(&city, Role::Station, away);
        let founding = json!({ "kind": "team", "name": "晨光志愿服务队", "slogan": "同行" });
        let children = format!("/orgs/{home}/children");
        Program::nobody(&city).refused("POST", &children, &founding, 401, "common.sign_in");
        stranger.refused("POST", &children, &founding, 403, "common.forbidden");
        office.refused(
            "POST",
            &children,
            &json!({ "kind": "city", "name": "新市" }),
            422,
            "org.wrong_parent",
        );
        let id = text(&office.done("POST", &children, &founding)["id"]);
        let path = format!("/orgs/{id}");
        let made = office.get(&path);
        assert_eq!(
            (made["state"].as_str(), made["area_parent"].as_str()),
            (Some("open"), Some(&*home.to_string()))
        );

        let version = made["version"].as_i64().unwrap();
        let change = json!({ "version": version, "about": "周六清扫河岸" });
        stranger.refused("PATCH", &path, &change, 403, "common.forbidden");
        office.done("PATCH", &path, &change);
        office.refused("PATCH", &path, &change, 409, "common.stale");
        let changed = office.get(&path);
        assert_eq!((&changed["slogan"], changed["about"].as_str()), (&json!("同行"), Some("周六清扫河岸")));
        assert_eq!(changed["name"], "晨光志愿服务队");

        let state = |to: &str| json!({ "to": to });
        office.refused("POST", &format!("{path}/state"), &state("planned"), 422, "common.required");
        office.done("POST", &format!("{path}/state"), &state("suspended"));
        office.refused("POST", &format!("{path}/state"), &state("suspended"), 409, "org.wrong_state");
        office.done("POST", &format!("{path}/state"), &state("open"));
        stranger.refused(
            "POST",
            &format!("{path}/move"),
            &json!({ "to": away.to_string() }),
            403,
            "common.forbidden",
        );
        office.refused("POST", &format!("{path}/move"), &json!({ "to": id }), 422, "org.cycle");
        office.done("POST", &format!("{path}/move"), &json!({ "to": away.to_string() }));
        assert_eq!(office.get(&path)["area_parent"], away.to_string());
        office.done("POST", &format!("{path}/sponsor"), &json!({}));

        // A second one takes the first over; a third is split and a part closed.
        let make = |name: &str| {
            let new = json!({ "kind": "team", "name": name });
            text(&office.done("POST", &format!("/orgs/{away}/children"), &new)["id"])
        };
        let (second, third) = (make("晚霞志愿服务队"), make("星光志愿服务队"));
        office.refused(
            "POST",
            &format!("{path}/merge"),
            &json!({ "into": home.to_string() }),
            422,
            "org.unlike",
        );
        assert_eq!(office.done("POST", &format!("{path}/merge"), &json!({ "into": second }))["people"], 0);
        assert_eq!(office.get(&path)["successors"], json!([second]));
        let split = format!("/orgs/{third}/split");
        office.refused("POST", &split, &json!({ "names": ["一队", "一队"] }), 422, "org.split_names");
        let parts = office.done("POST", &split, &json!({ "names": ["星光一队", "星光二队"] }));
        let close = format!("/orgs/{}/close", text(&parts["parts"][1]));
        stranger.refused("POST", &format!("/orgs/{home}/close"), &Value::Null, 403, "common.forbidden");
        office.refused("POST", &format!("/orgs/{home}/close"), &Value::Null, 409, "org.has_children");
        office.done("POST", &close, &Value::Null);
        office.refused("POST", &close, &Value::Null, 409, "org.closed");
        city.stop();
    }
}
