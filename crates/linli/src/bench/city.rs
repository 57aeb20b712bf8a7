//! The city that benchmarks run in: people who are signed in, a thousand upcoming sessions, and a million
//! standings.

use std::sync::Arc;

use db::{Db, ReadTx, WriteTx, args, sql};
use kernel::{AccountId, Date, Error, OrgId, Period, PersonId, Timestamp};
use vault::Vault;

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Person {
    /// Who.
    pub id: PersonId,
    /// The cookie header.
    pub cookie: String,
    /// The check code of forms.
    pub csrf: String,
}

/// The city.
#[derive(Debug, Clone)]
pub struct City {
    /// Top of the tree.
    pub root: OrgId,
    /// Names of communities.
    pub communities: Vec<String>,
    /// People.
    pub people: Vec<Person>,
    /// Upcoming sessions, at different times.
    pub sessions: Vec<i64>,
}

/// The id of the first person.
pub const FIRST_PERSON: i64 = 1_000_000;
/// People signed in.
pub const PEOPLE: i64 = 20_000;
/// Upcoming sessions.
pub const SESSIONS: i64 = 1_000;

/// Builds it, with so many people (in thousands) and sessions.
///
/// # Errors
/// Of the database.
pub fn build(db: &Db, vault: &Arc<Vault>, count: i64, sessions: i64) -> Result<City, Error> {
    let (root, street, community, team) = (OrgId(1), OrgId(2), OrgId(3), OrgId(4));
    let names: Vec<String> = (0..20).map(|n| format!("第{n}社区")).collect();
    let listed = names.clone();
    db.write_blocking(move |tx| {
        org(tx, root, "city", "基准市", None, "/1/")?;
        org(tx, street, "street", "基准街道", Some(root), "/1/2/")?;
        org(tx, community, "community", "基准社区", Some(street), "/1/2/3/")?;
        org(tx, team, "team", "基准服务队", Some(community), "/1/2/3/4/")?;
        for (n, name) in (100_i64..).zip(&listed) {
            org(tx, OrgId(n), "community", name, Some(street), &format!("/1/2/{n}/"))?;
        }
        Ok::<_, Error>(())
    })?;
    let mut people = Vec::new();
    for block in 0..count / 1_000 {
        let made: Vec<(Person, Vec<u8>)> = (block * 1_000..(block + 1) * 1_000)
            .map(|n| {
                let token = vault.session_token();
                let hash = token.hash();
                let csrf = vault.signer.sign("csrf", &[hash.as_bytes()]);
                let cookie = format!("{}={}", ui::request::SESSION, token.text());
                (Person { id: PersonId(FIRST_PERSON + n), cookie, csrf }, hash.as_bytes().to_vec())
            })
            .collect();
        people.extend(made.iter().map(|(person, _)| person.clone()));
        db.write_blocking(move |tx| {
            let now = tx.now();
            for (person, hash) in &made {
                one_person(tx, person.id, hash, community, now)?;
            }
            Ok::<_, Error>(())
        })?;
    }
    let sessions: Vec<i64> = (0..sessions).map(|n| 5_000_000 + n).collect();
    let made = sessions.clone();
    db.write_blocking(move |tx| {
        let now = tx.now();
        for (n, session) in (0_i64..).zip(&made) {
            let start = Timestamp(now.0 + 86_400_000 + n * 7_200_000);
            one_session(tx, n, *session, team, community, start)?;
        }
        Ok::<_, Error>(())
    })?;
    Ok(City { root, communities: names, people, sessions })
}

fn org(
    tx: &mut WriteTx<'_>,
    id: OrgId,
    kind: &str,
    name: &str,
    parent: Option<OrgId>,
    path: &str,
) -> Result<(), Error> {
    let now = tx.now();
    tx.exec(
        sql!(
            "INSERT INTO org (id, kind, name, area_parent, area_path, state, created_at)
             VALUES ($1, $2, $3, $4, $5, 'open', $6)"
        ),
        args![id, kind, name, parent, path, now],
    )?;
    Ok(())
}

fn one_person(
    tx: &mut WriteTx<'_>,
    id: PersonId,
    hash: &[u8],
    home: OrgId,
    now: Timestamp,
) -> Result<(), Error> {
    let name = format!("基准{}", id.0);
    let born = Date::new(1990, 5, 17);
    tx.exec_later(
        sql!(
            "INSERT INTO person (id, volunteer_no, name, name_key, initials, birth_on, home_org, state, source, created_at)
             VALUES ($1, $2, $3, 'ji zhun', 'jz', $4, $5, 'active', 'self', $6)"
        ),
        args![id, format!("B{}", id.0), name, born, home, now],
    )?;
    tx.exec_later(
        sql!(
            "INSERT INTO account (id, person_id, name, state, created_at) VALUES ($1, $2, $3, 'active', $4)"
        ),
        args![AccountId(id.0), id, name, now],
    )?;
    let month = 30 * 86_400_000_i64;
    tx.exec_later(
        sql!(
            "INSERT INTO login_session (token_hash, account_id, created_at, seen_at, idle_ms, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)"
        ),
        args![hash, AccountId(id.0), now, now, month, Timestamp(now.0 + month)],
    )?;
    Ok(())
}

