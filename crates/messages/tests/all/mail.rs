//! Mail on both databases, against a mail server in this process that also refuses and hangs up.

use std::sync::Arc;
use std::time::Duration;

use crate::city::{self, benches, city, noon, plan, volunteer};
use crate::receiver::{Mood, mail_server, vault};
use db::testing::Bench;
use db::{args, sql};
use kernel::{AccountId, Actor, Error, ManualClock};
use messages::delivery::DeliveryState;
use messages::delivery::mail::{MailServer, Security};
use messages::delivery::route::{self, Ways};
use messages::delivery::store::{Filter, Line, list};
use messages::setting::rules::{Category, Wish};
use messages::setting::{commands, store};
use messages::{Outbound, deliver_due};
use vault::Vault;

const ADDRESS: &str = "secret.name@example.com";

fn to(port: u16, vault: &Arc<Vault>) -> Outbound {
    Outbound {
        timeout: Duration::from_secs(2),
        vault: Some(Arc::clone(vault)),
        mail: Some(MailServer {
            host: "127.0.0.1".into(),
            port,
            security: Security::Plain,
            from: "邻里 <no-reply@linli.test>".into(),
            timeout: Duration::from_secs(2),
            ..MailServer::default()
        }),
        base_url: "https://linli.test".into(),
        city: ("澄湖市".into(), "Chenghu".into()),
        ..Outbound::default()
    }
}

fn record(bench: &Bench) -> Vec<Line> {
    bench.db.read_blocking(|tx| list(tx, &Filter::default(), 100)).unwrap()
}

fn states(bench: &Bench) -> Vec<DeliveryState> {
    record(bench).into_iter().map(|line| line.state).collect()
}

fn change(bench: &Bench, vault: &Arc<Vault>, actor: Actor, address: &'static str) -> Result<(), Error> {
    let vault = Arc::clone(vault);
    bench.db.write_blocking(move |tx| commands::mail_change(tx, &vault, &actor, address).map(|_| ()))
}

fn confirm(bench: &Bench, vault: &Arc<Vault>, token: &str) -> Result<(), Error> {
    let (vault, token) = (Arc::clone(vault), token.to_owned());
    bench.db.write_blocking(move |tx| commands::confirm(tx, &vault, &token))
}

fn wish(bench: &Bench, account: i64, wish: Wish) {
    bench.db.write_blocking(move |tx| store::wish_put(tx, AccountId(account), &wish)).unwrap();
}

/// The text of a mail, whatever its transfer encoding.
fn text(mail: &str) -> String {
    use base64::Engine as _;
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    let head = head.to_lowercase();
    if head.contains("transfer-encoding: base64") {
        let packed: String = body.split_whitespace().collect();
        return String::from_utf8(base64::engine::general_purpose::STANDARD.decode(packed).unwrap()).unwrap();
    }
    if !head.contains("quoted-printable") {
        return body.to_owned();
    }
    let (mut out, soft) = (Vec::new(), body.replace("=\r\n", ""));
    let mut bytes = soft.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'=' {
            let pair = [bytes.next().unwrap(), bytes.next().unwrap()];
            out.push(u8::from_str_radix(std::str::from_utf8(&pair).unwrap(), 16).unwrap());
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).unwrap()
}

fn token(mail: &str) -> String {
    let text = text(mail);
    let at = text.find("https://linli.test/mail/").unwrap();
    text[at + 24..].split_whitespace().next().unwrap().to_owned()
}

