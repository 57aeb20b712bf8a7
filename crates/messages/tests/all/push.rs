//! Notifications on devices, on both databases, against a push service in this process that reads what it gets as a browser
//! would: with other code than ours.
#![expect(clippy::indexing_slicing, reason = "a part that is missing should stop the test")]

use std::sync::Arc;
use std::time::Duration;

use crate::city::{self, benches, city, noon, plan, volunteer};
use crate::receiver::{Reply, Seen, replies, vault};
use aes_gcm::aead::Aead as _;
use aes_gcm::{Aes128Gcm, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use db::testing::Bench;
use db::{args, sql};
use hkdf::Hkdf;
use kernel::{AccountId, Error, ManualClock, PersonId};
use messages::delivery::DeliveryState;
use messages::delivery::store::{Filter, Line, list};
use messages::push::commands::{Subscribe, key_ensure, key_exchange};
use messages::push::store::{self as devices_store, Device};
use messages::push::{PushDeviceId, PushState, commands};
use messages::setting::rules::{Category, Wish};
use messages::setting::store::wish_put;
use messages::{Outbound, deliver_due, outbound};
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::{PublicKey, SecretKey};
use people::account::SignedOut;
use sha2::Sha256;
use vault::Vault;

fn unpack(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// What a browser keeps for itself.
struct Phone {
    secret: SecretKey,
    auth: [u8; 16],
}

impl Phone {
    fn new(seed: u8) -> Self {
        Self { secret: SecretKey::from_slice(&[seed; 32]).unwrap(), auth: [seed; 16] }
    }

    fn public(&self) -> Vec<u8> {
        self.secret.public_key().to_sec1_point(false).as_bytes().to_vec()
    }

    /// Reads a message as RFC 8291 and RFC 8188 have it.
    fn open(&self, body: &[u8]) -> serde_json::Value {
        let (salt, rest) = body.split_at(16);
        let (size, rest) = rest.split_at(4);
        assert_eq!(size, 4096_u32.to_be_bytes());
        let (key, record) = rest[1..].split_at(usize::from(rest[0]));
        let theirs = PublicKey::from_sec1_bytes(key).unwrap();
        let shared = self.secret.diffie_hellman(&theirs);
        let info = [b"WebPush: info\0".as_slice(), &self.public(), key].concat();
        let expand = |from: &Hkdf<Sha256>, info: &[u8], length: usize| {
            let mut out = vec![0; length];
            from.expand(info, &mut out).unwrap();
            out
        };
        let input = expand(&Hkdf::<Sha256>::new(Some(&self.auth), shared.raw_secret_bytes()), &info, 32);
        let base = Hkdf::<Sha256>::new(Some(salt), &input);
        let key: [u8; 16] = expand(&base, b"Content-Encoding: aes128gcm\0", 16).try_into().unwrap();
        let nonce: [u8; 12] = expand(&base, b"Content-Encoding: nonce\0", 12).try_into().unwrap();
        let plain = Aes128Gcm::new(&key.into()).decrypt(&nonce.into(), record).unwrap();
        let end = plain.iter().rposition(|byte| *byte != 0).unwrap();
        assert_eq!(plain[end], 2, "the last record");
        serde_json::from_slice(&plain[..end]).unwrap()
    }
}

struct House {
    vault: Arc<Vault>,
    hosts: Vec<String>,
    key: String,
}

impl House {
    fn new(bench: &Bench) -> Self {
        city(&bench.db);
        let vault = vault();
        for _ in 0..2 {
            let vault = Arc::clone(&vault);
            bench.db.write_blocking(move |tx| key_ensure(tx, &vault)).unwrap();
        }
        let keys: Vec<(String, Vec<u8>)> = bench
            .db
            .read_blocking(|tx| {
                tx.all(sql!("SELECT public_text, secret_enc FROM push_key ORDER BY id"), args![])
            })
            .unwrap();
        assert_eq!(keys.len(), 1, "made once");
        assert!(keys[0].1.len() > 32, "sealed");
        Self { vault, hosts: vec!["127.0.0.1".to_owned()], key: keys[0].0.clone() }
    }

    fn to(&self) -> Outbound {
        Outbound {
            timeout: Duration::from_secs(2),
            vault: Some(Arc::clone(&self.vault)),
            push: self.hosts.clone(),
            base_url: "https://linli.test".into(),
            city: ("澄湖市".into(), "Chenghu".into()),
            ..Outbound::default()
        }
    }

    /// Subscribes a device of one of the ten people.
    fn on(
        &self,
        bench: &Bench,
        id: i64,
        endpoint: &str,
        phone: &Phone,
        session: &'static [u8],
    ) -> Result<PushDeviceId, Error> {
        let (vault, hosts, key, endpoint) =
            (Arc::clone(&self.vault), self.hosts.clone(), self.key.clone(), endpoint.to_owned());
        let p256dh = URL_SAFE_NO_PAD.encode(phone.public());
        let auth = URL_SAFE_NO_PAD.encode(phone.auth);
        bench.db.write_blocking(move |tx| {
            let with = Subscribe {
                endpoint: &endpoint,
                p256dh: &p256dh,
                auth: &auth,
                key: &key,
                label: "Android · Chrome",
            };
            commands::subscribe(tx, &vault, &hosts, &volunteer(id), Some(session), &with)
        })
    }

    /// The signature of RFC 8292: made by the city's key, for this service, for less than a day.
    fn signed(&self, seen: &Seen, origin: &str, now: i64) {
        let (token, key) =
            seen.header("authorization").strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        assert_eq!(key, self.key);
        let (text, signature) = token.rsplit_once('.').unwrap();
        let public = VerifyingKey::from_sec1_bytes(&unpack(key)).unwrap();
        public.verify(text.as_bytes(), &Signature::from_slice(&unpack(signature)).unwrap()).unwrap();
        let (head, claims) = text.split_once('.').unwrap();
        let read = |part: &str| -> serde_json::Value { serde_json::from_slice(&unpack(part)).unwrap() };
        assert_eq!(read(head)["alg"], "ES256");
        assert_eq!(
            (&read(claims)["aud"], &read(claims)["sub"]),
            (&origin.into(), &"https://linli.test".into())
        );
        let left = read(claims)["exp"].as_i64().unwrap() - now / 1000;
        assert!(left > 0 && left <= 86_400, "{left}");
    }
}

fn record(bench: &Bench) -> Vec<Line> {
    bench.db.read_blocking(|tx| list(tx, &Filter::default(), 100)).unwrap()
}

fn devices(bench: &Bench, id: i64) -> Vec<Device> {
    bench.db.read_blocking(move |tx| devices_store::devices(tx, AccountId(1000 + id))).unwrap()
}

fn deliver(bench: &Bench, to: &Outbound) {
    for _ in 0..3 {
        deliver_due(&bench.db, to).unwrap();
    }
}

/// Something that rings: the session of somebody is cancelled.
fn happens(bench: &Bench, minutes: i64, id: i64) {
    let session = plan(&bench.db, noon().plus_minutes(minutes), &[id]);
    city::cancel(&bench.db, session);
}

fn ok() -> Reply {
    Reply { status: 201, head: "", text: "" }
}

#[test]
fn a_device_hears_the_kind_of_a_message_sealed_and_signed() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock) {
        clock.set(noon());
        let house = House::new(&bench);
        let (url, seen) = replies(vec![ok(), ok(), ok()]);
        let origin = url.strip_suffix("/hook").unwrap();
        let (phone, tablet) = (Phone::new(1), Phone::new(2));
        let id = house.on(&bench, 100, &format!("{url}/s3cret"), &phone, b"one").unwrap();
        house.on(&bench, 100, &format!("{url}/tablet"), &tablet, b"two").unwrap();
        bench
            .db
            .write_blocking(|tx| tx.exec(sql!("UPDATE account SET lang = 'en' WHERE id = 1100"), args![]))
            .unwrap();
        let stored: Vec<(Vec<u8>, Vec<u8>)> = bench
            .db
            .read_blocking(|tx| {
                tx.all(sql!("SELECT endpoint_enc, keys_enc FROM push_device ORDER BY id"), args![])
            })
            .unwrap();
        assert!(stored.iter().all(|(endpoint, keys)| {
            !endpoint.windows(6).any(|part| part == b"s3cret")
                && !keys.windows(16).any(|part| part == phone.auth)
        }));

        happens(&bench, 300, 100);
        deliver(&bench, &house.to());
        for _ in 0..2 {
            let seen = seen.recv().unwrap();
            house.signed(&seen, origin, noon().0);
            assert_eq!(seen.header("content-encoding"), "aes128gcm");
            assert_eq!(seen.header("urgency"), "high", "it would begin in five hours");
            assert_eq!(seen.header("ttl"), (300 * 60).to_string(), "of no use once it would have begun");
            assert!((1..=32).contains(&seen.header("topic").len()));
            let said = if seen.path.ends_with("s3cret") { &phone } else { &tablet }.open(&seen.raw);
            assert_eq!(said["title"], "A session was cancelled or changed");
            assert_eq!((&said["href"], &said["lang"]), (&"/activities".into(), &"en".into()));
            let all = said.to_string();
            assert!(!all.contains("清洁家园") && !all.contains("下雨") && !all.contains("人100"), "{all}");
        }
        let lines = record(&bench);
        assert_eq!(lines.len(), 2);
        assert!(
            lines.iter().all(|line| line.state == DeliveryState::Sent && line.masked == "Android · Chrome")
        );
        assert!(devices(&bench, 100).iter().all(|one| one.sent_at == noon() && one.state == PushState::On));

        // A test; removed, nothing comes any more.
        bench.db.write_blocking(move |tx| commands::test(tx, &volunteer(100), id)).unwrap();
        assert_eq!(
            bench.db.write_blocking(move |tx| commands::test(tx, &volunteer(101), id)).unwrap_err().code(),
            "common.not_found"
        );
        deliver(&bench, &house.to());
        assert_eq!(phone.open(&seen.recv().unwrap().raw)["title"], "Notifications work");
        for one in devices(&bench, 100) {
            let other = bench.db.write_blocking(move |tx| commands::remove(tx, &volunteer(101), one.id));
            assert_eq!(other.unwrap_err().code(), "common.not_found");
            bench.db.write_blocking(move |tx| commands::remove(tx, &volunteer(100), one.id)).unwrap();
        }
        happens(&bench, 600, 100);
        deliver(&bench, &house.to());
        assert_eq!(record(&bench).len(), 3);
    }
}

