//! Unit members on both databases (V9): joining, serving in a unit's name, and a total that is exact and never counts an
//! hour twice.

use std::sync::LazyLock;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use db::{Bus, WriteTx, args, sql};
use kernel::{AccountId, Actor, Date, Error, Grant, OrgId, PersonId, Role, Timestamp};
use people::org::{OrgMerged, PostKind};
use people::person::{PersonState, StateChanged};
use service::total::figures::{self, Asked};
use service::unit::commands::{
    self, Joining, accept, apply, ask, confirm, end, end_member, enter, leave, refuse, reject, stop,
};
use service::unit::store::{self, HostFilter, NewMembership, PeopleFilter, Sum};
use service::unit::{ServeState, UnitMemberId, UnitServiceId, UnitState};
use tower::ServiceExt as _;

use crate::city::{CITY, COMMUNITY, City, OTHER, TEAM, actor, at, cities_with, clerk, leader, office};

fn cities(people: i64) -> Vec<City> {
    cities_with(people, || {
        let mut bus = Bus::default();
        (service::room().subscribe.unwrap())(&mut bus);
        bus
    })
}

fn code<T>(result: Result<T, Error>) -> String {
    result.err().map_or_else(|| "ok".to_owned(), |error| error.code().to_owned())
}

/// Units of the tree, members of the city already.
const UNITS: [OrgId; 3] = [OrgId(60), OrgId(61), OrgId(62)];

fn build(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    for unit in UNITS {
        tx.exec_one(
            sql!(
                "INSERT INTO org (id, kind, name, area_parent, area_path, state, created_at)
                 VALUES ($1, 'unit', $2, 3, $3, 'open', 0)"
            ),
            args![unit, format!("企业{unit}"), format!("/1/2/3/{unit}/")],
        )?;
        let new = NewMembership { name: format!("企业{unit}"), ..NewMembership::default() };
        assert!(store::insert(tx, (CITY, Some(unit)), None, None, &new, true)?.is_some());
    }
    Ok(())
}

/// Whoever leads a unit.
fn contact(person: i64, unit: OrgId) -> Actor {
    let grant = Grant {
        role: Role::Leader,
        org: unit,
        area_path: format!("/1/2/3/{unit}/"),
        sponsor_path: String::new(),
        org_name: String::new(),
    };
    Actor { grants: vec![grant], ..actor(person, None) }
}

fn school(uscc: &str) -> Joining {
    Joining::New(NewMembership {
        name: "湖畔学校".to_owned(),
        type_code: "school".to_owned(),
        uscc: (!uscc.is_empty()).then(|| uscc.to_owned()),
        phone: "0000-1234".to_owned(),
        ..NewMembership::default()
    })
}

const USCC: &str = "12990000MB0000001J";

fn membership(city: &City, id: UnitMemberId) -> store::Membership {
    city.write(move |tx| Ok(store::find(tx, id)?)).unwrap().unwrap()
}

