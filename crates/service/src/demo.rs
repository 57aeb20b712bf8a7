//! The service of the demo city: its activities, sessions, sign-ups, attendance and records of fourteen
//! months, written from [`demo_city::DemoCity`]. What is older than ten days is confirmed; of the last
//! ten days some waits for the station, and one team has a roll to close, so that every role finds
//! something to do.

mod campaigns;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use db::{Db, DbError, WriteTx, args, sql};
use demo_city::{ActivityKind, Attendance, ClaimState, DemoCity, Method, SignUp, StateHint};
use kernel::{AccountId, Calendar, Date, Error, OrgId, PersonId, Timestamp};
use people::demo::{Cast, Filled, Loader, day, scatter};

use crate::attendance::paper::{SheetId, store as paper};
use crate::co_organiser::{CoState, store as co_organiser};
use crate::trip::{TripRole, store as trip};
use crate::{ActivityId, CheckInId, PostId, RecordId, SessionGroupId, SessionId, SignUpId};

/// Sessions that ended at most this many days ago may still wait for the station.
const WAITING_DAYS: i64 = 10;

/// Everything that streams out of the city, kept once, and who plays the roles.
#[derive(Debug)]
pub struct Plan {
    attendances: Vec<Attendance>,
    sign_ups: Vec<SignUp>,
    /// Who plays the roles.
    pub cast: Cast,
}

impl Plan {
    /// Reads the city's streams and chooses the cast: a busy team of a community with an open station,
    /// and a volunteer with a long record and sign-ups to come.
    #[must_use]
    pub fn new(city: &DemoCity) -> Self {
        let attendances: Vec<Attendance> = city.attendances().collect();
        let sign_ups: Vec<SignUp> = city.sign_ups().collect();
        let mut teams = vec![0_usize; city.teams.len()];
        let today = day(city.today);
        for activity in &city.activities {
            let near =
                activity.sessions.iter().filter(|one| (day(one.date).days() - today.days()).abs() <= 14);
            if let Some(slot) = teams.get_mut(activity.team) {
                *slot += near.count() + 1;
            }
        }
        let home = |team: usize| {
            let index = city.teams.get(team)?.community?;
            city.place.communities.get(index)?.station.as_ref().map(|_| index)
        };
        let busiest = (0..city.teams.len())
            .filter_map(|team| home(team).map(|community| (teams.get(team), team, community)))
            .max_by_key(|(count, team, _)| (*count, std::cmp::Reverse(*team)));
        let (team, community) = busiest.map_or((0, 0), |(_, team, community)| (team, community));
        let mut served = vec![0_usize; city.size.volunteers()];
        for seen in &attendances {
            if let Some(slot) = served.get_mut(seen.volunteer) {
                *slot += 1;
            }
        }
        let mut coming = vec![0_usize; city.size.volunteers()];
        for booked in &sign_ups {
            if let Some(slot) = coming.get_mut(booked.volunteer) {
                *slot += 1;
            }
        }
        let volunteer = (city.teams.len()..city.size.volunteers())
            .filter(|index| {
                city.volunteer(*index)
                    .is_some_and(|who| who.claim == ClaimState::Active && who.ranking_opt_in)
            })
            .max_by_key(|index| {
                let coming = coming.get(*index).copied().unwrap_or(0).min(2);
                (coming, served.get(*index).copied(), std::cmp::Reverse(*index))
            })
            .unwrap_or(0);
        Self { attendances, sign_ups, cast: Cast { volunteer, team, community } }
    }
}

/// How many rows were written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Activities.
    pub activities: usize,
    /// Sessions.
    pub sessions: usize,
    /// Sign-ups for what is to come.
    pub sign_ups: usize,
    /// Records.
    pub records: usize,
}

struct ActivityRow {
    id: ActivityId,
    org: OrgId,
    community: OrgId,
    title: String,
    title_en: String,
    category: &'static str,
    mode: &'static str,
    content: String,
    served: &'static str,
    risks: String,
    guarantees: String,
    contact_name: String,
    contact_phone: String,
    leader: PersonId,
    place_public: String,
    place_exact: String,
    lon: f64,
    lat: f64,
    cancelled: Option<&'static str>,
    by: AccountId,
    published: Timestamp,
    /// Name of the team, when the activity can be searched for.
    searchable: Option<String>,
    sessions: Vec<SessionRow>,
}

struct SessionRow {
    id: SessionId,
    starts: Timestamp,
    ends: Timestamp,
    until: Timestamp,
    quota: i64,
    taken: i64,
    state: &'static str,
    heads: Option<i64>,
    summary: &'static str,
    quality: Option<i64>,
    closed: Option<Timestamp>,
    submitted: Option<Timestamp>,
    submitted_by: Option<AccountId>,
    decided: Option<Timestamp>,
    due: Date,
    posts: Vec<(PostId, String, i64, i64)>,
}

fn put_activity(tx: &mut WriteTx<'_>, row: &ActivityRow) -> Result<(), DbError> {
    let state = if row.cancelled.is_some() { "cancelled" } else { "published" };
    tx.exec_later(
        sql!(
            "INSERT INTO activity (id, org_id, community_id, title, title_en, category, kind, mode, content,
                 served_group, risks, guarantees, contact_name, contact_phone, leader_id, place_public,
                 place_exact, lon, lat, state, cancel_reason, created_by, created_at, published_at)
             VALUES ($1, $2, $3, $4, $5, $6, 'service', $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
                 $19, $20, $21, $22, $22)"
        ),
        args![
            row.id,
            row.org,
            row.community,
            row.title,
            row.title_en,
            row.category,
            row.mode,
            row.content,
            row.served,
            row.risks,
            row.guarantees,
            row.contact_name,
            row.contact_phone,
            row.leader,
            row.place_public,
            row.place_exact,
            row.lon,
            row.lat,
            state,
            row.cancelled.unwrap_or_default(),
            row.by,
            row.published
        ],
    )?;
    for session in &row.sessions {
        let reason = row.cancelled.filter(|_| session.state == "cancelled").unwrap_or_default();
        tx.exec_later(
            sql!(
                "INSERT INTO session (id, activity_id, starts_at, ends_at, sign_up_until, quota, taken, state, heads,
                     summary, quality, closed_at, submitted_at, submitted_by, decided_at, due_on, cancel_reason)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
            ),
            args![
                session.id,
                row.id,
                session.starts,
                session.ends,
                session.until,
                session.quota,
                session.taken,
                session.state,
                session.heads,
                session.summary,
                session.quality,
                session.closed,
                session.submitted,
                session.submitted_by,
                session.decided,
                session.due,
                reason
            ],
        )?;
        for (id, name, quota, taken) in &session.posts {
            tx.exec_later(
                sql!("INSERT INTO post (id, session_id, name, quota, taken) VALUES ($1, $2, $3, $4, $5)"),
                args![*id, session.id, *name, *quota, *taken],
            )?;
        }
    }
    if let Some(team) = &row.searchable {
        let category = kernel::catalogue::category(row.category).map_or("", |category| category.zh);
        db::search::put(
            tx,
            "activity",
            row.id.0,
            &[(&row.title, false), (&row.title_en, false), (team, true), (category, true)],
        )?;
    }
    Ok(())
}