#[test]
fn a_busy_service_is_asked_again_when_it_said() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock) {
        clock.set(noon());
        let house = House::new(&bench);
        let slow = Reply { status: 429, head: "retry-after: 1800\r\n", text: "" };
        let (url, seen) = replies(vec![slow, Reply { status: 503, head: "", text: "" }, ok()]);
        house.on(&bench, 100, &url, &Phone::new(1), b"one").unwrap();
        happens(&bench, 60 * 30, 100);
        deliver(&bench, &house.to());
        let first = seen.recv().unwrap();
        let line = record(&bench).remove(0);
        assert_eq!((line.state, line.last_error.as_str()), (DeliveryState::Failed, "status 429"));
        clock.advance(29 * 60_000);
        deliver(&bench, &house.to());
        assert_eq!(record(&bench)[0].attempts, 1, "not before the half hour is over");
        clock.advance(2 * 60_000);
        deliver(&bench, &house.to());
        assert_eq!(record(&bench)[0].last_error, "status 503");
        clock.advance(5 * 60_000);
        deliver(&bench, &house.to());
        assert_eq!((record(&bench)[0].state, record(&bench)[0].attempts), (DeliveryState::Sent, 3));
        let (_, last) = (seen.recv().unwrap(), seen.recv().unwrap());
        assert_eq!(first.header("topic"), last.header("topic"), "the same one again");
        assert_ne!(first.raw, last.raw, "sealed anew");
    }
}

