//! Questions about the sessions somebody can take.

use db::{DbError, Query, ReadTx, args, row, sql};
use kernel::{Date, OrgId, PersonId, Timestamp};

use super::rules::{self, Served};
use crate::activity::Entry;
use crate::reserve::store::HELD;
use crate::sign_up::SignUpState;
use crate::{ActivityId, SessionId};

/// How many activities a search of words narrows the list to.
const FOUND: i64 = 200;
/// How many sessions suggestions are chosen from, and over how many days.
const CHOICE: i64 = 60;
const CHOICE_DAYS: i64 = 14;
/// How many services of the past are looked at.
const PAST: i64 = 100;
/// How many sessions two people served in together before they count as companions (Chk-08).
const OFTEN: i64 = 3;

row! {
    /// Who looks for a session.
    pub struct Taker {
        id: PersonId, birth_on: Option<Date>, active: bool, home_org: OrgId, home_kind: Option<String>,
        home_path: Option<String>, lon: Option<f64>, lat: Option<f64>, together: bool,
    }

    /// A session that could be taken.
    pub struct Free {
        session_id: SessionId, activity_id: ActivityId, starts_at: Timestamp, ends_at: Timestamp,
        sign_up_until: Timestamp, quota: i64, taken: i64, title: String, category: String,
        place_public: String, org_id: OrgId, org_name: String, members_only: bool, has_posts: bool,
        lon: Option<f64>, lat: Option<f64>, entry: Entry, day: i64, near: i64, skill: Option<String>,
        held: i64,
    }

    /// What was just taken.
    pub struct Just {
        session_id: SessionId, activity_id: ActivityId, title: String, starts_at: Timestamp, ends_at: Timestamp,
        state: SignUpState,
    }
}

/// Who looks for a session.
///
/// # Errors
/// Of the database.
pub fn taker(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Option<Taker>, DbError> {
    tx.first(
        sql!(
            "SELECT p.id, p.birth_on, p.state = 'active', p.home_org, h.kind, h.area_path, h.lon, h.lat,
                EXISTS (SELECT 1 FROM consent c WHERE c.person_id = p.id AND c.purpose = 'together'
                    AND c.withdrawn_at IS NULL)
             FROM person p LEFT JOIN org h ON h.id = p.home_org WHERE p.id = $1"
        ),
        args![person],
    )
}

/// The part of the city that counts as one's street: the parent of a community, the street itself.
#[must_use]
pub fn street_path(taker: &Taker) -> Option<String> {
    let path = taker.home_path.as_deref()?;
    match taker.home_kind.as_deref()? {
        "street" => Some(path.to_owned()),
        "community" => {
            let end = path.trim_end_matches('/').rfind('/')?;
            path.get(..=end).map(str::to_owned)
        }
        _ => None,
    }
}

/// What narrows the list.
#[derive(Debug, Clone, Default)]
pub struct Narrow {
    /// Category code; a parent includes its children.
    pub category: Option<String>,
    /// Area path of a street or community in which it takes place.
    pub area_path: Option<String>,
    /// Not before this moment.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
    /// Full ones too, for the waiting list.
    pub full: bool,
    /// Words of title, team or category.
    pub words: String,
    /// Keyset: day, nearness, start and id of the last row seen.
    pub after: Option<Cursor>,
}

/// A place in the list: local day, nearness, start, id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor(pub i64, pub i64, pub i64, pub i64);

impl Cursor {
    /// Of a row.
    #[must_use]
    pub fn of(row: &Free) -> Self {
        Self(row.day, row.near, row.starts_at.0, row.session_id.0)
    }

    /// `day~near~start~id`.
    #[must_use]
    pub fn text(self) -> String {
        format!("{}~{}~{}~{}", self.0, self.1, self.2, self.3)
    }

    /// Reads it; a damaged one starts from the beginning.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('~').map(|part| part.parse::<i64>().ok());
        let mut next = || parts.next().flatten();
        Some(Self(next()?, next()?, next()?, next()?))
    }
}

