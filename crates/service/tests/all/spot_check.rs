//! Hours looked at once more, on both databases: drawn once a month, checked by somebody above who had no part in them,
//! taken back where they are wrong, published without names.

use db::{args, sql};
use kernel::{Actor, Date, Error, OrgId, Role, Timestamp};
use service::attendance::commands::{RollAct, Times, Whom, roll};
use service::record::store::Which;
use service::record::{Closing, close, confirm, submit, void};
use service::spot_check::commands::{Found, answer, find, look};
use service::spot_check::draw::refresh;
use service::spot_check::rules::{Settings, lot};
use service::spot_check::store::{self, Line, Tab};
use service::spot_check::{CheckState, How, SpotCheckId, change, tasks};
use service::{RecordId, SessionId, spot_check};

use crate::city::{City, actor, at, cities, clerk, leader, office};

/// A day in April, after the month of the records.
fn april(day: i8) -> Timestamp {
    Timestamp::at(Date::new(2026, 4, day).unwrap(), 600)
}

fn march() -> Date {
    Date::new(2026, 3, 1).unwrap()
}

fn street() -> Actor {
    actor(3, Some((Role::Station, OrgId(2))))
}

fn code<T>(result: Result<T, Error>) -> String {
    result.err().map_or_else(|| "ok".to_owned(), |error| error.code().to_owned())
}

/// A session of two hours that everybody from person 4 to `people` attended, confirmed by the clerk of the community.
fn held(city: &City, id: i64, from: i64, people: i64, late: bool) -> SessionId {
    let session = city.session(id, "service", from, from + 120);
    for person in 4..=people {
        city.book(session, person);
    }
    let times = Times { from: late.then_some(from), to: late.then_some(from + 120) };
    city.clock.set(at(if late { from + 130 } else { from + 60 }));
    city.write(move |tx| roll(tx, &leader(), session, RollAct::Present(Whom::All), times)).unwrap();
    city.clock.set(at(from + 140));
    city.write(move |tx| {
        let closing =
            Closing { heads: people - 3, summary: "好".into(), quality: 5, breaks: 0, extension: 0 };
        close(tx, &leader(), session, &closing)?;
        submit(tx, &leader(), session)?;
        confirm(tx, &clerk(), &Which::WaitingOf(session))?;
        Ok(())
    })
    .unwrap();
    session
}

fn list(city: &City, who: Actor, tab: Tab) -> Vec<Line> {
    city.write(move |tx| Ok(store::list(tx, &who, tab, None, 100)?)).unwrap()
}

fn found(state: CheckState, note: &str, void: bool) -> Found {
    Found { state, how: How::Phone, note: note.to_owned(), void }
}

fn say(city: &City, who: &Actor, id: SpotCheckId, found: &Found) -> Result<(), Error> {
    let (who, found) = (who.clone(), found.clone());
    city.write(move |tx| answer(tx, &who, id, &found))
}

fn ask_five(city: &City) {
    let set = Settings { percent: 10, least: 3, most: 5, ..Settings::default() };
    city.write(move |tx| change(tx, &office(), set)).unwrap();
}

#[test]
fn a_month_is_drawn_once_by_a_number_anybody_can_repeat() {
    for city in cities(24) {
        ask_five(&city);
        held(&city, 100, 540, 24, false);
        // Nothing is drawn of a month that is not over, and nothing of what nobody has confirmed.
        refresh(&city.bench.db, || 7).unwrap();
        assert_eq!(city.count(sql!("SELECT count(*) FROM spot_check")), 0);
        city.clock.set(april(1));
        let seed = std::cell::Cell::new(0);
        for _ in 0..3 {
            refresh(&city.bench.db, || {
                seed.set(seed.get() + 1);
                41 + seed.get()
            })
            .unwrap();
        }
        assert_eq!(seed.get(), 1, "once");
        let drawn = list(&city, street(), Tab::Waiting);
        assert_eq!(drawn.len(), 3);
        assert!(drawn.iter().all(|one| one.month_on == march() && one.area == "单位3"));
        // The lowest lots of the published number.
        let months = city.write(|tx| Ok(store::months(tx)?)).unwrap();
        let month = months.iter().find(|one| one.month_on == march()).unwrap();
        assert_eq!((month.records, month.drawn, month.seed.as_str()), (21, 3, "000000000000002a"));
        let mut all: Vec<RecordId> = city
            .write(|tx| {
                tx.all::<(RecordId,)>(sql!("SELECT id FROM record ORDER BY id"), &[]).map_err(Error::from)
            })
            .unwrap()
            .into_iter()
            .map(|row| row.0)
            .collect();
        all.sort_by_key(|one| lot("000000000000002a", *one));
        all.truncate(3);
        all.sort_unstable();
        let mut got: Vec<RecordId> = drawn.iter().map(|one| one.record_id).collect();
        got.sort_unstable();
        assert_eq!(got, all);
    }
}