#[test]
fn a_new_unit_is_checked_by_staff_and_gets_its_contact() {
    for city in &cities(8) {
        let six = || actor(6, None);
        let joins = |uscc: &'static str, at: OrgId| {
            city.write(move |tx| apply(tx, &six(), at, &school(uscc), "三十人"))
        };
        assert_eq!(code(joins("", TEAM)), "unit.code");
        assert_eq!(code(joins("12990000MB0000001K", TEAM)), "org.uscc_wrong");
        assert_eq!(code(joins(USCC, OrgId(77))), "unit.no_host");
        let id = joins(USCC, TEAM).unwrap();
        assert_eq!(code(joins(USCC, TEAM)), "unit.already");
        assert_eq!(code(city.write(move |tx| accept(tx, &leader(), TEAM, id))), "unit.staff");
        assert_eq!(code(city.write(move |tx| accept(tx, &six(), TEAM, id))), "common.not_found");
        assert_eq!(code(city.write(move |tx| accept(tx, &clerk(), COMMUNITY, id))), "common.not_found");
        let waits = |who: fn() -> Actor| city.write(move |tx| Ok(store::applications(tx, &who())?)).unwrap();
        assert_eq!((waits(leader).len(), waits(clerk).len()), (0, 1), "the task is with who can answer");
        assert_eq!(code(city.write(move |tx| reject(tx, &clerk(), TEAM, id, ""))), "unit.reason");
        city.write(move |tx| accept(tx, &clerk(), TEAM, id)).unwrap();
        assert_eq!(code(city.write(move |tx| accept(tx, &clerk(), TEAM, id))), "unit.gone");
        let one = membership(city, id);
        let unit = one.unit.unwrap();
        assert_eq!((one.state, one.fresh()), (UnitState::Member, false));
        city.write(move |tx| {
            let node = people::org::find(tx, unit)?.unwrap();
            assert_eq!(node.area_parent, Some(COMMUNITY), "under the community of the team");
            assert_eq!(node.uscc.as_deref(), Some(USCC));
            let posts = people::org::posts(tx, unit, false)?;
            assert_eq!((posts[0].person, posts[0].kind), (PersonId(6), PostKind::Liaison));
            let (role,): (String,) = tx.one(
                sql!("SELECT role FROM role_grant WHERE account_id = $1 AND org_id = $2"),
                args![AccountId(6), unit],
            )?;
            assert_eq!(role, "leader");
            Ok(())
        })
        .unwrap();
        assert_eq!(
            code(city.write(move |tx| apply(tx, &actor(7, None), OTHER, &school(USCC), ""))),
            "unit.known"
        );
        // Its contact joins something else with it, and leaves.
        let theirs = move || contact(6, unit);
        let second =
            city.write(move |tx| apply(tx, &theirs(), COMMUNITY, &Joining::Known(unit), "")).unwrap();
        let again = city.write(move |tx| apply(tx, &theirs(), COMMUNITY, &Joining::Known(unit), ""));
        assert_eq!(code(again), "unit.already");
        assert_eq!(
            code(city.write(move |tx| apply(tx, &actor(7, None), OTHER, &Joining::Known(unit), ""))),
            "common.not_found",
            "nobody applies for others"
        );
        city.write(move |tx| reject(tx, &clerk(), COMMUNITY, second, "名额已满")).unwrap();
        assert_eq!(membership(city, second).note, "名额已满");
        assert_eq!(code(city.write(move |tx| leave(tx, &actor(7, None), id))), "common.not_found");
        city.write(move |tx| leave(tx, &theirs(), id)).unwrap();
        assert_eq!(membership(city, id).state, UnitState::Left);
        assert!(membership(city, id).to_on.is_some());
        // Staff enter it again from paper, and end it.
        let entered = city.write(move |tx| enter(tx, &clerk(), TEAM, &Joining::Known(unit), None)).unwrap();
        assert_eq!(
            code(city.write(move |tx| enter(tx, &leader(), TEAM, &Joining::Known(unit), None))),
            "unit.staff"
        );
        let all =
            city.write(move |tx| Ok(store::of_host(tx, TEAM, &HostFilter::default(), 10)?)).unwrap().rows;
        assert_eq!(all.iter().map(|one| one.state).collect::<Vec<_>>(), [UnitState::Member, UnitState::Left]);
        city.write(move |tx| end_member(tx, &leader(), TEAM, entered, "协议到期")).unwrap();
        assert_eq!(membership(city, entered).state, UnitState::Left);
        // One that is taken back before anybody answers.
        let joining = school("91990000MA0000002E");
        let third = city.write(move |tx| apply(tx, &actor(7, None), TEAM, &joining, "")).unwrap();
        assert_eq!(code(city.write(move |tx| leave(tx, &actor(8, None), third))), "common.not_found");
        city.write(move |tx| leave(tx, &actor(7, None), third)).unwrap();
        assert_eq!(membership(city, third).state, UnitState::Left);
    }
}