/// The inner question: everything that can be taken from a moment on, with day and nearness.
fn question(
    taker: Option<&Taker>,
    narrow: &Narrow,
    found: Option<&[i64]>,
    now: Timestamp,
    from: Timestamp,
) -> Query {
    let mut list = Query::new(
        "SELECT * FROM (SELECT s.id, a.id AS activity, s.starts_at, s.ends_at, s.sign_up_until, s.quota, s.taken,
            a.title, a.category, a.place_public, a.org_id, o.name, a.members_only,
            EXISTS (SELECT 1 FROM post p WHERE p.session_id = s.id) AS posts, a.lon, a.lat, a.entry,
            (s.starts_at + 28800000) / 86400000 AS day, ",
    );
    match taker {
        Some(one) => {
            list.with("CAST(CASE WHEN a.community_id = {} THEN 0", &[&one.home_org]);
            if let Some(path) = street_path(one) {
                let end = format!("{path}~");
                list.with(
                    "WHEN COALESCE(c.area_path, o.area_path) >= {} AND COALESCE(c.area_path, o.area_path) < {} THEN 1",
                    &[&path, &end],
                );
            }
            if let (Some(lon), Some(lat)) = (one.lon, one.lat) {
                let stretch = rules::stretch(lat).powi(2);
                let limit = rules::degrees_squared(rules::NEAR_METRES);
                list.with(
                    "WHEN (a.lon - {}) * (a.lon - {}) * {} + (a.lat - {}) * (a.lat - {}) < {} THEN 1",
                    &[&lon, &lon, &stretch, &lat, &lat, &limit],
                );
            }
            list.with(
                "ELSE 2 END AS BIGINT) AS near, (SELECT min(k.skill) FROM activity_skill k JOIN person_skill h
                    ON h.skill = k.skill WHERE k.activity_id = a.id AND h.person_id = {}) AS skill",
                &[&one.id],
            );
        }
        None => {
            list.push("CAST(2 AS BIGINT) AS near, CAST(NULL AS TEXT) AS skill");
        }
    }
    let person = taker.map_or(PersonId(0), |one| one.id);
    // Places that are kept for others cannot be taken.
    let of_others: [&dyn db::ToValue; 4] = [&now, &now, &person, &person];
    list.push(",").with(HELD, &of_others).push("AS held");
    list.push("FROM session s JOIN activity a ON a.id = s.activity_id JOIN org o ON o.id = a.org_id");
    list.push("LEFT JOIN org c ON c.id = a.community_id WHERE s.state = 'open' AND a.state = 'published'");
    // What one cannot ask for either is for the invited alone.
    list.with(
        "AND (a.entry <> 'invitation' OR EXISTS (SELECT 1 FROM invitation i WHERE i.activity_id = a.id
            AND i.person_id = {} AND i.state = 'open' AND i.expires_at > {}))",
        &[&person, &now],
    );
    list.with("AND s.starts_at > {} AND s.sign_up_until > {}", &[&from, &now]);
    list.with_some("AND s.starts_at < {}", narrow.to.as_ref());
    if !narrow.full {
        list.push("AND s.taken < s.quota AND s.taken +").with(HELD, &of_others).push("< s.quota");
    }
    if let Some(category) = &narrow.category {
        let (low, high) = (format!("{category}."), format!("{category}.~"));
        list.with("AND (a.category = {} OR (a.category > {} AND a.category < {}))", &[category, &low, &high]);
    }
    if let Some(path) = &narrow.area_path {
        let end = format!("{path}~");
        list.with(
            "AND COALESCE(c.area_path, o.area_path) >= {} AND COALESCE(c.area_path, o.area_path) < {}",
            &[path, &end],
        );
    }
    if let Some(ids) = found {
        list.push("AND a.id IN (");
        for (at, id) in ids.iter().enumerate() {
            list.with(if at == 0 { "{}" } else { ", {}" }, &[id]);
        }
        list.push(")");
    }
    if let Some(one) = taker {
        conditions(&mut list, one, now);
    }
    list.push(") AS x");
    list
}