struct SignUpRow {
    id: SignUpId,
    session: SessionId,
    post: Option<PostId>,
    person: PersonId,
    team: OrgId,
    state: &'static str,
    starts: Timestamp,
    ends: Timestamp,
    created: Timestamp,
}

fn put_sign_up(tx: &mut WriteTx<'_>, row: &SignUpRow) -> Result<(), DbError> {
    tx.exec_later(
        sql!(
            "INSERT INTO sign_up (id, session_id, post_id, person_id, team_id, state, starts_at, ends_at, source,
                 created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'demo', $9)"
        ),
        args![
            row.id,
            row.session,
            row.post,
            row.person,
            row.team,
            row.state,
            row.starts,
            row.ends,
            row.created
        ],
    )
}

struct SeenRow {
    booked: SignUpRow,
    check_in: CheckInId,
    in_at: Timestamp,
    out_at: Timestamp,
    method: &'static str,
    by: Option<AccountId>,
    noted: Timestamp,
    record: Option<RecordRow>,
}

struct RecordRow {
    id: RecordId,
    community: OrgId,
    street: OrgId,
    home: OrgId,
    activity: ActivityId,
    facts: Arc<Facts>,
    start: Timestamp,
    end: Timestamp,
    confirmed: bool,
    recorder: AccountId,
    quality: Option<i64>,
    created: Timestamp,
    decided: Option<Timestamp>,
    decided_by: Option<AccountId>,
}

/// What all records of an activity share.
struct Facts {
    category: &'static str,
    title: String,
    place: String,
    served: &'static str,
    leader: String,
}

fn put_seen(tx: &mut WriteTx<'_>, row: &SeenRow) -> Result<(), DbError> {
    put_sign_up(tx, &row.booked)?;
    tx.exec_later(
        sql!(
            "INSERT INTO check_in (id, session_id, person_id, in_at, out_at, in_method, out_method, by_account,
                 created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8)"
        ),
        args![
            row.check_in,
            row.booked.session,
            row.booked.person,
            row.in_at,
            row.out_at,
            row.method,
            row.by,
            row.noted
        ],
    )?;
    let Some(record) = &row.record else { return Ok(()) };
    let on = row.booked.starts.date();
    let minutes = (record.end.0 - record.start.0) / kernel::time::MINUTE_MS;
    let class = if row.method == "late_roll" { "honor" } else { "verified" };
    let state = if record.confirmed { "confirmed" } else { "submitted" };
    let evaluated = record.quality.map(|_| on.plus(1));
    tx.exec_later(
        sql!(
            "INSERT INTO record (id, session_id, activity_id, person_id, team_id, community_id, street_id, home_org,
                 category, title, place, served_group, service_on, start_at, end_at, minutes, method, class, state,
                 leader, recorder, recorder_id, quality, evaluated_on, created_at, decided_at, decided_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $20,
                 $21, $22, $23, $24, $25, $26)"
        ),
        args![
            record.id,
            row.booked.session,
            record.activity,
            row.booked.person,
            row.booked.team,
            record.community,
            record.street,
            record.home,
            record.facts.category,
            record.facts.title,
            record.facts.place,
            record.facts.served,
            on,
            record.start,
            record.end,
            minutes,
            row.method,
            class,
            state,
            record.facts.leader,
            record.recorder,
            record.quality,
            evaluated,
            record.created,
            record.decided,
            record.decided_by
        ],
    )
}

/// A session by index, as attendance needs it.
#[derive(Clone)]
struct Held {
    activity: ActivityId,
    id: SessionId,
    starts: Timestamp,
    ends: Timestamp,
    posts: Vec<PostId>,
    state: &'static str,
    team: usize,
    community: usize,
    quality: Option<i64>,
    submitted: Option<Timestamp>,
    decided: Option<Timestamp>,
    facts: Arc<Facts>,
}

/// Names and places the filler looks up again and again.
struct Filler<'f> {
    db: &'f Db,
    city: &'f DemoCity,
    filled: &'f Filled,
    calendar: Calendar,
    due: BTreeMap<Date, Date>,
    today: Date,
    now: Timestamp,
    homes: Vec<OrgId>,
    names: Vec<String>,
    office: Option<AccountId>,
}

