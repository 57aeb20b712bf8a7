//! From a configuration to an open program: database, keys, rooms; and what happens at the very first
//! start of an empty city.

use std::sync::Arc;

use blobs::Blobs;
use db::{Ctx, Db, DbError, ReadTx, WriteTx, args, sql};
use kernel::{AheadClock, Clock, IdGen, Lang, OrgId, Role, SystemClock};
use ui::App;
use ui::app::Settings;
use ui::room::Rooms;
use vault::{Cost, KeyRing, SystemRandom, Vault};

use crate::config::Config;
use crate::{Failure, rooms};

/// Name of the setting that holds the fingerprint of the master key.
pub const FINGERPRINT: &str = "key_fingerprint";
/// Name of the setting that marks a demo city; its value is the seed.
pub const DEMO: &str = "demo_seed";

/// Folder of the file store within the data directory.
pub const BLOBS: &str = "blobs";
/// Folder of uploads that are still worked on, within the data directory.
pub const FILES: &str = "files";

/// Opens the database with all rooms listening; `migrate`: brings its tables up to date first.
///
/// # Errors
/// When it cannot be reached or is newer than this program.
pub fn database(
    config: &db::Config,
    rooms: &Rooms,
    clock: Arc<dyn Clock>,
    ids: IdGen,
    migrate: bool,
) -> Result<Db, Failure> {
    let ctx = Ctx { clock, ids, bus: rooms::bus(rooms) };
    let opened =
        if migrate { Db::open(config, ctx, &rooms::migrations(rooms)) } else { Db::open_as_is(config, ctx) };
    Ok(opened?)
}

/// The database of a configuration with the machine's clock.
///
/// # Errors
/// As [`database`].
pub fn storage(config: &Config, rooms: &Rooms) -> Result<Db, Failure> {
    storage_at(config, rooms, Arc::new(SystemClock))
}