/// The conditions of [`crate::sign_up::rules::decide`], as far as they concern the person.
fn conditions(list: &mut Query, one: &Taker, now: Timestamp) {
    if let Some(birth) = one.birth_on {
        let today = now.date();
        let age = birth.age(today);
        let [next, then] = rules::birthdays_ahead(birth, today);
        if age < people::guardian::rules::ADULT {
            list.push("AND a.hazard_level = 'none'");
        }
        list.with(
            "AND a.min_age <= CAST({} AS BIGINT) + CASE WHEN s.starts_at >= {} THEN 2 WHEN s.starts_at >= {} THEN 1 ELSE 0 END",
            &[&age, &then, &next],
        );
    }
    list.with(
        "AND NOT EXISTS (SELECT 1 FROM sign_up u WHERE u.person_id = {} AND u.starts_at < s.ends_at
            AND u.starts_at > s.starts_at - 86400000 AND u.ends_at > s.starts_at
            AND u.state IN ('booked', 'attended'))
         AND (NOT a.members_only OR a.org_id = {} OR EXISTS (SELECT 1 FROM member m
            WHERE m.org_id = a.org_id AND m.person_id = {} AND m.state = 'member'))
         AND NOT EXISTS (SELECT 1 FROM activity_skill k WHERE k.activity_id = a.id
            AND NOT EXISTS (SELECT 1 FROM person_skill h WHERE h.person_id = {} AND h.skill = k.skill))",
        &[&one.id, &one.home_org, &one.id, &one.id],
    );
    list.with(crate::qualified::store::CAN, &[&one.id]);
}

/// Sessions that can be taken, soonest day first and within a day nearest first; two statements, and one or two more
/// when words are looked for. The first finds the day on which the page ends, so that the second sorts a few days
/// and never the whole year.
///
/// # Errors
/// Of the database.
pub fn free(
    tx: &mut ReadTx<'_>,
    taker: Option<&Taker>,
    narrow: &Narrow,
    limit: i64,
) -> Result<Vec<Free>, DbError> {
    let now = tx.now();
    if taker.is_some_and(|one| !one.active) {
        return Ok(Vec::new());
    }
    let found: Option<Vec<i64>> = if narrow.words.is_empty() {
        None
    } else {
        let hits = db::search::find(tx, &narrow.words, &["activity"], FOUND)?;
        if hits.is_empty() {
            return Ok(Vec::new());
        }
        Some(hits.iter().map(|hit| hit.object_id).collect())
    };
    let mut from = narrow.from.map_or(now, |from| from.max(now));
    if let Some(after) = narrow.after {
        // The day of the last row seen may have farther rows left that start earlier.
        from = from.max(Timestamp(Timestamp::at(Date::from_days(after.0), 0).0 - 1));
    }
    let beyond = |list: &mut Query| {
        if let Some(Cursor(day, near, start, id)) = narrow.after {
            list.with("WHERE (day, near, starts_at, id) > ({}, {}, {}, {})", &[&day, &near, &start, &id]);
        }
    };
    let mut last = question(taker, narrow, found.as_deref(), now, from);
    beyond(&mut last);
    let skip = limit - 1;
    last.with("ORDER BY starts_at, id LIMIT 1 OFFSET {}", &[&skip]);
    let mut end: Option<Timestamp> = None;
    tx.each_of(&last, |row| {
        end = Some(row.get(2)?);
        Ok(())
    })?;
    let mut narrow_end = narrow.clone();
    if let Some(end) = end {
        let midnight = Timestamp::at(end.date().plus(1), 0);
        narrow_end.to = Some(narrow.to.map_or(midnight, |to| to.min(midnight)));
    }
    let mut list = question(taker, &narrow_end, found.as_deref(), now, from);
    beyond(&mut list);
    list.with("ORDER BY day, near, starts_at, id LIMIT {}", &[&limit]);
    tx.list(&list)
}

