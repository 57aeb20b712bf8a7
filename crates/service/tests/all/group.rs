//! Groups on both databases: dividing, moving, undoing; leaders and the roll they may call.
use std::sync::{Arc, Mutex};

use crate::city::{self, City, actor, at, cities, cities_with, leader};
use db::{Bus, WriteTx, args, sql};
use kernel::{Actor, Date, Lang, PersonId, Role};
use service::attendance::commands::{PartAct, RollAct, Times, Whom, roll as call};
use service::event::{GroupLeaderGone, GroupLeaderNamed};
use service::group::commands::{Divide, Wish, add, divide, put, remove, roll, set, undo, write};
use service::group::rules::Layout;
use service::group::store;
use service::{SessionGroupId, SessionId, SignUpId};

fn place_of(city: &City, person: i64) -> SignUpId {
    city.write(move |tx| {
        let row: (SignUpId,) = tx.one(
            sql!("SELECT id FROM sign_up WHERE person_id = $1 AND state <> 'cancelled'"),
            args![PersonId(person)],
        )?;
        Ok(row.0)
    })
    .unwrap()
}

fn code<T>(result: Result<T, kernel::Error>) -> String {
    result.err().map_or_else(|| "ok".to_owned(), |error| error.code().to_owned())
}

/// A session from nine to eleven with people from five on.
fn ready(city: &City, people: i64) -> SessionId {
    city.clock.set(at(300));
    let session = city.session(100, "service", 540, 660);
    for person in 5..5 + people {
        city.book(session, person);
    }
    session
}

fn layout(city: &City, session: SessionId) -> Layout {
    city.write(move |tx| Ok(store::layout(tx, session)?)).unwrap()
}

fn evenly(city: &City, session: SessionId, groups: usize) -> Vec<SessionGroupId> {
    let ask = Divide { groups, ..Divide::default() };
    city.write(move |tx| divide(tx, &leader(), session, &ask)).unwrap();
    layout(city, session).groups.iter().map(|one| one.id).collect()
}

fn sizes(layout: &Layout) -> Vec<usize> {
    layout
        .groups
        .iter()
        .map(|group| layout.seats.iter().filter(|seat| seat.group == group.id).count())
        .collect()
}

fn name_leader(city: &City, group: SessionGroupId, person: i64) -> Result<SessionId, kernel::Error> {
    let wish = Wish { place: "东门".to_owned(), leader: Some(place_of(city, person)), ..Wish::default() };
    city.write(move |tx| set(tx, &leader(), group, &wish))
}

/// The first group with number five as its leader; the others in it by number.
fn led_by_five(city: &City, session: SessionId) -> (SessionGroupId, Vec<i64>) {
    let groups = evenly(city, session, 2);
    let now = layout(city, session);
    let group = now.group_of(place_of(city, 5)).unwrap();
    name_leader(city, group, 5).unwrap();
    assert!(groups.contains(&group));
    let others = (6..=12)
        .filter(|person| {
            let person = *person;
            let row: i64 = city
                .write(move |tx| {
                    let row: (i64,) = tx.one(
                        sql!(
                            "SELECT count(*) FROM session_group_member m JOIN sign_up u ON u.id = m.sign_up_id
                             WHERE m.group_id = $1 AND u.person_id = $2"
                        ),
                        args![group, PersonId(person)],
                    )?;
                    Ok(row.0)
                })
                .unwrap();
            row > 0
        })
        .collect();
    (group, others)
}

fn call_group(
    city: &City,
    who: Actor,
    session: SessionId,
    act: PartAct,
    whom: Option<SignUpId>,
) -> Result<u64, kernel::Error> {
    city.write(move |tx| roll(tx, &who, session, act, whom))
}

