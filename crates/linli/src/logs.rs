//! Logs: one line an event, as text or as JSON, to standard error. Secrets, ID numbers and phones are
//! never logged; a request is named by its route and its id.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// Starts logging. A second call (tests) does nothing.
pub fn start(json: bool, level: &str) {
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_span_events(FmtSpan::NONE);
    let _ = if json { log.json().flatten_event(true).try_init() } else { log.with_ansi(false).try_init() };
}
