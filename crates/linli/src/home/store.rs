//! SQL of the first page.

use std::collections::BTreeSet;

use db::{Db, DbError, ReadTx, args, row, sql};
use kernel::{Error, Period, Timestamp};
use service::{ActivityId, SessionId};

use crate::open;

row! {
    /// A session one can still sign up for.
    pub struct Next {
        session: SessionId, activity: ActivityId, title: String, title_en: String, starts_at: Timestamp,
        ends_at: Timestamp, quota: i64, taken: i64, place: String, org: String, org_en: String,
    }
}

impl Next {
    /// Its title in a language.
    #[must_use]
    pub fn title(&self, lang: &kernel::Lang) -> &str {
        if self.title_en.is_empty() { &self.title } else { lang.t(&self.title, &self.title_en) }
    }

    /// Who organises it, in a language.
    #[must_use]
    pub fn org(&self, lang: &kernel::Lang) -> &str {
        if self.org_en.is_empty() { &self.org } else { lang.t(&self.org, &self.org_en) }
    }

    /// How many places are free, for people.
    #[must_use]
    pub fn left(&self, lang: &kernel::Lang) -> String {
        lang.f("还有 {} 个名额", "{} places left", &[&(self.quota - self.taken)])
    }
}

/// The next sessions with a free place that everybody may join, one of each activity.
///
/// # Errors
/// Of the database.
pub fn session_next(tx: &mut ReadTx<'_>, limit: usize) -> Result<Vec<Next>, DbError> {
    let now = tx.now();
    // Some activities have several sessions a day; this many rows hold enough different ones.
    let rows = i64::try_from(limit * 6).unwrap_or(30);
    let mut next: Vec<Next> = tx.all(
        sql!(
            "SELECT s.id, a.id, a.title, a.title_en, s.starts_at, s.ends_at, s.quota, s.taken, a.place_public,
                o.name, o.name_en
             FROM session s JOIN activity a ON a.id = s.activity_id JOIN org o ON o.id = a.org_id
             WHERE s.state = 'open' AND s.starts_at > $1 AND s.sign_up_until > $1 AND s.taken < s.quota
                AND a.state = 'published' AND NOT a.members_only
             ORDER BY s.starts_at, s.id LIMIT $2"
        ),
        args![now, rows],
    )?;
    let mut seen = BTreeSet::new();
    next.retain(|one| seen.insert(one.activity));
    next.truncate(limit);
    Ok(next)
}

/// The city in one line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Figures {
    /// When it was counted, UTC milliseconds.
    pub at: i64,
    /// Registered volunteers (Add-03: claimed and not ended).
    pub people: i64,
    /// Teams that work.
    pub teams: i64,
    /// Stations that are open.
    pub stations: i64,
    /// Confirmed minutes of all time.
    pub minutes: i64,
}

impl Figures {
    /// The city in one line.
    #[must_use]
    pub fn line(&self, lang: &kernel::Lang) -> String {
        lang.f(
            "{} 名注册志愿者 · {} 支队伍 · {} 个站点 · 已确认 {} 小时服务",
            "{} registered volunteers · {} teams · {} stations · {} hours of service confirmed",
            &[&self.people, &self.teams, &self.stations, &(self.minutes / 60)],
        )
    }
}

const NAME: &str = "home_figures";
/// How old the figures may get, in milliseconds.
const AGE_MS: i64 = 600_000;

/// The figures as they were counted last; zero people before the first count.
///
/// # Errors
/// Of the database.
pub fn figures(tx: &mut ReadTx<'_>) -> Result<Figures, DbError> {
    let text = open::setting(tx, NAME)?.unwrap_or_default();
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

/// Counts the figures anew when they are old: every visitor's first page must not count a million rows.
///
/// # Errors
/// Of the database.
pub fn refresh_figures(db: &Db) -> Result<(), Error> {
    let counted = db.read_blocking(|tx| {
        let old = figures(tx)?;
        let now = tx.now();
        if old.at > now.0 - AGE_MS && old.at <= now.0 {
            return Ok::<_, Error>(None);
        }
        let (people, teams, stations, minutes): (i64, i64, i64, i64) = tx.one(
            sql!(concat!(
                "SELECT (SELECT count(*) FROM person p WHERE p.state = 'active' AND ",
                people::person_shown!(),
                "), (SELECT count(*) FROM org WHERE kind = 'team' AND state = 'open'),
                 (SELECT count(*) FROM org WHERE kind = 'station' AND state = 'open'),
                 (SELECT COALESCE(max(minutes), 0) FROM total
                    WHERE subject_kind = 'city' AND subject_id = 0 AND period = $1)"
            )),
            args![Period::All.key()],
        )?;
        Ok(Some(Figures { at: now.0, people, teams, stations, minutes }))
    })?;
    if let Some(counted) = counted {
        let text = serde_json::to_string(&counted).map_err(|e| Error::bug(e.to_string()))?;
        db.write_blocking(move |tx| open::put_setting(tx, NAME, &text))?;
    }
    Ok(())
}