#[test]
fn people_are_divided_moved_and_brought_back() {
    for city in cities(20) {
        let session = ready(&city, 7);
        let groups = evenly(&city, session, 3);
        let first = layout(&city, session);
        assert_eq!(sizes(&first), [3, 2, 2]);
        assert_eq!(first.groups.iter().map(|one| one.no).collect::<Vec<_>>(), [1, 2, 3]);
        // By hand, several at once; and out of all groups.
        let (five, six) = (place_of(&city, 5), place_of(&city, 6));
        let to = groups[2];
        assert_eq!(
            city.write(move |tx| put(tx, &leader(), session, &[five, six, five], Some(to))).unwrap(),
            2
        );
        let moved = layout(&city, session);
        assert_eq!((moved.group_of(five), moved.group_of(six)), (Some(to), Some(to)));
        city.write(move |tx| undo(tx, &leader(), session)).unwrap();
        assert_eq!(layout(&city, session), first, "undone");
        city.write(move |tx| undo(tx, &leader(), session)).unwrap();
        assert_eq!(layout(&city, session), moved, "and brought back");
        city.write(move |tx| put(tx, &leader(), session, &[five], None)).unwrap();
        assert_eq!(layout(&city, session).group_of(five), None);
        // Whoever signs up later goes where there are few.
        city.book(session, 15);
        let ask = Divide { rest: true, ..Divide::default() };
        assert_eq!(city.write(move |tx| divide(tx, &leader(), session, &ask)).unwrap(), 2);
        let full = layout(&city, session);
        assert_eq!((full.seats.len(), full.group_of(six)), (8, Some(to)), "the others stay");
        // A group that goes leaves its people in none; an added one bears the next number.
        city.write(move |tx| remove(tx, &leader(), to)).unwrap();
        assert!(layout(&city, session).group_of(six).is_none());
        city.write(move |tx| add(tx, &leader(), session)).unwrap();
        assert_eq!(layout(&city, session).groups.last().unwrap().no, 3);
        // What is refused.
        let many = Divide { groups: 9, ..Divide::default() };
        assert_eq!(code(city.write(move |tx| divide(tx, &leader(), session, &many))), "group.too_many");
        let nobody = city.write(move |tx| put(tx, &leader(), session, &[], None));
        assert_eq!(code(nobody), "group.nobody");
        let stranger = city.write(move |tx| put(tx, &leader(), session, &[SignUpId(1)], None));
        assert_eq!(code(stranger), "group.not_there");
        let gone = city.write(move |tx| put(tx, &leader(), session, &[five], Some(to)));
        assert_eq!(code(gone), "group.gone");
        for who in [actor(9, None), actor(9, Some((Role::Leader, city::OTHER)))] {
            let ask = Divide { groups: 2, ..Divide::default() };
            let done = city.write(move |tx| divide(tx, &who, session, &ask));
            assert_eq!(code(done), "common.forbidden");
        }
        let (group, other) = (groups[0], actor(9, Some((Role::Leader, city::OTHER))));
        assert_eq!(code(city.write(move |tx| remove(tx, &other, group))), "group.gone");
        assert_eq!(city.write(move |tx| write(tx, &leader(), group, "带雨衣", Lang::Zh)).unwrap(), 3);
    }
}

