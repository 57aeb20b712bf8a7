//! A city of a million volunteers and ten million records beside one of a hundredth of it: how long the program
//! takes to start there, what it holds in memory, and how the commonest pages grow.
//!
//! The tables are filled by SQLite itself (a statement makes ten million rows in the time in which the program would
//! write a few hundred thousand), without indexes, which are made afterwards as the migrations have them. What is
//! measured is the program as it is shipped, `linli serve`, as a process of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kernel::{AccountId, Date, Period, PersonId};
use loadgen::{Cycle, Figure, Plan, Table};
use rusqlite::Connection;
use service::total::{category_subject, rank};

use super::city::Person;
use super::{Asked, ms};
use crate::config::{Config, Layer};
use crate::{Failure, open, rooms};

/// The tree is the same in both: a city grows in people, not in streets.
const STREETS: i64 = 20;
const COMMUNITIES: i64 = 200;
const TEAMS: i64 = 1_000;
const FIRST_STREET: i64 = 10;
const FIRST_COMMUNITY: i64 = 100;
const FIRST_TEAM: i64 = 1_000;
/// Records of one session.
const PER_SESSION: i64 = 20;
/// Days the records are spread over.
const DAYS: i64 = 5 * 365;
/// Sessions of the last days whose records wait.
const WAITING_DAYS: i64 = 10;
/// Sessions that are announced.
const UPCOMING: i64 = 1_000;
/// People whose pages are asked for.
const VISITORS: i64 = 200;
const FIRST_PERSON: i64 = 1_000_000;
const FIRST_SESSION: i64 = 100_000_000;
const FIRST_RECORD: i64 = 1_000_000_000;

/// How large a city is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    people: i64,
    records: i64,
}

impl Size {
    const fn sessions(self) -> i64 {
        self.records / PER_SESSION
    }
}

/// Who asks for a page.
#[derive(Debug, Clone, Copy)]
enum Who {
    Volunteer,
    Station,
    Office,
}

/// The ten commonest pages.
const PAGES: [(&str, &str, Who); 10] = [
    ("home, volunteer", "/", Who::Volunteer),
    ("activities", "/activities", Who::Volunteer),
    ("sessions I can take", "/sessions", Who::Volunteer),
    ("one activity", "/activities/{activity}", Who::Volunteer),
    ("my records", "/me/hours", Who::Volunteer),
    ("ranking", "/rankings", Who::Volunteer),
    ("home, station", "/", Who::Station),
    ("people, station", "/people", Who::Station),
    ("people search, office", "/people?q=王伟强", Who::Office),
    ("dashboard, office", "/dashboard", Who::Office),
];

/// A filled folder and who may ask there.
struct Filled {
    folder: PathBuf,
    volunteers: Vec<Person>,
    station: Person,
    office: Person,
}

/// `linli serve` on a folder.
pub(super) struct Served {
    child: Child,
    /// Where it listens.
    pub(super) addr: SocketAddr,
    /// From its start to the first `ready`.
    pub(super) took: Duration,
}