impl Filler<'_> {
    fn id<I: kernel::Id>(&self) -> I {
        self.db.ctx().ids.next(self.now)
    }

    /// R3: ten working days after the end.
    fn due_on(&mut self, date: Date) -> Date {
        let calendar = &self.calendar;
        *self.due.entry(date).or_insert_with(|| calendar.plus_working_days(date, 10))
    }

    fn team(&self, index: usize) -> Result<OrgId, Error> {
        pick(&self.filled.teams, index)
    }

    fn person(&self, index: usize) -> Result<PersonId, Error> {
        pick(&self.filled.persons, index)
    }

    fn facts(
        &self,
        title: &str,
        category: &'static str,
        place: &str,
        served: &'static str,
        team: usize,
    ) -> Arc<Facts> {
        Arc::new(Facts {
            category,
            title: title.to_owned(),
            place: place.to_owned(),
            served,
            leader: self.names.get(team).cloned().unwrap_or_default(),
        })
    }

    /// A telephone of the organiser: the community's station, or the one of the city's help line.
    fn phone(&self, team: usize) -> String {
        let station = self
            .city
            .teams
            .get(team)
            .and_then(|team| self.city.place.communities.get(team.community?)?.station.as_ref());
        station.map_or_else(|| "0500-8800000".to_owned(), |station| station.phone.clone())
    }

    /// What became of a session that is over.
    fn past_state(&self, date: Date, number: usize) -> &'static str {
        let age = self.today.days() - date.days();
        match scatter(number) % 4 {
            1 | 2 if age <= WAITING_DAYS => "submitted",
            _ => "recorded",
        }
    }

    /// The row of somebody who was there.
    fn seen(
        &self,
        held: &Held,
        post: Option<usize>,
        volunteer: usize,
        (in_at, out_at): (Timestamp, Timestamp),
        method: Method,
    ) -> Result<SeenRow, Error> {
        let method = match method {
            Method::RotatingCode => "code",
            Method::Location => "card",
            Method::RollCall => "roll",
            Method::Paper => "late_roll",
        };
        let leader = pick(&self.filled.leaders, held.team)?;
        let person = self.person(volunteer)?;
        let (start, end) = (in_at.max(held.starts), out_at.min(held.ends));
        let counts =
            matches!(held.state, "submitted" | "recorded") && end.0 - start.0 >= 15 * kernel::time::MINUTE_MS;
        let confirmed = held.state == "recorded";
        let community = pick(&self.filled.communities, held.community)?;
        let street = self.city.place.communities.get(held.community).map_or(0, |one| one.street);
        let record = if counts {
            Some(RecordRow {
                id: self.id(),
                community,
                street: pick(&self.filled.streets, street)?,
                home: pick(&self.homes, volunteer)?,
                activity: held.activity,
                facts: Arc::clone(&held.facts),
                start,
                end,
                confirmed,
                recorder: leader,
                quality: held.quality,
                created: held.submitted.unwrap_or(held.ends),
                decided: held.decided.filter(|_| confirmed),
                decided_by: if confirmed { Some(pick(&self.filled.clerks, held.community)?) } else { None },
            })
        } else {
            None
        };
        let days = i64::try_from(scatter(volunteer) % 6).unwrap_or(0) + 1;
        Ok(SeenRow {
            booked: SignUpRow {
                id: self.id(),
                session: held.id,
                post: post.and_then(|index| held.posts.get(index).copied()),
                person,
                team: self.team(held.team)?,
                state: "attended",
                starts: held.starts,
                ends: held.ends,
                created: held.starts.plus_minutes(-days * 1440),
            },
            check_in: self.id(),
            in_at,
            out_at,
            method,
            by: (method != "code").then_some(leader),
            noted: if method == "late_roll" { held.ends.plus_minutes(600) } else { in_at },
            record,
        })
    }
}

fn pick<T: Copy>(list: &[T], index: usize) -> Result<T, Error> {
    list.get(index).copied().ok_or_else(|| Error::bug("an index of the demo city has no row"))
}

fn ended(
    starts: Timestamp,
    ends: Timestamp,
    state: &'static str,
    mut row: SessionRow,
    leader: AccountId,
) -> SessionRow {
    row.starts = starts;
    row.ends = ends;
    row.state = state;
    if matches!(state, "submitted" | "recorded") {
        row.heads = Some(row.taken);
        row.summary = "按计划完成，秩序良好。";
        row.quality =
            Some(if scatter(usize::try_from(row.taken).unwrap_or(0)).is_multiple_of(3) { 4 } else { 5 });
        row.closed = Some(ends.plus_minutes(20));
        row.submitted = Some(ends.plus_minutes(45));
        row.submitted_by = Some(leader);
    }
    if state == "recorded" {
        row.decided = Some(Timestamp::at(ends.date().plus(1), 10 * 60));
    }
    row
}

/// Fills the tables of this room; the people are there already. Blocks; call it outside the async
/// runtime.
///
/// # Errors
/// Of the database.
pub fn fill(db: &Db, city: &DemoCity, filled: &Filled, plan: &Plan) -> Result<Counts, Error> {
    let mut filler = Filler {
        db,
        city,
        filled,
        calendar: Calendar::shipped(),
        due: BTreeMap::new(),
        today: day(city.today),
        now: db.ctx().clock.now(),
        homes: Vec::new(),
        names: Vec::new(),
        office: filled.account("demo-office"),
    };
    for (index, who) in city.volunteers().enumerate() {
        filler.homes.push(pick(&filled.communities, who.community)?);
        if index < city.teams.len() {
            filler.names.push(who.name);
        }
    }
    let loader = Loader::start(db);
    let mut counts = Counts::default();
    let (rows, held) = activities(&mut filler, plan)?;
    counts.activities = rows.len();
    counts.sessions = held.len();
    loader.stream(rows, put_activity);

    let session_of = |activity: usize, session: usize| {
        let first = city.activities.get(activity).map(|one| one.first_session)?;
        held.get(first + session)
    };
    let missing = || Error::bug("a session of the demo city has no row");
    let mut chunk = Vec::new();
    for seen in &plan.attendances {
        let held = session_of(seen.activity, seen.session).ok_or_else(missing)?;
        let in_at = held.starts.plus_minutes(i64::from(seen.in_offset));
        let out_at = held.ends.plus_minutes(i64::from(seen.out_offset));
        let row = filler.seen(held, Some(seen.post), seen.volunteer, (in_at, out_at), seen.method)?;
        counts.records += usize::from(row.record.is_some());
        chunk.push(row);
        if chunk.len() == people::demo::CHUNK {
            loader.put(std::mem::take(&mut chunk), put_seen);
        }
    }
    loader.put(chunk, put_seen);
    let mut coming = Vec::new();
    for booked in &plan.sign_ups {
        let held = session_of(booked.activity, booked.session).ok_or_else(missing)?;
        coming.push(SignUpRow {
            id: filler.id(),
            session: held.id,
            post: held.posts.get(booked.post).copied(),
            person: filler.person(booked.volunteer)?,
            team: filler.team(held.team)?,
            state: "booked",
            starts: held.starts,
            ends: held.ends,
            created: Timestamp::at(filler.today.plus(-i64::from(booked.days_ago)), i64::from(booked.minute)),
        });
    }
    counts.sign_ups = coming.len();
    loader.stream(coming, put_sign_up);
    let desk = help_desk(&mut filler, plan)?;
    counts.activities += 1;
    counts.sessions += desk.row.sessions.len();
    counts.sign_ups += desk.coming.len();
    counts.records += desk.seen.iter().filter(|row| row.record.is_some()).count();
    let (desk_id, desk_team) = (desk.row.id, desk.row.org);
    loader.put(vec![desk.row], put_activity);
    loader.put(desk.seen, put_seen);
    loader.put(desk.coming, put_sign_up);
    loader.finish()?;
    planning(&filler, desk_team, desk_id)?;
    by_approval(&filler, plan, desk_team, desk_id)?;
    in_the_field(&filler, plan, desk_id)?;
    in_groups(&filler, plan, desk_id)?;
    campaigns::fill(&filler, desk_team, desk_id)?;
    coordinated(&filler, desk_team, desk_id)?;
    let (top, office) = (filled.city, filler.office);
    db.write_blocking(move |tx| crate::insurance::demo::fill(tx, (top, desk_team), desk_id, office))?;
    counts.activities += 3;
    counts.sessions += 3;
    past_hours(&filler, plan)?;
    // Children may come along to some of it.
    db.write_blocking(|tx| tx.exec(sql!("UPDATE activity SET min_age = 8 WHERE category = 'clean'"), &[]))?;
    db.write_blocking(crate::total::rebuild)?;
    Ok(counts)
}

