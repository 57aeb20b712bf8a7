//! What came of a campaign, by the dictionary of figures (Add-03), and its calendar. Whatever its size: three questions
//! for its lines and all of it, two for its teams.

use db::{DbError, ReadTx, args, row, sql};
use kernel::{Date, Lang, OrgId, Timestamp};

use super::rules::Sums;
use super::store::Campaign;
use crate::activity::SessionState;
use crate::total::figures::{Amount, Shown, definition, shown};
use crate::{ActivityId, CampaignId, CampaignLineId, SessionId};

row! {
    struct Held { line: Option<CampaignLineId>, activities: i64, sessions: i64, attendances: i64 }

    struct Given { line: Option<CampaignLineId>, persons: i64, minutes: i64 }

    /// What a team did.
    pub struct TeamSums {
        org_id: OrgId, name: String, activities: i64, sessions: i64, attendances: i64,
    }

    /// A session of the calendar.
    pub struct Occasion {
        session_id: SessionId, activity_id: ActivityId, title: String, org_name: String, place_public: String,
        starts_at: Timestamp, ends_at: Timestamp, quota: i64, taken: i64, state: SessionState,
    }
}

/// What came of a campaign: all of it, and each line; activities without a line are in the whole alone.
#[derive(Debug, Clone, Default)]
pub struct Reached {
    /// All of it.
    pub whole: Sums,
    lines: Vec<(Option<CampaignLineId>, Sums)>,
}

impl Reached {
    /// What came of a line.
    #[must_use]
    pub fn of(&self, line: CampaignLineId) -> Sums {
        self.lines.iter().find(|one| one.0 == Some(line)).map_or(Sums::default(), |one| one.1)
    }
}

fn span(c: &Campaign) -> (Timestamp, Timestamp) {
    (Timestamp::at(c.from_on, 0), Timestamp::at(c.to_on.plus(1), 0))
}

/// What came of a campaign so far. Periods are attributed by the start of the session, as everywhere.
///
/// # Errors
/// Of the database.
pub fn reached(tx: &mut ReadTx<'_>, c: &Campaign) -> Result<Reached, DbError> {
    let (from, to) = span(c);
    let held: Vec<Held> = tx.all(
        sql!(
            "SELECT x.line_id, count(DISTINCT s.activity_id), count(DISTINCT s.id), count(*) FROM campaign_activity x
                JOIN session s ON s.activity_id = x.activity_id
                JOIN sign_up u ON u.session_id = s.id AND u.state = 'attended'
             WHERE x.campaign_id = $1 AND s.starts_at >= $2 AND s.starts_at < $3 GROUP BY x.line_id ORDER BY x.line_id"
        ),
        args![c.id, from, to],
    )?;
    let given: Vec<Given> = tx.all(
        sql!(
            "SELECT x.line_id, count(DISTINCT r.person_id), CAST(sum(r.minutes) AS BIGINT) FROM campaign_activity x
                JOIN session s ON s.activity_id = x.activity_id
                JOIN record r ON r.session_id = s.id AND r.state = 'confirmed'
             WHERE x.campaign_id = $1 AND s.starts_at >= $2 AND s.starts_at < $3 GROUP BY x.line_id ORDER BY x.line_id"
        ),
        args![c.id, from, to],
    )?;
    // People who served in several lines are one person.
    let (persons,): (i64,) = tx.one(
        sql!(
            "SELECT count(DISTINCT r.person_id) FROM campaign_activity x JOIN session s ON s.activity_id = x.activity_id
                JOIN record r ON r.session_id = s.id AND r.state = 'confirmed'
             WHERE x.campaign_id = $1 AND s.starts_at >= $2 AND s.starts_at < $3"
        ),
        args![c.id, from, to],
    )?;
    let mut out = Reached::default();
    for one in held {
        out.whole.activities += one.activities;
        out.whole.sessions += one.sessions;
        out.whole.attendances += one.attendances;
        let sums = Sums {
            activities: one.activities,
            sessions: one.sessions,
            attendances: one.attendances,
            ..Sums::default()
        };
        out.lines.push((one.line, sums));
    }
    for one in given {
        out.whole.minutes += one.minutes;
        match out.lines.iter_mut().find(|have| have.0 == one.line) {
            Some(have) => (have.1.persons, have.1.minutes) = (one.persons, one.minutes),
            None => out
                .lines
                .push((one.line, Sums { persons: one.persons, minutes: one.minutes, ..Sums::default() })),
        }
    }
    out.whole.persons = persons;
    Ok(out)
}