impl Served {
    /// Starts it and waits until it is ready.
    ///
    /// # Errors
    /// When it ends or is not ready within two minutes.
    pub(super) fn start(settings: &[(&str, &str)]) -> Result<Self, Failure> {
        let addr = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("serve").args(["--listen", &addr.to_string()]);
        command.envs(settings.iter().copied());
        let begun = Instant::now();
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut served = Self { child, addr, took: Duration::ZERO };
        let ready = loadgen::build_get("/readyz", "127.0.0.1", None);
        loop {
            if let Ok(answer) = loadgen::ask(addr, &ready, Duration::from_secs(5))
                && answer.status == 200
            {
                served.took = begun.elapsed();
                return Ok(served);
            }
            if let Some(status) = served.child.try_wait()? {
                return Err(format!("the server ended with {status} before it was ready").into());
            }
            if begun.elapsed() > Duration::from_secs(120) {
                return Err("the server was not ready within two minutes".into());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// What it holds in memory, in MiB.
    fn mib(&self) -> Result<f64, Failure> {
        Ok(loadgen::Memory::mib(loadgen::memory(self.child.id())?.current))
    }

    /// Ends it at once, as a power cut would.
    pub(super) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Measures; returns the table of the pages for the notes.
///
/// # Errors
/// When a city cannot be filled or a page answers anything but 200.
pub fn measure(table: &mut Table, folder: &Path, asked: &Asked) -> Result<String, Failure> {
    let large = Size { people: asked.million, records: asked.million * 10 };
    let small = Size { people: asked.million / 100, records: asked.million / 10 };
    let begun = Instant::now();
    let large_city = fill(&folder.join("large"), large)?;
    super::say(&format!("large city filled in {:.0} s", begun.elapsed().as_secs_f64()));
    let small_city = fill(&folder.join("small"), small)?;

    let mut starts = Vec::new();
    for _ in 0..3 {
        starts.push(Served::start(&[("LINLI_DATA", &large_city.folder.display().to_string())])?.took);
    }
    starts.sort_unstable();
    let start = starts.get(1).copied().unwrap_or_default();
    let served = Served::start(&[("LINLI_DATA", &large_city.folder.display().to_string())])?;
    std::thread::sleep(Duration::from_secs(3));
    let idle = served.mib()?;
    let beside = Served::start(&[("LINLI_DATA", &small_city.folder.display().to_string())])?;

    let mut rows = Vec::new();
    for (name, path, who) in PAGES {
        let few = page(&beside, &small_city, path, who)?;
        let many = page(&served, &large_city, path, who)?;
        rows.push((name, path, few, many));
    }
    let after = served.mib()?;
    drop((served, beside));

    table.push(Figure::new("start_ms", ms(start), "ms").at_most(1_000.0).note(format!(
        "median of 3, from exec to ready, {} volunteers and {} records; file in the page cache",
        large.people, large.records
    )));
    table.push(
        Figure::new("idle_rss_mb", idle, "MiB")
            .at_most(120.0)
            .note(format!("three seconds after the start there; {after:.0} MiB after the pages below")),
    );
    let median = |pick: fn(&(&str, &str, Duration, Duration)) -> Duration| {
        let mut all: Vec<f64> = rows.iter().map(|row| ms(pick(row))).collect();
        all.sort_unstable_by(f64::total_cmp);
        let at = |n: usize| all.get(n).copied().unwrap_or_default();
        f64::midpoint(at(all.len() / 2 - 1), at(all.len() / 2))
    };
    let (few, many) = (median(|row| row.2), median(|row| row.3));
    let worst = rows
        .iter()
        .map(|row| (row.0, ms(row.3) / ms(row.2)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap_or_default();
    table.push(Figure::new("scale_ratio", many / few, "×").at_most(1.5).note(format!(
        "median of ten pages {many:.2} ms over {few:.2} ms; the worst page is “{}” with {:.2}",
        worst.0, worst.1
    )));
    let mut text = format!(
        "| page | {} volunteers, {} records | {} volunteers, {} records | ratio |\n|---|--:|--:|--:|\n",
        small.people, small.records, large.people, large.records
    );
    for (name, path, few, many) in rows {
        let ratio = ms(many) / ms(few);
        text.push_str(&format!(
            "| {name} `{path}` | {:.2} ms | {:.2} ms | {ratio:.2}{} |\n",
            ms(few),
            ms(many),
            if ratio > 1.5 { " !" } else { "" }
        ));
    }
    super::say(&text);
    let _ = std::fs::remove_dir_all(folder);
    Ok(text)
}

/// The median time of a page, asked for one after the other on one connection.
fn page(served: &Served, city: &Filled, path: &str, who: Who) -> Result<Duration, Failure> {
    let host = "127.0.0.1";
    let people: &[Person] = match who {
        Who::Volunteer => &city.volunteers,
        Who::Station => std::slice::from_ref(&city.station),
        Who::Office => std::slice::from_ref(&city.office),
    };
    let requests: Vec<Vec<u8>> = (0_i64..)
        .zip(people)
        .map(|(n, person)| {
            let path = path.replace("{activity}", &(50_000_000 + n * 3 % UPCOMING).to_string());
            loadgen::build_get(&path, host, Some(&person.cookie))
        })
        .collect();
    // Once each, so that a slow page is met before the measured time begins.
    for request in requests.iter().take(20) {
        let answer = loadgen::ask(served.addr, request, Duration::from_secs(60))?;
        if answer.status != 200 {
            return Err(format!("{path} answers {}", answer.status).into());
        }
    }
    let plan = Plan {
        timeout: Duration::from_secs(60),
        grace: Duration::from_secs(60),
        ..Plan::closed(served.addr, 1, Duration::from_millis(1_500)).warm_up(Duration::ZERO)
    };
    let outcome = loadgen::run(&plan, &mut Cycle::new(requests))?;
    if outcome.statuses.keys().any(|status| *status != 200) || outcome.errors.total() > 0 {
        return Err(format!("{path}: {:?}, errors {:?}", outcome.statuses, outcome.errors).into());
    }
    Ok(outcome.latency.p50())
}

/// Makes a folder with such a city in it.
fn fill(folder: &Path, size: Size) -> Result<Filled, Failure> {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder)?;
    let mut flags = Layer::new();
    flags.insert("data".to_owned(), folder.display().to_string());
    let config = Config::merge(Layer::new(), Layer::new(), flags)?;
    let db = open::storage(&config, &rooms::all())?;
    let vault = open::vault(&open::keys(&db, &config)?)?;
    let now = db.ctx().clock.now();
    drop(db);

    let mut conn = Connection::open(folder.join("linli.db"))?;
    conn.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -400000;
         PRAGMA temp_store = MEMORY; PRAGMA threads = 2; PRAGMA locking_mode = EXCLUSIVE;",
    )?;
    let indexes = {
        let mut found = conn.prepare(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL
             AND tbl_name IN ('person', 'account', 'session', 'activity', 'sign_up', 'record', 'total')",
        )?;
        found
            .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?
            .collect::<Result<Vec<_>, _>>()?
    };
    let tx = conn.transaction()?;
    for (name, _) in &indexes {
        tx.execute_batch(&format!("DROP INDEX {name}"))?;
    }
    tree(&tx, now.0)?;
    people(&tx, size, now.0)?;
    activities(&tx, size, now.0, now.date())?;
    records(&tx, size, now.0, now.date())?;
    totals(&tx, size, now.date())?;
    for (_, sql) in &indexes {
        tx.execute_batch(sql)?;
    }
    let signed_in = |person: Option<PersonId>, account: AccountId, role: Option<(&str, i64)>| {
        sign_in(&tx, &vault, person, account, role, now.0)
    };
    let step = (size.people / VISITORS).max(1);
    let volunteers = (0..VISITORS)
        .map(|n| {
            let id = FIRST_PERSON + n * step;
            signed_in(Some(PersonId(id)), AccountId(id), None)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let station = signed_in(None, AccountId(1), Some(("station", FIRST_COMMUNITY + COMMUNITIES / 2)))?;
    let office = signed_in(None, AccountId(2), Some(("office", 1)))?;
    tx.commit()?;
    conn.close().map_err(|(_, e)| e)?;
    // What the program does by itself within its first minutes.
    let db = open::storage(&config, &rooms::all())?;
    let begun = Instant::now();
    service::total::kept::refresh(&db)?;
    super::say(&format!("figures of the dashboards counted in {:.1} s", begun.elapsed().as_secs_f64()));
    drop(db);
    Ok(Filled { folder: folder.to_owned(), volunteers, station, office })
}

fn sign_in(
    tx: &Connection,
    vault: &vault::Vault,
    person: Option<PersonId>,
    account: AccountId,
    role: Option<(&str, i64)>,
    now: i64,
) -> Result<Person, Failure> {
    let token = vault.session_token();
    let hash = token.hash();
    let month = 30 * 86_400_000_i64;
    if let Some((role, org)) = role {
        tx.execute(
            "INSERT INTO account (id, login, name, state, created_at) VALUES (?1, 'bench' || ?1, '基准', 'active', ?2)",
            (account.0, now),
        )?;
        tx.execute(
            "INSERT INTO role_grant (id, account_id, role, org_id, given_at) VALUES (?1, ?1, ?2, ?3, ?4)",
            (account.0, role, org, now),
        )?;
    }
    tx.execute(
        "INSERT INTO login_session (token_hash, account_id, created_at, seen_at, idle_ms, expires_at)
         VALUES (?1, ?2, ?3, ?3, ?4, ?3 + ?4)",
        (hash.as_bytes(), account.0, now, month),
    )?;
    Ok(Person {
        id: person.unwrap_or(PersonId(0)),
        cookie: format!("{}={}", ui::request::SESSION, token.text()),
        csrf: vault.signer.sign("csrf", &[hash.as_bytes()]),
    })
}

/// Numbers from 0 up to (not including) a limit.
fn upto(n: i64) -> String {
    format!("WITH RECURSIVE k (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM k WHERE n + 1 < {n})")
}

fn tree(tx: &Connection, now: i64) -> rusqlite::Result<()> {
    let insert = "INSERT INTO org (id, kind, name, name_key, area_parent, area_path, state, created_at)";
    tx.execute_batch(&format!(
        "{insert} VALUES (1, 'city', '基准市', 'ji zhun shi', NULL, '/1/', 'open', {now});
         {} {insert} SELECT {FIRST_STREET} + n, 'street', '第' || n || '街道', printf('di %06d', n), 1,
            '/1/' || ({FIRST_STREET} + n) || '/', 'open', {now} FROM k;
         {} {insert} SELECT {FIRST_COMMUNITY} + n, 'community', '第' || n || '社区', printf('di %06d', n),
            {FIRST_STREET} + n % {STREETS},
            '/1/' || ({FIRST_STREET} + n % {STREETS}) || '/' || ({FIRST_COMMUNITY} + n) || '/', 'open', {now} FROM k;
         {} {insert} SELECT {FIRST_TEAM} + n, 'team', '第' || n || '服务队', printf('di %06d', n),
            {FIRST_COMMUNITY} + n % {COMMUNITIES},
            '/1/' || ({FIRST_STREET} + n % {COMMUNITIES} % {STREETS}) || '/' || ({FIRST_COMMUNITY} + n % {COMMUNITIES})
                || '/' || ({FIRST_TEAM} + n) || '/', 'open', {now} FROM k;",
        upto(STREETS),
        upto(COMMUNITIES),
        upto(TEAMS),
    ))
}

fn people(tx: &Connection, size: Size, now: i64) -> rusqlite::Result<()> {
    tx.execute_batch(
        "CREATE TEMP TABLE surname (n INTEGER PRIMARY KEY, zh TEXT, py TEXT);
         CREATE TEMP TABLE given (n INTEGER PRIMARY KEY, zh TEXT, py TEXT);",
    )?;
    for (table, names) in [
        (
            "surname",
            "王wang 李li 张zhang 刘liu 陈chen 杨yang 黄huang 赵zhao 周zhou 吴wu 徐xu 孙sun 马ma 胡hu 郭guo 林lin 何he 高gao 梁liang 郑zheng",
        ),
        (
            "given",
            "伟wei 芳fang 娜na 敏min 静jing 强qiang 磊lei 军jun 洋yang 勇yong 艳yan 杰jie 娟juan 涛tao 明ming 超chao 霞xia 平ping 刚gang 英ying",
        ),
    ] {
        for (n, name) in (0_i64..).zip(names.split(' ')) {
            let (zh, py) = name.split_at(name.chars().next().map_or(0, char::len_utf8));
            tx.execute(&format!("INSERT INTO temp.{table} VALUES (?1, ?2, ?3)"), (n, zh, py))?;
        }
    }
    // One in ten has a name of two characters; the others are told apart by the second of the given name.
    tx.execute_batch(&format!(
        "{} INSERT INTO person (id, volunteer_no, name, name_key, initials, gender, birth_on, home_org, state,
                assurance, rank_public, source, joined_on, created_at)
         SELECT {FIRST_PERSON} + k.n, printf('V%09d', k.n), s.zh || g.zh || CASE WHEN k.n / 8000 % 10 = 9 THEN '' ELSE h.zh END,
            s.py || ' ' || g.py || CASE WHEN k.n / 8000 % 10 = 9 THEN '' ELSE ' ' || h.py END,
            substr(s.py, 1, 1) || substr(g.py, 1, 1) || CASE WHEN k.n / 8000 % 10 = 9 THEN '' ELSE substr(h.py, 1, 1) END,
            CASE k.n % 2 WHEN 0 THEN 'm' ELSE 'f' END, 7000 + k.n * 31 % 12000,
            {home}, 'active', 'seen', k.n % 3 = 0, 'self', 17000 + k.n % 3000,
            {now} - 86400000 * (k.n % 1800 + 1)
         FROM k JOIN temp.surname s ON s.n = k.n % 20 JOIN temp.given g ON g.n = k.n / 20 % 20
            JOIN temp.given h ON h.n = k.n / 400 % 20;
         INSERT INTO account (id, person_id, name, state, created_at) SELECT id, id, name, 'active', created_at FROM person;
         INSERT INTO person_name (initials, name_key, person_id)
            SELECT initials, name_key, id FROM person ORDER BY initials, name_key, id;
         INSERT INTO person_order (name_key, person_id) SELECT name_key, id FROM person ORDER BY name_key, id;
         INSERT INTO person_home (home_org, name_key, person_id)
            SELECT home_org, name_key, id FROM person ORDER BY home_org, name_key, id;
         INSERT INTO member (id, org_id, person_id, state, joined_on)
            SELECT id, {FIRST_TEAM} + (id - {FIRST_PERSON}) * 7 % {TEAMS}, id, 'member', joined_on FROM person
            WHERE id % 2 = 0;
         UPDATE org SET members = (SELECT count(*) FROM member m WHERE m.org_id = org.id) WHERE kind = 'team';",
        upto(size.people),
        home = home("k.n")
    ))
}

/// Where person n lives: scattered, so that homes say nothing of names.
fn home(n: &str) -> String {
    format!("{FIRST_COMMUNITY} + ({n}) * 2654435761 / 128 % {COMMUNITIES}")
}

/// The part of a statement that says of which team, community and category session `k.n` is.
const OF_SESSION: &str = "k.n * 7919 % 1000";

fn activities(tx: &Connection, size: Size, now: i64, today: Date) -> rusqlite::Result<()> {
    debug_assert_eq!(TEAMS, 1_000, "the statements name it");
    tx.execute_batch("CREATE TEMP TABLE category (n INTEGER PRIMARY KEY, code TEXT)")?;
    for (n, one) in (0_i64..).zip(kernel::catalogue::CATEGORIES) {
        tx.execute("INSERT INTO temp.category VALUES (?1, ?2)", (n, one.code))?;
    }
    let categories = kernel::catalogue::CATEGORIES.len();
    let activity =
        "INSERT INTO activity (id, org_id, community_id, title, category, kind, content, served_group, risks,
            contact_name, contact_phone, place_public, place_exact, state, created_at, published_at)";
    let text = "'service', '走访身边的老人，帮着买菜、读报、检查电器。', '社区居民', '注意交通安全', '联络员', '10200000000',
            '基准街道基准社区', '社区活动室', 'published'";
    let day = kernel::Timestamp::at(today, 0).0;
    let past = size.sessions();
    tx.execute_batch(&format!(
        "{} {activity} SELECT 50000000 + k.n, {FIRST_TEAM} + k.n % {TEAMS}, {FIRST_COMMUNITY} + k.n % {COMMUNITIES},
            '邻里守望志愿服务第' || k.n || '场', c.code, {text}, {now}, {now}
         FROM k JOIN temp.category c ON c.n = k.n % {categories};
         {} INSERT INTO session (id, activity_id, starts_at, ends_at, sign_up_until, quota, taken, state, due_on)
         SELECT 50000000 + k.n, 50000000 + k.n, {now} + 86400000 + k.n * 7200000, {now} + 91800000 + k.n * 7200000,
            {now} + 86400000 + k.n * 7200000, 30, k.n % 20, 'open', {} FROM k;
         {} {activity} SELECT {FIRST_SESSION} + k.n, {FIRST_TEAM} + {OF_SESSION},
            {FIRST_COMMUNITY} + {OF_SESSION} % {COMMUNITIES}, '邻里守望志愿服务' || k.n, c.code, {text},
            {day} - 86400000 * {DAYS}, {day} - 86400000 * {DAYS}
         FROM k JOIN temp.category c ON c.n = k.n % {categories};
         {} INSERT INTO session (id, activity_id, starts_at, ends_at, sign_up_until, quota, taken, state, heads, due_on,
                closed_at, submitted_at)
         SELECT {FIRST_SESSION} + d.n, {FIRST_SESSION} + d.n, d.starts, d.starts + 60000 * d.minutes, d.starts, 30,
            {PER_SESSION}, CASE WHEN d.starts > {day} - 86400000 * {WAITING_DAYS} THEN 'submitted' ELSE 'recorded' END,
            {PER_SESSION}, d.starts / 86400000 + 14, d.starts + 86400000, d.starts + 86400000
         FROM (SELECT k.n, {day} - 86400000 * ({DAYS} - k.n * {DAYS} / {past}) + 3600000 * (8 + k.n % 10) AS starts,
                60 + k.n % 5 * 30 AS minutes FROM k) d;",
        upto(UPCOMING),
        upto(UPCOMING),
        today.days() + 30,
        upto(past),
        upto(past),
    ))
}

fn records(tx: &Connection, size: Size, now: i64, today: Date) -> rusqlite::Result<()> {
    let people = size.people;
    let year = kernel::Timestamp::at(today.plus(-365), 0).0;
    tx.execute_batch(&format!(
        "{} INSERT INTO record (id, session_id, activity_id, person_id, team_id, community_id, street_id, home_org,
                category, title, place, served_group, service_on, start_at, end_at, minutes, method, class, state,
                leader, recorder, created_at, decided_at)
         SELECT {FIRST_RECORD} + k.n, s.id, s.activity_id, {FIRST_PERSON} + k.n * 7919 % {people}, a.org_id,
            a.community_id, {FIRST_STREET} + (a.community_id - {FIRST_COMMUNITY}) % {STREETS},
            {home}, a.category, a.title, a.place_public,
            a.served_group, (s.starts_at + 28800000) / 86400000, s.starts_at, s.ends_at,
            (s.ends_at - s.starts_at) / 60000, 'code', 'verified',
            CASE s.state WHEN 'recorded' THEN 'confirmed' ELSE 'submitted' END, '队长', '站点', s.submitted_at,
            CASE s.state WHEN 'recorded' THEN {now} END
         FROM k CROSS JOIN session s ON s.id = {FIRST_SESSION} + k.n / {PER_SESSION}
            CROSS JOIN activity a ON a.id = s.activity_id;
         INSERT INTO sign_up (id, session_id, person_id, team_id, state, starts_at, ends_at, source, created_at)
         SELECT id, session_id, person_id, team_id, 'attended', start_at, end_at, 'self', start_at FROM record
         WHERE start_at >= {year};",
        upto(size.records),
        home = home(&format!("k.n * 7919 % {people}"))
    ))
}

/// The kept sums, as confirming would have left them, for the periods that pages show: all time, years, and the
/// last months and weeks.
fn totals(tx: &Connection, size: Size, today: Date) -> rusqlite::Result<()> {
    tx.execute_batch(
        "CREATE TEMP TABLE cell AS SELECT r.session_id, r.team_id, r.community_id, r.street_id, r.category, r.service_on,
            sum(r.minutes) AS minutes, count(*) AS records FROM record r WHERE r.state = 'confirmed'
         GROUP BY r.session_id;
         CREATE TEMP TABLE subject (code TEXT PRIMARY KEY, id BIGINT);",
    )?;
    for one in kernel::catalogue::CATEGORIES {
        tx.execute("INSERT INTO temp.subject VALUES (?1, ?2)", (one.code, category_subject(one.code)))?;
    }
    let mut periods = Vec::new();
    let mut day = today;
    for _ in 0..6 {
        periods.push(Period::Year(day));
        day = Period::Year(day).first().plus(-1);
    }
    // After the years: it is their sum.
    periods.push(Period::All);
    let mut day = today;
    for _ in 0..2 {
        periods.push(Period::Month(day));
        day = Period::Month(day).first().plus(-1);
    }
    periods.extend((0..12).map(|back| Period::Week(today.plus(-7 * back))));
    let begin = today.days() - DAYS;
    // Records are numbered in the order of their days, so that a span of days is a span of ids.
    let id = |day: i64| {
        let past = size.sessions();
        let first = ((day - begin).max(0) * past + DAYS - 1).div_euclid(DAYS).min(past);
        FIRST_RECORD + first * PER_SESSION
    };
    let insert = "INSERT INTO total (subject_kind, subject_id, period, minutes, records)";
    for period in periods {
        let key = period.key();
        let (from, to) = match period {
            Period::All => (0, i64::from(u16::MAX)),
            _ => (period.first().days(), period.last().days()),
        };
        let span = format!("service_on >= {from} AND service_on <= {to}");
        let own = if period == Period::All {
            format!(
                "{insert} SELECT 'person', subject_id, {key}, sum(minutes), sum(records) FROM total
                 WHERE subject_kind = 'person' GROUP BY subject_id"
            )
        } else {
            format!(
                "{insert} SELECT 'person', person_id, {key}, sum(minutes), count(*) FROM record
                 WHERE id >= {} AND id < {} AND state = 'confirmed' GROUP BY person_id",
                id(from),
                id(to + 1)
            )
        };
        tx.execute_batch(&format!(
            "{own};
             {insert} SELECT 'team', team_id, {key}, sum(minutes), sum(records) FROM temp.cell WHERE {span} GROUP BY 2;
             {insert} SELECT 'community', community_id, {key}, sum(minutes), sum(records) FROM temp.cell WHERE {span} GROUP BY 2;
             {insert} SELECT 'street', street_id, {key}, sum(minutes), sum(records) FROM temp.cell WHERE {span} GROUP BY 2;
             {insert} SELECT 'category', s.id, {key}, sum(c.minutes), sum(c.records) FROM temp.cell c
                JOIN temp.subject s ON s.code = c.category WHERE {span} GROUP BY 2;
             {insert} SELECT 'city', 0, {key}, sum(minutes), sum(records) FROM temp.cell WHERE {span} HAVING count(*) > 0;"
        ))?;
        for level in 0..rank::LEVELS {
            tx.execute_batch(&format!(
                "INSERT INTO rank_count (period, level, bucket, people)
                 SELECT {key}, {level}, minutes >> {}, count(*) FROM total
                 WHERE subject_kind = 'person' AND period = {key} GROUP BY 3;",
                7 * level
            ))?;
        }
    }
    Ok(())
}
