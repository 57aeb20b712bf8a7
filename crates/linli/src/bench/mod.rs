//! `make bench`: the promises of the issue beside what this machine does, in one run.
//!
//! The load generator shares the machine with the server. Each throughput figure stands beside a **bare
//! handler** in the same run — same HTTP stack, same database engine, same rows or bytes, no rules, no
//! sign-in, no templates — so that the ratio says what the rules cost, whatever the machine.

pub mod city;
mod doors;
mod first_page;
mod load;
mod nodes;
mod peer;
mod roster_file;
mod scale;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use db::{ReadTx, args, sql};
use kernel::{Error, Period, PersonId};
use loadgen::{Capacity, Cycle, Figure, Machine, Plan, RESULTS, Table, find_max_rate};
use ui::App;

use crate::config::{Config, Layer};
use crate::serve::{self, Running};
use crate::{Failure, open, rooms};

use self::city::City;
use self::doors::{BareCheckIns, CheckIns, Doors};
use self::load::SignUps;

/// What `linli bench` is asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// PostgreSQL to measure as well; without it those rows are left out.
    pub postgres: Option<String>,
    /// Seconds of each load.
    pub seconds: u64,
    /// People in the ranking and rows in the roster.
    pub million: i64,
    /// Only figures whose name begins so.
    pub only: Option<String>,
    /// Writes docs/BENCHMARKS.md as well.
    pub write_docs: bool,
    /// Where the peer is that is measured beside, as its script wrote it.
    pub peer: Option<PathBuf>,
}

impl Asked {
    fn wants(&self, name: &str) -> bool {
        self.only.as_deref().is_none_or(|only| name.starts_with(only))
    }

    /// Whether any figure whose name begins with `group` is wanted.
    fn touches(&self, group: &str) -> bool {
        self.only.as_deref().is_none_or(|only| group.starts_with(only) || only.starts_with(group))
    }
}

/// A server for one measurement.
struct Bench {
    app: App,
    running: Option<Running>,
    bare: Option<load::Bare>,
    city: City,
    folder: PathBuf,
    runtime: tokio::runtime::Runtime,
}

impl Bench {
    fn start(folder: &Path, database: Option<&str>) -> Result<Self, Failure> {
        Self::start_with(folder, database, "bench", city::PEOPLE, city::SESSIONS)
    }

    /// Starts it with so many people and sessions; `name` keeps the tables on PostgreSQL apart.
    fn start_with(
        folder: &Path,
        database: Option<&str>,
        name: &str,
        people: i64,
        sessions: i64,
    ) -> Result<Self, Failure> {
        let _ = std::fs::remove_dir_all(folder);
        std::fs::create_dir_all(folder)?;
        let mut flags: Layer = Layer::new();
        flags.insert("data".to_owned(), folder.display().to_string());
        flags.insert("listen".to_owned(), "127.0.0.1:0".to_owned());
        if let Some(url) = database {
            flags.insert("db".to_owned(), url.to_owned());
            flags.insert("db_schema".to_owned(), format!("linli_{name}_{}", std::process::id()));
        }
        let config = Config::merge(Layer::new(), Layer::new(), flags)?;
        let all = rooms::all();
        let db = open::storage(&config, &all)?;
        let ring = open::keys(&db, &config)?;
        let vault = open::vault(&ring)?;
        let city = city::build(&db, &vault, people, sessions)?;
        let app = open::app(db, vault, all, &config)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let running = runtime.block_on(serve::start(app.clone(), &config))?;
        let bare = runtime.block_on(load::Bare::start(app.db.clone()))?;
        Ok(Self { app, running: Some(running), bare: Some(bare), city, folder: folder.to_owned(), runtime })
    }

    fn addr(&self) -> std::net::SocketAddr {
        self.running.as_ref().map_or_else(|| ([127, 0, 0, 1], 0).into(), |running| running.addr)
    }

    fn bare_addr(&self) -> std::net::SocketAddr {
        self.bare.as_ref().map_or_else(|| ([127, 0, 0, 1], 0).into(), |bare| bare.addr)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.stop());
        }
        self.bare.take();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Reads the arguments and runs: `--pg URL`, `--seconds N`, `--rows N`, `--only NAME`, `--docs`, `--peer FILE`.