/// A record of a day.
fn record(
    tx: &mut WriteTx<'_>,
    person: i64,
    on: Date,
    minutes: i64,
    (state, class): (&'static str, &'static str),
) -> Result<(), Error> {
    let id: service::SessionId = tx.new_id();
    let there: Option<(i64,)> = tx.first(sql!("SELECT id FROM activity WHERE id = 900"), &[])?;
    if there.is_none() {
        tx.exec_one(
            sql!(
                "INSERT INTO activity (id, org_id, community_id, title, category, kind, state, created_at)
                 VALUES (900, 4, 3, '清洁', 'env', 'service', 'published', 0)"
            ),
            &[],
        )?;
    }
    let (from, to) = (Timestamp::at(on, 540), Timestamp::at(on, 540 + minutes.max(1)));
    tx.exec_one(
        sql!(
            "INSERT INTO session (id, activity_id, starts_at, ends_at, sign_up_until, quota, state, due_on)
             VALUES ($1, 900, $2, $3, $2, 5, 'recorded', $4)"
        ),
        args![id, from, to, on],
    )?;
    tx.exec_one(
        sql!(
            "INSERT INTO record (id, session_id, activity_id, person_id, team_id, community_id, street_id, home_org,
                category, title, place, served_group, service_on, start_at, end_at, minutes, method, class, state,
                created_at)
             VALUES ($1, $1, 900, $2, 4, 3, 2, 3, 'env', '清洁', '', '', $3, $4, $5, $6, 'roll', $7, $8, 0)"
        ),
        args![id, PersonId(person), on, from, to, minutes, class, state],
    )?;
    Ok(())
}

fn sums(city: &City, first: Date, last: Date) -> Vec<Sum> {
    city.write(move |tx| Ok(figures::unit_sums(tx, Some(&UNITS), first, last)?)).unwrap()
}

fn minutes(city: &City, unit: OrgId) -> i64 {
    let (first, last) = (Date::from_days(0), Date::from_days(2_900_000));
    sums(city, first, last).into_iter().find(|one| one.unit == unit).map_or(0, |one| one.minutes)
}

fn state_of(city: &City, id: UnitServiceId) -> (ServeState, Date, Option<Date>) {
    let one = city.write(move |tx| Ok(store::serving(tx, id)?)).unwrap().unwrap();
    (one.state, one.from_on, one.to_on)
}

const CONFIRMED: (&str, &str) = ("confirmed", "verified");

