//! Categories that another body coordinates, on both databases: nothing is published before it agreed.

use kernel::{Actor, Error, OrgId, Role};
use service::ActivityId;
use service::activity::commands::{publish, save};
use service::activity::rules::Declaration;
use service::activity::{ActivityState, NewActivity, NewSession, create, find};
use service::coordination::commands::{answer, ask, set};
use service::coordination::{Word, store, tasks};

use crate::city::{CITY, City, OTHER, TEAM, actor, at, cities, leader, office};

const DECLARED: Declaration = Declaration { none_applies: true, words_confirmed: true };

fn code<T>(result: Result<T, Error>) -> String {
    result.err().map_or_else(|| "ok".to_owned(), |error| error.code().to_owned())
}

fn facts(category: &str) -> NewActivity {
    let text = || "有".to_owned();
    NewActivity {
        content: text(),
        served_group: text(),
        conditions: text(),
        how_to_apply: text(),
        risks: text(),
        guarantees: text(),
        contact_name: text(),
        contact_phone: "12345".to_owned(),
        leader: Some(kernel::PersonId(1)),
        place_public: text(),
        place_exact: text(),
        sessions: vec![NewSession::new(at(900), at(960), 5)],
        ..NewActivity::draft(TEAM, "路口引导", category)
    }
}

fn draft(city: &City, category: &'static str) -> ActivityId {
    city.write(move |tx| create(tx, &facts(category))).unwrap()
}

/// Staff of the other community, which coordinates traffic here.
fn body() -> Actor {
    actor(6, Some((Role::Station, OTHER)))
}

#[test]
fn the_body_agrees_first() {
    for city in cities(9) {
        city.clock.set(at(480));
        let set_body = |by: Actor, category: &'static str, org: Option<OrgId>| {
            city.write(move |tx| set(tx, &by, category, org))
        };
        for stranger in [leader(), body(), Actor::default()] {
            assert!(set_body(stranger, "order", Some(OTHER)).is_err());
        }
        assert_eq!(code(set_body(office(), "nosuch", Some(OTHER))), "coordination.category");
        assert_eq!(code(set_body(office(), "order", Some(OrgId(77)))), "coordination.body");
        set_body(office(), "order", Some(OTHER)).unwrap();
        let free = draft(&city, "clean");
        let bound = draft(&city, "order.traffic");
        let go = |id| city.write(move |tx| publish(tx, &leader(), id, DECLARED));
        let request = |id| city.write(move |tx| ask(tx, &leader(), id));
        let say =
            |by: Actor, id, yes, note: &'static str| city.write(move |tx| answer(tx, &by, id, yes, note));
        assert_eq!(code(request(free)), "coordination.not_needed");
        go(free).unwrap();
        // The refusal names who must agree.
        let refused = go(bound).unwrap_err();
        assert_eq!(refused.code(), "coordination.needed");
        assert!(refused.to_string().contains("单位5"), "{refused}");
        assert_eq!(code(say(body(), bound, true, "")), "common.not_found", "nobody asked");
        request(bound).unwrap();
        request(bound).unwrap();
        assert_eq!(code(go(bound)), "coordination.waits");
        let waits = |by: Actor| city.write(move |tx| tasks(tx, &by, kernel::Lang::En)).unwrap().len();
        assert_eq!((waits(body()), waits(leader())), (1, 0));
        assert_eq!(code(say(leader(), bound, true, "")), "common.not_found", "nobody agrees for others");
        assert_eq!(code(say(body(), bound, false, " ")), "common.required");
        say(body(), bound, false, "早高峰请避开").unwrap();
        let declined = go(bound).unwrap_err();
        assert_eq!(declined.code(), "coordination.declined");
        assert!(declined.to_string().contains("早高峰请避开"));
        request(bound).unwrap();
        say(body(), bound, true, "").unwrap();
        assert_eq!(code(say(body(), bound, false, "等等")), "coordination.gone");
        // What is changed afterwards is agreed to anew.
        city.write(move |tx| {
            let a = find(tx, bound)?.unwrap();
            save(tx, &leader(), bound, a.version, &facts("order.traffic"))
        })
        .unwrap();
        let said = city.write(move |tx| Ok(store::find(tx, bound)?.unwrap().state)).unwrap();
        assert_eq!(said, Word::Asked);
        say(body(), bound, true, "").unwrap();
        go(bound).unwrap();
        assert_eq!(
            city.write(move |tx| Ok(find(tx, bound)?.unwrap().state)).unwrap(),
            ActivityState::Published
        );
        // What is published does not slip into a coordinated category.
        let slipped = city.write(move |tx| {
            let a = find(tx, free)?.unwrap();
            save(tx, &leader(), free, a.version, &facts("order.queue"))
        });
        assert_eq!(code(slipped), "coordination.needed");
        // Its own activities need nobody, nor does a category that is free again.
        set_body(office(), "order", Some(TEAM)).unwrap();
        let own = draft(&city, "order");
        go(own).unwrap();
        set_body(office(), "order", None).unwrap();
        let again = draft(&city, "order.dogs");
        go(again).unwrap();
        // A category's own body goes before that of the one above it.
        set_body(office(), "order", Some(OTHER)).unwrap();
        set_body(office(), "order.dogs", Some(CITY)).unwrap();
        let nearest = city.write(|tx| Ok(store::body_of(tx, "order.dogs")?.unwrap().org_id)).unwrap();
        assert_eq!(nearest, CITY);
    }
}
