//! Transfers between teams and the life cycle by the person's own word, on both databases.

use std::sync::Arc;

use db::testing::Bench;
use db::{Bus, WriteTx, args, sql};
use kernel::{
    AccountId, Actor, Clock, Date, Error, Grant, Lang, ManualClock, OrgId, PersonId, Role, Timestamp,
};
use people::org::{self, MemberState};
use people::person::{self, PersonState};
use people::transfer::{self, TransferId, TransferMoved, TransferState};
use vault::{Cost, KeyRing, SeededRandom, Vault};

const OLD: OrgId = OrgId(4);
const NEW: OrgId = OrgId(5);
const ME: PersonId = PersonId(101);

fn each(test: impl Fn(&Bench)) {
    let clock = Arc::new(ManualClock::new(Timestamp::at(Date::parse("2026-11-21").unwrap(), 600)));
    let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    let migrations = [db::migrate::MIGRATIONS, people::MIGRATIONS].concat();
    let bus = || {
        let mut bus = Bus::default();
        bus.subscribe(|tx: &mut WriteTx<'_>, event: &TransferMoved| {
            let id: AccountId = tx.new_id();
            let name = format!("moved {id}");
            tx.exec(
                sql!("INSERT INTO setting (name, value) VALUES ($1, $2)"),
                args![name, event.state.code()],
            )?;
            Ok(())
        });
        bus
    };
    for bench in Bench::all(&migrations, &shared, bus).unwrap() {
        bench.db.write_blocking(city).unwrap();
        test(&bench);
    }
}

fn city(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    let now = tx.now();
    for (id, kind, path) in
        [(1, "city", "/1/"), (3, "community", "/1/3/"), (4, "team", "/1/3/4/"), (5, "team", "/1/3/5/")]
    {
        let name = format!("{kind}{id}");
        tx.exec_one(
            sql!(
                "INSERT INTO org (id, kind, name, name_key, area_path, state, created_at)
                 VALUES ($1, $2, $3, $3, $4, 'open', $5)"
            ),
            args![id, kind, name, path, now],
        )?;
    }
    for id in [101, 102] {
        let (no, name) = (format!("V{id:010}"), format!("人{id}"));
        tx.exec_one(
            sql!(
                "INSERT INTO person (id, volunteer_no, name, name_key, initials, home_org, state, source, created_at)
                 VALUES ($1, $2, $3, $3, $3, 3, 'active', 'self', $4)"
            ),
            args![id, no, name, now],
        )?;
        tx.exec_one(
            sql!("INSERT INTO account (id, person_id, name, state, created_at) VALUES ($1, $1, $2, 'active', $3)"),
            args![id, name, now],
        )?;
    }
    org::join(tx, ME, OLD, MemberState::Member)?;
    Ok(())
}

fn me() -> Actor {
    Actor { account: Some(AccountId(101)), person: Some(ME), ..Actor::default() }
}

fn leader(team: OrgId, path: &str) -> Actor {
    let grant = Grant {
        role: Role::Leader,
        org: team,
        area_path: path.to_owned(),
        sponsor_path: String::new(),
        org_name: String::new(),
    };
    Actor {
        account: Some(AccountId(102)),
        person: Some(PersonId(102)),
        grants: vec![grant],
        ..Actor::default()
    }
}

fn old() -> Actor {
    leader(OLD, "/1/3/4/")
}

fn new() -> Actor {
    leader(NEW, "/1/3/5/")
}

fn request(bench: &Bench) -> Result<TransferId, Error> {
    bench.db.write_blocking(|tx| transfer::request(tx, &me(), OLD, NEW, "离家近"))
}

fn answer(
    bench: &Bench,
    who: fn() -> Actor,
    id: TransferId,
    team: OrgId,
    agrees: bool,
    opinion: &'static str,
) -> Result<TransferState, String> {
    bench
        .db
        .write_blocking(move |tx| transfer::answer(tx, &who(), id, team, agrees, opinion))
        .map_err(|e: Error| e.code().to_owned())
}

fn teams(bench: &Bench) -> Vec<OrgId> {
    let rows = bench.db.read_blocking(|tx| org::teams_of(tx, ME)).unwrap();
    rows.into_iter().map(|row| row.0).collect()
}

