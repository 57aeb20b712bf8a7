//! Double registrations on both databases: found with their reasons, kept apart for good, merged with documents, phones,
//! consents, accounts and memberships, and parted again.

use std::sync::Arc;

use db::testing::Bench;
use db::{Bus, WriteTx, args, sql};
use kernel::{AccountId, Actor, Clock, Date, Error, Grant, ManualClock, OrgId, PersonId, Role, Timestamp};
use people::duplicate::{self, find};
use people::person::{self, Assurance, Gender, NewPerson, PersonState, Purpose, Source};
use roster::clean::{IdDocument, IdKind};
use vault::{Cost, KeyRing, SeededRandom, Vault};

const HOME: OrgId = OrgId(3);
const OTHER: OrgId = OrgId(4);
const TEAM: OrgId = OrgId(5);

fn today() -> Date {
    Date::parse("2026-11-21").unwrap()
}

fn orgs(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    for (id, kind, parent, path) in [
        (1_i64, "city", None, "/1/"),
        (3, "community", Some(1_i64), "/1/3/"),
        (4, "community", Some(1), "/1/4/"),
        (5, "team", Some(3), "/1/3/5/"),
    ] {
        tx.exec_one(
            sql!(
                "INSERT INTO org (id, kind, name, name_key, area_parent, area_path, state, created_at)
                 VALUES ($1, $2, $3, $3, $4, $5, 'open', 0)"
            ),
            args![id, kind, format!("单位{id}"), parent, path],
        )?;
    }
    Ok(())
}

struct City {
    bench: Bench,
    vault: Arc<Vault>,
}

impl City {
    fn write<T: Send + 'static>(
        &self,
        run: impl Fn(&mut WriteTx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.bench.db.write_blocking(run)
    }

    fn count(&self, run: &'static db::Sql) -> i64 {
        self.write(move |tx| Ok(tx.one::<(i64,)>(run, &[])?.0)).unwrap()
    }

    fn add(&self, new: NewPerson) -> PersonId {
        let vault = Arc::clone(&self.vault);
        self.write(move |tx| person::create(tx, &vault, &new)).unwrap()
    }

    /// All open pairs: low, high, reasons.
    fn pairs(&self) -> Vec<(PersonId, PersonId, String)> {
        find::search_all(&self.bench.db).unwrap();
        self.write(|tx| {
            Ok(tx.all(
                sql!(
                    "SELECT low_id, high_id, reasons FROM duplicate_pair WHERE state = 'open' ORDER BY low_id, high_id"
                ),
                &[],
            )?)
        })
        .unwrap()
    }
}

fn each(test: impl Fn(&City, &ManualClock)) {
    let clock = Arc::new(ManualClock::new(Timestamp::at(today(), 600)));
    let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    let migrations = [db::migrate::MIGRATIONS, people::MIGRATIONS].concat();
    for bench in Bench::all(&migrations, &shared, Bus::default).unwrap() {
        let cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };
        let random = Box::new(SeededRandom::new([3; 32]));
        let vault = Arc::new(Vault::new(&KeyRing::ephemeral([7; 32]), cost, random).unwrap());
        bench.db.write_blocking(orgs).unwrap();
        clock.set(Timestamp::at(today(), 600));
        test(&City { bench, vault }, &clock);
    }
}

fn somebody(name: &str) -> NewPerson {
    NewPerson {
        name: name.to_owned(),
        gender: Gender::Unknown,
        birth_on: None,
        document: None,
        phone: None,
        home_org: HOME,
        address: String::new(),
        employer: String::new(),
        note: String::new(),
        skills: Vec::new(),
        categories: Vec::new(),
        source: Source::Own,
        state: PersonState::Active,
        assurance: Assurance::Declared,
        joined_on: None,
        batch: 0,
        rank_public: false,
    }
}

fn passport(number: &str) -> Option<IdDocument> {
    Some(IdDocument { kind: IdKind::Passport, number: number.to_owned(), birth_date: None, gender: None })
}