#[test]
fn a_device_that_is_gone_is_noted_and_left_alone() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock) {
        clock.set(noon());
        let house = House::new(&bench);
        let (url, seen) = replies(vec![Reply { status: 410, head: "", text: "gone" }, ok()]);
        house.on(&bench, 100, &url, &Phone::new(1), b"one").unwrap();
        happens(&bench, 300, 100);
        deliver(&bench, &house.to());
        seen.recv().unwrap();
        let line = record(&bench).remove(0);
        assert_eq!((line.state, line.last_error.as_str()), (DeliveryState::GivenUp, "status 410"));
        let device = devices(&bench, 100).remove(0);
        assert_eq!((device.state, device.ended_at), (PushState::Gone, noon()));
        let kept: Vec<(Vec<u8>, Vec<u8>)> = bench
            .db
            .read_blocking(|tx| {
                tx.all(sql!("SELECT endpoint_enc, keys_enc FROM push_device ORDER BY id"), args![])
            })
            .unwrap();
        assert_eq!(kept, [(Vec::new(), Vec::new())], "nothing secret stays");
        let id = device.id;
        assert_eq!(
            bench.db.write_blocking(move |tx| commands::test(tx, &volunteer(100), id)).unwrap_err().code(),
            "push.not_on"
        );
        happens(&bench, 500, 100);
        deliver(&bench, &house.to());
        assert_eq!(record(&bench).len(), 1, "nothing is queued for it");
        // The browser subscribes anew: on again.
        house.on(&bench, 100, &url, &Phone::new(2), b"one").unwrap();
        happens(&bench, 700, 100);
        deliver(&bench, &house.to());
        Phone::new(2).open(&seen.recv().unwrap().raw);
        // Out of reach for a month: forgotten.
        bench
            .db
            .write_blocking(|tx| {
                tx.exec(sql!("UPDATE push_device SET state = 'gone', ended_at = created_at"), args![])
            })
            .unwrap();
        clock.advance(31 * 86_400_000);
        bench.db.write_blocking(outbound::purge).unwrap();
        assert!(devices(&bench, 100).is_empty());
    }
}