#[test]
fn both_teams_agree_in_order() {
    each(|bench| {
        let id = request(bench).unwrap();
        assert_eq!(request(bench).unwrap_err().code(), "transfer.under_way");
        assert_eq!(answer(bench, new, id, NEW, true, "").unwrap_err(), "transfer.answered", "not its turn");
        assert_eq!(answer(bench, new, id, OLD, true, "").unwrap_err(), "common.not_found", "not its leader");
        assert_eq!(answer(bench, old, id, OLD, false, "").unwrap_err(), "transfer.opinion");
        assert_eq!(answer(bench, old, id, OLD, true, "").unwrap(), TransferState::SourceAgreed);
        assert_eq!(teams(bench), [OLD], "until both agreed");
        assert_eq!(answer(bench, old, id, OLD, true, "").unwrap_err(), "transfer.answered");
        assert_eq!(answer(bench, new, id, NEW, true, "欢迎").unwrap(), TransferState::Done);
        assert_eq!(teams(bench), [NEW]);
        let counts: Vec<(i64,)> = bench
            .db
            .read_blocking(|tx| tx.all(sql!("SELECT members FROM org WHERE kind = 'team' ORDER BY id"), &[]))
            .unwrap();
        assert_eq!(counts, [(0,), (1,)]);
        let told: Vec<(String,)> = bench
            .db
            .read_blocking(|tx| {
                tx.all(sql!("SELECT value FROM setting WHERE name LIKE 'moved%' ORDER BY name"), &[])
            })
            .unwrap();
        assert_eq!(told.len(), 2);
    });
}

#[test]
fn refused_and_taken_back() {
    each(|bench| {
        let id = request(bench).unwrap();
        assert_eq!(answer(bench, old, id, OLD, false, "正缺人").unwrap(), TransferState::Refused);
        let id = request(bench).unwrap();
        bench.db.write_blocking(move |tx| transfer::cancel(tx, &me(), id)).unwrap();
        assert_eq!(answer(bench, old, id, OLD, true, "").unwrap_err(), "transfer.answered");
        let id = request(bench).unwrap();
        assert_eq!(answer(bench, old, id, OLD, true, "").unwrap(), TransferState::SourceAgreed);
        assert_eq!(answer(bench, new, id, NEW, false, "已满").unwrap(), TransferState::Refused);
        assert_eq!(teams(bench), [OLD]);
    });
}

#[test]
fn a_transfer_ends_with_the_membership_and_moves_nobody_who_may_not_join() {
    each(|bench| {
        let id = request(bench).unwrap();
        bench.db.write_blocking(|tx| org::leave(tx, ME, OLD, "")).unwrap();
        assert_eq!(answer(bench, old, id, OLD, true, "").unwrap_err(), "transfer.answered");
        bench.db.write_blocking(|tx| org::join(tx, ME, OLD, MemberState::Member)).unwrap();
        let id = request(bench).unwrap();
        bench.db.write_blocking(|tx| person::set_state(tx, ME, PersonState::Suspended)).unwrap();
        assert_eq!(answer(bench, old, id, OLD, true, "").unwrap_err(), "org.not_active");
        assert_eq!(request(bench).unwrap_err().code(), "org.not_active");
        assert_eq!(answer(bench, old, id, OLD, false, "已暂停").unwrap(), TransferState::Refused);
        assert_eq!(teams(bench), [OLD]);
    });
}

