//! Invitations by number and by link.

use kernel::Role;
use serde_json::{Value, json};

use super::service::coming;
use super::{Program, text};
use crate::common::City;

#[test]
fn people_are_invited_by_number_and_by_link() {
    for city in City::all() {
        let (_, other, activity, _) = coming(&city);
        let (leader, me) = (Program::of(&city, "demo-leader"), Program::of(&city, "demo-volunteer"));
        let stranger = Program::with_role(&city, Role::Leader, other);
        let number = text(&me.get("/me")["volunteer_no"]);
        let path = format!("/activities/{activity}/invitations");
        let invite = json!({ "numbers": format!("{number} V000"), "days": 7 });
        Program::nobody(&city).refused("POST", &path, &invite, 401, "common.sign_in");
        stranger.refused("POST", &path, &invite, 404, "common.not_found");
        let nobody = json!({ "numbers": "V000", "days": 7 });
        leader.refused("POST", &path, &nobody, 422, "sign_up.no_such_person");
        leader.refused("POST", &path, &json!({ "numbers": number, "days": 91 }), 422, "common.invalid");
        let done = leader.done("POST", &path, &invite);
        assert_eq!(done, json!({ "invited": 1, "unknown": ["V000"] }));
        let line = leader.get(&path)["items"][0].clone();
        assert_eq!((&line["volunteer_no"], &line["state"]), (&json!(number), &json!("open")));
        stranger.refused("GET", &path, &Value::Null, 404, "common.not_found");
        let id = text(&line["id"]);
        let mine = me.get("/me/invitations");
        assert!(mine["items"].as_array().unwrap().iter().any(|one| one["id"] == id.as_str()), "{mine}");
        leader.refused("POST", &format!("/invitations/{id}/decline"), &Value::Null, 404, "common.not_found");
        me.done("POST", &format!("/invitations/{id}/decline"), &Value::Null);
        stranger.refused("POST", &format!("/invitations/{id}/revoke"), &Value::Null, 404, "common.not_found");
        leader.done("POST", &format!("/invitations/{id}/revoke"), &Value::Null);

        let links = format!("/activities/{activity}/invitation-links");
        leader.refused("POST", &links, &json!({ "uses": 0, "days": 7 }), 422, "common.invalid");
        let made = leader.done("POST", &links, &json!({ "uses": 1, "days": 7 }));
        let address = text(&made["address"]);
        let token = address.rsplit('/').next().unwrap();
        let accept = "/invitation-links/accept";
        me.refused("POST", accept, &json!({ "token": format!("{token}x") }), 404, "common.not_found");
        assert_eq!(me.done("POST", accept, &json!({ "token": token }))["activity"], activity.to_string());
        let end = format!("/invitation-links/{}/end", text(&made["id"]));
        stranger.refused("POST", &end, &Value::Null, 404, "common.not_found");
        leader.done("POST", &end, &Value::Null);
        let list = leader.get(&links);
        assert_eq!(
            (&list["items"][0]["uses_left"], list["items"][0]["ended_at"].is_i64()),
            (&json!(0), true)
        );
        assert!(me.get("/me/applications")["items"].is_array());
        city.stop();
    }
}
