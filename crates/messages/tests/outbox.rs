//! The outbox against a receiver on this machine, on both databases.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use db::testing::Bench;
use db::{Bus, outbox};
use kernel::{Clock, ManualClock, Timestamp};
use messages::{Outbound, deliver_due, outbound};

struct Seen {
    headers: Vec<(String, String)>,
    body: String,
}

impl Seen {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

/// A receiver that answers the given statuses, one request each; `0` takes the request and stays silent.
fn receiver(statuses: Vec<u16>) -> (String, mpsc::Receiver<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (send, seen) = mpsc::channel();
    std::thread::spawn(move || {
        let mut silent = Vec::new();
        for status in statuses {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut headers = Vec::new();
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                if let Some((key, value)) = line.trim().split_once(": ") {
                    headers.push((key.to_lowercase(), value.to_owned()));
                }
            }
            let length = headers
                .iter()
                .find(|(key, _)| key == "content-length")
                .map_or(0, |(_, v)| v.parse().unwrap());
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            send.send(Seen { headers, body: String::from_utf8(body).unwrap() }).unwrap();
            if status == 0 {
                silent.push(stream);
                continue;
            }
            let mut stream = stream;
            write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        }
        std::thread::sleep(Duration::from_secs(1));
    });
    (url, seen)
}

fn benches(clock: &Arc<ManualClock>) -> Vec<Bench> {
    let clock: Arc<dyn Clock> = Arc::clone(clock) as _;
    Bench::all(db::migrate::MIGRATIONS, &clock, Bus::default).unwrap()
}

fn waiting(bench: &Bench) -> i64 {
    bench.db.read_blocking(outbox::waiting).unwrap()
}

fn put(bench: &Bench, payload: &'static str) {
    bench.db.write_blocking(move |tx| outbox::put(tx, "sms", payload).map(|_| ())).unwrap();
}

#[test]
fn a_message_arrives_signed_and_once() {
    let clock = Arc::new(ManualClock::new(Timestamp(1_760_000_000_000)));
    for bench in benches(&clock) {
        clock.set(Timestamp(1_760_000_000_000));
        put(&bench, r#"{"phone":"10200000000","text":"码 123456"}"#);
        let (url, seen) = receiver(vec![204]);
        let to = Outbound {
            url: Some(url),
            secret: "s3cret".into(),
            timeout: Duration::from_secs(5),
            demo: false,
        };
        assert_eq!(deliver_due(&bench.db, &to).unwrap(), 1);
        let seen = seen.recv().unwrap();
        assert_eq!(seen.header("x-linli-timestamp"), "1760000000");
        assert_eq!(
            seen.header("x-linli-signature"),
            outbound::signature("s3cret", 1_760_000_000, seen.body.as_bytes())
        );
        let body: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
        assert_eq!(body["topic"], "sms");
        assert_eq!(body["payload"]["phone"], "10200000000");
        assert_eq!(body["id"], seen.header("x-linli-id"));
        assert_eq!(waiting(&bench), 0);
        clock.advance(3_600_000);
        assert_eq!(deliver_due(&bench.db, &to).unwrap(), 0);
    }
}

#[test]
fn a_failing_receiver_is_tried_again_later() {
    let clock = Arc::new(ManualClock::new(Timestamp(1_760_000_000_000)));
    for bench in benches(&clock) {
        put(&bench, "plain text");
        let (url, seen) = receiver(vec![500, 302, 0, 200]);
        let to = Outbound {
            url: Some(url),
            secret: String::new(),
            timeout: Duration::from_millis(300),
            demo: false,
        };
        for round in 1..=4 {
            assert_eq!(deliver_due(&bench.db, &to).unwrap(), 1, "round {round}");
            let body: serde_json::Value = serde_json::from_str(&seen.recv().unwrap().body).unwrap();
            assert_eq!(body["attempt"], round);
            assert_eq!(body["payload"], "plain text");
            assert_eq!(waiting(&bench), i64::from(round < 4));
            // Not at once: the pause grows.
            assert_eq!(deliver_due(&bench.db, &to).unwrap(), 0);
            clock.advance(7 * 3_600_000);
        }
    }
}

#[test]
fn without_a_webhook_messages_wait_and_in_the_demo_they_count_as_sent() {
    let clock = Arc::new(ManualClock::new(Timestamp(1_760_000_000_000)));
    for bench in benches(&clock) {
        put(&bench, "x");
        assert_eq!(deliver_due(&bench.db, &Outbound::default()).unwrap(), 0);
        assert_eq!(waiting(&bench), 1);
        assert_eq!(deliver_due(&bench.db, &Outbound { demo: true, ..Outbound::default() }).unwrap(), 1);
        assert_eq!(waiting(&bench), 0);
        clock.advance(4 * 86_400_000);
        bench.db.write_blocking(outbound::purge).unwrap();
        let rows: (i64,) = bench
            .db
            .read_blocking(|tx| tx.one(db::sql!("SELECT count(*) FROM outbox"), db::args![]))
            .unwrap();
        assert_eq!(rows.0, 0);
    }
}

#[test]
fn the_worker_ends_when_told() {
    let clock = Arc::new(ManualClock::new(Timestamp(1_760_000_000_000)));
    for bench in benches(&clock) {
        put(&bench, "x");
        let rounds = std::cell::Cell::new(0);
        messages::worker(&bench.db, &Outbound { demo: true, ..Outbound::default() }, &|_| {
            rounds.set(rounds.get() + 1);
            rounds.get() == 3
        });
        assert_eq!((rounds.get(), waiting(&bench)), (3, 0));
    }
}
