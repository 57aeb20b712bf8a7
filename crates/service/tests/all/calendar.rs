//! Calendars on both databases, read by another parser.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue};
use db::testing::Bench;
use db::{Bus, Db, args, sql};
use icalendar::{CalendarComponent, Component as _};
use kernel::{Clock, Error, Lang, ManualClock, OrgId, PersonId, Timestamp};
use service::SessionId;
use service::activity::{self, ActivityState, NewActivity, NewSession};
use service::calendar::{self, Event, Feed, store};

fn noon() -> Timestamp {
    Timestamp::at(kernel::Date::parse("2026-11-20").unwrap(), 12 * 60)
}

const FEED: Feed<'_> = Feed { name: "测试", lang: Lang::Zh, base_url: "https://linli.test" };

fn read(events: &[Event]) -> Vec<icalendar::Event> {
    let calendar: icalendar::Calendar = FEED.text(events).parse().unwrap();
    calendar
        .components
        .into_iter()
        .filter_map(|one| if let CalendarComponent::Event(event) = one { Some(event) } else { None })
        .collect()
}

fn field<'a>(event: &'a icalendar::Event, name: &str) -> &'a str {
    event.property_value(name).unwrap_or_default()
}

fn set_up(db: &Db) -> SessionId {
    db.write_blocking(|tx| {
        let now = tx.now();
        for (id, kind, path) in [
            (1, "city", "/1/"),
            (3, "community", "/1/3/"),
            (4, "team", "/1/3/4/"),
            (5, "station", "/1/3/5/"),
            (6, "community", "/1/6/"),
        ] {
            let name = format!("{kind}{id}");
            tx.exec_one(
                sql!(
                    "INSERT INTO org (id, kind, name, name_key, area_path, state, created_at)
                     VALUES ($1, $2, $3, $4, $5, 'open', $6)"
                ),
                args![id, kind, name, name, path, now],
            )?;
        }
        for id in [100_i64, 101] {
            let name = format!("人{id}");
            tx.exec_one(
                sql!(
                    "INSERT INTO person (id, volunteer_no, name, name_key, initials, home_org, state, source, created_at)
                     VALUES ($1, $2, $3, $4, $5, 3, 'active', 'self', $6)"
                ),
                args![id, name, name, name, name, now],
            )?;
        }
        let draft = NewActivity {
            place_public: "望江社区".into(),
            place_exact: "3 号楼 502".into(),
            contact_phone: "10200000001".into(),
            sessions: vec![NewSession::new(noon().plus_minutes(1440), noon().plus_minutes(1560), 9)],
            ..NewActivity::draft(OrgId(4), "清洁家园, 第 1 场; 雨天改期", "clean")
        };
        activity::create(tx, &draft)?;
        let id = activity::create(tx, &NewActivity { state: ActivityState::Published, ..draft })?;
        Ok::<_, Error>(activity::store::sessions_of(tx, id)?.first().unwrap().id)
    })
    .unwrap()
}

fn of_org(db: &Db, id: i64) -> Vec<Event> {
    db.read_blocking(move |tx| {
        let org = store::org(tx, OrgId(id))?.unwrap();
        store::of_org(tx, &org)
    })
    .unwrap()
}

fn of_person(db: &Db, id: i64) -> Vec<Event> {
    db.read_blocking(move |tx| store::of_person(tx, PersonId(id))).unwrap()
}

fn sign_up(db: &Db, session: SessionId, id: i64, state: &'static str) {
    db.write_blocking(move |tx| {
        let row: kernel::AccountId = tx.new_id();
        let (now, start) = (tx.now(), noon().plus_minutes(1440));
        let end = start.plus_minutes(120);
        tx.exec_one(
            sql!(
                "INSERT INTO sign_up (id, session_id, person_id, team_id, state, starts_at, ends_at, source, created_at)
                 VALUES ($1, $2, $3, 4, $4, $5, $6, 'self', $7)"
            ),
            args![row, session, id, state, start, end, now],
        )
    })
    .unwrap();
}

#[test]
fn calendars_show_what_everybody_may_know() {
    let clock = Arc::new(ManualClock::new(noon()));
    let migrations: Vec<db::Migration> =
        [db::migrate::MIGRATIONS, people::MIGRATIONS, service::MIGRATIONS].concat();
    let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    for bench in Bench::all(&migrations, &shared, Bus::default).unwrap() {
        let db = &bench.db;
        let session = set_up(db);
        for org in [1, 3, 4, 5] {
            let events = of_org(db, org);
            assert_eq!(events.len(), 1, "org {org}: the draft is nobody's business");
            let text = FEED.text(&events);
            assert!(!text.contains("502") && !text.contains("10200000001"), "{text}");
        }
        assert!(of_org(db, 6).is_empty());
        let before = read(&of_org(db, 4)).remove(0);
        assert_eq!(before.get_uid(), Some(format!("session-{session}@linli").as_str()));
        assert_eq!(field(&before, "STATUS"), "CONFIRMED");
        assert_eq!(field(&before, "DTSTART"), "20261121T040000Z");
        assert_eq!(field(&before, "LOCATION"), "望江社区");
        // One's own: booked, given back, booked again; nobody else's.
        sign_up(db, session, 100, "cancelled");
        let given_back = read(&of_person(db, 100)).remove(0);
        assert_eq!(field(&given_back, "STATUS"), "CANCELLED");
        sign_up(db, session, 100, "booked");
        let again = read(&of_person(db, 100));
        assert_eq!((again.len(), field(&again[0], "STATUS")), (1, "CONFIRMED"));
        let number = |event: &icalendar::Event| field(event, "SEQUENCE").parse::<i64>().unwrap();
        assert!(number(&again[0]) > number(&given_back));
        assert!(of_person(db, 101).is_empty());
        // Cancelled: the same entry, a higher number.
        db.write_blocking(move |tx| {
            tx.exec_one(
                sql!("UPDATE session SET state = 'cancelled', version = version + 1 WHERE id = $1"),
                args![session],
            )
        })
        .unwrap();
        let after = read(&of_org(db, 4)).remove(0);
        assert_eq!(after.get_uid(), before.get_uid());
        assert_eq!(field(&after, "STATUS"), "CANCELLED");
        assert!(number(&after) > number(&before));
        assert_eq!(field(&read(&of_person(db, 100))[0], "STATUS"), "CANCELLED");
    }
}

#[test]
fn an_unchanged_calendar_is_not_sent_again() {
    let text = FEED.text(&[]);
    let first = calendar::answer(&text, &HeaderMap::new(), true);
    assert_eq!(first.status(), 200);
    let tag = first.headers()["etag"].clone();
    let ask = |value: HeaderValue| {
        let mut headers = HeaderMap::new();
        headers.insert("if-none-match", value);
        calendar::answer(&text, &headers, true).status().as_u16()
    };
    assert_eq!(ask(tag.clone()), 304);
    assert_eq!(ask(HeaderValue::from_str(&format!("\"x\", W/{}", tag.to_str().unwrap())).unwrap()), 304);
    assert_eq!(ask(HeaderValue::from_static("\"x\"")), 200);
}
