//! A server of its own for each test, on each database that is here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use db::testing::Bench;
use db::{Bus, Db};
use demo_city::Size;
use kernel::{AccountId, Clock, Date, IdGen, ManualClock, SystemClock, Timestamp};
use linli::config::{Config, Layer};
use linli::serve::Running;
use linli::{demo, open, rooms, serve};
use loadgen::Reply;
use people::demo::Login;
use ui::App;
use vault::{Cost, KeyRing, SeededRandom, Vault};

/// Fresh databases with all tables, one of each kind; removed when dropped.
pub fn benches() -> Vec<Bench> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let migrations = rooms::migrations(&rooms::all());
    let open = |config| Bench::open(config, &migrations, &clock, Bus::default()).unwrap();
    Bench::configs().into_iter().map(open).collect()
}

/// The configuration of a server on that database, on a free port.
pub fn config(bench: &Bench, more: &[(&str, &str)]) -> Config {
    let mut flags = Layer::new();
    let folder = std::env::temp_dir().join(format!("linli_serve_{}", std::process::id()));
    match &bench.config {
        db::Config::Sqlite { path, .. } => {
            flags.insert("data".into(), path.parent().unwrap().display().to_string());
        }
        db::Config::Postgres { url, schema, .. } => {
            flags.insert("data".into(), folder.display().to_string());
            flags.insert("key_file".into(), folder.join(schema.clone().unwrap()).display().to_string());
            flags.insert("db".into(), url.clone());
            flags.insert("db_schema".into(), schema.clone().unwrap());
        }
    }
    flags.insert("listen".into(), "127.0.0.1:0".into());
    flags.extend(more.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
    Config::merge(Layer::new(), Layer::new(), flags).unwrap()
}

pub fn vault() -> Arc<Vault> {
    let ring = KeyRing::ephemeral([7; 32]);
    Arc::new(Vault::new(&ring, Cost::cheap_for_tests(), Box::new(SeededRandom::new([9; 32]))).unwrap())
}

/// Fills a database with the small demo as of a day; the same each time.
pub fn fill(bench: &Bench, today: Date, seed: u64) -> Vec<Login> {
    let clock = Arc::new(ManualClock::new(Timestamp::at(today, 0)));
    let rooms = rooms::all();
    let db = open::database(&bench.config, &rooms, Arc::clone(&clock) as _, IdGen::new(seed), false).unwrap();
    let blobs = open::blobs(&config(bench, &[])).unwrap();
    demo::fill(&db, &clock, &vault(), &blobs, demo::Wish { size: Size::Small, seed, today }).unwrap().2
}

/// A running server over the small demo.
pub struct City {
    pub addr: SocketAddr,
    pub app: App,
    pub logins: Vec<Login>,
    pub kind: &'static str,
    running: Running,
    runtime: tokio::runtime::Runtime,
    bench: Bench,
}

impl City {
    /// One on each database.
    pub fn all() -> Vec<Self> {
        benches().into_iter().map(Self::on).collect()
    }

    pub fn on(bench: Bench) -> Self {
        let logins = fill(&bench, SystemClock.now().date(), 7);
        Self::serve(bench, logins, &[])
    }

    pub fn serve(bench: Bench, logins: Vec<Login>, more: &[(&str, &str)]) -> Self {
        let config = config(&bench, more);
        let rooms = rooms::all();
        let db: Db = open::storage(&config, &rooms).unwrap();
        let app = open::app(db, vault(), rooms, &config).unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let running = runtime.block_on(serve::start(app.clone(), &config)).unwrap();
        let kind = app.db.kind();
        Self { addr: running.addr, app, logins, kind, running, runtime, bench }
    }

    pub fn ask(&self, request: &[u8]) -> Reply {
        loadgen::ask(self.addr, request, Duration::from_secs(20)).unwrap()
    }

    pub fn get(&self, path: &str, cookie: Option<&str>) -> Reply {
        self.ask(&loadgen::build_get(path, &self.addr.to_string(), cookie))
    }

    pub fn post(&self, path: &str, cookie: Option<&str>, fields: &[(&str, &str)]) -> Reply {
        self.ask(&loadgen::build_post_form(path, &self.addr.to_string(), cookie, fields))
    }

    /// Signs in by one tap; the session's cookie.
    pub fn sign_in(&self, login: &str) -> String {
        let page = self.get("/sign-in", None);
        assert_eq!(page.status, 200, "{}", page.text());
        let account: AccountId = self.logins.iter().find(|one| one.login == login).unwrap().account;
        let done = self.post(
            "/sign-in/demo",
            page.cookies().as_deref(),
            &[("_csrf", &csrf(&page)), ("account", &account.to_string())],
        );
        assert_eq!(done.status, 303, "{}", done.text());
        done.cookies().unwrap()
    }

    /// Stops the server and closes everything; how long that took.
    pub fn stop(self) -> (Duration, Bench) {
        let started = std::time::Instant::now();
        let Self { running, runtime, app, bench, .. } = self;
        runtime.block_on(running.stop());
        drop(app);
        drop(runtime);
        (started.elapsed(), bench)
    }
}

/// The check code of a page.
pub fn csrf(page: &Reply) -> String {
    let text = page.text();
    let (_, rest) = text.split_once("name=\"csrf\" content=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}
