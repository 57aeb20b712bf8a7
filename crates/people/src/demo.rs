//! The people of the demo city: its organisations, volunteers, memberships, consents and sign-ins,
//! written from [`demo_city::DemoCity`], which knows everything by index. Straight through SQL, because
//! 20,000 people should be there in seconds; what other rooms keep in step with a person (blind
//! indexes, sort keys, paths) is made by the same functions as in earnest.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use db::{Db, DbError, WriteTx, args, sql};
use demo_city::{ClaimState, DemoCity, StationState};
use kernel::{AccountId, Actor, Date, Error, Id, ManualClock, OrgId, PersonId, Role, Timestamp};
use roster::clean::{IdDocument, IdKind};
use vault::Vault;

use crate::guardian;
use crate::org::{NewOrg, OrgKind, OrgState};
use crate::person::{self, CONSENT_VERSION};

// The names under which `person` encrypts the two fields; the test of the demo reads them back through it.
const ID_FIELD: &str = "person.id_number";
const PHONE_FIELD: &str = "person.phone";

/// Rows of one write closure.
pub const CHUNK: usize = 2_000;
/// Years before today in which the organisations were entered.
const FOUNDED_DAYS: i64 = 730;

/// Who plays the demo's roles, by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cast {
    /// The volunteer of `demo-volunteer`.
    pub volunteer: usize,
    /// The team of `demo-leader`.
    pub team: usize,
    /// The community of `demo-station`.
    pub community: usize,
}

/// A sign-in of the demo.
#[derive(Clone)]
pub struct Login {
    /// Login.
    pub login: &'static str,
    /// Password.
    pub password: String,
    /// What it is, in Chinese and English.
    pub what: (&'static str, &'static str),
    /// Its account.
    pub account: AccountId,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Login({})", self.login)
    }
}

/// The ids that belong to the city's indexes.
#[derive(Clone, Debug)]
pub struct Filled {
    /// The top of the tree.
    pub city: OrgId,
    /// By [`demo_city::Place::streets`].
    pub streets: Vec<OrgId>,
    /// By [`demo_city::Place::communities`].
    pub communities: Vec<OrgId>,
    /// By [`demo_city::Place::departments`].
    pub departments: Vec<OrgId>,
    /// By [`DemoCity::teams`].
    pub teams: Vec<OrgId>,
    /// By [`DemoCity::volunteers`].
    pub persons: Vec<PersonId>,
    /// Accounts of the leaders, by team.
    pub leaders: Vec<AccountId>,
    /// Accounts of those who confirm at the stations, by community.
    pub clerks: Vec<AccountId>,
    /// The sign-ins.
    pub logins: Vec<Login>,
}

impl Filled {
    /// The account behind a sign-in.
    #[must_use]
    pub fn account(&self, login: &str) -> Option<AccountId> {
        self.logins.iter().find(|one| one.login == login).map(|one| one.account)
    }
}

/// A wish for a write, prepared elsewhere.
type Write = Box<dyn Fn(&mut WriteTx<'_>) -> Result<(), DbError> + Send + Sync>;

/// Writes on a thread of its own, in order, while the next rows are prepared.
pub struct Loader {
    send: Option<SyncSender<Write>>,
    thread: Option<JoinHandle<Result<(), Error>>>,
}

impl std::fmt::Debug for Loader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Loader")
    }
}

impl Loader {
    /// Starts the thread.
    #[must_use]
    pub fn start(db: &Db) -> Self {
        let (send, receive) = sync_channel::<Write>(4);
        let db = db.clone();
        let thread = std::thread::spawn(move || {
            for write in receive {
                db.write_blocking(move |tx| write(tx))?;
            }
            Ok(())
        });
        Self { send: Some(send), thread: Some(thread) }
    }

    /// Hands over rows and how one is written; they are written together.
    pub fn put<T: Send + Sync + 'static>(
        &self,
        rows: Vec<T>,
        write: fn(&mut WriteTx<'_>, &T) -> Result<(), DbError>,
    ) {
        if rows.is_empty() {
            return;
        }
        let job: Write = Box::new(move |tx| rows.iter().try_for_each(|row| write(tx, row)));
        if let Some(send) = &self.send {
            // The thread ends early only on an error, which `finish` reports.
            let _ = send.send(job);
        }
    }

