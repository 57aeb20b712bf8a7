//! Check-ins by the rotating code: sessions that run now with everybody's place in them, the requests that phones
//! send, and the bare handler that writes the same rows.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use db::{Db, ReadTx, WriteTx, args, sql};
use kernel::{Clock, Error, OrgId, PersonId};
use loadgen::{Answer, Source};
use vault::{Vault, rotating};

use super::city::{self, City, Person};

/// Sessions that run now.
const SESSIONS: i64 = 1_000;
/// Their first id.
const FIRST: i64 = 7_000_000;

/// Sessions that run now, each with so many booked places.
#[derive(Debug, Clone, Copy)]
pub struct Doors {
    /// Places in each session.
    per: i64,
    people: i64,
}

impl Doors {
    /// Opens them: sessions that began ten minutes ago and places in them, straight into the tables. Nobody could
    /// really hold places in so many at once; a check-in asks only after its own.
    ///
    /// # Errors
    /// Of the database.
    pub fn open(db: &Db, city: &City, per: i64) -> Result<Self, Error> {
        let people = i64::try_from(city.people.len()).unwrap_or(0);
        let doors = Self { per: per.min(people), people };
        db.write_blocking(move |tx| {
            let start = tx.now().plus_minutes(-10);
            for n in 0..SESSIONS {
                city::one_session(tx, n, FIRST + n, OrgId(4), OrgId(3), start)?;
            }
            Ok::<_, Error>(())
        })?;
        for block in 0..SESSIONS / 10 {
            db.write_blocking(move |tx| {
                for n in block * 10..(block + 1) * 10 {
                    for slot in 0..doors.per {
                        doors.place(tx, n, slot)?;
                    }
                }
                Ok::<_, Error>(())
            })?;
        }
        Ok(doors)
    }

    /// Who holds place `slot` of session `n`: different people in one session.
    fn holder(self, n: i64, slot: i64) -> i64 {
        (slot * (self.people / self.per.max(1)).max(1) + n * 7) % self.people.max(1)
    }

    fn place(self, tx: &mut WriteTx<'_>, n: i64, slot: i64) -> Result<(), Error> {
        let start = tx.now().plus_minutes(-10);
        tx.exec_later(
            sql!(
                "INSERT INTO sign_up (id, session_id, person_id, team_id, state, starts_at, ends_at, source, created_at)
                 VALUES ($1, $2, $3, 4, 'booked', $4, $5, 'demo', $4)"
            ),
            args![
                8_000_000_000_000_000 + n * 1_000_000 + slot,
                FIRST + n,
                city::FIRST_PERSON + self.holder(n, slot),
                start,
                start.plus_minutes(90)
            ],
        )?;
        Ok(())
    }

    /// Session and holder of the nth check-in: one session after the other, so that no session is everybody's.
    fn nth(self, nth: i64) -> Option<(i64, i64)> {
        let (n, slot) = (nth % SESSIONS, nth / SESSIONS);
        (slot < self.per).then(|| (FIRST + n, self.holder(n, slot)))
    }

    /// As [`Doors::nth`], counted from the other end.
    fn nth_back(self, nth: i64) -> Option<(i64, i64)> {
        self.nth((SESSIONS * self.per).checked_sub(nth + 1).filter(|left| *left >= 0)?)
    }
}

/// Everybody checks in with the code of the moment, each with a phone of their own.
pub struct CheckIns {
    doors: Doors,
    people: Vec<Person>,
    host: String,
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
    /// The tag of each session, with the step it belongs to.
    tags: Vec<(i64, String)>,
    sent: i64,
    acknowledged: u64,
}

impl CheckIns {
    /// Of a city with open doors.
    #[must_use]
    pub fn new(doors: Doors, city: &City, host: &str, vault: Arc<Vault>, clock: Arc<dyn Clock>) -> Self {
        let people = city
            .people
            .iter()
            .map(|one| Person {
                cookie: format!("{}; {}={:032x}", one.cookie, ui::request::VISITOR, one.id.0),
                ..one.clone()
            })
            .collect();
        let tags = (0..SESSIONS).map(|_| (0, String::new())).collect();
        Self { doors, people, host: host.to_owned(), vault, clock, tags, sent: 0, acknowledged: 0 }
    }

