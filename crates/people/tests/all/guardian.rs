//! Minors and their guardians on both databases: registration waits for the answer, consents are noted, withdrawing
//! ends what it must, and birthdays end access.

use std::sync::Arc;

use db::testing::Bench;
use db::{Bus, WriteTx, args, sql};
use kernel::{AccountId, Actor, Clock, Date, Error, ManualClock, OrgId, PersonId, Timestamp};
use people::guardian::{self, AccessEnds, Asked, GuardChanged, GuardianId, Relation};
use people::person::{self, Assurance, Gender, NewPerson, PersonState, Purpose, Source};
use roster::clean::{IdDocument, document};
use vault::{Cost, KeyRing, SeededRandom, Vault};

const HOME: OrgId = OrgId(3);
const PHONE: &str = "13912345678";

fn today() -> Date {
    Date::parse("2026-11-21").unwrap()
}

fn card(birth: &str, sequence: u32) -> IdDocument {
    let body = format!("230102{birth}{sequence:03}");
    let check = roster::clean::check_digit(body.as_bytes()).unwrap();
    document(None, &format!("{body}{}", char::from(check)), today()).unwrap()
}

fn each(test: impl Fn(&Bench, &Arc<Vault>, &ManualClock)) {
    let clock = Arc::new(ManualClock::new(Timestamp::at(today(), 600)));
    let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    let migrations = [db::migrate::MIGRATIONS, people::MIGRATIONS].concat();
    let bus = || {
        let mut bus = Bus::default();
        bus.subscribe(|tx, event: &GuardChanged| note(tx, "guard", event.minor, event.now.code()));
        bus.subscribe(|tx, event: &AccessEnds| note(tx, "ends", event.minor, &event.on.to_string()));
        bus
    };
    let cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };
    for bench in Bench::all(&migrations, &shared, bus).unwrap() {
        clock.set(Timestamp::at(today(), 600));
        let random = Box::new(SeededRandom::new([3; 32]));
        let vault = Arc::new(Vault::new(&KeyRing::ephemeral([7; 32]), cost, random).unwrap());
        bench
            .db
            .write_blocking(|tx| {
                let now = tx.now();
                tx.exec_one(
                    sql!(
                        "INSERT INTO org (id, kind, name, name_key, area_path, state, created_at)
                         VALUES (3, 'community', '东社区', 'dong', '/1/2/3/', 'open', $1)"
                    ),
                    args![now],
                )
            })
            .unwrap();
        test(&bench, &vault, &clock);
    }
}

fn note(tx: &mut WriteTx<'_>, what: &str, person: PersonId, value: &str) -> Result<(), Error> {
    let id: AccountId = tx.new_id();
    let name = format!("{what} {person} {id}");
    tx.exec(sql!("INSERT INTO setting (name, value) VALUES ($1, $2)"), args![name, value])?;
    Ok(())
}

fn told(bench: &Bench, what: &'static str, person: PersonId) -> Vec<String> {
    let (low, high) = (format!("{what} {person} "), format!("{what} {person} ~"));
    let rows: Vec<(String,)> = bench
        .db
        .read_blocking(move |tx| {
            tx.all(
                sql!("SELECT value FROM setting WHERE name > $1 AND name < $2 ORDER BY name"),
                args![low, high],
            )
        })
        .unwrap();
    rows.into_iter().map(|row| row.0).collect()
}

fn create(
    bench: &Bench,
    vault: &Arc<Vault>,
    name: &str,
    birth: &str,
    state: PersonState,
    n: u32,
) -> PersonId {
    let vault = Arc::clone(vault);
    let document = card(birth, n);
    let new = NewPerson {
        name: name.to_owned(),
        gender: Gender::Unknown,
        birth_on: document.birth_date,
        document: Some(document),
        phone: Some(PHONE.to_owned()),
        home_org: HOME,
        address: String::new(),
        employer: String::new(),
        note: String::new(),
        skills: Vec::new(),
        categories: Vec::new(),
        source: Source::Own,
        state,
        assurance: Assurance::Declared,
        joined_on: None,
        batch: 0,
        rank_public: false,
    };
    bench.db.write_blocking(move |tx| person::create(tx, &vault, &new)).unwrap()
}

fn ask(bench: &Bench, vault: &Arc<Vault>, minor: PersonId, name: &str) -> Result<GuardianId, Error> {
    let vault = Arc::clone(vault);
    let who = Asked { name: name.to_owned(), relation: Relation::Mother, phone: PHONE.to_owned() };
    bench.db.write_blocking(move |tx| guardian::ask(tx, &vault, minor, &who))
}

