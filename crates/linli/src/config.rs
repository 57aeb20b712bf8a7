//! Configuration: every setting has one name, which is a key of `linli.toml`, an environment variable
//! (`LINLI_` and the name in capitals) and, for the most used ones, a flag. **Flags win over the
//! environment, the environment over the file, the file over the defaults.**
//!
//! The file is the one named by `--config` or `LINLI_CONFIG`, else `linli.toml` in the current folder, if
//! there is one.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use messages::delivery::mail::{MailServer, Security};

use crate::Failure;

/// A setting: name, default, whether it is secret, what it is.
#[derive(Debug)]
pub struct Key {
    /// Its name in the file.
    pub name: &'static str,
    /// What holds when nobody says anything; empty: worked out or off.
    pub default: &'static str,
    /// Whether it must never be printed.
    pub secret: bool,
    /// What it is.
    pub about: &'static str,
}

const fn key(name: &'static str, default: &'static str, about: &'static str) -> Key {
    Key { name, default, secret: false, about }
}

const fn secret(name: &'static str, default: &'static str, about: &'static str) -> Key {
    Key { name, default, secret: true, about }
}

/// All settings.
pub const KEYS: &[Key] = &[
    key("data", "./data", "folder of the database, the key file and uploads"),
    key("listen", "127.0.0.1:8080", "address to serve on"),
    secret("db", "", "PostgreSQL: postgres://… or host=… ; empty: SQLite in data/linli.db"),
    key("db_schema", "", "PostgreSQL schema of this city; created when missing"),
    key(
        "db_connections",
        "auto",
        "PostgreSQL connections; commits that wait for the disk together share its wait. auto: six for each processor, \
         12 to 48",
    ),
    key("db_readers", "4", "SQLite reader threads"),
    key("key_file", "", "file of the master keys; empty: data/linli.key"),
    key("city", "", "name of the city; empty: as entered at the first start"),
    key("city_en", "", "its English name"),
    key("base_url", "", "address people reach the site at, without a slash at the end; empty: http://LISTEN"),
    key("secure_cookies", "auto", "true, false, or auto: true when base_url begins with https"),
    key("help_phone", "", "phone number of a real person, shown on every page"),
    key(
        "map_tiles",
        "",
        "address of map tiles, https://tiles.example.cn/{z}/{x}/{y}.png; empty: maps on a plain base",
    ),
    key(
        "near_radius_m",
        "300",
        "metres within which a phone counts as at the place, 0 to 5000; 0: nobody is asked",
    ),
    key("map_attribution", "", "whom the map names for its tiles"),
    key(
        "map_datum",
        "wgs84",
        "coordinates the tiles are drawn in: wgs84, or gcj02 as most of the mainland's",
    ),
    secret("webhook_url", "", "address that sends messages (phone codes) on; empty: they wait"),
    secret("webhook_secret", "", "shared secret of the webhook's signature"),
    key(
        "webhook_allow",
        "",
        "hosts that added targets may lead to, comma-separated, .example.cn for all below; empty: any outside",
    ),
    key(
        "push_hosts",
        "fcm.googleapis.com,.push.services.mozilla.com,.push.apple.com,.notify.windows.com",
        "push services that devices may be notified through, comma-separated, .example.cn for all below, * for any; empty: none",
    ),
    key("mail_host", "", "mail server (SMTP); empty: no mail is sent"),
    key("mail_port", "", "its port; empty: 587, with mail_tls = tls 465, with none 25"),
    key("mail_tls", "starttls", "starttls, tls, or none (for a server on this machine only)"),
    key("mail_user", "", "login at the mail server; empty: none"),
    secret("mail_password", "", "its password"),
    key("mail_from", "", "sender: an address, or a name with an address in <>"),
    key("webhook_timeout_s", "10", "how long one message may take, 1 to 10 seconds"),
    key("body_limit_mb", "1", "largest request body"),
    key("upload_limit_mb", "64", "largest roster file, and largest batch of photos"),
    key("s3_endpoint", "", "keep files in a bucket: address of the S3 service; empty: in data/blobs"),
    key("s3_bucket", "", "the bucket; it must be there"),
    key("s3_region", "us-east-1", "its region; services without any take any"),
    key("s3_prefix", "linli/", "what the names of all files in the bucket begin with"),
    key("s3_style", "path", "path (service/bucket) or host (bucket.service)"),
    key("s3_timeout_s", "15", "how long an answer of the service may take to begin, 1 to 120 seconds"),
    key("s3_key", "", "access key of the bucket"),
    secret("s3_secret", "", "its secret"),
    key("backup_to", "", "folder for scheduled backups, best on another disk; empty: none are made"),
    key("backup_every_h", "24", "hours between scheduled backups"),
    key("backup_keep", "14", "scheduled backups that are kept; older ones are removed"),
    key("security_staff_totp", "optional", "second factor of staff: off, optional or required"),
    key("export_approval_rows", "5000", "rows of an export above which a second person must approve it"),
    key("workers", "2", "threads for long work"),
    key("log_format", "text", "text or json"),
    key("log_level", "info", "error, warn, info, debug, trace; also per module as in tracing's filters"),
    secret(
        "metrics_token",
        "",
        "bearer token for /metrics from elsewhere; without it only this machine may ask",
    ),
];

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Nobody said anything.
    Default,
    /// `linli.toml`.
    File,
    /// An environment variable.
    Environment,
    /// The command line.
    Flag,
}

