//! A small city: two streets, three communities, three teams, and people to sign up.

use std::sync::Arc;

use db::testing::Bench;
use db::{Bus, Db, WriteTx, args, sql};
use kernel::{AccountId, Actor, Clock, Date, Error, Grant, ManualClock, OrgId, PersonId, Role, Timestamp};
use service::activity::{self, ActivityState, NewActivity, NewSession};
use service::sign_up::{self, Book, Source};
use service::{ActivityId, SessionId};

/// The community everybody lives in.
pub const HOME: OrgId = OrgId(3);
/// A team of that community.
pub const TEAM: OrgId = OrgId(4);
/// A team of the next community in the same street.
pub const NEAR_TEAM: OrgId = OrgId(6);
/// A team of another street.
pub const FAR_TEAM: OrgId = OrgId(9);

pub fn noon() -> Timestamp {
    Timestamp::at(Date::parse("2026-11-20").unwrap(), 12 * 60)
}

pub fn hours(n: i64) -> Timestamp {
    noon().plus_minutes(n * 60)
}

pub fn benches(clock: &Arc<ManualClock>, bus: impl Fn() -> Bus) -> Vec<Bench> {
    let migrations: Vec<db::Migration> =
        [db::migrate::MIGRATIONS, people::MIGRATIONS, service::MIGRATIONS].concat();
    let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
    Bench::all(&migrations, &shared, bus).unwrap()
}

fn org(tx: &mut WriteTx<'_>, id: i64, kind: &str, path: &str) -> Result<(), Error> {
    let (name, now) = (format!("{kind}{id}"), noon());
    tx.exec_one(
        sql!(
            "INSERT INTO org (id, kind, name, name_key, area_path, state, created_at)
             VALUES ($1, $2, $3, $4, $5, 'open', $6)"
        ),
        args![id, kind, name, name, path, now],
    )?;
    Ok(())
}

pub fn person(tx: &mut WriteTx<'_>, id: i64, birth: &str) -> Result<(), Error> {
    let (no, name, now) = (format!("V{id:010}"), format!("人{id}"), noon());
    let birth = Date::parse(birth);
    tx.exec_one(
        sql!(
            "INSERT INTO person (id, volunteer_no, name, name_key, initials, birth_on, home_org, state, source, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, 3, 'active', 'self', $7)"
        ),
        args![id, no, name, name, name, birth, now],
    )?;
    Ok(())
}

/// The city with so many people, numbered from 100.
pub async fn city(db: &Db, people: i64) {
    db.write(move |tx| {
        org(tx, 1, "city", "/1/")?;
        org(tx, 2, "street", "/1/2/")?;
        org(tx, 3, "community", "/1/2/3/")?;
        org(tx, 4, "team", "/1/2/3/4/")?;
        org(tx, 5, "community", "/1/2/5/")?;
        org(tx, 6, "team", "/1/2/5/6/")?;
        org(tx, 7, "street", "/1/7/")?;
        org(tx, 8, "community", "/1/7/8/")?;
        org(tx, 9, "team", "/1/7/8/9/")?;
        for id in 0..people {
            person(tx, 100 + id, "2000-06-01")?;
        }
        Ok::<(), Error>(())
    })
    .await
    .unwrap();
}

pub fn volunteer(id: i64) -> Actor {
    Actor { account: Some(AccountId(id)), person: Some(PersonId(id)), ..Actor::default() }
}

pub fn leader() -> Actor {
    granted(Role::Leader, TEAM, "/1/2/3/4/")
}

/// The office of the whole city.
pub fn office() -> Actor {
    granted(Role::Office, OrgId(1), "/1/")
}

pub fn granted(role: Role, org: OrgId, path: &str) -> Actor {
    let grant =
        Grant { role, org, area_path: path.to_owned(), sponsor_path: String::new(), org_name: String::new() };
    Actor { account: Some(AccountId(9)), grants: vec![grant], ..Actor::default() }
}

/// An activity of a team, published.
pub fn planned(team: OrgId, sessions: Vec<NewSession>) -> NewActivity {
    NewActivity {
        state: ActivityState::Published,
        place_public: "望江社区".into(),
        place_exact: "3 号楼".into(),
        sessions,
        ..NewActivity::draft(team, "清洁家园", "clean")
    }
}

pub async fn plan(db: &Db, new: NewActivity) -> (ActivityId, Vec<SessionId>) {
    db.write(move |tx| {
        let id = activity::create(tx, &new)?;
        let sessions = activity::store::sessions_of(tx, id)?;
        Ok::<_, Error>((id, sessions.iter().map(|s| s.id).collect()))
    })
    .await
    .unwrap()
}

pub fn own(session: SessionId, person: i64) -> Book {
    Book { session, post: None, person: PersonId(person), team: None, source: Source::Own }
}

/// Runs a command; the refusal's code, or `ok`.
pub async fn run<T, F>(db: &Db, command: F) -> String
where
    T: Send + 'static,
    F: Fn(&mut WriteTx<'_>) -> Result<T, Error> + Send + 'static,
{
    match db.write(command).await {
        Ok(_) => "ok".to_owned(),
        Err(error) => {
            let error: Error = error;
            error.code().to_owned()
        }
    }
}

pub async fn book_own(db: &Db, session: SessionId, person: i64) -> String {
    run(db, move |tx| sign_up::book(tx, &volunteer(person), &own(session, person))).await
}

pub async fn cancel_own(db: &Db, session: SessionId, person: i64) -> String {
    run(db, move |tx| sign_up::cancel(tx, &volunteer(person), session)).await
}