/// The sums under the names of the dictionary, in its words.
#[must_use]
pub fn named(lang: Lang, sums: &Sums) -> Vec<Shown> {
    [
        ("sessions", sums.sessions),
        ("attendances", sums.attendances),
        ("persons", sums.persons),
        ("minutes", sums.minutes),
    ]
    .into_iter()
    .filter_map(|(code, n)| definition(code).map(|figure| shown(lang, figure, Amount { n, of: None })))
    .collect()
}

/// What each team did, most attendances first, with its confirmed minutes.
///
/// # Errors
/// Of the database.
pub fn by_team(tx: &mut ReadTx<'_>, c: &Campaign) -> Result<Vec<(TeamSums, i64)>, DbError> {
    let (from, to) = span(c);
    let teams: Vec<TeamSums> = tx.all(
        sql!(
            "SELECT o.id, o.name, count(DISTINCT s.activity_id), count(DISTINCT s.id), count(*) FROM campaign_activity x
                JOIN activity a ON a.id = x.activity_id JOIN org o ON o.id = a.org_id
                JOIN session s ON s.activity_id = a.id
                JOIN sign_up u ON u.session_id = s.id AND u.state = 'attended'
             WHERE x.campaign_id = $1 AND s.starts_at >= $2 AND s.starts_at < $3
             GROUP BY o.id, o.name ORDER BY count(*) DESC, o.id LIMIT 500"
        ),
        args![c.id, from, to],
    )?;
    let minutes: Vec<(OrgId, i64)> = tx.all(
        sql!(
            "SELECT a.org_id, CAST(sum(r.minutes) AS BIGINT) FROM campaign_activity x
                JOIN activity a ON a.id = x.activity_id JOIN session s ON s.activity_id = a.id
                JOIN record r ON r.session_id = s.id AND r.state = 'confirmed'
             WHERE x.campaign_id = $1 AND s.starts_at >= $2 AND s.starts_at < $3
             GROUP BY a.org_id ORDER BY a.org_id LIMIT 2000"
        ),
        args![c.id, from, to],
    )?;
    Ok(teams
        .into_iter()
        .map(|team| {
            let given = minutes.iter().find(|one| one.0 == team.org_id).map_or(0, |one| one.1);
            (team, given)
        })
        .collect())
}

/// Sessions of a campaign's published activities that start on days of a span, soonest first.
///
/// # Errors
/// Of the database.
pub fn occasions(
    tx: &mut ReadTx<'_>,
    campaign: CampaignId,
    (from, to): (Date, Date),
    limit: i64,
) -> Result<Vec<Occasion>, DbError> {
    let (start, stop) = (Timestamp::at(from, 0), Timestamp::at(to.plus(1), 0));
    tx.all(
        sql!(
            "SELECT s.id, a.id, a.title, o.name, a.place_public, s.starts_at, s.ends_at, s.quota, s.taken, s.state
             FROM campaign_activity x JOIN activity a ON a.id = x.activity_id JOIN org o ON o.id = a.org_id
                JOIN session s ON s.activity_id = a.id
             WHERE x.campaign_id = $1 AND a.state = 'published' AND s.state NOT IN ('draft', 'cancelled')
                AND s.starts_at >= $2 AND s.starts_at < $3
             ORDER BY s.starts_at, s.id LIMIT $4"
        ),
        args![campaign, start, stop, limit],
    )
}
