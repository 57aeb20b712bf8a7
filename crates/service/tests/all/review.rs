//! Activities that are looked at before they are public, on both databases.

use db::sql;
use kernel::{Actor, Error, PersonId, Role};
use service::activity::commands::{Publication, add_sessions, cancel, publish, save};
use service::activity::rules::Declaration;
use service::activity::{ActivityState, NewActivity, NewSession, create, find};
use service::review::commands::{approve, give_back, withdraw};
use service::review::rules::{Settings, seen};
use service::review::{ReviewId, ReviewMode, ReviewReason, ReviewState, change, store, tasks};
use service::{ActivityId, review};

use crate::city::{City, OTHER, TEAM, actor, at, cities, clerk, leader, office};

const DECLARED: Declaration = Declaration { none_applies: true, words_confirmed: true };

fn code<T>(result: Result<T, Error>) -> String {
    result.err().map_or_else(|| "ok".to_owned(), |error| error.code().to_owned())
}

fn draft(city: &City, title: &'static str) -> ActivityId {
    let text = || "有".to_owned();
    city.write(move |tx| {
        create(
            tx,
            &NewActivity {
                content: text(),
                served_group: text(),
                conditions: text(),
                how_to_apply: text(),
                risks: text(),
                guarantees: text(),
                contact_name: text(),
                contact_phone: "12345".to_owned(),
                leader: Some(PersonId(1)),
                place_public: text(),
                place_exact: text(),
                sessions: vec![NewSession::new(at(900), at(960), 5)],
                ..NewActivity::draft(TEAM, title, "clean")
            },
        )
    })
    .unwrap()
}

fn hand_in(city: &City, id: ActivityId) -> Result<Publication, Error> {
    city.write(move |tx| publish(tx, &leader(), id, DECLARED))
}

/// What waits for somebody: id and what stands for the activity as it is.
fn waits(city: &City, who: Actor) -> Vec<(ReviewId, String)> {
    city.write(move |tx| {
        let mut out = Vec::new();
        for one in store::waiting(tx, &who, None, 20)? {
            let a = find(tx, one.activity_id)?.unwrap();
            let sessions = service::activity::store::sessions_of(tx, a.id)?;
            out.push((one.id, seen(&a, &sessions)));
        }
        Ok(out)
    })
    .unwrap()
}

fn state(city: &City, id: ActivityId) -> ActivityState {
    city.write(move |tx| Ok(find(tx, id)?.unwrap().state)).unwrap()
}

fn last(city: &City, id: ActivityId) -> store::Review {
    city.write(move |tx| Ok(store::of_activity(tx, id)?.remove(0))).unwrap()
}

/// Staff of a station the team is not under.
fn elsewhere() -> Actor {
    actor(6, Some((Role::Station, OTHER)))
}

#[test]
fn what_hints_at_something_else_is_read_first() {
    for city in cities(9) {
        city.clock.set(at(480));
        let plain = draft(&city, "清洁家园");
        assert_eq!(hand_in(&city, plain).unwrap(), Publication::Done, "no word hints at anything");
        let id = draft(&city, "年会引导");
        assert_eq!(hand_in(&city, id).unwrap(), Publication::Waits);
        assert_eq!(hand_in(&city, id).unwrap(), Publication::Waits, "twice changes nothing");
        assert_eq!(state(&city, id), ActivityState::Draft);
        assert_eq!(city.count(sql!("SELECT count(*) FROM review")), 1);
        // Only those above the team see it, among their tasks too.
        assert_eq!(waits(&city, elsewhere()), []);
        assert_eq!(waits(&city, leader()), []);
        let waiting = waits(&city, clerk());
        let (review, seen) = waiting[0].clone();
        assert_eq!((waiting.len(), waits(&city, office())), (1, waiting));
        let due = city.write(|tx| tasks(tx, &clerk(), kernel::Lang::Zh)).unwrap();
        assert_eq!((due.len(), due[0].count), (1, 1));
        assert!(city.write(|tx| tasks(tx, &leader(), kernel::Lang::Zh)).unwrap().is_empty());
        // Nobody below approves, nor does anybody approve what they have not seen.
        for stranger in [leader(), elsewhere(), Actor::default()] {
            let seen = seen.clone();
            assert!(city.write(move |tx| approve(tx, &stranger, review, &seen)).is_err());
        }
        city.write(move |tx| add_sessions(tx, &leader(), id, &[NewSession::new(at(1000), at(1060), 5)]))
            .unwrap();
        let old = seen.clone();
        assert_eq!(code(city.write(move |tx| approve(tx, &clerk(), review, &old))), "review.changed");
        let now = waits(&city, clerk())[0].1.clone();
        assert_ne!(now, seen);
        let approved = now.clone();
        city.write(move |tx| approve(tx, &clerk(), review, &approved)).unwrap();
        assert_eq!(state(&city, id), ActivityState::Published);
        assert_eq!(code(city.write(move |tx| approve(tx, &clerk(), review, &now))), "review.gone");
        let one = last(&city, id);
        assert_eq!((one.state, one.words.as_str()), (ReviewState::Approved, "年会"));
        assert_eq!(waits(&city, clerk()), []);
    }
}