#[test]
fn families_stay_together_and_leaders_with_their_groups() {
    for city in cities(20) {
        let session = ready(&city, 6);
        // Five answers for eight and ten.
        city.write(|tx| {
            for child in [8_i64, 10] {
                tx.exec(
                    sql!(
                        "INSERT INTO guardian (id, minor_id, guardian_id, name, relation, phone_enc, phone_index, state,
                            asked_at, respond_by, until_on) VALUES ($1, $1, 5, '甲5', 'mother', $2, $2, 'given', 0, 0, 0)"
                    ),
                    args![child, [0_u8; 4].as_slice()],
                )?;
                tx.exec(
                    sql!("UPDATE person SET birth_on = $2 WHERE id = $1"),
                    args![child, Date::new(2015, 1, 1).unwrap()],
                )?;
            }
            tx.exec(sql!("INSERT INTO person_skill (person_id, skill) VALUES (6, 'first_aid'), (7, 'first_aid')"), &[])?;
            Ok(())
        })
        .unwrap();
        let ask = Divide { groups: 2, skill: "first_aid".to_owned(), ..Divide::default() };
        city.write(move |tx| divide(tx, &leader(), session, &ask)).unwrap();
        let now = layout(&city, session);
        let of = |person: i64| now.group_of(place_of(&city, person)).unwrap();
        assert_eq!(sizes(&now), [3, 3]);
        assert!(of(5) == of(8) && of(8) == of(10));
        // A child leads nobody; somebody of another group neither.
        assert_eq!(code(name_leader(&city, of(5), 8)), "group.minor");
        assert_eq!(code(name_leader(&city, of(5), 6)), "group.not_member");
        name_leader(&city, of(6), 6).unwrap();
        let ask = Divide { groups: 3, ..Divide::default() };
        city.write(move |tx| divide(tx, &leader(), session, &ask)).unwrap();
        let anew = layout(&city, session);
        assert_eq!(anew.group_of(place_of(&city, 6)), Some(of(6)));
        assert_eq!(anew.leaders().collect::<Vec<_>>(), [(of(6), place_of(&city, 6))]);
        assert_eq!(anew.find(of(6)).unwrap().place, "东门", "what it was set up with stays");
        // Whoever moves away leads no more.
        let (six, elsewhere) = (place_of(&city, 6), of(5));
        city.write(move |tx| put(tx, &leader(), session, &[six], Some(elsewhere))).unwrap();
        assert_eq!(layout(&city, session).leaders().count(), 0);
    }
}