impl Source {
    /// For people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Environment => "environment",
            Self::Flag => "flag",
        }
    }
}

/// The values of one source, by name.
pub type Layer = BTreeMap<String, String>;

/// The configuration in force.
#[derive(Clone)]
pub struct Config {
    values: BTreeMap<&'static str, (String, Source)>,
    /// Folder of the data.
    pub data: PathBuf,
    /// Address to serve on.
    pub listen: SocketAddr,
    /// The database.
    pub db: db::Config,
    /// File of the master keys.
    pub key_file: PathBuf,
    /// Name of the city in Chinese; empty when not set.
    pub city: String,
    /// In English.
    pub city_en: String,
    /// Public address, without a slash at the end.
    pub base_url: String,
    /// Cookies over HTTPS only.
    pub secure_cookies: bool,
    /// Phone number of a real person.
    pub help_phone: String,
    /// What maps are drawn on.
    pub map: ui::app::MapBase,
    /// Webhook.
    pub webhook_url: Option<String>,
    /// Its secret.
    pub webhook_secret: String,
    /// Its patience.
    pub webhook_timeout: Duration,
    /// Hosts that targets may lead to.
    pub webhook_allow: Vec<String>,
    /// Push services that devices may be notified through.
    pub push_hosts: Vec<String>,
    /// The mail server.
    pub mail: Option<MailServer>,
    /// Largest body, bytes.
    pub body_limit: usize,
    /// Largest roster file, bytes.
    pub upload_limit: usize,
    /// The bucket for files; `None`: they are in the data folder.
    pub s3: Option<blobs::S3Config>,
    /// Scheduled backups.
    pub backup: Option<crate::backup::Plan>,
    /// Whether staff give a second factor.
    pub staff_totp: people::account::second::Policy,
    /// Rows of an export above which a second person must approve it.
    pub export_approval_rows: usize,
    /// Metres within which a phone counts as at the place; 0: nobody is asked.
    pub near_radius_m: usize,
    /// Threads for long work.
    pub workers: usize,
    /// Logs as JSON.
    pub log_json: bool,
    /// Filter of the logs.
    pub log_level: String,
    /// Token for /metrics.
    pub metrics_token: Option<String>,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.shown().map(|(key, value, _)| (key.name, value))).finish()
    }
}

/// Reads a configuration file.
///
/// # Errors
/// When it is not TOML, or names a setting that does not exist.
pub fn file_layer(text: &str) -> Result<Layer, Failure> {
    let table: toml::Table = text.parse()?;
    let mut layer = Layer::new();
    for (name, value) in table {
        if !KEYS.iter().any(|key| key.name == name) {
            let near = KEYS.iter().find(|key| key.name.replace('_', "") == name.replace(['-', '_'], ""));
            let hint = near.map_or_else(String::new, |key| format!("; did you mean `{}`?", key.name));
            return Err(format!("`{name}` is no setting{hint}").into());
        }
        let text = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(n) => n.to_string(),
            toml::Value::Boolean(flag) => flag.to_string(),
            other => {
                return Err(format!(
                    "`{name}` must be a text, a number or true/false, not {}",
                    other.type_str()
                )
                .into());
            }
        };
        layer.insert(name, text);
    }
    Ok(layer)
}