#[test]
fn hours_count_for_the_unit_while_one_serves_in_its_name() {
    for city in &cities(8) {
        city.clock.set(at(480));
        city.write(build).unwrap();
        let [a, b, _] = UNITS;
        let day = at(0).date();
        let six = || actor(6, None);
        assert_eq!(code(city.write(move |tx| ask(tx, &six(), COMMUNITY))), "unit.no_unit");
        city.write(move |tx| {
            Ok(tx.exec(sql!("UPDATE unit_member SET state = 'left' WHERE unit_id = $1"), args![b])?)
        })
        .unwrap();
        assert_eq!(code(city.write(move |tx| ask(tx, &six(), b))), "unit.not_member");
        city.write(move |tx| {
            Ok(tx.exec(sql!("UPDATE unit_member SET state = 'member' WHERE unit_id = $1"), args![b])?)
        })
        .unwrap();
        let first = city.write(move |tx| ask(tx, &six(), a)).unwrap();
        assert_eq!(code(city.write(move |tx| ask(tx, &six(), b))), "unit.waits");
        assert_eq!(
            code(city.write(move |tx| confirm(tx, &contact(7, b), a, first))),
            "common.not_found",
            "another unit has no say"
        );
        assert_eq!(code(city.write(move |tx| confirm(tx, &six(), a, first))), "common.not_found");
        // Three days later the unit confirms: from the day it was asked on.
        city.clock.set(at(480 + 3 * 1440));
        city.write(move |tx| confirm(tx, &contact(7, a), a, first)).unwrap();
        assert_eq!(code(city.write(move |tx| refuse(tx, &contact(7, a), a, first, "错"))), "unit.gone");
        assert_eq!(state_of(city, first), (ServeState::Active, day, None));
        city.write(move |tx| {
            record(tx, 6, day.plus(-1), 1000, CONFIRMED)?;
            record(tx, 6, day, 60, CONFIRMED)?;
            record(tx, 6, day.plus(1), 30, ("confirmed", "honor"))?;
            for wrong in [("submitted", "verified"), ("returned", "verified"), ("void", "verified")] {
                record(tx, 6, day.plus(1), 7, wrong)?;
            }
            for from_elsewhere in ["legacy", "transferred"] {
                record(tx, 6, day.plus(1), 9, ("confirmed", from_elsewhere))?;
            }
            record(tx, 6, day.plus(4), 15, CONFIRMED)?;
            record(tx, 8, day, 500, CONFIRMED)
        })
        .unwrap();
        assert_eq!(minutes(city, a), 105);
        assert_eq!(code(city.write(move |tx| ask(tx, &six(), a))), "unit.serves");
        // To another unit: the old one ends the day before.
        city.clock.set(at(480 + 4 * 1440));
        let second = city.write(move |tx| ask(tx, &six(), b)).unwrap();
        assert_eq!((minutes(city, a), minutes(city, b)), (105, 0), "nothing moves before the unit's word");
        city.write(move |tx| confirm(tx, &clerk(), b, second)).unwrap();
        assert_eq!(state_of(city, first), (ServeState::Ended, day, Some(day.plus(3))));
        assert_eq!((minutes(city, a), minutes(city, b)), (90, 15));
        // Leaving: today still counts, and the next unit begins tomorrow.
        city.write(move |tx| stop(tx, &six(), second)).unwrap();
        assert_eq!((minutes(city, a), minutes(city, b)), (90, 15));
        let third = city.write(move |tx| ask(tx, &six(), a)).unwrap();
        city.write(move |tx| confirm(tx, &contact(7, a), a, third)).unwrap();
        assert_eq!(state_of(city, third), (ServeState::Active, day.plus(5), None));
        assert_eq!(code(city.write(move |tx| end(tx, &contact(7, a), a, third, ""))), "unit.reason");
        city.clock.set(at(480 + 6 * 1440));
        city.write(move |tx| end(tx, &office(), a, third, "已离职")).unwrap();
        assert_eq!(state_of(city, third).2, Some(day.plus(6)));
        // Taken back, and turned down.
        let fourth = city.write(move |tx| ask(tx, &six(), b)).unwrap();
        assert_eq!(code(city.write(move |tx| stop(tx, &actor(8, None), fourth))), "common.not_found");
        city.write(move |tx| stop(tx, &six(), fourth)).unwrap();
        let fifth = city.write(move |tx| ask(tx, &six(), b)).unwrap();
        city.write(move |tx| refuse(tx, &contact(7, b), b, fifth, "不是职工")).unwrap();
        assert_eq!(state_of(city, fifth).0, ServeState::Refused);
        let listed = city
            .write(move |tx| {
                let filter = PeopleFilter { state: Some(ServeState::Refused), ..PeopleFilter::default() };
                Ok(store::people(tx, b, &filter, 10)?)
            })
            .unwrap();
        assert_eq!(listed.rows.len(), 1);
        assert_eq!((minutes(city, a), minutes(city, b)), (90, 15));
        // The dictionary gives the same, of an area.
        let asked = Asked { area_path: "/1/".into(), from: day, to: day.plus(30) };
        let all = city.write(move |tx| Ok(figures::compute(tx, "unit_minutes", &asked)?)).unwrap();
        assert_eq!((all.n, all.text("unit_minutes")), (105, "1.7".to_owned()));
    }
}

/// A small deterministic source of choices.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % u64::try_from(n).unwrap()).unwrap()
    }
}

const HORIZON: usize = 90;

/// In whose name somebody served on each day, by the words of the rule and nothing else.
#[derive(Clone)]
struct Model {
    days: [Option<OrgId>; HORIZON],
    asked: Option<(UnitServiceId, OrgId, usize)>,
    active: Option<(UnitServiceId, OrgId)>,
    /// Days up to this one are settled.
    settled: Option<usize>,
}