#[test]
fn a_group_leader_calls_the_roll_of_the_group_and_no_more() {
    for city in cities(20) {
        let session = ready(&city, 8);
        let (group, others) = led_by_five(&city, session);
        let mate = place_of(&city, others[0]);
        let second = place_of(&city, others[1]);
        let foreign = place_of(&city, (6..=12).find(|one| !others.contains(one)).unwrap());
        let five = || actor(5, None);
        let present = |whom| call_group(&city, five(), session, PartAct::Present, whom);
        assert_eq!(code(present(Some(mate))), "attendance.early");
        city.clock.set(at(535));
        assert_eq!(present(Some(mate)).unwrap(), 1);
        assert_eq!(present(Some(mate)).unwrap(), 0, "twice is once");
        let (way, by, flags): (String, i64, String) = city
            .write(move |tx| {
                Ok(tx.one(
                    sql!(
                        "SELECT c.in_method, c.by_account, c.flags FROM check_in c JOIN sign_up u
                            ON u.person_id = c.person_id AND u.session_id = c.session_id WHERE u.id = $1"
                    ),
                    args![mate],
                )?)
            })
            .unwrap();
        assert_eq!((way.as_str(), by, flags.as_str()), ("roll", 5, "by_group"));
        // Nobody of another group, not oneself, and nobody who leads nothing.
        assert_eq!(code(present(Some(foreign))), "group.not_there");
        assert_eq!(code(present(Some(place_of(&city, 5)))), "group.own");
        let member = actor(others[0], None);
        let tried = call_group(&city, member, session, PartAct::Present, Some(second));
        assert_eq!(code(tried), "group.not_leader");
        let stranger = call_group(&city, actor(19, None), session, PartAct::Present, Some(second));
        assert_eq!(code(stranger), "group.none");
        // The activity's leader decides; the leader of the group does not overrule that.
        let absent = |who: PartAct, whom| call_group(&city, five(), session, who, Some(whom));
        city.write(move |tx| call(tx, &leader(), session, RollAct::Absent(second), Times::default()))
            .unwrap();
        assert_eq!(code(present(Some(second))), "group.decided");
        assert_eq!(code(absent(PartAct::Undo, second)), "group.decided");
        city.write(move |tx| call(tx, &leader(), session, RollAct::Undo(second), Times::default())).unwrap();
        // Nor does a mark of their own, once the leader of the activity has made it theirs.
        assert_eq!(absent(PartAct::Absent, second).unwrap(), 1);
        city.write(move |tx| call(tx, &leader(), session, RollAct::Absent(second), Times::default()))
            .unwrap();
        assert_eq!(code(absent(PartAct::Undo, second)), "group.decided");
        city.write(move |tx| call(tx, &leader(), session, RollAct::Undo(second), Times::default())).unwrap();
        // One's own mark is taken back.
        assert_eq!(absent(PartAct::Absent, second).unwrap(), 1);
        assert_eq!(code(absent(PartAct::Absent, mate)), "attendance.was_here");
        assert_eq!(absent(PartAct::Undo, second).unwrap(), 1);
        assert_eq!(absent(PartAct::Undo, mate).unwrap(), 1);
        assert_eq!(code(absent(PartAct::Out, mate)), "group.not_inside");
        assert_eq!(city.count(sql!("SELECT count(*) FROM check_in WHERE undone_at IS NULL")), 0);
        // All of them but oneself.
        let all = i64::try_from(others.len()).unwrap();
        assert_eq!(present(None).unwrap(), u64::try_from(others.len()).unwrap());
        assert_eq!(present(None).unwrap(), 0);
        assert_eq!(city.count(sql!("SELECT count(*) FROM check_in WHERE undone_at IS NULL")), all);
        let out = call_group(&city, five(), session, PartAct::Out, Some(mate)).unwrap();
        assert_eq!(out, 0, "who came this very moment has not left");
        city.clock.set(at(600));
        assert_eq!(call_group(&city, five(), session, PartAct::Out, Some(mate)).unwrap(), 1);
        assert_eq!(code(absent(PartAct::Undo, mate)), "group.left");
        city.write(move |tx| call(tx, &leader(), session, RollAct::Undo(mate), Times::default())).unwrap();
        assert_eq!(
            call_group(&city, five(), session, PartAct::Out, None).unwrap(),
            u64::try_from(others.len()).unwrap()
        );
        // The leader of the activity sees who called it.
        let lines = city
            .write(move |tx| {
                let filter = service::attendance::store::RollFilter { limit: 100, ..Default::default() };
                Ok(service::attendance::store::roll(tx, session, &filter)?)
            })
            .unwrap();
        let line = lines.iter().find(|line| line.id == mate).unwrap();
        assert_eq!((line.by_group.as_deref(), line.group_no.is_some()), (Some("甲5"), true));
        // The roll is read group by group, and paper follows the groups.
        let of = |group| {
            city.write(move |tx| {
                let filter =
                    service::attendance::store::RollFilter { group, limit: 100, ..Default::default() };
                Ok(service::attendance::store::roll(tx, session, &filter)?.len())
            })
            .unwrap()
        };
        assert_eq!((of(Some(Some(group))), of(Some(None)), of(None)), (others.len() + 1, 0, 8));
        let printed =
            city.write(move |tx| Ok(service::attendance::paper::store::placed(tx, session)?)).unwrap();
        let mut first: Vec<i64> = printed.iter().take(others.len() + 1).map(|one| one.0).collect();
        first.sort_unstable();
        assert_eq!(first[0], 5);
        assert_eq!(&first[1..], others.as_slice(), "the first group stands first");
        // After the end people leave, nobody comes; an hour later it is over.
        city.clock.set(at(665));
        assert_eq!(code(present(None)), "attendance.ended");
        city.clock.set(at(720));
        assert_eq!(code(call_group(&city, five(), session, PartAct::Out, None)), "attendance.over");
    }
}

#[test]
fn the_record_says_that_a_group_leader_called_the_roll() {
    for city in cities(20) {
        let session = ready(&city, 4);
        let (_, others) = led_by_five(&city, session);
        city.clock.set(at(540));
        call_group(&city, actor(5, None), session, PartAct::Present, None).unwrap();
        city.clock.set(at(660));
        let computed = city
            .write(move |tx| {
                let held = service::attendance::commands::find(tx, session)?;
                service::record::commands::compute(tx, &leader(), &held)
            })
            .unwrap();
        assert_eq!(computed.len(), others.len());
        for one in computed {
            assert!(one.flags.contains(&service::record::Flag::ByGroup));
            assert_eq!(one.class, service::record::Class::Verified);
        }
    }
}