fn give(bench: &Bench, id: GuardianId, by: Option<PersonId>) -> Result<PersonId, Error> {
    bench.db.write_blocking(move |tx| {
        let actor = Actor { account: Some(AccountId(1)), person: by, ..Actor::default() };
        guardian::give(tx, &actor, id, "account")
    })
}

fn state(bench: &Bench, person: PersonId) -> (String, String) {
    bench
        .db
        .read_blocking(move |tx| tx.one(sql!("SELECT state, guard FROM person WHERE id = $1"), args![person]))
        .unwrap()
}

/// Purposes that are consented to now, and whether by the guardian.
fn consents(bench: &Bench, person: PersonId) -> Vec<(String, bool)> {
    bench
        .db
        .read_blocking(move |tx| {
            tx.all(
                sql!(
                    "SELECT purpose, guardian_id IS NOT NULL FROM consent
                     WHERE person_id = $1 AND withdrawn_at IS NULL ORDER BY purpose"
                ),
                args![person],
            )
        })
        .unwrap()
}

fn tick(bench: &Bench) {
    bench.db.write_blocking(guardian::tick).unwrap();
}

fn pair(purpose: &str, by_guardian: bool) -> (String, bool) {
    (purpose.to_owned(), by_guardian)
}

#[test]
fn a_child_counts_when_the_guardian_agrees() {
    each(|bench, vault, _| {
        let mother = create(bench, vault, "王芳", "19850101", PersonState::Active, 1);
        let child = create(bench, vault, "王小明", "20150601", PersonState::Unclaimed, 2);
        let id = ask(bench, vault, child, "王芳").unwrap();
        assert_eq!(state(bench, child), ("unclaimed".to_owned(), "asked".to_owned()));
        let ward = |who: Option<PersonId>, proof: Option<GuardianId>| {
            bench.db.read_blocking(move |tx| {
                let actor = Actor { account: Some(AccountId(1)), person: who, ..Actor::default() };
                guardian::ward(tx, &actor, proof, child).map(|one| one.id)
            })
        };
        assert_eq!(ward(Some(mother), None).unwrap(), id, "found by name and phone");
        assert_eq!(ward(None, Some(id)).unwrap(), id, "by a proved phone");
        for who in [None, Some(child), Some(PersonId(9))] {
            assert_eq!(ward(who, None).unwrap_err().code(), "common.not_found");
        }
        give(bench, id, Some(mother)).unwrap();
        assert_eq!(state(bench, child), ("active".to_owned(), "given".to_owned()));
        assert_eq!(consents(bench, child), [pair("guardian", true), pair("register", true)]);
        assert_eq!(told(bench, "guard", child), ["given"]);
        give(bench, id, Some(mother)).unwrap();
        assert_eq!(told(bench, "guard", child).len(), 1, "once");

        bench
            .db
            .write_blocking(move |tx| {
                person::give(tx, &Actor::default(), child, Purpose::Rank, "me")?;
                guardian::withdraw(tx, &Actor::default(), id)
            })
            .unwrap();
        assert_eq!(state(bench, child), ("active".to_owned(), "withdrawn".to_owned()));
        assert!(consents(bench, child).is_empty(), "under fourteen all of them end");
        give(bench, id, Some(mother)).unwrap();
        assert_eq!(told(bench, "guard", child), ["given", "withdrawn", "given"]);
        let ledger: (i64,) = bench
            .db
            .read_blocking(move |tx| {
                tx.one(sql!("SELECT count(*) FROM consent WHERE person_id = $1"), args![child])
            })
            .unwrap();
        assert_eq!(ledger.0, 5, "what was withdrawn stays in the ledger");
    });
}

#[test]
fn youths_keep_their_own_consent() {
    each(|bench, vault, _| {
        let youth = create(bench, vault, "李强", "20100601", PersonState::Unclaimed, 3);
        bench
            .db
            .write_blocking(move |tx| person::give(tx, &Actor::default(), youth, Purpose::Register, "self"))
            .unwrap();
        assert_eq!(ask(bench, vault, youth, "李强").unwrap_err().code(), "guardian.not_adult");
        let id = ask(bench, vault, youth, "李大山").unwrap();
        give(bench, id, None).unwrap();
        assert_eq!(consents(bench, youth), [pair("guardian", true), pair("register", false)]);
        bench.db.write_blocking(move |tx| guardian::withdraw(tx, &Actor::default(), id)).unwrap();
        assert_eq!(consents(bench, youth), [pair("register", false)]);

        let refused = bench
            .db
            .write_blocking(move |tx| guardian::commands::declare_own_work(tx, &Actor::default(), youth));
        // Sixteen since June.
        refused.unwrap();
        assert_eq!(state(bench, youth).1, "own_work");
        let young = create(bench, vault, "李小", "20111201", PersonState::Unclaimed, 4);
        let refused = bench
            .db
            .write_blocking(move |tx| guardian::commands::declare_own_work(tx, &Actor::default(), young));
        assert_eq!(refused.unwrap_err().code(), "guardian.own_work");
        let adult = create(bench, vault, "李四", "19800101", PersonState::Active, 5);
        assert_eq!(ask(bench, vault, adult, "李大山").unwrap_err().code(), "guardian.of_age");
    });
}

