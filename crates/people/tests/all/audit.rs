//! The audit log on both databases.

use std::sync::Arc;

use db::testing::Bench;
use db::{Bus, Migration};
use kernel::{AccountId, Actor, Clock, Error, ManualClock, Timestamp};
use people::audit::{self, Filter};

#[test]
fn lines_are_kept_with_their_act_and_found_again() {
    let clock = Arc::new(ManualClock::new(Timestamp(1_790_000_000_000)));
    let shared: Arc<dyn Clock> = clock.clone();
    let migrations: Vec<Migration> =
        db::migrate::MIGRATIONS.iter().chain(people::MIGRATIONS).copied().collect();
    for bench in Bench::all(&migrations, &shared, Bus::default).unwrap() {
        let db = &bench.db;
        for n in 0..45_i64 {
            clock.advance(1000);
            db.write_blocking(move |tx| {
                let actor = Actor {
                    account: Some(AccountId(n % 3)),
                    name: format!("人{}", n % 3),
                    from: "10.0.0.1".to_owned(),
                    ..Actor::default()
                };
                if n % 9 == 0 {
                    audit::note_failed(tx, &actor, "sign_in.failed", "account", n, "x")?;
                } else {
                    audit::note(tx, &actor, "person.reveal", "person", n, "x")?;
                }
                Ok::<_, Error>(())
            })
            .unwrap();
        }
        // What is refused leaves no line.
        let refused = db.write_blocking(|tx| {
            audit::note(tx, &Actor::system("t"), "person.edit", "person", 1, "")?;
            Err::<(), Error>((&kernel::error::common::FORBIDDEN).into())
        });
        assert!(refused.is_err());
        let find = |filter: Filter, limit| {
            db.read_blocking(move |tx| Ok::<_, Error>(audit::list(tx, &filter, limit)?)).unwrap()
        };
        let all = find(Filter::default(), 100);
        assert_eq!(all.len(), 45);
        assert!(all.windows(2).all(|pair| pair[0].id > pair[1].id), "newest first");
        let first = find(Filter::default(), 20);
        let next = find(Filter { after: first.last().map(|line| line.id), ..Filter::default() }, 100);
        assert_eq!(first.len() + next.len(), 45);
        assert_eq!(find(Filter { failed: true, ..Filter::default() }, 100).len(), 5);
        assert_eq!(find(Filter { act: "sign_in.failed".to_owned(), ..Filter::default() }, 100).len(), 5);
        assert_eq!(find(Filter { account: Some(AccountId(1)), ..Filter::default() }, 100).len(), 15);
        assert_eq!(find(Filter { actor: "人2".to_owned(), ..Filter::default() }, 100).len(), 15);
        let one = Filter { object_kind: "person".to_owned(), object_id: Some(7), ..Filter::default() };
        assert_eq!(find(one, 100).len(), 1);
        let middle = all[20].at;
        let since = find(Filter { from: Some(middle), ..Filter::default() }, 100).len();
        let before = find(Filter { to: Some(middle), ..Filter::default() }, 100).len();
        assert_eq!((since, before), (21, 24));
        assert_eq!(audit::act_name("role.grant", kernel::Lang::En), "Role given");
        assert_eq!(audit::act_name("new.thing", kernel::Lang::Zh), "new.thing");
    }
}

#[test]
fn no_statement_changes_or_removes_a_line() {
    let writes = db::all_statements()
        .map(|sql| sql.pg.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase())
        .filter(|text| text.contains("update audit ") || text.contains("delete from audit"))
        .count();
    assert_eq!(writes, 0);
}

fn chain() -> vault::AuditChain {
    vault::AuditChain::new(&vault::KeyRing::ephemeral([3; 32]))
}