#[test]
fn what_is_returned_comes_again_and_can_be_taken_back() {
    for city in cities(9) {
        city.clock.set(at(480));
        let id = draft(&city, "企业参观");
        hand_in(&city, id).unwrap();
        let review = waits(&city, clerk())[0].0;
        let back =
            |reason, note: &'static str| city.write(move |tx| give_back(tx, &clerk(), review, reason, note));
        assert_eq!(code(back(ReviewReason::Other, " ")), "common.required");
        back(ReviewReason::Practice, "请改成讲解服务").unwrap();
        assert_eq!(code(back(ReviewReason::Practice, "")), "review.gone");
        let one = last(&city, id);
        assert_eq!((one.state, one.reason), (ReviewState::Returned, Some(ReviewReason::Practice)));
        assert_eq!(state(&city, id), ActivityState::Draft);
        // Again, taken back, again; then the activity ends, and nothing waits.
        hand_in(&city, id).unwrap();
        city.write(move |tx| withdraw(tx, &leader(), id)).unwrap();
        assert_eq!(code(city.write(move |tx| withdraw(tx, &leader(), id))), "review.gone");
        assert_eq!(waits(&city, clerk()), []);
        hand_in(&city, id).unwrap();
        assert_eq!(waits(&city, clerk()).len(), 1);
        city.write(move |tx| cancel(tx, &leader(), id, "不办了")).unwrap();
        assert_eq!(waits(&city, clerk()), []);
        assert_eq!(last(&city, id).state, ReviewState::Withdrawn);
        assert_eq!(city.count(sql!("SELECT count(*) FROM review")), 3);
    }
}

#[test]
fn the_city_says_what_is_read() {
    for city in cities(9) {
        city.clock.set(at(480));
        let set = |who: Actor, mode| city.write(move |tx| change(tx, &who, Settings { mode, days: 3 }));
        for stranger in [leader(), clerk(), Actor::default()] {
            assert!(set(stranger, ReviewMode::Never).is_err());
        }
        set(office(), ReviewMode::Always).unwrap();
        let id = draft(&city, "清洁家园");
        assert_eq!(hand_in(&city, id).unwrap(), Publication::Waits);
        // Whoever may review publishes at once, and nothing waits any more.
        assert_eq!(city.write(move |tx| publish(tx, &clerk(), id, DECLARED)).unwrap(), Publication::Done);
        assert_eq!(
            (state(&city, id), last(&city, id).state),
            (ActivityState::Published, ReviewState::Approved)
        );
        set(office(), ReviewMode::Never).unwrap();
        let free = draft(&city, "年会引导");
        assert_eq!(hand_in(&city, free).unwrap(), Publication::Done);
        assert_eq!(city.write(|tx| Ok(review::settings(tx)?)).unwrap().days, 3);
    }
}

#[test]
fn what_stands_against_publishing_still_does() {
    for city in cities(9) {
        city.clock.set(at(480));
        let id = draft(&city, "值班服务");
        hand_in(&city, id).unwrap();
        let (review, seen) = waits(&city, clerk())[0].clone();
        // The session has begun before anybody answered.
        city.clock.set(at(910));
        let refused = city.write(move |tx| approve(tx, &clerk(), review, &seen));
        assert_eq!(code(refused), "activity.session_past");
        assert_eq!((state(&city, id), last(&city, id).state), (ActivityState::Draft, ReviewState::Waiting));
    }
}

/// What is public is not changed into what would have been read first, but by those who read it.
#[test]
fn what_is_public_stays_what_was_read() {
    for city in cities(9) {
        city.clock.set(at(480));
        let id = draft(&city, "清洁家园");
        hand_in(&city, id).unwrap();
        let change_to = |who: Actor, title: &'static str| {
            city.write(move |tx| {
                let a = find(tx, id)?.unwrap();
                let new = NewActivity {
                    content: a.content.clone(),
                    served_group: a.served_group.clone(),
                    conditions: a.conditions.clone(),
                    how_to_apply: a.how_to_apply.clone(),
                    risks: a.risks.clone(),
                    guarantees: a.guarantees.clone(),
                    contact_name: a.contact_name.clone(),
                    contact_phone: a.contact_phone.clone(),
                    leader: a.leader_id,
                    place_public: a.place_public.clone(),
                    place_exact: a.place_exact.clone(),
                    ..NewActivity::draft(TEAM, title, "clean")
                };
                save(tx, &who, id, a.version, &new)
            })
        };
        assert_eq!(code(change_to(leader(), "企业参观")), "review.words");
        assert_eq!(code(change_to(leader(), "清洁河岸")), "ok");
        assert_eq!(code(change_to(clerk(), "参观前清洁河岸")), "ok");
        assert_eq!(code(change_to(leader(), "参观前清洁河岸和小巷")), "ok", "the word was there");
        assert_eq!(code(change_to(leader(), "参观前开会议")), "review.words");
        city.write(|tx| change(tx, &office(), Settings { mode: ReviewMode::Never, days: 2 })).unwrap();
        assert_eq!(code(change_to(leader(), "参观前开会议")), "ok");
    }
}

/// Two reviewers answer at once: one of them does.
#[test]
fn two_answers_at_once_are_one() {
    for city in cities(9) {
        city.clock.set(at(480));
        for round in 0..8 {
            let id = draft(&city, "年会引导");
            hand_in(&city, id).unwrap();
            let (review, seen) = waits(&city, clerk())[0].clone();
            let city = &city;
            let (one, other) = std::thread::scope(|scope| {
                let yes = scope.spawn(move || city.write(move |tx| approve(tx, &clerk(), review, &seen)));
                let no = scope.spawn(move || {
                    city.write(move |tx| give_back(tx, &office(), review, ReviewReason::Weak, ""))
                });
                (code(yes.join().unwrap()), code(no.join().unwrap()))
            });
            assert!(
                [("ok", "review.gone"), ("review.gone", "ok")].contains(&(one.as_str(), other.as_str())),
                "round {round}: {one} {other}"
            );
            let published = state(city, id) == ActivityState::Published;
            assert_eq!(published, last(city, id).state == ReviewState::Approved);
        }
    }
}