/// A session of ninety minutes with an activity of its own.
///
/// # Errors
/// Of the database.
pub(super) fn one_session(
    tx: &mut WriteTx<'_>,
    n: i64,
    session: i64,
    team: OrgId,
    community: OrgId,
    start: Timestamp,
) -> Result<(), Error> {
    let now = tx.now();
    let activity = session + 10_000_000;
    let end = start.plus_minutes(90);
    tx.exec(
        sql!(
            "INSERT INTO activity (id, org_id, community_id, title, category, kind, content, served_group, risks,
                contact_name, contact_phone, place_public, place_exact, state, created_at, published_at)
             VALUES ($1, $2, $3, $4, 'neighbour', 'service', $5, '社区居民', '注意交通安全', '联络员', '10200000000', $6,
                '社区活动室', 'published', $7, $8)"
        ),
        args![
            activity,
            team,
            community,
            format!("邻里守望志愿服务第{n}场"),
            "走访身边的老人，帮着买菜、读报、检查电器。",
            "基准街道基准社区",
            now,
            now
        ],
    )?;
    // So many places would make a large event, whose people sign an agreement first.
    let never = i64::MAX.to_string();
    for (name, value) in
        [("service.agreement", "{\"places\": 0}"), ("service.agreement.places", never.as_str())]
    {
        tx.exec(
            sql!("INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING"),
            args![name, value],
        )?;
    }
    tx.exec(
        sql!(
            "INSERT INTO session (id, activity_id, starts_at, ends_at, sign_up_until, quota, state, due_on)
             VALUES ($1, $2, $3, $4, $5, 1000000, 'open', $6)"
        ),
        args![session, activity, start, end, start, end.date().plus(14)],
    )?;
    Ok(())
}

/// Counts the booked places: every acknowledged sign-up must be there, and the counters must agree.
///
/// # Errors
/// When one is missing.
pub fn verify(db: &Db, acknowledged: u64) -> Result<(), Error> {
    let (rows, taken): (i64, i64) = db.read_blocking(|tx: &mut ReadTx<'_>| {
        let (rows,): (i64,) = tx.one(sql!("SELECT count(*) FROM sign_up WHERE state = 'booked'"), &[])?;
        let (taken,): (i64,) =
            tx.one(sql!("SELECT CAST(COALESCE(sum(taken), 0) AS BIGINT) FROM session"), &[])?;
        Ok::<_, Error>((rows, taken))
    })?;
    if rows < i64::try_from(acknowledged).unwrap_or(i64::MAX) {
        return Err(Error::bug(format!("{acknowledged} sign-ups were acknowledged, {rows} are there")));
    }
    if taken != rows {
        return Err(Error::bug(format!("{rows} places are booked, the counters say {taken}")));
    }
    Ok(())
}

/// A million people with minutes in the year, straight into the kept sums.
///
/// # Errors
/// Of the database.
pub fn standings(db: &Db, people: i64, today: Date) -> Result<(), Error> {
    let period = Period::Year(today).key();
    let mut counts = std::collections::BTreeMap::<(i64, i64), i64>::new();
    let mut from = 1_i64;
    while from <= people {
        let to = (from + 5_000).min(people + 1);
        let rows: Vec<(i64, i64)> = (from..to)
            .map(|id| {
                // Many with little, few with much.
                let mut x = u64::try_from(id).unwrap_or(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                x ^= x >> 29;
                let share = i64::try_from(x % 1_000_000).unwrap_or(1) + 1;
                (id, 15 + 3_000_000 / (share + 40))
            })
            .collect();
        for (_, minutes) in &rows {
            for level in 0..service::total::rank::LEVELS {
                *counts.entry((level, service::total::rank::bucket(*minutes, level))).or_default() += 1;
            }
        }
        db.write_blocking(move |tx| {
            for (id, minutes) in &rows {
                tx.exec_later(
                    sql!(
                        "INSERT INTO total (subject_kind, subject_id, period, minutes, records)
                         VALUES ('person', $1, $2, $3, 1)"
                    ),
                    args![id, period, minutes],
                )?;
            }
            Ok::<_, Error>(())
        })?;
        from = to;
    }
    db.write_blocking(move |tx| {
        for ((level, bucket), people) in &counts {
            tx.exec_later(
                sql!("INSERT INTO rank_count (period, level, bucket, people) VALUES ($1, $2, $3, $4)"),
                args![period, level, bucket, people],
            )?;
        }
        Ok::<_, Error>(())
    })
}