/// What the listeners heard.
type Heard = Arc<Mutex<(Vec<GroupLeaderNamed>, Vec<GroupLeaderGone>)>>;

#[test]
fn leaders_are_told_and_whoever_acts_next() {
    let heard: Heard = Arc::default();
    let bus = || {
        let mut bus = Bus::default();
        let (one, two) = (Arc::clone(&heard), Arc::clone(&heard));
        bus.subscribe(move |_: &mut WriteTx<'_>, event: &GroupLeaderNamed| {
            one.lock().unwrap().0.push(event.clone());
            Ok(())
        });
        bus.subscribe(move |_: &mut WriteTx<'_>, event: &GroupLeaderGone| {
            two.lock().unwrap().1.push(event.clone());
            Ok(())
        });
        bus
    };
    for city in cities_with(20, bus) {
        *heard.lock().unwrap() = (Vec::new(), Vec::new());
        let session = ready(&city, 6);
        let (group, others) = led_by_five(&city, session);
        name_leader(&city, group, others[0]).unwrap();
        let named: Vec<(i64, bool)> =
            heard.lock().unwrap().0.iter().map(|one| (one.person.0, one.given)).collect();
        assert_eq!(named, [(5, true), (others[0], true), (5, false)]);
        assert!(heard.lock().unwrap().0[0].group.0.contains('组'));
        // The leader of the group gives the place back: the right ends, the activity's leader acts next.
        let who = others[0];
        city.write(move |tx| {
            let gone = actor(who, None);
            let reason = Some(service::sign_up::LateReason::ALL[0]);
            service::sign_up::commands::cancel_for(tx, &gone, session, reason)
        })
        .unwrap();
        let gone: Vec<(i64, String)> =
            heard.lock().unwrap().1.iter().map(|one| (one.told.0, one.name.clone())).collect();
        assert_eq!(gone, [(1, format!("甲{who}"))]);
        city.clock.set(at(545));
        let tried = call_group(&city, actor(who, None), session, PartAct::Present, None);
        assert_eq!(code(tried), "group.none");
        let tasks = city.write(|tx| service::group::tasks(tx, &leader(), Lang::Zh)).unwrap();
        assert_eq!(tasks.len(), 1, "the leader is asked for another one");
        // Coming back, they are somebody who is in no group.
        city.clock.set(at(300));
        city.book(session, who);
        city.clock.set(at(545));
        let tried = call_group(&city, actor(who, None), session, PartAct::Present, None);
        assert_eq!(code(tried), "group.none");
        // Five is absent and leads no more.
        name_leader(&city, group, 5).unwrap();
        let five = place_of(&city, 5);
        city.write(move |tx| call(tx, &leader(), session, RollAct::Absent(five), Times::default())).unwrap();
        let tried = call_group(&city, actor(5, None), session, PartAct::Present, None);
        assert_eq!(code(tried), "group.not_leader");
        // The activity's leader calls one group at once.
        let done = city.write(move |tx| {
            call(tx, &leader(), session, RollAct::Present(Whom::Group(group)), Times::default())
        });
        assert_eq!(usize::try_from(done.unwrap()).unwrap(), others.len() - 1);
        // Once the roll is handed in nothing moves any more.
        city.write(move |tx| {
            tx.exec(sql!("UPDATE session SET state = 'submitted' WHERE id = $1"), args![session])?;
            Ok(())
        })
        .unwrap();
        assert_eq!(code(city.write(move |tx| undo(tx, &leader(), session))), "group.shut");
        assert_eq!(
            code(call_group(&city, actor(5, None), session, PartAct::Present, None)),
            "group.not_leader"
        );
    }
}
