//! Minors at the gate, and what is given back when consent, life or an organisation ends, on every database.

use std::sync::Arc;

use db::testing::Bench;
use db::{Bus, WriteTx, args, sql};
use kernel::{AccountId, Actor, Clock, Date, Error, Grant, ManualClock, OrgId, PersonId, Role, Timestamp};
use people::person::{self, PersonState};
use service::activity::{self, ActivityState, NewActivity, NewSession};
use service::sign_up::{self, Book, Source, waiting};
use service::{ActivityId, SessionId};

const TEAM: OrgId = OrgId(4);

fn noon() -> Timestamp {
    Timestamp::at(Date::parse("2026-11-20").unwrap(), 12 * 60)
}

fn each(test: impl Fn(&Bench, &ManualClock)) {
    let clock = Arc::new(ManualClock::new(noon()));
    let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    let migrations = [db::migrate::MIGRATIONS, people::MIGRATIONS, service::MIGRATIONS].concat();
    let bus = || {
        let mut bus = Bus::default();
        service::room().subscribe.unwrap()(&mut bus);
        bus
    };
    for bench in Bench::all(&migrations, &shared, bus).unwrap() {
        clock.set(noon());
        bench.db.write_blocking(city).unwrap();
        test(&bench, &clock);
    }
}

fn city(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    for (id, kind, path, parent) in [
        (1, "city", "/1/", None),
        (2, "street", "/1/2/", Some(1_i64)),
        (3, "community", "/1/2/3/", Some(2)),
        (4, "team", "/1/2/3/4/", Some(3)),
        (5, "team", "/1/2/3/5/", Some(3)),
    ] {
        let (name, sponsor, now) = (format!("{kind}{id}"), format!("/{id}/"), noon());
        tx.exec_one(
            sql!(
                "INSERT INTO org (id, kind, name, name_key, area_parent, area_path, sponsor_path, state, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8)"
            ),
            args![id, kind, name, name, parent, path, sponsor, now],
        )?;
    }
    // 101: adult guardian; 102: eight; 103: twelve; 104: fifteen; 105: adult.
    for (id, birth) in [
        (101, "1985-01-01"),
        (102, "2018-06-01"),
        (103, "2014-06-01"),
        (104, "2011-06-01"),
        (105, "1990-01-01"),
    ] {
        let (no, name, now) = (format!("V{id:010}"), format!("人{id}"), noon());
        let birth = Date::parse(birth);
        tx.exec_one(
            sql!(
                "INSERT INTO person (id, volunteer_no, name, name_key, initials, birth_on, home_org, state, source, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6, 3, 'active', 'self', $7)"
            ),
            args![id, no, name, name, name, birth, now],
        )?;
    }
    for (id, minor) in [(900, 102), (901, 103), (902, 104)] {
        let (none, until): (&[u8], _) = (&[1], Date::parse("2036-01-01"));
        tx.exec_one(
            sql!(
                "INSERT INTO guardian (id, minor_id, guardian_id, name, relation, phone_enc, phone_index, state, asked_at,
                    respond_by, until_on) VALUES ($1, $2, 101, '人101', 'mother', $3, $3, 'given', 1, 2, $4)"
            ),
            args![id, minor, none, until],
        )?;
        tx.exec_one(sql!("UPDATE person SET guard = 'given' WHERE id = $1"), args![minor])?;
    }
    Ok(())
}

fn plan(bench: &Bench, team: OrgId, hours: &[i64], quota: i64, hazard: bool) -> (ActivityId, Vec<SessionId>) {
    let sessions = hours
        .iter()
        .map(|h| NewSession::new(noon().plus_minutes(h * 60), noon().plus_minutes(h * 60 + 60), quota))
        .collect();
    let new = NewActivity {
        state: ActivityState::Published,
        min_age: 6,
        hazard: if hazard { service::activity::Hazard::Slight } else { service::activity::Hazard::No },
        sessions,
        ..NewActivity::draft(team, "清洁家园", "clean")
    };
    bench
        .db
        .write_blocking(move |tx| {
            let id = activity::create(tx, &new)?;
            let all = activity::store::sessions_of(tx, id)?;
            Ok::<_, Error>((id, all.iter().map(|s| s.id).collect()))
        })
        .unwrap()
}