fn phone(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn staff(path: &str) -> Actor {
    Actor {
        account: Some(AccountId(1)),
        name: "站长".to_owned(),
        grants: vec![Grant {
            role: Role::Station,
            org: HOME,
            area_path: path.to_owned(),
            sponsor_path: String::new(),
            org_name: String::new(),
        }],
        ..Actor::default()
    }
}

#[test]
fn pairs_are_found_once_and_decided_for_good() {
    each(|city, clock| {
        let own = city.add(NewPerson { phone: phone("13812345678"), ..somebody("张秀英") });
        let rostered = NewPerson {
            phone: phone("13812345678"),
            source: Source::Import,
            state: PersonState::Incomplete,
            ..somebody("张秀英")
        };
        let listed = city.add(rostered);
        let slip =
            city.add(NewPerson { phone: phone("13812345678"), home_org: OTHER, ..somebody("张秀莹") });
        // A family on one phone, and people of the same name elsewhere.
        city.add(NewPerson { phone: phone("13812345678"), ..somebody("李强") });
        city.add(NewPerson { home_org: OTHER, ..somebody("李强") });
        assert_eq!(
            city.pairs(),
            [
                (own, listed, "same_phone no_document unclaimed".to_owned()),
                (own, slip, "alike_phone".to_owned()),
                (listed, slip, "alike_phone unclaimed".to_owned()),
            ]
        );
        // A clerk of one community is asked about pairs of it alone.
        let open = |path: &'static str| {
            let shown = city
                .write(move |tx| {
                    let actor = staff(path);
                    let scopes = actor.scopes(kernel::Action::PersonEdit);
                    assert_eq!(
                        duplicate::store::open(tx, &scopes, None, 20)?.len(),
                        usize::try_from(duplicate::store::open_count(tx, &scopes)?).unwrap()
                    );
                    Ok(duplicate::store::open(tx, &scopes, None, 20)?)
                })
                .unwrap();
            shown.into_iter().map(|one| (one.low, one.high)).collect::<Vec<_>>()
        };
        assert_eq!(open("/1/3/"), [(own, listed)]);
        assert_eq!(open("/1/"), [(own, listed), (listed, slip), (own, slip)], "the surest first");
        assert!(open("/1/4/").is_empty());
        city.write(move |tx| duplicate::not_same(tx, &staff("/1/"), slip, own)).unwrap();
        clock.set(Timestamp::at(today().plus(1), 600));
        assert_eq!(city.pairs().len(), 2, "another day asks nothing anew");
        // Who comes later is looked at the same day.
        let later = city.add(NewPerson { birth_on: Date::new(1960, 3, 5), ..somebody("王小红") });
        let again =
            city.add(NewPerson { birth_on: Date::new(1960, 3, 5), home_org: OTHER, ..somebody("王小红") });
        assert!(city.pairs().contains(&(later, again, "same_birth".to_owned())));
        let refused =
            city.write(move |tx| duplicate::not_same(tx, &staff("/1/3/"), later, again)).unwrap_err();
        assert_eq!(refused.code(), "common.not_found", "one of them is at home elsewhere");
    });
}