/// Takes the settings out of environment variables; others are passed over.
pub fn environment_layer(vars: impl IntoIterator<Item = (String, String)>) -> Layer {
    vars.into_iter()
        .filter_map(|(name, value)| {
            let name = name.strip_prefix("LINLI_")?.to_ascii_lowercase();
            KEYS.iter().any(|key| key.name == name).then_some((name, value))
        })
        .collect()
}

impl Config {
    /// Reads file and environment of this process and puts the flags on top.
    ///
    /// # Errors
    /// When a value cannot be read, or the named file does not exist.
    pub fn load(file: Option<&Path>, flags: Layer) -> Result<Self, Failure> {
        let named =
            file.map(Path::to_path_buf).or_else(|| std::env::var_os("LINLI_CONFIG").map(PathBuf::from));
        let from_file = match named {
            Some(path) => read(&path)?,
            None => {
                let usual = Path::new("linli.toml");
                if usual.exists() { read(usual)? } else { Layer::new() }
            }
        };
        let vars =
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        Self::merge(from_file, environment_layer(vars), flags)
    }

    /// Puts the layers on top of each other.
    ///
    /// # Errors
    /// Names the setting that cannot be read, and where it came from.
    pub fn merge(file: Layer, environment: Layer, flags: Layer) -> Result<Self, Failure> {
        let mut values: BTreeMap<&'static str, (String, Source)> =
            KEYS.iter().map(|key| (key.name, (key.default.to_owned(), Source::Default))).collect();
        let layers = [(file, Source::File), (environment, Source::Environment), (flags, Source::Flag)];
        for (layer, source) in layers {
            for (name, value) in layer {
                let Some(slot) = values.get_mut(name.as_str()) else {
                    return Err(format!("`{name}` is no setting (from the {})", source.name()).into());
                };
                *slot = (value.trim().to_owned(), source);
            }
        }
        Self::typed(values)
    }