#[test]
fn those_above_check_and_nobody_who_had_a_part() {
    for city in cities(24) {
        ask_five(&city);
        held(&city, 100, 540, 24, false);
        city.clock.set(april(1));
        refresh(&city.bench.db, || 7).unwrap();
        // The community confirmed it; leaders, strangers and volunteers have nothing to do with it.
        assert_eq!(list(&city, clerk(), Tab::Waiting).len(), 0);
        assert_eq!(list(&city, leader(), Tab::Waiting).len(), 0);
        assert_eq!(list(&city, office(), Tab::Waiting).len(), 3);
        let one = list(&city, street(), Tab::Waiting)[0].id;
        for stranger in [clerk(), leader(), actor(5, None), Actor::default()] {
            assert!(say(&city, &stranger, one, &found(CheckState::Right, "", false)).is_err());
        }
        // Somebody who confirmed it and holds a role above since does not check their own work.
        let promoted = actor(2, Some((Role::Station, OrgId(2))));
        assert_eq!(code(say(&city, &promoted, one, &found(CheckState::Right, "", false))), "spot_check.hand");
        let due = city.write(|tx| tasks(tx, &street(), kernel::Lang::Zh)).unwrap();
        assert_eq!((due.len(), due[0].count), (1, 3));
        assert!(due[0].due.unwrap() > april(10));
        // What is wrong is said; waiting is no outcome.
        assert_eq!(
            code(say(&city, &street(), one, &found(CheckState::Absent, " ", false))),
            "spot_check.note"
        );
        assert_eq!(
            code(say(&city, &street(), one, &found(CheckState::Waiting, "", false))),
            "spot_check.found"
        );
        say(&city, &street(), one, &found(CheckState::Right, "", true)).unwrap();
        assert_eq!(list(&city, street(), Tab::Waiting).len(), 2);
        assert_eq!(list(&city, street(), Tab::Done).len(), 1);
        assert_eq!(city.count(sql!("SELECT count(*) FROM record WHERE state = 'void'")), 0, "true ones stay");
        // Said wrongly, and corrected: found wrong, it counts until somebody voids it.
        say(&city, &office(), one, &found(CheckState::Minutes, "十点就走了", false)).unwrap();
        assert_eq!(list(&city, street(), Tab::Open).len(), 1);
        let due = city.write(|tx| tasks(tx, &street(), kernel::Lang::Zh)).unwrap();
        assert_eq!(due.iter().map(|task| task.count).collect::<Vec<_>>(), [2, 1]);
        let (_, record) = city.write(move |tx| find(tx, &street(), one)).unwrap();
        city.write(move |tx| void(tx, &street(), record.id, "抽查", true)).unwrap();
        assert_eq!(list(&city, street(), Tab::Open).len(), 0);
        assert_eq!(code(say(&city, &street(), one, &found(CheckState::Right, "", false))), "spot_check.gone");
    }
}

#[test]
fn what_is_wrong_is_taken_back_with_the_answer() {
    for city in cities(24) {
        ask_five(&city);
        let session = held(&city, 100, 540, 24, false);
        city.clock.set(april(1));
        refresh(&city.bench.db, || 7).unwrap();
        let drawn = list(&city, street(), Tab::Waiting);
        let (absent, early, gone) = (drawn[0].id, drawn[1].id, drawn[2].record_id);
        say(&city, &street(), absent, &found(CheckState::Absent, "当天在外地", true)).unwrap();
        say(&city, &street(), early, &found(CheckState::Minutes, "十点走的", true)).unwrap();
        assert_eq!(city.count(sql!("SELECT count(*) FROM record WHERE state = 'void'")), 2);
        // One was voided before anybody asked.
        city.write(move |tx| void(tx, &clerk(), gone, "重复", false)).unwrap();
        assert_eq!(list(&city, street(), Tab::Waiting).len(), 0);
        assert_eq!(list(&city, street(), Tab::Done).len(), 3);
        let streets = city.write(|tx| Ok(store::streets(tx, march())?)).unwrap();
        let one = &streets[0];
        assert_eq!(streets.len(), 1);
        assert_eq!(
            (one.name.as_str(), one.drawn, one.right, one.minutes, one.absent, one.unreachable, one.gone),
            ("单位2", 3, 0, 1, 1, 0, 1)
        );
        let differ = city
            .write(|tx| {
                let mut out = service::record::check(tx)?;
                out.extend(service::total::check(tx)?);
                Ok(out)
            })
            .unwrap();
        assert_eq!(differ, Vec::<String>::new());
        // The leader hands a corrected record in; the one who was absent gets none.
        assert_eq!(city.write(move |tx| submit(tx, &leader(), session)).unwrap(), 1);
    }
}