    /// Hands rows over in chunks as they come.
    pub fn stream<T: Send + Sync + 'static>(
        &self,
        rows: impl IntoIterator<Item = T>,
        write: fn(&mut WriteTx<'_>, &T) -> Result<(), DbError>,
    ) {
        let mut chunk = Vec::with_capacity(CHUNK);
        for row in rows {
            chunk.push(row);
            if chunk.len() == CHUNK {
                self.put(std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK)), write);
            }
        }
        self.put(chunk, write);
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// The first of the writes.
    pub fn finish(mut self) -> Result<(), Error> {
        self.send = None;
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(result)) => result,
            _ => Err(Error::bug("the loading thread panicked")),
        }
    }
}

/// A number that scatters an index: for choices that need no generator of their own.
#[must_use]
pub const fn scatter(index: usize) -> usize {
    (index.wrapping_mul(2_654_435_761) >> 7) & 0xFFFF
}

/// The calendar date as the program keeps it.
#[must_use]
pub const fn day(date: jiff::civil::Date) -> Date {
    Date(date)
}

fn at<T: Copy>(list: &[T], index: usize) -> Result<T, Error> {
    list.get(index).copied().ok_or_else(|| Error::bug("an index of the demo city has no row"))
}

/// Fills an empty database. `clock` is the clock of `db`; it is left at the beginning of the demo's day.
/// Blocks; call it outside the async runtime.
///
/// # Errors
/// Of the database.
pub fn fill(
    db: &Db,
    clock: &ManualClock,
    vault: &Arc<Vault>,
    city: &DemoCity,
    cast: Cast,
) -> Result<Filled, Error> {
    let today = day(city.today);
    clock.set(Timestamp::at(today.plus(-FOUNDED_DAYS), 9 * 60));
    let mut filled = organisations(db, city)?;
    clock.set(Timestamp::at(today, 0));
    let loader = Loader::start(db);
    persons(db, &loader, vault, city, &mut filled)?;
    memberships(db, &loader, city, cast, &filled);
    loader.finish()?;
    db.write_blocking(crate::person::keys::write_all)?;
    accounts(db, vault, city, cast, &mut filled)?;
    disputes(db, city, &filled)?;
    minors(db, vault, city, cast, &filled)?;
    views(db, &filled)?;
    crate::duplicate::demo::fill(db, vault, city, cast, &filled)?;
    db.write_blocking(|tx| {
        tx.exec(
            sql!(
                "UPDATE org SET members = (SELECT count(*) FROM member m WHERE m.org_id = org.id AND m.state = 'member')
                 WHERE kind = 'team'"
            ),
            args![],
        )
    })?;
    Ok(filled)
}

/// Units with those they listed, working bodies, public places and demonstration bases: after everything else, so that nothing else changes by them.
///
/// # Errors
/// Of the database.
pub fn fill_bodies(db: &Db, city: &DemoCity, cast: Cast, filled: &Filled) -> Result<(), Error> {
    crate::report_in::demo::fill(db, city, cast, filled)?;
    crate::body::demo::fill(db, city, cast, filled)?;
    crate::site::demo::fill(db, city, filled)?;
    crate::base::demo::fill(db, day(city.today), filled)
}

/// Certificates, trainings, member cards and data requests: after everything else as well.
///
/// # Errors
/// Of the database.
pub fn fill_qualifications(
    db: &Db,
    vault: &Arc<Vault>,
    city: &DemoCity,
    cast: Cast,
    filled: &Filled,
) -> Result<(), Error> {
    crate::member_card::demo::fill(db, city, cast, filled)?;
    crate::rights::demo::fill(db, city, cast, filled)?;
    crate::qualification::demo::fill(db, vault, city, cast, filled)
}