#[test]
fn nothing_is_sent_before_the_link_was_opened() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock) {
        clock.set(noon());
        city(&bench.db);
        let vault = vault();
        let (port, mails) = mail_server(vec![Mood::Takes; 4]);
        let to = to(port, &vault);
        assert_eq!(
            change(&bench, &vault, volunteer(100), "not an address").unwrap_err().code(),
            "setting.mail_wrong"
        );
        change(&bench, &vault, volunteer(100), "old@example.com").unwrap();
        change(&bench, &vault, volunteer(100), ADDRESS).unwrap();
        // A session is cancelled meanwhile: in the inbox, not by mail.
        let session = plan(&bench.db, noon().plus_minutes(300), &[100]);
        city::cancel(&bench.db, session);
        for _ in 0..4 {
            deliver_due(&bench.db, &to).unwrap();
        }
        let mail = mails.recv().unwrap();
        assert!(mail.contains(ADDRESS) && mail.contains("Message-ID: <"), "{mail}");
        assert!(mails.try_recv().is_err(), "the link of the first address has nowhere to go");
        assert_eq!(states(&bench), [DeliveryState::Sent, DeliveryState::GivenUp]);
        assert!(record(&bench).iter().all(|line| line.topic == "mail_confirm"));
        let token = token(&mail);
        let forged = format!("{}A", &token[..token.len() - 1]);
        if forged != token {
            assert_eq!(confirm(&bench, &vault, &forged).unwrap_err().code(), "setting.link_over");
        }
        clock.advance(4 * 86_400_000);
        assert_eq!(confirm(&bench, &vault, &token).unwrap_err().code(), "setting.link_over");
        clock.set(noon().plus_minutes(60));
        confirm(&bench, &vault, &token).unwrap();
        confirm(&bench, &vault, &token).unwrap();
        // From now on mail comes, urgent or not, and the record shows no address.
        let session = plan(&bench.db, noon().plus_minutes(400), &[100]);
        city::cancel(&bench.db, session);
        for _ in 0..3 {
            deliver_due(&bench.db, &to).unwrap();
        }
        let mail = text(&mails.recv().unwrap());
        assert!(mail.contains("下雨") && mail.contains("https://linli.test/settings/messages"), "{mail}");
        let line = record(&bench).remove(0);
        assert_eq!((line.state, line.masked.as_str()), (DeliveryState::Sent, "s***@example.com"));
        // Removed: the old link confirms nothing, nothing is sent.
        bench.db.write_blocking(|tx| store::mail_remove(tx, AccountId(1100))).unwrap();
        assert_eq!(confirm(&bench, &vault, &token).unwrap_err().code(), "setting.link_over");
        let session = plan(&bench.db, noon().plus_minutes(700), &[100]);
        city::cancel(&bench.db, session);
        deliver_due(&bench.db, &to).unwrap();
        assert_eq!(record(&bench).len(), 3);
    }
}

/// Somebody with a confirmed address.
fn confirmed(bench: &Bench, vault: &Arc<Vault>, id: i64) {
    let enc = vault.fields.encrypt(commands::MAIL_FIELD, ADDRESS.as_bytes());
    bench
        .db
        .write_blocking(move |tx| {
            let version = store::mail_put(tx, AccountId(1000 + id), &enc, "s***@example.com")?;
            store::mail_confirm(tx, AccountId(1000 + id), version)
        })
        .unwrap();
}

#[test]
fn a_mail_server_that_refuses_or_hangs_up_is_tried_again_or_not() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock) {
        clock.set(noon());
        city(&bench.db);
        let vault = vault();
        confirmed(&bench, &vault, 100);
        let (port, mails) = mail_server(vec![Mood::HangsUp, Mood::NotNow, Mood::Takes, Mood::NoSuchUser]);
        let to = to(port, &vault);
        let session = plan(&bench.db, noon().plus_minutes(300), &[100]);
        city::cancel(&bench.db, session);
        for (error, state) in [
            ("connection", DeliveryState::Failed),
            ("not now 451", DeliveryState::Failed),
            ("", DeliveryState::Sent),
        ] {
            deliver_due(&bench.db, &to).unwrap();
            let line = record(&bench).remove(0);
            assert_eq!((line.state, line.last_error.as_str()), (state, error));
            clock.advance(600_000);
        }
        assert!(text(&mails.recv().unwrap()).contains("下雨"));
        let session = plan(&bench.db, noon().plus_minutes(400), &[100]);
        city::cancel(&bench.db, session);
        deliver_due(&bench.db, &to).unwrap();
        let line = record(&bench).remove(0);
        // What the server said holds the address: only its code is kept.
        assert_eq!((line.state, line.last_error.as_str()), (DeliveryState::GivenUp, "refused 550"));
    }
}

#[test]
fn wishes_quiet_hours_and_the_digest_hold() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock) {
        clock.set(noon());
        city(&bench.db);
        let vault = vault();
        for id in [100, 101, 102] {
            confirmed(&bench, &vault, id);
        }
        wish(&bench, 1101, Wish { mail: vec![Category::Records], ..Wish::default() });
        wish(&bench, 1102, Wish { digest: true, ..Wish::default() });
        let (port, mails) = mail_server(vec![Mood::Takes; 4]);
        let to = to(port, &vault);
        // Two sessions of the day after tomorrow are cancelled at ten in the evening.
        clock.advance(10 * 3_600_000);
        for minutes in [60 * 46, 60 * 49] {
            let session = plan(&bench.db, noon().plus_minutes(minutes), &[100, 101, 102]);
            city::cancel(&bench.db, session);
        }
        for _ in 0..3 {
            deliver_due(&bench.db, &to).unwrap();
        }
        assert!(mails.try_recv().is_err(), "it is night");
        assert_eq!(
            states(&bench),
            [DeliveryState::Queued; 3],
            "two for 100, one digest for 102, none for 101"
        );
        clock.advance(10 * 3_600_000 + 60_000);
        for _ in 0..3 {
            deliver_due(&bench.db, &to).unwrap();
        }
        for _ in 0..2 {
            assert!(text(&mails.recv().unwrap()).contains("下雨"));
        }
        assert!(mails.try_recv().is_err(), "the digest comes at six");
        clock.advance(10 * 3_600_000);
        for _ in 0..3 {
            deliver_due(&bench.db, &to).unwrap();
        }
        let digest = text(&mails.recv().unwrap());
        assert_eq!(digest.matches("下雨").count(), 2, "{digest}");
        assert_eq!(states(&bench), [DeliveryState::Sent; 3]);
        // What is said too late is not said at all: quiet until after the start, which is no urgent change.
        let rows: Vec<(i64,)> = bench
            .db
            .read_blocking(|tx| tx.all(sql!("SELECT count(*) FROM message WHERE routed = FALSE"), args![]))
            .unwrap();
        assert_eq!(rows[0].0, 0);
    }
}