/// Whatever is asked, confirmed, ended and changed: each day of a person counts for at most one unit, and the figure is
/// the sum over those days, computed by hand.
#[test]
fn the_total_is_the_sum_of_the_days() {
    for (n, city) in cities(12).iter().enumerate() {
        city.write(build).unwrap();
        let mut dice = Dice(41 + u64::try_from(n).unwrap());
        let start = at(0).date();
        let mut people: Vec<Model> = (0..5)
            .map(|_| Model { days: [None; HORIZON], asked: None, active: None, settled: None })
            .collect();
        for day in 0..HORIZON - 10 {
            city.clock.set(Timestamp::at(start.plus(i64::try_from(day).unwrap()), 600));
            for (index, one) in people.iter_mut().enumerate() {
                let me = i64::try_from(index).unwrap() + 6;
                for _ in 0..=dice.below(2) {
                    match (dice.below(6), one.asked, one.active) {
                        (0 | 1, None, active) => {
                            let unit = UNITS[usize::try_from(dice.below(3)).unwrap()];
                            let asked = city.write(move |tx| ask(tx, &actor(me, None), unit));
                            if active.is_some_and(|(_, current)| current == unit) {
                                assert_eq!(code(asked), "unit.serves");
                            } else {
                                one.asked = Some((asked.unwrap(), unit, day));
                            }
                        }
                        (2 | 3, Some((id, unit, since)), _) => {
                            city.write(move |tx| confirm(tx, &clerk(), unit, id)).unwrap();
                            let from = one.settled.map_or(since, |last| since.max(last + 1));
                            for slot in &mut one.days[from..] {
                                *slot = Some(unit);
                            }
                            (one.asked, one.active) = (None, Some((id, unit)));
                        }
                        (4, Some((id, unit, _)), _) => {
                            city.write(move |tx| refuse(tx, &clerk(), unit, id, "不是")).unwrap();
                            one.asked = None;
                        }
                        (5, _, Some((id, unit))) => {
                            if dice.below(2) == 0 {
                                city.write(move |tx| stop(tx, &actor(me, None), id)).unwrap();
                            } else {
                                city.write(move |tx| end(tx, &clerk(), unit, id, "离职")).unwrap();
                            }
                            for slot in &mut one.days[day + 1..] {
                                *slot = None;
                            }
                            one.settled = Some(day);
                            one.active = None;
                        }
                        _ => {}
                    }
                }
            }
        }
        // Some service on most days.
        let mut served: Vec<(usize, usize, i64, bool)> = Vec::new();
        for index in 0..people.len() {
            for day in 0..HORIZON {
                for _ in 0..dice.below(3) {
                    served.push((index, day, 1 + dice.below(240), dice.below(5) > 0));
                }
            }
        }
        let rows = served.clone();
        city.write(move |tx| {
            for (index, day, minutes, counts) in &rows {
                let on = start.plus(i64::try_from(*day).unwrap());
                let kind = if *counts { CONFIRMED } else { ("submitted", "verified") };
                record(tx, i64::try_from(*index).unwrap() + 6, on, *minutes, kind)?;
            }
            Ok(())
        })
        .unwrap();
        for (from, to) in [(0, HORIZON - 1), (13, 40), (70, 70)] {
            let (first, last) =
                (start.plus(i64::try_from(from).unwrap()), start.plus(i64::try_from(to).unwrap()));
            let mut total = 0;
            let found = sums(city, first, last);
            for unit in UNITS {
                let mine: Vec<&(usize, usize, i64, bool)> = served
                    .iter()
                    .filter(|(index, day, _, counts)| {
                        *counts && (from..=to).contains(day) && people[*index].days[*day] == Some(unit)
                    })
                    .collect();
                let minutes: i64 = mine.iter().map(|one| one.2).sum();
                let mut heads: Vec<usize> = mine.iter().map(|one| one.0).collect();
                heads.dedup();
                let sum = found.iter().find(|one| one.unit == unit);
                assert_eq!(sum.map_or(0, |sum| sum.minutes), minutes, "{unit} {from}–{to}");
                assert_eq!(sum.map_or(0, |sum| sum.services), i64::try_from(mine.len()).unwrap());
                assert_eq!(sum.map_or(0, |sum| sum.people), i64::try_from(heads.len()).unwrap());
                total += minutes;
            }
            let asked = Asked { area_path: "/1/".into(), from: first, to: last };
            let all = city.write(move |tx| Ok(figures::compute(tx, "unit_minutes", &asked)?)).unwrap();
            assert_eq!(all.n, total);
        }
        assert_eq!(
            city.count(sql!(
                "SELECT count(*) FROM unit_service a JOIN unit_service b ON b.person_id = a.person_id AND b.id > a.id
                 WHERE a.state IN ('active', 'ended') AND b.state IN ('active', 'ended')
                 AND a.from_on <= COALESCE(a.to_on, 4000000) AND b.from_on <= COALESCE(b.to_on, 4000000)
                 AND a.from_on <= COALESCE(b.to_on, 4000000) AND b.from_on <= COALESCE(a.to_on, 4000000)"
            )),
            0,
            "no two of a person's spans overlap"
        );
    }
}