fn organisations(db: &Db, city: &DemoCity) -> Result<Filled, Error> {
    let (area, teams, today) = (city.place.clone(), city.teams.clone(), city.today);
    db.write_blocking(move |tx| {
        let make = |tx: &mut WriteTx<'_>, org: NewOrg| crate::org::create(tx, &org);
        let root = make(
            tx,
            NewOrg {
                name_en: area.en.to_owned(),
                code: area.code.clone(),
                lon: Some(area.centre.lon),
                lat: Some(area.centre.lat),
                ..NewOrg::new(OrgKind::City, area.name, None)
            },
        )?;
        let mut departments = Vec::new();
        let offices = [&area.office, &area.association];
        for (number, body) in offices.into_iter().chain(area.departments).enumerate() {
            let id = make(
                tx,
                NewOrg {
                    name_en: body.en.to_owned(),
                    type_code: "agency".to_owned(),
                    ..NewOrg::new(OrgKind::Department, body.name, Some(root))
                },
            )?;
            // The first two run the system; only the others sponsor teams.
            if number >= 2 {
                departments.push(id);
            }
        }
        let mut streets = Vec::new();
        for street in &area.streets {
            streets.push(make(
                tx,
                NewOrg {
                    name_en: street.en.clone(),
                    code: street.code.clone(),
                    lon: Some(street.lon),
                    lat: Some(street.lat),
                    ..NewOrg::new(OrgKind::Street, &street.name, Some(root))
                },
            )?);
        }
        let mut communities = Vec::new();
        for community in &area.communities {
            let id = make(
                tx,
                NewOrg {
                    name_en: community.en.clone(),
                    code: community.code.clone(),
                    lon: Some(community.lon),
                    lat: Some(community.lat),
                    ..NewOrg::new(OrgKind::Community, &community.name, Some(at(&streets, community.street)?))
                },
            )?;
            communities.push(id);
            for station in community.station.iter().chain(&community.planned_station) {
                let open = station.state == StationState::Open;
                let since = Some(day(station.since));
                make(
                    tx,
                    NewOrg {
                        name_en: station.en.clone(),
                        state: if open { OrgState::Open } else { OrgState::Planned },
                        address: station.address.clone(),
                        phone: station.phone.clone(),
                        lon: Some(community.lon),
                        lat: Some(community.lat),
                        opened_on: since.filter(|_| open),
                        due_on: since.filter(|_| !open),
                        ..NewOrg::new(OrgKind::Station, &station.name, Some(id))
                    },
                )?;
            }
        }
        let mut made = Vec::new();
        for team in &teams {
            let parent = match team.community {
                Some(index) => at(&communities, index)?,
                None => root,
            };
            made.push(make(
                tx,
                NewOrg {
                    name_en: team.en.clone(),
                    type_code: team.kind.code().to_owned(),
                    sponsor_parent: Some(at(&departments, team.sponsor)?),
                    opened_on: Some(day(team.founded.min(today))),
                    flag_no: format!("{:04}", team.flag),
                    slogan: team.slogan.to_owned(),
                    ..NewOrg::new(OrgKind::Team, &team.name, Some(parent))
                },
            )?);
        }
        Ok::<_, Error>(Filled {
            city: root,
            streets,
            communities,
            departments,
            teams: made,
            persons: Vec::new(),
            leaders: Vec::new(),
            clerks: Vec::new(),
            logins: Vec::new(),
        })
    })
}