#[test]
fn only_good_subscriptions_are_taken() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock) {
        clock.set(noon());
        let house = House::new(&bench);
        let phone = Phone::new(1);
        let refused = |house: &House, endpoint: &str| {
            house.on(&bench, 100, endpoint, &phone, b"one").unwrap_err().code().to_owned()
        };
        for bad in [
            "http://10.0.0.1/x",
            "https://169.254.169.254/latest",
            "https://localhost/x",
            "https://push.example.net/x",
            "http://push.example.net/x",
            "nonsense",
        ] {
            assert_eq!(refused(&house, bad), "push.service", "{bad}");
        }
        let old =
            House { key: "BOLD".to_owned(), hosts: house.hosts.clone(), vault: Arc::clone(&house.vault) };
        assert_eq!(refused(&old, "http://127.0.0.1:9/x"), "push.stale");
        let none = House { hosts: Vec::new(), key: house.key.clone(), vault: Arc::clone(&house.vault) };
        assert_eq!(refused(&none, "http://127.0.0.1:9/x"), "push.off");
        let (vault, hosts, key) = (Arc::clone(&house.vault), house.hosts.clone(), house.key.clone());
        let bad = bench.db.write_blocking(move |tx| {
            let with = Subscribe {
                endpoint: "http://127.0.0.1:9/x",
                p256dh: "AA",
                auth: "AA",
                key: &key,
                label: "",
            };
            commands::subscribe(tx, &vault, &hosts, &volunteer(100), None, &with)
        });
        assert_eq!(bad.unwrap_err().code(), "push.keys");
        let names: [&'static [u8]; 11] = [b"0", b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"8", b"9", b"10"];
        for (at, session) in names.into_iter().enumerate() {
            let taken = house.on(&bench, 100, &format!("http://127.0.0.1:9/{at}"), &phone, session);
            assert_eq!(taken.is_ok(), at < 10, "{at}");
        }
        assert_eq!(devices(&bench, 100).len(), 10);
        // The same browser again, with another address: the first is of the past.
        house.on(&bench, 100, "http://127.0.0.1:9/new", &phone, b"3").unwrap();
        assert_eq!(devices(&bench, 100).len(), 10);
    }
}

#[test]
fn wishes_and_quiet_hours_hold() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock) {
        clock.set(noon());
        let house = House::new(&bench);
        let (url, seen) = replies(vec![ok()]);
        for (id, path, session) in [(100, "a", b"1".as_slice()), (101, "b", b"2".as_slice())] {
            house.on(&bench, id, &format!("{url}/{path}"), &Phone::new(1), session).unwrap();
        }
        let wish = Wish { push: vec![Category::Records], ..Wish::default() };
        bench.db.write_blocking(move |tx| wish_put(tx, AccountId(1101), &wish)).unwrap();
        clock.advance(10 * 3_600_000);
        happens(&bench, 60 * 46, 100);
        happens(&bench, 60 * 49, 101);
        deliver(&bench, &house.to());
        assert!(seen.try_recv().is_err(), "it is night");
        assert_eq!(record(&bench).len(), 1, "one of them does not wish it");
        clock.advance(10 * 3_600_000 + 60_000);
        deliver(&bench, &house.to());
        assert_eq!(seen.recv().unwrap().header("urgency"), "normal");
        assert_eq!(record(&bench)[0].state, DeliveryState::Sent);
    }
}

