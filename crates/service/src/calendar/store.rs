//! What stands in calendars.

use db::{DbError, ReadTx, args, row, sql};
use kernel::time::DAY_MS;
use kernel::{OrgId, PersonId, Timestamp};

use super::ics::Event;

/// Days back and ahead that a calendar covers.
const BACK_DAYS: i64 = 30;
const AHEAD_DAYS: i64 = 180;
/// Days back that the calendar of a whole area covers: it has more sessions than a calendar has entries, and those
/// ahead are what it is looked at for.
const AREA_BACK_DAYS: i64 = 1;
/// Entries of a calendar.
const MOST: i64 = 500;

row! {
    /// Whose calendar.
    pub struct Org { id: OrgId, kind: String, name: String, area_path: String }

    struct Public {
        session: i64, sequence: i64, state: String, stamp: Timestamp, starts_at: Timestamp, ends_at: Timestamp,
        title: String, title_en: String, place: String, team: String, activity: i64,
    }

    struct Own {
        session: i64, sequence: i64, state: String, stamp: Timestamp, starts_at: Timestamp, ends_at: Timestamp,
        title: String, title_en: String, place: String, team: String, activity: i64, own_state: String,
        changed: Timestamp, meet_at: Option<Timestamp>, meet_place: Option<String>, wear: Option<String>,
        bring: Option<String>,
    }
}

/// An organisation.
///
/// # Errors
/// Of the database.
pub fn org(tx: &mut ReadTx<'_>, id: OrgId) -> Result<Option<Org>, DbError> {
    tx.first(sql!("SELECT id, kind, name, area_path FROM org WHERE id = $1"), args![id])
}

fn range(now: Timestamp) -> (Timestamp, Timestamp) {
    // Whole days, so that the text does not change with every minute.
    let today = Timestamp::at(now.date(), 0);
    (Timestamp(today.0 - BACK_DAYS * DAY_MS), Timestamp(today.0 + AHEAD_DAYS * DAY_MS))
}

/// The public sessions of a team, or of everything below a place; a station stands for its community.
///
/// # Errors
/// Of the database.
pub fn of_org(tx: &mut ReadTx<'_>, org: &Org) -> Result<Vec<Event>, DbError> {
    let (from, to) = range(tx.now());
    let rows: Vec<Public> = if org.kind == "team" || org.kind == "group" {
        tx.all(
            sql!(
                "SELECT s.id, s.version + a.version, s.state, COALESCE(a.published_at, a.created_at), s.starts_at,
                    s.ends_at, a.title, a.title_en, a.place_public, o.name, a.id
                 FROM activity a JOIN session s ON s.activity_id = a.id JOIN org o ON o.id = a.org_id
                 WHERE a.id IN (SELECT x.id FROM activity x WHERE x.org_id = $1 UNION ALL
                        SELECT c.activity_id FROM co_organiser c WHERE c.org_id = $1 AND c.state = 'agreed')
                    AND a.state <> 'draft' AND a.published_at IS NOT NULL AND s.state <> 'draft'
                    AND s.starts_at >= $2 AND s.starts_at < $3
                 ORDER BY s.starts_at, s.id LIMIT $4"
            ),
            args![org.id, from, to, MOST],
        )?
    } else {
        let mut path = org.area_path.clone();
        if org.kind == "station" {
            // The part after the last slash but one is the station itself.
            let parent = path.trim_end_matches('/').rfind('/').map_or(0, |at| at + 1);
            path.truncate(parent);
        }
        let end = format!("{path}~");
        let from = Timestamp(Timestamp::at(tx.now().date(), 0).0 - AREA_BACK_DAYS * DAY_MS);
        tx.all(
            sql!(
                "SELECT s.id, s.version + a.version, s.state, COALESCE(a.published_at, a.created_at), s.starts_at,
                    s.ends_at, a.title, a.title_en, a.place_public, o.name, a.id
                 FROM session s JOIN activity a ON a.id = s.activity_id JOIN org o ON o.id = a.org_id
                 WHERE s.state IN ('open', 'closed', 'submitted', 'recorded', 'cancelled')
                    AND s.starts_at >= $1 AND s.starts_at < $2 AND o.area_path >= $3 AND o.area_path < $4
                    AND a.published_at IS NOT NULL
                 ORDER BY s.starts_at, s.id LIMIT $5"
            ),
            args![from, to, path, end, MOST],
        )?
    };
    Ok(rows
        .into_iter()
        .map(|row| Event {
            session: row.session,
            sequence: row.sequence,
            cancelled: row.state == "cancelled",
            stamp: row.stamp,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            title: row.title,
            title_en: row.title_en,
            place: row.place,
            team: row.team,
            activity: row.activity,
            meet: None,
        })
        .collect())
}

/// A person's own sessions. What was given back stays as a cancelled entry: phones take it out then.
///
/// # Errors
/// Of the database.
pub fn of_person(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<Event>, DbError> {
    let (from, to) = range(tx.now());
    let rows: Vec<Own> = tx.all(
        sql!(
            "SELECT s.id, s.version + a.version, s.state, COALESCE(a.published_at, a.created_at), s.starts_at,
                s.ends_at, a.title, a.title_en, a.place_public, o.name, a.id, u.state,
                COALESCE(u.cancelled_at, u.created_at), t.meet_at, t.meet_place, t.wear, t.bring
             FROM sign_up u JOIN session s ON s.id = u.session_id JOIN activity a ON a.id = s.activity_id
                JOIN org o ON o.id = a.org_id LEFT JOIN trip t ON t.session_id = u.session_id
             WHERE u.person_id = $1 AND u.starts_at >= $2 AND u.starts_at < $3
             ORDER BY u.starts_at, u.id LIMIT $4"
        ),
        args![person, from, to, MOST],
    )?;
    let mut out: Vec<Event> = Vec::new();
    for row in rows {
        let given_back = row.own_state == "cancelled";
        let cancelled = given_back || row.state == "cancelled";
        match out.iter_mut().find(|event| event.session == row.session) {
            // Signed up, gave it back, signed up again: one entry, each step a higher number.
            Some(event) => {
                event.sequence += 1 + i64::from(given_back);
                event.cancelled = event.cancelled && cancelled;
                event.stamp = event.stamp.max(row.changed);
            }
            None => out.push(Event {
                meet: row.meet_at.zip(row.meet_place).map(|(at, place)| {
                    let things = [row.wear, row.bring].into_iter().flatten().filter(|one| !one.is_empty());
                    (at, place, things.collect::<Vec<_>>().join("；"))
                }),
                session: row.session,
                sequence: row.sequence + i64::from(given_back),
                cancelled,
                stamp: row.stamp.max(row.changed),
                starts_at: row.starts_at,
                ends_at: row.ends_at,
                title: row.title,
                title_en: row.title_en,
                place: row.place,
                team: row.team,
                activity: row.activity,
            }),
        }
    }
    Ok(out)
}