struct PersonRow {
    id: PersonId,
    no: String,
    name: String,
    key: roster::pinyin::Key,
    gender: &'static str,
    birth: Date,
    /// Encrypted number and its index; unknown for people whose roster had none.
    document: Option<(Vec<u8>, [u8; 16])>,
    phone: (Vec<u8>, [u8; 16]),
    home: OrgId,
    state: &'static str,
    assurance: &'static str,
    public: bool,
    source: &'static str,
    joined: Date,
    created: Timestamp,
    claimed: Option<Timestamp>,
    consents: Vec<(i64, &'static str)>,
    skills: Vec<&'static str>,
    categories: Vec<&'static str>,
}

fn put_person(tx: &mut WriteTx<'_>, row: &PersonRow) -> Result<(), DbError> {
    let (id_enc, id_index) =
        row.document.as_ref().map_or((None, None), |(e, i)| (Some(e.clone()), Some(i.to_vec())));
    let id_kind = if row.document.is_some() { IdKind::ResidentId.key() } else { "" };
    tx.exec_later(
        sql!(
            "INSERT INTO person (id, volunteer_no, name, name_key, initials, gender, birth_on, id_kind, id_enc,
                 id_index, phone_enc, phone_index, home_org, state, assurance, rank_public, source, joined_on,
                 created_at, claimed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)"
        ),
        args![
            row.id,
            row.no,
            row.name,
            row.key.full,
            row.key.initials,
            row.gender,
            row.birth,
            id_kind,
            id_enc,
            id_index,
            row.phone.0,
            row.phone.1,
            row.home,
            row.state,
            row.assurance,
            row.public,
            row.source,
            row.joined,
            row.created,
            row.claimed
        ],
    )?;
    for (id, purpose) in &row.consents {
        tx.exec_later(
            sql!(
                "INSERT INTO consent (id, person_id, purpose, version, channel, given_at)
                 VALUES ($1, $2, $3, $4, $5, $6)"
            ),
            args![id, row.id, *purpose, CONSENT_VERSION, row.source, row.created],
        )?;
    }
    for skill in &row.skills {
        tx.exec_later(
            sql!("INSERT INTO person_skill (person_id, skill) VALUES ($1, $2)"),
            args![row.id, *skill],
        )?;
    }
    for category in &row.categories {
        tx.exec_later(
            sql!("INSERT INTO person_category (person_id, category) VALUES ($1, $2)"),
            args![row.id, *category],
        )?;
    }
    Ok(())
}

fn persons(
    db: &Db,
    loader: &Loader,
    vault: &Vault,
    city: &DemoCity,
    filled: &mut Filled,
) -> Result<(), Error> {
    let count = i64::try_from(city.size.volunteers()).unwrap_or(i64::MAX);
    let first = db.write_blocking(move |tx| person::take_numbers(tx, count))?;
    let now = db.ctx().clock.now();
    let mut chunk = Vec::with_capacity(CHUNK);
    for (index, (who, number)) in city.volunteers().zip(first..).enumerate() {
        let id: PersonId = db.ctx().ids.next(now);
        let active = who.claim == ClaimState::Active;
        let desk = active && index.is_multiple_of(3);
        // A few people of old rosters came without a number (Fix-03).
        let documented = active || !index.is_multiple_of(10);
        let joined = day(who.joined);
        let created = Timestamp::at(joined, 8 * 60 + i64::try_from(scatter(index) % 720).unwrap_or(0));
        let number_sealed = documented.then(|| {
            let document = IdDocument {
                kind: IdKind::ResidentId,
                number: who.id_number.clone(),
                birth_date: None,
                gender: None,
            };
            let index = *person::id_index(vault, &document).as_bytes();
            (vault.fields.encrypt(ID_FIELD, who.id_number.as_bytes()), index)
        });
        let phone = (
            vault.fields.encrypt(PHONE_FIELD, who.phone.as_bytes()),
            *person::phone_index(vault, &who.phone).as_bytes(),
        );
        let public = active && who.ranking_opt_in;
        let mut consents = Vec::new();
        if active {
            consents.push((db.ctx().ids.next::<person::ConsentId>(now).as_i64(), "register"));
        }
        if public {
            consents.push((db.ctx().ids.next::<person::ConsentId>(now).as_i64(), "rank"));
        }
        chunk.push(PersonRow {
            id,
            no: person::volunteer_no(number),
            key: roster::pinyin::key(&who.name),
            name: who.name,
            gender: match who.gender {
                demo_city::Gender::Male => "m",
                demo_city::Gender::Female => "f",
            },
            birth: day(who.birth),
            document: number_sealed,
            phone,
            home: at(&filled.communities, who.community)?,
            state: match (active, documented) {
                (true, _) => "active",
                (false, true) => "unclaimed",
                (false, false) => "incomplete",
            },
            assurance: if desk { "seen" } else { "declared" },
            public,
            source: match (active, desk) {
                (true, true) => "desk",
                (true, false) => "self",
                (false, _) => "import",
            },
            joined,
            created,
            claimed: active.then_some(created),
            consents,
            skills: who.skills,
            categories: who.categories,
        });
        filled.persons.push(id);
        if chunk.len() == CHUNK {
            loader.put(std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK)), put_person);
        }
    }
    loader.put(chunk, put_person);
    Ok(())
}