/// What suggestions are chosen from: the next two weeks, soonest first.
///
/// # Errors
/// Of the database.
pub fn choice(tx: &mut ReadTx<'_>, taker: &Taker) -> Result<Vec<Free>, DbError> {
    let now = tx.now();
    if !taker.active {
        return Ok(Vec::new());
    }
    let to = Timestamp(now.0 + CHOICE_DAYS * kernel::time::DAY_MS);
    let narrow = Narrow { to: Some(to), ..Narrow::default() };
    let mut list = question(Some(taker), &narrow, None, now, now);
    list.with("ORDER BY starts_at, id LIMIT {}", &[&CHOICE]);
    tx.list(&list)
}

/// How many of those with whom the person served in at least [`OFTEN`] sessions of the last year take part in each of
/// these sessions. Nothing is asked unless the person agreed to such hints, and only those count who agreed as well
/// (Chk-08).
///
/// # Errors
/// Of the database.
pub fn companions(
    tx: &mut ReadTx<'_>,
    taker: &Taker,
    sessions: &[SessionId],
) -> Result<Vec<(SessionId, i64)>, DbError> {
    if !taker.together || sessions.is_empty() {
        return Ok(Vec::new());
    }
    let since = tx.now().date().plus(-365);
    let mut list = Query::new("SELECT u.session_id, count(*) FROM sign_up u WHERE u.session_id IN (");
    for (at, session) in sessions.iter().enumerate() {
        list.with(if at == 0 { "{}" } else { ", {}" }, &[session]);
    }
    list.with(
        ") AND u.state = 'booked' AND u.person_id IN (SELECT r.person_id FROM record own
            JOIN record r ON r.session_id = own.session_id AND r.state <> 'void' AND r.person_id <> own.person_id
            WHERE own.person_id = {} AND own.service_on >= {} AND own.state <> 'void'
            GROUP BY r.person_id HAVING count(*) >= {})
         AND EXISTS (SELECT 1 FROM consent c WHERE c.person_id = u.person_id AND c.purpose = 'together'
            AND c.withdrawn_at IS NULL)
         GROUP BY u.session_id",
        &[&taker.id, &since, &OFTEN],
    );
    tx.list(&list)
}

/// What the person has served, latest first.
///
/// # Errors
/// Of the database.
pub fn served(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<Served>, DbError> {
    let rows: Vec<(ActivityId, OrgId, Date)> = tx.all(
        sql!(
            "SELECT activity_id, team_id, service_on FROM record WHERE person_id = $1
             ORDER BY service_on DESC, id DESC LIMIT $2"
        ),
        args![person, PAST],
    )?;
    Ok(rows.into_iter().map(|(activity, team, on)| Served { activity, team, on }).collect())
}

/// Streets to filter by.
///
/// # Errors
/// Of the database.
pub fn streets(tx: &mut ReadTx<'_>) -> Result<Vec<(OrgId, String, String)>, DbError> {
    tx.all(
        sql!(
            "SELECT id, name, area_path FROM org WHERE kind = 'street' AND state = 'open'
             ORDER BY area_path, id LIMIT 300"
        ),
        args![],
    )
}

/// The person's own place in a session, for saying what was just taken.
///
/// # Errors
/// Of the database.
pub fn just(tx: &mut ReadTx<'_>, person: PersonId, session: SessionId) -> Result<Option<Just>, DbError> {
    tx.first(
        sql!(
            "SELECT u.session_id, a.id, a.title, u.starts_at, u.ends_at, u.state
             FROM sign_up u JOIN session s ON s.id = u.session_id JOIN activity a ON a.id = s.activity_id
             WHERE u.session_id = $1 AND u.person_id = $2 AND u.state = 'booked'"
        ),
        args![session, person],
    )
}