#[test]
fn whoever_signs_out_is_not_notified_any_more() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock) {
        clock.set(noon());
        let house = House::new(&bench);
        let phone = Phone::new(1);
        let on = |id: i64, path: &str, session: &'static [u8]| {
            house.on(&bench, id, &format!("http://127.0.0.1:9/{path}"), &phone, session).unwrap()
        };
        let left = |id: i64| devices(&bench, id).len();
        let say = |event: SignedOut| bench.db.write_blocking(move |tx| tx.publish(&event)).unwrap();
        for (path, session) in [("a", b"1".as_slice()), ("b", b"2".as_slice()), ("c", b"3".as_slice())] {
            on(100, path, session);
        }
        on(101, "d", b"4");
        bench.db.write_blocking(|tx| people::account::store::session_forget(tx, b"1")).unwrap();
        assert_eq!((left(100), left(101)), (2, 1));
        // Signed in anew on the same device: it goes on; as somebody else: it does not.
        say(SignedOut::Again { old: b"2".to_vec(), new: b"20".to_vec(), account: AccountId(1100) });
        say(SignedOut::Session(b"2".to_vec()));
        assert_eq!(left(100), 2);
        say(SignedOut::Again { old: b"4".to_vec(), new: b"40".to_vec(), account: AccountId(1100) });
        say(SignedOut::Session(b"4".to_vec()));
        assert_eq!((left(100), left(101)), (2, 0));
        // Everywhere else.
        bench
            .db
            .write_blocking(|tx| people::account::store::session_end_others(tx, AccountId(1100), b"20"))
            .unwrap();
        assert_eq!(left(100), 1);
        bench
            .db
            .write_blocking(|tx| people::account::store::session_end_others(tx, AccountId(1100), b""))
            .unwrap();
        assert_eq!(left(100), 0);
        on(102, "e", b"5");
        say(SignedOut::Person(PersonId(102)));
        assert_eq!(left(102), 0);
        // A device that changes hands: what was meant for the first is not shown to the second.
        on(103, "f", b"6");
        happens(&bench, 60 * 30, 103);
        deliver_due(&bench.db, &Outbound { push: Vec::new(), ..house.to() }).unwrap();
        assert!(record(&bench).is_empty(), "switched off");
        happens(&bench, 60 * 35, 103);
        let late = Outbound { push: vec!["push.example.net".into()], ..house.to() };
        on(104, "f", b"7");
        assert_eq!((left(103), left(104)), (0, 1));
        deliver(&bench, &late);
        assert!(record(&bench).is_empty());
        // A list that changed: not sent there any more.
        happens(&bench, 60 * 40, 104);
        deliver(&bench, &late);
        let line = record(&bench).remove(0);
        assert_eq!(line.state, DeliveryState::GivenUp);
        assert!(line.last_error.contains("not allowed"), "{}", line.last_error);
    }
}

#[test]
fn another_key_asks_every_device_anew() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock) {
        clock.set(noon());
        let mut house = House::new(&bench);
        house.on(&bench, 100, "http://127.0.0.1:9/x", &Phone::new(1), b"1").unwrap();
        let vault = Arc::clone(&house.vault);
        assert_eq!(
            bench
                .db
                .write_blocking(move |tx| key_exchange(tx, &vault, &kernel::Actor::system("test")))
                .unwrap(),
            1
        );
        assert_eq!(devices(&bench, 100)[0].state, PushState::Rekeyed);
        let again = house.on(&bench, 100, "http://127.0.0.1:9/x", &Phone::new(1), b"1");
        assert_eq!(again.unwrap_err().code(), "push.stale");
        let hosts = house.hosts.clone();
        house.key = bench.db.read_blocking(move |tx| commands::public_key(tx, &hosts)).unwrap().unwrap();
        let (url, seen) = replies(vec![ok()]);
        house.on(&bench, 100, &url, &Phone::new(1), b"1").unwrap();
        happens(&bench, 300, 100);
        deliver(&bench, &house.to());
        house.signed(&seen.recv().unwrap(), url.strip_suffix("/hook").unwrap(), noon().0);
    }
}