    fn typed(values: BTreeMap<&'static str, (String, Source)>) -> Result<Self, Failure> {
        let text = |name: &str| values.get(name).map(|(value, _)| value.clone()).unwrap_or_default();
        let wrong = |name: &str, expected: &str| -> Failure {
            let (value, source) = values.get(name).map_or(("", Source::Default), |(v, s)| (v.as_str(), *s));
            let secret = KEYS.iter().any(|key| key.name == name && key.secret);
            let shown = if secret { "…" } else { value };
            format!("setting `{name}` = {shown:?} (from the {}) must be {expected}", source.name()).into()
        };
        let number = |name: &str, min: usize, max: usize| -> Result<usize, Failure> {
            let value = text(name).parse::<usize>().ok().filter(|n| (min..=max).contains(n));
            value.ok_or_else(|| wrong(name, &format!("a whole number from {min} to {max}")))
        };
        let data = PathBuf::from(text("data"));
        let listen: SocketAddr =
            text("listen").parse().map_err(|_| wrong("listen", "an address like 127.0.0.1:8080"))?;
        let base_url = match text("base_url").trim_end_matches('/') {
            "" => format!("http://{listen}"),
            url if url.starts_with("http://") || url.starts_with("https://") => url.to_owned(),
            _ => return Err(wrong("base_url", "an address like https://linli.example.cn")),
        };
        let secure_cookies = match text("secure_cookies").as_str() {
            "auto" => base_url.starts_with("https://"),
            "true" => true,
            "false" => false,
            _ => return Err(wrong("secure_cookies", "true, false or auto")),
        };
        let schema = Some(text("db_schema")).filter(|schema| !schema.is_empty());
        let plain = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        if schema.as_deref().is_some_and(|name| !plain(name)) {
            return Err(wrong("db_schema", "lower-case letters, digits and _"));
        }
        let db = match text("db") {
            url if url.is_empty() => {
                db::Config::Sqlite { path: data.join("linli.db"), readers: number("db_readers", 1, 64)? }
            }
            url => {
                let connections = match text("db_connections").as_str() {
                    "auto" => connections(std::thread::available_parallelism().map_or(1, usize::from)),
                    _ => number("db_connections", 1, 200)?,
                };
                database(&url, schema, connections)
                    .ok_or_else(|| wrong("db", "postgres://user@host/database or host=… user=… dbname=…"))?
            }
        };
        let log_json = match text("log_format").as_str() {
            "text" => false,
            "json" => true,
            _ => return Err(wrong("log_format", "text or json")),
        };
        let given = |name: &str| Some(text(name)).filter(|value| !value.is_empty());
        if given("webhook_url").is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://"))
        {
            return Err(wrong("webhook_url", "an address that begins with https://"));
        }
        let mail = mail_server(&text, &wrong)?;
        let hosts = |name: &str| -> Vec<String> {
            let listed = text(name);
            let all = listed.split(',').map(|one| one.trim().to_ascii_lowercase());
            all.filter(|one| !one.is_empty()).collect()
        };
        let datum = match text("map_datum").as_str() {
            "wgs84" => kernel::Datum::Wgs84,
            "gcj02" => kernel::Datum::Gcj02,
            _ => return Err(wrong("map_datum", "wgs84 or gcj02")),
        };
        let map = ui::app::MapBase { tiles: text("map_tiles"), attribution: text("map_attribution"), datum };
        if !map.good() {
            return Err(wrong("map_tiles", "an address like https://tiles.example.cn/{z}/{x}/{y}.png"));
        }
        let s3 = bucket(&text, &wrong, number("s3_timeout_s", 1, 120)? as u64)?;
        Ok(Self {
            s3,
            webhook_allow: hosts("webhook_allow"),
            push_hosts: hosts("push_hosts"),
            mail,
            map,
            key_file: given("key_file").map_or_else(|| data.join("linli.key"), PathBuf::from),
            data,
            listen,
            db,
            city: text("city"),
            city_en: text("city_en"),
            base_url,
            secure_cookies,
            help_phone: text("help_phone"),
            webhook_url: given("webhook_url"),
            webhook_secret: text("webhook_secret"),
            webhook_timeout: Duration::from_secs(number("webhook_timeout_s", 1, 10)? as u64),
            body_limit: number("body_limit_mb", 1, 1024)? << 20,
            upload_limit: number("upload_limit_mb", 1, 4096)? << 20,
            backup: match given("backup_to") {
                Some(to) => Some(crate::backup::Plan {
                    to: PathBuf::from(to),
                    every_h: number("backup_every_h", 1, 24 * 31)?,
                    keep: number("backup_keep", 1, 10_000)?,
                }),
                None => None,
            },
            staff_totp: people::account::second::Policy::from_code(&text("security_staff_totp"))
                .ok_or_else(|| wrong("security_staff_totp", "off, optional or required"))?,
            export_approval_rows: number("export_approval_rows", 1, 1_000_000)?,
            near_radius_m: number("near_radius_m", 0, 5_000)?,
            workers: number("workers", 1, 64)?,
            log_json,
            log_level: text("log_level"),
            metrics_token: given("metrics_token"),
            values,
        })
    }