struct MemberRow {
    id: i64,
    team: OrgId,
    person: PersonId,
    state: &'static str,
    joined: Option<Date>,
}

fn put_member(tx: &mut WriteTx<'_>, row: &MemberRow) -> Result<(), DbError> {
    tx.exec_later(
        sql!("INSERT INTO member (id, org_id, person_id, state, joined_on) VALUES ($1, $2, $3, $4, $5)"),
        args![row.id, row.team, row.person, row.state, row.joined],
    )
}

fn memberships(db: &Db, loader: &Loader, city: &DemoCity, cast: Cast, filled: &Filled) {
    let now = db.ctx().clock.now();
    let id = || db.ctx().ids.next::<crate::org::MemberId>(now).as_i64();
    let row = |team: usize, person: usize, joined: Option<Date>| {
        let state = if joined.is_some() { "member" } else { "applied" };
        let (team, person) = (filled.teams.get(team)?, filled.persons.get(person)?);
        Some(MemberRow { id: id(), team: *team, person: *person, state, joined })
    };
    let mut belongs: Vec<Vec<usize>> = vec![Vec::new(); city.size.volunteers()];
    let mut rows = Vec::new();
    for (index, who) in city.volunteers().enumerate() {
        let mut teams = who.teams.clone();
        // The leader of team i is volunteer i (demo_city).
        if index < city.teams.len() && !teams.contains(&index) {
            teams.push(index);
        }
        rows.extend(teams.iter().filter_map(|team| row(*team, index, Some(day(who.joined)))));
        if let Some(slot) = belongs.get_mut(index) {
            *slot = teams;
        }
    }
    // Applications wait in every third team, two in the one people look at.
    for team in (0..city.teams.len()).filter(|team| team % 3 == 1 || *team == cast.team) {
        let wanted = if team == cast.team { 2 } else { 1 };
        let strangers = (0..city.size.volunteers())
            .map(|step| (team * 67 + step * 101 + city.teams.len()) % city.size.volunteers())
            .filter(|index| {
                belongs.get(*index).is_some_and(|teams| !teams.contains(&team) && teams.len() < 3)
            })
            .filter(|index| city.volunteer(*index).is_some_and(|who| who.claim == ClaimState::Active))
            .take(wanted)
            .collect::<Vec<_>>();
        rows.extend(strangers.into_iter().filter_map(|person| row(team, person, None)));
    }
    loader.stream(rows, put_member);
}

