//! One's own details, transfers, and what staff do with files.

use kernel::Role;
use serde_json::{Value, json};

use super::{Program, elsewhere, numbers, org_of, person_of, text};
use crate::common::City;

#[test]
fn people_change_what_they_say_about_themselves() {
    for city in City::all() {
        let me = Program::of(&city, "demo-volunteer");
        let before = me.get("/me");
        me.done("PATCH", "/me", &json!({ "address": "湖滨路 1 号", "skill": ["first_aid"] }));
        let after = me.get("/me");
        assert_eq!(
            (after["address"].as_str(), &after["skills"]),
            (Some("湖滨路 1 号"), &json!(["first_aid"]))
        );
        assert_eq!((&after["employer"], &after["categories"]), (&before["employer"], &before["categories"]));
        me.refused("PATCH", "/me", &json!({ "name_key": "zhang 3" }), 422, "common.invalid");
        me.refused("PATCH", "/me", &json!({ "name": "张三" }), 422, "api.shape");
        Program::nobody(&city).refused("PATCH", "/me", &json!({}), 401, "common.sign_in");
        Program::of(&city, "demo-system").refused("PATCH", "/me", &json!({}), 403, "common.forbidden");

        let choose = |purpose: &str, choice: &str| json!({ "purpose": purpose, "choice": choice });
        me.done("POST", "/me/consents", &choose("rank", "give"));
        assert_eq!(me.get("/me")["rank_public"], true);
        me.done("POST", "/me/consents", &choose("rank", "withdraw"));
        assert_eq!(me.get("/me")["rank_public"], false);
        let given = me.get("/me/consents");
        let rank = given["items"].as_array().unwrap().iter().find(|one| one["purpose"] == "rank").unwrap();
        assert!(rank["withdrawn_at"].is_i64(), "{given}");
        me.refused("POST", "/me/consents", &choose("register", "withdraw"), 404, "common.not_found");
        city.stop();
    }
}

#[test]
fn a_transfer_is_asked_answered_twice_and_done() {
    for city in City::all() {
        let me = Program::of(&city, "demo-volunteer");
        let teams = me.get("/me/teams");
        let from = teams["items"].as_array().unwrap().iter().find(|one| one["state"] == "member").unwrap();
        let from: i64 = text(&from["team"]).parse().unwrap();
        let person = person_of(&city, "demo-volunteer");
        let to = numbers::<(i64,)>(
            &city,
            &format!(
                "SELECT o.id FROM org o WHERE o.kind = 'team' AND o.state = 'open' AND o.id NOT IN
                    (SELECT m.org_id FROM member m WHERE m.person_id = {person}) ORDER BY o.id LIMIT 1"
            ),
        )
        .0;
        let (old, new) =
            (Program::with_role(&city, Role::Leader, from), Program::with_role(&city, Role::Leader, to));
        let wish = json!({ "from": from.to_string(), "reason": "搬家" });
        let ask = format!("/teams/{to}/transfer");
        me.refused("POST", &ask, &json!({ "from": to.to_string() }), 422, "transfer.same_team");
        Program::nobody(&city).refused("POST", &ask, &wish, 401, "common.sign_in");
        let id = text(&me.done("POST", &ask, &wish)["id"]);
        me.refused("POST", &ask, &wish, 409, "transfer.under_way");
        assert_eq!(me.get("/me/transfers")["items"][0]["answers"], from.to_string());

        let at = |team: i64| format!("/teams/{team}/transfers");
        new.refused("GET", &at(from), &Value::Null, 404, "common.not_found");
        me.refused("GET", &at(from), &Value::Null, 404, "common.not_found");
        assert_eq!(old.get(&at(from))["items"][0]["id"], id);
        let answer = |team: i64| format!("/teams/{team}/transfers/{id}/answer");
        let yes = json!({ "agree": true });
        old.refused("POST", &answer(from), &json!({ "agree": false }), 422, "transfer.opinion");
        new.refused("POST", &answer(to), &yes, 409, "transfer.answered");
        assert_eq!(old.done("POST", &answer(from), &yes)["state"], "source_agreed");
        assert_eq!(new.done("POST", &answer(to), &yes)["state"], "done");
        me.refused("POST", &format!("/transfers/{id}/cancel"), &Value::Null, 409, "transfer.answered");
        let teams = me.get("/me/teams");
        let state = |team: i64| {
            let (all, team) = (teams["items"].as_array().unwrap(), team.to_string());
            all.iter().find(|one| one["team"] == team.as_str()).unwrap()["state"].clone()
        };
        assert_eq!((state(from), state(to)), (json!("left"), json!("member")));
        city.stop();
    }
}

#[test]
fn staff_change_files_of_their_part_of_the_city() {
    for city in City::all() {
        let (station, desk) = (Program::of(&city, "demo-station"), org_of(&city, "demo-station"));
        let away = elsewhere(&city, "community", desk);
        let stranger = Program::with_role(&city, Role::Station, away);
        let (person,): (i64,) = numbers(
            &city,
            &format!(
                "SELECT p.id FROM person p WHERE p.home_org = {desk} AND p.state = 'active' AND p.birth_on < 7000
                    AND NOT EXISTS (SELECT 1 FROM account a WHERE a.person_id = p.id) ORDER BY p.id LIMIT 1"
            ),
        );
        let path = format!("/people/{person}");
        let before = station.get(&path);
        let version = before["version"].as_i64().unwrap();
        let change = json!({ "version": version, "employer": "机械厂" });
        Program::nobody(&city).refused("PATCH", &path, &change, 401, "common.sign_in");
        stranger.refused("PATCH", &path, &change, 404, "common.not_found");
        station.done("PATCH", &path, &change);
        station.refused("PATCH", &path, &change, 409, "common.stale");
        let moved = json!({ "version": version + 1, "home_org": away.to_string() });
        station.refused("PATCH", &path, &moved, 422, "common.invalid");
        let after = station.get(&path);
        assert_eq!(after["employer"], "机械厂");
        for same in ["name", "name_key", "phone_masked", "home", "address", "skills"] {
            assert_eq!(after[same], before[same], "{same}");
        }

        let state = format!("{path}/state");
        let step = |step: &str| json!({ "step": step, "reason": "本人要求" });
        Program::of(&city, "demo-leader").refused("POST", &state, &step("suspend"), 404, "common.not_found");
        assert_eq!(station.done("POST", &state, &step("suspend"))["state"], "suspended");
        station.refused("POST", &state, &step("undo_deceased"), 409, "person.state");
        assert_eq!(station.done("POST", &state, &step("reactivate"))["state"], "active");
        let number = json!({ "id_kind": "passport", "id_number": "E12345678", "seen": false });
        station.refused("POST", &format!("{path}/document"), &number, 422, "common.required");
        let number = json!({ "id_kind": "passport", "id_number": "E12345678", "seen": true });
        station.done("POST", &format!("{path}/document"), &number);
        // Whoever is active already stays so.
        station.done("POST", &format!("{path}/claim"), &json!({ "agree": true }));
        station.refused(
            "POST",
            &format!("{path}/claim"),
            &json!({ "agree": false }),
            422,
            "person.consent_required",
        );

        let office = Program::of(&city, "demo-office");
        let open = office.get("/disputes");
        let decide = format!("/disputes/{}/decide", text(&open["items"][0]["id"]));
        let answer = json!({ "act": "refuse", "answer": "已核实为本人" });
        Program::of(&city, "demo-volunteer").refused("POST", &decide, &answer, 403, "common.forbidden");
        office.done("POST", &decide, &answer);
        office.refused("POST", &decide, &answer, 409, "person.note_answered");
        city.stop();
    }
}