#[test]
fn two_programs_send_each_mail_once() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock) {
        clock.set(noon());
        city(&bench.db);
        let vault = vault();
        let people: Vec<i64> = (100..110).collect();
        for id in &people {
            confirmed(&bench, &vault, *id);
        }
        let (port, mails) = mail_server(vec![Mood::Takes; 20]);
        let to = to(port, &vault);
        let session = plan(&bench.db, noon().plus_minutes(300), &people);
        city::cancel(&bench.db, session);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| while deliver_due(&bench.db, &to).unwrap() > 0 {});
            }
        });
        for _ in &people {
            mails.recv().unwrap();
        }
        assert!(mails.try_recv().is_err());
        assert_eq!(states(&bench), [DeliveryState::Sent; 10]);
        assert!(record(&bench).iter().all(|line| line.attempts == 1));
    }
}

/// How many rows there are of what is kept about account 1100 and person 100: messages, addresses, wishes, calendars.
fn kept(bench: &Bench) -> (i64, i64, i64, i64) {
    bench
        .db
        .read_blocking(|tx| {
            tx.one(
                sql!(
                    "SELECT (SELECT count(*) FROM message WHERE person_id = $1 OR account_id = $2),
                        (SELECT count(*) FROM mail_address WHERE account_id = $2),
                        (SELECT count(*) FROM message_setting WHERE account_id = $2),
                        (SELECT count(*) FROM calendar_link WHERE person_id = $1)"
                ),
                args![100_i64, 1100_i64],
            )
        })
        .unwrap()
}

#[test]
fn whoever_ends_the_registration_takes_messages_and_addresses_along() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock) {
        clock.set(noon());
        city(&bench.db);
        let vault = vault();
        for id in [100, 101] {
            confirmed(&bench, &vault, id);
            wish(&bench, 1000 + id, Wish::default());
        }
        bench
            .db
            .write_blocking(|tx| {
                let now = tx.now();
                tx.exec_one(
                    sql!("INSERT INTO calendar_link (person_id, version, active, changed_at) VALUES (100, 1, TRUE, $1)"),
                    args![now],
                )
            })
            .unwrap();
        let session = plan(&bench.db, noon().plus_minutes(60 * 48), &[100, 101]);
        city::cancel(&bench.db, session);
        let (port, mails) = mail_server(vec![Mood::Takes; 4]);
        // Routed, and not sent yet: the end comes between.
        route::round(&bench.db, Ways { mail: true, hook: false, push: false, demo: false }, true, false)
            .unwrap();
        assert_eq!(kept(&bench), (1, 1, 1, 1));
        bench.db.write_blocking(|tx| people::person::close_own(tx, &volunteer(100))).unwrap();
        assert_eq!(kept(&bench), (0, 0, 0, 0));
        for _ in 0..3 {
            deliver_due(&bench.db, &to(port, &vault)).unwrap();
        }
        let sent = mails.try_recv().unwrap();
        assert!(mails.try_recv().is_err(), "only the other one is written to");
        assert!(!text(&sent).contains("人100"), "{}", text(&sent));
        let line = record(&bench).into_iter().find(|line| line.state == DeliveryState::Lapsed).unwrap();
        assert_eq!(line.masked, "");
        let names: Vec<(String,)> = bench
            .db
            .read_blocking(|tx| {
                tx.all(sql!("SELECT name FROM account WHERE id IN (1100, 1101) ORDER BY id"), &[])
            })
            .unwrap();
        assert_eq!(names, [("人***".to_owned(),), ("账号1101".to_owned(),)]);
    }
}
