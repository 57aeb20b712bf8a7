//! A small city for the tests of attendance and records: an office, a street, two communities, a team, people.

use std::sync::Arc;

use db::testing::Bench;
use db::{Bus, Migration, WriteTx, args, sql};
use kernel::{AccountId, Actor, Clock, Date, Error, Grant, ManualClock, OrgId, PersonId, Role, Timestamp};
use service::sign_up::{Book, Source, book};
use service::{ActivityId, SessionId};
use ui::{App, Settings};
use vault::{Cost, KeyRing, SeededRandom, SessionToken, Vault};

pub const CITY: OrgId = OrgId(1);
pub const COMMUNITY: OrgId = OrgId(3);
pub const TEAM: OrgId = OrgId(4);
pub const OTHER: OrgId = OrgId(5);

pub fn migrations() -> Vec<Migration> {
    [db::migrate::MIGRATIONS, people::MIGRATIONS, service::MIGRATIONS].concat()
}

/// 2026-03-05 (a Thursday) at a local minute of the day.
pub fn at(minute: i64) -> Timestamp {
    Timestamp::at(Date::new(2026, 3, 5).unwrap(), minute)
}

pub struct City {
    pub bench: Bench,
    pub clock: Arc<ManualClock>,
    pub vault: Arc<Vault>,
}

pub fn path(org: OrgId) -> &'static str {
    match org.0 {
        1 => "/1/",
        2 => "/1/2/",
        3 => "/1/2/3/",
        4 => "/1/2/3/4/",
        _ => "/1/2/5/",
    }
}

/// Somebody with an account, a person and a role.
pub fn actor(person: i64, role: Option<(Role, OrgId)>) -> Actor {
    Actor {
        account: Some(AccountId(person)),
        person: Some(PersonId(person)),
        name: format!("甲{person}"),
        grants: role
            .into_iter()
            .map(|(role, org)| Grant {
                role,
                org,
                area_path: path(org).to_owned(),
                sponsor_path: String::new(),
                org_name: String::new(),
            })
            .collect(),
        from: "10.0.0.1".to_owned(),
        ..Actor::default()
    }
}

pub fn leader() -> Actor {
    actor(1, Some((Role::Leader, TEAM)))
}

pub fn clerk() -> Actor {
    actor(2, Some((Role::Station, COMMUNITY)))
}

pub fn office() -> Actor {
    actor(3, Some((Role::Office, CITY)))
}

/// One city per database, with `people` volunteers from person 1 on.
pub fn cities(people: i64) -> Vec<City> {
    cities_with(people, Bus::default)
}

/// [`cities`] whose rooms listen to each other.
pub fn cities_with(people: i64, bus: impl Fn() -> Bus) -> Vec<City> {
    let clock = Arc::new(ManualClock::new(at(8 * 60)));
    let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    Bench::all(&migrations(), &shared, bus)
        .unwrap()
        .into_iter()
        .map(|bench| {
            let vault = Vault::new(
                &KeyRing::ephemeral([7; 32]),
                Cost::cheap_for_tests(),
                Box::new(SeededRandom::new([9; 32])),
            )
            .unwrap();
            let city = City { bench, clock: Arc::clone(&clock), vault: Arc::new(vault) };
            city.write(move |tx| settle(tx, people)).unwrap();
            city
        })
        .collect()
}

fn settle(tx: &mut WriteTx<'_>, people: i64) -> Result<(), Error> {
    for (id, kind, parent) in
        [(1, "city", 0), (2, "street", 1), (3, "community", 2), (4, "team", 3), (5, "community", 2)]
    {
        let parent = (parent > 0).then_some(parent);
        tx.exec(
            sql!(
                "INSERT INTO org (id, kind, name, area_parent, area_path, state, created_at)
                 VALUES ($1, $2, $3, $4, $5, 'open', 0)"
            ),
            args![OrgId(id), kind, format!("单位{id}"), parent.map(OrgId), path(OrgId(id))],
        )?;
    }
    for id in 1..=people {
        tx.exec(
            sql!(
                "INSERT INTO person (id, volunteer_no, name, name_key, initials, birth_on, home_org, state, source,
                                     created_at)
                 VALUES ($1, $2, $3, $4, 'j', $5, 3, 'active', 'self', 0)"
            ),
            args![
                PersonId(id),
                format!("V{id:09}"),
                format!("甲{id}"),
                format!("jia{id:06}"),
                Date::new(1980, 1, 1).unwrap()
            ],
        )?;
        tx.exec(
            sql!("INSERT INTO account (id, person_id, name, state, created_at) VALUES ($1, $1, $2, 'active', 0)"),
            args![AccountId(id), format!("甲{id}")],
        )?;
    }
    Ok(())
}

impl City {
    pub fn write<T: Send + 'static>(
        &self,
        run: impl Fn(&mut WriteTx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.bench.db.write_blocking(run)
    }

    /// A published activity of the team with one session, from and to as local minutes of the day.
    pub fn session(&self, id: i64, kind: &'static str, from: i64, to: i64) -> SessionId {
        self.write(move |tx| {
            tx.exec(
                sql!(
                    "INSERT INTO activity (id, org_id, community_id, title, category, kind, state, created_at, leader_id)
                     VALUES ($1, 4, 3, '清扫河岸', 'env', $2, 'published', 0, 1)"
                ),
                args![ActivityId(id), kind],
            )?;
            tx.exec(
                sql!(
                    "INSERT INTO session (id, activity_id, starts_at, ends_at, sign_up_until, quota, state, due_on)
                     VALUES ($1, $1, $2, $3, $2, 900, 'open', $4)"
                ),
                args![ActivityId(id), at(from), at(to), Date::new(2026, 3, 19).unwrap()],
            )?;
            Ok(())
        })
        .unwrap();
        SessionId(id)
    }

    pub fn book(&self, session: SessionId, person: i64) {
        let now = self.clock.now();
        self.clock.set(at(0));
        self.write(move |tx| {
            let ask = Book { session, post: None, person: PersonId(person), team: None, source: Source::Own };
            book(tx, &actor(person, None), &ask)
        })
        .unwrap();
        self.clock.set(now);
    }

    pub fn count(&self, run: &'static db::Sql) -> i64 {
        self.write(move |tx| {
            let row: (i64,) = tx.one(run, &[])?;
            Ok(row.0)
        })
        .unwrap()
    }

    /// The program around this database, with the pages of this room.
    pub fn app(&self) -> App {
        App {
            db: self.bench.db.clone(),
            blobs: blobs::Blobs::folder(std::env::temp_dir().join("linli-test-blobs")),
            vault: Arc::clone(&self.vault),
            settings: Arc::new(Settings {
                city: ("测试市".into(), "Test City".into()),
                base_url: "http://localhost".into(),
                secure_cookies: false,
                demo: false,
                help_phone: String::new(),
                files: std::env::temp_dir(),
                map: ui::app::MapBase::default(),
            }),
            rooms: vec![service::room()].into(),
            authenticate: people::account::authenticate,
        }
    }

    /// Signs a person in; the cookie's token.
    pub fn sign_in(&self, person: i64) -> SessionToken {
        let token = self.vault.session_token();
        let hash = token.hash();
        let now = self.clock.now();
        self.write(move |tx| {
            tx.exec(
                sql!(
                    "INSERT INTO login_session (token_hash, account_id, created_at, seen_at, idle_ms, expires_at)
                     VALUES ($1, $2, $3, $3, 86400000, $4)"
                ),
                args![hash.as_bytes().as_slice(), AccountId(person), now, now.plus_minutes(6000)],
            )?;
            Ok(())
        })
        .unwrap();
        token
    }
}