#[test]
fn what_is_merged_or_ended_takes_it_along() {
    for city in &cities(9) {
        city.clock.set(at(480));
        city.write(build).unwrap();
        city.write(|tx| Ok(people::person::keys::write_all(tx)?)).unwrap();
        let [a, b, c] = UNITS;
        let day = at(0).date();
        let insert = |id: i64, person: i64, unit: OrgId, state: ServeState, from: i64, to: Option<i64>| {
            city.write(move |tx| {
                let (from, to) = (day.plus(from), to.map(|to| day.plus(to)));
                Ok(tx.exec_one(
                    sql!(
                        "INSERT INTO unit_service (id, unit_id, person_id, state, from_on, to_on, asked_at)
                         VALUES ($1, $2, $3, $4, $5, $6, 0)"
                    ),
                    args![UnitServiceId(id), unit, PersonId(person), state, from, to],
                )?)
            })
            .unwrap();
        };
        // 6 stays; 7 goes: what does not overlap goes over.
        insert(1, 6, a, ServeState::Active, -10, None);
        insert(2, 7, b, ServeState::Ended, -90, Some(-60));
        insert(3, 7, b, ServeState::Active, -5, None);
        let whose = || {
            city.write(|tx| {
                let rows: Vec<(i64, PersonId)> =
                    tx.all(sql!("SELECT id, person_id FROM unit_service ORDER BY id"), &[])?;
                Ok(rows.into_iter().map(|(_, person)| person.0).collect::<Vec<_>>())
            })
            .unwrap()
        };
        let merge = city
            .write(|tx| people::duplicate::merge(tx, &office(), PersonId(6), PersonId(7), "同一人"))
            .unwrap();
        assert_eq!(whose(), [6, 6, 7]);
        city.write(move |tx| people::duplicate::undo(tx, &office(), merge, "不是")).unwrap();
        assert_eq!(whose(), [6, 7, 7]);
        // Who ends the registration serves in nobody's name; what counted stays.
        city.write(move |tx| record(tx, 7, day, 45, CONFIRMED)).unwrap();
        assert_eq!(minutes(city, b), 45);
        city.write(|tx| {
            tx.publish(&StateChanged {
                person: PersonId(7),
                before: PersonState::Active,
                now: PersonState::Closed,
            })
        })
        .unwrap();
        assert_eq!(state_of(city, UnitServiceId(3)), (ServeState::Ended, day.plus(-5), Some(day)));
        assert_eq!(minutes(city, b), 45);
        // A wish to change the unit stays beside the days it would end; a wish alone goes over, whatever days it touches.
        insert(4, 8, b, ServeState::Asked, -30, None);
        insert(5, 8, b, ServeState::Active, -40, None);
        let join =
            || city.write(|tx| people::duplicate::merge(tx, &office(), PersonId(6), PersonId(8), "同一人"));
        let part = |merge| city.write(move |tx| people::duplicate::undo(tx, &office(), merge, "不是"));
        let merge = join().unwrap();
        assert_eq!(whose(), [6, 7, 7, 8, 8]);
        part(merge).unwrap();
        city.write(|tx| Ok(tx.exec(sql!("DELETE FROM unit_service WHERE id = 5"), &[])?)).unwrap();
        let merge = join().unwrap();
        assert_eq!(whose(), [6, 7, 7, 6]);
        // It counts from the confirmation: what went on before it keeps its days.
        city.write(move |tx| confirm(tx, &clerk(), b, UnitServiceId(4))).unwrap();
        assert_eq!(state_of(city, UnitServiceId(4)), (ServeState::Active, day, None));
        assert_eq!(state_of(city, UnitServiceId(1)), (ServeState::Ended, day.plus(-10), Some(day.plus(-1))));
        part(merge).unwrap();
        assert_eq!(whose(), [6, 7, 7, 8]);
        city.write(move |tx| {
            tx.exec(sql!("DELETE FROM unit_service WHERE id = 4"), &[])?;
            Ok(tx.exec(sql!("UPDATE unit_service SET state = 'active', to_on = NULL WHERE id = 1"), &[])?)
        })
        .unwrap();
        // A unit that is merged hands over whoever serves, from tomorrow on.
        city.write(move |tx| {
            record(tx, 6, day, 20, CONFIRMED)?;
            record(tx, 6, day.plus(1), 40, CONFIRMED)?;
            tx.publish(&OrgMerged { from: a, into: c })
        })
        .unwrap();
        assert_eq!((minutes(city, a), minutes(city, c)), (20, 40));
        assert_eq!(
            city.count(sql!("SELECT count(*) FROM unit_member WHERE state = 'member'")),
            2,
            "the successor was a member already"
        );
        let held = city.write(move |tx| commands::ask(tx, &actor(8, None), a));
        assert_eq!(code(held), "unit.not_member");
    }
}

