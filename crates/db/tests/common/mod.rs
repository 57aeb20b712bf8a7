//! Tables that the tests of this crate share.

#![allow(dead_code, clippy::allow_attributes, missing_docs, reason = "each test file uses a part of it")]

use std::sync::Arc;

use db::testing::Bench;
use db::{Bus, Db, DbError, Migration, args, sql};
use kernel::{Clock, ManualClock, Timestamp};

pub const START: Timestamp = Timestamp(1_770_000_000_000);

pub const TABLES: Migration = Migration {
    room: "test",
    number: 1,
    sql: "
CREATE TABLE slot (
    id BIGINT PRIMARY KEY,
    quota BIGINT NOT NULL,
    taken BIGINT NOT NULL DEFAULT 0 CHECK (taken >= 0)
);
CREATE TABLE person (
    id BIGINT PRIMARY KEY,
    city_no TEXT NOT NULL,
    name TEXT NOT NULL,
    phone TEXT,
    active BOOLEAN NOT NULL DEFAULT TRUE,
    age BIGINT NOT NULL DEFAULT 30 CONSTRAINT person_of_age CHECK (age >= 18)
);
CREATE UNIQUE INDEX person_no_key ON person (city_no);
CREATE UNIQUE INDEX person_phone_key ON person (phone) WHERE active;
CREATE UNIQUE INDEX person_name_key ON person (lower(name));
CREATE TABLE sign_up (
    slot_id BIGINT NOT NULL REFERENCES slot (id),
    person_id BIGINT NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (slot_id, person_id)
);
CREATE TABLE node (
    id BIGINT PRIMARY KEY,
    parent_id BIGINT REFERENCES node (id) DEFERRABLE INITIALLY DEFERRED,
    code TEXT NOT NULL UNIQUE
);
CREATE TABLE kinds (
    id BIGINT PRIMARY KEY,
    n BIGINT, x DOUBLE PRECISION, b BOOLEAN, t TEXT, y BYTEA
);
CREATE TABLE log (id BIGINT PRIMARY KEY, twin BIGINT NOT NULL, text TEXT NOT NULL);
",
};

pub fn migrations() -> Vec<Migration> {
    let mut all = db::migrate::MIGRATIONS.to_vec();
    all.push(TABLES);
    all
}

pub fn clock() -> (Arc<ManualClock>, Arc<dyn Clock>) {
    let manual = Arc::new(ManualClock::new(START));
    (Arc::clone(&manual), manual)
}

pub fn benches() -> Vec<Bench> {
    benches_at(&clock().1)
}

pub fn benches_at(clock: &Arc<dyn Clock>) -> Vec<Bench> {
    if std::env::var("LINLI_TEST_PG").is_err() {
        println!("LINLI_TEST_PG is not set: only SQLite is tested");
    }
    Bench::all(&migrations(), clock, Bus::default).unwrap()
}

pub async fn add_slot(db: &Db, id: i64, quota: i64) {
    db.write(move |tx| tx.exec_one(sql!("INSERT INTO slot (id, quota) VALUES ($1, $2)"), args![id, quota]))
        .await
        .unwrap();
}

pub async fn add_person(db: &Db, id: i64, name: &str, phone: Option<&str>) -> Result<(), DbError> {
    let (name, phone) = (name.to_owned(), phone.map(str::to_owned));
    db.write(move |tx| {
        tx.exec_one(
            sql!("INSERT INTO person (id, city_no, name, phone) VALUES ($1, $2, $3, $4)"),
            args![id, format!("no{id}"), name, phone],
        )
    })
    .await
}

pub async fn count(db: &Db, table: &'static str) -> i64 {
    let mut query = db::Query::new("SELECT count(*) FROM");
    query.push(table);
    db.read(move |tx| tx.list::<(i64,)>(&query)).await.unwrap()[0].0
}

/// Takes a place; whether there was one.
pub fn take_place(tx: &mut db::WriteTx<'_>, slot: i64) -> Result<bool, DbError> {
    let taken: Option<(i64,)> = tx.first(
        sql!("UPDATE slot SET taken = taken + 1 WHERE id = $1 AND taken < quota RETURNING taken"),
        args![slot],
    )?;
    Ok(taken.is_some())
}