#[test]
fn what_waits_at_a_team_without_a_leader_is_the_communitys() {
    each(|bench| {
        bench.db.write_blocking(|tx| org::join(tx, PersonId(102), OLD, MemberState::Applied)).unwrap();
        request(bench).unwrap();
        let waiting = || {
            let grant = Grant {
                role: Role::Station,
                org: OrgId(3),
                area_path: "/1/3/4/".to_owned(),
                sponsor_path: String::new(),
                org_name: String::new(),
            };
            let station = Actor { account: Some(AccountId(102)), grants: vec![grant], ..Actor::default() };
            bench
                .db
                .read_blocking(move |tx| {
                    let mut all = org::tasks(tx, &station, Lang::Zh)?;
                    all.extend(transfer::tasks(tx, &station, Lang::Zh)?);
                    Ok::<_, Error>(all.into_iter().map(|task| task.href).collect::<Vec<_>>())
                })
                .unwrap()
        };
        assert_eq!(waiting(), ["/teams/4/members?state=applied", "/teams/4/transfers"]);
        bench
            .db
            .write_blocking(|tx| {
                tx.exec(
                    sql!("INSERT INTO role_grant (id, account_id, role, org_id, given_at) VALUES (1, 102, 'leader', 4, 1)"),
                    &[],
                )
            })
            .unwrap();
        assert!(waiting().is_empty(), "the leader's now");
    });
}

#[test]
fn an_objection_that_is_upheld_leaves_no_duty_behind() {
    each(|bench| {
        let random = Box::new(SeededRandom::new([9; 32]));
        let vault = Vault::new(&KeyRing::ephemeral([7; 32]), Cost::cheap_for_tests(), random).unwrap();
        bench
            .db
            .write_blocking(move |tx| {
                tx.exec(
                    sql!(
                        "INSERT INTO org_post (id, org_id, person_id, title, kind, how, from_on)
                         VALUES (1, 4, 101, '队长', 'leader', 'elected', 1)"
                    ),
                    &[],
                )?;
                tx.exec(
                    sql!("INSERT INTO role_grant (id, account_id, role, org_id, given_at) VALUES (1, 101, 'leader', 4, 1)"),
                    &[],
                )?;
                person::say_not_me(tx, &vault, &Actor::default(), ME, "不是我", "139")?;
                let (id,): (person::NotMeId,) = tx.one(sql!("SELECT id FROM not_me"), &[])?;
                let grant = Grant {
                    role: Role::Station,
                    org: OrgId(3),
                    area_path: "/1/3/".to_owned(),
                    sponsor_path: String::new(),
                    org_name: String::new(),
                };
                let station = Actor { account: Some(AccountId(102)), grants: vec![grant], ..Actor::default() };
                person::resolve_dispute(tx, &station, id, true, "核实")
            })
            .unwrap();
        let left: (i64, i64, i64, i64, i64) = bench
            .db
            .read_blocking(|tx| {
                tx.one(
                    sql!(
                        "SELECT (SELECT count(*) FROM org_post WHERE to_on IS NULL),
                            (SELECT count(*) FROM role_grant WHERE ended_at IS NULL),
                            (SELECT count(*) FROM member WHERE state = 'member'),
                            (SELECT CAST(sum(members) AS BIGINT) FROM org),
                            (SELECT count(contact_enc) FROM not_me)"
                    ),
                    &[],
                )
            })
            .unwrap();
        assert_eq!(left, (0, 0, 0, 0, 0));
    });
}

#[test]
fn ending_the_own_registration() {
    each(|bench| {
        bench
            .db
            .write_blocking(|tx| {
                tx.exec(
                    sql!(
                        "INSERT INTO org_post (id, org_id, person_id, title, kind, how, from_on)
                         VALUES (1, 4, 101, '联络员', 'liaison', 'appointed', 1)"
                    ),
                    &[],
                )
            })
            .unwrap();
        let close = || bench.db.write_blocking(|tx| person::close_own(tx, &me()));
        assert_eq!(close().unwrap_err().code(), "person.duties");
        bench
            .db
            .write_blocking(|tx| tx.exec(sql!("UPDATE org_post SET to_on = 2 WHERE id = 1"), &[]))
            .unwrap();
        close().unwrap();
        let left: (String, String, i64, String) = bench
            .db
            .read_blocking(|tx| {
                tx.one(
                    sql!(
                        "SELECT p.state, p.name, (SELECT o.members FROM org o WHERE o.id = 4), a.state
                         FROM person p JOIN account a ON a.person_id = p.id WHERE p.id = 101"
                    ),
                    &[],
                )
            })
            .unwrap();
        assert_eq!((left.0.as_str(), left.2, left.3.as_str()), (PersonState::Closed.code(), 0, "disabled"));
        assert_ne!(left.1, "人101", "the name is masked");
    });
}