#[test]
fn with_its_last_membership_nobody_serves_in_a_units_name() {
    for city in &cities(8) {
        city.clock.set(at(480));
        city.write(build).unwrap();
        let [a, b, _] = UNITS;
        let day = at(0).date();
        let second = city.write(move |tx| enter(tx, &office(), TEAM, &Joining::Known(a), None)).unwrap();
        let serves = city.write(move |tx| ask(tx, &actor(6, None), a)).unwrap();
        city.write(move |tx| confirm(tx, &contact(7, a), a, serves)).unwrap();
        let waits = city.write(move |tx| ask(tx, &actor(8, None), a)).unwrap();
        let elsewhere = city.write(move |tx| ask(tx, &actor(5, None), b)).unwrap();
        city.clock.set(at(480 + 2 * 1440));
        city.write(move |tx| end_member(tx, &office(), TEAM, second, "协议到期")).unwrap();
        assert_eq!(state_of(city, serves).0, ServeState::Active, "it is a member of the city still");
        let (last,) = city
            .write(move |tx| {
                let row: (UnitMemberId,) = tx.one(
                    sql!("SELECT id FROM unit_member WHERE unit_id = $1 AND state = 'member'"),
                    args![a],
                )?;
                Ok(row)
            })
            .unwrap();
        city.write(move |tx| leave(tx, &contact(7, a), last)).unwrap();
        assert_eq!(state_of(city, serves), (ServeState::Ended, day, Some(day.plus(2))));
        let one = city.write(move |tx| Ok(store::serving(tx, waits)?)).unwrap().unwrap();
        assert_eq!((one.state, one.note.as_str()), (ServeState::Refused, "单位已退出"));
        assert_eq!(state_of(city, elsewhere).0, ServeState::Asked, "other units go on");
        // One that is no member confirms nobody.
        city.write(move |tx| {
            Ok(tx.exec(sql!("UPDATE unit_member SET state = 'left' WHERE unit_id = $1"), args![b])?)
        })
        .unwrap();
        assert_eq!(code(city.write(move |tx| confirm(tx, &contact(7, b), b, elsewhere))), "unit.not_member");
    }
}