/// What makes people meet: an activity of the demo team for which some have applied and one is invited, a place that
/// is offered to a stand-in, and somebody who stayed away and explains it.
fn by_approval(filler: &Filler<'_>, plan: &Plan, team: OrgId, desk: ActivityId) -> Result<(), Error> {
    let (now, today) = (filler.now, filler.today);
    let (activity, session): (ActivityId, SessionId) = (filler.id(), filler.id());
    let (starts, ends) = (Timestamp::at(today.plus(5), 14 * 60), Timestamp::at(today.plus(5), 16 * 60));
    let asker = filler.filled.account("demo-leader");
    let ids: [i64; 8] = std::array::from_fn(|_| filler.id::<SignUpId>().0);
    let volunteer = filler.person(plan.cast.volunteer)?;
    let leader = filler.person(plan.cast.team)?;
    filler.db.write_blocking(move |tx| {
        tx.exec_one(
            sql!(
                "INSERT INTO activity (id, org_id, community_id, title, title_en, category, kind, mode, content,
                     served_group, conditions, how_to_apply, risks, guarantees, contact_name, contact_phone, leader_id,
                     place_public, place_exact, lon, lat, state, created_by, created_at, published_at, entry,
                     stand_in_asked)
                 SELECT $2, org_id, community_id, '独居老人陪诊', 'Going along to the doctor', 'elder.visit', kind,
                     mode, '陪独居老人看病、取药，讲清楚医嘱。', '独居老人', '耐心细致', '先申请，队长审核', risks, guarantees,
                     contact_name, contact_phone, leader_id, place_public, place_exact, lon, lat, 'published',
                     created_by, created_at, published_at, 'approval', TRUE
                 FROM activity WHERE id = $1"
            ),
            args![desk, activity],
        )?;
        tx.exec_one(
            sql!(
                "INSERT INTO session (id, activity_id, starts_at, ends_at, sign_up_until, quota, state, due_on)
                 VALUES ($1, $2, $3, $4, $3, 3, 'open', $5)"
            ),
            args![session, activity, starts, ends, today.plus(20)],
        )?;
        let free: Vec<(PersonId,)> = tx.all(
            sql!(
                "SELECT p.id FROM member m JOIN person p ON p.id = m.person_id
                 WHERE m.org_id = $1 AND m.state = 'member' AND p.state = 'active' AND p.id <> $2 AND p.id <> $3
                    AND NOT EXISTS (SELECT 1 FROM sign_up u WHERE u.person_id = p.id AND u.starts_at < $5
                        AND u.ends_at > $4 AND u.state = 'booked')
                 ORDER BY p.id LIMIT 5"
            ),
            args![team, volunteer, leader, starts, ends],
        )?;
        let words = ["住得近，有耐心。", "退休护士，愿意陪诊。", "", "周末都有空。"];
        for ((id, (person,)), message) in ids.iter().zip(&free).zip(words) {
            tx.exec_one(
                sql!(
                    "INSERT INTO application (id, session_id, person_id, team_id, message, state, created_at)
                     VALUES ($1, $2, $3, $4, $5, 'waiting', $6)"
                ),
                args![*id, session, *person, team, message, now],
            )?;
        }
        let [.., invitation, offer, absent, fill] = ids;
        if let Some((person,)) = free.last() {
            tx.exec_one(
                sql!(
                    "INSERT INTO invitation (id, activity_id, person_id, state, created_at, expires_at)
                     VALUES ($1, $2, $3, 'open', $4, $5)"
                ),
                args![invitation, activity, *person, now, starts],
            )?;
        }
        // Of the latest session that is recorded somebody stayed away, and says why; and somebody was there who is on no
        // roll.
        let past: Vec<(SessionId, Timestamp, Timestamp, PersonId)> = tx.all(
            sql!(
                "SELECT s.id, s.starts_at, s.ends_at, p.id FROM activity a JOIN session s ON s.activity_id = a.id
                    JOIN member m ON m.org_id = a.org_id JOIN person p ON p.id = m.person_id
                 WHERE a.org_id = $1 AND s.state = 'recorded' AND s.taken < s.quota AND m.state = 'member'
                    AND p.state = 'active' AND p.id <> $2 AND p.id <> $3
                    AND NOT EXISTS (SELECT 1 FROM sign_up u WHERE u.person_id = p.id
                        AND u.starts_at < s.ends_at AND u.ends_at > s.starts_at AND u.state <> 'cancelled')
                 ORDER BY s.starts_at DESC, s.id, p.id LIMIT 2"
            ),
            args![team, volunteer, leader],
        )?;
        if let (Some((held, from, to, person)), Some(account)) = (past.get(1).copied(), asker) {
            tx.exec_one(
                sql!(
                    "INSERT INTO back_fill (id, session_id, person_id, start_at, end_at, reason, evidence, state,
                         asked_by, asked_at)
                     VALUES ($1, $2, $3, $4, $5, '手机没电没能签到，点名时漏了。', '纸质签到表 2 号第 7 行', 'waiting', $6, $7)"
                ),
                args![fill, held, person, from, to, account, now],
            )?;
        }
        if let Some((held, from, to, person)) = past.first().copied() {
            let row = SignUpRow {
                id: SignUpId(absent),
                session: held,
                post: None,
                person,
                team,
                state: "absent",
                starts: from,
                ends: to,
                created: from.plus_minutes(-3 * 24 * 60),
            };
            put_sign_up(tx, &row)?;
            tx.exec_one(sql!("UPDATE session SET taken = taken + 1 WHERE id = $1"), args![held])?;
            tx.exec_one(
                sql!(
                    "INSERT INTO absence (sign_up_id, session_id, person_id, at, state, explanation, explained_at)
                     VALUES ($1, $2, $3, $4, 'explained', '孩子发烧，忙忘了说，抱歉。', $5)"
                ),
                args![absent, held, person, from, now],
            )?;
        }
        let offered: Option<(SignUpId, SessionId, PersonId)> = tx.first(
            sql!(
                "SELECT u.id, u.session_id, u.person_id FROM session s JOIN sign_up u ON u.session_id = s.id
                 WHERE s.activity_id = $1 AND s.state = 'open' AND s.starts_at > $2 AND u.state = 'booked'
                    AND u.person_id <> $3 AND u.person_id <> $4
                 ORDER BY s.starts_at DESC, u.id LIMIT 1"
            ),
            args![desk, now, volunteer, leader],
        )?;
        if let Some((place, held, person)) = offered {
            tx.exec_one(
                sql!(
                    "INSERT INTO hand_over (id, sign_up_id, session_id, from_person, note, state, created_at)
                     VALUES ($1, $2, $3, $4, '家里临时有事，谢谢！', 'offered', $5)"
                ),
                args![offer, place, held, person, now],
            )?;
        }
        db::search::put(
            tx,
            "activity",
            activity.0,
            &[("独居老人陪诊", false), ("Going along to the doctor", false)],
        )?;
        Ok::<(), DbError>(())
    })?;
    Ok(())
}