fn book(bench: &Bench, session: SessionId, person: i64) -> String {
    let cmd = Book { session, post: None, person: PersonId(person), team: None, source: Source::Own };
    let actor =
        Actor { account: Some(AccountId(person)), person: Some(PersonId(person)), ..Actor::default() };
    let done = bench.db.write_blocking(move |tx| sign_up::book(tx, &actor, &cmd).map(|_| ()));
    done.map_or_else(|e| e.code().to_owned(), |()| "ok".to_owned())
}

fn states(bench: &Bench, person: i64) -> Vec<String> {
    let rows: Vec<(String,)> = bench
        .db
        .read_blocking(move |tx| {
            tx.all(sql!("SELECT state FROM sign_up WHERE person_id = $1 ORDER BY id"), args![person])
        })
        .unwrap();
    rows.into_iter().map(|row| row.0).collect()
}

fn taken(bench: &Bench, session: SessionId) -> i64 {
    let row: (i64,) = bench
        .db
        .read_blocking(move |tx| tx.one(sql!("SELECT taken FROM session WHERE id = $1"), args![session]))
        .unwrap();
    row.0
}

#[test]
fn the_gate_by_age_on_the_day() {
    each(|bench, _| {
        let (_, plain) = plan(bench, TEAM, &[24], 20, false);
        assert_eq!(book(bench, plain[0], 102), "guardian.accompany");
        assert_eq!(book(bench, plain[0], 103), "ok");
        assert_eq!(book(bench, plain[0], 104), "ok");
        assert_eq!(book(bench, plain[0], 101), "ok");
        assert_eq!(book(bench, plain[0], 102), "ok", "the guardian comes along");
        let (_, danger) = plan(bench, TEAM, &[48], 20, true);
        assert_eq!(book(bench, danger[0], 104), "guardian.hazard");
        assert_eq!(book(bench, danger[0], 105), "ok");
        // Two hundred days on, the eight-year-old is nine, the fifteen-year-old sixteen.
        bench
            .db
            .write_blocking(|tx| {
                tx.exec(sql!("UPDATE person SET guard = 'own_work' WHERE id = 104"), &[])?;
                tx.exec(sql!("UPDATE person SET guard = 'withdrawn' WHERE id = 103"), &[])
            })
            .unwrap();
        let (_, later) = plan(bench, TEAM, &[200 * 24], 20, false);
        assert_eq!(book(bench, later[0], 104), "ok", "sixteen by the day of the session");
        assert_eq!(book(bench, later[0], 103), "guardian.needed");
        let (_, soon) = plan(bench, TEAM, &[72], 20, false);
        assert_eq!(book(bench, soon[0], 104), "guardian.needed");
    });
}

#[test]
fn withdrawing_gives_places_to_who_waits() {
    each(|bench, _| {
        let (_, all) = plan(bench, TEAM, &[-1, 24, 48], 1, false);
        for session in &all[1..] {
            assert_eq!(book(bench, *session, 103), "ok");
        }
        let wanted = all[1];
        bench
            .db
            .write_blocking(move |tx| {
                let actor =
                    Actor { account: Some(AccountId(105)), person: Some(PersonId(105)), ..Actor::default() };
                waiting::commands::join(tx, &actor, wanted, None, None).map(|_| ())
            })
            .unwrap();
        bench
            .db
            .write_blocking(|tx| {
                people::guardian::withdraw(tx, &Actor::default(), people::guardian::GuardianId(901))
            })
            .unwrap();
        assert_eq!(states(bench, 103), ["cancelled", "cancelled"]);
        assert_eq!(taken(bench, all[1]), 1, "held for who waited");
        assert_eq!(taken(bench, all[2]), 0);
        assert_eq!(book(bench, all[2], 103), "guardian.needed");
    });
}