#[test]
fn teams_that_enter_much_afterwards_are_looked_at() {
    for city in cities(24) {
        held(&city, 100, 540, 24, false);
        held(&city, 101, 700, 8, true);
        city.clock.set(april(1));
        // An hour each of 21 who were there when the roll was called, two of each of five entered afterwards.
        refresh(&city.bench.db, || 7).unwrap();
        let shares = city.write(|tx| Ok(store::shares(tx, &clerk(), 10)?)).unwrap();
        let one = &shares[0];
        assert_eq!((shares.len(), one.minutes, one.late_minutes), (1, 21 * 60 + 5 * 120, 5 * 120));
        let id = one.id;
        let look_at = |who: Actor, note: &'static str| city.write(move |tx| look(tx, &who, id, note));
        assert_eq!(code(look_at(actor(6, Some((Role::Station, OrgId(5)))), "看过")), "common.not_found");
        assert_eq!(code(look_at(leader(), "看过")), "common.not_found");
        assert_eq!(code(look_at(clerk(), " ")), "common.required");
        let due = city.write(|tx| tasks(tx, &clerk(), kernel::Lang::Zh)).unwrap();
        assert_eq!((due.len(), due[0].count), (1, 1));
        look_at(clerk(), "停电那天，签到表在").unwrap();
        assert_eq!(code(look_at(office(), "看过")), "spot_check.seen");
        assert!(city.write(|tx| tasks(tx, &clerk(), kernel::Lang::Zh)).unwrap().is_empty());
    }
}

#[test]
fn the_city_says_how_many() {
    for city in cities(24) {
        let set = |who: Actor, set: Settings| city.write(move |tx| change(tx, &who, set));
        for stranger in [leader(), clerk(), Actor::default()] {
            assert!(set(stranger, Settings::default()).is_err());
        }
        assert_eq!(code(set(office(), Settings { least: 6, ..Settings::default() })), "spot_check.span");
        set(office(), Settings { percent: 0, ..Settings::default() }).unwrap();
        held(&city, 100, 540, 24, false);
        city.clock.set(april(1));
        refresh(&city.bench.db, || 7).unwrap();
        assert_eq!(city.count(sql!("SELECT count(*) FROM spot_check")), 0);
        assert_eq!(city.count(sql!("SELECT count(*) FROM spot_check_month")), 1);
        assert_eq!(city.write(|tx| Ok(spot_check::settings(tx)?)).unwrap().percent, 0);
    }
}

/// Two answer at once, and somebody voids: what is noted agrees with what counts.
#[test]
fn answers_at_once_leave_one_truth() {
    for city in cities(24) {
        ask_five(&city);
        held(&city, 100, 540, 24, false);
        city.clock.set(april(1));
        refresh(&city.bench.db, || 7).unwrap();
        for one in list(&city, street(), Tab::Waiting) {
            let (id, city) = (one.id, &city);
            std::thread::scope(|scope| {
                scope.spawn(move || say(city, &street(), id, &found(CheckState::Absent, "不在", true)));
                scope.spawn(move || say(city, &office(), id, &found(CheckState::Right, "", false)));
            });
            let state: (String,) = city
                .write(move |tx| {
                    tx.one(sql!("SELECT state FROM record WHERE id = $1"), args![one.record_id])
                        .map_err(Error::from)
                })
                .unwrap();
            let (check, _) = city.write(move |tx| find(tx, &street(), id)).unwrap();
            assert_eq!(state.0 == "void", check.state == CheckState::Absent, "{:?}", check.state);
        }
    }
}
