//! Figures of the running process for Prometheus: a handful of atomics, read at `/metrics`.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// What a request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A page.
    Page,
    /// A form or button.
    Command,
    /// The JSON API.
    Api,
    /// A style, script or picture.
    Asset,
    /// Health checks and these figures.
    Probe,
}

const CLASSES: [(Class, &str); 5] = [
    (Class::Page, "page"),
    (Class::Command, "command"),
    (Class::Api, "api"),
    (Class::Asset, "asset"),
    (Class::Probe, "probe"),
];
const STATUSES: usize = 6;
/// Upper bounds of the latency buckets in microseconds.
const BOUNDS: [u64; 13] =
    [250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000];

#[derive(Debug, Default)]
struct OfClass {
    answers: [AtomicU64; STATUSES],
    buckets: [AtomicU64; BOUNDS.len()],
    micros: AtomicU64,
}

/// The figures of a process.
#[derive(Debug, Default)]
pub struct Metrics {
    classes: [OfClass; CLASSES.len()],
    /// Requests being answered.
    pub in_flight: AtomicI64,
    /// Open connections.
    pub connections: AtomicI64,
    /// Handlers that panicked.
    pub panics: AtomicU64,
    /// Jobs that ended, well and badly.
    pub jobs_done: AtomicU64,
    /// Jobs that failed.
    pub jobs_failed: AtomicU64,
}

/// Figures that live in the database.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stored {
    /// Jobs that wait for a worker.
    pub jobs_ready: i64,
    /// Jobs at work.
    pub jobs_running: i64,
    /// Messages that were not sent yet.
    pub outbox: i64,
    /// Age of the oldest of them, in milliseconds.
    pub outbox_age_ms: i64,
    /// Units of work that wait for a database thread: reads and writes.
    pub queued: (usize, usize),
    /// How long the database took to answer this question.
    pub answered: Duration,
    /// When the last good backup was made (UTC milliseconds), and its bytes.
    pub backup: Option<(i64, u64)>,
}

impl Metrics {
    /// Counts an answer.
    pub fn answered(&self, class: Class, status: u16, took: Duration) {
        let Some(of) = self.classes.get(class as usize) else { return };
        if let Some(slot) = of.answers.get(usize::from(status / 100)) {
            slot.fetch_add(1, Ordering::Relaxed);
        }
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        of.micros.fetch_add(micros, Ordering::Relaxed);
        let at = BOUNDS.partition_point(|bound| *bound < micros);
        if let Some(slot) = of.buckets.get(at) {
            slot.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// All figures in Prometheus' text format.
    #[must_use]
    pub fn text(&self, stored: Option<Stored>) -> String {
        let mut out = String::with_capacity(8 * 1024);
        // Writing into a string cannot fail.
        let mut line = |text: std::fmt::Arguments<'_>| {
            let _ = out.write_fmt(text);
            out.push('\n');
        };
        line(format_args!("# HELP linli_requests_total Requests answered, by class and status."));
        line(format_args!("# TYPE linli_requests_total counter"));
        for ((_, name), of) in CLASSES.iter().zip(&self.classes) {
            for (hundred, slot) in of.answers.iter().enumerate().skip(1) {
                let count = slot.load(Ordering::Relaxed);
                line(format_args!("linli_requests_total{{class=\"{name}\",status=\"{hundred}xx\"}} {count}"));
            }
        }
        line(format_args!(
            "# HELP linli_request_seconds Time from the whole head of a request to its answer."
        ));
        line(format_args!("# TYPE linli_request_seconds histogram"));
        for ((_, name), of) in CLASSES.iter().zip(&self.classes) {
            let mut below = 0;
            for (bound, slot) in BOUNDS.iter().zip(&of.buckets) {
                below += slot.load(Ordering::Relaxed);
                let seconds = Duration::from_micros(*bound).as_secs_f64();
                line(format_args!(
                    "linli_request_seconds_bucket{{class=\"{name}\",le=\"{seconds}\"}} {below}"
                ));
            }
            let all: u64 = of.answers.iter().map(|slot| slot.load(Ordering::Relaxed)).sum();
            let sum = Duration::from_micros(of.micros.load(Ordering::Relaxed)).as_secs_f64();
            line(format_args!("linli_request_seconds_bucket{{class=\"{name}\",le=\"+Inf\"}} {all}"));
            line(format_args!("linli_request_seconds_sum{{class=\"{name}\"}} {sum}"));
            line(format_args!("linli_request_seconds_count{{class=\"{name}\"}} {all}"));
        }
        let mut one = |name: &str, kind: &str, help: &str, value: &dyn std::fmt::Display| {
            line(format_args!(
                "# HELP linli_{name} {help}\n# TYPE linli_{name} {kind}\nlinli_{name} {value}"
            ));
        };
        one(
            "requests_in_flight",
            "gauge",
            "Requests being answered.",
            &self.in_flight.load(Ordering::Relaxed),
        );
        one("connections", "gauge", "Open connections.", &self.connections.load(Ordering::Relaxed));
        one("panics_total", "counter", "Handlers that panicked.", &self.panics.load(Ordering::Relaxed));
        one("jobs_done_total", "counter", "Jobs that ended well.", &self.jobs_done.load(Ordering::Relaxed));
        one("jobs_failed_total", "counter", "Jobs that failed.", &self.jobs_failed.load(Ordering::Relaxed));
        one("db_up", "gauge", "Whether the database answered.", &i32::from(stored.is_some()));
        if let Some(stored) = stored {
            let seconds = stored.answered.as_secs_f64();
            one("db_read_seconds", "gauge", "How long a read waited and took just now.", &seconds);
            one("db_reads_waiting", "gauge", "Reads that wait for a database thread.", &stored.queued.0);
            one("db_writes_waiting", "gauge", "Writes that wait for a database thread.", &stored.queued.1);
            one("jobs_ready", "gauge", "Jobs that wait for a worker.", &stored.jobs_ready);
            one("jobs_running", "gauge", "Jobs at work.", &stored.jobs_running);
            one("outbox_waiting", "gauge", "Messages that were not sent yet.", &stored.outbox);
            let age = Duration::from_millis(u64::try_from(stored.outbox_age_ms).unwrap_or(0)).as_secs_f64();
            one("outbox_oldest_seconds", "gauge", "Age of the oldest message that waits.", &age);
            if let Some((at, bytes)) = stored.backup {
                one(
                    "backup_last_success_seconds",
                    "gauge",
                    "When the last good backup was made (Unix time).",
                    &(at / 1000),
                );
                one("backup_last_bytes", "gauge", "Size of the last good backup.", &bytes);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_add_up() {
        let metrics = Metrics::default();
        metrics.answered(Class::Page, 200, Duration::from_micros(250));
        metrics.answered(Class::Page, 404, Duration::from_micros(251));
        metrics.answered(Class::Page, 200, Duration::from_secs(60));
        let text = metrics.text(None);
        for line in [
            "linli_requests_total{class=\"page\",status=\"2xx\"} 2",
            "linli_requests_total{class=\"page\",status=\"4xx\"} 1",
            "linli_request_seconds_bucket{class=\"page\",le=\"0.00025\"} 1",
            "linli_request_seconds_bucket{class=\"page\",le=\"0.0005\"} 2",
            "linli_request_seconds_bucket{class=\"page\",le=\"5\"} 2",
            "linli_request_seconds_bucket{class=\"page\",le=\"+Inf\"} 3",
            "linli_db_up 0",
        ] {
            assert!(text.lines().any(|have| have == line), "{line} missing in\n{text}");
        }
    }
}
