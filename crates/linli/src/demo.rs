//! Making the demo city: an empty database becomes a year of an invented city's volunteer life.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use blobs::Blobs;
use db::{Db, WriteTx};
use demo_city::{DemoCity, Size};
use kernel::{Date, Error, IdGen, ManualClock, PersonId, Timestamp};
use messages::inbox::store::{Text, message_put};
use people::demo::{Filled, Login};
use service::demo::{Counts, Plan};
use vault::Vault;

use crate::config::Config;
use crate::{Failure, home, open, rooms};

/// Name of the file with the demo's sign-ins.
pub const ACCOUNTS_FILE: &str = "demo-accounts.txt";

/// What to make.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    /// How much.
    pub size: Size,
    /// Which city: the same seed gives the same.
    pub seed: u64,
    /// As of when.
    pub today: Date,
}

/// What was made.
#[derive(Debug)]
pub struct Made {
    /// The sign-ins.
    pub logins: Vec<Login>,
    /// Organisations and people.
    pub people: usize,
    /// Rows of service.
    pub counts: Counts,
    /// How long it took.
    pub took: Duration,
}

/// Makes the city in the database of a configuration, and writes its sign-ins beside it.
///
/// # Errors
/// When there is a city already, or the database fails.
pub fn make(config: &Config, wish: Wish) -> Result<Made, Failure> {
    let started = Instant::now();
    let rooms = rooms::all();
    let real = open::storage(config, &rooms)?;
    let there = real.read_blocking(|tx| {
        tx.one::<(i64,)>(db::sql!("SELECT count(*) FROM org"), db::args![]).map(|(count,)| count)
    })?;
    if there > 0 {
        return Err(format!(
            "{} already holds a city; choose another folder with --data, or remove it",
            config.database_name()
        )
        .into());
    }
    let vault = open::vault(&open::keys(&real, config)?)?;
    drop(real);
    let clock = Arc::new(ManualClock::new(Timestamp::at(wish.today, 0)));
    let db = open::database(&config.db, &rooms, Arc::clone(&clock) as _, IdGen::new(wish.seed), false)?;
    let (people, counts, logins) = fill(&db, &clock, &vault, &open::blobs(config)?, wish)?;
    let file = config.data.join(ACCOUNTS_FILE);
    write_accounts(&file, &logins).map_err(|e| format!("{}: {e}", file.display()))?;
    Ok(Made { logins, people, counts, took: started.elapsed() })
}

/// Fills an open, empty database whose clock is `clock`. Returns people, counts and sign-ins.
///
/// # Errors
/// Of the database.
pub fn fill(
    db: &Db,
    clock: &ManualClock,
    vault: &Arc<Vault>,
    blobs: &Blobs,
    wish: Wish,
) -> Result<(usize, Counts, Vec<Login>), Error> {
    let city = DemoCity::new(wish.seed, wish.size, wish.today.0);
    let plan = Plan::new(&city);
    let filled = people::demo::fill(db, clock, vault, &city, plan.cast)?;
    let counts = service::demo::fill(db, &city, &filled, &plan)?;
    service::photo::demo::fill(db, blobs, &filled, &plan, wish.size)?;
    inbox(db, &filled, plan.cast.volunteer)?;
    people::demo::fill_bodies(db, &city, plan.cast, &filled)?;
    let top = filled.city;
    db.write_blocking(move |tx| service::target::demo(tx, top))?;
    service::unit::demo::fill(db, &filled, plan.cast)?;
    people::demo::fill_qualifications(db, vault, &city, plan.cast, &filled)?;
    service::qualified::demo::fill(db, &filled, plan.cast)?;
    service::agreement::demo::fill(db, &filled, plan.cast)?;
    service::reserve::demo::fill(db, &filled, plan.cast)?;
    service::review::demo::fill(db, &filled, plan.cast)?;
    service::spot_check::demo::fill(db, wish.seed)?;
    service::alliance::demo::fill(db, &filled, plan.cast)?;
    let seed = wish.seed.to_string();
    db.write_blocking(move |tx| open::put_setting(tx, open::DEMO, &seed))?;
    home::refresh_figures(db)?;
    service::retention::kept::refresh_all(db)?;
    Ok((filled.persons.len(), counts, filled.logins))
}

/// A few messages for the demo's volunteer.
fn inbox(db: &Db, filled: &Filled, volunteer: usize) -> Result<(), Error> {
    let Some(person) = filled.persons.get(volunteer).copied() else { return Ok(()) };
    db.write_blocking(move |tx| welcome(tx, person))
}

fn welcome(tx: &mut WriteTx<'_>, person: PersonId) -> Result<(), Error> {
    let messages = [
        Text {
            kind: "welcome",
            title: ("欢迎加入邻里", "Welcome to Linli"),
            text: (
                "您已是注册志愿者。看看近期活动，报名后到现场扫码签到即可。",
                "You are a registered volunteer. See what is on, sign up, and scan the code when you arrive.",
            ),
            href: "/activities",
        },
        Text {
            kind: "card",
            title: ("您的会员卡已生成", "Your member card is ready"),
            text: (
                "没带手机或不方便扫码时，请队长扫您会员卡上的二维码签到。",
                "When you cannot scan the code, let the leader scan the one on your member card.",
            ),
            href: "/me",
        },
    ];
    for text in &messages {
        message_put(tx, person, text)?;
    }
    Ok(())
}

/// The sign-ins as people read them.
#[must_use]
pub fn accounts_text(logins: &[Login]) -> String {
    let mut out = String::from("演示账号 / demo sign-ins (the sign-in page also offers each in one tap)\n");
    for one in logins {
        out.push_str(&format!("{:<16} {:<18} {} / {}\n", one.login, one.password, one.what.0, one.what.1));
    }
    out
}

/// Writes the sign-ins for the owner of the folder only.
fn write_accounts(path: &Path, logins: &[Login]) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(PathBuf::from(path))?;
    file.write_all(accounts_text(logins).as_bytes())
}
