//! Linli beside the peer that `scripts/peer-ephios.sh` has installed, filled and started: the same machine, the same
//! PostgreSQL, one after the other in the same run.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use db::{ReadTx, args, sql};
use kernel::Error;
use loadgen::{Answer, Cycle, Figure, Plan, Source, Table};

use super::{Asked, Bench};
use crate::Failure;

/// People who want a place.
const PEOPLE: usize = 40;
/// Places there are.
const PLACES: i64 = 5;
/// Upcoming events.
const EVENTS: i64 = 100;

/// What the script says of the peer.
#[derive(serde::Deserialize)]
struct Peer {
    name: String,
    addr: SocketAddr,
    list: String,
    rows: u64,
    race: String,
    people: Vec<Login>,
    count: Vec<String>,
}

#[derive(serde::Deserialize)]
struct Login {
    cookie: String,
    csrf: String,
}

/// Measures both.
///
/// # Errors
/// When one of them does not answer.
pub fn measure(
    table: &mut Table,
    folder: &Path,
    file: &Path,
    url: &str,
    asked: &Asked,
) -> Result<(), Failure> {
    let peer: Peer = serde_json::from_slice(&std::fs::read(file)?)?;
    let seconds = Duration::from_secs(asked.seconds);
    let https = [("X-Forwarded-Proto", "https"), ("Referer", "https://127.0.0.1/")];

    let lists = peer
        .people
        .iter()
        .map(|one| loadgen::build_request("GET", &peer.list, "127.0.0.1", Some(&one.cookie), &https, b""))
        .collect();
    // As many connections as it has threads: more would only wait.
    let plan = Plan {
        timeout: Duration::from_secs(60),
        grace: Duration::from_secs(60),
        ..Plan::closed(peer.addr, 16, seconds * 3).warm_up(Duration::from_secs(6))
    };
    let theirs = loadgen::run(&plan, &mut Cycle::new(lists))?;
    if theirs.statuses.keys().any(|status| *status != 200) || theirs.errors.total() > 0 {
        return Err(format!("{}: {:?}, errors {:?}", peer.name, theirs.statuses, theirs.errors).into());
    }
    let wishes = peer
        .people
        .iter()
        .map(|one| {
            let body = loadgen::form_body(&[("quick_action", "1"), ("signup_choice", "sign_up")]);
            let kind = ("Content-Type", "application/x-www-form-urlencoded");
            let headers = [https[0], https[1], ("X-CSRFToken", one.csrf.as_str()), kind];
            loadgen::build_request("POST", &peer.race, "127.0.0.1", Some(&one.cookie), &headers, &body)
        })
        .collect();
    let raced = race(peer.addr, wishes)?;
    let (program, words) = peer.count.split_first().ok_or("the peer does not say how to count")?;
    let counted = std::process::Command::new(program).args(words).output()?;
    let counted = String::from_utf8_lossy(&counted.stdout).trim().to_owned();

    let bench = Bench::start_with(folder, Some(url), "peer", 1_000, EVENTS)?;
    let lists = bench
        .city
        .people
        .iter()
        .map(|one| loadgen::build_get("/activities", "127.0.0.1", Some(&one.cookie)))
        .collect();
    let plan = Plan::closed(bench.addr(), 64, seconds).warm_up(Duration::from_secs(2));
    let ours = loadgen::run(&plan, &mut Cycle::new(lists))?;
    if ours.statuses.keys().any(|status| *status != 200) || ours.errors.total() > 0 {
        return Err(format!("list page: {:?}, errors {:?}", ours.statuses, ours.errors).into());
    }
    let session = *bench.city.sessions.first().ok_or("a city without sessions")?;
    bench.app.db.write_blocking(move |tx| {
        tx.exec_one(sql!("UPDATE session SET quota = $2 WHERE id = $1"), args![session, PLACES])?;
        Ok::<_, Error>(())
    })?;
    let wishes = bench
        .city
        .people
        .iter()
        .take(PEOPLE)
        .map(|one| {
            let path = format!("/sessions/{session}/sign-up");
            loadgen::build_post_form(&path, "127.0.0.1", Some(&one.cookie), &[("_csrf", &one.csrf)])
        })
        .collect();
    let own_race = race(bench.addr(), wishes)?;
    let (held,): (i64,) = bench.app.db.read_blocking(move |tx: &mut ReadTx<'_>| {
        Ok::<_, Error>(tx.one(
            sql!("SELECT count(*) FROM sign_up WHERE session_id = $1 AND state = 'booked'"),
            args![session],
        )?)
    })?;

    table.push(
        Figure::new("peer_list_ratio", ours.per_second / theirs.per_second, "×").at_least(100.0).note(format!(
            "{:.0} pages/s (64 connections, first page of {EVENTS} events, PostgreSQL) over {:.2} pages/s of {} \
             (16 connections, {} events on one page); {:.0} and {:.0} kB a page as sent",
            ours.per_second,
            theirs.per_second,
            peer.name,
            peer.rows,
            kb(ours.bytes, ours.requests),
            kb(theirs.bytes, theirs.requests),
        )),
    );
    #[expect(clippy::cast_precision_loss, reason = "a small number for people")]
    let value = held as f64;
    #[expect(clippy::cast_precision_loss, reason = "a small number for people")]
    let limit = PLACES as f64;
    let figure = Figure::new("peer_race", value, "places").at_most(limit).at_least(limit);
    table.push(figure.note(format!(
        "exactly {PLACES} of {PEOPLE} at once, answers {own_race:?}; {}: {counted} places, answers {raced:?}",
        peer.name
    )));
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a size for people")]
fn kb(bytes: u64, of: u64) -> f64 {
    bytes as f64 / of.max(1) as f64 / 1000.0
}

/// Everybody at once, each once.
fn race(addr: SocketAddr, wishes: Vec<Vec<u8>>) -> Result<std::collections::BTreeMap<u16, u64>, Failure> {
    struct Once(std::vec::IntoIter<Vec<u8>>);
    impl Source for Once {
        fn next(&mut self, _: usize, out: &mut Vec<u8>) -> bool {
            self.0.next().is_some_and(|one| {
                out.extend_from_slice(&one);
                true
            })
        }
        fn done(&mut self, _: usize, _: &Answer<'_>) {}
    }
    let plan = Plan {
        timeout: Duration::from_secs(60),
        grace: Duration::from_secs(60),
        ..Plan::closed(addr, wishes.len(), Duration::from_secs(60)).warm_up(Duration::ZERO)
    };
    let outcome = loadgen::run(&plan, &mut Once(wishes.into_iter()))?;
    if outcome.errors.total() > 0 {
        return Err(format!("the race broke off: {:?}", outcome.errors).into());
    }
    Ok(outcome.statuses)
}
