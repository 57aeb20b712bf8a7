//! A very small city for the tests of this room.
#![allow(dead_code, clippy::allow_attributes, reason = "not every test needs every part")]

use std::sync::Arc;

use db::testing::Bench;
use db::{Bus, Db, WriteTx, args, sql};
use kernel::{Clock, Date, Error, ManualClock, OrgId, PersonId, Timestamp};
use messages::inbox::store::{Message, To, message_list};
use service::SessionId;
use service::activity::{self, ActivityState, NewActivity, NewSession};
use service::sign_up::{self, Book, Source};

pub fn noon() -> Timestamp {
    Timestamp::at(Date::parse("2026-11-20").unwrap(), 12 * 60)
}

pub fn migrations() -> Vec<db::Migration> {
    [db::migrate::MIGRATIONS, people::MIGRATIONS, service::MIGRATIONS, messages::MIGRATIONS].concat()
}

pub fn benches(clock: &Arc<ManualClock>) -> Vec<Bench> {
    let clock: Arc<dyn Clock> = Arc::clone(clock) as _;
    Bench::all(&migrations(), &clock, || {
        let mut bus = Bus::default();
        if let Some(subscribe) = messages::room().subscribe {
            subscribe(&mut bus);
        }
        bus
    })
    .unwrap()
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

fn person(tx: &mut WriteTx<'_>, id: i64) -> Result<(), Error> {
    let (no, name, now) = (format!("V{id:010}"), format!("人{id}"), noon());
    let birth = Date::parse("2000-06-01");
    tx.exec_one(
        sql!(
            "INSERT INTO person (id, volunteer_no, name, name_key, initials, birth_on, home_org, state, source,
                created_at) VALUES ($1, $2, $3, $4, $5, $6, 3, 'active', 'self', $7)"
        ),
        args![id, no, name, name, name, birth, now],
    )?;
    Ok(())
}

/// A city with a street, a community, a team and ten people, 100 to 109, whose accounts are 1100 to 1109.
pub fn city(db: &Db) {
    db.write_blocking(|tx| {
        org(tx, 1, "city", "/1/")?;
        org(tx, 2, "street", "/1/2/")?;
        org(tx, 3, "community", "/1/2/3/")?;
        org(tx, 4, "team", "/1/2/3/4/")?;
        for id in 100..110 {
            person(tx, id)?;
            account(tx, 1000 + id, Some(id))?;
        }
        Ok::<(), Error>(())
    })
    .unwrap();
}

fn account(tx: &mut WriteTx<'_>, id: i64, person: Option<i64>) -> Result<(), Error> {
    let (name, now) = (format!("账号{id}"), noon());
    tx.exec_one(
        sql!(
            "INSERT INTO account (id, person_id, name, state, created_at) VALUES ($1, $2, $3, 'active', $4)"
        ),
        args![id, person, name, now],
    )?;
    Ok(())
}

/// An account that holds a role.
pub fn role(db: &Db, id: i64, of: Option<i64>, role: &'static str, org: i64) {
    db.write_blocking(move |tx| {
        account(tx, id, of)?;
        let now = tx.now();
        tx.exec_one(
            sql!(
                "INSERT INTO role_grant (id, account_id, role, org_id, given_at) VALUES ($1, $1, $2, $3, $4)"
            ),
            args![id, role, org, now],
        )?;
        Ok::<(), Error>(())
    })
    .unwrap();
}

/// A published activity with one session of two hours, in which these people have a place.
pub fn plan(db: &Db, starts_at: Timestamp, people: &[i64]) -> SessionId {
    let session = db
        .write_blocking(move |tx| {
            let new = NewActivity {
                state: ActivityState::Published,
                place_public: "望江社区".into(),
                place_exact: "3 号楼".into(),
                contact_name: "王队".into(),
                contact_phone: "10200000001".into(),
                sessions: vec![NewSession::new(starts_at, starts_at.plus_minutes(120), 50)],
                ..NewActivity::draft(OrgId(4), "清洁家园", "clean")
            };
            let id = activity::create(tx, &new)?;
            Ok::<_, Error>(activity::store::sessions_of(tx, id)?.first().unwrap().id)
        })
        .unwrap();
    for id in people {
        book(db, session, *id);
    }
    session
}

pub fn volunteer(id: i64) -> kernel::Actor {
    kernel::Actor {
        account: Some(kernel::AccountId(1000 + id)),
        person: Some(PersonId(id)),
        ..kernel::Actor::default()
    }
}

pub fn book(db: &Db, session: SessionId, id: i64) {
    let cmd = Book { session, post: None, person: PersonId(id), team: None, source: Source::Own };
    db.write_blocking(move |tx| sign_up::book(tx, &volunteer(id), &cmd).map(|_| ())).unwrap();
}

pub fn unbook(db: &Db, session: SessionId, id: i64) {
    db.write_blocking(move |tx| {
        tx.exec_one(
            sql!(
                "UPDATE sign_up SET state = 'cancelled', cancelled_at = 1
                 WHERE session_id = $1 AND person_id = $2 AND state = 'booked'"
            ),
            args![session, id],
        )
    })
    .unwrap();
}

/// What is in an inbox, newest first.
pub fn inbox(db: &Db, to: To) -> Vec<Message> {
    db.read_blocking(move |tx| Ok::<_, Error>(message_list(tx, to, None)?.rows)).unwrap()
}

/// Cancels a session because of rain.
pub fn cancel(db: &Db, session: SessionId) {
    let grant = kernel::Grant {
        role: kernel::Role::Office,
        org: OrgId(1),
        area_path: "/1/".into(),
        sponsor_path: String::new(),
        org_name: String::new(),
    };
    let office = kernel::Actor {
        account: Some(kernel::AccountId(1)),
        grants: vec![grant],
        ..kernel::Actor::default()
    };
    db.write_blocking(move |tx| activity::commands::cancel_session(tx, &office, session, "下雨")).unwrap();
}