///
/// # Errors
/// When an argument is not known; as [`measure`].
pub fn run(args: &[String]) -> Result<(), Failure> {
    let mut asked =
        Asked { postgres: None, seconds: 6, million: 1_000_000, only: None, write_docs: false, peer: None };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().cloned().ok_or_else(|| Failure::from(format!("{arg} needs a value")));
        match arg.as_str() {
            "--pg" => asked.postgres = Some(value()?),
            "--seconds" => asked.seconds = value()?.parse()?,
            "--rows" => asked.million = value()?.parse()?,
            "--only" => asked.only = Some(value()?),
            "--docs" => asked.write_docs = true,
            "--peer" => asked.peer = Some(value()?.into()),
            other => {
                return Err(format!(
                    "{other} is not known; there are --pg, --seconds, --rows, --only, --docs, --peer"
                )
                .into());
            }
        }
    }
    measure(&asked)
}

/// Runs the benchmarks and prints the table.
///
/// # Errors
/// When a server cannot be started or an answer is wrong.
pub fn measure(asked: &Asked) -> Result<(), Failure> {
    let machine = Machine::describe();
    let base = std::env::temp_dir().join(format!("linli-bench-{}", std::process::id()));
    let mut table = Table::new();
    let mut pages = String::new();
    if ["sign_up", "list_page", "check_in", "first_page"].iter().any(|group| asked.touches(group)) {
        let bench = Bench::start(&base.join("load"), None)?;
        load_figures(
            &mut table,
            &bench,
            asked,
            "",
            Limits {
                rps: 12_000.0,
                sign_up_p99: Some(60.0),
                list_p99: Some(30.0),
                ratio: 0.5,
                check_in: true,
            },
        )?;
    }
    if asked.touches("rank") {
        rank(&mut table, &base.join("rank"), asked)?;
    }
    if asked.touches("import") {
        import(&mut table, &base.join("import"), asked)?;
    }
    if let Some(url) = asked.postgres.as_deref()
        && asked.touches("pg")
    {
        let bench = Bench::start(&base.join("pg"), Some(url))?;
        load_figures(
            &mut table,
            &bench,
            asked,
            "pg_",
            Limits { rps: 2_000.0, sign_up_p99: None, list_p99: None, ratio: 0.4, check_in: false },
        )?;
    }
    if let Some(url) = asked.postgres.as_deref()
        && asked.touches("two_nodes")
    {
        nodes::measure(&mut table, &base.join("nodes"), url, asked)?;
    }
    if let (Some(url), Some(file)) = (asked.postgres.as_deref(), &asked.peer) {
        peer::measure(&mut table, &base.join("peer"), file, url, asked)?;
    }
    if ["start_ms", "idle_rss_mb", "scale"].iter().any(|group| asked.touches(group)) {
        pages = scale::measure(&mut table, &base.join("scale"), asked)?;
    }
    let _ = std::fs::remove_dir_all(&base);
    say(&format!("{machine}\n"));
    table.print()?;
    if asked.only.is_none() {
        table.save(Path::new(RESULTS))?;
        if asked.write_docs {
            std::fs::write("docs/BENCHMARKS.md", document(&machine.to_string(), &table, &pages))?;
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a command that reports to whoever runs it")]
fn say(text: &str) {
    println!("{text}");
}

fn document(machine: &str, table: &Table, pages: &str) -> String {
    let pages = if pages.is_empty() {
        String::new()
    } else {
        format!("## How the ten commonest pages grow\n\n{pages}\n")
    };
    format!(
        "# Benchmarks\n\nMeasured by `make bench` (a release build), the load generator on the same machine. \
         The machine of the last published run:\n\n> {machine}\n\n{}\n\
         `ratio` of a throughput row is its share of a bare handler in the same run: the same HTTP stack and \
         database engine, the same rows or bytes, no rules, no sign-in, no templates. Latencies are taken at the \
         promised rate (at 70 % of the highest one if that is lower), counted from the moment a request was due, so that waiting is not hidden.\n\n{pages}{}",
        table.markdown(),
        include_str!("notes.md")
    )
}

/// What is promised.
#[derive(Clone, Copy)]
struct Limits {
    rps: f64,
    sign_up_p99: Option<f64>,
    list_p99: Option<f64>,
    ratio: f64,
    /// Whether check-ins are held against the limits too, and not only told.
    check_in: bool,
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn good(capacity: &Capacity, status: u16, what: &str) -> Result<(), Failure> {
    for outcome in [&capacity.closed, &capacity.open] {
        if outcome.statuses.keys().any(|have| *have != status) || outcome.errors.total() > 0 {
            return Err(format!(
                "{what}: expected only {status}, got {:?} and errors {:?}",
                outcome.statuses, outcome.errors
            )
            .into());
        }
    }
    Ok(())
}

fn load_figures(
    table: &mut Table,
    bench: &Bench,
    asked: &Asked,
    prefix: &str,
    limits: Limits,
) -> Result<(), Failure> {
    let seconds = Duration::from_secs(asked.seconds);
    let plan = |addr| Plan::closed(addr, 256, seconds).warm_up(Duration::from_secs(2));
    let host = "127.0.0.1";
    let name = |what: &str| format!("{prefix}{what}");

    if asked.wants(&name("list_page")) {
        let requests: Vec<Vec<u8>> = bench
            .city
            .people
            .iter()
            .take(1_000)
            .map(|person| loadgen::build_get("/activities", host, Some(&person.cookie)))
            .collect();
        let page =
            loadgen::ask(bench.addr(), requests.first().map_or(&[], Vec::as_slice), Duration::from_secs(10))?;
        if page.status != 200 {
            return Err(format!("the list page answers {}", page.status).into());
        }
        let bytes = page.body.len();
        if let Some(bare) = &bench.bare {
            bare.page(page.body);
        }
        let list = find_max_rate(&plan(bench.addr()), &mut Cycle::new(requests), Some(limits.rps))?;
        good(&list, 200, "list page")?;
        let mut same = Cycle::one(loadgen::build_get("/page", host, None));
        let bare = find_max_rate(&plan(bench.bare_addr()), &mut same, None)?;
        let figure = Figure::new(name("list_page_rps"), list.closed.per_second, "pages/s")
            .at_least(limits.rps)
            .share(bare.closed.per_second, None);
        table.push(figure.note(format!("{} bytes; bare handler {:.0}/s", bytes, bare.closed.per_second)));
        if let Some(limit) = limits.list_p99 {
            let figure =
                Figure::new(name("list_page_p99_ms"), ms(list.open.latency.p99()), "ms").at_most(limit);
            table.push(figure.note(format!("at {:.0}/s, sustained: {}", list.rate, list.open.sustained)));
        }
    }
    if asked.wants(&name("sign_up")) {
        let mut source = SignUps::new(&bench.city, host);
        let real = find_max_rate(&plan(bench.addr()), &mut source, Some(limits.rps))?;
        good(&real, 303, "sign-up")?;
        city::verify(&bench.app.db, source.acknowledged())?;
        let mut bare_source = load::BareSignUps::new(&bench.city, host);
        let bare = find_max_rate(&plan(bench.bare_addr()), &mut bare_source, None)?;
        good(&bare, 204, "bare sign-up")?;
        let figure = Figure::new(name("sign_up_rps"), real.closed.per_second, "sign-ups/s")
            .at_least(limits.rps)
            .share(bare.closed.per_second, Some(limits.ratio));
        table.push(figure.note(format!("bare handler {:.0}/s", bare.closed.per_second)));
        if let Some(limit) = limits.sign_up_p99 {
            let figure =
                Figure::new(name("sign_up_p99_ms"), ms(real.open.latency.p99()), "ms").at_most(limit);
            table.push(figure.note(format!("at {:.0}/s, sustained: {}", real.rate, real.open.sustained)));
        }
    }
    if asked.wants(&name("check_in")) {
        check_in(table, bench, asked, prefix, limits)?;
    }
    if prefix.is_empty()
        && asked.wants("first_page")
        && let Some(person) = bench.city.people.first()
    {
        first_page::measure(table, bench.addr(), person)?;
    }
    Ok(())
}

/// Check-ins by the rotating code; on tables that the sign-ups before have filled.
fn check_in(
    table: &mut Table,
    bench: &Bench,
    asked: &Asked,
    prefix: &str,
    limits: Limits,
) -> Result<(), Failure> {
    let host = "127.0.0.1";
    let plan =
        |addr| Plan::closed(addr, 256, Duration::from_secs(asked.seconds)).warm_up(Duration::from_secs(2));
    let seconds = i64::try_from(asked.seconds).unwrap_or(0);
    // More than the fastest machine uses up, the bare handler included.
    let per = if limits.check_in { 200 + 100 * seconds } else { 100 + 25 * seconds };
    let doors = Doors::open(&bench.app.db, &bench.city, per)?;
    let clock = Arc::clone(&bench.app.db.ctx().clock);
    let mut source = CheckIns::new(doors, &bench.city, host, Arc::clone(&bench.app.vault), clock);
    let promised = limits.check_in.then_some(limits.rps);
    let real = find_max_rate(&plan(bench.addr()), &mut source, promised)?;
    good(&real, 303, "check-in")?;
    doors::verify(&bench.app.db, source.acknowledged())?;
    let bare = find_max_rate(&plan(bench.bare_addr()), &mut BareCheckIns::new(doors, host), None)?;
    good(&bare, 204, "bare check-in")?;
    let mut figure = Figure::new(format!("{prefix}check_in_rps"), real.closed.per_second, "check-ins/s");
    if limits.check_in {
        figure = figure.at_least(limits.rps);
    }
    figure = figure.share(bare.closed.per_second, limits.check_in.then_some(limits.ratio));
    table.push(figure.note(format!(
        "bare handler {:.0}/s; p99 {:.1} ms at {:.0}/s, sustained: {}",
        bare.closed.per_second,
        ms(real.open.latency.p99()),
        real.rate,
        real.open.sustained
    )));
    Ok(())
}

fn rank(table: &mut Table, folder: &Path, asked: &Asked) -> Result<(), Failure> {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder)?;
    let all = rooms::all();
    let mut flags = Layer::new();
    flags.insert("data".to_owned(), folder.display().to_string());
    let config = Config::merge(Layer::new(), Layer::new(), flags)?;
    let db = open::storage(&config, &all)?;
    let today = db.ctx().clock.now().date();
    city::standings(&db, asked.million, today)?;
    let million = asked.million;
    let mut times = db.read_blocking(move |tx: &mut ReadTx<'_>| {
        let mut times = Vec::with_capacity(20_000);
        let mut state = 0x9E37_79B9_u64;
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let person =
                PersonId(i64::try_from((state >> 33) % u64::try_from(million).unwrap_or(1)).unwrap_or(0) + 1);
            let begun = Instant::now();
            let found = service::total::rank::standing(tx, person, Period::Year(today))?;
            times.push(begun.elapsed());
            if found.is_none() {
                return Err(Error::bug("a person without a rank"));
            }
        }
        Ok(times)
    })?;
    times.sort_unstable();
    let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or_default();
    let p50 = times.get(times.len() / 2).copied().unwrap_or_default();
    // The same question asked the plain way, in the same run.
    let begun = Instant::now();
    let year = Period::Year(today).key();
    let _: (i64,) = db.read_blocking(move |tx: &mut ReadTx<'_>| {
        tx.one(
            sql!(
                "SELECT count(*) FROM total WHERE subject_kind = 'person' AND period = $1 AND minutes > 600"
            ),
            args![year],
        )
    })?;
    let plain = begun.elapsed();
    table.push(Figure::new("rank_ms", ms(p99), "ms").at_most(1.0).note(format!(
        "p99 of 20,000 among {}; median {:.3} ms; counting rows takes {:.1} ms",
        asked.million,
        ms(p50),
        ms(plain)
    )));
    drop(db);
    let _ = std::fs::remove_dir_all(folder);
    Ok(())
}