#[test]
fn without_an_answer_nothing_is_kept() {
    each(|bench, vault, clock| {
        let child = create(bench, vault, "赵一", "20150601", PersonState::Unclaimed, 6);
        let refused = create(bench, vault, "赵二", "20150601", PersonState::Unclaimed, 7);
        let id = ask(bench, vault, child, "赵父").unwrap();
        let no = ask(bench, vault, refused, "赵父").unwrap();
        bench.db.write_blocking(move |tx| guardian::refuse(tx, &Actor::default(), no, "phone")).unwrap();
        assert_eq!(give(bench, no, None).unwrap_err().code(), "guardian.answered");
        tick(bench);
        assert_eq!(state(bench, child).1, "asked");
        clock.set(Timestamp::at(today().plus(7), 600));
        assert_eq!(give(bench, id, None).unwrap_err().code(), "guardian.answered");
        tick(bench);
        assert_eq!(told(bench, "guard", child), [""], "told that the time is over");
        for person in [child, refused] {
            assert_eq!(state(bench, person), ("closed".to_owned(), String::new()));
            let left: (String, Option<Date>, i64) = bench
                .db
                .read_blocking(move |tx| {
                    tx.one(
                        sql!(
                            "SELECT name, birth_on, (SELECT count(*) FROM guardian g WHERE g.minor_id = p.id)
                             FROM person p WHERE p.id = $1"
                        ),
                        args![person],
                    )
                })
                .unwrap();
            assert!(!left.0.contains('一') && left.1.is_none() && left.2 == 0, "erased: {left:?}");
        }
    });
}

#[test]
fn birthdays() {
    each(|bench, vault, clock| {
        let child = create(bench, vault, "钱一", "20121201", PersonState::Unclaimed, 8);
        let id = ask(bench, vault, child, "钱父").unwrap();
        give(bench, id, None).unwrap();
        bench
            .db
            .write_blocking(move |tx| {
                let renew = Date::parse("2026-12-01");
                tx.exec(
                    sql!(
                        "INSERT INTO consent (id, person_id, purpose, version, channel, given_at, guardian_id, renew_on)
                         VALUES (77, $1, 'rank', 'x', 'phone', 1, $2, $3)"
                    ),
                    args![child, id, renew],
                )
            })
            .unwrap();
        let renew = |bench: &Bench| {
            let at = bench.db.read_blocking(move |tx| guardian::store::standing(tx, child)).unwrap().unwrap();
            at.renew_on.map(|on| on.to_string())
        };
        assert_eq!(renew(bench).as_deref(), Some("2026-12-01"));
        // Ninety days after the fourteenth birthday the publication lapses; service goes on.
        clock.set(Timestamp::at(Date::parse("2027-02-28").unwrap(), 600));
        tick(bench);
        assert!(consents(bench, child).contains(&pair("rank", true)));
        clock.set(Timestamp::at(Date::parse("2027-03-01").unwrap(), 600));
        tick(bench);
        assert_eq!(consents(bench, child), [pair("guardian", true), pair("register", true)]);
        assert_eq!(state(bench, child), ("active".to_owned(), "given".to_owned()));

        // Told thirty days before eighteen, once; then access ends as the day begins, before any regular work.
        clock.set(Timestamp::at(Date::parse("2030-10-31").unwrap(), 600));
        tick(bench);
        assert!(told(bench, "ends", child).is_empty());
        clock.set(Timestamp::at(Date::parse("2030-11-01").unwrap(), 600));
        tick(bench);
        tick(bench);
        assert_eq!(told(bench, "ends", child), ["2030-12-01"]);
        let ward = |bench: &Bench| {
            bench
                .db
                .read_blocking(move |tx| guardian::ward(tx, &Actor::default(), Some(id), child).map(|_| ()))
        };
        ward(bench).unwrap();
        clock.set(Timestamp::at(Date::parse("2030-12-01").unwrap(), 0));
        assert_eq!(ward(bench).unwrap_err().code(), "common.not_found");
        tick(bench);
        assert_eq!(state(bench, child), ("active".to_owned(), String::new()));
    });
}