#[test]
fn whoever_stops_gives_back_what_is_ahead() {
    each(|bench, clock| {
        for (person, to, kept) in [
            (101, PersonState::Suspended, false),
            (104, PersonState::Deceased, false),
            (105, PersonState::Disputed, true),
        ] {
            let (_, all) = plan(bench, TEAM, &[2, 24], 5, false);
            assert_eq!(book(bench, all[0], person), "ok");
            assert_eq!(book(bench, all[1], person), "ok");
            // The first has begun: what is running is not touched.
            clock.set(noon().plus_minutes(150));
            bench.db.write_blocking(move |tx| person::set_state(tx, PersonId(person), to)).unwrap();
            let want = if kept { ["booked", "booked"] } else { ["booked", "cancelled"] };
            assert_eq!(states(bench, person), want, "{to:?}");
            clock.set(noon());
        }
    });
}

fn office() -> Actor {
    let grant = Grant {
        role: Role::Office,
        org: OrgId(1),
        area_path: "/1/".to_owned(),
        sponsor_path: String::new(),
        org_name: String::new(),
    };
    Actor { account: None, grants: vec![grant], ..Actor::default() }
}

#[test]
fn merged_and_closed_teams() {
    each(|bench, clock| {
        let (moved, all) = plan(bench, TEAM, &[24], 5, false);
        assert_eq!(book(bench, all[0], 105), "ok");
        let (over, old) = plan(bench, TEAM, &[1], 5, false);
        bench
            .db
            .write_blocking(move |tx| {
                tx.exec_one(sql!("UPDATE session SET state = 'recorded' WHERE id = $1"), args![old[0]])
            })
            .unwrap();
        clock.set(noon().plus_minutes(240));
        let actor = || Actor { account: Some(AccountId(7)), ..office() };
        account(bench);
        bench.db.write_blocking(move |tx| people::org::merge(tx, &actor(), TEAM, OrgId(5))).unwrap();
        let org_of = |id: ActivityId| -> i64 {
            let row: (i64,) = bench
                .db
                .read_blocking(move |tx| tx.one(sql!("SELECT org_id FROM activity WHERE id = $1"), args![id]))
                .unwrap();
            row.0
        };
        assert_eq!((org_of(moved), org_of(over)), (5, 4), "what is over stays");
        let team: (i64,) = bench
            .db
            .read_blocking(|tx| tx.one(sql!("SELECT team_id FROM sign_up WHERE person_id = 105"), &[]))
            .unwrap();
        assert_eq!(team.0, 5);

        bench.db.write_blocking(move |tx| people::org::close(tx, &actor(), OrgId(5))).unwrap();
        assert_eq!(states(bench, 105), ["cancelled"]);
        let session = all[0];
        let row: (String,) = bench
            .db
            .read_blocking(move |tx| tx.one(sql!("SELECT state FROM session WHERE id = $1"), args![session]))
            .unwrap();
        assert_eq!(row.0, "cancelled");
    });
}

fn account(bench: &Bench) {
    bench
        .db
        .write_blocking(|tx| {
            tx.exec_one(
                sql!("INSERT INTO account (id, name, state, created_at) VALUES (7, '办公室', 'active', 1)"),
                &[],
            )
        })
        .unwrap();
}

fn together(bench: &Bench, session: SessionId, children: &[i64]) -> String {
    let children = children.iter().map(|id| PersonId(*id)).collect();
    let ask = service::family::Family { session, team: None, children, care: sign_up::Care::Aware };
    let actor = Actor { account: Some(AccountId(101)), person: Some(PersonId(101)), ..Actor::default() };
    let done = bench.db.write_blocking(move |tx| service::family::book(tx, &actor, &ask));
    done.map_or_else(|e| e.code().to_owned(), |places| places.to_string())
}