fn storage_at(config: &Config, rooms: &Rooms, clock: Arc<dyn Clock>) -> Result<Db, Failure> {
    if let db::Config::Sqlite { path, .. } = &config.db
        && let Some(folder) = path.parent()
    {
        std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    database(&config.db, rooms, clock, IdGen::from_system()?, true)
}

/// Reads a setting that the program keeps in the database.
///
/// # Errors
/// Of the database.
pub fn setting(tx: &mut ReadTx<'_>, name: &str) -> Result<Option<String>, DbError> {
    let found: Option<(String,)> =
        tx.first(sql!("SELECT value FROM setting WHERE name = $1"), args![name])?;
    Ok(found.map(|(value,)| value))
}

/// Writes a setting that the program keeps in the database.
///
/// # Errors
/// Of the database.
pub fn put_setting(tx: &mut WriteTx<'_>, name: &str, value: &str) -> Result<(), DbError> {
    tx.exec(
        sql!(
            "INSERT INTO setting (name, value) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        ),
        args![name, value],
    )
    .map(|_| ())
}

/// Loads the master keys and makes sure that they are those of this database: with other keys nothing
/// that is encrypted could be read, and every new row would make it worse.
///
/// # Errors
/// When the key file is missing though the database was written with one, belongs to another database,
/// or cannot be read.
pub fn keys(db: &Db, config: &Config) -> Result<KeyRing, Failure> {
    let path = &config.key_file;
    let known = db.read_blocking(|tx| setting(tx, FINGERPRINT))?;
    let mut random = SystemRandom::open()?;
    let ring = match &known {
        Some(_) => KeyRing::load(path).map_err(|e| {
            format!("{e}. The data of this city cannot be read without its key file; restore it from where it is kept apart from the backups")
        })?,
        None => {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
            }
            KeyRing::load_or_create(path, &mut random)?
        }
    };
    let prints: Vec<String> = ring.versions().filter_map(|version| ring.fingerprint(version)).collect();
    match known {
        Some(known) if prints.contains(&known) => {}
        Some(known) => {
            return Err(format!(
                "the key file {} does not belong to this database: it was written under key {known}, the file holds {}",
                path.display(),
                prints.join(", ")
            )
            .into());
        }
        None => {
            let first = prints.first().cloned().unwrap_or_default();
            db.write_blocking(move |tx| put_setting(tx, FINGERPRINT, &first))?;
        }
    }
    Ok(ring)
}

/// Makes sure that the keys are those of a database that is to be taken over.
///
/// # Errors
/// When they belong to another one.
pub fn keys_fit(db: &Db, ring: &KeyRing, key_file: &std::path::Path) -> Result<(), Failure> {
    let known = db.read_blocking(|tx| setting(tx, FINGERPRINT))?;
    known.map_or(Ok(()), |known| fits(&known, ring, key_file))
}

/// Whether the keys are those that a city was written under.
///
/// # Errors
/// When they are not.
pub fn fits(known: &str, ring: &KeyRing, key_file: &std::path::Path) -> Result<(), Failure> {
    if ring.versions().filter_map(|version| ring.fingerprint(version)).any(|print| print == known) {
        return Ok(());
    }
    Err(format!(
        "the key file {} does not belong to this city, which was written under key {known}",
        key_file.display()
    )
    .into())
}

/// The secrets of a running program.
///
/// # Errors
/// When the system gives no randomness.
pub fn vault(ring: &KeyRing) -> Result<Arc<Vault>, Failure> {
    Ok(Arc::new(Vault::new(ring, Cost::standard(), Box::new(SystemRandom::open()?))?))
}

/// What the first start of an empty city made: the links by which the three administrators set
/// themselves up (Fix-19). They are shown once.
#[derive(Clone)]
pub struct FirstStart {
    /// Role and link.
    pub links: Vec<(Role, String)>,
}

/// An open program.
#[derive(Clone)]
pub struct Opened {
    /// The program.
    pub app: App,
    /// What the first start made, if this was it.
    pub first: Option<FirstStart>,
}

/// Opens the program of a configuration.
///
/// # Errors
/// When database or keys cannot be opened.
pub fn open(config: &Config) -> Result<Opened, Failure> {
    open_at(config, Arc::new(SystemClock))
}

/// Opens a demo city as of a later moment, so that what happens during and after a session can be seen
/// without waiting for it.
///
/// # Errors
/// As [`open`], and for a real city: its time is nobody's to choose.
pub fn open_ahead(config: &Config, minutes: u32) -> Result<Opened, Failure> {
    // Before anything is made: the first start of a real city gives its links only once.
    let db = storage(config, &rooms::all())?;
    if db.read_blocking(|tx| Ok::<_, kernel::Error>(setting(tx, DEMO)?.is_none()))? {
        return Err(
            format!("{} holds no demo city; --ahead is for demo cities", config.database_name()).into()
        );
    }
    drop(db);
    open_at(config, Arc::new(AheadClock(i64::from(minutes) * kernel::time::MINUTE_MS)))
}

fn open_at(config: &Config, clock: Arc<dyn Clock>) -> Result<Opened, Failure> {
    let rooms = rooms::all();
    let db = storage_at(config, &rooms, clock)?;
    let ring = keys(&db, config)?;
    let vault = vault(&ring)?;
    let first = first_start(&db, &vault, config)?;
    Ok(Opened { app: app(db, vault, rooms, config)?, first })
}

/// Puts the program together.
///
/// # Errors
/// Of the database.
pub fn app(db: Db, vault: Arc<Vault>, rooms: Rooms, config: &Config) -> Result<App, Failure> {
    let (root, demo) =
        db.read_blocking(|tx| Ok::<_, kernel::Error>((root(tx)?, setting(tx, DEMO)?.is_some())))?;
    let (zh, en) = root.map_or_else(|| ("邻里".to_owned(), "Linli".to_owned()), |(_, zh, en)| (zh, en));
    let pick = |set: &str, kept: String| if set.is_empty() { kept } else { set.to_owned() };
    let zh = pick(&config.city, zh);
    let en = pick(&config.city_en, if en.is_empty() { zh.clone() } else { en });
    note_rules(&db, config)?;
    let settings = Settings {
        city: (zh, en),
        base_url: config.base_url.clone(),
        secure_cookies: config.secure_cookies,
        demo,
        help_phone: config.help_phone.clone(),
        files: config.data.join(FILES),
        map: config.map.clone(),
    };
    Ok(App {
        db,
        vault,
        blobs: blobs(config)?,
        settings: Arc::new(settings),
        rooms,
        authenticate: people::account::authenticate,
    })
}

/// Where files beside the database are kept: the bucket that is configured, else a folder of the data directory.
///
/// # Errors
/// When the bucket's address is none.
pub fn blobs(config: &Config) -> Result<Blobs, Failure> {
    Ok(match &config.s3 {
        Some(bucket) => Blobs::new(blobs::S3::new(bucket.clone())?),
        None => Blobs::folder(config.data.join(BLOBS)),
    })
}

/// Writes the rules that rooms look up where they keep them, so that all processes follow the same.
fn note_rules(db: &Db, config: &Config) -> Result<(), Failure> {
    let rules = [
        (people::account::second::POLICY, config.staff_totp.code().to_owned()),
        (people::account::export::LIMIT, config.export_approval_rows.to_string()),
        (service::attendance::near::RADIUS, config.near_radius_m.to_string()),
    ];
    for (name, value) in rules {
        let known = db.read_blocking(move |tx| setting(tx, name))?;
        if known.as_ref() != Some(&value) {
            let tightened = name == people::account::second::POLICY
                && config.staff_totp == people::account::second::Policy::Required;
            db.write_blocking(move |tx| {
                if tightened {
                    people::account::second::now_required(tx)?;
                }
                Ok::<_, kernel::Error>(put_setting(tx, name, &value)?)
            })?;
        }
    }
    Ok(())
}

/// The top of the tree: id, Chinese and English name.
fn root(tx: &mut ReadTx<'_>) -> Result<Option<(OrgId, String, String)>, DbError> {
    let all: Vec<(OrgId, String, String)> = tx.all(
        sql!("SELECT id, name, name_en FROM org WHERE area_parent IS NULL AND kind = 'city' ORDER BY id LIMIT 1"),
        args![],
    )?;
    Ok(all.into_iter().next())
}

/// Makes the top of the tree and the three links when the city is empty.
fn first_start(db: &Db, vault: &Arc<Vault>, config: &Config) -> Result<Option<FirstStart>, Failure> {
    let empty = db.read_blocking(|tx| Ok::<_, kernel::Error>(root(tx)?.is_none()))?;
    if !empty {
        return Ok(None);
    }
    let zh = if config.city.is_empty() { "我的城市".to_owned() } else { config.city.clone() };
    let en = if config.city_en.is_empty() { "My city".to_owned() } else { config.city_en.clone() };
    let (vault, base) = (Arc::clone(vault), &config.base_url);
    let links = db.write_blocking(move |tx| {
        people::org::ensure_root(tx, &zh, &en)?;
        people::account::create_set_up_links(tx, &vault)
    })?;
    let links = links.into_iter().map(|(role, token)| (role, format!("{base}/set-up/{token}"))).collect();
    Ok(Some(FirstStart { links }))
}

impl std::fmt::Debug for FirstStart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FirstStart({} links)", self.links.len())
    }
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("db", &self.app.db).field("first", &self.first).finish()
    }
}

impl FirstStart {
    /// What is printed, once.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::from(
            "\n  First start. Three different people set themselves up, each by one link, used once:\n  首次启动：请由三位不同的人各用一个链接完成设置，每个链接只能用一次：\n\n",
        );
        for (role, link) in &self.links {
            out.push_str(&format!("    {} / {}\n    {link}\n\n", role.name(Lang::Zh), role.name(Lang::En)));
        }
        out
    }
}