#[test]
fn nothing_joins_itself() {
    for city in &cities(4) {
        let department = OrgId(70);
        city.write(move |tx| {
            tx.exec_one(
                sql!(
                    "INSERT INTO org (id, kind, name, area_parent, area_path, state, created_at)
                     VALUES (70, 'department', '文明办', 1, '/1/70/', 'open', 0)"
                ),
                &[],
            )?;
            Ok(())
        })
        .unwrap();
        let entered =
            city.write(move |tx| enter(tx, &office(), department, &Joining::Known(department), None));
        assert_eq!(code(entered), "unit.no_host");
        let asked = city.write(move |tx| apply(tx, &office(), department, &Joining::Known(department), ""));
        assert_eq!(code(asked), "unit.no_host");
    }
}

/// The tests themselves block on the database, so requests get threads of their own.
static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| tokio::runtime::Runtime::new().unwrap());

/// A page as somebody sees it.
fn page(city: &City, person: i64, path: &str) -> String {
    let token = city.sign_in(person);
    let request = Request::builder()
        .uri(path)
        .header("cookie", format!("linli_session={}", token.text()))
        .body(Body::empty())
        .unwrap();
    let router = service::room().router().with_state(city.app());
    RUNTIME.block_on(async {
        let answer = router.oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let body = axum::body::to_bytes(answer.into_body(), 1 << 22).await.unwrap();
        String::from_utf8_lossy(&body).into_owned()
    })
}

/// A right to read figures of another community does not open those of one or two people (I1).
#[test]
fn hours_of_a_few_people_are_for_those_who_look_after_the_unit() {
    for city in &cities(9) {
        city.clock.set(at(480));
        city.write(build).unwrap();
        let [a, b, _] = UNITS;
        let day = at(0).date();
        city.write(move |tx| {
            for (id, role, org) in [(1, "leader", TEAM), (2, "station", COMMUNITY), (3, "station", OTHER)] {
                tx.exec_one(
                    sql!(
                        "INSERT INTO role_grant (id, account_id, role, org_id, given_at) VALUES ($1, $1, $2, $3, 0)"
                    ),
                    args![AccountId(id), role, org],
                )?;
            }
            for (person, unit, minutes) in [(6, a, 1234), (7, b, 60), (8, b, 60), (9, b, 60)] {
                let id: UnitServiceId = tx.new_id();
                tx.exec_one(
                    sql!(
                        "INSERT INTO unit_service (id, unit_id, person_id, state, from_on, asked_at)
                         VALUES ($1, $2, $3, 'active', $4, 0)"
                    ),
                    args![id, unit, PersonId(person), day],
                )?;
                record(tx, person, day, minutes, CONFIRMED)?;
            }
            for unit in [a, b] {
                let new = NewMembership { name: format!("企业{unit}"), ..NewMembership::default() };
                assert!(store::insert(tx, (TEAM, Some(unit)), None, None, &new, true)?.is_some());
            }
            Ok(())
        })
        .unwrap();
        let hours = kernel::Minutes(1234).hours();
        let before = |page: &str, one: OrgId, other: OrgId| {
            page.find(&format!("/units/{one}\"")).unwrap() < page.find(&format!("/units/{other}\"")).unwrap()
        };
        for path in ["/units", "/units?sort=hours"] {
            assert!(page(city, 2, path).contains(&hours), "{path}: who stands above it");
            assert!(!page(city, 3, path).contains(&hours), "{path}: a right elsewhere");
        }
        assert!(before(&page(city, 2, "/units?sort=hours"), a, b), "by hours");
        assert!(before(&page(city, 3, "/units?sort=hours"), b, a), "its place would tell");
        let own = |person: i64, unit: OrgId| page(city, person, &format!("/units/{unit}"));
        assert!(own(2, a).contains(&hours) && !own(3, a).contains(&hours));
        assert!(own(2, b).contains("累计服务小时") && !own(3, b).contains("累计服务小时"));
        // Whoever leads what it joined does not look after the unit for that.
        let host = page(city, 1, &format!("/orgs/{TEAM}/units"));
        assert!(host.contains("3 人 3") && !host.contains(&hours));
    }
}