#[test]
fn every_way_to_tamper_is_found_at_the_first_broken_entry() {
    use people::audit::chain::Flaw;
    let clock = Arc::new(ManualClock::new(Timestamp(1_790_000_000_000)));
    let shared: Arc<dyn Clock> = clock.clone();
    let migrations: Vec<Migration> =
        db::migrate::MIGRATIONS.iter().chain(people::MIGRATIONS).copied().collect();
    for bench in Bench::all(&migrations, &shared, Bus::default).unwrap() {
        let db = &bench.db;
        let note = |n: i64| {
            db.write_blocking(move |tx| {
                let actor =
                    Actor { account: Some(AccountId(n)), name: "王敏".to_owned(), ..Actor::default() };
                audit::note(tx, &actor, "person.reveal", "person", n, "x")
            })
            .unwrap();
        };
        let raw = |text: String| {
            let text: &'static str = Box::leak(text.into_boxed_str());
            db.write_blocking(move |tx| tx.exec_query(&db::Query::new(text))).unwrap()
        };
        let found = || {
            let verdict = audit::verify(db, &chain()).unwrap();
            verdict.broken.map(|broken| (broken.seq, broken.flaw))
        };
        assert_eq!(found(), None, "an empty log is whole");
        for n in 0..30 {
            clock.advance(60_000);
            note(n);
        }
        assert_eq!(audit::seal(db, &chain()).unwrap(), 30);
        assert_eq!(audit::seal(db, &chain()).unwrap(), 0);
        let verdict = audit::verify(db, &chain()).unwrap();
        assert_eq!((verdict.checked, verdict.waiting, verdict.broken), (30, 0, None));
        let ids: Vec<i64> = db
            .read_blocking(|tx| Ok::<_, Error>(audit::list(tx, &Filter::default(), 100)?))
            .unwrap()
            .iter()
            .rev()
            .map(|line| line.id.0)
            .collect();
        let (id, seq) = (ids[9], 10);
        for column in [
            "detail = 'y'",
            "object_id = 77",
            "ok = FALSE",
            "at = at + 1",
            "account_id = NULL",
            "actor = '别人'",
        ] {
            let name = column.split(' ').next().unwrap();
            raw(format!("CREATE TABLE kept AS SELECT {name} AS v FROM audit WHERE id = {id}"));
            raw(format!("UPDATE audit SET {column} WHERE id = {id}"));
            assert_eq!(found(), Some((seq, Flaw::Changed)), "{column}");
            raw(format!("UPDATE audit SET {name} = (SELECT v FROM kept) WHERE id = {id}"));
            raw("DROP TABLE kept".to_owned());
            assert_eq!(found(), None, "{column} is back");
        }
        raw(format!("UPDATE audit SET id = id + 1 WHERE id = {id}"));
        assert_eq!(found(), Some((seq, Flaw::LineGone)));
        raw(format!("UPDATE audit SET id = {id} WHERE id = {}", id + 1));
        raw("UPDATE audit_link SET seq = 1000 WHERE seq = 10".to_owned());
        assert_eq!(found(), Some((seq, Flaw::LinkGone)));
        raw("UPDATE audit_link SET seq = 10 WHERE seq = 1000".to_owned());
        // Without the key nobody can compute a link that holds.
        let other = vault::AuditChain::new(&vault::KeyRing::ephemeral([4; 32]));
        let broken = audit::verify(db, &other).unwrap().broken.unwrap();
        assert_eq!((broken.seq, broken.flaw), (1, Flaw::Changed));
        // A line that became visible late is linked; one put in long after is not, and is found.
        let put = |id: i64| {
            raw(format!(
                "INSERT INTO audit (id, at, actor, from_addr, act, object_kind, object_id) VALUES ({id}, 0, 'x', '', 'x', 'x', 1)"
            ));
        };
        put(ids[29] - 1);
        assert_eq!(audit::seal(db, &chain()).unwrap(), 1);
        assert_eq!(found(), None);
        put(ids[0] - (4_000_000 << 21));
        assert_eq!(audit::seal(db, &chain()).unwrap(), 0);
        assert_eq!(found(), Some((31, Flaw::PutIn)));
        raw(format!("DELETE FROM audit WHERE id = {}", ids[0] - (4_000_000 << 21)));
        // The newest lines cut off, with their links.
        raw("DELETE FROM audit_link WHERE seq > 28".to_owned());
        assert_eq!(found().map(|(_, flaw)| flaw), Some(Flaw::EndMoved));
    }
}

#[test]
fn writers_and_sealers_side_by_side_make_one_whole_chain() {
    let clock: Arc<dyn Clock> = Arc::new(kernel::SystemClock);
    let migrations: Vec<Migration> =
        db::migrate::MIGRATIONS.iter().chain(people::MIGRATIONS).copied().collect();
    for bench in Bench::all(&migrations, &clock, Bus::default).unwrap() {
        std::thread::scope(|scope| {
            for thread in 0..3_i64 {
                let db = bench.db.clone();
                scope.spawn(move || {
                    for n in 0..100 {
                        db.write_blocking(move |tx| {
                            audit::note(tx, &Actor::system("t"), "export", "list", thread * 1000 + n, "")
                        })
                        .unwrap();
                    }
                });
            }
            for _ in 0..2 {
                let db = bench.db.clone();
                scope.spawn(move || {
                    for _ in 0..20 {
                        audit::seal(&db, &chain()).unwrap();
                    }
                });
            }
        });
        audit::seal(&bench.db, &chain()).unwrap();
        let verdict = audit::verify(&bench.db, &chain()).unwrap();
        assert_eq!((verdict.checked, verdict.waiting, verdict.broken), (300, 0, None));
    }
}