/// The demo team's help desk of yesterday had a paper sheet, which waits to be entered; and on the day after tomorrow
/// people of it meet somewhere else first.
fn in_the_field(filler: &Filler<'_>, plan: &Plan, desk: ActivityId) -> Result<(), Error> {
    let (now, sheet): (Timestamp, SheetId) = (filler.now, filler.id());
    let printer = filler.filled.account("demo-leader");
    let volunteer = filler.person(plan.cast.volunteer)?;
    filler.db.write_blocking(move |tx| {
        let held: Option<(SessionId,)> = tx.first(
            sql!(
                "SELECT id FROM session WHERE activity_id = $1 AND state = 'open' AND ends_at <= $2
                 ORDER BY starts_at, id LIMIT 1"
            ),
            args![desk, now],
        )?;
        if let (Some((session,)), Some(by)) = (held, printer) {
            let names = paper::placed(tx, session)?;
            paper::insert(tx, (sheet, sheet), session, 1, &names, by)?;
        }
        let ahead: Option<(SessionId, Timestamp, Timestamp)> = tx.first(
            sql!(
                "SELECT id, starts_at, ends_at FROM session WHERE activity_id = $1 AND state = 'open'
                    AND starts_at > $2 ORDER BY starts_at DESC, id LIMIT 1"
            ),
            args![desk, now],
        )?;
        let Some((session, starts_at, ends_at)) = ahead else { return Ok::<(), Error>(()) };
        trip::put(
            tx,
            &trip::Trip {
                session,
                meet_at: starts_at.plus_minutes(-40),
                meet_place: "社区服务站门口".to_owned(),
                return_at: Some(ends_at.plus_minutes(40)),
                wear: "运动鞋，队服".to_owned(),
                bring: "水杯、雨具".to_owned(),
                all_back_at: None,
            },
        )?;
        together(tx, desk, printer)?;
        let places: Vec<(SignUpId,)> = tx.all(
            sql!(
                "SELECT id FROM sign_up WHERE session_id = $1 AND state = 'booked' AND person_id <> $2
                 ORDER BY id LIMIT 3"
            ),
            args![session, volunteer],
        )?;
        let roles = [TripRole::Guide, TripRole::FirstAid, TripRole::Photo];
        for ((place,), role) in places.into_iter().zip(roles) {
            trip::duty_put(tx, session, role, place)?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Two sessions whose people are divided: the help desk's of the day after tomorrow, and the volunteer's own next one,
/// where the volunteer leads a group.
fn in_groups(filler: &Filler<'_>, plan: &Plan, desk: ActivityId) -> Result<(), Error> {
    let now = filler.now;
    let ids: [SessionGroupId; 4] = std::array::from_fn(|_| filler.id());
    let volunteer = filler.person(plan.cast.volunteer)?;
    filler.db.write_blocking(move |tx| {
        let of_desk: Option<(SessionId,)> = tx.first(
            sql!(
                "SELECT id FROM session WHERE activity_id = $1 AND state = 'open' AND starts_at > $2
                 ORDER BY starts_at DESC, id LIMIT 1"
            ),
            args![desk, now],
        )?;
        let own: Option<(SessionId,)> = tx.first(
            sql!(
                "SELECT u.session_id FROM sign_up u JOIN session s ON s.id = u.session_id
                 WHERE u.person_id = $1 AND u.state = 'booked' AND s.state = 'open' AND u.starts_at > $2
                    AND s.taken > 3
                 ORDER BY u.starts_at, u.id LIMIT 1"
            ),
            args![volunteer, now],
        )?;
        let [a, b, c, d] = ids;
        if let Some((session,)) = of_desk {
            grouped(tx, session, [a, b], volunteer, now)?;
        }
        if let Some((session,)) = own.filter(|own| Some(*own) != of_desk) {
            grouped(tx, session, [c, d], volunteer, now)?;
        }
        Ok::<(), Error>(())
    })?;
    Ok(())
}

/// Divides a session into two groups, each led by its first adult, the volunteer's by the volunteer.
fn grouped(
    tx: &mut WriteTx<'_>,
    session: SessionId,
    ids: [SessionGroupId; 2],
    volunteer: PersonId,
    now: Timestamp,
) -> Result<(), Error> {
    use crate::group::{rules, store};
    let all = store::people(tx, session, None)?;
    let people = vec![rules::Somebody::default(); all.len()];
    let mut layout = rules::Layout::default();
    for id in ids {
        layout.add(id);
    }
    for (one, at) in all.iter().zip(rules::divide(&people, ids.len())) {
        layout.put(one.sign_up, ids.get(at).copied());
    }
    let about = [
        ("社区服务站门口", "咨询引导：指路、取号、解答"),
        ("社区广场东侧", "上门代办：两人一组，带好登记表"),
    ];
    for (spot, (place, task)) in layout.groups.iter_mut().zip(about) {
        spot.place = place.to_owned();
        spot.task = task.to_owned();
        let mut own = all
            .iter()
            .filter(|one| {
                layout.seats.iter().any(|seat| seat.sign_up == one.sign_up && seat.group == spot.id)
            })
            .filter(|one| {
                one.birth_on.is_none_or(|birth| birth.age(now.date()) >= people::guardian::rules::ADULT)
            })
            .collect::<Vec<_>>();
        own.sort_by_key(|one| one.person != volunteer);
        spot.leader = own.first().map(|one| one.sign_up);
    }
    layout.tidy();
    Ok(store::replace(tx, session, &layout)?)
}

/// Large events are coordinated by a department, which is asked about one that the demo team plans.
fn coordinated(filler: &Filler<'_>, team: OrgId, desk: ActivityId) -> Result<(), Error> {
    let (today, office) = (filler.today, filler.office);
    let body = pick(&filler.filled.departments, 0)?;
    filler.db.write_blocking(move |tx| {
        crate::coordination::store::set(tx, "event", Some(body), office)?;
        let Some(like) = crate::activity::find(tx, desk)? else { return Ok(()) };
        let (from, to) = (Timestamp::at(today.plus(16), 540), Timestamp::at(today.plus(16), 690));
        let new = crate::activity::NewActivity {
            content: "社区邻里运动会的引导、计时和秩序维护，约三百名居民参加。".to_owned(),
            served_group: "社区居民".to_owned(),
            conditions: "身体健康，能按时到场".to_owned(),
            how_to_apply: "本页报名".to_owned(),
            risks: "人多，注意疏导；比赛区域不要穿行。".to_owned(),
            guarantees: like.guarantees,
            contact_name: like.contact_name,
            contact_phone: like.contact_phone,
            leader: like.leader_id,
            place_public: like.place_public,
            place_exact: like.place_exact,
            sessions: vec![crate::activity::NewSession::new(from, to, 30)],
            created_by: like.created_by,
            ..crate::activity::NewActivity::draft(team, "邻里运动会秩序引导", "event")
        };
        let id = crate::activity::create(tx, &new)?;
        crate::coordination::store::ask(tx, id, body, like.created_by)?;
        Ok::<_, Error>(())
    })
}

/// Another team organises the help desk too, and the demo team is asked to organise something with it.
fn together(tx: &mut WriteTx<'_>, desk: ActivityId, by: Option<AccountId>) -> Result<(), Error> {
    let Some(by) = by else { return Ok(()) };
    let other: Option<(OrgId, ActivityId, OrgId)> = tx.first(
        sql!(
            "SELECT o.id, b.id, a.org_id FROM activity a JOIN org h ON h.id = a.org_id
                JOIN org o ON o.kind = h.kind AND o.id <> h.id AND o.area_parent = h.area_parent AND o.state = 'open'
                JOIN activity b ON b.org_id = o.id AND b.state = 'published'
             WHERE a.id = $1 ORDER BY o.id, b.id LIMIT 1"
        ),
        args![desk],
    )?;
    let Some((team, activity, own)) = other else { return Ok(()) };
    co_organiser::ask(tx, desk, team, by)?;
    co_organiser::advance(tx, (desk, team), CoState::Asked, CoState::Agreed, by)?;
    co_organiser::ask(tx, activity, own, by)?;
    Ok(())
}

/// The demo station brought the paper book of two years ago: past hours of a few of its people.
fn past_hours(filler: &Filler<'_>, plan: &Plan) -> Result<(), Error> {
    use crate::past::PastBatchId;

    const BOOK: [(&str, i64, i64); 5] = [
        ("社区图书角整理", 760, 120),
        ("重阳节陪老人包饺子", 742, 180),
        ("冬至送温暖", 680, 150),
        ("河道清洁日", 655, 90),
        ("春节前楼道清扫", 641, 120),
    ];
    let (today, now, office) = (filler.today, filler.now, filler.office);
    let org = pick(&filler.filled.communities, plan.cast.community)?;
    let mut who = Vec::new();
    let own = filler
        .city
        .volunteers()
        .enumerate()
        .filter(|(_, one)| one.community == plan.cast.community && one.claim == ClaimState::Active);
    for (index, _) in own.take(4) {
        who.push(filler.person(index)?);
    }
    let id: PastBatchId = filler.id();
    let lines = i64::try_from(who.len() * BOOK.len()).unwrap_or(0);
    let each: i64 = BOOK.iter().map(|one| one.2).sum();
    let minutes = each * i64::try_from(who.len()).unwrap_or(0);
    filler.db.write_blocking(move |tx| {
        tx.exec(
            sql!(
                "INSERT INTO past_batch (id, account_id, org_id, file_name, file_hash, file_path, source, state, rows_all,
                    rows_new, minutes, created_at) VALUES ($1, $2, $3, $4, $5, '', $6, 'preview', $7, $7, $8, $9)"
            ),
            args![id, office, org, "手工台账.xlsx", [0_u8; 0], "社区手工台账", lines, minutes, now],
        )?;
        let mut row_no = 1_i64;
        for person in &who {
            for (title, ago, minutes) in BOOK {
                row_no += 1;
                let on = today.plus(-ago);
                let start = Timestamp::at(on, 0);
                tx.exec(
                    sql!(
                        "INSERT INTO past_line (batch_id, row_no, verdict, person_id, home_org, title, category, service_on,
                            start_at, end_at, minutes, flags) VALUES ($1, $2, 'new', $3, $4, $5, 'other', $6, $7, $8, $9,
                            'date_only no_team')"
                    ),
                    args![id, row_no, person, org, title, on, start, start.plus_minutes(minutes), minutes],
                )?;
            }
        }
        crate::past::commands::publish(tx, &kernel::Actor::system("demo"), id)?;
        Ok::<_, Error>(())
    })?;
    crate::past::engine::publish(filler.db, id, &|_, _| Ok(true))
}

/// The demo team plans ahead: a plan of this year, half of it done by the help desk, and the desk's mornings as a
/// series one can extend.
fn planning(filler: &Filler<'_>, team: OrgId, desk: ActivityId) -> Result<(), Error> {
    use crate::plan::PlanState::{Approved, Draft, Submitted};
    use crate::plan::annual_store::{Line, insert, insert_line, link, set_state};
    use crate::plan::series_store::{Series, SeriesState, insert as insert_series, put_date, relink};

    let (today, now, office) = (filler.today, filler.now, filler.office);
    let plan: crate::PlanId = filler.id();
    let month = i64::from(today.0.month());
    let lines = [
        (month, "便民服务台值守", "neighbour.affairs", 6, 60, 150, "队长", "服务分队", "每天两班，每班六人"),
        (3, "学雷锋日清洁家园", "clean", 2, 40, 80, "队长", "环境分队", "与社区网格员分片，工具由站点提供"),
        (12, "国际志愿者日集中行动", "clean", 1, 30, 60, "副队长", "全队", "邀请辖区单位一起参加"),
    ]
    .map(|(month, title, category, sessions, attendances, hours, responsible, squad, measure)| Line {
        id: filler.id(),
        plan_id: plan,
        month,
        title: title.to_owned(),
        category: category.to_owned(),
        sessions,
        attendances,
        minutes: hours * 60,
        responsible: responsible.to_owned(),
        squad: squad.to_owned(),
        measure: measure.to_owned(),
        version: 1,
        outcome: None,
        reason: String::new(),
        moved_from: None,
    });
    let series = Series {
        id: filler.id(),
        activity_id: desk,
        rule: "FREQ=DAILY".to_owned(),
        from_on: today.plus(-6),
        until_on: today.plus(1),
        skip_holidays: false,
        skip_workdays: false,
        start_minute: 540,
        end_minute: 690,
        quota: 12,
        close_hours: 0,
        break_minutes: 0,
        posts: String::new(),
        state: SeriesState::Running,
        created_by: office,
        created_at: now,
        version: 1,
    };
    filler.db.write_blocking(move |tx| {
        insert(tx, plan, team, i64::from(today.0.year()), office)?;
        for (at, line) in lines.iter().enumerate() {
            insert_line(tx, line)?;
            if at == 0 {
                link(tx, line.id, desk)?;
            }
        }
        for step in [(Draft, Submitted), (Submitted, Approved)] {
            set_state(tx, plan, step, None, ("", office))?;
        }
        insert_series(tx, &series)?;
        for (days, from, ..) in DESK {
            if from == series.start_minute {
                put_date(tx, series.id, today.plus(days), true)?;
            }
        }
        relink(tx, desk)?;
        Ok::<(), DbError>(())
    })?;
    Ok(())
}

fn activities(filler: &mut Filler<'_>, plan: &Plan) -> Result<(Vec<ActivityRow>, Vec<Held>), Error> {
    let city = filler.city;
    let sessions = city.session_count();
    // Taken places by session and by post.
    let mut taken: Vec<BTreeMap<usize, i64>> = vec![BTreeMap::new(); sessions];
    let mut take = |activity: usize, session: usize, post: usize| {
        let first = city.activities.get(activity).map_or(0, |one| one.first_session);
        if let Some(slot) = taken.get_mut(first + session) {
            *slot.entry(post).or_default() += 1;
        }
    };
    plan.attendances.iter().for_each(|one| take(one.activity, one.session, one.post));
    plan.sign_ups.iter().for_each(|one| take(one.activity, one.session, one.post));
    let mut rows = Vec::with_capacity(city.activities.len());
    let mut all = Vec::with_capacity(sessions);
    for (number, activity) in city.activities.iter().enumerate() {
        let id: ActivityId = filler.id();
        let leader = pick(&filler.filled.leaders, activity.team)?;
        let cancelled = (activity.state == StateHint::Cancelled)
            .then(|| activity.cancel_reason.unwrap_or("因天气原因取消"));
        let facts = filler.facts(
            &activity.title,
            activity.category,
            &activity.place_public,
            activity.served,
            activity.team,
        );
        let mut session_rows = Vec::with_capacity(activity.sessions.len());
        let mut ahead = false;
        for (within, session) in activity.sessions.iter().enumerate() {
            let date = day(session.date);
            let starts = Timestamp::at(date, i64::from(session.start_minute));
            let ends = Timestamp::at(date, i64::from(session.end_minute));
            let places = taken.get(activity.first_session + within).cloned().unwrap_or_default();
            let posts: Vec<(PostId, String, i64, i64)> = session
                .posts
                .iter()
                .enumerate()
                .map(|(at, post)| {
                    let taken = places.get(&at).copied().unwrap_or(0);
                    (filler.id(), post.name.to_owned(), i64::from(post.quota).max(taken), taken)
                })
                .collect();
            let over = date < filler.today;
            let state = match (cancelled.is_some(), over) {
                (true, _) => "cancelled",
                (false, true) => filler.past_state(date, number + within),
                (false, false) => "open",
            };
            ahead |= state == "open" && !over;
            let quota: i64 = posts.iter().map(|post| post.2).sum();
            let closes_early = activity.state == StateHint::SignUpClosed && !over;
            let row = SessionRow {
                id: filler.id(),
                starts,
                ends,
                until: if closes_early { filler.now.min(starts) } else { starts },
                quota: quota.max(1),
                taken: posts.iter().map(|post| post.3).sum(),
                state,
                heads: None,
                summary: "",
                quality: None,
                closed: None,
                submitted: None,
                submitted_by: None,
                decided: None,
                due: filler.due_on(date),
                posts,
            };
            let row = ended(starts, ends, state, row, leader);
            all.push(Held {
                activity: id,
                id: row.id,
                starts,
                ends,
                posts: row.posts.iter().map(|post| post.0).collect(),
                state,
                team: activity.team,
                community: activity.community,
                quality: row.quality,
                submitted: row.submitted,
                decided: row.decided,
                facts: Arc::clone(&facts),
            });
            session_rows.push(row);
        }
        let team = city.teams.get(activity.team).map(|team| team.name.clone());
        rows.push(ActivityRow {
            id,
            org: filler.team(activity.team)?,
            community: pick(&filler.filled.communities, activity.community)?,
            title: activity.title.clone(),
            title_en: activity.title_en.clone(),
            category: activity.category,
            mode: match activity.kind {
                ActivityKind::ShortTerm | ActivityKind::Themed => "concentrated",
                ActivityKind::Routine => "regular",
                ActivityKind::LongTerm => "fixed_post",
            },
            content: activity.content.clone(),
            served: activity.served,
            risks: activity.risks.clone(),
            guarantees: activity.guarantees.clone(),
            contact_name: filler.names.get(activity.team).cloned().unwrap_or_default(),
            contact_phone: filler.phone(activity.team),
            leader: filler.person(activity.team)?,
            place_public: activity.place_public.clone(),
            place_exact: activity.place_exact.clone(),
            lon: activity.lon,
            lat: activity.lat,
            cancelled,
            by: leader,
            published: Timestamp::at(
                day(activity.published),
                9 * 60 + i64::try_from(scatter(number) % 480).unwrap_or(0),
            ),
            searchable: team.filter(|_| ahead),
            sessions: session_rows,
        });
    }
    Ok((rows, all))
}

/// An activity of the demo leader's team, made so that the demo shows something at any hour.
struct Desk {
    row: ActivityRow,
    seen: Vec<SeenRow>,
    coming: Vec<SignUpRow>,
}

/// Day relative to today, minutes of the day from and to, what became of it, how many people.
const DESK: [(i64, i64, i64, &str, usize); 7] = [
    (-6, 540, 690, "recorded", 8),
    (-3, 540, 690, "submitted", 8),
    (-1, 540, 690, "open", 7),
    (0, 480, 690, "open", 10),
    (0, 780, 990, "open", 9),
    (0, 1080, 1290, "open", 6),
    (1, 540, 690, "open", 5),
];

fn help_desk(filler: &mut Filler<'_>, plan: &Plan) -> Result<Desk, Error> {
    let city = filler.city;
    let Cast { team, community, volunteer } = plan.cast;
    let place = city.place.communities.get(community);
    let name = place.map(|one| one.name.clone()).unwrap_or_default();
    let station = place.and_then(|one| one.station.as_ref());
    let exact = station.map(|one| one.address.clone()).unwrap_or_default();
    let (title, served) = (format!("{name}邻里便民服务岗"), "社区居民");
    let leader = pick(&filler.filled.leaders, team)?;
    let facts = filler.facts(&title, "neighbour.affairs", &name, served, team);
    let id: ActivityId = filler.id();
    let free = free_members(city, plan, team);
    let mut desk = Desk {
        row: desk_row(filler, plan, id, &title, &name, exact, leader)?,
        seen: Vec::new(),
        coming: Vec::new(),
    };
    for (at, (offset, from, to, state, people)) in DESK.into_iter().enumerate() {
        let date = filler.today.plus(offset);
        let (starts, ends) = (Timestamp::at(date, from), Timestamp::at(date, to));
        let able: Vec<usize> = free
            .iter()
            .filter(|(index, busy)| *index != volunteer && !busy.contains(&offset))
            .map(|(index, _)| *index)
            .collect();
        // Each shift begins with somebody else, as far as the team reaches.
        let who: Vec<usize> =
            able.iter().cycle().skip(at * 3).take(people.min(able.len())).copied().collect();
        let count = i64::try_from(who.len()).unwrap_or(0);
        let posts =
            vec![(filler.id(), "咨询引导".to_owned(), 12, count), (filler.id(), "便民代办".to_owned(), 8, 0)];
        let row = SessionRow {
            id: filler.id(),
            starts,
            ends,
            until: starts,
            quota: 20,
            taken: count,
            state,
            heads: None,
            summary: "",
            quality: None,
            closed: None,
            submitted: None,
            submitted_by: None,
            decided: None,
            due: filler.due_on(date),
            posts,
        };
        let row = ended(starts, ends, state, row, leader);
        let held = Held {
            activity: id,
            id: row.id,
            starts,
            ends,
            posts: row.posts.iter().map(|post| post.0).collect(),
            state,
            team,
            community,
            quality: row.quality,
            submitted: row.submitted,
            decided: row.decided,
            facts: Arc::clone(&facts),
        };
        for index in who {
            if offset < 0 {
                let late = i64::try_from(scatter(index) % 12).unwrap_or(0);
                let stay = (starts.plus_minutes(late - 6), ends.plus_minutes(6 - late));
                desk.seen.push(filler.seen(&held, Some(0), index, stay, Method::RotatingCode)?);
            } else {
                desk.coming.push(SignUpRow {
                    id: filler.id(),
                    session: held.id,
                    post: held.posts.first().copied(),
                    person: filler.person(index)?,
                    team: filler.team(team)?,
                    state: "booked",
                    starts,
                    ends,
                    created: Timestamp::at(
                        filler.today.plus(-2),
                        600 + i64::try_from(scatter(index) % 600).unwrap_or(0),
                    ),
                });
            }
        }
        desk.row.sessions.push(row);
    }
    Ok(desk)
}

fn desk_row(
    filler: &Filler<'_>,
    plan: &Plan,
    id: ActivityId,
    title: &str,
    name: &str,
    exact: String,
    leader: AccountId,
) -> Result<ActivityRow, Error> {
    let Cast { team, community, .. } = plan.cast;
    let place = filler.city.place.communities.get(community);
    Ok(ActivityRow {
        id,
        org: filler.team(team)?,
        community: pick(&filler.filled.communities, community)?,
        title: title.to_owned(),
        title_en: format!("Neighbourhood help desk, {}", place.map(|one| one.en.clone()).unwrap_or_default()),
        category: "neighbour.affairs",
        mode: "fixed_post",
        content: "在社区服务站轮流值守：解答居民咨询，帮老人用手机办事，代填表格，代收物品。每班有老队员带。"
            .to_owned(),
        served: "社区居民",
        risks: "站内有台阶和热水，请留意脚下；遇到情绪激动的居民请叫值班人员，不要独自处理。".to_owned(),
        guarantees: "提供马甲、饮水和志愿者人身意外保险，上岗前有十分钟的说明。".to_owned(),
        contact_name: filler.names.get(team).cloned().unwrap_or_default(),
        contact_phone: filler.phone(team),
        leader: filler.person(team)?,
        place_public: name.to_owned(),
        place_exact: exact,
        lon: place.map_or(0.0, |one| one.lon),
        lat: place.map_or(0.0, |one| one.lat),
        cancelled: None,
        by: leader,
        published: Timestamp::at(filler.today.plus(-20), 600),
        searchable: filler.city.teams.get(team).map(|one| one.name.clone()),
        sessions: Vec::new(),
    })
}

/// Members of a team, leader first, each with the days (relative to today) on which they serve elsewhere.
fn free_members(city: &DemoCity, plan: &Plan, team: usize) -> Vec<(usize, BTreeSet<i64>)> {
    let today = day(city.today).days();
    let mut members: BTreeMap<usize, BTreeSet<i64>> = city
        .volunteers()
        .enumerate()
        .filter(|(index, who)| {
            *index == team || (who.claim == ClaimState::Active && who.teams.contains(&team))
        })
        .map(|(index, _)| (index, BTreeSet::new()))
        .collect();
    let places = plan
        .attendances
        .iter()
        .map(|one| (one.volunteer, one.activity, one.session))
        .chain(plan.sign_ups.iter().map(|one| (one.volunteer, one.activity, one.session)));
    for (volunteer, activity, session) in places {
        if let Some(days) = members.get_mut(&volunteer)
            && let Some(session) = city.session(activity, session)
        {
            days.insert(day(session.date).days() - today);
        }
    }
    let mut all: Vec<_> = members.into_iter().collect();
    all.sort_by_key(|(index, _)| (*index != team, *index));
    all
}