fn import(table: &mut Table, folder: &Path, asked: &Asked) -> Result<(), Failure> {
    // In a process of its own: its memory is the figure.
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder)?;
    let bench = Bench::start(&folder.join("alone"), None)?;
    let file = folder.join("roster.csv");
    roster_file::write(&file, asked.million, &bench.city)?;
    let data = bench.folder.clone();
    // Only one program may hold the city at a time: the server rests while the command line imports.
    let kept = folder.join("kept");
    drop_but_keep(bench, &kept)?;
    let begun = Instant::now();
    let mut child = std::process::Command::new(std::env::current_exe()?)
        .args(["import", "volunteers"])
        .arg(&file)
        .arg("--data")
        .arg(&kept)
        .arg("--yes")
        .stdout(std::process::Stdio::null())
        .spawn()?;
    let mut peak = 0;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if let Ok(memory) = loadgen::memory(child.id()) {
            peak = peak.max(memory.peak);
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    let took = begun.elapsed();
    if !status.success() {
        return Err(format!("the import ended with {status}").into());
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = asked.million as f64 / took.as_secs_f64();
    table.push(Figure::new("import_rows_s", rate, "rows/s").at_least(20_000.0).note(format!(
        "{} rows in {:.1} s, validated, encrypted, published",
        asked.million,
        took.as_secs_f64()
    )));
    table.push(
        Figure::new("import_rss_mb", loadgen::Memory::mib(peak), "MiB")
            .at_most(300.0)
            .note("peak of the whole process"),
    );
    let _ = std::fs::remove_dir_all(&kept);
    let _ = std::fs::remove_dir_all(&data);

    // The same file again, while people sign up.
    let bench = Bench::start(&folder.join("beside"), None)?;
    let (app, city) = (bench.app.clone(), bench.city.clone());
    let path = file;
    let importing = std::thread::spawn(move || -> Result<(), Error> { import_here(&app, &city, &path) });
    let mut source = SignUps::new(&bench.city, "127.0.0.1");
    let plan = Plan::open(bench.addr(), 256, Duration::from_secs(asked.seconds.max(8)), 1_000.0)
        .warm_up(Duration::from_secs(1));
    let outcome = loadgen::run(&plan, &mut source)?;
    let still = !importing.is_finished();
    table.push(Figure::new("import_beside", ms(outcome.latency.p99()), "ms").at_most(100.0).note(format!(
        "p99 of sign-up at 1,000/s while the import runs (still running at the end: {still}); statuses {:?}",
        outcome.statuses
    )));
    match importing.join() {
        Ok(result) => result?,
        Err(_) => return Err("the import panicked".into()),
    }
    drop(bench);
    let _ = std::fs::remove_dir_all(folder);
    Ok(())
}

fn drop_but_keep(bench: Bench, kept: &Path) -> Result<(), Failure> {
    let folder = bench.folder.clone();
    let mut bench = bench;
    // Its folder goes with it: move the files out of the way first, once nothing writes any more.
    if let Some(running) = bench.running.take() {
        bench.runtime.block_on(running.stop());
    }
    bench.bare.take();
    std::thread::sleep(Duration::from_millis(500));
    std::fs::create_dir_all(kept)?;
    for entry in std::fs::read_dir(&folder)? {
        let entry = entry?;
        std::fs::copy(entry.path(), kept.join(entry.file_name()))?;
    }
    Ok(())
}

fn import_here(app: &App, city: &City, file: &Path) -> Result<(), Error> {
    use people::import::engine;
    let id = engine::open(&app.db, None, city.root, None, file, "roster.csv")?;
    let import = app.db.read_blocking(move |tx: &mut ReadTx<'_>| Ok::<_, Error>(engine::find(tx, id)?))?;
    let Some(mut import) = import else { return Err(Error::bug("the import is gone")) };
    let mapping = import.mapping.clone();
    app.db.write_blocking(move |tx| engine::confirm_mapping(tx, id, &mapping, "0", None))?;
    import.state = engine::ImportState::Staging;
    engine::stage(&app.db, &Arc::clone(&app.vault), &import, &|_, _| Ok(true))?;
    app.db.write_blocking(move |tx| engine::publish(tx, id))?;
    engine::apply(&app.db, &app.vault, id)
}