struct AccountRow {
    id: AccountId,
    person: Option<PersonId>,
    login: Option<&'static str>,
    name: String,
    hash: Option<String>,
    role: Option<(i64, Role, OrgId)>,
    /// Id of the titled post, team, elected or not, since when.
    post: Option<(i64, OrgId, PersonId, &'static str, Date)>,
}

fn put_account(tx: &mut WriteTx<'_>, row: &AccountRow) -> Result<(), DbError> {
    let now = tx.now();
    let password_at = row.hash.as_ref().map(|_| now);
    tx.exec_later(
        sql!(
            "INSERT INTO account (id, person_id, login, name, password_hash, password_at, state, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, 'active', $7)"
        ),
        args![row.id, row.person, row.login, row.name, row.hash, password_at, now],
    )?;
    if let Some((id, role, org)) = &row.role {
        tx.exec_later(
            sql!(
                "INSERT INTO role_grant (id, account_id, role, org_id, given_at) VALUES ($1, $2, $3, $4, $5)"
            ),
            args![*id, row.id, role.code(), *org, now],
        )?;
    }
    if let Some((id, org, person, how, from)) = &row.post {
        tx.exec_later(
            sql!(
                "INSERT INTO org_post (id, org_id, person_id, title, kind, how, from_on)
                 VALUES ($1, $2, $3, '队长', 'leader', $4, $5)"
            ),
            args![*id, *org, *person, *how, *from],
        )?;
    }
    Ok(())
}

/// Sixteen letters and digits without those that look alike, of three kinds (X1).
fn password(vault: &Vault) -> String {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    vault.random(|random| {
        let mut text: String = (0..13)
            .filter_map(|_| {
                let at = usize::try_from(random.next_u64() % LETTERS.len() as u64).unwrap_or(0);
                LETTERS.get(at).map(|b| char::from(*b))
            })
            .collect();
        text.push_str("Kx7");
        text
    })
}

fn accounts(db: &Db, vault: &Vault, city: &DemoCity, cast: Cast, filled: &mut Filled) -> Result<(), Error> {
    let now = db.ctx().clock.now();
    let name_of = |index: usize| city.volunteer(index).map(|who| who.name).unwrap_or_default();
    let number = || db.ctx().ids.next::<OrgId>(now).as_i64();
    let place = city.place.communities.get(cast.community).map(|one| one.name.clone()).unwrap_or_default();
    let home = at(&filled.communities, cast.community)?;
    let team = at(&filled.teams, cast.team)?;
    // In the order in which the sign-in page offers them.
    type Part = (&'static str, (&'static str, &'static str), Option<usize>, String, Option<(Role, OrgId)>);
    let parts: [Part; 7] = [
        ("demo-volunteer", ("志愿者", "Volunteer"), Some(cast.volunteer), name_of(cast.volunteer), None),
        (
            "demo-leader",
            ("队长", "Team leader"),
            Some(cast.team),
            name_of(cast.team),
            Some((Role::Leader, team)),
        ),
        (
            "demo-station",
            ("站点工作人员", "Station staff"),
            None,
            format!("陈晓雯（{place}站点）"),
            Some((Role::Station, home)),
        ),
        (
            "demo-office",
            ("市级办公室", "City office"),
            None,
            "陆建平（市文明办）".to_owned(),
            Some((Role::Office, filled.city)),
        ),
        (
            "demo-system",
            ("系统管理员", "System administrator"),
            None,
            "系统管理员".to_owned(),
            Some((Role::System, filled.city)),
        ),
        (
            "demo-security",
            ("安全管理员", "Security administrator"),
            None,
            "安全管理员".to_owned(),
            Some((Role::Security, filled.city)),
        ),
        (
            "demo-audit",
            ("审计管理员", "Audit administrator"),
            None,
            "审计管理员".to_owned(),
            Some((Role::Audit, filled.city)),
        ),
    ];
    let post_of = |team: usize, id: OrgId, person: PersonId| {
        let how = if team.is_multiple_of(2) { "elected" } else { "appointed" };
        let founded = city.teams.get(team).map_or(city.today, |team| team.founded);
        let joined = city.volunteer(team).map_or(founded, |who| who.joined);
        (number(), id, person, how, day(founded.max(joined)))
    };
    let mut rows = Vec::new();
    for (login, what, person, name, role) in parts {
        let password = password(vault);
        let hash = vault.hash_password(&password).map_err(|e| Error::bug(e.to_string()))?;
        let id: AccountId = db.ctx().ids.next(now);
        let who = match person {
            Some(index) => Some(at(&filled.persons, index)?),
            None => None,
        };
        let leads = who.filter(|_| login == "demo-leader");
        rows.push(AccountRow {
            id,
            person: who,
            login: Some(login),
            name,
            hash: Some(hash),
            role: role.map(|(role, org)| (number(), role, org)),
            post: leads.map(|person| post_of(cast.team, team, person)),
        });
        filled.logins.push(Login { login, password, what, account: id });
    }
    let cast_leader = filled.account("demo-leader").unwrap_or(AccountId(0));
    for (index, team) in filled.teams.iter().enumerate() {
        if index == cast.team {
            filled.leaders.push(cast_leader);
            continue;
        }
        let person = at(&filled.persons, index)?;
        let id: AccountId = db.ctx().ids.next(now);
        filled.leaders.push(id);
        rows.push(AccountRow {
            id,
            person: Some(person),
            login: None,
            name: name_of(index),
            hash: None,
            role: Some((number(), Role::Leader, *team)),
            post: Some(post_of(index, *team, person)),
        });
    }
    let cast_clerk = filled.account("demo-station").unwrap_or(AccountId(0));
    for (index, community) in filled.communities.iter().enumerate() {
        if index == cast.community {
            filled.clerks.push(cast_clerk);
            continue;
        }
        let id: AccountId = db.ctx().ids.next(now);
        filled.clerks.push(id);
        let place = city.place.communities.get(index).map(|one| one.name.as_str()).unwrap_or_default();
        rows.push(AccountRow {
            id,
            person: None,
            login: None,
            name: format!("值班员（{place}站点）"),
            hash: None,
            role: Some((number(), Role::Station, *community)),
            post: None,
        });
    }
    let loader = Loader::start(db);
    loader.put(rows, put_account);
    loader.finish()
}

/// What the station's staff look at every morning, one tap away.
fn views(db: &Db, filled: &Filled) -> Result<(), Error> {
    let actor = Actor { account: filled.account("demo-station"), ..Actor::default() };
    db.write_blocking(move |tx| {
        crate::view::save(tx, &actor, &person::LIST, "待认领", "state=unclaimed", false).map(|_| ())
    })
}

/// Two people of the rosters said "not me" (V3), so that the station has something to look into.
fn disputes(db: &Db, city: &DemoCity, filled: &Filled) -> Result<(), Error> {
    let who: Vec<PersonId> = city
        .volunteers()
        .enumerate()
        .filter(|(index, one)| one.claim == ClaimState::Unclaimed && !index.is_multiple_of(10))
        .filter_map(|(index, _)| filled.persons.get(index).copied())
        .take(2)
        .collect();
    db.write_blocking(move |tx| {
        let now = tx.now();
        for (person, text) in who.iter().zip(["我没有报过名，请删除。", "这个号码换了主人，不是我。"])
        {
            let id: person::NotMeId = tx.new_id();
            tx.exec_one(sql!("UPDATE person SET state = 'disputed' WHERE id = $1"), args![*person])?;
            tx.exec_later(
                sql!(
                    "INSERT INTO not_me (id, person_id, at, state_before, text, state)
                     VALUES ($1, $2, $3, 'unclaimed', $4, 'open')"
                ),
                args![id, *person, now.plus_minutes(-600), text],
            )?;
        }
        Ok::<_, DbError>(())
    })?;
    Ok(())
}

/// Two minors whom the demo's volunteer looks after.
fn minors(db: &Db, vault: &Arc<Vault>, city: &DemoCity, cast: Cast, filled: &Filled) -> Result<(), Error> {
    let Some(elder) = city.volunteer(cast.volunteer) else { return Ok(()) };
    let (person, home) = (at(&filled.persons, cast.volunteer)?, at(&filled.communities, elder.community)?);
    let today = day(city.today);
    let vault = Arc::clone(vault);
    db.write_blocking(move |tx| {
        let actor = Actor { person: Some(person), name: elder.name.clone(), ..Actor::default() };
        for (name, years, serial) in [("林小禾", 12, 901), ("周子安", 16, 902)] {
            let birth = guardian::rules::birthday(today, -years).plus(-40);
            let compact: String = birth.to_string().chars().filter(char::is_ascii_digit).collect();
            let body = format!("990001{compact}{serial}");
            let check = roster::clean::check_digit(body.as_bytes()).map_or('0', char::from);
            let new = person::NewPerson {
                name: name.to_owned(),
                gender: person::Gender::Unknown,
                birth_on: Some(birth),
                document: Some(IdDocument {
                    kind: IdKind::ResidentId,
                    number: format!("{body}{check}"),
                    birth_date: Some(birth),
                    gender: None,
                }),
                phone: Some(elder.phone.clone()),
                home_org: home,
                address: String::new(),
                employer: String::new(),
                note: String::new(),
                skills: Vec::new(),
                categories: Vec::new(),
                source: person::Source::Own,
                state: person::PersonState::Unclaimed,
                assurance: person::Assurance::Declared,
                joined_on: None,
                batch: 0,
                rank_public: false,
            };
            let minor = person::create(tx, &vault, &new)?;
            let asked = guardian::Asked {
                name: elder.name.clone(),
                relation: guardian::Relation::Other,
                phone: elder.phone.clone(),
            };
            let id = guardian::ask(tx, &vault, minor, &asked)?;
            guardian::give(tx, &actor, id, "account")?;
        }
        Ok::<_, Error>(())
    })
}
