//! What leaves, against receivers on this machine, on both databases: signed, once, again after failures.

use std::sync::Arc;
use std::time::Duration;

use crate::city::{self, benches, city, role, volunteer};
use crate::receiver::{receiver, vault};
use db::testing::Bench;
use db::{args, outbox, sql};
use kernel::{AccountId, Actor, Error, Grant, ManualClock, OrgId, Role, Timestamp};
use messages::delivery::DeliveryState;
use messages::delivery::store::{Filter, Line, list};
use messages::webhook::{WebhookId, commands};
use messages::{Outbound, deliver_due, outbound};
use ui::Fields;

const NOON: Timestamp = Timestamp(1_760_000_000_000);

fn waiting(bench: &Bench) -> i64 {
    bench.db.read_blocking(outbox::waiting).unwrap()
}

fn put(bench: &Bench, payload: &'static str) {
    bench.db.write_blocking(move |tx| outbox::put(tx, "sms", payload).map(|_| ())).unwrap();
}

fn record(bench: &Bench) -> Vec<Line> {
    bench.db.read_blocking(|tx| list(tx, &Filter::default(), 100)).unwrap()
}

fn states(bench: &Bench) -> Vec<DeliveryState> {
    record(bench).into_iter().map(|line| line.state).collect()
}

#[test]
fn a_message_arrives_signed_and_once() {
    let clock = Arc::new(ManualClock::new(NOON));
    for bench in benches(&clock) {
        clock.set(NOON);
        put(&bench, r#"{"phone":"10200000000","text":"码 123456"}"#);
        let (url, seen) = receiver(vec![(204, "")]);
        let to = Outbound {
            url: Some(url),
            secret: "s3cret".into(),
            timeout: Duration::from_secs(5),
            ..Outbound::default()
        };
        deliver_due(&bench.db, &to).unwrap();
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
        let record = record(&bench);
        assert_eq!((record.len(), record[0].state), (1, DeliveryState::Sent));
        assert_eq!(record[0].masked, "102****0000", "never the whole number");
    }
}

#[test]
fn a_failing_receiver_is_tried_again_and_given_up_in_the_end() {
    let clock = Arc::new(ManualClock::new(NOON));
    for bench in benches(&clock) {
        clock.set(NOON);
        put(&bench, "plain text");
        let (url, seen) = receiver(vec![(500, ""), (302, ""), (0, ""), (200, "")]);
        let to = Outbound { url: Some(url), timeout: Duration::from_millis(300), ..Outbound::default() };
        for round in 1..=4 {
            assert!(deliver_due(&bench.db, &to).unwrap() > 0, "round {round}");
            let body: serde_json::Value = serde_json::from_str(&seen.recv().unwrap().body).unwrap();
            assert_eq!(body["attempt"], round);
            assert_eq!(body["payload"], "plain text");
            let state = if round < 4 { DeliveryState::Failed } else { DeliveryState::Sent };
            assert_eq!(states(&bench), [state]);
            // Not at once: the pause grows.
            assert_eq!(deliver_due(&bench.db, &to).unwrap(), 0);
            clock.advance(7 * 3_600_000);
        }
        // Nobody listens there: given up after ten tries, and sent again by hand.
        put(&bench, "another");
        let gone = Outbound { url: Some("http://127.0.0.1:9/".into()), ..to.clone() };
        for _ in 0..12 {
            deliver_due(&bench.db, &gone).unwrap();
            clock.advance(7 * 3_600_000);
        }
        let line = record(&bench).remove(0);
        assert_eq!((line.state, line.attempts), (DeliveryState::GivenUp, 10));
        assert!(line.last_error.starts_with("connection"), "{}", line.last_error);
        let (url, seen) = receiver(vec![(200, "")]);
        let id = line.id;
        assert!(bench.db.write_blocking(move |tx| messages::delivery::store::again(tx, id)).unwrap());
        let to = Outbound { url: Some(url), ..to };
        deliver_due(&bench.db, &to).unwrap();
        assert!(seen.recv().unwrap().body.contains("another"));
        assert!(!bench.db.write_blocking(move |tx| messages::delivery::store::again(tx, id)).unwrap());
    }
}

#[test]
fn without_a_target_texts_wait_and_in_the_demo_they_count_as_sent() {
    let clock = Arc::new(ManualClock::new(NOON));
    for bench in benches(&clock) {
        clock.set(NOON);
        put(&bench, "x");
        deliver_due(&bench.db, &Outbound::default()).unwrap();
        assert_eq!(waiting(&bench), 1);
        clock.advance(3_600_000);
        deliver_due(&bench.db, &Outbound { demo: true, ..Outbound::default() }).unwrap();
        assert_eq!(waiting(&bench), 0);
        assert_eq!(states(&bench), [DeliveryState::Sent]);
        clock.advance(4 * 86_400_000);
        bench.db.write_blocking(outbound::purge).unwrap();
        let rows: (i64,) =
            bench.db.read_blocking(|tx| tx.one(sql!("SELECT count(*) FROM outbox"), args![])).unwrap();
        assert_eq!(rows.0, 0);
        clock.advance(100 * 86_400_000);
        bench.db.write_blocking(outbound::purge).unwrap();
        assert!(record(&bench).is_empty());
    }
}

#[test]
fn the_worker_ends_when_told() {
    let clock = Arc::new(ManualClock::new(NOON));
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

fn admin() -> Actor {
    let grant = Grant {
        role: Role::System,
        org: OrgId(1),
        area_path: "/1/".into(),
        sponsor_path: String::new(),
        org_name: String::new(),
    };
    Actor { account: Some(AccountId(900)), grants: vec![grant], ..Actor::default() }
}

fn add(
    bench: &Bench,
    vault: &Arc<vault::Vault>,
    actor: Actor,
    pairs: &[(&str, &str)],
) -> Result<WebhookId, Error> {
    let fields = Fields::of(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
    let vault = Arc::clone(vault);
    bench.db.write_blocking(move |tx| {
        let new = commands::read(&vault, &[], &fields, false)?;
        commands::add(tx, &actor, &new)
    })
}

#[test]
fn targets_get_the_events_they_chose_in_their_shape() {
    let clock = Arc::new(ManualClock::new(city::noon()));
    for bench in benches(&clock) {
        clock.set(city::noon());
        city(&bench.db);
        role(&bench.db, 900, None, "system", 1);
        let vault = vault();
        let (group, group_seen) = receiver(vec![(200, r#"{"errcode":0}"#), (200, r#"{"errcode":310000}"#)]);
        let (gateway, gateway_seen) = receiver(vec![(200, "ok")]);
        let refused =
            |pairs: &[(&str, &str)]| add(&bench, &vault, admin(), pairs).unwrap_err().code().to_owned();
        let base = |url: &'static str| {
            [("name", "群"), ("shape", "dingtalk"), ("url", url), ("events", "session.cancelled")]
        };
        assert_eq!(refused(&base("http://hooks.example.com/")), "webhook.address");
        assert_eq!(refused(&base("https://169.254.169.254/latest")), "webhook.address");
        assert_eq!(
            refused(&[("name", "群"), ("shape", "wecom"), ("url", &group), ("events", "sms")]),
            "webhook.no_phones"
        );
        assert_eq!(
            refused(&[
                ("name", "网关"),
                ("shape", "sms_json"),
                ("url", &gateway),
                ("events", "sms"),
                ("body", "{phone}")
            ]),
            "webhook.body"
        );
        assert_eq!(
            add(&bench, &vault, volunteer(100), &base("https://h.example.com/")).unwrap_err().code(),
            "common.forbidden"
        );
        let robot = add(
            &bench,
            &vault,
            admin(),
            &[
                ("name", "工作群"),
                ("shape", "dingtalk"),
                ("url", &format!("{group}?access_token=t0ken")),
                ("secret", "SEC1"),
                ("events", "session.cancelled"),
            ],
        )
        .unwrap();
        add(
            &bench,
            &vault,
            admin(),
            &[("name", "短信"), ("shape", "sms_form"), ("url", &gateway), ("events", "sms")],
        )
        .unwrap();
        let sealed: Vec<(Vec<u8>, String)> = bench
            .db
            .read_blocking(|tx| tx.all(sql!("SELECT url_enc, host FROM webhook ORDER BY id"), args![]))
            .unwrap();
        assert!(
            sealed.iter().all(|(url, host)| !url.windows(6).any(|w| w == b"t0ken") && host == "127.0.0.1")
        );

        // A cancelled session with three places: the group hears it once, nobody's phone is in the gateway.
        let session = city::plan(&bench.db, city::noon().plus_minutes(26 * 60), &[100, 101, 102]);
        city::cancel(&bench.db, session);
        put(&bench, r#"{"phone":"10200000000","text_zh":"码 1","text_en":"Code 1"}"#);
        let to = Outbound {
            timeout: Duration::from_secs(5),
            vault: Some(Arc::clone(&vault)),
            base_url: "https://linli.example.cn".into(),
            city: ("澄湖市".into(), "Chenghu".into()),
            ..Outbound::default()
        };
        for _ in 0..3 {
            deliver_due(&bench.db, &to).unwrap();
        }
        let seen = group_seen.recv().unwrap();
        let body: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
        assert!(body["markdown"]["text"].as_str().unwrap().contains("下雨"), "{}", seen.body);
        assert!(
            seen.path.contains("access_token=t0ken&timestamp=") && seen.path.contains("&sign="),
            "{}",
            seen.path
        );
        let seen = gateway_seen.recv().unwrap();
        assert!(seen.body.starts_with("mobile=10200000000&content=%E7%A0%81"), "{}", seen.body);
        assert_eq!(states(&bench), [DeliveryState::Sent, DeliveryState::Sent]);
        assert!(!record(&bench).iter().any(|line| line.last_error.contains("t0ken")));

        // The robot says no inside a 200: tried again; switched off: given up.
        bench.db.write_blocking(move |tx| commands::test(tx, &admin(), robot)).unwrap();
        deliver_due(&bench.db, &to).unwrap();
        assert!(group_seen.recv().unwrap().body.contains("测试"));
        let line = record(&bench).remove(0);
        assert_eq!((line.state, line.last_error.as_str()), (DeliveryState::Failed, "errcode 310000"));
        bench.db.write_blocking(move |tx| commands::switch(tx, &admin(), robot, false)).unwrap();
        clock.advance(3_600_000);
        deliver_due(&bench.db, &to).unwrap();
        assert_eq!(record(&bench).remove(0).state, DeliveryState::GivenUp);
        let off = bench.db.write_blocking(move |tx| commands::test(tx, &admin(), robot)).unwrap_err();
        assert_eq!(off.code(), "webhook.off");
        let acts: Vec<(String,)> =
            bench.db.read_blocking(|tx| tx.all(sql!("SELECT act FROM audit ORDER BY id"), args![])).unwrap();
        let acts: Vec<&str> =
            acts.iter().map(|(act,)| act.as_str()).filter(|act| act.starts_with("webhook")).collect();
        assert_eq!(acts, ["webhook.add", "webhook.add", "webhook.test", "webhook.off"]);
    }
}

#[test]
fn a_target_is_changed_and_removed_without_its_secrets_being_typed_again() {
    let clock = Arc::new(ManualClock::new(city::noon()));
    for bench in benches(&clock) {
        clock.set(city::noon());
        city(&bench.db);
        role(&bench.db, 900, None, "system", 1);
        let vault = vault();
        let id = add(
            &bench,
            &vault,
            admin(),
            &[
                ("name", "工作群"),
                ("shape", "dingtalk"),
                ("url", "http://127.0.0.1:9/hook"),
                ("secret", "SEC1"),
                ("events", "session.cancelled"),
            ],
        )
        .unwrap();
        type Kept = (String, Vec<u8>, String, Option<Vec<u8>>, String, i64);
        let kept = || -> Option<Kept> {
            bench
                .db
                .read_blocking(move |tx| {
                    tx.first(
                        sql!(
                            "SELECT name, url_enc, host, secret_enc, events, version FROM webhook WHERE id = $1"
                        ),
                        args![id],
                    )
                })
                .unwrap()
        };
        let change = |actor: Actor, version: i64, pairs: &[(&str, &str)]| -> Result<(), Error> {
            let fields = Fields::of(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
            let vault = Arc::clone(&vault);
            bench.db.write_blocking(move |tx| {
                let wish = commands::read(&vault, &[], &fields, true)?;
                commands::change(tx, &actor, id, version, &wish)
            })
        };
        let renamed = [("name", "市办群"), ("shape", "dingtalk"), ("events", "session.near")];
        let before = kept().unwrap();
        assert_eq!(change(volunteer(100), before.5, &renamed).unwrap_err().code(), "common.forbidden");
        change(admin(), before.5, &renamed).unwrap();
        let after = kept().unwrap();
        assert_eq!((after.0.as_str(), after.4.as_str()), ("市办群", " session.near "));
        assert_eq!((&after.1, &after.2, &after.3), (&before.1, &before.2, &before.3), "as they were");
        // Whoever saves what was shown before that change is told so.
        assert_eq!(change(admin(), before.5, &renamed).unwrap_err().code(), "common.stale");
        assert_eq!(kept().unwrap(), after);

        let moved = [
            ("name", "市办群"),
            ("shape", "dingtalk"),
            ("url", "http://localhost:9/other"),
            ("no_secret", "1"),
            ("events", "session.near"),
        ];
        change(admin(), after.5, &moved).unwrap();
        let last = kept().unwrap();
        assert_eq!((last.2.as_str(), &last.3), ("localhost", &None));
        assert_ne!(last.1, after.1);

        let remove = |actor: Actor| bench.db.write_blocking(move |tx| commands::remove(tx, &actor, id));
        assert_eq!(remove(volunteer(100)).unwrap_err().code(), "common.forbidden");
        remove(admin()).unwrap();
        assert!(kept().is_none());
        assert_eq!(remove(admin()).unwrap_err().code(), "common.not_found");
    }
}

#[test]
fn every_statement_works_on_both_databases() {
    let clock = Arc::new(ManualClock::new(NOON));
    for bench in benches(&clock) {
        assert!(db::testing::prepare_all(&bench.config).unwrap() > 0);
    }
}