    /// Every setting with its value, secrets hidden, and where it came from.
    pub fn shown(&self) -> impl Iterator<Item = (&'static Key, String, Source)> + '_ {
        KEYS.iter().map(|key| {
            let (value, source) =
                self.values.get(key.name).cloned().unwrap_or((String::new(), Source::Default));
            let value = if key.secret && !value.is_empty() { "…".to_owned() } else { value };
            (key, value, source)
        })
    }

    /// The database for people, without its password.
    #[must_use]
    pub fn database_name(&self) -> String {
        match &self.db {
            db::Config::Sqlite { path, .. } => format!("SQLite {}", path.display()),
            db::Config::Postgres { schema, .. } => {
                format!(
                    "PostgreSQL{}",
                    schema.as_ref().map_or_else(String::new, |name| format!(" schema {name}"))
                )
            }
        }
    }
}

fn mail_server(
    text: &dyn Fn(&str) -> String,
    wrong: &dyn Fn(&str, &str) -> Failure,
) -> Result<Option<MailServer>, Failure> {
    let host = text("mail_host");
    if host.is_empty() {
        return Ok(None);
    }
    let here = matches!(host.as_str(), "localhost" | "127.0.0.1" | "::1");
    let (security, usual) = match text("mail_tls").as_str() {
        "starttls" => (Security::StartTls, 587),
        "tls" => (Security::Tls, 465),
        "none" if here => (Security::Plain, 25),
        _ => return Err(wrong("mail_tls", "starttls or tls; none only for a server on this machine")),
    };
    let port = match text("mail_port").as_str() {
        "" => usual,
        port => port.parse().map_err(|_| wrong("mail_port", "a port from 1 to 65535"))?,
    };
    let from = text("mail_from");
    if !MailServer::sender_ok(&from) {
        return Err(wrong("mail_from", "an address like no-reply@example.cn, or 邻里 <no-reply@example.cn>"));
    }
    Ok(Some(MailServer {
        host,
        port,
        security,
        user: text("mail_user"),
        password: text("mail_password"),
        from,
        timeout: Duration::from_secs(10),
    }))
}

fn bucket(
    text: &dyn Fn(&str) -> String,
    wrong: &dyn Fn(&str, &str) -> Failure,
    patience_s: u64,
) -> Result<Option<blobs::S3Config>, Failure> {
    let endpoint = text("s3_endpoint");
    if endpoint.is_empty() {
        return Ok(None);
    }
    if !endpoint.starts_with("http://") && !endpoint.starts_with("https://") {
        return Err(wrong("s3_endpoint", "an address like https://s3.example.cn"));
    }
    for name in ["s3_bucket", "s3_region", "s3_key", "s3_secret"] {
        if text(name).is_empty() {
            return Err(wrong(name, "set when s3_endpoint is"));
        }
    }
    let prefix = text("s3_prefix");
    if !prefix.is_empty() && (!prefix.ends_with('/') || prefix.starts_with('/')) {
        return Err(wrong("s3_prefix", "empty, or like linli/"));
    }
    let host_style = match text("s3_style").as_str() {
        "path" => false,
        "host" => true,
        _ => return Err(wrong("s3_style", "path or host")),
    };
    Ok(Some(blobs::S3Config {
        endpoint,
        region: text("s3_region"),
        bucket: text("s3_bucket"),
        key: text("s3_key"),
        secret: text("s3_secret"),
        prefix,
        host_style,
        patience: Duration::from_secs(patience_s),
        pauses: blobs::S3Config::usual_pauses(),
    }))
}

/// How many connections to PostgreSQL suit a machine with so many processors. Sign-ups are as fast with fewer as with
/// more (docs/BENCHMARKS.md); several programs must fit into the hundred that a server allows by itself.
fn connections(processors: usize) -> usize {
    (processors * 6).clamp(12, 48)
}

/// A PostgreSQL database from its connection string; `None` when it is none.
#[must_use]
pub fn database(url: &str, schema: Option<String>, connections: usize) -> Option<db::Config> {
    let known = url.starts_with("postgres://") || url.starts_with("postgresql://") || url.contains('=');
    known.then(|| db::Config::Postgres { url: url.to_owned(), schema, connections })
}

fn read(path: &Path) -> Result<Layer, Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    file_layer(&text).map_err(|e| format!("{}: {e}", path.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(pairs: &[(&str, &str)]) -> Layer {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn flags_over_environment_over_file_over_defaults() {
        let file =
            file_layer("listen = \"127.0.0.1:1\"\ncity = \"file\"\nworkers = 3\nhelp_phone = \"1\"").unwrap();
        let environment = environment_layer([
            ("LINLI_LISTEN".to_owned(), "127.0.0.1:2".to_owned()),
            ("LINLI_CITY".to_owned(), "environment".to_owned()),
            ("LINLI_TEST_PG".to_owned(), "not a setting".to_owned()),
            ("PATH".to_owned(), "/bin".to_owned()),
        ]);
        let config = Config::merge(file, environment, layer(&[("listen", "127.0.0.1:3")])).unwrap();
        assert_eq!(config.listen.port(), 3);
        assert_eq!(config.city, "environment");
        assert_eq!(config.workers, 3);
        assert_eq!(config.data, Path::new("./data"));
        let sources: BTreeMap<_, _> = config.shown().map(|(key, _, source)| (key.name, source)).collect();
        assert_eq!(sources["listen"], Source::Flag);
        assert_eq!(sources["city"], Source::Environment);
        assert_eq!(sources["workers"], Source::File);
        assert_eq!(sources["data"], Source::Default);
        assert_eq!(config.base_url, "http://127.0.0.1:3");
        assert!(!config.secure_cookies);
    }

    #[test]
    fn wrong_values_say_what_and_where() {
        let error = |file: &[(&str, &str)], flags: &[(&str, &str)]| {
            Config::merge(layer(file), Layer::new(), layer(flags)).unwrap_err().to_string()
        };
        assert!(error(&[("workers", "many")], &[]).contains("`workers` = \"many\" (from the file)"));
        assert!(error(&[], &[("listen", "8080")]).contains("from the flag"));
        assert!(error(&[], &[("db", "mysql://secret")]).contains("…"));
        assert!(!error(&[], &[("db", "mysql://secret")]).contains("secret@"));
        assert!(file_layer("lisen = 1").is_err());
        assert!(file_layer("base-url = \"x\"").unwrap_err().to_string().contains("base_url"));
        assert!(file_layer("data = [1]").is_err());
        assert!(error(&[], &[("schema", "x")]).contains("`schema` is no setting"));
        assert!(error(&[("db_schema", "x; drop")], &[]).contains("db_schema"));
    }

    #[test]
    fn secrets_are_never_shown() {
        let config = Config::merge(
            layer(&[
                ("webhook_secret", "hush"),
                ("mail_password", "hush"),
                ("db", "postgres://u:hush@h/d"),
                ("webhook_url", "https://h/hush"),
            ]),
            Layer::new(),
            Layer::new(),
        )
        .unwrap();
        assert!(!format!("{config:?}").contains("hush"));
        assert!(!config.database_name().contains("hush"));
        assert!(config.shown().all(|(_, value, _)| !value.contains("hush")));
    }

    #[test]
    fn a_mail_server_has_a_sender_and_is_encrypted() {
        let merge = |pairs: &[(&str, &str)]| Config::merge(layer(pairs), Layer::new(), Layer::new());
        assert!(merge(&[]).unwrap().mail.is_none());
        let from = ("mail_from", "邻里 <no-reply@example.cn>");
        let mail = merge(&[("mail_host", "smtp.example.cn"), from]).unwrap().mail.unwrap();
        assert_eq!((mail.port, mail.security), (587, Security::StartTls));
        let tls =
            merge(&[("mail_host", "smtp.example.cn"), from, ("mail_tls", "tls")]).unwrap().mail.unwrap();
        assert_eq!(tls.port, 465);
        assert!(merge(&[("mail_host", "smtp.example.cn")]).is_err());
        assert!(merge(&[("mail_host", "smtp.example.cn"), from, ("mail_tls", "none")]).is_err());
        assert!(merge(&[("mail_host", "127.0.0.1"), from, ("mail_tls", "none")]).is_ok());
        assert!(merge(&[("mail_host", "smtp.example.cn"), from, ("mail_port", "x")]).is_err());
        let allow = merge(&[("webhook_allow", "A.example, .b.example,")]).unwrap().webhook_allow;
        assert_eq!(allow, ["a.example", ".b.example"]);
        let usual = merge(&[]).unwrap().push_hosts;
        assert_eq!(usual, messages::push::rules::usual_services());
        assert!(merge(&[("push_hosts", " ")]).unwrap().push_hosts.is_empty(), "switched off");
    }

    #[test]
    fn a_bucket_is_whole_or_not_there() {
        let merge = |pairs: &[(&str, &str)]| Config::merge(layer(pairs), Layer::new(), Layer::new());
        assert!(merge(&[]).unwrap().s3.is_none());
        let whole = [
            ("s3_endpoint", "https://s3.example.cn"),
            ("s3_bucket", "city"),
            ("s3_key", "AK"),
            ("s3_secret", "hush"),
        ];
        let config = merge(&whole).unwrap();
        assert!(!format!("{config:?}{:?}", config.s3).contains("hush"));
        assert_eq!(config.s3.unwrap().prefix, "linli/");
        for n in 0..whole.len() {
            let mut pairs = whole.to_vec();
            pairs.remove(n);
            assert_eq!(merge(&pairs).is_ok(), n == 0, "{n}");
        }
        for wrong in [("s3_endpoint", "s3.example.cn"), ("s3_prefix", "linli"), ("s3_style", "x")] {
            let mut pairs = whole.to_vec();
            pairs.push(wrong);
            assert!(merge(&pairs).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn https_makes_cookies_secure() {
        let config =
            |flags: &[(&str, &str)]| Config::merge(Layer::new(), Layer::new(), layer(flags)).unwrap();
        assert!(config(&[("base_url", "https://linli.example.cn/")]).secure_cookies);
        assert_eq!(config(&[("base_url", "https://linli.example.cn/")]).base_url, "https://linli.example.cn");
        assert!(!config(&[("base_url", "https://x.cn"), ("secure_cookies", "false")]).secure_cookies);
    }
}