    /// How many were answered with success.
    #[must_use]
    pub const fn acknowledged(&self) -> u64 {
        self.acknowledged
    }
}

impl Source for CheckIns {
    fn next(&mut self, _: usize, out: &mut Vec<u8>) -> bool {
        let Some((session, holder)) = self.doors.nth(self.sent) else { return false };
        let Some(person) = usize::try_from(holder).ok().and_then(|at| self.people.get(at)) else {
            return false;
        };
        let Some(tag) = usize::try_from(session - FIRST).ok().and_then(|at| self.tags.get_mut(at)) else {
            return false;
        };
        // The code changes while the load runs: what is sent is what the screen at the door shows now.
        let now = self.clock.now().0;
        if tag.0 != now.div_euclid(rotating::STEP_MS) {
            let code = rotating::current(&self.vault.rotating, session, now);
            *tag = (code.step, code.tag);
        }
        self.sent += 1;
        loadgen::write_post_form(
            out,
            &format!("/k/{session}.{}", tag.1),
            &self.host,
            Some(&person.cookie),
            &[("_csrf", &person.csrf), ("way", "in")],
        );
        true
    }

    fn done(&mut self, _: usize, answer: &Answer<'_>) {
        if answer.status == 303 {
            self.acknowledged += 1;
        }
    }

    fn wants_body(&self, _: usize) -> bool {
        false
    }
}

/// The same rows through the bare handler, from the other end.
pub struct BareCheckIns {
    doors: Doors,
    host: String,
    sent: i64,
}

impl BareCheckIns {
    /// Of open doors.
    #[must_use]
    pub fn new(doors: Doors, host: &str) -> Self {
        Self { doors, host: host.to_owned(), sent: 0 }
    }
}

impl Source for BareCheckIns {
    fn next(&mut self, _: usize, out: &mut Vec<u8>) -> bool {
        let Some((session, holder)) = self.doors.nth_back(self.sent) else { return false };
        self.sent += 1;
        let path = format!("/bare-in?n={}&p={}&s={session}", self.sent, city::FIRST_PERSON + holder);
        loadgen::write_post_form(out, &path, &self.host, None, &[]);
        true
    }

    fn wants_body(&self, _: usize) -> bool {
        false
    }
}

/// Writes what a check-in writes, into the same tables and indexes: the place attended, the stay.
pub(super) async fn bare(State(db): State<Db>, Query(row): Query<super::load::Row>) -> StatusCode {
    let written = db
        .write(move |tx| {
            let now = tx.now();
            tx.exec_later(
                sql!("UPDATE sign_up SET state = 'attended' WHERE session_id = $1 AND person_id = $2 AND state <> 'cancelled'"),
                args![row.s, row.p],
            )?;
            let device: Vec<u8> = row.p.to_be_bytes().iter().copied().cycle().take(32).collect();
            tx.exec_later(
                sql!(
                    "INSERT INTO check_in (id, session_id, person_id, in_at, in_method, by_account, device, created_at)
                     VALUES ($1, $2, $3, $4, 'code', $5, $6, $7)"
                ),
                args![9_100_000_000_000_000 + row.n, row.s, PersonId(row.p), now, row.p, device, now],
            )?;
            Ok::<_, Error>(())
        })
        .await;
    if written.is_ok() { StatusCode::NO_CONTENT } else { StatusCode::INTERNAL_SERVER_ERROR }
}

/// Counts the stays: every acknowledged check-in must be there, once, and its place attended.
///
/// # Errors
/// When one is missing.
pub fn verify(db: &Db, acknowledged: u64) -> Result<(), Error> {
    let (stays, attended): (i64, i64) = db.read_blocking(|tx: &mut ReadTx<'_>| {
        let (stays,): (i64,) =
            tx.one(sql!("SELECT count(*) FROM check_in WHERE in_method = 'code' AND out_at IS NULL"), &[])?;
        let (attended,): (i64,) =
            tx.one(sql!("SELECT count(*) FROM sign_up WHERE state = 'attended'"), &[])?;
        Ok::<_, Error>((stays, attended))
    })?;
    if stays < i64::try_from(acknowledged).unwrap_or(i64::MAX) || stays != attended {
        return Err(Error::bug(format!(
            "{acknowledged} check-ins were acknowledged, {stays} stays are there, {attended} places attended"
        )));
    }
    Ok(())
}