fn cancel(bench: &Bench, session: SessionId, person: i64) {
    let actor =
        Actor { account: Some(AccountId(person)), person: Some(PersonId(person)), ..Actor::default() };
    bench
        .db
        .write_blocking(move |tx| sign_up::cancel_for(tx, &actor, session, Some(sign_up::LateReason::Ill)))
        .unwrap();
}

#[test]
fn a_family_signs_up_together_or_not_at_all() {
    each(|bench, _| {
        let (_, sessions) = plan(bench, TEAM, &[24, 48, 72], 3, false);
        let [first, second, third] = sessions[..] else { return };
        assert_eq!(together(bench, first, &[]), "family.nobody");
        assert_eq!(together(bench, first, &[102, 105]), "family.not_yours");
        assert_eq!(taken(bench, first), 0, "nobody of a refused family has a place");
        // Four people and three places: nobody.
        assert_eq!(together(bench, first, &[102, 103, 104]), "family.ward");
        assert_eq!((taken(bench, first), states(bench, 101), states(bench, 102)), (0, vec![], vec![]));
        assert_eq!(together(bench, first, &[102, 103]), "3");
        assert_eq!(states(bench, 102), ["booked"], "the adult who comes along is company enough");
        assert_eq!(together(bench, first, &[102]), "family.ward", "has a place already");
        // The children join somebody who has a place already.
        assert_eq!(book(bench, second, 101), "ok");
        assert_eq!(together(bench, second, &[103, 104]), "2");
        bench
            .db
            .write_blocking(|tx| {
                tx.exec(sql!("UPDATE guardian SET state = 'withdrawn' WHERE minor_id = 104"), &[])
            })
            .unwrap();
        assert_eq!(together(bench, third, &[104]), "family.not_yours", "without consent");
    });
}

#[test]
fn when_the_adult_does_not_come() {
    each(|bench, clock| {
        let (_, sessions) = plan(bench, TEAM, &[24, 48], 10, false);
        let [first, second] = sessions[..] else { return };
        assert_eq!(together(bench, first, &[102, 103]), "3");
        cancel(bench, first, 101);
        assert_eq!(states(bench, 102), ["cancelled"], "eight years old: needs company");
        assert_eq!(states(bench, 103), ["booked"], "twelve years old, with consent");
        assert_eq!(taken(bench, first), 1);
        // While it runs nothing is taken from anybody.
        assert_eq!(together(bench, second, &[102]), "2");
        clock.set(noon().plus_minutes(48 * 60 + 5));
        for person in [101, 102] {
            bench
                .db
                .write_blocking(move |tx| {
                    let actor = Actor {
                        account: Some(AccountId(person)),
                        person: Some(PersonId(person)),
                        ..Actor::default()
                    };
                    let at = tx.now();
                    let ask = service::attendance::CheckIn {
                        session: second,
                        at,
                        want: None,
                        device: None,
                        team: None,
                    };
                    service::attendance::check_in(tx, &actor, &ask)
                })
                .unwrap();
        }
        clock.set(noon().plus_minutes(48 * 60 + 30));
        let way = bench
            .db
            .write_blocking(move |tx| {
                let actor =
                    Actor { account: Some(AccountId(101)), person: Some(PersonId(101)), ..Actor::default() };
                let at = tx.now();
                let ask = service::attendance::CheckIn {
                    session: second,
                    at,
                    want: None,
                    device: None,
                    team: None,
                };
                service::attendance::check_in(tx, &actor, &ask)
            })
            .unwrap()
            .way;
        assert_eq!(way, service::attendance::Way::Out);
        assert_eq!(states(bench, 102), ["cancelled", "attended"]);
        let open: (i64,) = bench
            .db
            .read_blocking(|tx| {
                tx.one(sql!("SELECT count(*) FROM check_in WHERE person_id = 102 AND out_at IS NULL"), &[])
            })
            .unwrap();
        assert_eq!(open.0, 1, "separate minutes");
    });
}