#[test]
fn documents_phones_consents_and_teams_follow_and_come_back() {
    each(|city, _| {
        let kept = city.add(NewPerson { skills: vec!["first_aid".to_owned()], ..somebody("张秀英") });
        let gone = city.add(NewPerson {
            document: passport("E12345678"),
            phone: phone("13812345678"),
            birth_on: Date::new(1960, 3, 5),
            address: "和平路 1 号".to_owned(),
            skills: vec!["driving".to_owned(), "first_aid".to_owned()],
            joined_on: Date::new(2020, 1, 1),
            ..somebody("张秀英")
        });
        city.write(move |tx| {
            person::give(tx, &Actor::default(), kept, Purpose::Register, "self")?;
            person::give(tx, &Actor::default(), gone, Purpose::Register, "self")?;
            person::give(tx, &Actor::default(), gone, Purpose::Rank, "self")?;
            for (id, who, day) in [(11_i64, kept, 20_500_i64), (12, gone, 20_400)] {
                tx.exec_one(
                    sql!(
                        "INSERT INTO member (id, org_id, person_id, state, joined_on) VALUES ($1, $2, $3, 'member', $4)"
                    ),
                    args![id, TEAM, who, day],
                )?;
            }
            tx.exec_one(sql!("UPDATE org SET members = 2 WHERE id = 5"), &[])?;
            tx.exec_one(
                sql!("INSERT INTO account (id, person_id, name, state, created_at) VALUES (21, $1, '张', 'active', 0)"),
                args![gone],
            )?;
            Ok(())
        })
        .unwrap();
        let vault = Arc::clone(&city.vault);
        let known = move |tx: &mut WriteTx<'_>| {
            let by_phone = person::by_phone(tx, &vault, "13812345678")?;
            let mut found: Vec<PersonId> = by_phone.iter().map(|one| one.id).collect();
            let index = person::id_index(&vault, &passport("E12345678").unwrap());
            let owner: Vec<(PersonId,)> = tx.all(
                sql!("SELECT person_id FROM person_identity WHERE id_index = $1"),
                args![index.as_bytes()],
            )?;
            found.extend(owner.into_iter().map(|one| one.0));
            Ok(found)
        };
        assert_eq!(city.write(known.clone()).unwrap(), [gone, gone]);
        let id = city.write(move |tx| duplicate::merge(tx, &staff("/1/3/"), kept, gone, "看过护照")).unwrap();
        assert_eq!(city.write(known.clone()).unwrap(), [kept, kept], "document and phone find who stays");
        assert_eq!(
            city.count(sql!(
                "SELECT count(*) FROM person WHERE id_kind = 'passport' AND address <> '' AND birth_on IS NOT NULL
                 AND rank_public AND joined_on = 18262 AND merged_into IS NULL"
            )),
            1
        );
        assert_eq!(city.count(sql!("SELECT members FROM org WHERE id = 5")), 1, "in the team once");
        assert_eq!(city.count(sql!("SELECT joined_on FROM member WHERE state = 'member'")), 20_400);
        let accounts = move |tx: &mut WriteTx<'_>| {
            Ok(tx.one::<(PersonId,)>(sql!("SELECT person_id FROM account WHERE id = 21"), &[])?.0)
        };
        assert_eq!(city.write(accounts).unwrap(), kept);
        let consents = move |tx: &mut WriteTx<'_>| {
            let (n,): (i64,) = tx.one(
                sql!("SELECT count(*) FROM consent WHERE person_id = $1 AND withdrawn_at IS NULL"),
                args![kept],
            )?;
            Ok(n)
        };
        assert_eq!(city.write(consents).unwrap(), 2, "one for each purpose");
        let refused =
            city.write(move |tx| duplicate::merge(tx, &staff("/1/3/"), gone, kept, "x")).unwrap_err();
        assert_eq!(refused.code(), "duplicate.state");
        assert!(city.pairs().is_empty(), "nobody is asked about it again");

        // What is changed meanwhile stays, all else is as it was.
        city.write(move |tx| {
            Ok(tx.exec(sql!("UPDATE person SET address = '胜利路 2 号' WHERE id = $1"), args![kept])?)
        })
        .unwrap();
        city.write(move |tx| duplicate::undo(tx, &staff("/1/3/"), id, "是两个人")).unwrap();
        assert_eq!(city.write(known).unwrap(), [gone, gone]);
        assert_eq!(city.write(accounts).unwrap(), gone);
        assert_eq!(city.write(consents).unwrap(), 1);
        assert_eq!(city.count(sql!("SELECT members FROM org WHERE id = 5")), 2);
        assert_eq!(
            city.count(sql!(
                "SELECT count(*) FROM person WHERE address = '胜利路 2 号' AND id_kind = '' AND birth_on IS NULL
                 AND NOT rank_public"
            )),
            1
        );
        assert_eq!(city.count(sql!("SELECT count(*) FROM person_skill")), 3);
        assert_eq!(city.count(sql!("SELECT count(*) FROM person_order")), 2);
        assert_eq!(city.count(sql!("SELECT count(*) FROM person_alias")), 0);
    });
}

#[test]
fn of_two_documents_one_becomes_an_earlier_one() {
    each(|city, _| {
        let mut made = Vec::new();
        for number in ["E11111111", "E22222222"] {
            made.push(city.add(NewPerson {
                document: passport(number),
                birth_on: Date::new(1960, 3, 5),
                ..somebody("John Smith")
            }));
        }
        let (kept, gone) = (made.remove(0), made.remove(0));
        let id = city.write(move |tx| duplicate::merge(tx, &staff("/1/3/"), kept, gone, "x")).unwrap();
        assert_eq!(city.count(sql!("SELECT count(*) FROM person_alias")), 1);
        let vault = Arc::clone(&city.vault);
        let again = city
            .write(move |tx| {
                let new = NewPerson { document: passport("E22222222"), ..somebody("John Smith") };
                person::create(tx, &vault, &new)
            })
            .unwrap_err();
        assert_eq!(again.code(), "person.id_taken", "an earlier document blocks a second registration");
        city.write(move |tx| duplicate::undo(tx, &staff("/1/3/"), id, "x")).unwrap();
        assert_eq!(city.count(sql!("SELECT count(*) FROM person_alias")), 0);
        assert_eq!(city.count(sql!("SELECT count(*) FROM person_identity")), 2);
    });
}

#[test]
fn who_ends_the_registration_ends_what_was_merged_into_it() {
    each(|city, _| {
        let (kept, gone) = (city.add(somebody("张秀英")), city.add(somebody("张秀英")));
        let id = city.write(move |tx| duplicate::merge(tx, &staff("/1/3/"), kept, gone, "x")).unwrap();
        city.write(move |tx| {
            let actor = Actor { account: Some(AccountId(9)), person: Some(kept), ..Actor::default() };
            person::close_own(tx, &actor)
        })
        .unwrap();
        assert_eq!(city.count(sql!("SELECT count(*) FROM person WHERE name = '张秀英'")), 0);
        assert_eq!(city.count(sql!("SELECT count(*) FROM merge_before")), 0);
        let refused = city.write(move |tx| duplicate::undo(tx, &staff("/1/3/"), id, "x")).unwrap_err();
        assert_eq!(refused.code(), "duplicate.too_late");
    });
}
